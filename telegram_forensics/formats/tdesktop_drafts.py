"""Drafts of Telegram Desktop: message text that was typed and not sent.

Specification: formats/telegram_desktop.md section 3.6, all five layouts (0.6.12 to
6.1.2). No time is stored in a draft: the modification time of its file is that of its
last change. A file exists only for drafts that differ from the synchronized cloud
draft.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.qds import QdsReader
from telegram_forensics.formats.tdesktop_peer import PeerId, decode_peer_id

_TAG_32: Final = 0xFFFFFFFFFFFFFF01
_TAG_64: Final = 0xFFFFFFFFFFFFFF03
_TAG_REPLY: Final = 0xFFFFFFFFFFFFFF05
_TAG_SUGGESTED: Final = 0xFFFFFFFFFFFFFF06
_FIRST_TAG: Final = 0xFFFFFFFFFFFFFF00
_EDITING_32: Final = 0x3FFFFFFF
_STEP_64: Final = 1 << 56
_SUB_CHAT_BIT: Final = 1 << 60
_SECTIONS: Final = {-1: "local", -2: "cloud", -3: "scheduled"}


@dataclass(frozen=True, slots=True)
class Draft:
    """One draft.

    Attributes:
        text: the text.
        section: `local` (the chat itself), `cloud`, `scheduled`, `topic`, `shortcut` or
            `sub_chat`.
        section_id: topic root, shortcut or sub-chat id, None for the others.
        is_editing: an edit of a sent message that was not saved.
        message_id: the message being edited, or the one replied to; None if none.
        reply_peer: chat of the message replied to, where it is another one.
        url: link whose preview was chosen, "" if none.
        suggested_date: Unix time (seconds, UTC) of a suggested post, None if none.
    """

    text: str
    section: str
    section_id: int | None
    is_editing: bool
    message_id: int | None
    reply_peer: int | None = None
    url: str = ""
    suggested_date: int | None = None


@dataclass(slots=True)
class DraftFile:
    """A draft file.

    Attributes:
        peer: the chat.
        drafts: its drafts in file order.
        problems: (offset in the decrypted data, reason); what stands before is kept.
    """

    peer: PeerId
    drafts: list[Draft] = field(default_factory=list)
    problems: list[tuple[int, str]] = field(default_factory=list)


def read_drafts(data: bytes, version: int) -> DraftFile:
    """Reads a draft file.

    Args:
        data: decrypted content.
        version: AppVersion of the file.

    Raises:
        FormatError: if not even the chat can be read, or the tag is unknown.
    """
    reader = QdsReader(data)
    tag = reader.u64()
    if tag < _FIRST_TAG:
        draft_file = DraftFile(decode_peer_id(tag))
        _guarded(draft_file, lambda: _read_untagged(reader, version, draft_file))
        return draft_file
    if tag not in (_TAG_32, _TAG_64, _TAG_REPLY, _TAG_SUGGESTED):
        raise FormatError(0, f"draft tag {tag:016x} is unknown")
    draft_file = DraftFile(decode_peer_id(reader.u64()))
    _guarded(draft_file, lambda: _read_tagged(reader, tag, draft_file))
    return draft_file


def _guarded(draft_file: DraftFile, read: Callable[[], None]) -> None:
    try:
        read()
    except FormatError as exception:
        draft_file.problems.append((exception.offset, exception.reason))


def _read_untagged(reader: QdsReader, version: int, draft_file: DraftFile) -> None:
    text = reader.string()
    if version >= 9048:
        _skip_tags(reader)
    reply_to = reader.i32() if version >= 7021 else 0
    draft_file.drafts.append(Draft(text, "local", None, False, reply_to or None))
    if version >= 8001:
        reader.i32()
        if reader.remaining:
            edited_text = reader.string()
            if version >= 9048:
                _skip_tags(reader)
            message_id = reader.i32()
            reader.i32()
            if message_id:
                draft_file.drafts.append(
                    Draft(edited_text, "local", None, True, message_id)
                )


def _skip_tags(reader: QdsReader) -> None:
    """Formatting of the text: BYTES with a list of its own."""
    reader.bytes()


def _read_tagged(reader: QdsReader, tag: int, draft_file: DraftFile) -> None:
    for _ in range(reader.count(16)):
        if tag == _TAG_32:
            section, section_id, editing = _section_32(reader.i32())
        else:
            section, section_id, editing = _section_64(reader.i64())
        text = reader.string()
        _skip_tags(reader)
        reply_peer: int | None = None
        url = ""
        suggested: int | None = None
        if tag == _TAG_32:
            message_id = reader.i32()
            reader.i32()
        elif tag == _TAG_64:
            message_id = reader.i64()
            reader.i32()
        else:
            reply_peer = reader.i64() or None
            message_id = reader.i64()
            if tag == _TAG_SUGGESTED:
                first = reader.u64()
                reader.u64()
                if first >> 63:
                    suggested = first & 0xFFFFFFFF or None
            url = reader.string()
            # Web page preview: large media, small media, invert, manual, removed.
            reader.raw(20)
        draft_file.drafts.append(
            Draft(
                text,
                section,
                section_id,
                editing,
                message_id or None,
                reply_peer,
                url,
                suggested,
            )
        )


def _section_32(key: int) -> tuple[str, int | None, bool]:
    editing = key not in _SECTIONS and key >= _EDITING_32 - 3
    if editing:
        key -= _EDITING_32
    if key in _SECTIONS:
        return _SECTIONS[key], None, editing
    return "topic", key, editing


def _section_64(key: int) -> tuple[str, int | None, bool]:
    if key in _SECTIONS:
        return _SECTIONS[key], None, False
    if key > 0 and key & _SUB_CHAT_BIT:
        rest = key & ~_SUB_CHAT_BIT
        return "sub_chat", rest % _STEP_64, rest // _STEP_64 == 1
    # -1 + 2^56 is the edit of the local draft: the step below is that of the section.
    for section, name in _SECTIONS.items():
        if key == section + _STEP_64:
            return name, None, True
    kind, identifier = divmod(key, _STEP_64)
    return {2: "cloud", 3: "shortcut"}.get(kind, "topic"), identifier, kind == 1
