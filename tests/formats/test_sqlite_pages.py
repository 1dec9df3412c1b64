"""Pages, records and schemas of SQLite databases; the oracle is SQLite."""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from telegram_forensics.formats import sqlite_pages as pages
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.sqlite_evidence import guess_page_size
from telegram_forensics.formats.sqlite_pages import Problems, Text
from telegram_forensics.formats.sqlite_schema import Affinity, parse_create_table
from tests.builders import sqlite_files as builder

TABLES = ("messages", "users", 'odd "names"', "pairs")
INTEGERS = [0, 1, -1, *(sign * (1 << bits) + step for bits in (7, 8, 15, 16, 23, 24, 31,
            32, 47, 48, 55, 56, 62) for sign in (1, -1) for step in (-1, 0, 1)),
            2**63 - 1, -(2**63)]  # fmt: skip


def fill(connection: sqlite3.Connection, seed: int = 1) -> None:
    """Rows of all kinds: 64-bit integers, floats, NULL, long values, odd text."""
    generator = random.Random(seed)
    builder.create(connection)
    builder.add_messages(connection, range(1, 250))
    connection.execute("BEGIN")
    for index, size in enumerate((300, 450, 460, 480, 1_000, 4_000, 70_000, 333_333)):
        connection.execute(
            "INSERT INTO messages VALUES (?, ?, ?, ?, ?)",
            builder.message(10_000 + index, size),
        )
        connection.execute(
            "INSERT INTO pairs VALUES (?, ?, ?)",
            (generator.randbytes(size), index, "\u4e16\U0001f600" * (size // 3)),
        )
    for value in INTEGERS:
        connection.execute(
            "INSERT INTO users VALUES (?, ?, ?, ?)", (value, f"n{value}", value, None)
        )
        connection.execute(
            'INSERT INTO "odd ""names""" VALUES (?, ?, ?)',
            (
                value,
                value / 3,
                generator.choice((None, b"", "", 1.5, b"\0\xff", "a\0b")),
            ),
        )
    for index in range(300):
        connection.execute(
            "INSERT INTO pairs VALUES (?, ?, ?)",
            (generator.randbytes(index % 150), index, str(index) * (index % 30)),
        )
    connection.execute('INSERT INTO "odd ""names""" DEFAULT VALUES')
    connection.execute("COMMIT")


def check(path: Path) -> None:
    """Compares the rows of all tables."""
    evidence = builder.take(path).evidence()
    found = builder.walked_rows(evidence)
    connection = builder.connect(path)
    for table in TABLES:
        assert found[table] == builder.true_rows(connection, table), table
    connection.close()
    assert not evidence.issues()
    assert evidence.is_sound


@pytest.mark.parametrize("page_size", pages.PAGE_SIZES)
def test_every_page_size(tmp_path: Path, page_size: int) -> None:
    path = tmp_path / "a.db"
    connection = builder.connect(path, page_size=page_size)
    fill(connection)
    connection.close()
    check(path)
    data = path.read_bytes()
    assert guess_page_size(builder.reader(data), len(data)) == page_size


@pytest.mark.parametrize("encoding", ["UTF-16le", "UTF-16be"])
@pytest.mark.parametrize("vacuum", [0, 1, 2])
def test_encodings_and_auto_vacuum(tmp_path: Path, encoding: str, vacuum: int) -> None:
    path = tmp_path / "a.db"
    connection = builder.connect(
        path, page_size=1024, auto_vacuum=vacuum, encoding=f"'{encoding}'"
    )
    fill(connection)
    connection.execute("DELETE FROM messages WHERE mid % 5 = 0")
    connection.close()
    check(path)


@pytest.mark.parametrize("size", [1, 12, 32, 200])
def test_reserved_bytes(tmp_path: Path, size: int) -> None:
    path = tmp_path / "a.db"
    builder.reserve(path, size, 1024)
    connection = builder.connect(path)
    fill(connection)
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()
    assert path.read_bytes()[20] == size
    check(path)


def test_columns_added_later(tmp_path: Path) -> None:
    """Rows from before have the default of the new columns."""
    path = tmp_path / "a.db"
    connection = builder.connect(path)
    connection.execute("CREATE TABLE t(a INTEGER PRIMARY KEY, b)")
    connection.execute("INSERT INTO t VALUES (1, 'x')")
    for column in (
        "c",
        "d INTEGER DEFAULT -7",
        "e TEXT DEFAULT 5",
        "f REAL NOT NULL DEFAULT 1",
        "g BLOB DEFAULT X'00ff'",
        "h TEXT DEFAULT 'it''s'",
        "i INTEGER DEFAULT '12'",
        "j DEFAULT (3)",
        "k DEFAULT TRUE",
        "l INTEGER GENERATED ALWAYS AS (a + 1) VIRTUAL",
        "m NUMERIC DEFAULT 1e3",
    ):
        connection.execute(f"ALTER TABLE t ADD COLUMN {column}")
    connection.execute("INSERT INTO t(b) VALUES ('new')")
    evidence = builder.take(path).evidence()
    found = {rowid: values for _, rowid, values in evidence.live_rows(("t",))}
    cursor = connection.execute("SELECT * FROM t")
    names = [column[0] for column in cursor.description]
    for row in cursor:
        values = dict(zip(names, row, strict=True))
        del values["l"]
        mine = found[row[0]]
        assert {k: builder.normal(v) for k, v in mine.items()} == {
            k: builder.normal(v) for k, v in values.items()
        }


@pytest.mark.parametrize(
    ("sql", "names", "alias", "without_rowid"),
    [
        ("create table t(a integer primary key, b)", "a b", "a", False),
        ("CREATE TABLE t(a INTEGER PRIMARY KEY DESC, b)", "a b", None, False),
        ("CREATE TABLE t(a INTEGER, b, PRIMARY KEY(a DESC))", "a b", "a", False),
        ("CREATE TABLE t(a INT PRIMARY KEY)", "a", None, False),
        ('CREATE TABLE t(b, a INTEGER, PRIMARY KEY("A"))', "b a", "a", False),
        ("CREATE TEMP TABLE IF NOT EXISTS main.t(a, b)", "a b", None, False),
        (
            "CREATE TABLE t(a, b, c, PRIMARY KEY(c, a)) WITHOUT ROWID",
            "c a b",
            None,
            True,
        ),
        (
            "CREATE TABLE t(a, b INTEGER PRIMARY KEY) STRICT, WITHOUT ROWID",
            "b a",
            None,
            True,
        ),
        (
            "CREATE TABLE t(a /* x, y */, b -- z, (\n, c CHECK (c IN (1, ',')), "
            "UNIQUE(a, b) CHECK(a > 1), FOREIGN KEY(a) REFERENCES o(x))",
            "a b c",
            None,
            False,
        ),
        (
            "CREATE TABLE t([a b] VARCHAR(10, 2) DEFAULT ',', `c``d` TEXT, 'e' INT, "
            '"PRIMARY" TEXT, primary_x INTEGER REFERENCES o(y) ON DELETE CASCADE)',
            "a b|c`d|e|PRIMARY|primary_x",
            None,
            False,
        ),
        (
            "CREATE TABLE t(a, b AS (a*2), c INTEGER GENERATED ALWAYS AS (a) STORED)",
            "a c",
            None,
            False,
        ),
    ],
)
def test_create_table(
    sql: str, names: str, alias: str | None, without_rowid: bool
) -> None:
    table = parse_create_table(sql)
    assert table is not None
    assert table.name == "t"
    expected = names.split("|") if "|" in names else names.split()
    assert [column.name for column in table.stored] == expected
    assert table.rowid_alias == alias
    assert table.without_rowid is without_rowid


def test_affinities() -> None:
    table = parse_create_table(
        "CREATE TABLE t(a INT8, b VARCHAR(5), c, d BLOB, e DOUBLE PRECISION, f DATE, "
        "g CHARINT)"
    )
    assert table is not None
    assert [column.affinity for column in table.columns] == [
        Affinity.INTEGER,
        Affinity.TEXT,
        Affinity.BLOB,
        Affinity.BLOB,
        Affinity.REAL,
        Affinity.NUMERIC,
        Affinity.INTEGER,
    ]


@pytest.mark.parametrize(
    "sql",
    [
        "",
        "CREATE VIRTUAL TABLE t USING fts5(a)",
        "CREATE INDEX i ON t(a)",
        "CREATE TABLE",
        "CREATE TABLE t",
        "CREATE TABLE t()",
        "CREATE TABLE t(" * 5000,
        "CREATE TABLE t(" + "'" * 9999,
        "((((((" * 1000,
        "CREATE TABLE t(/*" + "*" * 5000,
    ],
)
def test_no_table(sql: str) -> None:
    parse_create_table(sql)


def test_cut_statements() -> None:
    for statement in builder.SCHEMA:
        for size in range(len(statement)):
            parse_create_table(statement[:size])


@pytest.mark.parametrize(
    "value", [0, 1, 127, 128, 16383, 16384, 2**31, 2**55, 2**56 - 1, 2**56, 2**64 - 1]
)
def test_varints(value: int) -> None:
    written = pages.write_varint(value)
    assert pages.read_varint(written, 0) == (value, len(written))
    for size in range(len(written)):
        with pytest.raises(FormatError):
            pages.read_varint(written[:size], 0)


def test_local_sizes_by_sqlite(tmp_path: Path) -> None:
    """Around the limits where overflow pages begin, records of every length."""
    path = tmp_path / "a.db"
    connection = builder.connect(path, page_size=512)
    connection.execute("CREATE TABLE users(uid INTEGER PRIMARY KEY, data BLOB)")
    connection.execute("CREATE TABLE pairs(k BLOB PRIMARY KEY) WITHOUT ROWID")
    connection.execute("BEGIN")
    for size in range(20, 1100):
        connection.execute("INSERT INTO users VALUES (?, ?)", (size, bytes(size)))
        connection.execute("INSERT INTO pairs VALUES (?)", (bytes(size),))
    connection.execute("COMMIT")
    evidence = builder.take(path).evidence()
    found = builder.walked_rows(evidence)
    for table in ("users", "pairs"):
        assert found[table] == builder.true_rows(connection, table)


def test_text_is_told_from_blobs() -> None:
    record = pages.read_record(b"\x03\x11\x10abcd", 7, "utf-8")
    assert record.values == (Text(b"ab", "utf-8"), b"cd")
    assert record.values[0] != b"ab"
    assert str(record.values[0]) == "ab"
    assert str(Text(b"a\xff", "utf-8")) == "a\\xff"


def test_lost_values_are_named() -> None:
    payload = b"\x04\x01\x16\x01\x05abc"
    record = pages.read_record(payload, 11, "utf-8")
    assert record.values == (5, b"abc")
    assert "3 of 5 bytes" in record.problem


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\x05\x01",
        b"\x02\x0a\x01",
        b"\x02\x0b",
        b"\x00",
        b"\x02\x81",
        b"\xff" * 20,
    ],
)
def test_no_records(payload: bytes) -> None:
    if payload == b"\x00":
        payload = b"\x80"
    with pytest.raises(FormatError):
        pages.read_record(payload, len(payload), "utf-8")


