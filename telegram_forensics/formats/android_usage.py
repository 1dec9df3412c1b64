"""Usage statistics of Android: protocol buffers of Android 10 and of 11 and later.

Specification: formats/remote_access.md section 10.3 says where the files are; field
numbers and meanings are those of Android's own definitions, read in its public source:
database version 4 (Android 10, names in a pool of the file) and 5 (Android 11 and
later, names as tokens of the file `mappings`). Text files of Android 5 to 9 are read by
`android_usage_xml`. UNCONFIRMED: no file of a real device was at hand.

All times of a file are offsets from its begin, which is its name: milliseconds since
1970 by the device's clock. A time that Android does not know is stored as an offset
that leads back to 1970.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.protobuf_fields import (
    LENGTH,
    VARINT,
    Field,
    read_fields,
    read_record,
)

MAXIMUM_SIZE: Final = 16 * 1024 * 1024
FORMAT_POOL: Final = "protobuf_4"
FORMAT_TOKENS: Final = "protobuf_5"
FORMAT_XML: Final = "xml"

# Kinds of events by the numbers of android.app.usage.UsageEvents.Event.
KINDS: Final = {
    1: "activity_resumed",
    2: "activity_paused",
    3: "end_of_day",
    4: "continue_previous_day",
    5: "configuration_change",
    6: "system_interaction",
    7: "user_interaction",
    8: "shortcut_invocation",
    9: "chooser_action",
    10: "notification_seen",
    11: "standby_bucket_changed",
    12: "notification_interruption",
    13: "slice_pinned_private",
    14: "slice_pinned",
    15: "screen_interactive",
    16: "screen_non_interactive",
    17: "keyguard_shown",
    18: "keyguard_hidden",
    19: "foreground_service_start",
    20: "foreground_service_stop",
    21: "continuing_foreground_service",
    22: "rollover_foreground_service",
    23: "activity_stopped",
    24: "activity_destroyed",
    25: "flush_to_disk",
    26: "device_shutdown",
    27: "device_startup",
    28: "user_unlocked",
    29: "user_stopped",
    30: "locus_id_set",
    31: "app_component_used",
}
# Of the device or its user, whatever the package.
DEVICE_KINDS: Final = frozenset({15, 16, 17, 18, 26, 27, 28, 29})
# Use by a person, kept also where it is not known of which program.
USE_KINDS: Final = frozenset({1, 2, 7, 23})

_RESUMED: Final = 1
# Paused, stopped; screen off, shut down.
_LEAVES: Final = frozenset({2, 23})
_ENDS: Final = frozenset({16, 26})
_STARTUP: Final = 27

# Names of packages and classes; Android's own limits are below 256.
_MAXIMUM_TEXT: Final = 1024
_MAXIMUM_RECORDS: Final = 200_000
_MAXIMUM_STRINGS: Final = 500_000
_MAXIMUM_PROBLEMS: Final = 20
_LATEST: Final = 4_102_444_800_000  # 2100

Mappings = dict[int, list[str]]


@dataclass(slots=True)
class UsageEvent:
    """An event of the log.

    Attributes:
        offset: byte offset of the record.
        number: kind of the event as stored.
        time: milliseconds since 1970, None if it is no time.
        package: package, None if not known.
        package_token: number that stands for a package that is not known.
        class_name: activity or service.
        instance: number of the activity's instance.
    """

    offset: int
    number: int
    time: int | None = None
    package: str | None = None
    package_token: int | None = None
    class_name: str | None = None
    instance: int | None = None

    @property
    def kind(self) -> str:
        """Kind in words, `type_<number>` for one that is not known."""
        return KINDS.get(self.number, f"type_{self.number}")


@dataclass(slots=True)
class PackageUsage:
    """What one program was used in the interval.

    Attributes:
        offset: byte offset of the record.
        last_used: milliseconds since 1970; last time in the foreground.
        last_visible: the same for visible.
        foreground: milliseconds in the foreground.
        launches: number of launches.
    """

    offset: int
    package: str | None = None
    package_token: int | None = None
    last_used: int | None = None
    last_visible: int | None = None
    foreground: int | None = None
    launches: int | None = None


@dataclass(slots=True)
class UsageFile:
    """Content of a file.

    Attributes:
        storage_format: `protobuf_4`, `protobuf_5` or `xml`.
        begin, end: milliseconds since 1970, what the file covers.
        is_complete: read up to the end without damage.
        problems: (byte offset, reason).
    """

    storage_format: str
    begin: int
    end: int | None = None
    events: list[UsageEvent] = field(default_factory=list)
    packages: list[PackageUsage] = field(default_factory=list)
    is_complete: bool = True
    problems: list[tuple[int, str]] = field(default_factory=list)
    number_of_problems: int = 0

    def report(self, offset: int, reason: str) -> None:
        """Notes damage; of many only the first ones."""
        self.number_of_problems += 1
        if self.number_of_problems <= _MAXIMUM_PROBLEMS:
            self.problems.append((offset, reason))

    def time(self, offset: int | None) -> int | None:
        """Time at an offset from the begin, None if it is not known or none."""
        if offset is None:
            return None
        time = self.begin + offset
        return time if 0 < time < _LATEST else None


def read_mappings(data: bytes) -> tuple[Mappings, list[tuple[int, str]]]:
    """Reads the file `mappings`: the names behind the tokens.

    Returns:
        Strings by the token of their package as stored, the first being the package's
        name; and (byte offset, reason) of what is damaged.
    """
    mappings: Mappings = {}
    problems: list[tuple[int, str]] = []
    count = 0
    try:
        for outer in read_fields(data):
            if outer.number == 2 and outer.wire_type == LENGTH:
                count += _read_mapping(data, outer, mappings)
                if count > _MAXIMUM_STRINGS:
                    raise FormatError(outer.offset, "too many strings")
    except FormatError as exception:
        problems.append((exception.offset, exception.reason))
    return mappings, problems


def _read_mapping(data: bytes, outer: Field, mappings: Mappings) -> int:
    token: int | None = None
    strings: list[str] = []
    for inner in read_fields(data, outer.start, outer.end):
        if inner.number == 1 and inner.wire_type == VARINT:
            token = inner.signed
        elif inner.number == 2 and inner.wire_type == LENGTH:
            if len(strings) >= _MAXIMUM_STRINGS:
                raise FormatError(inner.offset, "too many strings")
            strings.append(inner.text(data, _MAXIMUM_TEXT))
    if token is not None and strings:
        mappings[token] = strings
    return len(strings)


def open_seconds(events: list[UsageEvent]) -> dict[int, int]:
    """For how long programs stayed in the foreground.

    Args:
        events: events of one file.

    Returns:
        Seconds by the index of the `activity_resumed`: until the same activity paused
        or stopped, the screen went off or the device was switched off. Nothing where
        the log does not tell: it ends, or the device started anew.
    """
    found: dict[int, int] = {}
    opened: dict[tuple[str | int | None, ...], list[int]] = {}

    def close(indexes: list[int], time: int) -> None:
        for index in indexes:
            start = events[index].time
            if start is not None:
                found[index] = (time - start) // 1000

    timed = [
        (event.time, index)
        for index, event in enumerate(events)
        if event.time is not None
    ]
    for time, index in sorted(timed):
        event = events[index]
        # By activity: one stops when the next one of its program is there already.
        activity = event.class_name if event.instance is None else event.instance
        key = (event.package, event.package_token, activity)
        if event.number == _RESUMED and key[:2] != (None, None):
            opened.setdefault(key, []).append(index)
        elif event.number in _LEAVES:
            close(opened.pop(key, []), time)
        elif event.number in _ENDS:
            for indexes in opened.values():
                close(indexes, time)
            opened.clear()
        elif event.number == _STARTUP:
            opened.clear()
    return found


def read_usage(data: bytes, begin: int, mappings: Mappings | None = None) -> UsageFile:
    """Reads a protocol buffer of usage statistics.

    Args:
        data: content of the file.
        begin: the file's name.
        mappings: names behind the tokens, None if there are none.

    Raises:
        FormatError: if it is none. What is damaged otherwise is in `problems`, and
            everything in front of it is kept.
    """
    fields, error = _read_all(data)
    storage_format = _find_format(fields)
    if storage_format is None:
        raise error or FormatError(0, "no usage statistics")
    found = UsageFile(storage_format, begin)
    layout: _Layout
    if storage_format == FORMAT_POOL:
        pool = _PoolLayout(data, found)
        for item in fields:
            if item.number == 2:
                _guarded(found, pool.read_pool, item)
        layout = pool
    else:
        layout = _TokenLayout(data, found, mappings or {})
    for item in fields:
        if item.number == 1 and item.wire_type == VARINT:
            found.end = found.time(item.signed)
        elif item.number in (20, 22) and item.wire_type == LENGTH:
            is_event = item.number == 22
            _guarded(
                found, layout.read_event if is_event else layout.read_package, item
            )
    if error is not None:
        found.is_complete = False
        found.report(error.offset, error.reason)
    return found


def _read_all(data: bytes) -> tuple[list[Field], FormatError | None]:
    """Fields of the file, and the damage that they end at."""
    fields: list[Field] = []
    try:
        for item in read_fields(data):
            if len(fields) >= _MAXIMUM_RECORDS:
                return fields, FormatError(item.offset, "too many records")
            fields.append(item)
    except FormatError as exception:
        return fields, exception
    return fields, None


def _guarded(found: UsageFile, read: Callable[[Field], None], item: Field) -> None:
    """Reads one record; its damage does not reach the next one."""
    try:
        read(item)
    except FormatError as exception:
        found.is_complete = False
        found.report(exception.offset, exception.reason)


def _find_format(fields: list[Field]) -> str | None:
    """Tells the two layouts apart by the types of what stands in them."""
    for item in fields:
        if item.number == 2:
            if item.wire_type == LENGTH:
                return FORMAT_POOL
            return FORMAT_TOKENS if item.wire_type == VARINT else None
        if item.number == 4 and item.wire_type == VARINT:
            # The minor version, of which the newer layout has none under this number.
            return FORMAT_POOL
        if item.number not in (1, 3):
            break
    return None


def _numbers_and_texts(
    data: bytes, item: Field
) -> tuple[dict[int, int], dict[int, str]]:
    """Numbers and texts of a record by field; of a field that repeats the last."""
    numbers: dict[int, int] = {}
    texts: dict[int, str] = {}
    for inner in read_record(data, item):
        if inner.wire_type == VARINT:
            numbers[inner.number] = inner.signed
        elif inner.wire_type == LENGTH and inner.number in (1, 3):
            texts[inner.number] = inner.text(data, _MAXIMUM_TEXT)
    return numbers, texts


class _PoolLayout:
    """Android 10: names stand in the record or in the pool of the file."""

    def __init__(self, data: bytes, found: UsageFile) -> None:
        self._data = data
        self._found = found
        self._pool: list[str] = []

    def read_pool(self, item: Field) -> None:
        """Reads the pool, as far as it goes."""
        for inner in read_fields(self._data, item.start, item.end):
            if inner.number == 2 and inner.wire_type == LENGTH:
                if len(self._pool) >= _MAXIMUM_STRINGS:
                    raise FormatError(inner.offset, "too many strings")
                self._pool.append(inner.text(self._data, _MAXIMUM_TEXT))

    def _name(self, offset: int, index: int | None) -> str | None:
        if index is None:
            return None
        if 1 <= index <= len(self._pool):
            return self._pool[index - 1]
        self._found.report(offset, f"string {index} of {len(self._pool)}")
        return None

    def read_event(self, item: Field) -> None:
        """Reads an event."""
        numbers, texts = _numbers_and_texts(self._data, item)
        self._found.events.append(
            UsageEvent(
                item.offset,
                numbers.get(7, 0),
                self._found.time(numbers.get(5, 0)),
                texts.get(1) or self._name(item.offset, numbers.get(2)),
                None,
                texts.get(3) or self._name(item.offset, numbers.get(4)),
                numbers.get(14),
            )
        )

    def read_package(self, item: Field) -> None:
        """Reads what one program was used."""
        numbers, texts = _numbers_and_texts(self._data, item)
        package = texts.get(1) or self._name(item.offset, numbers.get(2))
        self._found.packages.append(_make_package(self._found, item, numbers, package))


class _TokenLayout:
    """Android 11 and later: names are tokens of the file `mappings`."""

    def __init__(self, data: bytes, found: UsageFile, mappings: Mappings) -> None:
        self._data = data
        self._found = found
        self._mappings = mappings

    def _strings(self, token: int | None) -> list[str]:
        return [] if token is None else self._mappings.get(token, [])

    def read_event(self, item: Field) -> None:
        """Reads an event."""
        numbers, _ = _numbers_and_texts(self._data, item)
        token, class_token = numbers.get(1), numbers.get(2, 0)
        strings = self._strings(token)
        self._found.events.append(
            UsageEvent(
                item.offset,
                numbers.get(5, 0),
                self._found.time(numbers.get(3, 0)),
                strings[0] if strings else None,
                None if strings else token,
                strings[class_token - 1] if 1 <= class_token <= len(strings) else None,
                numbers.get(10),
            )
        )

    def read_package(self, item: Field) -> None:
        """Reads what one program was used."""
        numbers, _ = _numbers_and_texts(self._data, item)
        strings = self._strings(numbers.get(1))
        package = _make_package(
            self._found, item, numbers, strings[0] if strings else None
        )
        if not strings:
            package.package_token = numbers.get(1)
        self._found.packages.append(package)


_Layout = _PoolLayout | _TokenLayout


def _make_package(
    found: UsageFile, item: Field, numbers: dict[int, int], package: str | None
) -> PackageUsage:
    """Both layouts number the rest alike.

    Android leaves zeros out; of the last use it takes what is missing for the begin.
    """
    return PackageUsage(
        item.offset,
        package,
        None,
        found.time(numbers.get(3, 0)),
        found.time(numbers.get(10)),
        numbers.get(4),
        numbers.get(6),
    )
