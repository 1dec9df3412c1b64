"""Lines and headers of TeamViewer's log files.

Specification: formats/remote_access.md section 1.3.
"""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass, field
from typing import Final

from telegram_forensics.formats import remote_records as records
from telegram_forensics.formats.remote_text import TextLine

# Year, as two or four digits, and milliseconds are missing in old builds.
_LINE: Final = re.compile(
    r"(?:(\d{4}|\d\d)/)?(\d\d)/(\d\d) (\d\d):(\d\d):(\d\d)(?:[.:](\d{3}))?"
    r"\s+(\d+)\s+(\d+)\s+(?:([A-Z]{0,3}\d{1,3})(!{0,2})(?:\s+|$))?(.*)",
    re.DOTALL,
)
_START: Final = re.compile(
    r"(\d{4}|\d\d)/(\d\d)/(\d\d) (\d\d):(\d\d):(\d\d)(?:[.:](\d{3}))?"
    r"\s*(?:\((UTC)?(?:([+-])(\d{1,2})(?::?(\d\d))?)?\))?\s*"
)
_FIELD: Final = re.compile(r"([A-Za-z][A-Za-z .-]{0,30}?)(?::\s*|\s{2,})(.*)")
_INSTALLED: Final = re.compile(
    r"[A-Za-z]:\\Program Files(?: \(x86\))?\\TeamViewer\\.*|/opt/teamviewer\d*/.*"
    r"|/Applications/TeamViewer[^/]*\.app/.*",
    re.IGNORECASE,
)
_NAME: Final = re.compile(
    r"teamviewer\d*_logfile[\w.-]*\.log|tvnetwork(?:_old)?\.log", re.IGNORECASE
)
_MAXIMUM_FIELDS: Final = 64
ADDRESS: Final = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}:\d{1,5}\b")
# What a line stands for, by its text.
EVENTS: Final = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        (
            "arrival",
            r"CommandHandlerRouting\[\d+\]::CreatePassiveSession\(\): incoming session "
            r"via (?P<relay>\S+?)(?:, protocol (?P<protocol>\w+))?$",
        ),
        (
            "hello",
            r"Negotiating session encryption: client hello received from (?P<id>\d+)",
        ),
        ("guard", r"ConnectionGuard: incoming (?P<type>.+?) in sessions?: "),
        (
            "fingerprint",
            r"NegotiateEncryptionV2::CreateEncryption: handshake successful, .*"
            r"remote fingerprint (?P<value>\S+)",
        ),
        (
            "number",
            r"(?:AppSessionManager::HandleSessionIncoming|SessionManagerDesktop::"
            r"IncomingConnection): Connection incoming, sessionID = (?P<number>-?\d+)",
        ),
        (
            "attempt",
            r"AuthenticationBlocker::Allocate: .*DyngateID (?P<id>\d+), "
            r"attempt number (?P<number>\d+)",
        ),
        (
            "authentication",
            r"Authentication\w*::RunAuthenticationMethod: authentication using "
            r"(?P<method>.+?) (?:was|has) (?P<result>.+)$",
        ),
        (
            "own",
            r"CParticipantManagerBase::SetMyParticipantIdentifier\(\): "
            r"pid=\[(?P<id>\d+),-?\d+\]",
        ),
        (
            "added",
            r"CPersistentParticipantManager::AddParticipant: \[(?P<id>\d+),-?\d+\] "
            r"type=(?P<type>\d+)(?: name=(?P<name>.*))?$",
        ),
        (
            "anchor",
            r"SessionStateParticipants::AddParticipant: pid: \[(?P<id>\d+),-?\d+\] and "
            r"timestamp: (?P<time>\d{12,14})$",
        ),
        (
            "removed",
            r"CPersistentParticipantManager::RemoveParticipant: \[(?P<id>\d+),-?\d+\]",
        ),
        ("ended", r"SessionStatistics\[\d+\] Session to (?P<id>\d+) ended"),
        (
            "version",
            r"(?:ServerThreadInfo|InfoCommandHandlerDesktop::ReceivedInfo:) connected "
            r"to (?P<id>\d+), client version is (?P<value>\S+)",
        ),
        (
            "rights",
            r"CServerThreadInfo::Received_AccessControlSettings: RCAccessControl: "
            r"(?P<value>.+)$",
        ),
        (
            "punched",
            r"(?:UDPv\d: )?(?:.*[Pp]unch|UHP\.PING response)",
        ),
        (
            "file",
            r"(?:Write file|Download from|.*\bFileTransfer\b(?!=)|.*CFT_Operation_)",
        ),
    )
)
# Most lines have none of these: one search tells.
ANY_EVENT: Final = re.compile(
    r"CreatePassiveSession|client hello|ConnectionGuard: inc|remote fingerprint"
    r"|Connection incoming|AuthenticationBlocker::A|RunAuthenticationMethod"
    r"|SetMyParticipant|AddParticipant|RemoveParticipant|SessionStatistics\["
    r"|client version is|RCAccessControl|[Pp]unch|UHP\.PING|Write file|Download from"
    r"|FileTransfer|CFT_Operation_"
)


