"""Files of Telegram for Windows Phone, built as the client's source tells.

UNCONFIRMED: no file of a real telephone was at hand.
"""

from __future__ import annotations

import random
import time

import pytest

from telegram_forensics.formats import windows_phone_cache as cache_of
from telegram_forensics.formats import windows_phone_settings as settings_of
from telegram_forensics.formats.errors import FormatError
from tests.builders import windows_phone as build
from tests.builders.tdlib import i32, i64, text

ALICE = build.peer("user", build.OWN)
BOB = build.peer("user", build.FRIEND)


def dialogs() -> bytes:
    """A file with a chat of two, a group, a secret chat."""
    return build.vector(
        build.dialog(
            BOB,
            build.user(build.FRIEND, "Bob", "Friend", "15550009999", 0x1000),
            [
                build.message(
                    30,
                    "composed here",
                    BOB,
                    build.OWN,
                    bits=build.OUT,
                    random_id=-5,
                    status=3,
                ),
                build.message(29, "from elsewhere", BOB, build.OWN, bits=build.OUT),
                build.message(
                    28, "answer", ALICE, build.FRIEND, bits=build.REPLY, middle=i32(27)
                ),
            ],
        ),
        build.dialog(
            build.peer("group", build.GROUP),
            build.group(build.GROUP, "Family"),
            [
                build.message(
                    0,
                    "not sent yet",
                    build.peer("group", build.GROUP),
                    build.OWN,
                    bits=build.OUT,
                    random_id=9,
                    status=1,
                )
            ],
        ),
        build.secret_dialog(77),
    )


def test_dialogs() -> None:
    """Messages with direction, random id and state; chats, users."""
    found = cache_of.read_cache(dialogs(), build.OWN)
    assert (found.count, found.is_cut) == (3, False)
    assert [
        (
            item.facts.identifier,
            item.facts.text,
            item.chat,
            item.facts.is_outgoing,
            item.random_id,
            item.is_random_id_known,
            item.state,
            item.is_read,
            item.problem,
        )
        for item in found.messages
    ] == [
        (30, "composed here", ("user", build.FRIEND), True, -5, True, None, True, None),
        (
            29,
            "from elsewhere",
            ("user", build.FRIEND),
            True,
            None,
            True,
            None,
            None,
            None,
        ),
        (28, "answer", ("user", build.FRIEND), False, None, True, None, None, None),
        (
            None,
            "not sent yet",
            ("group", build.GROUP),
            True,
            9,
            True,
            "sending",
            None,
            None,
        ),
    ]
    assert found.messages[2].facts.reply_to == 27
    assert [(item.peer, item.unread, item.read_outbox) for item in found.dialogs] == [
        (("user", build.FRIEND), 2, 10),
        (("group", build.GROUP), 2, 10),
        (("secret", 77), 1, None),
    ]
    ((_, bob),) = found.users
    assert (bob.name, bob.phone, bob.username) == ("Bob Friend", "15550009999", "bob")
    assert (bob.is_mutual, bob.last_seen) == (True, build.DATE + 5)
    ((_, family),) = found.chats
    assert (family.title, family.members) == ("Family", 3)


def test_own_telephone_is_not_needed() -> None:
    """Without the settings the chat of an incoming message is its sender."""
    found = cache_of.read_cache(dialogs())
    assert [item.chat for item in found.messages][2] == ("user", build.FRIEND)


@pytest.mark.parametrize(
    ("identifier", "bits", "middle", "media", "origin"),
    [
        (build.MESSAGE_45, build.FORWARD, BOB + i32(build.DATE - 9), b"", build.FRIEND),
        (
            build.MESSAGE_36,
            build.FORWARD,
            i32(build.FRIEND, build.DATE - 9),
            build.EMPTY_MEDIA,
            build.FRIEND,
        ),
        (
            build.MESSAGE_25,
            build.FORWARD,
            i32(build.FRIEND, build.DATE - 9),
            build.EMPTY_MEDIA,
            build.FRIEND,
        ),
        (build.MESSAGE_17, 0, b"", build.EMPTY_MEDIA, None),
        (
            build.MESSAGE_73,
            build.FORWARD,
            i32(0x559EBE6D, 1, build.FRIEND, build.DATE - 9),
            b"",
            build.FRIEND,
        ),
    ],
)
def test_older_messages(
    identifier: int, bits: int, middle: bytes, media: bytes, origin: int | None
) -> None:
    """Layouts of older layers, forwarded ones."""
    data = build.message(
        5,
        "words",
        BOB,
        build.OWN,
        bits=build.OUT | bits,
        identifier=identifier,
        middle=middle,
        media=media,
        random_id=3,
    )
    (found,) = cache_of.read_cache(build.vector(data), build.OWN).messages
    assert found.problem is None
    assert (found.facts.text, found.random_id) == ("words", 3)
    forward = found.facts.forward
    assert (forward.sender if forward else None) == (
        ("user", origin) if origin else None
    )
    assert found.facts.forward is None or forward.date == build.DATE - 9


