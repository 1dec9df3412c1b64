"""Values that a web page stored, as the decoders of the browsers' formats give them.

Objects are dicts (integer keys as text, as JavaScript sees them), arrays lists, strings
str (halves of a pair alone stay), numbers int or float, big integers int, array buffers
bytes. What Python has no type for is one of the classes here. A value that stands in
two places is the same Python object in both; inside itself it is a `JsReference`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from telegram_forensics.formats.errors import Issue

MAXIMUM_VALUES: Final = 2_500_000
"""Values inside one value; a state of 20 MB has about 1.5 million."""

CONTAINER_WEIGHT: Final = 3
"""An object or list takes the memory of so many values more."""

MAXIMUM_DEPTH: Final = 100
"""Objects inside objects."""


class JsUndefined:
    """The value undefined; there is one, `UNDEFINED`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "undefined"

    def __bool__(self) -> bool:
        return False


class JsHole:
    """An element that an array does not have; there is one, `HOLE`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "hole"

    def __bool__(self) -> bool:
        return False


UNDEFINED: Final = JsUndefined()
HOLE: Final = JsHole()


@dataclass(frozen=True, slots=True)
class JsDate:
    """A point in time.

    Attributes:
        milliseconds: since 1970-01-01 UTC; not a number for an invalid date.
    """

    milliseconds: float

    @property
    def microseconds(self) -> int | None:
        """Since 1970-01-01 UTC, None for an invalid date."""
        # The range of JavaScript.
        if not abs(self.milliseconds) <= 8.64e15:
            return None
        return round(self.milliseconds * 1000)


@dataclass(frozen=True, slots=True)
class JsRegExp:
    """A regular expression.

    Attributes:
        pattern: its text.
        flags: bits, whose meaning depends on the browser.
    """

    pattern: str
    flags: int


@dataclass(slots=True)
class JsError:
    """An error object; what is not stored is None.

    Attributes:
        name: of its class, e.g. "TypeError".
        message: its text.
        stack: where it arose.
        cause: value that it arose from.
    """

    name: str
    message: Any = None
    stack: Any = None
    cause: Any = None


@dataclass(slots=True)
class JsMap:
    """A map.

    Attributes:
        entries: (key, value) in the order in which they were put in.
    """

    entries: list[tuple[Any, Any]] = field(default_factory=list)


@dataclass(slots=True)
class JsSet:
    """A set.

    Attributes:
        items: in the order in which they were put in.
    """

    items: list[Any] = field(default_factory=list)


@dataclass(slots=True)
class JsTypedArray:
    """A view of an array buffer.

    Attributes:
        kind: e.g. "Uint8Array" or "DataView".
        buffer: the whole buffer.
        offset: byte offset of the view.
        length: bytes of the view.
        flags: bit 0: the length follows the buffer; bit 1: the buffer is resizable.
    """

    kind: str
    buffer: bytes
    offset: int
    length: int
    flags: int = 0

    @property
    def data(self) -> bytes:
        """The bytes of the view."""
        return self.buffer[self.offset : self.offset + self.length]


@dataclass(slots=True)
class JsHost:
    """An object of the browser, not of JavaScript.

    Attributes:
        kind: e.g. "Blob", "File", "CryptoKey", "SharedArrayBuffer".
        detail: what is stored of it, by name.
    """

    kind: str
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class JsReference:
    """Stands for a value inside of itself.

    Attributes:
        number: of the object in the stored value, from 0.
    """

    number: int


@dataclass(slots=True)
class DecodedValue:
    """What a decoder made of the bytes.

    Attributes:
        value: the value, as far as it goes; `UNDEFINED` if there is none.
        is_complete: it was read to its end.
        issues: what is wrong; offsets are in the bytes that were given.
        end: byte offset behind what was read.
        version: of the format; None if it is not stored.
        host_version: of the browser's part (Blink), None if it is not stored.
    """

    value: Any
    is_complete: bool
    issues: list[Issue]
    end: int
    version: int | None = None
    host_version: int | None = None


def as_bytes(value: Any) -> bytes | None:
    """Bytes of a buffer, a view or an array of numbers 0 to 255, else None."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, JsTypedArray):
        return value.data
    if isinstance(value, list) and all(
        isinstance(item, (int, float)) and 0 <= item <= 255 and item == int(item)
        for item in value
    ):
        return bytes(int(item) for item in value)
    return None
