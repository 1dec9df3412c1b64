"""Tests of file and folder names (sections 1.4 and 9.10)."""

from __future__ import annotations

import hashlib

import pytest

from telegram_forensics.formats import tdesktop_names as names
from tests.builders import tdata

# Data name, MD5, folder name: the table of section 1.4.
HASHES = [
    ("data", "8d777f385d3dfec8815d20f7496026dc", "D877F783D5D3EF8C"),
    ("data#2", "7adf8f46bf1cb07727da1a16eac309e0", "A7FDF864FBC10B77"),
    ("data#3", "8f08d60d4c1628f48d1ada72635b491f", "F8806DD0C461824F"),
    ("data#4", "2c0b95089d217778f6184d317042bd97", "C2B05980D9127787"),
    ("data#5", "c08a411386818d6f5ec2317967305c49", "0CA814316818D8F6"),
    ("data#6", "540dcfb5151004d60b54120a18d0391a", "45D0FC5B5101406D"),
    ("data:/test/", "20eb30d299e5b9174545a14ddad5853a", "02BE032D995E9B71"),
]


@pytest.mark.parametrize(("data_name", "md5", "folder"), HASHES)
def test_account_hash(data_name: str, md5: str, folder: str) -> None:
    """Every row of the table of section 1.4."""
    assert hashlib.md5(data_name.encode()).hexdigest() == md5
    assert names.account_hash(data_name) == folder
    assert names.is_account_folder_name(folder)


def test_account_data_name() -> None:
    """Index 0 is the plain data name, every other one counts from #2."""
    found = [names.account_data_name("data", index) for index in range(6)]
    assert found == [row[0] for row in HASHES[:6]]


def test_account_hashes() -> None:
    """All indexes are found by their hash, the test server's folder as index 0."""
    hashes = names.account_hashes("data")
    expected = {row[2]: index for index, row in enumerate(HASHES[:6])}
    assert {key: hashes[key] for key in expected} == expected
    assert hashes["02BE032D995E9B71"] == 0
    assert sorted(hashes.values()) == [0, *range(32)]


def test_account_hashes_of_another_data_set() -> None:
    """Another data name has other hashes, none of them in common."""
    work = names.account_hashes("work")
    assert work[tdata.account_hash("work#3")] == 2
    assert not work.keys() & names.account_hashes("data").keys()


@pytest.mark.parametrize(
    ("file_key", "name"),
    [
        (0x0123456789ABCDEF, "FEDCBA9876543210"),
        (0x1122334455667788, "8877665544332211"),
        (1, "1000000000000000"),
        (2**64 - 1, "F" * 16),
    ],
)
def test_file_key_name(file_key: int, name: str) -> None:
    """The vectors of sections 9.5 and 9.10, and what the writer makes of it."""
    assert names.file_key_name(file_key) == name == tdata.file_key_name(file_key)


@pytest.mark.parametrize(
    ("name", "logical", "suffix", "kind"),
    [
        ("key_datas", "key_data", "s", names.FileKind.KEY),
        ("key_data0", "key_data", "0", names.FileKind.KEY),
        ("key_data1", "key_data", "1", names.FileKind.KEY),
        ("key_data.AbC123", "key_data", ".AbC123", names.FileKind.KEY),
        ("key_datas.AbC123", "key_data", ".AbC123", names.FileKind.KEY),
        ("key_work-2_xs", "key_work-2_x", "s", names.FileKind.KEY),
        ("key_sss", "key_ss", "s", names.FileKind.KEY),
        ("settingss", "settings", "s", names.FileKind.SETTINGS),
        ("settings0", "settings", "0", names.FileKind.SETTINGS),
        ("settings_test1", "settings_test", "1", names.FileKind.SETTINGS),
        ("maps", "map", "s", names.FileKind.MAP),
        ("map0", "map", "0", names.FileKind.MAP),
        ("map.Zz09aB", "map", ".Zz09aB", names.FileKind.MAP),
        ("configs", "config", "s", names.FileKind.CONFIG),
        ("D877F783D5D3EF8Cs", "D877F783D5D3EF8C", "s", names.FileKind.HASHED),
        ("D877F783D5D3EF8C1", "D877F783D5D3EF8C", "1", names.FileKind.HASHED),
        ("0000000000000000.aaaaaa", "0" * 16, ".aaaaaa", names.FileKind.HASHED),
    ],
)
def test_slots(name: str, logical: str, suffix: str, kind: names.FileKind) -> None:
    """Every slot of a logical name is taken apart."""
    slot = names.parse_name(name)
    assert slot == names.SlotName(name, logical, suffix, kind)
    assert slot.is_temporary == suffix.startswith(".")
    expected = logical[4:] if kind is names.FileKind.KEY else None
    assert slot.data_name == expected


@pytest.mark.parametrize(
    "name",
    [
        "",
        "s",
        "key_datas\n",
        "key_datas\0",
        "\nkey_datas",
        "key_s",
        "key_data",
        "key_data2",
        "key_DATAs",
        "key_../etc/passwds",
        "key_a/bs",
        "key_a\\bs",
        "key_дataс",
        "key_data#2s",
        "../D877F783D5D3EF8Cs",
        "D877F783D5D3EF8C",
        "d877f783d5d3ef8cs",
        "D877F783D5D3EF8s",
        "D877F783D5D3EF8CCs",
        "D877F783D5D3EF8G0",
        "\uff24877F783D5D3EF8Cs",
        "maps.",
        "map.abcde",
        "map.abcdefg",
        "map.abc/ef",
        "mapss",
        "map2",
        "MAPs",
        "settings",
        "settings_other0",
        "usertag",
        "working",
        "con",
        "\ud800\udfffs",
        "s" * 100_000,
    ],
)
def test_other_names(name: str) -> None:
    """What is not a TDF$ file of tdata is left alone, hostile names included."""
    assert names.parse_name(name) is None


@pytest.mark.parametrize(
    "name",
    [
        "",
        "D877F783D5D3EF8Cs",
        "D877F783D5D3EF8C\n",
        "d877f783d5d3ef8c",
        "../D877F783D5D3EF8",
        "user_data",
        "\u0660" * 16,
    ],
)
def test_other_folder_names(name: str) -> None:
    """A folder whose name is not 16 upper-case hex digits is no account's."""
    assert not names.is_account_folder_name(name)
