"""Write-ahead logs of SQLCipher databases, decrypted while they are read.

Specification: https://www.sqlite.org/fileformat2.html#the_write_ahead_log (log format
3007000) and https://www.zetetic.net/sqlcipher/design/, versions 3 and 4.

The headers of log and frames are SQLite's own and not encrypted; the page of a frame is
encrypted like the same page in the database. The checksums are those of the encrypted
pages, each continuing the one before. So that SQLite, and our own reader, take from the
decrypted log exactly the frames that they would have taken, checksums are computed
anew:

- Where a frame continues the one before rightly, so does the new checksum.
- Where it does not, the stored checksum stays, and with it the frame is still wrong.
- Where nothing can be said (the first frame of an earlier generation, frames of a
  transaction that was not committed) it stays, too, and what follows continues it.

A page whose HMAC is wrong reads as zeros; its checksum is made right for them, if it
was right before, since SQLite would ignore all frames behind it otherwise.
"""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Callable
from typing import Final

from telegram_forensics.formats.sqlcipher_pages import PageCipher
from telegram_forensics.formats.sqlite_pages import Problems, ReadAt
from telegram_forensics.formats.sqlite_wal import (
    FRAME_HEADER_SIZE,
    HEADER_SIZE,
    MAGIC,
)

_HEADER: Final = struct.Struct(">IIIIIIII")
_VERSION: Final = 3007000
_CHUNK: Final = 1 << 16
_WORD: Final = 0xFFFFFFFF
_NO_SALTS: Final = bytes(8)

Sums = tuple[int, int]


