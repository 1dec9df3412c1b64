"""Telephones with Telegram: databases with their logs, preferences, sessions.

Everything as files by their path, with what the events must say.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.builders import android_small as small
from tests.builders.android_cast import OWNER, OWNERS, SECOND
from tests.builders.android_database import Database, Generator, connect
from tests.builders.android_intents import Intent, make_blob, make_truth

PACKAGE = "org.telegram.messenger"
KEY = small.made_up_key("telephone")
NAME = "cache4.db"
LOGIN = 1_500_000_000


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


def open_generator(
    folder: Path, version: int, *, is_log: bool = True, owner: int = OWNER
) -> Generator:
    """A generator of a database in a new folder."""
    folder.mkdir(parents=True)
    connection = connect(folder / NAME, is_log=is_log)
    return Generator(connection, version, owner % 1000, owner)


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
    owner: int = OWNER, slot: int = 0, key: bytes = KEY, login: int = LOGIN
) -> dict[str, bytes]:
    """Preferences and network state of a slot, by path below the application."""
    who = OWNERS[owner]
    preferences = small.preferences(
        {
            "user": small.wrapped(
                small.user(owner, who.first, who.last, who.username, who.phone)
            ),
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


@dataclass
class Telephone:
    """A telephone.

    Attributes:
        files: content by path.
        accounts: for each slot what its events must say of account and session
            (`attribution`), path of its database, and the truth (`messages`,
            `records`).
    """

    files: dict[str, bytes] = field(default_factory=dict)
    accounts: list[dict[str, Any]] = field(default_factory=list)


def make_telephone(folder: Path, counts: tuple[int, int]) -> Telephone:
    """Makes a telephone with two accounts.

    The database of the first has a log with changes, as when the battery was taken out;
    that of the second is closed, and files are named beside it.

    Args:
        folder: empty folder to work in.
        counts: numbers of messages.
    """
    made = Telephone()
    made.files["system/build.prop"] = small.BUILD_PROPERTIES
    made.files["data/property/persistent_properties"] = small.persistent_properties(
        {"persist.sys.timezone": "Europe/Berlin"}
    )
    root = f"data/data/{PACKAGE}"
    for slot, owner in enumerate((OWNER, SECOND)):
        key = small.made_up_key(f"telephone {slot}")
        below = "files" if slot == 0 else f"files/account{slot}"
        for name, data in account_files(owner, slot, key).items():
            made.files[f"{root}/{name}"] = data
        work = folder / f"slot{slot}"
        if slot == 0:
            generator = changed_log(work, 177, counts[0])
        else:
            generator = open_generator(work, 134, is_log=False, owner=owner)
            generator.run(counts[1])
            made.files[f"{root}/{below}/file_to_path.db"] = _paths(
                generator, folder / "paths.db"
            )
        for suffix in ("", "-wal"):
            if (work / f"{NAME}{suffix}").is_file():
                data = (work / f"{NAME}{suffix}").read_bytes()
                made.files[f"{root}/{below}/{NAME}{suffix}"] = data
        generator.connection.close()
        database = generator.finish()
        made.accounts.append(
            {
                "path": f"/{root}/{below}/{NAME}",
                "attribution": {
                    "account_identifier": str(owner),
                    "account_name": OWNERS[owner].name,
                    "account_phone": OWNERS[owner].phone,
                    "account_username": OWNERS[owner].username,
                    "client_name": "Telegram for Android",
                    "device_model": "samsung SM-G991B",
                    "session_data_center": 2,
                    "session_identifier": small.key_identifier(key),
                },
                "messages": database.truth,
                "records": database.records,
            }
        )
    return made


def _paths(generator: Generator, path: Path) -> bytes:
    """A file_to_path.db that names the files of some attachments."""
    connection = sqlite3.connect(path)
    connection.execute(
        "CREATE TABLE paths(document_id INTEGER, dc_id INTEGER, type INTEGER, "
        "path TEXT, flags INTEGER, PRIMARY KEY(document_id, dc_id, type))"
    )
    made = generator.made
    # Those of which there is no second copy.
    copies = Counter(item["message_identifier"] for item in made.truth)
    for intent, place in made.intents[::2]:
        media, truth = intent.media, made.truth[place]
        if media is None or intent.path or media.kind not in ("document", "photo"):
            continue
        if copies[truth["message_identifier"]] > 1:
            continue
        truth["file_path"] = f"/storage/emulated/0/Telegram/{media.identifier}"
        # Photos stand there with the negative number.
        sign = -1 if media.kind == "photo" else 1
        row = (sign * media.identifier, 2, 3, truth["file_path"], 0)
        connection.execute("INSERT INTO paths VALUES (?, ?, ?, ?, ?)", row)
    connection.commit()
    connection.close()
    return path.read_bytes()
