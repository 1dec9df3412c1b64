"""The table of targets: one for each decoder, as a function of bytes.

A target may raise what its decoder documents; anything else is a finding. Objects that
decoders give are read to their end, so that lazy ones do their work.
"""

from __future__ import annotations

import importlib
import io
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from telegram_forensics.aff4 import compression, logical
from telegram_forensics.aff4.errors import Aff4Error
from telegram_forensics.aff4.source import FileSource
from telegram_forensics.aff4.turtle import TurtleParser
from telegram_forensics.aff4.verify import verify
from telegram_forensics.aff4.volume_set import VolumeSet
from telegram_forensics.aff4.zip_directory import ZipDirectory
from telegram_forensics.formats import (
    android_packages,
    android_preferences,
    android_settings,
    android_usage,
    android_usage_xml,
    android_user_config,
    android_xml,
    browser_compression,
    browser_indexed_db,
    browser_indexed_db_keys,
    browser_leveldb_folder,
    browser_local_storage,
    browser_sortable_key,
    browser_sqlite_storage,
    postbox_actions,
    postbox_carving,
    postbox_coding,
    postbox_facts,
    postbox_keys,
    postbox_media,
    postbox_message,
    postbox_peers,
    remote_plist,
    remote_text,
    service_notice,
    sqlcipher_database,
    sqlcipher_detection,
    sqlcipher_keys,
    sqlite_journal,
    sqlite_known_tables,
    sqlite_opening,
    sqlite_pages,
    sqlite_recovery,
    sqlite_schema,
    sqlite_wal,
    tdesktop_account_files,
    tdesktop_crypto,
    tdesktop_drafts,
    tdesktop_encrypted_file,
    tdesktop_export_html,
    tdesktop_export_json,
    tdesktop_locations,
    tdesktop_logs,
    tdesktop_marks,
    tdesktop_media_slices,
    tdesktop_mtp_dump,
    tdesktop_mtp_history,
    tdesktop_mtp_summary,
    tdesktop_oldest,
    tdesktop_peer,
    tdesktop_stickers,
    tdesktop_storage,
    tdesktop_tdef,
    tdlib_binlog,
    tdlib_entities,
    tdlib_pending,
    tdlib_polls,
    tdlib_requests,
    tdlib_side_files,
    tdlib_state,
    telegram_web_a,
    telegram_web_history,
    telegram_web_k,
    tl_media,
    tl_message,
    tl_object,
    tl_peers,
    tl_reader,
)
from telegram_forensics.formats.browser_bytes import Findings
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.tdlib_values import Reader
from telegram_forensics.formats.telegram_web_store import StoredValue
from telegram_forensics.formats.telegram_web_values import Source, StoredText
from tests.builders import sqlcipher, tdlib
from tests.formats import test_remote_decoders as remote
from tests.fuzz.mutate import MAXIMUM_SIZE
from tests.helpers import MemoryFolder

_TDESKTOP_VERSIONS = (1_000_000, 2_005_000, 6_001_002)
_TDLIB_VERSIONS = (10, 33, 50, tdlib.VERSION)
_MAXIMUM_ITEMS = 200_000
_FORMATS = "telegram_forensics.formats."
_KEY = bytes(range(256))
SECONDS_PER_INPUT = 2.0
# Lost blocks are searched for byte by byte, with a budget of steps.
_SECONDS_OF_SEARCH = 15.0
Run = Callable[[bytes], object]
Take = Callable[[dict[str, Any]], object]


@dataclass(frozen=True)
class Target:
    """A decoder.

    Attributes:
        name: of the target and of its part of the corpus.
        run: gives the decoder some bytes.
        watched: function whose calls in the tests give the seeds; None where seeds come
            from `extra_seeds`.
        take: finds the bytes among the arguments of such a call.
        allowed: exceptions that the decoder documents.
        seconds: processor time that one input may take.
        maximum: bytes that an input may have.
    """

    name: str
    run: Run
    watched: Callable[..., Any] | None
    take: Take
    allowed: tuple[type[BaseException], ...] = (FormatError,)
    seconds: float = SECONDS_PER_INPUT
    maximum: int = MAXIMUM_SIZE


