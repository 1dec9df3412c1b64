"""The JSON export of Telegram Desktop: the real client's, all versions, damage."""

from __future__ import annotations

import io
import json
import time
from pathlib import Path
from typing import Any

import pytest

from telegram_forensics.formats.tdesktop_export_json import (
    HeadMatch,
    JsonExport,
    check_head,
)
from telegram_forensics.formats.tdesktop_export_records import (
    Account,
    Chat,
    Contact,
    FrequentContact,
    Message,
    PeerId,
    PeerType,
    ProfilePicture,
    Session,
    Story,
    TimeBasis,
    WebSession,
)
from tests import export_samples
from tests.builders import tdesktop_export as builder

START = 1_690_000_000
OTHER = ("Ann", "user640011223")


def read(data: bytes, **options: Any) -> tuple[list[Any], JsonExport]:
    """All records of a document."""
    reader = JsonExport(io.BytesIO(data), **options)
    return list(reader.records()), reader


def of_type(records: list[Any], record_class: type) -> list[Any]:
    """Records of one class."""
    return [record for record in records if isinstance(record, record_class)]


def single(*messages: dict[str, Any], **options: Any) -> bytes:
    """A dialog that was exported alone."""
    name, kind, number = (
        options.get("name", "Ann"),
        options.get("kind", "personal_chat"),
        options.get("number", 640011223),
    )
    return builder.encode(builder.chat(name, kind, number, list(messages)))


# The real client.


@export_samples.samples
def test_messages_of_the_real_client(name: str, tmp_path: Path) -> None:
    """Every message, with id, time, sender, edit, reply, forward and media."""
    truth = export_samples.world(name)
    people = export_samples.names(truth)
    folder = export_samples.unpack(name, "json", tmp_path)
    records, reader = read((folder / "result.json").read_bytes())
    assert reader.issues == []
    assert reader.account_id == truth["world"]["self"]["id"]

    prefixes = {PeerType.USER: "u", PeerType.GROUP: "c", PeerType.CHANNEL: "k"}
    found = {}
    for message in of_type(records, Message):
        peer = message.chat.peer
        found[f"{prefixes[peer.type]}{peer.bare}", message.id] = message
    expected = export_samples.messages(truth, "json")
    assert len(found) == len(of_type(records, Message)) == len(expected)
    for item in expected:
        message = found[item.chat, item.id]
        assert message.date.unix == item.date
        assert message.date.basis is TimeBasis.UTC
        assert message.sender == PeerId(PeerType.USER, item.sender)
        assert message.sender_name == people[item.sender]
        assert message.text == item.text
        assert (message.edited and message.edited.unix) == item.edited
        assert message.reply_to == item.reply_to
        assert message.forwarded_from == people.get(item.forwarded)
        assert (message.service and message.service.tl_name) == item.action
        check_media(message, item, truth, folder)


def check_media(
    message: Message, item: export_samples.TrueMessage, truth: Any, folder: Path
) -> None:
    """Compares an attachment with the ground truth."""
    media = message.media
    if item.media is None:
        assert media is None
        return
    assert media is not None
    if item.media["k"] == "geo":
        assert media.kind == "geo"
        assert media.latitude == pytest.approx(item.media["lat"])
        assert media.longitude == pytest.approx(item.media["long"])
    elif item.media["k"] == "contact":
        assert media.kind == "contact"
        assert media.contact is not None
        assert media.contact.first_name == item.media["first"]
        digits = "".join(filter(str.isdecimal, media.contact.phone_number or ""))
        assert digits == item.media["phone"]
    else:
        true_file = truth["world"]["files"][str(item.media["id"])]
        assert media.path is not None
        assert (folder / media.path).stat().st_size == true_file["size"]
        if "voice" in true_file:
            assert (media.kind, media.duration) == ("voice", true_file["voice"])
        elif "name" in true_file:
            assert (media.kind, media.name) == ("document", true_file["name"])
        else:
            assert media.kind == "photo"
            assert (media.width, media.height) == (true_file["w"], true_file["h"])
        assert media.mime_type in (None, true_file["mime"])


