"""Checks of recorded hashes: what was recorded, what came out.

Specification: formats/aff4.md section 6.
"""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from telegram_forensics.aff4 import lexicon
from telegram_forensics.aff4.errors import Aff4Error
from telegram_forensics.aff4.graph import Aff4Object
from telegram_forensics.aff4.map_stream import Stream
from telegram_forensics.aff4.turtle import Literal

ALGORITHMS: Final = {
    "MD5": "md5",
    "SHA1": "sha1",
    "SHA256": "sha256",
    "SHA512": "sha512",
    "Blake2b": "blake2b",
    "blake2b": "blake2b",
}
# Order in which block hashes enter the hash of a map.
BLOCK_ALGORITHMS: Final = ("md5", "sha1", "sha256", "sha512", "blake2b")
STEP: Final = 1 << 20

# Called with the number of bytes that have been read since the last call.
Progress = Callable[[int], None]


class Outcome(enum.Enum):
    """What came of one check."""

    MATCH = "match"
    MISMATCH = "MISMATCH"
    UNREADABLE = "UNREADABLE"
    UNKNOWN = "not checked"


@dataclass(frozen=True, slots=True)
class Check:
    """One recorded hash and what came of it.

    Attributes:
        urn: object that it is recorded for.
        what: what was hashed, in words.
        algorithm: name of the algorithm.
        recorded: recorded value, lower-case hex; "" for block hashes.
        computed: computed value, None if it could not be computed.
        outcome: the comparison.
        note: why it could not be computed, or where it went wrong.
    """

    urn: str
    what: str
    algorithm: str
    recorded: str
    computed: str | None
    outcome: Outcome
    note: str = ""


def recorded_hashes(item: Aff4Object, name: str) -> list[tuple[str, str]]:
    """Hashes of a property: (name of the datatype, lower-case hex)."""
    return [
        (lexicon.local_name(node.datatype) or node.datatype, node.text.lower())
        for node in item.properties.get(name, ())
        if isinstance(node, Literal)
    ]


def unreadable(
    urn: str, what: str, algorithm: str, recorded: str, reason: object
) -> Check:
    """A check that failed because data cannot be read."""
    return Check(urn, what, algorithm, recorded, None, Outcome.UNREADABLE, str(reason))


def unknown(urn: str, what: str, algorithm: str, recorded: str, reason: str) -> Check:
    """A check that cannot be made."""
    return Check(urn, what, algorithm, recorded, None, Outcome.UNKNOWN, reason)


def compute_check(
    urn: str,
    what: str,
    algorithm: str,
    recorded: str,
    compute: Callable[[], str | None],
) -> Check:
    """Compares with what is computed; None means that something is missing."""
    if algorithm.removeprefix("blockMapHash") not in ALGORITHMS:
        return unknown(urn, what, algorithm, recorded, "unknown algorithm")
    try:
        computed = compute()
    except Aff4Error as exception:
        return unreadable(urn, what, algorithm, recorded, exception)
    if computed is None:
        return unreadable(urn, what, algorithm, recorded, "segments are missing")
    return compare(urn, what, algorithm, recorded, computed)


def compare(urn: str, what: str, algorithm: str, recorded: str, computed: str) -> Check:
    """A check whose hash was computed."""
    outcome = Outcome.MATCH if recorded == computed else Outcome.MISMATCH
    return Check(urn, what, algorithm, recorded, computed, outcome)


def check_linear(
    urn: str,
    what: str,
    hashes: list[tuple[str, str]],
    open_stream: Callable[[], Stream],
    progress: Progress,
) -> Iterator[Check]:
    """Checks hashes over a whole stream, all in one pass."""
    contexts: dict[str, Any] = {}
    for algorithm, value in hashes:
        if algorithm in ALGORITHMS:
            contexts[algorithm] = hashlib.new(ALGORITHMS[algorithm])
        else:
            yield unknown(urn, what, algorithm, value, "unknown algorithm")
    if not contexts:
        return
    try:
        stream = open_stream()
        for offset in range(0, stream.size, STEP):
            data = stream.read_at(offset, min(STEP, stream.size - offset))
            for context in contexts.values():
                context.update(data)
            progress(len(data))
    except Aff4Error as exception:
        for algorithm, value in hashes:
            if algorithm in contexts:
                yield unreadable(urn, what, algorithm, value, exception)
        return
    for algorithm, value in hashes:
        if algorithm in contexts:
            yield compare(urn, what, algorithm, value, contexts[algorithm].hexdigest())
