"""Tests of the SQLCipher page cipher with the vectors of the specifications."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from Crypto.Cipher import AES

from telegram_forensics.formats import sqlcipher_keys
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.sqlcipher_keys import (
    PROFILES,
    DatabaseKey,
    derive_keys,
    parse_key,
)
from telegram_forensics.formats.sqlcipher_pages import PageCipher
from tests.builders import sqlcipher

VERSION_4, VERSION_3 = PROFILES
APPLE_HMAC_KEY = "2149f3021c6f00413b52aae547ffc18eb796bf7ed7c6d85908fae4e701d054c5"
# TDLib: salt, key, HMAC key, IV of page 1, ciphertext from 16 on, and what it decrypts
# to.
TDLIB = {
    VERSION_4: (
        "249e3192c0d6d3f28b2a5c7a47de7045",
        "3d6d3187f164c66b13ae4bdaf63ec501719ab8255a3f05aa97ba4293c6dc7e32",
        "baab3cfcce05f42a0bc528726cd1cf5a87e5426f954840c5ba9cc4e7987aa075",
        "3a212ff7797a7ac4ce94a255081e54ea",
        "d03c9b03939f8bd44b3c30d688d3679a893e48161903f6cee14585abc0a1673e",
        "1000020250402020ce7d589b0000004700000000000000000000003c00000004",
    ),
    VERSION_3: (
        "8088e116697f890cff1c9dbe729c2af6",
        "82e61ba3890e2289f4b6091aea865202096d645857ba236b5b0001d9684ee963",
        "f9463a5d5e9b37c6a900071929bb82e2086a99cc796897070f5b8d38a6a30fd6",
        "353012da469cb9f04598ddee44aa27b9",
        "cb96932eb0971ae6c4911fa112b94e597978080578265fc30b39f15663d7fba7",
        "0400020230402020d0fc54a40000004a00000000000000000000003600000004",
    ),
}


def test_profiles() -> None:
    """Page sizes and reserved bytes are those of the specification."""
    assert (VERSION_4.page_size, VERSION_4.reserved) == (4096, 80)
    assert (VERSION_3.page_size, VERSION_3.reserved) == (1024, 48)


@pytest.mark.parametrize("profile", PROFILES, ids=str)
def test_keys_of_tdlib(profile: sqlcipher_keys.Profile) -> None:
    """The HMAC key of databases that TDLib wrote."""
    salt, key, hmac_key, *_ = map(bytes.fromhex, TDLIB[profile])
    keys = derive_keys(DatabaseKey(key), salt, profile)
    assert keys.page_key == key
    assert keys.hmac_key == hmac_key


@pytest.mark.parametrize("profile", PROFILES, ids=str)
def test_first_bytes_of_tdlib(profile: sqlcipher_keys.Profile) -> None:
    """The first bytes of databases that TDLib wrote, in a page of their own."""
    salt, key, _, iv, ciphertext, plain = map(bytes.fromhex, TDLIB[profile])
    parameters = sqlcipher.Parameters(
        key, salt, profile.page_size, profile.hash_name, 0
    )
    rest = bytes(profile.page_size - profile.reserved - 48)
    page = b"SQLite format 3\0" + plain + rest
    page += bytes(profile.reserved)
    encrypted = sqlcipher.encrypt_page(page, 1, parameters, iv)
    assert encrypted[:48] == salt + ciphertext
    cipher = PageCipher(profile, derive_keys(DatabaseKey(key), salt, profile))
    decrypted, bad = cipher.decrypt([1], encrypted)
    assert bad == []
    assert decrypted[:-80] == page[:-80]
    assert decrypted[-profile.reserved :] == encrypted[-profile.reserved :]


def test_page_of_apple() -> None:
    """Page 2 with 4016 bytes of 'A'."""
    parameters = sqlcipher.APPLE
    keys = derive_keys(DatabaseKey(sqlcipher.KEY), sqlcipher.SALT, VERSION_4)
    assert keys.hmac_key.hex() == APPLE_HMAC_KEY
    plain = b"A" * 4016
    iv = bytes(range(16))
    page = sqlcipher.encrypt_page(plain + bytes(80), 2, parameters, iv)
    assert page[:16].hex() == "cfc6db137e91a49b51b31bce1a7b0f0f"
    assert page[4000:4016].hex() == "ea7f8157c2b70ebc48c52d7898e5c7f4"
    assert page[4016:4032] == iv
    assert page[4032:].hex() == (
        "35f2f4e5c6e069435386ae3fcf113960b5f7c71bac3100f01068af7bb766a81e"
        "6d56e5a629ed80b0b786d044384ef5aa42126ccf5bb7900456dbd73279d4b3de"
    )
    assert hashlib.sha256(page).hexdigest() == (
        "fcccc9774ad88363e14b2f4be2862c9b71965b3fd3cdd008ea43da22c9602d80"
    )
    cipher = PageCipher(VERSION_4, keys, 32)
    assert cipher.verify(2, page)
    assert not cipher.verify(3, page)
    assert cipher.decrypt([2], page) == (plain + page[4016:], [])
    # Which page it is does not change the decryption, but the HMAC.
    assert cipher.decrypt([3], page) == (bytes(4096), [0])


def test_clear_header_of_apple() -> None:
    """The first 24 bytes of an encrypted file stand in clear and stay."""
    head = bytes.fromhex("53514c69746520666f726d61742033001000020250402020")
    page = head + bytes(range(8)) + b"B" * (4096 - 32 - 80) + bytes(80)
    encrypted = sqlcipher.encrypt_page(page, 1, sqlcipher.APPLE)
    assert encrypted[:24] == head
    keys = derive_keys(DatabaseKey(sqlcipher.KEY), sqlcipher.SALT, VERSION_4)
    decrypted, bad = PageCipher(VERSION_4, keys, 32).decrypt([1], encrypted)
    assert bad == []
    assert decrypted[:4016] == page[:4016]


def test_passphrase() -> None:
    """A passphrase is stretched with the iterations of the version."""
    for profile, iterations in zip(PROFILES, (256_000, 64_000), strict=True):
        keys = derive_keys(parse_key("pass word"), sqlcipher.SALT, profile)
        assert keys.page_key == hashlib.pbkdf2_hmac(
            profile.hash_name, b"pass word", sqlcipher.SALT, iterations, 32
        )
        assert keys.hmac_key != keys.page_key


def test_many_pages_are_those_of_cbc() -> None:
    """Decryption in one call gives what CBC page by page gives."""
    parameters = sqlcipher.VERSION_3
    profile = VERSION_3
    plain = b"".join(bytes([number]) * 1024 for number in range(20))
    encrypted = sqlcipher.encrypt_database(plain, parameters)
    keys = derive_keys(DatabaseKey(sqlcipher.KEY), sqlcipher.SALT, profile)
    decrypted, bad = PageCipher(profile, keys).decrypt(range(1, 21), encrypted)
    assert bad == []
    for number in range(20):
        page = encrypted[number * 1024 : (number + 1) * 1024]
        body = page[16:976] if number == 0 else page[:976]
        expected = AES.new(sqlcipher.KEY, AES.MODE_CBC, page[976:992]).decrypt(body)
        if number == 0:
            expected = b"SQLite format 3\0" + expected
        assert decrypted[number * 1024 : number * 1024 + 1024] == expected + page[976:]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"x'{'ab' * 32}'", DatabaseKey(b"\xab" * 32)),
        (f"X'{'AB' * 48}'", DatabaseKey(b"\xab" * 32, b"\xab" * 16)),
        (f"x'{'ab' * 31}'", DatabaseKey(b"x'" + b"ab" * 31 + b"'", None, True)),
        (f"x'{'ab ' * 32}'", DatabaseKey(b"x'" + b"ab " * 32 + b"'", None, True)),
        ("x'zz'", DatabaseKey(b"x'zz'", None, True)),
        ("", DatabaseKey(b"", None, True)),
        ("пароль", DatabaseKey("пароль".encode(), None, True)),
    ],
)
def test_parse_key(text: str, expected: DatabaseKey) -> None:
    """Raw keys are told from passphrases like the library does."""
    assert parse_key(text) == expected


def test_wrong_sizes_of_keys() -> None:
    """A raw key that is none is refused."""
    for key, salt in ((bytes(31), None), (bytes(33), None), (bytes(32), bytes(15))):
        with pytest.raises(FormatError):
            DatabaseKey(key, salt)


def test_secrets_are_not_shown() -> None:
    """No log shows keys by the way."""
    key = DatabaseKey(b"\x41" * 32, b"\x42" * 16)
    keys = derive_keys(key, sqlcipher.SALT, VERSION_4)
    shown = f"{key!r} {keys!r} {PageCipher(VERSION_4, keys)!r}"
    assert "AAAA" not in shown
    assert "BBBB" not in shown
    assert "key=" not in shown


def test_pages_are_told_apart() -> None:
    """Zeros were never written; damage and cut-off pages are named by position."""
    keys = derive_keys(DatabaseKey(sqlcipher.KEY), sqlcipher.SALT, VERSION_4)
    cipher = PageCipher(VERSION_4, keys)
    page = sqlcipher.encrypt_page(b"C" * 4096, 9, sqlcipher.VERSION_4)
    damaged = page[:-1] + bytes([page[-1] ^ 1])
    data = bytes(4096) + page + damaged + page[:100]
    plain, bad = cipher.decrypt([8, 9, 9, 9], data)
    assert bad == [2, 3]
    assert plain == bytes(4096) + b"C" * 4016 + page[4016:] + bytes(4196)
    assert cipher.decrypt([], b"") == (b"", [])
    assert cipher.decrypt([5], b"\0") == (b"\0", [0])
    for number in (0, -1, 1 << 32):
        assert not cipher.verify(number, page)


def test_random_bytes_do_not_count() -> None:
    """Version 3 fills pages up with bytes that nothing covers."""
    profile = replace(VERSION_3, page_size=4096)
    keys = derive_keys(DatabaseKey(sqlcipher.KEY), sqlcipher.SALT, profile)
    parameters = sqlcipher.VERSION_3._replace(page_size=4096)
    page = sqlcipher.encrypt_page(b"D" * 4096, 2, parameters)
    assert page.endswith(b"r" * 12)
    cipher = PageCipher(profile, keys)
    assert cipher.verify(2, page[:-12] + b"other bytes!")
    assert not cipher.verify(2, page[:-13] + b"other bytes!!")
