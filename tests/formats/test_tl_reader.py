"""Tests of the TL reader: sound objects, bounds and damage (section 4.1)."""

from __future__ import annotations

import json
import struct
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telegram_forensics.formats import tl_compiled
from telegram_forensics.formats.tl_checked import MAXIMUM_DEPTH, CheckedReader
from telegram_forensics.formats.tl_object import TLError, TLObject
from telegram_forensics.formats.tl_reader import TLStream, read_object, read_vector
from telegram_forensics.formats.tl_schema import TLSchemaError, parse_type, schema
from tests import helpers
from tests.builders import tl_writer
from tests.builders.tl_writer import FALSE, TRUE, VECTOR_ID, TLWriter, string

VECTORS = json.loads(
    (helpers.REPOSITORY / "test_data" / "vectors" / "tl_vectors.json").read_text(
        "utf-8"
    )
)["vectors"]
BLOBS = [bytes.fromhex(vector["hex"]) for vector in VECTORS]
MESSAGE = BLOBS[0]


def u32(*values: int) -> bytes:
    """Unsigned 32-bit integers."""
    return struct.pack(f"<{len(values)}I", *values)


def i64(*values: int) -> bytes:
    """Signed 64-bit integers."""
    return struct.pack(f"<{len(values)}q", *values)


def boxed(name: str, *parts: bytes) -> bytes:
    """An object of the newest constructor of a name, its fields given as bytes."""
    numbers = [one for one in schema() if one.name == name]
    newest = max(numbers, key=lambda one: one.last_layer or 0)
    return u32(newest.constructor_id) + b"".join(parts)


PEER = boxed("peerUser", i64(6000000001))
BOLD = boxed("messageEntityBold", u32(1, 2))


def contains(found: Any, expected: Any) -> bool:
    """True if everything that is expected is found."""
    if isinstance(expected, dict):
        return all(k in found and contains(found[k], v) for k, v in expected.items())
    if isinstance(expected, list):
        return len(found) == len(expected) and all(map(contains, found, expected))
    return bool(found == expected)


def failure(data: bytes, **options: Any) -> TLError:
    """The error that data must give."""
    with pytest.raises(TLError) as caught:
        read_object(data, **options)
    error = caught.value
    assert 0 <= error.offset <= len(data)
    assert error.partial is None or error.partial.is_incomplete
    return error


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["description"])
def test_known_answers(vector: dict[str, Any]) -> None:
    """Objects that another implementation wrote."""
    data = bytes.fromhex(vector["hex"])
    found = read_object(data)
    assert contains(found.to_dict(), vector["expected"])
    # What is not expected must be absent, numbers of flags aside.
    flags = {field.name for field in found.constructor.fields if field.type.kind == "#"}
    names = set(vector["expected"]) - {"_"}
    assert set(found.fields) - flags == names
    assert (found.offset, found.end) == (0, len(data))


def test_object() -> None:
    """Access to fields, names, offsets."""
    found = read_object(b"\xee" * 7 + MESSAGE + b"\xee" * 9, 7)
    assert (found.name, found.result_type) == ("message", "Message")
    assert (found.constructor_id, found.first_layer, found.last_layer) == (
        0x7600B9D3,
        227,
        229,
    )
    assert (found.offset, found.end) == (7, 7 + len(MESSAGE))
    assert found["from_id"]["user_id"] == 6000000001
    assert found["from_id"].offset == 7 + MESSAGE.index(PEER)
    assert found["out"] is True
    assert "post" not in found
    assert found.get("post") is None
    assert found.get("post", False) is False
    with pytest.raises(KeyError):
        found["post"]
    assert found["flags"] == 0x0200018A
    assert (found.damaged_text, found.is_incomplete) == ((), False)
    assert repr(found) == "<message 7600b9d3 at 0x7>"
    assert "6000000001" not in repr(found)


