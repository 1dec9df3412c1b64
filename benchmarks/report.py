"""Time and memory of the report over a large storage file.

Reads the demo telephone and the Windows demo image with log2timeline, multiplies their
records of messages and of files to the number asked for (one in 25 is a message), adds
records of a change journal (one in 1,000 is of a file that a tdata folder has), and
runs the report in a process of its own. Target for 5,000,000 records, 200,000 of them
of interest: under 60 s and 1 GB.

    python benchmarks/report.py [RECORDS [JOURNAL_RECORDS]]
"""

from __future__ import annotations

import json
import pathlib
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator

import results

ROOT = pathlib.Path(__file__).resolve().parents[1]
COMMANDS = pathlib.Path(sys.executable).parent
ONE_IN = 25
# Of a change journal: files of a tdata folder among others.
TDATA_ONE_IN = 1000
TDATA_NAMES = ("key_datas", "settingss", "D877F783D5D3EF8Cs", "maps")
JOURNAL_START = 134_397_000_000_000_000


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
    # A disk has a handful of tdata's files, not one in ten like this image.
    files = [
        data
        for data in records(process("windows_telegram.E01", folder), b"fs:stat")
        if b"tdata" not in zlib.decompress(data)
    ]
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


def journal(number: int) -> Iterator[tuple[bytes]]:
    """Records of a change journal, as plaso stores them."""
    for place in range(number):
        name = f"{place:x}.tmp"
        if place % TDATA_ONE_IN == 0:
            name = TDATA_NAMES[place // TDATA_ONE_IN % len(TDATA_NAMES)]
        record = {
            "__type__": "AttributeContainer",
            "__container_type__": "event_data",
            "_event_data_stream_identifier": "event_data_stream.1",
            "_event_values_hash": f"{place:032x}",
            "_parser_chain": "usnjrnl",
            "data_type": "fs:ntfs:usn_change",
            "file_attribute_flags": 32,
            "file_reference": 281474976710656 + place % 100_000,
            "filename": name,
            "offset": place * 96,
            "parent_file_reference": 281474976710656 + place % 1_000,
            "update_reason_flags": (0x100, 0x102, 0x80000102)[place % 3],
            "update_sequence_number": place * 96,
            "update_source_flags": 0,
            "update_time": {
                "__class_name__": "Filetime",
                "__type__": "DateTimeValues",
                "timestamp": JOURNAL_START + place * 1_000_000,
            },
        }
        yield (zlib.compress(json.dumps(record).encode("ascii")),)


def add_journal(large: pathlib.Path, number: int) -> None:
    """Adds the records of a change journal."""
    connection = sqlite3.connect(large)
    connection.executemany("INSERT INTO event_data(_data) VALUES (?)", journal(number))
    connection.commit()
    connection.close()


def main() -> None:
    """Prints the figures."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000_000
    changes = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        large = multiply(folder, number)
        add_journal(large, changes)
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
        print(f"{number} records, one in {ONE_IN} of interest; {changes} of a journal")
        print(f"report: {elapsed:.1f} s (target for 5,000,000: < 60)")
        results.record(f"{number:,} records: time", elapsed, 60, "s", is_limit=True)
        results.record(
            "most memory of a process", memory / 1024, 1024, "MiB", is_limit=True
        )
        print(f"most memory of a process: {memory / 1024:.0f} MB (target: < 1024)")


if __name__ == "__main__":
    main()
