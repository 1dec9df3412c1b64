"""Passcodes: known answers of section 7, and the stores that they open."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest
from Crypto.Cipher import AES

from telegram_forensics.formats import telegram_web_indexed as indexed
from telegram_forensics.formats import telegram_web_passcode as passcode
from telegram_forensics.formats.browser_values import JsTypedArray
from telegram_forensics.formats.telegram_web_store import StoredValue
from telegram_forensics.formats.telegram_web_values import Source
from tests import browser_samples
from tests.formats.web_items import LOGIN, SECOND, identifier, key, record

CODE = b"2580"
IV = bytes(range(12))
SALT = bytes(range(16))
CANDIDATES = (b"", b"1", CODE)


def seal(secret: bytes, plain: bytes, additional: bytes = b"") -> bytes:
    """Encrypts as the clients do, apart from the library."""
    cipher = AES.new(secret, AES.MODE_GCM, nonce=IV)
    cipher.update(additional)
    data, tag = cipher.encrypt_and_digest(plain)
    return IV + data + tag


def typed(data: bytes) -> JsTypedArray:
    """A Uint8Array."""
    return JsTypedArray("Uint8Array", data, 0, len(data), 0)


def test_known_answer_of_a() -> None:
    """The older scheme."""
    secret = passcode.derive_a_key(CODE)
    assert secret.hex() == (
        "01b2a03eae44375d1284e33de6c1b7c5d0bbef413015aff28bfbebe50f1dc144"
    )
    data = bytes.fromhex(
        "000102030405060708090a0bcef87498deba56f2d6fe380337fdca4bd96dae3b6ce6321e81e2"
        "6a5b7947"
    )
    assert passcode.decrypt(secret, data) == b'{"mainDcId":2}'
    assert passcode.open_a(data, CANDIDATES) == (secret, 2)
    assert passcode.open_a(data, (b"", b"1")) is None


def test_known_answer_of_version_3() -> None:
    """A key that another one wraps."""
    meta = passcode.read_a3_meta(
        {
            "version": 3,
            "generation": "1-2-3-4",
            "kdfSalt": list(SALT),
            "kdfIterations": 600000,
            "wrappedDek": list(
                bytes.fromhex(
                    "000102030405060708090a0b0844aff83d5ff0f1c7a9d19b6d51397ec57301ca98"
                    "a3844493b9c4118a4080862676d4f574699aaf37b4c4b899c7a3ea"
                )
            ),
        }
    )
    assert meta is not None
    assert hashlib.pbkdf2_hmac("sha256", CODE, SALT, 600000, 32).hex() == (
        "e0e958c42460162a98cea32b6494b3b995202fa65b59f7c85272d5aee1219c2d"
    )
    assert meta.open([CODE]) == (bytes(range(32)), 0)
    vault = bytes.fromhex(
        "000102030405060708090a0b3c20b278e7dfe029af3c1e38f2d7f9c141c2b1ca15c6973148da"
    )
    name = "sessionsVault_1-2-3-4"
    assert meta.decrypt(bytes(range(32)), name, vault) == b'{"dc":"2"}'
    assert meta.decrypt(bytes(range(32)), "sessionsVault_1-2-3-5", vault) is None
    assert meta.derivation == "PBKDF2-HMAC-SHA-256, 600000 rounds"


def test_known_answer_of_k() -> None:
    """The key, and one object."""
    secret = passcode.derive_k(CODE, SALT)
    assert secret.hex() == (
        "ee741eb40ba9d5bda0c1ac8a0ec2ff859620e9fac8f36f4aae85639d0567476a"
    )
    data = bytes.fromhex(
        "000102030405060708090a0b33db311fdafd0b756f461a84f5f50ab2a8c1b131127bef6e"
    )
    assert passcode.decrypt(secret, data) == b'{"dc":2}'


@browser_samples.needs_samples
def test_passcode_of_the_sample() -> None:
    """What a browser computed for Web K."""
    truth = browser_samples.truth("chromium156_leveldb_webk_passcode")
    parts = {
        name: typed(bytes.fromhex(truth[name]))
        for name in ("verificationHash", "verificationSalt", "encryptionSalt")
    }
    found = passcode.read_k_passcode(parts)
    assert found is not None
    assert found.open(CANDIDATES) == (bytes.fromhex(truth["encryptionKey"]), 2)


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"version": None},
        {"kdfIterations": 0},
        {"kdfIterations": -5},
        {"kdfIterations": 10**12},
        {"kdfIterations": float("inf")},
        {"kdfIterations": float("nan")},
        {"kdfIterations": True},
        {"kdfIterations": "x"},
        {"generation": 5},
        {"kdfSalt": None},
        {"kdfSalt": [300]},
        {"kdfSalt": [0] * 2000},
        {"wrappedDek": "text"},
    ],
)
def test_meta_that_is_none(change: dict[str, Any]) -> None:
    """Values that no client writes, also ones that would take for ever."""
    value = {
        "version": 3,
        "generation": "1",
        "kdfSalt": [1],
        "kdfIterations": 1000,
        "wrappedDek": [2],
    }
    assert passcode.read_a3_meta(value) is not None
    assert passcode.read_a3_meta({**value, **change}) is None
    assert passcode.read_a3_meta([value]) is None


def test_passcode_record_that_is_none() -> None:
    """Missing parts, and none."""
    for value in (None, {}, [], {"verificationHash": b"x"}, 5):
        assert passcode.read_k_passcode(value) is None


def read(*values: StoredValue, codes: tuple[bytes, ...] = CANDIDATES) -> Any:
    """Reads records of IndexedDB."""
    reader = indexed.IndexedReader(codes)
    for value in values:
        reader.add(value)
    return reader.finish()


def a_stores() -> list[StoredValue]:
    """The stores of Web A's older scheme."""
    secret = passcode.derive_a_key(CODE)
    session = {"mainDcId": 4, "keys": {"2": key(2), "4": key(4)}, "isTest": False}
    state = {
        "currentUserId": "5211046831",
        "messages": {
            "byChatId": {
                "612345987": {
                    "byId": {
                        "71": {
                            "id": 71,
                            "date": LOGIN,
                            "isOutgoing": True,
                            "content": {"text": {"text": "заблокировано"}},
                        }
                    }
                }
            }
        },
    }
    return [
        record(
            "tt-passcode", "store", name, list(seal(secret, json.dumps(value).encode()))
        )
        for name, value in (("sessionEncrypted", session), ("globalEncrypted", state))
    ]


