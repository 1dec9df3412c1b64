"""Decompression of AFF4 chunks, bounded by the chunk size.

Specification: formats/aff4.md section 4.1. Snappy comes from cramjam, LZ4 from lz4 (one
of plaso's own dependencies), zlib from Python.
"""

from __future__ import annotations

import enum
import zlib
from collections.abc import Callable
from typing import Final

import cramjam
import lz4.block
import lz4.frame

_LZ4_FRAME_MAGIC: Final = b"\x04\x22\x4d\x18"


class CompressionError(ValueError):
    """A chunk does not decompress."""


class Method(enum.Enum):
    """Compression of an image stream."""

    STORED = "stored"
    ZLIB = "zlib"
    DEFLATE = "deflate"
    SNAPPY = "snappy"
    LZ4 = "lz4"


_METHODS: Final = {
    "http://code.google.com/p/snappy/": Method.SNAPPY,
    "https://code.google.com/p/snappy/": Method.SNAPPY,
    "https://github.com/google/snappy": Method.SNAPPY,
    "https://www.ietf.org/rfc/rfc1950.txt": Method.ZLIB,
    "http://www.ietf.org/rfc/rfc1950.txt": Method.ZLIB,
    "https://tools.ietf.org/html/rfc1951": Method.DEFLATE,
    "http://tools.ietf.org/html/rfc1951": Method.DEFLATE,
    "https://code.google.com/p/lz4/": Method.LZ4,
    "https://github.com/lz4/lz4": Method.LZ4,
    "http://aff4.org/Schema#NullCompressor": Method.STORED,
    "http://aff4.org/Schema#compression/stored": Method.STORED,
    "http://afflib.org/2009/aff4#nullCompressor": Method.STORED,
}


def method_of(iri: str) -> Method | None:
    """Compression method of an IRI, None if unknown."""
    return _METHODS.get(iri) or _METHODS.get(iri.rstrip("/"))


def decompressor(method: Method) -> Callable[[bytes, int], bytes]:
    """Function (stored bytes, chunk size) -> plain bytes, at most chunk size.

    It raises CompressionError.
    """
    return _DECOMPRESSORS[method]


def _stored(data: bytes, limit: int) -> bytes:
    if len(data) > limit:
        raise CompressionError(f"{len(data)} bytes in a chunk of {limit}")
    return data


def _inflate(data: bytes, limit: int, window: int) -> bytes:
    inflater = zlib.decompressobj(window)
    try:
        plain = inflater.decompress(data, limit + 1)
    except zlib.error as exception:
        raise CompressionError(str(exception)) from exception
    if len(plain) > limit:
        raise CompressionError(f"inflates to more than {limit} bytes")
    # The end marker may still wait in the unconsumed tail of a chunk of full size.
    if not inflater.eof:
        try:
            rest = inflater.decompress(inflater.unconsumed_tail, 1)
        except zlib.error as exception:
            raise CompressionError(str(exception)) from exception
        if rest or not inflater.eof:
            raise CompressionError("stream is not complete")
    return plain


def _zlib(data: bytes, limit: int) -> bytes:
    return _inflate(data, limit, 15)


def _deflate(data: bytes, limit: int) -> bytes:
    # c-aff4 writes zlib streams, and junk behind them, under this name.
    try:
        return _inflate(data, limit, -15)
    except CompressionError:
        return _inflate(data, limit, 15)


def _snappy(data: bytes, limit: int) -> bytes:
    length = shift = 0
    for position in range(5):
        if position >= len(data):
            raise CompressionError("snappy block is empty")
        byte = data[position]
        length |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            break
    if length > limit:
        raise CompressionError(f"snappy block of {length} bytes in a chunk of {limit}")
    try:
        return bytes(cramjam.snappy.decompress_raw(data))
    except cramjam.DecompressionError as exception:
        raise CompressionError(str(exception)) from exception


def _lz4(data: bytes, limit: int) -> bytes:
    if data.startswith(_LZ4_FRAME_MAGIC):
        try:
            decoder = lz4.frame.LZ4FrameDecompressor()
            plain: bytes = decoder.decompress(data, max_length=limit + 1)
        except (RuntimeError, EOFError) as exception:
            raise CompressionError(str(exception)) from exception
        if len(plain) > limit:
            raise CompressionError(f"LZ4 frame of more than {limit} bytes")
        if not decoder.eof:
            raise CompressionError("LZ4 frame is not complete")
        return plain
    try:
        plain = lz4.block.decompress(data, uncompressed_size=limit)
        if len(plain) == limit:
            return plain
    except lz4.block.LZ4BlockError:
        plain = b""
    # pyaff4 puts the plain length in front of the block.
    announced = int.from_bytes(data[:4], "little")
    if 1 <= announced <= limit and len(data) > 4:
        try:
            result: bytes = lz4.block.decompress(data[4:], uncompressed_size=announced)
        except lz4.block.LZ4BlockError as exception:
            if not plain:
                raise CompressionError(str(exception)) from exception
        else:
            if len(result) == announced:
                return result
    if not plain:
        raise CompressionError("not an LZ4 block")
    return plain


_DECOMPRESSORS: Final[dict[Method, Callable[[bytes, int], bytes]]] = {
    Method.STORED: _stored,
    Method.ZLIB: _zlib,
    Method.DEFLATE: _deflate,
    Method.SNAPPY: _snappy,
    Method.LZ4: _lz4,
}
