"""Requests of the user in TDLib's event log.

Specification: formats/tdlib.md section 4. They stand there until the server has
acknowledged them; erased ones prove that the action was taken at this installation.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from telegram_forensics.formats.tdlib_values import Reader, read_message_id

REQUESTS: Final = {
    0x101: "messages_deleted_here",
    0x102: "messages_deleted_everywhere",
    0x103: "history_read",
    0x105: "contents_read",
    0x109: "history_deleted",
    0x10B: "messages_of_sender_deleted",
    0x10E: "draft_saved",
    0x117: "scheduled_messages_deleted",
    0x118: "sender_blocked_or_unblocked",
    0x122: "call_messages_deleted",
    0x123: "messages_of_days_deleted",
    0x125: "topic_deleted",
    0x500: "session_settings_changed",
    0x501: "session_terminated",
    0x502: "other_sessions_terminated",
    0x503: "message_lifetime_changed",
    0x504: "account_lifetime_changed",
    0x505: "session_lifetime_changed",
    0x506: "web_login_terminated",
    0x507: "web_logins_terminated",
    0x508: "login_codes_invalidated",
}


def read_details(kind: int, reader: Reader) -> str | None:
    """Reads what a request says, in words.

    Args:
        kind: type of the record, one of `REQUESTS`.
        reader: behind the version of the blob.

    Raises:
        FormatError: if it cannot be read.
    """
    return _DETAILS.get(kind, _chat_alone)(reader)


def _messages(reader: Reader) -> str:
    numbers = []
    for _ in range(reader.count(8)):
        found = read_message_id(reader.i64())
        numbers.append(str(found.server if found.server is not None else found.value))
    return f"messages {', '.join(numbers[:100])}"


def _chat_alone(reader: Reader) -> str:
    return f"chat {reader.i64()}"


def _flags_chat_message(reader: Reader) -> str:
    reader.u32()
    chat, found = reader.i64(), read_message_id(reader.i64())
    number = found.server if found.server is not None else found.value
    return f"chat {chat}, message {number}"


def _flags_chat_messages(reader: Reader) -> str:
    flags = reader.u32()
    words = f"chat {reader.i64()}, {_messages(reader)}"
    return f"{words}, for all" if flags & 1 else f"{words}, for the account only"


def _chat_messages(reader: Reader) -> str:
    return f"chat {reader.i64()}, {_messages(reader)}"


def _chat_message(reader: Reader) -> str:
    chat, found = reader.i64(), read_message_id(reader.i64())
    number = found.server if found.server is not None else found.value
    return f"chat {chat}, up to message {number}"


def _history(reader: Reader) -> str:
    flags = reader.u32()
    words = _chat_message(reader)
    if flags & 2:
        words += ", for all"
    return f"{words}, out of the list" if flags & 1 else words


def _blocked(reader: Reader) -> str:
    flags = reader.u32()
    return f"chat {reader.i64()}, {'blocked' if flags & 1 else 'unblocked'}"


def _days(reader: Reader) -> str:
    reader.u32()
    return f"chat {reader.i64()}, from {reader.i32()} to {reader.i32()} (Unix time)"


def _flags_chat(reader: Reader) -> str:
    reader.u32()
    return f"chat {reader.i64()}"


def _session_settings(reader: Reader) -> str:
    flags = reader.u32()
    number = reader.i64()
    words = [f"session with hash {number}"]
    if flags & 1:
        words.append(f"flag for secret chats set to {flags >> 1 & 1}")
    if flags & 4:
        words.append(f"flag for calls set to {flags >> 3 & 1}")
    if flags & 0x10:
        words.append("confirmed")
    return ", ".join(words)


def _hash(reader: Reader) -> str:
    return f"session with hash {reader.i64()}"


def _seconds(reader: Reader) -> str:
    return f"{reader.i32()}"


def _codes(reader: Reader) -> str:
    return f"codes {', '.join(reader.text() for _ in range(reader.count(4)))}"


def _nothing(reader: Reader) -> str | None:
    return None


_DETAILS: Final[dict[int, Callable[[Reader], str | None]]] = {
    0x101: _flags_chat_message,
    0x102: _flags_chat_messages,
    0x103: _chat_message,
    0x105: _chat_messages,
    0x109: _history,
    0x10B: _chat_alone,
    0x117: _chat_messages,
    0x118: _blocked,
    0x122: _nothing,
    0x123: _days,
    0x125: _flags_chat,
    0x500: _session_settings,
    0x501: _hash,
    0x502: _nothing,
    0x503: _seconds,
    0x504: _seconds,
    0x505: _seconds,
    0x506: _hash,
    0x507: _nothing,
    0x508: _codes,
}
