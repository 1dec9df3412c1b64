"""Damaged and hostile SQLite databases, logs and journals."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from telegram_forensics.formats.sqlite_recovery import SqliteEvidence
from tests.builders import sqlite_files as builder
from tests.builders.sqlite_files import Files
from tests.helpers import mutations


def small(path: Path, **pragmas: Any) -> Files:
    """Few pages of all kinds: overflow, freelist, log or journal with remains."""
    connection = builder.connect(path, page_size=512, **pragmas)
    builder.create(connection)
    builder.add_messages(connection, range(12))
    for number in (50, 51):
        row = builder.message(number, 1500)
        connection.execute("INSERT INTO messages VALUES (?, ?, ?, ?, ?)", row)
        connection.execute(
            "INSERT INTO pairs VALUES (?, 1, 'x')", (bytes(650 + number),)
        )
    connection.execute("DELETE FROM messages WHERE mid IN (2, 5, 6, 50)")
    connection.execute("UPDATE messages SET note = 'n'")
    return builder.take(path)


def use(files: Files) -> SqliteEvidence:
    """Everything that can be asked for, within seconds."""
    start = time.monotonic()
    evidence = files.evidence()
    evidence.schema()
    for row in evidence.recover(is_live=evidence.live_filter()):
        assert row.offset >= 0
        assert row.table is None or not row.candidates
    for _ in evidence.recover(scan_live=True):
        pass
    evidence.issues()
    assert time.monotonic() - start < 5
    return evidence


@pytest.mark.parametrize("mode", ["wal", "persist"])
@pytest.mark.parametrize("part", [0, 1, 2])
def test_damage(tmp_path: Path, mode: str, part: int) -> None:
    files = small(tmp_path / "a.db", journal_mode=mode, wal_autocheckpoint=0)
    data = files[part]
    if data is None:
        return
    for changed in mutations(data, 90, f"sqlite {part}"):
        use(Files(*(changed if i == part else files[i] for i in range(3))))


@pytest.mark.parametrize("mode", ["wal", "persist"])
def test_truncation(tmp_path: Path, mode: str) -> None:
    files = small(tmp_path / "a.db", journal_mode=mode, wal_autocheckpoint=0)
    generator = random.Random(5)
    for part, step in ((0, 512), (1, 536), (2, 520)):
        data = files[part]
        if data is None:
            continue
        sizes = [*range(0, len(data), step)]
        sizes += [generator.randrange(len(data)) for _ in range(20)]
        for size in sizes:
            use(Files(*(data[:size] if i == part else files[i] for i in range(3))))


def pages_of(kind: int, **values: int) -> Callable[[int], bytes]:
    """Pages for traps, by their number."""

    def make(number: int) -> bytes:
        page = bytearray(512)
        following = values.get("following", number + 1)
        if kind == 5:
            page[:12] = bytes((5, 0, 0, 0, 80, 1, 0, 0)) + following.to_bytes(4, "big")
            page[12:172] = b"".join(
                (256 + 5 * n % 200).to_bytes(2, "big") for n in range(80)
            )
            page[256:] = following.to_bytes(4, "big") * 64
        else:
            page[:8] = following.to_bytes(4, "big") + (126).to_bytes(4, "big")
            page[8:] = following.to_bytes(4, "big") * 126
        return bytes(page)

    return make


@pytest.mark.parametrize("following", [1, 2, 30, 2**32 - 1])
@pytest.mark.parametrize("kind", [5, 0])
def test_circles(tmp_path: Path, kind: int, following: int) -> None:
    """B-trees, overflow chains and freelists that lead back into themselves."""
    files = small(tmp_path / "a.db")
    data = bytearray(files.database)
    count = len(data) // 512
    make = pages_of(kind, following=following)
    for number in range(2, count + 1):
        if number % 2 or kind == 0:
            data[(number - 1) * 512 : number * 512] = make(number)
    data[32:40] = (3).to_bytes(4, "big") + (1000).to_bytes(4, "big")
    use(Files(bytes(data), None, None))
    # Overflow pages only, so that the leaves stay.
    data = bytearray(files.database)
    for number in range(2, count + 1):
        start = (number - 1) * 512
        if data[start] == 0:
            data[start : start + 4] = following.to_bytes(4, "big")
    use(Files(bytes(data), None, None))


def test_a_large_trap(tmp_path: Path) -> None:
    """Every page an interior page that names many others."""
    files = small(tmp_path / "a.db")
    head = bytearray(files.database[:512])
    make = pages_of(5)
    data = bytes(head) + b"".join(make(number) for number in range(2, 6000))
    use(Files(data, None, None))
    use(Files(bytes(head) + bytes(512 * 3000), None, None))
    use(Files(bytes(head), data, data))


def test_many_cells_with_one_long_chain(tmp_path: Path) -> None:
    """The bytes that overflow chains may cost are limited."""
    path = tmp_path / "a.db"
    connection = builder.connect(path, page_size=512)
    connection.execute("CREATE TABLE t(data BLOB)")
    connection.execute("INSERT INTO t VALUES (?)", (bytes(2_000_000),))
    data = bytearray(path.read_bytes())
    leaf = next(
        data[start : start + 512]
        for start in range(512, 2048, 512)
        if data[start] == 13
    )
    data += bytes(leaf) * 3000
    start = time.monotonic()
    evidence = Files(bytes(data), None, None).evidence()
    rows = list(evidence.recover())
    assert time.monotonic() - start < 10
    assert len(rows) <= 3000


def test_data_that_looks_like_record_headers(tmp_path: Path) -> None:
    """On pages that are of no use otherwise, each byte begins a long header."""
    connection = builder.connect(tmp_path / "a.db", page_size=65536)
    columns = ", ".join(f"c{number} INTEGER" for number in range(60))
    connection.execute(f"CREATE TABLE t({columns})")
    data = builder.take(tmp_path / "a.db").database
    for pattern in (b"\x3d" + b"\x08" * 59, b"\x09", b"\x7f\x01\x01\x01\x01"):
        filled = pattern * (2 * 65536 // len(pattern))
        use(Files(data + filled, None, None))


def test_no_files() -> None:
    for files in (
        Files(b"", None, None),
        Files(b"", b"", b""),
        Files(b"x" * 100, b"y" * 100, b"z" * 100),
        Files(bytes(5000), bytes(5000), bytes(5000)),
    ):
        evidence = use(files)
        assert not evidence.is_sound
        assert not list(evidence.recover())
