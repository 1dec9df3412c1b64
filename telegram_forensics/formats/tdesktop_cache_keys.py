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
    high = key.high
    if high >> 32:
        prefix = high >> 40
        if prefix == 4:
            return KeyMeaning("map tile", variant=_coordinates(key.low))
        if prefix == 2 or prefix == 3:
            return KeyMeaning("web file" if prefix == 2 else "url")
        return KeyMeaning("undetermined")
    data_center = high & 0xFF
    kind = high >> 8 & 0xFF
    upper = high >> 16
    if kind == 1 and not upper:
        return KeyMeaning("document", key.low, data_center)
    if kind == 2 and not upper:
        return KeyMeaning("document good thumbnail", key.low, data_center)
    if kind == 3 and not upper and not data_center:
        return KeyMeaning("album cover", key.low)
    location = kind - 3
    if location not in _LOCATION_KINDS:
        return KeyMeaning("undetermined")
    variant = ""
    if location in (2, 5) and 0x20 < upper < 0x7F:
        variant = chr(upper)
    elif upper:
        variant = str(upper)
    return KeyMeaning(_LOCATION_KINDS[location], key.low, data_center, variant)


def media_cache_key_meaning(key: CacheKey) -> KeyMeaning:
    """Meaning of a key in `media_cache`: slices of documents and profile videos."""
    kind = key.high >> 16
    if kind in (1, 2):
        identifier = (key.high & 0xFFFF) << 48 | key.low >> 16
        part = key.low & 0xFFFF
        name = "document slice" if kind == 1 else "photo slice"
        if kind == 1 and part & 0xF0 and part > 0x0F and not part & 0xFF00:
            # Rendered frames share the key space: (type << 4 | size) in the low byte.
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
