"""Tests of the settings block stream (section 3.11)."""

from __future__ import annotations

import json
import re
import struct
import tarfile
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telegram_forensics.formats import tdesktop_crypto, tdf
from telegram_forensics.formats.tdesktop_settings_blocks import (
    BLOCKS,
    Block,
    BlockStream,
    CacheLimits,
    CallDevices,
    Connection,
    DcKey,
    DcUser,
    OldDcOption,
    Proxy,
    ThemeKeys,
    WindowPosition,
    read_blocks,
)

SHARED = Path(__file__).resolve().parents[2].parent / "shared"
SAMPLES = SHARED / "samples" / "tdata"
SPECIFICATION = SHARED / "formats" / "telegram_desktop.md"
REAL = [
    "desktop-ana-one-account-no-passcode",
    "desktop-marta-copied-tdata",
    "desktop-marta-one-account-no-passcode",
    "desktop-marta-two-accounts-passcode",
    "stock-nopass",
    "stock-passcode-ascii",
    "stock-passcode-nonascii",
    "stock-wide-id-draft",
]

VECTOR_9_6 = bytes.fromhex(
    "544446246a915b0000000020000102030405060708090a0b0c0d0e0f10111213"
    "1415161718191a1b1c1d1e1f00000040b4d396c89865211b002ee2f00b95c8ce"
    "05e48afa280078bd651a77c95d1f1c43ec0759972f26bec24663ff79cb3dbb82"
    "e0387527797623366efbe0c46d77583cf1ab6a66b8a2c1df9cc350d3520f54bd"
)
PLAIN_9_6 = bytes.fromhex(
    "00000006000000010000000d6553f100000000230000000c0043003a002f0074006d0070"
)


def i32(*values: int) -> bytes:
    return b"".join(struct.pack(">I", value & 0xFFFFFFFF) for value in values)


def u64(*values: int) -> bytes:
    return b"".join(struct.pack(">Q", value & 2**64 - 1) for value in values)


def u16(value: int) -> bytes:
    return struct.pack(">H", value)


def qbytes(data: bytes) -> bytes:
    return i32(len(data)) + data


def qstr(text: str) -> bytes:
    return qbytes(text.encode("utf-16-be"))


def decrypted(data: bytes, key: bytes | None = None) -> bytes:
    """Opens the last record of a TDF$ file; no key: the settings key."""
    container = tdf.read_container(data)
    records = [record.data or b"" for record in container.records]
    if key is None:
        key = tdesktop_crypto.settings_key(records[0])
    return tdesktop_crypto.decrypt_local(records[-1], key)


def sample_files(sample: str) -> Iterator[tuple[str, bytes, bytes]]:
    """Gives path, bytes and local key of every file of a sample."""
    folder = SAMPLES / sample
    if not folder.is_dir():
        pytest.skip("samples are not here")
    truth = json.loads((folder / "truth.json").read_text("utf-8"))
    local_key = bytes.fromhex(truth["local_key_hex"])
    for archive in sorted(folder.glob("*.tar.gz")):
        with tarfile.open(archive) as tar:
            for member in tar:
                stream = tar.extractfile(member) if member.isfile() else None
                if stream is not None:
                    yield member.name, stream.read(), local_key


def one(data: bytes) -> Block:
    stream = read_blocks(data)
    assert stream.issue is None
    (block,) = stream.blocks
    return block


