"""Tests of peers, presence, cached data, contacts, secret chats, drafts, lists."""

from __future__ import annotations

from typing import Any

import pytest

from telegram_forensics.formats import postbox_drafts as drafts
from telegram_forensics.formats import postbox_lists as lists
from telegram_forensics.formats import postbox_peers as peers
from telegram_forensics.formats.postbox_coding import PostboxObject, read_root
from telegram_forensics.formats.postbox_ids import MessageId
from telegram_forensics.formats.postbox_secret import read_secret_state
from telegram_forensics.formats.tl_peers import Peer
from tests.builders import postbox as write

TIME = 1735689600
USER = write.user(777111222)
CHANNEL = write.channel(2500000000)
GROUP = write.group(123456)


def stored(value: write.Obj) -> PostboxObject:
    """A stored object as read."""
    return read_root(write.root(value), [])


def peer(key: int, name: str, entries: dict[str, Any]) -> peers.StoredPeer:
    """A row of t2."""
    return peers.read_stored_peer(key, stored(write.Obj(name, entries)))


def username(name: str, flags: int) -> write.Obj:
    """An entry of the list of usernames."""
    return write.Obj("TelegramPeerUsername", {"f:i": flags, "un:s": name})


def test_user() -> None:
    """Names, numbers, flags."""
    found = peer(
        USER,
        "TelegramUser",
        {
            "i:q": USER,
            "fn:s": "Anna",
            "ln:n": None,
            "uns:O": [username("old", 0), username("anna", 3), username("anna2", 2)],
            "fl:i": 1 | 128,
            "bi:o": write.Obj("BotUserInfo", {"f:i": 0}),
            "p:s": "15550100002",
        },
    )
    user = found.user
    assert user is not None
    assert (user.identifier, user.name, user.username) == (777111222, "Anna", "anna")
    assert user.other_usernames == ["old", "anna2"]
    assert (user.is_bot, user.is_mutual) == (True, True)
    assert found.details == {"verified": True}
    assert (found.name, found.chat_type) == ("Anna", "bot")
    plain = peer(USER, "TelegramUser", {"i:q": 5, "fl:i": 0})
    assert plain.user is not None
    assert (plain.user.name, plain.user.is_mutual) == (None, False)
    assert plain.details == {"number inside the value": 5}
    assert plain.chat_type == "user"


def test_restricted_user() -> None:
    """The reason is kept."""
    rule = write.Obj("RestrictionRule", {"p:s": "all", "r:s": "scam", "t:s": "No."})
    restriction = write.Obj("PeerAccessRestrictionInfo", {"rs:O": [rule]})
    found = peer(USER, "TelegramUser", {"i:q": USER, "ri:o": restriction})
    assert "scam" in found.details["restricted"]


def test_group() -> None:
    """Role, membership, migration."""
    role = write.Obj("TelegramGroupRole", {"_v:i": 0})
    found = peer(
        GROUP,
        "TelegramGroup",
        {
            "i:q": GROUP,
            "t:s": "Group",
            "pc:i": 3,
            "rv:o": role,
            "m:i": 2,
            "f:i": 2,
            "mr.i:q": CHANNEL,
            "d:i": TIME,
        },
    )
    chat = found.chat
    assert chat is not None
    assert (chat.peer, chat.chat_type) == (Peer("group", 123456), "group")
    assert (chat.title, chat.members, chat.date) == ("Group", 3, TIME)
    assert (chat.is_creator, chat.is_left) == (True, True)
    assert chat.migrated_to == 2500000000
    assert found.details == {"removed from the group": True, "deactivated": True}
    assert found.name == "Group"


@pytest.mark.parametrize(
    ("kind", "chat_type"), [(0, "channel"), (1, "supergroup"), (None, None)]
)
def test_channel(kind: int | None, chat_type: str | None) -> None:
    """Broadcast or group, creator, membership."""
    found = peer(
        CHANNEL,
        "TelegramChannel",
        {
            "i:q": CHANNEL,
            "t:s": "Channel",
            "un:s": "chan",
            "d:i": TIME,
            "ps:i": 1,
            "i.t:i": kind,
            "fl:i": 2 | 256,
        },
    )
    chat = found.chat
    assert chat is not None
    assert chat.chat_type == found.chat_type == chat_type
    assert (chat.username, chat.date) == ("chan", TIME)
    assert (chat.is_creator, chat.is_left) == (True, True)
    assert found.details["copy protected"] is True
    assert found.details["removed from the channel"] is False


def test_secret_chat() -> None:
    """Who began it, with whom, when."""
    found = peer(
        write.secret(-5),
        "TelegramSecretChat",
        {
            "i:q": write.secret(-5),
            "r:q": USER,
            "d:i": TIME,
            "o:i": 0,
            "s:i": 2,
            "at:i": 60,
        },
    )
    assert found.secret == peers.SecretChatFacts(
        -5, 777111222, TIME, "creator", "active", 60
    )
    assert (found.chat_type, found.name) == ("secret", None)


