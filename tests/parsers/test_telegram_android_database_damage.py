"""Damaged databases of Telegram for Android: what can be reached comes out, once."""

from __future__ import annotations

import random
import shutil
import sqlite3
import struct
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests import android_truth, helpers
from tests.builders import android_telephone as telephone
from tests.builders import android_tl as tl
from tests.builders.android_database import build
from tests.builders.android_intents import make_blob
from tests.builders.android_telephone import NAME
from tests.parsers.android_support import extract, write_row

PAGE = 4096
SECRET = 1 << 62
WRONG: list[Any] = [None, "text", "", b"", b"blob", 1.5, -1, 0, 2**63 - 1, -(2**63)]


def numbers(event_data: list[Any], **wanted: Any) -> Counter[str]:
    """Message numbers of messages, calls and notices with some attributes."""
    return Counter(
        item.message_identifier
        for item in event_data
        if item.data_type in android_truth.MESSAGES
        and not android_truth.is_carved(item)
        and all(getattr(item, name) == value for name, value in wanted.items())
    )


def open_database(path: Path) -> sqlite3.Connection:
    """Opens a database that takes any text."""
    connection = sqlite3.connect(path)
    connection.text_factory = bytes
    return connection


def test_text_that_is_not_utf_8(tmp_path: Path) -> None:
    """Names, notifications and phone numbers of any bytes end nothing."""
    made = build(tmp_path / NAME, 177, 300)
    connection = sqlite3.connect(tmp_path / NAME)
    broken = "CAST(x'ff41c328' AS TEXT)"
    connection.execute(f"UPDATE users SET name = {broken}")
    connection.execute(f"UPDATE chats SET name = {broken}")
    connection.execute(
        f"UPDATE unread_push_messages SET fm = {broken}, name = {broken}"
    )
    connection.commit()
    connection.close()
    found = extract(tmp_path)
    pushed = "unread_push_messages"
    kept = [
        item
        for item in found.event_data
        if getattr(item, "record_table", None) != pushed
    ]
    made.truth = [item for item in made.truth if item.get("record_table") != pushed]
    android_truth.check_messages(kept, made)
    texts = [
        item.text
        for item in found.of_type("telegram:message")
        if item.record_table == pushed
    ]
    assert "\\xffA\\xc3(" in texts


def test_rows_that_hold_anything(tmp_path: Path) -> None:
    """NULL, numbers, texts and blobs in every column of every table of messages."""
    generator = telephone.open_generator(tmp_path / "a", 177, is_log=False)
    connection = generator.connection
    # Nothing is checked by a table without types and keys, as by a fork's.
    expected: Counter[str] = Counter()
    intent = generator.intent(generator.person(), False, text="as it was", layer=229)
    for table in (
        "messages_v2",
        "messages_topics",
        "media_v4",
        "scheduled_messages_v2",
        "unread_push_messages",
        "quick_replies_messages",
        "ephemeral_messages",
    ):
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        connection.execute(f"DROP TABLE {table}")
        connection.execute(f"CREATE TABLE {table}({', '.join(columns)})")
        good = {
            "mid": 5,
            "id": 5,
            "uid": intent.chat.number,
            "dialog_id": intent.chat.number,
            "date": intent.date,
            "data": make_blob(intent),
            "out": 0,
            "read_state": 1,
            "send_state": 0,
            "fm": "shown",
        }
        for column in columns:
            for value in WRONG:
                row = {key: item for key, item in good.items() if key in columns}
                write_row(connection, table, **{**row, column: value})
                expected[table] += 1
    connection.close()
    found = extract(tmp_path)
    events = Counter(
        item.record_table or "messages_v2"
        for item in found.event_data
        if item.data_type in android_truth.MESSAGES
    )
    # A second copy without content says nothing; an equal one is not told again.
    for table in ("messages_topics", "media_v4"):
        assert 0 < events.pop(table) <= expected.pop(table)
    assert events == expected


