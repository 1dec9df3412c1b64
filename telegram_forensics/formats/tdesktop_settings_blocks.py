"""The settings block stream of Telegram Desktop: u32 id, value, until the data ends.

Specification: formats/telegram_desktop.md section 3.11. The stream stands in
`settingss`, in the account's user settings file, in the MTP authorization file and in
the files of the oldest versions (section 2.6), always after decryption.

A value has no length of its own, so an unknown id or a damaged value ends the parse:
`read_blocks` keeps what stands before and says where and why it stopped. It never
raises. The field and group readers at the top are shared with the other settings
decoders (sections 3.3, 3.12 and 3.13).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar, cast

from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.qds import QdsReader
from telegram_forensics.formats.tdesktop_crypto import auth_key_identifier

AUTH_KEY_SIZE = 256

T = TypeVar("T")
Reader: TypeAlias = Callable[[QdsReader], object]
Group: TypeAlias = tuple[tuple[str, Reader], ...]
Place: TypeAlias = tuple[int, str]

# Smallest coded size of each element type: it bounds a count before anything is
# allocated.
_SIZES: dict[Reader, int] = {
    QdsReader.u8: 1,
    QdsReader.u16: 2,
    QdsReader.i32: 4,
    QdsReader.u32: 4,
    QdsReader.i64: 8,
    QdsReader.u64: 8,
    QdsReader.string: 4,
    QdsReader.bytes: 4,
}


def fields(*readers: Reader) -> Reader:
    """Makes a reader of several values in a row, which gives a tuple."""

    def read(reader: QdsReader) -> tuple[object, ...]:
        return tuple(read_value(reader) for read_value in readers)

    return read


def record(make: Callable[..., object], *readers: Reader) -> Reader:
    """Makes a reader of several values in a row, which are given to `make`."""
    read_values = fields(*readers)
    return lambda reader: make(*cast("tuple[object, ...]", read_values(reader)))


def list_of(*readers: Reader) -> Reader:
    """Makes a reader of a count and that many elements.

    The elements are values with one reader and tuples with several. LIST, MAP and
    "i32 n + n x" of the specification are coded alike.

    Raises (the reader made):
        FormatError: if the count is negative or cannot stand in the rest of the data.
    """
    minimum_size = sum(_SIZES[read_value] for read_value in readers)
    read_element = readers[0] if len(readers) == 1 else fields(*readers)

    def read(reader: QdsReader) -> tuple[object, ...]:
        count = reader.count(minimum_size)
        return tuple(read_element(reader) for _ in range(count))

    return read


def read_groups(
    reader: QdsReader, groups: Sequence[Group]
) -> tuple[dict[str, object], Place | None]:
    """Reads groups of named fields, each group only while bytes remain.

    Args:
        reader: where to read; afterwards it stands behind the last complete field.
        groups: the groups in their stored order.

    Returns:
        The values by field name, without the fields that the data ended before, and
        offset and reason if the data ended, or was damaged, within a group.
    """
    values: dict[str, object] = {}
    for group in groups:
        if not reader.remaining:
            break
        for name, read_value in group:
            start = reader.offset
            try:
                values[name] = read_value(reader)
            except FormatError as error:
                reader.offset = start
                return values, (error.offset, f"{name}: {error.reason}")
    return values, None


def nested(read_value: Callable[[QdsReader], T], data: bytes) -> tuple[T | None, str]:
    """Reads a value out of a byte array of known length.

    Returns:
        The value and "", or None and what is wrong. An empty array is no value.
    """
    if not data:
        return None, ""
    try:
        return read_value(QdsReader(data)), ""
    except FormatError as error:
        return None, str(error)


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy server. The password or secret itself is not kept.

    Attributes:
        type: type as stored; its meaning depends on where it stands.
        type_name: none, socks5, http, mtproto or "" if the type is unknown.
        host: host name or address.
        port: port number.
        user: user name, "" if none.
        has_secret: True if a password or an MTProto secret is stored.
    """

    type: int
    type_name: str
    host: str
    port: int
    user: str
    has_secret: bool


