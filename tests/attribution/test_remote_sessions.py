"""A session that several files tell of counts once; different ones stay apart."""

from __future__ import annotations

import dataclasses
import itertools

from telegram_forensics.attribution.records import Place, RemoteSession
from telegram_forensics.attribution.remote_sessions import merge

LIST = Place("office.E01", "/Connections_incoming.txt", None, "offset 0")
LOG = Place("office.E01", "/TeamViewer15_Logfile.log", None, "offset 90")
FIRST = RemoteSession(
    LIST,
    "TeamViewer",
    "incoming",
    1000.0,
    1600.0,
    identifier="{guid}",
    remote_identifier="1660360496",
    session_type="RemoteControl",
    success=True,
    has_input=True,
    precision=1.0,
)
SECOND = RemoteSession(
    LOG,
    "TeamViewer",
    "incoming",
    1012.4,
    1601.0,
    identifier="77",
    remote_identifier="1660360496",
    remote_name="DESKTOP-AB12",
    authentication="password",
    success=True,
    precision=0.001,
)


def test_list_and_log() -> None:
    """In either order: what only one of them knows is kept."""
    for records in itertools.permutations([FIRST, SECOND]):
        (session,) = merge(dataclasses.replace(item) for item in records)
        assert session.place == LIST
        # The log has the password, the list the arrival.
        assert (session.start, session.end) == (1012.4, 1600.0)
        assert session.identifier == "{guid}"
        assert session.remote_name == "DESKTOP-AB12"
        assert session.authentication == "password"
        assert session.has_input
        assert session.precision == 1.0


def test_session_without_end() -> None:
    """The log of a session that was cut off has no end, the list has."""
    (session,) = merge([FIRST, dataclasses.replace(SECOND, end=None)])
    assert session.end == 1600.0


def test_crash_after_a_session() -> None:
    """A session that only the log has stays, however soon after another it began."""
    ended = dataclasses.replace(FIRST, end=1060.0)
    in_log = dataclasses.replace(SECOND, end=1061.0)
    cut_off = dataclasses.replace(
        SECOND, start=1090.0, end=None, place=dataclasses.replace(LOG, record="9")
    )
    found = merge([cut_off, ended, in_log])
    assert [(item.start, item.end) for item in found] == [
        (1012.4, 1060.0),
        (1090.0, None),
    ]
    # Also where the list has none at all.
    assert len(merge([in_log, cut_off])) == 2


def test_different_sessions() -> None:
    """Another partner, computer, program, file state, direction or time."""
    others = [
        dataclasses.replace(SECOND, remote_identifier="2"),
        dataclasses.replace(SECOND, remote_identifier=None),
        dataclasses.replace(SECOND, place=Place("home.E01", LOG.path)),
        dataclasses.replace(SECOND, place=Place("office.E01", LOG.path, "vss1")),
        dataclasses.replace(SECOND, place=LIST),
        dataclasses.replace(SECOND, tool="AnyDesk"),
        dataclasses.replace(SECOND, direction="outgoing"),
        dataclasses.replace(SECOND, start=1000.0 + 181),
        dataclasses.replace(SECOND, end=1700.0),
        dataclasses.replace(SECOND, start=None),
    ]
    for other in others:
        assert len(merge([dataclasses.replace(FIRST), other])) == 2
