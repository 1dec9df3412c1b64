"""Tests of the MTP authorization (sections 3.2 and 9.4)."""

from __future__ import annotations

import hashlib
import random
import struct

import pytest

from telegram_forensics.formats import tdesktop_authorization as authorizations
from telegram_forensics.formats import tdesktop_encrypted_file as encrypted_file
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.tdesktop_authorization import AuthKey, Authorization
from tests import helpers
from tests.builders import tdata

LOCAL_KEY = bytes((7 * number + 3) % 256 for number in range(256))
AUTH_KEY = bytes(255 - number for number in range(256))
AUTH_KEY_ID = "134a728f0eb1d196"
USER = 5123456789

KEYS = {number: tdata.made_up_key(f"key {number}") for number in (1, 2, 4, 10004)}
DESTROYED = {number: tdata.made_up_key(f"destroyed {number}") for number in (2, 5)}


def identifiers(keys: dict[int, bytes]) -> list[AuthKey]:
    """What the reader must make of keys, by an independent computation."""
    return [AuthKey(dc, tdata.session_identifier(key)) for dc, key in keys.items()]


def account(user_id: int = USER, wide: bool = True) -> tdata.BuiltAccount:
    """An account with four keys, two of them to be destroyed."""
    return tdata.BuiltAccount(0, user_id, 2, KEYS, DESTROYED, wide=wide)


TRUE = Authorization(USER, 2, identifiers(KEYS), identifiers(DESTROYED))
WIDE = tdata.authorization(account())
NARROW = tdata.authorization(account(123456789, wide=False))


def test_vector() -> None:
    """The wide form of section 9.4: user, main data center, session identifier."""
    plain = tdata.authorization(tdata.BuiltAccount(0, USER, 2, {2: AUTH_KEY}))
    assert hashlib.sha256(plain).hexdigest() == (
        "7ddaf8bc09149bb38c9d758c0ff93f67a7feb93e43f604c68c751537a76998d4"
    )
    read = authorizations.read_authorization(plain)
    assert read == Authorization(USER, 2, [AuthKey(2, AUTH_KEY_ID)])
    assert read.session_identifier == AUTH_KEY_ID


def test_vector_of_the_file() -> None:
    """The encrypted file of section 9.4 decrypts with the local key to the same."""
    plain = tdata.authorization(tdata.BuiltAccount(0, USER, 2, {2: AUTH_KEY}))
    data = tdata.tdf([tdata.encrypt_local(plain, LOCAL_KEY)], 6001002)
    assert hashlib.sha256(data).hexdigest() == (
        "55d45de83ef5107e9f3264c32b4620e9a3a0a0cbd32405179b8be03725be9b90"
    )
    decrypted = encrypted_file.decrypt_file(data, [bytes(256), LOCAL_KEY])
    assert (decrypted.data, decrypted.key_number) == (plain, 1)
    assert (decrypted.is_damaged, decrypted.version_text) == (False, "6.1.2")


def test_vector_of_the_old_form() -> None:
    """The old form of section 9.4: user 123456789."""
    owner = tdata.BuiltAccount(0, 123456789, 2, {2: AUTH_KEY}, wide=False)
    plain = tdata.authorization(owner)
    assert hashlib.sha256(plain).hexdigest() == (
        "a887dafc3e1e7a71c2017a3572fbce47e277f2a08a80d8845b2fa6f6b75f2504"
    )
    read = authorizations.read_authorization(plain)
    assert read == Authorization(123456789, 2, [AuthKey(2, AUTH_KEY_ID)])


@pytest.mark.parametrize(("wide", "user_id"), [(True, USER), (False, 123456789)])
def test_keys_and_keys_to_destroy(wide: bool, user_id: int) -> None:
    """Every key comes out with its data center, those to destroy apart from them."""
    plain = tdata.authorization(account(user_id, wide))
    read = authorizations.read_authorization(plain)
    expected = Authorization(user_id, 2, identifiers(KEYS), identifiers(DESTROYED))
    assert read == expected
    assert read.is_complete
    assert read.session_identifier == tdata.session_identifier(KEYS[2])
    assert read.key_identifiers == [
        *(tdata.session_identifier(key) for key in KEYS.values()),
        *(f"destroy:{tdata.session_identifier(key)}" for key in DESTROYED.values()),
    ]


