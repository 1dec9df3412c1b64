"""The keychain of a Postbox database (t1): authorization keys and what is tied to them.

Specification: formats/apple_postbox.md section 11.4. The values are binary property
lists of NSKeyedArchiver. Keys are not handed on: what identifies a session is the id of
the key, computed by the rule that all clients share and held against the stored one.

`apiInitializationHash` (since September 2020) is what was announced to the server last
under a key: model, system and version. That the first salt still tells when a key of a
device long in use was made is UNCONFIRMED, since salts are replaced; the time is given
only for a salt that was never replaced (salt 0).
"""

from __future__ import annotations

import plistlib
import re
import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final
from xml.parsers import expat

from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.postbox_records import KEY_SIZE, hexadecimal
from telegram_forensics.formats.tdesktop_crypto import auth_key_identifier

AUTH_INFO: Final = "persistent:datacenterAuthInfoById"
SESSIONS_TO_CLEAN: Final = "cleanup:cleanupSessionIdsByAuthKeyId"
TIME_DIFFERENCE: Final = "temp:globalTimeDifference"

PERSISTENT: Final = 0
_SELECTORS: Final = {0: "persistent", 1: "ephemeral_main", 2: "ephemeral_media"}

MAXIMUM_SIZE: Final = 16 * 1024 * 1024
_MAXIMUM_DEPTH: Final = 16
_MAXIMUM_NODES: Final = 100_000
_MAXIMUM_ID: Final = (1 << 63) - 1
_CLASS_KEYS: Final = frozenset(("$class",))
_FOREVER: Final = 0x7FFFFFFF


class _Archive:
    """Resolves the references of an archive."""

    def __init__(self, objects: list[Any]) -> None:
        self._objects = objects
        self._nodes = 0

    def get(self, value: Any, depth: int = 0) -> Any:
        """A value with everything that it refers to."""
        self._nodes += 1
        if self._nodes > _MAXIMUM_NODES or depth > _MAXIMUM_DEPTH:
            raise FormatError(0, "archive has more or deeper objects than it can need")
        if isinstance(value, plistlib.UID):
            if value.data >= len(self._objects):
                raise FormatError(0, f"archive has no object {value.data}")
            value = self._objects[value.data]
            if isinstance(value, plistlib.UID):
                raise FormatError(0, "archive refers to a reference")
        if value == "$null":
            return None
        if not isinstance(value, dict):
            return value
        if "NS.keys" in value:
            return self._dictionary(value, depth)
        if "NS.objects" in value:
            return [self.get(item, depth + 1) for item in _list(value["NS.objects"])]
        for name in ("NS.data", "NS.string"):
            if name in value:
                return self.get(value[name], depth + 1)
        return {
            key: self.get(item, depth + 1)
            for key, item in value.items()
            if key not in _CLASS_KEYS
        }

    def _dictionary(self, value: dict[str, Any], depth: int) -> dict[Any, Any]:
        found = {}
        items = _list(value.get("NS.objects"))
        for key, item in zip(_list(value["NS.keys"]), items, strict=False):
            name = self.get(key, depth + 1)
            if isinstance(name, int | str):
                found[name] = self.get(item, depth + 1)
        return found


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def read_archive(data: bytes) -> Any:
    """Reads an archive of NSKeyedArchiver.

    Returns:
        dictionaries, lists, texts, bytes and numbers; an object of another class is a
        dictionary of its fields.

    Raises:
        FormatError: if it is none or damaged.
    """
    if len(data) > MAXIMUM_SIZE:
        raise FormatError(MAXIMUM_SIZE, f"archive has {len(data)} bytes")
    try:
        content = plistlib.loads(data)
    except (
        ArithmeticError,
        AttributeError,
        LookupError,
        MemoryError,
        RecursionError,
        TypeError,
        ValueError,
        expat.ExpatError,
        struct.error,
    ) as exception:
        reason = str(exception) or type(exception).__name__
        raise FormatError(0, f"damaged archive: {reason}") from exception
    top = content.get("$top") if isinstance(content, dict) else None
    objects = content.get("$objects") if isinstance(content, dict) else None
    if not isinstance(top, dict) or not isinstance(objects, list) or not top:
        raise FormatError(0, "property list is no archive")
    root = top.get("root", next(iter(top.values())))
    return _Archive(objects).get(root)


@dataclass(frozen=True, slots=True)
class ApiInitialization:
    """What was announced to the server under a key.

    Attributes:
        device_model, system_version, app_version: of the device that did it.
        language: code of the language.
        layer: version of the schema.
        api_id: which app it is.
        has_proxy: a proxy was named.
    """

    device_model: str | None = None
    system_version: str | None = None
    app_version: str | None = None
    language: str | None = None
    layer: int | None = None
    api_id: int | None = None
    has_proxy: bool = False


_API_KEYS: Final = (
    "apiId",
    "deviceModel",
    "systemVersion",
    "appVersion",
    "langCode",
    "layer",
    "langPack",
    "langPackCode",
    "proxy",
    "systemCode",
)
# Values are not escaped: what ends one is the name of another one.
_API_FIELD: Final = re.compile(rf"(?:\A|&)({'|'.join(_API_KEYS)})=")
_NOTHING: Final = frozenset(("", "nil", "(null)", "none"))


def read_initialization(text: str) -> ApiInitialization:
    """Splits an `apiInitializationHash`."""
    found: dict[str, str] = {}
    places = list(_API_FIELD.finditer(text))
    ends = [match.start() for match in places[1:]] + [len(text)]
    for match, end in zip(places, ends, strict=False):
        value = text[match.end() : end]
        if value.lower() not in _NOTHING:
            found.setdefault(match[1], value)
    return ApiInitialization(
        found.get("deviceModel"),
        found.get("systemVersion"),
        found.get("appVersion"),
        found.get("langCode"),
        _decimal(found.get("layer")),
        _decimal(found.get("apiId")),
        "proxy" in found,
    )


