"""Android's own records become signs of use and codes that could be read."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from telegram_forensics.attribution.records import Evidence
from telegram_forensics.report.ingest import Ingest
from telegram_forensics.report.selection import is_wanted
from telegram_forensics.report.storage import Location, Row

TELEGRAM = "org.telegram.messenger"
SMS = "com.google.android.apps.messaging"
numbers = itertools.count(1)


def collect(data_type: str, **values: Any) -> Evidence:
    """Records of a row."""
    assert is_wanted(data_type)
    values["data_type"] = data_type
    path = "/data/system_ce/0/usagestats/daily/1717200000000"
    ingest = Ingest()
    ingest.add_row(Row(next(numbers), values, Location("phone.tar", path, None)))
    return ingest.finish()


def use(kind: str, package: str | None = None, **values: Any) -> Evidence:
    """Records of an event of usage statistics."""
    client = package if package == TELEGRAM else None
    return collect(
        "telegram:device_use",
        event_kind=kind,
        recorded_time=100.0,
        package_name=package,
        client_package=client,
        record_offset=7,
        **values,
    )


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("screen_interactive", "screen switched on"),
        ("keyguard_hidden", "screen lock gone"),
        ("user_unlocked", "unlock after a start"),
    ],
)
def test_device(kind: str, words: str) -> None:
    """Of the device as a whole, with words that do not say too much."""
    (found,) = use(kind, "android").presence
    assert (found.kind, found.start, found.end) == ("phone_activity", 100.0, None)
    assert words in found.words
    assert found.place.image == "phone.tar"
    assert found.place.record == "offset 7"


def test_client_in_the_foreground() -> None:
    """Telegram, with its duration where the log tells it."""
    (found,) = use("activity_resumed", TELEGRAM, open_seconds=60).presence
    assert (found.start, found.end) == (100.0, 160.0)
    assert found.words == f"in the foreground: {TELEGRAM}"
    (found,) = use("activity_resumed", TELEGRAM).presence
    assert found.end is None


@pytest.mark.parametrize(
    ("kind", "package"),
    [
        ("activity_resumed", SMS),
        ("activity_resumed", None),
        ("activity_paused", TELEGRAM),
        ("foreground_service_start", TELEGRAM),
        ("notification_seen", TELEGRAM),
        ("screen_non_interactive", "android"),
        ("keyguard_shown", "android"),
        ("package_usage", TELEGRAM),
        ("covered_period", None),
    ],
)
def test_no_sign_of_use(kind: str, package: str | None) -> None:
    """Other programs, and what Android does by itself."""
    assert use(kind, package).presence == []


def test_copies_say_nothing_again() -> None:
    """A file that Android keeps while it writes another one."""
    assert use("keyguard_hidden", record_state="copy").presence == []


def notification(package: str, **values: Any) -> Evidence:
    """Records of a notification."""
    client = package if package == TELEGRAM else None
    return collect(
        "telegram:notification", package_name=package, client_package=client, **values
    )


def test_code_in_a_notification() -> None:
    """A login code that could be read, in Telegram's words or an SMS."""
    evidence = notification(
        TELEGRAM,
        notification_kind="posted",
        posted_time=50.0,
        title="Telegram",
        text="Login code: 12345",
    )
    (notice,) = evidence.notices
    assert (notice.kind, notice.sent) == ("login_code_notification", 50.0)
    assert notice.text == "Telegram\nLogin code: 12345"
    assert evidence.presence == []
    assert notification(SMS, title="Bank", text="Code 12345").notices == []
    assert notification(SMS, title="x", text="Telegram code 12345").notices
    assert notification(TELEGRAM, title="Ann", text="hello").notices == []
    # A number in a chat is no code.
    assert notification(TELEGRAM, title="Ann", text="about 15000").notices == []


def test_notification_clicked() -> None:
    """Somebody touched the telephone."""
    (found,) = notification(
        TELEGRAM, notification_kind="clicked", recorded_time=70.0
    ).presence
    assert (found.kind, found.start) == ("phone_activity", 70.0)
    assert found.words == f"notification clicked: {TELEGRAM}"
    for kind in ("posted", "removed"):
        evidence = notification(TELEGRAM, notification_kind=kind, recorded_time=70.0)
        assert evidence.presence == []


def test_web_client_open() -> None:
    """Each time that a tab was open is a run of the client, never a person."""
    evidence = collect(
        "telegram:web_trace",
        trace_type="client_open",
        trace_details="not idle, tab 7",
        recorded_time=100.5,
        record_state="overwritten",
        account_identifier="5211046831",
    )
    (presence,) = evidence.presence
    assert (presence.kind, presence.start) == ("client_running", 100.5)
    assert presence.account == "5211046831"
    assert presence.words == (
        "Telegram Web open in a tab, not idle, tab 7, account 5211046831"
    )


@pytest.mark.parametrize(
    "values",
    [
        {"trace_type": "origin_accessed", "recorded_time": 5.0},
        {"trace_type": "client_open", "recorded_time": None},
        {"trace_type": "cached_resource", "recorded_time": 5.0},
    ],
)
def test_other_web_traces(values: dict[str, Any]) -> None:
    """What a browser or a worker may do alone is no run of the client."""
    assert not collect("telegram:web_trace", **values).presence


def test_client_traces() -> None:
    """Files of a client say when it ran, and on telephones that somebody was there."""
    (run,) = collect(
        "telegram:client_trace",
        trace_type="api_send",
        trace_details="messages.sendMessage",
        recorded_time=100.5,
        client_name="Telegram for macOS",
        account_identifier="5211046831",
    ).presence
    assert (run.kind, run.start, run.account) == (
        "client_running",
        100.5,
        "5211046831",
    )
    assert run.words == "Telegram for macOS: sent by the API, messages.sendMessage"
    (screen,) = collect(
        "telegram:client_trace", trace_type="wrong_passcodes", recorded_time=7.0
    ).presence
    assert screen.kind == "phone_activity"
    for kind, time in (("log_record", 5.0), ("login_tokens", None), ("api_call", 5.0)):
        assert not collect(
            "telegram:client_trace", trace_type=kind, recorded_time=time
        ).presence
