"""Tests of chunk decompression (section 4.1)."""

from __future__ import annotations

import tracemalloc
import zlib
from collections.abc import Callable

import cramjam
import lz4.block
import lz4.frame
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telegram_forensics.aff4.compression import (
    CompressionError,
    Method,
    decompressor,
    method_of,
)
from tests.builders import aff4
from tests.helpers import mutations

CHUNK = 32768
PLAIN = aff4.pattern(CHUNK)
WRITERS = {
    "zlib": Method.ZLIB,
    "deflate": Method.DEFLATE,
    "snappy": Method.SNAPPY,
    "lz4": Method.LZ4,
    "lz4-length": Method.LZ4,
    "stored": Method.STORED,
}


@pytest.mark.parametrize("writer", WRITERS)
def test_round_trip(writer: str) -> None:
    """What the libraries compress comes back."""
    read = decompressor(WRITERS[writer])
    for plain in (PLAIN, bytes(CHUNK), b"\xff" * CHUNK, PLAIN[:1000]):
        packed = aff4.compress(plain, writer)
        assert read(packed, CHUNK) == plain
        assert isinstance(read(packed, CHUNK), bytes)


@settings(max_examples=150, deadline=None)
@given(st.binary(min_size=1, max_size=3000), st.sampled_from(list(WRITERS)))
def test_round_trip_of_anything(plain: bytes, writer: str) -> None:
    """Any full chunk comes back, compressible or not."""
    read = decompressor(WRITERS[writer])
    assert read(aff4.compress(plain, writer), len(plain)) == plain


@pytest.mark.parametrize(
    ("iri", "method"),
    [
        ("http://code.google.com/p/snappy/", Method.SNAPPY),
        ("https://github.com/google/snappy", Method.SNAPPY),
        ("https://www.ietf.org/rfc/rfc1950.txt", Method.ZLIB),
        ("https://tools.ietf.org/html/rfc1951", Method.DEFLATE),
        ("http://tools.ietf.org/html/rfc1951", Method.DEFLATE),
        ("https://code.google.com/p/lz4/", Method.LZ4),
        ("https://github.com/lz4/lz4", Method.LZ4),
        ("http://aff4.org/Schema#NullCompressor", Method.STORED),
        ("http://aff4.org/Schema#compression/stored", Method.STORED),
        ("http://afflib.org/2009/aff4#nullCompressor", Method.STORED),
        ("https://example.org/zstd", None),
        ("", None),
    ],
)
def test_names(iri: str, method: Method | None) -> None:
    """The names of the table are known, others are not."""
    assert method_of(iri) is method


def test_zlib_under_the_name_of_deflate() -> None:
    """c-aff4 writes a zlib stream with junk behind it and calls it deflate."""
    read = decompressor(Method.DEFLATE)
    for junk in (b"", b"junk", bytes(100)):
        assert read(zlib.compress(PLAIN) + junk, CHUNK) == PLAIN
        assert read(aff4.compress(PLAIN, "deflate") + junk, CHUNK) == PLAIN


def test_lz4_frame() -> None:
    """An LZ4 frame is read whole, a cut one is refused."""
    read = decompressor(Method.LZ4)
    frame = lz4.frame.compress(PLAIN, content_checksum=True)
    assert read(frame, CHUNK) == PLAIN
    for size in (len(frame) - 1, len(frame) - 4, len(frame) // 2, 10):
        with pytest.raises(CompressionError):
            read(frame[:size], CHUNK)


def test_lz4_of_pyaff4() -> None:
    """The length that pyaff4 puts in front decides only where it fits."""
    read = decompressor(Method.LZ4)
    packed = lz4.block.compress(PLAIN, store_size=True)
    assert packed[:4] == (CHUNK).to_bytes(4, "little")
    assert read(packed, CHUNK) == PLAIN
    for length in (0, CHUNK + 1, CHUNK - 1):
        with pytest.raises(CompressionError):
            read(length.to_bytes(4, "little") + packed[4:], CHUNK)


def _bomb_snappy() -> bytes:
    return bytes(cramjam.snappy.compress_raw(bytes(64 << 20)))


BOMBS: dict[str, tuple[Method, Callable[[], bytes]]] = {
    "zlib": (Method.ZLIB, lambda: zlib.compress(bytes(64 << 20))),
    "deflate": (Method.DEFLATE, lambda: aff4.compress(bytes(64 << 20), "deflate")),
    "zlib as deflate": (Method.DEFLATE, lambda: zlib.compress(bytes(64 << 20))),
    "snappy": (Method.SNAPPY, _bomb_snappy),
    "lz4": (Method.LZ4, lambda: aff4.compress(bytes(64 << 20), "lz4")),
    "lz4-length": (Method.LZ4, lambda: aff4.compress(bytes(64 << 20), "lz4-length")),
    "lz4 frame": (Method.LZ4, lambda: lz4.frame.compress(bytes(64 << 20))),
    "stored": (Method.STORED, lambda: bytes(CHUNK + 1)),
    "one byte too many": (Method.ZLIB, lambda: zlib.compress(bytes(CHUNK + 1))),
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs(name: str) -> None:
    """A chunk that grows beyond its size is refused without being inflated."""
    method, make = BOMBS[name]
    bomb = make()
    tracemalloc.start()
    try:
        with pytest.raises(CompressionError):
            decompressor(method)(bomb, CHUNK)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_cut_streams() -> None:
    """A zlib or deflate stream without its end is refused, wherever it was cut."""
    for writer in ("zlib", "deflate"):
        packed = aff4.compress(PLAIN[:2000], writer)
        read = decompressor(WRITERS[writer])
        for size in range(len(packed)):
            with pytest.raises(CompressionError):
                read(packed[:size], CHUNK)


@pytest.mark.parametrize("writer", WRITERS)
def test_damage(writer: str) -> None:
    """Damaged chunks give bounded bytes or CompressionError, nothing else."""
    read = decompressor(WRITERS[writer])
    refused = 0
    for damaged in mutations(aff4.compress(PLAIN[:3000], writer), 800, writer):
        try:
            assert len(read(damaged, 3000)) <= 3000
        except CompressionError:
            refused += 1
    assert refused > 20


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200), st.sampled_from(list(Method)), st.integers(1, 5000))
def test_garbage(data: bytes, method: Method, limit: int) -> None:
    """Garbage gives bounded bytes or CompressionError, nothing else."""
    try:
        assert len(decompressor(method)(data, limit)) <= limit
    except CompressionError as exception:
        assert str(exception)
