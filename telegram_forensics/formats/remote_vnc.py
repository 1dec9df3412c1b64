"""Logs of VNC servers: UltraVNC's mslogon.log, and logs of other servers.

Specification: formats/remote_access.md section 5. Times are local unless a line says
otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from telegram_forensics.formats import remote_records as records
from telegram_forensics.formats.remote_text import TextLine

ULTRAVNC: Final = "UltraVNC"

_LINE: Final = re.compile(
    r"(\d{1,2})[./](\d{1,2})[./](\d{4})\s+(\d{1,2}):(\d\d):(\d\d)\s+(\S.*)"
)
_RECEIVED: Final = re.compile(r"Connection received from (\S+)")
_ACCEPTED: Final = re.compile(
    r"(Password authentication|Authentication) accepted from (\S+)(.*)"
)
_INVALID: Final = re.compile(r"Invalid attempt from client (\S+)(.*)")
_GONE: Final = re.compile(r"Client (\S+)(.*?)\bdisconnected\b(.*)")
_MODE: Final = re.compile(r"\((Interactive|ViewOnly)\)", re.IGNORECASE)
_NUMBER: Final = re.compile(r"\(ID:\s*(\d+)\)", re.IGNORECASE)
_DEBUG_TIME: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)\s*")
_DEBUG: Final = re.compile(
    r"(?:.{0,80}:\s)?(client connected|client disconnected|accepted connection from)"
    r"(?: :)? (\S+)(?: \((\d+)\))?"
)
_MAXIMUM_OPEN: Final = 256


def is_mslogon_log(lines: list[TextLine]) -> bool:
    """Whether one of the first lines of a file is one of mslogon.log."""
    return any(_LINE.match(line.text) for line in lines)


class _Sessions:
    """Sessions that are open, by a number or an address."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, str], records.Record] = {}

    def begin(
        self, address: str, number: str, record: records.Record
    ) -> list[records.Record]:
        """Opens a session.

        Returns:
            Sessions that are over without an end.
        """
        over = []
        if number and (address, number) in self._open:
            over.append(self._open.pop((address, number)))
        if len(self._open) >= _MAXIMUM_OPEN:
            over.append(self._open.pop(next(iter(self._open))))
        # Old builds do not number sessions.
        self._open[address, number or f"/{record.offset}"] = record
        return over

    def end(
        self, address: str, number: str, account: str | None = None
    ) -> records.Record | None:
        """Ends a session: that number, or the last one of the address and account."""
        record = self._open.pop((address, number), None)
        if record is not None:
            return record
        found = [
            key
            for key, record in self._open.items()
            if key[0] == address
            and key[1].startswith("/")
            and account in (None, record.local_account)
        ]
        if not found:
            return None
        record = self._open.pop(found[-1])
        if len(found) > 1:
            record.details = "several sessions of this address were open, this one or "
            record.details += "another of them ended"
        return record

    def rest(self) -> list[records.Record]:
        """The sessions that are still open."""
        return list(self._open.values())


