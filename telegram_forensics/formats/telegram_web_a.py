"""What Web A (and Z) caches: users, chats, messages, drafts in `tt-global-state`.

Specification: formats/telegram_web.md section 6.2. One value holds the whole tree,
`tt-global-state` for the first account and `tt-global-state_<slot>` for the others, in
IndexedDB (`tt-data`, early `keyval-store`) or, in the first builds, as JSON text in
localStorage. Names of fields beyond those of the specification are those of the
published client; forms of older builds are read as well.

A chat's identifier is the user's, or negative: from -10^12 downwards it is a channel
or supergroup, else a basic group, in older builds a channel too, which the chat's type
tells.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any, Final

from telegram_forensics.formats.telegram_web_media import read_content
from telegram_forensics.formats.telegram_web_store import (
    CachedDraft,
    CachedFact,
    Versions,
    WebCache,
    WebChat,
    WebMessage,
    WebUser,
)
from telegram_forensics.formats.telegram_web_values import (
    WEB_A,
    Source,
    read_identifier,
    read_number,
    read_seconds,
    read_text,
)
from telegram_forensics.formats.tl_message import ForwardFacts, MessageFacts
from telegram_forensics.formats.tl_peers import ChatFacts, Peer, UserFacts

STATE: Final = re.compile(r"tt-global-state(?:_([1-9][0-9]?))?")
SHARED_STATE: Final = "tt-shared-state"
_CHANNEL: Final = 10**12
_TYPES: Final = {
    "chatTypeBasicGroup": "group",
    "chatTypeSuperGroup": "supergroup",
    "chatTypeChannel": "channel",
}
_SECOND: Final = 1_000_000


def slot_of(key: str) -> int | None:
    """Number of the account of a state, None if the key is no state's."""
    match = STATE.fullmatch(key)
    return int(match[1] or 1) if match else None


class ACache:
    """Reads versions of `tt-global-state`.

    Attributes:
        cache: what was read.
    """

    def __init__(self, client: str = WEB_A) -> None:
        self.cache = WebCache()
        self._client = client
        self._versions = {
            kind: Versions() for kind in ("message", "user", "chat", "draft", "fact")
        }

    def add(self, slot: int | None, state: Any, source: Source) -> None:
        """Reads a version of the state; the order of versions does not matter."""
        if not isinstance(state, dict):
            self.cache.unread.append((source, "state of the client is no object"))
            return
        account = read_identifier(state.get("currentUserId"))
        _State(self, slot, account, state, source).read()

    def finish(self) -> WebCache:
        """Gives what was read, of equal records the one that says most."""
        cache = self.cache
        cache.messages = self._versions["message"].records()
        cache.users = self._versions["user"].records()
        cache.chats = self._versions["chat"].records()
        cache.drafts = self._versions["draft"].records()
        cache.facts = self._versions["fact"].records()
        return cache

    @property
    def client(self) -> str:
        """Name of the client."""
        return self._client

    def keep(self, kind: str, key: Any, record: Any) -> None:
        """Keeps a record under what makes it the same as another one."""
        self._versions[kind].add(key, record)


