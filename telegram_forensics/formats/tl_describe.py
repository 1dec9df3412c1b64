"""Objects of Telegram's schema in words, for what has no attribute of its own.

Specification: formats/android.md section 4 (table `tl_constructors.tsv`). What is in
bytes, as keys are, never comes out.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any, Final

from telegram_forensics.formats.tl_media import text_of
from telegram_forensics.formats.tl_object import TLObject
from telegram_forensics.formats.tl_peers import describe_peer, read_peer

_EPOCH: Final = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
_MAXIMUM_WORDS: Final = 2000
_MAXIMUM_DEPTH: Final = 4
# Numbers that mean something to Telegram's servers only.
_NOT_DESCRIBED: Final = frozenset(("access_hash", "flags", "flags2", "hash"))
_PREFERRED: Final = ("title", "slug", "name", "text", "question", "emoticon", "id")


def moment(seconds: int) -> str:
    """A time in words: the numbers that are not one of an event."""
    when = _EPOCH + datetime.timedelta(seconds=seconds)
    return when.strftime("%Y-%m-%d %H:%M:%S UTC")


def reaction_words(value: TLObject) -> Iterator[str]:
    """Reactions to a message, as `MessageReactions` objects keep them."""
    for item in value.fields.get("results") or ():
        found = item.fields
        words = f"{_reaction(found.get('reaction'))} {found.get('count', 0)}"
        if found.get("chosen") or found.get("chosen_order") is not None:
            words += " (chosen by the account)"
        yield words
    for item in (
        value.fields.get("recent_reactions")
        or value.fields.get("recent_reactons")
        or ()
    ):
        found = item.fields
        peer = read_peer(found.get("peer_id")) or read_peer(found.get("user_id"))
        words = (
            f"{_reaction(found.get('reaction'))} by {describe_peer(peer) or 'unknown'}"
        )
        if found.get("date"):
            words += f" at {moment(found['date'])}"
        if found.get("my"):
            words += " (the account)"
        yield words
    for item in value.fields.get("top_reactors") or ():
        found = item.fields
        who = describe_peer(read_peer(found.get("peer_id"))) or "anonymous"
        words = f"{found.get('count', 0)} stars by {who}"
        if found.get("my"):
            words += " (the account)"
        yield words


def _reaction(value: Any) -> str:
    if isinstance(value, TLObject):
        found = value.fields
        if found.get("emoticon"):
            return str(found["emoticon"])
        if found.get("document_id") is not None:
            return f"custom emoji {found['document_id']}"
        return value.constructor.name
    return str(value) if value else "reaction"


def describe(value: Any, depth: int = 0) -> Any:
    """A stored value in words: peers, texts and numbers, nested objects shortened.

    Returns:
        str, int, float or bool; lists are joined with commas.
    """
    if isinstance(value, list):
        words = ", ".join(str(describe(item, depth + 1)) for item in value[:100])
        if len(value) > 100:
            words += f" and {len(value) - 100} more"
        if len(words) > _MAXIMUM_WORDS:
            words = f"{words[:_MAXIMUM_WORDS]} (shortened)"
        return words
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    if not isinstance(value, TLObject):
        return value
    name = value.constructor.name
    known = describe_peer(read_peer(value))
    if known is None and name == "textWithEntities":
        known = text_of(value) or ""
    if known is None:
        known = name if depth >= _MAXIMUM_DEPTH else _describe_object(value, depth)
    return known


def _describe_object(value: TLObject, depth: int) -> str:
    name = value.constructor.name
    for key in _PREFERRED:
        item = value.fields.get(key)
        if item not in (None, "", []):
            return f"{name} {describe(item, depth + 1)}"
    # Neither a name nor an id: all its numbers and texts.
    words = []
    for key, item in value.fields.items():
        if key in _NOT_DESCRIBED or not isinstance(item, (int, float, str)):
            continue
        field_name = key.replace("_", " ")
        words.append(field_name if item is True else f"{field_name} {item}")
    return f"{name} ({', '.join(words)})" if words else name