class UltraVncLogonDecoder(records.LogDecoder):
    """Decoder of mslogon.log."""

    tool = ULTRAVNC
    needs_survey = True

    def __init__(self) -> None:
        super().__init__()
        self._order = "day_first_assumed"
        self._sessions = _Sessions()

    def survey(self, lines: Iterable[TextLine]) -> None:
        """Finds out which of day and month comes first."""
        is_day_first = is_month_first = False
        for line in lines:
            match = _LINE.match(line.text)
            if match:
                is_day_first |= int(match[1]) > 12
                is_month_first |= int(match[2]) > 12
        if is_day_first:
            self._order = "day_first"
        elif is_month_first:
            self._order = "month_first"

    def line(self, line: TextLine) -> Iterator[records.Record]:
        """Decodes a line."""
        if not line.text.strip():
            return
        match = _LINE.match(line.text)
        if not match:
            yield self.unparsed(line, "not the form of a line")
            return
        moment = self._time(match)
        if moment is None:
            self.reject(line, "no time")
        self.seen(moment)
        for record in self._entry(line, moment, match[7]):
            record.date_order = record.date_order or self._order
            yield record

    def _time(self, match: re.Match[str]) -> records.Moment | None:
        first, second, year, hour, minute, seconds = (
            int(value) for value in match.groups()[:6]
        )
        day, month = (
            (second, first) if self._order == "month_first" else (first, second)
        )
        value = records.make_datetime(year, month, day, hour, minute, seconds)
        if value is None:
            return None
        return records.Moment(value, "second", records.SYSTEM_ZONE)

    def _entry(
        self, line: TextLine, moment: records.Moment | None, text: str
    ) -> Iterator[records.Record]:
        # The account may hold blanks, even these words.
        account = text.partition(" using ")[2].rpartition(" account")[0]
        values: dict[str, str | bool | None] = {
            "direction": "incoming",
            "local_account": account or None,
            "text": line.text,
        }
        if match := _RECEIVED.match(text):
            yield self.event(
                line, moment, "connection_received", remote_address=match[1], **values
            )
        elif match := _INVALID.match(text):
            yield self.event(
                line,
                moment,
                "authentication_failed",
                remote_address=match[1],
                success=False,
                **values,
            )
        elif match := _ACCEPTED.match(text):
            yield from self._accepted(line, moment, match, values)
        elif match := _GONE.match(text):
            yield self._gone(line, moment, match, values)
        else:
            yield from self.other(line, moment, line.text)

    def _accepted(
        self,
        line: TextLine,
        moment: records.Moment | None,
        match: re.Match[str],
        values: dict[str, str | bool | None],
    ) -> Iterator[records.Record]:
        record = records.Record(self.tool, offset=line.offset)
        record.text_encoding = line.encoding
        record.date_order = self._order
        for name, value in values.items():
            setattr(record, name, value)
        record.remote_address = match[2]
        record.authentication = "password"
        record.authentication_method = match[1]
        record.start, record.start_basis = moment, "authentication"
        record.success = True
        mode = _MODE.search(match[3])
        number = _NUMBER.search(match[3])
        record.access_mode = mode[1] if mode else None
        record.connection_number = number[1] if number else None
        yield from self._sessions.begin(match[2], number[1] if number else "", record)

    def _gone(
        self,
        line: TextLine,
        moment: records.Moment | None,
        match: re.Match[str],
        values: dict[str, str | bool | None],
    ) -> records.Record:
        mode = _MODE.search(match[3])
        number = _NUMBER.search(match[3])
        account = values["local_account"]
        record = self._sessions.end(
            match[1],
            number[1] if number else "",
            account if isinstance(account, str) else None,
        )
        if record is None:
            record = records.Record(self.tool, offset=line.offset)
            for name, value in values.items():
                setattr(record, name, value)
            record.remote_address = match[1]
        # Only here where the line of the start does not tell.
        record.access_mode = record.access_mode or (mode[1] if mode else None)
        if number and record.connection_number is None:
            record.connection_number = number[1]
        record.end, record.end_basis = moment, "session_ended"
        record.end_offset = line.offset
        return record

    def end(self) -> Iterator[records.Record]:
        """Sessions that are open where the log ends have no end."""
        yield from self._sessions.rest()


class WinVncDecoder(records.LogDecoder):
    """Decoder of WinVNC.log, UltraVNC's debug log: times have lines of their own."""

    tool = ULTRAVNC
    keeps_lines = False

    def __init__(self) -> None:
        super().__init__()
        self._moment: records.Moment | None = None
        self._sessions = _Sessions()

    def line(self, line: TextLine) -> Iterator[records.Record]:
        """Decodes a line."""
        text = line.text.strip()
        match = _DEBUG_TIME.match(text)
        if match:
            year, month, day, hour, minute, second = (
                int(value) for value in match.groups()
            )
            value = records.make_datetime(year, month, day, hour, minute, second)
            if value is None:
                self.reject(line, "no time")
            else:
                self._moment = records.Moment(value, "second", records.SYSTEM_ZONE)
            text = text[match.end() :]
        if not text:
            return
        self.seen(self._moment)
        found = _DEBUG.search(text)
        if not found:
            yield from self.other(line, self._moment, text)
            return
        peer, number = found[2], found[3] or ""
        if found[1].startswith("accepted"):
            yield self.event(
                line,
                self._moment,
                "connection_received",
                direction="incoming",
                remote_address=peer,
                text=line.text,
            )
        elif found[1].endswith("disconnected"):
            record = self._sessions.end(peer, number)
            if record is None:
                record = self._session(line, peer, number)
            record.end, record.end_basis = self._moment, "session_ended"
            record.end_offset = line.offset
            yield record
        else:
            record = self._session(line, peer, number)
            record.start, record.start_basis = self._moment, "connection_opened"
            yield from self._sessions.begin(peer, number, record)

    def _session(self, line: TextLine, peer: str, number: str) -> records.Record:
        record = records.Record(self.tool, offset=line.offset, text=line.text)
        record.text_encoding = line.encoding
        record.direction = "incoming"
        record.remote_address = peer
        record.connection_number = number or None
        return record

    def end(self) -> Iterator[records.Record]:
        """Sessions that are open where the log ends have no end."""
        yield from self._sessions.rest()
