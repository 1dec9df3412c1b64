"""Files beside TDLib's own: Telegram X's list of accounts, the library's text log.

Specification: formats/tdlib.md sections 1.1 and 9.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from telegram_forensics.formats.errors import FormatError

_HEAD: Final = struct.Struct(">ii")
_LAYOUTS: Final = {17: ">Biqi", 21: ">Bqqi", 24: ">iqqi"}
_FLAGS: Final = (
    "unauthorized",
    "test servers",
    "no keep-alive",
    "unprocessed pushes",
    "device token registered",
    "logging out",
    "no private data",
    "notifications disabled",
    "no pending notifications",
    "service",
    "unfinished service work",
)
_MAXIMUM_ACCOUNTS: Final = 1000
_LINE: Final = re.compile(
    r"\[ ?(?P<level>[0-9]{1,9})\]\[t ?[0-9]{1,9}\]\[(?P<time>[0-9]{9,11}\.[0-9]{1,9})\]"
    r"\[(?P<place>[^\]]*)\](?P<rest>.*)",
    re.DOTALL,
)
_KEY: Final = re.compile(
    r"DcId\{(?P<dc>[0-9]{1,9})\}.{0,40}?\[auth_key_id:(?P<key>[0-9]{1,20})\]"
    r"\[state:(?P<state>[A-Za-z]+)\](?:\[created_at:(?P<created>[0-9]{1,11}(?:\.[0-9]{1,9})?)\])?",
    re.DOTALL,
)
_SESSION: Final = re.compile(
    r"Generate new session_id (?P<session>[0-9]{1,20}) for auth key "
    r"(?P<key>[0-9]{1,20}) for (?P<purpose>.{1,40})",
    re.DOTALL,
)
_CLOSED: Final = re.compile(r"Binlog wasn't opened for (?P<seconds>[0-9.]+) seconds")


@dataclass(slots=True)
class AccountSlot:
    """An account slot of Telegram X.

    Attributes:
        slot: its number.
        user: user id, None if nobody is logged in.
        modified: when it was made, logged in or logged out, microseconds since 1970
            UTC by the device's clock.
        flags: in words.
        is_preferred: the account that was selected last.
        offset: of the entry.
    """

    slot: int
    user: int | None
    modified: int | None
    flags: list[str]
    is_preferred: bool
    offset: int


def read_account_slots(data: bytes) -> list[AccountSlot]:
    """Reads `tdlib_accounts.bin`; the size of its entries tells the version.

    Raises:
        FormatError: if it is none.
    """
    if len(data) < _HEAD.size:
        raise FormatError(0, "shorter than its head")
    count, preferred = _HEAD.unpack_from(data)
    if not 0 < count <= _MAXIMUM_ACCOUNTS:
        raise FormatError(0, f"{count} accounts")
    size, rest = divmod(len(data) - _HEAD.size, count)
    layout = _LAYOUTS.get(size)
    if rest or layout is None:
        raise FormatError(_HEAD.size, f"{count} accounts in {len(data)} bytes")
    slots = []
    for number in range(count):
        offset = _HEAD.size + number * size
        flags, user, modified, _ = struct.unpack_from(layout, data, offset)
        words = [name for bit, name in enumerate(_FLAGS) if flags & 1 << bit]
        slots.append(
            AccountSlot(
                number,
                user or None,
                modified * 1000 if modified > 0 else None,
                words,
                number == preferred,
                offset,
            )
        )
    return slots


@dataclass(slots=True)
class LogLine:
    """A line of `tdlib_log.txt` that tells of keys or sessions.

    Attributes:
        kind: `auth_key`, `session_started` or `start_after_pause`.
        time: microseconds since 1970 UTC by the device's clock.
        key: identifier of the authorization key, 16 hexadecimal digits.
        data_center: of the key.
        text: the line.
        offset: of the line.
    """

    kind: str
    time: int
    key: str | None
    data_center: int | None
    text: str
    offset: int


def is_log_line(line: str) -> bool:
    """Tells if a line has the form of TDLib's log."""
    return _LINE.match(line) is not None


def read_log_line(line: str, offset: int) -> LogLine | None:
    """Reads a line; None if it tells nothing of keys or sessions."""
    match = _LINE.match(line)
    if match is None:
        return None
    seconds, _, fraction = match["time"].partition(".")
    time = int(seconds) * 1_000_000 + int(fraction[:6].ljust(6, "0"))
    rest = match["rest"]
    found = _KEY.search(rest)
    if found:
        key = _identifier(found["key"])
        return LogLine("auth_key", time, key, int(found["dc"]), line, offset)
    found = _SESSION.search(rest)
    if found:
        key = _identifier(found["key"])
        center = re.search(r"DC([0-9]{1,9})", found["purpose"])
        number = int(center[1]) if center else None
        return LogLine("session_started", time, key, number, line, offset)
    if _CLOSED.search(rest):
        return LogLine("start_after_pause", time, None, None, line, offset)
    return None


def _identifier(digits: str) -> str | None:
    number = int(digits)
    return f"{number:016x}" if 0 < number < 1 << 64 else None


def split_lines(
    chunks: Iterator[bytes], maximum: int = 1 << 16
) -> Iterator[tuple[int, str]]:
    """Lines of a file with their offsets; longer ones are cut.

    Args:
        chunks: the file, piece by piece.
        maximum: bytes of a line that are kept.
    """
    offset = 0
    rest = b""
    for chunk in chunks:
        rest += chunk
        *lines, rest = rest.split(b"\n")
        for line in lines:
            yield offset, line[:maximum].decode("utf-8", "backslashreplace")
            offset += len(line) + 1
        if len(rest) > 16 * maximum:
            yield offset, rest[:maximum].decode("utf-8", "backslashreplace")
            offset += len(rest)
            rest = b""
    if rest:
        yield offset, rest[:maximum].decode("utf-8", "backslashreplace")
