"""Peers of Postbox (t2), what is cached of them (t18), presence (t20), contacts (t54).

Specification: formats/apple_postbox.md sections 7, 13 and 19 (app versions 5.0 to
12.2). The owner of the account is a user like others: the account state says which one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Final

from telegram_forensics.formats.postbox_actions import describe, time_in_words
from telegram_forensics.formats.postbox_coding import PostboxObject
from telegram_forensics.formats.postbox_ids import (
    describe_peer,
    read_codable_peer,
    read_peer,
    unpack_peer,
)
from telegram_forensics.formats.tl_peers import ChatFacts, Peer, UserFacts

USER_CLASS: Final = "TelegramUser"
GROUP_CLASS: Final = "TelegramGroup"
CHANNEL_CLASS: Final = "TelegramChannel"
SECRET_CLASS: Final = "TelegramSecretChat"

_MUTUAL: Final = 128
_GROUP_CREATOR: Final = 0
_CHANNEL_CREATOR: Final = 2
_BROADCAST: Final = 0
_ACTIVE_NAME: Final = 2
_STATUSES: Final = {
    0: "userStatusEmpty",
    1: "userStatusOnline",
    2: "userStatusRecently",
    3: "userStatusLastWeek",
    4: "userStatusLastMonth",
}
_SEEN: Final = 1
_SECRET_STATES: Final = {0: "terminated", 1: "handshake", 2: "active"}
_SECRET_ROLES: Final = {0: "creator", 1: "participant"}
_USER_FLAGS: Final = {
    1: "verified",
    2: "support",
    4: "scam",
    8: "fake",
    16: "premium",
    32: "close friend",
}
_CHANNEL_FLAGS: Final = {
    1: "verified",
    4: "scam",
    8: "has a location",
    64: "fake",
    128: "gigagroup",
    256: "copy protected",
    2048: "forum",
    8192: "direct messages of a channel",
}
_GROUP_FLAGS: Final = {2: "deactivated", 16: "copy protected"}
_MAXIMUM_JSON: Final = 1 << 20


@dataclass(slots=True)
class SecretChatFacts:
    """A secret chat, as t2 has it.

    Attributes:
        number: id of the chat.
        user: user id of the other party.
        date: creation, seconds since 1970 UTC.
        role: `creator` or `participant`: who began it.
        state: `terminated`, `handshake` or `active`.
        timer: seconds after which messages destroy themselves.
    """

    number: int
    user: int | None = None
    date: int | None = None
    role: str | None = None
    state: str | None = None
    timer: int | None = None


@dataclass(slots=True)
class StoredPeer:
    """A row of t2.

    Attributes:
        value: stored number of the peer.
        user, chat, secret: what it is, at most one of them.
        details: what else is stored, for words.
    """

    value: int
    user: UserFacts | None = None
    chat: ChatFacts | None = None
    secret: SecretChatFacts | None = None
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str | None:
        """Name or title, None if there is none."""
        if self.user is not None:
            return self.user.name
        return None if self.chat is None else self.chat.title

    @property
    def chat_type(self) -> str | None:
        """Type of the dialog with it, as the event model has it."""
        if self.user is not None:
            return "bot" if self.user.is_bot else "user"
        if self.secret is not None:
            return "secret"
        return None if self.chat is None else self.chat.chat_type


def read_stored_peer(key: int, value: PostboxObject) -> StoredPeer:
    """Reads a row of t2: of unknown classes the number only."""
    found = StoredPeer(key)
    reader = _READERS.get(value.name or "")
    if reader is None:
        found.details["class"] = value.label
    else:
        reader(value, found)
    stated = value.integer("i")
    if reader is not None and stated is not None and stated != key:
        found.details["number inside the value"] = stated
    return found


def _names(value: PostboxObject) -> tuple[str | None, list[str]]:
    """Main and further usernames; since 2022 there can be several."""
    main, others = value.text("un"), []
    for item in value.objects("uns"):
        name = item.text("un")
        if name is None:
            continue
        if main is None and (item.integer("f") or 0) & _ACTIVE_NAME:
            main = name
        elif name != main:
            others.append(name)
    return main, others


def _flags(value: PostboxObject, key: str, names: dict[int, str]) -> dict[str, bool]:
    bits = value.integer(key) or 0
    return {name: True for bit, name in names.items() if bits & bit}


def _user(value: PostboxObject, found: StoredPeer) -> None:
    user = found.user = UserFacts(unpack_peer(found.value).number)
    names = (value.text("fn"), value.text("ln"))
    user.name = " ".join(name for name in names if name) or None
    user.username, user.other_usernames = _names(value)
    user.phone = value.text("p")
    user.is_bot = value.object("bi") is not None
    flags = value.integer("fl")
    user.is_mutual = None if flags is None else bool(flags & _MUTUAL)
    found.details.update(_flags(value, "fl", _USER_FLAGS))
    _restriction(value, found)


def _restriction(value: PostboxObject, found: StoredPeer) -> None:
    restriction = value.object("ri")
    if restriction is not None:
        found.details["restricted"] = describe(restriction.fields.get("rs")) or True


def _positive(value: PostboxObject, key: str) -> int | None:
    number = value.integer(key)
    return number if number is not None and number > 0 else None


def _group(value: PostboxObject, found: StoredPeer) -> None:
    number = unpack_peer(found.value).number
    chat = found.chat = ChatFacts(Peer("group", number), "group", GROUP_CLASS)
    chat.title = value.text("t")
    chat.date = value.time("d")
    chat.members = value.integer("pc")
    role = value.object("rv")
    if role is not None:
        chat.is_creator = role.integer("_v") == _GROUP_CREATOR
    membership = value.integer("m")
    if membership is not None:
        chat.is_left = membership != 0
        found.details["removed from the group"] = membership == 2
    migrated = read_peer(value.integer("mr.i"))
    if migrated is not None and migrated.kind == "channel":
        chat.migrated_to = migrated.number
    found.details.update(_flags(value, "f", _GROUP_FLAGS))


def _channel(value: PostboxObject, found: StoredPeer) -> None:
    number = unpack_peer(found.value).number
    kind = value.integer("i.t")
    chat_type = None
    if kind is not None:
        chat_type = "channel" if kind == _BROADCAST else "supergroup"
    chat = found.chat = ChatFacts(Peer("channel", number), chat_type, CHANNEL_CLASS)
    chat.title = value.text("t")
    chat.username, others = _names(value)
    chat.date = value.time("d")
    flags = value.integer("fl")
    if flags is not None:
        chat.is_creator = bool(flags & _CHANNEL_CREATOR)
    membership = value.integer("ps")
    if membership is not None:
        chat.is_left = membership != 0
        found.details["removed from the channel"] = membership == 2
    found.details["further usernames"] = others
    found.details["administrator"] = value.object("ar") is not None
    found.details["banned"] = value.object("br") is not None
    found.details.update(_flags(value, "fl", _CHANNEL_FLAGS))
    _restriction(value, found)


def _secret(value: PostboxObject, found: StoredPeer) -> None:
    secret = found.secret = SecretChatFacts(unpack_peer(found.value).number)
    user = read_peer(value.integer("r"))
    secret.user = None if user is None or user.kind != "user" else user.number
    secret.date = value.time("d")
    secret.role = _SECRET_ROLES.get(_number(value, "o"))
    secret.state = _SECRET_STATES.get(_number(value, "s"))
    secret.timer = _positive(value, "at")


def _number(value: PostboxObject, key: str) -> int:
    number = value.integer(key)
    return -1 if number is None else number


_READERS: Final = {
    USER_CLASS: _user,
    GROUP_CLASS: _group,
    CHANNEL_CLASS: _channel,
    SECRET_CLASS: _secret,
}


@dataclass(slots=True)
class Presence:
    """A row of t20.

    Attributes:
        status: name of the status.
        last_seen: when the user was or will have been online, seconds since 1970 UTC;
            None if that is approximate or absent.
        last_activity: last activity that this installation saw, the same.
        is_hidden: the user hides the time from the account.
    """

    status: str | None = None
    last_seen: int | None = None
    last_activity: int | None = None
    is_hidden: bool = False


def read_presence(value: PostboxObject) -> Presence:
    """Reads the presence of a user."""
    kind = value.integer("v")
    found = Presence(_STATUSES.get(_number(value, "v")))
    if kind == _SEEN:
        found.last_seen = value.time("t")
    found.last_activity = value.time("la")
    found.is_hidden = bool(value.integer("h"))
    return found


@dataclass(slots=True)
class Member:
    """A member of a group.

    Attributes:
        peer: the member.
        role: `member`, `creator` or `administrator`.
        inviter: who invited it.
        time: since when, seconds since 1970 UTC.
    """

    peer: Peer
    role: str
    inviter: Peer | None = None
    time: int | None = None


_ROLES: Final = {0: "member", 1: "creator", 2: "administrator"}


@dataclass(slots=True)
class CachedPeer:
    """A row of t18.

    Attributes:
        kind: its class.
        about: description or biography.
        is_blocked: the account blocks the user.
        members: of a basic group.
        inviter: who invited the account.
        invited: when, seconds since 1970 UTC.
        details: what else is stored, for words.
    """

    kind: str
    about: str | None = None
    is_blocked: bool | None = None
    members: list[Member] = field(default_factory=list)
    inviter: Peer | None = None
    invited: int | None = None
    details: dict[str, Any] = field(default_factory=dict)


def read_cached_peer(value: PostboxObject) -> CachedPeer:
    """Reads what is cached of a peer."""
    found = CachedPeer(value.label)
    found.about = value.text("a") or value.text("ab")
    if value.name == "CachedUserData":
        blocked = value.integer("b")
        found.is_blocked = None if blocked is None else bool(blocked)
        found.details["common groups"] = value.integer("cg") or None
        found.details["birthday"] = _birthday(value)
        found.details["note"] = _json_words(value, "note")
    found.inviter = read_peer(value.integer("invBy"))
    found.invited = value.time("invOn")
    members = value.object("p")
    if members is not None:
        found.members = _members(members)
    status = value.object("pss")
    if status is not None:
        found.details["registered"] = status.text("registrationDate")
        found.details["country of the number"] = status.text("phoneCountry")
        for words, key in (
            ("name changed", "nameChangeDate"),
            ("photo changed", "photoChangeDate"),
            ("asked to join", "requestChatDate"),
        ):
            time = status.time(key)
            found.details[words] = None if time is None else time_in_words(time)
        found.details["asked to join chat"] = status.text("requestChatTitle")
    migrated = value.object("mr")
    if migrated is not None and migrated.integer("p"):
        found.details["was"] = describe_peer(migrated.integer("p") or 0)
    found.details = {
        key: item for key, item in found.details.items() if item is not None
    }
    return found


def _members(value: PostboxObject) -> list[Member]:
    found = []
    for item in value.objects("p"):
        peer = read_peer(item.integer("i"))
        if peer is None:
            continue
        role = _ROLES.get(_number(item, "v"), "member")
        inviter = read_peer(item.integer("b"))
        found.append(Member(peer, role, inviter, item.time("t")))
    return found


def _json(value: PostboxObject, key: str) -> Any:
    data = value.data(key)
    if not data or len(data) > _MAXIMUM_JSON:
        return None
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def _birthday(value: PostboxObject) -> str | None:
    found = _json(value, "bday")
    if not isinstance(found, dict):
        return None
    parts = [found.get(key) for key in ("year", "month", "day")]
    if not all(isinstance(part, int) for part in parts[1:]):
        return _json_words(value, "bday")
    year = "" if not isinstance(parts[0], int) else f"{parts[0]:04d}-"
    return f"{year}{parts[1]:02d}-{parts[2]:02d}"


def _json_words(value: PostboxObject, key: str) -> str | None:
    found = _json(value, key)
    return None if found is None else json.dumps(found, ensure_ascii=False)[:2000]


@dataclass(slots=True)
class DeviceContact:
    """A row of t54: an entry of the phone book of this device.

    Attributes:
        phone: digits.
        name: first and last name.
        identifiers: of the entry in the phone book.
        peer: user with that number, None if there is none.
        is_imported: the entry was uploaded; False if it is to be tried again.
    """

    phone: str
    name: str | None = None
    identifiers: list[str] = field(default_factory=list)
    peer: Peer | None = None
    is_imported: bool | None = None


def read_device_contact(phone: str, value: PostboxObject) -> DeviceContact:
    """Reads an entry of the phone book."""
    found = DeviceContact(phone)
    kind = value.integer("_t")
    found.is_imported = None if kind is None else kind == 0
    data = value.object("d")
    if data is not None:
        names = (data.text("f"), data.text("l"))
        found.name = " ".join(name for name in names if name) or None
        found.identifiers = data.texts("dis")
    found.peer = read_peer(read_codable_peer(value.fields.get("pid")))
    return found
