"""Pages of SQLCipher databases: verification and decryption.

Specification: https://www.zetetic.net/sqlcipher/design/, versions 3 and 4.

A page is AES-256-CBC without padding, followed by its IV, an HMAC over both and the
page number (32 bits, little endian), and random bytes up to a whole block. Page 1
begins with the salt or with a clear header, neither of which is covered by the HMAC.
After decryption these bytes at the end of a page stay: the header tells SQLite to leave
them alone.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence

from Crypto.Cipher import AES
from Crypto.Util.strxor import strxor

from telegram_forensics.formats.sqlcipher_keys import (
    BLOCK_SIZE,
    IV_SIZE,
    SALT_SIZE,
    DerivedKeys,
    Profile,
)
from telegram_forensics.formats.sqlite_pages import MAGIC


class PageCipher:
    """Verifies and decrypts the pages of one database.

    Attributes:
        profile: profile, with the page size that the database really has.
        clear_header_size: bytes of the clear header of page 1, 0 if there is none and
            the salt stands in its place.
        page_size: bytes of a page.
    """

    def __init__(
        self, profile: Profile, keys: DerivedKeys, clear_header_size: int = 0
    ) -> None:
        self.profile = profile
        self.clear_header_size = clear_header_size
        self.page_size = profile.page_size
        self._clear_size = clear_header_size or SALT_SIZE
        self._body = profile.page_size - profile.reserved
        self._covered = self._body + IV_SIZE
        self._aes = AES.new(keys.page_key, AES.MODE_ECB)
        # Copies of hashes that have begun with the key spare half of the work on small
        # pages.
        digest = hashlib.new(profile.hash_name)
        padded = keys.hmac_key.ljust(digest.block_size, b"\0")
        self._end = self._covered + digest.digest_size
        self._inner = hashlib.new(profile.hash_name, bytes(b ^ 0x36 for b in padded))
        self._outer = hashlib.new(profile.hash_name, bytes(b ^ 0x5C for b in padded))

    def __repr__(self) -> str:
        return f"PageCipher({self.profile}, {self.clear_header_size})"

    def verify(self, number: int, page: bytes) -> bool:
        """Whether a page is whole and has the right HMAC."""
        if len(page) != self.page_size or not 0 < number <= 0xFFFFFFFF:
            return False
        start = self._clear_size if number == 1 else 0
        inner = self._inner.copy()
        inner.update(page[start : self._covered] + number.to_bytes(4, "little"))
        outer = self._outer.copy()
        outer.update(inner.digest())
        return hmac.compare_digest(outer.digest(), page[self._covered : self._end])

    def decrypt(self, numbers: Sequence[int], data: bytes) -> tuple[bytes, list[int]]:
        """Decrypts pages.

        Args:
            numbers: their page numbers.
            data: the pages, one behind the other; the last one may be cut off.

        Returns:
            As many bytes, decrypted, and which of the pages (positions in `numbers`)
            cannot be read: zeros stand in their place. A page of zeros was never
            written; it stays one and does not count as unreadable.
        """
        size = self.page_size
        whole = data[: len(data) // size * size]
        plain = self._decrypt_whole(numbers, whole) if whole else bytearray()
        bad = []
        for index, start in enumerate(range(0, len(whole), size)):
            number = numbers[index]
            page = whole[start : start + size]
            if self.verify(number, page):
                plain[start + self._body : start + size] = page[self._body :]
                if number == 1:
                    size_kept = self.clear_header_size
                    clear = page[:size_kept] if size_kept else MAGIC
                    plain[start : start + self._clear_size] = clear
                continue
            plain[start : start + size] = bytes(size)
            if page.count(0) != size:
                bad.append(index)
        if len(data) > len(whole):
            plain += bytes(len(data) - len(whole))
            bad.append(len(whole) // size)
        return bytes(plain), bad

    def _decrypt_whole(self, numbers: Sequence[int], whole: bytes) -> bytearray:
        """CBC by way of ECB: one call for many pages instead of a cipher for each."""
        previous = bytearray(len(whole))
        previous[BLOCK_SIZE:] = whole[:-BLOCK_SIZE]
        for index, start in enumerate(range(0, len(whole), self.page_size)):
            first = start + (self._clear_size if numbers[index] == 1 else 0)
            iv = start + self._body
            previous[first : first + IV_SIZE] = whole[iv : iv + IV_SIZE]
        return bytearray(strxor(self._aes.decrypt(whole), bytes(previous)))