class _State:
    """One version of the tree."""

    def __init__(
        self,
        reader: ACache,
        slot: int | None,
        account: str | None,
        state: dict[str, Any],
        source: Source,
    ) -> None:
        self._reader = reader
        self._slot = slot
        self._account = account
        self._state = state
        self._source = source
        self._chats = _children(_child(state, "chats"), "byId")

    def read(self) -> None:
        """Reads everything."""
        users = _child(self._state, "users")
        statuses = _children(users, "statusesById")
        for key, value in _children(users, "byId").items():
            self._read_user(key, value, statuses.get(key))
        for key, value in self._chats.items():
            self._read_chat(key, value)
        for key, value in _children(
            _child(self._state, "messages"), "byChatId"
        ).items():
            peer, chat_type = self._peer(key)
            if peer is None or not isinstance(value, dict):
                self._give_up(f"messages of chat {key}")
                continue
            for number, message in _children(value, "byId").items():
                self._read_message(peer, chat_type, number, message)
            for thread, item in _children(value, "threadsById").items():
                self._read_draft(peer, thread, item)
        passcode = _child(self._state, "passcode")
        if passcode.get("hasPasscode") is True:
            self._keep_fact("passcode", "set")
        version = read_number(self._state.get("cacheVersion"))
        if version is not None:
            self._keep_fact("cacheVersion", str(version))

    def _keep_fact(self, name: str, value: str) -> None:
        fact = CachedFact(
            self._reader.client, self._account, self._slot, name, value, self._source
        )
        self._reader.keep("fact", (self._account, self._slot, name, value), fact)

    def _peer(self, key: str) -> tuple[Peer | None, str | None]:
        """Peer of a chat's identifier, and the type of the chat where it is known."""
        number = read_number(key)
        if number is None or number == 0:
            return None, None
        if number > 0:
            return Peer("user", number), None
        chat = self._chats.get(key)
        name = chat.get("type") if isinstance(chat, dict) else None
        chat_type = _TYPES.get(name) if isinstance(name, str) else None
        if -number > _CHANNEL:
            return Peer("channel", -number - _CHANNEL), chat_type
        kind = "channel" if chat_type in ("supergroup", "channel") else "group"
        return Peer(kind, -number), chat_type or kind

    def _read_user(self, key: str, value: Any, status: Any) -> None:
        if not isinstance(value, dict):
            return
        number = read_number(value.get("id", key))
        if number is None:
            self._give_up(f"user {key}")
            return
        facts = UserFacts(number)
        names = (read_text(value.get("firstName")), read_text(value.get("lastName")))
        facts.name = " ".join(name for name in names if name) or None
        facts.username = read_text(value.get("username"))
        for item in _items(value, "usernames"):
            name = read_text(item.get("username")) if isinstance(item, dict) else None
            if name is not None and facts.username is None:
                facts.username = name
            elif name is not None and name != facts.username:
                facts.other_usernames.append(name)
        phone = read_text(value.get("phoneNumber"))
        facts.phone = phone.lstrip("+") if phone else None
        facts.is_self = value.get("isSelf") is True
        facts.is_bot = value.get("type") == "userTypeBot"
        facts.is_deleted = value.get("type") == "userTypeDeleted"
        facts.is_contact = value.get("isContact") is True
        if isinstance(status, dict):
            facts.status = read_text(status.get("type"))
            seen = read_seconds(status.get("wasOnline"))
            facts.last_seen = seen // _SECOND if seen is not None else None
        account = str(number) if facts.is_self else self._account
        user = WebUser(self._reader.client, account, self._slot, facts, self._source)
        same = (account, number, facts.name, facts.username, facts.phone)
        self._reader.keep("user", same, user)

    def _read_chat(self, key: str, value: Any) -> None:
        peer, chat_type = self._peer(key)
        if not isinstance(value, dict) or peer is None:
            self._give_up(f"chat {key}")
            return
        if peer.kind == "user":
            return  # The user's own record says more.
        facts = ChatFacts(peer, chat_type, str(value.get("type") or ""))
        facts.title = read_text(value.get("title"))
        facts.username = read_text(value.get("username"))
        for item in _items(value, "usernames"):
            if facts.username is None and isinstance(item, dict):
                facts.username = read_text(item.get("username"))
        facts.members = read_number(value.get("membersCount"))
        for name in ("joinDate", "creationDate"):
            date = read_seconds(value.get(name))
            if date is not None and facts.date is None:
                facts.date = date // _SECOND
        if "isCreator" in value:
            facts.is_creator = value["isCreator"] is True
        if "isNotJoined" in value or "isLeft" in value:
            facts.is_left = True in (value.get("isNotJoined"), value.get("isLeft"))
        chat = WebChat(
            self._reader.client, self._account, self._slot, facts, self._source
        )
        same = (self._account, peer, facts.title, facts.username, facts.is_left)
        self._reader.keep("chat", same, chat)

    def _read_message(
        self, peer: Peer, chat_type: str | None, key: str, value: Any
    ) -> None:
        if not isinstance(value, dict):
            self._give_up(f"message {key}")
            return
        facts = MessageFacts("message")
        identifier = value.get("id", key)
        facts.identifier = read_number(identifier)
        if facts.identifier is None and isinstance(identifier, float):
            # A message that is being sent has a number between two others.
            facts.other["local identifier"] = repr(identifier)
        date = read_seconds(value.get("date"))
        facts.date = date // _SECOND if date is not None else None
        if isinstance(value.get("isOutgoing"), bool):
            facts.is_outgoing = value["isOutgoing"]
        sender = value.get("senderId")
        if sender is not None:
            facts.sender = self._peer(str(sender))[0]
        facts.chat = peer
        read_content(value.get("content"), facts)
        self._read_rest(value, facts)
        facts.is_plain = False
        record = WebMessage(
            self._reader.client,
            self._account,
            self._slot,
            peer,
            chat_type,
            facts,
            self._source,
        )
        same = (self._account, peer, facts.identifier or key, _digest(value))
        self._reader.keep("message", same, record)

    def _read_rest(self, value: dict[str, Any], facts: MessageFacts) -> None:
        edited = read_seconds(value.get("editDate"))
        if edited is not None:
            facts.edited = edited // _SECOND
        elif value.get("isEdited") is True:
            facts.other["edited"] = True
        facts.grouped = read_number(value.get("groupedId"))
        facts.via_bot = read_number(value.get("viaBotId"))
        facts.via_business_bot = read_number(value.get("viaBusinessBotId"))
        facts.author = read_text(value.get("postAuthorTitle")) or read_text(
            value.get("adminTitle")
        )
        facts.is_scheduled = value.get("isScheduled") is True
        facts.is_silent = value.get("isSilent") is True
        facts.is_pinned = value.get("isPinned") is True
        facts.is_mentioned = value.get("hasUnreadMention") is True
        state = value.get("sendingState")
        if isinstance(state, str):
            facts.other["sending state"] = state
        if value.get("isDeleting") is True:
            facts.other["deleting"] = True
        for name in ("viewsCount", "views"):
            facts.views = facts.views or read_number(value.get(name))
        for name in ("forwardsCount", "forwards"):
            facts.forwards = facts.forwards or read_number(value.get(name))
        self._read_reply(value, facts)
        self._read_forward(value.get("forwardInfo"), facts)

    def _read_reply(self, value: dict[str, Any], facts: MessageFacts) -> None:
        reply = value.get("replyInfo")
        if isinstance(reply, dict) and reply.get("type", "message") == "message":
            facts.reply_to = read_number(reply.get("replyToMsgId"))
            facts.reply_top = read_number(reply.get("replyToTopId"))
            chat = reply.get("replyToPeerId")
            facts.reply_chat = self._peer(str(chat))[0] if chat is not None else None
            quote = reply.get("quoteText")
            if isinstance(quote, dict):
                facts.reply_quote = read_text(quote.get("text"))
            return
        facts.reply_to = read_number(value.get("replyToMessageId"))
        facts.reply_top = read_number(value.get("replyToTopMessageId"))
        chat = value.get("replyToChatId")
        facts.reply_chat = self._peer(str(chat))[0] if chat is not None else None

    def _read_forward(self, value: Any, facts: MessageFacts) -> None:
        if not isinstance(value, dict):
            return
        forward = ForwardFacts()
        for name in ("fromId", "senderUserId", "fromChatId"):
            if value.get(name) is not None and forward.sender is None:
                forward.sender = self._peer(str(value[name]))[0]
        forward.name = read_text(value.get("hiddenUserName"))
        date = read_seconds(value.get("date"))
        forward.date = date // _SECOND if date is not None else None
        for name in ("channelPostId", "fromMessageId"):
            forward.post = forward.post or read_number(value.get(name))
        forward.author = read_text(value.get("postAuthorTitle")) or read_text(
            value.get("adminTitle")
        )
        if value.get("savedFromPeerId") is not None:
            forward.saved_from = self._peer(str(value["savedFromPeerId"]))[0]
        facts.forward = forward

    def _read_draft(self, peer: Peer, thread: str, value: Any) -> None:
        if not isinstance(value, dict):
            return
        draft = _child(value, "localState").get("draft", value.get("draft"))
        if not isinstance(draft, dict):
            return
        text = draft.get("text")
        if isinstance(text, dict):
            text = text.get("text")
        text = read_text(text)
        if text is None:
            return
        date = read_seconds(draft.get("date"))
        reply = _child(draft, "replyInfo").get("replyToMsgId")
        record = CachedDraft(
            self._reader.client,
            self._account,
            self._slot,
            peer,
            text,
            date // _SECOND if date is not None else None,
            read_number(reply if reply is not None else draft.get("replyingToId")),
            # -1 is the chat itself.
            None if thread == "-1" else thread,
            self._source,
        )
        self._reader.keep("draft", (self._account, peer, thread, text), record)

    def _give_up(self, what: str) -> None:
        self._reader.cache.unread.append((self._source, f"{what} cannot be read"))


def _child(value: Any, name: str) -> dict[str, Any]:
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def _children(value: dict[str, Any], name: str) -> dict[str, Any]:
    """Entries of a table; keys are numbers or texts in the stored form."""
    return {str(key): item for key, item in _child(value, name).items()}


def _items(value: dict[str, Any], name: str) -> list[Any]:
    found = value.get(name)
    return found if isinstance(found, list) else []


def _digest(value: Any) -> bytes:
    """What makes two versions of a message the same."""
    try:
        text = json.dumps(value, sort_keys=True, default=str, ensure_ascii=False)
    except (ValueError, RecursionError):
        # Nested deeper than any message: each version counts as one of its own.
        text = str(id(value))
    data = text.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(data, digest_size=16).digest()
