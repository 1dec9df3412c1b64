"""Write-ahead logs and rollback journals; the oracle is SQLite."""

from __future__ import annotations

import random
import sqlite3
import struct
from pathlib import Path

import pytest

from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.sqlite_journal import JournalFile
from telegram_forensics.formats.sqlite_wal import FrameState, WalFile
from tests.builders import sqlite_files as builder
from tests.helpers import every_truncation, mutations

SIZE = 1024


def read_wal(data: bytes, page_size: int | None = None) -> WalFile:
    """A log in memory."""
    return WalFile(builder.reader(data), len(data), page_size)


def read_journal(data: bytes, page_size: int | None = SIZE) -> JournalFile:
    """A journal in memory."""
    return JournalFile(builder.reader(data), len(data), page_size)


def writer(path: Path) -> sqlite3.Connection:
    """A database in WAL mode that checkpoints only when told to."""
    connection = builder.connect(
        path, page_size=SIZE, journal_mode="wal", wal_autocheckpoint=0
    )
    builder.create(connection)
    return connection


def states(log: WalFile) -> list[FrameState]:
    """States of all frames."""
    return [frame.state for frame in log.frames()]


def other_byte_order(data: bytes) -> bytes:
    """The same log with checksums over big endian numbers."""

    def checksum(seed: tuple[int, int], raw: bytes) -> tuple[int, int]:
        one, two = seed
        for first, second in struct.iter_unpack(">II", raw):
            one = (one + first + two) % 2**32
            two = (two + second + one) % 2**32
        return one, two

    log = bytearray(data)
    log[3] ^= 1
    seed = checksum((0, 0), bytes(log[:24]))
    log[24:32] = struct.pack(">II", *seed)
    for start in range(32, len(log), 24 + SIZE):
        seed = checksum(seed, bytes(log[start : start + 8]))
        seed = checksum(seed, bytes(log[start + 24 : start + 24 + SIZE]))
        log[start + 16 : start + 24] = struct.pack(">II", *seed)
    return bytes(log)


def test_all_frames_are_committed(tmp_path: Path) -> None:
    connection = writer(tmp_path / "a.db")
    for start in range(0, 100, 20):
        builder.add_messages(connection, range(start, start + 20))
    files = builder.take(tmp_path / "a.db")
    assert files.wal is not None
    log = read_wal(files.wal)
    assert set(states(log)) == {FrameState.COMMITTED}
    assert all(frame.is_checked for frame in log.frames())
    assert log.commit_end == log.chain_end == len(log) > 20
    assert sum(frame.database_size > 0 for frame in log.frames()) == 10
    assert not log.problems


def test_both_byte_orders_of_checksums(tmp_path: Path) -> None:
    connection = writer(tmp_path / "a.db")
    builder.add_messages(connection, range(50))
    truth = builder.true_rows(connection, "messages")
    files = builder.take(tmp_path / "a.db")
    assert files.wal is not None
    other = builder.Files(files.database, other_byte_order(files.wal), None)
    assert other.wal is not None
    log = read_wal(other.wal)
    assert log.commit_end == len(log)
    assert builder.walked_rows(other.evidence())["messages"] == truth
    # SQLite reads it as well.
    again = builder.connect(other.write(tmp_path / "b.db"))
    assert builder.true_rows(again, "messages") == truth


