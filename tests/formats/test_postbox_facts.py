"""Tests of what messages of Postbox say (sections 6, 8, 9)."""

from __future__ import annotations

from typing import Any

import pytest

from telegram_forensics.formats.postbox_actions import describe
from telegram_forensics.formats.postbox_coding import PostboxObject, read_root
from telegram_forensics.formats.postbox_facts import PostboxFacts, read_facts
from telegram_forensics.formats.postbox_ids import MediaId
from telegram_forensics.formats.postbox_keys import MessageKey
from telegram_forensics.formats.postbox_message import read_message
from telegram_forensics.formats.tl_message import MessageFacts
from telegram_forensics.formats.tl_peers import Peer
from tests.builders import postbox as write

TIME = 1735689600
USER = write.user(777111222)
CHANNEL = write.channel(2500000000)


def facts(
    message: write.Msg,
    chat: int = USER,
    namespace: int = 0,
    stored: dict[MediaId, write.Obj] | None = None,
) -> PostboxFacts:
    """What a message says in a chat."""
    problems: list[Any] = []
    found = read_message(message.encode(), problems)
    assert not problems

    def resolve(item: MediaId) -> PostboxObject | None:
        media = (stored or {}).get(item)
        return None if media is None else read_root(write.root(media), [])

    return read_facts(MessageKey(chat, namespace, TIME, 17), found, resolve)


def with_attribute(
    name: str, entries: dict[str, Any], chat: int = USER
) -> PostboxFacts:
    """What a message with one attribute says."""
    return facts(write.Msg("x", attributes=[write.Obj(name, entries)]), chat)


def one(name: str, entries: dict[str, Any], chat: int = USER) -> MessageFacts:
    """The part that all clients share."""
    return with_attribute(name, entries, chat).message


def test_plain_message() -> None:
    """Chat, sender, direction, text."""
    found = facts(write.Msg("Hello", flags=68, author=USER)).message
    assert (found.identifier, found.date) == (17, TIME)
    assert found.chat == found.sender == Peer("user", 777111222)
    assert found.text == "Hello"
    assert found.is_outgoing is False
    assert facts(write.Msg("")).message.text is None


@pytest.mark.parametrize(
    ("flags", "is_outgoing", "is_scheduled"),
    [
        (64, True, False),
        (68, False, False),
        (64 | 128 | 256, True, True),
        (256, True, False),
        (4 | 256, False, False),
        (0, True, False),
    ],
)
def test_direction(flags: int, is_outgoing: bool, is_scheduled: bool) -> None:
    """Only bit 4 is the direction: 256 also stands on own scheduled messages."""
    found = facts(write.Msg("x", flags=flags)).message
    assert found.is_outgoing is is_outgoing
    assert found.is_scheduled is is_scheduled


def test_flags_and_tags() -> None:
    """Pinned, mentioned, copy protected."""
    found = facts(write.Msg("x", flags=64 | 512, tags=1 << 10 | 1 << 5)).message
    assert found.is_pinned
    assert found.is_mentioned
    assert found.other["copy protected"] is True
    found = facts(write.Msg("x")).message
    assert not found.is_pinned
    assert not found.is_mentioned
    assert found.other["copy protected"] is False


@pytest.mark.parametrize(
    ("flags", "sending", "failed"),
    [(1, True, False), (33, True, False), (2, False, True)],
)
def test_unsent(flags: int, sending: bool, failed: bool) -> None:
    """State of a message that is not at the server."""
    found = facts(write.Msg("x", flags=flags), namespace=1)
    assert (found.is_sending, found.is_failed) == (sending, failed)
    at_server = facts(write.Msg("x", flags=flags))
    assert (at_server.is_sending, at_server.is_failed) == (False, False)


def test_scheduled_namespace() -> None:
    """The time of the key is when it is due."""
    assert facts(write.Msg("x"), namespace=3).scheduled_time == TIME
    assert facts(write.Msg("x"), namespace=4).scheduled_time == TIME
    assert facts(write.Msg("x")).scheduled_time is None


