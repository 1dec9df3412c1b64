"""Qt data stream ("QDS") values as Telegram Desktop writes them.

Specification: formats/telegram_desktop.md section 0.2 (stream version Qt_5_1, all
integers big endian). Every read is checked: a value that does not fit into the data
raises `FormatError` with the offset at which it began.
"""

from __future__ import annotations

import datetime
import struct
from dataclasses import dataclass

from telegram_forensics.formats.errors import FormatError

NULL_LENGTH = 0xFFFFFFFF

# Ordinal day 1 is 0001-01-01 in Python, Julian day 1721426 in Qt.
_JULIAN_DAY_OF_ORDINAL_ZERO = 1721425
_MILLISECONDS_PER_DAY = 86_400_000
_DATE_TIME_SIZE = 13

SPEC_LOCAL = -1
SPEC_UTC = 2


@dataclass(frozen=True, slots=True)
class QtDateTime:
    """A QDateTime as stored.

    Attributes:
        value: wall clock of the stored date and time, without zone.
        spec: Qt time specification: -1, 0 and 1 local time of the machine that wrote
            the value, 2 UTC, 3 fixed offset (the offset is not stored), 4 named zone.
    """

    value: datetime.datetime
    spec: int

    @property
    def is_utc(self) -> bool:
        """True if the stored wall clock is UTC."""
        return self.spec == SPEC_UTC


class QdsReader:
    """Reads QDS values from a byte string, front to back.

    Attributes:
        data: the bytes that are read.
        offset: position of the next byte, relative to the start of `data`.
    """

    __slots__ = ("data", "offset")

    def __init__(self, data: bytes, offset: int = 0) -> None:
        self.data = data
        self.offset = offset

    @property
    def remaining(self) -> int:
        """Number of bytes that have not been read."""
        return len(self.data) - self.offset

    def _unpack(self, layout: struct.Struct, what: str) -> int | float:
        if self.remaining < layout.size:
            raise FormatError(
                self.offset,
                f"{what} needs {layout.size} bytes, {self.remaining} are left",
            )
        value: int | float = layout.unpack_from(self.data, self.offset)[0]
        self.offset += layout.size
        return value

    def i8(self) -> int:
        """Reads a signed 8-bit integer."""
        return int(self._unpack(_I8, "i8"))

    def u8(self) -> int:
        """Reads an unsigned 8-bit integer."""
        return int(self._unpack(_U8, "u8"))

    def u16(self) -> int:
        """Reads an unsigned 16-bit integer."""
        return int(self._unpack(_U16, "u16"))

    def i32(self) -> int:
        """Reads a signed 32-bit integer."""
        return int(self._unpack(_I32, "i32"))

    def u32(self) -> int:
        """Reads an unsigned 32-bit integer."""
        return int(self._unpack(_U32, "u32"))

    def i64(self) -> int:
        """Reads a signed 64-bit integer."""
        return int(self._unpack(_I64, "i64"))

    def u64(self) -> int:
        """Reads an unsigned 64-bit integer."""
        return int(self._unpack(_U64, "u64"))

    def f64(self) -> float:
        """Reads an IEEE double."""
        return float(self._unpack(_F64, "f64"))

    def raw(self, size: int) -> bytes:
        """Reads `size` bytes that stand without a length."""
        if size < 0 or size > self.remaining:
            raise FormatError(
                self.offset, f"{size} bytes announced, {self.remaining} are left"
            )
        start = self.offset
        self.offset += size
        return self.data[start : self.offset]

    def optional_bytes(self) -> bytes | None:
        """Reads a QByteArray, None for the null array."""
        start = self.offset
        length = self.u32()
        if length == NULL_LENGTH:
            return None
        if length > self.remaining:
            left = self.remaining
            self.offset = start
            raise FormatError(
                start, f"byte array of {length} bytes announced, {left} are left"
            )
        return self.raw(length)

    def bytes(self) -> bytes:
        """Reads a QByteArray, empty for the null array."""
        return self.optional_bytes() or b""

    def string(self) -> str:
        """Reads a QString (UTF-16BE), empty for the null string.

        Unpaired surrogates are kept as U+FFFD: they cannot be stored as UTF-8.
        """
        start = self.offset
        length = self.u32()
        if length == NULL_LENGTH:
            return ""
        if length % 2 or length > self.remaining:
            left = self.remaining
            self.offset = start
            raise FormatError(
                start, f"string of {length} bytes announced, {left} are left"
            )
        return self.raw(length).decode("utf-16-be", errors="replace")

    def count(self, minimum_size: int) -> int:
        """Reads a u32 count of elements of at least `minimum_size` bytes each.

        Raises:
            FormatError: if so many elements cannot stand in the rest of the data.
        """
        start = self.offset
        count = self.u32()
        if count * minimum_size > self.remaining:
            left = self.remaining
            self.offset = start
            raise FormatError(
                start, f"list of {count} elements announced, {left} bytes are left"
            )
        return count

    def date_time(self) -> QtDateTime | None:
        """Reads a QDateTime, None for the null value.

        Raises:
            FormatError: if date or time of day are out of range.
        """
        start = self.offset
        if self.remaining < _DATE_TIME_SIZE:
            raise FormatError(
                start,
                f"date and time needs {_DATE_TIME_SIZE} bytes, "
                f"{self.remaining} are left",
            )
        julian_day = self.i64()
        milliseconds = self.u32()
        spec = self.i8()
        if julian_day == -(2**63) or milliseconds == NULL_LENGTH:
            return None
        ordinal = julian_day - _JULIAN_DAY_OF_ORDINAL_ZERO
        if (
            not 1 <= ordinal <= datetime.date.max.toordinal()
            or milliseconds >= _MILLISECONDS_PER_DAY
        ):
            raise FormatError(start, "date and time out of range")
        midnight = datetime.datetime.fromordinal(ordinal)
        return QtDateTime(
            midnight + datetime.timedelta(milliseconds=milliseconds), spec
        )


_I8 = struct.Struct(">b")
_U8 = struct.Struct(">B")
_U16 = struct.Struct(">H")
_I32 = struct.Struct(">i")
_U32 = struct.Struct(">I")
_I64 = struct.Struct(">q")
_U64 = struct.Struct(">Q")
_F64 = struct.Struct(">d")
