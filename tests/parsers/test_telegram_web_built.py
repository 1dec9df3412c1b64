"""Profiles that were made for a trap each, through plaso's worker."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from telegram_forensics.formats import telegram_web_passcode as passcode
from tests.builders import browser_profile as profile
from tests.builders import leveldb
from tests.builders.browser_profile import Commit
from tests.formats.test_telegram_web_passcode import CODE, seal
from tests.formats.web_items import LOGIN, SECOND, identifier, key
from tests.parsers import support, web_support

LOCAL = "Local Storage/leveldb"
INDEXED = "IndexedDB/https_web.telegram.org_0.indexeddb.leveldb"
CHROME = "home/olga/.config/google-chrome/Profile 1"
USER, OTHER = 5211046831, 7301998420
ORDERS = (profile.META_FIRST, profile.META_ACCESS_FIRST, profile.META_LAST)


def moment(number: int) -> int:
    """Time of a commit."""
    return (LOGIN + 1000 * number) * SECOND


def words(number: int) -> str:
    """Time of a commit in words."""
    minutes, seconds = divmod(14 * 60 + 27 + 1000 * number, 60)
    hours, minutes = divmod(minutes, 60)
    return f"2024-02-11T{8 + hours:02d}:{minutes:02d}:{seconds:02d}+00:00"


def write(folder: Path, files: dict[str, bytes]) -> Path:
    """Writes files below a folder."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def local(folder: Path, files: dict[str, bytes], path: str = CHROME) -> Path:
    """Writes the localStorage of a profile."""
    return write(
        folder, {f"{path}/{LOCAL}/{name}": data for name, data in files.items()}
    )


def a_account(name: Any, user: int = USER) -> str:
    """Web A's record of a slot."""
    return json.dumps(
        {"dcId": 2, "isTest": False, "dc2_auth_key": key(name), "userId": str(user)}
    )


def times(item: Any) -> tuple[str | None, str | None, str | None]:
    """Created, first seen, ended."""
    return (
        web_support.text(item.created_time),
        web_support.text(item.first_seen_time),
        web_support.text(item.ended_time),
    )


def by_key(found: support.Extraction) -> dict[str, Any]:
    """Sessions by identifier."""
    return {item.session_identifier: item for item in found.sessions}


TWO_LOGINS = [
    Commit(moment(1), {"account1": a_account(1), "theme": "x"}),
    Commit(moment(2), {"kz_version": "Z"}, ["account1"]),
    Commit(moment(3), {"account1": a_account(2)}),
    Commit(moment(4), {"theme": "y"}),
]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("is_table", [False, True], ids=["log", "table"])
def test_times_by_version(tmp_path: Path, order: str, is_table: bool) -> None:
    """META first or last: each login has the time of its own commit."""
    local(tmp_path, profile.local_storage(TWO_LOGINS, order, is_table=is_table))
    found = web_support.extract(tmp_path)
    assert found.warnings == []
    sessions = by_key(found)
    first, second = sessions[identifier(1)], sessions[identifier(2)]
    assert times(first)[0] == words(1)
    assert times(second) == (words(3), None, None)
    # A delete directly before a META that stands first may belong to either.
    if order == profile.META_LAST or not is_table:
        assert times(first) == (words(1), None, words(2))
    assert (first.browser_name, first.browser_profile) == (
        "Chrome",
        str(tmp_path / CHROME),
    )
    assert (first.record_state, second.record_state) == ("removed", "current")


@pytest.mark.parametrize("is_table", [False, True], ids=["log", "table"])
def test_history_with_a_gap(tmp_path: Path, is_table: bool) -> None:
    """What was before is not known: the first commit is not called the login."""
    files = profile.local_storage(TWO_LOGINS, is_table=is_table, skip=3)
    local(tmp_path, files)
    (session,) = web_support.extract(tmp_path).sessions
    assert times(session) == (None, words(3), None)
    assert session.created_basis is None