PROXY_TYPES = {0: "none", 1: "socks5", 2: "http", 3: "mtproto"}

# Blocks 0x0f and 0x4f: first the numbers of the connection types (2 http, 3 socks),
# later the type plus 1024, which tells the two apart.
BLOCK_PROXY_TYPES = {
    2: "http",
    3: "socks5",
    **{1024 + number: name for number, name in PROXY_TYPES.items()},
}


def read_proxy_server(
    reader: QdsReader, proxy_type: int, type_names: dict[int, str]
) -> Proxy:
    """Reads what follows the type: STR host, i32 port, STR user, STR secret.

    Raises:
        FormatError: if the data ends before.
    """
    host, port = reader.string(), reader.i32()
    user, secret = reader.string(), reader.string()
    name = type_names.get(proxy_type, "")
    return Proxy(proxy_type, name, host, port, user, bool(secret))


@dataclass(frozen=True, slots=True)
class Connection:
    """Blocks 0x0f and 0x4f: how the client connects.

    Attributes:
        kind: 0 automatic, 2 http proxy, 3 socks proxy, 4 and 5 proxy list.
        proxies: the proxies, none for the kinds without.
        index: position of the selected proxy in the list, counted from 1 (kinds 4, 5;
            kind 4: negative if switched off, beyond the list if used for calls too).
        state: 0 system, 1 enabled, 2 disabled (kind 5).
        for_calls: calls go through the proxy (kind 5).
    """

    kind: int
    proxies: tuple[Proxy, ...] = ()
    index: int | None = None
    state: int | None = None
    for_calls: bool | None = None


@dataclass(frozen=True, slots=True)
class WindowPosition:
    """Where the window was, in pixels of the desktop.

    Attributes:
        x, y, width, height: place and size of the window.
        screen_crc: CRC-32 of the screen's name, signed as stored (section 3.13).
        maximized: 0 or 1; 2 full screen, in the media viewer.
        scale: interface scale in percent, None where it is not stored.
    """

    x: int
    y: int
    width: int
    height: int
    screen_crc: int
    maximized: int
    scale: int | None = None


@dataclass(frozen=True, slots=True)
class CallDevices:
    """Block 0x5b: device ids and volumes (percent) of calls."""

    output_device: str
    output_volume: int
    input_device: str
    input_volume: int
    ducking: int


@dataclass(frozen=True, slots=True)
class CacheLimits:
    """Blocks 0x56 and 0x5c: limits in bytes and seconds, 0 no limit.

    The limits of the cache for big files are None in block 0x56.
    """

    size: int
    seconds: int
    big_size: int | None = None
    big_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class DcKey:
    """Block 0x00: an auth key and its data centre.

    Attributes:
        dc: number of the data centre.
        identifier: identifier of the key, 16 hex digits; the key itself is not kept.
    """

    dc: int
    identifier: str


@dataclass(frozen=True, slots=True)
class DcUser:
    """Block 0x01: the logged-in user and the main data centre."""

    user_id: int
    dc: int


@dataclass(frozen=True, slots=True)
class OldDcOption:
    """Blocks 0x02 and 0x27: address of a data centre.

    Attributes:
        dc: number; in block 0x27 shifted by the kind of connection.
        flags: as in section 3.3, None in block 0x02.
        host: host name, "" in block 0x27.
    """

    dc: int
    flags: int | None
    host: str
    ip: str
    port: int


@dataclass(frozen=True, slots=True)
class ThemeKeys:
    """Block 0x54: FileKeys of the themes (0 none) and whether night mode is on."""

    day: int
    night: int
    night_mode: int


@dataclass(frozen=True, slots=True)
class Block:
    """One settings block.

    Attributes:
        offset: offset of the block id in the stream.
        block_id: the id.
        name: name of the id in the table of section 3.11, in snake_case.
        value: int, str, bytes, a dataclass of this module, or a tuple of such values
            in stored order (LIST, MAP and values of several numbers). Not in the
            repr, as it may hold auth keys.
        damage: offset in the stream and reason if the content of a byte array could
            not be read; `value` is then the byte array.
    """

    offset: int
    block_id: int
    name: str
    value: object = field(repr=False)
    damage: Place | None = None


