"""TDLib's event log, `td.binlog`: records, encryption, replay, and what it left behind.

Specification: formats/tdlib.md section 2; the container has not changed since TDLib
1.0.0. The log is appended to only: superseded and erased records stay in the file until
it is compacted, and are given as well.

The first record of an encrypted log names salt, IV and a hash that tells the right key.
An application that gives no key has the constant `cucumber`.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, Final

from Crypto.Cipher import AES
from Crypto.Util import Counter

from telegram_forensics.formats.errors import FormatError, Issue
from telegram_forensics.formats.tdlib_values import Reader

NO_KEY: Final = b"cucumber"
SIGNATURE: Final = bytes.fromhex(
    "80000000" + "00" * 8 + "fdffffff00000000" + "00" * 12 + "20"
)
_HEADER: Final = struct.Struct("<IQiiQ")
_OVERHEAD: Final = 32
_MAXIMUM_RECORD: Final = 1 << 24
_ENCRYPTION, _EMPTY = -3, -2
_SERVICE_FIRST: Final = -4
_REWRITE, _PARTIAL = 1, 2
_ITERATIONS: Final = 2
_CHECK: Final = b"cucumbers everywhere"
# TDLib compacts long before; more is not read.
MAXIMUM_FILE: Final = 64 << 20
_MAXIMUM_ISSUES: Final = 100
# How far a record is looked for behind damage, in steps of four bytes.
_RESYNC_LIMIT: Final = 64 << 20


@dataclass(slots=True)
class BinlogRecord:
    """A record of the log.

    Attributes:
        identifier: event id: increases, is no time.
        kind: handler type; negative for service records.
        payload: content, in clear.
        offset: byte offset in the file.
        is_rewrite, is_partial: flags.
        state: `current`, `overwritten`, `removed` (erased), `ignored` (never took
            effect: partial at the end, or a rewrite of nothing) or `stray` (behind
            damage, where the order is not known).
    """

    identifier: int
    kind: int
    payload: bytes
    offset: int
    is_rewrite: bool = False
    is_partial: bool = False
    state: str = "current"


@dataclass(slots=True)
class BinlogEncryption:
    """What the first record of an encrypted log says.

    Attributes:
        salt, iv, key_hash: as stored.
        end: offset of the byte behind the record, where the stream begins.
    """

    salt: bytes
    iv: bytes
    key_hash: bytes
    end: int

    def derive(self, key: bytes) -> bytes | None:
        """Derives the key of the log.

        Args:
            key: as the application gave it; none if it is empty.

        Returns:
            32 bytes, None if the key is not the right one.
        """
        derived = hashlib.pbkdf2_hmac("sha256", key or NO_KEY, self.salt, _ITERATIONS)
        found = hmac.new(derived, _CHECK, hashlib.sha256).digest()
        return derived if hmac.compare_digest(found, self.key_hash) else None


@dataclass(slots=True)
class Binlog:
    """A log that was read.

    Attributes:
        encryption: None for a log in clear.
        key_number: number of the key that opened it, None if none did or none is
            needed.
        is_locked: no key fits; nothing else was read.
        records: all but service records, in the order of the file.
        issues: what is wrong with it.
    """

    encryption: BinlogEncryption | None = None
    key_number: int | None = None
    is_locked: bool = False
    records: list[BinlogRecord] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)

    def current(self) -> Iterator[BinlogRecord]:
        """The records that count, in the order of their ids."""
        return iter(
            sorted(
                (record for record in self.records if record.state == "current"),
                key=lambda record: record.identifier,
            )
        )


def read_encryption(data: bytes) -> BinlogEncryption | None:
    """Reads the first record; None if it is another one than that of encryption.

    Raises:
        FormatError: if it is damaged.
    """
    if len(data) < _OVERHEAD:
        raise FormatError(0, "shorter than a record")
    size, identifier, kind, flags, _ = _HEADER.unpack_from(data)
    if kind != _ENCRYPTION:
        return None
    if not _OVERHEAD <= size <= min(len(data), 4096) or size % 4:
        raise FormatError(0, f"record of {size} bytes")
    if zlib.crc32(data[: size - 4]) != struct.unpack_from("<I", data, size - 4)[0]:
        raise FormatError(0, "checksum of the record of encryption does not fit")
    reader = Reader(data[: size - 4], _HEADER.size)
    reader.u32()
    salt, iv, key_hash = reader.bytes(), reader.bytes(), reader.bytes()
    if len(salt) < 16 or len(iv) != 16 or len(key_hash) != 32:
        raise FormatError(_HEADER.size, "salt, IV or hash has another length")
    del identifier, flags
    return BinlogEncryption(salt, iv, key_hash, size)


def read_binlog(
    file: BinaryIO, keys: Iterable[bytes] = (b"",), name: str = ""
) -> Binlog:
    """Reads a log whole: it is small, since TDLib compacts it.

    Args:
        file: the file.
        keys: candidates for the key of the application; the empty one is "no key".
        name: of the file, for issues.

    Raises:
        FormatError: if it is no log.
    """
    file.seek(0)
    data = file.read(MAXIMUM_FILE + 1)
    log = Binlog()
    if len(data) > MAXIMUM_FILE:
        data = data[:MAXIMUM_FILE]
        log.issues.append(
            Issue(name, MAXIMUM_FILE, "larger than any such log, the rest is not read")
        )
    log.encryption = read_encryption(data)
    start = 0
    if log.encryption is not None:
        start = log.encryption.end
        key = None
        for number, candidate in enumerate(keys):
            key = log.encryption.derive(candidate)
            if key is not None:
                log.key_number = number
                break
        if key is None:
            log.is_locked = True
            return log
        counter = Counter.new(
            128, initial_value=int.from_bytes(log.encryption.iv, "big")
        )
        cipher = AES.new(key, AES.MODE_CTR, counter=counter)
        data = data[:start] + cipher.decrypt(data[start:])
    _read_records(data, start, log, name)
    _replay(log)
    return log


def _read_records(data: bytes, start: int, log: Binlog, name: str) -> None:
    position = start
    is_stray = False
    while position + _OVERHEAD <= len(data):
        record = _record_at(data, position)
        if record is None:
            found = _resync(data, position + 4)
            end = found if found is not None else len(data)
            _report(log, name, position, f"{end - position} bytes are no record")
            if found is None:
                return
            # TDLib ends here: what follows never counted again.
            is_stray = True
            position = found
            continue
        size, entry = record
        if is_stray:
            entry.state = "stray"
        if entry.kind >= 0 or entry.kind == _EMPTY:
            log.records.append(entry)
        position += size
    if position < len(data):
        _report(log, name, position, f"{len(data) - position} bytes are cut off")


def _report(log: Binlog, name: str, offset: int, reason: str) -> None:
    if len(log.issues) < _MAXIMUM_ISSUES:
        log.issues.append(Issue(name, offset, reason))


def _record_at(data: bytes, position: int) -> tuple[int, BinlogRecord] | None:
    size, identifier, kind, flags, extra = _HEADER.unpack_from(data, position)
    if not _OVERHEAD <= size <= _MAXIMUM_RECORD or size % 4 or extra:
        return None
    if position + size > len(data) or kind < _SERVICE_FIRST:
        return None
    view = memoryview(data)[position : position + size - 4]
    if zlib.crc32(view) != struct.unpack_from("<I", data, position + size - 4)[0]:
        return None
    payload = data[position + _HEADER.size : position + size - 4]
    return size, BinlogRecord(
        identifier,
        kind,
        payload,
        position,
        bool(flags & _REWRITE),
        bool(flags & _PARTIAL),
    )


def _resync(data: bytes, position: int) -> int | None:
    """Looks for the next record; only a fitting checksum makes one."""
    end = min(len(data) - _OVERHEAD, position + _RESYNC_LIMIT)
    budget = 256 << 20
    while position <= end:
        size = struct.unpack_from("<I", data, position)[0]
        if _OVERHEAD <= size <= _MAXIMUM_RECORD and not size % 4:
            budget -= size
            if budget < 0:
                return None
            if _record_at(data, position) is not None:
                return position
        position += 4
    return None


def _replay(log: Binlog) -> None:
    """Tells which records count, as TDLib does at its start."""
    state: dict[int, BinlogRecord] = {}
    last = 0
    held: list[BinlogRecord] = []
    for record in log.records:
        if record.state == "stray":
            continue
        held.append(record)
        if record.is_partial:
            continue
        for entry in held:
            last = _apply(state, last, entry)
        held = []
    for entry in held:
        entry.state = "ignored"
    log.records = [record for record in log.records if record.kind >= 0]


def _apply(state: dict[int, BinlogRecord], last: int, record: BinlogRecord) -> int:
    number = record.identifier
    if record.is_rewrite and number <= last:
        before = state.get(number)
        if before is None:
            record.state = "ignored"
            return last
        before.state = "removed" if record.kind == _EMPTY else "overwritten"
        if record.kind == _EMPTY:
            del state[number]
        else:
            state[number] = record
        return last
    if record.kind == _EMPTY:
        return max(last, number)
    state[number] = record
    return max(last, number)
