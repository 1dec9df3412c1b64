"""Tests of rows through SQLite: damage of every kind, and two states of a table.

The oracle is SQLite itself, asked for each row id that was written: what it gives for
one of them must come out, and nothing else.
"""

from __future__ import annotations

import itertools
import random
import sqlite3
import struct
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from telegram_forensics.formats import sqlite_rows
from telegram_forensics.formats.sqlite_rows import (
    DamagedText,
    MergedRow,
    Row,
    merge_states,
    quote,
    read_rows,
    read_text,
)

PAGE = 1024
LEAF, INTERIOR = 13, 5
LOWEST, HIGHEST = -(2**63), 2**63 - 1
COLUMNS = ["a", "b"]
BOUND = 20_000


class Damaged:
    """A database with one table, to be damaged and read."""

    def __init__(self, folder: Path, rowids: Iterable[int], size: int = 60) -> None:
        self.path = folder / "damaged.db"
        self.rowids = sorted(rowids)
        self.statements = 0
        with sqlite3.connect(self.path) as connection:
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute(f"PRAGMA page_size = {PAGE}")
            connection.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, a, b)")
            rows = [(n, f"row {n}", bytes([n & 255]) * size) for n in self.rowids]
            connection.executemany("INSERT INTO t VALUES (?, ?, ?)", rows)
        query = "SELECT rootpage FROM sqlite_master WHERE name = 't'"
        (self.root,) = connection.execute(query).fetchone()
        connection.close()
        self.data = bytearray(self.path.read_bytes())

    def pages(self, kind: int) -> list[int]:
        """Numbers of the table's pages of a kind, in the order of its row ids."""
        return [page for page in self._walk(self.root) if self._type(page) == kind]

    def _type(self, page: int) -> int:
        return self.data[(page - 1) * PAGE]

    def _walk(self, page: int) -> Iterator[int]:
        yield page
        if self._type(page) == INTERIOR:
            base = (page - 1) * PAGE
            (count,) = struct.unpack_from(">H", self.data, base + 3)
            for number in range(count):
                (cell,) = struct.unpack_from(">H", self.data, base + 12 + 2 * number)
                yield from self._walk(*struct.unpack_from(">I", self.data, base + cell))
            yield from self._walk(*struct.unpack_from(">I", self.data, base + 8))

    def break_page(self, page: int) -> None:
        """Makes a page one that SQLite cannot use."""
        self.data[(page - 1) * PAGE] = 0xFF

    def open(self) -> sqlite3.Connection:
        """Opens what is left."""
        self.path.write_bytes(self.data)
        connection = sqlite3.connect(self.path)
        connection.text_factory = read_text
        return connection

    def reachable(self) -> list[Row]:
        """What SQLite gives for each row id that was written."""
        connection = self.open()
        rows = []
        for rowid in self.rowids:
            try:
                query = "SELECT a, b FROM t WHERE rowid = ?"
                found = connection.execute(query, (rowid,)).fetchone()
            except sqlite3.DatabaseError:
                continue
            if found is not None:
                rows.append(Row(rowid, found))
        connection.close()
        return rows

    def read(self) -> tuple[list[Row], list[str]]:
        """Rows and warnings."""
        warnings: list[str] = []
        connection = self.open()
        connection.set_trace_callback(self._count)
        rows = list(read_rows(connection, "t", COLUMNS, warnings.append))
        connection.close()
        numbers = [row.rowid or 0 for row in rows]
        assert numbers == sorted(set(numbers))
        return rows, warnings

    def _count(self, _: str) -> None:
        self.statements += 1

    def check(self) -> list[str]:
        """Everything that can be reached comes out; what is missing is reported."""
        rows, warnings = self.read()
        assert rows == self.reachable()
        assert bool(warnings) == (len(rows) < len(self.rowids))
        return warnings


def test_sound(tmp_path: Path) -> None:
    """A sound table takes a handful of queries."""
    database = Damaged(tmp_path, range(1, 2000))
    assert database.check() == []
    assert database.statements < 8
    assert len(database.pages(LEAF)) > 100