def _first(arguments: dict[str, Any]) -> object:
    """The first argument, or the one behind `self`."""
    names = [name for name in arguments if name != "self"]
    return arguments[names[0]] if names else None


def _text(arguments: dict[str, Any]) -> object:
    value = _first(arguments)
    return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else None


def _reads(name: str) -> Take:
    """Bytes behind a function that reads at an offset, and their size."""

    def take(arguments: dict[str, Any]) -> object:
        size = arguments.get("size")
        if not isinstance(size, int) or size > 1 << 16:
            return None
        return arguments[name](0, size)

    return take


def _payload(arguments: dict[str, Any]) -> object:
    return arguments["record"].payload


def _remaining(arguments: dict[str, Any]) -> object:
    reader = arguments["reader"]
    return reader.data[reader.position :]


def drain(value: object) -> None:
    """Reads what a lazy decoder has not yet read."""
    if isinstance(value, Iterator):
        for _ in zip(range(_MAXIMUM_ITEMS), value, strict=False):
            pass


def _resolve(path: str) -> tuple[str, Callable[..., Any]]:
    module, _, name = path.partition(".")
    return path, getattr(importlib.import_module(_FORMATS + module), name)


def _simple(
    paths: str, *rest: Callable[[], Any], is_file: bool = False
) -> list[Target]:
    """Targets of functions that take bytes (or a file) and some more."""

    def target(path: str) -> Target:
        name, function = _resolve(path)

        def run(data: bytes) -> None:
            first = io.BytesIO(data) if is_file else data
            drain(function(first, *(make() for make in rest)))

        searches = name == "browser_leveldb_table.read_table"
        seconds = _SECONDS_OF_SEARCH if searches else SECONDS_PER_INPUT
        take = _file_of if is_file else _first
        return Target(name, run, function, take, seconds=seconds)

    return [target(path) for path in paths.split()]


def reader_of(data: bytes) -> Callable[[int, int], bytes]:
    """Reads at an offset."""
    return lambda offset, size: data[offset : offset + size]


# Android.


def _preferences(data: bytes) -> None:
    preferences = android_preferences.read_preferences(data)
    preferences.values()
    if android_user_config.is_user_config(preferences):
        android_user_config.read_user_config(preferences, 0)
    for kind in SETTINGS:
        android_settings.read_settings(kind, preferences)


def _packages(data: bytes) -> None:
    for kind in ("packages", "package-restrictions", "settings"):
        try:
            android_packages.read(data, kind)
        except FormatError:
            continue


def _usage(data: bytes) -> None:
    android_usage.open_seconds(android_usage.read_usage(data, 1_700_000_000_000).events)


SETTINGS = (
    *("drafts", "saved_tokens", "main_config", "notifications", "emoji"),
    *("login_info", "upload_info"),
)


# Browsers.


def _local_storage(data: bytes) -> None:
    folder = browser_leveldb_folder.LevelDbFolder(
        [("000003.log", lambda: io.BytesIO(data))]
    )
    drain(browser_local_storage.LocalStorage(folder).entries())


def _indexed_db(data: bytes) -> None:
    folder = browser_leveldb_folder.LevelDbFolder(
        [("000003.log", lambda: io.BytesIO(data))]
    )
    database = browser_indexed_db.IndexedDb(folder)
    drain(database.records())
    drain(database.undo_values())


def _log_of(arguments: dict[str, Any]) -> object:
    """The log of a folder."""
    for name, opener in arguments["files"]:
        if name.endswith(".log"):
            with opener() as file:
                return file.read()
    return None


def _map_entry(data: bytes) -> None:
    for kind in (0, 1, 2):
        try:
            browser_sqlite_storage.map_entry_text(data, kind)
        except FormatError:
            continue


