"""Tables that clients are known to create, for databases that have lost their schema.

Specifications: formats/android_database.md, formats/apple_postbox.md section 5,
formats/tdlib.md, formats/telegram_web.md: Telegram for Android (all versions), Postbox
(the tables of metadata, peers and messages), TDLib, the messages of iOS
before 5.0, localStorage of Firefox and Safari (UNCONFIRMED), IndexedDB of Firefox.
Columns that are newer stand at the end, so that rows of older versions fit as well.

Tables of small numbers all look the same. A tree is taken for a table only if nearly
all of its rows that are looked at can be decoded as what that table holds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from telegram_forensics.formats import (
    android_database,
    postbox_coding,
    postbox_keys,
    postbox_message,
    tdlib_dialogs,
    tdlib_message,
)
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.sqlite_pages import Text, Value
from telegram_forensics.formats.sqlite_repair_schema import Known
from telegram_forensics.formats.sqlite_schema import Table, parse_create_table
from telegram_forensics.formats.sqlite_survey import Row

_TIMES: Final = range(1_300_000_000, 1 << 31)
_MINIMUM_SHARE: Final = 0.75
_NAMESPACES: Final = range(0, 6)
_ACCOUNT_STATE: Final = 2
_DIALOG_COLUMNS: Final = 10
_LEGACY_COLUMNS: Final = 13
_SCHEMA_VERSION: Final = 1
_TDLIB_FILE: Final = re.compile(rb"file[0-9]+|@@|pr[A-Z0-9_]|pc")
_PEER_CLASSES: Final = frozenset(
    (
        *("TelegramUser", "TelegramGroup", "TelegramChannel"),
        "TelegramSecretChat",
    )
)

IsRow = Callable[[tuple[Value, ...]], bool]


def _most(is_row: IsRow) -> Callable[[Sequence[Row]], bool]:
    """Whether nearly all rows of a tree are of a table."""

    def is_tree(rows: Sequence[Row]) -> bool:
        good = sum(is_row(row.values) for row in rows)
        return good > 0 and good >= _MINIMUM_SHARE * len(rows)

    return is_tree


def _decodes(
    read: Callable[[bytes], object], place: int, least: int = 8
) -> Callable[[Sequence[Row]], bool]:
    """Whether nearly all rows have a blob that can be decoded."""

    def is_row(values: tuple[Value, ...]) -> bool:
        data = values[place] if place < len(values) else None
        if not isinstance(data, bytes) or len(data) < least:
            return False
        try:
            return bool(read(data))
        except FormatError:
            return False

    return _most(is_row)


def _never(rows: Sequence[Row]) -> bool:
    """No tree is ever taken for it: the table is there, empty."""
    del rows
    return False


def _is_android_message(data: bytes) -> bool:
    decoded = android_database.decode_message(data)
    return decoded.blob is not None


def _is_object(kind: str) -> Callable[[bytes], bool]:
    def is_object(data: bytes) -> bool:
        value, problem = android_database.decode_object(data, kind)
        return value is not None and problem is None

    return is_object


def _is_android_dialog(values: tuple[Value, ...]) -> bool:
    return (
        len(values) >= _DIALOG_COLUMNS
        and _is_time(values[1])
        and isinstance(values[2], int)
        and isinstance(values[3], int)
    )


def _is_time(value: Value) -> bool:
    return isinstance(value, int) and value in _TIMES


def _is_tdlib_message(data: bytes) -> bool:
    return tdlib_message.read_message(data).problem is None


def _is_tdlib_dialog(data: bytes) -> bool:
    return tdlib_dialogs.read_dialog(data).problem is None


def _is_tdlib_file(values: tuple[Value, ...]) -> bool:
    key = values[0].raw if isinstance(values[0], Text) else values[0]
    return isinstance(key, bytes) and _TDLIB_FILE.match(key) is not None


def _is_tdlib_common(values: tuple[Value, ...]) -> bool:
    key = values[0].raw if isinstance(values[0], Text) else values[0]
    return isinstance(key, bytes) and key.isascii() and isinstance(values[1], bytes)


def _is_legacy_message(values: tuple[Value, ...]) -> bool:
    return (
        len(values) == _LEGACY_COLUMNS
        and values[7] in (0, 1)
        and isinstance(values[3], Text)
        and _is_time(values[10])
    )


def _is_postbox_message(values: tuple[Value, ...]) -> bool:
    key, data = values[:2] if len(values) == 2 else (None, None)
    if not isinstance(key, bytes) or not isinstance(data, bytes):
        return False
    try:
        found = postbox_keys.read_message_key(key, None)
    except FormatError:
        return False
    if found.namespace not in _NAMESPACES or not _is_time(found.timestamp):
        return False
    return postbox_message.read_message_in_front(data) is not None


def _is_postbox_peer(data: bytes) -> bool:
    if not postbox_coding.is_root(data):
        return False
    return postbox_coding.read_root(data, []).label in _PEER_CLASSES


def _is_postbox_metadata(rows: Sequence[Row]) -> bool:
    values = {row.rowid: row.values[-1] for row in rows if row.values}
    version, state = values.get(_SCHEMA_VERSION), values.get(_ACCOUNT_STATE)
    return (
        isinstance(version, bytes)
        and len(version) == 4
        and isinstance(state, bytes)
        and postbox_coding.is_root(state)
    )


def _is_firefox_item(values: tuple[Value, ...]) -> bool:
    if len(values) != 6:
        return False
    _, length, conversion, compression, _, data = values
    if not isinstance(data, bytes) or not isinstance(length, int):
        return False
    if conversion not in (0, 1) or compression not in (0, 1):
        return False
    # UTF-8 takes three bytes for a unit of UTF-16 at most.
    return compression == 1 or length <= len(data) <= 3 * length


def _is_firefox_object(values: tuple[Value, ...]) -> bool:
    return (
        len(values) == 5
        and isinstance(values[0], int)
        and isinstance(values[1], bytes)
        and isinstance(values[4], bytes)
        and len(values[4]) > 8
    )


def _is_firefox_database(values: tuple[Value, ...]) -> bool:
    origin = values[1] if len(values) > 1 else None
    return isinstance(origin, Text) and b"://" in origin.raw


def _is_safari_item(values: tuple[Value, ...]) -> bool:
    if len(values) != 2 or not isinstance(values[0], Text):
        return False
    data = values[1]
    if not isinstance(data, bytes) or len(data) % 2:
        return False
    try:
        return "\0" not in data.decode("utf-16-le")
    except UnicodeDecodeError:
        return False


def _table(sql: str) -> Table:
    table = parse_create_table(f"CREATE TABLE {sql}")
    assert table is not None
    return table


_ANDROID: Final = (
    Known(
        # Before database version 84.
        _table(
            "messages(mid INTEGER PRIMARY KEY, uid INTEGER, read_state INTEGER, "
            "send_state INTEGER, date INTEGER, data BLOB, out INTEGER, ttl INTEGER, "
            "media INTEGER, replydata BLOB, imp INTEGER, mention INTEGER, "
            "forwards INTEGER, replies_data BLOB, thread_reply_id INTEGER)"
        ),
        _decodes(_is_android_message, 5),
        is_sign=True,
    ),
    Known(
        _table(
            "messages_v2(mid INTEGER, uid INTEGER, read_state INTEGER, "
            "send_state INTEGER, date INTEGER, data BLOB, out INTEGER, ttl INTEGER, "
            "media INTEGER, replydata BLOB, imp INTEGER, mention INTEGER, "
            "forwards INTEGER, replies_data BLOB, thread_reply_id INTEGER, "
            "is_channel INTEGER, reply_to_message_id INTEGER, custom_params BLOB, "
            "group_id INTEGER, reply_to_story_id INTEGER, "
            "PRIMARY KEY(mid, uid))"
        ),
        _decodes(_is_android_message, 5),
        is_sign=True,
    ),
    Known(
        _table("users(uid INTEGER PRIMARY KEY, name TEXT, status INTEGER, data BLOB)"),
        _decodes(_is_object("User"), 3),
        is_sign=True,
        is_needed=True,
    ),
    Known(
        _table("chats(uid INTEGER PRIMARY KEY, name TEXT, data BLOB)"),
        _decodes(_is_object("Chat"), 2),
        is_needed=True,
    ),
    Known(
        _table(
            "dialogs(did INTEGER PRIMARY KEY, date INTEGER, unread_count INTEGER, "
            "last_mid INTEGER, inbox_max INTEGER, outbox_max INTEGER, "
            "last_mid_i INTEGER, unread_count_i INTEGER, pts INTEGER, date_i INTEGER, "
            "pinned INTEGER, flags INTEGER, folder_id INTEGER, data BLOB, "
            "unread_reactions INTEGER, last_mid_group INTEGER, ttl_period INTEGER, "
            "unread_poll_votes INTEGER)"
        ),
        _most(_is_android_dialog),
        is_needed=True,
    ),
    Known(
        _table(
            "enc_chats(uid INTEGER PRIMARY KEY, user INTEGER, name TEXT, data BLOB, "
            "g BLOB, authkey BLOB, ttl INTEGER, layer INTEGER, seq_in INTEGER, "
            "seq_out INTEGER, use_count INTEGER, exchange_id INTEGER, "
            "key_date INTEGER, fprint INTEGER, fauthkey BLOB, khash BLOB, "
            "in_seq_no INTEGER, admin_id INTEGER, mtproto_seq INTEGER)"
        ),
        _decodes(_is_object("EncryptedChat"), 3),
        is_needed=True,
    ),
)
_POSTBOX: Final = (
    Known(
        _table("t7(key BLOB PRIMARY KEY, value BLOB)"),
        _most(_is_postbox_message),
        is_sign=True,
        is_needed=True,
    ),
    Known(
        _table("t2(key INTEGER PRIMARY KEY, value BLOB)"),
        _decodes(_is_postbox_peer, 1),
        is_sign=True,
    ),
    Known(
        _table("t0(key INTEGER PRIMARY KEY, value BLOB)"),
        _is_postbox_metadata,
        is_sign=True,
        is_needed=True,
    ),
    Known(
        _table("__meta_fulltext_tables(name TEXT PRIMARY KEY)"),
        _never,
        is_needed=True,
    ),
)
_TDLIB: Final = (
    Known(
        _table(
            "messages(dialog_id INT8, message_id INT8, unique_message_id INT4, "
            "sender_user_id INT8, random_id INT8, data BLOB, ttl_expires_at INT4, "
            "index_mask INT4, search_id INT8, text STRING, notification_id INT4, "
            "top_thread_message_id INT8, PRIMARY KEY (dialog_id, message_id))"
        ),
        _decodes(_is_tdlib_message, 5),
        is_sign=True,
        is_needed=True,
    ),
    Known(
        _table(
            "dialogs(dialog_id INT8 PRIMARY KEY, dialog_order INT8, data BLOB, "
            "folder_id INT4)"
        ),
        _decodes(_is_tdlib_dialog, 2),
        is_sign=True,
        is_needed=True,
    ),
    Known(
        _table("files(k BLOB PRIMARY KEY, v BLOB)"),
        _most(_is_tdlib_file),
    ),
    Known(
        _table("common(k BLOB PRIMARY KEY, v BLOB)"),
        _most(_is_tdlib_common),
        is_needed=True,
    ),
)
_IOS_LEGACY: Final = (
    Known(
        _table(
            "messages_v29(mid INTEGER PRIMARY KEY, cid INTEGER, localMid INTEGER, "
            "message TEXT, media BLOB, from_id INTEGER, to_id INTEGER, "
            "outgoing INTEGER, unread INTEGER, dstate INTEGER, date INTEGER, "
            "flags INTEGER, content_properties BLOB)"
        ),
        _most(_is_legacy_message),
        is_sign=True,
    ),
)
_FIREFOX_ITEMS: Final = (
    Known(
        _table(
            "data(key TEXT PRIMARY KEY, utf16_length INTEGER NOT NULL, "
            "conversion_type INTEGER NOT NULL, compression_type INTEGER NOT NULL, "
            "last_access_time INTEGER NOT NULL DEFAULT 0, value BLOB NOT NULL)"
        ),
        _most(_is_firefox_item),
        is_sign=True,
    ),
    Known(
        _table("database(origin TEXT NOT NULL, usage INTEGER)"),
        _never,
        is_needed=True,
    ),
)
_FIREFOX_OBJECTS: Final = (
    Known(
        _table(
            "object_data(object_store_id INTEGER NOT NULL, key BLOB NOT NULL, "
            "index_data_values BLOB DEFAULT NULL, file_ids TEXT, data BLOB NOT NULL, "
            "PRIMARY KEY (object_store_id, key)) WITHOUT ROWID"
        ),
        _most(_is_firefox_object),
        is_sign=True,
    ),
    Known(
        _table(
            "object_store(id INTEGER PRIMARY KEY, auto_increment INTEGER NOT NULL, "
            "name TEXT NOT NULL, key_path TEXT)"
        ),
        _most(lambda values: len(values) == 4 and values[1] in (0, 1)),
        is_needed=True,
    ),
    Known(
        _table(
            "database(name TEXT PRIMARY KEY, origin TEXT NOT NULL, version INTEGER "
            "NOT NULL DEFAULT 0) WITHOUT ROWID"
        ),
        _most(_is_firefox_database),
        is_needed=True,
    ),
)
_SAFARI_ITEMS: Final = (
    Known(
        _table("ItemTable(key TEXT, value BLOB NOT NULL)"),
        _most(_is_safari_item),
        is_sign=True,
    ),
)
CLIENTS: Final = (
    *(_ANDROID, _POSTBOX, _TDLIB, _IOS_LEGACY),
    *(_FIREFOX_ITEMS, _FIREFOX_OBJECTS, _SAFARI_ITEMS),
)
