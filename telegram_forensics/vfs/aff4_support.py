"""Opens AFF4 volumes for the dfVFS back-ends."""

from __future__ import annotations

import os
from typing import Any, Final

from dfvfs.lib import errors as dfvfs_errors
from dfvfs.resolver import resolver

from telegram_forensics.aff4 import classify
from telegram_forensics.aff4.cache import DEFAULT_CACHE_SIZE
from telegram_forensics.aff4.encryption import open_encrypted
from telegram_forensics.aff4.errors import Aff4Error
from telegram_forensics.aff4.source import ByteSource, FileSource
from telegram_forensics.aff4.volume_set import VolumeSet
from telegram_forensics.vfs import type_indicators
from telegram_forensics.vfs.folder import DfvfsFolder, open_parent_folder

# MiB of decompressed chunks that each opened image keeps.
CACHE_VARIABLE: Final = "TELEGRAM_FORENSICS_AFF4_CACHE"
_MAXIMUM_CACHE_MIB: Final = 1 << 20


class DfvfsSiblings:
    """Files beside a volume, in whatever file system it lies."""

    def __init__(self, path_spec: Any, resolver_context: Any) -> None:
        self._path_spec = path_spec
        self._resolver_context = resolver_context
        self._folder: DfvfsFolder | None = None
        self._is_open = False

    def _open_folder(self) -> DfvfsFolder | None:
        if not self._is_open:
            self._is_open = True
            try:
                self._folder = open_parent_folder(
                    self._path_spec, self._resolver_context
                )
            except OSError:
                # Without its folder a volume is read alone; a stream that is missing
                # then says so.
                self._folder = None
        return self._folder

    def names(self) -> list[str]:
        """See `SiblingFinder`."""
        folder = self._open_folder()
        if folder is None:
            return []
        try:
            entries = folder.file_entries()
        except OSError:
            return []
        return [name for name, entry in entries.items() if entry.IsFile()]

    def open(self, name: str) -> ByteSource:
        """See `SiblingFinder`."""
        folder = self._open_folder()
        entry = folder.file_entries().get(name) if folder else None
        if entry is None:
            raise FileNotFoundError(name)
        try:
            file_object = entry.GetFileObject()
        except dfvfs_errors.Error as exception:
            raise OSError(str(exception)) from exception
        return FileSource(file_object, name)


def cache_size() -> int:
    """Bytes of decompressed chunks that each opened image keeps."""
    text = os.environ.get(CACHE_VARIABLE, "")
    if text.isdigit() and 0 < int(text) <= _MAXIMUM_CACHE_MIB:
        return int(text) * 1024 * 1024
    return DEFAULT_CACHE_SIZE


def open_volumes(path_spec: Any, resolver_context: Any) -> VolumeSet:
    """Opens the volumes that a path specification's parent is one of.

    Args:
        path_spec: AFF4 or AFF4L path specification.
        resolver_context: dfVFS resolver context.

    Returns:
        The volumes; an encrypted one as such, without its content.

    Raises:
        Aff4Error: if the volume cannot be opened.
        dfvfs.lib.errors.Error: if its file cannot be opened.
    """
    parent = path_spec.parent
    file_object = resolver.Resolver.OpenFileObject(
        parent, resolver_context=resolver_context
    )
    # A volume inside a volume that was passed through: the files lie beside the outer.
    file_path_spec = parent
    while (
        file_path_spec.type_indicator == type_indicators.TYPE_INDICATOR_AFF4
        and file_path_spec.HasParent()
    ):
        file_path_spec = file_path_spec.parent
    location = getattr(file_path_spec, "location", "") or ""
    name = location.replace("\\", "/").rpartition("/")[2] or parent.type_indicator
    return VolumeSet(
        FileSource(file_object, name),
        DfvfsSiblings(file_path_spec, resolver_context),
        own_name=name,
        cache_size=cache_size(),
    )


def decrypt_volumes(volumes: VolumeSet, path_spec: Any) -> ByteSource:
    """Opens the content of an encrypted volume with the key chain's password.

    Raises:
        EncryptedVolumeError: if the password is missing or wrong.
        Aff4Error: if the volume is damaged.
    """
    return open_encrypted(volumes, password_of(path_spec))


def password_of(path_spec: Any) -> str | None:
    """Password of a volume in the key chain, None if there is none."""
    password = resolver.Resolver.key_chain.GetCredential(path_spec, "password")
    if isinstance(password, bytes):
        return password.decode("utf-8", "replace")
    return None if password is None else str(password)


def accepts_password(volumes: VolumeSet) -> bool:
    """False if only the key of a certificate opens an encrypted volume."""
    bags = [
        volumes.graph.objects[urn]
        for stream in volumes.encrypted_streams
        for urn in stream.iris("keyBag")
        if urn in volumes.graph.objects
    ]
    return any("PasswordWrappedKeyBag" in bag.types for bag in bags)


def inner_volumes(source: ByteSource) -> VolumeSet:
    """Opens the volume that was inside an encrypted one."""
    return VolumeSet(source, cache_size=cache_size())


__all__ = [
    "CACHE_VARIABLE",
    "Aff4Error",
    "DfvfsSiblings",
    "accepts_password",
    "cache_size",
    "classify",
    "decrypt_volumes",
    "inner_volumes",
    "open_volumes",
    "password_of",
]
