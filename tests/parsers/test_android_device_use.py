"""Android's usage statistics and notifications through plaso's worker."""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from artifacts import reader as artifacts_reader
from dfvfs.helpers import file_system_searcher
from dfvfs.path import factory
from dfvfs.resolver import context
from dfvfs.vfs import os_file_system
from plaso.engine import path_filters, path_helper, yaml_filter_file

from telegram_forensics import definitions
from tests.builders import android_device as device
from tests.parsers import support

PARSERS = (
    "telegram_android_usage,telegram_android_notifications,"
    "sqlite/telegram_android_notification_log"
)
LOG_ROWS: list[tuple[Any, ...]] = [
    (0, 1, device.BEGIN + 5, "0|a|1", device.TELEGRAM, device.BEGIN + 5, 0),
    (0, 2, device.BEGIN + 99, "0|a|1", device.TELEGRAM, device.BEGIN + 5, 94_000),
    (-1, 4, device.BEGIN + 100, "0|b|1", device.SMS, device.BEGIN + 6, 10),
    (0, 1, device.BEGIN + 500, "0|c|1", device.OTHER, device.BEGIN + 7, 0),
]


def extract(source: Path) -> support.Extraction:
    """Reads a folder; the worker must not fail at anything."""
    found = support.extract(source, parsers=PARSERS)
    assert not [text for text in found.warnings if support.FAILURE in text]
    return found


def uses(found: support.Extraction, kind: str | None = None) -> list[Any]:
    """Records of use, of one kind or all."""
    return [
        item
        for item in found.of_type("telegram:device_use")
        if kind in (None, item.event_kind)
    ]


def test_telephone(tmp_path: Path) -> None:
    """Device-wide events, Telegram, SMS; of other programs a number only."""
    device.write_telephone(tmp_path)
    found = extract(tmp_path)
    assert found.warnings == []
    (resumed,) = uses(found, "activity_resumed")
    assert resumed.recorded_time.timestamp == device.BEGIN + 5_000
    assert resumed.package_name == resumed.client_package == device.TELEGRAM
    assert resumed.client_name == "Telegram for Android"
    assert resumed.class_name == "org.telegram.ui.LaunchActivity"
    assert (resumed.android_user, resumed.event_number) == (0, 1)
    assert resumed.open_seconds == 60
    assert resumed.device_model == "Google Pixel 7"
    assert resumed.device_platform == "Android 13 (SDK 33)"
    assert resumed.storage_format == "protobuf_5"
    assert resumed.usage_interval == "daily"
    assert resumed.attribution_basis == "android_usage_statistics"
    assert resumed.account_identifier is None
    (hidden,) = uses(found, "keyguard_hidden")
    assert (hidden.package_name, hidden.client_name) == ("android", None)
    (interruption,) = uses(found, "notification_interruption")
    assert (interruption.package_name, interruption.client_package) == (
        device.SMS,
        None,
    )
    (usage,) = uses(found, "package_usage")
    assert usage.last_used_time.timestamp == device.BEGIN + 65_000
    assert usage.last_visible_time is None
    assert (usage.foreground_seconds, usage.number_of_launches) == (60, 1)
    period, other_period = uses(found, "covered_period")
    if period.usage_interval is None:
        period, other_period = other_period, period
    assert (period.number_of_events, period.number_of_other_events) == (13, 3)
    assert period.start_time.timestamp == device.BEGIN
    assert period.end_time.timestamp == device.BEGIN + 86_400_000
    assert (other_period.number_of_events, other_period.number_of_other_events) == (
        3,
        1,
    )
    telegram, sms = found.of_type("telegram:notification")
    assert (telegram.title, telegram.text) == ("Telegram", "Login code: 12345")
    assert telegram.posted_time.timestamp == device.BEGIN + 5_000
    assert (telegram.channel_name, telegram.channel_identifier) == (
        "Messages",
        "msg_channel",
    )
    assert telegram.conversation_identifier == "777000"
    assert telegram.user_identifier == "10123"
    assert telegram.notification_kind == "posted"
    assert (sms.package_name, sms.android_user) == (device.SMS, 10)
    for item in found.event_data:
        assert device.OTHER not in str(vars(item))
        assert "private" not in str(vars(item))


@pytest.mark.parametrize(
    ("content", "storage_format"),
    [(device.usage_with_pool(), "protobuf_4"), (device.usage_xml(), "xml")],
)
def test_earlier_androids(tmp_path: Path, content: bytes, storage_format: str) -> None:
    """The same events out of the files of Android 5 to 10."""
    folder = tmp_path / "data" / "system" / "usagestats" / "11" / "daily"
    folder.mkdir(parents=True)
    (folder / f"{device.BEGIN}-c").write_bytes(content)
    found = extract(tmp_path)
    assert found.warnings == []
    kinds = [item.event_kind for item in uses(found)]
    assert kinds == [
        "device_startup",
        "user_unlocked",
        "screen_interactive",
        "keyguard_hidden",
        "activity_resumed",
        "activity_paused",
        "notification_interruption",
        "keyguard_shown",
        "screen_non_interactive",
        "package_usage",
        "covered_period",
    ]
    assert {item.storage_format for item in uses(found)} == {storage_format}
    assert {item.android_user for item in uses(found)} == {11}


