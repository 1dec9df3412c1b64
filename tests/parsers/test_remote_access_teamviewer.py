"""TeamViewer's lists and logs, through plaso's worker."""

from __future__ import annotations

from pathlib import Path

import plaso
import pytest
from plaso.engine import timeliner

from tests.builders import remote_access as lines
from tests.parsers import remote_access_support as remote

INCOMING = "Connections_incoming.txt"
OUTGOING = "connections.txt"
LOG = "TeamViewer15_Logfile.log"
GUID = "{b3a4df33-d027-44d5-b50f-4e61115494d4}"


def row(**changes: str) -> str:
    """A row with other columns."""
    columns = {
        "id": "1660360496",
        "name": "DESKTOP-AB12",
        "start": "16-02-2024 14:16:32",
        "end": "16-02-2024 14:18:36",
        "user": "olga",
        "type": "RemoteControl",
        "guid": GUID,
        "last": "",
    }
    columns.update(changes)
    return "\t".join(columns.values())


# Lists of sessions.


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"]
)
def test_sample_rows(tmp_path: Path, encoding: str) -> None:
    """The rows of the specification, in every encoding."""
    found = remote.parse_lines(tmp_path, INCOMING, ["", *lines.INCOMING_ROWS], encoding)
    first, second = remote.sessions(found)
    assert found.warnings == []
    assert first.remote_identifier == "1660360496"
    assert first.remote_name == "DESKTOP-AB12"
    assert remote.utc(first.start_time) == "2024-02-16 14:16:32"
    assert remote.utc(first.end_time) == "2024-02-16 14:18:36"
    assert first.local_account == "olga"
    assert first.session_type == "RemoteControl"
    assert first.remote_session_identifier == GUID
    assert first.direction == "incoming"
    assert first.success is True
    assert first.details is None
    assert (first.time_zone_basis, first.time_precision) == ("utc", "s")
    assert second.remote_name == "Мария П. (дом)"
    assert second.local_account == "OFFICE\\Мария"
    assert remote.utc(second.end_time) == "2024-02-18 21:40:12"
    assert second.log_first_entry == "2024-02-16T14:16:32Z"
    assert first.log_last_entry == "2024-02-18T20:05:01Z"
    (coverage,) = remote.events(found, "log_coverage")
    assert coverage.number_of_entries == 2
    assert coverage.number_of_damaged_lines == 0


def test_offsets_point_at_the_rows(tmp_path: Path) -> None:
    """record_offset is that of the bytes, whatever the encoding."""
    for encoding, unit in (("utf-8", 1), ("utf-16-le", 2)):
        found = remote.parse_lines(tmp_path, INCOMING, lines.INCOMING_ROWS, encoding)
        data = (tmp_path / INCOMING).read_bytes()
        for session in remote.sessions(found):
            expected = session.remote_identifier.encode(encoding)
            start = session.record_offset
            assert data[start : start + len(expected)] == expected
            assert start % unit == 0


