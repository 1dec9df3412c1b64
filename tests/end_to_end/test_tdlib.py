"""Stock tools over a telephone with Telegram X and a computer with Unigram."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import pytest

from tests.builders import tdlib as build
from tests.builders import tdlib_devices as devices
from tests.end_to_end import support

REAL_SESSION = "741970558c7b4c6a"
REAL_TEXTS = {
    "incoming D (from Bob)",
    "msg A composed here (short sent)",
    "msg C sent from ANOTHER session",
    "msg E pending, never acknowledged",
}


@pytest.fixture(scope="module", name="telephone")
def make_telephone(tmp_path_factory: pytest.TempPathFactory) -> support.Timeline:
    """The telephone, processed by two workers, with the key of the fork."""
    return process(tmp_path_factory.mktemp("telephone"), "tdlib.E01")


@pytest.fixture(scope="module", name="computer")
def make_computer(tmp_path_factory: pytest.TempPathFactory) -> support.Timeline:
    """The computer, by two workers."""
    return process(tmp_path_factory.mktemp("computer"), "unigram.E01")


def process(folder: pathlib.Path, image: str) -> support.Timeline:
    """Runs the stock tools."""
    keys = folder / "keys.txt"
    keys.write_text(f"wrong\n{devices.FORK_KEY}\n", encoding="utf-8")
    return support.make_timeline(
        support.TEST_DATA / image,
        folder,
        *("--workers", "2", "--parsers", "telegram"),
        *("--telegram_passcodes", keys),
    )


def of_store(timeline: support.Timeline, store: devices.Store) -> list[dict[str, Any]]:
    """Messages of an account."""
    return [
        item
        for item in timeline.of_type("telegram:message")
        if item.get("account_identifier") == str(store.user)
    ]


def place_of(item: dict[str, Any]) -> tuple[Any, ...]:
    """Where an event says that it comes from."""
    slot = item.get("account_slot")
    return (
        item["client_name"],
        item.get("client_package"),
        item.get("android_user"),
        None if slot is None else int(slot),
    )


def check_store(timeline: support.Timeline, store: devices.Store) -> None:
    """Session, messages, origins and names of a directory that opens."""
    (session,) = [
        item
        for item in timeline.of_type("telegram:session")
        if item.get("session_identifier") == store.session
    ]
    assert session["account_identifier"] == str(store.user)
    assert session["session_data_center"] == 2
    assert session["record_state"] == "current"
    assert (
        session["display_name"].replace("\\", "/").endswith(f"/{store.path}/td.binlog")
    )
    assert place_of(session) == (
        store.client,
        store.package,
        store.android_user,
        store.slot,
    )
    messages = of_store(timeline, store)
    assert {
        item["text"]: (item.get("origin"), item.get("is_outgoing")) for item in messages
    } == {
        store.composed: ("this_installation", True),
        store.elsewhere: ("no_local_trace", True),
        store.received: (None, False),
    }
    for item in messages:
        assert item["session_identifier"] == store.session
        assert item["client_name"] == store.client
        assert item.get("client_package") == store.package
        assert item.get("android_user") == store.android_user
        assert item["chat_title"] == "Bob Friend"
    names = {
        item.get("account_name")
        for item in timeline.of_type("telegram:account")
        if item.get("account_identifier") == str(store.user)
    }
    assert store.name in names


def check_locked(timeline: support.Timeline, store: devices.Store) -> None:
    """A directory that no key opens is told of, and nothing of it is guessed."""
    (account,) = [
        item
        for item in timeline.of_type("telegram:account")
        if item.get("passcode_state") == "locked"
    ]
    assert place_of(account) == (
        store.client,
        store.package,
        store.android_user,
        store.slot,
    )
    assert account["passcodes_tried"] == 3
    assert store.composed not in json.dumps(timeline.events)
    found = support.warnings(timeline.storage, timeline.storage.parent)
    (warning,) = found
    assert "db.sqlite: cannot be decrypted" in warning
    result = support.run(
        support.COMMANDS / "pinfo",
        *("--sections", "warnings", "-v"),
        timeline.storage,
        folder=timeline.storage.parent,
    )
    words = " ".join(result.stdout.split())
    assert "db.sqlite: cannot be decrypted" in words
    assert "none of 3 candidates fits" in words


@pytest.mark.parametrize("store", [devices.SLOT_0, devices.FORKED, devices.SECOND_USER])
def test_telephone(telephone: support.Timeline, store: devices.Store) -> None:
    """Slots, a fork of Telegram X, another Android user."""
    check_store(telephone, store)


def test_real_slot(telephone: support.Timeline) -> None:
    """A real database that was open when it was copied: its rows stand in the log."""
    messages = [
        item
        for item in telephone.of_type("telegram:message")
        if item.get("account_identifier") == str(build.OWN)
    ]
    assert {item.get("text") for item in messages} >= REAL_TEXTS
    assert {item["account_slot"] for item in sessions(telephone, REAL_SESSION)} == {"1"}
    origins = {item.get("text"): item.get("origin") for item in messages}
    assert origins["msg C sent from ANOTHER session"] == "no_local_trace"
    assert origins["msg E pending, never acknowledged"] == "this_installation"


def sessions(timeline: support.Timeline, key: str) -> list[dict[str, Any]]:
    """Sessions with a key."""
    return [
        item
        for item in timeline.of_type("telegram:session")
        if item.get("session_identifier") == key
    ]


def test_locked(telephone: support.Timeline, computer: support.Timeline) -> None:
    """One directory of each device has a key that nobody gave."""
    check_locked(telephone, devices.LOCKED)
    check_locked(computer, devices.UNIGRAM_LOCKED)


def test_account_slots(telephone: support.Timeline) -> None:
    """Telegram X's own list of its slots."""
    slots = {
        item["account_slot"]: (item["account_identifier"], item["timestamp"])
        for item in telephone.events
        if item.get("trace_type") == "account_slot_changed"
    }
    assert slots == {
        "0": (str(devices.SLOT_0.user), devices.SLOT_TIME * 1000),
        "1": (str(build.OWN), (devices.SLOT_TIME + 1000) * 1000),
    }


