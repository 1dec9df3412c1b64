"""Maps: an address space put together from other streams.

Specification: formats/aff4.md section 5.
"""

from __future__ import annotations

import bisect
import heapq
import struct
from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from telegram_forensics.aff4.errors import Aff4Error
from telegram_forensics.aff4.symbolic import SymbolicStream, symbolic_stream

_ENTRY = struct.Struct("<QQQI")
ENTRY_SIZE: Final = _ENTRY.size
MAXIMUM_ADDRESS: Final = 1 << 63
_MAXIMUM_UNORDERED: Final = 2_000_000
_MAXIMUM_NESTING: Final = 16


class Stream(Protocol):
    """A finite stream."""

    @property
    def size(self) -> int:
        """Number of bytes."""

    def read_at(self, offset: int, size: int) -> bytes:
        """Reads exactly `size` bytes, or raises Aff4Error."""


# What a target line of a map stands for. It may raise Aff4Error when it is opened.
Target = Stream | SymbolicStream
TargetOpener = Callable[[str], Target]


@dataclass(frozen=True, slots=True)
class MapRange:
    """A range of a map.

    Attributes:
        offset: where it begins in the map.
        size: its bytes.
        target: URN of what it shows; None for a gap.
        target_offset: where it begins there.
    """

    offset: int
    size: int
    target: str | None
    target_offset: int


