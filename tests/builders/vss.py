"""Adds a volume shadow copy to an NTFS volume, from what is published of the format.

The layout is that of libvshadow's format documentation: a volume header at 0x1E00, a
catalog with two entries, and a store of its header, block list, range list and bitmap.
The store holds the old content of every block that has changed since. It is written to
blocks that are zero in both versions. libvshadow, which reads it in the tests, is not
ours.
"""

from __future__ import annotations

import struct
import uuid

BLOCK = 0x4000
VOLUME_HEADER = 0x1E00
SIGNATURE = uuid.UUID("3808876b-c176-4e48-b7ae-04046e6cc752").bytes_le
_RECORD_CATALOG = 2
_RECORD_BLOCK_LIST = 3
_RECORD_STORE = 4
_RECORD_RANGES = 5
_RECORD_BITMAP = 6
_ENTRIES_PER_LIST = (BLOCK - 128) // 32


def add_shadow_copy(now: bytes, before: bytes, filetime: int) -> bytes:
    """Makes a volume with one shadow copy.

    Args:
        now: the volume of today.
        before: the same volume when the shadow copy was made.
        filetime: time of the shadow copy, 100 ns since 1601.
    """
    assert len(now) == len(before)
    assert len(now) % BLOCK == 0
    volume = bytearray(now)
    offsets = range(0, len(now), BLOCK)
    changed = [
        offset
        for offset in offsets
        if now[offset : offset + BLOCK] != before[offset : offset + BLOCK]
    ]
    zero = bytes(BLOCK)
    free = [
        offset
        for offset in offsets
        if now[offset : offset + BLOCK] == zero == before[offset : offset + BLOCK]
    ]
    assert len(changed) <= _ENTRIES_PER_LIST
    assert len(free) >= len(changed) + 5
    taken = iter(free)
    catalog, store, block_list, ranges, bitmap = (next(taken) for _ in range(5))

    entries = b""
    for number, offset in enumerate(changed):
        place = next(taken)
        volume[place : place + BLOCK] = before[offset : offset + BLOCK]
        entries += struct.pack("<QQQII", offset, number * BLOCK, place, 0, 0)

    volume[VOLUME_HEADER : VOLUME_HEADER + 512] = _volume_header(catalog)
    store_id = _guid("store")
    volume[catalog : catalog + BLOCK] = _block(
        _RECORD_CATALOG,
        catalog,
        struct.pack("<QQ16sQQQ72x", 2, len(now), store_id, len(free), 0x40, filetime)
        + struct.pack(
            "<QQ16sQQQQQQ48x",
            3,
            block_list,
            store_id,
            store,
            ranges,
            bitmap,
            0,
            len(now),
            0,
        ),
    )
    machine = "OFFICE-PC".encode("utf-16-le")
    information = struct.pack(
        "<16s16s16sIIII",
        _guid("provider"),
        store_id,
        _guid("set"),
        0x1D,
        1,
        0x420009,
        0,
    )
    for _ in range(2):
        information += struct.pack("<H", len(machine)) + machine
    volume[store : store + BLOCK] = _block(
        _RECORD_STORE, store, information, len(information)
    )
    volume[block_list : block_list + BLOCK] = _block(
        _RECORD_BLOCK_LIST, block_list, entries
    )
    volume[ranges : ranges + BLOCK] = _block(
        _RECORD_RANGES, ranges, struct.pack("<QQQ", store, 0, len(now))
    )
    volume[bitmap : bitmap + BLOCK] = _block(_RECORD_BITMAP, bitmap, b"")
    return bytes(volume)


def _guid(name: str) -> bytes:
    return uuid.uuid5(uuid.NAMESPACE_DNS, name).bytes_le


def _volume_header(catalog: int) -> bytes:
    return struct.pack(
        "<16sIIQQQQQ16s16sI412x",
        SIGNATURE,
        1,
        1,
        VOLUME_HEADER,
        0,
        0,
        catalog,
        0,
        _guid("volume"),
        _guid("volume"),
        0,
    )


def _block(record_type: int, offset: int, content: bytes, size: int = 0) -> bytes:
    header = struct.pack("<16sIIQQQQ72x", SIGNATURE, 1, record_type, 0, offset, 0, size)
    return (header + content).ljust(BLOCK, b"\0")
