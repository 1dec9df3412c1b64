"""Reads the event data that a report needs straight from .plaso files.

A case has millions of events and the report needs a small part of them. plaso's own
reader makes an object of each; here the rows are read with SQLite and looked at before
they are decoded. The layout is checked (`format_version`, `serialization_format`): with
one that was not tested the file is refused, never half read.

References:
    plaso/storage/sqlite/sqlite_file.py, acstore/sqlite_store.py (plaso 20260720)
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import zlib
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from dfdatetime import serializer as dfdatetime_serializer

from telegram_forensics.attribution.records import RunRecord, WarningRecord
from telegram_forensics.report import runs

KNOWN_FORMATS: Final = range(20230312, 20270000)
_CHUNK: Final = 1 << 20
# A record of ours is far smaller: texts of messages are bounded by the server.
_DATA_TYPE: Final = b'"data_type": "'
_MAXIMUM_RECORD: Final = 64 << 20
_SNAPSHOT_TYPES: Final = frozenset({"VSHADOW"})
_DECRYPTED: Final = "SQLCIPHER"
_PROGRESS_ROWS: Final = 20_000


class StorageError(OSError):
    """The file is no .plaso file that can be read; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Location:
    """Where an event data stream lies.

    Attributes:
        image: name of the image, or of the source for files of a folder.
        path: location of the file in it, of nested files with their parents.
        snapshot: shadow copy, such as `vss1`, or None.
    """

    image: str
    path: str
    snapshot: str | None


@dataclass(slots=True)
class Row:
    """Event data.

    Attributes:
        number: row of the storage file.
        values: attributes by name, times as seconds since 1970 UTC (float).
        location: where it comes from.
    """

    number: int
    values: dict[str, Any]
    location: Location


@dataclass(slots=True)
class StorageInfo:
    """What a storage file says of itself.

    Attributes:
        name: file name.
        sha256: of the file.
        sources: paths that were processed.
        command_lines: of the sessions.
        parsers: names of the enabled parsers, of all sessions.
        versions: of plaso.
        systems: operating system, host name and so on, by image.
        number_of_warnings: extraction warnings.
        warnings: extraction warnings by parser.
        damaged_rows: records that cannot be decoded, as far as rows were read.
    """

    name: str
    sha256: str
    sources: list[str] = field(default_factory=list)
    command_lines: list[str] = field(default_factory=list)
    parsers: set[str] = field(default_factory=set)
    versions: list[str] = field(default_factory=list)
    systems: dict[str, dict[str, str]] = field(default_factory=dict)
    number_of_warnings: int = 0
    damaged_rows: list[int] = field(default_factory=list)
    warnings: dict[str, int] = field(default_factory=dict)


