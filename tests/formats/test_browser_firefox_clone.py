"""Structured clones of Firefox."""

from __future__ import annotations

import json
import random
import struct
import time
from typing import Any

import cramjam
import pytest

from telegram_forensics.formats.browser_firefox_clone import (
    decode_file,
    decode_record,
    decode_value,
)
from telegram_forensics.formats.browser_values import (
    HOLE,
    UNDEFINED,
    JsDate,
    JsHost,
    JsMap,
    JsReference,
    JsRegExp,
    JsSet,
    JsTypedArray,
)
from tests.plain_values import to_plain

EXAMPLE = bytes.fromhex(
    "030000000000f1ff000000000800ffff090000800400ffff6c616e675f636f6465000000"
    "00000000020000800400ffff7275000000000000000000001300ffff"
)
HEADER = EXAMPLE[:8]


def pair(tag: int, number: int = 0) -> bytes:
    return struct.pack("<II", number, 0xFFFF0000 + tag)


def text(content: str) -> bytes:
    data = content.encode("latin-1")
    return pair(4, 1 << 31 | len(data)) + data + bytes(-len(data) % 8)


def wide(content: str) -> bytes:
    data = content.encode("utf-16-le")
    return pair(4, len(data) // 2) + data + bytes(-len(data) % 8)


def integer(number: int) -> bytes:
    return pair(3, number & 0xFFFFFFFF)


def long(number: int) -> bytes:
    return struct.pack("<Q", number)


def double(number: float) -> bytes:
    return struct.pack("<d", number)


END = pair(0x13)


def value(body: bytes) -> Any:
    decoded = decode_value(HEADER + body)
    assert decoded.is_complete, decoded.issues
    assert decoded.end == 8 + len(body)
    return decoded.value


def test_example() -> None:
    decoded = decode_value(EXAMPLE)
    assert decoded.value == {"lang_code": "ru"}
    assert decoded.is_complete
    assert decoded.version == 3
    packed = bytes(cramjam.snappy.compress_raw(EXAMPLE))
    assert decode_record(packed).value == {"lang_code": "ru"}
    framed = bytes(cramjam.snappy.compress(EXAMPLE))
    assert decode_file(framed).value == {"lang_code": "ru"}
    # Without the header, as old versions wrote it.
    assert decode_value(EXAMPLE[8:]).value == {"lang_code": "ru"}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (pair(0), None),
        (pair(1), UNDEFINED),
        (pair(2, 1), True),
        (integer(-5), -5),
        (double(1.5), 1.5),
        (double(-2.0), -2.0),
        (text("caf\xe9"), "café"),
        (wide("Ольга"), "Ольга"),
        (pair(5) + double(1e12), JsDate(1e12)),
        (pair(6, 1) + text("ab"), JsRegExp("ab", 1)),
        (pair(7, 2) + integer(0) + text("x") + integer(1) + pair(0) + END, ["x", None]),
        (pair(7, 4) + integer(2) + text("x") + END, [HOLE, HOLE, "x"]),
        (pair(8) + END, {}),
        (pair(8) + integer(7) + pair(2) + END, {"7": False}),
        (pair(8) + text("a") + pair(8) + END + END, {"a": {}}),
        (pair(9, 3) + b"abc" + bytes(5), b"abc"),
        (pair(10, 1), True),
        (pair(11, 1 << 31 | 1) + b"a" + bytes(7), "a"),
        (pair(12) + double(2.5), 2.5),
        (pair(0x11) + text("k") + integer(1) + END, JsMap([("k", 1)])),
        (pair(0x12) + text("k") + pair(0) + END, JsSet(["k", None])),
        (pair(0x1D, 1) + long(7), 7),
        (pair(0x1D, 1 << 31 | 1) + long(7), -7),
        (pair(0x1E, 1) + long(7), 7),
        (pair(0x1F) + long(2) + b"ab" + bytes(6), b"ab"),
        (pair(0x23) + long(2) + long(9) + b"ab" + bytes(6), b"ab"),
        (
            pair(0x20, 1)
            + long(2)
            + pair(0x1F)
            + long(3)
            + b"abc"
            + bytes(5)
            + long(1),
            JsTypedArray("Uint8Array", b"abc", 1, 2),
        ),
        (
            pair(0x10, 1) + long(5) + pair(9, 8) + b"abcdefgh" + long(4),
            JsTypedArray("Uint32Array", b"abcdefgh", 4, 4),
        ),
        (
            pair(0x21) + long(2) + pair(0x1F) + long(2) + b"ab" + bytes(6) + long(0),
            JsTypedArray("DataView", b"ab", 0, 2),
        ),
        (
            pair(0x8001, 2) + long(9) + struct.pack("<I4x", 1) + b"t" + bytes(7),
            JsHost("Blob", {"index": 2, "size": 9, "type": "t"}),
        ),
    ],
)
def test_tags(body: bytes, expected: Any) -> None:
    assert value(body) == expected


