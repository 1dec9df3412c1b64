"""Messages in TDLib's event log: what was to be sent, and what was shown as it came.

Specification: formats/tdlib.md section 4. A `SendMessage` record exists from the tap on
"send" until the server has the message; erased ones stay in the file until the log is
compacted, and prove that the message was composed here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.tdlib_binlog import BinlogRecord
from telegram_forensics.formats.tdlib_message import TdlibMessage, read_message_from
from telegram_forensics.formats.tdlib_values import Reader, read_message_id

_SEND, _FORWARD, _START_BOT = 0x100, 0x104, 0x106
_SCREENSHOT, _INLINE, _SHORTCUT = 0x107, 0x108, 0x128
_PUSH_EDIT: Final = 0x201
_LONGEST_KEY: Final = 200
# Bytes of a message: flags, id, date, type of its content.
_SMALLEST: Final = 20
_WHAT: Final = {
    _SEND: "send_message",
    _FORWARD: "forward_messages",
    _START_BOT: "start_bot",
    _SCREENSHOT: "screenshot_notice",
    _INLINE: "send_inline_result",
    _SHORTCUT: "send_quick_reply",
}


@dataclass(slots=True)
class PendingMessage:
    """A message that this installation was to send.

    Attributes:
        what: kind of the request.
        dialog: id of the chat as stored.
        message: the message.
        left: number of messages of the request behind it that could not be read.
    """

    what: str
    dialog: int
    message: TdlibMessage
    left: int = 0


def read_pending(record: BinlogRecord) -> list[PendingMessage]:
    """Reads a request to send.

    Raises:
        FormatError: if not even the chat can be read.
    """
    reader = Reader.versioned(record.payload)
    what = _WHAT[record.kind]
    if record.kind == _FORWARD:
        if reader.version >= 37:
            reader.u32()
        dialog = reader.i64()
        reader.i64()
    elif record.kind == _SHORTCUT:
        reader.u32()
        dialog = reader.i64()
        reader.i32()
    elif record.kind == _START_BOT:
        reader.identifier()
        dialog = reader.i64()
        reader.text()
    else:
        dialog = reader.i64()
        if record.kind == _INLINE:
            reader.i64()
            reader.text()
    if record.kind not in (_FORWARD, _SHORTCUT):
        return [PendingMessage(what, dialog, read_message_from(reader))]
    for _ in range(reader.count(8)):
        reader.i64()
    found = []
    number = reader.count(_SMALLEST)
    for left in range(number - 1, -1, -1):
        pending = PendingMessage(what, dialog, read_message_from(reader))
        found.append(pending)
        if pending.message.problem is not None or pending.message.unread is not None:
            # Where it ends is not known.
            pending.left = left
            break
    return found


@dataclass(slots=True)
class PushMessage:
    """A notification of a message that the system delivered.

    Attributes:
        dialog: id of the chat as stored.
        message: id of the message at the server.
        sender: user id.
        sender_name: as the notification has it.
        date: of the message, of an edited one that of the edit, seconds since 1970 UTC.
        key: kind of the notification, such as `MESSAGE_TEXT`.
        text: text or preview.
        is_edit: the message was edited.
    """

    dialog: int
    message: int | None
    sender: int | None
    sender_name: str | None
    date: int | None
    key: str
    text: str | None
    is_edit: bool = False


def read_push(record: BinlogRecord) -> PushMessage:
    """Reads a record of a notification (types 0x200 and 0x201).

    Raises:
        FormatError: if it cannot be read.
    """
    reader = Reader.versioned(record.payload)
    flags = reader.u32()
    dialog = reader.i64()
    sender = name = None
    if record.kind == _PUSH_EDIT:
        message = read_message_id(reader.i64()).server if flags & 1 else None
        has_text = flags & 2
    else:
        message = read_message_id(reader.i64()).server if flags & 4 else None
        if flags & 8:
            reader.i64()
        sender = reader.identifier() if flags & 0x10 else None
        name = reader.text() if flags & 0x20 else None
        has_text = flags & 0x40
    date = reader.i32()
    key = reader.text()
    text = reader.text() if has_text else None
    if not key or len(key) > _LONGEST_KEY:
        raise FormatError(reader.position, "no kind of a notification")
    return PushMessage(
        dialog,
        message,
        sender,
        name,
        date or None,
        key,
        text,
        record.kind == _PUSH_EDIT,
    )
