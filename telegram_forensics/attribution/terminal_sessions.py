"""Remote shells out of utmp, wtmp and utmpx, and which lines of logs are the same.

Specification: formats/remote_access.md section 9. A session is a record of type 7
(user) until one of type 8 (dead) of the same terminal; a start of the system (type 2)
ends all. Only logins with a partner's address count: those at the computer itself have
none. The file does not say which program it was: a session that SSH or telnet has lines
of is that one and counts once; another one is a `Remote login`. A shell operates no
window, so none has input rights.

The records are in UTC, lines of traditional syslog in local time without a year
(section 9.1), so that the two may differ by whole quarters of an hour, and by years.
Such a difference joins sessions of the same account and address only if it is the same
for several of them, or if there is one of each.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from telegram_forensics.attribution.line_sessions import (
    REMOTE_LOGIN,
    TELNET,
    TelnetConnection,
)
from telegram_forensics.attribution.records import Place, RemoteSession

# Tools whose lines may tell of the same session.
_OF_LINES: Final = frozenset({"SSH", TELNET, REMOTE_LOGIN})

_BOOT, _USER, _DEAD = 2, 7, 8
# Files that hold attempts and no sessions.
_ATTEMPTS: Final = re.compile(r".*[/\\]btmp[^/\\]*")
_LOCAL: Final = re.compile(r"localhost.*|127\..*|::1|:.*|tmux\(.*|0\.0\.0\.0|")
_EMPTY_ADDRESSES: Final = frozenset({"0.0.0.0", "::", "127.0.0.1", "::1", ""})
# Seconds between the line of a login and its record.
_TOLERANCE: Final = 10.0
_SAME: Final = 1.0
_QUARTER: Final = 900.0
_ZONES: Final = 15 * 3600.0
_DAY: Final = 86400.0
_MAXIMUM_YEARS: Final = 10
# Lines of syslog, which are local; others have the year and the zone.
_SYSLOG_PRECISION: Final = 1.0


@dataclass(slots=True)
class TerminalRecord:
    """A record of utmp, wtmp or utmpx.

    Attributes:
        place: where it stands.
        time: seconds since 1970 UTC.
        login_type: kind of the record.
        terminal: such as `pts/1`.
        username: account.
        hostname: the partner's name or address, as stored.
        address: the partner's address, where it is stored beside it.
        process: number of the process.
    """

    place: Place
    time: float
    login_type: int
    terminal: str | None = None
    username: str | None = None
    hostname: str | None = None
    address: str | None = None
    process: str | None = None

    @property
    def partner(self) -> str | None:
        """The partner's address, else its name; None for a login at the computer."""
        if self.address and self.address not in _EMPTY_ADDRESSES:
            return self.address
        name = (self.hostname or "")[:1000]
        return None if _LOCAL.fullmatch(name) else name


def assemble(
    terminals: Iterable[TerminalRecord],
    of_lines: list[RemoteSession],
    connections: Iterable[TelnetConnection] = (),
) -> list[RemoteSession]:
    """Sessions of terminals, and those of lines, each once.

    Args:
        terminals: records.
        of_lines: sessions that lines of logs tell of. Those of SSH and telnet that the
            records tell of as well take over what the records know.
        connections: lines of telnetd, which often has no other.
    """
    found = list(of_lines)
    connections = list(connections)
    by_computer: dict[tuple[str, str | None], list[TerminalRecord]] = defaultdict(list)
    for record in terminals:
        if not _ATTEMPTS.fullmatch(record.place.path):
            by_computer[record.place.image, record.place.snapshot].append(record)
    for key in sorted(by_computer, key=str):
        known = [
            session
            for session in of_lines
            if (session.place.image, session.place.snapshot) == key
            and session.tool in _OF_LINES
        ]
        left = _join(_sessions(by_computer[key]), known)
        of_telnet = [
            item
            for item in connections
            if (item.place.image, item.place.snapshot) == key
        ]
        for session in left:
            names = {session.remote_address, session.remote_name}
            if any(item.is_before(session.start or 0.0, names) for item in of_telnet):
                session.tool = TELNET
        found += left
    return found


