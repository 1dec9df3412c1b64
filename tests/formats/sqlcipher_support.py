"""Opens encrypted databases in memory."""

from __future__ import annotations

from telegram_forensics.formats import sqlcipher_database
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.sqlcipher_detection import Files, find_cipher
from telegram_forensics.formats.sqlcipher_keys import DatabaseKey, is_plaintext
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


def open_database(
    key: DatabaseKey, files: Files
) -> sqlcipher_database.SqlcipherDatabase:
    """Opens a database.

    Raises:
        FormatError: if it is not encrypted, or the key does not open it.
    """
    cipher = find_cipher(key, files)
    if cipher is None:
        if is_plaintext(files.head()):
            raise FormatError(0, "the database is not encrypted")
        raise FormatError(0, "the key opens no page of the database")
    return sqlcipher_database.decrypt_files(cipher, files)


def open_files(
    files: sqlite_files.Files, key: DatabaseKey
) -> sqlcipher_database.SqlcipherDatabase:
    """Opens a database and its log."""
    return open_database(key, files_of(files.database, files.wal))


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
