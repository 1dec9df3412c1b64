"""Tables of LevelDB."""

from __future__ import annotations

import io
import random

import pytest

from telegram_forensics.formats.browser_leveldb_log import LevelDbRecord
from telegram_forensics.formats.browser_leveldb_table import read_table
from telegram_forensics.formats.errors import Issue
from tests.builders.leveldb import (
    MAGIC,
    Record,
    masked,
    sized,
    varint,
    write_block,
    write_table,
)


def read(data: bytes) -> tuple[list[LevelDbRecord], list[Issue]]:
    issues: list[Issue] = []
    return list(read_table(io.BytesIO(data), issues, "000005.ldb")), issues


def facts(records: list[LevelDbRecord]) -> list[Record]:
    return [
        (record.sequence, int(record.kind), record.key, record.value)
        for record in records
    ]


def sample(count: int = 300) -> list[Record]:
    generator = random.Random(1)
    records: list[Record] = []
    for number in range(count):
        key = b"_https://web.telegram.org\0\x01key%04d" % (number // 2)
        if number % 7 == 3:
            records.append((number + 1, 0, key, b""))
        else:
            value = generator.randbytes(20).hex().encode()
            records.append((number + 1, 1, key, value))
    return records


def ordered(records: list[Record]) -> list[Record]:
    return sorted(records, key=lambda record: (record[2], -record[0]))


@pytest.mark.parametrize("compression", [0, 1, 2])
def test_table(compression: int) -> None:
    records = sample()
    data = write_table(records, compression)
    found, issues = read(data)
    assert not issues
    assert facts(found) == ordered(records)
    assert len({record.offset for record in found}) > 3
    assert {record.batch for record in found} == {None}
    assert not any(record.is_damaged for record in found)


@pytest.mark.parametrize("compression", [0, 1, 2])
def test_lost_footer(compression: int) -> None:
    """Blocks are found by their checksums; index and metaindex are not records."""
    records = sample()
    data = write_table(records, compression)
    for broken in (data[:-48] + bytes(48), data[:-48], data[:-1]):
        found, issues = read(broken)
        assert facts(found) == ordered(records)
        assert "no footer" in issues[0].reason


def test_damaged_index() -> None:
    records = sample()
    data = write_table(records)
    # The index stands in front of the footer; its entries end with restart points.
    broken = bytearray(data)
    broken[-48 - 40] ^= 0xFF
    found, issues = read(bytes(broken))
    assert set(facts(found)) == set(records)
    assert any("checksum" in issue.reason for issue in issues)


def test_damaged_block() -> None:
    records = sample()
    data = write_table(records, 0)
    starts = sorted({record.offset for record in read(data)[0]})
    broken = bytearray(data)
    broken[starts[1] + 100] ^= 0x01
    found, issues = read(bytes(broken))
    damaged = [record for record in found if record.is_damaged]
    assert {record.offset for record in damaged} == {starts[1]}
    assert len(found) == len(records)
    assert set(facts([r for r in found if not r.is_damaged])) < set(records)
    assert [(issue.file, issue.offset) for issue in issues] == [
        ("000005.ldb", starts[1])
    ]


def test_damaged_compressed_block_gives_its_beginning() -> None:
    records = sample()
    data = write_table(records, 1)
    starts = sorted({record.offset for record in read(data)[0]})
    broken = bytearray(data)
    middle = (starts[1] + starts[2]) // 2
    broken[middle : middle + 200] = bytes(200)
    found, issues = read(bytes(broken))
    damaged = [record for record in found if record.is_damaged]
    assert len(damaged) > 10
    assert set(facts(damaged[:10])) <= set(records)
    assert len(issues) >= 1


def test_damaged_block_without_footer() -> None:
    """The blocks behind a damaged one are found, and the gap is reported."""
    records = sample()
    data = write_table(records, 1)
    starts = sorted({record.offset for record in read(data)[0]})
    broken = bytearray(data[:-48])
    broken[starts[1] + 50] ^= 0xFF
    found, issues = read(bytes(broken))
    expected = [r for r in read(data)[0] if r.offset != starts[1]]
    assert facts([r for r in found if not r.is_damaged]) == facts(expected)
    # The index was found as well, and tells where the damaged one is.
    damaged = [r for r in found if r.is_damaged]
    assert damaged
    assert {r.offset for r in damaged} == {starts[1]}
    lost = starts[2] - starts[1]
    assert (starts[1], f"{lost} bytes cannot be read") in [
        (issue.offset, issue.reason) for issue in issues
    ]


def test_one_long_key_shared_by_many_entries() -> None:
    """Memory for keys does not grow with the square of a block."""
    entries = [(b"k" * 100_000 + number.to_bytes(8, "big"), b"") for number in range(1)]
    content = write_block(entries)[:-8]
    content += (varint(100_000) + varint(8) + varint(0) + bytes(8)) * 200_000
    content += bytes(4) + b"\1\0\0\0"
    stored = content + b"\0"
    data = stored + masked(stored)
    index = write_block([(b"z" * 9, varint(0) + varint(len(content)))], 1)
    place = len(data)
    data += index + b"\0" + masked(index + b"\0")
    footer = varint(0) + varint(0) + varint(place) + varint(len(index))
    found, issues = read(data + footer.ljust(40, b"\0") + MAGIC)
    assert len(found) < 30_000
    assert "too long" in issues[0].reason


def test_hostile_sizes() -> None:
    for footer in (
        varint(0) + varint(0) + varint(1 << 60) + varint(1 << 60),
        varint(0) + varint(0) + varint(0) + varint(1 << 40),
        b"\xff" * 40,
    ):
        found, issues = read(bytes(100) + footer.ljust(40, b"\0")[:40] + MAGIC)
        assert not found
        assert issues
    # A Snappy block that announces four gigabytes.
    stored = b"\xff\xff\xff\xff\x0f" + b"\x01\x00\x00" + b"\1"
    data = stored + masked(stored)
    index = write_block([(b"z" * 9, varint(0) + varint(len(stored) - 1))], 1)
    place = len(data)
    data += index + b"\0" + masked(index + b"\0")
    whole = varint(0) + varint(0) + varint(place) + varint(len(index))
    found, issues = read(data + whole.ljust(40, b"\0") + MAGIC)
    assert not found
    assert "4294967295 bytes" in issues[0].reason


def test_unknown_compression_and_kind() -> None:
    entries = [(b"key" + bytes([9, 1, 0, 0, 0, 0, 0, 0]), b"v"), (b"x", b"v")]
    content = write_block(entries)
    for compression in (0, 9):
        stored = content + bytes([compression])
        data = stored + masked(stored)
        index = write_block([(b"z" * 9, varint(0) + varint(len(content)))], 1)
        place = len(data)
        data += index + b"\0" + masked(index + b"\0")
        footer = varint(0) + varint(0) + varint(place) + varint(len(index))
        found, issues = read(data + footer.ljust(40, b"\0") + MAGIC)
        assert not found
        reason = issues[0].reason
        assert ("kind 9" if compression == 0 else "compression 9") in reason


def test_truncation_at_every_byte() -> None:
    records = sample(40)
    data = write_table(records, 0, 600)
    whole = read(data)[0]
    blocks = sorted({record.offset for record in whole})
    for size in range(len(data)):
        found, issues = read(data[:size])
        assert issues
        intact = [record for record in found if not record.is_damaged]
        assert set(facts(intact)) <= set(records)
        # All blocks but the last one that is there must come out.
        complete = [offset for offset in blocks if offset < size][:-1]
        assert {record.offset for record in intact} >= set(complete)


def test_mutations() -> None:
    records = sample(120)
    data = write_table(records, 1, 1000)
    expected = set(records)
    generator = random.Random(20261122)
    for _ in range(250):
        broken = bytearray(data)
        place = generator.randrange(len(data))
        for position in range(place, min(place + 3, len(data))):
            broken[position] = generator.randrange(256)
        found, issues = read(bytes(broken))
        intact = set(facts([record for record in found if not record.is_damaged]))
        assert intact <= expected
        if bytes(broken[-48:]) == data[-48:]:
            # At most two neighbouring blocks are hit.
            assert len(expected - intact) <= 2 * 40


def test_noise() -> None:
    generator = random.Random(6)
    for size in (0, 1, 47, 48, 3000):
        found, issues = read(generator.randbytes(size))
        assert not [record for record in found if not record.is_damaged]
        assert issues
    assert sized(b"") == b"\0"
