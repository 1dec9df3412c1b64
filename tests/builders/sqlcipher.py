"""Encrypts SQLite databases and their logs as SQLCipher does, page by page.

Written apart from the reader: CBC and HMAC as the standard modules have them.
"""

from __future__ import annotations

import hashlib
import hmac
import random
import sqlite3
import struct
from pathlib import Path
from typing import NamedTuple

from Crypto.Cipher import AES

from telegram_forensics.formats.murmur3 import murmur3_32
from tests.builders import sqlite_files

KEY = bytes(range(32))
SALT = bytes(range(0xA0, 0xB0))


class Parameters(NamedTuple):
    """How a database is encrypted."""

    key: bytes = KEY
    salt: bytes = SALT
    page_size: int = 4096
    hash_name: str = "sha512"
    clear_header: int = 0

    @property
    def reserved(self) -> int:
        """Bytes behind the content of a page."""
        return {"sha512": 80, "sha1": 48}[self.hash_name]

    @property
    def hmac_key(self) -> bytes:
        """Key of the HMAC."""
        mask = bytes(byte ^ 0x3A for byte in self.salt)
        return hashlib.pbkdf2_hmac(self.hash_name, self.key, mask, 2, 32)


APPLE = Parameters(clear_header=32)
VERSION_3 = Parameters(page_size=1024, hash_name="sha1")
VERSION_4 = Parameters()


def encrypt_page(
    page: bytes, number: int, parameters: Parameters, iv: bytes | None = None
) -> bytes:
    """Encrypts a page."""
    start = (parameters.clear_header or 16) if number == 1 else 0
    end = len(page) - parameters.reserved
    if iv is None:
        iv = hashlib.md5(page + bytes([number & 255])).digest()
    body = AES.new(parameters.key, AES.MODE_CBC, iv).encrypt(page[start:end])
    digest = hmac.new(
        parameters.hmac_key,
        body + iv + struct.pack("<I", number),
        parameters.hash_name,
    ).digest()
    clear = page[:start]
    if start and not parameters.clear_header:
        clear = parameters.salt
    rest = b"r" * (parameters.reserved - 16 - len(digest))
    return clear + body + iv + digest + rest


