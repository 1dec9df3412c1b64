"""The HTML report: complete, closed to the outside, and the same for the same input."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import re
import time
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from telegram_forensics.attribution.case import Case, parse_case
from telegram_forensics.attribution.engine import Attribution, attribute
from telegram_forensics.attribution.records import (
    AccountRecord,
    Evidence,
    Place,
    RunRecord,
    SessionRecord,
    WarningRecord,
)
from telegram_forensics.report.html import render
from telegram_forensics.report.texts import LANGUAGES, Texts
from tests.report import cases
from tests.report.cases import COMPUTER, NOON, OTHER, OWNER, PHONE

html5lib = pytest.importorskip("html5lib")

HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069"
    "\ufeff\ufffe\uffff\ud800-\udfff]"
)
SCRIPT = "<script>alert(1)</script>"
HOSTILE = (
    f"{SCRIPT}</script><img src=x onerror=alert(2)>\" onmouseover='alert(3)' x=\"`"
    "{{7*7}} {% raw %} ${7*7} ]]> --> </title></textarea></style></svg> &amp; &#0; "
    "\u202egnp.exe\u202c \u2066x\u2069 a\x00b\x1b[31m\x07 \ufeff\u200b \r\n "
    "javascript:alert(4) http://evil.example/x //evil.example/y url(http://e.example) "
    "\ud800 \ufffe \U000e0041"
)

# What rules go by: spared, more findings stand on the page.
SPARED = frozenset({"kind", "origin", "direction", "key", "hash"})


def visible(page: str) -> str:
    """Text of a page as a browser shows it."""
    body = page[page.index("<body>") : page.index("<script>")]
    root = etree.fromstring(body + "</body>", etree.HTMLParser())
    return "".join(root.itertext())


@pytest.fixture(scope="module", name="page")
def fixture_page() -> str:
    """The whole case in English."""
    return render(cases.make_case())


def hostile_case(spared: frozenset[str] = frozenset()) -> Attribution:
    """Every text of every record is hostile, but for some fields."""
    evidence = cases.make_evidence()
    for values in vars_of_lists(evidence):
        for record in values:
            for field in dataclasses.fields(record):
                value = getattr(record, field.name)
                if field.name in spared:
                    continue
                if type(value) is str:
                    setattr(record, field.name, f"{value}{HOSTILE}")
                elif isinstance(value, Place):
                    bad = dataclasses.replace(
                        value,
                        image=value.image + HOSTILE,
                        path=value.path + HOSTILE,
                        snapshot=value.snapshot and HOSTILE,
                        record=HOSTILE,
                    )
                    setattr(record, field.name, bad)
    evidence.images = {
        name + HOSTILE: {HOSTILE: HOSTILE, "hostname": HOSTILE}
        for name in evidence.images
    }
    evidence.inputs = [(HOSTILE, HOSTILE)]
    evidence.problems = [HOSTILE]
    case = parse_case(cases.CASE)
    case.name = HOSTILE
    case.devices = {name + HOSTILE: item for name, item in case.devices.items()}
    for device in case.devices.values():
        device.owner = HOSTILE
    case.admitted_sessions = {HOSTILE}
    case.admitted_remote = {HOSTILE}
    case.disputed = [
        dataclasses.replace(
            item,
            account=f"{item.account}{HOSTILE}",
            chat=f"{item.chat}{HOSTILE}",
            message=f"{item.message}{HOSTILE}",
        )
        for item in case.disputed
    ]
    case.disputed_chats = {HOSTILE, OTHER + HOSTILE}
    return attribute(evidence, case)


def vars_of_lists(evidence: Evidence) -> list[list[Any]]:
    """Lists of records of a case."""
    found = []
    for field in dataclasses.fields(evidence):
        value = getattr(evidence, field.name)
        if isinstance(value, list) and value and dataclasses.is_dataclass(value[0]):
            found.append(value)
    return found


def check_closed(page: str) -> None:
    """Nothing in the page is loaded from elsewhere, runs, or has two anchors."""
    document = html5lib.parse(page, treebuilder="lxml", namespaceHTMLElements=False)
    anchors: list[str] = []
    links: list[str] = []
    scripts = styles = 0
    for element in document.iter():
        if not isinstance(element.tag, str):
            continue
        name = element.tag.rpartition("}")[2]
        scripts += name == "script"
        styles += name == "style"
        assert name not in {
            *("img", "iframe", "object", "embed", "form", "base", "audio", "video"),
            *("foreignObject", "image", "use", "animate", "set", "textarea"),
        }
        for key, value in element.attrib.items():
            assert not key.startswith("on"), key
            assert key not in {"style", "src", "srcset", "action", "background"}, key
            if key == "id":
                anchors.append(value)
            if key.endswith("href"):
                assert value == "data:," or value.startswith("#"), value
                if value.startswith("#"):
                    links.append(value[1:])
            assert "url(" not in value or name != "path"
    assert (scripts, styles) == (1, 1)
    assert len(anchors) == len(set(anchors))
    assert set(links) <= set(anchors)


def check_valid(page: str) -> None:
    """An independent parser finds no error."""
    parser = html5lib.HTMLParser(strict=False)
    parser.parse(page)
    assert parser.errors == []


def test_first_page(page: str) -> None:
    """Question, answer, grades, what is open, what would decide."""
    text = visible(page)
    first = text[: text.index("The whole time")]
    for words in (
        "17/2026",
        "Findings that point beyond the account's owner: 5.",
        "None of them names a person",
        "key material or a stored trace in the seized data itself; logs of programs",
        "the owner typed the messages while the partner was connected",
        "the provider's records of sessions and their activity",
        "Sources: 3. Read: 2.",
        "2026-11-20 16:00:00 UTC 2026-11-20 18:00:00 +02:00",
        "aaaaaaaaaaaaaaaa",
        "hash 3108399113074898463",
        "account 6000000001, chat 777001, message 41",
    ):
        assert words in first, words
    for rule in ("TF-101", "TF-102", "TF-201", "TF-202", "TF-203"):
        assert rule in first


def test_whole_page(page: str) -> None:
    """Valid, closed, with every finding, session, source, file and dossier."""
    check_valid(page)
    check_closed(page)
    text = visible(page)
    case = cases.make_case()
    for finding in case.findings:
        assert finding.statement in text
        for items in (finding.supports, finding.not_excluded, finding.would_decide):
            for words in items:
                assert words in text
        for _, words in finding.evidence:
            assert words in text
    for entry in case.ledger.entries:
        assert entry.identifier in text
        for place in entry.places:
            assert place.path in text
    assert "ab" * 32 in text
    assert "not looked for: its parser was not run" in text
    assert "The texts of the copies differ." in text
    assert "another text 41" in text
    assert "earlier version (backup1)" in text
    assert "message 999. A message that is missing" in text
    assert "excluded: logged in later" in text or "not excluded by its times" in text
    assert "device unlocked" in text


def test_same_bytes(page: str) -> None:
    """The same input gives the same bytes; records in another order the same lines.

    (A finding lists its evidence in the order in which its rule met it.)
    """
    evidence = cases.make_evidence()
    for values in vars_of_lists(evidence):
        values.reverse()
    evidence.inputs.reverse()
    evidence.images = dict(reversed(list(evidence.images.items())))
    again = render(attribute(evidence, parse_case(cases.CASE)))
    assert render(cases.make_case()) == page
    assert sorted(again.split("\n")) == sorted(page.split("\n"))


def test_policy(page: str) -> None:
    """The hashes of the security policy are those of the style and the script."""
    (policy,) = re.findall(
        r'http-equiv="Content-Security-Policy" content="([^"]*)"', page
    )
    policy = policy.replace("&#39;", "'")
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert directives["default-src"] == "'none'"
    assert directives["img-src"] == "data:"
    for name, tag in (("style-src", "style"), ("script-src", "script")):
        (content,) = re.findall(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert directives[name] == f"'sha256-{digest}'"
    assert "unsafe" not in policy
    # The policy stands in front of everything that it rules.
    assert page.index("Content-Security-Policy") < page.index("<style>")


@pytest.mark.parametrize("spared", [SPARED, frozenset()])
@pytest.mark.parametrize("language", ["en", "uk"])
def test_hostile_texts(language: str, spared: frozenset[str]) -> None:
    """Whatever evidence says is text: nothing runs, nothing is hidden or turned."""
    page = render(hostile_case(spared), language)
    check_valid(page)
    check_closed(page)
    assert not HIDDEN.search(page.replace("\n", ""))
    page.encode("utf-8")
    assert SCRIPT not in page
    text = visible(page)
    assert SCRIPT in text
    assert "{{7*7}}" in text
    assert "49" not in re.findall(r"\{\{?7\*7\}?\}|\b49\b", text)
    assert '<span class="mark">U+202E</span>gnp.exe' in page
    assert "U+0000" in text
    assert "U+D800" in text


def test_long_text() -> None:
    """A text of a megabyte is cut where all can see it."""
    evidence = cases.make_evidence()
    for record in evidence.messages:
        record.text = "x\u202e" * 524_288
    evidence.accounts[0].name = "n" * 1_048_576
    for session in evidence.sessions:
        session.device_model = "d" * 1_048_576
    page = render(attribute(evidence, parse_case(cases.CASE)))
    assert len(page) < 2_000_000
    assert "[cut: 2,000 of 1,048,576 characters are shown]" in visible(page)


@pytest.mark.parametrize("language", ["en", "uk"])
def test_empty_case(language: str) -> None:
    """Nothing at all is still a page, which does not claim that there was nothing."""
    page = render(attribute(Evidence(), Case()), language)
    check_valid(page)
    check_closed(page)
    if language == "en":
        text = visible(page)
        assert "That is no evidence that there was none" in text
        assert "No case file was given" in text
        assert "No record has a time that could be drawn" in text


def test_nothing_points_beyond() -> None:
    """The absence of findings excludes nothing, and the page says so."""
    evidence = Evidence(
        sessions=[
            SessionRecord(Place(PHONE, "/tgnet.dat"), OWNER, "a" * 16, created=NOON)
        ],
        accounts=[AccountRecord(Place(PHONE, "/tgnet.dat"), OWNER, "Ann")],
    )
    text = visible(render(attribute(evidence)))
    assert "Nothing in the evidence examined points beyond" in text
    assert "That excludes nothing" in text
    assert "No disputed period was given" in text


def test_strange_times() -> None:
    """Times that are none cost neither the page nor the picture."""
    evidence = cases.make_evidence()
    strange = (float("nan"), float("inf"), -1e18, 1e300, 0.0, -62135596800.0, 5e9)
    for record, sent in zip(evidence.messages, strange, strict=False):
        record.sent = sent
    for session, moment in zip(evidence.sessions, strange, strict=False):
        session.created = moment
        session.last_active = moment
    page = render(attribute(evidence, parse_case(cases.CASE)))
    check_closed(page)
    assert "Records whose time lies before Telegram existed" in page
    assert "NaN" not in page[page.index("<svg") :]


def test_ukrainian(page: str) -> None:
    """Everything of ours is Ukrainian; evidence stays as it is."""
    other = render(cases.make_case(), "uk")
    check_valid(other)
    check_closed(other)
    assert '<html lang="uk">' in other
    text = visible(other)
    assert "Висновків, які вказують не лише на власника облікового запису: 5." in text
    assert "Ann Example" in text
    assert "another text 41" in text
    # Every text of the rules of this case is known in Ukrainian.
    assert "англійською, як у правилі" not in text
    for words in ("Not excluded", "Picture", "remote control", "Session"):
        assert words not in text, words
    assert len(re.findall("<svg", other)) == len(re.findall("<svg", page))


def test_unknown_text_of_a_rule() -> None:
    """A statement without translation stays English and says so."""
    case = cases.make_case()
    case.findings[0].statement = "Something new."
    other = render(case, "uk")
    assert '<span lang="en"><bdi>Something new.</bdi></span>' in other
    assert "англійською, як у правилі" in other


def test_unknown_language() -> None:
    """Another language is an error, not English."""
    with pytest.raises(ValueError, match="one of en, uk"):
        render(cases.make_case(), "xx")


def test_many_findings_and_messages() -> None:
    """200,000 messages and more findings than a page can hold."""
    evidence = cases.make_evidence()
    origins = ("this_installation", "no_local_trace", "not_determinable")
    evidence.messages += [
        cases.message(
            1000 + number,
            origins[number % 3],
            NOON - number * 97.0,
            is_outgoing=number % 2 == 0,
            state="removed" if number % 50 == 0 else None,
            place=Place((PHONE, COMPUTER)[number % 5 == 0], "/cache4.db", None, "m"),
        )
        for number in range(200_000)
    ]
    document: dict[str, Any] = {**cases.CASE, "disputed": {"chats": [OTHER]}}
    case = attribute(evidence, parse_case(document))
    assert len(case.findings) > 50_000
    start = time.monotonic()
    page = render(case)
    assert time.monotonic() - start < 20
    assert len(page.encode()) < 5_000_000
    check_closed(page)
    assert "they are in the JSON report" in page


def test_picture(page: str) -> None:
    """Shapes, bands, both time axes, words for those who do not see it."""
    root = html5lib.parse(page, treebuilder="lxml", namespaceHTMLElements=False)
    pictures = [item for item in root.iter() if item.get("class") == "picture"]
    assert [item.get("id") for item in pictures] == ["picture", "picture-1"]
    for picture in pictures:
        names = [child.tag.rpartition("}")[2] for child in picture]
        assert names[:2] == ["title", "desc"]
        assert picture.get("aria-labelledby") == " ".join(
            child.get("id") for child in list(picture)[:2]
        )
        text = "".join(picture.itertext())
        assert "Europe/Kyiv" in text
        assert f"{COMPUTER} · a computer · OFFICE-3" in text
        assert "Sessions that lie in no image" in text
        for kind in ("this-installation", "no-local-trace", "received", "logins"):
            assert any(item.get("class") == f"k-{kind}" for item in picture.iter())
    dossiers = re.findall(r'<a href="#(message-\d+)">', str(page))
    assert {"message-1", "message-2"} <= set(dossiers)


def test_message_in_lane_of_finding_place(page: str) -> None:
    """The page says that a lane is where a message was found, not who sent it."""
    assert "which need not be the session that sent it" in page


def test_files_of_the_package() -> None:
    """Templates are text without hidden characters or addresses."""
    folder = Path(render.__code__.co_filename).parent / "templates"
    files = sorted(folder.iterdir())
    assert files
    for file in files:
        content = file.read_text(encoding="utf-8")
        assert not HIDDEN.search(content.replace("\n", ""))
        assert "http:" not in content
        assert "https:" not in content


def test_links_between_picture_and_dossiers(page: str) -> None:
    """A sign leads to the dossier of its message, and the dossier back to the sign."""
    names = re.findall(r'<g id="((?:picture[-0-9]*)-message-[0-9]+)">', page)
    assert names
    assert len(set(names)) == len(names)
    for name in names:
        assert f'href="#{name}"' in page
    for target in re.findall(r'href="#(picture[^"]*-message-[0-9]+)"', page):
        assert target in names


def test_how_the_files_were_made() -> None:
    """Runs, passcodes and warnings stand in the appendix, with what evidence names."""
    attribution = cases.make_case()
    evidence = attribution.evidence
    place = Place("office.E01", "/tdata/<b>key_datas</b>")
    evidence.runs.append(
        RunRecord("c.plaso", "plaso 1", 0.0, None, True, "log2timeline <x>", ["a", "b"])
    )
    evidence.warnings.append(
        WarningRecord("c.plaso", "telegram_desktop", 3, [(place, "torn <i>")])
    )
    evidence.accounts.append(
        AccountRecord(
            place,
            None,
            passcode_state="locked",
            client_name="Telegram Desktop",
            passcodes_tried=7,
        )
    )
    for language in LANGUAGES:
        shown = render(attribution, language)
        check_valid(shown)
        texts = Texts(language)
        part = shown[shown.index('id="extraction"') :]
        for words in ("log2timeline &lt;x&gt;", "torn &lt;i&gt;", ">7<"):
            assert words in part
        assert texts("passcode.locked") in part
        assert texts("run.aborted") in part
        assert texts("more.page", n=2) in part
