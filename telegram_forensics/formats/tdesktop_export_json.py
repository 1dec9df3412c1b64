"""Reader of result.json, the machine-readable export of Telegram Desktop.

Whole accounts and single chats, all versions since 1.3.8. The document is read as a
stream, one message at a time. The exporter writes it piece by piece: of a document that
ends in the middle everything complete is given. Behind damage the reader goes on at the
next place that can only be the beginning of a message, a chat or a part of the root
object.

    reader = JsonExport(file_object)
    for record in reader.records():
        ...
    reader.summary, reader.issues

References:
    Telegram Desktop, Telegram/SourceFiles/export/output/export_output_json.cpp;
    formats/telegram_desktop.md, section 5
"""

from __future__ import annotations

import enum
import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

from telegram_forensics.formats import tdesktop_export_stream as stream
from telegram_forensics.formats.errors import Issue
from telegram_forensics.formats.tdesktop_export_entries import CHAT_KINDS, EntryReader
from telegram_forensics.formats.tdesktop_export_messages import MessageReader
from telegram_forensics.formats.tdesktop_export_records import (
    Account,
    Chat,
    ExportSummary,
    ExportTime,
    PeerType,
    Record,
)
from telegram_forensics.formats.tdesktop_export_values import (
    IdRules,
    OffsetTable,
    integer,
    text,
)

ROOT_KEYS: Final = (
    "about",
    "personal_information",
    "profile_pictures",
    "stories",
    "contacts",
    "frequent_contacts",
    "sessions",
    "web_sessions",
    "other_data",
    "chats",
    "left_chats",
)
CHAT_KEYS: Final = ("name", "type", "id", "messages")

HEAD_SIZE: Final = 4096
MAXIMUM_ISSUES: Final = 1000

_LISTS: Final = ("profile_pictures", "stories")
_SECTIONS: Final = (
    "contacts",
    "frequent_contacts",
    "sessions",
    "web_sessions",
    "chats",
    "left_chats",
)
_CHAT_LISTS: Final = ("chats", "left_chats")
_BOM: Final = b"\xef\xbb\xbf"

_TYPES: Final = "|".join(CHAT_KINDS).encode()
_NAME: Final = rb'"name": ?(?:null|"(?:[^"\\]|\\.){0,1024}")'
_CHAT_TYPE: Final = rb'"type": ?(?:""|null|"(?:' + _TYPES + rb')")'
_CHAT_HEAD: Final = re.compile(
    rb"\s*\{\s*(?:" + _NAME + rb"\s*,\s*)?" + _CHAT_TYPE + rb'\s*,\s*"id": ?-?\d'
)
# Keys of another order, as sorting programs write them.
_SORTED_CHAT_HEAD: Final = re.compile(rb'\s*\{\s*"id": ?\d+\s*,\s*"messages": ?\[')
_ROOT_HEAD: Final = re.compile(
    rb'\s*\{\s*(?:"about": ?"(?:[^"\\]|\\.)*"\s*,\s*)?"(?:'
    + "|".join(ROOT_KEYS[1:]).encode()
    + rb')": ?[\[{]'
)
# A document that ends before more can be told: its first member, and the second key.
_HEAD_START: Final = re.compile(
    rb'\s*\{\s*"(about|personal_information|name|type)": ?(?:'
    rb'(?:null|"(?:[^"\\]|\\.)*")\s*,\s*"([a-z_]+)"|(?:"(?:[^"\\]|\\.)*"?|n[ul]*|\{)?)'
)
_ANCHOR: Final = re.compile(
    rb'\n *(?P<message>\{)\s*"id": ?-?\d+,\s*"type": ?"(?:message|service|unsupported)"'
    rb"|\n *(?P<chat>\{)\s*(?:" + _NAME + rb",\s*)?" + _CHAT_TYPE + rb',\s*"id"'
    rb'|\n (?P<root>")(?:' + "|".join(ROOT_KEYS).encode() + rb')": ?["\[{]'
)


_DIALOGS: Final = ("personal_chat", "bot_chat")
_OWN_CHAT: Final = re.compile(rb'"type": ?"saved_messages",\s*"id": ?(\d{1,19})\b')
_SENDER: Final = re.compile(rb'"(?:from|actor)_id": ?(?:"(user\d{1,19})"|(\d{1,19})\b)')


_SECOND_KEYS: Final = {b"name": ("type",), b"type": ("id",)}


