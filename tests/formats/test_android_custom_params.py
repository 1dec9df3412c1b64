"""Tests of `custom_params` of Telegram for Android (section 4.4)."""

from __future__ import annotations

import dataclasses
import json
import struct
from typing import Any

import pytest

from telegram_forensics.formats.android_custom_params import (
    MessageCustomParams,
    read_message_custom_params,
)
from telegram_forensics.formats.tl_object import TLError, TLObject
from tests import helpers
from tests.builders import tl_writer
from tests.builders.tl_writer import FALSE, TRUE, VECTOR_ID, TLWriter, string

VECTOR = next(
    vector
    for vector in json.loads(
        (
            helpers.REPOSITORY / "test_data" / "vectors" / "android_vectors.json"
        ).read_text("utf-8")
    )["vectors"]
    if vector["kind"] == "custom_params"
)
DATA = bytes.fromhex(VECTOR["hex"])
# textWithEntities "übersetzt" with no entities.
TEXT = (
    struct.pack("<I", 0x751F3146) + string("übersetzt".encode()) + VECTOR_ID + bytes(4)
)
POLL, POLL_FIELDS = TLWriter("poll").object(
    next(row for row in tl_writer.table() if row.name == "pollText"), "on"
)
FIXED = TRUE + FALSE + TRUE + struct.pack("<q", -7) + FALSE


def head(flags: int, version: int = 1) -> bytes:
    """Version and flags."""
    return struct.pack("<iI", version, flags)


def plain(record: MessageCustomParams) -> dict[str, Any]:
    """The fields that are set, objects as dictionaries."""
    fields = dataclasses.fields(record)
    values = {field.name: getattr(record, field.name) for field in fields}
    return {
        name: value.to_dict() if isinstance(value, TLObject) else value
        for name, value in values.items()
        if value is not None
    }


def test_known_answer() -> None:
    """A record whose content is known."""
    record = read_message_custom_params(DATA)
    expected = VECTOR["expected"]
    assert record.translated_text is not None
    assert {
        "version": record.version,
        "flags": record.flags,
        "voiceTranscription": record.voice_transcription,
        "open": record.voice_transcription_open,
        "final": record.voice_transcription_final,
        "rated": record.voice_transcription_rated,
        "transcriptionId": record.voice_transcription_identifier,
        "premiumEffectPlayed": record.premium_effect_played,
        "originalLanguage": record.original_language,
        "translatedToLanguage": record.translated_language,
        "translatedText": record.translated_text["text"],
    } == expected
    assert (record.leftover, record.warnings) == (0, [])


def test_everything() -> None:
    """All optional fields, and none of them."""
    data = head(0xFF) + string(b"voice") + FIXED + string(b"de") + string(b"en")
    record = read_message_custom_params(data + TEXT + POLL + struct.pack("<qq", 5, 6))
    assert record.translated_text is not None
    assert plain(record) == {
        "version": 1,
        "flags": 0xFF,
        "voice_transcription": "voice",
        "voice_transcription_open": True,
        "voice_transcription_final": False,
        "voice_transcription_rated": True,
        "voice_transcription_forced": True,
        "voice_transcription_identifier": -7,
        "premium_effect_played": False,
        "original_language": "de",
        "translated_language": "en",
        "translated_text": {
            "_": "textWithEntities",
            "text": "übersetzt",
            "entities": [],
        },
        "translated_poll": POLL_FIELDS,
        "allowed_price": 5,
        "new_price": 6,
        "leftover": 0,
        "warnings": [],
    }
    assert plain(read_message_custom_params(memoryview(head(0) + FIXED))) == {
        "version": 1,
        "flags": 0,
        "voice_transcription_open": True,
        "voice_transcription_final": False,
        "voice_transcription_rated": True,
        "voice_transcription_forced": False,
        "voice_transcription_identifier": -7,
        "premium_effect_played": False,
        "leftover": 0,
        "warnings": [],
    }


@pytest.mark.parametrize(
    ("bit", "stored", "name", "value"),
    [
        (2, string(b"de"), "original_language", "de"),
        (3, string(b"en"), "translated_language", "en"),
        (6, struct.pack("<q", -5), "allowed_price", -5),
        (7, struct.pack("<q", 2**40), "new_price", 2**40),
    ],
)
def test_single_fields(bit: int, stored: bytes, name: str, value: object) -> None:
    """Each flag stands for its own field."""
    found = plain(read_message_custom_params(head(1 << bit) + FIXED + stored))
    without = plain(read_message_custom_params(head(0) + FIXED))
    assert found == {**without, "flags": 1 << bit, name: value}


def test_records_of_older_versions() -> None:
    """A record may end in front of any field, and only there."""
    whole = plain(read_message_custom_params(DATA))
    # Offsets behind version and flags, and behind each field of the vector.
    ends = [8, 20, 24, 28, 32, 40, 44, 48, 52]
    for size in range(8, len(DATA)):
        record = read_message_custom_params(DATA[:size])
        assert (record.warnings == []) == (size in ends), size
        if size in ends:
            found = plain(record)
            assert found == {name: whole[name] for name in found}
            assert len(found) == 5 + ends.index(size)


def test_damage_inside() -> None:
    """What stands in front of the damage is kept, and so is a nested beginning."""
    data = head(0x10) + FIXED + TEXT
    record = read_message_custom_params(data[:-6])
    assert record.voice_transcription_identifier == -7
    assert record.translated_text is not None
    assert record.translated_text["text"] == "übersetzt"
    assert record.translated_text.is_incomplete
    assert record.leftover == len(TEXT) - 6
    assert len(record.warnings) == 1
    assert record.warnings[0].startswith("translated_text: offset 0x")
    record = read_message_custom_params(head(1) + string(b"a\xff") + FIXED)
    assert record.voice_transcription == "a\\xff"
    assert record.warnings == ["offset 0x8: damaged text"]


def test_leftover() -> None:
    """Bytes behind all fields are counted and told."""
    record = read_message_custom_params(head(0) + FIXED + b"abc")
    assert record.leftover == 3
    assert record.warnings == ["offset 0x20: 3 bytes behind the record"]


def test_head() -> None:
    """Another version, or no head at all, is refused."""
    for version in (0, 2, -1):
        with pytest.raises(TLError, match=f"unknown version {version}"):
            read_message_custom_params(head(0, version) + FIXED)
    for data in helpers.every_truncation(head(0)):
        with pytest.raises(TLError):
            read_message_custom_params(data)


def test_mutations() -> None:
    """Any bytes are read or refused; leftovers are never silent."""
    refused = told = 0
    for data in helpers.mutations(DATA, 2000, "custom"):
        try:
            record = read_message_custom_params(data)
        except TLError as error:
            refused += 1
            assert 0 <= error.offset <= len(data)
        else:
            told += bool(record.warnings)
            assert (record.leftover > 0) <= (record.warnings != [])
    assert refused > 50
    assert told > 200
