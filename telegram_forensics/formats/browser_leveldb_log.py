"""Log files of LevelDB (`NNNNNN.log`, also the format of `MANIFEST-NNNNNN`).

Specification: formats/telegram_web.md section 5.1 and LevelDB's doc/log_format.md.
Blocks of 32768 bytes hold fragments; the joined fragments are a write batch. Nothing is
ever overwritten in a log, so all versions of all keys since it was begun are in it.

LevelDB drops what follows a wrong checksum in a block. Here reading goes on at the next
fragment with a right one, and what a damaged batch still says is given as damaged. The
fragment types 5 to 8 with the number of the log are those of RocksDB, which writes a
log over an old one; no browser is known to.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import BinaryIO, Final

from telegram_forensics.formats.browser_bytes import (
    Findings,
    read_all,
    read_sized,
)
from telegram_forensics.formats.browser_compression import masked_crc32c
from telegram_forensics.formats.errors import FormatError, Issue

BLOCK_SIZE: Final = 32768
MAXIMUM_BATCH: Final = 48 << 20
MAXIMUM_SEQUENCE: Final = (1 << 56) - 1
_HEADER: Final = struct.Struct("<IHB")
_BATCH: Final = struct.Struct("<QI")
_HEADER_SIZE: Final = 7
_RECYCLED: Final = 4
_FULL, _FIRST, _MIDDLE, _LAST = 1, 2, 3, 4
_TYPE_BYTES: Final = re.compile(rb"[\x01-\x08]")
# Of checksums in the search for the next fragment, per file: some seconds.
_SEARCH_BUDGET: Final = 1 << 30


class RecordKind(IntEnum):
    """What a record does."""

    DELETE = 0
    PUT = 1


@dataclass(slots=True)
class LevelDbRecord:
    """A record of a log or of a table.

    Attributes:
        sequence: its number; higher is later.
        kind: put or delete.
        key: the key that the application gave.
        value: the value, empty for a delete.
        offset: byte offset in the file: of the fragment with which the batch begins,
            in a table of the block.
        batch: number of the batch in the log, from 0; None in a table.
        first_sequence: of the batch; None in a table.
        is_damaged: a checksum was wrong, or the batch is not complete. Each part of
            the record may be wrong then.
    """

    sequence: int
    kind: RecordKind
    key: bytes
    value: bytes
    offset: int
    batch: int | None
    first_sequence: int | None
    is_damaged: bool


@dataclass(slots=True)
class Payload:
    """Joined fragments of a log.

    Attributes:
        offset: byte offset of the first fragment's header.
        data: the bytes.
        is_damaged: a checksum was wrong, or fragments are missing at the end.
    """

    offset: int
    data: bytes
    is_damaged: bool


@dataclass(slots=True)
class _Fragment:
    offset: int
    kind: int
    data: bytes
    is_damaged: bool
    # Something that cannot be read stands in front of it.
    follows_gap: bool


def read_log(
    file: BinaryIO, issues: list[Issue], name: str = ""
) -> Iterator[LevelDbRecord]:
    """Reads the records of a log.

    Args:
        file: the log.
        issues: takes what is wrong.
        name: of the file, for the issues.

    Yields:
        Records in the order in which they stand.
    """
    findings = Findings(issues, name)
    for number, payload in enumerate(_read_payloads(file, findings)):
        yield from _read_batch(payload, number, findings)
    findings.close()


def read_payloads(
    file: BinaryIO, issues: list[Issue], name: str = ""
) -> Iterator[Payload]:
    """Reads what the fragments of a log hold, joined, without a look inside."""
    findings = Findings(issues, name)
    yield from _read_payloads(file, findings)
    findings.close()


def _ending(done: int, count: int, left: int) -> str:
    """What is wrong with the end of a batch, empty if nothing is."""
    if done < count:
        return f"{done} of {count} entries are there"
    return f"{left} bytes behind its entries" if left else ""


def _read_batch(
    payload: Payload, number: int, findings: Findings
) -> Iterator[LevelDbRecord]:
    data, offset, is_damaged = payload.data, payload.offset, payload.is_damaged
    size = len(data)
    if size < _BATCH.size:
        findings.add(offset, f"{size} bytes are no batch")
        return
    first, count = _BATCH.unpack_from(data)
    if first + count > MAXIMUM_SEQUENCE:
        findings.add(offset, f"sequence {first} is not possible")
        return
    position = _BATCH.size
    done = 0
    put, delete = RecordKind.PUT, RecordKind.DELETE
    try:
        while done < count and position < size:
            kind = data[position]
            if kind > 1:
                raise FormatError(position, f"kind {kind} of an entry")
            position += 1
            # Nearly all lengths are one byte, and a call takes longer than the rest.
            end = position + 1 + data[position] if position < size else size + 1
            if end <= size and end - position <= 0x80:
                key = data[position + 1 : end]
                position = end
            else:
                key, position = read_sized(data, position, size)
            value = b""
            if kind:
                end = position + 1 + data[position] if position < size else size + 1
                if end <= size and end - position <= 0x80:
                    value = data[position + 1 : end]
                    position = end
                else:
                    value, position = read_sized(data, position, size)
            yield LevelDbRecord(
                first + done,
                put if kind else delete,
                key,
                value,
                offset,
                number,
                first,
                is_damaged,
            )
            done += 1
    except FormatError as exception:
        reason = f"entry {done} of {count}: {exception.reason}"
    else:
        reason = _ending(done, count, size - position)
    if reason:
        findings.add(offset, f"batch of sequence {first}: {reason}")


def _read_payloads(file: BinaryIO, findings: Findings) -> Iterator[Payload]:
    parts: list[bytes] = []
    offset = total = 0
    is_open = is_damaged = False
    for fragment in _read_fragments(file, findings):
        kind = fragment.kind
        if is_open and (kind in {_FULL, _FIRST} or fragment.follows_gap):
            findings.add(offset, "batch without its last fragment")
            yield Payload(offset, b"".join(parts), True)
            is_open = False
        if kind == _FULL:
            yield Payload(fragment.offset, fragment.data, fragment.is_damaged)
            continue
        if kind == _FIRST:
            parts, total, is_open = [], 0, True
            offset, is_damaged = fragment.offset, False
        elif not is_open:
            findings.add(
                fragment.offset,
                f"{len(fragment.data)} bytes of a batch whose beginning is missing",
            )
            continue
        parts.append(fragment.data)
        total += len(fragment.data)
        is_damaged |= fragment.is_damaged
        if total > MAXIMUM_BATCH:
            findings.add(offset, f"batch of more than {MAXIMUM_BATCH} bytes")
            is_open = False
        elif kind == _LAST:
            # Not held in pieces as well while it is read.
            parts = [b"".join(parts)]
            yield Payload(offset, parts[0], is_damaged)
            is_open = False
    if is_open:
        findings.add(offset, "batch without its last fragment")
        yield Payload(offset, b"".join(parts), True)


def _read_fragments(file: BinaryIO, findings: Findings) -> Iterator[_Fragment]:
    budget = [_SEARCH_BUDGET]
    base = 0
    follows_gap = False
    file.seek(0, 0)
    while block := read_all(file, BLOCK_SIZE):
        position, end = 0, len(block)
        while position + _HEADER_SIZE <= end:
            crc, length, kind = _HEADER.unpack_from(block, position)
            if not length and not kind and not block[position:].strip(b"\0"):
                position = end
                break
            header = _HEADER_SIZE if kind <= _LAST else _HEADER_SIZE + _RECYCLED
            behind = position + header + length
            is_possible = 1 <= kind <= _LAST + _RECYCLED and behind <= end
            if is_possible and crc == masked_crc32c(block[position + 6 : behind]):
                yield _Fragment(
                    base + position,
                    kind if kind <= _LAST else kind - _RECYCLED,
                    block[position + header : behind],
                    False,
                    follows_gap,
                )
                follows_gap = False
                position = behind
                continue
            if is_possible:
                reason = "wrong checksum"
                is_followed = behind + _HEADER_SIZE > end or _is_fragment(block, behind)
            else:
                reason = f"type {kind}, {length} bytes, {end - position} are left"
                is_followed = False
            found = behind if is_followed else _search(block, position + 1, budget)
            findings.add(base + position, f"fragment: {reason}")
            if 1 <= kind <= _LAST + _RECYCLED:
                data = block[position + header : min(behind, found)]
                yield _Fragment(
                    base + position,
                    kind if kind <= _LAST else kind - _RECYCLED,
                    data,
                    True,
                    follows_gap,
                )
            # Only if its length was right, the next one continues it.
            follows_gap = not is_followed
            position = found
        if end < BLOCK_SIZE and block[position:].strip(b"\0"):
            findings.add(base + position, f"{end - position} bytes at the end")
        base += end


def _is_fragment(block: bytes, position: int) -> bool:
    """A fragment with a right checksum stands there, or nothing but zeros."""
    crc, length, kind = _HEADER.unpack_from(block, position)
    if not kind and not length:
        return not block[position:].strip(b"\0")
    header = _HEADER_SIZE if kind <= _LAST else _HEADER_SIZE + _RECYCLED
    behind = position + header + length
    return bool(
        1 <= kind <= _LAST + _RECYCLED
        and behind <= len(block)
        and crc == masked_crc32c(block[position + 6 : behind])
    )


def _search(block: bytes, start: int, budget: list[int]) -> int:
    """Position of the next fragment with a right checksum, or the block's end."""
    end = len(block)
    for match in _TYPE_BYTES.finditer(block, start + 6):
        position = match.start() - 6
        crc, length, kind = _HEADER.unpack_from(block, position)
        header = _HEADER_SIZE if kind <= _LAST else _HEADER_SIZE + _RECYCLED
        behind = position + header + length
        if behind > end:
            continue
        budget[0] -= length + 64
        if budget[0] < 0:
            break
        if crc == masked_crc32c(block[position + 6 : behind]):
            return position
    return end
