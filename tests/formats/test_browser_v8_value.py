"""Values of Chromium: Blink's envelope and V8's serializer."""

from __future__ import annotations

import json
import math
import random
import struct
import time
from typing import Any

import pytest

from telegram_forensics.formats.browser_v8_value import decode_value
from telegram_forensics.formats.browser_values import (
    HOLE,
    UNDEFINED,
    DecodedValue,
    JsDate,
    JsError,
    JsHost,
    JsMap,
    JsReference,
    JsRegExp,
    JsSet,
    JsTypedArray,
    as_bytes,
)
from tests.builders.leveldb import varint
from tests.plain_values import to_plain

HEADER = b"\xff\x15\xfe" + bytes(12) + b"\xff\x0f"
EXAMPLE = bytes.fromhex(
    "ff15fe000000000000000000000000ff0f6f22015f22047573657222026964"
    "49de01220a66697273745f6e616d65630822043504410442047b03"
)


def decode(body: bytes, version: int = 15) -> DecodedValue:
    return decode_value(HEADER[:-1] + bytes([version]) + body)


def value(body: bytes, version: int = 15) -> Any:
    decoded = decode(body, version)
    assert decoded.is_complete, decoded.issues
    assert decoded.end == len(HEADER) + len(body)
    return decoded.value


def text(content: str) -> bytes:
    return b'"' + varint(len(content)) + content.encode("latin-1")


def double(number: float) -> bytes:
    return struct.pack("<d", number)


def test_example() -> None:
    decoded = decode_value(EXAMPLE)
    assert decoded.value == {"_": "user", "id": 111, "first_name": "Тест"}
    assert decoded.is_complete
    assert not decoded.issues
    assert (decoded.version, decoded.host_version) == (15, 21)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"_", UNDEFINED),
        (b"0", None),
        (b"T", True),
        (b"F", False),
        (b"I\x00", 0),
        (b"I\x01", -1),
        (b"I\xde\x01", 111),
        (b"I\xff\xff\xff\xff\x0f", -(1 << 31)),
        (b"U\xff\xff\xff\xff\x0f", 0xFFFFFFFF),
        (b"N" + double(5211046831.0), 5211046831.0),
        (b"Z\x10" + (5211046831).to_bytes(8, "little"), 5211046831),
        (b"Z\x11" + (7).to_bytes(8, "little"), -7),
        (b'"\x04caf\xe9', "café"),
        (b"c\x04\x3e\x04\x3a\x04", "ок"),
        (b"\0c\x04\x3e\x04\x3a\x04", "ок"),
        ("S\x04ок".encode(), "ок"),
        (b"D" + double(1717105629123.0), JsDate(1717105629123.0)),
        (b"y", True),
        (b"x", False),
        (b"n" + double(1.5), 1.5),
        (b"z\x10" + (3).to_bytes(8, "little"), 3),
        (b's"\x01a', "a"),
        (b'R"\x02ab\x03', JsRegExp("ab", 3)),
        (b"o{\0", {}),
        (b"A\x02I\x02I\x04$\0\x02", [1, 2]),
        (b"A\x02-_$\0\x02", [HOLE, UNDEFINED]),
        (b"a\x04U\x01I\x06@\x01\x04", [HOLE, 3]),
        (b';"\x01aI\x02o{\0T:\x04', JsMap([("a", 1), ({}, True)])),
        (b"'I\x02\"\x01a,\x02", JsSet([1, "a"])),
        (b"B\x03abc", b"abc"),
        (b"~\x03\x10abc", b"abc"),
        (b"B\x04abcdVB\x01\x02\0", JsTypedArray("Uint8Array", b"abcd", 1, 2)),
        (b"B\x04abcdV?\0\x04\0", JsTypedArray("DataView", b"abcd", 0, 4)),
        (b"~\x04\x08abcdVB\x01\0\x03", JsTypedArray("Uint8Array", b"abcd", 1, 3, 3)),
        (b"t\x05", JsHost("transferred ArrayBuffer", {"number": 5})),
        (b"u\x01", JsHost("SharedArrayBuffer", {"number": 1})),
        (b"p\x01", JsHost("shared object", {"number": 1})),
        (b"w\x01", JsHost("WebAssembly.Module", {"number": 1})),
        (b'rTm"\x02nos"\x01x.', JsError("TypeError", "no", "x")),
        (b'rm"\x02noco{\0.', JsError("Error", "no", None, {})),
        (b"\\i\x02", JsHost("Blob", {"index": 2})),
        (b"\\e\x01", JsHost("File", {"index": 1})),
        (b"\\L\x02\x00\x01", JsHost("FileList", {"indexes": [0, 1]})),
        (b"\\n\x01a\x05", JsHost("FileSystemFileHandle", {"name": "a", "token": 5})),
        (
            b"\\Q" + double(1) + double(2) + double(3) + double(4),
            JsHost("DOMPoint", {"values": [1, 2, 3, 4]}),
        ),
        (
            b"\\K\x01\x09\x20\x03\x04key!",
            JsHost(
                "CryptoKey",
                {
                    "kind": 1,
                    "algorithm": 9,
                    "key_length": 32,
                    "usages": 3,
                    "key": b"key!",
                },
            ),
        ),
        (
            b"\\K\x04\x03\x01\x80\x10\x03\x01\x00\x01\x06\x02\x01k",
            JsHost(
                "CryptoKey",
                {
                    "kind": 4,
                    "algorithm": 3,
                    "type": 1,
                    "modulus_length": 2048,
                    "exponent": b"\x01\x00\x01",
                    "hash": 6,
                    "usages": 2,
                    "key": b"k",
                },
            ),
        ),
        (b"?\x02o{\0", {}),
    ],
)
def test_tags(body: bytes, expected: Any) -> None:
    assert value(body) == expected


