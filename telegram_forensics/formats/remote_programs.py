"""Programs of remote control by their names and places.

A remote control program outside the folder of its installer may be a portable copy of
the owner, the tool of a support service, or one that somebody hides: TeamSpy is an
unchanged TeamViewer with a foreign library beside it, which Windows loads first. Only
the place and the libraries are told here. The folders of the installers are those that
the manufacturers document for Windows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_NAMES: Final = (
    ("TeamViewer", re.compile(r"(?:teamviewer\w*|tv_w32|tv_x64)\.exe", re.IGNORECASE)),
    ("AnyDesk", re.compile(r"anydesk[\w.() -]{0,40}\.exe", re.IGNORECASE)),
    ("RustDesk", re.compile(r"rustdesk[\w.() -]{0,40}\.exe", re.IGNORECASE)),
)
# Android packages and bundles of iOS and macOS, by their beginning: makers have several
# (TeamViewer's QuickSupport and Host, AnyDesk's control plugins for each make).
_PACKAGES: Final = (
    ("com.anydesk.", "AnyDesk"),
    ("com.philandro.anydesk", "AnyDesk"),
    ("com.carriez.", "RustDesk"),
    ("com.teamviewer.", "TeamViewer"),
    ("com.google.chromeremotedesktop", "Chrome Remote Desktop"),
    ("com.microsoft.rdc.", "Microsoft Remote Desktop"),
    ("com.realvnc.", "RealVNC"),
    ("com.remotepc.", "RemotePC"),
    ("com.rsupport.", "Rsupport"),
    ("com.sand.airdroid", "AirDroid"),
    ("com.sand.airmirror", "AirDroid"),
    ("com.splashtop.", "Splashtop"),
    ("com.supremosoftware.", "Supremo"),
)
_INSTALLED: Final = re.compile(
    r"(?:^|.*/)(?:program files(?: \(x86\))?/(?:teamviewer|anydesk|rustdesk)"
    r"|users/[^/]+/appdata/local/rustdesk)(?:[^/]*)/.*",
    re.IGNORECASE,
)
# Programs that write no log, or none that is read here, by the beginning of the name of
# their files; the first that fits counts.
_WITHOUT_LOG: Final = (
    ("quickassist", "Quick Assist"),
    ("screenconnect.", "ScreenConnect"),
    ("connectwisecontrol.", "ScreenConnect"),
    ("srserver", "Splashtop"),
    ("srmanager", "Splashtop"),
    ("srfeature", "Splashtop"),
    ("splashtop", "Splashtop"),
    ("strwinclt", "Splashtop"),
    ("supremo", "Supremo"),
    ("ultraviewer", "UltraViewer"),
    ("dwagent", "DWAgent"),
    ("dwagsvc", "DWAgent"),
    ("dwaglnc", "DWAgent"),
    ("meshagent", "MeshAgent"),
    ("radmin", "Radmin"),
    ("rserver3", "Radmin"),
    ("r_server", "Radmin"),
    ("rutserv", "Remote Utilities"),
    ("rutview", "Remote Utilities"),
    ("rfusclient", "Remote Utilities"),
    ("aeroadmin", "AeroAdmin"),
    ("getscreen", "Getscreen"),
    ("parsecd", "Parsec"),
    ("logmein", "LogMeIn"),
    ("lmi_rescue", "LogMeIn"),
    ("lmiguardiansvc", "LogMeIn"),
    ("za_connect", "Zoho Assist"),
    ("zohours", "Zoho Assist"),
    ("zohoassist", "Zoho Assist"),
    ("ateraagent", "Atera"),
)
# Words of which one is in every such name, for a quick look.
WITHOUT_LOG_WORDS: Final = tuple(beginning.encode() for beginning, _ in _WITHOUT_LOG)
PACKAGE_WORDS: Final = tuple(beginning.encode() for beginning, _ in _PACKAGES)
_STORE_NAME: Final = re.compile(r"microsoftcorporationii\.(quickassist)_[\w.!]+")
_MAXIMUM_PATH: Final = 1000
_MAXIMUM_LIBRARIES: Final = 100


def tool_of(name: str) -> str | None:
    """The program that a file name stands for, None for others."""
    for tool, pattern in _NAMES:
        if pattern.fullmatch(name):
            return tool
    return None


def tool_without_log(path: str) -> str | None:
    """The program without a log that a path or name of a program is of.

    Args:
        path: path or name of a program file, as a trace of its execution has it, or
            the name that Windows gives to a program of its Store.
    """
    name = re.split(r"[\\/]", path[-_MAXIMUM_PATH:].lower())[-1]
    match = _STORE_NAME.fullmatch(name)
    if match is not None:
        name = f"{match[1]}.exe"
    # Prefetch cuts names off at 29 characters.
    if not name.endswith((".exe", ".com")) and len(name) != 29:
        return None
    for beginning, tool in _WITHOUT_LOG:
        if name.startswith(beginning):
            return tool
    return None


def is_installed(path: str) -> bool:
    """True for a path in the folder of an installer; parts are separated by "/"."""
    return _INSTALLED.fullmatch(path) is not None


def describe_libraries(names: Iterable[str]) -> str:
    """Libraries among the files of a folder, in words."""
    found = sorted(name for name in names if name.lower().endswith(".dll"))
    if not found:
        return "no libraries beside it"
    words = ", ".join(found[:_MAXIMUM_LIBRARIES])
    if len(found) > _MAXIMUM_LIBRARIES:
        words += f" and {len(found) - _MAXIMUM_LIBRARIES} more"
    return f"libraries beside it: {words}"


def tool_of_package(package: str) -> str | None:
    """The program that a package or bundle is of, None for others."""
    lowered = package.lower()
    for beginning, tool in _PACKAGES:
        # A beginning without a dot at its end is a whole name, or has a dot behind it.
        if lowered.startswith(beginning) and (
            beginning.endswith(".") or lowered[len(beginning) :][:1] in ("", ".")
        ):
            return tool
    return None
