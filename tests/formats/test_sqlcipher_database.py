"""Tests of the decryption of databases: profiles, damage, truncation, fuzz."""

from __future__ import annotations

import functools
import random
import tempfile
from pathlib import Path

import pytest

from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.sqlcipher_detection import find_cipher
from telegram_forensics.formats.sqlcipher_keys import DatabaseKey, is_plaintext
from tests import helpers
from tests.builders import sqlcipher, sqlite_files
from tests.formats import sqlcipher_support as support

PARAMETERS = {
    "version 4": sqlcipher.VERSION_4,
    "version 3": sqlcipher.VERSION_3,
    "clear header": sqlcipher.APPLE,
    "clear header of 16": sqlcipher.APPLE._replace(clear_header=16),
    "clear header of 96": sqlcipher.APPLE._replace(clear_header=96),
    "version 4, pages of 1024": sqlcipher.VERSION_4._replace(page_size=1024),
    "version 3, pages of 4096": sqlcipher.VERSION_3._replace(page_size=4096),
    "version 3, pages of 65536": sqlcipher.VERSION_3._replace(page_size=65536),
}
each_way = pytest.mark.parametrize("name", PARAMETERS)


@functools.cache
def built(name: str, log: bool = True) -> sqlcipher.Built:
    """A database that is encrypted in one of the ways."""
    with tempfile.TemporaryDirectory() as folder:
        return sqlcipher.build(Path(folder), PARAMETERS[name], log=log)


def key_of(name: str) -> DatabaseKey:
    """Its key."""
    return support.key_of(PARAMETERS[name])


@each_way
@pytest.mark.parametrize("log", [False, True])
def test_bytes_and_rows(name: str, log: bool, tmp_path: Path) -> None:
    """What comes out is what SQLite wrote, byte by byte, and SQLite reads it."""
    made = built(name, log)
    opened = support.open_files(made.encrypted, key_of(name))
    assert opened.cipher.page_size == PARAMETERS[name].page_size
    assert opened.cipher.clear_header_size == PARAMETERS[name].clear_header
    decrypted = support.read_all(opened)
    assert decrypted == made.plain
    assert sqlcipher.read_rows(tmp_path / "db", decrypted) == made.rows
    without_log = decrypted._replace(wal=None)
    assert sqlcipher.read_rows(tmp_path / "db", without_log) == made.rows_without_log
    assert opened.database is not None
    assert opened.database.problems == []
    assert opened.database.verify() == []
    if opened.wal is not None:
        assert opened.wal.problems == []
    assert (opened.wal is not None) == log


@each_way
def test_any_range(name: str) -> None:
    """Reads at any offset and of any size give the same bytes."""
    made = built(name)
    opened = support.open_files(made.encrypted, key_of(name))
    generator = random.Random(name)
    for file, plain in (
        (opened.wal, made.plain.wal),
        (opened.database, made.plain.database),
    ):
        assert file is not None
        assert plain is not None
        assert file.size == len(plain)
        for _ in range(80):
            offset = generator.randrange(len(plain) + 10)
            size = generator.choice((0, 1, 16, 100, 4096, 70000))
            assert file.read_at(offset, size) == plain[offset : offset + size]


@each_way
def test_wrong_key(name: str) -> None:
    """A wrong key or salt opens nothing."""
    made = built(name)
    right = key_of(name)
    wrong = [
        DatabaseKey(bytes(32), right.salt),
        DatabaseKey(right.key[::-1], right.salt),
    ]
    if right.salt:
        wrong += [DatabaseKey(right.key), DatabaseKey(right.key, bytes(16))]
    for key in wrong:
        # With all of SQLite's header in clear, it looks as if it were not encrypted.
        with pytest.raises(FormatError, match="opens no page|is not encrypted"):
            support.open_files(made.encrypted, key)


def test_plain_database() -> None:
    """A database in clear is told from an encrypted one with a clear header."""
    made = built("clear header")
    for data in (made.plain.database, b"SQLite format 3\0"):
        with pytest.raises(FormatError):
            support.open_files(
                sqlite_files.Files(data, None, None), key_of("clear header")
            )
    with pytest.raises(FormatError, match="not encrypted"):
        support.open_files(made.plain, key_of("clear header"))
    assert is_plaintext(made.plain.database[:100])
    for name, parameters in PARAMETERS.items():
        # With all of SQLite's header in clear, only the key tells.
        expected = parameters.clear_header == 96
        assert is_plaintext(built(name).encrypted.database[:100]) == expected
    for head in (b"", b"SQLite format 3\0", bytes(100), made.plain.database[:99]):
        assert not is_plaintext(head)


