"""Messages in the free space of a Postbox database, by their content.

Specification: formats/apple_postbox.md sections 5, 6 and 14. All tables of Postbox have
the same two columns, and a removed row has lost the sizes of both: nothing that SQLite
keeps tells its key from its value. The content does. A key of t7 has twenty bytes with
a namespace and a time at fixed places; the value behind it says itself where it ends.
Numbers alone can look like both, so that only chats which the database still knows
count, and messages with something in them. Found are those that lie on one page; the
app removes its rows of t7 with secure deletion, so there is little outside of the
write-ahead log.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from typing import Final, NamedTuple

from telegram_forensics.formats import postbox_keys as keys
from telegram_forensics.formats.postbox_message import (
    StoredMessage,
    read_message_in_front,
)

_KEY_SIZE: Final = 20
_PEER_SIZE: Final = 8
# A namespace, a time since 2004, and an id; then the head of a message value with a
# number of rewrites that a row can have.
_NAMESPACE: Final = rb"\x00\x00\x00[\x00-\x06]"
_TIME: Final = rb"[\x40-\x7f].{3}"
_VALUE: Final = rb".{4}\x00.{4}.{2}\x00\x00[\x00-\x3f]"
_NEW: Final = re.compile(rb"(?=" + _NAMESPACE + _TIME + _VALUE + rb")", re.DOTALL)
_OLD: Final = re.compile(rb"(?=" + _TIME + _NAMESPACE + _VALUE + rb")", re.DOTALL)


class CarvedMessage(NamedTuple):
    """A message that was found by its content.

    Attributes:
        offset: where its key begins.
        raw_key, raw_value: bytes of both.
        key: place of the message.
        message: the message.
    """

    offset: int
    raw_key: bytes
    raw_value: bytes
    key: keys.MessageKey
    message: StoredMessage


def find_messages(
    page: bytes, schema: int | None, chats: Container[int]
) -> Iterator[CarvedMessage]:
    """Finds messages in a page, those in use included.

    Args:
        page: content of a page.
        schema: schema version, None if unknown.
        chats: stored numbers of the chats that the database knows.
    """
    is_old = schema is not None and schema < keys.NAMESPACE_FIRST_SCHEMA
    end = 0
    for match in (_OLD if is_old else _NEW).finditer(page):
        start = match.start() - _PEER_SIZE
        if start < end:
            continue
        value_start = start + _KEY_SIZE
        raw_key = page[start:value_start]
        key = keys.read_message_key(raw_key, schema)
        if key.peer not in chats:
            continue
        found = read_message_in_front(page[value_start:])
        if found is None:
            continue
        message, size = found
        if not (message.text or message.media or message.references):
            continue
        end = value_start + size
        yield CarvedMessage(start, raw_key, page[value_start:end], key, message)
