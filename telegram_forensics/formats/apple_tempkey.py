"""Database key files of Telegram for iOS and native Telegram for macOS (Postbox).

Specification: TelegramSwift and Telegram-iOS, `BuildConfig`, since April 2019.

- `.tempkeyEncrypted` (macOS): 64 bytes, AES-256-CBC of database key (32 bytes), salt
  (16), Murmur hash of both (int32, little endian) and 12 zeros. AES key and IV are the
  first 32 and the last 16 bytes of SHA-512 of the local passcode, or of a constant if
  none is set.
- `.tempkey` (iOS, and macOS before): 48 bytes in clear, key and salt.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Final

from Crypto.Cipher import AES

from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.murmur3 import murmur3_32
from telegram_forensics.formats.sqlcipher_keys import KEY_SIZE, SALT_SIZE, DatabaseKey

CLEAR_NAME: Final = ".tempkey"
ENCRYPTED_NAME: Final = ".tempkeyEncrypted"
CLEAR_SIZE: Final = KEY_SIZE + SALT_SIZE
ENCRYPTED_SIZE: Final = 64
DEFAULT_PASSWORD: Final = b"no-matter-key"


def read_tempkey(data: bytes) -> DatabaseKey:
    """Reads `.tempkey`.

    Raises:
        FormatError: if it does not have the size of one.
    """
    if len(data) != CLEAR_SIZE:
        raise FormatError(min(len(data), CLEAR_SIZE), _wrong_size(data, CLEAR_SIZE))
    return DatabaseKey(data[:KEY_SIZE], data[KEY_SIZE:])


def decrypt_tempkey(data: bytes, password: bytes) -> DatabaseKey | None:
    """Decrypts `.tempkeyEncrypted`.

    Args:
        data: the file.
        password: the local passcode (UTF-8), empty if none is set.

    Returns:
        The key, None if the password is wrong or the file is damaged: the two cannot
        be told apart.

    Raises:
        FormatError: if it does not have the size of such a file.
    """
    if len(data) != ENCRYPTED_SIZE:
        place = min(len(data), ENCRYPTED_SIZE)
        raise FormatError(place, _wrong_size(data, ENCRYPTED_SIZE))
    digest = hashlib.sha512(password or DEFAULT_PASSWORD).digest()
    plain = AES.new(digest[:32], AES.MODE_CBC, digest[48:]).decrypt(data)
    stored = int.from_bytes(plain[CLEAR_SIZE : CLEAR_SIZE + 4], "little", signed=True)
    if murmur3_32(plain[:CLEAR_SIZE]) != stored:
        return None
    return read_tempkey(plain[:CLEAR_SIZE])


def find_passwords(
    data: bytes, passwords: Sequence[bytes], first: int | None = None
) -> Iterator[tuple[DatabaseKey, int]]:
    """Finds the passwords that open `.tempkeyEncrypted`.

    One of 4,300 million wrong passwords passes the check, so more than one can; the
    database decides.

    Args:
        data: the file.
        passwords: candidates.
        first: number of the candidate to be tried first, None if none is known.

    Yields:
        Key and number of the candidate.

    Raises:
        FormatError: if the file does not have the size of one.
    """
    numbers = list(range(len(passwords)))
    if first is not None and 0 <= first < len(passwords):
        numbers.remove(first)
        numbers.insert(0, first)
    for number in numbers:
        key = decrypt_tempkey(data, passwords[number])
        if key is not None:
            yield key, number


def _wrong_size(data: bytes, size: int) -> str:
    return f"a key file has {size} bytes, not {len(data)}"
