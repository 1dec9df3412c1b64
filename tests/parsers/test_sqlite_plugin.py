"""Tests of the base of our SQLite plugins: two passes, each row once.

A small plugin is run by plaso's worker over databases with and without a log. What must
come out is taken from SQLite: the content of the file alone, and with its log.
"""

from __future__ import annotations

import shutil
import sqlite3
import struct
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from plaso.containers import events
from plaso.parsers import sqlite
from telegram_forensics.parsers import sqlite_plugin

from tests.parsers import support

NAME = "items.db"
PAGE = 1024
ROWS = [(number, f"value {number}") for number in range(1, 101)]
FILLING = b"f" * 60


class ItemEventData(events.EventData):
    """A row."""

    DATA_TYPE = "test:item"

    def __init__(self) -> None:
        super().__init__(data_type=self.DATA_TYPE)
        self.is_log_pass: bool | None = None
        self.missing: str | None = None
        self.row_identifier: int | None = None
        self.state: str | None = None
        self.table: str | None = None
        self.value: str | None = None


class ItemPlugin(sqlite_plugin.TelegramSQLitePlugin):
    """Reads two tables, one of which must be there."""

    NAME = "telegram_test_items"
    DATA_FORMAT = "test"
    REQUIRED_STRUCTURE = {"items": frozenset(["id", "value"])}

    def ProcessView(self, parser_mediator: Any, view: Any) -> None:  # noqa: N802
        """Produces all rows."""
        for table in ("items", "pairs"):
            for row, state in view.Read(table, ["value", "none"]):
                event_data = ItemEventData()
                event_data.is_log_pass = view.is_log_pass
                event_data.value, event_data.missing = row.values
                event_data.row_identifier = row.rowid
                event_data.state = state
                event_data.table = table
                parser_mediator.ProduceEventData(event_data)


class Item(NamedTuple):
    """What came out of a row."""

    value: str
    state: str | None
    is_log_pass: bool


@pytest.fixture(autouse=True)
def _plugin() -> Iterator[None]:
    sqlite.SQLiteParser.RegisterPlugin(ItemPlugin)
    yield
    sqlite.SQLiteParser.DeregisterPlugin(ItemPlugin)


class Database:
    """A database that is open, so that its log stays."""

    def __init__(self, folder: Path, page_size: int = PAGE) -> None:
        self.source = folder / "source"
        self.evidence = folder / "evidence"
        self.source.mkdir()
        self.connection = sqlite3.connect(self.source / NAME, isolation_level=None)
        self.execute(f"PRAGMA page_size = {page_size}", "PRAGMA journal_mode = WAL")
        self.execute("PRAGMA wal_autocheckpoint = 0", "PRAGMA synchronous = OFF")

    def execute(self, *statements: str) -> None:
        """Runs statements."""
        for statement in statements:
            self.connection.execute(statement)

    def create(self) -> Database:
        """Makes the tables, with rows."""
        self.execute(
            "CREATE TABLE items(id INTEGER PRIMARY KEY, value, filling)",
            "CREATE TABLE pairs(k TEXT, value, PRIMARY KEY(k)) WITHOUT ROWID",
        )
        rows = [(number, value, FILLING) for number, value in ROWS]
        self.connection.executemany("INSERT INTO items VALUES (?, ?, ?)", rows)
        return self

    def checkpoint(self) -> Database:
        """Moves the log into the file."""
        self.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return self

    def seize(self) -> Path:
        """Copies file and log as they are."""
        shutil.copytree(self.source, self.evidence)
        for name in (f"{NAME}-shm",):
            (self.evidence / name).unlink(missing_ok=True)
        return self.evidence


def extract(folder: Path) -> tuple[list[Item], list[str]]:
    """Rows of `items` and `pairs`, and warnings of the plugin."""
    path_spec = support.os_path_spec(folder / NAME)
    engine = support.Engine(f"sqlite/{ItemPlugin.NAME}", hashers="none")
    found = engine.run([path_spec])
    items = []
    for one in found.of_type("test:item"):
        assert one.missing is None
        assert (one.row_identifier is None) == (one.table == "pairs")
        items.append(Item(one.value, one.state, one.is_log_pass))
    assert not [text for text in found.warnings if "unable to parse" in text]
    return items, found.warnings


def first(*values: str, state: str | None = None) -> list[Item]:
    """Rows of the first pass."""
    return [Item(value, state, False) for value in values]


def second(*values: str) -> list[Item]:
    """Rows of the second pass."""
    return [Item(value, None, True) for value in values]


ALL = [value for _, value in ROWS]


def test_without_log(tmp_path: Path) -> None:
    """One pass, every row."""
    folder = Database(tmp_path).create().checkpoint().seize()
    (folder / f"{NAME}-wal").unlink(missing_ok=True)
    assert extract(folder) == (first(*ALL), [])


