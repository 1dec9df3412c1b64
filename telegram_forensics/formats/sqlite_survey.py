"""B-trees of a SQLite database whose schema is lost.

Specification: https://www.sqlite.org/fileformat2.html#b_tree_pages (SQLite 3.0.0 and
later).

A b-tree page that no other one refers to is the root of a tree, or of what is left of
one; or it is free, and keeps its old content. Which table a tree is of is told by its
rows alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from telegram_forensics.formats import sqlite_pages as pages
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.sqlite_pages import Page, Problems, Value
from telegram_forensics.formats.sqlite_views import Budget, View, read_payload

_INTERIOR: Final = frozenset((pages.TABLE_INTERIOR, pages.INDEX_INTERIOR))
_OF_TABLE: Final = frozenset((pages.TABLE_LEAF, pages.TABLE_INTERIOR))
_MAXIMUM_DEPTH: Final = 40
_SAMPLES: Final = 12


class Row:
    """A row of a tree: row id (None in an index tree), serial types and values."""

    __slots__ = ("rowid", "types", "values")

    def __init__(
        self, rowid: int | None, types: list[int], values: tuple[Value, ...]
    ) -> None:
        self.rowid = rowid
        self.types = types
        self.values = values


class Survey:
    """Pages of a database, each looked at once; 5 bytes for each are kept.

    Attributes:
        roots: pages that no other refers to, with whether they are of a row id table.
    """

    def __init__(self, view: View) -> None:
        self._view = view
        count = view.database.page_count
        self._kinds = bytearray(count + 1)
        referred = bytearray(count + 1)
        for number, data in view.database.pages():
            page = self._page(data, number)
            if page is None:
                continue
            self._kinds[number] = page.kind
            if page.kind in _INTERIOR:
                for child in pages.read_children(page, Problems()):
                    if 1 < child <= count and child != number:
                        referred[child] = 1
        self.roots = {
            number: self._kinds[number] in _OF_TABLE
            for number in range(2, count + 1)
            if self._kinds[number] and not referred[number]
        }

    def _page(self, data: bytes, number: int) -> Page | None:
        try:
            return pages.read_page(data, number, self._view.database.usable)
        except FormatError:
            return None

    def is_root(self, number: int, *, is_table: bool) -> bool:
        """Whether a page can be the root of a tree of a kind."""
        return self.roots.get(number) is is_table

    def candidates(self, maximum: int) -> list[tuple[int, bool]]:
        """Roots of trees, with whether they are of a row id table.

        Single pages come last: there can be very many free ones.
        """
        found = sorted(
            self.roots.items(), key=lambda item: self._kinds[item[0]] not in _INTERIOR
        )
        return found[:maximum]

    def size(self, root: int) -> int:
        """Pages of a tree, roughly: those that are there."""
        seen = {root}
        stack = [root]
        while stack:
            page = self._view.tree_page(stack.pop())
            if page is None or page.kind not in _INTERIOR:
                continue
            for child in pages.read_children(page, Problems()):
                if child not in seen and self._view.has(child):
                    seen.add(child)
                    # Leaves need not be read to be counted.
                    if self._kinds[child] in _INTERIOR:
                        stack.append(child)
        return len(seen)

    def rows(self, root: int) -> Iterator[Row]:
        """Some rows of a tree, from its first and its last page."""
        for is_last in (False, True):
            page = self._leaf(root, is_last)
            if page is None:
                continue
            budget = Budget(1 << 24)
            cells = list(pages.read_cells(page, Problems()))
            step = max(len(cells) // _SAMPLES, 1)
            for cell in cells[::step]:
                payload, problem = read_payload(self._view, page.data, cell, budget)
                if problem:
                    continue
                try:
                    _, types, _ = pages.read_types(payload, 0, len(payload))
                    record = pages.read_record(
                        payload, cell.payload_size, self._view.database.encoding
                    )
                except FormatError:
                    continue
                if not record.problem:
                    yield Row(cell.rowid, types, record.values)
            if page.number == root:
                return

    def _leaf(self, number: int, is_last: bool) -> Page | None:
        for _ in range(_MAXIMUM_DEPTH):
            page = self._view.tree_page(number)
            if page is None or page.kind not in _INTERIOR:
                return page
            children = [
                child
                for child in pages.read_children(page, Problems())
                if self._view.has(child) and self._kinds[child]
            ]
            if not children:
                return page if page.kind == pages.INDEX_INTERIOR else None
            number = children[-1 if is_last else 0]
        return None
