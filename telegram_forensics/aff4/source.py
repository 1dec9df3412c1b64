"""Where bytes come from: anything that is seekable."""

from __future__ import annotations

import io
import os
from typing import Any, Protocol

from telegram_forensics.aff4.errors import Aff4Error


class ByteSource(Protocol):
    """Random access to a fixed number of bytes."""

    @property
    def size(self) -> int:
        """Number of bytes."""

    @property
    def name(self) -> str:
        """Name for messages."""

    def read_at(self, offset: int, size: int) -> bytes:
        """Reads exactly `size` bytes.

        Raises:
            Aff4Error: if the range is not there or cannot be read.
        """


class BaseSource:
    """Name and size of a source, and the check of a range."""

    def __init__(self, size: int, name: str) -> None:
        self._size = size
        self._name = name

    @property
    def size(self) -> int:
        """See `ByteSource`."""
        return self._size

    @property
    def name(self) -> str:
        """See `ByteSource`."""
        return self._name

    def _check(self, offset: int, size: int) -> None:
        if offset < 0 or size < 0 or offset + size > self._size:
            raise Aff4Error(
                self._name, offset, f"{size} bytes wanted, there are {self._size}"
            )


class FileSource(BaseSource):
    """A seekable file object: of Python, or of dfVFS."""

    def __init__(self, file_object: Any, name: str) -> None:
        if hasattr(file_object, "get_size"):
            size = int(file_object.get_size())
        else:
            size = int(file_object.seek(0, io.SEEK_END))
        super().__init__(size, name)
        self._file_object = file_object

    def read_at(self, offset: int, size: int) -> bytes:
        """See `ByteSource`."""
        if offset < 0 or size < 0 or offset + size > self._size:
            raise Aff4Error(
                self._name,
                offset,
                f"{size} bytes wanted, the file has {self._size} in all",
            )
        try:
            self._file_object.seek(offset, os.SEEK_SET)
            data: bytes = self._file_object.read(size)
        except OSError as exception:
            raise Aff4Error(self._name, offset, str(exception)) from exception
        if len(data) != size:
            raise Aff4Error(
                self._name, offset, f"{size} bytes wanted, {len(data)} were read"
            )
        return data


class SliceSource(BaseSource):
    """A range of another source."""

    def __init__(self, source: ByteSource, offset: int, size: int, name: str) -> None:
        super().__init__(size, name)
        self._source = source
        self._offset = offset

    def read_at(self, offset: int, size: int) -> bytes:
        """See `ByteSource`."""
        self._check(offset, size)
        return self._source.read_at(self._offset + offset, size)
