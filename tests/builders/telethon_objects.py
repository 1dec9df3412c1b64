"""Random objects of telethon, an implementation of TL that is not ours.

What a class needs is taken from its own serializer and the annotations of its
constructor, not from our table.
"""

from __future__ import annotations

import datetime
import functools
import inspect
import random
import re
import zlib
from dataclasses import dataclass, field
from typing import Any

from telethon.tl import alltlobjects
from telethon.tl.tlobject import TLRequest

_DEEP = 4
_TEXTS = ("", "a", "Привет", "Zoë 🙂", "x" * 253, "ж" * 127, "long " * 60)
# A field of a flag's line: name and bit. Fields that share a bit come together.
_FLAG = re.compile(r"self\.(\w+) is None(?: or self\.\w+ is False)? else (\d+)\)")
_WIDTHS = {"i": 32, "q": 64}
SPACES = {
    f"{module.rpartition('.')[2]}."
    for module in {one.__module__ for one in alltlobjects.tlobjects.values()}
    if module.startswith("telethon.tl.types.")
}
# Where a type with a namespace has the name of one without.
_IN_NAMESPACE = {
    ("LoginTokenSuccess", "Authorization"): "auth.",
    ("SentCodeSuccess", "Authorization"): "auth.",
    ("UpdateNewStickerSet", "StickerSet"): "messages.",
}


@dataclass
class Shape:
    """What a class of telethon is made of.

    Attributes:
        cls: the class.
        groups: names of optional fields that are stored together or not at all.
        codes: `i`, `q`, or bits of a long integer, by name of the field.
        kinds: annotation without Optional, by name of the field.
        bools: fields that are a Bool and have bytes of their own, as a flag has not.
    """

    cls: Any
    groups: list[list[str]] = field(default_factory=list)
    codes: dict[str, str] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    bools: set[str] = field(default_factory=set)


@functools.cache
def classes() -> list[Any]:
    """All classes of objects, not of requests."""
    found = []
    for cls in alltlobjects.tlobjects.values():
        if not issubclass(cls, TLRequest):
            # Some are replaced by friendlier ones; the original has the fields.
            found.append(next(one for one in cls.__mro__ if "_bytes" in vars(one)))
    return found


@functools.cache
def shape(cls: Any) -> Shape:
    """Finds out what a class is made of."""
    result = Shape(cls)
    groups: dict[tuple[int, int], list[str]] = {}
    lines = inspect.getsource(cls._bytes).splitlines()
    for number, line in enumerate(lines):
        if "struct.pack('<I'," in line and "self." in line:
            for name, mask in _FLAG.findall(line):
                groups.setdefault((number, int(mask)), []).append(name)
            continue
        if match := re.search(r"if self\.(\w+) else b'7", line):
            result.bools.add(match[1])
        elif match := re.search(r"self\.(\w+)\.to_bytes\((\d+)", line):
            result.codes[match[1]] = str(int(match[2]) * 8)
        elif match := re.search(
            r"struct\.pack\('<(\w)', (?:self\.(\w+)\)|x\) for x in self\.(\w+))", line
        ):
            result.codes[match[2] or match[3]] = match[1]
    result.groups = list(groups.values())
    if "__init__" not in vars(cls):
        return result
    for name, parameter in inspect.signature(cls.__init__).parameters.items():
        if name != "self":
            text = str(parameter.annotation).replace("typing.", "")
            text = re.sub(r"ForwardRef\('([\w.]+)'\)", r"\1", text)
            text = re.sub(r"<class '([\w.]+)'>", r"\1", text)
            result.kinds[name] = re.sub(r"^Optional\[(.*)\]$", r"\1", text)
    return result


