"""How storage files were made: command lines without secrets, warnings by parser."""

from __future__ import annotations

from typing import Any

import pytest

from telegram_forensics.report import runs
from telegram_forensics.report.storage import Location


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("log2timeline --credential password:geheim x.E01", "password:*** x.E01"),
        ("log2timeline --credential=password:geheim x.E01", "password:*** x.E01"),
        ("l --credentials password:'two words' x", "password:*** x"),
        ('l --credential "recovery_password:1-2-3" x', "recovery_password:*** x"),
        ("l --credential key_data:00ff --credential password:b", "password:***"),
    ],
)
def test_secrets_are_hidden(line: str, shown: str) -> None:
    """Whatever its kind, a credential is not repeated; the rest of the line is."""
    hidden = runs.hide_secrets(line)
    assert shown in hidden
    for secret in ("geheim", "two words", "1-2-3", "00ff", "password:b"):
        assert secret not in hidden


def test_line_without_secrets() -> None:
    """Other options stay."""
    line = "log2timeline --parsers telegram --telegram_passcodes codes.txt x.E01"
    assert runs.hide_secrets(line) == line


def test_runs_of_odd_rows() -> None:
    """Rows that are not what they should be give what they have."""
    rows = [
        ("plaso", "20260720", 1_000_000, 3_500_000, 0, "line", '["b", "a"]'),
        (None, None, None, "x", 1, None, "no json"),
        ("plaso", None, True, None, None, 5, "7"),
    ]
    found = runs.read_runs("c.plaso", lambda query: rows)
    assert [run.product for run in found] == ["plaso 20260720", "", "plaso"]
    assert (found[0].started, found[0].completed) == (1.0, 3.5)
    assert found[0].parsers == ["a", "b"]
    assert found[1].is_aborted and found[1].completed is None
    assert found[2].command_line == "5" and found[2].parsers == []


def test_warnings_are_counted() -> None:
    """All are counted, the first are shown, those of preprocessing as well."""

    def rows(query: str) -> list[Any]:
        if "preprocessing" in query:
            return [("windows_x", "no hive", None)]
        return [("mft", f"number {index}", "spec") for index in range(100)]

    found = runs.read_warnings(
        "c.plaso", rows, lambda spec: Location("image", str(spec), None)
    )
    assert [(item.parser, item.number) for item in found] == [
        ("mft", 100),
        ("windows_x", 1),
    ]
    assert len(found[0].examples) == runs.MAXIMUM_EXAMPLES
    place, words = found[0].examples[1]
    assert (place.path, words) == ("spec", "number 1")
