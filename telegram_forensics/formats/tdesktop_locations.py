"""Locations of Telegram Desktop: which local file belongs to which cloud file.

Specification: formats/telegram_desktop.md section 3.7 (0.6.16 and later). Entries exist
for files that were saved or opened and for files that were sent from disk. The download
list (3.5.3 and later) ties a path to chat, message and time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.qds import QdsReader, QtDateTime
from telegram_forensics.formats.tdesktop_peer import PeerId, decode_peer_id

_KINDS: Final = {0x4E45ABE9: "document", 0x74DC404D: "audio", 0x3D0364EC: "video"}
_DOWNLOAD_KINDS: Final = {0: "document", 1: "photo"}
_NEW_FORM_BIT: Final = 1 << 55
IN_MEDIA_CACHE: Final = "*media_cache*"


@dataclass(frozen=True, slots=True)
class FileLocation:
    """A local file that belongs to a cloud file.

    Attributes:
        document_id: id of the cloud document.
        kind: `document`, `audio`, `video` or the type as hex.
        data_center: data center of the document.
        path: absolute path with "/", or `*media_cache*`.
        modified: modification time of the local file when it was recorded.
        size: its bytes.
        offset: offset of the record in the decrypted data.
    """

    document_id: int
    kind: str
    data_center: int
    path: str
    modified: QtDateTime | None
    size: int
    offset: int


@dataclass(frozen=True, slots=True)
class Download:
    """An entry of the download list.

    Attributes:
        object_id: document or photo id.
        kind: `document` or `photo`.
        started: start of the download, milliseconds since 1970 (UTC). The seconds come
            from the server-corrected clock, the last three digits are a counter.
        size: bytes.
        peer: the chat, None if its kind is unknown.
        message_id: the message.
        path: absolute path with "/".
        offset: offset of the entry in the list.
    """

    object_id: int
    kind: str
    started: int
    size: int
    peer: PeerId | None
    message_id: int
    path: str
    offset: int


@dataclass(slots=True)
class Locations:
    """A locations file.

    Attributes:
        files: known local files.
        written: local time at which this file was last written, from its end mark.
        web_files: URLs of web files, with their sizes.
        downloads: the download list.
        problems: (offset in the decrypted data, reason); what stands before is kept.
    """

    files: list[FileLocation] = field(default_factory=list)
    written: QtDateTime | None = None
    web_files: list[tuple[str, int]] = field(default_factory=list)
    downloads: list[Download] = field(default_factory=list)
    problems: list[tuple[int, str]] = field(default_factory=list)


def read_locations(data: bytes, version: int) -> Locations:
    """Reads a locations file; damage ends up in `problems`.

    Args:
        data: decrypted content.
        version: AppVersion of the file.
    """
    locations = Locations()
    reader = QdsReader(data)
    try:
        _read_files(reader, version, locations)
        if reader.remaining:
            reader.raw(32 * reader.count(32))
        if reader.remaining:
            for _ in range(reader.count(16)):
                url = reader.string()
                reader.u64()
                locations.web_files.append((url, reader.i32()))
        if reader.remaining:
            start = reader.offset + 4
            _read_downloads(QdsReader(reader.bytes()), start, locations)
    except FormatError as exception:
        locations.problems.append((exception.offset, exception.reason))
    return locations


def _read_files(reader: QdsReader, version: int, locations: Locations) -> None:
    # Before the end mark (0.8.36) the records simply end.
    while reader.remaining:
        offset = reader.offset
        first = reader.u64()
        second = reader.u64()
        kind = reader.u32()
        path = reader.string()
        if version > 9013:
            reader.bytes()
        modified = reader.date_time()
        size = reader.u32()
        if not (first or second or kind or path or size):
            locations.written = modified
            return
        location_type = first >> 32
        locations.files.append(
            FileLocation(
                second,
                _KINDS.get(location_type, f"0x{location_type:08x}"),
                first & 0xFFFFFFFF,
                path,
                modified,
                size,
                offset,
            )
        )


def _read_downloads(reader: QdsReader, base: int, locations: Locations) -> None:
    try:
        count = reader.i32()
        if count < 0 or count * 48 > reader.remaining:
            raise FormatError(0, f"list of {count} downloads announced")
        for _ in range(count):
            offset = base + reader.offset
            object_id = reader.u64()
            kind = reader.i32()
            started = reader.i64()
            size = reader.u32()
            raw_peer = reader.u64()
            message_id = reader.i64()
            reader.u64()
            path = reader.string()
            locations.downloads.append(
                Download(
                    object_id,
                    _DOWNLOAD_KINDS.get(kind, str(kind)),
                    started,
                    size,
                    _raw_peer(raw_peer),
                    message_id,
                    path,
                    offset,
                )
            )
    except FormatError as exception:
        raise FormatError(base + exception.offset, exception.reason) from exception


def _raw_peer(value: int) -> PeerId | None:
    """A "raw peer id": type and id without the mark of the new form."""
    try:
        return decode_peer_id(value | _NEW_FORM_BIT)
    except FormatError:
        return None
