"""The validation report: its figures, and that it can fail."""

from __future__ import annotations

import dataclasses
import json
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests import helpers
from tests.builders import case as model
from tests.builders.android_database import build
from tests.builders.android_telephone import NAME
from tests.validation import (
    assertions,
    attribution,
    document,
    markdown,
    page,
    recovery,
    sources_android,
)
from tests.validation.compare import Outcome, Record, compare, replaced
from tests.validation.recovery_browsers import FIREFOX_IDB
from tests.validation.recovery_stores import ANDROID, LEGACY, POSTBOX, Row, Store
from tests.validation.sources import BUILT, REAL, Absent, Known, Source, extract

HOSTILE = "<script>alert(1)</script>\"'&|`</td>\u202eevil"
CAUSES = {cause.name: cause for cause in recovery.CAUSES}


def source(read: Callable[[Path], Known], name: str = "made") -> Source:
    """A source of a test."""
    return Source(name, "Android", "Telegram for Android", "177", BUILT, read)


@pytest.fixture(scope="module")
def quick() -> document.Validation:
    """The small subset."""
    return document.validate(
        [item for item in document.all_sources() if item.is_quick],
        stores=[],
        is_model_case=False,
    )


def test_live_data_is_found(quick: document.Validation) -> None:
    """All of it, as it is, and nothing else."""
    assert quick.failures() == []
    kinds = set()
    for result in quick.read:
        assert result.warnings == []
        for kind, outcome in result.outcomes.items():
            kinds.add(kind)
            assert outcome.found == outcome.in_truth > 0, (result.source.name, kind)
            assert outcome.recall == 1
            assert outcome.precision in (1, None)
    assert kinds >= {
        *("accounts", "sessions", "chats", "contacts", "messages", "notices"),
        *("drafts", "calls", "files", "settings", "traces of sending"),
        "remote sessions",
    }
    real = quick.total("messages", REAL)
    assert real is not None
    assert real.in_truth >= 20
    for numbers in quick.attributes(BUILT).values():
        assert numbers[0] == numbers[1]
    assert {"text", "sent_time", "edited_time", "forwarded_from"} <= set(
        quick.attributes(BUILT)
    )


def test_claims_of_composition(quick: document.Validation) -> None:
    """What another session sent is never claimed, by whatever grade."""
    claims = quick.claims[BUILT]
    assert claims.others > 200
    assert claims.composed > 100
    for confusion in claims.by_grade.values():
        assert confusion.false == 0
    assert claims.by_grade["certain"].right > 50
    assert claims.not_claimed == 0


def test_every_source_is_complete() -> None:
    """Names tell sources apart; every origin and platform is there."""
    sources = list(document.all_sources())
    names = [item.name for item in sources]
    assert len(names) == len(set(names)) > 60
    assert {item.origin for item in sources} == set(document.ORIGINS)
    assert sum(item.origin == REAL for item in sources) > 20
    platforms = {item.platform.split(" (")[0] for item in sources}
    assert platforms >= {
        *("Android", "iOS", "macOS", "Telegram Desktop", "TDLib", "Windows Phone"),
        *("data export", "Chromium 156", "Firefox 153", "Safari", "remote control"),
    }


# The report can fail.


def changed_database(statement: str, folder: Path) -> Known:
    """A database that was changed after its truth was told."""
    made = build(folder / NAME, 177, 300)
    connection = sqlite3.connect(folder / NAME)
    connection.execute("PRAGMA secure_delete = 1")
    (number,) = connection.execute(
        "SELECT mid FROM messages_v2 WHERE uid = 777000 LIMIT 1"
    ).fetchone()
    connection.execute(statement, (number,))
    connection.commit()
    connection.close()
    found = extract(sources_android.DATABASE, [folder])
    return Known(
        list(sources_android.truth_of(made)),
        list(sources_android.found_in(found.event_data)),
        frozenset({"traces of sending"}),
        found.warnings,
    )


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("DELETE FROM messages_v2 WHERE uid = 777000 AND mid = ?", (1, 0, 0)),
        (
            "UPDATE messages_v2 SET date = date + 1 WHERE uid = 777000 AND mid = ?",
            (0, 1, 0),
        ),
        (
            "UPDATE messages_v2 SET mid = 987654 WHERE uid = 777000 AND mid = ?",
            (1, 0, 1),
        ),
    ],
    ids=["removed", "changed", "renumbered"],
)
def test_changed_evidence_shows(statement: str, expected: tuple[int, int, int]) -> None:
    """One record that is not what it was is named."""

    def read(folder: Path) -> Known:
        return changed_database(statement, folder)

    result, _ = document.read_source(source(read))
    outcome = result.outcomes["notices"]
    if "date" in statement and not outcome.wrong:
        pytest.fail("the changed time was not noticed")
    assert (outcome.missing, outcome.wrong, outcome.extra) == expected
    assert outcome.recall is not None
    assert outcome.recall < 1
    validation = document.Validation(results=[result])
    assert len(validation.failures()) == 1
    problems = {item.result for item in outcome.problems}
    for text in (markdown.render(validation), page.render(validation)):
        for problem in problems:
            assert problem in text
    written = document.to_dict(validation)["sources"][0]["kinds"]["notices"]
    assert {item["result"] for item in written["items"]} == problems


