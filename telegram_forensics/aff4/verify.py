"""Verifies every hash that an AFF4 volume records.

Specification: formats/aff4.md section 6. `imageStreamHash` and, for partial images,
`linearBlockHash` are not reproduced by any known rule; they are reported as unknown,
never as verified.
"""

from __future__ import annotations

import enum
import functools
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from telegram_forensics.aff4 import lexicon
from telegram_forensics.aff4.errors import Aff4Error
from telegram_forensics.aff4.graph import Aff4Object
from telegram_forensics.aff4.image_stream import ImageStream
from telegram_forensics.aff4.logical import open_file
from telegram_forensics.aff4.map_stream import MapStream, Stream
from telegram_forensics.aff4.symbolic import symbolic_stream
from telegram_forensics.aff4.turtle import Literal
from telegram_forensics.aff4.volume_set import VolumeSet

_ALGORITHMS: Final = {
    "MD5": "md5",
    "SHA1": "sha1",
    "SHA256": "sha256",
    "SHA512": "sha512",
    "Blake2b": "blake2b",
    "blake2b": "blake2b",
}
# Order in which block hashes enter the hash of a map.
_BLOCK_ALGORITHMS: Final = ("md5", "sha1", "sha256", "sha512", "blake2b")
_STEP: Final = 1 << 20
_LINEAR_BLOCK: Final = 32768
_MAXIMUM_SEGMENT: Final = 2 << 30

# Called with the number of bytes that have been read since the last call.
Progress = Callable[[int], None]


class Outcome(enum.Enum):
    """What came of one check."""

    MATCH = "match"
    MISMATCH = "MISMATCH"
    UNREADABLE = "UNREADABLE"
    UNKNOWN = "not checked"


@dataclass(frozen=True, slots=True)
class Check:
    """One recorded hash and what came of it.

    Attributes:
        urn: object that it is recorded for.
        what: what was hashed, in words.
        algorithm: name of the algorithm.
        recorded: recorded value, lower-case hex; "" for block hashes.
        computed: computed value, None if it could not be computed.
        outcome: the comparison.
        note: why it could not be computed, or where it went wrong.
    """

    urn: str
    what: str
    algorithm: str
    recorded: str
    computed: str | None
    outcome: Outcome
    note: str = ""


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
            yield from _linear(
                record.urn,
                "file content",
                record.hashes,
                functools.partial(open_file, volumes, record),
                progress,
            )


def recorded_hashes(item: Aff4Object, name: str) -> list[tuple[str, str]]:
    """Hashes of a property: (name of the datatype, lower-case hex)."""
    return [
        (lexicon.local_name(node.datatype) or node.datatype, node.text.lower())
        for node in item.properties.get(name, ())
        if isinstance(node, Literal)
    ]


def _compare(
    urn: str, what: str, algorithm: str, recorded: str, computed: str
) -> Check:
    outcome = Outcome.MATCH if recorded == computed else Outcome.MISMATCH
    return Check(urn, what, algorithm, recorded, computed, outcome)


def _linear(
    urn: str,
    what: str,
    hashes: list[tuple[str, str]],
    open_stream: Callable[[], Stream],
    progress: Progress,
) -> Iterator[Check]:
    """Checks hashes over a whole stream, all in one pass."""
    contexts: dict[str, Any] = {}
    for algorithm, value in hashes:
        if algorithm in _ALGORITHMS:
            contexts[algorithm] = hashlib.new(_ALGORITHMS[algorithm])
        else:
            yield Check(
                urn, what, algorithm, value, None, Outcome.UNKNOWN, "unknown algorithm"
            )
    if not contexts:
        return
    try:
        stream = open_stream()
        for offset in range(0, stream.size, _STEP):
            data = stream.read_at(offset, min(_STEP, stream.size - offset))
            for context in contexts.values():
                context.update(data)
            progress(len(data))
    except Aff4Error as exception:
        for algorithm, value in hashes:
            if algorithm in contexts:
                yield Check(
                    urn,
                    what,
                    algorithm,
                    value,
                    None,
                    Outcome.UNREADABLE,
                    str(exception),
                )
        return
    for algorithm, value in hashes:
        if algorithm in contexts:
            yield _compare(urn, what, algorithm, value, contexts[algorithm].hexdigest())


