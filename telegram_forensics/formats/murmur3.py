"""MurmurHash3 x86_32, with which Telegram's Postbox names its types and checks keys.

Specification: formats/apple_postbox.md sections 2.2 and 3 (seed 0xF7CA7FD2).
"""

from __future__ import annotations

import struct
from typing import Final

POSTBOX_SEED: Final = 0xF7CA7FD2

_MASK: Final = 0xFFFFFFFF
_FIRST: Final = 0xCC9E2D51
_SECOND: Final = 0x1B873593


def murmur3_32(data: bytes, seed: int = POSTBOX_SEED) -> int:
    """Hash of the data as a signed 32-bit number."""
    state = seed & _MASK
    whole = len(data) & ~3
    for (word,) in struct.iter_unpack("<I", data[:whole]):
        state ^= _scramble(word)
        state = (state << 13 | state >> 19) & _MASK
        state = (state * 5 + 0xE6546B64) & _MASK
    if len(data) > whole:
        state ^= _scramble(int.from_bytes(data[whole:], "little"))
    state ^= len(data)
    state ^= state >> 16
    state = state * 0x85EBCA6B & _MASK
    state ^= state >> 13
    state = state * 0xC2B2AE35 & _MASK
    state ^= state >> 16
    return state - (1 << 32) if state >> 31 else state


def _scramble(word: int) -> int:
    word = word * _FIRST & _MASK
    word = (word << 15 | word >> 17) & _MASK
    return word * _SECOND & _MASK