def test_properties_with_numbers_as_names() -> None:
    body = (
        b"oU\x02I\x02I\x08T" + b"N" + double(4294967297.0) + b"F" + text("x") + b"0{\4"
    )
    assert value(body) == {"2": 1, "4": True, "4294967297": False, "x": None}


def test_array_with_properties_keeps_its_elements() -> None:
    decoded = decode(b"A\x01I\x02" + text("extra") + b"T$\x01\x01")
    assert decoded.value == [1]
    assert decoded.is_complete
    assert "extra" in decoded.issues[0].reason


def test_references() -> None:
    shared = value(b"o" + text("a") + b"o{\0" + text("b") + b"^\x01{\x02")
    assert shared["a"] is shared["b"]
    cycle = value(b"o" + text("self") + b"^\0" + text("x") + b"A\x01^\0$\0\x01{\x02")
    assert cycle == {"self": JsReference(0), "x": [JsReference(0)]}
    # Dates and buffers are numbered, too; a view has a number of its own.
    body = b"A\x04D" + double(1) + b"B\x01aVB\0\x01\0^\x01^\x03$\0\x04"
    array = value(body)
    assert array[2] == JsDate(1)
    assert array[3] is array[1]
    assert isinstance(array[1], JsTypedArray)
    # A view may have a buffer that came before.
    views = value(b"A\x02B\x02ab^\x01VB\x01\x01\0$\0\x02")
    assert views[1].data == b"b"
    assert views[0] == b"ab"


def test_older_versions() -> None:
    """Views have flags from 14 on; before 11 undefined stands for a hole."""
    assert value(b"B\x02abVB\0\x02", 13) == JsTypedArray("Uint8Array", b"ab", 0, 2)
    assert value(b"A\x01_$\0\x01", 10) == [HOLE]
    assert value(b"R\x02ab\x01", 11) == JsRegExp("ab", 1)
    assert value(b"i\x02", 12) == JsHost("Blob", {"index": 2})
    # One version for Blink and V8, and V8 alone.
    assert decode_value(b"\xff\x09o{\0").value == {}
    alone = decode_value(b'\xff\x0f"\x01a')
    assert (alone.value, alone.version, alone.host_version) == ("a", 15, None)
    seventeen = decode_value(b'\xff\x11\xff\x0d"\x01a')
    assert (seventeen.value, seventeen.version, seventeen.host_version) == ("a", 13, 17)


def test_newer_version_is_said() -> None:
    assert not decode(b"T", 16).issues
    decoded = decode(b"T", 17)
    assert decoded.value is True
    assert "newer" in decoded.issues[0].reason


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no version"),
        (b"o{\0", "no version"),
        (b"\xff\x15\xfe" + bytes(12), "no V8 version"),
        (HEADER, "ends where a value is due"),
        (HEADER + b"Q", "unknown tag 0x51"),
        (HEADER + b"\\\x01", "unknown kind 0x01"),
        (HEADER + b"^\x05", "reference to object 5"),
        (HEADER + b'"\xff\xff\xff\xff\x0f', "announced"),
        (HEADER + b"Z\xfe\xff\xff\xff\x0f", "announced"),
        (HEADER + b"c\x03abc", "half a character"),
        (HEADER + b"B\x02abVB\x01\x02\0", "view of 2 bytes at 1"),
        (HEADER + b"oo{\0T{\x01", "property without a name"),
        (HEADER + b"R0\0", "no string"),
        (HEADER + b"r?", "unknown part"),
    ],
)
def test_errors_are_said(data: bytes, reason: str) -> None:
    decoded = decode_value(data)
    assert not decoded.is_complete
    assert reason in decoded.issues[-1].reason


def test_what_was_read_before_the_damage_stays() -> None:
    body = b"o" + text("a") + b"A\x03I\x02o" + text("b") + b"T" + text("c") + b"Q"
    decoded = decode(body)
    assert decoded.value == {"a": [1, {"b": True}]}
    assert decoded.issues[0].offset == len(HEADER) + len(body) - 1


