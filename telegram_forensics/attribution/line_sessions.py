"""SSH, telnet and Chrome Remote Desktop sessions out of lines of system logs.

Specification: formats/remote_access.md sections 7 and 9. The lines come from syslog,
the systemd journal and, for Chrome Remote Desktop, the Application event log.
An SSH session is a shell: it can copy a tdata folder or run a client with a copied
session, but it operates no window, so it is listed without input rights. Chrome Remote
Desktop does operate windows, and its partner is a Google account. A login over telnet
is a shell, too: `login` tells terminal, account and host of it, but not which program
had called it; a line of telnetd with the same host shortly before says so.

plaso's own events for SSH know neither the process nor all forms of the line (section
9.1), so the lines themselves are matched as well. A login without a line of its end
stays without an end.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Set
from dataclasses import dataclass
from typing import Final

from telegram_forensics.attribution.records import Place, RemoteSession

CHROMOTING: Final = "chromoting"
REMOTE_LOGIN: Final = "Remote login"
TELNET: Final = "Telnet"
_TELNETD: Final = frozenset({"in.telnetd", "telnetd", "utelnetd"})
_TELNET_REPORTERS: Final = _TELNETD | {"login"}
# Nothing longer is a line of these programs.
_MAXIMUM_TEXT: Final = 2000
_ACCEPTED: Final = re.compile(
    r"Accepted (?P<how>\S+) for (?P<user>\S+) from (?P<address>\S+) port (?P<port>\d+)"
)
_LEFT: Final = re.compile(
    r"(?:Disconnected from|Received disconnect from|Connection closed by) "
    r"(?:user (?P<user>\S+) )?(?P<address>[0-9A-Fa-f.:]+) port (?P<port>\d+)"
)
_CLOSED: Final = re.compile(r"session closed for user (?P<user>\S+)")
_CONNECT: Final = re.compile(
    r"connect from (?P<host>\S+)(?: \((?P<address>[^\s)]+)\))?"
)
_LOGIN: Final = re.compile(
    r"LOGIN\s+ON '?(?:/dev/)?(?P<terminal>[^\s']+)'?"
    r"(?: BY (?P<user>\S+))? FROM '?(?P<host>[^\s']+)",
    re.IGNORECASE,
)
# Seconds from the connection until the password was typed.
_LOGIN_SECONDS: Final = 180.0
_CLIENT: Final = re.compile(r"Client (?P<what>connected|disconnected): (?P<who>\S+)")
_CHANNEL: Final = re.compile(r"Channel IP for client: (?P<who>\S+) ip='(?P<ip>[^']*)'")
_RESOURCE: Final = re.compile(r"/chromoting\S*$")


@dataclass(slots=True)
class LineRecord:
    """A line of a log.

    Attributes:
        place: where it stands.
        time: seconds since 1970 UTC, None if not known.
        reporter: program that wrote it.
        text: of the line.
        process: number of the process, None if not known.
        precision: seconds by which the time can be wrong.
    """

    place: Place
    time: float | None
    reporter: str
    text: str
    process: str | None = None
    precision: float = 1.0


@dataclass(frozen=True, slots=True)
class TelnetConnection:
    """A line of telnetd: somebody connected, and has not logged in yet.

    Attributes:
        place: where it stands.
        time: seconds since 1970 UTC.
        host: the partner's name or address.
        address: the partner's address if it is told, else the same.
    """

    place: Place
    time: float
    host: str
    address: str

    def is_before(self, time: float, names: Set[str | None]) -> bool:
        """True if a login at this time and from one of these hosts may be its own."""
        return 0.0 <= time - self.time <= _LOGIN_SECONDS and bool(
            names & {self.host, self.address}
        )


def telnet_connections(lines: Iterable[LineRecord]) -> list[TelnetConnection]:
    """Connections of telnet; without a login they are no session."""
    found = []
    for record in lines:
        if record.reporter not in _TELNETD or record.time is None:
            continue
        match = _CONNECT.search(record.text[:_MAXIMUM_TEXT])
        if match:
            address = match["address"] or match["host"]
            found.append(
                TelnetConnection(record.place, record.time, match["host"], address)
            )
    return found


def assemble(lines: Iterable[LineRecord]) -> list[RemoteSession]:
    """Assembles sessions, computer by computer; a line in two logs counts once."""
    by_computer: dict[tuple[str, str | None], list[LineRecord]] = {}
    for record in lines:
        if record.time is not None:
            key = (record.place.image, record.place.snapshot)
            by_computer.setdefault(key, []).append(record)
    sessions: list[RemoteSession] = []
    for key in sorted(by_computer, key=str):
        ordered = sorted(
            by_computer[key],
            key=lambda item: (item.time or 0.0, item.text, str(item.place)),
        )
        sessions += _of_ssh(ordered)
        sessions += _of_login(ordered, telnet_connections(ordered))
        sessions += _of_chromoting(ordered)
    return sessions


def _of_ssh(ordered: list[LineRecord]) -> list[RemoteSession]:
    sessions: list[RemoteSession] = []
    by_port: dict[tuple[str, str], RemoteSession] = {}
    by_process: dict[str, RemoteSession] = {}
    for record in ordered:
        if not record.reporter.startswith("sshd"):
            continue
        text = record.text[:_MAXIMUM_TEXT]
        if match := _ACCEPTED.search(text):
            port = (match["address"], match["port"])
            known = by_port.get(port)
            if known is not None and _is_same(known, record):
                # The journal and auth.log have the same line; plaso's own event of it
                # has no process.
                session = known
            else:
                session = _ssh_session(record, match)
                sessions.append(session)
                by_port[port] = session
            if record.process:
                by_process[record.process] = session
        elif match := _LEFT.search(text):
            ended = by_port.get((match["address"], match["port"]))
            _end(ended, record)
        elif (match := _CLOSED.search(text)) and record.process:
            _end(by_process.pop(record.process, None), record)
    return sessions


def _ssh_session(record: LineRecord, match: re.Match[str]) -> RemoteSession:
    return RemoteSession(
        record.place,
        "SSH",
        "incoming",
        record.time,
        None,
        identifier=f"{match['address']} port {match['port']}",
        remote_identifier=match["address"],
        remote_address=match["address"],
        local_account=match["user"],
        session_type="shell",
        authentication=match["how"],
        success=True,
        has_input=False,
        precision=record.precision,
    )


def is_reporter(name: str) -> bool:
    """True for the programs whose lines are read."""
    return name.startswith(("sshd", CHROMOTING, "--")) or name in _TELNET_REPORTERS


def _of_login(
    ordered: list[LineRecord], connections: list[TelnetConnection]
) -> list[RemoteSession]:
    """Sessions of `login`, from telnet or another program for it."""
    sessions: list[RemoteSession] = []
    by_terminal: dict[str, RemoteSession] = {}
    by_process: dict[str, RemoteSession] = {}
    for record in ordered:
        if record.reporter != "login" and not record.reporter.startswith("--"):
            continue
        text = record.text[:_MAXIMUM_TEXT]
        if match := _LOGIN.search(text):
            session = _login_session(record, match, connections)
            terminal = match["terminal"]
            known = by_terminal.get(terminal)
            if known is not None and _is_same(known, record):
                # The journal and auth.log have the same line.
                session = known
            else:
                sessions.append(session)
                by_terminal[terminal] = session
            if record.process:
                by_process[record.process] = session
        elif _CLOSED.search(text) and record.process:
            _end(by_process.pop(record.process, None), record)
    return sessions


def _login_session(
    record: LineRecord, match: re.Match[str], connections: list[TelnetConnection]
) -> RemoteSession:
    host, terminal = match["host"], match["terminal"]
    address, is_telnet = host, False
    for connection in connections:
        if connection.is_before(record.time or 0.0, {host}):
            address, is_telnet = connection.address, True
    return RemoteSession(
        record.place,
        TELNET if is_telnet else REMOTE_LOGIN,
        "incoming",
        record.time,
        None,
        identifier=f"{address} terminal {terminal}",
        remote_identifier=address,
        remote_name=host if host != address else None,
        remote_address=address,
        local_account=match["user"] or "root",
        session_type="shell",
        success=True,
        has_input=False,
        precision=record.precision,
    )


def _of_chromoting(ordered: list[LineRecord]) -> list[RemoteSession]:
    sessions: list[RemoteSession] = []
    running: dict[str, RemoteSession] = {}
    for record in ordered:
        if record.reporter != CHROMOTING:
            continue
        text = record.text[:_MAXIMUM_TEXT]
        if match := _CLIENT.search(text):
            who = match["who"].rstrip(".")
            if match["what"] == "disconnected":
                _end(running.pop(who, None), record)
            elif who not in running or not _is_same(running[who], record):
                session = RemoteSession(
                    record.place,
                    "Chrome Remote Desktop",
                    "incoming",
                    record.time,
                    None,
                    identifier=who,
                    remote_identifier=_RESOURCE.sub("", who),
                    session_type="remote control",
                    success=True,
                    has_input=True,
                    precision=record.precision,
                )
                running[who] = session
                sessions.append(session)
        elif match := _CHANNEL.search(text):
            found = running.get(match["who"].rstrip("."))
            if found is not None:
                found.remote_address = match["ip"]
    return sessions


def _is_same(session: RemoteSession, record: LineRecord) -> bool:
    """True if a line tells of the start of a session that is known already."""
    start = session.start or 0.0
    return session.end is None and abs((record.time or 0.0) - start) <= 2.0


def _end(session: RemoteSession | None, record: LineRecord) -> None:
    if session is not None and session.end is None:
        session.end = record.time