class HeadMatch(enum.Enum):
    """Whether a file is an export.

    YES: it begins like one; SHORT: it begins like one and ends too early to be sure.
    """

    YES = "yes"
    NO = "no"
    SHORT = "short"


def check_head(head: bytes) -> HeadMatch:
    """Tells from the first bytes of a file whether it is an export.

    Args:
        head: the first `HEAD_SIZE` bytes; less only if the file is smaller.
    """
    data = head.removeprefix(_BOM)
    if data.lstrip()[:1] != b"{":
        return HeadMatch.NO
    if _ROOT_HEAD.match(data) or _CHAT_HEAD.match(data):
        return HeadMatch.YES
    if _SORTED_CHAT_HEAD.match(data):
        return HeadMatch.YES
    match = _HEAD_START.match(data)
    if match is None or data.rstrip().endswith(b"}"):
        return HeadMatch.NO
    first, second = match.groups()
    if second is not None and second.decode() not in _SECOND_KEYS.get(first, ROOT_KEYS):
        return HeadMatch.NO
    return HeadMatch.SHORT


class _Kind(enum.Enum):
    ROOT = "the document"
    SECTION = "a part"
    LIST = "a list"
    CHAT = "a chat"
    MESSAGES = "the messages of a chat"


@dataclass(slots=True)
class _Frame:
    """An object or array that the cursor is in."""

    kind: _Kind
    name: str = ""
    chat: Chat | None = None


