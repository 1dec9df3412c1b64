"""What the requests and answers in Telegram Desktop's mtp_*.txt say.

Specification: formats/telegram_desktop.md section 6.2. Found are messages that this
installation asked the server to send, messages that the server delivered, the list of
sessions, what the client announced of itself, and which permanent key stands behind a
temporary one.

The id of a request is the client's server-corrected UTC time in its upper 32 bits
(MTProto, "message identifier"), so a request has a UTC time beside the local time of
its line. The server's own time of a message stands in the answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from telegram_forensics.formats.tdesktop_mtp_dump import Dump, DumpObject, walk

_MASK_64: Final = (1 << 64) - 1
_MAXIMUM_NAMES: Final = 100_000
_MAXIMUM_SEEN: Final = 1_000_000

# Method -> meaning, for requests worth a code of their own.
REQUESTS: Final = {
    "account_getAuthorizations": "sessions_list_request",
    "account_initTakeoutSession": "export_request",
    "account_resetAuthorization": "session_reset_request",
    "auth_acceptLoginToken": "login_of_other_device_request",
    "auth_bindTempAuthKey": "key_bound",
    "auth_checkPassword": "login_request",
    "auth_importLoginToken": "login_request",
    "auth_logOut": "log_out_request",
    "auth_resetAuthorizations": "session_reset_request",
    "auth_sendCode": "login_request",
    "auth_signIn": "login_request",
    "messages_deleteHistory": "delete_request",
    "messages_deleteMessages": "delete_request",
    "channels_deleteMessages": "delete_request",
    "messages_editMessage": "edit_request",
    "messages_forwardMessages": "message_request",
    "messages_saveDraft": "draft_request",
    "messages_sendInlineBotResult": "message_request",
    "messages_sendMedia": "message_request",
    "messages_sendMessage": "message_request",
    "messages_sendMultiMedia": "message_request",
    "phone_acceptCall": "call_request",
    "phone_requestCall": "call_request",
}
_MEDIA: Final = {
    "messageMediaContact": "contact",
    "messageMediaDice": "dice",
    "messageMediaDocument": "document",
    "messageMediaGame": "game",
    "messageMediaGeo": "geo",
    "messageMediaGeoLive": "live_location",
    "messageMediaGiveaway": "giveaway",
    "messageMediaGiveawayResults": "giveaway",
    "messageMediaInvoice": "invoice",
    "messageMediaPaidMedia": "paid_media",
    "messageMediaPhoto": "photo",
    "messageMediaPoll": "poll",
    "messageMediaStory": "story",
    "messageMediaToDo": "todo",
    "messageMediaUnsupported": "unsupported",
    "messageMediaVenue": "venue",
    "messageMediaWebPage": "webpage",
    "inputMediaContact": "contact",
    "inputMediaDice": "dice",
    "inputMediaDocument": "document",
    "inputMediaGeoLive": "live_location",
    "inputMediaGeoPoint": "geo",
    "inputMediaPhoto": "photo",
    "inputMediaPoll": "poll",
    "inputMediaUploadedDocument": "document",
    "inputMediaUploadedPhoto": "photo",
    "inputMediaVenue": "venue",
}
_PEERS: Final = {
    "peerUser": ("user", "user_id"),
    "peerChat": ("group", "chat_id"),
    "peerChannel": ("channel", "channel_id"),
    "inputPeerUser": ("user", "user_id"),
    "inputPeerUserFromMessage": ("user", "user_id"),
    "inputPeerChat": ("group", "chat_id"),
    "inputPeerChannel": ("channel", "channel_id"),
    "inputPeerChannelFromMessage": ("channel", "channel_id"),
}


@dataclass(frozen=True, slots=True)
class Peer:
    """A chat or user.

    Attributes:
        kind: "user", "group", "channel" (supergroups included), or "saved" for the
            account itself.
        bare: its own id, None for the account itself.
    """

    kind: str
    bare: int | None


@dataclass(slots=True)
class Connection:
    """Where a dump was seen.

    Attributes:
        name: data center and purpose, such as "2_main".
        key_id: id of the key that encrypted it.
        permanent_key_id: id of the permanent key behind it, if a binding was seen.
    """

    name: str
    key_id: int | None
    permanent_key_id: int | None = None

    @property
    def is_main(self) -> bool:
        """Whether it is the connection to the account's home data center."""
        return self.name.endswith("_main")

    @property
    def data_center(self) -> int | None:
        """Number of the data center."""
        number = self.name.partition("_")[0]
        return int(number) if number.isdecimal() and len(number) < 10 else None


