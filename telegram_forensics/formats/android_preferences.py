"""Preferences of an Android application: one XML file of named values.

Specification: formats/android.md section 7; the form is that of Android's own
SharedPreferences: `<map>` with `<string>`, `<int>`, `<long>`, `<float>`, `<boolean>`,
`<set>` and `<null>`.

The parser is expat: it gives the byte offset of every value. A document type is never
accepted, so there are no entities to expand and nothing is fetched. Of a damaged file
every intact entry is kept, before and behind the damage.
"""

from __future__ import annotations

import base64
import binascii
import re
import struct
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

from telegram_forensics.formats.errors import FormatError

MAXIMUM_SIZE: Final = 32 * 1024 * 1024
# Binary XML of Android 12 and later: used for files of the system, not of applications.
BINARY_MAGIC: Final = b"ABX\0"
HEAD_SIZE: Final = 512

Value = str | int | float | bool | None | tuple[str, ...]

_HEAD: Final = re.compile(
    rb"\s*(?:<\?xml[^>]{0,200}\?>)?\s*<map(?:\s*/>|\s|>)", re.DOTALL
)
_ENTRY: Final = re.compile(rb"<(?:string|int|long|float|boolean|set|null)[ \t\r\n/>]")
_NUMBER: Final = re.compile(r"-?[0-9]{1,19}")
_RANGES: Final = {"int": 1 << 31, "long": 1 << 63}
# Codes of expat for data that ends too early.
_ENDED: Final = frozenset(
    expat.errors.codes[message]
    for message in (
        expat.errors.XML_ERROR_NO_ELEMENTS,
        expat.errors.XML_ERROR_UNCLOSED_TOKEN,
        expat.errors.XML_ERROR_PARTIAL_CHAR,
        expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
    )
)
_MAXIMUM_ENTRIES: Final = 500_000
_MAXIMUM_RESTARTS: Final = 64
_CHUNK: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class Entry:
    """One named value.

    Attributes:
        name: as stored.
        value: text, number, truth value, None for `<null>`, or the texts of a set in
            stored order.
        offset: byte offset of the entry in the file.
    """

    name: str
    value: Value
    offset: int


@dataclass(slots=True)
class Preferences:
    """Content of a preferences file.

    Attributes:
        entries: by name; of a name that stands there twice the last, as on the device.
        is_complete: the file was read up to its end without damage.
        problems: (byte offset, reason).
    """

    entries: dict[str, Entry] = field(default_factory=dict)
    is_complete: bool = False
    problems: list[tuple[int, str]] = field(default_factory=list)

    def values(self) -> dict[str, object]:
        """All values by name."""
        return {name: entry.value for name, entry in self.entries.items()}

    def text(self, name: str) -> str | None:
        """A text, None if there is none of this name."""
        entry = self.entries.get(name)
        return entry.value if entry and isinstance(entry.value, str) else None

    def number(self, name: str) -> int | None:
        """A whole number, None if there is none of this name."""
        entry = self.entries.get(name)
        value = entry.value if entry else None
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def truth(self, name: str) -> bool | None:
        """A truth value, None if there is none of this name."""
        entry = self.entries.get(name)
        return entry.value if entry and isinstance(entry.value, bool) else None

    def base64(self, name: str) -> bytes | None:
        """Bytes behind a Base64 text; None if there are none or it is damaged.

        Android breaks the lines of Base64; white space is left out. What is damaged
        goes to `problems`.
        """
        text = self.text(name)
        if not text:
            return None
        try:
            return base64.b64decode("".join(text.split()), validate=True) or None
        except (binascii.Error, ValueError) as exception:
            self._report(name, f"no Base64 ({exception})")
            return None

    def hexadecimal(self, name: str) -> bytes | None:
        """Bytes behind a hexadecimal text; None as with `base64`."""
        text = self.text(name)
        if not text:
            return None
        try:
            return bytes.fromhex(text) or None
        except ValueError:
            self._report(name, "no hexadecimal number")
            return None

    def _report(self, name: str, reason: str) -> None:
        self.problems.append((self.entries[name].offset, f"value of {name}: {reason}"))


def is_preferences(head: bytes) -> bool:
    """True if the first bytes (`HEAD_SIZE`) are those of a preferences file."""
    return _HEAD.match(head) is not None


