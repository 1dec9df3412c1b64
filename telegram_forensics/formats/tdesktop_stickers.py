"""Sticker, mask and custom emoji lists of Telegram Desktop, saved GIFs.

Specification: formats/telegram_desktop.md section 3.8, all versions. Each function
reads the decrypted content of one file and keeps what stands before damage.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.qds import QdsReader
from telegram_forensics.formats.tdesktop_peer import skip_image_location
from telegram_forensics.formats.tdesktop_setting_facts import SettingFact

_VERSION_TAG: Final = 0xFFFFFFFF
_VERSIONS: Final = (1, 2, 3, 4)
# What the client writes for a set of its own, or when it does not know the date.
_DEFAULT_INSTALL_DATE: Final = 1
_DOCUMENT_VERSION_TAG: Final = 0x7FFFFFFF
_MAXIMUM_DOCUMENT_VERSION: Final = 6
_STICKER: Final = 3
# What a map calls the file -> first words of what is said about it.
_FAMILIES: Final = {
    "stickers": "sticker",
    "faved": "sticker",
    "masks": "mask",
    "custom": "custom_emoji",
}
# Sets that the server recommends say nothing about the user.
_FEATURED: Final = "featured"
_RECENT: Final = "recent"

STICKER_ROLES: Final = frozenset(
    {
        "stickers_old",
        "stickers_installed",
        "stickers_featured",
        "stickers_recent",
        "stickers_archived",
        "faved_stickers",
        "masks_installed",
        "masks_recent",
        "masks_archived",
        "custom_emoji_installed",
        "custom_emoji_featured",
        "custom_emoji_archived",
    }
)
GIF_ROLES: Final = frozenset({"saved_gifs", "saved_gifs_old"})
OLD_RECENT_ROLE: Final = "recent_stickers_old"
ROLES: Final = STICKER_ROLES | GIF_ROLES | {OLD_RECENT_ROLE}


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document: sticker, mask, emoji or GIF.

    Attributes:
        identifier: document id.
        date: Unix time (seconds, UTC) at which somebody uploaded it, as the server
            gave it.
        name, mime_type, data_center, size: as stored.
        emoji: emoji that a sticker stands for, "" if none.
        rating: how often it was used, as the client counts; recent stickers up to
            0.8.13 only.
    """

    identifier: int
    date: int
    name: str
    mime_type: str
    data_center: int
    size: int
    emoji: str = ""
    rating: int | None = None


@dataclass(slots=True)
class StickerSet:
    """A set.

    Attributes:
        identifier: id of the set.
        title, short_name: as stored.
        count: number of stickers; negative while only their number is known.
        install_date: Unix time (seconds, UTC) of the installation, None if not stored.
        documents: stickers.
        dates: for recently used ones the last use of each, Unix time (seconds, UTC).
    """

    identifier: int
    title: str
    short_name: str
    count: int
    install_date: int | None = None
    documents: list[StoredDocument] = field(default_factory=list)
    dates: list[int] = field(default_factory=list)


@dataclass(slots=True)
class StickerFile:
    """Content of a file.

    Attributes:
        sets: sets in file order.
        documents: documents of a file without sets.
        problem: (offset in the decrypted data, reason), None if all was read.
    """

    sets: list[StickerSet] = field(default_factory=list)
    documents: list[StoredDocument] = field(default_factory=list)
    problem: tuple[int, str] | None = None


def read_sticker_file(role: str, data: bytes, version: int) -> StickerFile:
    """Reads one of the files of `ROLES`.

    Args:
        role: what the map says that the file holds.
        data: decrypted content.
        version: AppVersion of the file.
    """
    result = StickerFile()
    reader = QdsReader(data)
    read: Callable[[QdsReader, int, StickerFile], None] = _read_sets
    if role in GIF_ROLES:
        read = _read_gifs
    elif role == OLD_RECENT_ROLE:
        read = _read_old_recent
    try:
        read(reader, version, result)
    except FormatError as exception:
        result.problem = (exception.offset, exception.reason)
    return result


def _read_sets(reader: QdsReader, version: int, result: StickerFile) -> None:
    count = reader.u32()
    layout = 0
    if count == _VERSION_TAG:
        start = reader.offset
        layout = reader.i32()
        if layout not in _VERSIONS:
            raise FormatError(start, f"version {layout} of a sticker list is unknown")
        count = _count(reader, 4)
    else:
        reader.bytes()
    for _ in range(count):
        start = reader.offset
        sticker_set = _read_set_head(reader, version, layout)
        result.sets.append(sticker_set)
        try:
            if sticker_set.count >= 0:
                _read_set(reader, version, layout, sticker_set)
        except FormatError as exception:
            raise FormatError(
                exception.offset,
                f"in the set {sticker_set.identifier} at offset 0x{start:x}: "
                f"{exception.reason}",
            ) from exception
    if reader.remaining and (layout or version >= 9061):
        # Order of the sets in the panel.
        reader.raw(8 * reader.count(8))
    if reader.remaining:
        raise FormatError(
            reader.offset, f"{reader.remaining} bytes behind the sticker sets"
        )


def _read_set_head(reader: QdsReader, version: int, layout: int) -> StickerSet:
    identifier = reader.u64()
    reader.u64()
    if layout >= 2:
        reader.u64()
    title, short_name = reader.string(), reader.string()
    sticker_set = StickerSet(identifier, title, short_name, reader.i32())
    if layout or version > 8033:
        # Flags, at first behind a hash of 32 bits.
        reader.raw(4 if layout >= 2 else 8)
    if layout or version > 1_002_008:
        date = reader.i32()
        sticker_set.install_date = date if date > _DEFAULT_INSTALL_DATE else None
    if layout >= 3:
        reader.u64()
    if layout >= 4:
        reader.i32()
    if layout:
        skip_image_location(reader, version)
    return sticker_set


