"""SQLCIPHER: a decrypted SQLCipher database as a dfVFS file system."""

from typing import Any

from dfvfs.lib import errors
from dfvfs.vfs import file_system

from telegram_forensics.formats.errors import FormatError
from telegram_forensics.vfs import sqlcipher_file_entry
from telegram_forensics.vfs import sqlcipher_mount
from telegram_forensics.vfs import type_indicators


class SQLCIPHERFileSystem(file_system.FileSystem):
    """Decrypted database and its write-ahead log, mounted on the encrypted database.

    The names are always the same ones, so that plaso finds the log beside the database.
    Nothing is read or derived when it is opened: plaso's foreman opens every path
    specification that it hands to a worker.
    """

    TYPE_INDICATOR = type_indicators.TYPE_INDICATOR_SQLCIPHER

    def __init__(self, resolver_context: Any, path_spec: Any) -> None:
        """Initializes a SQLCIPHER file system.

        Args:
          resolver_context (Context): resolver context.
          path_spec (PathSpec): a path specification.
        """
        super().__init__(resolver_context, path_spec)
        self._mount: Any = None

    def _Close(self) -> None:
        """Closes the file system."""
        self._mount = None

    def _GetMount(self) -> Any:
        """Retrieves the database.

        Returns:
          Mount: database.

        Raises:
          BackEndError: if it cannot be read.
        """
        if self._mount is None:
            try:
                self._mount = sqlcipher_mount.Mount(
                    self._path_spec.parent,
                    self._resolver_context,
                    identifier=getattr(self._path_spec, "identifier", None),
                    key_chain_path_specs=[self._path_spec],
                )
            except (FormatError, OSError) as exception:
                raise errors.BackEndError(
                    f"Unable to open SQLCipher database with error: {exception!s}"
                )

        return self._mount

    def _Open(self, mode: str = "rb") -> None:
        """Opens the file system defined by path specification.

        Args:
          mode (Optional[str]): file access mode.

        Raises:
          PathSpecError: if the path specification is incorrect.
        """
        if not self._path_spec.HasParent():
            raise errors.PathSpecError("Unsupported path specification without parent.")

    def FileEntryExistsByPathSpec(self, path_spec: Any) -> bool:
        """Determines if a file entry for a path specification exists.

        Args:
          path_spec (PathSpec): a path specification.

        Returns:
          bool: True if the file entry exists.
        """
        location = getattr(path_spec, "location", None)
        return location == self.LOCATION_ROOT or location in self.GetLocations()

    def GetFileEntryByPathSpec(self, path_spec: Any) -> Any:
        """Retrieves a file entry for a path specification.

        Args:
          path_spec (PathSpec): a path specification.

        Returns:
          SQLCIPHERFileEntry: a file entry or None if not available.
        """
        if not self.FileEntryExistsByPathSpec(path_spec):
            return None

        location = path_spec.location
        if getattr(path_spec, "identifier", None) is None:
            # Plaso looks for a log with the location only; what it stores of the log
            # shall say where the key comes from.
            path_spec = self.NewPathSpec(location)
        if location == self.LOCATION_ROOT:
            return sqlcipher_file_entry.SQLCIPHERFileEntry(
                self._resolver_context,
                self,
                path_spec,
                None,
                None,
                is_root=True,
                is_virtual=True,
            )

        mount = self._GetMount()
        source = mount.source(location)
        return sqlcipher_file_entry.SQLCIPHERFileEntry(
            self._resolver_context,
            self,
            path_spec,
            source,
            mount.size(location),
            is_virtual=source is None,
        )

    def GetLocations(self) -> Any:
        """Retrieves the locations of the files.

        Returns:
          tuple[str, ...]: locations, none if the database is locked.
        """
        return self._GetMount().locations

    def GetRootFileEntry(self) -> Any:
        """Retrieves the root file entry.

        Returns:
          SQLCIPHERFileEntry: a file entry or None if not available.
        """
        return self.GetFileEntryByPathSpec(self.NewPathSpec(self.LOCATION_ROOT))

    def IsLocked(self) -> bool:
        """Determines if no known key opens the database.

        Returns:
          bool: True if the database is locked.
        """
        return self._GetMount().is_locked

    def NewPathSpec(self, location: str) -> Any:
        """Creates a path specification of a file in this file system.

        Args:
          location (str): location.

        Returns:
          SQLCIPHERPathSpec: path specification.
        """
        return self._GetMount().path_spec(location)

    def OpenContent(self, location: str) -> Any:
        """Opens a decrypted file.

        Args:
          location (str): location.

        Returns:
          DecryptedFile: decrypted file.

        Raises:
          BackEndError: if it cannot be opened.
        """
        try:
            return self._GetMount().open(location)
        except OSError as exception:
            raise errors.BackEndError(
                f"Unable to open {location:s} with error: {exception!s}"
            )

    def Unlock(self) -> bool:
        """Tries again with the credentials that the key chain has by now.

        Returns:
          bool: True if the database is open.
        """
        self._mount = None
        return not self.IsLocked()
