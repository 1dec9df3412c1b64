"""The specification's known-answer vectors (section 18), byte by byte.

Each is read, written again by the test's own encoder, and compared whole.
"""

from __future__ import annotations

import struct

import pytest

from telegram_forensics.formats import (
    postbox_account,
    postbox_critlog,
    postbox_keys,
    postbox_logins,
    postbox_peers,
)
from telegram_forensics.formats.murmur3 import murmur3_32
from telegram_forensics.formats.postbox_coding import (
    PostboxObject,
    Problem,
    classes,
    read_root,
    type_hash,
)
from telegram_forensics.formats.postbox_facts import read_facts
from telegram_forensics.formats.postbox_ids import (
    EMPTY_PEER,
    MessageId,
    PeerId,
    unpack_peer,
)
from telegram_forensics.formats.postbox_message import StoredMessage, read_message
from telegram_forensics.formats.tdesktop_crypto import auth_key_identifier
from telegram_forensics.formats.tl_peers import Peer
from tests.builders import postbox as write

OWNER = 35064771073
BORIS = 777111222

MESSAGE_A = bytes.fromhex(
    "0004000000020000000188776655443322110000000000000000000101f2052a080000001a000000"
    "5965732c207772697474656e206f6e20746869732070686f6e650100000061000000015f05dc89ebc0"
    "560000000175018877665544332211016600000000000361636b0001000000036369640b1a62756262"
    "6c655570456d6f6a694f72537469636b6572736574730a0400000000000000107061727469616c5265"
    "666572656e63650b000000000000000000000000"
)
MESSAGE_B = bytes.fromhex(
    "000500000000000000004000000000000000000101f2052a080000002100000054686973206f6e6520"
    "77617320747970656420736f6d65776865726520656c736500000000000000000000000000000000"
)
MESSAGE_C = bytes.fromhex(
    "000900000000000000020100000044000000000000000001b6c6512e00000000000000000000000001"
    "0000003c000000015f05810778bc31000000095f72617756616c7565000e0000000169019210000000"
    "00000002647200020000000164004900000002766300000000000000000000000000"
)
MESSAGE_D = bytes.fromhex(
    "000a000000000000000044000000000000000fd202964902000000f8717467d202964902000000d202"
    "964902000000000000004d00000006000000456469746f7201b6c6512e000000000e000000466f7277"
    "61726465642074657874"
    "00000000000000000000000000000000"
)
ATTRIBUTE_E = bytes.fromhex(
    "015f05bb26cf6712000000017400ba857467017301ffffffffffffffbf"
)
MESSAGE_F = bytes.fromhex(
    "001000000003000000202a000000000000004000000000000000000101f2052a080000003700000053"
    "656e742066726f6d20746869732070686f6e6520627574206f7665727772697474656e206279207468"
    "652073657276657220636f70790100000012000000015f057e2be33a07000000017000780000000000"
    "00000000000000000000"
)
PEER = bytes.fromhex(
    "015f052ba5689eb2000000016901b6c6512e0000000002616801222200000000000003616874000000"
    "000002666e0405000000426f726973026c6e040600000053616d706c6502756e0407000000626f7269"
    "735f730170040b000000313535353031303030303202706808000000000262690b0272690b02666c00"
    "0000000004656d6a730b03756e730800000000037374680b05636c636c720b046e636c720b04626765"
    "6d0b0470636c720b047067656d0b037373630b04766669640b"
)
STATE = bytes.fromhex(
    "015f050603715f8f00000014697354657374696e67456e7669726f6e6d656e740000000000126d6173"
    "7465724461746163656e7465724964000200000006706565724964"
    "0101f2052a08000000057374617465057cb1a3d82500000003707473008813000003717473000c0000"
    "000464617465002e87746703736571000100000013696e76616c6964617465644368616e6e656c7308"
    "00000000"
)
REVIEW = bytes.fromhex(
    "015f0567cdd89b5800000002696401ffffffffffffffbf066465766963650411000000"
    "4465736b746f702c205043203634626974086c6f636174696f6e0412000000"
    "5465737476696c6c652c204e6f77686572650974696d657374616d7000ba857467"
)
CRITLOG = bytes.fromhex(
    "feca0df0bebadeca510000000000608021ddd9415b4d5450726f746f23307831403078322070726570"
    "6172696e67206d657373616765732e73656e644d65737361676520283734353437333036323230353831"
    "30323738342f3231295d"
)


