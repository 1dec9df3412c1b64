"""Tests of the MTP configuration and the data centre options (section 3.3)."""

from __future__ import annotations

import functools
import json
import struct
import tarfile
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telegram_forensics.formats import tdesktop_crypto, tdf
from telegram_forensics.formats.tdesktop_config import (
    GROUPS,
    CdnKey,
    DcAddress,
    DcOptions,
    MtpConfig,
    read_config,
    read_config_file,
    read_dc_options,
)
from telegram_forensics.formats.tdesktop_settings_blocks import read_blocks

SHARED = Path(__file__).resolve().parents[2].parent / "shared"
SAMPLES = SHARED / "samples" / "tdata"
DESKTOP = [
    "desktop-ana-one-account-no-passcode",
    "desktop-marta-copied-tdata",
    "desktop-marta-one-account-no-passcode",
    "desktop-marta-two-accounts-passcode",
]
STOCK = [
    "stock-nopass",
    "stock-passcode-ascii",
    "stock-passcode-nonascii",
    "stock-wide-id-draft",
]


def i32(*values: int) -> bytes:
    return b"".join(struct.pack(">I", value & 0xFFFFFFFF) for value in values)


def qbytes(data: bytes) -> bytes:
    return i32(len(data)) + data


def qstr(text: str) -> bytes:
    return qbytes(text.encode("utf-16-be"))


@functools.cache
def real_configs(sample: str) -> tuple[list[bytes], bytes]:
    """Gives the decrypted `configs` files and the content of block 0x60."""
    folder = SAMPLES / sample
    if not folder.is_dir():
        pytest.skip("samples are not here")
    truth = json.loads((folder / "truth.json").read_text("utf-8"))
    local_key = bytes.fromhex(truth["local_key_hex"])
    files: list[bytes] = []
    fallback = b""
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as tar:
        for member in tar:
            name = Path(member.name).name
            stream = tar.extractfile(member) if member.isfile() else None
            if stream is None or name not in ("configs", "settingss"):
                continue
            records = tdf.read_container(stream.read()).records
            parts = [record.data or b"" for record in records]
            if name == "configs":
                files.append(tdesktop_crypto.decrypt_local(parts[0], local_key))
                continue
            key = tdesktop_crypto.settings_key(parts[0])
            blocks = read_blocks(tdesktop_crypto.decrypt_local(parts[1], key)).blocks
            (value,) = (block.value for block in blocks if block.block_id == 0x60)
            assert isinstance(value, bytes)
            fallback = value
    return files, fallback


def address(dc: int, flags: int, port: int, ip: bytes) -> bytes:
    return i32(dc, flags, port) + qbytes(ip)


V6 = b"2001:0b28:f23d:f001:0000:0000:0000:000a"
VERSION_0 = i32(2) + address(1, 0, 443, b"1.2.3.4") + address(2, 1, 80, V6)
VERSION_1 = i32(-1, 1) + address(4, 1024 | 4, 443, b"1.2.3.4") + qbytes(b"\xdd" * 17)
VERSION_2 = (
    i32(-2, 2)
    + address(1, 16, 443, b"1.2.3.4")
    + i32(0)
    + address(203, 8, 443, b"5.6.7.8")
    + i32(0)
    + i32(1, 203)
    + qbytes(b"n" * 256)
    + qbytes(b"\1\0\1")
)


def test_dc_options_version_0() -> None:
    assert read_dc_options(VERSION_0) == DcOptions(
        0,
        [
            DcAddress(1, 0, "1.2.3.4", 443),
            DcAddress(2, 1, V6.decode("ascii"), 80),
        ],
        [],
        len(VERSION_0),
    )


def test_dc_options_version_1() -> None:
    options = read_dc_options(VERSION_1)
    assert (options.version, options.issue) == (1, None)
    assert options.addresses == [DcAddress(4, 1028, "1.2.3.4", 443, b"\xdd" * 17)]
    assert options.addresses[0].flag_names == ("tcpo_only", "secret")
    assert options.consumed == len(VERSION_1)


