"""The HTML export of Telegram Desktop: the real client's, other pages, damage."""

from __future__ import annotations

import io
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from telegram_forensics.formats.tdesktop_export_html import (
    HtmlPage,
    Page,
    check_head,
    parse_page_name,
)
from telegram_forensics.formats.tdesktop_export_json import JsonExport
from telegram_forensics.formats.tdesktop_export_records import (
    Account,
    Chat,
    Contact,
    FrequentContact,
    Message,
    ProfilePicture,
    Session,
    Story,
    TimeBasis,
    WebSession,
)
from tests import export_samples
from tests.builders import tdesktop_export as builder

STAMP = "22.07.2023 06:26:40 UTC+01:00"
LOCAL = 1_690_000_000 + 7200


def read(data: bytes, page: Page = Page.MESSAGES) -> tuple[list[Any], HtmlPage]:
    """All records of a page."""
    reader = HtmlPage(io.BytesIO(data), page)
    return list(reader.records()), reader


def messages(*parts: str, title: str = "Ann", back: str | None = None) -> list[Message]:
    """Messages of a page that is made of parts."""
    records, reader = read(builder.page(title, "".join(parts), back=back))
    assert reader.issues == []
    return records


def sample_messages(folder: Path) -> dict[tuple[str, int], Message]:
    """Messages of a sample by heading of their page and id."""
    found = {}
    for path in sorted(folder.glob("chats/*/messages*.html")):
        records, reader = read(path.read_bytes())
        assert reader.issues == []
        assert reader.summary.is_complete
        assert not reader.is_single_chat
        for message in records:
            found[reader.title, message.id] = message
    return found


# The real client.


@export_samples.samples
def test_messages_of_the_real_client(name: str, tmp_path: Path) -> None:
    """Every message, with id, time, sender, reply, forward, text and media."""
    truth = export_samples.world(name)
    people = export_samples.names(truth)
    titles = {f"u{number}": person for number, person in people.items()}
    for kind, group in (("c", "chats"), ("k", "channels")):
        for item in truth["world"][group]:
            titles[f"{kind}{item['id']}"] = item["title"]
    folder = export_samples.unpack(name, "html", tmp_path)
    found = sample_messages(folder)
    expected = export_samples.messages(truth, "html")
    assert len(found) == len(expected)
    for item in expected:
        message = found[titles[item.chat], item.id]
        # The machine was on UTC. HTML has no times of service messages and edits.
        if item.action is None:
            assert message.date.local == item.date
            assert message.date.label == "UTC+00:00"
        else:
            assert message.date.local == item.date - item.date % 86400
            assert message.date.is_date
        assert message.date.basis is TimeBasis.LOCAL
        assert message.sender_name == people[item.sender]
        assert message.text == item.text
        assert message.reply_to == item.reply_to
        assert message.forwarded_from == people.get(item.forwarded)
        assert (message.service and message.service.tl_name) == item.action
        kind = {None: None, "geo": "geo", "contact": "contact", "photo": "photo"}
        if (item.media or {}).get("k") != "doc":
            assert (message.media and message.media.kind) == kind[
                (item.media or {}).get("k")
            ]
        else:
            true_file = truth["world"]["files"][str(item.media["id"])]
            assert message.media.missing == "not_included"
            if "voice" in true_file:
                assert message.media.duration == true_file["voice"]
            else:
                assert message.media.name == true_file["name"]