def message(data: bytes) -> StoredMessage:
    """A message that has nothing wrong."""
    problems: list[Problem] = []
    found = read_message(data, problems)
    assert not problems
    assert found.is_complete
    return found


def stored(data: bytes) -> PostboxObject:
    """A stored object that has nothing wrong."""
    problems: list[Problem] = []
    found = read_root(data, problems)
    assert not problems
    assert found.is_complete
    return found


@pytest.mark.parametrize(
    ("text", "seed", "expected"),
    [
        ("", 0xF7CA7FD2, 377927480),
        ("fixture", 0xF7CA7FD2, 195095184),
        ("TelegramUser", 0xF7CA7FD2, -1637309141),
        ("TelegramUser", -137723950, -1637309141),
        ("TelegramUser", 0, 1402666469),
    ],
)
def test_murmur(text: str, seed: int, expected: int) -> None:
    """The hash of section 18."""
    assert murmur3_32(text.encode(), seed) == expected


def test_murmur_of_key_file() -> None:
    """The checksum of the key file."""
    data = bytes(range(32)) + bytes(range(0xA0, 0xB0))
    assert murmur3_32(data) == -1360452241
    assert struct.pack("<i", murmur3_32(data)).hex() == "6f25e9ae"


def test_every_listed_hash() -> None:
    """Each hash of the class table is that of its name."""
    found = classes()
    assert len(found) > 220
    for item in found.values():
        assert type_hash(item.name) == item.type_hash


def test_murmur_against_another_library() -> None:
    """Random data of every length gives what the reference implementation gives."""
    mmh3 = pytest.importorskip("mmh3")
    for size in range(70):
        data = bytes((size * 37 + place * 101) & 0xFF for place in range(size))
        for seed in (0, 1, 0xF7CA7FD2):
            assert murmur3_32(data, seed) == mmh3.hash(data, seed)


@pytest.mark.parametrize(
    ("value", "hexadecimal", "namespace", "number"),
    [
        (777000, "00000000000bdb28", 0, 777000),
        (777111222, "000000002e51c6b6", 0, 777111222),
        (35064771073, "000000082a05f201", 0, 5000000001),
        (35845572390, "0000000858900726", 0, 5780801318),
        (4295090752, "000000010001e240", 1, 123456),
        (9824502482, "00000002499602d2", 2, 1234567890),
        (11089934592, "000000029502f900", 2, 2500000000),
        (12886136455, "000000030012d687", 3, 1234567),
        (17179869179, "00000003fffffffb", 3, -5),
    ],
)
def test_peer_ids(value: int, hexadecimal: str, namespace: int, number: int) -> None:
    """The table of section 4.1, in both directions."""
    assert struct.pack(">q", value).hex() == hexadecimal
    assert unpack_peer(value) == PeerId(namespace, number)
    assert write.peer(namespace, number) == value


def test_special_peers() -> None:
    """The empty peer."""
    assert unpack_peer(EMPTY_PEER) == PeerId(7, 0)
    assert unpack_peer(EMPTY_PEER).peer is None


def test_message_a() -> None:
    """Composed here, acknowledged by a short reply."""
    key = postbox_keys.read_message_key(
        bytes.fromhex("000000002e51c6b6000000006774860200000067")
    )
    assert key == (BORIS, 0, 1735689730, 103)
    assert len(MESSAGE_A) == 183
    found = message(MESSAGE_A)
    assert (found.stable_id, found.stable_version, found.data_flags) == (4, 2, 1)
    assert found.unique_id == 0x1122334455667788
    assert (found.flags, found.tags, found.author) == (0, 0, OWNER)
    assert found.text == "Yes, written on this phone"
    assert [item.name for item in found.attributes] == ["OutgoingMessageInfoAttribute"]
    assert found.attributes[0].fields == {
        "u": 0x1122334455667788,
        "f": 0,
        "ack": 1,
        "cid": None,
        "bubbleUpEmojiOrStickersets": bytes(4),
        "partialReference": None,
    }
    assert not found.media
    assert not found.references
    again = write.Msg(
        "Yes, written on this phone",
        stable_id=4,
        stable_version=2,
        unique_id=0x1122334455667788,
        flags=0,
        author=OWNER,
        attributes=[write.outgoing_info(0x1122334455667788)],
    )
    assert again.encode() == MESSAGE_A
    assert write.message_key(BORIS, 0, 1735689730, 103) == postbox_keys.message_key(key)


