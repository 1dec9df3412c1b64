"""Tests of message blobs of Telegram for Android (section 4.2)."""

from __future__ import annotations

import json
import struct
from typing import Any

import pytest

from telegram_forensics.formats.android_message_blob import (
    MessageBlob,
    parse_trailer,
    read_message_blob,
)
from telegram_forensics.formats.tl_object import TLError
from tests import helpers
from tests.builders import tl_writer
from tests.builders.tl_writer import TLWriter, string

VECTORS = [
    vector
    for vector in json.loads(
        (
            helpers.REPOSITORY / "test_data" / "vectors" / "android_vectors.json"
        ).read_text("utf-8")
    )["vectors"]
    if vector["kind"] == "message_blob"
]
BLOBS = [bytes.fromhex(vector["hex"]) for vector in VECTORS]
TRAILERS = {
    "parameters": "||final|=|1||originalPath|=|/a/b.jpg_12_34||/c/d.jpg",
    "path": "/c/d.jpg",
    "nothing": " ",
    "old nothing": "",
}
# Constructors of messages that have a trailer.
ROWS = [
    row
    for row in tl_writer.rows_of("Message")
    if row.type_name == "Message"
    if row.name not in ("messageEmpty", "messageService")
]
FORWARDED = [row for row in ROWS if row.name == "messageForwarded"]
WITH_FORWARD_FLAG = [
    row for row in ROWS if any(condition == "flags.2" for _, condition, _ in row.fields)
]


def i32(*values: int) -> bytes:
    """Signed 32-bit integers."""
    return struct.pack(f"<{len(values)}i", *values)


def text(value: str) -> bytes:
    """A TL string."""
    return string(value.encode())


def message(row: tl_writer.Row, mode: str, number: int) -> bytes:
    """A message with a number of its own."""
    data, fields = TLWriter(f"{row.number} {mode}").object(row, mode)
    # The number stands behind the flags, or first.
    names = [name for name, _, type_name in row.fields if type_name != "true"]
    place = 4 + 4 * names.index("id")
    assert data[place : place + 4] == i32(fields["id"])
    return data[:place] + i32(number) + data[place + 4 :]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["description"])
def test_known_answers(vector: dict[str, Any]) -> None:
    """Blobs whose content is known."""
    blob = read_message_blob(bytes.fromhex(vector["hex"]))
    expected = vector["expected"]
    found: dict[str, Any] = {
        **blob.message.fields,
        "constructor": f"{blob.message.constructor_id:08x}",
        "trailer_string": blob.trailer,
        "attach_path": blob.attach_path,
        "params": blob.parameters,
        "fwd_msg_id": blob.forward_message_identifier,
        "has_media_flag9": bool(blob.message["flags"] >> 9 & 1),
    }
    if media := blob.message.get("media"):
        found["media"] = media.name
    if action := blob.message.get("action"):
        found["action"] = action.name
        found["encryptedAction"] = action["encryptedAction"].name
        found["ttl_seconds"] = action["encryptedAction"]["ttl_seconds"]
    # Where a message was composed is not this reader's business.
    expected = {k: v for k, v in expected.items() if k != "composed_here_marker"}
    assert {name: found.get(name, "missing") for name in expected} == expected
    assert (blob.leftover, blob.warnings) == (0, [])


@pytest.mark.parametrize("kind", TRAILERS)
@pytest.mark.parametrize("mode", tl_writer.MODES)
def test_every_constructor(mode: str, kind: str) -> None:
    """Each constructor of a message with each kind of trailer."""
    trailer = TRAILERS[kind]
    assert len(ROWS) > 40
    for row in ROWS:
        data = message(row, mode, 4242) + text(trailer)
        blob = read_message_blob(data)
        assert blob.message.constructor_id == row.number
        assert blob.message["id"] == 4242
        assert blob.trailer == trailer
        assert blob.attach_path == ("/c/d.jpg" if "/" in trailer else "")
        assert blob.parameters == (
            {"final": "1", "originalPath": "/a/b.jpg_12_34"} if "||" in trailer else {}
        )
        assert blob.forward_message_identifier is None
        assert (blob.leftover, blob.warnings) == (0, [])


def test_migrated_rows() -> None:
    """A message without anything behind it is sound, sent or not."""
    for row in ROWS:
        for number in (-210000, 4242):
            blob = read_message_blob(message(row, "on", number))
            assert (blob.trailer, blob.attach_path) == (None, None)
            assert (blob.leftover, blob.warnings) == (0, [])


