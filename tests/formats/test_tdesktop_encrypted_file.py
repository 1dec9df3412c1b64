"""Tests of encrypted TDF$ files: whole, damaged and cut off (sections 2 and 3.1)."""

from __future__ import annotations

import struct

import pytest

from telegram_forensics.formats import tdesktop_encrypted_file as encrypted_file
from telegram_forensics.formats.errors import FormatError
from tests import helpers
from tests.builders import tdata

KEY = tdata.made_up_key("key")
OTHER = tdata.made_up_key("other")
PLAIN = bytes(range(200))
FILE = tdata.tdf([tdata.encrypt_local(PLAIN, KEY)], 4006005)
MAP = tdata.map_file(PLAIN, KEY, 4006005)


@pytest.mark.parametrize(
    ("data", "place"),
    [(FILE, encrypted_file.PLAIN_FILE), (MAP, encrypted_file.MODERN_MAP)],
)
def test_whole_file(data: bytes, place: tuple[int, int]) -> None:
    """A whole file opens with the key that fits, and says which one that was."""
    decrypted = encrypted_file.decrypt_file(data, [OTHER, KEY], place)
    assert (decrypted.data, decrypted.key_number) == (PLAIN, 1)
    assert (decrypted.version, decrypted.version_text) == (4006005, "4.6.5")
    assert not decrypted.is_damaged
    assert not decrypted.is_partial
    assert decrypted.problems == []


@pytest.mark.parametrize("length", [0, 1, 0x7FFFFFFF, 0xFFFFFFFF])
@pytest.mark.parametrize(
    ("data", "place", "position"),
    [(FILE, encrypted_file.PLAIN_FILE, 8), (MAP, encrypted_file.MODERN_MAP, 16)],
)
def test_damaged_length(
    data: bytes, place: tuple[int, int], position: int, length: int
) -> None:
    """A damaged length field costs nothing: the record is found at its offset."""
    damaged = data[:position] + struct.pack(">I", length) + data[position + 4 :]
    decrypted = encrypted_file.decrypt_file(damaged, [KEY], place)
    assert decrypted.data == PLAIN
    assert decrypted.is_damaged
    assert decrypted.problems


@pytest.mark.parametrize(
    ("data", "keys", "reason"),
    [
        (FILE, [], "no key to decrypt it with"),
        (FILE, [OTHER], "none of the keys of this folder decrypts it"),
        (FILE[:-40], [KEY], "damaged, cannot be decrypted: MD5"),
        (FILE[:9], [KEY], "damaged, cannot be decrypted: MD5"),
    ],
)
def test_reasons(data: bytes, keys: list[bytes], reason: str) -> None:
    """A missing key, a foreign key and damage are told apart."""
    with pytest.raises(FormatError, match=reason) as caught:
        encrypted_file.decrypt_file(data, keys)
    assert caught.value.offset == min(12, len(data))


def test_every_cut() -> None:
    """The beginning of a cut-off file comes out as far as whole blocks go."""
    for data in helpers.every_truncation(FILE):
        if len(data) < 8:
            continue
        partial = encrypted_file.decrypt_cut_off_file(data, KEY)
        blocks = (len(data) - 12 - 16) // 16
        if blocks < 1 or len(data) >= len(FILE) - 16:
            # Too little, or only the MD5 is cut off: the record itself is whole.
            assert partial is None
            continue
        assert partial is not None
        assert partial.data == PLAIN[: 16 * blocks - 4]
        assert partial.is_partial
        assert partial.is_damaged


def test_cut_off_file_with_another_key() -> None:
    """With the wrong key nothing comes out of a cut-off file."""
    assert encrypted_file.decrypt_cut_off_file(FILE[:150], OTHER) is None


@pytest.mark.parametrize("length", [0, 192, 209, 0xFFFFFFFF])
def test_cut_off_file_whose_length_does_not_fit(length: int) -> None:
    """The length field must agree with the announced size, else nothing is taken."""
    blob = tdata.encrypt_blocks(struct.pack("<I", length) + bytes(204), KEY)
    assert len(blob) == 16 + 208
    data = tdata.tdf([blob], 4006005)[:150]
    assert encrypted_file.decrypt_cut_off_file(data, KEY) is None


@pytest.mark.parametrize("length", [193, 208])
def test_cut_off_file_whose_length_fits(length: int) -> None:
    """The smallest and the largest length that fit are taken."""
    blob = tdata.encrypt_blocks(struct.pack("<I", length) + bytes(204), KEY)
    data = tdata.tdf([blob], 4006005)[:150]
    partial = encrypted_file.decrypt_cut_off_file(data, KEY)
    assert partial is not None
    assert partial.data == bytes(108)


def test_whole_file_is_not_cut_off() -> None:
    """A file that ends where it should is not read without its checks."""
    assert encrypted_file.decrypt_cut_off_file(FILE, KEY) is None
    assert encrypted_file.decrypt_cut_off_file(FILE + b"slack", KEY) is None