def test_without_mappings(tmp_path: Path) -> None:
    """Use of a program whose name is not known keeps its number, and is reported."""
    device.write_telephone(tmp_path)
    (tmp_path / "data" / "system_ce" / "0" / "usagestats" / "mappings").unlink()
    found = extract(tmp_path)
    assert [
        (item.package_name, item.package_token)
        for item in uses(found, "activity_resumed")
    ] == [(None, 2), (None, 3)]
    assert uses(found, "keyguard_hidden")
    assert not uses(found, "notification_interruption")
    (warning,) = found.warnings
    assert "11 events are of programs whose names are not known" in warning


def test_damaged_mappings_are_reported_once(tmp_path: Path) -> None:
    """All files of a folder share them; another folder has its own."""
    for user in ("0", "10"):
        folder = tmp_path / "data" / "system_ce" / user / "usagestats"
        (folder / "daily").mkdir(parents=True)
        for index in range(3):
            path = folder / "daily" / str(device.BEGIN + index)
            path.write_bytes(device.usage_with_tokens())
        size = -20 if user == "0" else len(device.mappings())
        (folder / "mappings").write_bytes(device.mappings()[:size])
    found = extract(tmp_path)
    warnings = [text for text in found.warnings if text.startswith("mappings:")]
    assert len(warnings) == 1
    assert "bytes announced" in warnings[0]
    assert len(uses(found, "activity_resumed")) == 6
    sms = uses(found, "notification_interruption")
    assert [item.android_user for item in sms] == [10, 10, 10]


def test_copy(tmp_path: Path) -> None:
    """What Android keeps while it writes a file is marked."""
    folder = tmp_path / "usagestats" / "daily"
    folder.mkdir(parents=True)
    (folder / f"{device.BEGIN}.bak").write_bytes(device.usage_with_pool())
    assert {item.record_state for item in uses(extract(tmp_path))} == {"copy"}


def test_other_files_are_left_alone(tmp_path: Path) -> None:
    """Numbers are common names; nothing is said about files elsewhere."""
    for place in ("daily", "notes/daily", "usagestats"):
        (tmp_path / place).mkdir(parents=True, exist_ok=True)
        (tmp_path / place / "1717200000000").write_bytes(b"anything")
    found = extract(tmp_path)
    assert found.event_data == []
    assert found.warnings == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty file"),
        (b"\x00\x01\x02", "field number 0 is not possible"),
        (b"ABX\x00\x10", "binary XML"),
        (b"<html></html>", "where usage is expected"),
        (b"<usagestats", "damaged XML"),
        (device.number(1, 5), "no usage statistics"),
        (
            b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><usagestats/>',
            "document type",
        ),
    ],
)
def test_hostile_usage(tmp_path: Path, content: bytes, reason: str) -> None:
    """A warning with file, offset and reason; never a failure."""
    folder = tmp_path / "usagestats" / "daily"
    folder.mkdir(parents=True)
    (folder / "1717200000000").write_bytes(content)
    found = extract(tmp_path)
    (warning,) = found.warnings
    assert warning.startswith("1717200000000: offset 0x")
    assert reason in warning
    assert found.event_data == []


def test_damaged_files(tmp_path: Path) -> None:
    """Changed files by the dozen in one run: no failure, and nothing is silent."""
    rng = random.Random(7)
    daily = tmp_path / "usagestats" / "daily"
    history = tmp_path / "notification_history" / "history"
    daily.mkdir(parents=True)
    history.mkdir(parents=True)
    (tmp_path / "usagestats" / "mappings").write_bytes(device.mappings()[:-9])
    contents = [
        device.usage_with_tokens(),
        device.usage_with_pool(),
        device.usage_xml(),
    ]
    for index in range(120):
        content = bytearray(contents[index % 3] if index % 4 else device.history())
        for _ in range(rng.randint(1, 8)):
            content[rng.randrange(len(content))] = rng.randrange(256)
        del content[rng.randint(1, len(content)) :]
        folder = daily if index % 4 else history
        (folder / str(device.BEGIN + index)).write_bytes(content)
    found = extract(tmp_path)
    assert found.event_data
    told = {text.partition(":")[0] for text in found.warnings}
    covered = len(uses(found, "covered_period"))
    assert covered + len(told) >= 120
    assert all(len(text) < 400 for text in found.warnings)


