"""Polls of TDLib.

Specification: formats/tdlib.md section 7.3 (`poll<id>` of the table `common`) names
them only; the layouts follow TDLib's own source.
"""

from __future__ import annotations

from typing import Any, Final

from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.tdlib_text import flags, read_entities, read_text
from telegram_forensics.formats.tdlib_values import Reader

_KNOWN: Final = 0x3FFFF
_OPTION_MEDIA: Final = 0x20


def read_poll(reader: Reader) -> dict[str, Any]:
    """Reads a value of `poll<id>` behind the version of its blob.

    Returns:
        What is stored of it, for words.

    Raises:
        FormatError: if not even question and answers can be read.
    """
    value = flags(reader, _KNOWN)
    found: dict[str, Any] = {"question": reader.text() or None}
    found["answers"] = [_read_option(reader) for _ in range(reader.count(12))]
    found["voters"] = reader.i32()
    found["quiz"] = bool(value & 8)
    found["closed"] = bool(value & 1)
    found["votes are public"] = bool(value & 2)
    return found


def _read_option(reader: Reader) -> str:
    value = flags(reader, 0x7F)
    text = reader.text()
    reader.bytes()
    voters = 0 if value & 0x40 else reader.i32()
    if value & 2:
        read_entities(reader)
    if value & 4:
        reader.i64()
    if value & 8:
        reader.i32()
    if value & 0x10:
        for _ in range(reader.count(8)):
            reader.i64()
    if value & _OPTION_MEDIA:
        raise FormatError(reader.position, "answer of a poll with an attachment")
    words = f"{text} ({voters})"
    return f"{words}, chosen by the account" if value & 1 else words


def read_local_poll(reader: Reader) -> dict[str, Any]:
    """Reads a poll that was made here and is not at the server yet.

    Raises:
        FormatError: if it cannot be read.
    """
    value = flags(reader, 0x7FFF) if reader.version >= 24 else 0
    found: dict[str, Any] = {"question": reader.text() or None}
    found["answers"] = [reader.text() for _ in range(reader.count(4))]
    if value & 8:
        if value & 0x200:
            for _ in range(reader.count(4)):
                reader.i32()
        else:
            reader.i32()
    for bit in (0x10, 0x20):
        if value & bit:
            reader.i32()
    if value & 0x40:
        read_text(reader)
    if value & 0x80:
        read_entities(reader)
    if value & 0x100:
        for _ in range(reader.count(4)):
            read_entities(reader)
    return found
