"""Contents of TDLib's messages, and what stands behind them: built field by field."""

from __future__ import annotations

import random
from typing import Any

import pytest

from telegram_forensics.formats import (
    tdlib_dialogs,
    tdlib_message,
    tdlib_polls,
    tdlib_stored_files,
)
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.tdlib_message import TdlibMessage
from telegram_forensics.formats.tdlib_values import Reader
from tests.builders import tdlib as build
from tests.builders.tdlib import (
    double,
    flags,
    formatted,
    i32,
    i64,
    no_thumbnail,
    photo,
    remote_file,
    text,
    vector,
)

ANSWERED = 150 << 20
# Something behind the content, so that its end has to be found.
TAIL = flags(0) + i64(ANSWERED)
TAIL_BITS = ((3, 11),)


def read(content: bytes, version: int = build.VERSION) -> TdlibMessage:
    """Reads a message with a content and a reply behind it."""
    data = build.message(content, version=version, tail=TAIL, tail_bits=TAIL_BITS)
    return tdlib_message.read_message(data)


def sticker() -> bytes:
    """A sticker with everything that one can have."""
    body = flags(0, 1, 4, 6, 9) + i64(777, 888) + text("🙂") + i32(512 << 16 | 512)
    body += no_thumbnail() + no_thumbnail() + remote_file(99, 2000, "s.webp", 8)
    body += i32(1) + double(0.5, 0.5, 1.0) + text(b"mini")
    return body + remote_file(98, 1000, "p.tgs", 8) + i32(build.DATE)


def video(number: int = 44) -> bytes:
    """A video."""
    body = flags(1, 3, 4, 6, 7) + text("v.mp4") + text("video/mp4") + i32(61)
    body += i32(1920 << 16 | 1080) + text(b"") + no_thumbnail()
    body += remote_file(number, 123456, "v.mp4", 4) + i32(100)
    return body + double(60.5, 0.0) + text("h264")


def document(number: int = 43) -> bytes:
    """A document."""
    return flags(0, 1) + text("a.bin") + text("b/c") + remote_file(number, 9, "a.bin")


def animation() -> bytes:
    """An animation."""
    body = flags() + i32(7) + i32(320 << 16 | 240) + text("a.gif") + text("video/mp4")
    return body + text(b"") + no_thumbnail() + remote_file(45, 3000, "a.gif", 10)


def voice(number: int = 46) -> bytes:
    """A voice message with the words of it."""
    body = flags(0, 1, 2, 3) + text("audio/ogg") + i32(4) + text(b"wave")
    return body + i64(1) + text("spoken words") + remote_file(number, 3000, "v.oga", 3)


def video_note() -> bytes:
    """A video message."""
    body = flags(0, 2, 4) + i32(9) + i32(240 << 16 | 240) + no_thumbnail()
    return body + text(b"wave") + remote_file(47, 3000, "n.mp4", 13)


def audio() -> bytes:
    """A piece of music."""
    body = flags(0, 1, 2, 3, 4) + text("song.mp3") + text("audio/mpeg") + i32(180)
    return body + text("Title") + text("Band") + remote_file(48, 9999, "song.mp3", 9)


