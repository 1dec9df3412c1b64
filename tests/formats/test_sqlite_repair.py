"""Databases that SQLite cannot open: SQLite itself judges what was rebuilt."""

from __future__ import annotations

import itertools
import random
import sqlite3
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from telegram_forensics.formats import sqlite_known_tables, sqlite_repair
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.sqlite_opening import find_repairs, first_pages
from telegram_forensics.formats.sqlite_recovery import SqliteEvidence
from telegram_forensics.formats.sqlite_repair import Repair
from telegram_forensics.formats.sqlite_repair_schema import statement
from telegram_forensics.formats.sqlite_rows import quote
from telegram_forensics.formats.sqlite_schema import parse_create_table
from tests.builders import sqlite_files as builder
from tests.helpers import mutations

PAGE = 1024
ROWS = range(300)
TABLES = ("messages", "users", 'odd "names"', "pairs")


def make(path: Path, numbers: Any = ROWS, **pragmas: Any) -> bytes:
    """A database with rows in all tables."""
    connection = builder.connect(path, **{"page_size": PAGE, **pragmas})
    fill(connection, numbers)
    connection.close()
    return path.read_bytes()


def fill(connection: sqlite3.Connection, numbers: Any = ROWS) -> None:
    """Writes the tables."""
    builder.create(connection)
    builder.add_messages(connection, numbers)
    connection.execute("INSERT INTO users VALUES (5, 'Anna', 1, x'0102')")
    connection.execute('INSERT INTO "odd ""names""" VALUES (2, 3, 4)')
    connection.execute("INSERT INTO pairs VALUES (x'01', 7, 'a')")


def repairs(data: bytes, **others: Any) -> list[Repair]:
    """What a database can be opened with."""
    return list(find_repairs(builder.reader(data), len(data), **others))


def rebuilt(data: bytes, repair: Repair, path: Path) -> sqlite3.Connection:
    """A copy of what SQLite is told."""
    overlay = repair.overlay(builder.reader(data))
    path.write_bytes(overlay(0, repair.size))
    return sqlite3.connect(path)


def truth(path: Path) -> dict[str, Counter[Any]]:
    """Rows of all tables."""
    connection = sqlite3.connect(path)
    found = rows_of(connection)
    connection.close()
    return found


def rows_of(connection: sqlite3.Connection) -> dict[str, Counter[Any]]:
    """Rows of all tables by name."""
    return {name: builder.true_rows(connection, name) for name in TABLES}


def zeroed(data: bytes) -> bytes:
    """The header is gone."""
    return bytes(100) + data[100:]


def emptied(data: bytes) -> bytes:
    """All behind the signature is gone."""
    return data[:16] + bytes(84) + data[100:]


def overwritten(data: bytes) -> bytes:
    """The header is overwritten."""
    return b"\xff" * 100 + data[100:]


def garbled(data: bytes) -> bytes:
    """The header is random."""
    return random.Random(7).randbytes(100) + data[100:]


def unsigned(data: bytes) -> bytes:
    """Only the signature is gone."""
    return bytes(16) + data[16:]


HEADERS = (zeroed, emptied, overwritten, garbled, unsigned)


@pytest.mark.parametrize("damage", HEADERS)
@pytest.mark.parametrize("page_size", [512, 1024, 4096, 65536])
@pytest.mark.parametrize(
    ("encoding", "auto_vacuum"),
    [("UTF-8", 0), ("UTF-16le", 1), ("UTF-16be", 2), ("UTF-16le", 0)],
)
def test_header(
    tmp_path: Path, damage: Any, page_size: int, encoding: str, auto_vacuum: int
) -> None:
    path = tmp_path / "a.db"
    data = make(
        path, page_size=page_size, encoding=f"'{encoding}'", auto_vacuum=auto_vacuum
    )
    damaged = damage(data)
    with pytest.raises(sqlite3.DatabaseError):
        copy = tmp_path / "damaged.db"
        copy.write_bytes(damaged)
        sqlite3.connect(copy).execute("SELECT * FROM sqlite_master").fetchall()
    repair = repairs(damaged)[0]
    assert repair.method == sqlite_repair.REBUILT_HEADER
    assert repair.confidence == "high"
    assert repair.page_size == page_size
    assert not repair.is_incomplete
    connection = rebuilt(damaged, repair, tmp_path / "b.db")
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert rows_of(connection) == truth(path)


