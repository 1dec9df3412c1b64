"""Writes decrypted files of Telegram Desktop storages out of any source dfVFS opens.

What is written are the files of the TDATA file system: cached pictures, drafts, maps
and so on, the same bytes that log2timeline hashes. The evidence is only read. The login
itself (`mtp_authorization`) is never written. `manifest.csv` says for each file what it
is, where it comes from, and its SHA-256.
"""

from __future__ import annotations

import csv
import hashlib
import os
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from dfvfs.helpers import volume_scanner
from dfvfs.lib import errors as dfvfs_errors
from dfvfs.resolver import context as resolver_context
from dfvfs.resolver import resolver

from telegram_forensics.formats import tdesktop_names as names
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.file_types import file_type
from telegram_forensics.parsers import (
    telegram_desktop_neighbours,
    telegram_desktop_reader,
)
from telegram_forensics.vfs.tdata_joined_media import FOLDER_NAME

COLUMNS: Final = (
    "file",
    "account",
    "account_slot",
    "meaning",
    "type",
    "size",
    "sha256",
    "modified_utc",
    "created_utc",
    "accessed_utc",
    "tdata_location",
    "source",
    "note",
)
_KINDS: Final = (names.FileKind.KEY, names.FileKind.MAP)
_UNSAFE: Final = re.compile(r'[\x00-\x1f\x7f<>:"\\|?*]')
_HEAD_SIZE: Final = 64
_PIECE: Final = 1 << 20


class ExtractError(Exception):
    """Nothing can be written; the text says what to do."""


@dataclass(slots=True)
class Outcome:
    """Result of an extraction.

    Attributes:
        storages: number of storages that held files.
        written: number of files that were written.
        warnings: what could not be read.
    """

    storages: int = 0
    written: int = 0
    warnings: list[str] = field(default_factory=list)


class _Mediator:
    """Takes what a reader hands to plaso: the path specifications of the files."""

    def __init__(self, context: Any) -> None:
        self.last_activity_timestamp = 0.0
        self.resolver_context = context
        self.path_specs: list[Any] = []
        self.warnings: list[str] = []

    def ProduceEventData(self, event_data: Any, **options: Any) -> None:
        """Events are log2timeline's business."""

    def ProduceEventSource(self, event_source: Any) -> None:
        """Keeps the path specification of a decrypted file."""
        self.path_specs.append(event_source.path_spec)

    def ProduceWarning(self, message: str) -> None:
        """Keeps a warning."""
        self.warnings.append(message)


def extract(
    source: str,
    output: Path,
    credentials: list[tuple[str, str]],
    snapshots: bool,
    progress: Callable[[str], None],
) -> Outcome:
    """Writes the decrypted files of a source into a new folder.

    Args:
        source: path of an image, a device, a file or a folder.
        output: folder, which must not exist or must be empty.
        credentials: type and value of each, for encrypted volumes.
        snapshots: whether shadow copies are searched, too.
        progress: is told what is going on.

    Raises:
        ExtractError: if the source cannot be opened, or the folder cannot be used.
    """
    _check_output(source, output)
    base_path_specs = _scan(source, credentials, snapshots)
    output.mkdir(parents=True, exist_ok=True)
    outcome = Outcome()
    with (output / "manifest.csv").open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="")
        writer.writeheader()
        for base_path_spec in base_path_specs:
            context = resolver_context.Context()
            for file_entry, slot_name in _storages(
                base_path_spec, context, outcome, progress
            ):
                rows = _extract_storage(file_entry, slot_name, context, output, outcome)
                for row in rows:
                    writer.writerow(row)
                    progress(f"{outcome.written} files written")
    return outcome


def _check_output(source: str, output: Path) -> None:
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise ExtractError(f"{output} is there already: name a new or empty folder")
    if os.path.isdir(source):
        inside = output.resolve().is_relative_to(Path(source).resolve())
        if inside:
            raise ExtractError(
                f"{output} lies in the source, which must not be written to: name a "
                f"folder elsewhere"
            )


def _scan(
    source: str, credentials: list[tuple[str, str]], snapshots: bool
) -> list[Any]:
    options = volume_scanner.VolumeScannerOptions()
    options.credentials = credentials
    options.partitions = ["all"]
    options.volumes = ["all"]
    options.snapshots = ["all"] if snapshots else ["none"]
    if not snapshots:
        options.scan_mode = options.SCAN_MODE_VOLUMES_ONLY
    try:
        found = volume_scanner.VolumeScanner().GetBasePathSpecs(source, options=options)
    except (dfvfs_errors.Error, OSError) as exception:
        raise ExtractError(f"unable to open {source}: {exception}") from exception
    if not found:
        raise ExtractError(
            f"no file system found in {source}; an encrypted volume needs --credential"
        )
    return list(found)


