"""Deflated members with a wrong end, and how a damaged volume is still known."""

from __future__ import annotations

import struct
import zlib

import pytest

from telegram_forensics.aff4.errors import Aff4Error
from telegram_forensics.aff4.source import SliceSource
from telegram_forensics.aff4.volume import DeflatedSource, looks_like_aff4
from tests.aff4 import support
from tests.builders import aff4
from tests.builders.aff4_zip import deflate

PLAIN = aff4.pattern(70_000)


def deflated(data: bytes, size: int) -> DeflatedSource:
    """A member of recorded size `size`."""
    source = support.source(data)
    return DeflatedSource(SliceSource(source, 0, len(data), "member"), size, "member")


def test_sound_member() -> None:
    """Reads in any order, also of empty ranges."""
    source = deflated(deflate(PLAIN), len(PLAIN))
    for offset, size in ((69_000, 1000), (0, 10), (35_000, 20_000), (70_000, 0)):
        assert source.read_at(offset, size) == PLAIN[offset : offset + size]


@pytest.mark.parametrize("recorded", [69_999, 70_001, 35_000, 100_000])
def test_wrong_size(recorded: int) -> None:
    """A stream that ends before or behind the recorded size is damaged."""
    source = deflated(deflate(PLAIN), recorded)
    with pytest.raises(Aff4Error, match="deflated data"):
        source.read_at(0, recorded)


def test_every_damaged_byte_that_changes_the_length() -> None:
    """Damage that still inflates is not given out if the length tells it."""
    data = deflate(PLAIN[:3000])
    silent = 0
    for position in range(len(data)):
        damaged = bytearray(data)
        damaged[position] ^= 0x10
        source = deflated(bytes(damaged), 3000)
        try:
            found = source.read_at(0, 3000)
        except Aff4Error:
            continue
        inflater = zlib.decompressobj(-15)
        assert inflater.decompress(bytes(damaged)) == found
        assert inflater.eof
        silent += 1
    assert silent < len(data)


@pytest.mark.parametrize(
    "name",
    [
        b"container.description",
        b"information.turtle",
        b"aff4%3A%2F%2Fe1f2%2F00000000",
        b"aff4://e1f2/00000000",
    ],
)
def test_truncated_volume_is_known(name: bytes) -> None:
    """Without its central directory a volume is known by its first member."""
    header = b"PK\3\4" + bytes(22) + struct.pack("<HH", len(name), 0) + name
    assert looks_like_aff4(support.source(header + bytes(1000)))


@pytest.mark.parametrize("name", [b"word/document.xml", b"version.txt", b"", b"a"])
def test_other_truncated_zip_files(name: bytes) -> None:
    """Other ZIP files are left to the other readers."""
    header = b"PK\3\4" + bytes(22) + struct.pack("<HH", len(name), 0) + name
    assert not looks_like_aff4(support.source(header + bytes(1000)))
