"""Primitives of TDLib's serialization.

Specification: formats/tdlib.md section 3. Integers are little-endian; a string has its
length in front and is padded to four bytes; a versioned blob begins with the version of
the library that wrote it, on which the layouts behind it depend.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final, NamedTuple

from telegram_forensics.formats.errors import FormatError

# Version from which user, chat and channel ids have 64 bits.
WIDE_IDS: Final = 33
# No version that was seen or announced is larger by far.
MAXIMUM_VERSION: Final = 1000
_SECRET_BASE: Final = -2_000_000_000_000
_SECRET_FIRST: Final = _SECRET_BASE - 2**31
_SECRET_LAST: Final = _SECRET_BASE + 2**31 - 1
_CHANNEL_BASE: Final = -1_000_000_000_000
_SERVER_SHIFT: Final = 20
_SCHEDULED: Final = 4
_SCHEDULED_EPOCH: Final = 1 << 30
_TYPES: Final = ("server", "unsent", "local")


class Reader:
    """Reads values one behind the other.

    Attributes:
        data: the bytes.
        position: offset of the next value.
        version: of the library that wrote them; 0 for plain values.
    """

    __slots__ = ("data", "position", "version")

    def __init__(self, data: bytes, position: int = 0, version: int = 0) -> None:
        self.data = data
        self.position = position
        self.version = version

    @classmethod
    def versioned(cls, data: bytes) -> Reader:
        """Begins a versioned blob.

        Raises:
            FormatError: if the version is none.
        """
        reader = cls(data)
        version = reader.i32()
        if not 0 <= version <= MAXIMUM_VERSION:
            raise FormatError(0, f"version {version}")
        reader.version = version
        return reader

    @property
    def left(self) -> int:
        """Number of bytes behind the position."""
        return len(self.data) - self.position

    def raw(self, size: int) -> bytes:
        """Reads bytes.

        Raises:
            FormatError: if there are not so many.
        """
        if size < 0 or size > self.left:
            raise FormatError(self.position, f"{size} bytes wanted, {self.left} left")
        self.position += size
        return self.data[self.position - size : self.position]

    def i32(self) -> int:
        """Reads a signed number."""
        return int(struct.unpack("<i", self.raw(4))[0])

    def u32(self) -> int:
        """Reads an unsigned number, such as flags."""
        return int(struct.unpack("<I", self.raw(4))[0])

    def i64(self) -> int:
        """Reads a signed number."""
        return int(struct.unpack("<q", self.raw(8))[0])

    def u64(self) -> int:
        """Reads an unsigned number."""
        return int(struct.unpack("<Q", self.raw(8))[0])

    def double(self) -> float:
        """Reads a floating point number."""
        return float(struct.unpack("<d", self.raw(8))[0])

    def boolean(self) -> bool:
        """Reads a truth value."""
        value = self.i32()
        if value not in (0, 1):
            raise FormatError(self.position - 4, f"truth value {value}")
        return bool(value)

    def identifier(self) -> int:
        """Reads the id of a user, basic group or channel."""
        return self.i64() if self.version >= WIDE_IDS else self.i32()

    def bytes(self) -> bytes:
        """Reads a string of bytes."""
        start = self.position
        length = self.raw(1)[0]
        if length == 254:
            length = int.from_bytes(self.raw(3), "little")
        elif length == 255:
            length = int.from_bytes(self.raw(7), "little")
        value = self.raw(length)
        padding = -(self.position - start) % 4
        self.raw(min(padding, self.left))
        return value

    def text(self) -> str:
        """Reads a text; bytes that are no UTF-8 stand as `\\xNN`."""
        return self.bytes().decode("utf-8", "backslashreplace")

    def count(self, minimum: int = 4) -> int:
        """Reads the number of items of a vector.

        Args:
            minimum: bytes that an item has at least.

        Raises:
            FormatError: if there is no room for so many.
        """
        number = self.i32()
        if not 0 <= number * minimum <= self.left:
            raise FormatError(self.position - 4, f"{number} items")
        return number

    def stored_time(self) -> float | None:
        """Reads a time that is stored as what is left of it, seconds since 1970."""
        left = self.double()
        if left < 0:
            return None
        return self.double() + left


class DialogId(NamedTuple):
    """A chat.

    Attributes:
        kind: `user`, `group`, `channel`, `secret`, or `unknown`.
        number: the peer's own number, of secret chats the chat's.
    """

    kind: str
    number: int


def read_dialog_id(value: int) -> DialogId:
    """Tells what a dialog id stands for."""
    if value > 0:
        return DialogId("user", value)
    if _SECRET_FIRST <= value <= _SECRET_LAST and value != _SECRET_BASE:
        return DialogId("secret", value - _SECRET_BASE)
    if value <= _CHANNEL_BASE:
        return DialogId("channel", _CHANNEL_BASE - value)
    return DialogId("group", -value) if value < 0 else DialogId("unknown", 0)


@dataclass(slots=True)
class MessageId:
    """Number of a message in TDLib.

    Attributes:
        value: as it is stored.
        kind: `server`, `unsent` or `local`; None if it is none of them.
        server: id at the server, None for messages that the server does not know.
        scheduled: when a scheduled message is due, seconds since 1970 UTC.
    """

    value: int
    kind: str | None
    server: int | None = None
    scheduled: int | None = None


def read_message_id(value: int) -> MessageId:
    """Tells what the id of a message stands for."""
    number = value & 3
    kind = _TYPES[number] if number < len(_TYPES) else None
    if value & _SCHEDULED:
        date = (value >> 21) + _SCHEDULED_EPOCH
        server = (value >> 3) & 0x3FFFF
        return MessageId(value, kind, server or None, date)
    server = value >> _SERVER_SHIFT
    is_server = kind == "server" and not value & ((1 << _SERVER_SHIFT) - 1)
    return MessageId(value, kind, server if is_server and server > 0 else None)
