"""The rules on plain records: what they state, and what they must never state."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any

import pytest

from telegram_forensics.attribution.case import Case, Device, parse_case
from telegram_forensics.attribution.engine import attribute
from telegram_forensics.attribution.findings import Finding
from telegram_forensics.attribution.records import (
    BalanceRecord,
    Evidence,
    ExportRecord,
    Grade,
    MessageRecord,
    NoticeRecord,
    Place,
    PresenceRecord,
    RemoteSession,
    SessionRecord,
)

OWNER = "6000000001"
OTHER = "777001"
PHONE = "phone.E01"
COMPUTER = "office.E01"
PHONE_STORE = "/data/data/org.telegram.messenger/files"
TDATA = "/Users/Ann/AppData/Roaming/Telegram Desktop/tdata"
PHONE_KEY = "aaaaaaaaaaaaaaaa"
DESKTOP_KEY = "bbbbbbbbbbbbbbbb"
LOGIN = 1_700_000_000.0
NOON = 1_717_243_200.0

numbers = itertools.count(1)


def place(image: str = PHONE, path: str = PHONE_STORE, **more: Any) -> Place:
    """A place."""
    return Place(image, path, **more)


def session(**changes: Any) -> SessionRecord:
    """The session of the telephone."""
    record = SessionRecord(
        place(),
        OWNER,
        key=PHONE_KEY,
        created=LOGIN,
        client_name="Telegram for Android",
        device_model="Pixel 7",
        store=PHONE_STORE,
    )
    return dataclasses.replace(record, **changes)


def desktop(**changes: Any) -> SessionRecord:
    """The session of Telegram Desktop on the computer."""
    record = SessionRecord(
        place(COMPUTER, TDATA),
        OWNER,
        key=DESKTOP_KEY,
        created=LOGIN + 1000,
        client_name="Telegram Desktop",
        store=TDATA,
    )
    return dataclasses.replace(record, **changes)


def message(number: int, origin: str = "no_local_trace", **changes: Any) -> Any:
    """An outgoing message on the telephone."""
    record = MessageRecord(
        place(record=f"messages_v2 {number}"),
        OWNER,
        OTHER,
        "user",
        str(number),
        NOON + number,
        True,
        text=f"text {number}",
        session=PHONE_KEY,
        origin=origin,
        confidence="certain" if origin == "this_installation" else None,
        store=PHONE_STORE,
    )
    return dataclasses.replace(record, **changes)


def balance(outgoing: int, traces: int | None, **changes: Any) -> BalanceRecord:
    """The balance of the chat on the telephone."""
    record = BalanceRecord(
        place(record="randoms_v2"),
        OWNER,
        PHONE_KEY,
        OTHER,
        "user",
        outgoing,
        traces,
        since=LOGIN,
        store=PHONE_STORE,
    )
    return dataclasses.replace(record, **changes)


def window(start: float, end: float, **changes: Any) -> RemoteSession:
    """A TeamViewer session of the computer."""
    record = RemoteSession(
        place(COMPUTER, "/Program Files/TeamViewer/Connections_incoming.txt"),
        "TeamViewer",
        "incoming",
        start,
        end,
        remote_identifier="1660360496",
        session_type="RemoteControl",
        success=True,
        has_input=True,
    )
    return dataclasses.replace(record, **changes)


def rules(evidence: Evidence, case: Case | None = None) -> list[str]:
    """Rules of the findings that point beyond the owner."""
    return [
        finding.rule
        for finding in attribute(evidence, case).findings
        if not finding.is_neutral
    ]


def one(evidence: Evidence, rule: str, case: Case | None = None) -> Finding:
    """The only finding of a rule."""
    (finding,) = [
        item for item in attribute(evidence, case).findings if item.rule == rule
    ]
    return finding


def surplus() -> Evidence:
    """Three messages, two of them composed on the telephone."""
    return Evidence(
        sessions=[session(), desktop()],
        messages=[
            message(1, "this_installation"),
            message(2, "this_installation"),
            message(3),
        ],
        balances=[balance(3, 2)],
    )


# TF-101.


def test_surplus() -> None:
    """The number is stated, the candidates are named, none is called proven."""
    finding = one(surplus(), "TF-101")
    assert [item.message for item in finding.messages] == ["3"]
    assert "3 outgoing messages" in finding.statement
    assert "2 traces" in finding.statement
    assert "does not tell" in finding.statement
    assert finding.not_excluded
    assert finding.would_decide
    assert finding.grade is Grade.A


def test_reloaded_history() -> None:
    """After a reinstall there are no traces at all of what was sent before it."""
    evidence = surplus()
    evidence.messages = [
        message(number, sent=LOGIN - 1000 + number) for number in range(1, 40)
    ]
    evidence.balances = [balance(0, 0)]
    assert rules(evidence) == []


def test_cleared_database() -> None:
    """Made anew without a login: no traces at all, and no finding."""
    evidence = surplus()
    evidence.messages = [message(number) for number in range(1, 40)]
    evidence.balances = [balance(39, 0)]
    assert rules(evidence) == []


def test_messages_before_the_first_trace() -> None:
    """The traces may not reach so far: such messages neither count nor stand there."""
    evidence = surplus()
    evidence.messages += [
        message(10 + number, sent=NOON - 5000 + number) for number in range(4)
    ]
    evidence.balances = [balance(7, 2)]
    finding = one(evidence, "TF-101")
    assert [item.message for item in finding.messages] == ["3"]
    assert "1 of them were not composed" in finding.statement
    assert "4 more were sent before its first trace" in finding.statement
    evidence.messages = [item for item in evidence.messages if item.identifier != "3"]
    evidence.balances = [balance(6, 2)]
    assert rules(evidence) == []


def test_traces_of_chats_only() -> None:
    """Media keep a trace of the chat, which has no time: the login stays the start."""
    evidence = surplus()
    evidence.messages = [message(1), message(2), message(3)]
    assert rules(evidence) == ["TF-101"]


def test_export_by_the_owner() -> None:
    """An export is a neutral fact."""
    evidence = surplus()
    evidence.balances = []
    evidence.exports = [ExportRecord(place(), OWNER, NOON, "/export")]
    assert rules(evidence) == []


def test_no_balance_without_login_or_traces() -> None:
    """What the data set cannot tell is no surplus."""
    for changed in (
        balance(3, 2, since=None),
        balance(3, None),
        balance(3, 2, place=place(snapshot="vss1")),
        balance(2, 2),
        balance(2, 5),
    ):
        evidence = surplus()
        evidence.balances = [changed]
        assert rules(evidence) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"origin": "not_applicable"},
        {"origin": "not_determinable", "service_action": "messageActionPinMessage"},
        {"is_outgoing": False},
        {"sent": LOGIN - 5},
        {"state": "removed"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_no_candidates_no_finding(changes: dict[str, Any]) -> None:
    """Scheduled messages, actions and what came before the login are no candidates."""
    evidence = surplus()
    evidence.messages[2] = message(3, **changes)
    assert rules(evidence) == []


def test_own_second_telephone() -> None:
    """Composed on another telephone of the owner that is in evidence, too."""
    evidence = surplus()
    second = "/data/data/org.telegram.messenger/files second"
    evidence.messages.append(
        message(
            3,
            "this_installation",
            place=place("second.aff4", second),
            store=second,
        )
    )
    assert rules(evidence) == []


def test_admitted_session_explains_the_surplus() -> None:
    """A session that the owner admits and that existed then."""
    case = Case(admitted_sessions={DESKTOP_KEY})
    assert rules(surplus(), case) == []
    evidence = surplus()
    evidence.sessions[1] = desktop(created=NOON + 1000)
    assert rules(evidence, case) == ["TF-101"]


# TF-102.


def test_remote_control_of_a_candidate() -> None:
    """The model case: not composed by the telephone, the computer was controlled."""
    evidence = surplus()
    evidence.remote = [window(NOON - 60, NOON + 60)]
    finding = one(evidence, "TF-102")
    assert [item.message for item in finding.messages] == ["3"]
    assert finding.account == OWNER
    assert "1660360496" in finding.statement
    assert any("owner typed" in words for words in finding.not_excluded)
    assert rules(evidence) == ["TF-101", "TF-102"]


def test_remote_control_of_a_message_composed_there() -> None:
    """A stored trace on the controlled computer itself needs no balance."""
    evidence = Evidence(
        sessions=[session(), desktop()],
        messages=[
            message(
                9,
                "this_installation",
                place=place(COMPUTER, TDATA),
                store=TDATA,
                session=DESKTOP_KEY,
            )
        ],
        remote=[window(NOON, NOON + 60)],
    )
    finding = one(evidence, "TF-102")
    assert finding.evidence[0][0].image == COMPUTER
    assert rules(evidence) == ["TF-102"]


@pytest.mark.parametrize(
    "changes",
    [
        {"has_input": False, "session_type": "Presentation"},
        {"has_input": None},
        {"success": False},
        {"success": None},
        {"direction": "outgoing"},
        {"direction": "unknown"},
        {"start": NOON + 100, "end": NOON + 200},
        {"end": None},
        {"remote_identifier": "42"},
        {"place": place("laptop.E01", "/somewhere")},
        {
            "place": place(
                COMPUTER,
                "/Program Files/TeamViewer/Connections_incoming.txt",
                snapshot="vss1",
            )
        },
    ],
    ids=[
        "view only",
        "rights unknown",
        "refused",
        "outcome unknown",
        "outgoing",
        "direction unknown",
        "other time",
        "end unknown",
        "admitted partner",
        "other device",
        "shadow copy",
    ],
)
def test_no_remote_control(changes: dict[str, Any]) -> None:
    """Each of these takes TF-102 away; the surplus stays what it is."""
    evidence = surplus()
    case = Case(admitted_remote={"42"})
    start, end = changes.pop("start", NOON), changes.pop("end", NOON + 60)
    evidence.remote = [window(start, end, **changes)]
    assert rules(evidence, case) == ["TF-101"]


def test_controlled_telephone() -> None:
    """A telephone can be controlled, too: what it composed then is in question."""
    evidence = surplus()
    evidence.remote = [window(NOON, NOON + 60, place=place(PHONE, "/host"))]
    finding = one(evidence, "TF-102")
    # The candidate was not composed there: that is what the count says.
    assert [item.message for item in finding.messages] == ["1", "2"]


def test_clock_error_widens_the_window() -> None:
    """Precision of the log and the known error of the clock count."""
    evidence = surplus()
    evidence.remote = [window(NOON + 30, NOON + 90)]
    assert rules(evidence) == ["TF-101"]
    evidence.remote = [window(NOON + 30, NOON + 90, precision=60.0)]
    assert rules(evidence) == ["TF-101", "TF-102"]
    evidence.remote = [window(NOON + 30, NOON + 90)]
    case = Case(devices={COMPUTER: Device(clock_offset=-40.0)})
    assert rules(evidence, case) == ["TF-101", "TF-102"]


def test_no_client_on_the_computer() -> None:
    """Nobody writes through a computer that has no session of the account."""
    evidence = surplus()
    evidence.sessions = [session()]
    evidence.remote = [window(NOON, NOON + 60)]
    assert rules(evidence) == ["TF-101"]


def test_presence_contradicts() -> None:
    """Consent at the console and a telephone in use stand in the finding."""
    evidence = surplus()
    evidence.remote = [window(NOON, NOON + 60)]
    evidence.presence = [
        PresenceRecord(place(COMPUTER, "log"), "consent", NOON),
        PresenceRecord(place(COMPUTER, "Security.evtx"), "unlock", NOON - 100),
        PresenceRecord(place(PHONE, "usage"), "phone_activity", NOON, words="unlocked"),
        PresenceRecord(place(PHONE, "usage"), "phone_activity", NOON - 9000),
        PresenceRecord(place(COMPUTER, "prefetch"), "client_running", NOON),
    ]
    finding = one(evidence, "TF-102")
    assert len(finding.contradicts) == 3
    assert any("allowed at the console" in words for words in finding.contradicts)
    assert any("unlocked at the console" in words for words in finding.contradicts)


# TF-201.


def test_copied_session() -> None:
    """One key in the data sets of two devices."""
    copy = desktop(place=place("laptop.E01", "/home/x/tdata"), store="/home/x/tdata")
    finding = one(Evidence(sessions=[desktop(), copy]), "TF-201")
    assert "on 2 devices" in finding.statement
    assert finding.sessions == [DESKTOP_KEY]


def test_shadow_copies_and_several_files_are_one_store() -> None:
    """Shadow copies, older slots and the files of one data set count once."""
    evidence = Evidence(
        sessions=[
            desktop(),
            desktop(place=place(COMPUTER, TDATA, snapshot="vss1")),
            desktop(place=place(COMPUTER, f"{TDATA}/D877F783D5D3EF8C0")),
            desktop(
                place=place(COMPUTER, "/old/tdata"), store="/old", is_current=False
            ),
            desktop(
                place=place(COMPUTER, "/log"),
                store="/log",
                holds_key=False,
                basis="debug_log_bound_key",
            ),
        ]
    )
    assert rules(evidence) == []


# TF-202.


def listed(**changes: Any) -> SessionRecord:
    """A row of a sessions list."""
    record = SessionRecord(
        place(COMPUTER, "result.json", record="sessions 3"),
        OWNER,
        grade=Grade.C,
        client_name="Telegram iOS",
        device_model="iPhone 12",
        created=LOGIN + 50_000,
        last_active=NOON,
    )
    return dataclasses.replace(record, **changes)


PERIOD = Case(start=NOON - 1000, end=NOON + 1000)


def test_unmatched_session() -> None:
    """Active in the disputed period, and in no image."""
    evidence = Evidence(sessions=[session(), listed()])
    finding = one(evidence, "TF-202", PERIOD)
    assert "iPhone 12" in finding.statement
    assert finding.grade is Grade.C
    # Without a period: after the last login that a seized device shows.
    assert rules(evidence) == ["TF-202"]


def test_sold_telephone() -> None:
    """Last active before the period, or before the last seized login: no finding."""
    old = listed(last_active=LOGIN - 500, created=LOGIN - 90_000)
    evidence = Evidence(sessions=[session(), old])
    assert rules(evidence, PERIOD) == []
    assert rules(evidence) == []


def test_rows_that_fit_a_key() -> None:
    """A row that fits one key is that session; one that fits two is no finding."""
    fitting = listed(
        client_name="Telegram Desktop", device_model=None, created=LOGIN + 1030
    )
    evidence = Evidence(sessions=[session(), desktop(), fitting])
    assert rules(evidence, PERIOD) == []
    twin = desktop(key="cccccccccccccccc", store="/other", place=place("c.E01", "/o"))
    evidence = Evidence(sessions=[session(), desktop(), twin, fitting])
    assert rules(evidence, PERIOD) == []
    entries = attribute(evidence, PERIOD).ledger.entries
    assert [entry.match for entry in entries].count("ambiguous") == 1


def test_admitted_hash() -> None:
    """A session that the owner admits by its hash in the list."""
    evidence = Evidence(sessions=[session(), listed(hash="123")])
    case = dataclasses.replace(PERIOD, admitted_sessions={"hash 123"})
    assert rules(evidence, PERIOD) == ["TF-202"]
    assert rules(evidence, case) == []


# TF-203.


def notice(kind: str = "new_login", **changes: Any) -> NoticeRecord:
    """A notice of Telegram's own account."""
    record = NoticeRecord(
        place(record="messages_v2 -210003"),
        OWNER,
        kind,
        NOON,
        device="Telegram Desktop, PC",
        ip_address="203.0.113.77",
    )
    return dataclasses.replace(record, **changes)


