"""AFF4 volumes in folders of the running system."""

from __future__ import annotations

import os
import pathlib

from telegram_forensics.aff4.cache import DEFAULT_CACHE_SIZE
from telegram_forensics.aff4.encryption import open_encrypted
from telegram_forensics.aff4.source import ByteSource, FileSource
from telegram_forensics.aff4.volume_set import VolumeSet


class LocalSiblings:
    """Files beside a volume; see `SiblingFinder`."""

    def __init__(self, folder: pathlib.Path) -> None:
        self._folder = folder

    def names(self) -> list[str]:
        """Names of the files of the folder."""
        with os.scandir(self._folder) as entries:
            return [entry.name for entry in entries if entry.is_file()]

    def open(self, name: str) -> ByteSource:
        """Opens one of them, read-only."""
        return FileSource(open(self._folder / name, "rb"), name)


def open_path(
    path: str | os.PathLike[str],
    *,
    password: str | None = None,
    cache_size: int = DEFAULT_CACHE_SIZE,
) -> VolumeSet:
    """Opens a volume and those that belong to it.

    Args:
        path: file of any of the volumes.
        password: for an encrypted volume, whose content is then opened.
        cache_size: bytes of decompressed chunks to keep.

    Raises:
        NotAff4Error: if the file is no AFF4 volume.
        EncryptedVolumeError: if it is encrypted and the password does not fit.
        Aff4Error: if it is damaged.
        OSError: if it cannot be opened.
    """
    absolute = pathlib.Path(path).absolute()
    siblings = LocalSiblings(absolute.parent)
    volumes = VolumeSet(
        siblings.open(absolute.name),
        siblings,
        own_name=absolute.name,
        cache_size=cache_size,
    )
    if volumes.encrypted_streams:
        source = open_encrypted(volumes, password)
        volumes = VolumeSet(source, cache_size=cache_size)
    return volumes
