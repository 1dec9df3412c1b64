"""TDATA: the decrypted Telegram Desktop storage as a dfVFS file system."""

import io
import os
from typing import Any

from dfvfs.lib import errors
from dfvfs.path import factory
from dfvfs.resolver import resolver
from dfvfs.vfs import file_system

from telegram_forensics.formats import tdesktop_authorization
from telegram_forensics.formats import tdesktop_names as names
from telegram_forensics.formats import tdesktop_passcodes
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.vfs import folder as vfs_folder
from telegram_forensics.vfs import passcodes
from telegram_forensics.vfs import tdata_file_entry
from telegram_forensics.vfs import tdata_tree
from telegram_forensics.vfs import tdata_versions
from telegram_forensics.vfs import type_indicators

# Set to 1 to let the content of mtp_authorization out: it is a live login.
ALLOW_KEYS_VARIABLE = "TELEGRAM_FORENSICS_ALLOW_KEYS"
# A login is far smaller.
_LOGIN_HEAD_SIZE = 65536


class TDATAFileSystem(file_system.FileSystem):
    """Decrypted Telegram Desktop storage, mounted on its key file.

    Nothing is read or derived when it is opened: plaso's foreman opens every path
    specification that it hands to a worker.
    """

    TYPE_INDICATOR = type_indicators.TYPE_INDICATOR_TDATA

    def __init__(self, resolver_context: Any, path_spec: Any) -> None:
        """Initializes a TDATA file system.

        Args:
          resolver_context (Context): resolver context.
          path_spec (PathSpec): a path specification.
        """
        super().__init__(resolver_context, path_spec)
        self._last_content = (None, b"")
        self._is_locked = False
        self._tree: Any = None

    def _Close(self) -> None:
        """Closes the file system."""
        self._last_content = (None, b"")
        self._is_locked = False
        self._tree = None

    def _Open(self, mode: str = "rb") -> None:
        """Opens the file system defined by path specification.

        Args:
          mode (Optional[str]): file access mode.

        Raises:
          PathSpecError: if the path specification is incorrect.
        """
        if not self._path_spec.HasParent():
            raise errors.PathSpecError("Unsupported path specification without parent.")

    def _GetPasscodes(self) -> Any:
        """Retrieves the passcode candidates.

        Returns:
          Passcodes: those of the passcode file, then the one of the key chain, so that
              the numbers in path specifications stay valid.
        """
        try:
            given = passcodes.given_passcodes()
        except (OSError, FormatError) as exception:
            raise errors.BackEndError(
                f"Unable to read Telegram passcodes with error: {exception!s}"
            )
        root_path_spec = factory.Factory.NewPathSpec(
            self.TYPE_INDICATOR, location="/", parent=self._path_spec.parent
        )
        key_chain = resolver.Resolver.key_chain
        values = list(given.values)
        for path_spec in (root_path_spec, self._path_spec):
            password = key_chain.GetCredential(path_spec, "password")
            if password is not None:
                if isinstance(password, str):
                    password = password.encode("utf-8")
                if password not in values:
                    values.append(password)
        return tdesktop_passcodes.Passcodes(tuple(values))

    def _GetTree(self) -> Any:
        """Retrieves the file tree.

        Returns:
          dict[str, Node]: nodes by location.

        Raises:
          BackEndError: if the storage cannot be read.
        """
        if self._tree is None:
            self._tree = self._BuildTree()
        return self._tree

    def _BuildTree(self) -> Any:
        """Builds the file tree, and determines if the storage is locked.

        Returns:
          dict[str, Node]: nodes by location.

        Raises:
          BackEndError: if the storage cannot be read.
        """
        key_file_path_spec = self._path_spec.parent
        location = getattr(key_file_path_spec, "location", "") or ""
        parent_file_system = resolver.Resolver.OpenFileSystem(
            key_file_path_spec, resolver_context=self._resolver_context
        )
        name = parent_file_system.BasenamePath(location)
        slot_name = names.parse_name(name)
        is_legacy = slot_name is not None and slot_name.kind is names.FileKind.MAP

        try:
            tdata_folder = vfs_folder.open_parent_folder(
                key_file_path_spec,
                self._resolver_context,
                levels=2 if is_legacy else 1,
            )
            if tdata_folder is None:
                raise errors.BackEndError("The key file lies in no folder.")

            storage = tdata_versions.make_storage(
                tdata_folder,
                self._resolver_context,
                self._GetPasscodes(),
                first_passcode=getattr(self._path_spec, "identifier", None),
            )
            if is_legacy:
                folder = parent_file_system.DirnamePath(location)
                account_hash = parent_file_system.BasenamePath(folder)
                accounts = [
                    item for item in storage.accounts if item.hash == account_hash
                ]
                key_slots = [slot for item in accounts for slot in item.key_slots]
            else:
                data_name = slot_name.data_name if slot_name else None
                accounts = [
                    item
                    for item in storage.accounts
                    if item.data_name in (None, data_name)
                ]
                key_slots = []
                if data_name is not None:
                    key_slots = storage.key_slots.get(data_name, [])
            self._is_locked = self._IsLocked(key_slots, accounts)
            return tdata_tree.build_tree(
                storage, tdata_folder, lambda account: account in accounts
            )
        except OSError as exception:
            raise errors.BackEndError(
                f"Unable to read Telegram Desktop storage with error: {exception!s}"
            )

    @staticmethod
    def _IsLocked(key_slots: Any, accounts: Any) -> bool:
        """Determines if no candidate opens a storage.

        Args:
          key_slots (list[KeySlot]): key files.
          accounts (list[Account]): accounts that they open.

        Returns:
          bool: True if there is a key file, and no key.
        """
        has_key = any(slot.local_key for slot in key_slots) or any(
            account.local_keys for account in accounts
        )
        return bool(key_slots) and not has_key

    def FileEntryExistsByPathSpec(self, path_spec: Any) -> bool:
        """Determines if a file entry for a path specification exists.

        Args:
          path_spec (PathSpec): a path specification.

        Returns:
          bool: True if the file entry exists.
        """
        return getattr(path_spec, "location", None) in self._GetTree()

    def GetFileEntryByPathSpec(self, path_spec: Any) -> Any:
        """Retrieves a file entry for a path specification.

        Args:
          path_spec (PathSpec): a path specification.

        Returns:
          TDATAFileEntry: a file entry or None if not available.
        """
        node = self._GetTree().get(getattr(path_spec, "location", None))
        if node is None:
            return None

        return tdata_file_entry.TDATAFileEntry(
            self._resolver_context,
            self,
            path_spec,
            node,
            is_root=node.location == "/",
            is_virtual=node.is_folder,
        )

    def GetRootFileEntry(self) -> Any:
        """Retrieves the root file entry.

        Returns:
          TDATAFileEntry: a file entry or None if not available.
        """
        return self.GetFileEntryByPathSpec(self.NewPathSpec("/"))

    def IsLocked(self) -> bool:
        """Determines if none of the known passcodes opens the storage.

        Only this mount point counts: beside it can lie another data set (-key NAME)
        with a passcode of its own.

        Returns:
          bool: True if the storage is locked.
        """
        self._GetTree()
        return self._is_locked

    def NewPathSpec(self, location: str) -> Any:
        """Creates a path specification of a file in this file system.

        Args:
          location (str): location.

        Returns:
          TDATAPathSpec: path specification.
        """
        return factory.Factory.NewPathSpec(
            self.TYPE_INDICATOR,
            identifier=getattr(self._path_spec, "identifier", None),
            location=location,
            parent=self._path_spec.parent,
        )

    def OpenContent(self, node: Any) -> Any:
        """Opens the decrypted content of a file.

        Args:
          node (Node): file in the tree.

        Returns:
          tuple[io.IOBase, int]: binary stream and its size.

        Raises:
          AccessError: if the content is a live login and may not be given out.
          BackEndError: if the file cannot be decrypted.
        """
        if node.stream is None:
            content = self.ReadContent(node)
            return io.BytesIO(content), len(content)

        size = node.stream.size
        try:
            head = node.stream.read_at(0, min(size, _LOGIN_HEAD_SIZE))
        except (FormatError, OSError) as exception:
            raise errors.BackEndError(
                f"Unable to decrypt {node.location:s} with error: {exception!s}"
            )
        self._CheckAccess(node, head)
        return _StreamIO(node.stream), size

    def _CheckAccess(self, node: Any, content: bytes) -> bool:
        """Checks that content may be given out.

        Args:
          node (Node): file in the tree.
          content (bytes): its content, or the beginning.

        Returns:
          bool: True if it is a live login, and the examiner asked for it.

        Raises:
          AccessError: if it is a live login and may not be given out.
        """
        # A copy of a login can lie under any name.
        if not node.is_secret and not _is_login(content):
            return False

        if not keys_are_allowed():
            raise errors.AccessError(
                f"{node.location:s} is a live login and is not given out; set "
                f"{ALLOW_KEYS_VARIABLE:s}=1 if you are authorized to use it."
            )
        return True

    def ReadContent(self, node: Any) -> bytes:
        """Decrypts a file.

        Args:
          node (Node): file in the tree.

        Returns:
          bytes: content.

        Raises:
          AccessError: if the content is a live login and may not be given out.
          BackEndError: if the file cannot be decrypted.
        """
        location, content = self._last_content
        if location == node.location:
            return content

        content = self.ReadSecretContent(node)
        if not self._CheckAccess(node, content):
            self._last_content = (node.location, content)
        return content

    def ReadSecretContent(self, node: Any) -> bytes:
        """Decrypts a file whoever asks; for sizes only.

        Args:
          node (Node): file in the tree.

        Returns:
          bytes: content.

        Raises:
          BackEndError: if the file cannot be decrypted.
        """
        try:
            return node.read()
        except (FormatError, OSError) as exception:
            raise errors.BackEndError(
                f"Unable to decrypt {node.location:s} with error: {exception!s}"
            )

    def Unlock(self) -> bool:
        """Tries again with the credentials that the key chain has by now.

        Returns:
          bool: True if the storage is open.
        """
        self._Close()
        return not self.IsLocked()


