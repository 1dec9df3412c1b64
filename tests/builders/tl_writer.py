"""Writes TL objects with random values, from the table of constructors.

Made independently of the reader: the table is taken as text, its fields are taken apart
with string methods, values are packed one by one.
"""

from __future__ import annotations

import csv
import functools
import random
import struct
from dataclasses import dataclass
from typing import Any

from tests import helpers

TABLE = helpers.REPOSITORY / "telegram_forensics" / "data" / "tl_schema.tsv"
VECTOR_ID = bytes.fromhex("15c4b51c")
TRUE = bytes.fromhex("b5757299")
FALSE = bytes.fromhex("379779bc")
TEXTS = ("", "a", "Привет", "Zoë 🙂", "\x00", "x" * 253, "ж" * 127, "long " * 70)
MODES = ("on", "off", "random")
_DEEP = 3


@dataclass(frozen=True)
class Row:
    """A line of the table.

    Attributes:
        number: constructor id.
        name, type_name: of the constructor.
        fields: name, condition ("" if none) and type of each field.
    """

    number: int
    name: str
    type_name: str
    fields: tuple[tuple[str, str, str], ...]


@functools.cache
def table() -> tuple[Row, ...]:
    """All lines of the table."""
    rows = []
    with TABLE.open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            fields = []
            for part in line["fields"].split():
                name, _, rest = part.partition(":")
                condition, _, type_name = rest.rpartition("?")
                fields.append((name, condition, type_name))
            number = int(line["id_hex"], 16)
            rows.append(Row(number, line["name"], line["result_type"], tuple(fields)))
    return tuple(rows)


def rows_of(type_name: str) -> list[Row]:
    """The constructors of a type, or those of a bare name."""
    return [row for row in table() if type_name in (row.type_name, row.name)]


def item_of(type_name: str) -> str:
    """Type of the items of a vector, "" for any other type."""
    is_vector = type_name[1:].startswith("ector<")
    return type_name[len("Vector<") : -1] if is_vector else ""


@functools.cache
def heights() -> dict[str, int]:
    """Levels of objects that a type needs at least, by name of the type."""
    found: dict[str, int] = {}
    is_new = True
    while is_new:
        is_new = False
        for row in table():
            needed = [
                type_name
                for _, condition, type_name in row.fields
                if not condition and type_name[0].isupper() and not item_of(type_name)
                if type_name != "Bool"
            ]
            if all(name in found for name in needed):
                height = 1 + max((found[name] for name in needed), default=0)
                if height < found.get(row.type_name, 1000):
                    found[row.type_name] = height
                    is_new = True
    return found


class TLWriter:
    """Writes objects; the same seed gives the same objects."""

    def __init__(self, seed: int | str) -> None:
        self.random = random.Random(seed)

    def object(self, row: Row, mode: str) -> tuple[bytes, dict[str, Any]]:
        """A boxed object with all optional fields, none, or some of them.

        Returns:
            its bytes, and its fields as the reader's `to_dict` must give them.
        """
        data, fields = self._fields(row, mode, 0)
        return struct.pack("<I", row.number) + data, fields

    def _fields(self, row: Row, mode: str, depth: int) -> tuple[bytes, dict[str, Any]]:
        values: dict[str, Any] = {"_": row.name}
        data = b""
        for name, condition, type_name in row.fields:
            if condition:
                decider, dot, bit = condition.partition(".")
                present = values[decider]
                if dot:
                    present = present & 2 ** int(bit)
                if not present:
                    continue
            if type_name == "true":
                values[name] = True
            elif type_name == "#":
                values[name] = self._flags(row, name, mode)
                data += struct.pack("<I", values[name])
            else:
                packed, values[name] = self._value(type_name, mode, depth)
                data += packed
        return data, values

    def _flags(self, row: Row, name: str, mode: str) -> int:
        if mode == "off":
            return 0
        used = 0
        for _, condition, _ in row.fields:
            decider, dot, bit = condition.partition(".")
            if dot and decider == name:
                used |= 2 ** int(bit)
        # At random, bits that mean nothing are set too.
        return used if mode == "on" else self.random.getrandbits(32)

    def _value(self, type_name: str, mode: str, depth: int) -> tuple[bytes, Any]:
        item = item_of(type_name)
        if item:
            count = 1 if mode == "on" else self.random.randrange(0, 3)
            if depth > _DEEP:
                count = 0
            pairs = [self._value(item, mode, depth) for _ in range(count)]
            head = VECTOR_ID if type_name[0] == "V" else b""
            body = b"".join(packed for packed, _ in pairs)
            return head + struct.pack("<i", count) + body, [value for _, value in pairs]
        if type_name in ("int", "long", "double", "int128", "int256"):
            return self._number(type_name)
        if type_name == "Bool":
            value = mode == "on" or (mode == "random" and self.random.random() < 0.5)
            return (TRUE if value else FALSE), value
        if type_name == "string":
            text = self.random.choice(TEXTS)
            return string(text.encode()), text
        if type_name == "bytes":
            raw = self.random.randbytes(
                self.random.choice((0, 1, 3, 16, 253, 254, 300))
            )
            return string(raw), raw.hex()
        return self._nested(type_name, mode, depth + 1)

    def _number(self, type_name: str) -> tuple[bytes, Any]:
        if type_name == "double":
            number = self.random.choice((0.0, -1.5, 52.520008, 1e300))
            return struct.pack("<d", number), number
        if type_name.startswith("int") and type_name != "int":
            raw = self.random.randbytes(int(type_name[3:]) // 8)
            return raw, raw.hex()
        bits = 32 if type_name == "int" else 64
        value = self.random.choice(
            (
                0,
                -1,
                2 ** (bits - 1) - 1,
                -(2 ** (bits - 1)),
                self.random.getrandbits(31),
            )
        )
        return value.to_bytes(bits // 8, "little", signed=True), value

    def _nested(
        self, type_name: str, mode: str, depth: int
    ) -> tuple[bytes, dict[str, Any]]:
        rows = rows_of(type_name)
        is_bare = type_name.rpartition(".")[2][0].islower()
        if depth >= _DEEP:
            mode = "off"
            least = heights()[rows[0].type_name]
            rows = [row for row in rows if self._height(row) == least]
        row = self.random.choice(rows)
        data, values = self._fields(row, mode, depth)
        return (data if is_bare else struct.pack("<I", row.number) + data), values

    def _height(self, row: Row) -> int:
        needed = [
            heights()[type_name]
            for _, condition, type_name in row.fields
            if not condition and type_name in heights() and type_name != "Bool"
        ]
        return 1 + max(needed, default=0)


def string(content: bytes) -> bytes:
    """A TL string or byte string."""
    if len(content) < 254:
        head = bytes([len(content)])
    else:
        head = b"\xfe" + len(content).to_bytes(3, "little")
    whole = head + content
    return whole + bytes(-len(whole) % 4)
