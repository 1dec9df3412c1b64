"""Exports of Telegram Desktop through plaso's own extraction worker."""

from __future__ import annotations

import io
import time
from pathlib import Path
from typing import Any

import pytest
from plaso.lib import errors
from telegram_forensics.parsers import telegram_desktop_export

from tests import export_samples
from tests.builders import tdesktop_export as builder
from tests.parsers import support

PARSERS = "telegram_desktop_export_html,telegram_desktop_export_json"
START = 1_690_000_000
OTHER = ("Ann Lee", "user640011223")
NOTICE = ("Telegram", "user777000")
LOGIN = (
    "New login. Dear Ana, we detected a login into your account from a new device on "
    "22/07/2023 at 04:26:30 UTC.\n\nDevice: Desktop\n"
    "Location: Rotterdam, Netherlands (IP = 203.0.113.77)"
)


def extract(folder: Path) -> support.Extraction:
    """Runs our parsers over a folder."""
    return support.extract(folder, parsers=PARSERS)


def write(folder: Path, document: Any, name: str = "result.json") -> Path:
    """Writes a JSON export."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(builder.encode(document))
    return folder


def seconds(date_time: Any) -> int | None:
    """Seconds of a date and time value."""
    return None if date_time is None else date_time.timestamp


# The real client.


@export_samples.samples
def test_json_of_the_real_client(name: str, tmp_path: Path) -> None:
    """Every message is one event data with the account, and so is every session."""
    truth = export_samples.world(name)
    owner = truth["world"]["self"]
    folder = export_samples.unpack(name, "json", tmp_path)
    found = extract(tmp_path)
    assert found.warnings == []
    expected = export_samples.messages(truth, "json")
    messages = found.of_type("telegram:message") + found.of_type("telegram:notice")
    by_id = {(m.chat_identifier, m.message_identifier): m for m in messages}
    assert len(messages) == len(by_id) == len(expected)
    for item in expected:
        message = by_id[item.chat[1:], str(item.id)]
        assert seconds(message.sent_time) == item.date
        assert not message.sent_time.is_local_time
        assert (message.text or "") == item.text
        assert message.sender_identifier == str(item.sender)
        assert message.session_identifier is None
        if item.sender == 777000:
            assert message.data_type == "telegram:notice"
            continue
        assert message.is_outgoing is item.out
        assert message.origin == ("not_determinable" if item.out else None)
        assert message.origin_confidence is None
        assert seconds(message.edited_time) == item.edited
        assert message.reply_to_identifier == (
            None if item.reply_to is None else str(item.reply_to)
        )
    codes = [m.notice_type for m in found.of_type("telegram:notice")]
    assert codes == ["login_code", "new_login"]
    login = found.of_type("telegram:notice")[1]
    assert login.login_ip_address == "203.0.113.77"
    assert login.login_device_model == "Desktop"
    assert (
        seconds(login.reported_time) == truth["world"]["authorizations"][0]["created"]
    )

    for event_data in found.event_data:
        if event_data.data_type.startswith("telegram:"):
            assert event_data.account_identifier == str(owner["id"])
            assert event_data.account_phone == owner["phone"]
            assert event_data.account_username == owner["username"]
            assert event_data.client_name == "Telegram Desktop"
            assert event_data.session_identifier is None
            assert event_data.attribution_basis
    assert [
        (
            s.login_client_name,
            s.login_device_model,
            s.login_ip_address,
            s.country,
            seconds(s.created_time),
            seconds(s.last_active_time),
        )
        for s in found.sessions
    ] == [
        (
            f"{a['app']} {a['ver']}",
            a["device"],
            a["ip"],
            a["country"],
            a["created"],
            a["active"],
        )
        for a in truth["world"]["authorizations"]
    ]
    (export,) = found.of_type("telegram:export")
    assert (export.export_type, export.export_format) == ("whole_account", "json")
    assert export.export_date == "2026-11-21"
    assert export.export_path == str(folder)
    assert export.number_of_messages == len(expected)
    assert export.is_complete
    chats = {c.chat_identifier: c for c in found.of_type("telegram:chat")}
    assert len(chats) == export.number_of_chats
    assert chats[str(owner["id"])].chat_type == "saved"


@export_samples.samples
def test_html_of_the_real_client(name: str, tmp_path: Path) -> None:
    """The same messages as local times, with the account's name from the index."""
    truth = export_samples.world(name)
    people = export_samples.names(truth)
    owner = truth["world"]["self"]
    export_samples.unpack(name, "html", tmp_path)
    found = extract(tmp_path)
    assert found.warnings == []
    expected = export_samples.messages(truth, "html")
    messages = found.of_type("telegram:message") + found.of_type("telegram:notice")
    assert len(messages) == len(expected)
    keys = {(item.date, item.text): item for item in expected if item.action is None}
    for message in messages:
        assert message.sent_time.is_local_time
        assert message.account_name == people[owner["id"]]
        assert message.account_identifier is None
        if message.data_type == "telegram:notice":
            assert message.notice_sender_basis == "name"
            continue
        if message.service_action:
            assert message.is_outgoing
            continue
        item = keys[seconds(message.sent_time), message.text or ""]
        assert message.is_outgoing is item.out
        assert message.sender_name == people[item.sender]
        assert message.zone_label == "UTC+00:00"
    assert [m.notice_type for m in found.of_type("telegram:notice")] == [
        "login_code",
        "new_login",
    ]
    (export,) = found.of_type("telegram:export")
    assert export.number_of_messages == len(expected)
    assert len(found.of_type("telegram:chat")) == export.number_of_chats == 6


