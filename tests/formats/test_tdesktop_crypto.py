"""Tests of keys and local encryption against the vectors of sections 9.1, 9.2, 9.4."""

from __future__ import annotations

import hashlib
import struct

import pytest

from telegram_forensics.formats import tdesktop_crypto as crypto
from tests import helpers
from tests.builders import tdata

SALT = bytes(range(32))
LOCAL_KEY = bytes((7 * number + 3) % 256 for number in range(256))
AUTH_KEY = bytes(255 - number for number in range(256))

# Passcode, then first 32 bytes and SHA-256 of the 256-byte key, 2.1.14 and before.
PASSCODE_KEYS = [
    (
        "",
        "7ce9b2c87b8b982b84434ca8cb61577b1fd0d9737a85e9ef5c03a5c2ae2358f3",
        "d392b2760d13fd232440506d53fd1aa8822ab4a2e342ce7d79d95ea82c0aeb70",
        "bbfbb73a62b3bee96ce51699df360570a8fc2f31aaf1c96b209d73c5c00393f9",
        "cd36db3e5b17ed4aa987cfd75e772e0a1ba4f1dd77d1af33fae3ec651c1133ba",
    ),
    (
        "1234",
        "7ab712388cb512c0067f9744619026889c2d6adc5d59e43db73c79b3918ffaf2",
        "7d2c0ddef7afec6d3c5c799c5e766d19dae9c430126936c32494769c29409803",
        "5a23c76149699fb391475e35141ef2418d7dc0e9c9768f9076fe6a73e73c81ef",
        "1ee41261c5b5381259e182d79ad09c9475b6bdfb81f819a63b7b6ba9a42a8432",
    ),
    (
        "пароль",
        "e2ab2e512aec432aaad900fc74ca038dcdb946a267574150c5b22e8bbe42bb8b",
        "27b8728e92e0f06440407ce5831041cd1e59b6969c429500409efb2f5d729b1f",
        "faa727e7c18405b7120dc99bf29ce9e3df3bb9dd91e90127718039ed183539e0",
        "1920b82a239949419849026c6349945e5321d54339e80c1e7b306f8860640222",
    ),
]
# Plain data and blob of section 9.2.
BLOBS = [
    (
        "0000000100000000",
        "2e9b52f05d4a70245699dfaa21fdd513675273023753421653f814cb51656284",
    ),
    (
        "68656c6c6f2074646174612030313233343536373839",
        "c526c73223b0df56a14a74719f373d7cb5be108cd46fe8e99ed020cd9297e66b"
        "8ce5f11edbfd6da24ff9d598462812df",
    ),
]


@pytest.mark.parametrize(("passcode", "first", "digest", "_", "__"), PASSCODE_KEYS)
def test_passcode_key(passcode: str, first: str, digest: str, _: str, __: str) -> None:
    """The key of 2.1.14 and later agrees with the vectors, its short form too."""
    key = crypto.passcode_key(passcode.encode(), SALT, 256)
    assert key[:32].hex() == first
    assert hashlib.sha256(key).hexdigest() == digest
    assert crypto.passcode_key(passcode.encode(), SALT) == key[:136]


@pytest.mark.parametrize(("passcode", "_", "__", "first", "digest"), PASSCODE_KEYS)
def test_legacy_passcode_key(
    passcode: str, _: str, __: str, first: str, digest: str
) -> None:
    """The key of the legacy map agrees with the vectors, its short form too."""
    key = crypto.legacy_passcode_key(passcode.encode(), SALT, 256)
    assert key[:32].hex() == first
    assert hashlib.sha256(key).hexdigest() == digest
    assert crypto.legacy_passcode_key(passcode.encode(), SALT) == key[:136]


def test_settings_key_is_the_legacy_key_without_passcode() -> None:
    """Section 2.4: four rounds of PBKDF2-HMAC-SHA1 over the empty password."""
    expected = hashlib.pbkdf2_hmac("sha1", b"", SALT, 4, 256)
    assert crypto.settings_key(SALT, 256) == expected
    assert crypto.settings_key(SALT) == expected[:136]


def test_keys_of_seven_three() -> None:
    """Argon2id and scrypt agree with the known answers of the 7.3 page."""
    argon2id = crypto.argon2id_key(b"Test-7.3", SALT, 65536, 8, 1)
    assert argon2id[:16].hex() == "6e2d3f8fee72ffbf8e750cf7cf0e0fa5"
    assert hashlib.sha256(argon2id).hexdigest() == (
        "1406da330adf912e344fa7e648edf7db09da3d57083a4b8c5df7d4b6b328bbbd"
    )
    scrypt = crypto.scrypt_key(b"Test-7.3", SALT, 131072, 8, 1)
    assert scrypt[:16].hex() == "e3571cc084d5defbdda3fac206fbb8c5"
    assert hashlib.sha256(scrypt).hexdigest() == (
        "3750b122cbe6fd9b9daf31f2e34916842bc25962df00b7e573d8a05f643600ce"
    )


@pytest.mark.parametrize(
    "cost", [(1, 1, 1), (8, 0, 1), (8, 1, 0), (2**40, 1, 1), (-1, 1, 1)]
)
def test_argon2id_refuses(cost: tuple[int, int, int]) -> None:
    """Parameters that the library refuses end as a failed trial, not as a crash."""
    with pytest.raises(crypto.DecryptionError, match="Argon2id refused"):
        crypto.argon2id_key(b"x", SALT, *cost)


