"""Rows that SQL does not show; what was deleted is known, the finds are counted."""

from __future__ import annotations

import sqlite3
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from telegram_forensics.formats.sqlite_recovery import RecoveredRow
from tests.builders import sqlite_files as builder
from tests.builders.sqlite_files import (
    Files,
    normal,
    recall,
    recovered,
    true_rows,
    wrong,
)

OTHER_ROWS = 400


def database(path: Path, **pragmas: Any) -> sqlite3.Connection:
    """2,000 messages and rows of the other tables."""
    connection = builder.connect(path, **pragmas)
    builder.create(connection)
    builder.add_messages(connection, range(1, 2001))
    connection.execute("BEGIN")
    for number in range(OTHER_ROWS):
        text = f"user {number}"
        connection.execute(
            "INSERT INTO users VALUES (?, ?, 1, ?)", (number + 7000, text, b"x" * 30)
        )
        connection.execute(
            "INSERT INTO pairs VALUES (?, 1, ?)", (b"k%d" % number, text)
        )
    connection.execute("COMMIT")
    return connection


def methods(rows: list[RecoveredRow], table: str | None = None) -> Counter[str]:
    """Rows by method."""
    return Counter(row.method for row in rows if table in (None, row.table))


def share(rows: list[RecoveredRow], truth: Counter[Any], **options: Any) -> float:
    """Share of the true rows that are found, by values at least."""
    assert truth
    return recall(rows, truth, **options)[1] / len(truth)


def sure(rows: list[RecoveredRow]) -> list[RecoveredRow]:
    """Rows but those from free space, parts of which can be overwritten."""
    return [row for row in rows if row.method != "free_block"]


def whole_share(rows: list[RecoveredRow], truth: Counter[Any]) -> float:
    """Share of the true rows that are found with their row id."""
    assert truth
    return recall(rows, truth)[0] / len(truth)


@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16le"])
@pytest.mark.parametrize("every", [2, 7, 50])
def test_deleted_rows_of_pages_in_use(
    tmp_path: Path, every: int, encoding: str
) -> None:
    path = tmp_path / "a.db"
    connection = database(path, encoding=f"'{encoding}'")
    before = true_rows(connection, "messages")
    connection.execute(f"DELETE FROM messages WHERE mid % {every} = 0")
    live = true_rows(connection, "messages")
    rows = recovered(builder.take(path).evidence())
    assert share(rows, before - live) > 0.9
    assert len(wrong(rows, before)) < 10
    assert {row.confidence for row in rows if row.method == "free_block"} == {"low"}


def test_deleted_rows_of_a_table_with_row_id_alias(tmp_path: Path) -> None:
    """Record header and first serial type are overwritten, values are not."""
    path = tmp_path / "a.db"
    connection = builder.connect(path)
    connection.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, uid INTEGER, s TEXT)")
    for number in range(1, 101):
        connection.execute(
            "INSERT INTO t VALUES (?, ?, ?)", (number, number * 9, "abc")
        )
    before = true_rows(connection, "t")
    connection.execute("DELETE FROM t WHERE id % 4 = 0")
    rows = recovered(builder.take(path).evidence())
    deleted = before - true_rows(connection, "t")
    values = {(uid, s) for _, row in deleted for uid, s in [as_pair(dict(row))]}
    found = {(row.values.get("uid"), str(row.values.get("s"))) for row in rows}
    assert len(values & found) == 25
    assert all("id" not in row.values for row in rows if row.rowid is None)


def as_pair(row: dict[str, Any]) -> tuple[Any, Any]:
    """Two values of a row."""
    return row["uid"][1], row["s"][1]


@pytest.mark.parametrize("vacuum", [0, 1, 2])
@pytest.mark.parametrize("page_size", [512, 4096, 65536])
def test_all_rows_deleted(tmp_path: Path, vacuum: int, page_size: int) -> None:
    """The pages go to the freelist as they are; full auto-vacuum cuts them off."""
    path = tmp_path / "a.db"
    connection = database(path, auto_vacuum=vacuum, page_size=page_size)
    before = true_rows(connection, "messages")
    connection.execute("DELETE FROM messages")
    rows = recovered(builder.take(path).evidence())
    if vacuum != 1:
        assert share(rows, before) > 0.9
        assert methods(rows, "messages")["free_page"] > 1000
    assert len(wrong(rows, before)) < 10