@export_samples.samples
def test_lists_of_the_real_client(name: str, tmp_path: Path) -> None:
    """Account, contacts, chats and the list of sessions."""
    truth = export_samples.world(name)["world"]
    folder = export_samples.unpack(name, "json", tmp_path)
    records, reader = read((folder / "result.json").read_bytes())
    (account,) = of_type(records, Account)
    assert account.user_id == truth["self"]["id"]
    assert account.name == f"{truth['self']['first']} {truth['self']['last']}"
    assert account.username == f"@{truth['self']['username']}"
    assert account.bio == truth["self"]["about"]

    contacts = of_type(records, Contact)
    assert [(c.first_name, c.last_name, c.date.unix) for c in contacts] == [
        (c["first"], c["last"], c["date"]) for c in truth["saved_contacts"]
    ]
    (picture,) = of_type(records, ProfilePicture)
    photo = truth["files"][str(truth["self"]["photo"])]
    assert picture.date.unix == photo["date"]
    assert (folder / picture.path).stat().st_size == photo["size"]

    sessions = of_type(records, Session)
    assert [
        (
            s.application_name,
            s.application_version,
            s.device_model,
            s.platform,
            s.system_version,
            s.created.unix,
            s.last_active.unix,
            s.ip,
            s.country,
            s.region,
        )
        for s in sessions
    ] == [
        (
            a["app"],
            a["ver"],
            a["device"],
            a["platform"],
            a["sys"],
            a["created"],
            a["active"],
            a["ip"],
            a["country"],
            None,
        )
        for a in truth["authorizations"]
    ]
    assert of_type(records, WebSession) == []
    assert all(c.peer.type is PeerType.USER for c in of_type(records, FrequentContact))
    chats = {c.peer.bare: c for c in of_type(records, Chat)}
    for item in truth["chats"]:
        assert chats[item["id"]].name == item["title"]
        assert chats[item["id"]].kind == "private_group"
    assert all(c.is_complete for c in chats.values())
    assert reader.summary.is_complete
    assert reader.summary.type == "whole_account"
    assert reader.summary.offsets == {0}
    assert "sessions" in reader.summary.parts


@export_samples.samples
def test_position_is_the_offset_of_the_object(name: str, tmp_path: Path) -> None:
    """A record can be read from the file at its position."""
    path = export_samples.unpack(name, "json", tmp_path) / "result.json"
    data = path.read_bytes()
    decoder = json.JSONDecoder()
    for message in of_type(read(data)[0], Message):
        raw, _ = decoder.raw_decode(data[message.position :].decode())
        assert raw["id"] == message.id


# Ids and times over the versions.


def old_account(chats: list[Any], **options: Any) -> bytes:
    """An export without UTC twins."""
    return builder.encode(builder.account(chats, **options))


def test_ids_before_1_4_8() -> None:
    """1.3.8 to 1.4.7: no ids at all."""
    messages = [
        builder.message(
            1, START, "a", ("Ann", None), twin=False, edited="1970-01-01T00:00:00"
        ),
        builder.message(2, START + 60, "b", ("Marta Okonjo", None), twin=False),
    ]
    data = old_account(
        [builder.chat("Ann", "personal_chat", None, messages)], user_id=None
    )
    records, reader = read(data)
    assert reader.issues == []
    assert reader.account_id is None
    assert [m.sender for m in of_type(records, Message)] == [None, None]
    (chat,) = of_type(records, Chat)
    assert (chat.peer, chat.name, chat.message_count) == (None, "Ann", 2)


@pytest.mark.parametrize(
    ("sender", "expected"),
    [
        (640011223, PeerId(PeerType.USER, 640011223)),
        ((1 << 32) + 640011223, PeerId(PeerType.USER, 640011223)),
        ((1 << 33) + 1500077777, PeerId(PeerType.GROUP_OR_CHANNEL, 1500077777)),
    ],
)
def test_ids_before_2_7_2(sender: int, expected: PeerId) -> None:
    """1.4.8 to 2.3: senders bare, chats shifted; 2.4.0 to 2.7.1: both shifted."""
    chats = [
        builder.chat(
            "Ann",
            "personal_chat",
            (1 << 32) + 640011223,
            [builder.message(1, START, "a", ("Ann", sender), twin=False)],
        ),
        builder.chat("Group", "private_group", (1 << 33) + 4001111, []),
        builder.chat("Channel", "public_channel", (1 << 33) + 1500077777, []),
        builder.chat(None, "saved_messages", (1 << 32) + 198765432, []),
    ]
    frequent = {
        "about": "x",
        "list": [
            {
                "id": (1 << 33) + 1500077777,
                "category": "people",
                "type": "public_channel",
                "name": "Channel",
                "rating": 1.5,
            }
        ],
    }
    records, reader = read(
        old_account(chats, user_id=198765432, frequent_contacts=frequent)
    )
    assert reader.issues == []
    (message,) = of_type(records, Message)
    assert message.sender == expected
    assert [c.peer for c in of_type(records, Chat)] == [
        PeerId(PeerType.USER, 640011223),
        PeerId(PeerType.GROUP, 4001111),
        PeerId(PeerType.CHANNEL, 1500077777),
        PeerId(PeerType.USER, 198765432),
    ]
    (contact,) = of_type(records, FrequentContact)
    assert contact.peer == PeerId(PeerType.CHANNEL, 1500077777)


