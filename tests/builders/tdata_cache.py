"""Writes cache databases of Telegram Desktop: index, value files, streamed media.

Like `tdata` a second implementation, made from the description of the format only.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
import random
import struct
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from Crypto.Cipher import AES

PART = 128 * 1024
SLICE = 64 * PART
DOCUMENT = 1
PHOTO = 2


@dataclasses.dataclass
class Value:
    """A value of a cache database.

    Attributes:
        key: high and low number.
        data: plain content.
        stored: Unix time of its time point.
        tag: what the client says that it is.
        size: size that the index tells; None: the true one.
        place: 7 bytes that name the file; None: drawn.
        has_file: False: in the index only.
        file_size: bytes of the encrypted file that are kept; None: all.
    """

    key: tuple[int, int]
    data: bytes
    stored: int = 1700003600
    tag: int = 0
    size: int | None = None
    place: bytes | None = None
    has_file: bool = True
    file_size: int | None = None


def tdef(data: bytes, key: bytes, salt: bytes) -> bytes:
    """Encrypts a file of the cache; the padding is zero."""
    header = bytes(16)
    check = hashlib.sha256(key + salt + header).digest()
    aes_key = hashlib.sha256(key[:128] + salt[:32]).digest()
    counter = hashlib.sha256(key[128:] + salt[32:]).digest()[:16]
    cipher = AES.new(aes_key, AES.MODE_CTR, nonce=b"", initial_value=counter)
    plain = header + check + data + bytes(-len(data) % 16)
    return b"TDEF" + salt + cipher.encrypt(plain)


def place_path(place: bytes) -> str:
    """Path of a value file below the folder of the generation."""
    name = "".join(f"{byte & 15:X}{byte >> 4:X}" for byte in place)
    return f"{name[:2]}/{name[2:]}"


def store(value: Value, place: bytes) -> bytes:
    """Writes a record of a stored value."""
    size = len(value.data) if value.size is None else value.size
    return (
        bytes([1, value.tag])
        + size.to_bytes(3, "little")
        + place
        + bytes(4)
        + struct.pack("<QQ", *value.key)
        + struct.pack("<QII", value.stored, value.stored, 0)
    )


def multi_store(values: Sequence[tuple[Value, bytes]]) -> bytes:
    """Writes what a compaction writes."""
    head = b"\2" + len(values).to_bytes(3, "little") + bytes(12)
    return head + b"".join(store(value, place) for value, place in values)


def access(keys: Sequence[tuple[int, int]], time: int) -> bytes:
    """Writes a record of used values."""
    head = b"\4" + len(keys).to_bytes(3, "little") + struct.pack("<QI", time, time)
    return head + b"".join(struct.pack("<QQ", *key) for key in keys)


def build_cache(
    folder: Path,
    values: Iterable[Value],
    key: bytes,
    *,
    created: int = 1700000000,
    used: Sequence[tuple[Sequence[tuple[int, int]], int]] = (),
    compacted: bool = False,
    rng: random.Random | None = None,
) -> list[Path]:
    """Writes a cache database of one generation.

    Args:
        folder: the database, such as user_data/media_cache.
        values: what it holds.
        key: local key, 256 bytes.
        created: creation time.
        used: keys and time of each record of use.
        compacted: values stand in one record, as after a compaction.
        rng: salts and places are drawn from it.

    Returns:
        The value files, in the order of the values that have one.
    """
    rng = rng or random.Random(0)
    generation = folder / "0"
    generation.mkdir(parents=True, exist_ok=True)
    files = []
    placed = []
    for value in values:
        place = value.place or rng.randbytes(7)
        placed.append((value, place))
        if not value.has_file:
            continue
        path = generation / place_path(place)
        path.parent.mkdir(exist_ok=True)
        content = tdef(value.data, key, rng.randbytes(64))
        path.write_bytes(content[: value.file_size])
        os.utime(path, (value.stored + 60, value.stored + 60))
        files.append(path)
    records = struct.pack("<B3sIQ", 0, b"\1\0\0", created, 0)
    if compacted:
        records += multi_store(placed)
    else:
        records += b"".join(store(value, place) for value, place in placed)
    records += b"".join(access(keys, time) for keys, time in used)
    (generation / "binlog").write_bytes(tdef(records, key, rng.randbytes(64)))
    return files


# Streamed media.


def base_key(identifier: int, kind: int = DOCUMENT) -> tuple[int, int]:
    """Base key of a document or photo in media_cache."""
    return kind << 16 | identifier >> 48, identifier << 16 & 0xFFFFFFFFFFFFFFFF


def slice_key(identifier: int, number: int, kind: int = DOCUMENT) -> tuple[int, int]:
    """Key of a slice."""
    high, low = base_key(identifier, kind)
    return high, low + number


def part_list(parts: Iterable[tuple[int, bytes]]) -> bytes:
    """Writes a list of parts."""
    items = list(parts)
    return struct.pack("<I", len(items)) + b"".join(
        struct.pack("<II", offset, len(data)) + data for offset, data in items
    )


def stream(
    content: bytes, parts: Iterable[int], header: Iterable[int]
) -> dict[int, bytes]:
    """Gives the slices that the client keeps of a streamed file.

    Args:
        content: the whole file.
        parts: numbers of the parts that were loaded.
        header: numbers of those that make up the header.

    Returns:
        Value by slice number.
    """

    def part(number: int) -> bytes:
        return content[number * PART : (number + 1) * PART]

    loaded = sorted(set(parts))
    if len(content) <= 80 * PART:
        return {0: _slice(loaded, 0, part, len(content))}
    heads = sorted(set(header))
    values = {}
    is_good = sum(number >= 64 for number in heads) <= 8
    head = part_list((number * PART, part(number)) for number in heads)
    if is_good:
        first = [number for number in loaded if number < 64 and number not in heads]
        head += part_list((number * PART, part(number)) for number in first)
    values[0] = head + bytes(len(head) % PART == 0)
    count = -(-len(content) // SLICE)
    for number in range(2 if is_good else 1, count + 1):
        start = (number - 1) * 64
        own = [item for item in loaded if start <= item < start + 64]
        if own:
            full = min(SLICE, len(content) - (number - 1) * SLICE)
            values[number] = _slice(own, start, part, full)
    return values


def _slice(
    numbers: list[int], start: int, part: Callable[[int], bytes], full: int
) -> bytes:
    if numbers == list(range(start, start + len(numbers))):
        return b"".join(part(number) for number in numbers)
    data = part_list(((number - start) * PART, part(number)) for number in numbers)
    while len(data) % PART == 0 or len(data) == full:
        data += b"\0"
    return data
