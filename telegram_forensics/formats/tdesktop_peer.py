"""Peers as Telegram Desktop serializes them: ids, users, groups, channels.

Specification: formats/telegram_desktop.md sections 0.4, 3.5 and 3.5.1. The layout
depends on the AppVersion of the file ("W") and on a record version of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.qds import QdsReader

_NEW_FORM_BIT: Final = 1 << 55
_VERSION_TAG: Final = 0x77FFFFFFFFFFFFFF
_MODERN_LOCATION: Final = -(2**31)
_LAST_SEEN_EPOCH: Final = 1375315200
_FIRST_SELF_RECORD_VERSION: Final = 1_003_017
_TYPE_NAMES: Final = {0: "user", 1: "group", 2: "channel", 0x7F: "pseudo"}
_OLD_TYPE_NAMES: Final = {0: "user", 1: "group", 2: "channel", 0xF: "pseudo"}
_LAST_SEEN_WORDS: Final = {
    0: "long ago",
    1: "recently",
    2: "within a week",
    3: "within a month",
}
_OLD_LAST_SEEN_WORDS: Final = {
    -2: "recently",
    -3: "within a week",
    -4: "within a month",
}


@dataclass(frozen=True, slots=True)
class PeerId:
    """A peer.

    Attributes:
        kind: `user`, `group`, `channel` or `pseudo`.
        bare: the peer's own id.
    """

    kind: str
    bare: int


@dataclass(frozen=True, slots=True)
class LastSeen:
    """A user's last known status.

    Attributes:
        online_until: Unix time (seconds, UTC), None if only a period is known.
        is_exact: the time came from the server (otherwise locally assumed).
        words: the period as the client shows it, None if a time is known.
        is_hidden_by_me: hidden because the owner hides their own status.
    """

    online_until: int | None
    is_exact: bool
    words: str | None
    is_hidden_by_me: bool


@dataclass(slots=True)
class SerializedPeer:
    """A peer record.

    Attributes:
        peer: kind and id.
        record_version: 0 before 3.7.6, 1 from 3.7.6, 2 from 4.14.7.
        photo_id: id of the profile picture, 0 if none.
        first_name, last_name, phone, username, last_seen, is_contact, is_bot: users.
        title, date, invite_link, member_count: groups and channels; date is a Unix
            time (seconds, UTC).
        flags: as stored; their meaning changed with 2.8.7.
    """

    peer: PeerId
    record_version: int = 0
    photo_id: int = 0
    first_name: str = ""
    last_name: str = ""
    phone: str = ""
    username: str = ""
    last_seen: LastSeen | None = None
    is_contact: bool | None = None
    is_bot: bool | None = None
    title: str = ""
    date: int | None = None
    invite_link: str = ""
    member_count: int | None = None
    flags: int | None = None

    @property
    def name(self) -> str:
        """Name as people see it; empty if none is stored."""
        return self.title or f"{self.first_name} {self.last_name}".strip()


@dataclass(slots=True)
class SelfRecord:
    """The owner's own record in the map (type 0x15, since 1.3.17)."""

    user: SerializedPeer
    about: str


def decode_peer_id(value: int) -> PeerId:
    """Decodes a PEERID (section 0.4) of either form.

    Raises:
        FormatError: if the type is none of the known ones.
    """
    if value & _NEW_FORM_BIT:
        number = value & ~_NEW_FORM_BIT
        kind = _TYPE_NAMES.get(number >> 48)
        bare = number & 0xFFFFFFFFFFFF
    else:
        kind = _OLD_TYPE_NAMES.get(value >> 32)
        bare = value & 0xFFFFFFFF
    if kind is None:
        raise FormatError(0, f"peer id 0x{value:016x} has an unknown type")
    return PeerId(kind, bare)


