"""Writes exports as Telegram Desktop lays them out, for versions that no sample has.

JSON: one space of indent for each level, `": "` behind keys, closing brackets on lines
of their own, control characters as `\\xHH`. HTML: a line break behind each opening
block tag and one with the indent in front of each closing one.
"""

from __future__ import annotations

import html
import json
from datetime import datetime, timedelta, timezone
from typing import Any

ABOUT = "Here is all the data you requested. Remember: we don’t use your data."
OWNER = 5920118833
OWNER_NAME = "Marta Okonjo"


def text(value: str) -> str:
    """A text as the exporter escapes it."""
    result = []
    for character in value:
        code = ord(character)
        if character in '"\\':
            result.append("\\" + character)
        elif character in "\n\r\t":
            result.append({"\n": "\\n", "\r": "\\r", "\t": "\\t"}[character])
        elif code < 32:
            result.append(f"\\x{code >> 4}{code & 15:X}")
        elif code in (0x2028, 0x2029):
            result.append(f"\\u{code:04x}")
        else:
            result.append(character)
    return '"' + "".join(result) + '"'


def dump(value: Any, level: int = 0) -> str:
    """A document in the exporter's layout."""
    space, inner = " " * level, " " * (level + 1)
    if isinstance(value, dict):
        items = [f"{inner}{text(k)}: {dump(v, level + 1)}" for k, v in value.items()]
        return "{\n" + ",\n".join(items) + f"\n{space}}}"
    if isinstance(value, list):
        if not value and level > 5:
            return "[]"
        items = [f"{inner}{dump(item, level + 1)}" for item in value]
        return "[" + ("\n" if items else "") + ",\n".join(items) + f"\n{space}]"
    if isinstance(value, str):
        return text(value)
    if isinstance(value, float):
        return f"{value:.6f}"
    return json.dumps(value)


def local(unix: int, offset_minutes: int = 0) -> str:
    """A date as JSON has it."""
    moment = datetime.fromtimestamp(unix, timezone.utc)
    moment += timedelta(minutes=offset_minutes)
    return moment.strftime("%Y-%m-%dT%H:%M:%S")


def dates(name: str, unix: int, offset: int = 0, twin: bool = True) -> dict[str, str]:
    """A date with its twin."""
    found = {name: local(unix, offset)}
    if twin:
        found[f"{name}_unixtime"] = str(unix)
    return found


def message(
    number: int,
    unix: int,
    content: Any = "",
    sender: tuple[str | None, Any] | None = (OWNER_NAME, f"user{OWNER}"),
    *,
    offset: int = 0,
    twin: bool = True,
    **fields: Any,
) -> dict[str, Any]:
    """A message in the order of the exporter's fields."""
    record: dict[str, Any] = {"id": number, "type": "message"}
    record.update(dates("date", unix, offset, twin))
    if sender is not None:
        record["from"] = sender[0]
        if sender[1] is not None:
            record["from_id"] = sender[1]
    record.update(fields)
    record["text"] = content
    return record


def service(
    number: int,
    unix: int,
    action: str,
    actor: tuple[str, Any] = (OWNER_NAME, f"user{OWNER}"),
    **fields: Any,
) -> dict[str, Any]:
    """A service message."""
    return {
        "id": number,
        "type": "service",
        **dates("date", unix),
        "actor": actor[0],
        "actor_id": actor[1],
        "action": action,
        **fields,
        "text": "",
        "text_entities": [],
    }


def chat(
    name: str | None, kind: str, number: int | None, messages: list[Any]
) -> dict[str, Any]:
    """A chat."""
    record: dict[str, Any] = {}
    if kind not in ("saved_messages", "replies", "verification_codes"):
        record["name"] = name
    record["type"] = kind
    if number is not None:
        record["id"] = number
    record["messages"] = messages
    return record


def account(
    chats: list[Any], *, user_id: int | None = OWNER, **parts: Any
) -> dict[str, Any]:
    """A whole account."""
    personal: dict[str, Any] = {}
    if user_id is not None:
        personal["user_id"] = user_id
    personal.update(
        first_name="Marta",
        last_name="Okonjo",
        phone_number="+49 15712345678",
        username="@marta_okonjo",
    )
    document: dict[str, Any] = {"about": ABOUT, "personal_information": personal}
    document.update(parts)
    document["chats"] = {"about": "This page lists all chats.", "list": chats}
    return document


def encode(document: Any) -> bytes:
    """The bytes of result.json."""
    return dump(document).encode("utf-8")


# HTML.


def page(title: str, body: str, *, back: str | None = None) -> bytes:
    """A page with a heading."""
    link = (
        f'<a class="content block_link" href="{back}" onclick="return GoBack(this)">'
        if back
        else '<div class="content">'
    )
    end = "</a>" if back else "</div>"
    return (
        "<!DOCTYPE html>\n<html>\n\n <head>\n\n"
        '  <meta charset="utf-8"/>\n<title>Exported Data</title>\n'
        '  <meta content="width=device-width, initial-scale=1.0" name="viewport"/>\n\n'
        '  <link href="css/style.css" rel="stylesheet"/>\n\n </head>\n\n'
        ' <body onload="CheckLocation();">\n\n  <div class="page_wrap">\n\n'
        f'   <div class="page_header">\n\n    {link}\n\n'
        f'     <div class="text bold">\n{html.escape(title)}\n     </div>\n\n'
        f"    {end}\n\n   </div>\n\n"
        f'   <div class="page_body">\n\n{body}\n   </div>\n\n  </div>\n\n </body>\n\n'
        "</html>\n"
    ).encode()


def block(classes: str, content: str, extra: str = "") -> str:
    """A block element with content in the exporter's layout."""
    return f'\n     <div class="{classes}"{extra}>\n{content}\n     </div>\n'


def html_text(value: str) -> str:
    """A text as the exporter escapes it."""
    result = html.escape(value, quote=True).replace("&#x27;", "&apos;")
    return "".join(
        f"&#x{ord(item) >> 4}{ord(item) & 15:X};"
        if ord(item) < 32 and item != "\n"
        else item
        for item in result
    ).replace("\n", "<br>")


def html_message(
    number: int,
    stamp: str,
    content: str = "",
    sender: str | None = OWNER_NAME,
    *,
    inner: str = "",
    colour: int = 1,
) -> str:
    """A message; without sender a joined one."""
    classes = "message default clearfix" + ("" if sender is not None else " joined")
    parts = [block("pull_right date details", stamp[11:16], f' title="{stamp}"')]
    picture = ""
    if sender is not None:
        parts.append(block("from_name", html_text(sender)))
        picture = block("pull_left userpic_wrap", block(f"userpic userpic{colour}", ""))
    parts.append(inner)
    if content:
        parts.append(block("text", html_text(content)))
    body = block("body", "".join(parts))
    return block(classes, picture + body, f' id="message{number}"')


def html_service(number: int, content: str) -> str:
    """A service message, or with a negative number a line with a date."""
    return block(
        "message service", block("body details", content), f' id="message{number}"'
    )


def html_entry(name: str, info: str = "", subname: str = "", *details: str) -> str:
    """An entry of a list."""
    parts = block("pull_right info details", info) if info else ""
    parts += block("name bold", html_text(name))
    if subname:
        parts += block("subname bold", html_text(subname))
    parts += "".join(block("details_entry details", html_text(d)) for d in details)
    picture = block("pull_left userpic_wrap", block("userpic userpic2", "I"))
    return block("entry clearfix", picture + block("body", parts))
