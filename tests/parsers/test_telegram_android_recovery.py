"""Rows of Telegram for Android that the database does not show any more."""

from __future__ import annotations

import shutil
import sqlite3
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from tests.parsers import support

types = pytest.importorskip("telethon.tl.types")

PARSERS = "sqlite/telegram_android_database"
OTHER = 640011223
SCHEMA = """
CREATE TABLE users(uid INTEGER PRIMARY KEY, name TEXT, status INTEGER, data BLOB);
CREATE TABLE chats(uid INTEGER PRIMARY KEY, name TEXT, data BLOB);
CREATE TABLE dialogs(did INTEGER PRIMARY KEY, date INTEGER);
CREATE TABLE enc_chats(uid INTEGER PRIMARY KEY, user INTEGER, data BLOB);
CREATE TABLE messages_v2(mid INTEGER, uid INTEGER, read_state INTEGER,
    send_state INTEGER, date INTEGER, data BLOB, out INTEGER, PRIMARY KEY(mid, uid));
"""
FIRST = 1_717_243_200


def blob(number: int, text: str) -> bytes:
    """A message with the trailer of today's clients."""
    message = types.Message(
        id=number,
        peer_id=types.PeerUser(OTHER),
        date=datetime.fromtimestamp(FIRST + number, timezone.utc),
        message=text,
        out=False,
    )
    return bytes(message) + b"\x01 \x00\x00"


class Database:
    """A database that is being written; `keep` copies it as a seizure would."""

    def __init__(self, folder: Path, *, log: bool, secure_delete: bool) -> None:
        self.folder = folder / "live"
        self.folder.mkdir()
        self.connection = sqlite3.connect(
            self.folder / "cache4.db", isolation_level=None
        )
        execute = self.connection.execute
        execute(f"PRAGMA secure_delete = {int(secure_delete)}")
        execute(f"PRAGMA journal_mode = {'wal' if log else 'delete'}")
        execute("PRAGMA wal_autocheckpoint = 0")
        self.connection.executescript(SCHEMA)

    def put(self, number: int, text: str) -> None:
        """Writes a message."""
        self.connection.execute(
            "INSERT OR REPLACE INTO messages_v2 VALUES (?, ?, 0, 0, ?, ?, 0)",
            (number, OTHER, FIRST + number, blob(number, text)),
        )

    def remove(self, number: int) -> None:
        """Deletes a message."""
        self.connection.execute("DELETE FROM messages_v2 WHERE mid = ?", (number,))

    def keep(self, folder: Path) -> Path:
        """Copies what lies on the disk."""
        target = folder / "data" / "data" / "org.telegram.messenger" / "files"
        target.mkdir(parents=True)
        for path in self.folder.iterdir():
            if not path.name.endswith("-shm"):
                shutil.copy(path, target)
        return folder / "data"


def messages(found: Any) -> list[tuple[str, str, str | None, bool]]:
    """Id, text, state and plaso's flag of each message."""
    return sorted(
        (item.message_identifier, item.text, item.record_state, item._recovered)
        for item in found.of_type("telegram:message")
    )


def test_rows_of_older_frames(tmp_path: Path) -> None:
    """A message that was written and deleted within the log; an earlier text."""
    database = Database(tmp_path, log=True, secure_delete=True)
    database.put(1, "stays")
    database.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.put(2, "deleted at once")
    database.put(3, "first text")
    database.remove(2)
    database.put(3, "second text")
    database.put(4, "in the log only")
    found = support.extract(database.keep(tmp_path / "image"), parsers=PARSERS)
    assert found.warnings == []
    assert messages(found) == [
        ("1", "stays", None, False),
        ("2", "deleted at once", "removed", True),
        ("3", "first text", "overwritten", True),
        ("3", "second text", None, False),
        ("4", "in the log only", None, False),
    ]
    methods = {
        item.message_identifier: (item.recovery_method, item.record_offset)
        for item in found.of_type("telegram:message")
        if item.record_state
    }
    assert methods["2"][0] == "wal_stale_frame, confidence high, wal"
    log = (tmp_path / "live" / "cache4.db-wal").read_bytes()
    for number, (_, offset) in methods.items():
        record = log[offset : offset + 200]
        assert blob(int(number), "")[:4] in record


