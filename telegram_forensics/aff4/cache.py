"""A small least-recently-used cache, bounded by the bytes it holds."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Final

# Decompressed chunks of one opened image; `TELEGRAM_FORENSICS_AFF4_CACHE` changes it.
DEFAULT_CACHE_SIZE: Final = 8 * 1024 * 1024


class ByteCache:
    """Byte strings by key; the oldest ones go when it is full."""

    def __init__(self, maximum: int = DEFAULT_CACHE_SIZE) -> None:
        self._maximum = maximum
        self._size = 0
        self._items: OrderedDict[Hashable, bytes] = OrderedDict()

    @property
    def size(self) -> int:
        """Bytes held."""
        return self._size

    def get(self, key: Hashable) -> bytes | None:
        """Looks a value up."""
        value = self._items.get(key)
        if value is not None:
            self._items.move_to_end(key)
        return value

    def put(self, key: Hashable, value: bytes) -> None:
        """Adds a value."""
        old = self._items.pop(key, None)
        if old is not None:
            self._size -= len(old)
        self._items[key] = value
        self._size += len(value)
        while self._size > self._maximum and len(self._items) > 1:
            _, dropped = self._items.popitem(last=False)
            self._size -= len(dropped)