@each_way
def test_damaged_page(name: str) -> None:
    """A page that cannot be verified reads as zeros; the others stay readable."""
    made = built(name, False)
    size = PARAMETERS[name].page_size
    number = len(made.encrypted.database) // size // 2 + 1
    start = (number - 1) * size
    for place in (start + 100, start + size - PARAMETERS[name].reserved + 3):
        data = bytearray(made.encrypted.database)
        data[place] ^= 0x40
        files = sqlite_files.Files(bytes(data), None, None)
        opened = support.open_files(files, key_of(name))
        expected = bytearray(made.plain.database)
        expected[start : start + size] = bytes(size)
        decrypted = support.read_all(opened)
        assert decrypted.database == expected
        database = opened.database
        assert database is not None
        reason = f"page {number} has a wrong HMAC: it reads as zeros"
        assert database.problems == [(start, reason)]
        # Neither reading again nor verification reports it a second time.
        database.read_at(0, 1)
        database.read_at(start, 1)
        assert database.verify() == [(start, reason)]
        assert support.open_files(files, key_of(name)).database is not None
        other = support.open_files(files, key_of(name)).database
        assert other is not None
        assert other.verify() == [(start, reason)]


@pytest.mark.parametrize("name", ["version 4", "version 3", "clear header"])
def test_damaged_first_page(name: str) -> None:
    """If page 1 is damaged, the others tell how the database is encrypted."""
    made = built(name, False)
    size = PARAMETERS[name].page_size
    data = bytearray(made.encrypted.database)
    data[200] ^= 1
    files = sqlite_files.Files(bytes(data), None, None)
    decrypted = support.decrypt(files, key_of(name))
    assert decrypted.database == bytes(size) + made.plain.database[size:]


def test_salt_from_the_log() -> None:
    """If the salt is damaged, page 1 in the log has it."""
    made = built("version 4")
    wal = made.encrypted.wal
    assert wal is not None
    assert any(
        wal[start : start + 4] == b"\0\0\0\1"
        for start in range(32 + 4120, len(wal), 4120)
    )
    data = b"damaged!" * 2 + made.encrypted.database[16:]
    files = made.encrypted._replace(database=data)
    # No HMAC covers the salt: the whole page is read.
    assert support.decrypt(files, key_of("version 4")) == made.plain
    with pytest.raises(FormatError, match="the key opens no page"):
        support.open_files(files._replace(wal=None), key_of("version 4"))
    # The other pages, too, if page 1 is damaged as well.
    data = data[:50] + b"damaged!" + data[58:]
    files = made.encrypted._replace(database=data)
    decrypted = support.decrypt(files, key_of("version 4"))
    assert decrypted.database == bytes(4096) + made.plain.database[4096:]
    assert decrypted.wal == made.plain.wal


def test_pages_never_written() -> None:
    """Pages of zeros are free, not damaged."""
    made = built("version 4", False)
    data = made.encrypted.database + bytes(8192)
    opened = support.open_files(
        sqlite_files.Files(data, None, None), key_of("version 4")
    )
    assert support.read_all(opened).database == made.plain.database + bytes(8192)
    assert opened.database is not None
    assert opened.database.verify() == []


