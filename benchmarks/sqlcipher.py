"""How fast encrypted databases are decrypted, against the library that wrote them.

Writes a database of 100 MB with SQLCipher's own library and reads it page by page: with
ours, HMAC included, and with the library, which has to do the same (cipher_integrity
and a full scan). Target: 80 MB/s on one core.

    python benchmarks/sqlcipher.py [MB]

Needs the module sqlcipher3 (packages sqlcipher3, sqlcipher3-binary or
sqlcipher3-wheels); without it the database is made by encrypting pages here, and only
our own figures are given.
"""

from __future__ import annotations

import hashlib
import hmac
import importlib
import os
import pathlib
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

import results
from Crypto.Cipher import AES

from telegram_forensics.formats.sqlcipher_database import (
    SqlcipherDatabase,
    decrypt_files,
)
from telegram_forensics.formats.sqlcipher_detection import Files, find_cipher
from telegram_forensics.formats.sqlcipher_keys import (
    PROFILES,
    DatabaseKey,
    Profile,
    derive_keys,
)
from telegram_forensics.formats.sqlite_wal import WalFile

KEY = bytes(range(32))
SALT = bytes(range(16))
ROUNDS = 5


def open_database(files: Files) -> SqlcipherDatabase:
    """Opens a database with the key of the benchmark."""
    cipher = find_cipher(DatabaseKey(KEY, SALT), files)
    if cipher is None:
        raise SystemExit("the key does not open the database")
    return decrypt_files(cipher, files)


def library() -> Any:
    """SQLCipher's library, None if it is not installed."""
    try:
        return importlib.import_module("sqlcipher3")
    except ImportError:
        return None


def connect(path: pathlib.Path, profile: Profile) -> Any:
    """Opens a database with the library."""
    connection = library().connect(str(path), isolation_level=None)
    connection.execute(f"PRAGMA key = \"x'{KEY.hex()}{SALT.hex()}'\"")
    connection.execute(f"PRAGMA cipher_compatibility = {profile.version}")
    return connection


def write_with_library(path: pathlib.Path, profile: Profile, size: int) -> None:
    """Writes a database of about a size, and a log of a tenth of it."""
    connection = connect(path, profile)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b BLOB)")
    row = profile.page_size // 4
    connection.execute("BEGIN")
    connection.executemany(
        "INSERT INTO t (b) VALUES (?)",
        ((os.urandom(row - 20),) for _ in range(size // row)),
    )
    connection.execute("COMMIT")
    connection.close()


def write_log(path: pathlib.Path, profile: Profile) -> bytes:
    """Changes some rows and takes the log before it is written back."""
    connection = connect(path, profile)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    connection.execute("UPDATE t SET b = randomblob(length(b)) WHERE a < 8000")
    log = pathlib.Path(f"{path}-wal").read_bytes()
    connection.close()
    return log


def write_by_hand(path: pathlib.Path, profile: Profile, size: int) -> None:
    """Encrypts random pages."""
    keys = derive_keys(DatabaseKey(KEY), SALT, profile)
    body = profile.page_size - profile.reserved
    with path.open("wb") as file:
        for number in range(1, size // profile.page_size + 1):
            iv = os.urandom(16)
            page = AES.new(keys.page_key, AES.MODE_CBC, iv).encrypt(os.urandom(body))
            covered = page + iv
            if number == 1:
                page = SALT + page[16:]
                covered = page[16:] + iv
            digest = hmac.digest(
                keys.hmac_key,
                covered + number.to_bytes(4, "little"),
                profile.hash_name,
            )
            file.write((page + iv + digest).ljust(profile.page_size, b"\0"))


def median(function: Callable[[], None]) -> float:
    """Median of the seconds that a function takes."""
    seconds = []
    for _ in range(ROUNDS):
        start = time.process_time()
        function()
        seconds.append(time.process_time() - start)
    return statistics.median(seconds)


def read_ours(path: pathlib.Path) -> None:
    """Decrypts all of a database, as plaso copies it."""
    with path.open("rb") as file:

        def read(offset: int, size: int) -> bytes:
            file.seek(offset)
            return file.read(size)

        size = path.stat().st_size
        database = open_database(Files(read, size)).database
        if database is None:
            raise SystemExit("the database cannot be opened")
        for offset in range(0, size, 65536):
            database.read_at(offset, 65536)
        if database.problems:
            raise SystemExit(f"damaged pages: {database.problems[:3]}")


def verify_ours(path: pathlib.Path) -> None:
    """Verifies all pages of a database."""
    data = path.read_bytes()

    def read(offset: int, size: int) -> bytes:
        return data[offset : offset + size]

    files = Files(read, len(data))
    database = open_database(files).database
    if database is None or database.verify():
        raise SystemExit("the database is damaged")


def read_library(path: pathlib.Path, profile: Profile) -> None:
    """Lets the library decrypt all of a database: a scan of the only table."""
    connection = connect(path, profile)
    connection.execute("SELECT sum(length(b)), max(b) FROM t").fetchall()
    connection.close()


def measure(folder: pathlib.Path, profile: Profile, megabytes: int) -> None:
    """Prints the figures of a profile."""
    path = folder / f"database{profile.version}"
    if library() is None:
        write_by_hand(path, profile, megabytes * 1_000_000)
    else:
        write_with_library(path, profile, megabytes * 1_000_000)
    size = path.stat().st_size / 1e6
    ours = median(lambda: read_ours(path))
    print(
        f"SQLCipher {profile.version}, pages of {profile.page_size}, {size:.0f} MB: "
        f"{size / ours:.0f} MB/s, verification alone "
        f"{size / median(lambda: verify_ours(path)):.0f} MB/s"
    )
    name = f"SQLCipher {profile.version}"
    results.record(f"{name}: speed", size / ours, 80, "MB/s")
    if library() is None:
        return
    theirs = median(lambda: read_library(path, profile))
    print(
        f"  the library: {size / theirs:.0f} MB/s; we take {ours / theirs:.2f} times "
        "as long"
    )
    results.record(f"{name}: speed by that of its library", theirs / ours, 0.5)
    log = write_log(path, profile)

    def read(offset: int, size: int) -> bytes:
        return log[offset : offset + size]

    files = Files(lambda offset, size: b"", 0, read, len(log))
    wal = open_database(files).wal
    if wal is None:
        raise SystemExit("the log cannot be opened")
    start = time.process_time()
    plain = wal.read_at(0, wal.size)
    seconds = time.process_time() - start
    start = time.process_time()
    same = list(WalFile(read, len(log)).frames()) == list(
        WalFile(lambda offset, size: plain[offset : offset + size], len(plain)).frames()
    )
    checked = (time.process_time() - start) / 2
    print(
        f"  a log of {len(log) / 1e6:.0f} MB, two checksums a frame: "
        f"{len(log) / seconds / 1e6:.0f} MB/s (checking one alone: "
        f"{len(log) / checked / 1e6:.0f} MB/s; frames alike: {same})"
    )


def main() -> None:
    """Prints the figures."""
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    with tempfile.TemporaryDirectory() as name:
        for profile in PROFILES:
            measure(pathlib.Path(name), profile, megabytes)
    start = time.process_time()
    hashlib.pbkdf2_hmac("sha512", b"x", SALT, PROFILES[0].iterations)
    print(f"a passphrase takes {time.process_time() - start:.2f} s (hashlib's PBKDF2)")


if __name__ == "__main__":
    main()
