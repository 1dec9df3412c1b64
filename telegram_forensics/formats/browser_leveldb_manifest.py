"""`MANIFEST-NNNNNN`, `CURRENT` and the text logs of a LevelDB folder.

Specification: formats/telegram_web.md section 5.1 and LevelDB's version edits. A
MANIFEST is a log whose payloads are version edits; played from the beginning they tell
which tables and which log belong to the database. `CURRENT` names the MANIFEST.

`LOG` and `LOG.old` are text with times in the local time of the machine: one line each,
the first of which is the start of the browser's run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, Final

from telegram_forensics.formats.browser_bytes import (
    Findings,
    file_size,
    read_at,
    read_sized,
)
from telegram_forensics.formats.browser_leveldb_log import read_payloads
from telegram_forensics.formats.errors import FormatError, Issue
from telegram_forensics.formats.varint import read_varint

_COMPARATOR, _LOG_NUMBER, _NEXT_FILE, _LAST_SEQUENCE = 1, 2, 3, 4
_COMPACT_POINTER, _DELETED_FILE, _NEW_FILE, _PREVIOUS_LOG = 5, 6, 7, 9
_MAXIMUM_TEXT: Final = 1 << 24
_LINE: Final = re.compile(
    r"(\d{4})/(\d\d)/(\d\d)-(\d\d:\d\d:\d\d\.\d{3})\d* ([0-9a-f]+) (.*)"
)


@dataclass(slots=True)
class Manifest:
    """What the version edits of a MANIFEST say in the end.

    Attributes:
        name: of the file.
        comparator: order of the keys, e.g. "idb_cmp1" of IndexedDB.
        log_number: logs with a lower number are not used any more.
        previous_log_number: one that is used all the same; 0 is none.
        next_file_number: number that no file has yet.
        last_sequence: the highest one in the tables.
        tables: level by table number.
        is_complete: False if the MANIFEST could not be read to its end.
    """

    name: str
    comparator: str | None = None
    log_number: int | None = None
    previous_log_number: int | None = None
    next_file_number: int | None = None
    last_sequence: int | None = None
    tables: dict[int, int] = field(default_factory=dict)
    is_complete: bool = True

    def has_log(self, number: int) -> bool:
        """Whether the log of a number is in use."""
        if self.log_number is None:
            return True
        return number >= self.log_number or (
            number == self.previous_log_number and number > 0
        )


@dataclass(slots=True)
class TextLine:
    """A line of `LOG` or `LOG.old`.

    Attributes:
        file: name of the file.
        offset: byte offset of the line.
        local_time: "YYYY-MM-DDTHH:MM:SS.mmm", of the machine's time zone.
        thread: number of the thread, hexadecimal.
        text: the rest.
        is_run_start: it is the first line: the browser opened the database.
    """

    file: str
    offset: int
    local_time: str
    thread: str
    text: str
    is_run_start: bool


def read_manifest(file: BinaryIO, issues: list[Issue], name: str = "") -> Manifest:
    """Reads a MANIFEST.

    Args:
        file: the MANIFEST.
        issues: takes what is wrong.
        name: of the file.
    """
    manifest = Manifest(name)
    before = len(issues)
    for payload in read_payloads(file, issues, name):
        if payload.is_damaged:
            continue
        try:
            _apply_edit(manifest, payload.data)
        except FormatError as exception:
            issues.append(
                Issue(
                    name,
                    payload.offset,
                    f"version edit, byte {exception.offset}: {exception.reason}",
                )
            )
    manifest.is_complete = len(issues) == before
    return manifest


def _apply_edit(manifest: Manifest, data: bytes) -> None:
    position = 0
    while position < len(data):
        start = position
        tag, position = read_varint(data, position)
        if tag == _COMPARATOR:
            text, position = read_sized(data, position)
            manifest.comparator = text.decode("utf-8", "backslashreplace")
        elif tag == _LOG_NUMBER:
            manifest.log_number, position = read_varint(data, position)
        elif tag == _PREVIOUS_LOG:
            manifest.previous_log_number, position = read_varint(data, position)
        elif tag == _NEXT_FILE:
            manifest.next_file_number, position = read_varint(data, position)
        elif tag == _LAST_SEQUENCE:
            manifest.last_sequence, position = read_varint(data, position)
        elif tag == _COMPACT_POINTER:
            _, position = read_varint(data, position)
            _, position = read_sized(data, position)
        elif tag == _DELETED_FILE:
            level, position = read_varint(data, position)
            number, position = read_varint(data, position)
            # A table that moves to another level is deleted from the former one.
            if manifest.tables.get(number) == level:
                del manifest.tables[number]
        elif tag == _NEW_FILE:
            level, position = read_varint(data, position)
            number, position = read_varint(data, position)
            _, position = read_varint(data, position)
            _, position = read_sized(data, position)
            _, position = read_sized(data, position)
            manifest.tables[number] = level
        else:
            raise FormatError(start, f"unknown tag {tag}")


def read_current(file: BinaryIO) -> str | None:
    """Name of the MANIFEST that is in use, None if `CURRENT` tells none."""
    name = read_at(file, 0, 256).decode("ascii", "replace")
    return name.strip() if re.fullmatch(r"MANIFEST-\d+\n?", name) else None


def read_text_lines(
    file: BinaryIO, issues: list[Issue], name: str
) -> Iterator[TextLine]:
    """Reads the lines of `LOG` or `LOG.old`.

    Args:
        file: the text.
        issues: takes what is wrong.
        name: of the file.
    """
    findings = Findings(issues, name)
    size = file_size(file)
    if size > _MAXIMUM_TEXT:
        findings.add(_MAXIMUM_TEXT, f"the rest of {size} bytes is not read")
    offset = 0
    for number, line in enumerate(read_at(file, 0, _MAXIMUM_TEXT).split(b"\n")):
        match = _LINE.fullmatch(line.decode("utf-8", "backslashreplace").rstrip("\r"))
        if match is not None:
            year, month, day, clock, thread, text = match.groups()
            yield TextLine(
                name, offset, f"{year}-{month}-{day}T{clock}", thread, text, not number
            )
        elif line:
            findings.add(offset, "line without a time")
        offset += len(line) + 1
    findings.close()
