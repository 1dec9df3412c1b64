"""Tests of Postbox's message values: every field, every version, damage (section 6)."""

from __future__ import annotations

import random
import struct
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telegram_forensics.formats import postbox_message
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.postbox_carving import find_messages
from telegram_forensics.formats.postbox_coding import Problem
from telegram_forensics.formats.postbox_facts import read_facts
from telegram_forensics.formats.postbox_ids import MediaId, MessageId
from telegram_forensics.formats.postbox_keys import MessageKey
from telegram_forensics.formats.postbox_message import StoredMessage, read_message
from tests.builders import postbox as write
from tests.formats import test_postbox_vectors as vectors
from tests.formats.test_postbox_coding import INT32, INT64, TEXT, got, meant

CHAT = write.user(777111222)
TIME = 1735689600
UINT32 = st.integers(0, (1 << 32) - 1)
FULL = write.Msg(
    "Full ☎",
    stable_id=0xFFFFFFFE,
    stable_version=3,
    unique_id=-1,
    global_tags=1,
    grouping_key=1 << 40,
    group_id=77,
    local_tags=1,
    thread_id=-9,
    flags=68,
    tags=1 << 10,
    forward=write.Forward(
        write.user(5),
        1600000000,
        write.channel(6),
        (write.channel(6), 0, 7),
        "S",
        "p",
        1,
    ),
    author=write.user(8),
    attributes=[write.Obj("EditedMessageAttribute", {"d:i": 5, "h:i": 0})],
    media=[write.action(10)],
    references=[(0, 12), (5, -1)],
    custom_tags=[b"", b"\0\1"],
)


def read(data: bytes) -> tuple[StoredMessage, list[Problem]]:
    """A message and what is wrong with it."""
    problems: list[Problem] = []
    return read_message(data, problems), problems


def fields(message: StoredMessage) -> dict[str, Any]:
    """What came out, comparable."""
    return {
        name: got(getattr(message, name))
        for name in postbox_message.StoredMessage.__slots__
    }


def test_all_fields() -> None:
    """Every optional field at once."""
    found, problems = read(FULL.encode())
    assert not problems
    assert found.is_complete
    assert found.data_flags == 63
    for name in (
        "text",
        "stable_id",
        "stable_version",
        "unique_id",
        "global_tags",
        "grouping_key",
        "group_id",
        "local_tags",
        "thread_id",
        "flags",
        "tags",
        "author",
        "custom_tags",
    ):
        assert getattr(found, name) == getattr(FULL, name)
    assert got(found.attributes) == meant(FULL.attributes)
    assert got(found.media) == meant(FULL.media)
    assert found.references == [MediaId(0, 12), MediaId(5, -1)]
    forward = found.forward
    assert forward is not None
    assert forward.author == write.user(5)
    assert forward.source == write.channel(6)
    assert forward.message == MessageId(write.channel(6), 0, 7)
    assert (forward.date, forward.signature) == (1600000000, "S")
    assert (forward.announcement, forward.is_imported) == ("p", True)


OPTIONAL = st.one_of(st.none(), UINT32)
OPTIONAL_64 = st.one_of(st.none(), INT64)
FORWARDS = st.builds(
    write.Forward,
    INT64,
    INT32,
    OPTIONAL_64,
    st.one_of(st.none(), st.tuples(INT64, INT32, INT32)),
    st.one_of(st.none(), TEXT),
    st.one_of(st.none(), TEXT),
    st.one_of(st.none(), INT32),
)
OBJECTS = st.lists(
    st.builds(write.Obj, INT32, st.dictionaries(st.just("k:i"), INT32)), max_size=3
)
MESSAGES = st.builds(
    write.Msg,
    text=TEXT,
    stable_id=UINT32,
    stable_version=UINT32,
    unique_id=OPTIONAL_64,
    global_tags=OPTIONAL,
    grouping_key=OPTIONAL_64,
    group_id=OPTIONAL,
    local_tags=OPTIONAL,
    thread_id=OPTIONAL_64,
    flags=UINT32,
    tags=UINT32,
    forward=st.one_of(st.none(), FORWARDS),
    author=OPTIONAL_64,
    attributes=OBJECTS,
    media=OBJECTS,
    references=st.lists(st.tuples(INT32, INT64), max_size=3),
    custom_tags=st.one_of(st.none(), st.lists(st.binary(max_size=9), max_size=3)),
)


