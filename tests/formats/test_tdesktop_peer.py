"""Tests of serialized peers (sections 0.4, 3.5, 3.5.1 and 9.8)."""

from __future__ import annotations

import pytest

from telegram_forensics.formats import tdesktop_peer as peers
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.qds import QdsReader
from telegram_forensics.formats.tdesktop_peer import LastSeen, PeerId
from tests import helpers
from tests.builders import tdata
from tests.builders.tdata import byte_array, i32, string, u32, u64

SELF_RECORD = bytes.fromhex(
    "008000013161bf1577ffffffffffffff00000002000000000000000080000000ffffffff0000000000"
    "0000060041006e006e00000006004c0065006500000018003400390031003700300031003200330034"
    "003500360037000000"
    "0c0061006e006e006c00650065000000000000000000000000ffffffff535a4c0000000000ffffffff"
    "0000000600620069006f"
)
# The 52 bytes of section 9.8: picture of a peer.
PHOTO_LOCATION = bytes.fromhex(
    "0002266100000000000000013161bf150000000000001122000000024cb016ea0000000000000000"
    "ffffffff000000a0000000a0"
)
USER = 5123456789
TAG = u64(0x77FFFFFFFFFFFFFF)
NO_PICTURE = u32(0x80000000) + byte_array(None)


def record_version(version: int) -> int:
    """The record version that a version of the program writes."""
    if version < 3007006:
        return 0
    return 2 if version >= 4014007 else 1


def peer_id(kind: int, bare: int, version: int) -> bytes:
    """A serialized peer id of either form."""
    if version >= 2007002:
        return u64(1 << 55 | kind << 48 | bare)
    return u64(kind << 32 | bare)


def head(kind: int, bare: int, version: int, photo: int = 77) -> bytes:
    """Everything before the part that depends on the kind of peer."""
    number = record_version(version)
    parts = [peer_id(kind, bare, version)]
    if number:
        parts += [TAG, i32(number)]
    parts.append(u64(photo))
    if version >= 1006004:
        parts += [u32(0x80000000), byte_array(PHOTO_LOCATION)]
    else:
        reference = byte_array(b"ref") if version >= 1003013 else b""
        legacy = [i32(160), i32(160), i32(2), u64(3), i32(4), u64(5)]
        parts += [*legacy, reference]
    if number:
        parts.append(i32(1))
    return b"".join(parts)


def user(version: int, last_seen: int, contact: int = 1, bot: int = -1) -> bytes:
    """A user as a version of the program serializes it."""
    names = b"".join(map(string, ("Ann", "Lee", "491701234567", "annlee")))
    parts = [head(0, 123456789, version), names, u64(0x1234)]
    if version >= 9012:
        parts.append(i32(-0x7FFFFFFF))
    if version >= 9016:
        parts.append(string("Search..."))
    parts += [u32(last_seen & 0xFFFFFFFF), i32(contact), i32(bot)]
    return b"".join(parts)


def read_whole(data: bytes, version: int) -> peers.SerializedPeer:
    """Reads a peer that must end where the data does."""
    reader = QdsReader(data + b"\xee")
    peer = peers.read_peer(reader, version)
    assert reader.remaining == 1
    return peer


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0x008000013161BF15, PeerId("user", 5123456789)),
        (0x00820000499602D2, PeerId("channel", 1234567890)),
        (0x0081000000000007, PeerId("group", 7)),
        (0x00FF000000000001, PeerId("pseudo", 1)),
        (0x00000000075BCD15, PeerId("user", 123456789)),
        (0x0000000100000007, PeerId("group", 7)),
        (0x00000002499602D2, PeerId("channel", 1234567890)),
        (0x0000000FFFFFFFFF, PeerId("pseudo", 0xFFFFFFFF)),
        (0x0080FFFFFFFFFFFF, PeerId("user", 2**48 - 1)),
    ],
)
def test_peer_ids(value: int, expected: PeerId) -> None:
    """Both forms of section 0.4 with its examples."""
    assert peers.decode_peer_id(value) == expected


@pytest.mark.parametrize(
    "value",
    [0x0083000000000001, 0x0180000000000001, 2**64 - 1, 3 << 32, 1 << 36, 1 << 48],
)
def test_unknown_peer_ids(value: int) -> None:
    """A value of no known type is refused, not guessed at."""
    with pytest.raises(FormatError, match="unknown type"):
        peers.decode_peer_id(value)


