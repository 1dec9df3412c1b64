"""Records in free space of SQLite pages.

Specification: https://www.sqlite.org/fileformat2.html, sections 1.6 and 2.1 (SQLite
3.0.0 and later).

A cell that was removed stays in its page until the space is used again. In the gap
before the cells it is whole. As a free block it has lost its first four bytes: lengths
of record and row id, and, if these were short, the length of the record header and the
first serial type.

A whole cell is recognized by the record header: serial types that a table can have,
from which the length of the record follows, which in turn must stand in front. For a
cell without its beginning, the end of the block takes the place of that length.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from telegram_forensics.formats import sqlite_pages as pages
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.sqlite_pages import Cell
from telegram_forensics.formats.sqlite_schema import Affinity, Column, Table

_LOST: Final = 4
"""Bytes that a free block takes for itself."""
_FRAGMENT: Final = 3
"""Bytes of a fragment that a free block can have swallowed at its end."""
_MAXIMUM_HEADER: Final = 0x7F
_EFFORT: Final = 32
"""Serial types that are looked at for each byte of a range, at most.

Usually it is less than one; data made to look like record headers could take hours.
"""
_INTEGER_TYPES: Final = {1: 1, 2: 2, 3: 3, 4: 4, 6: 5, 8: 6}

_ANY: Final = (
    rb"(?:[\x00-\x09\x0c-\x7f]|[\x81-\xff](?:[\x00-\x7f]|[\x80-\xff]"
    rb"(?:[\x00-\x7f]|[\x80-\xff][\x00-\x7f])))"
)
_BIG: Final = (
    rb"(?:[\x00\x0c-\x7f]|[\x81-\xff](?:[\x00-\x7f]|[\x80-\xff]"
    rb"(?:[\x00-\x7f]|[\x80-\xff][\x00-\x7f])))"
)
_NUMBER: Final = rb"[\x00-\x09]"


class Carved(NamedTuple):
    """A record found in free space.

    Attributes:
        cell: where it is. Of a cell without its beginning, `payload_start` is where
            the record would begin, and the row id is None.
        payload: None to be read from the page; else the part of the record on the page,
            put together again.
        columns: number of its values.
        is_exact: a whole cell, or one that fills its free block.
        problem: what is missing, "" for a whole cell.
    """

    cell: Cell
    payload: bytes | None
    columns: int
    is_exact: bool
    problem: str


class Carver:
    """Looks for records of some tables.

    Attributes:
        given_up: number of ranges that were not searched to their end.
    """

    def __init__(self, tables: Iterable[Table], usable: int) -> None:
        """Prepares for tables.

        Args:
            tables: all of which records are looked for, row id tables or others.
            usable: bytes of a page that SQLite uses.
        """
        self._usable = usable
        self.given_up = 0
        tables = list(tables)
        self._by_table: dict[int, re.Pattern[bytes] | None] = {}
        self._all = {
            flag: _pattern([table for table in tables if table.without_rowid is flag])
            for flag in (False, True)
        }

    def whole_cells(
        self,
        data: bytes,
        start: int,
        end: int,
        table: Table | None = None,
        *,
        has_rowid: bool,
    ) -> Iterator[Cell]:
        """Whole cells in a range, in ascending order.

        Args:
            data: the page.
            start: start of the range.
            end: end of the range.
            table: table that the page belongs to; None to look for all.
            has_rowid: look for cells of row id tables, else for others.
        """
        pattern = self._pattern_of(table) if table else self._all[not has_rowid]
        if pattern is None:
            return
        position = start
        effort = inner_effort = _EFFORT * (end - start)
        found: Cell | None = None
        for match in pattern.finditer(data, start, end):
            header = match.start()
            if found is not None and header < found.end:
                inner_effort -= data[header]
                if inner_effort >= 0:
                    found = self._later_cell(data, found, header, has_rowid)
                continue
            if found is not None:
                yield found
                position, found = found.end, None
            effort -= data[header]
            if effort < 0:
                self.given_up += 1
                return
            found = self._whole_cell(data, position, header, end, has_rowid)
        if found is not None:
            yield found

    def _later_cell(
        self, data: bytes, cell: Cell, header: int, has_rowid: bool
    ) -> Cell:
        """The cell that was written over the end of another one, or that one.

        SQLite puts a new cell at the end of a free block: what begins within a cell and
        ends with it is newer, and the beginning of the older one is all that is left.
        """
        start = cell.offset + 1
        later = self._whole_cell(data, start, header, cell.end, has_rowid)
        return cell if later is None or later.end != cell.end else later

    def free_block(
        self, data: bytes, start: int, end: int, table: Table, counts: Collection[int]
    ) -> Iterator[Carved]:
        """Records of a row id table in a free block of one of its pages.

        Args:
            data: the page.
            start: start of the block.
            end: end of the block.
            table: the table.
            counts: numbers of values that rows of the table can have.
        """
        whole = list(self.whole_cells(data, start, end, table, has_rowid=True))
        position = start
        for index in range(len(whole) + 1):
            limit = whole[index].offset if index < len(whole) else end
            while position + _LOST < limit:
                carved = self._without_start(data, position, limit, table, counts)
                if carved is None:
                    break
                yield carved
                position = carved.cell.end
            if index < len(whole):
                yield Carved(whole[index], None, 0, True, "")
                position = whole[index].end

    def gap(
        self, data: bytes, start: int, end: int, table: Table, counts: Collection[int]
    ) -> Iterator[Carved]:
        """Records of a row id table in the gap of one of its pages.

        Free blocks at the end of the gap become part of it; their sizes stay.
        """
        blocks = []
        start = end - len(data[start:end].lstrip(b"\0"))
        position = end - _LOST
        while position >= start:
            size = int.from_bytes(data[position + 2 : position + 4], "big")
            if size == end - position:
                blocks.append((position, end))
                end = position
                position -= _LOST - 1
            position -= 1
        for cell in self.whole_cells(data, start, end, has_rowid=True):
            yield Carved(cell, None, 0, True, "")
        for block_start, block_end in reversed(blocks):
            yield from self.free_block(data, block_start, block_end, table, counts)

    def _pattern_of(self, table: Table) -> re.Pattern[bytes] | None:
        if id(table) not in self._by_table:
            self._by_table[id(table)] = _pattern([table])
        return self._by_table[id(table)]

    def _whole_cell(
        self, data: bytes, start: int, header: int, end: int, has_rowid: bool
    ) -> Cell | None:
        try:
            stop, types, total = pages.read_types(data, header, end)
        except FormatError:
            return None
        if len(types) == 0:
            return None
        size = stop - header + total
        written = pages.write_varint(size)
        local = pages.local_size(size, self._usable, is_table=has_rowid)
        cell_end = header + local + (4 if local < size else 0)
        if cell_end > end or local < stop - header:
            return None
        for length in range(1, 10) if has_rowid else (0,):
            offset = header - length - len(written)
            if offset < start:
                return None
            if not data.startswith(written, offset):
                continue
            rowid: int | None = None
            if length:
                key, behind = pages.read_varint(data, header - length)
                if behind != header or (length > 1 and data[header - length] == 0x80):
                    continue
                rowid = pages.signed(key)
            overflow = 0
            if local < size:
                overflow = int.from_bytes(data[cell_end - 4 : cell_end], "big")
            return Cell(offset, cell_end, 0, rowid, header, local, size, overflow)
        return None

    def _without_start(
        self, data: bytes, start: int, end: int, table: Table, counts: Collection[int]
    ) -> Carved | None:
        """The record of a cell whose first four bytes are overwritten."""
        best: Carved | None = None
        for carved in self._guesses(data, start, end, table, counts):
            if carved.is_exact:
                return carved
            best = best or carved
        return best

    def _guesses(
        self, data: bytes, start: int, end: int, table: Table, counts: Collection[int]
    ) -> Iterator[Carved]:
        for header in range(start + _LOST, min(start + _LOST + 9, end)):
            carved = self._headed(data, start, header, end, table)
            if carved is not None and carved.columns in counts:
                yield carved
        columns = len(table.stored)
        for count in sorted(counts, reverse=True):
            for lost in (0, 1):
                carved = self._headless(data, start, end, table, count, lost)
                if carved is not None and (carved.is_exact or count == columns):
                    yield carved

    def _headed(
        self, data: bytes, start: int, header: int, end: int, table: Table
    ) -> Carved | None:
        """The record header is whole; only lengths and row id are lost."""
        if not 2 <= data[header] <= _MAXIMUM_HEADER:
            return None
        try:
            stop, types, total = pages.read_types(data, header, end)
        except FormatError:
            return None
        size = stop - header + total
        rowid_size = header - start - len(pages.write_varint(size))
        if not 1 <= rowid_size <= 9 or not _is_typical(table, types):
            return None
        local = pages.local_size(size, self._usable, is_table=True)
        cell_end = header + local + (4 if local < size else 0)
        if cell_end > end or local < stop - header:
            return None
        overflow = 0
        if local < size:
            overflow = int.from_bytes(data[cell_end - 4 : cell_end], "big")
        cell = Cell(start, cell_end, 0, None, header, local, size, overflow)
        is_exact = end - cell_end <= _FRAGMENT
        if not is_exact and len(types) != len(table.stored):
            return None
        return Carved(cell, None, len(types), is_exact, "the row id is overwritten")

    def _headless(
        self, data: bytes, start: int, end: int, table: Table, count: int, lost: int
    ) -> Carved | None:
        """The length of the record header is lost, and `lost` serial types are."""
        position, types = _some_types(data, start + _LOST, end, count - lost)
        total = sum(map(type_size, types))
        room = end - position
        if len(types) != count - lost:
            return None
        problem = "the row id is overwritten"
        if lost:
            first = table.stored[0]
            # What is left in the block belongs to the first column.
            kind = 0
            if first.name != table.rowid_alias:
                kind = _first_type(first, room - total)
                total = room
                problem += f"; the size of column {first.name} was taken from the block"
            types.insert(0, kind)
        if min(types, default=-1) < 0 or not _is_typical(table, types):
            return None
        head = b"".join(map(pages.write_varint, types))
        head = pages.write_varint(len(head) + 1) + head
        size = len(head) + total
        local = pages.local_size(size, self._usable, is_table=True)
        behind = position + local - len(head)
        cell_end = behind + (4 if local < size else 0)
        # Only with short lengths do the lost bytes reach into the record header.
        lengths = len(pages.write_varint(size)) + 1
        if len(head) > _MAXIMUM_HEADER or lengths > 3 - lost or cell_end > end:
            return None
        payload = head + data[position:behind]
        overflow = int.from_bytes(data[behind:cell_end], "big")
        record = position - len(head)
        cell = Cell(start, cell_end, 0, None, record, local, size, overflow)
        return Carved(cell, payload, count, end - cell_end <= _FRAGMENT, problem)


def _is_typical(table: Table, types: Sequence[int]) -> bool:
    """Whether values have the declared types, blobs included.

    Without the length in front, what SQLite merely allows would prove too little.
    """
    return table.fit(types) >= 0 and all(
        kind == 0 or kind >= 12
        for column, kind in zip(table.stored, types, strict=False)
        if column.affinity is Affinity.BLOB and column.declared
    )


def _some_types(
    data: bytes, position: int, end: int, count: int
) -> tuple[int, list[int]]:
    """Up to a number of serial types, and the offset behind them."""
    types: list[int] = []
    while len(types) < count and position < end:
        try:
            kind, position = pages.read_varint(data, position)
        except FormatError:
            break
        if type_size(kind) < 0:
            break
        types.append(kind)
    return position, types


def type_size(kind: int) -> int:
    """Bytes that a value of a serial type takes, -1 for types that do not exist."""
    if kind > 11:
        return (kind - 12) >> 1
    return (0, 1, 2, 3, 4, 6, 8, 8, 0, 0, -1, -1)[kind]


def _first_type(column: Column, size: int) -> int:
    """Serial type of a value of which only the size is known, -1 if it is open."""
    if column.affinity is Affinity.INTEGER:
        return _INTEGER_TYPES.get(size, -1)
    if column.affinity is Affinity.TEXT and size > 0:
        return 13 + 2 * size
    return -1


def _pattern(tables: Sequence[Table]) -> re.Pattern[bytes] | None:
    """A pattern that finds record headers of some tables, by their first byte."""
    shapes: dict[bytes, None] = {}
    lengths: set[int] = set()
    for table in tables:
        least = 0
        shape = b""
        for index, column in enumerate(table.stored[:100]):
            if column.name == table.rowid_alias:
                part = rb"\x00"
            elif column.affinity in (Affinity.INTEGER, Affinity.REAL):
                part = _NUMBER
            elif column.affinity is Affinity.TEXT:
                part = _BIG
            else:
                part = _ANY
            # The first four decide; what follows is checked when it is decoded.
            if index < 4:
                shape += part
            least = index + 2
        shapes[shape] = None
        # Rows can be older than the last columns, and a type takes up to five bytes.
        fewest = 2 if len(table.stored) < 4 else 5
        lengths |= set(range(fewest, min(least * 5, _MAXIMUM_HEADER + 1)))
    if not shapes:
        return None
    first = b"".join(re.escape(bytes((length,))) for length in sorted(lengths))
    # Without the lookahead, a find would hide another one within its header.
    return re.compile(b"[" + first + b"](?=" + b"|".join(shapes) + b")", re.DOTALL)
