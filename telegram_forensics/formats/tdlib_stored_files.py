"""TDLib's table `files`: where a file lies at Telegram and on this device.

Specification: formats/tdlib.md section 7.4; the order of the fields behind the flags
was found with databases of versions 30 to 61, that of running transfers follows TDLib's
own source. A local path is that of a download or of
a file that was sent; a generate location has the original path of a file that the user
picked to be sent (it shows the preparation, not the sending).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.tdlib_media import FileFacts, read_remote
from telegram_forensics.formats.tdlib_values import MAXIMUM_VERSION, Reader

_OWNER, _EXPECTED, _SECURE, _SOURCES, _VERSION = 1, 2, 4, 8, 16
_EMPTY, _PARTIAL, _FULL = range(3)
# Stand for the number of parts where a mask tells which are there.
_MASK, _LARGE = -1, -2
_TYPES: Final = {
    0: "photo",
    1: "photo",
    2: "photo",
    3: "audio",
    4: "video",
    5: "document",
    6: "document",
    8: "document",
    9: "audio",
    10: "video",
    13: "video",
    17: "document",
    20: "photo",
    21: "video",
}


@dataclass(slots=True)
class StoredFile:
    """A file.

    Attributes:
        owner: dialog id that it came with, as stored.
        remote: where it lies at Telegram; None if it is not there.
        path: on this device, of a part of it if `is_partial`.
        is_partial: only a part was downloaded.
        is_uploading: it is being sent, and the server does not have it whole.
        modified: modification time of the local file, nanoseconds since 1970 UTC.
        original: path of the file that was picked to be sent.
        size: bytes.
        name: as the server has it.
        url: of a file of the web.
        file_type: `photo`, `video`, `audio` or `document`.
    """

    owner: int | None = None
    remote: FileFacts | None = None
    path: str | None = None
    is_partial: bool = False
    is_uploading: bool = False
    modified: int | None = None
    original: str | None = None
    size: int | None = None
    name: str | None = None
    url: str | None = None
    file_type: str | None = None


def read_stored_file(data: bytes) -> StoredFile:
    """Reads a value of `file<N>`.

    Raises:
        FormatError: if it cannot be read.
    """
    reader = Reader(data)
    flags = reader.u32()
    if flags & ~0x1F:
        raise FormatError(0, f"flags 0x{flags:x} of a newer version of TDLib")
    found = StoredFile()
    if flags & _VERSION:
        reader.version = reader.i32()
        if not 0 <= reader.version <= MAXIMUM_VERSION:
            raise FormatError(4, f"version {reader.version}")
    if flags & _OWNER:
        found.owner = reader.i64() or None
    reader.u64()
    _read_remote(reader, found)
    _read_local(reader, found)
    if reader.i32():
        kind = reader.i32()
        found.file_type = found.file_type or _TYPES.get(kind)
        found.original = reader.text() or None
        reader.text()
    size = reader.i64()
    found.size = size if size > 0 and not flags & _EXPECTED else None
    found.name = reader.text() or None
    found.url = reader.text() or None
    return found


def _read_remote(reader: Reader, found: StoredFile) -> None:
    kind = reader.i32()
    if kind == _FULL:
        found.remote = FileFacts("remote")
        number = read_remote(reader, found.remote)
        found.file_type = _TYPES.get(number)
        found.url = found.remote.url
    elif kind == _PARTIAL:
        found.is_uploading = True
        reader.i64()
        for _ in range(4):
            reader.i32()
    elif kind != _EMPTY:
        raise FormatError(reader.position - 4, f"remote location {kind}")


def _read_local(reader: Reader, found: StoredFile) -> None:
    kind = reader.i32()
    if kind == _FULL:
        number = reader.i32()
        found.file_type = found.file_type or _TYPES.get(number)
        found.modified = reader.u64() or None
        found.path = reader.text() or None
    elif kind == _PARTIAL:
        number = reader.i32()
        found.file_type = found.file_type or _TYPES.get(number)
        found.is_partial = True
        found.path = reader.text() or None
        reader.i32()
        parts = reader.i32()
        reader.bytes()
        if parts in (_MASK, _LARGE):
            reader.bytes()
        if parts == _LARGE:
            reader.i32()
    elif kind != _EMPTY:
        raise FormatError(reader.position - 4, f"local location {kind}")
