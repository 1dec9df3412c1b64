"""Rollback journals of SQLite 3 databases.

Specification: https://www.sqlite.org/fileformat2.html#the_rollback_journal (SQLite
3.0.0 and later). All integers big endian.

A journal holds pages as they were before a transaction. In the mode PERSIST its header
is zeroed behind the transaction and everything else stays, remains of longer
transactions further back included. The checksum of a record is the nonce of its header
plus some bytes of the page; the nonce is thus known from a single record, and records
of one transaction vouch for each other even if the header is gone.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from telegram_forensics.formats.sqlite_pages import PAGE_SIZES, Problems, ReadAt

MAGIC: Final = bytes.fromhex("d9d505f920a163d7")
HEADER_SIZE: Final = 28
_HEADER: Final = struct.Struct(">8sIIIII")
_SECTORS: Final = tuple(1 << bits for bits in range(9, 17))
_UNKNOWN_COUNT: Final = 0xFFFFFFFF
_STEP: Final = 200


class JournalPage(NamedTuple):
    """A page in a journal.

    Attributes:
        offset: file offset of the page.
        page_number: its number.
        data: its content before the transaction.
        nonce: nonce that its checksum points to.
        is_checked: the nonce is that of the header, or that of a neighbour.
        is_valid: a record that SQLite would play back.
    """

    offset: int
    page_number: int
    data: bytes
    nonce: int
    is_checked: bool
    is_valid: bool


@dataclass(frozen=True, slots=True)
class JournalHeader:
    """Header of a part of a journal.

    Attributes:
        record_count: records that follow; 0 if the writer had not synchronised yet,
            None if up to the end of the file.
        is_complete: with the magic, which is written with the count.
        nonce: what checksums start with.
        database_size: pages of the database before the transaction.
        sector_size: bytes that a header takes.
        page_size: bytes of a page.
    """

    record_count: int | None
    is_complete: bool
    nonce: int
    database_size: int
    sector_size: int
    page_size: int


class JournalFile:
    """A rollback journal.

    Attributes:
        header: its first header, None if it is zeroed or damaged.
        page_size: bytes of a page, 0 if unknown.
        problems: (offset, reason) of what is wrong with the journal.
    """

    def __init__(self, read: ReadAt, size: int, page_size: int | None = None) -> None:
        """Reads the first header.

        Args:
            read: reads the journal.
            size: bytes of it.
            page_size: page size of the database, used if the header is zeroed.
        """
        self._read = read
        self._size = size
        self.problems = Problems()
        self.header = self._header_at(0, None)
        self.page_size = self.header.page_size if self.header else page_size or 0
        if self.header is None and size and read(0, HEADER_SIZE).strip(b"\0"):
            self.problems.append((0, "the header of the journal is damaged"))
        if self.header and page_size and page_size != self.page_size:
            self.problems.append(
                (24, f"pages of {self.page_size} bytes, {page_size} in the database")
            )

    @property
    def is_hot(self) -> bool:
        """Whether its header is complete: SQLite would roll a transaction back.

        It does so unless the process that wrote it still runs, or a super-journal that
        it names is gone.
        """
        header = self.header
        return (
            header is not None
            and header.is_complete
            and self._size > header.sector_size
        )

    def pages(self) -> Iterator[JournalPage]:
        """All pages in the journal, those that SQLite would not play back included."""
        if not self.page_size:
            return
        if self.header is None:
            yield from self._stale(self._first_record(), None)
            return
        offset = 0
        header: JournalHeader | None = self.header
        while header is not None:
            offset += header.sector_size
            last = header
            for page in self._part(offset, header):
                yield page
                offset = page.offset + self.page_size + 4
            header = self._header_at(self._aligned(offset, last.sector_size), last)
            if header is not None:
                offset = self._aligned(offset, last.sector_size)
        yield from self._stale(offset, last.sector_size)

    def _part(self, offset: int, header: JournalHeader) -> Iterator[JournalPage]:
        # SQLite plays back nothing if the count is 0, yet the records are there.
        count = header.record_count
        number = 0
        while not count or number < count:
            page = self._record(offset, header.nonce)
            if page is None or not page.is_checked:
                if count:
                    reason = "a record with a wrong checksum, or none, ends this part"
                    self.problems.append((offset, reason))
                return
            yield page._replace(is_valid=count != 0)
            offset += self.page_size + 8
            number += 1

    def _stale(self, offset: int, sector: int | None) -> Iterator[JournalPage]:
        """Records of which no header says that they count."""
        step = self.page_size + 8
        sector = sector or _SECTORS[0]
        before: JournalPage | None = None
        while offset + 4 < self._size:
            page = self._record(offset, None)
            if page is not None and before is not None:
                same = page.nonce == before.nonce
                before_checked = before.is_checked or same
                yield before._replace(is_checked=before_checked)
                page = page._replace(is_checked=same)
            elif before is not None:
                yield before
            before = page
            if page is not None:
                offset += step
                continue
            # A header between records, or the end of what was written at this pace.
            aligned = self._aligned(offset, sector)
            header = self._header_at(aligned, None)
            if header is not None and header.page_size == self.page_size:
                offset = aligned + header.sector_size
            else:
                offset = aligned + sector if aligned == offset else aligned
        if before is not None:
            yield before

    def _record(self, offset: int, nonce: int | None) -> JournalPage | None:
        raw = self._read(offset, self.page_size + 8)
        if len(raw) < 4:
            return None
        number = int.from_bytes(raw[:4], "big")
        data = raw[4 : 4 + self.page_size]
        if not number or raw.startswith(MAGIC):
            return None
        if len(raw) < self.page_size + 8:
            reason = "the last record of the journal is cut off"
            self.problems.append((offset, reason))
            data = data.ljust(self.page_size, b"\0")
            return JournalPage(offset + 4, number, data, -1, False, False)
        checksum = int.from_bytes(raw[-4:], "big")
        # From 200 bytes before the end on, each 200th byte, the first never included.
        found = checksum - sum(data[self.page_size - _STEP : 0 : -_STEP]) & 0xFFFFFFFF
        if found != nonce and not data.strip(b"\0"):
            return None
        return JournalPage(offset + 4, number, data, found, found == nonce, False)

    def _first_record(self) -> int:
        """Where records begin if the header is zeroed: its sector size is unknown."""
        best, best_score = _SECTORS[0], -1
        for sector in _SECTORS:
            page = self._record(sector, None)
            if page is None:
                continue
            following = self._record(sector + self.page_size + 8, None)
            score = int(page.data[0] in (2, 5, 10, 13) or page.page_number == 1)
            if following is not None and following.nonce == page.nonce:
                score += 4
            score += page.page_number < 1 << 24
            if score > best_score:
                best, best_score = sector, score
        return best

    def _header_at(
        self, offset: int, first: JournalHeader | None
    ) -> JournalHeader | None:
        data = self._read(offset, HEADER_SIZE)
        if len(data) < HEADER_SIZE:
            return None
        magic, count, nonce, pages, sector, page_size = _HEADER.unpack(data)
        # Magic and count stay zero until the records are safe on the disk.
        is_complete = magic == MAGIC
        if not is_complete and (magic.strip(b"\0") or count):
            return None
        if first is not None and is_complete:
            # Later headers of a journal repeat these two; SQLite does not read them.
            sector, page_size = first.sector_size, first.page_size
        if sector not in _SECTORS or page_size not in PAGE_SIZES:
            return None
        records = None if count == _UNKNOWN_COUNT else count
        return JournalHeader(records, is_complete, nonce, pages, sector, page_size)

    @staticmethod
    def _aligned(offset: int, sector: int) -> int:
        return -(-offset // sector) * sector
