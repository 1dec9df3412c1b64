"""Text dumps of MTProto requests and answers in Telegram Desktop's mtp_*.txt.

Specification: formats/telegram_desktop.md section 6.2; the notation itself was read off
files of the real client (4.6.5). An entry is

    (dc:2_main) Send: { core_message
      msg_id: 7710764799920951912 [LONG],
      body: { messages_sendMessage
        peer: { inputPeerUser
          user_id: 6477001122 [LONG],
        },
        message: "text" [STRING],
      },
    } (dc:2,key:2786365641523671994)

and becomes a tree of objects. The number behind `key` is the id of the key that
encrypted it, normally a temporary one; `auth_bindTempAuthKey` names the permanent key.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

_FIRST_LINE: Final = re.compile(r"\(dc:([\w#-]*)\) (Send|Recv): (\{.*)")
_LAST_LINE: Final = re.compile(r"\} \(dc:(-?[0-9]+),key:(-?[0-9]{1,20})(?![0-9])")
_FIELD: Final = re.compile(r"(\w+): (.*)", re.DOTALL)
_OBJECT: Final = re.compile(r"\{ (\w+)")
# 64 bits; Python refuses to make a number of thousands of digits.
_NUMBER: Final = re.compile(r"(-?[0-9]{1,20}) \[(INT|LONG)\],?")
_STRING: Final = re.compile(r'"((?:[^"\\]|\\.)*)" \[STRING\],?', re.DOTALL)
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t"}
_MAXIMUM_DEPTH: Final = 64
_MASK_64: Final = (1 << 64) - 1


@dataclass(slots=True)
class DumpObject:
    """An object of the dump.

    Attributes:
        name: constructor or method, such as `messages_sendMessage`.
        fields: values by name; what the dump marks as skipped is missing.
        items: elements, if it is a vector (name "vector").
    """

    name: str
    fields: dict[str, Value] = field(default_factory=dict)
    items: list[Value] = field(default_factory=list)

    def number(self, name: str) -> int | None:
        """A number, None if there is none of that name."""
        value = self.fields.get(name)
        return value if type(value) is int else None

    def text(self, name: str) -> str | None:
        """A text, None if there is none of that name."""
        value = self.fields.get(name)
        return value if isinstance(value, str) else None

    def is_set(self, name: str) -> bool:
        """Whether a flag is set."""
        return self.fields.get(name) is True

    def child(self, name: str) -> DumpObject | None:
        """An object, None if there is none of that name."""
        value = self.fields.get(name)
        return value if isinstance(value, DumpObject) else None


Value = int | str | bool | DumpObject


@dataclass(frozen=True, slots=True)
class Dump:
    """A request or an answer.

    Attributes:
        connection: data center and purpose of the connection, such as "2_main".
        is_sent: True for a request, False for an answer.
        root: its content.
        key_id: id of the key that encrypted it, None if the dump is cut off.
        is_complete: False if the dump is cut off.
    """

    connection: str
    is_sent: bool
    root: DumpObject
    key_id: int | None
    is_complete: bool


def read_dump(text: str) -> Dump | None:
    """Reads an entry of the log, None if it is no request or answer."""
    lines = text.split("\n")
    match = _FIRST_LINE.match(lines[0])
    opening = _OBJECT.match(match[3]) if match else None
    if match is None or opening is None:
        return None
    root = DumpObject(opening[1])
    builder = _Builder(root)
    for line in lines[1:]:
        content = line.strip()
        ending = _LAST_LINE.match(content) if builder.is_at_root else None
        if ending:
            key_id = int(ending[2]) & _MASK_64
            return Dump(match[1], match[2] == "Send", root, key_id, True)
        builder.add(content)
    return Dump(match[1], match[2] == "Send", root, None, False)


class _Builder:
    """Builds the tree, line by line."""

    def __init__(self, root: DumpObject) -> None:
        self._stack = [root]
        # Objects that are open beyond the depth that is kept.
        self._beyond = 0

    @property
    def is_at_root(self) -> bool:
        """Whether only the root is open."""
        return len(self._stack) == 1 and not self._beyond

    def add(self, content: str) -> None:
        """Takes a line, without its indentation."""
        if content in ("}", "},", "]", "],"):
            if self._beyond:
                self._beyond -= 1
            elif len(self._stack) > 1:
                self._stack.pop()
            return
        name, value = "", content
        named = _FIELD.match(content)
        if named:
            name, value = named[1], named[2]
        opened = _opened(value)
        if opened is None:
            plain = None if self._beyond else _plain_value(value)
            if plain is not None:
                _add(self._stack[-1], name, plain)
            return
        is_closed = _is_closed(value)
        if self._beyond or len(self._stack) >= _MAXIMUM_DEPTH:
            self._beyond += not is_closed
            return
        _add(self._stack[-1], name, opened)
        if not is_closed:
            self._stack.append(opened)


def walk(root: DumpObject) -> Iterator[DumpObject]:
    """The object and all objects in it, in the order of the dump."""
    stack: list[DumpObject] = [root]
    while stack:
        current = stack.pop()
        yield current
        inner = [*current.fields.values(), *current.items]
        stack += [value for value in reversed(inner) if isinstance(value, DumpObject)]


def _opened(value: str) -> DumpObject | None:
    if value.startswith("[ vector<"):
        return DumpObject("vector")
    match = _OBJECT.match(value)
    return DumpObject(match[1]) if match else None


def _is_closed(value: str) -> bool:
    return value.rstrip(",").endswith((" }", ") ]"))


def _plain_value(value: str) -> Value | None:
    number = _NUMBER.fullmatch(value)
    if number:
        return int(number[1])
    text = _STRING.fullmatch(value)
    if text:
        return _ESCAPE.sub(lambda match: _ESCAPES.get(match[1], match[1]), text[1])
    return True if value.startswith("YES [") else None


def _add(parent: DumpObject, name: str, value: Value) -> None:
    if parent.name == "vector":
        parent.items.append(value)
    elif name:
        parent.fields[name] = value
