"""Rows of a SQLite database that SQL does not show.

Specification: https://www.sqlite.org/fileformat2.html (SQLite 3.0.0 and later). Looked
at are, from the best evidence to the weakest:

    1. frames of the write-ahead log other than the newest committed ones
       (`wal_stale_frame`, `wal_uncommitted_frame`, `wal_earlier_generation`), and pages
       of the file that a frame replaces (`superseded_page`);
    2. pages of the rollback journal (`journal_page`);
    3. pages of the freelist (`free_page`) and pages that nothing refers to
       (`unreferenced_page`); in a database that SQLite does not open, every page
       (`page_scan`);
    4. free space inside of all these and of pages in use (`free_block`).

A row is given once, from the best place. The table of a row is the one whose b-tree the
page belongs to, or belonged to in an earlier state; of a page without such a history,
the records decide: what fits one table only is given to it, else all that fit are
named.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from telegram_forensics.formats import sqlite_pages as pages
from telegram_forensics.formats.errors import FormatError, Issue
from telegram_forensics.formats.sqlite_evidence import SqliteFiles
from telegram_forensics.formats.sqlite_pages import Problems, ReadAt, Value
from telegram_forensics.formats.sqlite_rowpages import (
    FoundRow,
    PageReader,
    PageState,
    Seen,
)
from telegram_forensics.formats.sqlite_schema import Table
from telegram_forensics.formats.sqlite_versions import PageVersion, PageVersions
from telegram_forensics.formats.sqlite_views import (
    Budget,
    Role,
)

HIGH: Final = "high"
MEDIUM: Final = "medium"
LOW: Final = "low"

IsLive = Callable[[str, int | None, Mapping[str, Value]], bool]
"""Whether a row (table, row id or None if it is lost, values) is a live one."""


@dataclass(frozen=True, slots=True)
class RecoveredRow:
    """A row.

    Attributes:
        table: its table, None if several are possible or none is known.
        candidates: tables that the row fits, if `table` is None; best first.
        rowid: row id; None if it is lost, or the table has none.
        values: values by column, those of the first candidate if there are several;
            `column_1` and so on if there is none. Columns whose value is lost are left
            out. Text is `Text`, blobs are bytes.
        record: values as stored; `Table.row` makes values of another candidate of it.
        defaulted: columns that are newer than the row; they have their default.
        method: how it was found, see the module.
        confidence: "high", "medium" or "low".
        page_number: page that it is on.
        offset: file offset of the cell.
        source: "database", "wal" or "journal".
        problems: what is missing or doubtful.
    """

    table: str | None
    candidates: tuple[str, ...]
    rowid: int | None
    values: dict[str, Value]
    record: tuple[Value, ...]
    defaulted: tuple[str, ...]
    method: str
    confidence: str
    page_number: int
    offset: int
    source: str
    problems: tuple[str, ...]


class SqliteEvidence:
    """A database with its log and journal."""

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
        """Reads headers, schema and b-trees.

        Args:
            database: reads the database file.
            size: bytes of it.
            wal: the write-ahead log and its size.
            journal: the rollback journal and its size.
            roll_back: whether the live rows are those behind a rollback with a hot
                journal (a SQLite that may write); without, those of the file as it is.
            schema: CREATE TABLE statements of tables that may have been there, used for
                pages whose table is unknown.

        Damage never raises an error, see `issues`. Errors of the readers pass through.
        """
        self._files = SqliteFiles(
            database, size, wal, journal, roll_back=roll_back, schema=schema
        )
        self._versions = PageVersions(self._files)

    @property
    def is_sound(self) -> bool:
        """Whether header and schema of the newest state are readable.

        If not, every page is scanned.
        """
        return self._files.is_sound

    @property
    def has_hot_journal(self) -> bool:
        """Whether a transaction was under way when the files were taken."""
        journal = self._files.journal
        return journal is not None and journal.is_hot

    def issues(self) -> list[Issue]:
        """What is wrong with the files; `file` is "database", "wal" or "journal"."""
        return self._files.issues()

    def schema(self) -> list[Table]:
        """All tables: live ones, and those known from remains (`is_dropped`)."""
        self._versions.find_dropped()
        return [table for _, table in self._files.owners.all_tables()]

    def live_rows(
        self, tables: Collection[str] | None = None
    ) -> Iterator[tuple[str, int | None, dict[str, Value]]]:
        """Rows of the newest committed state: table, row id and values.

        Rows of damaged pages are left out, and so are those that lost a part.
        """
        files = self._files
        reader = self._reader(None)
        problems = files.problems["database"]
        for number in files.live_pages():
            owner = files.live_map.owner(number)
            table = files.owners.tables[owner]
            if table is None or (tables is not None and table.name not in tables):
                continue
            data = files.live.page(number)
            if files.live_map.role(number) is not Role.TREE or data is None:
                continue
            state = PageState(data, number, owner, True, files.live, is_live=True)
            for row in reader.rows(state, problems):
                if not row.problems:
                    yield table.name, row.rowid, table.row(row.rowid, row.record)[0]

    def recover(
        self,
        tables: Collection[str] | None = None,
        is_live: IsLive | None = None,
        *,
        scan_live: bool = False,
    ) -> Iterator[RecoveredRow]:
        """Recovers rows.

        Args:
            tables: tables wanted, None for all and for rows of unknown tables.
            is_live: tells rows that the caller has from elsewhere; they are left out.
            scan_live: gives rows of pages in use as well (`page_scan`), for databases
                that SQLite opens and cannot read; those it cannot open are always
                read in full.
        """
        self._versions.find_dropped()
        reader = self._reader(Seen())
        scan = scan_live or not self._files.is_sound
        problems = self._files.problems["database"]
        for is_free_space in (False, True):
            for version in self._versions.all(scan_live=scan, with_live=is_free_space):
                if is_free_space:
                    # The page may have been one of another table before.
                    found = reader.free_rows(version.state)
                elif self._is_wanted(version, tables):
                    found = self._whole_rows(reader, version)
                else:
                    continue
                for row in found:
                    recovered = self._recovered(version, row, is_free_space)
                    if _is_among(recovered, tables) and not self._is_known(
                        recovered, row, is_live
                    ):
                        yield recovered
        for reason in reader.given_up():
            problems.append((0, reason))

    def live_filter(self, tables: Collection[str] | None = None) -> IsLive:
        """An `is_live` from the rows of the newest state, 200 bytes per row."""
        known: set[bytes] = set()
        aliases = {
            (table.name, table.rowid_alias)
            for _, table in self._files.owners.all_tables()
        }
        for table, rowid, values in self.live_rows(tables):
            known.add(_digest(table, rowid, values))
            if rowid is not None:
                without = {
                    name: value
                    for name, value in values.items()
                    if (table, name) not in aliases
                }
                known.add(_digest(table, None, without))

        def is_live(table: str, rowid: int | None, values: Mapping[str, Value]) -> bool:
            return _digest(table, rowid, values) in known

        return is_live

    def _reader(self, seen: Seen | None) -> PageReader:
        files = self._files
        # Each overflow page some times over; more is a trap.
        budget = Budget((1 << 31) + 8 * files.total_size)
        usable = files.database.usable
        return PageReader(files.owners, files.live_map, usable, budget, seen)

    def _whole_rows(
        self, reader: PageReader, version: PageVersion
    ) -> Iterator[FoundRow]:
        problems = Problems()
        try:
            yield from reader.rows(version.state, problems)
        except FormatError:
            # Its free space is all of it, see `PageReader.free_rows`.
            return
        for offset, reason in problems:
            place = (version.offset + offset, reason)
            self._files.problems[version.source].append(place)

    def _is_wanted(self, version: PageVersion, tables: Collection[str] | None) -> bool:
        """Whether a page can hold rows of the tables wanted."""
        state = version.state
        if tables is None or not state.owner or not state.is_certain:
            return True
        table = self._files.owners.tables[state.owner]
        return table is not None and table.name in tables

    def _recovered(
        self, version: PageVersion, row: FoundRow, is_free_space: bool
    ) -> RecoveredRow:
        found = [self._files.owners.tables[number] for number in row.tables]
        candidates = [table for table in found if table is not None]
        if candidates:
            values, defaulted = candidates[0].row(row.rowid, row.record)
        else:
            numbered = enumerate(row.record, 1)
            values = {f"column_{number}": value for number, value in numbered}
            defaulted = ()
        problems = (*version.problems, *row.problems)
        names = tuple(dict.fromkeys(table.name for table in candidates))
        if is_free_space or row.problems or len(names) != 1:
            confidence = LOW
        elif not row.by_tree or version.problems:
            confidence = MEDIUM
        else:
            confidence = version.confidence
        is_single = len(candidates) == 1
        return RecoveredRow(
            candidates[0].name if is_single else None,
            () if is_single else names,
            row.rowid,
            values,
            row.record,
            defaulted,
            "free_block" if is_free_space else version.method,
            confidence,
            version.state.number,
            version.offset + row.offset,
            version.source,
            problems,
        )

    def _is_known(
        self, recovered: RecoveredRow, row: FoundRow, is_live: IsLive | None
    ) -> bool:
        """Whether the caller has a row, as a row of any table that it can be of."""
        if is_live is None:
            return False
        if recovered.table is not None:
            return is_live(recovered.table, recovered.rowid, recovered.values)
        found = [self._files.owners.tables[number] for number in row.tables]
        return any(
            is_live(table.name, row.rowid, table.row(row.rowid, row.record)[0])
            for table in found
            if table is not None
        )


def _is_among(row: RecoveredRow, tables: Collection[str] | None) -> bool:
    return (
        tables is None
        or row.table in tables
        or any(name in tables for name in row.candidates)
    )


def _digest(table: str, rowid: int | None, values: Mapping[str, Value]) -> bytes:
    digest = hashlib.blake2b(f"{table}\0{rowid}".encode("utf-8", "replace"))
    for name, value in values.items():
        digest.update(name.encode("utf-8", "replace"))
        if isinstance(value, pages.Text):
            digest.update(b"t%d," % len(value.raw) + value.raw)
        elif isinstance(value, bytes):
            digest.update(b"b%d," % len(value) + value)
        else:
            digest.update(repr(value).encode())
    return digest.digest()[:16]