class MapStream:
    """A map.

    Attributes:
        urn: its name.
        targets: target URNs, by id.
        gap: what bytes between the entries show.
        problems: what was worked around, in words.
    """

    def __init__(
        self,
        urn: str,
        entries: Callable[[], Iterable[bytes]],
        targets: list[str],
        size: int | None,
        gap: SymbolicStream,
        open_target: TargetOpener,
        *,
        fields_swapped: bool = False,
        active: list[str] | None = None,
    ) -> None:
        """Reads the entries.

        Args:
            urn: name of the map.
            entries: gives the segment `map`, piece by piece, each time it is called.
            targets: the lines of the segment `idx`.
            size: bytes of the map, None for the end of its last entry.
            gap: what bytes between the entries show.
            open_target: opens a target when it is first read.
            fields_swapped: dialect F has target offset and length the other way round.
            active: URNs of the maps that are being read just now, the same list for
                all maps of a volume set.

        Raises:
            Aff4Error: if an entry makes no sense.
        """
        self.urn = urn
        self.targets = targets
        self.problems: dict[str, None] = {}
        self.gap = gap
        self._open_target = open_target
        self._active = [] if active is None else active
        self._opened: dict[int, Target] = {}
        self._starts = array("Q")
        self._sizes = array("Q")
        self._offsets = array("Q")
        self._ids = array("L")
        self._load(entries, fields_swapped)
        end = self._starts[-1] + self._sizes[-1] if self._starts else 0
        self._size = end if size is None else size
        if end > self._size:
            self.problems[
                f"entries reach to {end}, the size of the map is {self._size}"
            ] = None

    @property
    def size(self) -> int:
        """Number of bytes."""
        return self._size

    def __len__(self) -> int:
        return len(self._starts)

    def _load(
        self, pieces: Callable[[], Iterable[bytes]], fields_swapped: bool
    ) -> None:
        """Fills the arrays, merging neighbours.

        Evimetry writes one entry per 64 KiB: 16 million for a TiB, nearly all of which
        continue the one before.
        """
        if self._append(self._entries(pieces(), fields_swapped)):
            return
        # Out of order: this needs all entries at once, as runs that are in order.
        self._clear()
        self._append(self._entries(pieces(), fields_swapped), in_any_order=True)
        runs = list(
            zip(self._starts, self._sizes, self._offsets, self._ids, strict=True)
        )
        self._clear()
        self._append(self._without_overlaps(runs))

    def _clear(self) -> None:
        for values in (self._starts, self._sizes, self._offsets, self._ids):
            del values[:]

    def _append(
        self,
        entries: Iterable[tuple[int, int, int, int]],
        *,
        in_any_order: bool = False,
    ) -> bool:
        """Adds entries; False as soon as one is out of order."""
        add_start, add_size = self._starts.append, self._sizes.append
        add_offset, add_id = self._offsets.append, self._ids.append
        last_end = last_target_end = 0
        last_id = -1
        constant = [_is_constant(target) for target in self.targets]
        for start, size, offset, identifier in entries:
            if start < last_end and not in_any_order:
                return False
            if (
                start == last_end
                and identifier == last_id
                and (offset == last_target_end or constant[identifier])
            ):
                self._sizes[-1] += size
            else:
                if in_any_order and len(self._starts) >= _MAXIMUM_UNORDERED:
                    raise Aff4Error(
                        f"{self.urn}/map",
                        None,
                        f"more than {_MAXIMUM_UNORDERED} entries out of order",
                    )
                add_start(start)
                add_size(size)
                add_offset(offset)
                add_id(identifier)
            last_end, last_target_end, last_id = start + size, offset + size, identifier
        return True

    def _entries(
        self, pieces: Iterable[bytes], fields_swapped: bool
    ) -> Iterator[tuple[int, int, int, int]]:
        """Checked entries in file order, those of length 0 left out."""
        where = f"{self.urn}/map"
        count = len(self.targets)
        position = 0
        rest = b""
        for piece in pieces:
            data = rest + piece if rest else piece
            usable = len(data) - len(data) % ENTRY_SIZE
            rest = data[usable:]
            for first, second, third, identifier in _ENTRY.iter_unpack(data[:usable]):
                start = first
                size, offset = (third, second) if fields_swapped else (second, third)
                if size:
                    if identifier >= count:
                        raise Aff4Error(
                            where, position, f"target {identifier} of {count} wanted"
                        )
                    if max(start, offset) + size > MAXIMUM_ADDRESS:
                        raise Aff4Error(where, position, "entry ends beyond 2^63")
                    yield start, size, offset, identifier
                position += ENTRY_SIZE
        if rest:
            raise Aff4Error(
                where, position, f"{len(rest)} bytes behind the last whole entry"
            )

    def _without_overlaps(
        self, entries: list[tuple[int, int, int, int]]
    ) -> Iterator[tuple[int, int, int, int]]:
        """Sorts; where entries overlap, the one that stands later in the map counts."""
        order = sorted(range(len(entries)), key=lambda number: entries[number][0])
        if all(
            entries[one][0] + entries[one][1] <= entries[two][0]
            for one, two in zip(order, order[1:], strict=False)
        ):
            yield from (entries[number] for number in order)
            return
        self.problems["entries overlap; the later one counts"] = None
        points = sorted(
            {point for entry in entries for point in (entry[0], entry[0] + entry[1])}
        )
        # Numbers of the entries that have begun, the latest first.
        begun: list[int] = []
        position = 0
        for start, end in zip(points, points[1:], strict=False):
            while position < len(order) and entries[order[position]][0] <= start:
                heapq.heappush(begun, -order[position])
                position += 1
            while begun:
                first, size, offset, identifier = entries[-begun[0]]
                if first + size > start:
                    yield start, end - start, offset + start - first, identifier
                    break
                heapq.heappop(begun)

    def ranges(self) -> Iterator[MapRange]:
        """All ranges in order, gaps included."""
        position = 0
        for start, size, offset, identifier in zip(
            self._starts, self._sizes, self._offsets, self._ids, strict=True
        ):
            if start > position:
                yield MapRange(position, start - position, None, position)
            yield MapRange(start, size, self.targets[identifier], offset)
            position = start + size
        if position < self._size:
            yield MapRange(position, self._size - position, None, position)

    def read_at(self, offset: int, size: int) -> bytes:
        """Reads exactly `size` bytes.

        Raises:
            Aff4Error: if the range leaves the map or a target cannot be read.
        """
        if offset < 0 or size < 0 or offset + size > self._size:
            raise Aff4Error(
                self.urn, offset, f"{size} bytes wanted, the map has {self._size}"
            )
        if self.urn in self._active:
            raise Aff4Error(self.urn, offset, "the map leads back to itself")
        if len(self._active) >= _MAXIMUM_NESTING:
            raise Aff4Error(self.urn, offset, "maps are nested too deeply")
        self._active.append(self.urn)
        try:
            return self._read(offset, size)
        finally:
            self._active.pop()

    def _read(self, offset: int, size: int) -> bytes:
        starts, sizes = self._starts, self._sizes
        number = bisect.bisect_right(starts, offset) - 1
        end = offset + size
        parts = []
        while offset < end:
            skip = offset - starts[number] if number >= 0 else 0
            left = sizes[number] - skip if number >= 0 else 0
            if left > 0:
                length = min(left, end - offset)
                target_offset = self._offsets[number] + skip
                target = self._target(self._ids[number])
                if isinstance(target, SymbolicStream):
                    parts.append(target.read(target_offset, length))
                else:
                    parts.append(target.read_at(target_offset, length))
            else:
                following = number + 1
                stop = starts[following] if following < len(starts) else end
                length = min(stop, end) - offset
                parts.append(self.gap.read(offset, length))
            offset += length
            if number + 1 < len(starts) and offset >= starts[number + 1]:
                number += 1
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _target(self, identifier: int) -> Target:
        target = self._opened.get(identifier)
        if target is None:
            target = self._open_target(self.targets[identifier])
            self._opened[identifier] = target
        return target


def _is_constant(target: str) -> bool:
    stream = symbolic_stream(target)
    return stream is not None and stream.is_constant
