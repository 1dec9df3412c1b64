"""File entry of the TDATA file system."""

from collections.abc import Iterator
from typing import Any

from dfdatetime import posix_time as dfdatetime_posix_time

from dfvfs.lib import definitions
from dfvfs.lib import errors
from dfvfs.vfs import data_stream
from dfvfs.vfs import directory

from telegram_forensics.vfs import file_entries
from telegram_forensics.vfs import type_indicators


class TDATADirectory(directory.Directory):
    """Directory of the TDATA file system."""

    def __init__(self, file_system: Any, path_spec: Any, node: Any) -> None:
        """Initializes a directory.

        Args:
          file_system (TDATAFileSystem): file system.
          path_spec (PathSpec): path specification.
          node (Node): folder in the tree.
        """
        super().__init__(file_system, path_spec)
        self._node = node

    def _EntriesGenerator(self) -> Iterator[Any]:
        """Retrieves directory entries.

        Yields:
          TDATAPathSpec: path specification of a directory entry.
        """
        for node in self._node.sub_nodes():
            yield self._file_system.NewPathSpec(node.location)


class TDATAFileEntry(file_entries.DecryptedFileEntry):
    """File entry of the TDATA file system.

    The dates and times are those of the encrypted file, for a file joined from slices
    those that the cache index tells; dfVFS has none for the virtual folders.
    """

    TYPE_INDICATOR = type_indicators.TYPE_INDICATOR_TDATA

    def __init__(
        self,
        resolver_context: Any,
        file_system: Any,
        path_spec: Any,
        node: Any,
        *,
        is_root: bool = False,
        is_virtual: bool = False,
    ) -> None:
        """Initializes a file entry.

        Args:
          resolver_context (Context): resolver context.
          file_system (TDATAFileSystem): file system.
          path_spec (PathSpec): path specification.
          node (Node): file or folder in the tree.
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
        self._node = node
        self._size: Any = None
        if node.is_folder:
            self.entry_type = definitions.FILE_ENTRY_TYPE_DIRECTORY
        else:
            self.entry_type = definitions.FILE_ENTRY_TYPE_FILE

    def _GetDataStreams(self) -> Any:
        """Retrieves the data streams.

        A live login has none unless the examiner asked for it, so that no tool reads
        it by the way. A damaged file has none either: plaso would report a failure of
        its own, beside the warning that the encrypted file itself gets.

        Returns:
          list[DataStream]: data streams.
        """
        if self._data_streams is None:
            self._data_streams = []
            if not self._node.is_folder and self._IsReadable():
                self._data_streams.append(data_stream.DataStream(self))

        return self._data_streams

    def _GetDirectory(self) -> Any:
        """Retrieves a directory.

        Returns:
          TDATADirectory: a directory or None if this is a file.
        """
        if not self._node.is_folder:
            return None

        return TDATADirectory(self._file_system, self.path_spec, self._node)

    def _GetSource(self) -> Any:
        """Retrieves what the file is decrypted from.

        Returns:
          FileEntry: file entry of the encrypted file or None if there is none.
        """
        return self._node.source

    def _IsReadable(self) -> bool:
        """Determines if the content can be, and may be, read.

        Returns:
          bool: True if it can.
        """
        try:
            self.OpenContent()
        except (errors.AccessError, errors.BackEndError):
            return False

        return True

    @property
    def access_time(self) -> Any:
        """dfdatetime.DateTimeValues: access time or None if not available.

        For cached media this is the last use that the client itself recorded.
        """
        if self._node.access_time is not None:
            return dfdatetime_posix_time.PosixTime(timestamp=self._node.access_time)

        return self._GetSourceTime("access_time")

    @property
    def name(self) -> str:
        """str: name of the file entry, which does not include the full path."""
        return self._node.name

    @property
    def note(self) -> str:
        """str: what a manifest has to say of the content, empty if nothing."""
        return self._node.note

    @property
    def size(self) -> int | None:
        """int: size of the decrypted content, None for folders and damaged files."""
        if self._node.stream is not None:
            return self._node.stream.size

        if self._size is None and not self._node.is_folder:
            try:
                self._size = len(self._file_system.ReadSecretContent(self._node))
            except errors.BackEndError:
                # Opening the file reports the damage, with its reason.
                return None

        return self._size

    def GetParentFileEntry(self) -> Any:
        """Retrieves the parent file entry.

        Returns:
          TDATAFileEntry: parent file entry or None if not available.
        """
        if self._is_root:
            return None

        location = self._file_system.DirnamePath(self._node.location) or "/"
        return self._file_system.GetFileEntryByPathSpec(
            self._file_system.NewPathSpec(location)
        )

    def OpenContent(self) -> Any:
        """Opens the decrypted content.

        Returns:
          tuple[io.IOBase, int]: binary stream and its size.

        Raises:
          AccessError: if the content is a live login and may not be given out.
          BackEndError: if the file cannot be decrypted.
        """
        return self._file_system.OpenContent(self._node)

    def ReadContent(self) -> bytes:
        """Decrypts the file.

        Returns:
          bytes: content.

        Raises:
          AccessError: if the content is a live login and may not be given out.
          BackEndError: if the file cannot be decrypted.
        """
        return self._file_system.ReadContent(self._node)
