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
_INSTALLED: Final = re.compile(
    r"(?:^|.*/)(?:program files(?: \(x86\))?/(?:teamviewer|anydesk|rustdesk)"
    r"|users/[^/]+/appdata/local/rustdesk)(?:[^/]*)/.*",
    re.IGNORECASE,
)
_MAXIMUM_LIBRARIES: Final = 100


def tool_of(name: str) -> str | None:
    """The program that a file name stands for, None for others."""
    for tool, pattern in _NAMES:
        if pattern.fullmatch(name):
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