@export_samples.samples
def test_json_and_html_give_the_same_messages(name: str, tmp_path: Path) -> None:
    """What both exports hold is equal, apart from what HTML cannot say."""
    truth = export_samples.world(name)
    people = export_samples.names(truth)
    html_messages = sample_messages(
        export_samples.unpack(name, "html", tmp_path / "html")
    )
    path = export_samples.unpack(name, "json", tmp_path / "json") / "result.json"
    json_messages = {}
    for record in JsonExport(io.BytesIO(path.read_bytes())).records():
        if isinstance(record, Message):
            chat = record.chat
            title = people.get(chat.peer.bare, chat.name)
            json_messages[title, record.id] = record
    assert set(html_messages) <= set(json_messages)
    # HTML was made with the account's own messages of groups only.
    for place in set(json_messages) - set(html_messages):
        message = json_messages[place]
        assert message.chat.kind in ("private_group", "private_supergroup")
        assert message.sender.bare != truth["world"]["self"]["id"]
    for place, message in html_messages.items():
        other = json_messages[place]
        for field in ("kind", "text", "sender_name", "reply_to", "forwarded_from"):
            assert getattr(message, field) == getattr(other, field)
        if not message.date.is_date:
            assert message.date.local == other.date.local
        media = (message.media, other.media)
        assert (media[0] is None) == (media[1] is None)
        if media[0] is not None:
            assert media[0].kind == media[1].kind
            assert media[0].path in (None, media[1].path)
            assert media[0].latitude == media[1].latitude
            assert media[0].duration == media[1].duration
        for service in (message.service, other.service):
            assert (service and service.tl_name) == (
                message.service and message.service.tl_name
            )


@export_samples.samples
def test_lists_of_the_real_client(name: str, tmp_path: Path) -> None:
    """Index, contacts, frequent contacts, chats and profile pictures."""
    truth = export_samples.world(name)["world"]
    folder = export_samples.unpack(name, "html", tmp_path)

    def page(path: str, kind: Page) -> list[Any]:
        records, reader = read((folder / path).read_bytes(), kind)
        assert reader.issues == []
        return records

    (account,) = page("export_results.html", Page.INDEX)
    assert isinstance(account, Account)
    assert account.name == f"{truth['self']['first']} {truth['self']['last']}"
    assert account.username == f"@{truth['self']['username']}"
    assert account.bio == truth["self"]["about"]
    contacts = page("lists/contacts.html", Page.CONTACTS)
    assert [(c.name, c.date.local) for c in contacts] == [
        (f"{c['first']} {c['last']}", c["date"]) for c in truth["saved_contacts"]
    ]
    assert all(isinstance(c, Contact) for c in contacts)
    frequent = page("lists/frequent.html", Page.FREQUENT)
    assert [type(c) for c in frequent] == [FrequentContact] * 2
    assert (frequent[0].name, frequent[0].category) == ("Telegram", "people")
    (picture,) = page("lists/profile_pictures.html", Page.PICTURES)
    assert isinstance(picture, ProfilePicture)
    assert (folder / picture.path).is_file()
    chats = {chat.folder: chat for chat in page("lists/chats.html", Page.CHATS)}
    for place, chat in chats.items():
        records, _ = read((folder / place / "messages.html").read_bytes())
        assert len(records) == chat.message_count
    assert [c.name for c in chats.values() if c.only_own] == [
        truth["chats"][0]["title"],
        truth["channels"][1]["title"],
    ]


# Messages.


def test_joined_messages_inherit_the_sender() -> None:
    """Only from a message, and not over a service message or the page's beginning."""
    found = messages(
        builder.html_message(1, STAMP, "a", None),
        builder.html_message(2, STAMP, "b", "Bob via @gif"),
        builder.html_message(3, STAMP, "c", None),
        builder.html_message(4, STAMP, "d", None),
        builder.html_service(5, "History cleared"),
        builder.html_message(6, STAMP, "e", None),
        builder.html_message(7, STAMP, "f", "Deleted Account"),
    )
    assert [m.sender_name for m in found] == [
        None,
        "Bob",
        "Bob",
        "Bob",
        None,
        None,
        None,
    ]
    assert [m.via_bot for m in found[1:4]] == ["@gif"] * 3
    assert [m.is_joined for m in found] == [True, False, True, True, False, True, False]


