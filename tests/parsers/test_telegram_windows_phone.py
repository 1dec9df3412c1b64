"""Telegram for Windows Phone through plaso's own worker; built files, UNCONFIRMED."""

from __future__ import annotations

from pathlib import Path

from tests.builders import windows_phone as build
from tests.formats.test_windows_phone import dialogs
from tests.parsers import support

PARSERS = "telegram_windows_phone"
FILES = {
    "__ApplicationSettings": build.settings(
        {2: build.key(b"two"), 4: build.key(b"four")}
    ),
    "dialogs.dat": dialogs(),
    "users.dat": build.vector(
        build.user(build.OWN, "Ana", "Owner", "46701234567", 0x400),
        build.user(build.FRIEND, "Bob", "Friend", "15550009999", 0x800),
    ),
    "chats.dat": build.vector(build.channel(build.CHANNEL, "News")),
    "init_connection.dat": build.init_connection(),
}
SESSION = build.key_identifier(b"two")


def run(folder: Path, files: dict[str, bytes]) -> support.Extraction:
    """Processes the files of a folder."""
    for name, data in files.items():
        (folder / name).write_bytes(data)
    specs = [support.os_path_spec(folder / name) for name in files]
    return support.Engine(PARSERS).run(specs)


def test_telephone(tmp_path: Path) -> None:
    """Session with its device, account, contacts, chats and messages."""
    found = run(tmp_path, FILES)
    assert found.warnings == []
    (session,) = found.sessions
    assert (session.session_identifier, session.session_data_center) == (SESSION, 2)
    assert session.account_identifier == str(build.OWN)
    assert session.key_identifiers == [SESSION, build.key_identifier(b"four")]
    assert (session.device_model, session.system_version) == ("Lumia 950", "8.10.15148")
    assert (session.client_version, session.record_state) == ("3.1.6.0", "current")
    assert session.attribution_basis == "windows_phone_settings"
    names = {(item.account_name, item.account_phone) for item in found.accounts}
    assert names == {(None, None), ("Ana Owner", "46701234567")}
    messages = {item.text: item for item in found.of_type("telegram:message")}
    assert {
        text: (item.origin, item.origin_confidence, item.is_outgoing, item.send_state)
        for text, item in messages.items()
    } == {
        "composed here": ("this_installation", "strong", True, None),
        "from elsewhere": ("no_local_trace", None, True, None),
        "answer": (None, None, False, None),
        "not sent yet": ("this_installation", "strong", True, "sending"),
    }
    answer = messages["answer"]
    assert (answer.chat_title, answer.sender_name) == ("Bob Friend", "Bob Friend")
    assert answer.session_identifier == SESSION
    assert answer.sent_time.timestamp == build.DATE
    contacts = found.of_type("telegram:contact")
    assert {item.contact_source for item in contacts} == {"contacts", "users"}
    chats = {
        (item.chat_title, item.chat_type) for item in found.of_type("telegram:chat")
    }
    assert chats == {
        ("Bob Friend", "user"),
        ("Family", "group"),
        ("News", "channel"),
        (None, "secret"),
    }
    settings = {
        item.setting_name: item.setting_value
        for item in found.of_type("telegram:setting")
    }
    assert settings["device_model"] == "Lumia 950"


def test_files_alone(tmp_path: Path) -> None:
    """Without the settings there is no session; nothing is made up."""
    found = run(tmp_path, {"dialogs.dat": FILES["dialogs.dat"]})
    messages = found.of_type("telegram:message")
    assert len(messages) == 4
    assert all(item.session_identifier is None for item in messages)
    assert all(item.account_identifier is None for item in messages)


def test_copies(tmp_path: Path) -> None:
    """What a saving leaves behind is marked as the older or half-written file."""
    found = run(tmp_path, {"dialogs.dat.temp": FILES["dialogs.dat"]})
    messages = found.of_type("telegram:message")
    assert {item.record_state for item in messages} == {"overwritten"}


def test_files_of_others(tmp_path: Path) -> None:
    """Generic names with other content are left alone."""
    others = {
        "users.dat": b"SQLite format 3\0" + bytes(100),
        "chats.dat": build.vector(b"\1" * 64),
        "__ApplicationSettings": b"<ArrayOfKeyValueOfstringanyType/>",
        "init_connection.dat": b"",
    }
    found = run(tmp_path, others)
    assert not found.event_data
    assert found.warnings == []


def test_message_that_is_not_read_to_its_end(tmp_path: Path) -> None:
    """It is kept, without a word on its origin, and a warning names the place."""
    data = build.message(
        5,
        "words",
        build.peer("user", build.FRIEND),
        build.OWN,
        bits=build.OUT | build.MEDIA,
        media=b"\x78\x56\x34\x12",
        random_id=3,
    )
    found = run(tmp_path, {"dialogs.dat": build.vector(data)})
    (message,) = found.of_type("telegram:message")
    assert (message.text, message.origin) == ("words", "not_determinable")
    (warning,) = found.warnings
    assert "message at offset 0x8" in warning


def test_keys_without_a_home(tmp_path: Path) -> None:
    """Which key is the session is not guessed."""
    data = build.settings({4: build.key(b"four"), 5: build.key(b"five")}, home=3)
    found = run(tmp_path, {"__ApplicationSettings": data})
    assert not found.sessions
    assert any("not known" in warning for warning in found.warnings)
