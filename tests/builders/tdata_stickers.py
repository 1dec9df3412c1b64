"""Writes sticker lists of Telegram Desktop, from 0.7.5 to 6.x, and maps that name them.

Like `tdata` a second implementation, made from the description of the format only.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from tests.builders.tdata import (
    byte_array,
    encrypt_local,
    file_key_name,
    i32,
    i64,
    map_file,
    string,
    tdf,
    u32,
    u64,
)

# Layout of a list and of a document by the version of the program.
LAYOUTS = {
    8000: (0, 0),
    8034: (0, 0),
    9050: (0, 0),
    9061: (0, 0),
    1002009: (0, 0),
    1003013: (0, 0),
    1006002: (1, 1),
    2005000: (1, 2),
    3000000: (2, 3),
    3002000: (2, 4),
    4001000: (3, 5),
    6001002: (4, 6),
}


@dataclasses.dataclass
class Sticker:
    """A document of a list."""

    identifier: int
    emoji: str | None = "\U0001f600"
    name: str = "sticker.webp"
    mime_type: str = "image/webp"
    date: int = 1600000000


@dataclasses.dataclass
class Set:
    """A set; `count` stands in for stickers that are not loaded."""

    identifier: int
    title: str = "Cats"
    short_name: str = "cats_by_ann"
    install_date: int = 1650000000
    stickers: Sequence[Sticker] = ()
    dates: Sequence[int] = ()
    count: int | None = None


def image_location(version: int) -> bytes:
    """Writes a place of a picture."""
    if version >= 1006004:
        return u32(0x80000000) + byte_array(b"\0\2 location")
    reference = byte_array(b"ref") if version >= 1003013 else b""
    return i32(128) + i32(128) + i32(2) + u64(7) + i32(3) + u64(9) + reference


def document(sticker: Sticker, version: int) -> bytes:
    """Writes a document."""
    layout = LAYOUTS[version][1]
    parts = [u64(sticker.identifier), u64(4711), i32(sticker.date)]
    if version >= 9061:
        if version >= 1003013:
            parts.append(byte_array(b"file reference"))
        parts += [i32(0x7FFFFFFF), i32(layout)] if layout else [i32(5)]
    parts += [string(sticker.name), string(sticker.mime_type)]
    parts += [i32(2), i32(12345), i32(512), i32(512)]
    if sticker.emoji is None:
        parts += [i32(4), i64(1500) if layout >= 6 else i32(2)]
    else:
        parts += [i32(3), string(sticker.emoji), i32(1)]
        if layout >= 6:
            parts += [i64(0), i32(1), i32(0)]
        elif layout >= 3:
            parts += [i32(0)] * (layout - 2)
    parts.append(image_location(version))
    if layout >= 1:
        parts += [i32(10), image_location(version), i32(20)]
    if layout >= 2:
        parts += [i32(1), byte_array(b"path")]
    return b"".join(parts)


def sticker_sets(sets: Sequence[Set], version: int) -> bytes:
    """Writes a list of sets."""
    layout = LAYOUTS[version][0]
    if layout:
        parts = [u32(0xFFFFFFFF), i32(layout), i32(len(sets))]
    else:
        parts = [u32(len(sets)), byte_array(b"hash")]
    for item in sets:
        count = len(item.stickers) if item.count is None else item.count
        parts += [u64(item.identifier), u64(99)]
        if layout >= 2:
            parts.append(u64(1234))
        parts += [string(item.title), string(item.short_name), i32(count)]
        if layout < 2 and (layout or version > 8033):
            parts.append(i32(77))
        if layout or version > 8033:
            parts.append(i32(1))
        if layout or version > 1002008:
            parts.append(i32(item.install_date))
        if layout >= 3:
            parts.append(u64(5))
        if layout >= 4:
            parts.append(i32(2))
        if layout:
            parts.append(image_location(version))
        if count < 0:
            continue
        parts += [document(sticker, version) for sticker in item.stickers]
        if layout or version > 1002008:
            parts += [i32(len(item.dates)), *map(i32, item.dates)]
        if layout or version > 9018:
            parts += [i32(1), string("\U0001f600"), i32(1), u64(5)]
    if layout or version >= 9061:
        parts += [u32(len(sets)), *(u64(item.identifier) for item in sets)]
    return b"".join(parts)


def saved_gifs(documents: Sequence[Sticker], version: int) -> bytes:
    """Writes a list of saved GIFs."""
    return u32(len(documents)) + b"".join(document(item, version) for item in documents)


def old_recent(stickers: Sequence[tuple[Sticker, int]], version: int) -> bytes:
    """Writes recent stickers with their rating, 0.7.5 to 0.8.13."""
    parts = []
    for item, rating in stickers:
        parts += [u64(item.identifier), i32(rating)[2:], u64(1), i32(item.date)]
        parts += [string(item.name), string(item.mime_type)]
        parts += [i32(2), i32(12345), i32(512), i32(512), i32(3)]
        if version >= 7021:
            parts.append(string(item.emoji))
    return b"".join(parts)


def add_to_account(
    folder: Path,
    records: Sequence[tuple[int, Sequence[bytes | None]]],
    local_key: bytes,
    version: int,
) -> dict[tuple[int, int], Path]:
    """Gives an account's folder a map that names files, and the files.

    Args:
        folder: the account's folder.
        records: type of the map's record, plain content of each of its files or None
            for no file.
        local_key: encrypts them.
        version: version of the program.

    Returns:
        The files by type and place in the record.
    """
    plain = b""
    files = {}
    for record_type, contents in records:
        plain += u32(record_type)
        for place, content in enumerate(contents):
            file_key = 0 if content is None else record_type << 8 | place | 1 << 60
            plain += u64(file_key)
            if content is not None:
                path = folder / f"{file_key_name(file_key)}s"
                path.write_bytes(tdf([encrypt_local(content, local_key)], version))
                files[record_type, place] = path
    (folder / "maps").write_bytes(map_file(plain, local_key, version))
    return files
