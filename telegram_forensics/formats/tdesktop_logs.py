"""Log files of Telegram Desktop: log.txt, log_start<N>.txt and DebugLogs.

Specification: formats/telegram_desktop.md section 6, all versions. The normal log has
lines `[YYYY.MM.DD HH:MM:SS] text`; a debug log begins with its day as YYYYMMDD and has
lines `[HH:MM:SS.mmm TT-NNNNNNN] text`. A line without a time of its own continues the
entry before it. All times are local time of the computer, without zone.
"""

from __future__ import annotations

import codecs
import datetime
import enum
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

_NORMAL_LINE: Final = re.compile(
    rb"\[(\d{4})\.(\d\d)\.(\d\d) (\d\d):(\d\d):(\d\d)\] ?(.*)", re.DOTALL
)
_DEBUG_LINE: Final = re.compile(
    rb"\[(\d\d):(\d\d):(\d\d)\.(\d{3}) [0-9A-Fa-f]+-\d+\] ?(.*)", re.DOTALL
)
_DAY_LINE: Final = re.compile(rb"\d{8}")
# An entry of mtp_*.txt holds whole answers of the server.
MAXIMUM_ENTRY_SIZE: Final = 8 * 1024 * 1024


class LogKind(enum.Enum):
    """Kinds of log, by the file's name."""

    NORMAL = "log"
    START = "log_start"
    DEBUG = "debug_log"
    CONNECTIONS = "debug_tcp"
    PROTOCOL = "debug_mtp"


_NAMES: Final = (
    (re.compile(r"log\.txt", re.IGNORECASE), LogKind.NORMAL),
    (re.compile(r"log_start\d\.txt", re.IGNORECASE), LogKind.START),
    (re.compile(r"log_\d\d_\d\d\.txt", re.IGNORECASE), LogKind.DEBUG),
    (re.compile(r"tcp_\d\d_\d\d\.txt", re.IGNORECASE), LogKind.CONNECTIONS),
    (re.compile(r"mtp_\d\d_\d\d\.txt", re.IGNORECASE), LogKind.PROTOCOL),
)


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One entry of a log.

    Attributes:
        offset: offset of the entry in the file.
        moment: local time of the computer, None if the entry carries none.
        text: the entry without its time; further lines follow "\\n".
        is_cut: True if the entry is longer than MAXIMUM_ENTRY_SIZE: text is its
            beginning.
        is_damaged: True if bytes are no UTF-8; they are "\\ufffd" in text.
    """

    offset: int
    moment: datetime.datetime | None
    text: str
    is_cut: bool = False
    is_damaged: bool = False


def log_kind(name: str) -> LogKind | None:
    """What a file of this name would be, None if it is no log of this client."""
    for pattern, kind in _NAMES:
        if pattern.fullmatch(name):
            return kind
    return None


def is_log(kind: LogKind, head: bytes) -> bool:
    """Whether a file begins like a log of this kind.

    Args:
        kind: kind by the name.
        head: first bytes of the file, 256 at least unless the file is shorter.
    """
    head = head.removeprefix(codecs.BOM_UTF8).lstrip(b"\r\n")
    if kind in (LogKind.NORMAL, LogKind.START):
        return _NORMAL_LINE.match(head) is not None
    first, _, rest = head.partition(b"\n")
    if _DAY_LINE.fullmatch(first.strip()):
        return not rest.strip() or _DEBUG_LINE.match(rest.lstrip(b"\r\n")) is not None
    return _DEBUG_LINE.match(head) is not None


def has_entries(kind: LogKind, head: bytes) -> bool:
    """Whether a line of a log of this kind stands anywhere: its beginning may be lost.

    Args:
        kind: kind by the name.
        head: first bytes of the file.
    """
    is_normal = kind in (LogKind.NORMAL, LogKind.START)
    pattern = _NORMAL_LINE if is_normal else _DEBUG_LINE
    return any(pattern.match(line) for line in head.split(b"\n"))


def read_entries(chunks: Iterable[bytes]) -> Iterator[LogEntry]:
    """Reads a log, entry by entry, in bounded memory.

    Args:
        chunks: content of the file, in pieces of any size.

    Yields:
        Entries. The day of a debug log is no entry.
    """
    day: datetime.date | None = None
    start = 0
    moment: datetime.datetime | None = None
    parts: list[bytes] = []
    size = 0
    is_cut = False

    def entry() -> LogEntry:
        data = b"".join(parts).rstrip(b"\r\n")
        text = data.decode("utf-8", "replace").replace("\r\n", "\n")
        return LogEntry(start, moment, text, is_cut, not is_cut and not _is_utf8(data))

    for offset, line, is_continued in _lines(chunks):
        found = None if is_continued else _parse_line(line, day)
        if found is None and offset < 16 and _DAY_LINE.fullmatch(line.strip()):
            day = _date(line.strip())
            continue
        if found is None:
            if not parts and not line.strip():
                continue
            if not parts:
                start = offset
            if size + len(line) <= MAXIMUM_ENTRY_SIZE:
                parts.append(line)
                size += len(line)
            else:
                is_cut = True
            continue
        if parts:
            yield entry()
        start = offset
        moment, text = found
        parts, size, is_cut = [text], len(text), False
    if parts:
        yield entry()


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _lines(chunks: Iterable[bytes]) -> Iterator[tuple[int, bytes, bool]]:
    """Lines with their end; one that is too long comes in pieces.

    Yields:
        Offset, line, and True if it continues the piece before it.
    """
    rest = b""
    offset = 0
    is_continued = False
    for chunk in chunks:
        data = rest + chunk
        if not offset and data.startswith(codecs.BOM_UTF8):
            offset = len(codecs.BOM_UTF8)
            data = data[offset:]
        # Cuts at a lone CR, too: what follows it only continues the entry.
        lines = data.splitlines(keepends=True)
        rest = b""
        if lines and not lines[-1].endswith(b"\n"):
            rest = lines.pop()
        for line in lines:
            yield offset, line, is_continued
            offset += len(line)
            is_continued = False
        if len(rest) > MAXIMUM_ENTRY_SIZE:
            yield offset, rest, is_continued
            offset += len(rest)
            rest, is_continued = b"", True
    if rest:
        yield offset, rest, is_continued


def _parse_line(
    line: bytes, day: datetime.date | None
) -> tuple[datetime.datetime | None, bytes] | None:
    """Time and text of a line, None if it does not begin an entry."""
    match = _NORMAL_LINE.match(line)
    if match:
        year, month, day_number, hour, minute, second = (
            int(value) for value in match.groups()[:6]
        )
        try:
            # Local time without zone: that is all the line says.
            date = datetime.date(year, month, day_number)
            time = datetime.time(hour, minute, second)
            return datetime.datetime.combine(date, time), match[7]
        except ValueError:
            return None, line
    match = _DEBUG_LINE.match(line)
    if not match:
        return None
    if day is None:
        return None, line
    hour, minute, second, milliseconds = (int(value) for value in match.groups()[:4])
    try:
        time = datetime.time(hour, minute, second, milliseconds * 1000)
    except ValueError:
        return None, line
    return datetime.datetime.combine(day, time), match[5]


def _date(text: bytes) -> datetime.date | None:
    try:
        return datetime.date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None
