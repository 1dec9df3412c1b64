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
from typing import Final

from telegram_forensics.formats import tdesktop_mtp_objects as mtp_objects
from telegram_forensics.formats.tdesktop_mtp_dump import Dump, DumpObject, walk
from telegram_forensics.formats.tdesktop_mtp_records import (
    Announcement,
    Connection,
    Peer,
    PeerNames,
    Record,
    SentMessage,
)

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
            for message in mtp_objects.sent_messages(
                offset, connection, request_id, item
            ):
                self._pending[id(message)] = message
                if message.random_id is not None:
                    self._by_random[message.random_id & _MASK_64] = message
                if request_id is not None:
                    self._by_request.setdefault(request_id, []).append(message)

    def _answer(
        self, offset: int, connection: Connection, item: DumpObject
    ) -> Iterator[Record]:
        if item.name in ("message", "messageService"):
            message = mtp_objects.seen_message(offset, connection, item)
            if (
                _sent_key(connection, message.peer, message.message_id)
                in self._sent_ids
            ):
                return
            key = (message.peer, message.message_id, message.edited, message.date)
            if self._is_new("message", *key):
                yield message
        elif item.name in ("updateShortMessage", "updateShortChatMessage"):
            message = mtp_objects.short_message(offset, connection, item)
            if self._is_new("message", message.peer, message.message_id, message.date):
                yield message
        elif item.name == "authorization" and "date_created" in item.fields:
            session = mtp_objects.seen_session(offset, connection, item)
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