class PlasoStorage:
    """A .plaso file, opened for reading only.

    Attributes:
        path: of the file.
        info: what it says of itself.
    """

    def __init__(self, path: str | Path) -> None:
        """Opens a file.

        Raises:
            StorageError: if it is none, or one of an unknown layout.
        """
        self.path = Path(path)
        self._locations: dict[str, Location] = {}
        try:
            digest = _hash(self.path)
        except OSError as exception:
            raise StorageError(f"{path}: {exception.strerror or exception}") from None
        # Immutable: no lock or journal file may appear beside evidence.
        self._connection = sqlite3.connect(
            f"{self.path.resolve().as_uri()}?mode=ro&immutable=1", uri=True
        )
        try:
            metadata = dict(
                self._connection.execute("SELECT key, value FROM metadata").fetchall()
            )
        except sqlite3.DatabaseError as exception:
            raise StorageError(
                f"{path}: not a .plaso file ({exception}); give the storage file that "
                "log2timeline wrote"
            ) from exception
        self._check(metadata)
        self._is_compressed = metadata.get("compression_format") == "zlib"
        self.info = StorageInfo(self.path.name, digest)
        self._read_info()

    def close(self) -> None:
        """Closes the file."""
        self._connection.close()

    def _check(self, metadata: dict[str, str]) -> None:
        version = metadata.get("format_version", "")
        if (
            not version.isdecimal()
            or int(version) not in KNOWN_FORMATS
            or metadata.get("serialization_format") != "json"
        ):
            raise StorageError(
                f"{self.path}: storage format {version or 'not named'} is not known; "
                "process the evidence with a tested version of plaso "
                "(telegram-forensics info)"
            )

    def _rows(self, query: str) -> list[Any]:
        try:
            return self._connection.execute(query).fetchall()
        except sqlite3.DatabaseError:
            return []

    def _read_info(self) -> None:
        info = self.info
        for (path,) in self._rows("SELECT path FROM source_configuration"):
            if path and path not in info.sources:
                info.sources.append(path)
        for line, parsers, version in self._rows(
            "SELECT command_line_arguments, enabled_parser_names, product_version "
            "FROM session"
        ):
            if line:
                info.command_lines.append(line)
            if version and version not in info.versions:
                info.versions.append(version)
            try:
                info.parsers.update(json.loads(parsers or "[]"))
            except (ValueError, TypeError):
                continue
        for (data,) in self._rows("SELECT _data FROM system_configuration"):
            self._read_system(data)
        for parser, number in self._rows(
            "SELECT parser_chain, COUNT(*) FROM extraction_warning "
            "GROUP BY parser_chain"
        ):
            info.number_of_warnings += number
            if parser:
                info.warnings[parser] = number

    def read_runs(self) -> list[RunRecord]:
        """Runs of log2timeline that wrote to the file."""
        return runs.read_runs(self.info.name, self._rows)

    def read_warnings(self) -> list[WarningRecord]:
        """Warnings of extraction and of preprocessing, by parser."""
        return runs.read_warnings(self.info.name, self._rows, self._locate_text)

    def _read_system(self, data: Any) -> None:
        values = self._decode(data)
        if values is None:
            return
        images = {
            self._locate(path_spec).image
            for path_spec in values.get("path_specs") or ()
            if isinstance(path_spec, dict)
        } or {self._source_name()}
        known = {
            "operating_system": values.get("operating_system"),
            "operating_system_product": values.get("operating_system_product"),
            "operating_system_version": values.get("operating_system_version"),
            "hostname": (values.get("hostname") or {}).get("name")
            if isinstance(values.get("hostname"), dict)
            else values.get("hostname"),
            "time_zone": values.get("time_zone"),
        }
        for image in images:
            self.info.systems[image] = {
                name: str(value) for name, value in known.items() if value
            }

    def _source_name(self) -> str:
        source = self.info.sources[0] if self.info.sources else self.path.name
        return Path(source.rstrip("/\\")).name or source

    def _decode(self, data: Any) -> dict[str, Any] | None:
        text = self._inflate(data)
        return None if text is None else _load(text)

    def _inflate(self, data: Any) -> bytes | None:
        if isinstance(data, str):
            return data.encode("utf-8")
        if not isinstance(data, bytes):
            return None
        if not self._is_compressed:
            return data
        try:
            inflater = zlib.decompressobj()
            text = inflater.decompress(data, _MAXIMUM_RECORD)
        except zlib.error:
            return None
        return None if inflater.unconsumed_tail else text

    def rows(
        self,
        selects: Callable[[str, bytes], bool],
        progress: Callable[[int, int], None] | None = None,
    ) -> Iterator[Row]:
        """Event data that is selected, in the order of the file.

        Args:
            selects: tells by its data type and its JSON text whether a record is
                wanted: what spares decoding the others.
            progress: called with the number of rows read and of all rows.
        """
        counted = self._rows("SELECT COUNT(*) FROM event_data")
        total = counted[0][0] if counted else 0
        try:
            cursor = self._connection.execute(
                "SELECT _identifier, _data FROM event_data ORDER BY _identifier"
            )
            for count, (number, data) in enumerate(cursor, 1):
                if progress and count % _PROGRESS_ROWS == 0:
                    progress(count, total)
                text = self._inflate(data)
                text = text or b""
                name = _find_data_type(text)
                if name is not None and not selects(name, text):
                    continue
                values = _load(text)
                if values is None:
                    self.info.damaged_rows.append(number)
                elif name is not None:
                    yield self._make_row(number, values)
        except sqlite3.DatabaseError as exception:
            raise StorageError(
                f"{self.path}: damaged, of {total} records not all can be read: "
                f"{exception}"
            ) from exception
        if progress:
            progress(total, total)

    def _make_row(self, number: int, values: dict[str, Any]) -> Row:
        for name, value in values.items():
            if _is_time(value):
                values[name] = _seconds(value)
            elif isinstance(value, list) and value and _is_time(value[0]):
                values[name] = [_seconds(item) for item in value if _is_time(item)]
        stream = str(values.get("_event_data_stream_identifier") or "")
        return Row(number, values, self.locate(stream))

    def local_times(self, numbers: Collection[int]) -> dict[tuple[int, str], float]:
        """Times of events whose date and time is local: plaso has converted them.

        Args:
            numbers: rows of event data.

        Returns:
            Seconds since 1970 UTC by row and description of the time.
        """
        found: dict[tuple[int, str], float] = {}
        if not numbers:
            return found
        wanted = set(numbers)
        for identifier, timestamp, description in self._connection.execute(
            "SELECT _event_data_identifier, timestamp, timestamp_desc FROM event"
        ):
            number = int(identifier.rpartition(".")[2])
            if number in wanted and timestamp:
                found[number, description] = timestamp / 1_000_000
        return found

    def locate(self, stream: str) -> Location:
        """Where an event data stream lies, by its identifier."""
        location = self._locations.get(stream)
        if location is None:
            location = Location(self._source_name(), "", None)
            number = stream.rpartition(".")[2]
            if number.isdecimal():
                rows = self._connection.execute(
                    "SELECT path_spec FROM event_data_stream WHERE _identifier = ?",
                    (int(number),),
                ).fetchall()
                location = self._locate_text(rows[0][0] if rows else None)
            self._locations[stream] = location
        return location

    def _locate_text(self, text: str | None) -> Location:
        """Where a path specification, as it is stored, lies."""
        try:
            path_spec = json.loads(text) if text else None
        except (ValueError, TypeError, RecursionError):
            path_spec = None
        if isinstance(path_spec, dict):
            return self._locate(path_spec)
        return Location(self._source_name(), "", None)

    def _locate(self, path_spec: dict[str, Any]) -> Location:
        chain = []
        part: Any = path_spec
        while isinstance(part, dict):
            # A decrypted database is named by the encrypted one.
            if part.get("type_indicator") != _DECRYPTED:
                chain.append(part)
            part = part.get("parent")
        if not chain:
            return Location(self._source_name(), "", None)
        last = str(chain[-1].get("location") or "")
        snapshot = next(
            (
                str(item.get("location") or "").strip("/")
                for item in chain
                if item.get("type_indicator") in _SNAPSHOT_TYPES
            ),
            None,
        )
        if len(chain) == 1:
            return Location(self._source_name(), last, None)
        return Location(
            Path(last).name or last, str(chain[0].get("location") or ""), snapshot
        )