def test_dates_and_service_messages() -> None:
    """Lines with a date give service messages their day; they are no messages."""
    found = messages(
        builder.html_service(-1, "22 July 2023"),
        builder.html_service(1, "Ann pinned this message"),
        builder.html_service(-2, "1 January 2024"),
        builder.html_service(2, "Ann has set messages to auto-delete in 7 days"),
        builder.html_service(-3, "31 February 2024"),
        builder.html_service(3, "something new"),
    )
    assert [m.id for m in found] == [1, 2, 3]
    day = LOCAL - LOCAL % 86400
    assert (found[0].date.local, found[0].date.is_date) == (day, True)
    assert found[1].date.local == 1_704_067_200
    assert found[2].date is None
    assert [m.service.tl_name for m in found] == [
        "messageActionPinMessage",
        "messageActionSetMessagesTTL",
        None,
    ]
    assert [m.sender_name for m in found] == ["Ann", "Ann", None]
    assert found[2].service.text == "something new"


def test_label_is_not_subtracted() -> None:
    """The vector of the specification: summer time with the winter's label."""
    (found,) = messages(builder.html_message(1, STAMP, "x"))
    assert (found.date.local, found.date.label) == (LOCAL, "UTC+01:00")
    assert (found.date.unix, found.date.basis) == (None, TimeBasis.LOCAL)
    (found,) = messages(builder.html_message(1, "22.07.2023 06:26:40", "x"))
    assert (found.date.local, found.date.label) == (LOCAL, None)
    (found,) = messages(builder.html_message(1, "32.07.2023 06:26:40", "x"))
    assert found.date is None


@pytest.mark.parametrize(
    "text",
    [
        "plain",
        "  two spaces in front, line breaks\n\nand a tail ",
        "quotes \" ' & <b>no tag</b> &amp;",
        "".join(chr(code) for code in range(1, 32)),
        "Привет! 你好 😀",
    ],
)
def test_text(text: str) -> None:
    """A text comes back exactly."""
    (found,) = messages(builder.html_message(1, STAMP, text))
    assert found.text == text


def test_fields() -> None:
    """Reply, forward, signature, entities, reactions."""
    inner = builder.block(
        "forwarded body",
        builder.block(
            "from_name",
            f'Bob via @gif<span class="date details" title="{STAMP}"> x</span>',
        )
        + builder.block(
            "reply_to details",
            'In reply to <a href="messages2.html#go_to_message5">this message</a>',
        )
        + builder.block(
            "text",
            'a<br><strong>b</strong> <a href="https://x.example/">here</a>'
            '<span class="spoiler hidden"><span aria-hidden="true">s</span></span>',
        )
        + builder.block("signature details", "An admin"),
    )
    (found, other) = messages(
        builder.html_message(1, STAMP, inner=inner),
        builder.html_message(
            2,
            STAMP,
            inner=builder.block(
                "reply_to details", "In reply to a message in another chat"
            )
            + '<span class="reactions"><span class="reaction">'
            '<span class="emoji">👍</span><span class="count">3</span></span></span>',
        ),
    )
    assert (found.forwarded_from, found.via_bot) == ("Bob", "@gif")
    assert found.forwarded_date.local == LOCAL
    assert (found.reply_to, found.author) == (5, "An admin")
    assert found.text == "a\nb heres"
    assert [(e.type, e.text) for e in found.entities] == [
        ("bold", "b"),
        ("text_link", "here"),
        ("spoiler", "s"),
    ]
    assert (other.reply_to, other.is_reply_elsewhere) == (None, True)
    assert (other.reactions[0].value, other.reactions[0].count) == ("👍", 3)


def media(
    classes: str, title: str = "", description: str = "", status: str = ""
) -> str:
    """A generic attachment."""
    parts = builder.block("title bold", title) if title else ""
    parts += builder.block("description", description) if description else ""
    parts += builder.block("status details", status) if status else ""
    return builder.block(
        "media_wrap clearfix",
        builder.block(
            f"media clearfix pull_left {classes}", builder.block("body", parts)
        ),
    )


def linked(classes: str, href: str) -> str:
    """An attachment that is a link."""
    return builder.block(
        "media_wrap clearfix",
        f'<a class="{classes} clearfix pull_left" href="{href}"><img src="x"/></a>',
    )