def test_code_page(tmp_path: Path) -> None:
    """Rows of an older build beside rows in UTF-8."""
    path = tmp_path / INCOMING
    path.write_bytes(
        (row(name="Müller") + "\r\n").encode("cp1252")
        + (lines.INCOMING_ROWS[1] + "\r\n").encode()
        + (row(name="a\x81b") + "\r\n").encode("latin-1")
    )
    found = remote.parse(path)
    names = [session.remote_name for session in remote.sessions(found)]
    assert names == ["Müller", "Мария П. (дом)", "a\ufffdb"]
    assert remote.sessions(found)[0].text_encoding == "cp1252"
    (warning,) = found.warnings
    offset = path.read_bytes().rindex(b"1660360496")
    assert f"{INCOMING}: offset 0x{offset:x}: 1 lines from here on:" in warning


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"name": "two words"}, {"remote_name": "two words"}),
        ({"name": ""}, {"remote_name": None}),
        ({"name": "16-02-2024 14:16:32"}, {"remote_name": "16-02-2024 14:16:32"}),
        ({"user": "DOMAIN\\user"}, {"local_account": "DOMAIN\\user"}),
        ({"user": ""}, {"local_account": None, "session_type": "RemoteControl"}),
        ({"id": "1 660 360 496"}, {"remote_identifier": "1660360496"}),
        ({"id": "m12-345-678"}, {"remote_identifier": "m12-345-678"}),
        ({"guid": ""}, {"details": "no session identifier"}),
        ({"last": "new"}, {"details": "further columns: new"}),
    ],
)
def test_free_text(
    tmp_path: Path, changes: dict[str, str], expected: dict[str, str]
) -> None:
    """What plaso's own parser drops; the times stay those of the row."""
    found = remote.parse_lines(tmp_path, INCOMING, [row(**changes)])
    (session,) = remote.sessions(found)
    for name, value in expected.items():
        assert getattr(session, name) == value
    assert remote.utc(session.start_time) == "2024-02-16 14:16:32"
    assert remote.utc(session.end_time) == "2024-02-16 14:18:36"


def test_session_without_end(tmp_path: Path) -> None:
    """An empty end is no end, and the row may be the first one."""
    rows = [row(end=""), lines.INCOMING_ROWS[1]]
    found = remote.parse_lines(tmp_path, INCOMING, rows)
    session = remote.sessions(found)[0]
    assert len(remote.sessions(found)) == 2
    assert session.end_time is None
    assert session.success is None
    assert session.details == "no end"
    assert session.local_account == "olga"
    short = "1660360496\tPC\t16-02-2024 14:16:32"
    found = remote.parse_lines(tmp_path, INCOMING, [short])
    (session,) = remote.sessions(found)
    assert session.end_time is None


def test_missing_column_and_bad_end(tmp_path: Path) -> None:
    """Columns that are wrong are told, the rest is kept."""
    without = "1660360496\tPC\t16-02-2024 14:16:32\tolga\tRemoteControl\t" + GUID
    rows = [
        without,
        row(end="32-13-2024 14:18:36"),
        row(end="16-02-2024 14:16:31"),
    ]
    found = remote.parse_lines(tmp_path, INCOMING, rows)
    first, second, third = remote.sessions(found)
    assert first.details == "the column of the end is missing"
    assert (first.local_account, first.session_type) == ("olga", "RemoteControl")
    assert second.details == "the end is no time: 32-13-2024 14:18:36"
    assert second.local_account == "olga"
    assert third.details == "the end lies before the start"
    assert len(found.warnings) == 3


def test_rows_that_are_none(tmp_path: Path) -> None:
    """They come out as they are, with the reason, and are counted."""
    rows = ["no row", row(), row(start="31-02-2024 14:16:32", end="")]
    found = remote.parse_lines(tmp_path, INCOMING, rows)
    first, second = remote.events(found, "unparsed_line")
    assert (first.text, first.details) == ("no row", "no start time")
    assert second.details == "start is no time"
    assert second.record_offset == sum(len(text) + 2 for text in rows[:2])
    assert len(remote.sessions(found)) == 1
    (coverage,) = remote.events(found, "log_coverage")
    assert coverage.number_of_damaged_lines == 2
    assert len(found.warnings) == 2


