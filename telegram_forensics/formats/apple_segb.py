"""SEGB containers: the segments of Apple's Biome streams, versions 1 and 2.

Layout by published analyses (those of CCL Solutions Group and of Cellebrite), little
endian, times in seconds since 2001-01-01 UTC as 64 bit floating point numbers.

Version 2: a header of 32 bytes (`SEGB`, 32 bit number of records, time of creation,
padding), records, and at the end of the file 16 bytes for each record: 32 bit end of
the record counted from the end of the header, 32 bit state, time of writing. A record
is CRC-32 of its content, 32 bits that are not understood, content; the next one begins
at a multiple of 4.

Version 1: a header of 56 bytes (32 bit offset of the end of the data, ..., `SEGB`),
then records: 32 bit size, 32 bit state, two times, CRC-32, 32 bits that are not
understood, content; the next one begins at a multiple of 8.

States: 1 written, 3 deleted; 4 is seen on empty records. UNCONFIRMED: no segment of a
real device was at hand; two records that another program made were read.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from telegram_forensics.formats.errors import FormatError

MAXIMUM_SIZE: Final = 16 * 1024 * 1024
WRITTEN: Final = 1
DELETED: Final = 3

MAGIC: Final = b"SEGB"
MAGIC_OFFSET_1: Final = 52
_HEADER_1: Final = 56
_HEADER_2: Final = 32
_RECORD_1: Final = struct.Struct("<iiddII")
_RECORD_2: Final = struct.Struct("<II")
_TRAILER: Final = struct.Struct("<iid")
# The system begins a new segment at 1 MiB.
_MAXIMUM_RECORDS: Final = 200_000
_MAXIMUM_PROBLEMS: Final = 20
_EPOCH: Final = 978_307_200
# 2001 to 2100: anything else is no time.
_LATEST: Final = 4_102_444_800 - _EPOCH


@dataclass(frozen=True, slots=True)
class SegmentRecord:
    """A record.

    Attributes:
        offset: byte offset of the content in the file.
        content: as stored.
        state: `WRITTEN`, `DELETED` or another number.
        written: time of writing, seconds since 2001, None if it is none.
        is_intact: the checksum is that of the content.
    """

    offset: int
    content: bytes
    state: int
    written: float | None
    is_intact: bool


@dataclass(slots=True)
class Segment:
    """A segment.

    Attributes:
        version: 1 or 2.
        created: seconds since 2001, None where it is not stored.
        problems: offset and reason of what cannot be read, the first of them.
        number_of_problems: all of them.
    """

    version: int
    created: float | None = None
    records: list[SegmentRecord] = field(default_factory=list)
    problems: list[tuple[int, str]] = field(default_factory=list)
    number_of_problems: int = 0

    def complain(self, offset: int, reason: str) -> None:
        """Notes a problem."""
        self.number_of_problems += 1
        if len(self.problems) < _MAXIMUM_PROBLEMS:
            self.problems.append((offset, reason))


def as_time(value: float) -> float | None:
    """Seconds since 2001, or None for a number that is no time."""
    return value if math.isfinite(value) and 0 < value < _LATEST else None


def read_segment(data: bytes) -> Segment:
    """Reads a segment.

    Raises:
        FormatError: if it is none.
    """
    if data.startswith(MAGIC) and len(data) >= _HEADER_2:
        return _read_version_2(data)
    magic = data[MAGIC_OFFSET_1 : MAGIC_OFFSET_1 + len(MAGIC)]
    if magic == MAGIC and len(data) >= _HEADER_1:
        return _read_version_1(data)
    raise FormatError(0, "no SEGB segment, or its header is cut off")


def _read_version_1(data: bytes) -> Segment:
    segment = Segment(1)
    (end,) = struct.unpack_from("<I", data)
    if end > len(data):
        segment.complain(0, f"data of {end} bytes announced, {len(data)} are there")
        end = len(data)
    position = _HEADER_1
    while position < end:
        start = position + _RECORD_1.size
        if start > end:
            segment.complain(position, "a record's header is cut off")
            break
        size, state, written, _, checksum, _ = _RECORD_1.unpack_from(data, position)
        if size < 0 or size > end - start:
            segment.complain(position, f"a record of {size} bytes, {end - start} left")
            break
        if len(segment.records) >= _MAXIMUM_RECORDS:
            segment.complain(position, "too many records, the rest is not read")
            break
        if size or state:
            _add(segment, data, start, start + size, state, written, checksum)
        position = (start + size + 7) & ~7
    return segment


def _read_version_2(data: bytes) -> Segment:
    segment = Segment(2)
    count, created = struct.unpack_from("<id", data, len(MAGIC))
    segment.created = as_time(created)
    possible = min((len(data) - _HEADER_2) // _TRAILER.size, _MAXIMUM_RECORDS)
    if not 0 <= count <= possible:
        # The list stands at the end of the file: with a wrong number it has no begin.
        segment.complain(4, f"{count} records announced, {possible} are possible")
        return segment
    trailer = len(data) - count * _TRAILER.size
    entries = sorted(_read_trailer(data, trailer))
    position = _HEADER_2
    for behind, offset, state, written in entries:
        end = behind + _HEADER_2
        if behind == 0 and state == 0:
            continue
        start = position + _RECORD_2.size
        if end > trailer or end < start:
            segment.complain(
                offset, f"a record ends at {end}, its content is at {start}"
            )
            continue
        checksum, _ = _RECORD_2.unpack_from(data, position)
        _add(segment, data, start, end, state, written, checksum)
        position = _HEADER_2 + ((behind + 3) & ~3)
    return segment


def _read_trailer(data: bytes, start: int) -> Iterator[tuple[int, int, int, float]]:
    for offset in range(start, len(data), _TRAILER.size):
        behind, state, written = _TRAILER.unpack_from(data, offset)
        yield behind, offset, state, written


def _add(
    segment: Segment,
    data: bytes,
    start: int,
    end: int,
    state: int,
    written: float,
    checksum: int,
) -> None:
    content = data[start:end]
    is_intact = zlib.crc32(content) == checksum
    if state == WRITTEN and not is_intact:
        segment.complain(start, "the checksum is not that of the content")
    segment.records.append(
        SegmentRecord(start, content, state, as_time(written), is_intact)
    )