def test_login_of_an_unknown_device() -> None:
    """Reported once though two devices have the notice, with where a code was."""
    evidence = Evidence(
        sessions=[session()],
        notices=[
            notice("login_code", sent=NOON - 60),
            notice("login_code", sent=NOON - 6000),
            notice(),
            notice(place=place(COMPUTER, TDATA), sent=NOON + 2),
        ],
    )
    finding = one(evidence, "TF-203", PERIOD)
    assert finding.grade is Grade.B
    assert any("1 places" in words for words in finding.supports)
    assert any("203.0.113.77" in words for words in finding.supports)
    # Without a disputed period a login is a fact, nothing more.
    assert rules(evidence) == []


def test_login_of_a_seized_device() -> None:
    """The owner's QR login on a computer that is in evidence."""
    evidence = Evidence(
        sessions=[session(), desktop(created=NOON + 20)], notices=[notice()]
    )
    assert rules(evidence, PERIOD) == []
    assert any(item.rule == "TF-010" for item in attribute(evidence, PERIOD).findings)


# All.


def test_same_input_same_findings() -> None:
    """The order of the records does not matter."""
    evidence = surplus()
    evidence.remote = [window(NOON, NOON + 60)]
    evidence.notices = [notice(), notice("login_code", sent=NOON - 60)]
    evidence.sessions += [listed(), listed(hash="9", created=LOGIN + 9)]
    first = attribute(evidence, PERIOD)
    for name in ("sessions", "messages", "notices"):
        getattr(evidence, name).reverse()
    second = attribute(evidence, PERIOD)
    assert [item.statement for item in first.findings] == [
        item.statement for item in second.findings
    ]


def test_every_accusing_finding_is_open_to_innocence() -> None:
    """TF-1xx and TF-2xx always say what is not excluded and what would decide."""
    evidence = surplus()
    evidence.remote = [window(NOON, NOON + 60)]
    evidence.notices = [notice()]
    evidence.sessions += [
        listed(),
        desktop(place=place("laptop.E01", "/x"), store="/x"),
    ]
    found = attribute(evidence, PERIOD).findings
    accusing = [item for item in found if not item.is_neutral]
    assert {item.rule for item in accusing} == {
        "TF-101",
        "TF-102",
        "TF-201",
        "TF-202",
        "TF-203",
    }
    for item in accusing:
        assert item.not_excluded
        assert item.would_decide
        assert item.supports
        assert item.evidence


def test_disputed_message_has_a_line_for_each_copy() -> None:
    """TF-020: what each data set says of a disputed message."""
    evidence = surplus()
    evidence.messages.append(
        message(3, "not_determinable", place=place(COMPUTER, "result.json"))
    )
    case = parse_case({"disputed": {"messages": [{"chat": OTHER, "message": 3}]}})
    finding = one(evidence, "TF-020", case)
    assert len(finding.evidence) == 2
    assert "no trace of composition" in finding.statement
