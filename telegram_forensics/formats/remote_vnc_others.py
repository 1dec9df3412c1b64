"""Logs of TightVNC, RealVNC, TigerVNC and Xvnc.

Specification: formats/remote_access.md section 5, which does not confirm their lines:
those of connections are recognized, all others are kept as they are.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from typing import Final

from telegram_forensics.formats import remote_records as records
from telegram_forensics.formats.remote_text import TextLine

TIGHTVNC: Final = "TightVNC"
REALVNC: Final = "RealVNC"
TIGERVNC: Final = "TigerVNC"

_TIGHT: Final = re.compile(
    r"\[\s*(\d+)/\s*(\d+)\]\s+(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)\s+(\S)\s?(.*)"
)
_ISO: Final = re.compile(
    r"(?:<\d{1,3}>\s?)?(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?"
    r"(?:(Z)|([+-])(\d\d):?(\d\d))?(?:\s+|$)"
)
_DATE_LINE: Final = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
    r"\s+(\d{1,2}) (\d\d):(\d\d):(\d\d) (\d{4})\s*"
)
_MONTHS: Final = "JanFebMarAprMayJunJulAugSepOctNovDec"
_CONNECTIONS: Final = re.compile(
    r"\bConnections: (connected|accepted|authenticated|disconnected|closed): "
    r"(\S+?::\d+)(.*)"
)
_MAXIMUM_OPEN: Final = 256


def is_connections_log(lines: list[TextLine]) -> bool:
    """Whether one of the first lines of a file is one of such a log."""
    return any(
        _CONNECTIONS.search(line.text)
        or _ISO.match(line.text)
        or _DATE_LINE.fullmatch(line.text)
        for line in lines
    )


class TightVncDecoder(records.LogDecoder):
    """Decoder of tvnserver.log: lines as they are, no texts are known."""

    tool = TIGHTVNC

    def line(self, line: TextLine) -> Iterator[records.Record]:
        """Decodes a line."""
        if not line.text.strip():
            return
        match = _TIGHT.fullmatch(line.text.strip())
        moment = None
        if match:
            year, month, day, hour, minute, second = (
                int(value) for value in match.groups()[2:8]
            )
            value = records.make_datetime(year, month, day, hour, minute, second)
            if value is not None:
                moment = records.Moment(value, "second", records.SYSTEM_ZONE)
        if moment is None:
            self.reject(line, "no time" if match else "not the form of a line")
        self.seen(moment)
        yield from self.other(line, moment, line.text)


class ConnectionsLogDecoder(records.LogDecoder):
    """Decoder of logs with "Connections:" lines; times in the line or above it."""

    def __init__(self, tool: str, direction: str) -> None:
        super().__init__()
        self.tool = tool
        self._direction = direction
        self._moment: records.Moment | None = None
        self._open: dict[str, records.Record] = {}

    def line(self, line: TextLine) -> Iterator[records.Record]:
        """Decodes a line."""
        text = line.text.strip()
        if not text:
            return
        date = _DATE_LINE.fullmatch(text)
        if date:
            self._moment = self._date_line(date)
            if self._moment is None:
                self.reject(line, "no time")
            return
        iso = _ISO.match(text)
        moment = self._moment
        if iso:
            moment = self._iso(iso)
            if moment is None:
                self.reject(line, "no time")
        self.seen(moment)
        match = _CONNECTIONS.search(text)
        if not match:
            yield from self.other(line, moment, line.text)
            return
        yield from self._connection(line, moment, match)

    def _date_line(self, match: re.Match[str]) -> records.Moment | None:
        month = _MONTHS.index(match[1]) // 3 + 1
        day, hour, minute, second, year = (int(value) for value in match.groups()[1:])
        value = records.make_datetime(year, month, day, hour, minute, second)
        if value is None:
            return None
        return records.Moment(value, "second", records.SYSTEM_ZONE)

    def _iso(self, match: re.Match[str]) -> records.Moment | None:
        year, month, day, hour, minute, second = (
            int(value) for value in match.groups()[:6]
        )
        fraction = match[7]
        microsecond = int((fraction or "0").ljust(6, "0")[:6])
        value = records.make_datetime(
            year, month, day, hour, minute, second, microsecond
        )
        if value is None:
            return None
        precision = "second"
        if fraction:
            precision = "millisecond" if len(fraction) <= 3 else "microsecond"
        if match[8]:
            return records.Moment(value, precision, records.LINE_OFFSET, 0)
        if match[9]:
            offset = int(match[10]) * 60 + int(match[11])
            if offset > 14 * 60:
                return None
            offset = -offset if match[9] == "-" else offset
            return records.Moment(value, precision, records.LINE_OFFSET, offset)
        return records.Moment(value, precision, records.SYSTEM_ZONE)

    def _connection(
        self, line: TextLine, moment: records.Moment | None, match: re.Match[str]
    ) -> Iterator[records.Record]:
        kind, peer, rest = match.groups()
        # ", as <account> (<rights> permissions)", where known at all.
        account = rest.partition(", as ")[2].strip()
        rights = None
        if account.endswith(" permissions)"):
            account, _, rights = account[: -len(" permissions)")].rpartition(" (")
        if kind in ("connected", "accepted"):
            if peer in self._open:
                yield self._open.pop(peer)
            if len(self._open) >= _MAXIMUM_OPEN:
                yield self._open.pop(next(iter(self._open)))
            record = self._session(line, peer)
            # Before anybody is let in.
            record.start, record.start_basis = moment, "connection_opened"
            self._open[peer] = record
            event_kind = "connection_opened"
        elif kind == "authenticated":
            if peer not in self._open:
                if len(self._open) >= _MAXIMUM_OPEN:
                    yield self._open.pop(next(iter(self._open)))
                self._open[peer] = self._session(line, peer)
            record = self._open[peer]
            record.requested = record.start
            record.start, record.start_basis = moment, "authentication"
            record.success = True
            record.local_account = account or None
            record.access_rights = rights
            event_kind = "authenticated"
        else:
            known = self._open.pop(peer, None)
            record = self._session(line, peer) if known is None else known
            record.end, record.end_basis = moment, "session_ended"
            record.end_offset = line.offset
            record.details = rest.strip(" ()") or record.details
            yield record
            event_kind = "connection_closed"
        yield self.event(
            line,
            moment,
            event_kind,
            direction=self._direction,
            local_account=record.local_account,
            remote_address=peer,
            success=record.success if event_kind == "authenticated" else None,
            text=line.text,
        )

    def _session(self, line: TextLine, peer: str) -> records.Record:
        record = records.Record(self.tool, offset=line.offset, text=line.text)
        record.text_encoding = line.encoding
        record.direction = self._direction
        record.remote_address = peer
        return record

    def end(self) -> Iterator[records.Record]:
        """Sessions that are open where the log ends have no end."""
        yield from self._open.values()


def moment_of_name(stem: str) -> records.Moment | None:
    """Local time in the name of a log of Remote Assistance, YYYYMMDDHHMMSS."""
    if not re.fullmatch(r"\d{14}", stem) or not stem.isascii():
        return None
    value = records.make_datetime(
        int(stem[:4]),
        int(stem[4:6]),
        int(stem[6:8]),
        int(stem[8:10]),
        int(stem[10:12]),
        int(stem[12:]),
    )
    if not isinstance(value, datetime.datetime):
        return None
    return records.Moment(value, "second", records.SYSTEM_ZONE)
