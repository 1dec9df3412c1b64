"""Dossiers of disputed messages, and what the picture shows."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from telegram_forensics.attribution.case import Case, parse_case
from telegram_forensics.attribution.engine import attribute
from telegram_forensics.attribution.records import (
    Evidence,
    MessageRecord,
    Place,
    RemoteSession,
    SessionRecord,
)
from telegram_forensics.report import dossiers, lanes, view
from telegram_forensics.report.dossiers import Dossier, make_dossiers
from telegram_forensics.report.lanes import Chart, Lane, make_chart
from telegram_forensics.report.texts import Texts
from tests.report import cases
from tests.report.cases import COMPUTER, HOUR, NOON, OWNER, PHONE, PHONE_KEY


def message(number: int, origin: str | None = "no_local_trace", **more: Any) -> Any:
    """A message at noon."""
    return cases.message(number, origin, more.pop("sent", NOON), **more)


def session(key: str, **changes: Any) -> SessionRecord:
    """A session of the owner."""
    record = SessionRecord(Place(PHONE, f"/{key}"), OWNER, key, store=f"/{key}")
    return dataclasses.replace(record, **changes)


def dossier(evidence: Evidence, number: str = "1") -> Dossier:
    """The dossier of one disputed message."""
    case = parse_case({"disputed": {"messages": [{"message": number}]}})
    (found,) = make_dossiers(attribute(evidence, case)).shown
    return found


def chart(evidence: Evidence) -> Chart:
    """The picture of a case without case file."""
    return make_chart(attribute(evidence), Texts("en"), {})


def lane(evidence: Evidence) -> Lane:
    """Its only lane."""
    (found,) = [item for group in chart(evidence).groups for item in group.lanes]
    return found


def test_sessions_of_that_time() -> None:
    """Only a session made later, or ended before, is excluded."""
    evidence = Evidence(
        messages=[message(1)],
        sessions=[
            session("a" * 16, created=NOON - 1),
            session("b" * 16, created=NOON + 1),
            session("c" * 16, created=NOON - 9, ended=NOON - 1),
            session("d" * 16),
            session("e" * 16, created=NOON - 9, last_active=NOON - 8),
            session("f" * 16, account="1", created=NOON - 1),
        ],
    )
    found = dossier(evidence)
    assert [(then.entry.key, then.verdict) for then in found.sessions] == [
        ("a" * 16, "possible"),
        ("b" * 16, "excluded_before"),
        ("c" * 16, "excluded_after"),
        ("d" * 16, "possible"),
        ("e" * 16, "possible"),
    ]
    evidence.messages[0].sent = None
    found = dossier(evidence)
    assert {then.verdict for then in found.sessions} == {"possible"}
    assert found.windows == []


@pytest.mark.parametrize(
    ("start", "end", "covers"),
    [
        (NOON - 10, NOON + 10, True),
        (NOON - 20, NOON - 10, False),
        (NOON + 10, NOON + 20, False),
        (NOON + 2, NOON + 20, True),
        (NOON - 20, NOON - 2, True),
        (NOON - 20, None, True),
        (NOON + 20, None, False),
        (None, NOON + 20, True),
        (None, NOON - 20, False),
        (None, None, False),
    ],
)
def test_windows(start: float | None, end: float | None, covers: bool) -> None:
    """Precision widens a connection; what is not recorded stays open."""
    window = RemoteSession(
        Place(COMPUTER, "/log"), "VNC", "unknown", start, end, precision=3.0
    )
    evidence = Evidence(messages=[message(1)], remote=[window])
    assert dossier(evidence).windows == ([window] if covers else [])


def test_copies() -> None:
    """Every copy, earlier versions behind the live ones; other messages are not."""
    evidence = Evidence(
        messages=[
            message(1, place=Place(PHONE, "/db", "vss1"), text="old"),
            message(1, place=Place(PHONE, "/db"), text="new"),
            message(1, place=Place(COMPUTER, "/db"), text="new"),
            message(2),
        ]
    )
    found = dossier(evidence)
    assert [(item.place.image, item.place.snapshot) for item in found.copies] == [
        (COMPUTER, None),
        (PHONE, None),
        (PHONE, "vss1"),
    ]
    assert found.texts == ["new", "old"]


def test_findings_and_missing() -> None:
    """A dossier names its findings; what was not found is named, too."""
    case = cases.make_case()
    found = make_dossiers(case)
    rules = [
        [case.findings[number - 1].rule for number in item.findings]
        for item in found.shown
    ]
    assert rules == [["TF-020", "TF-101", "TF-102"], ["TF-020", "TF-102"]]
    assert [item.message for item in found.missing] == ["999"]
    assert [len(item.presence) for item in found.shown] == [0, 1]
    assert sorted(found.targets.values()) == ["message-1", "message-2"]


def test_more_dossiers_than_a_page_holds() -> None:
    """The earliest are shown, the others counted."""
    number = dossiers.MAXIMUM_DOSSIERS + 7
    evidence = Evidence(messages=[message(i, sent=NOON - i) for i in range(number)])
    case = parse_case({"disputed": {"chats": [cases.OTHER]}})
    found = make_dossiers(attribute(evidence, case))
    assert len(found.shown) == dossiers.MAXIMUM_DOSSIERS
    assert found.hidden == 7
    assert found.shown[0].sent == NOON - number + 1


def test_copies_count_once_in_a_lane() -> None:
    """A row that counts comes before a removed one and a shadow copy."""
    live = message(1, "this_installation")
    removed = message(1, state="removed", place=Place(PHONE, "/a"))
    snapshot = message(1, place=Place(PHONE, "/b", "vss1"))
    for messages in ([live, removed, snapshot], [snapshot, removed, live]):
        found = lane(Evidence(messages=messages))
        assert list(found.rows) == ["this_installation"]
        (mark,) = found.rows["this_installation"].marks
        assert mark.source is live
        assert not mark.is_gone
    (mark,) = lane(Evidence(messages=[removed])).rows["no_local_trace"].marks
    assert mark.is_gone
    found = lane(
        Evidence(
            messages=[message(1, identifier=None, place=Place(PHONE, p)) for p in "ab"]
        )
    )
    assert len(found.rows["no_local_trace"].marks) == 2


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({}, "no_local_trace"),
        ({"origin": "not_applicable"}, "not_applicable"),
        ({"origin": None}, "origin_not_stored"),
        ({"origin": "new word"}, "origin_not_stored"),
        ({"is_outgoing": False}, "received"),
        ({"is_outgoing": None}, "direction_unknown"),
    ],
)
def test_rows(changes: dict[str, Any], kind: str) -> None:
    """Rows of messages."""
    record: MessageRecord = dataclasses.replace(message(1), **changes)
    assert lanes.kind_of(record) == kind


def test_groups() -> None:
    """A session stands in each image with its key; others in a group of their own."""
    evidence = cases.make_evidence()
    evidence.sessions.append(
        session(PHONE_KEY, place=Place(COMPUTER, "/copy"), store="/copy")
    )
    groups = chart(evidence).groups
    assert [group.title.split(" · ")[0] for group in groups] == [
        COMPUTER,
        PHONE,
        "Sessions that lie in no image",
    ]
    keys = [
        [item.entry.key for item in group.lanes if item.entry is not None]
        for group in groups
    ]
    assert keys == [[PHONE_KEY, cases.DESKTOP_KEY], [PHONE_KEY], [None]]
    assert [span.kind for span in groups[0].remote] == ["other", "input"]
    assert set(groups[0].events.rows) == {"exports", "clocks", "presence"}


def test_admitted_partner() -> None:
    """A connection that the owner admits looks different."""
    case = Case(admitted_remote={"1660360496"})
    result = attribute(cases.make_evidence(), case)
    group = make_chart(result, Texts("en"), {}).groups[0]
    assert [span.kind for span in group.remote] == ["other", "admitted"]


def test_times_that_cannot_be() -> None:
    """They are counted and do not stretch the picture."""
    evidence = Evidence(
        messages=[message(1), message(2, sent=0.0), message(3, sent=float("nan"))]
    )
    found = chart(evidence)
    assert found.outside == 2
    assert NOON - HOUR < found.start < NOON < found.end < NOON + HOUR
    assert chart(Evidence(messages=[message(1, sent=0.0)])).is_empty


def test_too_many_lanes() -> None:
    """Sessions with activity stay, the number of the others is told."""
    number = lanes.MAXIMUM_LANES + 5
    evidence = Evidence(
        messages=[message(1, session=f"{number - 1:016x}")],
        sessions=[session(f"{i:016x}", created=NOON - 9) for i in range(number)],
    )
    (group,) = chart(evidence).groups
    assert len(group.lanes) == lanes.MAXIMUM_LANES
    assert group.hidden_lanes == 5
    assert any(item.rows for item in group.lanes)


def test_ranges() -> None:
    """The whole time, and what the case is about; without a case the busy time."""
    texts = Texts("en")

    def titles(evidence: Evidence, case: Case) -> list[str]:
        result = attribute(evidence, case)
        picture = make_chart(result, texts, {})
        return [item.title for item in view.make_ranges(result, picture, texts)]

    evidence = cases.make_evidence()
    assert titles(evidence, parse_case(cases.CASE)) == [
        "The whole time",
        "The disputed period",
    ]
    assert "The time of a finding, TF-102" in titles(evidence, Case())
    assert titles(Evidence(), Case()) == []
    old = session("a" * 16, created=NOON - 1e8)
    assert titles(Evidence(sessions=[old], messages=[message(1)]), Case()) == [
        "The whole time",
        "Where most of the messages that were sent lie",
    ]