def encrypt_database(plain: bytes, parameters: Parameters) -> bytes:
    """Encrypts a database."""
    size = parameters.page_size
    return b"".join(
        encrypt_page(plain[start : start + size], start // size + 1, parameters)
        for start in range(0, len(plain), size)
    )


def checksum(data: bytes, seed: tuple[int, int], order: str) -> tuple[int, int]:
    """Checksum of a log."""
    first, second = seed
    for even, odd in struct.iter_unpack(f"{order}II", data):
        first = (first + even + second) % 2**32
        second = (second + odd + first) % 2**32
    return first, second


def encrypt_log(plain: bytes, parameters: Parameters) -> bytes:
    """Encrypts a log all of whose frames count."""
    size = parameters.page_size
    order = ">" if plain[3] & 1 else "<"
    header = plain[:32]
    sums = struct.unpack(">II", header[24:32])
    parts = [header]
    for start in range(32, len(plain), 24 + size):
        frame = plain[start : start + 24 + size]
        number = int.from_bytes(frame[:4], "big")
        page = encrypt_page(frame[24:], number, parameters)
        sums = checksum(frame[:8] + page, sums, order)
        parts += [frame[:16], struct.pack(">II", *sums), page]
    return b"".join(parts)


def encrypt_files(
    plain: sqlite_files.Files, parameters: Parameters
) -> sqlite_files.Files:
    """Encrypts a database and its log."""
    wal = encrypt_log(plain.wal, parameters) if plain.wal else None
    database = encrypt_database(plain.database, parameters)
    return sqlite_files.Files(database, wal, None)


class Built(NamedTuple):
    """A database, in clear and encrypted, and what SQLite shows."""

    plain: sqlite_files.Files
    encrypted: sqlite_files.Files
    rows: list[tuple[object, ...]]
    rows_without_log: list[tuple[object, ...]]


def build(
    folder: Path, parameters: Parameters, *, rows: int = 60, log: bool = True
) -> Built:
    """Makes a database with SQLite and encrypts it.

    What is in clear has the same bytes as what is to come out of the decryption.
    """
    path = folder / "plain.db"
    sqlite_files.reserve(path, parameters.reserved, parameters.page_size)
    connection = sqlite_files.connect(
        path, journal_mode="wal" if log else "delete", wal_autocheckpoint=0
    )
    connection.execute("CREATE TABLE t(a INTEGER PRIMARY KEY, b BLOB)")
    generator = random.Random(rows)
    insert = "INSERT INTO t VALUES (?, ?)"
    connection.execute("BEGIN")
    connection.executemany(
        insert, ((number, generator.randbytes(300)) for number in range(rows))
    )
    connection.execute("COMMIT")
    before = connection.execute("SELECT * FROM t").fetchall()
    if log:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        # Two transactions, and one that is behind the last commit.
        connection.execute("DELETE FROM t WHERE a % 4 = 0")
        connection.execute(insert, (rows + 1, generator.randbytes(2000)))
    after = connection.execute("SELECT * FROM t").fetchall()
    plain = sqlite_files.take(path)
    connection.close()
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    encrypted = encrypt_files(plain, parameters)
    return Built(reserved_as_in(plain, encrypted, parameters), encrypted, after, before)


def reserved_as_in(
    plain: sqlite_files.Files, encrypted: sqlite_files.Files, parameters: Parameters
) -> sqlite_files.Files:
    """The files in clear with the reserved bytes of the encrypted ones.

    The checksums of the log are those of the changed pages.
    """
    size, kept = parameters.page_size, parameters.page_size - parameters.reserved
    database = bytearray(plain.database)
    for start in range(0, len(database), size):
        database[start + kept : start + size] = encrypted.database[
            start + kept : start + size
        ]
    if plain.wal is None or encrypted.wal is None:
        return sqlite_files.Files(bytes(database), None, None)
    order = ">" if plain.wal[3] & 1 else "<"
    sums = struct.unpack(">II", plain.wal[24:32])
    parts = [plain.wal[:32]]
    for start in range(32, len(plain.wal), 24 + size):
        frame = plain.wal[start : start + 24 + kept]
        frame += encrypted.wal[start + 24 + kept : start + 24 + size]
        sums = checksum(frame[:8] + frame[24:], sums, order)
        parts += [frame[:16], struct.pack(">II", *sums), frame[24:]]
    return sqlite_files.Files(bytes(database), b"".join(parts), None)


def read_rows(path: Path, files: sqlite_files.Files) -> list[tuple[object, ...]]:
    """What stock SQLite shows of decrypted files; they must be sound."""
    files.write(path)
    connection = sqlite3.connect(path)
    try:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return connection.execute("SELECT * FROM t").fetchall()
    finally:
        connection.close()
        for suffix in ("", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)


def key_of_passphrase(passphrase: str, salt: bytes = SALT) -> bytes:
    """The page key that version 4 derives from a passphrase."""
    return hashlib.pbkdf2_hmac("sha512", passphrase.encode(), salt, 256_000, 32)


def tempkey(key: bytes = KEY, salt: bytes = SALT, password: str = "") -> bytes:
    """A key file of Telegram for macOS."""
    digest = hashlib.sha512((password or "no-matter-key").encode()).digest()
    content = key + salt
    content += murmur3_32(content).to_bytes(4, "little", signed=True) + bytes(12)
    return AES.new(digest[:32], AES.MODE_CBC, digest[48:]).encrypt(content)


def mac_store(folder: Path, files: sqlite_files.Files, *, password: str = "") -> Path:
    """Lays a database out as Telegram for macOS does; the path of the database."""
    database = folder / "account-11936128518282651045" / "postbox" / "db" / "db_sqlite"
    database.parent.mkdir(parents=True)
    files.write(database)
    (folder / ".tempkeyEncrypted").write_bytes(tempkey(password=password))
    return database
