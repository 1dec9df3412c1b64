"""Values of browsers' SQLite databases, keys and small files of Firefox."""

from __future__ import annotations

import random
import struct
from typing import Any

import cramjam
import pytest

from telegram_forensics.formats.browser_sortable_key import read_sortable_key
from telegram_forensics.formats.browser_sqlite_storage import (
    chromium_database_file_name,
    firefox_database_file_name,
    firefox_item_text,
    indexed_db_value,
    map_entry_text,
    read_origin_metadata,
    read_service_workers,
    read_usage,
    safari_item_text,
)
from telegram_forensics.formats.browser_values import JsDate
from telegram_forensics.formats.errors import FormatError

# The table of the specification.
CHROMIUM_NAMES = {
    "tweb": "CJJ5UYSLJA3HXCNFQB2E5P2HJ7S5C6OCEZVF3JVJE7WYDOBNVXGQ",
    "tweb-common": "HKK6L2WTV3XZV32HCYJ4BDOBHF5RAAESWUZ7CUZH4DTR5UY4545A",
    "tweb-account-1": "J5PI5ZWVTR5CJGXLXHKWMCX254J2CKFRPHZTZCTK4DR2UBOA5LOA",
    "tt-data": "Q2IX4E6GVN3DHWA22M2C3NH5XF7OZWVYEQXSMG6PQRDICEBEXRVA",
    "tt-passcode": "OHFOUA2Q7KGERU6IGI5KBMU3BDGWJLKCUHDPODJE5ULUF45UFOTQ",
    "keyval-store": "LQ6NJXAZ26DZCMPV7XLTZCDG7VY4WHMBO3WDHSHTYRNLKAZKGVIA",
}
FIREFOX_NAMES = {
    "tweb-account-1": "3244498674t1w-etbn-uaocc.sqlite",
    "tweb-account-2": "590062905t2w-etbn-uaocc.sqlite",
    "tweb-common": "2647014652tnwoembm-oc.sqlite",
    "tt-data": "295338591tatt-ad.sqlite",
}


@pytest.mark.parametrize("name", CHROMIUM_NAMES)
def test_chromium_file_names(name: str) -> None:
    assert chromium_database_file_name(name) == CHROMIUM_NAMES[name]


@pytest.mark.parametrize("name", FIREFOX_NAMES)
def test_firefox_file_names(name: str) -> None:
    assert firefox_database_file_name(name) == FIREFOX_NAMES[name]


def units(text: str) -> bytes:
    """Characters as the specification writes them."""
    out = b""
    data = text.encode("utf-16-le", "surrogatepass")
    for position in range(0, len(data), 2):
        unit = int.from_bytes(data[position : position + 2], "little")
        if unit <= 0x7E:
            out += bytes([unit + 1])
        elif unit <= 0x407E:
            out += (0x8000 + unit - 0x7F).to_bytes(2, "big")
        else:
            out += (0xC00000 | unit << 6).to_bytes(3, "big")
    return out


def number(value: float, is_chromium: bool) -> bytes:
    bits = int.from_bytes(struct.pack(">d", value), "big")
    if not bits >> 63:
        bits |= 1 << 63
    elif is_chromium:
        bits ^= (1 << 64) - 1
    else:
        bits = -bits & ((1 << 64) - 1)
    return bits.to_bytes(8, "big")


def test_known_key() -> None:
    data = bytes.fromhex("3038383831313100")
    assert read_sortable_key(data, True) == "777000"
    assert read_sortable_key(data[:-1], False) == "777000"
    assert read_sortable_key(data, False) == "777000"


@pytest.mark.parametrize(
    "text", ["", "a\x7e\x7f", "\0x", "Привет", "\u407e\u407f\uffff", "😀", "\ud83d"]
)
def test_text_keys(text: str) -> None:
    assert read_sortable_key(b"\x30" + units(text) + b"\0", True) == text
    assert read_sortable_key(b"\x30" + units(text), False) == text


@pytest.mark.parametrize("value", [0.0, 1.0, -1.0, 1.5e300, -1.5e-300, 5211046831.0])
@pytest.mark.parametrize("is_chromium", [True, False])
def test_number_keys(value: float, is_chromium: bool) -> None:
    data = b"\x10" + number(value, is_chromium)
    assert read_sortable_key(data, is_chromium) == value
    dated = b"\x20" + number(value, is_chromium)
    assert read_sortable_key(dated, is_chromium) == JsDate(value)
    if not is_chromium:
        # Firefox drops zeros at the end.
        assert read_sortable_key(data.rstrip(b"\0"), False) == value


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        # The examples of Firefox's source, with its present types.
        (b"\x80" + units("a") + b"\0\x30" + units("b"), ["a", "b"]),
        (b"\x60\xbf\xf0\0\0\0\0\0\0\x10\xc0", [1.0, 2.0]),
        (b"\x50", []),
        (b"\xa0", [[]]),
        (b"\xa0\x30" + units("foo"), [[], "foo"]),
        (b"\xf0", [[[]]]),
        (b"\x40" + b"\x02\x80\x80", b"\x01\xff"),
    ],
)
def test_firefox_keys(data: bytes, expected: Any) -> None:
    assert read_sortable_key(data, False) == expected


