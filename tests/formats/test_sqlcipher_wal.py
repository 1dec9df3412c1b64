"""Tests of decrypted logs: a reader takes the same frames as from the encrypted one."""

from __future__ import annotations

import functools
import random
import struct
import tempfile
from pathlib import Path

import pytest

from telegram_forensics.formats.sqlcipher_wal import DecryptedWal
from telegram_forensics.formats.sqlite_wal import FrameState, WalFile, WalFrame
from tests import helpers
from tests.builders import sqlcipher, sqlite_files
from tests.formats import sqlcipher_support as support

PARAMETERS = {
    "version 4": sqlcipher.VERSION_4,
    "version 3": sqlcipher.VERSION_3,
    "clear header": sqlcipher.APPLE,
}
each_way = pytest.mark.parametrize("name", PARAMETERS)


@functools.cache
def built(name: str) -> sqlcipher.Built:
    """A database with a log."""
    with tempfile.TemporaryDirectory() as folder:
        return sqlcipher.build(Path(folder), PARAMETERS[name])


def open_log(name: str, log: bytes) -> DecryptedWal:
    """Decrypts a log."""
    made = built(name)
    files = made.encrypted._replace(wal=log)
    wal = support.open_files(files, support.key_of(PARAMETERS[name])).wal
    assert wal is not None
    return wal


def decrypt(name: str, log: bytes) -> bytes:
    """The whole decrypted log."""
    return open_log(name, log).read_at(0, len(log))


def frames(log: bytes, name: str) -> list[WalFrame]:
    """All frames of a log, as our reader sees them."""
    size = PARAMETERS[name].page_size
    return list(WalFile(sqlite_files.reader(log), len(log), size).frames())


def encrypted_log(name: str) -> bytes:
    """The encrypted log."""
    log = built(name).encrypted.wal
    assert log is not None
    return log


@each_way
def test_frames_count_alike(name: str) -> None:
    """States and checks of all frames are those of the encrypted log."""
    log = encrypted_log(name)
    found = frames(decrypt(name, log), name)
    assert found == frames(log, name)
    assert len(found) > 5
    assert all(frame.is_checked for frame in found)
    assert {frame.state for frame in found} == {FrameState.COMMITTED}


def rewritten(name: str, kept: int) -> bytes:
    """A log that was begun again after a checkpoint: other salts in front."""
    log = encrypted_log(name)
    size = PARAMETERS[name].page_size
    order = ">" if log[3] & 1 else "<"
    header = log[:12] + struct.pack(">III", 1, 0x1234567, 0x89ABCDE)
    sums = sqlcipher.checksum(header, (0, 0), order)
    parts = [header, struct.pack(">II", *sums)]
    for position in range(kept):
        start = 32 + position * (24 + size)
        frame = log[start : start + 24 + size]
        sums = sqlcipher.checksum(frame[:8] + frame[24:], sums, order)
        parts += [frame[:8], header[16:24], struct.pack(">II", *sums), frame[24:]]
    return b"".join(parts) + log[32 + kept * (24 + size) :]


@each_way
@pytest.mark.parametrize("kept", [0, 1, 3])
def test_earlier_generations(name: str, kept: int) -> None:
    """Frames of before the last checkpoint are decrypted, and still count as such."""
    log = rewritten(name, kept)
    plain = decrypt(name, log)
    found = frames(plain, name)
    assert found == frames(log, name)
    assert FrameState.EARLIER in {frame.state for frame in found}
    assert [frame.is_checked for frame in found].count(None) == 1
    size = PARAMETERS[name].page_size
    whole = built(name).plain.wal
    assert whole is not None
    for start in range(32, len(log), 24 + size):
        assert plain[start + 24 : start + 24 + size] == whole[start + 24 :][:size]


@each_way
def test_wrong_checksums_stay_wrong(name: str, tmp_path: Path) -> None:
    """SQLite stops reading the decrypted log where it stops in the encrypted one."""
    log = encrypted_log(name)
    size = PARAMETERS[name].page_size
    for place in (20, 3, 9):
        position = 2
        data = bytearray(log)
        data[32 + position * (24 + size) + place] ^= 1
        plain = decrypt(name, bytes(data))
        found = frames(plain, name)
        assert found == frames(bytes(data), name)
        assert found[1].is_checked
        assert not found[2].is_checked
        assert found[3].state is not FrameState.COMMITTED
        files = sqlite_files.Files(built(name).plain.database, plain, None)
        rows = sqlcipher.read_rows(tmp_path / "db", files)
        assert rows == built(name).rows_without_log


def test_attack_with_zeros() -> None:
    """A wrong frame does not become a right one since its page reads as zeros."""
    name = "version 4"
    log = bytearray(encrypted_log(name))
    order = ">" if log[3] & 1 else "<"
    seed = struct.unpack_from(">II", log, 24)
    log[60] ^= 1
    sums = sqlcipher.checksum(bytes(log[32:40]) + bytes(4096), seed, order)
    log[48:56] = struct.pack(">II", *sums)
    plain = decrypt(name, bytes(log))
    assert plain[56 : 56 + 4096] == bytes(4096)
    assert not frames(bytes(log), name)[0].is_checked
    assert frames(plain, name)[0].is_checked is False


