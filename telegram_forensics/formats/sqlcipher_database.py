"""A SQLCipher database and its write-ahead log, decrypted while they are read.

Specification: https://www.zetetic.net/sqlcipher/design/, versions 3 and 4. See
`sqlcipher_pages` and `sqlcipher_wal`.

What is read is what SQLite would have written without encryption, with the bytes at the
end of each page that SQLCipher reserves. A page that cannot be verified reads as zeros.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from telegram_forensics.formats.sqlcipher_detection import Files
from telegram_forensics.formats.sqlcipher_pages import PageCipher
from telegram_forensics.formats.sqlcipher_wal import DecryptedWal
from telegram_forensics.formats.sqlite_pages import Problems, ReadAt
from telegram_forensics.formats.sqlite_wal import WalFile

_CHUNK: Final = 1 << 16
_MAXIMUM_REBUILT: Final = 1 << 30
"""Largest database that is put together from a log, in bytes."""


class DecryptedFile(Protocol):
    """A file that is decrypted while it is read.

    Attributes:
        size: bytes of it.
        problems: (offset, reason) of what could not be read so far.
    """

    size: int
    problems: Problems

    def read_at(self, offset: int, size: int) -> bytes:
        """Reads at an offset; fewer bytes at the end only. Raises OSError."""

    def verify(self, progress: Callable[[], None] | None = None) -> Problems:
        """Verifies all of it; the problems found are in the order of the file."""


class DecryptedDatabase:
    """The database file. See `DecryptedFile`."""

    def __init__(self, cipher: PageCipher, read: ReadAt, size: int) -> None:
        self.size = size
        self.problems = Problems()
        self._cipher = cipher
        self._read = read
        self._step = max(_CHUNK // cipher.page_size, 1)
        self._cached: tuple[int, bytes] = (-1, b"")
        # One bit a page: which problems are known, since pages are read repeatedly.
        self._reported = bytearray(-(-size // cipher.page_size) // 8 + 1)

    def read_at(self, offset: int, size: int) -> bytes:
        """Reads at an offset."""
        end = min(offset + size, self.size)
        length = self._step * self._cipher.page_size
        parts = []
        while offset < end:
            start = offset // length * length
            chunk = self._chunk(start, length)[offset - start : end - start]
            if not chunk:
                break
            parts.append(chunk)
            offset += len(chunk)
        return b"".join(parts)

    def verify(self, progress: Callable[[], None] | None = None) -> Problems:
        """Verifies all pages, which takes less time than decrypting them."""
        page_size = self._cipher.page_size
        length = self._step * page_size
        for start in range(0, self.size, length):
            if progress is not None:
                progress()
            data = self._read(start, min(length, self.size - start))
            first = start // page_size
            for index in range(-(-len(data) // page_size)):
                page = data[index * page_size : (index + 1) * page_size]
                if self._cipher.verify(first + index + 1, page):
                    continue
                if len(page) < page_size or page.count(0) != page_size:
                    self._report(first + index, len(page))
        return self.problems

    def _chunk(self, start: int, length: int) -> bytes:
        if self._cached[0] == start:
            return self._cached[1]
        data = self._read(start, min(length, self.size - start))
        page_size = self._cipher.page_size
        first = start // page_size
        count = -(-len(data) // page_size)
        plain, bad = self._cipher.decrypt(range(first + 1, first + count + 1), data)
        for index in bad:
            end = min((index + 1) * page_size, len(data))
            self._report(first + index, end - index * page_size)
        self._cached = (start, plain)
        return plain

    def _report(self, index: int, size: int) -> None:
        byte, bit = index // 8, 1 << index % 8
        if byte >= len(self._reported) or self._reported[byte] & bit:
            return
        self._reported[byte] |= bit
        page_size = self._cipher.page_size
        reason = f"page {index + 1} has a wrong HMAC: it reads as zeros"
        if size < page_size:
            reason = (
                f"page {index + 1} is cut off, {size} of {page_size} bytes are "
                "there: it reads as zeros"
            )
        self.problems.append((index * page_size, reason))


class RebuiltDatabase:
    """A database whose file is gone: the state of the last commit in the log.

    Pages that the log does not have are zeros. See `DecryptedFile`.
    """

    def __init__(
        self, wal: DecryptedWal, frames: dict[int, int], page_count: int
    ) -> None:
        """Puts the database together.

        Args:
            wal: the log.
            frames: positions of frames by page number.
            page_count: pages of the database.
        """
        self.problems = Problems()
        self._frames = frames
        self._page_size = wal.page_size
        self._wal = wal
        self.size = page_count * wal.page_size
        self.problems.append(
            (
                0,
                f"the database file is missing: {len(frames)} pages of it are taken "
                "from the last commit in the log, the others read as zeros",
            )
        )

    def read_at(self, offset: int, size: int) -> bytes:
        """Reads at an offset."""
        end = min(offset + size, self.size)
        parts = []
        while offset < end:
            index, start = divmod(offset, self._page_size)
            length = min(self._page_size - start, end - offset)
            frame = self._frames.get(index + 1)
            page = bytes(self._page_size) if frame is None else self._wal.page(frame)
            parts.append(page[start : start + length])
            offset += length
        return b"".join(parts)

    def verify(self, progress: Callable[[], None] | None = None) -> Problems:
        """There is nothing to verify but the log, which has a method of its own."""
        del progress
        return self.problems


@dataclass(frozen=True, slots=True)
class SqlcipherDatabase:
    """A database, opened.

    Attributes:
        cipher: how it is encrypted.
        database: the database file, None if there is none and the log does not hold
            what could stand for it.
        wal: the log, None if there is none.
    """

    cipher: PageCipher
    database: DecryptedDatabase | RebuiltDatabase | None
    wal: DecryptedWal | None


def decrypt_files(cipher: PageCipher, files: Files) -> SqlcipherDatabase:
    """Opens a database whose cipher is known."""
    wal = None
    if files.wal_read is not None and files.wal_size:
        wal = DecryptedWal(cipher, files.wal_read, files.wal_size)
    database: DecryptedDatabase | RebuiltDatabase | None = None
    if files.size < cipher.page_size and wal is not None:
        database = _rebuild(wal, files)
    if database is None and files.size:
        database = DecryptedDatabase(cipher, files.read, files.size)
    return SqlcipherDatabase(cipher, database, wal)


def _rebuild(wal: DecryptedWal, files: Files) -> RebuiltDatabase | None:
    if files.wal_read is None:
        return None
    log = WalFile(files.wal_read, files.wal_size, wal.page_size)
    frames: dict[int, int] = {}
    page_count = 0
    for position in range(log.commit_end):
        frame = log.frame(position)
        frames[frame.page_number] = position
        page_count = frame.database_size or page_count
    limit = min(page_count, _MAXIMUM_REBUILT // wal.page_size)
    # A page that the database had no room for any more may stand in the log.
    frames = {number: frame for number, frame in frames.items() if number <= limit}
    return RebuiltDatabase(wal, frames, limit) if 1 in frames else None
