"""Tests of traces and of the origin of messages (sections 5.1, 5.2, 10, 14)."""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telegram_forensics.formats import postbox_origin as origin
from telegram_forensics.formats import postbox_traces as traces
from telegram_forensics.formats.android_origin import Origin
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.postbox_coding import Problem
from telegram_forensics.formats.postbox_facts import read_facts
from telegram_forensics.formats.postbox_ids import MediaId, MessageId
from telegram_forensics.formats.postbox_keys import MessageKey
from telegram_forensics.formats.postbox_message import read_message
from tests.builders import postbox as write
from tests.formats import test_postbox_vectors as vectors

CHAT = write.user(777111222)
OWNER = write.user(5000000001)
SECRET = write.secret(-5)
TIME = 1735689600
MESSAGE = MessageId(CHAT, 0, 103)
CERTAIN = ("this_installation", "certain")
STRONG = ("this_installation", "strong")
NONE = ("no_local_trace", None)
AUTOMATIC = ("not_applicable", None)
UNKNOWN = ("not_determinable", None)


def grade(
    value: write.Msg | bytes,
    found: traces.SendTraces | None = None,
    chat: int = CHAT,
    namespace: int = 0,
    number: int = 103,
) -> Origin:
    """The grade of a message."""
    data = value if isinstance(value, bytes) else value.encode()
    stored = read_message(data, [])
    key = MessageKey(chat, namespace, TIME, number)
    facts = read_facts(key, stored)
    return origin.grade(key, stored, facts, found or traces.SendTraces())


OUTGOING = write.Msg("x", author=OWNER, flags=64)
IMAGE = write.Obj("TelegramMediaImage", {"i:x": write.media_id(0, 55), "r:I": []})
LOCAL_IMAGE = write.Obj("TelegramMediaImage", {"i:x": write.media_id(7, 9), "r:I": []})
BOT = write.Obj(
    "InlineBusinessBotMessageAttribute", {"i:q": write.user(9), "t:n": None}
)


def test_messages_of_the_specification() -> None:
    """A was composed here, of B and F nothing can be said, C came in."""
    assert grade(vectors.MESSAGE_A) == (
        *CERTAIN,
        ("postbox_unique_id", "postbox_outgoing_info", "postbox_local_flags"),
    )
    assert grade(vectors.MESSAGE_B)[:2] == NONE
    assert grade(vectors.MESSAGE_F, chat=write.channel(2500000000))[:2] == NONE
    assert grade(vectors.MESSAGE_C) == (None, None, ())
    assert grade(vectors.MESSAGE_D) == (None, None, ())


GRADES: list[tuple[dict[str, Any], int, tuple[str, str | None], tuple[str, ...]]] = [
    ({}, 0, NONE, ()),
    ({"unique_id": 5}, 0, CERTAIN, (origin.UNIQUE_ID,)),
    ({"unique_id": 0}, 0, CERTAIN, (origin.UNIQUE_ID,)),
    (
        {"unique_id": 5, "flags": 1},
        1,
        CERTAIN,
        (origin.UNSENT_ROW, origin.UNIQUE_ID),
    ),
    (
        {"unique_id": 5, "flags": 2},
        4,
        CERTAIN,
        (origin.UNSENT_ROW, origin.UNIQUE_ID),
    ),
    (
        {"attributes": [write.outgoing_info(5)]},
        0,
        CERTAIN,
        (origin.OUTGOING_ATTRIBUTE,),
    ),
    ({"local_tags": 1}, 0, CERTAIN, (origin.LIVE_LOCATION,)),
    ({"local_tags": 2}, 0, NONE, ()),
    ({"flags": 0}, 0, STRONG, (origin.LOCAL_FLAGS,)),
    ({"flags": 512}, 0, STRONG, (origin.LOCAL_FLAGS,)),
    # Not at the server, and without the number that it must have.
    ({"flags": 0}, 1, UNKNOWN, ()),
    ({"media": [LOCAL_IMAGE]}, 0, STRONG, (origin.LOCAL_MEDIA,)),
    ({"media": [IMAGE]}, 0, NONE, ()),
    ({"flags": 64 | 128 | 256}, 0, AUTOMATIC, ()),
    ({"flags": 64 | 128, "unique_id": 5}, 0, CERTAIN, (origin.UNIQUE_ID,)),
    ({"attributes": [BOT]}, 0, AUTOMATIC, ()),
    ({"media": [write.action(10)]}, 0, UNKNOWN, ()),
    ({"media": [write.action(10)], "flags": 0}, 0, UNKNOWN, ()),
]


@pytest.mark.parametrize(("changes", "namespace", "expected", "basis"), GRADES)
def test_grades(
    changes: dict[str, Any],
    namespace: int,
    expected: tuple[str, str | None],
    basis: tuple[str, ...],
) -> None:
    """What a row proves by itself."""
    found = grade(replace(OUTGOING, **changes), namespace=namespace)
    assert found[:2] == expected
    assert found.basis == basis
    assert set(basis) <= set(origin.BASIS)


