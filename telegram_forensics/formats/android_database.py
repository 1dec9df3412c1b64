"""Rows of `cache4.db` of Telegram for Android: what they hold, in every generation.

Specification: formats/android.md sections 4 to 6 and appendix A, database versions 0 to
177 (2013 to 2026). Which tables and columns there are is read from the database, never
concluded from its version: columns came and went, forks add their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from telegram_forensics.formats.android_dialog import (
    FIRST_NEW_DATABASE,
    Dialog,
    parse_dialog_id,
)
from telegram_forensics.formats.android_message_blob import (
    MessageBlob,
    read_message_blob,
)
from telegram_forensics.formats.tl_message import MessageFacts, read_message
from telegram_forensics.formats.tl_object import TLError, TLObject
from telegram_forensics.formats.tl_reader import read_object

_LOW: Final = 0xFFFFFFFF
_MAXIMUM_TIME: Final = 1 << 33
# Of the milliseconds of a hint 32 bits are kept, as a signed number.
_HINT_PERIOD: Final = 1 << 32
_HIGHEST_HINT: Final = (1 << 31) // 1000
# Stands for "when the other party is online".
WHEN_ONLINE: Final = 0x7FFFFFFE


@dataclass(frozen=True, slots=True)
class MessageTable:
    """A table whose rows hold messages.

    Attributes:
        name: name of the table.
        identifier: column with the message id, None if only the object has it.
        dialog: column with the dialog id, None if only the object has it.
        date: column with the time of the message, None if only the object has it.
        data: column with the message blob.
        kind: `main`, `copy` (rows that mostly repeat those of the main table),
            `scheduled` (not sent yet), `shortcut` (quick replies and greetings, which
            are texts to be sent) or `push` (notifications of messages).
    """

    name: str
    identifier: str | None = "mid"
    dialog: str | None = "uid"
    date: str | None = "date"
    data: str = "data"
    kind: str = "copy"


MESSAGE_TABLES: Final = (
    MessageTable("messages", kind="main"),
    MessageTable("messages_v2", kind="main"),
    MessageTable("ephemeral_messages", "id", "dialog_id", kind="main"),
    MessageTable("messages_topics"),
    MessageTable("media"),
    MessageTable("media_v2"),
    MessageTable("media_v3"),
    MessageTable("media_v4"),
    MessageTable("media_topics"),
    MessageTable("chat_pinned", None, date=None),
    MessageTable("chat_pinned_v2", date=None),
    MessageTable("bot_keyboard", date=None, data="info"),
    MessageTable("bot_keyboard_topics", date=None, data="info"),
    MessageTable("sharing_locations", date=None, data="message"),
    MessageTable("topics", "top_message", "did", None, "topic_message"),
    MessageTable("downloading_documents", None, None, None),
    MessageTable("scheduled_messages", kind="scheduled"),
    MessageTable("scheduled_messages_v2", kind="scheduled"),
    MessageTable("quick_replies_messages", dialog=None, kind="shortcut"),
    MessageTable("welcome_messages", dialog="dialog_id", kind="shortcut"),
    MessageTable("unread_push_messages", kind="push"),
)
SEND_STATES: Final = {1: "sending", 2: "failed", 3: "editing"}


@dataclass(slots=True)
class DecodedMessage:
    """A message blob, as far as it could be decoded.

    Attributes:
        facts: what it says; only defaults if nothing could be decoded.
        blob: the whole, None if the object is damaged or unknown.
        warnings: what is wrong, in words.
        is_damaged: the object could not be read to its end.
        unknown: constructor that is not known, in words, with its offset.
    """

    facts: MessageFacts
    blob: MessageBlob | None
    warnings: list[str]
    is_damaged: bool = False
    unknown: str | None = None


def decode_message(data: Any) -> DecodedMessage:
    """Decodes the blob of a message row. Never raises: the row is kept in any case."""
    if not isinstance(data, bytes):
        facts = MessageFacts("empty")
        if data is None:
            return DecodedMessage(facts, None, [])
        reason = f"message is no blob but {type(data).__name__}"
        return DecodedMessage(facts, None, [reason], is_damaged=True)
    try:
        blob = read_message_blob(data)
    except TLError as error:
        partial = error.partial
        facts = MessageFacts("damaged")
        if isinstance(partial, TLObject):
            facts = read_message(partial)
        unknown = None
        if error.constructor_id is not None:
            unknown = f"0x{error.constructor_id:08x} at offset 0x{error.offset:x}"
        return DecodedMessage(facts, None, [str(error)], True, unknown)
    return DecodedMessage(read_message(blob.message), blob, blob.warnings)


def decode_object(data: Any, result_type: str) -> tuple[TLObject | None, str | None]:
    """Decodes another object.

    Returns:
        The object, as far as it could be decoded, and what is wrong with it.
    """
    if not isinstance(data, bytes):
        reason = None if data is None else f"no blob but {type(data).__name__}"
        return None, reason
    try:
        return read_object(data, result_type=result_type), None
    except TLError as error:
        partial = error.partial if isinstance(error.partial, TLObject) else None
        return partial, str(error)


def integer(value: Any) -> int | None:
    """A number of a row, None if it is none: columns of SQLite hold anything."""
    return value if isinstance(value, int) else None


def time(value: Any) -> int | None:
    """Seconds since 1970 UTC of a row, None if there are none or they make no sense."""
    if isinstance(value, int) and 0 < value < _MAXIMUM_TIME and value != WHEN_ONLINE:
        return value
    return None


def split_message_id(
    mid: int, uid: int, database_version: int | None
) -> tuple[int, int | None]:
    """Message id and channel of a column `mid`.

    Before DB 84 messages of channels have the channel id in the upper 32 bits. No
    later id is as large, so that a version that is lost does not matter.
    """
    if (
        (database_version is None or database_version < FIRST_NEW_DATABASE)
        and mid > _LOW
        and mid >> 32 == -uid
    ):
        return mid & _LOW, mid >> 32
    return mid, None


def read_dialog(uid: int, database_version: int | None) -> Dialog:
    """Chat of a column `uid` (`did`, `dialog_id`)."""
    return parse_dialog_id(uid, database_version)


def name_of_user_row(name: Any) -> str | None:
    """Name in the column `name` of `users`: lower case, names, `;;;`, usernames."""
    if not isinstance(name, str):
        return None
    return name.partition(";;;")[0].strip() or None


def restore_hint_time(stored: int, earliest: int, latest: int) -> list[int]:
    """Times that `chat_hints.date` can stand for.

    The client stores the low 32 bits of milliseconds, divided by 1000 (a cast in the
    wrong place): of the time only what is left modulo 2^32 ms (49.7 days) is known.

    Args:
        stored: column `date`; 0 is not a time.
        earliest: login of this data set, seconds since 1970 UTC.
        latest: last time that this data set is known to have been in use.

    Returns:
        Seconds since 1970 UTC, between the two (give or take the second that is not
        known), in order; nothing for a number that the client cannot have stored.
    """
    if not stored or abs(stored) > _HIGHEST_HINT:
        return []
    # The division rounds to zero: up to 999 ms are missing, in either direction.
    first = max(earliest, 0) * 1000 - 999
    last = min(latest, _MAXIMUM_TIME) * 1000 + 999 + 999
    base = stored * 1000
    start = base + -((base - first) // _HINT_PERIOD) * _HINT_PERIOD
    return [moment // 1000 for moment in range(start, last + 1, _HINT_PERIOD)]
