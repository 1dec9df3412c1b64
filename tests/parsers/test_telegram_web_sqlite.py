"""Browser storage in SQLite: logs of a crash, no row ids, Firefox, Safari."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from telegram_forensics.formats import browser_sqlite_storage
from telegram_forensics.formats import telegram_web_passcode as passcode
from tests import browser_samples
from tests.builders import browser_profile as profile
from tests.formats.test_telegram_web_passcode import CODE, seal
from tests.formats.web_items import LOGIN, SECOND, identifier, key
from tests.parsers import support, web_support
from tests.parsers.test_telegram_web_samples import FIREFOX_A, FIREFOX_K, WEB_K_SQLITE

USER, OTHER = 5211046831, 7301998420
CHROME = "home/olga/.config/google-chrome/Default"
FIREFOX = "home/olga/.mozilla/firefox/a1b2.default"
TELEGRAM = "https+++web.telegram.org"
# Microseconds since 1601.
CREATED = LOGIN * SECOND + profile.EPOCH
MAPS = (
    "CREATE TABLE maps(row_id INTEGER PRIMARY KEY AUTOINCREMENT, storage_key BLOB NOT "
    "NULL, last_accessed INTEGER, last_modified INTEGER, total_size INTEGER)",
    "CREATE TABLE map_entries(map_id INTEGER NOT NULL, value_compression_type INTEGER "
    "NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL, PRIMARY KEY(map_id, key)) "
    "WITHOUT ROWID",
)
ITEMS = (
    "CREATE TABLE database(origin TEXT NOT NULL, usage INTEGER, last_vacuum_time "
    "INTEGER)",
    "CREATE TABLE data(key TEXT PRIMARY KEY, utf16_length INTEGER NOT NULL, "
    "conversion_type INTEGER NOT NULL, compression_type INTEGER NOT NULL, "
    "last_access_time INTEGER NOT NULL DEFAULT 0, value BLOB NOT NULL)",
)


def a_account(name: Any, user: int = USER) -> str:
    """Web A's record of a slot."""
    return json.dumps(
        {"dcId": 2, "isTest": False, "dc2_auth_key": key(name), "userId": str(user)}
    )


def connect(path: Path) -> sqlite3.Connection:
    """A new database with a write-ahead log that is kept."""
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA page_size=4096")
    connection.execute("PRAGMA secure_delete=ON")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA wal_autocheckpoint=0")
    return connection


def crash(connection: sqlite3.Connection, path: Path, target: Path) -> Path:
    """Copies a database while it is open, as a crash leaves it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    for suffix in ("", "-wal"):
        source = path.with_name(path.name + suffix)
        if source.exists():
            shutil.copy(source, target.with_name(target.name + suffix))
    connection.close()
    return target


def put_chromium(connection: sqlite3.Connection, name: str, text: str) -> None:
    """Puts an item into Chromium's table."""
    connection.execute(
        "REPLACE INTO map_entries VALUES(1, 0, ?, ?)",
        (profile.web_string(name), profile.web_string(text)),
    )


def put_firefox(connection: sqlite3.Connection, name: str, text: str) -> None:
    """Puts an item into Firefox's table."""
    connection.execute(
        "REPLACE INTO data VALUES(?, ?, 1, 0, 0, ?)", (name, len(text), text.encode())
    )


def new_chromium(path: Path) -> sqlite3.Connection:
    """An empty database of Chromium."""
    connection = connect(path)
    for statement in MAPS:
        connection.execute(statement)
    connection.execute(
        "INSERT INTO maps VALUES(1, ?, ?, ?, 5)",
        (b"https://web.telegram.org/", CREATED, CREATED),
    )
    return connection


def new_firefox(path: Path) -> sqlite3.Connection:
    """An empty database of Firefox."""
    connection = connect(path)
    for statement in ITEMS:
        connection.execute(statement)
    connection.execute("INSERT INTO database VALUES('https://web.telegram.org', 0, 0)")
    return connection