def _indexed_value(data: bytes) -> None:
    for kind in (0, 1, 2):
        try:
            browser_sqlite_storage.indexed_db_value(data, kind)
        except FormatError:
            continue


def _firefox_item(data: bytes) -> None:
    for conversion in (0, 1):
        for kind in (0, 1):
            try:
                browser_sqlite_storage.firefox_item_text(
                    data, len(data), conversion, kind
                )
            except FormatError:
                continue


def _sortable(data: bytes) -> None:
    for is_chromium in (True, False):
        try:
            browser_sortable_key.read_sortable_key(data, is_chromium)
        except FormatError:
            continue


def _framed(data: bytes) -> None:
    browser_compression.decompress_snappy_framed(data, Findings([]))


# Web clients: what a page stored is text of its own making.


def _web_a(data: bytes) -> None:
    try:
        state = json.loads(data)
    except (ValueError, RecursionError):
        return
    cache = telegram_web_a.ACache()
    cache.add(None, state, Source())
    cache.finish()


def _web_k(data: bytes) -> None:
    try:
        values = json.loads(data)
    except (ValueError, RecursionError):
        return
    cache = telegram_web_k.KCache()
    for store, value in values.items() if isinstance(values, dict) else ():
        cache.add(StoredValue("tweb", store, "1", value, Source()))
    cache.finish()


def _web_history(data: bytes) -> None:
    try:
        values = json.loads(data)
    except (ValueError, RecursionError):
        return
    items = values.items() if isinstance(values, dict) else ()
    telegram_web_history.read_history(
        StoredText(
            key,
            value if isinstance(value, str) else json.dumps(value),
            Source(sequence=number, time=number),
            number,
        )
        for number, (key, value) in enumerate(items)
    )


# Postbox.


def _object(data: bytes) -> None:
    value = postbox_coding.read_either(data, [])
    for item in postbox_coding.walk(value):
        postbox_actions.describe(item)
        postbox_actions.action_text(item)
        postbox_media.read_media_object(item)
    postbox_peers.read_stored_peer(1, value)
    postbox_peers.read_presence(value)
    postbox_peers.read_cached_peer(value)


def _postbox_message(data: bytes) -> None:
    stored = postbox_message.read_message(data, [])
    key = postbox_keys.MessageKey(8_590_000_000, 0, 1_735_690_000, 7)
    postbox_facts.read_facts(key, stored)


def _carved(data: bytes) -> None:
    drain(postbox_carving.find_messages(data, None, range(1 << 40)))


# Remote control.


def _remote(name: str) -> Run:
    return lambda data: drain(remote.decode(name, data))


def _plist(data: bytes) -> None:
    content = remote_plist.load(data)
    for path in PROPERTY_LISTS:
        found = remote_plist.property_list_of(path.rpartition("/")[2], path)
        if found is not None:
            try:
                drain(remote_plist.read(found, content, path))
            except FormatError:
                continue


PROPERTY_LISTS = (
    "/Users/a/Library/Preferences/com.teamviewer.teamviewer.preferences.plist",
    "/Users/a/Library/Preferences/com.philandro.anydesk.plist",
    "/Library/Preferences/com.google.chrome.plist",
    "/Library/Preferences/com.apple.RemoteManagement.plist",
    "/private/var/db/com.apple.xpc.launchd/disabled.plist",
    "/private/var/containers/Bundle/Application/A/iTunesMetadata.plist",
    "/private/var/mobile/Containers/Data/Application/A/"
    ".com.apple.mobile_container_manager.metadata.plist",
)


# SQLite and SQLCipher.


def _sqlite(data: bytes) -> None:
    evidence = sqlite_recovery.SqliteEvidence(reader_of(data), len(data))
    drain(iter(evidence.schema()))
    drain(evidence.live_rows())
    drain(evidence.recover())


