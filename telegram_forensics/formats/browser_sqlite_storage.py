"""Values in the SQLite databases of browsers' storage; the SQL is not done here.

Specification: formats/telegram_web.md sections 5.6, 6.3 and 6.4. Chromium 156:
`LocalStorage` and `IndexedDB/<origin>/<name>`. Firefox 153: `ls/data.sqlite`,
`ls/usage`, `.metadata-v2`, names of `idb/*.sqlite`, `serviceworker.txt`. Safari:
`ItemTable` (UNCONFIRMED).
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from telegram_forensics.formats.browser_compression import (
    MAXIMUM_PLAIN,
    decompress_snappy,
    decompress_zstd,
)
from telegram_forensics.formats.browser_local_storage import decode_string
from telegram_forensics.formats.errors import FormatError

NONE, ZSTD, SNAPPY = 0, 1, 2
_USAGE_MAGIC: Final = bytes.fromhex("420a420a")
_METADATA_MAGIC: Final = bytes.fromhex("abcd1234")
_MANGLED: Final = 21
_GOLDEN: Final = 0x9E3779B9


@dataclass(slots=True)
class OriginMetadata:
    """`.metadata-v2` of an origin in Firefox; what the file does not hold is None.

    Attributes:
        last_access: microseconds since 1970-01-01 UTC.
        is_persisted: the page asked that it is kept.
        flags: a number whose meaning is UNCONFIRMED; 0 in old files.
        maintenance_day: days since 1970-01-01 of the last maintenance; 0 in old files.
        suffix: of the origin, e.g. "^userContextId=2".
        group: e.g. "telegram.org".
        origin: e.g. "https://web.telegram.org".
        usage: bytes of all its storage.
        client_usages: bytes by kind, e.g. "I147456 C98487 L3272": IndexedDB,
            CacheStorage, local storage.
    """

    last_access: int
    is_persisted: bool
    flags: int
    maintenance_day: int
    suffix: str
    group: str
    origin: str
    usage: int | None = None
    client_usages: str | None = None


@dataclass(slots=True)
class ServiceWorker:
    """A registration in Firefox's `serviceworker.txt`.

    Attributes:
        suffix: of the origin, e.g. "^userContextId=2".
        scope: URL below which it serves.
        script: URL of its script.
        cache_name: name of the cache that holds the script.
        installed: microseconds since 1970-01-01 UTC, None if it is 0 or missing.
        activated: the same.
        updated: the same; when the script was last asked for. The order of the three
            is UNCONFIRMED.
        lines: all lines of the registration.
    """

    suffix: str
    scope: str
    script: str
    cache_name: str
    installed: int | None
    activated: int | None
    updated: int | None
    lines: list[str]


def map_entry_text(
    data: bytes, compression: int = NONE, limit: int = MAXIMUM_PLAIN
) -> str:
    """Decodes a key or a value of Chromium's `map_entries`.

    Args:
        data: the key or the value.
        compression: value_compression_type; keys are not compressed.
        limit: bytes that it may become.

    Raises:
        FormatError: if it cannot be decoded.
    """
    return decode_string(_decompress(data, compression, limit))


def indexed_db_value(
    data: bytes, compression: int, limit: int = MAXIMUM_PLAIN
) -> bytes:
    """The value of Chromium's table `records`, for the V8 decoder.

    Args:
        data: the value.
        compression: compression_type.
        limit: bytes that it may become.

    Raises:
        FormatError: if it cannot be decompressed.
    """
    return _decompress(data, compression, limit)


def _decompress(data: bytes, compression: int, limit: int) -> bytes:
    if compression == NONE:
        return data
    if compression == ZSTD:
        return decompress_zstd(data, limit)
    if compression == SNAPPY:
        return decompress_snappy(data, limit)
    raise FormatError(0, f"compression {compression}")


def chromium_database_file_name(name: str) -> str:
    """Name of the file in which Chromium keeps a database."""
    digest = hashlib.sha256(name.encode("utf-16-le", "surrogatepass")).digest()
    return base64.b32encode(digest).decode("ascii").rstrip("=")


def firefox_item_text(
    data: bytes,
    length: int,
    conversion: int,
    compression: int,
    limit: int = MAXIMUM_PLAIN,
) -> str:
    """Decodes a value of Firefox's table `data` of `ls/data.sqlite`.

    Args:
        data: the value.
        length: utf16_length.
        conversion: conversion_type.
        compression: compression_type.
        limit: bytes that it may become.

    Raises:
        FormatError: if it cannot be decoded, or is not as long as it should be.
    """
    if compression not in {0, 1}:
        raise FormatError(0, f"compression {compression}")
    if compression:
        data = decompress_snappy(data, limit)
    if conversion not in {0, 1}:
        raise FormatError(0, f"conversion {conversion}")
    try:
        text = data.decode("utf-8" if conversion else "utf-16-le", "surrogatepass")
    except UnicodeDecodeError as exception:
        raise FormatError(exception.start, f"text: {exception.reason}") from exception
    found = sum(2 if ord(character) > 0xFFFF else 1 for character in text)
    if found != length:
        raise FormatError(0, f"{found} characters, {length} are announced")
    return text


def firefox_database_file_name(name: str) -> str:
    """Name of the file in which Firefox keeps a database."""
    escaped = quote(name, safe="")
    # Firefox escapes all but letters, digits and these.
    escaped = escaped.replace("~", "%7E")
    front, back = 0, len(escaped) - 1
    mangled = ""
    while front <= back and len(mangled) < _MANGLED:
        if len(mangled) % 2:
            mangled += escaped[back]
            back -= 1
        else:
            mangled += escaped[front]
            front += 1
    return f"{firefox_name_hash(name)}{mangled}.sqlite"


def firefox_name_hash(name: str) -> int:
    """The hash of a database's name in its file name."""
    value = 0
    data = name.encode("utf-16-le", "surrogatepass")
    for position in range(0, len(data), 2):
        unit = int.from_bytes(data[position : position + 2], "little")
        rotated = (value << 5 | value >> 27) & 0xFFFFFFFF
        value = _GOLDEN * (rotated ^ unit) & 0xFFFFFFFF
    return value


