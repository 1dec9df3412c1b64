"""Verifies every hash that an AFF4 volume records.

Specification: formats/aff4.md section 6. `imageStreamHash` and, for partial images,
`linearBlockHash` are not reproduced by any known rule; they are reported as unknown,
never as verified.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterator
from typing import Final

from telegram_forensics.aff4 import lexicon
from telegram_forensics.aff4.checks import (
    ALGORITHMS,
    BLOCK_ALGORITHMS,
    STEP,
    Check,
    Outcome,
    Progress,
    check_linear,
    compare,
    compute_check,
    recorded_hashes,
    unknown,
    unreadable,
)
from telegram_forensics.aff4.errors import Aff4Error
from telegram_forensics.aff4.graph import Aff4Object
from telegram_forensics.aff4.image_stream import ImageStream
from telegram_forensics.aff4.logical import open_file
from telegram_forensics.aff4.map_stream import MapStream
from telegram_forensics.aff4.symbolic import symbolic_stream
from telegram_forensics.aff4.volume_set import VolumeSet, target_lines

__all__ = [
    "Check",
    "Outcome",
    "Progress",
    "block_map_hash",
    "recorded_hashes",
    "verify",
]

_LINEAR_BLOCK: Final = 32768
_MAXIMUM_SEGMENT: Final = 2 << 30


def verify(volumes: VolumeSet, progress: Progress | None = None) -> Iterator[Check]:
    """Checks all recorded hashes.

    Args:
        volumes: the volumes.
        progress: told of every piece that was read.

    Yields:
        One check per recorded hash, and one per stream and algorithm of block hashes.
    """
    progress = progress or (lambda size: None)
    for item in list(volumes.graph.objects.values()):
        if "ImageStream" in item.types and volumes.find_segment(item.urn, "/00000000"):
            yield from _check_image_stream(volumes, item, progress)
        if "Map" in item.types:
            yield from _check_map(volumes, item, progress)
        elif item.types & lexicon.IMAGE_CLASSES:
            yield from _check_image(volumes, item, progress)
    for record in volumes.files():
        if record.hashes and not record.is_folder:
            yield from check_linear(
                record.urn,
                "file content",
                record.hashes,
                functools.partial(open_file, volumes, record),
                progress,
            )


def _check_image_stream(
    volumes: VolumeSet, item: Aff4Object, progress: Progress
) -> Iterator[Check]:
    try:
        stream = volumes.open_stream(item.urn)
    except Aff4Error as exception:
        yield unreadable(item.urn, "image stream", "", "", exception)
        return
    linear = recorded_hashes(item, "hash")
    yield from check_linear(item.urn, "image stream", linear, lambda: stream, progress)
    if not isinstance(stream, ImageStream):
        return
    for algorithm in BLOCK_ALGORITHMS:
        if volumes.has_block_hashes(item.urn, algorithm):
            yield _check_blocks(volumes, stream, algorithm, progress)
    yield from _check_block_hashes_hash(volumes, item, stream)
    for algorithm, value in recorded_hashes(item, "imageStreamIndexHash"):
        yield compute_check(
            item.urn,
            "index segments",
            algorithm,
            value,
            functools.partial(_index_hash, volumes, stream, algorithm),
        )
    for algorithm, value in recorded_hashes(item, "imageStreamHash"):
        yield unknown(
            item.urn,
            "imageStreamHash",
            algorithm,
            value,
            "the rule for this hash is not known",
        )


def _bevies(stream: ImageStream) -> range:
    geometry = stream.geometry
    return range(-(-stream.number_of_chunks // geometry.chunks_in_segment))


def _check_blocks(
    volumes: VolumeSet, stream: ImageStream, algorithm: str, progress: Progress
) -> Check:
    """Every chunk against its block hash."""
    what = "chunks against block hashes"
    bad: list[str] = []
    size = hashlib.new(algorithm).digest_size
    chunk_size = stream.geometry.chunk_size
    for bevy in _bevies(stream):
        try:
            digests = volumes.block_hashes(stream.urn, bevy, algorithm)
        except Aff4Error as exception:
            return unreadable(stream.urn, what, algorithm, "", exception)
        if digests is None:
            reason = f"block hashes of bevy {bevy:08d} are missing"
            return unreadable(stream.urn, what, algorithm, "", reason)
        first = bevy * stream.geometry.chunks_in_segment
        last = min(first + stream.geometry.chunks_in_segment, stream.number_of_chunks)
        for number in range(first, last):
            expected = digests[(number - first) * size : (number - first + 1) * size]
            try:
                chunk = stream.read_chunk(number)
            except Aff4Error as exception:
                bad.append(str(exception))
                continue
            progress(len(chunk))
            if hashlib.new(algorithm, chunk).digest() == expected:
                continue
            # Whether a short last chunk is hashed with its padding is not written.
            padded = chunk.ljust(chunk_size, b"\0")
            if hashlib.new(algorithm, padded).digest() != expected:
                bad.append(
                    f"chunk {number - first} of bevy {bevy:08d} (offset "
                    f"{number * chunk_size} of the stream)"
                )
    outcome = Outcome.MISMATCH if bad else Outcome.MATCH
    note = f"{len(bad)} bad: {'; '.join(bad[:5])}" if bad else ""
    return Check(stream.urn, what, algorithm, "", None, outcome, note)


def _block_hash_segments(
    volumes: VolumeSet, stream: ImageStream, algorithm: str
) -> bytes | None:
    """All block hash segments of an algorithm, None if one is missing."""
    segments = []
    for bevy in _bevies(stream):
        segment = volumes.block_hashes(stream.urn, bevy, algorithm)
        if segment is None:
            return None
        segments.append(segment)
    return b"".join(segments) if segments else None


def _check_block_hashes_hash(
    volumes: VolumeSet, item: Aff4Object, stream: ImageStream
) -> Iterator[Check]:
    """Hashes over the block hash segments, of both kinds of dialect."""

    def computed(block_algorithm: str, name: str) -> str | None:
        segments = _block_hash_segments(volumes, stream, block_algorithm)
        if segments is None:
            return None
        return hashlib.new(ALGORITHMS[name], segments).hexdigest()

    for algorithm in BLOCK_ALGORITHMS:
        described = volumes.graph.objects.get(f"{item.urn}/blockhash.{algorithm}")
        if described is not None:
            for name, value in recorded_hashes(described, "hash"):
                compute = functools.partial(computed, algorithm, name)
                yield compute_check(described.urn, "block hashes", name, value, compute)
    for name, value in recorded_hashes(item, "blockHashesHash"):
        compute = functools.partial(computed, ALGORITHMS.get(name, ""), name)
        yield compute_check(item.urn, "block hashes", name, value, compute)


def _index_hash(volumes: VolumeSet, stream: ImageStream, algorithm: str) -> str | None:
    context = hashlib.new(ALGORITHMS[algorithm])
    for bevy in _bevies(stream):
        suffix = f"/{bevy:08d}.index"
        segment = volumes.read_segment(stream.urn, suffix, _MAXIMUM_SEGMENT)
        if segment is None:
            return None
        context.update(segment)
    return str(context.hexdigest())


def _map_segments(volumes: VolumeSet, urn: str) -> dict[str, bytes | None]:
    return {
        name: volumes.read_segment(urn, f"/{name}", _MAXIMUM_SEGMENT)
        for name in ("map", "idx", "mapPath")
    }


def _check_map(
    volumes: VolumeSet, item: Aff4Object, progress: Progress
) -> Iterator[Check]:
    names = ("mapPointHash", "mapIdxHash", "mapPathHash", "mapHash", "blockMapHash")
    if any(name in item.properties for name in (*names, "blockHashesHash")):
        try:
            segments = _map_segments(volumes, item.urn)
        except Aff4Error as exception:
            yield unreadable(item.urn, "map segments", "", "", exception)
            return
        parts = {
            "mapPointHash": [segments["map"]],
            "mapIdxHash": [segments["idx"]],
            "mapPathHash": [segments["mapPath"]],
            "mapHash": list(segments.values()),
        }
        for name, pieces in parts.items():
            for algorithm, value in recorded_hashes(item, name):
                compute = functools.partial(_hash_of_pieces, pieces, algorithm)
                yield compute_check(item.urn, name, algorithm, value, compute)
        yield from _check_block_map(volumes, item, segments)
    linear = recorded_hashes(item, "hash")
    if linear:
        yield from check_linear(
            item.urn, "map", linear, lambda: volumes.open_stream(item.urn), progress
        )
    yield from _check_linear_blocks(volumes, item, progress)


def _hash_of_pieces(pieces: list[bytes | None], algorithm: str) -> str | None:
    there = [piece for piece in pieces if piece is not None]
    if not there:
        return None
    return hashlib.new(ALGORITHMS[algorithm], b"".join(there)).hexdigest()


def _local_stream(volumes: VolumeSet, item: Aff4Object) -> ImageStream | None:
    """The image stream of a map that lies in the map's own volume."""
    volume = volumes.volume_of(item.urn, "/map")
    if volume is None:
        return None
    index = volumes.read_segment(item.urn, "/idx", _MAXIMUM_SEGMENT) or b""
    for urn in target_lines(item.urn, index):
        if urn.startswith("aff4://") and volume.find(urn, "/00000000") is not None:
            try:
                stream = volumes.open_stream(urn)
            except Aff4Error:
                return None
            if isinstance(stream, ImageStream):
                return stream
    return None


