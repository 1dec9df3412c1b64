"""What Web K caches in IndexedDB: users, chats, the last message of each dialog.

Specification: formats/telegram_web.md sections 6.1 and 6.2. Databases: `tweb` (one
account), `tweb-common`, `tweb-account-1` to `-4`. The history of messages is not
written, only `topMessage` of each dialog; former versions of the dialog have earlier
ones.

A log-out of one of several accounts copies the data of the next one into the freed
database. So what is there now belongs to the user marked `self` that is there now. A
former record belongs to the one whose record stands nearest before it and had not been
removed; else to the first one behind it, if it was still there then. Where two users
are as near, nobody is named.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from telegram_forensics.formats.telegram_web_history import WebTrace
from telegram_forensics.formats.telegram_web_store import (
    CachedDraft,
    CachedFact,
    StoredValue,
    Versions,
    WebCache,
    WebChat,
    WebMessage,
    WebUser,
)
from telegram_forensics.formats.telegram_web_tl import to_object
from telegram_forensics.formats.telegram_web_values import (
    WEB_K,
    clean_text,
    read_milliseconds,
    read_number,
    read_seconds,
    read_text,
)
from telegram_forensics.formats.tl_message import read_message
from telegram_forensics.formats.tl_object import TLObject
from telegram_forensics.formats.tl_peers import (
    Peer,
    read_chat,
    read_peer,
    read_user,
)

_Facts = TypeVar("_Facts")


@dataclass(slots=True)
class _Owner:
    """A record of the account's own user.

    Attributes:
        sequence: of the record.
        user: user id.
        end: of the change that removed the record, None if none did.
        is_current: the record is there now.
    """

    sequence: int
    user: str
    end: int | None
    is_current: bool


DATABASE: Final = re.compile(r"tweb(?:-common|-account-([1-9][0-9]?))?(?:_test)?")
ENCRYPTED: Final = "__encrypted"
_FACTS: Final = ("version", "build", "maxSeenMsgId", "appConfig", "recentSearch")


def is_database(name: str | None) -> bool:
    """Tells if a database is Web K's."""
    return name is not None and DATABASE.fullmatch(name) is not None


def slot_of(name: str | None) -> int | None:
    """Number of the account of a database."""
    match = DATABASE.fullmatch(name or "")
    return int(match[1]) if match and match[1] else None


