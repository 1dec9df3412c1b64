"""Writes the ZIP files of AFF4 volumes, in the forms that their makers use.

Python's `zipfile` writes none of them, and no damaged ones.
"""

from __future__ import annotations

import dataclasses
import struct
import zlib
from collections.abc import Iterable


def deflate(data: bytes) -> bytes:
    """Raw deflate at the highest level, as inside a ZIP file."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


@dataclasses.dataclass
class Member:
    """A member of the ZIP file; the last four fields only to tell lies.

    Attributes:
        name: its name.
        data: plain data.
        deflated: deflate it.
        crc, size, stored_size, offset: written instead of the true values.
    """

    name: str
    data: bytes
    deflated: bool = False
    crc: int | None = None
    size: int | None = None
    stored_size: int | None = None
    offset: int | None = None


ZIP_FORMS = ("plain", "evimetry", "pyaff4", "zip64", "zip64-zero")


def write_zip(
    members: Iterable[Member],
    comment: bytes = b"",
    *,
    form: str = "plain",
    prefix: bytes = b"",
    start: int = 0,
) -> bytes:
    """Writes a ZIP file.

    Args:
        members: its members.
        comment: comment of the file.
        form: plain; evimetry (data descriptors, all-ones sizes in local headers);
            pyaff4 (descriptor flag without a descriptor, ZIP64 end record); zip64 (all
            numbers in ZIP64 extras); zip64-zero (the same with pyaff4's wrong size).
        prefix: what stands in front of the volume.
        start: offset that the first member claims to have.
    """
    assert form in ZIP_FORMS
    out = bytearray()
    directory = bytearray()
    count = 0
    for member in members:
        name = member.name.encode()
        stored = deflate(member.data) if member.deflated else member.data
        method = 8 if member.deflated else 0
        crc = zlib.crc32(member.data) if member.crc is None else member.crc
        size = len(member.data) if member.size is None else member.size
        stored_size = len(stored) if member.stored_size is None else member.stored_size
        offset = start + len(out) if member.offset is None else member.offset
        flags = {"evimetry": 8, "pyaff4": 0x808}.get(form, 0)
        if form == "evimetry":
            local = (0, 0xFFFFFFFF, 0xFFFFFFFF)
            extra = struct.pack("<2H", 1, 16) + b"\xff" * 16
        else:
            local, extra = (crc, len(stored), len(member.data)), b""
        out += struct.pack("<4s5H", b"PK\x03\x04", 45, flags, method, 0, 0)
        out += struct.pack("<3L2H", *local, len(name), len(extra)) + name + extra
        out += stored
        if form == "evimetry":
            out += struct.pack("<4sL2Q", b"PK\x07\x08", crc, len(stored), size)
        numbers = (stored_size, size, offset)
        extra = b""
        if form.startswith("zip64"):
            declared = 0 if form == "zip64-zero" else 24
            extra = struct.pack("<2H3Q", 1, declared, size, stored_size, offset)
            numbers = (0xFFFFFFFF,) * 3
        directory += struct.pack("<4s6H", b"PK\x01\x02", 45, 45, flags, method, 0, 0)
        directory += struct.pack("<3L", crc, numbers[0], numbers[1])
        directory += struct.pack("<5H2L", len(name), len(extra), 0, 0, 0, 0, numbers[2])
        directory += name + extra
        count += 1
    end = start + len(out)
    tail = b""
    in_end = (len(directory), end)
    if form not in ("plain", "evimetry"):
        tail = struct.pack("<4sQ2H2L", b"PK\x06\x06", 44, 45, 45, 0, 0)
        tail += struct.pack("<4Q", count, count, len(directory), end)
        tail += struct.pack("<4sLQL", b"PK\x06\x07", 0, end + len(directory), 1)
        in_end = (0xFFFFFFFF, 0xFFFFFFFF)
    short = min(count, 0xFFFF)
    tail += struct.pack("<4s4H", b"PK\x05\x06", 0, 0, short, short)
    tail += struct.pack("<2LH", *in_end, len(comment)) + comment
    return prefix + bytes(out) + bytes(directory) + tail
