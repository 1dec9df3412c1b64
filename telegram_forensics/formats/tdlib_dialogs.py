"""Rows of TDLib's table `dialogs`.

Specification: formats/tdlib.md section 7.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.tdlib_drafts import DraftFacts, read_draft
from telegram_forensics.formats.tdlib_message import TdlibMessage, read_message_from
from telegram_forensics.formats.tdlib_values import Reader, read_message_id

# Stands where everything counts as read, as in channels that nobody can answer in.
_LAST: Final = (1 << 31) - 1


@dataclass(slots=True)
class DialogFacts:
    """A row of `dialogs`.

    Attributes:
        dialog: id as stored.
        unread: number of messages that the account has not read.
        read_inbox, read_outbox: last message that the account, the other side has read,
            id at the server.
        cleared: when the history was cleared, seconds since 1970 UTC.
        deleted: when the last message was deleted, the same.
        deleted_message: that message, id at the server.
        draft: unsent text.
        last_message: copy of the last message.
        muted_until: until when notifications are off, seconds since 1970 UTC.
        cleared_message: last message that was cleared, id at the server.
        first_message: first message in the database, id at the server.
        client_data: what the application itself noted, such as Telegram X the passcode
            of a chat.
        problem: why reading ended early.
    """

    dialog: int
    unread: int = 0
    read_inbox: int | None = None
    read_outbox: int | None = None
    cleared: int | None = None
    deleted: int | None = None
    deleted_message: int | None = None
    draft: DraftFacts | None = None
    last_message: TdlibMessage | None = None
    muted_until: int | None = None
    cleared_message: int | None = None
    first_message: int | None = None
    client_data: str | None = None
    problem: FormatError | None = None


def read_dialog(data: bytes) -> DialogFacts:
    """Reads the blob of a row of `dialogs`.

    Raises:
        FormatError: if not even the id can be read.
    """
    reader = Reader.versioned(data)
    one = reader.u32()
    dialog = DialogFacts(reader.i64())
    try:
        _read_dialog(reader, dialog, one)
    except FormatError as exception:
        dialog.problem = exception
    return dialog


def _read_dialog(reader: Reader, dialog: DialogFacts, one: int) -> None:
    if one & 1 << 29:
        two = reader.u32()
        if two & 1 << 29:
            reader.u32()
    reader.i64()
    dialog.unread = reader.i32()
    if one & 1 << 15:
        dialog.unread += reader.i32()
    dialog.read_inbox = _server(reader.i64())
    dialog.read_outbox = _server(reader.i64())
    reader.i64()
    dialog.muted_until = _read_notifications(reader)
    if one & 1:
        dialog.draft = read_draft(reader)
        if dialog.draft.problem is not None:
            raise dialog.draft.problem
    dialog.cleared = reader.i32() or None
    reader.i64()
    if one & 2:
        message = dialog.last_message = read_message_from(reader)
        if message.problem is not None:
            raise message.problem
        if message.unread is not None:
            raise FormatError(reader.position, f"last message, {message.unread}")
    _read_behind_message(reader, dialog, one)


def _read_behind_message(reader: Reader, dialog: DialogFacts, one: int) -> None:
    if one & 1 << 4:
        dialog.first_message = _server(reader.i64())
    if one & 1 << 5:
        reader.i64()
    if one & 1 << 16:
        dialog.deleted = reader.i32() or None
        dialog.deleted_message = _server(reader.i64())
    if one & 1 << 17:
        dialog.cleared_message = _server(reader.i64())
    if one & 1 << 6:
        for _ in range(reader.count(8)):
            reader.i64()
    if one & 1 << 7:
        for _ in range(reader.count(4)):
            reader.i32()
    if one & 1 << 8:
        dialog.client_data = reader.text() or None


def _server(value: int) -> int | None:
    found = read_message_id(value).server if value else None
    return None if found == _LAST else found


def _read_notifications(reader: Reader) -> int | None:
    value = reader.u32()
    muted_until = reader.i32() if value & 1 else 0
    for bit in (2, 1 << 17):
        if not value & bit:
            continue
        if value & 1 << 14:
            kind = reader.i32()
            if kind == 1:
                reader.text()
                reader.text()
            elif kind == 2:
                reader.i64()
        else:
            reader.text()
    return muted_until or None
