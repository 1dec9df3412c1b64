"""Credentials of a SQLCipher database."""

from dfvfs.credentials import credentials

from telegram_forensics.vfs import type_indicators


class SQLCIPHERCredentials(credentials.Credentials):
    """SQLCIPHER credentials.

    They are the key (32 bytes, or 48 with the salt; or hexadecimal digits), or a
    password: a passphrase of the database, or what its key source asks for.
    """

    CREDENTIALS = frozenset(["key_data", "password"])

    TYPE_INDICATOR = type_indicators.TYPE_INDICATOR_SQLCIPHER
