"""IndexedDB of Chromium browsers (`IndexedDB/<origin>.indexeddb.leveldb`).

Specification: formats/telegram_web.md section 6.3. Seen with Chromium 113 and 156.

Databases and stores have numbers; their names are in records of their own, old versions
of which also name what was deleted since. Records have no time, only their sequence.
A large value is compressed, or stands in a file of the `.indexeddb.blob` folder.

Since transactions became recoverable, Chromium writes what a transaction would have to
be undone with, deletes it again, and so leaves copies of former values: `undo_values`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from telegram_forensics.formats.browser_bytes import Findings
from telegram_forensics.formats.browser_compression import (
    MAXIMUM_PLAIN,
    decompress_snappy,
)
from telegram_forensics.formats.browser_indexed_db_keys import (
    DATABASE_NAME,
    DATABASE_VERSION,
    INDEX_BLOBS,
    INDEX_RECORDS,
    SCOPES,
    SCOPES_UNDO,
    STORE_METADATA,
    STORE_METADATA_NAME,
    STORE_NAMES,
    ExternalObject,
    read_bare_string,
    read_external_objects,
    read_prefix,
    read_string,
    read_user_key,
)
from telegram_forensics.formats.browser_leveldb_folder import (
    FolderRecord,
    LevelDbFolder,
)
from telegram_forensics.formats.errors import FormatError, Issue
from telegram_forensics.formats.protobuf_fields import LENGTH, read_fields
from telegram_forensics.formats.varint import read_varint

BLOB_MIME: Final = "application/vnd.blink-idb-value-wrapper"
_WRAPPED: Final = b"\xff\x11"
_BLOB_WRAPPER, _SNAPPY_WRAPPER = 1, 2
_MAXIMUM_WRAPPERS: Final = 4
_UNDO_PUT: Final = 1


@dataclass(slots=True)
class DatabaseName:
    """A record that names a database.

    Attributes:
        database_id: number of the database, None where the record deletes it.
        origin: e.g. "https_web.telegram.org_0@1".
        name: of the database.
        source: the record.
    """

    database_id: int | None
    origin: str
    name: str
    source: FolderRecord


@dataclass(slots=True)
class StoreName:
    """A record that names an object store.

    Attributes:
        database_id: number of the database.
        store_id: number of the store, None where the record deletes it.
        name: of the store.
        source: the record.
    """

    database_id: int
    store_id: int | None
    name: str
    source: FolderRecord


@dataclass(slots=True)
class IndexedDbRecord:
    """A record of an object store as it once was, or that it was deleted.

    Attributes:
        database_id: number of the database.
        database_name: its name at that time, None if no record tells.
        store_id: number of the store.
        store_name: its name at that time, None if no record tells.
        key: as `read_user_key` gives it, None also if it is damaged.
        key_bytes: as it is stored.
        version: of the record, None for a delete or if it is damaged.
        value: stored value behind the version, for `unwrap`; empty for a delete.
        is_delete: the record was deleted.
        external_objects: blobs and files that belong to it.
        source: the record.
        is_undo: a copy of the value before `source`, kept to undo a transaction.
    """

    database_id: int
    database_name: str | None
    store_id: int
    store_name: str | None
    key: Any
    key_bytes: bytes
    version: int | None
    value: bytes
    is_delete: bool
    external_objects: list[ExternalObject]
    source: FolderRecord
    is_undo: bool = False


@dataclass(slots=True)
class Unwrapped:
    """What is in the wrappers of a value.

    Attributes:
        data: the value for the V8 decoder, None if it stands in an external object.
        blob_index: position in the record's external objects, None if it is not there.
        blob_size: its bytes, None if it is not there.
        is_compressed: it was compressed.
    """

    data: bytes | None
    blob_index: int | None = None
    blob_size: int | None = None
    is_compressed: bool = False


def unwrap(value: bytes, limit: int = MAXIMUM_PLAIN) -> Unwrapped:
    """Opens the wrappers of a value, or of the content of a blob file.

    Args:
        value: the value without the record's version.
        limit: bytes that it may become.

    Raises:
        FormatError: if it cannot be decompressed.
    """
    is_compressed = False
    for _ in range(_MAXIMUM_WRAPPERS):
        if value[:2] != _WRAPPED or len(value) < 3:
            break
        if value[2] == _BLOB_WRAPPER:
            size, position = read_varint(value, 3)
            index, _ = read_varint(value, position)
            return Unwrapped(None, index, size, is_compressed)
        if value[2] != _SNAPPY_WRAPPER:
            break
        value = decompress_snappy(value[3:], limit)
        is_compressed = True
    return Unwrapped(value, is_compressed=is_compressed)


def blob_path(database_id: int, blob_number: int) -> str:
    """Path of a blob's file, relative to the `.indexeddb.blob` folder."""
    return f"{database_id:x}/{blob_number >> 8 & 0xFF:02x}/{blob_number:x}"


