"""Remote shells out of utmp and wtmp, and of telnet, each counted once."""

from __future__ import annotations

from typing import Any

import pytest

from telegram_forensics.attribution import line_sessions, terminal_sessions
from telegram_forensics.attribution.line_sessions import LineRecord
from telegram_forensics.attribution.records import Place, RemoteSession
from telegram_forensics.attribution.terminal_sessions import TerminalRecord
from telegram_forensics.report.ingest import Ingest
from telegram_forensics.report.selection import is_selected, is_wanted
from telegram_forensics.report.storage import Location, Row

WTMP = Place("server.E01", "/var/log/wtmp")
LOG = Place("server.E01", "/var/log/auth.log")
JOURNAL = Place("server.E01", "/var/log/journal/x/system.journal")
HOUR = 3600.0
YEAR = 365 * 86400.0


def user(
    time: float,
    terminal: str = "pts/0",
    name: str = "bob",
    address: str | None = "192.0.2.7",
    **values: Any,
) -> TerminalRecord:
    """A login."""
    values = {"place": WTMP, "hostname": address, **values}
    return TerminalRecord(
        time=time,
        login_type=7,
        terminal=terminal,
        username=name,
        address=address,
        **values,
    )


def dead(time: float, terminal: str = "pts/0") -> TerminalRecord:
    """The end of a login."""
    return TerminalRecord(WTMP, time, 8, terminal)


def line(
    time: float,
    text: str,
    reporter: str = "sshd",
    process: str | None = "771",
    place: Place = LOG,
    precision: float = 1.0,
) -> LineRecord:
    """A line of a log."""
    return LineRecord(place, time, reporter, text, process, precision)


def accepted(time: float, name: str = "bob", port: int = 5, **values: Any) -> Any:
    """A login by SSH."""
    text = f"Accepted password for {name} from 192.0.2.7 port {port} ssh2"
    return line(time, text, **values)


def assemble(
    terminals: list[TerminalRecord], lines: list[LineRecord] | None = None
) -> list[RemoteSession]:
    """Sessions of both, as the report assembles them."""
    lines = lines or []
    return terminal_sessions.assemble(
        terminals,
        line_sessions.assemble(lines),
        line_sessions.telnet_connections(lines),
    )


def spans(
    sessions: list[RemoteSession],
) -> list[tuple[str, float | None, float | None]]:
    """Tools and times."""
    return sorted((item.tool, item.start, item.end) for item in sessions)


def test_sessions_by_terminal() -> None:
    """From type 7 to type 8 of the same terminal; a shell has no input rights."""
    sessions = assemble([user(10), user(20, "pts/1", "olga"), dead(50), dead(60, "x")])
    assert spans(sessions) == [("Remote login", 10, 50), ("Remote login", 20, None)]
    (first, second) = sessions
    assert (first.remote_address, first.local_account) == ("192.0.2.7", "bob")
    assert first.direction == "incoming"
    assert [item.has_input for item in sessions] == [False, False]
    assert second.local_account == "olga"


def test_start_of_the_system_and_lost_end() -> None:
    """No session outlasts a start; a terminal that is used again says nothing."""
    boot = TerminalRecord(WTMP, 100, 2, "system boot")
    sessions = assemble([user(10), user(30, name="eve"), boot, dead(200)])
    assert spans(sessions) == [("Remote login", 10, None), ("Remote login", 30, 100)]


@pytest.mark.parametrize("host", ["localhost", ":0", "", None, "tmux(77).%0", "::1"])
def test_logins_at_the_computer(host: str | None) -> None:
    """Without a partner's address it is no remote login; it ends the one before."""
    local = user(40, address="0.0.0.0", hostname=host)
    assert spans(assemble([user(10), local, dead(60)])) == [("Remote login", 10, None)]


def test_copies_and_attempts() -> None:
    """Utmp repeats wtmp; btmp has no sessions."""
    other = Place("server.E01", "/run/utmp")
    failed = Place("server.E01", "/var/log/btmp.1")
    found = assemble([user(10), user(10.4, place=other), user(5, place=failed)])
    assert len(found) == 1
    image = Place("other.E01", "/var/log/wtmp")
    assert len(assemble([user(10), user(10.4, place=image)])) == 2


