"""Values that are nested in themselves where no container stands: found by fuzzing."""

from __future__ import annotations

import struct

import pytest

from telegram_forensics.formats import (
    browser_firefox_clone,
    browser_v8_value,
    browser_webkit_value,
)
from telegram_forensics.formats.browser_values import DecodedValue

DEPTHS = pytest.mark.parametrize("depth", [2, 150, 5000])
V8_HEADER = b"\xff\x15\xfe" + bytes(12) + b"\xff\x0f"
WEBKIT_HEADER = struct.pack("<I", 15)
WEBKIT_VIEW = b"\x16"


def check(decoded: DecodedValue, reason: str) -> None:
    """The decoder says so and goes no further."""
    assert not decoded.is_complete
    assert reason in decoded.issues[0].reason


@DEPTHS
@pytest.mark.parametrize("tag", [b"R", b"s"])
def test_v8_strings(tag: bytes, depth: int) -> None:
    """A regular expression whose text is one, and boxed strings in boxed strings."""
    decoded = browser_v8_value.decode_value(V8_HEADER + tag * depth)
    shallow = "ends where a value is due"
    check(decoded, shallow if depth < 100 else "nested too deep")


@DEPTHS
def test_v8_memory(depth: int) -> None:
    """The memory of a program, whose buffer is the memory of a program."""
    decoded = browser_v8_value.decode_value(V8_HEADER + b"m\x02" * depth)
    shallow = "ends where a value is due"
    check(decoded, shallow if depth < 100 else "nested too deep")


@DEPTHS
@pytest.mark.parametrize("tag", [0xFFFF0010, 0xFFFF0015, 0xFFFF0020, 0xFFFF0021])
def test_firefox_views(tag: int, depth: int) -> None:
    """A view whose buffer is a view."""
    piece = struct.pack("<IIQ", 1, tag, 1)
    if tag == 0xFFFF0015:
        piece = struct.pack("<II", 1, tag)
    check(browser_firefox_clone.decode_value(piece * depth), "view of a view")


@DEPTHS
def test_webkit_views(depth: int) -> None:
    """The same of Safari."""
    piece = WEBKIT_VIEW + struct.pack("<BQQ", 1, 0, 1)
    decoded = browser_webkit_value.decode_value(WEBKIT_HEADER + piece * depth)
    check(decoded, "" if depth < 100 else "nested too deep")
