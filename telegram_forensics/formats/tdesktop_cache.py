"""The cache index ("binlog") of Telegram Desktop, replayed.

Specification: formats/telegram_desktop.md sections 4.1 and 4.3 to 4.6 (1.3.15 and
later). All integers little endian. The index is a history: records of removed values
stay until the next compaction.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

_HEADER = struct.Struct("<B3sIQ")
HEADER_SIZE: Final = _HEADER.size
_STORE_WITH_TIME: Final = 48
_STORE_WITHOUT_TIME: Final = 32
_PART_SIZE: Final = 16
_TYPE_STORE: Final = 1
_TYPE_MULTI_STORE: Final = 2
_TYPE_MULTI_REMOVE: Final = 3
_TYPE_MULTI_ACCESS: Final = 4
_MAXIMUM_VALUE_SIZE: Final = (1 << 24) - 1
# Of an index file; and values and keys in all records together, some hundred bytes of
# memory each. A cache of 1 GB has some ten thousand.
MAXIMUM_SIZE: Final = 64 << 20
MAXIMUM_ITEMS: Final = 200_000
# Time points closer together than this belong to one period of use: a new one is taken
# at most every 15 minutes, and accesses are written at most 15 minutes later.
PERIOD_GAP: Final = 30 * 60

TAGS: Final = {
    0: "none",
    1: "image",
    2: "sticker",
    3: "voice message",
    4: "video message",
    5: "animation",
}


@dataclass(frozen=True, slots=True)
class TimePoint:
    """A time point of the index.

    Attributes:
        relative: seconds that only ever grow, beginning with the creation time.
        system: computer clock, Unix time (seconds, UTC).
    """

    relative: int
    system: int

    @property
    def set_back(self) -> int:
        """Seconds by which the computer clock had been set back, 0 if it had not."""
        return max(self.relative - self.system, 0)


@dataclass(frozen=True, slots=True)
class CacheKey:
    """Key of a value."""

    high: int
    low: int

    def __str__(self) -> str:
        return f"{self.high:016x}:{self.low:016x}"


@dataclass(frozen=True, slots=True)
class Store:
    """A value was stored.

    Attributes:
        key: its key.
        tag: what it is, see TAGS.
        size: plain bytes.
        place: 7 bytes that name the value file.
        checksum: XXH32 of the value.
        time: time point; None in an index without times. The true time of storing is
            up to 15 minutes later. After a compaction its `relative` is the last use.
        is_compacted: written by a compaction.
        offset: offset of the record in the plain index.
    """

    key: CacheKey
    tag: int
    size: int
    place: bytes
    checksum: int
    time: TimePoint | None
    is_compacted: bool
    offset: int

    @property
    def path(self) -> str:
        """Path of the value file below the generation's folder."""
        return place_path(self.place)


@dataclass(frozen=True, slots=True)
class Remove:
    """Values were removed; no time is stored."""

    keys: tuple[CacheKey, ...]
    offset: int


@dataclass(frozen=True, slots=True)
class Access:
    """Values were used, up to 15 minutes before the time point.

    Without keys: the index was opened while the clock was behind its last time point.
    """

    keys: tuple[CacheKey, ...]
    time: TimePoint
    offset: int


Record = Store | Remove | Access


@dataclass(frozen=True, slots=True)
class Move:
    """The same value under another key: sent from this installation (section 4.6).

    Attributes:
        local: record under the random local id.
        final: record under the id that the server gave.
    """

    local: Store
    final: Store


@dataclass(slots=True)
class CacheIndex:
    """A replayed index.

    Attributes:
        created: creation of this generation, Unix time (seconds, UTC).
        has_times: records carry times (all real ones do).
        records: all records in file order.
        entries: live values by key, the record that counts.
        last_used: last use of each live value, relative seconds.
        removed: records whose value is gone: removed or replaced, in file order.
        moves: upload signatures.
        problem: (offset in the plain index, reason) where reading ended early.
    """

    created: int
    has_times: bool
    records: list[Record] = field(default_factory=list)
    entries: dict[CacheKey, Store] = field(default_factory=dict)
    last_used: dict[CacheKey, int] = field(default_factory=dict)
    removed: list[Store] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    problem: tuple[int, str] | None = None

    def compactions(self) -> list[int]:
        """System times of compactions, each once."""
        times = {
            record.time.system: None
            for record in self.records
            if isinstance(record, Store) and record.is_compacted and record.time
        }
        return list(times)

    def periods(self) -> list[tuple[int, int]]:
        """Periods of use (first and last time point), in computer time.

        Compacted records say nothing of when the client ran and are left out.
        """
        points = sorted(
            {
                record.time.system
                for record in self.records
                if isinstance(record, Store | Access)
                and record.time is not None
                and not (isinstance(record, Store) and record.is_compacted)
            }
        )
        periods: list[tuple[int, int]] = []
        for point in points:
            if periods and point - periods[-1][1] <= PERIOD_GAP:
                periods[-1] = (periods[-1][0], point)
            else:
                periods.append((point, point))
        return periods