def test_dc_options_version_2() -> None:
    options = read_dc_options(VERSION_2)
    assert (options.version, options.issue) == (2, None)
    assert [item.dc for item in options.addresses] == [1, 203]
    assert options.addresses[0].flag_names == ("static",)
    assert options.cdn_keys == [CdnKey(203, b"n" * 256, b"\1\0\1")]
    assert options.consumed == len(VERSION_2)


def test_dc_options_empty() -> None:
    assert read_dc_options(b"") == DcOptions()


def test_dc_options_unknown_version() -> None:
    options = read_dc_options(i32(-3, 0, 0))
    assert options.version == 3
    assert options.issue == (0, "unknown version 3 of the options")


def test_ip_with_other_bytes() -> None:
    options = read_dc_options(i32(1) + address(1, 0, 443, b"1.\xff"))
    assert options.addresses[0].ip == "1.\\xff"


@pytest.mark.parametrize("data", [VERSION_0, VERSION_1, VERSION_2])
def test_dc_options_truncation(data: bytes) -> None:
    complete = read_dc_options(data)
    for size in range(1, len(data)):
        options = read_dc_options(data[:size])
        assert options.issue is not None
        assert options.consumed <= size
        assert options.addresses == complete.addresses[: len(options.addresses)]
        assert options.cdn_keys == []


@pytest.mark.parametrize(
    "head",
    [
        i32(0x7FFFFFFF),
        i32(-1, 0x7FFFFFFF),
        i32(-2, -1),
        i32(-2, 0, 0x7FFFFFFF),
        i32(-2, 0, -1),
        i32(-2, 1, 1, 0, 443, 0x7FFFFFFF),
        i32(-2, 1, 1, 0, 443, -1),
    ],
)
def test_dc_options_large_counts(head: bytes) -> None:
    tracemalloc.start()
    try:
        options = read_dc_options(head + bytes(64))
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()
    assert options.issue is not None
    assert options.addresses == []


BASE = (
    i32(1, 0)
    + qbytes(VERSION_2)
    + i32(*range(100, 119))
    + qstr("https://t.me/")
    + i32(604800, 20000, 90000, 30000, 10000, 4)
    + qstr("apv3.stel.com")
    + i32(1, 0, 1024)
)
LATER = [
    qstr("👍") + bytes(8),
    i32(2419200),
    qstr("gif") + qstr("foursquare"),
]


def test_config() -> None:
    data = BASE + b"".join(LATER)
    config = read_config(data)
    assert (config.version, config.environment, config.issue) == (1, 0, None)
    assert config.consumed == len(data)
    assert config.dc_options == read_dc_options(VERSION_2)
    assert config.internal_links_domain == "https://t.me/"
    assert config.txt_domain == "apv3.stel.com"
    assert config.web_file_dc == 4
    assert (config.blocked_mode, config.caption_length_max) == (0, 1024)
    assert (config.default_reaction, config.custom_reaction) == ("👍", 0)
    assert (config.gif_bot, config.venue_bot) == ("gif", "foursquare")
    assert config.values["chat_size_max"] == 100
    assert config.values["edit_time_limit"] == 111
    assert config.values["stickers_recent_limit"] == 115
    assert config.values["unused_4"] == 118
    assert config.values["rating_decay"] == 2419200
    assert read_config_file(qbytes(data)) == config


def test_config_is_complete_after_each_group() -> None:
    for count in range(len(LATER)):
        data = BASE + b"".join(LATER[:count])
        config = read_config(data)
        assert (config.consumed, config.issue) == (len(data), None)
    assert read_config(BASE).default_reaction is None


def test_config_truncation() -> None:
    data = BASE + b"".join(LATER)
    complete = read_config(data)
    ends = {0, 4, *(len(BASE + b"".join(LATER[:n])) for n in range(3))}
    for size in range(len(data)):
        config = read_config(data[:size])
        assert (config.issue is None) == (size in ends)
        assert config.consumed <= size
        for name, value in config.values.items():
            assert value == complete.values[name]


