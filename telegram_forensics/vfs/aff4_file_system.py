"""AFF4 volumes as a dfVFS file system: the images in them, like partitions."""

import logging
from collections.abc import Iterator
from typing import Any

from dfvfs.lib import definitions
from dfvfs.lib import errors
from dfvfs.vfs import directory
from dfvfs.vfs import file_system

from telegram_forensics.aff4 import classify
from telegram_forensics.aff4 import errors as aff4_errors
from telegram_forensics.vfs import aff4_file_io
from telegram_forensics.vfs import aff4_path_spec
from telegram_forensics.vfs import aff4_support
from telegram_forensics.vfs import file_entries
from telegram_forensics.vfs import type_indicators


logger = logging.getLogger("telegram_forensics")


class AFF4Directory(directory.Directory):
    """List of the images of an AFF4 volume."""

    def _EntriesGenerator(self) -> Iterator[Any]:
        """Retrieves directory entries.

        Yields:
          AFF4PathSpec: path specification of an image.
        """
        for number in range(1, self._file_system.GetNumberOfImages() + 1):
            yield aff4_path_spec.AFF4PathSpec(
                location=f"/image{number:d}", parent=self.path_spec.parent
            )


class AFF4FileEntry(file_entries.ListedFileEntry):
    """An image of an AFF4 volume, or the list of its images."""

    TYPE_INDICATOR = type_indicators.TYPE_INDICATOR_AFF4

    def __init__(
        self,
        resolver_context: Any,
        file_system: Any,
        path_spec: Any,
        is_root: bool = False,
        is_virtual: bool = False,
    ) -> None:
        """Initializes a file entry.

        Args:
          resolver_context (Context): resolver context.
          file_system (FileSystem): file system.
          path_spec (PathSpec): path specification.
          is_root (Optional[bool]): True if it is the root.
          is_virtual (Optional[bool]): True if it is virtual.
        """
        super().__init__(
            resolver_context,
            file_system,
            path_spec,
            is_root=is_root,
            is_virtual=is_virtual,
        )
        if getattr(path_spec, "location", None) == "/":
            self.entry_type = definitions.FILE_ENTRY_TYPE_DIRECTORY
        else:
            self.entry_type = definitions.FILE_ENTRY_TYPE_FILE

    def _GetDirectory(self) -> Any:
        """Retrieves a directory.

        Returns:
          AFF4Directory: a directory or None if this is an image.
        """
        if self.entry_type != definitions.FILE_ENTRY_TYPE_DIRECTORY:
            return None

        return AFF4Directory(self._file_system, self.path_spec)

    def _GetSubFileEntries(self) -> Iterator[Any]:
        """Retrieves sub file entries.

        Yields:
          AFF4FileEntry: a sub file entry.
        """
        if self._directory is None:
            self._directory = self._GetDirectory()

        if self._directory:
            for path_spec in self._directory.entries:
                yield AFF4FileEntry(
                    self._resolver_context, self._file_system, path_spec
                )

    @property
    def name(self) -> str:
        """str: name of the file entry."""
        location = getattr(self.path_spec, "location", None) or ""
        return location.rpartition("/")[2]

    @property
    def size(self) -> int | None:
        """int: size of the image in bytes or None if not available."""
        if self.entry_type == definitions.FILE_ENTRY_TYPE_DIRECTORY or (
            self._file_system.IsLocked()
        ):
            return None

        try:
            file_object = self.GetFileObject()
        except (OSError, errors.BackEndError) as exception:
            # Reading it says so again; the list of the images must not fail for it.
            logger.warning("AFF4 image: %s", str(exception))
            return None

        return file_object.get_size() if file_object else None

    def IsLocked(self) -> bool:
        """Determines if the volume is locked.

        Returns:
          bool: True if the volume is encrypted and the password is not known.
        """
        return self._file_system.IsLocked()

    def Unlock(self) -> bool:
        """Unlocks the volume with the credentials of the key chain.

        Returns:
          bool: True if the volume was unlocked or is not encrypted.
        """
        return self._file_system.Unlock(self.path_spec)