@pytest.mark.parametrize(
    ("text", "account", "end"),
    [
        (lines.OUTGOING_ROW, "olga", "2024-02-20 13:11:52"),
        (
            lines.OUTGOING_ROW.replace("olga       ", "OFFICE\\Мария П"),
            "OFFICE\\Мария П",
            "2024-02-20 13:11:52",
        ),
        (
            lines.OUTGOING_ROW.replace("20-02-2024 13:11:52", " " * 19),
            "olga",
            None,
        ),
        (
            "1660360496 20-02-2024 13:10:33 20-02-2024 13:11:52 my user RemoteControl "
            "{b35110b2-7dc5-4bb9-8d54-ca80953f65f8}",
            "my user",
            "2024-02-20 13:11:52",
        ),
        ("\t".join(lines.OUTGOING_ROW.split("  ")), "olga", "2024-02-20 13:11:52"),
    ],
)
def test_outgoing(tmp_path: Path, text: str, account: str, end: str | None) -> None:
    """connections.txt has runs of blanks between its columns."""
    text = "\t".join(part.strip() for part in text.split("\t") if part.strip())
    found = remote.parse_lines(tmp_path, OUTGOING, ["", text])
    (session,) = remote.sessions(found)
    assert session.direction == "outgoing"
    assert session.remote_identifier == "1660360496"
    assert session.local_account == account
    assert session.session_type == "RemoteControl"
    assert remote.utc(session.start_time) == "2024-02-20 13:10:33"
    assert remote.utc(session.end_time) == end
    guid = "{b35110b2-7dc5-4bb9-8d54-ca80953f65f8}"
    assert session.remote_session_identifier == guid


def test_connections_of_other_programs(tmp_path: Path) -> None:
    """A file of that name without such rows is none of TeamViewer's."""
    found = remote.parse_lines(tmp_path, OUTGOING, ["host port", "a 1"])
    assert found.event_data == [] or not found.of_type(remote.EVENT)
    assert found.warnings == []


def test_same_times_as_plaso(tmp_path: Path) -> None:
    """Where plaso's own parsers work, ours find the same."""
    for name, text, plugin, data_type in (
        (
            INCOMING,
            lines.INCOMING_ROWS[0],
            "text/teamviewer_connections_incoming",
            "teamviewer:connections_incoming:entry",
        ),
        (
            OUTGOING,
            lines.OUTGOING_ROW,
            "text/teamviewer_connections_outgoing",
            "teamviewer:connections_outgoing:entry",
        ),
    ):
        (ours,) = remote.sessions(remote.parse_lines(tmp_path, name, ["", text]))
        found = remote.parse(tmp_path / name, f"{plugin},{remote.PARSERS}")
        (theirs,) = found.of_type(data_type)
        assert len(remote.sessions(found)) == 1
        for attribute in ("start_time", "end_time"):
            expected = getattr(theirs, attribute).GetPlasoTimestamp()
            assert getattr(ours, attribute).GetPlasoTimestamp() == expected
        assert ours.local_account == theirs.local_account
        assert ours.session_type == theirs.activity_type
        assert ours.remote_session_identifier == theirs.connection_identifier


# Log files.


def test_log_session(tmp_path: Path) -> None:
    """The session of the specification, in UTC, as in the list of sessions."""
    text = [*lines.teamviewer_header(), *lines.teamviewer_session()]
    found = remote.parse_lines(tmp_path, LOG, text)
    assert found.warnings == []
    (session,) = remote.sessions(found)
    assert session.direction == "incoming"
    assert remote.utc(session.requested_time) == "2024-02-16 14:16:32.444"
    assert remote.utc(session.start_time) == "2024-02-16 14:16:47.312"
    assert remote.utc(session.end_time) == "2024-02-16 14:18:36.136"
    assert session.start_basis == "authentication"
    assert session.end_basis == "session_ended"
    assert session.authentication == "password"
    assert session.authentication_method == "dynamic password"
    assert session.success is True
    assert session.remote_identifier == lines.PARTNER
    assert session.remote_name == "DESKTOP-AB12"
    assert session.remote_version == "15.50.5"
    assert session.remote_fingerprint == "SHA256:BBBB"
    assert session.remote_session_identifier == "126302903"
    assert session.relay_address == "gb-man-anx-r001.router.example.com"
    assert session.remote_address is None
    assert session.local_identifier == lines.OWN
    assert session.local_name == "OFFICE-PC"
    assert session.session_type == "remote control"
    assert session.access_rights.startswith("RemoteControl='Allowed'")
    assert session.number_of_attempts == 1
    assert session.tool_version == "15.50.5 (64-bit)"
    assert session.time_zone_basis == "header_offset"
    assert session.zone_source.endswith("2024/02/16 06:05:19.548 (UTC-8:00)")
    assert session.log_first_entry == "2024-02-16T06:05:19.548"
    assert session.log_last_entry == "2024-02-16T06:18:36.136-08:00"
    (start,) = remote.events(found, "program_started")
    assert remote.utc(start.recorded_time) == "2024-02-16 14:05:19.548"
    assert start.local_account == "SYSTEM"
    assert start.local_address == "10.0.2.15"
    assert start.local_identifier is None
    assert "Win_10.0.17763_W" in start.details
    assert not remote.events(found, "program_outside_install_folder")
    data = (tmp_path / LOG).read_bytes()
    assert b"SessionStatistics" in data[session.end_record_offset :][:90]
    assert b"CreatePassiveSession" in data[session.record_offset :][:99]


