"""AFF4 volumes that belong together: their files, metadata and segments.

Specification: formats/aff4.md section 5.2. Stripes and parts of a split image lie in
files beside the one that was given; a `SiblingFinder` brings them, from a folder of the
running system or through dfVFS.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator
from typing import Final, Protocol

from telegram_forensics.aff4 import lexicon
from telegram_forensics.aff4.errors import NotAff4Error
from telegram_forensics.aff4.file_records import FileRecord
from telegram_forensics.aff4.graph import Aff4Object, Graph, class_name
from telegram_forensics.aff4.source import ByteSource
from telegram_forensics.aff4.turtle import RDF_TYPE, Statement
from telegram_forensics.aff4.volume import (
    MAXIMUM_TURTLE_SIZE,
    TURTLE_MEMBER,
    Volume,
)

MAXIMUM_MAP_SIZE: Final = 2 << 30
MAXIMUM_TARGETS_SIZE: Final = 256 * 1024 * 1024
_REKALL_MAP: Final = "http://aff4.org/Schema#map"
_LOGICAL: Final = lexicon.LOGICAL_CLASSES
_PART_NAME = re.compile(r"(.*)\.A\d{2,}", re.IGNORECASE)
_VOLUME_SUFFIXES: Final = (".aff4", ".af4", ".aff4l")


class SiblingFinder(Protocol):
    """Opens files that lie beside the given one."""

    def names(self) -> list[str]:
        """Names of the files of the folder, the given one included."""

    def open(self, name: str) -> ByteSource:
        """Opens one of them."""


class VolumeGroup:
    """Volumes that describe the same objects.

    Attributes:
        volumes: the given one first.
        graph: their metadata together.
        problems: what was worked around, in words.
    """

    def __init__(
        self, source: ByteSource, siblings: SiblingFinder | None, own_name: str
    ) -> None:
        self.volumes = [Volume(source)]
        self.graph = Graph()
        self.problems: dict[str, None] = {}
        self._rekall_maps: set[str] = set()
        self._files: dict[str, FileRecord] = {}
        self._siblings = siblings
        self._own_name = own_name
        self._add_metadata(self.volumes[0], self.volumes[0].statements())
        self._add_parts()
        self._add_stored_volumes()

    @property
    def name(self) -> str:
        """Name of the given file."""
        return self.volumes[0].source.name

    def _add_metadata(self, volume: Volume, statements: Iterable[Statement]) -> None:
        for statement in statements:
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
        known = {item.urn for item in self.volumes}
        try:
            volume = Volume(self._siblings.open(name))
            if volume.urn in known or (wanted is not None and volume.urn not in wanted):
                return False
            # All or nothing: half of its metadata would only confuse.
            statements = list(volume.statements())
        except NotAff4Error:
            return False
        except OSError as exception:
            self.problems[f"{name}: {exception}"] = None
            return False
        self.volumes.append(volume)
        self._add_metadata(volume, statements)
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
            if "ImageStream" not in item.types or self._is_here(item):
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
            and (name.lower().endswith(_VOLUME_SUFFIXES) or _PART_NAME.fullmatch(name))
        ]
        # An image in parts: the first and the last part do not name those between.
        missing = self._missing_streams()
        wanted = self._missing_volumes()
        while wanted:
            if not any(self._add_volume(name, wanted) for name in names):
                break
            wanted = self._missing_volumes()
        if missing:
            for name in names:
                if self._names_one_of(name, missing):
                    self._add_volume(name, None)

    def _is_here(self, item: Aff4Object) -> bool:
        """True if a stream is described and its first bevy is in a volume at hand."""
        return bool(item.number("size")) and self.find_segment(item.urn, "/00000000")

    def _missing_streams(self) -> set[str]:
        """URNs of streams that no volume at hand describes."""
        return {
            item.urn
            for item in self.graph.objects.values()
            if "ImageStream" in item.types and not self._is_here(item)
        }

    def _names_one_of(self, name: str, urns: set[str]) -> bool:
        """True if the metadata of a sibling names one of these streams.

        The last resort (section 5.2): for parts that were renamed, or whose holder is
        not recorded.
        """
        if self._siblings is None:
            return False
        wanted = [urn.encode("utf-8") for urn in urns]
        keep = max(len(urn) for urn in wanted)
        rest = b""
        try:
            volume = Volume(self._siblings.open(name))
            if volume.urn in {item.urn for item in self.volumes}:
                return False
            pieces = volume.directory.chunks(TURTLE_MEMBER, MAXIMUM_TURTLE_SIZE)
            for piece in pieces:
                text = rest + piece
                if any(urn in text for urn in wanted):
                    return True
                rest = text[-keep:]
        except OSError:
            # A sibling of another image may be damaged: not ours to report.
            return False
        return False

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

    def has_block_hashes(self, urn: str, algorithm: str) -> bool:
        """True if block hashes of a stream's first bevy are recorded."""
        return any(
            self.find_segment(urn, f"/00000000{separator}blockHash.{algorithm}")
            for separator in (".", "/")
        )

    def block_hashes(self, urn: str, bevy: int, algorithm: str) -> bytes | None:
        """Digests of the chunks of a bevy, None if none are recorded."""
        for separator in (".", "/"):
            suffix = f"/{bevy:08d}{separator}blockHash.{algorithm}"
            digests = self.read_segment(urn, suffix, MAXIMUM_TARGETS_SIZE)
            if digests is not None:
                return digests
        return None

    def segment_size(self, urn: str, suffix: str) -> int:
        """Plain bytes of a segment, 0 if no volume has it."""
        for volume in self.volumes:
            member = volume.find(urn, suffix)
            if member is not None:
                return member.size
        return 0

    def segment_pieces(self, urn: str, suffix: str) -> Iterator[bytes]:
        """A member piece by piece; nothing if there is none."""
        for volume in self.volumes:
            member = volume.find(urn, suffix)
            if member is not None:
                yield from volume.directory.chunks(member.name, MAXIMUM_MAP_SIZE)
                return

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
