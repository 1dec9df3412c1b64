"""What Telegram for Android knows about a message or story beyond the server's object.

Specification: formats/android.md section 4.4. Column `custom_params` of the message
tables (since database version 97) and of `stories`: readable copies of voice messages
and translations. Each version of the client wrote some more fields; a record that ends
between two fields is sound.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from telegram_forensics.formats.tl_object import TLError, TLObject
from telegram_forensics.formats.tl_reader import TLStream

_VERSION: Final = 1


@dataclass(slots=True)
class MessageCustomParams:
    """What the client keeps about a message. None: not stored.

    Attributes:
        version: of the record, always 1.
        flags: as stored.
        voice_transcription: the words of a voice or video message.
        voice_transcription_open: they are shown.
        voice_transcription_final: nothing will be added.
        voice_transcription_rated: the owner said how good they are.
        voice_transcription_forced: they were asked for without the owner (flags.1).
        voice_transcription_identifier: the server's number of the transcription.
        premium_effect_played: the effect of a sticker was shown.
        original_language: of a translated text, as a language code.
        translated_language: the language it was translated to.
        translated_text: a `textWithEntities`, cut off where the record is.
        translated_poll: a `pollText`, cut off where the record is.
        allowed_price, new_price: in Telegram stars, of a message that was not sent for
            its price.
        leftover: number of bytes behind all that, which nothing is known about.
        warnings: what is wrong with the record, in words.
    """

    version: int
    flags: int
    voice_transcription: str | None = None
    voice_transcription_open: bool | None = None
    voice_transcription_final: bool | None = None
    voice_transcription_rated: bool | None = None
    voice_transcription_forced: bool = False
    voice_transcription_identifier: int | None = None
    premium_effect_played: bool | None = None
    original_language: str | None = None
    translated_language: str | None = None
    translated_text: TLObject | None = None
    translated_poll: TLObject | None = None
    allowed_price: int | None = None
    new_price: int | None = None
    leftover: int = 0
    warnings: list[str] = field(default_factory=list)


# Attribute, bit of `flags` that it depends on (None: always stored), reader.
_Layout = tuple[tuple[str, int | None, Callable[[TLStream], Any]], ...]


def _read_text_with_entities(stream: TLStream) -> TLObject:
    return stream.read_object("TextWithEntities")


def _read_poll_text(stream: TLStream) -> TLObject:
    return stream.read_object("PollText")


_MESSAGE_LAYOUT: Final[_Layout] = (
    ("voice_transcription", 0, TLStream.read_string),
    ("voice_transcription_open", None, TLStream.read_bool),
    ("voice_transcription_final", None, TLStream.read_bool),
    ("voice_transcription_rated", None, TLStream.read_bool),
    ("voice_transcription_identifier", None, TLStream.read_int64),
    ("premium_effect_played", None, TLStream.read_bool),
    ("original_language", 2, TLStream.read_string),
    ("translated_language", 3, TLStream.read_string),
    ("translated_text", 4, _read_text_with_entities),
    ("translated_poll", 5, _read_poll_text),
    ("allowed_price", 6, TLStream.read_int64),
    ("new_price", 7, TLStream.read_int64),
)


def read_message_custom_params(data: bytes | memoryview) -> MessageCustomParams:
    """Reads `custom_params` of a message.

    What cannot be read is told in `warnings`; what stands before it is kept.

    Raises:
        TLError: if the record is shorter than its head or of an unknown version.
    """
    stream, version, flags = _read_head(data)
    record = MessageCustomParams(version, flags)
    record.voice_transcription_forced = bool(flags >> 1 & 1)
    _read_body(stream, record, _MESSAGE_LAYOUT)
    return record


def _read_head(data: bytes | memoryview) -> tuple[TLStream, int, int]:
    stream = TLStream(data)
    version = stream.read_int32()
    if version != _VERSION:
        raise TLError(0, f"custom parameters of unknown version {version}")
    return stream, version, stream.read_uint32()


def _read_body(stream: TLStream, record: MessageCustomParams, layout: _Layout) -> None:
    for name, bit, read in layout:
        if not stream.remaining:
            # Written by a client that did not know the rest.
            break
        if bit is not None and not record.flags >> bit & 1:
            continue
        try:
            setattr(record, name, read(stream))
        except TLError as error:
            if error.partial is not None:
                setattr(record, name, error.partial)
            record.warnings.append(f"{name}: {error}")
            break
    record.warnings += [
        f"offset 0x{place:x}: damaged text" for place in stream.damaged_text
    ]
    record.leftover = stream.remaining
    if record.leftover and not record.warnings:
        record.warnings.append(
            f"offset 0x{stream.offset:x}: {record.leftover} bytes behind the record"
        )
