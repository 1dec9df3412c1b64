"""Folders as the Telegram Desktop reader sees them.

The reader itself knows no file system: it lists and reads through `Folder`. dfVFS has
its implementation in `telegram_forensics.vfs.folder`; `LocalFolder` serves tests and
everybody who uses the library on a plain folder.
"""

from __future__ import annotations

import os
import pathlib
from dataclasses import dataclass
from typing import Final, Protocol

from telegram_forensics.formats.errors import FormatError

# The client itself writes nothing near this into a TDF$ file.
MAXIMUM_FILE_SIZE: Final = 64 * 1024 * 1024
# Where a name repeats itself for ever (damaged directory), stop and say so.
MAXIMUM_ENTRIES: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class FolderEntry:
    """One entry of a folder.

    Attributes:
        name: file name.
        is_folder: True for a sub folder.
        size: bytes, 0 where unknown.
        modified: modification time in microseconds since 1970-01-01 UTC, None where
            the file system keeps none.
    """

    name: str
    is_folder: bool
    size: int
    modified: int | None


class Folder(Protocol):
    """A folder of the evidence, read-only."""

    def entries(self) -> dict[str, FolderEntry]:
        """Lists the folder: name -> entry.

        Raises:
            OSError: if it cannot be read.
        """

    def read(self, name: str, maximum: int = MAXIMUM_FILE_SIZE) -> bytes:
        """Reads a file of this folder.

        Raises:
            FormatError: if it is larger than `maximum`.
            OSError: if it cannot be read.
        """

    def folder(self, name: str) -> Folder | None:
        """Opens a sub folder, None if there is none of this name."""


class LocalFolder:
    """A folder of the running system."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = pathlib.Path(path)

    def entries(self) -> dict[str, FolderEntry]:
        """See `Folder`."""
        entries = {}
        with os.scandir(self._path) as listing:
            for item in listing:
                status = item.stat(follow_symlinks=False)
                entries[item.name] = FolderEntry(
                    item.name,
                    item.is_dir(follow_symlinks=False),
                    status.st_size,
                    status.st_mtime_ns // 1000,
                )
        return entries

    def read(self, name: str, maximum: int = MAXIMUM_FILE_SIZE) -> bytes:
        """See `Folder`."""
        with open(self._path / name, "rb") as file_object:
            data = file_object.read(maximum + 1)
        if len(data) > maximum:
            raise FormatError(maximum, f"larger than {maximum} bytes, not read")
        return data

    def folder(self, name: str) -> LocalFolder | None:
        """See `Folder`."""
        path = self._path / name
        return LocalFolder(path) if path.is_dir() else None
