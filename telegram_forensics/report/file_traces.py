"""Copies of tdata in traces of the file system, as stock plaso parsers give them.

Specification: formats/remote_access.md section 10.1, "Copy of tdata", and
formats/telegram_desktop.md section 1.4: since 1.9.17 the client writes its files under
a temporary name and renames them, so that the change journal records no creation of
`key_datas` itself, and a file is not older than its folder entry. A copy, an unpacked
archive or a restored backup makes the files under their own names.

A change journal has a million records and more. Its time is read out of the stored
text of each, without decoding; only records that name tdata's files are decoded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from telegram_forensics.attribution.records import (
    FileTrace,
    JournalRecord,
    NameTrace,
    Place,
    StorageDevice,
)
from telegram_forensics.formats import tdesktop_names
from telegram_forensics.report.storage import Location, Row

JOURNAL: Final = "fs:ntfs:usn_change"
_MFT: Final = "fs:stat:ntfs"
_STAT: Final = "fs:stat"
_USB: Final = "windows:registry:usbstor:instance"
_MOUNT: Final = "windows:registry:mount_points2"

# Lists of used items: attributes with paths, and the time that is about the use.
_LISTS: Final[dict[str, tuple[tuple[str, ...], str | None, str]]] = {
    "windows:lnk:link": (
        ("local_path", "network_path", "link_target", "relative_path"),
        None,
        "shortcut",
    ),
    "windows:shell_item:file_entry": (
        ("shell_item_path", "long_name", "name"),
        None,
        "shell item",
    ),
    "windows:registry:mrulist": (("entries",), "last_written_time", "recent items"),
    "windows:registry:mrulistex": (("entries",), "last_written_time", "recent items"),
    "windows:registry:bagmru": (("entries",), "last_written_time", "opened folders"),
    "olecf:dest_list:entry": (("path",), "modification_time", "jump list"),
}
DATA_TYPES: Final = frozenset({JOURNAL, _MFT, _STAT, _USB, _MOUNT, *_LISTS})
# A handful of records each: what they say matters by its time only.
_SMALL: Final = frozenset({_USB, _MOUNT})
# A folder that was given as source has the times of its own copying; our decrypted
# folders have none of a file system.
_FOREIGN_TIMES: Final = frozenset({"OS", "TDATA"})

# The client has up to six accounts.
_HASHES: Final = tuple(
    tdesktop_names.account_hash(tdesktop_names.account_data_name("data", index))
    for index in range(6)
)
_FILE_NAMES: Final = rf"key_data|settings|map|{'|'.join(_HASHES)}"
_ARCHIVES: Final = "zip|zipx|7z|rar|tar|tgz|gz|bz2|xz|zst|cab|iso|001"

# How the text of a record has what decides: looking for it costs less than decoding.
_RAW_NAMES: Final = {
    JOURNAL: (b'"filename": "', b'", "'),
    _STAT: (b'"filename": "', b'", "'),
    _MFT: (b'"path_hints": ["', b'"]'),
}
_RAW_NAME: Final = b'"name": "'
_RAW_FILES: Final = frozenset(
    name.encode("ascii") + suffix
    for name in ("key_data", "settings", "map", *_HASHES)
    for suffix in (b"s", b"0", b"1")
)
_RAW_FOLDERS: Final = frozenset(name.encode("ascii") for name in _HASHES)
_RAW_TIME: Final = b'"timestamp": '
_RAW_STREAM: Final = b'"_event_data_stream_identifier": "'
_MAXIMUM_HEAD: Final = 400
_MAXIMUM_DIGITS: Final = 19
_FILETIME_EPOCH: Final = 11_644_473_600

_NAME: Final = re.compile(rf"(?:{_FILE_NAMES})[s01]")
_ARCHIVE: Final = re.compile(
    rf"(?:.*[^a-z0-9])?tdata(?:[^a-z].*)?\.(?:{_ARCHIVES})", re.IGNORECASE | re.DOTALL
)
# In the entries of lists, which have numbers and kinds around their paths.
_LISTED_ARCHIVE: Final = re.compile(
    rf"""(?:^|[\\/\[ ])(?P<name>(?:[^\\/:*?"<>|\[\],]{{0,200}}[^a-z0-9\\/])?tdata"""
    rf"""(?:[^a-z\\/,\]][^\\/,\]]{{0,200}})?\.(?:{_ARCHIVES}))(?![a-z0-9])""",
    re.IGNORECASE,
)
_LISTED_FOLDER: Final = re.compile(r"(?:^|[\\/ ])tdata(?:$|[\\/,\]])", re.IGNORECASE)
_ENTRY_NUMBER: Final = re.compile(r"^Index: \d+ \[MRU Value \d+\]: ")
_MAXIMUM_PATH: Final = 4096
_MAXIMUM_NAME: Final = 260

_CREATE, _DELETE, _OLD_NAME, _NEW_NAME = 0x100, 0x200, 0x1000, 0x2000
# Reasons add up until a file is closed: what happened to the name comes first.
_REASONS: Final = (
    (_OLD_NAME, "renamed from this name"),
    (_NEW_NAME, "renamed to this name"),
    (_DELETE, "deleted"),
    (_CREATE, "created"),
)
_STANDARD_INFORMATION, _FILE_NAME = 0x10, 0x30


def is_selected(data_type: str, record: bytes) -> bool:
    """True for a record that can tell of a copy of tdata.

    Args:
        data_type: one of `DATA_TYPES`.
        record: as it is stored, JSON in ASCII.
    """
    places = _RAW_NAMES.get(data_type)
    if places is None:
        return data_type in _SMALL or b"tdata" in record.lower()
    before, after = places
    start = record.find(before)
    if start < 0:
        # An entry without a path: its name decides.
        before, after = _RAW_NAME, b'", "'
        start = record.find(before)
        if start < 0:
            return False
    start += len(before)
    end = record.find(after, start)
    if end < 0:
        # The last attribute.
        end = record.find(b'"}', start)
    path = record[start:] if end < 0 else record[start:end]
    name = path[max(path.rfind(b"/"), path.rfind(b"\\")) + 1 :]
    if name in _RAW_FILES:
        return True
    if b"." in name:
        return b"tdata" in name.lower()
    return data_type == JOURNAL and (name in _RAW_FOLDERS or name.lower() == b"tdata")


def is_of_interest(data_type: str, values: Mapping[str, Any]) -> bool:
    """The same for event data whose attributes are at hand.

    Args:
        data_type: one of `DATA_TYPES`.
        values: attributes by name.
    """
    if data_type in _SMALL:
        return True
    if data_type in _LISTS:
        return any(
            "tdata" in str(values.get(name)).lower() for name in _LISTS[data_type][0]
        )
    path = values.get("filename")
    if data_type == _MFT:
        hints = values.get("path_hints")
        path = hints[0] if isinstance(hints, list) and hints else values.get("name")
    if not isinstance(path, str):
        return False
    name = _last_part(path)
    is_folder = name in _HASHES or name.lower() == "tdata"
    return bool(
        _NAME.fullmatch(name)
        or (data_type == JOURNAL and is_folder)
        or _is_archive(name)
    )


class JournalSpans:
    """Time that the change journals of a storage file cover, by event data stream."""

    def __init__(self) -> None:
        self._spans: dict[bytes, list[int]] = {}

    def note(self, record: bytes) -> None:
        """Notes a record of a journal, as it is stored."""
        start = record.rfind(_RAW_TIME) + len(_RAW_TIME)
        digits = record[start : start + _MAXIMUM_DIGITS + 1].partition(b"}")[0]
        begin = record.find(_RAW_STREAM, 0, _MAXIMUM_HEAD)
        if begin < 0 or not digits.isdigit() or digits.startswith(b"0"):
            # The time is not set.
            return
        begin += len(_RAW_STREAM)
        stream = record[begin : record.find(b'"', begin)]
        value = int(digits)
        span = self._spans.get(stream)
        if span is None:
            self._spans[stream] = [value, value, 1]
            return
        if value < span[0]:
            span[0] = value
        elif value > span[1]:
            span[1] = value
        span[2] += 1

    def records(self, locate: Callable[[str], Location]) -> Iterator[JournalRecord]:
        """The journals.

        Args:
            locate: gives the location of an event data stream.
        """
        for stream, (first, last, number) in sorted(self._spans.items()):
            location = locate(stream.decode("ascii", "replace"))
            yield JournalRecord(
                Place(location.image, location.path, location.snapshot),
                _seconds(first),
                _seconds(last),
                number,
            )


def _seconds(filetime: int) -> float:
    return filetime / 10_000_000 - _FILETIME_EPOCH


@dataclass(slots=True)
class _Entry:
    """An entry of an $MFT: what both attributes say."""

    place: Place
    created: float | None = None
    modified: float | None = None
    entry_created: float | None = None
    path: str | None = None
    is_allocated: bool = True


@dataclass(slots=True)
class _Creation:
    place: Place
    stream: str
    name: str
    parent: int
    time: float


@dataclass(slots=True)
class FileTraceCollector:
    """Collects traces of copies from rows of event data."""

    _creations: dict[tuple[str, int, str], _Creation] = field(default_factory=dict)
    # Names and parents of folders by image, stream and file reference.
    _folders: dict[tuple[str, str, int], tuple[str, int]] = field(default_factory=dict)
    _entries: dict[tuple[Place, str, int], _Entry] = field(default_factory=dict)
    _paths: dict[tuple[str, int], str] = field(default_factory=dict)
    _streams: dict[str, set[str]] = field(default_factory=dict)
    _journals: dict[str, set[str]] = field(default_factory=dict)
    _stats: list[FileTrace] = field(default_factory=list)
    _names: dict[tuple[object, ...], NameTrace] = field(default_factory=dict)
    _devices: dict[tuple[str, str, float, str], StorageDevice] = field(
        default_factory=dict
    )

    def add_row(self, row: Row, place: Place) -> None:
        """Adds a row of one of `DATA_TYPES`."""
        data_type = row.values["data_type"]
        if data_type == JOURNAL:
            self._add_change(row, place)
        elif data_type == _MFT:
            self._add_entry(row, place)
        elif data_type == _STAT:
            self._add_file(row, place)
        elif data_type in _LISTS:
            self._add_list(row, place)
        else:
            self._add_device(row, place)

    def _add_change(self, row: Row, place: Place) -> None:
        get = row.values.get
        name, time = get("filename"), _number(get("update_time"))
        flags, parent = get("update_reason_flags"), get("parent_file_reference")
        reference = get("file_reference")
        if not isinstance(name, str) or not isinstance(flags, int) or time is None:
            return
        stream = str(get("_event_data_stream_identifier"))
        if place.snapshot is None:
            self._journals.setdefault(place.image, set()).add(stream)
        place = Place(
            place.image, place.path, place.snapshot, f"offset {get('offset')}"
        )
        if _is_archive(name):
            reason = next((words for flag, words in _REASONS if flags & flag), None)
            if reason is not None:
                self._add_name(place, "archive", name, time, f"{reason} (journal)")
        if not isinstance(parent, int) or not isinstance(reference, int):
            return
        if name in _HASHES or name.lower() == "tdata":
            self._folders[place.image, stream, reference] = (name, parent)
        if _NAME.fullmatch(name) and flags & _CREATE:
            if flags & (_OLD_NAME | _NEW_NAME):
                # The client's own way: made under another name, then renamed.
                return
            key = (place.image, reference, name)
            known = self._creations.get(key)
            if known is None or time < known.time:
                self._creations[key] = _Creation(place, stream, name, parent, time)

    def _add_entry(self, row: Row, place: Place) -> None:
        get = row.values.get
        hints, reference = get("path_hints"), get("file_reference")
        path = hints[0] if isinstance(hints, list) and hints else None
        if not isinstance(path, str):
            path = str(get("name") or "")
        stream = str(get("_event_data_stream_identifier"))
        name = _last_part(path)
        allocated = get("is_allocated") is not False
        created = _number(get("creation_time"))
        if _is_archive(name):
            words = "file entry ($MFT)" if allocated else "deleted file entry ($MFT)"
            self._add_name(place, "archive", path, created, words)
        if not isinstance(reference, int) or not _NAME.fullmatch(name):
            return
        words = f"MFT {reference & 0xFFFFFFFFFFFF}-{reference >> 48}"
        place = Place(place.image, place.path, place.snapshot, words)
        if place.snapshot is None:
            self._streams.setdefault(place.image, set()).add(stream)
        entry = self._entries.setdefault((place, stream, reference), _Entry(place))
        entry.is_allocated = allocated
        if get("attribute_type") == _FILE_NAME:
            entry.entry_created, entry.path = created, path
            parent = get("parent_file_reference")
            if isinstance(parent, int) and place.snapshot is None:
                self._paths[place.image, parent] = path[: len(path) - len(name) - 1]
        elif get("attribute_type") == _STANDARD_INFORMATION:
            entry.created = created
            entry.modified = _number(get("modification_time"))
            entry.path = entry.path or path

    def _add_file(self, row: Row, place: Place) -> None:
        get = row.values.get
        path = get("filename")
        if not isinstance(path, str):
            return
        name = _last_part(path)
        created = _number(get("creation_time"))
        modified = _number(get("modification_time"))
        if get("file_system_type") in _FOREIGN_TIMES:
            created = modified = None
        if _is_archive(name):
            self._add_name(place, "archive", path, created or modified, "file")
        if _NAME.fullmatch(name) and get("file_entry_type") in (None, "file"):
            self._stats.append(
                FileTrace(
                    place,
                    _folder_of(path),
                    name,
                    "times",
                    created,
                    modified,
                    is_allocated=get("is_allocated") is not False,
                )
            )

    def _add_list(self, row: Row, place: Place) -> None:
        get = row.values.get
        attributes, time_name, words = _LISTS[row.values["data_type"]]
        time = _number(get(time_name)) if time_name else None
        for attribute in attributes:
            value = get(attribute)
            for text in value if isinstance(value, list) else [value]:
                if not isinstance(text, str) or len(text) > _MAXIMUM_PATH:
                    continue
                entry = _ENTRY_NUMBER.sub("", text)
                archive = _LISTED_ARCHIVE.search(entry)
                if archive:
                    self._add_name(place, "archive", archive["name"], time, words)
                elif _LISTED_FOLDER.search(entry):
                    self._add_name(place, "folder", entry, time, words)

    def _add_name(
        self, place: Place, kind: str, name: str, time: float | None, words: str
    ) -> None:
        key = (place.image, kind, name, time, words)
        known = self._names.get(key)
        if known is None or (known.place.snapshot and not place.snapshot):
            self._names[key] = NameTrace(place, kind, name, time, words)

    def _add_device(self, row: Row, place: Place) -> None:
        get = row.values.get
        if row.values["data_type"] == _USB:
            name = get("device_display_name") or " ".join(
                str(get(part)) for part in ("vendor", "product") if get(part)
            )
            times: tuple[tuple[str, str], ...] = (
                ("driver_first_installation_time", "first connected"),
                ("device_last_arrival_time", "connected"),
                ("device_last_removal_time", "removed"),
            )
        else:
            name = get("label") or get("name")
            times = (("last_written_time", "mount point used"),)
        for attribute, words in times:
            time = _number(get(attribute))
            if name and time:
                key = (place.image, str(name), time, words)
                self._devices.setdefault(
                    key, StorageDevice(place, str(name), time, words)
                )

    def names(self) -> list[NameTrace]:
        """Names that tell of tdata, each once."""
        return list(self._names.values())

    def devices(self) -> list[StorageDevice]:
        """Removable devices, each time of each once."""
        return list(self._devices.values())

    def files(self) -> Iterator[FileTrace]:
        """Files of tdata folders, once all rows are added; each of them once."""
        for creation in self._creations.values():
            yield FileTrace(
                creation.place,
                self._find_folder(creation),
                creation.name,
                "journal",
                creation.time,
            )
        known = set()
        for entry in self._entries.values():
            path = entry.path or ""
            trace = FileTrace(
                entry.place,
                _folder_of(path),
                _last_part(path),
                "times",
                entry.created,
                entry.modified,
                entry.entry_created,
                entry.is_allocated,
            )
            key = (trace.place.image, trace.folder, trace.name, trace.created)
            if key not in known:
                known.add(key)
                yield trace
        for trace in self._stats:
            key = (trace.place.image, trace.folder, trace.name, trace.created)
            if key not in known:
                known.add(key)
                yield trace

    def _find_folder(self, creation: _Creation) -> str:
        """tdata folder of a record of the journal, which names the parent only."""
        image, parent = creation.place.image, creation.parent
        # With several volumes a file reference alone says nothing.
        is_single = (
            len(self._streams.get(image, ())) == 1
            and len(self._journals.get(image, ())) <= 1
        )
        path = self._paths.get((image, parent)) if is_single else None
        if path is not None:
            return _folder_of(f"{path}\\{creation.name}")
        name, above = self._folders.get((image, creation.stream, parent), ("", 0))
        if name in _HASHES and name:
            path = self._paths.get((image, above)) if is_single else None
            if path is not None:
                return path
            parent = above
            name, _ = self._folders.get((image, creation.stream, above), ("", 0))
        number = f"MFT {parent & 0xFFFFFFFFFFFF}-{parent >> 48}"
        return f"{name} ({number})" if name else number


def _last_part(path: str) -> str:
    return re.split(r"[\\/]", path[-_MAXIMUM_PATH:])[-1]


def _is_archive(name: str) -> bool:
    return len(name) <= _MAXIMUM_NAME and bool(_ARCHIVE.fullmatch(name))


def _folder_of(path: str) -> str:
    """tdata folder of one of its files: the folder, without that of the account."""
    folder = path[: len(path) - len(_last_part(path))].rstrip("\\/")
    last = _last_part(folder)
    if last in _HASHES:
        folder = folder[: len(folder) - len(last)].rstrip("\\/")
    return folder


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value)
