"""Tests of the session settings (block 0x4d, section 3.12).

No sample holds this block. The layout is checked against vector 9.8 and by coding
every item of the specification.
"""

from __future__ import annotations

import struct
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telegram_forensics.formats.qds import QdsReader
from telegram_forensics.formats.tdesktop_peer import PeerId
from telegram_forensics.formats.tdesktop_session_settings import (
    GROUPS_0_1,
    GROUPS_2,
    HiddenPinned,
    SessionSettings,
    UnreviewedAuthorization,
    peer_of,
    read_session_settings,
    read_unreviewed_authorizations,
)

VECTOR_9_8 = bytes.fromhex(
    "000000010123456789abcdef0000000168b6a4000000000e004400650073006b"
    "0074006f00700000001a004b007900690076002c00200055006b007200610069"
    "006e0065"
)
KYIV = UnreviewedAuthorization(
    "81985529216486895", True, 1756800000, "Desktop", "Kyiv, Ukraine"
)

USER = 0x008000013161BF15
CHANNEL = 0x00820000499602D2
OLD_USER = 0x00000000075BCD15
USER_PEER = PeerId("user", 5123456789)
CHANNEL_PEER = PeerId("channel", 1234567890)


def i32(*values: int) -> bytes:
    return b"".join(struct.pack(">I", value & 0xFFFFFFFF) for value in values)


def u64(*values: int) -> bytes:
    return b"".join(struct.pack(">Q", value) for value in values)


def u16(value: int) -> bytes:
    return struct.pack(">H", value)


def qbytes(data: bytes) -> bytes:
    return i32(len(data)) + data


def qstr(text: str) -> bytes:
    return qbytes(text.encode("utf-16-be"))


TAGGED = i32(-1, 2)
# Each element is a group, in the order of section 3.12.
ITEM_1 = [i32(0)]
ITEM_2 = [i32(1) + u64(CHANNEL)]
ITEM_3 = [i32(1, 0)]
ITEMS_4_5 = [i32(1), i32(604800)]
ITEMS_6_8 = [qbytes(b"\x02limits"), i32(0), i32(1)]
ITEMS_9_10 = [i32(1), i32(0)]
ITEM_11 = [i32(1) + u64(77, 1500)]
ITEMS_12_27 = [
    i32(1) + u64(OLD_USER) + i32(5),
    i32(1),
    i32(0),
    i32(3),
    i32(1) + u64(CHANNEL, 6),
    i32(2) + u64(3600, 86400),
    i32(0),
    i32(1) + u64(CHANNEL, 11, 7),
    i32(1) + u64(CHANNEL),
    i32(1700000000, 1700000060),
    i32(2) + u64(CHANNEL, 11, USER, 8) + u64(CHANNEL, 0, 0, 9),
    i32(1) + u64(CHANNEL),
    i32(1) + b"\x01" + u16(50),
    i32(1) + u64(USER, 0, 0) + u16(60),
    i32(1) + u64(99),
    VECTOR_9_8,
]
VERSION_2 = [
    *(TAGGED + ITEM_1[0], *ITEM_2, *ITEM_3, *ITEMS_4_5, *ITEMS_6_8),
    *(*ITEMS_9_10, *ITEM_11, *ITEMS_12_27),
]
VERSION_0 = [
    *ITEM_1,
    *(i32(0), i32(1), i32(1) + qstr("msg") + qstr("a.mp3"), i32(0), i32(1, 4)),
    *ITEM_2,
    *(i32(1, 0), i32(357143, 0, -1), i32(0), i32(1)),
    i32(1) + ITEM_3[0],
    *ITEMS_4_5,
    *(i32(1, 1), i32(1)),
    *ITEMS_6_8,
    i32(1),
    *ITEMS_9_10,
    *(i32(1, 1, 1, 1, 1, 1), i32(1)),
    *ITEM_11,
    *(i32(100), qbytes(b"pip"), i32(1) + u64(31), i32(1)),
    *ITEMS_12_27,
]
VERSION_1 = [i32(-1, 1) + VERSION_0[0], *VERSION_0[1:]]
WHOLE = [VERSION_0, VERSION_1, VERSION_2]


def test_vector_9_8() -> None:
    reader = QdsReader(VECTOR_9_8)
    assert read_unreviewed_authorizations(reader) == (KYIV,)
    assert reader.remaining == 0


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        (USER, USER_PEER),
        (CHANNEL, CHANNEL_PEER),
        (OLD_USER, PeerId("user", 123456789)),
        (0x100000007, PeerId("group", 7)),
        (0x0081 << 48 | 7, PeerId("group", 7)),
        (0x00FF << 48 | 7, PeerId("pseudo", 7)),
        (0xF00000001, PeerId("pseudo", 1)),
        (0xA00000001, PeerId("", 0xA00000001)),
    ],
)
def test_peer(stored: int, expected: PeerId) -> None:
    assert peer_of(stored) == expected


