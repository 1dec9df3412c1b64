"""Keys of IndexedDB in SQLite databases of Chromium and Firefox.

Specification: formats/telegram_web.md section 6.3, and for other keys than strings
Firefox's key encoding (number 10, date 20, string 30, binary 40, array 50; an array
adds to the type of its first element, at most three times; zeros at the end are
dropped). Keys of Chromium keep the zero at the end, and negative numbers have all
bits inverted there. Of Chromium only strings were seen: its numbers, dates and arrays
are as in its source, its binary keys UNCONFIRMED (two forms are tried).
"""

from __future__ import annotations

import struct
from typing import Any, Final

from telegram_forensics.formats.browser_values import JsDate
from telegram_forensics.formats.errors import FormatError

_NUMBER, _DATE, _STRING, _BINARY, _ARRAY = 0x10, 0x20, 0x30, 0x40, 0x50
_MAXIMUM_COLLAPSE: Final = 3
_MAXIMUM_DEPTH: Final = 64
_SIGN: Final = 1 << 63
_ALL: Final = (1 << 64) - 1
_ONE_BYTE, _TWO_BYTES = 0x7F, 0xBF
_TWO_BYTES_OFFSET: Final = 0x7F


def read_sortable_key(data: bytes, is_chromium: bool) -> Any:
    """Reads a key.

    Args:
        data: the key as it is stored.
        is_chromium: it is from Chromium, not from Firefox.

    Returns:
        str, float, `JsDate`, bytes or list.

    Raises:
        FormatError: if it is none.
    """
    if not data:
        raise FormatError(0, "empty key")
    value, end = _Key(data, is_chromium).read(0, 0, 0)
    if data[end:].strip(b"\0"):
        raise FormatError(end, f"{len(data) - end} bytes behind the key")
    return value


class _Key:
    def __init__(self, data: bytes, is_chromium: bool) -> None:
        self._data = data
        self._is_chromium = is_chromium

    def read(self, position: int, offset: int, depth: int) -> tuple[Any, int]:
        """Reads a key, whose type has an offset; returns the offset behind it."""
        if depth > _MAXIMUM_DEPTH:
            raise FormatError(position, "arrays are nested too deep")
        kind = self._byte(position) - offset
        if kind >= _ARRAY:
            return self._array(position, offset, depth)
        if kind in {_NUMBER, _DATE}:
            number, end = self._number(position + 1)
            return JsDate(number) if kind == _DATE else number, end
        if kind == _STRING:
            units, end = self._units(position + 1)
            text = b"".join(unit.to_bytes(2, "little") for unit in units)
            return text.decode("utf-16-le", "surrogatepass"), end
        if kind == _BINARY:
            return self._binary(position + 1)
        raise FormatError(position, f"key of unknown kind 0x{kind & 0xFF:02x}")

    def _byte(self, position: int) -> int:
        # Firefox drops zeros at the end.
        return self._data[position] if position < len(self._data) else 0

    def _array(self, position: int, offset: int, depth: int) -> tuple[list[Any], int]:
        offset += _ARRAY
        if self._is_chromium or offset == _ARRAY * _MAXIMUM_COLLAPSE:
            position += 1
            offset = 0
        items: list[Any] = []
        size = len(self._data)
        while position < size and self._data[position] != offset:
            item, position = self.read(position, offset, depth + 1)
            items.append(item)
            offset = 0
        return items, position + 1

    def _number(self, position: int) -> tuple[float, int]:
        stored = self._data[position : position + 8]
        if len(stored) < 8 and self._is_chromium:
            raise FormatError(position, "number is not complete")
        bits = int.from_bytes(stored.ljust(8, b"\0"), "big")
        if bits & _SIGN:
            bits -= _SIGN
        elif self._is_chromium:
            bits ^= _ALL
        else:
            bits = -bits & _ALL
        return float(struct.unpack(">d", bits.to_bytes(8, "big"))[0]), position + 8

    def _units(self, position: int) -> tuple[list[int], int]:
        """Characters up to the zero behind them, and the offset behind that."""
        data = self._data
        units = []
        size = len(data)
        while position < size:
            first = data[position]
            position += 1
            if not first:
                break
            if first <= _ONE_BYTE:
                units.append(first - 1)
            elif first <= _TWO_BYTES:
                number = (first << 8 | self._byte(position)) - 0x8000
                units.append(number + _TWO_BYTES_OFFSET)
                position += 1
            else:
                number = first << 16 | self._byte(position) << 8
                number |= self._byte(position + 1)
                units.append(number >> 6 & 0xFFFF)
                position += 2
        return units, position

    def _binary(self, position: int) -> tuple[bytes, int]:
        data = self._data
        if self._is_chromium:
            end = position
            while data[end : end + 1] == b"\1" and end + 2 < len(data):
                end += 2
            if data[end : end + 1] == b"\0":
                return data[position + 1 : end : 2], end + 1
        units, end = self._units(position)
        return bytes(unit & 0xFF for unit in units), end