# Made exports.


def test_whose_message(tmp_path: Path) -> None:
    """is_outgoing needs the ids; a post in the name of a channel stays open."""
    messages = [
        builder.message(1, START, "a", OTHER),
        builder.message(2, START, "b"),
        builder.message(3, START, "c", ("News", "channel1500077777")),
        builder.message(4, START, "d", None),
    ]
    group = builder.chat("Group", "private_supergroup", 1600000001, messages)
    write(tmp_path / "1", builder.account([group]))
    found = extract(tmp_path / "1").of_type("telegram:message")
    assert [m.is_outgoing for m in found] == [False, True, None, None]
    assert [m.origin for m in found] == [None, "not_determinable", None, None]
    assert [m.sender_type for m in found] == [None, None, "channel", None]
    assert {m.account_identifier for m in found} == {str(builder.OWNER)}

    write(tmp_path / "2", group)
    found = extract(tmp_path / "2").of_type("telegram:message")
    assert [m.is_outgoing for m in found] == [None] * 4
    assert {m.account_identifier for m in found} == {None}

    dialog = builder.chat("Ann", "personal_chat", 640011223, messages[:2])
    write(tmp_path / "3", dialog)
    extraction = extract(tmp_path / "3")
    found = extraction.of_type("telegram:message")
    assert [m.is_outgoing for m in found] == [False, True]
    assert {m.account_identifier for m in found} == {str(builder.OWNER)}
    (export,) = extraction.of_type("telegram:export")
    assert export.export_type == "single_chat"


def test_notices_and_calls(tmp_path: Path) -> None:
    """Messages of 777000 are notices only, calls are calls only."""
    chats = [
        builder.chat(
            "Telegram",
            "personal_chat",
            777000,
            [
                builder.message(1, START, "Login code: 12345. x", NOTICE),
                builder.message(2, START, LOGIN, NOTICE),
            ],
        ),
        builder.chat(
            "Ann",
            "personal_chat",
            640011223,
            [
                builder.service(3, START, "phone_call", duration_seconds=5),
                builder.service(4, START, "phone_call", OTHER, discard_reason="missed"),
                builder.message(5, START, LOGIN, OTHER, forwarded_from="Telegram"),
                builder.message(6, START, "x", ("Telegram", "user5")),
            ],
        ),
    ]
    found = extract(write(tmp_path, builder.account(chats)))
    notices = found.of_type("telegram:notice")
    assert [n.notice_type for n in notices] == ["login_code", "new_login"]
    assert [n.notice_sender_basis for n in notices] == ["identifier"] * 2
    calls = found.of_type("telegram:call")
    assert [
        (c.direction, c.duration, c.reason, c.peer_identifier, seconds(c.start_time))
        for c in calls
    ] == [
        ("outgoing", 5, None, "640011223", START),
        ("incoming", None, "missed", "640011223", START),
    ]
    messages = found.of_type("telegram:message")
    assert [m.message_identifier for m in messages] == ["5", "6"]
    (export,) = found.of_type("telegram:export")
    assert export.number_of_messages == 6


