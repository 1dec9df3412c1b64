"""The profiles of ../shared/samples/web against what was put into them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from telegram_forensics.formats import (
    browser_firefox_clone,
    browser_indexed_db,
    browser_v8_value,
)
from telegram_forensics.formats.browser_bytes import Findings
from telegram_forensics.formats.browser_cache_storage import (
    origin_folder,
    read_entry,
    read_index,
)
from telegram_forensics.formats.browser_compression import decompress_snappy_framed
from telegram_forensics.formats.browser_indexed_db import IndexedDb, IndexedDbRecord
from telegram_forensics.formats.browser_leveldb_folder import FileState, RecordState
from telegram_forensics.formats.browser_leveldb_log import read_log
from telegram_forensics.formats.browser_leveldb_table import read_table
from telegram_forensics.formats.browser_local_storage import LocalStorage, TimeBasis
from telegram_forensics.formats.browser_sortable_key import read_sortable_key
from telegram_forensics.formats.browser_sqlite_storage import (
    chromium_database_file_name,
    firefox_database_file_name,
    firefox_item_text,
    indexed_db_value,
    map_entry_text,
    read_origin_metadata,
    read_service_workers,
    read_usage,
)
from telegram_forensics.formats.errors import Issue
from tests.browser_samples import (
    INDEXED_DB,
    LEVELDB_PROFILES,
    LOCAL_STORAGE,
    WEB,
    needs_samples,
    rows,
    sample_folder,
    truth,
)
from tests.plain_values import to_plain

pytestmark = needs_samples
SQLITE_PROFILE = WEB / "chromium156_sqlite_webk" / "Default"
FIREFOX_PROFILES = ("firefox153_weba", "firefox153_webk")
FIREFOX_ORIGIN = "storage/default/https+++web.telegram.org"


def sessions(node: Any) -> Iterator[dict[str, Any]]:
    """All sessions of a ground truth."""
    if isinstance(node, dict):
        if "key_hex" in node:
            yield node
        for item in node.values():
            yield from sessions(item)
    elif isinstance(node, list):
        for item in node:
            yield from sessions(item)


def local_storage(profile: str) -> LocalStorage:
    storage = LocalStorage(sample_folder(WEB / profile / LOCAL_STORAGE))
    assert not storage.folder.issues
    return storage


@pytest.mark.parametrize("profile", LEVELDB_PROFILES)
def test_local_storage(profile: str) -> None:
    """Every key comes out of a put, every record has the time of its commit."""
    storage = local_storage(profile)
    facts = truth(profile)
    entries = list(storage.entries())
    assert not storage.issues
    assert {entry.storage_key for entry in entries} == {"https://web.telegram.org"}
    texts = [entry.value for entry in entries if entry.value is not None]
    if "webz" in profile:
        # Early Web Z keeps the session in IndexedDB, as JSON with lists of bytes.
        for _, value in indexed_db(profile)[1]:
            if isinstance(value, str) and '"mainDcId"' in value:
                keys = json.loads(value)["keys"].values()
                texts += [bytes(key["data"]).hex() for key in keys]
    for session in sessions(facts):
        digest = hashlib.sha1(bytes.fromhex(session["key_hex"])).digest()
        assert digest[12:20].hex() == session["auth_key_id_bytes"]
        assert any(session["key_hex"] in text for text in texts), session["sha1"]
    start, end = facts["written_between_unix"]
    for entry in entries:
        assert entry.time_basis in {TimeBasis.BATCH, TimeBasis.BEFORE_META}
        assert entry.time is not None
        assert start * 1_000_000 < entry.time < end * 1_000_000
        assert not entry.source.is_damaged
        assert entry.source.file.state is FileState.LISTED
    # Later records have later times.
    entries.sort(key=lambda entry: entry.source.sequence)
    times = [entry.time or 0 for entry in entries]
    assert times == sorted(times)


def test_final_states_and_deletes() -> None:
    storage = local_storage("chromium156_leveldb_webk")
    facts = truth("chromium156_leveldb_webk")
    entries = list(storage.entries())
    live = {
        entry.key: entry.value
        for entry in entries
        if entry.source.state is RecordState.CURRENT
    }
    account = json.loads(live["account1"] or "")
    assert account["userId"] == facts["final_state"]["account1"]["user_id"]
    assert json.loads(live["user_auth"] or "")["date"] == facts["user_auth_date_now"]
    gone = {
        entry.key
        for entry in entries
        if entry.value is None and entry.source.state is RecordState.DELETED
    }
    # Deletes of items that were never committed leave no record.
    assert gone <= set(facts["localStorage_keys_deleted_in_run3"])
    assert {"account2", "dc2_auth_key", "dc2_server_salt"} <= gone
    times = {
        json.loads(entry.value)["time"]
        for entry in entries
        if entry.key == "xt_instance" and entry.value
    }
    assert times == set(facts["xt_instance_times_ms"])


def test_deletes_of_webogram() -> None:
    profile = "chromium113_leveldb_webogram_webz"
    storage = local_storage(profile)
    entries = list(storage.entries())
    gone = {
        entry.key
        for entry in entries
        if entry.value is None and not entry.source.is_key_live
    }
    assert gone == set(truth(profile)["records_gone_after_run2"])
    draft = next(e.value for e in entries if e.key.startswith("draft"))
    assert json.loads(draft or "")["text"] == truth(profile)["draft_text"]


def test_records_of_a_table() -> None:
    """In the table the batches are lost; METAACCESS and META tell the time."""
    storage = local_storage("chromium156_leveldb_weba")
    entries = [entry for entry in storage.entries() if entry.source.file.is_table]
    assert len(entries) == 24
    assert {entry.time_basis for entry in entries} == {TimeBasis.BEFORE_META}
    first = [entry for entry in entries if entry.source.sequence <= 10]
    assert {entry.time for entry in first} == {1795301561802390}
    lines = list(storage.folder.text_lines())
    starts = [line for line in lines if line.is_run_start]
    assert [(line.file, line.local_time[:19]) for line in starts] == [
        ("LOG.old", "2026-11-21T22:52:59"),
        ("LOG", "2026-11-21T22:53:29"),
    ]
    path = truth("chromium156_leveldb_weba")["profile_path_at_writing"]
    assert path in starts[0].text


def indexed_db(profile: str) -> tuple[IndexedDb, list[tuple[IndexedDbRecord, Any]]]:
    path = WEB / profile / INDEXED_DB
    database = IndexedDb(sample_folder(path))
    values: list[tuple[IndexedDbRecord, Any]] = []
    for record in [*database.records(), *database.undo_values()]:
        if record.is_delete:
            values.append((record, None))
            continue
        content = browser_indexed_db.unwrap(record.value)
        if content.data is None:
            assert content.blob_index is not None
            blob = record.external_objects[content.blob_index]
            assert blob.mime_type == browser_indexed_db.BLOB_MIME
            assert blob.blob_number is not None
            place = browser_indexed_db.blob_path(record.database_id, blob.blob_number)
            data = (path.with_suffix(".blob") / place).read_bytes()
            assert len(data) == blob.size
            content = browser_indexed_db.unwrap(data)
        assert content.data is not None
        decoded = browser_v8_value.decode_value(content.data)
        assert decoded.is_complete
        assert not decoded.issues
        values.append((record, to_plain(decoded.value)))
    assert not database.issues
    assert not database.folder.issues
    return database, values


@pytest.mark.parametrize("profile", LEVELDB_PROFILES)
def test_all_values_of_indexed_db_decode(profile: str) -> None:
    _, values = indexed_db(profile)
    assert values
    for record, _ in values:
        assert record.database_name
        assert record.store_name
        assert isinstance(record.key, str)


def test_messages_of_web_k() -> None:
    facts = truth("chromium156_leveldb_webk")
    _, values = indexed_db("chromium156_leveldb_webk")
    former, current = [], []
    for record, value in values:
        if record.store_name == "dialogs" and value is not None and not record.is_undo:
            is_live = record.source.state is RecordState.CURRENT
            (current if is_live else former).append(value["topMessage"])
    (expected,) = [facts[key] for key in facts if key.startswith("former_messages")]
    assert len(expected) == 3
    for message in expected:
        assert message in former
    for message in facts["current_messages"]:
        assert message in current


def test_messages_of_web_a() -> None:
    facts = truth("chromium156_leveldb_weba")
    _, values = indexed_db("chromium156_leveldb_weba")
    states = {
        record.version: value
        for record, value in values
        if record.key == "tt-global-state" and value and not record.is_undo
    }

    def messages(state: dict[str, Any]) -> list[dict[str, Any]]:
        chat = state["messages"]["byChatId"]["612345987"]["byId"]
        return [chat[number] for number in chat]

    assert messages(states[2]) == facts["messages_deleted_state_run1"]
    final = messages(states[5])
    assert [m for m in final if m["id"] < 2000] == facts["messages_final_state"]
    assert [m["id"] for m in final if m["id"] >= 2000] == list(range(2000, 2700))
    # The second slot stands in a file of its own, compressed.
    (other,) = [v for r, v in values if r.key == "tt-global-state_2" and v]
    fillers = [m for m in messages(other) if m["id"] >= 2000]
    assert [m["id"] for m in fillers] == list(range(2000, 2900))
    # A copy of the state before the last one was left to undo a transaction.
    undone = [value for record, value in values if record.is_undo]
    assert states[4] in undone


@pytest.mark.parametrize("profile", LEVELDB_PROFILES)
def test_other_leveldb_folders(profile: str) -> None:
    for path in (WEB / profile / "Default").rglob("CURRENT"):
        database = sample_folder(path.parent)
        records = database.sorted_records()
        assert not database.issues
        assert records
        assert database.is_complete(1, records[-1].sequence)


def test_sqlite_profile() -> None:
    facts = truth("chromium156_sqlite_webk")
    entries = {
        map_entry_text(key): map_entry_text(value, compression)
        for key, value, compression in rows(
            SQLITE_PROFILE / "LocalStorage",
            "SELECT key, value, value_compression_type FROM map_entries",
        )
    }
    session = facts["final_state"]["account1"]["sessions"]["dc4"]
    assert json.loads(entries["dc4_auth_key"]) == session["key_hex"]
    assert not set(entries) & set(facts["localStorage_keys_deleted_in_run3"])
    dialogs = []
    for path in (SQLITE_PROFILE / "IndexedDB").rglob("*"):
        if path.is_dir():
            continue
        ((name,),) = rows(path, "SELECT name FROM indexed_db_metadata")
        assert chromium_database_file_name(name.decode("utf-16-le")) == path.name
        query = "SELECT object_store_id, key, value, compression_type FROM records"
        for store, key, value, compression in rows(path, query):
            assert isinstance(read_sortable_key(key, True), str)
            decoded = browser_v8_value.decode_value(
                indexed_db_value(value, compression)
            )
            assert decoded.is_complete
            if store == 9:
                dialogs.append(to_plain(decoded.value)["topMessage"])
    assert dialogs == facts["current_messages"]


@pytest.mark.parametrize("profile", FIREFOX_PROFILES)
def test_firefox_profile(profile: str) -> None:
    facts = truth(profile)
    folder = WEB / profile / FIREFOX_ORIGIN
    items = {
        key: firefox_item_text(value, length, conversion, compression)
        for key, value, length, conversion, compression in rows(
            folder / "ls" / "data.sqlite",
            "SELECT key, value, utf16_length, conversion_type, compression_type "
            "FROM data",
        )
    }
    ((usage,),) = rows(folder / "ls" / "data.sqlite", "SELECT usage FROM database")
    assert read_usage((folder / "ls" / "usage").read_bytes()) == usage
    for session in sessions(facts["final_state"]):
        assert any(session["key_hex"] in text for text in items.values())
    messages: list[Any] = []
    for path in (folder / "idb").glob("*.sqlite"):
        ((name,),) = rows(path, "SELECT name FROM database")
        assert firefox_database_file_name(name) == path.name
        for key, data in rows(path, "SELECT key, data FROM object_data"):
            assert isinstance(read_sortable_key(key, False), str)
            decoded = browser_firefox_clone.decode_record(data)
            assert decoded.is_complete
            assert not decoded.issues
            value = to_plain(decoded.value)
            messages += [value["topMessage"]] if "topMessage" in value else []
            if read_sortable_key(key, False) == "tt-global-state":
                messages += value["messages"]["byChatId"]["612345987"]["byId"].values()
    for message in facts.get("current_messages", facts.get("messages_final_state")):
        assert message in messages
    start, end = (int(moment * 1e6) for moment in facts["written_between_unix"])
    metadata = read_origin_metadata((folder / ".metadata-v2").read_bytes())
    assert metadata.origin == "https://web.telegram.org"
    assert start < metadata.last_access < end
    (worker,) = read_service_workers((WEB / profile / "serviceworker.txt").read_bytes())
    for time in (worker.installed, worker.activated, worker.updated):
        assert time is not None
        assert start < time < end
    assert (worker.updated or 0) < (worker.installed or 0) < (worker.activated or 0)
    bodies = list((folder / "cache" / "morgue").rglob("*.final"))
    assert bodies
    for body in bodies:
        issues: list[Issue] = []
        assert decompress_snappy_framed(body.read_bytes(), Findings(issues))
        assert not issues


def test_cache_storage() -> None:
    found = list(WEB.rglob("CacheStorage/*/index.txt"))
    assert found
    for path in found:
        issues: list[Issue] = []
        with path.open("rb") as file:
            index = read_index(file, issues)
        assert origin_folder(index.origin) == path.parent.name
        for cache in index.caches:
            (entry_path,) = (path.parent / cache.directory).glob("*_0")
            with entry_path.open("rb") as file:
                entry = read_entry(file, issues)
            digest = hashlib.sha1(entry.url.encode()).digest()
            assert f"{int.from_bytes(digest[:8], 'little'):016x}_0" == entry_path.name
            assert entry.status == 200
            facts = truth(path.relative_to(WEB).parts[0])
            start, end = (int(moment * 1e6) for moment in facts["written_between_unix"])
            assert entry.response_time is not None
            assert entry.entry_time is not None
            assert start < entry.response_time < entry.entry_time < end
        assert not issues


def _oracle(path: Path) -> set[tuple[int, int, bytes, bytes]]:
    if path.suffix == ".log":
        log = pytest.importorskip("dfindexeddb.leveldb.log")
        return {
            (r.sequence_number, int(r.record_type), r.key, r.value)
            for r in log.FileReader(str(path)).GetParsedInternalKeys()
        }
    ldb = pytest.importorskip("dfindexeddb.leveldb.ldb")
    return {
        (r.sequence_number, int(r.record_type), r.key, r.value)
        for r in ldb.FileReader(str(path)).GetKeyValueRecords()
    }


def test_records_as_dfindexeddb_reads_them() -> None:
    """Install with: pip install --no-deps dfindexeddb==20260210 (its pins are old)."""
    count = 0
    for path in [*WEB.rglob("0*.log"), *WEB.rglob("0*.ldb")]:
        issues: list[Issue] = []
        reader = read_log if path.suffix == ".log" else read_table
        with path.open("rb") as file:
            found = {
                (r.sequence, int(r.kind), r.key, r.value) for r in reader(file, issues)
            }
        assert not issues
        assert found == _oracle(path)
        count += len(found)
    assert count > 2000


def test_values_as_dfindexeddb_reads_them(monkeypatch: pytest.MonkeyPatch) -> None:
    v8 = pytest.importorskip("dfindexeddb.indexeddb.chromium.v8")
    blink = pytest.importorskip("dfindexeddb.indexeddb.chromium.blink")
    # It refuses version 16, which is read like 15.
    monkeypatch.setattr(v8.ValueDeserializer, "LATEST_VERSION", 16)
    count = 0
    for profile in LEVELDB_PROFILES:
        database = IndexedDb(sample_folder(WEB / profile / INDEXED_DB))
        for record in database.records():
            if record.is_delete:
                continue
            content = browser_indexed_db.unwrap(record.value)
            if content.data is None:
                continue
            theirs = _as_ours(blink.V8ScriptValueDecoder.FromBytes(content.data))
            ours = to_plain(browser_v8_value.decode_value(content.data).value)
            assert theirs == ours
            count += 1
    assert count > 30


@pytest.mark.parametrize("profile", FIREFOX_PROFILES)
def test_firefox_values_as_dfindexeddb_reads_them(profile: str) -> None:
    gecko = pytest.importorskip("dfindexeddb.indexeddb.firefox.gecko")
    count = 0
    for path in (WEB / profile / FIREFOX_ORIGIN / "idb").glob("*.sqlite"):
        for key, data in rows(path, "SELECT key, data FROM object_data"):
            theirs = _as_ours(gecko.JSStructuredCloneDecoder.FromBytes(data))
            ours = to_plain(browser_firefox_clone.decode_record(data).value)
            assert theirs == ours
            their_key = gecko.IDBKey.FromBytes(key)
            assert their_key.value == read_sortable_key(key, False)
            count += 1
    assert count > 2


def _as_ours(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _as_ours(item) for key, item in value.items()}
    if type(value).__name__ == "JSArray":
        return [_as_ours(item) for item in value.values]
    if type(value).__name__ in {"Null", "Undefined"}:
        return None
    if type(value).__name__ == "ArrayBufferView":
        return value.buffer[value.offset : value.offset + value.length].hex()
    return value