@pytest.mark.parametrize("reserved", [16, 48, 80])
@pytest.mark.parametrize("damage", HEADERS)
def test_reserved_bytes(tmp_path: Path, damage: Any, reserved: int) -> None:
    path = tmp_path / "a.db"
    builder.reserve(path, reserved, 4096)
    connection = sqlite3.connect(path, isolation_level=None)
    fill(connection)
    for number in (900, 901):
        row = builder.message(number, 20_000)
        connection.execute("INSERT INTO messages VALUES (?, ?, ?, ?, ?)", row)
    connection.close()
    damaged = damage(path.read_bytes())
    repair = repairs(damaged)[0]
    assert damaged[20] == reserved or (20, f"{reserved} reserved bytes") in (
        repair.changes
    )
    connection = rebuilt(damaged, repair, tmp_path / "b.db")
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert rows_of(connection) == truth(path)


@pytest.mark.parametrize("damage", HEADERS)
def test_free_pages(tmp_path: Path, damage: Any) -> None:
    """The list of free pages is lost, the rows in them are not."""
    path = tmp_path / "a.db"
    connection = builder.connect(path, page_size=PAGE)
    fill(connection)
    whole = builder.true_rows(connection, "messages")
    connection.execute("DELETE FROM messages WHERE mid >= 150")
    live = rows_of(connection)
    connection.close()
    damaged = damage(path.read_bytes())
    repair = repairs(damaged)[0]
    connection = rebuilt(damaged, repair, tmp_path / "b.db")
    problems = [row[0] for row in connection.execute("PRAGMA integrity_check(1000)")]
    assert all(
        text == "ok" or "never used" in text or text.startswith("*** in")
        for text in problems
    )
    assert rows_of(connection) == live
    overlay = repair.overlay(builder.reader(damaged))
    found = builder.recovered(SqliteEvidence(overlay, repair.size))
    gone = whole - live["messages"]
    assert builder.recall(found, gone)[1] > 0.8 * gone.total()
    if damage is not unsigned:
        assert {row.method for row in found} <= {"unreferenced_page", "free_block"}
    assert not builder.wrong(found, whole)


def test_user_version(tmp_path: Path) -> None:
    data = make(tmp_path / "a.db", user_version=168)
    assert repairs(unsigned(data))[0].has_version
    for damage in (zeroed, emptied, overwritten):
        assert not repairs(damage(data))[0].has_version
    connection = rebuilt(unsigned(data), repairs(unsigned(data))[0], tmp_path / "b.db")
    assert connection.execute("PRAGMA user_version").fetchone() == (168,)


def test_sound(tmp_path: Path) -> None:
    """Of a sound database the header stays, and its first pages open."""
    for number, pragmas in enumerate(
        ({}, {"auto_vacuum": 1}, {"encoding": "'UTF-16be'"}, {"page_size": 65536})
    ):
        data = make(tmp_path / f"{number}.db", **pragmas)
        size = repairs_of_header(data)
        assert not size.patches
        assert not size.changes
        assert opens_with_first_pages(data, tmp_path / "f.db")


def repairs_of_header(data: bytes) -> Repair:
    """The header alone."""
    read = builder.reader(data)
    (page_size, *_) = sqlite_repair.find_page_sizes(read, len(data))
    return sqlite_repair.repair_header(read, len(data), page_size)