def test_self_record() -> None:
    """The owner's record of section 9.8, field by field."""
    assert len(SELF_RECORD) == 142
    record = peers.read_self_record(SELF_RECORD, 6001002)
    assert record.about == "bio"
    assert record.user == peers.SerializedPeer(
        peer=PeerId("user", USER),
        record_version=2,
        photo_id=0,
        first_name="Ann",
        last_name="Lee",
        phone="491701234567",
        username="annlee",
        last_seen=LastSeen(1700000000, True, None, False),
        is_contact=False,
        is_bot=False,
        flags=0,
    )
    assert record.user.name == "Ann Lee"


def test_self_record_without_about() -> None:
    """The bio is read when bytes remain, and is empty otherwise."""
    record = peers.read_self_record(SELF_RECORD[:-10], 6001002)
    assert (record.user.first_name, record.about) == ("Ann", "")


def test_self_record_at_every_truncation() -> None:
    """A cut-off record is refused, except where only the bio is missing."""
    for data in helpers.every_truncation(SELF_RECORD):
        if len(data) == len(SELF_RECORD) - 10:
            continue
        with pytest.raises(FormatError) as caught:
            peers.read_self_record(data, 6001002)
        assert 0 <= caught.value.offset <= len(data)


@pytest.mark.parametrize("version", [-1, 0, 9000, 9013, 1003012, 2**31 - 1])
def test_damaged_version_does_not_change_the_self_record(version: int) -> None:
    """The version field of a damaged map does not garble the owner's record."""
    expected = peers.read_self_record(SELF_RECORD, 6001002)
    assert peers.read_self_record(SELF_RECORD, version) == expected


@pytest.mark.parametrize("version", [1003017, 1006004, 2007001, 3007006, 4014007])
def test_self_record_of_the_builder(version: int) -> None:
    """What the writer makes for each layout of the record is read back."""
    owner = tdata.BuiltAccount(
        0, 123456789, 2, {}, first_name="Zoë", last_name="Ü", about="x", phone="1"
    )
    record = peers.read_self_record(tdata.self_record(owner, version), version)
    assert record.user.peer == PeerId("user", 123456789)
    assert (record.user.name, record.user.phone) == ("Zoë Ü", "1")
    assert record.user.last_seen == LastSeen(1700000000, True, None, False)
    assert record.about == "x"


def test_self_record_must_be_a_user() -> None:
    """A group in the place of the owner is refused."""
    data = head(1, 7, 6001002) + string("G") + i32(0) * 5 + u32(0) + string("")
    with pytest.raises(FormatError, match="owner's record is a group"):
        peers.read_self_record(data, 6001002)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0x535A4C00, LastSeen(1700000000, True, None, False)),
        (0x00000001, LastSeen(None, False, "recently", False)),
        (0x80000002, LastSeen(None, False, "within a week", True)),
        (0x00000000, LastSeen(None, False, "long ago", False)),
        (0x40000003, LastSeen(None, False, "within a month", False)),
        (0x00000004, LastSeen(1375315204, False, None, False)),
        (0xD35A4C00, LastSeen(1700000000, True, None, True)),
        (0x135A4C00, LastSeen(1700000000, False, None, False)),
    ],
)
def test_last_seen(value: int, expected: LastSeen) -> None:
    """Record version 2: the values of section 9.8 and both marks."""
    assert peers.decode_last_seen(value, 2) == expected


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1700000000, LastSeen(1700000000, True, None, False)),
        (-2, LastSeen(None, False, "recently", False)),
        (-3, LastSeen(None, False, "within a week", False)),
        (-4, LastSeen(None, False, "within a month", False)),
        (-1700000000, LastSeen(1700000000, False, None, False)),
        (-31, LastSeen(31, False, None, False)),
        (-30, None),
        (-5, None),
        (-1, None),
        (0, None),
    ],
)
def test_old_last_seen(value: int, expected: LastSeen | None, number: int) -> None:
    """Before record version 2 the value is signed."""
    assert peers.decode_last_seen(value & 0xFFFFFFFF, number) == expected


