"""Snappy, zstd and the checksum of browser storage, bounded before anything is made.

Specifications: https://github.com/google/snappy/blob/main/format_description.txt and
framing_format.txt, RFC 8878 (zstd), RFC 3720 (CRC-32C). LevelDB and the Snappy frames
store the checksum masked: rotated right by 15 bits, plus 0xA282EAD8. The frames of
Firefox have it without its last inversion (seen with Firefox 153).

Snappy and zstd come from cramjam; the checksum from google-crc32c, for a table in
Python takes longer than everything else that is done with a log.
"""

from __future__ import annotations

from typing import Final

import cramjam
import google_crc32c

from telegram_forensics.formats.browser_bytes import Findings
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.varint import read_varint

MAXIMUM_PLAIN: Final = 48 << 20
"""Bytes that one compressed value may become; browsers end far below."""

# A copy of three bytes gives at most 64.
_SNAPPY_RATIO: Final = 22
_FRAME_PLAIN: Final = 1 << 16
_STREAM_IDENTIFIER: Final = 0xFF
_COMPRESSED, _PLAIN = 0, 1
_FIRST_SKIPPABLE: Final = 0x80
_ZSTD_MAGIC: Final = b"\x28\xb5\x2f\xfd"
_CRC_DELTA: Final = 0xA282EAD8


def mask_crc32c(crc: int) -> int:
    """The stored form of a CRC-32C."""
    return ((crc >> 15 | crc << 17) + _CRC_DELTA) & 0xFFFFFFFF


def masked_crc32c(data: bytes) -> int:
    """CRC-32C of bytes as LevelDB stores it."""
    return mask_crc32c(google_crc32c.value(data))


def extend_crc32c(crc: int, data: bytes) -> int:
    """CRC-32C (not masked) of bytes behind others whose CRC-32C is known."""
    return int(google_crc32c.extend(crc, data))


def decompress_snappy(data: bytes, limit: int = MAXIMUM_PLAIN) -> bytes:
    """Decompresses a raw Snappy block.

    Raises:
        FormatError: if it is none, or is longer than the limit.
    """
    _snappy_size(data, limit)
    try:
        return bytes(cramjam.snappy.decompress_raw(data))
    except cramjam.DecompressionError as exception:
        raise FormatError(0, f"Snappy: {exception}") from exception


def _snappy_size(data: bytes, limit: int) -> tuple[int, int]:
    size, position = read_varint(data, 0)
    if size > limit:
        raise FormatError(0, f"Snappy: {size} bytes, more than the limit of {limit}")
    if size > len(data) * _SNAPPY_RATIO:
        raise FormatError(0, f"Snappy: {size} bytes cannot come from {len(data)}")
    return size, position


def salvage_snappy(data: bytes, limit: int = MAXIMUM_PLAIN) -> bytes:
    """What a damaged raw Snappy block gives up to the damage; slow."""
    try:
        size, position = _snappy_size(data, limit)
    except FormatError:
        return b""
    plain = bytearray()
    end = len(data)
    while position < end and len(plain) < size:
        tag = data[position]
        position += 1
        kind = tag & 3
        if kind == 0:
            length = tag >> 2
            if length >= 60:
                width = length - 59
                length = int.from_bytes(data[position : position + width], "little")
                position += width
            plain += data[position : position + min(length + 1, size - len(plain))]
            position += length + 1
            continue
        width = (1, 2, 4)[kind - 1]
        offset = int.from_bytes(data[position : position + width], "little")
        position += width
        if kind == 1:
            length = 4 + (tag >> 2 & 7)
            offset |= (tag & 0xE0) << 3
        else:
            length = 1 + (tag >> 2)
        if not 0 < offset <= len(plain) or position > end:
            break
        start = len(plain) - offset
        while length > 0:
            piece = plain[start : start + length]
            plain += piece
            length -= len(piece)
    return bytes(plain[:size])


def decompress_snappy_framed(
    data: bytes, findings: Findings, limit: int = MAXIMUM_PLAIN
) -> bytes:
    """Decompresses a stream of Snappy frames, up to the first damage.

    Args:
        data: the stream.
        findings: takes what is wrong with it.
        limit: bytes that it may become.
    """
    parts: list[bytes] = []
    total = position = 0
    while position < len(data):
        kind = data[position]
        size = int.from_bytes(data[position + 1 : position + 4], "little")
        start = position + 4
        if start + size > len(data):
            findings.add(position, f"frame of {size} bytes, {len(data)} bytes in all")
            break
        if kind in {_COMPRESSED, _PLAIN}:
            try:
                plain = _read_frame(data[start : start + size], kind)
            except FormatError as exception:
                findings.add(position, exception.reason)
                break
            total += len(plain)
            if total > limit:
                findings.add(position, f"more than {limit} bytes")
                break
            parts.append(plain)
        elif kind < _FIRST_SKIPPABLE:
            findings.add(position, f"frame of unknown kind 0x{kind:02x}")
            break
        elif kind == _STREAM_IDENTIFIER and data[start : start + size] != b"sNaPpY":
            findings.add(position, "not a stream of Snappy frames")
            break
        position = start + size
    return b"".join(parts)


def _read_frame(frame: bytes, kind: int) -> bytes:
    if len(frame) < 4:
        raise FormatError(0, "frame without a checksum")
    plain = frame[4:]
    if kind == _COMPRESSED:
        plain = decompress_snappy(plain, _FRAME_PLAIN)
    crc = int(google_crc32c.value(plain))
    # Firefox leaves out the last inversion of the checksum.
    known = {mask_crc32c(crc), mask_crc32c(crc ^ 0xFFFFFFFF)}
    if int.from_bytes(frame[:4], "little") not in known:
        raise FormatError(0, "wrong checksum of a frame")
    return plain


def decompress_zstd(data: bytes, limit: int = MAXIMUM_PLAIN) -> bytes:
    """Decompresses zstd frames.

    Raises:
        FormatError: if they are none, or are longer than the limit.
    """
    size = _zstd_size(data)
    if size is not None and size > limit:
        raise FormatError(0, f"zstd: {size} bytes, more than the limit of {limit}")
    capacity = min(limit, max(size or 0, 4 * len(data), 1 << 16))
    while True:
        plain = bytearray(capacity)
        try:
            length = cramjam.zstd.decompress_into(data, plain)
        except cramjam.DecompressionError as exception:
            # The size stands in the header only if it was known when it was written.
            if capacity >= limit or capacity > 1 << 16 and size is not None:
                raise FormatError(0, f"zstd: {exception}") from exception
            capacity = min(limit, capacity * 8)
            continue
        return bytes(memoryview(plain)[:length])


def _zstd_size(data: bytes) -> int | None:
    """Plain size that the first frame's header tells, None if it does not."""
    if data[:4] != _ZSTD_MAGIC or len(data) < 6:
        raise FormatError(0, "zstd: no frame")
    descriptor = data[4]
    code, is_single = descriptor >> 6, bool(descriptor & 0x20)
    if code == 0 and not is_single:
        return None
    position = 5 + (not is_single) + (0, 1, 2, 4)[descriptor & 3]
    width = (1, 2, 4, 8)[code]
    stored = data[position : position + width]
    if len(stored) < width:
        raise FormatError(position, "zstd: ends inside the header")
    return int.from_bytes(stored, "little") + (256 if code == 1 else 0)
