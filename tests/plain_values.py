"""Decoded values of browsers as JSON has them, to be compared."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

from telegram_forensics.formats.browser_values import (
    MAXIMUM_DEPTH,
    MAXIMUM_VALUES,
    JsDate,
    JsError,
    JsHost,
    JsMap,
    JsReference,
    JsRegExp,
    JsSet,
    JsTypedArray,
)


def to_plain(value: Any, maximum: int = MAXIMUM_VALUES) -> Any:
    """A copy of dicts, lists, str, numbers, bool and None alone, as for JSON.

    Bytes become hexadecimal text, undefined and holes None, dates milliseconds, maps
    lists of pairs, sets lists, other objects dicts with "_kind". A value that stands in
    several places is copied for each.

    Args:
        value: a decoded value.
        maximum: how many values are copied; those behind become None.
    """
    left = [maximum]
    return _plain(value, left, 0)


def _plain(value: Any, left: list[int], depth: int) -> Any:
    left[0] -= 1
    if left[0] < 0 or depth > 2 * MAXIMUM_DEPTH:
        return None
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, dict):
        copy = {}
        for key, item in value.items():
            if left[0] <= 0:
                break
            copy[key] = _plain(item, left, depth + 1)
        return copy
    if isinstance(value, (list, JsSet, JsMap)):
        return _plain_items(value, left, depth + 1)
    method = _PLAIN.get(type(value))
    return None if method is None else method(value, left, depth + 1)


def _plain_items(
    value: list[Any] | JsSet | JsMap, left: list[int], depth: int
) -> list[Any]:
    items: list[Any] = []
    source: Any = value
    if isinstance(value, JsMap):
        source = (list(entry) for entry in value.entries)
    elif isinstance(value, JsSet):
        source = value.items
    for item in source:
        if left[0] <= 0:
            break
        items.append(_plain(item, left, depth))
    return items


def _plain_bytes(value: Any, left: list[int], depth: int) -> Any:
    data = value if isinstance(value, bytes) else value.data
    # As many as there are values left: many views may show one buffer.
    left[0] -= len(data) // 8
    return data.hex() if left[0] >= 0 else None


def _plain_error(value: JsError, left: list[int], depth: int) -> dict[str, Any]:
    parts = {"message": value.message, "stack": value.stack, "cause": value.cause}
    return {"_kind": value.name, **(_plain(parts, left, depth) or {})}


_PLAIN: Final[dict[type, Callable[[Any, list[int], int], Any]]] = {
    bytes: _plain_bytes,
    JsTypedArray: _plain_bytes,
    JsDate: lambda value, left, depth: _plain(value.milliseconds, left, depth),
    JsError: _plain_error,
    JsHost: lambda value, left, depth: {
        "_kind": value.kind,
        **(_plain(value.detail, left, depth) or {}),
    },
    JsRegExp: lambda value, left, depth: {
        "_kind": "RegExp",
        "pattern": value.pattern,
        "flags": value.flags,
    },
    JsReference: lambda value, left, depth: {
        "_kind": "reference",
        "number": value.number,
    },
}
