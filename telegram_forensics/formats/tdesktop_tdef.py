"""The encrypted files of Telegram Desktop's cache ("TDEF").

Specification: formats/telegram_desktop.md section 4.2 (1.3.15 and later): a clear salt,
then a header and the data in AES-256-CTR with the installation's local key.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from Crypto.Cipher import AES

from telegram_forensics.formats.errors import FormatError

MAGIC: Final = b"TDEF"
SALT_OFFSET: Final = 4
SALT_SIZE: Final = 64
HEADER_OFFSET: Final = SALT_OFFSET + SALT_SIZE
_HEADER_SIZE: Final = 48
DATA_OFFSET: Final = HEADER_OFFSET + _HEADER_SIZE
_BLOCK: Final = 16


@dataclass(slots=True)
class TdefFile:
    """A decrypted file.

    Attributes:
        data: plain data; values carry up to 15 bytes of padding. Kept out of `repr`.
        is_verified: the check in the header fits key and salt. If not, the key is
            another one or the header is damaged.
    """

    data: bytes = field(repr=False)
    is_verified: bool


def decrypt_tdef(data: bytes, key: bytes) -> TdefFile:
    """Decrypts a file, or its beginning.

    Args:
        data: the file, or its beginning.
        key: local key, 256 bytes.

    Raises:
        FormatError: if not even the header is there.
    """
    if len(data) < DATA_OFFSET:
        raise FormatError(
            len(data), f"file of {len(data)} bytes ends inside the TDEF header"
        )
    salt = data[SALT_OFFSET:HEADER_OFFSET]
    aes_key, counter = _derive(key, salt)
    # A tail that is no whole block is an unfinished write.
    usable = (len(data) - HEADER_OFFSET) // _BLOCK * _BLOCK
    plain = _decrypt(aes_key, counter, data[HEADER_OFFSET : HEADER_OFFSET + usable])
    check = hashlib.sha256(key + salt + plain[:16]).digest()
    return TdefFile(plain[_HEADER_SIZE:], plain[16:_HEADER_SIZE] == check)


class TdefReader:
    """Reads plain data of a file at any offset, without reading what lies before it.

    Attributes:
        size: plain bytes, padding included.
    """

    def __init__(
        self, read_at: Callable[[int, int], bytes], size: int, keys: list[bytes]
    ) -> None:
        """Reads the header and finds the key that fits.

        Args:
            read_at: reads from the encrypted file: offset, size.
            size: size of the encrypted file.
            keys: local keys, 256 bytes each.

        Raises:
            FormatError: if the header is cut off, or no key fits.
        """
        head = read_at(0, DATA_OFFSET)
        for key in keys:
            if decrypt_tdef(head, key).is_verified:
                break
        else:
            if len(head) < DATA_OFFSET:
                raise FormatError(len(head), "file ends inside the TDEF header")
            raise FormatError(
                HEADER_OFFSET, "no key of this storage fits, or the header is damaged"
            )
        self.size = max(size - DATA_OFFSET, 0) // _BLOCK * _BLOCK
        self._aes_key, self._counter = _derive(key, head[SALT_OFFSET:HEADER_OFFSET])
        self._read_at = read_at

    def read_at(self, offset: int, size: int) -> bytes:
        """Reads plain data.

        Raises:
            FormatError: if the file has less.
        """
        skip = offset % _BLOCK
        start = offset - skip
        stored = min(-(-(skip + size) // _BLOCK) * _BLOCK, max(self.size - start, 0))
        data = self._read_at(DATA_OFFSET + start, stored)
        block = (_HEADER_SIZE + start) // _BLOCK
        counter = (self._counter + block) % (1 << 128)
        plain = _decrypt(self._aes_key, counter, data)[skip : skip + size]
        if len(plain) != size:
            raise FormatError(
                DATA_OFFSET + offset + len(plain),
                f"{size} bytes needed, {len(plain)} are there",
            )
        return plain


def _derive(key: bytes, salt: bytes) -> tuple[bytes, int]:
    """AES key and start counter."""
    aes_key = hashlib.sha256(key[:128] + salt[:32]).digest()
    counter = hashlib.sha256(key[128:] + salt[32:]).digest()[:_BLOCK]
    return aes_key, int.from_bytes(counter, "big")


def _decrypt(aes_key: bytes, counter: int, data: bytes) -> bytes:
    cipher = AES.new(aes_key, AES.MODE_CTR, nonce=b"", initial_value=counter)
    return cipher.decrypt(data)