def test_notices_without_ids(tmp_path: Path) -> None:
    """Before 1.4.8 the name has to do, and the event says so."""
    notice = builder.message(
        1, START, "Login code: 12345. x", ("Telegram", None), twin=False
    )
    chats = [
        builder.chat("Telegram", "personal_chat", None, [notice]),
        builder.chat("Telegram", "private_group", None, [notice]),
        builder.chat("Ann", "personal_chat", None, [notice]),
    ]
    found = extract(write(tmp_path, builder.account(chats, user_id=None)))
    (event_data,) = found.of_type("telegram:notice")
    assert event_data.notice_sender_basis == "name"
    assert event_data.time_zone_basis == "local"
    assert event_data.sent_time.is_local_time
    assert len(found.of_type("telegram:message")) == 2
    assert found.warnings == []


def test_details_in_words(tmp_path: Path) -> None:
    """Attachments, reactions, links and what has no attribute of its own."""
    messages = [
        builder.message(
            1,
            START,
            [{"type": "text_link", "text": "bank", "href": "https://evil.example/"}],
            OTHER,
            reactions=[
                {
                    "type": "emoji",
                    "count": 1,
                    "emoji": "👍",
                    "recent": [
                        {
                            "from": "Bob",
                            "from_id": "user7",
                            "date": builder.local(START),
                        }
                    ],
                }
            ],
            inline_bot_buttons=[[{"type": "url", "text": "Go", "data": "https://b/"}]],
        ),
        builder.message(
            2,
            START,
            "",
            OTHER,
            poll={
                "question": "When?",
                "answers": [{"text": "Now", "voters": 2, "chosen": True}],
            },
        ),
        builder.message(
            3,
            START,
            "",
            OTHER,
            file="(File not included. x)",
            media_type="video_file",
            duration_seconds=9,
            mime_type="video/mp4",
        ),
        builder.message(
            4,
            START,
            "",
            OTHER,
            place_name="Pier 7",
            address="Harbour",
            location_information={"latitude": 53.5511, "longitude": 9.9937},
        ),
    ]
    chat = builder.chat("Ann", "personal_chat", 640011223, messages)
    found = extract(write(tmp_path, builder.account([chat]))).of_type(
        "telegram:message"
    )
    assert found[0].links == ["https://evil.example/"]
    assert found[0].reactions == ["👍 x 1; Bob (7) at 2023-07-22 04:26:40 local time"]
    assert found[0].service_details == "buttons: Go (https://b/)"
    assert found[1].service_details == (
        "question: When?; answers: Now (2 votes) (chosen by the account)"
    )
    assert (found[2].media_state, found[2].file_path) == ("not_included", None)
    assert (found[2].media_duration, found[2].media_mime_type) == (9, "video/mp4")
    assert found[3].location == "53.551100, 9.993700"
    assert found[3].service_details == "place: Pier 7; address: Harbour"


def test_lists(tmp_path: Path) -> None:
    """Sessions, web sessions, pictures and stories."""
    document = builder.account(
        [],
        profile_pictures=[{**builder.dates("date", START), "photo": "p.jpg"}],
        stories=[
            {
                **builder.dates("date", START),
                **builder.dates("expires", START + 86400),
                "pinned": True,
                "media": "stories/s.jpg",
            }
        ],
        web_sessions={
            "about": "x",
            "list": [
                {
                    **builder.dates("last_active", START),
                    "last_ip": "192.0.2.7",
                    "last_region": "Oslo",
                    "bot_username": "shopbot",
                    "domain_name": "shop.example",
                    "browser": "Firefox",
                    "platform": "Linux",
                    **builder.dates("created", START - 5),
                }
            ],
        },
    )
    found = extract(write(tmp_path, document))
    (session,) = found.sessions
    assert session.attribution_basis == "export_web_sessions_list"
    assert session.login_client_name == "shop.example via @shopbot"
    assert (session.login_ip_address, session.login_location) == ("192.0.2.7", "Oslo")
    (story,) = found.of_type("telegram:message")
    assert (story.media_type, story.file_path) == ("story", "stories/s.jpg")
    assert seconds(story.self_destruct_time) == START + 86400
    assert [seconds(a.changed_time) for a in found.accounts] == [None, START]


