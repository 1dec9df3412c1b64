"""Fast readers of TL objects: one Python function per constructor, made on first use.

Specification: formats/android.md section 4.1. A function is written for the fields of
its constructor as Python source: neighbouring numbers are read by one `struct` call,
there is no loop over fields and no call per string. They read sound objects only. What
is not sound ends in one of `UNSOUND`, and `tl_checked` reads it again and says what is
wrong; an object that is accepted may still end behind the data, which the caller must
check.
"""

from __future__ import annotations

import functools
import struct
from collections.abc import Callable
from typing import Any, Final

from telegram_forensics.formats.tl_checked import (
    FALSE_ID,
    MAXIMUM_DEPTH,
    NUMBERS,
    TRUE_ID,
    VECTOR_ID,
)
from telegram_forensics.formats.tl_object import TLObject
from telegram_forensics.formats.tl_schema import (
    TLConstructor,
    TLField,
    TLType,
    minimum_size,
    schema,
)

UNSOUND: Final = (struct.error, LookupError, ValueError)
"""What readers raise for bytes that they do not accept."""

ObjectReader = Callable[[bytes, int, int], TLObject]
"""Data, offset behind the constructor id, level of the object."""
ValueReader = Callable[[bytes, int, int], tuple[Any, int]]
"""Data, offset, level; gives the value and the offset behind it."""

_CODES: Final = {"#": "I", "int": "i", "long": "q", "double": "d"}
_BOOLS: Final = {TRUE_ID: True, FALSE_ID: False}
_UINT32: Final = struct.Struct("<I").unpack_from
_TWO_UINT32: Final = struct.Struct("<II").unpack_from


class ReadersOfType(dict[int, ObjectReader]):
    """The readers of the constructors of one type, by constructor id.

    An id that does not belong to the type is a KeyError.

    Attributes:
        result_type: the type, None for any.
    """

    def __init__(self, result_type: str | None) -> None:
        super().__init__()
        self.result_type = result_type

    def __missing__(self, constructor_id: int) -> ObjectReader:
        constructor = schema().find(constructor_id, self.result_type)
        if constructor is None:
            raise KeyError(constructor_id)
        reader = self[constructor_id] = object_reader(constructor)
        return reader


@functools.cache
def readers_of_type(result_type: str | None) -> ReadersOfType:
    """The readers of one type, or of any."""
    return ReadersOfType(result_type)


@functools.cache
def object_reader(constructor: TLConstructor, is_bare: bool = False) -> ObjectReader:
    """Makes the reader of a constructor's fields."""
    return _Writer(constructor, is_bare).function()


@functools.cache
def vector_reader(tl_type: TLType) -> ValueReader:
    """Makes the reader of a vector type."""
    item_type = tl_type.item
    assert item_type is not None
    size = minimum_size(item_type)
    head = _vector_head if tl_type.kind == "vector" else _bare_vector_head
    code = _CODES.get(item_type.kind)
    if code is not None:

        def read_numbers(data: bytes, offset: int, _: int) -> tuple[Any, int]:
            count, offset = head(data, offset, size)
            values = struct.unpack_from(f"<{count}{code}", data, offset)
            return list(values), offset + count * size

        return read_numbers
    if item_type.kind in ("boxed", "any"):
        readers = _readers(item_type)

        def read_objects(data: bytes, offset: int, depth: int) -> tuple[Any, int]:
            count, offset = head(data, offset, 4)
            items = []
            for _ in range(count):
                item = readers[_UINT32(data, offset)[0]](data, offset + 4, depth)
                items.append(item)
                offset = item.end
            return items, offset

        return read_objects
    read_item = value_reader(item_type)

    def read_values(data: bytes, offset: int, depth: int) -> tuple[Any, int]:
        count, offset = head(data, offset, size)
        items = []
        for _ in range(count):
            item, offset = read_item(data, offset, depth)
            items.append(item)
        return items, offset

    return read_values


def value_reader(tl_type: TLType) -> ValueReader:
    """Makes the reader of any type but numbers, `true` and boxed objects."""
    kind = tl_type.kind
    if kind in ("vector", "bare_vector"):
        return vector_reader(tl_type)
    if kind == "bare":
        read_object = object_reader(schema().bare(tl_type.name), True)

        def read_bare(data: bytes, offset: int, depth: int) -> tuple[Any, int]:
            item = read_object(data, offset, depth)
            return item, item.end

        return read_bare
    return {"string": _text, "bytes": _raw, "Bool": _bool}.get(kind) or _fixed(kind)