def test_earlier_generations_and_uncommitted_frames(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    connection = writer(path)
    builder.add_messages(connection, range(200))
    connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchall()
    builder.add_messages(connection, range(200, 220))
    connection.execute("PRAGMA cache_size = 5")
    connection.execute("BEGIN")
    connection.executemany(
        "INSERT INTO messages VALUES (?, ?, ?, ?, ?)",
        map(builder.message, range(500, 560)),
    )
    files = builder.take(path)
    assert files.wal is not None
    log = read_wal(files.wal)
    found = states(log)
    assert found == sorted(found, key=list(FrameState).index)
    # A page that is written twice in a transaction gets the same frame again, and
    # SQLite puts the checksums right only with the commit.
    uncommitted = {FrameState.UNCOMMITTED, FrameState.BEHIND_END}
    assert set(found) & uncommitted
    assert set(found) - uncommitted == {FrameState.COMMITTED, FrameState.EARLIER}
    assert len(set(log.generations) - {(0, 0)}) == 2
    first = found.index(FrameState.EARLIER)
    assert log.frame(first).is_checked is None
    assert all(log.frame(i).is_checked for i in range(first + 1, len(log)))


def test_a_broken_frame_ends_the_chain(tmp_path: Path) -> None:
    connection = writer(tmp_path / "a.db")
    for start in range(0, 100, 20):
        builder.add_messages(connection, range(start, start + 20))
    files = builder.take(tmp_path / "a.db")
    assert files.wal is not None
    broken = bytearray(files.wal)
    at = 32 + 20 * (24 + SIZE)
    broken[at + 500] ^= 4
    log = read_wal(bytes(broken))
    assert log.chain_end == 20
    assert log.commit_end <= 20
    assert log.frame(20).state is FrameState.BEHIND_END
    assert log.frame(20).is_checked is False
    # Those behind it are chained to what it says of itself.
    assert all(log.frame(i).is_checked for i in range(21, len(log)))
    # SQLite sees the same state.
    truth = builder.Files(files.database, bytes(broken), None)
    evidence = truth.evidence()
    again = builder.connect(truth.write(tmp_path / "b.db"))
    expected = builder.true_rows(again, "messages")
    assert builder.walked_rows(evidence).get("messages", {}) == expected


def test_damaged_headers(tmp_path: Path) -> None:
    connection = writer(tmp_path / "a.db")
    builder.add_messages(connection, range(50))
    wal = builder.take(tmp_path / "a.db").wal
    assert wal is not None
    with pytest.raises(FormatError):
        read_wal(bytes(32) + wal[32:])
    log = read_wal(bytes(32) + wal[32:], SIZE)
    assert len(log) == len(read_wal(wal))
    assert set(states(log)) == {FrameState.EARLIER}
    assert log.problems
    wrong_sum = read_wal(wal[:24] + bytes(8) + wal[32:])
    assert wrong_sum.commit_end == 0
    assert len(wrong_sum) == len(log)
    assert len(read_wal(b"", SIZE)) == 0
    assert read_wal(wal[:20], SIZE).problems


def test_cut_and_damaged_logs(tmp_path: Path) -> None:
    connection = writer(tmp_path / "a.db")
    builder.add_messages(connection, range(4))
    wal = builder.take(tmp_path / "a.db").wal
    assert wal is not None
    whole = read_wal(wal)
    for number, cut in enumerate(every_truncation(wal)):
        if number % 37 and (number - 32) % (24 + SIZE):
            continue
        log = read_wal(cut, SIZE)
        assert log.commit_end <= whole.commit_end
        for frame in log.frames():
            assert len(log.page(frame.position)) == SIZE
    for changed in mutations(wal, 60, "wal"):
        log = read_wal(changed, SIZE)
        assert log.commit_end <= log.chain_end <= len(log)


def test_hot_journal(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    connection = builder.connect(path, page_size=SIZE)
    builder.create(connection)
    builder.add_messages(connection, range(200))
    before = path.read_bytes()
    connection.execute("PRAGMA cache_size = 5")
    connection.execute("BEGIN")
    connection.execute("UPDATE messages SET note = 'changed'")
    files = builder.take(path)
    assert files.journal is not None
    journal = read_journal(files.journal)
    assert journal.is_hot
    assert journal.header is not None
    assert journal.header.database_size == len(before) // SIZE
    found = list(journal.pages())
    assert len(found) > 30
    assert not journal.problems
    assert sum(page.is_valid for page in found) > 20
    for page in found:
        assert page.is_checked
        start = (page.page_number - 1) * SIZE
        assert page.data == before[start : start + SIZE]


@pytest.mark.parametrize("mode", ["persist", "delete"])
def test_journal_with_zeroed_header(tmp_path: Path, mode: str) -> None:
    """In the mode PERSIST, remains of longer transactions stand further back."""
    path = tmp_path / "a.db"
    connection = builder.connect(path, page_size=SIZE, journal_mode=mode)
    builder.create(connection)
    builder.add_messages(connection, range(200))
    before = path.read_bytes()
    connection.execute("UPDATE messages SET note = 'changed'")
    middle = path.read_bytes()
    connection.execute("UPDATE messages SET note = 'again' WHERE mid < 20")
    journal = builder.take(path).journal
    if mode == "delete":
        assert journal is None
        return
    assert journal is not None
    assert not journal[:28].strip(b"\0")
    reader = read_journal(journal)
    assert not reader.is_hot
    found = list(reader.pages())
    nonces = [page.nonce for page in found]
    assert len(set(nonces)) == 2
    changes = sum(a != b for a, b in zip(nonces, nonces[1:], strict=False))
    assert changes == 1
    first = nonces.index(nonces[-1])
    for index, page in enumerate(found):
        start = (page.page_number - 1) * SIZE
        old = middle if index < first else before
        assert page.data == old[start : start + SIZE]
        assert page.is_checked
        assert not page.is_valid


def test_cut_and_damaged_journals(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    connection = builder.connect(path, page_size=SIZE, journal_mode="persist")
    builder.create(connection)
    builder.add_messages(connection, range(30))
    connection.execute("UPDATE messages SET note = 'changed'")
    journal = builder.take(path).journal
    assert journal is not None
    generator = random.Random(3)
    for size in [*range(0, len(journal), SIZE + 8), *range(40)] + [
        generator.randrange(len(journal)) for _ in range(50)
    ]:
        for page in read_journal(journal[:size]).pages():
            assert len(page.data) == SIZE
    for changed in mutations(journal, 60, "journal"):
        for page_size in (SIZE, None):
            list(read_journal(changed, page_size).pages())


def test_size_of_a_large_log_in_memory() -> None:
    """20,000 frames that are read in pieces; nothing of them stays."""
    size = 24 + 512
    header = struct.pack(">IIIIIIII", 0x377F0682, 3007000, 512, 0, 1, 2, 0, 0)
    frame = struct.pack(">IIIIII", 7, 0, 9, 9, 0, 0) + bytes(512)

    def read(offset: int, count: int) -> bytes:
        assert count <= 1 << 20
        if offset < 32:
            return header[offset : offset + count]
        skip = (offset - 32) % size
        return (frame * (count // size + 2))[skip : skip + count]

    log = WalFile(read, 32 + size * 20_000)
    assert len(log) == 20_000
    assert log.frame(19_999).page_number == 7
