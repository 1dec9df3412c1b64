"""Rows of SQLite tables through SQLite itself, as many as it can reach.

Specification: https://www.sqlite.org/fileformat2.html, https://www.sqlite.org/rowidtable.html.
A damaged page ends a stock query. Here the rows in front of it and behind it still come
out, in the order of their row ids and none of them twice, and the gap is reported. Text
that is not UTF-8 does not end anything. A value of more than `MAXIMUM_VALUE` bytes is
None and reported: SQLite would hold it in memory twice.

Behind damage the next row is looked for with queries for single row ids: one by one for
a while, then in steps that grow with the distance. What they step over, such as a sound
page in the middle of a hundred thousand rows that are gone, does not come out.
"""

from __future__ import annotations

import bisect
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, NamedTuple

_HIGHEST_ROWID: Final = 2**63 - 1
_LOWEST_ROWID: Final = -(2**63)
_NO_ROW: Final = _HIGHEST_ROWID + 1
# Names of the row id; a column of the same name hides one.
_ROWID_NAMES: Final = ("rowid", "_rowid_", "oid")
# So many rows in a row can have a damaged row id without an effect on others.
_HELD: Final = 3
_MAXIMUM_GAPS: Final = 20_000
_MAXIMUM_WARNINGS: Final = 100
# Row ids behind damage that are tried one by one, and the part of the distance that
# the steps make up then.
_NEAR: Final = 2048
_FRACTION: Final = 64
# Where row ids are dense. Unsent messages count down from -210000; old tables have them
# as row ids.
_DENSE: Final = (0, -210_000)
# Queries for single row ids, for one table. When they are used up, steps are doubled.
_MAXIMUM_PROBES: Final = 200_000

MAXIMUM_VALUE: Final = 64 << 20
# The older one reads a text to tell its length, and counts characters.
_LENGTH: Final = "octet_length" if sqlite3.sqlite_version_info >= (3, 43) else "length"

Warn = Callable[[str], None]
FindRowids = Callable[[str], Sequence[int]]


class DamagedText(str):
    """A text that is not valid in the database's encoding.

    Bytes that are none stand as `\\xNN`.
    """

    __slots__ = ()


class Row(NamedTuple):
    """A row: row id (None in a table that has none) and the values asked for."""

    rowid: int | None
    values: tuple[Any, ...]


