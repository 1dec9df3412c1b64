"""Message values of Postbox (t7), in every version.

Specification: formats/apple_postbox.md section 6 (app versions 5.0 to 12.2; parts came
in 2019 to January 2024 and tell themselves by flags or by their presence). The key has
chat, namespace, time and id. What the message says is in `postbox_facts`.

Only bit 4 of the flags is the direction: 256 also stands on the owner's own scheduled
messages. Flags above 2048 and data flags above 32 are not known (UNCONFIRMED after
12.2): an unknown data or forward flag means an unknown layout, and nothing behind it is
read.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.postbox_coding import PostboxObject, Problem
from telegram_forensics.formats.postbox_ids import MediaId, MessageId
from telegram_forensics.formats.postbox_tables import read_nested

DATA_UNIQUE_ID: Final = 1
DATA_GLOBAL_TAGS: Final = 2
DATA_GROUPING_KEY: Final = 4
DATA_GROUP_INFO: Final = 8
DATA_LOCAL_TAGS: Final = 16
DATA_THREAD_ID: Final = 32
_KNOWN_DATA: Final = 63

FLAG_UNSENT: Final = 1
FLAG_FAILED: Final = 2
FLAG_INCOMING: Final = 4
FLAG_TOP_INDEXABLE: Final = 16
FLAG_SENDING: Final = 32
FLAG_FROM_SERVER: Final = 64
FLAG_WAS_SCHEDULED: Final = 128
FLAG_COUNTED_AS_INCOMING: Final = 256
FLAG_COPY_PROTECTED: Final = 512
FLAG_FORUM_TOPIC: Final = 1024
FLAG_REACTIONS_POSSIBLE: Final = 2048

GLOBAL_TAG_CALL: Final = 1
GLOBAL_TAG_MISSED_CALL: Final = 2
LOCAL_TAG_LIVE_LOCATION: Final = 1

TAG_UNSEEN_MENTION: Final = 1 << 5
TAG_PINNED: Final = 1 << 10

FORWARD_SOURCE: Final = 1 << 1
FORWARD_MESSAGE: Final = 1 << 2
FORWARD_SIGNATURE: Final = 1 << 3
FORWARD_PSA: Final = 1 << 4
FORWARD_FLAGS: Final = 1 << 5
_KNOWN_FORWARD: Final = 63
_IMPORTED: Final = 1

_TYPE_MESSAGE: Final = 0
_HEAD: Final = struct.Struct("<bIIB")


@dataclass(slots=True)
class StoredForward:
    """Where a message was forwarded from.

    Attributes:
        author: stored number of the original author, None if hidden.
        date: time of the original, seconds since 1970 UTC.
        source: stored number of the chat it was taken from.
        message: the original message.
        signature: of a post, or the name of an author who is hidden.
        announcement: type of a public announcement.
        flags: see `is_imported`.
    """

    author: int | None = None
    date: int | None = None
    source: int | None = None
    message: MessageId | None = None
    signature: str | None = None
    announcement: str | None = None
    flags: int | None = None

    @property
    def is_imported(self) -> bool:
        """True if it was imported from another messenger."""
        return bool((self.flags or 0) & _IMPORTED)


@dataclass(slots=True)
class StoredMessage:
    """A message value.

    Attributes:
        stable_id: order in which the rows were first made in this database; it stays
            through later rewrites.
        stable_version: how often the row was rewritten.
        data_flags: which of the next fields are there.
        unique_id: random id with which a message was sent from here; in secret chats
            that of the protocol, in both directions.
        global_tags: 1 call, 2 missed call.
        grouping_key: album, as the server numbers it.
        group_id: album, as this database numbers it.
        local_tags: 1 own live location.
        thread_id: topic or thread of comments.
        flags, tags: bits, None if cut off.
        forward: None if it is not forwarded.
        author: stored number of the author, None if there is none.
        text: None if cut off.
        attributes, media: stored objects.
        references: media that stand in t6.
        custom_tags: tags of saved messages, since January 2024.
        is_complete: False if it could not be read to its end.
    """

    stable_id: int
    stable_version: int
    data_flags: int
    unique_id: int | None = None
    global_tags: int | None = None
    grouping_key: int | None = None
    group_id: int | None = None
    local_tags: int | None = None
    thread_id: int | None = None
    flags: int | None = None
    tags: int | None = None
    forward: StoredForward | None = None
    author: int | None = None
    text: str | None = None
    attributes: list[PostboxObject] = field(default_factory=list)
    media: list[PostboxObject] = field(default_factory=list)
    references: list[MediaId] = field(default_factory=list)
    custom_tags: list[bytes] = field(default_factory=list)
    is_complete: bool = True

    @property
    def is_incoming(self) -> bool | None:
        """Direction, None if it was cut off."""
        return None if self.flags is None else bool(self.flags & FLAG_INCOMING)

    def attribute(self, name: str) -> PostboxObject | None:
        """The first attribute of a class, None if there is none."""
        for item in self.attributes:
            if item.name == name:
                return item
        return None


def read_message(data: bytes, problems: list[Problem]) -> StoredMessage:
    """Reads a message value; of a damaged one what stands before the damage.

    Args:
        data: the value.
        problems: gets what is wrong.

    Raises:
        FormatError: if it is no message.
    """
    if not data:
        raise FormatError(0, "value is empty")
    if data[0] != _TYPE_MESSAGE:
        raise FormatError(0, f"message of type {data[0]}")
    if len(data) < _HEAD.size:
        raise FormatError(len(data), "message is cut off")
    _, stable_id, stable_version, data_flags = _HEAD.unpack_from(data)
    message = StoredMessage(stable_id, stable_version, data_flags)
    reader = _Reader(data, _HEAD.size, problems)
    try:
        reader.message(message)
    except FormatError as exception:
        message.is_complete = False
        problems.append((exception.offset, exception.reason))
    return message


def read_message_in_front(data: bytes) -> tuple[StoredMessage, int] | None:
    """Reads a message value in front of other bytes, as free space has them.

    Returns:
        the message and its size; None if something in it does not fit. Whether custom
        tags stand at its end cannot always be told: then they do not count.
    """
    if len(data) < _HEAD.size or data[0] != _TYPE_MESSAGE:
        return None
    _, stable_id, stable_version, data_flags = _HEAD.unpack_from(data)
    message = StoredMessage(stable_id, stable_version, data_flags)
    problems: list[Problem] = []
    reader = _Reader(data, _HEAD.size, problems)
    try:
        reader.fields(message)
    except FormatError:
        return None
    return None if problems else (message, reader.skip_custom_tags(message))


class _Reader:
    """Reads the fields one behind the other."""

    __slots__ = ("_data", "_offset", "_problems")

    def __init__(self, data: bytes, offset: int, problems: list[Problem]) -> None:
        self._data = data
        self._offset = offset
        self._problems = problems

    def message(self, message: StoredMessage) -> None:
        """Everything behind the head, up to the end."""
        self.fields(message)
        if self._offset < len(self._data):
            self._list(message.custom_tags, 4, "custom tag", self._chunk)
        if self._offset < len(self._data):
            rest = len(self._data) - self._offset
            self._problems.append((self._offset, f"{rest} bytes behind the message"))

    def skip_custom_tags(self, message: StoredMessage) -> int:
        """Reads custom tags if they fit, and tells where the message ends."""
        start = self._offset
        try:
            self._list(message.custom_tags, 4, "custom tag", self._chunk)
        except FormatError:
            message.custom_tags.clear()
        if not message.custom_tags:
            # Zeros can be the beginning of whatever follows.
            self._offset = start
        return self._offset

    def fields(self, message: StoredMessage) -> None:
        """What every version has behind the head."""
        data_flags = message.data_flags
        if data_flags & ~_KNOWN_DATA:
            reason = f"data flags 0x{data_flags:x}: the layout is not known"
            raise FormatError(self._offset - 1, reason)
        if data_flags & DATA_UNIQUE_ID:
            message.unique_id = self._number(_INT64, "unique id")
        if data_flags & DATA_GLOBAL_TAGS:
            message.global_tags = self._number(_UINT32, "global tags")
        if data_flags & DATA_GROUPING_KEY:
            message.grouping_key = self._number(_INT64, "grouping key")
        if data_flags & DATA_GROUP_INFO:
            message.group_id = self._number(_UINT32, "group")
        if data_flags & DATA_LOCAL_TAGS:
            message.local_tags = self._number(_UINT32, "local tags")
        if data_flags & DATA_THREAD_ID:
            message.thread_id = self._number(_INT64, "thread")
        message.flags = self._number(_UINT32, "flags")
        message.tags = self._number(_UINT32, "tags")
        self._forward(message)
        if self._number(_UINT8, "author"):
            message.author = self._number(_INT64, "author")
        message.text = self._text("text")
        self._list(message.attributes, 4, "attribute", self._object)
        self._list(message.media, 4, "media", self._object)
        self._list(message.references, 12, "media reference", self._reference)

    def _forward(self, message: StoredMessage) -> None:
        flags = self._number(_UINT8, "forward flags")
        if not flags:
            return
        if flags & ~_KNOWN_FORWARD:
            reason = f"forward flags 0x{flags:x}: the layout is not known"
            raise FormatError(self._offset - 1, reason)
        forward = message.forward = StoredForward()
        forward.author = self._number(_INT64, "forward author") or None
        forward.date = self._number(_INT32, "forward date")
        if flags & FORWARD_SOURCE:
            forward.source = self._number(_INT64, "forward source") or None
        if flags & FORWARD_MESSAGE:
            peer, namespace, number = self._fields(_MESSAGE, "forward message")
            forward.message = MessageId(peer, namespace, number)
        if flags & FORWARD_SIGNATURE:
            forward.signature = self._text("forward signature") or None
        if flags & FORWARD_PSA:
            forward.announcement = self._text("forward announcement") or None
        if flags & FORWARD_FLAGS:
            forward.flags = self._number(_INT32, "forward information flags")

    def _fields(self, layout: struct.Struct, what: str) -> tuple[int, ...]:
        if len(self._data) - self._offset < layout.size:
            raise FormatError(self._offset, f"{what} is cut off")
        found = layout.unpack_from(self._data, self._offset)
        self._offset += layout.size
        return found

    def _number(self, layout: struct.Struct, what: str) -> int:
        return self._fields(layout, what)[0]

    def _chunk(self, what: str) -> bytes:
        start = self._offset
        size = self._number(_INT32, f"length of {what}")
        if size < 0 or size > len(self._data) - self._offset:
            raise FormatError(start, f"{what}: length {size} does not fit")
        self._offset += size
        return bytes(self._data[self._offset - size : self._offset])

    def _text(self, what: str) -> str:
        start = self._offset + 4
        raw = self._chunk(what)
        try:
            return raw.decode()
        except UnicodeDecodeError as exception:
            self._problems.append(
                (start + exception.start, f"{what}: text is not UTF-8")
            )
            return raw.decode("utf-8", "backslashreplace")

    def _object(self, what: str) -> PostboxObject | None:
        start = self._offset + 4
        return read_nested(self._chunk(what), start, self._problems)

    def _reference(self, what: str) -> MediaId:
        namespace, number = self._fields(_MEDIA, what)
        return MediaId(namespace, number)

    def _list(
        self,
        found: list[Any],
        unit: int,
        what: str,
        read: Callable[[str], Any],
    ) -> None:
        start = self._offset
        count = self._number(_INT32, f"number of {what} entries")
        if count < 0 or count * unit > len(self._data) - self._offset:
            raise FormatError(start, f"{count} {what} entries do not fit")
        for number in range(count):
            item = read(f"{what} {number} of {count}")
            # One that cannot be read has left a problem.
            if item is not None:
                found.append(item)


_UINT8: Final = struct.Struct("<B")
_INT32: Final = struct.Struct("<i")
_UINT32: Final = struct.Struct("<I")
_INT64: Final = struct.Struct("<q")
_MESSAGE: Final = struct.Struct("<qii")
_MEDIA: Final = struct.Struct("<iq")
