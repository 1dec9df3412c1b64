"""localStorage of Chromium browsers (`Local Storage/leveldb`) with the time of records.

Specification: formats/telegram_web.md sections 5.2 to 5.4. Seen with Chromium 113, 123,
131, 138, 143 and 156; keys partitioned by the embedding site ("/^0https://...") are
UNCONFIRMED, so `origin_of` only looks for the beginning.

A record has no time of its own, but each commit of the browser is one batch, with a
record META that says when. In a log the batch is known. In a table it is not: there
META stands behind the records of its batch or before them, which the record METAACCESS
of the same time beside it tells: that stands between META and the other records. A
commit may lack METAACCESS (seen with 156), and one of its own may follow directly, with
a later time. Then the nearest pairs of the database tell; with no pair at all META
stands first, as in the browsers before METAACCESS. A record gets the time of a META
only if no sequence between the two is missing; else it lies between two times, of which
one may be unknown.
"""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from telegram_forensics.formats.browser_bytes import Findings
from telegram_forensics.formats.browser_leveldb_folder import (
    FolderRecord,
    LevelDbFolder,
)
from telegram_forensics.formats.errors import FormatError, Issue
from telegram_forensics.formats.protobuf_fields import VARINT, read_fields

_META: Final = b"META:"
_ACCESS: Final = b"METAACCESS:"
_ENTRY: Final = b"_"
_LATIN, _UTF16 = 1, 0
# Microseconds from 1601-01-01 to 1970-01-01.
_EPOCH: Final = 11_644_473_600_000_000


class TimeBasis(str, Enum):
    """How the time of a record is known."""

    BATCH = "batch"
    """The META of the same batch of a log."""
    BEFORE_META = "before_meta"
    """The META with the next higher sequence; the record stands before it."""
    AFTER_META = "after_meta"
    """The META with the next lower sequence; the record stands behind it."""
    INTERVAL = "interval"
    """Only that it lies between two times, or on one side of one."""
    NONE = "none"
    """Not at all."""


@dataclass(slots=True)
class StorageMeta:
    """A record META (a commit) or METAACCESS (the page was open).

    Attributes:
        storage_key: the origin, with its partition.
        is_access: METAACCESS.
        time: microseconds since 1970-01-01 UTC, None if the record does not tell.
        size: bytes of all entries then, None if the record does not tell.
        source: the record.
    """

    storage_key: str
    is_access: bool
    time: int | None
    size: int | None
    source: FolderRecord


@dataclass(slots=True)
class LocalStorageEntry:
    """An item of localStorage as it once was, or that it was removed.

    Attributes:
        storage_key: the origin, with its partition.
        key: name of the item.
        value: its value, None where the record removes it.
        source: the record.
        time_basis: how the time is known.
        time: microseconds since 1970-01-01 UTC, None if it is not known to the point.
        earliest: with `INTERVAL`, the time that it is not before, None if unknown.
        latest: with `INTERVAL`, the time that it is not behind, None if unknown.
    """

    storage_key: str
    key: str
    value: str | None
    source: FolderRecord
    time_basis: TimeBasis
    time: int | None
    earliest: int | None
    latest: int | None


@dataclass(slots=True)
class ExtensionEntry:
    """An item of chrome.storage (`Local Extension Settings/<id>`).

    Attributes:
        key: name of the item.
        text: its value as it is stored, None where the record removes it.
        value: the parsed JSON, None if it is none.
        is_json: it is JSON.
        source: the record.
    """

    key: str
    text: str | None
    value: Any
    is_json: bool
    source: FolderRecord


@dataclass(slots=True)
class _Mark:
    """A META of an origin and on which side of it its batch stands."""

    sequence: int
    time: int
    is_last: bool | None


