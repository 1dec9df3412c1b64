"""Logs of AnyDesk, RustDesk, Ammyy Admin and VNC servers, through plaso's worker."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders import remote_access as lines
from tests.parsers import remote_access_support as remote

# AnyDesk.


def anydesk(moment: str, role: str, process: int, module: str, text: str) -> str:
    """A line of a trace of 2 March 2024."""
    head = f"   info 2024-03-02 {moment} {role:>10s} {process:6d}    496"
    return f"{head}           {module} - {text}"


def test_anydesk_trace(tmp_path: Path) -> None:
    """The sample of the specification: three processes, one session."""
    for name in ("ad_svc.trace", "ad.trace", "anydesk.trace"):
        found = remote.parse_lines(tmp_path, name, ["* * * *", *lines.ANYDESK_LINES])
        assert found.warnings == []
        (session,) = remote.sessions(found)
        assert session.direction == "incoming"
        assert session.remote_identifier == "442226597"
        assert session.remote_name == "SUPPORT"
        assert session.remote_address == "203.0.113.9:59562"
        assert session.remote_fingerprint == "8e28a2a25b30"
        assert session.local_identifier == "294433414"
        assert session.local_address == "198.51.100.20:47220"
        assert remote.utc(session.start_time) == "2024-03-02 20:11:09.412"
        assert remote.utc(session.end_time) == "2024-03-02 20:31:44.87"
        assert (session.start_basis, session.end_basis) == ("request", "session_ended")
        # Nothing says that the request was allowed.
        assert session.success is None
        assert session.time_zone_basis == "utc"
        assert session.log_last_entry == "2024-03-02T20:31:44.870Z"
        kinds = [item.event_kind for item in remote.events(found)]
        assert kinds == [
            "own_address",
            "own_identifier",
            "partner_identifier",
            "partner_address",
            "log_line",
            "incoming_request",
            "session_ended",
            "log_coverage",
        ]
        address = remote.events(found, "partner_address")[0]
        # Both sides log these lines.
        assert address.direction == "unknown"
        assert address.remote_identifier == "442226597"


@pytest.mark.parametrize(
    ("text", "authentication"),
    [
        ("Authenticated by local user.", "consent"),
        ("Authenticated by local user (elevated).", "consent"),
        ("Authenticated by password.", "password"),
        ("3: Authenticated with permanent token.", "token"),
        ("Authenticated with correct passphrase.", "password"),
        ("Authenticated by magic.", "by magic"),
    ],
)
def test_anydesk_authentication(tmp_path: Path, text: str, authentication: str) -> None:
    """How the partner was let in."""
    trace = list(lines.ANYDESK_LINES)
    trace.insert(6, anydesk("20:11:20.000", "back", 7120, "app.session", text))
    found = remote.parse_lines(tmp_path, "ad_svc.trace", trace)
    (session,) = remote.sessions(found)
    assert session.authentication == authentication
    assert session.success is True
    assert remote.utc(session.requested_time) == "2024-03-02 20:11:09.412"
    assert remote.utc(session.start_time) == "2024-03-02 20:11:20"


def test_anydesk_outgoing(tmp_path: Path) -> None:
    """The partner's address in the trace is no proof that it came in."""
    trace = [
        anydesk("20:11:04.000", "front", 6252, "app.session", 'Connecting to "555".'),
        lines.ANYDESK_LINES[2].replace("442226597", "555"),
        lines.ANYDESK_LINES[3],
        anydesk("20:20:00.000", "front", 6252, "app.session", "Session closed."),
        anydesk("20:20:01.000", "gsvc", 2884, "anynet.x", "Stop monitoring 555."),
    ]
    found = remote.parse_lines(tmp_path, "ad.trace", trace)
    (session,) = remote.sessions(found)
    assert session.direction == "outgoing"
    assert session.remote_identifier == "555"
    assert remote.utc(session.end_time) == "2024-03-02 20:20:00"
    assert remote.events(found, "outgoing_ended")[0].remote_identifier == "555"