class IndexedDb:
    """All databases of an origin.

    Attributes:
        folder: the LevelDB folder.
        databases: records that name databases, by sequence, also former ones.
        stores: records that name stores, by sequence, also former ones.
        versions: (database number, version that the page gave, record), by sequence.
        issues: what is wrong; what is wrong with the files is in those of the folder.
    """

    def __init__(self, folder: LevelDbFolder) -> None:
        """Reads the names and the lists of external objects."""
        self.folder = folder
        self.issues: list[Issue] = []
        self.databases: list[DatabaseName] = []
        self.stores: list[StoreName] = []
        self.versions: list[tuple[int, int, FolderRecord]] = []
        self._blobs: dict[tuple[int, int, bytes], list[tuple[int, bytes]]] = {}
        findings = Findings(self.issues)
        for record in folder.records(_is_metadata):
            try:
                self._read_metadata(record)
            except FormatError as exception:
                findings.add(
                    record.record.offset,
                    f"{record.file.name}: sequence {record.sequence}: "
                    f"{exception.reason}",
                )
        findings.close()
        self.databases.sort(key=lambda name: name.source.sequence)
        self.stores.sort(key=lambda name: name.source.sequence)
        self.versions.sort(key=lambda item: item[2].sequence)
        for lists in self._blobs.values():
            lists.sort()
        self._database_names = {
            name.database_id: name.name for name in self.databases if name.database_id
        }
        # By number: (sequence, name), since numbers of stores are not used again but
        # a store can be renamed.
        self._store_names: dict[tuple[int, int], list[tuple[int, str]]] = {}
        for name in self.stores:
            if name.store_id is not None and not name.source.is_damaged:
                self._store_names.setdefault(
                    (name.database_id, name.store_id), []
                ).append((name.source.sequence, name.name))

    def records(
        self, wanted: Callable[[str | None, str | None], bool] | None = None
    ) -> Iterator[IndexedDbRecord]:
        """Reads the records of the object stores, in the order of the folder's records.

        Args:
            wanted: tells for the names of database and store whether their records
                are given.
        """
        findings = Findings(self.issues)
        for source in self.folder.records(_is_record):
            record = self._read_record(source, source.key, source.value, findings)
            if record is not None and (
                wanted is None or wanted(record.database_name, record.store_name)
            ):
                yield record
        findings.close()

    def undo_values(
        self, wanted: Callable[[str | None, str | None], bool] | None = None
    ) -> Iterator[IndexedDbRecord]:
        """Reads the values that transactions would have been undone with.

        Each is the value of its key before the transaction, and usually also there as
        a record of its own with a lower sequence.
        """
        findings = Findings(self.issues)
        for source in self.folder.records(_is_undo):
            try:
                puts = list(_read_undo(source.value))
            except FormatError as exception:
                findings.add(
                    source.record.offset,
                    f"{source.file.name}: sequence {source.sequence}: undo task: "
                    f"{exception.reason}",
                )
                continue
            for key, value in puts:
                if not _is_record(key):
                    continue
                record = self._read_record(source, key, value, findings)
                if record is None or (
                    wanted and not wanted(record.database_name, record.store_name)
                ):
                    continue
                record.is_undo, record.is_delete = True, False
                yield record
        findings.close()

    def _read_metadata(self, source: FolderRecord) -> None:
        key = source.key
        prefix = read_prefix(key)
        kind = key[prefix.end] if prefix.end < len(key) else -1
        if prefix.index_id == INDEX_BLOBS:
            # Deletes count as well: a later value of the key has no blobs.
            place = (prefix.database_id, prefix.store_id, key[prefix.end :])
            self._blobs.setdefault(place, []).append((source.sequence, source.value))
        elif not prefix.database_id:
            origin, position = read_string(key, prefix.end + 1)
            name, _ = read_string(key, position)
            number = None if source.is_delete else _read_number(source.value)
            self.databases.append(DatabaseName(number, origin, name, source))
        elif kind == STORE_NAMES:
            name, _ = read_string(key, prefix.end + 1)
            number = None if source.is_delete else _read_number(source.value)
            self.stores.append(StoreName(prefix.database_id, number, name, source))
        elif kind == STORE_METADATA and not source.is_delete:
            number, position = read_varint(key, prefix.end + 1)
            if key[position:] == bytes([STORE_METADATA_NAME]):
                name = read_bare_string(source.value)
                self.stores.append(StoreName(prefix.database_id, number, name, source))
        elif kind == DATABASE_VERSION and not source.is_delete:
            number, _ = read_varint(source.value, 0)
            self.versions.append((prefix.database_id, number, source))

    def _read_record(
        self, source: FolderRecord, key: bytes, value: bytes, findings: Findings
    ) -> IndexedDbRecord | None:
        prefix = read_prefix(key)
        record = IndexedDbRecord(
            prefix.database_id,
            self._database_names.get(prefix.database_id),
            prefix.store_id,
            self._store_name(prefix.database_id, prefix.store_id, source.sequence),
            None,
            key[prefix.end :],
            None,
            b"",
            source.is_delete,
            [],
            source,
        )
        place = f"{source.file.name}: sequence {source.sequence}"
        try:
            record.key, _ = read_user_key(key, prefix.end)
        except FormatError as exception:
            findings.add(source.record.offset, f"{place}: key: {exception.reason}")
        if not value:
            if not source.is_delete:
                findings.add(source.record.offset, f"{place}: empty value")
            return record
        try:
            record.version, position = read_varint(value, 0)
            record.value = value[position:]
            record.external_objects = self._external_objects(prefix, record)
        except FormatError as exception:
            findings.add(source.record.offset, f"{place}: {exception.reason}")
        return record

    def _external_objects(
        self, prefix: Any, record: IndexedDbRecord
    ) -> list[ExternalObject]:
        lists = self._blobs.get((prefix.database_id, prefix.store_id, record.key_bytes))
        if not lists:
            return []
        source = record.source
        # Written behind the value: in its batch or, when the files are, in the next.
        end = source.successor
        for sequence, data in lists:
            if source.sequence < sequence and (end is None or sequence < end):
                return read_external_objects(data)
        return []

    def _store_name(self, database: int, store: int, sequence: int) -> str | None:
        names = self._store_names.get((database, store))
        if not names:
            return None
        chosen = names[0][1]
        for number, name in names:
            if number > sequence:
                break
            chosen = name
        return chosen