@pytest.mark.parametrize(
    "version",
    [
        8047,
        9011,
        9012,
        9015,
        9016,
        1003012,
        1003013,
        1006003,
        1006004,
        2007001,
        2007002,
        3007005,
        3007006,
        4014006,
        4014007,
        6001002,
    ],
)
def test_users_of_every_layout(version: int) -> None:
    """On both sides of each gate the user is read and left exactly at its end."""
    number = record_version(version)
    stored = 1700000000 - 1375315200 | 1 << 30 if number == 2 else 1700000000
    peer = read_whole(user(version, stored), version)
    assert peer == peers.SerializedPeer(
        peer=PeerId("user", 123456789),
        record_version=number,
        photo_id=77,
        first_name="Ann",
        last_name="Lee",
        phone="491701234567",
        username="annlee",
        last_seen=LastSeen(1700000000, True, None, False),
        is_contact=True,
        is_bot=False,
        flags=0x80000001 if version >= 9012 else None,
    )


@pytest.mark.parametrize(("contact", "expected"), [(1, True), (0, False), (-1, False)])
def test_contact_and_bot(contact: int, expected: bool) -> None:
    """Only 1 means a contact, and any info version but -1 a bot."""
    peer = read_whole(user(6001002, 0, contact, 3), 6001002)
    assert (peer.is_contact, peer.is_bot) == (expected, True)


@pytest.mark.parametrize("version", [9061, 1003013, 2007002, 3007006, 6001002])
def test_group(version: int) -> None:
    """A basic group with members, date, flags and invite link."""
    body = string("Nordlicht") + i32(12) + i32(1678781800) + i32(3) + i32(4) + i32(5)
    body += u32(0x80000004) + string("https://t.me/+abc")
    peer = read_whole(head(1, 4001111, version) + body, version)
    assert peer == peers.SerializedPeer(
        peer=PeerId("group", 4001111),
        record_version=record_version(version),
        photo_id=77,
        title="Nordlicht",
        member_count=12,
        date=1678781800,
        flags=0x80000004,
        invite_link="https://t.me/+abc",
    )
    assert peer.name == "Nordlicht"


@pytest.mark.parametrize("version", [9061, 1003013, 2007002, 3007006, 6001002])
def test_channel(version: int) -> None:
    """A channel with date, flags and invite link."""
    body = string("Hafen") + u64(9) + i32(1678781300) + i32(3) + i32(0)
    body += u32(0x400) + string(None)
    peer = read_whole(head(2, 1500077777, version) + body, version)
    assert peer == peers.SerializedPeer(
        peer=PeerId("channel", 1500077777),
        record_version=record_version(version),
        photo_id=77,
        title="Hafen",
        date=1678781300,
        flags=0x400,
    )


def test_date_zero_is_no_date() -> None:
    """A date of 0 is not reported as 1970."""
    body = string("x") + i32(1) + i32(0) * 4 + u32(0) + string("")
    assert read_whole(head(1, 7, 6001002) + body, 6001002).date is None


def test_pseudo_peer() -> None:
    """A record of a pseudo peer is refused at its own offset."""
    data = b"abc" + head(0x7F, 1, 6001002)
    with pytest.raises(FormatError, match="pseudo") as caught:
        peers.read_peer(QdsReader(data, 3), 6001002)
    assert caught.value.offset == 3


def test_unknown_peer_in_a_list() -> None:
    """A peer of unknown type is refused at its own offset, not at that of the list."""
    with pytest.raises(FormatError, match="unknown type") as caught:
        peers.read_peer(QdsReader(b"abc" + b"\xff" * 64, 3), 6001002)
    assert caught.value.offset == 3


@pytest.mark.parametrize("version", [9016, 1003013, 6001002])
def test_users_at_every_truncation(version: int) -> None:
    """A cut-off user is refused with an offset inside the data."""
    for data in helpers.every_truncation(user(version, 5)):
        with pytest.raises(FormatError) as caught:
            peers.read_peer(QdsReader(data), version)
        assert 0 <= caught.value.offset <= len(data)


def test_mutations_of_the_self_record() -> None:
    """Any bytes are read as a user or refused."""
    refused = 0
    for data in helpers.mutations(SELF_RECORD, 1000, "self"):
        try:
            record = peers.read_self_record(data, 6001002)
        except FormatError as exception:
            refused += 1
            assert 0 <= exception.offset <= len(data)
        else:
            assert record.user.peer.kind == "user"
    assert refused > 100