def test_dropped_table(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    connection = database(path)
    before = true_rows(connection, "messages")
    connection.execute("DROP TABLE messages")
    evidence = builder.take(path).evidence()
    table = next(t for t in evidence.schema() if t.name == "messages")
    assert table.is_dropped
    rows = recovered(evidence, tables={"messages"})
    assert share(rows, before) > 0.95
    assert whole_share(rows, before) > 0.95
    assert not sure(wrong(rows, before))


def test_dropped_table_without_rowid(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    connection = database(path)
    before = true_rows(connection, "pairs")
    connection.execute("DELETE FROM pairs")
    rows = recovered(builder.take(path).evidence(), tables=["pairs"])
    assert share(rows, before, table="pairs") > 0.9
    assert not sure(wrong(rows, before, table="pairs"))


def test_overflow_values_of_deleted_rows(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    connection = builder.connect(path)
    builder.create(connection)
    for number in range(20):
        row = builder.message(number, 5_000 + 20_000 * number)
        connection.execute("INSERT INTO messages VALUES (?, ?, ?, ?, ?)", row)
    before = true_rows(connection, "messages")
    connection.execute("DELETE FROM messages WHERE mid > 10")
    deleted = before - true_rows(connection, "messages")
    evidence = builder.take(path).evidence()
    rows = recovered(evidence)
    assert share(rows, deleted) > 0.5
    assert not [row for row in wrong(rows, before) if not row.problems]


@pytest.mark.parametrize("size", [5_000, 60_000])
def test_overflow_pages_that_were_used_again(tmp_path: Path, size: int) -> None:
    """What other rows wrote there must not pass for the old value."""
    path = tmp_path / "a.db"
    connection = builder.connect(path)
    builder.create(connection)
    for number in range(20):
        row = builder.message(number, size if number == 10 else None)
        connection.execute("INSERT INTO messages VALUES (?, ?, ?, ?, ?)", row)
    connection.execute("DELETE FROM messages WHERE mid = 10")
    true_data = builder.message(10, size)[3]
    # The freelist itself takes one of the pages if it was empty, the first one.
    for statement, reason in (
        ("SELECT ?", "overwritten by the freelist"),
        ("INSERT INTO users VALUES (1, 'x', 1, ?)", "used again"),
    ):
        connection.execute(statement, (bytes(99_000),)).fetchall()
        rows = recovered(builder.take(path).evidence())
        # The page of the long row itself can be used again as well.
        assert len(rows) == 1 or (reason == "used again" and size == 60_000)
        for row in rows:
            assert reason in " ".join(row.problems)
            assert "bytes are there" in " ".join(row.problems)
            data = row.values["data"]
            assert isinstance(data, bytes)
            assert 0 < len(data) < size
            assert true_data.startswith(data)


def test_overflow_pages_on_the_freelist(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    connection = builder.connect(path)
    builder.create(connection)
    connection.execute("INSERT INTO users VALUES (1, 'x', 1, ?)", (bytes(9_000),))
    for number in range(20):
        row = builder.message(number, 60_000 if number in (10, 11) else None)
        connection.execute("INSERT INTO messages VALUES (?, ?, ?, ?, ?)", row)
    before = true_rows(connection, "messages")
    connection.execute("DELETE FROM users")
    connection.execute("DELETE FROM messages WHERE mid IN (10, 11)")
    rows = recovered(builder.take(path).evidence(), tables=["messages"])
    assert share(rows, before - true_rows(connection, "messages")) == 1
    assert not wrong(rows, before)


def test_updates_in_a_log(tmp_path: Path) -> None:
    """Each earlier version of a row is in the log."""
    path = tmp_path / "a.db"
    connection = database(path, journal_mode="wal", wal_autocheckpoint=0)
    versions = [true_rows(connection, "messages")]
    for step in range(3):
        connection.execute(f"UPDATE messages SET note = 'v{step}' WHERE mid % 3 = 0")
        versions.append(true_rows(connection, "messages"))
    live = versions[-1]
    rows = recovered(builder.take(path).evidence())
    for version in versions[:-1]:
        assert whole_share(rows, version - live) == 1
    assert not sure(wrong(rows, *versions))
    assert len(wrong(rows, *versions)) < 10
    found = [row for row in rows if row.method == "wal_stale_frame"]
    assert len(found) == 1998
    assert {row.confidence for row in found} == {"high"}
    assert {row.source for row in found} == {"wal"}


def test_deletion_in_a_log_over_a_checkpointed_file(tmp_path: Path) -> None:
    """The rows are in pages of the file that frames replace."""
    path = tmp_path / "a.db"
    connection = database(path, journal_mode="wal", wal_autocheckpoint=0)
    before = true_rows(connection, "messages")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    connection.execute("DELETE FROM messages WHERE mid BETWEEN 100 AND 900")
    rows = recovered(builder.take(path).evidence())
    deleted = before - true_rows(connection, "messages")
    assert len(deleted) == 801
    assert whole_share(rows, deleted) == 1
    assert not wrong(rows, before)
    assert methods(rows, "messages")["superseded_page"] > 100


def test_earlier_generations(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    connection = database(path, journal_mode="wal", wal_autocheckpoint=0)
    before = true_rows(connection, "messages")
    # The updates stand at the end of the log, the next generation is short.
    connection.execute("UPDATE messages SET note = 'second' WHERE mid < 1000")
    second = true_rows(connection, "messages")
    connection.execute("UPDATE messages SET note = 'third' WHERE mid < 1000")
    connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchall()
    connection.execute("DELETE FROM users WHERE uid < 7010")
    live = true_rows(connection, "messages")
    rows = recovered(builder.take(path).evidence())
    assert whole_share(rows, second - live) == 1
    assert not wrong(rows, before, second, live)
    found = [row for row in rows if row.method == "wal_earlier_generation"]
    assert len(found) > 900
    assert {row.confidence for row in found} <= {"medium", "low"}


def test_crash_in_a_transaction_with_a_log(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    connection = database(path, journal_mode="wal", wal_autocheckpoint=0)
    connection.execute("PRAGMA cache_size = 5")
    before = true_rows(connection, "messages")
    connection.execute("BEGIN")
    connection.execute("UPDATE messages SET note = 'uncommitted'")
    during = true_rows(connection, "messages")
    files = builder.take(path)
    assert builder.walked_rows(files.evidence())["messages"] == before
    rows = recovered(files.evidence())
    assert share(rows, during) > 0.8
    assert not sure(wrong(rows, before, during))
    assert len(wrong(rows, before, during)) < 10
    assert methods(rows, "messages")["wal_uncommitted_frame"] > 1000


@pytest.mark.parametrize("roll_back", [False, True])
def test_hot_journal(tmp_path: Path, roll_back: bool) -> None:
    path = tmp_path / "a.db"
    connection = database(path)
    connection.execute("PRAGMA cache_size = 5")
    before = true_rows(connection, "messages")
    connection.execute("BEGIN")
    connection.execute("UPDATE messages SET note = 'uncommitted' WHERE mid > 1000")
    during = true_rows(connection, "messages")
    files = builder.take(path)
    evidence = files.evidence(roll_back=roll_back)
    assert evidence.has_hot_journal
    rows = recovered(evidence)
    assert not sure(wrong(rows, before, during))
    assert len(wrong(rows, before, during)) < 10
    if roll_back:
        # As SQLite does when it opens the database.
        assert builder.walked_rows(evidence)["messages"] == before
        again = builder.connect(files.write(tmp_path / "b.db"))
        assert true_rows(again, "messages") == before
        assert share(rows, during - before) > 0.8
        assert methods(rows, "messages")["superseded_page"] > 500
    else:
        found = builder.walked_rows(evidence)["messages"]
        assert (
            not before
            - found
            - Counter({builder.as_row(row.rowid, row.values): 1 for row in rows})
        )
        assert methods(rows, "messages")["journal_page"] > 500


def test_journal_that_was_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    connection = database(path, secure_delete=1, journal_mode="persist")
    before = true_rows(connection, "messages")
    connection.execute("DELETE FROM messages WHERE mid % 2 = 0")
    rows = recovered(builder.take(path).evidence())
    deleted = before - true_rows(connection, "messages")
    assert whole_share(rows, deleted) == 1
    assert not wrong(rows, before)
    assert set(methods(rows, "messages")) == {"journal_page"}


def test_nothing_in_a_fresh_database(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    connection = database(path)
    connection.execute("DELETE FROM messages WHERE mid % 3 = 0")
    connection.execute("VACUUM")
    assert not recovered(builder.take(path).evidence())


def test_nothing_after_secure_deletion(tmp_path: Path) -> None:
    """As Telegram does; only the log keeps what was deleted."""
    path = tmp_path / "a.db"
    connection = database(path, secure_delete=1)
    before = true_rows(connection, "messages")
    connection.execute("DELETE FROM messages WHERE mid % 3 = 0")
    connection.execute("DROP TABLE users")
    # When SQLite shifts rows between pages, copies stay in gaps all the same.
    rows = recovered(builder.take(path).evidence())
    assert not sure(rows)
    assert not methods(rows, "messages")
    assert len(rows) < 5
    connection.execute("PRAGMA journal_mode = wal").fetchall()
    connection.execute("DELETE FROM messages WHERE mid % 3 = 1")
    deleted = before - true_rows(connection, "messages")
    rows = recovered(builder.take(path).evidence(), tables={"messages"})
    assert {row.source for row in rows} <= {"wal", "database"}
    assert set(methods(rows)) <= {"superseded_page", "wal_stale_frame"}
    assert recall(rows, deleted)[0] == sum(row[0] % 3 == 1 for row in deleted)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    assert not recovered(builder.take(path).evidence(), tables={"messages"})


def test_database_without_schema_and_header(tmp_path: Path) -> None:
    """SQLite cannot open it; the statements are known from elsewhere."""
    path = tmp_path / "a.db"
    connection = database(path)
    before = true_rows(connection, "messages")
    data = path.read_bytes()
    headless = Files(bytes(100) + data[100:], None, None)
    evidence = headless.evidence()
    assert not evidence.is_sound
    rows = list(evidence.recover(["messages"]))
    assert whole_share(rows, before) == 1
    assert not wrong(rows, before)
    assert set(methods(rows)) == {"page_scan"}
    broken = Files(bytes(4096) + data[4096:], None, None)
    evidence = broken.evidence(schema=builder.SCHEMA)
    rows = list(evidence.recover(["messages"]))
    assert whole_share(rows, before) == 1
    # Without any schema the rows still come, without names.
    nameless = list(broken.evidence().recover())
    assert {row.table for row in nameless} == {None}
    assert sum(len(row.record) == 5 for row in nameless) >= 2000
    assert any({"column_1", "column_5"} <= set(row.values) for row in nameless)


def test_damaged_interior_page(tmp_path: Path) -> None:
    """Rows below it are on pages that nothing refers to any more."""
    path = tmp_path / "a.db"
    connection = database(path)
    before = true_rows(connection, "messages")
    data = bytearray(path.read_bytes())
    root = next(
        t for t in builder.take(path).evidence().schema() if t.name == "messages"
    )
    start = (root.root_page - 1) * 4096
    assert data[start] == 5
    data[start : start + 4096] = bytes(4096)
    rows = recovered(Files(bytes(data), None, None).evidence())
    assert whole_share(rows, before) == 1
    assert methods(rows, "messages")["unreferenced_page"] == 2000


def test_live_pages_on_demand(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    connection = database(path)
    before = true_rows(connection, "messages")
    rows = list(builder.take(path).evidence().recover(["messages"], scan_live=True))
    assert whole_share(rows, before) == 1


def test_a_page_that_fits_several_tables(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    connection = builder.connect(path, page_size=512)
    for name in ("one", "two"):
        connection.execute(f"CREATE TABLE {name}(id INTEGER PRIMARY KEY, data BLOB)")
    connection.execute("CREATE TABLE three(id INTEGER PRIMARY KEY, n INTEGER)")
    for number in range(200):
        connection.execute("INSERT INTO one VALUES (?, ?)", (number, b"%d" % number))
    before = true_rows(connection, "one")
    connection.execute("DELETE FROM one")
    rows = recovered(builder.take(path).evidence(), tables={"one"})
    assert len(rows) > 150
    several = [row for row in rows if row.table is None]
    assert several
    assert {row.candidates for row in several} == {("one", "two")}
    assert {row.confidence for row in several} == {"low"}
    assert share(rows, before, table="one") > 0.9


def test_offsets_lead_to_the_cells(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    connection = database(path, journal_mode="wal", wal_autocheckpoint=0)
    connection.execute("UPDATE messages SET note = 'x' WHERE mid = 5")
    files = builder.take(path)
    assert files.wal is not None
    row = next(r for r in recovered(files.evidence()) if r.values.get("mid") == 5)
    assert row.source == "wal"
    text = str(row.values["note"]).encode()
    assert text in files.wal[row.offset : row.offset + 400]
    assert row.rowid is not None


def test_many_schemas_in_a_log(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    connection = builder.connect(
        path, page_size=512, journal_mode="wal", wal_autocheckpoint=0
    )
    for number in range(60):
        connection.execute(f"CREATE TABLE t{number}(a, b, c{number})")
    for number in range(0, 60, 2):
        connection.execute(f"INSERT INTO t{number} VALUES (1, 2, {number})")
        connection.execute(f"DROP TABLE t{number}")
    evidence = builder.take(path).evidence()
    assert sum(table.is_dropped for table in evidence.schema()) == 30
    rows = recovered(evidence)
    found = {row.table for row in rows if row.method == "wal_stale_frame"}
    assert {f"t{number}" for number in range(0, 58, 2)} <= found


def cell_of(path: Path, kept: bytes, statement: str, row: tuple[Any, ...]) -> bytes:
    """The cell of a row, as SQLite writes it beside another row."""
    path.write_bytes(kept)
    connection = builder.connect(path)
    connection.execute(statement, row)
    connection.close()
    data = path.read_bytes()
    page = next(
        start
        for start in builder.page_bounds(data, 4096)
        if data[start : start + 4096] != kept[start : start + 4096]
        and data[start] in (10, 13)
    )
    begin, end = (
        int.from_bytes(found[page + 5 : page + 7], "big") for found in (data, kept)
    )
    return data[page + begin : page + end]


@pytest.mark.parametrize(
    ("table", "kept", "first", "later"),
    [
        (
            "pairs",
            (b"k", 1, "kept"),
            (b"\1" * 10, 2, "first " * 30),
            (b"\2" * 10, 3, "later " * 26),
        ),
        (
            "users",
            (1, "kept", 4, b"k"),
            (70_001, "first " * 30, 5, b"x"),
            (70_002, "later " * 26, 6, b"y"),
        ),
    ],
)
def test_later_row_over_the_end_of_another(
    tmp_path: Path, table: str, kept: Any, first: Any, later: Any
) -> None:
    """The first one was deleted, a smaller one written in its place and deleted.

    In front of the later row, which is whole, stands the beginning of the first one. It
    must not hide it. (As Firefox left it in a database of Telegram Web.)
    """
    path = tmp_path / "db"
    connection = builder.connect(path)
    builder.create(connection)
    statement = f"INSERT INTO {table} VALUES ({', '.join('?' * len(kept))})"
    connection.execute(statement, kept)
    connection.close()
    data = bytearray(path.read_bytes())
    cells = [
        cell_of(tmp_path / "work", bytes(data), statement, row)
        for row in (first, later)
    ]
    assert len(cells[0]) > len(cells[1]) + 12
    (end,) = (
        start + int.from_bytes(data[start + 5 : start + 7], "big")
        for start in builder.page_bounds(data, 4096)
        if b"kept" in data[start : start + 4096]
    )
    for cell in cells:
        data[end - len(cell) : end] = cell
    evidence = Files(bytes(data), None, None).evidence()
    found = [
        tuple(normal(value)[1] for value in row.values.values())
        for row in recovered(evidence)
        if row.table == table
    ]
    assert [set(row) for row in found] == [set(later)]
