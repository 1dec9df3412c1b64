"""Lists of AnyDesk: connection_trace.txt and file_transfer_trace.txt.

Specification: formats/remote_access.md section 2.3. Times have minutes only, and that
they are UTC is not confirmed: requests of the same partners in the traces, which are
UTC, can tell.
"""

from __future__ import annotations

import dataclasses
import datetime
import re
from collections.abc import Iterable, Iterator
from typing import Final

from telegram_forensics.formats import remote_records as records
from telegram_forensics.formats.remote_anydesk import TOOL, AnyDeskTraceDecoder
from telegram_forensics.formats.remote_text import TextLine

_TIME: Final = r"(\d{4})-(\d\d)-(\d\d), (\d\d):(\d\d)"
_CONNECTION: Final = re.compile(rf"\s*(Incoming|Outgoing)\s+{_TIME}(.*)", re.IGNORECASE)
_TRANSFER: Final = re.compile(rf"(?<=\s){_TIME}(?=\s|$)")
_MAXIMUM_REQUESTS: Final = 4096
_MINUTE: Final = datetime.timedelta(minutes=1)
_METHODS: Final = {"user": "consent", "passwd": "password", "token": "token"}


def is_connection_list(lines: list[TextLine]) -> bool:
    """Whether one of the first lines is one of connection_trace.txt."""
    return any(_CONNECTION.match(line.text) for line in lines)


def is_transfer_list(lines: list[TextLine]) -> bool:
    """Whether one of the first lines is one of file_transfer_trace.txt."""
    return any(_TRANSFER.search(line.text) for line in lines)


def _moment(groups: tuple[str, ...]) -> records.Moment | None:
    year, month, day, hour, minute = (int(value) for value in groups)
    value = records.make_datetime(year, month, day, hour, minute)
    if value is None:
        return None
    return records.Moment(value, "minute", records.UTC_UNCONFIRMED, 0)


class TraceRequests:
    """When partners asked to be let in, and were, as the traces tell it.

    Attributes:
        source: names of the traces.
    """

    def __init__(self) -> None:
        self.source = ""
        self._times: dict[str, set[datetime.datetime]] = {}
        self._count = 0

    def add(self, name: str, lines: Iterable[TextLine]) -> None:
        """Reads a trace."""
        self.source = f"{self.source}, {name}" if self.source else name
        decoder = AnyDeskTraceDecoder()
        for record in decoder.read(lines):
            moment = record.recorded
            if (
                moment is not None
                and record.event_kind in ("incoming_request", "outgoing_request")
                and record.remote_identifier
                and self._count < _MAXIMUM_REQUESTS
            ):
                self._count += 1
                times = self._times.setdefault(record.remote_identifier, set())
                times.add(moment.value)

    def offset(self, listed: list[tuple[str, datetime.datetime]]) -> int | None:
        """Minutes that the times of a list are ahead of the traces.

        Args:
            listed: partner and time of each entry.

        Returns:
            The offset which fits more entries than any other, None if none does.
        """
        votes: dict[int, int] = {}
        for identifier, moment in listed[-_MAXIMUM_REQUESTS:]:
            fitting = set()
            for time in self._times.get(identifier, ()):
                minutes = (moment - time) / _MINUTE
                offset = round(minutes / 15) * 15
                # An entry is written when somebody allowed it, a moment later.
                if -12 * 60 <= offset <= 14 * 60 and -2 <= minutes - offset <= 3:
                    fitting.add(offset)
            for offset in fitting:
                votes[offset] = votes.get(offset, 0) + 1
        if not votes:
            return None
        most = max(votes.values())
        best = [offset for offset, count in votes.items() if count == most]
        return best[0] if len(best) == 1 else None


class ConnectionTraceDecoder(records.LogDecoder):
    """Decoder of connection_trace.txt.

    Attributes:
        requests: what the traces beside it tell, None if there are none.
    """

    tool = TOOL
    needs_survey = True

    def __init__(self) -> None:
        super().__init__()
        self.requests: TraceRequests | None = None
        self._offset: int | None = None

    def survey(self, lines: Iterable[TextLine]) -> None:
        """Finds the zone of the list out."""
        if self.requests is None:
            return
        listed: list[tuple[str, datetime.datetime]] = []
        for line in lines:
            match = _CONNECTION.fullmatch(line.text)
            moment = _moment(match.groups()[1:6]) if match else None
            if match and moment is not None:
                identifier = self._columns(match[7])[2]
                listed.append((identifier or "", moment.value))
                # The traces hold the last weeks.
                del listed[:-_MAXIMUM_REQUESTS]
        self._offset = self.requests.offset(listed)

    def _zone(self, moment: records.Moment | None) -> records.Moment | None:
        if moment is None or self._offset is None or self.requests is None:
            return moment
        return dataclasses.replace(
            moment,
            basis=records.TRACE_OFFSET,
            utc_offset=self._offset,
            source=f"requests of the same partners in {self.requests.source}",
        )

    def line(self, line: TextLine) -> Iterator[records.Record]:
        """Decodes a line."""
        if not line.text.strip():
            return
        match = _CONNECTION.fullmatch(line.text)
        moment = self._zone(_moment(match.groups()[1:6]) if match else None)
        if not match or moment is None:
            reason = "no time" if match else "not the form of a line"
            yield self.unparsed(line, reason, details=reason)
            return
        self.seen(moment)
        method, name, identifier = self._columns(match[7])
        values = {
            "direction": match[1].lower(),
            "remote_identifier": identifier,
            "remote_name": name if name != identifier else None,
            "text": line.text,
        }
        if method.lower() == "rejected":
            yield self.event(
                line, moment, "connection_rejected", success=False, **values
            )
            return
        record = records.Record(self.tool, offset=line.offset)
        for attribute, value in values.items():
            setattr(record, attribute, value)
        record.start, record.start_basis = moment, "connection_list"
        record.authentication = _METHODS.get(method.lower(), method or None)
        record.authentication_method = method or None
        if method.lower() in _METHODS:
            record.success = True
        yield record

    def _columns(self, rest: str) -> tuple[str, str | None, str | None]:
        """Method, alias and identifier."""
        if "\t" in rest:
            columns = [column.strip() for column in rest.split("\t")][1:]
        else:
            columns = re.split(r"\s{2,}", rest.strip())
            if len(columns) < 3:
                columns = rest.split()
            # Without tabs an empty method leaves no trace.
            if len(columns) == 2:
                columns = ["", *columns]
        columns += [""] * (3 - len(columns))
        return columns[0], columns[-2] or None, columns[-1] or columns[-2] or None


class FileTransferTraceDecoder(records.LogDecoder):
    """Decoder of file_transfer_trace.txt."""

    tool = TOOL

    def line(self, line: TextLine) -> Iterator[records.Record]:
        """Decodes a line."""
        if not line.text.strip():
            return
        match = _TRANSFER.search(line.text)
        moment = _moment(match.groups()) if match else None
        if not match or moment is None:
            reason = "no time" if match else "not the form of a line"
            yield self.unparsed(line, reason, details=reason)
            return
        self.seen(moment)
        kind = line.text[: match.start()].strip()
        is_clipboard = kind.lower() == "clipboard"
        event_kind = "clipboard_transfer" if is_clipboard else "file_transfer"
        details = [part.strip() for part in line.text[match.end() :].split("\t")]
        yield self.event(
            line,
            moment,
            event_kind,
            details=" | ".join(part for part in details if part) or None,
            session_type=kind or None,
            text=line.text,
        )
