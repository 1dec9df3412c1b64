"""Preferences of Android: all kinds of values, damage, hostile XML."""

from __future__ import annotations

import time

import pytest

from telegram_forensics.formats import android_preferences
from telegram_forensics.formats.errors import FormatError
from tests import helpers
from tests.builders import android_small as build
from tests.formats.test_android_tgnet import SAMPLE

VALUES = {
    "text": 'Zoë & <Ann> "x"',
    "empty": "",
    "lines": "one\ntwo",
    "number": -210001,
    "long": build.Long(1 << 62),
    "yes": True,
    "no": False,
    "ratio": 0.5,
    "set": ["a", "b & c"],
    "none": "",
}


def test_values() -> None:
    """Every kind of value comes back."""
    data = build.preferences(VALUES)
    found = android_preferences.read_preferences(data)
    assert found.is_complete and not found.problems
    expected = {**VALUES, "set": ("a", "b & c")}
    assert found.values() == expected
    assert found.text("text") == VALUES["text"]
    assert found.number("number") == -210001
    assert found.number("yes") is None and found.truth("yes") is True
    assert found.truth("number") is None and found.text("number") is None
    for name, entry in found.entries.items():
        assert data[entry.offset :].split(b"name=")[1].startswith(f'"{name}"'.encode())


def test_real_files() -> None:
    """Files of a telephone."""
    folder = SAMPLE / "shared_prefs"
    if not folder.is_dir():
        pytest.skip(helpers.NO_SAMPLES)
    for path in folder.iterdir():
        data = path.read_bytes()
        assert android_preferences.is_preferences(data[:512])
        found = android_preferences.read_preferences(data)
        assert found.is_complete and not found.problems
        assert len(found.entries) == data.count(b" name=")


def test_empty_map() -> None:
    """A file without values."""
    data = b"<?xml version='1.0' encoding='utf-8' standalone='yes' ?>\n<map />\n"
    assert android_preferences.is_preferences(data)
    assert android_preferences.read_preferences(data).is_complete


def test_null_and_unknown() -> None:
    """What the format has and Telegram does not use, and what it does not have."""
    data = b'<map><null name="a" /><strange name="b" value="1" /><int name="c" /></map>'
    found = android_preferences.read_preferences(data)
    assert found.values() == {"a": None}
    assert [offset for offset, _ in found.problems] == [22, 52]


@pytest.mark.parametrize(
    "value",
    ["", "x", "1.5", "0x10", "2147483648", "9" * 5000, "1_0 "],
)
def test_wrong_numbers(value: str) -> None:
    """A number that is none is reported, never made up."""
    data = f'<map><int name="a" value="{value}" /><int name="b" value="1" /></map>'
    found = android_preferences.read_preferences(data.encode())
    assert found.values() == {"b": 1}
    assert found.problems[0][0] == 5


def test_base64_and_hexadecimal() -> None:
    """Both forms of bytes, wrapped as Android does, and damaged ones."""
    values = {
        "a": build.wrapped(bytes(range(200))),
        "b": "00ff10",
        "c": "0",
        "d": "A===",
        "e": "",
    }
    found = android_preferences.read_preferences(build.preferences(values))
    assert found.base64("a") == bytes(range(200))
    assert found.hexadecimal("b") == b"\x00\xff\x10"
    assert found.base64("e") is None and found.base64("missing") is None
    assert not found.problems
    assert found.hexadecimal("c") is None
    assert found.base64("d") is None
    assert [reason.split(":")[0] for _, reason in found.problems] == [
        "value of c",
        "value of d",
    ]


def test_truncation() -> None:
    """Cut off at every byte: every whole entry is kept, the cut is reported once."""
    data = build.preferences(VALUES)
    ends = [
        (entry.offset, name)
        for name, entry in android_preferences.read_preferences(data).entries.items()
    ]
    for prefix in helpers.every_truncation(data):
        if not prefix:
            with pytest.raises(FormatError):
                android_preferences.read_preferences(prefix)
            continue
        found = android_preferences.read_preferences(prefix)
        whole = [name for offset, name in ends if offset < len(prefix)][:-1]
        assert list(found.entries)[: len(whole)] == whole
        if len(prefix) < len(data) - 1:
            assert len(found.problems) == 1 and not found.is_complete


def test_damage_in_the_middle() -> None:
    """Entries behind the damage are kept."""
    data = build.preferences(VALUES)
    damaged = data.replace(b'<int name="number"', b'<int na<me="number"')
    found = android_preferences.read_preferences(damaged)
    assert set(found.entries) == set(VALUES) - {"number"}
    assert not found.is_complete and len(found.problems) == 1
    # A character that XML forbids, and bytes that are no UTF-8.
    for junk in (b"&#1;", b"\xff\xfe", b"&nonsense;"):
        damaged = data.replace(b"one&#10;two", b"one" + junk)
        found = android_preferences.read_preferences(damaged)
        assert set(found.entries) == set(VALUES) - {"lines"}
        assert len(found.problems) == 1


def test_mutations() -> None:
    """Damage gives findings, never anything else."""
    data = build.preferences(VALUES)
    for mutated in helpers.mutations(data, 3000, "preferences"):
        try:
            found = android_preferences.read_preferences(mutated)
        except FormatError:
            continue
        assert all(0 <= offset <= len(mutated) for offset, _ in found.problems)


@pytest.mark.parametrize(
    "data",
    [
        b'<!DOCTYPE a [<!ENTITY x "y">]><map><string name="a">&x;</string></map>',
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><map></map>',
        b"ABX\0\x00\x01",
        b"",
    ],
)
def test_refused(data: bytes) -> None:
    """Document types, binary XML and nothing at all."""
    with pytest.raises(FormatError):
        android_preferences.read_preferences(data)


def test_billion_laughs() -> None:
    """Entities are never expanded."""
    text = '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">'
    for number in range(30):
        text += f'<!ENTITY a{number} "{"&a;" * 10}">'
    text += '<!-- ]> -->]><map><string name="x">&a29;</string></map>'
    started = time.monotonic()
    with pytest.raises(FormatError):
        android_preferences.read_preferences(text.encode())
    assert time.monotonic() - started < 1


def test_hostile_forms() -> None:
    """Deep nesting and endless damage end soon."""
    started = time.monotonic()
    android_preferences.read_preferences(b"<map>" + b"<set name='a'>" * 200_000)
    android_preferences.read_preferences(b"<map>" + b"<int name=<" * 200_000)
    android_preferences.read_preferences(b"<string name='a'>" * 100_000)
    assert time.monotonic() - started < 10


def test_other_files() -> None:
    """Files that are no preferences are told by their first bytes."""
    for head in (
        b"",
        b"<html><map>",
        b"{}",
        b"<?xml version='1.0'?><maps>",
        bytes(512),
    ):
        assert not android_preferences.is_preferences(head)