@dataclass(slots=True)
class SentMessage:
    """A message that this installation asked the server to send.

    Attributes:
        offset: of the log entry in the file.
        connection: connection of the request.
        method: method of the request.
        sent: server-corrected UTC time of the request, seconds since 1970-01-01.
        message_id: id that the server gave it, None if no answer is in this file.
        date: server's time of the message, seconds since 1970-01-01 UTC, None if no
            answer in this file tells it.
        error: the server refused it.
        scheduled: it was to be sent at this time (seconds since 1970-01-01 UTC).
    """

    offset: int
    connection: Connection
    method: str
    sent: int | None
    peer: Peer | None
    text: str | None
    media_type: str | None = None
    reply_to: int | None = None
    random_id: int | None = None
    message_id: int | None = None
    date: int | None = None
    forwarded_id: int | None = None
    error: str | None = None
    scheduled: int | None = None
    file_name: str | None = None


@dataclass(slots=True)
class SeenMessage:
    """A message that the server delivered.

    Attributes:
        date: seconds since 1970-01-01 UTC, server clock.
        action: constructor of a service message.
        call: of a call, its object.
    """

    offset: int
    connection: Connection
    message_id: int | None
    peer: Peer | None
    sender: Peer | None
    is_outgoing: bool
    date: int | None
    text: str | None
    edited: int | None = None
    media_type: str | None = None
    reply_to: int | None = None
    forwarded_from: Peer | None = None
    forwarded_from_name: str | None = None
    forwarded_date: int | None = None
    via_bot: int | None = None
    grouped: int | None = None
    action: str | None = None
    call: DumpObject | None = None
    file_name: str | None = None
    file_size: int | None = None


@dataclass(frozen=True, slots=True)
class SeenSession:
    """An entry of the account's list of sessions. Times: seconds since 1970 UTC."""

    offset: int
    connection: Connection
    is_current: bool
    hash: int | None
    device_model: str | None
    platform: str | None
    system_version: str | None
    client_name: str | None
    client_version: str | None
    created: int | None
    active: int | None
    ip: str | None
    country: str | None
    region: str | None


@dataclass(frozen=True, slots=True)
class Announcement:
    """What the client said of itself when it connected (initConnection)."""

    offset: int
    connection: Connection
    device_model: str | None
    system_version: str | None
    client_version: str | None


Record = SentMessage | SeenMessage | SeenSession | Announcement


@dataclass(slots=True)
class PeerNames:
    """Names that the answers give, by id.

    Attributes:
        users: names of users; bots: those that are bots.
        chats: titles by kind and id; supergroups: channels that are supergroups.
    """

    users: dict[int, str] = field(default_factory=dict)
    bots: set[int] = field(default_factory=set)
    chats: dict[tuple[str, int], str] = field(default_factory=dict)
    supergroups: set[int] = field(default_factory=set)
    self_ids: set[int] = field(default_factory=set)

    @property
    def self_id(self) -> int | None:
        """User id of the account, None if the log shows none or several."""
        return next(iter(self.self_ids)) if len(self.self_ids) == 1 else None