@pytest.mark.parametrize(
    "table",
    ["users", "chats", "dialogs", "enc_chats", "contacts", "randoms_v2", "params"]
    + ["unconfirmed_auth", "search_recent", "downloading_documents", "enc_tasks_v4"]
    + ["sent_files_v2"],
)
def test_other_rows_that_hold_anything(table: str, tmp_path: Path) -> None:
    """Rows of the other tables do not hinder the messages."""
    made = build(tmp_path / NAME, 177, 120)
    connection = sqlite3.connect(tmp_path / NAME)
    columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    connection.execute(f"CREATE TABLE other({', '.join(columns)})")
    connection.execute(f"INSERT INTO other SELECT * FROM {table}")
    connection.execute(f"DROP TABLE {table}")
    connection.execute(f"ALTER TABLE other RENAME TO {table}")
    for column in columns:
        for value in WRONG:
            write_row(connection, table, **{column: value})
    connection.commit()
    connection.close()
    found = extract(tmp_path)
    # A download without a message row of its own is one copy more.
    kept = [
        item
        for item in found.event_data
        if getattr(item, "record_table", None) != "downloading_documents"
    ]
    android_truth.check_messages(kept, made)


def test_truncated_messages(tmp_path: Path) -> None:
    """A message cut off at any place keeps its row, its time and its direction."""
    generator = telephone.open_generator(tmp_path / "a", 177, is_log=False)
    intent = generator.intent(generator.person(), True, text="Привет", layer=229)
    intent.media = generator.media("photo")
    blobs = list(helpers.every_truncation(make_blob(intent)))
    for number, blob in enumerate(blobs, 1):
        write_row(
            generator.connection, "messages_v2",
            mid=number, uid=intent.chat.number, date=1_600_000_000 + number,
            data=blob, out=1,
        )  # fmt: skip
    generator.connection.close()
    found = extract(tmp_path)
    messages = found.of_type("telegram:message")
    times = {
        item.message_identifier: item.sent_time.GetPlasoTimestamp() // 1_000_000
        for item in messages
    }
    assert times == {
        str(number): 1_600_000_000 + number for number in range(1, len(blobs) + 1)
    }
    assert len(messages) == len(blobs)
    assert {item.is_outgoing for item in messages} == {True}
    # The trailer can be missing; one that is cut off is told.
    complete = [item for item in messages if item.text == "Привет"]
    assert 4 < len(complete) < len(blobs)
    warned = {text.partition("row id ")[2].partition(":")[0] for text in found.warnings}
    assert len(warned) == len(blobs) - 1


@pytest.mark.parametrize("seed", range(3))
def test_mutated_messages(seed: int, tmp_path: Path) -> None:
    """Whatever stands in the blobs, each row comes out once."""
    build(tmp_path / NAME, 177, 400, seed)
    generator = random.Random(seed)
    connection = sqlite3.connect(tmp_path / NAME)
    expected: Counter[str] = Counter()
    rows = connection.execute("SELECT rowid, mid, data FROM messages_v2").fetchall()
    for rowid, mid, data in rows:
        (mutated,) = helpers.mutations(data, 1, generator.random())  # type: ignore[arg-type]
        connection.execute(
            "UPDATE messages_v2 SET data = ? WHERE rowid = ?", (mutated, rowid)
        )
        expected[str(mid)] += 1
    connection.commit()
    connection.close()
    found = extract(tmp_path)
    assert numbers(found.event_data, record_table=None) == expected
    assert found.warnings


# Damage of the file.


def leaves(path: Path, table: str) -> list[int]:
    """Numbers of the leaf pages of a table, in the order of its rows."""
    data = path.read_bytes()
    connection = sqlite3.connect(path)
    (root,) = connection.execute(
        "SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)
    ).fetchone()
    connection.close()

    def walk(number: int) -> list[int]:
        start = (number - 1) * PAGE
        header = start + (100 if number == 1 else 0)
        if data[header] == 13:
            return [number]
        assert data[header] == 5
        (count,) = struct.unpack_from(">H", data, header + 3)
        found = []
        for index in range(count):
            (cell,) = struct.unpack_from(">H", data, header + 12 + 2 * index)
            (child,) = struct.unpack_from(">I", data, start + cell)
            found += walk(child)
        (last,) = struct.unpack_from(">I", data, header + 8)
        return found + walk(last)

    return walk(root)


def overwrite(path: Path, pages: list[int], content: bytes) -> None:
    """Overwrites pages."""
    with path.open("r+b") as file:
        for number in pages:
            file.seek((number - 1) * PAGE)
            file.write(content)


