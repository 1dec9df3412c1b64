"""Elements of Android's XML files, as text and as binary XML (ABX).

The system services of Android 12 and later write their XML files in a binary form: the
magic `ABX\\0`, then tokens of one byte, the kind of event in the lower half and the
type of the value in the upper half. Strings have a length of two bytes (big endian) and
are modified UTF-8; names are numbered when they come first and then given by number.
The layout is that of Android's own public source (BinaryXmlSerializer); both forms give
the same elements here, numbers as the text form writes them. UNCONFIRMED with files of
a real device. A binary file may have several roots one after another (settings).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from typing import Final
from xml.parsers import expat

from telegram_forensics.formats.errors import FormatError

BINARY_MAGIC: Final = b"ABX\0"

# Names of the elements around it, name, attributes, offset.
OnElement = Callable[[tuple[str, ...], str, dict[str, str], int], None]

_HEAD: Final = re.compile(rb"(?:\xef\xbb\xbf)?\s*<")
_CHUNK: Final = 64 * 1024
_MAXIMUM_DEPTH: Final = 64
_NEW_STRING: Final = 0xFFFF

# Kinds of events.
_START_DOCUMENT, _END_DOCUMENT, _START_TAG, _END_TAG = range(4)
_DOCUMENT_TYPE: Final = 10
_ATTRIBUTE: Final = 15
# Types of values.
_NULL, _STRING, _INTERNED, _BYTES_HEX, _BYTES_BASE64 = range(1, 6)
_INT, _INT_HEX, _LONG, _LONG_HEX, _FLOAT, _DOUBLE, _TRUE, _FALSE = range(6, 14)
_NUMBERS: Final = {
    _INT: ">i",
    _INT_HEX: ">i",
    _LONG: ">q",
    _LONG_HEX: ">q",
    _FLOAT: ">f",
    _DOUBLE: ">d",
}
_HEX: Final = frozenset({_INT_HEX, _LONG_HEX})


def is_xml(data: bytes) -> bool:
    """True if the bytes begin like XML, as text or binary."""
    return data.startswith(BINARY_MAGIC) or _HEAD.match(data[:64]) is not None


def read_elements(data: bytes, on_element: OnElement) -> None:
    """Calls a function with each element of a file.

    Args:
        data: content of the file.
        on_element: gets the names of the elements around it, its name, its attributes
            and the byte offset at which it begins.

    Raises:
        FormatError: if the file is damaged; elements in front of it have been given.
    """
    if data.startswith(BINARY_MAGIC):
        _BinaryReader(data, on_element).read()
    else:
        _TextReader(on_element).read(data)


class _TextReader:
    """Reads XML as text."""

    def __init__(self, on_element: OnElement) -> None:
        self._on_element = on_element
        self._path: list[str] = []
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._begin
        self._parser.EndElementHandler = self._end
        self._parser.StartDoctypeDeclHandler = self._document_type

    def read(self, data: bytes) -> None:
        """Reads the file."""
        try:
            for offset in range(0, len(data), _CHUNK):
                self._parser.Parse(data[offset : offset + _CHUNK], False)
            self._parser.Parse(b"", True)
        except expat.ExpatError as exception:
            raise FormatError(
                max(0, self._parser.ErrorByteIndex),
                f"damaged XML: {expat.ErrorString(exception.code)}",
            ) from exception
        except FormatError:
            raise
        except (LookupError, ValueError) as exception:
            # An encoding that no Python knows, or bytes that do not follow it.
            raise FormatError(
                max(0, self._parser.CurrentByteIndex), f"damaged XML: {exception}"
            ) from exception

    def _document_type(self, *_: object) -> None:
        raise FormatError(
            self._parser.CurrentByteIndex,
            "a document type, which these files never have: not read",
        )

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        offset = self._parser.CurrentByteIndex
        if len(self._path) >= _MAXIMUM_DEPTH:
            raise FormatError(offset, "nested too deep")
        self._on_element(tuple(self._path), name, attributes, offset)
        self._path.append(name)

    def _end(self, _: str) -> None:
        self._path.pop()


class _BinaryReader:
    """Reads binary XML."""

    def __init__(self, data: bytes, on_element: OnElement) -> None:
        self._data = data
        self._offset = len(BINARY_MAGIC)
        self._on_element = on_element
        self._path: list[str] = []
        self._names: list[str] = []
        self._has_end = False
        self._has_end = False
        # The element whose attributes are being read.
        self._name: str | None = None
        self._attributes: dict[str, str] = {}
        self._begin = 0

    def read(self) -> None:
        """Reads the file."""
        try:
            while self._offset < len(self._data):
                self._token()
        except FormatError:
            self._give()
            raise
        self._give()
        if self._path:
            raise FormatError(self._offset, "ends within an element")
        if not self._has_end:
            raise FormatError(self._offset, "the end of the document is missing")

    def _token(self) -> None:
        begin = self._offset
        token = self._take(1)[0]
        kind, value_type = token & 0x0F, token >> 4
        if kind == _ATTRIBUTE:
            name = self._interned()
            value = self._value(begin, value_type)
            if self._name is None:
                raise FormatError(begin, "attribute outside an element")
            if value is not None:
                self._attributes[name] = value
            return
        self._give()
        if kind == _DOCUMENT_TYPE:
            raise FormatError(
                begin, "a document type, which these files never have: not read"
            )
        value = self._value(begin, value_type)
        self._has_end = kind == _END_DOCUMENT
        if kind == _START_TAG:
            if len(self._path) >= _MAXIMUM_DEPTH:
                raise FormatError(begin, "nested too deep")
            self._name, self._begin = value or "", begin
        elif kind == _END_TAG and (not self._path or self._path.pop() != value):
            raise FormatError(begin, "end of an element that has not begun")

    def _give(self) -> None:
        """Gives the element whose attributes have been read."""
        if self._name is None:
            return
        name, self._name = self._name, None
        attributes, self._attributes = self._attributes, {}
        self._on_element(tuple(self._path), name, attributes, self._begin)
        self._path.append(name)

    def _value(self, begin: int, value_type: int) -> str | None:
        if value_type == _STRING:
            return self._string()
        if value_type == _INTERNED:
            return self._interned()
        if value_type in (_BYTES_HEX, _BYTES_BASE64):
            return self._take(self._short()).hex()
        if value_type in (_TRUE, _FALSE):
            return "true" if value_type == _TRUE else "false"
        code = _NUMBERS.get(value_type)
        if code is not None:
            number = struct.unpack(code, self._take(struct.calcsize(code)))[0]
            return f"{number:x}" if value_type in _HEX else str(number)
        if value_type > _NULL:
            raise FormatError(begin, f"value of unknown type {value_type}")
        return None

    def _interned(self) -> str:
        begin = self._offset
        number = self._short()
        if number == _NEW_STRING:
            name = self._string()
            if len(self._names) < _NEW_STRING:
                self._names.append(name)
            return name
        if number >= len(self._names):
            raise FormatError(begin, f"no name with the number {number}")
        return self._names[number]

    def _string(self) -> str:
        # Modified UTF-8 differs in characters beyond 16 bits and zero only.
        data = self._take(self._short()).replace(b"\xc0\x80", b"\0")
        try:
            text = data.decode("utf-8", "surrogatepass")
        except UnicodeDecodeError:
            return data.decode("utf-8", "replace")
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")

    def _short(self) -> int:
        return int.from_bytes(self._take(2), "big")

    def _take(self, size: int) -> bytes:
        end = self._offset + size
        if end > len(self._data):
            raise FormatError(self._offset, "the file ends within a value")
        data = self._data[self._offset : end]
        self._offset = end
        return data
