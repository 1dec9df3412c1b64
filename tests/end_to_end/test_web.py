"""Browser profiles in images, with the stock commands."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end import support

TRUTH: dict[str, Any] = json.loads(
    (support.TEST_DATA / "web_truth.json").read_text(encoding="utf-8")
)
IMAGES = sorted(TRUTH)
OLGA, MARK = "5211046831", "7301998420"
OLD, NEW, HIS = "bac8f4d31608af23", "52a0fc71e6fccbaa", "8a55c2cd21b47876"
# Sessions of each sample: identifier, account, state, basis.
SESSIONS = {
    "chromium113_leveldb_webogram_webz": {
        (OLD, OLGA, "removed", "webogram_user_auth"),
        (None, OLGA, "current", "web_z_session_name"),
        (NEW, OLGA, "current", "web_z_session"),
    },
    "chromium156_leveldb_weba": {
        (OLD, OLGA, "removed", "web_a_account"),
        (NEW, OLGA, "current", "web_a_account"),
    },
    "chromium156_leveldb_weba_passcode": {
        (OLD, OLGA, "removed", "web_a_account"),
        (OLD, OLGA, "current", "web_a_session+passcode"),
    },
    "chromium156_leveldb_webk": {
        (OLD, OLGA, "overwritten", "web_k_account"),
        (HIS, MARK, "current", "web_k_account"),
    },
    "chromium156_leveldb_webk_passcode": {
        (OLD, OLGA, "removed", "web_k_account"),
        (OLD, OLGA, "current", "web_k_account+passcode"),
    },
    "chromium156_sqlite_webk": {(HIS, MARK, "current", "web_k_account")},
    "firefox153_weba": {(NEW, OLGA, "current", "web_a_account")},
    "firefox153_webk": {(HIS, MARK, "current", "web_k_account")},
}
MESSAGES = {
    "chromium156_leveldb_weba": 1603,
    "chromium156_leveldb_weba_passcode": 1,
    "chromium156_leveldb_webk": 3,
    "chromium156_leveldb_webk_passcode": 1,
    "chromium113_leveldb_webogram_webz": 1,
    "firefox153_weba": 1603,
    "firefox153_webk": 1,
}


@pytest.fixture(scope="module", params=IMAGES)
def image(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, support.Timeline]:
    """Name and timeline of an image, made as an examiner would."""
    folder = tmp_path_factory.mktemp("web")
    passcodes = folder / "passcodes.txt"
    passcodes.write_text("1234\n2580\n", encoding="utf-8")
    return request.param, support.make_timeline(
        support.TEST_DATA / request.param,
        folder,
        "--single_process",
        "--telegram_passcodes",
        passcodes,
    )


@pytest.mark.parametrize("name", IMAGES)
def test_image_is_the_one_described(name: str) -> None:
    """The committed image."""
    data = (support.TEST_DATA / name).read_bytes()
    assert hashlib.sha256(data).hexdigest() == TRUTH[name]["sha256"]
    assert len(data) < 1_500_000


def _folder(item: dict[str, Any]) -> str:
    return str(item["browser_profile"]).replace("\\", "/").strip("/")


def test_sessions(image: tuple[str, support.Timeline]) -> None:
    """Each session of each profile, with browser and profile; no other one."""
    name, timeline = image
    found: dict[tuple[str, str], set[tuple[Any, ...]]] = {}
    for item in timeline.of_type("telegram:session"):
        place = (_folder(item), item["browser_name"])
        found.setdefault(place, set()).add(
            (
                item.get("session_identifier"),
                item["account_identifier"],
                item["record_state"],
                item["attribution_basis"],
            )
        )
    assert found == {
        (item["folder"], item["browser"]): SESSIONS[item["sample"]]
        for item in TRUTH[name]["profiles"]
    }


def test_users(image: tuple[str, support.Timeline]) -> None:
    """The profile's path has the user of the computer, whose home it lies in."""
    name, timeline = image
    users = {item["folder"]: item["user"] for item in TRUTH[name]["profiles"]}
    for item in timeline.of_type("telegram:session"):
        assert _folder(item).split("/")[1] == users[_folder(item)]


def test_messages(image: tuple[str, support.Timeline]) -> None:
    """The number of messages of each profile."""
    name, timeline = image
    counts: dict[str, int] = {}
    for item in timeline.of_type("telegram:message"):
        counts[_folder(item)] = counts.get(_folder(item), 0) + 1
    expected = {
        item["folder"]: MESSAGES[item["sample"]]
        for item in TRUTH[name]["profiles"]
        if item["sample"] in MESSAGES
    }
    assert counts == expected


def test_texts(image: tuple[str, support.Timeline]) -> None:
    """Each event has words that name session and browser."""
    _, timeline = image
    for event in timeline.events:
        if event["data_type"] == "telegram:session":
            assert "browser: " in event["message"]
            assert "profile: " in event["message"]
    times = {
        event["timestamp_desc"]
        for event in timeline.events
        if event["data_type"] == "telegram:session"
    }
    assert {"Session Created Time", "Last Active Time"} <= times
    traces = {
        event["trace_type"]
        for event in timeline.events
        if event["data_type"] == "telegram:web_trace"
    }
    assert {"client_open", "database", "cached_resource"} <= traces


def test_no_warnings(image: tuple[str, support.Timeline], tmp_path: Path) -> None:
    """Nothing is wrong with what a browser wrote."""
    _, timeline = image
    found = support.warnings(timeline.storage, tmp_path)
    assert [text for text in found if "timelining" in text or "telegram" in text] == []
