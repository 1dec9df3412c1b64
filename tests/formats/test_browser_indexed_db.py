"""IndexedDB of Chromium: keys, names, wrappers, external objects."""

from __future__ import annotations

import random
import struct
from typing import Any

import cramjam
import pytest

from telegram_forensics.formats.browser_indexed_db import (
    IndexedDb,
    IndexedDbRecord,
    Unwrapped,
    blob_path,
    unwrap,
)
from telegram_forensics.formats.browser_indexed_db_keys import (
    ExternalObject,
    KeyPrefix,
    read_external_objects,
    read_prefix,
    read_user_key,
)
from telegram_forensics.formats.browser_v8_value import decode_value
from telegram_forensics.formats.browser_values import JsDate
from telegram_forensics.formats.errors import FormatError
from tests.browser_samples import folder
from tests.builders.leveldb import Entry, sized, varint, write_batch, write_log

ORIGIN = "https_web.telegram.org_0@1"
# The example of the specification: version 2 of a record.
EXAMPLE = bytes.fromhex(
    "02ff15fe000000000000000000000000ff0f6f22015f220475736572"
    "2202696449de01220a66697273745f6e616d65630822043504410442047b03"
)


def string(text: str) -> bytes:
    data = text.encode("utf-16-be")
    return varint(len(data) // 2) + data


def prefix(database: int, store: int, index: int) -> bytes:
    parts = []
    head = 0
    for number, shift in ((database, 5), (store, 2), (index, 0)):
        size = max(1, (number.bit_length() + 7) // 8)
        head |= (size - 1) << shift
        parts.append(number.to_bytes(size, "little"))
    return bytes([head]) + b"".join(parts)


def database_name(number: int, name: str) -> Entry:
    key = prefix(0, 0, 0) + b"\xc9" + string(ORIGIN) + string(name)
    return 1, key, varint(number)


def store_name(database: int, store: int, name: str) -> Entry:
    key = prefix(database, 0, 0) + b"\xc8" + string(name)
    return 1, key, varint(store)


def key_of(text: str, index: int = 1) -> bytes:
    return prefix(1, 1, index) + b"\x01" + string(text)


def records(batches: list[list[Entry]]) -> tuple[list[IndexedDbRecord], IndexedDb]:
    payloads, sequence = [], 1
    for batch in batches:
        payloads.append(write_batch(sequence, batch))
        sequence += len(batch)
    database = IndexedDb(folder({"000003.log": write_log(payloads)}))
    return list(database.records()), database


NAMES = [database_name(1, "tt-data"), store_name(1, 1, "store")]


def test_prefix() -> None:
    assert read_prefix(bytes.fromhex("00010103")) == KeyPrefix(1, 1, 3, 4)
    assert read_prefix(prefix(300, 70000, 2)) == KeyPrefix(300, 70000, 2, 7)
    for wrong in (b"", b"\x00\x01", b"\xff\x01\x02"):
        with pytest.raises(FormatError):
            read_prefix(wrong)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"\x00", None),
        (b"\x01" + string("Олег"), "Олег"),
        (b"\x02" + struct.pack("<d", 1e12), JsDate(1e12)),
        (b"\x03" + struct.pack("<d", 42), 42.0),
        (b"\x04\x02\x03" + struct.pack("<d", 1) + b"\x01" + string("a"), [1.0, "a"]),
        (b"\x06" + sized(b"\x00\xff"), b"\x00\xff"),
    ],
)
def test_user_keys(data: bytes, expected: Any) -> None:
    assert read_user_key(b"12" + data, 2) == (expected, 2 + len(data))
    for size in range(len(data)):
        with pytest.raises(FormatError):
            read_user_key(data[:size], 0)


def test_wrong_user_keys() -> None:
    for wrong in (b"\x07", b"\x04\xff\xff\xff\xff\x0f", b"\x04\x01" * 100):
        with pytest.raises(FormatError):
            read_user_key(wrong, 0)


def test_external_objects() -> None:
    data = (
        b"\x00\x02" + string("text/x") + varint(99928)
        + b"\x01\x03" + string("") + varint(5) + string("a.txt") + varint(13 << 50)
        + b"\x02" + sized(b"token")
    )  # fmt: skip
    assert read_external_objects(data) == [
        ExternalObject("blob", 2, "text/x", 99928),
        ExternalObject("file", 3, "", 5, "a.txt", 13 << 50),
        ExternalObject("handle", token=b"token"),
    ]
    assert read_external_objects(b"") == []
    for wrong in (data[:-1], b"\x03", b"\x00"):
        with pytest.raises(FormatError):
            read_external_objects(wrong)


def test_unwrap() -> None:
    plain = EXAMPLE[1:]
    assert unwrap(plain) == Unwrapped(plain)
    packed = b"\xff\x11\x02" + bytes(cramjam.snappy.compress_raw(plain))
    assert unwrap(packed) == Unwrapped(plain, is_compressed=True)
    assert unwrap(bytes.fromhex("ff1101d88c0600")) == Unwrapped(None, 0, 99928)
    with pytest.raises(FormatError, match="limit"):
        unwrap(packed, 10)
    with pytest.raises(FormatError):
        unwrap(b"\xff\x11\x02\x05")
    with pytest.raises(FormatError):
        unwrap(b"\xff\x11\x01\x85")


