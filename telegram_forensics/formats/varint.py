"""Variable integers of seven bits in a byte, of protocol buffers and LevelDB."""

from __future__ import annotations

from telegram_forensics.formats.errors import FormatError


def read_varint(data: bytes, position: int, end: int | None = None) -> tuple[int, int]:
    """Reads a variable integer of at most 64 bits, least significant group first.

    Args:
        data: the bytes.
        position: byte offset of the number.
        end: byte offset behind what may be read, None for the end of the bytes.

    Returns:
        The number and the offset behind it.

    Raises:
        FormatError: if it is longer than 10 bytes or the bytes end.
    """
    limit = len(data) if end is None else end
    start, number = position, 0
    for shift in range(0, 70, 7):
        if position >= limit:
            raise FormatError(start, "ends inside a number")
        byte = data[position]
        position += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number & 0xFFFF_FFFF_FFFF_FFFF, position
    raise FormatError(start, "number is too long")