def test_name_of_the_partner() -> None:
    """The name stands beside the address where both are stored."""
    (session,) = assemble([user(10, hostname="pc.example.com")])
    assert session.remote_address == "192.0.2.7"
    assert session.remote_name == "pc.example.com"
    (session,) = assemble([user(10, address=None, hostname="pc.example.com")])
    assert session.remote_address == "pc.example.com"


# SSH.


def test_ssh_counts_once() -> None:
    """The record gives the end that no line has."""
    sessions = assemble([user(12), dead(90)], [accepted(10)])
    assert spans(sessions) == [("SSH", 10, 90)]
    ended = line(80, "Disconnected from user bob 192.0.2.7 port 5")
    sessions = assemble([user(12), dead(90)], [accepted(10), ended])
    assert spans(sessions) == [("SSH", 10, 80)]


def test_another_login_is_another_session() -> None:
    """Other account, other address, other time, other computer."""
    for other in (
        user(12, name="eve"),
        user(12, address="192.0.2.8"),
        user(400),
        user(12, place=Place("other.E01", "/var/log/wtmp")),
    ):
        assert (
            len(assemble([other], [accepted(10, place=JOURNAL, precision=0.001)])) == 2
        )
    sessions = assemble([user(12), user(13, "pts/1")], [accepted(10)])
    assert [item.tool for item in sessions] == ["SSH", "Remote login"]


@pytest.mark.parametrize(
    "shift", [3 * HOUR, -5.5 * HOUR, YEAR, 366 * 86400.0 + 2 * HOUR, -2 * YEAR - HOUR]
)
def test_local_lines(shift: float) -> None:
    """Syslog is local and has no year: the record's time counts."""
    base = 50 * YEAR
    lines = [
        accepted(base - shift),
        line(base - shift + 70, "Disconnected from user bob 192.0.2.7 port 5"),
    ]
    sessions = assemble([user(base + 2)], lines)
    assert spans(sessions) == [("SSH", base + 2, base + 70)]
    assert sessions[0].authentication == "password"


def test_differences_that_no_zone_explains() -> None:
    """Not a quarter of an hour, not within a day, or exact sources: two sessions."""
    base = 50 * YEAR
    for shift in (400.0, 20 * HOUR, 30 * 86400.0, 40 * YEAR):
        assert len(assemble([user(base)], [accepted(base + shift)])) == 2
    exact = accepted(base + HOUR, place=JOURNAL, precision=0.001)
    assert len(assemble([user(base)], [exact])) == 2


def test_differences_in_doubt() -> None:
    """Several logins of one account: only a difference that repeats joins them."""
    base = 50 * YEAR
    records = [user(base, "pts/0"), user(base + 2 * HOUR, "pts/1")]
    lines = [accepted(base + 3 * HOUR)]
    # One or three hours: nobody knows.
    assert len(assemble(records, lines)) == 3
    lines.append(accepted(base + 5 * HOUR, port=6))
    sessions = assemble(records, lines)
    assert spans(sessions) == [("SSH", base, None), ("SSH", base + 2 * HOUR, None)]


# Telnet.

CONNECT = "connect from 192.0.2.7 (192.0.2.7)"
LOGIN = "LOGIN ON pts/0 BY bob FROM 192.0.2.7"


def test_telnet() -> None:
    """Connection, login and end out of lines."""
    closed = "pam_unix(remote:session): session closed for user bob"
    lines = [
        line(10, CONNECT, "in.telnetd", "70"),
        line(15, LOGIN, "login", "71"),
        line(60, closed, "login", "72"),
        line(90, closed, "login", "71"),
    ]
    (session,) = assemble([], lines)
    assert spans([session]) == [("Telnet", 15, 90)]
    assert (session.local_account, session.remote_address) == ("bob", "192.0.2.7")
    assert session.has_input is False
    # The record of it is the same session.
    assert spans(assemble([user(15.5), dead(91)], lines)) == [("Telnet", 15, 90)]
    assert spans(assemble([user(15.5), dead(91)], lines[:2])) == [("Telnet", 15, 91)]