@settings(max_examples=300, deadline=None)
@given(MESSAGES)
def test_round_trip(message: write.Msg) -> None:
    """Whatever is written comes out the same."""
    found, problems = read(message.encode())
    assert not problems
    assert found.is_complete
    for name in (
        "text",
        "stable_id",
        "stable_version",
        "unique_id",
        "global_tags",
        "grouping_key",
        "group_id",
        "local_tags",
        "thread_id",
        "flags",
        "tags",
        "author",
    ):
        assert getattr(found, name) == getattr(message, name)
    assert found.custom_tags == (message.custom_tags or [])
    assert got(found.attributes) == meant(message.attributes)
    assert got(found.media) == meant(message.media)
    assert found.references == message.references
    assert (found.forward is None) == (message.forward is None)
    if found.forward is not None and message.forward is not None:
        assert found.forward.author == (message.forward.author or None)
        assert found.forward.date == message.forward.date
        assert found.forward.source == (message.forward.source or None)
        assert found.forward.message == message.forward.message
        assert found.forward.signature == (message.forward.signature or None)
        assert found.forward.announcement == (message.forward.psa or None)
        assert found.forward.flags == message.forward.flags
    # No message makes the meaning fail, whatever its parts are.
    facts = read_facts(MessageKey(5, 0, 1600000000, 3), found).message
    assert facts.is_outgoing is not bool(message.flags & 4)


def test_before_2024() -> None:
    """Custom tags may be missing at the end, until January 2024."""
    found, problems = read(replace(FULL, custom_tags=None).encode())
    assert not problems
    assert found.is_complete
    assert found.custom_tags == []


@pytest.mark.parametrize(
    "data",
    [
        vectors.MESSAGE_A,
        vectors.MESSAGE_C,
        vectors.MESSAGE_D,
        vectors.MESSAGE_F,
        FULL.encode(),
    ],
)
def test_truncation_at_every_byte(data: bytes) -> None:
    """What stands before the end is kept, and the loss is reported."""
    whole, _ = read(data)
    kept = fields(whole)
    seen = set()
    for size in range(len(data)):
        problems: list[Problem] = []
        try:
            found = read_message(data[:size], problems)
        except FormatError:
            assert size < 10
            continue
        # Without any custom tags the value is whole: so it was until 2024.
        is_whole = found.is_complete
        assert is_whole == (not problems)
        if is_whole:
            assert data[size : size + 4] == struct.pack("<i", len(whole.custom_tags))
        for name, value in fields(found).items():
            if name in ("is_complete", "forward"):
                continue
            if value is not None and not isinstance(value, list):
                assert value == kept[name]
                seen.add(name)
            if isinstance(value, list):
                assert value == kept[name][: len(value)]
    assert "text" in seen


@pytest.mark.parametrize("data", [vectors.MESSAGE_A, FULL.encode()])
def test_mutations(data: bytes) -> None:
    """Changed bytes never break the reader or the meaning."""
    source = random.Random(777000)
    for _ in range(3000):
        changed = bytearray(data)
        for _ in range(source.randint(1, 5)):
            changed[source.randrange(len(changed))] = source.randrange(256)
        problems: list[Problem] = []
        try:
            found = read_message(bytes(changed), problems)
        except FormatError:
            assert changed[0] != 0
            continue
        facts = read_facts(MessageKey(5, 0, 1600000000, 3), found)
        assert facts.message.identifier == 3


def test_no_message() -> None:
    """Other types, and nothing, are no message."""
    for data, reason in (
        (b"", "empty"),
        (b"\1" + bytes(40), "type 1"),
        (bytes(5), "cut off"),
    ):
        with pytest.raises(FormatError, match=reason):
            read_message(data, [])


def test_unknown_data_flag() -> None:
    """What stands behind an unknown flag cannot be told."""
    data = bytearray(FULL.encode())
    data[9] |= 64
    found, problems = read(bytes(data))
    assert not found.is_complete
    assert (found.stable_id, found.unique_id, found.flags) == (0xFFFFFFFE, None, None)
    assert found.is_incoming is None
    assert problems == [(9, "data flags 0x7f: the layout is not known")]
    facts = read_facts(MessageKey(5, 0, 1600000000, 3), found).message
    assert facts.is_outgoing is None
    assert facts.text is None


