"""Tests of the settings that are reported (sections 3.11 and 3.13)."""

from __future__ import annotations

import struct
import zlib

import pytest

from telegram_forensics.formats import tdesktop_application_settings as application
from telegram_forensics.formats import tdesktop_encrypted_file as encrypted_file
from telegram_forensics.formats import tdesktop_setting_facts as setting_facts
from telegram_forensics.formats import tdf
from telegram_forensics.formats.tdesktop_crypto import settings_key
from telegram_forensics.formats.tdesktop_setting_facts import SettingFact
from telegram_forensics.formats.tdesktop_settings_blocks import (
    BLOCKS,
    Block,
    Proxy,
    WindowPosition,
    read_blocks,
)
from tests import helpers
from tests.builders import tdata
from tests.builders.tdata import byte_array, i32, string, u32, u64

SCREEN_CRC = -1231417095
PASSWORD = "Geheim77"
SECRET = "ee00112233445566778899aabbccddeeff"


def facts(data: bytes) -> list[tuple[str, str]]:
    """Name and value of every fact of a block stream."""
    stream = read_blocks(data)
    assert stream.issue is None
    return [
        (fact.name, fact.value)
        for block in stream.blocks
        for fact in setting_facts.block_facts(block)
    ]


def proxy(kind: int, user: str = "bob", secret: str = PASSWORD) -> bytes:
    """A proxy as blocks 0x0f and 0x4f hold it, after its type."""
    server = string("proxy.example") + i32(1080) + string(user) + string(secret)
    return i32(kind) + server


def test_settings_of_the_builder() -> None:
    """Auto start, last update check and last path come out of a settings file."""
    plain = tdata.settings_blocks(
        auto_start=1, last_update_check=1700000000, dialog_last_path="C:/tmp"
    )
    data = tdata.settings_file(plain, 6001002, bytes(range(32)))
    key = settings_key(tdf.read_container(data).record_data(0))
    decrypted = encrypted_file.decrypt_file(data, [key], (1, 48))
    assert facts(decrypted.data) == [
        ("auto_start", "on"),
        ("last_update_check", "2023-11-14T22:13:20+00:00"),
        ("dialog_last_path", "C:/tmp"),
    ]


def test_last_update_check_is_a_time() -> None:
    """Only the update check carries a time, as Unix seconds."""
    (block,) = read_blocks(u32(0x0D) + i32(1700000000)).blocks
    (fact,) = setting_facts.block_facts(block)
    assert fact == SettingFact(
        "last_update_check", "2023-11-14T22:13:20+00:00", 1700000000
    )


@pytest.mark.parametrize("value", [0, -1, -(2**31)])
def test_no_update_check(value: int) -> None:
    """A value that is no time gives no fact, and surely not 1970."""
    assert facts(u32(0x0D) + i32(value)) == []


@pytest.mark.parametrize(
    ("encoded", "expected"),
    [
        (u32(0x06) + i32(0), [("auto_start", "off")]),
        (u32(0x07) + i32(1), [("start_minimized", "on")]),
        (u32(0x06) + i32(7), [("auto_start", "7")]),
        (u32(0x09) + i32(2), [("work_mode", "2")]),
        (u32(0x1C) + i32(0), [("notify_view", "name and message text")]),
        (u32(0x1C) + i32(2), [("notify_view", "neither name nor text")]),
        (u32(0x1C) + i32(9), [("notify_view", "9")]),
        (u32(0x22) + i32(3600), [("auto_lock_seconds", "3600")]),
        (u32(0x19) + string("491701234567"), [("logged_phone_number", "491701234567")]),
        (u32(0x15) + string("D:/in"), [("download_path", "D:/in")]),
        (u32(0x15) + string(""), []),
        (u32(0x33) + string("D:/in") + byte_array(b"x"), [("download_path", "D:/in")]),
        (u32(0x33) + string("") + byte_array(b"x"), []),
        (u32(0x20) + string("de.strings"), [("language_file", "de.strings")]),
        (u32(0x4E) + u64(5), []),
        (u32(0x12) + i32(1), []),
        (u32(0x34) + i32(1) * 3, []),
        (
            u32(0x5B) + byte_array(string("out") + i32(5) + string("") + i32(1) * 2),
            [("call_output_device", "out")],
        ),
        (
            u32(0x56) + struct.pack(">qi", 1024, 0),
            [("cache_limits", "1024 bytes, no time limit")],
        ),
        (
            u32(0x5C) + struct.pack(">qiqi", 0, 86400, 2048, 60),
            [
                (
                    "cache_limits",
                    "no size limit, 86400 s since last use; big files 2048 bytes, "
                    "60 s since last use",
                )
            ],
        ),
    ],
)
def test_blocks(encoded: bytes, expected: list[tuple[str, str]]) -> None:
    """Each kind of block in words, and nothing for those without meaning."""
    assert facts(encoded) == expected