CAPTION = formatted("words under it")
MEDIA: list[tuple[int, bytes, dict[str, Any]]] = [
    (1, animation() + flags(0) + CAPTION, {"kind": "animation", "duration": 7}),
    (2, audio() + CAPTION + i32(0), {"kind": "audio", "size": 9999}),
    (3, document() + CAPTION, {"kind": "document", "identifier": 43}),
    (4, photo(41) + flags(1) + CAPTION + video(), {"kind": "photo", "identifier": 41}),
    (5, sticker() + flags(0), {"kind": "sticker", "identifier": 99, "size": 2000}),
    (
        6,
        video()
        + flags(*range(7))
        + CAPTION
        + vector(video(), video())
        + vector(document())
        + photo(4)
        + i32(5)
        + vector(document())
        + vector(),
        {"kind": "video", "identifier": 44, "duration": 61, "name": "v.mp4"},
    ),
    (7, voice() + CAPTION + i32(1), {"kind": "voice", "duration": 4}),
    (31, video_note() + i32(1), {"kind": "video_message", "duration": 9}),
    (33, b"", {"kind": "photo", "is_unavailable": True}),
    (34, b"", {"kind": "video", "is_unavailable": True}),
    (63, b"", {"kind": "video_message", "is_unavailable": True}),
    (64, b"", {"kind": "voice", "is_unavailable": True}),
    (
        8,
        flags(0, 1, 3) + text("+1 555") + text("A") + text("B") + i64(7),
        {"kind": "contact", "contact_name": "A B", "contact_identifier": 7},
    ),
    (9, flags(1) + double(53.5, 10.0) + i64(3), {"kind": "geo", "latitude": 53.5}),
    (
        10,
        flags() + double(1.0, 2.0) + b"".join(text(word) for word in "tapiv"),
        {"kind": "venue", "longitude": 2.0},
    ),
    (35, flags() + double(1.0, 2.0) + i32(900, 90, 50), {"kind": "live_location"}),
    (27, i32(3), {"kind": "unsupported"}),
    (40, flags(0) + i64(5005) + CAPTION, {"kind": "poll", "identifier": 5005}),
    (40, flags(1) + i64(5005) + i32(9) + flags() + double(1.0, 2.0), {"kind": "poll"}),
    (
        41,
        flags(1, 2, 3, 4)
        + text("🎲")
        + i32(6)
        + text(b"seed")
        + i64(5, 6)
        + text(b"h"),
        {"kind": "dice"},
    ),
    (56, flags(0) + i64(build.FRIEND) + i32(3), {"kind": "story", "identifier": 3}),
    (
        23,
        flags(0)
        + i64(1, 2, 777888)
        + b"".join(text(word) for word in ("short", "Title", "Words"))
        + photo(42)
        + animation()
        + formatted("score"),
        {"kind": "game"},
    ),
    (
        29,
        flags(0, 1, 3, 6, 9)
        + text("Goods")
        + text("Words")
        + photo(42)
        + flags(8, 9)
        + text("EUR")
        + vector(text("part") + i64(500))
        + i64(10)
        + vector(i64(1))
        + text("url")
        + text(b"payload")
        + i64(500)
        + CAPTION,
        {"kind": "invoice"},
    ),
    (
        59,
        flags(0)
        + flags(1, 2, 4)
        + i64(12)
        + vector(i64(13))
        + i32(build.DATE)
        + vector(text("DE"))
        + text("prize")
        + i32(5, 3)
        + i64(100),
        {"kind": "giveaway"},
    ),
    (
        67,
        flags(0, 1)
        + vector(flags(5) + i32(1) + photo(42), flags(6) + i32(2) + video())
        + CAPTION
        + i64(50)
        + text(b"p"),
        {"kind": "paid_media"},
    ),
    (
        76,
        flags()
        + flags(0)
        + formatted("List")
        + vector(flags() + i32(1) + formatted("first"))
        + vector(
            flags() + i32(1) + i64(build.FRIEND) + i32(build.DATE),
            flags(0) + i32(2) + i64(-100) + i32(build.DATE),
        ),
        {"kind": "todo"},
    ),
]


@pytest.mark.parametrize(("kind", "body", "expected"), MEDIA)
def test_attachments(kind: int, body: bytes, expected: dict[str, Any]) -> None:
    """Read to the end: the reply behind them is found."""
    found = read(i32(kind) + body)
    assert (found.problem, found.unread) == (None, None)
    assert found.facts.reply_to == 150
    media = found.facts.media
    assert media is not None
    assert {key: getattr(media, key) for key in expected} == expected
    if CAPTION in body:
        assert found.facts.text == "words under it"