class KCache:
    """Reads the caches of Web K from records of IndexedDB.

    Attributes:
        cache: what was read.
    """

    def __init__(self) -> None:
        self.cache = WebCache()
        self._values: list[StoredValue] = []
        self._owners: dict[str, list[_Owner]] = {}
        self._versions = {
            kind: Versions() for kind in ("message", "user", "chat", "draft", "fact")
        }

    def add(self, value: StoredValue) -> None:
        """Adds a record; of deletes nothing is kept."""
        if value.value is None or not is_database(value.database):
            return
        self._values.append(value)
        if value.store == "users" and isinstance(value.value, dict):
            flags = value.value.get("pFlags")
            number = read_number(value.value.get("id"))
            if isinstance(flags, dict) and flags.get("self") is True and number:
                source = value.source
                end = source.replaced if source.state == "removed" else None
                owner = _Owner(
                    value.sequence, str(number), end, source.state == "current"
                )
                self._owners.setdefault(value.database or "", []).append(owner)

    def finish(self) -> WebCache:
        """Reads what was added."""
        for owners in self._owners.values():
            owners.sort(key=lambda owner: owner.sequence)
        for value in sorted(self._values, key=lambda item: item.sequence):
            self._read(value)
        cache = self.cache
        cache.messages = self._versions["message"].records()
        cache.users = self._versions["user"].records()
        cache.chats = self._versions["chat"].records()
        cache.drafts = self._versions["draft"].records()
        cache.facts = self._versions["fact"].records()
        self._values = []
        return cache

    def _account(self, value: StoredValue) -> str | None:
        owners = self._owners.get(value.database or "", [])
        current = {owner.user for owner in owners if owner.is_current}
        if value.source.state == "current" and len(current) == 1:
            return current.pop()
        place = bisect_right(owners, value.sequence, key=lambda owner: owner.sequence)
        if place:
            sequence = owners[place - 1].sequence
            end = owners[place - 1].end
            if end is None or end > value.sequence:
                users = {owner.user for owner in owners if owner.sequence == sequence}
                return users.pop() if len(users) == 1 else None
        if place == len(owners):
            return None
        # Of a login, some records may stand before that of its user.
        replaced = value.source.replaced
        is_there = replaced is None or replaced > owners[place].sequence
        is_gone = value.source.state == "removed" and replaced is None
        return owners[place].user if is_there and not is_gone else None

    def _read(self, value: StoredValue) -> None:
        store = (value.store or "").removesuffix(ENCRYPTED)
        if store == "session":
            self._read_state(value)
        elif not isinstance(value.value, dict):
            return
        elif store == "users":
            self._read_user(value)
        elif store == "chats":
            self._read_chat(value)
        elif store == "dialogs":
            self._read_dialog(value)
        elif store == "messages":
            self._read_message(value.value, value)

    def _read_user(self, value: StoredValue) -> None:
        facts = _guarded(read_user, value.value)
        if facts is None:
            self._give_up(value, "user")
            return
        account = self._account(value)
        if facts.is_self:
            account = str(facts.identifier)
        user = WebUser(WEB_K, account, slot_of(value.database), facts, value.source)
        key = (account, facts.identifier, facts.name, facts.username, facts.phone)
        self._versions["user"].add(key, user)

    def _read_chat(self, value: StoredValue) -> None:
        facts = _guarded(read_chat, value.value)
        if facts is None:
            self._give_up(value, "chat")
            return
        if facts.chat_type is None and facts.kind == "channel":
            facts.chat_type = "channel"
        account = self._account(value)
        chat = WebChat(WEB_K, account, slot_of(value.database), facts, value.source)
        key = (account, facts.peer, facts.title, facts.username, facts.is_left)
        self._versions["chat"].add(key, chat)

    def _read_dialog(self, value: StoredValue) -> None:
        message = value.value.get("topMessage")
        if isinstance(message, dict):
            self._read_message(message, value)
        draft = to_object(value.value.get("draft"))
        peer = _peer_of(value.value)
        if draft is None or peer is None:
            return
        text = read_text(draft.get("message"))
        if text is None:
            return
        account = self._account(value)
        self._versions["draft"].add(
            (account, peer, text),
            CachedDraft(
                WEB_K,
                account,
                slot_of(value.database),
                peer,
                text,
                draft.get("date"),
                draft.get("reply_to_msg_id"),
                None,
                value.source,
            ),
        )

    def _read_message(self, message: dict[str, Any], value: StoredValue) -> None:
        facts = _guarded(read_message, message)
        peer = _peer_of(message) or _peer_of(value.value)
        if facts is None or peer is None:
            self._give_up(value, "message")
            return
        account = self._account(value)
        slot = slot_of(value.database)
        record = WebMessage(WEB_K, account, slot, peer, None, facts, value.source)
        key = (account, peer, facts.identifier, facts.date, facts.text, facts.edited)
        self._versions["message"].add(key, record)

    def _read_state(self, value: StoredValue) -> None:
        item, source = value.value, value.source
        account, slot = self._account(value), slot_of(value.database)
        if value.key == "stateCreatedTime":
            self._trace(value, "state_created", read_milliseconds(item), None)
        elif value.key == "updates" and isinstance(item, dict):
            details = ", ".join(
                f"{name} {read_number(item.get(name))}"
                for name in ("pts", "qts", "seq")
                if read_number(item.get(name)) is not None
            )
            self._trace(
                value, "update_received", read_seconds(item.get("date")), details
            )
        elif value.key == "contactsListCachedTime":
            self._trace(value, "contacts_cached", read_milliseconds(item), None)
        elif value.key == "authState" and isinstance(item, dict):
            text = read_text(item.get("_"))
            if text is not None:
                fact = CachedFact(WEB_K, account, slot, "authState", text, source)
                self._versions["fact"].add((account, slot, "authState", text), fact)
        elif value.key in _FACTS:
            text = _words(item)
            if text is not None:
                fact = CachedFact(WEB_K, account, slot, value.key, text, source)
                self._versions["fact"].add((account, slot, value.key, text), fact)

    def _trace(
        self, value: StoredValue, kind: str, time: int | None, details: str | None
    ) -> None:
        if time is None:
            return
        trace = WebTrace(
            kind,
            time,
            value.source,
            details or None,
            slot_of(value.database),
            self._account(value),
        )
        self.cache.traces.append((WEB_K, trace))

    def _give_up(self, value: StoredValue, what: str) -> None:
        self.cache.unread.append(
            (value.source, f"{what} {value.key} of {value.database} cannot be read")
        )


def _guarded(read: Callable[[TLObject], _Facts | None], value: Any) -> _Facts | None:
    """Reads an object, None if it cannot be read.

    The readers are made for binary objects, which have all their fields.
    """
    found = to_object(value)
    try:
        return read(found) if found is not None else None
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError):
        return None


def _peer_of(value: dict[str, Any]) -> Peer | None:
    """Chat of a dialog or message: as an object, or as Web K's own number."""
    for name in ("peer_id", "peer", "to_id"):
        peer = read_peer(to_object(value.get(name)))
        if peer is not None:
            return peer
    number = read_number(value.get("peerId"))
    # Of groups and channels the number is negative and does not tell them apart.
    return Peer("user", number) if number is not None and number > 0 else None


def _words(value: Any) -> str | None:
    """A value of the state in words."""
    if isinstance(value, str) and value:
        return clean_text(value[:1000])
    number = read_number(value)
    if number is not None:
        return str(number)
    if isinstance(value, list):
        numbers = [read_number(item) for item in value[:100]]
        return ", ".join(str(item) for item in numbers if item is not None) or None
    return None
