"""File input/output (IO) object of files in logical AFF4 images."""

from dfvfs.lib import errors
from dfvfs.resolver import resolver

from telegram_forensics.vfs import stream_file_io


class AFF4LFile(stream_file_io.FileSystemFile):
    """File input/output (IO) object of a file in a logical AFF4 image."""

    def _Open(self) -> None:
        """Opens the file input/output (IO) object defined by path specification.

        Raises:
          OSError: if the file cannot be opened.
          PathSpecError: if the path specification is incorrect.
        """
        self._file_system = resolver.Resolver.OpenFileSystem(
            self._path_spec, resolver_context=self._resolver_context
        )
        stream = self._file_system.OpenStream(self._path_spec)
        if stream is None:
            raise errors.PathSpecError("No such file in the logical image.")

        self._SetStream(stream)
