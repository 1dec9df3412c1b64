"""Texts, origins, replies and quotes in TDLib's messages.

Specification: formats/tdlib.md section 8. Layouts depend on the version of the library
that wrote the blob (`Reader.version`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.tdlib_values import Reader, read_dialog_id
from telegram_forensics.formats.tl_peers import Peer

_PRE_CODE, _TEXT_URL, _MENTION_NAME = 9, 10, 11
_TIMESTAMP, _CUSTOM_EMOJI, _FORMATTED_DATE = 18, 20, 22
_LAST_ENTITY: Final = 22
_ENTITY_SIZE: Final = 12


def flags(reader: Reader, known: int) -> int:
    """Reads flags.

    Args:
        reader: at the flags.
        known: bits that the specification names.

    Raises:
        FormatError: if another one is set: a newer writer, whose fields are not known.
    """
    value = reader.u32()
    if value & ~known:
        raise FormatError(
            reader.position - 4, f"flags 0x{value:x} of a newer version of TDLib"
        )
    return value


@dataclass(slots=True)
class FormattedText:
    """A text.

    Attributes:
        text: as it is shown.
        links: addresses behind a text that shows something else.
    """

    text: str
    links: list[str] = field(default_factory=list)


def read_text(reader: Reader, with_entities: bool = True) -> FormattedText:
    """Reads a text with its entities."""
    found = FormattedText(reader.text())
    if with_entities:
        found.links = read_entities(reader)
    return found


def read_entities(reader: Reader) -> list[str]:
    """Reads the entities of a text: the addresses behind words of it."""
    links: list[str] = []
    for _ in range(reader.count(_ENTITY_SIZE)):
        kind = reader.i32()
        reader.i32()
        reader.i32()
        if kind == _PRE_CODE:
            reader.text()
        elif kind == _TEXT_URL:
            links.append(reader.text())
        elif kind == _MENTION_NAME:
            links.append(f"tg://user?id={reader.identifier()}")
        elif kind == _TIMESTAMP:
            reader.i32()
        elif kind == _CUSTOM_EMOJI:
            reader.i64()
        elif kind == _FORMATTED_DATE:
            reader.i32()
            reader.i32()
        elif not 0 <= kind <= _LAST_ENTITY:
            raise FormatError(reader.position - 12, f"text entity {kind}")
    return links


def read_caption(reader: Reader) -> FormattedText:
    """Reads a caption, which has entities since version 13."""
    return read_text(reader, reader.version >= 13)


@dataclass(slots=True)
class Origin:
    """Where a message comes from.

    Attributes:
        sender: user or chat.
        post: id of the message in the chat, as stored.
        author: signature.
        name: of a sender that is hidden.
        date: original time, seconds since 1970 UTC.
        saved_from: chat from which it was saved or forwarded last.
        saved_message: id of the message there, as stored.
    """

    sender: Peer | None = None
    post: int | None = None
    author: str | None = None
    name: str | None = None
    date: int | None = None
    saved_from: Peer | None = None
    saved_message: int | None = None


def read_peer(value: int) -> Peer | None:
    """Peer of a dialog id."""
    found = read_dialog_id(value)
    return None if found.kind == "unknown" else Peer(found.kind, found.number)


def read_origin(reader: Reader) -> Origin:
    """Reads an origin."""
    value = flags(reader, 0x1F)
    origin = Origin()
    if value & 1:
        origin.sender = Peer("user", reader.identifier())
    if value & 2:
        origin.sender = read_peer(reader.i64())
    if value & 4:
        origin.post = reader.i64()
    if value & 8:
        origin.author = reader.text()
    if value & 0x10:
        origin.name = reader.text()
    return origin


def read_forward_info(reader: Reader) -> Origin:
    """Reads where a message was forwarded from, since 1.8.19."""
    value = flags(reader, 7)
    origin = read_origin(reader)
    origin.date = reader.i32()
    if value & 2:
        last = flags(reader, 0xF)
        origin.saved_from = read_peer(reader.i64())
        origin.saved_message = reader.i64()
        if last & 1:
            reader.i64()
        if last & 2:
            reader.text()
        if last & 4:
            reader.i32()
    if value & 4:
        reader.text()
    return origin


def read_old_forward(reader: Reader, flags1: int, flags2: int, flags3: int) -> Origin:
    """Reads where a message was forwarded from, in the form before `ForwardInfo`."""
    if flags3 & 1 << 8:
        origin = read_origin(reader)
        origin.date = reader.i32()
    else:
        origin = Origin()
        user = reader.identifier()
        origin.date = reader.i32()
        chat, message = reader.i64(), reader.i64()
        origin.sender = Peer("user", user) if user else read_peer(chat)
        origin.post = message or None
        if flags1 & 1 << 21:
            origin.author = reader.text()
        if flags2 & 1 << 3:
            origin.name = reader.text()
    if flags1 & 1 << 25:
        origin.saved_from = read_peer(reader.i64())
        origin.saved_message = reader.i64()
    if flags2 & 1 << 13:
        reader.text()
    return origin


@dataclass(slots=True)
class Quote:
    """A part of another message that is quoted."""

    text: str | None = None


def read_quote(reader: Reader) -> Quote:
    """Reads a quote."""
    value = flags(reader, 7)
    quote = Quote()
    if value & 1:
        quote.text = read_text(reader).text
    if value & 2:
        reader.i32()
    return quote


@dataclass(slots=True)
class Reply:
    """What a message replies to.

    Attributes:
        message: id of the message, as stored.
        chat: its chat, if another one.
        quote: the part that is quoted.
    """

    message: int | None = None
    chat: Peer | None = None
    quote: str | None = None


def read_input_reply(reader: Reader) -> Reply:
    """Reads the reply as the client composed it."""
    value = flags(reader, 0x1FF)
    reply = Reply()
    if value & 1:
        reply.message = reader.i64()
    if value & 2:
        reader.i64()
        reader.i32()
    if value & 4:
        reply.quote = read_text(reader).text
    if value & 8:
        reply.chat = read_peer(reader.i64())
    if value & 0x10:
        reader.i32()
    if value & 0x20:
        reply.quote = read_quote(reader).text
    if value & 0x40:
        reader.i32()
    if value & 0x80:
        reader.text()
    if value & 0x100:
        reader.i32()
    return reply
