"""A Mac in an image, and a telephone in an archive, with the stock commands."""

from __future__ import annotations

import tarfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.builders import apple_store
from tests.builders.postbox_database import Database
from tests.end_to_end import support

IMAGE = support.TEST_DATA / "macos_telegram.E01"


def expected(database: Database) -> Counter[tuple[Any, ...]]:
    """Number, direction, text, origin of the messages that count."""
    found: Counter[tuple[Any, ...]] = Counter()
    for item in database.current:
        # Those of Telegram's own account are notices.
        if item.action is None and item.chat.number != 777000:
            number = str(item.number)
            if item.namespace:
                number = f"{item.namespace}:{number}"
            found[(number, item.is_outgoing, item.text, *item.origin)] += 1
    return found


def seen(timeline: support.Timeline, database: Database) -> Counter[tuple[Any, ...]]:
    """The same out of a timeline, of one account."""
    return Counter(
        (
            item["message_identifier"],
            item["is_outgoing"],
            item.get("text"),
            item.get("origin"),
            item.get("origin_confidence"),
        )
        for item in timeline.of_type("telegram:message")
        if item["account_identifier"] == str(database.cast.owner)
        and item.get("record_state") is None
        and item.get("service_action") is None
    )


@pytest.fixture(scope="module")
def databases(tmp_path_factory: pytest.TempPathFactory) -> list[Database]:
    """What the image was made from."""
    folder = tmp_path_factory.mktemp("mac")
    return [item.database for item in apple_store.make_mac_with_two_builds(folder)]


@pytest.fixture(scope="module")
def mac(tmp_path_factory: pytest.TempPathFactory) -> support.Timeline:
    """Timeline of the image, made as an examiner would."""
    folder = tmp_path_factory.mktemp("timeline")
    passcodes = folder / "passcodes.txt"
    passcodes.write_text(f"1234\n{apple_store.PASSCODE}\n", encoding="utf-8")
    return support.make_timeline(
        IMAGE, folder, "--single_process", "--telegram_passcodes", passcodes
    )


def test_mac_messages(mac: support.Timeline, databases: list[Database]) -> None:
    """Every message of both builds, out of the encrypted databases and their log."""
    for database in databases:
        wanted = expected(database)
        assert sum(wanted.values()) > 80
        assert seen(mac, database) == wanted


def test_mac_sessions(mac: support.Timeline, databases: list[Database]) -> None:
    """One session each: database, account record and shared data agree."""
    found: dict[str, set[str]] = {}
    for item in mac.of_type("telegram:session"):
        if item.get("record_state") == "current" and item.get("session_identifier"):
            key = item["session_identifier"]
            found.setdefault(key, set()).add(item["attribution_basis"])
    assert found == {
        database.session: {
            "apple_account_record",
            "apple_keychain",
            "apple_shared_data",
        }
        for database in databases
    }
    traces = Counter(
        item["trace_type"] for item in mac.of_type("telegram:client_trace")
    )
    assert traces["client_started"] == traces["client_alive"] == 2
    assert traces["api_send"] == 2


def test_mac_words(mac: support.Timeline) -> None:
    """Every event has words, and no key or passcode stands in them."""
    for event in mac.events:
        if event["data_type"].startswith("telegram:"):
            assert event["message"]
            assert apple_store.PASSCODE not in event["message"]


def test_mac_warnings(mac: support.Timeline, tmp_path: Path) -> None:
    """Plaso's own SQLite parser cannot open what is encrypted; nothing else."""
    found = support.warnings(mac.storage, tmp_path)
    assert [item for item in found if "telegram" in item] == []
    assert len([item for item in found if "SQLite" in item]) <= 2


def test_telephone_in_an_archive(tmp_path: Path) -> None:
    """A full file system extraction, as tar."""
    group = tmp_path / "group"
    made = apple_store.make_ios(group, has_log=True)
    archive = tmp_path / "telephone.tar"
    place = "private/var/mobile/Containers/Shared/AppGroup/0A1B-2C"
    with tarfile.open(archive, "w") as tar:
        tar.add(group, place)
    folder = tmp_path / "out"
    folder.mkdir()
    timeline = support.make_timeline(
        archive,
        folder,
        "--single_process",
        "--archives",
        "tar",
        "--parsers",
        "telegram",
    )
    assert seen(timeline, made.database) == expected(made.database)
    traces = Counter(
        item["trace_type"] for item in timeline.of_type("telegram:client_trace")
    )
    assert traces["wrong_passcodes"] == traces["app_active"] == 1