def test_anydesk_two_sessions_of_two_processes(tmp_path: Path) -> None:
    """The end belongs to the process; of a third one it belongs to nobody."""
    request = "Incoming session request: {} ({})"
    trace = [
        anydesk(
            "20:00:00.000", "back", 1, "app.backend_session", request.format("A", 11)
        ),
        anydesk(
            "20:01:00.000", "back", 2, "app.backend_session", request.format("B", 22)
        ),
        anydesk("20:02:00.000", "back", 3, "app.session", "Session stopped."),
        anydesk("20:03:00.000", "back", 2, "app.session", "Session stopped."),
    ]
    found = remote.parse_lines(tmp_path, "ad.trace", trace)
    second, first = remote.sessions(found)
    assert (first.remote_identifier, first.end_time) == ("11", None)
    assert second.remote_identifier == "22"
    assert remote.utc(second.end_time) == "2024-03-02 20:03:00"
    unknown = remote.events(found, "session_ended")[0]
    assert unknown.remote_identifier is None


def test_anydesk_transfers_and_unknown_lines(tmp_path: Path) -> None:
    """What is not understood is kept; what is no line is counted."""
    trace = [
        *lines.ANYDESK_LINES[:6],
        anydesk("20:12:00.000", "front", 6252, "app.prepare_task", "Preparing files"),
        anydesk("20:13:00.000", "back", 1, "app.ctrl_clip_comp", "Got a file offer."),
        anydesk("20:14:00.000", "back", 1, "new.module", "Größe – neu"),
        "not a line",
        "   info 2024-13-02 20:13:00.000 back 1 2 app.x - text",
    ]
    found = remote.parse_lines(tmp_path, "ad.trace", trace)
    assert remote.events(found, "file_transfer")[0].remote_identifier == "442226597"
    assert len(remote.events(found, "clipboard_transfer")) == 1
    texts = [item.text for item in remote.events(found, "log_line")]
    assert any("Größe – neu" in text for text in texts)
    assert remote.events(found, "unparsed_line")[0].text == "not a line"
    assert len(found.warnings) == 2
    (session,) = remote.sessions(found)
    assert session.end_time is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le"])
def test_anydesk_connection_trace(tmp_path: Path, encoding: str) -> None:
    """Minutes only, start only; a refusal is no session."""
    text = [*lines.CONNECTION_TRACE, "Incoming\t2024-03-03, 10:00\t\tzoë@ad\t777"]
    found = remote.parse_lines(tmp_path, "connection_trace.txt", text, encoding)
    assert found.warnings == []
    consent, password, unknown = remote.sessions(found)
    assert remote.utc(consent.start_time) == "2024-03-02 20:11:00"
    assert consent.end_time is None
    assert consent.time_precision == "min"
    assert consent.time_zone_basis == "utc_unconfirmed"
    assert (consent.authentication, consent.success) == ("consent", True)
    assert (consent.remote_identifier, consent.remote_name) == ("442226597", None)
    assert (password.authentication, password.success) == ("password", True)
    assert password.remote_name == "mark@ad"
    assert (unknown.authentication, unknown.success) == (None, None)
    assert (unknown.remote_name, unknown.remote_identifier) == ("zoë@ad", "777")
    (rejected,) = remote.events(found, "connection_rejected")
    assert rejected.success is False
    assert rejected.remote_identifier == "123210"
    assert consent.log_first_entry == "2024-03-02T20:11Z"


@pytest.mark.parametrize(
    ("time", "basis", "expected"),
    [
        ("2024-03-02, 20:11", "trace_offset", "2024-03-02 20:11:00"),
        ("2024-03-02, 23:11", "trace_offset", "2024-03-02 20:11:00"),
        ("2024-03-02, 15:42", "trace_offset", "2024-03-02 20:12:00"),
        ("2024-03-02, 20:20", "utc_unconfirmed", "2024-03-02 20:20:00"),
        ("2024-03-05, 20:11", "utc_unconfirmed", "2024-03-05 20:11:00"),
    ],
)
def test_anydesk_zone_of_the_list(
    tmp_path: Path, time: str, basis: str, expected: str
) -> None:
    """The trace beside the list tells the zone, if it fits at all."""
    remote.parse_lines(tmp_path, "ad_svc.trace", lines.ANYDESK_LINES)
    text = [lines.CONNECTION_TRACE[0].replace("2024-03-02, 20:11", time)]
    found = remote.parse_lines(tmp_path, "connection_trace.txt", text)
    (session,) = remote.sessions(found)
    assert session.time_zone_basis == basis
    assert remote.utc(session.start_time) == expected
    assert (session.zone_source is None) == (basis == "utc_unconfirmed")


