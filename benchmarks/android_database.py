"""Events per second of the Android database plugin, against plaso's android_sms plugin.

Writes the same number of messages with the same texts as a cache4.db of Telegram and as
an mmssms.db of Android, runs stock log2timeline over each, alternately, in a single
process, and compares user and system CPU time from start to finished storage file. The
time of a run over an empty folder is taken off both. Target: at least 0.9 of
android_sms. With a third argument the hot spots of both runs are printed instead.

    python benchmarks/android_database.py [MESSAGES] [ROUNDS] [profile]
"""

from __future__ import annotations

import pathlib
import pstats
import sqlite3
import statistics
import subprocess
import sys
import tempfile

import results

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

import export  # noqa: E402

from tests.builders import android_tables  # noqa: E402
from tests.builders.android_cast import OWNER, fill, make_cast  # noqa: E402
from tests.builders.android_intents import Intent, make_blob  # noqa: E402

VERSION = 177
PARSER = "sqlite/telegram_android_database"


def make_database(path: pathlib.Path, count: int) -> None:
    """Writes a cache4.db with the texts of the other database, half of them sent."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN")
    for statement in android_tables.statements(VERSION):
        connection.execute(statement)
    layer = android_tables.VERSIONS[VERSION]
    cast = make_cast(VERSION, layer)
    fill(connection, cast, VERSION, layer)
    for number, text in enumerate(export.texts(count), 1):
        chat = cast.dialogs[0]
        is_outgoing = number % 2 == 0
        sender = ("user", OWNER if is_outgoing else chat.number)
        date = export.FIRST_TIME + 60 * number
        intent = Intent(chat, number, date, is_outgoing, sender, layer, text)
        intent.trailer = " "
        connection.execute(
            "INSERT INTO messages_v2 "
            "(mid, uid, read_state, send_state, date, data, out, ttl) "
            "VALUES (?, ?, 3, 0, ?, ?, ?, 0)",
            (number, chat.number, date, make_blob(intent), int(is_outgoing)),
        )
    connection.execute("COMMIT")
    connection.close()


def profile(evidence: pathlib.Path, folder: pathlib.Path, parser: str) -> None:
    """Prints where a run of log2timeline spends its time."""
    target = folder / f"{evidence.name}.profile"
    subprocess.run(
        [
            *(sys.executable, "-m", "cProfile", "-o", target),
            *(export.COMMANDS / "log2timeline", "--quiet", "--unattended"),
            *("--status_view=none", "--single_process", "--hashers=none"),
            *(f"--parsers={parser}", f"--logfile={folder / 'log'}"),
            *(f"--storage-file={folder / evidence.name}.plaso", evidence),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    pstats.Stats(str(target)).sort_stats("tottime").print_stats(30)


def main() -> None:
    """Prints the figures."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for kind in ("empty", "sms", "telegram"):
            (folder / kind).mkdir()
        export.make_sms(folder / "sms" / "mmssms.db", count)
        make_database(folder / "telegram" / "cache4.db", count)
        if len(sys.argv) > 3:
            profile(folder / "telegram", folder, PARSER)
            profile(folder / "sms", folder, "sqlite/android_sms")
            return
        parsers = {"telegram": PARSER, "sms": "sqlite/android_sms"}
        speeds: dict[str, list[float]] = {kind: [] for kind in parsers}
        ratios = []
        for _ in range(rounds):
            for kind, parser in parsers.items():
                idle, _events = export.run(folder / "empty", folder, parser)
                seconds, events = export.run(folder / kind, folder, parser)
                if events < count:
                    raise SystemExit(f"{kind}: {events} events of {count} messages")
                speeds[kind].append(events / (seconds - idle))
            ratios.append(speeds["telegram"][-1] / speeds["sms"][-1])
    print(f"{count} messages, {rounds} pairs of runs, CPU time")
    for kind, values in speeds.items():
        print(f"{kind + ':':9} {statistics.median(values):8.0f} events per second")
    results.record(
        "events per second by those of android_sms", statistics.median(ratios), 0.9
    )
    print(
        f"ratio:    {statistics.median(ratios):8.2f} "
        f"(min {min(ratios):.2f}, max {max(ratios):.2f}; target: >= 0.9)"
    )


if __name__ == "__main__":
    main()
