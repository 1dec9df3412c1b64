"""Places of remote control programs in the Windows Registry, and what values mean.

Specification: formats/remote_access.md sections 1.1, 5, 6 and 7. Names and values are
given as they are stored; a meaning only where a source confirms it: Microsoft's
documentation of the switches of Remote Desktop and Remote Assistance, the source of
Chrome Remote Desktop (paired clients, policies) and of VNC (passwords, recent servers).
Whatever else stands below these keys has no meaning here (UNCONFIRMED). Binary values
of more than four bytes are given with their size only: some are password hashes that
nothing in their name tells (Radmin, Remote Utilities, Ammyy Admin).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Final

from telegram_forensics.formats import remote_configuration as configuration

AMMYY: Final = "Ammyy Admin"
RADMIN: Final = "Radmin"
RDP: Final = "RDP"
REALVNC: Final = "RealVNC"
REMOTE_ASSISTANCE: Final = "Remote Assistance"
REMOTE_MANIPULATOR: Final = "Remote Manipulator System"
REMOTE_UTILITIES: Final = "Remote Utilities"
TIGERVNC: Final = "TigerVNC"
TIGHTVNC: Final = "TightVNC"
# VNC 3, TightVNC 1 and UltraVNC keep their settings in the same key.
WINVNC: Final = "VNC (WinVNC3)"

_MACHINE: Final = "HKEY_LOCAL_MACHINE\\Software\\"
_USER: Final = "HKEY_CURRENT_USER\\Software\\"
_CONTROL: Final = "HKEY_LOCAL_MACHINE\\System\\CurrentControlSet\\Control\\"
_POLICIES: Final = "Policies\\Microsoft\\Windows NT\\Terminal Services"
_CHROME_POLICIES: Final = "Policies\\Google\\Chrome"

_SMALL_BINARY: Final = 4
_MAXIMUM_JSON: Final = 16384
_LATEST: Final = 4102444800000  # 2100


@dataclass(frozen=True, slots=True)
class RegistryPlace:
    """A key that settings stand in.

    Attributes:
        path: path of the key.
        tool: name of the program.
        is_shared: True for a key that is not of this program alone.
        depth: levels of keys below it that are read.
        names: regular expression of the names of values and of keys directly below
            that are read, None for all.
    """

    path: str
    tool: str
    is_shared: bool = False
    depth: int = 5
    names: re.Pattern[str] | None = None

    def wants(self, name: str) -> bool:
        """Whether a value of the key itself, or a key directly below, is read."""
        return self.names is None or self.names.fullmatch(name) is not None


@dataclass(frozen=True, slots=True)
class Setting:
    """What a value says.

    Attributes:
        value: as it may be given out.
        meaning: where it is confirmed, see docs/event_data.md.
        remote_identifier: identifier of a partner.
        remote_name: name of a partner.
        recorded: milliseconds since 1970 UTC at which the setting was made.
    """

    value: str | None
    meaning: str | None = None
    remote_identifier: str | None = None
    remote_name: str | None = None
    recorded: int | None = None


def _names(*names: str) -> re.Pattern[str]:
    return re.compile("|".join(names), re.IGNORECASE)


PLACES: Final = (
    *(
        RegistryPlace(f"{hive}{key}", tool)
        for key, tool in (
            ("Ammyy", AMMYY),
            ("Google\\Chrome Remote Desktop", configuration.CHROME),
            ("ORL", WINVNC),
            ("Radmin", RADMIN),
            ("RealVNC", REALVNC),
            ("TektonIT", REMOTE_MANIPULATOR),
            ("TigerVNC", TIGERVNC),
            ("TightVNC", TIGHTVNC),
            ("UltraVNC", configuration.ULTRAVNC),
            ("Usoris", REMOTE_UTILITIES),
        )
        for hive in (_MACHINE, _USER)
    ),
    RegistryPlace("HKEY_LOCAL_MACHINE\\System\\RAdmin", RADMIN),
    *(
        RegistryPlace(
            f"{hive}{_CHROME_POLICIES}",
            configuration.CHROME,
            is_shared=True,
            depth=1,
            names=_names("RemoteAccess.*"),
        )
        for hive in (_MACHINE, _USER)
    ),
    RegistryPlace(
        f"{_CONTROL}Terminal Server",
        RDP,
        is_shared=True,
        depth=0,
        names=_names(
            "fDenyTSConnections",
            "fSingleSessionPerUser",
            "TSEnabled",
            "TSUserEnabled",
            "TSAppCompat",
            "DeleteTempDirsOnExit",
            "AllowRemoteRPC",
        ),
    ),
    RegistryPlace(
        f"{_CONTROL}Terminal Server\\WinStations\\RDP-Tcp",
        RDP,
        is_shared=True,
        depth=0,
        names=_names(
            "fEnableWinStation",
            "fInheritShadow",
            "LanAdapter",
            "MinEncryptionLevel",
            "PortNumber",
            "SecurityLayer",
            "Shadow",
            "UserAuthentication",
        ),
    ),
    RegistryPlace(
        f"{_CONTROL}Remote Assistance", REMOTE_ASSISTANCE, is_shared=True, depth=0
    ),
    *(
        RegistryPlace(f"{hive}{_POLICIES}", RDP, is_shared=True, depth=1)
        for hive in (_MACHINE, _USER)
    ),
)
_BY_PATH: Final = {place.path.lower(): place for place in PLACES}
_CONTROL_SET: Final = re.compile(r"\\controlset\d{3}\\")

# Name in lower case -> number -> meaning.
_SWITCHES: Final[dict[str, dict[int, str]]] = {
    "fdenytsconnections": {0: "rdp_allowed", 1: "rdp_refused"},
    "userauthentication": {
        0: "no_network_level_authentication",
        1: "network_level_authentication",
    },
    "fallowtogethelp": {
        0: "remote_assistance_refused",
        1: "remote_assistance_allowed",
    },
    "fallowfullcontrol": {
        0: "remote_assistance_view_only",
        1: "remote_assistance_with_control",
    },
    "shadow": {
        0: "shadow_refused",
        1: "shadow_control_with_consent",
        2: "shadow_control_without_consent",
        3: "shadow_view_with_consent",
        4: "shadow_view_without_consent",
    },
}
_SWITCHES_OF: Final = frozenset({RDP, REMOTE_ASSISTANCE})
_CHROME_SWITCHES: Final[dict[str, dict[int, str]]] = {
    "remoteaccesshostallowclientpairing": {
        0: "pairing_refused",
        1: "pairing_allowed",
    },
    "remoteaccesshostrequirecurtain": {
        0: "screen_visible_during_sessions",
        1: "screen_hidden_during_sessions",
    },
}
_VNC: Final = frozenset({REALVNC, TIGERVNC, TIGHTVNC, WINVNC, configuration.ULTRAVNC})
_VNC_PASSWORD: Final = re.compile(
    r"password2?|passwordviewonly|controlpassword", re.IGNORECASE
)
_RECENT: Final = re.compile(r".*\\mru\\(?!order$|index$)[^\\]+", re.IGNORECASE)


def place_of(path: str) -> RegistryPlace | None:
    """The place that a key is.

    Args:
        path: path of the key, with its control set and Wow6432Node as they are.
    """
    normal = _CONTROL_SET.sub(r"\\currentcontrolset\\", path.lower(), count=1)
    normal = normal.replace("\\software\\wow6432node\\", "\\software\\", 1)
    return _BY_PATH.get(normal)


def read_text(place: RegistryPlace, name: str, text: str) -> Setting:
    """What a text says.

    Args:
        place: the key of the program.
        name: name of the value with the keys below the place in front.
        text: the text.
    """
    value = configuration.public_value(name, text)
    if place.tool == configuration.CHROME and "paired-clients\\clients" in name.lower():
        return _paired_client(name, text, value)
    if place.tool in _VNC:
        if text and _VNC_PASSWORD.fullmatch(name.rpartition("\\")[2]):
            return Setting(value, "password_set")
        if text and _RECENT.fullmatch(f"\\{name}"):
            return Setting(value, "partner", remote_identifier=text)
    return Setting(value)


def read_number(place: RegistryPlace, name: str, number: int) -> Setting:
    """What a number says; the arguments are those of `read_text`."""
    last = name.rpartition("\\")[2].lower()
    meaning = None
    if place.tool in _SWITCHES_OF:
        meaning = _SWITCHES.get(last, {}).get(number)
    elif place.tool == configuration.CHROME:
        meaning = _CHROME_SWITCHES.get(last, {}).get(number)
    return Setting(str(number), meaning)


def read_binary(place: RegistryPlace, name: str, data: bytes) -> Setting:
    """What bytes say: only their number, unless they are few."""
    if configuration.is_secret(name):
        last = name.rpartition("\\")[2]
        is_password = place.tool in _VNC and _VNC_PASSWORD.fullmatch(last)
        return Setting(
            f"set ({len(data)} bytes, not given out)" if data else "",
            "password_set" if data and is_password else None,
        )
    if len(data) <= _SMALL_BINARY:
        return Setting(data.hex())
    return Setting(f"({len(data)} bytes)")


def _paired_client(name: str, text: str, value: str) -> Setting:
    """A client that needs no PIN any more: JSON with identifier, name and time."""
    found = None
    if len(text) <= _MAXIMUM_JSON:
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            found = None
    if not isinstance(found, dict):
        return Setting(value)
    client, client_name = found.get("clientId"), found.get("clientName")
    created = found.get("createdTime")
    if isinstance(created, bool) or not isinstance(created, int | float):
        created = 0
    return Setting(
        value,
        "paired_client",
        client if isinstance(client, str) and client else name.rpartition("\\")[2],
        client_name if isinstance(client_name, str) else None,
        int(created) if 0 < created < _LATEST else None,
    )
