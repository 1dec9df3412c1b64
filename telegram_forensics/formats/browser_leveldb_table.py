"""Tables of LevelDB (`NNNNNN.ldb`, formerly `.sst`).

Specification: formats/telegram_web.md section 5.1 and LevelDB's doc/table_format.md.
Data blocks, optionally a filter block, the metaindex block, the index block and a
footer of 48 bytes. A block may be stored as it is or as Snappy or (newer LevelDB) zstd.

A table is read through its index. Where footer or index are lost, blocks are found one
behind the other by their checksums. A block with a wrong checksum gives what can still
be read of it, as damaged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from telegram_forensics.formats.browser_bytes import (
    Findings,
    file_size,
    read_at,
)
from telegram_forensics.formats.browser_compression import (
    decompress_snappy,
    decompress_zstd,
    extend_crc32c,
    mask_crc32c,
    masked_crc32c,
    salvage_snappy,
)
from telegram_forensics.formats.browser_leveldb_log import LevelDbRecord, RecordKind
from telegram_forensics.formats.errors import FormatError, Issue
from telegram_forensics.formats.varint import read_varint

MAGIC: Final = bytes.fromhex("57fb808b247547db")
FOOTER_SIZE: Final = 48
MAXIMUM_BLOCK: Final = 48 << 20
_TRAILER_SIZE: Final = 5
_SEQUENCE_SIZE: Final = 8
_STORED, _SNAPPY, _ZSTD = 0, 1, 2
# Keys share their beginning with the one before, but only up to the next of the restart
# points, which stand 16 entries apart.
_KEY_RATIO: Final = 64
# A search for blocks: bytes of one block, and steps in all (some seconds).
_SEARCH_BLOCK: Final = 1 << 22
# Behind a damage, where each byte may be the first of a block.
_SEARCH_SHORT: Final = 1 << 14
_SEARCH_STEPS: Final = 1 << 22
_COMPRESSION_BYTES: Final = re.compile(rb"[\x00-\x02]")
_CHUNK: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class _Handle:
    offset: int
    size: int

    @property
    def end(self) -> int:
        return self.offset + self.size + _TRAILER_SIZE


@dataclass(slots=True)
class _Block:
    data: bytes
    is_damaged: bool


def read_table(
    file: BinaryIO, issues: list[Issue], name: str = ""
) -> Iterator[LevelDbRecord]:
    """Reads the records of a table.

    Args:
        file: the table.
        issues: takes what is wrong.
        name: of the file, for the issues.

    Yields:
        Records in the order of the blocks, which is that of the keys.
    """
    findings = Findings(issues, name)
    yield from _Table(file, findings).records()
    findings.close()


class _Table:
    def __init__(self, file: BinaryIO, findings: Findings) -> None:
        self._file = file
        self._findings = findings
        self._size = file_size(file)
        self._steps = _SEARCH_STEPS

    def records(self) -> Iterator[LevelDbRecord]:
        handles, end, is_whole = self._read_index()
        if is_whole:
            for handle in handles:
                yield from self._read_data(handle)
            return
        position = 0
        found: set[tuple[int, int]] = set()
        for handle in handles:
            yield from self._search(position, handle.offset, found)
            found.add((handle.offset, handle.size))
            yield from self._read_data(handle)
            position = handle.end
        yield from self._search(position, end, found)

    def _read_index(self) -> tuple[list[_Handle], int, bool]:
        """Handles of the data blocks, end of the blocks, whether these are all."""
        footer = read_at(
            self._file, max(0, self._size - FOOTER_SIZE), min(FOOTER_SIZE, self._size)
        )
        if len(footer) < FOOTER_SIZE or footer[-8:] != MAGIC:
            self._findings.add(
                max(0, self._size - FOOTER_SIZE), "no footer: blocks are searched for"
            )
            return [], self._size, False
        end = self._size - FOOTER_SIZE
        try:
            _, position = self._read_handle(footer, 0)
            index, _ = self._read_handle(footer, position)
        except FormatError as exception:
            self._findings.add(end, f"footer: {exception.reason}")
            return [], end, False
        block = self._read_block(index)
        if block is None:
            return [], end, False
        handles: list[_Handle] = []
        is_whole = not block.is_damaged
        position = 0
        try:
            for _, value in _read_entries(block.data, True):
                handle, _ = self._read_handle(value, 0)
                if handle.offset < position:
                    raise FormatError(0, f"block at 0x{handle.offset:x} overlaps")
                handles.append(handle)
                position = handle.end
        except FormatError as exception:
            self._findings.add(index.offset, f"index: {exception.reason}")
            is_whole = False
        return handles, index.offset, is_whole

    def _read_handle(self, data: bytes, position: int) -> tuple[_Handle, int]:
        offset, position = read_varint(data, position)
        size, position = read_varint(data, position)
        if offset + size + _TRAILER_SIZE > self._size or size > MAXIMUM_BLOCK:
            raise FormatError(
                0, f"block of {size} bytes at 0x{offset:x} in {self._size} bytes"
            )
        return _Handle(offset, size), position

    def _read_block(self, handle: _Handle) -> _Block | None:
        stored = read_at(self._file, handle.offset, handle.size + _TRAILER_SIZE)
        if len(stored) < handle.size + _TRAILER_SIZE:
            self._findings.add(handle.offset, "block cannot be read to its end")
            return None
        crc = int.from_bytes(stored[-4:], "little")
        is_damaged = masked_crc32c(stored[:-4]) != crc
        if is_damaged:
            self._findings.add(handle.offset, "block with a wrong checksum")
        return self._open(
            stored[: handle.size], stored[handle.size], is_damaged, handle
        )

    def _open(
        self, stored: bytes, compression: int, is_damaged: bool, handle: _Handle
    ) -> _Block | None:
        """The plain block."""
        try:
            if compression == _STORED:
                return _Block(stored, is_damaged)
            if compression == _SNAPPY:
                return _Block(decompress_snappy(stored), is_damaged)
            if compression == _ZSTD:
                return _Block(decompress_zstd(stored), is_damaged)
            reason = f"compression {compression}"
        except FormatError as exception:
            reason = exception.reason
        self._findings.add(handle.offset, f"block: {reason}")
        data = b"" if compression == _ZSTD else salvage_snappy(stored)
        return _Block(data, True) if data else None

    def _read_data(self, handle: _Handle) -> Iterator[LevelDbRecord]:
        block = self._read_block(handle)
        if block is not None:
            yield from self._read_records(block, handle)

    def _read_records(self, block: _Block, handle: _Handle) -> Iterator[LevelDbRecord]:
        put, delete = RecordKind.PUT, RecordKind.DELETE
        count = 0
        try:
            for key, value in _read_entries(block.data, not block.is_damaged):
                if len(key) < _SEQUENCE_SIZE:
                    raise FormatError(0, f"key of {len(key)} bytes")
                trailer = int.from_bytes(key[-_SEQUENCE_SIZE:], "little")
                kind = trailer & 0xFF
                if kind > 1:
                    raise FormatError(0, f"kind {kind}")
                yield LevelDbRecord(
                    trailer >> 8,
                    put if kind else delete,
                    key[:-_SEQUENCE_SIZE],
                    value,
                    handle.offset,
                    None,
                    None,
                    block.is_damaged,
                )
                count += 1
        except FormatError as exception:
            self._findings.add(
                handle.offset, f"block: entry {count}: {exception.reason}"
            )

    def _search(
        self, start: int, end: int, found: set[tuple[int, int]]
    ) -> Iterator[LevelDbRecord]:
        """Finds blocks between two offsets by their checksums.

        Args:
            start: of the range.
            end: of the range.
            found: (offset, size) of blocks; takes those that are found.
        """
        position, lost = start, None
        while position + _TRAILER_SIZE < end:
            length = _SEARCH_BLOCK if lost is None else _SEARCH_SHORT
            handle = self._find_block(position, min(end, position + length))
            if handle is None:
                if self._steps <= 0:
                    break
                if lost is None:
                    lost = position
                position += 1
                continue
            if lost is not None:
                self._findings.add(lost, f"{position - lost} bytes cannot be read")
                lost = None
            position = handle.end
            block = self._read_block(handle)
            if block is None:
                continue
            listed = self._read_as_index(block, handle, found)
            if listed is None:
                found.add((handle.offset, handle.size))
                yield from self._read_records(block, handle)
                continue
            # What an index lists and the search did not find is damaged.
            for other in listed:
                found.add((other.offset, other.size))
                yield from self._read_data(other)
        lost = position if lost is None else lost
        if lost < end:
            self._findings.add(lost, f"{end - lost} bytes cannot be read")

    def _find_block(self, start: int, end: int) -> _Handle | None:
        """The block that begins at an offset, known by its checksum."""
        head = read_at(self._file, start, 3)
        # What a block begins with: its first key shares nothing and holds a sequence;
        # as Snappy, behind its size and the mark of plain bytes. An index or metaindex
        # without entries begins with its restart points.
        is_stored = head[:1] == b"\0"
        is_snappy = len(head) == 3 and bool(
            head[1] & 3 == 0 or head[2] & 3 == 0 or head[0] >= 0x80
        )
        if not is_stored and not is_snappy and head != b"\x28\xb5\x2f":
            return None
        crc = 0
        position = start
        while position < end:
            chunk = read_at(self._file, position, min(_CHUNK, end - position) + 4)
            done = 0
            for match in _COMPRESSION_BYTES.finditer(chunk, 0, len(chunk) - 4):
                place = match.start()
                crc = extend_crc32c(crc, chunk[done : place + 1])
                done = place + 1
                self._steps -= 1
                stored = int.from_bytes(chunk[place + 1 : place + 5], "little")
                if mask_crc32c(crc) == stored and position + place > start:
                    return _Handle(start, position + place - start)
            if self._steps <= 0 or len(chunk) <= 4:
                return None
            crc = extend_crc32c(crc, chunk[done:-4])
            position += len(chunk) - 4
        return None

    def _read_as_index(
        self, block: _Block, handle: _Handle, found: set[tuple[int, int]]
    ) -> list[_Handle] | None:
        """Blocks that an index lists and that were not found; None if it is none.

        An index has only handles of blocks in front of it as values, and one of a block
        that was found. A metaindex without entries counts as an index.
        """
        handles = []
        count = 0
        try:
            for _, value in _read_entries(block.data, True):
                offset, position = read_varint(value, 0)
                size, position = read_varint(value, position)
                other = _Handle(offset, size)
                if position != len(value) or other.end > handle.offset:
                    return None
                count += 1
                if (offset, size) not in found:
                    handles.append(other)
        except FormatError:
            return None
        return None if handles and len(handles) == count else handles


def _read_entries(data: bytes, has_restarts: bool) -> Iterator[tuple[bytes, bytes]]:
    """Reads keys and values of a block.

    Args:
        data: the block.
        has_restarts: the restart points at its end must be there; else entries are
            read up to them or as long as they are possible.
    """
    end = len(data)
    count = int.from_bytes(data[-4:], "little")
    if end >= 4 and count <= (end - 4) // 4:
        end -= 4 + 4 * count
    elif has_restarts:
        raise FormatError(0, f"{count} restart points in {end} bytes")
    position = 0
    key = b""
    budget = _KEY_RATIO * (len(data) + 1024)
    while position < end:
        start = position
        lengths = data[position : position + 3]
        if lengths.isascii() and position + 3 <= end:
            # All three below 128, as nearly always.
            shared, unshared, size = lengths
            position += 3
        else:
            shared, position = read_varint(data, position, end)
            unshared, position = read_varint(data, position, end)
            size, position = read_varint(data, position, end)
        if shared > len(key) or unshared + size > end - position:
            raise FormatError(start, "entry reaches beyond the block")
        behind = position + unshared
        key = key[:shared] + data[position:behind]
        budget -= len(key)
        if budget < 0:
            raise FormatError(start, "keys are too long for a block")
        yield key, data[behind : behind + size]
        position = behind + size