def test_unsent_forward() -> None:
    """The forwarded message's number stands behind the string."""
    assert len(WITH_FORWARD_FLAG) > 25
    for row in WITH_FORWARD_FLAG:
        data = message(row, "on", -210000)
        blob = read_message_blob(data + text(" ") + i32(987))
        assert (blob.trailer, blob.forward_message_identifier) == (" ", 987)
        assert (blob.leftover, blob.warnings) == (0, [])
        # It may be missing.
        blob = read_message_blob(data + text(" "))
        assert (blob.trailer, blob.forward_message_identifier) == (" ", None)
        assert (blob.leftover, blob.warnings) == (0, [])
        # Not an unsent message, and not a forward: the number has no business there.
        for other in (message(row, "on", 5), message(row, "off", -210000)):
            blob = read_message_blob(other + text(" ") + i32(987))
            assert (blob.trailer, blob.forward_message_identifier) == (" ", None)
            assert blob.leftover == 4
            assert "4 bytes behind the message" in blob.warnings[0]


def test_message_forwarded() -> None:
    """The old class of forwards has the number in front of the string."""
    assert {row.number for row in FORWARDED} == {0x05F46804, 0xA367E716}
    for row in FORWARDED:
        blob = read_message_blob(message(row, "on", -5) + i32(987) + text("/a"))
        assert (blob.trailer, blob.forward_message_identifier) == ("/a", 987)
        assert (blob.leftover, blob.warnings) == (0, [])
        blob = read_message_blob(message(row, "on", -5) + i32(987))
        assert (blob.trailer, blob.forward_message_identifier) == (None, 987)
        blob = read_message_blob(message(row, "on", 5) + text("/a"))
        assert (blob.trailer, blob.forward_message_identifier) == ("/a", None)


def test_secret_messages() -> None:
    """Messages of secret chats never have the number."""
    rows = [row for row in ROWS if row.name.startswith("message_secret")]
    assert {row.number for row in rows} == {0x555555F8, 0x555555F9, 0x555555FA}
    for row in rows:
        # Bit 2 means nothing here, and may be set.
        data = bytearray(message(row, "on", -5))
        data[4] |= 4
        blob = read_message_blob(bytes(data) + text("") + i32(987))
        assert (blob.trailer, blob.forward_message_identifier) == ("", None)
        assert blob.leftover == 4


@pytest.mark.parametrize("name", ["messageEmpty", "messageService"])
def test_messages_without_trailer(name: str) -> None:
    """Nothing belongs behind them; what stands there is told."""
    rows = [row for row in tl_writer.rows_of("Message") if row.name == name]
    assert len(rows) >= 2
    for row in rows:
        data = TLWriter(7).object(row, "on")[0]
        blob = read_message_blob(data)
        assert (blob.trailer, blob.leftover, blob.warnings) == (None, 0, [])
        blob = read_message_blob(data + text("/a"))
        assert (blob.trailer, blob.attach_path, blob.leftover) == (None, None, 4)
        assert blob.warnings == [f"offset 0x{len(data):x}: 4 bytes behind the message"]


@pytest.mark.parametrize(
    ("trailer", "path", "parameters", "problems"),
    [
        ("", "", {}, 0),
        (" ", "", {}, 0),
        (" /a b ", "/a b", {}, 0),
        ("a||b", "a||b", {}, 0),
        ("||k|=|v|| ", "", {"k": "v"}, 0),
        ("||k|=|v||", "", {"k": "v"}, 0),
        ("||k|=|v", "k|=|v", {}, 0),
        ("||k|=|||p|=|x|=|y||/a", "/a", {"k": "", "p": "x|=|y"}, 0),
        ("||k|=|v|||p|=|q||/a", "/a", {"k": "v|", "p": "q"}, 0),
        ("||k|=||| ", "", {"k": ""}, 0),
        ("||k|=|x|=|y|| ", "", {"k": "x|=|y"}, 0),
        ("||alone||k|=|v||/a", "/a", {"k": "v"}, 1),
        ("||k|=|v||k|=|w||/a", "/a", {"k": "v"}, 1),
        ("||", "", {}, 0),
        ("||||", "", {}, 1),
    ],
)
def test_trailers(
    trailer: str, path: str, parameters: dict[str, str], problems: int
) -> None:
    """Path and parameters of each form, odd ones too."""
    found = parse_trailer(trailer)
    assert found[:2] == (path, parameters)
    assert len(found[2]) == problems


def test_odd_trailer() -> None:
    """What does not follow the format is told with the message."""
    blob = read_message_blob(BLOBS[0][:-4] + text("||alone||k|=|v||/a"))
    assert (blob.attach_path, blob.parameters) == ("/a", {"k": "v"})
    assert blob.warnings == ["trailer of the message: 'alone' is no parameter"]


def old_media_message(caption: str, media: bytes) -> MessageBlob:
    """An own message of layer 48 to 68 with media."""
    peer = i32(-0x624E4393, 7)
    head = struct.pack("<II", 0xC09BE45F, 0x302) + i32(-5, 3) + peer
    return read_message_blob(
        head + i32(1500000000) + text(caption) + media + text("/a")
    )