@pytest.mark.parametrize(
    ("sender", "expected"),
    [
        ("user5920118833", PeerId(PeerType.USER, 5920118833)),
        ("chat4001111", PeerId(PeerType.GROUP, 4001111)),
        ("channel1500077777", PeerId(PeerType.CHANNEL, 1500077777)),
        ("user", None),
        ("stranger7", None),
        (True, None),
        (-5, None),
    ],
)
def test_ids_since_2_7_2(sender: Any, expected: PeerId | None) -> None:
    """A bare chat id above 2^32 is not taken for a shifted one."""
    data = single(
        builder.message(1, START, "a", OTHER, twin=False),
        builder.message(2, START, "a", ("x", sender), twin=False),
        number=5920118833,
    )
    records, _ = read(data)
    assert of_type(records, Message)[1].sender == expected
    assert of_type(records, Chat)[0].peer == PeerId(PeerType.USER, 5920118833)


def test_chat_id_that_nothing_explains() -> None:
    """Without any sender's id a number above 2^32 can be read in two ways: not read."""
    records, reader = read(single(number=5920118833))
    assert of_type(records, Chat)[0].peer is None
    assert "two ways" in reader.issues[0].reason
    records, reader = read(single(number=640011223))
    assert of_type(records, Chat)[0].peer == PeerId(PeerType.USER, 640011223)
    assert reader.issues == []


def test_account_of_an_export_without_personal_information() -> None:
    """The chat with oneself tells, even if it comes last; so does a dialog."""
    document = builder.account(
        [
            builder.chat(
                "Ann", "personal_chat", 640011223, [builder.message(1, START)]
            ),
            builder.chat(None, "saved_messages", builder.OWNER, []),
        ]
    )
    del document["personal_information"]
    data = builder.encode(document)
    reader = JsonExport(io.BytesIO(data))
    assert isinstance(next(reader.records()), Message)
    assert reader.account_id == builder.OWNER

    data = single(builder.message(1, START, "a", OTHER), builder.message(2, START, "b"))
    assert read(data)[1].account_id == builder.OWNER
    data = single(builder.message(1, START, "a", OTHER))
    assert read(data)[1].account_id is None
    data = single(builder.message(1, START), kind="private_group", number=4001111)
    assert read(data)[1].account_id is None


def test_times() -> None:
    """UTC where it stands; the vector of the specification."""
    assert builder.local(START, 120) == "2023-07-22T06:26:40"
    data = single(
        builder.message(1, START, offset=120),
        builder.message(2, START - 15_000_000, offset=60),
        builder.message(3, START, twin=False, offset=120),
        builder.message(
            4, START, **{"edited": builder.local(START + 5, 120)}, offset=120
        ),
        {"id": 5, "type": "message", "date": "2023-02-30T00:00:00", "text": ""},
        {"id": 6, "type": "message", "date_unixtime": "99999999999999", "text": ""},
        {"id": 7, "type": "message", "date_unixtime": "-5", "text": ""},
        {"id": 8, "type": "message", "date": 17, "text": ""},
        builder.message(9, START, offset=5000),
    )
    records, reader = read(data)
    dates = [message.date for message in of_type(records, Message)]
    assert [date.basis for date in dates[:4]] == [
        TimeBasis.UTC,
        TimeBasis.UTC,
        TimeBasis.LOCAL,
        TimeBasis.UTC,
    ]
    assert dates[2].unix is None
    assert dates[2].local == START + 7200
    assert dates[4:8] == [None] * 4
    # Pairs that no zone could make are not believed.
    assert reader.summary.offsets == {120, 60}