def test_same_times_as_plasos_log_parser(tmp_path: Path) -> None:
    """plaso's parser takes the local time for UTC: ours less the header's offset."""
    text = [*lines.teamviewer_header(), *lines.teamviewer_session()]
    (ours,) = remote.sessions(remote.parse_lines(tmp_path, LOG, text))
    found = remote.parse(tmp_path / LOG, "text/teamviewer_application_log")
    (theirs,) = [
        item.recorded_time
        for item in found.of_type("teamviewer:application_log:entry")
        if "was successful" in item.message_body
    ]
    difference = ours.start_time.GetPlasoTimestamp() - theirs.GetPlasoTimestamp()
    assert difference == 8 * 3600 * 1000000


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_log_with_other_letters(tmp_path: Path, encoding: str) -> None:
    """A name that is not ASCII takes no line away."""
    text = [
        *lines.teamviewer_header(),
        *lines.teamviewer_session(name="Jürgen Groß | IT"),
    ]
    found = remote.parse_lines(tmp_path, LOG, text, encoding)
    (session,) = remote.sessions(found)
    assert session.remote_name == "Jürgen Groß | IT"
    assert found.warnings == []


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ("2024/02/16 06:05:19.548 (UTC+5:30)", "2024-02-16 00:46:47.312"),
        ("2024/02/16 06:05:19.548 (UTC)", "2024-02-16 06:16:47.312"),
        ("2024/02/16 06:05:19.548 (UTC+3)", "2024-02-16 03:16:47.312"),
        ("2024/02/16 06:05:19.548 (UTC+99:00)", "local 2024-02-16 06:16:47.312"),
        ("2024/02/16 06:05:19.548", "local 2024-02-16 06:16:47.312"),
    ],
)
def test_header_offsets(tmp_path: Path, start: str, expected: str) -> None:
    """Forms of the header; without an offset the times stay local."""
    text = [
        *lines.teamviewer_header(start),
        *lines.teamviewer_session(timestamp=None),
    ]
    (session,) = remote.sessions(remote.parse_lines(tmp_path, LOG, text))
    assert remote.utc(session.start_time) == expected
    is_local = expected.startswith("local")
    assert session.time_zone_basis == ("system_zone" if is_local else "header_offset")
    assert (session.zone_source is None) == is_local


def test_line_tells_the_offset(tmp_path: Path) -> None:
    """Without a header, and with one of before daylight saving."""
    (session,) = remote.sessions(
        remote.parse_lines(tmp_path, LOG, lines.teamviewer_session())
    )
    assert session.time_zone_basis == "line_anchor"
    assert "1708093007161" in session.zone_source
    assert remote.utc(session.requested_time) == "2024-02-16 14:16:32.444"
    assert remote.utc(session.start_time) == "2024-02-16 14:16:47.312"
    assert remote.utc(session.end_time) == "2024-02-16 14:18:36.136"
    text = [
        *lines.teamviewer_header("2024/02/16 05:05:19.548 (UTC-9:00)"),
        *lines.teamviewer_session(),
    ]
    (session,) = remote.sessions(remote.parse_lines(tmp_path, LOG, text))
    assert session.time_zone_basis == "line_anchor"
    assert remote.utc(session.start_time) == "2024-02-16 14:16:47.312"


