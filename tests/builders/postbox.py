"""Writes values of Postbox: an encoder made from the specification alone.

It shares no code with the readers. Hashes of classes are those that the specification
lists, not computed ones. Its output is compared with the specification's own vectors
before anything else rests on it.

Specification: formats/apple_postbox.md sections 3, 5, 6 and 19.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_TABLE = (
    Path(__file__).parents[2] / "telegram_forensics" / "data" / "postbox_classes.tsv"
)
HASHES = {
    row[0]: int(row[1])
    for row in (line.split("\t") for line in _TABLE.read_text("utf-8").splitlines()[1:])
}
TYPES = {letter: number for number, letter in enumerate("iqbdsoIQODxnSX")}


@dataclass
class Obj:
    """An object: class name or hash, and entries by `key:letter`."""

    kind: str | int
    entries: dict[str, Any] = field(default_factory=dict)

    @property
    def type_hash(self) -> int:
        """Hash of the class."""
        return self.kind if isinstance(self.kind, int) else HASHES[self.kind]


def _text(value: str) -> bytes:
    raw = value.encode()
    return struct.pack("<i", len(raw)) + raw


def _blob(value: bytes) -> bytes:
    return struct.pack("<i", len(value)) + value


def _object(value: Obj) -> bytes:
    content = body(value.entries)
    return struct.pack("<ii", value.type_hash, len(content)) + content


def _array(write: Callable[[Any], bytes]) -> Callable[[Any], bytes]:
    def made(items: Any) -> bytes:
        return struct.pack("<i", len(items)) + b"".join(write(item) for item in items)

    return made


def _number(form: str) -> Callable[[Any], bytes]:
    return lambda value: struct.pack(form, value)


def _pair(item: tuple[Obj, Obj]) -> bytes:
    return _object(item[0]) + _object(item[1])


_WRITERS: dict[str, Callable[[Any], bytes]] = {
    "i": _number("<i"),
    "q": _number("<q"),
    "b": _number("<B"),
    "d": _number("<d"),
    "s": _text,
    "o": _object,
    "I": _array(_number("<i")),
    "Q": _array(_number("<q")),
    "O": _array(_object),
    "D": _array(_pair),
    "x": _blob,
    "n": lambda _: b"",
    "S": _array(_text),
    "X": _array(_blob),
}


def entry(key: str, letter: str, value: Any) -> bytes:
    """One entry; None is nil whatever the letter says."""
    raw = key.encode()
    if value is None:
        letter = "n"
    head = bytes([len(raw)]) + raw + bytes([TYPES[letter]])
    return head + _WRITERS[letter](value)


def body(entries: dict[str, Any]) -> bytes:
    """Entries without a wrapper."""
    return b"".join(
        entry(*name.rsplit(":", 1), value) for name, value in entries.items()
    )


def root(value: Obj) -> bytes:
    """A stored object."""
    return entry("_", "o", value)


def peer(namespace: int, number: int) -> int:
    """Stored number of a peer."""
    low, high = number & 0xFFFFFFFF, number >> 32
    if namespace == 3 and number < 0:
        high = 0
    (value,) = struct.unpack(
        "<q", struct.pack("<Q", high << 35 | namespace << 32 | low)
    )
    return value


def user(number: int) -> int:
    """Stored number of a user."""
    return peer(0, number)


def group(number: int) -> int:
    """Stored number of a basic group."""
    return peer(1, number)


def channel(number: int) -> int:
    """Stored number of a channel."""
    return peer(2, number)


def secret(number: int) -> int:
    """Stored number of a secret chat."""
    return peer(3, number)


def media_id(namespace: int, number: int) -> bytes:
    """Bytes of a media id."""
    return struct.pack("<iq", namespace, number)


def message_ids(items: list[tuple[int, int, int]]) -> bytes:
    """Array of message ids: peer, namespace, id."""
    return struct.pack("<i", len(items)) + b"".join(
        struct.pack("<qii", *item) for item in items
    )


def peer_ids(items: list[int]) -> bytes:
    """Array of peers."""
    return struct.pack("<i", len(items)) + struct.pack(f"<{len(items)}q", *items)


def message_key(
    chat: int, namespace: int, timestamp: int, number: int, schema: int = 25
) -> bytes:
    """Key of t7."""
    if schema <= 22:
        return struct.pack(">qiii", chat, timestamp, namespace, number)
    return struct.pack(">qiii", chat, namespace, timestamp, number)


@dataclass
class Forward:
    """What a forwarded message says of its origin."""

    author: int
    date: int
    source: int | None = None
    message: tuple[int, int, int] | None = None
    signature: str | None = None
    psa: str | None = None
    flags: int | None = None

    def encode(self) -> bytes:
        """Bytes with the flags in front."""
        parts = [struct.pack("<qi", self.author, self.date)]
        bits = 1
        if self.source is not None:
            bits |= 2
            parts.append(struct.pack("<q", self.source))
        if self.message is not None:
            bits |= 4
            parts.append(struct.pack("<qii", *self.message))
        if self.signature is not None:
            bits |= 8
            parts.append(_text(self.signature))
        if self.psa is not None:
            bits |= 16
            parts.append(_text(self.psa))
        if self.flags is not None:
            bits |= 32
            parts.append(struct.pack("<i", self.flags))
        return bytes([bits]) + b"".join(parts)


@dataclass
class Msg:
    """A message value."""

    text: str = ""
    stable_id: int = 1
    stable_version: int = 0
    unique_id: int | None = None
    global_tags: int | None = None
    grouping_key: int | None = None
    group_id: int | None = None
    local_tags: int | None = None
    thread_id: int | None = None
    flags: int = 64
    tags: int = 0
    forward: Forward | None = None
    author: int | None = None
    attributes: list[Obj] = field(default_factory=list)
    media: list[Obj] = field(default_factory=list)
    references: list[tuple[int, int]] = field(default_factory=list)
    custom_tags: list[bytes] | None = field(default_factory=list)

    def encode(self) -> bytes:
        """The value of t7."""
        optional = (
            ("<q", self.unique_id),
            ("<I", self.global_tags),
            ("<q", self.grouping_key),
            ("<I", self.group_id),
            ("<I", self.local_tags),
            ("<q", self.thread_id),
        )
        bits, values = 0, []
        for bit, (form, value) in enumerate(optional):
            if value is not None:
                bits |= 1 << bit
                values.append(struct.pack(form, value))
        parts = [struct.pack("<bIIB", 0, self.stable_id, self.stable_version, bits)]
        parts += values
        parts.append(struct.pack("<II", self.flags, self.tags))
        parts.append(b"\0" if self.forward is None else self.forward.encode())
        if self.author is None:
            parts.append(b"\0")
        else:
            parts.append(struct.pack("<bq", 1, self.author))
        parts.append(_text(self.text))
        for objects in (self.attributes, self.media):
            parts.append(struct.pack("<i", len(objects)))
            parts += [_blob(root(item)) for item in objects]
        parts.append(struct.pack("<i", len(self.references)))
        parts += [media_id(*item) for item in self.references]
        if self.custom_tags is not None:
            parts.append(struct.pack("<i", len(self.custom_tags)))
            parts += [_blob(item) for item in self.custom_tags]
        return b"".join(parts)


def action(number: int, entries: dict[str, Any] | None = None) -> Obj:
    """A service action."""
    return Obj("TelegramMediaAction", {"_rawValue:i": number, **(entries or {})})


def outgoing_info(unique_id: int, acknowledged: bool = True) -> Obj:
    """The attribute of a message that was queued here, as 12.2 writes it."""
    return Obj(
        "OutgoingMessageInfoAttribute",
        {
            "u:q": unique_id,
            "f:i": 0,
            "ack:i": int(acknowledged),
            "cid:n": None,
            "bubbleUpEmojiOrStickersets:x": bytes(4),
            "partialReference:n": None,
        },
    )


def log_entry(operation: Obj, merged: int | None) -> bytes:
    """Value of t31."""
    head = b"\0" if merged is None else struct.pack("<bi", 1, merged)
    return head + _blob(root(operation))


def direct_media(media: Obj, references: int = 1) -> bytes:
    """Value of t6 that holds the media."""
    return b"\0" + _blob(root(media)) + struct.pack("<i", references)


def referenced_media(chat: int, namespace: int, number: int, timestamp: int) -> bytes:
    """Value of t6 that names the message which holds the media."""
    return struct.pack("<bqiii", 1, chat, namespace, number, timestamp)


def critlog_record(time: float, text: str) -> bytes:
    """A record of a critlog."""
    raw = text.encode()
    return (
        bytes.fromhex("feca0df0bebadeca") + struct.pack("<id", 8 + len(raw), time) + raw
    )
