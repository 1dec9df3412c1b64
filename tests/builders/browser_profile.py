"""Writes storage of browsers, from the description of the formats.

A second implementation: it does not import the library.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import cramjam

from tests.builders import leveldb

ORIGIN = "https://web.telegram.org"
EPOCH = 11_644_473_600_000_000
PUT, DELETE = 1, 0
# Where META stands in a batch: see section 5.4 of the specification.
META_FIRST, META_ACCESS_FIRST, META_LAST = "113", "131", "156"


@dataclass
class Commit:
    """A commit to localStorage.

    Attributes:
        time: microseconds since 1970 UTC.
        puts: texts by name.
        deletes: names.
        has_access: there is a METAACCESS.
    """

    time: int
    puts: Mapping[str, str] = field(default_factory=dict)
    deletes: Sequence[str] = ()
    has_access: bool = True


def web_string(text: str) -> bytes:
    """A key or value: Latin-1 if that can carry it, else UTF-16."""
    try:
        return b"\x01" + text.encode("latin-1")
    except UnicodeEncodeError:
        return b"\x00" + text.encode("utf-16-le", "surrogatepass")


def meta_value(time: int, size: int | None = None) -> bytes:
    """The value of META or METAACCESS."""
    value = b"\x08" + leveldb.varint(time + EPOCH)
    return value if size is None else value + b"\x10" + leveldb.varint(size)


def entries_of(commit: Commit, order: str, origin: str = ORIGIN) -> list[leveldb.Entry]:
    """The entries of a commit's batch."""
    key = origin.encode()
    changes = [
        (PUT, b"_" + key + b"\0" + web_string(name), web_string(text))
        for name, text in commit.puts.items()
    ]
    changes += [
        (DELETE, b"_" + key + b"\0" + web_string(name), b"") for name in commit.deletes
    ]
    meta = [(PUT, b"META:" + key, meta_value(commit.time, 100))]
    access = [(PUT, b"METAACCESS:" + key, meta_value(commit.time))]
    if order == META_FIRST:
        return meta + changes
    if not commit.has_access:
        access = []
    if order == META_ACCESS_FIRST:
        return meta + access + changes
    return changes + access + meta


def batches(
    commits: Sequence[Commit], order: str = META_LAST, origin: str = ORIGIN
) -> list[tuple[int, list[leveldb.Entry]]]:
    """First sequence and entries of each batch, the one of the version in front."""
    found = [(1, [(PUT, b"VERSION", b"1")])]
    sequence = 2
    for commit in commits:
        entries = entries_of(commit, order, origin)
        found.append((sequence, entries))
        sequence += len(entries)
    return found


def local_storage(
    commits: Sequence[Commit],
    order: str = META_LAST,
    *,
    origin: str = ORIGIN,
    is_table: bool = False,
    skip: int = 0,
) -> dict[str, bytes]:
    """Files of `Local Storage/leveldb`.

    Args:
        commits: in order.
        order: of META.
        origin: storage key.
        is_table: True for one table instead of a log.
        skip: batches that are missing at the beginning, as behind a merge.
    """
    found = batches(commits, order, origin)[skip:]
    if not is_table:
        log = [leveldb.write_batch(first, entries) for first, entries in found]
        return {"000003.log": leveldb.write_log(log)}
    records = [
        (first + place, *entry)
        for first, entries in found
        for place, entry in enumerate(entries)
    ]
    return {"000003.ldb": leveldb.write_table(records)}


# IndexedDB of Chromium.


def idb_prefix(database: int, store: int, index: int) -> bytes:
    """Prefix of a key; small numbers only."""
    return bytes([0, database, store, index])


def idb_string(text: str) -> bytes:
    """A string inside a key."""
    return leveldb.varint(len(text)) + text.encode("utf-16-be")


def v8(value: Any) -> bytes:
    """A value as V8 writes it."""
    return b"\xff\x15\xfe" + bytes(12) + b"\xff\x0f" + _v8(value)