def opens(data: bytes, path: Path) -> bool:
    """Whether SQLite opens a database, as plaso asks it."""
    path.write_bytes(data)
    connection = sqlite3.connect(path)
    try:
        rows = connection.execute(
            "SELECT tbl_name FROM sqlite_master WHERE type = 'table'"
        ).fetchall()
        for (name,) in rows:
            connection.execute(f"PRAGMA table_info({quote(name)})").fetchall()
    except (sqlite3.DatabaseError, UnicodeDecodeError):
        return False
    finally:
        connection.close()
    return True


def opens_with_first_pages(data: bytes, path: Path) -> bool:
    """Whether SQLite opens a database of which the first pages are there."""
    parts = first_pages(builder.reader(data), len(data))
    holes = bytearray(len(data))
    for offset, part in parts:
        holes[offset : offset + len(part)] = part
    return bool(parts) and opens(bytes(holes), path)


def large_schema(path: Path, count: int = 60, page_size: int = 512) -> bytes:
    """A database whose schema takes many pages, and pages of overflow."""
    connection = builder.connect(path, page_size=page_size)
    for number in range(count):
        columns = ", ".join(f"column_{index} TEXT" for index in range(number % 50 + 1))
        connection.execute(f"CREATE TABLE table_{number:03d}({columns})")
        connection.execute(f"INSERT INTO table_{number:03d} DEFAULT VALUES")
    connection.close()
    return path.read_bytes()


def test_first_pages(tmp_path: Path) -> None:
    """The first pages open if, and mostly only if, the whole does."""
    outcomes = Counter[tuple[bool, bool]]()
    for data in (
        make(tmp_path / "a.db", range(20)),
        large_schema(tmp_path / "b.db"),
        make(tmp_path / "c.db", range(20), encoding="'UTF-16le'"),
    ):
        for changed in mutations(data[:3072], 150, "first pages"):
            whole = changed + data[3072:]
            first = opens_with_first_pages(whole, tmp_path / "f.db")
            all_of_it = opens(whole, tmp_path / "g.db")
            outcomes[first, all_of_it] += 1
            assert all_of_it or not first
    # Both happen, and the cheap look seldom fails where SQLite opens the file.
    assert outcomes[True, True] > 50
    assert outcomes[False, False] > 50
    assert outcomes[False, True] < outcomes[True, True]


def test_cut_at_every_page(tmp_path: Path) -> None:
    """Every row of a page that is left comes out, and no other."""
    path = tmp_path / "a.db"
    data = make(path, range(120))
    whole = truth(path)["messages"]
    evidence = SqliteEvidence(builder.reader(data), len(data))
    count = len(data) // PAGE
    left_before = -1
    for pages in range(2, count):
        damaged = data[: pages * PAGE]
        repair = repairs(damaged)[0]
        assert repair.method == sqlite_repair.CUT_FILE
        assert repair.lost_pages == count - pages
        assert repair.changes[0] == (28, f"{pages} pages, {count} were announced")
        assert repair.used == pages * PAGE
        found = all_rows(damaged, repair)
        assert not found - whole
        assert len(found) >= left_before
        left_before = len(found)
        expected = sum(
            1
            for row in evidence.recover(["messages"], scan_live=True)
            if row.page_number <= pages
            and not row.problems
            and not overflows(row.values)
        )
        assert len(found) >= expected
        connection = rebuilt(damaged, repair, tmp_path / "b.db")
        assert connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        connection.close()
    assert left_before > 100


def overflows(values: dict[str, Any]) -> bool:
    """Whether a message has pages of its own."""
    return len(values["data"]) > PAGE // 2


def all_rows(data: bytes, repair: Repair) -> Counter[Any]:
    """All messages that the page reader finds, each once."""
    overlay = repair.overlay(builder.reader(data))
    evidence = SqliteEvidence(overlay, repair.size)
    return Counter(
        {
            builder.as_row(row.rowid, row.values)
            for row in evidence.recover(["messages"], scan_live=True)
            if not row.problems and row.rowid is not None
        }
    )