def test_record_between_two_commits(tmp_path: Path) -> None:
    """Of a merged table: bounds instead of a time."""
    records = [
        (first + place, *entry)
        for first, entries in profile.batches(TWO_LOGINS)
        for place, entry in enumerate(entries)
    ]
    # The commit of the second login lost its META and METAACCESS in a merge.
    account = next(
        place
        for place, item in enumerate(records)
        if b"account1" in item[2] and key(2).encode() in item[3]
    )
    del records[account + 1 : account + 3]
    local(tmp_path, {"000003.ldb": leveldb.write_table(records)})
    session = by_key(web_support.extract(tmp_path))[identifier(2)]
    assert times(session) == (None, None, None)
    assert session.record_bounds == f"{words(2)} to {words(4)}"


def test_other_origins_give_nothing(tmp_path: Path) -> None:
    """Also not the damage in their records."""
    files = profile.local_storage(TWO_LOGINS, origin="https://example.com")
    data = bytearray(files["000003.log"])
    data[-9] ^= 0xFF
    local(tmp_path, {"000003.log": bytes(data)})
    found = web_support.extract(tmp_path)
    assert (found.event_data, found.warnings) == ([], [])


def test_partitioned_origin(tmp_path: Path) -> None:
    """A page of Telegram inside another one has a storage of its own."""
    origin = "https://web.telegram.org/^0https://embedder.example"
    local(tmp_path, profile.local_storage(TWO_LOGINS, origin=origin))
    found = web_support.extract(tmp_path)
    assert {item.web_origin for item in found.sessions} == {origin}


def test_two_profiles_and_two_browsers(tmp_path: Path) -> None:
    """Each folder is read once, for itself."""
    for number, path in enumerate(
        (CHROME, "home/olga/.config/google-chrome/Default", "home/olga/.config/opera")
    ):
        commits = [Commit(moment(1), {"account1": a_account(f"p{number}")})]
        local(tmp_path, profile.local_storage(commits), path)
    found = web_support.extract(tmp_path)
    assert {
        item.session_identifier: (item.browser_name, Path(item.browser_profile).name)
        for item in found.sessions
    } == {
        identifier("p0"): ("Chrome", "Profile 1"),
        identifier("p1"): ("Chrome", "Default"),
        identifier("p2"): ("Opera", "opera"),
    }


def test_empty_log_stands_first(tmp_path: Path) -> None:
    """A start of the browser leaves an empty log; the folder is still read."""
    table = profile.local_storage(TWO_LOGINS, is_table=True)["000003.ldb"]
    local(tmp_path, {"000004.log": b"", "000005.ldb": table, "x.log": b"text"})
    assert len(web_support.extract(tmp_path).sessions) == 2


def test_packaged_app(tmp_path: Path) -> None:
    """Webogram as a packaged app keeps its items as an extension does."""
    login = {
        "dc": b"2",
        "user_auth": json.dumps({"dcID": 2, "id": USER}).encode(),
        "dc2_auth_key": json.dumps(key(2)).encode(),
    }
    payloads = [
        leveldb.write_batch(
            1, [(1, name.encode(), value) for name, value in login.items()]
        ),
        leveldb.write_batch(4, [(0, b"user_auth", b""), (0, b"dc", b"")]),
    ]
    name = "Local Extension Settings/clhhggbfdinjmjhajaheehoeibfljjno/000003.log"
    write(tmp_path, {f"{CHROME}/{name}": leveldb.write_log(payloads)})
    other = leveldb.write_log([leveldb.write_batch(1, [(1, b"theme", b'"dark"')])])
    write(
        tmp_path,
        {f"{CHROME}/Local Extension Settings/aaaabbbb/000003.log": other},
    )
    found = web_support.extract(tmp_path)
    (session,) = found.sessions
    assert (session.session_identifier, session.account_identifier) == (
        identifier(2),
        str(USER),
    )
    assert session.web_origin == "chrome-extension://clhhggbfdinjmjhajaheehoeibfljjno"
    assert session.record_state == "removed"
    # There are no times at all in such a store.
    assert times(session) == (None, None, None)
    assert {item.web_origin for item in found.event_data} == {session.web_origin}