def test_details_of_attachments() -> None:
    """Sizes, words of recordings, emoji, value of a dice, tasks."""

    def words(kind: int) -> dict[str, Any]:
        body = next(body for number, body, _ in MEDIA if number == kind)
        media = read(i32(kind) + body).facts.media
        assert media is not None
        return media.details

    assert words(4)["pixels"] == "800 x 600"
    assert words(6)["pixels"] == "1920 x 1080"
    assert words(5) == {
        "set of stickers": 777,
        "emoji": "🙂",
        "pixels": "512 x 512",
    }
    assert words(7)["transcription"] == "spoken words"
    assert (words(41)["emoji"], words(41)["value"]) == ("🎲", 6)
    assert words(76)["tasks"] == ["1: first"]
    assert words(76)["completed"][1].startswith("2 by group 100")
    assert words(23)["title"] == "Title"
    assert (words(29)["title"], words(29)["prices"]) == ("Goods", ["part 500"])


ACTIONS: list[tuple[int, bytes, str, dict[str, Any]]] = [
    (11, text("T") + vector(i64(1)), "group_created", {"title": "T", "users": [1]}),
    (12, text("T"), "title_changed", {"title": "T"}),
    (13, photo(42), "chat_photo_changed", {"photo": 42}),
    (16, vector(i64(1), i64(2)), "users_added", {"users": [1, 2]}),
    (17, flags(0), "joined_by_link", {"approved": True}),
    (18, i64(5), "user_removed", {"user": 5}),
    (19, i64(5), "migrated_to", {"channel": 5}),
    (21, text("T") + i64(5), "migrated_from", {"title": "T", "group": 5}),
    (22, i64(9 << 20), "message_pinned", {"message": 9}),
    (24, i64(9 << 20, 3) + i32(7), "game_score", {"score": 7, "message": 9}),
    (26, flags(0) + i32(60) + i64(5), "messages_ttl_changed", {"from user": 5}),
    (30, flags(6) + text("EUR") + i64(5), "payment", {"currency": "EUR"}),
    (30, flags(0) + text("EUR") + i64(5, 5), "payment", {"amount": 5}),
    (
        30,
        flags(2, 6, 10) + text("EUR") + i64(5) + flags(0) + text("N") + i32(9),
        "payment",
        {"name": "N"},
    ),
    (36, text("words"), "custom", {"text": "words"}),
    (37, text("example.org"), "website_login", {"site": "example.org"}),
    (38, vector(i32(1)), "passport_sent", {"kinds of documents": [1]}),
    (42, i64(5, -6) + i32(9), "proximity_alert", {"watcher": "group 6"}),
    (43, flags(0) + i64(1, 2) + i32(30), "group_call", {"seconds": 30}),
    (43, flags(1) + i64(1, 2) + i32(9), "group_call", {"begins (Unix time)": 9}),
    (44, i64(1, 2) + vector(i64(5)), "invited_to_group_call", {"users": [5]}),
    (45, flags(0, 1) + i32(1) + text("🎨"), "chat_theme_changed", {"theme": "🎨"}),
    (46, text("B"), "web_app_data_sent", {"button": "B"}),
    (47, text("B") + text("D"), "web_app_data_received", {"data": "D"}),
    (
        48,
        flags(0, 1) + text("EUR") + i64(5) + i32(3) + text("TON") + i64(1) + CAPTION,
        "premium_given",
        {"text": "words under it"},
    ),
    (49, flags() + text("T") + flags(0) + i32(1) + i64(2), "topic_created", {}),
    (50, flags(1, 2, 3, 4) + text("T") + i64(1), "topic_changed", {"closed": True}),
    (51, photo(42), "profile_photo_suggested", {"photo": 42}),
    (52, b"", "write_access_allowed", {}),
    (53, flags(0) + i64(5) + i32(1), "chat_shared", {"chat": "user 5"}),
    (53, flags() + vector(i64(5)) + i32(1), "chat_shared", {"chats": ["user 5"]}),
    (57, b"", "write_access_allowed", {}),
    (
        58,
        flags(0, 1, 3, 4) + i64(5) + i32(3) + text("CODE") + text("EUR") + i64(1),
        "gift_code",
        {"code": "CODE", "from a giveaway": True},
    ),
    (60, flags(0) + i64(5), "giveaway_launched", {"stars": 5}),
    (61, flags(0, 1, 2) + i32(1, 2) + i64(9 << 20), "giveaway_results", {}),
    (
        62,
        flags(2, 3, 7, 8, 10) + i64(9 << 20, 5) + i32(8, 1) + vector(i64(5)),
        "giveaway_winners",
        {"users": [5]},
    ),
    (65, flags() + i32(4), "boosted", {"boosts": 4}),
    (
        66,
        flags() + vector(flags(0, 3) + i64(5) + text("A") + photo(42)) + i32(1),
        "chats_shared",
        {"chats": ["user 5 A"]},
    ),
    (
        68,
        flags() + i64(5) + text("EUR") + i64(1) + text("a") + text("b"),
        "payment_refunded",
        {"chat": "user 5"},
    ),
    (69, flags(1) + text("EUR") + i64(1, 2) + text("id"), "stars_given", {"stars": 2}),
    (70, flags() + i64(1) + text("id") + i64(5, 9 << 20), "stars_won", {"stars": 1}),
    (73, flags() + i32(2) + i64(9), "paid_messages_refunded", {"messages": 2}),
    (74, flags(0) + i64(9), "paid_messages_price", {"stars": 9}),
    (77, flags(0, 1) + i64(9 << 20) + vector(i32(1)), "tasks_completed", {}),
    (
        78,
        flags(1) + vector(flags() + i32(2) + formatted("more")),
        "tasks_added",
        {"tasks": ["2: more"]},
    ),
    (79, flags() + text("EUR") + i64(1) + text("TON") + i64(2), "ton_given", {}),
    (80, flags(0) + i64(9 << 20), "suggested_post_success", {"message": 9}),
    (81, flags(0) + i64(9 << 20), "suggested_post_refunded", {"message": 9}),
    (
        82,
        flags(1, 2, 4) + flags(0) + i32(1) + i64(5) + text("no"),
        "suggested_post_approval",
        {"comment": "no", "rejected": True},
    ),
    (83, flags() + i32(1), "birthday_suggested", {}),
    (86, flags(0) + i64(5), "new_creator_pending", {"user": 5}),
    (87, flags() + i64(5), "creator_changed", {"user": 5}),
    (88, flags(1, 2) + i64(9 << 20), "forwarding_toggled", {"forbidden": True}),
    (89, flags(0), "forwarding_requested", {"expired": True}),
    (90, flags() + i64(5), "bot_created", {"bot": 5}),
    (91, flags() + formatted("A") + text(b"d"), "poll_answer_added", {"answer": "A"}),
    (92, flags() + formatted("A") + text(b"d"), "poll_answer_deleted", {}),
    (14, b"", "chat_photo_removed", {}),
    (25, b"", "screenshot_taken", {}),
]


