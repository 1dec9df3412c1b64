"""Describes AFF4 volumes for people: images, streams, hashes, acquisition."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from telegram_forensics.aff4 import lexicon
from telegram_forensics.aff4.errors import Aff4Error
from telegram_forensics.aff4.graph import Aff4Object
from telegram_forensics.aff4.image_stream import ImageStream
from telegram_forensics.aff4.map_stream import MapStream, Stream
from telegram_forensics.aff4.symbolic import symbolic_stream
from telegram_forensics.aff4.verify import recorded_hashes
from telegram_forensics.aff4.volume_set import Image, VolumeSet

# Acquisition metadata worth reporting (section 3), as the volumes name it.
_METADATA: Final = (
    "caseName",
    "caseNumber",
    "caseDescription",
    "evidenceNumber",
    "examiner",
    "notes",
    "diskMake",
    "diskModel",
    "diskSerial",
    "diskFirmware",
    "diskInterfaceType",
    "diskDeviceName",
    "sectorCount",
    "blockSize",
    "acquisitionType",
    "acquisitionCompletionState",
    "creationTime",
    "startTime",
    "endTime",
    "timeSource",
    "operation",
    "memoryPageTableEntryOffset",
    "memoryInstalledSize",
    "memoryAddressableSize",
    "pageSize",
)
_HASH_PROPERTIES: Final = (
    "hash",
    "blockMapHash",
    "blockHashesHash",
    "linearBlockHash",
    "mapHash",
    "imageStreamHash",
)


def describe(volumes: VolumeSet) -> Iterator[str]:
    """Lines of text."""
    for volume in volumes.volumes:
        version = volume.version
        number = f"{version.get('major', '?')}.{version.get('minor', '?')}"
        yield f"Volume {volume.urn}"
        yield f"  file      {volume.source.name}, {volume.source.size} bytes"
        yield f"  version   {number if version else 'before the standard'}"
        if volume.tool:
            yield f"  tool      {volume.tool}"
    if volumes.is_logical:
        yield from _describe_files(volumes)
    elif volumes.encrypted_streams:
        yield "Encrypted volume: a password is needed to look inside (--password)"
    else:
        yield from _describe_images(volumes)
    yield from _describe_metadata(volumes)
    for problem in volumes.problems:
        yield f"Problem: {problem}"


def _describe_files(volumes: VolumeSet) -> Iterator[str]:
    files = folders = size = hashed = 0
    for record in volumes.files():
        if record.is_folder:
            folders += 1
            continue
        files += 1
        size += record.size or 0
        hashed += bool(record.hashes)
    yield "Logical image"
    yield f"  files     {files}, {size} bytes; {hashed} with recorded hashes"
    yield f"  folders   {folders}"


def _describe_images(volumes: VolumeSet) -> Iterator[str]:
    for urn in volumes.image_urns():
        try:
            image = volumes.open_image(urn)
        except Aff4Error as exception:
            yield f"Image {urn}"
            yield f"  not readable: {exception}"
            continue
        yield from _describe_image(volumes, image)


def _describe_image(volumes: VolumeSet, image: Image) -> Iterator[str]:
    item = volumes.graph.objects[image.urn]
    classes = ", ".join(sorted(item.types & lexicon.IMAGE_CLASSES))
    yield f"Image {image.number}: {image.urn}"
    yield f"  kind      {classes or 'bare stream'}"
    yield f"  size      {image.size} bytes"
    yield from _describe_hashes(item)
    if isinstance(image.stream, MapStream):
        yield from _describe_map(volumes, image.stream)
    elif isinstance(image.stream, ImageStream):
        yield from _describe_stream(volumes, image.stream)
    else:
        yield f"  stored    as one member, {image.stream.size} bytes"
    for problem in image.problems:
        yield f"  problem   {problem}"


def _describe_map(volumes: VolumeSet, stream: MapStream) -> Iterator[str]:
    sizes: dict[str, int] = {}
    gaps = gap_size = 0
    for item in stream.ranges():
        if item.target is None:
            gaps += 1
            gap_size += item.size
        else:
            sizes[item.target] = sizes.get(item.target, 0) + item.size
    yield f"  map       {stream.urn}, {len(stream)} ranges after merging"
    described = volumes.graph.objects.get(stream.urn)
    if described and described.urn != stream.urn:
        yield from _describe_hashes(described)
    for target, size in sizes.items():
        symbolic = symbolic_stream(target)
        filler = " (filler, not evidence)" if symbolic and symbolic.is_filler else ""
        yield f"    {size:>20} bytes from {target}{filler}"
    if gaps:
        filler = " (filler, not evidence)" if stream.gap.is_filler else ""
        yield f"    {gap_size:>20} bytes in {gaps} gaps: {stream.gap.name}{filler}"
    for problem in stream.problems:
        yield f"  problem   {problem}"
    for target in sizes:
        if symbolic_stream(target):
            continue
        try:
            inner = volumes.open_stream(target)
        except Aff4Error as exception:
            yield f"  MISSING   {exception}"
            continue
        yield from _describe_inner(volumes, inner)


def _describe_inner(volumes: VolumeSet, stream: Stream) -> Iterator[str]:
    if isinstance(stream, ImageStream):
        yield from _describe_stream(volumes, stream)


def _describe_stream(volumes: VolumeSet, stream: ImageStream) -> Iterator[str]:
    geometry = stream.geometry
    method = geometry.method.value if geometry.method else "not named"
    yield f"  stream    {stream.urn}"
    yield (
        f"    {geometry.size} bytes, {method}, chunks of {geometry.chunk_size}, "
        f"{geometry.chunks_in_segment} in a segment"
    )
    described = volumes.graph.objects.get(stream.urn)
    if described:
        yield from _describe_hashes(described)


def _describe_hashes(item: Aff4Object) -> Iterator[str]:
    for name in _HASH_PROPERTIES:
        for algorithm, value in recorded_hashes(item, name):
            yield f"    {name} {algorithm} {value}"


def _describe_metadata(volumes: VolumeSet) -> Iterator[str]:
    lines: dict[str, None] = {}
    for item in volumes.graph.objects.values():
        for name in _METADATA:
            for text in item.texts(name):
                lines[f"  {name:28} {text}"] = None
    if lines:
        yield "Acquisition"
        yield from lines
