"""Stock log2timeline and psort over folders with exports of Telegram Desktop."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import export_samples
from tests.builders import tdesktop_export as builder
from tests.end_to_end import support

pytestmark = pytest.mark.slow

START = 1_690_000_000


def times(timeline: support.Timeline, data_type: str) -> list[tuple[str, int]]:
    """Description and seconds of all events of a data type."""
    return sorted(
        (event["timestamp_desc"], event["timestamp"] // 1_000_000)
        for event in timeline.events
        if event["data_type"] == data_type
    )


def test_exports_of_the_real_client(tmp_path: Path) -> None:
    """Both exports in one run: exact times in psort, nothing lost, no warning."""
    name = "desktop-marta"
    truth = export_samples.world(name)
    evidence = tmp_path / "evidence"
    export_samples.unpack(name, "json", evidence / "json")
    export_samples.unpack(name, "html", evidence / "html")
    timeline = support.make_timeline(
        evidence, tmp_path, "--single_process", "--parsers", "telegram"
    )
    assert support.warnings(timeline.storage, tmp_path) == []
    expected = []
    for kind in ("json", "html"):
        for item in export_samples.messages(truth, kind):
            if item.sender == 777000:
                continue
            date = item.date
            if kind == "html" and item.action:
                date -= date % 86400
            expected.append(("Sent Time", date))
            if kind == "json" and item.edited:
                expected.append(("Edited Time", item.edited))
            if kind == "html" and item.forwarded:
                expected.append(("Original Message Time", None))
    found = times(timeline, "telegram:message")
    found = [
        (text, None if text == "Original Message Time" else date)
        for text, date in found
    ]
    assert sorted(found, key=str) == sorted(expected, key=str)
    sessions = times(timeline, "telegram:session")
    assert sessions == sorted(
        (text, session[key])
        for session in truth["world"]["authorizations"]
        for text, key in (
            ("Session Created Time", "created"),
            ("Last Active Time", "active"),
        )
    )
    notices = [e for e in timeline.events if e["data_type"] == "telegram:notice"]
    assert {e["notice_type"] for e in notices} == {"login_code", "new_login"}
    messages = [e["message"] for e in notices if e["notice_type"] == "new_login"]
    assert all("IP: 203.0.113.77" in message for message in messages)
    own = [
        event
        for event in timeline.events
        if event["data_type"] == "telegram:message" and event.get("is_outgoing")
    ]
    assert {event["origin"] for event in own} == {"not_determinable"}


def test_local_times_use_the_time_zone_of_the_image(tmp_path: Path) -> None:
    """A date without UTC twin is converted by plaso; a stored UTC time is not."""
    evidence = tmp_path / "evidence"
    evidence.mkdir()
    messages = [
        builder.message(1, START, "old", twin=False, offset=120),
        builder.message(2, START + 90 * 86400, "new", offset=120),
    ]
    document = builder.chat("Ann", "personal_chat", 640011223, messages)
    (evidence / "result.json").write_bytes(builder.encode(document))
    timeline = support.make_timeline(
        evidence,
        tmp_path,
        "--single_process",
        "--parsers",
        "telegram",
        "--timezone",
        "Europe/Berlin",
    )
    found = {
        event["text"]: event["timestamp"] // 1_000_000
        for event in timeline.events
        if event["data_type"] == "telegram:message"
    }
    assert found == {"old": START, "new": START + 90 * 86400}
