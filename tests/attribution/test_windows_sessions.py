"""RDP sessions out of event log records, with the traps of both logs."""

from __future__ import annotations

from typing import Any

import pytest

from telegram_forensics.attribution.records import Place
from telegram_forensics.attribution.windows_sessions import (
    SECURITY,
    SESSION_MANAGER,
    LogRecord,
    assemble,
    is_remote,
)

IMAGE = "office.E01"


def manager(event: int, time: float, session: str, address: str | None = None) -> Any:
    """Record of the Local Session Manager."""
    strings = ("OFFICE\\ann", session, address)
    return LogRecord(Place(IMAGE, "lsm.evtx"), SESSION_MANAGER, event, strings, time)


def security(event: int, time: float, **fields: str) -> LogRecord:
    """Record of the Security log; fields `s<position>`."""
    strings: list[str | None] = [None] * 27
    for name, value in fields.items():
        strings[int(name[1:])] = value
    place = Place(IMAGE, "Security.evtx")
    return LogRecord(place, SECURITY, event, tuple(strings), time)


def spans(logs: list[LogRecord]) -> list[tuple[float | None, float | None, str | None]]:
    """Start, end and address of the sessions."""
    sessions, _ = assemble(logs)
    return [(item.start, item.end, item.remote_address) for item in sessions]


def test_session() -> None:
    """Log-on to disconnection, and the reconnection as a session of its own."""
    logs = [
        manager(21, 100.0, "2", "203.0.113.9"),
        manager(24, 200.0, "2", "203.0.113.9"),
        manager(25, 300.0, "2", "203.0.113.10"),
        manager(23, 400.0, "2"),
    ]
    assert spans(logs) == [
        (100.0, 200.0, "203.0.113.9"),
        (300.0, 400.0, "203.0.113.10"),
    ]
    (first, _), _ = assemble(logs)
    assert first.success
    assert first.has_input
    assert first.direction == "incoming"
    assert first.local_account == "OFFICE\\ann"
    # The order of the records does not matter.
    assert spans(logs[::-1]) == spans(logs)


def test_keyboard() -> None:
    """LOCAL is no remote control, and takes the session over."""
    assert spans([manager(21, 1.0, "1", "LOCAL"), manager(23, 9.0, "1")]) == []
    logs = [manager(25, 1.0, "1", "10.0.0.5"), manager(25, 5.0, "1", "LOCAL")]
    assert spans(logs) == [(1.0, 5.0, "10.0.0.5")]


def test_sessions_are_told_apart() -> None:
    """The end of another session ends nothing; without an end it stays open."""
    logs = [manager(21, 1.0, "2", "10.0.0.5"), manager(24, 5.0, "3")]
    assert spans(logs) == [(1.0, None, "10.0.0.5")]


def test_security_log_alone() -> None:
    """Type 10 log-on to log-off, reconnection to disconnection."""
    logs = [
        security(4624, 1.0, s5="ann", s7="0x1", s8="10", s18="10.0.0.5"),
        security(4634, 9.0, s3="0x1", s4="10"),
        security(4778, 20.0, s0="ann", s2="0x2", s4="LAPTOP", s5="10.0.0.6"),
        security(4779, 30.0, s0="ann", s2="0x2", s4="LAPTOP", s5="10.0.0.6"),
        security(4778, 40.0, s0="ann", s2="0x2", s4="-", s5="LOCAL"),
    ]
    assert spans(logs) == [(1.0, 9.0, "10.0.0.5"), (20.0, 30.0, "10.0.0.6")]
    sessions, _ = assemble(logs)
    assert sessions[1].remote_name == "LAPTOP"


@pytest.mark.parametrize("kind", ["2", "3", "7", "11", "12"])
def test_other_logons(kind: str) -> None:
    """Log-ons at the keyboard and over the network are no RDP session."""
    logs = [security(4624, 1.0, s7="0x1", s8=kind, s18="10.0.0.5")]
    assert spans(logs) == []


def test_both_logs_tell_one_session() -> None:
    """It counts once, with the address that the session manager has."""
    logs = [
        manager(21, 100.0, "2", "203.0.113.9"),
        security(4624, 99.0, s5="ann", s7="0x1", s8="10", s18="203.0.113.9"),
        manager(24, 200.0, "2"),
        security(4779, 200.5, s2="0x1"),
        security(4778, 500.0, s2="0x1", s5="203.0.113.9"),
        security(4779, 600.0, s2="0x1"),
    ]
    assert spans(logs) == [
        (100.0, 200.0, "203.0.113.9"),
        # Only the Security log reaches to this one.
        (500.0, 600.0, "203.0.113.9"),
    ]


def test_unlocks() -> None:
    """At the keyboard only: a reconnection unlocks as well."""
    logs = [
        security(4801, 10.0, s1="ann"),
        security(4624, 50.0, s5="ann", s8="7", s18="-"),
        security(4624, 90.0, s5="ann", s8="7", s18="10.0.0.5"),
        manager(25, 200.0, "2", "10.0.0.5"),
        security(4801, 202.0, s1="ann"),
    ]
    _, presence = assemble(logs)
    assert [item.start for item in presence] == [10.0, 50.0]
    assert {item.kind for item in presence} == {"unlock"}


def test_short_records() -> None:
    """Records with fewer strings than expected are no error."""
    place = Place(IMAGE, "x")
    logs = [
        LogRecord(place, provider, event, strings, float(number))
        for number, (provider, event, strings) in enumerate(
            (provider, event, strings)
            for provider in (SECURITY, SESSION_MANAGER, "other")
            for event in (21, 23, 24, 25, 4624, 4634, 4647, 4778, 4779, 4801, 1)
            for strings in ((), (None,), ("a", None, None))
        )
    ]
    assert spans(logs) == []


@pytest.mark.parametrize(
    ("address", "remote"),
    [
        ("10.0.0.5", True),
        ("fe80::1%12", True),
        ("203.0.113.9", True),
        ("host.example", True),
        ("127.0.0.1", False),
        ("::1", False),
        ("LOCAL", False),
        ("-", False),
        (None, False),
    ],
)
def test_addresses(address: str | None, remote: bool) -> None:
    """Addresses of other computers."""
    assert is_remote(address) is remote