@pytest.mark.parametrize(
    "places",
    [
        [0],
        [60],
        [-1],
        [0, -1],
        [0, 1, 2],
        [-3, -2, -1],
        [10, 12, 14, 16],  # single sound pages between damaged ones
        [5, 6, 8, 9, 10, 40, 41, 90],
        [*range(0, 100, 2)],
        [*range(10, 60), *range(61, 100)],
        [*range(1, 10_000)],
        [*range(10_000)],
    ],
    ids=lambda places: f"{places[:3]} of {len(places)}",
)
def test_leaf_pages(tmp_path: Path, places: list[int]) -> None:
    """Leaf pages at the start, in the middle, at the end, many of them."""
    database = Damaged(tmp_path, range(1, 1500))
    leaves = database.pages(LEAF)
    for place in places:
        if place < len(leaves):
            database.break_page(leaves[place])
    warnings = database.check()
    assert 1 <= len(warnings) <= len(places)
    assert database.statements < BOUND


def test_text_of_warnings(tmp_path: Path) -> None:
    """The gap has its ends in it."""
    database = Damaged(tmp_path, range(1, 1500))
    leaves = database.pages(LEAF)
    database.break_page(leaves[20])
    (warning,) = database.check()
    numbers = [row.rowid or 0 for row in database.reachable()]
    gap = next(n for n, following in itertools.pairwise(numbers) if following > n + 1)
    following = next(n for n in numbers if n > gap)
    assert warning.startswith(
        f"table t: rows between row id {gap} and row id {following} cannot be reached: "
    )
    database.break_page(leaves[-1])
    warnings = database.check()
    assert warnings[1].startswith("table t: rows behind row id ")


def test_interior_pages(tmp_path: Path) -> None:
    """With an interior page all that is below it is gone."""
    database = Damaged(tmp_path, range(1, 9000), size=300)
    interior = database.pages(INTERIOR)[1:]
    assert len(interior) > 3
    database.break_page(interior[1])
    database.check()
    assert len(database.reachable()) < 8800
    assert database.statements < BOUND


@pytest.mark.parametrize("content", [b"\xff", b"\x00"])
def test_root_page(tmp_path: Path, content: bytes) -> None:
    """Without the root there is nothing; that is said, and does not take long."""
    database = Damaged(tmp_path, range(1, 1500))
    database.data[(database.root - 1) * PAGE] = content[0]
    rows, warnings = database.read()
    assert rows == []
    assert len(warnings) == 1
    assert database.statements < 2 * BOUND


def overflow_pages(database: Damaged, marker: int) -> list[int]:
    """Pages that are full of a byte."""
    count = len(database.data) // PAGE
    return [
        page
        for page in range(1, count + 1)
        if database.data[page * PAGE - 100 : page * PAGE] == bytes([marker]) * 100
    ]


@pytest.mark.parametrize(
    ("damaged", "gaps"),
    [([7], 1), ([1, 2, 3], 1), ([30, 31, 50], 2), ([99], 1), ([*range(100)], 1)],
)
def test_overflow_chains(tmp_path: Path, damaged: list[int], gaps: int) -> None:
    """A row whose chain of pages is cut does not take others with it."""
    database = Damaged(tmp_path, range(100, 200), size=3000)
    for number in damaged:
        # The number of the next page in the chain is beyond the file.
        page = overflow_pages(database, number + 100)[0]
        database.data[(page - 1) * PAGE : (page - 1) * PAGE + 4] = b"\x7f" * 4
    assert len(database.check()) == gaps
    assert len(database.reachable()) == 100 - len(damaged)
    assert database.statements < BOUND


@pytest.mark.parametrize("seed", range(6))
def test_sparse_row_ids(tmp_path: Path, seed: int) -> None:
    """Ids of users as row ids: far apart, with gaps of any size."""
    chance = random.Random(seed)
    numbers = {chance.randrange(1, 7_000_000_000) for _ in range(1500)}
    database = Damaged(tmp_path, numbers)
    leaves = database.pages(LEAF)
    for place in chance.sample(range(len(leaves)), 2):
        database.break_page(leaves[place])
    database.check()
    assert database.statements < 2 * BOUND


@pytest.mark.parametrize("places", [[], [0], [-1], [1], [0, -1]], ids=str)
def test_extreme_row_ids(tmp_path: Path, places: list[int]) -> None:
    """The lowest and the highest row id, and negative ones."""
    numbers = {LOWEST, LOWEST + 1, -(2**40), -1, 0, 1, 2**40, HIGHEST - 1, HIGHEST}
    numbers |= set(range(-210_050, -210_000)) | set(range(1, 200))
    database = Damaged(tmp_path, numbers)
    leaves = database.pages(LEAF)
    for place in places:
        database.break_page(leaves[place])
    database.check()
    assert database.statements < 2 * BOUND


