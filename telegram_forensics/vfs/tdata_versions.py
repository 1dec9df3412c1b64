"""Other versions of a tdata folder in the same evidence: shadow copies, and copies.

A locked storage can be opened with a key file of before the passcode was set (see
`formats.tdesktop_other_keys`). It is looked for in the volume shadow copies of the same
NTFS volume, whichever of them the examiner chose to process, in the live volume if the
storage at hand lies in a shadow copy, and in the folders beside tdata.
"""

from __future__ import annotations

import collections
from collections.abc import Iterator
from typing import Any, Final

from dfvfs.lib import definitions
from dfvfs.lib import errors as dfvfs_errors
from dfvfs.path import factory
from dfvfs.resolver import resolver

from telegram_forensics.formats import tdesktop_slots
from telegram_forensics.formats import tdesktop_storage
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.tdesktop_other_keys import OtherKeyFile
from telegram_forensics.formats.tdesktop_passcodes import Passcodes
from telegram_forensics.vfs.folder import DfvfsFolder, open_parent_folder

_MAXIMUM_KEY_FILE_SIZE: Final = 1024 * 1024
# Windows keeps 64 shadow copies of a volume.
_MAXIMUM_STORES: Final = 64
_MAXIMUM_NEIGHBOURS: Final = 256
_MAXIMUM_CACHED_FOLDERS: Final = 64

# Key files elsewhere by folder and logical name: every file of a locked storage asks.
_cache: collections.OrderedDict[tuple[str, str], list[OtherKeyFile]] = (
    collections.OrderedDict()
)


def make_storage(
    folder: DfvfsFolder,
    resolver_context: Any,
    passcodes: Passcodes | None = None,
    **options: Any,
) -> tdesktop_storage.TdataStorage:
    """Makes the reader of a tdata folder that knows of its other versions.

    Args:
        folder: the tdata folder.
        resolver_context: dfVFS resolver context.
        passcodes: candidates for the local passcode.
        options: see `TdataStorage`.
    """

    def find(logical_name: str) -> Iterator[OtherKeyFile]:
        yield from other_key_files(folder, logical_name, resolver_context)

    return tdesktop_storage.TdataStorage(
        folder, passcodes, other_key_files=find, **options
    )


def other_key_files(
    folder: DfvfsFolder, logical_name: str, resolver_context: Any
) -> list[OtherKeyFile]:
    """Key files of a data set in other versions and copies of a tdata folder.

    Args:
        folder: the tdata folder.
        logical_name: name of the key file without its suffix, such as `key_data`.
        resolver_context: dfVFS resolver context.

    Returns:
        Key files with different contents, the most likely first.
    """
    cache_key = (folder.file_entry.path_spec.comparable, logical_name)
    found = _cache.get(cache_key)
    if found is None:
        found = []
        seen = set(_read_key_files(folder, logical_name))
        for source, other in _other_folders(folder, resolver_context):
            for data in _read_key_files(other, logical_name):
                if data not in seen:
                    seen.add(data)
                    found.append(OtherKeyFile(source, data))
        _cache[cache_key] = found
        if len(_cache) > _MAXIMUM_CACHED_FOLDERS:
            _cache.popitem(last=False)
    return found


def _read_key_files(folder: DfvfsFolder, logical_name: str) -> list[bytes]:
    """Contents of the slots of a key file; those that cannot be read are left out."""
    contents = []
    try:
        slots = tdesktop_slots.ordered_slots(folder.entries(), logical_name)
    except OSError:
        return []
    for name in slots:
        try:
            contents.append(folder.read(name, _MAXIMUM_KEY_FILE_SIZE))
        except (FormatError, OSError):
            # Where the file is processed itself, it reports its own damage.
            continue
    return contents


def _other_folders(
    folder: DfvfsFolder, resolver_context: Any
) -> Iterator[tuple[str, DfvfsFolder]]:
    path_spec = folder.file_entry.path_spec
    location = getattr(path_spec, "location", None)
    if not location:
        return
    for source, volume in _other_volumes(path_spec, resolver_context):
        other = _open_folder(
            factory.Factory.NewPathSpec(
                path_spec.type_indicator, location=location, parent=volume
            ),
            resolver_context,
        )
        if other is not None:
            yield source, other
    yield from _neighbours(folder, resolver_context)


def _other_volumes(path_spec: Any, context: Any) -> Iterator[tuple[str, Any]]:
    """The same volume at other times, as path specifications."""
    if path_spec.type_indicator != definitions.TYPE_INDICATOR_NTFS:
        return
    volume = path_spec.parent
    own_index = None
    if volume.type_indicator == definitions.TYPE_INDICATOR_VSHADOW:
        own_index = getattr(volume, "store_index", None)
        if own_index is None:
            own_index = _store_index(getattr(volume, "location", None))
        volume = volume.parent
        yield "the live volume", volume
    root = factory.Factory.NewPathSpec(
        definitions.TYPE_INDICATOR_VSHADOW, location="/", parent=volume
    )
    try:
        file_system = resolver.Resolver.OpenFileSystem(root, resolver_context=context)
        root_entry = file_system.GetRootFileEntry()
        number_of_stores = root_entry.number_of_sub_file_entries if root_entry else 0
    except (dfvfs_errors.Error, OSError):
        # A volume without shadow copies.
        return
    # The newest first: it is the most like the volume of today.
    for index in reversed(range(min(number_of_stores, _MAXIMUM_STORES))):
        if index != own_index:
            yield (
                f"shadow copy vss{index + 1}",
                factory.Factory.NewPathSpec(
                    definitions.TYPE_INDICATOR_VSHADOW,
                    location=f"/vss{index + 1}",
                    parent=volume,
                    store_index=index,
                ),
            )


def _store_index(location: str | None) -> int | None:
    number = (location or "").removeprefix("/vss")
    return int(number) - 1 if number.isdecimal() else None


def _open_folder(path_spec: Any, context: Any) -> DfvfsFolder | None:
    try:
        file_entry = resolver.Resolver.OpenFileEntry(
            path_spec, resolver_context=context
        )
    except (dfvfs_errors.Error, OSError):
        return None
    if file_entry is None or not file_entry.IsDirectory():
        return None
    return DfvfsFolder(file_entry)


def _neighbours(
    folder: DfvfsFolder, resolver_context: Any
) -> Iterator[tuple[str, DfvfsFolder]]:
    """Folders beside a tdata folder: copies and backups are often made there."""
    own_name = folder.file_entry.name
    try:
        parent = open_parent_folder(folder.file_entry.path_spec, resolver_context)
        entries = parent.file_entries() if parent is not None else {}
    except OSError:
        return
    number = 0
    for name in sorted(entries):
        if name == own_name or not entries[name].IsDirectory():
            continue
        number += 1
        if number > _MAXIMUM_NEIGHBOURS:
            return
        yield f"the folder {name!r} beside it", DfvfsFolder(entries[name])
