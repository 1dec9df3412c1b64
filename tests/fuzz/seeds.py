"""Seeds that no test of a decoder shows to the collector, made by the builders."""

from __future__ import annotations

import functools
import json
import plistlib
import struct
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.builders import (
    android_binary_xml,
    android_device,
    apple_biome,
    browser_profile,
    leveldb,
    sqlcipher,
    sqlite_files,
    tdata_cache,
    tdlib,
)
from tests.formats import test_remote_decoders as remote
from tests.parsers import test_telegram_desktop_fuzz as desktop

_PACKAGES = (
    "<packages><version sdkVersion='30'/><package name='org.telegram.messenger'"
    " codePath='/data/app/x' ft='18c1' it='18c2' ut='18c3' version='4000'"
    " userId='10123' installer='com.android.vending'/></packages>",
    "<package-restrictions><pkg name='org.telegram.messenger' inst='true'"
    " first-install-time='18c1'/></package-restrictions>",
    "<settings version='1'><setting id='1' name='enabled_accessibility_services'"
    " value='com.anydesk.a/.B:c/.D' package='x'/></settings>",
)
_PLISTS: tuple[dict[str, Any], ...] = (
    {"ClientID": 294433414, "Version": "15.1", "Main": {"Owner": "x", "b": b"1"}},
    {"RemoteAccessHostFirewallTraversal": True, "list": [1, 2.5, {"a": "b"}]},
    {"com.teamviewer.service": False, "com.anydesk.daemon": True},
    {"itemName": "AnyDesk", "softwareVersionBundleId": "com.philandro.anydesk"},
    {"MCMMetadataIdentifier": "ph.telegra.Telegraph"},
)
_TDLIB_LOG = (
    "[ 2][t 4][1795301296.698879123][AuthDataShared.cpp:108][#1][!Td][&x]\t"
    "DcId{2} [auth_key_id:8365841295548828778][state:OK][created_at:1795301185.0]"
    "[last_used:1795304785.0]\n"
    "[ 2][t 4][1795301297.5][Session.cpp:300]\tGenerate new session_id 99 for "
    "auth key 8365841295548828778 for main DC2\n"
    "[ 2][t 1][1735690001.5][Td.cpp:2]\tlogged out\n"
)


def _batches() -> list[bytes]:
    commit = browser_profile.Commit(13_380_000_000_000_000, {"dc": "2", "a": "b" * 40})
    found = browser_profile.batches([commit, commit])
    return [leveldb.write_batch(first, entries) for first, entries in found]


def _log() -> bytes:
    return leveldb.write_log(_batches())


def _tables() -> list[bytes]:
    commit = browser_profile.Commit(13_380_000_000_000_000, {"dc": "2", "a": "b" * 40})
    files = browser_profile.local_storage([commit, commit], is_table=True)
    return list(files.values())


def _indexed_database() -> list[bytes]:
    database = browser_profile.IndexedDb()
    database.database(1, "tt-data", {1: "store"})
    database.put(1, 1, "tt-global-state", {"users": [1, "x", None]})
    database.delete(1, 1, "tt-global-state")
    return list(database.files().values())


def _cache_entry() -> bytes:
    return browser_profile.cache_entry("https://a/b", b"body", 13_380_000_000)[1]


def _encrypted() -> list[bytes]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "plain"
        parameters = sqlcipher.VERSION_4
        sqlite_files.reserve(path, parameters.reserved, parameters.page_size)
        connection = sqlite_files.connect(path, journal_mode="delete")
        connection.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b BLOB)")
        connection.execute("INSERT INTO t VALUES (1, 'text')")
        connection.commit()
        plain = sqlite_files.take(path)
        connection.close()
    return [sqlcipher.encrypt_database(plain.database, parameters)]


