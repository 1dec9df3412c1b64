"""Logs of LevelDB."""

from __future__ import annotations

import io
import random
import struct

import pytest

from telegram_forensics.formats.browser_leveldb_log import (
    LevelDbRecord,
    RecordKind,
    read_log,
    read_payloads,
)
from telegram_forensics.formats.errors import Issue
from tests.builders.leveldb import masked, write_batch, write_log

# The complete log of the specification.
EXAMPLE = bytes.fromhex(
    "9a1bdc35170001"
    "0100000000000000010000000107" + b"VERSION".hex() + "0131"
    "4431e079b50001"
    "020000000000000004000000"
    "011d5f" + b"https://web.telegram.org".hex() + "00016463" + "020134"
    "011d5f" + b"https://web.telegram.org".hex() + "00017275"
    "0d001f04400438043204350442040123"
    + b"METAACCESS:https://web.telegram.org".hex()
    + "0908d2a8bdbaf3ecef17011d"
    + b"META:https://web.telegram.org".hex()
    + "0b08d2a8bdbaf3ecef171015"
)


def read(data: bytes) -> tuple[list[LevelDbRecord], list[Issue]]:
    issues: list[Issue] = []
    return list(read_log(io.BytesIO(data), issues, "000003.log")), issues


def sample(batches: int = 30, size: int = 40) -> tuple[bytes, list[bytes]]:
    payloads = [
        write_batch(
            1 + 3 * number,
            [
                (1, b"key%d" % number, bytes([number % 251]) * size),
                (0, b"gone%d" % number, b""),
                (1, b"other", b"value%d" % number),
            ],
        )
        for number in range(batches)
    ]
    return write_log(payloads), payloads


def facts(records: list[LevelDbRecord]) -> list[tuple[int, int, bytes, bytes]]:
    return [
        (record.sequence, int(record.kind), record.key, record.value)
        for record in records
    ]


def test_example() -> None:
    assert len(EXAMPLE) == 218
    records, issues = read(EXAMPLE)
    assert not issues
    assert facts(records) == [
        (1, 1, b"VERSION", b"1"),
        (2, 1, b"_https://web.telegram.org\0\x01dc", b"\x014"),
        (
            3,
            1,
            b"_https://web.telegram.org\0\x01ru",
            b"\0" + "Привет".encode("utf-16-le"),
        ),
        (
            4,
            1,
            b"METAACCESS:https://web.telegram.org",
            bytes.fromhex("08d2a8bdbaf3ecef17"),
        ),
        (
            5,
            1,
            b"META:https://web.telegram.org",
            bytes.fromhex("08d2a8bdbaf3ecef171015"),
        ),
    ]
    assert [record.batch for record in records] == [0, 1, 1, 1, 1]
    assert [record.first_sequence for record in records] == [1, 2, 2, 2, 2]
    assert [record.offset for record in records] == [0, 30, 30, 30, 30]
    assert not any(record.is_damaged for record in records)


def test_deletes_and_batches_over_blocks() -> None:
    data, _ = sample(60, 5000)
    assert len(data) > 8 * 32768
    records, issues = read(data)
    assert not issues
    assert [record.sequence for record in records] == list(range(1, 181))
    assert records[1].kind is RecordKind.DELETE
    assert records[1].value == b""
    assert {len(record.value) for record in records[::3]} == {5000}


def test_record_that_leaves_seven_bytes_of_a_block() -> None:
    # Then an empty first fragment stands at the end of the block.
    first = write_batch(1, [(1, b"a", bytes(32768 - 7 - 7 - 18))])
    data = write_log([first, write_batch(2, [(1, b"b", b"2")])])
    assert data[32761:32768] == masked(b"\x02") + b"\0\0\x02"
    records, issues = read(data)
    assert [record.sequence for record in records] == [1, 2]
    assert not issues


def test_zeros_behind_the_records() -> None:
    records, issues = read(EXAMPLE + bytes(70000))
    assert len(records) == 5
    assert not issues


def test_recycled_log() -> None:
    """Fragments of RocksDB have the number of the log behind their type."""
    whole = write_batch(8, [(1, b"b", b"2")])
    data = b""
    for kind, payload in [
        (5, write_batch(7, [(1, b"a", b"1")])),
        (6, whole[:9]),
        (8, whole[9:]),
    ]:
        tagged = bytes([kind]) + struct.pack("<I", 12) + payload
        data += masked(tagged) + struct.pack("<H", len(payload)) + tagged
    records, issues = read(data)
    assert facts(records) == [(7, 1, b"a", b"1"), (8, 1, b"b", b"2")]
    assert not issues


