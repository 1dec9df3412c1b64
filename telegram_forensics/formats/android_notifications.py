"""Notification history of Android 11 and later: a protocol buffer per day or so.

Specification: formats/android.md section 10 names the place, and that it is written
only if the user switched it on; it keeps about a day. Field numbers are those that
Android's own code of released versions reads and writes (pool of strings 1, version 2,
notifications 3; a string's number is its place in the pool plus one). UNCONFIRMED: no
file of a real device was at hand.
"""

from __future__ import annotations

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

_MAXIMUM_NAME: Final = 1024
_MAXIMUM_TEXT: Final = 16 * 1024
_MAXIMUM_RECORDS: Final = 200_000
_MAXIMUM_POOL: Final = 500_000
_MAXIMUM_PROBLEMS: Final = 20
_LATEST: Final = 4_102_444_800_000  # 2100

# Texts in the record, and the fields with the numbers of their pooled twins.
_TEXTS: Final = {1: 2, 3: 4, 5: 6, 13: 14}
_POOL: Final = 1
_VERSION: Final = 2
_NOTIFICATION: Final = 3


@dataclass(slots=True)
class Notification:
    """A notification that was posted.

    Attributes:
        offset: byte offset of the record.
        posted: milliseconds since 1970, None if it is no time.
        user: Android user.
        uid: number of the program's account on this device.
    """

    offset: int
    package: str | None = None
    channel_name: str | None = None
    channel: str | None = None
    conversation: str | None = None
    uid: int | None = None
    user: int | None = None
    posted: int | None = None
    title: str | None = None
    text: str | None = None


@dataclass(slots=True)
class NotificationHistory:
    """Content of a file.

    Attributes:
        version: version of the layout, None if it does not stand there.
        is_complete: read up to the end without damage.
        problems: (byte offset, reason).
    """

    version: int | None = None
    notifications: list[Notification] = field(default_factory=list)
    is_complete: bool = True
    problems: list[tuple[int, str]] = field(default_factory=list)
    number_of_problems: int = 0

    def report(self, offset: int, reason: str, *, is_damage: bool = True) -> None:
        """Notes a problem; of many only the first ones."""
        self.is_complete = self.is_complete and not is_damage
        self.number_of_problems += 1
        if self.number_of_problems <= _MAXIMUM_PROBLEMS:
            self.problems.append((offset, reason))


def read_history(data: bytes) -> NotificationHistory:
    """Reads a file of the notification history.

    Raises:
        FormatError: if it is none. What is damaged otherwise is in `problems`, and
            everything in front of it is kept.
    """
    history = NotificationHistory()
    pool: list[str] = []
    records: list[Field] = []
    error = None
    try:
        for item in read_fields(data):
            if item.number == _POOL and item.wire_type == LENGTH:
                _read_pool(data, item, pool)
            elif item.number == _VERSION and item.wire_type == VARINT:
                history.version = item.signed
            elif item.number == _NOTIFICATION and item.wire_type == LENGTH:
                if len(records) >= _MAXIMUM_RECORDS:
                    raise FormatError(item.offset, "too many records")
                records.append(item)
            else:
                raise FormatError(item.offset, f"field {item.number} is not expected")
    except FormatError as exception:
        error = exception
    if error is not None:
        if history.version is None and not records:
            raise error
        history.report(error.offset, error.reason)
    if history.version is None and not records and not pool:
        raise FormatError(0, "no notification history")
    for item in records:
        try:
            history.notifications.append(_read(data, item, pool, history))
        except FormatError as exception:
            history.report(exception.offset, exception.reason)
    return history


def _read_pool(data: bytes, item: Field, pool: list[str]) -> None:
    for inner in read_fields(data, item.start, item.end):
        if inner.number == 2 and inner.wire_type == LENGTH:
            if len(pool) >= _MAXIMUM_POOL:
                raise FormatError(inner.offset, "too many strings")
            pool.append(inner.text(data, _MAXIMUM_NAME))


def _read(
    data: bytes, item: Field, pool: list[str], history: NotificationHistory
) -> Notification:
    numbers: dict[int, int] = {}
    texts: dict[int, str] = {}
    for inner in read_record(data, item):
        if inner.wire_type == VARINT:
            numbers[inner.number] = inner.signed
        elif inner.wire_type == LENGTH and inner.number in _TEXTS:
            texts[inner.number] = inner.text(data, _MAXIMUM_NAME)
        elif inner.wire_type == LENGTH and inner.number in (10, 11):
            texts[inner.number] = inner.text(data, _MAXIMUM_TEXT)
    for text, index in _TEXTS.items():
        place = numbers.get(index)
        if text in texts or place is None:
            continue
        if 1 <= place <= len(pool):
            texts[text] = pool[place - 1]
        else:
            history.report(
                item.offset, f"string {place} of {len(pool)}", is_damage=False
            )
    posted = numbers.get(9)
    if posted is not None and not 0 < posted < _LATEST:
        history.report(item.offset, f"{posted} is no time", is_damage=False)
        posted = None
    return Notification(
        item.offset,
        texts.get(1) or None,
        texts.get(3) or None,
        texts.get(5) or None,
        texts.get(13) or None,
        numbers.get(7),
        numbers.get(8),
        posted,
        texts.get(10) or None,
        texts.get(11) or None,
    )