class JsonExport:
    """One result.json.

    Attributes:
        summary: what was found; complete once `records` is exhausted.
        issues: what is wrong with the document, with byte offsets.
        account: personal information, as soon as it was read.
        account_id: user id of the exporting account, from the personal information;
            without it from the chat with oneself, or from a dialog that was exported
            alone: who writes there and is not the other party is the account.
    """

    def __init__(
        self, file_object: BinaryIO, maximum: int = stream.MAXIMUM_VALUE
    ) -> None:
        self.summary = ExportSummary()
        self.issues: list[Issue] = []
        self.account: Account | None = None
        self.account_id: int | None = None
        self._file = file_object
        self._offsets = OffsetTable()
        self._ids = IdRules.detect(file_object)
        self._entries = EntryReader(self._ids, self._offsets)
        self._messages = MessageReader(self._ids, self._offsets)
        self._stack: list[_Frame] = []
        self._chat_list = "chats"
        self._stream = stream.ValueStream(file_object, maximum)

    def records(self) -> Iterator[Record]:
        """Reads the document.

        Yields:
            Records in the order of the file; a chat follows its messages.
        """
        try:
            yield from self._document()
        except stream.EndOfDocument as exception:
            self._issue(exception.offset, f"{exception.reason}: {self._place()}")
        while self._stack:
            yield from self._pop(is_complete=False)
        for note, (count, offset) in self._stream.notes.items():
            if note == stream.NOTE_ESCAPES:
                self.summary.repaired_escapes = count
            self._issue(offset, f"{note}: repaired, values: {count}, the first here")
        self.summary.offsets = self._offsets.offsets
        self.summary.offset_1970 = self._offsets.offset_1970

    def _document(self) -> Iterator[Record]:
        if self._stream.peek() == _BOM[:1]:
            for _ in _BOM:
                self._stream.take()
        if self._stream.peek() == b"{":
            self._stream.take()
            self._stack.append(_Frame(_Kind.ROOT))
        elif not (yield from self._go_on(0, "the document does not begin with {")):
            return
        while self._stack:
            try:
                yield from self._step()
            except stream.BadValue as exception:
                self._issue(exception.offset, exception.reason)
            except stream.EndOfDocument:
                raise
            except stream.StructureError as exception:
                found = yield from self._go_on(exception.offset, exception.reason)
                if not found:
                    return
        self.summary.is_complete = True
        start = self._stream.offset
        if any(chunk.strip() for chunk in self._stream.rest()):
            self._issue(start, "further bytes behind the end of the document")

    def _go_on(self, offset: int, reason: str) -> Generator[Record, None, bool]:
        """Looks for the next place behind damage that can be read.

        Returns:
            False if there is none.
        """
        match = self._stream.find(_ANCHOR, offset + 1)
        if match is None:
            self._issue(offset, f"{reason}; nothing can be read behind it")
            return False
        # At the bracket or quote behind the line break.
        self._stream.peek()
        self._issue(offset, f"{reason}; reading goes on at 0x{self._stream.offset:x}")
        if match.lastgroup == "message":
            while self._stack and self._stack[-1].kind is not _Kind.MESSAGES:
                yield from self._pop(is_complete=False)
            if self._stack:
                chat = self._stack[-1].chat
                assert chat is not None
            else:
                chat = Chat(self._stream.offset)
                self._stack = [
                    *self._chat_list_frames(),
                    _Frame(_Kind.CHAT, chat=chat),
                    _Frame(_Kind.MESSAGES, chat=chat),
                ]
            chat.is_doubtful = True
            chat.is_complete = False
        else:
            while self._stack:
                yield from self._pop(is_complete=False)
            self._stack = (
                self._chat_list_frames()
                if match.lastgroup == "chat"
                else [_Frame(_Kind.ROOT)]
            )
        return True

    def _chat_list_frames(self) -> list[_Frame]:
        return [
            _Frame(_Kind.ROOT),
            _Frame(_Kind.SECTION, self._chat_list),
            _Frame(_Kind.LIST, self._chat_list),
        ]

    def _step(self) -> Iterator[Record]:
        """Reads the next thing, whatever the cursor is in."""
        frame = self._stack[-1]
        first = self._stream.peek()
        if first == b",":
            self._stream.take()
        elif first == b"":
            raise stream.EndOfDocument(self._stream.offset, "the document ends early")
        elif frame.kind in (_Kind.LIST, _Kind.MESSAGES):
            if first == b"]":
                self._stream.take()
                yield from self._pop()
            elif first != b"{":
                raise stream.StructureError(self._stream.offset, "an object is missing")
            elif frame.kind is _Kind.MESSAGES:
                yield from self._read_messages(frame)
            elif frame.name in _CHAT_LISTS:
                chat = Chat(self._stream.offset, is_left=frame.name == "left_chats")
                self._stream.take()
                self._stack.append(_Frame(_Kind.CHAT, chat=chat))
            else:
                position, value = self._stream.read_value()
                yield from self._entry(frame.name, position, value)
        elif first == b"}":
            self._stream.take()
            yield from self._pop()
        elif first == b'"':
            key = self._stream.read_key()
            yield from self._member(frame, key)
        else:
            raise stream.StructureError(self._stream.offset, "a key is missing")

    def _read_messages(self, frame: _Frame) -> Iterator[Record]:
        """Reads messages as long as they come; this is where the time goes."""
        chat = frame.chat
        assert chat is not None
        cursor = self._stream
        while True:
            position, value = cursor.read_value()
            if not isinstance(value, dict):
                raise stream.BadValue(position, "a message is no object")
            message = self._messages.read(value, chat, position)
            message.is_doubtful = chat.is_doubtful or cursor.is_damaged
            chat.message_count += 1
            if message.date is not None:
                _widen(chat, message.date)
            yield self._count(message)
            if cursor.peek() != b",":
                return
            cursor.take()
            if cursor.peek() != b"{":
                return

    def _member(self, frame: _Frame, key: str) -> Iterator[Record]:
        """Reads the value behind a key."""
        cursor = self._stream
        first = cursor.peek()
        if frame.kind is _Kind.ROOT:
            if key in ROOT_KEYS:
                self.summary.type = self.summary.type or "whole_account"
                if key not in self.summary.parts and key != "about":
                    self.summary.parts.append(key)
            elif key in CHAT_KEYS and not self.summary.parts:
                # A single chat: the root object is the chat.
                self.summary.type = "single_chat"
                frame.kind = _Kind.CHAT
                frame.chat = Chat(0)
        if frame.kind is _Kind.CHAT and key in CHAT_KEYS:
            yield from self._chat_member(frame, key, first)
        elif frame.kind is _Kind.ROOT and key == "personal_information":
            position, value = cursor.read_value()
            yield from self._entry(key, position, value)
        elif frame.kind is _Kind.ROOT and key in _LISTS and first == b"[":
            cursor.take()
            self._stack.append(_Frame(_Kind.LIST, key))
        elif frame.kind is _Kind.ROOT and key in _SECTIONS and first == b"{":
            if key in _CHAT_LISTS:
                self._chat_list = key
                if self.account_id is None:
                    self.account_id = self._find_own_chat()
            cursor.take()
            self._stack.append(_Frame(_Kind.SECTION, key))
        elif frame.kind is _Kind.SECTION and key == "list" and first == b"[":
            cursor.take()
            self._stack.append(_Frame(_Kind.LIST, frame.name))
        else:
            cursor.skip_value()

    def _chat_member(self, frame: _Frame, key: str, first: bytes) -> Iterator[Record]:
        chat = frame.chat
        assert chat is not None
        if key == "messages" and first == b"[":
            if self.account_id is None:
                self.account_id = self._find_account(chat)
            self._stream.take()
            self._stack.append(_Frame(_Kind.MESSAGES, chat=chat))
            return
        if first in (b"{", b"["):
            self._stream.skip_value()
            return
        value = self._stream.read_scalar()
        if key == "name":
            chat.name = text(value)
        elif key == "type":
            chat.kind = text(value)
            chat.is_own = chat.kind == "saved_messages"
        elif key == "id":
            chat.peer = self._ids.chat(value, CHAT_KINDS.get(chat.kind or ""))
            if chat.peer is None and integer(value) is not None:
                self._issue(
                    chat.position,
                    f"the chat id {value} can be read in two ways, no sender's id "
                    f"tells which",
                )
        yield from ()

    def _entry(self, name: str, position: int, value: Any) -> Iterator[Record]:
        """Reads an entry of a list, or the personal information."""
        if not isinstance(value, dict):
            raise stream.BadValue(position, f"an entry of {name} is no object")
        record = self._entries.read(name, value, position)
        if isinstance(record, Account):
            self.account = record
            self.account_id = record.user_id
        yield self._count(record)

    def _find_account(self, chat: Chat) -> int | None:
        """The account's id as a chat reveals it."""
        if chat.peer is None:
            return None
        if chat.kind == "saved_messages":
            return chat.peer.bare
        if chat.kind in _DIALOGS and self.summary.type == "single_chat":
            for match in self._search(_SENDER):
                peer = self._ids.sender(
                    match[1].decode() if match[1] else int(match[2])
                )
                if peer and peer.type is PeerType.USER and peer.bare != chat.peer.bare:
                    return peer.bare
        return None

    def _find_own_chat(self) -> int | None:
        """Id of the chat with oneself, for an export without personal information."""
        for match in self._search(_OWN_CHAT):
            peer = self._ids.chat(int(match[1]), PeerType.USER)
            return peer.bare if peer else None
        return None

    def _search(self, pattern: re.Pattern[bytes]) -> Iterator[re.Match[bytes]]:
        """Looks ahead of the cursor's chunk, which stays where it is."""
        place = self._file.tell()
        self._file.seek(self._stream.offset)
        rest = b""
        try:
            while data := self._file.read(1 << 20):
                yield from pattern.finditer(rest + data)
                rest = data[-128:]
        finally:
            self._file.seek(place)

    def _count(self, record: Record) -> Record:
        name = type(record).__name__
        counts = self.summary.counts
        counts[name] = counts.get(name, 0) + 1
        return record

    def _pop(self, is_complete: bool = True) -> Iterator[Record]:
        """Leaves an object or array; a chat is given when it ends."""
        frame = self._stack.pop()
        if frame.kind is _Kind.CHAT and frame.chat is not None:
            frame.chat.is_complete = frame.chat.is_complete and is_complete
            yield self._count(frame.chat)

    def _place(self) -> str:
        if not self._stack:
            return "before anything was read"
        frame = self._stack[-1]
        name = frame.chat.name if frame.chat is not None else frame.name
        return f"in {frame.kind.value}" + (f" ({name})" if name else "")

    def _issue(self, offset: int, reason: str) -> None:
        if len(self.issues) < MAXIMUM_ISSUES:
            self.issues.append(Issue("", offset, reason))
        elif len(self.issues) == MAXIMUM_ISSUES:
            self.issues.append(Issue("", offset, "further problems are not listed"))


def _widen(chat: Chat, date: ExportTime) -> None:
    """Notes the first and last message of a chat."""
    if chat.first_date is None or chat.last_date is None:
        chat.first_date = chat.last_date = date
        return
    order = _order(date)
    if order > _order(chat.last_date):
        chat.last_date = date
    elif order < _order(chat.first_date):
        chat.first_date = date


def _order(date: ExportTime) -> int:
    return date.unix if date.unix is not None else date.local or 0
