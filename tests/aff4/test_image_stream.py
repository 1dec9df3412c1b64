"""Tests of image streams (section 4)."""

from __future__ import annotations

import random
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telegram_forensics.aff4.cache import ByteCache
from telegram_forensics.aff4.compression import Method
from telegram_forensics.aff4.errors import Aff4Error
from telegram_forensics.aff4.image_stream import ImageStream, StreamGeometry
from telegram_forensics.aff4.map_stream import Stream
from telegram_forensics.aff4.source import ByteSource
from tests.aff4 import support
from tests.builders import aff4

METHODS = [name for name in aff4.METHODS if name != "snappy-always"]


def image_stream(volume: aff4.AFF4Volume) -> ImageStream:
    """The image stream of a built volume."""
    stream = support.open_volume(volume.build()).open_stream(aff4.STREAM)
    assert isinstance(stream, ImageStream)
    return stream


def built(data: bytes, method: str = "zlib", dialect: str = "A", **options: object):  # type: ignore[no-untyped-def]
    """An image stream over some data."""
    volume = aff4.AFF4Volume(dialect=dialect)
    volume.add_stream(aff4.STREAM, data, method, **options)  # type: ignore[arg-type]
    return image_stream(volume)


def check_like_bytes(stream: Stream, data: bytes, generator: random.Random) -> None:
    """Reads at random places and compares with a plain byte string."""
    assert stream.size == len(data)
    assert support.read_all(stream) == data
    for _ in range(60):
        offset = generator.randrange(len(data) + 1)
        size = generator.choice([0, 1, 5, 511, 512, 513, 2048, 5000, len(data)])
        size = min(size, len(data) - offset)
        assert stream.read_at(offset, size) == data[offset : offset + size]


@pytest.mark.parametrize("dialect", "ABCEF")
@pytest.mark.parametrize("method", METHODS)
def test_like_bytes(method: str, dialect: str) -> None:
    """Reads at any place are those of the plain data, with every compression."""
    generator = random.Random(f"{method} {dialect}")
    for size in (1, 511, 512, 513, 2048, 2049, 9000):
        data = aff4.pattern(size)
        check_like_bytes(built(data, method, dialect), data, generator)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(METHODS),
    st.sampled_from("AE"),
    st.integers(1, 5000),
    st.sampled_from([64, 100, 512, 1000, 4096]),
    st.integers(1, 9),
    st.booleans(),
    st.integers(0, 1 << 30),
)
def test_any_geometry(
    method: str,
    dialect: str,
    size: int,
    chunk_size: int,
    chunks_in_segment: int,
    padded: bool,
    seed: int,
) -> None:
    """Any chunk size, bevy size and last chunk reads like the plain data."""
    data = aff4.pattern(size, seed)
    # The length of pyaff4 with a short last chunk is a form that nobody writes.
    stream = built(
        data,
        method,
        dialect,
        chunk_size=chunk_size,
        chunks_in_segment=chunks_in_segment,
        padded=padded or method.startswith("lz4"),
    )
    check_like_bytes(stream, data, random.Random(seed))


def test_pmem() -> None:
    """In dialect F, Snappy chunks are compressed even at full length."""
    noise = random.Random(1).randbytes(512)
    # A chunk whose packed form happens to be as long as the plain one.
    same_length = next(
        chunk
        for chunk in (
            noise[:100] + noise[:size] + noise[100 : 512 - size] for size in range(60)
        )
        if len(aff4.compress(chunk, "snappy")) == 512
    )
    data = noise + same_length + noise[:100]
    stream = built(data, "snappy-always", "F")
    assert stream.geometry.is_always_compressed
    assert support.read_all(stream) == data


def test_chunks_in_any_order() -> None:
    """The chunks of a bevy may lie in any order: c-aff4 compresses in parallel."""
    data = aff4.pattern(9000)
    for method in METHODS:
        check_like_bytes(built(data, method, reverse=True), data, random.Random(2))


def test_unpadded_incompressible_last_chunk() -> None:
    """c-aff4 stores a last chunk that does not compress raw, with its short length."""
    data = random.Random(3).randbytes(1300)
    for method in ("zlib", "snappy", "deflate", "stored", "lz4"):
        assert support.read_all(built(data, method, padded=False)) == data