@pytest.mark.parametrize(
    "timestamp", [1708093007161 + 7 * 60000, 1708093007161 + 7200000, 10**13]
)
def test_anchor_that_does_not_fit(tmp_path: Path, timestamp: int) -> None:
    """Another computer's clock is not believed."""
    text = [
        *lines.teamviewer_header(),
        *lines.teamviewer_session(timestamp=timestamp),
    ]
    (session,) = remote.sessions(remote.parse_lines(tmp_path, LOG, text))
    assert session.time_zone_basis == "header_offset"
    assert remote.utc(session.start_time) == "2024-02-16 14:16:47.312"


def test_end_of_daylight_saving(tmp_path: Path) -> None:
    """The clock goes back from 3 to 2 on 27 October 2024 in Berlin."""
    day = "2024/10/27"
    text = [
        *lines.teamviewer_header(f"{day} 01:00:00.000 (UTC+2:00)"),
        *lines.teamviewer_session(day, ("02:30", "02:40"), timestamp=None),
        lines.teamviewer_line(f"{day} 02:59:59.900", "late"),
        lines.teamviewer_line(f"{day} 02:00:00.100", "first after it"),
        lines.teamviewer_line(f"{day} 02:59:59.950", "of another process"),
        *lines.teamviewer_session(day, ("02:30", "02:40"), timestamp=None),
    ]
    found = remote.parse_lines(tmp_path, LOG, text)
    first, second = remote.sessions(found)
    assert remote.utc(first.start_time) == "2024-10-27 00:30:47.312"
    assert remote.utc(second.start_time) == "2024-10-27 01:30:47.312"
    assert first.time_zone_basis == "header_offset"
    assert second.time_zone_basis == "header_offset_shifted"
    (jump,) = remote.events(found, "clock_moved_back")
    assert jump.details == "by 60 minutes, taken for the end of daylight saving"
    assert jump.text.endswith("first after it")


def test_session_over_the_end_of_daylight_saving(tmp_path: Path) -> None:
    """Start and end of one session have offsets of their own."""
    day = "2024/10/27"
    text = [
        *lines.teamviewer_header(f"{day} 01:00:00.000 (UTC+2:00)"),
        *lines.teamviewer_session(day, ("02:50", "02:50"), timestamp=None, parts="arw"),
        lines.teamviewer_line(f"{day} 02:59:59.900", "late"),
        *lines.teamviewer_session(day, ("02:10", "02:10"), timestamp=None, parts="e"),
    ]
    (session,) = remote.sessions(remote.parse_lines(tmp_path, LOG, text))
    assert remote.utc(session.start_time) == "2024-10-27 00:50:47.312"
    assert remote.utc(session.end_time) == "2024-10-27 01:10:36.136"


def test_clock_set_back(tmp_path: Path) -> None:
    """Any other jump is told, the offset stays."""
    text = [
        *lines.teamviewer_header(),
        lines.teamviewer_line("2024/02/16 10:00:00.000", "before"),
        lines.teamviewer_line("2024/02/16 06:10:00.000", "after"),
        *lines.teamviewer_session(),
    ]
    found = remote.parse_lines(tmp_path, LOG, text)
    (jump,) = remote.events(found, "clock_moved_back")
    assert jump.details == "by 230 minutes"
    (session,) = remote.sessions(found)
    assert session.time_zone_basis == "header_offset"