def _readers(tl_type: TLType) -> ReadersOfType:
    return readers_of_type(None if tl_type.kind == "any" else tl_type.name)


def _vector_head(data: bytes, offset: int, item_size: int) -> tuple[int, int]:
    number, count = _TWO_UINT32(data, offset)
    if number != VECTOR_ID or count * item_size > len(data) - offset - 8:
        raise ValueError
    return count, offset + 8


def _bare_vector_head(data: bytes, offset: int, item_size: int) -> tuple[int, int]:
    count = _UINT32(data, offset)[0]
    if count * item_size > len(data) - offset - 4:
        raise ValueError
    return count, offset + 4


def _raw(data: bytes, offset: int, _: int = 0) -> tuple[bytes, int]:
    size = data[offset]
    if size < 254:
        return data[offset + 1 : offset + 1 + size], offset + (size & -4) + 4
    return _long_raw(data, offset)


def _long_raw(data: bytes, offset: int) -> tuple[bytes, int]:
    head = _UINT32(data, offset)[0]
    if head & 0xFF != 254:
        raise ValueError
    size = head >> 8
    offset += 4
    return data[offset : offset + size], offset + (size + 3 & -4)


def _text(data: bytes, offset: int, _: int = 0) -> tuple[str, int]:
    content, offset = _raw(data, offset)
    return content.decode(), offset


def _long_text(data: bytes, offset: int) -> tuple[str, int]:
    content, offset = _long_raw(data, offset)
    return content.decode(), offset


def _bool(data: bytes, offset: int, _: int = 0) -> tuple[bool, int]:
    return _BOOLS[_UINT32(data, offset)[0]], offset + 4


def _fixed(kind: str) -> ValueReader:
    layout = NUMBERS.get(kind) or struct.Struct(
        {"int128": "16s", "int256": "32s"}[kind]
    )

    def read(data: bytes, offset: int, _: int) -> tuple[Any, int]:
        return layout.unpack_from(data, offset)[0], offset + layout.size

    return read


