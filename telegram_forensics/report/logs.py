"""Records of system logs: collected row by row, assembled to sessions at the end.

Stock plaso parsers give one event per record. A session of RDP, SSH, telnet or Chrome
Remote Desktop is what several of them say together.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, Final

from telegram_forensics.attribution import (
    line_sessions,
    terminal_sessions,
    windows_sessions,
)
from telegram_forensics.attribution.line_sessions import LineRecord
from telegram_forensics.attribution.records import (
    Place,
    PresenceRecord,
    RemoteSession,
)
from telegram_forensics.attribution.terminal_sessions import TerminalRecord
from telegram_forensics.attribution.windows_sessions import LogRecord
from telegram_forensics.report.storage import Row

EVENT_LOG: Final = "windows:evtx:record"
SSH_LOGIN: Final = "syslog:ssh:login"
LINES: Final = ("syslog:line", SSH_LOGIN, "systemd:journal")
# Logins at terminals: utmp, wtmp, utmpx.
TERMINALS: Final = ("linux:utmp:event", "macos:utmpx:entry")
# Sets a time later that is local, from plaso's event: record, attribute, description.
Later = Callable[[Any, str, Row, str], None]

# In the texts of its event log, see formats/remote_access.md section 7.
_CHROMOTING_TEXTS: Final = {
    1: "Client connected: {0}",
    2: "Client disconnected: {0}",
    4: "Channel IP for client: {0} ip='{1}'",
}
_JOURNAL_PRECISION: Final = 0.001


class LogCollector:
    """Collects records of logs."""

    def __init__(self) -> None:
        self._records: list[LogRecord] = []
        self._lines: list[LineRecord] = []
        self._terminals: list[TerminalRecord] = []

    def add_event_log(self, row: Row, place: Place) -> None:
        """Adds a record of a Windows event log."""
        get = row.values.get
        event, time = get("event_identifier"), get("written_time")
        if not isinstance(event, int) or time is None:
            return
        strings = tuple(
            None if item is None else str(item) for item in get("strings") or []
        )
        number = get("record_number")
        place = dataclasses.replace(
            place, record=None if number is None else f"record {number}"
        )
        provider = str(get("source_name") or "")
        if provider == line_sessions.CHROMOTING:
            # The upper half of the identifier is the severity.
            text = _CHROMOTING_TEXTS.get(event & 0xFFFF)
            if text is not None:
                filled = [item or "" for item in strings] + [""] * 2
                self._lines.append(
                    LineRecord(place, time, provider, text.format(*filled))
                )
        elif event in windows_sessions.EVENT_IDS:
            self._records.append(LogRecord(place, provider, event, strings, time))

    def add_line(self, row: Row, place: Place, later: Later) -> None:
        """Adds a line of syslog or of the systemd journal."""
        get = row.values.get
        data_type = get("data_type")
        if data_type == SSH_LOGIN:
            # Only what the plugin kept: the line in the form of the program.
            text = (
                f"Accepted {get('authentication_method')} for {get('username')} "
                f"from {get('ip_address')} port {get('port')}"
            )
            reporter = "sshd"
        else:
            text = str(get("message_body") or "")
            reporter = str(get("reporter") or "")
        if not line_sessions.is_reporter(reporter):
            return
        process = get("pid")
        record = LineRecord(
            place, None, reporter, text, None if process is None else str(process)
        )
        if data_type == "systemd:journal":
            record.time = get("written_time") or get("recorded_time")
            record.precision = _JOURNAL_PRECISION
        else:
            record.time = get("last_written_time")
            later(record, "time", row, "Content Modification Time")
        self._lines.append(record)

    def add_terminal(self, row: Row, place: Place) -> None:
        """Adds a record of a login at a terminal."""
        get = row.values.get
        time, login_type = get("written_time"), get("login_type")
        if not isinstance(login_type, int) or not isinstance(time, int | float):
            return
        texts = {
            name: None if get(name) is None else str(get(name))
            for name in ("terminal", "username", "hostname", "ip_address", "pid")
        }
        if get("offset") is not None:
            place = dataclasses.replace(place, record=f"offset {get('offset')}")
        self._terminals.append(
            TerminalRecord(
                place,
                float(time),
                login_type,
                texts["terminal"],
                texts["username"],
                texts["hostname"],
                texts["ip_address"],
                texts["pid"],
            )
        )

    def assemble(self) -> tuple[list[RemoteSession], list[PresenceRecord]]:
        """Sessions, and unlocks at the keyboard."""
        sessions, presence = windows_sessions.assemble(self._records)
        sessions += terminal_sessions.assemble(
            self._terminals,
            line_sessions.assemble(self._lines),
            line_sessions.telnet_connections(self._lines),
        )
        return sessions, presence
