"""A LevelDB folder: all its logs and tables, with the fate of each record.

Specification: formats/telegram_web.md sections 5.1 and 5.3. LevelDB gives each change
the next sequence number and overwrites nothing in place, so former values and deletes
stay until tables are merged. All files are read, whether the MANIFEST lists them or
not.

The folder is read twice: first for sequences and kinds (some 100 bytes per record stay
in memory), then for the records themselves, one by one. Of a damaged table the records
stay in memory, as far as they fit: to search for its blocks takes seconds.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from hashlib import blake2b
from typing import BinaryIO, Final

from telegram_forensics.formats.browser_leveldb_log import (
    LevelDbRecord,
    RecordKind,
    read_log,
)
from telegram_forensics.formats.browser_leveldb_manifest import (
    Manifest,
    TextLine,
    read_current,
    read_manifest,
    read_text_lines,
)
from telegram_forensics.formats.browser_leveldb_table import read_table
from telegram_forensics.formats.errors import Issue

Opener = Callable[[], BinaryIO]

_NAME: Final = re.compile(r"(\d+)\.(log|ldb|sst)")
_MANIFEST: Final = re.compile(r"MANIFEST-(\d+)")
_TEXT_NAMES: Final = ("LOG.old", "LOG")
_LONG_KEY: Final = 48
# Bytes of records of damaged tables that stay in memory, and what each record adds.
_MAXIMUM_KEPT: Final = 64 * 1024 * 1024
_RECORD_SIZE: Final = 300


class FileState(str, Enum):
    """What the MANIFEST says about a file."""

    LISTED = "listed"
    ORPHANED = "orphaned"
    UNKNOWN = "unknown"
    """There is no MANIFEST, or it is damaged and does not list the file."""


class RecordState(str, Enum):
    """What became of a record."""

    CURRENT = "current"
    """A put with nothing above."""
    OVERWRITTEN = "overwritten"
    """A put with a put above; a delete with something above."""
    DELETED = "deleted"
    """A put with a delete above; a delete with nothing above."""
    UNKNOWN = "unknown"
    """A damaged record with no intact one above."""


@dataclass(slots=True)
class LevelDbFile:
    """A log or a table.

    Attributes:
        name: of the file.
        number: in the name.
        is_table: a table, else a log.
        state: what the MANIFEST says about it.
    """

    name: str
    number: int
    is_table: bool
    state: FileState


@dataclass(slots=True)
class FolderRecord:
    """A record and what became of it.

    Attributes:
        file: that it is from.
        record: the record itself.
        state: what became of it.
        successor: sequence of the next record of the same key, which replaced or
            deleted it; None if there is none.
        is_key_live: the key exists now: its uppermost record is a put.
        copies: how often its key, sequence and kind stand in the folder's files; the
            same with the same value is given once.
    """

    file: LevelDbFile
    record: LevelDbRecord
    state: RecordState
    successor: int | None
    is_key_live: bool
    copies: int

    @property
    def sequence(self) -> int:
        """Number of the record."""
        return self.record.sequence

    @property
    def key(self) -> bytes:
        """The key that the application gave."""
        return self.record.key

    @property
    def value(self) -> bytes:
        """The value, empty for a delete."""
        return self.record.value

    @property
    def is_delete(self) -> bool:
        """It deletes the key."""
        return self.record.kind == RecordKind.DELETE

    @property
    def is_damaged(self) -> bool:
        """Each part of it may be wrong."""
        return self.record.is_damaged


class LevelDbFolder:
    """A folder of LevelDB files.

    Attributes:
        files: logs and tables; logs first, by number.
        manifest: the MANIFEST that is in use, None if there is none.
        issues: what is wrong with the files.
    """

    def __init__(self, files: Iterable[tuple[str, Opener]]) -> None:
        """Reads the folder for the first time.

        Args:
            files: name and opener of each file; others than those of LevelDB do not
                disturb.
        """
        self.issues: list[Issue] = []
        self._openers = dict(files)
        self.manifest = self._read_manifest()
        self.files = sorted(
            self._find_files(), key=lambda file: (file.is_table, file.number)
        )
        # By key: sequence * 2 + kind of its intact records, in ascending order.
        self._fates: dict[bytes, array[int]] = {}
        self._copies: dict[tuple[bytes, int], int] = {}
        self._sequences = array("Q")
        self._kept: dict[str, list[LevelDbRecord]] = {}
        self._read_fates()

    def records(
        self, wanted: Callable[[bytes], bool] | None = None
    ) -> Iterator[FolderRecord]:
        """Reads the records, file by file: logs in the order of writing, then tables.

        Args:
            wanted: tells for a key whether its records are given.

        Yields:
            Each record once; an intact copy if there is one.
        """
        damaged: set[tuple[bytes, int, bytes]] = set()
        given: set[tuple[bytes, int, bytes]] = set()
        for file in self.files:
            for record in self._read_file(file, []):
                if wanted is not None and not wanted(record.key):
                    continue
                key = _short(record.key)
                fates = self._fates.get(key)
                number = record.sequence << 1 | record.kind
                place = bisect_left(fates, number) if fates is not None else 0
                is_intact = (
                    fates is not None and place < len(fates) and fates[place] == number
                )
                copies = 1
                if record.is_damaged:
                    # Said by an intact record as well, or by another damaged one.
                    if is_intact:
                        continue
                    same = (key, number, _short(record.value))
                    if same in damaged:
                        continue
                    damaged.add(same)
                elif (key, number) in self._copies:
                    # Sequences begin again where a database was made anew beside the
                    # files of a former one: only the same value is a copy.
                    same = (key, number, _short(record.value))
                    if same in given:
                        continue
                    given.add(same)
                    copies = self._copies[key, number]
                yield self._with_fate(file, record, fates, copies)

    def sorted_records(
        self, wanted: Callable[[bytes], bool] | None = None
    ) -> list[FolderRecord]:
        """The records by sequence; all that are wanted are in memory then."""
        return sorted(self.records(wanted), key=lambda record: record.sequence)

    def count(self, first: int, last: int) -> int:
        """How many sequences of a range are there, in intact records."""
        sequences = self._sequences
        return bisect_right(sequences, last) - bisect_left(sequences, first)

    def is_complete(self, first: int, last: int) -> bool:
        """Whether each sequence of a range is there, in an intact record."""
        return self.count(first, last) == last - first + 1

    def text_lines(self) -> Iterator[TextLine]:
        """Reads the lines of `LOG.old` and `LOG`."""
        for name in _TEXT_NAMES:
            if name in self._openers:
                file = self._open(name)
                if file is not None:
                    yield from read_text_lines(file, self.issues, name)

    def _with_fate(
        self,
        file: LevelDbFile,
        record: LevelDbRecord,
        fates: array[int] | None,
        copies: int,
    ) -> FolderRecord:
        successor = None
        is_live = False
        is_delete = record.kind == RecordKind.DELETE
        state = RecordState.DELETED if is_delete else RecordState.CURRENT
        if record.is_damaged:
            state = RecordState.UNKNOWN
        if fates is not None:
            is_live = bool(fates[-1] & 1)
            place = bisect_right(fates, record.sequence << 1 | 1)
            if place < len(fates):
                successor = fates[place] >> 1
                is_deleted = not is_delete and not fates[place] & 1
                state = RecordState.DELETED if is_deleted else RecordState.OVERWRITTEN
        return FolderRecord(file, record, state, successor, is_live, copies)

    def _read_fates(self) -> None:
        fates: dict[bytes, array[int]] = {}
        sequences = array("Q")
        left = _MAXIMUM_KEPT
        for file in self.files:
            count = len(self.issues)
            kept: list[LevelDbRecord] | None = [] if file.is_table else None
            size = 0
            for record in self._read_file(file, self.issues):
                if kept is not None:
                    size += len(record.key) + len(record.value) + _RECORD_SIZE
                    kept.append(record)
                    if size > left:
                        kept = None
                if record.is_damaged:
                    continue
                key = _short(record.key)
                sequences.append(record.sequence)
                numbers = fates.get(key)
                if numbers is None:
                    fates[key] = numbers = array("Q")
                numbers.append(record.sequence << 1 | record.kind)
            if kept is not None and len(self.issues) > count:
                self._kept[file.name] = kept
                left -= size
        for key, numbers in fates.items():
            ordered = sorted(numbers)
            unique = array("Q")
            for number in ordered:
                if unique and unique[-1] == number:
                    self._copies[key, number] = self._copies.get((key, number), 1) + 1
                else:
                    unique.append(number)
            fates[key] = unique
        self._fates = fates
        self._sequences = array("Q", sorted(set(sequences)))

    def _read_file(
        self, file: LevelDbFile, issues: list[Issue]
    ) -> Iterator[LevelDbRecord]:
        if file.name in self._kept:
            yield from self._kept[file.name]
            return
        opened = self._open(file.name)
        if opened is None:
            return
        reader = read_table if file.is_table else read_log
        yield from reader(opened, issues, file.name)

    def _open(self, name: str) -> BinaryIO | None:
        try:
            return self._openers[name]()
        except OSError as exception:
            issue = Issue(name, None, f"cannot be opened: {exception}")
            if issue not in self.issues:
                self.issues.append(issue)
            return None

    def _read_manifest(self) -> Manifest | None:
        names = sorted(
            (name for name in self._openers if _MANIFEST.fullmatch(name)),
            key=lambda name: int(name.partition("-")[2]),
        )
        if not names:
            return None
        chosen = None
        if "CURRENT" in self._openers:
            file = self._open("CURRENT")
            if file is not None:
                chosen = read_current(file)
        if chosen not in names:
            self.issues.append(
                Issue("CURRENT", None, f"names no MANIFEST, {names[-1]} is used")
            )
            chosen = names[-1]
        file = self._open(chosen)
        return None if file is None else read_manifest(file, self.issues, chosen)

    def _find_files(self) -> Iterator[LevelDbFile]:
        for name in self._openers:
            match = _NAME.fullmatch(name)
            if match is None:
                continue
            number, is_table = int(match[1]), match[2] != "log"
            state = FileState.UNKNOWN
            manifest = self.manifest
            if manifest is not None:
                is_listed = (
                    number in manifest.tables if is_table else manifest.has_log(number)
                )
                if is_listed:
                    state = FileState.LISTED
                elif manifest.is_complete:
                    state = FileState.ORPHANED
            yield LevelDbFile(name, number, is_table, state)


def _short(key: bytes) -> bytes:
    """Stands for a key in memory."""
    if len(key) <= _LONG_KEY:
        return key
    return key[:16] + blake2b(key, digest_size=_LONG_KEY - 15).digest()
