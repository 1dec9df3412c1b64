"""Traces of AnyDesk: ad.trace, ad_svc.trace, anydesk.trace.

Specification: formats/remote_access.md section 2.2. Processes of several roles write
into the traces, so the lines of one session are put together by the partner's
identifier and, where a line names none, by the process that wrote it.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from typing import Final

from telegram_forensics.formats import remote_records as records
from telegram_forensics.formats.remote_text import TextLine

TOOL: Final = "AnyDesk"

_NAME: Final = re.compile(
    r"(?:ad|ad_svc|anydesk\w*)\d*\.trace(?:\.\d+)?", re.IGNORECASE
)
# Process, thread, fibre and module follow, then " - " and the text.
_LINE: Final = re.compile(
    r"\s*(\w+)\s+(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d{3}))?\s+"
)
_SEPARATOR: Final = re.compile(r"[\s*]*")
# Some builds number the sessions in front of the text.
_PREFIX: Final = re.compile(r"(\d+): ")
_MAXIMUM_OPEN: Final = 256
_MAXIMUM_SOCKETS: Final = 1024
_NEAR: Final = datetime.timedelta(minutes=5)

_PATTERNS: Final = tuple(
    (name, re.compile(module), re.compile(pattern, re.IGNORECASE))
    for name, module, pattern in (
        (
            "own_identifier",
            r"anynet\.connection_mgr",
            r"New user data\. Client-ID: (?P<id>\d+)",
        ),
        (
            "own_address",
            r"anynet\..*",
            r"External address: (?P<address>\S+?:\d+)\.?\s*$",
        ),
        (
            "partner_identifier",
            r"anynet\.any_socket",
            r"Client-ID: (?P<id>\d+)(?: \(FPR: (?P<fingerprint>[0-9a-f]+)\))?",
        ),
        (
            "partner_address",
            r"anynet\.any_socket",
            r"Logged in from (?P<address>\S+?:\d+)(?: on relay (?P<relay>\w+))?",
        ),
        (
            "incoming_request",
            r"app\..*",
            r"Incoming session request: (?P<name>.*) \((?P<id>[^()]+)\)\s*$",
        ),
        (
            "incoming_accepted",
            r".*",
            r"Accept(?:ing)? (?:request )?from (?P<id>\d+)",
        ),
        ("incoming_accepted", r".*", r"Accepting the connect request"),
        ("authenticated", r".*", r"Authenticated (?P<how>.+)$"),
        (
            "partner_system",
            r"app\..*",
            r"Remote OS: (?P<value>.+)$",
        ),
        ("partner_version", r"app\..*", r"Remote version: (?P<version>\S+)"),
        ("session_ended", r"app\..*", r"Session (?:stopped|closed|ended)\b"),
        (
            "outgoing_request",
            r"app\..*",
            r"Connecting to \"?(?P<id>[^\"\s]+?)\"?\.?(?:\s.*)?$",
        ),
        (
            "outgoing_request",
            r".*",
            r"Received outgoing connection request for address (?P<id>\S+?)\.?\s*$",
        ),
        ("outgoing_ended", r".*", r"Stop monitoring (?P<id>\S+?)\.\s*$"),
        (
            "file_transfer",
            r"app\.(?:prepare_task|local_file_transfer|ft_src_session)",
            r"",
        ),
        ("clipboard_transfer", r"app\.ctrl_clip_comp", r"Got a .*offer|.*\bfiles?\b"),
    )
)
_METHODS: Final = (
    (re.compile(r"by local user"), "consent"),
    (re.compile(r"password|passphrase"), "password"),
    (re.compile(r"token"), "token"),
)


def is_trace_name(name: str) -> bool:
    """Whether a file of this name would be a trace."""
    return _NAME.fullmatch(name) is not None


def is_trace(lines: list[TextLine]) -> bool:
    """Whether one of the first lines of a file is one of a trace."""
    return any(_LINE.match(line.text) for line in lines)


class AnyDeskTraceDecoder(records.LogDecoder):
    """Decoder of a trace; each line is a record, each session one more."""

    tool = TOOL

    def __init__(self) -> None:
        super().__init__()
        self._address: str | None = None
        self._identifier: str | None = None
        self._open: dict[str, records.Record] = {}
        self._processes: dict[str, str] = {}
        # Partner behind a connection, by process and fibre, and by identifier.
        self._sockets: dict[tuple[str, str], records.Record] = {}
        self._partners: dict[str, records.Record] = {}

    def line(self, line: TextLine) -> Iterator[records.Record]:
        """Decodes a line."""
        match = _LINE.match(line.text)
        fields, dash, text = line.text[match.end() if match else 0 :].partition(" - ")
        if not match or not dash:
            if not _SEPARATOR.fullmatch(line.text):
                yield self.unparsed(line, "not the form of a line")
            return
        year, month, day, hour, minute, second = (
            int(value) for value in match.groups()[1:7]
        )
        microsecond = int(match[8] or 0) * 1000
        value = records.make_datetime(
            year, month, day, hour, minute, second, microsecond
        )
        moment = None
        if value is None:
            self.reject(line, "no time")
        else:
            precision = "second" if match[8] is None else "millisecond"
            moment = records.Moment(value, precision, records.UTC, 0)
        self.seen(moment)
        # Role, process, thread, perhaps fibre, module.
        columns = fields.split()
        module = columns[-1] if columns else ""
        process = columns[1] if len(columns) > 2 else ""
        fibre = columns[3] if len(columns) > 4 else ""
        yield from self._entry(line, moment, (process, fibre), module, text.strip())

    def _entry(
        self,
        line: TextLine,
        moment: records.Moment | None,
        place: tuple[str, str],
        module: str,
        text: str,
    ) -> Iterator[records.Record]:
        prefix = _PREFIX.match(text)
        body = text[prefix.end() :] if prefix else text
        for kind, modules, pattern in _PATTERNS:
            match = pattern.match(body) if modules.fullmatch(module) else None
            if match:
                yield from self._known(line, moment, place, kind, match)
                return
        yield from self.other(
            line, moment, line.text.strip(), local_identifier=self._identifier
        )

    def _known(
        self,
        line: TextLine,
        moment: records.Moment | None,
        place: tuple[str, str],
        kind: str,
        match: re.Match[str],
    ) -> Iterator[records.Record]:
        values = match.groupdict()
        event = self.event(line, moment, kind, text=line.text.strip())
        if kind == "own_identifier":
            self._identifier = values["id"]
        elif kind == "own_address":
            self._address = event.local_address = values["address"]
        elif kind in ("partner_identifier", "partner_address"):
            self._on_socket(event, place, kind, values)
        elif kind == "outgoing_ended":
            event.direction, event.remote_identifier = "outgoing", values["id"]
        elif kind in ("file_transfer", "clipboard_transfer"):
            self._describe(event, self._find(place[0]))
        else:
            yield from self._on_session(event, line, moment, place, kind, values)
        event.local_identifier = self._identifier
        yield event

    def _on_socket(
        self,
        event: records.Record,
        place: tuple[str, str],
        kind: str,
        values: dict[str, str | None],
    ) -> None:
        """Partner of a connection; both sides log it, so it tells no direction."""
        if kind == "partner_identifier":
            event.remote_identifier = values["id"]
            event.remote_fingerprint = values["fingerprint"]
            event.direction = "unknown"
            for table in (self._sockets, self._partners):
                if len(table) >= _MAXIMUM_SOCKETS:
                    table.pop(next(iter(table)))  # type: ignore[call-overload]
            self._sockets[place] = event
            self._partners[values["id"] or ""] = event
            return
        event.remote_address = values["address"]
        event.details = f"relay {values['relay']}" if values["relay"] else None
        event.direction = "unknown"
        known = self._sockets.get(place)
        if known is not None:
            known.remote_address = values["address"]
            event.remote_identifier = known.remote_identifier
            event.remote_fingerprint = known.remote_fingerprint

    def _on_session(
        self,
        event: records.Record,
        line: TextLine,
        moment: records.Moment | None,
        place: tuple[str, str],
        kind: str,
        values: dict[str, str | None],
    ) -> Iterator[records.Record]:
        identifier = values.get("id")
        if kind in ("incoming_request", "outgoing_request"):
            direction = kind.partition("_")[0]
            event.direction, event.remote_identifier = direction, identifier
            event.remote_name = (values.get("name") or "").strip(" -") or None
            yield from self._begin(event, moment, place[0])
            return
        if kind == "incoming_accepted" and identifier is not None:
            event.direction, event.remote_identifier = "incoming", identifier
            if identifier not in self._open:
                yield from self._begin(event, moment, place[0])
        session = self._open.get(identifier or "") or self._find(place[0])
        self._describe(event, session)
        if session is None:
            return
        if kind == "authenticated":
            how = (values["how"] or "").strip(" .")
            found = [code for pattern, code in _METHODS if pattern.search(how)]
            session.authentication = found[0] if found else how
            session.success = event.success = True
            session.authentication_method = how
            event.authentication = session.authentication
            event.authentication_method = how
            session.start, session.start_basis = moment, "authentication"
        elif kind == "partner_system":
            event.details = values["value"]
        elif kind == "partner_version":
            session.remote_version = event.remote_version = values["version"]
        elif kind == "session_ended":
            session.end, session.end_basis = moment, "session_ended"
            session.end_offset = line.offset
            yield from self._close(session.remote_identifier or "")

    def _begin(
        self, event: records.Record, moment: records.Moment | None, process: str
    ) -> Iterator[records.Record]:
        """Opens a session; one of the same partner that is open has no known end."""
        key = event.remote_identifier or ""
        known = self._open.get(key)
        if known is not None:
            earlier = known.requested
            if (
                known.direction == event.direction
                and earlier is not None
                and moment is not None
                and abs(moment.value - earlier.value) <= _NEAR
                and known.start_basis != "authentication"
            ):
                # The same request, logged by another process.
                known.remote_name = known.remote_name or event.remote_name
                self._processes[process] = key
                return
            yield from self._close(key)
        if len(self._open) >= _MAXIMUM_OPEN:
            yield from self._close(next(iter(self._open)))
        session = records.Record(self.tool, offset=event.offset)
        session.text_encoding = event.text_encoding
        session.direction = event.direction
        session.requested = session.start = moment
        session.start_basis = "request"
        session.remote_identifier = event.remote_identifier
        session.remote_name = event.remote_name
        partner = self._partners.get(key)
        if partner is not None and self._is_near(partner.recorded, moment):
            session.remote_address = partner.remote_address
            session.remote_fingerprint = partner.remote_fingerprint
        self._open[key] = session
        self._processes[process] = key

    def _is_near(
        self, earlier: records.Moment | None, later: records.Moment | None
    ) -> bool:
        if earlier is None or later is None:
            return False
        return abs(later.value - earlier.value) <= _NEAR

    def _find(self, process: str) -> records.Record | None:
        """Session of a process; of another one only if no other is open."""
        session = self._open.get(self._processes.get(process, ""))
        if session is None and len(self._open) == 1:
            (session,) = self._open.values()
        return session

    def _describe(self, event: records.Record, session: records.Record | None) -> None:
        if session is not None:
            event.direction = session.direction
            event.remote_identifier = session.remote_identifier
            event.remote_name = session.remote_name

    def _close(self, key: str) -> Iterator[records.Record]:
        session = self._open.pop(key)
        for process in [name for name, used in self._processes.items() if used == key]:
            del self._processes[process]
        if session.start_basis == "request":
            # One time is one event.
            session.requested = None
        session.local_address = self._address
        session.local_identifier = self._identifier
        yield session

    def end(self) -> Iterator[records.Record]:
        """Sessions that are open where the trace ends have no end."""
        for key in list(self._open):
            yield from self._close(key)
