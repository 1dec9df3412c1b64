"""Settings of remote control programs in property lists, and what iOS tells of apps.

Specification: formats/remote_access.md names the programs; the names of the files and
keys are those that public scripts for administration read and write. Confirmed are
TeamViewer's `ClientID` (own identifier), Apple's switches of Remote Management (all
local users may connect, VNC with a password, guests may ask), launchd's list of
services (true is off) and `MCMMetadataIdentifier` of iOS (bundle of a container).
Everything else is given as it stands, without a meaning (UNCONFIRMED). Of secrets and
data only the size is given.
"""

from __future__ import annotations

import datetime
import plistlib
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from xml.parsers import expat

from telegram_forensics.formats import remote_configuration as configuration
from telegram_forensics.formats import remote_programs
from telegram_forensics.formats import remote_records as records
from telegram_forensics.formats.errors import FormatError

APPLE: Final = "Apple Remote Desktop"
CONTAINER_NAME: Final = ".com.apple.mobile_container_manager.metadata.plist"
MAXIMUM_SIZE: Final = 16 * 1024 * 1024

_CONTAINER_KEY: Final = "MCMMetadataIdentifier"
_MAXIMUM_DEPTH: Final = 8
# Of settings, and of what is looked at: a small binary list may name one thing often.
_MAXIMUM_SETTINGS: Final = 2000
_MAXIMUM_NODES: Final = 20_000


@dataclass(frozen=True, slots=True)
class PropertyList:
    """What the name of a property list stands for.

    Attributes:
        tool: name of the program, None for lists of several programs.
        names: regular expression of the keys that are read, None for all.
    """

    tool: str | None
    names: re.Pattern[str] | None = None


_SERVICES: Final = PropertyList(None)
_CONTAINER: Final = PropertyList(None)
_LISTS: Final = (
    (r"com\.teamviewer\..*", PropertyList(configuration.TEAMVIEWER)),
    (r"com\.(?:philandro\.)?anydesk.*", PropertyList(configuration.ANYDESK)),
    (r"com\.carriez\..*", PropertyList(configuration.RUSTDESK)),
    (r"com\.realvnc\..*", PropertyList("RealVNC")),
    (r"org\.chromium\.chromoting.*", PropertyList(configuration.CHROME)),
    (
        r"com\.google\.chrome",
        PropertyList(configuration.CHROME, re.compile("RemoteAccess.*", re.IGNORECASE)),
    ),
    (
        r"com\.apple\.(?:remotemanagement|remotedesktop|screensharing|ardagent)",
        PropertyList(APPLE),
    ),
)
_BY_NAME: Final = tuple(
    (re.compile(rf"{pattern}\.plist", re.IGNORECASE), found)
    for pattern, found in _LISTS
)
_DISABLED: Final = re.compile(r".*/com\.apple\.xpc\.launchd/disabled(?:\.\d+)?\.plist")
_APPLE_SERVICES: Final = {
    "com.apple.screensharing": APPLE,
    "com.apple.remotedesktop": APPLE,
    "com.apple.ardagent": APPLE,
    "org.chromium.chromoting": configuration.CHROME,
}
# Key in lower case -> value -> meaning.
_MEANINGS: Final[dict[str, dict[str, dict[bool, str]]]] = {
    APPLE: {
        "ard_alllocalusers": {
            True: "all_local_users_allowed",
            False: "chosen_users_allowed",
        },
        "vnclegacyconnectionsenabled": {
            True: "vnc_password_allowed",
            False: "vnc_password_refused",
        },
        "screensharingreqpermenabled": {
            True: "guests_may_ask",
            False: "guests_may_not_ask",
        },
    }
}


def property_list_of(name: str, location: str) -> PropertyList | None:
    """What a property list is of, None if it is not of interest.

    Args:
        name: name of the file.
        location: its path in lower case, with "/".
    """
    if name.lower() == CONTAINER_NAME:
        return _CONTAINER
    if _DISABLED.fullmatch(location):
        return _SERVICES
    # How a service is started is launchd's, and plaso has a plugin for it.
    if "/launchdaemons/" in location or "/launchagents/" in location:
        return None
    for pattern, found in _BY_NAME:
        if pattern.fullmatch(name):
            return found
    return None


