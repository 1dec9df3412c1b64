"""Opens a SQLCipher database of the evidence, with the log beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, NamedTuple

from dfvfs.lib import errors as dfvfs_errors
from dfvfs.path import factory
from dfvfs.resolver import resolver

from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.sqlcipher_database import (
    DecryptedFile,
    SqlcipherDatabase,
    decrypt_files,
)
from telegram_forensics.formats.sqlcipher_detection import Files, find_cipher
from telegram_forensics.formats.sqlcipher_keys import is_plaintext
from telegram_forensics.formats.sqlcipher_pages import PageCipher
from telegram_forensics.formats.sqlite_pages import ReadAt
from telegram_forensics.vfs import folder as vfs_folder
from telegram_forensics.vfs import type_indicators
from telegram_forensics.vfs.sqlcipher_key_sources import (
    KEY_SOURCES,
    KeyNotFoundError,
    KeyRequest,
)

DATABASE: Final = "/db_sqlite"
WAL: Final = "/db_sqlite-wal"
_WAL_SUFFIX: Final = "-wal"


class Damage(NamedTuple):
    """Something in an encrypted file that could not be read.

    Attributes:
        location: location of the decrypted file.
        offset: offset in it, which is that in the encrypted file.
        reason: what is wrong.
    """

    location: str
    offset: int
    reason: str


class Mount:
    """A database, its log, and how they are decrypted.

    Attributes:
        identifier: where the key comes from, None if it was not found.
        reasons: what prevented the key sources from finding a key.
    """

    def __init__(
        self,
        path_spec: Any,
        resolver_context: Any,
        identifier: str | None = None,
        key_chain_path_specs: Iterable[Any] = (),
    ) -> None:
        """Looks for the key.

        Args:
            path_spec: dfVFS path specification of the encrypted database, or of its
                log if the database is gone.
            resolver_context: dfVFS resolver context.
            identifier: where the key came from in another process.
            key_chain_path_specs: further path specifications that credentials in the
                key chain may stand under.

        Raises:
            FormatError: if the database is not encrypted or empty.
            OSError: if it cannot be read.
        """
        self._path_spec = path_spec
        self._resolver_context = resolver_context
        self._key_chain_path_specs = list(key_chain_path_specs)
        self.identifier: str | None = None
        self.reasons: list[str] = []
        # Kept open: the resolver has only weak references.
        self._file_system: Any = None
        self._sources: dict[str, Any] = {}
        self._cipher: PageCipher | None = None
        try:
            self._find_sources()
            self._cipher = self._find_cipher(identifier)
        except dfvfs_errors.Error as exception:
            raise OSError(str(exception)) from exception
        self._sizes: dict[str, int] = {}
        if self._cipher is not None:
            opened = self._decrypt(self._cipher)
            for location, file in ((DATABASE, opened.database), (WAL, opened.wal)):
                if file is not None:
                    self._sizes[location] = file.size

    @property
    def is_locked(self) -> bool:
        """True if no key fits."""
        return self._cipher is None

    @property
    def cipher(self) -> PageCipher | None:
        """How the database is encrypted, None if it is locked."""
        return self._cipher

    @property
    def locations(self) -> tuple[str, ...]:
        """Locations of the decrypted files, none if the database is locked."""
        return tuple(self._sizes)

    def size(self, location: str) -> int:
        """Bytes of a decrypted file."""
        return self._sizes[location]

    def source(self, location: str) -> Any:
        """The dfVFS file entry of the encrypted file, None if there is none."""
        return self._sources.get(location)

    def path_spec(self, location: str) -> Any:
        """The dfVFS path specification of a decrypted file."""
        return factory.Factory.NewPathSpec(
            type_indicators.TYPE_INDICATOR_SQLCIPHER,
            identifier=self.identifier,
            location=location,
            parent=self._path_spec,
        )

    def open(self, location: str) -> DecryptedFile:
        """Opens a decrypted file.

        Raises:
            OSError: if it cannot be opened.
        """
        file = None
        if self._cipher is not None:
            try:
                opened = self._decrypt(self._cipher)
            except dfvfs_errors.Error as exception:
                raise OSError(str(exception)) from exception
            file = {DATABASE: opened.database, WAL: opened.wal}.get(location)
        if file is None:
            raise FileNotFoundError(location)
        return file

    def verify(self, progress: Callable[[], None] | None = None) -> Iterator[Damage]:
        """Verifies all pages of all files.

        Args:
            progress: called again and again.

        Yields:
            What cannot be read. Of each file, the first 500 are named.

        Raises:
            OSError: if the files cannot be read.
        """
        for location in self._sizes:
            problems = self.open(location).verify(progress)
            for offset, reason in problems:
                yield Damage(location, offset, reason)
            if problems.total > len(problems):
                rest = problems.total - len(problems)
                yield Damage(location, problems[-1][0], f"{rest} more behind it")

    def _find_sources(self) -> None:
        self._file_system = resolver.Resolver.OpenFileSystem(
            self._path_spec, resolver_context=self._resolver_context
        )
        location = getattr(self._path_spec, "location", None) or ""
        own = self._file_system.GetFileEntryByPathSpec(self._path_spec)
        if own is None:
            raise FileNotFoundError(location)
        self._sources[DATABASE] = own
        if location.endswith(_WAL_SUFFIX):
            main = self._open_file(location[: -len(_WAL_SUFFIX)])
            self._sources = {WAL: own} if main is None else {DATABASE: main, WAL: own}
        elif location:
            wal = self._open_file(location + _WAL_SUFFIX)
            if wal is not None:
                self._sources[WAL] = wal

    def _open_file(self, location: str) -> Any:
        properties = {"location": location}
        if self._path_spec.HasParent():
            properties["parent"] = self._path_spec.parent
        file_entry = self._file_system.GetFileEntryByPathSpec(
            factory.Factory.NewPathSpec(self._path_spec.type_indicator, **properties)
        )
        if file_entry is None or not file_entry.IsFile():
            return None
        return file_entry if file_entry.IsAllocated() else None

    def _files(self) -> Files:
        read, size = _reader(self._sources.get(DATABASE))
        wal_read, wal_size = _reader(self._sources.get(WAL))
        return Files(read, size, wal_read, wal_size)

    def _decrypt(self, cipher: PageCipher) -> SqlcipherDatabase:
        # Each with file objects of its own: several may be open at a time.
        return decrypt_files(cipher, self._files())

    def _find_cipher(self, identifier: str | None) -> PageCipher | None:
        files = self._files()
        if not files.size and not files.wal_size:
            raise FormatError(0, "the database is empty")
        source_name, candidate = parse_identifier(identifier)
        names = sorted(KEY_SOURCES, key=lambda name: name != source_name)
        for name in names:
            request = self._make_request(candidate if name == source_name else None)
            try:
                for found in KEY_SOURCES[name](request):
                    cipher = find_cipher(found.key, files)
                    if cipher is not None:
                        self.identifier = f"{name}:{found.candidate}"
                        return cipher
                    self.reasons.append(f"{name}: key {found.candidate} does not fit")
            except (
                FormatError,
                KeyNotFoundError,
                OSError,
                dfvfs_errors.Error,
            ) as exception:
                self.reasons.append(f"{name}: {exception}")
        # Only now: a clear header can be as long as the whole header of SQLite.
        if is_plaintext(files.head()):
            raise FormatError(0, "the database is not encrypted")
        return None

    def _make_request(self, candidate: int | None) -> KeyRequest:
        passwords: list[bytes] = []
        key_data: list[bytes | str] = []
        key_chain = resolver.Resolver.key_chain
        for path_spec in (self.path_spec("/"), *self._key_chain_path_specs):
            password = key_chain.GetCredential(path_spec, "password")
            if isinstance(password, str):
                password = password.encode("utf-8")
            if password is not None and password not in passwords:
                passwords.append(password)
            key = key_chain.GetCredential(path_spec, "key_data")
            if key is not None and key not in key_data:
                key_data.append(key)
        return KeyRequest(
            self._file_system,
            self._path_spec,
            self._resolver_context,
            candidate,
            tuple(passwords),
            tuple(key_data),
        )


def parse_identifier(identifier: str | None) -> tuple[str | None, int | None]:
    """Splits an identifier into key source and number of the candidate.

    What is not one is ignored: it only spares trials.
    """
    name, colon, number = str(identifier or "").rpartition(":")
    if not colon or name not in KEY_SOURCES:
        return None, None
    is_number = number.isascii() and number.isdigit() and len(number) < 10
    return name, int(number) if is_number else None


def _reader(file_entry: Any) -> tuple[ReadAt, int]:
    """A function that reads a file, and the size of it; both for nothing at all."""
    size = file_entry.size or 0 if file_entry is not None else 0
    if not size:
        return (lambda offset, size: b""), 0
    file_object = file_entry.GetFileObject()
    if file_object is None:
        return (lambda offset, size: b""), 0

    return vfs_folder.reader_of(file_object), size
