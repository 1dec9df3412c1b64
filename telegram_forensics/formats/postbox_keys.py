"""Keys of the tables of a Postbox database.

Specification: formats/apple_postbox.md section 5 (schema 22 and before, 23 to 25; app
versions 5.0 to 12.2) and 8.3. Keys are big endian, numbers with sign as two's
complement; only the pin in keys of t9 and the tag in keys of t33 and t34 are little
endian. A key of another size is an error: what stands in it cannot be told.
"""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.postbox_ids import MESSAGE_NAMESPACES, MessageId

# From this schema on (April 2019) the namespace stands before the time.
NAMESPACE_FIRST_SCHEMA: Final = 23
CURRENT_SCHEMA: Final = 25


def _split(layout: struct.Struct, data: bytes, table: str) -> tuple[int, ...]:
    if len(data) != layout.size:
        raise FormatError(
            0, f"key of {table} has {len(data)} bytes instead of {layout.size}"
        )
    return layout.unpack(data)


class MessageKey(NamedTuple):
    """Place of a message in the history (t7).

    Attributes:
        peer: stored number of the chat.
        namespace: kind of message id.
        timestamp: seconds since 1970 UTC.
        number: message id.
    """

    peer: int
    namespace: int
    timestamp: int
    number: int

    @property
    def id(self) -> MessageId:
        """What names the message."""
        return MessageId(self.peer, self.namespace, self.number)


_MESSAGE: Final = struct.Struct(">qiii")


def read_message_key(data: bytes, schema: int | None = CURRENT_SCHEMA) -> MessageKey:
    """Key of t7.

    Args:
        data: the key.
        schema: schema version (t0, key 1); None if unknown: then the order is the one
            that gives a namespace that exists.
    """
    peer, first, second, number = _split(_MESSAGE, data, "t7")
    if schema is None:
        is_old = first not in MESSAGE_NAMESPACES and second in MESSAGE_NAMESPACES
    else:
        is_old = schema < NAMESPACE_FIRST_SCHEMA
    if is_old:
        first, second = second, first
    return MessageKey(peer, first, second, number)


def message_key(key: MessageKey, schema: int | None = CURRENT_SCHEMA) -> bytes:
    """The key of t7 for a message."""
    first, second = key.namespace, key.timestamp
    if schema is not None and schema < NAMESPACE_FIRST_SCHEMA:
        first, second = second, first
    return _MESSAGE.pack(key.peer, first, second, key.number)


class TagKey(NamedTuple):
    """A message that has a tag (t12, t71: the tag is one bit of its tags)."""

    message: MessageKey
    tag: int


_TAG: Final = struct.Struct(">qIiii")


def read_tag_key(data: bytes, schema: int | None = CURRENT_SCHEMA) -> TagKey:
    """Key of t12."""
    peer, tag, first, second, number = _split(_TAG, data, "t12")
    if schema is not None and schema < NAMESPACE_FIRST_SCHEMA:
        first, second = second, first
    return TagKey(MessageKey(peer, first, second, number), tag)


_PEER_NAMESPACE_ID: Final = struct.Struct(">qii")
_NAMESPACE_ID_PEER: Final = struct.Struct(">iiq")
_TAG_NAMESPACE_ID_PEER: Final = struct.Struct(">Iiiq")


def read_index_key(data: bytes) -> MessageId:
    """Key of t4 (message index) or t49 (failed messages)."""
    peer, namespace, number = _split(_PEER_NAMESPACE_ID, data, "t4 or t49")
    return MessageId(peer, namespace, number)


def read_unsent_key(data: bytes) -> MessageId:
    """Key of t11 (messages that wait to be sent)."""
    namespace, number, peer = _split(_NAMESPACE_ID_PEER, data, "t11")
    return MessageId(peer, namespace, number)


def read_local_tag_key(data: bytes) -> tuple[int, MessageId]:
    """Key of t52 (local tags): tag and message."""
    tag, namespace, number, peer = _split(_TAG_NAMESPACE_ID_PEER, data, "t52")
    return tag, MessageId(peer, namespace, number)


_GLOBAL_TAG: Final = struct.Struct(">Iiiiq")


def read_global_tag_key(data: bytes) -> TagKey:
    """Key of t39 (global tags: the list of calls)."""
    tag, timestamp, namespace, number, peer = _split(_GLOBAL_TAG, data, "t39")
    return TagKey(MessageKey(peer, namespace, timestamp, number), tag)


_MEDIA: Final = struct.Struct(">iq")


def media_key(namespace: int, number: int) -> bytes:
    """The key of t6 for media."""
    return _MEDIA.pack(namespace, number)


class MetadataKey(NamedTuple):
    """Key of t10 (history metadata).

    Attributes:
        kind: `next_stable_id`, `next_message_id`, `history_initialized` or another
            marker by its number.
        peer: stored number of the chat, None for others.
        namespace: of `next_message_id`.
    """

    kind: str
    peer: int | None = None
    namespace: int | None = None


_NEXT_ID: Final = struct.Struct(">qBi")


def read_metadata_key(data: bytes) -> MetadataKey:
    """Key of t10."""
    if data == b"\x03":
        return MetadataKey("next_stable_id")
    if len(data) == _NEXT_ID.size and data[8] == 2:
        peer, _, namespace = _NEXT_ID.unpack(data)
        return MetadataKey("next_message_id", peer, namespace)
    if len(data) >= 9:
        (peer,) = struct.unpack_from(">q", data)
        kind = "history_initialized" if data[8] == 9 else f"marker_{data[8]}"
        return MetadataKey(kind, peer)
    if len(data) == 5:
        return MetadataKey(f"group_marker_{data[4]}")
    raise FormatError(0, f"key of t10 has {len(data)} bytes")