def test_damaged_options_do_not_end_the_configuration() -> None:
    config = read_config(i32(1, 1) + qbytes(VERSION_2[:30]) + i32(*range(19)))
    assert config.environment == 1
    assert config.dc_options is not None
    assert config.dc_options.issue is not None
    assert config.values["chat_size_max"] == 0


@pytest.mark.parametrize("version", [0, 2, -1])
def test_unknown_config_version(version: int) -> None:
    config = read_config(i32(version) + BASE[4:])
    assert config.version == version
    assert config.environment is None
    assert config.issue == (0, f"unknown version {version} of the configuration")


def test_damaged_file() -> None:
    assert read_config_file(b"").issue is not None
    assert read_config_file(i32(100) + b"abc").issue is not None
    assert read_config_file(i32(0)) == MtpConfig()


@given(st.binary(max_size=400))
def test_random_bytes(data: bytes) -> None:
    read_config(data)
    read_config(i32(1) + data)
    read_config_file(data)
    for version in (b"", i32(-1), i32(-2)):
        read_dc_options(version + data)


changes = st.lists(
    st.tuples(st.integers(0, 5000), st.integers(0, 255)), min_size=1, max_size=8
)


def mutate(data: bytes, places: list[tuple[int, int]]) -> bytes:
    mutated = bytearray(data)
    for position, value in places:
        mutated[position % len(mutated)] = value
    return bytes(mutated)


@settings(max_examples=300)
@given(changes)
def test_mutated_bytes(places: list[tuple[int, int]]) -> None:
    read_config(mutate(BASE + b"".join(LATER), places))
    for data in (VERSION_0, VERSION_1, VERSION_2):
        read_dc_options(mutate(data, places))


@settings(max_examples=300)
@given(st.sampled_from(DESKTOP + STOCK), changes)
def test_mutated_real_bytes(sample: str, places: list[tuple[int, int]]) -> None:
    files, fallback = real_configs(sample)
    read_config(mutate(fallback, places))
    for data in files:
        read_config_file(mutate(data, places))


def check_real(config: MtpConfig, size: int) -> None:
    assert (config.consumed, config.issue) == (size, None)
    # 4.6.5 ends with the reactions.
    assert list(config.values)[-1] == "custom_reaction"
    assert len(config.values) == 1 + sum(len(group) for group in GROUPS[:2])
    assert config.environment == 0
    assert config.internal_links_domain == "https://t.me/"
    assert config.txt_domain == "apv3.stel.com"
    assert config.caption_length_max == 1024
    assert config.default_reaction == "👍"
    assert config.dc_options is not None
    assert config.dc_options.version == 2
    assert config.dc_options.issue is None
    assert {item.port for item in config.dc_options.addresses} == {443}


@pytest.mark.parametrize("sample", DESKTOP)
def test_real_configs_of_signed_in_accounts(sample: str) -> None:
    files, fallback = real_configs(sample)
    assert len(files) == (2 if sample.endswith("accounts-passcode") else 1)
    configs = [(read_config_file(data), len(data) - 4) for data in files]
    for config, size in [*configs, (read_config(fallback), len(fallback))]:
        check_real(config, size)
        assert config.dc_options is not None
        assert config.dc_options.addresses == [
            DcAddress(dc, 0, "127.0.0.1", 443) for dc in range(1, 6)
        ]
        assert config.values["megagroup_size_max"] == 200000


@pytest.mark.parametrize("sample", STOCK)
def test_real_fallback_of_the_unmodified_client(sample: str) -> None:
    files, fallback = real_configs(sample)
    assert files == []
    config = read_config(fallback)
    check_real(config, len(fallback))
    assert config.dc_options is not None
    addresses = config.dc_options.addresses
    assert len(addresses) == 11
    assert addresses[0] == DcAddress(1, 16, "149.154.175.50", 443)
    assert addresses[1].flag_names == ("ipv6", "static")
    assert {item.dc for item in addresses} == {1, 2, 3, 4, 5}