def _v8(value: Any) -> bytes:
    if value is None or isinstance(value, bool):
        return {None: b"0", True: b"T", False: b"F"}[value]
    if isinstance(value, int | float):
        return b"N" + struct.pack("<d", value)
    if isinstance(value, str):
        data = value.encode("utf-16-le")
        return b"c" + leveldb.varint(len(data)) + data
    if isinstance(value, bytes):
        size = leveldb.varint(len(value))
        return b"B" + size + value + b"VB\0" + size + b"\0"
    if isinstance(value, list):
        size = leveldb.varint(len(value))
        return b"A" + size + b"".join(map(_v8, value)) + b"$\0" + size
    items = b"".join(_v8(name) + _v8(item) for name, item in value.items())
    return b"o" + items + b"{" + leveldb.varint(len(value))


class IndexedDb:
    """Writes IndexedDB, one batch for each change."""

    def __init__(self, origin: str = "https_web.telegram.org_0@1") -> None:
        self._origin = origin
        self._sequence = 1
        self.payloads: list[bytes] = []

    def batch(self, *entries: leveldb.Entry) -> int:
        """Adds a batch; gives the sequence of its first entry."""
        first = self._sequence
        self.payloads.append(leveldb.write_batch(first, entries))
        self._sequence += len(entries)
        return first

    def database(self, number: int, name: str, stores: Mapping[int, str]) -> None:
        """Names a database and its stores."""
        key = idb_prefix(0, 0, 0) + b"\xc9" + idb_string(self._origin)
        entries = [(PUT, key + idb_string(name), leveldb.varint(number))]
        for store, text in stores.items():
            key = idb_prefix(number, 0, 0) + b"\xc8" + idb_string(text)
            entries.append((PUT, key, leveldb.varint(store)))
        self.batch(*entries)

    @staticmethod
    def key(database: int, store: int, name: str) -> bytes:
        """Key of a record."""
        return idb_prefix(database, store, 1) + b"\x01" + idb_string(name)

    def put(self, database: int, store: int, name: str, value: Any) -> int:
        """Puts a record."""
        data = value if isinstance(value, bytes) else v8(value)
        return self.batch((PUT, self.key(database, store, name), b"\x01" + data))

    def delete(self, database: int, store: int, name: str) -> int:
        """Removes a record."""
        return self.batch((DELETE, self.key(database, store, name), b""))

    def files(self, skip: int = 0) -> dict[str, bytes]:
        """The log, without the first batches."""
        return {"000003.log": leveldb.write_log(self.payloads[skip:])}


# CacheStorage of Chromium.


def protobuf(number: int, value: bytes | int) -> bytes:
    """A field."""
    if isinstance(value, int):
        return leveldb.varint(number << 3) + leveldb.varint(value)
    return leveldb.varint(number << 3 | 2) + leveldb.sized(value)


def cache_index(caches: Mapping[str, str], origin: str = ORIGIN) -> bytes:
    """index.txt: folders by names of caches."""
    found = b"".join(
        protobuf(1, protobuf(1, name.encode()) + protobuf(2, folder.encode()))
        for name, folder in caches.items()
    )
    return found + protobuf(2, f"{origin}/".encode())


def cache_entry(url: str, body: bytes, time: int) -> tuple[str, bytes]:
    """Name and content of an entry file."""
    key = url.encode()
    metadata = protobuf(1, protobuf(1, b"GET")) + protobuf(
        2, protobuf(1, 200) + protobuf(6, time + EPOCH)
    )
    header = struct.pack("<QIII", 0xFCFB6D1BA7725C30, 5, len(key), 0)
    header += bytes(4)
    end = struct.Struct("<QIII4x")
    magic = 0xF4FA6F45970D41D8
    data = header + key + body + end.pack(magic, 0, 0, len(body))
    data += metadata + hashlib.sha256(key).digest()
    data += end.pack(magic, 2, 0, len(metadata))
    digest = hashlib.sha1(key).digest()
    return f"{int.from_bytes(digest[:8], 'little'):016x}_0", data


# SQLite.


def sortable(text: str) -> bytes:
    """A key of newer databases; characters of ASCII only."""
    return b"\x30" + bytes(byte + 1 for byte in text.encode("ascii"))


def snappy(data: bytes) -> bytes:
    """Raw Snappy data."""
    return bytes(cramjam.snappy.compress_raw(data))
