"""File entry of logical AFF4 images."""

import copy
import datetime
import re
from collections.abc import Iterator
from typing import Any

from dfdatetime import time_elements as dfdatetime_time_elements

from dfvfs.lib import definitions
from dfvfs.lib import errors
from dfvfs.resolver import resolver
from dfvfs.vfs import data_stream
from dfvfs.vfs import directory

from telegram_forensics.vfs import file_entries
from telegram_forensics.vfs import type_indicators

_TIME_RE = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?"
    r"(Z|[+-]\d\d:?\d\d)?"
)


def ParseTime(text: str | None) -> Any:
    """Parses a recorded time.

    Args:
      text (str): ISO 8601 date and time.

    Returns:
      dfdatetime.TimeElementsInMicroseconds: date and time or None if it is malformed.
          Without a zone offset it is a local time of an unknown zone.
    """
    match = _TIME_RE.fullmatch(text.strip()) if text else None
    if not match:
        return None

    year, month, day, hour, minute, second = (
        int(match[number]) for number in range(1, 7)
    )
    fraction = int((match[7] or "0").ljust(9, "0")[:6])
    zone = match[8]
    # An offset of 0 would say UTC where the zone is not known.
    minutes = 0 if zone else None
    if zone and zone != "Z":
        digits = zone[1:].replace(":", "")
        if int(digits[:2]) > 23 or int(digits[2:]) > 59:
            return None
        minutes = int(digits[:2]) * 60 + int(digits[2:])
        minutes = -minutes if zone[0] == "-" else minutes
    try:
        # Checks the values: dfDateTime would accept the 31st of February.
        datetime.datetime(
            year, month, day, hour, minute, second, tzinfo=datetime.timezone.utc
        )
        date_time = dfdatetime_time_elements.TimeElementsInMicroseconds(
            time_elements_tuple=(year, month, day, hour, minute, second, fraction),
            time_zone_offset=minutes,
        )
    except (ValueError, OverflowError):
        return None

    date_time.is_local_time = zone is None
    return date_time


class AFF4LDirectory(directory.Directory):
    """Directory of a logical AFF4 image."""

    def __init__(self, file_system: Any, path_spec: Any, node: Any) -> None:
        """Initializes a directory.

        Args:
          file_system (AFF4LFileSystem): file system.
          path_spec (PathSpec): path specification.
          node (LogicalNode): folder in the tree.
        """
        super().__init__(file_system, path_spec)
        self._node = node

    def _EntriesGenerator(self) -> Iterator[Any]:
        """Retrieves directory entries.

        Yields:
          AFF4LPathSpec: path specification of a directory entry.
        """
        for name in self._node.children:
            yield self._file_system.NewPathSpec(f"{self._node.location}/{name}")


class AFF4LDataStream(data_stream.DataStream):
    """Alternate data stream or extended attribute of a file."""

    def __init__(self, file_entry: Any, name: str) -> None:
        """Initializes a data stream.

        Args:
          file_entry (AFF4LFileEntry): file entry.
          name (str): name of the data stream.
        """
        super().__init__(file_entry)
        self._name = name


class AFF4LFileEntry(file_entries.ListedFileEntry):
    """File entry of a logical AFF4 image."""

    TYPE_INDICATOR = type_indicators.TYPE_INDICATOR_AFF4L

    def __init__(
        self,
        resolver_context: Any,
        file_system: Any,
        path_spec: Any,
        node: Any,
        is_root: bool = False,
        is_virtual: bool = False,
    ) -> None:
        """Initializes a file entry.

        Args:
          resolver_context (Context): resolver context.
          file_system (AFF4LFileSystem): file system.
          path_spec (PathSpec): path specification.
          node (LogicalNode): file or folder in the tree.
          is_root (Optional[bool]): True if it is the root.
          is_virtual (Optional[bool]): True if the metadata does not describe it.
        """
        super().__init__(
            resolver_context,
            file_system,
            path_spec,
            is_root=is_root,
            is_virtual=is_virtual,
        )
        self._node = node
        self._times = node.record.times if node.record else {}
        if node.is_folder:
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
            if not self._node.is_folder:
                self._data_streams.append(data_stream.DataStream(self))
            for sub_stream in self._file_system.GetSubStreams(self._node):
                self._data_streams.append(AFF4LDataStream(self, sub_stream.name))

        return self._data_streams

    def _GetDirectory(self) -> Any:
        """Retrieves a directory.

        Returns:
          AFF4LDirectory: a directory or None if this is a file.
        """
        if not self._node.is_folder:
            return None

        return AFF4LDirectory(self._file_system, self.path_spec, self._node)

    @property
    def access_time(self) -> Any:
        """dfdatetime.DateTimeValues: access time or None if not available."""
        return ParseTime(self._times.get("lastAccessed"))

    @property
    def change_time(self) -> Any:
        """dfdatetime.DateTimeValues: change time or None if not available."""
        return ParseTime(self._times.get("recordChanged"))

    @property
    def creation_time(self) -> Any:
        """dfdatetime.DateTimeValues: creation time or None if not available."""
        return ParseTime(self._times.get("birthTime"))

    @property
    def modification_time(self) -> Any:
        """dfdatetime.DateTimeValues: modification time or None if not available."""
        return ParseTime(self._times.get("lastWritten"))

    @property
    def name(self) -> str:
        """str: name of the file entry, which does not include the full path."""
        return self._node.name

    @property
    def size(self) -> int | None:
        """int: size of the file entry in bytes or None if not available."""
        record = self._node.record
        if self._node.is_folder or record is None:
            return None
        if record.size is not None:
            return record.size

        try:
            stream = self._file_system.OpenStream(self.path_spec)
        except errors.BackEndError:
            # Reading the file says why; listing its folder must not fail for it.
            return None

        return stream.size if stream else None

    def GetFileObject(self, data_stream_name: str = "") -> Any:
        """Retrieves a file-like object of a specific data stream.

        Args:
          data_stream_name (Optional[str]): name of the data stream, where an empty
              string represents the default data stream.

        Returns:
          FileIO: a file-like object or None if not available.
        """
        path_spec = self.path_spec
        if data_stream_name:
            if not self.HasDataStream(data_stream_name):
                return None
            path_spec = copy.deepcopy(self.path_spec)
            path_spec.data_stream = data_stream_name
        elif self._node.is_folder:
            return None

        return resolver.Resolver.OpenFileObject(
            path_spec, resolver_context=self._resolver_context
        )

    def GetParentFileEntry(self) -> Any:
        """Retrieves the parent file entry.

        Returns:
          AFF4LFileEntry: parent file entry or None if not available.
        """
        if self._is_root:
            return None

        location = self._node.location.rpartition("/")[0] or "/"
        return self._file_system.GetFileEntryByPathSpec(
            self._file_system.NewPathSpec(location)
        )
