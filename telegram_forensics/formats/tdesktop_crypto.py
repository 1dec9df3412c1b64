"""Keys and the local encryption of Telegram Desktop.

Specification: formats/telegram_desktop.md sections 2.2 to 2.5 and
formats/telegram_desktop_key_file_7_3.md. The derivations:

    key_data (2.1.14 and later)   PBKDF2-HMAC-SHA512 over SHA512(salt|passcode|salt)
    legacy map (0.7.19 - 2.1.13)  PBKDF2-HMAC-SHA1 over the passcode
    settings (0.7.19 and later)   PBKDF2-HMAC-SHA1 over the empty password, 4 rounds
    key file of 7.3               Argon2id or scrypt over the passcode (UNCONFIRMED
                                  against a file of the real client)

The cipher is AES-256 in IGE mode with the MTProto 1 key schedule (x = 8). It uses only
bytes 8..135 of a 256-byte key, so 136 derived bytes are enough, which spares a quarter
of the work of a passcode trial.
"""

from __future__ import annotations

import hashlib
from typing import Final

from argon2 import low_level as argon2
from Crypto.Cipher import AES

# Bytes of a key that the cipher looks at.
USED_KEY_SIZE: Final = 136
KEY_SIZE: Final = 256

ITERATIONS_PASSCODE: Final = 100_000
ITERATIONS_NO_PASSCODE: Final = 1
LEGACY_ITERATIONS_PASSCODE: Final = 4000
LEGACY_ITERATIONS_NO_PASSCODE: Final = 4

_BLOCK: Final = 16
_MESSAGE_KEY_SIZE: Final = 16
_LENGTH_SIZE: Final = 4
# OpenSSL wants to know how much memory scrypt may use; the program itself stops at 192
# MiB (key file page, table of KDFs), the rest is OpenSSL's own overhead.
_SCRYPT_MEMORY: Final = 224 * 1024 * 1024


class DecryptionError(ValueError):
    """The key does not fit, or the blob is damaged: the SHA-1 check tells not which."""


def passcode_key(passcode: bytes, salt: bytes, size: int = USED_KEY_SIZE) -> bytes:
    """Key of a `key_data` wrap (2.1.14 and later).

    Args:
        passcode: the local passcode, UTF-8; empty if none is set.
        salt: first record of the key file.
        size: number of bytes to derive.
    """
    rounds = ITERATIONS_PASSCODE if passcode else ITERATIONS_NO_PASSCODE
    password = hashlib.sha512(salt + passcode + salt).digest()
    return hashlib.pbkdf2_hmac("sha512", password, salt, rounds, size)


def legacy_passcode_key(
    passcode: bytes, salt: bytes, size: int = USED_KEY_SIZE
) -> bytes:
    """Key of a legacy `map` wrap (0.7.19 to 2.1.13)."""
    rounds = LEGACY_ITERATIONS_PASSCODE if passcode else LEGACY_ITERATIONS_NO_PASSCODE
    return hashlib.pbkdf2_hmac("sha1", passcode, salt, rounds, size)


def settings_key(salt: bytes, size: int = USED_KEY_SIZE) -> bytes:
    """Key of `settings*` and of the global files: no passcode enters it."""
    return legacy_passcode_key(b"", salt, size)


def argon2id_key(
    passcode: bytes, salt: bytes, memory: int, time: int, parallel: int
) -> bytes:
    """Key of a 7.3 wrap of kind 1.

    Args:
        memory: KiB.
        time: passes.
        parallel: lanes.

    Raises:
        DecryptionError: if the Argon2 library refuses the parameters.
    """
    try:
        key: bytes = argon2.hash_secret_raw(
            passcode, salt, time, memory, parallel, KEY_SIZE, argon2.Type.ID, 0x13
        )
    except (argon2.HashingError, ValueError, OverflowError, MemoryError) as exception:
        raise DecryptionError(f"Argon2id refused: {exception}") from exception
    return key