def _decimal(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"\d{1,18}", text) else None


def differences(
    announced: ApiInitialization, model: str | None, system_version: str | None
) -> list[str]:
    """What does not fit the device that the data was found on.

    A difference hints at data that was copied from another device; it can also come
    from an update of the system since.

    Args:
        announced: as stored.
        model: of the examined device, None if not known.
        system_version: of the examined device, None if not known.
    """
    found = []
    for name, stored, real in (
        ("device model", announced.device_model, model),
        ("system version", announced.system_version, system_version),
    ):
        if stored and real and stored.casefold() != real.casefold():
            found.append(f"{name} {stored!r} was announced, the device has {real!r}")
    return found


@dataclass(slots=True)
class StoredKey:
    """An authorization key of the keychain, without the key.

    Attributes:
        data_center: its number.
        selector: `persistent`, `ephemeral_main`, `ephemeral_media` or a number.
        identifier: computed from the key, 16 hex digits; None if there is no key.
        stated: the id that is stored with it, in the same form.
        valid_until: seconds since 1970 UTC, None for keys without an end.
        created: when the key was made, by the server's clock; see the module.
        last_salt: from when on the newest salt is valid, the same.
        initialization: what was announced under it.
    """

    data_center: int
    selector: str
    identifier: str | None = None
    stated: str | None = None
    valid_until: int | None = None
    created: int | None = None
    last_salt: int | None = None
    initialization: ApiInitialization | None = None

    @property
    def is_consistent(self) -> bool:
        """False if the stored id is not that of the key."""
        return None in (self.identifier, self.stated) or self.identifier == self.stated

    @property
    def is_persistent(self) -> bool:
        """True for a key that stands for a login."""
        return self.selector == _SELECTORS[PERSISTENT]


@dataclass(slots=True)
class Keychain:
    """What t1 says.

    Attributes:
        keys: authorization keys.
        to_clean: ids of keys whose sessions the server shall forget, 16 hex digits.
        clock_difference: seconds to add to the device's clock to get the server's.
        names: names of all entries.
        problems: entry and reason of what could not be read.
    """

    keys: list[StoredKey] = field(default_factory=list)
    to_clean: list[str] = field(default_factory=list)
    clock_difference: float | None = None
    names: list[str] = field(default_factory=list)
    problems: list[tuple[str, str]] = field(default_factory=list)

    def session(self, data_center: int | None) -> StoredKey | None:
        """The key that is the session: the persistent one of the home data center."""
        for key in self.keys:
            if key.is_persistent and key.data_center == data_center:
                return key
        return None


def read_keychain(rows: Iterable[tuple[bytes, bytes]]) -> Keychain:
    """Reads the rows of t1: keys in ASCII, and values."""
    found = Keychain()
    for raw, data in rows:
        name = raw.decode("utf-8", "backslashreplace")
        found.names.append(name)
        reader = _READERS.get(name)
        if reader is None:
            continue
        try:
            reader(read_archive(data), found)
        except FormatError as exception:
            found.problems.append((name, str(exception)))
    return found


def _auth_info(value: Any, found: Keychain) -> None:
    if not isinstance(value, dict):
        raise FormatError(0, "no dictionary of data centers")
    for number, item in value.items():
        if not isinstance(number, int) or not isinstance(item, dict):
            found.problems.append((AUTH_INFO, f"entry {number!r} is no key"))
            continue
        selector = number >> 32
        key = StoredKey(number & 0xFFFFFFFF, _SELECTORS.get(selector, str(selector)))
        data = item.get("authKey")
        if isinstance(data, bytes) and len(data) == KEY_SIZE:
            key.identifier = auth_key_identifier(data)
        else:
            found.problems.append(
                (AUTH_INFO, f"key of data center {key.data_center} has a wrong size")
            )
        stated = _integer(item.get("authKeyId"))
        if stated is not None:
            key.stated = hexadecimal(stated)
        until = _integer(item.get("validUntilTimestamp"))
        if until and 0 < until < _FOREVER:
            key.valid_until = until
        if not key.is_consistent:
            reason = f"key {key.identifier} is stored with the id {key.stated}"
            found.problems.append((AUTH_INFO, reason))
        _salts(_list(item.get("saltSet")), key)
        attributes = item.get("authKeyAttributes")
        if isinstance(attributes, dict):
            text = attributes.get("apiInitializationHash")
            if isinstance(text, str) and text:
                key.initialization = read_initialization(text)
        found.keys.append(key)


def _integer(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _salts(salts: list[Any], key: StoredKey) -> None:
    for item in salts:
        if not isinstance(item, dict):
            continue
        first = _integer(item.get("firstValidMessageId"))
        if first is None or not 0 < first <= _MAXIMUM_ID:
            continue
        time = message_time(first)
        key.last_salt = max(key.last_salt or 0, time)
        if key.is_persistent and _integer(item.get("salt")) == 0:
            key.created = time if key.created is None else min(key.created, time)


def message_time(message_id: int) -> int:
    """When an MTProto message was made, seconds since 1970 UTC."""
    return message_id >> 32


def _time_difference(value: Any, found: Keychain) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise FormatError(0, "no number")
    found.clock_difference = float(value)


def _clean(value: Any, found: Keychain) -> None:
    if not isinstance(value, dict):
        raise FormatError(0, "no dictionary of keys")
    found.to_clean += [hexadecimal(key) for key in value if isinstance(key, int)]


_READERS: Final = {
    AUTH_INFO: _auth_info,
    SESSIONS_TO_CLEAN: _clean,
    TIME_DIFFERENCE: _time_difference,
}
