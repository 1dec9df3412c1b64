"""States of a SQLite database: which page is where, and which table it belongs to.

Specification: https://www.sqlite.org/fileformat2.html (SQLite 3.0.0 and later).

A view is the database as it was at a moment: pages of the file, some of them replaced
by frames of the write-ahead log or by pages of a rollback journal. A page map holds,
for one view, the table that each page belongs to and whether a page is in use at all.
It takes 13 bytes per page.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final, NamedTuple

from telegram_forensics.formats import sqlite_pages as pages
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.sqlite_pages import Cell, Page, Problems, ReadAt, Text
from telegram_forensics.formats.sqlite_wal import FRAME_HEADER_SIZE, WalFile

_MAXIMUM_SCHEMA: Final = 100_000
_CHUNK: Final = 1 << 20
_OF_TABLE: Final = frozenset((pages.TABLE_LEAF, pages.TABLE_INTERIOR))


class Place(NamedTuple):
    """Where a page version stands: "database", "wal" or "journal", and file offset."""

    source: str
    offset: int


class SchemaEntry(NamedTuple):
    """A row of the schema table."""

    kind: str
    name: str
    root_page: int
    sql: str


class Role(IntEnum):
    """What a page is used for in a view."""

    UNKNOWN = 0
    TREE = 1
    OVERFLOW = 2
    TRUNK = 3
    FREE = 4
    SKIPPED = 5
    """A pointer-map page or the page for locks: never holds rows."""


@dataclass(slots=True)
class Budget:
    """How much may still be done, in units that are named where one is made.

    Damaged cells may all point to the same long overflow chain; without a limit they
    could keep a reader busy for days.
    """

    left: int


@dataclass(frozen=True, slots=True)
class Database:
    """The database file.

    Attributes:
        read: reads it.
        size: bytes of it.
        page_size: bytes of a page.
        usable: bytes of a page that SQLite uses.
        encoding: text encoding, as Python names it.
    """

    read: ReadAt
    size: int
    page_size: int
    usable: int
    encoding: str

    @property
    def page_count(self) -> int:
        """Pages in the file, one that is cut off included."""
        return -(-self.size // self.page_size) if self.page_size else 0

    def page(self, number: int) -> bytes | None:
        """A page, filled up with zeros if it is cut off; None if there is none."""
        if not 0 < number <= self.page_count:
            return None
        data = self.read((number - 1) * self.page_size, self.page_size)
        return data.ljust(self.page_size, b"\0")

    def length(self, number: int) -> int:
        """Bytes of a page that are there: the last one can be cut off."""
        start = (number - 1) * self.page_size
        return min(max(self.size - start, 0), self.page_size)

    def pages(self) -> Iterator[tuple[int, bytes]]:
        """All pages with their numbers, read in large pieces."""
        size = self.page_size
        step = max(_CHUNK // size, 1)
        for first in range(0, self.page_count, step):
            data = self.read(first * size, min(step * size, self.size - first * size))
            for index in range(min(step, self.page_count - first)):
                page = data[index * size : (index + 1) * size]
                yield first + index + 1, page.ljust(size, b"\0")


@dataclass(frozen=True, slots=True)
class View:
    """The database at a moment.

    Attributes:
        database: its file.
        wal: the log, if frames of it count.
        frames: positions of frames by page number, ascending.
        limit: frames from this position on do not count.
        journal: reads the journal, if pages of it count.
        journal_pages: file offsets of journal pages by page number.
    """

    database: Database
    wal: WalFile | None = None
    frames: Mapping[int, Sequence[int]] = field(default_factory=dict)
    limit: int = 0
    journal: ReadAt | None = None
    journal_pages: Mapping[int, int] = field(default_factory=dict)

    def frame(self, number: int) -> int | None:
        """Position of the frame that holds a page, None if it is in the file."""
        positions = self.frames.get(number)
        if not positions:
            return None
        index = bisect_left(positions, self.limit)
        return positions[index - 1] if index else None

    def page(self, number: int) -> bytes | None:
        """A page, None if there is none."""
        frame = self.frame(number)
        if frame is not None and self.wal is not None:
            return self.wal.page(frame)
        offset = self.journal_pages.get(number)
        if offset is not None and self.journal is not None:
            size = self.database.page_size
            return self.journal(offset, size).ljust(size, b"\0")
        return self.database.page(number)

    def is_overlaid(self, number: int) -> bool:
        """Whether another version than that of the file counts."""
        return self.frame(number) is not None or number in self.journal_pages

    def has(self, number: int) -> bool:
        """Whether a page can be there."""
        return number > 0 and (
            number <= self.database.page_count
            or number in self.frames
            or number in self.journal_pages
        )

    def place(self, number: int) -> Place:
        """Where a page stands."""
        frame = self.frame(number)
        if frame is not None and self.wal is not None:
            return Place("wal", self.wal.frame(frame).offset + FRAME_HEADER_SIZE)
        offset = self.journal_pages.get(number)
        if offset is not None:
            return Place("journal", offset)
        return Place("database", (number - 1) * self.database.page_size)

    def tree_page(self, number: int) -> Page | None:
        """A b-tree page, None if there is none or it is damaged."""
        data = self.page(number)
        if data is None:
            return None
        try:
            return pages.read_page(data, number, self.database.usable)
        except FormatError:
            return None


class PageMap:
    """What pages are used for in a view, and by which table.

    Attributes:
        counts: numbers of values in rows of each owner, from samples.
    """

    def __init__(self, page_count: int) -> None:
        self.counts: dict[int, set[int]] = {}
        self._limit = page_count
        self._owners = array("I", bytes(4 * (page_count + 1)))
        self._roles = bytearray(page_count + 1)
        self._marks = array("q", bytes(8 * (page_count + 1)))
        # Pages that are in the log only can have any number.
        self._more: dict[int, tuple[int, Role, int]] = {}

    def owner(self, number: int) -> int:
        """Number of the owner, 0 if there is none."""
        if number <= self._limit:
            return self._owners[number]
        return self._more.get(number, (0, Role.UNKNOWN, 0))[0]

    def role(self, number: int) -> Role:
        """What the page is used for."""
        if number <= self._limit:
            return Role(self._roles[number])
        return self._more.get(number, (0, Role.UNKNOWN, 0))[1]

    def mark(self, number: int) -> int:
        """What tells the row apart that an overflow page belongs to."""
        if number <= self._limit:
            return self._marks[number]
        return self._more.get(number, (0, Role.UNKNOWN, 0))[2]

    def set(self, number: int, owner: int, role: Role, mark: int = 0) -> None:
        """Enters a page."""
        if number <= self._limit:
            self._owners[number] = owner
            self._roles[number] = role
            self._marks[number] = mark
        else:
            self._more[number] = (owner, role, mark)


def read_payload(
    view: View,
    data: bytes,
    cell: Cell,
    budget: Budget,
    trusted: PageMap | None = None,
    mark: tuple[int, int] = (0, 0),
    local: bytes | None = None,
) -> tuple[bytes, str]:
    """Record of a cell, overflow pages included.

    Args:
        view: state of the database that the cell belongs to.
        data: page of the cell.
        cell: the cell.
        budget: what may still be read.
        trusted: what pages are used for now. A page in use by another row is not taken.
        mark: owner and mark of the row.
        local: the part of the record on the page, if it had to be put together.

    Returns:
        The bytes, fewer than announced if some are lost, and what is wrong.
    """
    if local is None:
        local = data[cell.payload_start : cell.payload_start + cell.local_size]
    if not cell.overflow:
        return local, ""
    left = cell.payload_size - cell.local_size
    if cell.payload_size > pages.MAXIMUM_PAYLOAD or left > budget.left:
        return local, f"a record of {cell.payload_size} bytes is not read in full"
    room = view.database.usable - 4
    parts = [local]
    number = cell.overflow
    seen = set()
    problem = ""
    while left:
        page = view.page(number) if number > 1 and number not in seen else None
        if page is None:
            return b"".join(parts), f"overflow page {number} is not there"
        if trusted is not None and not view.is_overlaid(number):
            role = trusted.role(number)
            other = (trusted.owner(number), trusted.mark(number))
            if role is Role.TRUNK:
                reason = f"overflow page {number} is overwritten by the freelist"
                return b"".join(parts), reason
            if role is Role.TREE or (role is Role.OVERFLOW and other != mark):
                return b"".join(parts), f"overflow page {number} has been used again"
            if number in view.frames:
                problem = f"overflow page {number} may be of a later time"
        seen.add(number)
        part = page[4 : 4 + min(left, room)]
        parts.append(part)
        left -= len(part)
        budget.left -= len(page)
        number = int.from_bytes(page[:4], "big")
    if number:
        problem = "the chain of overflow pages goes on behind the record"
    return b"".join(parts), problem


def chain_mark(cell: Cell, data: bytes) -> int:
    """Tells rows with overflow pages apart: the row id, or a sum of the record."""
    if cell.rowid is not None:
        return cell.rowid
    local = data[cell.payload_start : cell.payload_start + cell.local_size]
    return hash(local)


def read_schema(
    view: View, problems: Problems, effort: Budget | None = None
) -> list[SchemaEntry]:
    """Rows of the schema table of a view.

    Args:
        view: state of the database.
        problems: takes what is damaged.
        effort: number of pages that may still be read.
    """
    effort = effort or Budget(_MAXIMUM_SCHEMA)
    entries: list[SchemaEntry] = []
    budget = Budget(1 << 28)
    stack, seen = [1], {1}
    while stack and len(entries) < _MAXIMUM_SCHEMA and effort.left > 0:
        effort.left -= 1
        number = stack.pop()
        page = view.tree_page(number)
        if page is None or page.kind not in _OF_TABLE:
            problems.append((number, f"page {number} of the schema table is damaged"))
            continue
        if page.kind == pages.TABLE_INTERIOR:
            for child in pages.read_children(page, problems):
                if child not in seen:
                    seen.add(child)
                    stack.append(child)
            continue
        for cell in pages.read_cells(page, problems):
            payload, problem = read_payload(view, page.data, cell, budget)
            if problem:
                problems.append((cell.offset, problem))
            entry = schema_entry(payload, cell.payload_size, view.database.encoding)
            if entry is None:
                problems.append((cell.offset, "a row of the schema table is damaged"))
            else:
                entries.append(entry)
    return entries


def schema_entry(payload: bytes, size: int, encoding: str) -> SchemaEntry | None:
    """A row of the schema table, None if this is no such row."""
    try:
        values = pages.read_record(payload, size, encoding).values
    except FormatError:
        return None
    if len(values) != 5:
        return None
    kind, name, _, root, sql = values
    if not isinstance(kind, Text) or not isinstance(name, Text):
        return None
    return SchemaEntry(
        str(kind),
        str(name),
        root if isinstance(root, int) and 0 <= root < 1 << 32 else 0,
        str(sql) if isinstance(sql, Text) else "",
    )
