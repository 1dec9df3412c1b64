"""Errors of the AFF4 reader."""

from __future__ import annotations


class Aff4Error(OSError):
    """An AFF4 volume, or a range of a stream in it, cannot be read.

    Attributes:
        segment: volume, member or stream that the error is about.
        offset: byte offset in it, None where it is not about a place.
        reason: what is wrong, in words.
    """

    def __init__(self, segment: str, offset: int | None, reason: str) -> None:
        place = "" if offset is None else f", offset {offset}"
        super().__init__(f"{segment}{place}: {reason}")
        self.segment = segment
        self.offset = offset
        self.reason = reason


class NotAff4Error(Aff4Error):
    """The file is no AFF4 volume at all."""


class EncryptedVolumeError(Aff4Error):
    """The volume is encrypted and no fitting credential is known."""


class MissingStreamError(Aff4Error):
    """A stream lies in a volume that is not at hand (a stripe, a part)."""
