"""Damaged, hostile and huge JSON exports of Telegram Desktop."""

from __future__ import annotations

import io
import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from telegram_forensics.formats import tdesktop_export_messages as export_messages
from telegram_forensics.formats.tdesktop_export_json import JsonExport
from telegram_forensics.formats.tdesktop_export_records import Chat, Message, Session
from tests.builders import tdesktop_export as builder

START = 1_690_000_000
OTHER = ("Ann", "user640011223")


def read(data: bytes, **options: Any) -> tuple[list[Any], JsonExport]:
    """All records of a document."""
    reader = JsonExport(io.BytesIO(data), **options)
    return list(reader.records()), reader


def of_type(records: list[Any], record_class: type) -> list[Any]:
    """Records of one class."""
    return [record for record in records if isinstance(record, record_class)]


def single(*messages: dict[str, Any], **options: Any) -> bytes:
    """A dialog that was exported alone."""
    name, kind, number = (
        options.get("name", "Ann"),
        options.get("kind", "personal_chat"),
        options.get("number", 640011223),
    )
    return builder.encode(builder.chat(name, kind, number, list(messages)))


def small_document() -> bytes:
    """Two chats with three messages each, a session and a contact."""
    return builder.encode(
        builder.account(
            [
                builder.chat(
                    f"Chat {number}",
                    "personal_chat",
                    640011223 + number,
                    [
                        builder.message(10 * number + n, START + n, f"text {n}", OTHER)
                        for n in range(3)
                    ],
                )
                for number in range(2)
            ],
            sessions={
                "about": "x",
                "list": [{**builder.dates("created", START), "last_ip": "192.0.2.1"}],
            },
        )
    )


def key(record: Any) -> tuple[str, int, Any]:
    """What identifies a record of a damaged document."""
    detail = getattr(record, "text", None) or getattr(record, "ip", None)
    return type(record).__name__, record.position, detail


def end_of(data: bytes, position: int) -> int:
    """Offset behind the object at a position."""
    _, length = json.JSONDecoder().raw_decode(data[position:].decode())
    return position + len(data[position:].decode()[:length].encode())


def test_truncation_at_every_byte() -> None:
    """Everything complete is given, and an issue with an offset says where it ends."""
    data = small_document()
    whole = [item for item in read(data)[0] if not isinstance(item, Chat)]
    ends = [(end_of(data, item.position), key(item)) for item in whole]
    for size in range(len(data)):
        records, reader = read(data[:size])
        found = [key(item) for item in records if not isinstance(item, Chat)]
        assert found == [name for end, name in ends if end <= size]
        assert not reader.summary.is_complete
        assert len(reader.issues) == 1
        assert reader.issues[0].offset <= size
        for chat in of_type(records, Chat):
            assert chat.is_complete == (end_of(data, chat.position) <= size)


def test_one_damaged_message() -> None:
    """The other messages and all chats come through, with the offset of the damage."""
    data = small_document()
    whole = read(data)[0]
    for target in of_type(whole, Message):
        place = data.index(b'"type"', target.position)
        damaged = data[:place] + b"#" + data[place + 1 :]
        records, reader = read(damaged)
        assert [issue.offset for issue in reader.issues] == [target.position]
        assert {key(item) for item in whole} - {key(item) for item in records} == {
            key(target)
        }
        assert not any(m.is_doubtful for m in of_type(records, Message))
        assert reader.summary.is_complete


@pytest.mark.parametrize("size", [16, 200, 700])
def test_zeroed_area(size: int) -> None:
    """Messages on both sides of a hole are found; those behind are marked."""
    data = small_document()
    whole = {key(item) for item in read(data)[0] if isinstance(item, Message)}
    for place in range(0, len(data) - size, 37):
        damaged = data[:place] + b"\x00" * size + data[place + size :]
        records, reader = read(damaged)
        assert reader.issues
        found = {key(item) for item in records if isinstance(item, Message)}
        assert len(whole - found) <= 2 + size // 150
        for message in of_type(records, Message):
            if key(message) not in whole:
                assert message.is_doubtful


def test_mutation_fuzz() -> None:
    """Nothing but issues comes of any damage, and nothing takes long."""
    generator = random.Random(4)
    data = bytearray(small_document())
    for _ in range(400):
        damaged = bytearray(data)
        for _ in range(generator.randint(1, 8)):
            place = generator.randrange(len(damaged))
            kind = generator.randrange(4)
            if kind == 0:
                damaged[place] = generator.randrange(256)
            elif kind == 1:
                del damaged[place : place + generator.randint(1, 90)]
            elif kind == 2:
                damaged[place:place] = generator.choice(
                    [b'"', b"{", b"}", b"[", b"]", b",", b"\\", b"\n", b"\x00" * 9]
                )
            else:
                start = generator.randrange(len(damaged))
                damaged[place:place] = damaged[start : start + 200]
        records, _ = read(bytes(damaged))
        for message in of_type(records, Message):
            message.text.encode()
            assert message.id is None or isinstance(message.id, int)