def test_anydesk_zone_that_two_offsets_fit(tmp_path: Path) -> None:
    """Undecided is undecided."""
    trace = [
        *lines.ANYDESK_LINES[:6],
        lines.ANYDESK_LINES[5].replace("20:11:09", "19:11:09"),
    ]
    remote.parse_lines(tmp_path, "ad.trace", trace)
    found = remote.parse_lines(
        tmp_path, "connection_trace.txt", lines.CONNECTION_TRACE[:1]
    )
    (session,) = remote.sessions(found)
    assert session.time_zone_basis == "utc_unconfirmed"


def test_anydesk_connection_trace_with_blanks(tmp_path: Path) -> None:
    """Columns may be separated by blanks, and outgoing ones are listed as well."""
    text = [
        "Incoming    2024-03-02, 20:11    User                 442226597    442226597",
        "Outgoing    2024-03-02, 20:12    Token                mark@ad    294433414",
        "Incoming    2024-03-02, 20:13                         111    111",
        "Incoming    2024-99-02, 20:13    User    111    111",
        "nothing",
    ]
    found = remote.parse_lines(tmp_path, "connection_trace.txt", text)
    first, second, third = remote.sessions(found)
    assert first.authentication == "consent"
    assert (second.direction, second.authentication) == ("outgoing", "token")
    assert (second.remote_name, second.remote_identifier) == ("mark@ad", "294433414")
    assert (third.authentication, third.remote_identifier) == (None, "111")
    assert len(remote.events(found, "unparsed_line")) == 2
    assert len(found.warnings) == 2


def test_anydesk_file_transfer_trace(tmp_path: Path) -> None:
    """UTF-16 in the wild."""
    text = [
        lines.TRANSFER_TRACE,
        "Filetransfer\t\t2025-01-01, 13:38\tend \tupload\t'ä'",
    ]
    found = remote.parse_lines(tmp_path, "file_transfer_trace.txt", text, "utf-16-le")
    (clipboard,) = remote.events(found, "clipboard_transfer")
    assert remote.utc(clipboard.recorded_time) == "2025-01-01 13:37:00"
    assert "name.exe" in clipboard.details
    (transfer,) = remote.events(found, "file_transfer")
    assert transfer.details == "end | upload | 'ä'"


# RustDesk.

RUSTDESK = "RustDesk/log/server/rustdesk_rCURRENT.log"


def rustdesk(moment: str, text: str) -> str:
    """A line of a log."""
    return f"[{moment} +03:00] INFO [src/server/connection.rs:1] {text}"


def test_rustdesk(tmp_path: Path) -> None:
    """The sample of the specification."""
    found = remote.parse_lines(tmp_path, RUSTDESK, lines.RUSTDESK_LINES)
    assert found.warnings == []
    (session,) = remote.sessions(found)
    assert remote.utc(session.start_time) == "2024-03-02 20:11:05.123456"
    assert remote.utc(session.end_time) == "2024-03-02 20:40:11.000211"
    assert session.remote_address == "203.0.113.9:50111"
    assert session.connection_number == "1234"
    assert session.details == "closed: Peer close"
    assert session.success is None
    assert session.time_zone_basis == "line_offset"
    assert session.log_first_entry == "2024-03-02T23:11:05.123456+03:00"


