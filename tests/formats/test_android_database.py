"""Tests of rows of `cache4.db`: ids and times of every generation, damaged messages."""

from __future__ import annotations

import json
import time as clock
from typing import Any

import pytest

from telegram_forensics.formats.android_database import (
    WHEN_ONLINE,
    decode_message,
    decode_object,
    integer,
    name_of_user_row,
    read_dialog,
    restore_hint_time,
    split_message_id,
    time,
)
from telegram_forensics.formats.android_dialog import Dialog, parse_dialog_id
from tests import helpers
from tests.builders import tl_fields
from tests.builders.tl_fields import make
from tests.builders.tl_writer import string

VECTORS = json.loads(
    (helpers.REPOSITORY / "test_data" / "vectors" / "android_vectors.json").read_text(
        "utf-8"
    )
)["vectors"]
HINTS = [vector for vector in VECTORS if vector["kind"] == "chat_hints.date"]
(DIALOGS,) = [vector["cases"] for vector in VECTORS if vector["kind"] == "dialog_id"]
BLOBS = [vector for vector in VECTORS if vector["kind"] == "message_blob"]
KINDS = {"secret chat": "secret", "chat or channel": "group"}
DAY = 86400
LOW, HIGH = 1577836800, 1735689600


def versions(words: str) -> list[int | None]:
    """Versions of the database that a vector stands for."""
    if words == "any":
        return [None, 1, 83, 84, 85, 177]
    return [1, 50, 83] if words == "<=83" else [84, 85, 177, None]


@pytest.mark.parametrize("case", DIALOGS, ids=lambda case: case["peer"])
def test_known_dialogs(case: dict[str, Any]) -> None:
    """Dialog ids whose peer is known."""
    words, _, number = case["peer"].rpartition(" ")
    for version in versions(case["db_version"]):
        if "mid" in case:
            channel = int(number)
            found = split_message_id(case["mid"], -channel, version)
            assert found == (77, channel)
        else:
            expected = Dialog(KINDS.get(words, words), int(number))
            assert read_dialog(case["dialog_id"], version) == expected


@pytest.mark.parametrize("number", [1, 77, 2**31 - 1, -1, -5, -(2**31)])
def test_secret_chats(number: int) -> None:
    """Both forms of the id of a secret chat, with a number of 32 bits and a sign."""
    new, old = 1 << 62 | number & 0xFFFFFFFF, number << 32
    expected = Dialog("secret", number)
    assert read_dialog(new, 84) == read_dialog(new, None) == expected
    assert read_dialog(old, 83) == expected
    if number < 1 << 30:
        # Above that the old form has the flag of the new one set.
        assert read_dialog(old, None) == expected
    assert expected.chat_type == "secret"


@pytest.mark.parametrize("value", [0, 1, -1, 2**40 + 1, 2**63 - 1, -(2**63), -(2**62)])
@pytest.mark.parametrize("version", [None, -1, 0, 83, 84, 10**9])
def test_any_dialog(value: int, version: int | None) -> None:
    """Any number of 64 bits is something, and never an exception."""
    found = parse_dialog_id(value, version)
    assert found.kind in ("user", "group", "secret", "folder")
    assert found.chat_type in ("user", "secret", None)


def test_split_message_id() -> None:
    """Only before version 84, and only where the upper half is the chat's own id."""
    mid = 1234567890 << 32 | 77
    assert split_message_id(mid, -1234567890, 83) == (77, 1234567890)
    assert split_message_id(mid, -1234567890, 84) == (mid, None)
    # A version that is lost: ids have 32 bits, so that the upper half can be no chance.
    assert split_message_id(mid, -1234567890, None) == (77, 1234567890)
    assert split_message_id(mid, -1234567891, None) == (mid, None)
    for uid in (-1234567891, 1234567890, 0):
        assert split_message_id(mid, uid, 83) == (mid, None)
    for number in (77, 2**32 - 1, 0, -210001, -(2**63)):
        assert split_message_id(number, -1234567890, 83) == (number, None)
    # The highest message id that there is.
    mid = 1 << 32 | 0x7FFFFFFF
    assert split_message_id(mid, -1, 1) == (0x7FFFFFFF, 1)