def test_comparison() -> None:
    """Equal records are paired first; duplicates and optional ones count as meant."""
    one = Record("messages", ("1",), {"text": "a", "time": 5})
    twin = replaced(one, text="b")
    optional = Record("messages", ("2",), {"text": "c"}, is_optional=True)
    found = compare([one, twin, optional], [twin, one, one])["messages"]
    assert (found.in_truth, found.found, found.wrong, found.extra) == (2, 2, 0, 1)
    assert found.precision == pytest.approx(2 / 3)
    found = compare([one, optional], [replaced(one, time=6), optional])["messages"]
    assert (found.in_truth, found.found, found.wrong) == (2, 1, 1)
    assert found.problems[0].differences == {"time": (5, 6)}
    assert found.attributes["time"] == [1, 0]
    # What the truth does not tell is not compared, and no truth is no failure.
    assert compare([], [one], ["messages"]) == {}
    found = compare([one], [one, twin], ["messages"])["messages"]
    assert (found.extra, found.precision) == (None, None)
    assert compare([one], [])["messages"].missing == 1


def test_false_claims_are_counted() -> None:
    """A message that another device composed, claimed by this one."""
    values = {"is_outgoing": True, "origin": "no_local_trace"}
    truth = Record("messages", ("1",), values)
    found = replaced(truth, origin="this_installation", origin_confidence="certain")
    claims = attribution.count_claims([truth], [found])
    assert claims.by_grade["certain"].false == 1
    validation = document.Validation(claims={REAL: claims})
    assert validation.failures() == [f"1 false claims, certain, {REAL}"]
    claims = attribution.count_claims([found], [truth])
    assert (claims.composed, claims.not_claimed) == (1, 1)


def test_counter_cases() -> None:
    """The report says what the facts allow; one that says more is called false."""
    results = list(attribution.check_cases())
    assert len(results) > 25
    assert [item.name for item in results if not item.is_right] == []
    numbers = attribution.by_grade(results)
    assert all(
        item["not justified"] == item["missing"] == 0 for item in numbers.values()
    )
    assert all(item["justified"] for item in numbers.values())
    worse = dataclasses.replace(results[0], found=[*results[0].found, ("TF-201", "A")])
    assert not worse.is_right
    assert attribution.by_grade([worse])["A"]["not justified"] == 1
    validation = document.Validation(counter_cases=[worse])
    assert len(validation.failures()) == 1


def model_report() -> dict[str, Any]:
    """A report of the model case as it must be."""
    denied = [{"message_identifier": number} for number in ("150", "151", "152")]
    truth = model.TRUTH
    return {
        "findings": [
            {"rule": "TF-101", "grade": "A", "messages": denied},
            {"rule": "TF-102", "grade": "A", "messages": denied},
        ],
        "sessions": [
            {"session_identifier": key, "grade": "A", "places": [{"image": image}]}
            for key, image in (
                (truth["phone_session"], attribution.TELEPHONE),
                (truth["desktop_session"], attribution.COMPUTER),
            )
        ],
    }


