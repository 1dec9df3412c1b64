"""Unsent texts of TDLib: drafts of chats and of threads.

Specification: formats/tdlib.md section 7.2. A draft is shared by all sessions of the
account; a pending request to save it in the event log tells that it was typed here.
"""

from __future__ import annotations

from dataclasses import dataclass

from telegram_forensics.formats import tdlib_text as text_of
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.tdlib_values import Reader, read_message_id


@dataclass(slots=True)
class DraftFacts:
    """Unsent text of a chat.

    Attributes:
        text: the text, empty if it could not be read.
        date: last change, seconds since 1970 UTC.
        reply_to: message that is replied to, id at the server.
        problem: why its end was not read.
    """

    text: str
    date: int | None
    reply_to: int | None = None
    problem: FormatError | None = None


def read_draft(reader: Reader) -> DraftFacts:
    """Reads a draft.

    Raises:
        FormatError: if not even its beginning can be read.
    """
    if reader.version >= 51:
        value = text_of.flags(reader, 0x3F)
        draft = DraftFacts("", reader.i32() or None)
    else:
        value = 1
        draft = DraftFacts("", reader.i32() or None)
        draft.reply_to = _server(reader.i64())
    try:
        _read_rest(reader, draft, value)
    except FormatError as exception:
        draft.problem = exception
    return draft


def _read_rest(reader: Reader, draft: DraftFacts, value: int) -> None:
    if value & 1:
        draft.text = _read_input_text(reader)
    if value & 2:
        draft.reply_to = _server(text_of.read_input_reply(reader).message or 0)
    if value & 4:
        raise FormatError(reader.position, "draft with a recording")
    if value & 8:
        reader.i64()
    if value & 0x10:
        skip_suggested_post(reader)
    if value & 0x20:
        raise FormatError(reader.position, "draft with a rich text")


def skip_suggested_post(reader: Reader) -> None:
    """Skips what is known of a post that was suggested to a channel."""
    value = text_of.flags(reader, 0xF)
    if value & 4:
        skip_price(reader)
    if value & 8:
        reader.i32()


def skip_price(reader: Reader) -> None:
    """Skips the price of a suggested post."""
    value = text_of.flags(reader, 1)
    reader.i32()
    if value & 1:
        reader.i64()


def _server(value: int) -> int | None:
    return read_message_id(value).server if value else None


def _read_input_text(reader: Reader) -> str:
    value = text_of.flags(reader, 0x3F)
    text = "" if value & 0x20 else text_of.read_text(reader).text
    if value & 0x10:
        reader.text()
    return text
