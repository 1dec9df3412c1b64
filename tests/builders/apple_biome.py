"""Writes SEGB segments and records of Biome streams, out of plain values.

The layouts are those of published descriptions; nothing of the readers is used.
"""

from __future__ import annotations

import struct
import zlib

from tests.builders.android_device import block, number, varint

BEGIN = 800_000_000.0
TELEGRAM = "ph.telegra.Telegraph"
OTHER = "com.example.game"
SMS = "com.apple.MobileSMS"


def double(field: int, value: float) -> bytes:
    """A field with a 64 bit floating point number."""
    return varint(field << 3 | 1) + struct.pack("<d", value)


def focus(bundle: str, seconds: float, starting: bool, platform: int = 2) -> bytes:
    """A record of App.InFocus."""
    return (
        block(1, "com.apple.SpringBoard.transitionReason.homescreen")
        + number(2, 1)
        + number(3, int(starting))
        + double(4, BEGIN + seconds)
        + block(6, bundle)
        + block(9, "11.2")
        + block(10, "31234")
        + number(11, platform)
        + number(13, 0)
    )


def notification(bundle: str, seconds: float, title: str, text: str = "") -> bytes:
    """A record of Notification.Usage."""
    content = (
        block(1, "A-1")
        + double(2, BEGIN + seconds)
        + number(3, 1)
        + block(4, bundle)
        + block(5, "B-2")
        + block(8, title)
        + block(9, "sub")
    )
    if text:
        content += block(10, text)
    return content + block(12, "777000") + block(14, bundle) + number(18, 33)


Records = list[tuple[bytes, int]]


def version_1(records: Records) -> bytes:
    """A segment of version 1 with contents and their states."""
    body = bytearray()
    for index, (content, state) in enumerate(records):
        time = BEGIN + index
        body += struct.pack(
            "<iiddIi", len(content), state, time, time, zlib.crc32(content), 0
        )
        body += content
        body += bytes(-(56 + len(body)) % 8)
    header = struct.pack("<I", 56 + len(body)) + bytes(48) + b"SEGB"
    # Segments have their full size from the start.
    return header + bytes(body) + bytes(64)


def version_2(records: Records) -> bytes:
    """A segment of version 2 with contents and their states."""
    body = bytearray()
    trailer = bytearray()
    for index, (content, state) in enumerate(records):
        body += struct.pack("<Ii", zlib.crc32(content), 0) + content
        trailer += struct.pack("<iid", len(body), state, BEGIN + index)
        body += bytes(-len(body) % 4)
    header = struct.pack("<4sid16x", b"SEGB", len(records), BEGIN)
    return header + bytes(body) + bytes(32) + bytes(trailer)
