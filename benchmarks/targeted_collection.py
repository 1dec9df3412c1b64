"""Full run against targeted runs over a telephone among many unrelated files.

Writes unrelated small files (texts, JSON, HTML, pictures, property lists, SQLite
databases) into folders beside an extraction of Android with Telegram, makes a raw image
with an ext4 file system of it (`mke2fs -d`; without that command, or with the word
`folder`, the folder itself is read) and runs stock log2timeline over it: once as it is,
once with `--artifact_filters` and once with `--file_filter`. All runs have the same
parsers. The Telegram events of the three runs must be the same, else the benchmark
fails. Target: with 200,000 files at least 20 times faster than the full run.

Processor time is what the ratio is made of: it does not depend on what else runs. Wall
time is printed beside it.

    python benchmarks/targeted_collection.py [FILES] [WORKERS] [image|folder]
"""

from __future__ import annotations

import json
import os
import pathlib
import plistlib
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time

import results

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


def make_image(source: pathlib.Path, image: pathlib.Path, count: int) -> None:
    """A raw image whose ext4 file system holds the source."""
    size = 64 + count * 6 // 1000
    command = ["mke2fs", "-q", "-t", "ext4", "-O", "^has_journal", "-m", "0"]
    command += ["-N", str(count + 5000), "-d", str(source), str(image), f"{size}M"]
    path = f"{os.environ.get('PATH', '')}:/sbin:/usr/sbin"
    subprocess.run(
        command, check=True, capture_output=True, env={**os.environ, "PATH": path}
    )


def processor_seconds() -> float:
    """Of all processes that this one has waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run(
    source: pathlib.Path, folder: pathlib.Path, workers: str, *options: str
) -> tuple[float, float, list[str]]:
    """Processor and wall seconds of log2timeline, and the Telegram events."""
    folder.mkdir()
    storage = folder / "case.plaso"
    quiet = ["--quiet", "--unattended", "--status_view", "none"]
    command = [COMMANDS / "log2timeline", *quiet, "--workers", workers]
    # The parsers that plaso takes for Android, whatever it makes of the folder.
    command += ["--parsers", "android,filestat", "--logfile", folder / "l.log.gz"]
    begin, before = time.monotonic(), processor_seconds()
    subprocess.run(
        [str(item) for item in (*command, *options, "--storage-file", storage, source)],
        check=True,
        capture_output=True,
        cwd=folder,
    )
    seconds, used = time.monotonic() - begin, processor_seconds() - before
    events = folder / "events.jsonl"
    subprocess.run(
        [COMMANDS / "psort", *quiet, "--logfile", folder / "p.log.gz"]
        + ["-o", "json_line", "-w", events, storage, "data_type contains 'telegram'"],
        check=True,
        capture_output=True,
        cwd=folder,
    )
    lines = events.read_text(encoding="utf-8").splitlines()
    return used, seconds, sorted(lines)


def main() -> int:
    """Prints seconds, ratios and the number of Telegram events."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    workers = sys.argv[2] if len(sys.argv) > 2 else "0"
    kind = sys.argv[3] if len(sys.argv) > 3 else "image"
    with tempfile.TemporaryDirectory() as temporary:
        top = pathlib.Path(temporary)
        source, what = top / "source", "folder"
        make_source(source, count)
        if kind == "image" and shutil.which("mke2fs", path=os.defpath + ":/sbin"):
            make_image(source, top / "image.raw", count)
            shutil.rmtree(source)
            source, what = top / "image.raw", "raw image with ext4"
        os.sync()
        file_filter = str(DATA / "filters" / "telegram_android.yaml")
        options = {
            "--artifact_filters": ("--artifact_filters", ARTIFACT),
            "--file_filter": ("--file_filter", file_filter),
            "full": (),
        }
        runs = {}
        for name, option in options.items():
            folder = top / name.strip("-")
            runs[name] = run(source, folder, workers, *option)
            used, seconds, found = runs[name]
            print(
                f"{name:<20} {used:8.1f} s of processor, {seconds:8.1f} s, "
                f"{len(found)} Telegram events",
                flush=True,
            )
    full, full_wall, events = runs.pop("full")
    print(f"{count} unrelated files in a {what}")
    good = bool(events)
    for name, (used, seconds, found) in runs.items():
        same = "same events" if found == events else "OTHER events"
        good = good and found == events
        results.record(
            f"{name}, {count} files: CPU of full run by its", full / used, 20
        )
        print(
            f"{name:<20} x{full / used:6.1f} (wall x{full_wall / seconds:6.1f}) {same}"
        )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