def test_wrong_checksum_keeps_the_rest() -> None:
    data, payloads = sample()
    # A byte of the value of the third batch.
    broken = bytearray(data)
    place = data.index(bytes([2]) * 40)
    broken[place] ^= 0xFF
    records, issues = read(bytes(broken))
    assert len(records) == 90
    damaged = [record for record in records if record.is_damaged]
    assert [record.sequence for record in damaged] == [7, 8, 9]
    assert damaged[0].value == bytes([0xFD]) + bytes([2]) * 39
    offset = sum(7 + len(payload) for payload in payloads[:2])
    assert [(issue.file, issue.offset) for issue in issues] == [("000003.log", offset)]
    assert "checksum" in issues[0].reason


def test_wrong_length_finds_the_next_fragment() -> None:
    data, payloads = sample()
    broken = bytearray(data)
    offset = sum(7 + len(payload) for payload in payloads[:2])
    broken[offset + 4 : offset + 6] = b"\xff\x7f"
    records, issues = read(bytes(broken))
    intact = [record.sequence for record in records if not record.is_damaged]
    assert intact == [*range(1, 7), *range(10, 91)]
    # What stands behind the wrong length is still given, as damaged.
    assert [record.sequence for record in records if record.is_damaged] == [7, 8, 9]
    assert issues[0].offset == offset


def test_lost_first_block_of_a_batch() -> None:
    data = write_log(
        [
            write_batch(1, [(1, b"a", bytes(50000)), (1, b"b", b"2")]),
            write_batch(3, [(1, b"c", b"3")]),
        ]
    )
    records, issues = read(bytes(32768) + data[32768:])
    assert facts(records) == [(3, 1, b"c", b"3")]
    assert "beginning is missing" in issues[0].reason


def test_lost_last_block_of_a_batch() -> None:
    data = write_log(
        [write_batch(1, [(1, b"a", b"1"), (1, b"b", bytes(50000)), (1, b"c", b"3")])]
    )
    records, issues = read(data[:32768])
    assert facts(records) == [(1, 1, b"a", b"1")]
    assert records[0].is_damaged
    assert any("without its last fragment" in issue.reason for issue in issues)


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"short", "no batch"),
        (struct.pack("<QI", 1 << 60, 1) + b"\x01\x01a\x01b", "not possible"),
        (struct.pack("<QI", 1, 1) + b"\x07\x01a", "kind 7"),
        (struct.pack("<QI", 1, 2) + b"\x00\x01a", "1 of 2 entries"),
        (struct.pack("<QI", 1, 1) + b"\x00\x01aXX", "2 bytes behind"),
        (struct.pack("<QI", 1, 0xFFFFFFFF) + b"\x00\xff\xff\xff\xff\x0f", "announced"),
    ],
)
def test_wrong_batches(payload: bytes, reason: str) -> None:
    good = write_batch(9, [(1, b"good", b"1")])
    records, issues = read(write_log([payload, good]))
    assert facts(records)[-1] == (9, 1, b"good", b"1")
    assert len(issues) == 1
    assert reason in issues[0].reason


def test_truncation_at_every_byte() -> None:
    data, payloads = sample(8)
    ends = [0]
    for payload in payloads:
        ends.append(ends[-1] + 7 + len(payload))
    for size in range(len(data)):
        records, issues = read(data[:size])
        complete = sum(end <= size for end in ends) - 1
        intact = [record for record in records if not record.is_damaged]
        assert [record.sequence for record in intact] == list(
            range(1, 3 * complete + 1)
        )
        assert bool(issues) == (size not in ends)


def test_mutations() -> None:
    """Whatever is changed in one place, the batches elsewhere stay as they are."""
    data, payloads = sample(40)
    expected = {fact for fact in facts(read(data)[0])}
    generator = random.Random(20261121)
    for _ in range(400):
        broken = bytearray(data)
        place = generator.randrange(len(data))
        length = generator.choice([1, 2, 7, 64])
        for position in range(place, min(place + length, len(data))):
            broken[position] = generator.randrange(256)
        records, _ = read(bytes(broken))
        intact = {fact for fact in facts([r for r in records if not r.is_damaged])}
        assert intact <= expected
        # A hole of 64 bytes touches at most three batches of about 90.
        assert len(expected - intact) <= 9


def test_noise() -> None:
    generator = random.Random(5)
    for size in (0, 1, 6, 7, 8, 100, 40000):
        records, issues = read(generator.randbytes(size))
        assert all(record.is_damaged for record in records)
        assert bool(issues) == bool(size)


def test_findings_are_capped() -> None:
    bad = write_log([b"short"] * 1000)
    records, issues = read(bad)
    assert not records
    assert len(issues) == 201
    assert issues[-1].reason == "1000 problems in all"


def test_payloads() -> None:
    issues: list[Issue] = []
    data = write_log([b"one", b"two" * 30000])
    payloads = list(read_payloads(io.BytesIO(data), issues))
    assert [payload.data for payload in payloads] == [b"one", b"two" * 30000]
    assert not issues
