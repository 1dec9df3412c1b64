"""Telegram for iOS before 5.0 through plaso's own worker (section 16)."""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.builders import sqlcipher, sqlite_files
from tests.parsers import support

PARSERS = (
    "sqlite/telegram_ios_legacy,telegram_ios_legacy_encrypted,telegram_macos_legacy"
)
OWN, ANNA, GROUP, SECRET, CHANNEL = 111222, 333444, -77, -2000001, -1000000005
TIME = 1_500_000_000
MESSAGES = (
    (10, ANNA, "Привет", ANNA, 0, 0, TIME),
    (11, ANNA, "composed here", OWN, 1, 0, TIME + 60),
    (12, ANNA, "from elsewhere?", OWN, 1, 0, TIME + 120),
    (800000001, ANNA, "not sent", OWN, 1, 0, TIME + 180),
    (13, GROUP, "in a group", ANNA, 0, 1, TIME + 240),
    (14, SECRET, "secret", OWN, 1, 0, TIME + 300),
    (15, CHANNEL, "post", 5, 0, 1, TIME + 360),
)
SCHEMA = """
CREATE TABLE messages_v29(mid INTEGER PRIMARY KEY, cid INTEGER, localMid INTEGER,
  message TEXT, media BLOB, from_id INTEGER, to_id INTEGER, outgoing INTEGER,
  unread INTEGER, dstate INTEGER, date INTEGER, flags INTEGER,
  content_properties BLOB);
CREATE TABLE convesations_v29(cid INTEGER PRIMARY KEY, date INTEGER, from_uid INTEGER,
  message TEXT, media BLOB, unread_count INTEGER, flags INTEGER, chat_title TEXT,
  chat_photo BLOB, participants BLOB);
CREATE TABLE users_v29(uid INTEGER PRIMARY KEY, first_name TEXT, last_name TEXT,
  local_first_name TEXT, local_last_name TEXT, phone_number TEXT, access_hash INTEGER,
  sex INTEGER, last_seen INTEGER, username TEXT);
CREATE TABLE random_ids_v29(random_id INTEGER PRIMARY KEY, mid INTEGER);
CREATE TABLE encrypted_cids_v29(encrypted_id INTEGER PRIMARY KEY, cid INTEGER);
CREATE TABLE channel_conversations_v29(cid INTEGER PRIMARY KEY);
"""


def fill(connection: sqlite3.Connection) -> None:
    """Writes what the client would."""
    connection.executescript(SCHEMA)
    for number, chat, text, sender, outgoing, unread, date in MESSAGES:
        connection.execute(
            "INSERT INTO messages_v29 VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",
            (number, chat, number, text, b"m" * 5 if number == 13 else None, sender, 0)
            + (outgoing, unread, 0, date, 0, None),
        )
    connection.executemany(
        "INSERT INTO users_v29 (uid, first_name, last_name, phone_number, username, "
        "last_seen) VALUES (?,?,?,?,?,?)",
        [
            (OWN, "Owner", None, "+15550100000", "owner", 0),
            (ANNA, "Анна", "Зразок", "+15550100001", "anna", TIME),
        ],
    )
    connection.execute(
        "INSERT INTO convesations_v29 (cid, date, chat_title) VALUES (?,?,?)",
        (GROUP, TIME + 240, "Old group"),
    )
    connection.execute("INSERT INTO random_ids_v29 VALUES (-99, 11)")
    connection.execute("INSERT INTO random_ids_v29 VALUES (-98, 800000001)")
    connection.execute("INSERT INTO encrypted_cids_v29 VALUES (4242, ?)", (SECRET,))
    connection.execute("INSERT INTO channel_conversations_v29 VALUES (?)", (CHANNEL,))
    connection.commit()


def make(path: Path) -> Path:
    """Writes a database."""
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path)
    fill(connection)
    connection.close()
    return path


def run(path: Path, passcodes: list[str] | None = None) -> support.Extraction:
    """Processes a file."""
    with support.given_passcodes(passcodes):
        return support.Engine(PARSERS).run([support.os_path_spec(path)])


def check(found: support.Extraction) -> None:
    """All that was written is there."""
    rows: dict[str, Any] = {
        item.message_identifier: item for item in found.of_type("telegram:message")
    }
    assert len(rows) == len(MESSAGES)
    for number, _, text, sender, outgoing, _, date in MESSAGES:
        item = rows[str(number)]
        assert item.text == text
        assert item.sent_time.timestamp == date
        assert item.is_outgoing == bool(outgoing)
        assert item.sender_identifier == str(sender)
        assert item.account_identifier == str(OWN)
    assert rows["11"].origin == "this_installation"
    assert rows["11"].origin_basis == "ios_legacy_random_id"
    assert rows["12"].origin == "not_determinable"
    assert rows["10"].origin is None
    assert "number of this device" in rows["800000001"].service_details
    places = {
        number: (item.chat_type, item.chat_identifier, item.chat_title)
        for number, item in rows.items()
    }
    assert places["10"] == ("user", str(ANNA), "Анна Зразок")
    assert places["13"] == (None, "-77", "Old group")
    assert places["14"] == ("secret", "4242", None)
    assert places["15"] == ("channel", str(CHANNEL), None)
    assert rows["13"].is_read is False
    assert "attachment data that are not read: 5" in rows["13"].service_details
    (account,) = found.of_type("telegram:account")
    assert (account.account_identifier, account.account_name) == (str(OWN), "Owner")
    (contact,) = found.of_type("telegram:contact")
    assert (contact.contact_phone, contact.contact_username) == ("15550100001", "anna")
    assert contact.last_seen_time.timestamp == TIME


