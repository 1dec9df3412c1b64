"""Ordered lists of Postbox (t37): downloads with their times, searched peers.

Specification: formats/apple_postbox.md section 5.3. List 25 is in `postbox_logins`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from telegram_forensics.formats.postbox_coding import PostboxObject
from telegram_forensics.formats.postbox_ids import MessageId, read_codable_message

SEARCHED_PEERS: Final = 2
RECENT_BOTS: Final = 3
HASHTAGS: Final = 8
DOWNLOADS: Final = 11

LIST_NAMES: Final = {
    0: "recent stickers",
    1: "recent gifs",
    SEARCHED_PEERS: "searched peers",
    RECENT_BOTS: "recent inline bots",
    7: "saved stickers",
    HASHTAGS: "used hashtags",
    DOWNLOADS: "downloads",
    25: "session reviews",
}


@dataclass(slots=True)
class Download:
    """A file that the user downloaded on this installation.

    Attributes:
        message: message that holds it.
        resource: resource id, the name of the file in `postbox/media`.
        time: of the download, seconds since 1970 UTC.
        is_seen: the user has looked at the list since.
    """

    message: MessageId | None
    resource: str | None
    time: int | None
    is_seen: bool | None


def read_download(value: PostboxObject) -> Download:
    """Content of an entry of list 11."""
    seen = value.integer("isSeen")
    return Download(
        read_codable_message(value.fields.get("messageId")),
        value.text("resourceId"),
        value.time("timestamp"),
        None if seen is None else bool(seen),
    )


def read_peer_item(item: bytes) -> int | None:
    """Stored number of the peer that an item id is (lists 2 and 3)."""
    return int.from_bytes(item, "little", signed=True) if len(item) == 8 else None


def read_text_item(item: bytes) -> str:
    """Text that an item id is (list 8)."""
    return item.decode("utf-8", "backslashreplace")