def load(data: bytes) -> dict[str, Any]:
    """Reads a property list, XML or binary.

    Raises:
        FormatError: if it cannot be read, or is no dictionary.
    """
    try:
        found = plistlib.loads(data)
    except expat.ExpatError as exception:
        raise FormatError(0, f"damaged property list: {exception}") from exception
    except (
        ArithmeticError,
        AttributeError,
        LookupError,
        RecursionError,
        TypeError,
        ValueError,
        struct.error,
    ) as exception:
        reason = str(exception) or type(exception).__name__
        raise FormatError(0, f"damaged property list: {reason}") from exception
    if not isinstance(found, dict):
        raise FormatError(0, "property list without a dictionary")
    return found


def read(
    found: PropertyList, content: dict[str, Any], location: str
) -> Iterator[records.Record]:
    """Records of a property list.

    Args:
        found: what its name stands for.
        content: its content.
        location: its path in lower case, with "/".

    Raises:
        FormatError: if there is more in it than any has; what is in front of it has
            been given.
    """
    if found is _CONTAINER:
        yield from _container(content, location)
    elif found is _SERVICES:
        yield from _services(content)
    else:
        yield from _settings(found, content)


def _settings(found: PropertyList, content: dict[str, Any]) -> Iterator[records.Record]:
    for number, (name, value) in enumerate(_leaves(found, content)):
        if number >= _MAXIMUM_SETTINGS:
            raise FormatError(0, "more settings than any such program has")
        yield _setting(found.tool or "", name, value)


def _setting(tool: str, name: str, value: Any) -> records.Record:
    record = records.Record(tool, event_kind="configuration", setting_name=name)
    record.setting_value = _text(name, value)
    if isinstance(value, bool | int):
        meaning = _MEANINGS.get(tool, {}).get(name.lower(), {})
        record.setting_meaning = meaning.get(bool(value)) if value in (0, 1) else None
    if record.setting_meaning is None:
        record.setting_meaning = configuration.setting_meaning(tool, name)
    if record.setting_meaning == "own_identifier" and value:
        record.local_identifier = record.setting_value
    return record


def _text(name: str, value: Any) -> str:
    if isinstance(value, bytes):
        if configuration.is_secret(name) and value:
            return f"set ({len(value)} bytes, not given out)"
        return f"({len(value)} bytes)"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime.datetime):
        return f"{value.isoformat()}Z"
    if isinstance(value, int | float | plistlib.UID):
        return str(value)
    return configuration.public_value(name, str(value))


def _leaves(found: PropertyList, content: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    waiting: list[tuple[str, Any, int]] = [
        (str(name), value, 1)
        for name, value in reversed(content.items())
        if found.names is None or found.names.fullmatch(str(name))
    ]
    nodes = 0
    while waiting:
        name, value, depth = waiting.pop()
        nodes += 1
        if nodes > _MAXIMUM_NODES or depth > _MAXIMUM_DEPTH:
            raise FormatError(0, "more or deeper settings than any such program has")
        if isinstance(value, dict):
            items: list[tuple[Any, Any]] = list(value.items())[:_MAXIMUM_NODES]
        elif isinstance(value, list):
            items = list(enumerate(value[:_MAXIMUM_NODES]))
        else:
            yield name[:1000], value
            continue
        waiting += [
            (f"{name[:1000]}.{key}", item, depth + 1) for key, item in reversed(items)
        ]


def _services(content: dict[str, Any]) -> Iterator[records.Record]:
    """Which services of remote control launchd starts or not."""
    for name, value in content.items():
        label = str(name)
        tool = _APPLE_SERVICES.get(label.lower())
        if tool is None:
            tool = remote_programs.tool_of_package(label)
        if tool is None or not isinstance(value, bool):
            continue
        yield records.Record(
            tool,
            event_kind="configuration",
            setting_name=f"disabled.{label}"[:1000],
            setting_value=_text(label, value),
            setting_meaning="service_disabled" if value else "service_enabled",
        )


def _container(content: dict[str, Any], location: str) -> Iterator[records.Record]:
    """A container of iOS, if it is of a program for remote control."""
    bundle = content.get(_CONTAINER_KEY)
    if not isinstance(bundle, str):
        return
    tool = remote_programs.tool_of_package(bundle.removeprefix("group."))
    if tool is None:
        return
    kind = "container"
    for part, words in (
        ("/containers/bundle/", "folder of the program"),
        ("/containers/data/application/", "folder of its data"),
        ("/containers/data/pluginkitplugin/", "folder of an extension's data"),
        ("/containers/shared/appgroup/", "folder shared by its parts"),
    ):
        if part in location:
            kind = words
    yield records.Record(
        tool,
        event_kind="program_installed",
        details=f"bundle {bundle[:1000]}, {kind}",
    )
