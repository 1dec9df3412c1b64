"""Everything that telethon writes is read as telethon meant it.

telethon's classes are made from Telegram's published schema of layer 229, by other
people and without our table.
"""

from __future__ import annotations

from typing import Any

import pytest

from telegram_forensics.formats.tl_object import TLObject
from telegram_forensics.formats.tl_reader import read_object
from telegram_forensics.formats.tl_schema import schema

telethon_objects = pytest.importorskip("tests.builders.telethon_objects")

# How many of the optional fields are there.
CHANCES = (1.0, 0.0, 0.5, 0.5)
# Words of Python's that telethon does not use as names.
RENAMED = {"self": "is_self", "from": "from_"}


def plain(value: Any) -> Any:
    """A value as the maker describes it: ids for names, no numbers of flags."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, bytes):
        return value.hex()
    if not isinstance(value, TLObject):
        return value
    flags = {one.name for one in value.constructor.fields if one.type.kind == "#"}
    fields = {
        RENAMED.get(name, name): plain(field)
        for name, field in value.fields.items()
        if name not in flags
    }
    return {"_": value.constructor_id, **fields}


def known_classes() -> list[Any]:
    """The classes whose constructors are in our table."""
    return [
        cls for cls in telethon_objects.classes() if schema().find(cls.CONSTRUCTOR_ID)
    ]


def test_names() -> None:
    """Names of constructors are telethon's, which writes them in Python's way."""
    for cls in known_classes():
        constructor = schema().find(cls.CONSTRUCTOR_ID)
        assert constructor is not None
        name = constructor.name.rpartition(".")[2]
        assert name.replace("_", "").lower() == cls.__name__.lower()


def test_everything_telethon_writes() -> None:
    """All 1117 classes with random fields, nested objects and flags."""
    maker = telethon_objects.Maker("telethon")
    classes = known_classes()
    assert len(classes) == 1117
    differing = []
    for cls in classes:
        for chance in CHANCES:
            made, expected = maker.object(cls, chance)
            data = bytes(made)
            found = read_object(data)
            if plain(found) != expected or found.end != len(data):
                differing.append((cls.__name__, expected, found.to_dict()))
    assert differing == []


def test_current_layer_is_complete() -> None:
    """Each type of the table that telethon knows is there with all constructors."""
    ours = {one.constructor_id: one.result_type for one in schema()}
    types: dict[int, set[str]] = {}
    for cls in telethon_objects.classes():
        if cls.CONSTRUCTOR_ID in ours:
            names = types.setdefault(cls.SUBCLASS_OF_ID, set())
            names.add(ours[cls.CONSTRUCTOR_ID])
    assert len(types) > 300
    # One type of theirs is one type of ours.
    assert [names for names in types.values() if len(names) != 1] == []
    missing = [
        cls.__name__
        for cls in telethon_objects.classes()
        if cls.SUBCLASS_OF_ID in types and cls.CONSTRUCTOR_ID not in ours
    ]
    assert missing == []
