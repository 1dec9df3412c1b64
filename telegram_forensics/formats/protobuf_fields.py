"""Wire format of protocol buffers: the fields of a message, without their meaning.

Specification: the public encoding of protocol buffers (variable integers, 32 and 64 bit
numbers, length-delimited values; groups, which no file of Android uses, are an error).
Nothing is copied and nothing nests here: a reader of an inner message is given the
bounds of the outer one's value, so that each byte is looked at once per level that the
format really has.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.varint import read_varint

VARINT: Final = 0
FIXED64: Final = 1
LENGTH: Final = 2
FIXED32: Final = 5

# Of a record; those of Android have below 20.
_MAXIMUM_RECORD: Final = 4096
_MAXIMUM_NUMBER: Final = (1 << 29) - 1
_SIZES: Final = {FIXED64: 8, FIXED32: 4}


@dataclass(frozen=True, slots=True)
class Field:
    """A field as it stands in a message.

    Attributes:
        number: number of the field.
        wire_type: `VARINT`, `FIXED64`, `LENGTH` or `FIXED32`.
        offset: byte offset of its tag.
        start: byte offset of its value.
        end: byte offset behind its value.
        value: number, unsigned 64 bit; 0 for `LENGTH`.
    """

    number: int
    wire_type: int
    offset: int
    start: int
    end: int
    value: int

    @property
    def signed(self) -> int:
        """The number as Java's int and long are written: two's complement."""
        return self.value - (1 << 64) if self.value >> 63 else self.value

    def text(self, data: bytes, maximum: int) -> str:
        """The value as text, not more than some bytes of it; what is no UTF-8 shows.

        Args:
            data: the bytes that the message was read from.
            maximum: bytes; a longer value is cut and ends with "...".
        """
        end = min(self.end, self.start + maximum)
        text = data[self.start : end].decode("utf-8", "backslashreplace")
        return text if end == self.end else f"{text}..."


def read_record(data: bytes, field: Field) -> Iterator[Field]:
    """Reads the fields of a small message inside another one.

    Yields:
        Fields up to the end or the first damage.

    Raises:
        FormatError: at the damage, or if there are more fields than a record has.
    """
    for count, item in enumerate(read_fields(data, field.start, field.end)):
        if count >= _MAXIMUM_RECORD:
            raise FormatError(item.offset, "too many fields in a record")
        yield item


def read_fields(data: bytes, start: int = 0, end: int | None = None) -> Iterator[Field]:
    """Reads the fields of a message, in the order in which they stand.

    Args:
        data: the bytes.
        start: byte offset of the message.
        end: byte offset behind it, None for the end of the bytes.

    Yields:
        Fields up to the end or the first damage.

    Raises:
        FormatError: at the damage, with its offset.
    """
    position = start
    limit = len(data) if end is None else min(end, len(data))
    while position < limit:
        offset = position
        tag, position = read_varint(data, position, limit)
        number, wire_type = tag >> 3, tag & 7
        if not 1 <= number <= _MAXIMUM_NUMBER:
            raise FormatError(offset, f"field number {number} is not possible")
        value = 0
        if wire_type == VARINT:
            begin = position
            value, position = read_varint(data, position, limit)
        else:
            if wire_type == LENGTH:
                size, position = read_varint(data, position, limit)
            elif wire_type in _SIZES:
                size = _SIZES[wire_type]
            else:
                raise FormatError(offset, f"wire type {wire_type} of field {number}")
            if size > limit - position:
                raise FormatError(
                    offset,
                    f"field {number}: {size} bytes announced, "
                    f"{limit - position} are left",
                )
            begin = position
            position += size
            if wire_type != LENGTH:
                value = int.from_bytes(data[begin:position], "little")
        yield Field(number, wire_type, offset, begin, position, value)