@pytest.mark.parametrize("name", ["version 4", "version 3", "clear header"])
def test_truncation(name: str) -> None:
    """Whole pages stay readable wherever the file ends."""
    made = built(name, False)
    size = PARAMETERS[name].page_size
    data = made.encrypted.database
    ends = {
        number * size + change
        for number in range(1, len(data) // size + 1)
        for change in (-1, 0, 1, 16, size // 2)
    }
    for end in sorted(ends):
        if not size <= end <= len(data):
            continue
        files = sqlite_files.Files(data[:end], None, None)
        opened = support.open_files(files, key_of(name))
        whole = end // size * size
        decrypted = support.read_all(opened).database
        assert decrypted == made.plain.database[:whole] + bytes(end - whole)
        assert opened.database is not None
        reasons = [reason for _, reason in opened.database.problems]
        if end > whole:
            number = end // size + 1
            assert reasons == [
                f"page {number} is cut off, {end - whole} of {size} bytes are there: "
                "it reads as zeros"
            ]
        else:
            assert reasons == []
        assert [reason for _, reason in opened.database.verify()] == reasons


def test_truncation_within_the_first_page() -> None:
    """Less than one page opens nothing, and is told."""
    data = built("version 3", False).encrypted.database
    for end in range(1024):
        files = sqlite_files.Files(data[:end], None, None)
        with pytest.raises(FormatError):
            support.open_files(files, key_of("version 3"))


@each_way
def test_only_the_log_is_left(name: str, tmp_path: Path) -> None:
    """Without the database file, the last commit in the log stands for it."""
    parameters = PARAMETERS[name]
    path = tmp_path / "plain.db"
    sqlite_files.reserve(path, parameters.reserved, parameters.page_size)
    connection = sqlite_files.connect(path, journal_mode="wal", wal_autocheckpoint=0)
    connection.execute("CREATE TABLE t(a INTEGER PRIMARY KEY, b BLOB)")
    for number in range(30):
        connection.execute("INSERT INTO t VALUES (?, ?)", (number, bytes(200)))
    rows = connection.execute("SELECT * FROM t").fetchall()
    plain = sqlite_files.take(path)
    connection.close()
    assert plain.wal is not None
    wal = sqlcipher.encrypt_log(plain.wal, parameters)
    for rest in (b"", b"S"):
        files = sqlite_files.Files(rest, wal, None)
        opened = support.open_files(files, key_of(name))
        decrypted = support.read_all(opened)
        assert sqlcipher.read_rows(tmp_path / "db", decrypted) == rows
        without = decrypted._replace(wal=None)
        assert sqlcipher.read_rows(tmp_path / "db", without) == rows
        assert opened.database is not None
        ((offset, reason),) = opened.database.problems
        assert offset == 0
        assert reason.startswith("the database file is missing")
        assert opened.database.verify() == opened.database.problems
        middle = opened.database.read_at(1000, 3000)
        assert middle == decrypted.database[1000:4000]
    # A log without a commit cannot stand for anything.
    step = 24 + parameters.page_size
    frame = wal[32 : 32 + step]
    files = sqlite_files.Files(b"", wal[:32] + frame, None)
    opened = support.open_files(files, key_of(name))
    assert opened.wal is not None
    if frame[4:8] == bytes(4):
        assert opened.database is None


def test_size_of_what_is_rebuilt_is_bounded(tmp_path: Path) -> None:
    """A log that tells of a huge database does not make one."""
    parameters = sqlcipher.VERSION_4
    made = built("version 4")
    page = sqlcipher.encrypt_page(made.plain.database[:4096], 1, parameters)
    wal = made.encrypted.wal
    assert wal is not None
    header = wal[:32]
    order = ">" if header[3] & 1 else "<"
    start = b"\0\0\0\1\xff\xff\xff\xff"
    seed = (int.from_bytes(header[24:28], "big"), int.from_bytes(header[28:], "big"))
    first, second = sqlcipher.checksum(start + page, seed, order)
    sums = first.to_bytes(4, "big") + second.to_bytes(4, "big")
    log = header + start + header[16:24] + sums + page
    opened = support.open_files(sqlite_files.Files(b"", log, None), key_of("version 4"))
    assert opened.database is not None
    assert opened.database.size == 1 << 30


def test_short_database_with_log(tmp_path: Path) -> None:
    """A database that has lost its end is completed by SQLite from the log."""
    made = built("version 4")
    files = made.encrypted._replace(database=made.encrypted.database[:4096])
    decrypted = support.decrypt(files, key_of("version 4"))
    assert decrypted.database == made.plain.database[:4096]
    assert decrypted.wal == made.plain.wal


@pytest.mark.parametrize("name", ["version 4", "version 3", "clear header"])
def test_mutations(name: str) -> None:
    """Whatever is done to the files: pages come out right, or as zeros and named."""
    made = built(name)
    size = PARAMETERS[name].page_size
    wal = made.encrypted.wal
    assert wal is not None
    plain = made.plain.database
    known = {plain[start : start + size - 80] for start in range(0, len(plain), size)}
    known.add(bytes(size - 80))
    read = 0
    for number, data in enumerate(
        helpers.mutations(made.encrypted.database, 120, name)
    ):
        logs = list(helpers.mutations(wal, 1, f"{name} {number}"))
        files = sqlite_files.Files(data, logs[0], None)
        try:
            opened = support.open_files(files, key_of(name))
        except FormatError:
            continue
        read += 1
        decrypted = support.read_all(opened)
        assert len(decrypted.database) == len(data)
        assert decrypted.wal is not None
        assert len(decrypted.wal) == len(logs[0])
        for start in range(0, len(data) // size * size, size):
            page = decrypted.database[start : start + size - 80]
            if start:
                assert page in known
    assert read > 60


def test_hostile_files() -> None:
    """Random bytes, and a log that is none, open nothing and raise nothing else."""
    generator = random.Random(1)
    key = DatabaseKey(bytes(32))
    for size in (0, 1, 16, 100, 511, 512, 4096, 70000):
        data = generator.randbytes(size)
        for wal in (None, b"", b"7", generator.randbytes(5000)):
            assert find_cipher(key, support.files_of(data, wal)) is None
            with pytest.raises(FormatError):
                support.open_database(key, support.files_of(data, wal))