def test_rustdesk_details(tmp_path: Path) -> None:
    """Passwords, trusted devices, relays; numbers start again with the program."""
    day = "2024-03-31"
    text = [
        rustdesk(f"{day} 01:59:59.9", "#1 Connection opened from [2001:db8::1]:5000."),
        rustdesk(f"{day} 02:00:01.000", "#1 2FA bypassed by trusted devices"),
        rustdesk(f"{day} 02:00:02.000", "Permanent password accepted via fallback"),
        rustdesk(f"{day} 02:00:03.000", "#1 Connection opened from 198.51.100.1:2."),
        rustdesk(f"{day} 02:00:04.000", "#1 connection loop exited"),
        rustdesk(f"{day} 02:00:05.000", "#9 Connection closed: Timeout"),
        rustdesk(
            f"{day} 02:00:06.000",
            "create_relay requested from 203.0.113.5:1, relay_server: "
            "r.example:21117, x",
        ),
        rustdesk(f"{day} 02:00:07.000", "direct access from 203.0.113.6:7"),
        "a further line",
        rustdesk("2024-02-31 02:00:08.000", "no such day"),
        rustdesk(f"{day} 02:00:09.000", "#2 Connection opened from 203.0.113.8:1."),
    ]
    found = remote.parse_lines(tmp_path, RUSTDESK, text)
    first, second, third, fourth = remote.sessions(found)
    assert first.remote_address == "[2001:db8::1]:5000"
    assert first.end_time is None
    assert (first.authentication, first.success) == ("password", True)
    assert first.details == "second factor left out: trusted device"
    assert remote.utc(first.start_time) == "2024-03-30 22:59:59.9"
    assert second.end_basis == "connection_closed"
    assert second.details is None
    assert third.start_time is None
    assert third.connection_number == "9"
    assert fourth.end_time is None
    relay, direct = remote.events(found, "connection_request")
    assert (relay.remote_address, relay.relay_address) == (
        "203.0.113.5:1",
        "r.example:21117",
    )
    assert direct.remote_address == "203.0.113.6:7"
    assert len(found.warnings) == 1


def test_rustdesk_names(tmp_path: Path) -> None:
    """Rotated logs, those of telephones, and logs of other programs of this form."""
    for name in (
        "RustDesk/logs/rustdesk_r2024-03-02_23-11-05.log",
        "storage/emulated/0/RustDesk/logs/RustDesk_rCURRENT.log",
        "other/Support_rCURRENT.log",
    ):
        found = remote.parse_lines(tmp_path, name, lines.RUSTDESK_LINES)
        assert len(remote.sessions(found)) == 1, name
    other = "[2024-03-02 23:11:05.123456 +03:00] INFO [src/main.rs:1] hello"
    found = remote.parse_lines(tmp_path, "other/tool_rCURRENT.log", [other])
    assert not found.of_type(remote.EVENT)


# Ammyy Admin.


def test_ammyy(tmp_path: Path) -> None:
    """The sample of the specification: local time, and a router is not the partner."""
    found = remote.parse_lines(tmp_path, "AMMYY/access.log", lines.AMMYY_LINES)
    assert found.warnings == []
    (session,) = remote.sessions(found)
    assert session.remote_identifier == "22222222"
    assert remote.utc(session.start_time) == "local 2024-03-02 23:11:05"
    assert remote.utc(session.end_time) == "local 2024-03-02 23:40:12"
    assert session.time_precision == "s"
    assert session.time_zone_basis == "system_zone"
    assert session.relay_address == "198.51.100.7:443"
    assert session.remote_address is None
    assert session.details == "bytes (recv/send) = 40960 / 4096"
    assert session.log_first_entry == "2024-03-02T23:11:05"


def test_ammyy_variants(tmp_path: Path) -> None:
    """Fractions, case, failures, direct connections, other lines."""
    text = [
        "20240302-23:11:05.123 - [0] passed authorization remoteId=11; "
        "TCP direct 203.0.113.9:5931",
        "20240302-23:11:06.123456 - [1] PASSED authorization remoteId=12; UDP",
        "20240302-23:12:00.456 - [0] ended authorized session, bytes = 1 / 2",
        "20240302-23:13:00.000002E8 - [2] REJECTED authorization remoteId=13; "
        "TCP by router 198.51.100.7:443",
        "20240302-23:14:00.000002E8 - something else",
        "20240302-99:14:00.000002E8 - [0] no such hour",
        "20240302-23:15:00 - [7] ENDED authorized session",
        "junk",
    ]
    found = remote.parse_lines(tmp_path, "access.log", text)
    first, third, second = remote.sessions(found)
    assert remote.utc(first.start_time) == "local 2024-03-02 23:11:05.123"
    assert remote.utc(first.end_time) == "local 2024-03-02 23:12:00.456"
    assert first.remote_address == "203.0.113.9:5931"
    assert second.time_precision == "us"
    assert second.end_time is None
    assert third.start_time is None
    (failed,) = remote.events(found, "authentication_failed")
    assert (failed.remote_identifier, failed.success) == ("13", False)
    assert len(remote.events(found, "log_line")) == 2
    assert len(remote.events(found, "unparsed_line")) == 1
    assert len(found.warnings) == 2