def test_blob_path() -> None:
    assert blob_path(1, 2) == "1/00/2"
    assert blob_path(0x1A, 0x12345) == "1a/23/12345"


def test_example() -> None:
    found, database = records([NAMES, [(1, key_of("111"), EXAMPLE)]])
    assert not database.issues
    (record,) = found
    assert (record.database_name, record.store_name) == ("tt-data", "store")
    assert (record.key, record.version) == ("111", 2)
    assert decode_value(record.value).value == {
        "_": "user",
        "id": 111,
        "first_name": "Тест",
    }
    assert [(name.origin, name.name) for name in database.databases] == [
        (ORIGIN, "tt-data")
    ]


def test_states_and_deleted_names() -> None:
    kind, key, _ = database_name(1, "tt-data")
    found, database = records(
        [
            NAMES,
            [(1, key_of("a"), EXAMPLE), (1, key_of("a"), b"\x03" + EXAMPLE[1:])],
            [(0, key_of("a"), b""), (0, key, b"")],
        ]
    )
    assert kind == 1
    assert [
        (record.is_delete, record.version, record.source.state.value)
        for record in found
    ] == [(False, 2, "overwritten"), (False, 3, "deleted"), (True, None, "deleted")]
    # The name of the deleted database is still known.
    assert {record.database_name for record in found} == {"tt-data"}
    assert [name.database_id for name in database.databases] == [1, None]
    assert database.databases[0].source.state.value == "deleted"


def test_renamed_store() -> None:
    rename = (
        1,
        prefix(1, 0, 0) + b"\x32" + varint(1) + b"\x00",
        "neu".encode("utf-16-be"),
    )
    found, database = records(
        [NAMES, [(1, key_of("a"), EXAMPLE)], [rename], [(1, key_of("b"), EXAMPLE)]]
    )
    assert [record.store_name for record in found] == ["store", "neu"]
    assert [name.name for name in database.stores] == ["store", "neu"]


def test_names_that_are_not_there() -> None:
    found, _ = records([[(1, key_of("a"), EXAMPLE)]])
    assert (found[0].database_name, found[0].store_name) == (None, None)


def test_external_objects_go_with_their_version() -> None:
    def blob(number: int) -> bytes:
        return b"\x00" + varint(number) + string("x") + varint(5)

    reference = b"\x01\xff\x11\x01\x05\x00"
    found, _ = records(
        [
            NAMES,
            [(1, key_of("a"), reference)],
            [(1, key_of("a", 3), blob(7))],
            [(1, key_of("a"), reference), (1, key_of("a", 3), blob(8))],
            [(1, key_of("a"), EXAMPLE), (0, key_of("a", 3), b"")],
        ]
    )
    numbers = [[item.blob_number for item in r.external_objects] for r in found]
    assert numbers == [[7], [8], []]


def test_undo_values() -> None:
    put = b"\x0a" + sized(key_of("a")) + b"\x12" + sized(EXAMPLE)
    undo = (1, bytes([0, 0, 0, 0, 50, 2, 0]) + bytes(8), b"\x0a" + sized(put))
    noise = (1, bytes([0, 0, 0, 0, 50, 2, 1]) + bytes(8), b"\xff\xff")
    found, database = records([NAMES, [undo, noise, (0, undo[1], b"")]])
    assert not found
    values = list(database.undo_values())
    assert [(v.key, v.version, v.is_undo, v.is_delete) for v in values] == [
        ("a", 2, True, False)
    ]
    assert values[0].value == EXAMPLE[1:]
    assert list(database.undo_values(lambda name, store: name == "other")) == []


def test_wanted() -> None:
    _, database = records([NAMES, [(1, key_of("a"), EXAMPLE)]])
    assert list(database.records(lambda name, store: store == "other")) == []
    assert len(list(database.records(lambda name, store: name == "tt-data"))) == 1


def test_damage_is_said() -> None:
    found, database = records(
        [
            NAMES,
            [(1, prefix(1, 1, 1) + b"\x09", EXAMPLE), (1, key_of("a"), b"")],
            [(1, key_of("b"), b"\x80"), (1, prefix(1, 0, 0) + b"\xc8\x09", b"\x01")],
            [(1, prefix(0, 0, 0) + b"\xc9\x7f", b"\x01")],
        ]
    )
    assert [record.key for record in found] == [None, "a", "b"]
    reasons = " / ".join(issue.reason for issue in database.issues)
    for reason in ("unknown kind 9", "empty value", "ends inside", "not complete"):
        assert reason in reasons


def test_random_keys_and_values() -> None:
    generator = random.Random(8)
    for _ in range(60):
        batch: list[Entry] = []
        for _ in range(40):
            head = bytes([0, generator.randrange(3), generator.randrange(3)])
            head += bytes([generator.randrange(4)])
            kind = generator.choice([b"", b"\xc8", b"\xc9", b"\x32", b"\x32\x02"])
            key = head + kind + generator.randbytes(generator.randrange(12))
            batch.append((1, key, generator.randbytes(generator.randrange(20))))
        _, database = records([batch])
        list(database.undo_values())