@pytest.mark.parametrize("user_id", [1, 2**31 - 1, 2**32 - 1])
def test_user_ids_of_the_old_form(user_id: int) -> None:
    """The old form holds ids of 32 bits, and none of them comes out negative."""
    head = struct.pack(">II", user_id, 4) + struct.pack(">ii", 0, 0)
    read = authorizations.read_authorization(tdata.u32(0x4B) + tdata.byte_array(head))
    assert (read.user_id, read.main_data_center) == (user_id, 4)


@pytest.mark.parametrize("wide", [True, False])
def test_nobody_logged_in(wide: bool) -> None:
    """User id 0 means no session; the keys that remain are still listed."""
    read = authorizations.read_authorization(tdata.authorization(account(0, wide)))
    assert read.user_id is None
    assert read.keys == identifiers(KEYS)
    assert read.keys_to_destroy == identifiers(DESTROYED)


def test_main_data_center_without_a_key() -> None:
    """Without a key of the main data center there is no session identifier."""
    owner = tdata.BuiltAccount(0, USER, 3, KEYS)
    read = authorizations.read_authorization(tdata.authorization(owner))
    assert (read.main_data_center, read.session_identifier) == (3, None)


def test_oldest_blocks() -> None:
    """The blocks of 0.7.19 to 1.0.14, in either order."""
    owner = account(123456789)
    plain = tdata.authorization_old_blocks(owner)
    expected = Authorization(123456789, 2, identifiers(KEYS))
    assert authorizations.read_authorization(plain) == expected
    turned = plain[12:] + plain[:12]
    assert authorizations.read_authorization(turned) == expected
    assert expected.session_identifier == tdata.session_identifier(KEYS[2])


def test_oldest_blocks_of_nobody() -> None:
    """In the oldest form, too, user id 0 means nobody."""
    plain = tdata.authorization_old_blocks(account(0))
    assert authorizations.read_authorization(plain).user_id is None
    only_keys = authorizations.read_authorization(plain[12:])
    assert (only_keys.user_id, only_keys.main_data_center) == (None, None)
    assert (only_keys.keys, only_keys.session_identifier) == (identifiers(KEYS), None)


def test_oldest_blocks_at_every_truncation() -> None:
    """Cut-off blocks give what is whole, and the place of the cut."""
    plain = tdata.authorization_old_blocks(account(123456789))
    for part in helpers.every_truncation(plain):
        if len(part) < 4:
            with pytest.raises(FormatError):
                authorizations.read_authorization(part)
            continue
        read = authorizations.read_authorization(part)
        assert read.user_id in (None, 123456789)
        whole = max(0, len(part) - 12) // 264
        assert read.keys == identifiers(KEYS)[:whole]
        assert read.is_complete == (len(part) in (12, 276, 540, 804))
        assert bool(read.problems) != read.is_complete
        assert all(0 <= offset <= len(part) for offset, _ in read.problems)


def test_oldest_blocks_with_an_unknown_one() -> None:
    """An unknown block ends the reading, what stands before it is kept."""
    plain = tdata.authorization_old_blocks(account(123456789)) + tdata.u32(0x77)
    read = authorizations.read_authorization(plain)
    assert read.keys == identifiers(KEYS)
    assert read.problems == [(len(plain) - 4, "unknown block 0x77")]
    assert not read.is_complete


@pytest.mark.parametrize("block", [0x02, 0x4A, 0x4C, 666, 0xFFFFFFFF])
def test_other_blocks(block: int) -> None:
    """Data that begins with another block is no authorization."""
    with pytest.raises(FormatError, match=f"block 0x{block:x} is not") as caught:
        authorizations.read_authorization(tdata.u32(block) + WIDE[4:])
    assert caught.value.offset == 0


@pytest.mark.parametrize("plain", [WIDE, NARROW], ids=["wide", "narrow"])
def test_block_at_every_truncation(plain: bytes) -> None:
    """A block that ends early gives the true beginning and an offset inside it."""
    body = plain[8:]
    for part in helpers.every_truncation(body):
        data = tdata.u32(0x4B) + tdata.byte_array(part)
        try:
            read = authorizations.read_authorization(data)
        except FormatError as exception:
            assert len(part) < 20
            assert 8 <= exception.offset <= len(data)
            continue
        assert read.user_id in (USER, 123456789)
        assert read.main_data_center == 2
        assert read.keys in ([], TRUE.keys)
        assert read.keys_to_destroy == []
        assert not read.is_complete
        ((offset, _),) = read.problems
        assert 8 <= offset <= len(data)


