"""Traces of sending and of deletion in a Postbox database.

Specification: formats/apple_postbox.md sections 5.1 and 5.2 (counters, operation logs),
10.3 (uploaded media), 11.6 and 14. Counters survive what they counted. No code was
found that sets them back, apart from a database that is made anew (UNCONFIRMED).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from telegram_forensics.formats import postbox_keys as keys
from telegram_forensics.formats import postbox_tables as tables
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.postbox_coding import (
    PostboxObject,
    Problem,
    is_root,
    read_root,
)
from telegram_forensics.formats.postbox_ids import (
    LOCAL,
    PEER_SECRET,
    MediaId,
    MessageId,
    read_media_id,
    read_message_ids,
    read_prefixed_message,
    unpack_peer,
)

DELETION_LOG: Final = 3
UPLOADS: Final = 4
LIVE_LOCATION: Final = 1

LOG_NAMES: Final = {
    0: "secret outgoing",
    1: "secret incoming encrypted",
    2: "secret incoming decrypted",
    DELETION_LOG: "deletions in the cloud",
    4: "pinned chats",
    5: "auto-remove",
    6: "pinned chats",
    7: "consumed contents",
    11: "drafts",
    15: "archive",
    16: "read mentions",
    18: "app log events",
    20: "folders",
    21: "read reactions",
    23: "autosave",
    26: "saved chats",
}
PENDING_ACTIONS: Final = {
    0: "mention read",
    1: "reaction",
    2: "scheduled message sent at once",
    3: "reaction read",
    4: "stars",
    5: "paid message",
}
_IMAGE: Final = 0
_FILE: Final = 1
_DIGEST_SIZE: Final = 16


@dataclass(slots=True)
class SendTraces:
    """What a database keeps of sending, beside the messages.

    Attributes:
        random_ids: random id by the message that a row of t32 names.
        next_ids: next local message id by chat and namespace (t10).
        live_locations: messages with a live location that was shared from here (t52).
        unsent: messages that wait to be sent (t11).
        failed: messages that could not be sent (t49).
        uploads: media that were uploaded from here, with the MD5 of the file (t25).
        operations: number of operations by chat and log (t29).
        secret_chats: secret chats whose key this database holds (t13).
        schema: schema version, None if unknown.
    """

    random_ids: dict[MessageId, int] = field(default_factory=dict)
    next_ids: dict[tuple[int, int], int] = field(default_factory=dict)
    live_locations: set[MessageId] = field(default_factory=set)
    unsent: set[MessageId] = field(default_factory=set)
    failed: set[MessageId] = field(default_factory=set)
    uploads: dict[MediaId, str] = field(default_factory=dict)
    operations: dict[tuple[int, int], int] = field(default_factory=dict)
    secret_chats: set[int] = field(default_factory=set)
    schema: int | None = keys.CURRENT_SCHEMA

    def add_random_id(self, key: bytes, value: bytes) -> None:
        """Adds a row of t32."""
        random_id = keys.read_random_id_key(key).random_id
        self.random_ids[tables.read_message_id(value)] = random_id

    def add_counter(self, key: bytes, value: bytes) -> None:
        """Adds a row of t10."""
        found = keys.read_metadata_key(key)
        if (
            found.kind == "next_message_id"
            and found.peer is not None
            and found.namespace is not None
        ):
            self.next_ids[found.peer, found.namespace] = tables.read_int32(value)

    def add_log_counter(self, key: bytes, value: bytes) -> None:
        """Adds a row of t29."""
        found = keys.read_log_counter_key(key)
        if found.peer is not None:
            self.operations[found.peer, found.tag] = tables.read_int32(value)

    def add_local_tag(self, key: bytes) -> None:
        """Adds a row of t52."""
        tag, message = keys.read_local_tag_key(key)
        if tag == LIVE_LOCATION:
            self.live_locations.add(message)

    def add_unsent(self, key: bytes) -> None:
        """Adds a row of t11."""
        self.unsent.add(keys.read_unsent_key(key))

    def add_failed(self, key: bytes) -> None:
        """Adds a row of t49."""
        self.failed.add(keys.read_index_key(key))

    def add_upload(self, key: bytes, value: bytes, problems: list[Problem]) -> None:
        """Adds a row of t25; rows of other collections are left out."""
        upload = read_upload(key, value, problems)
        if upload is not None and upload.media_id is not None:
            self.uploads[upload.media_id] = upload.md5

    def queued(self, peer: int) -> int:
        """How many messages were ever queued by this installation in a chat.

        Failed and deleted ones, forwards and one for each picture of an album are
        among them, and in the chat of Telegram's own account notices that were made
        here. What went out through the share sheet, quick share or Siri is not.
        """
        # The first id that is used is 1.
        return max(self.next_ids.get((peer, LOCAL), 1) - 1, 0)

    def deletions(self, peer: int) -> int:
        """How many deletions in the cloud were issued from here in a chat."""
        return max(self.operations.get((peer, DELETION_LOG), 0), 0)


class Balance(NamedTuple):
    """Messages of the account in a chat against what was queued here.

    Attributes:
        queued: see `SendTraces.queued`.
        outgoing: stored outgoing messages.
        surplus: outgoing messages that this installation did not queue, at least: they
            came from another session, or through the share sheet, quick share or Siri.
    """

    queued: int
    outgoing: int
    surplus: int


def balance(peer: int, outgoing: int, traces: SendTraces) -> Balance | None:
    """Compares the counter of a chat with its messages; None for secret chats."""
    if unpack_peer(peer).namespace == PEER_SECRET:
        return None
    queued = traces.queued(peer)
    return Balance(queued, outgoing, max(outgoing - queued, 0))


class Upload(NamedTuple):
    """A file that was uploaded from here.

    Attributes:
        kind: `image` or `file`.
        md5: of the original file, of a picture below 5 MB; hexadecimal.
        media_id: media that it became.
        media: the media object.
    """

    kind: str
    md5: str
    media_id: MediaId | None
    media: PostboxObject | None


def read_upload(key: bytes, value: bytes, problems: list[Problem]) -> Upload | None:
    """A row of t25, None if it is one of another collection."""
    collection, rest = keys.read_cache_key(key)
    if collection != UPLOADS:
        return None
    if len(rest) != 1 + _DIGEST_SIZE or rest[0] not in (_IMAGE, _FILE):
        raise FormatError(2, "no key of an uploaded file")
    kind = "image" if rest[0] == _IMAGE else "file"
    entry = read_root(value, problems)
    data = entry.data("data")
    media = None
    if data is not None and is_root(data):
        media = read_root(data, problems)
    media_id = None if media is None else read_media_id(media.data("i"))
    return Upload(kind, rest[1:].hex(), media_id, media)


@dataclass(slots=True)
class PendingDeletion:
    """A deletion that the server does not know of yet (t31, log 3).

    Attributes:
        kind: `messages`, `history` or `chat`.
        chat: stored number of the chat.
        messages: what is deleted, empty for the other kinds.
        up_to: last message of a history that is deleted.
        for_everyone: not only for the account; None if not stored.
        thread: topic.
    """

    kind: str
    chat: int
    messages: list[MessageId] = field(default_factory=list)
    up_to: MessageId | None = None
    for_everyone: bool | None = None
    thread: int | None = None


def read_pending_deletion(
    key: bytes, value: bytes, problems: list[Problem]
) -> PendingDeletion | None:
    """A row of t31, None if it is another operation."""
    place = keys.read_log_entry_key(key)
    operation = tables.read_log_entry(value, problems).operation
    if operation is None:
        return None
    if operation.name == "CloudChatRemoveMessagesOperation":
        found = PendingDeletion("messages", place.peer)
        data = operation.data("i")
        if data is not None:
            try:
                found.messages = read_message_ids(data)
            except FormatError as exception:
                problems.append((exception.offset, exception.reason))
        kind = operation.integer("t")
    elif operation.name == "CloudChatClearHistoryOperation":
        found = PendingDeletion("history", operation.integer("p") or place.peer)
        found.up_to = read_prefixed_message(operation, "m")
        kind = operation.integer("type")
    elif operation.name == "CloudChatRemoveChatOperation":
        found = PendingDeletion("chat", operation.integer("p") or place.peer)
        found.up_to = read_prefixed_message(operation, "m")
        kind = operation.integer("deleteGloballyIfPossible")
    else:
        return None
    found.for_everyone = None if kind is None else kind == 1
    found.thread = operation.integer("threadId")
    return found


class IdRange(NamedTuple):
    """Message ids of a channel, both ends included."""

    first: int
    last: int


def missing_ranges(
    present: Iterable[int], holes: Iterable[IdRange] = (), limit: int = 10_000
) -> list[IdRange]:
    """Ids of a channel that were there and are not any more.

    In a channel each message has the next id. An id between two that are stored belongs
    to a message that was removed, by whomever, unless the client knows that it did not
    download it (`holes`). In dialogs and basic groups ids are those of the whole
    account, so that a gap says nothing there.

    Args:
        present: ids that are stored.
        holes: ranges that were not downloaded (t56).
        limit: greatest number of ranges.
    """
    numbers = sorted(set(present))
    covered = _join(holes)
    found: list[IdRange] = []
    place = 0
    for before, after in zip(numbers, numbers[1:], strict=False):
        start = before + 1
        while start < after and len(found) < limit:
            while place < len(covered) and covered[place].last < start:
                place += 1
            hole = covered[place] if place < len(covered) else None
            if hole is None or hole.first >= after:
                found.append(IdRange(start, after - 1))
                break
            if hole.first > start:
                found.append(IdRange(start, hole.first - 1))
            start = hole.last + 1
    return found[:limit]


def _join(holes: Iterable[IdRange]) -> list[IdRange]:
    """Ranges in order, those that meet put together."""
    found: list[IdRange] = []
    for hole in sorted(holes):
        if hole.last < hole.first:
            continue
        if found and hole.first <= found[-1].last + 1:
            last = max(found[-1].last, hole.last)
            found[-1] = IdRange(found[-1].first, last)
        else:
            found.append(hole)
    return found
