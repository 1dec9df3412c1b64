"""Tests of what messages mean: replies, reactions, gifts, rich texts, secret chats."""

from __future__ import annotations

from typing import Any

import pytest

from telegram_forensics.formats.tl_describe import describe
from telegram_forensics.formats.tl_message import MessageFacts, read_message
from telegram_forensics.formats.tl_reader import read_object
from telegram_forensics.formats.tl_rich_text import plain_text
from tests.builders.tl_fields import (
    EMPTY_MEDIA,
    channel,
    group,
    make,
    old_user,
    user,
)

NOW = 1717243200
EMPTY_PHOTO = make("2331b22d", id=7)
KEY, IV = bytes(range(32)), bytes(range(100, 132))


def message(constructor: str = "7600b9d3", **fields: Any) -> MessageFacts:
    """Facts of a message to user 5, of layer 229 if nothing else is said."""
    if constructor == "7600b9d3":
        fields = {"peer_id": user(5), "date": NOW, "id": 9, **fields}
    return read_message(read_object(make(constructor, **fields)))


def action(data: bytes) -> MessageFacts:
    """Facts of a service message."""
    fields = {"peer_id": group(3), "date": NOW, "id": 9, "action": data}
    return read_message(read_object(make("7a800e0a", **fields)))


def words(data: bytes) -> Any:
    """An object in words."""
    return describe(read_object(data))


def text(value: str) -> bytes:
    """A text as newer layers wrap it."""
    return make("751f3146", text=value)


@pytest.mark.parametrize("constructor", ["567699b3", "a7ab1991", "c3060325"])
@pytest.mark.parametrize(
    ("flags", "names"),
    [
        (0, set()),
        (1, set()),
        (1 << 1, {"is_outgoing"}),
        (1 << 4, {"is_mentioned"}),
        (1 << 5, {"is_media_unread"}),
        (1 << 1 | 1 << 4 | 1 << 5, {"is_outgoing", "is_mentioned", "is_media_unread"}),
    ],
)
def test_unnamed_flags(constructor: str, flags: int, names: set[str]) -> None:
    """Layers 16 to 37 have a number of flags whose bits the table does not name."""
    fields = {"to_id": old_user(5), "from_id": 6, "media": EMPTY_MEDIA}
    facts = message(constructor, flags=flags, **fields)
    found = {"is_outgoing", "is_mentioned", "is_media_unread"}
    assert {name for name in found if getattr(facts, name)} == names
    assert facts.is_plain == names.isdisjoint(found - {"is_outgoing"})


@pytest.mark.parametrize("is_outgoing", [True, False])
def test_direction_before_flags(is_outgoing: bool) -> None:
    """Layers 8 to 15 have a Bool."""
    fields = {"to_id": old_user(5), "media": EMPTY_MEDIA, "unread": not is_outgoing}
    facts = message("22eb6aba", out=is_outgoing, **fields)
    assert facts.is_outgoing is is_outgoing
    assert (facts.media, facts.has_media_flag) == (None, False)


def test_forwarded_of_the_first_layers() -> None:
    """A constructor of its own, with a person and a time."""
    fields = {"to_id": old_user(5), "from_id": 6, "media": EMPTY_MEDIA, "out": True}
    facts = message("05f46804", fwd_from_id=77, fwd_date=NOW - 60, **fields)
    assert facts.forward is not None
    assert (facts.forward.sender, facts.forward.date) == (("user", 77), NOW - 60)
    assert facts.sender == ("user", 6)
    assert facts.is_outgoing is True


def test_empty_message() -> None:
    """Nothing is known of a message that is gone but where it was."""
    facts = message("90a6ca84", id=9, peer_id=channel(4), flags=2)
    assert facts.is_outgoing is None
    assert (facts.identifier, facts.chat) == (9, ("channel", 4))
    assert message("83e5de54", id=9).is_outgoing is None


def test_forwarded_channel_post() -> None:
    """Layers 48 to 118: the channel is the origin, its author is told, too."""
    header = make("559ebe6d", from_id=77, channel_id=4, channel_post=12, date=NOW)
    facts = message("44f9b43d", to_id=old_user(5), fwd_from=header)
    assert facts.forward is not None
    assert facts.forward.sender == ("channel", 4)
    assert facts.forward.post == 12
    assert facts.other["forwarded post of"] == "user 77"


def test_forward_of_hidden_sender() -> None:
    """Only a name; saved from another chat, where somebody had forwarded it before."""
    header = make(
        "4e4df4bb",
        from_name="Zoë",
        date=NOW,
        saved_from_peer=user(8),
        saved_from_msg_id=3,
        saved_from_id=channel(4),
        saved_date=NOW - 5,
        saved_out=True,
    )
    facts = message(fwd_from=header)
    assert facts.forward is not None
    assert (facts.forward.sender, facts.forward.name) == (None, "Zoë")
    assert (facts.forward.saved_from, facts.forward.saved_message) == (("user", 8), 3)
    assert facts.other["saved message of"] == "channel 4"
    assert facts.other["saved message was outgoing"] is True
    assert facts.other["saved message sent at"] == NOW - 5


