"""Rows of SQLite tables through SQLite itself, as many as it can reach.

Specification: https://www.sqlite.org/fileformat2.html, https://www.sqlite.org/rowidtable.html.
A damaged page ends a stock query. Here the rows in front of it and behind it still come
out, in the order of their row ids and none of them twice, and the gap is reported. Text
that is not UTF-8 does not end anything.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, NamedTuple

_HIGHEST_ROWID: Final = 2**63 - 1
# Unsent messages count down from -210000; old tables have them as row ids.
_LOWEST_USUAL_ROWID: Final = -310_000
_MAXIMUM_GAPS: Final = 2000
_MAXIMUM_TRIES: Final = 400_000

Warn = Callable[[str], None]


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
) -> Iterator[Row]:
    """Reads a table in the order of its row ids.

    Args:
        connection: database; `text_factory` should be `read_text`.
        table: name of the table.
        columns: names of columns that it has.
        warn: called with a text for each gap.
    """
    reader = _TableReader(connection, table, columns, warn)
    if reader.has_rowid:
        yield from reader.read()
    else:
        yield from reader.read_without_rowid()


class _TableReader:
    def __init__(
        self,
        connection: sqlite3.Connection,
        table: str,
        columns: Sequence[str],
        warn: Warn,
    ) -> None:
        self._connection = connection
        self._table = table
        self._columns = ", ".join(quote(name) for name in columns)
        self._warn = warn
        self.has_rowid = self._has_rowid()

    def _has_rowid(self) -> bool:
        try:
            self._query(f"SELECT rowid FROM {quote(self._table)} LIMIT 0", ())
        except sqlite3.OperationalError as exception:
            return "no such column" not in str(exception)
        except sqlite3.DatabaseError:
            return True
        return True

    def _query(self, statement: str, parameters: tuple[Any, ...]) -> sqlite3.Cursor:
        cursor = self._connection.cursor()
        cursor.row_factory = None
        return cursor.execute(statement, parameters)

    def _select(self, low: int | None, limit: str = "") -> Iterator[Row]:
        """Rows with at least this row id. SQLite errors come out as they are."""
        condition = "" if low is None else " WHERE rowid >= ?"
        parameters = () if low is None else (low,)
        cursor = self._query(
            f"SELECT rowid, {self._columns} FROM {quote(self._table)}{condition} "
            f"ORDER BY rowid{limit}",
            parameters,
        )
        for row in cursor:
            yield Row(row[0], row[1:])

    def read_without_rowid(self) -> Iterator[Row]:
        """Reads a table without row ids; what lies behind damage is not reached."""
        number = 0
        statement = f"SELECT {self._columns} FROM {quote(self._table)}"
        try:
            for row in self._query(statement, ()):
                number += 1
                yield Row(None, row)
        except sqlite3.DatabaseError as exception:
            # See `_single`.
            try:
                for row in self._query(f"{statement} LIMIT 1 OFFSET ?", (number,)):
                    number += 1
                    yield Row(None, row)
            except sqlite3.DatabaseError:
                pass
            self._warn(
                f"table {self._table}: rows behind number {number} cannot be reached: "
                f"{exception}"
            )

    def read(self) -> Iterator[Row]:
        """Reads a table with row ids."""
        last: int | None = None
        start: int | None = None
        for _ in range(_MAXIMUM_GAPS):
            try:
                for row in self._select(start):
                    if last is not None and row.rowid <= last:  # type: ignore[operator]
                        raise sqlite3.DatabaseError("row ids are out of order")
                    last = row.rowid
                    yield row
            except sqlite3.DatabaseError as exception:
                single = self._single(start if last is None else last + 1)
                if single is not None:
                    last = single.rowid
                    yield single
                following = self._next_reachable(None if last is None else last + 1)
                before = "the first row" if last is None else f"row id {last}"
                if following is None:
                    self._warn(
                        f"table {self._table}: rows behind {before} cannot be reached: "
                        f"{exception}"
                    )
                    return
                self._warn(
                    f"table {self._table}: rows between {before} and row id "
                    f"{following} cannot be reached: {exception}"
                )
                start = following
            else:
                return
        self._warn(f"table {self._table}: too much damage, reading stopped")

    def _single(self, low: int | None) -> Row | None:
        """The first row with at least this row id, None if it cannot be read.

        Python reads one row ahead and loses the row in front of an error.
        """
        try:
            row = next(self._select(low, " LIMIT 1"), None)
        except sqlite3.DatabaseError:
            return None
        if row is None or (low is not None and (row.rowid or 0) < low):
            return None
        return row

    def _next_reachable(self, start: int | None) -> int | None:
        """Row id of the first row from `start` on that can be read again.

        Row ids in reach of `start` are tried one by one: there may be more than one
        gap. For those farther away the end of some gap is found.
        """
        low = -(2**63) if start is None else start
        if start is None and not self._is_readable(_LOWEST_USUAL_ROWID):
            # No table of ours has lower ones, and it is a long way from there.
            low = _LOWEST_USUAL_ROWID
        first, high, step = low, low, 1
        while not self._is_readable(high):
            if high == _HIGHEST_ROWID:
                return None
            low = high
            high = min(first + step, _HIGHEST_ROWID)
            step *= 2
        while high - low > 1:
            middle = (low + high) // 2
            if self._is_readable(middle):
                high = middle
            else:
                low = middle
        for rowid in range(first, min(high, first + _MAXIMUM_TRIES)):
            if self._is_readable(rowid):
                high = rowid
                break
        row = self._single(high)
        return None if row is None else row.rowid

    def _is_readable(self, rowid: int) -> bool:
        """True if looking for a row from `rowid` on works, be there one or not."""
        try:
            next(self._select(rowid, " LIMIT 1"), None)
        except sqlite3.DatabaseError:
            return False
        return True


class MergedRow(NamedTuple):
    """A row of two states of a table: None where a state does not have it."""

    before: Row | None
    after: Row | None


def merge_states(before: Iterator[Row], after: Iterator[Row]) -> Iterator[MergedRow]:
    """Compares two states of a table, row id by row id.

    Yields:
        Rows that are equal in both states once with both; others with the other state's
        row of the same row id, if there is one.
    """
    left, right = next(before, None), next(after, None)
    while left is not None or right is not None:
        if right is None or (left is not None and _is_before(left, right)):
            yield MergedRow(left, None)
            left = next(before, None)
        elif left is None or _is_before(right, left):
            yield MergedRow(None, right)
            right = next(after, None)
        else:
            yield MergedRow(left, right)
            left, right = next(before, None), next(after, None)


def _is_before(one: Row, other: Row) -> bool:
    return (one.rowid or 0) < (other.rowid or 0)
