"""Image streams: compressed chunks in bevies.

Specification: formats/aff4.md section 4. One read fetches the chunks it needs and no
more; indexes are read when a bevy is first touched.
"""

from __future__ import annotations

import struct
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final, Protocol

from telegram_forensics.aff4 import compression
from telegram_forensics.aff4.cache import ByteCache
from telegram_forensics.aff4.errors import Aff4Error
from telegram_forensics.aff4.source import ByteSource

DEFAULT_CHUNK_SIZE: Final = 32768
DEFAULT_CHUNKS_IN_SEGMENT: Final = 2048
MAXIMUM_CHUNK_SIZE: Final = 64 * 1024 * 1024
_MAXIMUM_CHUNKS_IN_SEGMENT: Final = 1 << 24
# Indexes of bevies held at a time: 24 KiB each at 2048 chunks.
_MAXIMUM_INDEXES: Final = 256
_ENTRY = struct.Struct("<QI")
_WORD = struct.Struct("<I")


class SegmentFinder(Protocol):
    """Finds the segments of a stream, in whatever volume they lie."""

    def open_segment(self, urn: str, suffix: str) -> ByteSource | None:
        """Opens the member `urn + suffix`, None if no volume has it."""

    def read_segment(self, urn: str, suffix: str, limit: int) -> bytes | None:
        """Reads a small member and checks its CRC, None if no volume has it."""


@dataclass(frozen=True, slots=True)
class StreamGeometry:
    """How a stream is cut up.

    Attributes:
        size: plain bytes.
        chunk_size: plain bytes of a chunk.
        chunks_in_segment: chunks of a bevy.
        method: compression, None if the metadata names none.
        is_always_compressed: dialect F compresses even chunks of full length.
    """

    size: int
    chunk_size: int
    chunks_in_segment: int
    method: compression.Method | None
    is_always_compressed: bool = False


@dataclass(slots=True)
class _Bevy:
    source: ByteSource
    index: bytes
    form: str
    count: int

    def entry(self, number: int) -> tuple[int, int]:
        """Offset and stored length of a chunk."""
        if self.form == "entries":
            offset, length = _ENTRY.unpack_from(self.index, number * _ENTRY.size)
            return offset, length
        (word,) = _WORD.unpack_from(self.index, number * 4)
        if self.form == "ends":
            start = (
                0 if number == 0 else _WORD.unpack_from(self.index, number * 4 - 4)[0]
            )
            return start, word - start
        if number + 1 < self.count:
            (end,) = _WORD.unpack_from(self.index, number * 4 + 4)
        else:
            end = self.source.size
        return word, end - word