def _check_image_stream(
    volumes: VolumeSet, item: Aff4Object, progress: Progress
) -> Iterator[Check]:
    try:
        stream = volumes.open_stream(item.urn)
    except Aff4Error as exception:
        yield Check(
            item.urn, "image stream", "", "", None, Outcome.UNREADABLE, str(exception)
        )
        return
    linear = recorded_hashes(item, "hash")
    yield from _linear(item.urn, "image stream", linear, lambda: stream, progress)
    if isinstance(stream, ImageStream):
        for algorithm in _BLOCK_ALGORITHMS:
            if volumes.block_hashes(item.urn, 0, algorithm) is not None:
                yield _check_blocks(volumes, stream, algorithm, progress)
        yield from _check_block_hashes_hash(volumes, item, stream)
    for algorithm, value in recorded_hashes(item, "imageStreamIndexHash"):
        yield _hash_of_segments(
            volumes, item.urn, "index segments", algorithm, value, stream
        )
    for algorithm, value in recorded_hashes(item, "imageStreamHash"):
        yield Check(
            item.urn,
            "imageStreamHash",
            algorithm,
            value,
            None,
            Outcome.UNKNOWN,
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
            digests = volumes.block_hashes(stream.urn, bevy, algorithm) or b""
        except Aff4Error as exception:
            return Check(
                stream.urn,
                what,
                algorithm,
                "",
                None,
                Outcome.UNREADABLE,
                str(exception),
            )
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
                bad.append(f"chunk {number} (offset {number * chunk_size})")
    outcome = Outcome.MISMATCH if bad else Outcome.MATCH
    note = f"{len(bad)} bad: {'; '.join(bad[:5])}" if bad else ""
    return Check(stream.urn, what, algorithm, "", None, outcome, note)


def _block_hash_segments(
    volumes: VolumeSet, stream: ImageStream, algorithm: str
) -> bytes | None:
    """All block hash segments of an algorithm, None if there are none."""
    segments = [
        volumes.block_hashes(stream.urn, bevy, algorithm) for bevy in _bevies(stream)
    ]
    if not segments or any(segment is None for segment in segments):
        return None
    return b"".join(segment for segment in segments if segment is not None)


def _check_block_hashes_hash(
    volumes: VolumeSet, item: Aff4Object, stream: ImageStream
) -> Iterator[Check]:
    """Hashes over the block hash segments, of both kinds of dialect."""
    for algorithm in _BLOCK_ALGORITHMS:
        urn = f"{item.urn}/blockhash.{algorithm}"
        described = volumes.graph.objects.get(urn)
        if described is None:
            continue
        for name, value in recorded_hashes(described, "hash"):
            segments = _block_hash_segments(volumes, stream, algorithm)
            if segments is None or name not in _ALGORITHMS:
                yield Check(
                    urn,
                    "block hashes",
                    name,
                    value,
                    None,
                    Outcome.UNREADABLE,
                    "missing",
                )
            else:
                computed = hashlib.new(_ALGORITHMS[name], segments).hexdigest()
                yield _compare(urn, "block hashes", name, value, computed)
    for name, value in recorded_hashes(item, "blockHashesHash"):
        algorithm = _ALGORITHMS.get(name, "")
        segments = (
            _block_hash_segments(volumes, stream, algorithm) if algorithm else None
        )
        if segments is None:
            yield Check(
                item.urn,
                "block hashes",
                name,
                value,
                None,
                Outcome.UNREADABLE,
                "missing",
            )
        else:
            computed = hashlib.new(algorithm, segments).hexdigest()
            yield _compare(item.urn, "block hashes", name, value, computed)


def _hash_of_segments(
    volumes: VolumeSet,
    urn: str,
    what: str,
    algorithm: str,
    value: str,
    stream: Stream,
) -> Check:
    if algorithm not in _ALGORITHMS or not isinstance(stream, ImageStream):
        return Check(urn, what, algorithm, value, None, Outcome.UNKNOWN, "no rule")
    context = hashlib.new(_ALGORITHMS[algorithm])
    for bevy in _bevies(stream):
        segment = volumes.read_segment(urn, f"/{bevy:08d}.index", _MAXIMUM_SEGMENT)
        if segment is None:
            return Check(
                urn, what, algorithm, value, None, Outcome.UNREADABLE, "missing"
            )
        context.update(segment)
    return _compare(urn, what, algorithm, value, context.hexdigest())


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
            yield Check(
                item.urn,
                "map segments",
                "",
                "",
                None,
                Outcome.UNREADABLE,
                str(exception),
            )
            return
        parts = {
            "mapPointHash": [segments["map"]],
            "mapIdxHash": [segments["idx"]],
            "mapPathHash": [segments["mapPath"]],
            "mapHash": [segments["map"], segments["idx"], segments["mapPath"]],
        }
        for name, pieces in parts.items():
            for algorithm, value in recorded_hashes(item, name):
                yield _check_pieces(item.urn, name, algorithm, value, pieces)
        yield from _check_block_map(volumes, item, segments)
    linear = recorded_hashes(item, "hash")
    if linear:
        yield from _linear(
            item.urn, "map", linear, lambda: volumes.open_stream(item.urn), progress
        )
    yield from _check_linear_blocks(volumes, item, progress)


def _check_pieces(
    urn: str, what: str, algorithm: str, value: str, pieces: list[bytes | None]
) -> Check:
    if algorithm not in _ALGORITHMS:
        return Check(urn, what, algorithm, value, None, Outcome.UNKNOWN, "no rule")
    if pieces == [None]:
        return Check(urn, what, algorithm, value, None, Outcome.UNREADABLE, "missing")
    context = hashlib.new(_ALGORITHMS[algorithm])
    for piece in pieces:
        if piece is not None:
            context.update(piece)
    return _compare(urn, what, algorithm, value, context.hexdigest())


def _local_stream(volumes: VolumeSet, item: Aff4Object) -> ImageStream | None:
    """The image stream of a map that lies in the map's own volume."""
    volume = volumes.volume_of(item.urn, "/map")
    if volume is None:
        return None
    index = volumes.read_segment(item.urn, "/idx", _MAXIMUM_SEGMENT) or b""
    for target in index.decode("utf-8", "replace").splitlines():
        urn = target.strip()
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
    name = _ALGORITHMS[algorithm]
    stream = _local_stream(volumes, item)
    if stream is None:
        return None
    context = hashlib.new(name)
    for block_algorithm in _BLOCK_ALGORITHMS:
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
        computed = (
            block_map_hash(volumes, item, algorithm)
            if algorithm in _ALGORITHMS
            else None
        )
        if computed is None:
            yield Check(
                item.urn,
                "blockMapHash",
                algorithm,
                value,
                None,
                Outcome.UNREADABLE,
                "block hashes are missing",
            )
        else:
            yield _compare(item.urn, "blockMapHash", algorithm, value, computed)
    for algorithm, value in recorded_hashes(item, "blockHashesHash"):
        # Before the standard: stream hashes as recorded, then the map segments.
        stream = _local_stream(volumes, item)
        described = volumes.graph.objects.get(stream.urn) if stream else None
        of_stream = (
            dict(recorded_hashes(described, "blockHashesHash")) if described else {}
        )
        if algorithm not in _ALGORITHMS or not {"MD5", "SHA1"} <= set(of_stream):
            yield Check(
                item.urn,
                "blockHashesHash",
                algorithm,
                value,
                None,
                Outcome.UNKNOWN,
                "hashes of the stream are missing",
            )
            continue
        name = _ALGORITHMS[algorithm]
        context = hashlib.new(name)
        context.update(bytes.fromhex(of_stream["MD5"]))
        context.update(bytes.fromhex(of_stream["SHA1"]))
        for segment in segments.values():
            if segment is not None:
                context.update(hashlib.new(name, segment).digest())
        yield _compare(
            item.urn, "blockHashesHash", algorithm, value, context.hexdigest()
        )


def _check_linear_blocks(
    volumes: VolumeSet, item: Aff4Object, progress: Progress
) -> Iterator[Check]:
    """Before the standard: hash over the hashes of all 32 KiB blocks of the disk."""
    recorded = recorded_hashes(item, "linearBlockHash")
    known = [pair for pair in recorded if pair[0] in _ALGORITHMS]
    if not known:
        return
    try:
        stream = volumes.open_stream(item.urn)
        outer = {name: hashlib.new(_ALGORITHMS[name]) for name, _ in known}
        for offset in range(0, stream.size, _STEP):
            data = stream.read_at(offset, min(_STEP, stream.size - offset))
            for start in range(0, len(data), _LINEAR_BLOCK):
                block = data[start : start + _LINEAR_BLOCK]
                for name, context in outer.items():
                    context.update(hashlib.new(_ALGORITHMS[name], block).digest())
            progress(len(data))
    except Aff4Error as exception:
        for name, value in known:
            yield Check(
                item.urn,
                "linearBlockHash",
                name,
                value,
                None,
                Outcome.UNREADABLE,
                str(exception),
            )
        return
    for name, value in known:
        computed = outer[name].hexdigest()
        if computed == value:
            yield _compare(item.urn, "linearBlockHash", name, value, computed)
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
        yield from _linear(
            item.urn,
            "image",
            linear,
            lambda: volumes.open_image(item.urn).stream,
            progress,
        )
    for name, value in recorded:
        if not name.startswith("blockMapHash"):
            continue
        algorithm = name.removeprefix("blockMapHash")
        maps = [
            volumes.graph.objects[urn]
            for urn in sorted(item.iris("dataStream"))
            if urn in volumes.graph.objects
        ]
        hashes = [
            block_map_hash(volumes, described, algorithm)
            for described in maps
            if algorithm in _ALGORITHMS
        ]
        if not hashes or None in hashes:
            yield Check(
                item.urn,
                "image",
                name,
                value,
                None,
                Outcome.UNREADABLE,
                "block hashes are missing",
            )
            continue
        if len(hashes) == 1:
            computed = hashes[0] or ""
        else:
            context = hashlib.new(_ALGORITHMS[algorithm])
            for part in hashes:
                context.update(bytes.fromhex(part or ""))
            computed = context.hexdigest()
        yield _compare(item.urn, "image", name, value, computed)