class _Writer:
    """Writes the source of one reader.

    Its variables: `d` data, `p` offset, `l` level of nested objects, `f` fields, `vN`
    field N, `oN` object N, `cN` constructor id or Bool N.
    """

    def __init__(self, constructor: TLConstructor, is_bare: bool) -> None:
        self.constructor = constructor
        self.is_bare = is_bare
        self.lines: list[str] = []
        self.names: dict[str, Any] = {
            "constructor": constructor,
            "TLObject": TLObject,
            "bools": _BOOLS,
            "long_raw": _long_raw,
            "long_text": _long_text,
        }
        self.indent = 1
        # Variables of the fields that later ones depend on.
        self.deciders: dict[str, str] = {}
        # What the next struct call reads: targets and codes.
        self.targets: list[str] = []
        self.codes: list[str] = []
        # Lines to write behind it.
        self.after: list[str] = []
        # Flags that can be looked at once their number has been read.
        self.flags: list[TLField] = []

    def function(self) -> ObjectReader:
        """Writes and compiles the reader."""
        start = "p" if self.is_bare else "p - 4"
        self.line(f"s = {start}")
        if self.constructor.holds_objects:
            self.line(f"if l > {MAXIMUM_DEPTH}: raise ValueError")
            self.line("l += 1")
        self.line("f = {}")
        condition: tuple[str | None, int | None] = (None, None)
        for number, field in enumerate(self.constructor.fields):
            if field.type.kind == "true":
                self.flags.append(field)
                continue
            if (field.condition, field.bit) != condition:
                self.flush()
                self.indent = 1
                condition = (field.condition, field.bit)
                if field.condition is not None:
                    self.line(f"if {self.test(field)}:")
                    self.indent = 2
            self.field(number, field)
        self.flush()
        self.indent = 1
        self.flush_flags()
        self.line("return TLObject(constructor, s, p, f)")
        source = "\n".join(["def read(d, p, l):", *self.lines])
        name = f"<TL {self.constructor.name} {self.constructor.constructor_id:08x}>"
        exec(compile(source, name, "exec"), self.names)
        reader: ObjectReader = self.names["read"]
        return reader

    def line(self, text: str) -> None:
        self.lines.append("    " * self.indent + text)

    def test(self, field: TLField) -> str:
        """An expression that is true if a field with a condition is stored."""
        assert field.condition is not None
        decider = self.deciders[field.condition]
        return decider if field.bit is None else f"{decider} & {1 << field.bit}"

    def fixed(self, target: str, code: str) -> None:
        """Adds a value to the next struct call."""
        self.targets.append(target)
        self.codes.append(code)

    def flush(self) -> None:
        """Writes the struct call for the values collected so far."""
        if self.codes:
            codes = "".join(self.codes)
            layout = struct.Struct(f"<{codes}")
            name = self.bind(f"unpack_{codes}", layout.unpack_from)
            self.line(f"{', '.join(self.targets)}, = {name}(d, p)")
            self.line(f"p += {layout.size}")
            for text in self.after:
                self.line(text)
            self.targets, self.codes, self.after = [], [], []
        if self.indent == 1:
            self.flush_flags()

    def flush_flags(self) -> None:
        """Writes the flags of type `true` whose numbers have been read."""
        masks: dict[str, int] = {}
        for field in self.flags:
            decider = self.deciders[field.condition or ""]
            masks[decider] = masks.get(decider, 0) | 1 << (field.bit or 0)
        for decider, mask in masks.items():
            # Most objects have none of them set.
            self.line(f"if {decider} & {mask}:")
            self.indent += 1
            for field in self.flags:
                if self.deciders[field.condition or ""] == decider:
                    self.line(f"if {self.test(field)}: f[{field.name!r}] = True")
            self.indent -= 1
        self.flags = []

    def bind(self, name: str, value: Any) -> str:
        """Makes a value known to the function, under a name that is a Python one."""
        self.names[name] = value
        return name

    def field(self, number: int, field: TLField) -> None:
        """Writes the reading of one field, its condition aside."""
        kind = field.type.kind
        target = f"f[{field.name!r}]"
        if kind == "#":
            self.deciders[field.name] = f"v{number}"
            self.fixed(f"v{number}", "I")
            self.after.append(f"{target} = v{number}")
        elif kind in _CODES:
            self.fixed(target, _CODES[kind])
        elif kind in ("int128", "int256"):
            self.fixed(target, "16s" if kind == "int128" else "32s")
        elif kind == "Bool":
            self.deciders[field.name] = f"v{number}"
            self.fixed(f"c{number}", "I")
            self.after.append(f"{target} = v{number} = bools[c{number}]")
        elif kind in ("boxed", "any"):
            readers = self.bind(f"readers{number}", _readers(field.type))
            self.fixed(f"c{number}", "I")
            self.flush()
            self.line(f"{target} = o = {readers}[c{number}](d, p, l)")
            self.line("p = o.end")
        elif kind in ("string", "bytes"):
            self.flush()
            self.string(target, kind)
        else:
            self.flush()
            reader = self.bind(f"reader{number}", value_reader(field.type))
            level = "l" if self.constructor.holds_objects else "0"
            self.line(f"{target}, p = {reader}(d, p, {level})")

    def string(self, target: str, kind: str) -> None:
        """Writes the reading of a string, short ones without a call."""
        decode = ".decode()" if kind == "string" else ""
        long_reader = "long_text" if kind == "string" else "long_raw"
        self.line("n = d[p]")
        self.line("if n < 254:")
        self.line(f"    {target} = d[p + 1:p + 1 + n]{decode}")
        self.line("    p += (n & -4) + 4")
        self.line("else:")
        self.line(f"    {target}, p = {long_reader}(d, p)")


def read_boxed(data: bytes, offset: int, result_type: str | None) -> TLObject:
    """Reads a sound object; raises one of `UNSOUND` otherwise."""
    number = _UINT32(data, offset)[0]
    return readers_of_type(result_type)[number](data, offset + 4, 1)


def read_vector(data: bytes, offset: int, tl_type: TLType) -> tuple[list[Any], int]:
    """Reads a sound vector; raises one of `UNSOUND` otherwise."""
    values, end = vector_reader(tl_type)(data, offset, 1)
    return values, end