def test_unknown_peer() -> None:
    """A class that nobody knows costs nothing but its meaning."""
    found = peers.read_stored_peer(5, stored(write.Obj(123, {"i:q": 6})))
    assert found.details == {"class": "class 0x0000007b"}
    assert (found.name, found.chat_type) == (None, None)


def test_presence() -> None:
    """Exact and approximate times."""
    exact = {"v:i": 1, "t:i": TIME, "la:i": TIME + 5, "h:b": False}
    found = peers.read_presence(stored(write.Obj("TelegramUserPresence", exact)))
    assert found == peers.Presence("userStatusOnline", TIME, TIME + 5, False)
    rough = {"v:i": 2, "t:i": TIME, "la:i": 0, "h:b": True}
    found = peers.read_presence(stored(write.Obj("TelegramUserPresence", rough)))
    assert found == peers.Presence("userStatusRecently", None, None, True)
    nothing = peers.read_presence(stored(write.Obj("TelegramUserPresence")))
    assert nothing == peers.Presence()


def test_cached_user() -> None:
    """Biography, birthday, what is known of strangers."""
    status = write.Obj(
        "PeerStatusSettings",
        {
            "registrationDate:s": "05.2024",
            "phoneCountry:s": "UA",
            "nameChangeDate:i": TIME,
        },
    )
    value = write.Obj(
        "CachedUserData",
        {
            "a:s": "About me",
            "b:i": 1,
            "cg:i": 3,
            "pss:o": status,
            "bday:x": b'{"day": 3, "month": 4, "year": 1990}',
        },
    )
    found = peers.read_cached_peer(stored(value))
    assert (found.kind, found.about, found.is_blocked) == (
        "CachedUserData",
        "About me",
        True,
    )
    assert found.details == {
        "birthday": "1990-04-03",
        "common groups": 3,
        "country of the number": "UA",
        "name changed": "2025-01-01 00:00:00 UTC",
        "registered": "05.2024",
    }
    for data, words in (
        (b'{"day": 3, "month": 4}', "04-03"),
        (b'{"d": 3}', '{"d": 3}'),
        (b"[]", None),
        (b"{", None),
    ):
        value = write.Obj("CachedUserData", {"bday:x": data})
        assert peers.read_cached_peer(stored(value)).details.get("birthday") == words


def test_cached_group_and_channel() -> None:
    """Members with their time, and who invited the account."""
    members = [
        write.Obj("GroupParticipant", {"v:i": 1, "i:q": USER}),
        write.Obj(
            "GroupParticipant",
            {"v:i": 0, "i:q": write.user(5), "b:q": USER, "t:i": TIME},
        ),
        write.Obj("GroupParticipant", {"v:i": 0}),
    ]
    value = write.Obj(
        "CachedGroupData",
        {"p:o": write.Obj("CachedGroupParticipants", {"p:O": members, "v:i": 3})},
    )
    found = peers.read_cached_peer(stored(value))
    owner = Peer("user", 777111222)
    assert found.members == [
        peers.Member(owner, "creator"),
        peers.Member(Peer("user", 5), "member", owner, TIME),
    ]
    channel = write.Obj("CachedChannelData", {"invBy:q": USER, "invOn:i": TIME})
    found = peers.read_cached_peer(stored(channel))
    assert (found.inviter, found.invited, found.is_blocked) == (owner, TIME, None)


def test_phone_book() -> None:
    """Entries of the device."""
    data = write.Obj(
        "ImportableDeviceContactData", {"f:s": "Anna", "l:s": "S", "dis:S": ["A:1"]}
    )
    value = write.Obj(
        "TelegramDeviceContactImportedData", {"_t:i": 0, "d:o": data, "pid:q": USER}
    )
    found = peers.read_device_contact("15550100002", stored(value))
    assert (found.phone, found.name) == ("15550100002", "Anna S")
    assert found.identifiers == ["A:1"]
    assert (found.peer, found.is_imported) == (Peer("user", 777111222), True)
    later = write.Obj("TelegramDeviceContactImportedData", {"_t:i": 1})
    found = peers.read_device_contact("1", stored(later))
    assert (found.is_imported, found.peer, found.name) == (False, None, None)


def test_secret_state() -> None:
    """Keys are counted and named, not handed on."""
    layer = write.Obj("SecretChatSequenceBasedLayerState", {"bi:i": 4, "bo:i": 5})
    key = write.Obj("SecretChatKey", {"f:q": -2, "k:x": bytes(range(256)), "u:i": 9})
    value = write.Obj(
        "SecretChatState",
        {
            "r:i": 1,
            "s:o": write.Obj("SecretChatEmbeddedState", {"r:i": 3, "s:o": layer}),
            "k:o": write.Obj("SecretChatKeychain", {"k:O": [key]}),
            "a:i": 30,
        },
    )
    found = read_secret_state(stored(value))
    assert found is not None
    assert (found.role, found.state) == ("participant", "sequence-based layer")
    assert (found.timer, found.incoming, found.outgoing) == (30, 4, 5)
    assert found.has_key
    assert [(item.fingerprint, item.uses) for item in found.keys] == [
        ("fffffffffffffffe", 9)
    ]
    assert b"\x10\x11\x12" not in repr(found).encode()
    empty = read_secret_state(stored(write.Obj("SecretChatState")))
    assert empty is not None
    assert not empty.has_key
    assert read_secret_state(stored(write.Obj("ChannelState", {"pts:i": 5}))) is None