def test_stores_of_a() -> None:
    """Session and messages, with the user of the state."""
    found = read(*a_stores())
    (session,) = found.sessions
    assert (session.login.key, session.login.user) == (identifier(4), "5211046831")
    assert session.login.basis == "web_a_session+passcode"
    assert [(lock.state, lock.tried) for lock in found.locks] == [("set", 3)]
    (cache,) = found.caches
    assert [item.facts.text for item in cache.messages] == ["заблокировано"]
    assert found.unread == []


def test_stores_of_a_locked() -> None:
    """Without the passcode: locked, and nothing else."""
    found = read(*a_stores(), codes=(b"", b"1234"))
    assert (found.sessions, found.caches) == ([], [])
    assert [(lock.state, lock.tried) for lock in found.locks] == [("locked", 2)]
    assert found.locks[0].derivation == "SHA-256, no work factor"


def test_stores_of_a_with_another_passcode_among_them() -> None:
    """A former value of another passcode is reported, the rest is read."""
    other = record(
        "tt-passcode",
        "store",
        "sessionEncrypted",
        list(seal(passcode.derive_a_key(b"9999"), b'{"mainDcId":2}')),
        state="overwritten",
    )
    found = read(other, *a_stores())
    assert len(found.sessions) == 1
    assert [reason for _, reason in found.unread] == [
        "sessionEncrypted of store in tt-passcode: no key of a passcode that fits "
        "decrypts it"
    ]