@pytest.mark.parametrize("cost", [(3, 8, 1), (1, 8, 1), (2**30, 8, 1), (2, 2**31, 1)])
def test_scrypt_refuses(cost: tuple[int, int, int]) -> None:
    """Parameters that OpenSSL refuses end as a failed trial, not as a crash."""
    with pytest.raises(crypto.DecryptionError, match="scrypt refused"):
        crypto.scrypt_key(b"x", SALT, *cost)


def test_aes_key_and_iv() -> None:
    """The first vector of section 9.2."""
    aes_key, vector = crypto.aes_key_and_iv(bytes(range(16)), LOCAL_KEY)
    assert aes_key.hex() == (
        "2046980e8fa534929d7deb26a1a7ab10d8e4517f7fb6ea73555ad2531946e80a"
    )
    assert vector.hex() == (
        "f2f933f74cb802b2e4f17c0f68fedf6400581827e9a0378915c4fb847c1a7ab0"
    )


@pytest.mark.parametrize(("plain", "blob"), BLOBS)
def test_decrypt_local(plain: str, blob: str) -> None:
    """The blobs of section 9.2 open, with the whole key and with its used part."""
    for key in (LOCAL_KEY, LOCAL_KEY[:136]):
        assert crypto.decrypt_local(bytes.fromhex(blob), key).hex() == plain


@pytest.mark.parametrize("size", [0, 1, 11, 12, 13, 28, 29, 1000])
def test_decrypts_any_size(size: int) -> None:
    """Data of every relation to the block size comes back, without its padding."""
    data = bytes(number % 251 for number in range(size))
    blob = tdata.encrypt_local(data, LOCAL_KEY, lambda count: b"\xaa" * count)
    assert crypto.decrypt_local(blob, LOCAL_KEY) == data


@pytest.mark.parametrize("position", [8, 40, 72, 104, 135])
def test_wrong_key(position: int) -> None:
    """One wrong bit in the used part of the key fails the SHA-1 check."""
    key = bytearray(LOCAL_KEY)
    key[position] ^= 1
    with pytest.raises(crypto.DecryptionError, match="SHA-1"):
        crypto.decrypt_local(bytes.fromhex(BLOBS[1][1]), bytes(key))


@pytest.mark.parametrize("position", [7, 136, 255])
def test_unused_part_of_the_key(position: int) -> None:
    """The bytes that the scheme does not look at do not matter."""
    key = bytearray(LOCAL_KEY)
    key[position] ^= 1
    plain = crypto.decrypt_local(bytes.fromhex(BLOBS[1][1]), bytes(key))
    assert plain.hex() == BLOBS[1][0]


def test_damaged_blob_never_opens() -> None:
    """No damage of a blob yields data."""
    blob = tdata.encrypt_local(bytes(range(100)), LOCAL_KEY)
    damaged = [*helpers.every_truncation(blob), *helpers.mutations(blob, 300, "blob")]
    for data in damaged:
        with pytest.raises(crypto.DecryptionError):
            crypto.decrypt_local(data, LOCAL_KEY)


@pytest.mark.parametrize("length", [0, 3, 16, 33, 0x7FFFFFFF, 0xFFFFFFFF])
def test_length_field_out_of_bounds(length: int) -> None:
    """A length field that cannot be right is refused though the SHA-1 fits."""
    blob = tdata.encrypt_blocks(struct.pack("<I", length) + bytes(28), LOCAL_KEY)
    with pytest.raises(crypto.DecryptionError, match=f"length field says {length},"):
        crypto.decrypt_local(blob, LOCAL_KEY)


@pytest.mark.parametrize(("length", "size"), [(17, 13), (32, 28)])
def test_length_field_in_bounds(length: int, size: int) -> None:
    """The smallest and the largest length that two blocks allow are taken."""
    blob = tdata.encrypt_blocks(struct.pack("<I", length) + bytes(28), LOCAL_KEY)
    assert crypto.decrypt_local(blob, LOCAL_KEY) == bytes(size)


def test_decrypt_prefix() -> None:
    """A cut-off blob gives the plaintext of its whole blocks, and no more."""
    data = bytes(range(100))
    plain = struct.pack("<I", 104) + data
    blob = tdata.encrypt_local(data, LOCAL_KEY)
    for part in helpers.every_truncation(blob):
        blocks = max(0, len(part) - 16) // 16
        assert crypto.decrypt_prefix(part, LOCAL_KEY) == plain[: 16 * blocks]


def test_damage_spoils_only_what_follows() -> None:
    """In a damaged blob the blocks before the damage stay readable."""
    blob = bytearray(tdata.encrypt_local(bytes(range(100)), LOCAL_KEY))
    blob[16 + 48] ^= 1
    plain = crypto.decrypt_prefix(bytes(blob), LOCAL_KEY)
    true = struct.pack("<I", 104) + bytes(range(100))
    assert plain[:48] == true[:48]
    later = range(48, len(true) - 15, 16)
    assert all(plain[start : start + 16] != true[start : start + 16] for start in later)


def test_auth_key_identifier() -> None:
    """The vector of section 9.4: last 8 bytes of the SHA-1, little endian."""
    assert hashlib.sha1(AUTH_KEY).digest()[12:].hex() == "96d1b10e8f724a13"
    assert crypto.auth_key_identifier(AUTH_KEY) == "134a728f0eb1d196"