def test_bounds() -> None:
    deep = decode(b"A\x01" * 5000)
    assert "too deep" in deep.issues[0].reason
    many = decode_value(HEADER + b"A\xff\xff\x03" + b"T" * 70000, 1000)
    assert "too many values" in many.issues[0].reason
    assert len(many.value) == 996
    started = time.monotonic()
    sparse = decode(
        b"a\xff\xff\xff\xff\x0fU\xfe\xff\xff\xff\x0fT@\x01\xff\xff\xff\xff\x0f"
    )
    assert sparse.value == []
    assert "left out" in sparse.issues[0].reason
    dense = decode(b"A\xff\xff\xff\xff\x0fT")
    assert dense.value == [True]
    assert time.monotonic() - started < 1


def test_many_views_of_one_buffer_take_no_memory() -> None:
    body = b"A\x02" + b"B" + varint(100_000) + bytes(100_000)
    body += b"A\xe8\x07" + b"^\x01VB\0\xa0\x8d\x06\0" * 1000
    decoded = decode(body + b"$\0\xe8\x07$\0\x02")
    assert decoded.is_complete
    plain = to_plain(decoded.value, 100_000)
    assert sum(item is not None for item in plain[1]) < 20


def test_plain() -> None:
    body = (
        b"o" + text("d") + b"D" + double(5) + text("m") + b";I\x02T:\x02"
        + text("s") + b"'I\x04,\x01" + text("u") + b"_" + text("b") + b"B\x01\xff"
        + text("n") + b"N" + double(math.inf) + text("r") + b'R"\x01a\0'
        + text("e") + b"r." + text("h") + b"\\i\x01" + text("self") + b"^\0{\x0a"
    )  # fmt: skip
    plain = to_plain(value(body))
    assert (
        json.loads(json.dumps(plain))
        == plain
        == {
            "d": 5.0,
            "m": [[1, True]],
            "s": [2],
            "u": None,
            "b": "ff",
            "n": "inf",
            "r": {"_kind": "RegExp", "pattern": "a", "flags": 0},
            "e": {"_kind": "Error", "message": None, "stack": None, "cause": None},
            "h": {"_kind": "Blob", "index": 1},
            "self": {"_kind": "reference", "number": 0},
        }
    )


def test_plain_does_not_explode() -> None:
    """Thirty arrays, each of which holds the next one twice."""
    body = b"A\x02" * 30 + b"TT$\0\x02"
    for number in range(29, 0, -1):
        body += b"^" + varint(number) + b"$\0\x02"
    started = time.monotonic()
    decoded = decode(body)
    assert decoded.is_complete
    to_plain(decoded.value, 100_000)
    assert time.monotonic() - started < 2


def test_bytes() -> None:
    assert as_bytes(b"a") == b"a"
    assert as_bytes(JsTypedArray("Uint8Array", b"abc", 1, 1)) == b"b"
    assert as_bytes([1, 2.0, 255]) == b"\x01\x02\xff"
    assert as_bytes([1, 256]) is None
    assert as_bytes("a") is None
    assert as_bytes([math.nan]) is None


def test_dates() -> None:
    assert JsDate(1717105629123.0).microseconds == 1717105629123000
    assert JsDate(math.nan).microseconds is None
    assert JsDate(1e300).microseconds is None


RICH = HEADER + (
    b"o" + text("list") + b"A\x03I\x02-" + text("x") + b"$\0\x03"
    + text("map") + b";" + text("k") + b"o" + text("n") + b"N" + double(1.5) + b"{\1:\2"
    + text("set") + b"'I\x02I\x04,\x02" + text("bytes") + b"B\x04abcdVB\0\x04\0"
    + text("date") + b"D" + double(1e12) + text("error") + b'rTm"\x02no.'
    + text("host") + b"\\i\x00" + text("back") + b"^\x01" + text("re")
    + b'R"\x01a\x01' + text("big") + b"Z\x10" + bytes(8)
    + text("wide") + b"c\x04\x3e\x04\x3a\x04{\x0b"
)  # fmt: skip


def test_truncation_at_every_byte() -> None:
    whole = decode_value(RICH)
    assert whole.is_complete
    for size in range(len(RICH)):
        decoded = decode_value(RICH[:size])
        assert not decoded.is_complete
        assert decoded.issues
        assert decoded.end <= size
        if isinstance(decoded.value, dict):
            assert set(decoded.value) <= set(whole.value)
            json.dumps(to_plain(decoded.value))


def test_mutations() -> None:
    generator = random.Random(20261123)
    for _ in range(3000):
        broken = bytearray(RICH)
        for _ in range(generator.randrange(1, 4)):
            broken[generator.randrange(17, len(broken))] = generator.randrange(256)
        decoded = decode_value(bytes(broken))
        assert decoded.is_complete or decoded.issues
        json.dumps(to_plain(decoded.value))


def test_noise() -> None:
    generator = random.Random(7)
    for _ in range(1000):
        decoded = decode_value(HEADER + generator.randbytes(200))
        json.dumps(to_plain(decoded.value))