def _read_set(
    reader: QdsReader, version: int, layout: int, sticker_set: StickerSet
) -> None:
    for _ in range(sticker_set.count):
        sticker_set.documents.append(_read_document(reader, version))
    if layout or version > 1_002_008:
        start = reader.offset
        count = _count(reader, 4)
        dates = [reader.i32() for _ in range(count)]
        if dates and len(dates) != len(sticker_set.documents):
            raise FormatError(
                start, f"{len(dates)} dates for {len(sticker_set.documents)} stickers"
            )
        sticker_set.dates = dates
    if layout or version > 9018:
        for _ in range(_count(reader, 8)):
            reader.string()
            reader.raw(8 * _count(reader, 8))


def _read_document(reader: QdsReader, version: int) -> StoredDocument:
    start = reader.offset
    identifier = reader.u64()
    try:
        return _read_document_body(reader, version, identifier)
    except FormatError as exception:
        raise FormatError(
            exception.offset,
            f"in the document {identifier} at offset 0x{start:x}: {exception.reason}",
        ) from exception


def _read_document_body(
    reader: QdsReader, version: int, identifier: int
) -> StoredDocument:
    reader.u64()
    date = reader.i32()
    layout = 0
    if version >= 9061:
        if version >= 1_003_013:
            reader.bytes()
        if reader.i32() == _DOCUMENT_VERSION_TAG:
            start = reader.offset
            layout = reader.i32()
            if not 0 <= layout <= _MAXIMUM_DOCUMENT_VERSION:
                # Where the document ends is unknown.
                raise FormatError(start, f"version {layout} is unknown")
    name, mime_type = reader.string(), reader.string()
    data_center, size = reader.i32(), reader.i32()
    reader.raw(8)
    kind = reader.i32()
    emoji = ""
    if kind == _STICKER:
        emoji = reader.string()
        reader.i32()
        # Duration, premium, colour of text.
        reader.raw({3: 4, 4: 8, 5: 12, 6: 16}.get(layout, 0))
    else:
        reader.raw(8 if layout >= 6 else 4)
    skip_image_location(reader, version)
    if layout >= 1:
        reader.i32()
        skip_image_location(reader, version)
        reader.i32()
    if layout >= 2:
        reader.i32()
        reader.bytes()
    return StoredDocument(
        identifier, date, name, mime_type, data_center, size & 0xFFFFFFFF, emoji
    )


def _read_gifs(reader: QdsReader, version: int, result: StickerFile) -> None:
    for _ in range(reader.count(20)):
        result.documents.append(_read_document(reader, version))
    if reader.remaining:
        raise FormatError(
            reader.offset, f"{reader.remaining} bytes behind the saved GIFs"
        )


def _read_old_recent(reader: QdsReader, version: int, result: StickerFile) -> None:
    while reader.remaining:
        start = reader.offset
        identifier = reader.u64()
        try:
            rating = reader.u16()
            reader.u64()
            date = reader.i32()
            name, mime_type = reader.string(), reader.string()
            data_center, size = reader.i32(), reader.i32()
            reader.raw(12)
            emoji = reader.string() if version >= 7021 else ""
        except FormatError as exception:
            raise FormatError(
                exception.offset,
                f"in the sticker {identifier} at offset 0x{start:x}: "
                f"{exception.reason}",
            ) from exception
        # Negative: of the user's own stickers, not of the client's set.
        rating = -(0x10000 - rating) if rating & 0x8000 else rating
        result.documents.append(
            StoredDocument(
                identifier,
                date,
                name,
                mime_type,
                data_center,
                size & 0xFFFFFFFF,
                emoji,
                rating,
            )
        )


def _count(reader: QdsReader, minimum_size: int) -> int:
    """A signed count of elements of at least `minimum_size` bytes each."""
    start = reader.offset
    count = reader.i32()
    if count < 0 or count * minimum_size > reader.remaining:
        raise FormatError(
            start, f"list of {count} elements announced, {reader.remaining} bytes left"
        )
    return count


def sticker_facts(role: str, content: StickerFile) -> Iterator[SettingFact]:
    """What a file says about its user.

    Last uses and installations carry their time. It comes from the server: another
    device of the account may be where it happened.
    """
    if role in GIF_ROLES:
        for document in content.documents:
            yield SettingFact("saved_gif", _document_words(document))
        return
    for document in content.documents:
        value = f"{_document_words(document)}, rating {document.rating}"
        yield SettingFact("recent_sticker", value)
    family = _FAMILIES[role.partition("_")[0]] if content.sets else ""
    for sticker_set in content.sets:
        if _RECENT in role:
            yield from _recent_facts(family, sticker_set)
        elif role == "faved_stickers":
            for document in sticker_set.documents:
                yield SettingFact("favourite_sticker", _document_words(document))
        elif _FEATURED not in role:
            value = f"{sticker_set.title} ({sticker_set.short_name}), set "
            value += f"{sticker_set.identifier}, {abs(sticker_set.count)} items"
            state = "archived" if role.endswith("archived") else "installed"
            yield SettingFact(f"{family}_set_{state}", value, sticker_set.install_date)


def _recent_facts(family: str, sticker_set: StickerSet) -> Iterator[SettingFact]:
    dates = sticker_set.dates or [0] * len(sticker_set.documents)
    for document, date in zip(sticker_set.documents, dates, strict=True):
        # Without a time only that it was used is known.
        name = f"{family}_last_used" if date > 0 else f"recent_{family}"
        yield SettingFact(name, _document_words(document), date if date > 0 else None)


def _document_words(document: StoredDocument) -> str:
    parts = [f"document {document.identifier}", document.emoji, document.name]
    return ", ".join(part for part in parts if part)