def owner(user: int) -> dict[str, Any]:
    """The account's own user."""
    return {"_": "user", "pFlags": {"self": True}, "id": user, "first_name": "x"}


def dialog(text: str, number: int) -> dict[str, Any]:
    """A dialog with its last message."""
    return {
        "peerId": 612345987,
        "topMessage": {
            "_": "message",
            "pFlags": {},
            "id": number,
            "date": LOGIN,
            "message": text,
            "peer_id": {"_": "peerUser", "user_id": 612345987},
        },
    }


def k_database() -> profile.IndexedDb:
    """`tweb-account-1` of an account."""
    database = profile.IndexedDb()
    database.database(1, "tweb-account-1", {2: "users", 3: "dialogs"})
    return database


def test_freed_database(tmp_path: Path) -> None:
    """After a log-out the database holds the data of the next account."""
    database = k_database()
    database.put(1, 2, str(USER), owner(USER))
    database.put(1, 3, "612345987", dialog("hers", 5))
    database.delete(1, 2, str(USER))
    database.delete(1, 3, "612345987")
    database.put(1, 3, "612345987", dialog("his", 6))
    database.put(1, 2, str(OTHER), owner(OTHER))
    database.put(1, 3, "612345987", dialog("his, later", 7))
    write(
        tmp_path,
        {f"{CHROME}/{INDEXED}/{n}": d for n, d in database.files().items()},
    )
    found = web_support.extract(tmp_path)
    assert found.warnings == []
    assert {
        item.text: (item.account_identifier, item.record_state)
        for item in found.of_type("telegram:message")
    } == {
        "hers": (str(USER), "removed"),
        "his": (str(OTHER), "overwritten"),
        "his, later": (str(OTHER), None),
    }


def test_undo_task(tmp_path: Path) -> None:
    """A former value whose own record is gone is in the undo task of its change."""
    database = k_database()
    database.put(1, 2, str(USER), owner(USER))
    database.put(1, 3, "612345987", dialog("lost", 5))
    put = profile.protobuf(1, database.key(1, 3, "612345987")) + profile.protobuf(
        2, b"\x01" + profile.v8(dialog("lost", 5))
    )
    undo = bytes([0, 0, 0, 0, 50, 2, 0]) + bytes(8)
    database.batch(
        (1, undo, profile.protobuf(1, put)),
        (
            1,
            database.key(1, 3, "612345987"),
            b"\x01" + profile.v8(dialog("new", 6)),
        ),
        (0, undo, b""),
    )
    # All there: the copy says nothing new.
    whole = database.files()["000003.log"]
    write(tmp_path / "a", {f"{CHROME}/{INDEXED}/000003.log": whole})
    messages = web_support.extract(tmp_path / "a").of_type("telegram:message")
    assert sorted(item.text for item in messages) == ["lost", "new"]
    # The record itself went with a merge.
    del database.payloads[2]
    rest = database.files()["000003.log"]
    write(tmp_path / "b", {f"{CHROME}/{INDEXED}/000003.log": rest})
    found = web_support.extract(tmp_path / "b")
    messages = {item.text: item for item in found.of_type("telegram:message")}
    assert messages.keys() == {"lost", "new"}
    assert messages["lost"].record_state == "overwritten"
    assert messages["lost"].account_identifier == str(USER)
    assert "undo task" in messages["lost"].recovery_method
    assert messages["new"].record_state is None