@pytest.mark.parametrize(
    "value",
    [
        b"[" * 200_000,
        b'{"a":' * 100_000,
        b'"' + b"x" * 9_000_000,
        b'"' + b"x" * 9_000_000 + b'"',
        b"1" * 100_000,
        b"NaN",
        b"1e999999",
    ],
    ids=["brackets", "braces", "endless", "huge text", "digits", "nan", "exponent"],
)
def test_absurd_values(value: bytes) -> None:
    """Nesting and sizes are bounded; the messages around are read."""
    messages = [builder.message(n, START + n, f"text {n}", OTHER) for n in range(3)]
    data = single(*messages).replace(b'"text 1"', value)
    records, reader = read(data)
    ids = [m.id for m in of_type(records, Message)]
    assert 0 in ids
    assert 2 in ids
    assert 1 in ids or reader.issues
    for place in (b'"name": "Ann"', b'"type": "personal_chat"'):
        read(single(*messages).replace(place, place[:8] + value))


def test_wrong_types_everywhere() -> None:
    """Values of another type than the exporter writes are left out."""
    strange = [None, True, 5, -1, 1.5, "x", [], {}, [[]], {"a": {}}, "9" * 30]
    keys = sorted(export_messages._COMMON_KEYS | export_messages._MEDIA_KEYS)
    messages = [
        {**builder.message(1, START, "t", OTHER), name: value}
        for name in keys
        for value in strange
    ]
    data = json.dumps(
        builder.chat("Ann", "personal_chat", 640011223, [*messages, 5, [], "x"])
    ).encode()
    records, _ = read(data)
    assert len(of_type(records, Message)) >= len(messages)
    rows = [{"last_ip": value, "created": value} for value in strange]
    sessions = {"about": 5, "list": rows}
    records, _ = read(builder.encode(builder.account([], sessions=sessions)))
    assert len(of_type(records, Session)) == len(strange)


# Size.

SCRIPT = """
import re, sys
from telegram_forensics.formats.tdesktop_export_json import JsonExport
from telegram_forensics.formats.tdesktop_export_records import Message
found = {}
with open(sys.argv[1], "rb") as file:
    reader = JsonExport(file)
    for record in reader.records():
        if isinstance(record, Message):
            key = record.chat.peer.bare, record.sender.bare
            found[key] = found.get(key, 0) + record.id
# ru_maxrss would begin with the size of the process that started this one.
status = open("/proc/self/status").read()
peak = int(re.search(r"VmHWM:\\s+(\\d+)", status)[1]) // 1024
print(reader.summary.counts["Message"], peak, sorted(found.items()), reader.issues)
"""
ORACLE = """
import json, sys
found, count = {}, 0
with open(sys.argv[1], "rb") as file:
    for chat in json.load(file)["chats"]["list"]:
        for message in chat["messages"]:
            key = chat["id"], int(message["from_id"][4:])
            found[key] = found.get(key, 0) + message["id"]
            count += 1
print(count, sorted(found.items()))
"""


def write_big(path: Path, count: int) -> None:
    """Writes an export with many messages, without holding it in memory."""
    chats = 25
    head, tail = builder.encode(builder.account([])).decode().split('"list": [\n  ]')
    with open(path, "w", encoding="utf-8") as file:
        file.write(head + '"list": [')
        for chat in range(chats):
            frame = builder.dump(
                builder.chat(f"Chat {chat}", "personal_chat", 640011223 + chat, []), 3
            )
            start, end = frame.split("[\n    ]")
            file.write(("," if chat else "") + "\n   " + start + "[")
            for n in range(count // chats):
                number = chat * (count // chats) + n
                who = 640011223 + chat if n % 3 else builder.OWNER
                record = builder.message(
                    number,
                    START + 60 * n,
                    f'Text {n} with "quotes", {{braces}} and ü',
                    ("Somebody", f"user{who}"),
                )
                file.write(("," if n else "") + "\n     " + builder.dump(record, 5))
            file.write("\n    ]" + end)
        file.write("\n  ]" + tail)


def run(script: str, path: Path) -> list[str]:
    """Runs a script over a file, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", script, path],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split(maxsplit=1)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_200_000_messages(tmp_path: Path) -> None:
    """Numbers equal those of the standard library's reader; memory stays flat."""
    path = tmp_path / "result.json"
    write_big(path, 200_000)
    count, rest = run(SCRIPT, path)
    peak, found = rest.split(maxsplit=1)
    oracle_count, oracle = run(ORACLE, path)
    assert count == oracle_count == "200000"
    assert found.strip() == f"{oracle.strip()} []"
    assert int(peak) < 100
