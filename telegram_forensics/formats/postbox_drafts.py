"""Drafts of Telegram for iOS and native macOS (t67, t68; before August 2021 t23).

Specification: formats/apple_postbox.md section 5.5. A draft that every session has
(`synchronizeableInputState`) and the state of the input field of this installation
(`opaqueData`) stand side by side: the second one exists only where the field was used
here.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from telegram_forensics.formats.postbox_coding import (
    PostboxObject,
    Problem,
    read_body,
    read_either,
)
from telegram_forensics.formats.postbox_ids import MessageId, read_codable_message


@dataclass(slots=True)
class Draft:
    """A draft.

    Attributes:
        text: text that every session has, None if there is none.
        time: last change of it, seconds since 1970 UTC.
        reply: message that is replied to.
        local_text: text in the input field of this installation.
        local_time: last change of that.
        has_local_state: the input field was used on this installation.
        edited: message that is being edited here.
        edited_text: unfinished text of the edit.
        has_recording: a voice or video message was recorded here and not sent.
    """

    text: str | None = None
    time: int | None = None
    reply: MessageId | None = None
    local_text: str | None = None
    local_time: int | None = None
    has_local_state: bool = False
    edited: MessageId | None = None
    edited_text: str | None = None
    has_recording: bool = False
    problems: list[Problem] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """True if nothing was left unsent."""
        return not (
            self.text
            or self.local_text
            or self.edited
            or self.edited_text
            or self.has_recording
        )


def _inner(data: bytes | None, what: str, draft: Draft) -> PostboxObject | None:
    """A body in bytes; offsets in it are those of the body."""
    if data is None:
        return None
    problems: list[Problem] = []
    found = read_either(data, problems)
    draft.problems += [(place, f"{what}: {reason}") for place, reason in problems]
    return found


def read_draft(data: bytes) -> Draft:
    """Value of t67 or t68."""
    draft = Draft()
    value = read_body(data, draft.problems)
    state = _inner(value.data("data"), "data", draft)
    if state is None:
        return draft
    shared = state.object("synchronizeableInputState")
    if shared is not None:
        draft.text = shared.text("t")
        draft.time = shared.time("s")
        draft.reply = _reply(shared)
    opaque = _inner(state.data("opaqueData"), "opaqueData", draft)
    if opaque is not None:
        draft.has_local_state = True
        _read_local(opaque, draft)
        draft.has_recording = opaque.object("mediaDraftState") is not None
    draft.has_recording |= state.object("mediaDraftState") is not None
    return draft


def _reply(value: PostboxObject) -> MessageId | None:
    reply = value.object("rep")
    if reply is None:
        return None
    found = read_codable_message(reply)
    for key in ("messageId", "m"):
        found = found or read_codable_message(reply.fields.get(key))
    return found


def _read_local(value: PostboxObject, draft: Draft) -> None:
    draft.local_time = value.time("ts")
    draft.local_text = _input_text(value.object("is"))
    edit = value.object("em")
    if edit is None:
        return
    peer, namespace, number = (edit.integer(key) for key in ("mp", "mn", "mi"))
    if peer is not None and namespace is not None and number is not None:
        draft.edited = MessageId(peer, namespace, number)
    draft.edited_text = _input_text(edit.object("is"))


def _input_text(value: PostboxObject | None) -> str | None:
    text = None if value is None else value.object("at")
    return None if text is None else text.text("text")


def read_old_draft(data: bytes) -> Draft:
    """Value of t23: what the input field of this installation held."""
    draft = Draft(has_local_state=True)
    value = read_either(data, draft.problems)
    _read_local(value, draft)
    peer, namespace, number = (value.integer(key) for key in ("r.p", "r.n", "r.i"))
    if peer is not None and namespace is not None and number is not None:
        draft.reply = MessageId(peer, namespace, number)
    return draft