def test_forward_of_hidden_author() -> None:
    """Who does not want to be named is there by name."""
    found = facts(
        write.Msg("x", forward=write.Forward(0, 1600000000, signature="Nobody"))
    ).message
    assert found.forward is not None
    assert found.forward.sender is None
    assert found.forward.name == "Nobody"
    assert found.forward.author is None


def test_forward_of_signed_post() -> None:
    """Channel and person, imported history, announcements."""
    forward = write.Forward(
        write.user(9), 5, CHANNEL, (CHANNEL, 0, 4), "Editor", "covid", 1
    )
    found = facts(write.Msg("x", forward=forward)).message
    assert found.forward is not None
    assert found.forward.sender == Peer("channel", 2500000000)
    assert (found.forward.post, found.forward.author) == (4, "Editor")
    assert found.other["forwarded post of"] == "user 9"
    assert found.other["announcement"] == "covid"
    assert found.other["imported from another messenger"] is True


def test_edit_and_counters() -> None:
    """Small attributes."""
    found = one("EditedMessageAttribute", {"d:i": 1600000001, "h:i": 1})
    assert found.edited == 1600000001
    assert found.other["edit is hidden"] is True
    assert one("ViewCountMessageAttribute", {"c:i": 5}).views == 5
    assert one("ForwardCountMessageAttribute", {"c:i": 6}).forwards == 6
    assert one("AuthorSignatureMessageAttribute", {"s:s": "Admin"}).author == "Admin"
    assert one("NotificationInfoMessageAttribute", {"f:i": 3}).is_silent
    assert not one("NotificationInfoMessageAttribute", {"f:i": 2}).is_silent


def test_reply() -> None:
    """Chat, thread and quote of a reply."""
    found = one(
        "ReplyMessageAttribute",
        {
            "i:q": 0 | 12 << 32,
            "p:q": CHANNEL,
            "ti:q": 0 | 7 << 32,
            "tp:q": CHANNEL,
            "qu:x": '{"t": "цитата", "e": []}'.encode(),
            "iq:b": True,
        },
    )
    assert (found.reply_to, found.reply_top) == (12, 7)
    assert found.reply_chat == Peer("channel", 2500000000)
    assert found.reply_quote == "цитата"
    same = one("ReplyMessageAttribute", {"i:q": -1 & 0xFFFFFFFF | 3 << 32, "p:q": USER})
    assert (same.reply_to, same.reply_chat, same.reply_quote) == (3, None, None)
    for quote in (b"{", b"[]", b'{"t": 5}', b"\xff"):
        entries = {"i:q": 1 << 32, "p:q": USER, "qu:x": quote}
        assert one("ReplyMessageAttribute", entries).reply_quote is None


def test_other_replies() -> None:
    """To a message that is not accessible, and to a story."""
    quoted = one("QuotedReplyMessageAttribute", {"p:q": USER, "a:s": "Anna"})
    assert quoted.other["reply to message of"] == "user 777111222"
    named = one("QuotedReplyMessageAttribute", {"p:n": None, "a:s": "Anna"})
    assert named.other["reply to message of"] == "Anna"
    story = write.Obj(1, {"p:q": USER, "i:i": 4})
    found = one("ReplyStoryAttribute", {"i:o": story})
    assert found.other["reply to story"] == "4 of user 777111222"


def test_links() -> None:
    """Addresses behind other text."""
    entities = [
        write.Obj(
            "MessageTextEntity",
            {"start:i": 0, "end:i": 4, "_rawValue:i": 10, "url:s": "https://e.org/"},
        ),
        write.Obj("MessageTextEntity", {"_rawValue:i": 11, "peerId:q": USER}),
        write.Obj("MessageTextEntity", {"_rawValue:i": 6}),
    ]
    found = one("TextEntitiesMessageAttribute", {"entities:O": entities})
    assert found.links == ["https://e.org/", "tg://user?id=777111222"]
    assert one("TextEntitiesMessageAttribute", {"entities:I": []}).links is None


