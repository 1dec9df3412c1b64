"""Databases of browsers of which removed rows are recovered."""

from __future__ import annotations

import shutil
import sqlite3
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from telegram_forensics.formats.browser_sqlite_storage import (
    chromium_database_file_name,
)
from tests.builders import browser_profile as profile
from tests.formats.web_items import LOGIN, identifier
from tests.parsers import support, web_support
from tests.parsers import test_telegram_web_sqlite as web
from tests.validation.recovery_stores import (
    Row,
    Store,
    Values,
    at,
    messages,
    row_of,
    text_row,
    words,
)


def sessions(found: support.Extraction) -> Iterator[Row]:
    """Logins of browsers: key of the session, account."""
    for item in found.sessions:
        if item.session_identifier:
            told = (item.session_identifier, item.account_identifier)
            yield row_of(item, item.session_identifier, told)


def _login(number: int) -> tuple[str, Values]:
    key = identifier(f"row {number}")
    return key, (key, str(web.USER))


def _begin_with(new: Callable[[Path], sqlite3.Connection]) -> Callable[[Path], None]:
    def begin(path: Path) -> None:
        connection = new(path)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("PRAGMA journal_mode=DELETE")
        connection.close()

    return begin


def _insert_with(
    put: Callable[[sqlite3.Connection, str, str], None],
) -> Callable[[sqlite3.Connection, int], None]:
    def insert(connection: sqlite3.Connection, number: int) -> None:
        put(connection, f"account{number}", web.a_account(f"row {number}"))
        for item in _others(number)[1:]:
            put(connection, item, f"{item} " + "other words of the site " * 12)

    return insert


# A client has slots for few accounts; its other items fill the pages beside them.
_SLOTS = 12


def _others(number: int) -> list[str]:
    """Names of the items that are written and deleted together."""
    return [f"account{number}", *(f"item {number} {part}" for part in range(14))]


def _delete_of(table: str) -> str:
    marks = ", ".join("?" * len(_others(1)))
    return f"DELETE FROM {table} WHERE key IN ({marks})"


def _new_safari(path: Path) -> sqlite3.Connection:
    connection = web.connect(path)
    connection.execute(web.ITEM_TABLE[0])
    return connection


def _put_safari(connection: sqlite3.Connection, name: str, text: str) -> None:
    connection.execute(
        "INSERT INTO ItemTable VALUES(?, ?)", (name, text.encode("utf-16-le"))
    )


CHROMIUM = Store(
    "Chromium, localStorage (SQLite)",
    web_support.PARSERS,
    _begin_with(web.new_chromium),
    _insert_with(web.put_chromium),
    (
        _delete_of("map_entries"),
        lambda number: tuple(map(profile.web_string, _others(number))),
    ),
    _login,
    sessions,
    at(f"{web.CHROME}/LocalStorage"),
    size=_SLOTS,
)
FIREFOX = Store(
    "Firefox, localStorage (ls/data.sqlite)",
    web_support.PARSERS,
    _begin_with(web.new_firefox),
    _insert_with(web.put_firefox),
    (_delete_of("data"), lambda number: tuple(_others(number))),
    _login,
    sessions,
    at(f"{web.FIREFOX}/storage/default/{web.TELEGRAM}/ls/data.sqlite"),
    size=_SLOTS,
)
SAFARI = Store(
    "Safari, localStorage (ItemTable)",
    web_support.PARSERS,
    _begin_with(_new_safari),
    _insert_with(_put_safari),
    (_delete_of("ItemTable"), lambda number: tuple(_others(number))),
    _login,
    sessions,
    at("Users/olga/Library/Safari/LocalStorage/https_web.telegram.org_0.localstorage"),
    size=_SLOTS,
)


def _dialog(number: int) -> dict[str, Any]:
    peer = 612_000_000 + number
    return {
        "peerId": peer,
        "topMessage": {
            "_": "message",
            "pFlags": {},
            "id": number,
            "date": LOGIN + number,
            "message": words(number),
            "fromId": peer,
            "from_id": {"_": "peerUser", "user_id": peer},
            "peer_id": {"_": "peerUser", "user_id": peer},
        },
    }


