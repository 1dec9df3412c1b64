"""Tests of the TDF$ container (section 2.1)."""

from __future__ import annotations

import hashlib
import struct

import pytest

from telegram_forensics.formats import tdf
from telegram_forensics.formats.errors import FormatError
from tests import helpers
from tests.builders import tdata

VERSION = 6001002
# The last vector of section 9.2: one record "abc".
VECTOR = bytes.fromhex("544446246a915b00000000036162636c4f85ba90f70ed4fe3f1dcbff84a66a")
RECORDS = [b"salt" * 8, None, b"", bytes(range(64))]
FILE = tdata.tdf(RECORDS, VERSION)


def reasons(container: tdf.TdfContainer) -> str:
    """All that is wrong with a container, as text."""
    return "; ".join(reason for _, reason in container.problems)


def test_vector() -> None:
    """The vector of section 9.2 is read without a complaint."""
    container = tdf.read_container(VECTOR)
    assert container.records == [tdf.Record(12, b"abc", 3)]
    assert (container.version, container.version_text) == (VERSION, "6.1.2")
    assert container.payload == bytes.fromhex("00000003616263")
    assert (container.md5_valid, container.problems) == (True, [])
    assert tdf.digest(container.payload, VERSION) == VECTOR[-16:]


def test_records() -> None:
    """Records come in file order, with the null array told from the empty one."""
    container = tdf.read_container(FILE)
    assert [record.data for record in container.records] == RECORDS
    assert [record.offset for record in container.records] == [12, 48, 52, 56]
    assert not any(record.is_truncated for record in container.records)
    assert container.record_data(0) == RECORDS[0]
    assert [container.record_data(index) for index in (1, 2, 4)] == [b"", b"", b""]


def test_no_records() -> None:
    """A container without any record is valid."""
    container = tdf.read_container(tdata.tdf([], 4006005))
    assert (container.records, container.md5_valid) == ([], True)
    assert container.problems == []


def test_damaged_md5() -> None:
    """A wrong MD5 is reported at its place, the records are kept."""
    container = tdf.read_container(FILE[:-1] + bytes([FILE[-1] ^ 1]))
    assert not container.md5_valid
    assert container.problems == [(len(FILE) - 16, "MD5 of the container does not fit")]
    assert [record.data for record in container.records] == RECORDS


def test_damaged_magic() -> None:
    """A wrong magic is reported, the records are kept."""
    container = tdf.read_container(b"TDE$" + FILE[4:])
    assert not container.md5_valid
    assert container.problems[0] == (0, "signature is 54444524, not TDF$")
    assert [record.data for record in container.records] == RECORDS


def test_wrong_magic_with_its_own_md5_is_not_valid() -> None:
    """An MD5 made over a foreign magic does not make the file a valid one."""
    payload = tdata.byte_array(b"abc")
    version = struct.pack("<i", VERSION)
    checked = payload + struct.pack("<i", len(payload)) + version + b"XYZ$"
    data = b"XYZ$" + version + payload + hashlib.md5(checked).digest()
    assert not tdf.read_container(data).md5_valid


def test_damaged_version() -> None:
    """A changed version field breaks the MD5, since the MD5 covers it."""
    container = tdf.read_container(FILE[:4] + b"\xff" + FILE[5:])
    assert not container.md5_valid
    assert container.version != VERSION
    assert [record.data for record in container.records] == RECORDS


@pytest.mark.parametrize("length", [49, 0x100, 0x7FFFFFFF, 0xFFFFFFFE])
def test_record_length_beyond_the_file(length: int) -> None:
    """A record length that cannot be right is reported with what is there."""
    data = tdata.tdf([b"x" * 32], VERSION)
    damaged = data[:8] + struct.pack(">I", length) + data[12:]
    container = tdf.read_container(damaged)
    (record,) = container.records
    assert (record.offset, record.announced_size) == (12, length)
    assert not container.md5_valid
    # The MD5 cannot be told from the end of a cut-off record.
    assert record.data == damaged[12:]
    assert record.is_truncated
    announced = f"record of {length} bytes announced, 48 are left"
    assert (8, announced) in container.problems


def test_record_length_too_small() -> None:
    """A record length below the true one leaves bytes over, which are reported."""
    data = tdata.tdf([b"\xee" * 32], VERSION)
    damaged = data[:8] + struct.pack(">I", 30) + data[12:]
    container = tdf.read_container(damaged)
    assert container.records[0].data == b"\xee" * 30
    assert (42, "2 bytes behind the last record") in container.problems


@pytest.mark.parametrize("size", range(8))
def test_no_header(size: int) -> None:
    """A file that ends inside the header is refused with its size as the offset."""
    with pytest.raises(FormatError) as caught:
        tdf.read_container(FILE[:size])
    assert caught.value.offset == size


def test_every_truncation() -> None:
    """A cut-off file is never valid, and gives only bytes that stood there."""
    for data in helpers.every_truncation(FILE):
        if len(data) < tdf.HEADER_SIZE:
            continue
        container = tdf.read_container(data)
        assert not container.md5_valid
        assert container.problems
        for offset, _ in container.problems:
            assert 0 <= offset <= len(data)
        for record, true in zip(container.records, RECORDS, strict=False):
            assert (true or b"").startswith((record.data or b"")[: len(true or b"")])
            assert data[record.offset :].startswith(record.data or b"")


def test_cut_off_record_keeps_its_last_bytes() -> None:
    """The last 16 bytes of a cut-off file are data, not an MD5."""
    data = tdata.tdf([bytes(range(200))], VERSION)[:112]
    container = tdf.read_container(data)
    assert container.records[0].data == bytes(range(100))
    assert container.records[0].is_truncated


@pytest.mark.parametrize("fill", [b"\0", b"\xff"])
def test_number_of_records_is_bounded(fill: bytes) -> None:
    """A megabyte of empty records gives a handful of them, and says so."""
    payload = fill * 2**20
    version = struct.pack("<i", VERSION)
    data = b"TDF$" + version + payload + tdf.digest(payload, VERSION)
    container = tdf.read_container(data)
    assert container.md5_valid
    assert len(container.records) == 16
    assert reasons(container) == f"{2**20 - 64} bytes behind the last record"


def test_mutations_are_never_valid() -> None:
    """No damage passes for the file that was written."""
    for data in helpers.mutations(FILE, 500, "tdf"):
        try:
            container = tdf.read_container(data)
        except FormatError as exception:
            assert exception.offset == len(data) < tdf.HEADER_SIZE
        else:
            assert not container.md5_valid
            assert container.problems
            assert len(container.records) <= 16


@pytest.mark.parametrize(
    ("version", "text"),
    [
        (6001002, "6.1.2"),
        (2001014, "2.1.14"),
        (7019, "0.7.19"),
        (9016, "0.9.16"),
        (7003001, "7.3.1"),
        (1, "0.0.1"),
        (0, None),
        (-1, None),
        (2**31 - 1, None),
    ],
)
def test_version_text(version: int, text: str | None) -> None:
    """Versions are written as people know them, impossible ones not at all."""
    assert tdf.version_text(version) == text
