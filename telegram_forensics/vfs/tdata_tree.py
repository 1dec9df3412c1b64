"""The file tree of a decrypted Telegram Desktop storage.

    /settings                            global settings (readable without passcode)
    /accounts/<index>/mtp_authorization  the login: listed, content withheld
    /accounts/<index>/map
    /accounts/<index>/locations ...      each data file by the name of its map entry
    /accounts/<index>/draft/<NAME>       where the map names several, by file name
    /accounts/<index>/unreferenced/<NAME>  files that no map names any more
    .../<name>.slot_<suffix>             older or temporary slots of the same file
    /accounts/<index>/cache/...          see tdata_cache_tree

An account whose index is unknown has its folder name instead. The tree holds only what
the given passcodes open.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

from telegram_forensics.formats import tdesktop_encrypted_file as encrypted_file
from telegram_forensics.formats import tdesktop_names as names
from telegram_forensics.formats import tdf
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.qds import QdsReader
from telegram_forensics.formats.tdesktop_crypto import settings_key
from telegram_forensics.formats.tdesktop_slots import ordered_slots
from telegram_forensics.formats.tdesktop_storage import Account, TdataStorage
from telegram_forensics.vfs.folder import DfvfsFolder
from telegram_forensics.vfs.tdata_cache_tree import KINDS, CacheTree
from telegram_forensics.vfs.tdata_node import Node

_CACHED_MEDIA_ROLES = ("image", "sticker_image", "audio")


class TdataTree:
    """All nodes of a storage.

    Attributes:
        nodes: location -> node, without what is in the caches.
        caches: cache databases.
    """

    def __init__(self, nodes: dict[str, Node], caches: list[CacheTree]) -> None:
        self.nodes = nodes
        self.caches = caches

    def get(self, location: str | None) -> Node | None:
        """The node of a location, None if there is none."""
        if location is None:
            return None
        node = self.nodes.get(location)
        if node is not None:
            return node
        for cache_tree in self.caches:
            if location.startswith(f"{cache_tree.prefix}/"):
                return cache_tree.get(location)
        return None

    def __contains__(self, location: object) -> bool:
        return isinstance(location, str) and self.get(location) is not None

    def files(self) -> Iterator[Node]:
        """All files, sorted by location, those of the caches last."""
        for _, node in sorted(self.nodes.items()):
            if not node.is_folder:
                yield node
        for cache_tree in self.caches:
            yield from cache_tree.files()


def build_tree(
    storage: TdataStorage, folder: DfvfsFolder, includes: Callable[[Account], bool]
) -> TdataTree:
    """Builds the tree.

    Args:
        storage: the storage, reading from `folder`.
        folder: the tdata folder.
        includes: whether an account belongs to this mount point.
    """
    builder = _Builder(folder)
    for location, name in _slot_locations(storage, "settings", "/settings"):
        builder.add(
            location, folder, name, functools.partial(read_settings_file, folder, name)
        )
    builder.add_folder("/accounts")
    for account in storage.accounts:
        if includes(account) and account.local_keys:
            _add_account(builder, account, folder)
            _add_caches(builder, account, folder)
    return TdataTree(builder.nodes, builder.caches)


def read_settings_file(folder: Any, name: str) -> bytes:
    """Decrypts a settings file, or another one with a salt as its first record.

    Raises:
        FormatError: if it is damaged.
        OSError: if it cannot be read.
    """
    data = folder.read(name)
    container = tdf.read_container(data)
    keys = [settings_key(container.record_data(0))]
    return encrypted_file.decrypt_file(data, keys, (1, tdf.HEADER_SIZE + 40)).data


class _Builder:
    def __init__(self, root: DfvfsFolder) -> None:
        self.nodes = {"/": Node("/")}
        self.caches: list[CacheTree] = []
        self.root = root

    def add_folder(self, location: str) -> Node:
        node = self.nodes.get(location)
        if node is None:
            node = self.nodes[location] = Node(location)
            parent, _, name = location.rpartition("/")
            self.add_folder(parent or "/").children[name] = node
        return node

    def add(
        self,
        location: str,
        folder: DfvfsFolder,
        name: str,
        read: Callable[[], bytes],
        is_secret: bool = False,
    ) -> None:
        parent, _, child = location.rpartition("/")
        source = folder.file_entries().get(name)
        node = Node(location, read, source=source, is_secret=is_secret)
        self.nodes[location] = node
        self.add_folder(parent or "/").children[child] = node


def _add_caches(builder: _Builder, account: Account, root: DfvfsFolder) -> None:
    if account.user_data_name is None:
        return
    user_data = root.folder(account.user_data_name)
    for kind in KINDS if user_data else ():
        folder = user_data.folder(kind) if user_data else None
        if folder is None:
            continue
        cache_tree = CacheTree(
            f"/accounts/{account.label}/{kind}", folder, account, kind
        )
        node = cache_tree.get(cache_tree.prefix)
        if node is not None:
            builder.caches.append(cache_tree)
            builder.nodes[node.location] = node
            builder.add_folder(f"/accounts/{account.label}").children[kind] = node


def _slot_locations(
    storage: TdataStorage, logical: str, location: str
) -> Iterator[tuple[str, str]]:
    yield from _numbered(ordered_slots(storage.entries, logical), location)


def _numbered(slots: list[str], location: str) -> Iterator[tuple[str, str]]:
    """The slot that counts gets the plain name, the others tell their suffix."""
    for number, name in enumerate(slots):
        slot_name = names.parse_name(name)
        suffix = slot_name.suffix.lstrip(".") if slot_name else name
        yield (location if number == 0 else f"{location}.slot_{suffix}"), name


def _add_account(builder: _Builder, account: Account, root: DfvfsFolder) -> None:
    base = f"/accounts/{account.label}"
    builder.add_folder(base)
    slots = [slot.name for slot in account.authorization_slots if slot.authorization]
    for location, name in _numbered(slots, f"{base}/mtp_authorization"):
        builder.add(
            location,
            root,
            name,
            functools.partial(_read_authorization, account, root, name),
            is_secret=True,
        )
    folder = account.folder
    if not isinstance(folder, DfvfsFolder):
        return
    slots = [slot.name for slot in account.map_slots if slot.account_map is not None]
    for location, name in _numbered(slots, f"{base}/map"):
        builder.add(
            location, folder, name, functools.partial(_read_map, account, folder, name)
        )
    for location, name in _data_files(account, base):
        role = location[len(base) + 1 :].partition("/")[0]
        read = functools.partial(_read, account, name)
        if role in _CACHED_MEDIA_ROLES:
            read = functools.partial(_read_media, account, name, role)
        builder.add(location, folder, name, read)


def _data_files(account: Account, base: str) -> Iterator[tuple[str, str]]:
    roles: dict[str, str] = {}
    for slot in account.map_slots:
        for item in slot.account_map.files if slot.account_map else ():
            # Several files of one role stand in a folder of that name.
            several = item.peer is not None or item.type in (0x03, 0x05, 0x06, 0x21)
            location = f"{base}/{item.role}"
            roles.setdefault(
                item.name, f"{location}/{item.name}" if several else location
            )
    logical_names = {
        slot_name.logical: slot_name.kind
        for name in account.folder_entries
        if (slot_name := names.parse_name(name))
    }
    taken: set[str] = set()
    for logical, kind in sorted(logical_names.items()):
        if kind is names.FileKind.CONFIG:
            location = f"{base}/config"
        elif kind is names.FileKind.HASHED:
            location = roles.get(logical, f"{base}/unreferenced/{logical}")
            if location in taken:
                location = f"{location}/{logical}"
        else:
            continue
        taken.add(location)
        yield from _numbered(ordered_slots(account.folder_entries, logical), location)


def _read_authorization(account: Account, root: DfvfsFolder, name: str) -> bytes:
    return encrypted_file.decrypt_file(root.read(name), account.local_keys).data


def _read(account: Account, name: str) -> bytes:
    return account.decrypt(name).data


def _read_media(account: Account, name: str, role: str) -> bytes:
    """A cached picture or voice message before 1.3.15, without its own header."""
    reader = QdsReader(account.decrypt(name).data)
    reader.raw(20 if role == "image" else 16)
    return reader.bytes()


def _read_map(account: Account, folder: DfvfsFolder, name: str) -> bytes:
    for slot in account.map_slots:
        if slot.name == name and slot.key and slot.key.key_file and slot.key.local_key:
            return slot.key.key_file.content(slot.key.local_key)
    try:
        data = folder.read(name)
        return encrypted_file.decrypt_file(
            data, account.local_keys, encrypted_file.MODERN_MAP
        ).data
    except FormatError as exception:
        raise FormatError(exception.offset, f"map: {exception.reason}") from exception
