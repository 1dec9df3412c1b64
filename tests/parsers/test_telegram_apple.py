"""Installations of Telegram for iOS and native macOS through plaso's own worker."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.builders import apple_store, sqlcipher
from tests.parsers import support

FILES = (
    "telegram_apple_accounts,telegram_apple_critlog,telegram_apple_lock_state,"
    "telegram_apple_log,telegram_apple_login_tokens,telegram_apple_notification_key,"
    "telegram_apple_run,telegram_apple_shared_data"
)
PARSERS = f"{FILES},telegram_apple_encrypted,sqlite/telegram_apple_database"


def extract(
    root: Path, passcodes: list[str] | None = None, parsers: str = PARSERS
) -> support.Extraction:
    """Processes all files of a folder."""
    with support.given_passcodes(passcodes):
        specs = [
            support.os_path_spec(path)
            for path in sorted(root.rglob("*"))
            if path.is_file()
        ]
        return support.Engine(parsers).run(specs)


def traces(found: support.Extraction) -> dict[str, list[tuple[Any, Any]]]:
    """Times and words of traces by their kind."""
    items: dict[str, list[tuple[Any, Any]]] = {}
    for item in found.of_type("telegram:client_trace"):
        time = item.recorded_time
        items.setdefault(item.trace_type, []).append(
            (time and time.CopyToDateTimeString(), item.trace_details)
        )
    return items


def texts(found: support.Extraction) -> Counter[Any]:
    """Number, text and origin of messages that count."""
    return Counter(
        (item.message_identifier, item.text, item.origin)
        for item in found.of_type("telegram:message")
        if item.record_state is None
    )


def by_basis(found: support.Extraction, basis: str) -> list[Any]:
    """Events with some basis."""
    return [item for item in found.event_data if item.attribution_basis == basis]


def test_ios(tmp_path: Path) -> None:
    """Accounts, keys, lock, logs and the database agree with each other."""
    made = apple_store.make_ios(tmp_path, has_log=True)
    found = extract(made.root)
    assert found.warnings == []
    cast = made.database.cast
    session = cast.session(cast.key)
    assert made.database.session == session
    records = {
        item.account_slot: item
        for item in by_basis(found, "apple_account_record")
        if item.data_type == "telegram:account"
    }
    own = records[str(cast.record)]
    assert (own.record_state, own.account_identifier) == ("current", str(cast.owner))
    assert own.passcode_state == "screen_lock"
    assert own.passcode_kdf == "numeric passcode, stored in clear"
    gone = records[str(apple_store.RECORD_REMOVED)]
    assert gone.record_state == "removed"
    sessions = {
        (item.attribution_basis, item.session_identifier): item
        for item in found.sessions
    }
    backup = sessions["apple_account_record", session]
    assert backup.key_identifiers == [session, cast.session(cast.media_key)]
    assert backup.session_data_center == 2
    removed = cast.session(apple_store.REMOVED_KEY)
    assert sessions["apple_account_record", removed].record_state == "removed"
    keychain = sessions["apple_keychain", session]
    assert keychain.client_name == "Telegram for iOS"
    assert keychain.device_model == "iPhone 13 Pro"
    items = traces(found)
    assert items["wrong_passcodes"] == [
        ("2024-12-30 23:27:14", "3 since the last success")
    ]
    assert items["app_active"] == [("2025-01-01 02:36:40", None)]
    assert items["login_tokens"] == [(None, "2 tokens of earlier logins")]
    (key,) = items["notification_key"]
    assert key[1].endswith("of 256 bytes")
    assert [time for time, _ in items["api_send"]] == ["2025-01-01 00:06:41.500000"]
    assert [time for time, _ in items["api_call"]] == ["2025-01-01 00:06:42"]
    assert ("2025-01-01 00:06:49", apple_store.CALLS[3][1]) in items["log_record"]
    # Of local time, as the log has it.
    assert (
        "2025-01-01 02:06:40.250",
        "[Network] connected\nsecond line",
    ) in items["log_record"]
    # Neither a passcode nor a key comes out.
    said = repr([vars(item) for item in found.event_data])
    assert "2468" not in said
    for secret in (cast.key, apple_store.REMOVED_KEY, cast.media_key):
        assert secret.hex()[:40] not in said
        assert json.dumps(apple_store._text(secret))[1:40] not in said


@pytest.mark.parametrize("version", ["12.2", "8.1", "5.0"])
@pytest.mark.parametrize("passcode", ["", "\u043f\u0430\u0440\u043e\u043b\u044c 1"])
def test_macos(tmp_path: Path, version: str, passcode: str) -> None:
    """The encrypted database with its log says what the same one in clear says."""
    made = apple_store.make_macos(tmp_path, version, passcode=passcode, has_log=True)
    candidates = ["wrong", passcode] if passcode else None
    found = extract(made.root, candidates)
    # Plaso's own SQLite parser warns of what it cannot open.
    assert [item for item in found.warnings if "SQLite" not in item] == []
    clear = tmp_path / "telegram-data" / made.folder.name / "postbox" / "db"
    clear.mkdir(parents=True)
    assert made.plain is not None
    made.plain.write(clear / "db_sqlite")
    expected = extract(tmp_path / "telegram-data")
    assert texts(found) == texts(expected)
    assert sum(texts(found).values()) > 100
    kinds = Counter(item.data_type for item in by_basis(found, "apple_database"))
    assert kinds == Counter(
        item.data_type for item in by_basis(expected, "apple_database")
    )
    cast = made.database.cast
    session = cast.session(cast.key)
    (shared,) = by_basis(found, "apple_shared_data")
    assert shared.session_identifier == session
    assert shared.account_name == "Owner Sample"
    assert shared.account_slot == str(cast.record)
    assert {item.client_name for item in found.event_data} == {"Telegram for macOS"}
    assert {item.session_identifier for item in by_basis(found, "apple_keychain")} == {
        session
    }
    items = traces(found)
    assert items["client_started"] == [("2025-01-01 02:53:20", None)]
    assert items["client_alive"] == [("2025-01-01 05:02:50", None)]


def test_macos_locked(tmp_path: Path) -> None:
    """Without the passcode the side files still name account and session."""
    made = apple_store.make_macos(tmp_path, passcode="secret")
    found = extract(made.root, ["wrong", "also wrong"])
    assert found.of_type("telegram:message") == []
    (locked,) = by_basis(found, "apple_tempkey")
    # The two, and that there is none.
    assert (locked.passcode_state, locked.passcodes_tried) == ("locked", 3)
    assert locked.account_slot == str(made.database.cast.record)
    reasons = [item for item in found.warnings if "cannot be decrypted" in item]
    assert len(reasons) == 1
    assert "tempkey" in reasons[0]
    assert "tdlib" not in reasons[0]
    cast = made.database.cast
    assert (str(cast.owner), cast.session(cast.key)) in {
        (item.account_identifier, item.session_identifier) for item in found.sessions
    }


def test_macos_damaged_page(tmp_path: Path) -> None:
    """A page with a wrong HMAC is warned about, the others are read."""
    made = apple_store.make_macos(tmp_path, rounds=3)
    data = bytearray(made.path.read_bytes())
    page = len(data) // 4096 // 2
    data[page * 4096 + 100] ^= 1
    made.path.write_bytes(data)
    found = extract(made.root)
    assert any(f"offset 0x{page * 4096:x}" in item for item in found.warnings)
    assert sum(texts(found).values()) > 50


def test_macos_without_a_key(tmp_path: Path) -> None:
    """The key file is gone or cut off."""
    made = apple_store.make_macos(tmp_path)
    for content in (None, b"", sqlcipher.tempkey()[:40]):
        key = made.root / ".tempkeyEncrypted"
        key.unlink()
        if content is not None:
            key.write_bytes(content)
        found = extract(made.root)
        assert len(by_basis(found, "apple_tempkey")) == 1
        assert found.of_type("telegram:message") == []
        key.write_bytes(b"")


def test_no_passcode(tmp_path: Path) -> None:
    """An app that is not locked."""
    made = apple_store.make_ios(tmp_path, passcode=None)
    found = extract(made.root / "accounts-metadata")
    assert {item.passcode_state for item in found.of_type("telegram:account")} == {None}


def side_files(root: Path) -> list[Path]:
    """The small files."""
    return sorted(
        path
        for path in root.rglob("*")
        if path.is_file() and not path.name.startswith("db_sqlite")
    )


def test_truncated_files(tmp_path: Path) -> None:
    """Cut off anywhere: no failure, and nothing that is wrong."""
    ios = apple_store.make_ios(tmp_path / "ios")
    mac = apple_store.make_macos(tmp_path / "mac")
    source = random.Random(9)
    for path in [*side_files(ios.root), *side_files(mac.root)]:
        data = path.read_bytes()
        sizes = range(len(data)) if len(data) < 80 else None
        for size in sizes or sorted(source.sample(range(len(data)), 25)):
            path.write_bytes(data[:size])
            found = extract(path.parent, parsers=FILES)
            for item in found.warnings:
                assert "Traceback" not in item
        path.write_bytes(data)


def test_mutated_files(tmp_path: Path) -> None:
    """Bytes of any value: events or none, never a failure."""
    ios = apple_store.make_ios(tmp_path / "ios")
    mac = apple_store.make_macos(tmp_path / "mac")
    source = random.Random(10)
    count = 0
    for path in [*side_files(ios.root), *side_files(mac.root)]:
        data = path.read_bytes()
        for _ in range(25):
            changed = bytearray(data)
            for _ in range(source.randrange(1, 6)):
                changed[source.randrange(len(changed))] = source.randrange(256)
            path.write_bytes(changed)
            found = extract(path.parent, parsers=FILES)
            assert not any("unable to process" in item for item in found.warnings)
            count += len(found.event_data)
        path.write_bytes(data)
    assert count > 0


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("crashhandler", b"nothing"),
        ("crashhandler", b"1735700000 nan"),
        ("crashhandler", b"1 2"),
        ("lockState.json", b"[]"),
        (
            "lockState.json",
            b'{"isManuallyLocked": 1, "unlockAttempts": {"count": "x"}}',
        ),
        ("login-tokens", b"{}"),
        ("notificationsKey", b'{"id": 5, "data": ""}'),
        ("notificationsKey", b'{"id": "AAAA", "data": "AAAA"}'),
        ("atomic-state", b"[" * 100_000),
        ("accounts-shared-data", b"\xff\xfe"),
        ("log-2025-1-1_02-06-40.250.txt", b"of another program\n"),
        ("critlog-2025-1-1_02-06-40.250.txt", b"of another program\n"),
    ],
)
def test_files_of_others(tmp_path: Path, name: str, content: bytes) -> None:
    """Files that only have the name."""
    (tmp_path / name).write_bytes(content)
    found = extract(tmp_path)
    assert [
        item for item in found.event_data if item.data_type.startswith("telegram")
    ] == []
