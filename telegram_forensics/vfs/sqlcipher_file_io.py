"""File input/output (IO) object of the SQLCIPHER file system."""

from typing import Any

from dfvfs.lib import errors
from dfvfs.resolver import resolver

from telegram_forensics.vfs import stream_file_io


class SQLCIPHERFile(stream_file_io.FileSystemFile):
    """Decrypted file of a SQLCipher database."""

    def _Open(self) -> None:
        """Opens the file input/output (IO) object defined by path specification.

        Raises:
          BackEndError: if the database cannot be read.
          PathSpecError: if the path specification is incorrect.
        """
        self._file_system = resolver.Resolver.OpenFileSystem(
            self._path_spec, resolver_context=self._resolver_context
        )
        file_entry = self._file_system.GetFileEntryByPathSpec(self._path_spec)
        if file_entry is None or not file_entry.IsFile():
            raise errors.PathSpecError("No such file of the SQLCipher database.")

        self._SetStream(self._file_system.OpenContent(self._path_spec.location))

    @property
    def problems(self) -> Any:
        """list[tuple[int, str]]: offset and reason of what could not be read so far."""
        return self._stream.problems if self._stream is not None else []
