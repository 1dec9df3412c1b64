"""Slices of streamed media, and the file that they make up.

Specification: formats/telegram_desktop.md section 4.5. A value of `media_cache` holds
either contiguous bytes of its slice or a list of parts. Slice 0, the header, counts
offsets from the start of the file and can carry a second list, of parts of slice 1.
All integers little endian. The size of the file is stored nowhere; where it ends shows
only in a piece whose length is no multiple of a part.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

PART_SIZE: Final = 128 * 1024
SLICE_SIZE: Final = 64 * PART_SIZE
# The client splits no file above 4 GiB.
MAXIMUM_SLICE: Final = 512
_MAXIMUM_FILE_SIZE: Final = MAXIMUM_SLICE * SLICE_SIZE
_MAXIMUM_WHOLE_SIZE: Final = 80 * PART_SIZE
_MAXIMUM_PARTS: Final = 80
# Numbers of slices that rendered frames of stickers use, too.
_FRAME_NUMBERS: Final = range(0x100)
_LOW_NUMBERS: Final = range(0x10)
_HEAD_SIZE: Final = 32
_COUNT: Final = struct.Struct("<I")
_PART: Final = struct.Struct("<II")
_MAXIMUM_FRAME_SIDE: Final = 4096
_MAXIMUM_FRAMES: Final = 10_000
_MAXIMUM_RANGES: Final = 1000

ReadAt = Callable[[int, int], bytes]


@dataclass(frozen=True, slots=True)
class Piece:
    """Stored bytes of the file.

    Attributes:
        start: offset in the file.
        size: number of bytes.
        slice_number: slice that holds them.
        value_offset: offset in the value of that slice.
    """

    start: int
    size: int
    slice_number: int
    value_offset: int

    @property
    def end(self) -> int:
        """Offset in the file of the first byte behind."""
        return self.start + self.size


@dataclass(slots=True)
class SliceLayout:
    """What a value holds.

    Attributes:
        pieces: stored bytes, in the order of the value.
        end: size of the file if this slice shows it, None if it does not.
        is_list: the value is a list of parts.
        is_frames: rendered frames of a sticker, no slice.
        problems: (offset in the value, reason).
    """

    pieces: list[Piece] = field(default_factory=list)
    end: int | None = None
    is_list: bool = False
    is_frames: bool = False
    problems: list[tuple[int, str]] = field(default_factory=list)


@dataclass(slots=True)
class JoinedLayout:
    """Where the bytes of a joined file lie.

    Attributes:
        pieces: without overlap, in the order of the file.
        overlaps: (bytes that do not count, bytes that do), for the same place.
        size: size as far as it is known.
        end_is_known: a slice shows where the file ends.
        is_cut: the last slices that the index names are gone; `size` is where the last
            of them begins.
        problems: (slice number, reason).
    """

    pieces: list[Piece]
    overlaps: list[tuple[Piece, Piece]]
    size: int
    end_is_known: bool
    is_cut: bool
    problems: list[tuple[int, str]]

    @property
    def stored_size(self) -> int:
        """Number of stored bytes."""
        return sum(piece.size for piece in self.pieces)

    @property
    def holes(self) -> list[tuple[int, int]]:
        """Missing ranges, (first offset, offset behind)."""
        holes = []
        position = 0
        for piece in self.pieces:
            if piece.start > position:
                holes.append((position, piece.start))
            position = piece.end
        if position < self.size:
            holes.append((position, self.size))
        return holes

    @property
    def state(self) -> str:
        """`complete`, `end_unknown` (nothing is missing in what is known) or
        `partial`."""
        if self.holes or self.is_cut:
            return "partial"
        return "complete" if self.end_is_known else "end_unknown"

    @property
    def missing(self) -> list[str]:
        """Missing ranges in words: first and last byte; an open end has no last one."""
        holes = self.holes
        ranges = [f"{start}-{end - 1}" for start, end in holes[:_MAXIMUM_RANGES]]
        if len(holes) > _MAXIMUM_RANGES:
            ranges.append(f"and {len(holes) - _MAXIMUM_RANGES} more")
        if self.is_cut:
            ranges.append(f"{self.size}- (slice gone)")
        elif not self.end_is_known:
            ranges.append(f"{self.size}- (end not stored)")
        return ranges


def read_slice(number: int, size: int, available: int, read_at: ReadAt) -> SliceLayout:
    """Reads the layout of a value; never more of it than the heads of its parts.

    Args:
        number: slice number.
        size: size of the value by the index.
        available: bytes of it that are there.
        read_at: reads from the value: offset, size.

    Raises:
        FormatError, OSError: what `read_at` raises.
    """
    layout = SliceLayout()
    head = read_at(0, min(_HEAD_SIZE, available))
    if available < size:
        layout.problems.append(
            (available, f"value of {size} bytes ends after {available}")
        )
    limit = SLICE_SIZE if number else _MAXIMUM_FILE_SIZE
    base = (number - 1) * SLICE_SIZE if number else 0
    if number in _FRAME_NUMBERS and _is_frames(head, size):
        layout.is_frames = True
    elif not size % PART_SIZE:
        _read_contiguous(layout, number, base, size, available)
    elif _begins_like_list(head, number):
        layout.is_list = True
        position = _read_list(layout, number, base, limit, 0, available, read_at)
        if number == 0 and not layout.problems and position + 4 <= available:
            # Parts of slice 1 that the header does not have; or padding.
            position = _read_list(
                layout, number, 0, SLICE_SIZE, position, available, read_at
            )
        if not layout.problems and position < available:
            rest = read_at(position, min(available - position, PART_SIZE))
            if rest.strip(b"\0") or available - position > PART_SIZE:
                layout.problems.append(
                    (position, f"{available - position} bytes behind the list of parts")
                )
    else:
        _read_contiguous(layout, number, base, size, available)
        if size <= _capacity(number):
            layout.end = base + size
    return layout


def _capacity(number: int) -> int:
    """Contiguous bytes that a slice has room for."""
    return SLICE_SIZE if number else _MAXIMUM_WHOLE_SIZE


def _read_contiguous(
    layout: SliceLayout, number: int, base: int, size: int, available: int
) -> None:
    maximum = _capacity(number)
    if size > maximum:
        layout.problems.append(
            (maximum, f"{size} bytes in a slice that has room for {maximum}")
        )
    if min(available, maximum):
        layout.pieces.append(Piece(base, min(available, maximum), number, 0))


def _begins_like_list(head: bytes, number: int) -> bool:
    if len(head) < _COUNT.size + _PART.size:
        return len(head) >= _COUNT.size and not head.strip(b"\0")
    (count,) = _COUNT.unpack_from(head)
    if not count and not number:
        # Nothing in the header, parts of slice 1 behind it.
        return _begins_like_list(head[_COUNT.size :], 1)
    offset, size = _PART.unpack_from(head, _COUNT.size)
    return (
        0 < count <= _MAXIMUM_PARTS and not offset % PART_SIZE and 0 < size <= PART_SIZE
    )


def _read_list(
    layout: SliceLayout,
    number: int,
    base: int,
    limit: int,
    position: int,
    available: int,
    read_at: ReadAt,
) -> int:
    """Reads a list of parts; the offset behind it."""
    count: int = _COUNT.unpack(read_at(position, _COUNT.size))[0]
    if count > _MAXIMUM_PARTS:
        layout.problems.append((position, f"list of {count} parts"))
        return position
    position += _COUNT.size
    for _ in range(count):
        if position + _PART.size > available:
            layout.problems.append((position, "list of parts is cut off"))
            return position
        offset, size = map(int, _PART.unpack(read_at(position, _PART.size)))
        if not 0 < size <= PART_SIZE or offset + size > limit:
            layout.problems.append(
                (position, f"part of {size} bytes at 0x{offset:x} of the slice")
            )
            return position
        position += _PART.size
        stored = min(size, available - position)
        if stored:
            layout.pieces.append(Piece(base + offset, stored, number, position))
        if stored < size:
            layout.problems.append((position, "part is cut off"))
            return position + stored
        if size < PART_SIZE:
            # Only the last part of a file is shorter than the others.
            layout.end = max(layout.end or 0, base + offset + size)
        position += size
    return position


def _is_frames(head: bytes, size: int) -> bool:
    """Whether a value is a sheet of rendered frames: of stickers, of custom emoji.

    Stickers: seven big-endian numbers behind the kind of compression: size, original
    size, frames a second, frames, frames that are ready. Custom emoji: version, side
    and number of frames, length, little endian; the length fits the value exactly.
    """
    if len(head) < _HEAD_SIZE:
        return False
    kind, *sides, rate, count, ready = struct.unpack(">8i", head)
    if (
        0 <= kind < 16
        and all(0 < side <= _MAXIMUM_FRAME_SIDE for side in sides)
        and 0 < rate <= 240
        and 0 < count <= _MAXIMUM_FRAMES
        and 0 <= ready <= count
    ):
        return True
    _, side, frames, length = struct.unpack_from("<4i", head)
    has_frames = 0 < side <= _MAXIMUM_FRAME_SIDE and 0 < frames <= _MAXIMUM_FRAMES
    return has_frames and size == 16 + int(length) + 2 * int(frames)


def is_streamed(layouts: dict[int, SliceLayout]) -> bool:
    """Whether values under one base key are slices of a file that was streamed.

    Streaming begins with the header and the first slices. What stands alone under a
    number that frames of stickers use, and is no list, can be either and is not joined.
    """
    slices = [number for number, layout in layouts.items() if layout.pieces]
    return any(
        number in _LOW_NUMBERS
        or number not in _FRAME_NUMBERS
        or layouts[number].is_list
        for number in slices
    )


def join(layouts: dict[int, SliceLayout], gone: Iterable[int] = ()) -> JoinedLayout:
    """Joins slices.

    Args:
        layouts: what there is, by slice number.
        gone: numbers of slices that the index names and that cannot be read.

    Returns:
        The file. Of bytes that are stored twice those of the piece that begins first
        count; at the same place those of the slice itself, before the header's copy.
    """
    problems = [
        (number, f"offset 0x{offset:x} of the value: {reason}")
        for number, layout in sorted(layouts.items())
        for offset, reason in layout.problems
    ]
    pieces: list[Piece] = []
    overlaps: list[tuple[Piece, Piece]] = []
    order = sorted(
        (piece for layout in layouts.values() for piece in layout.pieces),
        key=lambda piece: (piece.start, piece.slice_number == 0, piece.value_offset),
    )
    for piece in order:
        rest = piece
        while pieces and rest.size and pieces[-1].end > rest.start:
            last = pieces[-1]
            size = min(last.end, rest.end) - rest.start
            overlaps.append((_cut(rest, 0, size), _cut(last, rest.start, size)))
            rest = _cut(rest, rest.start + size, rest.size - size)
        if rest.size:
            pieces.append(rest)
    last_end = pieces[-1].end if pieces else 0
    ends = {
        number: layout.end
        for number, layout in layouts.items()
        if layout.end is not None
    }
    sizes = set(ends.values())
    is_known = len(sizes) == 1 and max(sizes) >= last_end
    if sizes and not is_known:
        problems.append(
            (
                min(ends),
                f"the slices disagree about the size of the file: "
                f"{', '.join(str(size) for size in sorted(sizes | {last_end}))}",
            )
        )
    size = max(last_end, *sizes) if sizes else last_end
    last_gone = max((number for number in gone if number), default=0)
    is_cut = last_gone > 0 and (last_gone - 1) * SLICE_SIZE >= size
    if is_cut:
        size = (last_gone - 1) * SLICE_SIZE
    return JoinedLayout(
        pieces, overlaps, size, is_known and not is_cut, is_cut, problems
    )


def _cut(piece: Piece, start: int, size: int) -> Piece:
    """Part of a piece, `start` in the file (0: its beginning)."""
    shift = max(start - piece.start, 0)
    return Piece(
        piece.start + shift, size, piece.slice_number, piece.value_offset + shift
    )


def read_joined(
    layout: JoinedLayout,
    offset: int,
    size: int,
    read_slice_at: Callable[[int, int, int], bytes],
) -> bytes:
    """Reads bytes of a joined file, holes as zero bytes.

    Args:
        layout: the file.
        offset: first byte.
        size: number of bytes.
        read_slice_at: reads from a slice's value: slice number, offset, size.
    """
    end = min(offset + size, layout.size)
    data = bytearray(max(end - offset, 0))
    for piece in _pieces_from(layout.pieces, offset):
        if piece.start >= end:
            break
        start = max(piece.start, offset)
        stop = min(piece.end, end)
        if start < stop:
            data[start - offset : stop - offset] = read_slice_at(
                piece.slice_number,
                piece.value_offset + start - piece.start,
                stop - start,
            )
    return bytes(data)


def _pieces_from(pieces: list[Piece], offset: int) -> Iterator[Piece]:
    """The pieces from the one on that holds an offset, or is the next behind it."""
    low, high = 0, len(pieces)
    while low < high:
        middle = (low + high) // 2
        if pieces[middle].end <= offset:
            low = middle + 1
        else:
            high = middle
    for number in range(low, len(pieces)):
        yield pieces[number]


def group_slices(keys: Iterable[tuple[int, int]]) -> dict[tuple[int, int], list[int]]:
    """Groups keys of `media_cache` by base key.

    Args:
        keys: (high, low) of each.

    Returns:
        Slice numbers by (high, low) of the base key, without keys of another kind.
    """
    groups: dict[tuple[int, int], list[int]] = {}
    for high, low in keys:
        number = low & 0xFFFF
        if high >> 16 in (1, 2) and number <= MAXIMUM_SLICE:
            groups.setdefault((high, low - number), []).append(number)
    return groups