def _opening(data: bytes) -> None:
    read = reader_of(data)
    sqlite_opening.first_pages(read, len(data))
    for repair in sqlite_opening.find_repairs(
        read, len(data), clients=sqlite_known_tables.CLIENTS
    ):
        repair.overlay(read)(0, repair.size)


def _page(data: bytes) -> None:
    problems = sqlite_pages.Problems()
    page = sqlite_pages.read_page(data, 2, len(data))
    drain(sqlite_pages.read_cells(page, problems))
    sqlite_pages.read_children(page, problems)
    drain(sqlite_pages.free_blocks(page))


def _wal(data: bytes) -> None:
    wal = sqlite_wal.WalFile(reader_of(data), len(data))
    for number, _ in enumerate(wal.frames()):
        wal.page(number)


def _journal(data: bytes) -> None:
    drain(sqlite_journal.JournalFile(reader_of(data), len(data)).pages())


def _record(data: bytes) -> None:
    sqlite_pages.read_record(data, len(data), "utf-8")


def _create_table(data: bytes) -> None:
    sqlite_schema.parse_create_table(data.decode("utf-8", "replace"))


def _cipher(data: bytes) -> None:
    files = sqlcipher_detection.Files(reader_of(data), len(data), reader_of(b""), 0)
    key = sqlcipher_keys.parse_key("x'" + sqlcipher.KEY.hex() + "'")
    cipher = sqlcipher_detection.find_cipher(key, files)
    if cipher is None:
        raise FormatError(0, "the key opens no page of the database")
    found = sqlcipher_database.decrypt_files(cipher, files)
    if found.database is not None:
        found.database.verify()
        found.database.read_at(0, len(data))


# Telegram Desktop.


def _versioned(function: Callable[[bytes, int], object]) -> Run:
    def run(data: bytes) -> None:
        for version in _TDESKTOP_VERSIONS:
            try:
                function(data, version)
            except FormatError:
                continue

    return run


def _stickers(data: bytes) -> None:
    for role in sorted(tdesktop_stickers.ROLES):
        for version in _TDESKTOP_VERSIONS:
            try:
                content = tdesktop_stickers.read_sticker_file(role, data, version)
            except FormatError:
                continue
            drain(tdesktop_stickers.sticker_facts(role, content))


def _local(data: bytes) -> None:
    for decrypt in (tdesktop_crypto.decrypt_local, tdesktop_crypto.decrypt_prefix):
        try:
            decrypt(data, _KEY)
        except tdesktop_crypto.DecryptionError:
            continue


def _encrypted_file(data: bytes) -> None:
    tdesktop_encrypted_file.decrypt_file(data, [_KEY])


def _html(data: bytes) -> None:
    for page in tdesktop_export_html.Page:
        try:
            drain(tdesktop_export_html.HtmlPage(io.BytesIO(data), page).records())
        except FormatError:
            continue


def _json(data: bytes) -> None:
    drain(tdesktop_export_json.JsonExport(io.BytesIO(data)).records())


def _desktop_log(data: bytes) -> None:
    drain(tdesktop_logs.read_entries([data]))


def _dump(data: bytes) -> None:
    dump = tdesktop_mtp_dump.read_dump(data.decode("utf-8", "replace"))
    if dump is not None:
        tdesktop_mtp_summary.summarize(dump)
        history = tdesktop_mtp_history.MtpHistory()
        drain(history.add(0, dump))
        drain(history.end())


def _mark_log(data: bytes) -> None:
    tdesktop_marks.read_update_log("log_up.txt", data)


def _oldest_keys(data: bytes) -> None:
    tdesktop_oldest.read_keys(data, bytes(32))


def _slice(data: bytes) -> None:
    for number in (0, 1):
        size = len(data)
        tdesktop_media_slices.read_slice(number, size, size, reader_of(data))


def _tdef(data: bytes) -> None:
    tdesktop_tdef.decrypt_tdef(data, _KEY)


def _tdata(data: bytes) -> None:
    """A key file and what hangs on it; damaged files are issues, not errors."""
    storage = tdesktop_storage.TdataStorage(MemoryFolder({"key_datas": data}))
    for account in storage.accounts:
        drain(iter(account.authorization_slots))


