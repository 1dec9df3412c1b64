"""Formatted texts of Telegram's schema as plain text: rich messages, pages.

Specification: formats/android.md section 4 (table `tl_constructors.tsv`, types
`RichText` and `PageBlock`, since layer 59; in messages since layer 227).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from telegram_forensics.formats.tl_object import TLObject

# Fields of strings that the reader of the page sees.
_SHOWN: Final = frozenset(
    ("alt", "author", "description", "num", "source", "text", "title")
)


def plain_text(value: Any) -> str | None:
    """Text of formatted text, blocks, or a list of these; a line for each block."""
    return "\n".join(line for line in _lines(value) if line) or None


def links_of(value: Any) -> Iterator[str]:
    """Addresses behind texts that may show something else."""
    if isinstance(value, list):
        for item in value:
            yield from links_of(item)
    elif isinstance(value, TLObject):
        if value.constructor.name == "textUrl" and value.fields.get("url"):
            yield value.fields["url"]
        elif value.constructor.name == "textMentionName":
            yield f"tg://user?id={value.fields.get('user_id')}"
        for item in value.fields.values():
            yield from links_of(item)


def _lines(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _lines(item)
        return
    if not isinstance(value, TLObject):
        return
    if value.constructor.result_type == "RichText":
        yield _inline(value)
        return
    for one in value.constructor.fields:
        item = value.fields.get(one.name)
        if isinstance(item, str):
            if one.name in _SHOWN:
                yield item
        elif item is not None:
            yield from _lines(item)


def _inline(value: Any) -> str:
    if isinstance(value, str):
        return value
    if not isinstance(value, TLObject):
        return ""
    fields = value.fields
    if value.constructor.name == "textConcat":
        return "".join(_inline(item) for item in fields.get("texts") or ())
    for name in ("text", "alt", "source"):
        if name in fields:
            break
    else:
        return ""
    text = _inline(fields[name])
    if "old_text" in fields:
        text += f" (before: {_inline(fields['old_text'])})"
    return text
