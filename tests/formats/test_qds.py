"""Tests of the Qt data stream reader against the vectors of section 9.7."""

from __future__ import annotations

import datetime
import struct
from collections.abc import Callable

import pytest

from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.qds import QdsReader, QtDateTime
from tests import helpers

Read = Callable[[QdsReader], object]

# Reader, encoding, value. The strings, byte arrays and times are those of section 9.7.
VALUES: list[tuple[Read, str, object]] = [
    (QdsReader.i8, "ff", -1),
    (QdsReader.u8, "ff", 255),
    (QdsReader.u16, "1234", 0x1234),
    (QdsReader.i32, "fffffffe", -2),
    (QdsReader.u32, "fffffffe", 0xFFFFFFFE),
    (QdsReader.i64, "fffffffffffffffd", -3),
    (QdsReader.u64, "0123456789abcdef", 0x0123456789ABCDEF),
    (QdsReader.f64, "3ff8000000000000", 1.5),
    (lambda reader: reader.raw(3), "616263", b"abc"),
    (QdsReader.bytes, "00000003616263", b"abc"),
    (QdsReader.bytes, "00000000", b""),
    (QdsReader.bytes, "ffffffff", b""),
    (QdsReader.optional_bytes, "ffffffff", None),
    (QdsReader.optional_bytes, "00000000", b""),
    (QdsReader.string, "00000004004100e9", "Aé"),
    (QdsReader.string, "00000000", ""),
    (QdsReader.string, "ffffffff", ""),
    (QdsReader.string, "00000004d83dde00", "\U0001f600"),
    (lambda reader: reader.count(0), "00000002", 2),
    (
        QdsReader.date_time,
        "0000000000258a6704fba280ff",
        QtDateTime(datetime.datetime(2023, 11, 14, 23, 13, 20), -1),  # noqa: DTZ001
    ),
    (
        QdsReader.date_time,
        "00000000002589f40162017bff",
        QtDateTime(
            datetime.datetime(2023, 7, 22, 6, 26, 40, 123000),  # noqa: DTZ001
            -1,
        ),
    ),
    (
        QdsReader.date_time,
        "0000000000258a6704c4b40002",
        QtDateTime(datetime.datetime(2023, 11, 14, 22, 13, 20), 2),  # noqa: DTZ001
    ),
    (
        QdsReader.date_time,
        "0000000000258a6704fba28003",
        QtDateTime(datetime.datetime(2023, 11, 14, 23, 13, 20), 3),  # noqa: DTZ001
    ),
    (QdsReader.date_time, "8000000000000000ffffffffff", None),
]


@pytest.mark.parametrize(("read", "encoded", "value"), VALUES)
def test_values(read: Read, encoded: str, value: object) -> None:
    """Each type reads its vector and stops exactly behind it."""
    data = bytes.fromhex(encoded)
    reader = QdsReader(b"\x55" * 3 + data + b"\x66", 3)
    assert read(reader) == value
    assert (reader.offset, reader.remaining) == (3 + len(data), 1)


@pytest.mark.parametrize(("read", "encoded", "value"), VALUES)
def test_truncated_values(read: Read, encoded: str, value: object) -> None:
    """Each type, cut off anywhere, is refused with the offset at which it begins."""
    for data in helpers.every_truncation(bytes.fromhex(encoded)):
        with pytest.raises(FormatError) as caught:
            read(QdsReader(b"\x55" * 3 + data, 3))
        assert caught.value.offset == 3, (data, value)
        assert caught.value.reason
        assert "0x3" in str(caught.value)


def test_only_utc_is_utc() -> None:
    """Local, fixed-offset and zoned times do not pass for UTC."""
    specs = {}
    for spec in (-1, 0, 1, 2, 3, 4):
        data = bytes.fromhex("0000000000258a6704c4b400") + struct.pack("b", spec)
        value = QdsReader(data).date_time()
        assert value is not None
        specs[spec] = value.is_utc
    assert [spec for spec, is_utc in specs.items() if is_utc] == [2]


@pytest.mark.parametrize(
    "encoded",
    [
        "0000000000258a6705265c0002",  # 86400000 milliseconds: not a time of day
        "00000000001a44510000000002",  # the day before 0001-01-01
        "7fffffffffffffff0000000002",
        "ffffffffffffffff0000000002",
    ],
)
def test_impossible_date_time(encoded: str) -> None:
    """A date or time of day that does not exist is refused at its own offset."""
    with pytest.raises(FormatError) as caught:
        QdsReader(b"\0" + bytes.fromhex(encoded), 1).date_time()
    assert caught.value.offset == 1


def test_first_and_last_date() -> None:
    """The first and the last day of the calendar are still read."""
    first = struct.pack(">qIb", 1721426, 0, 2)
    last = struct.pack(">qIb", 1721425 + 3652059, 86399999, 2)
    values = [QdsReader(data).date_time() for data in (first, last)]
    assert [value.value.year for value in values if value] == [1, 9999]


@pytest.mark.parametrize("length", [5, 0x7FFFFFFF, 0xFFFFFFFE])
@pytest.mark.parametrize("read", [QdsReader.bytes, QdsReader.optional_bytes])
def test_byte_array_longer_than_the_data(read: Read, length: int) -> None:
    """An announced length beyond the data is refused, and the reader stays in front."""
    reader = QdsReader(struct.pack(">I", length) + b"abcd")
    with pytest.raises(FormatError, match=str(length)):
        read(reader)
    assert reader.offset == 0


@pytest.mark.parametrize("length", [3, 6, 0xFFFFFFFC])
def test_string_of_impossible_length(length: int) -> None:
    """A string of odd length or beyond the data is refused."""
    reader = QdsReader(struct.pack(">I", length) + b"\0a\0b")
    with pytest.raises(FormatError, match=str(length)):
        reader.string()
    assert reader.offset == 0


@pytest.mark.parametrize(
    ("encoded", "text"),
    [("d83d0041", "\ufffdA"), ("0041d83d", "A\ufffd"), ("de000041", "\ufffdA")],
)
def test_unpaired_surrogate(encoded: str, text: str) -> None:
    """An unpaired surrogate becomes U+FFFD, so that the text can be stored as UTF-8."""
    data = bytes.fromhex(encoded)
    value = QdsReader(struct.pack(">I", len(data)) + data).string()
    assert value == text
    assert value.encode("utf-8")


def test_count_is_bounded_by_the_data() -> None:
    """A count is taken only if so many elements can stand in the rest of the data."""
    data = struct.pack(">I", 3) + bytes(12)
    assert QdsReader(data).count(4) == 3
    reader = QdsReader(data)
    with pytest.raises(FormatError, match="list of 3 elements announced, 12 bytes"):
        reader.count(5)
    assert reader.offset == 0


@pytest.mark.parametrize("size", [-1, 5])
def test_raw_of_impossible_size(size: int) -> None:
    """Raw bytes beyond the data, or a negative number of them, are refused."""
    reader = QdsReader(b"abcd")
    with pytest.raises(FormatError):
        reader.raw(size)
    assert reader.offset == 0