@pytest.mark.parametrize(
    ("inner", "kind"),
    [
        (media("media_photo", "Photo", "Not included, change x."), "photo"),
        (media("media_photo", "Sticker"), "sticker"),
        (media("media_video", "Video message", "", "00:12"), "video_message"),
        (media("media_video", "Animation"), "animation"),
        (media("media_video", "Video file", "", "1:00:12"), "video"),
        (media("media_audio_file", "Bach – Air", "", "05:01"), "audio"),
        (media("media_file", "report.pdf", "", "1.0 KB"), "document"),
        (media("media_live_location", "Live location"), "live_location"),
        (media("media_venue", "Pier 7", "Harbour"), "venue"),
        (media("media_game", "G"), "game"),
        (media("media_invoice", "I", "d", "5"), "invoice"),
        (linked("photo_wrap", "../../chats/chat_1/photos/p.jpg"), "photo"),
        (linked("video_file_wrap", "video_files/v.mp4"), "video"),
        (linked("animated_wrap", "a.mp4"), "animation"),
        (linked("sticker_wrap", "s.webp"), "sticker"),
        (media("media_of_tomorrow", "x"), "unsupported"),
    ],
)
def test_kinds_of_media(inner: str, kind: str) -> None:
    """Each kind of attachment has the name that all clients share."""
    (found,) = messages(builder.html_message(1, STAMP, inner=inner))
    assert found.media.kind == kind


def test_details_of_media() -> None:
    """Paths, reasons, durations, names, polls."""
    poll = builder.block(
        "media_wrap clearfix",
        builder.block(
            "media_poll",
            builder.block("question bold", "When?")
            + builder.block("details", "Final results")
            + builder.block(
                "answer", '- Now <span class="details">2 votes, chosen vote</span>'
            )
            + builder.block("answer", "- Never")
            + builder.block("total details", "2 votes"),
        ),
    )
    found = [
        m.media
        for m in messages(
            builder.html_message(
                1, STAMP, inner=linked("photo_wrap", "../../chats/chat_1/p.jpg")
            ),
            builder.html_message(
                2,
                STAMP,
                inner=media(
                    "media_video", "Video file", "Unavailable, x", "1:00:12, 5 MB"
                ),
            ),
            builder.html_message(
                3, STAMP, inner=media("media_audio_file", "Bach – Air", "", "05:01")
            ),
            builder.html_message(4, STAMP, inner=poll),
        )
    ]
    assert found[0].path == "chats/chat_1/p.jpg"
    assert (found[1].missing, found[1].duration) == ("unavailable", 3612)
    assert (found[2].performer, found[2].title, found[2].duration) == (
        "Bach",
        "Air",
        301,
    )
    assert (found[3].poll.question, found[3].poll.closed) == ("When?", True)
    assert [(a.text, a.votes, a.chosen) for a in found[3].poll.answers] == [
        ("Now", 2, True),
        ("Never", 0, False),
    ]


def test_duration_of_too_many_digits() -> None:
    """Python makes no number of thousands of digits: no duration, and no crash."""
    status = f"{'7' * 5000}:00:12, 5 MB"
    inner = media("media_video", "Video file", "", status)
    (found,) = messages(builder.html_message(1, STAMP, inner=inner))
    assert found.media.duration is None
    assert found.media.kind == "video"


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("Outgoing (61 seconds)", (True, 61, None)),
        ("Cancelled", (True, None, "missed")),
        ("Incoming (5 seconds)", (False, 5, None)),
        ("Missed", (False, None, "missed")),
        ("Declined", (False, None, "busy")),
        ("?", (None, None, None)),
    ],
)
def test_calls(status: str, expected: tuple[Any, ...]) -> None:
    """HTML says which way a call went."""
    (found,) = messages(
        builder.html_message(1, STAMP, inner=media("media_call", "Ann", "", status))
    )
    call = found.call
    assert (call.is_outgoing, call.duration, call.reason) == expected
    assert found.service.tl_name == "messageActionPhoneCall"


# Lists.


