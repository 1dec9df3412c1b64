"""CacheStorage of Chromium browsers (`Service Worker/CacheStorage/<folder>`).

Specification: formats/telegram_web.md section 6.5, Chromium's simple cache, version 5
(the layout of the protobuf messages is that of files written by Chromium 156; fields
without a name there are not read).

The folder of an origin is called by the SHA-1 of its identifier
("https_web.telegram.org_0"). `index.txt` lists the caches. A file `<hash>_0` is an
entry: header, URL, body, end record, metadata of request and response, the SHA-256 of
the URL, end record. Files of `Service Worker/ScriptCache` look the same, but have a
number as URL and metadata of another kind. Firefox keeps all of it in `caches.sqlite`.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from dataclasses import dataclass, field
from typing import BinaryIO, Final

from telegram_forensics.formats.browser_bytes import file_size, read_at
from telegram_forensics.formats.errors import FormatError, Issue
from telegram_forensics.formats.protobuf_fields import (
    LENGTH,
    VARINT,
    Field,
    read_fields,
    read_record,
)

ENTRY_MAGIC: Final = 0xFCFB6D1BA7725C30
END_MAGIC: Final = 0xF4FA6F45970D41D8
_HEADER: Final = struct.Struct("<QIII4x")
_END: Final = struct.Struct("<QIII4x")
_HAS_CHECKSUM, _HAS_KEY_HASH = 1, 2
_MAXIMUM_KEY: Final = 1 << 21
_MAXIMUM_METADATA: Final = 1 << 24
_MAXIMUM_INDEX: Final = 1 << 24
_KEY_HASH_SIZE: Final = 32
_EPOCH: Final = 11_644_473_600_000_000


@dataclass(slots=True)
class CacheName:
    """A cache of an origin.

    Attributes:
        name: as the page gave it.
        directory: name of its folder.
        size: bytes of its entries, None if it is not known.
    """

    name: str
    directory: str
    size: int | None


@dataclass(slots=True)
class CacheIndex:
    """`index.txt` of an origin.

    Attributes:
        caches: in the order in which they stand.
        origin: e.g. "https://web.telegram.org/", "" if it is not there.
        storage_key: the origin with its partition, "" if it is not there.
    """

    caches: list[CacheName] = field(default_factory=list)
    origin: str = ""
    storage_key: str = ""


@dataclass(slots=True)
class CacheEntry:
    """An entry; what the file does not hold is None.

    Attributes:
        url: of the request.
        method: of the request.
        request_headers: (name, value).
        status: of the response.
        response_headers: (name, value).
        response_time: when the response came, microseconds since 1970-01-01 UTC.
        entry_time: when the entry was made, the same unit.
        mime_type: of the response.
        body_offset: byte offset of the body in the file.
        body_size: its bytes.
    """

    url: str
    method: str | None = None
    request_headers: list[tuple[str, str]] = field(default_factory=list)
    status: int | None = None
    response_headers: list[tuple[str, str]] = field(default_factory=list)
    response_time: int | None = None
    entry_time: int | None = None
    mime_type: str | None = None
    body_offset: int | None = None
    body_size: int | None = None


def origin_folder(origin: str) -> str:
    """Name of the folder of an origin, e.g. of "https://web.telegram.org"."""
    scheme, _, rest = origin.rstrip("/").partition("://")
    host, _, port = rest.partition(":")
    return hashlib.sha1(f"{scheme}_{host}_{port or 0}".encode()).hexdigest()


def read_index(file: BinaryIO, issues: list[Issue], name: str = "") -> CacheIndex:
    """Reads `index.txt`, as far as it goes.

    Args:
        file: the index.
        issues: takes what is wrong.
        name: of the file, for the issues.
    """
    data = read_at(file, 0, _MAXIMUM_INDEX)
    index = CacheIndex()
    try:
        for item in read_fields(data):
            if item.wire_type != LENGTH:
                continue
            if item.number == 1:
                index.caches.append(_read_cache(data, item))
            elif item.number == 2:
                index.origin = item.text(data, 4096)
            elif item.number == 3:
                index.storage_key = item.text(data, 4096)
    except FormatError as exception:
        issues.append(Issue(name, exception.offset, exception.reason))
    return index


def _read_cache(data: bytes, item: Field) -> CacheName:
    cache = CacheName("", "", None)
    for part in read_record(data, item):
        if part.number == 1 and part.wire_type == LENGTH:
            cache.name = part.text(data, 4096)
        elif part.number == 2 and part.wire_type == LENGTH:
            cache.directory = part.text(data, 4096)
        elif part.number == 3 and part.wire_type == VARINT and part.signed >= 0:
            cache.size = part.value
        elif part.number == 7 and part.wire_type == LENGTH:
            # The name again, which may be none that UTF-8 can carry.
            size = (part.end - part.start) & ~1
            text = data[part.start : part.start + size]
            cache.name = text.decode("utf-16-le", "surrogatepass")
    return cache


def read_entry(file: BinaryIO, issues: list[Issue], name: str = "") -> CacheEntry:
    """Reads an entry, as far as it goes.

    Args:
        file: the file `<hash>_0`.
        issues: takes what is wrong.
        name: of the file, for the issues.

    Raises:
        FormatError: if it is no entry.
    """
    size = file_size(file)
    header = read_at(file, 0, _HEADER.size)
    if len(header) < _HEADER.size:
        raise FormatError(0, f"{size} bytes are no entry")
    magic, version, key_size, _ = _HEADER.unpack(header)
    if magic != ENTRY_MAGIC:
        raise FormatError(0, "no entry of the simple cache")
    if key_size > min(_MAXIMUM_KEY, size - _HEADER.size):
        raise FormatError(12, f"URL of {key_size} bytes in {size} bytes")
    if version != 5:
        issues.append(Issue(name, 8, f"version {version} of the simple cache"))
    key = read_at(file, _HEADER.size, key_size)
    entry = CacheEntry(key.decode("utf-8", "backslashreplace"))
    body = _HEADER.size + key_size
    try:
        metadata, start, end = _read_metadata(file, size, body, key)
        entry.body_offset, entry.body_size = body, end - body
        _read_times(entry, metadata, start)
    except FormatError as exception:
        issues.append(Issue(name, exception.offset, exception.reason))
    return entry


def _read_metadata(
    file: BinaryIO, size: int, body: int, key: bytes
) -> tuple[bytes, int, int]:
    """The metadata, their offset and the end of the body."""
    position = size - _END.size
    flags, checksum, length = _read_end(file, position, body)
    if flags & _HAS_KEY_HASH:
        position -= _KEY_HASH_SIZE
        if position < body:
            raise FormatError(body, "entry is not complete")
        if read_at(file, position, _KEY_HASH_SIZE) != hashlib.sha256(key).digest():
            raise FormatError(position, "SHA-256 of another URL")
    if length > min(_MAXIMUM_METADATA, position - body - _END.size):
        raise FormatError(size - 8, f"metadata of {length} bytes in {size} bytes")
    position -= length
    metadata = read_at(file, position, length)
    if flags & _HAS_CHECKSUM and zlib.crc32(metadata) != checksum:
        raise FormatError(position, "wrong checksum of the metadata")
    end = position - _END.size
    _read_end(file, end, body)
    return metadata, position, end


def _read_end(file: BinaryIO, position: int, body: int) -> tuple[int, int, int]:
    if position < body:
        raise FormatError(body, "entry is not complete")
    magic, flags, checksum, length = _END.unpack(read_at(file, position, _END.size))
    if magic != END_MAGIC:
        raise FormatError(position, "no end record")
    return flags, checksum, length


def _read_times(entry: CacheEntry, data: bytes, start: int) -> None:
    try:
        for item in read_fields(data):
            if item.number == 1 and item.wire_type == LENGTH:
                _read_request(entry, data, item)
            elif item.number == 2 and item.wire_type == LENGTH:
                _read_response(entry, data, item)
            elif item.number == 3 and item.wire_type == VARINT:
                entry.entry_time = _time(item)
    except FormatError as exception:
        raise FormatError(
            start + exception.offset, f"metadata: {exception.reason}"
        ) from exception


def _read_request(entry: CacheEntry, data: bytes, item: Field) -> None:
    for part in read_record(data, item):
        if part.wire_type != LENGTH:
            continue
        if part.number == 1:
            entry.method = part.text(data, 64)
        elif part.number == 2:
            entry.request_headers.append(_read_header(data, part))


def _read_response(entry: CacheEntry, data: bytes, item: Field) -> None:
    for part in read_record(data, item):
        if part.number == 1 and part.wire_type == VARINT:
            entry.status = part.value
        elif part.number == 4 and part.wire_type == LENGTH:
            entry.response_headers.append(_read_header(data, part))
        elif part.number == 6 and part.wire_type == VARINT:
            entry.response_time = _time(part)
        elif part.number == 13 and part.wire_type == LENGTH:
            entry.mime_type = part.text(data, 1024)


def _read_header(data: bytes, item: Field) -> tuple[str, str]:
    name = value = ""
    for part in read_record(data, item):
        if part.wire_type == LENGTH and part.number == 1:
            name = part.text(data, 1024)
        elif part.wire_type == LENGTH and part.number == 2:
            value = part.text(data, 1 << 16)
    return name, value


def _time(item: Field) -> int | None:
    # Zero stands for no time.
    return item.signed - _EPOCH if item.value else None
