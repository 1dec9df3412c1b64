"""Gaps, pending actions, hashtags and removal times of Postbox databases."""

from __future__ import annotations

import random
import sqlite3
import struct
from pathlib import Path
from typing import Any

import pytest

from tests.builders import postbox as write
from tests.builders import postbox_database as builder
from tests.parsers import support
from tests.parsers.test_telegram_apple_database import (
    extract,
    place,
    seconds,
    unbroken,
)

DUE = 1_800_000_000


def chat_event(found: support.Extraction, number: int) -> Any:
    """The summary of a chat."""
    (event,) = [
        item
        for item in found.of_type("telegram:chat")
        if item.chat_identifier == str(number)
        and item.record_table in ("t8", "t10", "t56", "t4")
    ]
    return event


def put(path: Path, table: int, rows: list[tuple[Any, Any]]) -> None:
    """Adds rows to a table, which may not exist yet."""
    connection = sqlite3.connect(path)
    connection.execute(
        f"CREATE TABLE IF NOT EXISTS t{table} (key BLOB PRIMARY KEY, value BLOB)"
    )
    connection.executemany(f"REPLACE INTO t{table} VALUES (?, ?)", rows)
    connection.commit()
    connection.close()


def made(tmp_path: Path) -> builder.Database:
    """A database where the client would keep it."""
    path = place(tmp_path)
    path.parent.mkdir(parents=True)
    return builder.make_database(path)


def test_gaps(tmp_path: Path) -> None:
    """Removed messages of a channel are told from those that were not downloaded."""
    database = made(tmp_path)
    forum = database.cast.forum
    numbers = sorted(
        item.number
        for item in database.current
        if item.chat is forum and item.namespace == 0
    )
    missing = sorted(set(range(numbers[0], numbers[-1])) - set(numbers))
    assert missing
    last = numbers[-1]
    # Behind a hole of 1000 messages stands one more; two are missing in front of it.
    index = struct.pack(">qii", forum.value, 0, last + 1003)
    put(database.path, 4, [(index, struct.pack("<bi", 0, builder.FIRST_TIME))])
    hole = struct.pack(">qiIi", forum.value, 0, 0, last + 1000)
    other = struct.pack(">qiIi", forum.value, 0, 4, last + 1002)
    local = struct.pack(">qiIi", forum.value, 1, 0, 9)
    first = struct.pack("<i", last + 1)
    put(database.path, 56, [(hole, first), (other, first), (local, first)])
    found = extract(database.path)
    unbroken(found)
    words = chat_event(found, forum.number).chat_details.split("; ")
    assert f"messages not downloaded: {last + 1} to {last + 1000}" in words
    (gaps,) = [item for item in words if item.startswith("messages missing in between")]
    listed = gaps.partition(": ")[2].split(", ")
    assert listed[-1] == f"{last + 1001} to {last + 1002}"
    assert str(missing[0]) == listed[0].partition(" ")[0]


def test_holes_of_a_chat_that_is_not_listed(tmp_path: Path) -> None:
    """A chat that only t56 names, with more ranges than are told one by one."""
    database = made(tmp_path)
    value = write.channel(4_004_004)
    rows = [
        (struct.pack(">qiIi", value, 0, 0, 10 * number), struct.pack("<i", 10 * number))
        for number in range(1, 26)
    ]
    put(database.path, 56, rows)
    event = chat_event(extract(database.path), 4_004_004)
    assert event.record_table == "t56"
    assert "messages not downloaded: 10, 20, 30" in event.chat_details
    assert event.chat_details.endswith("200, and 5 ranges more")


def test_pending_actions(tmp_path: Path) -> None:
    """Each action once; rows that only find others by their action are left out."""
    database = made(tmp_path)
    dialog = database.cast.dialogs[0]
    reaction = struct.pack(">BqiiI", 0, dialog.value, 0, 1, 1)
    index = struct.pack(">BIqii", 1, 1, dialog.value, 0, 1)
    unknown = struct.pack(">BqiiI", 0, dialog.value, 0, 2, 77)
    put(database.path, 46, [(reaction, b""), (index, b""), (unknown, b"")])
    found = extract(database.path)
    details = [
        item.trace_details
        for item in found.of_type("telegram:client_trace")
        if item.trace_type == "action_pending"
    ]
    chat = f"user {dialog.number}"
    assert sorted(details) == [
        f"{chat}; message 1; reaction; not yet at the server",
        f"{chat}; message 2; action 77; not yet at the server",
    ]


def test_used_hashtags(tmp_path: Path) -> None:
    """Hashtags are the item ids of list 8."""
    database = made(tmp_path)
    item = struct.pack(">i", 8) + "відпустка".encode()
    put(database.path, 37, [(item, write.root(write.Obj(0, {})))])
    hashtags = [
        (event.setting_name, event.setting_value)
        for event in extract(database.path).of_type("telegram:setting")
    ]
    assert hashtags == [("used_hashtag", "#відпустка")]


def test_removal_times(tmp_path: Path) -> None:
    """t34 tells when a message is removed whose attributes do not."""
    database = made(tmp_path)
    truth = next(
        item
        for item in database.current
        if item.text
        and item.namespace == 0
        and item.intent not in ("notice", "code", "call")
        and "countdown_start" not in item.others
    )
    key = struct.pack("<H", 0) + struct.pack(
        ">iqii", DUE, truth.chat.value, 0, truth.number
    )
    put(database.path, 34, [(key, b"")])
    times = [
        seconds(item.self_destruct_time)
        for item in extract(database.path).of_type("telegram:message")
        if item.chat_identifier == str(truth.chat.number)
        and item.message_identifier == str(truth.number)
        and item.record_state is None
    ]
    assert times == [DUE]


def test_message_of_a_thread_that_is_gone(tmp_path: Path) -> None:
    """The list of a thread names messages, too."""
    database = made(tmp_path)
    forum = database.cast.forum
    key = struct.pack(">qqiii", forum.value, 42, 0, builder.FIRST_TIME, 999_999)
    put(database.path, 62, [(key, b"")])
    gone = [
        (item.message_identifier, item.record_table)
        for item in extract(database.path).of_type("telegram:message")
        if item.record_state == "removed" and "t62" in (item.record_table or "")
    ]
    assert gone == [("999999", "t62")]


@pytest.mark.parametrize("table", [34, 37, 46, 56, 62])
def test_damaged_rows(table: int, tmp_path: Path) -> None:
    """Rows of another form are warned about; everything else stays."""
    database = made(tmp_path)
    sound = len(extract(database.path).event_data)
    generator = random.Random(table)
    rows: list[tuple[Any, Any]] = [
        (generator.randbytes(size), generator.randbytes(3)) for size in (0, 1, 7, 60)
    ]
    put(database.path, table, [*rows, ("text", None)])
    found = extract(database.path)
    unbroken(found)
    assert len(found.event_data) >= sound
    if table != 37:
        assert sum(f"table t{table}" in words for words in found.warnings) >= 4
