"""Tests of Postbox's wire coding: round trips, damage, bounds (section 3)."""

from __future__ import annotations

import math
import random
import struct
import time
import tracemalloc
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.postbox_coding import (
    PostboxObject,
    Problem,
    classes,
    is_root,
    read_body,
    read_either,
    read_root,
    walk,
)
from tests.builders import postbox as write
from tests.formats import test_postbox_vectors as vectors

INT32 = st.integers(-(1 << 31), (1 << 31) - 1)
INT64 = st.integers(-(1 << 63), (1 << 63) - 1)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
KEY = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


def values(objects: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Entries of every type: letter and value."""
    return st.one_of(
        st.tuples(st.just("i"), INT32),
        st.tuples(st.just("q"), INT64),
        st.tuples(st.just("b"), st.booleans()),
        st.tuples(st.just("d"), st.floats()),
        st.tuples(st.just("s"), TEXT),
        st.tuples(st.just("o"), objects),
        st.tuples(st.just("I"), st.lists(INT32, max_size=4)),
        st.tuples(st.just("Q"), st.lists(INT64, max_size=4)),
        st.tuples(st.just("O"), st.lists(objects, max_size=3)),
        st.tuples(st.just("D"), st.lists(st.tuples(objects, objects), max_size=2)),
        st.tuples(st.just("x"), st.binary(max_size=20)),
        st.tuples(st.just("n"), st.none()),
        st.tuples(st.just("S"), st.lists(TEXT, max_size=3)),
        st.tuples(st.just("X"), st.lists(st.binary(max_size=5), max_size=3)),
    )


def make(entries: dict[str, tuple[str, Any]], kind: int) -> write.Obj:
    """An object to be written."""
    return write.Obj(
        kind, {f"{key}:{letter}": item for key, (letter, item) in entries.items()}
    )


OBJECTS = st.recursive(
    st.builds(write.Obj, INT32, st.just({})),
    lambda inner: st.builds(
        make, st.dictionaries(KEY, values(inner), max_size=5), INT32
    ),
    max_leaves=8,
)


def meant(value: Any) -> Any:
    """What a written value is to come out as."""
    if isinstance(value, write.Obj):
        return {
            "hash": value.type_hash,
            **{
                key.rsplit(":", 1)[0]: meant(item)
                for key, item in value.entries.items()
            },
        }
    if isinstance(value, list):
        return [meant(item) for item in value]
    if isinstance(value, tuple):
        return tuple(meant(item) for item in value)
    return "nan" if isinstance(value, float) and math.isnan(value) else value


def got(value: Any) -> Any:
    """What came out, in the same form."""
    if isinstance(value, PostboxObject):
        return {
            "hash": value.type_hash,
            **{key: got(item) for key, item in value.fields.items()},
        }
    if isinstance(value, list):
        return [got(item) for item in value]
    if isinstance(value, tuple):
        return tuple(got(item) for item in value)
    return "nan" if isinstance(value, float) and math.isnan(value) else value


@settings(max_examples=300, deadline=None)
@given(OBJECTS)
def test_round_trip(value: write.Obj) -> None:
    """Whatever is written comes out the same, of the same types."""
    problems: list[Problem] = []
    found = read_root(write.root(value), problems)
    assert got(found) == meant(value)
    assert not problems
    assert all(item.is_complete for item in walk(found))


@settings(max_examples=100, deadline=None)
@given(OBJECTS)
def test_body_without_wrapper(value: write.Obj) -> None:
    """Codable values have no wrapper; either form is told by its beginning."""
    data = write.body(value.entries)
    problems: list[Problem] = []
    found = read_body(data, problems)
    assert got(found) == {**meant(value), "hash": 0}
    assert not problems
    if not is_root(data):
        assert got(read_either(data, problems)) == got(found)
    assert got(read_either(write.root(value), problems)) == meant(value)


@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    """No bytes break the reader, and problems lie in the value."""
    for prefix in (b"", b"\x01_\x05" + bytes(4) + b"\xff\0\0\0"):
        problems: list[Problem] = []
        value = prefix + data
        found = read_either(value, problems)
        assert isinstance(found, PostboxObject)
        assert all(0 <= place <= len(value) for place, _ in problems)


def test_types_of_the_class_table() -> None:
    """Each listed class, written as listed, comes out with all its keys."""
    sample: dict[str, Any] = {
        "i": -5,
        "q": 1 << 40,
        "b": True,
        "d": 1.5,
        "s": "text",
        "o": write.Obj(77, {"k:i": 1}),
        "a": write.Obj(78, {"k:i": 1}),
        "I": [1, 2],
        "Q": [3],
        "O": [write.Obj(79)],
        "D": [(write.Obj(1), write.Obj(2))],
        "x": b"bytes",
        "j": b"{}",
        "S": ["a", "b"],
        "X": [b"", b"c"],
    }
    stored = {"a": "o", "j": "x"}
    for item in classes().values():
        entries = {
            f"{key}:{stored.get(letter, letter)}": sample[letter]
            for key, letter in item.keys.items()
        }
        problems: list[Problem] = []
        found = read_root(write.root(write.Obj(item.name, entries)), problems)
        assert not problems
        assert found.name == item.name
        assert list(found.fields) == list(item.keys)
        for key, letter in item.keys.items():
            assert got(found.fields[key]) == meant(sample[letter])


def test_unknown_class() -> None:
    """A class that the table lacks keeps its hash and its fields."""
    found = read_root(write.root(write.Obj(-559038737, {"a:i": 1})), [])
    assert found.name is None
    assert found.label == "class 0xdeadbeef"
    assert found.fields == {"a": 1}


def test_accessors() -> None:
    """Fields of a wrong type are as good as missing."""
    value = write.Obj(
        1,
        {
            "int:i": 5,
            "flag:b": True,
            "double:d": 2.5,
            "text:s": "x",
            "empty:s": "",
            "bytes:x": b"y",
            "object:o": write.Obj(2),
            "objects:O": [write.Obj(3)],
            "texts:S": ["z"],
            "nothing:I": [],
            "nil:n": None,
        },
    )
    found = read_root(write.root(value), [])
    assert [found.integer(key) for key in ("int", "flag", "text")] == [5, 1, None]
    assert [found.number(key) for key in ("double", "int", "nil")] == [2.5, 5, None]
    assert [found.text(key) for key in ("text", "empty", "int")] == ["x", None, None]
    assert [found.data(key) for key in ("bytes", "text")] == [b"y", None]
    inner = found.object("object")
    assert inner is not None
    assert inner.type_hash == 2
    assert found.object("bytes") is None
    assert [item.type_hash for item in found.objects("objects")] == [3]
    assert found.objects("nothing") == found.objects("nil") == []
    assert found.numbers("nothing") == found.numbers("text") == []
    assert found.texts("texts") == ["z"]
    assert found.texts("objects") == found.texts("int") == []


@pytest.mark.parametrize("name", ["PEER", "STATE", "REVIEW", "ATTRIBUTE_E"])
def test_truncation_at_every_byte(name: str) -> None:
    """What stands before the end is kept, and the loss is reported."""
    data = getattr(vectors, name)
    whole = read_root(data, [])
    for size in range(len(data)):
        problems: list[Problem] = []
        if size < 11:
            with pytest.raises(FormatError):
                read_root(data[:size], problems)
            continue
        found = read_root(data[:size], problems)
        assert problems
        assert not found.is_complete
        for key, item in found.fields.items():
            if not isinstance(item, PostboxObject | list):
                assert item == whole.fields[key]
        # An entry that ends before the cut is there.
        for key in found.fields:
            assert key in whole.fields


@pytest.mark.parametrize("name", ["PEER", "STATE", "REVIEW"])
def test_mutations(name: str) -> None:
    """Changed bytes never break the reader, nor make it slow."""
    data = getattr(vectors, name)
    source = random.Random(20251225)
    begin = time.perf_counter()
    for _ in range(3000):
        changed = bytearray(data)
        for _ in range(source.randint(1, 4)):
            changed[source.randrange(len(changed))] = source.randrange(256)
        problems: list[Problem] = []
        try:
            found = read_root(bytes(changed), problems)
        except FormatError:
            continue
        list(walk(found))
        assert all(0 <= place <= len(data) for place, _ in problems)
    assert time.perf_counter() - begin < 20


def damaged(data: bytes) -> tuple[PostboxObject, list[Problem]]:
    """Reads a body with something wrong in it."""
    problems: list[Problem] = []
    return read_body(data, problems), problems


@pytest.mark.parametrize(
    ("data", "reason", "fields"),
    [
        (b"\x01a\x0e", "type 14 of 'a' does not exist", {}),
        (b"\x01a", "entry is cut off", {}),
        (b"\x05a", "entry is cut off", {}),
        (b"\x01a\0\1\2", "number is cut off", {}),
        (b"\x01a\1\1\2", "number is cut off", {}),
        (b"\x01a\3\1\2", "number is cut off", {}),
        (b"\x01a\4\xff\xff\xff\xff", "length -1 does not fit", {}),
        (b"\x01a\4\xff\xff\xff\x7f", "length 2147483647 does not fit", {}),
        (b"\x01a\4\1\0", "length is cut off", {}),
        (b"\x01a\6\xff\xff\xff\x7f", "length 2147483647 does not fit", {}),
        (b"\x01a\7\2\0\0\0" + bytes(8), "length 2 does not fit", {}),
        (b"\x01a\x0a\5\0\0\0abcd", "length 5 does not fit", {}),
        (b"\x01a\x08\xff\xff\xff\x0f", "length 268435455 does not fit", {}),
        (
            b"\x01a\x0c\2\0\0\0\1\0\0\0x\xff\0\0\0",
            "item 1 of 2: length 255 does not fit",
            {"a": ["x"]},
        ),
        (
            b"\x01b\0\7\0\0\0\x01a\x0d\2\0\0\0\0\0\0\0\1\0\0\0",
            "item 1 of 2: length 1 does not fit",
            {"b": 7, "a": [b""]},
        ),
    ],
)
def test_damage(data: bytes, reason: str, fields: dict[str, Any]) -> None:
    """Each kind of damage is named, and what stood before it is kept."""
    found, problems = damaged(data)
    assert not found.is_complete
    assert found.fields == fields
    assert len(problems) == 1
    assert reason in problems[0][1]


def test_damage_stays_in_its_object() -> None:
    """The neighbours of a damaged object are read."""
    inner = write.Obj(5, {"x:i": 1, "y:i": 2})
    data = bytearray(write.body({"a:o": inner, "b:s": "behind", "c:O": [inner, inner]}))
    # The type of the entry "y" of the first object.
    place = data.index(b"\x01y\0") + 2
    data[place] = 99
    found, problems = damaged(bytes(data))
    assert problems == [(place, "type 99 of 'y' does not exist")]
    first = found.object("a")
    assert first is not None
    assert first.fields == {"x": 1}
    assert not first.is_complete
    assert found.text("b") == "behind"
    assert [item.fields for item in found.objects("c")] == [{"x": 1, "y": 2}] * 2


def test_negative_object_size() -> None:
    """An object cannot have less than nothing."""
    found, problems = damaged(b"\x01a\5" + struct.pack("<ii", 7, -4) + b"\x01b\0")
    assert problems == [(7, "'a': object of -4 bytes")]
    inner = found.object("a")
    assert inner is not None
    assert not inner.is_complete
    problems = []
    whole = read_root(b"\x01_\5" + struct.pack("<ii", 7, -4), problems)
    assert whole.type_hash == 7
    assert problems == [(7, "object of -4 bytes")]


def test_dictionary_is_cut_off() -> None:
    """Whole pairs are kept."""
    pair = (write.Obj(1, {"k:i": 1}), write.Obj(2, {"v:i": 2}))
    data = bytearray(write.body({"d:D": [pair, pair]}))
    struct.pack_into("<i", data, len(data) - 11, -1)
    found, problems = damaged(bytes(data))
    assert problems
    pairs = found.fields["d"]
    assert [item.fields for item in pairs[0]] == [{"k": 1}, {"v": 2}]


def test_key_given_twice() -> None:
    """The first one counts, and the second one is reported."""
    found, problems = damaged(b"\x01a\0\1\0\0\0" + b"\x01a\0\2\0\0\0")
    assert found.fields == {"a": 1}
    assert problems == [(7, "'a' is there twice")]


def test_text_that_is_not_utf_8() -> None:
    """It comes out escaped."""
    found, problems = damaged(b"\x01a\4\3\0\0\0x\xff!")
    assert found.fields == {"a": "x\\xff!"}
    assert problems == [(8, "text is not UTF-8")]


def test_bytes_behind_the_object() -> None:
    """They are reported."""
    problems: list[Problem] = []
    found = read_root(vectors.REVIEW + b"more", problems)
    assert found.is_complete
    assert problems == [(99, "4 bytes behind the stored object")]


def test_no_stored_object() -> None:
    """What begins otherwise is none."""
    for data in (b"", b"\x01_\4\0\0\0\0", b"\x02__\5", b"\x01_\5\0\0\0\0"):
        with pytest.raises(FormatError):
            read_root(data, [])


def test_depth_is_bounded() -> None:
    """Nested objects end somewhere, without a traceback."""
    value = write.Obj(1)
    for _ in range(90):
        value = write.Obj(1, {"a:o": value})
    problems: list[Problem] = []
    found = read_root(write.root(value), problems)
    assert [reason for _, reason in problems] == ["more than 64 nested objects"]
    assert sum(1 for _ in walk(found)) == 65


def test_memory_is_bounded() -> None:
    """A value cannot ask for more memory than its bytes deserve."""
    data = b"\x00\x0b" * 100_000 + b"\x01a\6\xff\xff\xff\x7f"
    tracemalloc.start()
    read_body(data, [])
    read_body(b"\x01a\x08\x00\x00\x00\x10" + bytes(100_000), [])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 50 * 1024 * 1024
