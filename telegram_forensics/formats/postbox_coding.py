"""Wire coding of Postbox, the storage of Telegram for iOS and native macOS.

Specification: formats/apple_postbox.md section 3 and the class table of section 19
(12.2 of December 2025; the coding has been the same since 2015). A value is a flat list
of entries up to the end of its bytes. Objects carry the hash of their class; a class
that the table (`data/postbox_classes.tsv`) does not have keeps its hash and its fields.

Damage costs as little as it can: what stands before it is kept, an object with wrong
bytes inside does not take its neighbours along, and each place is reported with its
offset. No length is believed before it was held against the bytes that are there, so
that time and memory grow with the size of the value only.
"""

from __future__ import annotations

import functools
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import resources
from typing import Any, Final, NamedTuple

from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.murmur3 import murmur3_32

# Byte offset within the value, and what is wrong there.
Problem = tuple[int, str]

ROOT_KEY: Final = "_"
_ROOT_HEAD: Final = b"\x01_\x05"

TYPE_INT32: Final = 0
TYPE_INT64: Final = 1
TYPE_BOOL: Final = 2
TYPE_DOUBLE: Final = 3
TYPE_STRING: Final = 4
TYPE_OBJECT: Final = 5
TYPE_INT32_ARRAY: Final = 6
TYPE_INT64_ARRAY: Final = 7
TYPE_OBJECT_ARRAY: Final = 8
TYPE_DICTIONARY: Final = 9
TYPE_BYTES: Final = 10
TYPE_NIL: Final = 11
TYPE_STRING_ARRAY: Final = 12
TYPE_BYTES_ARRAY: Final = 13

_MAXIMUM_DEPTH: Final = 64
_MAXIMUM_TIME: Final = 1 << 33
_OBJECT_HEAD: Final = 8
# Of one list that is handed over.
_MAXIMUM_PROBLEMS: Final = 1000

_INT32: Final = struct.Struct("<i")
_INT64: Final = struct.Struct("<q")
_DOUBLE: Final = struct.Struct("<d")
_HEAD: Final = struct.Struct("<ii")


class _Damage(Exception):
    """Nothing behind this place of the object at hand can be found.

    Attributes:
        offset: where that is.
        reason: why.
        partial: what was read of the value before, None if nothing was.
    """

    def __init__(self, offset: int, reason: str, partial: Any = None) -> None:
        super().__init__(reason)
        self.offset = offset
        self.partial = partial
        self.reason = reason


@dataclass(slots=True)
class PostboxObject:
    """An object.

    Attributes:
        type_hash: hash of its class, signed; 0 for a body without a wrapper.
        offset: where its body begins in the value.
        fields: values by key: int, bool, float, str, bytes, None, objects, lists of
            these, and for dictionaries lists of pairs of objects.
        is_complete: False if its entries could not be read up to its end.
    """

    type_hash: int
    offset: int = 0
    fields: dict[str, Any] = field(default_factory=dict)
    is_complete: bool = True

    @property
    def name(self) -> str | None:
        """Name of the class, None if the table does not have it."""
        return class_names().get(self.type_hash)

    @property
    def label(self) -> str:
        """Name of the class, or its hash."""
        return self.name or f"class 0x{self.type_hash & 0xFFFFFFFF:08x}"

    def integer(self, key: str) -> int | None:
        """An integer field, None if it is not there or no integer."""
        value = self.fields.get(key)
        # Newer decoders take either width, and a flag may be either kind.
        return int(value) if isinstance(value, int) else None

    def time(self, key: str) -> int | None:
        """Seconds since 1970, None if they are not there or no time of any client."""
        value = self.integer(key)
        return value if value is not None and 0 < value < _MAXIMUM_TIME else None

    def number(self, key: str) -> int | float | None:
        """A number, None if it is not there or none."""
        value = self.fields.get(key)
        return value if isinstance(value, int | float) else None

    def text(self, key: str) -> str | None:
        """A text, None if it is not there, empty, or no text."""
        value = self.fields.get(key)
        return value if isinstance(value, str) and value else None

    def data(self, key: str) -> bytes | None:
        """Bytes, None if they are not there."""
        value = self.fields.get(key)
        return value if isinstance(value, bytes) else None

    def object(self, key: str) -> PostboxObject | None:
        """An object, None if it is not there."""
        value = self.fields.get(key)
        return value if isinstance(value, PostboxObject) else None

    def objects(self, key: str) -> list[PostboxObject]:
        """The objects of an array; an empty array has another type."""
        value = self.fields.get(key)
        if not isinstance(value, list):
            return []
        return [item for item in value if isinstance(item, PostboxObject)]

    def numbers(self, key: str) -> list[int]:
        """The integers of an array."""
        value = self.fields.get(key)
        if not isinstance(value, list):
            return []
        return [item for item in value if isinstance(item, int)]

    def texts(self, key: str) -> list[str]:
        """The texts of an array."""
        value = self.fields.get(key)
        if not isinstance(value, list):
            return []
        return [item for item in value if isinstance(item, str)]