def test_small_disorder_is_none(tmp_path: Path) -> None:
    """Lines of several processes are out of order by parts of a second."""
    text = [
        *lines.teamviewer_header(),
        lines.teamviewer_line("2024/02/16 06:05:22.228", "Starting Loader", "L32"),
        lines.teamviewer_line("2024/02/16 06:05:22.149", "Loader", "H64"),
        lines.teamviewer_line("2024/02/16 06:05:22.149", "failed", "G1!!"),
    ]
    found = remote.parse_lines(tmp_path, LOG, text)
    assert not remote.events(found, "clock_moved_back")
    (coverage,) = remote.events(found, "log_coverage")
    assert coverage.number_of_other_entries >= 3
    assert found.warnings == []


def test_attempt_without_login(tmp_path: Path) -> None:
    """A client hello without success is no session."""
    text = [
        *lines.teamviewer_header(),
        *lines.teamviewer_session(parts="a", hours=("06:10", "06:10")),
        *lines.teamviewer_session(parts="a", hours=("06:16", "06:18")),
    ]
    found = remote.parse_lines(tmp_path, LOG, text)
    assert remote.sessions(found) == []
    first, second = remote.events(found, "connection_attempt")
    assert first.success is False
    assert first.remote_identifier == lines.PARTNER
    assert remote.utc(first.recorded_time) == "2024-02-16 14:10:32.444"
    assert remote.utc(second.recorded_time) == "2024-02-16 14:16:32.444"
    assert second.number_of_attempts == 1


def test_wrong_password(tmp_path: Path) -> None:
    """A login that is refused, and one that is not."""
    session = lines.teamviewer_session()
    wrong = [line for line in session if "was successful" in line][0]
    session.insert(session.index(wrong), wrong.replace("was successful", "was denied"))
    text = [*lines.teamviewer_header(), *session]
    found = remote.parse_lines(tmp_path, LOG, text)
    (failed,) = remote.events(found, "authentication_failed")
    assert failed.remote_identifier == lines.PARTNER
    assert failed.authentication_method == "dynamic password"
    assert len(remote.sessions(found)) == 1


def test_arrival_that_nobody_followed_up(tmp_path: Path) -> None:
    """No partner is named, the router's name is kept."""
    arrival = lines.teamviewer_session(parts="a")[:1]
    found = remote.parse_lines(tmp_path, LOG, [*lines.teamviewer_header(), *arrival])
    (attempt,) = remote.events(found, "connection_attempt")
    assert attempt.remote_identifier is None
    assert attempt.relay_address == "gb-man-anx-r001.router.example.com"


def test_session_open_at_the_end_of_the_log(tmp_path: Path) -> None:
    """The session goes on in the next log: no end here, no start there."""
    header = lines.teamviewer_header()
    found = remote.parse_lines(
        tmp_path,
        "TeamViewer15_Logfile_OLD.log",
        [*header, *lines.teamviewer_session(parts="arw")],
    )
    (session,) = remote.sessions(found)
    assert session.end_time is None and session.end_basis is None
    assert session.success is True
    found = remote.parse_lines(tmp_path, LOG, lines.teamviewer_session(parts="e"))
    (session,) = remote.sessions(found)
    assert session.start_time is None
    assert remote.utc(session.end_time) == "local 2024-02-16 06:18:36.136"
    assert session.success is None
    assert session.direction == "unknown"
    assert session.remote_identifier == lines.PARTNER


def test_session_cut_by_a_crash(tmp_path: Path) -> None:
    """It ended before the program started again; a window's start ends nothing."""
    again = "2024/02/16 09:00:00.000 (UTC-8:00)"
    text = [
        *lines.teamviewer_header(),
        *lines.teamviewer_session(parts="arw"),
        *lines.teamviewer_header("2024/02/16 06:30:00.000 (UTC-8:00)", area="G1"),
        *lines.teamviewer_header(again),
    ]
    (session,) = remote.sessions(remote.parse_lines(tmp_path, LOG, text))
    assert remote.utc(session.end_time) == "2024-02-16 17:00:00"
    assert session.end_basis == "next_program_start"


