"""What file entries of our back-ends share."""

from collections.abc import Iterator
from typing import Any

from dfvfs.vfs import attribute, file_entry


class ListedFileEntry(file_entry.FileEntry):
    """File entry whose file system has a list of path specifications."""

    _data_streams: list[Any] | None
    _directory: Any

    def _GetStatAttribute(self) -> Any:
        """Retrieves a stat attribute.

        Returns:
          StatAttribute: a stat attribute.
        """
        stat_attribute = attribute.StatAttribute()
        stat_attribute.size = self.size
        stat_attribute.type = self.entry_type
        return stat_attribute

    def _GetSubFileEntries(self) -> Iterator[Any]:
        """Retrieves sub file entries.

        Yields:
          FileEntry: a sub file entry.
        """
        if self._directory is None:
            self._directory = self._GetDirectory()

        if self._directory:
            for path_spec in self._directory.entries:
                yield self._file_system.GetFileEntryByPathSpec(path_spec)


class DecryptedFileEntry(ListedFileEntry):
    """File entry of a file that is decrypted from another one, whose times it has."""

    def _GetSource(self) -> Any:
        """Retrieves what the file is decrypted from.

        Returns:
          FileEntry: file entry of the encrypted file or None if there is none.
        """
        raise NotImplementedError

    def _GetSourceTime(self, name: str) -> Any:
        """Retrieves a time of the encrypted file.

        Args:
          name (str): name of the file entry property.

        Returns:
          dfdatetime.DateTimeValues: time or None if not available.
        """
        return getattr(self._GetSource(), name, None)

    @property
    def access_time(self) -> Any:
        """dfdatetime.DateTimeValues: access time or None if not available."""
        return self._GetSourceTime("access_time")

    @property
    def added_time(self) -> Any:
        """dfdatetime.DateTimeValues: added time or None if not available."""
        return self._GetSourceTime("added_time")

    @property
    def change_time(self) -> Any:
        """dfdatetime.DateTimeValues: change time or None if not available."""
        return self._GetSourceTime("change_time")

    @property
    def creation_time(self) -> Any:
        """dfdatetime.DateTimeValues: creation time or None if not available."""
        return self._GetSourceTime("creation_time")

    @property
    def modification_time(self) -> Any:
        """dfdatetime.DateTimeValues: modification time or None if not available."""
        return self._GetSourceTime("modification_time")

    def IsLocked(self) -> bool:
        """Determines if the storage is locked.

        Returns:
          bool: True if no known credential opens it.
        """
        return self._file_system.IsLocked()

    def Unlock(self) -> bool:
        """Unlocks the storage with the credentials of the key chain.

        Returns:
          bool: True if the storage was unlocked.
        """
        return self._file_system.Unlock()