def test_damaged_value(tmp_path: Path) -> None:
    """It is reported with file and offset; the others are read."""
    database = k_database()
    database.put(1, 2, str(USER), owner(USER))
    database.put(1, 3, "1", b"\xff\x11\x02\xff\xff\xff\xff\xff")
    database.put(1, 3, "2", b"\xff\x11\x01\x05\x00")
    database.put(1, 3, "3", profile.v8(dialog("whole", 5))[:-40])
    database.put(1, 3, "612345987", dialog("whole", 5))
    write(tmp_path, {f"{CHROME}/{INDEXED}/{n}": d for n, d in database.files().items()})
    found = web_support.extract(tmp_path)
    assert "whole" in [item.text for item in found.of_type("telegram:message")]
    assert len(found.warnings) == 3
    assert all("000003.log: offset 0x" in item for item in found.warnings)


CACHES = "Service Worker/CacheStorage/ba00623a413aef1be0c65618db85f0b8176e803d"


def cache(folder: Path, name: str, bodies: dict[str, bytes], *, index: bool) -> Path:
    """Writes a cache of CacheStorage."""
    base = f"{CHROME}/{CACHES}"
    files = {}
    for url, body in bodies.items():
        file_name, data = profile.cache_entry(url, body, moment(1))
        files[f"{base}/uuid-1/{file_name}"] = data
    if index:
        files[f"{base}/index.txt"] = profile.cache_index({name: "uuid-1"})
    return write(folder, files)


def test_session_in_cache_storage(tmp_path: Path) -> None:
    """The first builds of Web Z kept it there."""
    body = json.dumps(
        {
            "mainDcId": 2,
            "keys": {"2": {"type": "Buffer", "data": list(bytes.fromhex(key(2)))}},
        }
    ).encode()
    url = "https://web.telegram.org/z/GramJs-session-1617105629123"
    cache(tmp_path, "GramJs", {url: body, f"{url}x": b"no JSON"}, index=True)
    found = web_support.extract(tmp_path)
    (session,) = found.sessions
    assert (session.session_identifier, session.created_basis) == (
        identifier(2),
        "stored",
    )
    assert times(session)[0] == "2021-03-30T12:00:29.123000+00:00"
    assert session.client_name == "Telegram Web Z"
    assert session.record_file.endswith("_0")
    assert len(web_support.traces(found, "cached_resource")) == 2


def test_passcode_in_cache_storage(tmp_path: Path) -> None:
    """So did the first builds of Web A with what a passcode protects."""
    secret = passcode.derive_a_key(CODE)
    base = "https://web.telegram.org/a"
    state = {"currentUserId": str(USER), "users": {"byId": {}}}
    bodies = {
        f"{base}/sessionEncrypted": seal(
            secret, json.dumps({"mainDcId": 2, "keys": {"2": key(2)}}).encode()
        ),
        f"{base}/globalEncrypted": seal(secret, json.dumps(state).encode()),
    }
    cache(tmp_path, "tt-passcode", bodies, index=True)
    found = web_support.extract(tmp_path, ["2580"])
    (session,) = found.sessions
    assert (session.session_identifier, session.account_identifier) == (
        identifier(2),
        str(USER),
    )
    (lock,) = (item for item in found.accounts if item.passcode_state)
    assert lock.passcode_state == "set"
    locked = web_support.extract(tmp_path)
    assert locked.sessions == []
    assert [item.passcode_state for item in locked.accounts] == ["locked"]


def test_cache_without_an_index(tmp_path: Path) -> None:
    """The name of the folder is the hash of the origin."""
    cache(tmp_path, "", {"https://web.telegram.org/document_5": b"x"}, index=False)
    (trace,) = web_support.extract(tmp_path).of_type("telegram:web_trace")
    assert trace.trace_details == "https://web.telegram.org/document_5, 1 bytes"
    assert trace.client_name is None
    assert web_support.text(trace.recorded_time) == words(1)


