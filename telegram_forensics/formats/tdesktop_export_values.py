"""Times and ids of Telegram Desktop's JSON export, whose forms changed over versions.

Times: every date is local time of the exporting machine without zone; a twin
`..._unixtime` with UTC seconds exists since 3.7.6. Pairs of both give the machine's UTC
offset at that moment. `OffsetTable` lends it to a date without twin only if dates on
both sides, at most three days away, have the same offset; no zone changes twice in so
short a time.

Ids: see `IdRules`.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, BinaryIO, Final

from telegram_forensics.formats.tdesktop_export_records import (
    ExportTime,
    PeerId,
    PeerType,
    TimeBasis,
)

# Without zone, like the dates of the export.
_EPOCH: Final = datetime.fromisoformat("1970-01-01T00:00:00")
_DAY: Final = 86400
_NEIGHBOUR_DAYS: Final = 3
_MAXIMUM_OFFSET: Final = 15 * 3600
# TimeId of the client is a signed 32-bit number; some room for what comes.
_MAXIMUM_TIME: Final = 1 << 33

_SHIFT_USER: Final = 1 << 32
_SHIFT_CHAT: Final = 1 << 33

_PREFIXES: Final = {
    "user": PeerType.USER,
    "chat": PeerType.GROUP,
    "channel": PeerType.CHANNEL,
}
_PEER: Final = re.compile(r"(user|chat|channel)(\d{1,19})", re.ASCII)
_ID_FORM: Final = re.compile(rb'"(?:from|actor)_id": ?("[a-z]|[0-9])|_unixtime":')
_TWINS: Final = {
    name: f"{name}_unixtime"
    for name in ("date", "edited", "expires", "last_active", "created")
}
_CHUNK: Final = 1 << 20
_MAXIMUM_SEARCH: Final = 1 << 28
_MAXIMUM_PEERS: Final = 50_000


def integer(value: Any) -> int | None:
    """A number of the document, None if it is none (or no whole one)."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if -(1 << 63) <= value < 1 << 64 else None
    return None


def number_text(value: Any) -> str | None:
    """A number or text as text."""
    if isinstance(value, str):
        return value or None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return None


def text(value: Any) -> str | None:
    """A text of the document, None if it is none or empty."""
    return value if isinstance(value, str) and value else None


def boolean(value: Any) -> bool | None:
    """A truth value of the document, None if it is none."""
    return value if isinstance(value, bool) else None


def local_seconds(value: Any) -> int | None:
    """Seconds of a local date and time as the JSON export writes it."""
    if not isinstance(value, str) or len(value) != 19:
        return None
    try:
        elapsed = datetime.fromisoformat(value) - _EPOCH
    except (ValueError, TypeError):
        return None
    return elapsed.days * _DAY + elapsed.seconds


def unix_seconds(value: Any) -> int | None:
    """Seconds of a `..._unixtime` text (or number)."""
    if isinstance(value, str):
        if len(value) > 19 or not value.isdecimal():
            return None
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 < value < _MAXIMUM_TIME else None