def test_telnet_without_a_line_of_login() -> None:
    """Some systems write the connection only; the record tells the rest."""
    lines = [line(10, CONNECT, "in.telnetd", "70")]
    assert assemble([], lines) == []
    (session,) = assemble([user(20), dead(50)], lines)
    assert spans([session]) == [("Telnet", 20, 50)]
    assert spans(assemble([user(400)], lines)) == [("Remote login", 400, None)]


@pytest.mark.parametrize(
    ("reporter", "text", "account", "host"),
    [
        ("login", "ROOT LOGIN ON pts/3 FROM pc.example", "root", "pc.example"),
        (
            "login",
            "ROOT LOGIN  on '/dev/pts/3' from 'pc.example'",
            "root",
            "pc.example",
        ),
        ("-- olga", "LOGIN ON pts/3 BY olga FROM pc.example", "olga", "pc.example"),
    ],
)
def test_forms_of_login(reporter: str, text: str, account: str, host: str) -> None:
    """Without telnetd it is a remote login by whatever program."""
    (session,) = assemble([], [line(5, text, reporter)])
    assert session.tool == "Remote login"
    assert (session.local_account, session.remote_address) == (account, host)
    assert session.identifier == f"{host} terminal pts/3"


def test_names_of_hosts() -> None:
    """The address behind the name is that of the connection."""
    lines = [
        line(10, "connect from pc.example (192.0.2.7)", "telnetd", "70"),
        line(12, "LOGIN ON pts/0 BY bob FROM pc.example", "login", "71"),
        line(12.5, "LOGIN ON pts/0 BY bob FROM pc.example", "login", "71", JOURNAL),
    ]
    (session,) = assemble([], lines)
    assert (session.remote_address, session.remote_name) == ("192.0.2.7", "pc.example")
    assert len(assemble([user(13)], lines)) == 1


def test_local_logins_and_other_programs() -> None:
    """No FROM, no remote login; others may write such lines."""
    lines = [
        line(5, "LOGIN ON tty1 BY olga", "login"),
        line(6, LOGIN, "logger"),
        line(7, "connect from " + "x" * 100_000, "in.telnetd"),
        line(8, "LOGIN ON " * 50_000, "login"),
    ]
    assert assemble([], lines) == []


# The report.


def test_rows_of_plaso() -> None:
    """Rows of the stock parsers, as they are stored."""
    ingest = Ingest()
    location = Location("server.E01", "/var/log/wtmp", None)

    def add(data_type: str, number: int, **values: Any) -> None:
        assert is_wanted(data_type)
        assert is_selected(data_type, b"{}") or data_type == "syslog:line"
        values = {"data_type": data_type, "_parser_chain": "utmp", **values}
        ingest.add_row(Row(number, values, location))

    add(
        "linux:utmp:event",
        1,
        login_type=7,
        terminal="pts/0",
        username="bob",
        hostname="pc.example",
        ip_address="192.0.2.7",
        pid=771,
        offset=384,
        written_time=1000.5,
    )
    add("linux:utmp:event", 2, login_type=8, terminal="pts/0", written_time=1100.0)
    add("linux:utmp:event", 3, login_type=7, terminal="pts/1", username="x")
    add("macos:utmpx:entry", 4, login_type=7, hostname="", written_time=5.0)
    (session,) = ingest.finish().remote
    assert spans([session]) == [("Remote login", 1000.5, 1100.0)]
    assert session.place.record == "offset 384"


def test_lines_that_the_report_selects() -> None:
    """Lines of telnetd and login, and no others because of them."""
    for record, expected in (
        (b'{"reporter": "in.telnetd", "message_body": "connect from 192.0.2.7"}', True),
        (b'{"reporter": "login", "message_body": "session closed for user a"}', True),
        (b'{"reporter": "cron", "message_body": "x"}', False),
    ):
        assert is_selected("syslog:line", record) is expected
