"""Biome streams of Apple's systems: which application was in front, notifications.

Field numbers and their meanings are those of Apple's own classes `BMAppInFocus` and
`BMNotificationUsage`, as public listings of their declarations have them (iOS 16 and
later).
Containers: `apple_segb`. UNCONFIRMED: no segment of a real device was at hand; what the
numbers of `type` and `usageType` mean is not known but for what the fields say.

Streams are folders `streams/{public,restricted}/<stream>/local/<segment>`; events of
other devices of the same Apple account lie in `remote/<device>` instead of `local`.
`tombstone` folders hold no events. `_DKEvent...` streams, of older versions, have other
layouts and are not read.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from telegram_forensics.formats import apple_segb
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.protobuf_fields import (
    FIXED64,
    LENGTH,
    VARINT,
    Field,
    read_fields,
)

APP_IN_FOCUS: Final = "App.InFocus"
NOTIFICATIONS: Final = frozenset({"Notification", "Notification.Usage"})
MESSAGES_BUNDLE: Final = "com.apple.MobileSMS"

# In lower case.
_CLIENTS: Final = {
    "com.tdesktop.telegram": "Telegram Desktop",
    "ph.telegra.telegraph": "Telegram for iOS",
    "ru.keepcoder.telegram": "Telegram for macOS",
}

_KINDS: Final = frozenset({"public", "restricted"})
_MAXIMUM_TEXT: Final = 16 * 1024
_MAXIMUM_FIELDS: Final = 4096


@dataclass(frozen=True, slots=True)
class StreamFile:
    """What the path of a segment says.

    Attributes:
        stream: name of the stream.
        device: identifier of another device that the events are of, None for this one.
    """

    stream: str
    device: str | None = None


@dataclass(slots=True)
class AppInFocus:
    """An application came to the front or left it.

    Attributes:
        starting: True if it came, False if it left, None if it is not stored.
        time: seconds since 2001.
        platform: number of the platform that it was made for: 1 macOS, 2 iOS.
    """

    bundle: str | None = None
    parent_bundle: str | None = None
    extension_host: str | None = None
    launch_reason: str | None = None
    short_version: str | None = None
    exact_version: str | None = None
    kind: int | None = None
    starting: bool | None = None
    time: float | None = None
    duration: float | None = None
    platform: int | None = None
    display_kind: int | None = None


@dataclass(slots=True)
class Notification:
    """Something happened to a notification.

    Attributes:
        usage: what happened, as a number.
        time: seconds since 2001.
        section: bundle of the section of the settings that it belongs to.
        body_length: characters of a body that need not be stored itself.
    """

    unique: str | None = None
    time: float | None = None
    usage: int | None = None
    bundle: str | None = None
    identifier: str | None = None
    device: str | None = None
    title: str | None = None
    subtitle: str | None = None
    body: str | None = None
    thread: str | None = None
    category: str | None = None
    section: str | None = None
    parent_bundle: str | None = None
    is_group_message: bool | None = None
    body_length: int | None = None


_FOCUS_FIELDS: Final = {
    1: ("launch_reason", LENGTH),
    2: ("kind", VARINT),
    3: ("starting", VARINT),
    4: ("time", FIXED64),
    5: ("duration", FIXED64),
    6: ("bundle", LENGTH),
    7: ("parent_bundle", LENGTH),
    8: ("extension_host", LENGTH),
    9: ("short_version", LENGTH),
    10: ("exact_version", LENGTH),
    11: ("platform", VARINT),
    13: ("display_kind", VARINT),
}
_NOTIFICATION_FIELDS: Final = {
    1: ("unique", LENGTH),
    2: ("time", FIXED64),
    3: ("usage", VARINT),
    4: ("bundle", LENGTH),
    5: ("identifier", LENGTH),
    7: ("device", LENGTH),
    8: ("title", LENGTH),
    9: ("subtitle", LENGTH),
    10: ("body", LENGTH),
    12: ("thread", LENGTH),
    13: ("category", LENGTH),
    14: ("section", LENGTH),
    16: ("is_group_message", VARINT),
    17: ("parent_bundle", LENGTH),
    18: ("body_length", VARINT),
}
_BOOLEANS: Final = frozenset({"starting", "is_group_message"})


def locate(segments: Sequence[str]) -> StreamFile | None:
    """Tells if a path is that of a segment of a stream that is read here.

    Args:
        segments: path segments from the root of the file system.
    """
    if len(segments) >= 5 and segments[-2] == "local":
        device, folder = None, segments[:-2]
    elif len(segments) >= 6 and segments[-3] == "remote":
        device, folder = segments[-2], segments[:-3]
    else:
        return None
    if folder[-3].lower() != "streams" or folder[-2] not in _KINDS:
        return None
    stream = folder[-1]
    if stream != APP_IN_FOCUS and stream not in NOTIFICATIONS:
        return None
    return StreamFile(stream, device)


def client_name(bundle: str | None) -> str | None:
    """Name of a Telegram client by its bundle or that of its extension, or None."""
    lowered = (bundle or "").lower()
    return next(
        (
            name
            for known, name in _CLIENTS.items()
            if lowered == known or lowered.startswith(f"{known}.")
        ),
        None,
    )


def read_app_in_focus(data: bytes) -> AppInFocus:
    """Reads the content of a record of `App.InFocus`.

    Raises:
        FormatError: if it is none.
    """
    event = AppInFocus()
    _fill(event, data, _FOCUS_FIELDS)
    if event.bundle is None and event.time is None:
        raise FormatError(0, "no event of App.InFocus")
    return event


def read_notification(data: bytes) -> Notification:
    """Reads the content of a record of a stream of notifications.

    Raises:
        FormatError: if it is none.
    """
    event = Notification()
    _fill(event, data, _NOTIFICATION_FIELDS)
    if event.bundle is None and event.section is None and event.time is None:
        raise FormatError(0, "no notification")
    return event


def _fill(
    event: AppInFocus | Notification, data: bytes, fields: dict[int, tuple[str, int]]
) -> None:
    """Sets the attributes of an event; fields of other numbers are left alone."""
    for count, item in enumerate(read_fields(data)):
        if count >= _MAXIMUM_FIELDS:
            raise FormatError(item.offset, "too many fields in a record")
        name, wire_type = fields.get(item.number, ("", -1))
        if not name:
            continue
        if wire_type != item.wire_type:
            raise FormatError(
                item.offset,
                f"field {item.number} has the wire type {item.wire_type}, "
                f"not {wire_type}",
            )
        setattr(event, name, _value(name, item, data))


def _value(name: str, item: Field, data: bytes) -> str | bool | int | float | None:
    if item.wire_type == LENGTH:
        return item.text(data, _MAXIMUM_TEXT) or None
    if item.wire_type == FIXED64:
        (number,) = struct.unpack("<d", struct.pack("<Q", item.value))
        return float(number) if name == "duration" else apple_segb.as_time(number)
    if name in _BOOLEANS:
        return bool(item.value)
    # Enumerations and counters are 32 bits wide.
    return item.value & 0xFFFFFFFF


def open_seconds(events: Sequence[AppInFocus]) -> dict[int, float]:
    """How long applications stayed in front.

    Args:
        events: of one segment, in the order of the file.

    Returns:
        Seconds by the index of the event that an application came to the front with:
        until the next event of the same application, if it says that it left.
    """
    found: dict[int, float] = {}
    last: dict[str, int] = {}
    for index, event in enumerate(events):
        if event.bundle is None:
            continue
        begun = last.pop(event.bundle, None)
        if event.starting:
            last[event.bundle] = index
        elif begun is not None and event.starting is False:
            start, end = events[begun].time, event.time
            if start is not None and end is not None and end >= start:
                found[begun] = end - start
    return found