def reachable(good: Path, damaged: Path, table: str) -> Counter[str]:
    """Message numbers of the rows that SQLite still finds by their row id."""
    connection = open_database(good)
    rowids = [row[0] for row in connection.execute(f"SELECT rowid FROM {table}")]
    connection.close()
    connection = open_database(damaged)
    found: Counter[str] = Counter()
    for rowid in rowids:
        try:
            row = connection.execute(
                f"SELECT mid, data FROM {table} WHERE rowid = ?", (rowid,)
            ).fetchone()
        except sqlite3.DatabaseError:
            continue
        if row is not None:
            found[str(row[0])] += 1
    connection.close()
    return found


@pytest.mark.parametrize("place", ["first", "middle", "several", "last"])
@pytest.mark.parametrize(
    "content", [bytes(PAGE), b"\xff" * PAGE, random.Random(5).randbytes(PAGE)]
)
def test_malformed_pages(place: str, content: bytes, tmp_path: Path) -> None:
    """Rows in front of and behind malformed pages come out, and the gap is told."""
    good = tmp_path / "good.db"
    build(good, 177, 1500)
    pages = leaves(good, "messages_v2")
    assert len(pages) > 30
    chosen = {
        "first": pages[:1],
        "middle": pages[15:17],
        "several": pages[3:30:6],
        "last": pages[-1:],
    }[place]
    (tmp_path / "evidence").mkdir()
    damaged = tmp_path / "evidence" / NAME
    shutil.copy(good, damaged)
    overwrite(damaged, chosen, content)
    expected = reachable(good, damaged, "messages_v2")
    found = extract(tmp_path / "evidence")
    assert numbers(found.event_data, record_table=None) == expected
    whole = reachable(good, good, "messages_v2").total()
    assert 0 < expected.total() < whole
    told = [text for text in found.warnings if "cannot be reached" in text]
    assert len([text for text in told if "messages_v2" in text]) >= len(chosen) / 2


def test_malformed_pages_of_other_tables(tmp_path: Path) -> None:
    """Without names, chats and traces the messages are there all the same."""
    good = tmp_path / "good.db"
    build(good, 177, 1200)
    (tmp_path / "evidence").mkdir()
    damaged = tmp_path / "evidence" / NAME
    shutil.copy(good, damaged)
    for table in ("users", "chats", "randoms_v2", "media_v4", "dialogs", "enc_chats"):
        overwrite(damaged, leaves(good, table)[:1], b"\xff" * PAGE)
    found = extract(tmp_path / "evidence")
    expected = reachable(good, good, "messages_v2")
    assert numbers(found.event_data, record_table=None) == expected
    told = " ".join(found.warnings)
    for table in ("users", "chats", "randoms_v2", "media_v4", "dialogs", "enc_chats"):
        assert f"table {table}" in told, table


def stored(folder: Path) -> Counter[str]:
    """Message numbers of the rows that SQLite sees with the log."""
    connection = open_database(folder / NAME)
    rows = connection.execute("SELECT mid FROM messages_v2").fetchall()
    connection.close()
    return Counter(str(row[0]) for row in rows)