def test_access_log_of_a_web_server(tmp_path: Path) -> None:
    """The name is common."""
    text = ['203.0.113.9 - - [02/Mar/2024:20:11:05 +0100] "GET / HTTP/1.1" 200 5']
    found = remote.parse_lines(tmp_path, "access.log", text)
    assert not found.of_type(remote.EVENT)
    assert found.warnings == []


# VNC.


def test_ultravnc(tmp_path: Path) -> None:
    """The sample of the specification."""
    found = remote.parse_lines(tmp_path, "mslogon.log", lines.ULTRAVNC_LINES, "cp1252")
    assert found.warnings == []
    first, second = remote.sessions(found)
    assert remote.utc(first.start_time) == "local 2024-03-02 20:11:07"
    assert remote.utc(first.end_time) == "local 2024-03-02 20:15:05"
    assert first.remote_address == "203.0.113.9"
    assert first.access_mode == "Interactive"
    assert first.connection_number == "1"
    assert first.authentication == "password"
    assert first.date_order == "day_first_assumed"
    assert second.local_account == "OFFICE\\olga"
    assert remote.utc(second.start_time) == "local 2024-03-02 21:05:00"
    assert remote.utc(second.end_time) == "local 2024-03-02 21:09:00"
    assert second.connection_number == "2"
    (failed,) = remote.events(found, "authentication_failed")
    assert failed.remote_address == "203.0.113.10"
    assert len(remote.events(found, "connection_received")) == 1


@pytest.mark.parametrize(
    ("date", "order", "expected"),
    [
        ("02/03/2024", "day_first_assumed", "local 2024-03-02 20:00:00"),
        ("03/28/2024", "month_first", "local 2024-03-02 20:00:00"),
        ("28/03/2024", "day_first", "local 2024-02-03 20:00:00"),
    ],
)
def test_ultravnc_order_of_dates(
    tmp_path: Path, date: str, order: str, expected: str
) -> None:
    """A later line of the file may prove how the first ones are meant."""
    first = "02/03/2024" if order == "day_first_assumed" else "03/02/2024"
    text = [
        f"{first} 20:00:00\tConnection received from 203.0.113.9",
        f"{date} 20:00:00\tConnection received from 203.0.113.9",
    ]
    found = remote.parse_lines(tmp_path, "mslogon.log", text)
    event = remote.events(found, "connection_received")[0]
    assert event.date_order == order
    assert remote.utc(event.recorded_time) == expected


def test_ultravnc_sessions_without_numbers(tmp_path: Path) -> None:
    """Old builds: the address must do; an account in the code page of the system."""
    text = [
        "13/03/2024 20:00:00\tAuthentication accepted from 203.0.113.9 using "
        "BÜRO\\Jörg account",
        "13/03/2024 20:01:00\tAuthentication accepted from 203.0.113.9 using A account",
        "13/03/2024 20:02:00\tClient 203.0.113.9 disconnected",
        "13/03/2024 20:03:00\tClient 203.0.113.7 disconnected (ViewOnly) (ID:5)",
        "13/03/2024 20:04:00\tsomething new",
        "99/99/2024 20:05:00\tConnection received from 203.0.113.9",
        "junk",
    ]
    found = remote.parse_lines(tmp_path, "mslogon.log", text, "cp1252")
    ended, other, still = remote.sessions(found)
    assert ended.local_account == "A"
    assert still.local_account == "BÜRO\\Jörg"
    assert still.end_time is None
    assert other.start_time is None
    assert other.access_mode == "ViewOnly"
    assert len(remote.events(found, "log_line")) == 1
    assert len(remote.events(found, "unparsed_line")) == 1
    assert len(found.warnings) == 2