def test_memoryview() -> None:
    """A memoryview is read like bytes."""
    view = memoryview(b"\xee" + MESSAGE)
    assert read_object(view, 1).to_dict() == read_object(MESSAGE).to_dict()
    assert read_vector(memoryview(VECTOR_ID + u32(1, 5)), 0, "int") == [5]


@pytest.mark.parametrize("mode", tl_writer.MODES)
def test_every_constructor(mode: str) -> None:
    """Each constructor of the table, as an independent writer writes it."""
    writer = TLWriter(f"constructors {mode}")
    count = 0
    for row in tl_writer.table():
        for _ in range(3 if mode == "random" else 1):
            data, expected = writer.object(row, mode)
            found = read_object(b"\x01" + data + b"\x02", 1, result_type=row.type_name)
            assert found.to_dict() == expected, row
            assert (found.offset, found.end) == (1, 1 + len(data)), row
            assert found.constructor_id == row.number
            # Neither of the two readers did it for the other.
            fast = tl_compiled.read_boxed(data, 0, row.type_name)
            slow, end = CheckedReader(data).boxed(row.type_name, 0)
            assert fast.to_dict() == slow.to_dict() == expected, row
            assert fast.end == slow.end == end == len(data)
            assert offsets(fast) == offsets(slow)
            count += 1
    assert count >= len(schema()) > 2400


def offsets(value: Any) -> Any:
    """Where each object within a value begins and ends."""
    if isinstance(value, TLObject):
        nested = {name: offsets(field) for name, field in value.fields.items()}
        return value.offset, value.end, nested
    return [offsets(item) for item in value] if isinstance(value, list) else None


def test_writer_sets_everything() -> None:
    """The writer's modes do what the test of all constructors relies on."""
    row = next(row for row in tl_writer.table() if row.number == 0x7600B9D3)
    stored = {name for name, _, _ in row.fields}
    required = {name for name, condition, _ in row.fields if not condition}
    assert set(TLWriter(1).object(row, "on")[1]) == stored | {"_"}
    assert set(TLWriter(1).object(row, "off")[1]) == required | {"_"}


@pytest.mark.parametrize(
    "text", ["", "a", "ab", "abc", "abcd", "x" * 253, "y" * 254, "ü" * 128, "z" * 70000]
)
def test_strings(text: str) -> None:
    """All forms of length and padding, in the middle of data."""
    data = string(text.encode())
    assert len(data) % 4 == 0
    stream = TLStream(b"\x01" + data + data + b"\x02", 1)
    assert (stream.read_string(), stream.read_bytes()) == (text, text.encode())
    assert stream.remaining == 1
    assert read_vector(VECTOR_ID + u32(2) + data * 2, 0, "string") == [text] * 2
    item = boxed("messageEntityTextUrl", u32(1, 2), data)
    assert read_object(item)["url"] == text


def test_long_form_of_a_short_string() -> None:
    """The long form of the length counts for short strings too."""
    data = b"\xfe\x03\x00\x00abc\x00"
    assert TLStream(data).read_string() == "abc"
    found = read_object(boxed("messageEntityTextUrl", u32(1, 2), data))
    assert (found["url"], found.end) == ("abc", 20)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"ab\xffcd", "ab\\xffcd"),
        (b"\xed\xa0\x80", "\\xed\\xa0\\x80"),
        (b"\xd0", "\\xd0"),
        (b"\xc0\x80", "\\xc0\\x80"),
    ],
)
def test_damaged_text(content: bytes, text: str) -> None:
    """Text that is no UTF-8 is shown byte by byte, and the objects say where."""
    url = boxed("messageEntityTextUrl", u32(1, 2), string(content))
    entities = VECTOR_ID + u32(3) + BOLD + url + BOLD
    data = boxed("textWithEntities", string("grün".encode()), entities)
    found = read_object(data)
    first, second, third = found["entities"]
    place = data.index(url) + 12
    assert second["url"] == text
    assert found.damaged_text == second.damaged_text == (place,)
    assert first.damaged_text == third.damaged_text == ()
    assert (found["text"], found.is_incomplete) == ("grün", False)
    assert found.end == len(data)
    stream = TLStream(data + string(content))
    stream.read_object()
    stream.read_string()
    assert stream.damaged_text == [place, len(data)]