def locate_path_spec(path_spec: Any) -> Location:
    """Where a dfVFS path specification lies."""
    chain = []
    part = path_spec
    while part is not None:
        if part.type_indicator != _DECRYPTED:
            chain.append(part)
        part = part.parent if part.HasParent() else None
    last = str(getattr(chain[-1], "location", None) or "")
    snapshot = next(
        (
            str(getattr(item, "location", None) or "").strip("/")
            for item in chain
            if item.type_indicator in _SNAPSHOT_TYPES
        ),
        None,
    )
    path = str(getattr(chain[0], "location", None) or "")
    return Location(Path(last).name if len(chain) > 1 else "folder", path, snapshot)


def _find_data_type(text: bytes) -> str | None:
    """Data type of a record; in texts of evidence the quotes are escaped."""
    start = text.find(_DATA_TYPE)
    end = text.find(b'"', start + len(_DATA_TYPE))
    if start < 0 or end < 0:
        return None
    return text[start + len(_DATA_TYPE) : end].decode("ascii", "replace")


def _load(text: bytes) -> dict[str, Any] | None:
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return values if isinstance(values, dict) else None


def _hash(path: Path) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _is_time(value: Any) -> bool:
    return isinstance(value, dict) and value.get("__type__") == "DateTimeValues"


def _seconds(value: dict[str, Any]) -> float | None:
    """Seconds since 1970 UTC of a date and time; None for "not set" and local times."""
    if value.get("is_local_time"):
        return None
    try:
        date_time = dfdatetime_serializer.Serializer.ConvertDictToDateTimeValues(value)
        timestamp = date_time.GetPlasoTimestamp()
    except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError):
        return None
    return None if timestamp is None else timestamp / 1_000_000
