"""Objects of Telegram's schema as Web K stores them: JavaScript objects.

Specification: formats/telegram_web.md section 6.2. The name of the constructor stands
in `_`, flags that are set in `pFlags`. JavaScript has no 64-bit numbers: identifiers
stand as floating point numbers or as text. What they are turned into is the same as a
client of binary objects gives, so that the readers of the schema serve for both.
"""

from __future__ import annotations

import functools
from typing import Any, Final

from telegram_forensics.formats.telegram_web_values import read_number
from telegram_forensics.formats.tl_object import TLObject
from telegram_forensics.formats.tl_schema import TLConstructor, TLType, schema

_MAXIMUM_DEPTH: Final = 40
_MAXIMUM_ITEMS: Final = 10_000


def to_object(value: Any, depth: int = 0) -> TLObject | None:
    """Turns a JavaScript object into one of the schema.

    Args:
        value: dictionary with `_`.

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
        fields.update({key: True for key, item in flags.items() if item is True})
    for key, item in value.items():
        if key in ("_", "pFlags", "flags"):
            continue
        found = _convert(item, types.get(key), depth + 1)
        if found is not None:
            fields[key] = found
    return TLObject(constructor, 0, 0, fields)


_MESSAGES: Final = frozenset({"message", "messageService"})


def _convert(value: Any, kind: TLType | None, depth: int) -> Any:
    if isinstance(value, dict):
        return to_object(value, depth)
    if isinstance(value, list):
        item = kind.item if kind is not None else None
        found = [_convert(part, item, depth + 1) for part in value[:_MAXIMUM_ITEMS]]
        return [part for part in found if part is not None]
    if isinstance(value, str | float):
        return _scalar(value, kind.kind if kind is not None else None)
    return value if isinstance(value, bool | int | bytes) else None


def _scalar(value: str | float, kind: str | None) -> Any:
    """A text or floating point number, which may stand for a whole number."""
    whole = read_number(value)
    if isinstance(value, str):
        return whole if kind in ("int", "long") else value
    return value if whole is None or kind == "double" else whole


@functools.lru_cache(maxsize=4096)
def _constructor(name: str) -> tuple[TLConstructor, dict[str, TLType]]:
    """Newest layout of a name, and the types of the fields of all layouts."""
    layouts = _layouts().get(name, [])
    types: dict[str, TLType] = {}
    for layout in layouts:
        for item in layout.fields:
            types[item.name] = item.type
    if layouts:
        return layouts[-1], types
    # One of a later layer: named, so that nothing is lost.
    return TLConstructor(0, name, "", "private", "", "", ()), types


@functools.cache
def _layouts() -> dict[str, list[TLConstructor]]:
    found: dict[str, list[TLConstructor]] = {}
    for constructor in schema():
        found.setdefault(constructor.name, []).append(constructor)
    for layouts in found.values():
        layouts.sort(key=lambda item: item.last_layer or 0)
    return found