def test_text_with_backslashes_is_not_damaged() -> None:
    """What looks like a shown byte but was written so is not called damaged."""
    found = read_object(boxed("messageEntityTextUrl", u32(1, 2), string(b"\\xff")))
    assert (found["url"], found.damaged_text) == ("\\xff", ())


def test_unknown_constructor_in_a_field() -> None:
    """Everything in front of it is kept, it is named with its offset."""
    data = BLOBS[1]
    media = read_object(data)["media"].offset
    data = data[:media] + u32(0x12345678) + data[media + 4 :]
    error = failure(data)
    assert (error.offset, error.constructor_id) == (media, 0x12345678)
    assert error.reason == "unknown constructor 12345678"
    partial = error.partial
    assert partial.end == media
    assert set(partial.fields) == {
        *("flags", "flags2", "post", "id", "peer_id", "fwd_from", "date", "message"),
    }
    assert (partial["id"], partial["date"]) == (77, 1717243300)
    assert not partial["fwd_from"].is_incomplete


def test_unknown_constructor_in_a_vector() -> None:
    """The items in front of it are kept, and so are the fields of all levels."""
    entities = VECTOR_ID + u32(4) + BOLD * 2 + u32(0xDEADBEEF) + BOLD
    data = boxed("textWithEntities", string(b"text"), entities)
    error = failure(data)
    assert (error.offset, error.constructor_id) == (len(data) - 16, 0xDEADBEEF)
    assert error.partial["text"] == "text"
    assert [item.name for item in error.partial["entities"]] == [
        "messageEntityBold"
    ] * 2
    assert not any(item.is_incomplete for item in error.partial["entities"])


def test_unknown_constructor_in_a_nested_object() -> None:
    """A nested object that could be begun is kept, marked as incomplete."""
    data = BLOBS[1]
    attributes = read_object(data)["media"]["document"]["attributes"][0].offset
    data = data[:attributes] + u32(0x12345678) + data[attributes + 4 :]
    partial = failure(data).partial
    document = partial["media"]["document"]
    assert document["size"] == 5000000000
    assert "attributes" not in document
    assert document.is_incomplete
    assert partial["media"].is_incomplete
    assert "views" not in partial


def test_unknown_outermost_constructor() -> None:
    """There is nothing to keep."""
    error = failure(u32(0x12345678) + bytes(40))
    assert (error.offset, error.constructor_id, error.partial) == (0, 0x12345678, None)
    # gzip_packed is never stored.
    assert failure(u32(0x3072CFA1) + bytes(40)).constructor_id == 0x3072CFA1


def test_object_of_another_type() -> None:
    """A known constructor where another type must stand is an error, not unknown."""
    error = failure(PEER, result_type="Message")
    assert error.constructor_id is None
    assert error.reason == "peerUser (59511722) is a Peer, a Message is expected"
    place = MESSAGE.index(PEER)
    error = failure(MESSAGE[:place] + BOLD + MESSAGE[place + 12 :])
    assert (error.offset, error.constructor_id) == (place, None)
    assert "is a MessageEntity, a Peer is expected" in error.reason
    assert set(error.partial.fields) == {"flags", "flags2", "out", "id"}


def test_any_type() -> None:
    """A vector of anything takes anything that is known."""
    data = VECTOR_ID + u32(2) + PEER + BOLD
    names = [item.name for item in read_vector(data, 0, "Object")]
    assert names == ["peerUser", "messageEntityBold"]
    with pytest.raises(TLError, match="deadbeef"):
        read_vector(VECTOR_ID + u32(1, 0xDEADBEEF), 0, "Object")