def block_map_hash(volumes: VolumeSet, item: Aff4Object, algorithm: str) -> str | None:
    """The hash over block hashes and map segments, None if something is missing."""
    name = ALGORITHMS[algorithm]
    stream = _local_stream(volumes, item)
    if stream is None:
        return None
    context = hashlib.new(name)
    for block_algorithm in BLOCK_ALGORITHMS:
        segments = _block_hash_segments(volumes, stream, block_algorithm)
        if segments is not None:
            context.update(hashlib.new(name, segments).digest())
    for segment in _map_segments(volumes, item.urn).values():
        if segment is not None:
            context.update(hashlib.new(name, segment).digest())
    return str(context.hexdigest())


def _check_block_map(
    volumes: VolumeSet, item: Aff4Object, segments: dict[str, bytes | None]
) -> Iterator[Check]:
    for algorithm, value in recorded_hashes(item, "blockMapHash"):
        compute = functools.partial(block_map_hash, volumes, item, algorithm)
        yield compute_check(item.urn, "blockMapHash", algorithm, value, compute)
    for algorithm, value in recorded_hashes(item, "blockHashesHash"):
        # Before the standard: stream hashes as recorded, then the map segments.
        hashes = _stream_hashes(volumes, item)
        if hashes is None:
            reason = "hashes of the stream are missing"
            yield unknown(item.urn, "blockHashesHash", algorithm, value, reason)
            continue
        compute = functools.partial(_old_map_hash, hashes, segments, algorithm)
        yield compute_check(item.urn, "blockHashesHash", algorithm, value, compute)