def stored_hint(milliseconds: int) -> int:
    """What the client makes of a time: a cast to 32 bits in front of the division."""
    low = milliseconds % 2**32
    signed = low - 2**32 if low >= 2**31 else low
    return int(signed / 1000)


@pytest.mark.parametrize("vector", HINTS, ids=lambda vector: str(vector["real_ms"]))
def test_known_hints(vector: dict[str, Any]) -> None:
    """Times whose stored form is known."""
    assert stored_hint(vector["real_ms"]) == vector["stored"]
    near = vector["recovered_ms_nearest_to"] // 1000
    found = restore_hint_time(vector["stored"], near - 20 * DAY, near + 20 * DAY)
    assert found == [vector["recovered_ms"] // 1000]


@pytest.mark.parametrize("days", [0, 1, 30, 49, 50, 99, 100, 365, 4000])
def test_hints(days: int) -> None:
    """The true time is among those found, one for each 49.71 days."""
    for start in range(LOW, HIGH, 9_999_991):
        end = start + days * DAY
        for real in (start, (start + end) // 2, end):
            stored = stored_hint(real * 1000 + 123)
            assert stored != 0
            found = restore_hint_time(stored, start, end)
            assert found == sorted(set(found))
            assert any(abs(moment - real) <= 1 for moment in found)
            assert all(start - 1 <= moment <= end + 1 for moment in found)
            assert all(abs(stored_hint(n * 1000) - stored) <= 1 for n in found)
            assert abs(len(found) - (end - start) * 1000 / 2**32) <= 1


def test_hints_at_the_ends() -> None:
    """The second that is not known counts at both ends, and nothing beyond."""
    real = 1717243200
    (moment,) = restore_hint_time(stored_hint(real * 1000), real - 9, real + 9)
    stored = stored_hint(real * 1000)
    assert restore_hint_time(stored, moment - 5, moment) == [moment]
    assert restore_hint_time(stored, moment, moment + 5) == [moment]
    assert restore_hint_time(stored, moment + 3, moment + 100) == []
    assert restore_hint_time(stored, moment - 100, moment - 3) == []
    # A login behind the last use: nothing fits.
    assert restore_hint_time(stored, moment + 100, moment - 100) == []


@pytest.mark.parametrize(
    "stored", [0, 2147484, -2147484, 1717243200, 2**62, 2**63 - 1, -(2**63)]
)
def test_impossible_hints(stored: int) -> None:
    """The client cannot have stored it: no time is made up."""
    assert restore_hint_time(stored, 0, 2**62) == []


@pytest.mark.parametrize("stored", [1, -1, 2147483, -2147483])
def test_hostile_intervals(stored: int) -> None:
    """Nonsense in the login time or in the last time costs nothing."""
    start = clock.monotonic()
    for earliest in (-(2**63), -1, 0, 3, 2**63 - 1):
        for latest in (-(2**63), 0, 1717243200, 2**63 - 1):
            found = restore_hint_time(stored, earliest, latest)
            assert len(found) <= 2001
            assert found == sorted(found)
    assert clock.monotonic() - start < 1
    # A login time that is not one does not hide the true time.
    real = 1717243200
    found = restore_hint_time(stored_hint(real * 1000), 3, real + DAY)
    assert any(abs(moment - real) <= 1 for moment in found)


@pytest.mark.parametrize("value", ["1", b"1", None, 1.5, ""])
def test_columns_of_any_type(value: Any) -> None:
    """Columns of SQLite hold anything."""
    assert integer(value) is None
    assert time(value) is None


def test_times() -> None:
    """Seconds since 1970 UTC, and numbers that are none."""
    assert time(1717243200) == 1717243200
    assert integer(-(2**63)) == -(2**63)
    for value in (0, -1, WHEN_ONLINE, 2**33, 2**63 - 1, -(2**63), 1717243200123):
        assert time(value) is None


@pytest.mark.parametrize(
    ("stored", "name"),
    [
        ("ann lee;;;annlee", "ann lee"),
        ("ann lee;;;annlee;;other", "ann lee"),
        ("ann lee;;;", "ann lee"),
        (" ann ", "ann"),
        (";;;annlee", None),
        ("", None),
        (None, None),
        (b"ann", None),
        (5, None),
    ],
)
def test_names(stored: Any, name: str | None) -> None:
    """Names in the column for searching."""
    assert name_of_user_row(stored) == name


def message(**fields: Any) -> bytes:
    """A message of layer 229."""
    fields = {"id": 9, "peer_id": tl_fields.user(5), "message": "hello", **fields}
    return make("7600b9d3", **fields)


def test_sound_message() -> None:
    """Facts, trailer, no warning."""
    decoded = decode_message(message(date=1717243200) + string(b" "))
    assert decoded.blob is not None
    assert (decoded.facts.text, decoded.facts.date) == ("hello", 1717243200)
    assert (decoded.warnings, decoded.is_damaged, decoded.unknown) == ([], False, None)


@pytest.mark.parametrize("vector", BLOBS, ids=lambda vector: vector["description"])
def test_every_truncation(vector: dict[str, Any]) -> None:
    """A row is kept however short its blob is, with what it still says."""
    data = bytes.fromhex(vector["hex"])
    whole = decode_message(data)
    assert not whole.is_damaged
    for size in range(len(data)):
        decoded = decode_message(data[:size])
        facts = decoded.facts
        assert facts.identifier in (None, whole.facts.identifier)
        assert facts.date in (None, whole.facts.date)
        assert facts.is_outgoing in (None, whole.facts.is_outgoing)
        if decoded.is_damaged:
            assert decoded.blob is None
            assert decoded.warnings
        else:
            # Only what stands behind the message is missing.
            assert facts == whole.facts
        assert (facts.constructor == "damaged") == (size < 4)


def test_no_blobs() -> None:
    """Nothing at all is no damage, anything else is."""
    decoded = decode_message(None)
    assert (decoded.is_damaged, decoded.warnings) == (False, [])
    for value, name in ((5, "int"), ("text", "str"), (1.5, "float")):
        decoded = decode_message(value)
        assert decoded.is_damaged
        assert decoded.warnings == [f"message is no blob but {name}"]
        assert decoded.facts.identifier is None
    for data in (b"", b"\x00", b"\xff" * 50, make("59511722", user_id=5)):
        decoded = decode_message(data)
        assert decoded.is_damaged
        assert decoded.warnings


def test_unknown_constructor() -> None:
    """It is named with its place, be it the message or a part of it."""
    decoded = decode_message(bytes.fromhex("efbeadde") + bytes(40))
    assert decoded.unknown == "0xdeadbeef at offset 0x0"
    data = message(media=bytes.fromhex("efbeadde"))
    decoded = decode_message(data)
    offset = data.index(bytes.fromhex("efbeadde"))
    assert decoded.unknown == f"0xdeadbeef at offset 0x{offset:x}"
    assert (decoded.facts.text, decoded.facts.identifier) == ("hello", 9)
    assert decoded.is_damaged


def test_objects() -> None:
    """Other objects: whole, incomplete, of another type, no object."""
    data = make("d3bc4b7a", id=77)
    found, problem = decode_object(data, "User")
    assert found is not None and found["id"] == 77
    assert problem is None
    found, problem = decode_object(data[:8], "User")
    assert found is not None and found.is_incomplete
    assert problem is not None
    for value in (data[:2], make("29562865", id=7), b""):
        found, problem = decode_object(value, "User")
        assert (found, problem is None) == (None, False)
    assert decode_object(None, "User") == (None, None)
    assert decode_object(5, "User") == (None, "no blob but int")