def test_bots() -> None:
    """Inline bots, and bots that send in the name of the account."""
    assert one("InlineBotMessageAttribute", {"i:q": write.user(93)}).via_bot == 93
    named = one("InlineBotMessageAttribute", {"i:n": None, "t:s": "gif"})
    assert named.via_bot == "gif"
    found = one("InlineBusinessBotMessageAttribute", {"i:q": write.user(94)})
    assert found.via_business_bot == 94


def test_saved_messages() -> None:
    """Where a saved message comes from."""
    forward = write.Forward(USER, 5)
    source = write.Obj(
        "SourceReferenceMessageAttribute", {"i:q": 8 << 32, "p:q": CHANNEL}
    )
    found = facts(write.Msg("x", forward=forward, attributes=[source])).message
    assert found.forward is not None
    assert found.forward.saved_from == Peer("channel", 2500000000)
    assert found.forward.saved_message == 8
    alone = one("ForwardSourceInfoAttribute", {"p:q": CHANNEL, "n:i": 0, "i:i": 8})
    assert alone.other["comes from"] == "channel 2500000000, message 8"
    origin = one(
        "SourceAuthorInfoMessageAttribute",
        {"oa:q": USER, "oan:n": None, "od:i": TIME, "oout:b": True},
    )
    assert origin.other["saved message of"] == "user 777111222"
    assert origin.other["saved message sent at"] == "2025-01-01 00:00:00 UTC"
    assert origin.other["saved message was outgoing"] is True


def test_timers() -> None:
    """A timer of the chat runs from the sending, another one from the opening."""
    name = "AutoremoveTimeoutMessageAttribute"
    chat_timer = with_attribute(name, {"t:i": 86400, "c:i": TIME})
    assert chat_timer.message.ttl_period == 86400
    assert chat_timer.countdown_start is None
    opened = with_attribute(name, {"t:i": 30, "c:i": TIME + 90})
    assert opened.countdown_start == TIME + 90
    assert (opened.countdown, opened.message.self_destruct) == (30, 30)
    assert opened.message.ttl_period is None
    unopened = with_attribute(name, {"t:i": 30, "c:n": None})
    assert unopened.countdown_start is None
    assert unopened.message.self_destruct == 30
    same = with_attribute(name, {"t:i": 30, "c:i": TIME}, write.secret(5))
    assert same.countdown_start == TIME
    once = with_attribute(
        "AutoclearTimeoutMessageAttribute", {"t:i": 0x7FFFFFFF, "c:i": TIME + 1}
    )
    assert once.removal_clears_media
    assert once.countdown is None
    assert once.countdown_start == TIME + 1
    assert once.message.other["can be viewed once"] is True


def test_consumed() -> None:
    """Played voice messages, seen mentions."""
    played = with_attribute("ConsumableContentMessageAttribute", {"c:i": 1})
    assert played.was_played is True
    assert played.message.is_media_unread is False
    unplayed = with_attribute("ConsumableContentMessageAttribute", {"c:i": 0})
    assert unplayed.was_played is False
    assert unplayed.message.is_media_unread is True
    mention = one("ConsumablePersonalMentionMessageAttribute", {"c:i": 1, "p:i": 0})
    assert mention.is_mentioned
    assert mention.other["mention was seen"] is True


