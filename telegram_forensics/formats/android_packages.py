"""Installed packages and accessibility services of Android, out of its system files.

Specification: formats/remote_access.md section 10.3 names the packages; files, elements
and attributes are those of Android's own public source: `/data/system/packages.xml`
(`<package name= codePath= ft= it= ut= version= installer=>`, times in hexadecimal
milliseconds since 1970), `/data/system/users/<n>/package-restrictions.xml` (`<pkg name=
inst= nl= stopped= first-install-time=>`, where the time of the first installation is
since Android 13), `/data/system/users/<n>/settings_secure.xml` (`<setting name=
value=>`). All three are text or binary XML. UNCONFIRMED with files of a real device.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from telegram_forensics.formats import android_xml
from telegram_forensics.formats.errors import FormatError, Issue

PACKAGES: Final = "packages"
RESTRICTIONS: Final = "package-restrictions"
SETTINGS: Final = "settings"

_NAME: Final = re.compile(
    r"(?P<base>packages|package-restrictions|settings_secure)"
    r"(?P<copy>-backup)?\.xml(?P<copy2>\.(?:bak|fallback|reservecopy))?"
)
_ROOTS: Final = {
    "packages": PACKAGES,
    "package-restrictions": RESTRICTIONS,
    "settings_secure": SETTINGS,
}
_ELEMENTS: Final = {PACKAGES: "package", RESTRICTIONS: "pkg", SETTINGS: "setting"}
_ACCESSIBILITY: Final = "enabled_accessibility_services"
_COMPONENT: Final = re.compile(r"(?P<package>[\w.]{1,255})/[\w.$]{1,1024}")
_HEX: Final = re.compile(r"[0-9a-f]{1,16}")
_USER: Final = re.compile(r"[0-9]{1,9}")
_MAXIMUM_RECORDS: Final = 100_000
_MAXIMUM_ISSUES: Final = 50
_MAXIMUM_TEXT: Final = 4096


@dataclass(frozen=True, slots=True)
class SystemFile:
    """What the path of a file says.

    Attributes:
        kind: `packages`, `package-restrictions` or `settings`.
        android_user: number of the Android user, None where the path does not show it.
        is_copy: a copy that Android keeps while it writes the file, or afterwards.
    """

    kind: str
    android_user: int | None
    is_copy: bool


@dataclass(frozen=True, slots=True)
class PackageRecord:
    """A package as one of the files has it.

    Attributes:
        offset: byte offset of the element.
        package: name of the package.
        installed: milliseconds since 1970 of the first installation, None if the file
            does not tell.
        updated: the same for the last update.
        version: number of the version.
        code_path: folder of the program.
        installer: package that installed it.
        is_installed: False where the file says that it is not, for this user.
        flags: attributes that say more, as stored.
    """

    offset: int
    package: str
    installed: int | None = None
    updated: int | None = None
    version: str | None = None
    code_path: str | None = None
    installer: str | None = None
    is_installed: bool = True
    flags: str | None = None


@dataclass(frozen=True, slots=True)
class AccessibilityService:
    """A service that is switched on and may read the screen and make input.

    Attributes:
        offset: byte offset of the setting.
        package: package of the service.
        component: package and class.
    """

    offset: int
    package: str
    component: str


@dataclass(slots=True)
class SystemFileContent:
    """Content of a file.

    Attributes:
        storage_format: `xml` or `abx`.
        packages: all packages.
        services: accessibility services that are switched on.
        issues: what could not be read.
    """

    storage_format: str
    packages: list[PackageRecord] = field(default_factory=list)
    services: list[AccessibilityService] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)


def is_name(name: str) -> bool:
    """True for a name that such a file has."""
    return _NAME.fullmatch(name) is not None


def locate(segments: Sequence[str]) -> SystemFile | None:
    """Tells what a file is by its path, None if it is none of these.

    Args:
        segments: path segments from the root of the file system.
    """
    match = _NAME.fullmatch(segments[-1]) if segments else None
    if match is None:
        return None
    user = None
    if len(segments) > 2 and segments[-3] == "users" and _USER.fullmatch(segments[-2]):
        user = int(segments[-2])
    is_copy = bool(match["copy"] or match["copy2"])
    return SystemFile(_ROOTS[match["base"]], user, is_copy)


def read(data: bytes, kind: str) -> SystemFileContent:
    """Reads a file.

    Args:
        data: content of the file.
        kind: kind of the file, see `SystemFile`.

    Raises:
        FormatError: if the file does not begin as such a file. Everything in front of
            other damage is kept.
    """
    return _Reader(kind).read(data)


class _Reader:
    """Collects what the elements say."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._element = _ELEMENTS[kind]
        self._has_root = False
        self._found = SystemFileContent("xml")

    def read(self, data: bytes) -> SystemFileContent:
        """Reads the file."""
        if not android_xml.is_xml(data):
            raise FormatError(0, "neither XML nor Android's binary XML")
        if data.startswith(android_xml.BINARY_MAGIC):
            self._found.storage_format = "abx"
        try:
            android_xml.read_elements(data, self._take)
        except FormatError as exception:
            if not self._has_root:
                raise
            self._report(exception.offset, exception.reason)
        return self._found

    def _report(self, offset: int, reason: str) -> None:
        if len(self._found.issues) < _MAXIMUM_ISSUES:
            self._found.issues.append(Issue("", offset, reason))

    def _take(
        self, path: tuple[str, ...], name: str, values: dict[str, str], offset: int
    ) -> None:
        if not path:
            # A binary file of settings may have other roots behind the first.
            if name != self._kind and not self._has_root:
                raise FormatError(offset, f"<{name[:64]}> instead of <{self._kind}>")
            self._has_root = True
            return
        if path != (self._kind,) or name != self._element:
            return
        found = self._found
        if len(found.packages) + len(found.services) >= _MAXIMUM_RECORDS:
            raise FormatError(offset, "too many records")
        package = _text(values, "name")
        if package is None:
            self._report(offset, f"<{name}> without a name")
        elif self._kind == PACKAGES:
            found.packages.append(self._package(values, package, offset))
        elif self._kind == RESTRICTIONS:
            found.packages.append(self._restrictions(values, package, offset))
        elif package == _ACCESSIBILITY:
            found.services.extend(self._services(values, offset))

    def _package(
        self, values: dict[str, str], package: str, offset: int
    ) -> PackageRecord:
        return PackageRecord(
            offset,
            package,
            self._time(values, "it", offset),
            self._time(values, "ut", offset),
            _text(values, "version"),
            _text(values, "codePath"),
            _text(values, "installer"),
        )

    def _restrictions(
        self, values: dict[str, str], package: str, offset: int
    ) -> PackageRecord:
        flags = [
            f"{name}={values[name][:64]}"
            for name in ("inst", "nl", "stopped", "hidden", "suspended", "enabled")
            if name in values
        ]
        return PackageRecord(
            offset,
            package,
            self._time(values, "first-install-time", offset),
            is_installed=values.get("inst") != "false",
            flags=", ".join(flags) or None,
        )

    def _services(
        self, values: dict[str, str], offset: int
    ) -> Iterator[AccessibilityService]:
        text = values.get("value", "")
        if len(text) > _MAXIMUM_TEXT * 16:
            self._report(offset, f"{_ACCESSIBILITY} longer than any, not read")
            return
        for component in filter(None, text.split(":")):
            match = _COMPONENT.fullmatch(component)
            if match is None:
                self._report(offset, f"{_ACCESSIBILITY} names no service")
                continue
            yield AccessibilityService(offset, match["package"], component)

    def _time(self, values: dict[str, str], name: str, offset: int) -> int | None:
        text = values.get(name)
        # "0" is a time that was never set.
        if text is None or text == "0":
            return None
        if not _HEX.fullmatch(text):
            self._report(offset, f"attribute {name} is no hexadecimal number")
            return None
        return int(text, 16)


def _text(values: dict[str, str], name: str) -> str | None:
    return values.get(name, "")[:_MAXIMUM_TEXT] or None