class MtpHistory:
    """Collects what the dumps of one file say.

    Attributes:
        names: names of peers seen so far.
        bindings: id of the permanent key by that of the temporary one.
    """

    def __init__(self, bindings: dict[int, int] | None = None) -> None:
        self.names = PeerNames()
        self.bindings: dict[int, int] = dict(bindings or {})
        self._by_random: dict[int, SentMessage] = {}
        self._by_request: dict[int, list[SentMessage]] = {}
        self._pending: dict[int, SentMessage] = {}
        self._sent_ids: set[tuple[object, ...]] = set()
        self._seen: set[tuple[object, ...]] = set()

    def add(self, offset: int, dump: Dump) -> Iterator[Record]:
        """Records of a dump. Sent messages come when their answer does, or at `end`.

        Args:
            offset: offset of its entry in the file.
            dump: request or answer.
        """
        connection = Connection(dump.connection, dump.key_id)
        if dump.is_sent:
            request_id = None
            for item in walk(dump.root):
                if item.name == "core_message":
                    request_id = item.number("msg_id")
                    continue
                yield from self._request(offset, connection, request_id, item)
            return
        # The names of an answer stand behind its messages.
        for item in walk(dump.root):
            self._learn_name(item)
        confirmed: list[SentMessage] = []
        for item in walk(dump.root):
            if item.name == "rpc_result":
                confirmed += self._result(item)
            elif item.name == "updateMessageID":
                confirmed += self._message_id(item)
        for item in walk(dump.root):
            if item.name == "message" and confirmed:
                _set_date(confirmed, item)
            yield from self._answer(offset, connection, item)
        yield from confirmed

    def end(self) -> Iterator[SentMessage]:
        """Sent messages whose answer is not in the file."""
        yield from self._pending.values()
        self._pending.clear()

    def permanent_key_id(self, connection: Connection) -> int | None:
        """Id of the permanent key behind a connection's key, None if not known."""
        if connection.key_id is None:
            return None
        return self.bindings.get(connection.key_id)

    def _request(
        self,
        offset: int,
        connection: Connection,
        request_id: int | None,
        item: DumpObject,
    ) -> Iterator[Record]:
        if item.name == "auth_bindTempAuthKey":
            permanent = item.number("perm_auth_key_id")
            if permanent is not None and connection.key_id is not None:
                self.bindings[connection.key_id] = permanent & _MASK_64
        elif item.name == "initConnection":
            values = tuple(
                item.text(name)
                for name in ("device_model", "system_version", "app_version")
            )
            if self._is_new("announced", connection.name, *values):
                yield Announcement(offset, connection, *values)
        elif REQUESTS.get(item.name) == "message_request":
            for message in _sent_messages(offset, connection, request_id, item):
                self._pending[id(message)] = message
                if message.random_id is not None:
                    self._by_random[message.random_id & _MASK_64] = message
                if request_id is not None:
                    self._by_request.setdefault(request_id, []).append(message)

    def _answer(
        self, offset: int, connection: Connection, item: DumpObject
    ) -> Iterator[Record]:
        if item.name in ("message", "messageService"):
            message = _seen_message(offset, connection, item)
            if (
                _sent_key(connection, message.peer, message.message_id)
                in self._sent_ids
            ):
                return
            key = (message.peer, message.message_id, message.edited, message.date)
            if self._is_new("message", *key):
                yield message
        elif item.name in ("updateShortMessage", "updateShortChatMessage"):
            message = _short_message(offset, connection, item)
            if self._is_new("message", message.peer, message.message_id, message.date):
                yield message
        elif item.name == "authorization" and "date_created" in item.fields:
            session = _seen_session(offset, connection, item)
            if self._is_new("session", session.hash, session.active):
                yield session

    def _result(self, item: DumpObject) -> Iterator[SentMessage]:
        sent = self._by_request.pop(item.number("req_msg_id") or 0, [])
        result = item.child("result")
        if result is None:
            return
        for message in sent:
            if result.name == "rpc_error":
                message.error = result.text("error_message") or "refused"
                yield from self._confirm(message, None)
            elif result.name == "updateShortSentMessage":
                message.date = result.number("date")
                yield from self._confirm(message, result.number("id"))

    def _message_id(self, item: DumpObject) -> Iterator[SentMessage]:
        random_id = item.number("random_id")
        if random_id is not None:
            sent = self._by_random.pop(random_id & _MASK_64, None)
            if sent is not None:
                yield from self._confirm(sent, item.number("id"))

    def _confirm(
        self, sent: SentMessage, message_id: int | None
    ) -> Iterator[SentMessage]:
        if self._pending.pop(id(sent), None) is not None:
            sent.message_id = message_id
            if message_id is not None:
                self._sent_ids.add(_sent_key(sent.connection, sent.peer, message_id))
            yield sent

    def _is_new(self, *key: object) -> bool:
        if key in self._seen:
            return False
        if len(self._seen) < _MAXIMUM_SEEN:
            self._seen.add(key)
        return True

    def _learn_name(self, item: DumpObject) -> None:
        names = self.names
        number = item.number("id")
        if number is None or len(names.users) + len(names.chats) > _MAXIMUM_NAMES:
            return
        if item.name == "user":
            parts = (item.text("first_name"), item.text("last_name"))
            name = " ".join(part for part in parts if part)
            if name:
                names.users[number] = name
            if item.is_set("bot"):
                names.bots.add(number)
            if item.is_set("self"):
                names.self_ids.add(number)
        elif item.name in ("chat", "channel"):
            kind = "group" if item.name == "chat" else "channel"
            title = item.text("title")
            if title:
                names.chats[kind, number] = title
            if item.is_set("megagroup"):
                names.supergroups.add(number)


def _sent_key(
    connection: Connection, peer: Peer | None, message_id: int | None
) -> tuple[object, ...]:
    """What tells a message apart: ids count per account, in channels per channel."""
    channel = peer.bare if peer is not None and peer.kind == "channel" else None
    return connection.key_id, channel, message_id


def _set_date(confirmed: list[SentMessage], item: DumpObject) -> None:
    for sent in confirmed:
        if sent.message_id == item.number("id") and item.is_set("out"):
            sent.date = item.number("date")


def _peer(value: DumpObject | None) -> Peer | None:
    if value is None:
        return None
    if value.name in ("inputPeerSelf", "inputUserSelf"):
        return Peer("saved", None)
    kind, name = _PEERS.get(value.name, (None, ""))
    bare = value.number(name) if kind else None
    return Peer(kind, bare) if kind and bare is not None else None