def test_winvnc(tmp_path: Path) -> None:
    """A line of its own has the time of those that follow."""
    text = [
        "vncserver.cpp : before any time",
        "2024-03-02 20:11:05",
        "vsocket.cpp : accepted connection from 203.0.113.9",
        "vncserver.cpp : client connected : 203.0.113.9 (1)",
        "vncclient.cpp : noise",
        "2024-03-02 20:15:05",
        "vncserver.cpp : client disconnected : 203.0.113.9 (1)",
        "vncserver.cpp : client disconnected : 203.0.113.10 (7)",
        "2024-99-02 20:15:05",
    ]
    found = remote.parse_lines(tmp_path, "WinVNC.log", text)
    first, second = remote.sessions(found)
    assert remote.utc(first.start_time) == "local 2024-03-02 20:11:05"
    assert remote.utc(first.end_time) == "local 2024-03-02 20:15:05"
    assert second.start_time is None
    (coverage,) = remote.events(found, "log_coverage")
    assert coverage.number_of_other_entries == 2
    assert len(found.warnings) == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
def test_tightvnc(tmp_path: Path, encoding: str) -> None:
    """Lines as they are."""
    text = ["[ 1234/ 5678] 2024-03-02 20:11:05 ! connection from 203.0.113.9", "x"]
    found = remote.parse_lines(tmp_path, "tvnserver.log", text, encoding)
    first, second = remote.events(found, "log_line")
    assert first.tool == "TightVNC"
    assert remote.utc(first.recorded_time) == "local 2024-03-02 20:11:05"
    assert second.recorded_time is None
    assert len(found.warnings) == 1


def test_realvnc(tmp_path: Path) -> None:
    """Connections with the time in the line."""
    text = [
        f"2024-03-02T20:{minute}.000Z pc vncserver[1]: Connections: {text}"
        for minute, text in (
            ("11:05", "connected: 203.0.113.9::52345 (TCP)"),
            (
                "11:09",
                "authenticated: 203.0.113.9::52345 (TCP), as olga (f permissions)",
            ),
            ("31:44", "disconnected: 203.0.113.9::52345 (TCP) ([Connected] closed)"),
            ("40:00", "connected: 203.0.113.7::1 (TCP)"),
        )
    ]
    found = remote.parse_lines(tmp_path, "RealVNC-Service/vncserver.log", text)
    first, second = remote.sessions(found)
    assert remote.utc(first.requested_time) == "2024-03-02 20:11:05"
    assert remote.utc(first.start_time) == "2024-03-02 20:11:09"
    assert remote.utc(first.end_time) == "2024-03-02 20:31:44"
    assert first.local_account == "olga"
    assert first.access_rights == "f"
    assert first.success is True
    assert first.time_zone_basis == "line_offset"
    assert second.success is None
    assert second.end_time is None
    found = remote.parse_lines(tmp_path, "RealVNC/vncviewer.log", text)
    assert remote.sessions(found)[0].direction == "outgoing"


def test_tigervnc(tmp_path: Path) -> None:
    """The date stands in a line above."""
    text = [
        "Xvnc TigerVNC 1.12",
        "Sat Mar  2 20:11:05 2024",
        " Connections: accepted: 203.0.113.9::52345",
        "",
        "Sat Mar  2 20:15:05 2024",
        " Connections: closed: 203.0.113.9::52345 (Clean disconnection)",
    ]
    found = remote.parse_lines(tmp_path, ".vnc/pc:1.log", text, end="\n")
    (session,) = remote.sessions(found)
    assert session.tool == "TigerVNC"
    assert remote.utc(session.start_time) == "local 2024-03-02 20:11:05"
    assert remote.utc(session.end_time) == "local 2024-03-02 20:15:05"
    assert session.details == "Clean disconnection"