@pytest.mark.parametrize("count", [-1, 7, 2**31 - 1])
def test_impossible_number_of_keys(count: int) -> None:
    """A number of keys that cannot be right is reported, the account is kept."""
    data = WIDE[:28] + struct.pack(">i", count) + WIDE[32:]
    read = authorizations.read_authorization(data)
    assert (read.user_id, read.main_data_center, read.keys) == (USER, 2, [])
    assert not read.is_complete
    assert read.problems[0][0] == 28
    assert f"{count} keys announced" in read.problems[0][1]


def test_bytes_left_over() -> None:
    """Bytes inside the block, or behind it, that nothing reads are reported."""
    inside = tdata.u32(0x4B) + tdata.byte_array(WIDE[8:] + b"abc")
    read = authorizations.read_authorization(inside)
    assert read.problems == [(len(WIDE), "3 bytes left over")]
    behind = authorizations.read_authorization(WIDE + b"abcd")
    assert behind.problems == [(len(WIDE), "4 bytes behind the block")]
    assert behind.keys == TRUE.keys


@pytest.mark.parametrize(
    ("plain", "user_id"), [(WIDE, USER), (NARROW, 123456789)], ids=["wide", "narrow"]
)
def test_prefix_at_every_truncation(plain: bytes, user_id: int) -> None:
    """Of a cut-off file, all that comes out is true, and ever more with its size."""
    best = 0
    for size in range(len(plain) + 1):
        read = authorizations.read_authorization_prefix(plain[:size])
        if read is None:
            assert best == 0
            continue
        assert (read.user_id, read.main_data_center) == (user_id, 2)
        assert read.keys == TRUE.keys[: len(read.keys)]
        assert (read.keys_to_destroy, read.is_complete) == ([], False)
        assert len(read.keys) >= best - 1
        best = max(best, len(read.keys) + 1)
    assert best == len(KEYS) + 1


@pytest.mark.parametrize("plain", [WIDE, NARROW], ids=["wide", "narrow"])
def test_prefix_with_noise_behind(plain: bytes) -> None:
    """Noise behind the intact blocks never becomes an id or a key."""
    generator = random.Random("noise")
    found = 0
    # Blocks of the cipher begin at 12 of these bytes: the length field comes first.
    for size in range(12, len(plain), 16):
        for _ in range(20):
            noise = generator.randbytes(16 * generator.randrange(1, 40))
            read = authorizations.read_authorization_prefix(plain[:size] + noise)
            if read is None:
                continue
            found += 1
            assert read.user_id in (USER, 123456789)
            assert read.main_data_center == 2
            assert read.keys == TRUE.keys[: len(read.keys)]
    assert found > 500


@pytest.mark.parametrize(
    "start",
    [
        tdata.u32(0x4C) + tdata.u32(1000),
        tdata.u32(0x4B) + tdata.u32(1000) + b"\xff" * 8 + tdata.u64(0),
        tdata.u32(0x4B) + tdata.u32(1000) + b"\xff" * 8 + tdata.u64(2**56),
        tdata.u32(0x4B) + tdata.u32(1000) + b"\xff" * 8 + tdata.u64(7) + b"\xff" * 4,
        tdata.u32(0x4B) + tdata.u32(1000) + b"\xff" * 8 + tdata.u64(7) + b"\x7f" * 8,
        tdata.u32(0x4B) + tdata.u32(1000) + tdata.u64(0),
    ],
)
def test_prefix_that_makes_no_sense(start: bytes) -> None:
    """Without a plausible account nothing at all is taken from a cut-off file."""
    assert authorizations.read_authorization_prefix(start + bytes(300)) is None


def test_prefix_of_the_oldest_blocks() -> None:
    """The oldest form has no structure that could vouch for a cut-off file."""
    plain = tdata.authorization_old_blocks(account(123456789))
    assert authorizations.read_authorization_prefix(plain[:500]) is None


def test_mutations() -> None:
    """Any bytes are read or refused, with an offset inside the data."""
    refused = 0
    for data in helpers.mutations(WIDE, 1500, "authorization"):
        try:
            read = authorizations.read_authorization(data)
        except FormatError as exception:
            refused += 1
            assert 0 <= exception.offset <= len(data)
        else:
            assert all(0 <= offset <= len(data) for offset, _ in read.problems)
            assert len(read.keys) * 256 <= len(data)
    assert refused > 100


def test_repr_keeps_the_keys_out() -> None:
    """Only identifiers of keys are kept."""
    text = repr(authorizations.read_authorization(WIDE))
    for key in (*KEYS.values(), *DESTROYED.values()):
        assert key.hex()[:32] not in text
        assert repr(key[:8])[2:-1] not in text
        assert tdata.session_identifier(key) in text
