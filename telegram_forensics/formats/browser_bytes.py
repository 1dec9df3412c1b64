"""What the decoders of browser storage share: variable integers, reads, findings."""

from __future__ import annotations

from typing import BinaryIO, Final

from telegram_forensics.formats.errors import FormatError, Issue

# A file that is wrong all through would give one finding per record.
MAXIMUM_FINDINGS: Final = 200


class Findings:
    """Issues of one file; only the first ones are kept, the others are counted.

    Attributes:
        total: how many there were.
    """

    def __init__(self, issues: list[Issue], file: str = "") -> None:
        self._issues = issues
        self._file = file
        self.total = 0

    def add(self, offset: int | None, reason: str) -> None:
        """Adds an issue."""
        self.total += 1
        if self.total <= MAXIMUM_FINDINGS:
            self._issues.append(Issue(self._file, offset, reason))

    def close(self) -> None:
        """Says how many there were, if they were too many."""
        if self.total > MAXIMUM_FINDINGS:
            self._issues.append(
                Issue(self._file, None, f"{self.total} problems in all")
            )


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


def read_sized(data: bytes, position: int, end: int | None = None) -> tuple[bytes, int]:
    """Reads bytes behind their length, a variable integer.

    Returns:
        The bytes and the offset behind them.

    Raises:
        FormatError: if there are fewer.
    """
    limit = len(data) if end is None else end
    size, start = read_varint(data, position, limit)
    if size > limit - start:
        raise FormatError(
            position, f"{size} bytes announced, {max(limit - start, 0)} are left"
        )
    return data[start : start + size], start + size


def file_size(file: BinaryIO) -> int:
    """Size of a file."""
    file.seek(0, 2)
    return file.tell()


def read_at(file: BinaryIO, offset: int, size: int) -> bytes:
    """Reads some bytes; fewer at the end of the file."""
    file.seek(offset, 0)
    return read_all(file, size)


def read_all(file: BinaryIO, size: int) -> bytes:
    """Reads on, for files that give fewer bytes at a time than were asked for."""
    data = file.read(size)
    if len(data) == size or not data:
        return data
    parts = [data]
    left = size - len(data)
    while left:
        data = file.read(left)
        if not data:
            break
        parts.append(data)
        left -= len(data)
    return b"".join(parts)