@pytest.mark.parametrize("size", [0, 31, 32])
def test_empty_log(tmp_path: Path, size: int) -> None:
    """A log without a frame: every row once."""
    database = Database(tmp_path).create()
    header = (database.source / f"{NAME}-wal").read_bytes()[:size]
    folder = database.checkpoint().seize()
    (folder / f"{NAME}-wal").write_bytes(header)
    assert extract(folder) == (first(*ALL), [])


def test_log(tmp_path: Path) -> None:
    """Rows that the log changed, removed and added; all others once."""
    database = Database(tmp_path).create().checkpoint()
    database.execute(
        "UPDATE items SET value = 'changed' WHERE id = 50",
        "DELETE FROM items WHERE id IN (1, 60, 100)",
        "INSERT INTO items VALUES (-5, 'negative', NULL)",
        "INSERT INTO items VALUES (1000, 'new', NULL)",
    )
    items, warnings = extract(database.seize())
    assert warnings == []
    states = {50: "overwritten", 1: "removed", 60: "removed", 100: "removed"}
    expected = [Item(value, states.get(n), False) for n, value in ROWS]
    assert items == expected + second("negative", "changed", "new")


def test_log_without_a_difference(tmp_path: Path) -> None:
    """A log that only repeats what is in the file: nothing comes out twice."""
    database = Database(tmp_path).create().checkpoint()
    database.execute("UPDATE items SET value = value || '!'")
    database.execute("UPDATE items SET value = rtrim(value, '!')")
    folder = database.seize()
    assert (folder / f"{NAME}-wal").stat().st_size > 10 * PAGE
    assert extract(folder) == (first(*ALL), [])


def test_equal_rows(tmp_path: Path) -> None:
    """Rows that are equal but for the row id are different rows, in both passes."""
    database = Database(tmp_path).create().checkpoint()
    add = "INSERT INTO items(value) VALUES ('same')"
    database.execute(add, add)
    database.checkpoint()
    database.execute(add, add, add)
    items, _ = extract(database.seize())
    assert Counter(items) == Counter(
        first(*ALL) + first("same", "same") + second("same", "same", "same")
    )


def test_only_in_log(tmp_path: Path) -> None:
    """A file without a table: everything is in the log."""
    database = Database(tmp_path)
    database.execute("PRAGMA user_version = 5")
    folder = database.checkpoint().create().seize()
    assert (folder / NAME).stat().st_size == PAGE
    items, warnings = extract(folder)
    assert items == second(*ALL)
    assert warnings == []


def test_table_made_and_dropped_in_log(tmp_path: Path) -> None:
    """A table that one of the two states does not have."""
    database = Database(tmp_path).create().checkpoint()
    database.execute("DROP TABLE pairs", "CREATE TABLE pairs(value)")
    database.execute("INSERT INTO pairs(rowid, value) VALUES (NULL, 'x')")
    database.execute("DROP TABLE pairs")
    assert extract(database.seize()) == (first(*ALL), [])


def test_dropped_table(tmp_path: Path) -> None:
    """Rows of a table that the log drops are removed ones."""
    database = Database(tmp_path).create()
    database.execute("INSERT INTO pairs VALUES ('a', 'pair')")
    database.checkpoint().execute("DROP TABLE pairs")
    items, _ = extract(database.seize())
    assert items == first(*ALL) + first("pair", state="removed")


def test_without_row_ids(tmp_path: Path) -> None:
    """Rows of a table without row ids are compared by their values."""
    database = Database(tmp_path).create()
    for key in "bdf":
        database.execute(f"INSERT INTO pairs VALUES ('{key}', 'pair {key}')")
    database.checkpoint().execute(
        "INSERT INTO pairs VALUES ('a', 'pair a')", "DELETE FROM pairs WHERE k = 'd'"
    )
    items, _ = extract(database.seize())
    pairs = [item for item in items if item.value.startswith("pair")]
    expected = [
        *first("pair b"),
        *first("pair d", state="removed"),
        *first("pair f"),
        *second("pair a"),
    ]
    assert Counter(pairs) == Counter(expected)


def test_damaged_text(tmp_path: Path) -> None:
    """Text that is not UTF-8 ends neither pass."""
    database = Database(tmp_path).create()
    database.execute("UPDATE items SET value = CAST(x'62ff' AS TEXT) WHERE id = 5")
    database.checkpoint()
    database.execute("UPDATE items SET value = CAST(x'63fe' AS TEXT) WHERE id = 7")
    items, _ = extract(database.seize())
    expected = first(*ALL)
    expected[4] = Item("b\\xff", None, False)
    expected[6] = Item("value 7", "overwritten", False)
    assert items == expected + second("c\\xfe")


def change(path: Path, place: int, content: bytes) -> None:
    """Writes into a file."""
    data = bytearray(path.read_bytes())
    data[place : place + len(content)] = content
    path.write_bytes(data)