@pytest.mark.parametrize("rowid", [LOWEST, HIGHEST])
def test_extreme_row_without_its_content(tmp_path: Path, rowid: int) -> None:
    """The first or last row of all is the damaged one."""
    database = Damaged(tmp_path, {rowid, 5, 6}, size=3000)
    page = overflow_pages(database, rowid & 255)[0]
    database.data[(page - 1) * PAGE : (page - 1) * PAGE + 4] = b"\x7f" * 4
    database.check()
    assert [row.rowid for row in database.reachable()] == [5, 6]


def test_unsent_messages(tmp_path: Path) -> None:
    """Row ids of unsent messages between two damaged pages, far from all others."""
    unsent = range(-210_040, -210_000)
    database = Damaged(tmp_path, [*unsent, *range(1, 400)])
    leaves = database.pages(LEAF)
    for place in (0, 2, 3, 4, 5, 6):
        database.break_page(leaves[place])
    database.check()
    numbers = [row.rowid or 0 for row in database.reachable()]
    assert 3 < len([number for number in numbers if number < 0]) < 20


def test_damaged_row_id(tmp_path: Path) -> None:
    """One changed bit in a row id does not cost the rows behind it."""
    database = Damaged(tmp_path, range(1, 100))
    place = database.data.index(b"row 20") - 6
    assert database.data[place] == 20
    database.data[place] = 20 | 64
    rows, warnings = database.read()
    numbers = [row.rowid for row in rows]
    assert numbers == [n for n in range(1, 100) if n != 20]
    assert len(warnings) == 1 and "84" in warnings[0]
    # Greater than all others it keeps its content, at the end.
    database.data[place] = 20 | 96
    rows, warnings = database.read()
    assert [row.rowid for row in rows] == [*range(1, 20), *range(21, 100), 116]
    assert rows[-1].values[0] == "row 20"
    assert len(warnings) == 1 and "116" in warnings[0]


def test_damaged_row_id_in_front_of_a_damaged_page(tmp_path: Path) -> None:
    """The row id is not trusted when the next row is looked for."""
    database = Damaged(tmp_path, range(1, 120))
    leaves = database.pages(LEAF)
    page = database.data[(leaves[2] - 1) * PAGE : leaves[2] * PAGE]
    number = max(n for n in range(10, 100) if b"row %d" % n in page)
    place = database.data.index(b"row %d" % number) - 6
    assert database.data[place] == number
    database.data[place] = 126
    database.break_page(leaves[3])
    rows, _ = database.read()
    assert rows[:-1] == database.reachable() != []
    assert (rows[-1].rowid, rows[-1].values[0]) == (126, f"row {number}")


@pytest.mark.parametrize("seed", range(60))
def test_any_damage(tmp_path: Path, seed: int) -> None:
    """Random bytes anywhere behind the schema: no exception, nothing twice."""
    chance = random.Random(seed)
    database = Damaged(tmp_path, range(1, 400))
    for _ in range(chance.choice((1, 3, 20, 200))):
        place = chance.randrange(PAGE, len(database.data))
        database.data[place] = chance.randrange(256)
    rows, warnings = database.read()
    found = {row.rowid for row in rows}
    missing = [row for row in database.reachable() if row.rowid not in found]
    # Only where row ids changed a row that can be reached is left out.
    assert not missing or any(" out" in warning for warning in warnings)
    assert database.statements < 10 * BOUND


