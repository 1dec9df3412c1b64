"""Runs the parsers of remote control through plaso's worker."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

from plaso.parsers import manager

from tests.parsers import support

SESSION = "remote_access:session"
EVENT = "remote_access:event"
PARSERS = ",".join(
    name
    for name in sorted(manager.ParsersManager._parser_classes)
    if name.startswith("remote_access_")
)
_engines: dict[str, support.Engine] = {}


def engine(parsers: str = PARSERS) -> support.Engine:
    """A worker; one serves all tests."""
    if parsers not in _engines:
        _engines[parsers] = support.Engine(parsers, hashers="none")
    return _engines[parsers]


def parse(path: Path, parsers: str = PARSERS) -> support.Extraction:
    """Processes a file."""
    return engine(parsers).run([support.os_path_spec(path)])


def parse_lines(
    folder: Path,
    name: str,
    lines: list[str] | tuple[str, ...],
    encoding: str = "utf-8",
    end: str = "\r\n",
) -> support.Extraction:
    """Writes lines into a file and processes it."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes("".join(f"{line}{end}" for line in lines).encode(encoding))
    return parse(path)


def sessions(found: support.Extraction) -> list[Any]:
    """Sessions of a run."""
    return found.of_type(SESSION)


def events(found: support.Extraction, kind: str | None = None) -> list[Any]:
    """Other events of a run, all or those of a kind."""
    return [
        item for item in found.of_type(EVENT) if kind is None or item.event_kind == kind
    ]


def utc(date_time: Any) -> str | None:
    """Time of an event in UTC, "local" in front if its zone is not known."""
    if date_time is None:
        return None
    microseconds = date_time.GetPlasoTimestamp()
    epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    moment = epoch + datetime.timedelta(microseconds=microseconds)
    text = moment.strftime("%Y-%m-%d %H:%M:%S.%f").rstrip("0").rstrip(".")
    return f"local {text}" if date_time.is_local_time else text