class PostboxClass(NamedTuple):
    """A class of the table.

    Attributes:
        name: Swift name without module.
        type_hash: its hash.
        group: what it belongs to.
        keys: letter of the stored type by key, empty where none is known.
    """

    name: str
    type_hash: int
    group: str
    keys: dict[str, str]


@functools.cache
def classes() -> dict[str, PostboxClass]:
    """The known classes by name."""
    source = resources.files("telegram_forensics") / "data" / "postbox_classes.tsv"
    found = {}
    for line in source.read_text("utf-8").splitlines()[1:]:
        name, type_hash, group, keys = line.split("\t")
        pairs = (key.rpartition(":") for key in keys.split())
        found[name] = PostboxClass(
            name, int(type_hash), group, {key: letter for key, _, letter in pairs}
        )
    return found


@functools.cache
def class_names() -> dict[int, str]:
    """Names of the known classes by hash."""
    return {item.type_hash: item.name for item in classes().values()}


def type_hash(name: str) -> int:
    """Hash of a class, signed."""
    return murmur3_32(name.encode())


def is_root(data: bytes) -> bool:
    """True if the bytes begin like a stored object."""
    return data[: len(_ROOT_HEAD)] == _ROOT_HEAD


def read_root(data: bytes, problems: list[Problem]) -> PostboxObject:
    """Reads a stored object: one entry with the key `_`.

    Args:
        data: the value.
        problems: gets what is wrong.

    Raises:
        FormatError: if it does not begin like one.
    """
    if not is_root(data):
        raise FormatError(0, "no stored object")
    head = len(_ROOT_HEAD)
    if len(data) < head + _OBJECT_HEAD:
        raise FormatError(len(data), "a stored object without its head")
    reader = _Reader(data, problems)
    try:
        found, end = reader.object(head, len(data), 0)
    except _Damage as damage:
        problems.append((damage.offset, damage.reason))
        found, end = damage.partial, len(data)
    if end < len(data):
        problems.append((end, f"{len(data) - end} bytes behind the stored object"))
    return found


def read_body(data: bytes, problems: list[Problem]) -> PostboxObject:
    """Reads entries without a wrapper, as `AdaptedPostboxEncoder` writes them."""
    found = PostboxObject(0)
    _Reader(data, problems).entries(found, 0, len(data), 0)
    return found


def read_either(data: bytes, problems: list[Problem]) -> PostboxObject:
    """Reads a stored object or, without the key `_`, a body."""
    if is_root(data) and len(data) >= len(_ROOT_HEAD) + _OBJECT_HEAD:
        return read_root(data, problems)
    return read_body(data, problems)


