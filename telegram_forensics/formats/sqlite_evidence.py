"""A SQLite database with its log and journal: states, schema and trees.

Specification: https://www.sqlite.org/fileformat2.html (SQLite 3.0.0 and later; rollback
journals, write-ahead logs since 3.7.0). What `sqlite_recovery` recovers rows from.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from typing import Final

from telegram_forensics.formats import sqlite_pages as pages
from telegram_forensics.formats.errors import FormatError, Issue
from telegram_forensics.formats.sqlite_journal import JournalFile
from telegram_forensics.formats.sqlite_pages import Header, Problems, ReadAt
from telegram_forensics.formats.sqlite_trees import (
    Owners,
    map_freelist,
    map_overflow,
    map_pages,
)
from telegram_forensics.formats.sqlite_views import (
    Budget,
    Database,
    PageMap,
    Role,
    SchemaEntry,
    View,
    read_schema,
)
from telegram_forensics.formats.sqlite_wal import WalFile, WalFrame

_INTERIOR: Final = frozenset((pages.TABLE_INTERIOR, pages.INDEX_INTERIOR))
_DEFAULT_PAGE_SIZE: Final = 4096
_SCHEMA_PAGES: Final = 100_000
"""Pages of the schema table that are read in all transactions of a log together."""


class SqliteFiles:
    """The files of a database and the newest committed state of it.

    Attributes:
        database: the database file.
        header: header of the newest state, None if it cannot be read.
        wal: the write-ahead log, None if there is none.
        journal: the rollback journal, None if there is none.
        journal_read: reads the journal.
        live: the newest committed state, what SQL shows.
        base: the database file alone.
        owners: tables by number.
        live_map: what pages are used for in the newest state.
        base_map: the same for the database file alone.
        is_sound: SQLite would open the database, and its schema is readable.
        total_size: bytes of all files.
        problems: problems by source ("database", "wal", "journal").
    """

    def __init__(
        self,
        database: ReadAt,
        size: int,
        wal: tuple[ReadAt, int] | None = None,
        journal: tuple[ReadAt, int] | None = None,
        *,
        roll_back: bool = False,
        schema: Sequence[str] = (),
    ) -> None:
        """Reads headers, log, schema and b-trees. See `SqliteEvidence`."""
        self.problems = {name: Problems() for name in ("database", "wal", "journal")}
        self.journal_read = journal[0] if journal else None
        self._hint = schema
        self.total_size = size + sum(other[1] for other in (wal, journal) if other)
        header = self._database_header(database, size)
        page_size = header.page_size if header else None
        self.wal = self._open_wal(wal, page_size)
        self.journal = JournalFile(*journal, page_size) if journal else None
        if page_size is None:
            page_size = self._other_page_size() or guess_page_size(database, size)
        page_size = page_size or _DEFAULT_PAGE_SIZE
        self._reserved = header.reserved if header else 0
        encoding = header.encoding if header else _guess_encoding(database)
        self.database = Database(
            database, size, page_size, page_size - self._reserved, encoding
        )
        self.base = View(self.database)
        self.live = self._live_view(roll_back)
        self.header = header
        self.is_sound = header is not None and header.is_sound
        self._read_live_header()
        self.owners = Owners(self.database.encoding)
        self._map()

    def issues(self) -> list[Issue]:
        """What is wrong with the files."""
        issues = []
        for name, file in (("wal", self.wal), ("journal", self.journal)):
            for problem in file.problems if file is not None else ():
                if problem not in self.problems[name]:
                    self.problems[name].append(problem)
        for name, problems in self.problems.items():
            issues += [Issue(name, offset, reason) for offset, reason in problems]
            if problems.total > len(problems) >= Problems.MAXIMUM:
                issues.append(Issue(name, None, f"{problems.total} problems in all"))
        return issues

    def live_pages(self) -> Iterator[int]:
        """Numbers of the pages that the newest state can have."""
        count = self.database.page_count
        yield from range(1, count + 1)
        others = {*self.live.frames, *self.live.journal_pages}
        yield from sorted(number for number in others if number > count)

    def skipped(self, number: int) -> bool:
        """Whether a page never holds rows, by its number."""
        size = self.database.page_size
        return number == pages.lock_byte_page(size) or (
            self.header is not None
            and self.header.has_pointer_maps
            and pages.is_pointer_map(number, size, self.database.usable)
        )

    def roots(
        self, entries: Sequence[SchemaEntry], *, is_dropped: bool = False
    ) -> list[tuple[int, int]]:
        """Root pages of a schema with the numbers of their owners."""
        roots = [(1, Owners.MASTER)]
        for entry in entries:
            if not entry.root_page:
                continue
            owner = Owners.INDEX
            if entry.kind == "table":
                owner = self.owners.number(entry, is_dropped=is_dropped)
            if owner:
                roots.append((entry.root_page, owner))
        return roots

    def frame_owners(self) -> Iterator[tuple[WalFrame, int, View]]:
        """Frames of the log with the owner of their page at that time.

        The owner is that of the transaction that the frame belongs to; behind the end
        of the chain, the best guess: owner in the base file, else in the newest state.
        The view is the database at the end of the transaction.
        """
        wal = self.wal
        if wal is None:
            return
        start = 0
        timeline = _Timeline(self)
        while start < wal.chain_end:
            end = start
            while end < wal.chain_end:
                end += 1
                if wal.frame(end - 1).database_size:
                    break
            view = timeline.advance(start, end)
            for index in range(start, end):
                frame = wal.frame(index)
                yield frame, timeline.owner(frame.page_number), view
            start = end
        frames: dict[int, dict[int, array[int]]] = {}
        for index in range(wal.chain_end, len(wal)):
            frame = wal.frame(index)
            by_page = frames.setdefault(frame.generation, {})
            by_page.setdefault(frame.page_number, array("Q")).append(index)
        for index in range(wal.chain_end, len(wal)):
            frame = wal.frame(index)
            view = View(self.database, wal, frames[frame.generation], len(wal))
            number = frame.page_number
            owner = self.base_map.owner(number) or self.live_map.owner(number)
            yield frame, owner, view

    def _database_header(self, read: ReadAt, size: int) -> Header | None:
        problems = self.problems["database"]
        if not size:
            problems.append((0, "the database is empty"))
            return None
        try:
            header = pages.read_header(read(0, pages.HEADER_SIZE))
        except FormatError as error:
            problems.append((error.offset, error.reason))
            return None
        if not header.is_sound:
            # A page size that happens to be one proves nothing.
            problems.append((0, "the database header is damaged"))
            guess = guess_page_size(read, size)
            if guess is not None and guess != header.page_size:
                return None
        if size % header.page_size:
            problems.append((size, "the last page of the database is cut off"))
        elif header.page_count > size // header.page_size:
            count = size // header.page_size
            reason = f"{count} pages, of {header.page_count} that the header announces"
            problems.append((size, reason))
        return header

    def _open_wal(
        self, wal: tuple[ReadAt, int] | None, page_size: int | None
    ) -> WalFile | None:
        if wal is None:
            return None
        try:
            log = WalFile(*wal, page_size)
        except FormatError as error:
            self.problems["wal"].append((error.offset, error.reason))
            return None
        if page_size and log.page_size != page_size:
            reason = f"pages of {log.page_size} bytes, {page_size} in the database"
            self.problems["wal"].append((8, reason))
            return None
        return log

    def _other_page_size(self) -> int | None:
        for other in (self.wal, self.journal):
            if other is not None and other.page_size:
                return other.page_size
        return None

    def _live_view(self, roll_back: bool) -> View:
        frames: dict[int, array[int]] = {}
        if self.wal is not None:
            for index in range(self.wal.commit_end):
                number = self.wal.frame(index).page_number
                frames.setdefault(number, array("Q")).append(index)
            if frames:
                limit = self.wal.commit_end
                return View(self.database, self.wal, frames, limit)
        if not roll_back or self.journal is None or not self.journal.is_hot:
            return self.base
        # The first copy of a page is the one from before the transaction.
        before: dict[int, int] = {}
        if self.journal.page_size == self.database.page_size:
            for page in self.journal.pages():
                if page.is_valid:
                    before.setdefault(page.page_number, page.offset)
            self.journal.problems.clear()
        return View(self.database, journal=self.journal_read, journal_pages=before)

    def _read_live_header(self) -> None:
        """Takes the header of the newest state, which can be in the log."""
        if self.live is self.base:
            return
        data = self.live.page(1)
        try:
            header = pages.read_header(data or b"")
        except FormatError:
            return
        if header.page_size != self.database.page_size:
            return
        self.header = header
        self.is_sound = header.is_sound
        self.database = Database(
            self.database.read,
            self.database.size,
            header.page_size,
            header.usable,
            header.encoding,
        )
        live = self.live
        self.base = View(self.database)
        self.live = View(
            self.database,
            live.wal,
            live.frames,
            live.limit,
            live.journal,
            live.journal_pages,
        )

    def _map(self) -> None:
        problems = self.problems["database"]
        entries = read_schema(self.live, problems)
        if problems.total and not entries:
            self.is_sound = False
        self.live_map = map_pages(self.live, self.roots(entries), problems)
        for statement in self._hint:
            self.owners.number(SchemaEntry("table", "", 0, statement), is_dropped=True)
        self._map_rest(self.live, self.live_map)
        if self.header is not None:
            first = self.header.first_trunk
            map_freelist(self.live, self.live_map, first, problems)
        if self.live is self.base:
            self.base_map = self.live_map
            return
        earlier = Problems()
        roots = self.roots(read_schema(self.base, earlier), is_dropped=True)
        self.base_map = map_pages(self.base, roots, earlier)

    def _map_rest(self, view: View, page_map: PageMap) -> None:
        numbers = {number for number in view.frames if view.frame(number) is not None}
        numbers |= view.journal_pages.keys()
        for number, data in self.database.pages():
            if self.skipped(number):
                page_map.set(number, 0, Role.SKIPPED)
            elif page_map.role(number) is Role.TREE and number not in numbers:
                map_overflow(view, page_map, number, data)
        for number in numbers:
            data = view.page(number) or b""
            if page_map.role(number) is Role.TREE:
                map_overflow(view, page_map, number, data)


class _Timeline:
    """Owners of pages while the transactions of a log pass by."""

    def __init__(self, files: SqliteFiles) -> None:
        self._files = files
        self._owners: dict[int, int] = {}
        self._frames: dict[int, array[int]] = {}
        self._cookie: bytes | None = None
        self._effort = Budget(_SCHEMA_PAGES)

    def owner(self, number: int) -> int:
        """Owner of a page now, 0 if it is unknown."""
        found = self._owners.get(number)
        return self._files.base_map.owner(number) if found is None else found

    def advance(self, start: int, end: int) -> View:
        """Takes in the frames of a transaction; returns the state behind it."""
        files, wal = self._files, self._files.wal
        assert wal is not None
        changed = []
        for index in range(start, end):
            number = wal.frame(index).page_number
            self._frames.setdefault(number, array("Q")).append(index)
            changed.append(number)
        view = View(files.database, wal, self._frames, end)
        queue = []
        if 1 in changed:
            cookie = (view.page(1) or b"")[40:44]
            if cookie != self._cookie:
                self._cookie = cookie
                entries = read_schema(view, Problems(), self._effort)
                for number, owner in files.roots(entries, is_dropped=True):
                    if self.owner(number) != owner:
                        self._owners[number] = owner
                        queue.append(number)
        queue += changed
        # Damaged trees could hand pages to and fro.
        budget = 16 * len(queue) + 1000
        while queue and budget:
            budget -= 1
            number = queue.pop()
            owner = self.owner(number)
            page = view.tree_page(number) if owner else None
            if page is None or page.kind not in _INTERIOR:
                continue
            for child in pages.read_children(page, Problems()):
                if view.has(child) and self.owner(child) != owner:
                    self._owners[child] = owner
                    queue.append(child)
        return view


def guess_page_size(read: ReadAt, size: int) -> int | None:
    """The page size of a database whose header is damaged, None if nothing fits.

    In pages that are taken for smaller than they are, cells lie outside; so the
    smallest size at which a good part of the pages makes sense is the right one.
    """
    shares: dict[int, float] = {}
    for page_size in pages.PAGE_SIZES:
        count = size // page_size
        step = max(count // 256, 1)
        numbers = range(2, count + 1, step)
        good = sum(
            _is_plausible(read((number - 1) * page_size, page_size), number)
            for number in numbers
        )
        if good:
            shares[page_size] = good / len(numbers)
    if not shares:
        return None
    best = max(shares.values())
    return min(page_size for page_size, share in shares.items() if share > best / 2)


def _is_plausible(data: bytes, number: int) -> bool:
    problems = Problems()
    try:
        page = pages.read_page(data, number, len(data))
    except FormatError:
        return False
    if page.kind in _INTERIOR or not page.pointers:
        return False
    for _ in pages.read_cells(page, problems):
        pass
    return not problems


def _guess_encoding(read: ReadAt) -> str:
    """Text encoding by the statements on the first page."""
    data = read(0, 65536)
    for encoding in ("utf-16-le", "utf-16-be"):
        if "CREATE".encode(encoding) in data:
            return encoding
    return "utf-8"