def test_overlapping_cells_are_given_up() -> None:
    """32,000 pointers to one large cell must not be read 32,000 times."""
    size = 65536
    count = (size - 8 - 9000) // 2
    cell = pages.write_varint(8000) + b"\x01" + pages.write_varint(7000) + bytes(8000)
    start = size - len(cell)
    data = bytearray(size)
    data[:8] = bytes((13, 0, 0)) + count.to_bytes(2, "big") + start.to_bytes(2, "big")
    data[7:8] = b"\0"
    data[8 : 8 + 2 * count] = start.to_bytes(2, "big") * count
    data[start:] = cell
    page = pages.read_page(bytes(data), 2, size)
    problems = Problems()
    assert len(list(pages.read_cells(page, problems))) <= 8
    assert "overlap" in problems[0][1]


@pytest.mark.parametrize("seed", range(3))
def test_random_pages(seed: int) -> None:
    generator = random.Random(seed)
    for _ in range(2000):
        size = generator.choice((512, 1024, 4096))
        data = bytearray(generator.randbytes(size))
        data[0] = generator.choice((2, 5, 10, 13))
        data[1:8] = bytes((0, 0, 0, generator.randrange(80), size >> 9, 0, 0))
        try:
            page = pages.read_page(bytes(data), 2, size)
        except FormatError:
            continue
        problems = Problems()
        for cell in pages.read_cells(page, problems):
            assert cell.end <= size
        list(pages.free_blocks(page))
        pages.read_children(page, problems)


def test_headers() -> None:
    data = bytearray(100)
    data[:16] = pages.MAGIC
    data[16:24] = b"\x10\x00\x01\x01\x00\x40\x20\x20"
    data[56:60] = b"\0\0\0\1"
    header = pages.read_header(bytes(data))
    assert header.is_sound
    assert header.usable == 4096
    changes: list[tuple[int, Any]] = [(16, 0x11), (20, 255), (0, 0)]
    for offset, value in changes:
        changed = bytearray(data)
        changed[offset] = value
        if offset == 20:
            changed[16:18] = b"\x02\x00"
        if offset == 0:
            assert not pages.read_header(bytes(changed)).is_sound
        else:
            with pytest.raises(FormatError):
                pages.read_header(bytes(changed))
    with pytest.raises(FormatError):
        pages.read_header(bytes(data[:99]))
