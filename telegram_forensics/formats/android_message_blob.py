"""A message as Telegram for Android keeps it: a TL object and what the client adds.

Specification: formats/android.md section 4.2. Column `data` of the message tables, the
blobs of push messages, pinned messages and downloads, bot keyboards, `r_` values of
drafts.xml; all versions since 2013. Behind the TL object of a message (not of
`messageEmpty` and `messageService`) stands a string that says which local file was sent
and how, and, of a forward that was not sent yet, the number of the forwarded message.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from telegram_forensics.formats.tl_object import TLError, TLObject
from telegram_forensics.formats.tl_reader import TLStream, read_object

_WITHOUT_TRAILER: Final = frozenset({"messageEmpty", "messageService"})
# What stands behind nearly every message since 5.7.1: a trailer of one space.
_BLANK_TRAILER: Final = b"\x01 \x00\x00"
_SECRET_PREFIX: Final = "message_secret"
_FORWARDED_FLAG: Final = 1 << 2
# The last two of three bars: the first ends a value or the `|=|` before an empty one.
_SEPARATOR: Final = re.compile(r"\|\|(?!\|)")
# "-1" instead of a caption: media of layers whose media have no caption in the text.
_LAST_LAYER_WITH_OWN_CAPTION: Final = 75
_CAPTIONED_MEDIA: Final = frozenset(
    {
        "messageMediaAudio",
        "messageMediaDocument",
        "messageMediaPhoto",
        "messageMediaVideo",
    }
)


@dataclass(slots=True)
class MessageBlob:
    """A message and what the client stored behind it.

    Attributes:
        message: the TL object, of type `Message`.
        trailer: the string behind it as stored, None if there is none.
        attach_path: path of the local file in the trailer, "" if it names none, None if
            there is no trailer or it is cut off.
        parameters: what else the trailer says, e.g. `originalPath`, `groupId`.
        forward_message_identifier: number of the message that is being forwarded, None
            if that is not stored.
        own_media_text: the text "-1" or "-1_..." that clients of 2013 to 2018 gave to
            media sent from this device, None if the message has none.
        leftover: number of bytes behind all that, which nothing is known about.
        warnings: what is wrong with the blob, in words.
    """

    message: TLObject
    trailer: str | None = None
    attach_path: str | None = None
    parameters: dict[str, str] = field(default_factory=dict)
    forward_message_identifier: int | None = None
    own_media_text: str | None = None
    leftover: int = 0
    warnings: list[str] = field(default_factory=list)


def read_message_blob(data: bytes | memoryview) -> MessageBlob:
    """Reads a message blob.

    A trailer that is damaged is told in `warnings`; the message is there all the same.

    Raises:
        TLError: if the message itself cannot be read; `partial` is the message as far
            as it could be decoded, None if not even its constructor could.
    """
    data = bytes(data)
    message = read_object(data, result_type="Message")
    if (
        data[message.end :] == _BLANK_TRAILER
        and not message.damaged_text
        and message.constructor.name == "message"
        and message.fields["id"] > 0
    ):
        return MessageBlob(message, " ", "", own_media_text=_own_media_text(message))
    stream = TLStream(data)
    message = stream.read_object("Message")
    blob = MessageBlob(message, own_media_text=_own_media_text(message))
    if message.name not in _WITHOUT_TRAILER and stream.remaining:
        try:
            _read_trailer(stream, blob)
        except TLError as error:
            if isinstance(error.partial, str):
                # Cut off: what it says is not known, but its beginning is shown.
                blob.trailer = error.partial
            blob.warnings.append(f"trailer of the message: {error}")
    blob.warnings += [
        f"offset 0x{place:x}: damaged text" for place in stream.damaged_text
    ]
    blob.leftover = stream.remaining
    if blob.leftover:
        blob.warnings.append(
            f"offset 0x{stream.offset:x}: {blob.leftover} bytes behind the message"
        )
    return blob


def parse_trailer(text: str) -> tuple[str, dict[str, str], list[str]]:
    """Takes the string behind a message apart.

    Returns:
        path of the local file ("" if none), parameters by name, and what does not
        follow the format, in words.
    """
    if not text.startswith("||"):
        return text.strip(), {}, []
    *parts, path = _SEPARATOR.split(text[2:])
    parameters: dict[str, str] = {}
    problems = []
    for part in parts:
        name, separator, value = part.partition("|=|")
        if not separator:
            problems.append(f"trailer of the message: {part!r} is no parameter")
        elif name in parameters:
            problems.append(f"trailer of the message: parameter {name!r} stands twice")
        else:
            parameters[name] = value
    return path.strip(), parameters, problems


def _read_trailer(stream: TLStream, blob: MessageBlob) -> None:
    message = blob.message
    is_unsent_forward = message["id"] < 0 and _is_forward(message)
    if is_unsent_forward and message.name == "messageForwarded":
        blob.forward_message_identifier = stream.read_int32()
        is_unsent_forward = False
    if not stream.remaining:
        return
    blob.trailer = stream.read_string()
    blob.attach_path, blob.parameters, problems = parse_trailer(blob.trailer)
    blob.warnings += problems
    if is_unsent_forward and stream.remaining:
        blob.forward_message_identifier = stream.read_int32()


def _is_forward(message: TLObject) -> bool:
    if message.name.startswith(_SECRET_PREFIX):
        return False
    if message.name == "messageForwarded":
        return True
    return bool(message.get("flags", 0) & _FORWARDED_FLAG)


def _own_media_text(message: TLObject) -> str | None:
    text = message.get("message")
    media = message.get("media")
    if not isinstance(text, str) or not isinstance(media, TLObject):
        return None
    last_layer = media.last_layer
    if media.name not in _CAPTIONED_MEDIA or last_layer is None:
        return None
    # Layout 9cb070d7/695150d7 took over in layer 75 and has captions in the text, where
    # "-1" may be what somebody wrote.
    if last_layer > _LAST_LAYER_WITH_OWN_CAPTION:
        return None
    return text if text == "-1" or text.startswith("-1_") else None