def test_judgement_of_the_model_case() -> None:
    """A denied message that the telephone claims, or an own one under TF-102."""
    here = ("this_installation", "certain")
    origins: dict[str, Any] = {str(number): here for number in model.COMPOSED}
    assert attribution.judge(model_report(), origins).is_right
    judged = attribution.judge(model_report(), {**origins, "150": here})
    assert not judged.is_right
    assert [item.identifier for item in judged.messages if item.verdict == "false"] == [
        "150"
    ]
    report = model_report()
    report["findings"][1]["messages"] = [{"message_identifier": "100"}]
    assert not attribution.judge(report, origins).is_right
    report = model_report()
    report["sessions"][0]["places"][0]["image"] = attribution.COMPUTER
    assert not attribution.judge(report, origins).is_right
    # Without a trace of its own a message is a candidate, which is no false statement.
    del origins["100"]
    judged = attribution.judge(model_report(), origins)
    assert judged.is_right
    assert [item.verdict for item in judged.messages].count("not claimed") == 1


# Recovery.

BOUNDS = [
    (ANDROID, "DELETE without secure_delete", 20, 118),
    (ANDROID, "DELETE with secure_delete", 0, 0),
    (ANDROID, "DELETE, then VACUUM", 0, 0),
    (ANDROID, "write-ahead log, before the checkpoint", 40, 120),
    (ANDROID, "write-ahead log, after the checkpoint", 40, 120),
    (ANDROID, "rollback journal that stayed (persist)", 0, 118),
    (POSTBOX, "write-ahead log, before the checkpoint", 40, 120),
    (LEGACY, "DELETE without secure_delete", 20, 110),
    (FIREFOX_IDB, "DELETE without secure_delete", 0, 110),
    (ANDROID, "header of 100 bytes zeroed", 20, 118),
    (ANDROID, "header zeroed behind its signature", 20, 118),
    (ANDROID, "first page of 4096 bytes zeroed", 20, 118),
    (POSTBOX, "header of 100 bytes zeroed", 20, 118),
    (POSTBOX, "first page of 4096 bytes zeroed", 20, 118),
    (FIREFOX_IDB, "header of 100 bytes zeroed", 0, 110),
]


@pytest.mark.parametrize(
    ("store", "cause", "scattered", "block"),
    BOUNDS,
    ids=lambda value: value.name if isinstance(value, Store) else None,
)
def test_recovery(
    store: Store, cause: str, scattered: int, block: int, tmp_path: Path
) -> None:
    """At least so much comes back; no live row is told as removed, ever."""
    measured = recovery.measure(store, CAUSES[cause], tmp_path)
    assert measured.scattered[0] == 40
    assert measured.block[0] == 120
    assert measured.scattered[1] >= scattered
    assert measured.block[1] >= block
    assert measured.live_found == measured.live >= 80
    assert measured.live_misread == 0
    assert measured.wrong == measured.wrong_marked <= 2
    assert measured.unnamed == 0
    if "VACUUM" in cause:
        assert measured.recovered == 0


def test_recovery_counts_what_is_false() -> None:
    """False content, a live row told as removed, a deleted one told as live."""
    cause = CAUSES["DELETE without secure_delete"]
    key, values = ANDROID.truth(1)
    live_key, live_values = ANDROID.truth(2)
    rows = [
        Row(key, values, True, "removed"),
        Row(key, values, False),
        Row(key, (*values[:1], 0, *values[2:]), True, "removed"),
        Row(live_key, live_values, False),
        Row(live_key, live_values, True, "removed"),
    ]
    measured = recovery.Measured("x", "y")
    recovery.count(measured, ANDROID, cause, rows, [2, 3])
    assert measured.recovered == 1
    assert (measured.wrong, measured.wrong_marked) == (2, 1)
    assert (measured.live, measured.live_found, measured.live_misread) == (2, 1, 1)
    assert len(measured.examples) == 3
    assert document.Validation(recovery=[measured]).failures()


# What is written.


def hostile() -> document.Validation:
    """Results whose every text is hostile."""
    outcome: Outcome = compare(
        [Record("messages", (HOSTILE,), {HOSTILE: HOSTILE})],
        [Record("messages", (HOSTILE,), {HOSTILE: 1}), Record("messages", ("x",))],
    )["messages"]

    def absent(folder: Path) -> Known:
        raise Absent(HOSTILE)

    bad = dataclasses.replace(
        source(absent, HOSTILE), client=HOSTILE, version=HOSTILE, note=HOSTILE
    )
    measured = recovery.Measured(HOSTILE, HOSTILE, (1, 0), (1, 0), 1, 1)
    measured.examples.append(HOSTILE)
    case = attribution.CaseResult(HOSTILE, HOSTILE, [], [("TF-101", "A")])
    return document.Validation(
        results=[
            document.Result(bad, {"messages": outcome}, [HOSTILE]),
            document.read_source(bad)[0],
        ],
        counter_cases=[case],
        recovery=[measured],
        integrity=document.Integrity(1, [HOSTILE]),
        made=HOSTILE,
    )