@pytest.mark.parametrize("part", range(1, 16))
def test_log_cut_off(part: int, tmp_path: Path) -> None:
    """A log that ends early counts up to its last whole transaction."""
    generator = telephone.open_generator(tmp_path / "client", 177)
    generator.run(200)
    generator.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for _ in range(6):
        telephone.edit(generator, 3)
        generator.run(len(generator.made.truth) + 15)
    source = telephone.copy_open(tmp_path / "client", tmp_path / "copy")
    generator.connection.close()
    log = source / f"{NAME}-wal"
    data = log.read_bytes()
    log.write_bytes(data[: len(data) * part // 16 + part * 7])
    shutil.copytree(source, tmp_path / "oracle")
    expected = stored(tmp_path / "oracle")
    found = extract(source)
    current = numbers(found.event_data, record_state=None, record_table=None)
    assert current == expected
    # What the log replaced stands in the file.
    replaced = numbers(found.event_data, record_state="overwritten")
    assert all(count == 1 for count in replaced.values())


def test_table_without_expected_columns(tmp_path: Path) -> None:
    """A table of messages that lacks columns gives what it has."""
    build(tmp_path / NAME, 177, 100)
    connection = sqlite3.connect(tmp_path / NAME)
    connection.execute("DROP TABLE messages_v2")
    connection.execute("CREATE TABLE messages_v2(mid INTEGER, uid INTEGER)")
    for number in range(1, 8):
        connection.execute("INSERT INTO messages_v2 VALUES (?, 440000001)", (number,))
    connection.execute("DROP TABLE scheduled_messages_v2")
    connection.execute("CREATE TABLE scheduled_messages_v2(other INTEGER)")
    connection.commit()
    connection.close()
    found = extract(tmp_path)
    counted = numbers(found.event_data, record_table=None)
    assert counted == Counter(str(number) for number in range(1, 8))


def test_table_without_row_ids(tmp_path: Path) -> None:
    """A table without row ids in the place of one that has them."""
    made = build(tmp_path / NAME, 177, 200)
    connection = sqlite3.connect(tmp_path / NAME)
    columns = [row[1] for row in connection.execute("PRAGMA table_info(messages_v2)")]
    names = ", ".join(columns)
    connection.execute(
        f"CREATE TABLE other({names}, PRIMARY KEY(mid, uid)) WITHOUT ROWID"
    )
    connection.execute(f"INSERT INTO other SELECT {names} FROM messages_v2")
    connection.execute("DROP TABLE messages_v2")
    connection.execute("ALTER TABLE other RENAME TO messages_v2")
    connection.commit()
    connection.close()
    found = extract(tmp_path)
    android_truth.check_messages(found.event_data, made)


def test_dialog_numbers_of_any_kind(tmp_path: Path) -> None:
    """Numbers at the limits of each form."""
    generator = telephone.open_generator(tmp_path / "a", 177, is_log=False)
    cases = {
        SECRET | 0xFFFFFFFF: ("-1", "secret"),
        SECRET | 5: ("5", "secret"),
        1: ("1", "user"),
        -1: ("1", None),
        -(2**40): (str(2**40), None),
        0: ("0", None),
    }
    for number, dialog in enumerate(cases, 1):
        write_row(
            generator.connection, "messages_v2",
            mid=number, uid=dialog, date=1_600_000_000, data=None, out=0,
        )  # fmt: skip
    generator.connection.close()
    found = {
        item.message_identifier: (item.chat_identifier, item.chat_type)
        for item in extract(tmp_path).of_type("telegram:message")
    }
    assert found == {str(number): case for number, case in enumerate(cases.values(), 1)}


def test_unknown_constructor(tmp_path: Path) -> None:
    """An object of a later version keeps its row and says what was not known."""
    generator = telephone.open_generator(tmp_path / "a", 177, is_log=False)
    write_row(
        generator.connection, "messages_v2",
        mid=9, uid=440_000_001, date=1_600_000_000, out=0,
        data=bytes.fromhex("efbeadde") + tl.string(b"new"),
    )  # fmt: skip
    generator.connection.close()
    (item,) = extract(tmp_path).of_type("telegram:message")
    assert item.message_identifier == "9"
    assert "0xdeadbeef at offset 0x0" in item.service_details


def spoil(data: bytes, generator: random.Random, first: int) -> bytes:
    """Damages a file in some places behind its header."""
    spoilt = bytearray(data)
    for _ in range(generator.choice((1, 3, 20))):
        place = generator.randrange(first, len(spoilt))
        size = generator.choice((1, 4, 64, PAGE))
        size = min(size, len(spoilt) - place)
        content = bytes(size) if generator.randrange(2) else generator.randbytes(size)
        spoilt[place : place + size] = content
    if generator.randrange(4) == 0:
        del spoilt[len(spoilt) // 2 + generator.randrange(len(spoilt) // 2) :]
    return bytes(spoilt)


@pytest.mark.parametrize("version", [78, 177])
def test_damage_anywhere(version: int, tmp_path: Path) -> None:
    """Wherever file and log are damaged, reading ends well and no row comes twice."""
    generator = telephone.changed_log(tmp_path / "client", version, 500)
    source = telephone.copy_open(tmp_path / "client", tmp_path / "copy")
    generator.connection.close()
    files = {
        name: ((source / name).read_bytes(), first)
        for name, first in ((NAME, 100), (f"{NAME}-wal", 32))
    }
    for seed in range(6):
        rng = random.Random(seed)
        for name, (data, first) in files.items():
            (source / name).write_bytes(spoil(data, rng, first))
        rows = Counter(
            (android_truth.record_of(item), item.row_identifier)
            for item in extract(source).event_data
            if item.data_type == "telegram:message"
            and not android_truth.is_carved(item)
        )
        assert all(count == 1 for count in rows.values())
