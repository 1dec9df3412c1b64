"""Writes single TL objects with given fields, of any layer.

Like `tl_writer` it takes the table as text and packs the values itself; flags are set
for the fields that are given.
"""

from __future__ import annotations

import functools
import struct
from typing import Any

from tests.builders import tl_writer
from tests.builders.tl_writer import FALSE, TRUE, VECTOR_ID, Row, string


@functools.cache
def row_of(number: int) -> Row:
    """Line of the table with a constructor id."""
    (found,) = [row for row in tl_writer.table() if row.number == number]
    return found


def make(constructor: str, **fields: Any) -> bytes:
    """A boxed object.

    Args:
        constructor: its id, hexadecimal.
        fields: values by name; nested objects as bytes that were made here, too. A
            field that must be there is zero or empty if it is not given. `flags` and
            `flags2` give bits that no field sets.
    """
    row = row_of(int(constructor, 16))
    known = {name for name, _, _ in row.fields}
    assert fields.keys() <= known, fields.keys() - known
    data = struct.pack("<I", row.number)
    for name, condition, type_name in row.fields:
        if type_name == "#":
            bits = fields.get(name, 0)
            for other, needed, _ in row.fields:
                decider, _, bit = needed.partition(".")
                value = fields.get(other)
                if decider == name and value is not None and value is not False:
                    bits |= 1 << int(bit)
            data += struct.pack("<I", bits)
        elif type_name != "true" and (not condition or fields.get(name) is not None):
            data += _pack(type_name, fields.get(name))
    return data


def _pack(type_name: str, value: Any) -> bytes:
    item = tl_writer.item_of(type_name)
    if item:
        items = [_pack(item, one) for one in value or ()]
        head = VECTOR_ID if type_name[0] == "V" else b""
        return head + struct.pack("<i", len(items)) + b"".join(items)
    if type_name in ("int", "long"):
        size = 4 if type_name == "int" else 8
        return int(value or 0).to_bytes(size, "little", signed=True)
    if type_name == "double":
        return struct.pack("<d", value or 0)
    if type_name == "Bool":
        return TRUE if value else FALSE
    if type_name in ("string", "bytes"):
        value = value or b""
        return string(value.encode() if isinstance(value, str) else value)
    assert isinstance(value, bytes), type_name
    return value


def user(number: int) -> bytes:
    """A peer of layer 133 and later: a user."""
    return make("59511722", user_id=number)


def group(number: int) -> bytes:
    """A peer of layer 133 and later: a basic group."""
    return make("36c6019a", chat_id=number)


def channel(number: int) -> bytes:
    """A peer of layer 133 and later: a channel or supergroup."""
    return make("a2a5371e", channel_id=number)


def old_user(number: int) -> bytes:
    """A peer of layers 8 to 132: a user."""
    return make("9db1bc6d", user_id=number)


EMPTY_MEDIA = make("3ded6320")
EMPTY_PHOTO_SIZE = make("0e17e23c")