def test_computer(computer: support.Timeline) -> None:
    """Unigram on NTFS, and the log that ties its key to times."""
    check_store(computer, devices.UNIGRAM)
    (trace,) = [
        item
        for item in computer.of_type("telegram:client_trace")
        if item["trace_type"] == "auth_key"
    ]
    assert trace["session_identifier"] == devices.UNIGRAM.session


def test_report(telephone: support.Timeline, tmp_path: pathlib.Path) -> None:
    """Every session in its directory, with names; a listed login is none of them."""
    target, page = tmp_path / "report.json", tmp_path / "report.html"
    support.run(
        support.COMMANDS / "telegram-forensics",
        *("report", telephone.storage, "--json", target, "-o", page),
        folder=tmp_path,
    )
    found = json.loads(target.read_text("utf-8"))
    stores = (devices.SLOT_0, devices.FORKED, devices.SECOND_USER)
    expected = {store.session: f"/{store.path}/td.binlog" for store in stores}
    expected[REAL_SESSION] = f"/data/data/{devices.TELEGRAM_X}/files/tdlib1/td.binlog"
    assert {
        item["session_identifier"]: {place["path"] for place in item["places"]}
        for item in found["sessions"]
        if item["match"] == "key"
    } == {key: {path} for key, path in expected.items()}
    (listed,) = [item for item in found["sessions"] if item["match"] != "key"]
    assert listed["match"] == "unmatched"
    assert listed["device_model"] == "Telegram Desktop 5.0, Windows 10"
    text = page.read_text("utf-8")
    for name in ("Alice Owner", *(store.name for store in stores)):
        assert name in text