def test_sessions() -> None:
    """The list of sessions, as the exporter's source lays it out."""
    body = builder.html_entry(
        "Telegram Android 9.5.3",
        "",
        "Pixel 6, black, Android SDK 33",
        "198.51.100.23 – Berlin, Germany",
        "Last active: 05.11.2022 10:13:20",
        "Created: 26.10.2022 08:00:00",
    ) + builder.html_entry("Unknown", "", "?, ", " – ", "Last active: never", "")
    (session, unknown), reader = read(builder.page("Sessions", body), Page.SESSIONS)
    assert isinstance(session, Session)
    assert reader.issues == []
    assert (session.application_name, session.device_model, session.platform) == (
        "Telegram Android 9.5.3",
        "Pixel 6, black",
        "Android SDK 33",
    )
    assert (session.ip, session.region) == ("198.51.100.23", "Berlin, Germany")
    assert (session.created.local, session.last_active.local) == (
        1_666_771_200,
        1_667_643_200,
    )
    assert session.application_family == "Android"
    assert (unknown.application_name, unknown.created, unknown.ip) == (None, None, None)


def test_other_lists() -> None:
    """Web sessions, contacts with an id, stories, chats that were left."""
    body = builder.html_entry(
        "shop.example",
        "@shopbot",
        "Linux, Firefox, 110",
        "192.0.2.7 – Oslo",
        "Last active: 05.11.2022 10:13:20",
        "Created: 26.10.2022 08:00:00",
    )
    ((web,), _) = read(builder.page("Web sessions", body), Page.WEB_SESSIONS)
    assert isinstance(web, WebSession)
    assert (web.domain_name, web.bot_username, web.platform, web.browser) == (
        "shop.example",
        "shopbot",
        "Linux",
        "Firefox, 110",
    )
    assert (web.ip, web.region) == ("192.0.2.7", "Oslo")

    body = builder.html_entry("Ann", "05.11.2022 08:00:00", "", "+49 1701").replace(
        '<div class="userpic userpic2">', '<div class="userpic" title="ID: 5123456789">'
    )
    ((contact,), _) = read(builder.page("Contacts", body), Page.CONTACTS)
    assert (contact.user_id, contact.phone_number) == (5123456789, "+49 1701")

    body = builder.html_entry(
        "stories/s.jpg",
        "05.11.2022 08:00:00",
        "",
        "Saved to Profile",
        "Expiring: 06.11.2022 08:00:00",
        "(Story unavailable, please try again later)",
    )
    ((story,), _) = read(builder.page("Stories archive", body), Page.STORIES)
    assert isinstance(story, Story)
    assert story.expires.local - story.date.local == 86400
    assert (story.pinned, story.missing) == (True, "unavailable")

    about = builder.block("page_about details", "x")
    body = (
        about
        + builder.html_entry("Ann", "private", "", "No messages")
        + about
        + builder.html_entry("Old", "channel", "", "1 outgoing message")
    )
    (chats, _) = read(builder.page("Chats", body), Page.CHATS)
    assert all(isinstance(chat, Chat) for chat in chats)
    assert [(c.is_left, c.message_count, c.only_own) for c in chats] == [
        (False, 0, False),
        (True, 1, True),
    ]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("messages.html", (Page.MESSAGES, 1)),
        ("messages2.html", (Page.MESSAGES, 2)),
        ("Messages17.HTML", (Page.MESSAGES, 17)),
        ("messages0.html", None),
        ("export_results.html", (Page.INDEX, 1)),
        ("sessions.html", (Page.SESSIONS, 1)),
        ("index.html", None),
        ("messages.htm", (Page.MESSAGES, 1)),
        ("messages", None),
        ("html", None),
    ],
)
def test_page_names(name: str, expected: Any) -> None:
    """Names of pages."""
    assert parse_page_name(name) == expected


def test_head() -> None:
    """A page is known by its title and style sheet."""
    data = builder.page("Ann", "")
    assert check_head(data)
    assert not check_head(data.replace(b"Exported Data", b"Something"))
    assert not check_head(b"")


# Damage.