@dataclass(frozen=True, slots=True)
class LogHead:
    """The beginning of a line.

    Attributes:
        year: four digits, None if the line has none.
        month, day, hour, minute, second, milliseconds: local time; milliseconds None
            if the line has none.
        process: number of the process.
        area: such as "S0" or "D1", "" if the line has none.
        text: what follows.
    """

    year: int | None
    month: int
    day: int
    hour: int
    minute: int
    second: int
    milliseconds: int | None
    process: str
    area: str
    text: str


@dataclass(slots=True)
class Header:
    """Block of a program start.

    Attributes:
        line: its first line.
        area: area of the line before it.
        start: local time of the start, None if it is no time.
        has_milliseconds: True if the start has them.
        utc_offset: minutes, None if the header does not tell it.
        fields: name -> value.
    """

    line: TextLine
    area: str
    start: datetime.datetime | None
    has_milliseconds: bool
    utc_offset: int | None
    fields: dict[str, str] = field(default_factory=dict)


def is_log_name(name: str) -> bool:
    """Whether a file of this name would be one of the logs."""
    return _NAME.fullmatch(name) is not None


def is_log(lines: list[TextLine]) -> bool:
    """Whether one of the first lines of a file is one of the log."""
    return any(
        _LINE.match(line.text) or line.text.startswith("Start: ") for line in lines
    )


def parse_head(text: str) -> LogHead | None:
    """Beginning of a line, None if it continues the one before."""
    match = _LINE.match(text)
    if not match:
        return None
    year = None
    if match[1]:
        year = int(match[1]) + (2000 if len(match[1]) == 2 else 0)
    month, day, hour, minute, second = (int(value) for value in match.groups()[1:6])
    return LogHead(
        year=year,
        month=month,
        day=day,
        hour=hour,
        minute=minute,
        second=second,
        milliseconds=None if match[7] is None else int(match[7]),
        process=match[8],
        area=match[10] or "",
        text=match[12].strip(),
    )


def parse_start(line: TextLine, area: str) -> Header | None:
    """First line of a header, None if it is none."""
    if not line.text.startswith("Start:"):
        return None
    value = line.text[6:].strip()
    match = _START.fullmatch(value)
    if not match:
        return Header(line, area, None, False, None)
    year = int(match[1]) + (2000 if len(match[1]) == 2 else 0)
    month, day, hour, minute, second = (int(value) for value in match.groups()[1:6])
    microsecond = int(match[7] or 0) * 1000
    start = records.make_datetime(year, month, day, hour, minute, second, microsecond)
    utc_offset = None
    if match[9]:
        utc_offset = int(match[10]) * 60 + int(match[11] or 0)
        utc_offset = -utc_offset if match[9] == "-" else utc_offset
    elif match[8]:
        utc_offset = 0
    if utc_offset is not None and abs(utc_offset) > 14 * 60:
        utc_offset = None
    return Header(line, area, start, match[7] is not None, utc_offset)


def add_field(header: Header, text: str) -> bool:
    """Takes in a line of a header.

    Returns:
        False if the line is none.
    """
    match = _FIELD.fullmatch(text.rstrip())
    if not match or len(header.fields) >= _MAXIMUM_FIELDS:
        return False
    header.fields.setdefault(match[1].strip(), match[2].strip())
    return True


def is_outside(path: str | None) -> bool:
    """Whether a program's path is none where the installer puts it."""
    return bool(path) and not _INSTALLED.fullmatch(path or "")
