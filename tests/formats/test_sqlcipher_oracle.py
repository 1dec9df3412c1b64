"""Databases that SQLCipher's own library and another one wrote, read by us."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.sqlcipher_keys import DatabaseKey, parse_key
from telegram_forensics.formats.sqlite_wal import WalFile
from tests.builders import sqlcipher, sqlite_files
from tests.formats import sqlcipher_support as support

RAW = f"x'{'22' * 32}'"
RAW_WITH_SALT = f"x'{'22' * 32}{'44' * 16}'"
# Key as it is given to the library, pragmas behind it, clear header.
WAYS: dict[str, tuple[str, list[str], int]] = {
    "4, raw key": (RAW, [], 0),
    "4, raw key and salt": (RAW_WITH_SALT, [], 0),
    "4, passphrase": ("pass wörd", [], 0),
    "4, pages of 1024": (RAW, ["cipher_page_size=1024"], 0),
    "4, pages of 8192": (RAW, ["cipher_page_size=8192"], 0),
    "4, pages of 65536": (RAW, ["cipher_page_size=65536"], 0),
    "4, clear header of 32": (RAW_WITH_SALT, [], 32),
    "4, clear header of 16": (RAW_WITH_SALT, [], 16),
    "4, clear header of 48": (RAW_WITH_SALT, [], 48),
    "3, raw key": (RAW, ["cipher_compatibility=3"], 0),
    "3, passphrase": ("pass wörd", ["cipher_compatibility=3"], 0),
    "3, pages of 4096": (RAW, ["cipher_compatibility=3", "cipher_page_size=4096"], 0),
    "3, pages of 65536": (
        RAW,
        ["cipher_compatibility=3", "cipher_page_size=65536"],
        0,
    ),
}


def connect_sqlcipher(path: Path, way: str) -> Any:
    """Opens a database with SQLCipher's library."""
    sqlcipher3 = pytest.importorskip("sqlcipher3")
    key, pragmas, clear_header = WAYS[way]
    connection = sqlcipher3.connect(str(path), isolation_level=None)
    # The default holds for all connections: it is set for each.
    connection.execute(f"PRAGMA cipher_default_plaintext_header_size={clear_header}")
    connection.execute(f'PRAGMA key="{key}"')
    connection.execute(f"PRAGMA cipher_plaintext_header_size={clear_header}")
    for pragma in pragmas:
        connection.execute(f"PRAGMA {pragma}")
    return connection


def connect_mc(path: Path, way: str) -> Any:
    """Opens a database with SQLite3 Multiple Ciphers."""
    apsw = pytest.importorskip("apsw")
    if not hasattr(apsw, "mc_version"):
        pytest.skip("apsw without encryption")
    key, _, clear_header = WAYS[way]
    connection = apsw.Connection(str(path))
    version = way[0]
    for pragma in (
        "cipher='sqlcipher'",
        f"legacy={version}",
        *([f"plaintext_header_size={clear_header}"] if clear_header else []),
        f'key="{key}"',
    ):
        connection.execute(f"PRAGMA {pragma}").fetchall()
    return connection


def make(
    path: Path, connection: Any, *, log: bool
) -> tuple[sqlite_files.Files, list[Any]]:
    """Writes a database; the files as they are while it is open, and the rows."""
    if log:
        connection.execute("PRAGMA journal_mode=wal").fetchall()
        connection.execute("PRAGMA wal_autocheckpoint=0").fetchall()
    connection.execute("CREATE TABLE t(a INTEGER PRIMARY KEY, b BLOB)")
    connection.execute("BEGIN")
    for number in range(200):
        connection.execute("INSERT INTO t VALUES (?, ?)", (number, os.urandom(300)))
    connection.execute("COMMIT")
    if log:
        # A second generation in front of the first one.
        connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchall()
        connection.execute("DELETE FROM t WHERE a < 9")
        connection.execute("UPDATE t SET b = randomblob(300) WHERE a = 9")
    rows = list(connection.execute("SELECT * FROM t").fetchall())
    files = sqlite_files.take(path)
    connection.close()
    return files._replace(journal=None), rows