@dataclass(slots=True)
class BlockStream:
    """What was read of a stream.

    Attributes:
        blocks: the blocks, in stored order.
        issue: offset and reason if the parse ended before the data did.
    """

    blocks: list[Block]
    issue: Place | None = None


def read_blocks(data: bytes) -> BlockStream:
    """Reads a settings block stream (section 3.11).

    Args:
        data: decrypted stream.

    Returns:
        All blocks up to the first that cannot be read. Never raises.
    """
    reader = QdsReader(data)
    stream = BlockStream([])
    while reader.remaining:
        start = reader.offset
        try:
            block_id = reader.u32()
            if block_id not in BLOCKS:
                raise FormatError(start, f"unknown block id 0x{block_id:x}")
            name, read_value = BLOCKS[block_id]
            value = read_value(reader)
        except FormatError as error:
            stream.issue = (error.offset, error.reason)
            break
        damage = None
        if block_id == _CALL_SETTINGS and isinstance(value, bytes):
            # The length is known, so bad content does not end the stream.
            devices, reason = nested(_call_devices, value)
            if reason:
                damage = (reader.offset - len(value), reason)
            value = value if devices is None else devices
        stream.blocks.append(Block(start, block_id, name, value, damage))
    return stream


def _connection_type(reader: QdsReader) -> Connection:
    kind = reader.i32()
    if kind not in (2, 3):
        return Connection(kind)
    return Connection(kind, (read_proxy_server(reader, kind, BLOCK_PROXY_TYPES),))


def _typed_proxy(reader: QdsReader) -> Proxy:
    return read_proxy_server(reader, reader.i32(), BLOCK_PROXY_TYPES)


def _proxy_list(reader: QdsReader) -> Connection:
    kind = reader.i32()
    if kind not in (4, 5):
        return Connection(kind, (_typed_proxy(reader),))
    start = reader.offset
    count, index = reader.i32(), reader.i32()
    state = for_calls = None
    if kind == 5:
        state, for_calls = reader.i32(), bool(reader.i32())
    # A proxy takes at least 20 bytes: two numbers and three string lengths.
    if count < 0 or count * 20 > reader.remaining:
        raise FormatError(start, f"list of {count} proxies announced")
    proxies = tuple(_typed_proxy(reader) for _ in range(count))
    return Connection(kind, proxies, index, state, for_calls)


def _oldest_dc_option(reader: QdsReader) -> OldDcOption:
    dc, host = reader.u32(), reader.string()
    return OldDcOption(dc, None, host, reader.string(), reader.u32())


def _dc_option(reader: QdsReader) -> OldDcOption:
    dc, flags = reader.u32(), reader.i32()
    return OldDcOption(dc, flags, "", reader.string(), reader.u32())


def _auth_key(reader: QdsReader) -> str:
    return auth_key_identifier(reader.raw(AUTH_KEY_SIZE))


_CALL_SETTINGS = 0x5B

_i32 = QdsReader.i32
_u16 = QdsReader.u16
_u32 = QdsReader.u32
_i64 = QdsReader.i64
_u64 = QdsReader.u64
_str = QdsReader.string
_bytes = QdsReader.bytes

_call_devices = record(CallDevices, _str, _i32, _str, _i32, _i32)