def test_offset_lent_by_neighbours() -> None:
    """A date without twin gets the offset of dates on both sides, and only of these."""
    day = 86400
    around = [builder.message(n, START + n * day, offset=120) for n in (1, 3)]
    between = builder.message(5, START + 2 * day, offset=120, twin=False)
    beside = builder.message(6, START + 20 * day, offset=120, twin=False)
    records, _ = read(single(*around, between, beside))
    dates = [message.date for message in of_type(records, Message)]
    assert (dates[2].basis, dates[2].unix) == (TimeBasis.DERIVED, START + 2 * day)
    assert (dates[3].basis, dates[3].unix) == (TimeBasis.LOCAL, None)
    # A change of the offset in between.
    changed = builder.message(3, START + 3 * day, offset=60)
    records, _ = read(single(around[0], changed, between))
    assert of_type(records, Message)[2].date.basis is TimeBasis.LOCAL


@pytest.mark.parametrize(
    ("edited", "offset"),
    [
        ("1970-01-01T01:00:00", 60),
        ("1969-12-31T19:00:00", -300),
        ("1970-01-01T00:00:00", 0),
    ],
)
def test_edited_before_2_1_9(edited: str, offset: int) -> None:
    """The 1970 of unedited messages is no edit, and no fact about other times."""
    data = single(builder.message(1, START, twin=False, edited=edited))
    records, reader = read(data)
    (message,) = of_type(records, Message)
    assert message.edited is None
    assert message.date.basis is TimeBasis.LOCAL
    assert reader.summary.offset_1970 == offset
    assert reader.summary.offsets == set()


# Fields.


def test_message_fields() -> None:
    """Every field of a message."""
    data = single(
        builder.message(
            7,
            START,
            [
                "see ",
                {"type": "text_link", "text": "here", "href": "https://a.example/"},
            ],
            OTHER,
            edited=builder.local(START + 9),
            edited_unixtime=str(START + 9),
            author="An admin",
            forwarded_from="Bob",
            saved_from="News",
            reply_to_message_id=3,
            reply_to_peer_id="channel1500077777",
            via_bot="@gif",
            photo="photos/photo_1@22-07-2023_04-26-40.jpg",
            photo_file_size=123456,
            width=640,
            height=480,
            media_spoiler=True,
            self_destruct_period_seconds=30,
            inline_bot_buttons=[[{"type": "url", "text": "Go", "data": "https://b/"}]],
            reactions=[
                {
                    "type": "emoji",
                    "count": 2,
                    "emoji": "👍",
                    "recent": [
                        {
                            "from": "Ann",
                            "from_id": "user640011223",
                            "date": "2023-07-22T06:26:41",
                        }
                    ],
                }
            ],
            future_field="x",
        )
    )
    (message,) = of_type(read(data)[0], Message)
    assert message.text == "see here"
    (entity,) = message.entities
    assert (entity.type, entity.text, entity.extra) == (
        "text_link",
        "here",
        "https://a.example/",
    )
    assert message.edited.unix == START + 9
    assert (message.author, message.forwarded_from, message.saved_from) == (
        "An admin",
        "Bob",
        "News",
    )
    assert message.reply_to == 3
    assert message.reply_to_peer == PeerId(PeerType.CHANNEL, 1500077777)
    assert message.via_bot == "@gif"
    media = message.media
    assert (media.kind, media.path, media.size) == (
        "photo",
        "photos/photo_1@22-07-2023_04-26-40.jpg",
        123456,
    )
    assert (media.width, media.height, media.spoiler) == (640, 480, True)
    assert media.self_destruct_seconds == 30
    assert message.buttons == ["Go (https://b/)"]
    (reaction,) = message.reactions
    assert (reaction.value, reaction.count) == ("👍", 2)
    name, peer, date = reaction.recent[0]
    assert (name, peer.bare, date.local) == ("Ann", 640011223, START + 7201)
    assert message.other == {"future_field": "x"}


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"file": "a.webp", "media_type": "sticker", "sticker_emoji": "😀"}, "sticker"),
        ({"file": "a.mp4", "media_type": "video_message"}, "video_message"),
        ({"file": "a.ogg", "media_type": "voice_message"}, "voice"),
        ({"file": "a.mp4", "media_type": "animation"}, "animation"),
        ({"file": "a.mp4", "media_type": "video_file"}, "video"),
        ({"file": "a.mp3", "media_type": "audio_file", "performer": "P"}, "audio"),
        ({"file": "files/report.pdf", "mime_type": "application/pdf"}, "document"),
        ({"photo": "a.jpg", "width": 1, "height": 1}, "photo"),
        ({"contact_information": {"first_name": "A", "phone_number": "1"}}, "contact"),
        ({"location_information": {"latitude": 1.0, "longitude": 2.0}}, "geo"),
        ({"location_information": None}, "geo"),
        (
            {
                "location_information": {"latitude": 1.0, "longitude": 2.0},
                "live_location_period_seconds": 900,
            },
            "live_location",
        ),
        ({"place_name": "Pier 7", "address": "Harbour"}, "venue"),
        (
            {"game_title": "G", "game_description": "d", "game_link": "https://g"},
            "game",
        ),
        ({"invoice_information": '{\n "title": "T",\n "amount": 5\n}'}, "invoice"),
        ({"invoice_information": "not JSON"}, "invoice"),
        ({"poll": {"question": "Q", "closed": True, "answers": []}}, "poll"),
        ({"todo_list": {"title": "T", "answers": [{"text": "a", "id": 1}]}}, "todo"),
        ({"giveaway_information": {"quantity": 3}}, "giveaway"),
        ({"giveaway_results": {"winners": []}}, "giveaway"),
        ({"paid_stars_amount": 5, "photo": "a.jpg"}, "paid_media"),
    ],
)
def test_kinds_of_media(fields: dict[str, Any], kind: str) -> None:
    """Each kind of attachment has the name that all clients share."""
    data = single(builder.message(1, START, "", OTHER, **fields))
    (message,) = of_type(read(data)[0], Message)
    assert message.media.kind == kind
    assert message.other is None


