"""The map of a Telegram Desktop account: which data file holds what.

Specification: formats/telegram_desktop.md sections 3.4 and, for types 0x1f to 0x21,
formats/telegram_desktop_key_file_7_3.md (these UNCONFIRMED).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.qds import QdsReader
from telegram_forensics.formats.tdesktop_names import file_key_name

TYPE_SELF: Final = 0x15
TYPE_WEB_VIEW_TOKENS: Final = 0x19


@dataclass(frozen=True, slots=True)
class MapFile:
    """A data file that the map names.

    Attributes:
        type: map record type, e.g. 0x01.
        role: what the file holds, e.g. `draft`, `locations`, `stickers_installed`.
        file_key: the FileKey.
        peer: PEERID as stored, for drafts, cursors and bot storages.
        offset: where the FileKey stands in the decrypted map.
    """

    type: int
    role: str
    file_key: int
    peer: int | None
    offset: int

    @property
    def name(self) -> str:
        """File name without suffix."""
        return file_key_name(self.file_key)


@dataclass(slots=True)
class AccountMap:
    """A decrypted map.

    Attributes:
        files: named data files in map order; FileKey 0 (no file) is left out.
        self_data: record 0x15, the owner's serialized peer, if present.
        types: record types in file order.
        problems: (offset in the decrypted map, reason); an unknown type ends the map.
    """

    files: list[MapFile] = field(default_factory=list)
    self_data: bytes | None = None
    types: list[int] = field(default_factory=list)
    problems: list[tuple[int, str]] = field(default_factory=list)


# Types that are followed by FileKeys, one for each role.
_FILE_KEYS: Final[dict[int, tuple[str, ...]]] = {
    0x04: ("locations",),
    0x07: ("recent_stickers_old",),
    0x08: ("background_old",),
    0x09: ("user_settings",),
    0x0A: ("recent_hashtags_and_bots",),
    0x0B: ("stickers_old",),
    0x0C: ("saved_peers",),
    0x0D: ("report_spam_statuses",),
    0x0E: ("saved_gifs_old",),
    0x0F: ("saved_gifs",),
    0x10: (
        "stickers_installed",
        "stickers_featured",
        "stickers_recent",
        "stickers_archived",
    ),
    0x11: ("trusted_peers",),
    0x12: ("faved_stickers",),
    0x13: ("export_settings",),
    0x14: ("background_day", "background_night"),
    0x16: ("masks_installed", "masks_recent", "masks_archived"),
    0x17: ("custom_emoji_installed", "custom_emoji_featured", "custom_emoji_archived"),
    0x18: ("search_suggestions",),
    0x1A: ("round_placeholder",),
    0x1B: ("inline_bots_downloads",),
    0x1C: ("media_positions",),
    0x1F: ("wallet_key",),
    0x20: ("wallet_engine_key",),
}
# Types that are followed by a list of (FileKey, PEERID).
_PEER_FILES: Final = {0x01: "draft", 0x02: "draft_cursor", 0x1D: "bot_storage"}
# Types of the media cache before 1.3.15: lists of (FileKey, u64, u64, i32 size).
_CACHED_MEDIA: Final = {0x03: "image", 0x05: "sticker_image", 0x06: "audio"}


def read_map(data: bytes) -> AccountMap:
    """Reads a decrypted map; never raises, damage ends up in `problems`."""
    account_map = AccountMap()
    reader = QdsReader(data)
    while reader.remaining:
        start = reader.offset
        try:
            record_type = reader.u32()
            _read_record(reader, record_type, account_map, start)
        except FormatError as exception:
            account_map.problems.append((exception.offset, exception.reason))
            break
        account_map.types.append(record_type)
    return account_map


def _read_record(
    reader: QdsReader, record_type: int, account_map: AccountMap, start: int
) -> None:
    if record_type in _FILE_KEYS:
        for role in _FILE_KEYS[record_type]:
            _add(account_map, reader, record_type, role)
    elif record_type in _PEER_FILES:
        role = _PEER_FILES[record_type]
        for _ in range(reader.count(16)):
            _add(account_map, reader, record_type, role, reader_peer=reader.u64)
    elif record_type in _CACHED_MEDIA:
        for _ in range(reader.count(28)):
            _add(account_map, reader, record_type, _CACHED_MEDIA[record_type])
            reader.raw(20)
    elif record_type == TYPE_SELF:
        account_map.self_data = reader.bytes()
    elif record_type == TYPE_WEB_VIEW_TOKENS:
        reader.bytes()
        reader.bytes()
    elif record_type == 0x21:
        for _ in range(reader.count(12)):
            _add(account_map, reader, record_type, "wallet_engine_storage")
            reader.string()
    else:
        raise FormatError(start, f"unknown map record type 0x{record_type:x}")


def _add(
    account_map: AccountMap,
    reader: QdsReader,
    record_type: int,
    role: str,
    reader_peer: Callable[[], int] | None = None,
) -> None:
    offset = reader.offset
    file_key = reader.u64()
    peer = reader_peer() if reader_peer else None
    if file_key:
        account_map.files.append(MapFile(record_type, role, file_key, peer, offset))