def test_partner_left_without_an_end(tmp_path: Path) -> None:
    """The last line of the partner is its end."""
    session = lines.teamviewer_session()
    text = [*lines.teamviewer_header(), *session[:-1]]
    (found,) = remote.sessions(remote.parse_lines(tmp_path, LOG, text))
    assert remote.utc(found.end_time) == "2024-02-16 14:18:36.1"
    assert found.end_basis == "participant_removed"


def test_no_authentication_line(tmp_path: Path) -> None:
    """The partner joined, how it was let in is not known."""
    text = [*lines.teamviewer_header(), *lines.teamviewer_session(parts="awe")]
    (session,) = remote.sessions(remote.parse_lines(tmp_path, LOG, text))
    assert session.authentication is None
    assert session.start_basis == "participant_added"
    assert remote.utc(session.start_time) == "2024-02-16 14:16:47.413"


def test_two_sessions_at_once(tmp_path: Path) -> None:
    """Each end belongs to its partner."""
    other = "111222333"
    text = [
        *lines.teamviewer_header(),
        *lines.teamviewer_session(parts="arw"),
        *lines.teamviewer_session(
            hours=("06:17", "06:25"),
            partner=other,
            name="Zoë",
            parts="arw",
            timestamp=None,
        ),
        *lines.teamviewer_session(parts="e"),
        *lines.teamviewer_session(hours=("06:17", "06:25"), partner=other, parts="e"),
    ]
    first, second = remote.sessions(remote.parse_lines(tmp_path, LOG, text))
    assert (first.remote_identifier, second.remote_identifier) == (
        lines.PARTNER,
        other,
    )
    assert remote.utc(second.start_time) == "2024-02-16 14:17:47.312"
    assert remote.utc(first.end_time) == "2024-02-16 14:18:36.136"
    assert remote.utc(second.end_time) == "2024-02-16 14:25:36.136"
    assert second.remote_name == "Zoë"


def test_outgoing_session(tmp_path: Path) -> None:
    """Who looks at the screen of whom is told by the types of the participants."""
    text = [
        lines.teamviewer_line("2024/02/16 06:16:32.444", body)
        for body in (
            "CParticipantManagerBase::SetMyParticipantIdentifier(): "
            f"pid=[{lines.OWN},1]",
            f"CPersistentParticipantManager::AddParticipant: [{lines.OWN},1] type=6 "
            "name=ME",
            f"CPersistentParticipantManager::AddParticipant: [{lines.PARTNER},2] "
            "type=3 name=THEM",
            f"SessionStatistics[1] Session to {lines.PARTNER} ended. x",
        )
    ]
    found = remote.parse_lines(tmp_path, LOG, [*lines.teamviewer_header(), *text])
    (session,) = remote.sessions(found)
    assert session.direction == "outgoing"
    assert (session.local_name, session.remote_name) == ("ME", "THEM")


def test_file_transfer_and_address(tmp_path: Path) -> None:
    """Lines whose text is not confirmed are given as they are."""
    moment = "2024/02/16 06:17:00.000"
    text = [
        *lines.teamviewer_header(),
        *lines.teamviewer_session(parts="arw"),
        lines.teamviewer_line(moment, "Write file C:\\Users\\olga\\tdata.zip", "G1"),
        lines.teamviewer_line(moment, "Download from C:\\x", "G1"),
        lines.teamviewer_line(
            moment, "UDPv4: punching to 203.0.113.9:50111 (direct)", "S0"
        ),
        *lines.teamviewer_session(parts="e"),
    ]
    found = remote.parse_lines(tmp_path, LOG, text)
    first, second = remote.events(found, "file_transfer")
    assert first.remote_identifier == lines.PARTNER
    assert "tdata.zip" in first.text
    assert second.direction == "incoming"
    (session,) = remote.sessions(found)
    assert session.remote_address == "203.0.113.9:50111"


