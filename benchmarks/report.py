"""Time and memory of the report over a large storage file.

Reads the demo telephone and the Windows demo image with log2timeline, multiplies their
records of messages and of files to the number asked for (one in 25 is a message), and
runs the report in a process of its own. Target for 5,000,000 records, 200,000 of them
of interest: under 60 s and 1 GB.

    python benchmarks/report.py [RECORDS]
"""

from __future__ import annotations

import pathlib
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import zlib

ROOT = pathlib.Path(__file__).resolve().parents[1]
COMMANDS = pathlib.Path(sys.executable).parent
ONE_IN = 25


def process(image: str, folder: pathlib.Path) -> pathlib.Path:
    """Storage file of an image of the test data."""
    storage = folder / f"{image}.plaso"
    subprocess.run(
        [
            COMMANDS / "log2timeline",
            "--quiet",
            "--unattended",
            "--single_process",
            "--status_view=none",
            "--parsers=telegram,filestat",
            f"--logfile={folder / 'log.gz'}",
            f"--storage-file={storage}",
            ROOT / "test_data" / image,
        ],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return storage


def records(storage: pathlib.Path, data_type: bytes) -> list[bytes]:
    """Records of a data type, as they are stored."""
    connection = sqlite3.connect(storage)
    found = [
        data
        for (data,) in connection.execute("SELECT _data FROM event_data")
        if b'"data_type": "' + data_type + b'"' in zlib.decompress(data)
    ]
    connection.close()
    return found


def multiply(folder: pathlib.Path, number: int) -> pathlib.Path:
    """A storage file with that many records."""
    telephone = process("android_telegram.E01", folder)
    messages = records(telephone, b"telegram:message")
    files = records(process("windows_telegram.E01", folder), b"fs:stat")
    large = folder / "large.plaso"
    shutil.copy(telephone, large)
    connection = sqlite3.connect(large)
    connection.executemany(
        "INSERT INTO event_data(_data) VALUES (?)",
        (
            (
                messages[place // ONE_IN % len(messages)]
                if place % ONE_IN == 0
                else files[place % len(files)],
            )
            for place in range(number)
        ),
    )
    connection.commit()
    connection.close()
    return large


def main() -> None:
    """Prints the figures."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000_000
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        large = multiply(folder, number)
        start = time.perf_counter()
        subprocess.run(
            [
                COMMANDS / "telegram-forensics",
                "report",
                large,
                "--quiet",
                "-o",
                folder / "report.html",
                "--json",
                folder / "report.json",
            ],
            check=True,
        )
        elapsed = time.perf_counter() - start
        memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        print(f"{number} records, one in {ONE_IN} of interest")
        print(f"report: {elapsed:.1f} s (target for 5,000,000: < 60)")
        print(f"most memory of a process: {memory / 1024:.0f} MB (target: < 1024)")


if __name__ == "__main__":
    main()
