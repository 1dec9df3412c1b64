"""Settings of Telegram for Windows Phone: the keys, the account, the device.

Specification: formats/tdlib.md section 12, from the client's own source; UNCONFIRMED
with files of a real telephone. `__ApplicationSettings` is XML of .NET (DataContract)
behind a line of type names; the authorization keys stand in it in clear.
`init_connection.dat` is one TL object: the device as it was told to the server.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass, field
from typing import Any, Final
from xml.parsers import expat

from telegram_forensics.formats.errors import FormatError, Issue
from telegram_forensics.formats.tl_reader import TLError, TLStream

SETTINGS_NAME: Final = "__ApplicationSettings"
CONNECTION_NAME: Final = "init_connection.dat"
MAXIMUM_FILE: Final = 16 << 20
# Where the client logs in before the server says otherwise.
DEFAULT_CENTER: Final = 2
_KEY_SIZE: Final = 256
_MAXIMUM_DEPTH: Final = 64
_MAXIMUM_TEXT: Final = 1 << 16
_MAXIMUM_CENTERS: Final = 1000
_CONNECTIONS: Final = {
    0x69796DE9: (False, False),
    0xC7481DA6: (False, True),
    0x785188B8: (True, True),
}


@dataclass(slots=True)
class CenterKey:
    """An authorization key.

    Attributes:
        data_center: where it is valid, None if it is not stored with it.
        identifier: 16 hexadecimal digits.
        is_authorized: the account is logged in with it; None if it is not stored.
        address: of the data center.
    """

    data_center: int | None
    identifier: str
    is_authorized: bool | None
    address: str | None


@dataclass(slots=True)
class PhoneSettings:
    """What the settings tell.

    Attributes:
        user: user id of the account.
        is_authorized: somebody is logged in; None if it is not stored.
        home: home data center, None if it is not stored.
        keys: authorization keys.
        issues: what could not be read.
    """

    user: int | None = None
    is_authorized: bool | None = None
    home: int | None = None
    keys: list[CenterKey] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)

    @property
    def home_key(self) -> CenterKey | None:
        """The key that is the session, None if it cannot be told."""
        home = self.home if self.home is not None else DEFAULT_CENTER
        for key in self.keys:
            if key.data_center == home:
                return key
        logged_in = [key for key in self.keys if key.is_authorized]
        return logged_in[0] if len(logged_in) == 1 else None


@dataclass(slots=True)
class _Element:
    name: str
    text: list[str] = field(default_factory=list)
    size: int = 0
    children: list[_Element] = field(default_factory=list)

    def content(self) -> str:
        return "".join(self.text).strip()

    def find(self, name: str) -> _Element | None:
        for child in self.children:
            if child.name == name:
                return child
        return None

    def every(self, name: str) -> list[_Element]:
        found = [child for child in self.children if child.name == name]
        for child in self.children:
            found += child.every(name)
        return found

    def plain(self, name: str) -> str | None:
        """A value that stands as it is, or in a member of its own."""
        child = self.find(name)
        if child is None:
            return None
        for member in ("Value", "Data", "_value", "value"):
            inner = child.find(member)
            if inner is not None:
                return inner.content() or None
        return child.content() or None


class _Tree:
    """Builds the elements; XML with declarations of its own is refused."""

    def __init__(self) -> None:
        self.root = _Element("")
        self._open = [self.root]
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._add
        self.parser.StartDoctypeDeclHandler = self._refuse

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        del attributes
        if len(self._open) > _MAXIMUM_DEPTH:
            raise FormatError(self.parser.CurrentByteIndex, "too many levels of XML")
        element = _Element(name.rpartition(":")[2])
        self._open[-1].children.append(element)
        self._open.append(element)

    def _end(self, name: str) -> None:
        del name
        self._open.pop()

    def _add(self, data: str) -> None:
        element = self._open[-1]
        element.size += len(data)
        if element.size <= _MAXIMUM_TEXT:
            element.text.append(data)

    def _refuse(self, *arguments: Any) -> None:
        del arguments
        raise FormatError(self.parser.CurrentByteIndex, "XML with a document type")


def read_settings(data: bytes, name: str = "") -> PhoneSettings:
    """Reads `__ApplicationSettings`.

    Args:
        data: content of the file.
        name: of the file, for issues.

    Raises:
        FormatError: if it holds neither keys nor an account.
    """
    start = data.find(b"<ArrayOf")
    if start < 0:
        raise FormatError(0, "no settings of the isolated storage")
    settings = PhoneSettings()
    tree = _Tree()
    try:
        tree.parser.Parse(data[start:], True)
    except expat.ExpatError as exception:
        offset = start + max(tree.parser.ErrorByteIndex, 0)
        reason = f"XML ends early: {expat.ErrorString(exception.code)}"
        settings.issues.append(Issue(name, offset, reason))
    # What was read before the end counts.
    for entry in tree.root.every("KeyValueOfstringanyType"):
        key, value = entry.find("Key"), entry.find("Value")
        if key is not None and value is not None:
            _read_entry(settings, key.content(), value, name)
    if not settings.keys and settings.user is None and settings.is_authorized is None:
        raise FormatError(start, "no account and no authorization key")
    return settings


def _read_entry(settings: PhoneSettings, key: str, value: _Element, name: str) -> None:
    if key == "CurrentUser":
        text = value.plain("Value") or value.content()
        settings.user = _number(text)
    elif key == "IsAuthorized":
        settings.is_authorized = _truth(value.plain("Value") or value.content())
    elif key == "Config":
        settings.home = _number(value.plain("ThisDC"))
        found = [item for item in _all(value) if item.find("AuthKey") is not None]
        for option in found[:_MAXIMUM_CENTERS]:
            _read_option(settings, option, name)


def _all(element: _Element) -> list[_Element]:
    found = []
    for child in element.children:
        found.append(child)
        found += _all(child)
    return found


def _read_option(settings: PhoneSettings, option: _Element, name: str) -> None:
    text = option.plain("AuthKey")
    if text is None:
        return
    center = _number(option.plain("Id"))
    try:
        key = base64.b64decode(re.sub(r"\s", "", text), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != _KEY_SIZE:
        reason = f"authorization key of data center {center} has another length"
        settings.issues.append(Issue(name, None, reason))
        return
    digest = hashlib.sha1(key, usedforsecurity=False).digest()
    found = CenterKey(
        center,
        f"{int.from_bytes(digest[-8:], 'little'):016x}",
        _truth(option.plain("IsAuthorized")),
        _address(option.plain("IpAddress")),
    )
    # Several addresses of a data center share its key.
    if all(
        (other.data_center, other.identifier) != (center, found.identifier)
        for other in settings.keys
    ):
        settings.keys.append(found)


def _number(text: str | None) -> int | None:
    if text is None or not re.fullmatch(r"[0-9]{1,19}", text):
        return None
    return int(text) or None


def _truth(text: str | None) -> bool | None:
    return {"true": True, "1": True, "false": False, "0": False}.get(
        (text or "").lower()
    )


def _address(text: str | None) -> str | None:
    """An address, which may stand as base64 of its text."""
    if text is None or re.fullmatch(r"[0-9a-fA-F.:]+[.:][0-9a-fA-F.:]*", text):
        return text
    try:
        found = base64.b64decode(text, validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        return None
    return found if re.fullmatch(r"[0-9a-fA-F.:]{3,45}", found) else None


@dataclass(slots=True)
class ConnectionFacts:
    """The device as it was told to the server.

    Attributes:
        application: api_id of the client.
        device, system, version: model, system version, version of the application.
        language: code of the client's language.
    """

    application: int
    device: str | None
    system: str | None
    version: str | None
    language: str | None


def read_connection(data: bytes) -> ConnectionFacts:
    """Reads `init_connection.dat`.

    Raises:
        FormatError: if it is none.
    """
    stream = TLStream(data[:MAXIMUM_FILE])
    try:
        entry = _CONNECTIONS.get(stream.read_uint32())
        if entry is None:
            raise FormatError(0, "no description of a connection")
        has_flags, has_languages = entry
        if has_flags:
            stream.read_uint32()
        application = stream.read_int32()
        texts = [stream.read_string() for _ in range(6 if has_languages else 4)]
    except TLError as exception:
        raise FormatError(exception.offset, exception.reason) from None
    return ConnectionFacts(
        application, texts[0] or None, texts[1] or None, texts[2] or None, texts[-1]
    )