def test_cut_off(tmp_path: Path) -> None:
    """The end of the file is missing."""
    database = Damaged(tmp_path, range(1, 1500))
    for share in (0.9, 0.5, 0.1):
        del database.data[int(len(database.data) * share) // PAGE * PAGE :]
        rows, warnings = database.read()
        assert warnings
        assert rows == database.reachable()


def test_no_such_table(tmp_path: Path) -> None:
    """A table that is not there, and one without columns to read."""
    database = Damaged(tmp_path, [1])
    warnings: list[str] = []
    connection = database.open()
    assert list(read_rows(connection, "none", ["a"], warnings.append)) == []
    assert len(warnings) == 1
    connection.close()


def memory(*statements: str) -> sqlite3.Connection:
    """A database in memory."""
    connection = sqlite3.connect(":memory:")
    connection.text_factory = read_text
    for statement in statements:
        connection.execute(statement)
    return connection


def rows_of(connection: sqlite3.Connection, table: str, *columns: str) -> list[Any]:
    """Rows of a sound table."""
    warnings: list[str] = []
    rows = [
        tuple(row) for row in read_rows(connection, table, columns, warnings.append)
    ]
    assert warnings == []
    return rows


def test_names() -> None:
    """Names that are words of SQL, or have quotes in them."""
    names = ["select", "order", "Group by", 'a"b', "c'd", "[e]", "", "ж", "--"]
    for table in names:
        columns = ", ".join(quote(name) for name in names)
        values = ", ".join("?" * len(names))
        connection = memory(f"CREATE TABLE {quote(table)}({columns})")
        connection.execute(f"INSERT INTO {quote(table)} VALUES ({values})", names)
        assert rows_of(connection, table, *names) == [(1, tuple(names))]


@pytest.mark.parametrize("name", ["rowid", "_rowid_", "oid", "ROWID"])
def test_columns_named_like_row_ids(name: str) -> None:
    """A column hides the row id of the same name: another name is taken."""
    connection = memory(f"CREATE TABLE t({name} TEXT, b)")
    connection.executemany("INSERT INTO t VALUES (?, ?)", [("z", 1), ("a", 2)])
    assert rows_of(connection, "t", name, "b") == [(1, ("z", 1)), (2, ("a", 2))]


def test_all_names_of_row_ids_hidden() -> None:
    """Then the rows have none."""
    connection = memory("CREATE TABLE t(rowid, _rowid_, oid)")
    connection.execute("INSERT INTO t VALUES (3, 2, 1)")
    assert rows_of(connection, "t", "oid") == [(None, (1,))]


def test_views() -> None:
    """A view in place of a table has no row ids."""
    connection = memory("CREATE TABLE t(a)", "CREATE VIEW v AS SELECT a FROM t")
    connection.execute("INSERT INTO t VALUES (7)")
    assert [row[1] for row in rows_of(connection, "v", "a")] == [(7,)]


def test_damaged_text() -> None:
    """Text that is not UTF-8 ends nothing, and is marked."""
    connection = memory("CREATE TABLE t(a)")
    statement = "INSERT INTO t VALUES (CAST(? AS TEXT))"
    for value in (b"good", b"b\xffd", b"caf\xc3\xa9", b""):
        connection.execute(statement, (value,))
    rows = rows_of(connection, "t", "a")
    assert [row[1][0] for row in rows] == ["good", "b\\xffd", "café", ""]
    kinds = [isinstance(row[1][0], DamagedText) for row in rows]
    assert kinds == [False, True, False, False]


def test_values() -> None:
    """Any type of value in any column."""
    values = [None, 1, -(2**63), 1.5, "x", b"\x00\xff", "a\x00b"]
    connection = memory("CREATE TABLE t(a INTEGER)")
    connection.executemany("INSERT INTO t VALUES (?)", [(one,) for one in values])
    assert [row[1][0] for row in rows_of(connection, "t", "a")] == values


@pytest.mark.parametrize("places", [[], [0], [5], [-1], [3, 9], [*range(1000)]])
def test_without_rowid(tmp_path: Path, places: list[int]) -> None:
    """A table without row ids: rows in front of damage and behind it."""
    path = tmp_path / "without.db"
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA page_size = {PAGE}")
    connection.execute("CREATE TABLE t(k, n, a, PRIMARY KEY(k, n)) WITHOUT ROWID")
    keys = [(f"key {number:04d}", number) for number in range(600)]
    rows = [(*key, "x" * 50) for key in keys]
    connection.executemany("INSERT INTO t VALUES (?, ?, ?)", rows)
    connection.commit()
    connection.close()
    data = bytearray(path.read_bytes())
    leaves = [n for n in range(PAGE, len(data), PAGE) if data[n] == 10]
    leaves.sort(key=lambda place: data.index(b"key", place))
    assert len(leaves) > 20
    for place in places:
        if place < len(leaves):
            data[leaves[place]] = 0xFF
    path.write_bytes(data)
    connection = sqlite3.connect(path)
    connection.text_factory = read_text
    warnings: list[str] = []
    found = list(read_rows(connection, "t", ["n", "a"], warnings.append))
    numbers = [row.values[0] for row in found]
    assert {row.rowid for row in found} <= {None}
    assert numbers == sorted(set(numbers))
    assert bool(warnings) == bool(places)
    reachable = set()
    for key in keys:
        try:
            query = "SELECT n FROM t WHERE k = ? AND n = ? LIMIT 1"
            reachable |= set(connection.execute(query, key).fetchall())
        except sqlite3.DatabaseError:
            continue
    expected = {number for (number,) in reachable}
    # Rows in interior pages come out, too, where a query for one of them fails.
    if len(places) == 2:
        # What lies between two gaps is not reached.
        assert {0, 599} <= set(numbers)
        assert not expected <= set(numbers)
    else:
        assert expected <= set(numbers)
    assert {row.values[1] for row in found} <= {"x" * 50}
    connection.close()


def state(content: dict[int, str]) -> Iterator[Row]:
    """A state of a table."""
    return iter([Row(number, (text,)) for number, text in sorted(content.items())])


def test_merge_all_combinations() -> None:
    """Four row ids, each absent, the same or different in the two states."""
    numbers = (LOWEST, -1, 0, HIGHEST)
    for old in itertools.product((None, "x", "y"), repeat=4):
        for new in itertools.product((None, "x", "y"), repeat=4):
            before = {n: text for n, text in zip(numbers, old, strict=True) if text}
            after = {n: text for n, text in zip(numbers, new, strict=True) if text}
            found = list(merge_states(state(before), state(after)))
            expected = [
                MergedRow(
                    Row(n, (before[n],)) if n in before else None,
                    Row(n, (after[n],)) if n in after else None,
                )
                for n in numbers
                if n in before or n in after
            ]
            assert found == expected


def test_merge_without_row_ids() -> None:
    """Rows without row ids are the same if their values are, as often as they are."""
    for old in itertools.product("xyz", repeat=3):
        for size in range(4):
            for new in itertools.product("xyz", repeat=size):
                before = iter([Row(None, (text,)) for text in old])
                after = iter([Row(None, (text,)) for text in new])
                found = list(merge_states(before, after))
                both = Counter(old) & Counter(new)
                assert both == count(r.before for r in found if r.before and r.after)
                assert count(row.before for row in found) == Counter(old)
                assert count(row.after for row in found) == Counter(new)


def count(rows: Iterable[Row | None]) -> Counter[str]:
    """How often each text is there."""
    return Counter(row.values[0] for row in rows if row is not None)


@pytest.mark.parametrize("options", ["", " WITHOUT ROWID"])
def test_large_values(
    options: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A value that is too large is None and named; its row and the others are there."""
    monkeypatch.setattr(sqlite_rows, "MAXIMUM_VALUE", 1 << 20)
    connection = sqlite3.connect(tmp_path / "large.db")
    connection.execute(f"CREATE TABLE t(id INTEGER PRIMARY KEY, a, b){options}")
    size = 1 << 20
    rows = [
        (1, "text", b"blob"),
        (2, "x" * (size + 1), b"blob"),
        (3, "text", bytes(size + 1)),
        (4, "y" * size, bytes(size)),
        (5, "z" * (size + 1), bytes(size + 1)),
    ]
    connection.executemany("INSERT INTO t VALUES (?, ?, ?)", rows)
    warnings: list[str] = []
    found = [row.values for row in read_rows(connection, "t", COLUMNS, warnings.append)]
    assert found == [
        ("text", b"blob"),
        (None, b"blob"),
        ("text", None),
        ("y" * size, bytes(size)),
        (None, None),
    ]
    places = ["a row"] * 3 if options else [f"row id {n}" for n in (2, 3, 5)]
    assert warnings == [
        f"table t: {place}: {number} values of more than 1 MiB are not read"
        for place, number in zip(places, (1, 1, 2), strict=True)
    ]
    connection.close()


def test_large_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys that are only read to go on behind damage are not read either."""
    monkeypatch.setattr(sqlite_rows, "MAXIMUM_VALUE", 1 << 20)
    connection = sqlite3.connect(tmp_path / "large.db")
    connection.execute("CREATE TABLE t(id BLOB PRIMARY KEY, a) WITHOUT ROWID")
    connection.execute("INSERT INTO t VALUES (zeroblob(?), 'text')", (1 << 21,))
    statements: list[str] = []
    connection.set_trace_callback(statements.append)
    assert list(read_rows(connection, "t", ["a"], print)) == [Row(None, ("text",))]
    assert 'THEN NULL ELSE "id" END' in statements[-1]
    connection.close()
