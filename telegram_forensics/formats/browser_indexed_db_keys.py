"""Keys and metadata values of Chromium's IndexedDB in LevelDB.

Specification: formats/telegram_web.md section 6.3 and Chromium's LevelDB coding scheme.
A key begins with the numbers of database, store and index, each in as few bytes as it
needs; what follows depends on them. Numbers are little endian, characters big endian.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any, Final

from telegram_forensics.formats.browser_bytes import read_sized
from telegram_forensics.formats.browser_values import JsDate
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.varint import read_varint

INDEX_RECORDS, INDEX_EXISTS, INDEX_BLOBS = 1, 2, 3
DATABASE_NAME: Final = 201
STORE_NAMES: Final = 200
STORE_METADATA: Final = 50
STORE_METADATA_NAME: Final = 0
DATABASE_VERSION: Final = 4
SCOPES: Final = 50
SCOPES_UNDO: Final = 2
_NULL, _STRING, _DATE, _NUMBER, _ARRAY, _MINIMUM, _BINARY = range(7)
_MAXIMUM_DEPTH: Final = 32
_DOUBLE: Final = struct.Struct("<d")


@dataclass(frozen=True, slots=True)
class KeyPrefix:
    """The beginning of a key.

    Attributes:
        database_id: number of the database, 0 for the whole folder.
        store_id: number of the object store, 0 for the database.
        index_id: 1 records, 2 exists entries, 3 external objects, from 30 on indexes.
        end: byte offset behind it.
    """

    database_id: int
    store_id: int
    index_id: int
    end: int


@dataclass(frozen=True, slots=True)
class ExternalObject:
    """A blob, a file or a handle that belongs to a record.

    Attributes:
        kind: "blob", "file" or "handle".
        blob_number: of the file in the .indexeddb.blob folder, None for a handle.
        mime_type: its type.
        size: bytes, None for a handle.
        file_name: of a file, else None.
        last_modified: of a file, microseconds since 1601-01-01 UTC, else None.
        token: of a handle, else None.
    """

    kind: str
    blob_number: int | None = None
    mime_type: str = ""
    size: int | None = None
    file_name: str | None = None
    last_modified: int | None = None
    token: bytes | None = None


def read_prefix(key: bytes) -> KeyPrefix:
    """Reads the numbers that a key begins with.

    Raises:
        FormatError: if the key is too short.
    """
    if not key:
        raise FormatError(0, "empty key")
    first = key[0]
    position = 1
    numbers = []
    for width in ((first >> 5) + 1, (first >> 2 & 7) + 1, (first & 3) + 1):
        if position + width > len(key):
            raise FormatError(position, "key ends inside its numbers")
        numbers.append(int.from_bytes(key[position : position + width], "little"))
        position += width
    return KeyPrefix(numbers[0], numbers[1], numbers[2], position)


def read_string(data: bytes, position: int) -> tuple[str, int]:
    """Reads a string behind the number of its UTF-16 units; returns the offset behind.

    Raises:
        FormatError: if it is not complete.
    """
    units, start = read_varint(data, position)
    end = start + 2 * units
    if end > len(data):
        raise FormatError(position, f"string of {units} characters is not complete")
    return data[start:end].decode("utf-16-be", "surrogatepass"), end


def read_bare_string(data: bytes) -> str:
    """Reads a string without a length, as a metadata value is."""
    return data[: len(data) & ~1].decode("utf-16-be", "surrogatepass")


def read_user_key(data: bytes, position: int, depth: int = 0) -> tuple[Any, int]:
    """Reads the key that the page gave.

    Args:
        data: the whole key.
        position: byte offset of the page's key.
        depth: how many arrays it stands in.

    Returns:
        str, float, `JsDate`, bytes, list or None, and the offset behind it.

    Raises:
        FormatError: if it is of an unknown kind or not complete.
    """
    if position >= len(data):
        raise FormatError(position, "key without a value")
    kind, start = data[position], position + 1
    if kind == _STRING:
        return read_string(data, start)
    if kind in {_DATE, _NUMBER}:
        if start + 8 > len(data):
            raise FormatError(position, "number is not complete")
        number = float(_DOUBLE.unpack_from(data, start)[0])
        return JsDate(number) if kind == _DATE else number, start + 8
    if kind == _BINARY:
        return read_sized(data, start)
    if kind == _ARRAY:
        count, end = read_varint(data, start)
        if count > len(data) - end or depth >= _MAXIMUM_DEPTH:
            raise FormatError(position, f"array of {count} keys")
        items = []
        for _ in range(count):
            item, end = read_user_key(data, end, depth + 1)
            items.append(item)
        return items, end
    if kind in {_NULL, _MINIMUM}:
        return None, start
    raise FormatError(position, f"key of unknown kind {kind}")


def read_external_objects(data: bytes) -> list[ExternalObject]:
    """Reads the list of external objects of a record.

    Raises:
        FormatError: if it is not complete.
    """
    objects = []
    position = 0
    while position < len(data):
        kind, start = data[position], position + 1
        if kind == 2:
            token, position = read_sized(data, start)
            objects.append(ExternalObject("handle", token=token))
            continue
        if kind > 2:
            raise FormatError(position, f"external object of unknown kind {kind}")
        number, position = read_varint(data, start)
        mime_type, position = read_string(data, position)
        size, position = read_varint(data, position)
        if kind == 0:
            objects.append(ExternalObject("blob", number, mime_type, size))
            continue
        file_name, position = read_string(data, position)
        modified, position = read_varint(data, position)
        objects.append(
            ExternalObject("file", number, mime_type, size, file_name, modified)
        )
    return objects
