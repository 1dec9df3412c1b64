"""Tests of the application settings (block 0x5e, section 3.13)."""

from __future__ import annotations

import functools
import re
import struct
import tarfile
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telegram_forensics.formats import tdesktop_crypto, tdf
from telegram_forensics.formats.tdesktop_application_settings import (
    GROUPS,
    AccountOrder,
    ApplicationSettings,
    ProxySettings,
    read_application_settings,
)
from telegram_forensics.formats.tdesktop_settings_blocks import (
    Proxy,
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


def i32(*values: int) -> bytes:
    return b"".join(struct.pack(">I", value & 0xFFFFFFFF) for value in values)


def u64(*values: int) -> bytes:
    return b"".join(struct.pack(">Q", value) for value in values)


def qbytes(data: bytes) -> bytes:
    return i32(len(data)) + data


def qstr(text: str) -> bytes:
    return qbytes(text.encode("utf-16-be"))


@functools.cache
def real_block(sample: str) -> bytes:
    folder = SAMPLES / sample
    if not folder.is_dir():
        pytest.skip("samples are not here")
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as tar:
        (member,) = (m for m in tar if m.name.endswith("/settingss"))
        stream = tar.extractfile(member)
        assert stream is not None
        salt, blob = (
            record.data or b"" for record in tdf.read_container(stream.read()).records
        )
    plain = tdesktop_crypto.decrypt_local(blob, tdesktop_crypto.settings_key(salt))
    (block,) = (b for b in read_blocks(plain).blocks if b.block_id == 0x5E)
    assert isinstance(block.value, bytes)
    return block.value


def proxy_bytes(kind: int, host: str, port: int, user: str, secret: str) -> bytes:
    return qbytes(i32(kind) + qstr(host) + i32(port) + qstr(user) + qstr(secret))


PROXIES = (
    i32(0, 1, 1)
    + proxy_bytes(3, "p.example", 443, "", "dd00")
    + i32(2)
    + proxy_bytes(3, "p.example", 443, "", "dd00")
    + proxy_bytes(1, "10.0.0.1", 1080, "me", "")
)
WINDOW = i32(80, 65, 840, 630, -548642512, 1, 105)

# Fields of the table with a value of their own; all others get a small number.
SPECIAL: dict[str, bytes] = {
    "accent_colours": qbytes(i32(1, 0, 0xFF0000)),
    "download_path": qstr("D:/loot/"),
    "download_path_bookmark": qbytes(b"mark"),
    "auto_lock_seconds": i32(60),
    "call_output_device": qstr("{0.0.0.00000000}.{a}"),
    "call_input_device": qstr("{0.0.1.00000000}.{b}"),
    "sound_overrides": i32(1) + qstr("msg_incoming") + qstr("a.mp3"),
    "pip_geometry": i32(-1),
    "dictionaries": i32(2) + u64(31, 129),
    "camera_device": qstr("cam"),
    "push_to_talk_shortcut": qbytes(b""),
    "push_to_talk_delay": u64(20),
    "window_position": qbytes(WINDOW),
    "recent_emoji": i32(1) + qstr("😂") + b"\0\x05",
    "emoji_variants": i32(1) + qstr("👍") + b"\x02",
    "proxy": qbytes(PROXIES),
    "photo_editor_brush": qbytes(b""),
    "custom_device_model": qstr("Work PC"),
    "accounts_order": i32(2) + u64(5920118833, 198765432 | 1 << 56),
    "not_translated": i32(1) + u64(31),
    "translate_to": u64(42),
    "title_content": i32(1, 1, 0),
    "viewer_position": qbytes(i32(0, 0, 0, 0, 0, 2, 0)),
    "mac_icon": u64(0),
    "unnamed_4_9_2": i32(1) + qstr("x"),
    "playback_device": qstr("play"),
    "capture_device": qstr("capture"),
    "call_playback_device": qstr("call play"),
    "call_capture_device": qstr("call capture"),
    "instant_view_position": i32(0),
    "extensions_without_warning": qstr("pdf docx"),
    "font": qstr("Arial"),
    "ton_site_token": qbytes(b""),
    "video_quality": i32(720),
    "notifications_volume": b"\0\x64",
}


def coded(name: str) -> bytes:
    return SPECIAL.get(name, i32(1))


def whole() -> bytes:
    return b"".join(coded(name) for group in GROUPS for name, _ in group)


def test_all_fields() -> None:
    data = whole()
    result = read_application_settings(data)
    assert (result.consumed, result.issue, result.notes) == (len(data), None, [])
    assert result.download_path == "D:/loot/"
    assert result.ask_download_path == 1
    assert result.auto_lock_seconds == 60
    assert result.call_output_device == "{0.0.0.00000000}.{a}"
    assert result.call_input_device == "{0.0.1.00000000}.{b}"
    assert result.camera_device == "cam"
    assert result.sound_overrides == (("msg_incoming", "a.mp3"),)
    assert result.dictionaries == (31, 129)
    assert result.recent_emoji == (("😂", 5),)
    assert result.window_position == WindowPosition(
        80, 65, 840, 630, -548642512, 1, 105
    )
    selected = Proxy(3, "mtproto", "p.example", 443, "", True)
    assert result.proxy == ProxySettings(
        0, 1, 1, selected, (selected, Proxy(1, "socks5", "10.0.0.1", 1080, "me", False))
    )
    assert "dd00" not in repr(result)
    assert result.custom_device_model == "Work PC"
    assert result.accounts_order == (
        AccountOrder(5920118833, False),
        AccountOrder(198765432, True),
    )
    assert result.not_translated == (31,)
    assert result.translate_to == 42
    assert result.playback_device == "play"
    assert result.capture_device == "capture"
    assert result.call_playback_device == "call play"
    assert result.call_capture_device == "call capture"
    assert result.extensions_without_warning == "pdf docx"
    assert result.system_unlock == 1
    assert result.instant_view_position is None
    assert result.values["notifications_volume"] == 100


def test_names_are_unique() -> None:
    names = [name for group in GROUPS for name, _ in group]
    assert len(names) == len(set(names))


def test_empty() -> None:
    result = read_application_settings(b"")
    assert result == ApplicationSettings()


def test_ends_after_every_group_without_issue() -> None:
    data = b""
    for index, group in enumerate(GROUPS):
        data += b"".join(coded(name) for name, _ in group)
        result = read_application_settings(data)
        assert (result.consumed, result.issue) == (len(data), None)
        assert len(result.values) == sum(len(g) for g in GROUPS[: index + 1])


def test_later_fields_are_no_issue() -> None:
    data = whole()
    result = read_application_settings(data + b"more")
    assert (result.consumed, result.issue) == (len(data), None)


def test_truncation_at_every_byte() -> None:
    data = whole()
    complete = read_application_settings(data)
    group_ends = {0}
    field_ends = [0]
    for group in GROUPS:
        for name, _ in group:
            field_ends.append(field_ends[-1] + len(coded(name)))
        group_ends.add(field_ends[-1])
    assert field_ends[-1] == len(data)
    for size in range(len(data)):
        result = read_application_settings(data[:size])
        assert (result.issue is None) == (size in group_ends)
        assert result.consumed == max(end for end in field_ends if end <= size)
        assert result.values.items() <= complete.values.items()
        assert result.notes == []


def with_field(name: str, value: bytes) -> ApplicationSettings:
    data = b"".join(
        value if name == field else coded(field)
        for group in GROUPS
        for field, _ in group
    )
    return read_application_settings(data)


@pytest.mark.parametrize("size", range(1, 24))
def test_damaged_window_position_is_noted(size: int) -> None:
    result = with_field("window_position", qbytes(WINDOW[:size]))
    assert result.issue is None
    assert result.window_position is None
    assert result.custom_device_model == "Work PC"
    ((offset, reason),) = result.notes
    assert whole()[offset : offset + size] == WINDOW[:size]
    assert reason.startswith("window_position: ")


def test_window_position_without_scale() -> None:
    result = with_field("window_position", qbytes(WINDOW[:24]))
    assert result.window_position == WindowPosition(80, 65, 840, 630, -548642512, 1)
    assert result.notes == []


def test_damaged_proxy_is_noted_at_every_truncation() -> None:
    for size in range(1, len(PROXIES)):
        result = with_field("proxy", qbytes(PROXIES[:size]))
        assert result.issue is None
        assert result.custom_device_model == "Work PC"
        assert len(result.notes) == 1
        assert (result.proxy is None) == (size < 12)


def test_damaged_proxy_server_leaves_the_others() -> None:
    good = proxy_bytes(1, "10.0.0.1", 1080, "me", "")
    content = i32(0, 0, 1) + qbytes(b"bad") + i32(2) + qbytes(b"bad") + good
    result = with_field("proxy", qbytes(content))
    assert result.proxy == ProxySettings(
        0, 0, 1, None, (Proxy(1, "socks5", "10.0.0.1", 1080, "me", False),)
    )
    assert len(result.notes) == 2


@pytest.mark.parametrize("count", [10**6, 0x7FFFFFFF, -1])
def test_large_counts(count: int) -> None:
    result = with_field("accounts_order", i32(count))
    assert result.issue is not None
    assert result.issue[1].startswith("accounts_order: ")
    assert result.accounts_order is None


@given(st.binary(max_size=600))
def test_random_bytes(data: bytes) -> None:
    assert read_application_settings(data).consumed <= len(data)


changes = st.lists(
    st.tuples(st.integers(0, 5000), st.integers(0, 255)), min_size=1, max_size=8
)


def mutate(data: bytes, places: list[tuple[int, int]]) -> bytes:
    mutated = bytearray(data)
    for position, value in places:
        mutated[position % len(mutated)] = value
    return bytes(mutated)


@settings(max_examples=500)
@given(changes)
def test_mutated_bytes(places: list[tuple[int, int]]) -> None:
    read_application_settings(mutate(whole(), places))


@settings(max_examples=500)
@given(st.sampled_from(REAL), changes)
def test_mutated_real_bytes(sample: str, places: list[tuple[int, int]]) -> None:
    read_application_settings(mutate(real_block(sample), places))


def test_order_is_that_of_the_specification() -> None:
    """Builds bytes from the text of section 3.13 and compares every number."""
    if not SPECIFICATION.is_file():
        pytest.skip("the specification is not here")
    text = SPECIFICATION.read_text("utf-8")
    start = text.index("BYTES accent colours")
    text = text[start : text.index("Machine-bound values", start)]
    text = re.sub(r"\(([^()]|\([^()]*\))*\)", lambda m: _element_types(m[0]), text)
    data, marker = b"", 0
    expected: list[int] = []
    pattern = r"n x \[([^]]*)\]|n x (\w+)|\b(i32|u32|i64|u64|u16|STR|BYTES)\b( x3)?"
    for match in re.finditer(pattern, text):
        if match[1] is not None or match[2] is not None:
            kinds = re.findall(r"\w+", match[1] or match[2])
            # The count of the list was coded as a number: it has to be 1.
            data, expected = data[:-4] + i32(1), expected[:-1]
        else:
            kinds = [match[3]] * (3 if match[4] else 1)
        for kind in kinds:
            marker += 1
            data += _coded_marker(kind, marker)
            expected.append(marker)
    result = read_application_settings(data)
    assert result.issue is None
    assert result.consumed == len(data)
    names = [name for group in GROUPS for name, _ in group]
    assert list(result.values) == names
    found = [number for name in names for number in _numbers(result.values[name], name)]
    pairs = zip(found, expected, strict=True)
    assert all(number in (wanted, None) for number, wanted in pairs)


def _element_types(text: str) -> str:
    """Keeps "(STR, u16)" after "n x" as "[STR, u16]", drops remarks."""
    kinds = re.findall(r"\w+", text)
    known = {"STR", "u16", "u8", "u64", "i64"}
    return f"[{' '.join(kinds)}]" if kinds and set(kinds) <= known else ""


def _coded_marker(kind: str, marker: int) -> bytes:
    if kind == "STR":
        return qstr(str(marker))
    if kind == "BYTES":
        return qbytes(b"%d" % marker)
    size = int(kind[1:]) // 8
    return marker.to_bytes(size, "big")


def _numbers(value: object, name: str) -> list[int | None]:
    if value is None:  # a byte array with a structure, which the marker is not
        assert name in (
            "window_position",
            "viewer_position",
            "instant_view_position",
            "proxy",
        )
        return [None]
    if isinstance(value, AccountOrder):
        return [value.user_id]
    if isinstance(value, tuple):
        return [number for item in value for number in _numbers(item, name)]
    assert isinstance(value, (int, str, bytes))
    return [int(value)]


@pytest.mark.parametrize("sample", REAL)
def test_real_application_settings(sample: str) -> None:
    data = real_block(sample)
    result = read_application_settings(data)
    # 4.6.5 ends with the position of the media viewer, which 4.6.4 added.
    assert (result.consumed, result.issue, result.notes) == (len(data), None, [])
    assert list(result.values)[-1] == "viewer_position"
    assert result.download_path == ""
    assert result.ask_download_path == 0
    assert result.auto_lock_seconds == 3600
    assert result.call_output_device == "default"
    assert result.call_input_device == "default"
    assert result.camera_device == "default"
    position = result.window_position
    assert position is not None
    assert (position.width, position.height) == (840, 630)
    # The name of the screen of the virtual X server.
    assert position.screen_crc & 0xFFFFFFFF == zlib.crc32(b"screen")
    assert position.scale == 105
    assert result.viewer_position == WindowPosition(0, 0, 0, 0, 0, 2, 0)
    assert result.proxy == ProxySettings(
        1, 0, 0, Proxy(0, "none", "", 0, "", False), ()
    )
    assert result.custom_device_model == ""
    assert result.accounts_order == ()
    assert result.translate_chats == 1
    assert result.playback_device is None
    assert result.system_unlock is None
    assert result.values["dialogs_width_ratio"] == 357143
    assert result.values["push_to_talk_delay"] == 20
    emoji = result.recent_emoji
    assert emoji is not None
    assert all(text and rating == 1 for text, rating in emoji)
