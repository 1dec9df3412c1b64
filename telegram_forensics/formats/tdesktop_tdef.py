"""The encrypted files of Telegram Desktop's cache ("TDEF").

Specification: formats/telegram_desktop.md section 4.2 (1.3.15 and later): a clear salt,
then a header and the data in AES-256-CTR with the installation's local key.
"""

from __future__ import annotations

import hashlib
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
    aes_key = hashlib.sha256(key[:128] + salt[:32]).digest()
    counter = hashlib.sha256(key[128:] + salt[32:]).digest()[:_BLOCK]
    cipher = AES.new(
        aes_key, AES.MODE_CTR, nonce=b"", initial_value=int.from_bytes(counter, "big")
    )
    # A tail that is no whole block is an unfinished write.
    usable = (len(data) - HEADER_OFFSET) // _BLOCK * _BLOCK
    plain = cipher.decrypt(data[HEADER_OFFSET : HEADER_OFFSET + usable])
    check = hashlib.sha256(key + salt + plain[:16]).digest()
    return TdefFile(plain[_HEADER_SIZE:], plain[16:_HEADER_SIZE] == check)
