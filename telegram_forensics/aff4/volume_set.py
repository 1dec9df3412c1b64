"""The streams and images of a group of AFF4 volumes.

Specification: formats/aff4.md sections 3 to 5.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from telegram_forensics.aff4 import compression, lexicon
from telegram_forensics.aff4.cache import DEFAULT_CACHE_SIZE, ByteCache
from telegram_forensics.aff4.errors import Aff4Error, MissingStreamError
from telegram_forensics.aff4.file_records import FileRecord
from telegram_forensics.aff4.graph import Aff4Object
from telegram_forensics.aff4.image_stream import (
    DEFAULT_CHUNK_SIZE,
    DEFAULT_CHUNKS_IN_SEGMENT,
    ImageStream,
    StreamGeometry,
)
from telegram_forensics.aff4.map_stream import ENTRY_SIZE, MapStream, Stream, Target
from telegram_forensics.aff4.source import ByteSource
from telegram_forensics.aff4.symbolic import symbolic_stream
from telegram_forensics.aff4.turtle import Literal
from telegram_forensics.aff4.volume_group import (
    MAXIMUM_TARGETS_SIZE,
    SiblingFinder,
    VolumeGroup,
)

__all__ = ["ByteRange", "Image", "SiblingFinder", "VolumeSet"]

_MAXIMUM_DEPTH: Final = 16
# Lines of `idx` that no entry of the map can use, before it counts as damaged.
_MAXIMUM_SPARE_TARGETS: Final = 65536
_RANGE = re.compile(r"(.*)\[0x([0-9a-fA-F]+):0x([0-9a-fA-F]+)\]")


@dataclass(frozen=True, slots=True)
class ByteRange:
    """A range of another stream, as a stream."""

    stream: Stream
    offset: int
    size: int

    def read_at(self, offset: int, size: int) -> bytes:
        """See `Stream`."""
        if offset < 0 or offset + size > self.size:
            raise Aff4Error("byte range", offset, f"{size} bytes wanted of {self.size}")
        return self.stream.read_at(self.offset + offset, size)


@dataclass(slots=True)
class Image:
    """An image: a byte stream that a volume offers.

    Attributes:
        urn: URN of the image object.
        number: 1 for the first one of the volume, in the order of the metadata.
        stream: its bytes.
        is_memory: an image of memory; no volume system is in it.
        problems: what was worked around, in words.
    """

    urn: str
    number: int
    stream: Stream
    is_memory: bool
    problems: dict[str, None] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Number of bytes."""
        return self.stream.size


