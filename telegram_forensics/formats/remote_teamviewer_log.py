"""Sessions in TeamViewer's log files.

Specification: formats/remote_access.md section 1.3. Lines that mean nothing here are
counted only: plaso's own parser gives them out.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from typing import Final

from telegram_forensics.formats import remote_clock
from telegram_forensics.formats import remote_records as records
from telegram_forensics.formats import remote_teamviewer_lines as lines
from telegram_forensics.formats.remote_teamviewer_connections import TOOL
from telegram_forensics.formats.remote_text import TextLine

_MAXIMUM_OPEN: Final = 256
_MAXIMUM_OWN: Final = 64
_RECENT: Final = datetime.timedelta(minutes=15)
_SOON: Final = datetime.timedelta(minutes=1)
_HEADER_DETAILS: Final = ("OS", "MID", "License", "License Type", "Proxy-Settings")


class TeamViewerLogDecoder(records.LogDecoder):
    """Decoder of TeamViewerNN_Logfile.log, its _OLD and TVNetwork.log."""

    tool = TOOL
    keeps_lines = False

    def __init__(self) -> None:
        super().__init__()
        self._arrival: tuple[records.Moment, TextLine, str] | None = None
        self._area = ""
        self._areas: dict[str, str] = {}
        self._clock = remote_clock.LogClock()
        self._header: lines.Header | None = None
        self._is_old_year = False
        self._last: datetime.datetime | None = None
        self._moment: records.Moment | None = None
        self._open: dict[str, records.Record] = {}
        self._own: dict[str, str | None] = {}
        self._own_identifier: str | None = None
        self._removed: dict[str, tuple[records.Moment, int]] = {}
        self._version: str | None = None
        self._year: int | None = None

    def line(self, line: TextLine) -> Iterator[records.Record]:
        """Decodes a line."""
        head = lines.parse_head(line.text)
        if head is None:
            yield from self._continuation(line)
            return
        yield from self._end_header()
        self._area = head.area
        moment = self._time(head)
        if moment is None:
            reason = "no time" if self._year or head.year else "the year is not known"
            self.reject(line, reason)
        self.seen(moment)
        self._moment = moment
        if moment is not None and self._clock.jump:
            shifted = ", taken for the end of daylight saving"
            yield self.event(
                line,
                moment,
                "clock_moved_back",
                details=f"by {self._clock.jump} minutes"
                + (shifted if self._clock.is_shifted else ""),
                text=line.text,
            )
        if not lines.ANY_EVENT.search(head.text):
            self.coverage.number_of_other_entries += 1
            return
        for name, pattern in lines.EVENTS:
            match = pattern.match(head.text)
            if match:
                handler = getattr(self, f"_on_{name}")
                yield from handler(line, moment, match)
                return
        self.coverage.number_of_other_entries += 1

    def end(self) -> Iterator[records.Record]:
        """Sessions that are open where the log ends have no end."""
        yield from self._end_header()
        yield from self._end_arrival()
        for identifier in list(self._open):
            yield from self._close(identifier, None, None)

    # Times and headers.

    def _time(self, head: lines.LogHead) -> records.Moment | None:
        year = head.year
        if year is None:
            if self._year is None:
                return None
            # The year stands in the header only; it turns when December ends.
            last = self._last
            if last is not None and last.month == 12 and head.month == 1:
                self._year = last.year + 1
            elif last is not None and last.month == 1 and head.month == 12:
                self._year = last.year - 1
            year = self._year
        value = records.make_datetime(
            year,
            head.month,
            head.day,
            head.hour,
            head.minute,
            head.second,
            (head.milliseconds or 0) * 1000,
        )
        if value is None:
            return None
        self._last = value
        precision = "second" if head.milliseconds is None else "millisecond"
        return self._clock.moment(value, precision)

    def _continuation(self, line: TextLine) -> Iterator[records.Record]:
        header = lines.parse_start(line, self._area)
        if header is not None:
            yield from self._end_header()
            self._header = header
            if header.start is None:
                self.reject(line, "the start of the program is no time")
                return
            self._year = header.start.year
            self._last = header.start
            self._clock.header(header.start, header.utc_offset, line.text.strip())
        elif self._header is not None:
            if not line.text.strip():
                yield from self._end_header()
            elif not lines.add_field(self._header, line.text):
                self.coverage.number_of_other_entries += 1
        elif line.text.strip():
            # A further line of a longer message.
            self.coverage.number_of_other_entries += 1

    def _end_header(self) -> Iterator[records.Record]:
        """The block of a program start is complete."""
        header, self._header = self._header, None
        if header is None:
            return
        moment = None
        if header.start is not None:
            precision = "millisecond" if header.has_milliseconds else "second"
            moment = self._clock.moment(header.start, precision)
        fields = header.fields
        self._version = fields.get("Version", self._version)
        identifier = fields.get("ID", "").replace(" ", "")
        if identifier.isascii() and identifier.isdigit() and identifier.strip("0"):
            self._add_own(identifier)
        path = fields.get("AppPath") or None
        self.seen(moment)
        # Sessions of the same process are over; a window's start ends no service's.
        for number in list(self._open):
            area = self._areas.get(number, "")
            if not area or not header.area or area[0] == header.area[0]:
                yield from self._close(number, moment, "next_program_start")
        details = "; ".join(
            f"{name}: {fields[name]}" for name in _HEADER_DETAILS if fields.get(name)
        )
        values = {
            "details": details or None,
            "local_account": fields.get("UserAccount") or None,
            "local_address": fields.get("IP") or None,
            "local_identifier": self._own_identifier,
            "program_path": path,
            "text": header.line.text,
            "tool_version": self._version,
        }
        yield self.event(header.line, moment, "program_started", **values)
        if lines.is_outside(path):
            yield self.event(
                header.line, moment, "program_outside_install_folder", **values
            )

    def _add_own(self, identifier: str) -> None:
        self._own_identifier = identifier
        if len(self._own) < _MAXIMUM_OWN:
            self._own.setdefault(identifier, None)

    # Sessions.

    def _session(
        self, identifier: str, line: TextLine, moment: records.Moment | None
    ) -> Iterator[records.Record]:
        """Opens a session with a partner if none is open."""
        if identifier in self._removed:
            yield from self._close(identifier, None, None)
        if identifier in self._open:
            return
        if len(self._open) >= _MAXIMUM_OPEN:
            oldest = next(iter(self._open))
            self.reject(line, "too many open sessions, the oldest is given out")
            yield from self._close(oldest, None, None)
        record = records.Record(self.tool, offset=line.offset)
        record.remote_identifier = identifier
        record.text_encoding = line.encoding
        arrival, self._arrival = self._arrival, None
        if arrival is not None and self._is_near(arrival[0], moment, _SOON):
            record.requested, first, record.relay_address = arrival
            record.offset = first.offset
            record.direction = "incoming"
        elif arrival is not None:
            self._arrival = arrival
            yield from self._end_arrival()
        self._open[identifier] = record
        self._areas[identifier] = self._area

    def _is_near(
        self,
        earlier: records.Moment | None,
        later: records.Moment | None,
        limit: datetime.timedelta,
    ) -> bool:
        if earlier is None or later is None:
            return False
        return abs(later.value - earlier.value) <= limit

    def _only(self) -> records.Record | None:
        """The session of a line that names no partner: clear if only one is open."""
        waiting = [key for key in self._open if key not in self._removed]
        return self._open[waiting[0]] if len(waiting) == 1 else None

    def _unfinished(self) -> records.Record | None:
        """The session of a line of a login: the last one that is not yet logged in."""
        for record in reversed(self._open.values()):
            if record.start_basis != "authentication":
                return record
        return None

    def _end_arrival(self) -> Iterator[records.Record]:
        """An arrival that nobody followed up."""
        arrival, self._arrival = self._arrival, None
        if arrival is not None:
            moment, line, relay = arrival
            yield self.event(
                line,
                moment,
                "connection_attempt",
                direction="incoming",
                local_identifier=self._own_identifier,
                relay_address=relay,
                success=False,
                text=line.text,
            )

    def _close(
        self, identifier: str, moment: records.Moment | None, basis: str | None
    ) -> Iterator[records.Record]:
        record = self._open.pop(identifier)
        self._areas.pop(identifier, None)
        removed = self._removed.pop(identifier, None)
        if removed is not None and basis in (None, "next_program_start"):
            moment, record.end_offset = removed
            basis = "participant_removed"
        record.local_identifier = self._own_identifier
        if record.local_identifier is not None:
            record.local_name = self._own.get(record.local_identifier)
        record.tool_version = self._version
        if record.start is None and record.direction == "incoming":
            # Nobody logged in.
            record.event_kind = "connection_attempt"
            record.recorded, record.requested = record.requested, None
            record.success = False
            if moment is not None:
                record.details = f"ended {moment.iso()} ({basis})"
            yield record
            return
        if record.start is not None:
            record.success = True
        record.direction = record.direction or "unknown"
        record.end, record.end_basis = moment, basis
        yield record

    # Handlers, one for each pattern.

    def _on_arrival(
        self, line: TextLine, moment: records.Moment | None, match: re.Match[str]
    ) -> Iterator[records.Record]:
        yield from self._end_arrival()
        if moment is None:
            return
        self._arrival = (moment, line, match["relay"])

    def _on_hello(
        self, line: TextLine, moment: records.Moment | None, match: re.Match[str]
    ) -> Iterator[records.Record]:
        identifier = match["id"]
        known = self._open.get(identifier)
        if known is not None and (
            # An earlier attempt of the same partner,
            not self._is_near(known.requested, moment, _SOON)
            if known.start is None
            # or the partner is back and the end of the session is not in the log.
            else self._arrival is not None
        ):
            yield from self._close(identifier, None, None)
        yield from self._session(identifier, line, moment)
        record = self._open[identifier]
        record.direction = record.direction or "incoming"
        if record.requested is None:
            record.requested = moment

    def _on_guard(
        self, line: TextLine, moment: records.Moment | None, match: re.Match[str]
    ) -> Iterator[records.Record]:
        record = self._unfinished()
        if record is not None:
            record.session_type = match["type"]
        yield from ()

    def _on_fingerprint(
        self, line: TextLine, moment: records.Moment | None, match: re.Match[str]
    ) -> Iterator[records.Record]:
        record = self._unfinished()
        if record is not None:
            record.remote_fingerprint = match["value"]
        yield from ()

    def _on_number(
        self, line: TextLine, moment: records.Moment | None, match: re.Match[str]
    ) -> Iterator[records.Record]:
        record = self._unfinished()
        if record is not None and record.remote_session_identifier is None:
            record.remote_session_identifier = match["number"]
        yield from ()

    def _on_attempt(
        self, line: TextLine, moment: records.Moment | None, match: re.Match[str]
    ) -> Iterator[records.Record]:
        yield from self._session(match["id"], line, moment)
        record = self._open[match["id"]]
        record.direction = record.direction or "incoming"
        record.number_of_attempts = int(match["number"][:9])
        if record.requested is None:
            record.requested = moment

    def _on_authentication(
        self, line: TextLine, moment: records.Moment | None, match: re.Match[str]
    ) -> Iterator[records.Record]:
        record = self._unfinished()
        if match["result"].strip(" .") == "successful":
            if record is not None:
                record.authentication = self._authentication(match["method"])
                record.authentication_method = match["method"]
                record.start, record.start_basis = moment, "authentication"
                record.direction = record.direction or "incoming"
            return
        yield self.event(
            line,
            moment,
            "authentication_failed",
            authentication=self._authentication(match["method"]),
            authentication_method=match["method"],
            direction="incoming",
            local_identifier=self._own_identifier,
            remote_identifier=record.remote_identifier if record else None,
            success=False,
            text=line.text,
        )

    def _authentication(self, method: str) -> str:
        return "password" if "password" in method.lower() else method

    def _on_own(
        self, line: TextLine, moment: records.Moment | None, match: re.Match[str]
    ) -> Iterator[records.Record]:
        self._add_own(match["id"])
        yield from ()

    def _on_added(
        self, line: TextLine, moment: records.Moment | None, match: re.Match[str]
    ) -> Iterator[records.Record]:
        identifier, kind = match["id"], match["type"]
        name = (match["name"] or "").strip() or None
        if not self._own and kind == "3":
            self._add_own(identifier)
        if identifier in self._own:
            self._own[identifier] = name
            return
        yield from self._session(identifier, line, moment)
        record = self._open[identifier]
        record.remote_name = name or record.remote_name
        if record.direction is None:
            # Type 3 shows its screen, type 6 looks at it.
            record.direction = {"3": "outgoing", "6": "incoming"}.get(kind)
        if record.start is None:
            record.start, record.start_basis = moment, "participant_added"

    def _on_anchor(
        self, line: TextLine, moment: records.Moment | None, match: re.Match[str]
    ) -> Iterator[records.Record]:
        if moment is None or (self._own and match["id"] not in self._own):
            # The partner's time is of its own clock.
            return
        offset = self._clock.anchor(moment, int(match["time"]), line.text.strip())
        if offset is None:
            return
        for record in self._open.values():
            for name in ("requested", "start"):
                earlier = getattr(record, name)
                if self._is_near(earlier, moment, _RECENT):
                    setattr(record, name, self._clock.rebase(earlier))
        yield from ()

    def _on_removed(
        self, line: TextLine, moment: records.Moment | None, match: re.Match[str]
    ) -> Iterator[records.Record]:
        if match["id"] in self._open and moment is not None:
            self._removed[match["id"]] = (moment, line.offset)
        yield from ()

    def _on_ended(
        self, line: TextLine, moment: records.Moment | None, match: re.Match[str]
    ) -> Iterator[records.Record]:
        identifier = match["id"]
        if identifier not in self._open:
            # It began before the log does.
            record = records.Record(self.tool, offset=line.offset)
            record.remote_identifier = identifier
            self._open[identifier] = record
        self._open[identifier].end_offset = line.offset
        yield from self._close(identifier, moment, "session_ended")

    def _on_version(
        self, line: TextLine, moment: records.Moment | None, match: re.Match[str]
    ) -> Iterator[records.Record]:
        record = self._open.get(match["id"])
        if record is not None:
            record.remote_version = match["value"].rstrip(",")
        yield from ()

    def _on_rights(
        self, line: TextLine, moment: records.Moment | None, match: re.Match[str]
    ) -> Iterator[records.Record]:
        record = self._only()
        if record is not None:
            record.access_rights = match["value"].strip()
        yield from ()

    def _on_punched(
        self, line: TextLine, moment: records.Moment | None, match: re.Match[str]
    ) -> Iterator[records.Record]:
        record = self._only()
        address = lines.ADDRESS.search(match.string, match.end())
        if record is not None and address and record.remote_address is None:
            record.remote_address = address[0]
        yield from ()

    def _on_file(
        self, line: TextLine, moment: records.Moment | None, match: re.Match[str]
    ) -> Iterator[records.Record]:
        record = self._only()
        yield self.event(
            line,
            moment,
            "file_transfer",
            direction=record.direction if record else None,
            local_identifier=self._own_identifier,
            remote_identifier=record.remote_identifier if record else None,
            remote_name=record.remote_name if record else None,
            text=line.text,
        )