def read_usage(data: bytes) -> int:
    """Bytes that `ls/usage` tells.

    Raises:
        FormatError: if it is none.
    """
    if data[:4] != _USAGE_MAGIC or len(data) < 12:
        raise FormatError(0, "no usage file")
    return int.from_bytes(data[4:12], "big")


def read_origin_metadata(data: bytes) -> OriginMetadata:
    """Reads `.metadata-v2`.

    Raises:
        FormatError: if it is not complete.
    """
    if len(data) < 17:
        raise FormatError(0, "no metadata of an origin")
    suffix, position = _read_text(data, 17)
    group, position = _read_text(data, position)
    origin, position = _read_text(data, position)
    metadata = OriginMetadata(
        int.from_bytes(data[:8], "big", signed=True),
        data[8] != 0,
        int.from_bytes(data[9:13], "big"),
        int.from_bytes(data[13:17], "big"),
        suffix,
        group,
        origin,
    )
    # One byte that is not used any more; then a part that newer versions have.
    position += 1
    if data[position : position + 4] == _METADATA_MAGIC and len(data) >= position + 16:
        metadata.usage = int.from_bytes(data[position + 8 : position + 16], "big")
        metadata.client_usages, _ = _read_text(data, position + 16)
    return metadata


def _read_text(data: bytes, position: int) -> tuple[str, int]:
    size = int.from_bytes(data[position : position + 4], "big")
    start = position + 4
    if start > len(data) or size > len(data) - start:
        raise FormatError(position, f"text of {size} bytes is not complete")
    return data[start : start + size].decode("utf-8", "backslashreplace"), start + size


def read_service_workers(data: bytes) -> list[ServiceWorker]:
    """Reads `serviceworker.txt`, of which each registration ends with a line "#".

    Raises:
        FormatError: if it does not begin with a version.
    """
    lines = data.decode("utf-8", "backslashreplace").split("\n")
    if not lines[0].strip().isdecimal():
        raise FormatError(0, "no version in the first line")
    workers = []
    block: list[str] = []
    for line in lines[1:]:
        if line != "#":
            block.append(line)
            continue
        if len(block) >= 5:
            # Behind the cache's name stands how updates use the cache, then the times.
            times = [
                int(item) or None if re.fullmatch(r"\d{1,17}", item) else None
                for item in [*block[6:9], "", "", ""][:3]
            ]
            workers.append(
                ServiceWorker(
                    block[0],
                    block[1],
                    block[2],
                    block[4],
                    times[0],
                    times[1],
                    times[2],
                    block,
                )
            )
        block = []
    return workers


def safari_item_text(data: bytes) -> str:
    """Decodes a value of Safari's `ItemTable` (UNCONFIRMED: UTF-16, little endian).

    Raises:
        FormatError: if half a character is missing.
    """
    if len(data) % 2:
        raise FormatError(len(data) - 1, "half a character at the end")
    return data.decode("utf-16-le", "surrogatepass")
