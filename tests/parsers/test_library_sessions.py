"""Session files of client libraries: Telethon writes them, we read them."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.builders import tdata
from tests.parsers import support

PARSERS = "sqlite/telegram_telethon_session,sqlite/telegram_pyrogram_session"
KEY = tdata.made_up_key("a library")


def telethon_file(folder: Path, key: bytes | None = KEY) -> Path:
    """A session file that Telethon writes: logged in as 5123456789."""
    sessions = pytest.importorskip("telethon.sessions")
    types = pytest.importorskip("telethon.tl.types")
    crypto = pytest.importorskip("telethon.crypto")
    session = sessions.SQLiteSession(str(folder / "bot"))
    session.set_dc(4, "149.154.167.91", 443)
    session.auth_key = crypto.AuthKey(data=key)
    user = types.User(
        id=5123456789,
        access_hash=7,
        first_name="Ann",
        last_name="Lee",
        username="AnnLee",
        phone="491701234567",
    )
    session.process_entities(types.contacts.ResolvedPeer(None, [user], []))
    # How the client notes who it is.
    own = types.InputPeerUser(0, 5123456789)
    session.process_entities(types.contacts.ResolvedPeer(None, [own], []))
    session.save()
    session.close()
    with sqlite3.connect(folder / "bot.session") as connection:
        connection.execute("UPDATE entities SET date = 1717243200")
    connection.close()
    return folder


def test_telethon(tmp_path: Path) -> None:
    """Account, session, data center, last use; the key stays where it is."""
    found = support.extract(telethon_file(tmp_path), parsers=PARSERS)
    assert found.warnings == []
    (session,) = found.sessions
    assert session.session_identifier == tdata.session_identifier(KEY)
    assert session.session_data_center == 4
    assert session.account_identifier == "5123456789"
    assert session.account_name == "Ann Lee"
    assert session.account_phone == "491701234567"
    assert session.account_username == "annlee"
    assert session.client_name == "Telethon"
    assert session.record_state == "current"
    assert session.last_active_time.timestamp == 1717243200
    assert session.attribution_basis == "library_session_file"
    for value in vars(session).values():
        assert KEY.hex() not in str(value)
        assert str(KEY) not in str(value)


def test_telethon_without_login(tmp_path: Path) -> None:
    """A file without a key is no login."""
    found = support.extract(telethon_file(tmp_path, None), parsers=PARSERS)
    (session,) = found.sessions
    assert session.session_identifier is None
    assert session.record_state == "unused_slot"


def pyrogram_file(folder: Path, **changes: Any) -> Path:
    """A session file in Pyrogram's layout, which is unconfirmed."""
    values = {
        "dc_id": 2,
        "api_id": 1,
        "test_mode": 0,
        "auth_key": KEY,
        "date": 1717243200,
        "user_id": 640011223,
        "is_bot": 0,
        **changes,
    }
    with sqlite3.connect(folder / "my_account.session") as connection:
        connection.executescript(
            "CREATE TABLE sessions (dc_id INTEGER PRIMARY KEY, api_id INTEGER, "
            "test_mode INTEGER, auth_key BLOB, date INTEGER NOT NULL, "
            "user_id INTEGER, is_bot INTEGER);"
            "CREATE TABLE peers (id INTEGER PRIMARY KEY, access_hash INTEGER, "
            "type INTEGER NOT NULL, username TEXT, phone_number TEXT, "
            "last_update_on INTEGER);"
            "CREATE TABLE version (number INTEGER PRIMARY KEY);"
        )
        names = ", ".join(values)
        marks = ", ".join("?" * len(values))
        connection.execute(
            f"INSERT INTO sessions ({names}) VALUES ({marks})", tuple(values.values())
        )
    connection.close()
    return folder


def test_pyrogram(tmp_path: Path) -> None:
    """The same for Pyrogram."""
    found = support.extract(pyrogram_file(tmp_path), parsers=PARSERS)
    assert found.warnings == []
    (session,) = found.sessions
    assert session.session_identifier == tdata.session_identifier(KEY)
    assert session.account_identifier == "640011223"
    assert session.client_name == "Pyrogram"
    assert session.last_active_time.timestamp == 1717243200


@pytest.mark.parametrize("key", [b"short", "text", 5, KEY + b"x"])
def test_damaged_key(tmp_path: Path, key: Any) -> None:
    """What is no key names no session, and a warning says so."""
    found = support.extract(pyrogram_file(tmp_path, auth_key=key), parsers=PARSERS)
    (session,) = found.sessions
    assert session.session_identifier is None
    assert len(found.warnings) == 1
    assert "not a key" in found.warnings[0]


def test_columns_of_any_type(tmp_path: Path) -> None:
    """Columns of SQLite hold anything."""
    folder = pyrogram_file(tmp_path, user_id="x", date="y", dc_id=3)
    (session,) = support.extract(folder, parsers=PARSERS).sessions
    assert session.account_identifier is None
    assert session.last_active_time is None
    assert session.session_data_center == 3
