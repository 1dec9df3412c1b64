"""A group of AFF4 volumes that belong together, and the images in it.

Specification: formats/aff4.md sections 3 and 5.2. Stripes and parts of a split image
lie in files beside the one that was given; a `SiblingFinder` brings them, from a folder
of the running system or through dfVFS.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, Protocol

from telegram_forensics.aff4 import compression, lexicon
from telegram_forensics.aff4.cache import DEFAULT_CACHE_SIZE, ByteCache
from telegram_forensics.aff4.errors import (
    Aff4Error,
    MissingStreamError,
    NotAff4Error,
)
from telegram_forensics.aff4.file_records import FileRecord
from telegram_forensics.aff4.graph import Aff4Object, Graph, class_name
from telegram_forensics.aff4.image_stream import (
    DEFAULT_CHUNK_SIZE,
    DEFAULT_CHUNKS_IN_SEGMENT,
    ImageStream,
    StreamGeometry,
)
from telegram_forensics.aff4.map_stream import MapStream, Stream, Target
from telegram_forensics.aff4.source import ByteSource
from telegram_forensics.aff4.symbolic import symbolic_stream
from telegram_forensics.aff4.turtle import RDF_TYPE, Literal, Statement
from telegram_forensics.aff4.volume import Volume

_MAXIMUM_MAP_SIZE: Final = 2 << 30
_MAXIMUM_TARGETS_SIZE: Final = 256 * 1024 * 1024
_MAXIMUM_DEPTH: Final = 16
_RANGE = re.compile(r"(.*)\[0x([0-9a-fA-F]+):0x([0-9a-fA-F]+)\]")
_REKALL_MAP: Final = "http://aff4.org/Schema#map"
_LOGICAL: Final = lexicon.LOGICAL_CLASSES
_PART_NAME = re.compile(r"(.*)\.A\d{2,}", re.IGNORECASE)


class SiblingFinder(Protocol):
    """Opens files that lie beside the given one."""

    def names(self) -> list[str]:
        """Names of the files of the folder, the given one included."""

    def open(self, name: str) -> ByteSource:
        """Opens one of them."""


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


class VolumeSet:
    """Volumes that describe the same objects.

    Attributes:
        volumes: the given one first.
        graph: their metadata together.
        problems: what was worked around, in words.
    """

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
        self.volumes = [Volume(source)]
        self.graph = Graph()
        self.problems: dict[str, None] = {}
        self._cache = ByteCache(cache_size)
        self._opening: list[str] = []
        self._streams: dict[str, Stream] = {}
        self._rekall_maps: set[str] = set()
        self._files: dict[str, FileRecord] = {}
        self._siblings = siblings
        self._own_name = own_name
        self._read_metadata(0)
        self._add_parts()
        self._add_stored_volumes()

    @property
    def name(self) -> str:
        """Name of the given file."""
        return self.volumes[0].source.name

    def _read_metadata(self, number: int) -> None:
        volume = self.volumes[number]
        for statement in volume.statements():
            if not self._add_file(statement):
                self.graph.add(statement)
                if not volume.version and (RDF_TYPE, _REKALL_MAP) in statement[1]:
                    self._rekall_maps.add(statement[0])
        for problem in volume.problems:
            self.problems[problem] = None

    def _add_file(self, statement: Statement) -> bool:
        """Keeps what a statement says of a logical file; False if it is of none."""
        urn, pairs = statement
        record = self._files.get(urn)
        if record is None:
            is_file = any(
                predicate == RDF_TYPE and class_name(str(node)) in _LOGICAL
                for predicate, node in pairs
            )
            if not is_file:
                return False
            record = self._files[urn] = FileRecord(urn)
            earlier = self.graph.objects.pop(urn, None)
            if earlier is not None:
                record.add(earlier.pairs())
        record.add(pairs)
        return True

    def files(self) -> Iterator[FileRecord]:
        """Logical files, in the order of the metadata."""
        yield from self._files.values()
        if self.is_collection:
            for item in self.graph.of_type(*lexicon.IMAGE_CLASSES):
                record = FileRecord(item.urn)
                record.add(item.pairs())
                yield record

    def _add_volume(self, name: str, wanted: set[str] | None) -> bool:
        """Adds a sibling; with `wanted`, only a volume of one of these URNs."""
        if self._siblings is None:
            return False
        try:
            volume = Volume(self._siblings.open(name))
        except NotAff4Error:
            return False
        except OSError as exception:
            self.problems[f"{name}: {exception}"] = None
            return False
        known = {item.urn for item in self.volumes}
        if volume.urn in known or (wanted is not None and volume.urn not in wanted):
            return False
        self.volumes.append(volume)
        self._read_metadata(len(self.volumes) - 1)
        return True

    def _add_parts(self) -> None:
        """Adds the parts of an image that c-aff4 has split: name, name.A01, ..."""
        if self._siblings is None:
            return
        match = _PART_NAME.fullmatch(self._own_name)
        base = match[1] if match else self._own_name
        for name in sorted(self._siblings.names()):
            part = _PART_NAME.fullmatch(name)
            if name != self._own_name and (name == base or (part and part[1] == base)):
                self._add_volume(name, None)

    def _missing_volumes(self) -> set[str]:
        """URNs of volumes that hold streams which no volume at hand describes."""
        known = {volume.urn for volume in self.volumes}
        missing = set()
        for item in self.graph.objects.values():
            if "ImageStream" not in item.types or item.number("size"):
                continue
            missing |= {
                urn
                for urn in item.iris("stored")
                if urn.startswith("aff4:") and urn not in known
            }
        return missing

    def _add_stored_volumes(self) -> None:
        """Adds stripes: volumes named as holders of streams that are only stubs."""
        if self._siblings is None:
            return
        names = [
            name
            for name in sorted(self._siblings.names())
            if name != self._own_name
            and (
                name.lower().endswith((".aff4", ".af4", ".aff4l"))
                or _PART_NAME.fullmatch(name)
            )
        ]
        wanted = self._missing_volumes()
        while wanted:
            if not any(self._add_volume(name, wanted) for name in names):
                return
            wanted = self._missing_volumes()

    # Segments, for the streams.

    def open_segment(self, urn: str, suffix: str) -> ByteSource | None:
        """See `SegmentFinder`."""
        for volume in self.volumes:
            member = volume.find(urn, suffix)
            if member is not None:
                return volume.open_member(member)
        return None

    def read_segment(self, urn: str, suffix: str, limit: int) -> bytes | None:
        """See `SegmentFinder`."""
        for volume in self.volumes:
            member = volume.find(urn, suffix)
            if member is not None:
                return volume.directory.read(member.name, limit)
        return None

    def volume_of(self, urn: str, suffix: str) -> Volume | None:
        """The volume that holds a segment, None if none does."""
        for volume in self.volumes:
            if volume.find(urn, suffix) is not None:
                return volume
        return None

    def find_segment(self, urn: str, suffix: str) -> bool:
        """True if a volume holds a segment."""
        return self.volume_of(urn, suffix) is not None

    def block_hashes(self, urn: str, bevy: int, algorithm: str) -> bytes | None:
        """Digests of the chunks of a bevy, None if none are recorded."""
        for separator in (".", "/"):
            suffix = f"/{bevy:08d}{separator}blockHash.{algorithm}"
            digests = self.read_segment(urn, suffix, _MAXIMUM_TARGETS_SIZE)
            if digests is not None:
                return digests
        return None

    def segment_pieces(self, urn: str, suffix: str) -> Iterator[bytes]:
        """A member piece by piece; nothing if there is none."""
        for volume in self.volumes:
            member = volume.find(urn, suffix)
            if member is not None:
                yield from volume.directory.chunks(member.name, _MAXIMUM_MAP_SIZE)
                return

    # Streams.

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
        index = self.read_segment(urn, "/idx", _MAXIMUM_TARGETS_SIZE)
        if index is None:
            raise Aff4Error(f"{urn}/idx", None, "segment is missing")
        try:
            targets = index.decode("utf-8").splitlines()
        except UnicodeDecodeError as exception:
            raise Aff4Error(f"{urn}/idx", exception.start, "not UTF-8") from exception
        gap_name = item.text("mapGapDefaultStream") if item else None
        gap = symbolic_stream(gap_name or "http://aff4.org/Schema#Zero")
        if gap is None:
            raise Aff4Error(urn, None, f"gap stream {gap_name} is unknown")
        size = item.number("size") if item else None
        return MapStream(
            urn,
            lambda: self.segment_pieces(urn, "/map"),
            [target.strip() for target in targets],
            size,
            gap,
            self.open_target,
            fields_swapped=urn in self._rekall_maps,
        )

    def open_target(self, urn: str) -> Target:
        """Opens what a map points to."""
        return symbolic_stream(urn) or self.open_stream(urn)

    # Images.

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

    @property
    def is_logical(self) -> bool:
        """True for a logical image or a collection of files (section 1.3)."""
        return bool(self._files) or self.is_collection

    @functools.cached_property
    def is_collection(self) -> bool:
        """True for a collection of files in the form of c-aff4 (dialect B)."""
        images = self.graph.of_type(*lexicon.IMAGE_CLASSES)
        return len(images) >= 2 and all(
            "dataStream" not in item.properties
            and "originalFileName" in item.properties
            for item in images
        )

    @property
    def encrypted_streams(self) -> list[Aff4Object]:
        """Encrypted streams, if nothing else is in the volume."""
        if self._files or self.graph.of_type(*lexicon.IMAGE_CLASSES):
            return []
        return self.graph.of_type("EncryptedStream")

    def open_image(self, urn: str) -> Image:
        """Opens an image.

        Raises:
            Aff4Error: if it has no readable stream.
        """
        number = self.image_urns().index(urn) + 1
        item = self.graph.objects[urn]
        stream = self._open_data_stream(item)
        category = item.text("category") or ""
        image = Image(
            urn,
            number,
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