def test_references() -> None:
    shared = value(pair(8) + text("a") + pair(8) + END + text("b") + pair(13, 1) + END)
    assert shared["a"] is shared["b"]
    assert value(pair(8) + text("self") + pair(13, 0) + END) == {"self": JsReference(0)}
    # A view is numbered before its buffer.
    buffer = pair(0x1F) + long(1) + b"a" + bytes(7)
    view = pair(0x20, 1) + long(1) + buffer + long(0)
    items = integer(0) + view + integer(1) + pair(13, 1) + integer(2) + pair(13, 2)
    array = value(pair(7, 3) + items + END)
    assert array[1] is array[0]
    assert array[2] == b"a"


def test_map_with_objects_as_keys() -> None:
    """Key and value are begun first; then the value is filled, then the key."""
    body = pair(0x11) + pair(8) + pair(8)
    body += text("value") + integer(1) + END + text("key") + integer(2) + END + END
    assert value(body) == JsMap([({"key": 2}, {"value": 1})])


def test_old_end_of_keys() -> None:
    assert value(pair(8) + text("a") + integer(1) + pair(0)) == {"a": 1}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "ends where a value is due"),
        (pair(0x7000), "unknown tag 0xffff7000"),
        (pair(0x22), "unknown tag"),
        (pair(13, 9), "reference to object 9"),
        (pair(4, 0x7FFFFFFF), "announced"),
        (pair(0x1F) + long(1 << 60), "announced"),
        (pair(0x1D, 0x7FFFFFFF), "announced"),
        (pair(8) + pair(8) + END, "without a name"),
        (pair(0x20, 99) + long(1), "unknown kind 99"),
        (pair(0x20, 1) + long(1) + pair(8) + END, "without a buffer"),
        (
            pair(0x20, 1) + long(5) + pair(0x1F) + long(1) + b"a" + bytes(7) + long(0),
            "view of 5 bytes",
        ),
        (pair(6) + pair(0), "without a text"),
        (pair(5), "ends inside"),
    ],
)
def test_errors_are_said(body: bytes, reason: str) -> None:
    decoded = decode_value(HEADER + body)
    assert not decoded.is_complete
    assert reason in decoded.issues[-1].reason


def test_bounds() -> None:
    deep = decode_value(HEADER + (pair(7, 1) + integer(0)) * 5000)
    assert "too deep" in deep.issues[-1].reason
    many = decode_value(HEADER + pair(0x12) + pair(2) * 5000, 1000)
    assert "too many values" in many.issues[-1].reason
    started = time.monotonic()
    sparse = decode_value(HEADER + pair(7, 0x7FFFFFFF) + integer(0x7FFFFFF0) + pair(2))
    assert sparse.value == []
    assert any("left out" in issue.reason for issue in sparse.issues)
    assert time.monotonic() - started < 1


def test_extra_property_of_an_array_is_said() -> None:
    decoded = decode_value(
        HEADER + pair(7, 1) + integer(0) + pair(2) + text("x") + pair(2) + END
    )
    assert decoded.value == [False]
    assert "left out" in decoded.issues[0].reason


RICH = HEADER + pair(8) + b"".join(
    text(name) + body
    for name, body in [
        ("list", pair(7, 2) + integer(0) + text("x") + integer(1) + double(1.5) + END),
        ("map", pair(0x11) + text("k") + pair(8) + END + END),
        ("set", pair(0x12) + integer(1) + END),
        ("bytes", pair(0x20, 1) + long(2) + pair(9, 2) + b"ab" + bytes(6) + long(0)),
        ("date", pair(5) + double(1e12)),
        ("wide", wide("Привет")),
        ("back", pair(13, 1)),
        ("big", pair(0x1D, 1) + long(9)),
        ("re", pair(6, 1) + text("a")),
    ]
) + END  # fmt: skip


def test_truncation_at_every_byte() -> None:
    whole = decode_value(RICH)
    assert whole.is_complete
    for size in range(len(RICH)):
        decoded = decode_value(RICH[:size])
        assert not decoded.is_complete
        if isinstance(decoded.value, dict):
            assert set(decoded.value) <= set(whole.value)
        json.dumps(to_plain(decoded.value))


def test_damaged_snappy_gives_the_beginning() -> None:
    packed = bytes(cramjam.snappy.compress_raw(RICH))
    decoded = decode_record(packed[: len(packed) // 2])
    assert not decoded.is_complete
    assert decoded.value["list"] == ["x", 1.5]
    assert decoded.issues[0].reason.startswith("Snappy")
    framed = bytearray(cramjam.snappy.compress(RICH))
    framed[12] ^= 0xFF
    assert not decode_file(bytes(framed)).is_complete


def test_mutations() -> None:
    generator = random.Random(20261124)
    packed = bytes(cramjam.snappy.compress_raw(RICH))
    for _ in range(2000):
        broken = bytearray(RICH)
        for _ in range(generator.randrange(1, 4)):
            broken[generator.randrange(8, len(broken))] = generator.randrange(256)
        decoded = decode_value(bytes(broken))
        assert decoded.is_complete or decoded.issues
        json.dumps(to_plain(decoded.value))
        broken = bytearray(packed)
        broken[generator.randrange(len(broken))] = generator.randrange(256)
        json.dumps(to_plain(decode_record(bytes(broken)).value))