def test_unknown_forward_flag() -> None:
    """The same for forwards; direction and tags stand in front of them."""
    message = write.Msg("x", flags=68, forward=write.Forward(5, 6))
    data = bytearray(message.encode())
    data[18] |= 128
    found, problems = read(bytes(data))
    assert not found.is_complete
    assert found.is_incoming is True
    assert found.text is None
    assert problems == [(18, "forward flags 0x81: the layout is not known")]


def test_damaged_attribute() -> None:
    """A damaged attribute costs itself only, its offset is one in the value."""
    first = write.Obj("ViewCountMessageAttribute", {"c:i": 9})
    second = write.Obj("ForwardCountMessageAttribute", {"c:i": 8})
    data = bytearray(write.Msg("x", attributes=[first, second]).encode())
    place = data.index(b"\x01c\0")
    data[place + 2] = 77
    found, problems = read(bytes(data))
    assert problems == [(place + 2, "type 77 of 'c' does not exist")]
    assert found.is_complete
    assert [item.fields for item in found.attributes] == [{}, {"c": 8}]
    place = data.index(b"\x01_\5")
    data[place] = 2
    found, problems = read(bytes(data))
    assert problems[0] == (place, "no stored object")
    assert [item.fields for item in found.attributes] == [{"c": 8}]


def test_counts_are_bounded() -> None:
    """A number of entries that cannot be there is not believed."""
    data = write.Msg("x", custom_tags=None).encode()
    for end in (4, 8, 12):
        changed = bytearray(data)
        place = len(changed) - end
        changed[place : place + 4] = b"\xff\xff\xff\x7f"
        found, problems = read(bytes(changed))
        assert not found.is_complete
        assert problems[0][0] == place
        assert "do not fit" in problems[0][1]
        assert found.text == "x"


def test_bytes_behind_the_message() -> None:
    """They are reported: a later version may have added something."""
    found, problems = read(FULL.encode() + b"!!")
    assert found.is_complete
    assert problems == [(len(FULL.encode()), "2 bytes behind the message")]


def test_text_that_is_not_utf_8() -> None:
    """It comes out escaped, and the rest is read."""
    data = write.Msg("abc", references=[(1, 2)]).encode().replace(b"abc", b"a\xffc")
    found, problems = read(data)
    assert found.text == "a\\xffc"
    assert found.references == [(1, 2)]
    assert "text is not UTF-8" in problems[0][1]


def test_messages_found_by_their_content() -> None:
    """In free space nothing but the content tells a message."""
    message = write.Msg("Removed ☎", custom_tags=None)
    key = write.message_key(CHAT, 0, TIME, 5)
    page = b"\x34\x81" + key + message.encode() + b"\xff\xfe rest of the page"
    (found,) = find_messages(page, 25, {CHAT})
    assert (found.offset, found.raw_key) == (2, key)
    assert found.raw_value == message.encode()
    assert found.key == MessageKey(CHAT, 0, TIME, 5)
    assert found.message.text == "Removed ☎"
    # Of a chat that nobody knows, or empty, it could be numbers only.
    assert list(find_messages(page, 25, {CHAT + 1})) == []
    empty = key + write.Msg("").encode()
    assert list(find_messages(empty, 25, {CHAT})) == []
    old = write.message_key(CHAT, 0, TIME, 5, 22) + FULL.encode()
    (found,) = find_messages(old, 22, {CHAT})
    assert (found.key.timestamp, found.message.custom_tags) == (TIME, [b"", b"\0\1"])
    assert found.raw_value == FULL.encode()
    for size in range(len(page) - 20):
        list(find_messages(page[:size], 25, {CHAT}))
    two = key + message.encode() + key + message.encode()
    assert len(list(find_messages(two, 25, {CHAT}))) == 2


def test_content_of_mutated_pages() -> None:
    """Changed bytes never break the search, nor make it slow."""
    source = random.Random(7)
    cell = write.message_key(CHAT, 0, TIME, 5) + FULL.encode()
    page = (cell * 20)[:4096]
    for _ in range(300):
        changed = bytearray(page)
        for _ in range(source.randint(1, 60)):
            changed[source.randrange(len(changed))] = source.randrange(256)
        for found in find_messages(bytes(changed), 25, {CHAT}):
            assert found.key.peer == CHAT
    zeros = bytes(65536)
    assert list(find_messages(zeros, 25, {0})) == []
