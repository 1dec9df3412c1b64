"""One line for a request or an answer in Telegram Desktop's mtp_*.txt.

Specification: formats/telegram_desktop.md section 6.2. The line names methods and
constructors, never their content: what matters of it becomes a record of its own
(`tdesktop_mtp_history`), and codes or passwords stay in the evidence.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from telegram_forensics.formats.tdesktop_mtp_dump import Dump, DumpObject
from telegram_forensics.formats.tdesktop_mtp_history import REQUESTS

# Containers and wrappers, whose content counts.
_BODIES: Final = {
    "core_message": ("body",),
    "gzip_packed": ("packed_data",),
    "initConnection": ("query",),
    "invokeAfterMsg": ("query",),
    "invokeWithLayer": ("query",),
    "invokeWithMessagesRange": ("query",),
    "invokeWithTakeout": ("query",),
    "invokeWithoutUpdates": ("query",),
    "rpc_result": ("result",),
    "updatesCombined": (),
}
_MAXIMUM_NAMES: Final = 64


@dataclass(frozen=True, slots=True)
class Summary:
    """What a request or an answer is about.

    Attributes:
        log_event: code, "request" or "answer" if there is no better one.
        text: methods and constructors in words.
    """

    log_event: str
    text: str


def summarize(dump: Dump) -> Summary:
    """Summary of a request or an answer."""
    direction = "request" if dump.is_sent else "answer"
    event = direction
    names: list[str] = []
    for item in _contents(dump.root):
        name = item.name
        if name == "rpc_error":
            error = item.text("error_message") or ""
            name = f"rpc_error {item.number('error_code')} {error[:100]}".rstrip()
            event = "answer_error"
        elif dump.is_sent:
            event = REQUESTS.get(name, event)
        if name not in names and len(names) < _MAXIMUM_NAMES:
            names.append(name)
    key = "" if dump.key_id is None else f", key {dump.key_id:016x}"
    text = f"{direction} on {dump.connection}{key}: {', '.join(names)}"
    return Summary(event, text)


def _contents(root: DumpObject) -> Iterator[DumpObject]:
    stack = [root]
    while stack:
        item = stack.pop()
        if item.name == "msg_container":
            vector = item.child("messages")
            inner = vector.items if vector else []
            stack += [
                value for value in reversed(inner) if isinstance(value, DumpObject)
            ]
            continue
        found = [item.child(name) for name in _BODIES.get(item.name, ())]
        children = [child for child in found if child is not None]
        if children:
            stack += children
        else:
            yield item
