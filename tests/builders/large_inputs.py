"""Inputs that are large, or that become large: for the memory of a worker.

Each maker writes one piece of evidence into a folder. `size` is what it holds, or what
it says that it holds, in bytes; most of it is zeros or repeated text, so that nothing
but the reader's own handling decides how much memory it takes.
"""

from __future__ import annotations

import json
import os
import sqlite3
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from tests.builders import (
    aff4,
    android_database,
    apple_store,
    browser_profile,
    leveldb,
    remote_access,
    sqlcipher,
    sqlite_files,
    tdata,
    tdata_cache,
    tdesktop_export,
    tdlib,
)

_DESKTOP: Final = "Users/Olga/AppData/Roaming/Telegram Desktop"
_CHROME: Final = "Users/Olga/AppData/Local/Google/Chrome/User Data/Default"
_FIREFOX: Final = (
    "Users/Olga/AppData/Roaming/Mozilla/Firefox/Profiles/a.default/storage/default/"
    "https+++web.telegram.org"
)
_ANDROID: Final = "data/data/org.telegram.messenger"
_TELEGRAM_X: Final = "data/data/org.thunderdog.challegram/files/tdlib"
_ORIGIN: Final = "https_web.telegram.org_0"
_LAUNCHED: Final = (
    b"[2026.11.20 17:59:00] Launched version: 6001002, install beta: [FALSE], alpha: 0,"
    b" debug mode: [FALSE]\n"
)
_CHUNK: Final = 1 << 16
_TIME: Final = 1_735_690_000_000_000


def _write(path: Path, chunks: Iterator[bytes] | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "wb") as file:
        for chunk in [chunks] if isinstance(chunks, bytes) else chunks:
            file.write(chunk)