class AFF4FileSystem(file_system.FileSystem):
    """Images of an AFF4 volume."""

    TYPE_INDICATOR = type_indicators.TYPE_INDICATOR_AFF4

    def __init__(self, resolver_context: Any, path_spec: Any) -> None:
        """Initializes a file system.

        Args:
          resolver_context (Context): resolver context.
          path_spec (PathSpec): a path specification.
        """
        super().__init__(resolver_context, path_spec)
        self._is_locked = False
        self._volumes: Any = None

    def _Close(self) -> None:
        """Closes the file system."""
        self._volumes = None

    def _Open(self, mode: str = "rb") -> None:
        """Opens the file system defined by path specification.

        Args:
          mode (Optional[str]): file access mode.

        Raises:
          BackEndError: if the volume cannot be opened.
          PathSpecError: if the path specification is incorrect.
        """
        if not self._path_spec.HasParent():
            raise errors.PathSpecError("Unsupported path specification without parent.")

        try:
            self._volumes = aff4_support.open_volumes(
                self._path_spec, self._resolver_context
            )
            self._is_locked = classify.kind_of(self._volumes) is (
                classify.Kind.ENCRYPTED
            ) and not self._Decrypt(self._path_spec)
        except aff4_errors.Aff4Error as exception:
            raise errors.BackEndError(f"Unable to open AFF4 volume: {exception!s}")

    def _Decrypt(self, path_spec: Any) -> bool:
        """Opens the inner volume of an encrypted one.

        Args:
          path_spec (PathSpec): path specification that has the credentials.

        Returns:
          bool: True if that worked.

        Raises:
          BackEndError: if no password can open it.
        """
        try:
            source = aff4_support.decrypt_volumes(self._volumes, path_spec)
        except aff4_errors.EncryptedVolumeError as exception:
            if not aff4_support.accepts_password(self._volumes):
                # As a locked volume it would only make the tools ask for a password.
                raise errors.BackEndError(str(exception))
            # dfVFS only learns that it is locked; the examiner shall know why.
            logger.warning("%s", str(exception))
            return False

        self._volumes = aff4_support.inner_volumes(source)
        return True

    def FileEntryExistsByPathSpec(self, path_spec: Any) -> bool:
        """Determines if a file entry for a path specification exists.

        Args:
          path_spec (PathSpec): a path specification.

        Returns:
          bool: True if the file entry exists.
        """
        location = getattr(path_spec, "location", None)
        if location in (None, "/"):
            return True

        match = aff4_file_io.IMAGE_LOCATION_RE.fullmatch(location)
        return match is not None and int(match[1]) <= self.GetNumberOfImages()

    def GetFileEntryByPathSpec(self, path_spec: Any) -> Any:
        """Retrieves a file entry for a path specification.

        Args:
          path_spec (PathSpec): a path specification.

        Returns:
          AFF4FileEntry: a file entry or None if not available.
        """
        if not self.FileEntryExistsByPathSpec(path_spec):
            return None

        location = getattr(path_spec, "location", None)
        return AFF4FileEntry(
            self._resolver_context,
            self,
            path_spec,
            is_root=location in (None, "/"),
            is_virtual=True,
        )

    def GetNumberOfImages(self) -> int:
        """Retrieves the number of images.

        Returns:
          int: number of images.
        """
        return 0 if self._is_locked else len(self._volumes.image_urns())

    def GetRootFileEntry(self) -> Any:
        """Retrieves the root file entry.

        Returns:
          AFF4FileEntry: a file entry.
        """
        path_spec = aff4_path_spec.AFF4PathSpec(
            location="/", parent=self._path_spec.parent
        )
        return self.GetFileEntryByPathSpec(path_spec)

    def IsLocked(self) -> bool:
        """Determines if the volume is locked.

        Returns:
          bool: True if the volume is encrypted and the password is not known.
        """
        return self._is_locked

    def Unlock(self, path_spec: Any) -> bool:
        """Unlocks the volume with the credentials of the key chain.

        Args:
          path_spec (PathSpec): path specification that has the credentials.

        Returns:
          bool: True if the volume is open.
        """
        if self._is_locked:
            self._is_locked = not self._Decrypt(path_spec)
        return not self._is_locked
