"""Stock log2timeline and psort over the committed E01 images."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest

from tests.end_to_end import support

RUNS = {
    "auto, single process": ["--single_process"],
    "auto, two workers": ["--workers", "2"],
    "telegram, single process": ["--parsers", "telegram", "--single_process"],
    "telegram, two workers": ["--parsers", "telegram", "--workers", "2"],
}


def expected_sessions(image: str) -> set[tuple[str, str, int, str]]:
    """Ground truth: account, session identifier, data center, folder."""
    return {
        (
            str(account["user_id"]),
            account["session_identifier"],
            account["main_dc"],
            tdata["path"],
        )
        for tdata in support.GROUND_TRUTH[image]["tdata"]
        for account in tdata["accounts"]
    }


def found_sessions(timeline: support.Timeline) -> list[tuple[str, str, int, str]]:
    """What the timeline says, in the same form."""
    return [
        (
            session["account_identifier"],
            session["session_identifier"],
            session["session_data_center"],
            folder_of(session),
        )
        for session in timeline.logins
    ]


def folder_of(event: dict[str, Any]) -> str:
    """The tdata folder that an event comes from, with forward slashes."""
    path = event["display_name"].partition(":")[2].replace("\\", "/")
    return f"{path.rpartition('/tdata/')[0]}/tdata"


@pytest.mark.parametrize("options", RUNS.values(), ids=RUNS.keys())
def test_windows_image(options: list[str], tmp_path: pathlib.Path) -> None:
    """Every account of the NTFS image has one session, whatever the way of running."""
    timeline = support.make_timeline(
        support.TEST_DATA / "windows_telegram.E01",
        tmp_path,
        *options,
        "--telegram_passcodes",
        support.TEST_DATA / "passcodes.txt",
    )
    found = found_sessions(timeline)
    assert sorted(found) == sorted(expected_sessions("windows_telegram.E01"))
    for session in timeline.logins:
        assert session["client_name"] == "Telegram Desktop"
        assert session["client_version"] == "4.6.5"
        assert session["record_state"] == "current"
    accounts = timeline.accounts
    assert {item["account_identifier"] for item in accounts} == {
        item[0] for item in found
    }
    assert {item["passcode_state"] for item in accounts} == {"none", "set"}
    names = {item["setting_name"] for item in timeline.of_type("telegram:setting")}
    assert {"local_passcode", "account_indexes", "last_update_check"} <= names
    assert support.warnings(timeline.storage, tmp_path) == []
    decrypted = {
        event["display_name"]
        for event in timeline.events
        if event["display_name"].startswith("TDATA:")
    }
    if "telegram" in options:
        assert not decrypted, "filestat is not part of the preset telegram"
    else:
        assert {
            "TDATA:/settings",
            "TDATA:/accounts/2/map",
            "TDATA:/accounts/0/mtp_authorization",
            "TDATA:/accounts/1/user_settings",
        } <= decrypted


def test_linux_image(tmp_path: pathlib.Path) -> None:
    """The original and the stolen copy show the same session in two homes."""
    timeline = support.make_timeline(
        support.TEST_DATA / "linux_telegram.E01", tmp_path, "--workers", "2"
    )
    found = found_sessions(timeline)
    assert sorted(found) == sorted(expected_sessions("linux_telegram.E01"))
    assert {item[1] for item in found} == {"ba17aaf2eb518876"}
    assert len({item[3] for item in found}) == 2
    sessions = timeline.logins
    installations = {item["installation_identifier"] for item in sessions}
    assert installations == {"2d91db245bc3e359"}
    check_debug_log(timeline)
    assert support.warnings(timeline.storage, tmp_path) == []


def check_debug_log(timeline: support.Timeline) -> None:
    """The message that was typed into the original, with session and exact time."""
    sent = [
        item
        for item in timeline.events
        if item["data_type"] == "telegram:message"
        and item.get("origin") == "this_installation"
    ]
    assert [
        (item["text"], item["timestamp"] // 1_000_000, item["session_identifier"])
        for item in sent
    ] == [("ok sent #invoice2023", 1795302331, "ba17aaf2eb518876")]
    starts = {
        (folder_of_log(item), item["timestamp"] // 1_000_000)
        for item in timeline.events
        if item["data_type"] == "telegram:log"
        and item.get("log_event") == "program_started"
    }
    # 2026-11-21 23:04:48 and 23:31:17 in the logs of the machine, which was on UTC.
    assert starts == {("marta", 1795302288), ("guest7", 1795303877)}
    drafts = {item["text"] for item in timeline.of_type("telegram:draft")}
    assert "saved: unsent: meet at pier 7?" in drafts


def folder_of_log(event: dict[str, Any]) -> str:
    """The user whose log an event comes from."""
    return event["display_name"].partition("/home/")[2].partition("/")[0]


@pytest.mark.parametrize("candidates", [None, ["wrong", "pier7"]])
def test_locked_profile(candidates: list[str] | None, tmp_path: pathlib.Path) -> None:
    """A passcode that nobody knows costs its own profile, never silence."""
    options: list[str | pathlib.Path] = []
    if candidates:
        path = tmp_path / "candidates.txt"
        path.write_text("\n".join(candidates), encoding="utf-8")
        options = ["--telegram_passcodes", path]
    timeline = support.make_timeline(
        support.TEST_DATA / "windows_telegram.E01",
        tmp_path,
        "--parsers",
        "telegram",
        "--workers",
        "2",
        *options,
    )
    locked_folder = "/Users/Marta/AppData/Roaming/Telegram Desktop/tdata"
    assert sorted(found_sessions(timeline)) == sorted(
        item
        for item in expected_sessions("windows_telegram.E01")
        if item[3] != locked_folder
    )
    locked = [item for item in timeline.accounts if item["passcode_state"] == "locked"]
    assert {item["account_slot"] for item in locked} == {"0", "1"}
    assert {folder_of(item) for item in locked} == {locked_folder}
    for item in locked:
        assert item["recovery_line"].startswith("$telegram$2*100000*")
        assert len(item["recovery_line"].split("*")[3]) == 576
        assert "account_identifier" not in item
    settings = {
        item["setting_name"]: item["setting_value"]
        for item in timeline.of_type("telegram:setting")
        if folder_of(item) == locked_folder
    }
    assert settings["local_passcode"] == "locked"
    assert settings["auto_lock_seconds"] == "3600", "no passcode protects settings"


# "fork" is what every other test uses.
@pytest.mark.parametrize("start_method", ["spawn", "forkserver"])
def test_start_methods(start_method: str, tmp_path: pathlib.Path) -> None:
    """Hooks and passcodes reach workers of every start method (macOS, Windows)."""
    timeline = support.make_timeline(
        support.TEST_DATA / "windows_telegram.E01",
        tmp_path,
        "--parsers",
        "telegram,filestat",
        "--workers",
        "2",
        "--telegram_passcodes",
        support.TEST_DATA / "passcodes.txt",
        start_method=start_method,
    )
    assert sorted(found_sessions(timeline)) == sorted(
        expected_sessions("windows_telegram.E01")
    )
    assert any(
        event["display_name"] == "TDATA:/accounts/1/map" for event in timeline.events
    )