def read_preferences(data: bytes) -> Preferences:
    """Reads a preferences file.

    Raises:
        FormatError: if it is empty, binary XML or has a document type.
    """
    if not data:
        raise FormatError(0, "empty file")
    if data.startswith(BINARY_MAGIC):
        raise FormatError(0, "binary XML of Android's own files, which is not read")
    preferences = Preferences()
    start = 0
    for number in range(_MAXIMUM_RESTARTS):
        reader = _Reader(preferences, start)
        error = reader.read(data)
        if error is None:
            preferences.is_complete = number == 0
            return preferences
        preferences.problems.append(error)
        # The next entry behind the damage: entries do not stand inside each other.
        match = _ENTRY.search(data, max(error[0], reader.last_entry + 1))
        if match is None or reader.has_ended:
            return preferences
        start = match.start()
    preferences.problems.append((start, "too much damage, the rest is not read"))
    return preferences


class _Reader:
    """Reads entries up to the end or the first damage.

    Attributes:
        last_entry: byte offset of the last entry that began.
        has_ended: the damage is that the file ends in the middle.
    """

    def __init__(self, preferences: Preferences, start: int) -> None:
        self.last_entry = start
        self.has_ended = False
        self._preferences = preferences
        self._start = start
        # Behind damage the parser gets the opening of the map again.
        self._prefix = b"<map>" if start else b""
        self._depth = 0
        self._kind = ""
        self._name: str | None = None
        self._attribute: str | None = None
        self._text: list[str] = []
        self._members: list[str] = []
        self._problem: tuple[int, str] | None = None
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._begin
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.StartDoctypeDeclHandler = self._document_type

    def read(self, data: bytes) -> tuple[int, str] | None:
        """Reads.

        Returns:
            Byte offset and reason of the damage, None if there is none.
        """
        try:
            self._parser.Parse(self._prefix, False)
            for offset in range(self._start, len(data), _CHUNK):
                self._parser.Parse(data[offset : offset + _CHUNK], False)
            self._parser.Parse(b"", True)
        except FormatError:
            raise
        except expat.ExpatError as exception:
            self.has_ended = exception.code in _ENDED
            reason = expat.ErrorString(exception.code)
            return self._offset(self._parser.ErrorByteIndex), f"damaged XML: {reason}"
        except (LookupError, ValueError) as exception:
            # An encoding that no Python knows, or bytes that do not follow it.
            return self._offset(self._parser.CurrentByteIndex), f"damaged: {exception}"
        return None

    def _offset(self, index: int) -> int:
        return max(0, index - len(self._prefix)) + self._start

    def _document_type(self, *_: object) -> None:
        raise FormatError(
            self._offset(self._parser.CurrentByteIndex),
            "a document type, which preferences never have: not read",
        )

    def _begin(self, kind: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth == 2:
            self.last_entry = self._offset(self._parser.CurrentByteIndex)
            self._kind = kind
            self._name = attributes.get("name")
            self._attribute = attributes.get("value")
            self._members = []
        if self._depth in (2, 3):
            self._text = []

    def _characters(self, text: str) -> None:
        if self._depth in (2, 3):
            self._text.append(text)

    def _end(self, _: str) -> None:
        if self._depth == 3:
            self._members.append("".join(self._text))
        elif self._depth == 2:
            self._finish()
        self._depth -= 1

    def _finish(self) -> None:
        preferences, offset = self._preferences, self.last_entry
        if self._name is None:
            preferences.problems.append((offset, f"<{self._kind}> without a name"))
            return
        try:
            value = self._value()
        except ValueError:
            reason = f"value of {self._name}: no {self._kind}"
            preferences.problems.append((offset, reason))
            return
        if len(preferences.entries) >= _MAXIMUM_ENTRIES:
            raise FormatError(offset, f"more than {_MAXIMUM_ENTRIES} entries")
        preferences.entries[self._name] = Entry(self._name, value, offset)

    def _value(self) -> Value:
        kind, attribute = self._kind, self._attribute
        number: float | int
        if kind == "string":
            return "".join(self._text)
        if kind == "set":
            return tuple(self._members)
        if kind == "null":
            return None
        if attribute is None or len(attribute) > 64:
            raise ValueError
        if kind == "boolean":
            if attribute not in ("true", "false"):
                raise ValueError
            return attribute == "true"
        if kind == "float":
            (number,) = struct.unpack("<f", struct.pack("<f", float(attribute)))
            return number
        limit = _RANGES.get(kind)
        if limit is None:
            raise ValueError
        if not _NUMBER.fullmatch(attribute):
            raise ValueError
        number = int(attribute, 10)
        if not -limit <= number < limit:
            raise ValueError
        return number