class _Times:
    """Times of one storage key."""

    def __init__(self) -> None:
        self.metas: list[StorageMeta] = []
        self.by_batch: dict[tuple[str, int], int] = {}
        self.marks: list[_Mark] = []
        self.mark_sequences: list[int] = []
        self.bounds: list[tuple[int, int]] = []
        self.deletes: list[int] = []

    def arrange(self) -> None:
        """Sorts out what was collected."""
        known = [
            meta
            for meta in self.metas
            if meta.time is not None and not meta.source.is_damaged
        ]
        accesses = {
            (meta.source.sequence, meta.time) for meta in known if meta.is_access
        }
        for meta in known:
            source, time = meta.source, meta.time
            if time is None:
                continue
            self.bounds.append((source.sequence, time))
            if meta.is_access:
                continue
            if source.record.batch is not None:
                self.by_batch[source.file.name, source.record.batch] = time
            is_last = None
            if (source.sequence - 1, time) in accesses:
                is_last = True
            elif (source.sequence + 1, time) in accesses:
                is_last = False
            self.marks.append(_Mark(source.sequence, time, is_last))
        self.bounds.sort()
        self.deletes.sort()
        self.marks.sort(key=lambda mark: mark.sequence)
        self.mark_sequences = [mark.sequence for mark in self.marks]

    def count_deletes(self, first: int, last: int) -> int:
        """How many sequences of a range are deletes of this storage key."""
        return bisect_right(self.deletes, last) - bisect_left(self.deletes, first)


class LocalStorage:
    """localStorage of all origins of a profile.

    Attributes:
        folder: the LevelDB folder.
        metas: META and METAACCESS records of all origins, by sequence.
        issues: what is wrong; what is wrong with the files is in those of the folder.
    """

    def __init__(self, folder: LevelDbFolder) -> None:
        """Reads the times."""
        self.folder = folder
        self.issues: list[Issue] = []
        self.metas: list[StorageMeta] = []
        self._times: dict[str, _Times] = {}
        findings = Findings(self.issues)
        for record in folder.records():
            key = record.key
            if key.startswith((_META, _ACCESS)):
                meta = _read_meta(record, findings)
                self.metas.append(meta)
                self._of(meta.storage_key).metas.append(meta)
            elif key.startswith(_ENTRY) and record.is_delete and not record.is_damaged:
                storage_key = _text(key[1:].partition(b"\0")[0])
                self._of(storage_key).deletes.append(record.sequence)
        findings.close()
        self.metas.sort(key=lambda meta: meta.source.sequence)
        for times in self._times.values():
            times.arrange()
        self._place_lone_metas()

    def entries(
        self, wanted: Callable[[str], bool] | None = None
    ) -> Iterator[LocalStorageEntry]:
        """Reads the items, in the order of the folder's records.

        Args:
            wanted: tells for a storage key whether its items are given.
        """
        chosen: dict[bytes, bool] = {}

        def is_wanted(key: bytes) -> bool:
            if not key.startswith(_ENTRY):
                return False
            if wanted is None:
                return True
            origin = key[1:].partition(b"\0")[0]
            known = chosen.get(origin)
            if known is None:
                known = chosen[origin] = wanted(_text(origin))
            return known

        findings = Findings(self.issues)
        for record in self.folder.records(is_wanted):
            origin, separator, name = record.key[1:].partition(b"\0")
            if not separator:
                findings.add(
                    record.record.offset,
                    f"{record.file.name}: key without a separator",
                )
            storage_key = _text(origin)
            key = _string_or_report(name, record, findings)
            value = None
            if not record.is_delete:
                value = _string_or_report(record.value, record, findings)
            yield LocalStorageEntry(
                storage_key, key, value, record, *self._time_of(storage_key, record)
            )
        findings.close()

    def _place_lone_metas(self) -> None:
        """Decides for a META without METAACCESS as the nearest pairs of all origins."""
        pairs = sorted(
            (mark.sequence, mark.is_last)
            for times in self._times.values()
            for mark in times.marks
            if mark.is_last is not None
        )
        for times in self._times.values():
            for mark in times.marks:
                if mark.is_last is not None:
                    continue
                place = bisect_left(pairs, (mark.sequence, False))
                sides = {is_last for _, is_last in pairs[max(0, place - 1) : place + 1]}
                if len(sides) < 2:
                    mark.is_last = True in sides

    def _of(self, storage_key: str) -> _Times:
        times = self._times.get(storage_key)
        if times is None:
            times = self._times[storage_key] = _Times()
        return times

    def _time_of(
        self, storage_key: str, record: FolderRecord
    ) -> tuple[TimeBasis, int | None, int | None, int | None]:
        times = self._times.get(storage_key)
        if times is None:
            return TimeBasis.NONE, None, None, None
        batch = record.record.batch
        if batch is not None:
            time = times.by_batch.get((record.file.name, batch))
            if time is not None:
                return TimeBasis.BATCH, time, None, None
        elif not record.is_damaged:
            point = self._point_of(times, record.sequence)
            if point is not None:
                return point[0], point[1], None, None
        # A damaged record's sequence may be wrong, and so would be the interval.
        if record.is_damaged:
            return TimeBasis.NONE, None, None, None
        place = bisect_left(times.bounds, (record.sequence, 0))
        earliest = times.bounds[place - 1][1] if place else None
        latest = times.bounds[place][1] if place < len(times.bounds) else None
        if earliest is None and latest is None:
            return TimeBasis.NONE, None, None, None
        return TimeBasis.INTERVAL, None, earliest, latest

    def _point_of(self, times: _Times, sequence: int) -> tuple[TimeBasis, int] | None:
        """Time of a record of a table, None if it may be of either of two commits."""
        place = bisect_right(times.mark_sequences, sequence)
        before = times.marks[place - 1] if place else None
        behind = times.marks[place] if place < len(times.marks) else None
        is_complete = self.folder.is_complete
        may_be_behind = behind is not None and (
            behind.is_last is not False
            # Deletes of a clear() stand before a META that stands first.
            or self._may_be_deletes(times, sequence, behind.sequence - 1)
        )
        may_be_before = before is not None and before.is_last is not True
        is_behind = may_be_behind and not may_be_before
        is_before = may_be_before and not may_be_behind
        if is_behind and behind and behind.is_last:
            if is_complete(sequence, behind.sequence):
                return TimeBasis.BEFORE_META, behind.time
            return None
        if is_before and before and before.is_last is False:
            if is_complete(before.sequence, sequence):
                return TimeBasis.AFTER_META, before.time
            return None
        return None

    def _may_be_deletes(self, times: _Times, first: int, last: int) -> bool:
        """Whether a range begins with a delete and is not known to hold others."""
        return times.count_deletes(first, first) > 0 and (
            times.count_deletes(first, last) == self.folder.count(first, last)
        )


