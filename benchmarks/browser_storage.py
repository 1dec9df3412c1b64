"""Browser storage per second, against dfindexeddb where it is installed.

Makes a LevelDB log of 75,000 records (4 MB), a table of the same records and a value of
25,000 members as Chromium stores it, and reads them. Target: the log in under 1.1 s,
nothing slower than dfindexeddb, which checks no checksums of logs.

    pip install --no-deps dfindexeddb==20260210 python-snappy zstd
    python benchmarks/browser_storage.py [RECORDS]
"""

from __future__ import annotations

import io
import struct
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import results

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from telegram_forensics.formats.browser_leveldb_folder import (  # noqa: E402
    LevelDbFolder,
)
from telegram_forensics.formats.browser_leveldb_log import read_log  # noqa: E402
from telegram_forensics.formats.browser_leveldb_table import read_table  # noqa: E402
from telegram_forensics.formats.browser_v8_value import decode_value  # noqa: E402
from tests.builders.leveldb import (  # noqa: E402
    Record,
    varint,
    write_batch,
    write_log,
    write_table,
)

TIMES = 3


def make_records(count: int) -> list[Record]:
    """Records like those of localStorage, of about 53 bytes."""
    return [
        (
            number + 1,
            1,
            b"_https://web.telegram.org\0\x01k%d" % (number % 5000),
            b"\x01value %d" % number,
        )
        for number in range(count)
    ]


def make_log(records: list[Record]) -> bytes:
    """A log with fifteen records in a batch."""
    return write_log(
        write_batch(part[0][0], [record[1:] for record in part])
        for part in (records[at : at + 15] for at in range(0, len(records), 15))
    )


def make_value(messages: int) -> bytes:
    """An object of messages, as the V8 of Chromium 143 writes it."""

    def text(content: str) -> bytes:
        return b'"' + varint(len(content)) + content.encode("latin-1")

    parts = [b"\xff\x15\xfe" + bytes(12) + b"\xff\x0fo"]
    for number in range(messages):
        parts.append(b"I" + varint(number << 1) + b"o" + text("id"))
        parts.append(b"I" + varint(number << 1) + text("date") + b"N")
        parts.append(struct.pack("<d", 1707640000 + number) + text("isOutgoing") + b"T")
        parts.append(text("content") + b"o" + text("text") + text(f"message {number}"))
        parts.append(b"{\x01{\x04")
    return b"".join([*parts, b"{", varint(messages)])


def seconds(function: Callable[[], object]) -> float:
    """The shortest of some runs."""
    best = float("inf")
    for _ in range(TIMES):
        start = time.perf_counter()
        function()
        best = min(best, time.perf_counter() - start)
    return best


def report(name: str, ours: float, theirs: float | None) -> None:
    """Prints the times of one task."""
    print(f"{name:22} ours {ours:7.3f} s", end="")
    if theirs is not None:
        print(f"   dfindexeddb {theirs:7.3f} s   {theirs / ours:6.1f} times", end="")
        results.record(f"{name}: speed by that of dfindexeddb", theirs / ours, 1)
    print()


def main() -> None:
    """Prints the figures."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 75_000
    records = make_records(count)
    log, table, value = make_log(records), write_table(records), make_value(5000)
    print(f"{count} records, {len(log)} bytes of log, {len(table)} bytes of table")
    found = list(read_log(io.BytesIO(log), []))
    assert [record.sequence for record in found] == [record[0] for record in records]
    ours = {
        "log": seconds(lambda: list(read_log(io.BytesIO(log), []))),
        "table": seconds(lambda: list(read_table(io.BytesIO(table), []))),
        "value": seconds(lambda: decode_value(value)),
    }
    files = {"000005.ldb": table, "000006.log": log}
    whole = seconds(
        lambda: list(
            LevelDbFolder(
                (name, lambda data=data: io.BytesIO(data))  # type: ignore[misc]
                for name, data in files.items()
            ).records()
        )
    )
    theirs: dict[str, float] = {}
    try:
        from dfindexeddb.indexeddb.chromium import blink
        from dfindexeddb.leveldb import ldb as their_ldb
        from dfindexeddb.leveldb import log as their_log
    except ImportError:
        print("dfindexeddb is not installed: no comparison")
    else:
        with tempfile.TemporaryDirectory() as folder:
            log_path, table_path = Path(folder, "1.log"), Path(folder, "1.ldb")
            log_path.write_bytes(log)
            table_path.write_bytes(table)
            log_reader = their_log.FileReader(str(log_path))
            assert len(list(log_reader.GetParsedInternalKeys())) == count
            theirs["log"] = seconds(
                lambda: list(
                    their_log.FileReader(str(log_path)).GetParsedInternalKeys()
                )
            )
            theirs["table"] = seconds(
                lambda: list(their_ldb.FileReader(str(table_path)).GetKeyValueRecords())
            )
            theirs["value"] = seconds(
                lambda: blink.V8ScriptValueDecoder.FromBytes(value)
            )
    for name, measured in ours.items():
        report(name, measured, theirs.get(name))
    report("log and table, folder", whole, None)


if __name__ == "__main__":
    main()
