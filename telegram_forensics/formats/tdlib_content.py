"""Content of TDLib's messages: attachments, calls and service actions.

Specification: formats/tdlib.md section 8, table CONTENT; of the types that it only
names the layouts follow TDLib's own source. A type that is not known, or whose layout
is that of a newer writer, leaves the message with what stands before it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from telegram_forensics.formats import tdlib_actions as actions
from telegram_forensics.formats import tdlib_media as media_of
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.tdlib_polls import read_local_poll
from telegram_forensics.formats.tdlib_text import (
    flags,
    read_caption,
    read_peer,
    read_text,
)
from telegram_forensics.formats.tdlib_values import Reader, read_message_id
from telegram_forensics.formats.tl_media import MediaFacts
from telegram_forensics.formats.tl_message import CallFacts, MessageFacts
from telegram_forensics.formats.tl_peers import describe_peer

_REASONS: Final = {1: "missed", 2: "disconnect", 3: "hangup", 4: "busy"}
# Types with nothing behind them, or nothing that needs to be read.
_BARE: Final = {
    14: "chat_photo_removed",
    15: "history_cleared",
    25: "screenshot_taken",
    32: "contact_joined_telegram",
}
_POLL: Final = 40


class Unread(FormatError):
    """A content whose kind is known, and whose end is not."""


def read_content(reader: Reader, facts: MessageFacts, depth: int = 0) -> bool:
    """Reads the content of a message.

    Args:
        reader: at its type.
        facts: what is told of it.
        depth: 1 for a content that belongs to another one.

    Returns:
        False if it is one whose end is not known; what was read is in `facts`.

    Raises:
        FormatError: if it cannot be read to its end; what was read is in `facts`.
    """
    kind = reader.i32()
    if kind in _BARE:
        facts.action = _BARE[kind]
        return True
    layout = actions.LAYOUTS.get(kind)
    if layout is not None:
        actions.read_action(reader, facts, layout)
        return True
    read = _CONTENTS.get(kind)
    if read is None or (kind == _POLL and depth):
        facts.other["content type"] = kind
        raise FormatError(reader.position - 4, f"content type {kind} is not known")
    try:
        read(reader, facts)
    except Unread:
        return False
    return True


def _set_text(facts: MessageFacts, found: Any) -> None:
    facts.text = found.text or None
    facts.links = found.links or None


def _text(reader: Reader, facts: MessageFacts) -> None:
    value = flags(reader, 0x1F) if reader.version >= 49 else 1
    _set_text(facts, read_text(reader))
    if value & 1:
        reader.i64()
    if value & 8:
        url = reader.text()
        if url:
            facts.links = [*(facts.links or ()), url]


def _captioned(
    read: Callable[[Reader], MediaFacts], flags_from: int | None, known: int
) -> Callable[[Reader, MessageFacts], None]:
    """An attachment with flags and a caption behind it."""

    def read_captioned(reader: Reader, facts: MessageFacts) -> None:
        facts.media = read(reader)
        if flags_from is not None and reader.version >= flags_from:
            flags(reader, known)
        _set_text(facts, read_caption(reader))

    return read_captioned


def _photo(reader: Reader, facts: MessageFacts) -> None:
    facts.media = media_of.read_photo(reader)
    value = flags(reader, 3) if reader.version >= 45 else 0
    _set_text(facts, read_caption(reader))
    if value & 2:
        # The film of a photo that moves.
        media_of.read_video(reader)


def _video(reader: Reader, facts: MessageFacts) -> None:
    facts.media = media_of.read_video(reader)
    value = flags(reader, 0x7F) if reader.version >= 45 else 0
    _set_text(facts, read_caption(reader))
    for bit, read in (
        (2, media_of.read_video),
        (4, media_of.read_document),
        (8, None),
        (0x10, None),
        (0x20, media_of.read_document),
        (0x40, media_of.read_document),
    ):
        if not value & bit:
            continue
        if read is not None:
            for _ in range(reader.count(8)):
                read(reader)
        elif bit == 8:
            media_of.read_photo(reader)
        else:
            facts.media.details["starts at second"] = reader.i32()


def _audio(reader: Reader, facts: MessageFacts) -> None:
    facts.media = media_of.read_audio(reader)
    _set_text(facts, read_caption(reader))
    reader.i32()


def _voice(reader: Reader, facts: MessageFacts) -> None:
    facts.media = media_of.read_voice(reader)
    _set_text(facts, read_caption(reader))
    reader.i32()


def _sticker(reader: Reader, facts: MessageFacts) -> None:
    facts.media = MediaFacts("sticker")
    facts.media = media_of.read_sticker(reader)
    if reader.version >= 40:
        flags(reader, 1)


def _video_note(reader: Reader, facts: MessageFacts) -> None:
    facts.media = media_of.read_video_note(reader)
    reader.i32()


def _contact(reader: Reader, facts: MessageFacts) -> None:
    media = facts.media = MediaFacts("contact")
    value = flags(reader, 0xF) if reader.version >= 16 else 0xB
    media.contact_phone = reader.text() or None
    first = reader.text() if value & 1 else ""
    last = reader.text() if value & 2 else ""
    media.contact_name = " ".join(part for part in (first, last) if part) or None
    if value & 4:
        reader.text()
    if value & 8:
        media.contact_identifier = reader.identifier() or None


def _read_place(reader: Reader, media: MediaFacts) -> None:
    value = flags(reader, 7)
    latitude, longitude = reader.double(), reader.double()
    if not value & 1:
        media.latitude, media.longitude = latitude, longitude
    if value & 2:
        reader.i64()
    if value & 4:
        reader.double()


def _location(reader: Reader, facts: MessageFacts) -> None:
    facts.media = MediaFacts("geo")
    _read_place(reader, facts.media)


def _venue(reader: Reader, facts: MessageFacts) -> None:
    media = facts.media = MediaFacts("venue")
    _read_place(reader, media)
    media.details["title"] = reader.text() or None
    media.details["address"] = reader.text() or None
    reader.text()
    reader.text()
    if reader.version >= 14:
        reader.text()


def _live_location(reader: Reader, facts: MessageFacts) -> None:
    media = facts.media = MediaFacts("live_location")
    _read_place(reader, media)
    media.details["seconds"] = reader.i32()
    if reader.version >= 29:
        reader.i32()
    if reader.version >= 30:
        reader.i32()


def _call(reader: Reader, facts: MessageFacts) -> None:
    value = flags(reader, 3) if reader.version >= 21 else 0
    identifier = reader.i64()
    duration, reason = reader.i32(), reader.i32()
    if value & 2:
        reader.i64()
    facts.action = "call"
    facts.call = CallFacts(
        identifier or None,
        is_video=bool(value & 1),
        is_missed=reason == 1,
        duration=duration or None,
        reason=_REASONS.get(reason),
    )


def _unsupported(reader: Reader, facts: MessageFacts) -> None:
    facts.media = MediaFacts("unsupported")
    if reader.version >= 17:
        reader.i32()


def _expired(kind: str) -> Callable[[Reader, MessageFacts], None]:
    def read_expired(reader: Reader, facts: MessageFacts) -> None:
        facts.media = MediaFacts(kind, is_unavailable=True)

    return read_expired


def _game(reader: Reader, facts: MessageFacts) -> None:
    facts.media = MediaFacts("game")
    facts.media = media_of.read_game(reader)


def _invoice(reader: Reader, facts: MessageFacts) -> None:
    media = facts.media = MediaFacts("invoice")
    value = flags(reader, 0x3FF) if reader.version >= 42 else 0xDF
    if reader.version >= 12 and reader.version < 42:
        value |= 0x20
    media.details["title"] = reader.text() or None
    if value & 1:
        media.details["description"] = reader.text() or None
    if value & 2:
        media_of.read_photo(reader)
    if value & 4:
        reader.text()
    media.details |= actions.read_layout(reader, actions.INVOICE_PRICES)
    for bit in (8, 0x10, 0x20):
        if value & bit:
            reader.bytes()
    if value & 0x40:
        media.details["amount"] = reader.i64() or None
    if value & 0x80:
        reader.i64()
    if value & 0x100:
        media_of.read_extended(reader)
    if value & 0x200:
        _set_text(facts, read_text(reader))


def _payment(reader: Reader, facts: MessageFacts) -> None:
    facts.action = "payment"
    value = reader.u32()
    reader.position -= 4
    # Before a correction the amount was written a second time, one field too early.
    layout = actions.PAYMENT if value & 0x40 else actions.OLD_PAYMENT
    facts.action_details = actions.read_layout(reader, layout)


def _poll(reader: Reader, facts: MessageFacts) -> None:
    media = facts.media = MediaFacts("poll")
    value = flags(reader, 3) if reader.version >= 59 else 0
    number = reader.i64()
    if -(1 << 31) < number < 0:
        # A poll that the server does not know yet is stored with the message.
        media.details |= read_local_poll(reader)
    else:
        media.identifier = number
    if value & 1:
        _set_text(facts, read_text(reader))
    if value & 2:
        attached = MessageFacts("message")
        if not read_content(reader, attached, 1):
            raise FormatError(reader.position, "attachment of a poll is not read")


def _dice(reader: Reader, facts: MessageFacts) -> None:
    media = facts.media = MediaFacts("dice")
    value = flags(reader, 0x1F) if reader.version >= 57 else 0
    if reader.version >= 25:
        media.details["emoji"] = reader.text() or None
    media.details["value"] = reader.i32()
    if value & 2:
        reader.bytes()
    for bit, name in ((4, "stake"), (8, "prize")):
        if value & bit:
            media.details[name] = reader.i64()
    if value & 0x10:
        reader.bytes()


def _chat_theme(reader: Reader, facts: MessageFacts) -> None:
    facts.action = "chat_theme_changed"
    value = flags(reader, 0x1F) if reader.version >= 55 else 2
    if value & 1:
        reader.i32()
    if value & 2:
        facts.action_details = {"theme": reader.text() or None}
    if value & ~3:
        raise Unread(reader.position, "theme of a gift")


def _story(reader: Reader, facts: MessageFacts) -> None:
    media = facts.media = MediaFacts("story")
    media.details["mentions the account"] = bool(flags(reader, 1))
    media.details["of"] = describe_peer(read_peer(reader.i64()))
    media.identifier = reader.i32()


def _giveaway(reader: Reader, facts: MessageFacts) -> None:
    media = facts.media = MediaFacts("giveaway")
    value = flags(reader, 1)
    media.details |= actions.read_layout(reader, actions.GIVEAWAY)
    media.details["prizes"] = reader.i32()
    media.details["months"] = reader.i32() or None
    if value:
        media.details["stars"] = reader.i64()


def _paid_media(reader: Reader, facts: MessageFacts) -> None:
    media = facts.media = MediaFacts("paid_media")
    media.details |= actions.read_layout(reader, actions.PAID_MEDIA)
    facts.text = media.details.pop("text", None)


def _conference(reader: Reader, facts: MessageFacts) -> None:
    value = flags(reader, 0x1F)
    facts.action = "call"
    call = facts.call = CallFacts(
        reader.i64() or None,
        is_video=bool(value & 2),
        is_conference=True,
        is_missed=bool(value & 4),
        is_active=bool(value & 1),
    )
    if value & 8:
        call.duration = reader.i32() or None
    if value & 0x10:
        for _ in range(reader.count(8)):
            reader.i64()


def _tasks(reader: Reader, facts: MessageFacts) -> None:
    flags(reader, 0)
    media = facts.media = MediaFacts("todo")
    media.details |= actions.read_layout(reader, actions.TASKS)
    media.details |= actions.read_layout(reader, actions.COMPLETIONS)


def _suggested_post_success(reader: Reader, facts: MessageFacts) -> None:
    facts.action = "suggested_post_success"
    value = flags(reader, 3)
    if value & 1:
        found = read_message_id(reader.i64())
        facts.action_details = {"message": found.server or found.value}
    if value & 2:
        raise Unread(reader.position, "amount for a suggested post")


def _unread_action(name: str) -> Callable[[Reader, MessageFacts], None]:
    """A service message of which only the name is told."""

    def read_unread(reader: Reader, facts: MessageFacts) -> None:
        facts.action = name
        raise Unread(reader.position, name)

    return read_unread


def _unread_media(kind: str) -> Callable[[Reader, MessageFacts], None]:
    """An attachment of which only the kind is told."""

    def read_unread(reader: Reader, facts: MessageFacts) -> None:
        facts.media = MediaFacts(kind)
        raise Unread(reader.position, kind)

    return read_unread


_CONTENTS: Final[dict[int, Callable[[Reader, MessageFacts], None]]] = {
    0: _text,
    1: _captioned(media_of.read_animation, 45, 1),
    2: _audio,
    3: _captioned(media_of.read_document, None, 0),
    4: _photo,
    5: _sticker,
    6: _video,
    7: _voice,
    8: _contact,
    9: _location,
    10: _venue,
    23: _game,
    27: _unsupported,
    28: _call,
    29: _invoice,
    30: _payment,
    31: _video_note,
    33: _expired("photo"),
    34: _expired("video"),
    35: _live_location,
    39: _unread_action("passport_received"),
    40: _poll,
    41: _dice,
    45: _chat_theme,
    54: _unread_action("write_access_allowed"),
    55: _unread_action("background_changed"),
    56: _story,
    59: _giveaway,
    63: _expired("video_message"),
    64: _expired("voice"),
    67: _paid_media,
    71: _unread_action("gift_given"),
    72: _unread_action("unique_gift_given"),
    75: _conference,
    76: _tasks,
    80: _suggested_post_success,
    84: _unread_action("gift_offer"),
    85: _unread_action("gift_offer_declined"),
    93: _unread_media("rich_text"),
    94: _unread_action("community_changed"),
}