def test_details_of_media() -> None:
    """Polls, invoices, names and missing files."""
    gone = "(File not included. Change data exporting settings to download.)"
    data = single(
        builder.message(
            1,
            START,
            poll={
                "question": "When?",
                "closed": False,
                "total_voters": 3,
                "answers": [
                    {"text": "Now", "voters": 2, "chosen": True},
                    {"text": "Later", "voters": 1, "chosen": False},
                ],
            },
        ),
        builder.message(2, START, invoice_information='{ "title": "T", "amount": 5 }'),
        builder.message(3, START, file=gone, media_type="video_file"),
        builder.message(4, START, file="(File unavailable, please try again later)"),
        builder.message(5, START, file="chats/chat_1/files/my report (1).pdf"),
        builder.message(6, START, file="files/file_3@22-07-2023_04-26-40.bin"),
        builder.message(7, START, file="a.bin", file_name="b.bin", file_size=1 << 33),
        builder.message(8, START, photo="(File exceeds maximum size. Change it.)"),
        {"id": 9, "type": "unsupported"},
    )
    messages = of_type(read(data)[0], Message)
    poll = messages[0].media.poll
    assert (poll.question, poll.closed, poll.total_voters) == ("When?", False, 3)
    assert [(a.text, a.votes, a.chosen) for a in poll.answers] == [
        ("Now", 2, True),
        ("Later", 1, False),
    ]
    assert messages[1].media.details == {"invoice_title": "T", "invoice_amount": 5}
    assert [m.media.missing for m in messages[2:4]] == ["not_included", "unavailable"]
    assert [m.media.path for m in messages[2:4]] == [None, None]
    assert messages[4].media.name == "my report (1).pdf"
    assert messages[5].media.name is None
    assert (messages[6].media.name, messages[6].media.size) == ("b.bin", 1 << 33)
    assert messages[7].media.missing == "exceeds_maximum_size"
    assert (messages[8].kind, messages[8].media.kind) == ("unsupported", "unsupported")