def test_program_outside_its_folder(tmp_path: Path) -> None:
    """A copy of the program somewhere else is a neutral fact."""
    path = "C:\\Users\\olga\\AppData\\Local\\Temp\\TeamViewer\\TeamViewer.exe"
    found = remote.parse_lines(tmp_path, LOG, lines.teamviewer_header(path=path))
    (event,) = remote.events(found, "program_outside_install_folder")
    assert event.program_path == path


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("24/02/16 06:16:32.444", "2024-02-16 14:16:32.444"),
        ("02/16 06:16:32.444", "2024-02-16 14:16:32.444"),
        ("2024/02/16 06:16:32:444", "2024-02-16 14:16:32.444"),
        ("02/16 06:16:32", "2024-02-16 14:16:32"),
    ],
)
def test_old_forms_of_the_time(tmp_path: Path, head: str, expected: str) -> None:
    """Older builds leave out the year, half of it, or the milliseconds."""
    body = "Negotiating session encryption: client hello received from 123456789, RSA"
    text = [*lines.teamviewer_header(), lines.teamviewer_line(head, body)]
    found = remote.parse_lines(tmp_path, LOG, text)
    (attempt,) = remote.events(found, "connection_attempt")
    assert remote.utc(attempt.recorded_time) == expected


def test_turn_of_the_year(tmp_path: Path) -> None:
    """The year stands in the header only."""
    hello = "Negotiating session encryption: client hello received from"
    text = [
        *lines.teamviewer_header("2013/12/31 23:00:00.000 (UTC)"),
        lines.teamviewer_line("12/31 23:59:00", f"{hello} 123456789"),
        lines.teamviewer_line("01/01 00:01:30", f"{hello} 987654321"),
    ]
    found = remote.parse_lines(tmp_path, LOG, text)
    times = [
        remote.utc(item.recorded_time)
        for item in remote.events(found, "connection_attempt")
    ]
    assert times == ["2013-12-31 23:59:00", "2014-01-01 00:01:30"]


def test_year_that_is_not_known(tmp_path: Path) -> None:
    """No header, no year: the attempt is there, without a time, and told."""
    body = "Negotiating session encryption: client hello received from 123456789, RSA"
    found = remote.parse_lines(
        tmp_path, LOG, [lines.teamviewer_line("02/16 06:16:32", body)]
    )
    (attempt,) = remote.events(found, "connection_attempt")
    assert attempt.recorded_time is None
    (warning,) = found.warnings
    assert "the year is not known" in warning


def test_network_log(tmp_path: Path) -> None:
    """TVNetwork.log has the same lines."""
    text = [*lines.teamviewer_header(), *lines.teamviewer_session()]
    found = remote.parse_lines(tmp_path, "TVNetwork.log", text)
    assert len(remote.sessions(found)) == 1


def test_empty_log(tmp_path: Path) -> None:
    """A log that was emptied is a fact; plaso gives empty files to no parser."""
    found = remote.parse_lines(tmp_path, LOG, [""])
    (coverage,) = remote.events(found, "log_coverage")
    assert coverage.number_of_entries == 0
    assert coverage.log_first_entry is None


def test_timeline(tmp_path: Path) -> None:
    """plaso's timeliner makes the events of a session from its times."""
    rows = [row(), row(end="")]
    found = remote.parse_lines(tmp_path, INCOMING, rows)
    data_location = str(Path(plaso.__file__).parent / "data")
    stock = timeliner.EventDataTimeliner(data_location=data_location)
    descriptions = stock._attribute_mappings[remote.SESSION]
    assert {
        description
        for name, description in descriptions.items()
        if getattr(remote.sessions(found)[0], name) is not None
    } == {"Start Time", "End Time"}
