"""Files and attachments in TDLib's messages.

Specification: formats/tdlib.md section 8, "Media" and "file"; what it leaves open (the
end of stickers and photos, paid media, the order of width and height) follows TDLib's
own source. What a file is does not only tell its name and size: a path on this computer
is that of a download, or of a file that was picked here to be sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.tdlib_text import flags, read_text
from telegram_forensics.formats.tdlib_values import Reader
from telegram_forensics.formats.tl_media import MediaFacts

_EMPTY, _URL, _GENERATE, _LOCAL, _REMOTE = range(5)
_WEB: Final = 0x1000000
_REFERENCE: Final = 0x2000000
_PHOTO_TYPES: Final = frozenset({0, 1, 2, 11, 12, 20, 22})
_NESTED: Final = "#_file_id#"
_MAXIMUM_NESTING: Final = 8


@dataclass(slots=True)
class FileFacts:
    """A file.

    Attributes:
        kind: `empty`, `url`, `generate`, `local` or `remote`.
        identifier: id of the photo or document at Telegram.
        data_center: where it lies at Telegram.
        size: bytes, None if unknown.
        name: as the server has it.
        path: of a local file, or the original path of one that was picked to be sent.
        modified: modification time of a local file, nanoseconds since 1970 UTC.
        url: of a file of the web.
        pixels: width and height of a size of a photo, in words.
    """

    kind: str = "empty"
    identifier: int | None = None
    data_center: int | None = None
    size: int | None = None
    name: str | None = None
    path: str | None = None
    modified: int | None = None
    url: str | None = None
    pixels: str | None = None


def read_file(reader: Reader, depth: int = 0) -> FileFacts:
    """Reads a file."""
    found = FileFacts()
    if reader.version < 1:
        return found
    kind = reader.i32()
    if kind == _EMPTY:
        return found
    if not _EMPTY < kind <= _REMOTE or depth > _MAXIMUM_NESTING:
        raise FormatError(reader.position - 4, f"kind of file {kind}")
    value = flags(reader, 0xF) if reader.version >= 7 else 0
    has_owner = reader.version >= 6

    def size() -> int | None:
        number = reader.i64() if value & 8 else reader.u32()
        return number if 0 < number < 1 << 62 else None

    if kind == _URL:
        found.kind = "url"
        reader.i32()
        found.url = reader.text()
    elif kind == _GENERATE:
        found.kind = "generate"
        reader.i32()
        found.path = reader.text() or None
        conversion = reader.text()
        found.size = size()
        if not value & 8:
            reader.i32()
    elif kind == _LOCAL:
        found.kind = "local"
        reader.i32()
        found.modified = reader.u64() or None
        found.path = reader.text() or None
        found.size = size()
        reader.i32()
    else:
        found.kind = "remote"
        read_remote(reader, found)
        found.size = size()
        found.name = reader.text() or None
    if has_owner:
        reader.i64()
    if kind == _GENERATE and conversion.startswith(_NESTED):
        nested = read_file(reader, depth + 1)
        found.path = found.path or nested.path
    if value & 5:
        reader.bytes()
    return found


def read_remote(reader: Reader, found: FileFacts) -> int:
    """Reads where a file lies at Telegram.

    Returns:
        Type of the file.
    """
    kind = reader.i32()
    found.data_center = reader.i32()
    if kind & _REFERENCE:
        reader.bytes()
    if kind & _WEB:
        found.url = reader.text()
        reader.i64()
        return kind & ~(_WEB | _REFERENCE)
    found.identifier = reader.i64()
    reader.i64()
    kind &= ~_REFERENCE
    if kind not in _PHOTO_TYPES:
        return kind
    if reader.version >= 32:
        _skip_photo_source(reader)
        return kind
    reader.i64()
    if reader.version >= 22:
        _skip_photo_source(reader)
    else:
        reader.i64()
    reader.i32()
    return kind


_SOURCES: Final = {
    0: "q",
    1: "ii",
    2: "qq",
    3: "qq",
    4: "qq",
    5: "qqi",
    6: "qqqi",
    7: "qqqi",
    8: "qqqi",
    9: "qqi",
}


def _skip_photo_source(reader: Reader) -> None:
    kind = reader.i32()
    layout = _SOURCES.get(kind)
    if layout is None:
        raise FormatError(reader.position - 4, f"source of a photo {kind}")
    for letter in layout:
        reader.i64() if letter == "q" else reader.i32()


def _read_dimensions(reader: Reader) -> str | None:
    """Width and height, of which the width stands in the upper half."""
    value = reader.u32()
    return f"{value >> 16} x {value & 0xFFFF}" if value else None


def read_photo_size(reader: Reader) -> FileFacts:
    """Reads a size of a photo, or a thumbnail."""
    reader.i32()
    pixels = _read_dimensions(reader)
    size = reader.i32()
    found = read_file(reader)
    found.pixels = pixels
    if reader.version >= 28:
        for _ in range(reader.count()):
            reader.i32()
    if found.size is None and size > 0:
        found.size = size
    return found


def _fill(media: MediaFacts, file: FileFacts) -> None:
    media.identifier = file.identifier
    media.data_center = file.data_center
    media.size = file.size
    if media.name is None:
        media.name = file.name
    if file.path is not None:
        media.details["path on this device"] = file.path
    if file.kind == "generate":
        media.details["picked on this device"] = True


def read_photo(reader: Reader) -> MediaFacts:
    """Reads a photo."""
    media = MediaFacts("photo")
    value = flags(reader, 0xF)
    identifier = reader.i64()
    media.date = reader.i32() or None
    largest = None
    for _ in range(reader.count(16)):
        found = read_photo_size(reader)
        if largest is None or (found.size or 0) >= (largest.size or 0):
            largest = found
    if largest is not None:
        _fill(media, largest)
        _set_pixels(media, largest.pixels)
    media.identifier = identifier or media.identifier
    if value & 1:
        for _ in range(reader.count(4)):
            read_file(reader)
    if value & 2:
        reader.bytes()
    if value & 4:
        for _ in range(reader.count(16)):
            _skip_animation_size(reader)
    if value & 8:
        _skip_sticker_size(reader)
    return media


def _set_pixels(media: MediaFacts, pixels: str | None) -> None:
    if pixels is not None:
        media.details["pixels"] = pixels


def _skip_animation_size(reader: Reader) -> None:
    read_photo_size(reader)
    if reader.version >= 27:
        reader.double()


def _skip_sticker_size(reader: Reader) -> None:
    """A profile photo that is made of a sticker."""
    value = flags(reader, 3)
    if value & 1:
        reader.i64()
    elif value & 2:
        reader.i64()
        reader.i64()
    else:
        raise FormatError(reader.position - 4, "photo made of an unknown sticker")
    for _ in range(reader.count()):
        reader.i32()


def skip_dialog_photo(reader: Reader) -> None:
    """Skips the photo of a chat, or the beginning of that of a user."""
    if reader.version >= 27:
        value = flags(reader, 0xF)
        has_files, has_mini = bool(value & 1), bool(value & 4)
    else:
        has_files, has_mini = True, False
    if has_files:
        read_file(reader)
        read_file(reader)
    if has_mini:
        reader.bytes()


def read_document(reader: Reader) -> MediaFacts:
    """Reads a document."""
    media = MediaFacts("document")
    version = reader.version
    value = flags(reader, 0x1F) if version >= 47 else 0xF
    if value & 1:
        media.name = reader.text() or None
    if value & 2:
        media.mime_type = reader.text() or None
    if value & 4 and version >= 20:
        reader.bytes()
    if value & 8:
        read_photo_size(reader)
    if version >= 47 and value & 0x10:
        _set_pixels(media, _read_dimensions(reader))
    _fill(media, read_file(reader))
    return media


def read_video(reader: Reader) -> MediaFacts:
    """Reads a video."""
    media = MediaFacts("video")
    value = flags(reader, 0xFF)
    media.name = reader.text() or None
    media.mime_type = reader.text() or None
    media.duration = reader.i32()
    _set_pixels(media, _read_dimensions(reader))
    if reader.version >= 20:
        reader.bytes()
    read_photo_size(reader)
    _fill(media, read_file(reader))
    if value & 1:
        for _ in range(reader.count(4)):
            read_file(reader)
    if value & 4:
        _skip_animation_size(reader)
    if value & 8:
        reader.i32()
    if value & 0x10:
        reader.double()
    if value & 0x40:
        reader.double()
    if value & 0x80:
        reader.text()
    return media


def read_audio(reader: Reader) -> MediaFacts:
    """Reads a piece of music."""
    media = MediaFacts("audio")
    version = reader.version
    value = flags(reader, 0xFF) if version >= 36 else 0x7F
    if value & 1:
        media.name = reader.text() or None
    if value & 2:
        media.mime_type = reader.text() or None
    if value & 4:
        media.duration = reader.i32()
    if value & 8:
        media.details["title"] = reader.text() or None
    if value & 0x10:
        media.details["performer"] = reader.text() or None
    if value & 0x20 and version >= 20:
        reader.bytes()
    if value & 0x40:
        read_photo_size(reader)
    if version >= 36 and value & 0x80:
        media.date = reader.i32()
    _fill(media, read_file(reader))
    return media


def read_voice(reader: Reader) -> MediaFacts:
    """Reads a voice message."""
    media = MediaFacts("voice")
    value = flags(reader, 0xF) if reader.version >= 39 else 7
    if value & 1:
        media.mime_type = reader.text() or None
    if value & 2:
        media.duration = reader.i32()
    if value & 4:
        reader.bytes()
    if value & 8:
        _read_transcription(reader, media)
    _fill(media, read_file(reader))
    return media


def _read_transcription(reader: Reader, media: MediaFacts) -> None:
    """The words of a recording, as the server understood them."""
    reader.i64()
    media.details["transcription"] = reader.text() or None


def read_video_note(reader: Reader) -> MediaFacts:
    """Reads a video message."""
    media = MediaFacts("video_message")
    version = reader.version
    value = flags(reader, 0x1F) if version >= 43 else 7
    if value & 1:
        media.duration = reader.i32()
    _set_pixels(media, _read_dimensions(reader))
    if value & 2 and version >= 20:
        reader.bytes()
    if value & 4:
        read_photo_size(reader)
    if version >= 43 and value & 8:
        _read_transcription(reader, media)
    if version >= 43 and value & 0x10:
        reader.bytes()
    _fill(media, read_file(reader))
    return media


def read_animation(reader: Reader) -> MediaFacts:
    """Reads an animation."""
    media = MediaFacts("animation")
    version = reader.version
    value = flags(reader, 3) if version >= 26 else 0
    if version >= 3:
        media.duration = reader.i32()
    _set_pixels(media, _read_dimensions(reader))
    media.name = reader.text() or None
    media.mime_type = reader.text() or None
    if version >= 20:
        reader.bytes()
    read_photo_size(reader)
    _fill(media, read_file(reader))
    if value & 1:
        for _ in range(reader.count(4)):
            read_file(reader)
    if value & 2:
        _skip_animation_size(reader)
    return media


def read_sticker(reader: Reader) -> MediaFacts:
    """Reads a sticker of a message."""
    media = MediaFacts("sticker")
    value = flags(reader, 0x7FF)
    if not value & 4:
        set_number = reader.i64()
        if set_number:
            media.details["set of stickers"] = set_number
        if value & 2:
            reader.i64()
    media.details["emoji"] = reader.text() or None
    _set_pixels(media, _read_dimensions(reader))
    read_photo_size(reader)
    read_photo_size(reader)
    _fill(media, read_file(reader))
    if value & 1:
        reader.i32()
        for _ in range(3):
            reader.double()
    if value & 0x10:
        reader.bytes()
    if value & 0x40:
        read_file(reader)
    if value & 0x200:
        reader.i32()
    return media


def read_game(reader: Reader) -> MediaFacts:
    """Reads a game."""
    media = MediaFacts("game")
    value = flags(reader, 1) if reader.version >= 4 else 1
    reader.i64()
    reader.i64()
    media.details["bot"] = reader.identifier() or None
    media.details["short name"] = reader.text() or None
    media.details["title"] = reader.text() or None
    media.details["description"] = reader.text() or None
    read_photo(reader)
    if value & 1:
        read_animation(reader)
    text = read_text(reader).text
    media.details["text of the game"] = text or None
    return media


def read_extended(reader: Reader) -> MediaFacts:
    """Reads a photo or video that has to be paid for."""
    value = flags(reader, 0x7F)
    reader.i32()
    media = MediaFacts("paid_media")
    if value & 1:
        read_text(reader)
    if value & 2:
        reader.i32()
    if value & 4:
        media.duration = reader.i32()
    if value & 8:
        _set_pixels(media, _read_dimensions(reader))
    if value & 0x10:
        reader.bytes()
    if value & 0x20:
        media = read_photo(reader)
    if value & 0x40:
        media = read_video(reader)
    return media
