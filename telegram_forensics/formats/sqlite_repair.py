"""Headers of SQLite databases that SQLite cannot open, rebuilt over the evidence.

Specification: https://www.sqlite.org/fileformat2.html#the_database_header (SQLite 3.0.0
and later, all page sizes, text encodings and schema formats).

SQLite refuses a file if its signature is gone, if a field of its header makes no sense
or if the header announces more pages than the file has. What the fields must say can
be read from the pages themselves. Nothing is written: an overlay puts the header that
was rebuilt, or pages, over the bytes of the file while they are read.

What cannot be known again: the list of free pages and the user version. They are 0 if
the header has lost them; rows in free pages are found by `sqlite_recovery`, which then
calls the pages unreferenced.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from telegram_forensics.formats import sqlite_pages as pages
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.sqlite_evidence import guess_page_size
from telegram_forensics.formats.sqlite_pages import Page, Problems, ReadAt
from telegram_forensics.formats.sqlite_views import Database, View, read_schema

CUT_FILE: Final = "cut_file"
"""Pages are missing at the end; the header announces them."""
REBUILT_HEADER: Final = "rebuilt_header"
"""The header was rebuilt."""
REBUILT_SCHEMA: Final = "rebuilt_schema"
"""The first page was rebuilt, with the definitions of the tables."""

_CODES: Final = {name: code for code, name in pages.ENCODINGS.items()}
_FRACTIONS: Final = b"\x40\x20\x20"
_NEWEST_FORMAT: Final = 4
_MAXIMUM_RESERVED: Final = 255
_SAMPLES: Final = 256
_MAPPED: Final = range(1, 6)
_MAXIMUM_FILLING: Final = 1 << 26


@dataclass(frozen=True, slots=True)
class Repair:
    """What SQLite must be told to open a file.

    Attributes:
        method: CUT_FILE, REBUILT_HEADER or REBUILT_SCHEMA.
        patches: (offset, bytes) that are put over the file, or behind its end.
        size: bytes that SQLite is given: whole pages only.
        used: bytes of the file that are among them.
        page_size: bytes of a page.
        changes: what was wrong or lost and what stands for it, (offset, words).
        lost_pages: pages that the header announces and the file does not have.
        has_schema: the first page tells of tables.
        has_version: the user version is that of the database.
        is_guessed: tables were assigned to pages by the look of their rows.
        keys: tables whose definition was rebuilt, with the columns of their keys.
    """

    method: str
    patches: tuple[tuple[int, bytes], ...]
    size: int
    used: int
    page_size: int
    changes: tuple[tuple[int, str], ...]
    lost_pages: int = 0
    has_schema: bool = True
    has_version: bool = True
    is_guessed: bool = False
    keys: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def confidence(self) -> str:
        """How sure rows are that b-trees lead to: "high", "medium" or "low"."""
        if self.method != REBUILT_SCHEMA:
            return "high"
        return "low" if self.is_guessed else "medium"

    @property
    def is_incomplete(self) -> bool:
        """Whether rows can be there that no b-tree leads to any more."""
        return self.lost_pages > 0 or self.method == REBUILT_SCHEMA

    def overlay(self, read: ReadAt, rest: int = 0) -> ReadAt:
        """Reads the file with what was rebuilt in its place.

        Args:
            read: reads the file as it is.
            rest: bytes of a last page that is cut off, to be read as well: not by
                SQLite, to which a page is whole or not there.
        """
        whole = self.size + rest

        def read_at(offset: int, size: int) -> bytes:
            end = min(offset + size, whole)
            if end <= offset:
                return b""
            length = max(min(end, self.used + rest) - offset, 0)
            data = bytearray(read(offset, length) if length else b"")
            data += bytes(end - offset - len(data))
            for start, patch in self.patches:
                low, high = max(start, offset), min(start + len(patch), end)
                if low < high:
                    data[low - offset : high - offset] = patch[
                        low - start : high - start
                    ]
            return bytes(data)

        return read_at


def repair_header(read: ReadAt, size: int, page_size: int) -> Repair:
    """Finds the header with which SQLite opens a file.

    Args:
        read: reads the file.
        size: bytes of it.
        page_size: bytes of a page, one of `find_page_sizes`.

    Returns:
        The repair; without patches if nothing is wrong with the header.

    Raises:
        FormatError: if the file is too short.
    """
    head = read(0, pages.HEADER_SIZE)
    count = size // page_size
    if not count:
        raise FormatError(size, "the file is shorter than a page")
    header = _Header(head, read, count, page_size)
    header.repair()
    data = bytes(header.data)
    is_cut = header.lost_pages > 0 and header.is_only_cut
    patches = ((0, data),) if data != head else ()
    if size % page_size:
        header.changes.append((count * page_size, "the last page is cut off"))
    repair = Repair(
        CUT_FILE if is_cut else REBUILT_HEADER,
        patches,
        count * page_size,
        count * page_size,
        page_size,
        tuple(header.changes),
        header.lost_pages,
    )
    return _with_schema(repair, read, header)


def _with_schema(repair: Repair, read: ReadAt, header: _Header) -> Repair:
    """Looks at the schema, and completes what only it can tell."""
    entries = read_schema(open_overlay(repair, read), Problems())
    largest = max((entry.root_page for entry in entries), default=0)
    data = header.data
    if header.needs_largest_root:
        struct.pack_into(">I", data, 52, max(largest, 1))
    size = repair.size
    changes = repair.changes
    missing = (largest - size // repair.page_size) * repair.page_size
    if 0 < missing <= _MAXIMUM_FILLING and largest - 1 < header.announced:
        # SQLite refuses a schema whose trees begin behind the end of the file.
        size += missing
        struct.pack_into(">I", data, 28, largest)
        words = f"empty pages up to page {largest}, where a tree began"
        changes += ((repair.size, words),)
    return replace(
        repair,
        patches=((0, bytes(data)),) if repair.patches else (),
        size=size,
        changes=changes,
        has_schema=bool(entries),
        has_version=header.has_version,
    )


def open_overlay(repair: Repair, read: ReadAt) -> View:
    """The pages of a file with what was rebuilt."""
    overlay = repair.overlay(read)
    header = pages.read_header(overlay(0, pages.HEADER_SIZE))
    return View(
        Database(overlay, repair.size, header.page_size, header.usable, header.encoding)
    )


class _Header:
    """A header while it is rebuilt.

    Attributes:
        data: its bytes.
        changes: (offset, words) of what was changed.
        lost_pages: pages that it announced and the file does not have.
        is_only_cut: nothing but what follows from missing pages was changed.
        announced: pages that it announced, 0 if it said nothing.
        has_version: its user version is believed.
        needs_largest_root: an auto-vacuum database whose largest root is not known yet.
    """

    def __init__(self, head: bytes, read: ReadAt, count: int, page_size: int) -> None:
        self.data = bytearray(head)
        self.changes: list[tuple[int, str]] = []
        self.announced = 0
        self.lost_pages = 0
        self.is_only_cut = True
        self.needs_largest_root = False
        self.has_version = True
        self._read = read
        self._count = count
        self._page_size = page_size
        self._usable = page_size

    def repair(self) -> None:
        """Puts right what SQLite would stumble over."""
        if not self.data.strip(b"\0"):
            self.changes.append((0, "the header is zeroed"))
        is_known = self.data.startswith(pages.MAGIC) and self.data[21:24] == _FRACTIONS
        self._set(0, pages.MAGIC, "signature")
        stored = 1 if self._page_size == 65536 else self._page_size
        self._set(16, stored.to_bytes(2, "big"), f"page size {self._page_size}")
        if self.data[18] not in (1, 2) or self.data[19] not in (1, 2):
            self._set(18, b"\1\1", "format versions")
        reserved = self._find_reserved(self.data[20] if is_known else None)
        self._usable = self._page_size - reserved
        self._set(20, bytes((reserved,)), f"{reserved} reserved bytes")
        self._set(21, _FRACTIONS, "payload fractions")
        self._repair_counts(is_known=is_known)
        has_format = 1 <= self._number(44) <= _NEWEST_FORMAT
        if not has_format or self._number(56) not in pages.ENCODINGS:
            # What stands beside damaged fields is not believed.
            self.has_version = False
            self.data[60:64] = bytes(4)
        if not has_format:
            self._set(44, _NEWEST_FORMAT.to_bytes(4, "big"), "schema format")
        self._repair_vacuum()
        encoding = self._find_encoding()
        self._set(56, encoding.to_bytes(4, "big"), pages.ENCODINGS[encoding])
        if not self.is_only_cut and not is_known:
            self.data[48:52] = bytes(4)
            self.data[72:92] = bytes(20)

    def _number(self, offset: int) -> int:
        return int.from_bytes(self.data[offset : offset + 4], "big")

    def _set(self, offset: int, value: bytes, words: str, *, cut: bool = False) -> None:
        end = offset + len(value)
        if self.data[offset:end] != value:
            self.data[offset:end] = value
            self.changes.append((offset, words))
            self.is_only_cut = self.is_only_cut and cut

    def _repair_counts(self, *, is_known: bool) -> None:
        """Number of pages and list of free pages."""
        count = self._count
        announced = self._number(28)
        # Only then SQLite believes the number; else it takes the size of the file.
        is_believed = announced and self.data[24:28] == self.data[92:96]
        if is_believed and announced > count:
            # Of a header that is overwritten the number says nothing.
            if is_known:
                self.announced = announced
                self.lost_pages = announced - count
            words = f"{count} pages, {announced} were announced"
            self._set(28, count.to_bytes(4, "big"), words, cut=True)
        trunk, free = self._number(32), self._number(36)
        if (trunk or free) and not self._is_trunk(trunk, free):
            words = f"no free pages, the list began at page {trunk}"
            self._set(32, bytes(8), words, cut=bool(self.lost_pages))

    def _is_trunk(self, trunk: int, free: int) -> bool:
        """Whether a page can be the first of the list of free pages."""
        if not 1 < trunk <= self._count or not 0 < free < self._count:
            return False
        start = (trunk - 1) * self._page_size
        following, leaves = struct.unpack(">II", self._read(start, 8))
        is_inside: bool = following <= self._count and leaves <= self._usable // 4 - 2
        return is_inside

    def _repair_vacuum(self) -> None:
        largest = self._number(52)
        has_maps = self._has_pointer_maps()
        if has_maps and not 1 <= largest <= self._count:
            self._set(52, b"\0\0\0\1", "automatic vacuum", cut=largest > self._count)
            self.needs_largest_root = True
        elif largest and not has_maps:
            self._set(52, bytes(4), "no automatic vacuum")
        if self._number(64) and not self._number(52):
            self._set(64, bytes(4), "no incremental vacuum")

    def _has_pointer_maps(self) -> bool:
        """Whether the second page is a map: a kind and a page number for each page."""
        entries = min(self._usable // 5, self._count - 2)
        if entries < 1:
            return False
        data = self._read(self._page_size, 5 * entries)
        for kind, parent in struct.iter_unpack(">BI", data[: len(data) // 5 * 5]):
            if kind not in _MAPPED or parent > self._number(28) + self._count:
                return False
        return len(data) == 5 * entries

    def _find_encoding(self) -> int:
        """The encoding of the statements in the first page, else the one stored."""
        first = self._read(pages.HEADER_SIZE, self._page_size - pages.HEADER_SIZE)
        plain, big, little = (
            first.count("CREATE ".encode(name))
            for name in ("utf-8", "utf-16-be", "utf-16-le")
        )
        if plain:
            return _CODES["utf-8"]
        if big or little:
            # Big endian text always reads as little endian one byte further on, the
            # other way round only where zero stands in front.
            return _CODES["utf-16-be" if big >= little else "utf-16-le"]
        stored = self._number(56)
        return stored if stored in pages.ENCODINGS else 1

    def _find_reserved(self, stored: int | None) -> int:
        """Bytes at the end of each page that cells never reach.

        The first cell of a page is put at the end of what SQLite uses.
        """
        ends = Counter(
            end
            for page in _sample(self._read, self._count, self._page_size)
            if (end := _last_end(page))
        )
        if not ends:
            return stored or 0
        last = max(ends)
        observed = self._page_size - last
        if stored is not None and stored <= observed:
            return stored
        # One page alone can have lost what stood at its end.
        is_sure = ends[last] > 1 and observed <= _MAXIMUM_RESERVED
        return observed if is_sure and self._page_size - observed >= 480 else 0


def _sample(read: ReadAt, count: int, page_size: int) -> Iterator[Page]:
    """Leaf pages, evenly spread."""
    step = max(count // _SAMPLES, 1)
    for number in (1, *range(2, count + 1, step)):
        try:
            page = pages.read_page(
                read((number - 1) * page_size, page_size), number, page_size
            )
        except FormatError:
            continue
        if page.pointers and page.kind in (pages.TABLE_LEAF, pages.INDEX_LEAF):
            yield page


def _last_end(page: Page) -> int:
    """End of the last cell of a page, 0 if its end is not known for certain."""
    longest = (page.usable - _MAXIMUM_RESERVED - 12) * 64 // 255 - 23
    pointer = max(page.pointers)
    try:
        cell = pages.read_cell(page.data, pointer, page.kind, page.usable)
    except FormatError:
        return 0
    return cell.end if 3 < cell.payload_size <= longest else 0


def find_page_sizes(read: ReadAt, size: int) -> list[int]:
    """Page sizes that a file can have, the best first.

    A sound header is believed. Else pages are looked at in places where they begin if
    the size is right: their first cell ends where the page does.
    """
    head = read(0, pages.HEADER_SIZE)
    found = []
    try:
        header = pages.read_header(head)
        if header.is_sound:
            found.append(header.page_size)
    except FormatError:
        pass
    scores = Counter[int]()
    for page_size in pages.PAGE_SIZES:
        count = size // page_size
        step = max(count // _SAMPLES, 1)
        for page in _sample(read, count, page_size):
            if page_size - _last_end(page) <= _MAXIMUM_RESERVED:
                # Of pages in steps, each stands for those that are stepped over.
                scores[page_size] += step
    found += [page_size for page_size, _ in scores.most_common()]
    guess = guess_page_size(read, size)
    if guess is not None:
        found.append(guess)
    return list(dict.fromkeys(found))
