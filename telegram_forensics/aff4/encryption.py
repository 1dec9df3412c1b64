"""Encrypted AFF4 volumes.

Specification: formats/aff4.md section 8 (dialect D, written by pyaff4). An encrypted
volume holds one stream; decrypted it is another AFF4 volume. The sectors are
AES-128-XTS (libcaes, one of dfVFS's own dependencies), the key is wrapped with a
password (PBKDF2-HMAC-SHA256 and RFC 3394) or with the public key of a certificate.
"""

from __future__ import annotations

import hashlib
from typing import Final

import pycaes
from Crypto.Cipher import AES

from telegram_forensics.aff4 import compression
from telegram_forensics.aff4.cache import ByteCache
from telegram_forensics.aff4.errors import Aff4Error, EncryptedVolumeError
from telegram_forensics.aff4.graph import Aff4Object
from telegram_forensics.aff4.image_stream import ImageStream, StreamGeometry
from telegram_forensics.aff4.source import BaseSource
from telegram_forensics.aff4.volume_set import VolumeSet

_CHECK_VALUE: Final = b"\xa6" * 8
_MAXIMUM_ITERATIONS: Final = 10_000_000
_SECTORS_AT_ONCE: Final = 64


class EncryptedSource(BaseSource):
    """The decrypted content of an encrypted stream, as a byte source."""

    def __init__(self, stream: ImageStream, key: bytes, size: int, name: str) -> None:
        super().__init__(size, name)
        self._stream = stream
        self._sector = stream.geometry.chunk_size
        half = len(key) // 2
        self._context = pycaes.tweaked_context()
        self._context.set_keys(pycaes.crypt_modes.DECRYPT, key[:half], key[half:])
        self._cache = ByteCache(1024 * 1024)

    def read_at(self, offset: int, size: int) -> bytes:
        """See `ByteSource`."""
        self._check(offset, size)
        if not size:
            return b""
        block_size = self._sector * _SECTORS_AT_ONCE
        first, last = offset // block_size, (offset + size - 1) // block_size
        data = b"".join(self._block(number) for number in range(first, last + 1))
        start = offset - first * block_size
        return data[start : start + size]

    def _block(self, number: int) -> bytes:
        block = self._cache.get(number)
        if block is None:
            first = number * _SECTORS_AT_ONCE
            last = min(first + _SECTORS_AT_ONCE, self._stream.number_of_chunks)
            block = b"".join(self._sector_at(sector) for sector in range(first, last))
            self._cache.put(number, block)
        return block

    def _sector_at(self, number: int) -> bytes:
        stored = self._stream.read_chunk(number)
        if self._stream.problems:
            # What was padded for want of data would come out as noise.
            self._stream.problems.clear()
            raise Aff4Error(
                self._name, number * self._sector, f"sector {number} is not complete"
            )
        tweak = number.to_bytes(16, "little")
        plain: bytes = pycaes.crypt_xts(
            self._context, pycaes.crypt_modes.DECRYPT, tweak, stored
        )
        return plain


def open_encrypted(volumes: VolumeSet, password: str | None) -> EncryptedSource:
    """Opens the content of an encrypted volume.

    Args:
        volumes: the encrypted volume.
        password: password, None if there is none.

    Raises:
        EncryptedVolumeError: if the password is missing or wrong, or a certificate is
            needed; the reason says which.
        Aff4Error: if the metadata is damaged.
    """
    streams = volumes.encrypted_streams
    if not streams:
        raise Aff4Error(volumes.name, None, "no encrypted stream in this volume")
    item = streams[0]
    bags = [
        volumes.graph.objects[urn]
        for urn in item.iris("keyBag")
        if urn in volumes.graph.objects
    ]
    password_bags = [bag for bag in bags if "PasswordWrappedKeyBag" in bag.types]
    if not password_bags:
        subjects = [bag.text("x509SubjectName") or "unknown" for bag in bags]
        raise EncryptedVolumeError(
            volumes.name,
            None,
            f"encrypted AFF4 volume: the private key of the certificate "
            f"{', '.join(subjects) or 'unknown'} is needed, which is not supported; "
            f"decrypt it with the tool that made it",
        )
    if password is None:
        raise EncryptedVolumeError(
            volumes.name,
            None,
            "encrypted AFF4 volume: a password is needed, give it with "
            "--credential password:... (telegram-forensics aff4: --password ...)",
        )
    for bag in password_bags:
        key = _unwrap(bag, password)
        if key is not None:
            return _open(volumes, item, key)
    raise EncryptedVolumeError(
        volumes.name, None, "encrypted AFF4 volume: the password is wrong"
    )


def _open(volumes: VolumeSet, item: Aff4Object, key: bytes) -> EncryptedSource:
    geometry = StreamGeometry(
        item.number("size") or 0,
        item.number("chunkSize") or 512,
        item.number("chunksInSegment") or 2048,
        compression.Method.STORED,
    )
    # The last sector is stored whole; what belongs to the volume is cut off later.
    sector = geometry.chunk_size
    if sector % AES.block_size:
        raise Aff4Error(item.urn, None, f"encrypted sectors of {sector} bytes")
    whole = StreamGeometry(
        -(-geometry.size // sector) * sector,
        sector,
        geometry.chunks_in_segment,
        geometry.method,
    )
    stream = ImageStream(item.urn, whole, volumes, ByteCache(64 * 1024))
    name = f"{volumes.name} (decrypted)"
    return EncryptedSource(stream, key, geometry.size, name)


def _unwrap(bag: Aff4Object, password: str) -> bytes | None:
    """The volume key, None if the password does not fit this bag."""
    try:
        salt = bytes.fromhex(bag.text("salt") or "")
        wrapped = bytes.fromhex(bag.text("wrappedKey") or "")
    except ValueError as exception:
        raise Aff4Error(bag.urn, None, f"key bag: {exception}") from exception
    iterations = bag.number("iterations") or 0
    size = bag.number("keySizeInBytes") or 0
    if (
        not 1 <= iterations <= _MAXIMUM_ITERATIONS
        or size not in (16, 24, 32)
        or len(wrapped) not in (40, 72)
        or not salt
    ):
        raise Aff4Error(bag.urn, None, "key bag is damaged")
    wrapping_key = hashlib.pbkdf2_hmac(
        "sha256", password.encode("utf-8", "surrogateescape"), salt, iterations, size
    )
    return unwrap_key(wrapping_key, wrapped)


def unwrap_key(wrapping_key: bytes, wrapped: bytes) -> bytes | None:
    """RFC 3394 key unwrap; None if the check value is wrong."""
    cipher = AES.new(wrapping_key, AES.MODE_ECB)
    check = wrapped[:8]
    blocks = [wrapped[start : start + 8] for start in range(8, len(wrapped), 8)]
    count = len(blocks)
    for step in range(6 * count, 0, -1):
        number = (step - 1) % count
        mixed = int.from_bytes(check, "big") ^ step
        plain = cipher.decrypt(mixed.to_bytes(8, "big") + blocks[number])
        check, blocks[number] = plain[:8], plain[8:]
    return b"".join(blocks) if check == _CHECK_VALUE else None