BOTH = pytest.mark.parametrize(
    ("new", "put", "place", "remove"),
    [
        (
            new_chromium,
            put_chromium,
            f"{CHROME}/LocalStorage",
            ("DELETE FROM map_entries WHERE key = ?", profile.web_string),
        ),
        (
            new_firefox,
            put_firefox,
            f"{FIREFOX}/storage/default/{TELEGRAM}/ls/data.sqlite",
            ("DELETE FROM data WHERE key = ?", str),
        ),
    ],
    ids=["chromium", "firefox"],
)


def states(found: support.Extraction) -> dict[str | None, tuple[Any, ...]]:
    """State and end of each session."""
    return {
        item.session_identifier: (
            item.record_state,
            item.account_identifier,
            item.created_time,
            item.ended_time,
        )
        for item in found.sessions
    }


@BOTH
def test_crash(
    tmp_path: Path,
    new: Callable[[Path], sqlite3.Connection],
    put: Callable[[sqlite3.Connection, str, str], None],
    place: str,
    remove: tuple[str, Callable[[str], Any]],
) -> None:
    """The file has one login, the log another one, its older frames a third."""
    path = tmp_path / "work" / "db"
    connection = new(path)
    put(connection, "account1", a_account("file"))
    put(connection, "account2", a_account("goes", OTHER))
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    put(connection, "account1", a_account("frame"))
    statement, convert = remove
    connection.execute(statement, (convert("account2"),))
    put(connection, "account1", a_account("log"))
    crash(connection, path, tmp_path / "case" / place)
    found = web_support.extract(tmp_path / "case")
    assert found.warnings == []
    assert states(found) == {
        identifier("file"): ("overwritten", str(USER), None, None),
        identifier("frame"): ("overwritten", str(USER), None, None),
        identifier("goes"): ("removed", str(OTHER), None, None),
        identifier("log"): ("current", str(USER), None, None),
    }
    frame = next(
        item
        for item in found.sessions
        if item.session_identifier == identifier("frame")
    )
    assert "recovered: wal_stale_frame" in frame.session_details


@BOTH
def test_tables_in_the_log_only(
    tmp_path: Path,
    new: Callable[[Path], sqlite3.Connection],
    put: Callable[[sqlite3.Connection, str, str], None],
    place: str,
    remove: tuple[str, Callable[[str], Any]],
) -> None:
    """A database that was never written back."""
    path = tmp_path / "work" / "db"
    connection = new(path)
    put(connection, "account1", a_account("log"))
    crash(connection, path, tmp_path / "case" / place)
    found = web_support.extract(tmp_path / "case")
    assert states(found) == {identifier("log"): ("current", str(USER), None, None)}
    assert found.warnings == []


@BOTH
def test_value_that_cannot_be_decoded(
    tmp_path: Path,
    new: Callable[[Path], sqlite3.Connection],
    put: Callable[[sqlite3.Connection, str, str], None],
    place: str,
    remove: tuple[str, Callable[[str], Any]],
) -> None:
    """It is reported, the others are read."""
    path = tmp_path / "case" / place
    connection = new(path)
    put(connection, "account1", a_account("whole"))
    put(connection, "dc", "2")
    if new is new_chromium:
        connection.execute(
            "UPDATE map_entries SET value_compression_type = 1 WHERE key = ?",
            (profile.web_string("dc"),),
        )
        connection.execute("INSERT INTO map_entries VALUES(1, 0, 'text', x'0000')")
        expected = 2
    else:
        connection.execute("UPDATE data SET compression_type = 1 WHERE key = 'dc'")
        connection.execute("INSERT INTO data VALUES('x', 5, 1, 0, 0, 'text')")
        expected = 2
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    found = web_support.extract(tmp_path / "case")
    assert list(states(found)) == [identifier("whole")]
    assert len([text for text in found.warnings if "cannot be decoded" in text]) == (
        expected
    )


def firefox_items(folder: Path, suffix: str, items: dict[str, str]) -> None:
    """Writes the localStorage of a container."""
    path = folder / f"{FIREFOX}/storage/default/{TELEGRAM}{suffix}/ls/data.sqlite"
    connection = new_firefox(path)
    for name, text in items.items():
        put_firefox(connection, name, text)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def test_containers_and_partitions(tmp_path: Path) -> None:
    """Each has its own storage; the origin tells which."""
    suffixes = ("", "^userContextId=2", "^partitionKey=%28https%2Cexample.com%29")
    for suffix in suffixes:
        firefox_items(tmp_path, suffix, {"account1": a_account(suffix)})
    found = web_support.extract(tmp_path)
    assert {item.session_identifier: item.web_origin for item in found.sessions} == {
        identifier(suffix): f"https://web.telegram.org{suffix}" for suffix in suffixes
    }
    assert {item.browser_name for item in found.sessions} == {"Firefox"}


