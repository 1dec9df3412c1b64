"""Folders of the evidence, opened through dfVFS, for the pure readers in `formats`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dfvfs.lib import errors as dfvfs_errors
from dfvfs.path import factory
from dfvfs.resolver import resolver

from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.tdesktop_folder import (
    MAXIMUM_ENTRIES,
    MAXIMUM_FILE_SIZE,
    FolderEntry,
)


class DfvfsFolder:
    """A folder in any file system that dfVFS opens (see `formats...Folder`).

    Attributes:
        file_entry: dfVFS file entry of the folder.
    """

    def __init__(self, file_entry: Any) -> None:
        self.file_entry = file_entry
        self._file_entries: dict[str, Any] | None = None

    def file_entries(self) -> dict[str, Any]:
        """dfVFS file entries of this folder by name, only allocated ones.

        Raises:
            OSError: if the folder cannot be listed.
        """
        if self._file_entries is None:
            found: dict[str, Any] = {}
            try:
                for file_entry in self.file_entry.sub_file_entries:
                    if len(found) >= MAXIMUM_ENTRIES:
                        raise OSError(f"more than {MAXIMUM_ENTRIES} entries")
                    if file_entry.IsAllocated():
                        found.setdefault(file_entry.name, file_entry)
            except dfvfs_errors.Error as exception:
                raise OSError(str(exception)) from exception
            self._file_entries = found
        return self._file_entries

    def entries(self) -> dict[str, FolderEntry]:
        """See `Folder`."""
        return {
            name: FolderEntry(
                name,
                bool(file_entry.IsDirectory()),
                file_entry.size or 0,
                modification_time(file_entry),
            )
            for name, file_entry in self.file_entries().items()
        }

    def read(self, name: str, maximum: int = MAXIMUM_FILE_SIZE) -> bytes:
        """See `Folder`."""
        file_entry = self.file_entries().get(name)
        if file_entry is None:
            raise FileNotFoundError(name)
        if (file_entry.size or 0) > maximum:
            raise FormatError(maximum, f"larger than {maximum} bytes, not read")
        try:
            file_object = file_entry.GetFileObject()
            if file_object is None:
                raise OSError(f"{name} has no data")
            file_object.seek(0)
            data: bytes = file_object.read(maximum + 1) if file_entry.size else b""
        except dfvfs_errors.Error as exception:
            raise OSError(str(exception)) from exception
        if len(data) > maximum:
            raise FormatError(maximum, f"larger than {maximum} bytes, not read")
        return data

    def read_head(self, name: str, size: int) -> bytes:
        """Reads the first bytes of a file of this folder.

        Raises:
            OSError: if it cannot be read.
        """
        file_entry = self.file_entries().get(name)
        if file_entry is None:
            raise FileNotFoundError(name)
        try:
            file_object = file_entry.GetFileObject()
            if file_object is None or not file_entry.size:
                return b""
            file_object.seek(0)
            data: bytes = file_object.read(size)
        except dfvfs_errors.Error as exception:
            raise OSError(str(exception)) from exception
        return data

    def open(self, name: str) -> Callable[[int, int], bytes]:
        """Opens a file of this folder for reading at any offset.

        Returns:
            Function of offset and size; gives fewer bytes at the end of the file.

        Raises:
            OSError: if it cannot be opened; the function, if it cannot be read.
        """
        file_entry = self.file_entries().get(name)
        if file_entry is None:
            raise FileNotFoundError(name)
        try:
            file_object = file_entry.GetFileObject()
        except dfvfs_errors.Error as exception:
            raise OSError(str(exception)) from exception
        if file_object is None:
            raise OSError(f"{name} has no data")

        return reader_of(file_object)

    def folder(self, name: str) -> DfvfsFolder | None:
        """See `Folder`."""
        file_entry = self.file_entries().get(name)
        if file_entry is None or not file_entry.IsDirectory():
            return None
        return DfvfsFolder(file_entry)


def reader_of(file_object: Any) -> Callable[[int, int], bytes]:
    """A function that reads a file of dfVFS at any offset.

    It raises OSError if the file cannot be read.
    """

    def read_at(offset: int, size: int) -> bytes:
        if not size:
            return b""
        try:
            file_object.seek(offset)
            data: bytes = file_object.read(size)
        except dfvfs_errors.Error as exception:
            raise OSError(str(exception)) from exception
        return data

    return read_at


def modification_time(file_entry: Any) -> int | None:
    """Modification time in microseconds since 1970-01-01 UTC, None if not kept."""
    date_time = file_entry.modification_time
    if date_time is None:
        return None
    timestamp = date_time.GetPlasoTimestamp()
    return None if timestamp is None else int(timestamp)


def open_parent_folder(
    path_spec: Any, resolver_context: Any, levels: int = 1
) -> DfvfsFolder | None:
    """Opens the folder that a file lies in.

    Args:
        path_spec: dfVFS path specification of the file.
        resolver_context: dfVFS resolver context.
        levels: 1 for its folder, 2 for the folder above, and so on.

    Returns:
        The folder, None if the file lies in no folder (a lone stream).

    Raises:
        OSError: if the folder cannot be opened.
    """
    location = getattr(path_spec, "location", None)
    if not location:
        return None
    try:
        file_system = resolver.Resolver.OpenFileSystem(
            path_spec, resolver_context=resolver_context
        )
        for _ in range(levels):
            location = file_system.DirnamePath(location)
            if location is None:
                return None
        properties = {"location": location or file_system.LOCATION_ROOT}
        if path_spec.HasParent():
            properties["parent"] = path_spec.parent
        folder_path_spec = factory.Factory.NewPathSpec(
            path_spec.type_indicator, **properties
        )
        file_entry = file_system.GetFileEntryByPathSpec(folder_path_spec)
    except dfvfs_errors.Error as exception:
        raise OSError(str(exception)) from exception
    return DfvfsFolder(file_entry) if file_entry is not None else None