def test_incoming_messages_have_no_origin() -> None:
    """Whatever stands in them."""
    message = replace(OUTGOING, flags=68, unique_id=5, local_tags=1)
    assert grade(message) == (None, None, ())


def test_table_of_random_ids() -> None:
    """t32 names the message."""
    found = traces.SendTraces()
    found.add_random_id(struct.pack(">qq", CHAT, 7), struct.pack("<qii", *MESSAGE))
    assert found.random_ids == {MESSAGE: 7}
    assert grade(OUTGOING, found) == (*CERTAIN, (origin.RANDOM_ID_ROW,))
    assert grade(OUTGOING, found, number=104)[:2] == NONE


def test_live_location() -> None:
    """t52 survives the server's copy."""
    found = traces.SendTraces()
    found.add_local_tag(struct.pack(">Iiiq", 1, 0, 103, CHAT))
    found.add_local_tag(struct.pack(">Iiiq", 2, 0, 104, CHAT))
    assert found.live_locations == {MESSAGE}
    assert grade(OUTGOING, found) == (*CERTAIN, (origin.LIVE_LOCATION,))
    assert grade(OUTGOING, found, number=104)[:2] == NONE


def upload(media: write.Obj | None = IMAGE, kind: int = 0) -> tuple[bytes, bytes]:
    """A row of t25."""
    data = b"" if media is None else write.root(media)
    entry = write.Obj("CachedMediaReferenceEntry", {"data:x": data})
    return b"\0\4" + bytes([kind]) + bytes(range(16)), write.root(entry)


def test_uploaded_media() -> None:
    """Uploaded from here, for whatever message: supporting."""
    found = traces.SendTraces()
    problems: list[Problem] = []
    found.add_upload(*upload(), problems)
    assert found.uploads == {MediaId(0, 55): bytes(range(16)).hex()}
    message = replace(OUTGOING, media=[IMAGE])
    assert grade(message, found) == (
        "this_installation",
        "supporting",
        (origin.UPLOADED_MEDIA,),
    )
    assert grade(OUTGOING, found)[:2] == NONE
    # A scheduled message is not sent by a device; nor does the weak trace say so.
    assert grade(replace(message, flags=64 | 128), found)[:2] == AUTOMATIC
    other = traces.read_upload(b"\0\x09x", b"", problems)
    assert other is None
    empty = traces.read_upload(*upload(None, 1), problems)
    assert empty is not None
    assert (empty.kind, empty.media_id) == ("file", None)
    assert not problems
    for key in (b"\0\4", b"\0\4\2" + bytes(16), b"\1\4\0" + bytes(16)):
        with pytest.raises(FormatError):
            traces.read_upload(key, upload()[1], problems)


def test_secret_chats() -> None:
    """Bound to the device: certain with the key, strong without."""
    message = replace(OUTGOING, flags=0, unique_id=5)
    assert grade(message, None, SECRET, 1) == (*STRONG, (origin.SECRET_MESSAGE,))
    found = traces.SendTraces(secret_chats={SECRET})
    assert grade(message, found, SECRET, 1) == (*CERTAIN, (origin.SECRET_KEY,))
    incoming = replace(message, flags=4)
    assert grade(incoming, found, SECRET, 2) == (None, None, ())


def test_flags_of_old_databases() -> None:
    """Before April 2019 the flag means nothing; unknown schemas are new."""
    message = replace(OUTGOING, flags=0)
    assert grade(message, traces.SendTraces(schema=22))[:2] == NONE
    assert grade(message, traces.SendTraces(schema=23))[:2] == STRONG
    assert grade(message, traces.SendTraces(schema=None))[:2] == STRONG


def test_cut_off_message() -> None:
    """The trace may have stood in what was lost."""
    data = OUTGOING.encode()
    assert grade(data[:-10])[:2] == UNKNOWN
    assert grade(data[:12]) == (None, None, ())
    whole = replace(OUTGOING, unique_id=5).encode()
    assert grade(whole[:-10])[:2] == CERTAIN


def test_own_notices_of_the_service_account() -> None:
    """Rows that the client makes in the chat of Telegram's account prove nothing."""
    message = replace(OUTGOING, flags=0)
    assert grade(message, chat=write.user(777000))[:2] == NONE


