"""Metadata of logical files, held compactly.

Specification: formats/aff4.md section 7.1. A logical image has an object for each file;
as general objects 100,000 of them take 300 MB. Here a file is one record with a handful
of strings; everything rare goes into `extra`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import Final

from telegram_forensics.aff4 import lexicon
from telegram_forensics.aff4.graph import class_name, property_name
from telegram_forensics.aff4.turtle import Literal, Node

TIME_NAMES: Final = ("birthTime", "lastWritten", "lastAccessed", "recordChanged")
_SEPARATOR: Final = "\x1f"
_IGNORED: Final = frozenset({"stored", "child", "contains", "collidingDataStream"})
_MAXIMUM_UNWRAPPING: Final = 16


class FileRecord:
    """One file or folder as the metadata describes it.

    Attributes:
        urn: its URN.
        name: original path as it was given to the tool, "" if unknown.
        size: bytes, None if not recorded.
        is_folder: True for a folder.
        extra: rare properties, name -> values; None if there are none.
    """

    __slots__ = ("_hashes", "_times", "extra", "is_folder", "name", "size", "urn")

    def __init__(self, urn: str) -> None:
        self.urn = urn
        self.name = ""
        self.size: int | None = None
        self.is_folder = False
        self.extra: dict[str, list[Node]] | None = None
        self._times = _SEPARATOR * (len(TIME_NAMES) - 1)
        self._hashes = ""

    @property
    def times(self) -> dict[str, str]:
        """Recorded times as written (ISO 8601), by property name."""
        values = zip(TIME_NAMES, self._times.split(_SEPARATOR), strict=True)
        return {name: text for name, text in values if text}

    @property
    def hashes(self) -> list[tuple[str, str]]:
        """Recorded hashes: (algorithm, lower-case hex)."""
        pairs = (item.partition(":") for item in self._hashes.split(_SEPARATOR) if item)
        return [(algorithm, value) for algorithm, _, value in pairs]

    def add(self, pairs: Iterable[tuple[str, Node]]) -> None:
        """Adds what a statement says; of a repeated value the last one counts."""
        times = None
        for predicate, node in pairs:
            name = property_name(predicate)
            if name == lexicon.TYPE:
                self.is_folder |= class_name(str(node)) in ("Folder", "FolderImage")
            elif name == "originalFileName" and isinstance(node, Literal):
                self.name = unwrap_name(node.text)
            elif name == "size" and isinstance(node, Literal):
                if node.text.isdigit() and len(node.text) < 20:
                    self.size = int(node.text)
            elif name in TIME_NAMES and isinstance(node, Literal):
                times = times or self._times.split(_SEPARATOR)
                times[TIME_NAMES.index(name)] = node.text.replace(_SEPARATOR, "")
            elif name == "hash" and isinstance(node, Literal):
                algorithm = lexicon.local_name(node.datatype) or node.datatype
                item = f"{algorithm}:{node.text.lower()}"
                if item not in self._hashes.split(_SEPARATOR):
                    self._hashes += f"{item}{_SEPARATOR}"
            elif name not in _IGNORED:
                self.extra = self.extra or {}
                self.extra.setdefault(name, []).append(node)
        if times:
            self._times = _SEPARATOR.join(times)


def unwrap_name(text: str) -> str:
    """Undoes what pyaff4 does to names with a current rdflib.

    It writes the repr of the bytes, `b'./src/\\xd0\\x90.txt'`, and wraps it once more
    at each append.
    """
    for _ in range(_MAXIMUM_UNWRAPPING):
        if len(text) < 3 or text[0] != "b" or text[1] not in "'\"":
            break
        if text[-1] != text[1]:
            break
        try:
            value = ast.literal_eval(text)
            text = value.decode("utf-8")
        except (ValueError, SyntaxError, UnicodeDecodeError, AttributeError):
            break
    return text