def walk(value: Any) -> Iterator[PostboxObject]:
    """All objects in a value, itself included."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, PostboxObject):
            yield item
            waiting.extend(reversed(item.fields.values()))
        elif isinstance(item, list | tuple):
            waiting.extend(reversed(item))


class _Reader:
    """Reads one value."""

    __slots__ = ("_data", "_problems")

    def __init__(self, data: bytes, problems: list[Problem]) -> None:
        self._data = data
        self._problems = problems

    def _report(self, problem: Problem) -> None:
        """Adds a problem; a value that is nothing but damage needs no more words."""
        if len(self._problems) < _MAXIMUM_PROBLEMS:
            self._problems.append(problem)

    def object(self, start: int, end: int, depth: int) -> tuple[PostboxObject, int]:
        """An object with its head, and the offset behind it."""
        if end - start < _OBJECT_HEAD:
            raise _Damage(start, "head of an object is cut off")
        type_hash, size = _HEAD.unpack_from(self._data, start)
        body = start + _OBJECT_HEAD
        found = PostboxObject(type_hash, body)
        if size < 0:
            found.is_complete = False
            raise _Damage(start + 4, f"object of {size} bytes", found)
        stop = body + size
        if stop > end:
            found.is_complete = False
            self._report((start + 4, f"object of {size} bytes, {end - body} are there"))
            stop = end
        if depth >= _MAXIMUM_DEPTH:
            found.is_complete = False
            self._report((body, f"more than {_MAXIMUM_DEPTH} nested objects"))
            return found, stop
        self.entries(found, body, stop, depth)
        return found, stop

    def entries(self, found: PostboxObject, start: int, end: int, depth: int) -> None:
        """Entries up to the end; damage ends this object only."""
        data, fields = self._data, found.fields
        offset = start
        while offset < end:
            entry = offset
            size = data[offset]
            place = offset + 1 + size
            if place >= end:
                found.is_complete = False
                self._report((entry, "entry is cut off"))
                return
            key = self._text(offset + 1, place)
            kind = data[place]
            reader = _READERS.get(kind)
            if reader is None:
                found.is_complete = False
                self._report((place, f"type {kind} of {key!r} does not exist"))
                return
            try:
                value, offset = reader(self, place + 1, end, depth)
            except _Damage as damage:
                found.is_complete = False
                self._report((damage.offset, f"{key!r}: {damage.reason}"))
                if damage.partial is not None:
                    fields.setdefault(key, damage.partial)
                return
            if key in fields:
                # The client takes the first one it comes across.
                self._report((entry, f"{key!r} is there twice"))
            else:
                fields[key] = value

    def _text(self, start: int, end: int) -> str:
        raw = self._data[start:end]
        try:
            return raw.decode()
        except UnicodeDecodeError as exception:
            self._report((start + exception.start, "text is not UTF-8"))
            return raw.decode("utf-8", "backslashreplace")

    def _size(self, start: int, end: int, unit: int) -> int:
        """A count or length that fits; `unit` is the least size of an item."""
        if end - start < 4:
            raise _Damage(start, "length is cut off")
        (size,) = _INT32.unpack_from(self._data, start)
        if size < 0 or size * unit > end - start - 4:
            raise _Damage(start, f"length {size} does not fit")
        return int(size)

    def int32(self, start: int, end: int, _: int) -> tuple[int, int]:
        """A 32-bit number."""
        if end - start < 4:
            raise _Damage(start, "number is cut off")
        return _INT32.unpack_from(self._data, start)[0], start + 4

    def int64(self, start: int, end: int, _: int) -> tuple[int, int]:
        """A 64-bit number."""
        if end - start < 8:
            raise _Damage(start, "number is cut off")
        return _INT64.unpack_from(self._data, start)[0], start + 8

    def flag(self, start: int, end: int, _: int) -> tuple[bool, int]:
        """A flag."""
        if end - start < 1:
            raise _Damage(start, "flag is cut off")
        return self._data[start] != 0, start + 1

    def double(self, start: int, end: int, _: int) -> tuple[float, int]:
        """A floating point number."""
        if end - start < 8:
            raise _Damage(start, "number is cut off")
        return _DOUBLE.unpack_from(self._data, start)[0], start + 8

    def string(self, start: int, end: int, _: int) -> tuple[str, int]:
        """A text."""
        stop = start + 4 + self._size(start, end, 1)
        return self._text(start + 4, stop), stop

    def blob(self, start: int, end: int, _: int) -> tuple[bytes, int]:
        """Bytes."""
        stop = start + 4 + self._size(start, end, 1)
        return bytes(self._data[start + 4 : stop]), stop

    def nil(self, start: int, _end: int, _: int) -> tuple[None, int]:
        """Nothing."""
        return None, start

    def int32_array(self, start: int, end: int, _: int) -> tuple[list[int], int]:
        """32-bit numbers; an empty array of anything, too."""
        count = self._size(start, end, 4)
        found = struct.unpack_from(f"<{count}i", self._data, start + 4)
        return list(found), start + 4 + 4 * count

    def int64_array(self, start: int, end: int, _: int) -> tuple[list[int], int]:
        """64-bit numbers."""
        count = self._size(start, end, 8)
        found = struct.unpack_from(f"<{count}q", self._data, start + 4)
        return list(found), start + 4 + 8 * count

    def nested(self, start: int, end: int, depth: int) -> tuple[PostboxObject, int]:
        """An object in an object."""
        return self.object(start, end, depth + 1)

    def object_array(
        self, start: int, end: int, depth: int
    ) -> tuple[list[PostboxObject], int]:
        """Objects; those before damage are kept."""
        count = self._size(start, end, _OBJECT_HEAD)
        return self._items(count, start + 4, end, depth, self.nested)

    def dictionary(
        self, start: int, end: int, depth: int
    ) -> tuple[list[tuple[PostboxObject, PostboxObject]], int]:
        """Pairs of objects."""
        count = self._size(start, end, 2 * _OBJECT_HEAD)
        try:
            found, stop = self._items(2 * count, start + 4, end, depth, self.nested)
        except _Damage as damage:
            damage.partial = _pairs(damage.partial)
            raise
        return _pairs(found), stop

    def string_array(self, start: int, end: int, depth: int) -> tuple[list[str], int]:
        """Texts."""
        count = self._size(start, end, 4)
        return self._items(count, start + 4, end, depth, self.string)

    def bytes_array(self, start: int, end: int, depth: int) -> tuple[list[bytes], int]:
        """Byte strings."""
        count = self._size(start, end, 4)
        return self._items(count, start + 4, end, depth, self.blob)

    def _items(
        self, count: int, start: int, end: int, depth: int, read: Any
    ) -> tuple[list[Any], int]:
        found: list[Any] = []
        offset = start
        for number in range(count):
            try:
                item, offset = read(offset, end, depth)
            except _Damage as damage:
                if damage.partial is not None:
                    found.append(damage.partial)
                reason = f"item {number} of {count}: {damage.reason}"
                raise _Damage(damage.offset, reason, found) from damage
            found.append(item)
        return found, offset


def _pairs(items: list[Any]) -> list[tuple[Any, Any]]:
    return list(zip(items[::2], items[1::2], strict=False))


_READERS: Final[dict[int, Any]] = {
    TYPE_INT32: _Reader.int32,
    TYPE_INT64: _Reader.int64,
    TYPE_BOOL: _Reader.flag,
    TYPE_DOUBLE: _Reader.double,
    TYPE_STRING: _Reader.string,
    TYPE_OBJECT: _Reader.nested,
    TYPE_INT32_ARRAY: _Reader.int32_array,
    TYPE_INT64_ARRAY: _Reader.int64_array,
    TYPE_OBJECT_ARRAY: _Reader.object_array,
    TYPE_DICTIONARY: _Reader.dictionary,
    TYPE_BYTES: _Reader.blob,
    TYPE_NIL: _Reader.nil,
    TYPE_STRING_ARRAY: _Reader.string_array,
    TYPE_BYTES_ARRAY: _Reader.bytes_array,
}
