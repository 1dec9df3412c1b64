"""Account, login and passcode of a slot."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest

from telegram_forensics.formats import android_preferences, android_user_config
from telegram_forensics.formats.android_user_config import LoginState, Person
from tests import helpers
from tests.builders import android_small as build
from tests.formats.test_android_tgnet import SAMPLE


def read(values: dict[str, Any], slot: int = 0) -> android_user_config.UserConfig:
    """Reads values as a file of a slot."""
    preferences = android_preferences.read_preferences(build.preferences(values))
    return android_user_config.read_user_config(preferences, slot)


def named(config: android_user_config.UserConfig) -> dict[str, str]:
    """Settings by name."""
    return {setting.name: setting.value for setting in config.settings}


def test_real_files() -> None:
    """The slot that was used and the one that never was."""
    folder = SAMPLE / "shared_prefs"
    if not folder.is_dir():
        pytest.skip(helpers.NO_SAMPLES)
    preferences = android_preferences.read_preferences(
        (folder / "userconfing.redacted.xml").read_bytes()
    )
    config = android_user_config.read_user_config(preferences, 0)
    assert config.state is LoginState.LOGGED_IN
    assert config.login_time == 1623265028
    assert config.person is not None and config.person.username == "ABCDEF"
    assert named(config)["last_local_message_identifier"] == "-210001"
    assert not config.problems
    preferences = android_preferences.read_preferences(
        (folder / "userconfig1.xml").read_bytes()
    )
    config = android_user_config.read_user_config(preferences, 1)
    assert config.state is LoginState.NEVER_USED
    assert config.first_start_time == 1623264987
    assert (config.login_time, config.logout_time) == (None, None)


@pytest.mark.parametrize(
    ("values", "state", "login", "logout"),
    [
        (
            {"user": True, "loginTime": 1700000000},
            LoginState.LOGGED_IN,
            1700000000,
            None,
        ),
        ({"user": True, "loginTime": 0}, LoginState.LOGGED_IN, None, None),
        ({"user": True}, LoginState.LOGGED_IN, None, None),
        ({"loginTime": 1700000000}, LoginState.LOGGED_OUT, None, 1700000000),
        ({"loginTime": 3}, LoginState.NEVER_USED, None, None),
        ({"lastSendMessageId": -210000}, LoginState.NOBODY, None, None),
    ],
)
def test_login_states(
    values: dict[str, Any], state: LoginState, login: int | None, logout: int | None
) -> None:
    """What loginTime means depends on whether somebody is logged in."""
    if "user" in values:
        values = {**values, "user": build.wrapped(build.user(640011223))}
    config = read(values, 3)
    assert (config.state, config.login_time, config.logout_time) == (
        state,
        login,
        logout,
    )


def test_first_start() -> None:
    """Two values must agree, and only unused slots keep them."""
    values = {
        "loginTime": 1,
        "lastContactsSyncTime": 1700000000 - 82800,
        "lastHintsSyncTime": 1700000000 - 90000,
    }
    assert read(values).first_start_time == 1700000000
    assert "last_contacts_sync" not in named(read(values))
    assert read({**values, "lastHintsSyncTime": 1700000000}).first_start_time is None
    assert read({**values, "loginTime": 1700000000}).first_start_time is None


def test_persons() -> None:
    """Old and new users, several usernames, an empty one."""
    config = read({"user": build.wrapped(build.user(640011223))})
    assert config.person == Person(640011223, "Ann Lee", "491701234567", "annlee")
    names = (("old", False), ("shown", True), ("also", True))
    config = read({"user": build.wrapped(build.new_user(5123456789, names))})
    assert config.person == Person(5123456789, "Zoë", None, "shown")
    empty = build.struct.pack("<Iq", 0xD3BC4B7A, 5)
    assert read({"user": build.wrapped(empty)}).person is None


def test_damaged_user() -> None:
    """Somebody is logged in, whoever it is; the damage is reported."""
    data = build.user(640011223)
    for damaged in (data[:-3], b"\xee" * 8, data + b"more", b""):
        config = read({"user": build.wrapped(damaged) or "x", "loginTime": 1700000000})
        assert config.state is LoginState.LOGGED_IN
        assert config.problems or not damaged
    config = read({"user": "no base64!"})
    assert config.state is LoginState.LOGGED_IN and config.problems
    for prefix in helpers.every_truncation(data):
        config = read({"user": base64.b64encode(prefix).decode() or "!"})
        assert config.problems
        if config.person is not None:
            assert config.person.identifier == 640011223


def test_passcodes() -> None:
    """The published vectors, and that the line fits the passcode."""
    path = helpers.REPOSITORY / "test_data" / "vectors" / "android_vectors.json"
    vectors = json.loads(path.read_text("utf-8"))["vectors"]
    items = [item for item in vectors if item["kind"] == "passcode"]
    assert len(items) == 2
    for item in items:
        keys = ("passcodeHash1", "passcodeSalt")
        config = read({key: item[key] for key in keys} | {"passcodeType": 1})
        assert config.passcode is not None
        assert config.passcode.kind == "password"
        assert config.passcode.recovery_line == item.get(
            "hashcat_22301", item["passcodeHash1"].lower()
        )
        assert named(config)["local_passcode"] == "set, password"
    _, digest, salt = str(items[0]["hashcat_22301"]).split("*")
    raw = bytes.fromhex(salt)
    assert hashlib.sha256(raw + b"1234" + raw).hexdigest() == digest


def test_other_passcodes() -> None:
    """None set, and a form that nobody knows."""
    config = read({"passcodeHash1": "", "passcodeSalt": ""})
    assert config.passcode is None and named(config)["local_passcode"] == "none"
    config = read({"passcodeHash1": "abc", "passcodeSalt": "", "passcodeType": 5})
    assert config.passcode is not None and config.passcode.recovery_line is None
    assert config.problems and named(config)["local_passcode"] == "set, other"


def test_credentials_stay_inside() -> None:
    """Of token, key and temporary password only identifiers are given out."""
    key = build.made_up_key("push")
    config = read(
        {
            "pushString2": "fcm:secret-token",
            "pushAuthKey": build.wrapped(key),
            "tmpPassword": build.wrapped(build.temporary_password(1700000000)),
        }
    )
    found = named(config)
    digest = hashlib.sha256(b"fcm:secret-token").hexdigest()
    assert found["push_token_fingerprint"] == f"SHA-256 {digest}"
    assert found["push_auth_key_identifier"] == build.key_identifier(key)
    assert found["temporary_password"] == (
        "present, valid until 2023-11-14T22:13:20+00:00"
    )
    text = repr(config)
    assert "secret" not in text and key[:8].hex() not in text
    config = read({"tmpPassword": build.wrapped(b"\xee" * 12)})
    assert named(config)["temporary_password"] == "present" and config.problems


def test_impossible_times() -> None:
    """Times beyond every calendar are shown as numbers."""
    config = read({"appUpdateCheckTime": build.Long(1 << 62)})
    (setting,) = config.settings
    assert setting.time is None and "no possible time" in setting.value
    config = read({"appUpdateCheckTime": build.Long(1700000000123)})
    assert config.settings[0].time == 1700000000123