def test_service_messages() -> None:
    """Actions have the names of Telegram's schema; calls are calls."""
    data = single(
        builder.service(1, START, "invite_members", members=["Ann", None]),
        builder.service(
            2, START, "phone_call", duration_seconds=61, discard_reason="hangup"
        ),
        builder.service(3, START, "conference_call", is_active=False, is_missed=True),
        builder.service(4, START, "from_the_future", depth=3),
        {
            "id": 5,
            "type": "service",
            **builder.dates("date", START),
            "actor": "Telegram",
            "actor_id": "user777000",
            "information_text": "Hello",
            "text": "",
        },
        {
            "id": 6,
            "type": "service",
            **builder.dates("date", START),
            "action": "proximity_reached",
            "from": "Ann",
            "from_id": "user640011223",
            "to": "Bob",
            "to_id": "user7",
            "distance": 50,
            "text": "",
        },
    )
    messages = of_type(read(data)[0], Message)
    assert messages[0].service.tl_name == "messageActionChatAddUser"
    assert messages[0].service.details == {"members": ["Ann", None]}
    assert messages[0].sender.bare == builder.OWNER
    call = messages[1].call
    assert (call.duration, call.reason, call.is_conference) == (61, "hangup", False)
    assert (messages[2].call.is_conference, messages[2].call.reason) == (True, "missed")
    assert messages[3].service.action == "from_the_future"
    assert (messages[3].service.tl_name, messages[3].call) == (None, None)
    assert messages[4].service.tl_name == "messageActionCustomAction"
    assert messages[4].service.text == "Hello"
    assert messages[5].sender.bare == 640011223
    assert messages[5].service.details["distance"] == 50


def test_lists() -> None:
    """Stories, web sessions, pictures, left chats, other data."""
    document = builder.account(
        [],
        profile_pictures=[
            {**builder.dates("date", START), "photo": "(Photo unavailable, ...)"}
        ],
        stories=[
            {
                **builder.dates("date", START),
                **builder.dates("expires", START + 86400),
                "pinned": True,
                "media": "stories/story_1.jpg",
            }
        ],
        web_sessions={
            "about": "x",
            "list": [
                {
                    **builder.dates("last_active", START),
                    "last_ip": "192.0.2.7",
                    "last_region": "Oslo",
                    "bot_username": None,
                    "domain_name": "shop.example",
                    "browser": "Firefox",
                    "platform": "Linux",
                    **builder.dates("created", START - 5),
                }
            ],
        },
        contacts={"about": "x", "list": [builder.dates("date", START)]},
        other_data={"deep": {"er": ["x" * 500_000, {"a": "}]{\\"}]}},
    )
    document["left_chats"] = {
        "about": "x",
        "list": [builder.chat("Old", "public_supergroup", 1600000001, [])],
    }
    records, reader = read(builder.encode(document))
    assert reader.issues == []
    assert of_type(records, ProfilePicture)[0].missing == "unavailable"
    (story,) = of_type(records, Story)
    assert (story.date.unix, story.expires.unix) == (START, START + 86400)
    (web,) = of_type(records, WebSession)
    assert (web.domain_name, web.browser, web.created.unix) == (
        "shop.example",
        "Firefox",
        START - 5,
    )
    (contact,) = of_type(records, Contact)
    assert (contact.name, contact.date.unix) == (None, START)
    (chat,) = of_type(records, Chat)
    assert (chat.is_left, chat.peer.type) == (True, PeerType.CHANNEL)
    assert reader.summary.parts[-1] == "left_chats"


# Escapes and layouts.

ALL_CONTROLS = "".join(chr(code) for code in range(32)) + '"\\x41\\\\x01\u2028\u2029é😀'


def test_invalid_escapes() -> None:
    r"""\xHH becomes the character; an escaped backslash in front of x does not."""
    data = single(builder.message(1, START, ALL_CONTROLS, OTHER))
    assert b"\\x00" in data
    assert b"\\x1F" in data
    with pytest.raises(json.JSONDecodeError):
        json.loads(data)
    records, reader = read(data)
    assert of_type(records, Message)[0].text == ALL_CONTROLS
    assert reader.summary.repaired_escapes == 1
    assert reader.summary.is_complete
    assert "escapes" in reader.issues[0].reason
    assert b'{\n   "id": 1' in data[reader.issues[0].offset :][:20]
    data = b'{"name": "x\\x01y", "type": "personal_chat", "id": 5, "messages": []}'
    assert of_type(read(data)[0], Chat)[0].name == "x\x01y"