PHOTO_EMPTY = struct.pack("<Iq", 0x2331B22D, 9)
OLD_PHOTO = struct.pack("<I", 0x3D8CE53D) + PHOTO_EMPTY + text("caption")
NEW_PHOTO = struct.pack("<II", 0x695150D7, 0)
NO_MEDIA = struct.pack("<I", 0x3DED6320)


@pytest.mark.parametrize(
    ("caption", "media", "expected"),
    [
        ("-1", OLD_PHOTO, "-1"),
        ("-1_1_2_3", OLD_PHOTO, "-1_1_2_3"),
        ("-10", OLD_PHOTO, None),
        ("", OLD_PHOTO, None),
        # Since captions stand in the text somebody may have written it.
        ("-1", NEW_PHOTO, None),
        ("-1", NO_MEDIA, None),
    ],
)
def test_own_media_text(caption: str, media: bytes, expected: str | None) -> None:
    """The mark of media that were sent from this device, 2013 to 2018."""
    blob = old_media_message(caption, media)
    assert (blob.message.name, blob.message["message"]) == ("message", caption)
    assert blob.message["media"].name.startswith("messageMedia")
    assert blob.own_media_text == expected
    assert (blob.attach_path, blob.warnings) == ("/a", [])


def test_damaged_trailer() -> None:
    """A message is there even if what stands behind it is not."""
    data = BLOBS[0][:-4]
    blob = read_message_blob(data + b"\x20/abc")
    assert blob.message["message"] == "hello"
    assert (blob.trailer, blob.attach_path, blob.leftover) == ("/abc", None, 5)
    assert blob.warnings == [
        "trailer of the message: offset 0x34: string of 32 bytes announced, 4 are left",
        "offset 0x34: damaged text",
        "offset 0x34: 5 bytes behind the message",
    ]
    blob = read_message_blob(data + string(b"/\xff"))
    assert (blob.trailer, blob.attach_path) == ("/\\xff", "/\\xff")
    assert blob.warnings == ["offset 0x34: damaged text"]


def test_damaged_text_of_the_message() -> None:
    """It is shown, and told with its offset."""
    data = BLOBS[0].replace(b"hello", b"h\xffllo")
    blob = read_message_blob(data)
    assert blob.message["message"] == "h\\xffllo"
    place = data.index(b"\x05h\xffllo")
    assert blob.message.damaged_text == (place,)
    assert blob.warnings == [f"offset 0x{place:x}: damaged text"]


def test_damaged_message() -> None:
    """What was decoded of a message is in the error."""
    media = BLOBS[2].index(bytes.fromhex("d7505169"))
    data = BLOBS[2][:media] + b"\xde\xad\xbe\xef" + BLOBS[2][media + 4 :]
    with pytest.raises(TLError) as caught:
        read_message_blob(data)
    assert caught.value.constructor_id == 0xEFBEADDE
    assert caught.value.partial["message"] == "cap"


def test_no_message() -> None:
    """An object of another type is no message."""
    with pytest.raises(TLError, match="peerUser .* a Message is expected") as caught:
        read_message_blob(struct.pack("<Iq", 0x59511722, 5))
    assert caught.value.partial is None


@pytest.mark.parametrize("place", range(len(BLOBS)))
def test_every_truncation(place: int) -> None:
    """A cut-off blob gives the message, or the error that holds its beginning."""
    whole = read_message_blob(BLOBS[place])
    for data in helpers.every_truncation(BLOBS[place]):
        if len(data) < whole.message.end:
            with pytest.raises(TLError) as caught:
                read_message_blob(data)
            assert (caught.value.partial is None) == (len(data) < 4)
            continue
        blob = read_message_blob(memoryview(data))
        assert blob.message.to_dict() == whole.message.to_dict()
        # Sound only where the string, or the number behind it, is missing as a whole.
        at_an_end = len(data) == whole.message.end or (
            whole.forward_message_identifier is not None
            and len(data) == len(BLOBS[place]) - 4
        )
        assert (blob.warnings == []) == at_an_end


def test_mutations() -> None:
    """Any bytes give a message or an error, and nothing is passed over in silence."""
    refused = told = 0
    for place, whole in enumerate(BLOBS):
        for data in helpers.mutations(whole, 500, f"blob {place}"):
            try:
                blob = read_message_blob(data)
            except TLError as error:
                refused += 1
                assert 0 <= error.offset <= len(data)
            else:
                told += bool(blob.warnings)
                assert blob.message.result_type == "Message"
                assert (blob.leftover > 0) <= (blob.warnings != [])
    assert refused > 500
    assert told > 100
