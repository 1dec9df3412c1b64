"""RDP sessions and unlocks out of records of Windows event logs.

Specification: formats/remote_access.md section 6. The log of the Local Session Manager
tells a session best: it names user, session and address, and whether it was at the
keyboard (`LOCAL`). The Security log has the same under a log-on id; it is used where
the other one is missing. 1149 alone proves a network connection, no log-on; type 7 is
an unlock at the keyboard only without an address. Positions in the Security events are
those of Windows 10 and 11, UNCONFIRMED by test.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from telegram_forensics.attribution.records import (
    Place,
    PresenceRecord,
    RemoteSession,
)

SESSION_MANAGER: Final = "Microsoft-Windows-TerminalServices-LocalSessionManager"
SECURITY: Final = "Microsoft-Windows-Security-Auditing"
EVENT_IDS: Final = frozenset({21, 23, 24, 25, 4624, 4634, 4647, 4778, 4779, 4801})

_TOOL: Final = "RDP"
_LOGON_REMOTE: Final = "10"
_LOGON_UNLOCK: Final = "7"
# The logs note one reconnection within this time of each other.
_SAME: Final = 5.0


@dataclass(frozen=True, slots=True)
class LogRecord:
    """A record of an event log.

    Attributes:
        place: where it stands.
        provider: name of the source.
        event: event identifier.
        strings: in the order of the record; None where empty.
        time: seconds since 1970 UTC.
    """

    place: Place
    provider: str
    event: int
    strings: tuple[str | None, ...]
    time: float

    def string(self, position: int) -> str | None:
        """A string, None if there is none."""
        if position >= len(self.strings):
            return None
        return self.strings[position] or None


def is_remote(address: str | None) -> bool:
    """True for an address of another computer."""
    if address is None or address in ("-", "LOCAL", "Unknown"):
        return False
    try:
        return not ipaddress.ip_address(address.partition("%")[0]).is_loopback
    except ValueError:
        return True


def assemble(
    logs: Iterable[LogRecord],
) -> tuple[list[RemoteSession], list[PresenceRecord]]:
    """Assembles sessions, computer by computer.

    Returns:
        RDP sessions, and unlocks at the keyboard.
    """
    by_computer: dict[tuple[str, str | None], list[LogRecord]] = {}
    for record in logs:
        key = (record.place.image, record.place.snapshot)
        by_computer.setdefault(key, []).append(record)
    sessions: list[RemoteSession] = []
    presence: list[PresenceRecord] = []
    for key in sorted(by_computer, key=str):
        ordered = sorted(by_computer[key], key=lambda item: (item.time, item.event))
        found = _of_session_manager(ordered)
        others = _of_security(ordered)
        sessions += found
        sessions += [item for item in others if not _is_told(item, found)]
        presence += _unlocks(ordered)
    return sessions, presence


def _of_session_manager(ordered: list[LogRecord]) -> list[RemoteSession]:
    sessions = []
    running: dict[str | None, RemoteSession] = {}
    for record in ordered:
        if record.provider != SESSION_MANAGER:
            continue
        number = record.string(1)
        if record.event in (21, 25):
            # A connection at the keyboard ends the remote one of the same session.
            _end(running.pop(number, None), record.time)
            address = record.string(2)
            if is_remote(address):
                session = _session(record, address, record.string(0), number)
                running[number] = session
                sessions.append(session)
        elif record.event in (23, 24):
            _end(running.pop(number, None), record.time)
    return sessions


def _of_security(ordered: list[LogRecord]) -> list[RemoteSession]:
    sessions = []
    running: dict[str | None, RemoteSession] = {}
    for record in ordered:
        if record.provider != SECURITY:
            continue
        if record.event == 4624 and record.string(8) == _LOGON_REMOTE:
            logon, address, user = record.string(7), record.string(18), record.string(5)
        elif record.event == 4778:
            logon, address, user = record.string(2), record.string(5), record.string(0)
        else:
            if record.event == 4779:
                _end(running.pop(record.string(2), None), record.time)
            elif record.event in (4634, 4647):
                _end(running.pop(record.string(3), None), record.time)
            continue
        _end(running.pop(logon, None), record.time)
        if is_remote(address):
            session = _session(record, address, user, logon)
            if record.event == 4778:
                session.remote_name = record.string(4)
            running[logon] = session
            sessions.append(session)
    return sessions


def _session(
    record: LogRecord, address: str | None, user: str | None, identifier: str | None
) -> RemoteSession:
    return RemoteSession(
        record.place,
        _TOOL,
        "incoming",
        record.time,
        None,
        identifier=identifier,
        remote_identifier=address,
        remote_address=address,
        local_account=user,
        session_type="RDP",
        success=True,
        has_input=True,
        precision=0.001,
    )


def _end(session: RemoteSession | None, time: float) -> None:
    if session is not None and session.end is None:
        session.end = time


def _is_told(session: RemoteSession, others: list[RemoteSession]) -> bool:
    """True if the other log has a session that began with this one, or covers it."""
    start = session.start or 0.0
    return any(
        abs((other.start or 0.0) - start) <= _SAME
        or (
            other.end is not None
            and (other.start or 0.0) - _SAME <= start <= other.end + _SAME
        )
        for other in others
    )


def _unlocks(ordered: list[LogRecord]) -> list[PresenceRecord]:
    reconnections = [
        record.time
        for record in ordered
        if (record.event in (21, 25) and is_remote(record.string(2)))
        or (record.event == 4778 and is_remote(record.string(5)))
        or (
            record.event == 4624
            and record.string(8) in (_LOGON_REMOTE, _LOGON_UNLOCK)
            and is_remote(record.string(18))
        )
    ]
    found = []
    for record in ordered:
        if record.provider != SECURITY:
            continue
        is_unlock = record.event == 4801 or (
            record.event == 4624
            and record.string(8) == _LOGON_UNLOCK
            and not is_remote(record.string(18))
        )
        # A reconnection unlocks as well.
        if is_unlock and all(abs(time - record.time) > _SAME for time in reconnections):
            user = record.string(1 if record.event == 4801 else 5)
            found.append(
                PresenceRecord(
                    record.place, "unlock", record.time, words=f"user {user or '?'}"
                )
            )
    return found