def test_reactions() -> None:
    """Own reactions have a time; chosen ones are marked, in old and new versions."""
    found = with_attribute(
        "ReactionsMessageAttribute",
        {
            "r:O": [
                write.Obj("MessageReaction", {"v:s": "👍", "c:i": 2, "cord:i": 0}),
                write.Obj("MessageReaction", {"cfid:q": 55, "c:i": 1, "cord:n": None}),
                write.Obj("MessageReaction", {"star:q": 0, "c:i": 3}),
                write.Obj("MessageReaction", {"v:s": "🔥", "c:i": 4, "s:i": 1}),
            ],
            "rp:O": [
                write.Obj(
                    "RecentPeer",
                    {"v:s": "👍", "my:i": 1, "p:q": write.user(5), "ts:i": TIME + 5},
                ),
                write.Obj("RecentPeer", {"v:s": "👍", "my:i": 0, "p:q": USER}),
            ],
            "tp:O": [write.Obj("TopPeer", {"p:n": None, "c:i": 9, "m:b": True})],
        },
    )
    assert found.message.reactions == [
        "👍 2 (chosen by the account)",
        "custom emoji 55 1",
        "star 3",
        "🔥 4 (chosen by the account)",
        "👍 by user 5 at 2025-01-01 00:00:05 UTC (the account)",
        "👍 by user 777111222",
        "9 stars by anonymous (the account)",
    ]
    assert [(item.time, item.reaction) for item in found.own_reactions] == [
        (TIME + 5, "👍")
    ]


def test_other_attributes() -> None:
    """What has no place of its own comes out in words."""
    found = one("ScheduledRepeatAttribute", {"rp:i": 3})
    assert found.other["scheduled repeat"] == "rp 3"
    assert one("MediaSpoilerMessageAttribute", {}).other["media spoiler"] is True
    message = write.Msg("x", attributes=[write.Obj(0x1234, {"k:i": 1})])
    assert facts(message).message.other["class 0x00001234"] == "k 1"
    assert (
        one("OutgoingQuickReplyMessageAttribute", {"s:s": "hi"}).other["quick reply"]
        == "hi"
    )
    schedule = with_attribute("OutgoingScheduleInfoMessageAttribute", {"t:i": TIME})
    assert schedule.scheduled_time == TIME
    heard = one("AudioTranscriptionMessageAttribute", {"text:s": "words"})
    assert heard.other["transcribed here"] == "words"
    translated = one(
        "TranslationMessageAttribute", {"text:s": "Hallo", "toLang:s": "de"}
    )
    assert translated.other["translated here"] == "de: Hallo"


def test_album_and_topic() -> None:
    """Albums and topics."""
    found = facts(write.Msg("x", grouping_key=5, group_id=6, thread_id=7)).message
    assert found.grouped == 5
    assert found.other["topic or thread"] == 7
    local = facts(write.Msg("x", group_id=6)).message
    assert local.grouped is None
    assert local.other["album of this database"] == 6


IMAGE = write.Obj("TelegramMediaImage", {"i:x": write.media_id(0, 12), "r:I": []})


def test_referenced_media() -> None:
    """Media elsewhere are looked up; what is not there is named."""
    message = write.Msg("x", references=[(0, 12), (5, 13)])
    found = facts(message, stored={MediaId(0, 12): IMAGE})
    assert found.message.media is not None
    assert (found.message.media.kind, found.message.media.identifier) == ("photo", 12)
    assert found.missing_media == [MediaId(5, 13)]
    assert found.message.other["attachments that are not stored"] == ["5:13"]


def test_several_attachments() -> None:
    """The first one counts, the others are named."""
    page = write.Obj("TelegramMediaWebpage", {"i:x": write.media_id(6, 1), "u:s": "u"})
    found = facts(write.Msg("x", media=[IMAGE, page]))
    assert found.message.media is not None
    assert found.message.media.kind == "photo"
    assert found.message.other["further attachments"] == ["webpage"]
    assert [item.facts.kind for item in found.media] == ["photo", "webpage"]