def _dialog_truth(number: int) -> tuple[str, Values]:
    return text_row(number, LOGIN + number, 612_000_000 + number)


def _begin_chromium_idb(path: Path) -> None:
    folder = path.parent / "chromium"
    made = web.chromium_database(folder, "tweb-account-1", {1: "dialogs"}, [])
    shutil.move(made, path)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode=DELETE")
    connection.close()


def _insert_chromium_idb(connection: sqlite3.Connection, number: int) -> None:
    connection.execute(
        "INSERT INTO records(object_store_id, compression_type, key, value) "
        "VALUES(1, 0, ?, ?)",
        (_chromium_key(number), profile.v8(_dialog(number))),
    )


def _chromium_key(number: int) -> bytes:
    return profile.sortable(str(612_000_000 + number)) + b"\0"


_CHROMIUM_IDB_NAME = chromium_database_file_name("tweb-account-1")
CHROMIUM_IDB = Store(
    "Chromium, IndexedDB (SQLite)",
    web_support.PARSERS,
    _begin_chromium_idb,
    _insert_chromium_idb,
    ("DELETE FROM records WHERE key = ?", lambda number: (_chromium_key(number),)),
    _dialog_truth,
    messages,
    at(f"{web.CHROME}/IndexedDB/https_web.telegram.org_0/{_CHROMIUM_IDB_NAME}"),
)


def _pair(tag: int, number: int = 0) -> bytes:
    return struct.pack("<II", number, 0xFFFF0000 + tag)


# Header of a structured clone: tag and where it is meant for.
_CLONE_HEADER = struct.pack("<II", 3, 0xFFF10000)


def cloned(value: Any) -> bytes:
    """A value as Firefox writes it, without the header."""
    if isinstance(value, dict):
        parts = [cloned(name) + cloned(item) for name, item in value.items()]
        return _pair(8) + b"".join(parts) + _pair(0x13)
    if isinstance(value, str):
        data = value.encode("latin-1")
        head = _pair(4, 1 << 31 | len(data))
        return head + data + bytes(-len(data) % 8)
    if -(2**31) <= value < 2**31:
        return _pair(3, value & 0xFFFFFFFF)
    return struct.pack("<d", value)


def _begin_firefox_idb(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.executescript(
        "CREATE TABLE database(name TEXT PRIMARY KEY, origin TEXT NOT NULL, version "
        "INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;"
        "CREATE TABLE object_store(id INTEGER PRIMARY KEY, auto_increment INTEGER NOT "
        "NULL DEFAULT 0, name TEXT NOT NULL, key_path TEXT);"
        "CREATE TABLE object_data(object_store_id INTEGER NOT NULL, key BLOB NOT NULL, "
        "index_data_values BLOB DEFAULT NULL, file_ids TEXT, data BLOB NOT NULL, "
        "PRIMARY KEY (object_store_id, key)) WITHOUT ROWID;"
        "INSERT INTO database VALUES('tweb-account-1', 'https://web.telegram.org', 9);"
        "INSERT INTO object_store VALUES(9, 0, 'dialogs', NULL);"
    )
    connection.close()


def _firefox_key(number: int) -> bytes:
    text = str(612_000_000 + number).encode()
    return b"0" + bytes(byte + 1 for byte in text)


def _insert_firefox_idb(connection: sqlite3.Connection, number: int) -> None:
    data = profile.snappy(_CLONE_HEADER + cloned(_dialog(number)))
    connection.execute(
        "INSERT INTO object_data(object_store_id, key, data) VALUES(9, ?, ?)",
        (_firefox_key(number), data),
    )


FIREFOX_IDB = Store(
    "Firefox, IndexedDB (idb, SQLite)",
    web_support.PARSERS,
    _begin_firefox_idb,
    _insert_firefox_idb,
    ("DELETE FROM object_data WHERE key = ?", lambda number: (_firefox_key(number),)),
    _dialog_truth,
    messages,
    at(f"{web.FIREFOX}/storage/default/{web.TELEGRAM}/idb/3244498674t1w.sqlite"),
    note="incremental auto_vacuum, write-ahead log (as in the sample)",
)

BROWSERS = (FIREFOX_IDB, FIREFOX, CHROMIUM_IDB, CHROMIUM, SAFARI)
