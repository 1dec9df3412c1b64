"""Service messages and rarer contents of TDLib whose fields stand one behind the other.

Specification: formats/tdlib.md section 8, table CONTENT; of the types that it only
names (38 to 92) the layouts follow TDLib's own source.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from telegram_forensics.formats import tdlib_media as media_of
from telegram_forensics.formats.tdlib_drafts import skip_price
from telegram_forensics.formats.tdlib_text import flags, read_peer, read_text
from telegram_forensics.formats.tdlib_values import Reader, read_message_id
from telegram_forensics.formats.tl_message import MessageFacts
from telegram_forensics.formats.tl_peers import describe_peer


def _message(reader: Reader) -> int:
    found = read_message_id(reader.i64())
    return found.value if found.server is None else found.server


def _peer(reader: Reader) -> str | None:
    return describe_peer(read_peer(reader.i64()))


def _task(reader: Reader) -> str:
    flags(reader, 0)
    number = reader.i32()
    return f"{number}: {read_text(reader).text}"


def _completion(reader: Reader) -> str:
    value = flags(reader, 1)
    number = reader.i32()
    who = _peer(reader) if value else f"user {reader.identifier()}"
    return f"{number} by {who} at {reader.i32()} (Unix time)"


def _shared_peer(reader: Reader) -> str:
    value = flags(reader, 0xF)
    words = [_peer(reader) or "unknown"]
    words += [reader.text() for bit in (1, 2, 4) if value & bit]
    if value & 8:
        media_of.read_photo(reader)
    return " ".join(words)


def _icon(reader: Reader) -> None:
    value = flags(reader, 1)
    reader.i32()
    if value:
        reader.i64()


def _paid_media(reader: Reader) -> str:
    media = media_of.read_extended(reader)
    size = f" of {media.size} bytes" if media.size else ""
    return f"{media.kind}{size}"


def _price_part(reader: Reader) -> str:
    return f"{reader.text()} {reader.i64()}"


def _address(reader: Reader) -> str:
    return ", ".join(part for part in (reader.text() for _ in range(6)) if part)


def _list_of(
    read: Callable[[Reader], Any], minimum: int = 4
) -> Callable[[Reader], list[Any]]:
    def read_list(reader: Reader) -> list[Any]:
        return [read(reader) for _ in range(reader.count(minimum))]

    return read_list


_READERS: Final[dict[str, Callable[[Reader], Any]]] = {
    "address": _address,
    "bytes": lambda reader: reader.bytes(),
    "completions": _list_of(_completion, 16),
    "formatted": lambda reader: read_text(reader).text or None,
    "i32": lambda reader: reader.i32(),
    "i64": lambda reader: reader.i64(),
    "icon": _icon,
    "id": lambda reader: reader.identifier(),
    "ids": _list_of(lambda reader: reader.identifier()),
    "media": _list_of(_paid_media, 8),
    "message": _message,
    "numbers": _list_of(lambda reader: reader.i32()),
    "wide": _list_of(lambda reader: reader.i64(), 8),
    "peer": _peer,
    "peers": _list_of(_peer, 8),
    "photo": lambda reader: media_of.read_photo(reader).identifier,
    "price": skip_price,
    "prices": _list_of(_price_part, 12),
    "shared": _list_of(_shared_peer, 12),
    "tasks": _list_of(_task, 12),
    "text": lambda reader: reader.text() or None,
    "texts": _list_of(lambda reader: reader.text()),
}


@dataclass(frozen=True, slots=True)
class Layout:
    """Fields of a content.

    Attributes:
        name: of the action.
        fields: each `name:kind`, with the bit of the flags in front that says if it is
            there: `3?name:kind`. A name that is empty is read and not told; a word
            `=name` behind the bit is a flag that is told itself.
        known: bits of the flags; None if there are none.
        flags_from: version from which there are flags.
        default: the flags before that version.
    """

    name: str
    fields: tuple[str, ...] = ()
    known: int | None = None
    flags_from: int = 0
    default: int = 0


LAYOUTS: Final[dict[int, Layout]] = {
    11: Layout("group_created", ("title:text", "users:ids")),
    12: Layout("title_changed", ("title:text",)),
    13: Layout("chat_photo_changed", ("photo:photo",)),
    16: Layout("users_added", ("users:ids",)),
    17: Layout("joined_by_link", ("0?=approved",), 1, 34),
    18: Layout("user_removed", ("user:id",)),
    19: Layout("migrated_to", ("channel:id",)),
    20: Layout("channel_created", ("title:text",)),
    21: Layout("migrated_from", ("title:text", "group:id")),
    22: Layout("message_pinned", ("message:message",)),
    24: Layout("game_score", ("message:message", "game:i64", "score:i32")),
    26: Layout("messages_ttl_changed", ("seconds:i32", "0?from user:id"), 1, 44),
    36: Layout("custom", ("text:text",)),
    37: Layout("website_login", ("site:text",)),
    38: Layout("passport_sent", ("kinds of documents:numbers",)),
    42: Layout("proximity_alert", ("traveler:peer", "watcher:peer", "meters:i32")),
    43: Layout(
        "group_call",
        ("group call:i64", ":i64", "0?seconds:i32", "1?begins (Unix time):i32"),
        3,
    ),
    44: Layout("invited_to_group_call", ("group call:i64", ":i64", "users:ids")),
    46: Layout("web_app_data_sent", ("button:text",)),
    47: Layout("web_app_data_received", ("button:text", "data:text")),
    48: Layout(
        "premium_given",
        (
            *("currency:text", "amount:i64", "months or days:i32"),
            *("0?crypto currency:text", "0?crypto amount:i64", "1?text:formatted"),
        ),
        7,
    ),
    49: Layout("topic_created", ("title:text", ":icon"), 1, 56),
    50: Layout(
        "topic_changed",
        ("1?=opened or closed", "2?=closed", "3?title:text", "4?:i64", "5?=hidden"),
        0x3F,
    ),
    51: Layout("profile_photo_suggested", ("photo:photo",)),
    52: Layout("write_access_allowed"),
    53: Layout(
        "chat_shared", ("0?chat:peer", "!0?chats:peers", "button:i32"), 1, 52, 1
    ),
    57: Layout("write_access_allowed"),
    58: Layout(
        "gift_code",
        (
            *("0?=from a giveaway", "1?creator:peer", "2?=unclaimed"),
            *("months or days:i32", "code:text", "3?currency:text", "4?amount:i64"),
            *("5?crypto currency:text", "6?crypto amount:i64", "7?text:formatted"),
        ),
        0x1FF,
    ),
    60: Layout("giveaway_launched", ("0?stars:i64",), 1, 54),
    61: Layout(
        "giveaway_results",
        ("0?winners:i32", "1?unclaimed:i32", "2?message:message"),
        0xF,
    ),
    62: Layout(
        "giveaway_winners",
        (
            *("2?message:message", "3?channel:id", "4?further chats:i32"),
            *("5?months:i32", "6?prize:text", "7?selected (Unix time):i32"),
            *("8?winners:i32", "9?unclaimed:i32", "10?users:ids", "11?stars:i64"),
        ),
        0xFFF,
    ),
    65: Layout("boosted", ("boosts:i32",), 0),
    66: Layout("chats_shared", ("chats:shared", "button:i32"), 0),
    68: Layout(
        "payment_refunded",
        (
            *("chat:peer", "currency:text", "amount:i64", "0?:bytes"),
            *(":text", ":text"),
        ),
        1,
    ),
    69: Layout(
        "stars_given",
        (
            *("currency:text", "amount:i64", "stars:i64", "0?crypto currency:text"),
            *("0?crypto amount:i64", "1?transaction:text"),
        ),
        3,
    ),
    70: Layout(
        "stars_won",
        ("stars:i64", "transaction:text", "chat:peer", "message:message"),
        1,
    ),
    73: Layout("paid_messages_refunded", ("messages:i32", "stars:i64"), 0),
    74: Layout("paid_messages_price", ("stars:i64",), 1),
    77: Layout(
        "tasks_completed",
        ("0?message:message", "1?completed:numbers", "2?reopened:numbers"),
        7,
    ),
    78: Layout("tasks_added", ("0?message:message", "1?tasks:tasks"), 3),
    79: Layout(
        "ton_given",
        (
            *("currency:text", "amount:i64", "crypto currency:text"),
            *("crypto amount:i64", "0?transaction:text"),
        ),
        1,
    ),
    81: Layout("suggested_post_refunded", ("0?message:message",), 3),
    82: Layout(
        "suggested_post_approval",
        (
            *("0?message:message", "1?:price", "2?comment:text"),
            *("3?due (Unix time):i32", "4?=rejected", "5?=balance too low"),
        ),
        0x3F,
    ),
    83: Layout("birthday_suggested", (":i32",), 0),
    86: Layout("new_creator_pending", ("0?user:id",), 1),
    87: Layout("creator_changed", ("user:id",), 0),
    88: Layout(
        "forwarding_toggled", ("1?=forbidden", "2?answer to message:message"), 7
    ),
    89: Layout("forwarding_requested", ("0?=expired", "2?=forbidden"), 7),
    90: Layout("bot_created", ("bot:id",), 0),
    91: Layout(
        "poll_answer_added", ("0?poll:message", "answer:formatted", ":bytes"), 1
    ),
    92: Layout(
        "poll_answer_deleted", ("0?poll:message", "answer:formatted", ":bytes"), 1
    ),
}

# Contents that are no service messages.
GIVEAWAY: Final = Layout(
    "giveaway",
    ("channel:id", "1?channels:ids", "drawn (Unix time):i32", "2?:texts", "4?:text"),
    0x1F,
)
INVOICE_PRICES: Final = Layout(
    "invoice",
    ("currency:text", "prices:prices", "8?:i64", "8?:wide", "9?:text"),
    0x3FF,
)
PAID_MEDIA: Final = Layout(
    "paid_media",
    ("media:media", "0?text:formatted", "stars:i64", "1?:bytes"),
    3,
)
_PAYMENT_REST: Final = (
    *("2?name:order", "3?:text", "4?:text", "5?message:message", "7?chat:peer"),
    "10?until (Unix time):i32",
)
PAYMENT: Final = Layout(
    "payment",
    ("currency:text", "amount:i64", "0?:bytes", "1?:text", *_PAYMENT_REST),
    0x7FF,
)
OLD_PAYMENT: Final = Layout(
    "payment",
    ("currency:text", "amount:i64", "0?:i64", "1?:bytes", *_PAYMENT_REST),
    0x7FF,
)
COMPLETIONS: Final = Layout("completions", ("completed:completions",))
TASKS: Final = Layout("tasks", ("title:formatted", "tasks:tasks"), 3)
ORDER: Final = Layout(
    "order", ("0?name:text", "1?phone:text", "2?email:text", "3?address:address"), 0xF
)


def read_layout(reader: Reader, layout: Layout) -> dict[str, Any]:
    """Reads fields.

    Raises:
        FormatError: if they cannot be read.
    """
    value = layout.default
    if layout.known is not None and reader.version >= layout.flags_from:
        value = flags(reader, layout.known)
    found: dict[str, Any] = {}
    for entry in layout.fields:
        bit, question, field = entry.rpartition("?")
        if question:
            is_set = bool(value & 1 << int(bit.lstrip("!")))
            if is_set == bit.startswith("!"):
                continue
        if field.startswith("="):
            found[field[1:]] = True
            continue
        name, _, kind = field.partition(":")
        if kind == "order":
            found.update(read_layout(reader, ORDER))
            continue
        item = _READERS[kind](reader)
        if name:
            found[name] = item
    return found


def read_action(reader: Reader, facts: MessageFacts, layout: Layout) -> None:
    """Reads a service message.

    Raises:
        FormatError: if it cannot be read to its end; its name stands in `facts`.
    """
    facts.action = layout.name
    facts.action_details = read_layout(reader, layout)
