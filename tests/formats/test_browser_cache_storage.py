"""CacheStorage of Chromium, with a file that Chromium 156 wrote."""

from __future__ import annotations

import io
import random

import pytest

from telegram_forensics.formats.browser_cache_storage import (
    CacheEntry,
    CacheIndex,
    CacheName,
    origin_folder,
    read_entry,
    read_index,
)
from telegram_forensics.formats.errors import FormatError, Issue

URL = "https://web.telegram.org/k/index-made-up.js"
ENTRY = bytes.fromhex(
    "305c72a71b6dfbfc050000002b000000cae3d1ea00000000" + URL.encode().hex() + "2f2f6a73"
    "d8410d97456ffaf40100000002c21abc0000000000000000"
    "0a090a034745542000280012"
    "6b08c801120018022226 0a0c436f6e74656e742d54797065"
    "12166170706c69636174696f6e2f6a617661736372697074"
    "30fdc6b3f4f7ecef1750005a07756e6b6e6f776e60006a16"
    "6170706c69636174696f6e2f6a6176617363726970747800800100880101900101980100"
    "18fdf0b3f4f7ecef17"
    "8d74f3435ff9bd6f404c70b7826c642180d9852a2e13c357f375898a1ca8f794"
    "d8410d97456ffaf403000000ea88e1698100000000000000"
)
INDEX = bytes.fromhex(
    "0a520a0b63616368656446696c65731224"
    + b"edac8425-5f54-4c71-aa19-b649fa2ab4b3".hex()
    + "1880042800300 33a16".replace(" ", "")
    + "cachedFiles".encode("utf-16-le").hex()
    + "1219"
    + b"https://web.telegram.org/".hex()
    + "1a19"
    + b"https://web.telegram.org/".hex()
    + "20012801"
)


def read(data: bytes) -> tuple[CacheEntry, list[Issue]]:
    issues: list[Issue] = []
    return read_entry(io.BytesIO(data), issues, "x_0"), issues


def test_entry() -> None:
    entry, issues = read(ENTRY)
    assert not issues
    assert entry == CacheEntry(
        URL,
        "GET",
        [],
        200,
        [("Content-Type", "application/javascript")],
        1795301531100029,
        1795301531105405,
        "application/javascript",
        67,
        4,
    )
    assert ENTRY[entry.body_offset :][: entry.body_size] == b"//js"


def test_index() -> None:
    issues: list[Issue] = []
    assert read_index(io.BytesIO(INDEX), issues) == CacheIndex(
        [CacheName("cachedFiles", "edac8425-5f54-4c71-aa19-b649fa2ab4b3", 512)],
        "https://web.telegram.org/",
        "https://web.telegram.org/",
    )
    assert not issues
    for size in range(len(INDEX)):
        read_index(io.BytesIO(INDEX[:size]), issues)
    assert issues


def test_folder() -> None:
    known = "ba00623a413aef1be0c65618db85f0b8176e803d"
    assert origin_folder("https://web.telegram.org") == known
    assert origin_folder("https://web.telegram.org/") == known
    assert origin_folder("http://localhost:8080") != origin_folder("http://localhost")


def test_truncation_at_every_byte() -> None:
    for size in range(len(ENTRY)):
        try:
            entry, issues = read(ENTRY[:size])
        except FormatError:
            assert size < 24 + len(URL)
            continue
        assert entry.url == URL
        assert issues


def test_damage_is_said() -> None:
    for place, reason in (
        (len(ENTRY) - 24, "no end record"),
        (len(ENTRY) - 30, "SHA-256"),
        (len(ENTRY) - 60, "checksum"),
        (72, "no end record"),
        (8, "version"),
    ):
        broken = bytearray(ENTRY)
        broken[place] ^= 0xFF
        entry, issues = read(bytes(broken))
        assert entry.url == URL
        assert reason in issues[0].reason
    with pytest.raises(FormatError):
        read(b"\0" + ENTRY[1:])
    with pytest.raises(FormatError):
        read(ENTRY[:12] + b"\xff\xff\xff\xff" + ENTRY[16:])


def test_mutations() -> None:
    generator = random.Random(11)
    for _ in range(1000):
        broken = bytearray(ENTRY)
        broken[generator.randrange(len(broken))] = generator.randrange(256)
        try:
            read(bytes(broken))
        except FormatError:
            continue


@pytest.mark.parametrize("key_size", [0, 1, 7])
def test_hash_in_front_of_the_file(key_size: int) -> None:
    """An end record that says there is a SHA-256, where no room is for one."""
    data = ENTRY[:12] + bytes([key_size, 0, 0, 0]) + ENTRY[16:24]
    entry, issues = read(data + b"u" * key_size + ENTRY[-24:])
    assert entry.url == "u" * key_size
    assert [issue.reason for issue in issues] == ["entry is not complete"]
