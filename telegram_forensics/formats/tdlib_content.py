"""Content of TDLib's messages: attachments, calls and service actions.

Specification: formats/tdlib.md section 8, table CONTENT. A type that is not known, or
whose layout is that of a newer writer, leaves the message with what stands before it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from telegram_forensics.formats import tdlib_media as media_of
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.tdlib_text import flags, read_caption, read_text
from telegram_forensics.formats.tdlib_values import Reader, read_message_id
from telegram_forensics.formats.tl_media import MediaFacts
from telegram_forensics.formats.tl_message import CallFacts, MessageFacts

_REASONS: Final = {1: "missed", 2: "disconnect", 3: "hangup", 4: "busy"}
# Types with nothing behind them, or nothing that needs to be read.
_BARE: Final = {
    14: "chat_photo_removed",
    15: "history_cleared",
    25: "screenshot_taken",
    32: "contact_joined_telegram",
}


def read_content(reader: Reader, facts: MessageFacts) -> int:
    """Reads the content of a message.

    Returns:
        Its type.

    Raises:
        FormatError: if it cannot be read to its end; what was read is in `facts`.
    """
    kind = reader.i32()
    if kind in _BARE:
        facts.action = _BARE[kind]
        return kind
    read = _READERS.get(kind)
    if read is None:
        facts.other["content type"] = kind
        raise FormatError(reader.position - 4, f"content type {kind} is not known")
    read(reader, facts)
    return kind


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
        value = 0
        if flags_from is not None and reader.version >= flags_from:
            value = reader.u32()
        _set_text(facts, read_caption(reader))
        if value & ~known:
            raise FormatError(reader.position, "attachment of a newer version of TDLib")

    return read_captioned


def _audio(reader: Reader, facts: MessageFacts) -> None:
    facts.media = media_of.read_audio(reader)
    _set_text(facts, read_caption(reader))
    reader.i32()


def _voice(reader: Reader, facts: MessageFacts) -> None:
    facts.media = media_of.read_voice(reader)
    _set_text(facts, read_caption(reader))
    reader.i32()


def _sticker(reader: Reader, facts: MessageFacts) -> None:
    facts.media = media_of.read_sticker(reader)
    raise FormatError(reader.position, "end of a sticker is not read")


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


def _action(name: str, *parts: str) -> Callable[[Reader, MessageFacts], None]:
    """A service action with texts and numbers behind it."""

    def read_action(reader: Reader, facts: MessageFacts) -> None:
        facts.action = name
        details: dict[str, Any] = {}
        facts.action_details = details
        for part in parts:
            words, _, kind = part.partition(":")
            if kind == "text":
                details[words] = reader.text()
            elif kind == "users":
                details[words] = [reader.identifier() for _ in range(reader.count(4))]
            elif kind == "id":
                details[words] = reader.identifier()
            elif kind == "message":
                found = read_message_id(reader.i64())
                details[words] = found.server or found.value
            else:
                details[words] = reader.i32()

    return read_action


def _photo_changed(reader: Reader, facts: MessageFacts) -> None:
    facts.action = "chat_photo_changed"
    media_of.read_photo(reader)


def _joined_by_link(reader: Reader, facts: MessageFacts) -> None:
    facts.action = "joined_by_link"
    if reader.version >= 34:
        reader.u32()


def _time_to_live(reader: Reader, facts: MessageFacts) -> None:
    facts.action = "messages_ttl_changed"
    value = flags(reader, 1) if reader.version >= 44 else 0
    facts.action_details = {"seconds": reader.i32()}
    if value & 1:
        facts.action_details["from user"] = reader.identifier()


def _unsupported(reader: Reader, facts: MessageFacts) -> None:
    facts.media = MediaFacts("unsupported")
    if reader.version >= 17:
        reader.i32()


def _bare_media(kind: str, reason: str) -> Callable[[Reader, MessageFacts], None]:
    """An attachment of which only the kind is told."""

    def read_bare(reader: Reader, facts: MessageFacts) -> None:
        facts.media = MediaFacts(kind)
        raise FormatError(reader.position, reason)

    return read_bare


def _expired(kind: str) -> Callable[[Reader, MessageFacts], None]:
    def read_expired(reader: Reader, facts: MessageFacts) -> None:
        facts.media = MediaFacts(kind, is_unavailable=True)

    return read_expired


_NOT_READ: Final = "content of this type is not read"
_READERS: Final[dict[int, Callable[[Reader, MessageFacts], None]]] = {
    0: _text,
    1: _captioned(media_of.read_animation, 45, 1),
    2: _audio,
    3: _captioned(media_of.read_document, None, 0),
    4: _captioned(media_of.read_photo, 45, 1),
    5: _sticker,
    6: _captioned(media_of.read_video, 45, 1),
    7: _voice,
    8: _contact,
    9: _location,
    10: _venue,
    11: _action("group_created", "title:text", "users:users"),
    12: _action("title_changed", "title:text"),
    13: _photo_changed,
    16: _action("users_added", "users:users"),
    17: _joined_by_link,
    18: _action("user_removed", "user:id"),
    19: _action("migrated_to", "channel:id"),
    20: _action("channel_created", "title:text"),
    21: _action("migrated_from", "title:text", "group:id"),
    22: _action("message_pinned", "message:message"),
    23: _bare_media("game", _NOT_READ),
    24: _action("game_score"),
    26: _time_to_live,
    27: _unsupported,
    28: _call,
    31: _video_note,
    33: _expired("photo"),
    34: _expired("video"),
    35: _live_location,
    36: _action("custom", "text:text"),
    37: _action("website_login", "site:text"),
    40: _bare_media("poll", _NOT_READ),
    41: _bare_media("dice", _NOT_READ),
}
