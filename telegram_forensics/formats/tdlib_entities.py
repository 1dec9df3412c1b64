"""Users, groups, channels and secret chats of TDLib.

Specification: formats/tdlib.md section 7.3: values of the table `common`, and records
of the log that were not written to it yet. What was loaded of a profile, a group or a
channel (`usf`, `grf`, `chf`) is named there only; the layouts follow TDLib's source.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from telegram_forensics.formats import tdlib_text as text_of
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.tdlib_media import skip_dialog_photo
from telegram_forensics.formats.tdlib_values import Reader
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
# Version from which a chat can be a member.
_CHATS_AS_MEMBERS: Final = 31
_IS_MEMBER: Final = 1 << 27


def read_user(number: int, data: bytes) -> UserFacts:
    """Reads a user.

    Raises:
        FormatError: if not even the name can be read.
    """
    return read_user_from(number, Reader.versioned(data))


def read_user_from(
    number: int, reader: Reader, problems: list[FormatError] | None = None
) -> UserFacts:
    """Reads a user behind the version of its blob.

    Args:
        number: user id.
        reader: at its beginning.
        problems: gets why what stands behind name and phone was not read to the end.

    Raises:
        FormatError: if not even name and phone can be read.
    """
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
    # Of newer writers the layout of the rest may differ.
    with _collecting(problems):
        _read_user_rest(reader, user, one)
    return user


@contextlib.contextmanager
def _collecting(problems: list[FormatError] | None) -> Iterator[None]:
    """Ends the reading of a part at its first error; what was read counts."""
    try:
        yield
    except FormatError as exception:
        if problems is not None:
            problems.append(exception)


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
        _skip_emoji_status(reader)
    if one & 1 << 28:
        names = _read_usernames(reader)
        if names:
            user.username, user.other_usernames = names[0], names[1:]


def _skip_emoji_status(reader: Reader) -> None:
    value = text_of.flags(reader, 3)
    if value & 1:
        reader.i64()
    if value & 2:
        reader.i32()


def _skip_restriction(reader: Reader, value: int, bit: int) -> None:
    """Skips why something is restricted: a text, or a list of three texts each."""
    if value & 1 << 11:
        reader.text()
    if value & 1 << bit:
        for _ in range(reader.count(12)):
            for _ in range(3):
                reader.text()


def _skip_profile_photo(reader: Reader) -> None:
    skip_dialog_photo(reader)
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


def read_group(
    number: int, reader: Reader, problems: list[FormatError] | None = None
) -> ChatFacts:
    """Reads a basic group behind the version of its blob, see `read_user_from`."""
    value = reader.u32()
    chat = ChatFacts(Peer("group", number), "group", "group")
    chat.title = reader.text() or None
    with _collecting(problems):
        if value & 1 << 7:
            skip_dialog_photo(reader)
        chat.members = reader.i32()
        chat.date = reader.i32() or None
        chat.migrated_to = reader.identifier() or None
        reader.i32()
        if value & 1 << 8:
            _set_status(chat, _read_status(reader))
    return chat


def read_channel(
    number: int, reader: Reader, problems: list[FormatError] | None = None
) -> ChatFacts:
    """Reads a channel or supergroup behind its blob's version, as `read_group`."""
    one = reader.u32()
    if one & 1 << 29:
        reader.u32()
    chat_type = "supergroup" if one & 1 << 7 else "channel"
    chat = ChatFacts(Peer("channel", number), chat_type, chat_type)
    if one & 1 << 12:
        _set_status(chat, _read_status(reader))
    reader.i64()
    chat.title = reader.text() or None
    with _collecting(problems):
        _read_channel_rest(reader, chat, one)
    return chat


def _read_channel_rest(reader: Reader, chat: ChatFacts, one: int) -> None:
    if one & 1 << 9:
        skip_dialog_photo(reader)
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


@dataclass(slots=True)
class Status:
    """What a member of a chat is there.

    Attributes:
        name: `creator`, `administrator`, `member`, `restricted`, `left`, `banned`, or
            None if it is none of them.
        is_left: not, or no longer, a member.
        until: end of a restriction, seconds since 1970 UTC.
        rank: title that was given.
    """

    name: str | None
    is_left: bool
    until: int | None = None
    rank: str | None = None


def _read_status(reader: Reader) -> Status:
    value = reader.u64() if reader.version >= 46 else reader.u32()
    name = _STATUSES.get(value >> 28 & 7)
    # A creator can leave, and a restriction outlasts membership.
    has_left = name in ("creator", "restricted") and not value & _IS_MEMBER
    status = Status(name, name in _LEFT or has_left)
    if value & 1 << 31:
        status.until = reader.i32() or None
    if value & 1 << 14:
        status.rank = reader.text() or None
    return status


def _set_status(chat: ChatFacts, status: Status) -> None:
    if status.name is not None:
        chat.is_creator = status.name == "creator"
        chat.is_left = status.is_left


@dataclass(slots=True)
class MemberFacts:
    """A member of a basic group.

    Attributes:
        peer: the member.
        inviter: user id of who invited the member.
        joined: seconds since 1970 UTC.
        status: what the member is there.
    """

    peer: Peer | None
    inviter: int | None
    joined: int | None
    status: Status


@dataclass(slots=True)
class FullFacts:
    """What was loaded of a profile, a group or a channel.

    Attributes:
        peer: which one.
        about: bio or description.
        common_chats: number of chats that the account and a user share.
        members: number of members of a channel.
        creator: user id of who made a basic group.
        participants: members of a basic group.
    """

    peer: Peer
    about: str | None = None
    common_chats: int | None = None
    members: int | None = None
    creator: int | None = None
    participants: list[MemberFacts] = field(default_factory=list)


def read_full_user(number: int, reader: Reader) -> FullFacts:
    """Reads what was loaded of a profile."""
    value = reader.u32()
    if value & 1 << 29:
        reader.u32()
    found = FullFacts(Peer("user", number))
    if value & 1:
        found.about = reader.text() or None
    found.common_chats = reader.i32() or None
    return found


def read_full_group(number: int, reader: Reader) -> FullFacts:
    """Reads what was loaded of a basic group."""
    value = reader.u32()
    reader.i32()
    found = FullFacts(Peer("group", number))
    found.creator = reader.identifier() or None
    for _ in range(reader.count(16)):
        if reader.version >= _CHATS_AS_MEMBERS:
            peer = text_of.read_peer(reader.i64())
        else:
            peer = Peer("user", reader.identifier())
        inviter, joined = reader.identifier(), reader.i32()
        status = _read_status(reader)
        found.participants.append(
            MemberFacts(peer, inviter or None, joined or None, status)
        )
    if value & 1:
        found.about = reader.text() or None
    return found


def read_full_channel(number: int, reader: Reader) -> FullFacts:
    """Reads what was loaded of a channel or supergroup."""
    value = reader.u32()
    if value & 1 << 29:
        reader.u32()
    found = FullFacts(Peer("channel", number))
    if value & 1:
        found.about = reader.text() or None
    found.members = reader.i32() or None
    return found


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