def test_reply_to_story() -> None:
    """It has no message that it replies to."""
    facts = message(reply_to=make("0e5af939", peer=channel(4), story_id=11))
    assert (facts.reply_to, facts.other["reply to story"]) == (None, "11 of channel 4")
    facts = message(reply_to=make("9c98bfc1", user_id=8, story_id=11))
    assert facts.other["reply to story"] == "11 of user 8"


def test_reply_into_another_chat() -> None:
    """Whose message it was, when and with what, is stored with the reply."""
    header = make(
        "1b97dd66",
        reply_to_msg_id=3,
        reply_to_peer_id=channel(4),
        reply_from=make("4e4df4bb", from_id=user(77), date=NOW),
        reply_media=make("695150d7", photo=EMPTY_PHOTO),
        quote_text="part",
        quote=True,
        reply_to_top_id=2,
        todo_item_id=6,
    )
    facts = message(reply_to=header)
    assert (facts.reply_to, facts.reply_chat) == (3, ("channel", 4))
    assert (facts.reply_top, facts.reply_quote) == (2, "part")
    assert facts.other["reply to message of"] == "user 77"
    assert facts.other["reply to message sent at"] == "2024-06-01 12:00:00 UTC"
    assert facts.other["reply to media"] == "photo"
    assert facts.other["reply to task"] == 6


def test_reactions() -> None:
    """Emoji, custom emoji and paid ones; who did it, and when."""
    thumb, heart = make("1b2286b8", emoticon="👍"), make("8935fc73", document_id=55)
    found = make(
        "0a339f0b",
        results=[
            make("a3d1cb80", reaction=thumb, count=3, chosen_order=0),
            make("a3d1cb80", reaction=heart, count=1),
            make("a3d1cb80", reaction=make("523da4eb"), count=50),
        ],
        recent_reactions=[
            make("8c79b63c", peer_id=user(8), date=NOW, reaction=thumb),
            make("8c79b63c", peer_id=user(5), date=NOW, reaction=heart, my=True),
        ],
        top_reactors=[
            make("4ba3a95a", count=40, peer_id=user(8)),
            make("4ba3a95a", count=10, anonymous=True, my=True),
        ],
    )
    assert message(reactions=found).reactions == [
        "👍 3 (chosen by the account)",
        "custom emoji 55 1",
        "reactionPaid 50",
        "👍 by user 8 at 2024-06-01 12:00:00 UTC",
        "custom emoji 55 by user 5 at 2024-06-01 12:00:00 UTC (the account)",
        "40 stars by user 8",
        "10 stars by anonymous (the account)",
    ]
    assert message(reactions=make("0a339f0b")).reactions is None


def test_first_reactions() -> None:
    """Layers 136 to 145: the reaction is a text."""
    found = make(
        "087b6e36",
        results=[make("6fb250d1", reaction="🔥", count=2, chosen=True)],
        recent_reactons=[make("932844fa", user_id=8, reaction="🔥")],
    )
    facts = message("38116ee0", peer_id=user(5), reactions=found)
    assert facts.reactions == ["🔥 2 (chosen by the account)", "🔥 by user 8"]


def test_view_once() -> None:
    """Self-destruction of a message that has nothing else to it."""
    photo = make("695150d7", photo=EMPTY_PHOTO, ttl_seconds=0x7FFFFFFF)
    facts = message(media=photo)
    assert facts.self_destruct == 0x7FFFFFFF
    assert not facts.is_plain
    gone = message(media=make("695150d7", ttl_seconds=30))
    assert gone.self_destruct == 30
    assert gone.media is not None and gone.media.is_unavailable
    assert message(ttl_period=86400).ttl_period == 86400


def test_secret_message() -> None:
    """Name of the bot instead of its id, random id of the reply, keys of the file."""
    file = make("55555554", dc_id=2, volume_id=1, local_id=2, key=KEY, iv=IV)
    size = make("77bfb61b", location=file, size=700)
    photo = make("9288dd29", id=7, sizes=[size])
    fields = {
        "id": -210010,
        "ttl": 60,
        "from_id": -5,
        "to_id": old_user(8),
        "date": NOW,
        "message": "secret",
        "media": make("b5223b0f", photo=photo),
        "via_bot_name": "gif",
        "reply_to_random_id": 2**62 + 1,
        "grouped_id": 2**60,
        "out": True,
    }
    facts = message("555555fa", **fields)
    assert (facts.via_bot, facts.reply_to) == ("gif", 2**62 + 1)
    assert (facts.grouped, facts.self_destruct) == (2**60, 60)
    assert facts.is_outgoing is True
    assert facts.media is not None
    assert facts.media.key_kind == "encrypted"
    assert (facts.media.data_center, facts.media.size) == (2, 700)
    for secret in (KEY, IV):
        assert secret.hex() not in repr(facts) and repr(secret)[2:-1] not in repr(facts)


