"""Tests of the Telegram Desktop parsers: older slots and left-over files."""

from __future__ import annotations

import os
from pathlib import Path

from tests.builders import tdata
from tests.parsers import support

LOCAL_KEY = support.LOCAL_KEY
VERSION = support.VERSION
ZERO = support.HASHES[0]
build = support.build
encrypted = support.encrypted
one_account = support.one_account


def test_older_slots(tmp_path: Path) -> None:
    """Older and temporary slots are records of their own, marked as overwritten."""
    current = one_account()
    folder = build(tmp_path / "tdata", [current])
    older = one_account(user_id=111222333, auth_keys={2: tdata.made_up_key("a")})
    oldest = one_account(user_id=444555666, auth_keys={2: tdata.made_up_key("b")})
    same = one_account(auth_keys={2: tdata.made_up_key("c")})
    slots = {
        f"{ZERO}0": older,
        f"{ZERO}1": oldest,
        f"{ZERO}s.Ab12Cd": same,
    }
    for name, account in slots.items():
        (folder / name).write_bytes(encrypted(tdata.authorization(account)))
    (folder / "key_data1").write_bytes(
        tdata.key_data(LOCAL_KEY, [0, 1], version=VERSION, salt=bytes(32), active=1)
    )
    (folder / "settings0").write_bytes(
        tdata.settings_file(tdata.settings_blocks(auto_start=1), VERSION, bytes(32))
    )
    result = support.extract(tmp_path)
    assert result.warnings == []
    states = {
        (item.account_identifier, item.session_identifier): item.record_state
        for item in result.sessions
    }
    assert states == {
        **dict.fromkeys(support.expected_ids([current]), "current"),
        **dict.fromkeys(support.expected_ids([older, oldest, same]), "overwritten"),
    }
    assert len(result.sessions) == 4
    (account,) = result.accounts
    assert account.account_identifier == str(current.user_id)
    for item in result.sessions:
        # The name in the map is that of the account that is logged in.
        known = item.account_identifier == str(current.user_id)
        assert item.account_name == ("Bob Baum" if known else None)
        assert item.account_phone == ("4915700000001" if known else None)
    auto_start = {
        item.setting_value: item.record_state
        for item in result.of_type("telegram:setting")
        if item.setting_name == "auto_start"
    }
    assert auto_start == {"off": "current", "on": "overwritten"}
    lists = {
        item.setting_value: item.record_state
        for item in result.of_type("telegram:setting")
        if item.setting_name == "account_indexes"
    }
    assert lists == {"0": "current", "0, 1": "overwritten"}


def test_newest_slot_counts(tmp_path: Path) -> None:
    """Before 1.9.17: of the slots 0 and 1 the newer one is the current one."""
    folder = build(tmp_path / "tdata", [one_account()], suffix="0")
    newer = one_account(user_id=111222333)
    (folder / f"{ZERO}1").write_bytes(encrypted(tdata.authorization(newer)))
    os.utime(folder / f"{ZERO}0", (0, 1_600_000_000))
    os.utime(folder / f"{ZERO}1", (0, 1_600_000_100))
    result = support.extract(tmp_path)
    states = {item.account_identifier: item.record_state for item in result.sessions}
    assert states == {"111222333": "current", "640011223": "overwritten"}


def test_current_slot_damaged(tmp_path: Path) -> None:
    """If the slot that should count is damaged, the older valid one does."""
    current = one_account()
    folder = build(tmp_path / "tdata", [current])
    older = one_account(user_id=111222333, auth_keys={2: tdata.made_up_key("a")})
    (folder / f"{ZERO}0").write_bytes(encrypted(tdata.authorization(older)))
    data = (folder / f"{ZERO}s").read_bytes()
    (folder / f"{ZERO}s").write_bytes(data[:20] + bytes(30) + data[50:])
    result = support.extract(tmp_path)
    (session,) = result.sessions
    assert session.record_state == "current"
    assert result.session_ids == support.expected_ids([older])
    assert any(text.startswith(f"{ZERO}s: offset 0x") for text in result.warnings)


def legacy_map(passcode: str) -> bytes:
    """A map as 2.1.13 left it, with the local key that is in use today."""
    return tdata.map_file(
        b"", LOCAL_KEY, 2001013, legacy_salt=bytes(range(32)), passcode=passcode
    )


def test_left_over_map_opens_a_locked_account(tmp_path: Path) -> None:
    """The upgrade to 2.1.14 kept the local key: an old map without passcode opens."""
    account = one_account()
    folder = build(tmp_path / "tdata", [account], passcode="not known")
    (folder / ZERO / "map0").write_bytes(legacy_map(""))
    result = support.extract(tmp_path)
    assert result.session_ids == support.expected_ids([account])
    (found,) = result.accounts
    # The passcode itself stays unknown: its recovery line is still of use.
    assert found.passcode_state == "locked"
    assert found.recovery_line == support.recovery_line(
        (folder / "key_datas").read_bytes()
    )
    assert found.account_name == "Bob Baum"
    assert sorted(result.settings("local_passcode")) == ["locked", "none"]
    assert "/accounts/0/mtp_authorization" in result.nested
    assert result.warnings == []


def test_left_over_map_with_another_passcode(tmp_path: Path) -> None:
    """An old map that opens with a given passcode is reported as it is."""
    account = one_account()
    folder = build(tmp_path / "tdata", [account])
    (folder / ZERO / "map0").write_bytes(legacy_map("old one"))
    for candidates, state in ((None, "locked"), (["old one"], "set")):
        result = support.extract(tmp_path, candidates)
        assert result.session_ids == support.expected_ids([account])
        assert sorted(result.settings("local_passcode")) == sorted(["none", state])
        states = {
            item.setting_value: item.record_state
            for item in result.of_type("telegram:setting")
            if item.setting_name == "local_passcode"
        }
        assert states == {"none": "current", state: "overwritten"}
        assert len(result.accounts) == 1


def test_damaged_modern_map_is_no_key_file(tmp_path: Path) -> None:
    """A damaged map says nothing about the passcode, which the key file knows."""
    folder = build(tmp_path / "tdata", [one_account()])
    path = folder / ZERO / "maps"
    path.write_bytes(b"TDF$" + bytes(range(100, 200)))
    result = support.extract(tmp_path)
    assert result.settings("local_passcode") == ["none"]
    assert any("maps: offset 0x" in text for text in result.warnings)
    assert len(result.sessions) == 1