class OffsetTable:
    """UTC offsets of the exporting machine, from pairs of local time and UTC.

    Attributes:
        offsets: all offsets seen, in minutes.
        offset_1970: offset of the zone in 1970, in minutes.
    """

    def __init__(self) -> None:
        self.offsets: set[int] = set()
        self.offset_1970: int | None = None
        # Day of the local clock -> offset in seconds, None where two were seen.
        self._days: dict[int, int | None] = {}

    def add(self, local: int, unix: int) -> None:
        """Notes a pair."""
        offset = local - unix
        day = local // _DAY
        if self._days.get(day) == offset:
            return
        # An offset is a whole number of minutes in all zones since 1972.
        if abs(offset) > _MAXIMUM_OFFSET or offset % 60:
            return
        self._days[day] = offset if day not in self._days else None
        self.offsets.add(offset // 60)

    def derive(self, local: int) -> int | None:
        """UTC of a local time, None if the dates around it do not settle it."""
        day = local // _DAY
        before = self._near(day, -1)
        if before is None or before != self._near(day, 1):
            return None
        if day in self._days and self._days[day] != before:
            return None
        return local - before

    def _near(self, day: int, step: int) -> int | None:
        for distance in range(1, _NEIGHBOUR_DAYS + 1):
            if day + step * distance in self._days:
                return self._days[day + step * distance]
        return None

    def read(self, record: dict[str, Any], key: str) -> ExportTime | None:
        """The date `key` of a record with its twin."""
        local = local_seconds(record.get(key))
        unix = unix_seconds(record.get(_TWINS[key]))
        if unix is None:
            return self.read_local(local)
        if local is not None:
            self.add(local, unix)
        return ExportTime(TimeBasis.UTC, unix, local)

    def read_local(self, local: int | None) -> ExportTime | None:
        """A date without twin."""
        if local is None:
            return None
        unix = self.derive(local)
        basis = TimeBasis.LOCAL if unix is None else TimeBasis.DERIVED
        return ExportTime(basis, unix, local)

    def read_edited(self, record: dict[str, Any]) -> ExportTime | None:
        """The date of the last edit.

        Before 2.1.9 it is always there: for a message that was never edited it is the
        local time of 1970-01-01 00:00 UTC, and tells the zone's offset at that time.
        """
        found = self.read(record, "edited")
        if found is None or "edited_unixtime" in record:
            return found
        if found.local is not None and abs(found.local) <= _MAXIMUM_OFFSET:
            self.offset_1970 = found.local // 60
            return None
        return found


class IdRules:
    """How the ids of a document are to be read.

    | version | from_id, actor_id | chat id |
    |---|---|---|
    | 1.3.8 - 1.4.7 | absent | absent |
    | 1.4.8 - 2.3.x | user id | 2^32 + user id, 2^33 + group or channel id |
    | 2.4.0 - 2.7.1 | shifted like the chat id | the same |
    | 2.7.2 - | `user<id>`, `chat<id>`, `channel<id>` | bare id |

    A bare id may lie above 2^32 today, so the form of the chat ids follows from the
    form of the senders' ids anywhere in the document, not from the number.

    Attributes:
        shifted: True for 2.7.1 and before, False for later, None if nothing tells.
    """

    def __init__(self, shifted: bool | None = None) -> None:
        self.shifted = shifted
        self._peers: dict[str, PeerId | None] = {}

    @classmethod
    def detect(cls, file_object: BinaryIO) -> IdRules:
        """Looks for the first sender's id (or UTC twin) in a document.

        Args:
            file_object: document; its position is left anywhere.
        """
        file_object.seek(0)
        rest = b""
        for _ in range(_MAXIMUM_SEARCH // _CHUNK):
            data = file_object.read(_CHUNK)
            if not data:
                break
            match = _ID_FORM.search(rest + data)
            if match:
                form = match.group(1)
                return cls(form is not None and form[:1] != b'"')
            rest = data[-64:]
        return cls(None)

    def sender(self, value: Any) -> PeerId | None:
        """A `from_id`, `actor_id`, `reply_to_peer_id` ..."""
        if isinstance(value, str):
            if value in self._peers:
                return self._peers[value]
            match = _PEER.fullmatch(value)
            peer = PeerId(_PREFIXES[match[1]], int(match[2])) if match else None
            if len(self._peers) < _MAXIMUM_PEERS:
                self._peers[value] = peer
            return peer
        number = integer(value)
        if number is None or number <= 0:
            return None
        return self._unshift(number, PeerType.USER)

    def chat(self, value: Any, type_of_bare: PeerType | None) -> PeerId | None:
        """The id of a chat or of a frequent contact.

        Args:
            value: of the document.
            type_of_bare: what the chat's type says.
        """
        number = integer(value)
        if number is None or number <= 0:
            return None
        if number < _SHIFT_USER or self.shifted is False:
            return PeerId(type_of_bare, number)
        if self.shifted is None:
            # Both readings are possible.
            return None
        peer = self._unshift(number, type_of_bare)
        if peer.type is PeerType.GROUP_OR_CHANNEL and type_of_bare is not None:
            return PeerId(type_of_bare, peer.bare)
        return peer

    @staticmethod
    def _unshift(number: int, type_of_bare: PeerType | None) -> PeerId:
        if number >= _SHIFT_CHAT:
            return PeerId(PeerType.GROUP_OR_CHANNEL, number - _SHIFT_CHAT)
        if number >= _SHIFT_USER:
            return PeerId(PeerType.USER, number - _SHIFT_USER)
        return PeerId(type_of_bare, number)
