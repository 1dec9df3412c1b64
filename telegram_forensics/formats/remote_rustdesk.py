"""Logs of RustDesk.

Specification: formats/remote_access.md section 3. Times are local with their offset.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from telegram_forensics.formats import remote_records as records
from telegram_forensics.formats.remote_text import TextLine

TOOL: Final = "RustDesk"

_NAME: Final = re.compile(
    r".*_r(?:CURRENT|\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d|\d{5})(?:\.restart-\d+)?\.log",
    re.IGNORECASE,
)
_LINE: Final = re.compile(
    r"\[(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)\.(\d{1,9}) ([+-])(\d\d):(\d\d)\] "
    r"(\w+) \[(.*?)\] ?(.*)",
    re.DOTALL,
)
_OPENED: Final = re.compile(r"#(\d+) Connection opened from (\S+?)\.?\s*$")
_CLOSED: Final = re.compile(r"#(\d+) Connection closed: (.*)")
_LOOP: Final = re.compile(r"#(\d+) connection loop exited", re.IGNORECASE)
_RELAY: Final = re.compile(
    r"create_relay requested from (\S+?), relay_server: (\S*?)(?:,|\s|$)"
)
_DIRECT: Final = re.compile(r"(?:.*\b)?direct access from (\S+)", re.IGNORECASE)
_TRUSTED: Final = re.compile(r"(?:#\d+ )?2FA bypassed by trusted devices")
_PASSWORD: Final = re.compile(r"(?:#\d+ )?Permanent password accepted")
_NUMBER: Final = re.compile(r"#(\d+) ")
_SOURCE: Final = re.compile(r"(?:src|libs)[/\\]")
_MAXIMUM_OPEN: Final = 256


def is_log_name(name: str) -> bool:
    """Whether a file of this name would be a log."""
    return _NAME.fullmatch(name) is not None


def is_log(lines: list[TextLine]) -> bool:
    """Whether one of the first lines of a file is one of a log."""
    return any(
        match is not None and _SOURCE.match(match[12])
        for match in (_LINE.match(line.text) for line in lines)
    )


class RustDeskLogDecoder(records.LogDecoder):
    """Decoder of a log; each line is a record, each connection one more."""

    tool = TOOL

    def __init__(self) -> None:
        super().__init__()
        self._moment: records.Moment | None = None
        self._open: dict[str, records.Record] = {}

    def line(self, line: TextLine) -> Iterator[records.Record]:
        """Decodes a line; one without a time continues the one before."""
        match = _LINE.match(line.text)
        if not match:
            if line.text.strip():
                if self._moment is None:
                    self.reject(line, "not the form of a line")
                yield from self.other(
                    line, None, line.text, details="further line of an entry"
                )
            return
        moment = self._time(match)
        if moment is None:
            self.reject(line, "no time")
        self.seen(moment)
        self._moment = moment
        text = match[13]
        found = _OPENED.match(text)
        if found:
            yield from self._opened(line, moment, found)
        elif found := _CLOSED.match(text) or _LOOP.match(text):
            yield from self._closed(line, moment, found)
        elif found := _RELAY.match(text):
            yield self.event(
                line,
                moment,
                "connection_request",
                remote_address=found[1],
                relay_address=found[2] or None,
                text=line.text,
            )
        elif found := _DIRECT.match(text):
            yield self.event(
                line,
                moment,
                "connection_request",
                remote_address=found[1].rstrip(".,"),
                text=line.text,
            )
        elif _TRUSTED.match(text) or _PASSWORD.match(text):
            yield self._unattended(line, moment, text)
        else:
            yield from self.other(line, moment, line.text)

    def _time(self, match: re.Match[str]) -> records.Moment | None:
        year, month, day, hour, minute, second = (
            int(value) for value in match.groups()[:6]
        )
        microsecond = int(match[7].ljust(6, "0")[:6])
        value = records.make_datetime(
            year, month, day, hour, minute, second, microsecond
        )
        offset = int(match[9]) * 60 + int(match[10])
        if value is None or offset > 14 * 60:
            return None
        offset = -offset if match[8] == "-" else offset
        return records.Moment(value, "microsecond", records.LINE_OFFSET, offset)

    def _opened(
        self, line: TextLine, moment: records.Moment | None, match: re.Match[str]
    ) -> Iterator[records.Record]:
        number = match[1]
        if number in self._open:
            # The program was started again and counts from the beginning.
            yield self._open.pop(number)
        if len(self._open) >= _MAXIMUM_OPEN:
            yield self._open.pop(next(iter(self._open)))
        record = records.Record(self.tool, offset=line.offset)
        record.text_encoding = line.encoding
        record.direction = "incoming"
        record.remote_address = match[2]
        record.connection_number = number
        # The connection is open before anybody is let in.
        record.start, record.start_basis = moment, "connection_opened"
        self._open[number] = record
        yield self._describe(line, moment, "connection_opened", record)

    def _closed(
        self, line: TextLine, moment: records.Moment | None, match: re.Match[str]
    ) -> Iterator[records.Record]:
        record = self._open.pop(match[1], None)
        event = self._describe(line, moment, "connection_closed", record)
        reason = match[2].strip() if match.re is _CLOSED else None
        event.details = reason
        event.connection_number = match[1]
        yield event
        if record is None:
            if match.re is _LOOP:
                # Follows the line that says why.
                return
            record = records.Record(self.tool, offset=line.offset)
            record.direction = "incoming"
            record.connection_number = match[1]
        record.end, record.end_basis = moment, "connection_closed"
        record.end_offset = line.offset
        if reason:
            closed = f"closed: {reason}"
            record.details = f"{record.details}; {closed}" if record.details else closed
        yield record

    def _unattended(
        self, line: TextLine, moment: records.Moment | None, text: str
    ) -> records.Record:
        number = _NUMBER.match(text)
        record = self._open.get(number[1]) if number else None
        if record is None and number is None and len(self._open) == 1:
            (record,) = self._open.values()
        event = self._describe(line, moment, "authenticated", record)
        if _PASSWORD.match(text):
            event.authentication = "password"
            event.success = True
        else:
            event.details = "second factor left out: trusted device"
        if record is not None:
            record.authentication = event.authentication or record.authentication
            record.success = event.success or record.success
            record.details = event.details or record.details
        return event

    def _describe(
        self,
        line: TextLine,
        moment: records.Moment | None,
        kind: str,
        record: records.Record | None,
    ) -> records.Record:
        event = self.event(line, moment, kind, text=line.text, direction="incoming")
        if record is not None:
            event.remote_address = record.remote_address
            event.connection_number = record.connection_number
        return event

    def end(self) -> Iterator[records.Record]:
        """Connections that are open where the log ends have no end."""
        yield from self._open.values()
