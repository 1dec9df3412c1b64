"""Identifiers of Postbox: peers, messages, media.

Specification: formats/apple_postbox.md sections 3 (raw structures) and 4. A peer is one
number; until July 2021 (app 7.9) 32 bits for the id, since then 61. Both layouts agree
for every id that the old one could hold, so one reader serves all versions.
"""

from __future__ import annotations

import struct
from typing import Any, Final, NamedTuple

from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.postbox_coding import PostboxObject
from telegram_forensics.formats.tl_peers import Peer

PEER_USER: Final = 0
PEER_GROUP: Final = 1
PEER_CHANNEL: Final = 2
PEER_SECRET: Final = 3
PEER_EMPTY: Final = 7
EMPTY_PEER: Final = 0x7FFFFFFF00000000

_KINDS: Final = {
    PEER_USER: "user",
    PEER_GROUP: "group",
    PEER_CHANNEL: "channel",
    PEER_SECRET: "secret",
}

CLOUD: Final = 0
LOCAL: Final = 1
SECRET_INCOMING: Final = 2
SCHEDULED_CLOUD: Final = 3
SCHEDULED_LOCAL: Final = 4
QUICK_REPLY_CLOUD: Final = 5
QUICK_REPLY_LOCAL: Final = 6
MESSAGE_NAMESPACES: Final = {
    CLOUD: "cloud",
    LOCAL: "local",
    SECRET_INCOMING: "secret_incoming",
    SCHEDULED_CLOUD: "scheduled_cloud",
    SCHEDULED_LOCAL: "scheduled_local",
    QUICK_REPLY_CLOUD: "quick_reply_cloud",
    QUICK_REPLY_LOCAL: "quick_reply_local",
}
# Written by the client itself: not at the server, or not yet.
LOCAL_NAMESPACES: Final = frozenset((LOCAL, SCHEDULED_LOCAL, QUICK_REPLY_LOCAL))
SCHEDULED_NAMESPACES: Final = frozenset((SCHEDULED_CLOUD, SCHEDULED_LOCAL))

MEDIA_NAMESPACES: Final = {
    0: "cloud_image",
    2: "cloud_audio",
    3: "cloud_contact",
    4: "cloud_map",
    5: "cloud_file",
    6: "cloud_webpage",
    7: "local_image",
    8: "local_file",
    9: "cloud_secret_image",
    10: "cloud_secret_file",
    11: "cloud_game",
    12: "cloud_invoice",
    13: "local_webpage",
    14: "local_poll",
    15: "cloud_poll",
}
# Media made on this device and not replaced by the server's copy.
LOCAL_MEDIA_NAMESPACES: Final = frozenset((7, 8))

_RECORD_OF_MESSAGE: Final = struct.Struct("<qii")
_MASK_32: Final = 0xFFFFFFFF
_MASK_64: Final = 0xFFFFFFFFFFFFFFFF


class PeerId(NamedTuple):
    """A peer: namespace (user, basic group ...) and the id inside it."""

    namespace: int
    number: int

    @property
    def peer(self) -> Peer | None:
        """The peer as the other clients have it; None for the empty and unknown."""
        kind = _KINDS.get(self.namespace)
        return None if kind is None else Peer(kind, self.number)


def unpack_peer(value: int) -> PeerId:
    """Splits the number of a peer."""
    bits = value & _MASK_64
    low, namespace, high = bits & _MASK_32, bits >> 32 & 7, bits >> 35
    if namespace == PEER_SECRET and not high:
        # Their ids are random numbers of 32 bits with a sign.
        return PeerId(namespace, low - (1 << 32) if low >> 31 else low)
    if value == EMPTY_PEER:
        return PeerId(PEER_EMPTY, 0)
    return PeerId(namespace, high << 32 | low)


def read_peer(value: int | None) -> Peer | None:
    """The peer of a stored number; None for zero, the empty one and unknown kinds."""
    return unpack_peer(value).peer if value else None


def describe_peer(value: int) -> str:
    """A stored number in words."""
    found = unpack_peer(value)
    kind = _KINDS.get(found.namespace, f"peer namespace {found.namespace}")
    return "no peer" if found.namespace == PEER_EMPTY else f"{kind} {found.number}"


class MessageId(NamedTuple):
    """A message: stored number of the peer, namespace, id."""

    peer: int
    namespace: int
    number: int


class MediaId(NamedTuple):
    """Media: namespace and id."""

    namespace: int
    number: int

    @property
    def is_local(self) -> bool:
        """True for media made on this device that the server's copy did not replace."""
        return self.namespace in LOCAL_MEDIA_NAMESPACES


def unpack_namespaced(value: int) -> tuple[int, int]:
    """Namespace and id of a message in one number, as replies have them."""
    return _signed(value & _MASK_32), _signed(value >> 32 & _MASK_32)


def _signed(word: int) -> int:
    return word - (1 << 32) if word >> 31 else word


def read_media_id(data: bytes | None) -> MediaId | None:
    """Reads the bytes of a media id, None if there are none or too few."""
    if data is None or len(data) < 12:
        return None
    return MediaId(*struct.unpack_from("<iq", data))


def _count(data: bytes, unit: int) -> int:
    if len(data) < 4:
        raise FormatError(len(data), "count is cut off")
    count = int.from_bytes(data[:4], "little", signed=True)
    if count < 0 or count * unit > len(data) - 4:
        raise FormatError(0, f"count {count} does not fit into {len(data)} bytes")
    return count


def read_message_ids(data: bytes) -> list[MessageId]:
    """Reads an array of message ids.

    Raises:
        FormatError: if the count does not fit.
    """
    count = _count(data, _RECORD_OF_MESSAGE.size)
    end = 4 + count * _RECORD_OF_MESSAGE.size
    return [MessageId(*row) for row in _RECORD_OF_MESSAGE.iter_unpack(data[4:end])]


def read_peer_ids(data: bytes) -> list[int]:
    """Reads an array of peers, as stored numbers.

    Raises:
        FormatError: if the count does not fit.
    """
    count = _count(data, 8)
    return list(struct.unpack_from(f"<{count}q", data, 4))


def read_codable_peer(value: Any) -> int | None:
    """The stored number of a peer, which newer values keep in an object."""
    if isinstance(value, PostboxObject):
        return value.integer("iv")
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def read_codable_message(value: Any) -> MessageId | None:
    """A message id in either form (`peerId`/`namespace`/`id` or `p`/`n`/`i`)."""
    if not isinstance(value, PostboxObject):
        return None
    fields = value.fields
    if "peerId" in fields:
        peer = read_codable_peer(fields["peerId"])
        namespace, number = value.integer("namespace"), value.integer("id")
    else:
        peer = read_codable_peer(fields.get("p"))
        namespace, number = value.integer("n"), value.integer("i")
    if peer is None or namespace is None or number is None:
        return None
    return MessageId(peer, namespace, number)


def read_prefixed_message(value: PostboxObject, prefix: str) -> MessageId | None:
    """A message id in three fields with a prefix, such as `m.p`, `m.n`, `m.i`."""
    peer, namespace, number = (value.integer(f"{prefix}.{key}") for key in "pni")
    if peer is None or namespace is None or number is None:
        return None
    return MessageId(peer, namespace, number)