def input_state(text: str) -> write.Obj:
    """State of an input field."""
    return write.Obj(1, {"at:o": write.Obj(2, {"text:s": text, "attributes:I": []})})


def draft(**parts: Any) -> bytes:
    """Value of t67."""
    opaque = {
        "ts:i": TIME + 1,
        "is:o": input_state("Not sen"),
        "em:o": write.Obj(
            3, {"mp:q": USER, "mn:i": 0, "mi:i": 5, "is:o": input_state("edit")}
        ),
    }
    data = {
        "synchronizeableInputState:o": write.Obj(
            "SynchronizeableChatInputState", {"t:s": "Not sent", "e:I": [], "s:i": TIME}
        ),
        "opaqueData:x": write.body(opaque),
        **parts,
    }
    return write.body({"overrideChatTimestamp:i": TIME, "data:x": write.body(data)})


def test_draft() -> None:
    """What every session has, and what only the field of this installation had."""
    found = drafts.read_draft(draft())
    assert not found.problems
    assert (found.text, found.time) == ("Not sent", TIME)
    assert (found.local_text, found.local_time) == ("Not sen", TIME + 1)
    assert found.has_local_state
    assert found.edited == MessageId(USER, 0, 5)
    assert found.edited_text == "edit"
    assert not found.has_recording
    assert not found.is_empty
    recording = write.Obj(9, {"t:i": 0})
    assert drafts.read_draft(draft(**{"mediaDraftState:o": recording})).has_recording
    remote = drafts.read_draft(draft(**{"opaqueData:n": None, "opaqueData:x": b""}))
    assert remote.text == "Not sent"
    assert remote.local_text is None


def test_draft_of_another_session() -> None:
    """Without the state of the field it may have come from elsewhere."""
    shared = write.Obj("SynchronizeableChatInputState", {"t:s": "x", "s:i": TIME})
    inner = write.body({"synchronizeableInputState:o": shared})
    found = drafts.read_draft(write.body({"data:x": inner}))
    assert (found.text, found.has_local_state) == ("x", False)
    assert drafts.read_draft(b"").is_empty
    assert drafts.read_draft(write.body({"data:x": b""})).is_empty


def test_draft_with_reply() -> None:
    """The message that is replied to, in either form."""
    message = write.Obj(
        "MessageId",
        {
            "peerId:o": write.Obj("PeerId", {"iv:q": USER}),
            "namespace:i": 0,
            "id:i": 8,
        },
    )
    for reply in (message, write.Obj(5, {"messageId:o": message}), write.Obj(5)):
        shared = write.Obj("SynchronizeableChatInputState", {"rep:o": reply})
        inner = write.body({"synchronizeableInputState:o": shared})
        found = drafts.read_draft(write.body({"data:x": inner}))
        expected = None if not reply.entries else MessageId(USER, 0, 8)
        assert found.reply == expected


def test_truncated_draft() -> None:
    """Damage is reported with the part in which it lies."""
    data = draft()
    for size in range(len(data)):
        found = drafts.read_draft(data[:size])
        assert found.problems or size in (0, 27)
    inner = write.body({"opaqueData:x": b"\x01a\x63"})
    broken = drafts.read_draft(write.body({"data:x": inner}))
    assert broken.problems == [(2, "opaqueData: type 99 of 'a' does not exist")]


def test_old_draft() -> None:
    """Before August 2021 (t23)."""
    value = write.Obj(
        "ChatInterfaceState",
        {
            "ts:i": TIME,
            "is:o": input_state("Old"),
            "r.p:q": USER,
            "r.n:i": 0,
            "r.i:i": 4,
        },
    )
    found = drafts.read_old_draft(write.root(value))
    assert (found.local_text, found.local_time) == ("Old", TIME)
    assert (found.text, found.has_local_state) == (None, True)
    assert found.reply == MessageId(USER, 0, 4)


def test_lists() -> None:
    """Downloads, searched peers, hashtags."""
    message = write.Obj(
        "MessageId",
        {"peerId:o": write.Obj("PeerId", {"iv:q": USER}), "namespace:i": 0, "id:i": 8},
    )
    value = write.Obj(
        "RecentDownloadItem",
        {
            "messageId:o": message,
            "resourceId:s": "telegram-cloud-document-2-5",
            "timestamp:i": TIME,
            "isSeen:b": True,
        },
    )
    assert lists.read_download(stored(value)) == lists.Download(
        MessageId(USER, 0, 8), "telegram-cloud-document-2-5", TIME, True
    )
    nothing = lists.read_download(stored(write.Obj("RecentDownloadItem")))
    assert nothing == lists.Download(None, None, None, None)
    assert lists.read_peer_item(USER.to_bytes(8, "little")) == USER
    assert lists.read_peer_item(b"short") is None
    assert lists.read_text_item("тег".encode()) == "тег"