def test_other_origins_of_firefox(tmp_path: Path) -> None:
    """Nothing of another site."""
    path = tmp_path / f"{FIREFOX}/storage/default/https+++example.com/ls/data.sqlite"
    connection = new_firefox(path)
    put_firefox(connection, "account1", a_account(1))
    connection.close()
    assert web_support.extract(tmp_path).event_data == []


def test_webappsstore(tmp_path: Path) -> None:
    """Firefox before 68: one file for all sites."""
    path = tmp_path / FIREFOX / "webappsstore.sqlite"
    connection = connect(path)
    connection.execute(
        "CREATE TABLE webappsstore2(originAttributes TEXT, originKey TEXT, scope TEXT, "
        "key TEXT, value TEXT)"
    )
    for host, name in (("gro.margelet.bew.", "ours"), ("moc.elpmaxe.", "theirs")):
        connection.execute(
            "INSERT INTO webappsstore2 VALUES('', ?, ?, 'account1', ?)",
            (f"{host}:https:443", host, a_account(name)),
        )
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    (session,) = web_support.extract(tmp_path).sessions
    assert session.session_identifier == identifier("ours")
    assert session.web_origin == "https://web.telegram.org"


def safari(
    folder: Path, path: str, statements: list[tuple[str, tuple[Any, ...]]]
) -> Path:
    """Writes a database of Safari."""
    target = folder / path
    connection = connect(target)
    for statement, values in statements:
        connection.execute(statement, values)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return target


ITEM_TABLE = (
    "CREATE TABLE ItemTable(key TEXT UNIQUE ON CONFLICT REPLACE, value BLOB NOT NULL)",
    (),
)


def item(name: str) -> tuple[str, tuple[Any, ...]]:
    """A login in Safari."""
    text = a_account(name).encode("utf-16-le")
    return ("INSERT INTO ItemTable VALUES('account1', ?)", (text,))


def test_safari(tmp_path: Path) -> None:
    """The name of the file, or a file beside it, tells the origin."""
    base = "Users/olga/Library"
    safari(
        tmp_path,
        f"{base}/Safari/LocalStorage/https_web.telegram.org_0.localstorage",
        [ITEM_TABLE, item("old")],
    )
    data = f"{base}/Containers/com.apple.Safari/Data/Library/WebKit/WebsiteData/Default"
    for folder, origin in (("ab", b"web.telegram.org"), ("cd", b"example.com")):
        path = safari(
            tmp_path,
            f"{data}/{folder}/{folder}/LocalStorage/localstorage.sqlite3",
            [ITEM_TABLE, item(folder)],
        )
        path.parents[1].joinpath("origin").write_bytes(
            b"\x05\0\0\0\x01https\x10\0\0\0\x01" + origin
        )
    found = web_support.extract(tmp_path)
    assert {
        item.session_identifier: (item.web_origin, item.browser_name)
        for item in found.sessions
    } == {
        identifier("old"): ("https://web.telegram.org", "Safari"),
        identifier("ab"): ("https://web.telegram.org", "Safari"),
    }