@export_samples.samples
def test_truncation_at_every_byte(name: str, tmp_path: Path) -> None:
    """Complete messages are given, each as in the whole page, then an issue."""
    folder = export_samples.unpack(name, "html", tmp_path)
    data = (folder / "chats" / "chat_3" / "messages.html").read_bytes()
    whole = [(m.id, m.text, m.sender_name, m.date) for m in read(data)[0]]
    last = 0
    for size in range(len(data)):
        records, reader = read(data[:size])
        found = [(m.id, m.text, m.sender_name, m.date) for m in records]
        assert found == whole[: len(found)]
        assert len(found) >= last
        last = len(found)
        if size < data.rindex(b"</html>"):
            assert [issue.offset for issue in reader.issues] == [size]
    assert last == len(whole)


def test_missing_closing_tag() -> None:
    """One lost tag costs one message at most."""
    page = builder.page(
        "Ann", "".join(builder.html_message(n, STAMP, f"text {n}") for n in range(1, 9))
    )
    closing = b"</div>"
    place = page.index(b'id="message3"')
    for _ in range(4):
        place = page.index(closing, place + 1)
        damaged = page[:place] + page[place + len(closing) :]
        found, _ = read(damaged)
        assert {m.id for m in found} >= {1, 2, 4, 5, 6, 7}


def test_mutation_fuzz() -> None:
    """Nothing but issues comes of any damage."""
    generator = random.Random(5)
    data = builder.page(
        "Ann",
        builder.html_service(-1, "22 July 2023")
        + "".join(
            builder.html_message(
                n,
                STAMP,
                f"text {n}",
                "Bob" if n % 3 else None,
                inner=media("media_file", "f"),
            )
            for n in range(1, 12)
        )
        + builder.html_entry("a", "b", "c", "d – e", "Created: 05.11.2022 08:00:00"),
    )
    pieces = [
        b"<",
        b">",
        b'"',
        b"<div>",
        b"</div>",
        b"&#x;",
        b"\x00",
        b"<!--",
        b"</body>",
    ]
    for _ in range(300):
        damaged = bytearray(data)
        for _ in range(generator.randint(1, 8)):
            place = generator.randrange(len(damaged))
            kind = generator.randrange(3)
            if kind == 0:
                damaged[place] = generator.randrange(256)
            elif kind == 1:
                del damaged[place : place + generator.randint(1, 90)]
            else:
                damaged[place:place] = generator.choice(pieces)
        for page in Page:
            for record in read(bytes(damaged), page)[0]:
                if isinstance(record, Message):
                    record.text.encode()


@pytest.mark.parametrize(
    "piece",
    [
        b"<div>" * 300_000,
        b"<b>" * 300_000,
        b'<div class="message default" id="message9">' * 20_000,
        b"x" * 5_000_000,
        b"<!--" + b"x" * 5_000_000,
        b'<a href="' + b"y" * 5_000_000,
        b"&" * 1_000_000,
        b"\x00" * 100_000,
    ],
)
def test_absurd_pages(piece: bytes) -> None:
    """Depth and size are bounded; messages in front are read."""
    page = builder.page(
        "Ann",
        "".join(builder.html_message(n, STAMP, f"text {n}") for n in range(1, 4)),
    )
    place = page.index(b"text 3")
    found, reader = read(page[:place] + piece + page[place:])
    assert [m.id for m in found[:2]] == [1, 2]
    assert all(len(m.text) <= 1 << 21 for m in found)


SCRIPT = """
import re, sys
from telegram_forensics.formats.tdesktop_export_html import HtmlPage, Page
with open(sys.argv[1], "rb") as file:
    count = sum(1 for _ in HtmlPage(file, Page.MESSAGES).records())
# ru_maxrss would begin with the size of the process that started this one.
status = open("/proc/self/status").read()
print(count, int(re.search(r"VmHWM:\\s+(\\d+)", status)[1]) // 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_memory_of_a_huge_page(tmp_path: Path) -> None:
    """A page far beyond the exporter's 1000 messages takes no more memory."""
    message = builder.html_message(1, STAMP, "text " * 50).encode()
    page = builder.page("Ann", "@@")
    path = tmp_path / "messages.html"
    path.write_bytes(page.replace(b"@@", message * 60_000))
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, path], capture_output=True, text=True, check=True
    )
    count, peak = done.stdout.split()
    assert count == "60000"
    assert int(peak) < 100
