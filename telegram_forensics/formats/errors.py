"""Errors and findings of the decoders.

A decoder raises `FormatError` when it cannot go on, and collects `Issue` records for
what it could work around. Both carry the byte offset, so that the parser can give an
extraction warning that names file, offset and reason.
"""

from __future__ import annotations

from dataclasses import dataclass


class FormatError(ValueError):
    """The bytes do not follow the format.

    Attributes:
        offset: byte offset, within the data that was decoded, of the first byte that
            could not be used.
        reason: what is wrong there, in words.
    """

    def __init__(self, offset: int, reason: str) -> None:
        super().__init__(f"offset 0x{offset:x}: {reason}")
        self.offset = offset
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Issue:
    """Something that is wrong with a file and was worked around or given up on.

    Attributes:
        file: path of the file, relative to the folder that was read ("" where the
            decoder saw only bytes).
        offset: byte offset within that file, None where it is not about a place.
        reason: what is wrong, in words.
    """

    file: str
    offset: int | None
    reason: str

    def __str__(self) -> str:
        place = "" if self.offset is None else f"offset 0x{self.offset:x}: "
        return f"{self.file}: {place}{self.reason}"