def test_secret_action() -> None:
    """The wrapped action counts; what it exchanges of keys does not come out."""
    inner = make("f3c9611b", exchange_id=1, g_a=bytes(range(256)))
    facts = action(make("555555f7", encryptedAction=inner))
    assert facts.action == "decryptedMessageActionRequestKey"
    assert facts.action_details == {"exchange_id": 1, "g_a": "256 bytes"}
    facts = action(make("555555f7", encryptedAction=make("a1733aec", ttl_seconds=60)))
    assert facts.action_details == {"ttl_seconds": 60}


def test_automatic_messages() -> None:
    """Flags of what nobody typed at that moment."""
    assert message(from_scheduled=True).is_scheduled
    assert message(offline=True).is_offline
    assert message(via_business_bot_id=42).via_business_bot == 42
    assert message(quick_reply_shortcut_id=0).quick_reply == 0
    assert message().quick_reply is None


def test_calls() -> None:
    """Answered, missed, busy; conferences."""
    facts = action(make("80e11a7f", call_id=2**62, reason=make("57adc690"), duration=9))
    assert facts.call is not None
    assert (facts.call.identifier, facts.call.duration) == (2**62, 9)
    assert (facts.call.reason, facts.call.is_video) == ("hangup", False)
    facts = action(make("80e11a7f", reason=make("85e42301"), video=True))
    assert facts.call is not None
    assert (facts.call.reason, facts.call.is_video) == ("missed", True)
    assert facts.call.duration is None
    facts = action(
        make("2ffe2f7a", call_id=1, missed=True, other_participants=[user(8)])
    )
    assert facts.call is not None
    assert facts.call.is_conference and facts.call.is_missed
    assert facts.action_details is not None
    assert facts.action_details["other_participants"] == "user 8"


def test_links() -> None:
    """Addresses behind other texts, and people who are named without username."""
    entities = [
        make("76a6d327", url="https://example.org/a"),
        make("dc7b1140", user_id=77),
        make("bd610bc9"),
        make("76a6d327", url=""),
    ]
    facts = message(message="here he is", entities=entities)
    assert facts.links == ["https://example.org/a", "tg://user?id=77"]
    assert message(message="x", entities=entities[2:]).links is None


def test_rich_message() -> None:
    """Since layer 227 the text can stand in blocks of a page."""
    plain = make("744694e0", text="Hello ")
    bold = make("6724abc4", text=make("744694e0", text="world"))
    link = make("3c2884c1", text=bold, url="https://example.org")
    line = make("7e6260d7", texts=[plain, link])
    rich = make(
        "baf39d8b",
        blocks=[make("467a0766", text=line), make("467a0766", text=plain)],
        photos=[EMPTY_PHOTO],
    )
    facts = message(rich_message=rich)
    assert facts.text == "Hello world\nHello "
    assert facts.links == ["https://example.org"]
    assert facts.other["files in the text"] == "photoEmpty 7"
    facts = message(message="plain", rich_message=rich)
    assert facts.text == "plain"
    assert facts.other["formatted text"] == "Hello world\nHello "
    assert plain_text(read_object(make("dc3d824f"))) is None


def test_gifts_and_wallpapers() -> None:
    """What an action is about can be read."""
    gift = make("f2fe7e4a", id=5, title="Plush Pepe", slug="PlushPepe-1", num=1)
    facts = action(make("acdfcb81", gift=gift, transfer_stars=25))
    assert facts.action_details == {
        "gift": "starGiftUnique Plush Pepe",
        "transfer_stars": 25,
    }
    sticker = make("36f8c871", id=1)
    gift = make("aea174ee", id=77, sticker=sticker, stars=50)
    given = action(make("4717e8a4", gift=gift, message=text("For you"), saved=True))
    assert given.action_details == {
        "gift": "starGift 77",
        "message": "For you",
        "saved": True,
    }
    paper = make("f04f91ec", id=1, access_hash=5, slug="night", document=sticker)
    facts = action(make("5060a3f4", wallpaper=paper, for_both=True))
    assert facts.action_details == {"wallpaper": "wallPaper night", "for_both": True}
    facts = action(make("5060a3f4", wallpaper=make("e0804116", id=3)))
    assert facts.action_details == {"wallpaper": "wallPaperNoFile 3"}


def test_words() -> None:
    """Values that have no name are told by their numbers; long lists are shortened."""
    assert words(make("bbb6b4a3", amount=5, nanos=1)) in (
        "starsAmount (amount 5, nanos 1)",
        "starsAmount (nanos 1, amount 5)",
    )
    assert words(text("")) == ""
    assert words(text("so")) == "so"
    assert words(user(5)) == "user 5"
    assert describe(KEY) == "32 bytes"
    assert describe([1, "a", read_object(user(5))]) == "1, a, user 5"
    assert describe(list(range(150))).endswith("99 and 50 more")
    assert describe(["x" * 3000]) == "x" * 2000 + " (shortened)"
    assert describe(["x" * 30] * 100).endswith(" (shortened)")
    assert describe(True) is True


def test_action_with_text() -> None:
    """A few actions are nothing but a text."""
    assert action(make("fae69f56", message="made by the server")).text == (
        "made by the server"
    )
    assert action(make("b4c38cb5", text="sent")).text == "sent"