# The last 8 bytes of the SHA-1 of bytes 00 to ff, as a little-endian number.
DC_KEY_IDENTIFIER = "c8df57a46e58d132"
PROXY = qstr("h") + i32(1080) + qstr("u") + qstr("secret")
VALUES = [
    (0x00, i32(2) + bytes(range(256)), DcKey(2, DC_KEY_IDENTIFIER)),
    (0x01, i32(123456789, 2), DcUser(123456789, 2)),
    (
        0x02,
        i32(2) + qstr("host") + qstr("1.2.3.4") + i32(443),
        OldDcOption(2, None, "host", "1.2.3.4", 443),
    ),
    (0x04, u64(7), 7),
    (0x0D, i32(1700000000), 1700000000),
    (0x0E, i32(1, 2, 800, 600, -5, 1), WindowPosition(1, 2, 800, 600, -5, 1)),
    (0x0F, i32(0), Connection(0)),
    (0x0F, i32(1), Connection(1)),
    (
        0x0F,
        i32(2) + PROXY,
        Connection(2, (Proxy(2, "http", "h", 1080, "u", True),)),
    ),
    (
        0x0F,
        i32(3) + PROXY,
        Connection(3, (Proxy(3, "socks5", "h", 1080, "u", True),)),
    ),
    (0x18, i32(1, 0x1F600) + u16(9), ((0x1F600, 9),)),
    (0x1A, i32(2) + u64(5, 6), (5, 6)),
    (0x23, qstr("C:/tmp"), "C:/tmp"),
    (0x24, i32(1) + u64(5) + u16(9), ((5, 9),)),
    (0x25, i32(1, 5) + u64(9), ((5, 9),)),
    (0x26, i32(0), ()),
    (
        0x27,
        i32(10002, 1) + qstr("::1") + i32(443),
        OldDcOption(10002, 1, "", "::1", 443),
    ),
    (0x33, qstr("/d") + i32(-1), ("/d", b"")),
    (0x34, i32(1, 2, 3), (1, 2, 3)),
    (0x39, i32(1) + u64(5) + i32(9), ((5, 9),)),
    (0x3A, i32(1) + qstr("😂") + u16(9), (("😂", 9),)),
    (0x3B, i32(1) + qstr("👍") + i32(9), (("👍", 9),)),
    (0x40, i32(1, 2), (1, 2)),
    (0x47, u64(2**64 - 1), 2**64 - 1),
    (0x4B, qbytes(b"abc"), b"abc"),
    (
        0x4F,
        i32(0, 1027) + PROXY,
        Connection(0, (Proxy(1027, "mtproto", "h", 1080, "u", True),)),
    ),
    (
        0x4F,
        i32(4, 1, -1, 1025) + PROXY,
        Connection(4, (Proxy(1025, "socks5", "h", 1080, "u", True),), -1),
    ),
    (
        0x4F,
        i32(5, 2, 1, 1, 1, 2) + PROXY + i32(99) + qstr("") + i32(0) + i32(-1, -1),
        Connection(
            5,
            (
                Proxy(2, "http", "h", 1080, "u", True),
                Proxy(99, "", "", 0, "", False),
            ),
            1,
            1,
            True,
        ),
    ),
    (0x54, u64(1, 2) + i32(1), ThemeKeys(1, 2, 1)),
    (0x56, u64(10) + i32(20), CacheLimits(10, 20)),
    (
        0x5B,
        qbytes(qstr("out") + i32(50) + qstr("in") + i32(60, 1)),
        CallDevices("out", 50, "in", 60, 1),
    ),
    (
        0x5C,
        u64(10) + i32(20) + u64(30) + i32(40),
        CacheLimits(10, 20, 30, 40),
    ),
    (0x61, u64(1, 2), (1, 2)),
    (333, qbytes(b"salt") + qbytes(b"blob"), (b"salt", b"blob")),
    (444, qbytes(b"blob"), b"blob"),
    (666, i32(6012), 6012),
]


@pytest.mark.parametrize(("block_id", "coded", "expected"), VALUES)
def test_value(block_id: int, coded: bytes, expected: object) -> None:
    block = one(i32(block_id) + coded)
    assert (block.block_id, block.value) == (block_id, expected)
    assert block.name == BLOCKS[block_id][0]
    assert (block.offset, block.damage) == (0, None)


def test_vector_9_6() -> None:
    assert decrypted(VECTOR_9_6) == PLAIN_9_6
    assert read_blocks(PLAIN_9_6) == BlockStream(
        [
            Block(0, 0x06, "auto_start", 1),
            Block(8, 0x0D, "last_update_check", 1700000000),
            Block(16, 0x23, "dialog_last_path", "C:/tmp"),
        ]
    )


def test_empty_stream() -> None:
    assert read_blocks(b"") == BlockStream([])


def test_unknown_id_keeps_what_stands_before() -> None:
    stream = read_blocks(i32(0x06, 1, 0x10, 5, 0x06, 1))
    assert [block.block_id for block in stream.blocks] == [0x06]
    assert stream.issue == (8, "unknown block id 0x10")


@pytest.mark.parametrize("block_id", [0x18, 0x1A, 0x26, 0x3A, 0x3B])
@pytest.mark.parametrize("count", [1000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF])
def test_large_count_allocates_nothing(block_id: int, count: int) -> None:
    tracemalloc.start()
    try:
        stream = read_blocks(i32(block_id, count) + bytes(64))
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()
    assert stream.blocks == []
    assert stream.issue is not None
    assert stream.issue[0] == 4


@pytest.mark.parametrize("count", [-1, 2, 0x7FFFFFFF])
def test_proxy_count_is_bounded(count: int) -> None:
    stream = read_blocks(i32(0x4F, 5, count, 0, 0, 0) + bytes(20))
    assert stream.blocks == []
    assert stream.issue == (8, f"list of {count} proxies announced")


def test_damaged_call_settings_do_not_end_the_stream() -> None:
    stream = read_blocks(i32(0x5B) + qbytes(b"abc") + i32(0x06, 1))
    assert [block.value for block in stream.blocks] == [b"abc", 1]
    assert stream.issue is None
    damage = stream.blocks[0].damage
    assert damage is not None
    assert damage[0] == 8


def test_secret_is_not_kept() -> None:
    assert "secret'" not in repr(one(i32(0x4F, 0, 2) + PROXY).value)


def test_auth_keys_do_not_enter_a_repr() -> None:
    assert "zzz" not in repr(one(i32(0x00, 2) + b"z" * 256).value)
    assert "zzz" not in repr(read_blocks(i32(0x4B) + qbytes(b"z" * 256)))


