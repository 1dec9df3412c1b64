"""Records of remote control, whatever the program, and the base of the log decoders.

Specification: formats/remote_access.md section 11.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from telegram_forensics.formats.errors import Issue
from telegram_forensics.formats.remote_text import TextLine

# Bases of a time.
UTC: Final = "utc"
UTC_UNCONFIRMED: Final = "utc_unconfirmed"
SYSTEM_ZONE: Final = "system_zone"
LINE_OFFSET: Final = "line_offset"
HEADER_OFFSET: Final = "header_offset"
HEADER_OFFSET_SHIFTED: Final = "header_offset_shifted"
LINE_ANCHOR: Final = "line_anchor"
TRACE_OFFSET: Final = "trace_offset"

_FIRST_YEAR: Final = 1990
_LAST_YEAR: Final = 2200


@dataclass(frozen=True, slots=True)
class Moment:
    """A time as a log tells it.

    Attributes:
        value: what the line says, without zone.
        precision: "minute", "second", "millisecond" or "microsecond".
        basis: what its zone rests on, one of the constants of this module.
        utc_offset: minutes that local time is ahead of UTC, 0 for UTC, None if only
            the system's time zone can tell.
        source: text of the line that the offset comes from, where it is another one.
    """

    value: datetime.datetime
    precision: str
    basis: str
    utc_offset: int | None = None
    source: str | None = None

    def utc(self) -> datetime.datetime | None:
        """The time in UTC without zone, None if the offset is not known."""
        if self.utc_offset is None:
            return None
        return self.value - datetime.timedelta(minutes=self.utc_offset)

    def iso(self) -> str:
        """ISO 8601, with "Z" or an offset where it is known, else without."""
        specification = {
            "minute": "minutes",
            "second": "seconds",
            "millisecond": "milliseconds",
            "microsecond": "microseconds",
        }[self.precision]
        text = self.value.isoformat(timespec=specification)
        if self.utc_offset is None:
            return text
        if self.utc_offset == 0:
            return f"{text}Z"
        sign = "-" if self.utc_offset < 0 else "+"
        hours, minutes = divmod(abs(self.utc_offset), 60)
        return f"{text}{sign}{hours:02d}:{minutes:02d}"


def make_datetime(
    year: int,
    month: int,
    day: int,
    hour: int = 0,
    minute: int = 0,
    second: int = 0,
    microsecond: int = 0,
) -> datetime.datetime | None:
    """A time without zone, None if there is no such time or year."""
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        return None
    try:
        date = datetime.date(year, month, day)
        time = datetime.time(hour, minute, second, microsecond)
    except ValueError:
        return None
    return datetime.datetime.combine(date, time)


@dataclass(slots=True)
class Record:
    """A session, or something else that happened; see docs/event_data.md.

    The attributes are those of the event data; None is not known.
    """

    tool: str
    offset: int | None = None
    event_kind: str | None = None
    start: Moment | None = None
    end: Moment | None = None
    requested: Moment | None = None
    recorded: Moment | None = None
    access_mode: str | None = None
    access_rights: str | None = None
    authentication: str | None = None
    authentication_method: str | None = None
    connection_number: str | None = None
    date_order: str | None = None
    details: str | None = None
    direction: str | None = None
    end_basis: str | None = None
    end_offset: int | None = None
    local_account: str | None = None
    local_address: str | None = None
    local_identifier: str | None = None
    local_name: str | None = None
    number_of_attempts: int | None = None
    number_of_damaged: int | None = None
    number_of_entries: int | None = None
    number_of_other_entries: int | None = None
    program_path: str | None = None
    relay_address: str | None = None
    remote_address: str | None = None
    remote_fingerprint: str | None = None
    remote_identifier: str | None = None
    remote_name: str | None = None
    remote_session_identifier: str | None = None
    remote_version: str | None = None
    session_type: str | None = None
    setting_meaning: str | None = None
    setting_name: str | None = None
    setting_value: str | None = None
    start_basis: str | None = None
    success: bool | None = None
    text: str | None = None
    text_encoding: str | None = None
    tool_version: str | None = None

    @property
    def is_session(self) -> bool:
        """True for a session, False for anything else."""
        return self.event_kind is None

    @property
    def moments(self) -> list[Moment]:
        """The times of the record that are known."""
        found = (self.start, self.end, self.recorded, self.requested)
        return [moment for moment in found if moment is not None]


@dataclass(slots=True)
class Coverage:
    """What a log covers.

    Attributes:
        first: time of its first entry.
        last: time of its last entry.
        number_of_entries: entries that were decoded.
        number_of_other_entries: of these, entries that gave no record.
        number_of_damaged: lines that could not be decoded, in whole or part.
        reasons: reason -> number of lines and offset of the first one.
    """

    first: Moment | None = None
    last: Moment | None = None
    number_of_entries: int = 0
    number_of_other_entries: int = 0
    number_of_damaged: int = 0
    reasons: dict[str, list[int]] = field(default_factory=dict)

    def issues(self, name: str) -> list[Issue]:
        """One issue for each reason.

        Args:
            name: name of the file.
        """
        return [
            Issue(name, offset, f"{count} lines from here on: {reason}")
            for reason, (count, offset) in self.reasons.items()
        ]


class LogDecoder:
    """Base of the decoders of logs.

    Attributes:
        coverage: what the log covers, complete once `read` has ended.
        tool: name of the program.
    """

    tool = ""
    # Entries without a record are given out as records of kind "log_line".
    keeps_lines = True

    def __init__(self) -> None:
        self.coverage = Coverage()
        self._rejected: int | None = None

    def read(self, lines: Iterable[TextLine]) -> Iterator[Record]:
        """Decodes a log.

        Args:
            lines: lines of the log.

        Yields:
            Records, sessions where they end.
        """
        for line in lines:
            if line.is_cut:
                self.reject(line, "longer than the limit, the rest is not read")
            elif line.is_damaged:
                self.reject(line, f"bytes that are not {line.encoding}")
            for record in self.line(line):
                if record.text_encoding is None:
                    record.text_encoding = line.encoding
                yield record
        yield from self.end()

    def survey(self, lines: Iterable[TextLine]) -> None:
        """Looks through the whole log before it is decoded; most need not."""

    needs_survey = False

    def line(self, line: TextLine) -> Iterator[Record]:
        """Decodes a line."""
        raise NotImplementedError

    def end(self) -> Iterator[Record]:
        """What is still open where the log ends."""
        yield from ()

    def reject(self, line: TextLine, reason: str) -> None:
        """Counts a line that cannot be decoded, once whatever is wrong with it."""
        if line.offset != self._rejected:
            self._rejected = line.offset
            self.coverage.number_of_damaged += 1
        counted = self.coverage.reasons.get(reason)
        if counted is None:
            self.coverage.reasons[reason] = [1, line.offset]
        else:
            counted[0] += 1

    def unparsed(
        self, line: TextLine, reason: str, **values: str | int | bool | None
    ) -> Record:
        """Counts a line that cannot be decoded; the record keeps its text."""
        self.reject(line, reason)
        return self.event(line, None, "unparsed_line", text=line.text, **values)

    def seen(self, moment: Moment | None) -> None:
        """Counts an entry and its time."""
        self.coverage.number_of_entries += 1
        if moment is not None:
            if self.coverage.first is None:
                self.coverage.first = moment
            self.coverage.last = moment

    def other(
        self, line: TextLine, moment: Moment | None, text: str, **values: str | None
    ) -> Iterator[Record]:
        """An entry without a meaning of its own."""
        self.coverage.number_of_other_entries += 1
        if self.keeps_lines:
            yield self.event(line, moment, "log_line", text=text, **values)

    def event(
        self,
        line: TextLine,
        moment: Moment | None,
        event_kind: str,
        **values: str | int | bool | None,
    ) -> Record:
        """A record that is no session."""
        record = Record(
            self.tool, offset=line.offset, event_kind=event_kind, recorded=moment
        )
        record.text_encoding = line.encoding
        for name, value in values.items():
            setattr(record, name, value)
        return record
