"""Cases of plain records: what happened, and what a report may say of it.

Most of them look like an intrusion and are none, or are one of which the evidence does
not allow more than a count.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from telegram_forensics.attribution.case import Case
from telegram_forensics.attribution.records import Evidence, ExportRecord
from tests.attribution import test_rules as made

TF_101, TF_102 = ("TF-101", "A"), ("TF-102", "A")


@dataclass(frozen=True, slots=True)
class CounterCase:
    """A case.

    Attributes:
        name: short.
        what_is_true: in words.
        evidence: records.
        expected: rule and grade of the findings beyond the owner that are justified.
        case: what the examiner knows.
    """

    name: str
    what_is_true: str
    evidence: Evidence
    expected: tuple[tuple[str, str], ...] = ()
    case: Case | None = None


def _with(**changes: Any) -> Evidence:
    evidence = made.surplus()
    for name, value in changes.items():
        setattr(evidence, name, value)
    return evidence


def _controlled(**changes: Any) -> Evidence:
    values: dict[str, Any] = {"start": made.NOON - 60, "end": made.NOON + 60}
    values.update(changes)
    start, end = values.pop("start"), values.pop("end")
    return _with(remote=[made.window(start, end, **values)])


def _one_message(**changes: Any) -> Evidence:
    evidence = made.surplus()
    evidence.messages[2] = made.message(3, **changes)
    return evidence


def _surplus_cases() -> Iterator[CounterCase]:
    yield CounterCase(
        "one message more than traces",
        "another session of the account sent one of three messages",
        made.surplus(),
        (TF_101,),
    )
    yield CounterCase(
        "history loaded anew",
        "the owner wrote everything before a reinstallation",
        _with(
            messages=[
                made.message(number, sent=made.LOGIN - 1000 + number)
                for number in range(1, 40)
            ],
            balances=[made.balance(0, 0)],
        ),
    )
    yield CounterCase(
        "cleared database",
        "the owner wrote everything; the traces were cleared",
        _with(
            messages=[made.message(number) for number in range(1, 40)],
            balances=[made.balance(39, 0)],
        ),
    )
    second = "/data/data/org.telegram.messenger/files second"
    evidence = made.surplus()
    evidence.messages.append(
        made.message(
            3,
            "this_installation",
            place=made.place("second.aff4", second),
            store=second,
        )
    )
    yield CounterCase(
        "own second telephone", "the owner wrote it on another telephone", evidence
    )
    yield CounterCase(
        "admitted session",
        "the owner wrote it on the computer, and says so",
        made.surplus(),
        case=Case(admitted_sessions={made.DESKTOP_KEY}),
    )
    for name, changes in (
        ("scheduled message", {"origin": "not_applicable"}),
        ("message before the login", {"sent": made.LOGIN - 5}),
        ("incoming message", {"is_outgoing": False}),
        ("deleted message", {"state": "removed"}),
    ):
        yield CounterCase(
            name, "no message of another session", _one_message(**changes)
        )
    yield CounterCase(
        "data export",
        "the owner exported the data",
        _with(
            balances=[],
            exports=[ExportRecord(made.place(), made.OWNER, made.NOON, "/export")],
        ),
    )


def _remote_cases() -> Iterator[CounterCase]:
    yield CounterCase(
        "remote control of a candidate",
        "the partner wrote on the controlled computer",
        _controlled(),
        (TF_101, TF_102),
    )
    composed = made.message(
        9,
        "this_installation",
        place=made.place(made.COMPUTER, made.TDATA),
        store=made.TDATA,
        session=made.DESKTOP_KEY,
    )
    yield CounterCase(
        "remote control, composed there",
        "the partner wrote, and the computer kept a trace of it",
        Evidence(
            sessions=[made.session(), made.desktop()],
            messages=[composed],
            remote=[made.window(made.NOON, made.NOON + 60)],
        ),
        (TF_102,),
    )
    admitted = Case(admitted_remote={"42"})
    for name, changes in (
        ("view only", {"has_input": False, "session_type": "Presentation"}),
        ("rights not known", {"has_input": None}),
        ("connection refused", {"success": False}),
        ("outcome not known", {"success": None}),
        ("outgoing connection", {"direction": "outgoing"}),
        ("another time", {"start": made.NOON + 100, "end": made.NOON + 200}),
        ("end not recorded", {"end": None}),
        ("admitted partner", {"remote_identifier": "42"}),
        ("another device", {"place": made.place("laptop.E01", "/somewhere")}),
    ):
        yield CounterCase(
            f"remote control: {name}",
            "nobody could write through this connection, or nothing says so",
            _controlled(**changes),
            (TF_101,),
            admitted,
        )
    evidence = _controlled()
    evidence.sessions = [made.session()]
    yield CounterCase(
        "no client on the computer",
        "the computer has no session of the account",
        evidence,
        (TF_101,),
    )


def _session_cases() -> Iterator[CounterCase]:
    copy = made.desktop(
        place=made.place("laptop.E01", "/home/x/tdata"), store="/home/x/tdata"
    )
    yield CounterCase(
        "copied session",
        "tdata was copied to another computer",
        Evidence(sessions=[made.desktop(), copy]),
        (("TF-201", "A"),),
    )
    yield CounterCase(
        "shadow copy",
        "one data set and its older state",
        Evidence(
            sessions=[
                made.desktop(),
                made.desktop(
                    place=made.place(made.COMPUTER, made.TDATA, snapshot="vss1")
                ),
                made.desktop(
                    place=made.place(made.COMPUTER, "/old"),
                    store="/old",
                    is_current=False,
                ),
            ]
        ),
    )
    period = made.PERIOD
    yield CounterCase(
        "unknown session in the period",
        "a session of no seized device was active (told by an export)",
        Evidence(sessions=[made.session(), made.listed()]),
        (("TF-202", "C"),),
        period,
    )
    old = made.listed(last_active=made.LOGIN - 500, created=made.LOGIN - 90_000)
    yield CounterCase(
        "sold telephone",
        "a session that ended long ago",
        Evidence(sessions=[made.session(), old]),
        case=period,
    )
    fitting = made.listed(
        client_name="Telegram Desktop", device_model=None, created=made.LOGIN + 1030
    )
    yield CounterCase(
        "row that fits a key",
        "the list names the seized computer's own session",
        Evidence(sessions=[made.session(), made.desktop(), fitting]),
        case=period,
    )
    yield CounterCase(
        "login of an unknown device",
        "somebody logged in on a device that is in no image",
        Evidence(
            sessions=[made.session()],
            notices=[made.notice("login_code", sent=made.NOON - 60), made.notice()],
        ),
        (("TF-203", "B"),),
        period,
    )
    yield CounterCase(
        "login of the seized computer",
        "the owner logged in there",
        Evidence(
            sessions=[made.session(), made.desktop(created=made.NOON + 20)],
            notices=[made.notice()],
        ),
        case=period,
    )


def cases() -> Iterator[CounterCase]:
    """All cases."""
    yield from _surplus_cases()
    yield from _remote_cases()
    yield from _session_cases()
