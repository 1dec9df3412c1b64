"""Makes databases of Telegram for Android and lets plaso's worker read them."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path
from typing import Any

from tests.builders import android_small as small
from tests.builders.android_cast import OWNER
from tests.builders.android_database import Database, Generator, connect
from tests.builders.android_intents import Intent, make_blob, make_truth
from tests.parsers import support

PARSERS = "sqlite/telegram_android_database"
PACKAGE = "org.telegram.messenger"
KEY = small.made_up_key("telephone")
NAME = "cache4.db"


def extract(source: Path) -> support.Extraction:
    """Reads a folder; the worker must not fail at anything."""
    found = support.extract(source, parsers=PARSERS)
    assert not [text for text in found.warnings if support.FAILURE in text]
    assert not [text for text in found.warnings if "unable to parse" in text]
    return found


def copy_open(source: Path, target: Path) -> Path:
    """Copies a database and its log while a client has them open."""
    target.mkdir(parents=True, exist_ok=True)
    for name in (NAME, f"{NAME}-wal"):
        shutil.copy(source / name, target / name)
    return target


def plain_texts(made: Database, count: int) -> list[tuple[Intent, int]]:
    """Incoming texts of dialogs, which no other table has a copy of."""
    found = [
        (intent, place)
        for intent, place in made.intents
        if intent.chat.kind == "user"
        and intent.chat.number != 777_000
        and not intent.is_outgoing
        and intent.number > 0
        and intent.text
        and intent.media is None
        and intent.edited is None
    ]
    step = max(1, len(found) // count)
    return found[::step][:count]


def row_of(generator: Generator, intent: Intent) -> tuple[int, int]:
    """Columns `mid` and `uid` of a message."""
    return generator.mid(intent), intent.chat.dialog(generator.version)


def edit(generator: Generator, count: int) -> None:
    """Edits some messages, as another transaction of the client does."""
    made, table = generator.made, generator.table
    generator.connection.execute("BEGIN")
    for intent, place in plain_texts(made, count):
        old = made.truth[place]
        made.truth.append({**old, "record_state": "overwritten", "record_table": table})
        intent.text = f"changed {intent.number}"
        made.truth[place] = make_truth(intent, generator.cast)
        generator.connection.execute(
            f"UPDATE {table} SET data = ? WHERE mid = ? AND uid = ?",
            (make_blob(intent), *row_of(generator, intent)),
        )
    generator.connection.execute("COMMIT")


def delete(generator: Generator, count: int) -> None:
    """Deletes some messages, others than `edit` edits."""
    made, table = generator.made, generator.table
    generator.connection.execute("BEGIN")
    chosen = [
        found
        for found in plain_texts(made, 10 * count)
        if not found[0].text.startswith("changed ")
    ][:count]
    assert len(chosen) == count
    for intent, place in chosen:
        made.truth[place] = {
            **made.truth[place],
            "record_state": "removed",
            "record_table": table,
        }
        made.intents.remove((intent, place))
        generator.connection.execute(
            f"DELETE FROM {table} WHERE mid = ? AND uid = ?",
            row_of(generator, intent),
        )
    generator.connection.execute("COMMIT")


def open_generator(folder: Path, version: int, *, is_log: bool = True) -> Generator:
    """A generator of a database in a new folder."""
    folder.mkdir(parents=True)
    connection = connect(folder / NAME, is_log=is_log)
    return Generator(connection, version, 7)


def changed_log(folder: Path, version: int, count: int = 400) -> Generator:
    """A database with a log: new rows, changed and deleted ones stand only there.

    It stays open; `folder` holds the files as they are while the client runs.
    """
    generator = open_generator(folder, version)
    generator.run(count)
    generator.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    edit(generator, 20)
    delete(generator, 10)
    generator.run(len(generator.made.truth) + count // 2)
    return generator


def account_files(
    owner: int = OWNER, slot: int = 0, key: bytes = KEY, login: int = 1_500_000_000
) -> dict[str, bytes]:
    """Preferences and network state of a slot, by path below the application."""
    preferences = small.preferences(
        {
            "user": small.wrapped(small.user(owner, "Иван", "Петров", "ivanp")),
            "loginTime": login,
            "lastSendMessageId": -210001,
        }
    )
    name = "userconfing.xml" if slot == 0 else f"userconfig{slot}.xml"
    files = "files" if slot == 0 else f"files/account{slot}"
    center = small.Center(2, key=key, authorized=1)
    return {
        f"shared_prefs/{name}": preferences,
        f"{files}/tgnet.dat": small.tgnet([small.Center(1), center]),
    }


def write_row(connection: sqlite3.Connection, table: str, **values: Any) -> None:
    """Adds a row."""
    names = ", ".join(values)
    marks = ", ".join("?" * len(values))
    connection.execute(
        f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(values.values())
    )
