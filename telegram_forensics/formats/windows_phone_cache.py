"""Caches of Telegram for Windows Phone: users, chats, dialogs with their messages.

Specification: formats/tdlib.md section 12, from the client's own source; UNCONFIRMED
with files of a real telephone. Each file is one TL vector. Its objects begin as those
of Telegram's schema of their time do, and the client's own fields stand behind; not all
of these are known. So the objects are found by their constructors, at steps of four
bytes, and each must hold together: that also finds those behind damage.

A random id in an outgoing message tells that it was composed on this telephone: the
client writes zero if there is none.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.tl_media import read_media
from telegram_forensics.formats.tl_message import ForwardFacts, MessageFacts
from telegram_forensics.formats.tl_object import TLError, TLObject
from telegram_forensics.formats.tl_peers import (
    ChatFacts,
    Peer,
    UserFacts,
    read_chat,
    read_peer,
    read_user,
)
from telegram_forensics.formats.tl_reader import TLStream
from telegram_forensics.formats.tl_schema import schema

VECTOR: Final = 0x1CB5C415
_NULL: Final = 0x56730BCC
MAXIMUM_FILE: Final = 128 << 20
_PEERS: Final = {
    0x9DB1BC6D: "user",
    0xBAD0E5BB: "group",
    0xBDDDE532: "channel",
    0xFFFFFF04: "secret",
}
# Constructors of messages, as in the schema, with the layer as the client names them.
_MESSAGES: Final = {
    0x44F9B43D: 73,
    0x90DDDC11: 70,
    0xC09BE45F: 48,
    0xC992E15C: 45,
    0x5BA66C13: 40,
    0x2BEBFA86: 36,
    0xF07814C8: 34,
    0xC3060325: 31,
    0xA7AB1991: 25,
    0x567699B3: 17,
}
_SERVICES: Final = {0x9E19A1F6: 49, 0xC06B9607: 40, 0x1D86F70E: 17}
_DIALOGS: Final = {
    0xE4DEF5DB: 71,
    0x66FFBA14: 53,
    0xC1DD804A: 24,
    0xAB3A99AC: 8,
    0xFFFFFF02: 0,
}
_OUT, _FORWARD, _REPLY, _MENTION = 1 << 1, 1 << 2, 1 << 3, 1 << 4
_MARKUP, _ENTITIES, _MEDIA, _VIEWS = 1 << 6, 1 << 7, 1 << 9, 1 << 10
_VIA_BOT, _EDITED, _AUTHOR, _GROUPED = 1 << 11, 1 << 15, 1 << 16, 1 << 17
_KNOWN_FLAGS: Final = 0x3FFFFF
# From 2013 to 2038.
_FIRST: Final = 1_356_998_400
_STATES: Final = {
    0: None,
    1: "sending",
    2: "failed",
    3: None,
    4: "broadcast",
    5: "sending",
}
_MAXIMUM_CUSTOM: Final = 1 << 20
_MAXIMUM_OBJECTS: Final = 1_000_000
_WINDOW: Final = 1 << 16


@dataclass(slots=True)
class PhoneMessage:
    """A message.

    Attributes:
        facts: what all clients' messages have in common.
        chat: its chat.
        offset: of its constructor.
        random_id: that it was sent with, None if there is none.
        is_random_id_known: whether one is stored could be read.
        state: `sending`, `failed` or None.
        is_read: status of an outgoing message says that it was read.
        problem: why reading ended early.
    """

    facts: MessageFacts
    chat: Peer
    offset: int
    random_id: int | None = None
    is_random_id_known: bool = False
    state: str | None = None
    is_read: bool | None = None
    problem: FormatError | None = None


@dataclass(slots=True)
class PhoneDialog:
    """A row of the list of chats.

    Attributes:
        peer: the chat; of a secret one the encrypted chat's id.
        top_message: id of the last message.
        read_inbox, read_outbox: last message that the account, the other side has read.
        unread: number of unread messages.
        offset: of its constructor.
    """

    peer: Peer
    top_message: int | None
    read_inbox: int | None
    read_outbox: int | None
    unread: int | None
    offset: int


@dataclass(slots=True)
class PhoneCache:
    """What a file holds.

    Attributes:
        count: number of objects that its vector names.
        users, chats, dialogs, messages: what was found, with the offsets.
        is_cut: there was more than is read.
    """

    count: int
    users: list[tuple[int, UserFacts]]
    chats: list[tuple[int, ChatFacts]]
    dialogs: list[PhoneDialog]
    messages: list[PhoneMessage]
    is_cut: bool = False


def is_cache(data: bytes) -> bool:
    """Tells by its beginning if a file is a cache."""
    if len(data) < 8:
        return False
    vector, count = struct.unpack_from("<II", data)
    return bool(vector == VECTOR and count <= _MAXIMUM_OBJECTS)


def read_cache(data: bytes, account: int | None = None) -> PhoneCache:
    """Reads a file.

    Args:
        data: its content.
        account: user id of the account, which tells the chat of its messages.

    Raises:
        FormatError: if it is no cache.
    """
    if not is_cache(data):
        raise FormatError(0, "no vector of objects")
    cache = PhoneCache(struct.unpack_from("<I", data, 4)[0], [], [], [], [])
    for number, (offset, kind, identifier) in enumerate(_candidates(data)):
        if number >= _MAXIMUM_OBJECTS:
            cache.is_cut = True
            break
        # No object of the client is larger: what claims to be is not read to its end.
        window = data[offset : offset + _WINDOW]
        if kind in ("User", "Chat"):
            _read_peer_object(cache, window, offset, kind)
        else:
            _read_other(cache, window, offset, kind, identifier, account)
    return cache


def _candidates(data: bytes) -> Iterator[tuple[int, str, int]]:
    kinds = _kinds()
    words = memoryview(data)[: len(data) // 4 * 4].cast("I")
    for index in range(2, len(words)):
        kind = kinds.get(words[index])
        if kind is not None:
            yield index * 4, kind, words[index]


def _kinds() -> dict[int, str]:
    kinds = {
        constructor.constructor_id: constructor.result_type
        for constructor in schema()
        if constructor.result_type in ("User", "Chat") and constructor.fields
    }
    kinds |= dict.fromkeys(_MESSAGES, "message")
    kinds |= dict.fromkeys(_SERVICES, "service")
    kinds |= dict.fromkeys(_DIALOGS, "dialog")
    return kinds


def _read_other(
    cache: PhoneCache,
    window: bytes,
    offset: int,
    kind: str,
    identifier: int,
    account: int | None,
) -> None:
    """Reads a dialog or message, if what stands there holds together."""
    stream = TLStream(window, 4)
    try:
        if kind == "dialog":
            cache.dialogs.append(_read_dialog(stream, identifier, offset))
        else:
            message = _read_message(stream, kind, identifier, offset)
            _set_chat(message, account)
            cache.messages.append(message)
    except (FormatError, ValueError):
        # No such object: the number stands there by chance.
        return


def _read_peer_object(cache: PhoneCache, window: bytes, offset: int, kind: str) -> None:
    try:
        value: Any = TLStream(window).read_object(kind)
    except TLError as exception:
        # Photos and rights may be stored in a form of the client's own.
        value = exception.partial
    if not isinstance(value, TLObject):
        return
    if kind == "User":
        user = read_user(value)
        if user is not None and user.identifier > 0 and (user.name or user.phone):
            cache.users.append((offset, user))
        return
    chat = read_chat(value)
    if chat is not None and chat.peer.number > 0 and chat.title:
        cache.chats.append((offset, chat))


def _read_peer(stream: TLStream) -> Peer:
    kind = _PEERS.get(stream.read_uint32())
    number = stream.read_int32()
    if kind is None or (number <= 0 and kind != "secret"):
        raise FormatError(stream.offset - 8, "no peer")
    return Peer(kind, number)


def _read_dialog(stream: TLStream, identifier: int, offset: int) -> PhoneDialog:
    layer = _DIALOGS[identifier]
    if layer >= 53:
        stream.read_uint32()
    peer = _read_peer(stream)
    if layer == 0:
        stream.read_int64()
        unread = stream.read_int32()
        _check(unread >= 0, stream)
        return PhoneDialog(peer, None, None, None, unread, offset)
    top = stream.read_int32()
    inbox = stream.read_int32() if layer >= 24 else 0
    outbox = stream.read_int32() if layer >= 53 else 0
    unread = stream.read_int32()
    _check(min(top, inbox, outbox, unread) >= 0 and peer.kind != "secret", stream)
    return PhoneDialog(peer, top or None, inbox or None, outbox or None, unread, offset)


def _check(is_right: bool, stream: TLStream) -> None:
    if not is_right:
        raise FormatError(stream.offset, "does not hold together")


def _read_message(
    stream: TLStream, kind: str, identifier: int, offset: int
) -> PhoneMessage:
    layer = (_SERVICES if kind == "service" else _MESSAGES)[identifier]
    bits = stream.read_uint32()
    _check(not bits & ~_KNOWN_FLAGS, stream)
    facts = MessageFacts("message", is_plain=False)
    message = PhoneMessage(facts, Peer("user", 0), offset)
    facts.identifier = stream.read_int32() or None
    # Written always, -1 where nobody is named.
    sender = stream.read_int32()
    facts.sender = Peer("user", sender) if sender > 0 else None
    facts.chat = _read_peer(stream)
    facts.is_outgoing = bool(bits & _OUT)
    facts.is_mentioned = bool(bits & _MENTION)
    if kind == "service":
        if layer >= 49 and bits & _REPLY:
            facts.reply_to = stream.read_int32() or None
    else:
        _read_origin(stream, facts, bits, layer)
    facts.date = stream.read_int32()
    _check(facts.date >= _FIRST and (facts.identifier or 0) >= 0, stream)
    if kind == "service":
        _read_action(stream, message)
        return message
    text = stream.read_string()
    _check("\0" not in text and not stream.damaged_text, stream)
    facts.text = text or None
    try:
        _read_rest(stream, message, bits, layer)
    except (FormatError, ValueError) as exception:
        message.is_random_id_known = False
        message.random_id = message.state = message.is_read = None
        reason = getattr(exception, "reason", str(exception))
        message.problem = FormatError(
            offset + stream.offset, f"end of the message: {reason}"
        )
    return message


def _read_origin(stream: TLStream, facts: MessageFacts, bits: int, layer: int) -> None:
    if bits & _FORWARD and layer >= 48:
        header = stream.read_object("MessageFwdHeader").fields
        origin = read_peer(header.get("from_id"))
        channel = header.get("channel_id")
        facts.forward = ForwardFacts(
            sender=Peer("channel", channel) if channel else origin,
            date=header.get("date"),
            post=header.get("channel_post"),
            author=header.get("post_author"),
        )
    elif bits & _FORWARD and layer >= 25:
        if layer >= 40:
            origin = _read_peer(stream)
        else:
            origin = Peer("user", stream.read_int32())
        facts.forward = ForwardFacts(sender=origin, date=stream.read_int32())
    if bits & _VIA_BOT and layer >= 45:
        facts.via_bot = stream.read_int32() or None
    if bits & _REPLY and layer >= 25:
        facts.reply_to = stream.read_int32() or None


def _read_action(stream: TLStream, message: PhoneMessage) -> None:
    try:
        action = stream.read_object("MessageAction")
    except TLError as exception:
        partial = exception.partial
        if not isinstance(partial, TLObject):
            raise
        message.facts.action = partial.name
        message.problem = FormatError(
            message.offset + exception.offset, "end of the action"
        )
        return
    message.facts.action = action.name
    title = action.fields.get("title")
    if isinstance(title, str):
        message.facts.action_details = {"title": title}


def _read_rest(stream: TLStream, message: PhoneMessage, bits: int, layer: int) -> None:
    """Reads what stands behind the text; the client's own fields are the last."""
    facts = message.facts
    if layer < 40 or bits & _MEDIA:
        facts.media = read_media(stream.read_object("MessageMedia"))
    if bits & _MARKUP and layer >= 31:
        stream.read_object("ReplyMarkup")
    if bits & _ENTITIES and layer >= 34:
        facts.links = _links(stream.read_vector("MessageEntity"))
    if bits & _VIEWS and layer >= 40:
        facts.views = stream.read_int32() or None
    if bits & _EDITED and layer >= 48:
        facts.edited = stream.read_int32() or None
    if bits & _AUTHOR and layer >= 70:
        facts.author = stream.read_string() or None
    if bits & _GROUPED and layer >= 73:
        facts.grouped = stream.read_int64() or None
    if layer >= 31:
        _skip_custom_flags(stream)
    random_id = stream.read_int64()
    status = stream.read_int32()
    _check(status in _STATES, stream)
    message.random_id = random_id or None
    message.is_random_id_known = True
    message.state = _STATES[status]
    if facts.is_outgoing and status in (0, 3):
        message.is_read = status == 3 or None


def _links(entities: list[Any]) -> list[str] | None:
    found = []
    for entity in entities:
        url = entity.fields.get("url") if isinstance(entity, TLObject) else None
        if isinstance(url, str):
            found.append(url)
    return found or None


def _skip_custom_flags(stream: TLStream) -> None:
    """Skips the client's own flags: 64 bits, or a word that stands for none."""
    if stream.read_uint32() == _NULL:
        return
    stream.offset -= 4
    _check(0 <= stream.read_int64() < _MAXIMUM_CUSTOM, stream)


def _set_chat(message: PhoneMessage, account: int | None) -> None:
    """The chat of a private message is the other party."""
    facts = message.facts
    target = facts.chat or Peer("user", 0)
    is_own = facts.is_outgoing or facts.sender is None
    # To somebody else than the account: that is the chat.
    is_elsewhere = account is not None and target.number != account
    is_private = target.kind == "user" and not is_own and not is_elsewhere
    message.chat = facts.sender if is_private and facts.sender else target