def test_condition_by_bool() -> None:
    """The holder of a secret chat's message: a Bool says whether a file follows."""
    message = boxed("decryptedMessageService", i64(1))
    action = boxed("decryptedMessageActionSetMessageTTL", u32(60))
    layer = boxed(
        "decryptedMessageLayer", string(b"r"), u32(17, 1, 2), message + action
    )
    head = u32(0x555555F9) + i64(9) + u32(1500000000) + layer
    file = boxed("encryptedFileEmpty")
    wanted = "DecryptedMessageHolder"
    without = read_object(head + FALSE + TRUE, result_type=wanted)
    assert "file" not in without
    assert (without["has_file"], without["new_key_used"]) == (False, True)
    with_file = read_object(head + TRUE + file + FALSE, result_type=wanted)
    assert with_file["file"].name == "encryptedFileEmpty"
    assert (with_file["has_file"], with_file["new_key_used"]) == (True, False)
    # Holders of 2014 end before the last field.
    error = failure(head + FALSE, result_type=wanted)
    assert error.partial["layer"]["message"]["action"]["ttl_seconds"] == 60


@pytest.mark.parametrize("place", range(len(BLOBS)))
def test_every_truncation(place: int) -> None:
    """A cut-off object is an error that keeps what stands before the cut."""
    data = BLOBS[place]
    whole = read_object(data)
    counts = []
    for cut in helpers.every_truncation(data):
        error = failure(cut)
        assert error.constructor_id is None
        if len(cut) < 4:
            assert error.partial is None
            continue
        check_beginning(error.partial, whole)
        counts.append(len(error.partial.fields))
    assert counts == sorted(counts)
    assert counts[0] == 0
    assert counts[-1] >= len(whole.fields) - 1


def check_beginning(found: Any, whole: Any) -> None:
    """Checks that a value is the beginning of another one, or all of it."""
    if isinstance(found, TLObject) and found.is_incomplete:
        assert (found.name, found.offset) == (whole.name, whole.offset)
        assert found.end <= whole.end
        different = [
            name
            for name, value in found.fields.items()
            if plain(value) != plain(whole[name])
        ]
        # Only the one in which the cut is.
        assert len(different) <= 1
        for name in different:
            check_beginning(found[name], whole[name])
    elif isinstance(found, list):
        assert len(found) <= len(whole)
        assert plain(found[:-1]) == plain(whole[: len(found) - 1])
        if found:
            check_beginning(found[-1], whole[len(found) - 1])
    elif isinstance(found, str):
        # The last character may be cut as well.
        assert whole.startswith(found.partition("\\x")[0])
    else:
        assert plain(found) == plain(whole)


def plain(value: Any) -> Any:
    """A value without offsets."""
    if isinstance(value, TLObject):
        return value.to_dict()
    return [plain(item) for item in value] if isinstance(value, list) else value


def test_cut_off_text_is_shown_and_marked() -> None:
    """The beginning of a text is kept; its object says that it is damaged."""
    data = boxed("textWithEntities", string("Schlüssel".encode()))
    error = failure(data[:10])
    assert error.partial["text"] == "Schl\\xc3"
    assert error.partial.damaged_text == (4,)
    assert error.reason == "string of 10 bytes announced, 5 are left"


def test_cut_off_padding() -> None:
    """A text whose padding is cut off is whole, the object is not."""
    error = failure(boxed("textWithEntities", b"\x04text"))
    assert error.partial["text"] == "text"
    assert error.partial.damaged_text == ()
    assert error.reason == "the padding of the string is cut off"


@pytest.mark.parametrize(
    "item_type", ["int", "long", "double", "string", "User", "Bool"]
)
@pytest.mark.parametrize("count", [4, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF])
def test_huge_counts(item_type: str, count: int) -> None:
    """A count that the rest of the data cannot hold is refused, what is there kept."""
    items = {
        "int": u32(1, 2),
        "long": i64(1, 2),
        "double": bytes(16),
        "string": string(b"a") * 2,
        "User": boxed("userEmpty", i64(1)) * 2,
        "Bool": TRUE * 2,
    }
    with pytest.raises(TLError) as caught:
        read_vector(VECTOR_ID + u32(count) + items[item_type], 0, item_type)
    error = caught.value
    assert len(error.partial) == 2
    if count > 5:
        left = len(items[item_type])
        assert error.offset == 4
        assert (
            error.reason == f"vector of {count} items announced, {left} bytes are left"
        )