@pytest.mark.parametrize(("kind", "body", "action", "expected"), ACTIONS)
def test_actions(kind: int, body: bytes, action: str, expected: dict[str, Any]) -> None:
    """Service messages: read to the end, with their facts."""
    found = read(i32(kind) + body)
    assert (found.problem, found.unread) == (None, None)
    assert (found.facts.reply_to, found.facts.action) == (150, action)
    details = found.facts.action_details or {}
    assert {key: details[key] for key in expected} == expected


def test_calls() -> None:
    """A call of two, a conference."""
    call = read(i32(28) + flags(0, 1) + i64(5) + i32(60, 3) + i64(6)).facts.call
    assert call is not None
    assert (call.duration, call.reason, call.is_video) == (60, "hangup", True)
    body = flags(0, 3, 4) + i64(5) + i32(70) + vector(i64(build.FRIEND))
    found = read(i32(75) + body)
    call = found.facts.call
    assert call is not None and found.problem is None and found.facts.reply_to == 150
    assert (call.is_conference, call.is_active, call.duration) == (True, True, 70)


@pytest.mark.parametrize("kind", [39, 54, 55, 71, 72, 84, 85, 93, 94])
def test_contents_without_an_end(kind: int) -> None:
    """Known by name only: nothing is lost if nothing stands behind, else it is said."""
    data = build.message(i32(kind) + b"\x01\x02\x03\x04", random_id=5)
    found = tdlib_message.read_message(data)
    assert found.problem is None and found.unread is not None
    assert found.random_id == 5 and found.facts.date == build.DATE
    assert found.facts.action or found.facts.media
    lost = read(i32(kind) + b"\x01\x02\x03\x04")
    assert lost.problem is not None and "stands behind" in lost.problem.reason


