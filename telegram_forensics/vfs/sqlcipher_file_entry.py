"""File entry of the SQLCIPHER file system."""

from collections.abc import Iterator
from typing import Any

from dfvfs.lib import definitions
from dfvfs.vfs import data_stream
from dfvfs.vfs import directory

from telegram_forensics.vfs import file_entries
from telegram_forensics.vfs import type_indicators


class SQLCIPHERDirectory(directory.Directory):
    """Root directory of the SQLCIPHER file system."""

    def _EntriesGenerator(self) -> Iterator[Any]:
        """Retrieves directory entries.

        Yields:
          SQLCIPHERPathSpec: path specification of a directory entry.
        """
        for location in self._file_system.GetLocations():
            yield self._file_system.NewPathSpec(location)


class SQLCIPHERFileEntry(file_entries.DecryptedFileEntry):
    """File entry of the SQLCIPHER file system.

    The dates and times are those of the encrypted file; the virtual root has none.
    """

    TYPE_INDICATOR = type_indicators.TYPE_INDICATOR_SQLCIPHER

    def __init__(
        self,
        resolver_context: Any,
        file_system: Any,
        path_spec: Any,
        source: Any,
        size: int | None,
        *,
        is_root: bool = False,
        is_virtual: bool = False,
    ) -> None:
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

    def _GetDataStreams(self) -> Any:
        """Retrieves the data streams.

        Returns:
          list[DataStream]: data streams.
        """
        if self._data_streams is None:
            self._data_streams = []
            if not self._is_root:
                self._data_streams.append(data_stream.DataStream(self))

        return self._data_streams

    def _GetDirectory(self) -> Any:
        """Retrieves a directory.

        Returns:
          SQLCIPHERDirectory: a directory or None if this is a file.
        """
        if not self._is_root:
            return None

        return SQLCIPHERDirectory(self._file_system, self.path_spec)

    def _GetSource(self) -> Any:
        """Retrieves what the file is decrypted from.

        Returns:
          FileEntry: file entry of the encrypted file or None if there is none.
        """
        return self._source

    @property
    def name(self) -> str:
        """str: name of the file entry, which does not include the full path."""
        return self._file_system.BasenamePath(self.path_spec.location)

    @property
    def size(self) -> int | None:
        """int: size of the decrypted file, None for the root."""
        return self._size

    def GetParentFileEntry(self) -> Any:
        """Retrieves the parent file entry.

        Returns:
          SQLCIPHERFileEntry: parent file entry or None if not available.
        """
        if self._is_root:
            return None

        return self._file_system.GetRootFileEntry()
