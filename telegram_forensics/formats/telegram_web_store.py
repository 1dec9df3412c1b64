"""What web clients cache in IndexedDB: records that Web K and Web A have in common."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from telegram_forensics.formats.telegram_web_history import WebTrace
from telegram_forensics.formats.telegram_web_values import Source
from telegram_forensics.formats.tl_message import MessageFacts
from telegram_forensics.formats.tl_peers import ChatFacts, Peer, UserFacts

CURRENT: Final = "current"
_ORDER: Final = {"current": 0, "overwritten": 1, "removed": 2, "damaged": 3}


@dataclass(slots=True)
class StoredValue:
    """A record of IndexedDB.

    Attributes:
        database, store: names, None where the record that holds the name is missing.
        key: key of the record as text.
        value: decoded value; None for a delete.
        source: where it stands.
        order: of the states that a database shows, where there are no sequences.
    """

    database: str | None
    store: str | None
    key: str
    value: Any
    source: Source
    order: int = 0

    @property
    def sequence(self) -> int:
        """Its place among the other records."""
        return self.source.sequence if self.source.sequence is not None else self.order


@dataclass(slots=True)
class WebMessage:
    """A message in a cache.

    Attributes:
        client: name of the client.
        account: user id of the account that it was cached for, None if unknown.
        slot: number of the account in the client at that time.
        chat: where it stands.
        chat_type: as chat_type of the event model, None if not known.
        facts: the message.
    """

    client: str
    account: str | None
    slot: int | None
    chat: Peer
    chat_type: str | None
    facts: MessageFacts
    source: Source


@dataclass(slots=True)
class WebUser:
    """A user in a cache."""

    client: str
    account: str | None
    slot: int | None
    facts: UserFacts
    source: Source


@dataclass(slots=True)
class WebChat:
    """A group or channel in a cache."""

    client: str
    account: str | None
    slot: int | None
    facts: ChatFacts
    source: Source


@dataclass(slots=True)
class CachedDraft:
    """Unsent text in a cache."""

    client: str
    account: str | None
    slot: int | None
    chat: Peer
    text: str
    date: int | None
    reply_to: int | None
    topic: str | None
    source: Source


@dataclass(slots=True)
class CachedFact:
    """A further value that is worth a look."""

    client: str
    account: str | None
    slot: int | None
    name: str
    value: str
    source: Source


@dataclass(slots=True)
class WebCache:
    """Everything that the caches of one origin hold.

    Attributes:
        unread: texts that say what could not be read, with the record.
    """

    messages: list[WebMessage] = field(default_factory=list)
    users: list[WebUser] = field(default_factory=list)
    chats: list[WebChat] = field(default_factory=list)
    drafts: list[CachedDraft] = field(default_factory=list)
    facts: list[CachedFact] = field(default_factory=list)
    traces: list[tuple[str, WebTrace]] = field(default_factory=list)
    unread: list[tuple[Source, str]] = field(default_factory=list)


class Versions:
    """Keeps of equal records the one that says most: current before former ones.

    A record is written again with every change beside it, so that a message stands in
    hundreds of versions of its dialog.
    """

    def __init__(self) -> None:
        self._found: dict[Any, Any] = {}

    def add(self, key: Any, record: Any) -> None:
        """Adds a record under what makes it the same as another one."""
        other = self._found.get(key)
        if other is None or _rank(record.source) < _rank(other.source):
            self._found[key] = record

    def records(self) -> list[Any]:
        """The records, in the order in which they were first seen."""
        return list(self._found.values())


def _rank(source: Source) -> tuple[int, int]:
    return _ORDER.get(source.state, 4), -(source.sequence or 0)
