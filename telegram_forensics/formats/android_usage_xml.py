"""Usage statistics of Android 5 to 9: XML.

Specification: formats/remote_access.md section 10.3 names the place; elements and
attributes are those of version 1 of the XML in Android's own public source
(`<usagestats version="1">` with `<packages>` and `<event-log>`, times as offsets from
the file's begin). UNCONFIRMED: no file of a real device was at hand. Binary XML came
with Android 12, when these files had become protocol buffers: one would be reported, it
is not read.
"""

from __future__ import annotations

import re
from typing import Final
from xml.parsers import expat

from telegram_forensics.formats.android_usage import (
    FORMAT_XML,
    PackageUsage,
    UsageEvent,
    UsageFile,
)
from telegram_forensics.formats.errors import FormatError

BINARY_MAGIC: Final = b"ABX\0"

_HEAD: Final = re.compile(rb"(?:\xef\xbb\xbf)?\s*<")
_ROOT: Final = "usagestats"
_NUMBER: Final = re.compile(r"-?[0-9]{1,18}", re.ASCII)
_CHUNK: Final = 64 * 1024
_MAXIMUM_TEXT: Final = 1024
# Of what is looked at, and of what expat shall keep in mind.
_DEPTH: Final = 3
_MAXIMUM_DEPTH: Final = 64
_MAXIMUM_RECORDS: Final = 200_000


def is_xml(data: bytes) -> bool:
    """True if the bytes begin like XML."""
    return _HEAD.match(data[:64]) is not None


def read_usage_xml(data: bytes, begin: int) -> UsageFile:
    """Reads usage statistics in XML.

    Args:
        data: content of the file.
        begin: the file's name.

    Raises:
        FormatError: if the root is another one or there is a document type. Everything
            in front of other damage is kept.
    """
    reader = _Reader(begin)
    return reader.read(data)


class _Reader:
    """Collects what the elements say."""

    def __init__(self, begin: int) -> None:
        self._found = UsageFile(FORMAT_XML, begin)
        self._path: list[str] = []
        self._has_root = False
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._begin
        self._parser.EndElementHandler = self._end
        self._parser.StartDoctypeDeclHandler = self._document_type

    def read(self, data: bytes) -> UsageFile:
        """Reads the file."""
        try:
            for offset in range(0, len(data), _CHUNK):
                self._parser.Parse(data[offset : offset + _CHUNK], False)
            self._parser.Parse(b"", True)
        except expat.ExpatError as exception:
            reason = f"damaged XML: {expat.ErrorString(exception.code)}"
            self._damage(max(0, self._parser.ErrorByteIndex), reason)
        except FormatError as exception:
            self._damage(exception.offset, exception.reason)
        except (LookupError, ValueError) as exception:
            # An encoding that no Python knows, or bytes that do not follow it.
            self._damage(max(0, self._parser.CurrentByteIndex), f"damaged: {exception}")
        return self._found

    def _damage(self, offset: int, reason: str) -> None:
        if not self._has_root:
            raise FormatError(offset, reason)
        self._found.is_complete = False
        self._found.report(offset, reason)

    def _document_type(self, *_: object) -> None:
        raise FormatError(
            self._parser.CurrentByteIndex,
            "a document type, which these files never have: not read",
        )

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._path) >= _MAXIMUM_DEPTH:
            raise FormatError(self._parser.CurrentByteIndex, "nested too deep")
        if len(self._path) < _DEPTH:
            self._take(name, attributes)
        self._path.append(name)

    def _end(self, _: str) -> None:
        self._path.pop()

    def _take(self, name: str, attributes: dict[str, str]) -> None:
        offset = self._parser.CurrentByteIndex
        found = self._found
        if not self._path:
            if name != _ROOT:
                raise FormatError(offset, f"<{name[:64]}> where usage is expected")
            self._has_root = True
            found.end = found.time(self._number(attributes, "endTime"))
        elif len(found.events) + len(found.packages) >= _MAXIMUM_RECORDS:
            raise FormatError(offset, "too many records")
        elif self._path[1:] == ["event-log"] and name == "event":
            number = self._number(attributes, "type")
            if number is None:
                found.report(offset, "event without a type")
                return
            found.events.append(
                UsageEvent(
                    offset,
                    number,
                    found.time(self._number(attributes, "time")),
                    _text(attributes, "package"),
                    None,
                    _text(attributes, "class"),
                )
            )
        elif self._path[1:] == ["packages"] and name == "package":
            found.packages.append(
                PackageUsage(
                    offset,
                    _text(attributes, "package"),
                    None,
                    found.time(self._number(attributes, "lastTimeActive")),
                    found.time(self._number(attributes, "lastTimeVisible")),
                    self._number(attributes, "timeActive"),
                    self._number(attributes, "appLaunchCount"),
                )
            )

    def _number(self, attributes: dict[str, str], name: str) -> int | None:
        text = attributes.get(name)
        if text is None:
            return None
        if not _NUMBER.fullmatch(text):
            self._found.report(
                self._parser.CurrentByteIndex, f"attribute {name} is no number"
            )
            return None
        return int(text)


def _text(attributes: dict[str, str], name: str) -> str | None:
    return attributes.get(name, "")[:_MAXIMUM_TEXT] or None
