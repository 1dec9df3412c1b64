"""All versions of the pages of a SQLite database that rows are recovered from.

Specification: https://www.sqlite.org/fileformat2.html (SQLite 3.0.0 and later).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Final, NamedTuple

from telegram_forensics.formats import sqlite_pages as pages
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.sqlite_evidence import SqliteFiles
from telegram_forensics.formats.sqlite_journal import JournalPage
from telegram_forensics.formats.sqlite_pages import Problems, Text
from telegram_forensics.formats.sqlite_rowpages import PageReader, PageState
from telegram_forensics.formats.sqlite_trees import Owners, map_pages
from telegram_forensics.formats.sqlite_views import (
    Budget,
    PageMap,
    Role,
    SchemaEntry,
    View,
)
from telegram_forensics.formats.sqlite_wal import FRAME_HEADER_SIZE, FrameState

HIGH: Final = "high"
MEDIUM: Final = "medium"
LOW: Final = "low"

_FRAME_METHODS: Final = {
    FrameState.COMMITTED: "wal_stale_frame",
    FrameState.UNCOMMITTED: "wal_uncommitted_frame",
    FrameState.BEHIND_END: "wal_uncommitted_frame",
    FrameState.EARLIER: "wal_earlier_generation",
}
_LIVE: Final = "live"
_INTERIOR: Final = frozenset((pages.TABLE_INTERIOR, pages.INDEX_INTERIOR))


class PageVersion(NamedTuple):
    """A version of a page.

    Attributes:
        state: content and surroundings.
        method: what rows of it are called, see `sqlite_recovery`.
        source: "database", "wal" or "journal".
        offset: file offset of the page.
        confidence: of rows whose table is known from a b-tree.
        problems: what is doubtful about it.
    """

    state: PageState
    method: str
    source: str
    offset: int
    confidence: str
    problems: tuple[str, ...] = ()


class PageVersions:
    """Goes through the versions of all pages."""

    def __init__(self, files: SqliteFiles) -> None:
        self._files = files
        self._former: dict[int, int] = {}
        self._former_map: PageMap | None = None
        self._journal_view: View | None = None
        self._is_prepared = False

    def all(self, *, scan_live: bool, with_live: bool) -> Iterator[PageVersion]:
        """All versions but those of the newest state in use, best evidence first.

        Args:
            scan_live: give pages in use as `page_scan`.
            with_live: give pages in use, for their free space.
        """
        yield from self._frames()
        yield from self._replaced()
        yield from self._journal_pages()
        yield from self._current(scan_live=scan_live, with_live=with_live)

    def find_dropped(self) -> None:
        """Adds tables that only remains of the schema tell of; works once."""
        if self._is_prepared:
            return
        self._is_prepared = True
        files = self._files
        for frame, owner, _ in files.frame_owners():
            if owner and files.live_map.role(frame.page_number) is not Role.TREE:
                self._former[frame.page_number] = owner
        self._follow_journal()
        roots: list[tuple[int, int]] = []
        size = files.database.usable
        reader = PageReader(files.owners, files.live_map, size, Budget(1 << 28))
        wanted = "CREATE TABLE".encode(files.database.encoding)
        # Names of live tables are known already, so that versions of them count.
        for version in self.all(scan_live=not files.is_sound, with_live=True):
            state = version.state
            is_master = state.owner == Owners.MASTER
            if (state.is_live and not is_master) or wanted not in state.data:
                continue
            rows = list(reader.free_rows(state))
            with contextlib.suppress(FormatError):
                rows += reader.rows(state, Problems())
            for row in rows:
                if row.tables[:1] == (Owners.MASTER,) and len(row.record) == 5:
                    self._add_dropped(row.record, roots)
        former = map_pages(files.live, roots, Problems(), within=files.live_map)
        self._former_map = former

    def _add_dropped(
        self, record: tuple[pages.Value, ...], roots: list[tuple[int, int]]
    ) -> None:
        kind, name, _, root, sql = record
        if str(kind) != "table" or not isinstance(name, Text):
            return
        if not isinstance(root, int) or not isinstance(sql, Text):
            return
        owners = self._files.owners
        count = len(owners.tables)
        entry = SchemaEntry("table", str(name), max(root, 0), str(sql))
        number = owners.number(entry, is_dropped=True)
        if number >= count:
            roots.append((entry.root_page, number))

    def _former_owner(self, number: int) -> int:
        """Last known owner of a page that is not in use any more."""
        files = self._files
        owner = self._former.get(number, 0)
        if not owner and files.base_map is not files.live_map:
            owner = files.base_map.owner(number)
        if not owner and self._former_map is not None:
            owner = self._former_map.owner(number)
        return owner

    def _frames(self) -> Iterator[PageVersion]:
        files = self._files
        if files.wal is None:
            return
        for frame, owner, view in files.frame_owners():
            number = frame.page_number
            if frame.state is FrameState.COMMITTED and (
                files.live.frame(number) == frame.position
            ):
                continue
            if not number or files.skipped(number):
                continue
            is_chained = frame.state in (FrameState.COMMITTED, FrameState.UNCOMMITTED)
            problems: tuple[str, ...] = ()
            if frame.is_checked is None and not is_chained:
                problems = ("the checksum of the frame cannot be checked",)
            elif frame.is_checked is False:
                problems = ("the checksum of the frame is wrong",)
            if frame.state is FrameState.BEHIND_END:
                problems += ("the frame stands behind the end of the log",)
            state = PageState(
                files.wal.page(frame.position),
                number,
                owner or self._former_owner(number),
                is_chained and owner != 0,
                view,
            )
            yield PageVersion(
                state,
                _FRAME_METHODS[frame.state],
                "wal",
                frame.offset + FRAME_HEADER_SIZE,
                HIGH if is_chained else MEDIUM,
                problems,
            )

    def _replaced(self) -> Iterator[PageVersion]:
        """Pages of the file that frames, or pages of a hot journal, replace."""
        files = self._files
        live = files.live
        if live is files.base:
            return
        for number, data in files.database.pages():
            if not live.is_overlaid(number) or files.skipped(number):
                continue
            owner = files.base_map.owner(number)
            state = PageState(
                data,
                number,
                owner or self._former_owner(number),
                owner != 0,
                files.base,
            )
            offset = (number - 1) * files.database.page_size
            yield PageVersion(state, "superseded_page", "database", offset, HIGH)

    def _journal_pages(self) -> Iterator[PageVersion]:
        files = self._files
        for page in self._journal_records():
            number = page.page_number
            if files.skipped(number):
                continue
            if files.live.journal_pages.get(number) == page.offset:
                continue
            owner = files.live_map.owner(number) or self._former_owner(number)
            problems: tuple[str, ...] = ()
            if not page.is_checked:
                problems = ("the checksum of the journal page cannot be checked",)
            view = self._view_of_journal()
            state = PageState(page.data, number, owner, False, view)
            yield PageVersion(
                state, "journal_page", "journal", page.offset, HIGH, problems
            )

    def _current(self, *, scan_live: bool, with_live: bool) -> Iterator[PageVersion]:
        """Pages of the newest state: free ones, lost ones, and if wanted all."""
        files = self._files
        overlaid = set()
        for number, data in files.database.pages():
            if files.live.is_overlaid(number):
                overlaid.add(number)
                continue
            yield from self._current_page(number, data, scan_live, with_live)
        for number in sorted({*files.live.frames, *files.live.journal_pages}):
            found = files.live.page(number)
            if found is not None and files.live.is_overlaid(number):
                yield from self._current_page(number, found, scan_live, with_live)

    def _current_page(
        self, number: int, data: bytes, scan_live: bool, with_live: bool
    ) -> Iterator[PageVersion]:
        files = self._files
        role = files.live_map.role(number)
        if role in (Role.OVERFLOW, Role.SKIPPED) or files.skipped(number):
            return
        place = files.live.place(number)
        if role is Role.TREE:
            if not scan_live and not with_live:
                return
            owner = files.live_map.owner(number)
            if owner == Owners.INDEX:
                return
            state = PageState(data, number, owner, True, files.live, is_live=True)
            method = "page_scan" if scan_live else _LIVE
            yield PageVersion(state, method, place.source, place.offset, HIGH)
            return
        owner = self._former_owner(number)
        start = 0
        if role is Role.TRUNK:
            method = "free_page"
            start = min(8 + 4 * int.from_bytes(data[4:8], "big"), len(data))
        elif role is Role.FREE:
            method = "free_page"
        else:
            method = "unreferenced_page" if files.is_sound else "page_scan"
        state = PageState(data, number, owner, False, files.live, carve_from=start)
        yield PageVersion(state, method, place.source, place.offset, HIGH)

    def _journal_records(self) -> Iterator[JournalPage]:
        journal = self._files.journal
        if journal is None or journal.page_size != self._files.database.page_size:
            return
        yield from journal.pages()

    def _view_of_journal(self) -> View:
        """The database before the transaction of the journal."""
        if self._journal_view is None:
            before: dict[int, int] = {}
            for page in self._journal_records():
                before.setdefault(page.page_number, page.offset)
            self._journal_view = View(
                self._files.database,
                journal=self._files.journal_read,
                journal_pages=before,
            )
        return self._journal_view

    def _follow_journal(self) -> None:
        """Owners of pages by interior pages in the journal."""
        files = self._files
        for _ in range(3):
            found = len(self._former)
            for record in self._journal_records():
                number = record.page_number
                owner = files.live_map.owner(number) or self._former_owner(number)
                if not owner or record.data[0] not in _INTERIOR:
                    continue
                try:
                    page = pages.read_page(record.data, number, files.database.usable)
                except FormatError:
                    continue
                for child in pages.read_children(page, Problems()):
                    if files.live_map.role(child) is not Role.TREE:
                        self._former.setdefault(child, owner)
            if len(self._former) == found:
                return