def test_hostile_text() -> None:
    """Nothing of it is mark-up; what would be hidden is shown."""
    validation = hostile()
    text = page.render(validation)
    assert "<script" not in text
    assert text.count("&lt;script&gt;") > 10
    assert "\u202e" not in text
    assert "U+202E" in text
    text = markdown.render(validation)
    assert not re.search(r"(?<!\\)<script", text)
    assert "\u202e" not in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    for line in rows:
        cells = len(re.findall(r"(?<!\\)\|", line))
        assert cells in (5, 6, 9, 10, 13), line
    assert json.loads(json.dumps(document.to_dict(validation)))


def test_page_loads_nothing(quick: document.Validation) -> None:
    """One file, no script, no address; no path of this computer in any form."""
    text = page.render(quick)
    assert "default-src 'none'" in text
    assert not re.search(r"<(script|link|img|iframe|object|embed)\b", text)
    assert "://" not in text
    assert "@import" not in text
    assert "url(" not in text
    folder = str(helpers.REPOSITORY)
    written = json.dumps(document.to_dict(quick))
    for found in (text, written, markdown.render(quick)):
        assert folder not in found
        assert str(helpers.SHARED) not in found


def test_absent_samples_are_told() -> None:
    """Never silently: the source stays, with the reason."""

    def absent(folder: Path) -> Known:
        raise Absent("the samples are not here")

    def skips(folder: Path) -> Known:
        pytest.skip("sample x is not here")

    validation = document.validate(
        [source(absent, "one"), source(skips, "two")], stores=[], is_model_case=False
    )
    assert [item.source.name for item in validation.skipped] == ["one", "two"]
    text = markdown.render(validation)
    assert "- one: the samples are not here" in text
    assert "- two: sample x is not here" in text


def test_assertions(quick: document.Validation) -> None:
    """Every identifier once, in its form; results follow the figures."""
    judged = assertions.judge(quick)
    names = [
        name
        for item in judged
        for name in item.identifier.split(", ")
        if item.identifier
    ]
    assert len(names) == len(set(names)) > 25
    for name in names:
        assert re.fullmatch(r"(MDT-(CA|AO)|SFT-(CA|AO))-\d\d", name)
    results = {item.identifier: item.result for item in judged}
    assert results["MDT-CA-03"] == assertions.PARTIAL
    assert results["MDT-AO-22"] == assertions.AS_EXPECTED
    assert results["MDT-CA-12"] == assertions.AS_EXPECTED
    assert results["MDT-CA-07"] == assertions.NOT_APPLICABLE
    assert results["MDT-AO-20"] == assertions.NOT_TESTED
    assert quick.integrity.files > 10
    worse = document.Validation(integrity=document.Integrity(3, ["a.E01"]))
    results = {item.identifier: item.result for item in assertions.judge(worse)}
    assert results["MDT-CA-12"] == assertions.NOT_AS_EXPECTED
    assert results["MDT-CA-04"] == assertions.NOT_TESTED


def test_documented_tables(tmp_path: Path) -> None:
    """docs/recovery.md has a table for each database and a row for each cause."""
    text = (helpers.REPOSITORY / "docs" / "recovery.md").read_text("utf-8")
    _, _, measured = text.partition(markdown.BEGIN)
    for store in recovery.STORES:
        _, _, part = measured.partition(f"## {store.name}\n")
        part = part.partition("\n## ")[0]
        for cause in recovery.CAUSES:
            assert f"| {cause.name} |" in part, (store.name, cause.name)
    path = tmp_path / "x.md"
    path.write_text(f"a\n{markdown.BEGIN}\nold\n{markdown.END}\nb\n", "utf-8")
    markdown.replace_tables(path, ["new"])
    assert path.read_text("utf-8") == (
        f"a\n{markdown.BEGIN}\n\nnew\n{markdown.END}\nb\n"
    )
    path.write_text("nothing", "utf-8")
    with pytest.raises(ValueError, match="no marks"):
        markdown.replace_tables(path, [])
