"""What an Android system says of itself: build.prop and persistent properties.

The files are those of AOSP: text lines `name=value` (`build.prop` of each partition),
and since Android 9 the persistent properties of the device as a protocol buffer
(`/data/property/persistent_properties`: field 1 repeated, each with name as field 1 and
value as field 2). Before, each persistent property was a file of its name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from telegram_forensics.formats.errors import FormatError

MAXIMUM_SIZE: Final = 1024 * 1024

# Below the device's root, the most telling first. Where /system is a partition of its
# own and the root file system lies in it, everything stands one level deeper.
BUILD_PROPERTY_FILES: Final = (
    ("system", "build.prop"),
    ("system", "system", "build.prop"),
    ("product", "build.prop"),
    ("product", "etc", "build.prop"),
    ("system", "product", "build.prop"),
    ("system", "product", "etc", "build.prop"),
    ("odm", "build.prop"),
    ("odm", "etc", "build.prop"),
    ("vendor", "build.prop"),
    ("system", "vendor", "build.prop"),
)
# Below the root of the data partition.
PERSISTENT_PROPERTIES: Final = ("property", "persistent_properties")
TIME_ZONE_PROPERTY: Final = "persist.sys.timezone"
HOST_NAME_PROPERTY: Final = "net.hostname"

# Order in which Android itself derives ro.product.model from those of the partitions.
_SOURCES: Final = ("product", "odm", "vendor", "system_ext", "system")
_VALUE: Final = re.compile(r"[^\x00-\x1f\x7f]{1,92}")
_VERSION: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")
_MAXIMUM_PROPERTIES: Final = 20_000


@dataclass(frozen=True, slots=True)
class Device:
    """A device as its own system describes it; None where it does not.

    Attributes:
        manufacturer: as stored, such as `samsung`.
        model: as stored, such as `SM-G991B`.
        release: Android version, such as `11`.
        sdk: API level, such as `30`.
    """

    manufacturer: str | None = None
    model: str | None = None
    release: str | None = None
    sdk: str | None = None

    @property
    def device_model(self) -> str | None:
        """Manufacturer and model, which the client announces joined together."""
        parts = [part for part in (self.manufacturer, self.model) if part]
        return " ".join(parts) or None

    @property
    def platform(self) -> str | None:
        """Android version and API level."""
        if self.release is None and self.sdk is None:
            return None
        name = "Android" if self.release is None else f"Android {self.release}"
        return name if self.sdk is None else f"{name} (SDK {self.sdk})"


def read_build_properties(data: bytes) -> dict[str, str]:
    """Reads a build.prop.

    Args:
        data: content, not more than `MAXIMUM_SIZE` bytes of it are looked at.

    Returns:
        Value by name; of a name that stands there twice the first, as Android treats
        read-only properties.
    """
    properties: dict[str, str] = {}
    text = data[:MAXIMUM_SIZE].decode("utf-8", errors="replace")
    for line in text.split("\n")[:_MAXIMUM_PROPERTIES]:
        name, equals, value = line.strip().partition("=")
        name, value = name.strip(), value.strip()
        if equals and name and not name.startswith("#") and _VALUE.fullmatch(value):
            properties.setdefault(name, value)
    return properties


def read_persistent_properties(data: bytes) -> dict[str, str]:
    """Reads the protocol buffer of persistent properties.

    Raises:
        FormatError: if it is none; offset of the first byte that does not fit.
    """
    properties: dict[str, str] = {}
    offset = 0
    while offset < len(data) and len(properties) < _MAXIMUM_PROPERTIES:
        start = offset
        number, payload, offset = _field(data, offset, len(data))
        if number != 1:
            raise FormatError(start, f"field {number} in a list of properties")
        values = {}
        position, end = offset - len(payload), offset
        while position < end:
            inner, content, position = _field(data, position, end)
            values[inner] = content.decode("utf-8", errors="replace")
        if 1 in values:
            properties[values[1]] = values.get(2, "")
    return properties


def _field(data: bytes, offset: int, end: int) -> tuple[int, bytes, int]:
    """One length-delimited field: number, content and the offset behind it."""
    start = offset
    tag, offset = _variable_integer(data, offset, end)
    if tag & 7 != 2:
        raise FormatError(start, f"wire type {tag & 7} where text is expected")
    size, offset = _variable_integer(data, offset, end)
    if size > end - offset:
        raise FormatError(start, f"{size} bytes announced, {end - offset} are left")
    return tag >> 3, data[offset : offset + size], offset + size


def _variable_integer(data: bytes, offset: int, end: int) -> tuple[int, int]:
    start, number = offset, 0
    for shift in range(0, 35, 7):
        if offset >= end:
            raise FormatError(start, "ends inside a number")
        number |= (data[offset] & 0x7F) << shift
        offset += 1
        if not data[offset - 1] & 0x80:
            return number, offset
    raise FormatError(start, "number is too long")


def make_device(files: Iterable[Mapping[str, str]]) -> Device:
    """Puts a device together.

    Args:
        files: properties of the build.prop files in the order of
            `BUILD_PROPERTY_FILES`.
    """
    merged: dict[str, str] = {}
    for properties in files:
        for name, value in properties.items():
            merged.setdefault(name, value)

    def product(name: str) -> str | None:
        keys = [f"ro.product.{name}"]
        keys += [f"ro.product.{source}.{name}" for source in _SOURCES]
        return next((merged[key] for key in keys if key in merged), None)

    def version(name: str) -> str | None:
        for prefix in ("ro.build", "ro.system.build", "ro.vendor.build"):
            value = merged.get(f"{prefix}.version.{name}")
            if value is not None and _VERSION.fullmatch(value):
                return value
        return None

    return Device(
        product("manufacturer"), product("model"), version("release"), version("sdk")
    )
