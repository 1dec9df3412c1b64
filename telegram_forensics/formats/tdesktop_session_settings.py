"""Session settings of Telegram Desktop (block 0x4d of an account's user settings).

Specification: formats/telegram_desktop.md section 3.12, versions 0, 1 (1.9.2) and 2
(2.1.14). The data may end before any group; fields that it ended before are None.
Examiner's interest: other logins that the user has not reviewed yet, and the times at
which the server slowed a transfer.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.qds import QdsReader
from telegram_forensics.formats.tdesktop_peer import PeerId, decode_peer_id
from telegram_forensics.formats.tdesktop_settings_blocks import (
    Group,
    Place,
    list_of,
    read_groups,
)

LATEST_VERSION = 2


@dataclass(frozen=True, slots=True)
class UnreviewedAuthorization:
    """Another login of the account, reported by the server (item 27).

    Attributes:
        hash: unsigned decimal authorization hash of the server's device list (the API
            itself gives a signed number).
        unconfirmed: True if the login has not been confirmed.
        date: login time, Unix time UTC.
        device, location: texts of the server.
    """

    hash: str
    unconfirmed: bool
    date: int
    device: str
    location: str


@dataclass(frozen=True, slots=True)
class HiddenPinned:
    """A pinned message that the user hid (item 22 and its older forms).

    Attributes:
        peer: the chat.
        topic: first message of the topic, 0 if none.
        sublist: peer of the sublist, None if none or not stored.
        message_id: the last hidden message.
    """

    peer: PeerId
    topic: int
    sublist: PeerId | None
    message_id: int


@dataclass(slots=True)
class SessionSettings:
    """Session settings. None: the data ended before the field.

    Attributes:
        version: 0, 1, 2, or another number, which is not read on.
        selector_tab: emoji, stickers or gifs tab, as stored.
        sticker_section_hidden, emoji_section_hidden: groups and channels whose own
            sticker or emoji section the user hid.
        auto_download: raw limits: i8 version, then i32 numbers.
        archive_collapsed, archive_in_main_menu, skip_archive_in_search,
            folders_enabled: 0 or 1, as stored.
        media_positions: (document id, position in ms), until 5.10.
        mute_periods: last used periods, seconds.
        hidden_pinned: hidden pinned messages of all stored forms.
        download_limit_hit, upload_limit_hit: Unix time UTC at which the server last
            slowed a transfer, 0 never.
        vertical_tabs: peers whose topics are shown as vertical tabs.
        rated_transcriptions: ids.
        unreviewed_authorizations: other logins.
        values: every field that was read, by the name in the tables of this module.
        consumed: bytes up to the end of the last complete field. More bytes without an
            issue belong to a later version.
        issue: offset and reason if the data ended within a group or was damaged.
    """

    version: int | None = None
    selector_tab: int | None = None
    sticker_section_hidden: tuple[PeerId, ...] | None = None
    emoji_section_hidden: tuple[PeerId, ...] | None = None
    auto_download: bytes | None = None
    archive_collapsed: int | None = None
    archive_in_main_menu: int | None = None
    skip_archive_in_search: int | None = None
    folders_enabled: int | None = None
    media_positions: tuple[tuple[int, int], ...] | None = None
    mute_periods: tuple[int, ...] | None = None
    hidden_pinned: tuple[HiddenPinned, ...] = ()
    download_limit_hit: int | None = None
    upload_limit_hit: int | None = None
    vertical_tabs: tuple[PeerId, ...] | None = None
    rated_transcriptions: tuple[int, ...] | None = None
    unreviewed_authorizations: tuple[UnreviewedAuthorization, ...] | None = None
    values: dict[str, object] = field(default_factory=dict)
    consumed: int = 0
    issue: Place | None = None


def read_session_settings(data: bytes) -> SessionSettings:
    """Reads the content of block 0x4d (section 3.12). Never raises."""
    reader = QdsReader(data)
    version = 0
    if data[:4] == b"\xff\xff\xff\xff":  # tagged: a version follows
        head, issue = read_groups(reader, (_HEAD,))
        if issue:
            return SessionSettings(consumed=reader.offset, issue=issue)
        version = cast(int, head["version"])
    elif not data:
        return SessionSettings()
    if not 0 <= version <= LATEST_VERSION:
        # A later layout may differ anywhere: guessing would make up findings.
        return SessionSettings(
            version=version,
            consumed=reader.offset,
            issue=(4, f"unknown version {version} of the session settings"),
        )
    values, issue = read_groups(
        reader, GROUPS_2 if version == LATEST_VERSION else GROUPS_0_1
    )
    settings = SessionSettings(version=version, consumed=reader.offset, issue=issue)
    for name, convert in _CONVERTERS.items():
        if name in values:
            rows = cast(tuple[object, ...], values[name])
            values[name] = tuple(convert(row) for row in rows)
    settings.values = values
    settings.hidden_pinned = tuple(
        pinned
        for name in _PINNED
        for pinned in cast(tuple[HiddenPinned, ...], values.get(name, ()))
    )
    for name in _PLAIN_FIELDS & values.keys():
        setattr(settings, name, values[name])
    return settings


def read_unreviewed_authorizations(
    reader: QdsReader,
) -> tuple[UnreviewedAuthorization, ...]:
    """Reads item 27 of section 3.12.

    Raises:
        FormatError: if the count cannot stand in the data or the data ends before.
    """
    count = reader.count(24)
    return tuple(
        UnreviewedAuthorization(
            str(reader.u64()),
            bool(reader.i32()),
            reader.i32(),
            reader.string(),
            reader.string(),
        )
        for _ in range(count)
    )


def peer_of(stored: int) -> PeerId:
    """Splits a stored peer id (u64), section 0.4.

    Returns:
        The peer; kind "" and the stored number if the type is unknown, because one
        such number must not cost the rest of a list.
    """
    try:
        return decode_peer_id(stored)
    except FormatError:
        return PeerId("", stored)


def _peer(row: object) -> PeerId:
    return peer_of(cast(int, row))


def _pinned_2(row: object) -> HiddenPinned:
    peer, message_id = cast(tuple[int, int], row)
    return HiddenPinned(peer_of(peer), 0, None, message_id)


def _pinned_3(row: object) -> HiddenPinned:
    peer, topic, message_id = cast(tuple[int, int, int], row)
    return HiddenPinned(peer_of(peer), topic, None, message_id)


def _pinned_4(row: object) -> HiddenPinned:
    peer, topic, sublist, message_id = cast(tuple[int, int, int, int], row)
    return HiddenPinned(
        peer_of(peer), topic, peer_of(sublist) if sublist else None, message_id
    )


_CONVERTERS: dict[str, Callable[[object], object]] = {
    "sticker_section_hidden": _peer,
    "emoji_section_hidden": _peer,
    "vertical_tabs": _peer,
    "hidden_pinned_oldest": _pinned_2,
    "hidden_pinned_old": _pinned_2,
    "hidden_pinned_topics": _pinned_3,
    "hidden_pinned_sublists": _pinned_4,
}
_PINNED = tuple(name for name in _CONVERTERS if name.startswith("hidden_pinned"))

_i32 = QdsReader.i32
_i64 = QdsReader.i64
_u64 = QdsReader.u64
_str = QdsReader.string
_bytes = QdsReader.bytes


def _one(name: str) -> Group:
    """A group of one i32, the commonest one."""
    return ((name, _i32),)


_HEAD: Group = (("tag", _i32), ("version", _i32))

# The numbers are those of the items in section 3.12.
_ITEM_1 = _one("selector_tab")
_ITEM_2: Group = (("sticker_section_hidden", list_of(_u64)),)
_ITEM_3: Group = (("support_switch", _i32), ("support_fix_chats_order", _i32))
_ITEMS_4_5 = (_one("support_autocomplete"), _one("support_time_slice"))
_ITEMS_6_8: tuple[Group, ...] = (
    (("auto_download", _bytes),),
    _one("support_all_results"),
    _one("archive_collapsed"),
)
_ITEMS_9_10 = (_one("archive_in_main_menu"), _one("skip_archive_in_search"))
_ITEM_11: Group = (("media_positions", list_of(_u64, _i64)),)
_ITEMS_12_27: tuple[Group, ...] = (
    (("hidden_pinned_oldest", list_of(_u64, _i32)),),
    _one("folders_enabled"),
    _one("support_silent"),
    _one("photo_editor_hint_count"),
    (("hidden_pinned_old", list_of(_u64, _i64)),),
    (("mute_periods", list_of(_u64)),),
    _one("unused"),
    (("hidden_pinned_topics", list_of(_u64, _i64, _i64)),),
    (("emoji_section_hidden", list_of(_u64)),),
    (("download_limit_hit", _i32), ("upload_limit_hit", _i32)),
    (("hidden_pinned_sublists", list_of(_u64, _i64, _u64, _i64)),),
    (("vertical_tabs", list_of(_u64)),),
    (("ringtone_default_volumes", list_of(QdsReader.u8, QdsReader.u16)),),
    (("ringtone_volumes", list_of(_u64, _i64, _u64, QdsReader.u16)),),
    (("rated_transcriptions", list_of(_u64)),),
    (("unreviewed_authorizations", read_unreviewed_authorizations),),
)

GROUPS_2: tuple[Group, ...] = (
    _ITEM_1,
    _ITEM_2,
    _ITEM_3,
    *_ITEMS_4_5,
    *_ITEMS_6_8,
    *_ITEMS_9_10,
    _ITEM_11,
    *_ITEMS_12_27,
)

# Versions 0 and 1 held what is now in the application settings in between.
GROUPS_0_1: tuple[Group, ...] = (
    _ITEM_1,
    _one("last_seen_warning_seen"),
    _one("tabbed_section"),
    (("sound_overrides", list_of(_str, _str)),),
    _one("tabbed_tooltip_shown"),
    (("player_column", _i32), ("player_corner", _i32)),
    _ITEM_2,
    (("third_section", _i32), ("small_dialogs_list", _i32)),
    (
        ("dialogs_width_ratio", _i32),
        ("third_column_width", _i32),
        ("third_section_extended", _i32),
    ),
    _one("send_files_way"),
    _one("calls_peer_to_peer"),
    (("send_key", _i32), *_ITEM_3),
    *_ITEMS_4_5,
    (("include_muted", _i32), ("count_unread", _i32)),
    _one("exe_launch_warning"),
    *_ITEMS_6_8,
    _one("notify_about_pinned"),
    *_ITEMS_9_10,
    (
        ("auto_play_gifs", _i32),
        ("loop_stickers", _i32),
        ("large_emoji", _i32),
        ("replace_emoji", _i32),
        ("suggest_emoji", _i32),
        ("suggest_stickers", _i32),
    ),
    _one("spell_checker"),
    _ITEM_11,
    _one("video_speed"),
    (("pip_geometry", _bytes),),
    (("dictionaries", list_of(_i64)),),
    _one("auto_download_dictionaries"),
    *_ITEMS_12_27,
)

_PLAIN_FIELDS = {
    attribute.name for attribute in dataclasses.fields(SessionSettings)
} - {"version", "hidden_pinned", "values", "consumed", "issue"}
