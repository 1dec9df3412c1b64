"""Lets plaso's tools recognize telephones: images and extractions of Android and iOS.

Stock plaso never selects its presets `android` and `ios`: it takes a telephone for
Linux or macOS, or for nothing. This plugin looks for what only these systems have and
sets operating system, version and, for Android, host name and time zone. Model and
manufacturer are no part of plaso's system configuration; our parsers read them from the
same file system.

Whatever goes wrong here ends in a logged message: the stock tools go on.
"""

from __future__ import annotations

import logging
import plistlib
import re
from collections.abc import Iterator
from typing import Any, Final

from dfvfs.helpers import file_system_searcher
from dfvfs.lib import errors as dfvfs_errors
from plaso.containers import artifacts
from plaso.preprocessors import interface

from telegram_forensics.formats import android_device
from telegram_forensics.formats.errors import FormatError

FAMILY_ANDROID: Final = "Android"
FAMILY_IOS: Final = "iOS"

# Places that only the named system has, below the root of a file system. A partition
# of an Android device has its build.prop in its own root or in /etc.
_ANDROID_PLACES: Final = (
    "/system/build.prop",
    "/system/system/build.prop",
    "/build.prop",
    "/etc/build.prop",
    "/vendor/build.prop",
    "/data/system/packages.xml",
    "/data/system/packages.list",
    "/data/property/persistent_properties",
    "/data/data/com.android.providers.settings",
    # Only the data partition.
    "/system/packages.xml",
    "/system/packages.list",
    "/property/persistent_properties",
    "/data/com.android.providers.settings",
)
_IOS_VERSION: Final = "/System/Library/CoreServices/SystemVersion.plist"
_IOS_PLACES: Final = ("/private/var/mobile/Containers", "/mobile/Containers")
# Places of other systems: there, folders of an extraction are not looked into.
_OTHER_PLACES: Final = ("/etc", "/System/Library", "/Windows/System32", "/Users")
# Extractions put folders in front, such as /Dump or /EXTRACTION_FFS/Dump.
_PREFIXES: Final = ("/*", "/*/*")

_VERSION_FILES: Final = (
    "/system/build.prop",
    "/system/system/build.prop",
    "/build.prop",
)
_PROPERTY_FILES: Final = (
    "/data/property/persistent_properties",
    "/property/persistent_properties",
)
_VERSION: Final = re.compile(r"[0-9][0-9.]{0,15}")
_MAXIMUM_SIZE: Final = android_device.MAXIMUM_SIZE

_logger: Final = logging.getLogger("telegram_forensics")


class TelephonePlugin(interface.FileSystemArtifactPreprocessorPlugin):  # type: ignore[misc]
    """Recognizes Android and iOS.

    It names no artifact definition, which every tool would have to know.
    """

    ARTIFACT_DEFINITION_NAME = None

    def Collect(
        self, mediator: Any, artifact_definition: Any, searcher: Any, file_system: Any
    ) -> None:
        """See the base class.

        Args:
            mediator: takes the values.
            artifact_definition: not used.
            searcher: searches the file system.
            file_system: not used.
        """
        try:
            _Search(mediator, searcher).run()
        # The stock tools must go on, whatever has changed in them or is in the image.
        except Exception as exception:  # noqa: BLE001
            _logger.warning("recognition of telephones failed: %s", exception)

    def _ParsePathSpecification(self, *arguments: Any) -> None:
        """Not used: this plugin has no artifact definition."""


