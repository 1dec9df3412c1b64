"""The cache databases in the tree of a decrypted Telegram Desktop storage.

    /accounts/<index>/cache/<generation>/binlog         the index, decrypted
    /accounts/<index>/cache/<generation>/<XX>/<NAME>_<meaning>.<extension>
    /accounts/<index>/media_cache/...                   streamed media, in slices
    /accounts/<index>/media_cache/<generation>/joined/  the same, joined

A cache can hold tens of thousands of files, so nothing is listed before it is asked
for: a location is looked up by its parts. The extension comes from the first bytes of
the content; values that no index names any more are `..._unindexed`, with up to 15
bytes of padding at their end, since their size is not known.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Final

from telegram_forensics.formats import tdesktop_cache as cache
from telegram_forensics.formats import tdesktop_tdef as tdef
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.file_types import file_type
from telegram_forensics.formats.tdesktop_cache_keys import (
    KeyMeaning,
    cache_key_meaning,
    media_cache_key_meaning,
)
from telegram_forensics.formats.tdesktop_storage import Account
from telegram_forensics.vfs.folder import DfvfsFolder
from telegram_forensics.vfs.tdata_joined_media import (
    FOLDER_NAME,
    JoinedMedia,
    MediaJoiner,
)
from telegram_forensics.vfs.tdata_node import Node

KINDS: Final[dict[str, Callable[[cache.CacheKey], KeyMeaning]]] = {
    "cache": cache_key_meaning,
    "media_cache": media_cache_key_meaning,
}
_NAME_LENGTH: Final = 12
_HEAD_SIZE: Final = 64
_HEX: Final = frozenset("0123456789ABCDEF")


class CacheTree:
    """One cache database of an account.

    Attributes:
        prefix: location in the tree.
        folder: dfVFS folder of the database (`user_data/cache`).
    """

    def __init__(
        self, prefix: str, folder: DfvfsFolder, account: Account, kind: str
    ) -> None:
        self.prefix = prefix
        self.folder = folder
        self._account = account
        self._has_slices = kind == "media_cache"
        self._joiners: dict[str, MediaJoiner | None] = {}
        self._meaning = KINDS[kind]
        self._entries: dict[str, dict[str, cache.Store]] = {}
        self._indexes: dict[str, cache.CacheIndex | None] = {}
        self._folders: dict[str, DfvfsFolder | None] = {}

    def generations(self) -> list[str]:
        """Names of the generations' folders."""
        entries = self.folder.file_entries()
        names = (name for name in entries if name.isdigit())
        return sorted(name for name in names if entries[name].IsDirectory())

    def index(self, generation: str) -> cache.CacheIndex | None:
        """The replayed index of a generation, None if it is missing or unreadable."""
        if generation not in self._indexes:
            folder = self._open(generation)
            try:
                data = self._read_value(folder, "binlog", cache.MAXIMUM_SIZE)
                self._indexes[generation] = cache.read_index(data)
            except (FormatError, OSError):
                # The parser reports a damaged index, with its reason.
                self._indexes[generation] = None
        return self._indexes[generation]

    def get(self, location: str) -> Node | None:
        """The node of a location below `prefix`, None if there is none."""
        parts = location[len(self.prefix) :].strip("/").split("/")
        if parts == [""]:
            return self._folder_node(self.prefix, self._list_generations)
        if not parts[0].isdigit() or self._open(parts[0]) is None:
            return None
        if len(parts) == 1:
            return self._folder_node(
                f"{self.prefix}/{parts[0]}",
                functools.partial(self._list_generation, parts[0]),
            )
        if parts[1:] == ["binlog"]:
            return self._index_node(parts[0])
        if parts[1] == FOLDER_NAME:
            return self._get_joined(parts)
        return self._get_below(location, parts)

    def _get_below(self, location: str, parts: list[str]) -> Node | None:
        sub_folder = self._open(f"{parts[0]}/{parts[1]}")
        if sub_folder is None or not _is_hex(parts[1], 2):
            return None
        if len(parts) == 2:
            return self._folder_node(
                f"{self.prefix}/{parts[0]}/{parts[1]}",
                functools.partial(self._list_values, parts[0], parts[1]),
            )
        if len(parts) > 3:
            return None
        node = self._value_node(parts[0], parts[1], parts[2][:_NAME_LENGTH])
        return node if node is not None and node.location == location else None

    def _get_joined(self, parts: list[str]) -> Node | None:
        if len(parts) == 2:
            return next(self._list_joined_folder(parts[0]), None)
        joiner = self._joiner(parts[0])
        if len(parts) > 3 or joiner is None:
            return None
        joined = joiner.get(parts[2])
        return None if joined is None else self._joined_node(parts[0], joined)

    def _joiner(self, generation: str) -> MediaJoiner | None:
        if generation not in self._joiners:
            folder = self._open(generation) if self._has_slices else None
            index = self.index(generation) if folder else None
            self._joiners[generation] = (
                MediaJoiner(folder, self._account.local_keys, index)
                if folder is not None and index is not None
                else None
            )
        return self._joiners[generation]

    def _joined_node(self, generation: str, joined: JoinedMedia) -> Node:
        return Node(
            f"{self.prefix}/{generation}/{FOLDER_NAME}/{joined.name}",
            stream=joined,
            source=joined.times,
            note=joined.note,
        )

    def _list_joined(self, generation: str) -> Iterator[Node]:
        joiner = self._joiner(generation)
        for joined in joiner.files() if joiner else ():
            if not joined.is_too_sparse:
                yield self._joined_node(generation, joined)

    def _list_joined_folder(self, generation: str) -> Iterator[Node]:
        """The folder of joined files, nothing if there are none."""
        if next(self._list_joined(generation), None) is not None:
            yield self._folder_node(
                f"{self.prefix}/{generation}/{FOLDER_NAME}",
                functools.partial(self._list_joined, generation),
            )

    def files(self) -> Iterator[Node]:
        """All files, one after the other."""
        for generation in self.generations():
            index = self._index_node(generation)
            if index is not None:
                yield index
            for name in self._sub_folders(generation):
                yield from self._list_values(generation, name)
            yield from self._list_joined(generation)

    def _folder_node(self, location: str, lister: Callable[[], Iterator[Node]]) -> Node:
        return Node(location, list_children=lister)

    def _list_generations(self) -> Iterator[Node]:
        for generation in self.generations():
            node = self.get(f"{self.prefix}/{generation}")
            if node is not None:
                yield node

    def _list_generation(self, generation: str) -> Iterator[Node]:
        index = self._index_node(generation)
        if index is not None:
            yield index
        for name in self._sub_folders(generation):
            yield self._folder_node(
                f"{self.prefix}/{generation}/{name}",
                functools.partial(self._list_values, generation, name),
            )
        yield from self._list_joined_folder(generation)

    def _sub_folders(self, generation: str) -> list[str]:
        folder = self._open(generation)
        if folder is None:
            return []
        return sorted(
            name
            for name, entry in folder.file_entries().items()
            if _is_hex(name, 2) and entry.IsDirectory()
        )

    def _list_values(self, generation: str, name: str) -> Iterator[Node]:
        folder = self._open(f"{generation}/{name}")
        if folder is None:
            return
        for child in sorted(folder.file_entries()):
            if _is_hex(child, _NAME_LENGTH):
                node = self._value_node(generation, name, child)
                if node is not None:
                    yield node

    def _open(self, path: str) -> DfvfsFolder | None:
        """A folder of the database; kept, since its listing is asked for often."""
        if path not in self._folders:
            parent, _, name = path.rpartition("/")
            upper = self._open(parent) if parent else self.folder
            if len(self._folders) > 512:
                self._folders.clear()
            self._folders[path] = upper.folder(name) if upper else None
        return self._folders[path]

    def _index_node(self, generation: str) -> Node | None:
        folder = self._open(generation)
        source = folder.file_entries().get("binlog") if folder else None
        if source is None or not source.IsFile():
            return None
        return Node(
            f"{self.prefix}/{generation}/binlog",
            functools.partial(self._read_value, folder, "binlog", cache.MAXIMUM_SIZE),
            source=source,
        )

    def _stores(self, generation: str) -> dict[str, cache.Store]:
        """Live entries by the path of their value file."""
        if generation not in self._entries:
            index = self.index(generation)
            stores = index.entries.values() if index else ()
            self._entries[generation] = {store.path: store for store in stores}
        return self._entries[generation]

    def _value_node(self, generation: str, name: str, child: str) -> Node | None:
        folder = self._open(f"{generation}/{name}")
        source = folder.file_entries().get(child) if folder else None
        if folder is None or source is None or not source.IsFile():
            return None
        store = self._stores(generation).get(f"{name}/{child}")
        try:
            extension, _ = file_type(self._read_head(folder, child))
        except (FormatError, OSError):
            extension = "damaged"
        label = self._meaning(store.key).label if store else "unindexed"
        index = self.index(generation)
        return Node(
            f"{self.prefix}/{generation}/{name}/{child}_{label}.{extension}",
            functools.partial(self._read, folder, child, store),
            source=source,
            access_time=index.last_used.get(store.key) if index and store else None,
        )

    def _read_head(self, folder: DfvfsFolder, name: str) -> bytes:
        head = folder.read_head(name, tdef.DATA_OFFSET + _HEAD_SIZE)
        return self._decrypt(head)[:_HEAD_SIZE]

    def _read_value(self, folder: DfvfsFolder | None, name: str, maximum: int) -> bytes:
        if folder is None:
            raise FileNotFoundError(name)
        return self._decrypt(folder.read(name, maximum))

    def _read(self, folder: DfvfsFolder, name: str, store: cache.Store | None) -> bytes:
        data = self._decrypt(folder.read(name))
        return data if store is None else data[: store.size]

    def _decrypt(self, data: bytes) -> bytes:
        for key in self._account.local_keys:
            result = tdef.decrypt_tdef(data, key)
            if result.is_verified:
                return result.data
        raise FormatError(
            tdef.HEADER_OFFSET, "no key of this storage fits, or the header is damaged"
        )


def _is_hex(text: str, length: int) -> bool:
    return len(text) == length and _HEX.issuperset(text)
