"""The ZIP directory of an AFF4 volume.

Specification: formats/aff4.md section 1.1. Python's `zipfile` does not do: it refuses
the ZIP64 extras that pyaff4 writes, holds an object per member, and trusts local
headers. Here everything comes from the central directory, and only the two lengths that
decide where the data begins are taken from the local header, when a member is used.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from telegram_forensics.aff4.errors import Aff4Error, NotAff4Error
from telegram_forensics.aff4.source import ByteSource

METHOD_STORED: Final = 0
METHOD_DEFLATED: Final = 8
LOCAL_SIGNATURE: Final = b"PK\x03\x04"

_MAXIMUM_DIRECTORY_SIZE: Final = 1 << 30
_ALL_ONES_32: Final = 0xFFFFFFFF
_ALL_ONES_16: Final = 0xFFFF
_END = struct.Struct("<4s4H2LH")
_END_SIGNATURE: Final = b"PK\x05\x06"
_ZIP64_END = struct.Struct("<4sQ2H2L4Q")
_ZIP64_END_SIGNATURE: Final = b"PK\x06\x06"
_LOCATOR = struct.Struct("<4sLQL")
_LOCATOR_SIGNATURE: Final = b"PK\x06\x07"
_ENTRY = struct.Struct("<4s6H3L5H2L")
_ENTRY_SIGNATURE: Final = b"PK\x01\x02"
_LOCAL = struct.Struct("<4s22x2H")
_MAXIMUM_COMMENT: Final = 65535
# Metadata deflates to a tenth or so; what is beyond this is a decompression bomb.
_MAXIMUM_RATIO: Final = 200
_BOMB_SIZE: Final = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Member:
    """One file inside the ZIP.

    Attributes:
        name: name as stored, UTF-8.
        method: 0 stored, 8 deflated.
        crc: CRC-32 of the plain data.
        stored_size: bytes in the file.
        size: plain bytes.
        header_offset: file offset of the local header.
    """

    name: str
    method: int
    crc: int
    stored_size: int
    size: int
    header_offset: int


class ZipDirectory:
    """Central directory of a ZIP file.

    Attributes:
        source: the file.
        comment: comment of the file, without anything behind the first NUL.
        problems: (file offset, reason) of what was worked around.
    """

    def __init__(self, source: ByteSource) -> None:
        """Reads the directory.

        Raises:
            NotAff4Error: if the file is no ZIP file.
            Aff4Error: if the directory is damaged.
        """
        self.source = source
        self.problems: list[tuple[int, str]] = []
        self._data_offsets: dict[str, int] = {}
        end_offset, end = self._find_end()
        count, size, offset, directory_end = self._locate(end_offset, end)
        self.comment = end[_END.size :].split(b"\0", 1)[0]
        # Where something was put in front of the volume, all offsets are off by that.
        self._base = directory_end - size - offset
        if size > _MAXIMUM_DIRECTORY_SIZE:
            raise Aff4Error(source.name, end_offset, f"directory of {size} bytes")
        if self._base < 0:
            raise Aff4Error(
                source.name, end_offset, "central directory lies outside of the file"
            )
        self._directory_offset = self._base + offset
        self._raw = source.read_at(self._directory_offset, size)
        self._index = dict(self._scan(count))

    def __contains__(self, name: object) -> bool:
        return name in self._index

    def __len__(self) -> int:
        return len(self._index)

    def __iter__(self) -> Iterator[str]:
        return iter(self._index)

    def _find_end(self) -> tuple[int, bytes]:
        source = self.source
        length = min(source.size, _END.size + _MAXIMUM_COMMENT)
        tail = source.read_at(source.size - length, length)
        position = len(tail)
        while True:
            position = tail.rfind(_END_SIGNATURE, 0, position)
            if position < 0:
                break
            if position + _END.size <= len(tail):
                (comment_length,) = struct.unpack_from("<H", tail, position + 20)
                if position + _END.size + comment_length <= len(tail):
                    end = tail[position : position + _END.size + comment_length]
                    return source.size - length + position, end
        if source.size >= 4 and source.read_at(0, 4) == LOCAL_SIGNATURE:
            raise Aff4Error(
                source.name,
                source.size,
                "no end of central directory: the file is truncated (metadata and "
                "directory of an AFF4 volume are written last)",
            )
        raise NotAff4Error(source.name, None, "not a ZIP file")

    def _locate(self, end_offset: int, end: bytes) -> tuple[int, int, int, int]:
        """Entries, size and offset of the directory, and where it must end."""
        source = self.source
        fields = _END.unpack_from(end)
        count, size, offset = fields[4], fields[5], fields[6]
        locator_offset = end_offset - _LOCATOR.size
        if locator_offset < 0:
            return count, size, offset, end_offset
        locator = _LOCATOR.unpack(source.read_at(locator_offset, _LOCATOR.size))
        if locator[0] != _LOCATOR_SIGNATURE:
            return count, size, offset, end_offset
        for position in (locator[2], locator_offset - _ZIP64_END.size):
            if not 0 <= position <= locator_offset - _ZIP64_END.size:
                continue
            record = _ZIP64_END.unpack(source.read_at(position, _ZIP64_END.size))
            if record[0] == _ZIP64_END_SIGNATURE:
                return record[7], record[8], record[9], position
        raise Aff4Error(
            source.name, locator_offset, "ZIP64 end record is not where it should be"
        )

    def _scan(self, count: int) -> Iterator[tuple[str, int]]:
        """Names and their positions; of a repeated name the last one counts."""
        raw = self._raw
        unpack, length = _ENTRY.unpack_from, len(raw)
        position = 0
        number = 0
        while position + _ENTRY.size <= length:
            fields = unpack(raw, position)
            if fields[0] != _ENTRY_SIGNATURE:
                raise Aff4Error(
                    self.source.name,
                    self._directory_offset + position,
                    f"entry {number} of the central directory is damaged",
                )
            name_end = position + _ENTRY.size + fields[10]
            name = raw[position + _ENTRY.size : name_end]
            yield name.decode("utf-8", "surrogateescape"), position
            position = name_end + fields[11] + fields[12]
            number += 1
        if position != length:
            raise Aff4Error(
                self.source.name,
                self._directory_offset + length,
                f"entry {number - (position > length)} of the central directory is "
                f"cut off",
            )
        if count not in (number, _ALL_ONES_16):
            self.problems.append(
                (
                    self._directory_offset,
                    f"central directory announces {count} entries, {number} are there",
                )
            )

    def member(self, name: str) -> Member:
        """Looks a member up.

        Raises:
            KeyError: if there is none of this name.
            Aff4Error: if its entry is damaged.
        """
        position = self._index[name]
        fields = _ENTRY.unpack_from(self._raw, position)
        method, crc, stored_size, size = fields[4], fields[7], fields[8], fields[9]
        header_offset = fields[16]
        if _ALL_ONES_32 in (stored_size, size, header_offset):
            start = position + _ENTRY.size + fields[10]
            extra = self._raw[start : start + fields[11]]
            values = iter(_zip64_values(extra))
            try:
                size = next(values) if size == _ALL_ONES_32 else size
                if stored_size == _ALL_ONES_32:
                    stored_size = next(values)
                if header_offset == _ALL_ONES_32:
                    header_offset = next(values)
            except StopIteration:
                raise Aff4Error(
                    self.source.name,
                    self._directory_offset + position,
                    f"ZIP64 sizes of {name} are missing",
                ) from None
        return Member(name, method, crc, stored_size, size, header_offset + self._base)

    def data_offset(self, member: Member) -> int:
        """File offset of a member's data.

        Raises:
            Aff4Error: if its local header is damaged or its data leaves the file.
        """
        offset = self._data_offsets.get(member.name)
        if offset is None:
            if not 0 <= member.header_offset <= self.source.size - _LOCAL.size:
                raise Aff4Error(
                    f"{self.source.name}: {member.name}",
                    member.header_offset,
                    f"local header lies outside of the file of {self.source.size}",
                )
            header = self.source.read_at(member.header_offset, _LOCAL.size)
            signature, name_length, extra_length = _LOCAL.unpack(header)
            if signature != LOCAL_SIGNATURE:
                raise Aff4Error(
                    f"{self.source.name}: {member.name}",
                    member.header_offset,
                    "no local header there",
                )
            offset = member.header_offset + _LOCAL.size + name_length + extra_length
            if len(self._data_offsets) >= 100_000:
                self._data_offsets.clear()
            self._data_offsets[member.name] = offset
        if offset + member.stored_size > self.source.size:
            raise Aff4Error(
                f"{self.source.name}: {member.name}",
                offset,
                f"{member.stored_size} bytes announced, the file ends before",
            )
        return offset

    def chunks(
        self, name: str, limit: int, step: int = 4 * 1024 * 1024
    ) -> Iterator[bytes]:
        """Plain data of a member, piece by piece; its CRC is checked at the end.

        Args:
            name: member.
            limit: most bytes that it may have.
            step: size of a piece.

        Raises:
            KeyError: if there is no such member.
            Aff4Error: if it is damaged or larger than `limit`.
        """
        member = self.member(name)
        segment = f"{self.source.name}: {name}"
        if member.size > limit:
            raise Aff4Error(
                segment, None, f"{member.size} bytes, more than {limit} are not read"
            )
        if member.method not in (METHOD_STORED, METHOD_DEFLATED):
            raise Aff4Error(segment, None, f"ZIP method {member.method} is unknown")
        if member.size > max(_BOMB_SIZE, member.stored_size * _MAXIMUM_RATIO):
            raise Aff4Error(
                segment,
                member.header_offset,
                f"decompression bomb: {member.size} bytes out of {member.stored_size}",
            )
        crc = total = 0
        for piece in self._plain_pieces(member, segment, step):
            crc = zlib.crc32(piece, crc)
            total += len(piece)
            if total > member.size:
                break
            yield piece
        if total != member.size or crc != member.crc:
            raise Aff4Error(
                segment,
                member.header_offset,
                f"damaged: {total} of {member.size} bytes, CRC-32 {crc:08x} instead "
                f"of {member.crc:08x}",
            )

    def _plain_pieces(self, member: Member, segment: str, step: int) -> Iterator[bytes]:
        offset = self.data_offset(member)
        end = offset + member.stored_size
        if member.method == METHOD_STORED:
            while offset < end:
                size = min(step, end - offset)
                yield self.source.read_at(offset, size)
                offset += size
            return
        inflater = zlib.decompressobj(-15)
        pending = b""
        while not inflater.eof:
            if not pending:
                # May be nothing: output can wait in the inflater.
                size = min(step, end - offset)
                pending = self.source.read_at(offset, size)
                offset += size
            try:
                piece = inflater.decompress(pending, step)
            except zlib.error as exception:
                raise Aff4Error(segment, offset, f"damaged: {exception}") from exception
            pending = inflater.unconsumed_tail
            if piece:
                yield piece
            elif not pending and offset == end:
                return

    def read(self, name: str, limit: int) -> bytes:
        """Plain data of a member; see `chunks`."""
        return b"".join(self.chunks(name, limit))


def _zip64_values(extra: bytes) -> Iterator[int]:
    position = 0
    while position + 4 <= len(extra):
        identifier, size = struct.unpack_from("<2H", extra, position)
        position += 4
        if identifier == 1:
            # pyaff4 up to 0.34 writes size 0 and puts the numbers behind it.
            end = position + size if size else len(extra)
            for offset in range(position, min(end, len(extra)) - 7, 8):
                yield struct.unpack_from("<Q", extra, offset)[0]
            return
        position += size
