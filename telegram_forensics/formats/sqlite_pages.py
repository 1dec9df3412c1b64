"""Pages and records of SQLite 3 databases, read without SQLite.

Specification: https://www.sqlite.org/fileformat2.html, file format of SQLite 3.0.0 and
later (schema formats 1 to 4, all text encodings, auto-vacuum, WITHOUT ROWID). All
integers big endian.

Pages are read one by one, those included that SQLite has no reason to look at; nothing
but the page itself is relied on, and sizes and offsets are checked against it.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from telegram_forensics.formats.errors import FormatError

ReadAt = Callable[[int, int], bytes]
"""Reads (offset, size) of a file; fewer bytes are returned at its end only."""

MAGIC: Final = b"SQLite format 3\0"
HEADER_SIZE: Final = 100
TABLE_LEAF: Final = 0x0D
TABLE_INTERIOR: Final = 0x05
INDEX_LEAF: Final = 0x0A
INDEX_INTERIOR: Final = 0x02
KINDS: Final = frozenset((TABLE_LEAF, TABLE_INTERIOR, INDEX_LEAF, INDEX_INTERIOR))
PAGE_SIZES: Final = tuple(1 << bits for bits in range(9, 17))
ENCODINGS: Final = {1: "utf-8", 2: "utf-16-le", 3: "utf-16-be"}
MAXIMUM_PAYLOAD: Final = 1 << 26
"""Longest record that is put together. SQLite allows 1 GB; no client writes 64 MiB."""

_LOCK_BYTE: Final = 0x40000000
_INTERIOR: Final = frozenset((TABLE_INTERIOR, INDEX_INTERIOR))
_PAGE_HEADER: Final = struct.Struct(">BHHHB")
_DOUBLE: Final = struct.Struct(">d")
_INTEGER_SIZES: Final = (0, 1, 2, 3, 4, 6, 8)
_VARINT_SIZE: Final = 9
_MINIMUM_USABLE: Final = 480


class Text(NamedTuple):
    """A text value, as stored: told from a blob by its class.

    Attributes:
        raw: its bytes.
        encoding: text encoding of the database, as Python names it.
    """

    raw: bytes
    encoding: str

    def __str__(self) -> str:
        return self.raw.decode(self.encoding, "backslashreplace")


class Problems(list[tuple[int, str]]):
    """What is wrong: (offset or page number, reason). Only the first ones are kept.

    Attributes:
        total: how many there were.
    """

    MAXIMUM: Final = 500

    def __init__(self) -> None:
        super().__init__()
        self.total = 0

    def append(self, problem: tuple[int, str]) -> None:
        """Adds one."""
        self.total += 1
        if len(self) < self.MAXIMUM:
            super().append(problem)


Value = None | int | float | bytes | Text


@dataclass(frozen=True, slots=True)
class Header:
    """The database header.

    Attributes:
        page_size: bytes of a page.
        reserved: bytes at the end of each page that are not SQLite's.
        encoding: text encoding, as Python names it.
        page_count: pages, by the header; 0 if it does not say.
        first_trunk: first trunk page of the freelist, 0 if it is empty.
        free_pages: pages of the freelist.
        has_pointer_maps: an auto-vacuum database.
        schema_cookie: changes with the schema.
        is_wal: the database was last in WAL mode.
        is_sound: all that SQLite checks when it opens a database is right.
    """

    page_size: int
    reserved: int
    encoding: str
    page_count: int
    first_trunk: int
    free_pages: int
    has_pointer_maps: bool
    schema_cookie: int
    is_wal: bool
    is_sound: bool

    @property
    def usable(self) -> int:
        """Bytes of a page that SQLite uses."""
        return self.page_size - self.reserved


class Page(NamedTuple):
    """A b-tree page.

    Attributes:
        number: page number.
        data: the whole page.
        kind: one of KINDS.
        start: offset of its header (100 in page 1).
        first_free_block: offset of the first free block, 0 if there is none.
        pointers: offsets of the cells.
        content_start: offset of the cell content area.
        right_child: right-most child of an interior page, else 0.
        usable: bytes of the page that SQLite uses.
    """

    number: int
    data: bytes
    kind: int
    start: int
    first_free_block: int
    pointers: tuple[int, ...]
    content_start: int
    right_child: int
    usable: int

    @property
    def gap_start(self) -> int:
        """Where the unallocated space begins: behind the array of pointers."""
        size = 12 if self.kind in _INTERIOR else 8
        return self.start + size + 2 * len(self.pointers)


class Cell(NamedTuple):
    """A cell.

    Attributes:
        offset: offset within the page.
        end: offset behind it.
        child: left child of a cell of an interior page, else 0.
        rowid: row id, None on pages of index b-trees.
        payload_start: offset of the part of the record that is on the page.
        local_size: bytes of that part.
        payload_size: bytes of the record.
        overflow: first overflow page, 0 if there is none.
    """

    offset: int
    end: int
    child: int
    rowid: int | None
    payload_start: int
    local_size: int
    payload_size: int
    overflow: int


class Record(NamedTuple):
    """A decoded record.

    Attributes:
        values: values of the columns stored.
        problem: what is wrong with it, "" if nothing is. Values that are not there any
            more are left out at the end; the last one may be cut off.
    """

    values: tuple[Value, ...]
    problem: str


def read_header(data: bytes) -> Header:
    """Reads the database header.

    Raises:
        FormatError: if the page size or an essential field makes no sense.
    """
    if len(data) < HEADER_SIZE:
        raise FormatError(len(data), "the database header is cut off")
    page_size = struct.unpack_from(">H", data, 16)[0]
    page_size = 65536 if page_size == 1 else page_size
    reserved = data[20]
    if page_size not in PAGE_SIZES or page_size - reserved < _MINIMUM_USABLE:
        raise FormatError(16, f"page size {page_size} with {reserved} bytes reserved")
    encoding = struct.unpack_from(">I", data, 56)[0]
    # An empty database that was never written to has 0 here.
    is_sound = (
        data.startswith(MAGIC) and data[21:24] == b"\x40\x20\x20" and encoding <= 3
    )
    counter, page_count, trunk, free = struct.unpack_from(">IIII", data, 24)
    valid_for = struct.unpack_from(">I", data, 92)[0]
    return Header(
        page_size,
        reserved,
        ENCODINGS.get(encoding, "utf-8"),
        page_count if counter == valid_for else 0,
        trunk,
        free,
        bool(struct.unpack_from(">I", data, 52)[0]),
        struct.unpack_from(">I", data, 40)[0],
        data[18] == 2 or data[19] == 2,
        is_sound,
    )


def is_pointer_map(number: int, page_size: int, usable: int) -> bool:
    """Whether a page of an auto-vacuum database is a pointer-map page.

    Their first byte can look like the kind of an interior page.
    """
    if number < 2:
        return False
    group = usable // 5 + 1
    first = (number - 2) // group * group + 2
    if first == lock_byte_page(page_size):
        first += 1
    return number == first


def lock_byte_page(page_size: int) -> int:
    """Number of the page that is never used, since file locks are taken on it."""
    return _LOCK_BYTE // page_size + 1


def read_varint(data: bytes, offset: int) -> tuple[int, int]:
    """Reads an integer of variable length.

    Returns:
        Its value, without sign, and the offset behind it.

    Raises:
        FormatError: if the data ends within it.
    """
    value = 0
    for position in range(offset, min(offset + _VARINT_SIZE - 1, len(data))):
        byte = data[position]
        if byte < 0x80:
            return value << 7 | byte, position + 1
        value = value << 7 | byte & 0x7F
    last = offset + _VARINT_SIZE - 1
    if last >= len(data):
        raise FormatError(offset, "the data ends within an integer")
    return value << 8 | data[last], last + 1


def write_varint(value: int) -> bytes:
    """The shortest way to write an integer without sign."""
    if value >= 1 << 56:
        return _nine_bytes(value)
    written = bytearray((value & 0x7F,))
    while value := value >> 7:
        written.append(value & 0x7F | 0x80)
    return bytes(reversed(written))


def signed(value: int) -> int:
    """The 64-bit number with sign that a number without sign stands for."""
    return value - (1 << 64) if value >> 63 else value


def local_size(payload_size: int, usable: int, *, is_table: bool) -> int:
    """Bytes of a record that are kept on the page itself."""
    minimum = (usable - 12) * 32 // 255 - 23
    maximum = usable - 35 if is_table else (usable - 12) * 64 // 255 - 23
    if payload_size <= maximum:
        return payload_size
    size = minimum + (payload_size - minimum) % (usable - 4)
    return size if size <= maximum else minimum


def read_page(data: bytes, number: int, usable: int) -> Page:
    """Reads the header of a b-tree page.

    Raises:
        FormatError: if this is no b-tree page, or a damaged one.
    """
    start = HEADER_SIZE if number == 1 else 0
    if len(data) < start + 12 or data[start] not in KINDS:
        raise FormatError(start, "no b-tree page")
    kind, free_block, count, content, fragments = _PAGE_HEADER.unpack_from(data, start)
    content = content or 65536
    is_interior = kind in _INTERIOR
    array = start + (12 if is_interior else 8)
    usable = min(usable, len(data))
    if not array + 2 * count <= content <= usable:
        raise FormatError(start + 3, f"{count} cells, and content from {content} on")
    if free_block and not content <= free_block <= usable - 4:
        raise FormatError(start + 1, f"the first free block is said to be {free_block}")
    if fragments > 60:
        raise FormatError(start + 7, f"{fragments} bytes are said to be fragments")
    right = struct.unpack_from(">I", data, start + 8)[0] if is_interior else 0
    pointers = struct.unpack_from(f">{count}H", data, array)
    return Page(number, data, kind, start, free_block, pointers, content, right, usable)


def read_cells(page: Page, problems: Problems) -> Iterator[Cell]:
    """Cells of a page, in the order of their pointers.

    Args:
        page: the page.
        problems: takes (offset, reason) of cells that cannot be read.

    Cells do not overlap. Those that do are given up, which also bounds the work that a
    page can cause: 32,000 pointers may all lead to the same large cell.
    """
    left = page.usable
    lowest = page.content_start
    for index, pointer in enumerate(page.pointers):
        if not lowest <= pointer <= page.usable - 3:
            problems.append((pointer, f"cell {index} is said to be at {pointer}"))
            continue
        try:
            cell = read_cell(page.data, pointer, page.kind, page.usable)
        except FormatError as error:
            problems.append((error.offset, f"cell {index}: {error.reason}"))
            continue
        # A cell takes 4 bytes at least, even if its content is shorter.
        left -= max(cell.end - cell.offset, 4)
        if left < 0:
            problems.append((pointer, f"cells from {index} on overlap others"))
            return
        yield cell


def read_cell(data: bytes, offset: int, kind: int, usable: int) -> Cell:
    """Reads a cell.

    Raises:
        FormatError: if it does not fit into the page.
    """
    position = offset
    child = 0
    rowid: int | None = None
    if kind in _INTERIOR:
        child = int.from_bytes(data[offset : offset + 4], "big")
        position += 4
    if kind == TABLE_INTERIOR:
        key, position = read_varint(data, position)
        if position > usable:
            raise FormatError(offset, "the cell ends behind the page")
        return Cell(offset, position, child, signed(key), position, 0, 0, 0)
    size, position = read_varint(data, position)
    if kind == TABLE_LEAF:
        key = data[position] if position < len(data) else 0x80
        position += 1
        if key > 0x7F:
            key, position = read_varint(data, position - 1)
        rowid = key - (1 << 64) if key >> 63 else key
    local = local_size(size, usable, is_table=kind == TABLE_LEAF)
    end = position + local
    overflow = 0
    if local < size:
        overflow = int.from_bytes(data[end : end + 4], "big")
        end += 4
    if end > usable:
        raise FormatError(offset, f"a record of {size} bytes ends behind the page")
    return Cell(offset, end, child, rowid, position, local, size, overflow)


def read_children(page: Page, problems: Problems) -> list[int]:
    """Numbers of the children of an interior page."""
    children = []
    for index, pointer in enumerate(page.pointers):
        if page.content_start <= pointer <= page.usable - 4:
            children.append(struct.unpack_from(">I", page.data, pointer)[0])
        else:
            problems.append((pointer, f"cell {index} is said to be at {pointer}"))
    children.append(page.right_child)
    return children


def free_blocks(page: Page) -> Iterator[tuple[int, int]]:
    """Free blocks of a page (start and end), as far as their chain makes sense."""
    start = page.first_free_block
    while start and start <= page.usable - 4:
        following, size = struct.unpack_from(">HH", page.data, start)
        if size < 4 or start + size > page.usable:
            return
        yield start, start + size
        # The chain goes up; so it cannot be a circle.
        if following < start + size:
            return
        start = following


def read_types(data: bytes, offset: int, end: int) -> tuple[int, list[int], int]:
    """Reads the header of a record.

    Returns:
        Offset behind it, serial types, and bytes that the values take.

    Raises:
        FormatError: if it reaches beyond `end` or holds types that do not exist.
    """
    size, position = read_varint(data, offset)
    stop = offset + size
    if not position <= stop <= end:
        raise FormatError(offset, f"a record header of {size} bytes")
    types = []
    total = 0
    while position < stop:
        kind = data[position]
        position += 1
        if kind > 0x7F:
            # Nearly all have two bytes; a call for each would take half of the time.
            second = data[position] if position < stop else 0x80
            if second < 0x80:
                kind = (kind & 0x7F) << 7 | second
                position += 1
            else:
                kind, position = read_varint(data, position - 1)
        if kind > 11:
            total += (kind - 12) >> 1
        elif kind < 7:
            total += _INTEGER_SIZES[kind]
        elif kind == 7:
            total += 8
        elif kind > 9:
            raise FormatError(position - 1, f"serial type {kind}")
        types.append(kind)
    if position != stop:
        raise FormatError(offset, "a record header ends within a serial type")
    return stop, types, total


def read_record(payload: bytes, payload_size: int, encoding: str) -> Record:
    """Decodes a record.

    Args:
        payload: its bytes, fewer than `payload_size` if some are lost.
        payload_size: bytes that the cell announces.
        encoding: text encoding of the database, as Python names it.

    Raises:
        FormatError: if this is no record.
    """
    position, types, total = read_types(payload, 0, len(payload))
    problem = ""
    announced = payload_size - position
    if announced != total:
        problem = f"values of {total} bytes in a record with room for {announced}"
    available = len(payload)
    values: list[Value] = []
    for kind in types:
        if kind > 11:
            end = position + ((kind - 12) >> 1)
            raw = payload[position:end]
            if end > available:
                problem = (
                    f"of value {len(values) + 1} of {len(types)}, {len(raw)} of "
                    f"{end - position} bytes are there; the rest of the row is lost"
                )
                if raw:
                    values.append(Text(raw, encoding) if kind & 1 else raw)
                break
            values.append(Text(raw, encoding) if kind & 1 else raw)
        elif kind == 0:
            values.append(None)
            continue
        elif kind > 7:
            values.append(kind - 8)
            continue
        else:
            end = position + (8 if kind == 7 else _INTEGER_SIZES[kind])
            if end > available:
                problem = (
                    f"values from {len(values) + 1} of {len(types)} on are lost: the "
                    f"record is cut off"
                )
                break
            if kind == 7:
                values.append(_DOUBLE.unpack_from(payload, position)[0])
            else:
                values.append(int.from_bytes(payload[position:end], "big", signed=True))
        position = end
    return Record(tuple(values), problem)


def _nine_bytes(value: int) -> bytes:
    written = bytearray((value & 0xFF,))
    value >>= 8
    for _ in range(8):
        written.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(reversed(written))
