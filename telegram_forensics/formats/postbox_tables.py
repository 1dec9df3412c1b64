"""Values of a Postbox database that are no objects: indexes, states and counters.

Specification: formats/apple_postbox.md section 5 (schema 25, app versions 5.0 to 12.2)
and 8.3 (StorageBox). Values are little endian.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final, NamedTuple

from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.postbox_coding import (
    PostboxObject,
    Problem,
    is_root,
    read_root,
)
from telegram_forensics.formats.postbox_ids import MessageId

# Flag of read states: marked as unread by the user.
MARKED_UNREAD: Final = 1
_INCLUDED: Final = 1
_DIRECT_MEDIA: Final = 0
_REFERENCED_MEDIA: Final = 1

_MESSAGE: Final = struct.Struct("<qii")
_TOP: Final = struct.Struct("<iii")
_READ_IDS: Final = struct.Struct("<iiiii")
_READ_INDEXES: Final = struct.Struct("<iqiiiqiiii")


class _Cursor:
    """Reads a value from its beginning to its end."""

    __slots__ = ("data", "offset")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.offset = 0

    def take(self, layout: struct.Struct) -> tuple[int, ...]:
        """The next fields."""
        if len(self.data) - self.offset < layout.size:
            raise FormatError(self.offset, "value is cut off")
        found = layout.unpack_from(self.data, self.offset)
        self.offset += layout.size
        return found

    def byte(self) -> int:
        """The next byte with its sign."""
        (value,) = self.take(_INT8)
        return value

    def int32(self) -> int:
        """The next 32-bit number."""
        (value,) = self.take(_INT32)
        return value

    def chunk(self) -> bytes:
        """Bytes behind their length."""
        start = self.offset
        size = self.int32()
        if size < 0 or size > len(self.data) - self.offset:
            raise FormatError(start, f"length {size} does not fit")
        self.offset += size
        return self.data[self.offset - size : self.offset]

    @property
    def is_at_end(self) -> bool:
        """True if nothing is left."""
        return self.offset >= len(self.data)


_INT8: Final = struct.Struct("<b")
_INT32: Final = struct.Struct("<i")
_INT64: Final = struct.Struct("<q")


def read_int32(data: bytes) -> int:
    """A counter."""
    return _Cursor(data).int32()


def read_int64(data: bytes) -> int:
    """A long counter."""
    (value,) = _Cursor(data).take(_INT64)
    return value


def read_message_id(data: bytes) -> MessageId:
    """Value of t32."""
    return MessageId(*_Cursor(data).take(_MESSAGE))


def read_index_entry(data: bytes) -> tuple[int, int]:
    """Value of t4: flags (2: incoming, or counted as incoming) and time."""
    flags, timestamp = _Cursor(data).take(struct.Struct("<bi"))
    return flags, timestamp


@dataclass(slots=True)
class LogEntry:
    """Value of t31: an operation that is pending.

    Attributes:
        merged_index: its number in the log of all chats.
        operation: what is to be done, None if it is no stored object.
    """

    merged_index: int | None
    operation: PostboxObject | None


def read_log_entry(data: bytes, problems: list[Problem]) -> LogEntry:
    """Value of t31."""
    cursor = _Cursor(data)
    merged = cursor.int32() if cursor.byte() else None
    content = cursor.chunk()
    offset = cursor.offset - len(content)
    return LogEntry(merged, read_nested(content, offset, problems))


def read_nested(
    content: bytes, offset: int, problems: list[Problem]
) -> PostboxObject | None:
    """A stored object inside a value: problems get offsets in that value."""
    found: list[Problem] = []
    result = None
    if is_root(content):
        try:
            result = read_root(content, found)
        except FormatError as exception:
            found.append((exception.offset, exception.reason))
    else:
        found.append((0, "no stored object"))
    problems.extend((offset + place, reason) for place, reason in found)
    return result


class MediaEntry(NamedTuple):
    """Value of t6.

    Attributes:
        media: the media itself, None if it stands elsewhere or cannot be read.
        references: how many messages refer to it, None if it stands elsewhere.
        message: the message that holds it, None if it stands here.
        timestamp: time of that message.
    """

    media: PostboxObject | None
    references: int | None = None
    message: MessageId | None = None
    timestamp: int | None = None


def read_media_entry(data: bytes, problems: list[Problem]) -> MediaEntry:
    """Value of t6."""
    cursor = _Cursor(data)
    kind = cursor.byte()
    if kind == _DIRECT_MEDIA:
        content = cursor.chunk()
        media = read_nested(content, cursor.offset - len(content), problems)
        if cursor.is_at_end:
            problems.append((cursor.offset, "reference count is missing"))
            return MediaEntry(media)
        return MediaEntry(media, cursor.int32())
    if kind == _REFERENCED_MEDIA:
        message = MessageId(*cursor.take(_MESSAGE))
        return MediaEntry(None, None, message, cursor.int32())
    raise FormatError(0, f"media entry of type {kind}")


class ChatListIndex(NamedTuple):
    """Value of t8: place of a chat in the list.

    Attributes:
        top_message: namespace, id and time of the top message, None if there is none.
        is_included: the chat is shown in a list.
        pin: place among the pinned chats from 0, None if not pinned.
        minimum_time: the chat stays in the list from that time on.
        group: 0 main list, 1 archive; None if it is in no list.
    """

    top_message: tuple[int, int, int] | None
    is_included: bool
    pin: int | None = None
    minimum_time: int | None = None
    group: int | None = None


def read_chat_list_index(data: bytes) -> ChatListIndex:
    """Value of t8."""
    cursor = _Cursor(data)
    top = None
    if cursor.byte() & 1:
        namespace, number, timestamp = cursor.take(_TOP)
        top = (namespace, number, timestamp)
    if cursor.is_at_end or cursor.byte() != _INCLUDED:
        return ChatListIndex(top, False)
    (pin,) = cursor.take(struct.Struct("<H"))
    minimum = cursor.int32() if cursor.byte() else None
    group = cursor.int32()
    return ChatListIndex(top, True, 65534 - pin if pin else None, minimum, group)


@dataclass(slots=True)
class ReadState:
    """What was read in a chat, in one namespace.

    Attributes:
        namespace: of the message ids.
        incoming: highest id that the account has read; in secret chats the id of that
            message.
        outgoing: highest id that the other party has read.
        known: highest id known, None in secret chats.
        unread: number of unread messages.
        is_marked_unread: the user marked the chat as unread.
        incoming_time, outgoing_time: secret chats: times of those messages.
    """

    namespace: int
    incoming: int
    outgoing: int
    known: int | None
    unread: int
    is_marked_unread: bool
    incoming_time: int | None = None
    outgoing_time: int | None = None


def read_read_states(data: bytes, problems: list[Problem]) -> list[ReadState]:
    """Value of t14; what stands before damage is kept."""
    cursor = _Cursor(data)
    found: list[ReadState] = []
    count = cursor.int32()
    for number in range(count):
        start = cursor.offset
        try:
            found.append(_read_state(cursor))
        except FormatError as exception:
            problems.append(
                (start, f"read state {number} of {count}: {exception.reason}")
            )
            break
    return found


def _read_state(cursor: _Cursor) -> ReadState:
    namespace = cursor.int32()
    kind = cursor.byte()
    if kind == 0:
        incoming, outgoing, known, unread, flags = cursor.take(_READ_IDS)
        return ReadState(
            namespace, incoming, outgoing, known, unread, bool(flags & MARKED_UNREAD)
        )
    if kind == 1:
        values = cursor.take(_READ_INDEXES)
        return ReadState(
            namespace,
            values[3],
            values[7],
            None,
            values[8],
            bool(values[9] & MARKED_UNREAD),
            values[0],
            values[4],
        )
    raise FormatError(cursor.offset - 1, f"kind {kind} does not exist")


@dataclass(slots=True)
class StoredResource:
    """Value of t15 of a StorageBox: a file that this installation held.

    Attributes:
        identifier: resource id, the name of the file in `postbox/media`.
        content_type: kind of content by the client's number, None if cut off.
        size: bytes, None if cut off.
    """

    identifier: str
    content_type: int | None = None
    size: int | None = None


def read_stored_resource(data: bytes) -> StoredResource:
    """Value of t15 of a StorageBox.

    Raises:
        FormatError: if the version is unknown or the name is cut off.
    """
    if len(data) < 3:
        raise FormatError(len(data), "value is cut off")
    if data[0] != 0:
        raise FormatError(0, f"version {data[0]} is unknown")
    (size,) = struct.unpack_from("<H", data, 1)
    end = 3 + size
    if end > len(data):
        raise FormatError(1, f"name of {size} bytes does not fit")
    found = StoredResource(data[3:end].decode("utf-8", "backslashreplace"))
    if len(data) > end:
        found.content_type = data[end]
    if len(data) >= end + 9:
        (found.size,) = struct.unpack_from("<q", data, end + 1)
    return found
