"""Users, groups, channels, secret chats and dialogs of TDLib.

Specification: formats/tdlib.md sections 7.2 and 7.3: values of the table `common`, rows
of `dialogs`, and records of the log that were not written to them yet.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import Final

from telegram_forensics.formats import tdlib_text as text_of
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.tdlib_media import read_file
from telegram_forensics.formats.tdlib_message import TdlibMessage, read_message_from
from telegram_forensics.formats.tdlib_values import Reader, read_message_id
from telegram_forensics.formats.tl_peers import ChatFacts, Peer, UserFacts

_LAST_SEEN: Final = {
    -1: "recently",
    -2: "within a week",
    -3: "within a month",
    -4: "recently, hidden by the account's own setting",
    -5: "within a week, hidden by the account's own setting",
    -6: "within a month, hidden by the account's own setting",
}
_STATUSES: Final = {
    0: "creator",
    1: "administrator",
    2: "member",
    3: "restricted",
    4: "left",
    5: "banned",
}
_SECRET_STATES: Final = {0: "unknown", 1: "waiting", 2: "active", 3: "closed"}
_LEFT: Final = ("left", "banned")


def read_user(number: int, data: bytes) -> UserFacts:
    """Reads a user.

    Raises:
        FormatError: if not even the name can be read.
    """
    return read_user_from(number, Reader.versioned(data))


def read_user_from(number: int, reader: Reader) -> UserFacts:
    """Reads a user behind the version of its blob."""
    one = reader.u32()
    if reader.version >= 48:
        reader.u32()
    user = UserFacts(number)
    first = reader.text()
    last = reader.text() if one & 1 << 8 else ""
    user.name = " ".join(part for part in (first, last) if part) or None
    if one & 1 << 9:
        user.username = reader.text() or None
    user.phone = reader.text() or None
    user.is_deleted = bool(one & 1 << 2)
    user.is_bot = bool(one & 1 << 3)
    user.is_contact = bool(one & 1 << 19)
    user.is_mutual = bool(one & 1 << 20)
    # What stands behind name and phone; of newer writers the layout may differ.
    with contextlib.suppress(FormatError):
        _read_user_rest(reader, user, one)
    return user


def _read_user_rest(reader: Reader, user: UserFacts, one: int) -> None:
    if one & 1 << (13 if reader.version >= 10 else 0):
        reader.i64()
    if one & 1 << 10:
        _skip_profile_photo(reader)
    if not one & 1 << 18:
        reader.u32()
        reader.u32()
    seen = reader.i32()
    if seen > 0:
        user.last_seen = seen
    else:
        user.status = _LAST_SEEN.get(seen)
    _skip_restriction(reader, one, 21)
    for bit, skip in (
        (6, reader.text),
        (3, reader.i32),
        (12, reader.text),
        (17, reader.u32),
    ):
        if one & 1 << bit:
            skip()
    if one & 1 << 27:
        raise FormatError(reader.position, "emoji status")
    if one & 1 << 28:
        names = _read_usernames(reader)
        if names:
            user.username, user.other_usernames = names[0], names[1:]


def _skip_restriction(reader: Reader, value: int, bit: int) -> None:
    """Skips why something is restricted: a text, or a list of three texts each."""
    if value & 1 << 11:
        reader.text()
    if value & 1 << bit:
        for _ in range(reader.count(12)):
            for _ in range(3):
                reader.text()


def _skip_profile_photo(reader: Reader) -> None:
    if reader.version >= 27:
        value = text_of.flags(reader, 0xF)
        has_files, has_mini = bool(value & 1), bool(value & 4)
    else:
        has_files, has_mini = True, False
    if has_files:
        read_file(reader)
        read_file(reader)
    if has_mini:
        reader.bytes()
    reader.i64()


def _read_usernames(reader: Reader) -> list[str]:
    """Usernames, active ones only, the main one first."""
    value = reader.u32()
    names: list[str] = []
    if value & 1 << 4:
        if value & 1 << 3:
            names = [reader.text() for _ in range(reader.count(4))]
        reader.i32()
    elif value & 1:
        names = [reader.text() for _ in range(reader.count(4))]
        if value & 4:
            reader.i32()
    elif value & 1 << 3:
        names = [reader.text()]
    return names


def _skip_dialog_photo(reader: Reader) -> None:
    if reader.version >= 27:
        value = text_of.flags(reader, 0xF)
        has_files, has_mini = bool(value & 1), bool(value & 4)
    else:
        has_files, has_mini = True, False
    if has_files:
        read_file(reader)
        read_file(reader)
    if has_mini:
        reader.bytes()


def read_group(number: int, reader: Reader) -> ChatFacts:
    """Reads a basic group behind the version of its blob."""
    value = reader.u32()
    chat = ChatFacts(Peer("group", number), "group", "group")
    chat.title = reader.text() or None
    if value & 1 << 7:
        _skip_dialog_photo(reader)
    chat.members = reader.i32()
    chat.date = reader.i32() or None
    chat.migrated_to = reader.identifier() or None
    reader.i32()
    if value & 1 << 8:
        _set_status(chat, _read_status(reader))
    return chat


def read_channel(number: int, reader: Reader) -> ChatFacts:
    """Reads a channel or supergroup behind the version of its blob."""
    one = reader.u32()
    if one & 1 << 29:
        reader.u32()
    chat_type = "supergroup" if one & 1 << 7 else "channel"
    chat = ChatFacts(Peer("channel", number), chat_type, chat_type)
    if one & 1 << 12:
        _set_status(chat, _read_status(reader))
    reader.i64()
    chat.title = reader.text() or None
    if one & 1 << 9:
        _skip_dialog_photo(reader)
    if one & 1 << 10:
        chat.username = reader.text() or None
    chat.date = reader.i32() or None
    _skip_restriction(reader, one, 20)
    if one & 1 << 13:
        chat.members = reader.i32()
    wide = reader.version >= 46
    if one & 1 << 7 and one & 1 << 14:
        reader.u64() if wide else reader.u32()
    if one & 1 << 16:
        reader.u32()
    if one & 1 << 28:
        names = _read_usernames(reader)
        if names:
            chat.username = names[0]
    return chat


def _read_status(reader: Reader) -> str | None:
    value = reader.u64() if reader.version >= 46 else reader.u32()
    if value & 1 << 31:
        reader.i32()
    if value & 1 << 14:
        reader.text()
    return _STATUSES.get(value >> 28 & 7)


def _set_status(chat: ChatFacts, status: str | None) -> None:
    if status is not None:
        chat.is_creator = status == "creator"
        chat.is_left = status in _LEFT


@dataclass(slots=True)
class SecretChatFacts:
    """A secret chat.

    Attributes:
        number: of the chat.
        user: other party.
        is_outbound: it was begun here.
        state: `waiting`, `active`, `closed`, `unknown`.
        date: of its making, seconds since 1970 UTC.
        ttl: seconds from reading to deletion, None if messages stay.
        key_hash: hash of its key, hexadecimal.
        layer: of the other party.
    """

    number: int
    user: int
    is_outbound: bool
    state: str | None
    date: int | None
    ttl: int | None
    key_hash: str | None
    layer: int | None = None


def read_secret_chat(number: int, reader: Reader) -> SecretChatFacts:
    """Reads a secret chat behind the version of its blob."""
    value = reader.u32()
    reader.i64()
    user = reader.identifier()
    state = _SECRET_STATES.get(reader.i32())
    ttl, date = reader.i32(), reader.i32()
    key_hash = reader.bytes().hex()
    layer = reader.i32() if value & 2 else None
    return SecretChatFacts(
        number,
        user,
        bool(value & 1),
        state,
        date or None,
        ttl or None,
        key_hash or None,
        layer,
    )


@dataclass(slots=True)
class DraftFacts:
    """Unsent text of a dialog.

    Attributes:
        text: the text, empty if it could not be read.
        date: last change, seconds since 1970 UTC.
        reply_to: message that is replied to, id at the server.
    """

    text: str
    date: int | None
    reply_to: int | None = None


@dataclass(slots=True)
class DialogFacts:
    """A row of `dialogs`.

    Attributes:
        dialog: id as stored.
        read_inbox, read_outbox: last message that the account, the other side has read,
            id at the server.
        cleared: when the history was cleared, seconds since 1970 UTC.
        deleted: when the last message was deleted, the same.
        deleted_message: that message, id at the server.
        draft: unsent text.
        last_message: copy of the last message.
        first_message: first message in the database, id at the server.
        problem: why reading ended early.
    """

    dialog: int
    unread: int = 0
    read_inbox: int | None = None
    read_outbox: int | None = None
    cleared: int | None = None
    deleted: int | None = None
    deleted_message: int | None = None
    draft: DraftFacts | None = None
    last_message: TdlibMessage | None = None
    first_message: int | None = None
    problem: FormatError | None = None


def read_dialog(data: bytes) -> DialogFacts:
    """Reads the blob of a row of `dialogs`.

    Raises:
        FormatError: if not even the id can be read.
    """
    reader = Reader.versioned(data)
    one = reader.u32()
    dialog = DialogFacts(reader.i64())
    try:
        _read_dialog(reader, dialog, one)
    except FormatError as exception:
        dialog.problem = exception
    return dialog


def _read_dialog(reader: Reader, dialog: DialogFacts, one: int) -> None:
    if one & 1 << 29:
        two = reader.u32()
        if two & 1 << 29:
            reader.u32()
    reader.i64()
    dialog.unread = reader.i32()
    if one & 1 << 15:
        reader.i32()
    dialog.read_inbox = _server(reader.i64())
    dialog.read_outbox = _server(reader.i64())
    reader.i64()
    _skip_notifications(reader)
    if one & 1:
        dialog.draft = _read_draft(reader)
    dialog.cleared = reader.i32() or None
    reader.i64()
    if one & 2:
        dialog.last_message = read_message_from(reader)
        # Its end is not known: what stands behind is not read.
        return
    if one & 1 << 4:
        dialog.first_message = _server(reader.i64())
    if one & 1 << 5:
        reader.i64()
    if one & 1 << 16:
        dialog.deleted = reader.i32() or None
        dialog.deleted_message = _server(reader.i64())


def _server(value: int) -> int | None:
    return read_message_id(value).server if value else None


def _skip_notifications(reader: Reader) -> None:
    value = reader.u32()
    if value & 1:
        reader.i32()
    for bit in (2, 1 << 17):
        if not value & bit:
            continue
        if value & 1 << 14:
            kind = reader.i32()
            if kind == 1:
                reader.text()
                reader.text()
            elif kind == 2:
                reader.i64()
        else:
            reader.text()


def _read_draft(reader: Reader) -> DraftFacts:
    reply = None
    if reader.version >= 51:
        value = text_of.flags(reader, 0x3F)
        date = reader.i32()
        text = _read_input_text(reader) if value & 1 else ""
        if value & 2:
            reply = text_of.read_input_reply(reader).message
        if value & ~3:
            raise FormatError(reader.position, "draft with media")
    else:
        date = reader.i32()
        reply = reader.i64()
        text = _read_input_text(reader)
    return DraftFacts(text, date or None, _server(reply) if reply else None)


def _read_input_text(reader: Reader) -> str:
    value = text_of.flags(reader, 0x3F)
    text = "" if value & 0x20 else text_of.read_text(reader).text
    if value & 0x10:
        reader.text()
    return text
