"""Where the keys of encrypted databases come from.

A path specification names the source and the number of the candidate, never the key:
every process derives it again. A source is a function that yields what may fit; the
HMAC of the database decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from telegram_forensics.formats import apple_tempkey
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.sqlcipher_keys import (
    KEY_SIZE,
    SALT_SIZE,
    DatabaseKey,
    parse_key,
)
from telegram_forensics.vfs import passcodes
from telegram_forensics.vfs.folder import DfvfsFolder, open_parent_folder

TEMPKEY: Final = "tempkey"
KEY_CHAIN: Final = "key_chain"
TDLIB_BINLOG: Final = "tdlib_binlog"
IOS_LEGACY: Final = "ios_legacy"
_LEGACY_NAME: Final = "tgdata.db.y"
# <prefix>/account-N/postbox/db/db_sqlite lies four levels below the key file; files
# that somebody collected may lie beside one another.
_TEMPKEY_LEVELS: Final = (4, 1, 2, 3)
_RAW_SIZES: Final = (KEY_SIZE, KEY_SIZE + SALT_SIZE)


class KeyNotFoundError(Exception):
    """A key source knows why it has no key that fits."""


class FoundKey(NamedTuple):
    """A key that may fit.

    Attributes:
        key: the key.
        candidate: number of the candidate, in the numbering of the source; 0 if it has
            only one.
    """

    key: DatabaseKey
    candidate: int


@dataclass(frozen=True, slots=True)
class KeyRequest:
    """A database whose key is wanted.

    Attributes:
        file_system: dfVFS file system that the encrypted database lies in.
        path_spec: dfVFS path specification of the encrypted database.
        resolver_context: dfVFS resolver context.
        candidate: number of the candidate that fitted in another process, None if not
            known.
        passwords: passwords of the key chain.
        key_data: keys of the key chain.
    """

    file_system: Any
    path_spec: Any
    resolver_context: Any
    candidate: int | None = None
    passwords: tuple[bytes, ...] = field(default=(), repr=False)
    key_data: tuple[bytes | str, ...] = field(default=(), repr=False)

    def folder(self, levels: int = 1) -> DfvfsFolder | None:
        """A folder above the database, None if there is none.

        Args:
            levels: 1 for the folder that the database lies in.

        Raises:
            OSError: if it cannot be opened.
        """
        return open_parent_folder(self.path_spec, self.resolver_context, levels)

    def candidates(self) -> tuple[bytes, ...]:
        """Passwords to try: of the run's passcode file, then of the key chain.

        The first one is empty. The numbers stay valid in every process of the run.

        Raises:
            FormatError: if the passcode file is damaged.
            OSError: if the passcode file cannot be read.
        """
        given = passcodes.given_passcodes().values
        others = [value for value in self.passwords if value not in given]
        return (*given, *others)


KeySource = Callable[[KeyRequest], Iterator[FoundKey]]
"""Yields keys that may fit.

What prevents it from finding one (KeyNotFoundError, FormatError, OSError) is told to
the examiner if no other source has the key.
"""


def find_tempkeys(request: KeyRequest) -> Iterator[FoundKey]:
    """Keys of Telegram for iOS and native Telegram for macOS.

    Raises:
        KeyNotFoundError: if there is no key file that can be used.
    """
    reasons = []
    for level in _TEMPKEY_LEVELS:
        for name in (apple_tempkey.ENCRYPTED_NAME, apple_tempkey.CLEAR_NAME):
            try:
                folder = request.folder(level)
                if folder is None or name not in folder.file_entries():
                    continue
                yield from _read_tempkey(request, folder, name)
            except (FormatError, KeyNotFoundError, OSError) as exception:
                reasons.append(f"{name}: {exception}")
    if reasons:
        raise KeyNotFoundError("; ".join(dict.fromkeys(reasons)))
    raise KeyNotFoundError(f"no {apple_tempkey.ENCRYPTED_NAME} in the folders above")


def _read_tempkey(
    request: KeyRequest, folder: DfvfsFolder, name: str
) -> Iterator[FoundKey]:
    data = folder.read(name)
    if name == apple_tempkey.CLEAR_NAME:
        yield FoundKey(apple_tempkey.read_tempkey(data), 0)
        return
    candidates = request.candidates()
    is_open = False
    for found in apple_tempkey.find_passwords(data, candidates, request.candidate):
        is_open = True
        yield FoundKey(*found)
    if not is_open:
        number = len(candidates) - 1
        raise KeyNotFoundError(
            f"a local passcode is set, none of {number} that were given opens it"
            if number
            else "a local passcode is set, and none was given"
        )


def find_in_key_chain(request: KeyRequest) -> Iterator[FoundKey]:
    """Keys and passphrases that a program gave to dfVFS's key chain."""
    number = 0
    for value in request.key_data:
        yield FoundKey(_read_key_data(value), number)
        number += 1
    for password in request.passwords:
        yield FoundKey(DatabaseKey(password, is_passphrase=True), number)
        number += 1


def _read_key_data(value: bytes | str) -> DatabaseKey:
    if isinstance(value, bytes):
        if len(value) in _RAW_SIZES:
            return DatabaseKey(value[:KEY_SIZE], value[KEY_SIZE:] or None)
        value = value.decode("utf-8", "replace")
    is_bare = len(value) in [2 * size for size in _RAW_SIZES]
    return parse_key(f"x'{value}'" if is_bare else value)


def find_legacy_keys(request: KeyRequest) -> Iterator[FoundKey]:
    """Keys of Telegram for iOS before 5.0: the passcode in hexadecimal digits.

    UNCONFIRMED: no file of a real telephone was at hand.

    Raises:
        KeyNotFoundError: if the database has another name, or nothing was given.
    """
    location = getattr(request.path_spec, "location", None) or ""
    if not location.endswith(_LEGACY_NAME):
        # The derivation is slow: other databases are spared it.
        raise KeyNotFoundError(f"not called {_LEGACY_NAME}")
    for number, candidate in enumerate(request.candidates()):
        if candidate and request.candidate in (None, number):
            digits = candidate.hex().encode("ascii")
            yield FoundKey(DatabaseKey(digits, is_passphrase=True), number)


def _find_binlog_keys(request: KeyRequest) -> Iterator[FoundKey]:
    # It needs what stands above: imported when it is asked.
    from telegram_forensics.vfs import sqlcipher_binlog_key

    yield from sqlcipher_binlog_key.find_binlog_keys(request)


KEY_SOURCES: Final[dict[str, KeySource]] = {
    KEY_CHAIN: find_in_key_chain,
    TEMPKEY: find_tempkeys,
    TDLIB_BINLOG: _find_binlog_keys,
    IOS_LEGACY: find_legacy_keys,
}
"""Key sources by the name that path specifications carry, in the order of trial."""