def chromium_database(
    folder: Path, name: str, stores: dict[int, str], rows: list[tuple[int, str, Any]]
) -> Path:
    """Writes a database of IndexedDB as newer Chromium browsers have it."""
    file_name = browser_sqlite_storage.chromium_database_file_name(name)
    path = folder / f"{CHROME}/IndexedDB/https_web.telegram.org_0/{file_name}"
    connection = connect(path)
    for statement in (
        "CREATE TABLE indexed_db_metadata(name BLOB, version INTEGER)",
        "CREATE TABLE object_stores(id INTEGER PRIMARY KEY, name BLOB)",
        "CREATE TABLE records(row_id INTEGER PRIMARY KEY, object_store_id INTEGER, "
        "compression_type INTEGER, key BLOB, value BLOB)",
        "CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT)",
    ):
        connection.execute(statement)
    connection.execute(
        "INSERT INTO indexed_db_metadata VALUES(?, 1)", (name.encode("utf-16-le"),)
    )
    connection.execute("INSERT INTO meta VALUES('created_time', ?)", (str(CREATED),))
    for number, store in stores.items():
        connection.execute(
            "INSERT INTO object_stores VALUES(?, ?)",
            (number, store.encode("utf-16-le")),
        )
    for store, text, value in rows:
        data = value if isinstance(value, bytes) else profile.v8(value)
        connection.execute(
            "INSERT INTO records(object_store_id, compression_type, key, value) "
            "VALUES(?, 0, ?, ?)",
            (store, profile.sortable(text) + b"\0", data),
        )
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return path


def test_passcode_in_another_file(tmp_path: Path) -> None:
    """Each database of Web K is a file: `tweb-common` has what tests a passcode."""
    salt = bytes(range(16))
    secret = passcode.derive_k(CODE, salt)
    users = {
        str(USER): {
            "_": "user",
            "pFlags": {"self": True},
            "id": USER,
            "first_name": "Olga",
        }
    }
    items = {
        "account1": {"dcId": 2, "userId": USER, "date": LOGIN, "dc2_auth_key": key(2)}
    }
    chromium_database(
        tmp_path,
        "tweb-account-1",
        {1: "users__encrypted"},
        [(1, "data", seal(secret, json.dumps(users).encode()))],
    )
    chromium_database(
        tmp_path,
        "tweb-common",
        {1: "session", 2: "localStorage__encrypted"},
        [
            (
                1,
                "passcode",
                {
                    "verificationHash": passcode.derive_k(CODE, bytes(16)),
                    "verificationSalt": bytes(16),
                    "encryptionSalt": salt,
                },
            ),
            (2, "data", seal(secret, json.dumps(items).encode())),
        ],
    )
    # Bytes are written as values, not as V8 writes typed arrays.
    for path in (tmp_path / CHROME).rglob("*"):
        if path.is_file():
            connection = sqlite3.connect(path)
            rows = connection.execute("SELECT row_id, value FROM records").fetchall()
            for number, value in rows:
                if not value.startswith(b"\xff\x15"):
                    connection.execute(
                        "UPDATE records SET value = ? WHERE row_id = ?",
                        (profile.v8(value), number),
                    )
            connection.commit()
            connection.close()
    found = web_support.extract(tmp_path, ["2580"])
    assert found.warnings == []
    (session,) = found.sessions
    assert (session.session_identifier, session.attribution_basis) == (
        identifier(2),
        "web_k_account+passcode",
    )
    (lock,) = (item for item in found.accounts if item.passcode_state)
    assert lock.passcode_state == "set"
    assert "Olga" in [item.account_name for item in found.accounts]
    locked = web_support.extract(tmp_path)
    assert locked.sessions == []
    assert "Olga" not in [item.account_name for item in locked.accounts]
    created = web_support.traces(found, "database")[0].recorded_time
    assert web_support.text(created) == "2024-02-11T08:14:27+00:00"


@browser_samples.needs_samples
@pytest.mark.parametrize("name", [WEB_K_SQLITE, FIREFOX_A, FIREFOX_K])
def test_each_file_is_read_once(tmp_path: Path, name: str) -> None:
    """No session or message comes out twice, with logs or without."""
    found = web_support.extract(web_support.copy_profile(name, tmp_path / "p"))
    for items in (
        [(item.session_identifier, item.record_state) for item in found.sessions],
        [
            (item.message_identifier, item.text, item.record_state)
            for item in found.of_type("telegram:message")
        ],
    ):
        assert len(items) == len(set(items))


@browser_samples.needs_samples
def test_missing_files_of_firefox(tmp_path: Path) -> None:
    """Large values and bodies that lie in files of their own."""
    folder = web_support.copy_profile(FIREFOX_A, tmp_path / "p")
    for path in folder.rglob("*.final"):
        path.unlink()
    found = web_support.extract(folder)
    # Bodies are not needed for what a client has downloaded.
    assert found.warnings == []
    assert len(found.sessions) == 1
