"""Rows of single SQLite pages, and the tables that they can belong to.

Specification: https://www.sqlite.org/fileformat2.html (SQLite 3.0.0 and later).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from telegram_forensics.formats import sqlite_pages as pages
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.sqlite_carving import Carver
from telegram_forensics.formats.sqlite_pages import Cell, Page, Problems, Text, Value
from telegram_forensics.formats.sqlite_schema import Table
from telegram_forensics.formats.sqlite_trees import Owners
from telegram_forensics.formats.sqlite_views import (
    Budget,
    PageMap,
    View,
    chain_mark,
    read_payload,
)

_OF_INDEX: Final = frozenset((pages.INDEX_LEAF, pages.INDEX_INTERIOR))
_MAXIMUM_REMEMBERED: Final = 1 << 21
_MAXIMUM_SHAPES: Final = 5000
_MAXIMUM_COMPARISONS: Final = 20_000_000
_NO_TABLE: Final = (0,)


@dataclass(frozen=True, slots=True)
class PageState:
    """A version of a page.

    Attributes:
        data: the page.
        number: its number.
        owner: number of the table that it belongs to, 0 if unknown.
        is_certain: the owner is known from the b-tree of that very state.
        view: state of the database that it belongs to.
        is_live: a page of the newest state, in use.
        carve_from: where carving of a page begins that is no b-tree page.
    """

    data: bytes
    number: int
    owner: int
    is_certain: bool
    view: View
    is_live: bool = False
    carve_from: int = 0

    @property
    def length(self) -> int:
        """Bytes of the page that are there: the last one of a file can be cut off."""
        if self.view.is_overlaid(self.number):
            return len(self.data)
        return self.view.database.length(self.number) or len(self.data)


class FoundRow(NamedTuple):
    """A row of a page.

    Attributes:
        tables: numbers of the tables that it can belong to, best first.
        by_tree: the table is that of the b-tree.
        rowid: row id, None if it is lost or the table has none.
        record: values as stored.
        offset: offset within the page.
        problems: what is missing or doubtful.
    """

    tables: tuple[int, ...]
    by_tree: bool
    rowid: int | None
    record: tuple[Value, ...]
    offset: int
    problems: tuple[str, ...]


class Seen:
    """Rows that were given already, by checksum; about 100 bytes for each.

    Attributes:
        is_full: no more are remembered, so rows can come twice.
    """

    def __init__(self, maximum: int = _MAXIMUM_REMEMBERED) -> None:
        self._known: set[bytes] = set()
        self._maximum = maximum
        self.is_full = False

    def is_new(
        self, tables: tuple[int, ...], rowid: int | None, payload: bytes
    ) -> bool:
        """Whether a row comes for the first time.

        A row that can be of several tables is none that is known from one of them.
        """
        core = hashlib.blake2b(payload, digest_size=12).digest()
        if len(tables) == 1:
            key = b"%d,%a," % (tables[0], rowid) + core
        else:
            if any(b"%d,%a," % (one, rowid) + core in self._known for one in tables):
                return False
            key = b"%a,%a," % (tables, rowid) + core
        if key in self._known:
            return False
        if len(self._known) >= self._maximum:
            self.is_full = True
            return True
        self._known.add(key)
        # A copy whose row id is lost tells nothing new.
        if rowid is not None and len(tables) == 1:
            self._known.add((b"%d,None," % tables[0]) + core)
        return True


class PageReader:
    """Reads rows of pages, each row once."""

    def __init__(
        self,
        owners: Owners,
        trusted: PageMap,
        usable: int,
        budget: Budget,
        seen: Seen | None = None,
    ) -> None:
        """Prepares.

        Args:
            owners: tables by number.
            trusted: what pages are used for in the newest state.
            usable: bytes of a page that SQLite uses.
            budget: bytes of overflow pages that may be read.
            seen: rows given already; None to give all.
        """
        self._owners = owners
        self._trusted = trusted
        self._usable = usable
        self._budget = budget
        self._seen = seen
        self._comparisons = 0
        self._shapes: dict[tuple[bool, tuple[int, ...]], dict[int, int]] = {}
        self._carver: tuple[int, Carver] | None = None

    def given_up(self) -> list[str]:
        """What was not looked at to the end."""
        reasons = []
        if self._carver is not None and self._carver[1].given_up:
            count = self._carver[1].given_up
            reasons.append(f"{count} ranges of free space were not searched to the end")
        if self._comparisons > _MAXIMUM_COMPARISONS:
            reasons.append("too many tables: not all rows were assigned to one")
        if self._seen is not None and self._seen.is_full:
            reasons.append("very many rows: some can be there more than once")
        return reasons

    def rows(self, state: PageState, problems: Problems) -> Iterator[FoundRow]:
        """Rows of the cells of a b-tree page.

        Raises:
            FormatError: if this is no b-tree page.
        """
        page = pages.read_page(state.data, state.number, self._usable)
        if page.kind == pages.TABLE_INTERIOR or state.owner == Owners.INDEX:
            return
        cells = list(pages.read_cells(page, problems))
        tables, by_tree = self._tables_of(page, cells, state)
        # Entries of an index are records as well.
        doubt = ("this can be an entry of an index",)
        is_doubtful = not by_tree and page.kind in _OF_INDEX
        length = state.length
        for whole in cells:
            cell, payload = whole, None
            problems_of_row = doubt if is_doubtful else ()
            if cell.payload_start + cell.local_size > length:
                # Zeros in place of what is cut off would be taken for content.
                cell = cell._replace(overflow=0)
                payload = state.data[cell.payload_start : length]
                problems_of_row = (*problems_of_row, "the page is cut off")
                if not payload:
                    continue
            row = self._row(
                state, page.kind, cell, tables, by_tree, payload, problems_of_row
            )
            if row is not None:
                yield row

    def free_rows(self, state: PageState) -> Iterator[FoundRow]:
        """Rows in the free space of a page, in all of it if it is no b-tree page."""
        try:
            page = pages.read_page(state.data, state.number, self._usable)
        except FormatError:
            for kind in (pages.TABLE_LEAF, pages.INDEX_LEAF):
                start, end = state.carve_from, self._usable
                yield from self._carve(state, kind, start, end, _NO_TABLE)
            return
        # Remains of index entries look too much like rows.
        if state.owner == Owners.INDEX:
            return
        blocks = list(pages.free_blocks(page))
        gap = (page.gap_start, page.content_start)
        if not blocks and not state.data[gap[0] : gap[1]].strip(b"\0"):
            return
        tables: tuple[int, ...] = _NO_TABLE
        if state.owner:
            tables = (state.owner,)
        elif page.kind not in _OF_INDEX:
            cells = list(pages.read_cells(page, Problems()))
            tables, _ = self._tables_of(page, cells, state)
        yield from self._carve(state, page.kind, *gap, tables)
        for start, end in blocks:
            yield from self._carve(state, page.kind, start, end, tables, is_block=True)

    def _carve(
        self,
        state: PageState,
        kind: int,
        start: int,
        end: int,
        tables: tuple[int, ...],
        *,
        is_block: bool = False,
    ) -> Iterator[FoundRow]:
        carver = self._current_carver()
        has_rowid = kind not in _OF_INDEX
        leaf = pages.TABLE_LEAF if has_rowid else pages.INDEX_LEAF
        table = self._owners.tables[tables[0]] if len(tables) == 1 else None
        if not state.data[start + 4 if is_block else start : end].strip(b"\0"):
            return
        if table is not None and has_rowid and not table.without_rowid:
            counts = self._counts_of(tables[0], table)
            carve = carver.free_block if is_block else carver.gap
            for carved in carve(state.data, start, end, table, counts):
                if carved.payload is None and not carved.problem:
                    row = self._row(state, leaf, carved.cell, tables, False)
                else:
                    row = self._row(
                        state,
                        leaf,
                        carved.cell,
                        tables,
                        False,
                        carved.payload,
                        (carved.problem,),
                    )
                if row is not None and self._is_likely(row):
                    yield row
            return
        for cell in carver.whole_cells(state.data, start, end, has_rowid=has_rowid):
            row = self._row(state, leaf, cell, tables, False)
            if row is not None and self._is_likely(row):
                yield row

    def _is_likely(self, row: FoundRow) -> bool:
        """Whether a row found in free space is more than chance.

        It must fit a table; short rows must be known of it, and text must be text.
        """
        if not row.tables:
            return False
        table = self._owners.tables[row.tables[0]]
        counts = () if table is None else self._counts_of(row.tables[0], table)
        if not row.problems and len(row.record) not in counts:
            return False
        return all(_is_text(value) for value in row.record if isinstance(value, Text))

    def _counts_of(self, number: int, table: Table) -> set[int]:
        """Numbers of values that rows of a table have been seen to have."""
        return {len(table.stored), *self._trusted.counts.get(number, ())} - {0}

    def _current_carver(self) -> Carver:
        count = len(self._owners.tables)
        if self._carver is None or self._carver[0] != count:
            tables = [table for _, table in self._owners.all_tables()]
            self._carver = (count, Carver(tables, self._usable))
        return self._carver[1]

    def _row(
        self,
        state: PageState,
        kind: int,
        cell: Cell,
        tables: tuple[int, ...],
        by_tree: bool,
        payload: bytes | None = None,
        problems: tuple[str, ...] = (),
    ) -> FoundRow | None:
        owners = self._owners
        if payload is None or cell.overflow:
            # Only of rows of another time can overflow pages have been used again.
            trusted = None if state.is_live and by_tree else self._trusted
            mark = (state.owner, chain_mark(cell, state.data) if cell.overflow else 0)
            payload, problem = read_payload(
                state.view, state.data, cell, self._budget, trusted, mark, payload
            )
            if problem:
                problems = (*problems, problem)
        # The usual case is decided before anything is decoded.
        if by_tree and not self._is_new(tables, cell.rowid, payload):
            return None
        try:
            _, types, _ = pages.read_types(payload, 0, len(payload))
            record = pages.read_record(payload, cell.payload_size, owners.encoding)
        except FormatError as error:
            if not by_tree:
                return None
            reason = f"the record is damaged: {error.reason}"
            return FoundRow(
                tables, by_tree, cell.rowid, (), cell.offset, (*problems, reason)
            )
        if record.problem:
            problems = (*problems, record.problem)
        if by_tree:
            table = owners.tables[tables[0]]
            if table is not None and len(types) > len(table.stored):
                problems = (*problems, f"{len(types)} values for fewer columns")
        else:
            scores = self._scores(kind not in _OF_INDEX, types)
            fitting = tuple(number for number in tables if scores.get(number, -1) >= 0)
            tables = fitting or _best(scores)
            if not self._is_new(tables or _NO_TABLE, cell.rowid, payload):
                return None
        return FoundRow(
            tables, by_tree, cell.rowid, record.values, cell.offset, problems
        )

    def _is_new(
        self, tables: tuple[int, ...], rowid: int | None, payload: bytes
    ) -> bool:
        return self._seen is None or self._seen.is_new(tables, rowid, payload)

    def _tables_of(
        self, page: Page, cells: Sequence[Cell], state: PageState
    ) -> tuple[tuple[int, ...], bool]:
        """Tables that a page can belong to, and whether a b-tree says so."""
        is_table = page.kind not in _OF_INDEX
        owner = self._owners.tables[state.owner]
        if owner is not None and owner.without_rowid is is_table:
            owner = None
        if owner is not None and state.is_certain:
            return (state.owner,), True
        totals: dict[int, int] | None = None
        for cell in cells:
            end = cell.payload_start + cell.local_size
            try:
                _, types, _ = pages.read_types(page.data, cell.payload_start, end)
            except FormatError:
                continue
            scores = self._scores(is_table, types)
            if totals is None:
                totals = dict(scores)
            else:
                totals = {
                    number: total + scores[number]
                    for number, total in totals.items()
                    if number in scores
                }
            if not totals:
                break
        totals = totals or {}
        if owner is not None and state.owner in totals:
            return (state.owner,), True
        return _best(totals), False

    def _scores(self, is_table: bool, types: Sequence[int]) -> dict[int, int]:
        """How well serial types fit the tables that they fit at all."""
        # Only the kind of a value counts, not its length.
        shape = tuple(
            kind if kind < 12 else 12 + (kind & 1) + 2 * (kind > 13) for kind in types
        )
        key = (is_table, shape)
        found = self._shapes.get(key)
        if found is None:
            found = {}
            tables = self._owners.all_tables()
            self._comparisons += len(tables)
            # Thousands of tables and of shapes are a trap; rows come without a table.
            if self._comparisons > _MAXIMUM_COMPARISONS:
                return found
            for number, table in tables:
                if table.without_rowid is not is_table:
                    score = table.fit(shape)
                    if score >= 0:
                        exact = len(shape) == len(table.stored)
                        found[number] = score + (1000 if exact else 0)
            if len(self._shapes) >= _MAXIMUM_SHAPES:
                self._shapes.clear()
            self._shapes[key] = found
        return found


def _is_text(text: Text) -> bool:
    try:
        return "\0" not in text.raw.decode(text.encoding)
    except UnicodeDecodeError:
        return False


def _best(scores: dict[int, int]) -> tuple[int, ...]:
    """Tables by score; those with more columns than values only if none is exact."""
    exact = {number: score for number, score in scores.items() if score >= 1000}
    chosen = exact or scores
    return tuple(sorted(chosen, key=lambda number: (-chosen[number], number)))