# TDLib.


def _binlog(data: bytes) -> None:
    log = tdlib_binlog.read_binlog(io.BytesIO(data), [b"cucumber", b""])
    tdlib_state.read_state(log)


def _file_of(arguments: dict[str, Any]) -> object:
    file = arguments["file"]
    position = file.tell()
    file.seek(0)
    data = file.read(1 << 16)
    file.seek(position)
    return data


def _pending(data: bytes) -> None:
    for kind in tdlib_pending._WHAT:
        record = tdlib_binlog.BinlogRecord(1, kind, data, 0)
        try:
            tdlib_pending.read_pending(record)
        except FormatError:
            continue


def _push(data: bytes) -> None:
    tdlib_pending.read_push(tdlib_binlog.BinlogRecord(1, 0x200, data, 0))


def _requests(data: bytes) -> None:
    for kind in tdlib_requests.REQUESTS:
        try:
            tdlib_requests.read_details(kind, Reader.versioned(data))
        except FormatError:
            continue


def _entities(data: bytes) -> None:
    tdlib_entities.read_user(7, data)


def _versions_of(function: Callable[[Reader], object]) -> Run:
    """What stands behind a version that was read before."""

    def run(data: bytes) -> None:
        for version in _TDLIB_VERSIONS:
            try:
                function(Reader(data, 0, version))
            except FormatError:
                continue

    return run


def _chat(function: Callable[[int, Reader], object]) -> Run:
    return _versions_of(lambda reader: function(7, reader))


def _tdlib_log(data: bytes) -> None:
    for offset, line in tdlib_side_files.split_lines(iter([data])):
        tdlib_side_files.read_log_line(line, offset)


# Telegram's schema.


def _tl(data: bytes) -> None:
    value = tl_reader.read_object(data)
    _facts(value)


def _facts(value: tl_object.TLObject) -> None:
    if value.result_type == "Message":
        tl_message.read_message(value)
    elif value.result_type == "MessageMedia":
        tl_media.read_media(value)
    tl_peers.read_user(value)
    tl_peers.read_chat(value)
    tl_peers.read_peer(value)


def _tl_vector(data: bytes) -> None:
    for item in ("int", "long", "string", "Message", "User", "MessageEntity"):
        try:
            tl_reader.read_vector(data, 0, item)
        except FormatError:
            continue