def test_raw_control_characters_bad_utf8_and_surrogates() -> None:
    """Read as far as possible, marked, and reported."""
    data = single(
        builder.message(1, START, "first", OTHER),
        builder.message(2, START, "second", OTHER),
        builder.message(3, START, "third", OTHER),
        builder.message(4, START, "fourth", OTHER),
    )
    data = data.replace(b"first", b"fi\x07st").replace(b"second", b"se\xffond")
    data = data.replace(b"third", b"th\\ud800rd")
    records, reader = read(data)
    messages = of_type(records, Message)
    assert [m.text for m in messages] == ["fi\x07st", "se�ond", "th�rd", "fourth"]
    assert [m.is_doubtful for m in messages] == [True, True, False, False]
    assert len(reader.issues) == 2
    for message in messages:
        message.text.encode()


@pytest.mark.parametrize("indent", [None, 2, 4])
@pytest.mark.parametrize("sort_keys", [False, True])
def test_other_layouts(indent: int | None, sort_keys: bool) -> None:
    """A document that another program wrote anew gives the same messages."""
    document = builder.account(
        [
            builder.chat(
                "Ann",
                "personal_chat",
                640011223,
                [
                    builder.message(
                        n, START + n, ["a}", {"type": "bold", "text": "]"}], OTHER
                    )
                    for n in range(1, 5)
                ],
            )
        ]
    )
    data = json.dumps(document, indent=indent, sort_keys=sort_keys).encode()
    records, reader = read(data)
    assert reader.issues == []
    messages = of_type(records, Message)
    assert [(m.id, m.text, m.date.unix) for m in messages] == [
        (n, "a}]", START + n) for n in range(1, 5)
    ]
    assert of_type(records, Chat)[0].name == "Ann"
    assert check_head(data[:4096]) is HeadMatch.YES


def test_byte_order_mark_and_tail() -> None:
    """Both are survived; the tail is reported."""
    data = single(builder.message(1, START))
    records, reader = read(b"\xef\xbb\xbf" + data + b"\n \n")
    assert len(of_type(records, Message)) == 1
    assert reader.issues == []
    records, reader = read(data + b"\x00" * 5000)
    assert len(of_type(records, Message)) == 1
    assert [issue.offset for issue in reader.issues] == [len(data)]


# Recognition.


@export_samples.samples
def test_head_of_the_real_client(name: str, tmp_path: Path) -> None:
    """Recognized, and at no cut taken for something else."""
    data = (export_samples.unpack(name, "json", tmp_path) / "result.json").read_bytes()
    assert check_head(data[:4096]) is HeadMatch.YES
    first = data.index(b'"personal_information": {')
    for size in range(12, first):
        assert check_head(data[:size]) is HeadMatch.SHORT


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"[1, 2]",
        b'{"about": "x", "name": "y"}',
        b'{"name": "my-package", "version": "1.0.0"}',
        b'{"type": "module", "id": 5}',
        b'{"name": "x", "type": "group", "id": 5}',
        b'{"sessions": 5}',
        b"SQLite format 3\x00",
    ],
)
def test_other_files(head: bytes) -> None:
    """Other JSON is not taken for an export."""
    assert check_head(head) is HeadMatch.NO


def test_values_without_an_end_cost_little() -> None:
    """Their ends are searched for up to a limit only, and sound messages come out."""
    messages = [builder.message(number, START, "sound", OTHER) for number in range(9)]
    data = single(*messages)
    place = data.index(b"\n  {")
    # Each holds all that follow.
    broken = b'\n  {\n   "id": 1,\n   "type": "message",\n "x": [' + b"{}, " * 200
    start = time.process_time()
    records, reader = read(data[:place] + broken * 450 + data[place:])
    # Without a limit it takes ten times as long.
    assert time.process_time() - start < 20
    assert len(of_type(records, Message)) == 9
    assert len(reader.issues) == 450


def test_some_values_without_an_end_do_not_hide_others() -> None:
    """Messages on a line of their own each: damage in some leaves the others."""
    messages = [
        json.dumps(builder.message(number, START, "x" * 3000, OTHER))
        for number in range(4000)
    ]
    damaged = (100, 900, 1700, 2500, 3300)
    for number in damaged:
        messages[number] = messages[number][:-1]
    document = json.loads(single())
    document["messages"] = ["HERE"]
    head, _, tail = json.dumps(document).partition('"HERE"')
    data = f"{head}\n{{}}\n{tail}".replace("{}", ",\n".join(messages)).encode()
    records, reader = read(data)
    found = {record.id for record in of_type(records, Message)}
    assert len(found) == 4000 - len(damaged)
    assert len(reader.issues) == len(damaged)