def vaults() -> list[StoredValue]:
    """Web A's version 3, with few rounds."""
    generation, salt, rounds, dek = "9-8-7-6", bytes(16), 10, bytes(range(32))
    wrapping = hashlib.pbkdf2_hmac("sha256", CODE, salt, rounds, 32)
    meta = {
        "version": 3.0,
        "generation": generation,
        "kdfSalt": list(salt),
        "kdfIterations": float(rounds),
        "wrappedDek": list(seal(wrapping, dek, b"3:9-8-7-6:meta")),
        "isLocked": True,
    }
    items = {
        "account2": json.dumps(
            {
                "dcId": 2,
                "isTest": False,
                "userId": "5211046831",
                "dc2_auth_key": key(2),
            }
        ),
        "dc": "2",
    }
    state = {"currentUserId": "5211046831", "users": {"byId": {"5": {"id": "5"}}}}
    names = {
        f"sessionsVault_{generation}": items,
        f"globalsVault_{generation}_2": state,
    }
    found = [record("tt-passcode", "store", "meta", meta)]
    for name, value in names.items():
        sealed = seal(dek, json.dumps(value).encode(), f"3:9-8-7-6:{name}".encode())
        found.append(record("tt-passcode", "store", name, sealed))
    return found


def test_vaults() -> None:
    """Sessions and states of version 3."""
    found = read(*vaults())
    (session,) = found.sessions
    assert (session.login.key, session.login.slot) == (identifier(2), 2)
    assert session.login.basis == "web_a_account+passcode"
    assert [(lock.state, lock.tried) for lock in found.locks] == [("set", 3)]
    assert [user.slot for user in found.caches[0].users] == [2]
    locked = read(*vaults(), codes=(b"",))
    assert (locked.sessions, locked.caches) == ([], [])
    assert [lock.state for lock in locked.locks] == ["locked"]
    assert locked.locks[0].derivation == "PBKDF2-HMAC-SHA-256, 10 rounds"


def test_vault_of_another_name() -> None:
    """What is covered by the tag must fit: a renamed vault is reported."""
    meta, sessions, state = vaults()
    sessions.value = bytes(len(sessions.value))
    found = read(meta, sessions, state)
    assert found.sessions == []
    assert "no key of a passcode" in found.unread[0][1]


def test_versions_of_one_meta_are_tried_once() -> None:
    """Trials are expensive: one for each, named by the current record."""
    meta, *others = vaults()
    former = record("tt-passcode", "store", "meta", meta.value, state="overwritten")
    tried = []
    reader = indexed.IndexedReader(CANDIDATES, lambda: tried.append(1))
    for value in (former, meta, former, *others):
        reader.add(value)
    result = reader.finish()
    assert len(tried) == 3
    assert [lock.source.state for lock in result.locks] == ["current"]


def k_stores(secret: bytes) -> list[StoredValue]:
    """Web K's encrypted stores."""
    account = {
        "dcId": 2,
        "userId": 5211046831,
        "date": LOGIN,
        "dc2_auth_key": key(2),
    }
    items = {"account1": account, "dc": 2, "auth_key_fingerprint": key(2)[:8]}
    users = {
        "5211046831": {"_": "user", "pFlags": {"self": True}, "id": 5211046831},
        "5": {"_": "user", "pFlags": {}, "id": 5, "first_name": "Иван"},
    }
    return [
        record(
            database,
            f"{store}__encrypted",
            "data",
            typed(seal(secret, json.dumps(value).encode())),
        )
        for database, store, value in (
            ("tweb-common", "localStorage", items),
            ("tweb-account-1", "users", users),
        )
    ]


def k_passcode() -> StoredValue:
    """What Web K tests a passcode with."""
    return record(
        "tweb-common",
        "session",
        "passcode",
        {
            "verificationHash": typed(passcode.derive_k(CODE, bytes(16))),
            "verificationSalt": typed(bytes(16)),
            "encryptionSalt": typed(SALT),
        },
    )


def test_stores_of_k() -> None:
    """The accounts of localStorage, and the caches."""
    found = read(*k_stores(passcode.derive_k(CODE, SALT)), k_passcode())
    (session,) = found.sessions
    assert (session.login.key, session.created) == (identifier(2), LOGIN * SECOND)
    assert session.login.basis == "web_k_account+passcode"
    (cache,) = found.caches
    assert [(user.account, user.facts.name) for user in cache.users] == [
        ("5211046831", None),
        ("5211046831", "Иван"),
    ]
    assert [(lock.state, lock.tried) for lock in found.locks] == [("set", 3)]


