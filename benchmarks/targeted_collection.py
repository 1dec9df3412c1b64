"""Full run against targeted runs over a telephone among many unrelated files.

Writes unrelated small files (texts, JSON, HTML, pictures, property lists, SQLite
databases) into folders beside an extraction of Android with Telegram, and runs stock
log2timeline over all of it: once as it is, once with `--artifact_filters` and once with
`--file_filter`. All runs have the same parsers. The Telegram events of the three runs
must be the same, else the benchmark fails. Target: with 200,000 files at least 20 times
faster than the full run.

    python benchmarks/targeted_collection.py [FILES] [WORKERS]
"""

from __future__ import annotations

import json
import os
import pathlib
import plistlib
import sqlite3
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from tests.builders import android_database  # noqa: E402

COMMANDS = pathlib.Path(sys.executable).parent
DATA = pathlib.Path(__file__).resolve().parents[1] / "telegram_forensics" / "data"
FILES_PER_FOLDER = 500
ARTIFACT = "TelegramAndroid"


def make_contents(folder: pathlib.Path) -> list[tuple[str, bytes]]:
    """Suffixes and contents that unrelated files have."""
    database = folder / "template.db"
    connection = sqlite3.connect(database)
    connection.execute("CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT)")
    connection.execute("INSERT INTO items (name) VALUES ('x')")
    connection.commit()
    connection.close()
    contents = [
        (".txt", b"A line of a text that tells nothing.\n" * 8),
        (".json", json.dumps({"name": "value", "list": [1, 2, 3]}).encode()),
        (".html", b"<!DOCTYPE html><html><body><p>text</p></body></html>"),
        (".jpg", b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(300) + b"\xff\xd9"),
        (".png", b"\x89PNG\r\n\x1a\n" + bytes(200)),
        (".xml", b"<?xml version='1.0'?><a><b>c</b></a>"),
        (".plist", plistlib.dumps({"key": "value"}, fmt=plistlib.FMT_BINARY)),
        ("", bytes(range(256))),
        (".js", b"function f() { return 1; }\n" * 5),
        (".db", database.read_bytes()),
    ]
    database.unlink()
    return contents


def make_source(folder: pathlib.Path, count: int) -> None:
    """The evidence."""
    telegram = folder / "data" / "data" / "org.telegram.messenger" / "files"
    telegram.mkdir(parents=True)
    android_database.build(telegram / "cache4.db", 177, 500, 1)
    contents = make_contents(folder)
    for number in range(count):
        if number % FILES_PER_FOLDER == 0:
            place = folder / "data" / "media" / "0" / f"{number // FILES_PER_FOLDER}"
            place.mkdir(parents=True)
        suffix, content = contents[number % len(contents)]
        (place / f"{number}{suffix}").write_bytes(content)


def run(
    source: pathlib.Path, folder: pathlib.Path, workers: str, *options: str
) -> tuple[float, list[str]]:
    """Seconds of log2timeline, and the Telegram events."""
    folder.mkdir()
    storage = folder / "case.plaso"
    quiet = ["--quiet", "--unattended", "--status_view", "none"]
    command = [COMMANDS / "log2timeline", *quiet, "--workers", workers]
    # The parsers that plaso takes for Android, whatever it makes of the folder.
    command += ["--parsers", "android,filestat", "--logfile", folder / "l.log.gz"]
    begin = time.monotonic()
    subprocess.run(
        [str(item) for item in (*command, *options, "--storage-file", storage, source)],
        check=True,
        capture_output=True,
        cwd=folder,
    )
    seconds = time.monotonic() - begin
    events = folder / "events.jsonl"
    subprocess.run(
        [COMMANDS / "psort", *quiet, "--logfile", folder / "p.log.gz"]
        + ["-o", "json_line", "-w", events, storage, "data_type contains 'telegram'"],
        check=True,
        capture_output=True,
        cwd=folder,
    )
    lines = events.read_text(encoding="utf-8").splitlines()
    return seconds, sorted(lines)


def main() -> int:
    """Prints seconds, ratios and the number of Telegram events."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    workers = sys.argv[2] if len(sys.argv) > 2 else "0"
    with tempfile.TemporaryDirectory() as temporary:
        top = pathlib.Path(temporary)
        source = top / "source"
        make_source(source, count)
        os.sync()
        file_filter = str(DATA / "filters" / "telegram_android.yaml")
        runs = {
            "full": run(source, top / "full", workers),
            "--artifact_filters": run(
                source, top / "artifacts", workers, "--artifact_filters", ARTIFACT
            ),
            "--file_filter": run(
                source, top / "filter", workers, "--file_filter", file_filter
            ),
        }
    full, events = runs["full"]
    print(f"{count} unrelated files, {len(events)} Telegram events")
    for name, (seconds, found) in runs.items():
        same = "same events" if found == events else f"{len(found)} OTHER events"
        print(f"{name:<20} {seconds:8.1f} s  x{full / seconds:6.1f}  {same}")
    return 0 if events and all(found == events for _, found in runs.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