def _reply_to(value: DumpObject) -> int | None:
    """The message that is replied to, in the forms of all layers."""
    reply = value.child("reply_to")
    if reply is not None:
        return reply.number("reply_to_msg_id")
    return value.number("reply_to_msg_id")


def _sent_messages(
    offset: int, connection: Connection, request_id: int | None, item: DumpObject
) -> Iterator[SentMessage]:
    sent = request_id >> 32 if request_id is not None and request_id > 0 else None
    peer = _peer(item.child("to_peer") or item.child("peer"))
    schedule = item.number("schedule_date")

    def make(
        text: str | None, media: DumpObject | None, random_id: int | None
    ) -> SentMessage:
        message = SentMessage(offset, connection, item.name, sent, peer, text)
        message.random_id = random_id
        message.reply_to = _reply_to(item)
        message.scheduled = schedule
        if media is not None:
            message.media_type = _MEDIA.get(media.name, media.name)
            message.file_name = _file_name(media)
        return message

    if item.name == "messages_sendMultiMedia":
        vector = item.child("multi_media")
        for single in vector.items if vector else ():
            if isinstance(single, DumpObject):
                yield make(
                    single.text("message"),
                    single.child("media"),
                    single.number("random_id"),
                )
    elif item.name == "messages_forwardMessages":
        vectors = [item.child(name) for name in ("id", "random_id")]
        identifiers, randoms = (
            [value for value in vector.items if type(value) is int] if vector else []
            for vector in vectors
        )
        for number, forwarded_id in enumerate(identifiers):
            random_id = randoms[number] if number < len(randoms) else None
            message = make(None, None, random_id)
            message.forwarded_id = forwarded_id
            yield message
    else:
        yield make(item.text("message"), item.child("media"), item.number("random_id"))


def _file_name(value: DumpObject) -> str | None:
    for inner in walk(value):
        if inner.name == "documentAttributeFilename":
            return inner.text("file_name")
    return None


def _document_type(media: DumpObject) -> str:
    """Kind of a document by its attributes, as the client shows it."""
    found = {inner.name: inner for inner in walk(media)}
    audio = found.get("documentAttributeAudio")
    video = found.get("documentAttributeVideo")
    if "documentAttributeSticker" in found:
        return "sticker"
    if "documentAttributeAnimated" in found:
        return "animation"
    if video is not None:
        return "video_message" if video.is_set("round_message") else "video"
    if audio is not None:
        return "voice" if audio.is_set("voice") else "audio"
    return "document"


def _seen_message(offset: int, connection: Connection, item: DumpObject) -> SeenMessage:
    message = SeenMessage(
        offset,
        connection,
        item.number("id"),
        _peer(item.child("peer_id") or item.child("to_id")),
        _peer(item.child("from_id")),
        item.is_set("out"),
        item.number("date"),
        item.text("message"),
        edited=item.number("edit_date"),
        reply_to=_reply_to(item),
        via_bot=item.number("via_bot_id"),
        grouped=item.number("grouped_id"),
    )
    media = item.child("media")
    if media is not None and media.name != "messageMediaEmpty":
        message.media_type = _MEDIA.get(media.name, media.name)
        if media.name == "messageMediaDocument":
            message.media_type = _document_type(media)
            message.file_name = _file_name(media)
            document = media.child("document")
            message.file_size = document.number("size") if document else None
    forward = item.child("fwd_from")
    if forward is not None:
        message.forwarded_from = _peer(forward.child("from_id"))
        message.forwarded_from_name = forward.text("from_name")
        message.forwarded_date = forward.number("date")
    action = item.child("action")
    if action is not None:
        message.action = action.name
        if action.name == "messageActionPhoneCall":
            message.call = action
    return message


def _short_message(
    offset: int, connection: Connection, item: DumpObject
) -> SeenMessage:
    is_outgoing = item.is_set("out")
    user = item.number("user_id") or item.number("from_id")
    chat = item.number("chat_id")
    peer = Peer("group", chat) if chat is not None else None
    if peer is None and user is not None:
        peer = Peer("user", user)
    sender = None
    if user is not None and (chat is not None or not is_outgoing):
        sender = Peer("user", user)
    return SeenMessage(
        offset,
        connection,
        item.number("id"),
        peer,
        sender,
        is_outgoing,
        item.number("date"),
        item.text("message"),
        reply_to=_reply_to(item),
        via_bot=item.number("via_bot_id"),
    )


def _seen_session(offset: int, connection: Connection, item: DumpObject) -> SeenSession:
    return SeenSession(
        offset,
        connection,
        item.is_set("current"),
        item.number("hash"),
        item.text("device_model"),
        item.text("platform"),
        item.text("system_version"),
        item.text("app_name"),
        item.text("app_version"),
        item.number("date_created"),
        item.number("date_active"),
        item.text("ip"),
        item.text("country"),
        item.text("region"),
    )
