"""Write-ahead logs of SQLite 3 databases, all frames of them.

Specification: https://www.sqlite.org/fileformat2.html#the_write_ahead_log, log format
3007000 (SQLite 3.7.0 and later). All integers big endian; the checksums are computed
over numbers whose byte order the magic names.

SQLite reads a log as far as salts and checksums are right and a commit mark follows. It
never clears one: after a checkpoint it writes from the beginning again, with other
salts, and what stood further behind stays. Each checksum continues the one of the frame
before, so frames behind the end can be checked as well, from what the frame before
them says.
"""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Iterator
from enum import Enum
from typing import Final, NamedTuple

from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.sqlite_pages import PAGE_SIZES, Problems, ReadAt

MAGIC: Final = 0x377F0682
HEADER_SIZE: Final = 32
FRAME_HEADER_SIZE: Final = 24
_HEADER: Final = struct.Struct(">IIIIIIII")
_FRAME: Final = struct.Struct(">IIIIII")
_VERSION: Final = 3007000
_CHUNK: Final = 1 << 20


class FrameState(Enum):
    """Where a frame stands."""

    COMMITTED = "committed"
    UNCOMMITTED = "uncommitted"
    """Rightly chained, but no commit mark follows."""
    BEHIND_END = "behind the end"
    """Salts of this generation, or none, behind a frame that ends the chain.

    Usually of a transaction that was not committed: SQLite writes a page again into the
    frame that it has already, leaves salts and checksums of the following ones zero,
    and puts all of that right only with the commit.
    """
    EARLIER = "earlier generation"
    """Other salts."""


class WalFrame(NamedTuple):
    """A frame.

    Attributes:
        position: position in the log, from 0.
        offset: file offset of the frame header; the page is 24 bytes further on.
        page_number: page that it holds.
        database_size: pages of the database behind a commit, 0 if it is none.
        generation: number of its salts in `WalFile.generations`.
        state: where it stands.
        is_checked: its checksum continues that of the frame before; False if it does
            not, None if that frame is of another generation or there is none yet.
    """

    position: int
    offset: int
    page_number: int
    database_size: int
    generation: int
    state: FrameState
    is_checked: bool | None


_CHECKS: Final = (False, True, None)
_NO_SALTS: Final = (0, 0)