def test_cut_off_cache_entry(tmp_path: Path) -> None:
    """Its address is still told, with a warning."""
    cache(
        tmp_path,
        "cachedFiles",
        {"https://web.telegram.org/document_5": b"x" * 50},
        index=True,
    )
    (path,) = tmp_path.rglob("*_0")
    path.write_bytes(path.read_bytes()[:-30])
    found = web_support.extract(tmp_path)
    (trace,) = web_support.traces(found, "cached_resource")
    assert trace.trace_details.startswith("https://web.telegram.org/document_5")
    assert len(found.warnings) == 1


def test_time_that_is_none(tmp_path: Path) -> None:
    """A META of another age: the record has no time, and nothing hangs."""
    commits = [Commit(2**61, {"account1": a_account(1)})]
    local(tmp_path, profile.local_storage(commits))
    found = web_support.extract(tmp_path)
    (session,) = found.sessions
    assert times(session) == (None, None, None)


def test_halves_of_pairs(tmp_path: Path) -> None:
    """JavaScript keeps them, outputs cannot store them."""
    commits = [Commit(moment(1), {"last_version": '"\\ud83d x"'})]
    commits += [Commit(moment(2), {"i18n_locale": "\ud83d"})]
    local(tmp_path, profile.local_storage(commits))
    found = web_support.extract(tmp_path)
    assert found.settings("last_version") == ["\ufffd x"]
    assert found.settings("i18n_locale") == ["\ufffd"]


def locked_profile(folder: Path) -> Path:
    """Web K with a passcode."""
    salt = bytes(range(16))
    secret = passcode.derive_k(CODE, salt)
    items = {
        "account1": {
            "dcId": 2,
            "userId": USER,
            "date": LOGIN,
            "dc2_auth_key": key(2),
        }
    }
    database = profile.IndexedDb()
    database.database(1, "tweb-common", {2: "session", 3: "localStorage__encrypted"})
    parts = {
        "verificationHash": passcode.derive_k(CODE, bytes(16)),
        "verificationSalt": bytes(16),
        "encryptionSalt": salt,
    }
    database.put(1, 2, "passcode", parts)
    sealed = profile.v8(seal(secret, json.dumps(items).encode()))
    database.put(1, 3, "data", sealed)
    return write(
        folder, {f"{CHROME}/{INDEXED}/{n}": d for n, d in database.files().items()}
    )


@pytest.mark.parametrize("place", ["local", "session"])
def test_key_that_was_put_aside(tmp_path: Path, place: str) -> None:
    """It was removed at the next start, but is still in the log: no passcode needed."""
    locked_profile(tmp_path)
    secret = passcode.derive_k(CODE, bytes(range(16)))
    encoded = base64.b64encode(secret).decode()
    if place == "local":
        commits = [
            Commit(moment(1), {"encryption_key": json.dumps(encoded)}),
            Commit(moment(2), {"k_build": "600"}, ["encryption_key"]),
        ]
        local(tmp_path, profile.local_storage(commits))
    else:
        name = b"map-3-encryption_key_handoff"
        payloads = [
            leveldb.write_batch(1, [(1, name, encoded.encode("utf-16-le"))]),
            leveldb.write_batch(2, [(0, name, b"")]),
        ]
        data = leveldb.write_log(payloads)
        write(tmp_path, {f"{CHROME}/Session Storage/000003.log": data})
    found = web_support.extract(tmp_path)
    assert found.warnings == []
    (session,) = found.sessions
    assert (session.session_identifier, session.attribution_basis) == (
        identifier(2),
        "web_k_account+stored_key",
    )
    (lock,) = (item for item in found.accounts if item.passcode_state)
    assert (lock.passcode_state, lock.attribution_basis) == ("set", "web_stored_key")
    # The key itself does not come out.
    text = repr([vars(item) for item in found.event_data])
    assert encoded not in text
    assert secret.hex() not in text


def test_locked_without_a_key(tmp_path: Path) -> None:
    """Nothing was put aside."""
    found = web_support.extract(locked_profile(tmp_path))
    assert found.sessions == []
    assert [item.passcode_state for item in found.accounts] == ["locked"]