def test_notification_log(tmp_path: Path) -> None:
    """What became of notifications; of other programs a number only."""
    device.notification_log(tmp_path / "notification_log.db", LOG_ROWS)
    found = extract(tmp_path)
    assert found.warnings == []
    posted, clicked, dismissed = found.of_type("telegram:notification")
    assert [item.notification_kind for item in (posted, clicked, dismissed)] == [
        "posted",
        "clicked",
        "dismissed",
    ]
    assert clicked.recorded_time.timestamp == device.BEGIN + 99
    assert posted.recorded_time.timestamp == device.BEGIN + 5
    assert posted.posted_time is clicked.posted_time is None
    assert clicked.visible_seconds == 94
    assert (clicked.android_user, dismissed.android_user) == (0, None)
    assert (clicked.client_package, dismissed.client_package) == (device.TELEGRAM, None)
    assert (clicked.record_table, clicked.row_identifier) == ("log", "2")
    assert clicked.notification_key == "0|a|1"
    assert clicked.attribution_basis == "android_notification_log"
    (period,) = uses(found, "covered_period")
    assert (period.number_of_events, period.number_of_other_events) == (4, 1)
    assert period.end_time.timestamp == device.BEGIN + 500


@pytest.mark.parametrize("value", ["text", b"\xff\xfe", 1.5, None, -1, 1 << 62])
def test_notification_log_with_any_values(tmp_path: Path, value: Any) -> None:
    """Columns of SQLite hold anything."""
    path = tmp_path / "notification_log.db"
    rows = [
        tuple(value if place == column else item for place, item in enumerate(row))
        for row in LOG_ROWS[:1]
        for column in range(7)
    ]
    device.notification_log(path, rows)
    found = extract(tmp_path)
    assert len(uses(found, "covered_period")) == 1
    # All but the row whose package is none.
    assert len(found.of_type("telegram:notification")) == 6
    assert all("no time" in text for text in found.warnings)
    assert len(found.warnings) == 1


PLACES = [
    "data/system/notification_log.db",
    "data/system/notification_log.db-journal",
    "data/system/usagestats/0/daily/1717200000000",
    "data/system/usagestats/0/yearly/1717200000000-c",
    "data/system_ce/0/notification_history/history/1717200000000",
    "data/system_ce/10/usagestats/mappings",
    "data/system_ce/10/usagestats/weekly/1717200000000",
]


@pytest.mark.parametrize("source", ["filter", "artifact"])
def test_collection(tmp_path: Path, source: str) -> None:
    """The filter file and the artifact definition name the files."""
    for place in (*PLACES, "data/system_ce/0/accounts_ce.db", "data/system/other"):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_bytes(b"x")
    root = factory.Factory.NewPathSpec("OS", location=str(tmp_path))
    file_system = os_file_system.OSFileSystem(context.Context(), root)
    file_system.Open()
    if source == "filter":
        path = definitions.FILTERS_FOLDER / "telegram_android.yaml"
        filters = yaml_filter_file.YAMLFilterFile().ReadFromFile(str(path))
        helper = path_filters.PathCollectionFiltersHelper()
        helper.BuildFindSpecs(filters)
        specs = helper.included_file_system_find_specs
    else:
        (definition,) = [
            item
            for item in artifacts_reader.YamlArtifactsReader().ReadFile(
                str(definitions.ARTIFACTS_FILE)
            )
            if item.name == "TelegramAndroidDeviceUse"
        ]
        specs = [
            file_system_searcher.FindSpec(
                location_glob=location, location_separator="/", case_sensitive=False
            )
            for item in definition.sources
            for glob in item.paths
            for location in path_helper.PathHelper.ExpandGlobStars(glob, "/")
        ]
    searcher = file_system_searcher.FileSystemSearcher(file_system, root)
    found = {
        str(Path(spec.location).relative_to(tmp_path))
        for spec in searcher.Find(specs)
        if Path(spec.location).is_file()
    }
    assert found == set(PLACES)


def test_notification_log_without_columns(tmp_path: Path) -> None:
    """Version 1 and later differ in columns that are not needed."""
    with sqlite3.connect(tmp_path / "notification_log.db") as connection:
        connection.execute(
            "CREATE TABLE log (_id INTEGER PRIMARY KEY, event_user_id INT, "
            "event_type INT, event_time_ms INT, key TEXT, pkg TEXT, when_ms INT)"
        )
        connection.execute(
            "INSERT INTO log VALUES (1, 0, 2, 1717200000000, 'k', ?, 5)",
            (device.TELEGRAM,),
        )
    connection.close()
    (item,) = extract(tmp_path).of_type("telegram:notification")
    assert item.notification_kind == "clicked"
    assert item.visible_seconds is None
