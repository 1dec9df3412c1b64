"""Application settings of Telegram Desktop (block 0x5e of `settingss`).

Specification: formats/telegram_desktop.md section 3.13, versions 1.8.3 to 6.1.2. The
block is readable without the passcode. A version that knows more fields appends them,
so the data may end before any group; fields that it ended before are None.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import cast

from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.qds import QdsReader
from telegram_forensics.formats.tdesktop_settings_blocks import (
    PROXY_TYPES,
    Group,
    Place,
    Proxy,
    WindowPosition,
    fields,
    list_of,
    nested,
    read_groups,
    read_proxy_server,
)

DEFAULT_AUTO_LOCK_SECONDS = 3600
_TEST_SERVER_BIT = 1 << 56
_WINDOW_POSITIONS = ("window_position", "viewer_position", "instant_view_position")


@dataclass(frozen=True, slots=True)
class AccountOrder:
    """An account in the order that the user dragged the accounts into."""

    user_id: int
    is_test: bool


@dataclass(frozen=True, slots=True)
class ProxySettings:
    """Proxy settings.

    Attributes:
        try_ipv6: 0 or 1.
        for_calls: 1 if calls go through the proxy.
        state: 0 system, 1 enabled, 2 disabled.
        selected: the selected proxy, None if none or damaged.
        proxies: the list of the user.
    """

    try_ipv6: int
    for_calls: int
    state: int
    selected: Proxy | None
    proxies: tuple[Proxy, ...]


@dataclass(slots=True)
class ApplicationSettings:
    """Application settings. None: the data ended before the field.

    Attributes:
        download_path: "" the default folder, "tmp" the temporary folder.
        ask_download_path, moderate_mode, sound_notify, desktop_notify, flash_notify,
            include_muted, count_unread, notify_about_pinned, notify_from_all,
            accounts_shown, spell_checker, ip_reveal_warning, last_seen_warning_seen,
            disable_calls, push_to_talk, delete_only_for_me, translate_button,
            translate_chats, system_dark_mode, system_unlock: 0 or 1, as stored.
        notify_view: 0 preview of the text, 1 name, 2 nothing.
        native_notify: number as stored.
        auto_lock_seconds: time without input after which the client locks itself.
        call_output_device, call_input_device: device ids of calls, until 4.14.10.
        camera_device: device id.
        playback_device, capture_device, call_playback_device, call_capture_device:
            device ids, since 4.14.10.
        window_position, viewer_position, instant_view_position: main window, media
            viewer and instant view window; None also if never saved or damaged.
        work_mode: number as stored.
        proxy: None also if never set or damaged.
        custom_device_model: device name announced to the server, "" automatic.
        accounts_order: user ids of logged-in accounts, () if never reordered.
        translate_to: language number of Qt, 0 not set.
        not_translated: language numbers that are not translated.
        dictionaries: language numbers of the spell checker.
        recent_emoji: (emoji, rating).
        sound_overrides: (sound, file).
        extensions_without_warning: extensions, in the client's own notation.
        values: every field that was read, by the name in the table of this module.
        consumed: bytes up to the end of the last complete field. More bytes without an
            issue belong to a later version.
        issue: offset and reason if the data ended within a group or was damaged.
        notes: offset and reason of each nested byte array that could not be read.
    """

    download_path: str | None = None
    ask_download_path: int | None = None
    moderate_mode: int | None = None
    sound_notify: int | None = None
    desktop_notify: int | None = None
    flash_notify: int | None = None
    notify_view: int | None = None
    native_notify: int | None = None
    notify_from_all: int | None = None
    auto_lock_seconds: int | None = None
    call_output_device: str | None = None
    call_input_device: str | None = None
    camera_device: str | None = None
    playback_device: str | None = None
    capture_device: str | None = None
    call_playback_device: str | None = None
    call_capture_device: str | None = None
    window_position: WindowPosition | None = None
    viewer_position: WindowPosition | None = None
    instant_view_position: WindowPosition | None = None
    work_mode: int | None = None
    proxy: ProxySettings | None = None
    custom_device_model: str | None = None
    accounts_order: tuple[AccountOrder, ...] | None = None
    accounts_shown: int | None = None
    include_muted: int | None = None
    count_unread: int | None = None
    notify_about_pinned: int | None = None
    spell_checker: int | None = None
    ip_reveal_warning: int | None = None
    last_seen_warning_seen: int | None = None
    disable_calls: int | None = None
    push_to_talk: int | None = None
    delete_only_for_me: int | None = None
    translate_button: int | None = None
    translate_chats: int | None = None
    translate_to: int | None = None
    not_translated: tuple[int, ...] | None = None
    dictionaries: tuple[int, ...] | None = None
    recent_emoji: tuple[tuple[str, int], ...] | None = None
    sound_overrides: tuple[tuple[str, str], ...] | None = None
    system_dark_mode: int | None = None
    system_unlock: int | None = None
    extensions_without_warning: str | None = None
    values: dict[str, object] = field(default_factory=dict)
    consumed: int = 0
    issue: Place | None = None
    notes: list[Place] = field(default_factory=list)


def read_application_settings(data: bytes) -> ApplicationSettings:
    """Reads the content of block 0x5e (section 3.13). Never raises."""
    reader = QdsReader(data)
    values, issue = read_groups(reader, GROUPS)
    settings = ApplicationSettings(consumed=reader.offset, issue=issue)
    _read_nested(values, settings)
    order = values.get("accounts_order")
    if order is not None:
        values["accounts_order"] = tuple(
            AccountOrder(number & ~_TEST_SERVER_BIT, bool(number & _TEST_SERVER_BIT))
            for number in cast(tuple[int, ...], order)
        )
    settings.values = values
    for name in _PLAIN_FIELDS & values.keys():
        setattr(settings, name, values[name])
    return settings


def _read_nested(values: dict[str, object], settings: ApplicationSettings) -> None:
    """Replaces the nested byte arrays in `values` by what they hold."""
    for name in _WINDOW_POSITIONS:
        if name in values:
            offset, data = cast(tuple[int, bytes], values[name])
            values[name], reason = nested(_window_position, data)
            if reason:
                settings.notes.append((offset, f"{name}: {reason}"))
    if "proxy" in values:
        offset, data = cast(tuple[int, bytes], values["proxy"])
        values["proxy"] = _proxy_settings(data, offset, settings.notes)


def _placed_bytes(reader: QdsReader) -> tuple[int, bytes]:
    """Reads BYTES, with the offset of the first byte: notes need it."""
    data = reader.bytes()
    return reader.offset - len(data), data


def _window_position(reader: QdsReader) -> WindowPosition:
    numbers = [reader.i32() for _ in range(6)]
    # Without the scale, as in block 0x0e, it is still a position.
    if reader.remaining:
        numbers.append(reader.i32())
    return WindowPosition(*numbers)


def _proxy(reader: QdsReader) -> Proxy:
    return read_proxy_server(reader, reader.i32(), PROXY_TYPES)


def _proxy_settings(
    data: bytes, offset: int, notes: list[Place]
) -> ProxySettings | None:
    """Reads the proxy byte array.

    Args:
        data: the array.
        offset: its place in the application settings.
        notes: receives what could not be read.

    Returns:
        The settings with all proxies that could be read, None if there are none.
    """
    if not data:
        return None
    reader = QdsReader(data)
    selected: Proxy | None = None
    proxies: list[Proxy] = []
    try:
        ipv6, for_calls, state = reader.i32(), reader.i32(), reader.i32()
    except FormatError as error:
        notes.append((offset + error.offset, f"proxy: {error.reason}"))
        return None
    try:
        selected = _noted_proxy(reader, offset, notes)
        for _ in range(reader.count(4)):
            proxy = _noted_proxy(reader, offset, notes)
            if proxy is not None:
                proxies.append(proxy)
    except FormatError as error:
        notes.append((offset + error.offset, f"proxy: {error.reason}"))
    return ProxySettings(ipv6, for_calls, state, selected, tuple(proxies))


def _noted_proxy(reader: QdsReader, offset: int, notes: list[Place]) -> Proxy | None:
    place, data = _placed_bytes(reader)
    proxy, reason = nested(_proxy, data)
    if reason:
        notes.append((offset + place, f"proxy server: {reason}"))
    return proxy


_i32 = QdsReader.i32
_u16 = QdsReader.u16
_u32 = QdsReader.u32
_i64 = QdsReader.i64
_u64 = QdsReader.u64
_str = QdsReader.string
_bytes = QdsReader.bytes


def _one(name: str) -> Group:
    """A group of one i32, the commonest one."""
    return ((name, _i32),)


# Each line of tuples is a group: a version appends whole groups. Names that begin with
# "unused" are fields whose meaning is gone.
GROUPS: tuple[Group, ...] = (
    (("accent_colours", _bytes),),
    (  # 2.1.14
        ("adaptive_for_wide", _i32),
        ("moderate_mode", _i32),
        ("song_volume", _i32),
        ("video_volume", _i32),
        ("ask_download_path", _i32),
        ("download_path", _str),
        ("download_path_bookmark", _bytes),
        ("unused_1", _i32),
        ("sound_notify", _i32),
        ("desktop_notify", _i32),
        ("flash_notify", _i32),
        ("notify_view", _i32),
        ("native_notify", _i32),
        ("notifications_count", _i32),
        ("notifications_corner", _i32),
        ("auto_lock_seconds", _i32),
        ("call_output_device", _str),
        ("call_input_device", _str),
        ("call_output_volume", _i32),
        ("call_input_volume", _i32),
        ("call_audio_ducking", _i32),
        ("last_seen_warning_seen", _i32),
        ("sound_overrides", list_of(_str, _str)),
        ("send_files_way", _i32),
        ("send_key", _i32),
        ("include_muted", _i32),
        ("count_unread", _i32),
        ("unused_2", _i32),
        ("notify_about_pinned", _i32),
        ("loop_stickers", _i32),
        ("large_emoji", _i32),
        ("replace_emoji", _i32),
        ("suggest_emoji", _i32),
        ("suggest_stickers", _i32),
        ("spell_checker", _i32),
        ("video_speed", _i32),
        ("pip_geometry", _bytes),
        ("dictionaries", list_of(_i64)),
        ("auto_download_dictionaries", _i32),
        ("accounts_shown", _i32),
    ),
    (
        ("tabbed_section", _i32),
        ("player_column", _i32),
        ("player_corner", _i32),
        ("third_section", _i32),
        ("dialogs_width_ratio", _i32),
        ("third_column_width", _i32),
        ("third_section_extended", _i32),
        ("notify_from_all", _i32),
    ),
    _one("native_window_frame"),  # 2.1.18
    _one("system_dark_mode"),  # 2.1.21
    (("camera_device", _str),),  # 2.4
    _one("ip_reveal_warning"),  # 2.4.4
    (  # 2.4.12
        ("push_to_talk", _i32),
        ("push_to_talk_shortcut", _bytes),
        ("push_to_talk_delay", _i64),
    ),
    _one("unused_3"),
    _one("disable_calls"),  # 2.5.7
    (("window_position", _placed_bytes),),  # 2.5.9
    (  # 2.7.2
        ("recent_emoji", list_of(_str, _u16)),
        ("emoji_variants", list_of(_str, QdsReader.u8)),
    ),
    _one("unused_4"),
    _one("unused_5"),
    _one("work_mode"),  # 2.7.9
    (("proxy", _placed_bytes),),
    _one("group_call_tooltips"),  # 2.7.10
    _one("disable_opengl"),
    (("photo_editor_brush", _bytes),),  # 2.8.6
    _one("noise_suppression"),
    _one("voice_speed"),  # 3.0.1
    _one("close_behaviour"),
    (("custom_device_model", _str),),  # 3.2.6
    (("player_repeat", _i32), ("player_order", _i32)),
    _one("mac_warn_before_quit"),  # 3.5.0
    (("accounts_order", list_of(_u64)),),  # 3.5.1
    _one("unused_6"),  # 3.6.3
    _one("chat_quick_action"),
    _one("hardware_video"),
    _one("suggest_animated_emoji"),  # 4.0.4
    _one("corner_reaction"),  # 4.1.2
    _one("translate_button"),  # 4.3.3
    (("not_translated", list_of(_u64)),),
    _one("delete_only_for_me"),  # 4.4.2
    (("translate_chats", _i32), ("translate_to", _u64)),  # 4.6.0
    (("title_content", fields(_i32, _i32, _i32)),),
    (("viewer_position", _placed_bytes),),  # 4.6.4
    _one("ignore_battery_saving"),  # 4.6.6
    (("mac_icon", _u64),),
    _one("unnamed_4_8_8"),  # 4.8.8
    (("unnamed_4_9_2", list_of(_str)),),  # 4.9.2
    _one("unnamed_4_11_2"),  # 4.11.2
    _one("unnamed_4_14_5"),  # 4.14.5
    (("playback_device", _str), ("capture_device", _str)),  # 4.14.10
    (("call_playback_device", _str), ("call_capture_device", _str)),
    (("instant_view_position", _placed_bytes),),  # 4.15.6
    (("extensions_without_warning", _str),),  # 4.16.7
    (("font", _str),),  # 4.16.9
    _one("unnamed_5_0_2"),  # 5.0.2
    _one("system_unlock"),  # 5.2.0
    _one("weather_unit"),  # 5.3.0
    (("ton_site_token", _bytes),),
    _one("unnamed_5_5_6"),  # 5.5.6
    _one("horizontal_folders"),
    _one("respect_focus"),
    _one("record_video"),
    (("video_quality", _u32),),
    _one("instant_view_zoom"),
    _one("system_dark_mode_2"),
    _one("quick_dialog_action"),
    (("notifications_volume", _u16),),  # 6.0.3
)

_PLAIN_FIELDS = {
    attribute.name for attribute in dataclasses.fields(ApplicationSettings)
} - {"values", "consumed", "issue", "notes"}
