"""What readers of serialized JavaScript values share: objects, depth, damage.

V8 (`browser_v8_value`) and WebKit (`browser_webkit_value`) number the objects of a
value in the order in which they begin, and name those that came before by their number.
What cannot be read ends the reading; what stands in front of it is kept.
"""

from __future__ import annotations

from typing import Any, Final

from telegram_forensics.formats.browser_values import (
    CONTAINER_WEIGHT,
    MAXIMUM_DEPTH,
    UNDEFINED,
    JsMap,
    JsSet,
)
from telegram_forensics.formats.errors import FormatError, Issue

# Stands for a value of which nothing can be read.
MISSING: Final = object()


class ValueReader:
    """Reads a value; a format adds its tags."""

    # Tags behind the last item of a map and of a set.
    _MAP_END: int
    _SET_END: int
    # Bytes between the tag of an object and the place that errors name.
    _TAG_SIZE = 0

    def __init__(self, data: bytes, maximum: int) -> None:
        self._data = data
        self._position = 0
        self._left = maximum
        self._depth = 0
        self._objects: list[Any] = []
        # Numbers of the objects that are being read.
        self._open: set[int] = set()
        self._is_stopped = False
        self._issues: list[Issue] = []
        self._version = 0

    def _value(self) -> Any:
        """Reads a value, `MISSING` if nothing of it can be read."""
        raise NotImplementedError

    def _peek(self) -> int:
        """The next tag, -1 at the end; nothing is taken."""
        raise NotImplementedError

    def _end_of_items(self) -> None:
        """Takes what stands behind the items of a map or set."""
        raise NotImplementedError

    def _stop(self, exception: FormatError) -> None:
        if not self._is_stopped:
            self._is_stopped = True
            self._issues.append(Issue("", exception.offset, exception.reason))

    def _bytes(self, size: int) -> bytes:
        start = self._position
        if size > len(self._data) - start:
            raise FormatError(
                start, f"{size} bytes announced, {len(self._data) - start} are left"
            )
        self._position = start + size
        return self._data[start : start + size]

    def _add(self, value: Any) -> Any:
        self._objects.append(value)
        return value

    def _enter(self, value: Any) -> int:
        """Begins an object that holds others; returns its number."""
        self._depth += 1
        if self._depth > MAXIMUM_DEPTH:
            self._depth -= 1
            raise FormatError(
                self._position - self._TAG_SIZE, "objects are nested too deep"
            )
        number = len(self._objects)
        self._objects.append(value)
        self._open.add(number)
        self._left -= CONTAINER_WEIGHT
        return number

    def _leave(self, number: int) -> None:
        self._depth -= 1
        self._open.discard(number)

    def _map(self) -> JsMap:
        value = JsMap()
        number = self._enter(value)
        while self._peek() != self._MAP_END and not self._is_stopped:
            key = self._value()
            item = MISSING if self._is_stopped else self._value()
            if key is not MISSING:
                value.entries.append((key, UNDEFINED if item is MISSING else item))
        self._end_of_items()
        self._leave(number)
        return value

    def _set(self) -> JsSet:
        value = JsSet()
        number = self._enter(value)
        while self._peek() != self._SET_END and not self._is_stopped:
            item = self._value()
            if item is not MISSING:
                value.items.append(item)
        self._end_of_items()
        self._leave(number)
        return value

    def _report_extra(self, items: dict[str, Any], start: int) -> None:
        """Notes properties of an array that have no place in a list."""
        if items:
            names = ", ".join(list(items)[:5])
            self._issues.append(
                Issue("", start, f"properties of an array are left out: {names:.200}")
            )
