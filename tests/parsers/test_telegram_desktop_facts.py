"""Mini Apps' storages, media positions and the server's configuration in tdata."""

from __future__ import annotations

import struct
from pathlib import Path

from tests import helpers
from tests.builders import tdata
from tests.builders import tdata_stickers as builder
from tests.parsers import support

VERSION = 6001002
BOT = 7001002003
STORAGE = tdata.byte_array(
    tdata.u32(2)
    + tdata.string("card")
    + tdata.string("4111 1111")
    + tdata.string("name")
    + tdata.string("Олена")
)
POSITIONS = tdata.u32(2) + tdata.u64(77) + tdata.i64(65_000)
POSITIONS += tdata.u64((1 << 63) + 5) + tdata.i64(1)


def address(number: int, flags: int, place: bytes) -> bytes:
    """An address of a data center, with an obfuscation secret."""
    return (
        tdata.i32(number)
        + tdata.i32(flags)
        + tdata.i32(443)
        + struct.pack(">i", len(place))
        + place
        + tdata.byte_array(b"\x11" * 16)
    )


OPTIONS = (
    tdata.i32(-2)
    + tdata.i32(2)
    + address(2, 16, b"149.154.167.51")
    + address(4, 1 | 2, b"2001:67c:4e8:f004::b")
    + tdata.i32(0)
)
# Limits and periods in front of, between and behind two domains.
REST = (
    tdata.i32(0) * 19
    + tdata.string("https://t.me/")
    + tdata.i32(0) * 6
    + tdata.string("apv3.stel.com")
    + tdata.i32(0) * 3
)
CONFIG = tdata.i32(1) + tdata.i32(1) + tdata.byte_array(OPTIONS) + REST


def account_folder(folder: Path) -> Path:
    """A profile whose account has the three files; the account's folder."""
    support.build(folder / "tdata", [support.one_account()], version=VERSION)
    account = folder / "tdata" / support.HASHES[0]
    builder.add_to_account(account, [(0x1C, [POSITIONS])], support.LOCAL_KEY, VERSION)
    key = 0x1D00 | 1 << 61
    name = tdata.file_key_name(key)
    (account / f"{name}s").write_bytes(support.encrypted(STORAGE, VERSION))
    positions = tdata.u32(0x1C) + tdata.u64(0x1C00 | 1 << 60)
    bots = tdata.u32(0x1D) + tdata.u32(1) + tdata.u64(key)
    bots += tdata.user_peer_id(BOT, VERSION)
    (account / "maps").write_bytes(
        tdata.map_file(positions + bots, support.LOCAL_KEY, VERSION)
    )
    config = support.encrypted(tdata.byte_array(CONFIG), VERSION)
    (account / "configs").write_bytes(config)
    return account


def test_facts(tmp_path: Path) -> None:
    """Every entry is a setting of the account and its session."""
    account_folder(tmp_path)
    found = support.extract(tmp_path)
    assert found.warnings == []
    assert found.settings("bot_storage") == [
        f"bot {BOT}, card: 4111 1111",
        f"bot {BOT}, name: Олена",
    ]
    assert found.settings("media_position") == [
        "document 77, 65000 ms",
        f"document {(1 << 63) + 5}, 1 ms",
    ]
    assert found.settings("server_environment") == ["test"]
    assert found.settings("data_center_addresses") == [
        "2: 149.154.167.51 port 443 (static); "
        "4: 2001:67c:4e8:f004::b port 443 (ipv6, media_only)"
    ]
    bases = {
        "bot_storage": "tdata_bot_storage",
        "media_position": "tdata_media_positions",
        "server_environment": "tdata_config",
        "data_center_addresses": "tdata_config",
    }
    checked = set()
    for item in found.of_type("telegram:setting"):
        if item.setting_name in bases:
            checked.add(item.setting_name)
            assert item.attribution_basis == bases[item.setting_name]
            assert item.account_identifier == "640011223"
            assert item.session_identifier
            assert item.record_state == "current"
            # The client rewrites the configuration when the server sends it.
            assert item.written_time is not None
    assert checked == set(bases)


def test_older_configuration(tmp_path: Path) -> None:
    """A slot that was replaced is evidence of its own."""
    account = account_folder(tmp_path)
    older = tdata.i32(1) + tdata.i32(0) + tdata.byte_array(b"") + REST
    (account / "config0").write_bytes(
        support.encrypted(tdata.byte_array(older), VERSION)
    )
    states = {
        (item.setting_value, item.record_state)
        for item in support.extract(tmp_path).of_type("telegram:setting")
        if item.setting_name == "server_environment"
    }
    assert states == {("test", "current"), ("production", "overwritten")}


def test_cut_off(tmp_path: Path) -> None:
    """What stands in front of damage stays, and the damage is told."""
    account = account_folder(tmp_path)
    files = {
        "configs": (tdata.byte_array(CONFIG), "data_center_addresses"),
        f"{tdata.file_key_name(0x1D00 | 1 << 61)}s": (STORAGE, "bot_storage"),
        f"{tdata.file_key_name(0x1C00 | 1 << 60)}s": (POSITIONS, "media_position"),
    }
    whole = {name: (account / name).read_bytes() for name in files}
    for name, (plain, setting) in files.items():
        sound = support.extract(tmp_path)
        cut = plain[:-2]
        (account / name).write_bytes(support.encrypted(cut, VERSION))
        found = support.extract(tmp_path)
        assert len(found.warnings) > len(sound.warnings), name
        assert len(found.settings(setting)) <= len(sound.settings(setting))
        if name == "configs":
            assert found.settings(setting) == sound.settings(setting)
        for damaged in helpers.mutations(whole[name], 12, name):
            (account / name).write_bytes(damaged)
            assert not any(
                support.FAILURE in words for words in support.extract(tmp_path).warnings
            )
        (account / name).write_bytes(whole[name])
