"""What the decoders of browser storage share: variable integers, reads, findings."""

from __future__ import annotations

from typing import BinaryIO, Final

from telegram_forensics.formats.errors import FormatError, Issue
from telegram_forensics.formats.varint import read_varint

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
