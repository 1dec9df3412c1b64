"""Tests of the map of an account (sections 3.4 and 9.5, 7.3 page)."""

from __future__ import annotations

import hashlib
import re
import struct

import pytest

from telegram_forensics.formats import tdesktop_encrypted_file as encrypted_file
from telegram_forensics.formats.tdesktop_map import AccountMap, read_map
from tests import helpers
from tests.builders import tdata

LOCAL_KEY = bytes((7 * number + 3) % 256 for number in range(256))
USER_PEER = 0x008000013161BF15
SPECIFICATION = helpers.SHARED / "formats" / "telegram_desktop.md"

# Types that are followed by one FileKey for each role.
SINGLE: dict[int, tuple[str, ...]] = {
    0x04: ("locations",),
    0x07: ("recent_stickers_old",),
    0x08: ("background_old",),
    0x09: ("user_settings",),
    0x0A: ("recent_hashtags_and_bots",),
    0x0B: ("stickers_old",),
    0x0C: ("saved_peers",),
    0x0D: ("report_spam_statuses",),
    0x0E: ("saved_gifs_old",),
    0x0F: ("saved_gifs",),
    0x10: (
        "stickers_installed",
        "stickers_featured",
        "stickers_recent",
        "stickers_archived",
    ),
    0x11: ("trusted_peers",),
    0x12: ("faved_stickers",),
    0x13: ("export_settings",),
    0x14: ("background_day", "background_night"),
    0x16: ("masks_installed", "masks_recent", "masks_archived"),
    0x17: ("custom_emoji_installed", "custom_emoji_featured", "custom_emoji_archived"),
    0x18: ("search_suggestions",),
    0x1A: ("round_placeholder",),
    0x1B: ("inline_bots_downloads",),
    0x1C: ("media_positions",),
    0x1F: ("wallet_key",),
    0x20: ("wallet_engine_key",),
}
PEER_LISTS = {0x01: "draft", 0x02: "draft_cursor", 0x1D: "bot_storage"}
CACHED = {0x03: "image", 0x05: "sticker_image", 0x06: "audio"}

# FileKey, role, peer of each expected file.
Expected = list[tuple[int, str, int | None]]


def records() -> dict[int, tuple[bytes, Expected]]:
    """One record of every type, and the files that it names."""
    table: dict[int, tuple[bytes, Expected]] = {}
    for number, roles in SINGLE.items():
        keys = [number << 32 | position + 1 for position in range(len(roles))]
        pairs = zip(keys, roles, strict=True)
        expected: Expected = [(key, role, None) for key, role in pairs]
        table[number] = (b"".join(map(tdata.u64, keys)), expected)
    for number, role in PEER_LISTS.items():
        chats = [(number << 40 | 1, USER_PEER), (number << 40 | 2, 0x75BCD15)]
        encoded = b"".join(tdata.u64(key) + tdata.u64(peer) for key, peer in chats)
        expected = [(key, role, peer) for key, peer in chats]
        table[number] = (tdata.u32(2) + encoded, expected)
    for number, role in CACHED.items():
        keys = [number << 48 | 1, number << 48 | 2]
        encoded = b"".join(
            tdata.u64(key) + struct.pack(">QQi", 1, 2, 3) for key in keys
        )
        table[number] = (tdata.u32(2) + encoded, [(key, role, None) for key in keys])
    table[0x15] = (tdata.byte_array(b"self"), [])
    table[0x19] = (tdata.byte_array(b"bots") + tdata.byte_array(None), [])
    wallets = {0x2101: "a", 0x2102: ""}
    encoded = b"".join(tdata.u64(key) + tdata.string(wallets[key]) for key in wallets)
    table[0x21] = (
        tdata.u32(2) + encoded,
        [(key, "wallet_engine_storage", None) for key in wallets],
    )
    return table


RECORDS = records()


def files(account_map: AccountMap) -> Expected:
    """The files of a map in the form of `Expected`."""
    return [(item.file_key, item.role, item.peer) for item in account_map.files]


def test_vector() -> None:
    """The file of section 9.5: a locations file and one draft."""
    plain = bytes.fromhex(
        "000000040123456789abcdef00000001000000011122334455667788008000013161bf15"
    )
    data = tdata.map_file(plain, LOCAL_KEY, 6001002)
    assert hashlib.sha256(data).hexdigest() == (
        "a4cdeeccb210bc6cd8bbc472403190bc8a55adb582feeeb8e0dbf46389291ffa"
    )
    decrypted = encrypted_file.decrypt_file(
        data, [LOCAL_KEY], encrypted_file.MODERN_MAP
    )
    assert decrypted.data == plain
    account_map = read_map(decrypted.data)
    assert files(account_map) == [
        (0x0123456789ABCDEF, "locations", None),
        (0x1122334455667788, "draft", USER_PEER),
    ]
    assert [item.name for item in account_map.files] == [
        "FEDCBA9876543210",
        "8877665544332211",
    ]
    assert [item.offset for item in account_map.files] == [4, 20]
    assert (account_map.types, account_map.problems) == ([4, 1], [])


