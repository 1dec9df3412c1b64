"""Serialized values of Safari, written as the public grammar of WebKit has them."""

from __future__ import annotations

import json
import random
import struct
from typing import Any

import pytest

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
from telegram_forensics.formats.browser_webkit_value import decode_value
from tests.plain_values import to_plain

HEADER = struct.pack("<I", 15)
END = b"\xff\xff\xff\xff"
POOL = b"\xfe\xff\xff\xff"
PROPERTIES = b"\xfd\xff\xff\xff"


def text(content: str) -> bytes:
    data = content.encode("latin-1")
    return struct.pack("<I", 1 << 31 | len(data)) + data


def wide(content: str) -> bytes:
    data = content.encode("utf-16-le")
    return struct.pack("<I", len(data) // 2) + data


def value(body: bytes, version: int = 15) -> Any:
    decoded = decode_value(struct.pack("<I", version) + body)
    assert decoded.is_complete, decoded.issues
    assert decoded.end == 4 + len(body)
    return decoded.value


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"\x03", UNDEFINED),
        (b"\x04", None),
        (b"\x05" + struct.pack("<i", -7), -7),
        (b"\x06", 0),
        (b"\x07", 1),
        (b"\x08", False),
        (b"\x09", True),
        (b"\x0a" + struct.pack("<d", 1.5), 1.5),
        (b"\x0b" + struct.pack("<d", 1e12), JsDate(1e12)),
        (b"\x10" + text("caf\xe9"), "café"),
        (b"\x10" + wide("Ольга"), "Ольга"),
        (b"\x11", ""),
        (b"\x12" + text("ab") + text("gi"), JsRegExp("/ab/gi", 0)),
        (b"\x02" + END, {}),
        (
            b"\x02" + text("a") + b"\x07" + wide("б") + b"\x04" + END,
            {"a": 1, "б": None},
        ),
        (
            b"\x01\x02\0\0\0" + b"\0\0\0\0\x07" + b"\1\0\0\0\x06" + END + END,
            [1, 0],
        ),
        (b"\x01\x03\0\0\0" + b"\2\0\0\0\x07" + END + END, [HOLE, HOLE, 1]),
        (b"\x15" + struct.pack("<Q", 2) + b"ab", b"ab"),
        (
            b"\x16\x02"
            + struct.pack("<QQ", 1, 1)
            + b"\x15"
            + struct.pack("<Q", 2)
            + b"ab",
            JsTypedArray("Uint8Array", b"ab", 1, 1),
        ),
        (b"\x18", True),
        (b"\x1a" + text("x"), "x"),
        (b"\x1c" + struct.pack("<d", 2), 2.0),
        (b"\x1d\x07\x06\x20" + END, JsSet([1, 0])),
        (b"\x1e\x10" + text("k") + b"\x09\x1f" + END, JsMap([("k", True)])),
        (b"\x2f\x01" + struct.pack("<IQ", 1, 5), -5),
        (b"\x36" + struct.pack("<QQ", 1, 9) + b"a", b"a"),
        (
            b"\x0f" + text("blob:x") + text("t") + struct.pack("<QQ", 5, 0),
            JsHost("Blob", {"url": "blob:x", "type": "t", "size": 5}),
        ),
    ],
)
def test_tags(body: bytes, expected: Any) -> None:
    assert value(body) == expected


def test_pools() -> None:
    body = b"\x02" + text("id") + b"\x02" + END + text("again") + b"\x13\x01"
    body += text("self") + b"\x13\x00" + POOL + b"\x00" + b"\x07" + END
    found = value(body)
    assert found == {"id": 1, "again": {}, "self": JsReference(0)}


def test_wide_pool() -> None:
    names = [f"n{number}" for number in range(300)]
    body = b"\x02" + b"".join(text(name) + b"\x07" for name in names)
    body += POOL + struct.pack("<H", 299) + b"\x06" + END
    assert value(body)["n299"] == 0


def test_older_versions() -> None:
    # One terminator behind the elements, lengths of 32 bits, no Latin-1.
    assert value(b"\x01\1\0\0\0" + b"\0\0\0\0\x07" + END, 9) == [1]
    assert value(b"\x15" + struct.pack("<I", 2) + b"ab", 9) == b"ab"
    assert value(b"\x10" + wide("a"), 5) == "a"
    extra = b"\x01\1\0\0\0" + b"\0\0\0\0\x07" + PROPERTIES + text("x") + b"\x07" + END
    decoded = decode_value(struct.pack("<I", 11) + extra)
    assert decoded.value == [1]
    assert "left out" in decoded.issues[0].reason


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "announced"),
        (struct.pack("<I", 16) + b"\x04", "version 16"),
        (struct.pack("<I", 0) + b"\x04", "version 0"),
        (HEADER + b"\x21", "unknown tag 33"),
        (HEADER + b"\x13\x00", "reference to 0 of 0"),
        (HEADER + b"\x10" + END, "no string"),
        (HEADER + b"\x15" + struct.pack("<Q", 1 << 50), "announced"),
        (HEADER + b"\x01\x01\0\0\0" * 4000, "too deep"),
        (HEADER + b"\x16\x02" + bytes(16) + b"\x04", "without a buffer"),
    ],
)
def test_errors_are_said(data: bytes, reason: str) -> None:
    decoded = decode_value(data)
    if "too deep" in reason:
        data = HEADER + (b"\x01\x01\0\0\0" + b"\0\0\0\0") * 4000
        decoded = decode_value(data)
    assert not decoded.is_complete
    assert reason in decoded.issues[0].reason


RICH = HEADER + (
    b"\x02" + text("list") + b"\x01\2\0\0\0\0\0\0\0\x07\1\0\0\0\x10" + wide("ж") + END
    + END + text("map") + b"\x1e\x10" + text("k") + b"\x02" + END + b"\x1f" + END
    + text("set") + b"\x1d\x07\x20" + END + text("bytes") + b"\x15"
    + struct.pack("<Q", 3) + b"abc" + text("big") + b"\x2f\0" + struct.pack("<IQ", 1, 9)
    + text("back") + b"\x13\x01" + END
)  # fmt: skip


def test_truncation_and_mutations() -> None:
    whole = decode_value(RICH)
    assert whole.is_complete
    for size in range(len(RICH)):
        decoded = decode_value(RICH[:size])
        assert not decoded.is_complete
        if isinstance(decoded.value, dict):
            assert set(decoded.value) <= set(whole.value)
    generator = random.Random(20261125)
    for _ in range(2000):
        broken = bytearray(RICH)
        broken[generator.randrange(4, len(broken))] = generator.randrange(256)
        json.dumps(to_plain(decode_value(bytes(broken)).value))