class _Search:
    """Looks at one file system."""

    def __init__(self, mediator: Any, searcher: Any) -> None:
        self._mediator = mediator
        self._searcher = searcher

    def run(self) -> None:
        """Sets what is known of a telephone, nothing for other systems."""
        prefix = self._prefix(_ANDROID_PLACES)
        if prefix is not None:
            self._set_android(prefix)
            return
        version = self._ios_version()
        if version is not None or self._exists("", _IOS_PLACES):
            self._mediator.SetValue("operating_system", FAMILY_IOS)
            if version:
                self._mediator.SetValue("operating_system_product", f"iOS {version}")
                self._mediator.SetValue("operating_system_version", version)

    def _prefix(self, places: tuple[str, ...]) -> str | None:
        """What stands in front of the first place that exists, None if none does."""
        if self._exists("", places):
            return ""
        if self._exists("", _OTHER_PLACES):
            return None
        for glob in _PREFIXES:
            for found in self._find(location_globs=[glob + place for place in places]):
                for place in places:
                    if found.endswith(place):
                        return found[: -len(place)]
        return None

    def _set_android(self, prefix: str) -> None:
        self._mediator.SetValue("operating_system", FAMILY_ANDROID)
        device = android_device.make_device(
            android_device.read_build_properties(data)
            for data in self._contents(prefix, _VERSION_FILES)
        )
        # plaso derives Windows versions from product names and fails on odd ones.
        if device.release and "windows" not in device.release.lower():
            self._mediator.SetValue(
                "operating_system_product", f"Android {device.release}"
            )
            self._mediator.SetValue("operating_system_version", device.release)
        properties = self._properties(prefix)
        host_name = properties.get(android_device.HOST_NAME_PROPERTY)
        if host_name and not self._mediator.hostname:
            self._mediator.AddHostname(artifacts.HostnameArtifact(name=host_name))
        time_zone = properties.get(android_device.TIME_ZONE_PROPERTY)
        if time_zone:
            try:
                self._mediator.SetTimeZone(time_zone)
            except ValueError:
                self._mediator.ProducePreprocessingWarning(
                    type(self).__name__, f"Unable to set time zone: {time_zone}"
                )

    def _properties(self, prefix: str) -> dict[str, str]:
        """Persistent properties: one file since Android 9, before one file each."""
        for data in self._contents(prefix, _PROPERTY_FILES):
            try:
                return android_device.read_persistent_properties(data)
            except FormatError as exception:
                self._mediator.ProducePreprocessingWarning(
                    type(self).__name__, f"persistent_properties: {exception}"
                )
        properties = {}
        for name in (
            android_device.TIME_ZONE_PROPERTY,
            android_device.HOST_NAME_PROPERTY,
        ):
            places = (f"/data/property/{name}", f"/property/{name}")
            for data in self._contents(prefix, places):
                properties[name] = data[:128].decode("utf-8", "replace").strip("\0\n ")
        return properties

    def _ios_version(self) -> str | None:
        for data in self._contents("", (_IOS_VERSION,)):
            try:
                values = plistlib.loads(data)
            # plistlib lets through what its parsers raise.
            except Exception:  # noqa: BLE001
                return None
            if not isinstance(values, dict) or values.get("ProductName") not in (
                "iPhone OS",
                "iOS",
            ):
                return None
            version = values.get("ProductVersion")
            if isinstance(version, str) and _VERSION.fullmatch(version):
                return version
            return ""
        return None

    def _exists(self, prefix: str, places: tuple[str, ...]) -> bool:
        locations = [prefix + place for place in places]
        return next(self._find(locations=locations), None) is not None

    def _find(
        self,
        locations: list[str] | None = None,
        location_globs: list[str] | None = None,
    ) -> Iterator[str]:
        """Relative paths of what exists, in the order in which it is found."""
        for path_spec in self._searcher.Find(
            find_specs=_find_specs(locations or [], location_globs or [])
        ):
            relative_path = self._searcher.GetRelativePath(path_spec)
            if relative_path:
                yield relative_path.replace("\\", "/")

    def _contents(self, prefix: str, places: tuple[str, ...]) -> Iterator[bytes]:
        """Contents of the files that exist, in the order of their names given."""
        for place in places:
            for path_spec in self._searcher.Find(
                find_specs=_find_specs([prefix + place], [])
            ):
                try:
                    file_entry = self._searcher.GetFileEntryByPathSpec(path_spec)
                    if file_entry is None or not file_entry.IsFile():
                        continue
                    file_object = file_entry.GetFileObject()
                    if file_object is None or not file_entry.size:
                        continue
                    file_object.seek(0)
                    yield file_object.read(_MAXIMUM_SIZE)
                except (OSError, dfvfs_errors.Error) as exception:
                    _logger.warning("%s cannot be read: %s", place, exception)


def _find_specs(locations: list[str], location_globs: list[str]) -> list[Any]:
    return [
        file_system_searcher.FindSpec(
            case_sensitive=False, location=location, location_separator="/"
        )
        for location in locations
    ] + [
        file_system_searcher.FindSpec(
            case_sensitive=True, location_glob=glob, location_separator="/"
        )
        for glob in location_globs
    ]