ACTIONS = [
    (0, {}, "messageActionEmpty", {}),
    (1, {"title:s": "T"}, "messageActionChatCreate", {"title": "T"}),
    (
        2,
        {"peerIds:x": write.peer_ids([USER, write.user(5)])},
        "messageActionChatAddUser",
        {"users": "user 777111222, user 5"},
    ),
    (3, {"peerIds:x": b"\1"}, "messageActionChatDeleteUser", {"users": "1 bytes"}),
    (4, {}, "messageActionChatDeletePhoto", {}),
    (4, {"image:o": IMAGE}, "messageActionChatEditPhoto", None),
    (7, {"inviter:q": USER}, "messageActionChatJoinedByLink", None),
    (
        8,
        {"title:s": "T", "groupId:q": write.group(5)},
        "messageActionChannelMigrateFrom",
        {"title": "T", "group": "group 5"},
    ),
    (10, {}, "messageActionHistoryClear", {}),
    (11, {}, "messageActionScreenshotTaken", {}),
    (
        12,
        {"t:i": 60, "src:q": USER},
        "messageActionSetMessagesTTL",
        {"seconds": 60, "set by": "user 777111222"},
    ),
    (17, {"do:s": "example.org"}, "messageActionBotAllowed", {"domain": "example.org"}),
    (22, {"callId:q": 5}, "messageActionGroupCall", {"call": 5}),
    (
        22,
        {"callId:q": 5, "scheduleDate:i": TIME},
        "messageActionGroupCallScheduled",
        {"call": 5, "scheduled for": "2025-01-01 00:00:00 UTC"},
    ),
    (
        23,
        {"callId:q": 5, "accessHash:q": 6, "peerIds:Q": [USER]},
        "messageActionInviteToGroupCall",
        {"call": 5, "users": "user 777111222"},
    ),
    (51, {"x:i": 1}, "postboxAction51", {"x": 1}),
    (65, {}, "postboxAction65", {}),
]


@pytest.mark.parametrize(("number", "entries", "name", "details"), ACTIONS)
def test_actions(
    number: int, entries: dict[str, Any], name: str, details: dict[str, Any] | None
) -> None:
    """Names and values of service actions; unknown numbers stay numbers."""
    found = facts(write.Msg(media=[write.action(number, entries)])).message
    assert found.action == name
    if details is not None:
        assert found.action_details == details
    assert found.media is None
    assert found.call is None


def test_action_of_a_channel() -> None:
    """The same number creates groups and channels."""
    message = write.Msg(media=[write.action(1, {"title:s": "T"})])
    assert facts(message, CHANNEL).message.action == "messageActionChannelCreate"


def test_action_texts() -> None:
    """Actions that consist of a text."""
    custom = write.Msg(media=[write.action(16, {"text:s": "Words", "ent:O": []})])
    assert facts(custom).message.text == "Words"
    data = write.Msg(media=[write.action(26, {"t:s": "Button"})])
    assert facts(data).message.text == "Button"


def test_calls() -> None:
    """Every way in which a call ends."""
    reasons = {0: "missed", 1: "disconnect", 2: "hangup", 3: "busy", 9: "9"}
    for number, reason in reasons.items():
        call = write.action(14, {"i:q": 1, "dr:i": number, "d:n": None, "vc:i": 1})
        found = facts(write.Msg(media=[call])).message.call
        assert found is not None
        assert (found.reason, found.duration, found.is_video) == (reason, None, True)
    conference = write.action(
        48, {"cid:q": 5, "dur:i": 9, "flags:i": 5, "part:Q": [USER]}
    )
    message = facts(write.Msg(media=[conference])).message
    assert message.call is not None
    assert message.call.is_conference
    assert message.call.is_missed
    assert message.call.is_video
    assert not message.call.is_active
    assert message.action_details is not None
    assert message.action_details["participants"] == "user 777111222"


def test_words_are_bounded() -> None:
    """Long values are shortened, keys never come out."""
    text = describe(["x" * 50] * 200)
    assert text.endswith("(shortened)")
    value = read_root(write.root(write.Obj(1, {"k:x": b"key", "t:s": "x" * 5000})), [])
    assert len(describe(value)) < 2100
    assert "key" not in describe(value)
    assert describe(b"key") == "3 bytes"