def check(
    tmp_path: Path, files: sqlite_files.Files, rows: list[Any], key: DatabaseKey
) -> None:
    """Decrypts the files and reads them with stock SQLite."""
    opened = support.open_files(files, key)
    decrypted = support.read_all(opened)
    assert sqlcipher.read_rows(tmp_path / "decrypted", decrypted) == rows
    assert opened.database is not None
    assert opened.database.problems == opened.database.verify() == []
    if files.wal is not None:
        assert opened.wal is not None
        assert opened.wal.problems == []
        assert decrypted.wal is not None
        before, after = (
            list(WalFile(sqlite_files.reader(log), len(log)).frames())
            for log in (files.wal, decrypted.wal)
        )
        assert before == after
        assert len({frame.generation for frame in before}) == 2
    wrong = DatabaseKey(bytes(32), key.salt)
    with pytest.raises(FormatError):
        support.open_files(files, wrong)


@pytest.mark.parametrize("log", [False, True], ids=["no log", "log"])
@pytest.mark.parametrize("way", WAYS)
def test_sqlcipher(way: str, log: bool, tmp_path: Path) -> None:
    """Every way in which SQLCipher's own library encrypts."""
    path = tmp_path / "encrypted"
    files, rows = make(path, connect_sqlcipher(path, way), log=log)
    check(tmp_path, files, rows, parse_key(WAYS[way][0]))


@pytest.mark.parametrize("log", [False, True], ids=["no log", "log"])
@pytest.mark.parametrize(
    "way",
    ["4, raw key", "4, raw key and salt", "4, passphrase", "4, clear header of 32"]
    + ["3, raw key", "3, passphrase"],
)
def test_multiple_ciphers(way: str, log: bool, tmp_path: Path) -> None:
    """The ways in which an independent implementation encrypts."""
    path = tmp_path / "encrypted"
    files, rows = make(path, connect_mc(path, way), log=log)
    check(tmp_path, files, rows, parse_key(WAYS[way][0]))


@contextmanager
def encrypted(path: Path, built: sqlcipher.Built, way: str) -> Iterator[Any]:
    """What our builder made, opened by SQLCipher's own library."""
    built.encrypted.write(path)
    connection = connect_sqlcipher(path, way)
    yield connection
    connection.close()


@pytest.mark.parametrize(
    ("way", "parameters"),
    [
        ("4, raw key", sqlcipher.VERSION_4),
        ("4, clear header of 32", sqlcipher.APPLE),
        ("3, raw key", sqlcipher.VERSION_3),
    ],
)
def test_builder(
    way: str,
    parameters: sqlcipher.Parameters,
    tmp_path: Path,
) -> None:
    """The library reads what the builder of the tests encrypts, the log included."""
    parameters = parameters._replace(key=b"\x22" * 32, salt=b"\x44" * 16)
    built = sqlcipher.build(tmp_path, parameters)
    with encrypted(tmp_path / "encrypted", built, way) as connection:
        rows = connection.execute("SELECT * FROM t").fetchall()
        assert connection.execute("PRAGMA cipher_integrity_check").fetchall() == []
    assert rows == built.rows


def test_library_agrees_on_damage(tmp_path: Path) -> None:
    """The library names the pages that we name."""
    path = tmp_path / "encrypted"
    files, _ = make(path, connect_sqlcipher(path, "4, raw key"), log=False)
    data = bytearray(files.database)
    for page in (5, 9, 12):
        data[(page - 1) * 4096 + 77 * page] ^= 0x10
    path.write_bytes(bytes(data))
    connection = connect_sqlcipher(path, "4, raw key")
    found = connection.execute("PRAGMA cipher_integrity_check").fetchall()
    connection.close()
    files = files._replace(database=bytes(data))
    database = support.open_files(files, parse_key(RAW)).database
    assert database is not None
    ours = [offset // 4096 + 1 for offset, _ in database.verify()]
    assert ours == [5, 9, 12]
    assert [int("".join(filter(str.isdigit, row[0]))) for row in found] == ours
