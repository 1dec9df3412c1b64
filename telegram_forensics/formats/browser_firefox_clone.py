"""Structured clones of Firefox, as in the table `object_data` of IndexedDB.

Specification: formats/telegram_web.md section 6.4 and SpiderMonkey's structured clone
(version 8 and what older versions wrote). Seen with Firefox 153: objects, arrays,
strings, numbers, booleans, null, buffers and typed arrays. Resizable buffers, blobs and
files are as in the source, UNCONFIRMED by a sample; errors, saved stack frames and
other objects of the browser end the reading.

Pairs of u32 (data, tag), everything aligned to 8 bytes. The database holds it as one
Snappy block; a file in `<database>.files/` as a stream of Snappy frames.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any, Final

from telegram_forensics.formats.browser_bytes import Findings
from telegram_forensics.formats.browser_compression import (
    MAXIMUM_PLAIN,
    decompress_snappy,
    decompress_snappy_framed,
    salvage_snappy,
)
from telegram_forensics.formats.browser_values import (
    CONTAINER_WEIGHT,
    HOLE,
    MAXIMUM_DEPTH,
    MAXIMUM_VALUES,
    UNDEFINED,
    DecodedValue,
    JsDate,
    JsHost,
    JsMap,
    JsReference,
    JsRegExp,
    JsSet,
    JsTypedArray,
)
from telegram_forensics.formats.errors import FormatError, Issue

_PAIR: Final = struct.Struct("<II")
_DOUBLE: Final = struct.Struct("<d")
_LONG: Final = struct.Struct("<Q")
_FLOAT_MAXIMUM, _HEADER = 0xFFF00000, 0xFFF10000
_NULL, _UNDEFINED, _BOOLEAN, _INT32, _STRING, _DATE = range(0xFFFF0000, 0xFFFF0006)
_REGEXP, _ARRAY, _OBJECT, _BUFFER_V2 = range(0xFFFF0006, 0xFFFF000A)
_BOOLEAN_OBJECT, _STRING_OBJECT, _NUMBER_OBJECT = range(0xFFFF000A, 0xFFFF000D)
_REFERENCE: Final = 0xFFFF000D
_TYPED_ARRAY_V2, _MAP, _SET, _END_OF_KEYS = range(0xFFFF0010, 0xFFFF0014)
_VIEW_V2: Final = 0xFFFF0015
_BIGINT, _BIGINT_OBJECT = 0xFFFF001D, 0xFFFF001E
_BUFFER, _TYPED_ARRAY, _VIEW = 0xFFFF001F, 0xFFFF0020, 0xFFFF0021
_VIEWS: Final = (_TYPED_ARRAY_V2, _VIEW_V2, _TYPED_ARRAY, _VIEW)
_RESIZABLE_BUFFER, _IMMUTABLE_BUFFER = 0xFFFF0023, 0xFFFF0025
_BLOB, _FILE_WITHOUT_DATE, _FILE = 0xFFFF8001, 0xFFFF8002, 0xFFFF8005
_LATIN: Final = 1 << 31
_AUTO_LENGTH: Final = (1 << 64) - 1
_ARRAYS: Final = (
    ("Int8Array", 1),
    ("Uint8Array", 1),
    ("Int16Array", 2),
    ("Uint16Array", 2),
    ("Int32Array", 4),
    ("Uint32Array", 4),
    ("Float32Array", 4),
    ("Float64Array", 8),
    ("Uint8ClampedArray", 1),
    ("BigInt64Array", 8),
    ("BigUint64Array", 8),
)
# Numbers 11 to 13 are of no array that a page can make.
_FLOAT16: Final = 14


def decode_value(data: bytes, maximum_values: int = MAXIMUM_VALUES) -> DecodedValue:
    """Decodes a structured clone, as far as it goes; raises nothing.

    Args:
        data: the clone, plain.
        maximum_values: how many values it may hold.
    """
    return _Reader(data, maximum_values).read()


def decode_record(
    data: bytes, maximum_values: int = MAXIMUM_VALUES, limit: int = MAXIMUM_PLAIN
) -> DecodedValue:
    """Decodes the column `data` of `object_data`, as far as it goes; raises nothing.

    Offsets of the issues are in the plain bytes.
    """
    try:
        plain = decompress_snappy(data, limit)
    except FormatError as exception:
        value = decode_value(salvage_snappy(data, limit), maximum_values)
        value.is_complete = False
        value.issues.insert(0, Issue("", exception.offset, exception.reason))
        return value
    return decode_value(plain, maximum_values)


def decode_file(
    data: bytes, maximum_values: int = MAXIMUM_VALUES, limit: int = MAXIMUM_PLAIN
) -> DecodedValue:
    """Decodes a file of `<database>.files/`, as far as it goes; raises nothing."""
    issues: list[Issue] = []
    plain = decompress_snappy_framed(data, Findings(issues), limit)
    value = decode_value(plain, maximum_values)
    value.is_complete = value.is_complete and not issues
    value.issues[:0] = issues
    return value


class _Frame:
    """A container whose content follows."""

    __slots__ = ("number", "value", "items", "length")

    def __init__(self, number: int, value: Any, length: int = 0) -> None:
        self.number = number
        self.value = value
        # Elements of an array by index, until their number is known.
        self.items: dict[int, Any] = {}
        self.length = length


class _Reader:
    def __init__(self, data: bytes, maximum: int) -> None:
        self._data = data
        self._position = 0
        self._left = maximum
        self._objects: list[Any] = []
        self._frames: list[_Frame] = []
        self._open: set[int] = set()
        self._issues: list[Issue] = []
        self._scope: int | None = None

    def read(self) -> DecodedValue:
        value: Any = UNDEFINED
        is_complete = True
        try:
            value = self._read_root()
            while self._frames:
                self._step()
        except FormatError as exception:
            is_complete = False
            self._issues.append(Issue("", exception.offset, exception.reason))
        while self._frames:
            self._close(self._frames.pop())
        return DecodedValue(
            value, is_complete, self._issues, self._position, self._scope
        )

    def _read_root(self) -> Any:
        if len(self._data) >= 8:
            number, tag = _PAIR.unpack_from(self._data, 0)
            if tag == _HEADER:
                self._scope = number
                self._position = 8
        return self._value()

    def _step(self) -> None:
        """Reads the next item of the innermost container."""
        frame = self._frames[-1]
        container = frame.value
        is_keyed = not isinstance(container, (JsMap, JsSet))
        number, tag = self._peek()
        # Old versions ended the properties with null.
        if tag == _END_OF_KEYS or (tag == _NULL and is_keyed):
            self._position += 8
            self._close(self._frames.pop())
            return
        start = self._position
        depth = len(self._frames)
        key = self._value()
        if isinstance(container, JsSet):
            container.items.append(key)
            return
        if isinstance(container, JsMap):
            # Both are begun before either is filled.
            entry = len(container.entries)
            container.entries.append((key, UNDEFINED))
            container.entries[entry] = (key, self._value())
            return
        if len(self._frames) != depth or isinstance(key, bool):
            raise FormatError(start, "property without a name")
        value = self._value()
        if isinstance(container, list):
            self._put_element(frame, key, value, start)
        elif isinstance(key, str):
            container[key] = value
        elif isinstance(key, (int, float)):
            container[str(int(key)) if key == key // 1 else str(key)] = value
        else:
            raise FormatError(start, "property without a name")

    def _put_element(self, frame: _Frame, key: Any, value: Any, start: int) -> None:
        if isinstance(key, int) and key == len(frame.value) and not frame.items:
            frame.value.append(value)
        elif isinstance(key, int) and 0 <= key < max(frame.length, 1):
            frame.items[key] = value
        else:
            self._issues.append(
                Issue("", start, f"property of an array is left out: {key!s:.200}")
            )

    def _close(self, frame: _Frame) -> None:
        self._open.discard(frame.number)
        if not isinstance(frame.value, list):
            return
        for key in sorted(frame.items):
            gap = key - len(frame.value)
            if gap > self._left:
                self._issues.append(
                    Issue("", None, f"element {key} of a sparse array is left out")
                )
                continue
            self._left -= max(gap, 0)
            frame.value.extend([HOLE] * gap)
            if gap >= 0:
                frame.value.append(frame.items[key])
            else:
                frame.value[key] = frame.items[key]

    def _peek(self) -> tuple[int, int]:
        if self._position + 8 > len(self._data):
            raise FormatError(self._position, "ends where a value is due")
        return _PAIR.unpack_from(self._data, self._position)

    def _long(self) -> int:
        if self._position + 8 > len(self._data):
            raise FormatError(self._position, "ends inside a value")
        number = _LONG.unpack_from(self._data, self._position)[0]
        self._position += 8
        return int(number)

    def _double(self) -> float:
        if self._position + 8 > len(self._data):
            raise FormatError(self._position, "ends inside a number")
        number = _DOUBLE.unpack_from(self._data, self._position)[0]
        self._position += 8
        return float(number)

    def _bytes(self, size: int) -> bytes:
        start = self._position
        if size > len(self._data) - start:
            raise FormatError(
                start, f"{size} bytes announced, {len(self._data) - start} are left"
            )
        self._position = start + size + (-size % 8)
        return self._data[start : start + size]

    def _string(self, number: int) -> str:
        length = number & ~_LATIN
        if number & _LATIN:
            return self._bytes(length).decode("latin-1")
        return self._bytes(2 * length).decode("utf-16-le", "surrogatepass")

    def _add(self, value: Any) -> Any:
        self._objects.append(value)
        return value

    def _enter(self, value: Any, length: int = 0) -> Any:
        if len(self._frames) >= MAXIMUM_DEPTH:
            raise FormatError(self._position - 8, "objects are nested too deep")
        number = len(self._objects)
        self._objects.append(value)
        self._open.add(number)
        self._left -= CONTAINER_WEIGHT
        self._frames.append(_Frame(number, value, length))
        return value

    def _value(self) -> Any:
        """Reads a value, of a container only its beginning."""
        start = self._position
        number, tag = self._peek()
        self._left -= 1
        if self._left < 0:
            raise FormatError(start, "too many values")
        if tag <= _FLOAT_MAXIMUM:
            return self._double()
        self._position += 8
        if tag == _STRING:
            return self._string(number)
        if tag == _INT32:
            return number - (1 << 32) if number >> 31 else number
        if tag == _OBJECT:
            return self._enter({})
        if tag == _ARRAY:
            return self._enter([], number)
        method = _METHODS.get(tag)
        if method is None:
            raise FormatError(start, f"unknown tag 0x{tag:08x}")
        return method(self, number)

    def _reference(self, number: int) -> Any:
        if number >= len(self._objects):
            raise FormatError(
                self._position - 8, f"reference to object {number}, which is not there"
            )
        return JsReference(number) if number in self._open else self._objects[number]

    def _regular_expression(self, number: int) -> Any:
        length, tag = self._peek()
        if tag != _STRING:
            raise FormatError(self._position, "regular expression without a text")
        self._position += 8
        return self._add(JsRegExp(self._string(length), number))

    def _buffer(self, number: int) -> Any:
        return self._add(self._bytes(self._long()))

    def _resizable_buffer(self, number: int) -> Any:
        size = self._long()
        self._long()
        return self._add(self._bytes(size))

    def _big(self, number: int) -> int:
        value = int.from_bytes(self._bytes(8 * (number & ~_LATIN)), "little")
        return -value if number & _LATIN else value

    def _typed_array(self, number: int) -> Any:
        length = self._long()
        return self._view(*self._kind(number), length)

    def _typed_array_v2(self, number: int) -> Any:
        # The version before kept the length in the pair and the type behind it.
        return self._view(*self._kind(self._long()), number)

    def _kind(self, kind: int) -> tuple[str, int]:
        if kind == _FLOAT16:
            return "Float16Array", 2
        if kind >= len(_ARRAYS):
            raise FormatError(self._position, f"typed array of unknown kind {kind}")
        return _ARRAYS[kind]

    def _view(self, name: str, width: int, length: int) -> JsTypedArray:
        start = self._position
        place = len(self._objects)
        self._objects.append(UNDEFINED)
        depth = len(self._frames)
        if self._peek()[1] in _VIEWS:
            raise FormatError(start, "view of a view")
        buffer = self._value()
        if not isinstance(buffer, bytes) or len(self._frames) != depth:
            raise FormatError(start, "view without a buffer")
        offset = self._long()
        flags = int(length == _AUTO_LENGTH)
        size = len(buffer) - offset if flags else length * width
        if offset + size > len(buffer) or size < 0:
            raise FormatError(
                start, f"view of {size} bytes at {offset} in {len(buffer)} bytes"
            )
        view = JsTypedArray(name, buffer, offset, size, flags)
        self._objects[place] = view
        return view

    def _file(self, number: int, tag: int) -> Any:
        """Reads a blob or a file; its number is the position in `file_ids`."""
        detail: dict[str, Any] = {"index": number, "size": self._long()}
        detail["type"] = self._counted_text()
        if tag == _FILE:
            detail["last_modified"] = self._long()
        if tag != _BLOB:
            detail["name"] = self._counted_text()
        return self._add(JsHost("Blob" if tag == _BLOB else "File", detail))

    def _counted_text(self) -> str:
        size = int.from_bytes(self._bytes(4), "little")
        return self._bytes(size).decode("utf-8", "backslashreplace")


# Boxed primitives are objects, but say no more than what is in them.
_METHODS: Final[dict[int, Callable[[_Reader, int], Any]]] = {
    _NULL: lambda reader, number: None,
    _UNDEFINED: lambda reader, number: UNDEFINED,
    _BOOLEAN: lambda reader, number: bool(number),
    _BIGINT: _Reader._big,
    _MAP: lambda reader, number: reader._enter(JsMap()),
    _SET: lambda reader, number: reader._enter(JsSet()),
    _BOOLEAN_OBJECT: lambda reader, number: reader._add(bool(number)),
    _STRING_OBJECT: lambda reader, number: reader._add(reader._string(number)),
    _NUMBER_OBJECT: lambda reader, number: reader._add(reader._double()),
    _BIGINT_OBJECT: lambda reader, number: reader._add(reader._big(number)),
    _DATE: lambda reader, number: reader._add(JsDate(reader._double())),
    _REFERENCE: _Reader._reference,
    _REGEXP: _Reader._regular_expression,
    _BUFFER_V2: lambda reader, number: reader._add(reader._bytes(number)),
    _BUFFER: _Reader._buffer,
    _IMMUTABLE_BUFFER: _Reader._buffer,
    _RESIZABLE_BUFFER: _Reader._resizable_buffer,
    _TYPED_ARRAY: _Reader._typed_array,
    _TYPED_ARRAY_V2: _Reader._typed_array_v2,
    _VIEW: lambda reader, number: reader._view("DataView", 1, reader._long()),
    _VIEW_V2: lambda reader, number: reader._view("DataView", 1, number),
    _BLOB: lambda reader, number: reader._file(number, _BLOB),
    _FILE: lambda reader, number: reader._file(number, _FILE),
    _FILE_WITHOUT_DATE: lambda reader, number: reader._file(number, _FILE_WITHOUT_DATE),
}