def _sessions(terminals: list[TerminalRecord]) -> list[RemoteSession]:
    ordered = sorted(
        terminals,
        # What ends comes before what begins in the same second.
        key=lambda item: (item.time, item.login_type == _USER, str(item.place)),
    )
    sessions: list[RemoteSession] = []
    running: dict[str, RemoteSession] = {}
    for record in ordered:
        terminal = record.terminal or ""
        if record.login_type == _BOOT:
            for session in running.values():
                session.end = record.time
            running.clear()
        elif record.login_type == _DEAD:
            ended = running.pop(terminal, None)
            if ended is not None:
                ended.end = record.time
        elif record.login_type == _USER:
            before = running.get(terminal)
            if before is not None and _is_copy(before, record):
                continue
            # Its end is not recorded: the terminal is somebody else's now.
            running.pop(terminal, None)
            if record.partner is not None:
                running[terminal] = _session(record, record.partner)
                sessions.append(running[terminal])
    return sessions


def _is_copy(session: RemoteSession, record: TerminalRecord) -> bool:
    """True for the record of the same login in another file."""
    return (
        session.local_account == record.username
        and session.remote_address == record.partner
        and abs((session.start or 0.0) - record.time) <= _SAME
    )


def _session(record: TerminalRecord, partner: str) -> RemoteSession:
    return RemoteSession(
        record.place,
        REMOTE_LOGIN,
        "incoming",
        record.time,
        None,
        identifier=f"{partner} terminal {record.terminal or 'unknown'}",
        remote_identifier=partner,
        remote_name=record.hostname if record.hostname != partner else None,
        remote_address=partner,
        local_account=record.username,
        session_type="shell",
        success=True,
        has_input=False,
        precision=1.0,
    )


def _join(
    sessions: list[RemoteSession], known: list[RemoteSession]
) -> list[RemoteSession]:
    """Takes out sessions that are known from lines, and completes those."""
    left = list(sessions)
    open_ones = list(known)
    for session in sessions:
        near = [
            item
            for item in open_ones
            if _is_partner(item, session)
            and abs((item.start or 0.0) - (session.start or 0.0)) <= _TOLERANCE
        ]
        if near:
            twin = min(near, key=lambda item: abs(_difference(item, session)))
            _complete(twin, session)
            open_ones.remove(twin)
            left.remove(session)
    for shift, twin, session in _shifted(left, open_ones):
        if twin.end is not None:
            twin.end += shift
        twin.start = session.start
        _complete(twin, session)
        left.remove(session)
    return left


def _is_partner(first: RemoteSession, second: RemoteSession) -> bool:
    names = {second.remote_address, second.remote_name} - {None}
    return first.local_account == second.local_account and first.remote_address in names


def _difference(first: RemoteSession, second: RemoteSession) -> float:
    """Seconds to add to the first to get the second."""
    return (second.start or 0.0) - (first.start or 0.0)


def _complete(twin: RemoteSession, session: RemoteSession) -> None:
    """The record has the end also where the line of it is missing."""
    if twin.end is None:
        twin.end = session.end
    if twin.remote_name is None:
        twin.remote_name = session.remote_name


def _shifted(
    left: list[RemoteSession], known: list[RemoteSession]
) -> list[tuple[float, RemoteSession, RemoteSession]]:
    """Differences by a zone or by years, with the two sessions."""
    pairs: list[tuple[float, RemoteSession, RemoteSession]] = []
    for twin in known:
        if twin.precision < _SYSLOG_PRECISION:
            continue
        for session in left:
            shift = _shift(_difference(twin, session))
            if shift is not None and _is_partner(twin, session):
                pairs.append((shift, twin, session))
    counts = Counter(shift for shift, _, _ in pairs)
    of_twin = Counter(id(twin) for _, twin, _ in pairs)
    of_session = Counter(id(session) for _, _, session in pairs)
    found = []
    used: set[int] = set()
    # What most pairs say first.
    for shift, twin, session in sorted(
        pairs, key=lambda item: (-counts[item[0]], abs(item[0]))
    ):
        is_sure = counts[shift] > 1 or (
            of_twin[id(twin)] == 1 and of_session[id(session)] == 1
        )
        if is_sure and not used & {id(twin), id(session)}:
            used |= {id(twin), id(session)}
            found.append((shift, twin, session))
    return found


def _shift(difference: float) -> float | None:
    """The difference in whole quarters, None if no zone and year explain it."""
    quarters = round(difference / _QUARTER) * _QUARTER
    if abs(difference - quarters) > _TOLERANCE:
        return None
    if abs(quarters) <= _ZONES:
        return quarters
    for years in range(1, _MAXIMUM_YEARS + 1):
        for days in {365 * years + years // 4, 365 * years + (years + 3) // 4}:
            if abs(abs(quarters) - days * _DAY) <= _ZONES:
                return quarters
    return None
