"""Settings, drafts, saved tokens, uploads, binary files, the device itself."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest

from telegram_forensics.formats import (
    android_datacenter_files,
    android_device,
    android_preferences,
    android_settings,
)
from telegram_forensics.formats.android_dialog import Dialog, parse_dialog_id
from telegram_forensics.formats.errors import FormatError
from tests import helpers
from tests.builders import android_small as build
from tests.formats.test_android_tgnet import SAMPLE, vector


def read(kind: str, values: dict[str, Any]) -> android_settings.SettingsFile:
    """Reads values as a file of a kind."""
    preferences = android_preferences.read_preferences(build.preferences(values))
    return android_settings.read_settings(kind, preferences)


def test_main_config() -> None:
    """Proxy and times; secrets are only said to be there."""
    found = read(
        "main_config",
        {
            "proxy_enabled": True,
            "proxy_ip": "198.51.100.7",
            "proxy_port": 1080,
            "proxy_user": "u",
            "proxy_pass": "hidden1",
            "proxy_secret": "hidden2",
            "autologinToken": "hidden3",
            "language": "de",
            "lastReloadStatusTime": build.Long(1700000000123),
            "invitelinktime": 0,
        },
    )
    assert not found.problems and "hidden" not in repr(found)
    assert {setting.name: setting.value for setting in found.settings} == {
        "proxy_enabled": "yes",
        "proxy_address": "198.51.100.7",
        "proxy_port": "1080",
        "proxy_user": "u",
        "proxy_password": "present",
        "proxy_secret": "present",
        "autologin_token": "present",
        "language": "de",
        "last_status_reload": "2023-11-14T22:13:20+00:00",
    }


def test_notifications() -> None:
    """Previews and single chats."""
    found = read(
        "notifications",
        {
            "EnablePreviewAll": False,
            "notify2_42": 2,
            "notify2_-77": 3,
            "notifyuntil_-77": 1700000000,
            "notify2_4611686018732807800": 0,
            "silent_42": True,
        },
    )
    assert [(setting.name, setting.value) for setting in found.settings] == [
        ("notification_preview_private_chats", "no"),
        ("chat_notifications", "user 42: muted for ever, silent"),
        (
            "chat_notifications",
            "group 77: muted until 2023-11-14T22:13:20+00:00",
        ),
        ("chat_notifications", "secret 305419896: on"),
    ]


def test_login_in_progress() -> None:
    """The number that somebody began to log in with; the code is not given out."""
    found = read(
        "login_info",
        {
            "currentViewNum": 1,
            "phoneview_phone": "1701234567",
            "phoneview_code": "49",
            "smsview_params_2_|_phone": "491701234567",
            "smsview_params_2_|_phoneHash": "hidden",
            "smsview_code_2": "12345",
        },
    )
    assert [(setting.name, setting.value) for setting in found.settings] == [
        ("login_screen", "1"),
        ("login_phone", "1701234567"),
        ("login_country_code", "49"),
        ("login_phone", "491701234567"),
        ("login_in_progress", "2 more values are stored"),
    ]


def test_uploads() -> None:
    """Uploads that were begun, without their keys."""
    digest = "0123456789abcdef0123456789ABCDEF"
    found = read(
        "upload_info",
        {
            f"{digest}_size": build.Long(5000),
            f"{digest}_uploaded": build.Long(1000),
            f"{digest}_id": build.Long(-7),
            f"{digest}_time": 1700000000,
            f"{digest}_key": "hidden",
            f"{digest}_iv": "hidden",
        },
    )
    (setting,) = found.settings
    assert setting.value == (
        f"MD5 of the path {digest.lower()}, 5000 bytes, 1000 of them sent, id -7, "
        "begun 2023-11-14T22:13:20+00:00"
    )
    assert setting.time == 1700000000000


def test_sticker_times() -> None:
    """Times in milliseconds."""
    found = read("emoji", {"lastStickersLoadTime": build.Long(1700000000123), "x": 1})
    assert [setting.time for setting in found.settings] == [1700000000123]


def test_drafts() -> None:
    """Drafts of chats, topics and secret chats, with what they answer."""
    reply = vector("message_blob")["hex"]
    found = read(
        "drafts",
        {
            "42": build.draft("not sent", 1700000000).hex(),
            "-77": build.draft("answer", 1700000001, 9).hex(),
            "t_-77_12": build.new_draft("in a topic", 1700000002, 33).hex(),
            "4611686018732807800": build.draft("secret", 0).hex(),
            "r_42": reply,
            "rt_-88_5": reply,
        },
    )
    assert not found.problems
    texts = [(item.dialog, item.thread, item.text, item.date) for item in found.drafts]
    assert texts == [
        (Dialog("user", 42), None, "not sent", 1700000000),
        (Dialog("group", 77), None, "answer", 1700000001),
        (Dialog("group", 77), 12, "in a topic", 1700000002),
        (Dialog("secret", 305419896), None, "secret", None),
        (Dialog("group", 88), 5, None, None),
    ]
    replies = [(item.reply_to, item.reply_text) for item in found.drafts]
    assert replies == [
        (4242, "hello"),
        (9, None),
        (33, None),
        (None, None),
        (4242, "hello"),
    ]


def test_damaged_drafts() -> None:
    """Damage is reported with the key; what was decoded is kept."""
    data = build.draft("not sent", 1700000000)
    found = read("drafts", {"42": data[:-4].hex(), "43": "xyz", "44": "ee" * 8})
    assert [item.text for item in found.drafts] == ["not sent"]
    assert [reason.split(":")[0] for _, reason in found.problems] == [
        "value of 42",
        "value of 44",
        "value of 43",
    ]
    for prefix in helpers.every_truncation(data):
        assert read("drafts", {"42": prefix.hex() or "0"}).problems


def test_saved_tokens() -> None:
    """Accounts that were logged in at some time; no token leaves the decoder."""
    token = b"hidden-token"
    found = read(
        "saved_tokens_login",
        {
            "count": 3,
            "log_in_token_1": build.authorization(build.new_user(5123456789)).hex(),
            "log_in_token_0": build.authorization(build.user(7), token).hex(),
            "log_in_token_2": "ff",
        },
    )
    logins = [
        (item.index, item.person.identifier, item.has_token) for item in found.logins
    ]
    assert logins == [(0, 7, True), (1, 5123456789, False)]
    assert len(found.problems) == 1
    assert "hidden" not in repr(found) and token.hex() not in repr(found)
    found = read("saved_tokens", {"log_out_token_0": build.logged_out(token).hex()})
    assert [(item.name, item.value) for item in found.settings] == [
        ("saved_logout_tokens", "1")
    ]


@pytest.mark.parametrize("kind", ["drafts", "saved_tokens_login"])
def test_mutated_objects(kind: str) -> None:
    """Damaged objects give findings, never anything else."""
    data = (
        build.new_draft("some text", 1700000000, 9)
        if kind == "drafts"
        else build.authorization(build.user(7), b"token")
    )
    name = "42" if kind == "drafts" else "log_in_token_0"
    for mutated in helpers.mutations(data, 1000, kind):
        read(kind, {name: mutated.hex()})


def test_dialog_ids() -> None:
    """The published vectors."""
    for case in vector("dialog_id")["cases"]:
        if "dialog_id" not in case:
            continue
        *kind, number = case["peer"].split()
        versions = {"any": (None, 70, 90), ">=85": (85, 177), "<=83": (3, 83)}
        for version in versions[case["db_version"]]:
            dialog = parse_dialog_id(case["dialog_id"], version)
            assert dialog.number == int(number)
            assert dialog.kind == {"chat": "group"}.get(kind[0], kind[0]) or (
                kind[0] == "secret" and dialog.kind == "secret"
            )


# Binary files.


def test_statistics() -> None:
    """The published vector and the real file."""
    item = vector("stats2.dat")
    data = bytes.fromhex(item["hex"])
    networks = android_datacenter_files.read_statistics(data)
    assert [network.reset_time for network in networks] == item["expected"]["reset_ms"]
    messages = networks[1].traffic["messages"]
    assert messages.sent_items == item["expected"]["wifi_messages_sent"]
    assert messages.received_items == item["expected"]["wifi_messages_received"]
    longer = data + build.struct.pack(">qqii", 1, 2, 3, 4) * 3
    networks = android_datacenter_files.read_statistics(longer)
    assert networks[2].traffic["music"].sent_items == 3
    for prefix in helpers.every_truncation(longer):
        if len(prefix) != len(data):
            with pytest.raises(FormatError):
                android_datacenter_files.read_statistics(prefix)
    path = SAMPLE / "files" / "account1" / "stats2.dat"
    if path.is_file():
        total = android_datacenter_files.read_statistics(path.read_bytes())[1]
        assert total.traffic["total"].sent_bytes == 925
        assert total.traffic["total"].received_bytes == 814
        assert total.reset_time == 1623264987363


def test_address_files() -> None:
    """Indexes in their order, names, damage."""
    numbers = [36, 1, 1, 2, 3, 4, 5, 6, 7, 8]
    data = build.struct.pack("<10I", *numbers)
    choice = android_datacenter_files.read_address_file(data)
    assert choice.indexes == {
        "ipv4": (1, 2),
        "ipv6": (3, 4),
        "ipv4_download": (5, 6),
        "ipv6_download": (7, 8),
    }
    for bad in (data[:-1], data + b"\0", b"\1" + data[1:], data[:4] + b"\2" + data[5:]):
        with pytest.raises(FormatError):
            android_datacenter_files.read_address_file(bad)
    assert android_datacenter_files.address_file_number("dc2conf.dat") == 2
    assert android_datacenter_files.address_file_number("dcxconf.dat") is None


# The device.


def test_build_properties() -> None:
    """What the system says of itself, and which file counts."""
    properties = android_device.read_build_properties(build.BUILD_PROPERTIES)
    device = android_device.make_device([properties])
    assert device.device_model == "samsung SM-G991B"
    assert device.platform == "Android 11 (SDK 30)"
    system = {"ro.product.system.model": "generic", "ro.product.vendor.model": "Real"}
    assert android_device.make_device([system]).model == "Real"
    assert android_device.make_device([]).platform is None
    hostile = b"ro.build.version.release=1\x00\nro.product.model=" + b"x" * 500
    assert (
        android_device.make_device(
            [android_device.read_build_properties(hostile + b"\n=\n#a=b\nnothing")]
        )
        == android_device.Device()
    )


def test_persistent_properties() -> None:
    """The protocol buffer, cut off at every byte and damaged."""
    values = {"persist.sys.timezone": "Europe/Berlin", "a": ""}
    data = build.persistent_properties(values)
    assert android_device.read_persistent_properties(data) == values
    whole = len(data) - 7
    for prefix in helpers.every_truncation(data):
        if len(prefix) not in (0, whole):
            with pytest.raises(FormatError):
                android_device.read_persistent_properties(prefix)
    for mutated in helpers.mutations(data, 1000, "properties"):
        with contextlib.suppress(FormatError):
            android_device.read_persistent_properties(mutated)