def test_zone_of_the_exporting_machine(tmp_path: Path) -> None:
    """Offsets from pairs; the one of 1970 is a hint and converts nothing."""
    messages = [
        builder.message(1, START, offset=120),
        builder.message(2, START - 15_000_000, offset=60),
    ]
    chat = builder.chat("Ann", "personal_chat", 640011223, messages)
    (export,) = extract(write(tmp_path / "1", builder.account([chat]))).of_type(
        "telegram:export"
    )
    assert export.utc_offsets == "+01:00 +02:00"
    assert seconds(export.last_message_time) == START
    old = builder.message(
        1, START, twin=False, offset=-300, edited="1969-12-31T19:00:00"
    )
    chat = builder.chat("Ann", "personal_chat", 640011223, [old])
    found = extract(write(tmp_path / "2" / "ChatExport_05_03_2020", chat))
    (export,) = found.of_type("telegram:export")
    assert (export.utc_offsets, export.zone_offset_1970) == (None, "-05:00")
    assert export.export_date == "2020-03-05"
    (message,) = found.of_type("telegram:message")
    assert (message.edited_time, message.time_zone_basis) == (None, "local")


def single_chat(folder: Path, pages: int = 2) -> Path:
    """Writes an HTML export of one chat."""
    folder.mkdir(parents=True)
    for number in range(1, pages + 1):
        name = "messages.html" if number == 1 else f"messages{number}.html"
        body = builder.html_service(-1, "22 July 2023") + builder.html_message(
            number, f"22.07.2023 0{number}:26:40 UTC+01:00", f"text {number}", "Ann"
        )
        if number < pages:
            body += (
                f'<a class="pagination block_link" href="messages{number + 1}.html">'
                "\nNext messages\n</a>"
            )
        (folder / name).write_bytes(builder.page("Ann", body))
    return folder


def test_html_of_a_single_chat(tmp_path: Path) -> None:
    """One export and one chat, whatever the number of pages."""
    single_chat(tmp_path / "1" / "ChatExport_2023-07-22", 1)
    found = extract(tmp_path / "1")
    (export,) = found.of_type("telegram:export")
    assert (export.export_type, export.number_of_messages) == ("single_chat", 1)
    assert export.export_date == "2023-07-22"
    (chat,) = found.of_type("telegram:chat")
    assert (chat.chat_title, chat.number_of_messages) == ("Ann", 1)

    single_chat(tmp_path / "2", 3)
    found = extract(tmp_path / "2")
    (export,) = found.of_type("telegram:export")
    assert export.number_of_messages is None
    assert len(found.of_type("telegram:chat")) == 1
    messages = found.of_type("telegram:message")
    assert sorted(m.text for m in messages) == ["text 1", "text 2", "text 3"]
    assert {m.is_outgoing for m in messages} == {None}
    assert found.warnings == []


def test_saved_messages_of_html(tmp_path: Path) -> None:
    """In the chat with oneself HTML prints the original author, not the sender."""
    (tmp_path / "lists").mkdir()
    folder = tmp_path / "chats" / "chat_1"
    folder.mkdir(parents=True)
    index = builder.block(
        "personal_info clearfix",
        builder.block(
            "rows names",
            builder.block(
                "row",
                builder.block("label details", "First name")
                + builder.block("value bold", "Marta"),
            )
            + builder.block(
                "row",
                builder.block("label details", "Last name")
                + builder.block("value bold", "Okonjo"),
            ),
        ),
    )
    (tmp_path / "export_results.html").write_bytes(builder.page("Exported Data", index))
    entry = (
        '<a class="entry block_link clearfix" href="../chats/chat_1/messages.html">'
        + builder.html_entry("Saved messages", "private", "", "2 messages").partition(
            '<div class="entry clearfix">'
        )[2]
    )
    (tmp_path / "lists" / "chats.html").write_bytes(builder.page("Chats", entry))
    stamp = "22.07.2023 06:26:40 UTC+01:00"
    body = builder.html_message(1, stamp, "mine") + builder.html_message(
        2, stamp, "his", "Bob"
    )
    (folder / "messages.html").write_bytes(
        builder.page("Marta Okonjo", body, back="../../lists/chats.html")
    )
    messages = extract(tmp_path).of_type("telegram:message")
    assert [
        (m.text, m.sender_name, m.forwarded_from, m.is_outgoing) for m in messages
    ] == [
        ("mine", "Marta Okonjo", None, True),
        ("his", "Marta Okonjo", "Bob", True),
    ]
    # Another person whose name is "Saved messages".
    (folder / "messages.html").write_bytes(
        builder.page("Saved messages", body, back="../../lists/chats.html")
    )
    messages = extract(tmp_path).of_type("telegram:message")
    assert {m.chat_type for m in messages} == {"user"}
    assert messages[1].sender_name == "Bob"


