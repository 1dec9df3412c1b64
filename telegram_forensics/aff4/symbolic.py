"""Streams that have no bytes of their own.

Specification: formats/aff4.md section 5.1. The words of UnknownData and UnreadableData
are filler, not evidence: ranges of them are told apart by `is_filler`.
"""

from __future__ import annotations

import functools
import re
from typing import Final

from telegram_forensics.aff4 import lexicon

_RESTART: Final = 1 << 20
_WORDS: Final = {
    "UnknownData": b"UNKNOWN",
    "UnreadableData": b"UNREADABLEDATA",
}


class SymbolicStream:
    """An endless stream.

    Attributes:
        name: local name of its IRI, e.g. `Zero`.
        is_constant: all bytes are equal.
        is_filler: it stands for what was not or could not be acquired.
    """

    __slots__ = ("_word", "is_constant", "is_filler", "name")

    def __init__(self, name: str, word: bytes) -> None:
        self.name = name
        self.is_constant = len(word) == 1
        self.is_filler = name in _WORDS
        self._word = word

    def read(self, offset: int, size: int) -> bytes:
        """Reads `size` bytes from any offset."""
        if self.is_constant:
            return self._word * size
        start = offset % _RESTART
        repeats = (start + size + _RESTART - 1) // _RESTART
        return (_period(self._word) * repeats)[start : start + size]


@functools.cache
def _period(word: bytes) -> bytes:
    return (word * (_RESTART // len(word) + 1))[:_RESTART]


_CACHE: dict[str, SymbolicStream] = {}


def symbolic_stream(iri: str) -> SymbolicStream | None:
    """The symbolic stream of an IRI, None if the IRI is none."""
    found = _CACHE.get(iri)
    if found is None:
        name = lexicon.local_name(iri)
        word = None if name is None else _word(name)
        if name is None or word is None:
            return None
        found = _CACHE[iri] = SymbolicStream(name, word)
    return found


def _word(name: str) -> bytes | None:
    if name in ("Zero", "NoData"):
        return b"\0"
    if name in ("FF", "FFDevice"):
        return b"\xff"
    if name in _WORDS:
        return _WORDS[name]
    match = re.fullmatch(r"(?:SymbolicStream)?([0-9A-Fa-f]{2})", name)
    return bytes.fromhex(match[1]) if match else None