def _stream_hashes(volumes: VolumeSet, item: Aff4Object) -> bytes | None:
    """MD5 and SHA-1 over the block hashes of a map's stream, as recorded."""
    try:
        stream = _local_stream(volumes, item)
        described = volumes.graph.objects.get(stream.urn) if stream else None
        if described is None:
            return None
        recorded = dict(recorded_hashes(described, "blockHashesHash"))
        return bytes.fromhex(recorded["MD5"]) + bytes.fromhex(recorded["SHA1"])
    except (Aff4Error, KeyError, ValueError):
        return None


def _old_map_hash(
    stream_hashes: bytes, segments: dict[str, bytes | None], algorithm: str
) -> str | None:
    name = ALGORITHMS[algorithm]
    context = hashlib.new(name, stream_hashes)
    for segment in segments.values():
        if segment is not None:
            context.update(hashlib.new(name, segment).digest())
    return str(context.hexdigest())


def _check_linear_blocks(
    volumes: VolumeSet, item: Aff4Object, progress: Progress
) -> Iterator[Check]:
    """Before the standard: hash over the hashes of all 32 KiB blocks of the disk."""
    recorded = recorded_hashes(item, "linearBlockHash")
    known = [pair for pair in recorded if pair[0] in ALGORITHMS]
    if not known:
        return
    try:
        stream = volumes.open_stream(item.urn)
        outer = {name: hashlib.new(ALGORITHMS[name]) for name, _ in known}
        for offset in range(0, stream.size, STEP):
            data = stream.read_at(offset, min(STEP, stream.size - offset))
            for start in range(0, len(data), _LINEAR_BLOCK):
                block = data[start : start + _LINEAR_BLOCK]
                for name, context in outer.items():
                    context.update(hashlib.new(ALGORITHMS[name], block).digest())
            progress(len(data))
    except Aff4Error as exception:
        for name, value in known:
            yield unreadable(item.urn, "linearBlockHash", name, value, exception)
        return
    for name, value in known:
        computed = outer[name].hexdigest()
        if computed == value:
            yield compare(item.urn, "linearBlockHash", name, value, computed)
        else:
            # For images that are not complete the rule is not known.
            partial = isinstance(stream, MapStream) and _has_filler(stream)
            yield Check(
                item.urn,
                "linearBlockHash",
                name,
                value,
                computed,
                Outcome.UNKNOWN if partial else Outcome.MISMATCH,
                "the rule for incomplete images is not known" if partial else "",
            )


def _has_filler(stream: MapStream) -> bool:
    for item in stream.ranges():
        target = symbolic_stream(item.target) if item.target else None
        if item.target is None or (target is not None and target.is_filler):
            return True
    return False


def _check_image(
    volumes: VolumeSet, item: Aff4Object, progress: Progress
) -> Iterator[Check]:
    recorded = recorded_hashes(item, "hash")
    linear = [pair for pair in recorded if not pair[0].startswith("blockMapHash")]
    if linear and "ImageStream" not in item.types:
        yield from check_linear(
            item.urn,
            "image",
            linear,
            lambda: volumes.open_image(item.urn).stream,
            progress,
        )
    for name, value in recorded:
        if name.startswith("blockMapHash"):
            algorithm = name.removeprefix("blockMapHash")
            compute = functools.partial(_image_hash, volumes, item, algorithm)
            yield compute_check(item.urn, "image", name, value, compute)


def _image_hash(volumes: VolumeSet, item: Aff4Object, algorithm: str) -> str | None:
    """The hash of one map, or over those of several in the order of their URNs."""
    hashes = []
    for urn in sorted(item.iris("dataStream")):
        described = volumes.graph.objects.get(urn)
        value = block_map_hash(volumes, described, algorithm) if described else None
        if value is None:
            return None
        hashes.append(value)
    if len(hashes) == 1:
        return hashes[0]
    joined = b"".join(bytes.fromhex(value) for value in hashes)
    return hashlib.new(ALGORITHMS[algorithm], joined).hexdigest() if hashes else None