def origin_of(storage_key: str) -> str:
    """The origin in a storage key: no partition, no slash at the end."""
    return storage_key.partition("^")[0].rstrip("/")


def decode_string(data: bytes) -> str:
    """Decodes a key or a value: its first byte tells how it is written.

    Raises:
        FormatError: if the byte is unknown or half a character is missing.
    """
    if not data:
        raise FormatError(0, "string without its first byte")
    if data[0] == _LATIN:
        return data[1:].decode("latin-1")
    if data[0] != _UTF16:
        raise FormatError(0, f"string of kind {data[0]}")
    if len(data) % 2 == 0:
        raise FormatError(len(data) - 1, "half a character at the end of a string")
    # JavaScript allows halves of a pair alone.
    return data[1:].decode("utf-16-le", "surrogatepass")


def read_extension_settings(folder: LevelDbFolder) -> Iterator[ExtensionEntry]:
    """Reads the items that an extension or a packaged app stored."""
    for record in folder.records():
        key = _text(record.key)
        if record.is_delete:
            yield ExtensionEntry(key, None, None, False, record)
            continue
        text = _text(record.value)
        try:
            value, is_json = json.loads(text), True
        except (ValueError, RecursionError):
            value, is_json = None, False
        yield ExtensionEntry(key, text, value, is_json, record)


def _read_meta(record: FolderRecord, findings: Findings) -> StorageMeta:
    is_access = record.key.startswith(_ACCESS)
    storage_key = _text(record.key[len(_ACCESS if is_access else _META) :])
    time = size = None
    if not record.is_delete:
        try:
            for field in read_fields(record.value):
                if field.wire_type == VARINT and field.number == 1:
                    time = field.signed - _EPOCH
                elif field.wire_type == VARINT and field.number == 2:
                    size = field.value
        except FormatError as exception:
            findings.add(
                record.record.offset,
                f"{record.file.name}: time of {storage_key}: {exception.reason}",
            )
    return StorageMeta(storage_key, is_access, time, size, record)


def _string_or_report(data: bytes, record: FolderRecord, findings: Findings) -> str:
    try:
        return decode_string(data)
    except FormatError as exception:
        findings.add(
            record.record.offset,
            f"{record.file.name}: sequence {record.sequence}: {exception.reason}",
        )
    return data.decode("utf-8", "backslashreplace")


def _text(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace")
