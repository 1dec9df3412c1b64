"""The careful TL reader: names what is wrong and keeps what stands before it.

Specification: formats/android.md section 4.1. It walks the table field by field. The
fast readers (`tl_compiled`) read sound objects; whatever they do not accept is read
again here, which is the only place that decides about damage.
"""

from __future__ import annotations

import struct
from typing import Any, Final

from telegram_forensics.formats.tl_object import TLError, TLObject
from telegram_forensics.formats.tl_schema import (
    TLConstructor,
    TLField,
    TLType,
    minimum_size,
    schema,
)

# Objects within objects. The deepest real ones, web pages, stay below 20.
MAXIMUM_DEPTH: Final = 64
VECTOR_ID: Final = 0x1CB5C415
TRUE_ID: Final = 0x997275B5
FALSE_ID: Final = 0xBC799737

NUMBERS: Final = {
    "#": struct.Struct("<I"),
    "int": struct.Struct("<i"),
    "long": struct.Struct("<q"),
    "double": struct.Struct("<d"),
}
_SIZES: Final = {"int128": 16, "int256": 32}
_TEXT: Final = TLType("string", "string")
_RAW: Final = TLType("bytes", "bytes")


class CheckedReader:
    """Reads values out of a byte string, each at a given offset.

    All methods return a value and the offset behind it, and raise `TLError`.

    Attributes:
        data: the bytes.
        damaged_text: offsets of the strings read so far that are damaged.
    """

    __slots__ = ("damaged_text", "data")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.damaged_text: list[int] = []

    def number(self, kind: str, offset: int) -> tuple[Any, int]:
        """Reads a `#`, int, long or double."""
        layout = NUMBERS[kind]
        self._need(layout.size, kind, offset)
        return layout.unpack_from(self.data, offset)[0], offset + layout.size

    def raw(self, size: int, what: str, offset: int) -> tuple[bytes, int]:
        """Reads bytes that stand without a length."""
        self._need(size, what, offset)
        return self.data[offset : offset + size], offset + size

    def byte_string(self, offset: int) -> tuple[bytes, int]:
        """Reads a byte string."""
        start, size, end = self._string(_RAW, offset)
        return self.data[start : start + size], end

    def text(self, offset: int) -> tuple[str, int]:
        """Reads a string; bytes that are no UTF-8 are written as `\\xNN`."""
        start, size, end = self._string(_TEXT, offset)
        return self._decode(self.data[start : start + size], offset), end

    def boolean(self, offset: int) -> tuple[bool, int]:
        """Reads a Bool."""
        value, end = self.number("#", offset)
        if value not in (TRUE_ID, FALSE_ID):
            raise TLError(offset, f"{value:08x} is no Bool")
        return value == TRUE_ID, end

    def boxed(
        self, result_type: str | None, offset: int, depth: int = 1
    ) -> tuple[TLObject, int]:
        """Reads a constructor id and its fields.

        Args:
            result_type: type that the object must have, None for any.
            offset: where the id stands.
            depth: level of the object, 1 for the outermost.
        """
        number, _ = self.number("#", offset)
        constructor = schema().find(number, result_type)
        if constructor is None:
            known = schema().find(number)
            if known is None:
                reason = f"unknown constructor {number:08x}"
                raise TLError(offset, reason, number)
            raise TLError(
                offset,
                f"{known.name} ({number:08x}) is a {known.result_type}, "
                f"a {result_type} is expected",
            )
        return self._object(constructor, offset, offset + 4, depth)

    def value(self, tl_type: TLType, offset: int, depth: int) -> tuple[Any, int]:
        """Reads a value of any type but `true`."""
        kind = tl_type.kind
        if kind in NUMBERS:
            result: tuple[Any, int] = self.number(kind, offset)
        elif kind == "boxed":
            result = self.boxed(tl_type.name, offset, depth)
        elif kind == "any":
            result = self.boxed(None, offset, depth)
        elif kind == "bare":
            bare = schema().bare(tl_type.name)
            result = self._object(bare, offset, offset, depth)
        elif kind in ("vector", "bare_vector"):
            result = self._vector(tl_type, offset, depth)
        elif kind == "string":
            result = self.text(offset)
        elif kind == "bytes":
            result = self.byte_string(offset)
        elif kind == "Bool":
            result = self.boolean(offset)
        else:
            result = self.raw(_SIZES[kind], kind, offset)
        return result

    def _object(
        self, constructor: TLConstructor, offset: int, position: int, depth: int
    ) -> tuple[TLObject, int]:
        if depth > MAXIMUM_DEPTH and constructor.holds_objects:
            raise TLError(offset, f"objects nested more than {MAXIMUM_DEPTH} deep")
        result = TLObject(constructor, offset, position, {})
        damaged_before = len(self.damaged_text)
        fields = result.fields
        is_incomplete = False
        try:
            for field in constructor.fields:
                if not _is_stored(field, fields):
                    continue
                if field.type.kind == "true":
                    fields[field.name] = True
                    continue
                try:
                    value, result.end = self.value(field.type, result.end, depth + 1)
                except TLError as error:
                    if error.partial is not None:
                        fields[field.name] = error.partial
                    error.partial = result
                    is_incomplete = True
                    raise
                fields[field.name] = value
        finally:
            result.mark(tuple(self.damaged_text[damaged_before:]), is_incomplete)
        return result, result.end

    def _vector(
        self, tl_type: TLType, offset: int, depth: int
    ) -> tuple[list[Any], int]:
        item_type = tl_type.item
        assert item_type is not None
        position = offset
        if tl_type.kind == "vector":
            number, position = self.number("#", offset)
            if number != VECTOR_ID:
                raise TLError(offset, f"{number:08x} is no vector")
        count_offset = position
        count, position = self.number("#", position)
        left = len(self.data) - position
        size = minimum_size(item_type)
        items: list[Any] = []
        try:
            # Each item takes bytes, so their end ends the loop, whatever the count.
            for _ in range(min(count, left // size + 1)):
                value, position = self.value(item_type, position, depth)
                items.append(value)
        except TLError as error:
            if error.partial is not None:
                items.append(error.partial)
            kept = items or None
            if count * size > left:
                reason = f"vector of {count} items announced, {left} bytes are left"
                raise TLError(
                    count_offset, reason, error.constructor_id, kept
                ) from error
            error.partial = kept
            raise
        return items, position

    def _string(self, tl_type: TLType, offset: int) -> tuple[int, int, int]:
        # Offset of the content, its size, offset behind the padding.
        self._need(1, tl_type.name, offset)
        size = self.data[offset]
        start = offset + 1
        if size == 254:
            self._need(4, tl_type.name, offset)
            size = int.from_bytes(self.data[start : start + 3], "little")
            start += 3
        elif size == 255:
            raise TLError(offset, f"255 is no length of a {tl_type.name}")
        left = len(self.data) - start
        end = start + size + (offset - start - size) % 4
        if end > len(self.data):
            rest = self.data[start : start + size]
            content: str | bytes | None = rest if size <= left else None
            if tl_type.kind == "string":
                # The beginning of a text is worth having, marked as damaged.
                content = self._decode(rest, offset, size > left)
            if size > left:
                reason = f"{tl_type.name} of {size} bytes announced, {left} are left"
            else:
                reason = f"the padding of the {tl_type.name} is cut off"
            raise TLError(offset, reason, None, content)
        return start, size, end

    def _decode(self, content: bytes, offset: int, is_damaged: bool = False) -> str:
        text = content.decode("utf-8", "backslashreplace")
        if not is_damaged:
            try:
                content.decode("utf-8")
            except UnicodeDecodeError:
                is_damaged = True
        if is_damaged:
            self.damaged_text.append(offset)
        return text

    def _need(self, size: int, what: str, offset: int) -> None:
        left = len(self.data) - offset
        if offset < 0 or not 0 <= size <= left:
            raise TLError(offset, f"{what} needs {size} bytes, {max(left, 0)} are left")


def _is_stored(field: TLField, fields: dict[str, Any]) -> bool:
    if field.condition is None:
        return True
    if field.bit is None:
        return bool(fields[field.condition])
    return bool(fields[field.condition] >> field.bit & 1)
