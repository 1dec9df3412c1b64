"""The TL constructors that stored Telegram objects are made of.

Specification: formats/android.md section 4. A client writes an object with the
constructor that was current that day and does not rewrite it later, so one database
mixes the layers of many years. The table (`data/tl_schema.tsv`, made by
`tools/build_tl_schema.py`) therefore holds every constructor of layers 8 to 229 of the
types that clients store, and those that only the Android client writes; a constructor
is looked up by its id, never by a version.

The table is read when the first constructor is asked for, its lines are parsed one by
one as they are needed.
"""

from __future__ import annotations

import functools
import importlib.resources
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

TABLE_COLUMNS: Final = (
    "id_hex",
    "name",
    "result_type",
    "origin",
    "first",
    "last",
    "fields",
)
ORIGINS: Final = ("layer", "private", "pre_release", "pre_release_unverified")

_PRIMITIVES: Final = {
    "#": 4,
    "int": 4,
    "long": 8,
    "double": 8,
    "int128": 16,
    "int256": 32,
    "string": 4,
    "bytes": 4,
    "Bool": 4,
    "true": 0,
}
_ANY_TYPES: Final = frozenset({"Object", "X", "!X"})
_VECTOR: Final = re.compile(r"([Vv])ector<(.+)>")
_TYPE_NAME: Final = re.compile(r"%?(?:\w+\.)?[A-Za-z]\w*")
_FIELD: Final = re.compile(r"(\w+):(?:(\w+)(?:\.(\d{1,2}))?\?)?([^?\s]+)")
_MAXIMUM_VECTOR_LEVELS: Final = 4
# The client gave one id to two constructors. The message stands in every table of
# messages, the other one only where its type is asked for (`secret_holes.data`).
_TYPE_OF_DOUBLED_ID: Final = {0x555555F9: "Message"}


class TLSchemaError(ValueError):
    """A table or type that this module cannot make sense of. Never about evidence."""


@dataclass(frozen=True, slots=True)
class TLType:
    """A type as a field names it.

    Attributes:
        kind: `#`, `int`, `long`, `double`, `int128`, `int256`, `string`, `bytes`,
            `Bool`, `true`, or `boxed` (constructor id and fields), `bare` (fields
            alone), `any` (boxed, of any type), `vector` (with id), `bare_vector`.
        name: what the table says, without a leading %.
        item: type of the items of a vector, else None.
    """

    kind: str
    name: str
    item: TLType | None = None


@dataclass(frozen=True, slots=True)
class TLField:
    """A field of a constructor.

    Attributes:
        name: as the table says.
        type: what stands there.
        condition: name of the field that decides whether this one is there, None if
            it always is.
        bit: number of the deciding bit, None if the deciding field is a Bool.
    """

    name: str
    type: TLType
    condition: str | None = None
    bit: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class TLConstructor:
    """A constructor: one layout of one type.

    Attributes:
        constructor_id: the number in front of a boxed object.
        name: e.g. `messageMediaPhoto`; several layouts may share it.
        result_type: e.g. `MessageMedia`.
        origin: `layer` (of Telegram's published layers), `private` (only the Android
            client writes it), `pre_release` (never in a published layer) or
            `pre_release_unverified` (its id is not the CRC32 of its line either).
        first, last: layers between which it was seen, as the table says; year and
            month for all but `layer`, empty if still current.
        fields: in the order in which they are stored.
    """

    constructor_id: int
    name: str
    result_type: str
    origin: str
    first: str
    last: str
    fields: tuple[TLField, ...]

    @property
    def first_layer(self) -> int | None:
        """First layer that has it, None if it is of no layer."""
        return int(self.first) if self.origin == "layer" else None

    @property
    def last_layer(self) -> int | None:
        """Last layer that has it, None if it is of no layer."""
        return int(self.last) if self.origin == "layer" else None

    @property
    def minimum_size(self) -> int:
        """Smallest number of bytes of its fields, without the constructor id."""
        return sum(minimum_size(f.type) for f in self.fields if f.condition is None)

    @property
    def holds_objects(self) -> bool:
        """True if other objects can be nested in it."""
        return any(_holds_objects(field.type) for field in self.fields)


def parse_type(text: str, levels: int = 0) -> TLType:
    """Parses a type, e.g. `long`, `Vector<MessageEntity>`, `%Message`.

    Raises:
        TLSchemaError: if it is no type.
    """
    if text in _PRIMITIVES:
        return TLType(text, text)
    if text in _ANY_TYPES:
        return TLType("any", text)
    if match := _VECTOR.fullmatch(text):
        if levels >= _MAXIMUM_VECTOR_LEVELS:
            raise TLSchemaError(f"{text} is nested too deeply")
        item = parse_type(match[2], levels + 1)
        if item.kind == "true":
            raise TLSchemaError(f"{text}: its items have no size")
        return TLType("vector" if match[1] == "V" else "bare_vector", text, item)
    if not _TYPE_NAME.fullmatch(text):
        raise TLSchemaError(f"{text!r} is no type")
    # As TL defines it: a constructor's name (lower case) or a % mean a bare value.
    is_bare = text.startswith("%") or text.rpartition(".")[2][0].islower()
    return TLType("bare" if is_bare else "boxed", text.removeprefix("%"))


