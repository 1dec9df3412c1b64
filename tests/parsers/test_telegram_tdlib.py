"""TDLib databases of the real library through plaso's own worker."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests import tdlib_samples
from tests.parsers import support

PARSERS = (
    "telegram_tdlib_binlog,telegram_tdlib_binlog_named,telegram_tdlib_lone_database,"
    "sqlite/telegram_tdlib_database"
)
OWN = "111222333"


def extract_all(
    folder: Path, names: list[str], passcodes: list[str] | None
) -> support.Extraction:
    """Processes some files of a folder."""
    with support.given_passcodes(passcodes):
        specs = [support.os_path_spec(folder / name) for name in names]
        return support.Engine(PARSERS).run(specs)


def messages(found: support.Extraction) -> list[Any]:
    """Messages out of the database."""
    return [
        item
        for item in (
            *found.of_type("telegram:message"),
            *found.of_type("telegram:notice"),
        )
        if item.attribution_basis == "tdlib_database"
    ]


def text_of(content: dict[str, Any]) -> str | None:
    """Text or caption of a message as TDLib tells it."""
    text = content.get("text") or content.get("caption") or {}
    return text.get("text") or None if isinstance(text, dict) else None


@pytest.mark.parametrize("name", tdlib_samples.UPDATES)
def test_updates(name: str, tmp_path: Path) -> None:
    """Messages, dates, directions and origins are those that TDLib told."""
    sample = tdlib_samples.load(name, tmp_path)
    found = extract_all(sample.folder, ["td.binlog"], sample.passcodes)
    assert found.warnings == []
    expected: dict[tuple[int, int], dict[str, Any]] = {}
    composed = set()
    for update in sample.truth:
        message = update.get("message")
        if update.get("@type") == "updateMessageSendSucceeded":
            composed.add((message["chat_id"], message["id"]))
            expected.pop((message["chat_id"], update["old_message_id"]), None)
        elif update.get("@type") != "updateNewMessage" or message.get("sending_state"):
            continue
        expected[message["chat_id"], message["id"]] = message
    rows = {}
    for item in messages(found):
        if item.record_state is None:
            chat, number = item.row_identifier.split()
            rows[int(chat), int(number)] = item
    checked = 0
    for key, message in expected.items():
        item = rows.get(key)
        if item is None:
            # Local messages without a row: TDLib keeps them in memory only.
            assert key[1] & 3
            continue
        checked += 1
        assert item.text == text_of(message["content"]), key
        assert item.sent_time.timestamp == message["date"], key
        if key[0] == 777000:
            continue
        assert bool(item.is_outgoing) == message["is_outgoing"], key
        if message["is_outgoing"]:
            origin = "this_installation" if key in composed else "no_local_trace"
            assert item.origin == origin, key
        else:
            assert item.origin is None
    assert checked >= 10 and composed
    (session,) = [item for item in found.sessions if item.record_state == "current"]
    assert (session.account_identifier, session.session_data_center) == (OWN, 2)
    assert session.created_time is not None


@pytest.mark.parametrize("name", ["tdlib-1.8.50-live-wal", "tdlib-1.8.66-key-closed"])
def test_pending_messages(name: str, tmp_path: Path) -> None:
    """Requests to send: erased ones prove composition, one was never acknowledged."""
    sample = tdlib_samples.load(name, tmp_path)
    found = extract_all(sample.folder, ["td.binlog"], sample.passcodes)
    sent = [
        item
        for item in found.of_type("telegram:message")
        if item.attribution_basis == "tdlib_send_request"
    ]
    assert {item.origin for item in sent} == {"this_installation"}
    states = {item.text: (item.record_state, item.send_state) for item in sent}
    assert states["msg E pending, never acknowledged"] == ("current", "sending")
    assert states["msg A composed here (short sent)"] == ("removed", None)
    assert all(item.sent_time is not None for item in sent)


@pytest.mark.parametrize(
    "name", ["tdlib-1.8.46-key", "tdlib-1.8.65-key", "tdlib-1.8.65-no-key"]
)
def test_archives(name: str, tmp_path: Path) -> None:
    """The made-up world: every message that TDLib holds, with sender and direction."""
    sample = tdlib_samples.load(name, tmp_path)
    found = extract_all(sample.folder, ["td.binlog"], sample.passcodes)
    assert found.warnings == []
    own = str(sample.truth["me"]["id"])
    rows = {
        (int(item.row_identifier.split()[0]), int(item.row_identifier.split()[1])): item
        for item in messages(found)
        if item.record_state is None
    }
    checked = 0
    for chat, history in sample.truth["history"].items():
        listed = history["messages"] if isinstance(history, dict) else history
        for message in listed:
            item = rows.get((int(chat), message["id"]))
            if item is None:
                continue
            checked += 1
            assert item.text == text_of(message["content"])
            assert item.sent_time.timestamp == message["date"]
            if item.data_type == "telegram:message":
                assert item.is_outgoing == message["is_outgoing"]
                sender = message["sender_id"]
                number = sender.get("user_id") or sender.get("chat_id")
                if number > 0:
                    assert item.sender_identifier == str(number)
    assert checked >= 20
    (account, *_) = [item for item in found.accounts if item.account_phone]
    assert account.account_identifier == own
    names = {
        item.contact_identifier: item.contact_name
        for item in found.of_type("telegram:contact")
    }
    for user in sample.truth["world"]["users"]:
        if str(user["id"]) in names and user.get("last"):
            assert names[str(user["id"])] == f"{user['first']} {user['last']}"
    composed = [
        item
        for item in messages(found)
        if getattr(item, "origin", None) == "this_installation"
    ]
    assert [item.text for item in composed] == ["sent from tdlib"]


def test_without_a_key(tmp_path: Path) -> None:
    """A key that is not among the candidates: locked, said once, no guess."""
    sample = tdlib_samples.load("tdlib-1.8.66-key-closed", tmp_path)
    found = extract_all(sample.folder, ["td.binlog"], ["wrong"])
    (account,) = found.accounts
    assert (account.passcode_state, account.passcodes_tried) == ("locked", 2)
    assert not found.sessions and not messages(found)


def test_unauthorized(tmp_path: Path) -> None:
    """Nobody has logged in: no session, and nothing is invented."""
    sample = tdlib_samples.load("tdlib-1.8.69-unauthorized-no-key", tmp_path)
    found = extract_all(sample.folder, ["td.binlog"], [])
    assert all(item.record_state != "current" for item in found.sessions)
    assert not messages(found)


def test_log_without_database(tmp_path: Path) -> None:
    """The log alone gives account, session and requests."""
    sample = tdlib_samples.load("tdlib-1.8.50-live-wal", tmp_path)
    shutil.copy(sample.folder / "td.binlog", tmp_path)
    found = extract_all(tmp_path, ["td.binlog"], [])
    assert found.warnings == []
    assert [item.session_identifier for item in found.sessions if item.created_time]
    assert not messages(found)


def test_truncated_log(tmp_path: Path) -> None:
    """What stands before the cut comes out, and the cut is named."""
    sample = tdlib_samples.load("tdlib-1.8.50-live-wal", tmp_path)
    data = (sample.folder / "td.binlog").read_bytes()
    (tmp_path / "td.binlog").write_bytes(data[: len(data) // 2 + 2])
    found = extract_all(tmp_path, ["td.binlog"], [])
    assert any("offset 0x" in warning for warning in found.warnings)
    assert found.of_type("telegram:setting")


def test_damaged_database(tmp_path: Path) -> None:
    """A page with a wrong HMAC is named; rows of the others come out."""
    sample = tdlib_samples.load("tdlib-1.8.14-closed", tmp_path)
    for name in ("td.binlog", "db.sqlite"):
        (tmp_path / name).write_bytes((sample.folder / name).read_bytes())
    data = bytearray((tmp_path / "db.sqlite").read_bytes())
    pages = len(data) // 4096
    data[(pages - 1) * 4096 + 100] ^= 1
    (tmp_path / "db.sqlite").write_bytes(data)
    found = extract_all(tmp_path, ["td.binlog"], [])
    assert any("HMAC" in warning for warning in found.warnings)
    assert not [item for item in found.warnings if support.FAILURE in item]