@pytest.mark.parametrize("version", [0, 1, 2])
def test_all_items(version: int) -> None:
    data = b"".join(WHOLE[version])
    result = read_session_settings(data)
    assert (result.version, result.issue) == (version, None)
    assert result.consumed == len(data)
    assert result.selector_tab == 0
    assert result.sticker_section_hidden == (CHANNEL_PEER,)
    assert result.emoji_section_hidden == (CHANNEL_PEER,)
    assert result.auto_download == b"\x02limits"
    assert result.archive_collapsed == 1
    assert result.archive_in_main_menu == 1
    assert result.skip_archive_in_search == 0
    assert result.folders_enabled == 1
    assert result.media_positions == ((77, 1500),)
    assert result.mute_periods == (3600, 86400)
    assert result.download_limit_hit == 1700000000
    assert result.upload_limit_hit == 1700000060
    assert result.hidden_pinned == (
        HiddenPinned(PeerId("user", 123456789), 0, None, 5),
        HiddenPinned(CHANNEL_PEER, 0, None, 6),
        HiddenPinned(CHANNEL_PEER, 11, None, 7),
        HiddenPinned(CHANNEL_PEER, 11, USER_PEER, 8),
        HiddenPinned(CHANNEL_PEER, 0, None, 9),
    )
    assert result.vertical_tabs == (CHANNEL_PEER,)
    assert result.rated_transcriptions == (99,)
    assert result.unreviewed_authorizations == (KYIV,)
    assert result.values["support_time_slice"] == 604800
    assert result.values["photo_editor_hint_count"] == 3
    assert result.values["ringtone_default_volumes"] == ((1, 50),)
    assert result.values["ringtone_volumes"] == ((USER, 0, 0, 60),)
    old = {
        "sound_overrides": (("msg", "a.mp3"),),
        "third_section_extended": -1,
        "dictionaries": (31,),
        "pip_geometry": b"pip",
        "send_key": 1,
    }
    for name, value in old.items():
        assert result.values.get(name) == (value if version < 2 else None)


def test_groups_are_those_of_the_tables() -> None:
    assert len(GROUPS_0_1) == len(VERSION_0)
    assert len(GROUPS_2) == len(VERSION_2)
    for groups in (GROUPS_0_1, GROUPS_2):
        names = [name for group in groups for name, _ in group]
        assert len(names) == len(set(names))


@pytest.mark.parametrize("version", [0, 1, 2])
def test_truncation_at_every_byte(version: int) -> None:
    groups = WHOLE[version]
    data = b"".join(groups)
    complete = read_session_settings(data)
    ends = {sum(len(group) for group in groups[:count]) for count in range(len(groups))}
    if version:
        ends.add(8)  # tag and version alone
    for size in range(len(data)):
        result = read_session_settings(data[:size])
        assert (result.issue is None) == (size in ends)
        assert result.consumed <= size
        assert result.values.items() <= complete.values.items()


def test_empty() -> None:
    assert read_session_settings(b"") == SessionSettings()


def test_later_items_are_no_issue() -> None:
    data = b"".join(VERSION_2)
    result = read_session_settings(data + i32(0))
    assert (result.consumed, result.issue) == (len(data), None)


@pytest.mark.parametrize("version", [3, -2])
def test_unknown_version(version: int) -> None:
    result = read_session_settings(i32(-1, version, 0))
    assert result.version == version
    assert result.values == {}
    assert result.issue == (4, f"unknown version {version} of the session settings")


@pytest.mark.parametrize("count", [5, 0x7FFFFFFF, -1])
def test_large_count_allocates_nothing(count: int) -> None:
    data = b"".join(VERSION_2[:-1])
    tracemalloc.start()
    try:
        result = read_session_settings(data + i32(count) + bytes(60))
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()
    assert result.unreviewed_authorizations is None
    assert result.download_limit_hit == 1700000000
    assert result.issue is not None
    assert result.issue[0] == len(data)
    assert result.issue[1].startswith("unreviewed_authorizations: ")


@given(st.binary(max_size=600), st.sampled_from([b"", i32(-1, 1), TAGGED]))
def test_random_bytes(data: bytes, head: bytes) -> None:
    assert read_session_settings(head + data).consumed <= len(head + data)


@settings(max_examples=500)
@given(
    st.sampled_from(WHOLE),
    st.lists(
        st.tuples(st.integers(0, 5000), st.integers(0, 255)), min_size=1, max_size=8
    ),
)
def test_mutated_bytes(groups: list[bytes], changes: list[tuple[int, int]]) -> None:
    data = bytearray(b"".join(groups))
    for position, value in changes:
        data[position % len(data)] = value
    read_session_settings(bytes(data))
