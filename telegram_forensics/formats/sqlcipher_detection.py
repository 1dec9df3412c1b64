"""How a SQLCipher database is encrypted: the HMAC of a page tells.

Nothing in the file names version, page size or clear header. With the right key, one
combination gives a page its HMAC; with a wrong key, none does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from telegram_forensics.formats.sqlcipher_keys import (
    PROFILES,
    SALT_SIZE,
    DatabaseKey,
    DerivedKeys,
    Profile,
    derive_keys,
)
from telegram_forensics.formats.sqlcipher_pages import PageCipher
from telegram_forensics.formats.sqlite_pages import MAGIC, PAGE_SIZES, ReadAt
from telegram_forensics.formats.sqlite_wal import FRAME_HEADER_SIZE
from telegram_forensics.formats.sqlite_wal import HEADER_SIZE as WAL_HEADER_SIZE

# Whole blocks up to the end of SQLite's header; the library recommends 32.
_CLEAR_HEADER_SIZES: Final = (32, 16, 48, 64, 80, 96)
# How far one looks if page 1 does not tell.
_PAGES: Final = 16
_SALTS: Final = 4
_FRAME_HEADERS: Final = 4096


@dataclass(frozen=True, slots=True)
class Files:
    """A database and its log, encrypted.

    Attributes:
        read: reads the database.
        size: bytes of it, 0 if there is none.
        wal_read: reads the log.
        wal_size: bytes of it, 0 if there is none.
    """

    read: ReadAt
    size: int
    wal_read: ReadAt | None = None
    wal_size: int = 0

    def head(self) -> bytes:
        """The beginning of the database: page 1, however large pages are."""
        return self.read(0, max(PAGE_SIZES)) if self.size else b""

    def wal_page_size(self) -> int | None:
        """Page size by the log, None if there is no log or it does not say."""
        if self.wal_read is None or self.wal_size < WAL_HEADER_SIZE:
            return None
        size = int.from_bytes(self.wal_read(0, WAL_HEADER_SIZE)[8:12], "big")
        return size if size in PAGE_SIZES else None


def find_cipher(key: DatabaseKey, files: Files) -> PageCipher | None:
    """Finds the version, the page size and the clear header of a database.

    Page 1 of the database decides. If it is damaged or missing, page 1 in the log does,
    or other pages of either.

    Returns:
        The cipher, None if the key opens none of the pages.
    """
    head = files.head()
    probes = _Probes(files, head)
    tried = []
    for salt in (key.salt,) if key.salt else probes.salts():
        for profile in PROFILES:
            keys = derive_keys(key, salt, profile)
            tried.append((profile, keys))
            for page_size in _page_sizes(profile):
                cipher = _try_first_page(profile, keys, page_size, head[:page_size])
                if cipher is not None:
                    return cipher
    for profile, keys in tried:
        for page_size in _page_sizes(profile):
            cipher = probes.try_others(profile, keys, page_size)
            if cipher is not None:
                return cipher
    return None


def _page_sizes(profile: Profile) -> list[int]:
    return sorted(PAGE_SIZES, key=lambda size: (size != profile.page_size, size))


def _try_first_page(
    profile: Profile, keys: DerivedKeys, page_size: int, page: bytes
) -> PageCipher | None:
    # A clear header begins with the magic, and a salt cannot by chance.
    sizes = _CLEAR_HEADER_SIZES if page.startswith(MAGIC) else (0,)
    for clear_header_size in sizes:
        cipher = PageCipher(
            replace(profile, page_size=page_size), keys, clear_header_size
        )
        if cipher.verify(1, page):
            return cipher
    return None


class _Probes:
    """Pages that tell, if page 1 of the database does not."""

    def __init__(self, files: Files, head: bytes) -> None:
        self._files = files
        self._head = head
        self._wal_page_size = files.wal_page_size()
        self._frames: list[tuple[int, int]] | None = None

    def salts(self) -> Iterator[bytes]:
        """What can be the salt: the beginning of page 1, in database and log."""
        known = []
        if len(self._head) >= SALT_SIZE:
            known.append(self._head[:SALT_SIZE])
            yield known[0]
        for number, page in self._wal_pages():
            salt = page[:SALT_SIZE]
            if number == 1 and salt not in known and len(known) < _SALTS:
                known.append(salt)
                yield salt

    def try_others(
        self, profile: Profile, keys: DerivedKeys, page_size: int
    ) -> PageCipher | None:
        """The cipher, if one of the pages has the HMAC that it gives."""
        if page_size == self._wal_page_size:
            for number, page in self._wal_pages():
                if number == 1:
                    cipher = _try_first_page(profile, keys, page_size, page)
                    if cipher is not None:
                        return cipher
        clear_header_size = 0
        if self._head.startswith(MAGIC):
            clear_header_size = _CLEAR_HEADER_SIZES[0]
        cipher = PageCipher(
            replace(profile, page_size=page_size), keys, clear_header_size
        )
        for number, page in self._pages(page_size):
            if cipher.verify(number, page):
                return cipher
        return None

    def _pages(self, page_size: int) -> Iterator[tuple[int, bytes]]:
        for index in range(1, min(_PAGES, self._files.size // page_size)):
            yield index + 1, self._files.read(index * page_size, page_size)
        if page_size == self._wal_page_size:
            yield from self._wal_pages()

    def _wal_pages(self) -> Iterator[tuple[int, bytes]]:
        """Pages of the first frames, and some frames of page 1, of the log."""
        read, page_size = self._files.wal_read, self._wal_page_size
        if read is None or page_size is None:
            return
        if self._frames is None:
            self._frames = self._find_frames(read, page_size)
        for number, offset in self._frames:
            yield number, read(offset, page_size)

    def _find_frames(self, read: ReadAt, page_size: int) -> list[tuple[int, int]]:
        step = FRAME_HEADER_SIZE + page_size
        end = min(self._files.wal_size, WAL_HEADER_SIZE + _FRAME_HEADERS * step)
        first: list[tuple[int, int]] = []
        others: list[tuple[int, int]] = []
        for offset in range(WAL_HEADER_SIZE, end - step + 1, step):
            number = int.from_bytes(read(offset, 4), "big")
            frames = first if number == 1 else others
            if len(frames) < _PAGES:
                frames.append((number, offset + FRAME_HEADER_SIZE))
        return first + others
