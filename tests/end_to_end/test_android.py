"""Stock log2timeline and psort over a telephone."""

from __future__ import annotations

import pathlib

import pytest

from tests.builders import android_small as build
from tests.end_to_end import support
from tests.parsers.test_telegram_android import KEYS, image_files

SYSTEM = """
import sys
from plaso.storage import factory
reader = factory.StorageFactory.CreateStorageReaderForFile(sys.argv[1])
for item in reader.GetAttributeContainers("system_configuration"):
    print(item.operating_system, item.operating_system_version, item.time_zone)
for item in reader.GetSessions():
    print(item.parser_filter_expression)
"""


@pytest.mark.slow
def test_telephone(tmp_path: pathlib.Path) -> None:
    """The preset of Android is chosen, and its sessions are in the timeline."""
    files = image_files("Dump/")
    files["Dump/data/property/persistent_properties"] = build.persistent_properties(
        {"persist.sys.timezone": "Europe/Berlin"}
    )
    source = build.write(tmp_path / "telephone", files)
    timeline = support.make_timeline(source, tmp_path, "--single_process")
    result = support.run(
        support.sys.executable, "-c", SYSTEM, timeline.storage, folder=tmp_path
    )
    assert result.stdout.splitlines() == ["Android 11 Europe/Berlin", "android"]
    assert support.warnings(timeline.storage, tmp_path) == []
    sessions = timeline.of_type("telegram:session")
    named = {
        (item["account_identifier"], item["session_identifier"])
        for item in sessions
        if "session_identifier" in item
    }
    assert named == {
        ("640011223", build.key_identifier(KEYS[0])),
        ("715203344", build.key_identifier(KEYS[1])),
    }
    created = [
        item
        for item in timeline.events
        if item["timestamp_desc"] == "Session Created Time"
    ]
    assert sorted(item["timestamp"] for item in created) == [
        1700000000 * 1_000_000,
        1710000000 * 1_000_000,
    ]
    message = created[0]["message"]
    assert "package: org.telegram.messenger" in message
    assert "Android user: 0" in message
    assert {"fs:stat", "telegram:draft", "telegram:account"} <= {
        item["data_type"] for item in timeline.events
    }