@functools.cache
def members(owner: str, annotation: str) -> tuple[Any, ...]:
    """The classes of a type.

    Args:
        owner: name of the class that has a field of the type.
        annotation: the type as annotated, which leaves out the namespace.
    """
    name = annotation.removeprefix("Type").removeprefix("types.Type")
    spaces = ["", *sorted(SPACES)]
    if (owner, name) in _IN_NAMESPACE:
        spaces = [_IN_NAMESPACE[owner, name]]
    for space in spaces:
        # telethon marks a class with the CRC32 of its type's name.
        number = zlib.crc32(f"{space}{name}".encode())
        found = tuple(one for one in classes() if number == one.SUBCLASS_OF_ID)
        if found:
            return found
    # Named as in TL: a constructor, stored bare.
    plain = name.replace("_", "").lower()
    return tuple(one for one in classes() if one.__name__.lower() == plain)


def item_of(kind: str) -> str:
    """Annotation of the items of a list, "" for anything else."""
    return kind[len("List[") : -1] if kind.startswith("List[") else ""


@functools.cache
def height(cls: Any, level: int = 0) -> int:
    """Levels of objects that a class needs at least; 99 if more than some."""
    if level > 8:
        return 99
    made = shape(cls)
    optional = {name for group in made.groups for name in group}
    needed = [
        min(height(one, level + 1) for one in members(cls.__name__, kind))
        for name, kind in made.kinds.items()
        if name not in optional and kind.startswith("Type")
    ]
    return 1 + max(needed, default=0)


class Maker:
    """Makes objects; the same seed gives the same ones."""

    def __init__(self, seed: int | str) -> None:
        self.random = random.Random(seed)

    def object(
        self, cls: Any, chance: float = 0.5, depth: int = 0
    ) -> tuple[Any, dict[str, Any]]:
        """An object of a class.

        Args:
            cls: the class.
            chance: how many of its optional fields are there, 0 to 1.
            depth: level of the object, 0 for the outermost.

        Returns:
            the object, and its fields by telethon's names; `_` is its constructor id.
        """
        made = shape(cls)
        left_out = {
            name
            for group in made.groups
            if depth > _DEEP or self.random.random() >= chance
            for name in group
        }
        arguments: dict[str, Any] = {}
        expected: dict[str, Any] = {"_": cls.CONSTRUCTOR_ID}
        optional = {name for group in made.groups for name in group}
        for name, kind in made.kinds.items():
            if name in left_out:
                arguments[name] = None
            elif kind == "bool" and name in optional and name not in made.bools:
                arguments[name] = expected[name] = True
            else:
                arguments[name], expected[name] = self._value(made, name, kind, depth)
        return cls(**arguments), expected

    def _value(self, made: Shape, name: str, kind: str, depth: int) -> tuple[Any, Any]:
        item = item_of(kind)
        if item:
            count = 0 if depth > _DEEP else self.random.randrange(3)
            pairs = [self._value(made, name, item, depth) for _ in range(count)]
            return [made_one for made_one, _ in pairs], [plain for _, plain in pairs]
        if kind.startswith("Type"):
            found = members(made.cls.__name__, kind)
            if depth >= _DEEP:
                least = min(height(one) for one in found)
                found = tuple(one for one in found if height(one) == least)
            return self.object(self.random.choice(found), depth=depth + 1)
        value = self._plain(made.codes.get(name, ""), kind)
        if kind == "datetime.datetime":
            return datetime.datetime.fromtimestamp(value, datetime.timezone.utc), value
        if kind == "int" and made.codes[name] not in _WIDTHS:
            bits = int(made.codes[name])
            return value, value.to_bytes(bits // 8, "little", signed=True).hex()
        return value, value.hex() if kind == "bytes" else value

    def _plain(self, code: str, kind: str) -> Any:
        choose = self.random.choice
        if kind == "int":
            bits = _WIDTHS.get(code) or int(code)
            small = self.random.getrandbits(bits - 1)
            return choose((0, -1, 2 ** (bits - 1) - 1, -(2 ** (bits - 1)), small))
        return {
            "datetime.datetime": lambda: self.random.randrange(2**31),
            "str": lambda: choose(_TEXTS),
            "bytes": lambda: self.random.randbytes(choose((0, 1, 3, 253, 254, 300))),
            "float": lambda: choose((0.0, -1.5, 52.520008)),
            "bool": lambda: choose((True, False)),
        }[kind]()