def test_rows_that_the_log_replaces(tmp_path: Path) -> None:
    """The file still has what the log has changed and deleted: once each, marked."""
    database = Database(tmp_path, log=True, secure_delete=True)
    for number in range(1, 6):
        database.put(number, f"text {number}")
    database.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.remove(2)
    database.put(3, "changed")
    found = support.extract(database.keep(tmp_path / "image"), parsers=PARSERS)
    assert messages(found) == [
        ("1", "text 1", None, False),
        ("2", "text 2", "removed", True),
        ("3", "changed", None, False),
        ("3", "text 3", "overwritten", True),
        ("4", "text 4", None, False),
        ("5", "text 5", None, False),
    ]


@pytest.mark.parametrize("secure_delete", [False, True])
def test_free_pages(tmp_path: Path, secure_delete: bool) -> None:
    """Without secure_delete whole pages of deleted messages come back, else none."""
    database = Database(tmp_path, log=False, secure_delete=secure_delete)
    for number in range(1, 401):
        database.put(number, f"message number {number} " + "x" * 100)
    database.connection.execute("DELETE FROM messages_v2 WHERE mid > 20")
    found = support.extract(database.keep(tmp_path / "image"), parsers=PARSERS)
    live = [item for item in messages(found) if not item[3]]
    gone = [item for item in messages(found) if item[3]]
    assert [int(item[0]) for item in live] == sorted(range(1, 21), key=str)
    if secure_delete:
        assert gone == []
        return
    assert len(gone) > 300
    assert len({item[0] for item in gone}) == len(gone)
    assert all(
        text == f"message number {number} " + "x" * 100 and state == "removed"
        for number, text, state, _ in gone
    )
    assert all(int(number) > 20 for number, *_ in gone)


def test_nothing_is_recovered_twice(tmp_path: Path) -> None:
    """Read marks change again and again; what a message says comes out once."""
    database = Database(tmp_path, log=True, secure_delete=True)
    database.put(1, "read later")
    database.put(2, "deleted later")
    for state in (1, 2, 3):
        database.connection.execute("UPDATE messages_v2 SET read_state = ?", (state,))
    database.remove(2)
    found = support.extract(database.keep(tmp_path / "image"), parsers=PARSERS)
    assert messages(found) == [
        ("1", "read later", None, False),
        ("2", "deleted later", "removed", True),
    ]


def test_same_row_under_another_number(tmp_path: Path) -> None:
    """REPLACE INTO with equal values is no older version of a message."""
    database = Database(tmp_path, log=True, secure_delete=True)
    database.put(1, "the same")
    database.put(2, "another")
    database.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.put(1, "the same")
    found = support.extract(database.keep(tmp_path / "image"), parsers=PARSERS)
    assert messages(found) == [
        ("1", "the same", None, False),
        ("2", "another", None, False),
    ]


def test_people_who_are_gone(tmp_path: Path) -> None:
    """A contact that was deleted comes back, one that only changed does not."""
    database = Database(tmp_path, log=True, secure_delete=True)
    for number, name in ((1, "Ann"), (2, "Bob")):
        user = types.User(id=number, first_name=name, access_hash=7)
        database.connection.execute(
            "INSERT INTO users VALUES (?, ?, 0, ?)", (number, name.lower(), bytes(user))
        )
    database.connection.execute("UPDATE users SET status = 1717243200 WHERE uid = 1")
    database.connection.execute("DELETE FROM users WHERE uid = 2")
    found = support.extract(database.keep(tmp_path / "image"), parsers=PARSERS)
    assert [
        (item.contact_name, item.record_state, item._recovered)
        for item in found.of_type("telegram:contact")
    ] == [("Ann", None, False), ("Bob", "removed", True)]


def test_hot_journal(tmp_path: Path) -> None:
    """A transaction that never ended: what it deletes is in the journal."""
    database = Database(tmp_path, log=False, secure_delete=True)
    for number in range(1, 101):
        database.put(number, f"before {number} " + "y" * 300)
    execute = database.connection.execute
    execute("PRAGMA cache_size = 1")
    execute("PRAGMA cache_spill = 1")
    execute("BEGIN")
    execute("DELETE FROM messages_v2 WHERE mid > 50")
    folder = database.keep(tmp_path / "image")
    execute("ROLLBACK")
    assert (folder / "data/org.telegram.messenger/files/cache4.db-journal").exists()
    found = support.extract(folder, parsers=PARSERS)
    texts = {item.text.split(" y")[0] for item in found.of_type("telegram:message")}
    assert texts == {f"before {number}" for number in range(1, 101)}
    numbers = [item.message_identifier for item in found.of_type("telegram:message")]
    assert len(numbers) == len(set(numbers))
