"""Status of sources: parsed, locked, unparsable, absent, parser not run."""

from __future__ import annotations

from typing import Any

from telegram_forensics.attribution.records import SourceRecord, SourceState
from telegram_forensics.report.sources import SourceTable
from telegram_forensics.report.storage import Location, Row, StorageInfo

IMAGE = "office.E01"


def row(parser: str, data_type: str = "telegram:message", **values: Any) -> Row:
    """A row that a parser made."""
    values = {"data_type": data_type, "_parser_chain": parser, **values}
    return Row(1, values, Location(IMAGE, "/x", None))


def status(
    rows: list[Row], parsers: set[str], warnings: dict[str, int] | None = None
) -> dict[str, SourceRecord]:
    """Status by source."""
    table = SourceTable()
    for item in rows:
        table.add_row(item)
    info = StorageInfo("case.plaso", "", parsers=parsers, warnings=warnings or {})
    table.add_run(info, [IMAGE])
    return {record.name: record for record in table.records()}


def test_states() -> None:
    """A source that was not looked for is told from one that is not there."""
    found = status(
        [
            row("telegram_desktop_log", "telegram:log", recorded_time=5.0),
            row("telegram_desktop_log", "telegram:log", recorded_time=2.0),
        ],
        {"telegram_desktop_log", "telegram_desktop", "winevtx"},
        {"telegram_desktop": 3},
    )
    log = found["Telegram Desktop logs"]
    assert (log.state, log.first, log.last) == (SourceState.PARSED, 2.0, 5.0)
    assert found["Telegram Desktop profile"].state is SourceState.UNPARSABLE
    assert found["RDP (Windows event logs)"].state is SourceState.ABSENT
    assert found["AnyDesk"].state is SourceState.PARSER_NOT_RUN
    assert {record.image for record in found.values()} == {IMAGE}


def test_locked_profile() -> None:
    """Only while no account of the image could be opened."""
    locked = row("telegram_desktop", "telegram:account", passcode_state="locked")
    name = "Telegram Desktop profile"
    assert status([locked], {"telegram_desktop"})[name].state is SourceState.LOCKED
    opened = row("telegram_desktop", "telegram:account", passcode_state="none")
    found = status([locked, opened], {"telegram_desktop"})
    assert found[name].state is SourceState.PARSED
    # Opened with the key of a shadow copy: the passcode itself stays unknown.
    borrowed = row(
        "telegram_desktop",
        "telegram:account",
        passcode_state="locked",
        session_identifier="aa",
    )
    found = status([borrowed], {"telegram_desktop"})
    assert found[name].state is SourceState.PARSED


def test_age_of_files_is_no_coverage() -> None:
    """Times of files do not say what a source covers; those of event logs do."""
    found = status(
        [
            row("telegram_desktop", "telegram:setting", written_time=9.0),
            row("winevtx", "windows:evtx:record", written_time=7.0),
        ],
        {"telegram_desktop", "winevtx"},
    )
    assert found["Telegram Desktop profile"].first is None
    assert found["RDP (Windows event logs)"].first == 7.0