class VolumeSet(VolumeGroup):
    """Volumes that belong together, as streams and images."""

    def __init__(
        self,
        source: ByteSource,
        siblings: SiblingFinder | None = None,
        *,
        own_name: str = "",
        cache_size: int = DEFAULT_CACHE_SIZE,
    ) -> None:
        """Opens a volume and those that it needs.

        Args:
            source: the given file.
            siblings: files beside it, None if there are none.
            own_name: file name of `source` among them.
            cache_size: bytes of decompressed chunks to keep.

        Raises:
            NotAff4Error: if the file is no AFF4 volume.
            Aff4Error: if it is a damaged one.
        """
        super().__init__(source, siblings, own_name)
        self._cache = ByteCache(cache_size)
        self._opening: list[str] = []
        self._reading: list[str] = []
        self._streams: dict[str, Stream] = {}

    def open_stream(self, urn: str) -> Stream:
        """Opens a stream: image stream, map, member, or byte range of one.

        Raises:
            MissingStreamError: if it lies in a volume that is not at hand.
            Aff4Error: if it cannot be opened.
        """
        stream = self._streams.get(urn)
        if stream is not None:
            return stream
        if urn in self._opening:
            raise Aff4Error(urn, None, "the stream leads back to itself")
        if len(self._opening) >= _MAXIMUM_DEPTH:
            raise Aff4Error(urn, None, "streams are nested too deeply")
        self._opening.append(urn)
        try:
            stream = self._open(urn)
        finally:
            self._opening.pop()
        if len(self._streams) > 1000:
            self._streams.clear()
        self._streams[urn] = stream
        return stream

    def _open(self, urn: str) -> Stream:
        match = _RANGE.fullmatch(urn)
        if match:
            offset, size = int(match[2], 16), int(match[3], 16)
            stream = self.open_stream(match[1])
            if offset + size > stream.size:
                raise Aff4Error(urn, offset, f"range leaves the stream {match[1]}")
            return ByteRange(stream, offset, size)
        piece = self.graph.pieces.get(urn)
        if piece is not None:
            return self.open_stream(piece)
        item = self.graph.objects.get(urn)
        if item is None and urn in self._files:
            item = self._stream_of_file(self._files[urn])
        if self.find_segment(urn, "/map"):
            return self._open_map(urn, item)
        types = item.types if item else set()
        has_bevy = self.find_segment(urn, "/00000000")
        if item and (
            has_bevy or ("ImageStream" in types and not self.find_segment(urn, ""))
        ):
            return self._open_image_stream(item)
        source = self.open_segment(urn, "")
        if source is not None:
            return source
        raise self._missing(urn, item)

    def _stream_of_file(self, record: FileRecord) -> Aff4Object:
        """The stream properties of a file that is its own image stream or map."""
        item = Aff4Object(record.urn)
        for name, nodes in (record.extra or {}).items():
            item.properties[name] = list(nodes)
        if record.size is not None:
            item.properties["size"] = [Literal(str(record.size), "")]
        return item

    def _missing(self, urn: str, item: Aff4Object | None) -> MissingStreamError:
        known = {volume.urn for volume in self.volumes}
        stored = [
            volume
            for volume in (item.iris("stored") if item else [])
            if volume not in known
        ]
        if stored:
            return MissingStreamError(
                urn,
                None,
                f"the stream is stored in volume {stored[0]}, which is not in the "
                f"same folder; put all parts of the image beside each other",
            )
        return MissingStreamError(urn, None, "no volume at hand holds this stream")

    def _open_image_stream(self, item: Aff4Object) -> Stream:
        size = item.number("size")
        chunk_size = item.number("chunkSize")
        chunks_in_segment = item.number("chunksInSegment")
        if not size:
            known = {volume.urn for volume in self.volumes}
            bevy = self.open_segment(item.urn, "/00000000")
            if any(urn not in known for urn in item.iris("stored")) or (
                bevy is not None and bevy.size
            ):
                # A stub of a stripe, or a first part whose last part has the size.
                raise self._missing_parts(item)
        names = item.texts("compressionMethod")
        method = None
        for name in names:
            method = compression.method_of(name)
            if method is None:
                raise Aff4Error(item.urn, None, f"compression {name} is unknown")
        is_pmem = self.find_segment(item.urn, "/00000000/index") and (
            "https://github.com/google/snappy" in names
        )
        geometry = StreamGeometry(
            size or 0,
            DEFAULT_CHUNK_SIZE if chunk_size is None else chunk_size,
            DEFAULT_CHUNKS_IN_SEGMENT
            if chunks_in_segment is None
            else chunks_in_segment,
            method,
            is_always_compressed=is_pmem,
        )
        return ImageStream(item.urn, geometry, self, self._cache)

    def _missing_parts(self, item: Aff4Object) -> MissingStreamError:
        missing = self._missing(item.urn, item)
        if "stored in volume" in missing.reason:
            return missing
        return MissingStreamError(
            item.urn,
            None,
            "the stream has data but no size: further parts of the image (.A01, .A02 "
            "...) are missing; put all parts beside each other",
        )

    def _open_map(self, urn: str, item: Aff4Object | None) -> MapStream:
        index = self.read_segment(urn, "/idx", MAXIMUM_TARGETS_SIZE)
        if index is None:
            raise Aff4Error(f"{urn}/idx", None, "segment is missing")
        targets = target_lines(urn, index)
        entries = self.segment_size(urn, "/map") // ENTRY_SIZE
        if len(targets) > entries + _MAXIMUM_SPARE_TARGETS:
            raise Aff4Error(
                f"{urn}/idx", None, f"{len(targets)} targets for {entries} entries"
            )
        gap_name = item.text("mapGapDefaultStream") if item else None
        gap = symbolic_stream(gap_name or "http://aff4.org/Schema#Zero")
        if gap is None:
            raise Aff4Error(urn, None, f"gap stream {gap_name} is unknown")
        size = item.number("size") if item else None
        return MapStream(
            urn,
            lambda: self.segment_pieces(urn, "/map"),
            targets,
            size,
            gap,
            self.open_target,
            fields_swapped=urn in self._rekall_maps,
            active=self._reading,
        )

    def open_target(self, urn: str) -> Target:
        """Opens what a map points to."""
        return symbolic_stream(urn) or self.open_stream(urn)

    def image_urns(self) -> list[str]:
        """URNs of the byte streams that the volumes offer, in order."""
        found = [
            item.urn
            for item in self.graph.objects.values()
            if item.types & lexicon.IMAGE_CLASSES
            and (
                "dataStream" in item.properties
                or item.types & {"Map", "ImageStream"}
                or self.find_segment(item.urn, "")
            )
        ]
        if self.is_collection:
            return []
        if found or self.is_logical:
            return found
        maps = [item.urn for item in self.graph.of_type("Map")]
        if maps:
            return maps
        return [
            item.urn
            for item in self.graph.of_type("ImageStream")
            if self.find_segment(item.urn, "/00000000")
        ]

    def open_image(self, urn: str) -> Image:
        """Opens an image.

        Raises:
            Aff4Error: if it has no readable stream.
        """
        urns = self.image_urns()
        if urn not in urns:
            raise Aff4Error(urn, None, "the volume offers no image of this name")
        item = self.graph.objects[urn]
        stream = self._open_data_stream(item)
        category = item.text("category") or ""
        image = Image(
            urn,
            urns.index(urn) + 1,
            stream,
            "MemoryImage" in item.types or category.endswith("memory/physical"),
        )
        own_size = item.number("size")
        if own_size not in (None, 0, stream.size) and stream.size != own_size:
            image.problems[
                f"the image gives its size as {own_size}, its stream has {stream.size}"
            ] = None
        return image

    def _open_data_stream(self, item: Aff4Object) -> Stream:
        urns = item.iris("dataStream")
        if not urns:
            return self.open_stream(item.urn)
        ordered = sorted(urns, key=lambda urn: not self.find_segment(urn, "/map"))
        failure: Aff4Error | None = None
        for urn in ordered:
            try:
                return self.open_stream(urn)
            except Aff4Error as exception:
                failure = failure or exception
        assert failure is not None
        raise failure

    def images(self) -> Iterable[Image]:
        """Opens all images; one that fails is noted in `problems` and left out.

        Raises:
            Aff4Error: if there are images and none can be opened.
        """
        failure: Aff4Error | None = None
        opened = []
        for urn in self.image_urns():
            try:
                opened.append(self.open_image(urn))
            except Aff4Error as exception:
                self.problems[str(exception)] = None
                failure = failure or exception
        if failure is not None and not opened:
            raise failure
        return opened


def target_lines(urn: str, index: bytes) -> list[str]:
    """Lines of the segment `idx` of a map.

    Only line ends separate them: URNs may hold what Unicode takes for a line break.

    Raises:
        Aff4Error: if it is not UTF-8.
    """
    try:
        text = index.decode("utf-8")
    except UnicodeDecodeError as exception:
        raise Aff4Error(f"{urn}/idx", exception.start, "not UTF-8") from exception
    lines = [line.strip("\r\t ") for line in text.split("\n")]
    return lines if lines[-1] else lines[:-1]