@pytest.mark.parametrize("kind", [95, 1000, -1])
def test_unknown_contents(kind: int) -> None:
    """The head stays, the type is named."""
    found = read(i32(kind))
    assert found.problem is not None and "not known" in found.problem.reason
    assert found.facts.other["content type"] == kind


OLD: list[tuple[int, int, bytes, dict[str, Any]]] = [
    (24, 5, flags(1) + i64(7, 8) + text("🙂") + i32(5) + b"", {"kind": "sticker"}),
    (24, 40, i64(5005), {"kind": "poll", "identifier": 5005}),
    (24, 41, i32(3), {"kind": "dice"}),
    (30, 41, text("🎯") + i32(3), {"kind": "dice"}),
]


@pytest.mark.parametrize(("version", "kind", "body", "expected"), OLD)
def test_old_layouts(
    version: int, kind: int, body: bytes, expected: dict[str, Any]
) -> None:
    """Before a type got its flags."""
    if kind == 5:
        thumbnail = i32(109, 0, 0, 0)
        file = i32(4) + flags() + i32(8, 2) + i64(9, 9) + i32(5) + text("") + i64(1)
        body += thumbnail + thumbnail + file
    data = build.message(i32(kind) + body, version=version)
    found = tdlib_message.read_message(data)
    assert (found.problem, found.unread) == (None, None)
    media = found.facts.media
    assert media is not None
    assert {key: getattr(media, key) for key in expected} == expected


def test_local_poll() -> None:
    """A poll that is not at the server yet stands in the message."""
    body = flags() + i64(-3) + flags(3) + text("Q?") + vector(text("a"), text("b"))
    media = read(i32(40) + body + i32(1)).facts.media
    assert media is not None
    assert media.details == {"question": "Q?", "answers": ["a", "b"]}


def test_stored_poll() -> None:
    """The poll of the table common."""
    option = flags(0, 2) + text("yes") + text(b"0") + i32(3) + i64(5)
    other = flags(6) + text("no") + text(b"1")
    data = i32(61) + flags(1, 3) + text("Q?") + vector(option, other) + i32(3, 0)
    found = tdlib_polls.read_poll(Reader.versioned(data))
    assert found["question"] == "Q?" and found["quiz"] and found["voters"] == 3
    assert found["answers"] == ["yes (3), chosen by the account", "no (0)"]


def reactions() -> bytes:
    """Reactions of everything that can be stored."""
    one = (
        flags(0, 1, 3) + text("👍") + i32(2) + vector(i64(build.FRIEND), i64(build.OWN))
    )
    paid = flags(2) + text("#") + i32(1)
    paid += vector(i64(12) + flags(0, 1, 3) + text("C") + flags() + i32(1))
    reactor = flags(0, 3) + i64(build.FRIEND) + i32(5)
    body = flags(2, 3, 4, 5, 7) + vector(one + i64(build.OWN), paid)
    body += vector(flags(0) + text("👍") + i64(build.FRIEND)) + vector(text("👍"))
    return body + vector(reactor)