def test_counters() -> None:
    """How many messages were queued here, and what came from elsewhere at least."""
    found = traces.SendTraces()
    found.add_counter(struct.pack(">qBi", CHAT, 2, 1), struct.pack("<i", 5))
    found.add_counter(struct.pack(">qBi", CHAT, 2, 2), struct.pack("<i", 9))
    found.add_counter(b"\3", struct.pack("<I", 77))
    found.add_counter(struct.pack(">qB", CHAT, 9), b"")
    assert found.queued(CHAT) == 4
    assert found.queued(OWNER) == 0
    assert traces.balance(CHAT, 10, found) == (4, 10, 6)
    assert traces.balance(CHAT, 2, found) == (4, 2, 0)
    assert traces.balance(OWNER, 3, found) == (0, 3, 3)
    assert traces.balance(SECRET, 3, found) is None
    found.next_ids[CHAT, 1] = -5
    assert found.queued(CHAT) == 0
    with pytest.raises(FormatError):
        found.add_counter(struct.pack(">qBi", CHAT, 2, 1), b"\1")


def test_operation_logs() -> None:
    """Counters of deletions survive the deletions."""
    found = traces.SendTraces()
    found.add_log_counter(struct.pack(">BqB", 0, CHAT, 3), struct.pack("<i", 4))
    found.add_log_counter(struct.pack(">BqB", 0, OWNER, 3), struct.pack("<i", 2))
    found.add_log_counter(struct.pack(">BqB", 0, CHAT, 11), struct.pack("<i", 1))
    found.add_log_counter(b"\1\3", struct.pack("<i", 6))
    assert found.deletions(CHAT) == 4
    assert found.deletions(SECRET) == 0


def test_queues() -> None:
    """t11 and t49."""
    found = traces.SendTraces()
    found.add_unsent(struct.pack(">iiq", 1, 5, CHAT))
    found.add_failed(struct.pack(">qii", CHAT, 1, 6))
    assert found.unsent == {MessageId(CHAT, 1, 5)}
    assert found.failed == {MessageId(CHAT, 1, 6)}


def deletion(name: str, entries: dict[str, Any]) -> traces.PendingDeletion | None:
    """A pending operation."""
    key = struct.pack(">qBi", CHAT, 3, 0)
    value = write.log_entry(write.Obj(name, entries), 1)
    problems: list[Problem] = []
    found = traces.read_pending_deletion(key, value, problems)
    assert not problems
    return found


def test_pending_deletions() -> None:
    """Messages, histories, chats; other operations are none."""
    items = write.message_ids([(CHAT, 0, 5), (CHAT, 0, 6)])
    found = deletion("CloudChatRemoveMessagesOperation", {"i:x": items, "t:i": 1})
    assert found == traces.PendingDeletion(
        "messages", CHAT, [MessageId(CHAT, 0, 5), MessageId(CHAT, 0, 6)], None, True
    )
    history = {"p:q": CHAT, "m.p:q": CHAT, "m.n:i": 0, "m.i:i": 9, "type:i": 0}
    found = deletion("CloudChatClearHistoryOperation", history)
    assert found == traces.PendingDeletion(
        "history", CHAT, [], MessageId(CHAT, 0, 9), False
    )
    chat = {"p:q": OWNER, "deleteGloballyIfPossible:i": 1}
    found = deletion("CloudChatRemoveChatOperation", chat)
    assert found == traces.PendingDeletion("chat", OWNER, [], None, True)
    assert deletion("SynchronizeConsumeMessageContentsOperation", {}) is None
    problems: list[Problem] = []
    broken = write.Obj("CloudChatRemoveMessagesOperation", {"i:x": b"\xff"})
    found = traces.read_pending_deletion(
        struct.pack(">qBi", CHAT, 3, 0), write.log_entry(broken, None), problems
    )
    assert found is not None
    assert found.messages == []
    assert len(problems) == 1


def test_gaps_of_a_channel() -> None:
    """Ids that are missing, apart from those that were not downloaded."""
    Range = traces.IdRange
    assert traces.missing_ranges([1, 2, 5, 9]) == [Range(3, 4), Range(6, 8)]
    holes = [Range(6, 6), Range(8, 20), Range(5, 2)]
    assert traces.missing_ranges([1, 2, 5, 9], holes) == [Range(3, 4), Range(7, 7)]
    assert traces.missing_ranges([1, 9], [Range(1, 9)]) == []
    assert traces.missing_ranges([]) == traces.missing_ranges([4]) == []
    assert traces.missing_ranges([1, 3, 5, 7], limit=2) == [Range(2, 2), Range(4, 4)]


@given(
    st.sets(st.integers(1, 60)),
    st.lists(st.tuples(st.integers(1, 60), st.integers(1, 60)), max_size=6),
)
def test_gaps_against_counting(present: set[int], holes: list[tuple[int, int]]) -> None:
    """The same as counting id by id."""
    ranges = [traces.IdRange(*item) for item in holes]
    expected = {
        number
        for number in range(min(present, default=0), max(present, default=0))
        if number not in present
        and not any(item.first <= number <= item.last for item in ranges)
    }
    found = traces.missing_ranges(present, ranges)
    counted = [number for item in found for number in range(item.first, item.last + 1)]
    assert set(counted) == expected
    assert len(counted) == len(expected)
