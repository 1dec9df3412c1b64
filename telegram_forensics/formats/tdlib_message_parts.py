"""What stands around the content of TDLib's messages.

Specification: formats/tdlib.md section 8. Of the counters of comments, the buttons, the
reactions and the fact check, which it leaves out, the layouts follow TDLib's source.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from telegram_forensics.formats import tdlib_text as text_of
from telegram_forensics.formats.tdlib_content import read_content
from telegram_forensics.formats.tdlib_media import skip_dialog_photo
from telegram_forensics.formats.tdlib_text import flags
from telegram_forensics.formats.tdlib_values import Reader
from telegram_forensics.formats.tl_message import MessageFacts
from telegram_forensics.formats.tl_peers import Peer, describe_peer

_URL_AUTHORIZATION: Final = 6
_PAID: Final = "#"


def skip_reply_info(reader: Reader) -> None:
    """Skips the state of the comments under a message."""
    value = flags(reader, 0x7F)
    reader.i32()
    reader.i32()
    if value & 2:
        for _ in range(reader.count(8)):
            reader.i64()
    if value & 4:
        reader.identifier()
    if value & 0x20:
        for _ in range(3):
            reader.i64()
    if value & 0x40:
        _skip_minimal_channels(reader)


def _skip_minimal_channels(reader: Reader) -> None:
    for _ in range(reader.count(8)):
        reader.identifier()
        value = flags(reader, 0xF)
        if value & 1:
            reader.text()
        if value & 2:
            skip_dialog_photo(reader)
        if value & 8:
            reader.i32()


def read_markup(reader: Reader) -> list[str]:
    """Reads the buttons under a message.

    Returns:
        Their texts, with the address behind one.
    """
    value = flags(reader, 0x3F)
    reader.i32()
    buttons: list[str] = []
    if value & 8:
        for _ in range(reader.count(4)):
            buttons += [_read_button(reader) for _ in range(reader.count(8))]
    if value & 0x10:
        for _ in range(reader.count(4)):
            buttons += [_read_inline_button(reader) for _ in range(reader.count(8))]
    if value & 0x20:
        reader.text()
    return buttons


def _read_button(reader: Reader) -> str:
    value = flags(reader, 7) if reader.version >= 35 else 0
    reader.i32()
    text = reader.text()
    if value & 1:
        text = f"{text} ({reader.text()})"
    if value & 2:
        _skip_requested_dialog(reader)
    if value & 4:
        _skip_style(reader)
    return text


def _skip_requested_dialog(reader: Reader) -> None:
    # The object stands behind a pointer that is never empty here.
    value = flags(reader, 0x1FFF)
    reader.i32()
    reader.i32()
    for bit in (0x400, 0x800):
        if value & bit:
            reader.u64() if reader.version >= 46 else reader.u32()
    if value & 0x1000:
        reader.i32()


def _skip_style(reader: Reader) -> None:
    value = flags(reader, 3)
    if value & 1:
        reader.i32()
    if value & 2:
        reader.i64()


def _read_inline_button(reader: Reader) -> str:
    if reader.version < 35:
        if reader.i32() == _URL_AUTHORIZATION:
            reader.identifier()
        text, data = reader.text(), reader.text()
        return f"{text} ({data})" if data.startswith("http") else text
    value = flags(reader, 0x1F)
    reader.i32()
    if value & 1:
        reader.i64()
    if value & 2:
        reader.identifier()
    text = reader.text()
    if value & 4:
        reader.text()
    if value & 8:
        data = reader.text()
        if data.startswith("http"):
            text = f"{text} ({data})"
    if value & 0x10:
        _skip_style(reader)
    return text


def read_reactions(reader: Reader) -> list[str]:
    """Reads the reactions to a message.

    Returns:
        Each with its number and those who gave it last.
    """
    value = flags(reader, 0xFF)
    found: list[str] = []
    if value & 0x10:
        found = [_read_reaction(reader) for _ in range(reader.count(12))]
    if value & 8:
        for _ in range(reader.count(16)):
            flags(reader, 1)
            reader.text()
            reader.i64()
    if value & 0x20:
        for _ in range(reader.count(4)):
            reader.text()
    if value & 0x80:
        for _ in range(reader.count(8)):
            if flags(reader, 0xF) & 8:
                reader.i64()
            reader.i32()
    return found


def _read_reaction(reader: Reader) -> str:
    value = flags(reader, 0xF)
    reaction = reader.text()
    words = f"{'paid' if reaction == _PAID else reaction} ({reader.i32()})"
    who = []
    if value & 2:
        for _ in range(reader.count(8)):
            who.append(describe_peer(text_of.read_peer(reader.i64())) or "unknown")
    if value & 4:
        _skip_minimal_channels(reader)
    if value & 8:
        reader.i64()
    if value & 1:
        who.append("the account")
    return f"{words}: {', '.join(who)}" if who else words


@dataclass(slots=True)
class RepliedFacts:
    """The message that a message replies to.

    Attributes:
        message: its id, as stored.
        chat: its chat, if another one.
        date: its original time, seconds since 1970 UTC.
        sender: its original sender, in words.
        quote: the part that is quoted.
        text: its text, where a copy of it is kept.
        is_whole: its end was found.
    """

    message: int | None = None
    chat: Peer | None = None
    date: int | None = None
    sender: str | None = None
    quote: str | None = None
    text: str | None = None
    is_whole: bool = True


def read_replied(reader: Reader) -> RepliedFacts:
    """Reads what is kept of the message that is replied to."""
    value = flags(reader, 0x7FF)
    found = RepliedFacts()
    if value & 1:
        found.message = reader.i64() or None
    if value & 2:
        found.chat = text_of.read_peer(reader.i64())
    if value & 4:
        found.date = reader.i32() or None
    if value & 8:
        origin = text_of.read_origin(reader)
        found.sender = origin.name or describe_peer(origin.sender)
    if value & 0x10:
        found.quote = text_of.read_text(reader).text or None
    if value & 0x40:
        copy = MessageFacts("message")
        found.is_whole = read_content(reader, copy)
        found.text = copy.text
        if not found.is_whole:
            return found
    if value & 0x80:
        reader.i32()
    if value & 0x100:
        found.quote = text_of.read_quote(reader).text or found.quote
    if value & 0x200:
        reader.i32()
    if value & 0x400:
        reader.text()
    return found


def read_fact_check(reader: Reader) -> str | None:
    """Reads a fact check of the server."""
    value = flags(reader, 7)
    reader.i64()
    if value & 2:
        reader.text()
    return text_of.read_text(reader).text if value & 4 else None