def test_no_method_named() -> None:
    """Without a method zlib is tried where the length is not that of the chunk."""
    data = aff4.pattern(3000) + random.Random(4).randbytes(600)
    volume = aff4.AFF4Volume()
    volume.add_stream(aff4.STREAM, data, "zlib", described=False)
    volume.add_object(
        aff4.STREAM,
        ["ImageStream"],
        ("size", len(data)),
        ("chunkSize", 512),
        ("chunksInSegment", 4),
    )
    stream = image_stream(volume)
    assert stream.geometry.method is None
    assert support.read_all(stream) == data


def test_default_geometry() -> None:
    """Chunks of 32 KiB, 2048 in a bevy, where the metadata says nothing."""
    data = aff4.pattern(70_000)
    volume = aff4.AFF4Volume()
    volume.add_stream(
        aff4.STREAM, data, chunk_size=32768, chunks_in_segment=2048, described=False
    )
    volume.add_object(aff4.STREAM, ["ImageStream"], ("size", len(data)))
    stream = image_stream(volume)
    assert (stream.geometry.chunk_size, stream.geometry.chunks_in_segment) == (
        32768,
        2048,
    )
    assert support.read_all(stream) == data


def test_short_chunk_in_the_middle() -> None:
    """A short chunk that is not the last one is padded with zeros, and noted."""
    chunks = [bytes([1]) * 512, bytes([2]) * 100, bytes([3]) * 512]
    packed = [aff4.compress(chunk, "zlib") for chunk in chunks]
    volume = aff4.AFF4Volume()
    volume.add_stream(aff4.STREAM, bytes(1536), "zlib")
    bevy = b"".join(packed)
    starts = [0, len(packed[0]), len(packed[0] + packed[1])]
    index = b"".join(
        struct.pack("<QL", at, len(one)) for at, one in zip(starts, packed, strict=True)
    )
    volume.add_member(aff4.STREAM, "/00000000", bevy)
    volume.add_member(aff4.STREAM, "/00000000.index", index)
    stream = image_stream(volume)
    assert support.read_all(stream) == b"".join(c.ljust(512, b"\0") for c in chunks)
    assert list(stream.problems) == ["short chunks were padded with zeros"]


def test_length_zero() -> None:
    """An entry of length 0 reads as zeros, and is noted."""
    volume = aff4.AFF4Volume()
    volume.add_stream(aff4.STREAM, aff4.pattern(2048), "zlib")
    name = volume.member_name(aff4.STREAM, "/00000000.index")
    index = volume.members[name].data
    volume.members[name].data = index[:12] + struct.pack("<QL", 0, 0) + index[24:]
    stream = image_stream(volume)
    assert stream.read_at(512, 512) == bytes(512)
    assert stream.read_at(0, 512) == aff4.pattern(512)
    assert "length 0" in next(iter(stream.problems))


def test_extra_index_entries() -> None:
    """Entries behind the last chunk are ignored."""
    data = aff4.pattern(1500)
    volume = aff4.AFF4Volume()
    volume.add_stream(aff4.STREAM, data, "zlib")
    name = volume.member_name(aff4.STREAM, "/00000000.index")
    volume.members[name].data += struct.pack("<QL", 1 << 60, 9) + b"odd"
    assert support.read_all(image_stream(volume)) == data


@pytest.mark.parametrize("offset", [-1, 0, 1, 9000, 9001, 1 << 64])
def test_outside(offset: int) -> None:
    """A range that leaves the stream is an error, never a short read."""
    stream = built(aff4.pattern(9000))
    with pytest.raises(Aff4Error) as caught:
        stream.read_at(offset, 9001)
    assert (caught.value.segment, caught.value.offset) == (aff4.STREAM, offset)
    with pytest.raises(Aff4Error):
        stream.read_at(0, -1)
    assert stream.read_at(9000, 0) == b""


