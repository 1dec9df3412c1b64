"""Keys of SQLCipher databases, and the profiles that SQLCipher's versions write.

Specification: https://www.zetetic.net/sqlcipher/design/ and the parameters that
Telegram's clients set: TDLib 1.6.0 and older (SQLCipher 3), TDLib 1.7.0 and newer and
Telegram for macOS (SQLCipher 4, the latter with 32 clear bytes). Checked with databases
that the library itself wrote.

A database has a page key, raw or derived from a passphrase, and a second key for the
HMAC of each page, derived from the page key. The salt stands in the first 16 bytes of
the file, unless a clear header stands there; then it is kept elsewhere.
"""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass, field
from typing import Final

from telegram_forensics.formats import sqlite_pages
from telegram_forensics.formats.errors import FormatError

KEY_SIZE: Final = 32
SALT_SIZE: Final = 16
IV_SIZE: Final = 16
BLOCK_SIZE: Final = 16
_HMAC_SALT_MASK: Final = 0x3A
_HMAC_ITERATIONS: Final = 2
_SHORT_BLOB: Final = 2 * KEY_SIZE
_LONG_BLOB: Final = 2 * (KEY_SIZE + SALT_SIZE)


@dataclass(frozen=True, slots=True)
class Profile:
    """What a version of SQLCipher does unless it is told otherwise.

    Attributes:
        version: first number of SQLCipher's version.
        page_size: bytes of a page.
        hash_name: hash of key derivation and HMAC.
        iterations: iterations of PBKDF2 over a passphrase.
    """

    version: int
    page_size: int
    hash_name: str
    iterations: int

    @property
    def reserved(self) -> int:
        """Bytes at the end of a page: IV, HMAC, and random ones up to a whole block."""
        size = IV_SIZE + hashlib.new(self.hash_name).digest_size
        return -(-size // BLOCK_SIZE) * BLOCK_SIZE


PROFILES: Final = (
    Profile(4, 4096, "sha512", 256_000),
    Profile(3, 1024, "sha1", 64_000),
)


@dataclass(frozen=True, slots=True)
class DatabaseKey:
    """What opens a database.

    Attributes:
        key: 32 bytes of a raw key, or a passphrase of any length.
        salt: 16 bytes, None if they stand in the database.
        is_passphrase: the page key is derived from it.
    """

    key: bytes = field(repr=False)
    salt: bytes | None = field(default=None, repr=False)
    is_passphrase: bool = False

    def __post_init__(self) -> None:
        if not self.is_passphrase and len(self.key) != KEY_SIZE:
            raise FormatError(0, f"a raw key has {KEY_SIZE} bytes, not {len(self.key)}")
        if self.salt is not None and len(self.salt) != SALT_SIZE:
            raise FormatError(0, f"a salt has {SALT_SIZE} bytes, not {len(self.salt)}")


@dataclass(frozen=True, slots=True)
class DerivedKeys:
    """Keys of the pages.

    Attributes:
        page_key: AES-256 key.
        hmac_key: key of the HMAC.
    """

    page_key: bytes = field(repr=False)
    hmac_key: bytes = field(repr=False)


def parse_key(text: str) -> DatabaseKey:
    """Reads a key as it is given to `PRAGMA key`.

    Args:
        text: `x'..'` with 64 or 96 hexadecimal digits is a raw key, with the salt in
            the last 32; anything else is a passphrase.
    """
    digits = text[2:-1]
    if text[:2].lower() == "x'" and text.endswith("'"):
        try:
            raw = bytes.fromhex(digits)
        except ValueError:
            raw = b""
        # bytes.fromhex skips blanks, SQLCipher does not.
        if len(digits) == 2 * len(raw) and len(digits) in (_SHORT_BLOB, _LONG_BLOB):
            return DatabaseKey(raw[:KEY_SIZE], raw[KEY_SIZE:] or None)
    return DatabaseKey(text.encode("utf-8"), is_passphrase=True)


def derive_keys(key: DatabaseKey, salt: bytes, profile: Profile) -> DerivedKeys:
    """Derives the keys of the pages."""
    page_key = key.key
    if key.is_passphrase:
        page_key = _stretch(profile.hash_name, key.key, salt, profile.iterations)
    hmac_salt = bytes(byte ^ _HMAC_SALT_MASK for byte in salt)
    hmac_key = hashlib.pbkdf2_hmac(
        profile.hash_name, page_key, hmac_salt, _HMAC_ITERATIONS, KEY_SIZE
    )
    return DerivedKeys(page_key, hmac_key)


@functools.lru_cache(maxsize=16)
def _stretch(hash_name: str, passphrase: bytes, salt: bytes, iterations: int) -> bytes:
    return hashlib.pbkdf2_hmac(hash_name, passphrase, salt, iterations, KEY_SIZE)


def is_plaintext(head: bytes) -> bool:
    """Whether a file is a SQLite database that is not encrypted.

    An encrypted one can begin with a clear header, which says that bytes are reserved
    in each page; what follows is random then. Only if the clear part covers all that
    SQLite's header has, the two look alike: try the key first.

    Args:
        head: its first 100 bytes, or more.
    """
    if not head.startswith(sqlite_pages.MAGIC):
        return False
    try:
        header = sqlite_pages.read_header(head)
    except FormatError:
        return False
    # Reserved for expansion, always zero: 20 bytes cannot be so by chance.
    return header.is_sound and not any(head[72:92])