@pytest.mark.parametrize("place", [0, 8, 16, 24, 32 + 8, 32 + 24 + 500])
def test_damaged_log(tmp_path: Path, place: int) -> None:
    """A log that SQLite cannot use, from its header or its first frame on."""
    database = Database(tmp_path).create().checkpoint()
    database.execute("DELETE FROM items WHERE id = 60")
    folder = database.seize()
    change(folder / f"{NAME}-wal", place, b"\xa5\x5a\xa5\x5a")
    items, _ = extract(folder)
    assert items == first(*ALL)


def test_log_that_is_cut_off(tmp_path: Path) -> None:
    """Complete transactions in front of the damage count."""
    database = Database(tmp_path).create().checkpoint()
    database.execute("DELETE FROM items WHERE id = 60")
    size = (database.source / f"{NAME}-wal").stat().st_size
    database.execute("DELETE FROM items WHERE id = 10")
    folder = database.seize()
    log = folder / f"{NAME}-wal"
    log.write_bytes(log.read_bytes()[: size + 100])
    items, _ = extract(folder)
    assert items == [
        Item(value, "removed" if n == 60 else None, False) for n, value in ROWS
    ]


def leaf_of(data: bytes, text: str) -> int:
    """Where the last page with a text begins; the file has it in one page only."""
    return data.rindex(text.encode()) // PAGE * PAGE


def values_of(page: bytes) -> set[str]:
    """Values of the rows of a page."""
    return {value for value in ALL if value.encode() + FILLING[:8] in page}


def test_damaged_page_in_both_states(tmp_path: Path) -> None:
    """Rows around the damage once; the gap is told of each state."""
    database = Database(tmp_path).create().checkpoint()
    database.execute("INSERT INTO items VALUES (1000, 'new', NULL)")
    folder = database.seize()
    data = (folder / NAME).read_bytes()
    place = leaf_of(data, "value 50")
    lost = values_of(data[place : place + PAGE])
    assert 3 < len(lost) < 20
    change(folder / NAME, place, b"\xff")
    items, warnings = extract(folder)
    kept = [value for value in ALL if value not in lost]
    assert items == first(*kept) + second("new")
    gaps = [text for text in warnings if "cannot be reached" in text]
    assert len(gaps) == 2
    assert all("table items: rows between row id" in text for text in gaps)


def test_damage_that_the_log_repairs(tmp_path: Path) -> None:
    """A damaged page of the file that the log has, sound: its rows are in the log."""
    database = Database(tmp_path).create().checkpoint()
    database.execute("UPDATE items SET filling = x'00' WHERE id = 50")
    folder = database.seize()
    data = (folder / NAME).read_bytes()
    place = leaf_of(data, "value 50")
    lost = values_of(data[place : place + PAGE])
    change(folder / NAME, place, b"\xff")
    items, warnings = extract(folder)
    expected = first(*[value for value in ALL if value not in lost])
    assert items == expected + second(*[value for value in ALL if value in lost])
    assert len([text for text in warnings if "cannot be reached" in text]) == 1


def checksum(data: bytes, state: tuple[int, int], order: str) -> tuple[int, int]:
    """Checksum of a log, continued."""
    one, two = state
    words = struct.unpack(f"{order}{len(data) // 4}I", data)
    for index in range(0, len(words), 2):
        one = (one + words[index] + two) & 0xFFFFFFFF
        two = (two + words[index + 1] + one) & 0xFFFFFFFF
    return one, two


def break_page_in_log(path: Path, text: str) -> None:
    """Breaks the page with a text and makes the checksums right again."""
    data = bytearray(path.read_bytes())
    order = ">" if data[3] & 1 else "<"
    state = struct.unpack_from(">2I", data, 24)
    broken = 0
    for place in range(32, len(data), 24 + PAGE):
        page = place + 24
        if text.encode() in data[page : page + PAGE]:
            data[page] = 0xFF
            broken += 1
        state = checksum(data[place : place + 8], state, order)
        state = checksum(data[page : page + PAGE], state, order)
        struct.pack_into(">2I", data, place + 16, *state)
    assert broken == 1
    path.write_bytes(data)


def test_damaged_page_in_log(tmp_path: Path) -> None:
    """Rows that only the file shows, since the log's page is damaged, are not gone."""
    database = Database(tmp_path).create().checkpoint()
    database.execute("UPDATE items SET filling = x'00' WHERE id = 50")
    database.execute("DELETE FROM items WHERE id = 1")
    folder = database.seize()
    break_page_in_log(folder / f"{NAME}-wal", "value 50")
    items, warnings = extract(folder)
    assert items == [
        Item(value, "removed" if n == 1 else None, False) for n, value in ROWS
    ]
    assert len([text for text in warnings if "cannot be reached" in text]) == 1


def test_log_is_not_read_alone(tmp_path: Path) -> None:
    """The log as a file of its own is no database."""
    folder = Database(tmp_path).create().seize()
    engine = support.Engine(f"sqlite/{ItemPlugin.NAME}", hashers="none")
    found = engine.run([support.os_path_spec(folder / f"{NAME}-wal")])
    assert (found.event_data, found.warnings) == ([], [])
