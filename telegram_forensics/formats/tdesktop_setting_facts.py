"""Settings of Telegram Desktop that matter to an examiner, as name and value.

Specification: formats/telegram_desktop.md sections 3.11 and 3.13. Input are the decoded
blocks; output are facts as the client stored them, in words. Proxy passwords and
secrets are only reported as present.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from telegram_forensics.formats.tdesktop_application_settings import (
    ApplicationSettings,
    read_application_settings,
)
from telegram_forensics.formats.tdesktop_settings_blocks import (
    Block,
    CacheLimits,
    CallDevices,
    Connection,
    Proxy,
    WindowPosition,
)

_APPLICATION_SETTINGS: Final = 0x5E
_LAST_UPDATE_CHECK: Final = 0x0D
_RECENT_STICKERS: Final = 0x26

_NOTIFY_VIEW: Final = {
    0: "name and message text",
    1: "name only",
    2: "neither name nor text",
}
_PROXY_STATE: Final = {0: "system proxy", 1: "enabled", 2: "disabled"}


@dataclass(frozen=True, slots=True)
class SettingFact:
    """One setting.

    Attributes:
        name: what it is.
        value: in words.
        time: Unix time (seconds, UTC) for a setting that is a time.
    """

    name: str
    value: str
    time: int | None = None


# Blocks whose value is a switch, a number or a text that says something about how,
# when or by whom the client was used. Layout and taste (emoji, themes) are left to the
# decrypted file itself.
_SWITCHES: Final = {
    0x06: "auto_start",
    0x07: "start_minimized",
    0x08: "sound_notify",
    0x0B: "desktop_notify",
    0x0C: "auto_update",
    0x14: "ask_download_path",
    0x1D: "send_to_menu",
    0x28: "try_ipv6",
    0x31: "include_muted",
}
_NUMBERS: Final = {0x09: "work_mode", 0x1F: "language", 0x22: "auto_lock_seconds"}
_TEXTS: Final = {
    0x15: "download_path",
    0x19: "logged_phone_number",
    0x20: "language_file",
    0x23: "dialog_last_path",
}
_APPLICATION_SWITCHES: Final = (
    "ask_download_path",
    "sound_notify",
    "desktop_notify",
    "include_muted",
    "system_unlock",
    "disable_calls",
)
_APPLICATION_TEXTS: Final = (
    "download_path",
    "call_output_device",
    "call_input_device",
    "camera_device",
    "playback_device",
    "capture_device",
    "call_playback_device",
    "call_capture_device",
    "custom_device_model",
    "extensions_without_warning",
)


def block_facts(block: Block) -> Iterator[SettingFact]:
    """The facts of one settings block; none for blocks without meaning for a case."""
    value = block.value
    identifier = block.block_id
    if identifier == _APPLICATION_SETTINGS and isinstance(value, bytes):
        yield from application_facts(read_application_settings(value))
    elif identifier == _LAST_UPDATE_CHECK and isinstance(value, int):
        # Set from the server-corrected clock at each finished update check: the
        # program ran at that second.
        if value > 0:
            yield SettingFact("last_update_check", format_time(value), value)
    elif identifier == 0x1C and isinstance(value, int):
        yield SettingFact("notify_view", _NOTIFY_VIEW.get(value, str(value)))
    elif isinstance(value, int | str):
        yield from _plain_fact(identifier, value)
    elif identifier == _RECENT_STICKERS and isinstance(value, tuple):
        yield from _recent_stickers(value)
    elif identifier == 0x33 and isinstance(value, tuple):
        if value and value[0]:
            yield SettingFact("download_path", str(value[0]))
    else:
        yield from _structure_facts(value)


def _plain_fact(identifier: int, value: int | str) -> Iterator[SettingFact]:
    if identifier in _SWITCHES and isinstance(value, int):
        yield SettingFact(_SWITCHES[identifier], _switch(value))
    elif identifier in _NUMBERS and isinstance(value, int):
        yield SettingFact(_NUMBERS[identifier], str(value))
    elif identifier in _TEXTS and isinstance(value, str) and value:
        yield SettingFact(_TEXTS[identifier], value)


def _recent_stickers(value: tuple[object, ...]) -> Iterator[SettingFact]:
    for item in value:
        if isinstance(item, tuple) and len(item) == 2:
            document, rating = item
            yield SettingFact("recent_sticker", f"document {document}, rating {rating}")


def _structure_facts(value: object) -> Iterator[SettingFact]:
    if isinstance(value, WindowPosition):
        yield SettingFact("window_position", _window(value))
    elif isinstance(value, Connection):
        yield from _connection(value)
    elif isinstance(value, CallDevices):
        for name in ("output_device", "input_device"):
            device = getattr(value, name)
            if device:
                yield SettingFact(f"call_{name}", device)
    elif isinstance(value, CacheLimits):
        yield SettingFact("cache_limits", _cache_limits(value))


def application_facts(settings: ApplicationSettings) -> Iterator[SettingFact]:
    """The facts of the application settings (block 0x5e)."""
    for name in _APPLICATION_SWITCHES:
        value = getattr(settings, name)
        if value is not None:
            yield SettingFact(name, _switch(value))
    for name in _APPLICATION_TEXTS:
        value = getattr(settings, name)
        if value:
            yield SettingFact(name, value)
    if settings.notify_view is not None:
        view = _NOTIFY_VIEW.get(settings.notify_view, str(settings.notify_view))
        yield SettingFact("notify_view", view)
    if settings.auto_lock_seconds is not None:
        yield SettingFact("auto_lock_seconds", str(settings.auto_lock_seconds))
    if settings.work_mode is not None:
        yield SettingFact("work_mode", str(settings.work_mode))
    if settings.window_position is not None:
        yield SettingFact("window_position", _window(settings.window_position))
    if settings.accounts_order:
        order = [
            f"{item.user_id}{' (test server)' if item.is_test else ''}"
            for item in settings.accounts_order
        ]
        yield SettingFact("accounts_order", ", ".join(order))
    if settings.proxy is not None:
        state = _PROXY_STATE.get(settings.proxy.state, str(settings.proxy.state))
        yield SettingFact("proxy_state", state)
        if settings.proxy.selected is not None and settings.proxy.selected.host:
            yield SettingFact("proxy_selected", _proxy(settings.proxy.selected))
        for proxy in settings.proxy.proxies:
            yield SettingFact("proxy", _proxy(proxy))


def format_time(value: int) -> str:
    """Writes a Unix time (seconds) as ISO 8601 in UTC."""
    return datetime.datetime.fromtimestamp(value, datetime.timezone.utc).isoformat()


def custom_device_model(blocks: list[Block]) -> str | None:
    """The device name that the client announces to the server, if one was chosen."""
    for block in blocks:
        if block.block_id == _APPLICATION_SETTINGS and isinstance(block.value, bytes):
            return read_application_settings(block.value).custom_device_model or None
    return None


def _switch(value: int) -> str:
    return {0: "off", 1: "on"}.get(value, str(value))


def _window(position: WindowPosition) -> str:
    text = (
        f"{position.width}x{position.height} at {position.x},{position.y}"
        f", screen CRC-32 {position.screen_crc & 0xFFFFFFFF:08x}"
    )
    return text + (", maximized" if position.maximized else "")


def _proxy(proxy: Proxy) -> str:
    text = f"{proxy.type_name} {proxy.host}:{proxy.port}"
    if proxy.user:
        text += f", user {proxy.user}"
    return text + (", with password or secret" if proxy.has_secret else "")


def _connection(connection: Connection) -> Iterator[SettingFact]:
    yield SettingFact("connection_type", str(connection.kind))
    for proxy in connection.proxies:
        if proxy.host:
            yield SettingFact("proxy", _proxy(proxy))


def _cache_limits(limits: CacheLimits) -> str:
    def period(seconds: int) -> str:
        return f"{seconds} s since last use" if seconds else "no time limit"

    def size(number: int) -> str:
        return f"{number} bytes" if number else "no size limit"

    text = f"{size(limits.size)}, {period(limits.seconds)}"
    if limits.big_size is not None and limits.big_seconds is not None:
        big = f"{size(limits.big_size)}, {period(limits.big_seconds)}"
        text += f"; big files {big}"
    return text
