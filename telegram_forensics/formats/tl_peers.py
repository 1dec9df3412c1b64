"""Peers, users and chats of Telegram's schema, in every layer.

Specification: formats/android.md sections 3 and 4 (tables `tl_constructors.tsv`, layers
8 to 229). Shared by every client that stores TL objects.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from telegram_forensics.formats.tl_object import TLObject

# Telegram's own account for notices and login codes.
SERVICE_ACCOUNT: Final = 777000


class Peer(NamedTuple):
    """A peer: kind (`user`, `group` for basic groups, `channel`) and its own id."""

    kind: str
    number: int


_PEERS: Final = {
    "peerUser": ("user", "user_id"),
    "peerChat": ("group", "chat_id"),
    "peerChannel": ("channel", "channel_id"),
    "inputPeerUser": ("user", "user_id"),
    "inputPeerChat": ("group", "chat_id"),
    "inputPeerChannel": ("channel", "channel_id"),
}


def read_peer(value: Any) -> Peer | None:
    """Reads a peer; a bare number, as old layers store senders, is a user's id."""
    if isinstance(value, TLObject):
        entry = _PEERS.get(value.constructor.name)
        if entry is None:
            return None
        number = value.fields.get(entry[1])
        return None if number is None else Peer(entry[0], number)
    if isinstance(value, int) and not isinstance(value, bool) and value:
        return Peer("user", value)
    return None


def describe_peer(peer: Peer | None) -> str | None:
    """A peer in words, such as `channel 1234567890`."""
    return None if peer is None else f"{peer.kind} {peer.number}"


@dataclass(slots=True)
class UserFacts:
    """What a `User` object says.

    Attributes:
        identifier: user id.
        name: first and last name, None if there is none.
        username: main username without "@"; None if there is none.
        other_usernames: further usernames.
        phone: phone number, digits; None if not stored.
        is_bot, is_self, is_deleted, is_contact, is_mutual: flags, None where the
            layer has no such flag.
        last_seen: last online time (or until when the user is online), seconds since
            1970 UTC; None if the status is approximate or absent.
        status: name of the status, such as `userStatusRecently`.
    """

    identifier: int
    name: str | None = None
    username: str | None = None
    other_usernames: list[str] = field(default_factory=list)
    phone: str | None = None
    is_bot: bool | None = None
    is_self: bool | None = None
    is_deleted: bool | None = None
    is_contact: bool | None = None
    is_mutual: bool | None = None
    last_seen: int | None = None
    status: str | None = None


def read_user(value: TLObject) -> UserFacts | None:
    """Reads a `User` object, None without an id."""
    fields = value.fields
    number = fields.get("id")
    if number is None:
        return None
    user = UserFacts(number)
    user.name = _join(fields.get("first_name"), fields.get("last_name"))
    user.username = fields.get("username") or None
    user.phone = fields.get("phone") or None
    user.username, user.other_usernames = _usernames(user.username, fields)
    name = value.constructor.name
    if name == "user":
        user.is_bot = bool(fields.get("bot"))
        user.is_self = bool(fields.get("self"))
        user.is_deleted = bool(fields.get("deleted"))
        user.is_contact = bool(fields.get("contact"))
        user.is_mutual = bool(fields.get("mutual_contact"))
    else:
        # Before layer 33 the constructor itself says it.
        user.is_self = name == "userSelf"
        user.is_deleted = name == "userDeleted"
        user.is_contact = name == "userContact"
    status = fields.get("status")
    if isinstance(status, TLObject):
        user.status = status.constructor.name
        seen = status.fields.get("was_online") or status.fields.get("expires")
        user.last_seen = seen if isinstance(seen, int) and seen > 0 else None
    return user


@dataclass(slots=True)
class ChatFacts:
    """What a `Chat` object says.

    Attributes:
        peer: the chat.
        chat_type: `group`, `supergroup` or `channel`; None if the object does not tell.
        kind: name of its constructor, such as `channelForbidden`.
        title: title, None if not stored.
        username: main username without "@".
        date: of a group its creation, of a channel the joining of the account (of its
            creator the creation); seconds since 1970 UTC.
        members: number of members as stored.
        is_creator, is_left: flags of the account.
        migrated_to: channel that a basic group became.
    """

    peer: Peer
    chat_type: str | None
    kind: str
    title: str | None = None
    username: str | None = None
    date: int | None = None
    members: int | None = None
    is_creator: bool | None = None
    is_left: bool | None = None
    migrated_to: int | None = None


def read_chat(value: TLObject) -> ChatFacts | None:
    """Reads a `Chat` object, None without an id."""
    fields = value.fields
    number = fields.get("id")
    if number is None:
        return None
    kind = value.constructor.name
    if kind.startswith(("channel", "community")):
        chat_type = None
        if fields.get("megagroup") or fields.get("gigagroup"):
            chat_type = "supergroup"
        elif kind.startswith("channel") and "flags" in fields:
            # Without a flag, too: layers 38 to 40 had channels only.
            chat_type = "channel"
        chat = ChatFacts(Peer("channel", number), chat_type, kind)
    else:
        chat = ChatFacts(Peer("group", number), "group", kind)
    chat.title = fields.get("title") or None
    chat.username, _ = _usernames(fields.get("username") or None, fields)
    date = fields.get("date")
    chat.date = date if isinstance(date, int) and date > 0 else None
    chat.members = fields.get("participants_count")
    if "flags" in fields and any(
        item.name == "creator" for item in value.constructor.fields
    ):
        # The schemas of the first channels, layers 38 to 40, name no flags.
        chat.is_creator = bool(fields.get("creator"))
        chat.is_left = bool(fields.get("left") or fields.get("kicked"))
    elif isinstance(fields.get("left"), bool):
        chat.is_left = fields["left"]
    migrated = fields.get("migrated_to")
    if isinstance(migrated, TLObject):
        chat.migrated_to = migrated.fields.get("channel_id")
    return chat


def _usernames(
    username: str | None, fields: dict[str, Any]
) -> tuple[str | None, list[str]]:
    """Main and further usernames; since layer 147 an account can have several."""
    others = []
    for item in fields.get("usernames") or ():
        name = item.fields.get("username") if isinstance(item, TLObject) else None
        if not name:
            continue
        if username is None and item.fields.get("active"):
            username = name
        elif name != username:
            others.append(name)
    return username, others


def _join(first: Any, last: Any) -> str | None:
    return " ".join(part for part in (first, last) if part) or None
