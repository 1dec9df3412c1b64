"""Objects of Telegram's schema as Web K stores them: JavaScript objects.

Specification: formats/telegram_web.md section 6.2. The name of the constructor stands
in `_`, flags that are set in `pFlags`. JavaScript has no 64-bit numbers: identifiers
stand as floating point numbers or as text. What they are turned into is the same as a
client of binary objects gives, so that the readers of the schema serve for both.

A binary object cannot have a value of another type than its schema says; a JavaScript
object of damaged storage can. So a value that does not fit its type is left out, and so
is what a known constructor does not have: Web K's own notes beside the message.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, Final

from telegram_forensics.formats.browser_values import as_bytes
from telegram_forensics.formats.telegram_web_values import clean_text, read_number
from telegram_forensics.formats.tl_object import TLObject
from telegram_forensics.formats.tl_schema import TLConstructor, TLType, schema

_MAXIMUM_DEPTH: Final = 40
_MAXIMUM_ITEMS: Final = 10_000
_MESSAGES: Final = frozenset({"message", "messageService"})
_VECTORS: Final = frozenset({"vector", "bare_vector"})
_OBJECTS: Final = frozenset({"boxed", "bare", "any"})
_BYTES: Final = frozenset({"bytes", "int128", "int256"})
_FLAGS: Final = frozenset({"flags", "flags2", "pFlags", "_"})


def to_object(value: Any, depth: int = 0) -> TLObject | None:
    """Turns a JavaScript object into one of the schema.

    Args:
        value: dictionary with `_`.
        depth: how many objects it lies in.

    Returns:
        The object, None if it is none, or lies too deep.
    """
    if not isinstance(value, dict) or depth > _MAXIMUM_DEPTH:
        return None
    name = value.get("_")
    if not isinstance(name, str) or not name:
        return None
    constructor, types = _constructor(name)
    fields: dict[str, Any] = {}
    flags = value.get("pFlags")
    if isinstance(flags, dict):
        if name in _MESSAGES:
            fields["out"] = False
        else:
            # Readers of chats take it as the mark that flags were stored at all.
            fields["flags"] = 0
        for key, item in flags.items():
            kind = types.get(key)
            if item is True and key not in _FLAGS and _is_flag(kind):
                fields[key] = True
    for key, item in value.items():
        kind = types.get(key)
        if kind is None or key in _FLAGS or kind.kind == "true":
            continue
        found = _convert(item, kind, depth + 1)
        if found is not None:
            fields[key] = found
    return TLObject(constructor, 0, 0, fields)


def _is_flag(kind: TLType | None) -> bool:
    return kind is not None and kind.kind in ("true", "Bool")


def _convert(value: Any, kind: TLType, depth: int) -> Any:
    """A value of a type, None if it is none of it."""
    if kind.kind in _OBJECTS:
        found: Any = to_object(value, depth)
        is_any = found is None or kind.kind == "any" or not found.result_type
        if not is_any and found.result_type != kind.name:
            found = None
    elif kind.kind in _VECTORS:
        found = None
        if isinstance(value, list) and kind.item is not None:
            parts = (
                _convert(part, kind.item, depth + 1) for part in value[:_MAXIMUM_ITEMS]
            )
            found = [part for part in parts if part is not None]
    elif kind.kind in _BYTES:
        found = as_bytes(value)
    elif kind.kind == "Bool":
        found = value if isinstance(value, bool) else None
    elif kind.kind == "string":
        found = clean_text(value) if isinstance(value, str) else None
    else:
        found = _number(value, kind.kind)
    return found


def _number(value: Any, kind: str) -> Any:
    """A number; identifiers may stand as text."""
    if kind == "double":
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return float(value) if is_number and abs(value) < 1e300 else None
    whole = read_number(value)
    if kind == "long":
        return whole
    return whole if whole is not None and -(2**31) <= whole < 2**32 else None


@functools.lru_cache(maxsize=4096)
def _constructor(name: str) -> tuple[TLConstructor, Mapping[str, TLType]]:
    """Newest layout of a name, and the types of the fields of all layouts."""
    layouts = _layouts().get(name, [])
    if not layouts:
        # One of a later layer: named, so that nothing is lost. Its fields mean what
        # those of the same name mean elsewhere.
        return TLConstructor(0, name, "", "private", "", "", ()), _all_types()
    types: dict[str, TLType] = {}
    for layout in layouts:
        for item in layout.fields:
            types[item.name] = item.type
    return layouts[-1], types


@functools.cache
def _layouts() -> dict[str, list[TLConstructor]]:
    found: dict[str, list[TLConstructor]] = {}
    for constructor in schema():
        found.setdefault(constructor.name, []).append(constructor)
    for layouts in found.values():
        layouts.sort(key=lambda item: item.last_layer or 0)
    return found


@functools.cache
def _all_types() -> dict[str, TLType]:
    return {
        item.name: item.type for constructor in schema() for item in constructor.fields
    }