def test_message_b() -> None:
    """From another session."""
    assert len(MESSAGE_B) == 81
    found = message(MESSAGE_B)
    assert (found.stable_id, found.data_flags, found.flags) == (5, 0, 64)
    assert found.text == "This one was typed somewhere else"
    again = write.Msg(found.text, stable_id=5, author=OWNER)
    assert again.encode() == MESSAGE_B


def test_message_c() -> None:
    """A call."""
    key = postbox_keys.read_message_key(
        bytes.fromhex("000000002e51c6b6000000006774865c0000006c")
    )
    assert len(MESSAGE_C) == 116
    found = message(MESSAGE_C)
    assert (found.stable_id, found.global_tags, found.flags) == (9, 1, 68)
    assert found.media[0].name == "TelegramMediaAction"
    assert found.media[0].fields == {
        "_rawValue": 14,
        "i": 4242,
        "dr": 2,
        "d": 73,
        "vc": 0,
    }
    facts = read_facts(key, found).message
    assert facts.call is not None
    assert (facts.call.identifier, facts.call.duration) == (4242, 73)
    assert (facts.call.reason, facts.call.is_video) == ("hangup", False)
    assert facts.is_outgoing is False
    assert facts.action == "messageActionPhoneCall"
    call = write.action(14, {"i:q": 4242, "dr:i": 2, "d:i": 73, "vc:i": 0})
    again = write.Msg(stable_id=9, global_tags=1, flags=68, author=BORIS, media=[call])
    assert again.encode() == MESSAGE_C


def test_message_d() -> None:
    """A forward."""
    key = postbox_keys.read_message_key(
        bytes.fromhex("000000002e51c6b600000000677486660000006d")
    )
    assert len(MESSAGE_D) == 108
    found = message(MESSAGE_D)
    forward = found.forward
    assert forward is not None
    assert (forward.author, forward.date, forward.source) == (
        9824502482,
        1735684600,
        9824502482,
    )
    assert forward.message == MessageId(9824502482, 0, 77)
    assert forward.signature == "Editor"
    assert found.text == "Forwarded text"
    facts = read_facts(key, found).message
    assert facts.forward is not None
    assert facts.forward.sender == Peer("channel", 1234567890)
    assert (facts.forward.post, facts.forward.author) == (77, "Editor")
    assert facts.forward.date == 1735684600
    again = write.Msg(
        "Forwarded text",
        stable_id=10,
        flags=68,
        author=BORIS,
        forward=write.Forward(
            9824502482, 1735684600, 9824502482, (9824502482, 0, 77), "Editor"
        ),
    )
    assert again.encode() == MESSAGE_D


def test_message_e() -> None:
    """The notice of a new login."""
    key = postbox_keys.read_message_key(
        bytes.fromhex("00000000000bdb2800000001677485bc00000001")
    )
    assert key == (777000, 1, 1735689660, 1)
    found = stored(ATTRIBUTE_E)
    assert found.name == "AuthSessionInfoAttribute"
    assert found.fields == {"t": 1735689658, "s": -4611686018427387905}
    attribute = write.Obj(
        "AuthSessionInfoAttribute", {"t:i": 1735689658, "s:q": -4611686018427387905}
    )
    assert write.root(attribute) == ATTRIBUTE_E
    facts = read_facts(
        key, message(write.Msg("x", flags=4, attributes=[attribute]).encode())
    )
    assert facts.authorization_hash == -4611686018427387905
    assert facts.authorization_time == 1735689658


def test_message_f() -> None:
    """A topic; the server's copy took the trace."""
    key = postbox_keys.read_message_key(
        bytes.fromhex("000000029502f90000000000677486de00000384")
    )
    assert (unpack_peer(key.peer), key.number) == (PeerId(2, 2500000000), 900)
    assert len(MESSAGE_F) == 133
    found = message(MESSAGE_F)
    assert (found.data_flags, found.thread_id, found.flags) == (32, 42, 64)
    assert found.attributes[0].name == "ChannelMessageStateVersionAttribute"
    assert found.attributes[0].fields == {"p": 120}
    again = write.Msg(
        "Sent from this phone but overwritten by the server copy",
        stable_id=16,
        stable_version=3,
        thread_id=42,
        author=OWNER,
        attributes=[write.Obj("ChannelMessageStateVersionAttribute", {"p:i": 120})],
    )
    assert again.encode() == MESSAGE_F