def markup() -> bytes:
    """Buttons under a message."""
    style = flags(0, 1) + i32(1) + i64(5)
    plain = flags(0, 2) + i32(1) + text("A") + text("https://a.example") + style
    asks = flags(1) + i32(1) + text("B") + flags(10, 11, 12) + i32(1, 2) + i64(3, 4)
    inline = flags(0, 1, 2, 3, 4) + i32(1) + i64(1, 2) + text("C") + text("f")
    inline += text("https://c.example") + style
    body = flags(3, 4, 5) + i32(2) + vector(vector(plain, asks + i32(5)))
    return body + vector(vector(inline)) + text("type here")


def test_behind_the_content() -> None:
    """Everything that can stand there, in its order."""
    quote = flags(0, 1) + formatted("quoted") + i32(0)
    replied = flags(0, 1, 2, 3, 6, 8) + i64(ANSWERED, -555) + i32(build.DATE)
    replied += flags(0) + i64(build.FRIEND) + build.text_content("copy") + quote
    tail = [
        ((1, 18), markup()),
        ((2, 26), i32(86400)),
        ((2, 27), i32(1)),
        ((3, 2), reactions()),
        ((3, 3), i32(1)),
        ((3, 6), i32(1)),
        ((3, 7), i64(build.FRIEND) + i32(4)),
        ((3, 10), flags(0) + i64(140 << 20)),
        ((3, 11), replied),
        ((3, 13), i64(build.OWN)),
        ((3, 14), i64(100 << 20)),
        ((3, 15), i32(2)),
        ((3, 16), i64(99)),
        ((3, 18), i64(1)),
        ((3, 19), flags(1, 2) + i64(1) + text("DE") + formatted("checked")),
        ((3, 20), i64(1)),
        ((3, 25), i32(1)),
        ((3, 26), i64(5)),
        ((3, 27), flags(2, 3) + flags(0) + i32(1) + i64(2) + i32(3)),
        ((4, 2), i32(60)),
        ((4, 3), text("en")),
        ((4, 5), text("rank")),
        ((4, 6), i64(1)),
        ((4, 7), i64(1)),
        ((4, 8), i32(1)),
        ((4, 9), i64(1)),
    ]
    data = build.message(
        build.text_content("words"),
        random_id=7,
        tail=b"".join(part for _, part in tail),
        tail_bits=tuple(bit for bit, _ in tail),
    )
    found = tdlib_message.read_message(data)
    facts = found.facts
    assert (found.problem, found.unread) == (None, None)
    assert (facts.text, facts.reply_to, facts.reply_quote) == ("words", 150, "quoted")
    assert facts.reply_chat == ("group", 555)
    assert facts.other["answered message says"] == "copy"
    assert facts.other["buttons"] == [
        "A (https://a.example)",
        "B",
        "C (https://c.example)",
    ]
    assert facts.reactions == [
        f"👍 (2): user {build.FRIEND}, user {build.OWN}, the account",
        "paid (1)",
    ]
    assert (facts.ttl_period, facts.reply_top) == (86400, 100)
    assert facts.via_business_bot == 99
    assert facts.other["fact check"] == "checked"
    for end in range(len(data)):
        try:
            cut = tdlib_message.read_message(data[:end])
        except FormatError:
            continue
        assert cut.problem is not None


def test_bytes_behind_a_message() -> None:
    """They are named: something was not understood."""
    data = build.message(build.text_content("words")) + b"\0\0\0\0"
    found = tdlib_message.read_message(data)
    assert found.facts.text == "words"
    assert found.problem is not None and "behind the message" in found.problem.reason


