"""Opens encrypted databases in memory."""

from __future__ import annotations

from telegram_forensics.formats import sqlcipher_database
from telegram_forensics.formats.sqlcipher_detection import Files
from telegram_forensics.formats.sqlcipher_keys import DatabaseKey
from tests.builders import sqlcipher, sqlite_files


def key_of(parameters: sqlcipher.Parameters) -> DatabaseKey:
    """The key as a client knows it: the salt only if it is not in the file."""
    salt = parameters.salt if parameters.clear_header else None
    return DatabaseKey(parameters.key, salt)


def files_of(database: bytes, wal: bytes | None = None) -> Files:
    """Files in memory."""
    return Files(
        sqlite_files.reader(database),
        len(database),
        None if wal is None else sqlite_files.reader(wal),
        len(wal or b""),
    )


def open_files(
    files: sqlite_files.Files, key: DatabaseKey
) -> sqlcipher_database.SqlcipherDatabase:
    """Opens a database and its log."""
    return sqlcipher_database.open_database(key, files_of(files.database, files.wal))


def read_all(opened: sqlcipher_database.SqlcipherDatabase) -> sqlite_files.Files:
    """Decrypts everything."""
    database, wal = opened.database, opened.wal
    return sqlite_files.Files(
        b"" if database is None else database.read_at(0, database.size + 1),
        None if wal is None else wal.read_at(0, wal.size + 1),
        None,
    )


def decrypt(files: sqlite_files.Files, key: DatabaseKey) -> sqlite_files.Files:
    """Decrypts files."""
    return read_all(open_files(files, key))