def test_peer() -> None:
    """A row of t2."""
    assert len(PEER) == 189
    value = stored(PEER)
    found = postbox_peers.read_stored_peer(BORIS, value)
    assert found.user is not None
    assert (found.user.identifier, found.user.name) == (BORIS, "Boris Sample")
    assert (found.user.username, found.user.phone) == ("boris_s", "15550100002")
    assert found.user.is_bot is False
    assert found.chat is None
    assert (value.integer("ah"), value.integer("aht")) == (8738, 0)
    nothing = ("sth", "clclr", "nclr", "bgem", "pclr", "pgem", "ssc", "vfid")
    again = write.Obj(
        "TelegramUser",
        {
            "i:q": BORIS,
            "ah:q": 8738,
            "aht:i": 0,
            "fn:s": "Boris",
            "ln:s": "Sample",
            "un:s": "boris_s",
            "p:s": "15550100002",
            "ph:O": [],
            "bi:n": None,
            "ri:n": None,
            "fl:i": 0,
            "emjs:n": None,
            "uns:O": [],
            **{f"{key}:n": None for key in nothing},
        },
    )
    assert write.root(again) == PEER


def test_account_state() -> None:
    """Value of t0, key 2."""
    assert len(STATE) == 154
    value = stored(STATE)
    found = postbox_account.read_account_state(value)
    assert found is not None
    assert (found.is_authorized, found.data_center, found.peer) == (True, 2, OWNER)
    assert (found.synchronized, found.pts, found.seq) == (1735690030, 5000, 1)
    assert found.is_test is False
    state = write.Obj(
        "State", {"pts:i": 5000, "qts:i": 12, "date:i": 1735690030, "seq:i": 1}
    )
    again = write.Obj(
        "AuthorizedAccountState",
        {
            "isTestingEnvironment:i": 0,
            "masterDatacenterId:i": 2,
            "peerId:q": OWNER,
            "state:o": state,
            "invalidatedChannels:O": [],
        },
    )
    assert write.root(again) == STATE


def test_session_review() -> None:
    """An entry of list 25."""
    assert len(REVIEW) == 99
    collection, item = postbox_keys.read_item_key(
        bytes.fromhex("00000019ffffffffffffffbf")
    )
    assert collection == postbox_logins.REVIEW_COLLECTION
    found = postbox_logins.read_session_review(item, stored(REVIEW))
    assert found.authorization_hash == -4611686018427387905
    assert found.device == "Desktop, PC 64bit"
    assert found.location == "Testville, Nowhere"
    assert found.time == 1735689658
    assert found.is_consistent
    again = write.Obj(
        "NewSessionReview",
        {
            "id:q": -4611686018427387905,
            "device:s": "Desktop, PC 64bit",
            "location:s": "Testville, Nowhere",
            "timestamp:i": 1735689658,
        },
    )
    assert write.root(again) == REVIEW


def test_auth_key_identifier() -> None:
    """The id of a key, as signed number and by our rule."""
    identifier = auth_key_identifier(bytes(range(256)))
    assert identifier == f"{-3972359982579920590 & 0xFFFFFFFFFFFFFFFF:016x}"
    assert identifier == bytes.fromhex("32d1586ea457dfc8")[::-1].hex()


def test_critlog() -> None:
    """A record of a critlog."""
    problems: list[Problem] = []
    assert len(CRITLOG) == 93
    (found,) = postbox_critlog.read_critlog(CRITLOG, problems)
    assert not problems
    assert found.time == 1735689729.5
    text = "[MTProto#0x1@0x2 preparing messages.sendMessage (7454730622058102784/21)]"
    assert found.text == text
    assert found.call is not None
    assert found.call.method == "messages.sendMessage"
    assert found.call.message_id == 7454730622058102784
    assert found.call.server_time == 1735689729
    assert found.call.is_sending
    assert found.connection == "0x1@0x2"
    assert write.critlog_record(1735689729.5, text) == CRITLOG