def test_cut_at_every_byte(tmp_path: Path) -> None:
    data = make(tmp_path / "a.db", range(6), page_size=512)
    outcomes = Counter[str]()
    for size in range(0, len(data), 7):
        try:
            found = repairs(data[:size])
        except FormatError:
            outcomes["none"] += 1
            continue
        opened = []
        for repair in found:
            assert repair.size % repair.page_size == 0
            overlay = repair.overlay(builder.reader(data[:size]))
            if opens(overlay(0, repair.size), tmp_path / "b.db"):
                opened.append(repair.method)
        # Without the other pages of the schema only what it has left can be opened.
        assert opened or not found
        outcomes.update(opened)
    assert outcomes["none"] > 10
    assert outcomes[sqlite_repair.CUT_FILE] > 100


@settings(
    deadline=None,
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.dictionaries(st.integers(0, 99), st.integers(0, 255), min_size=1))
def test_any_header(tmp_path: Path, changes: dict[int, int]) -> None:
    """Whatever is done to the header: what SQLite gets opens, and has all rows."""
    path = tmp_path / "a.db"
    data = path.read_bytes() if path.exists() else make(path)
    damaged = bytearray(data)
    for offset, value in changes.items():
        damaged[offset] = value
    if opens(bytes(damaged), tmp_path / "d.db"):
        return
    outcomes = []
    for repair in repairs(bytes(damaged)):
        connection = rebuilt(bytes(damaged), repair, tmp_path / "b.db")
        try:
            outcomes.append(rows_of(connection) == truth(path))
        except sqlite3.DatabaseError:
            outcomes.append(False)
        connection.close()
    assert any(outcomes)


def test_mutations(tmp_path: Path) -> None:
    """Damage anywhere gives an error of ours, or something to try."""
    small = make(tmp_path / "a.db", range(10), page_size=512)
    many = large_schema(tmp_path / "b.db", 20)
    for data in (small, many, zeroed(small), bytes(512) + many[512:]):
        for changed in mutations(data, 120, "sqlite repair"):
            try:
                found = repairs(changed, clients=sqlite_known_tables.CLIENTS)
            except FormatError:
                continue
            for repair in found:
                overlay = repair.overlay(builder.reader(changed))
                assert len(overlay(0, repair.size)) == repair.size
                assert repair.size <= 4 * len(changed) + (1 << 20)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"SQLite format 3\0",
        bytes(10_000),
        random.Random(1).randbytes(100_000),
        b"plain text " * 5000,
        b"SQLite format 3\0" + random.Random(2).randbytes(50_000),
    ],
)
def test_no_database(data: bytes) -> None:
    with pytest.raises(FormatError):
        repairs(data, clients=sqlite_known_tables.CLIENTS)


def test_overlay(tmp_path: Path) -> None:
    """Reads at any offset are those of the whole."""
    data = large_schema(tmp_path / "a.db")
    damaged = bytes(512) + data[512:]
    repair = repairs(damaged)[0]
    overlay = repair.overlay(builder.reader(damaged))
    whole = overlay(0, repair.size)
    generator = random.Random(3)
    for _ in range(2000):
        offset = generator.randrange(repair.size + 100)
        size = generator.randrange(2000)
        assert overlay(offset, size) == whole[offset : offset + size]


# The first page is lost.


def first_page_lost(data: bytes, page_size: int) -> bytes:
    """As by bad sectors."""
    return bytes(page_size) + data[page_size:]


@pytest.mark.parametrize("page_size", [512, 1024, 4096])
def test_schema_in_other_pages(tmp_path: Path, page_size: int) -> None:
    """Definitions that stand in other pages than the first one are found again."""
    path = tmp_path / "a.db"
    data = large_schema(path, 200, page_size)
    damaged = first_page_lost(data, page_size)
    repair = repairs(damaged)[-1]
    assert repair.method == sqlite_repair.REBUILT_SCHEMA
    assert repair.is_incomplete
    assert repair.confidence == "medium"
    before = sqlite3.connect(path)
    after = rebuilt(damaged, repair, tmp_path / "b.db")
    query = "SELECT name FROM sqlite_master WHERE type = 'table'"
    names = {row[0] for row in before.execute(query)}
    assert {row[0] for row in after.execute(query)} == names
    for name in names:
        select = f"SELECT rowid, * FROM {name}"
        assert after.execute(select).fetchall() == before.execute(select).fetchall()