def test_stores_of_k_locked() -> None:
    """Without the passcode."""
    stores = k_stores(passcode.derive_k(CODE, SALT))
    found = read(*stores, k_passcode(), codes=(b"1",))
    assert found.sessions == []
    assert [(lock.state, lock.tried) for lock in found.locks] == [("locked", 1)]
    # Without the record it cannot even be tried; that is said.
    found = read(*stores)
    assert found.locks == []
    assert "is missing" in found.unread[0][1]


def test_passcode_of_a_neighbour() -> None:
    """SQLite has a file for each database: it opens the stores, and is no lock here."""
    reader = indexed.IndexedReader(CANDIDATES)
    for value in k_stores(passcode.derive_k(CODE, SALT)):
        reader.add(value)
    reader.add_context(k_passcode())
    found = reader.finish()
    assert len(found.sessions) == 1
    assert found.locks == []


def test_session_of_the_first_builds() -> None:
    """JSON in the form of Node's buffers; the name has the login."""
    value = {
        "mainDcId": 2,
        "keys": {"2": {"type": "Buffer", "data": list(bytes.fromhex(key(2)))}},
        "hashes": {
            "2": {"type": "Buffer", "data": [0] * 20},
            "4": {
                "type": "Buffer",
                "data": list(hashlib.sha1(bytes.fromhex(key(4))).digest()),
            },
        },
    }
    name = "GramJs:GramJs-session-1717105629123"
    found = read(record("keyval-store", "keyval", name, json.dumps(value)))
    (session,) = found.sessions
    assert session.login.keys == {2: identifier(2), 4: identifier(4)}
    assert session.login.key == identifier(2)
    assert session.created == 1717105629123000
    found = read(record("keyval-store", "keyval", name, "no JSON"))
    assert found.unread[0][1].endswith("is no JSON")


def test_session_in_the_cache() -> None:
    """Still older builds kept it in CacheStorage."""
    source = Source("0123456789abcdef_0", 30)
    url = "https://web.telegram.org/z/GramJs-session-1617105629123"
    body = json.dumps({"mainDcId": 2, "keys": {"2": key(2)}}).encode()
    value = indexed.cached_value("GramJs", url, body, source)
    assert value is not None
    (session,) = read(value).sessions
    assert (session.login.key, session.created) == (identifier(2), 1617105629123000)
    data = seal(passcode.derive_a_key(CODE), body)
    url = "https://web.telegram.org/a/sessionEncrypted"
    value = indexed.cached_value("tt-passcode", url, data, source)
    assert value is not None
    (session,) = read(value).sessions
    assert session.login.key == identifier(2)
    assert indexed.cached_value("tt-media", url, body, source) is None
    assert indexed.cached_value("GramJs", url, body, source) is None


def test_stored_key_of_k() -> None:
    """The client puts the key itself aside: no passcode is needed."""
    secret = passcode.derive_k(CODE, SALT)
    reader = indexed.IndexedReader((b"",), keys=[bytes(32), secret])
    for value in (*k_stores(secret), k_passcode()):
        reader.add(value)
    found = reader.finish()
    (session,) = found.sessions
    assert (session.login.key, session.login.basis) == (
        identifier(2),
        "web_k_account+stored_key",
    )
    assert [(lock.state, lock.basis, lock.tried) for lock in found.locks] == [
        ("set", "web_stored_key", 1)
    ]
    assert found.unread == []
    # One that fits nothing is none.
    reader = indexed.IndexedReader((b"",), keys=[bytes(32)])
    for value in (*k_stores(secret), k_passcode()):
        reader.add(value)
    found = reader.finish()
    assert [(lock.state, lock.basis) for lock in found.locks] == [
        ("locked", "web_passcode")
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (base64.b64encode(bytes(32)).decode(), bytes(32)),
        (json.dumps(base64.b64encode(SALT * 2).decode()), SALT * 2),
        (base64.b64encode(SALT).decode(), None),
        ("not base64!", None),
        ("ж" * 44, None),
        ("A" * 5000, None),
        (None, None),
        (5, None),
    ],
)
def test_stored_key(text: Any, expected: bytes | None) -> None:
    """32 bytes in base64, as JSON or not."""
    assert passcode.read_stored_key(text) == expected
