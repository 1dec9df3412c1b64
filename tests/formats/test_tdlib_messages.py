"""Messages, users and chats of TDLib: vectors of the specification, and damage."""

from __future__ import annotations

import random

import pytest

from telegram_forensics.formats import (
    tdlib_dialogs,
    tdlib_entities,
    tdlib_message,
    tdlib_pending,
)
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.tdlib_binlog import BinlogRecord
from telegram_forensics.formats.tdlib_values import Reader
from tests.builders import tdlib as build

COMPOSED = bytes.fromhex(
    "3d000000821400200000003000008022000000000000900c000000003d1ea10600000000a81f026b"
    "2d938bd3ba4fd2cd0000000000000000206d7367204120636f6d706f736564206865726520287368"
    "6f72742073656e74290000000000000000000000"
)
OTHER = bytes.fromhex(
    "3d000000020400200000803000008022000000000000c012000000003d1ea10600000000aa1f026b"
    "aa1f026b00000000000000001f6d736720432073656e742066726f6d20414e4f5448455220736573"
    "73696f6e0000000000000000"
)
OLD = bytes.fromhex(
    "1800000082150020000000000000900c000000003d1ea106091f026b1377ad5e5e12c24e00000000"
    "206d7367204120636f6d706f7365642068657265202873686f72742073656e742900000000000000"
    "0000000000000000"
)
DOCUMENT = bytes.fromhex(
    "3d000000000400200000803000008022000000000000f0120000000092617f1a000000007f1f026b"
    "ab1f026b03000000030000000f73656372657420706c616e2e7064660f6170706c69636174696f6e"
    "2f706466040000000000000005000002020000000401020304000000b168de3a00000000b3150000"
    "0000000040e201000f73656372657420706c616e2e70646692617f1a000000000b74686520636170"
    "74696f6e0000000000000000"
)
REQUEST = bytes.fromhex(
    "3d00000092617f1a00000000821400300000003000008022000000000100c003000000003d1ea106"
    "00000000a81f026ba81f026b2d938bd3ba4fd2cd0000000000000000206d7367204120636f6d706f"
    "7365642068657265202873686f72742073656e74290000000000000000000000"
)
VECTORS = [COMPOSED, OTHER, OLD, DOCUMENT]


def test_composed_here() -> None:
    """The random id tells that this installation made it."""
    found = tdlib_message.read_message(COMPOSED)
    assert found.problem is None and found.version == 61
    assert (found.facts.identifier, found.random_id) == (201, -3615739886993435859)
    assert (found.facts.sender, found.facts.date) == (("user", 111222333), 1795301288)
    assert found.facts.is_outgoing and found.facts.text == (
        "msg A composed here (short sent)"
    )
    assert found.marks == ("clear_draft",)


def test_other_session() -> None:
    """No random id: from the server, with the time at which it came."""
    found = tdlib_message.read_message(OTHER)
    assert found.problem is None
    assert (found.facts.identifier, found.random_id) == (300, None)
    assert found.received == 1795301290 and found.facts.is_outgoing
    assert found.facts.text == "msg C sent from ANOTHER session"


def test_old_version() -> None:
    """32-bit user ids, no flags of the text."""
    found = tdlib_message.read_message(OLD)
    assert (found.version, found.problem) == (24, None)
    assert found.random_id == 5675118676964898579
    assert found.facts.text == "msg A composed here (short sent)"


def test_document() -> None:
    """An attachment with its caption."""
    found = tdlib_message.read_message(DOCUMENT)
    assert found.problem is None
    media = found.facts.media
    assert media is not None
    assert (media.kind, media.name, media.mime_type) == (
        "document",
        "secret plan.pdf",
        "application/pdf",
    )
    assert (media.size, media.identifier, media.data_center) == (123456, 987654321, 2)
    assert found.facts.text == "the caption" and not found.facts.is_outgoing


def test_request_to_send() -> None:
    """A record of the event log."""
    (found,) = tdlib_pending.read_pending(BinlogRecord(9, 0x100, REQUEST, 0))
    assert (found.what, found.dialog) == ("send_message", 444555666)
    assert found.message.identifier.value == 62914561
    assert found.message.send_date == 1795301288
    assert found.message.random_id == -3615739886993435859


@pytest.mark.parametrize("vector", VECTORS)
def test_truncation(vector: bytes) -> None:
    """Cut anywhere: what stands before the cut, and why it ends there."""
    whole = tdlib_message.read_message(vector)
    for length in range(len(vector)):
        try:
            found = tdlib_message.read_message(vector[:length])
        except FormatError:
            assert length < 44
            continue
        assert found.facts.date == whole.facts.date
        if length >= 48:
            assert found.random_id in (whole.random_id, None)


def test_flags_of_a_newer_writer() -> None:
    """They are not guessed at: what stands before them counts, and it is said."""
    changed = bytearray(COMPOSED)
    changed[16:20] = (0x22800000 | 1 << 30).to_bytes(4, "little")
    found = tdlib_message.read_message(bytes(changed))
    assert found.problem is not None and "newer" in found.problem.reason
    assert found.facts.is_outgoing and found.facts.text is None


