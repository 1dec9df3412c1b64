"""Shared file input/output (IO) object over a stream with `size` and `read_at`."""

import os
from typing import Any

from dfvfs.file_io import file_io


class StreamFile(file_io.FileIO):
    """File input/output (IO) object over a stream."""

    def __init__(self, resolver_context: Any, path_spec: Any) -> None:
        """Initializes a file input/output (IO) object.

        Args:
          resolver_context (Context): resolver context.
          path_spec (PathSpec): a path specification.
        """
        super().__init__(resolver_context, path_spec)
        self._closed_reason = "Not opened."
        self._current_offset = 0
        self._size = 0
        self._stream: Any = None

    def _Close(self) -> None:
        """Closes the file input/output (IO) object."""
        self._stream = None

    def _SetStream(self, stream: Any) -> None:
        """Sets the stream.

        Args:
          stream (Stream): stream.
        """
        self._current_offset = 0
        self._size = stream.size
        self._stream = stream

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
          OSError: if the range cannot be read.
        """
        if self._stream is None:
            raise OSError(self._closed_reason)

        if self._current_offset < 0:
            raise OSError(f"Invalid offset: {self._current_offset:d} less than zero.")

        remaining = self._size - self._current_offset
        if size is None or size < 0 or size > remaining:
            size = remaining
        if size <= 0:
            return b""

        data = self._stream.read_at(self._current_offset, size)
        self._current_offset += size
        return data

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> None:
        """Seeks to an offset.

        Args:
          offset (int): offset to seek.
          whence (Optional[int]): what the offset is relative to.

        Raises:
          OSError: if the file is not open or the offset is invalid.
        """
        if self._stream is None:
            raise OSError(self._closed_reason)

        if whence == os.SEEK_CUR:
            offset += self._current_offset
        elif whence == os.SEEK_END:
            offset += self._size
        elif whence != os.SEEK_SET:
            raise OSError("Unsupported whence.")
        if offset < 0:
            raise OSError("Invalid offset value less than zero.")

        self._current_offset = offset

    def get_offset(self) -> int:
        """Retrieves the current offset.

        Returns:
          int: current offset.

        Raises:
          OSError: if the file is not open.
        """
        if self._stream is None:
            raise OSError(self._closed_reason)

        return self._current_offset

    def get_size(self) -> int:
        """Retrieves the size.

        Returns:
          int: size.

        Raises:
          OSError: if the file is not open.
        """
        if self._stream is None:
            raise OSError(self._closed_reason)

        return self._size


class FileSystemFile(StreamFile):
    """File input/output (IO) object of a file in a file system, which it holds open."""

    def __init__(self, resolver_context: Any, path_spec: Any) -> None:
        """Initializes a file input/output (IO) object.

        Args:
          resolver_context (Context): resolver context.
          path_spec (PathSpec): a path specification.
        """
        super().__init__(resolver_context, path_spec)
        self._file_system: Any = None

    def _Close(self) -> None:
        """Closes the file input/output (IO) object."""
        super()._Close()
        self._file_system = None
