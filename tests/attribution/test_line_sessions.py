"""SSH and Chrome Remote Desktop sessions out of lines."""

from __future__ import annotations

from telegram_forensics.attribution.line_sessions import LineRecord, assemble
from telegram_forensics.attribution.records import Place

PLACE = Place("server.E01", "/var/log/auth.log")
JOURNAL = Place("server.E01", "/var/log/journal/x/system.journal")
KEY = "ssh2: ED25519 SHA256:Zk1"


def line(
    time: float | None,
    text: str,
    reporter: str = "sshd",
    process: str | None = "771",
    place: Place = PLACE,
) -> LineRecord:
    """A line of a log."""
    return LineRecord(place, time, reporter, text, process)


def test_session_by_port() -> None:
    """The end names address and port, from another process."""
    sessions = assemble(
        [
            line(10, f"Accepted publickey for zoë-2 from 192.0.2.7 port 50022 {KEY}"),
            line(11, "Accepted password for bob from 192.0.2.7 port 50023 ssh2"),
            line(70, "Disconnected from user zoë-2 192.0.2.7 port 50022", process="9"),
        ]
    )
    assert [(item.start, item.end, item.local_account) for item in sessions] == [
        (10, 70, "zoë-2"),
        (11, None, "bob"),
    ]
    assert sessions[0].authentication == "publickey"
    assert sessions[0].remote_identifier == "192.0.2.7"
    # A shell operates no window.
    assert sessions[0].has_input is False


def test_session_by_process() -> None:
    """The session of the login module ends with the process that accepted it."""
    closed = "pam_unix(sshd:session): session closed for user bob"
    sessions = assemble(
        [
            line(10, "Accepted password for bob from 192.0.2.7 port 1 ssh2"),
            line(20, closed, process="772"),
            line(30, closed),
            line(40, closed),
        ]
    )
    assert [(item.start, item.end) for item in sessions] == [(10, 30)]


def test_line_in_two_logs() -> None:
    """The journal and auth.log, and plaso's own event without process, are one."""
    text = "Accepted password for bob from 192.0.2.7 port 4 ssh2"
    closed = "pam_unix(sshd:session): session closed for user bob"
    sessions = assemble(
        [
            line(10, text, process=None),
            line(10.4, text, place=JOURNAL),
            line(60, closed, place=JOURNAL),
            line(60.5, closed),
        ]
    )
    assert [(item.start, item.end) for item in sessions] == [(10, 60)]


def test_others_write_such_lines() -> None:
    """Only lines of the programs themselves count, and only those with a time."""
    text = "Accepted password for bob from 192.0.2.7 port 4 ssh2"
    assert not assemble([line(1, text, reporter="logger"), line(None, text)])


def test_chrome_remote_desktop() -> None:
    """The partner is a Google account; the address comes after the connection."""
    who = "mark@example.com/chromoting_ftl_3f0c-88"
    channel = f"Channel IP for client: {who} ip='203.0.113.9:4711' host_ip='10.0.0.2:9'"
    sessions = assemble(
        [
            line(5, f"Client connected: {who}.", "chromoting"),
            line(6, channel, "chromoting"),
            line(90, f"Client disconnected: {who}", "chromoting"),
            line(95, "Access denied for client: eve@example.com.", "chromoting"),
        ]
    )
    assert len(sessions) == 1
    session = sessions[0]
    assert (session.start, session.end) == (5, 90)
    assert session.remote_identifier == "mark@example.com"
    assert session.remote_address == "203.0.113.9:4711"
    assert session.has_input
    assert session.direction == "incoming"


def test_hostile_lines() -> None:
    """Endless lines take no time, odd ones raise nothing."""
    assemble(
        [
            line(1, "Accepted " * 100_000),
            line(2, "Accepted password for  from  port "),
            line(3, "Client connected: " + "x" * 1_000_000, "chromoting"),
            line(4, "", "chromoting"),
        ]
    )