def _notice(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    service_notice.classify(text)
    service_notice.has_login_code(text)


# AFF4.


class _Alone:
    """No other volume stands beside it."""

    def names(self) -> list[str]:
        """See `Siblings`."""
        return []

    def open(self, name: str) -> FileSource:
        """See `Siblings`."""
        raise Aff4Error(name, None, "not there")


def _volume(data: bytes) -> None:
    source = FileSource(io.BytesIO(data), "volume.aff4")
    volumes = VolumeSet(source, _Alone(), own_name="volume.aff4")
    for image in volumes.images():
        try:
            image.stream.read_at(0, min(1 << 16, image.size))
        except Aff4Error:
            continue
    logical.build_tree(volumes)
    drain(verify(volumes))


def _zip(data: bytes) -> None:
    directory = ZipDirectory(FileSource(io.BytesIO(data), "volume.aff4"))
    for name in directory:
        try:
            directory.read(name, 1 << 20)
        except Aff4Error:
            continue


def _volume_bytes(arguments: dict[str, Any]) -> object:
    source = arguments["source"]
    return source.read_at(0, source.size) if source.size <= 1 << 16 else None


def _turtle(data: bytes) -> None:
    drain(TurtleParser("description").parse([data]))


def _pieces(arguments: dict[str, Any]) -> object:
    pieces = arguments["pieces"]
    return b"".join(pieces) if isinstance(pieces, list | tuple) else None


def _decompress(method: compression.Method) -> Target:
    function = compression.decompressor(method)
    return Target(
        f"aff4.compression.{method.name.lower()}",
        lambda data: function(data, 1 << 15),
        function,
        _first,
        (compression.CompressionError,),
    )


def _chunks(arguments: dict[str, Any]) -> object:
    chunks = arguments["chunks"]
    return b"".join(chunks) if isinstance(chunks, list | tuple) else None


def _special() -> Iterable[Target]:
    aff4 = (Aff4Error,)
    settings = android_preferences.read_preferences
    yield Target("android_preferences", _preferences, settings, _first)
    yield Target("android_packages", _packages, android_packages.read, _first)
    yield Target("android_usage", _usage, android_usage.read_usage, _first)
    yield Target(
        "android_usage_xml",
        lambda data: android_usage_xml.read_usage_xml(data, 1_700_000_000_000),
        android_usage_xml.read_usage_xml,
        _first,
    )
    yield Target(
        "android_xml",
        lambda data: android_xml.read_elements(data, lambda *arguments: None),
        android_xml.read_elements,
        _first,
    )
    folder = browser_leveldb_folder.LevelDbFolder.__init__
    yield Target("browser_local_storage", _local_storage, folder, _log_of)
    yield Target("browser_indexed_db", _indexed_db, folder, _log_of)
    framed = browser_compression.decompress_snappy_framed
    yield Target("browser_compression.framed", _framed, framed, _first)
    for name, run, function in (
        ("map_entry", _map_entry, browser_sqlite_storage.map_entry_text),
        ("indexed_value", _indexed_value, browser_sqlite_storage.indexed_db_value),
        ("firefox_item", _firefox_item, browser_sqlite_storage.firefox_item_text),
    ):
        yield Target(f"browser_sqlite_storage.{name}", run, function, _first)
    sortable = browser_sortable_key.read_sortable_key
    yield Target("browser_sortable_key", _sortable, sortable, _first)
    for name in ("read_user_key", "read_string"):
        function = getattr(browser_indexed_db_keys, name)
        yield Target(
            f"browser_indexed_db_keys.{name}",
            lambda data, function=function: function(data, 0),  # type: ignore[misc]
            function,
            _first,
        )
    for name, run in (("a", _web_a), ("k", _web_k), ("history", _web_history)):
        yield Target(f"telegram_web_{name}", run, None, _first)
    either = postbox_coding.read_root
    yield Target("postbox_objects", _object, either, _first)
    message = postbox_message.read_message
    yield Target("postbox_message", _postbox_message, message, _first)
    yield Target("postbox_carving", _carved, postbox_carving.find_messages, _first)
    for name in remote.LOGS:
        yield Target(f"remote.{name}", _remote(name), None, _first)
    yield Target("remote_plist", _plist, remote_plist.load, _first)
    yield Target(
        "remote_text",
        lambda data: drain(remote_text.read_lines([data], "cp1252")),
        remote_text.read_lines,
        _chunks,
    )
    database = sqlite_recovery.SqliteEvidence.__init__
    yield Target("sqlite_recovery", _sqlite, database, _reads("database"))
    yield Target("sqlite_opening", _opening, None, _first)
    yield Target("sqlite_pages.read_page", _page, sqlite_pages.read_page, _first)
    yield Target("sqlite_pages.read_record", _record, sqlite_pages.read_record, _first)
    yield Target("sqlite_wal", _wal, sqlite_wal.WalFile.__init__, _reads("read"))
    journal = sqlite_journal.JournalFile.__init__
    yield Target("sqlite_journal", _journal, journal, _reads("read"))
    create = sqlite_schema.parse_create_table
    yield Target("sqlite_schema", _create_table, create, _text)
    yield Target("sqlcipher_database", _cipher, None, _first)
    versioned: tuple[tuple[str, Callable[[bytes, int], object]], ...] = (
        ("hashtags", tdesktop_account_files.read_hashtags_and_bots),
        ("saved_peers", tdesktop_account_files.read_saved_peers),
        ("drafts", tdesktop_drafts.read_drafts),
        ("locations", tdesktop_locations.read_locations),
        ("self_record", tdesktop_peer.read_self_record),
    )
    for name, decode in versioned:
        yield Target(f"tdesktop.{name}", _versioned(decode), decode, _first)
    yield Target(
        "tdesktop_stickers",
        _stickers,
        tdesktop_stickers.read_sticker_file,
        lambda arguments: arguments["data"],
    )
    local = tdesktop_crypto.decrypt_local
    yield Target("tdesktop_crypto", _local, local, _first)
    encrypted = tdesktop_encrypted_file.decrypt_file
    yield Target("tdesktop_encrypted_file", _encrypted_file, encrypted, _first)
    yield Target(
        "tdesktop_export_html",
        _html,
        tdesktop_export_html.HtmlPage.__init__,
        lambda arguments: arguments["file_object"].getvalue(),
    )
    yield Target(
        "tdesktop_export_json",
        _json,
        tdesktop_export_json.JsonExport.__init__,
        lambda arguments: arguments["file_object"].getvalue(),
    )
    yield Target("tdesktop_logs", _desktop_log, tdesktop_logs.read_entries, _chunks)
    yield Target("tdesktop_mtp_dump", _dump, tdesktop_mtp_dump.read_dump, _text)
    yield Target(
        "tdesktop_marks.read_update_log",
        _mark_log,
        tdesktop_marks.read_update_log,
        lambda arguments: arguments["data"],
    )
    keys = tdesktop_oldest.read_keys
    yield Target("tdesktop_oldest.read_keys", _oldest_keys, keys, _first)
    yield Target("tdesktop_media_slices", _slice, None, _first)
    tdef = tdesktop_tdef.decrypt_tdef
    yield Target("tdesktop_tdef", _tdef, tdef, _first)
    yield Target(
        "tdesktop_storage",
        _tdata,
        importlib.import_module(_FORMATS + "tdesktop_key_file").read_key_file,
        _first,
    )
    yield Target("tdlib_binlog", _binlog, tdlib_binlog.read_binlog, _file_of)
    yield Target(
        "tdlib_pending.read_pending", _pending, tdlib_pending.read_pending, _payload
    )
    yield Target("tdlib_pending.read_push", _push, tdlib_pending.read_push, _payload)
    details = tdlib_requests.read_details
    yield Target("tdlib_requests", _requests, details, _remaining)
    yield Target(
        "tdlib_entities.read_user",
        _entities,
        tdlib_entities.read_user,
        lambda arguments: arguments["data"],
    )
    for name in (
        "read_group",
        "read_channel",
        "read_full_user",
        "read_full_group",
        "read_full_channel",
        "read_secret_chat",
    ):
        function = getattr(tdlib_entities, name)
        yield Target(f"tdlib_entities.{name}", _chat(function), function, _remaining)
    for name in ("read_poll", "read_local_poll"):
        function = getattr(tdlib_polls, name)
        yield Target(
            f"tdlib_polls.{name}", _versions_of(function), function, _remaining
        )
    lines = tdlib_side_files.split_lines
    yield Target("tdlib_side_files.log", _tdlib_log, lines, _chunks)
    yield Target("tl_reader.read_object", _tl, tl_reader.read_object, _first)
    yield Target("tl_reader.read_vector", _tl_vector, tl_reader.read_vector, _first)
    yield Target("service_notice", _notice, service_notice.classify, _text)
    volume = ZipDirectory.__init__
    yield Target("aff4.volume", _volume, volume, _volume_bytes, aff4)
    yield Target("aff4.zip", _zip, volume, _volume_bytes, aff4)
    yield Target("aff4.turtle", _turtle, TurtleParser.parse, _pieces, aff4)
    for method in compression.Method:
        yield _decompress(method)


_BYTES = """
android_custom_params.read_message_custom_params
android_database.decode_message
android_datacenter_files.read_address_file
android_datacenter_files.read_statistics
android_device.read_build_properties
android_device.read_persistent_properties
android_message_blob.read_message_blob
android_notifications.read_history
android_tgnet.read_tgnet
android_tgnet.read_config_dat
android_usage.read_mappings
apple_biome.read_app_in_focus
apple_biome.read_notification
apple_segb.read_segment
apple_tempkey.read_tempkey
browser_compression.decompress_snappy
browser_compression.salvage_snappy
browser_compression.decompress_zstd
browser_firefox_clone.decode_value
browser_firefox_clone.decode_record
browser_firefox_clone.decode_file
browser_indexed_db.unwrap
browser_indexed_db_keys.read_prefix
browser_indexed_db_keys.read_bare_string
browser_indexed_db_keys.read_external_objects
browser_local_storage.decode_string
browser_sqlite_storage.read_usage
browser_sqlite_storage.read_origin_metadata
browser_sqlite_storage.read_service_workers
browser_sqlite_storage.safari_item_text
browser_v8_value.decode_value
browser_webkit_value.decode_value
postbox_drafts.read_draft
postbox_drafts.read_old_draft
postbox_ids.read_message_ids
postbox_ids.read_peer_ids
postbox_keychain.read_archive
postbox_keys.read_message_key
postbox_keys.read_tag_key
postbox_keys.read_storage_reference_key
postbox_message.read_message_in_front
postbox_records.read_atomic_state
postbox_records.read_shared_data
postbox_tables.read_chat_list_index
postbox_tables.read_stored_resource
protobuf_fields.read_fields
sqlite_pages.read_header
tdesktop_account_files.read_search_suggestions
tdesktop_account_files.read_export_settings
tdesktop_account_files.read_bot_downloads
tdesktop_account_files.read_bot_storage
tdesktop_account_files.read_media_positions
tdesktop_application_settings.read_application_settings
tdesktop_authorization.read_authorization
tdesktop_authorization.read_authorization_prefix
tdesktop_cache.read_index
tdesktop_config.read_config_file
tdesktop_config.read_config
tdesktop_config.read_dc_options
tdesktop_kd2.read_trailer
tdesktop_key_file.read_key_file
tdesktop_key_file.read_legacy_map
tdesktop_map.read_map
tdesktop_marks.read_crash_report
tdesktop_marks.read_lock_file
tdesktop_oldest.read_plain_config
tdesktop_oldest.read_user_config
tdesktop_passcodes.parse_passcodes
tdesktop_session_settings.read_session_settings
tdesktop_settings_blocks.read_blocks
tdf.read_container
tdlib_binlog.read_encryption
tdlib_dialogs.read_dialog
tdlib_message.read_message
tdlib_side_files.read_account_slots
tdlib_stored_files.read_stored_file
"""
_WITH_PROBLEMS = """
postbox_coding.read_body
postbox_coding.read_root
postbox_critlog.read_critlog
postbox_records.read_old_challenge
postbox_tables.read_log_entry
postbox_tables.read_media_entry
postbox_tables.read_read_states
"""
_FILES_WITH_ISSUES = """
browser_cache_storage.read_index
browser_cache_storage.read_entry
browser_leveldb_log.read_log
browser_leveldb_log.read_payloads
browser_leveldb_manifest.read_manifest
browser_leveldb_table.read_table
"""


def _all_targets() -> dict[str, Target]:
    found = [
        *_simple(_BYTES),
        *_simple(_WITH_PROBLEMS, list),
        *_simple(_FILES_WITH_ISSUES, list, is_file=True),
        *_simple("browser_leveldb_manifest.read_current", is_file=True),
        *_simple(
            "browser_leveldb_manifest.read_text_lines",
            list,
            lambda: "LOG",
            is_file=True,
        ),
        *_special(),
    ]
    targets = {target.name: target for target in found}
    assert len(targets) == len(found)
    return dict(sorted(targets.items()))


TARGETS = _all_targets()