@pytest.mark.parametrize("number", sorted(RECORDS))
def test_every_type(number: int) -> None:
    """Each record type names its files and is left exactly at its end."""
    encoded, expected = RECORDS[number]
    behind = tdata.u32(0x04) + tdata.u64(99)
    account_map = read_map(tdata.u32(number) + encoded + behind)
    assert files(account_map) == [*expected, (99, "locations", None)]
    assert account_map.types == [number, 0x04]
    assert account_map.problems == []
    assert account_map.self_data == (b"self" if number == 0x15 else None)
    own = [item for item in account_map.files if item.file_key != 99]
    assert {item.type for item in own} <= {number}


def test_table_is_that_of_the_specification() -> None:
    """The types known here are those of the table of section 3.4 and the 7.3 page."""
    if not SPECIFICATION.is_file():
        pytest.skip("the specification is not here")
    text = SPECIFICATION.read_text("utf-8")
    section = text[text.index("### 3.4") : text.index("### 3.5")]
    rows = re.findall(r"^\| (0x[0-9a-f]{2}) \|", section, re.MULTILINE)
    numbers = {int(row, 16) for row in rows}
    # Type 0 is never written.
    assert (numbers | {0x1F, 0x20, 0x21}) - {0} == set(RECORDS)


def test_all_types_in_one_map() -> None:
    """A map with every type gives all files in its order."""
    data = b"".join(
        tdata.u32(number) + encoded for number, (encoded, _) in RECORDS.items()
    )
    account_map = read_map(data)
    assert files(account_map) == [
        item for _, expected in RECORDS.values() for item in expected
    ]
    for item in account_map.files:
        stored = data[item.offset : item.offset + 8]
        assert stored == struct.pack(">Q", item.file_key)


def test_file_key_zero_is_no_file() -> None:
    """FileKey 0 means that there is no file."""
    data = tdata.u32(0x16) + tdata.u64(0) + tdata.u64(7) + tdata.u64(0)
    assert files(read_map(data)) == [(7, "masks_recent", None)]


@pytest.mark.parametrize("number", [0x00, 0x1E, 0x22, 0xFFFFFFFF])
def test_unknown_type(number: int) -> None:
    """An unknown type ends the map at its offset; what stands before is kept."""
    before = tdata.u32(0x04) + tdata.u64(5) + tdata.u32(0x15) + tdata.byte_array(b"me")
    account_map = read_map(before + tdata.u32(number) + bytes(40))
    assert files(account_map) == [(5, "locations", None)]
    assert account_map.self_data == b"me"
    assert account_map.types == [0x04, 0x15]
    reason = f"unknown map record type 0x{number:x}"
    assert account_map.problems == [(len(before), reason)]


@pytest.mark.parametrize("number", [0x01, 0x02, 0x03, 0x05, 0x06, 0x1D, 0x21])
def test_impossible_count(number: int) -> None:
    """A count beyond the data is refused before anything is read for it."""
    account_map = read_map(tdata.u32(number) + tdata.u32(0xFFFFFFFF) + bytes(64))
    assert account_map.files == []
    assert account_map.problems[0][0] == 4
    assert "list of 4294967295 elements" in account_map.problems[0][1]


def test_every_truncation() -> None:
    """A cut-off map gives the true beginning and the place of the cut."""
    data = b"".join(
        tdata.u32(number) + encoded for number, (encoded, _) in RECORDS.items()
    )
    whole = read_map(data)
    for part in helpers.every_truncation(data):
        account_map = read_map(part)
        assert account_map.files == whole.files[: len(account_map.files)]
        assert account_map.types == whole.types[: len(account_map.types)]
        assert account_map.self_data in (None, b"self")
        read = sum(4 + len(RECORDS[number][0]) for number in account_map.types)
        if read == len(part):
            assert account_map.problems == []
        else:
            ((offset, reason),) = account_map.problems
            assert read <= offset <= len(part)
            assert reason


def test_mutations() -> None:
    """Any bytes are read, and no more comes out than they can hold."""
    data = b"".join(
        tdata.u32(number) + encoded for number, (encoded, _) in RECORDS.items()
    )
    damaged = 0
    for mutated in helpers.mutations(data, 1500, "map"):
        account_map = read_map(mutated)
        assert len(account_map.files) * 8 <= len(mutated)
        assert all(0 <= offset <= len(mutated) for offset, _ in account_map.problems)
        damaged += bool(account_map.problems)
    assert damaged > 300


def test_empty_map() -> None:
    """An empty map is a valid one."""
    assert read_map(b"") == AccountMap()
