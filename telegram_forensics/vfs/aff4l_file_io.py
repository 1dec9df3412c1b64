"""File input/output (IO) object of files in logical AFF4 images."""

from dfvfs.lib import errors
from dfvfs.resolver import resolver

from telegram_forensics.vfs import stream_file_io


class AFF4LFile(stream_file_io.StreamFile):
    """File input/output (IO) object of a file in a logical AFF4 image."""

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
