"""Makes items of localStorage and records of IndexedDB for tests."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from telegram_forensics.formats import telegram_web_history as history
from telegram_forensics.formats.telegram_web_store import StoredValue
from telegram_forensics.formats.telegram_web_values import Source, StoredText

SECOND = 1_000_000
# 2024-02-11 08:14:27 UTC.
LOGIN = 1_707_639_267


def key(name: str | int) -> str:
    """A made-up authorization key, hexadecimal."""
    parts = [hashlib.sha256(f"{name} {n}".encode()).hexdigest() for n in range(8)]
    return "".join(parts)


def identifier(name: str | int) -> str:
    """Session identifier of a made-up key, computed apart from the library."""
    digest = hashlib.sha1(bytes.fromhex(key(name))).digest()
    return f"{int.from_bytes(digest[12:20], 'little'):016x}"


def commit(
    number: int,
    puts: dict[str, Any],
    deletes: tuple[str, ...] = (),
    *,
    is_complete: bool = True,
    time: int | None = None,
) -> list[StoredText]:
    """A commit: values are written as JSON, texts of a tuple as they are."""
    moment = (LOGIN + 100 * number) * SECOND if time is None else time
    found = []
    for place, name in enumerate([*puts, *deletes]):
        value = puts.get(name)
        text = None
        if name in puts:
            text = value[0] if isinstance(value, tuple) else json.dumps(value)
        source = Source("000003.log", number, 100 * number + place, time=moment or None)
        found.append(StoredText(name, text, source, number, is_complete))
    return found


def read(*commits: list[StoredText]) -> history.WebHistory:
    """Reads a history."""
    return history.read_history([item for items in commits for item in items])


def record(
    database: str,
    store: str,
    name: str,
    value: Any,
    sequence: int = 1,
    state: str = "current",
    replaced: int | None = None,
) -> StoredValue:
    """A record of IndexedDB."""
    source = Source("000003.log", 0, sequence, state, replaced=replaced)
    return StoredValue(database, store, name, value, source)
