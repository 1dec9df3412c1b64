"""File input/output (IO) object of the TDATA file system."""

import os
from typing import Any

from dfvfs.file_io import file_io
from dfvfs.lib import errors
from dfvfs.resolver import resolver


class TDATAFile(file_io.FileIO):
    """Decrypted file of a Telegram Desktop storage.

    The encrypted files are small and authenticated as a whole, so they are held in
    memory: not one byte may be given out before all of it has been verified. Files
    joined from slices are not: they can be larger than the memory.
    """

    def __init__(self, resolver_context: Any, path_spec: Any) -> None:
        """Initializes a file input/output (IO) object.

        Args:
          resolver_context (Context): resolver context.
          path_spec (PathSpec): a path specification.
        """
        super().__init__(resolver_context, path_spec)
        self._file_system: Any = None
        self._stream: Any = None
        self._size = 0

    def _Close(self) -> None:
        """Closes the file input/output (IO) object."""
        self._file_system = None
        self._stream = None

    def _Open(self) -> None:
        """Opens the file input/output (IO) object defined by path specification.

        Raises:
          OSError: if the file cannot be opened.
          PathSpecError: if the path specification is incorrect.
        """
        self._file_system = resolver.Resolver.OpenFileSystem(
            self._path_spec, resolver_context=self._resolver_context
        )
        file_entry = self._file_system.GetFileEntryByPathSpec(self._path_spec)
        if file_entry is None or not file_entry.IsFile():
            raise errors.PathSpecError("No such file in the Telegram storage.")

        self._stream, self._size = file_entry.OpenContent()

    # Note: that the following functions do not follow the style guide because they are
    # part of the file-like object interface.

    def read(self, size: int | None = None) -> bytes:
        """Reads a byte string at the current offset.

        Args:
          size (Optional[int]): number of bytes to read, where None is all remaining
              data.

        Returns:
          bytes: data read.

        Raises:
          OSError: if the file is not open.
        """
        if not self._stream:
            raise OSError("Not opened.")

        return self._stream.read(-1 if size is None else size)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> None:
        """Seeks to an offset.

        Args:
          offset (int): offset to seek.
          whence (Optional[int]): what the offset is relative to.

        Raises:
          OSError: if the file is not open or the offset is invalid.
        """
        if not self._stream:
            raise OSError("Not opened.")

        try:
            self._stream.seek(offset, whence)
        except ValueError as exception:
            raise OSError(str(exception))

    def get_offset(self) -> int:
        """Retrieves the current offset.

        Returns:
          int: current offset.

        Raises:
          OSError: if the file is not open.
        """
        if not self._stream:
            raise OSError("Not opened.")

        return self._stream.tell()

    def get_size(self) -> int:
        """Retrieves the size of the file.

        Returns:
          int: size.

        Raises:
          OSError: if the file is not open.
        """
        if not self._stream:
            raise OSError("Not opened.")

        return self._size
