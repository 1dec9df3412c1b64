"""The critlog of Telegram for iOS and native macOS: calls of the API with their times.

Specification: formats/apple_postbox.md section 12.1 (since April 2019, always on, up to
1 MiB a file and 20 files a folder). What a release build writes into it on a real
device, and whether it is without gaps, is UNCONFIRMED: the absence of a line proves
nothing. Also read: ordinary logs (12.2), whose times are local.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from telegram_forensics.formats.postbox_coding import Problem

MAGIC: Final = bytes.fromhex("feca0df0bebadeca")
MAXIMUM_SIZE: Final = 64 * 1024 * 1024

_HEAD: Final = struct.Struct("<8sid")
_TIME_SIZE: Final = 8
_NAME: Final = re.compile(
    r"(critlog|log)-(\d{1,4})-(\d{1,2})-(\d{1,2})_(\d{1,2})-(\d{1,2})-(\d{1,2})"
    r"\.(\d{1,3})\.txt"
)
_CALL: Final = re.compile(
    r"preparing ([A-Za-z]+\.[A-Za-z0-9_]+) \((-?\d{1,20})/(-?\d{1,10})\)"
)
_PROCESS: Final = re.compile(r"\[MTProto#(\w+)@(\w+)")
_MAXIMUM_TIME: Final = 1 << 33
_SENDING: Final = frozenset(
    (
        "messages.forwardMessages",
        "messages.sendInlineBotResult",
        "messages.sendMedia",
        "messages.sendMessage",
        "messages.sendMultiMedia",
    )
)


@dataclass(frozen=True, slots=True)
class LogName:
    """What the name of a log says.

    Attributes:
        kind: `critlog` or `log`.
        started: local time of its beginning: year, month, day, hour, minute, second,
            millisecond.
    """

    kind: str
    started: tuple[int, int, int, int, int, int, int]


def read_log_name(name: str) -> LogName | None:
    """Splits the name of a log, None if it is none."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    year, month, day, hour, minute, second, rest = (
        int(part) for part in match.groups()[1:]
    )
    return LogName(match[1], (year, month, day, hour, minute, second, rest))


@dataclass(frozen=True, slots=True)
class ApiCall:
    """A call of the API.

    Attributes:
        method: such as `messages.sendMessage`.
        message_id: number of the MTProto message.
        sequence: its place in the session.
    """

    method: str
    message_id: int
    sequence: int

    @property
    def server_time(self) -> int | None:
        """Time of the call by the clock that was set to the server's, in seconds."""
        time = self.message_id >> 32
        return time if 0 < time < _MAXIMUM_TIME else None

    @property
    def is_sending(self) -> bool:
        """True if messages were sent by it."""
        return self.method in _SENDING


@dataclass(frozen=True, slots=True)
class LogRecord:
    """A record of a critlog.

    Attributes:
        offset: where it begins.
        time: seconds since 1970 UTC by the device's clock; None if it is no time.
        text: what was written.
        call: the call that it tells of, None for other records.
        connection: which connection of the process wrote it.
    """

    offset: int
    time: float | None
    text: str
    call: ApiCall | None = None
    connection: str | None = None


def read_critlog(data: bytes, problems: list[Problem]) -> Iterator[LogRecord]:
    """Reads the records of a critlog; behind damage it goes on at the next one.

    Args:
        data: the file.
        problems: gets what is wrong.
    """
    offset = 0
    while offset < len(data):
        found = _read_record(data, offset, problems)
        if isinstance(found, str):
            problems.append((offset, found))
            place = data.find(MAGIC, offset + 1)
            if place < 0:
                return
            offset = place
            continue
        record, offset = found
        yield record


def _read_record(
    data: bytes, offset: int, problems: list[Problem]
) -> tuple[LogRecord, int] | str:
    """The record and the offset behind it, or what is wrong."""
    if len(data) - offset < _HEAD.size:
        return "record is cut off"
    magic, size, time = _HEAD.unpack_from(data, offset)
    if magic != MAGIC:
        return "no record begins here"
    length = size - _TIME_SIZE
    start = offset + _HEAD.size
    if length < 0 or length > len(data) - start:
        return f"record of {size} bytes does not fit"
    # The magic is no UTF-8: it stands in no text.
    following = data.find(MAGIC, start, start + length)
    if following >= 0:
        problems.append((offset, f"record of {size} bytes runs into the next one"))
        length = following - start
    raw = data[start : start + length]
    text = raw.decode("utf-8", "backslashreplace")
    call = None
    match = _CALL.search(text)
    if match is not None:
        call = ApiCall(match[1], int(match[2]), int(match[3]))
    process = _PROCESS.search(text)
    is_time = math.isfinite(time) and 0 < time < _MAXIMUM_TIME
    record = LogRecord(
        offset,
        time if is_time else None,
        text,
        call,
        None if process is None else f"{process[1]}@{process[2]}",
    )
    return record, start + length


_LINE: Final = re.compile(
    r"\[([^\]\n]{1,100})\] (\d{1,4})-(\d{1,2})-(\d{1,2}) "
    r"(\d{1,2}):(\d{1,2}):(\d{1,2})\.(\d{1,3}) (.*)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line of an ordinary log.

    Attributes:
        tag: part of the app that wrote it.
        local_time: year, month, day, hour, minute, second, millisecond.
        text: the line without these.
    """

    tag: str
    local_time: tuple[int, int, int, int, int, int, int]
    text: str


def read_log_line(line: str) -> LogLine | None:
    """Splits a line of an ordinary log, None if it is none."""
    match = _LINE.fullmatch(line.rstrip("\r\n"))
    if match is None:
        return None
    year, month, day, hour, minute, second, rest = (
        int(part) for part in match.groups()[1:8]
    )
    return LogLine(match[1], (year, month, day, hour, minute, second, rest), match[9])