def test_first_sector_lost(tmp_path: Path) -> None:
    """The pointers are gone, the definitions stand at the end of the page."""
    path = tmp_path / "a.db"
    data = make(path, page_size=4096)
    damaged = first_page_lost(data, 512)
    repair = repairs(damaged)[-1]
    assert repair.method == sqlite_repair.REBUILT_SCHEMA
    connection = rebuilt(damaged, repair, tmp_path / "b.db")
    assert rows_of(connection) == truth(path)


@pytest.mark.parametrize("mode", ["wal", "persist"])
def test_schema_in_log_or_journal(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "a.db"
    connection = builder.connect(
        path, page_size=PAGE, journal_mode=mode, wal_autocheckpoint=0
    )
    fill(connection)
    connection.execute("PRAGMA wal_checkpoint(FULL)").fetchall()
    connection.execute("UPDATE users SET name = 'Olga'")
    files = builder.take(path)
    alone = sqlite3.connect(tmp_path / "alone.db")
    alone.close()
    (tmp_path / "alone.db").write_bytes(files.database)
    damaged = first_page_lost(files.database, PAGE)
    others: dict[str, Any] = {
        name: None if data is None else (builder.reader(data), len(data))
        for name, data in (("wal", files.wal), ("journal", files.journal))
    }
    assert not repairs(damaged)
    repair = repairs(damaged, **others)[-1]
    assert repair.method == sqlite_repair.REBUILT_SCHEMA
    found = rebuilt(damaged, repair, tmp_path / "b.db")
    assert rows_of(found) == truth(tmp_path / "alone.db")
    connection.close()


def test_nothing_of_the_schema_is_left(tmp_path: Path) -> None:
    """Tables that no client creates are not made up."""
    data = make(tmp_path / "a.db")
    damaged = first_page_lost(data, PAGE)
    assert not repairs(damaged, clients=sqlite_known_tables.CLIENTS)


@pytest.mark.parametrize(
    "sql",
    [
        *builder.SCHEMA[:4],
        "CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT DEFAULT 'it''s', c DEFAULT 1.5)",
        "CREATE TABLE t(a, b INT DEFAULT -7, c BLOB DEFAULT x'00ff', d REAL DEFAULT 2)",
        "CREATE TABLE t(a TEXT UNIQUE, b NUMERIC CHECK (b > 1), CHECK (a <> 'x'))",
        'CREATE TABLE "a b"(" c" TEXT PRIMARY KEY, "d""e" INTEGER)',
    ],
)
def test_statement(sql: str) -> None:
    """A definition without what needs an index stores the same columns."""
    table = parse_create_table(sql)
    assert table is not None
    again = parse_create_table(statement(table))
    assert again is not None
    assert again.name == table.name
    assert [(c.name, c.affinity, c.default) for c in again.stored] == [
        (c.name, c.affinity, c.default) for c in table.stored
    ]
    assert again.rowid_alias == table.rowid_alias
    connection = sqlite3.connect(":memory:")
    connection.execute(statement(table))
    indexes = connection.execute(
        "SELECT count(*) FROM sqlite_master WHERE type = 'index'"
    ).fetchone()
    assert indexes == (0,)
    first = sqlite3.connect(":memory:")
    first.execute(sql)
    for other in (first, connection):
        other.execute(
            f'INSERT INTO "{table.name.replace(chr(34), chr(34) * 2)}" '
            f"VALUES ({', '.join(values(len(table.columns)))})"
        )
    query = f'SELECT * FROM "{table.name.replace(chr(34), chr(34) * 2)}"'
    assert first.execute(query).fetchall() == connection.execute(query).fetchall()


def values(count: int) -> Sequence[str]:
    """Values for a row."""
    return [str(number) for number in itertools.islice(itertools.count(2), count)]