def parse_fields(text: str) -> tuple[TLField, ...]:
    """Parses fields, `name:type` or `name:condition?type`, parted by single spaces.

    Raises:
        TLSchemaError: if one of them does not follow the syntax, stands twice, or
            depends on something that does not stand before it.
    """
    fields: dict[str, TLField] = {}
    for part in text.split(" ") if text else ():
        match = _FIELD.fullmatch(part)
        if match is None:
            raise TLSchemaError(f"{part!r} is no field")
        name, condition, bit, type_text = match.groups()
        field = TLField(
            name, parse_type(type_text), condition, int(bit) if bit else None
        )
        if name in fields:
            raise TLSchemaError(f"field {name} stands twice")
        if condition is None:
            if field.type.kind == "true":
                raise TLSchemaError(f"{part!r} depends on nothing")
        else:
            decider = fields.get(condition)
            needed = "Bool" if bit is None else "#"
            if decider is None or decider.type.kind != needed or decider.condition:
                raise TLSchemaError(f"{part!r}: no {needed} {condition} before it")
            if field.bit is not None and field.bit > 31:
                raise TLSchemaError(f"{part!r}: there is no such bit")
        fields[name] = field
    return tuple(fields.values())


def parse_row(line: str) -> TLConstructor:
    """Parses a line of the table.

    Raises:
        TLSchemaError: if it does not follow the format.
    """
    columns = line.split("\t")
    if len(columns) != len(TABLE_COLUMNS):
        raise TLSchemaError(f"{line[:60]!r} has {len(columns)} columns")
    id_hex, name, result_type, origin, first, last, fields = columns
    if not re.fullmatch("[0-9a-f]{8}", id_hex):
        raise TLSchemaError(f"{id_hex!r} is no constructor id")
    if origin not in ORIGINS:
        raise TLSchemaError(f"{id_hex}: origin {origin!r} is unknown")
    if origin == "layer" and not (first.isdecimal() and last.isdecimal()):
        raise TLSchemaError(f"{id_hex}: {first!r} to {last!r} are no layers")
    try:
        parsed = parse_fields(fields)
    except TLSchemaError as exception:
        raise TLSchemaError(f"{id_hex} {name}: {exception}") from exception
    return TLConstructor(
        int(id_hex, 16), name, result_type, origin, first, last, parsed
    )


class TLSchema:
    """A table of constructors.

    Iterating gives all of them, in the order of the table.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        """Takes a table without parsing its lines.

        Args:
            lines: the table's lines, the headline first.

        Raises:
            TLSchemaError: if the headline is another one.
        """
        iterator = iter(lines)
        if tuple(next(iterator, "").split("\t")) != TABLE_COLUMNS:
            raise TLSchemaError("the table has another headline")
        # One line, or what has been parsed of it, per constructor of the id.
        self._lines: dict[int, list[str]] = {}
        self._parsed: dict[int, tuple[TLConstructor, ...]] = {}
        self._bare: dict[str, TLConstructor] = {}
        for line in iterator:
            self._lines.setdefault(int(line[:8], 16), []).append(line)

    def __len__(self) -> int:
        return sum(map(len, self._lines.values()))

    def __iter__(self) -> Iterator[TLConstructor]:
        for constructor_id in self._lines:
            yield from self.constructors(constructor_id)

    def constructors(self, constructor_id: int) -> tuple[TLConstructor, ...]:
        """All constructors with an id: none, one, or (555555f9) two."""
        parsed = self._parsed.get(constructor_id)
        if parsed is None:
            lines = self._lines.get(constructor_id)
            if lines is None:
                return ()
            parsed = tuple(map(parse_row, lines))
            self._parsed[constructor_id] = parsed
        return parsed

    def find(
        self, constructor_id: int, result_type: str | None = None
    ) -> TLConstructor | None:
        """Looks a constructor up.

        Args:
            constructor_id: its id.
            result_type: type it must have, None for any.

        Returns:
            the constructor, None if there is none with that id and type.
        """
        found = self.constructors(constructor_id)
        wanted = result_type
        if wanted is None and len(found) > 1:
            wanted = _TYPE_OF_DOUBLED_ID.get(constructor_id)
        for constructor in found:
            if wanted is None or constructor.result_type == wanted:
                return constructor
        return None

    def bare(self, name: str) -> TLConstructor:
        """The constructor that a bare type means: its only one, by either name.

        Raises:
            TLSchemaError: if several or none are called that.
        """
        constructor = self._bare.get(name)
        if constructor is None:
            found = [one for one in self if name in (one.name, one.result_type)]
            if len(found) != 1:
                count = len(found)
                raise TLSchemaError(f"{count} constructors for the bare type {name}")
            constructor = self._bare[name] = found[0]
        return constructor


@functools.cache
def schema() -> TLSchema:
    """The table of this package, read once in each process."""
    package = importlib.resources.files("telegram_forensics")
    text = (package / "data" / "tl_schema.tsv").read_text("utf-8")
    return TLSchema(text.splitlines())


def minimum_size(tl_type: TLType) -> int:
    """Smallest number of bytes that a value takes; of a bare object's, its fields'."""
    if tl_type.kind == "bare":
        return schema().bare(tl_type.name).minimum_size
    if tl_type.kind == "vector":
        return 8
    return _PRIMITIVES.get(tl_type.kind, 4)


def _holds_objects(tl_type: TLType) -> bool:
    if tl_type.item is not None:
        return _holds_objects(tl_type.item)
    return tl_type.kind in ("boxed", "bare", "any")