def test_window_position() -> None:
    """The screen is given by the CRC-32 of its name (section 9.10)."""
    name = "\\\\.\\DISPLAY1".encode("utf-16-le").ljust(64, b"\0")
    assert zlib.crc32(name) == SCREEN_CRC & 0xFFFFFFFF == 0xB69A10F9
    data = u32(0x0E) + b"".join(map(i32, (-8, 5, 800, 600, SCREEN_CRC, 1)))
    assert facts(data) == [
        ("window_position", "800x600 at -8,5, screen CRC-32 b69a10f9, maximized")
    ]


@pytest.mark.parametrize(
    ("encoded", "expected"),
    [
        (
            u32(0x0F) + proxy(3),
            [
                ("connection_type", "3"),
                ("proxy", "socks5 proxy.example:1080, user bob"),
            ],
        ),
        (u32(0x0F) + i32(0), [("connection_type", "0")]),
        (
            u32(0x4F)
            + i32(5)
            + i32(2)
            + i32(1)
            + i32(1)
            + i32(0)
            + proxy(1025)
            + proxy(1027, "", SECRET),
            [
                ("connection_type", "5"),
                ("proxy", "socks5 proxy.example:1080, user bob"),
                ("proxy", "mtproto proxy.example:1080"),
            ],
        ),
        (
            u32(0x4F) + i32(4) + i32(1) + i32(1) + proxy(1026),
            [("connection_type", "4"), ("proxy", "http proxy.example:1080, user bob")],
        ),
    ],
)
def test_proxies(encoded: bytes, expected: list[tuple[str, str]]) -> None:
    """A proxy's address and user are reported, of its secret only that it is there."""
    found = facts(encoded)
    assert [name for name, _ in found] == [name for name, _ in expected]
    for (_, value), (_, true) in zip(found, expected, strict=True):
        suffix = ", with password or secret" if "proxy.example" in true else ""
        assert value == true + suffix
    text = repr(found) + repr(read_blocks(encoded))
    assert PASSWORD not in text
    assert SECRET not in text


def test_proxy_without_secret() -> None:
    """A proxy without password does not claim to have one."""
    found = facts(u32(0x0F) + proxy(2, "", ""))
    assert found[1] == ("proxy", "http proxy.example:1080")


def test_application_settings() -> None:
    """Switches, texts, order of accounts, window and proxies of block 0x5e."""
    server = Proxy(3, "mtproto", "proxy.example", 443, "", True)
    settings = application.ApplicationSettings(
        ask_download_path=1,
        sound_notify=0,
        download_path="D:/in",
        custom_device_model="Pier laptop",
        notify_view=1,
        auto_lock_seconds=60,
        work_mode=2,
        window_position=WindowPosition(1, 2, 3, 4, SCREEN_CRC, 0),
        accounts_order=(
            application.AccountOrder(5920118833, False),
            application.AccountOrder(7, True),
        ),
        proxy=application.ProxySettings(0, 0, 1, server, (server,)),
    )
    found = {
        fact.name: fact.value for fact in setting_facts.application_facts(settings)
    }
    described = "mtproto proxy.example:443, with password or secret"
    assert found == {
        "ask_download_path": "on",
        "sound_notify": "off",
        "download_path": "D:/in",
        "custom_device_model": "Pier laptop",
        "notify_view": "name only",
        "auto_lock_seconds": "60",
        "work_mode": "2",
        "window_position": "3x4 at 1,2, screen CRC-32 b69a10f9",
        "accounts_order": "5920118833, 7 (test server)",
        "proxy_state": "enabled",
        "proxy_selected": described,
        "proxy": described,
    }


def test_custom_device_model() -> None:
    """The device name is found in the application settings, if there are any."""
    assert setting_facts.custom_device_model([]) is None
    blocks = read_blocks(u32(0x06) + i32(1) + u32(0x5E) + byte_array(b"")).blocks
    assert setting_facts.custom_device_model(blocks) is None


@helpers.tdata_samples()
def test_real_settings(sample_name: str, tmp_path: object) -> None:
    """The settings of the real client give facts without any damage."""
    sample = helpers.extract_sample(sample_name, tmp_path)  # type: ignore[arg-type]
    seen = 0
    for folder in sample.folders.values():
        path = folder / "settingss"
        if not path.is_file():
            continue
        seen += 1
        data = path.read_bytes()
        key = settings_key(tdf.read_container(data).record_data(0))
        plain = encrypted_file.decrypt_file(data, [key], (1, 48)).data
        names = [name for name, _ in facts(plain)]
        for name in ("auto_start", "auto_update", "window_position", "notify_view"):
            assert names.count(name) >= 1, name
    written_by_the_client = not sample_name.startswith("made-")
    assert seen == written_by_the_client


@pytest.mark.parametrize("identifier", sorted(BLOCKS))
def test_value_of_another_type(identifier: int) -> None:
    """A block whose value has another type than its id says gives no crash."""
    for value in (b"x", (), ("",), (1, 2), object(), ""):
        block = Block(0, identifier, "x", value)
        for fact in setting_facts.block_facts(block):
            assert fact.value
