"""Attribution against what is true: message, session, device, and with what grade.

Three measurements. Of every message that somebody sent: does a data set claim to have
composed it, and how sure, against whether it did. Of counter-cases (plain records):
which findings, with which grade, against those that the facts allow. Of the model case:
both, through stock log2timeline and the report.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from plaso.storage import factory as storage_factory

from telegram_forensics.attribution.case import Case
from telegram_forensics.attribution.engine import attribute
from telegram_forensics.attribution.records import Evidence
from tests import helpers
from tests.builders import case as model
from tests.validation import counter_cases
from tests.validation.compare import Record

HERE: Final = "this_installation"
# Grades of a claim that this data set composed a message, the surest first.
CONFIDENCES: Final = ("certain", "strong", "supporting")
CASE_FOLDER: Final = helpers.REPOSITORY / "test_data" / "case"


@dataclass(slots=True)
class Confusion:
    """Claims of a grade against the truth.

    Attributes:
        right: claimed, and true.
        false: claimed, and another session or nobody knows who composed it.
        examples: of false claims.
    """

    right: int = 0
    false: int = 0
    examples: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Claims:
    """Claims of composition in a source, by grade.

    Attributes:
        by_grade: see `Confusion`.
        composed: messages that the data set did compose.
        not_claimed: those of them that it does not claim.
        others: messages that it did not compose.
    """

    by_grade: dict[str, Confusion] = field(
        default_factory=lambda: {name: Confusion() for name in CONFIDENCES}
    )
    composed: int = 0
    not_claimed: int = 0
    others: int = 0


def count_claims(truth: Iterable[Record], found: Iterable[Record]) -> Claims:
    """Counts claims of composition.

    Only records count whose truth names the origin; `this_installation` in a truth says
    that the message was composed with this data set.
    """
    claims = Claims()
    given: dict[tuple[str, tuple[Any, ...]], list[Record]] = {}
    for record in found:
        given.setdefault((record.kind, record.identity), []).append(record)
    for record in truth:
        if "origin" not in record.values or not record.values.get("is_outgoing"):
            continue
        same = given.get((record.kind, record.identity))
        if not same:
            continue
        one = same.pop(0)
        composed = record.values["origin"] == HERE
        claimed = one.values.get("origin") == HERE
        claims.composed += composed
        claims.others += not composed
        claims.not_claimed += composed and not claimed
        if claimed:
            grade = one.values.get("origin_confidence") or "certain"
            confusion = claims.by_grade[grade]
            confusion.right += composed
            confusion.false += not composed
            if not composed:
                confusion.examples.append(f"{record.kind} {record.identity}")
    return claims


def add(total: Claims, other: Claims) -> None:
    """Adds claims of another source."""
    for name in ("composed", "not_claimed", "others"):
        setattr(total, name, getattr(total, name) + getattr(other, name))
    for grade, confusion in other.by_grade.items():
        mine = total.by_grade[grade]
        mine.right += confusion.right
        mine.false += confusion.false
        mine.examples += confusion.examples


@dataclass(slots=True)
class CaseResult:
    """A counter-case.

    Attributes:
        name: of the case.
        what_is_true: in words.
        expected: rule and grade of each finding beyond the owner that is justified.
        found: those of the report.
    """

    name: str
    what_is_true: str
    expected: list[tuple[str, str]]
    found: list[tuple[str, str]]

    @property
    def is_right(self) -> bool:
        """True if the report says what the facts allow, and nothing else."""
        return Counter(self.expected) == Counter(self.found)


def findings(evidence: Evidence, case: Case | None) -> list[tuple[str, str]]:
    """Rule and grade of the findings that point beyond the owner."""
    return [
        (item.rule, item.grade.name)
        for item in attribute(evidence, case).findings
        if not item.is_neutral
    ]


def check_cases() -> Iterator[CaseResult]:
    """Runs the counter-cases."""
    for item in counter_cases.cases():
        found = findings(item.evidence, item.case)
        yield CaseResult(item.name, item.what_is_true, list(item.expected), found)


def by_grade(results: Iterable[CaseResult]) -> dict[str, dict[str, int]]:
    """For each grade: findings that are justified, not justified, and missing."""
    numbers = {
        grade: {"justified": 0, "not justified": 0, "missing": 0} for grade in "ABC"
    }
    for result in results:
        expected, found = Counter(result.expected), Counter(result.found)
        for (_, grade), count in (expected & found).items():
            numbers[grade]["justified"] += count
        for (_, grade), count in (found - expected).items():
            numbers[grade]["not justified"] += count
        for (_, grade), count in (expected - found).items():
            numbers[grade]["missing"] += count
    return numbers


# The model case.

TELEPHONE, COMPUTER = "telephone.aff4", "office.E01"


@dataclass(slots=True)
class MessageResult:
    """A message of the model case.

    Attributes:
        identifier: message id; account and chat are the same for all.
        composed_on: image of the device that composed it, None if in no image.
        session: key of the session that sent it.
        origin, confidence: what the telephone's data set says.
        rules: rule and grade of the findings that name it.
        verdict: `right`; `not claimed`, if a message of the telephone has no trace of
            its own and so is one of the candidates of TF-101, which names no message as
            proven; `false`.
    """

    identifier: str
    composed_on: str | None
    session: str | None
    origin: str | None
    confidence: str | None
    rules: list[tuple[str, str]]
    verdict: str


@dataclass(slots=True)
class ModelCase:
    """What the report says of the model case, and what is true.

    Attributes:
        messages: of each outgoing message.
        sessions: session, true image, images that the report gives it, grade.
        rules: rules of findings beyond the owner, and those of the truth.
    """

    messages: list[MessageResult]
    sessions: list[tuple[str, str, list[str], str]]
    rules: list[str]
    expected_rules: list[str]

    @property
    def is_right(self) -> bool:
        """True if nothing is false."""
        return (
            self.rules == self.expected_rules
            and all(item.verdict != "false" for item in self.messages)
            and all(images == [true] for _, true, images, _ in self.sessions)
        )


def _run(*command: str | os.PathLike[str]) -> None:
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"{Path(str(command[0])).name}: {done.stderr[-500:]}")


def _origins(storage: Path) -> dict[str, tuple[str | None, str | None]]:
    """Origin of each outgoing message in a storage file."""
    reader = storage_factory.StorageFactory.CreateStorageReaderForFile(str(storage))
    found = {}
    for item in reader.GetAttributeContainers("event_data"):
        if item.data_type != "telegram:message":
            continue
        # Attributes without a value are not stored.
        told = {
            name: getattr(item, name, None)
            for name in (
                *("is_outgoing", "chat_identifier", "message_identifier"),
                *("origin", "origin_confidence"),
            )
        }
        if told["is_outgoing"] and told["chat_identifier"] == str(model.BOB):
            number = str(told["message_identifier"])
            found[number] = (told["origin"], told["origin_confidence"])
    reader.Close()
    return found


def run_model_case(folder: Path) -> ModelCase:
    """Runs stock log2timeline and the report over the two images.

    Raises:
        RuntimeError: if a command fails.
    """
    commands = Path(sys.executable).parent
    storages = []
    for name in (TELEPHONE, COMPUTER):
        storage = folder / f"{name}.plaso"
        _run(
            commands / "log2timeline",
            *("--quiet", "--unattended", "--single_process", "--status_view=none"),
            f"--logfile={folder / name}.log.gz",
            f"--storage-file={storage}",
            CASE_FOLDER / name,
        )
        storages.append(storage)
    target = folder / "report.json"
    case_file = CASE_FOLDER / "case.yaml"
    _run(
        commands / "telegram-forensics",
        *("report", *map(str, storages), "--case", str(case_file)),
        *("--json", str(target)),
    )
    report = json.loads(target.read_text("utf-8"))
    return judge(report, _origins(storages[0]))


def _judge(composed_on: str | None, is_claimed: bool, rules: set[str]) -> str:
    if composed_on == COMPUTER:
        is_right = not is_claimed and rules == {"TF-101", "TF-102"}
        return "right" if is_right else "false"
    if composed_on == TELEPHONE:
        if is_claimed:
            return "false" if rules else "right"
        return "not claimed" if rules <= {"TF-101"} else "false"
    return "false" if is_claimed or rules else "right"


def judge(
    report: dict[str, Any], origins: dict[str, tuple[str | None, str | None]]
) -> ModelCase:
    """Compares a report of the model case with what is true."""
    truth = model.TRUTH
    phone, desktop = str(truth["phone_session"]), str(truth["desktop_session"])
    pointing = [item for item in report["findings"] if item["rule"][3] in "12"]
    messages = []
    for number in (*model.EARLIER, *model.COMPOSED, *model.DENIED):
        identifier = str(number)
        composed_on, session = None, None
        if number in model.COMPOSED:
            composed_on, session = TELEPHONE, phone
        elif number in model.DENIED:
            composed_on, session = COMPUTER, desktop
        origin, confidence = origins.get(identifier, (None, None))
        rules = [
            (item["rule"], item["grade"])
            for item in pointing
            if any(one["message_identifier"] == identifier for one in item["messages"])
        ]
        verdict = _judge(composed_on, origin == HERE, {rule for rule, _ in rules})
        messages.append(
            MessageResult(
                identifier, composed_on, session, origin, confidence, rules, verdict
            )
        )
    sessions = []
    for session, image in ((phone, TELEPHONE), (desktop, COMPUTER)):
        (entry,) = (
            item for item in report["sessions"] if item["session_identifier"] == session
        )
        images = sorted({place["image"] for place in entry["places"]})
        sessions.append((session, image, images, str(entry["grade"])))
    expected = ["TF-101", "TF-102"]
    assert truth["rules"] == expected
    return ModelCase(messages, sessions, [item["rule"] for item in pointing], expected)
