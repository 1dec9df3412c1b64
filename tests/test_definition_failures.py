"""Tests of definition files that are wrong: found early, and never fatal."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import plaso
import pytest
from plaso.engine import timeliner
from plaso.output import mediator
from plaso.parsers import presets

from telegram_forensics import autoload, definitions

PLASO_DATA = str(Path(plaso.__file__).parent / "data")

_TIMELINER = """
data_type: 'telegram:account'
attribute_mappings:
- name: 'written_time'
  description: 'Written'
place_holder_event: true
"""
_FORMATTER = """
type: 'conditional'
data_type: 'telegram:account'
message:
- 'Account {account_identifier}'
short_message:
- '{account_name}'
short_source: 'TELEGRAM'
source: 'Telegram account'
"""
_PRESET = """
name: telegram
appended_to:
- linux
"""


def _write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "definitions.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_patterns_are_valid(tmp_path: Path) -> None:
    """What the malformed ones below are made of is accepted."""
    (item,) = definitions.read_timeliner_definitions(_write(tmp_path, _TIMELINER))
    assert item.attribute_mappings == {"written_time": "Written"}
    assert definitions.check_formatter_definitions(_write(tmp_path, _FORMATTER)) == [
        "telegram:account"
    ]
    found = definitions.read_presets(_write(tmp_path, _PRESET))
    assert found == {"telegram": ["linux"]}


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("place_holder_event: true", "place_holder_event: 'true'", "place_holder"),
        ("place_holder_event: true", "", "place_holder"),
        ("place_holder_event: true", "place_holder_event: true\nmore: 1", "unknown"),
        ("'telegram:account'", "'fs:stat'", "not ours"),
        ("'telegram:account'", "[]", "not ours"),
        ("data_type: 'telegram:account'", "", "not ours"),
        ("- name: 'written_time'", "- names: 'written_time'", "malformed"),
        ("  description: 'Written'", "", "malformed"),
        ("  description: 'Written'", "  description: 5", "no text"),
        ("'written_time'", "['written_time']", "no text"),
        ("- name: 'written_time'\n  description: 'Written'", "- 7", "malformed"),
        ("- name: 'written_time'\n  description: 'Written'", "", "no list"),
        (
            "attribute_mappings:\n- name: 'written_time'\n  description: 'Written'",
            "attribute_mappings:\n  written_time: 'Written'",
            "no list",
        ),
        (
            "  description: 'Written'",
            "  description: 'A'\n- name: 'written_time'\n  description: 'B'",
            "twice",
        ),
        (_TIMELINER, f"{_TIMELINER}---{_TIMELINER}", "defined twice"),
        (_TIMELINER, "- a list", "no mapping"),
        (_TIMELINER, "just text", "no mapping"),
        (_TIMELINER, "a: [1, 2", "while parsing"),
        (_TIMELINER, f"{_TIMELINER}---\n", "no mapping"),
    ],
)
def test_malformed_timeliner_definitions(
    tmp_path: Path, before: str, after: str, reason: str
) -> None:
    """Each mistake in a timeliner definition is found when it is read."""
    assert before in _TIMELINER
    path = _write(tmp_path, _TIMELINER.replace(before, after))
    with pytest.raises(definitions.DefinitionError, match=reason):
        definitions.read_timeliner_definitions(path)


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("'conditional'", "'basic'", "not conditional"),
        ("type: 'conditional'", "", "not conditional"),
        ("'telegram:account'", "'windows:lnk:link'", "not ours"),
        ("{account_identifier}", "{a} of {b}", "not for one attribute"),
        ("{account_name}", "{account_name}{account_phone}", "not for one attribute"),
        ("{account_identifier}", "{account_identifier", "piece"),
        ("{account_identifier}", "{0}", "not for one attribute"),
        ("{account_identifier}", "{account.name}", "not for one attribute"),
        ("- 'Account {account_identifier}'", "- 5", "no list of text"),
        ("message:\n- 'Account {account_identifier}'\n", "", "no list of text"),
        ("short_message:\n- '{account_name}'", "short_message: 'x'", "no list of text"),
        ("source: 'Telegram account'", "sources: 'x'", "unknown keys"),
        ("\nsource: 'Telegram account'", "\nsource: [1]", "source is no text"),
        ("short_source: 'TELEGRAM'", "", "short_source is no text"),
        (_FORMATTER, f"{_FORMATTER}---{_FORMATTER}", "defined twice"),
        (_FORMATTER, "5", "no mapping"),
    ],
)
def test_malformed_formatters(
    tmp_path: Path, before: str, after: str, reason: str
) -> None:
    """Each mistake in a formatter is found before psort trips over it."""
    assert before in _FORMATTER
    path = _write(tmp_path, _FORMATTER.replace(before, after))
    with pytest.raises(definitions.DefinitionError, match=reason):
        definitions.check_formatter_definitions(path)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("name: telegram", "name: 5"),
        ("name: telegram", ""),
        ("- linux", "- [linux]"),
        ("appended_to:\n- linux", "appended_to: linux"),
        ("appended_to:\n- linux", ""),
        (_PRESET, "text"),
    ],
)
def test_malformed_presets(tmp_path: Path, before: str, after: str) -> None:
    """Each mistake in a preset is found when it is read."""
    assert before in _PRESET
    with pytest.raises(definitions.DefinitionError):
        definitions.read_presets(_write(tmp_path, _PRESET.replace(before, after)))


def test_missing_and_binary_files(tmp_path: Path) -> None:
    """A file that is not there or not text is a DefinitionError like any other."""
    path = tmp_path / "definitions.yaml"
    for data in (None, b"\xff\xfe\x00"):
        if data is not None:
            path.write_bytes(data)
        for read in (
            definitions.read_timeliner_definitions,
            definitions.check_formatter_definitions,
            definitions.read_presets,
        ):
            with pytest.raises(definitions.DefinitionError, match=r"definitions\.yaml"):
                read(path)


# A definition that fails must not break the stock tools.


@pytest.fixture(name="log")
def _log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> pytest.LogCaptureFixture:
    """Log of this package; the state of the hooks is put back afterwards."""
    monkeypatch.setattr(autoload, "STATUS", dict(autoload.STATUS))
    caplog.set_level(logging.WARNING, logger="telegram_forensics")
    return caplog


def _fail(*unused: Any) -> Any:
    raise definitions.DefinitionError("definitions.yaml, document 3: it is wrong")


def _check_one_warning(log: pytest.LogCaptureFixture, hook: str) -> None:
    (record,) = log.records
    assert record.levelno == logging.WARNING
    assert f"hook {hook} failed: DefinitionError" in record.getMessage()
    assert "document 3: it is wrong" in record.getMessage()
    assert autoload.STATUS[hook].startswith("failed: ")


def test_failing_timeliner_definition(
    monkeypatch: pytest.MonkeyPatch, log: pytest.LogCaptureFixture
) -> None:
    """The stock timeliner works on, after exactly one warning."""
    monkeypatch.setattr(definitions, "read_timeliner_definitions", _fail)
    for _ in range(3):
        found = timeliner.EventDataTimeliner(data_location=PLASO_DATA)
        assert "fs:stat" in found._attribute_mappings
        assert "telegram:session" not in found._attribute_mappings
    _check_one_warning(log, "extend_timeliner")


def test_failing_formatter(
    monkeypatch: pytest.MonkeyPatch, log: pytest.LogCaptureFixture
) -> None:
    """The stock output mediator works on, after exactly one warning."""
    monkeypatch.setattr(definitions, "check_formatter_definitions", _fail)
    for _ in range(3):
        found = mediator.OutputMediator(None, data_location=PLASO_DATA)
        found.ReadMessageFormattersFromDirectory(f"{PLASO_DATA}/formatters")
        assert found.GetMessageFormatter("fs:stat").data_type == "fs:stat"
        assert found.GetMessageFormatter("telegram:session") is None
    _check_one_warning(log, "extend_formatters")


def test_failing_preset(
    monkeypatch: pytest.MonkeyPatch, log: pytest.LogCaptureFixture
) -> None:
    """The stock presets work on, after exactly one warning."""
    monkeypatch.setattr(definitions, "read_presets", _fail)
    for _ in range(3):
        found = presets.ParserPresetsManager()
        found.ReadFromFile(f"{PLASO_DATA}/presets.yaml")
        assert "telegram" not in found._definitions
        assert found.GetPresetByName("linux")
    _check_one_warning(log, "extend_presets")


def test_stock_data_type_of_the_same_name(
    monkeypatch: pytest.MonkeyPatch, log: pytest.LogCaptureFixture
) -> None:
    """If plaso one day has our data type itself, its definition is not replaced."""
    clash = definitions.TimelinerDefinition("fs:stat", {"written_time": "ours"})
    monkeypatch.setattr(definitions, "read_timeliner_definitions", lambda: [clash])
    found = timeliner.EventDataTimeliner(data_location=PLASO_DATA)
    assert "written_time" not in found._attribute_mappings["fs:stat"]
    (record,) = log.records
    assert "plaso defines fs:stat itself" in record.getMessage()