def scrypt_key(passcode: bytes, salt: bytes, n: int, r: int, p: int) -> bytes:
    """Key of a 7.3 wrap of kind 2.

    Raises:
        DecryptionError: if OpenSSL refuses the parameters.
    """
    try:
        return hashlib.scrypt(
            passcode, salt=salt, n=n, r=r, p=p, maxmem=_SCRYPT_MEMORY, dklen=KEY_SIZE
        )
    except (ValueError, OverflowError, MemoryError) as exception:
        raise DecryptionError(f"scrypt refused: {exception}") from exception


def aes_key_and_iv(message_key: bytes, key: bytes) -> tuple[bytes, bytes]:
    """AES key (32 bytes) and IGE vector (32 bytes) of one blob."""
    a = hashlib.sha1(message_key + key[8:40], usedforsecurity=False).digest()
    b = hashlib.sha1(
        key[40:56] + message_key + key[56:72], usedforsecurity=False
    ).digest()
    c = hashlib.sha1(key[72:104] + message_key, usedforsecurity=False).digest()
    d = hashlib.sha1(message_key + key[104:136], usedforsecurity=False).digest()
    return a[:8] + b[8:20] + c[4:16], a[8:20] + b[:8] + c[16:20] + d[:8]


def ige_decrypt(ciphertext: bytes, aes_key: bytes, vector: bytes) -> bytes:
    """Decrypts AES-256-IGE. An incomplete last block is left out.

    A damaged block spoils itself and everything after it, never what stands before.
    """
    decrypt = AES.new(aes_key, AES.MODE_ECB).decrypt
    from_bytes = int.from_bytes
    previous_cipher = from_bytes(vector[:_BLOCK], "big")
    previous_plain = from_bytes(vector[_BLOCK:], "big")
    plain = []
    for start in range(0, len(ciphertext) - _BLOCK + 1, _BLOCK):
        block = from_bytes(ciphertext[start : start + _BLOCK], "big")
        mixed = (block ^ previous_plain).to_bytes(_BLOCK, "big")
        previous_plain = from_bytes(decrypt(mixed), "big") ^ previous_cipher
        previous_cipher = block
        plain.append(previous_plain.to_bytes(_BLOCK, "big"))
    return b"".join(plain)


def decrypt_local(blob: bytes, key: bytes) -> bytes:
    """Opens a blob of the local encryption (section 2.2).

    Args:
        blob: message key and ciphertext.
        key: local key, passcode key or settings key, at least 136 bytes.

    Returns:
        The data, without length field and padding.

    Raises:
        DecryptionError: wrong key or damaged blob.
    """
    size = len(blob) - _MESSAGE_KEY_SIZE
    if size <= 0 or size % _BLOCK:
        raise DecryptionError(
            f"blob of {len(blob)} bytes: message key and whole AES blocks expected"
        )
    message_key = blob[:_MESSAGE_KEY_SIZE]
    plain = ige_decrypt(blob[_MESSAGE_KEY_SIZE:], *aes_key_and_iv(message_key, key))
    actual = hashlib.sha1(plain, usedforsecurity=False).digest()[:_MESSAGE_KEY_SIZE]
    if actual != message_key:
        raise DecryptionError("SHA-1 check failed: wrong key or damaged data")
    length = int.from_bytes(plain[:_LENGTH_SIZE], "little")
    if not max(_LENGTH_SIZE, size - _BLOCK + 1) <= length <= size:
        raise DecryptionError(f"length field says {length}, {size} bytes were stored")
    return plain[_LENGTH_SIZE:length]


def decrypt_prefix(blob: bytes, key: bytes) -> bytes:
    """Decrypts what is left of a cut-off blob, without any check.

    Returns:
        The plaintext from the length field on, as far as it goes. Nothing vouches for
        these bytes; callers check their structure.
    """
    message_key = blob[:_MESSAGE_KEY_SIZE]
    if len(message_key) < _MESSAGE_KEY_SIZE:
        return b""
    return ige_decrypt(blob[_MESSAGE_KEY_SIZE:], *aes_key_and_iv(message_key, key))


def auth_key_identifier(auth_key: bytes) -> str:
    """Identifier of an authorization key: 16 lower-case hex digits.

    The last 8 bytes of the SHA-1 of the key, read as a little-endian number.
    """
    tail = hashlib.sha1(auth_key, usedforsecurity=False).digest()[-8:]
    return tail[::-1].hex()