@pytest.mark.parametrize(
    ("chunk_size", "chunks_in_segment"),
    [(0, 4), (64 * 1024 * 1024 + 1, 4), (512, 0), (512, 1 << 25)],
)
def test_impossible_geometry(chunk_size: int, chunks_in_segment: int) -> None:
    """A geometry that makes no sense is an error at open."""
    volume = aff4.AFF4Volume()
    volume.add_stream(aff4.STREAM, aff4.pattern(2048), described=False)
    volume.add_object(
        aff4.STREAM,
        ["ImageStream"],
        ("size", 2048),
        ("chunkSize", chunk_size),
        ("chunksInSegment", chunks_in_segment),
    )
    with pytest.raises(Aff4Error) as caught:
        image_stream(volume)
    assert caught.value.segment == aff4.STREAM


def test_unknown_compression() -> None:
    """A compression that nobody knows is an error that names it."""
    volume = aff4.AFF4Volume()
    pair = ("compressionMethod", aff4.iri("https://example.org/zstd"))
    volume.add_stream(aff4.STREAM, aff4.pattern(2048), pairs=[pair])
    with pytest.raises(Aff4Error, match="https://example.org/zstd"):
        image_stream(volume)


class _CountingFinder:
    """Segments of one stored stream that count their reads."""

    def __init__(self, data: bytes, chunks_in_segment: int) -> None:
        self.reads: list[tuple[int, int]] = []
        self.indexes = 0
        self._size = 512 * chunks_in_segment
        self._data = data

    def open_segment(self, urn: str, suffix: str) -> ByteSource | None:
        """See `SegmentFinder`."""
        number = int(suffix[1:])
        part = self._data[number * self._size : (number + 1) * self._size]
        inner = support.source(part, urn)
        finder = self

        class Counting:
            size = inner.size
            name = inner.name

            def read_at(self, offset: int, size: int) -> bytes:
                finder.reads.append((number * finder._size + offset, size))
                return inner.read_at(offset, size)

        return Counting()

    def read_segment(self, urn: str, suffix: str, limit: int) -> bytes | None:
        """See `SegmentFinder`."""
        assert suffix.endswith(".index")
        self.indexes += 1
        count = min(self._size, len(self._data)) // 512
        return b"".join(struct.pack("<QL", at * 512, 512) for at in range(count))


def test_reads_only_what_is_needed() -> None:
    """One read fetches its chunks, indexes come when a bevy is first touched."""
    data = aff4.pattern(512 * 64)
    finder = _CountingFinder(data, 16)
    geometry = StreamGeometry(len(data), 512, 16, Method.STORED)
    stream = ImageStream("x", geometry, finder, ByteCache(512 * 8))
    assert (finder.reads, finder.indexes) == ([], 0)
    assert stream.read_at(20 * 512 + 5, 100) == data[20 * 512 + 5 : 20 * 512 + 105]
    assert (finder.reads, finder.indexes) == ([(20 * 512, 512)], 1)
    stream.read_at(20 * 512 + 300, 50)
    assert len(finder.reads) == 1
    finder.reads.clear()
    assert stream.read_at(0, len(data)) == data
    assert sum(size for _, size in finder.reads) <= len(data)
    assert finder.indexes == 4


def test_cache_is_bounded() -> None:
    """The cache never holds more than its size."""
    cache = ByteCache(2048)
    data = aff4.pattern(512 * 64)
    geometry = StreamGeometry(len(data), 512, 16, Method.STORED)
    stream = ImageStream("x", geometry, _CountingFinder(data, 16), cache)
    for offset in (*range(0, len(data), 512), 7, 9000):
        stream.read_at(offset, min(512, len(data) - offset))
        assert 0 < cache.size <= 2048
    cache.put("x", bytes(5000))
    assert cache.size == 5000
    cache.put("y", b"")
    assert cache.size == 0


def test_size_near_the_limit() -> None:
    """A stream may claim 2^63-512 bytes; reads of what is not there are errors."""
    volume = aff4.AFF4Volume()
    size = (1 << 63) - 512
    volume.add_stream(aff4.STREAM, aff4.pattern(2048), size=size)
    stream = image_stream(volume)
    assert stream.size == size
    assert stream.read_at(0, 2048) == aff4.pattern(2048)
    with pytest.raises(Aff4Error, match="bevy is missing"):
        stream.read_at(size - 512, 512)
