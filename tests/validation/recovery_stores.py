"""Databases of which removed rows are recovered: how each is written and read.

Rows are made in the schema of the client, with content that tells them apart. The rows
of a store are its truth: key -> what the event must say.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.builders import postbox as write
from tests.builders import postbox_database, sqlcipher, sqlite_files, tdlib
from tests.parsers import support
from tests.parsers import test_telegram_android_recovery as android
from tests.parsers import test_telegram_apple_database as apple
from tests.parsers import test_telegram_ios_legacy as legacy
from tests.parsers import test_telegram_tdlib as tdlib_test
from tests.validation import sources

Values = tuple[Any, ...]
_ROW = re.compile(r"row \d{4} ")
_SOURCE = re.compile(r"\b(database|wal|journal)\b")
_MARKED = ("removed", "overwritten")


@dataclass(frozen=True, slots=True)
class Row:
    """A row as an event tells it.

    Attributes:
        key: what tells it from others.
        values: what it says.
        is_marked: it is told as removed, overwritten or recovered.
        state: as the event has it.
        names_source: the event says in which file, or by which pass, it was found.
    """

    key: str
    values: Values
    is_marked: bool
    state: str | None = None
    names_source: bool = True


@dataclass(frozen=True, slots=True)
class Store:
    """A kind of database.

    Attributes:
        name: what the report calls it.
        parsers: that read it.
        begin: writes a database without our rows.
        insert: writes rows by number.
        delete: statement that deletes a row, and its arguments by number.
        truth: key and values of a row by number.
        rows: event data as rows.
        place: lays the files out for the readers; gives what plaso is pointed at.
        size: number of rows; browsers have slots for few accounts.
        has_journal: a rollback journal of it can be written by the tests.
        note: what the client itself does.
    """

    name: str
    parsers: str
    begin: Callable[[Path], None]
    insert: Callable[[sqlite3.Connection, int], None]
    delete: tuple[str, Callable[[int], tuple[Any, ...]]]
    truth: Callable[[int], tuple[str, Values]]
    rows: Callable[[support.Extraction], Iterator[Row]]
    place: Callable[[sqlite_files.Files, Path], Path]
    size: int = 240
    has_journal: bool = True
    note: str = ""


def words(number: int) -> str:
    """Text of a row."""
    return f"row {number:04d} " + "abcdefghij" * (4 + number % 9)


def row_of(item: Any, key: str, values: Values) -> Row:
    """A row out of event data."""
    method = getattr(item, "recovery_method", None) or ""
    details = getattr(item, "session_details", None) or ""
    state = getattr(item, "record_state", None)
    is_marked = state in _MARKED or bool(method) or bool(item._recovered)
    # Without a method the state tells it: the file has the row, the log has not.
    words = method or details
    is_named = not method or bool(_SOURCE.search(words))
    return Row(key, values, is_marked, state, is_named)


def messages(found: support.Extraction) -> Iterator[Row]:
    """Messages: text, time, direction, sender. Those of no row of ours are left out,
    unless they look like one: what was put together wrongly still begins as a row.
    """
    for item in found.of_type("telegram:message"):
        text = item.text or ""
        if _ROW.match(text) or "abcdefghij" in text:
            told = (
                text,
                sources.plain(item.sent_time),
                bool(item.is_outgoing),
                item.sender_identifier,
            )
            yield row_of(item, text[:9], told)


def at(path: str) -> Callable[[sqlite_files.Files, Path], Path]:
    """Files at a path below the folder of the case."""

    def place(files: sqlite_files.Files, folder: Path) -> Path:
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        files.write(target)
        return folder

    return place


def text_row(number: int, time: int, sender: object) -> tuple[str, Values]:
    """Key and values of an incoming message."""
    text = words(number)
    return text[:9], (text, time, False, str(sender))


# Android.


def _begin_android(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.executescript(android.SCHEMA)
    connection.close()


def _insert_android(connection: sqlite3.Connection, number: int) -> None:
    data = android.blob(number, words(number))
    time = android.FIRST + number
    connection.execute(
        "INSERT INTO messages_v2 VALUES (?, ?, 0, 0, ?, ?, 0)",
        (number, android.OTHER, time, data),
    )


ANDROID = Store(
    "Telegram for Android, cache4.db",
    android.PARSERS,
    _begin_android,
    _insert_android,
    ("DELETE FROM messages_v2 WHERE mid = ?", lambda number: (number,)),
    lambda number: text_row(number, android.FIRST + number, android.OTHER),
    messages,
    at("data/data/org.telegram.messenger/files/cache4.db"),
    note="secure_delete, write-ahead log",
)

# iOS and macOS.

_CHAT = 640011223
_TIME = postbox_database.FIRST_TIME + 1_000


def _post_key(number: int) -> bytes:
    return write.message_key(write.user(_CHAT), 0, _TIME + number, 50_000 + number)


def _begin_postbox(path: Path) -> None:
    postbox_database.make_database(path)


def _begin_postbox_reserved(path: Path) -> None:
    postbox_database.make_database(path, reserved=80)


def _insert_postbox(connection: sqlite3.Connection, number: int) -> None:
    value = write.Msg(words(number), flags=4, author=write.user(_CHAT)).encode()
    connection.execute("INSERT INTO t7 VALUES (?, ?)", (_post_key(number), value))


def _place_mac(files: sqlite_files.Files, folder: Path) -> Path:
    sealed = sqlcipher.encrypt_files(files, sqlcipher.Parameters(clear_header=32))
    store = folder / "6N38VWS5BX.ru.keepcoder.Telegram" / "stable"
    return sqlcipher.mac_store(store, sealed)


POSTBOX = Store(
    "Telegram for iOS, Postbox db_sqlite",
    apple.PARSERS,
    _begin_postbox,
    _insert_postbox,
    ("DELETE FROM t7 WHERE key = ?", lambda number: (_post_key(number),)),
    lambda number: text_row(number, _TIME + number, _CHAT),
    messages,
    at("telegram-data/account-123/postbox/db/db_sqlite"),
    note="secure_delete, write-ahead log",
)
POSTBOX_MAC = Store(
    "Telegram for macOS, Postbox db_sqlite (encrypted)",
    f"{apple.PARSERS},telegram_apple_encrypted",
    _begin_postbox_reserved,
    _insert_postbox,
    ("DELETE FROM t7 WHERE key = ?", lambda number: (_post_key(number),)),
    lambda number: text_row(number, _TIME + number, _CHAT),
    messages,
    _place_mac,
    has_journal=False,
    note="secure_delete, write-ahead log, encrypted",
)


def _begin_legacy(path: Path) -> None:
    legacy.make(path)


def _insert_legacy(connection: sqlite3.Connection, number: int) -> None:
    connection.execute(
        "INSERT INTO messages_v29 VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",
        (5000 + number, legacy.ANNA, number, words(number), None, legacy.ANNA, 0)
        + (0, 0, 0, legacy.TIME + number, 0, None),
    )


LEGACY = Store(
    "Telegram for iOS before 5.0, tgdata.db",
    legacy.PARSERS,
    _begin_legacy,
    _insert_legacy,
    ("DELETE FROM messages_v29 WHERE mid = ?", lambda number: (5000 + number,)),
    lambda number: text_row(number, legacy.TIME + number, legacy.ANNA),
    messages,
    at("Documents/tgdata.db"),
)

# TDLib.


def _begin_tdlib(path: Path) -> None:
    parameters = sqlcipher.VERSION_4
    sqlite_files.reserve(path, parameters.reserved, parameters.page_size)
    connection = sqlite3.connect(path)
    connection.executescript(
        "CREATE TABLE messages (dialog_id INT8, message_id INT8,"
        " unique_message_id INT4, sender_user_id INT8, random_id INT8,"
        " data BLOB, ttl_expires_at INT4,"
        " PRIMARY KEY (dialog_id, message_id));"
        "CREATE TABLE dialogs"
        " (dialog_id INT8 PRIMARY KEY, dialog_order INT8, data BLOB);"
        "CREATE TABLE common (k BLOB PRIMARY KEY, v BLOB);"
        "CREATE TABLE files (k BLOB PRIMARY KEY, v BLOB);"
    )
    connection.close()


def _insert_tdlib(connection: sqlite3.Connection, number: int) -> None:
    data = tdlib.message(
        tdlib.text_content(words(number)),
        number=number << 20,
        is_outgoing=False,
        sender=tdlib.FRIEND,
    )
    connection.execute(
        "INSERT INTO messages (dialog_id, message_id, data) VALUES (?, ?, ?)",
        (tdlib.FRIEND, number << 20, data),
    )


def _place_tdlib(files: sqlite_files.Files, folder: Path) -> Path:
    sealed = sqlcipher.encrypt_files(files, sqlcipher.VERSION_4)
    sealed.write(folder / "db.sqlite")
    (folder / "td.binlog").write_bytes(tdlib.log(tdlib.state_records()))
    return folder / "td.binlog"


TDLIB = Store(
    "TDLib, db.sqlite (encrypted)",
    tdlib_test.PARSERS,
    _begin_tdlib,
    _insert_tdlib,
    ("DELETE FROM messages WHERE message_id = ?", lambda number: (number << 20,)),
    lambda number: text_row(number, tdlib.DATE, tdlib.FRIEND),
    messages,
    _place_tdlib,
    has_journal=False,
    note="secure_delete, write-ahead log",
)

APPLICATIONS = (ANDROID, POSTBOX, POSTBOX_MAC, LEGACY, TDLIB)
