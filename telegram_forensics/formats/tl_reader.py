"""TL objects as Telegram's Android client, TDLib and others store them.

Specification: formats/android.md section 4.1. Little-endian; a boxed object is the
32-bit id of its constructor and the constructor's fields, in the order of the table
(`tl_schema`, layers 8 to 229 and what only the Android client writes).

An object of a type that a field does not name is an error: the client could not read it
either. Fields of the types `Object`, `X` and `!X` take any. gzip_packed is not in the
table (nothing is stored that way) and thus an unknown constructor.

Decoding is bounded: N bytes give at most N/4 values (set flags aside), nesting ends at
`MAXIMUM_DEPTH`, and counts and lengths are compared with what is left.
"""

from __future__ import annotations

from typing import Any, Final

from telegram_forensics.formats import tl_compiled
from telegram_forensics.formats.tl_checked import MAXIMUM_DEPTH, CheckedReader
from telegram_forensics.formats.tl_object import TLError, TLObject
from telegram_forensics.formats.tl_schema import parse_type

__all__ = [
    "MAXIMUM_DEPTH",
    "TLError",
    "TLObject",
    "TLStream",
    "read_object",
    "read_vector",
]

_FIRST_LEVEL: Final = 1


def read_object(
    data: bytes | memoryview, offset: int = 0, *, result_type: str | None = None
) -> TLObject:
    """Reads a boxed object; bytes behind it are left alone.

    Args:
        data: the bytes. To read many objects of one memoryview take `TLStream`: this
            function copies it.
        offset: where the constructor id stands.
        result_type: type that the object must have, e.g. `Message`; None for any.

    Raises:
        TLError: if there is no such object; `partial` is the object as far as it could
            be decoded, None if its own constructor could not.
    """
    return _read_object(bytes(data), offset, result_type)[0]


def read_vector(data: bytes | memoryview, offset: int, item_type: str) -> list[Any]:
    """Reads a `Vector<...>` that is stored as such, outside of any object.

    Args:
        data: the bytes.
        offset: where the vector's id stands.
        item_type: type of the items as in the table, e.g. `long`, `User`.

    Raises:
        TLError: if there is no such vector; `partial` is a list of the items that could
            be decoded, None if none could.
        TLSchemaError: if `item_type` is no type.
    """
    return _read_vector(bytes(data), offset, item_type)[0]


class TLStream:
    """Reads TL values one after the other, for what clients store around objects.

    Each method raises `TLError` if there is no such value, with the offset where it
    should be, and leaves the stream where it was.

    Attributes:
        data: the bytes.
        offset: position of the next byte.
        damaged_text: offsets of the strings read so far, those within objects included,
            that are no UTF-8; in the value each wrong byte stands as `\\xNN`.
    """

    __slots__ = ("_checked", "data", "offset")

    def __init__(self, data: bytes | memoryview, offset: int = 0) -> None:
        self.data = bytes(data)
        self.offset = offset
        self._checked = CheckedReader(self.data)

    @property
    def remaining(self) -> int:
        """Number of bytes that have not been read."""
        return max(0, len(self.data) - self.offset)

    @property
    def damaged_text(self) -> list[int]:
        """See the class."""
        return self._checked.damaged_text

    def read_int32(self) -> int:
        """Reads a signed 32-bit integer."""
        return int(self._number("int"))

    def read_uint32(self) -> int:
        """Reads an unsigned 32-bit integer."""
        return int(self._number("#"))

    def read_int64(self) -> int:
        """Reads a signed 64-bit integer."""
        return int(self._number("long"))

    def read_raw(self, size: int) -> bytes:
        """Reads `size` bytes (not negative) that stand without a length."""
        value, self.offset = self._checked.raw(size, "value", self.offset)
        return value

    def read_bytes(self) -> bytes:
        """Reads a byte string."""
        value, self.offset = self._checked.byte_string(self.offset)
        return value

    def read_string(self) -> str:
        """Reads a string."""
        value, self.offset = self._checked.text(self.offset)
        return value

    def read_bool(self) -> bool:
        """Reads a Bool."""
        value, self.offset = self._checked.boolean(self.offset)
        return value

    def read_object(self, result_type: str | None = None) -> TLObject:
        """Reads a boxed object, see `read_object`."""
        value, self.offset = _read_object(
            self.data, self.offset, result_type, self.damaged_text
        )
        return value

    def read_vector(self, item_type: str) -> list[Any]:
        """Reads a `Vector<...>`, see `read_vector`."""
        value, self.offset = _read_vector(
            self.data, self.offset, item_type, self.damaged_text
        )
        return value

    def _number(self, kind: str) -> Any:
        value, self.offset = self._checked.number(kind, self.offset)
        return value


def _read_object(
    data: bytes,
    offset: int,
    result_type: str | None,
    damaged_text: list[int] | None = None,
) -> tuple[TLObject, int]:
    if offset >= 0:
        try:
            value = tl_compiled.read_boxed(data, offset, result_type)
        except tl_compiled.UNSOUND:
            pass
        else:
            if value.end <= len(data):
                return value, value.end
    checked = CheckedReader(data)
    try:
        return checked.boxed(result_type, offset, _FIRST_LEVEL)
    finally:
        if damaged_text is not None:
            damaged_text += checked.damaged_text


def _read_vector(
    data: bytes,
    offset: int,
    item_type: str,
    damaged_text: list[int] | None = None,
) -> tuple[list[Any], int]:
    vector_type = parse_type(f"Vector<{item_type}>")
    if offset >= 0:
        try:
            values, end = tl_compiled.read_vector(data, offset, vector_type)
        except tl_compiled.UNSOUND:
            pass
        else:
            if end <= len(data):
                return values, end
    checked = CheckedReader(data)
    try:
        value: tuple[list[Any], int] = checked.value(vector_type, offset, _FIRST_LEVEL)
        return value
    finally:
        if damaged_text is not None:
            damaged_text += checked.damaged_text