def test_no_vector() -> None:
    """Another number in place of the vector's id."""
    error = failure(boxed("textWithEntities", string(b"a"), u32(0x1CB5C416, 0)))
    assert (error.offset, error.reason) == (8, "1cb5c416 is no vector")
    assert "entities" not in error.partial


def test_length_that_does_not_exist() -> None:
    """255 is no first byte of a string, whatever follows."""
    data = boxed("textWithEntities", b"\xff\x03\x00\x00abc\x00", VECTOR_ID, u32(0))
    error = failure(data)
    assert (error.offset, error.reason) == (4, "255 is no length of a string")
    assert "text" not in error.partial


def test_no_bool() -> None:
    """A Bool is one of two numbers."""
    with pytest.raises(TLError, match="00000001 is no Bool"):
        read_vector(VECTOR_ID + u32(1, 1), 0, "Bool")
    error = failure(boxed("jsonBool", u32(1)))
    assert (error.offset, error.reason) == (4, "00000001 is no Bool")


def bold_text(levels: int, inner: bytes) -> bytes:
    """Rich text within rich text."""
    return boxed("textBold") * levels + inner


def test_nesting() -> None:
    """Objects may be nested up to the limit, and not beyond it."""
    inner = boxed("textPlain", string(b"deep"))
    found = read_object(bold_text(MAXIMUM_DEPTH, inner))
    for _ in range(MAXIMUM_DEPTH):
        found = found["text"]
    assert found["text"] == "deep"
    error = failure(bold_text(MAXIMUM_DEPTH + 1, inner))
    assert error.offset == 4 * MAXIMUM_DEPTH
    assert "nested more than 64 deep" in error.reason
    partial = error.partial
    for _ in range(MAXIMUM_DEPTH - 1):
        partial = partial["text"]
    assert (partial.name, partial.fields) == ("textBold", {})


