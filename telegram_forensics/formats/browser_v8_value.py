"""Values that Chromium stores: Blink's envelope around V8's serialized values.

Specification: formats/telegram_web.md section 6.3 and V8's value serializer, formats 9
to 15. Format 16 (Chromium 156) was only seen to be like 15 in the tags of real values;
what else changed in it is UNCONFIRMED, and so are the layouts of crypto keys.

`FF <Blink version>`, from version 21 on `FE` and the place of a trailer, `FF <V8
version>`, the value. Blink below 16 has one version for both.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any, Final

from telegram_forensics.formats.browser_bytes import read_sized
from telegram_forensics.formats.browser_v8_host import ERRORS, VIEWS, read_host_object
from telegram_forensics.formats.browser_value_reader import MISSING, ValueReader
from telegram_forensics.formats.browser_values import (
    HOLE,
    MAXIMUM_DEPTH,
    MAXIMUM_VALUES,
    UNDEFINED,
    DecodedValue,
    JsDate,
    JsError,
    JsHost,
    JsReference,
    JsRegExp,
    JsTypedArray,
)
from telegram_forensics.formats.errors import FormatError, Issue
from telegram_forensics.formats.varint import read_varint

NEWEST_VERSION: Final = 16
NEWEST_BLINK: Final = 21
_VERSION_TAG, _TRAILER_TAG = 0xFF, 0xFE
_TRAILER_SIZE: Final = 12
_SEPARATE_ENVELOPES: Final = 16
_LATIN_STRINGS, _HOLES, _TAGGED_STRINGS, _HOST_TAG, _VIEW_FLAGS = 10, 11, 12, 13, 14
_DOUBLE: Final = struct.Struct("<d")
# Before the mark of host objects (format 13) their tags stood alone.
_LEGACY_HOST: Final = frozenset(b"Mbifedl" + b"L#gGHKk")
_OBJECT_END, _SPARSE_END, _DENSE_END = ord("{"), ord("@"), ord("$")
_MAP_END, _SET_END, _VIEW, _PADDING = ord(":"), ord(","), ord("V"), 0
_REFERENCE_COUNT: Final = ord("?")


def decode_value(data: bytes, maximum_values: int = MAXIMUM_VALUES) -> DecodedValue:
    """Decodes a value, as far as it goes; raises nothing.

    Args:
        data: the value, from its envelope on.
        maximum_values: how many values it may hold.
    """
    return _Reader(data, maximum_values).read()


class _Reader(ValueReader):
    _MAP_END = _MAP_END
    _SET_END = _SET_END

    def __init__(self, data: bytes, maximum: int) -> None:
        super().__init__(data, maximum)
        self._blink: int | None = None

    def read(self) -> DecodedValue:
        value: Any = UNDEFINED
        try:
            self._read_envelope()
        except FormatError as exception:
            self._stop(exception)
        else:
            value = self._value()
        return DecodedValue(
            UNDEFINED if value is MISSING else value,
            not self._is_stopped,
            self._issues,
            self._position,
            self._version or None,
            self._blink,
        )

    def _read_envelope(self) -> None:
        data = self._data
        if data[:1] != b"\xff":
            raise FormatError(0, "no version in front of the value")
        version, position = read_varint(data, 1)
        if version < _SEPARATE_ENVELOPES and data[position : position + 1] != b"\xff":
            # One version for both, or V8 alone.
            self._version, self._position = version, position
            return
        self._blink = version
        if data[position : position + 1] == bytes([_TRAILER_TAG]):
            position += 1 + _TRAILER_SIZE
        if data[position : position + 1] != b"\xff":
            raise FormatError(position, "no V8 version in front of the value")
        self._version, self._position = read_varint(data, position + 1)
        if self._version > NEWEST_VERSION or version > NEWEST_BLINK:
            self._issues.append(
                Issue(
                    "",
                    0,
                    f"Blink version {version}, V8 version {self._version}: newer than "
                    f"{NEWEST_BLINK} and {NEWEST_VERSION}, values may be read wrongly",
                )
            )

    def _value(self) -> Any:
        """Reads a value, `MISSING` if nothing of it can be read."""
        try:
            self._left -= 1
            if self._left < 0:
                raise FormatError(self._position, "too many values")
            value = self._tagged(self._tag())
            # A view follows its buffer, without being named as a value of its own.
            if isinstance(value, (bytes, JsHost)) and self._peek() == _VIEW:
                return self._view(value)
            return value
        except FormatError as exception:
            self._stop(exception)
            return MISSING

    def _tag(self) -> int:
        data, position = self._data, self._position
        try:
            while data[position] == _PADDING:
                position += 1
            tag = data[position]
        except IndexError:
            raise FormatError(position, "ends where a value is due") from None
        self._position = position + 1
        return tag

    def _peek(self) -> int:
        """The next tag, -1 at the end; nothing is taken."""
        data, position = self._data, self._position
        end = len(data)
        while position < end and data[position] == _PADDING:
            position += 1
        return data[position] if position < end else -1

    def _tagged(self, tag: int) -> Any:
        method = _METHODS.get(tag)
        if method is not None:
            return method(self)
        if tag == _REFERENCE_COUNT:
            self._varint()
            return self._tagged_again()
        if self._version < _HOST_TAG and tag in _LEGACY_HOST:
            return self._host(tag)
        raise FormatError(self._position - 1, f"unknown tag 0x{tag:02x}")

    def _tagged_again(self) -> Any:
        tag = self._tag()
        if tag == _REFERENCE_COUNT:
            raise FormatError(self._position - 1, "two counts of objects")
        return self._tagged(tag)

    def _varint(self) -> int:
        number, self._position = read_varint(self._data, self._position)
        return number

    def _sized(self) -> bytes:
        data, self._position = read_sized(self._data, self._position)
        return data

    def _int(self) -> int:
        number = self._varint()
        return number >> 1 ^ -(number & 1)

    def _double(self) -> float:
        return float(_DOUBLE.unpack(self._bytes(8))[0])

    def _big(self) -> int:
        bits = self._varint()
        number = int.from_bytes(self._bytes(bits >> 1 & 0x3FFFFFFF), "little")
        return -number if bits & 1 else number

    def _latin(self) -> str:
        return self._sized().decode("latin-1")

    def _utf16(self) -> str:
        data = self._sized()
        if len(data) % 2:
            raise FormatError(self._position, "half a character in a string")
        return data.decode("utf-16-le", "surrogatepass")

    def _utf8(self) -> str:
        return self._sized().decode("utf-8", "backslashreplace")

    def _string(self) -> str:
        """The string inside of another object."""
        if self._version < _TAGGED_STRINGS:
            return self._utf8()
        start = self._position
        if isinstance(value := self._inner(), str):
            return value
        raise FormatError(start, "no string where one is due")

    def _inner(self) -> Any:
        """The value inside of one that is no container."""
        if self._depth >= MAXIMUM_DEPTH:
            raise FormatError(self._position, "objects are nested too deep")
        self._depth += 1
        value = self._value()
        self._depth -= 1
        return value

    def _reference(self) -> Any:
        start = self._position
        number = self._varint()
        if number >= len(self._objects):
            raise FormatError(
                start, f"reference to object {number}, which is not there"
            )
        if number in self._open:
            return JsReference(number)
        return self._objects[number]

    def _object(self) -> dict[str, Any]:
        value: dict[str, Any] = {}
        number = self._enter(value)
        self._properties(value, _OBJECT_END, 1)
        self._leave(number)
        return value

    def _properties(self, value: dict[str, Any], end: int, numbers: int) -> None:
        """Reads properties up to the end tag and the numbers behind it."""
        try:
            while True:
                tag = self._tag()
                if tag == end:
                    for _ in range(numbers):
                        self._varint()
                    return
                key = self._tagged(tag)
                if isinstance(key, float) and key.is_integer():
                    key = int(key)
                if not isinstance(key, (str, int, float)) or isinstance(key, bool):
                    raise FormatError(self._position, "property without a name")
                item = self._value()
                if item is not MISSING:
                    value[key if isinstance(key, str) else str(key)] = item
                if self._is_stopped:
                    return
        except FormatError as exception:
            self._stop(exception)

    def _dense(self) -> list[Any]:
        length = self._varint()
        value: list[Any] = []
        number = self._enter(value)
        holes = self._version < _HOLES
        for _ in range(length):
            item = self._value()
            if item is not MISSING:
                value.append(HOLE if holes and item is UNDEFINED else item)
            if self._is_stopped:
                break
        else:
            self._array_properties(value, _DENSE_END)
        self._leave(number)
        return value

    def _sparse(self) -> list[Any]:
        start = self._position
        length = self._varint()
        value: list[Any] = []
        number = self._enter(value)
        items: dict[str, Any] = {}
        self._properties(items, _SPARSE_END, 2)
        self._leave(number)
        # An array of a billion holes takes a few bytes.
        for key in sorted(
            (key for key in items if key.isdecimal()), key=lambda key: (len(key), key)
        ):
            place = int(key)
            if place >= length or place - len(value) > self._left:
                self._issues.append(
                    Issue("", start, f"element {key} of a sparse array is left out")
                )
                continue
            self._left -= place - len(value)
            value.extend([HOLE] * (place - len(value)))
            value.append(items.pop(key))
        self._report_extra(items, start)
        return value

    def _array_properties(self, value: list[Any], end: int) -> None:
        start = self._position
        items: dict[str, Any] = {}
        self._properties(items, end, 2)
        for key in [key for key in items if key.isdecimal()]:
            # Elements that were set while the array was being written.
            if int(key) < len(value):
                value[int(key)] = items.pop(key)
        self._report_extra(items, start)

    def _end_of_items(self) -> None:
        if self._is_stopped:
            return
        try:
            self._tag()
            self._varint()
        except FormatError as exception:
            self._stop(exception)

    def _date(self) -> JsDate:
        return self._add(JsDate(self._double()))  # type: ignore[no-any-return]

    def _regular_expression(self) -> JsRegExp:
        number = len(self._objects)
        self._objects.append(UNDEFINED)
        self._objects[number] = value = JsRegExp(self._string(), self._varint())
        return value

    def _error(self) -> JsError:
        value = JsError("Error")
        number = self._enter(value)
        try:
            while not self._is_stopped:
                tag = self._tag()
                if tag in ERRORS:
                    value.name = ERRORS[tag]
                elif tag == ord("m"):
                    value.message = self._string()
                elif tag == ord("s"):
                    value.stack = self._string()
                elif tag == ord("c"):
                    cause = self._value()
                    value.cause = None if cause is MISSING else cause
                elif tag == ord("."):
                    break
                else:
                    raise FormatError(
                        self._position - 1, f"unknown part 0x{tag:02x} of an error"
                    )
        except FormatError as exception:
            self._stop(exception)
        self._leave(number)
        return value

    def _buffer(self) -> Any:
        return self._add(self._sized())

    def _resizable_buffer(self) -> Any:
        size = self._varint()
        self._varint()
        return self._add(self._bytes(size))

    def _view(self, buffer: Any) -> Any:
        self._tag()
        start = self._position
        kind = self._bytes(1)[0]
        offset, length = self._varint(), self._varint()
        flags = self._varint() if self._version >= _VIEW_FLAGS else 0
        name = VIEWS.get(kind)
        if name is None:
            raise FormatError(start, f"view of unknown kind 0x{kind:02x}")
        if not isinstance(buffer, bytes):
            return self._add(
                JsHost(name, {"buffer": buffer, "offset": offset, "length": length})
            )
        if offset + length > len(buffer):
            raise FormatError(
                start, f"view of {length} bytes at {offset} in {len(buffer)} bytes"
            )
        if flags & 1:
            length = len(buffer) - offset
        return self._add(JsTypedArray(name, buffer, offset, length, flags))

    def _numbered(self, kind: str) -> Any:
        return self._add(JsHost(kind, {"number": self._varint()}))

    def _wasm_memory(self) -> Any:
        pages = self._int()
        number = len(self._objects)
        self._objects.append(value := JsHost("WebAssembly.Memory", {"pages": pages}))
        self._open.add(number)
        value.detail["buffer"] = None if (item := self._inner()) is MISSING else item
        self._open.discard(number)
        return value

    def _host_object(self) -> Any:
        return self._host(self._bytes(1)[0])

    def _host(self, tag: int) -> Any:
        value, self._position = read_host_object(self._data, self._position, tag)
        return self._add(value)


_METHODS: Final[dict[int, Callable[[_Reader], Any]]] = {
    ord("-"): lambda reader: HOLE,
    ord("_"): lambda reader: UNDEFINED,
    ord("0"): lambda reader: None,
    ord("T"): lambda reader: True,
    ord("F"): lambda reader: False,
    ord("I"): _Reader._int,
    ord("U"): _Reader._varint,
    ord("N"): _Reader._double,
    ord("Z"): _Reader._big,
    ord('"'): _Reader._latin,
    ord("c"): _Reader._utf16,
    ord("S"): _Reader._utf8,
    ord("^"): _Reader._reference,
    ord("o"): _Reader._object,
    ord("A"): _Reader._dense,
    ord("a"): _Reader._sparse,
    ord(";"): _Reader._map,
    ord("'"): _Reader._set,
    ord("D"): _Reader._date,
    # Boxed primitives are objects, but say no more than what is in them.
    ord("y"): lambda reader: reader._add(True),
    ord("x"): lambda reader: reader._add(False),
    ord("n"): lambda reader: reader._add(reader._double()),
    ord("z"): lambda reader: reader._add(reader._big()),
    ord("s"): lambda reader: reader._add(reader._string()),
    ord("R"): _Reader._regular_expression,
    ord("r"): _Reader._error,
    ord("B"): _Reader._buffer,
    ord("~"): _Reader._resizable_buffer,
    ord("t"): lambda reader: reader._numbered("transferred ArrayBuffer"),
    ord("u"): lambda reader: reader._numbered("SharedArrayBuffer"),
    ord("p"): lambda reader: reader._numbered("shared object"),
    ord("w"): lambda reader: reader._numbered("WebAssembly.Module"),
    ord("m"): _Reader._wasm_memory,
    ord("\\"): _Reader._host_object,
}
