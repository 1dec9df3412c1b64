"""Serialized values of Safari, as in the table `Records` of IndexedDB.

Specification: WebKit's serialized script values, versions 1 to 15 (u32 little endian in
front: the version in three bytes, a minor one in the fourth). Everything here is
UNCONFIRMED by a sample and as the public grammar has it; a value of another kind than
the ones below ends the reading.

Strings and objects that came before are named by their number, in as few bytes as the
count of them needs at that moment.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any, Final

from telegram_forensics.formats.browser_value_reader import MISSING, ValueReader
from telegram_forensics.formats.browser_values import (
    HOLE,
    MAXIMUM_DEPTH,
    MAXIMUM_VALUES,
    UNDEFINED,
    DecodedValue,
    JsDate,
    JsHost,
    JsReference,
    JsRegExp,
    JsTypedArray,
)
from telegram_forensics.formats.errors import FormatError, Issue

NEWEST_VERSION: Final = 15
_ARRAY, _OBJECT, _UNDEFINED, _NULL, _INT, _ZERO, _ONE, _FALSE, _TRUE = range(1, 10)
_DOUBLE, _DATE = 10, 11
_BLOB, _STRING, _EMPTY_STRING, _REGEXP, _REFERENCE = 15, 16, 17, 18, 19
_BUFFER, _VIEW = 21, 22
_TRUE_OBJECT, _FALSE_OBJECT, _STRING_OBJECT = 24, 25, 26
_EMPTY_STRING_OBJECT, _NUMBER_OBJECT, _SET, _MAP = 27, 28, 29, 30
_MAP_PROPERTIES, _SET_PROPERTIES = 31, 32
_BIGINT, _BIGINT_OBJECT, _RESIZABLE_BUFFER = 47, 48, 54
_TERMINATOR, _STRING_POOL, _PROPERTIES = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_LATIN: Final = 0x80000000
_LATIN_STRINGS, _LONG_BUFFERS, _MEMORY_COST, _TWO_TERMINATORS = 6, 10, 11, 15
_AUTO_LENGTH: Final = (1 << 64) - 1
_VIEWS: Final = (
    "DataView",
    "Int8Array",
    "Uint8Array",
    "Uint8ClampedArray",
    "Int16Array",
    "Uint16Array",
    "Int32Array",
    "Uint32Array",
    "Float32Array",
    "Float64Array",
    "BigInt64Array",
    "BigUint64Array",
    "Float16Array",
)
_SIMPLE: Final[dict[int, Any]] = {
    _UNDEFINED: UNDEFINED,
    _NULL: None,
    _ZERO: 0,
    _ONE: 1,
    _FALSE: False,
    _TRUE: True,
    _EMPTY_STRING: "",
}
_BOXED: Final[dict[int, Any]] = {
    _TRUE_OBJECT: True,
    _FALSE_OBJECT: False,
    _EMPTY_STRING_OBJECT: "",
}


def decode_value(data: bytes, maximum_values: int = MAXIMUM_VALUES) -> DecodedValue:
    """Decodes a value, as far as it goes; raises nothing.

    Args:
        data: the value, from its version on.
        maximum_values: how many values it may hold.
    """
    return _Reader(data, maximum_values).read()


class _Reader(ValueReader):
    _MAP_END = _MAP_PROPERTIES
    _SET_END = _SET_PROPERTIES
    _TAG_SIZE = 1

    def __init__(self, data: bytes, maximum: int) -> None:
        super().__init__(data, maximum)
        self._strings: list[str] = []
        self._has_two_terminators = False

    def read(self) -> DecodedValue:
        value: Any = MISSING
        try:
            stored = self._number(4)
            self._version = stored & 0xFFFFFF
            self._has_two_terminators = self._version >= _TWO_TERMINATORS or (
                self._version == 12 and stored >> 24 >= 1
            )
            if not 1 <= self._version <= NEWEST_VERSION:
                raise FormatError(0, f"version {self._version} is not known")
            value = self._value()
        except FormatError as exception:
            self._stop(exception)
        return DecodedValue(
            UNDEFINED if value is MISSING else value,
            not self._is_stopped,
            self._issues,
            self._position,
            self._version or None,
        )

    def _number(self, width: int) -> int:
        return int.from_bytes(self._bytes(width), "little")

    def _double(self) -> float:
        return float(struct.unpack("<d", self._bytes(8))[0])

    def _index(self, count: int) -> int:
        """A number of one of so many objects or strings."""
        start = self._position
        index = self._number(1 if count <= 0xFF else 2 if count <= 0xFFFF else 4)
        if index >= count:
            raise FormatError(start, f"reference to {index} of {count}")
        return index

    def _value(self) -> Any:
        try:
            self._left -= 1
            if self._left < 0:
                raise FormatError(self._position, "too many values")
            tag = self._number(1)
            if tag in _SIMPLE:
                return _SIMPLE[tag]
            return self._tagged(tag)
        except FormatError as exception:
            self._stop(exception)
            return MISSING

    def _tagged(self, tag: int) -> Any:
        method = _METHODS.get(tag)
        if method is not None:
            return method(self)
        if tag in _BOXED:
            return self._add(_BOXED[tag])
        raise FormatError(self._position - 1, f"unknown tag {tag}")

    def _int(self) -> int:
        return int.from_bytes(self._bytes(4), "little", signed=True)

    def _reference(self) -> Any:
        index = self._index(len(self._objects))
        return JsReference(index) if index in self._open else self._objects[index]

    def _regular_expression(self) -> JsRegExp:
        pattern, flags = self._text(), self._text()
        # Here the flags are letters.
        return JsRegExp(f"/{pattern}/{flags}", 0)

    def _buffer(self, is_resizable: bool) -> Any:
        size = self._length()
        if is_resizable:
            self._number(8)
        return self._add(self._bytes(size))

    def _blob(self) -> JsHost:
        detail: dict[str, Any] = {"url": self._text(), "type": self._text()}
        detail["size"] = self._number(8)
        if self._version >= _MEMORY_COST:
            self._number(8)
        return JsHost("Blob", detail)

    def _length(self) -> int:
        return self._number(8 if self._version >= _LONG_BUFFERS else 4)

    def _big(self) -> int:
        is_negative = self._number(1)
        value = int.from_bytes(self._bytes(8 * self._number(4)), "little")
        return -value if is_negative else value

    def _text(self) -> str:
        text = self._text_or_end()
        if text is None:
            raise FormatError(self._position - 4, "no string where one is due")
        return text

    def _text_or_end(self) -> str | None:
        """A string, None if the mark of an end stands in its place."""
        length = self._number(4)
        if length == _TERMINATOR:
            return None
        if length == _STRING_POOL:
            return self._strings[self._index(len(self._strings))]
        if self._version >= _LATIN_STRINGS and length & _LATIN:
            text = self._bytes(length & ~_LATIN).decode("latin-1")
        else:
            text = self._bytes(2 * length).decode("utf-16-le", "surrogatepass")
        self._strings.append(text)
        return text

    def _object(self) -> dict[str, Any]:
        value: dict[str, Any] = {}
        number = self._enter(value)
        self._properties(value)
        self._leave(number)
        return value

    def _properties(self, value: dict[str, Any]) -> None:
        try:
            while not self._is_stopped:
                name = self._text_or_end()
                if name is None:
                    return
                item = self._value()
                if item is not MISSING:
                    value[name] = item
        except FormatError as exception:
            self._stop(exception)

    def _array(self) -> list[Any]:
        start = self._position
        length = self._number(4)
        value: list[Any] = []
        number = self._enter(value)
        items: dict[int, Any] = {}
        extra: dict[str, Any] = {}
        try:
            while not self._is_stopped:
                index = self._number(4)
                if index == _TERMINATOR and self._has_two_terminators:
                    index = self._number(4)
                if index == _TERMINATOR:
                    break
                if index == _PROPERTIES:
                    self._properties(extra)
                    break
                item = self._value()
                if item is not MISSING:
                    items[index] = item
        except FormatError as exception:
            self._stop(exception)
        self._leave(number)
        for index in sorted(items):
            gap = index - len(value)
            if index >= length or gap > self._left:
                self._issues.append(Issue("", start, f"element {index} is left out"))
                continue
            self._left -= gap
            value.extend([HOLE] * gap)
            value.append(items[index])
        self._report_extra(extra, start)
        return value

    def _end_of_items(self) -> None:
        if not self._is_stopped:
            self._position += 1
            self._properties({})

    def _peek(self) -> int:
        position = self._position
        return self._data[position] if position < len(self._data) else -1

    def _view(self) -> JsTypedArray:
        start = self._position
        kind = self._number(1)
        offset, length = self._length(), self._length()
        # What stands here is a buffer: a view of views of views is made to exhaust us.
        self._depth += 1
        try:
            if self._depth > MAXIMUM_DEPTH:
                raise FormatError(start, "views are nested too deep")
            buffer = self._value()
        finally:
            self._depth -= 1
        if kind >= len(_VIEWS) or not isinstance(buffer, bytes):
            raise FormatError(start, "view of unknown kind or without a buffer")
        flags = int(length == _AUTO_LENGTH)
        if flags:
            length = max(len(buffer) - offset, 0)
        if offset + length > len(buffer):
            raise FormatError(
                start, f"view of {length} bytes at {offset} in {len(buffer)} bytes"
            )
        view: JsTypedArray = self._add(
            JsTypedArray(_VIEWS[kind], buffer, offset, length, flags)
        )
        return view


_METHODS: Final[dict[int, Callable[[_Reader], Any]]] = {
    _STRING: _Reader._text,
    _OBJECT: _Reader._object,
    _ARRAY: _Reader._array,
    _INT: _Reader._int,
    _DOUBLE: _Reader._double,
    _DATE: lambda reader: JsDate(reader._double()),
    _REFERENCE: _Reader._reference,
    _BIGINT: _Reader._big,
    _MAP: _Reader._map,
    _SET: _Reader._set,
    _STRING_OBJECT: lambda reader: reader._add(reader._text()),
    _NUMBER_OBJECT: lambda reader: reader._add(reader._double()),
    _BIGINT_OBJECT: lambda reader: reader._add(reader._big()),
    _REGEXP: _Reader._regular_expression,
    _BUFFER: lambda reader: reader._buffer(False),
    _RESIZABLE_BUFFER: lambda reader: reader._buffer(True),
    _VIEW: _Reader._view,
    _BLOB: _Reader._blob,
}