def read_text(data: bytes) -> str:
    """Text as `str`; for `sqlite3.Connection.text_factory`."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return DamagedText(data.decode("utf-8", "backslashreplace"))


def quote(name: str) -> str:
    """A name of a table or column, to be put into a statement."""
    return '"' + name.replace('"', '""') + '"'


def read_rows(
    connection: sqlite3.Connection,
    table: str,
    columns: Sequence[str],
    warn: Warn,
    find_rowids: FindRowids | None = None,
) -> Iterator[Row]:
    """Reads a table in the order of its row ids.

    Args:
        connection: database; `text_factory` should be `read_text`.
        table: name of the table.
        columns: names of columns that it has.
        warn: called with a text for each gap.
        find_rowids: finds the row ids of a table in another way, in ascending order;
            asked behind damage only. Without, they are searched for, which can miss
            some where row ids lie far apart.
    """
    reader = _TableReader(connection, table, columns, warn, find_rowids)
    if reader.rowid_name is None:
        yield from reader.read_without_rowid()
    else:
        yield from reader.read()


def _is_large(name: str) -> str:
    return f"{_LENGTH}({name}) > {MAXIMUM_VALUE}"


def _none_if_large(name: str) -> str:
    return f"CASE WHEN {_is_large(name)} THEN NULL ELSE {name} END"


class _TableReader:
    def __init__(
        self,
        connection: sqlite3.Connection,
        table: str,
        columns: Sequence[str],
        warn: Warn,
        find_rowids: FindRowids | None = None,
    ) -> None:
        self._find_rowids = find_rowids
        self._rowids: Sequence[int] | None = None
        self._connection = connection
        self._table = table
        self._warn = warn
        self._warnings = 0
        self._probes = 0
        self._key_columns: list[str] = []
        self.rowid_name = self._find_rowid_name()
        self._order = list(self._key_columns)
        self._columns, self._too_large = self._guard(columns)
        # Row id of the last row given out, the rows behind it, and rows whose row id is
        # damaged: greater than those of the rows behind them.
        self._last: int | None = None
        self._held: list[Row] = []
        self._strays: list[Row] = []

    def _find_rowid_name(self) -> str | None:
        existing = set()
        try:
            for row in self._query(f"PRAGMA table_info({quote(self._table)})"):
                existing.add(str(row[1]).lower())
                if row[5]:
                    self._key_columns.append(quote(str(row[1])))
        except sqlite3.Error:
            pass
        for name in _ROWID_NAMES:
            if name in existing:
                continue
            try:
                self._query(f"SELECT {name} FROM {quote(self._table)} LIMIT 0")
            except sqlite3.OperationalError as exception:
                return None if "no such column" in str(exception) else name
            except sqlite3.Error:
                pass
            return name
        return None

    def _guard(self, names: Sequence[str]) -> tuple[str, str]:
        """Columns to select, and how many values of a row are too large: "" for none.

        In a small file there can be none, and nothing is asked of any row.
        """
        quoted = [quote(name) for name in names]
        try:
            (count,) = self._query("PRAGMA page_count").fetchone()
            (size,) = self._query("PRAGMA page_size").fetchone()
            if count * size <= MAXIMUM_VALUE:
                return ", ".join(quoted), ""
        except (sqlite3.Error, TypeError):
            pass
        self._key_columns = [_none_if_large(name) for name in self._key_columns]
        number = " + ".join(f"coalesce({_is_large(name)}, 0)" for name in quoted)
        return ", ".join(_none_if_large(name) for name in quoted), f", {number}"

    def _values(self, rowid: int | None, values: tuple[Any, ...]) -> tuple[Any, ...]:
        """Values of a row without the number of those that are too large."""
        if not self._too_large:
            return values
        if values[-1]:
            place = "a row" if rowid is None else f"row id {rowid}"
            self._report(
                f"{place}: {values[-1]} values of more than {MAXIMUM_VALUE >> 20} MiB"
                " are not read"
            )
        return values[:-1]

    def _query(
        self, statement: str, parameters: tuple[Any, ...] = ()
    ) -> sqlite3.Cursor:
        cursor = self._connection.cursor()
        cursor.row_factory = None
        return cursor.execute(statement, parameters)

    def _select(self, low: int | None, limit: str = "") -> Iterator[Row]:
        """Rows with at least this row id. SQLite errors come out as they are."""
        name = self.rowid_name
        condition = "" if low is None else f" WHERE {name} >= ?"
        parameters = () if low is None else (low,)
        cursor = self._query(
            f"SELECT {name}, {self._columns}{self._too_large} FROM "
            f"{quote(self._table)}{condition} ORDER BY {name}{limit}",
            parameters,
        )
        for row in cursor:
            yield Row(row[0], self._values(row[0], row[1:]))

    def _report(self, reason: str) -> None:
        self._warnings += 1
        if self._warnings <= _MAXIMUM_WARNINGS:
            self._warn(f"table {self._table}: {reason}")

    def _report_rest(self) -> None:
        number = self._warnings - _MAXIMUM_WARNINGS
        if number > 0:
            self._warn(f"table {self._table}: {number} further gaps")

    def _read_ahead(self, statement: str) -> Iterator[tuple[Any, ...]]:
        """Rows of a statement. SQLite errors come out as they are.

        Python reads one row ahead and loses the row in front of an error.
        """
        number = 0
        try:
            for row in self._query(statement):
                number += 1
                yield row
        except sqlite3.Error:
            yield from self._query(f"{statement} LIMIT 1 OFFSET {number:d}")
            raise

    def read_without_rowid(self) -> Iterator[Row]:
        """Reads a table without row ids: forwards, behind damage backwards."""
        keys = ", ".join(self._key_columns)
        selected = f"{self._columns}{self._too_large}"
        if keys:
            selected = f"{keys}, {selected}"
        statement = f"SELECT {selected} FROM {quote(self._table)}"
        width = len(self._key_columns)
        try:
            for row in self._read_ahead(statement):
                yield Row(None, self._values(None, row[width:]))
        except sqlite3.Error as exception:
            reason = str(exception)
        else:
            return
        # Only of a damaged table the keys are needed: they are read once more.
        seen = Counter[tuple[Any, ...]]()
        try:
            for row in self._read_ahead(statement):
                seen[row[:width]] += 1
        except sqlite3.Error:
            pass
        behind = []
        if keys:
            order = ", ".join(f"{name} DESC" for name in self._order)
            try:
                for row in self._read_ahead(f"{statement} ORDER BY {order}"):
                    if row[:width] in seen:
                        break
                    behind.append(Row(None, self._values(None, row[width:])))
            except sqlite3.Error:
                pass
        self._report(
            f"rows between the first {seen.total()} and the last {len(behind)} cannot "
            f"be reached: {reason}"
        )
        yield from reversed(behind)

    def read(self) -> Iterator[Row]:
        """Reads a table with row ids."""
        start: int | None = None
        for _ in range(_MAXIMUM_GAPS):
            try:
                for row in self._select(start):
                    yield from self._take(row)
            except sqlite3.Error as exception:
                yield from self._take_single(start)
                yield from self._give_held(is_behind_damage=True)
                start = self._find_behind(start, str(exception))
                if start is None:
                    break
            else:
                yield from self._give_held()
                break
        else:
            self._warn(f"table {self._table}: too much damage, reading stopped")
        yield from self._give_strays()
        self._report_rest()

    def _take(self, row: Row) -> Iterator[Row]:
        """Takes a row and gives out one in front of it."""
        held, rowid = self._held, _rowid_of(row)
        if self._last is not None and rowid <= self._last:
            raise sqlite3.DatabaseError("row ids are out of order")
        while held and _rowid_of(held[-1]) >= rowid:
            self._strays.append(held.pop())
        held.append(row)
        if len(held) > _HELD:
            first = held.pop(0)
            self._last = first.rowid
            yield first

    def _take_single(self, start: int | None) -> Iterator[Row]:
        """Takes the row in front of an error, which Python has lost."""
        low = start
        front = self._held[-1].rowid if self._held else self._last
        if front is not None and (low is None or low <= front):
            if front == _HIGHEST_ROWID:
                return
            low = front + 1
        try:
            row = next(self._select(low, " LIMIT 1"), None)
        except sqlite3.Error:
            return
        if row is not None and (low is None or _rowid_of(row) >= low):
            yield from self._take(row)

    def _give_held(self, is_behind_damage: bool = False) -> Iterator[Row]:
        held, self._held = self._held, []
        for row in held:
            if is_behind_damage and self._probe(_rowid_of(row)) != row.rowid:
                self._strays.append(row)
            else:
                self._last = row.rowid
                yield row

    def _give_strays(self) -> Iterator[Row]:
        for row in sorted(self._strays, key=_rowid_of):
            if self._last is None or _rowid_of(row) > self._last:
                self._report(f"row id {row.rowid} is out of order")
                self._last = row.rowid
                yield row
            else:
                self._report(f"a second row with the row id {row.rowid} is left out")

    def _find_behind(self, start: int | None, reason: str) -> int | None:
        """Row id at which to go on behind damage, None if there is no such row."""
        low = _LOWEST_ROWID if start is None else start + 1
        before = "the first row"
        if self._last is not None:
            low = max(low, self._last + 1)
            before = f"row id {self._last}"
        following = self._next_reachable(low)
        if following is None:
            self._report(f"rows behind {before} cannot be reached: {reason}")
        else:
            self._report(
                f"rows between {before} and row id {following} cannot be reached: "
                f"{reason}"
            )
        return following

    def _next_known(self, start: int) -> int | None:
        """The smallest row id known from elsewhere at which reading works again."""
        if self._find_rowids is None:
            return None
        if self._rowids is None:
            self._rowids = self._find_rowids(self._table)
        for place in range(bisect.bisect_left(self._rowids, start), len(self._rowids)):
            if self._probes > _MAXIMUM_PROBES:
                return None
            rowid = self._rowids[place]
            if self._probe(rowid, self._columns) == rowid:
                return rowid
        return None

    def _next_reachable(self, start: int) -> int | None:
        """The smallest row id from `start` on at which reading works again."""
        known = self._next_known(start)
        if known is not None:
            return known
        while start <= _HIGHEST_ROWID:
            found = self._probe(start)
            if found is None:
                found = self._search(start)
            if found is None or found == _NO_ROW:
                return None
            # Among damaged row ids SQLite does not always find the next one.
            for rowid in range(start, min(found, start + _NEAR)):
                if self._probes > _MAXIMUM_PROBES:
                    break
                if self._probe(rowid) == rowid:
                    found = rowid
                    break
            if self._probe(found, self._columns) == found:
                return found
            # The row is there, but not all of its content.
            start = found + 1
        return None

    def _search(self, start: int) -> int | None:
        """The smallest row id behind `start`, where nothing can be read."""
        low = start
        while low < _HIGHEST_ROWID:
            high = min(low + self._step(start, low), _HIGHEST_ROWID)
            found = self._probe(high)
            if found is not None:
                break
            low = high
        else:
            return None
        while high - low > 1:
            middle = (low + high) // 2
            row = self._probe(middle)
            if row is None:
                low = middle
            else:
                high, found = middle, row
        return found

    def _step(self, start: int, low: int) -> int:
        """How far to go: row ids are dense behind the last one, and around zero."""
        distance = min(low - start, *(abs(low - place) for place in _DENSE))
        if self._probes > _MAXIMUM_PROBES:
            return max(1, distance)
        return 1 if distance < _NEAR else distance // _FRACTION

    def _probe(self, rowid: int, columns: str = "NULL") -> int | None:
        """Row id of the first row from `rowid` on, None if it cannot be read.

        It is `_NO_ROW` if there is no such row.
        """
        self._probes += 1
        name = self.rowid_name
        try:
            row = self._query(
                f"SELECT {name}, {columns} FROM {quote(self._table)} "
                f"WHERE {name} >= ? ORDER BY {name} LIMIT 1",
                (rowid,),
            ).fetchone()
        except sqlite3.Error:
            return None
        if row is None:
            return _NO_ROW
        found: int = row[0]
        return found if found >= rowid else None


def _rowid_of(row: Row) -> int:
    return row.rowid or 0


class MergedRow(NamedTuple):
    """A row of two states of a table: None where a state does not have it."""

    before: Row | None
    after: Row | None


def merge_states(before: Iterator[Row], after: Iterator[Row]) -> Iterator[MergedRow]:
    """Compares two states of a table, row id by row id.

    Rows of a table without row ids are the same if all their values are.

    Yields:
        Rows that are equal in both states once with both; others with the other state's
        row of the same row id, if there is one.
    """
    left, right = next(before, None), next(after, None)
    while left is not None or right is not None:
        if (left or right).rowid is None:  # type: ignore[union-attr]
            yield from _merge_by_values(left, before, right, after)
            return
        if right is None or (left is not None and _is_before(left, right)):
            yield MergedRow(left, None)
            left = next(before, None)
        elif left is None or _is_before(right, left):
            yield MergedRow(None, right)
            right = next(after, None)
        else:
            yield MergedRow(left, right)
            left, right = next(before, None), next(after, None)


def _merge_by_values(
    left: Row | None, before: Iterator[Row], right: Row | None, after: Iterator[Row]
) -> Iterator[MergedRow]:
    old = [row for row in (left, *before) if row is not None]
    rest = Counter(row.values for row in (right, *after) if row is not None)
    for row in old:
        if rest[row.values] > 0:
            rest[row.values] -= 1
            yield MergedRow(row, row)
        else:
            yield MergedRow(row, None)
    for values, number in rest.items():
        for _ in range(number):
            yield MergedRow(None, Row(None, values))


def _is_before(one: Row, other: Row) -> bool:
    return _rowid_of(one) < _rowid_of(other)
