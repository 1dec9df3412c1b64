"""A file or folder in the tree of a decrypted Telegram Desktop storage."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol


class Stream(Protocol):
    """Content that is read where it is needed."""

    @property
    def size(self) -> int:
        """Number of bytes."""

    def read_at(self, offset: int, size: int) -> bytes:
        """Reads at an offset; raises FormatError or OSError."""


@dataclass(slots=True)
class Node:
    """A file or folder of the tree.

    Attributes:
        location: path from the root, "/" separated.
        read: returns the decrypted content, None for a folder or with `stream`. Raises
            FormatError or OSError.
        stream: `size` and `read_at` of a content that may be too large to hold.
        source: dfVFS file entry of the encrypted file, or other holder of its times,
            None for a folder.
        is_secret: the content is a live login.
        children: sub nodes by name.
        list_children: lists the sub nodes where there are too many to hold.
        access_time: last use that the client itself recorded, Unix time (seconds,
            UTC), None if it recorded none.
        note: what a manifest has to say of the content, "" if nothing.
    """

    location: str
    read: Callable[[], bytes] | None = None
    stream: Stream | None = None
    source: Any = None
    is_secret: bool = False
    children: dict[str, Node] = field(default_factory=dict)
    list_children: Callable[[], Iterator[Node]] | None = None
    access_time: int | None = None
    note: str = ""

    @property
    def is_folder(self) -> bool:
        """True for a folder."""
        return self.read is None and self.stream is None

    @property
    def name(self) -> str:
        """Last part of the location, empty for the root."""
        return self.location.rpartition("/")[2]

    def sub_nodes(self) -> Iterator[Node]:
        """What lies in a folder, sorted by name."""
        if self.list_children is not None:
            yield from self.list_children()
        for _, node in sorted(self.children.items()):
            yield node
