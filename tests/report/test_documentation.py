"""docs/report.md says what the program does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from telegram_forensics.attribution.case import parse_case
from telegram_forensics.report import dossiers, lanes, view, visible
from telegram_forensics.report.texts_en import ENGLISH

DOCUMENT = Path(__file__).parents[2] / "docs" / "report.md"


@pytest.fixture(scope="module", name="text")
def fixture_text() -> str:
    """The page of the documentation."""
    return DOCUMENT.read_text(encoding="utf-8")


def test_example_of_a_case(text: str) -> None:
    """The example is read, and names everything that there is."""
    (example,) = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    case = parse_case(yaml.safe_load(example))
    assert case.name == "17/2026"
    assert case.devices["phone.E01"].clock_offset == -3.5
    assert case.devices["office.E01"].controlled
    assert case.admitted_sessions == {
        "0dc577ea4cfe2c5e",
        "hash 3108399113074898463",
    }
    assert case.admitted_remote == {"1660360496"}
    assert case.has_period
    assert case.disputed_chats == {"777001"}
    assert case.disputed[0].message == "4243"


def test_rules(text: str) -> None:
    """A row for each rule."""
    described = set(re.findall(r"^\| (TF-\d{3}) \|", text, re.MULTILINE))
    assert described == {
        key.removeprefix("rule.") for key in ENGLISH if key.startswith("rule.")
    }


def test_limits(text: str) -> None:
    """Numbers are those of the program."""
    words = " ".join(text.split())
    assert f"more than {visible.MAXIMUM_LENGTH:,} characters" in words
    assert f"up to {view.MAXIMUM_FINDINGS} findings of a rule" in words
    assert f"{view.MAXIMUM_ENTRIES} entries of a list" in words
    assert f"{dossiers.MAXIMUM_DOSSIERS} disputed messages" in words
    assert f"{view.MAXIMUM_SESSIONS} sessions" in words
    assert f"{lanes.MAXIMUM_LANES} lanes of an image" in words