class WalFile:
    """A write-ahead log; 12 bytes per frame are kept in memory, and no page.

    Attributes:
        page_size: bytes of a page.
        generations: salts in the order of their first frame; the first are those of
            the header.
        chain_end: number of frames that are rightly chained from the header on.
        commit_end: number of frames up to the last commit among them.
        problems: (offset, reason) of what is wrong with the log.
    """

    def __init__(self, read: ReadAt, size: int, page_size: int | None = None) -> None:
        """Reads all frames once.

        Args:
            read: reads the log.
            size: bytes of it.
            page_size: page size of the database, used if the header is damaged.

        Raises:
            FormatError: if this is no log: no header and no page size.
        """
        self._read = read
        self._size = size
        self.problems = Problems()
        self.generations: list[tuple[int, int]] = []
        self.chain_end = 0
        self.commit_end = 0
        self._numbers = array("I")
        self._commits = array("I")
        self._generations = array("I")
        self._checks = bytearray()
        self._is_valid = True
        self._order = "<"
        header = read(0, HEADER_SIZE)
        checksum = self._read_header(header, page_size)
        if len(header) == HEADER_SIZE:
            self._scan(checksum)

    def _read_header(self, header: bytes, page_size: int | None) -> tuple[int, int]:
        self.page_size = page_size or 0
        if len(header) < HEADER_SIZE:
            if header:
                self.problems.append((len(header), "the header of the log is cut off"))
            self._is_valid = False
            return 0, 0
        magic, version, size, _, salt1, salt2, sum1, sum2 = _HEADER.unpack(header)
        self.generations.append((salt1, salt2))
        if magic & ~1 != MAGIC or size not in PAGE_SIZES:
            self._is_valid = False
            if page_size is None:
                raise FormatError(0, "no write-ahead log")
            self.problems.append((0, "the header of the log is damaged"))
            return 0, 0
        self._order = ">" if magic & 1 else "<"
        self.page_size = size
        if version != _VERSION:
            self.problems.append((4, f"the log has the unknown version {version}"))
            self._is_valid = False
        if self._checksum((0, 0), header[:24]) != (sum1, sum2):
            self.problems.append(
                (24, "the header of the log has a wrong checksum: SQLite ignores it")
            )
            self._is_valid = False
        return sum1, sum2

    def __len__(self) -> int:
        return len(self._numbers)

    def frame(self, index: int) -> WalFrame:
        """A frame by its position."""
        generation = self._generations[index]
        if index < self.commit_end:
            state = FrameState.COMMITTED
        elif index < self.chain_end:
            state = FrameState.UNCOMMITTED
        elif self._is_valid and (
            generation == 0 or self.generations[generation] == _NO_SALTS
        ):
            state = FrameState.BEHIND_END
        else:
            state = FrameState.EARLIER
        return WalFrame(
            index,
            HEADER_SIZE + index * (FRAME_HEADER_SIZE + self.page_size),
            self._numbers[index],
            self._commits[index],
            generation,
            state,
            _CHECKS[self._checks[index]],
        )

    def frames(self) -> Iterator[WalFrame]:
        """All frames, those behind the end included."""
        for index in range(len(self)):
            yield self.frame(index)

    def page(self, index: int) -> bytes:
        """The page of a frame; zeros stand for what is cut off."""
        offset = HEADER_SIZE + index * (FRAME_HEADER_SIZE + self.page_size)
        data = self._read(offset + FRAME_HEADER_SIZE, self.page_size)
        return data.ljust(self.page_size, b"\0")

    def _scan(self, checksum: tuple[int, int]) -> None:
        chained = self._is_valid
        before: int | None = 0 if chained else None
        known = {salts: number for number, salts in enumerate(self.generations)}
        for index, frame in enumerate(self._raw_frames()):
            number, commit, salt1, salt2, sum1, sum2 = _FRAME.unpack_from(frame)
            generation = known.setdefault((salt1, salt2), len(known))
            if generation == len(self.generations):
                self.generations.append((salt1, salt2))
            is_whole = len(frame) == FRAME_HEADER_SIZE + self.page_size
            if not is_whole:
                check = 0
            elif generation != before or (salt1, salt2) == _NO_SALTS:
                check = 2
            else:
                check = self._is_right(checksum, frame, (sum1, sum2))
            self._numbers.append(number)
            self._commits.append(commit)
            self._generations.append(generation)
            self._checks.append(check)
            before, checksum = generation, (sum1, sum2)
            chained = chained and generation == 0 and check == 1 and number > 0
            if chained:
                self.chain_end = index + 1
                if commit:
                    self.commit_end = index + 1

    def _raw_frames(self) -> Iterator[bytes]:
        size = FRAME_HEADER_SIZE + self.page_size
        step = max(_CHUNK // size, 1) * size
        for start in range(HEADER_SIZE, self._size, step):
            data = self._read(start, min(step, self._size - start))
            for position in range(0, len(data), size):
                frame = data[position : position + size]
                if len(frame) < size:
                    place = start + position
                    self.problems.append((place, "the last frame is cut off"))
                if len(frame) >= FRAME_HEADER_SIZE:
                    yield frame
            if len(data) < min(step, self._size - start):
                return

    def _is_right(
        self, checksum: tuple[int, int], frame: bytes, stored: tuple[int, int]
    ) -> int:
        # Of the frame header, the first 8 bytes count. The salts are compared apart.
        seed = self._checksum(checksum, frame[:8])
        return int(self._checksum(seed, frame[FRAME_HEADER_SIZE:]) == stored)

    def _checksum(self, seed: tuple[int, int], data: bytes) -> tuple[int, int]:
        words = array("I", data)
        if (self._order == "<") != (sys.byteorder == "little"):
            words.byteswap()
        first, second = seed
        pairs = iter(words)
        for even, odd in zip(pairs, pairs, strict=True):
            first = first + even + second & 0xFFFFFFFF
            second = second + odd + first & 0xFFFFFFFF
        return first, second