def test_attachment() -> None:
    """A place; an attachment that is not known leaves the head, and no origin."""
    place = i32(0x56E0D474, 0x2049D70C) + b"\0" * 16
    contact = i32(0x5E7D2F39) + text("+1 555") + text("A") + text("B") + i32(7)
    for media, kind in ((place, "geo"), (contact, "contact")):
        data = build.message(
            5,
            "",
            BOB,
            build.OWN,
            bits=build.OUT | build.MEDIA,
            media=media,
            random_id=3,
        )
        (found,) = cache_of.read_cache(build.vector(data)).messages
        assert found.problem is None and found.facts.media is not None
        assert (found.facts.media.kind, found.random_id) == (kind, 3)
    data = build.message(
        5,
        "words",
        BOB,
        build.OWN,
        bits=build.OUT | build.MEDIA,
        media=i32(0x12345678),
        random_id=3,
    )
    (found,) = cache_of.read_cache(build.vector(data)).messages
    assert found.problem is not None and found.facts.text == "words"
    assert (found.random_id, found.is_random_id_known) == (None, False)


def test_service_message() -> None:
    """An action of the schema."""
    action = i32(0xB5A1CE5A) + text("New title")
    data = i32(build.SERVICE_49, build.FROM, 8, build.FRIEND)
    data += build.peer("group", build.GROUP) + i32(build.DATE) + action
    (found,) = cache_of.read_cache(build.vector(data + build.NULL)).messages
    assert found.facts.action == "messageActionChatEditTitle"
    assert found.facts.action_details == {"title": "New title"}
    assert found.facts.sender == ("user", build.FRIEND)


def test_channels() -> None:
    """chats.dat."""
    data = build.vector(
        build.group(build.GROUP, "Family"), build.channel(build.CHANNEL, "News")
    )
    found = cache_of.read_cache(data)
    assert [(chat.title, chat.chat_type) for _, chat in found.chats] == [
        ("Family", "group"),
        ("News", "channel"),
    ]


def test_settings() -> None:
    """Keys, account, home data center."""
    data = build.settings({2: build.key(b"two"), 4: build.key(b"four")})
    found = settings_of.read_settings(data)
    assert (found.user, found.home, found.is_authorized) == (build.OWN, 2, True)
    assert [
        (key.data_center, key.identifier, key.is_authorized, key.address)
        for key in found.keys
    ] == [
        (2, build.key_identifier(b"two"), True, "149.154.167.51"),
        (4, build.key_identifier(b"four"), False, "149.154.167.51"),
    ]
    assert found.home_key is found.keys[0] and not found.issues
    data = build.settings({4: build.key(b"four")}, home=None)
    found = settings_of.read_settings(data)
    # That of another data center is not taken for the session.
    assert found.home_key is None
    data = build.settings({2: b"short"})
    found = settings_of.read_settings(data, "name")
    assert not found.keys and "another length" in found.issues[0].reason


@pytest.mark.parametrize("identifier", [0x69796DE9, 0xC7481DA6, 0x785188B8])
def test_connection(identifier: int) -> None:
    """The device, in three layouts."""
    found = settings_of.read_connection(build.init_connection(identifier))
    assert (found.device, found.system) == ("Lumia 950", "8.10.15148")
    assert (found.version, found.language) == ("3.1.6.0", "en")
    assert found.application == 7


def test_truncation() -> None:
    """Cut anywhere: what stands before the cut."""
    data = dialogs()
    whole = cache_of.read_cache(data, build.OWN)
    for end in range(0, len(data), 4):
        try:
            found = cache_of.read_cache(data[:end], build.OWN)
        except FormatError:
            assert end < 8
            continue
        assert len(found.messages) <= len(whole.messages)
        for mine, other in zip(found.messages, whole.messages, strict=False):
            assert mine.facts.text == other.facts.text
            assert mine.random_id in (None, other.random_id)
    data = build.settings({2: build.key(b"two")})
    for end in range(len(data)):
        try:
            settings = settings_of.read_settings(data[:end])
        except FormatError:
            continue
        assert settings.issues
    data = build.init_connection()
    for end in range(len(data) - 4):
        with pytest.raises(FormatError):
            settings_of.read_connection(data[:end])


def test_damage() -> None:
    """Objects behind damage are found."""
    data = bytearray(dialogs())
    place = data.index(b"composed here")
    data[place - 32 : place + 12] = b"\xee" * 44
    found = cache_of.read_cache(bytes(data), build.OWN)
    assert [item.facts.text for item in found.messages] == [
        "from elsewhere",
        "answer",
        "not sent yet",
    ]


def test_mutations() -> None:
    """No other error than the documented one."""
    source = random.Random(8)
    sources = [
        (dialogs(), cache_of.read_cache),
        (build.settings({2: build.key(b"two")}), settings_of.read_settings),
        (build.init_connection(), settings_of.read_connection),
    ]
    for _ in range(3000):
        data, read = source.choice(sources)
        changed = bytearray(data)
        for _ in range(source.randrange(1, 6)):
            changed[source.randrange(len(changed))] = source.randrange(256)
        try:
            read(bytes(changed))
        except FormatError:
            continue


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<ArrayOf" + b"<a>" * 5000,
        b'<!DOCTYPE a [<!ENTITY b "c">]><ArrayOfa>&b;</ArrayOfa>',
        b"<ArrayOfKeyValueOfstringanyType></ArrayOfKeyValueOfstringanyType>",
    ],
)
def test_hostile_settings(data: bytes) -> None:
    """No account and no key: refused."""
    with pytest.raises(FormatError):
        settings_of.read_settings(data)


def test_many_candidates() -> None:
    """A file of nothing but constructors is read in bounded time."""
    data = build.VECTOR + i32(5) + i32(build.MESSAGE_73) * 300_000 + i64(0)
    start = time.monotonic()
    found = cache_of.read_cache(data)
    assert not found.messages
    assert time.monotonic() - start < 60
