"""Files that a remote control program leaves beside its logs: chats, pictures, caches.

Specification: formats/remote_access.md sections 2.1 and 6. That AnyDesk names a chat
after the partner's identifier is said by several descriptions; the layout of its lines
is UNCONFIRMED, so they are given as they stand, without a time. Whether the name of a
recording holds the partner's identifier is UNCONFIRMED, too: if there is one number of
nine or ten digits in it, it is given as such, and it is said. Of other files only their
presence is told; their times are those that plaso has in fs:stat.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from telegram_forensics.formats import remote_configuration as configuration
from telegram_forensics.formats import remote_records as records
from telegram_forensics.formats import remote_registry
from telegram_forensics.formats.remote_text import TextLine

_ANYDESK_FOLDER: Final = r"(?:^|.*/)\.?anydesk(?:/ad_[^/]+|_ad_[^/]+)?"
_CHAT: Final = re.compile(rf"{_ANYDESK_FOLDER}/chat/[^/]+\.txt")
_THUMBNAIL: Final = re.compile(rf"{_ANYDESK_FOLDER}/thumbnails/(?:.*/)?[^/]+")
_RECORDING: Final = re.compile(r"(?:^|.*/)(?P<name>[^/]+)\.anydesk")
_CACHE: Final = re.compile(
    r"(?:^|.*/)terminal server client/cache/(?:bcache\d+\.bmc|cache\d{4}\.bin)"
)
_IDENTIFIER: Final = re.compile(r"\d{8,11}")
_PARTNER: Final = re.compile(r"(?<!\d)\d{9,10}(?!\d)")
_UNCONFIRMED: Final = "the layout of the lines is not confirmed"

RDP_CACHE_MAGIC: Final = b"RDP8bmp\0"


class ChatDecoder(records.LogDecoder):
    """Decoder of a chat: its lines, as they stand."""

    tool = configuration.ANYDESK

    def __init__(self, name: str) -> None:
        super().__init__()
        is_identifier = _IDENTIFIER.fullmatch(name) is not None
        self._identifier = name if is_identifier else None
        self._name = None if is_identifier else name
        self._lines = 0

    def line(self, line: TextLine) -> Iterator[records.Record]:
        """Decodes a line."""
        text = line.text.strip("\ufeff")
        if not text.strip():
            return
        self.seen(None)
        self._lines += 1
        yield self.event(
            line,
            None,
            "chat_line",
            text=text,
            remote_identifier=self._identifier,
            remote_name=self._name,
        )

    def end(self) -> Iterator[records.Record]:
        """The chat as a whole."""
        yield records.Record(
            self.tool,
            event_kind="chat_log",
            remote_identifier=self._identifier,
            remote_name=self._name,
            number_of_entries=self._lines,
            details=_UNCONFIRMED,
        )


def is_chat(location: str) -> bool:
    """True for a chat.

    Args:
        location: path of the file in lower case, with "/".
    """
    return _CHAT.fullmatch(location) is not None


def is_presence(location: str) -> bool:
    """True for a file whose presence alone is told; see `is_chat`."""
    return any(
        pattern.fullmatch(location) for pattern in (_RECORDING, _THUMBNAIL, _CACHE)
    )


def read_presence(location: str, head: bytes) -> records.Record | None:
    """What the presence of a file says.

    Args:
        location: path of the file in lower case, with "/".
        head: its first bytes.

    Returns:
        A record, None if the file is another one.
    """
    match = _RECORDING.fullmatch(location)
    if match is not None:
        numbers = set(_PARTNER.findall(match["name"]))
        details = "recording of a session, by its name; not decoded"
        if len(numbers) == 1:
            details += "; that the number in its name is the partner is not confirmed"
        return records.Record(
            configuration.ANYDESK,
            event_kind="recording",
            remote_identifier=numbers.pop() if len(numbers) == 1 else None,
            details=details,
        )
    if _THUMBNAIL.fullmatch(location):
        return records.Record(
            configuration.ANYDESK,
            event_kind="thumbnail",
            direction="outgoing",
            details="picture of a partner's screen, by its folder; not confirmed",
        )
    if _CACHE.fullmatch(location):
        # The older form has no signature.
        if location.endswith(".bin") and not head.startswith(RDP_CACHE_MAGIC):
            return None
        return records.Record(
            remote_registry.RDP,
            event_kind="bitmap_cache",
            direction="outgoing",
            details="pieces of the screen of a computer that was controlled from here",
        )
    return None