def dialog(last: bytes | None, *, bits: tuple[int, ...] = ()) -> bytes:
    """A row of the list of chats."""
    known = (4, 6, 7, 8, 15, 16, 17, *bits)
    data = i32(61) + flags(*known, *((1,) if last is not None else ()))
    data += i64(build.FRIEND, 1) + i32(3, 1) + i64(120 << 20, 110 << 20, 0)
    data += flags(0) + i32(2147483647)
    if 0 in bits:
        data += flags(0, 2) + i32(build.DATE) + flags() + formatted("draft") + b"rest"
        return data
    data += i32(build.DATE) + i64(5)
    data += (last or b"")[4:]
    data += i64(100 << 20) + i32(build.DATE + 5) + i64(130 << 20) + i64(90 << 20)
    return data + vector(i64(1)) + vector(i32(2)) + text("note") + i64(1)


def test_dialogs() -> None:
    """Marks of reading, deletion and clearing, behind the copy of the last message."""
    for last in (None, build.message(build.text_content("last"))):
        found = tdlib_dialogs.read_dialog(dialog(last))
        assert found.problem is None
        assert (found.unread, found.read_inbox, found.read_outbox) == (4, 120, 110)
        assert (found.deleted, found.deleted_message) == (build.DATE + 5, 130)
        assert (found.cleared, found.cleared_message) == (build.DATE, 90)
        assert (found.first_message, found.client_data) == (100, "note")
        assert (found.last_message is not None) == (last is not None)


def test_dialog_with_an_unknown_end() -> None:
    """A draft with a recording keeps its text; a last message without end is named."""
    found = tdlib_dialogs.read_dialog(dialog(None, bits=(0,)))
    assert found.draft is not None and found.draft.text == "draft"
    assert found.problem is not None
    last = build.message(i32(71) + bytes(8))
    found = tdlib_dialogs.read_dialog(dialog(last))
    assert found.problem is not None and found.last_message is not None


def test_running_transfers() -> None:
    """Files that are being downloaded or sent: their paths are known already."""
    head = flags(0, 4) + i32(61) + i64(build.FRIEND) + i64(1)
    upload = i32(1) + i64(1) + i32(9, 131072, 4, 0)
    whole = i32(2, 5) + i64(build.DATE * 10**9) + text("documents/a.bin")
    end = i64(1000) + text("") + text("") + text("")
    found = tdlib_stored_files.read_stored_file(head + upload + whole + i32(0) + end)
    assert (found.is_uploading, found.path) == (True, "documents/a.bin")
    for parts, rest in ((-1, text(b"m")), (-2, text(b"m") + i32(1)), (3, b"")):
        partial = i32(1, 4) + text("temp/7") + i32(1, parts) + text(b"iv") + rest
        picked = i32(1, 4) + text("/sdcard/x.mp4") + text("")
        data = head + i32(0) + partial + picked + end
        found = tdlib_stored_files.read_stored_file(data)
        assert (found.is_partial, found.path) == (True, "temp/7")
        assert (found.original, found.size) == ("/sdcard/x.mp4", 1000)


def test_mutations() -> None:
    """Changed bytes of every content: an answer or the documented error."""
    source = random.Random(5)
    bodies = [(kind, body) for kind, body, *_ in (*MEDIA, *ACTIONS)]
    for _ in range(6000):
        kind, body = source.choice(bodies)
        data = bytearray(
            build.message(i32(kind) + body, tail=TAIL, tail_bits=TAIL_BITS)
        )
        for _ in range(source.randrange(1, 5)):
            data[source.randrange(4, len(data))] = source.randrange(256)
        try:
            tdlib_message.read_message(bytes(data))
        except FormatError:
            continue


def test_nesting_is_bounded() -> None:
    """Polls in polls and files in files do not exhaust the stack."""
    poll = i32(40) + flags(1) + i64(1)
    found = read(poll * 3000)
    assert found.problem is not None
    file = i32(2) + flags() + i32(5) + text("p") + text("#_file_id#1") + i32(1, 0)
    body = flags(0, 1) + text("a") + text("b") + (file + i64(1)) * 3000
    assert read(i32(3) + body).problem is not None