def test_unknown_content() -> None:
    """The message keeps its head."""
    place = COMPOSED.index((0).to_bytes(4, "little") * 2, 44)
    changed = COMPOSED[:place] + (99).to_bytes(4, "little") + COMPOSED[place + 4 :]
    found = tdlib_message.read_message(changed)
    assert found.problem is not None
    assert found.facts.other["content type"] == 99
    assert found.random_id == -3615739886993435859


def test_mutations() -> None:
    """No other error than the documented one."""
    source = random.Random(11)
    for _ in range(3000):
        vector = bytearray(source.choice(VECTORS))
        for _ in range(source.randrange(1, 6)):
            vector[source.randrange(len(vector))] = source.randrange(256)
        try:
            tdlib_message.read_message(bytes(vector))
        except FormatError:
            continue


USER = bytes.fromhex(
    "3d000000112106000000000005416c6963650000054f776e657200000b3135353530303031313232"
    "acd3672e00000000bb1d026b04000000"
)
OLD_USER = bytes.fromhex(
    "180000001121060005416c6963650000054f776e657200000b3135353530303031313232acd3672e"
    "000000001c1d026b01000000"
)
CHANNEL = bytes.fromhex(
    "3d00000088700130000800000010fd2fff01000063000000000000000b53757065722047726f7570"
    "96f8016b050000000010fd07ff0100000b0000000c000000067367726f757000"
)
GROUP = bytes.fromhex(
    "3d000000400900000b536d616c6c2047726f757003000000edfc016b0000000000000000010000000"
    "010fd2fff010000000000000000000005000000"
)


@pytest.mark.parametrize(("data", "seen"), [(USER, 1795300795), (OLD_USER, 1795300636)])
def test_users(data: bytes, seen: int) -> None:
    """Specification 11.6."""
    user = tdlib_entities.read_user(111222333, data)
    assert (user.name, user.phone) == ("Alice Owner", "15550001122")
    assert (user.last_seen, user.is_bot) == (seen, False)


def test_chats() -> None:
    """Specification 11.6."""
    channel = tdlib_entities.read_channel(1234567890, Reader.versioned(CHANNEL))
    assert (channel.title, channel.username) == ("Super Group", "sgroup")
    assert (channel.members, channel.chat_type) == (5, "supergroup")
    group = tdlib_entities.read_group(555, Reader.versioned(GROUP))
    assert (group.title, group.members) == ("Small Group", 3)


def test_entities_of_a_newer_writer() -> None:
    """What stands before the part that is not known counts, and it is said."""
    problems: list[FormatError] = []
    changed = bytearray(USER)
    # An emoji status, and nothing of the rest that fits.
    changed[7] |= 1 << 3
    user = tdlib_entities.read_user_from(1, Reader.versioned(bytes(changed)), problems)
    assert (user.name, user.phone) == ("Alice Owner", "15550001122")
    assert user.last_seen == 1795300795 and len(problems) == 1
    problems = []
    changed = bytearray(CHANNEL)
    # A photo where none is stored.
    changed[5] |= 1 << 1
    channel = tdlib_entities.read_channel(1, Reader.versioned(bytes(changed)), problems)
    assert channel.title == "Super Group" and len(problems) == 1


def test_members() -> None:
    """A basic group with what was loaded of it."""
    member = build.i64(build.OWN, build.FRIEND) + build.i32(build.DATE)
    data = build.i32(61) + build.flags(0) + build.i32(1) + build.i64(build.FRIEND)
    data += build.vector(
        member + build.i64(0 << 28 | 1 << 14 | 1 << 27) + build.text("boss"),
        build.i64(build.FRIEND, 0) + build.i32(0) + build.i64(3 << 28),
    )
    found = tdlib_entities.read_full_group(
        5, Reader.versioned(data + build.text("about"))
    )
    assert (found.creator, found.about) == (build.FRIEND, "about")
    first, second = found.participants
    assert (first.peer, first.inviter) == (("user", build.OWN), build.FRIEND)
    assert (first.status.name, first.status.rank) == ("creator", "boss")
    assert not first.status.is_left
    assert (second.status.name, second.status.is_left) == ("restricted", True)


def test_entities_damaged() -> None:
    """Users and chats: cut or changed, no other error than the documented one."""
    source = random.Random(3)
    for data in (USER, OLD_USER, CHANNEL, GROUP):
        for length in range(len(data)):
            for read in (tdlib_entities.read_channel, tdlib_entities.read_group):
                try:
                    read(1, Reader.versioned(data[:length]))
                except FormatError:
                    continue
        for _ in range(500):
            changed = bytearray(data)
            changed[source.randrange(len(changed))] = source.randrange(256)
            for function in (tdlib_entities.read_user, _dialog):
                try:
                    function(1, bytes(changed))
                except FormatError:
                    continue


def _dialog(number: int, data: bytes) -> object:
    return tdlib_dialogs.read_dialog(data)
