"""File entry of the SQLCIPHER file system."""

from dfvfs.lib import definitions
from dfvfs.vfs import attribute
from dfvfs.vfs import data_stream
from dfvfs.vfs import directory
from dfvfs.vfs import file_entry

from telegram_forensics.vfs import type_indicators


class SQLCIPHERDirectory(directory.Directory):
    """Root directory of the SQLCIPHER file system."""

    def _EntriesGenerator(self):
        """Retrieves directory entries.

        Yields:
          SQLCIPHERPathSpec: path specification of a directory entry.
        """
        for location in self._file_system.GetLocations():
            yield self._file_system.NewPathSpec(location)


class SQLCIPHERFileEntry(file_entry.FileEntry):
    """File entry of the SQLCIPHER file system.

    The dates and times are those of the encrypted file; the virtual root has none.
    """

    TYPE_INDICATOR = type_indicators.TYPE_INDICATOR_SQLCIPHER

    def __init__(
        self,
        resolver_context,
        file_system,
        path_spec,
        source,
        size,
        *,
        is_root=False,
        is_virtual=False,
    ):
        """Initializes a file entry.

        Args:
          resolver_context (Context): resolver context.
          file_system (SQLCIPHERFileSystem): file system.
          path_spec (PathSpec): path specification.
          source (FileEntry): file entry of the encrypted file or None.
          size (int): size of the decrypted file, None for the root.
          is_root (Optional[bool]): True if it is the root.
          is_virtual (Optional[bool]): True if no file of the evidence stands behind it.
        """
        super().__init__(
            resolver_context,
            file_system,
            path_spec,
            is_root=is_root,
            is_virtual=is_virtual,
        )
        self._size = size
        self._source = source
        if is_root:
            self.entry_type = definitions.FILE_ENTRY_TYPE_DIRECTORY
        else:
            self.entry_type = definitions.FILE_ENTRY_TYPE_FILE

    def _GetDataStreams(self):
        """Retrieves the data streams.

        Returns:
          list[DataStream]: data streams.
        """
        if self._data_streams is None:
            self._data_streams = []
            if not self._is_root:
                self._data_streams.append(data_stream.DataStream(self))

        return self._data_streams

    def _GetDirectory(self):
        """Retrieves a directory.

        Returns:
          SQLCIPHERDirectory: a directory or None if this is a file.
        """
        if not self._is_root:
            return None

        return SQLCIPHERDirectory(self._file_system, self.path_spec)

    def _GetStatAttribute(self):
        """Retrieves a stat attribute.

        Returns:
          StatAttribute: a stat attribute.
        """
        stat_attribute = attribute.StatAttribute()
        stat_attribute.size = self.size
        stat_attribute.type = self.entry_type
        return stat_attribute

    def _GetSubFileEntries(self):
        """Retrieves sub file entries.

        Yields:
          SQLCIPHERFileEntry: a sub file entry.
        """
        if self._directory is None:
            self._directory = self._GetDirectory()

        if self._directory:
            for path_spec in self._directory.entries:
                yield self._file_system.GetFileEntryByPathSpec(path_spec)

    def _GetSourceTime(self, name):
        """Retrieves a time of the encrypted file.

        Args:
          name (str): name of the file entry property.

        Returns:
          dfdatetime.DateTimeValues: time or None if not available.
        """
        return getattr(self._source, name, None)

    @property
    def access_time(self):
        """dfdatetime.DateTimeValues: access time or None if not available."""
        return self._GetSourceTime("access_time")

    @property
    def added_time(self):
        """dfdatetime.DateTimeValues: added time or None if not available."""
        return self._GetSourceTime("added_time")

    @property
    def change_time(self):
        """dfdatetime.DateTimeValues: change time or None if not available."""
        return self._GetSourceTime("change_time")

    @property
    def creation_time(self):
        """dfdatetime.DateTimeValues: creation time or None if not available."""
        return self._GetSourceTime("creation_time")

    @property
    def modification_time(self):
        """dfdatetime.DateTimeValues: modification time or None if not available."""
        return self._GetSourceTime("modification_time")

    @property
    def name(self):
        """str: name of the file entry, which does not include the full path."""
        return self._file_system.BasenamePath(self.path_spec.location)

    @property
    def size(self):
        """int: size of the decrypted file, None for the root."""
        return self._size

    def GetParentFileEntry(self):
        """Retrieves the parent file entry.

        Returns:
          SQLCIPHERFileEntry: parent file entry or None if not available.
        """
        if self._is_root:
            return None

        return self._file_system.GetRootFileEntry()

    def IsLocked(self):
        """Determines if the database is locked.

        Returns:
          bool: True if no known key opens it.
        """
        return self._file_system.IsLocked()

    def Unlock(self):
        """Unlocks the database with the credentials of the key chain.

        Returns:
          bool: True if the database was unlocked.
        """
        return self._file_system.Unlock()
