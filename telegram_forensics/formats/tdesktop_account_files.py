"""Smaller data files of a Telegram Desktop account: peers, hashtags, exports, bots.

Specification: formats/telegram_desktop.md section 3.8. Each function reads the
decrypted content of one file and keeps what stands before damage.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.qds import QdsReader, QtDateTime
from telegram_forensics.formats.tdesktop_peer import (
    PeerId,
    SerializedPeer,
    decode_peer_id,
    read_peer,
)

T = TypeVar("T")

_EXPORT_TYPES: Final = (
    "personal information",
    "profile pictures",
    "contacts",
    "sessions",
    "other data",
    "personal chats",
    "bot chats",
    "private groups",
    "public groups",
    "private channels",
    "public channels",
    "stories",
)
_EXPORT_MEDIA: Final = (
    "photos",
    "videos",
    "voice messages",
    "video messages",
    "stickers",
    "animations",
    "files",
)
_EXPORT_FORMATS: Final = {0: "HTML", 1: "JSON", 2: "HTML and JSON"}
_PEER_KINDS: Final = {9: "user", 10: "group", 11: "channel"}
_OLD_PEER_KINDS: Final = {1: "user", 2: "group", 3: "channel"}


@dataclass(slots=True)
class Entries(Generic[T]):
    """What was read, and where it ended if it ended early.

    Attributes:
        items: entries in file order.
        problem: (offset in the decrypted data, reason), None if all was read.
    """

    items: list[T] = field(default_factory=list)
    problem: tuple[int, str] | None = None


@dataclass(frozen=True, slots=True)
class Hashtag:
    """A hashtag of the search or of own messages.

    Attributes:
        text: without "#".
        rating: how often, as the client counts.
        was_written: used in an own message (otherwise only searched).
    """

    text: str
    rating: int
    was_written: bool


@dataclass(slots=True)
class HashtagsAndBots:
    """Recent hashtags and recently used inline bots."""

    hashtags: list[Hashtag] = field(default_factory=list)
    bots: list[SerializedPeer] = field(default_factory=list)
    problem: tuple[int, str] | None = None


@dataclass(frozen=True, slots=True)
class KnownPeer:
    """A peer of a list.

    Attributes:
        peer: the record.
        source: `frequent`, `recent_search`, `recent_bot` or `saved`.
        position: place in its list from 1, the best or newest first.
        rating: the client's rating for frequent contacts, else None.
        cleared: time of a cleared conversation's last message (saved peers), else None.
    """

    peer: SerializedPeer
    source: str
    position: int
    rating: float | None = None
    cleared: QtDateTime | None = None


@dataclass(frozen=True, slots=True)
class ExportSettings:
    """Settings of the export dialog; the file exists only if they were changed.

    Attributes:
        types, full_chats, media: what was ticked, in words.
        size_limit: bytes of the largest file.
        output_format: HTML, JSON or both.
        path: target folder, "" the default.
        available_at: Unix time (seconds, UTC) at which a deferred export may start: an
            export was requested and deferred by the server. None if there is none.
        single_peer: the one chat of a single-chat export.
        from_time, till_time: its range as Unix times (UTC), None if open.
    """

    types: tuple[str, ...]
    full_chats: tuple[str, ...]
    media: tuple[str, ...]
    size_limit: int
    output_format: str
    path: str
    available_at: int | None
    single_peer: PeerId | None
    from_time: int | None
    till_time: int | None


@dataclass(frozen=True, slots=True)
class BotDownload:
    """A file that a Mini App saved.

    Attributes:
        bot: the bot.
        url, path: source and target.
        size: bytes.
    """

    bot: PeerId
    url: str
    path: str
    size: int


def read_hashtags_and_bots(data: bytes, version: int) -> HashtagsAndBots:
    """Reads recent hashtags and bots."""
    result = HashtagsAndBots()
    reader = QdsReader(data)

    def read() -> None:
        written = reader.u32()
        searched = reader.u32()
        if (written + searched) * 6 > reader.remaining:
            raise FormatError(0, f"{written} and {searched} hashtags announced")
        for number in range(written + searched):
            text = reader.string()
            result.hashtags.append(Hashtag(text, reader.u16(), number < written))
        if reader.remaining:
            for _ in range(reader.count(16)):
                result.bots.append(read_peer(reader, version))

    result.problem = _problem(read)
    return result


def read_search_suggestions(data: bytes) -> Entries[KnownPeer]:
    """Reads frequent contacts and peers recently opened from the search."""
    entries: Entries[KnownPeer] = Entries()
    outer = QdsReader(data)

    def read() -> None:
        start = outer.offset + 4
        top = QdsReader(outer.bytes())
        _based(start, lambda: _read_top(top, entries))
        start = outer.offset + 4
        recent = QdsReader(outer.bytes())
        _based(start, lambda: _read_recent(recent, entries))

    entries.problem = _problem(read)
    return entries


def _read_top(reader: QdsReader, entries: Entries[KnownPeer]) -> None:
    if not reader.remaining:
        return
    version = reader.u32()
    reader.u32()
    for number in range(reader.count(24)):
        peer = read_peer(reader, version)
        rating = reader.u64() / 1e6
        entries.items.append(KnownPeer(peer, "frequent", number + 1, rating))


def _read_recent(reader: QdsReader, entries: Entries[KnownPeer]) -> None:
    if not reader.remaining:
        return
    version = reader.u32()
    for number in range(reader.count(16)):
        entries.items.append(
            KnownPeer(read_peer(reader, version), "recent_search", number + 1)
        )


def read_saved_peers(data: bytes, version: int) -> Entries[KnownPeer]:
    """Reads saved peers (0.8.47 to 1.6)."""
    entries: Entries[KnownPeer] = Entries()
    reader = QdsReader(data)

    def read() -> None:
        for number in range(reader.count(16)):
            peer = read_peer(reader, version)
            entries.items.append(
                KnownPeer(peer, "saved", number + 1, cleared=reader.date_time())
            )

    entries.problem = _problem(read)
    return entries


def read_export_settings(data: bytes) -> ExportSettings:
    """Reads the settings of the export dialog.

    Raises:
        FormatError: if they are cut off.
    """
    reader = QdsReader(data)
    types, full_chats, media = reader.u32(), reader.u32(), reader.u32()
    size_limit = reader.u32()
    output_format = reader.u32()
    path = reader.string()
    available_at = reader.u32()
    peer = _read_export_peer(reader) if reader.remaining else None
    from_time = till_time = 0
    if reader.remaining:
        from_time, till_time = reader.i32(), reader.i32()
    return ExportSettings(
        _bits(types, _EXPORT_TYPES),
        _bits(full_chats, _EXPORT_TYPES),
        _bits(media, _EXPORT_MEDIA),
        size_limit,
        _EXPORT_FORMATS.get(output_format, str(output_format)),
        path,
        available_at or None,
        peer,
        from_time or None,
        till_time or None,
    )


def _read_export_peer(reader: QdsReader) -> PeerId | None:
    kind = reader.i32()
    if kind in _PEER_KINDS:
        bare = reader.u64()
        if kind != 10:
            reader.u64()
        return PeerId(_PEER_KINDS[kind], bare)
    if kind in _OLD_PEER_KINDS:
        bare = reader.i32() & 0xFFFFFFFF
        if kind != 2:
            reader.u64()
        return PeerId(_OLD_PEER_KINDS[kind], bare)
    return None


def _bits(value: int, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for bit, name in enumerate(names) if value >> bit & 1)


def read_bot_downloads(data: bytes) -> Entries[BotDownload]:
    """Reads files that Mini Apps saved (5.8.0 and later)."""
    entries: Entries[BotDownload] = Entries()

    def read() -> None:
        reader = QdsReader(QdsReader(data).bytes())

        def read_bots() -> None:
            version = reader.u32()
            if version != 1:
                raise FormatError(0, f"version {version} is unknown")
            for _ in range(reader.count(12)):
                start = reader.offset
                try:
                    bot = decode_peer_id(reader.u64())
                except FormatError as exception:
                    raise FormatError(start, exception.reason) from exception
                # Unfinished downloads are counted but not written.
                for _ in range(reader.u32()):
                    if not reader.remaining:
                        return
                    url, path = reader.string(), reader.string()
                    entries.items.append(BotDownload(bot, url, path, reader.i64()))

        _based(4, read_bots)

    entries.problem = _problem(read)
    return entries


def read_bot_storage(data: bytes) -> Entries[tuple[str, str]]:
    """Reads what a Mini App stored: (key, value)."""
    entries: Entries[tuple[str, str]] = Entries()

    def read() -> None:
        reader = QdsReader(QdsReader(data).bytes())

        def read_pairs() -> None:
            for _ in range(reader.count(8)):
                key = reader.string()
                entries.items.append((key, reader.string()))

        _based(4, read_pairs)

    entries.problem = _problem(read)
    return entries


def read_media_positions(data: bytes) -> Entries[tuple[int, int]]:
    """Reads where playback stopped: (document id, milliseconds)."""
    entries: Entries[tuple[int, int]] = Entries()
    reader = QdsReader(data)

    def read() -> None:
        for _ in range(reader.count(16)):
            document_id = reader.u64()
            entries.items.append((document_id, reader.i64()))

    entries.problem = _problem(read)
    return entries


def _problem(read: Callable[[], None]) -> tuple[int, str] | None:
    try:
        read()
    except FormatError as exception:
        return exception.offset, exception.reason
    return None


def _based(base: int, read: Callable[[], None]) -> None:
    """Gives the offsets of a nested array relative to the whole data."""
    try:
        read()
    except FormatError as exception:
        raise FormatError(base + exception.offset, exception.reason) from exception
