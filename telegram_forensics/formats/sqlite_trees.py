"""Which table each page of a SQLite database belongs to, by following its b-trees.

Specification: https://www.sqlite.org/fileformat2.html (SQLite 3.0.0 and later).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from typing import Final

from telegram_forensics.formats import sqlite_pages as pages
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.sqlite_pages import Page, Problems
from telegram_forensics.formats.sqlite_schema import Table, parse_create_table
from telegram_forensics.formats.sqlite_views import (
    PageMap,
    Role,
    SchemaEntry,
    View,
    chain_mark,
)

_MAXIMUM_TABLES: Final = 2000
_MAXIMUM_COUNTS: Final = 16
_INTERIOR: Final = frozenset((pages.TABLE_INTERIOR, pages.INDEX_INTERIOR))

MASTER_SQL: Final = (
    "CREATE TABLE sqlite_master(type text, name text, tbl_name text, "
    "rootpage integer, sql text)"
)


class Owners:
    """Numbers for tables: those of all views together.

    Attributes:
        encoding: text encoding of the database, as Python names it.
        tables: tables by their number; None for 0 (nobody) and 1 (some index).
    """

    INDEX: Final = 1
    MASTER: Final = 2

    def __init__(self, encoding: str) -> None:
        master = parse_create_table(MASTER_SQL, 1, encoding=encoding)
        assert master is not None
        self.encoding = encoding
        self.tables: list[Table | None] = [None, None, master]
        self._numbers: dict[tuple[str, str], int] = {}
        self._by_name: dict[str, list[int]] = {"sqlite_master": [self.MASTER]}

    def number(self, entry: SchemaEntry, *, is_dropped: bool) -> int:
        """Number of the table of a schema entry, 0 if it cannot be read.

        A table that got more columns since keeps its number.
        """
        known = self._numbers.get((entry.name, entry.sql))
        if known is not None:
            return known
        table = parse_create_table(
            entry.sql, entry.root_page, encoding=self.encoding, is_dropped=is_dropped
        )
        number = 0
        if table is not None:
            same = self._by_name.setdefault(table.name, [])
            number = next((other for other in same if self._covers(other, table)), 0)
            if not number and len(self.tables) < _MAXIMUM_TABLES and len(same) < 50:
                number = len(self.tables)
                self.tables.append(table)
                same.append(number)
        self._numbers[entry.name, entry.sql] = number
        return number

    def _covers(self, number: int, table: Table) -> bool:
        known = self.tables[number]
        return (
            known is not None
            and known.stored[: len(table.stored)] == table.stored
            and known.without_rowid == table.without_rowid
            and known.rowid_alias == table.rowid_alias
        )

    def all_tables(self) -> list[tuple[int, Table]]:
        """All tables with their numbers."""
        return [
            (number, table)
            for number, table in enumerate(self.tables)
            if table is not None
        ]


def map_pages(
    view: View,
    roots: Iterable[tuple[int, int]],
    problems: Problems,
    within: PageMap | None = None,
) -> PageMap:
    """Follows b-trees from their roots.

    Args:
        view: state of the database.
        roots: root pages and numbers of their owners.
        problems: takes (page number, reason) of what is damaged.
        within: if given, only pages are followed that are not in a b-tree there.
    """
    page_map = PageMap(view.database.page_count)
    stack: list[tuple[int, int]] = []

    def claim(number: int, owner: int) -> None:
        # Claimed before they are read, so that each page is looked at once at most.
        if not view.has(number):
            problems.append((number, f"page {number} of a b-tree does not exist"))
        elif page_map.role(number) is Role.TREE:
            problems.append((number, f"page {number} is in b-trees twice"))
        elif within is None or within.role(number) is not Role.TREE:
            page_map.set(number, owner, Role.TREE)
            stack.append((number, owner))

    for root, root_owner in roots:
        claim(root, root_owner)
        while stack:
            number, owner = stack.pop()
            page = view.tree_page(number)
            if page is None:
                page_map.set(number, 0, Role.UNKNOWN)
                problems.append((number, f"page {number} is no sound b-tree page"))
            elif page.kind in _INTERIOR:
                found = Problems()
                for child in pages.read_children(page, found):
                    claim(child, owner)
                for _, reason in found:
                    problems.append((number, f"page {number}: {reason}"))
    return page_map


def map_overflow(view: View, page_map: PageMap, number: int, data: bytes) -> None:
    """Enters the overflow pages of the rows of a page, and takes samples."""
    usable = view.database.usable
    try:
        page = pages.read_page(data, number, usable)
    except FormatError:
        return
    if page.kind == pages.TABLE_INTERIOR:
        return
    _sample(page, page_map.counts.setdefault(page_map.owner(number), set()))
    least = (usable - 12) * 64 // 255 - 23 if page.kind != pages.TABLE_LEAF else usable
    if page.kind == pages.TABLE_LEAF or least > 127:
        skip = 4 if page.kind == pages.INDEX_INTERIOR else 0
        # One byte announces a record that is too short to overflow.
        if not any(
            data[pointer + skip] > 127
            for pointer in page.pointers
            if pointer + skip < usable
        ):
            return
    owner = page_map.owner(number)
    for cell in pages.read_cells(page, Problems()):
        following = cell.overflow
        left = cell.payload_size - cell.local_size
        mark = chain_mark(cell, data) if following else 0
        while following > 1 and left > 0:
            if page_map.role(following) is not Role.UNKNOWN:
                break
            overflow = view.page(following)
            if overflow is None:
                break
            page_map.set(following, owner, Role.OVERFLOW, mark)
            left -= usable - 4
            following = int.from_bytes(overflow[:4], "big")


def _sample(page: Page, counts: set[int]) -> None:
    """Numbers of values of the first and last row of a page."""
    if len(counts) >= _MAXIMUM_COUNTS:
        return
    for pointer in page.pointers[:: max(len(page.pointers) - 1, 1)]:
        with contextlib.suppress(FormatError):
            cell = pages.read_cell(page.data, pointer, page.kind, page.usable)
            start = cell.payload_start
            end = start + cell.local_size
            counts.add(len(pages.read_types(page.data, start, end)[1]))


def map_freelist(view: View, page_map: PageMap, first: int, problems: Problems) -> None:
    """Enters the pages of the freelist; b-trees and overflow chains have precedence."""
    number = first
    while number:
        data = view.page(number)
        if data is None or page_map.role(number) is not Role.UNKNOWN:
            problems.append((number, f"the freelist is damaged at page {number}"))
            return
        page_map.set(number, 0, Role.TRUNK)
        count = min(int.from_bytes(data[4:8], "big"), view.database.usable // 4 - 2)
        for index in range(count):
            leaf = int.from_bytes(data[8 + 4 * index : 12 + 4 * index], "big")
            if view.has(leaf) and page_map.role(leaf) is Role.UNKNOWN:
                page_map.set(leaf, 0, Role.FREE)
        number = int.from_bytes(data[:4], "big")