@pytest.mark.parametrize(
    "level",
    [
        boxed("textBold"),
        boxed("textConcat", VECTOR_ID, u32(1)),
        boxed("textConcat", VECTOR_ID, u32(0x10000)),
        boxed("jsonArray", VECTOR_ID, u32(1)),
        boxed("pageBlockCover"),
    ],
)
def test_nesting_bombs(level: bytes) -> None:
    """A megabyte of nested objects ends at the limit, with a partial object."""
    error = failure(level * (1_000_000 // len(level)))
    assert "nested more than 64 deep" in error.reason or "announced" in error.reason
    assert error.offset <= 65 * len(level)
    depth = 0
    partial = error.partial
    while partial is not None:
        depth += 1
        nested = list(partial.fields.values())
        partial = nested[0] if nested else None
        partial = partial[0] if isinstance(partial, list) else partial
    assert depth == MAXIMUM_DEPTH


def test_wide_objects() -> None:
    """Many items are no error, and give no more objects than there are bytes for."""
    count = 100_000
    data = boxed("jsonArray", VECTOR_ID, u32(count), boxed("jsonNull") * count)
    assert len(read_object(data)["value"]) == count


def test_many_bare_objects() -> None:
    """A long vector of bare objects that is cut off keeps those in front of the cut."""
    count = 50_000
    salts = u32(1, 2) + i64(3)
    data = boxed("future_salts", i64(1), u32(5, count), salts * count)
    assert len(read_object(data)["salts"]) == count
    error = failure(data[:-1])
    assert len(error.partial["salts"]) == count
    assert error.partial["salts"][-1].is_incomplete
    assert error.offset == 16


def as_text(found: TLObject) -> str:
    """An object as text, as a double that is no number equals nothing."""
    return json.dumps(found.to_dict(), sort_keys=True)


def test_readers_agree_on_damage() -> None:
    """The fast readers accept what the careful one does, and read the same."""
    accepted = refused = damaged = 0
    for place, blob in enumerate(BLOBS):
        for data in helpers.mutations(blob, 1500, f"tl {place}"):
            checked = CheckedReader(data)
            try:
                slow, end = checked.boxed(None, 0)
            except TLError as error:
                slow = None
                assert 0 <= error.offset <= len(data)
                assert error.partial is None or error.partial.is_incomplete
            try:
                fast = tl_compiled.read_boxed(data, 0, None)
            except tl_compiled.UNSOUND:
                fast = None
            if slow is None:
                refused += 1
                assert fast is None or fast.end > len(data)
            elif checked.damaged_text:
                damaged += 1
                assert fast is None
                assert slow.damaged_text == tuple(checked.damaged_text)
            else:
                accepted += 1
                assert fast is not None
                assert fast.end == end
                assert as_text(fast) == as_text(slow)
    assert accepted > 1000
    assert refused > 1000
    assert damaged > 50


@settings(max_examples=400, deadline=None, derandomize=True)
@given(st.sampled_from(tl_writer.table()), st.binary(max_size=200))
def test_any_bytes(row: tl_writer.Row, content: bytes) -> None:
    """Any bytes behind any id are an object or an error that says where."""
    data = u32(row.number) + content
    try:
        found = read_object(data)
    except TLError as error:
        assert 0 <= error.offset <= len(data)
        assert error.partial is not None
    else:
        assert found.end <= len(data)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.integers(), st.sampled_from(tl_writer.table()), st.data())
def test_damaged_objects(seed: int, row: tl_writer.Row, draw: st.DataObject) -> None:
    """Any constructor with a changed byte is an object or an error that says where."""
    data = bytearray(TLWriter(seed).object(row, "random")[0])
    place = draw.draw(st.integers(0, len(data) - 1))
    data[place] ^= draw.draw(st.integers(1, 255))
    try:
        found = read_object(bytes(data), result_type=row.type_name)
    except TLError as error:
        assert 0 <= error.offset <= len(data)
    else:
        assert found.result_type == row.type_name


@pytest.mark.parametrize("offset", [-1, -len(MESSAGE), len(MESSAGE), len(MESSAGE) + 9])
def test_offset_outside(offset: int) -> None:
    """An offset outside of the data is an error, never counted from the end."""
    with pytest.raises(TLError, match="0 are left|# needs"):
        read_object(MESSAGE, offset)
    with pytest.raises(TLError):
        read_vector(MESSAGE, offset, "int")


def test_vectors() -> None:
    """Vectors outside of objects, nested ones too."""
    assert read_vector(VECTOR_ID + u32(0), 0, "User") == []
    assert read_vector(VECTOR_ID + u32(2) + i64(-1, 5), 0, "long") == [-1, 5]
    assert read_vector(VECTOR_ID + u32(2) + TRUE + FALSE, 0, "Bool") == [True, False]
    inner = VECTOR_ID + u32(2, 7, 8)
    data = b"\x00" + VECTOR_ID + u32(2) + inner * 2
    assert read_vector(data, 1, "Vector<int>") == [[7, 8], [7, 8]]
    peers = read_vector(VECTOR_ID + u32(2) + PEER * 2, 0, "Peer")
    assert [(peer["user_id"], peer.offset) for peer in peers] == [
        (6000000001, 8),
        (6000000001, 20),
    ]
    salts = read_vector(VECTOR_ID + u32(1, 1, 2) + i64(3), 0, "future_salt")
    assert [salt.to_dict() for salt in salts] == [
        {"_": "future_salt", "valid_since": 1, "valid_until": 2, "salt": 3}
    ]
    # Of a bare object the first field is the beginning.
    assert (salts[0].offset, salts[0].end) == (8, 24)
    raw = read_vector(VECTOR_ID + u32(1) + bytes(range(16)), 0, "int128")
    assert raw == [bytes(range(16))]


def test_vector_of_no_type() -> None:
    """A wrong type is the caller's mistake, not the data's."""
    with pytest.raises(TLSchemaError):
        read_vector(VECTOR_ID + u32(0), 0, "true")


def test_damaged_vector() -> None:
    """The items in front of the damage are kept; text is shown."""
    strings = VECTOR_ID + u32(2) + string(b"\xff") + string(b"b")
    assert read_vector(strings, 0, "string") == ["\\xff", "b"]
    with pytest.raises(TLError) as caught:
        read_vector(VECTOR_ID + u32(2) + PEER + BOLD, 0, "Peer")
    assert [peer["user_id"] for peer in caught.value.partial] == [6000000001]
    longer = VECTOR_ID + u32(1) + string(b"longer")
    for data in helpers.every_truncation(longer):
        with pytest.raises(TLError):
            read_vector(data, 0, "bytes")
    with pytest.raises(TLError) as caught:
        read_vector(u32(5, 5), 0, "Peer")
    assert caught.value.partial is None


def test_stream() -> None:
    """All values, one after the other."""
    data = u32(0xFFFFFFFF, 0xFFFFFFFF) + i64(-5)
    data += string(b"\x00\xff") + string("grün".encode()) + TRUE + FALSE + b"raw"
    data += PEER + VECTOR_ID + u32(1) + PEER
    stream = TLStream(memoryview(b"\xee" + data), 1)
    assert stream.remaining == len(data)
    assert [stream.read_int32(), stream.read_uint32(), stream.read_int64()] == [
        -1,
        0xFFFFFFFF,
        -5,
    ]
    assert (stream.read_bytes(), stream.read_string()) == (b"\x00\xff", "grün")
    assert (stream.read_bool(), stream.read_bool()) == (True, False)
    assert stream.read_raw(3) == b"raw"
    assert stream.read_object("Peer")["user_id"] == 6000000001
    assert [peer.name for peer in stream.read_vector("Peer")] == ["peerUser"]
    assert (stream.remaining, stream.damaged_text) == (0, [])


@pytest.mark.parametrize("size", [0, 3])
def test_stream_at_its_end(size: int) -> None:
    """What is not there is an error at the place where it should be."""
    stream = TLStream(b"\xee" * 5 + b"\xfe" * size, 5)
    for read in (
        stream.read_int32,
        stream.read_uint32,
        stream.read_int64,
        stream.read_bytes,
        stream.read_string,
        stream.read_bool,
        lambda: stream.read_raw(4),
        stream.read_object,
        lambda: stream.read_vector("int"),
    ):
        with pytest.raises(TLError) as caught:
            read()
        assert caught.value.offset == stream.offset == 5
    assert stream.remaining == size
    assert TLStream(b"", 9).remaining == 0


def test_stream_stays_in_front_of_damage() -> None:
    """After an error the stream stands where it was."""
    stream = TLStream(u32(7) + boxed("textWithEntities", string(b"a"), u32(1, 2)))
    stream.read_int32()
    with pytest.raises(TLError) as caught:
        stream.read_object("TextWithEntities")
    assert (stream.offset, caught.value.offset) == (4, 12)
    with pytest.raises(TLError):
        stream.read_raw(-1)
    assert stream.offset == 4


def test_types_of_the_compiler() -> None:
    """Both readers know every type that the table names, and the same ones."""
    kinds = {field.type.kind for one in schema() for field in one.fields}
    numbers = {"#", "int", "long", "double", "int256"}
    assert kinds == numbers | {
        *("string", "bytes", "Bool", "true", "boxed", "vector", "bare_vector"),
    }
    for kind in (*sorted(numbers), "int128", "string", "bytes", "Bool"):
        item = string(b"text") if kind in ("string", "bytes") else TRUE * 8
        data = VECTOR_ID + u32(1) + item
        vector = parse_type(f"Vector<{kind}>")
        fast, _ = tl_compiled.read_vector(data, 0, vector)
        slow, _ = CheckedReader(data).value(vector, 0, 1)
        assert fast == slow != []
