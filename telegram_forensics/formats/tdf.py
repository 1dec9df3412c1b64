"""The TDF$ container, in which Telegram Desktop keeps everything but its cache.

Specification: formats/telegram_desktop.md section 2.1; versions 0.6.12 (June 2014) to
7.3. Layout: magic, AppVersion of the writer, a payload of length-prefixed records, MD5
over payload, payload length, version and magic.

Damage is worked around, never hidden: a record length that cannot be right ends the
list of records, what stands before it is kept, and `md5_valid` says whether the whole
file is the one that was written.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass, field

import construct

from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.qds import NULL_LENGTH

MAGIC = b"TDF$"
DIGEST_SIZE = 16
# The key file of 7.3 has 4; zeroed evidence must not become millions of records.
_MAXIMUM_RECORDS = 16

_HEADER = construct.Struct(
    "magic" / construct.Bytes(4),
    "version" / construct.Int32sl,
)
HEADER_SIZE = _HEADER.sizeof()
_LENGTH = struct.Struct(">I")


@dataclass(frozen=True, slots=True)
class Record:
    """One length-prefixed record of the payload.

    Attributes:
        offset: file offset of the first data byte.
        data: the bytes, None for the null array.
        announced_size: the length field; larger than `data` in a cut-off file.
    """

    offset: int
    data: bytes | None
    announced_size: int

    @property
    def is_truncated(self) -> bool:
        """True if the file ends before the record does."""
        return self.announced_size > len(self.data or b"")


@dataclass(slots=True)
class TdfContainer:
    """A TDF$ file.

    Attributes:
        version: AppVersion of the program that wrote the file.
        records: the records in file order; the last one may be truncated.
        payload: everything between header and MD5.
        md5_valid: the stored MD5 fits.
        problems: (file offset, reason) of everything that is not as it should be.
    """

    version: int
    records: list[Record]
    payload: bytes
    md5_valid: bool
    problems: list[tuple[int, str]] = field(default_factory=list)

    @property
    def version_text(self) -> str | None:
        """The version as people write it, e.g. 4.6.5; None if out of range."""
        return version_text(self.version)

    def record_data(self, index: int) -> bytes:
        """Data of a record, empty if it is null or not there."""
        if index < len(self.records):
            return self.records[index].data or b""
        return b""


def version_text(version: int) -> str | None:
    """Writes an AppVersion (major*1000000 + minor*1000 + patch) with dots."""
    if not 0 < version < 1_000_000_000:
        return None
    return f"{version // 1_000_000}.{version // 1000 % 1000}.{version % 1000}"


def digest(payload: bytes, version: int) -> bytes:
    """The MD5 that ends a TDF$ file with this payload."""
    tail = struct.pack("<ii", len(payload), version) + MAGIC
    return hashlib.md5(payload + tail, usedforsecurity=False).digest()


def read_container(data: bytes) -> TdfContainer:
    """Reads a TDF$ file.

    Args:
        data: the whole file; the caller bounds its size.

    Returns:
        The container, also of a damaged file: a wrong magic or MD5 and impossible
        record lengths are listed in `problems`.

    Raises:
        FormatError: if not even the header is there.
    """
    if len(data) < HEADER_SIZE:
        raise FormatError(
            len(data), f"file of {len(data)} bytes ends inside the TDF$ header"
        )
    header = _HEADER.parse(data)
    problems: list[tuple[int, str]] = []
    if header.magic != MAGIC:
        problems.append((0, f"signature is {header.magic.hex()}, not TDF$"))
    body = data[HEADER_SIZE:]
    payload = body[:-DIGEST_SIZE] if len(body) >= DIGEST_SIZE else b""
    md5_valid = (
        len(body) >= DIGEST_SIZE
        and header.magic == MAGIC
        and body[-DIGEST_SIZE:] == digest(payload, header.version)
    )
    if not md5_valid:
        position = HEADER_SIZE + len(payload)
        problems.append((position, "MD5 of the container does not fit"))
    records, end = _read_records(payload)
    if not md5_valid and (not records or records[-1].is_truncated):
        # A cut-off file has no MD5 at its end: its last bytes belong to the record.
        records, _ = _read_records(body)
    elif end < len(payload):
        left = len(payload) - end
        problems.append((HEADER_SIZE + end, f"{left} bytes behind the last record"))
    if records and records[-1].is_truncated:
        last = records[-1]
        problems.append(
            (
                last.offset - _LENGTH.size,
                f"record of {last.announced_size} bytes announced, "
                f"{len(last.data or b'')} are left",
            )
        )
    return TdfContainer(header.version, records, payload, md5_valid, problems)


def _read_records(payload: bytes) -> tuple[list[Record], int]:
    """Reads records; also gives the offset in the payload behind the last one."""
    records: list[Record] = []
    offset = 0
    while offset + _LENGTH.size <= len(payload) and len(records) < _MAXIMUM_RECORDS:
        (size,) = _LENGTH.unpack_from(payload, offset)
        offset += _LENGTH.size
        if size == NULL_LENGTH:
            records.append(Record(HEADER_SIZE + offset, None, 0))
            continue
        data = payload[offset : offset + size]
        records.append(Record(HEADER_SIZE + offset, data, size))
        offset += len(data)
    return records, offset
