"""SQLite databases made with SQLite itself, and what a page reader finds in them."""

from __future__ import annotations

import random
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from telegram_forensics.formats.sqlite_pages import ReadAt, Text
from telegram_forensics.formats.sqlite_recovery import RecoveredRow, SqliteEvidence

SCHEMA = (
    "CREATE TABLE messages(mid INTEGER, uid INTEGER NOT NULL, date INTEGER, data BLOB, "
    "note TEXT, PRIMARY KEY(mid, uid))",
    "CREATE TABLE users(uid INTEGER PRIMARY KEY, name TEXT, status INTEGER, data BLOB)",
    'CREATE TABLE "odd ""names"""(`a b` REAL, [c d] NUMERIC DEFAULT \'x)\', e)',
    "CREATE TABLE pairs(key BLOB, part INTEGER, value TEXT, "
    "PRIMARY KEY(part, key)) WITHOUT ROWID",
    "CREATE INDEX by_date ON messages(date, note)",
)


class Files(NamedTuple):
    """A database, its log and its journal; None where there is none."""

    database: bytes
    wal: bytes | None
    journal: bytes | None

    def evidence(self, **options: Any) -> SqliteEvidence:
        """Opens them."""
        return SqliteEvidence(
            reader(self.database),
            len(self.database),
            None if self.wal is None else (reader(self.wal), len(self.wal)),
            None if self.journal is None else (reader(self.journal), len(self.journal)),
            **options,
        )

    def write(self, path: Path) -> Path:
        """Writes them where SQLite looks for them."""
        path.write_bytes(self.database)
        for suffix, data in (("-wal", self.wal), ("-journal", self.journal)):
            if data is not None:
                path.with_name(path.name + suffix).write_bytes(data)
        return path


def reader(data: bytes) -> ReadAt:
    """Reads from memory, as from a file."""

    def read(offset: int, size: int) -> bytes:
        assert offset >= 0
        assert size >= 0
        return data[offset : offset + size]

    return read


def take(path: Path) -> Files:
    """The files as they are now, the writer being open or not."""
    found = []
    for suffix in ("", "-wal", "-journal"):
        file = path.with_name(path.name + suffix)
        found.append(file.read_bytes() if file.exists() else None)
    return Files(found[0] or b"", found[1], found[2])


def connect(path: Path, **pragmas: Any) -> sqlite3.Connection:
    """Opens a database; transactions are begun and ended by hand."""
    connection = sqlite3.connect(path, isolation_level=None)
    for name, value in {"secure_delete": 0, **pragmas}.items():
        connection.execute(f"PRAGMA {name} = {value}").fetchall()
    return connection


def reserve(path: Path, size: int, page_size: int) -> None:
    """Makes an empty database whose pages have reserved bytes."""
    connection = connect(path, page_size=page_size)
    connection.execute("PRAGMA user_version = 1")
    connection.close()
    data = bytearray(path.read_bytes())
    data[20] = size
    data[105:107] = (page_size - size).to_bytes(2, "big")
    path.write_bytes(data)


def message(number: int, size: int | None = None) -> tuple[Any, ...]:
    """A message like those of a client: ids, time, blob, text."""
    generator = random.Random(number)
    blob = generator.randbytes(generator.randrange(40, 200) if size is None else size)
    uid = generator.choice((777000, 5_000_000_000 + number % 7, -100123 - number % 5))
    return number, uid, 1_700_000_000 + 60 * number, blob, f"note {number} \u00e4\u4e16"


def add_messages(connection: sqlite3.Connection, numbers: Any) -> None:
    """Adds messages in one transaction."""
    connection.execute("BEGIN")
    connection.executemany(
        "INSERT INTO messages VALUES (?, ?, ?, ?, ?)", map(message, numbers)
    )
    connection.execute("COMMIT")


def create(connection: sqlite3.Connection) -> None:
    """Creates all tables."""
    for statement in SCHEMA:
        connection.execute(statement)


def normal(value: Any) -> Any:
    """A value with its class, texts of both readers alike."""
    if isinstance(value, Text):
        value = str(value)
    return type(value).__name__, value


def true_rows(connection: sqlite3.Connection, table: str) -> Counter[Any]:
    """Rows of a table by SQLite: row id and values by column."""
    quoted = '"' + table.replace('"', '""') + '"'
    row_id = "rowid" if table != "pairs" else "NULL"
    cursor = connection.execute(f"SELECT {row_id}, * FROM {quoted}")
    names = [column[0] for column in cursor.description][1:]
    return Counter(
        (row[0], frozenset(zip(names, map(normal, row[1:]), strict=True)))
        for row in cursor
    )


def as_row(rowid: int | None, values: Mapping[str, Any]) -> Any:
    """A row of ours in the same shape."""
    pairs = ((name, normal(value)) for name, value in values.items())
    return rowid, frozenset(pairs)


def walked_rows(evidence: SqliteEvidence) -> dict[str, Counter[Any]]:
    """Live rows by the page reader, by table."""
    found: dict[str, Counter[Any]] = {}
    for table, rowid, values in evidence.live_rows():
        found.setdefault(table, Counter())[as_row(rowid, values)] += 1
    return found


def recovered(evidence: SqliteEvidence, **options: Any) -> list[RecoveredRow]:
    """Recovered rows but those that are live."""
    rows = list(evidence.recover(is_live=evidence.live_filter(), **options))
    unique = {
        (row.table, row.rowid, row.record, row.problems)
        for row in rows
        if row.table and row.rowid is not None and not row.problems
    }
    sure = [row for row in rows if row.table and row.rowid is not None]
    assert len(unique) == sum(not row.problems for row in sure)
    return rows


def recall(
    rows: list[RecoveredRow], truth: Counter[Any], table: str = "messages"
) -> tuple[int, int]:
    """How many true rows are found with row id, and how many by values at least."""
    mine = [row for row in rows if row.table == table or table in row.candidates]
    whole = {as_row(row.rowid, row.values) for row in mine}
    values = {as_row(None, row.values)[1] for row in mine}
    return (
        sum(row in whole for row in truth),
        sum(row[1] in values for row in truth),
    )


def wrong(
    rows: list[RecoveredRow], *truths: Counter[Any], table: str = "messages"
) -> list[RecoveredRow]:
    """Rows given to a table that never were in it."""
    known = {values for truth in truths for _, values in truth}
    return [
        row
        for row in rows
        if row.table == table and as_row(None, row.values)[1] not in known
    ]


def page_bounds(data: bytes, page_size: int) -> Iterator[int]:
    """Offsets of all pages but the first."""
    yield from range(page_size, len(data), page_size)