def test_database(tmp_path: Path) -> None:
    """Messages, chats, users, origin."""
    found = run(make(tmp_path / "Documents" / "tgdata.db"))
    assert found.warnings == []
    check(found)


def test_deleted_message(tmp_path: Path) -> None:
    """A row that was removed comes out as recovered, once."""
    path = make(tmp_path / "tgdata.db")
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA secure_delete=0")
    connection.execute("DELETE FROM messages_v29 WHERE mid = 12")
    connection.commit()
    connection.close()
    found = run(path)
    texts = [
        (item.text, item.recovery_method is not None)
        for item in found.of_type("telegram:message")
    ]
    assert ("from elsewhere?", False) not in texts
    assert texts.count(("from elsewhere?", True)) == 1
    assert len(texts) == len(MESSAGES)


def test_copies_of_live_rows(tmp_path: Path) -> None:
    """What SQLite left behind when it moved a row is no deleted message."""
    path = make(tmp_path / "tgdata.db")
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA secure_delete=0")
    texts = {
        number: f"row {number} " + "x" * (40 + number % 90) for number in range(120)
    }
    for number, text in texts.items():
        connection.execute(
            "INSERT INTO messages_v29 VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",
            (5000 + number, ANNA, number, text, None, ANNA, 0)
            + (0, 0, 0, TIME + number, 0, None),
        )
    for number in range(0, 120, 3):
        connection.execute("DELETE FROM messages_v29 WHERE mid = ?", (5000 + number,))
    connection.close()
    marked = {
        item.text
        for item in run(path).of_type("telegram:message")
        if item.recovery_method is not None
    }
    assert len(marked) > 10
    assert marked <= {text for number, text in texts.items() if number % 3 == 0}


@pytest.mark.parametrize("parameters", [sqlcipher.VERSION_3, sqlcipher.VERSION_4])
def test_encrypted(tmp_path: Path, parameters: sqlcipher.Parameters) -> None:
    """The passcode in hexadecimal digits opens it; without it there is an account."""
    import hashlib

    iterations = {"sha1": 64_000, "sha512": 256_000}[parameters.hash_name]
    digits = b"2468".hex().encode()
    key = hashlib.pbkdf2_hmac(
        parameters.hash_name, digits, parameters.salt, iterations, 32
    )
    parameters = parameters._replace(key=key)
    work = tmp_path / "work.db"
    sqlite_files.reserve(work, parameters.reserved, parameters.page_size)
    connection = sqlite3.connect(work)
    fill(connection)
    connection.close()
    plain = sqlite_files.Files(work.read_bytes(), None, None)
    path = tmp_path / "tgdata.db.y"
    sqlcipher.encrypt_files(plain, parameters).write(path)
    check(run(path, ["0000", "2468"]))
    found = run(path, ["0000"])
    assert found.of_type("telegram:message") == []
    (account,) = found.of_type("telegram:account")
    assert account.passcode_state == "locked"
    assert len(found.warnings) == 1


def test_values_of_any_kind(tmp_path: Path) -> None:
    """Columns of any type: a row for each row, and no failure."""
    path = tmp_path / "tgdata.db"
    connection = sqlite3.connect(path)
    for name, columns in (
        (
            "messages_v29",
            "mid, cid, message, from_id, outgoing, unread, dstate, date, flags, media",
        ),
        ("users_v29", "uid, first_name, last_name, phone_number, username, last_seen"),
        ("convesations_v29", "cid, chat_title, date"),
        ("random_ids_v29", "mid"),
    ):
        connection.execute(f"CREATE TABLE {name} ({columns})")
        source = random.Random(name)
        values = [None, -1, 2**63 - 1, 1.5, "", "text", b"\xff\x00", 0, 1, -(2**63)]
        count = columns.count(",") + 1
        for _ in range(60):
            row = [source.choice(values) for _ in range(count)]
            marks = ", ".join("?" * count)
            connection.execute(f"INSERT INTO {name} VALUES ({marks})", row)
    connection.commit()
    connection.close()
    found = run(path)
    assert len(found.of_type("telegram:message")) == 60


def test_macos_before_postbox(tmp_path: Path) -> None:
    """It is named, and said not to be read."""
    path = tmp_path / "t143.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE whatever (x)")
    connection.commit()
    connection.close()
    found = run(path)
    (account,) = found.of_type("telegram:account")
    assert account.client_name == "Telegram for macOS"
    assert len(found.warnings) == 1
    path.rename(tmp_path / "other.sqlite")
    found = run(tmp_path / "other.sqlite")
    assert found.of_type("telegram:account") == []