def _storages(
    base_path_spec: Any,
    context: Any,
    outcome: Outcome,
    progress: Callable[[str], None],
) -> Iterator[tuple[Any, Any]]:
    """Key files and legacy maps of a file system, with what their names stand for."""
    folders = 0
    try:
        stack = [
            resolver.Resolver.OpenFileEntry(base_path_spec, resolver_context=context)
        ]
    except (dfvfs_errors.Error, OSError) as exception:
        outcome.warnings.append(f"{_describe(base_path_spec)}: {exception}")
        return
    while stack:
        folder = stack.pop()
        if folder is None:
            continue
        folders += 1
        if folders % 1000 == 0:
            progress(f"{folders} folders searched")
        if folder.IsFile():
            entries = [folder]
        else:
            try:
                entries = list(folder.sub_file_entries)
            except (dfvfs_errors.Error, OSError) as exception:
                outcome.warnings.append(f"{_describe(folder.path_spec)}: {exception}")
                continue
        for entry in entries:
            if entry.IsDirectory() and not entry.IsLink() and entry.IsAllocated():
                stack.append(entry)
            slot_name = names.parse_name(entry.name) if entry.IsFile() else None
            if slot_name is not None and slot_name.kind in _KINDS:
                yield entry, slot_name


def _extract_storage(
    file_entry: Any, slot_name: Any, context: Any, output: Path, outcome: Outcome
) -> Iterator[dict[str, Any]]:
    mediator = _Mediator(context)
    where = _describe(file_entry.path_spec)
    try:
        if not telegram_desktop_neighbours.HasTdataNeighbours(
            mediator, file_entry, slot_name
        ):
            return
        reader = telegram_desktop_reader.TdataReader(mediator, file_entry, slot_name)
        reader.Read()
    except (FormatError, OSError, dfvfs_errors.Error) as exception:
        outcome.warnings.append(f"{where}: {exception}")
    outcome.warnings += [f"{where}: {warning}" for warning in mediator.warnings]
    if not mediator.path_specs:
        return
    outcome.storages += 1
    identifiers = {
        account.label: account.authorization.user_id
        for account in reader.storage.accounts
        if account.authorization is not None
    }
    folder = output / f"tdata-{outcome.storages}"
    for path_spec in mediator.path_specs:
        parts = path_spec.location.strip("/").split("/")
        row: dict[str, Any] = {"tdata_location": path_spec.location, "source": where}
        if parts[0] == "accounts" and len(parts) > 2:
            row["account_slot"] = parts[1]
            row["account"] = identifiers.get(parts[1]) or ""
        row["meaning"] = _meaning(parts)
        if parts[-1].startswith("mtp_authorization"):
            row["note"] = "a live login: listed, never written"
            yield row
            continue
        path = folder.joinpath(*(_safe(part) for part in parts))
        row.update(_write(path_spec, context, path, output, outcome))
        yield row


def _write(
    path_spec: Any, context: Any, path: Path, output: Path, outcome: Outcome
) -> dict[str, Any]:
    """Writes one file; what stands about it in the manifest."""
    row: dict[str, Any] = {}
    try:
        entry = resolver.Resolver.OpenFileEntry(path_spec, resolver_context=context)
        if entry is None:
            raise OSError("it is not there any more")
        row["note"] = entry.note
        for name in ("modification", "creation", "access"):
            value = getattr(entry, f"{name}_time")
            key = {"modification": "modified", "creation": "created"}.get(name)
            row[f"{key or 'accessed'}_utc"] = _iso(value)
        file_object = entry.GetFileObject()
        if file_object is None:
            raise OSError("it has no content")
        digest = hashlib.sha256()
        head = b""
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as target:
            while piece := file_object.read(_PIECE):
                head = head or piece[:_HEAD_SIZE]
                digest.update(piece)
                target.write(piece)
    except (FormatError, OSError, dfvfs_errors.Error) as exception:
        outcome.warnings.append(f"{_describe(path_spec)}: {exception}")
        return {**row, "note": f"not written: {exception}"}
    outcome.written += 1
    row["file"] = path.relative_to(output).as_posix()
    row["sha256"] = digest.hexdigest()
    row["size"] = path.stat().st_size
    row["type"] = file_type(head)[1]
    modified = entry.modification_time
    if modified is not None:
        seconds = (modified.GetPlasoTimestamp() or 0) / 1_000_000
        os.utime(path, (time.time(), seconds))
    return row


def _meaning(parts: list[str]) -> str:
    """What a file of the storage is, in words."""
    if FOLDER_NAME in parts[:-1] and "media_cache" in parts[:3]:
        label = parts[-1].partition(".")[0]
        return f"{label.replace('_', ' ')}, joined from its slices"
    if "cache" in parts[:3] or "media_cache" in parts[:3]:
        stem = parts[-1].partition(".")[0]
        _, _, label = stem.partition("_")
        return label.replace("-", " ").replace("_", " ") or "cache index"
    if len(parts) > 2:
        return parts[2].replace("_", " ")
    return parts[-1]


def _safe(part: str) -> str:
    """A part of a location as a file name on any system."""
    name = _UNSAFE.sub("_", part)
    return "_" if name.strip(". ") == "" else name


def _iso(date_time: Any) -> str:
    """UTC of a dfDateTime value, "" if there is none."""
    if date_time is None:
        return ""
    text = date_time.CopyToDateTimeStringISO8601()
    return str(text or "")


def _describe(path_spec: Any) -> str:
    """Where something lies, from the outermost file inwards."""
    parts: list[str] = []
    while path_spec is not None:
        location = getattr(path_spec, "location", None)
        store = getattr(path_spec, "store_index", None)
        if location is None and store is not None:
            location = f"shadow copy {store + 1}"
        if location is not None:
            parts.append(f"{path_spec.type_indicator}:{location}")
        path_spec = path_spec.parent
    return " > ".join(reversed(parts))
