"""Decoded TL objects, and the error that says why one could not be decoded."""

from __future__ import annotations

from typing import Any

from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.tl_schema import TLConstructor


class TLError(FormatError):
    """The bytes are no TL value of the expected type, or only its beginning.

    Attributes:
        offset: byte offset, within the data, of what could not be read.
        reason: what is wrong there, in words.
        constructor_id: the id that no constructor is known for, None if something
            else is wrong.
        partial: what was decoded before: of an object, the object with the fields
            read so far (nested ones may be incomplete too), of a vector, the items, of
            a string, its beginning; None if nothing was.
    """

    def __init__(
        self,
        offset: int,
        reason: str,
        constructor_id: int | None = None,
        partial: Any = None,
    ) -> None:
        super().__init__(offset, reason)
        self.constructor_id = constructor_id
        self.partial = partial


class TLObject:
    """An object as it was stored.

    Its fields are read like items of a mapping: `message["date"]`,
    `message.get("media")`, `"media" in message`. Fields that were not stored are
    absent. Values: int (`int` and `long` signed, `#` unsigned), float, str, bytes
    (`int128` and `int256` too), bool, `TLObject`, and lists of these. A flag of type
    `true` is True where it is set and absent where it is not.

    Attributes:
        constructor: name, type, layers and fields of its constructor.
        offset: byte offset of its constructor id within the data that was decoded (of
            its first field, if it was stored bare).
        end: byte offset behind its last field; of an incomplete object, behind the last
            field that was decoded.
        fields: values by name, in no particular order.
    """

    __slots__ = (
        "_damaged_text",
        "_incomplete",
        "constructor",
        "end",
        "fields",
        "offset",
    )

    constructor: TLConstructor
    offset: int
    end: int
    fields: dict[str, Any]
    # Set only where there is something to say: objects are made by the thousand.
    _damaged_text: tuple[int, ...]
    _incomplete: bool

    def __init__(
        self, constructor: TLConstructor, offset: int, end: int, fields: dict[str, Any]
    ) -> None:
        self.constructor = constructor
        self.offset = offset
        self.end = end
        self.fields = fields

    @property
    def name(self) -> str:
        """Name of the constructor, e.g. `messageMediaPhoto`."""
        return self.constructor.name

    @property
    def constructor_id(self) -> int:
        """Id of the constructor."""
        return self.constructor.constructor_id

    @property
    def result_type(self) -> str:
        """Type of the object, e.g. `MessageMedia`."""
        return self.constructor.result_type

    @property
    def first_layer(self) -> int | None:
        """First layer that has the constructor, None if none has."""
        return self.constructor.first_layer

    @property
    def last_layer(self) -> int | None:
        """Last known layer that has the constructor, None if none has."""
        return self.constructor.last_layer

    @property
    def damaged_text(self) -> tuple[int, ...]:
        """Byte offsets of strings in it, nested ones included, that are damaged.

        They are not UTF-8 (each wrong byte stands as `\\xNN` in the value) or cut off.
        """
        return getattr(self, "_damaged_text", ())

    @property
    def is_incomplete(self) -> bool:
        """True if reading stopped in it: fields may be missing."""
        return getattr(self, "_incomplete", False)

    def mark(self, damaged_text: tuple[int, ...], is_incomplete: bool) -> None:
        """Notes damage; for readers."""
        if damaged_text:
            self._damaged_text = damaged_text
        if is_incomplete:
            self._incomplete = True

    def get(self, name: str, default: Any = None) -> Any:
        """Value of a field, `default` if it was not stored."""
        return self.fields.get(name, default)

    def __getitem__(self, name: str) -> Any:
        return self.fields[name]

    def __contains__(self, name: object) -> bool:
        return name in self.fields

    def __repr__(self) -> str:
        # Without values: they may be keys.
        return f"<{self.name} {self.constructor_id:08x} at 0x{self.offset:x}>"

    def to_dict(self) -> dict[str, Any]:
        """All fields and, as `_`, the name; objects nested, bytes as hexadecimal."""
        return {"_": self.name, **{k: _plain(v) for k, v in self.fields.items()}}


def _plain(value: Any) -> Any:
    if isinstance(value, TLObject):
        return value.to_dict()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value
