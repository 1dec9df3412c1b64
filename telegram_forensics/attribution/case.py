"""case.yaml: what the examiner knows and the evidence does not say.

Without it the report stays with facts, and marks what depends on such knowledge. Every
key is optional; a key that is not known is an error, since a misspelt one would change
the result in silence.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Final

import yaml

_MAXIMUM_SIZE: Final = 1024 * 1024
_ROLES: Final = frozenset({"owner_phone", "owner_computer", "computer", "phone"})


class CaseError(ValueError):
    """The file does not follow the schema; the text says where and what to do."""


@dataclass(slots=True)
class Device:
    """An image.

    Attributes:
        role: what kind of device it is and whose.
        owner: whose device it is, in words.
        clock_offset: seconds by which its clock was fast; None if not known.
        controlled: it is the computer that may have been under remote control.
    """

    role: str | None = None
    owner: str | None = None
    clock_offset: float | None = None
    controlled: bool = False


@dataclass(frozen=True, slots=True)
class DisputedMessage:
    """A message that is disputed; None stands for any."""

    account: str | None = None
    chat: str | None = None
    message: str | None = None


@dataclass(slots=True)
class Case:
    """What the examiner knows.

    Attributes:
        name: of the case.
        time_zone: in which the report shows times beside UTC.
        devices: by the name of the image, as the report shows it.
        admitted_sessions: session identifiers that the owner admits.
        admitted_remote: identifiers of remote control partners that the owner admits.
        disputed: messages that are disputed.
        disputed_chats: chats all of whose outgoing messages are disputed.
        start, end: disputed period, seconds since 1970 UTC.
    """

    name: str | None = None
    time_zone: str = "UTC"
    devices: dict[str, Device] = field(default_factory=dict)
    admitted_sessions: set[str] = field(default_factory=set)
    admitted_remote: set[str] = field(default_factory=set)
    disputed: list[DisputedMessage] = field(default_factory=list)
    disputed_chats: set[str] = field(default_factory=set)
    start: float | None = None
    end: float | None = None

    @property
    def has_period(self) -> bool:
        """True if a disputed period is given."""
        return self.start is not None or self.end is not None

    def in_period(self, time: float | None) -> bool:
        """True if a time lies in the disputed period (open ends count as endless)."""
        if time is None:
            return False
        return (self.start is None or time >= self.start) and (
            self.end is None or time <= self.end
        )

    def find_problems(self, images: Iterable[str]) -> list[str]:
        """What the case names and the evidence does not have, in words."""
        known = sorted(images)
        return [
            f"the case file names the device {name}, but no image has that name; the "
            f"images are: {', '.join(known)}"
            for name in sorted(self.devices)
            if name not in known
        ]

    def clock_error(self, image: str) -> float:
        """Seconds by which times of a device can be wrong, as far as the case says."""
        device = self.devices.get(image)
        return abs(device.clock_offset or 0.0) if device else 0.0


def read_case(path: str | Path) -> Case:
    """Reads a case file.

    Raises:
        CaseError: if it does not follow the schema.
        OSError: if it cannot be read.
    """
    data = Path(path).read_bytes()
    if len(data) > _MAXIMUM_SIZE:
        raise CaseError(f"{path}: larger than {_MAXIMUM_SIZE} bytes")
    try:
        document = yaml.safe_load(data.decode("utf-8"))
    except (UnicodeDecodeError, yaml.YAMLError) as exception:
        raise CaseError(f"{path}: not a YAML file in UTF-8: {exception}") from exception
    return parse_case({} if document is None else document)


def parse_case(document: Any) -> Case:
    """Reads a decoded case file.

    Raises:
        CaseError: if it does not follow the schema.
    """
    fields = _mapping(
        document,
        "the case",
        {"name", "time_zone", "devices", "admitted", "disputed"},
    )
    case = Case(name=_text(fields.get("name"), "name"))
    zone = _text(fields.get("time_zone"), "time_zone") or "UTC"
    try:
        zoneinfo.ZoneInfo(zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError) as exception:
        raise CaseError(
            f"time_zone: {zone!r} is no time zone; write it like Europe/Kyiv"
        ) from exception
    case.time_zone = zone
    for image, value in _mapping(fields.get("devices"), "devices").items():
        case.devices[str(image)] = _device(value, f"devices: {image}")
    admitted = _mapping(
        fields.get("admitted"), "admitted", {"sessions", "remote_identifiers"}
    )
    case.admitted_sessions = _texts(admitted.get("sessions"), "admitted: sessions")
    case.admitted_remote = _texts(
        admitted.get("remote_identifiers"), "admitted: remote_identifiers"
    )
    disputed = _mapping(
        fields.get("disputed"), "disputed", {"messages", "chats", "start", "end"}
    )
    case.disputed_chats = _texts(disputed.get("chats"), "disputed: chats")
    case.start = _time(disputed.get("start"), "disputed: start")
    case.end = _time(disputed.get("end"), "disputed: end")
    if case.start is not None and case.end is not None and case.end < case.start:
        raise CaseError("disputed: end lies before start")
    for number, value in enumerate(_list(disputed.get("messages"), "messages")):
        item = _mapping(
            value, f"disputed message {number}", {"account", "chat", "message"}
        )
        found = {key: _text(item[key], key) for key in item}
        if not any(found.values()):
            raise CaseError(f"disputed message {number}: names nothing")
        case.disputed.append(DisputedMessage(**found))
    return case


def _device(value: Any, place: str) -> Device:
    fields = _mapping(value, place, {"role", "owner", "clock_offset", "controlled"})
    role = _text(fields.get("role"), f"{place}: role")
    if role is not None and role not in _ROLES:
        raise CaseError(
            f"{place}: role {role!r} is not known; one of {', '.join(sorted(_ROLES))}"
        )
    offset = fields.get("clock_offset")
    if offset is not None and (
        isinstance(offset, bool) or not isinstance(offset, int | float)
    ):
        raise CaseError(f"{place}: clock_offset is a number of seconds")
    controlled = fields.get("controlled", False)
    if not isinstance(controlled, bool):
        raise CaseError(f"{place}: controlled is true or false")
    return Device(
        role,
        _text(fields.get("owner"), f"{place}: owner"),
        None if offset is None else float(offset),
        controlled,
    )


def _mapping(value: Any, place: str, allowed: set[str] | None = None) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise CaseError(f"{place}: names with values are expected")
    unknown = set() if allowed is None else {str(key) for key in value} - allowed
    if unknown and allowed is not None:
        raise CaseError(
            f"{place}: {', '.join(sorted(unknown))} is not known; "
            f"known are {', '.join(sorted(allowed))}"
        )
    return value


def _list(value: Any, place: str) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise CaseError(f"{place}: a list is expected")
    return value


def _texts(value: Any, place: str) -> set[str]:
    texts: Iterable[str | None] = (_text(item, place) for item in _list(value, place))
    return {item for item in texts if item}


def _text(value: Any, place: str) -> str | None:
    if value is None:
        return None
    # Identifiers are often written without quotes.
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise CaseError(f"{place}: a text is expected")
    return value


def _time(value: Any, place: str) -> float | None:
    """A time: YAML reads those without quotes as datetime already."""
    if value is None:
        return None
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.replace("Z", "+00:00"))
        except ValueError as exception:
            raise CaseError(
                f"{place}: {value!r} is no time; write it like 2026-11-20T18:00:00Z"
            ) from exception
    if not isinstance(value, datetime):
        raise CaseError(f"{place}: write day and time, like 2026-11-20T18:00:00Z")
    if value.tzinfo is None:
        raise CaseError(
            f"{place}: without a zone a time has two meanings; add Z or +02:00"
        )
    return value.astimezone(timezone.utc).timestamp()