# Damage and other files.


def test_damage_is_a_warning(tmp_path: Path) -> None:
    """It names the file and the offset; everything else is there."""
    messages = [builder.message(n, START + n, f"text {n}", OTHER) for n in range(1, 6)]
    data = builder.encode(
        builder.account([builder.chat("Ann", "personal_chat", 640011223, messages)])
    )
    place = data.index(b"text 3")
    (tmp_path / "1").mkdir()
    (tmp_path / "1" / "result.json").write_bytes(
        data[:place] + b"\x00" * 6 + data[place + 6 :]
    )
    found = extract(tmp_path / "1")
    assert [m.text for m in found.of_type("telegram:message")] == [
        "text 1",
        "text 2",
        "text 4",
        "text 5",
    ]
    (warning,) = found.warnings
    assert warning.startswith("result.json: offset 0x")
    assert [m._corrupted for m in found.of_type("telegram:message")] == [
        False,
        False,
        True,
        True,
    ]
    (tmp_path / "2").mkdir()
    (tmp_path / "2" / "result.json").write_bytes(data[:place])
    found = extract(tmp_path / "2")
    assert len(found.of_type("telegram:message")) == 2
    assert len(found.warnings) == 1
    assert found.of_type("telegram:export")[0].is_complete is False
    (tmp_path / "3").mkdir()
    (tmp_path / "3" / "result.json").write_bytes(data[:30])
    found = extract(tmp_path / "3")
    assert len(found.warnings) == 1


@pytest.mark.parametrize("size", [0, 1, 100, 700])
def test_damaged_pages(size: int, tmp_path: Path) -> None:
    """A page that is cut off gives what is complete, and a warning."""
    folder = single_chat(tmp_path / "x", 1)
    path = folder / "messages.html"
    data = path.read_bytes()
    path.write_bytes(data[: len(data) - size])
    found = extract(tmp_path)
    assert len(found.warnings) == (1 if size > 10 else 0)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("result.json", b"[]"),
        ("result.json", b'{"name": "x", "version": 1}'),
        ("package.json", b'{"name": "x", "type": "module"}'),
        ("other.json", b'{\n "about": "x"'),
        ("result.txt", builder.encode(builder.account([]))),
        ("messages.html", b"<html><title>Inbox</title></html>"),
        ("index.html", builder.page("Ann", "")),
        ("empty.json", b""),
    ],
)
def test_other_files(name: str, content: bytes, tmp_path: Path) -> None:
    """Nothing comes of files that are no exports."""
    (tmp_path / name).write_bytes(content)
    found = extract(tmp_path)
    assert found.event_data == []
    assert found.warnings == []


def test_renamed_export(tmp_path: Path) -> None:
    """An export that was renamed is known by its content."""
    write(tmp_path, builder.account([]), "Ann 2023 (1).JSON")
    assert len(extract(tmp_path).of_type("telegram:export")) == 1


class Mediator:
    """As much of plaso's mediator as a parser asks for before it rejects a file."""

    def __init__(self, name: str) -> None:
        self._file_entry = type("FileEntry", (), {"name": name, "path_spec": None})()

    def GetFileEntry(self) -> Any:
        """The file entry."""
        return self._file_entry


@pytest.mark.parametrize("parser_class", telegram_desktop_export.PARSERS)
def test_other_files_cost_microseconds(parser_class: Any) -> None:
    """A file with another name is rejected without a read."""
    parser = parser_class()
    mediator = Mediator("syslog.1")
    file_object = io.BytesIO(b"x" * 10_000)
    start = time.process_time()
    for _ in range(2000):
        with pytest.raises(errors.WrongParser):
            parser.ParseFileObject(mediator, file_object)
    assert file_object.tell() == 0
    assert (time.process_time() - start) / 2000 < 50e-6
