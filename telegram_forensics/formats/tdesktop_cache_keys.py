"""What a key of Telegram Desktop's cache means.

Specification: formats/telegram_desktop.md section 4.5. The prefixes of web files, plain
URLs and map tiles overlap with bits of a hash: what a key alone cannot tell is
`undetermined`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from telegram_forensics.formats.tdesktop_cache import CacheKey

_LOCATION_KINDS: Final = {
    0: "legacy file",
    1: "encrypted file",
    2: "document thumbnail",
    3: "secure file",
    4: "takeout file",
    5: "photo",
    6: "peer photo",
    7: "sticker set thumbnail",
    8: "group call stream",
}
# Upper half of the high number.
_WEB_FILE: Final = 0x204
_URL: Final = 0x300
_MAP_TILE: Final = 0x400
_MAP_TILE_BITS: Final = 0xF0F
_MASK_64: Final = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class KeyMeaning:
    """Meaning of a key.

    Attributes:
        kind: what the value is, in words.
        identifier: document, photo or volume id, None where the key has none.
        data_center: data center, None where the key has none.
        variant: size letter of a photo, slice number, or local id; "" if none.
    """

    kind: str
    identifier: int | None = None
    data_center: int | None = None
    variant: str = ""

    @property
    def label(self) -> str:
        """Short name for a file."""
        parts = [self.kind.replace(" ", "-")]
        if self.identifier is not None:
            parts.append(str(self.identifier))
        if self.variant:
            parts.append(self.variant)
        return "_".join(parts)


def cache_key_meaning(key: CacheKey) -> KeyMeaning:
    """Meaning of a key in `cache`."""
    if key.high >> 32:
        return _hashed_meaning(key)
    data_center = key.high & 0xFF
    kind = key.high >> 8 & 0xFF
    upper = key.high >> 16
    if not upper and kind in (1, 2):
        name = "document" if kind == 1 else "document good thumbnail"
        return KeyMeaning(name, key.low, data_center)
    if kind == 3 and not upper and not data_center:
        return KeyMeaning("album cover", key.low)
    location = kind - 3
    if location not in _LOCATION_KINDS:
        return KeyMeaning("undetermined")
    variant = str(upper) if upper else ""
    if location in (2, 5) and 0x20 < upper < 0x7F:
        variant = chr(upper)
    return KeyMeaning(_LOCATION_KINDS[location], key.low, data_center, variant)


def _hashed_meaning(key: CacheKey) -> KeyMeaning:
    """Meaning of a key whose rest is a hash, or a place on a map.

    Bits of the hash and of the zoom lie over the prefix of plain URLs and map tiles. A
    hash looks like a place on the map in 3 of 1000 cases.
    """
    prefix = key.high >> 32
    if prefix == _WEB_FILE:
        return KeyMeaning("web file")
    if prefix & _MAP_TILE and not prefix & ~_MAP_TILE_BITS:
        coordinates = _coordinates(key.low)
        if coordinates:
            return KeyMeaning("map tile", variant=coordinates)
    if prefix & _URL == _URL and prefix <= 0xFFFF:
        return KeyMeaning("url")
    return KeyMeaning("undetermined")


def media_cache_key_meaning(key: CacheKey) -> KeyMeaning:
    """Meaning of a key in `media_cache`: slices of documents and profile videos."""
    kind = key.high >> 16
    if kind in (1, 2):
        identifier = (key.high & 0xFFFF) << 48 | key.low >> 16
        part = key.low & 0xFFFF
        name = "document slice" if kind == 1 else "photo slice"
        if kind == 1 and part <= 0xFF:
            # Rendered frames of stickers share the key space: (type << 4 | size) in the
            # low byte, and both can be 0. Only the content tells them from slices.
            name = "document slice or rendered frame"
        return KeyMeaning(name, identifier & _MASK_64, None, str(part))
    if key.high >> 16 & 0xFF == 8:
        return KeyMeaning("sticker set thumbnail frame", key.low >> 8)
    return KeyMeaning("undetermined")


def _coordinates(low: int) -> str:
    latitude = (low >> 32) / 1e6 - 360
    longitude = (low & 0xFFFFFFFF) / 1e6 - 360
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        return ""
    return f"{latitude:.6f},{longitude:.6f}"