def _read_number(data: bytes) -> int:
    number, _ = read_varint(data, 0)
    return number


def _read_undo(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Reads the puts of an undo task: protobuf, 1 = put {1 key, 2 value}."""
    for field in read_fields(data):
        if field.wire_type != LENGTH or field.number != _UNDO_PUT:
            continue
        parts = {
            inner.number: data[inner.start : inner.end]
            for inner in read_fields(data, field.start, field.end)
            if inner.wire_type == LENGTH
        }
        if 1 in parts and 2 in parts:
            yield parts[1], parts[2]


def _is_record(key: bytes) -> bool:
    try:
        prefix = read_prefix(key)
    except FormatError:
        return False
    return prefix.index_id == INDEX_RECORDS and prefix.database_id > 0


def _is_metadata(key: bytes) -> bool:
    try:
        prefix = read_prefix(key)
    except FormatError:
        return False
    if prefix.end >= len(key):
        return False
    if prefix.index_id:
        return prefix.index_id == INDEX_BLOBS and prefix.database_id > 0
    kind = key[prefix.end]
    if prefix.database_id:
        return not prefix.store_id and kind in {
            STORE_NAMES,
            STORE_METADATA,
            DATABASE_VERSION,
        }
    return kind == DATABASE_NAME and not prefix.store_id


def _is_undo(key: bytes) -> bool:
    return key[:6] == bytes([0, 0, 0, 0, SCOPES, SCOPES_UNDO])
