"""Tests of the key files of Telegram for macOS and iOS, with known vectors."""

from __future__ import annotations

import pytest

from telegram_forensics.formats import apple_tempkey
from telegram_forensics.formats.errors import FormatError
from tests import helpers
from tests.builders import sqlcipher

DEFAULT = bytes.fromhex(
    "7c2fabd0f40318fd91f296b52c66cb9e9e9f8afaeffdd48b254ce4615a90132a"
    "9ae0d31c58258558555a381b94ab7a2099d6006eddc3bdc1d86180dd290fdd90"
)
PASSCODE_1234 = bytes.fromhex(
    "693fb84df9c7178163e9e297f2ca163039061170dc0c2ca500ea1d716589aba6"
    "9b513e9fcea883b90748ab7da550136eda7e35cc58c9fb4fe67ed3f0e5b06388"
)


@pytest.mark.parametrize(
    ("data", "password"), [(DEFAULT, b""), (PASSCODE_1234, b"1234")]
)
def test_vectors(data: bytes, password: bytes) -> None:
    """The files of the specification, with and without a passcode."""
    key = apple_tempkey.decrypt_tempkey(data, password)
    assert key is not None
    assert key.key == bytes(range(32))
    assert key.salt == bytes(range(0xA0, 0xB0))
    assert not key.is_passphrase
    assert apple_tempkey.decrypt_tempkey(data, b"wrong") is None
    assert sqlcipher.tempkey(password=password.decode()) == data


def test_key_is_not_shown() -> None:
    """No log shows the key by the way."""
    text = repr(apple_tempkey.decrypt_tempkey(DEFAULT, b""))
    assert text == "DatabaseKey(is_passphrase=False)"


def test_candidates() -> None:
    """The number of the winner comes out; one that is known is tried first."""
    passwords = [b"", b"0000", b"1234", "пароль".encode()]
    found = list(apple_tempkey.find_passwords(PASSCODE_1234, passwords))
    assert [number for _, number in found] == [2]
    again = list(apple_tempkey.find_passwords(PASSCODE_1234, passwords[2:], 7))
    assert [number for _, number in again] == [0]
    assert list(apple_tempkey.find_passwords(DEFAULT, passwords[1:])) == []
    tried: list[bytes] = []

    class Watched(list[bytes]):
        def __getitem__(self, index: int) -> bytes:  # type: ignore[override]
            tried.append(super().__getitem__(index))
            return super().__getitem__(index)

    found = apple_tempkey.find_passwords(PASSCODE_1234, Watched(passwords), 2)
    assert next(iter(found))[1] == 2
    assert tried == [b"1234"]


def test_clear_file() -> None:
    """48 bytes: key and salt."""
    key = apple_tempkey.read_tempkey(bytes(range(48)))
    assert (key.key, key.salt) == (bytes(range(32)), bytes(range(32, 48)))


def test_wrong_sizes() -> None:
    """Every truncation, and a byte too many, is told."""
    for data in (*helpers.every_truncation(DEFAULT), DEFAULT + b"x"):
        with pytest.raises(FormatError, match="a key file has 64 bytes"):
            apple_tempkey.decrypt_tempkey(data, b"")
    for size in (0, 47, 49, 64):
        with pytest.raises(FormatError, match="a key file has 48 bytes"):
            apple_tempkey.read_tempkey(bytes(size))


def test_every_flipped_bit_is_found() -> None:
    """Damage of key or salt never goes unnoticed."""
    for position in range(len(DEFAULT)):
        data = bytearray(DEFAULT)
        data[position] ^= 1
        assert apple_tempkey.decrypt_tempkey(bytes(data), b"") is None