class DecryptedWal:
    """A log; 8 bytes per frame are kept in memory, and some pages.

    Attributes:
        size: bytes of it.
        page_size: bytes of a page.
        problems: (offset, reason) of what could not be read so far.
    """

    def __init__(self, cipher: PageCipher, read: ReadAt, size: int) -> None:
        self.size = size
        self.page_size = cipher.page_size
        self.problems = Problems()
        self._cipher = cipher
        self._read = read
        self._frame_size = FRAME_HEADER_SIZE + self.page_size
        self._step = max(_CHUNK // self._frame_size, 1)
        self._cached: tuple[int, bytes] = (-1, b"")
        self._order = "<"
        self._header = b""
        self._is_open = False
        self._is_end_known = False
        self._sums = array("I")
        # Of the last frame that was checked: salts, stored checksum, new checksum.
        self._salts = b""
        self._stored: Sums = (0, 0)
        self._new: Sums = (0, 0)

    def read_at(self, offset: int, size: int) -> bytes:
        """Reads at an offset; fewer bytes at the end only."""
        end = min(offset + size, self.size)
        self._open()
        parts = [self._header[offset:end]] if offset < HEADER_SIZE else []
        offset = max(offset, HEADER_SIZE)
        length = self._step * self._frame_size
        while offset < end:
            index, start = divmod(offset - HEADER_SIZE, length)
            chunk = self._chunk(index)[start : start + end - offset]
            if not chunk:
                break
            parts.append(chunk)
            offset += len(chunk)
        return b"".join(parts)

    def page(self, position: int) -> bytes:
        """The decrypted page of a frame, zeros if it cannot be read."""
        data = self._read(HEADER_SIZE + position * self._frame_size, self._frame_size)
        if len(data) < FRAME_HEADER_SIZE:
            return bytes(self.page_size)
        number = int.from_bytes(data[:4], "big")
        plain, _ = self._cipher.decrypt((number,), data[FRAME_HEADER_SIZE:])
        return plain.ljust(self.page_size, b"\0")

    def verify(self, progress: Callable[[], None] | None = None) -> Problems:
        """Verifies all frames."""
        self._open()
        length = self._step * self._frame_size
        for index in range(-(-max(self.size - HEADER_SIZE, 0) // length)):
            if progress is not None:
                progress()
            if index * self._step >= len(self._sums) // 2:
                self._chunk(index)
        return self.problems

    def _open(self) -> None:
        if self._is_open:
            return
        self._is_open = True
        header = self._read(0, min(HEADER_SIZE, self.size))
        self._header = header
        if len(header) < HEADER_SIZE:
            self.problems.append((len(header), "the header of the log is cut off"))
            return
        magic, version, page_size, _, _, _, *sums = _HEADER.unpack(header)
        is_log = magic & ~1 == MAGIC
        if not is_log:
            self.problems.append((0, "the header of the log is damaged"))
        elif page_size != self.page_size:
            # Readers would look for the frames in wrong places.
            self.problems.append(
                (
                    8,
                    f"the header of the log says pages of {page_size} bytes, the "
                    f"database has {self.page_size}: that is what is shown",
                )
            )
            header = header[:8] + struct.pack(">I", self.page_size) + header[12:]
            self._header = header
        if is_log:
            self._order = ">" if magic & 1 else "<"
        checksum = (sums[0], sums[1])
        if (
            is_log
            and version == _VERSION
            and self._checksum((0, 0), header[:24]) == checksum
        ):
            self._salts = header[16:24]
            self._stored = self._new = checksum

    def _chunk(self, index: int) -> bytes:
        """Some frames, decrypted; those before have been checked then."""
        if self._cached[0] == index:
            return self._cached[1]
        chunk = b""
        for number in range(min(len(self._sums) // 2 // self._step, index), index + 1):
            chunk = self._decrypt(number)
        self._cached = (index, chunk)
        return chunk

    def _decrypt(self, index: int) -> bytes:
        length = self._step * self._frame_size
        start = HEADER_SIZE + index * length
        data = self._read(start, min(length, self.size - start))
        frames = [
            data[place : place + self._frame_size]
            for place in range(0, len(data), self._frame_size)
        ]
        if frames and len(frames[-1]) < FRAME_HEADER_SIZE:
            # Not even a whole header: it stays as it is.
            frames.pop()
        numbers = [int.from_bytes(frame[:4], "big") for frame in frames]
        plain, bad = self._cipher.decrypt(
            numbers, b"".join(frame[FRAME_HEADER_SIZE:] for frame in frames)
        )
        if frames and len(frames[-1]) == FRAME_HEADER_SIZE:
            bad.append(len(frames) - 1)
        first = index * self._step
        is_new = first * 2 >= len(self._sums)
        if is_new:
            # Fewer only if the file cannot be read as far as it is said to go.
            self._sums.extend([0] * (first * 2 - len(self._sums)))
        parts = []
        for place, frame in enumerate(frames):
            page = plain[place * self.page_size : (place + 1) * self.page_size]
            if is_new:
                self._sums.extend(self._check(frame, page))
            sums = self._sums[2 * (first + place) : 2 * (first + place) + 2]
            parts += [frame[:16], struct.pack(">II", *sums), page]
        if is_new and not self._is_end_known:
            self._is_end_known = start + length >= self.size
            for place in bad:
                offset = start + place * self._frame_size
                self._report(offset, first + place, frames[place])
            rest = len(data) % self._frame_size
            if 0 < rest < FRAME_HEADER_SIZE:
                place = start + len(data) - rest
                self.problems.append((place, "the header of the last frame is cut off"))
        decrypted = b"".join(parts)
        return decrypted + data[len(decrypted) :]

    def _report(self, offset: int, position: int, frame: bytes) -> None:
        number = int.from_bytes(frame[:4], "big")
        if len(frame) < self._frame_size:
            reason = f"frame {position} (page {number}) is cut off"
        else:
            reason = f"frame {position} (page {number}) has a wrong HMAC"
        self.problems.append((offset, f"{reason}: its page reads as zeros"))

    def _check(self, frame: bytes, page: bytes) -> Sums:
        """The new checksum of the frame behind the one that was checked last."""
        salts = frame[8:16]
        first, second = struct.unpack_from(">II", frame, 16)
        stored = new = (first, second)
        if salts == self._salts != _NO_SALTS and len(frame) == self._frame_size:
            # Of the header of a frame, the first 8 bytes count.
            covered = frame[:8] + frame[FRAME_HEADER_SIZE:]
            right = self._checksum(self._new, frame[:8] + page)
            if self._checksum(self._stored, covered) == stored:
                new = right
            elif right == stored:
                # Wrong it was, and wrong it has to stay.
                new = (first ^ 1, second)
        self._salts, self._stored, self._new = salts, stored, new
        return new

    def _checksum(self, seed: Sums, data: bytes) -> Sums:
        words = array("I", data)
        if (self._order == "<") != (sys.byteorder == "little"):
            words.byteswap()
        first, second = seed
        pairs = iter(words)
        for even, odd in zip(pairs, pairs, strict=True):
            first = first + even + second & _WORD
            second = second + odd + first & _WORD
        return first, second
