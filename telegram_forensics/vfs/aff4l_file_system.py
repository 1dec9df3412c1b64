"""AFF4L: a logical AFF4 image as a dfVFS file system."""

from typing import Any

from dfvfs.lib import errors
from dfvfs.vfs import file_system

from telegram_forensics.aff4 import classify
from telegram_forensics.aff4 import errors as aff4_errors
from telegram_forensics.aff4 import file_records
from telegram_forensics.aff4 import logical
from telegram_forensics.vfs import aff4_path_spec
from telegram_forensics.vfs import aff4_support
from telegram_forensics.vfs import aff4l_file_entry
from telegram_forensics.vfs import type_indicators


class AFF4LFileSystem(file_system.FileSystem):
    """Files of a logical AFF4 image."""

    TYPE_INDICATOR = type_indicators.TYPE_INDICATOR_AFF4L

    def __init__(self, resolver_context: Any, path_spec: Any) -> None:
        """Initializes a file system.

        Args:
          resolver_context (Context): resolver context.
          path_spec (PathSpec): a path specification.
        """
        super().__init__(resolver_context, path_spec)
        self._tree: Any = None
        self._volumes: Any = None

    def _Close(self) -> None:
        """Closes the file system."""
        self._tree = None
        self._volumes = None

    def _Open(self, mode: str = "rb") -> None:
        """Opens the file system defined by path specification.

        Args:
          mode (Optional[str]): file access mode.

        Raises:
          BackEndError: if the image cannot be opened.
          PathSpecError: if the path specification is incorrect.
        """
        if not self._path_spec.HasParent():
            raise errors.PathSpecError("Unsupported path specification without parent.")

        try:
            self._volumes = aff4_support.open_volumes(
                self._path_spec, self._resolver_context
            )
            if classify.kind_of(self._volumes) is not classify.Kind.LOGICAL:
                raise errors.BackEndError("Not a logical AFF4 image.")

            self._tree = logical.build_tree(self._volumes)
        except aff4_errors.Aff4Error as exception:
            raise errors.BackEndError(f"Unable to open AFF4 volume: {exception!s}")

    def _GetNode(self, path_spec: Any) -> Any:
        """Retrieves the node of a path specification.

        Args:
          path_spec (PathSpec): a path specification.

        Returns:
          LogicalNode: node or None if not available.
        """
        location = getattr(path_spec, "location", None)
        if location is None or not location.startswith("/"):
            return None

        return self._tree.nodes.get("" if location == "/" else location)

    def _GetSubStreamRecord(self, sub_stream: Any) -> Any:
        """Retrieves what the metadata says of a sub stream, in the form of a file.

        Args:
          sub_stream (SubStream): sub stream, which is stored in any way that a file is.

        Returns:
          FileRecord: metadata.
        """
        record = file_records.FileRecord(sub_stream.urn)
        item = self._volumes.graph.objects.get(sub_stream.urn)
        if item is not None:
            record.add(item.pairs())
        return record

    def FileEntryExistsByPathSpec(self, path_spec: Any) -> bool:
        """Determines if a file entry for a path specification exists.

        Args:
          path_spec (PathSpec): a path specification.

        Returns:
          bool: True if the file entry exists.
        """
        return self._GetNode(path_spec) is not None

    def GetFileEntryByPathSpec(self, path_spec: Any) -> Any:
        """Retrieves a file entry for a path specification.

        Args:
          path_spec (PathSpec): a path specification.

        Returns:
          AFF4LFileEntry: a file entry or None if not available.
        """
        node = self._GetNode(path_spec)
        if node is None:
            return None

        return aff4l_file_entry.AFF4LFileEntry(
            self._resolver_context,
            self,
            path_spec,
            node,
            is_root=not node.location,
            is_virtual=node.record is None,
        )

    def GetRootFileEntry(self) -> Any:
        """Retrieves the root file entry.

        Returns:
          AFF4LFileEntry: a file entry.
        """
        return self.GetFileEntryByPathSpec(self.NewPathSpec("/"))

    def GetSubStreams(self, node: Any) -> Any:
        """Retrieves alternate data streams and extended attributes.

        Args:
          node (LogicalNode): node.

        Returns:
          list[SubStream]: sub streams.
        """
        if node.record is None or not node.record.extra:
            return []

        return logical.sub_streams(node.record, self._volumes)

    def NewPathSpec(self, location: str) -> Any:
        """Creates a path specification of a file in this file system.

        Args:
          location (str): location.

        Returns:
          AFF4LPathSpec: path specification.
        """
        return aff4_path_spec.AFF4LPathSpec(
            location=location, parent=self._path_spec.parent
        )

    def OpenStream(self, path_spec: Any) -> Any:
        """Opens the content of a file.

        Args:
          path_spec (PathSpec): path specification.

        Returns:
          Stream: stream or None if there is no such file.

        Raises:
          BackEndError: if the content cannot be opened.
        """
        node = self._GetNode(path_spec)
        if node is None or node.record is None:
            return None

        try:
            name = getattr(path_spec, "data_stream", None)
            if not name:
                if node.is_folder:
                    return None
                return logical.open_file(self._volumes, node.record)

            for sub_stream in self.GetSubStreams(node):
                if sub_stream.name == name:
                    return logical.open_file(
                        self._volumes, self._GetSubStreamRecord(sub_stream)
                    )
        except aff4_errors.Aff4Error as exception:
            raise errors.BackEndError(
                f"Unable to open {node.location:s}: {exception!s}"
            )

        return None