def test_chromium_arrays_and_binary() -> None:
    array = b"\x50\x10" + number(1, True) + b"\x30" + units("a") + b"\0\x50\0\0"
    assert read_sortable_key(array, True) == [1.0, "a", []]
    assert read_sortable_key(b"\x40\x01\x00\x01\xff\x00", True) == b"\x00\xff"
    assert read_sortable_key(b"\x40\x02\x80\x80\x00", True) == b"\x01\xff"


def test_wrong_keys() -> None:
    for wrong in (b"", b"\x05", b"\x10\x80", b"\x30\x02\0\x05", b"\x50" * 500):
        with pytest.raises(FormatError):
            read_sortable_key(wrong, True)
    generator = random.Random(9)
    for _ in range(3000):
        data = generator.randbytes(generator.randrange(1, 12))
        for is_chromium in (True, False):
            try:
                read_sortable_key(data, is_chromium)
            except FormatError:
                continue


def test_map_entries() -> None:
    assert map_entry_text(b"\x01user_auth") == "user_auth"
    packed = bytes(cramjam.zstd.compress(b"\x01" + b"x" * 5000))
    assert map_entry_text(packed, 1) == "x" * 5000
    with pytest.raises(FormatError, match="limit"):
        map_entry_text(packed, 1, 100)
    with pytest.raises(FormatError):
        map_entry_text(packed[:-1], 1)
    with pytest.raises(FormatError, match="compression 7"):
        map_entry_text(packed, 7)


def test_indexed_db_values() -> None:
    plain = b"\xff\x0fT"
    assert indexed_db_value(plain, 0) == plain
    assert indexed_db_value(bytes(cramjam.zstd.compress(plain)), 1) == plain
    assert indexed_db_value(bytes(cramjam.snappy.compress_raw(plain)), 2) == plain


def test_firefox_items() -> None:
    russian = bytes.fromhex("d09fd180d0b8d0b2d0b5d182")
    assert firefox_item_text(russian, 6, 1, 0) == "Привет"
    text = "Привет мир " * 60
    packed = bytes(cramjam.snappy.compress_raw(text.encode()))
    # As Firefox wrote it.
    assert packed[:23].hex() == "b0094cd09fd180d0b8d0b2d0b5d18220d0bcd0b8d18020"
    assert firefox_item_text(packed, 660, 1, 1) == text
    assert firefox_item_text("\ud83dx".encode("utf-16-le", "surrogatepass"), 2, 0, 0)
    assert firefox_item_text("😀".encode(), 2, 1, 0) == "😀"
    for arguments in (
        (russian, 5, 1, 0),
        (russian, 6, 1, 1),
        (russian, 6, 2, 0),
        (russian, 6, 1, 2),
        (b"\xff\xfe", 2, 1, 0),
        (b"abc", 1, 0, 0),
    ):
        with pytest.raises(FormatError):
            firefox_item_text(*arguments)


def test_usage() -> None:
    assert read_usage(bytes.fromhex("420a420a00000000000005d1")) == 1489
    with pytest.raises(FormatError):
        read_usage(b"\x42\x0a")


METADATA = bytes.fromhex(
    "000660d1416708920000000003000051 2a000000000000000c74656c656772616d2e6f72670000"
    "001868747470733a2f2f7765622e74656c656772616d2e6f726700abcd12340000000100000000"
    "0003cd7f000000144931343734353620433938343837204c33323732"
)


def test_origin_metadata() -> None:
    metadata = read_origin_metadata(METADATA)
    assert metadata.last_access == 1795301721966738
    assert not metadata.is_persisted
    assert (metadata.flags, metadata.maintenance_day) == (3, 20778)
    assert (metadata.suffix, metadata.group) == ("", "telegram.org")
    assert metadata.origin == "https://web.telegram.org"
    assert metadata.usage == 249215 == 147456 + 98487 + 3272
    assert metadata.client_usages == "I147456 C98487 L3272"
    # Old versions end with the origin and a byte.
    end = METADATA.index(bytes.fromhex("abcd1234"))
    old = read_origin_metadata(METADATA[:end])
    assert (old.origin, old.usage) == ("https://web.telegram.org", None)
    for size in range(end - 1):
        with pytest.raises(FormatError):
            read_origin_metadata(METADATA[:size])


def test_service_workers() -> None:
    block = (
        "^userContextId=2\nhttps://web.telegram.org/k/\n"
        "https://web.telegram.org/k/sw.js\ntrue\n{10fd}\n0\n1795301697132767\n"
        "1795301697134129\n0\n0\ntrue\n#\n"
    )
    workers = read_service_workers(f"12\n{block}short\n#\n{block}".encode())
    assert len(workers) == 2
    assert workers[0].suffix == "^userContextId=2"
    assert workers[0].script == "https://web.telegram.org/k/sw.js"
    assert workers[0].installed == 1795301697132767
    assert workers[0].activated == 1795301697134129
    assert workers[0].updated is None
    with pytest.raises(FormatError):
        read_service_workers(b"\xff\xfe")
    assert read_service_workers(b"12\n") == []


def test_safari_items() -> None:
    assert safari_item_text("Привет".encode("utf-16-le")) == "Привет"
    with pytest.raises(FormatError):
        safari_item_text(b"abc")
