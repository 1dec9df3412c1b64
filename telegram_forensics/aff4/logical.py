"""Logical AFF4 images: the files in them, as a tree.

Specification: formats/aff4.md section 7; dialect G (7.5) is UNCONFIRMED.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote

from telegram_forensics.aff4.errors import Aff4Error
from telegram_forensics.aff4.file_records import FileRecord
from telegram_forensics.aff4.map_stream import Stream
from telegram_forensics.aff4.turtle import Literal
from telegram_forensics.aff4.volume_set import VolumeSet

_DRIVE = re.compile(r"[A-Za-z]:")
_HASH_STEP: Final = 1 << 20
# No file system has deeper trees; every level costs the whole path once more.
_MAXIMUM_DEPTH: Final = 1000
_ALGORITHMS: Final = {
    "MD5": "md5",
    "SHA1": "sha1",
    "SHA256": "sha256",
    "SHA512": "sha512",
    "Blake2b": "blake2b",
}


@dataclass(slots=True)
class LogicalNode:
    """A file or folder of the tree.

    Attributes:
        location: path from the root, "/" separated, "" for the root.
        record: what the metadata says; None for a folder that is only implied.
        children: names of what lies in a folder; None for a file.
    """

    location: str
    record: FileRecord | None
    children: list[str] | None = None

    @property
    def is_folder(self) -> bool:
        """True for a folder."""
        return self.children is not None

    @property
    def name(self) -> str:
        """Last part of the location."""
        return self.location.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class SubStream:
    """An alternate data stream or extended attribute of a file (dialect G).

    Attributes:
        name: its name.
        urn: the object that holds it.
    """

    name: str
    urn: str


@dataclass(slots=True)
class LogicalTree:
    """All files of a logical image.

    Attributes:
        nodes: location -> node; the root is "".
        problems: what was worked around, in words.
    """

    nodes: dict[str, LogicalNode] = field(default_factory=dict)
    problems: dict[str, None] = field(default_factory=dict)
    _numbers: dict[str, int] = field(default_factory=dict, repr=False)

    def files(self) -> Iterator[LogicalNode]:
        """All nodes that the metadata describes."""
        return (node for node in self.nodes.values() if node.record is not None)

    def add(self, parent: LogicalNode, node: LogicalNode) -> LogicalNode:
        """Adds a node whose location is free to its folder."""
        assert parent.children is not None
        self.nodes[node.location] = node
        parent.children.append(node.name)
        return node

    def free_location(self, location: str) -> str:
        """The location, or with a number behind it if it is taken."""
        if location not in self.nodes:
            return location
        # Counts on from the last time: thousands of objects may share a name.
        number = self._numbers.get(location, 1) + 1
        while f"{location} [{number}]" in self.nodes:
            number += 1
        self._numbers[location] = number
        return f"{location} [{number}]"


def location_of(name: str) -> str:
    """Location of an original path in the tree (section 7.2); "" for the root."""
    if _DRIVE.match(name) or name.startswith("\\\\"):
        name = name.replace("\\", "/")
    parts: list[str] = []
    for part in name.split("/"):
        if part == "..":
            # Never above the root.
            if parts:
                parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "".join(f"/{part}" for part in parts)


def build_tree(volumes: VolumeSet) -> LogicalTree:
    """Arranges the files of a volume set in a tree."""
    tree = LogicalTree()
    tree.nodes[""] = LogicalNode("", None, [])
    for record in volumes.files():
        location = location_of(_path_of(record, volumes))
        if not location:
            if record.is_folder and tree.nodes[""].record is None:
                tree.nodes[""].record = record
            continue
        if location.count("/") > _MAXIMUM_DEPTH:
            name = location.rpartition("/")[2]
            tree.problems[
                f"{record.urn}: path of more than {_MAXIMUM_DEPTH} folders; the file "
                f"{name} is shown in the root"
            ] = None
            location = f"/{name}"
        _insert(tree, location, record)
    return tree


def _path_of(record: FileRecord, volumes: VolumeSet) -> str:
    raw = _raw_path(record)
    if raw:
        return raw
    if record.extra:
        for name in ("originalPathName", "fileName"):
            for node in record.extra.get(name, ()):
                if isinstance(node, Literal) and node.text:
                    return node.text
    if record.name:
        return record.name
    for volume in volumes.volumes:
        if record.urn.startswith(volume.urn):
            return unquote(record.urn[len(volume.urn) :])
    return record.urn.replace("://", "/")


def _raw_path(record: FileRecord) -> str:
    """The raw name of dialect G, where it is not valid UTF-8."""
    for name in ("originalPathNameRaw", "fileNameRaw"):
        for node in (record.extra or {}).get(name, ()):
            if isinstance(node, Literal):
                try:
                    raw = base64.b64decode(node.text, validate=True)
                except (binascii.Error, ValueError):
                    continue
                return raw.decode("utf-8", "backslashreplace")
    return ""


def _insert(tree: LogicalTree, location: str, record: FileRecord) -> None:
    parent = _folder(tree, location.rpartition("/")[0])
    location = f"{parent.location}/{location.rpartition('/')[2]}"
    if record.is_folder:
        folder = _child_folder(tree, parent, location)
        if folder.record is None:
            folder.record = record
        else:
            tree.problems[f"{location}: the folder is described twice"] = None
        return
    free = tree.free_location(location)
    if free != location:
        tree.problems[f"{location}: this name is taken; the file is at {free}"] = None
    tree.add(parent, LogicalNode(free, record))


def _folder(tree: LogicalTree, location: str) -> LogicalNode:
    """The folder of a location; made where nothing describes it."""
    node = tree.nodes.get(location)
    if node is not None and node.is_folder:
        return node
    node = tree.nodes[""]
    for part in location.split("/")[1:]:
        node = _child_folder(tree, node, f"{node.location}/{part}")
    return node


def _child_folder(tree: LogicalTree, parent: LogicalNode, location: str) -> LogicalNode:
    """The folder of a location, or beside it where a file has the name."""
    wanted, number = location, 1
    while (node := tree.nodes.get(location)) is not None and not node.is_folder:
        tree.problems[f"{wanted}: file and folder of this name"] = None
        location = f"{wanted} [folder{'' if number == 1 else f' {number}'}]"
        number += 1
    return node or tree.add(parent, LogicalNode(location, None, []))


def open_file(volumes: VolumeSet, record: FileRecord) -> Stream:
    """Opens the content of a file.

    Raises:
        Aff4Error: if it is not there or damaged.
    """
    embedded = _embedded(record)
    if embedded is not None:
        return embedded
    urns = [
        node
        for node in (record.extra or {}).get("dataStream", ())
        if not isinstance(node, Literal)
    ]
    try:
        stream = volumes.open_stream(urns[0] if urns else record.urn)
    except Aff4Error:
        if not urns and record.size == 0:
            return _Embedded(record.urn, b"")
        raise
    if record.size not in (None, stream.size):
        volumes.problems[
            f"{record.urn}: {record.size} bytes were recorded, {stream.size} are there"
        ] = None
    if "#" in record.urn or "?" in record.urn:
        _check_hash(record, stream)
    return stream


def sub_streams(record: FileRecord, volumes: VolumeSet) -> list[SubStream]:
    """Alternate data streams and extended attributes (dialect G, UNCONFIRMED)."""
    found = []
    for name in ("alternateDataStream", "extendedAttribute"):
        for node in (record.extra or {}).get(name, ()):
            if isinstance(node, Literal):
                continue
            item = volumes.graph.objects.get(node)
            label = item.text("name") if item else None
            found.append(SubStream(label or node.rpartition("/")[2], node))
    return found


class _Embedded:
    """Content that stands in the metadata itself."""

    def __init__(self, name: str, data: bytes) -> None:
        self._name = name
        self._data = data

    @property
    def size(self) -> int:
        """See `Stream`."""
        return len(self._data)

    def read_at(self, offset: int, size: int) -> bytes:
        """See `Stream`."""
        if offset < 0 or offset + size > len(self._data):
            raise Aff4Error(self._name, offset, f"{size} bytes wanted")
        return self._data[offset : offset + size]


def _embedded(record: FileRecord) -> _Embedded | None:
    for node in (record.extra or {}).get("dataStream", ()):
        if isinstance(node, Literal):
            try:
                return _Embedded(record.urn, base64.b64decode(node.text, validate=True))
            except (binascii.Error, ValueError) as exception:
                raise Aff4Error(record.urn, None, f"content: {exception}") from None
    return None


def _check_hash(record: FileRecord, stream: Stream) -> None:
    """Names cut off at "#" may hit another file's data: the hash decides."""
    for algorithm, expected in record.hashes:
        actual = hash_stream(stream, algorithm)
        if actual is not None:
            if actual != expected:
                raise Aff4Error(
                    record.urn,
                    None,
                    f"{algorithm} is {actual}, {expected} was recorded: the data of "
                    f"this file was overwritten by that of another one",
                )
            return


def hash_stream(stream: Stream, algorithm: str) -> str | None:
    """Hash of a whole stream as lower-case hex, None for an unknown algorithm."""
    name = _ALGORITHMS.get(algorithm)
    if name is None:
        return None
    context = hashlib.new(name)
    for offset in range(0, stream.size, _HASH_STEP):
        context.update(stream.read_at(offset, min(_HASH_STEP, stream.size - offset)))
    return context.hexdigest()
