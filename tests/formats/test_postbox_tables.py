"""Tests of keys and raw values of a Postbox database (sections 3, 5, 8.3)."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telegram_forensics.formats import postbox_ids as ids
from telegram_forensics.formats import postbox_keys as keys
from telegram_forensics.formats import postbox_tables as tables
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.postbox_coding import Problem, read_root
from tests.builders import postbox as write

CHAT = write.user(777111222)
TIME = 1735689600
MESSAGE = ids.MessageId(CHAT, 0, 103)
MESSAGE_KEY = keys.MessageKey(CHAT, 0, TIME, 103)
MD5 = bytes(range(16))


def big(form: str, *values: Any) -> bytes:
    """Big-endian fields."""
    return struct.pack(f">{form}", *values)


KEYS: list[tuple[Callable[[bytes], Any], bytes, Any]] = [
    (keys.read_message_key, big("qiii", CHAT, 0, TIME, 103), MESSAGE_KEY),
    (
        keys.read_tag_key,
        big("qIiii", CHAT, 4, 0, TIME, 103),
        keys.TagKey(MESSAGE_KEY, 4),
    ),
    (keys.read_index_key, big("qii", CHAT, 0, 103), MESSAGE),
    (keys.read_unsent_key, big("iiq", 0, 103, CHAT), MESSAGE),
    (keys.read_local_tag_key, big("Iiiq", 1, 0, 103, CHAT), (1, MESSAGE)),
    (
        keys.read_global_tag_key,
        big("Iiiiq", 1, TIME, 0, 103, CHAT),
        keys.TagKey(MESSAGE_KEY, 1),
    ),
    (keys.read_metadata_key, b"\3", keys.MetadataKey("next_stable_id")),
    (
        keys.read_metadata_key,
        big("qBi", CHAT, 2, 1),
        keys.MetadataKey("next_message_id", CHAT, 1),
    ),
    (
        keys.read_metadata_key,
        big("qB", CHAT, 9),
        keys.MetadataKey("history_initialized", CHAT),
    ),
    (
        keys.read_metadata_key,
        big("qBi", CHAT, 12, 1),
        keys.MetadataKey("marker_12", CHAT),
    ),
    (keys.read_metadata_key, big("iB", 0, 6), keys.MetadataKey("group_marker_6")),
    (
        keys.read_log_counter_key,
        big("BqB", 0, CHAT, 3),
        keys.LogCounterKey(CHAT, 3),
    ),
    (keys.read_log_counter_key, b"\1\3", keys.LogCounterKey(None, 3)),
    (keys.read_log_entry_key, big("qBi", CHAT, 3, 5), keys.LogEntryKey(CHAT, 3, 5)),
    (keys.read_random_id_key, big("qq", CHAT, -5), keys.RandomIdKey(CHAT, -5)),
    (
        keys.read_due_key,
        struct.pack("<H", 1) + big("iqii", TIME, CHAT, 0, 103),
        keys.DueKey(1, TIME, MESSAGE),
    ),
    (keys.read_item_key, big("i", 25) + b"item", (25, b"item")),
    (keys.read_cache_key, b"\0\4abc", (4, b"abc")),
    (
        keys.read_pending_action_key,
        big("BqiiI", 0, CHAT, 0, 103, 1),
        keys.PendingActionKey(MESSAGE, 1, False),
    ),
    (
        keys.read_pending_action_key,
        big("BIqii", 1, 1, CHAT, 0, 103),
        keys.PendingActionKey(MESSAGE, 1, True),
    ),
    (keys.read_hole_key, big("qiIi", CHAT, 0, 0, 9), keys.HoleKey(CHAT, 0, 0, 9)),
    (
        keys.read_thread_message_key,
        big("qqiii", CHAT, 42, 0, TIME, 103),
        keys.ThreadMessageKey(42, MESSAGE_KEY),
    ),
    (keys.read_thread_key, big("qq", CHAT, 42), (CHAT, 42)),
    (keys.read_peer_key, big("q", CHAT), CHAT),
    (keys.read_device_contact_key, b"\x0015550100002", "15550100002"),
    (
        keys.read_storage_reference_key,
        MD5 + big("qbi", CHAT, 0, 103),
        keys.StorageReferenceKey(MD5, MESSAGE),
    ),
]


@pytest.mark.parametrize(("read", "data", "expected"), KEYS)
def test_keys(read: Callable[[bytes], Any], data: bytes, expected: Any) -> None:
    """Every key of section 5."""
    assert read(data) == expected


FIXED = [
    row
    for row in KEYS
    if row[0]
    not in (
        keys.read_item_key,
        keys.read_cache_key,
        keys.read_device_contact_key,
        keys.read_metadata_key,
    )
]


@pytest.mark.parametrize(("read", "data", "expected"), FIXED)
def test_keys_of_another_size(
    read: Callable[[bytes], Any], data: bytes, expected: Any
) -> None:
    """A key that is longer or shorter is an error, not something else."""
    for wrong in (*(data[:size] for size in range(len(data))), data + b"\0"):
        try:
            found = read(wrong)
        except FormatError:
            continue
        # Only the merged counter of a log is that short.
        assert read is keys.read_log_counter_key
        assert found != expected


@given(st.binary(max_size=40))
def test_any_key(data: bytes) -> None:
    """No bytes break a reader of keys."""
    for read, _, _ in KEYS:
        try:
            read(data)
        except FormatError as exception:
            assert 0 <= exception.offset <= len(data)


def test_keys_before_schema_23() -> None:
    """Until April 2019 the time stood before the namespace."""
    old = big("qiii", CHAT, TIME, 0, 103)
    assert keys.read_message_key(old, 22) == MESSAGE_KEY
    assert keys.read_message_key(old, None) == MESSAGE_KEY
    assert keys.read_message_key(big("qiii", CHAT, 0, TIME, 103), None) == MESSAGE_KEY
    assert keys.message_key(MESSAGE_KEY, 22) == old
    assert keys.message_key(MESSAGE_KEY) == big("qiii", CHAT, 0, TIME, 103)
    assert keys.read_tag_key(big("qIiii", CHAT, 4, TIME, 0, 103), 22).message == (
        MESSAGE_KEY
    )
    assert keys.read_message_key(old, 23).namespace == TIME


def test_keys_to_look_up() -> None:
    """Keys that are made, and what names a message."""
    assert keys.media_key(5, -7) == big("iq", 5, -7)
    assert MESSAGE_KEY.id == MESSAGE


def test_numbers() -> None:
    """Counters and raw ids."""
    assert tables.read_int32(struct.pack("<i", -4)) == -4
    assert tables.read_int64(struct.pack("<q", 1 << 40)) == 1 << 40
    assert tables.read_message_id(struct.pack("<qii", *MESSAGE)) == MESSAGE
    assert tables.read_index_entry(struct.pack("<bi", 2, TIME)) == (2, TIME)
    for read in (tables.read_int32, tables.read_int64, tables.read_message_id):
        with pytest.raises(FormatError):
            read(b"\0\0\0")


def test_arrays_of_ids() -> None:
    """Raw arrays of section 3, and what they cannot be."""
    items = [(CHAT, 0, 1), (CHAT, 1, -2)]
    assert ids.read_message_ids(write.message_ids(items)) == items
    assert ids.read_peer_ids(write.peer_ids([CHAT, 5])) == [CHAT, 5]
    assert ids.read_media_id(write.media_id(5, -9)) == ids.MediaId(5, -9)
    assert ids.read_media_id(b"short") is None
    assert ids.read_media_id(None) is None
    assert ids.MediaId(8, 1).is_local
    assert not ids.MediaId(5, 1).is_local
    for data in (b"", b"\1", b"\xff\xff\xff\x7f", b"\xff\xff\xff\xff", b"\1\0\0\0abc"):
        with pytest.raises(FormatError):
            ids.read_message_ids(data)
        with pytest.raises(FormatError):
            ids.read_peer_ids(data)


def test_codable_ids() -> None:
    """Both forms of message ids in objects, and packed ones."""
    codable = write.Obj(
        "MessageId",
        {
            "peerId:o": write.Obj("PeerId", {"iv:q": CHAT}),
            "namespace:i": 0,
            "id:i": 103,
        },
    )
    coding = write.Obj(1, {"p:q": CHAT, "n:i": 0, "i:i": 103})
    for value in (codable, coding):
        assert ids.read_codable_message(read_root(write.root(value), [])) == MESSAGE
    empty = read_root(write.root(write.Obj(1)), [])
    assert ids.read_codable_message(empty) is None
    assert ids.read_codable_message(5) is None
    prefixed = write.Obj(1, {"m.p:q": CHAT, "m.n:i": 0, "m.i:i": 103})
    found = ids.read_prefixed_message(read_root(write.root(prefixed), []), "m")
    assert found == MESSAGE
    assert ids.read_prefixed_message(empty, "m") is None
    assert ids.unpack_namespaced(0 | 12 << 32) == (0, 12)
    assert ids.unpack_namespaced((1 << 64) - 1 - (1 << 64)) == (-1, -1)
    assert ids.describe_peer(write.channel(5)) == "channel 5"
    assert ids.describe_peer(4 << 32 | 5) == "peer namespace 4 5"
    assert ids.describe_peer(ids.EMPTY_PEER) == "no peer"
    assert ids.read_peer(0) is None
    assert ids.read_peer(None) is None


def test_media_entries() -> None:
    """Media that stand in t6, or in a message."""
    problems: list[Problem] = []
    media = write.Obj("TelegramMediaDice", {"e:s": "🎲", "v:i": 6})
    found = tables.read_media_entry(write.direct_media(media, 3), problems)
    assert found.media is not None
    assert found.media.fields == {"e": "🎲", "v": 6}
    assert (found.references, found.message) == (3, None)
    found = tables.read_media_entry(write.referenced_media(*MESSAGE, TIME), problems)
    assert (found.media, found.message, found.timestamp) == (None, MESSAGE, TIME)
    assert not problems
    short = tables.read_media_entry(write.direct_media(media)[:-4], problems)
    assert short.media is not None
    assert short.references is None
    assert [reason for _, reason in problems] == ["reference count is missing"]
    for data in (b"", b"\2", b"\0\xff\0\0\0", b"\1abc"):
        with pytest.raises(FormatError):
            tables.read_media_entry(data, [])


def test_log_entries() -> None:
    """Pending operations; the offset of a problem is one in the whole value."""
    operation = write.Obj("CloudChatRemoveChatOperation", {"p:q": CHAT})
    problems: list[Problem] = []
    for merged in (None, 7):
        found = tables.read_log_entry(write.log_entry(operation, merged), problems)
        assert found.merged_index == merged
        assert found.operation is not None
        assert found.operation.fields == {"p": CHAT}
    assert not problems
    data = write.log_entry(operation, 7).replace(b"\x01p\1", b"\x01p\x63")
    found = tables.read_log_entry(data, problems)
    assert problems == [(data.index(b"\x01p") + 2, "type 99 of 'p' does not exist")]


def test_chat_list_index() -> None:
    """Value of t8."""
    top = struct.pack("<iii", 0, 103, TIME)
    data = b"\1" + top + b"\1" + struct.pack("<HBi", 65534, 0, 1)
    assert tables.read_chat_list_index(data) == ((0, 103, TIME), True, 0, None, 1)
    data = b"\0\1" + struct.pack("<HBii", 0, 1, TIME, 0)
    assert tables.read_chat_list_index(data) == (None, True, None, TIME, 0)
    assert tables.read_chat_list_index(b"\0\0") == (None, False, None, None, None)
    assert tables.read_chat_list_index(b"\0") == (None, False, None, None, None)
    with pytest.raises(FormatError):
        tables.read_chat_list_index(b"\1abc")


def test_read_states() -> None:
    """Both kinds of read states; what stands before damage is kept."""
    by_id = struct.pack("<ibiiiii", 0, 0, 10, 9, 12, 2, 1)
    by_index = struct.pack(
        "<ibiqiiiqiiii", 2, 1, TIME, CHAT, 2, 5, TIME + 1, CHAT, 1, 6, 3, 0
    )
    data = struct.pack("<i", 2) + by_id + by_index
    problems: list[Problem] = []
    first, second = tables.read_read_states(data, problems)
    assert first == tables.ReadState(0, 10, 9, 12, 2, True)
    assert second == tables.ReadState(2, 5, 6, None, 3, False, TIME, TIME + 1)
    assert not problems
    for size in range(4, len(data)):
        problems = []
        found = tables.read_read_states(data[:size], problems)
        assert found == [first, second][: len(found)]
        assert len(problems) == 1
    assert tables.read_read_states(struct.pack("<i", 1 << 30), []) == []
    unknown = struct.pack("<iib", 1, 0, 7)
    problems = []
    assert tables.read_read_states(unknown, problems) == []
    assert "kind 7" in problems[0][1]


def test_stored_resources() -> None:
    """Value of t15 of a StorageBox, at every length."""
    name = "telegram-cloud-document-4-77"
    data = struct.pack("<BH", 0, len(name)) + name.encode() + struct.pack("<Bq", 2, 999)
    found = tables.read_stored_resource(data)
    assert found == tables.StoredResource(name, 2, 999)
    for size in range(len(data)):
        if size < 3 + len(name):
            with pytest.raises(FormatError):
                tables.read_stored_resource(data[:size])
            continue
        cut = tables.read_stored_resource(data[:size])
        assert cut.identifier == name
        assert cut.size is None
    with pytest.raises(FormatError, match="version 1"):
        tables.read_stored_resource(b"\1\0\0\0")
