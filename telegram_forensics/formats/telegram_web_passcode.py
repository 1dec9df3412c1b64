"""Passcode-protected stores of Telegram's web clients.

Specification: formats/telegram_web.md section 7, with its known answers. Three schemes:

- Web A, older: AES-256-GCM, key SHA-256 of the passcode and a constant: no work factor.
- Web A, version 3: a random key, wrapped with PBKDF2-HMAC-SHA-256 of the passcode. It
  was seen in a public tree that derives from the client; that the official build has it
  is UNCONFIRMED.
- Web K: PBKDF2-HMAC-SHA-256, 100,000 rounds, with a hash that tells the right passcode.

Older builds of Web K with a passcode put the key itself into localStorage
(`encryption_key`) when the user went to another account or logged one out, later ones
into sessionStorage (`encryption_key_handoff`): seen in the client's sources, not in a
sample. What the client has removed of it may be on the disk for long.

Everywhere the data is 12 bytes of IV, ciphertext, 16 bytes of tag.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from Crypto.Cipher import AES

from telegram_forensics.formats.telegram_web_values import read_number

_IV, _TAG, _KEY = 12, 16, 32
_SUFFIX: Final = b"harder better faster stronger"
_K_ROUNDS: Final = 100_000
# What an examiner's computer does in a second or so.
_MAXIMUM_ROUNDS: Final = 10_000_000
_MAXIMUM_SALT: Final = 1024
STORED_KEY: Final = "encryption_key"
HANDED_KEY: Final = "encryption_key_handoff"
K_DERIVATION: Final = "PBKDF2-HMAC-SHA-256, 100000 rounds"
A_DERIVATION: Final = "SHA-256, no work factor"


def decrypt(key: bytes, data: bytes, additional: bytes = b"") -> bytes | None:
    """Decrypts AES-256-GCM.

    Args:
        key: 32 bytes.
        data: IV, ciphertext and tag.
        additional: data that the tag covers as well.

    Returns:
        The plain text, None if the tag does not fit: a wrong key or damaged data.
    """
    if len(data) < _IV + _TAG or len(key) != _KEY:
        return None
    cipher = AES.new(key, AES.MODE_GCM, nonce=data[:_IV])
    cipher.update(additional)
    try:
        plain: bytes = cipher.decrypt_and_verify(data[_IV:-_TAG], data[-_TAG:])
    except ValueError:
        return None
    return plain


def derive_a_key(passcode: bytes) -> bytes:
    """Key of Web A's older scheme."""
    return hashlib.sha256(passcode + _SUFFIX).digest()


def open_a(data: bytes, passcodes: Iterable[bytes]) -> tuple[bytes, int] | None:
    """Finds the key of a store of Web A's older scheme.

    Args:
        data: `sessionEncrypted` or another value of the store.
        passcodes: candidates as UTF-8.

    Returns:
        The key and the number of the candidate, None if none fits.
    """
    for number, passcode in enumerate(passcodes):
        key = derive_a_key(passcode)
        if decrypt(key, data) is not None:
            return key, number
    return None


@dataclass(slots=True)
class A3Meta:
    """`meta` of Web A's version 3.

    Attributes:
        generation: text that the names and tags of the stores hold.
        salt, rounds: of the derivation.
        wrapped: the wrapped key.
    """

    generation: str
    salt: bytes
    rounds: int
    wrapped: bytes

    @property
    def derivation(self) -> str:
        """The derivation with its cost, in words."""
        return f"PBKDF2-HMAC-SHA-256, {self.rounds} rounds"

    def open(self, passcodes: Iterable[bytes]) -> tuple[bytes, int] | None:
        """Finds the key of the stores; as `open_a`."""
        additional = f"3:{self.generation}:meta".encode("utf-8", "surrogatepass")
        for number, passcode in enumerate(passcodes):
            wrapping = hashlib.pbkdf2_hmac(
                "sha256", passcode, self.salt, self.rounds, _KEY
            )
            key = decrypt(wrapping, self.wrapped, additional)
            if key is not None and len(key) == _KEY:
                return key, number
        return None

    def decrypt(self, key: bytes, name: str, data: bytes) -> bytes | None:
        """Decrypts a store.

        Args:
            key: as `open` gave it.
            name: key of the record, such as `sessionsVault_1-2-3-4`.
            data: its value.
        """
        additional = f"3:{self.generation}:{name}".encode("utf-8", "surrogatepass")
        return decrypt(key, data, additional)


def read_a3_meta(value: Any) -> A3Meta | None:
    """Reads `meta` of `tt-passcode`; None if it is no version 3 or not possible."""
    if not isinstance(value, dict) or value.get("version") != 3:
        return None
    generation = value.get("generation")
    salt, wrapped = (
        read_bytes(value.get("kdfSalt")),
        read_bytes(value.get("wrappedDek")),
    )
    rounds = read_number(value.get("kdfIterations"))
    if (
        not isinstance(generation, str)
        or rounds is None
        or not 0 < rounds <= _MAXIMUM_ROUNDS
        or salt is None
        or wrapped is None
        or len(salt) > _MAXIMUM_SALT
    ):
        return None
    return A3Meta(generation, salt, rounds, wrapped)


@dataclass(slots=True)
class KPasscode:
    """`passcode` of `tweb-common`: what a candidate is tested with."""

    verification_hash: bytes
    verification_salt: bytes
    encryption_salt: bytes

    def open(self, passcodes: Iterable[bytes]) -> tuple[bytes, int] | None:
        """Finds the passcode and derives the key of the stores; as `open_a`."""
        for number, passcode in enumerate(passcodes):
            found = derive_k(passcode, self.verification_salt)
            if hmac.compare_digest(found, self.verification_hash):
                return derive_k(passcode, self.encryption_salt), number
        return None


def derive_k(passcode: bytes, salt: bytes) -> bytes:
    """Web K's derivation, of its key and of its test alike."""
    return hashlib.pbkdf2_hmac("sha256", passcode, salt, _K_ROUNDS, _KEY)


def read_k_passcode(value: Any) -> KPasscode | None:
    """Reads `passcode` of `tweb-common`, None if there is no passcode."""
    if not isinstance(value, dict):
        return None
    parts = [
        read_bytes(value.get(name))
        for name in ("verificationHash", "verificationSalt", "encryptionSalt")
    ]
    if any(not part or len(part) > _MAXIMUM_SALT for part in parts):
        return None
    return KPasscode(*[part for part in parts if part])


def read_stored_key(text: Any) -> bytes | None:
    """The key of Web K's stores as the client puts it aside, None if it is none.

    Args:
        text: base64, with quotes or without.
    """
    if not isinstance(text, str) or len(text) > _MAXIMUM_SALT:
        return None
    try:
        key = base64.b64decode(text.strip('"'), validate=True)
    except ValueError:
        return None
    return key if len(key) == _KEY else None


def read_bytes(value: Any) -> bytes | None:
    """Bytes as JavaScript has them: typed arrays, or lists of numbers."""
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    data = getattr(value, "data", None)
    if isinstance(data, bytes):
        return data
    if isinstance(value, list):
        try:
            return bytes(int(item) for item in value)
        except (TypeError, ValueError, OverflowError):
            return None
    return None