def test_truncation_at_every_byte() -> None:
    data = b"".join(i32(block_id) + coded for block_id, coded, _ in VALUES)
    whole = read_blocks(data).blocks
    ends = [block.offset for block in whole] + [len(data)]
    for size in range(len(data)):
        stream = read_blocks(data[:size])
        complete = sum(end <= size for end in ends) - 1
        assert stream.blocks == whole[:complete]
        assert (stream.issue is None) == (size in ends)
        if stream.issue is not None:
            assert ends[complete] <= stream.issue[0] <= size


@given(st.binary(max_size=400))
def test_random_bytes(data: bytes) -> None:
    read_blocks(data)


@settings(max_examples=500)
@given(
    st.lists(
        st.tuples(st.integers(0, 2000), st.integers(0, 255)), min_size=1, max_size=8
    )
)
def test_mutated_stream(changes: list[tuple[int, int]]) -> None:
    data = bytearray(b"".join(i32(number) + coded for number, coded, _ in VALUES))
    for position, value in changes:
        data[position % len(data)] = value
    stream = read_blocks(bytes(data))
    assert len(stream.blocks) * 8 <= len(data)


@given(st.integers(0, 0x70), st.binary(max_size=200))
def test_random_value_of_every_id(block_id: int, data: bytes) -> None:
    read_blocks(i32(block_id) + data)


def test_table_is_that_of_the_specification() -> None:
    if not SPECIFICATION.is_file():
        pytest.skip("the specification is not here")
    text = SPECIFICATION.read_text("utf-8")
    section = text[text.index("### 3.11") : text.index("### 3.12")]
    rows = re.findall(r"^\| (0x[0-9a-f]+|\d+) \| ([^|]+) \|", section, re.MULTILINE)
    table = {}
    for number, name in rows:
        bare = re.sub(r"\*|\(before:.*", "", name).strip().lower()
        table[int(number, 0)] = "_".join(re.findall(r"[a-z0-9]+", bare))
    assert table == {number: name for number, (name, _) in BLOCKS.items()}


@pytest.mark.parametrize("sample", REAL)
def test_real_settings_file(sample: str) -> None:
    seen = 0
    for path, data, _ in sample_files(sample):
        if Path(path).name != "settingss":
            continue
        seen += 1
        stream = read_blocks(decrypted(data))
        assert stream.issue is None
        assert [block.block_id for block in stream.blocks] == [
            *(0x06, 0x07, 0x1D, 0x0A, 0x0C, 0x0D, 0x58, 0x60, 0x5E, 0x23, 0x57, 0x54),
            *(0x61, 0x55),
        ]
        assert all(block.damage is None for block in stream.blocks)
        values = {block.name: block.value for block in stream.blocks}
        assert values["dialog_last_path"] == ""
        assert values["auto_update"] in (0, 1)
        theme = values["theme_keys"]
        assert isinstance(theme, ThemeKeys)
        # Night mode was switched on in this profile only.
        night = sample == "desktop-marta-two-accounts-passcode"
        assert (theme.night_mode == 1, theme.night != 0) == (night, night)
    assert seen == 1


@pytest.mark.parametrize("sample", REAL)
def test_real_account_files(sample: str) -> None:
    authorizations = user_settings = 0
    for path, data, local_key in sample_files(sample):
        name = Path(path).name
        if not data.startswith(b"TDF$") or not re.fullmatch("[0-9A-F]{16}s", name):
            continue
        try:
            plain = decrypted(data, local_key)
        except tdesktop_crypto.DecryptionError:
            continue  # a global file, which has the settings key
        stream = read_blocks(plain)
        if Path(path).parent.name == "tdata":
            assert [block.name for block in stream.blocks] == ["mtp_authorization"]
            assert stream.issue is None
            authorizations += 1
        elif plain[:4] == i32(0x49):
            limits = CacheLimits(2**30, 2678400, 2**30, 2678400)
            assert [(block.block_id, block.value) for block in stream.blocks] == [
                (0x49, 0),
                (0x5C, limits),
                (0x26, ()),
            ]
            assert stream.issue is None
            user_settings += 1
    assert authorizations >= 1
    has_user_settings = {
        "desktop-ana-one-account-no-passcode": 0,
        "desktop-marta-one-account-no-passcode": 0,
        "desktop-marta-two-accounts-passcode": 2,
    }
    assert user_settings == has_user_settings.get(sample, 1)


@settings(max_examples=200)
@given(st.data())
def test_mutated_real_bytes(data: st.DataObject) -> None:
    real = [
        decrypted(content)
        for path, content, _ in sample_files("stock-nopass")
        if path.endswith("settingss")
    ]
    mutated = bytearray(real[0])
    for _ in range(data.draw(st.integers(1, 6))):
        position = data.draw(st.integers(0, len(mutated) - 1))
        mutated[position] = data.draw(st.integers(0, 255))
    read_blocks(bytes(mutated))