def decode_last_seen(value: int, record_version: int) -> LastSeen | None:
    """Decodes a last seen field (u32); None where it says nothing."""
    if record_version >= 2:
        hidden = bool(value & (1 << 31))
        number = value & 0x3FFFFFFF
        words = _LAST_SEEN_WORDS.get(number)
        if words:
            return LastSeen(None, False, words, hidden)
        exact = bool(value & (1 << 30))
        return LastSeen(_LAST_SEEN_EPOCH + number, exact, None, hidden)
    signed = value - (1 << 32) if value & (1 << 31) else value
    if signed > 0:
        return LastSeen(signed, True, None, False)
    if signed < -30:
        return LastSeen(-signed, False, None, False)
    words = _OLD_LAST_SEEN_WORDS.get(signed)
    return LastSeen(None, False, words, False) if words else None


def read_peer(reader: QdsReader, version: int) -> SerializedPeer:
    """Reads one serialized peer.

    Args:
        reader: positioned at the PEERID.
        version: AppVersion that decides the layout ("W").

    Raises:
        FormatError: if the record is cut off or of an unknown kind.
    """
    start = reader.offset
    try:
        peer = SerializedPeer(decode_peer_id(reader.u64()))
    except FormatError as exception:
        raise FormatError(start + exception.offset, exception.reason) from exception
    second = reader.u64()
    if second == _VERSION_TAG:
        peer.record_version = reader.i32()
        peer.photo_id = reader.u64()
    else:
        peer.photo_id = second
    skip_image_location(reader, version)
    if peer.record_version > 0:
        reader.i32()
    if peer.peer.kind == "user":
        _read_user(reader, version, peer)
    elif peer.peer.kind == "group":
        _read_group(reader, peer)
    elif peer.peer.kind == "channel":
        _read_channel(reader, peer)
    else:
        raise FormatError(start, "record of a pseudo peer")
    return peer


def read_self_record(data: bytes, version: int) -> SelfRecord:
    """Reads the owner's record.

    Args:
        data: content of map record 0x15.
        version: AppVersion of the map file. A lower one than the first that wrote
            this record comes from a damaged file and does not decide the layout.

    Raises:
        FormatError: if it is cut off or not a user.
    """
    reader = QdsReader(data)
    user = read_peer(reader, max(version, _FIRST_SELF_RECORD_VERSION))
    if user.peer.kind != "user":
        raise FormatError(0, f"the owner's record is a {user.peer.kind}")
    about = reader.string() if reader.remaining else ""
    return SelfRecord(user, about)


def skip_image_location(reader: QdsReader, version: int) -> None:
    width = reader.i32()
    if width == _MODERN_LOCATION:
        reader.bytes()
        return
    # Legacy: height, data center, volume, local id, secret, file reference.
    reader.raw(4 + 4 + 8 + 4 + 8)
    if version >= 1_003_013:
        reader.bytes()


def _read_user(reader: QdsReader, version: int, peer: SerializedPeer) -> None:
    peer.first_name = reader.string()
    peer.last_name = reader.string()
    peer.phone = reader.string()
    peer.username = reader.string()
    reader.u64()
    if version >= 9012:
        peer.flags = reader.i32() & 0xFFFFFFFF
    if version >= 9016:
        reader.string()
    peer.last_seen = decode_last_seen(reader.u32(), peer.record_version)
    peer.is_contact = reader.i32() == 1
    peer.is_bot = reader.i32() != -1


def _read_group(reader: QdsReader, peer: SerializedPeer) -> None:
    peer.title = reader.string()
    peer.member_count = reader.i32()
    peer.date = reader.i32() or None
    # Version of the group, creator id low and high part.
    reader.raw(12)
    peer.flags = reader.u32()
    peer.invite_link = reader.string()


def _read_channel(reader: QdsReader, peer: SerializedPeer) -> None:
    peer.title = reader.string()
    reader.u64()
    peer.date = reader.i32() or None
    # Version and the old "forbidden" mark.
    reader.raw(8)
    peer.flags = reader.u32()
    peer.invite_link = reader.string()