class ImageStream:
    """A stream of chunks.

    Attributes:
        urn: its name.
        geometry: how it is cut up.
        problems: what was worked around while reading, in words, each once.
    """

    def __init__(
        self,
        urn: str,
        geometry: StreamGeometry,
        finder: SegmentFinder,
        cache: ByteCache,
    ) -> None:
        """Prepares a stream; no segment is read yet.

        Raises:
            Aff4Error: if the geometry makes no sense.
        """
        if not 1 <= geometry.chunk_size <= MAXIMUM_CHUNK_SIZE:
            raise Aff4Error(urn, None, f"chunk size {geometry.chunk_size}")
        if not 1 <= geometry.chunks_in_segment <= _MAXIMUM_CHUNKS_IN_SEGMENT:
            raise Aff4Error(
                urn, None, f"{geometry.chunks_in_segment} chunks in a segment"
            )
        self.urn = urn
        self.geometry = geometry
        self.problems: dict[str, None] = {}
        self._finder = finder
        self._cache = cache
        self._bevies: OrderedDict[int, _Bevy] = OrderedDict()
        method = geometry.method or compression.Method.ZLIB
        self._decompress = compression.decompressor(method)

    @property
    def size(self) -> int:
        """Plain bytes."""
        return self.geometry.size

    @property
    def number_of_chunks(self) -> int:
        """Chunks, the last one perhaps a short one."""
        return -(-self.geometry.size // self.geometry.chunk_size)

    def read_at(self, offset: int, size: int) -> bytes:
        """Reads exactly `size` bytes.

        Raises:
            Aff4Error: if the range leaves the stream or a chunk of it is unreadable.
        """
        if offset < 0 or size < 0 or offset + size > self.size:
            raise Aff4Error(
                self.urn, offset, f"{size} bytes wanted, the stream has {self.size}"
            )
        if not size:
            return b""
        chunk_size = self.geometry.chunk_size
        first, skip = divmod(offset, chunk_size)
        if skip + size <= chunk_size:
            chunk = self._chunk(first)
            return chunk if len(chunk) == size else chunk[skip : skip + size]
        last = (offset + size - 1) // chunk_size
        parts = [self._chunk(number) for number in range(first, last + 1)]
        parts[-1] = parts[-1][: offset + size - last * chunk_size]
        if skip:
            parts[0] = parts[0][skip:]
        return b"".join(parts)

    def _plain_size(self, number: int) -> int:
        """Plain bytes of a chunk that belong to the stream."""
        chunk_size = self.geometry.chunk_size
        return min(chunk_size, self.size - number * chunk_size)

    def _chunk(self, number: int) -> bytes:
        key = (self.urn, number)
        chunk = self._cache.get(key)
        if chunk is None:
            chunk = self.read_chunk(number)
            self._cache.put(key, chunk)
        return chunk

    def read_chunk(self, number: int) -> bytes:
        """Reads one chunk past the cache, cut to what belongs to the stream.

        Raises:
            Aff4Error: if it cannot be read or decompressed.
        """
        bevy_number, position = divmod(number, self.geometry.chunks_in_segment)
        bevy = self._bevy(bevy_number)
        where = f"{self.urn}/{bevy_number:08d}"
        if position >= bevy.count:
            raise Aff4Error(
                where,
                None,
                f"the index has {bevy.count} entries, chunk {position} is wanted",
            )
        offset, length = bevy.entry(position)
        if length == 0:
            self.problems["chunks of stored length 0 were read as zeros"] = None
            return bytes(self._plain_size(number))
        if length < 0 or offset + length > bevy.source.size:
            raise Aff4Error(
                where,
                offset,
                f"chunk {position} of {length} bytes leaves the bevy of "
                f"{bevy.source.size}",
            )
        if length > 2 * self.geometry.chunk_size + 1024:
            raise Aff4Error(
                where, offset, f"chunk {position} has {length} stored bytes"
            )
        stored = bevy.source.read_at(offset, length)
        try:
            return self._plain(stored, number)
        except compression.CompressionError as exception:
            raise Aff4Error(
                where,
                offset,
                f"chunk {position} does not decompress: {exception}",
            ) from exception

    def _plain(self, stored: bytes, number: int) -> bytes:
        chunk_size = self.geometry.chunk_size
        wanted = self._plain_size(number)
        method = self.geometry.method
        if method is compression.Method.STORED:
            plain = self._decompress(stored, chunk_size)
        elif len(stored) == chunk_size and not self.geometry.is_always_compressed:
            plain = stored
        elif len(stored) == wanted and wanted < chunk_size:
            # c-aff4 stores an incompressible last chunk without padding.
            try:
                plain = self._decompress(stored, chunk_size)
            except compression.CompressionError:
                plain = stored
            if len(plain) < wanted:
                plain = stored
        else:
            plain = self._decompress(stored, chunk_size)
        if len(plain) == wanted:
            return plain
        if len(plain) > wanted:
            return plain[:wanted]
        if number == self.number_of_chunks - 1:
            raise compression.CompressionError(
                f"last chunk gives {len(plain)} bytes, {wanted} are needed"
            )
        self.problems["short chunks were padded with zeros"] = None
        return plain + bytes(wanted - len(plain))

    def _bevy(self, number: int) -> _Bevy:
        bevy = self._bevies.get(number)
        if bevy is None:
            bevy = self._open_bevy(number)
            self._bevies[number] = bevy
            if len(self._bevies) > _MAXIMUM_INDEXES:
                self._bevies.popitem(last=False)
        return bevy

    def _open_bevy(self, number: int) -> _Bevy:
        suffix = f"/{number:08d}"
        where = f"{self.urn}{suffix}"
        source = self._finder.open_segment(self.urn, suffix)
        if source is None:
            raise Aff4Error(
                where,
                None,
                "bevy is missing; if the image was split, put all parts (.A01, .A02 "
                "...) beside each other",
            )
        limit = (self.geometry.chunks_in_segment + 65536) * _ENTRY.size
        index = self._finder.read_segment(self.urn, f"{suffix}.index", limit)
        if index is not None:
            return _Bevy(source, index, "entries", len(index) // _ENTRY.size)
        index = self._finder.read_segment(self.urn, f"{suffix}/index", limit)
        if index is None:
            raise Aff4Error(where, None, "index of the bevy is missing")
        # Before the standard: ends (Evimetry) or starts (Rekall) of the chunks.
        is_starts = index[:4] == b"\0\0\0\0"
        return _Bevy(source, index, "starts" if is_starts else "ends", len(index) // 4)