def read_index(data: bytes) -> CacheIndex | None:
    """Reads the plain data of a binlog.

    Returns:
        The index, damaged or not; None if the data is not one (wrong key).
    """
    if len(data) < HEADER_SIZE:
        return None
    format_version, flags, created, reserved = _HEADER.unpack_from(data)
    if format_version or flags[1:] != b"\0\0" or flags[0] > 1 or reserved:
        return None
    index = CacheIndex(created, bool(flags[0] & 1))
    for record in _records(data, index):
        index.records.append(record)
        _apply(index, record)
    return index


def place_path(place: bytes) -> str:
    """Path of a value file: nibbles of each byte swapped, first byte is the folder."""
    name = "".join(f"{byte & 15:X}{byte >> 4:X}" for byte in place)
    return f"{name[:2]}/{name[2:]}"


def _records(data: bytes, index: CacheIndex) -> Iterator[Record]:
    position = HEADER_SIZE
    items = 0
    while position < len(data):
        kind = data[position]
        count, end = _extent(data, position, index)
        items += count
        if items > MAXIMUM_ITEMS and index.problem is None:
            reason = f"more than {MAXIMUM_ITEMS} values, the rest is not read"
            index.problem = (position, reason)
        if index.problem:
            return
        if kind == _TYPE_STORE:
            yield from _stores(data, position, 1, index, is_compacted=False)
        elif kind == _TYPE_MULTI_STORE:
            yield from _stores(
                data, position + _PART_SIZE, count, index, is_compacted=True
            )
        elif kind == _TYPE_MULTI_REMOVE:
            yield Remove(_keys(data, position + _PART_SIZE, count), position)
        else:
            time = _time(data, position + 4)
            yield Access(_keys(data, position + _PART_SIZE, count), time, position)
        if index.problem:
            return
        position = end


def _extent(data: bytes, position: int, index: CacheIndex) -> tuple[int, int]:
    """Number of parts and end of a record; what is wrong with it is the problem."""
    kind = data[position]
    store_size = _STORE_WITH_TIME if index.has_times else _STORE_WITHOUT_TIME
    count, end = 1, position + store_size
    if kind != _TYPE_STORE:
        count = int.from_bytes(data[position + 1 : position + 4], "little")
        part = store_size if kind == _TYPE_MULTI_STORE else _PART_SIZE
        end = position + _PART_SIZE + count * part
        if kind not in (_TYPE_MULTI_STORE, _TYPE_MULTI_REMOVE, _TYPE_MULTI_ACCESS):
            index.problem = (position, f"record type {kind} is unknown")
        elif kind == _TYPE_MULTI_ACCESS and not index.has_times:
            index.problem = (position, "access record in an index without times")
        elif not count and kind != _TYPE_MULTI_ACCESS:
            index.problem = (position, "list record without entries")
    if index.problem is None and end > len(data):
        index.problem = (
            position,
            f"record of {end - position} bytes announced, {len(data) - position} "
            f"are left",
        )
    return count, end


def _stores(
    data: bytes, position: int, count: int, index: CacheIndex, *, is_compacted: bool
) -> Iterator[Store]:
    step = _STORE_WITH_TIME if index.has_times else _STORE_WITHOUT_TIME
    for offset in range(position, position + count * step, step):
        kind, tag = data[offset], data[offset + 1]
        size = int.from_bytes(data[offset + 2 : offset + 5], "little")
        if kind != _TYPE_STORE or not 0 < size <= _MAXIMUM_VALUE_SIZE:
            index.problem = (offset, f"store record of type {kind} and size {size}")
            return
        checksum, high, low = struct.unpack_from("<IQQ", data, offset + 12)
        time = _time(data, offset + 32) if index.has_times else None
        yield Store(
            CacheKey(high, low),
            tag,
            size,
            data[offset + 5 : offset + 12],
            checksum,
            time,
            is_compacted,
            offset,
        )


def _keys(data: bytes, position: int, count: int) -> tuple[CacheKey, ...]:
    return tuple(
        CacheKey(high, low)
        for high, low in struct.iter_unpack(
            "<QQ", data[position : position + count * _PART_SIZE]
        )
    )


def _time(data: bytes, position: int) -> TimePoint:
    low, high, system = struct.unpack_from("<III", data, position)
    return TimePoint(high << 32 | low, system)


def _apply(index: CacheIndex, record: Record) -> None:
    if isinstance(record, Store):
        previous = index.entries.pop(record.key, None)
        if previous is not None:
            index.removed.append(previous)
        index.entries[record.key] = record
        if record.time is not None:
            index.last_used[record.key] = record.time.relative
        _find_move(index, record)
    elif isinstance(record, Remove):
        for key in record.keys:
            entry = index.entries.pop(key, None)
            index.last_used.pop(key, None)
            if entry is not None:
                index.removed.append(entry)
    else:
        for key in record.keys:
            if key in index.entries:
                index.last_used[key] = record.time.relative


def _find_move(index: CacheIndex, record: Store) -> None:
    """The triple of section 4.6: store, removal, store at the same place.

    The removal comes between the two stores; so the earlier one is the newest removed
    value, or one of the newest.
    """
    for earlier in reversed(index.removed[-16:]):
        if (
            earlier.place == record.place
            and earlier.checksum == record.checksum
            and earlier.size == record.size
            and earlier.key != record.key
        ):
            index.moves.append(Move(earlier, record))
            return
