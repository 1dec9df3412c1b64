"""Maps: an address space put together from other streams.

Specification: formats/aff4.md section 5.
"""

from __future__ import annotations

import bisect
import struct
from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from telegram_forensics.aff4.errors import Aff4Error
from telegram_forensics.aff4.symbolic import SymbolicStream, symbolic_stream

_ENTRY = struct.Struct("<QQQI")
MAXIMUM_ADDRESS: Final = 1 << 63
_MAXIMUM_UNORDERED: Final = 2_000_000


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

        Raises:
            Aff4Error: if an entry makes no sense.
        """
        self.urn = urn
        self.targets = targets
        self.problems: dict[str, None] = {}
        self._gap = gap
        self._open_target = open_target
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
        # Out of order: this needs all entries at once.
        for values in (self._starts, self._sizes, self._offsets, self._ids):
            del values[:]
        entries = []
        for entry in self._entries(pieces(), fields_swapped):
            entries.append(entry)
            if len(entries) > _MAXIMUM_UNORDERED:
                raise Aff4Error(
                    f"{self.urn}/map",
                    None,
                    f"more than {_MAXIMUM_UNORDERED} entries out of order",
                )
        self._append(self._without_overlaps(entries))

    def _append(self, entries: Iterable[tuple[int, int, int, int]]) -> bool:
        """Adds entries; False as soon as one is out of order."""
        add_start, add_size = self._starts.append, self._sizes.append
        add_offset, add_id = self._offsets.append, self._ids.append
        last_end = last_target_end = 0
        last_id = -1
        constant = [_is_constant(target) for target in self.targets]
        for start, size, offset, identifier in entries:
            if start < last_end:
                return False
            if (
                start == last_end
                and identifier == last_id
                and (offset == last_target_end or constant[identifier])
            ):
                self._sizes[-1] += size
            else:
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
            usable = len(data) - len(data) % _ENTRY.size
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
                position += _ENTRY.size
        if rest:
            raise Aff4Error(
                where, position, f"{len(rest)} bytes behind the last whole entry"
            )

    def _without_overlaps(
        self, entries: list[tuple[int, int, int, int]]
    ) -> list[tuple[int, int, int, int]]:
        """Sorts; where entries overlap, the one that stands later in the map counts."""
        by_start = sorted(entries, key=lambda entry: entry[0])
        if all(
            first[0] + first[1] <= second[0]
            for first, second in zip(by_start, by_start[1:], strict=False)
        ):
            return by_start
        self.problems["entries overlap; the later one counts"] = None
        starts: list[int] = []
        kept: list[tuple[int, int, int, int]] = []
        for entry in entries:
            start, size, _, _ = entry
            end = start + size
            left = bisect.bisect_left(starts, start)
            if left and kept[left - 1][0] + kept[left - 1][1] > start:
                left -= 1
            right = bisect.bisect_left(starts, end)
            pieces = []
            for old in kept[left:right]:
                old_end = old[0] + old[1]
                if old[0] < start:
                    pieces.append((old[0], start - old[0], old[2], old[3]))
                if old_end > end:
                    skip = end - old[0]
                    pieces.append((end, old_end - end, old[2] + skip, old[3]))
            pieces.append(entry)
            pieces.sort()
            kept[left:right] = pieces
            starts[left:right] = [piece[0] for piece in pieces]
        return kept

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
        parts = []
        number = bisect.bisect_right(self._starts, offset) - 1
        end = offset + size
        while offset < end:
            if number >= 0:
                skip = offset - self._starts[number]
                left = self._sizes[number] - skip
            else:
                skip = left = 0
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
                stop = self._starts[following] if following < len(self._starts) else end
                length = min(stop, end) - offset
                parts.append(self._gap.read(offset, length))
            offset += length
            if number + 1 < len(self._starts) and offset >= self._starts[number + 1]:
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
