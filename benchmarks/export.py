"""Events per second of the export reader, against plaso's own android_sms plugin.

Writes the same number of messages with the same texts as a result.json of Telegram
Desktop and as an mmssms.db of Android, runs stock log2timeline over each, alternately,
in a single process, and compares user and system CPU time from start to finished
storage file. The time of a run over an empty folder is taken off both. Target: at least
0.9 of android_sms.

    python benchmarks/export.py [MESSAGES] [ROUNDS]
"""

from __future__ import annotations

import json
import os
import pathlib
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
from datetime import datetime, timezone

import results

COMMANDS = pathlib.Path(sys.executable).parent
FIRST_TIME = 1_600_000_000


def texts(count: int) -> list[str]:
    """Made-up messages."""
    return [f"Message {n}: see you at {n % 24} o'clock" for n in range(count)]


def make_export(path: pathlib.Path, count: int) -> None:
    """Writes a result.json as the exporter lays it out."""
    messages = []
    for number, text in enumerate(texts(count)):
        unix = FIRST_TIME + 60 * number
        date = datetime.fromtimestamp(unix, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
        messages.append(
            {
                "id": number + 1,
                "type": "message",
                "date": date,
                "date_unixtime": str(unix),
                "from": "Ann Lee" if number % 2 else "Bob Baum",
                "from_id": "user5123456789" if number % 2 else "user640011223",
                "text": text,
                "text_entities": [{"type": "plain", "text": text}],
            }
        )
    chat = {
        "name": "Bob",
        "type": "personal_chat",
        "id": 640011223,
        "messages": messages,
    }
    document = {
        "about": "Here is the data you requested.",
        "personal_information": {
            "user_id": 5123456789,
            "first_name": "Ann",
            "last_name": "Lee",
            "phone_number": "+49 1701234567",
        },
        "chats": {"about": "This page lists all chats.", "list": [chat]},
    }
    with open(path, "w", encoding="utf-8") as file:
        json.dump(document, file, indent=1, ensure_ascii=False)


def make_sms(path: pathlib.Path, count: int) -> None:
    """Writes an mmssms.db with what the plugin asks for."""
    connection = sqlite3.connect(path)
    connection.execute(
        "CREATE TABLE sms (_id INTEGER PRIMARY KEY, thread_id INTEGER, address TEXT, "
        "person INTEGER, date INTEGER, date_sent INTEGER DEFAULT 0, protocol INTEGER, "
        "read INTEGER DEFAULT 0, status INTEGER DEFAULT -1, type INTEGER, "
        "reply_path_present INTEGER, subject TEXT, body TEXT, service_center TEXT, "
        "locked INTEGER DEFAULT 0, error_code INTEGER DEFAULT 0, "
        "seen INTEGER DEFAULT 0)"
    )
    connection.executemany(
        "INSERT INTO sms (_id, address, date, read, type, body) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        (
            (
                number + 1,
                "+491701234567",
                1000 * (FIRST_TIME + 60 * number),
                1,
                1 + number % 2,
                text,
            )
            for number, text in enumerate(texts(count))
        ),
    )
    connection.commit()
    connection.close()


def run(evidence: pathlib.Path, folder: pathlib.Path, parser: str) -> tuple[float, int]:
    """CPU seconds of one log2timeline run, and the events that it made."""
    storage = folder / "case.plaso"
    storage.unlink(missing_ok=True)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [
            COMMANDS / "log2timeline",
            "--quiet",
            "--unattended",
            "--status_view=none",
            "--single_process",
            "--hashers=none",
            f"--parsers={parser}",
            f"--logfile={folder / 'log'}",
            f"--storage-file={storage}",
            evidence,
        ],
        env=dict(os.environ),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    with sqlite3.connect(storage) as connection:
        found = connection.execute(
            "SELECT COUNT(*) FROM sqlite_master WHERE name = 'event'"
        ).fetchone()
        if found == (0,):
            return seconds, 0
        (events,) = connection.execute("SELECT COUNT(*) FROM event").fetchone()
    return seconds, events


def main() -> None:
    """Prints the figures."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for kind in ("empty", "sms", "export"):
            (folder / kind).mkdir()
        make_sms(folder / "sms" / "mmssms.db", count)
        make_export(folder / "export" / "result.json", count)
        parsers = {
            "export": "telegram_desktop_export_json",
            "sms": "sqlite/android_sms",
        }
        speeds: dict[str, list[float]] = {kind: [] for kind in parsers}
        ratios = []
        for _ in range(rounds):
            for kind, parser in parsers.items():
                idle, _events = run(folder / "empty", folder, parser)
                seconds, events = run(folder / kind, folder, parser)
                if events < count:
                    raise SystemExit(f"{kind}: {events} events of {count} messages")
                speeds[kind].append(events / (seconds - idle))
            ratios.append(speeds["export"][-1] / speeds["sms"][-1])
    print(f"{count} messages, {rounds} pairs of runs, CPU time")
    for kind, values in speeds.items():
        print(f"{kind + ':':8} {statistics.median(values):8.0f} events per second")
    results.record(
        "events per second by those of android_sms", statistics.median(ratios), 0.9
    )
    print(
        f"ratio:   {statistics.median(ratios):8.2f} "
        f"(min {min(ratios):.2f}, max {max(ratios):.2f}; target: >= 0.9)"
    )


if __name__ == "__main__":
    main()
