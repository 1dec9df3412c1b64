"""File input/output (IO) object of the SQLCIPHER file system."""

from dfvfs.lib import errors
from dfvfs.resolver import resolver

from telegram_forensics.vfs import stream_file_io


class SQLCIPHERFile(stream_file_io.StreamFile):
    """Decrypted file of a SQLCipher database."""

    def __init__(self, resolver_context, path_spec):
        """Initializes a file input/output (IO) object.

        Args:
          resolver_context (Context): resolver context.
          path_spec (PathSpec): a path specification.
        """
        super().__init__(resolver_context, path_spec)
        self._file_system = None

    def _Close(self):
        """Closes the file input/output (IO) object."""
        super()._Close()
        self._file_system = None

    def _Open(self):
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
    def problems(self):
        """list[tuple[int, str]]: offset and reason of what could not be read so far."""
        return self._stream.problems if self._stream is not None else []