def _repeated(head: bytes, piece: bytes, tail: bytes, size: int) -> Iterator[bytes]:
    yield head
    several = piece * max(1, _CHUNK // len(piece))
    for _ in range(max(1, size // len(several))):
        yield several
    yield tail


def _blow_up(path: Path, table: str, column: str, size: int) -> None:
    """Makes one value of a table large."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = OFF")
    connection.execute(
        f"UPDATE {table} SET {column} = zeroblob(?) WHERE rowid ="
        f" (SELECT rowid FROM {table} LIMIT 1)",
        (size,),
    )
    connection.commit()
    connection.close()


def desktop_log(folder: Path, size: int) -> None:
    """A log of Telegram Desktop with very many lines."""
    line = b"[2026.11.20 18:00:00] Net Status: connection of dc 2 was reset, trying\n"
    _write(
        folder / _DESKTOP / "log.txt",
        _repeated(
            _LAUNCHED,
            line,
            b"",
            size,
        ),
    )


def desktop_log_line(folder: Path, size: int) -> None:
    """A log of Telegram Desktop that is one line."""
    _write(
        folder / _DESKTOP / "log.txt",
        _repeated(_LAUNCHED + b"[2026.11.20 18:00:00] ", b"x" * 1024, b"", size),
    )


def desktop_key_file(folder: Path, size: int) -> None:
    """A tdata folder whose map and settings are large."""
    tdata_folder = folder / _DESKTOP / "tdata"
    account = tdata.BuiltAccount(
        index=0,
        user_id=5_211_046_831,
        main_dc=2,
        auth_keys={2: tdata.made_up_key("large")},
        first_name="Olga",
        phone="380501234567",
    )
    tdata.build_tdata(tdata_folder, [account])
    _write(tdata_folder / "settingss", _repeated(b"TDF$", bytes(1024), b"", size))
    large = tdata_folder / "D877F783D5D3EF8C" / "0123456789ABCDEFs"
    _write(large, _repeated(b"TDF$", bytes(1024), b"", size))


def desktop_cache_index(folder: Path, size: int) -> None:
    """The index of a media cache with very many entries."""
    tdata_folder = folder / _DESKTOP / "tdata"
    account = tdata.BuiltAccount(
        index=0,
        user_id=5_211_046_831,
        main_dc=2,
        auth_keys={2: tdata.made_up_key("large")},
        first_name="Olga",
        phone="380501234567",
    )
    key = bytes(range(256))
    tdata.build_tdata(tdata_folder, [account], local_key=key)
    records = [struct.pack("<B3sIQ", 0, b"\1\0\0", 1_700_000_000, 0)]
    one = tdata_cache.store(tdata_cache.Value((0, 0), b""), bytes(7))
    # Place and key of a record are another one each time.
    for number in range(size // len(one)):
        value = tdata_cache.Value((number, 1 << 56), b"x" * 100)
        records.append(tdata_cache.store(value, number.to_bytes(7, "big")))
    generation = tdata_folder / "user_data" / "cache" / "0"
    binlog = tdata_cache.tdef(b"".join(records), key, bytes(64))
    _write(generation / "binlog", binlog)


def export_json(folder: Path, size: int) -> None:
    """An export of Telegram Desktop: one chat of very many messages."""
    message = tdesktop_export.message(7, 1_735_690_000, "some text")
    piece = json.dumps(message).encode()
    _write(
        folder / "ChatExport" / "result.json",
        _repeated(
            b'{"name": "Olga", "type": "personal_chat", "id": 42, "messages": [',
            piece + b",\n",
            piece + b"]}",
            size,
        ),
    )


def export_html(folder: Path, size: int) -> None:
    """A page of an export of Telegram Desktop that is large."""
    page = tdesktop_export.page("Olga", "BODY")
    head, _, tail = page.partition(b"BODY")
    stamp = "20.11.2026 18:00:00 UTC+02:00"
    piece = tdesktop_export.html_message(7, stamp, "some text").encode()
    _write(folder / "ChatExport" / "messages.html", _repeated(head, piece, tail, size))


def android_value(folder: Path, size: int) -> None:
    """A message of Telegram for Android that is one large value."""
    path = folder / _ANDROID / "files" / "cache4.db"
    path.parent.mkdir(parents=True)
    android_database.build(path, 177, 200, 1)
    _blow_up(path, "messages_v2", "data", size)
    _blow_up(path, "users", "data", size)


def android_preferences(folder: Path, size: int) -> None:
    """Preferences of Telegram for Android: a long text, entities in each other."""
    path = folder / _ANDROID / "shared_prefs"
    _write(
        path / "userconfing.xml",
        _repeated(
            b"<?xml version='1.0'?><map><string name='user'>",
            b"A" * 1024,
            b"</string></map>",
            size,
        ),
    )
    entities = "".join(
        f'<!ENTITY e{number} "{f"&e{number - 1};" * 10}">' for number in range(1, 12)
    )
    text = (
        f'<?xml version="1.0"?><!DOCTYPE map [<!ENTITY e0 "x">{entities}]>'
        "<map><string name='user'>&e11;</string></map>"
    )
    _write(path / "mainconfig.xml", text.encode())


def apple_value(folder: Path, size: int) -> None:
    """A message of Telegram for iOS that is one large value."""
    made = apple_store.make_ios(folder, rounds=1, passcode=None)
    _blow_up(Path(made.path), "t7", "value", size)


def sqlcipher_database(folder: Path, size: int) -> None:
    """An encrypted database of TDLib with a large value."""
    parameters = sqlcipher.VERSION_4
    plain = folder / "plain"
    sqlite_files.reserve(plain, parameters.reserved, parameters.page_size)
    connection = sqlite_files.connect(plain, journal_mode="delete")
    connection.executescript(
        "CREATE TABLE messages (dialog_id INT8, message_id INT8,"
        " unique_message_id INT4, sender_user_id INT8, random_id INT8,"
        " data BLOB, ttl_expires_at INT4, PRIMARY KEY (dialog_id, message_id));"
        "CREATE TABLE dialogs (dialog_id INT8 PRIMARY KEY, dialog_order INT8,"
        " data BLOB); CREATE TABLE common (k BLOB PRIMARY KEY, v BLOB);"
        "CREATE TABLE files (k BLOB PRIMARY KEY, v BLOB);"
    )
    connection.execute(
        "INSERT INTO messages (dialog_id, message_id, data)"
        " VALUES (42, 1048576, zeroblob(?))",
        (size,),
    )
    connection.commit()
    connection.close()
    target = folder / _ANDROID.replace(
        "org.telegram.messenger", "org.thunderdog.challegram"
    )
    _write(
        target / "db.sqlite",
        sqlcipher.encrypt_database(plain.read_bytes(), parameters),
    )
    plain.unlink()
    _write(target / "td.binlog", tdlib.log(tdlib.state_records()))


def tdlib_binlog(folder: Path, size: int) -> None:
    """An event log of TDLib with a record of that size, then very many small ones."""
    records = tdlib.state_records()
    records.append(tdlib.record(7, tdlib.KEY_VALUE, tdlib.entry("a", bytes(1 << 23))))
    small = tdlib.record(8, tdlib.KEY_VALUE, tdlib.entry("b" * 200, bytes(4000)))
    records += [small] * max(1, size // len(small))
    _write(folder / _TELEGRAM_X / "td.binlog", tdlib.log(records))


def local_storage(folder: Path, size: int) -> None:
    """localStorage of Chromium: a log with one large value."""
    commit = browser_profile.Commit(_TIME, {"dc": "2", "tt-global-state": "x" * size})
    target = folder / _CHROME / "Local Storage" / "leveldb"
    for name, data in browser_profile.local_storage([commit]).items():
        _write(target / name, data)


def snappy_bomb(folder: Path, size: int) -> None:
    """IndexedDB of Chromium: a table whose only block grows to that size."""
    target = folder / _CHROME / "IndexedDB" / f"{_ORIGIN}.indexeddb.leveldb"
    table = leveldb.write_table([(9, 1, b"\0\1\1\1\1", bytes(size))])
    _write(target / "000005.ldb", table)
    _write(target / "CURRENT", b"MANIFEST-000001\n")


def web_state(folder: Path, size: int) -> None:
    """IndexedDB of Chromium: a state of Telegram Web A with very many small values."""
    database = browser_profile.IndexedDb()
    database.database(1, "tt-data", {1: "store"})
    # A value takes some bytes on the disk and many more as an object.
    values = [{"a": number / 7} for number in range(min(size // 18, 600_000))]
    text = "x" * ((size - 18 * len(values)) // 2)
    state = {"text": text, "users": {"byId": {}}, "list": values}
    database.put(1, 1, "tt-global-state", state)
    target = folder / _CHROME / "IndexedDB" / f"{_ORIGIN}.indexeddb.leveldb"
    for name, data in database.files().items():
        _write(target / name, data)


def indexed_db_blob(folder: Path, size: int) -> None:
    """IndexedDB of Chromium: a blob file of that size beside the database."""
    database = browser_profile.IndexedDb()
    database.database(1, "tt-data", {1: "store"})
    database.put(1, 1, "tt-global-state", {"users": [1, "x", None]})
    target = folder / _CHROME / "IndexedDB"
    for name, data in database.files().items():
        _write(target / f"{_ORIGIN}.indexeddb.leveldb" / name, data)
    piece = browser_profile.snappy(bytes(1 << 16))
    blob = target / f"{_ORIGIN}.indexeddb.blob" / "1" / "00" / "1"
    _write(blob, _repeated(b"\xff\x11\x02", piece, b"", size))


def cache_storage(folder: Path, size: int) -> None:
    """CacheStorage of Chromium: an entry with a large body."""
    name, entry = browser_profile.cache_entry(
        "https://web.telegram.org/a/x", bytes(size), _TIME // 1_000_000
    )
    target = folder / _CHROME / "Service Worker" / "CacheStorage" / ("a" * 40)
    _write(target / "b1" / name, entry)
    _write(target / "index.txt", browser_profile.cache_index({"tt-media": "b1"}))


def firefox_bomb(folder: Path, size: int) -> None:
    """localStorage of Firefox: a value that Snappy makes that large."""
    target = folder / _FIREFOX / "ls" / "data.sqlite"
    target.parent.mkdir(parents=True)
    connection = sqlite3.connect(target)
    connection.executescript(
        "CREATE TABLE database (origin TEXT NOT NULL, usage INTEGER NOT NULL DEFAULT 0,"
        " last_vacuum_time INTEGER NOT NULL DEFAULT 0,"
        " last_analyze_time INTEGER NOT NULL DEFAULT 0,"
        " last_vacuum_size INTEGER NOT NULL DEFAULT 0);"
        "CREATE TABLE data (key TEXT PRIMARY KEY, utf16_length INTEGER NOT NULL,"
        " conversion_type INTEGER NOT NULL, compression_type INTEGER NOT NULL,"
        " last_access_time INTEGER NOT NULL DEFAULT 0, value BLOB NOT NULL);"
    )
    connection.execute(
        "INSERT INTO database (origin) VALUES ('https://web.telegram.org')"
    )
    bomb = browser_profile.snappy(bytes(size))
    rows = [("dc", 1, 1, 0, 0, b"2"), ("user_auth", size, 1, 1, 0, bomb)]
    connection.executemany("INSERT INTO data VALUES (?, ?, ?, ?, ?, ?)", rows)
    connection.commit()
    connection.close()


def anydesk_trace(folder: Path, size: int) -> None:
    """A trace of AnyDesk with very many lines."""
    line = (
        b"   info 2026-11-20 18:00:00.123       back   1234   5678   12"
        b"                  anynet.any_socket - Logged in from 1.2.3.4:5 on relay.\n"
    )
    _write(folder / "ProgramData/AnyDesk/ad_svc.trace", _repeated(b"", line, b"", size))


def teamviewer_log(folder: Path, size: int) -> None:
    """A log of TeamViewer whose last line has no end."""
    line = remote_access.teamviewer_line("2026/11/20 18:00:00.123", "text").encode()
    _write(
        folder / "Program Files/TeamViewer/TeamViewer15_Logfile.log",
        _repeated(line + b"\r\n", b"x" * 1024, b"", size),
    )


def aff4_chunk(folder: Path, size: int) -> None:
    """A logical AFF4 image with a file that is one chunk, which grows to that size."""
    volume = aff4.AFF4Volume()
    stream = f"{volume.urn}/log.txt"
    volume.add_stream(stream, bytes(size), chunk_size=size, chunks_in_segment=1)
    types = ("FileImage", "Image", "ImageStream")
    volume.add_file("log.txt", stream, None, types=types, size=size, hashes=())
    _write(folder / "chunk.aff4", volume.build())


def aff4_map(folder: Path, size: int) -> None:
    """A logical AFF4 image with a file that is a map of very many ranges."""
    volume = aff4.AFF4Volume()
    stream, urn = f"{volume.urn}/data", f"{volume.urn}/log.txt"
    volume.add_stream(stream, bytes(4096))
    count = size // 28
    entries = ((number, 1, number * 7 % 4096, 0) for number in range(count))
    volume.add_map(urn, entries, [stream], described=False, deflated=True)
    types = ("FileImage", "Image", "Map")
    volume.add_file("log.txt", urn, None, types=types, size=count, hashes=())
    _write(folder / "map.aff4", volume.build())


MAKERS: Final[dict[str, Callable[[Path, int], None]]] = {
    maker.__name__: maker
    for maker in (
        desktop_log,
        desktop_log_line,
        desktop_key_file,
        desktop_cache_index,
        export_json,
        export_html,
        android_value,
        android_preferences,
        apple_value,
        sqlcipher_database,
        tdlib_binlog,
        local_storage,
        snappy_bomb,
        web_state,
        indexed_db_blob,
        cache_storage,
        firefox_bomb,
        anydesk_trace,
        teamviewer_log,
        aff4_chunk,
        aff4_map,
    )
}

# These give an event for each line or record.
MANY_EVENTS: Final = frozenset(
    {"desktop_log", "export_json", "export_html", "anydesk_trace"}
)


def total_size(folder: Path) -> int:
    """Bytes of all files below a folder."""
    return sum(os.path.getsize(path) for path in folder.rglob("*") if path.is_file())