BLOCKS: dict[int, tuple[str, Reader]] = {
    0x00: ("key", record(DcKey, _i32, _auth_key)),
    0x01: ("user", record(DcUser, _i32, _u32)),
    0x02: ("dc_option_oldest", _oldest_dc_option),
    0x03: ("chat_size_max", _i32),
    0x04: ("muted_peer", _u64),
    0x05: ("send_key", _i32),
    0x06: ("auto_start", _i32),
    0x07: ("start_minimized", _i32),
    0x08: ("sound_flash", _i32),
    0x09: ("work_mode", _i32),
    0x0A: ("tray_tooltip_seen", _i32),
    0x0B: ("desktop_notify", _i32),
    0x0C: ("auto_update", _i32),
    0x0D: ("last_update_check", _i32),
    0x0E: ("window_position", record(WindowPosition, *[_i32] * 6)),
    0x0F: ("connection_type", _connection_type),
    0x11: ("default_attach", _i32),
    0x12: ("cats_and_dogs", _i32),
    0x13: ("replace_emoji", _i32),
    0x14: ("ask_download_path", _i32),
    0x15: ("download_path", _str),
    0x16: ("scale", _i32),
    0x17: ("emoji_tab", _i32),
    0x18: ("recent_emoji", list_of(_u32, _u16)),
    0x19: ("logged_phone_number", _str),
    0x1A: ("muted_peers", list_of(_u64)),
    0x1C: ("notify_view", _i32),
    0x1D: ("send_to_menu", _i32),
    0x1E: ("compress_pasted_image", _i32),
    0x1F: ("language", _i32),
    0x20: ("language_file", _str),
    0x21: ("tile_background", _i32),
    0x22: ("auto_lock", _i32),
    0x23: ("dialog_last_path", _str),
    0x24: ("recent_emoji_2", list_of(_u64, _u16)),
    0x25: ("emoji_variants", list_of(_u32, _u64)),
    0x26: ("recent_stickers", list_of(_u64, _u16)),
    0x27: ("dc_option", _dc_option),
    0x28: ("try_ipv6", _i32),
    0x29: ("song_volume", _i32),
    0x30: ("windows_notifications", _i32),
    0x31: ("include_muted", _i32),
    0x32: ("megagroup_size_max", _i32),
    0x33: ("download_path", fields(_str, _bytes)),
    0x34: ("auto_download", fields(_i32, _i32, _i32)),
    0x35: ("saved_gifs_limit", _i32),
    0x36: ("showing_saved_gifs", _i32),
    0x37: ("auto_play", _i32),
    0x38: ("adaptive_for_wide", _i32),
    0x39: ("hidden_pinned_messages", list_of(_u64, _i32)),
    0x3A: ("recent_emoji_3", list_of(_str, _u16)),
    0x3B: ("emoji_variants_2", list_of(_str, _i32)),
    0x40: ("dialogs_mode", fields(_i32, _i32)),
    0x41: ("moderate_mode", _i32),
    0x42: ("video_volume", _i32),
    0x43: ("stickers_recent_limit", _i32),
    0x44: ("native_notifications", _i32),
    0x45: ("notifications_count", _i32),
    0x46: ("notifications_corner", _i32),
    0x47: ("theme_key_old", _u64),
    0x48: ("dialogs_width_ratio", _i32),
    0x49: ("external_video_player", _i32),
    0x4A: ("dc_options", _bytes),
    0x4B: ("mtp_authorization", _bytes),
    0x4C: ("last_seen_warning_seen", _i32),
    0x4D: ("session_settings", _bytes),
    0x4E: ("lang_pack_key", _u64),
    0x4F: ("connection_type_proxy_list", _proxy_list),
    0x50: ("faved_limit", _i32),
    0x51: ("suggest_stickers", _i32),
    0x52: ("suggest_emoji", _i32),
    0x53: ("txt_domain_old", _str),
    0x54: ("theme_keys", record(ThemeKeys, _u64, _u64, _u32)),
    0x55: ("tile_background", fields(_i32, _i32)),
    0x56: ("cache_limits_old", record(CacheLimits, _i64, _i32)),
    0x57: ("power_saving", _i32),
    0x58: ("scale_percent", _i32),
    0x59: ("playback_speed", _i32),
    0x5A: ("languages_key", _u64),
    0x5B: ("call_settings", _bytes),
    0x5C: ("cache_limits", record(CacheLimits, _i64, _i32, _i64, _i32)),
    0x5D: ("txt_domain", _str),
    0x5E: ("application_settings", _bytes),
    0x5F: ("dialogs_filters", _i32),
    0x60: ("fallback_production_config", _bytes),
    0x61: ("background_keys", fields(_u64, _u64)),
    333: ("encrypted_with_salt", fields(_bytes, _bytes)),
    444: ("encrypted", _bytes),
    666: ("version", _i32),
}