def _damaged_databases() -> list[bytes]:
    """Without header, without first page, cut off; 512 bytes are the smallest page."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "plain"
        connection = sqlite_files.connect(path, page_size=512)
        sqlite_files.create(connection)
        sqlite_files.add_messages(connection, range(12))
        connection.execute(
            "CREATE TABLE messages_v29(mid INTEGER PRIMARY KEY, cid, localMid, "
            "message TEXT, media, from_id, to_id, outgoing, unread, dstate, date, "
            "flags, content_properties)"
        )
        connection.execute(
            "INSERT INTO messages_v29 VALUES (1, 2, 3, 'text', NULL, 5, 6, 1, 0, 0, "
            "1600000000, 0, NULL)"
        )
        data = sqlite_files.take(path).database
        connection.close()
    return [data, bytes(100) + data[100:], bytes(512) + data[512:], data[:4096]]


def _plists() -> list[bytes]:
    return [
        plistlib.dumps(content, fmt=form)
        for content in _PLISTS
        for form in (plistlib.FMT_XML, plistlib.FMT_BINARY)
    ]


def _desktop(place: int) -> list[bytes]:
    return [
        content
        for records in desktop.plain_files().values()
        for content in records[place:]
        if content
    ]


def _xml() -> list[bytes]:
    texts = [item.encode() for item in _PACKAGES]
    return texts + [android_binary_xml.to_binary(item) for item in _PACKAGES]


def _slices() -> list[bytes]:
    parts = tdata_cache.part_list([(0, b"a" * 64), (1 << 17, b"b" * 64)])
    return [parts, struct.pack("<I", 1) + parts]


_MAKERS: dict[str, Callable[[], list[bytes]]] = {
    "android_packages": _xml,
    "android_xml": _xml,
    "android_usage.read_mappings": lambda: [android_device.mappings()],
    "protobuf_fields.read_fields": lambda: [android_device.history()],
    "browser_cache_storage.read_entry": lambda: [_cache_entry()],
    "browser_cache_storage.read_index": lambda: [
        browser_profile.cache_index({"a": "b"})
    ],
    "browser_indexed_db": _indexed_database,
    "browser_indexed_db_keys.read_bare_string": lambda: ["текст".encode("utf-16-be")],
    "browser_indexed_db_keys.read_user_key": lambda: [
        b"\x01" + browser_profile.idb_string("name"),
        b"\x04\x02\x03" + bytes(8) + b"\x06\x03abc",
    ],
    "browser_leveldb_log.read_log": lambda: [_log()],
    "browser_leveldb_log.read_payloads": lambda: [_log()],
    "browser_leveldb_manifest.read_current": lambda: [b"MANIFEST-000001\n"],
    "browser_leveldb_manifest.read_text_lines": lambda: [
        b"2024/12/31-23:59:59.123456 1f Recovering log #3\n" * 3
    ],
    "browser_leveldb_table.read_table": _tables,
    "browser_local_storage": lambda: [_log()],
    "apple_biome.read_notification": lambda: [
        apple_biome.notification("ph.telegra.Telegraph", 7.5, "Olga", "text")
    ],
    "browser_compression.decompress_snappy": lambda: [
        browser_profile.snappy(b"some text, some text, some text")
    ],
    "remote_plist": _plists,
    "sqlcipher_database": _encrypted,
    "sqlite_opening": _damaged_databases,
    "tdesktop_media_slices": _slices,
    "tdlib_side_files.log": lambda: [_TDLIB_LOG.encode()],
    "tdlib_entities.read_secret_chat": lambda: [tdlib.i32(*range(1, 20))],
    "tdlib_pending.read_push": lambda: [
        tdlib.i32(tdlib.VERSION, 0x4)
        + tdlib.i64(777000, 7 << 20)
        + tdlib.i32(tdlib.DATE)
        + tdlib.text("MESSAGE_TEXT")
    ],
}


@functools.cache
def _made(name: str) -> tuple[bytes, ...]:
    if name.startswith("remote."):
        lines = remote.LOGS[name.removeprefix("remote.")][1]
        return ("\r\n".join(lines).encode(),)
    if name in _WEB_SEEDS:
        return tuple(json.dumps(item).encode() for item in _WEB_SEEDS[name])
    if name.startswith(("tdesktop_account_files.", "tdesktop.")):
        return tuple(_desktop(0))
    maker = _MAKERS.get(name)
    return tuple(maker()) if maker else ()


def extra_seeds(name: str) -> list[bytes]:
    """Seeds of a target beside the committed ones."""
    return list(_made(name))


_PERSON = {
    "id": "5211046831",
    "_": "user",
    "pFlags": {"self": True},
    "first_name": "Olga",
    "firstName": "Olga",
    "isSelf": True,
    "usernames": [{"username": "olga", "isActive": True}],
    "phone": "380501234567",
    "status": {"type": "userStatusOffline", "wasOnline": 1_735_690_000},
}
_MESSAGE = {
    "_": "message",
    "id": 7,
    "mid": 7,
    "chatId": "777000",
    "peerId": 777000,
    "date": 1_735_690_000,
    "isOutgoing": False,
    "message": "Login code: 12345",
    "content": {"text": {"text": "Login code: 12345", "entities": []}},
    "fwd_from": {"_": "messageFwdHeader", "date": 1, "from_id": {"user_id": 3}},
}
_WEB_SEEDS: dict[str, list[Any]] = {
    "telegram_web_a": [
        {
            "currentUserId": "5211046831",
            "users": {"byId": {"5211046831": _PERSON}, "statusesById": {}},
            "chats": {
                "byId": {"-1001": {"id": "-1001", "type": "chatTypeSuperGroup"}},
                "listIds": {"active": ["-1001"]},
            },
            "messages": {
                "byChatId": {
                    "777000": {
                        "byId": {"7": _MESSAGE},
                        "threadsById": {"-1": {"draft": {"text": {"text": "x"}}}},
                    }
                }
            },
            "passcode": {"hasPasscode": False},
            "activeSessions": {"byHash": {}},
        }
    ],
    "telegram_web_k": [
        {
            "users": _PERSON,
            "chats": {"_": "channel", "id": 1001, "title": "a", "date": 1},
            "messages": _MESSAGE,
            "dialogs": {
                "_": "dialog",
                "peerId": 777000,
                "top_message": 7,
                "topMessage": _MESSAGE,
                "draft": {"_": "draftMessage", "message": "x", "date": 5},
            },
            "session": {"authState": {"_": "authStateSignedIn"}, "user_auth": 1},
        }
    ],
    "telegram_web_history": [
        {
            "user_auth": {"id": 5211046831, "dcID": 2, "date": 1_735_690_000},
            "dc2_auth_key": '"' + "ab" * 256 + '"',
            "dc": "2",
            "account1": {"userId": "5211046831", "dcId": 2, "dc2_auth_key": "cd" * 256},
        }
    ],
}