class LogCounterKey(NamedTuple):
    """Key of t29: the log of a chat (`peer` is None for the merged one) and its tag."""

    peer: int | None
    tag: int


def read_log_counter_key(data: bytes) -> LogCounterKey:
    """Key of t29 (next index of an operation log)."""
    if len(data) == 10 and data[0] == 0:
        return LogCounterKey(int.from_bytes(data[1:9], "big", signed=True), data[9])
    if len(data) == 2 and data[0] == 1:
        return LogCounterKey(None, data[1])
    raise FormatError(0, f"key of t29 has {len(data)} bytes")


class LogEntryKey(NamedTuple):
    """Key of t31: an operation that is pending, with its place in the chat's log."""

    peer: int
    tag: int
    place: int


def read_log_entry_key(data: bytes) -> LogEntryKey:
    """Key of t31."""
    return LogEntryKey(*_split(struct.Struct(">qBi"), data, "t31"))


class RandomIdKey(NamedTuple):
    """Key of t32: chat and random number of a message sent from here."""

    peer: int
    random_id: int


def read_random_id_key(data: bytes) -> RandomIdKey:
    """Key of t32 (globally unique ids)."""
    return RandomIdKey(*_split(struct.Struct(">qq"), data, "t32"))


class DueKey(NamedTuple):
    """Key of t34: when a message is to be removed (tag 0) or cleared (tag 1)."""

    tag: int
    timestamp: int
    message: MessageId


def read_due_key(data: bytes) -> DueKey:
    """Key of t34."""
    if len(data) != 22:
        raise FormatError(0, f"key of t34 has {len(data)} bytes instead of 22")
    tag = int.from_bytes(data[:2], "little")
    timestamp, peer, namespace, number = struct.unpack(">iqii", data[2:])
    return DueKey(tag, timestamp, MessageId(peer, namespace, number))


def read_item_key(data: bytes) -> tuple[int, bytes]:
    """Key of t37 (ordered items): collection and item id."""
    if len(data) < 4:
        raise FormatError(0, f"key of t37 has {len(data)} bytes")
    return int.from_bytes(data[:4], "big", signed=True), data[4:]


def read_cache_key(data: bytes) -> tuple[int, bytes]:
    """Key of t25 (item cache): collection and its own key."""
    if len(data) < 2 or data[0] != 0:
        raise FormatError(0, "no key of t25")
    return int.from_bytes(data[1:2], "big", signed=True), data[2:]


class PendingActionKey(NamedTuple):
    """Key of t46: an action on a message that the server does not know yet.

    Attributes:
        message: the message.
        action: kind of action.
        is_index: the row only finds the other one by its action.
    """

    message: MessageId
    action: int
    is_index: bool


def read_pending_action_key(data: bytes) -> PendingActionKey:
    """Key of t46."""
    if len(data) != 21 or data[0] > 1:
        raise FormatError(0, f"key of t46 has {len(data)} bytes instead of 21")
    if data[0]:
        action, peer, namespace, number = struct.unpack(">Iqii", data[1:])
    else:
        peer, namespace, number, action = struct.unpack(">qiiI", data[1:])
    return PendingActionKey(MessageId(peer, namespace, number), action, bool(data[0]))


class HoleKey(NamedTuple):
    """Key of t56: a range of ids that was not downloaded; the value is its lower end.

    Attributes:
        peer: stored number of the chat.
        namespace: kind of message id.
        tag: 0 for the history, else that of a list of tagged messages.
        upper: highest id of the range.
    """

    peer: int
    namespace: int
    tag: int
    upper: int


def read_hole_key(data: bytes) -> HoleKey:
    """Key of t56."""
    return HoleKey(*_split(struct.Struct(">qiIi"), data, "t56"))


class ThreadMessageKey(NamedTuple):
    """Key of t62: a message of a thread or topic."""

    thread: int
    message: MessageKey


def read_thread_message_key(data: bytes) -> ThreadMessageKey:
    """Key of t62."""
    peer, thread, namespace, timestamp, number = _split(
        struct.Struct(">qqiii"), data, "t62"
    )
    return ThreadMessageKey(thread, MessageKey(peer, namespace, timestamp, number))


def read_thread_key(data: bytes) -> tuple[int, int]:
    """Key of t68 or t72: chat and thread."""
    peer, thread = _split(struct.Struct(">qq"), data, "t68 or t72")
    return peer, thread


def read_peer_key(data: bytes) -> int:
    """Key of t16 (contacts): stored number of a peer."""
    (peer,) = _split(struct.Struct(">q"), data, "t16")
    return peer


def read_device_contact_key(data: bytes) -> str:
    """Key of t54 (contacts of the device): digits of the phone number."""
    if not data or data[0] != 0:
        raise FormatError(0, "no phone number in the key of t54")
    return data[1:].decode("utf-8", "backslashreplace")


class StorageReferenceKey(NamedTuple):
    """Key of t16 of the StorageBox: which message holds a file.

    Attributes:
        resource: MD5 of the resource id.
        message: the message.
    """

    resource: bytes
    message: MessageId


def read_storage_reference_key(data: bytes) -> StorageReferenceKey:
    """Key of t16 of the StorageBox."""
    if len(data) != 29:
        raise FormatError(0, f"key of t16 has {len(data)} bytes instead of 29")
    digest, peer, namespace, number = struct.unpack(">16sqbi", data)
    return StorageReferenceKey(digest, MessageId(peer, namespace, number))