class _StreamIO(io.RawIOBase):
    """Binary stream over the content of a node that is not held in memory."""

    def __init__(self, stream: Any) -> None:
        """Initializes a binary stream.

        Args:
          stream (Stream): content.
        """
        super().__init__()
        self._offset = 0
        self._stream = stream

    def readable(self) -> bool:
        """Determines if the stream can be read.

        Returns:
          bool: True.
        """
        return True

    def readall(self) -> bytes:
        """Reads all that is left.

        Returns:
          bytes: data read.
        """
        return self._ReadAt(self._stream.size - self._offset)

    def readinto(self, buffer: Any) -> int:
        """Reads into a buffer.

        Args:
          buffer (bytearray): buffer.

        Returns:
          int: number of bytes read.
        """
        data = self._ReadAt(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def _ReadAt(self, size: int) -> bytes:
        """Reads at the current offset.

        Args:
          size (int): number of bytes.

        Returns:
          bytes: data read.

        Raises:
          OSError: if the content cannot be decrypted.
        """
        size = max(min(size, self._stream.size - self._offset), 0)
        try:
            data = self._stream.read_at(self._offset, size) if size else b""
        except FormatError as exception:
            raise OSError(str(exception))
        self._offset += len(data)
        return data

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Seeks to an offset.

        Args:
          offset (int): offset to seek.
          whence (Optional[int]): what the offset is relative to.

        Returns:
          int: current offset.

        Raises:
          ValueError: if the offset is invalid.
        """
        if whence == os.SEEK_CUR:
            offset += self._offset
        elif whence == os.SEEK_END:
            offset += self._stream.size
        if offset < 0:
            raise ValueError("Invalid offset value less than zero.")

        self._offset = offset
        return offset

    def tell(self) -> int:
        """Retrieves the current offset.

        Returns:
          int: current offset.
        """
        return self._offset


def _is_login(content: bytes) -> bool:
    """Determines if decrypted content holds authorization keys.

    Args:
      content (bytes): decrypted content.

    Returns:
      bool: True if it does.
    """
    try:
        authorization = tdesktop_authorization.read_authorization(content)
    except FormatError:
        return False

    # The blocks of 1.0.14 and before begin like many other files do.
    return bool(authorization.keys or authorization.keys_to_destroy) and (
        authorization.is_complete or content.startswith(b"\x00\x00\x00\x4b")
    )


def keys_are_allowed() -> bool:
    """Determines if the examiner wants key material to be readable.

    Returns:
      bool: True if it may be read.
    """
    return os.environ.get(ALLOW_KEYS_VARIABLE, "") == "1"
