"""Writes logs, tables and MANIFESTs of LevelDB, from the description of the format.

A second implementation: it does not import the library, so that a mistake of the reader
cannot hide in the writer. The checksum is computed bit by bit.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Sequence
from functools import cache

import cramjam

BLOCK = 32768
MAGIC = bytes.fromhex("57fb808b247547db")

# (kind, key, value): kind 1 puts, 0 deletes.
Entry = tuple[int, bytes, bytes]
# (sequence, kind, key, value).
Record = tuple[int, int, bytes, bytes]


@cache
def _table() -> list[int]:
    table = []
    for number in range(256):
        rest = number
        for _ in range(8):
            rest = rest >> 1 ^ (0x82F63B78 if rest & 1 else 0)
        table.append(rest)
    return table


def crc32c(data: bytes) -> int:
    """CRC-32C of some bytes."""
    table = _table()
    crc = 0xFFFFFFFF
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


def masked(data: bytes) -> bytes:
    """The checksum as it is stored."""
    crc = crc32c(data)
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def varint(number: int) -> bytes:
    """A variable integer."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def sized(data: bytes) -> bytes:
    """Bytes behind their length."""
    return varint(len(data)) + data


def write_batch(first: int, entries: Sequence[Entry]) -> bytes:
    """A write batch."""
    parts = [struct.pack("<QI", first, len(entries))]
    for kind, key, value in entries:
        parts.append(bytes([kind]) + sized(key) + (sized(value) if kind else b""))
    return b"".join(parts)


def write_log(payloads: Iterable[bytes]) -> bytes:
    """A log of payloads."""
    out = bytearray()
    for payload in payloads:
        position, is_first = 0, True
        while True:
            left = BLOCK - len(out) % BLOCK
            if left < 7:
                out += bytes(left)
                left = BLOCK
            piece = payload[position : position + left - 7]
            position += len(piece)
            is_last = position == len(payload)
            kind = (1 if is_last else 2) if is_first else (4 if is_last else 3)
            tagged = bytes([kind]) + piece
            out += masked(tagged) + struct.pack("<H", len(piece)) + tagged
            is_first = False
            if is_last:
                break
    return bytes(out)


def _plain(data: bytes) -> bytes:
    return data


COMPRESSIONS: dict[int, Callable[[bytes], bytes]] = {
    0: _plain,
    1: lambda data: bytes(cramjam.snappy.compress_raw(data)),
    2: lambda data: bytes(cramjam.zstd.compress(data)),
}


def write_block(entries: Sequence[tuple[bytes, bytes]], interval: int = 16) -> bytes:
    """The plain content of a block."""
    out = bytearray()
    restarts = []
    before = b""
    for number, (key, value) in enumerate(entries):
        shared = 0
        if number % interval == 0:
            restarts.append(len(out))
        else:
            while shared < min(len(key), len(before)) and key[shared] == before[shared]:
                shared += 1
        out += varint(shared) + varint(len(key) - shared) + varint(len(value))
        out += key[shared:] + value
        before = key
    restarts = restarts or [0]
    return bytes(out) + struct.pack(f"<{len(restarts) + 1}I", *restarts, len(restarts))


def internal_key(record: Record) -> bytes:
    """The key of a record in a table."""
    sequence, kind, key, _ = record
    return key + struct.pack("<Q", sequence << 8 | kind)


def write_table(
    records: Iterable[Record], compression: int = 1, block_size: int = 4096
) -> bytes:
    """A table of records."""
    out = bytearray()

    def add(content: bytes, kind: int) -> bytes:
        stored = COMPRESSIONS[kind](content) + bytes([kind])
        handle = varint(len(out)) + varint(len(stored) - 1)
        out.extend(stored + masked(stored))
        return handle

    index = []
    pending: list[tuple[bytes, bytes]] = []
    ordered = sorted(records, key=lambda record: (record[2], -record[0]))
    for number, record in enumerate(ordered):
        pending.append((internal_key(record), record[3]))
        is_full = sum(len(key) + len(value) for key, value in pending) >= block_size
        if is_full or number == len(ordered) - 1:
            index.append((pending[-1][0], add(write_block(pending), compression)))
            pending = []
    metaindex = add(write_block([]), 0)
    footer = metaindex + add(write_block(index, 1), 0)
    return bytes(out) + footer.ljust(40, b"\0") + MAGIC


def write_manifest(
    log_number: int, tables: Iterable[tuple[int, int]], deleted: Iterable[int] = ()
) -> bytes:
    """A MANIFEST: tables are (number, level), the deleted ones of level 0."""
    first = b"\x01" + sized(b"leveldb.BytewiseComparator")
    edit = b"\x02" + varint(log_number) + b"\x03" + varint(99) + b"\x04" + varint(1000)
    for number, level in tables:
        edit += b"\x07" + varint(level) + varint(number) + varint(100)
        edit += sized(b"a" * 9) + sized(b"z" * 9)
    last = b"".join(b"\x06\x00" + varint(number) for number in deleted)
    return write_log([first, edit, last] if last else [first, edit])
