"""Values that Telegram's web clients keep in browser storage: what both halves share.

Specification: formats/telegram_web.md sections 1 to 3. Clients: Webogram, Web Z/A and
Web K; all of them share one origin, and so one storage.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, Final

from telegram_forensics.formats.tdesktop_crypto import auth_key_identifier

WEBOGRAM: Final = "Telegram Web (Webogram)"
WEB_K: Final = "Telegram Web K"
WEB_A: Final = "Telegram Web A"
WEB_Z: Final = "Telegram Web Z"
WEB: Final = "Telegram Web"

# Web K has 4 accounts, Web A 6; a few more cost nothing.
MAXIMUM_SLOTS: Final = 16
DATA_CENTERS: Final = range(1, 6)
_KEY: Final = re.compile(r"[0-9a-fA-F]{512}")
_HASH: Final = re.compile(r"[0-9a-fA-F]{40}")
_MAXIMUM_IDENTIFIER: Final = 2**63
# From 2013, before the first client, to 2100.
_FIRST_SECOND, _LAST_SECOND = 1_356_998_400, 4_102_444_800


@dataclass(slots=True)
class Source:
    """Where a stored value stands and what became of it.

    Attributes:
        file: name of the file, None for the file that was opened.
        offset: byte offset of the record in it, None where rows have none.
        sequence: number of the change in LevelDB.
        state: `current`, `overwritten`, `removed` or `damaged`.
        time: commit that wrote the value, microseconds since 1970 UTC, None if unknown.
        earliest, latest: bounds of it where it lies between two commits.
        time_basis: how the time is known, see `browser_local_storage.TimeBasis`.
        recovery: how a value that no live record holds was found.
        replaced: number of the change that replaced or removed the value.
    """

    file: str | None = None
    offset: int | None = None
    sequence: int | None = None
    state: str = "current"
    time: int | None = None
    earliest: int | None = None
    latest: int | None = None
    time_basis: str | None = None
    recovery: str | None = None
    replaced: int | None = None


@dataclass(slots=True)
class StoredText:
    """An item of localStorage, or that it was removed.

    Attributes:
        key: name of the item.
        value: its text, None where the record removes it.
        source: where it stands.
        commit: what the records of one commit share, None if that is not known.
        is_complete: no change before it is missing: what is not there before it was
            not there then.
    """

    key: str
    value: str | None
    source: Source
    commit: Hashable = None
    is_complete: bool = False


def parse_json(text: str | None) -> Any:
    """The value of a text: JSON, or the text itself where it is none."""
    if text is None:
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        # Also a number of more digits than Python converts.
        return text


def read_number(value: Any) -> int | None:
    """A whole number; JavaScript stores large ones as floating point numbers."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float):
        if not math.isfinite(value) or value != int(value):
            return None
        value = int(value)
    if isinstance(value, str):
        if not re.fullmatch(r"-?[0-9]{1,19}", value):
            return None
        value = int(value)
    if not isinstance(value, int) or not -_MAXIMUM_IDENTIFIER <= value < (
        _MAXIMUM_IDENTIFIER
    ):
        return None
    return value


def read_identifier(value: Any) -> str | None:
    """A positive identifier, such as of a user, as decimal digits."""
    number = read_number(value)
    return str(number) if number is not None and number > 0 else None


def read_data_center(value: Any) -> int | None:
    """Number of a data center."""
    number = read_number(value)
    return number if number in DATA_CENTERS else None


def read_seconds(value: Any) -> int | None:
    """A time in seconds since 1970 UTC, in microseconds."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # Also False for what is no number or infinite.
    if not _FIRST_SECOND <= value <= _LAST_SECOND:
        return None
    return round(value * 1_000_000)


def read_milliseconds(value: Any) -> int | None:
    """A time in milliseconds since 1970 UTC, in microseconds."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not _FIRST_SECOND * 1000 <= value <= _LAST_SECOND * 1000:
        return None
    return round(value * 1000)


def read_text(value: Any) -> str | None:
    """A text that is not empty; halves of surrogate pairs are replaced.

    JavaScript keeps a half of a pair, which no output can store.
    """
    return clean_text(value) if isinstance(value, str) and value else None


def clean_text(text: str) -> str:
    """A text in which halves of surrogate pairs are replaced by U+FFFD."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def read_key(value: Any) -> str | None:
    """Identifier of an authorization key: from the key itself.

    Args:
        value: 512 hexadecimal digits, or the 256 bytes.
    """
    if isinstance(value, str) and _KEY.fullmatch(value):
        return auth_key_identifier(bytes.fromhex(value))
    if isinstance(value, bytes) and len(value) == 256:
        return auth_key_identifier(value)
    return None


def read_key_hash(value: Any) -> str | None:
    """Identifier of an authorization key: from the whole SHA-1 of the key.

    Args:
        value: 40 hexadecimal digits, or the 20 bytes.
    """
    if isinstance(value, str) and _HASH.fullmatch(value):
        value = bytes.fromhex(value)
    if not isinstance(value, bytes) or len(value) != 20:
        return None
    return value[-1:-9:-1].hex()