@each_way
def test_damaged_page_with_right_checksum(name: str) -> None:
    """If only the HMAC is wrong, the frames behind it still count."""
    log = encrypted_log(name)
    size = PARAMETERS[name].page_size
    order = ">" if log[3] & 1 else "<"
    data = bytearray(log)
    data[32 + 2 * (24 + size) + 24 + 40] ^= 1
    sums = struct.unpack_from(">II", log, 24)
    for start in range(32, len(data), 24 + size):
        frame = bytes(data[start : start + 24 + size])
        sums = sqlcipher.checksum(frame[:8] + frame[24:], sums, order)
        data[start + 16 : start + 24] = struct.pack(">II", *sums)
    wal = open_log(name, bytes(data))
    plain = wal.read_at(0, wal.size)
    found = frames(plain, name)
    assert found == frames(bytes(data), name)
    assert all(frame.state is FrameState.COMMITTED for frame in found)
    offset = 32 + 2 * (24 + size)
    assert plain[offset + 24 : offset + 24 + size] == bytes(size)
    assert wal.problems == [
        (
            offset,
            f"frame 2 (page {found[2].page_number}) has a wrong HMAC: its page reads "
            "as zeros",
        )
    ]
    assert wal.page(2) == bytes(size)
    assert wal.page(1) == plain[offset - size : offset]
    assert open_log(name, bytes(data)).verify() == wal.problems
    assert wal.verify() == open_log(name, bytes(data)).verify()


@each_way
def test_truncation(name: str) -> None:
    """Wherever the log ends: the same frames, and the end is named."""
    log = encrypted_log(name)
    whole = built(name).plain.wal
    assert whole is not None
    step = 24 + PARAMETERS[name].page_size
    ends = {
        32 + number * step + change
        for number in range(len(log) // step + 1)
        for change in (-1, 0, 1, 23, 24, 25, step // 2)
    }
    for end in sorted({*range(1, 60), *ends}):
        if not 0 < end <= len(log):
            continue
        wal = open_log(name, log[:end])
        plain = wal.read_at(0, end)
        assert len(plain) == end
        assert wal.read_at(end, 10) == b""
        if end >= 32:
            assert frames(plain, name) == frames(log[:end], name)
        count = max(end - 32, 0) // step
        assert plain[: min(end, 32 + count * step)] == whole[: 32 + count * step][:end]
        is_whole = end >= 32 and (end - 32) % step == 0
        assert bool(wal.problems) != is_whole


@pytest.mark.parametrize("seed", range(3))
@each_way
def test_mutations(name: str, seed: int) -> None:
    """Whatever is done to the log: readers see the same frames."""
    log = encrypted_log(name)
    size = PARAMETERS[name].page_size
    whole = built(name).plain.wal
    assert whole is not None
    pages = {
        whole[start + 24 : start + 24 + size - 80]
        for start in range(32, len(whole), 24 + size)
    }
    pages |= {bytes(size - 80)}
    for data in helpers.mutations(log, 40, f"{name} {seed}"):
        if len(data) < 32:
            continue
        plain = decrypt(name, data)
        assert len(plain) == len(data)
        if data[:4] == log[:4] and data[8:12] == log[8:12]:
            assert frames(plain, name) == frames(data, name)
        for start in range(56, len(data) - size + 1, 24 + size):
            assert plain[start : start + size - 80] in pages


@each_way
def test_page_size_in_the_header(name: str) -> None:
    """A log whose header says another page size is read with that of the database."""
    log = encrypted_log(name)
    wrong = log[:8] + struct.pack(">I", 2048) + log[12:]
    wal = open_log(name, wrong)
    plain = wal.read_at(0, wal.size)
    ((offset, reason),) = wal.problems
    assert offset == 8
    assert "2048" in reason
    found = frames(plain, name)
    whole = built(name).plain.wal
    assert whole is not None
    assert len(found) == len(frames(log, name))
    # SQLite ignores such a log. The checksum of the header is that of another one, but
    # here, by changing the number back, it is right again.
    assert plain[:32] == log[:32]


@each_way
def test_damaged_header(name: str) -> None:
    """Frames are decrypted although the log has lost its header."""
    log = encrypted_log(name)
    damaged = bytes(32) + log[32:]
    wal = open_log(name, damaged)
    plain = wal.read_at(0, wal.size)
    assert plain[:32] == bytes(32)
    assert (0, "the header of the log is damaged") in wal.problems
    assert frames(plain, name) == frames(damaged, name)


def test_order_of_reading_does_not_matter() -> None:
    """Checksums are those of the whole log wherever one begins to read."""
    name = "version 4"
    log = encrypted_log(name) * 1
    # A long log: the same frames again and again, as of one long generation.
    order = ">" if log[3] & 1 else "<"
    body = log[32:] * 12
    sums = struct.unpack_from(">II", log, 24)
    parts = [log[:32]]
    for start in range(0, len(body), 4120):
        frame = body[start : start + 4120]
        sums = sqlcipher.checksum(frame[:8] + frame[24:], sums, order)
        parts += [frame[:16], struct.pack(">II", *sums), frame[24:]]
    long_log = b"".join(parts)
    expected = decrypt(name, long_log)
    assert frames(expected, name) == frames(long_log, name)
    assert all(frame.is_checked for frame in frames(expected, name))
    generator = random.Random(3)
    wal = open_log(name, long_log)
    tail = wal.size - 5000
    assert wal.read_at(tail, 5000) == expected[tail:]
    for _ in range(100):
        offset = generator.randrange(wal.size)
        size = generator.choice((1, 32, 4120, 100_000))
        assert wal.read_at(offset, size) == expected[offset : offset + size]
    assert wal.problems == []
