"""File entry of the TDATA file system."""

from dfdatetime import posix_time as dfdatetime_posix_time

from dfvfs.lib import definitions
from dfvfs.lib import errors
from dfvfs.vfs import attribute
from dfvfs.vfs import data_stream
from dfvfs.vfs import directory
from dfvfs.vfs import file_entry

from telegram_forensics.vfs import type_indicators


class TDATADirectory(directory.Directory):
    """Directory of the TDATA file system."""

    def __init__(self, file_system, path_spec, node):
        """Initializes a directory.

        Args:
          file_system (TDATAFileSystem): file system.
          path_spec (PathSpec): path specification.
          node (Node): folder in the tree.
        """
        super().__init__(file_system, path_spec)
        self._node = node

    def _EntriesGenerator(self):
        """Retrieves directory entries.

        Yields:
          TDATAPathSpec: path specification of a directory entry.
        """
        for node in self._node.sub_nodes():
            yield self._file_system.NewPathSpec(node.location)


class TDATAFileEntry(file_entry.FileEntry):
    """File entry of the TDATA file system.

    The dates and times are those of the encrypted file, for a file joined from slices
    those that the cache index tells; dfVFS has none for the virtual folders.
    """

    TYPE_INDICATOR = type_indicators.TYPE_INDICATOR_TDATA

    def __init__(
        self,
        resolver_context,
        file_system,
        path_spec,
        node,
        *,
        is_root=False,
        is_virtual=False,
    ):
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
        self._size = None
        if node.is_folder:
            self.entry_type = definitions.FILE_ENTRY_TYPE_DIRECTORY
        else:
            self.entry_type = definitions.FILE_ENTRY_TYPE_FILE

    def _GetDataStreams(self):
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

    def _GetDirectory(self):
        """Retrieves a directory.

        Returns:
          TDATADirectory: a directory or None if this is a file.
        """
        if not self._node.is_folder:
            return None

        return TDATADirectory(self._file_system, self.path_spec, self._node)

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
          TDATAFileEntry: a sub file entry.
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
        return getattr(self._node.source, name, None)

    def _IsReadable(self):
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
    def access_time(self):
        """dfdatetime.DateTimeValues: access time or None if not available.

        For cached media this is the last use that the client itself recorded.
        """
        if self._node.access_time is not None:
            return dfdatetime_posix_time.PosixTime(timestamp=self._node.access_time)

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
        return self._node.name

    @property
    def note(self):
        """str: what a manifest has to say of the content, empty if nothing."""
        return self._node.note

    @property
    def size(self):
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

    def GetParentFileEntry(self):
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

    def OpenContent(self):
        """Opens the decrypted content.

        Returns:
          tuple[io.IOBase, int]: binary stream and its size.

        Raises:
          AccessError: if the content is a live login and may not be given out.
          BackEndError: if the file cannot be decrypted.
        """
        return self._file_system.OpenContent(self._node)

    def ReadContent(self):
        """Decrypts the file.

        Returns:
          bytes: content.

        Raises:
          AccessError: if the content is a live login and may not be given out.
          BackEndError: if the file cannot be decrypted.
        """
        return self._file_system.ReadContent(self._node)

    def IsLocked(self):
        """Determines if the storage is locked.

        Returns:
          bool: True if no known passcode opens it.
        """
        return self._file_system.IsLocked()

    def Unlock(self):
        """Unlocks the storage with the credentials of the key chain.

        Returns:
          bool: True if the storage was unlocked.
        """
        return self._file_system.Unlock()
