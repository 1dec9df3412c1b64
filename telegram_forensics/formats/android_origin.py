"""Was an outgoing message composed by this client? What Telegram for Android keeps.

Specification: formats/android.md section 5, verified in the source of 12.1.1; table
`randoms` exists since the first version, whether every older version behaves the same
in detail is UNCONFIRMED. What proves composition is graded here, message by message.
Nothing here ever says that another session sent a message: the absence of a trace is
weak (an edit, a reload of the dialog or the filling of a gap replace the client's own
object by the server's), so it stays `no_local_trace` without any confidence.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from telegram_forensics.formats.android_dialog import Dialog
from telegram_forensics.formats.android_message_blob import MessageBlob
from telegram_forensics.formats.tl_message import MessageFacts
from telegram_forensics.formats.tl_peers import SERVICE_ACCOUNT
from telegram_forensics.formats.tl_schema import TLConstructor

THIS_INSTALLATION: Final = "this_installation"
NO_LOCAL_TRACE: Final = "no_local_trace"
NOT_APPLICABLE: Final = "not_applicable"
NOT_DETERMINABLE: Final = "not_determinable"

CERTAIN: Final = "certain"
STRONG: Final = "strong"
SUPPORTING: Final = "supporting"

SENDING: Final = 1
FAILED: Final = 2
EDITING: Final = 3
_STATES_OF_SENDING: Final = frozenset({SENDING, FAILED})
_MEDIA_FLAG_BIT: Final = 9
# Says which layer a message had that the version at hand could not show; it comes with
# messages of anybody.
_PARAMETERS_WITHOUT_MEANING: Final = frozenset({"legacy_layer"})


class Origin(NamedTuple):
    """A grade.

    Attributes:
        value: as `origin` of the event model, None for messages that are not outgoing.
        confidence: `certain`, `strong` or `supporting`, only with `this_installation`.
        basis: codes of the stored traces, see docs/event_data.md.
    """

    value: str | None
    confidence: str | None = None
    basis: tuple[str, ...] = ()


_NONE: Final = Origin(None)
_NO_TRACE: Final = Origin(NO_LOCAL_TRACE)
_NO_RECORD: Final = Origin(NOT_DETERMINABLE)
_AUTOMATIC: Final = Origin(NOT_APPLICABLE)


@dataclass(slots=True)
class SendTraces:
    """Traces of sending that a database keeps beside its messages.

    Attributes:
        table: `randoms_v2` or `randoms`, None if the database has neither.
        confirmed: (dialog id, message id) of rows with a positive message id; the
            dialog id is None in `randoms`, which has no such column.
        pending: of rows with a negative message id: number of different random ids, by
            dialog id (None in `randoms`).
        negative: (dialog id, message id) of those rows.
        sent_files: (dialog id, message id) that a row of `sent_files_v2` names.
        scheduled: (dialog id, message id) of messages that wait to be sent: their ids
            are of a number space of their own and can equal ids of sent messages.
        secret_chats: ids of secret chats whose key this database holds.
    """

    table: str | None = None
    confirmed: set[tuple[int | None, int]] = field(default_factory=set)
    pending: Counter[int | None] = field(default_factory=Counter)
    negative: set[tuple[int | None, int]] = field(default_factory=set)
    sent_files: set[tuple[int, int]] = field(default_factory=set)
    scheduled: set[tuple[int, int]] = field(default_factory=set)
    secret_chats: set[int] = field(default_factory=set)

    def add_randoms(
        self, table: str, rows: Iterable[tuple[int, int, int | None]]
    ) -> None:
        """Adds rows of `randoms(_v2)`: random id, message id, dialog id or None."""
        self.table = table
        seen: set[tuple[int | None, int]] = set()
        for random_id, message_id, dialog_id in rows:
            key = (dialog_id, message_id)
            if message_id >= 0:
                self.confirmed.add(key)
                continue
            self.negative.add(key)
            if (dialog_id, random_id) not in seen:
                seen.add((dialog_id, random_id))
                self.pending[dialog_id] += 1

    def add_sent_file(self, parent: str | None) -> None:
        """Adds `sent_files_v2.parent`: `sent_<channel>_<message>_<dialog>_...`."""
        parts = (parent or "").split("_")
        if len(parts) < 4 or parts[0] != "sent":
            return
        try:
            self.sent_files.add((int(parts[3]), int(parts[2])))
        except ValueError:
            return

    def has_confirmed(self, dialog_id: int, message_id: int) -> bool:
        """True if a row names this message."""
        return (dialog_id, message_id) in self.confirmed or (
            None,
            message_id,
        ) in self.confirmed


def grade(
    facts: MessageFacts,
    blob: MessageBlob | None,
    dialog: Dialog,
    dialog_id: int,
    message_id: int,
    send_state: int | None,
    traces: SendTraces,
    *,
    is_waiting: bool = False,
) -> Origin:
    """Grades an outgoing message.

    Args:
        facts: the message; `is_outgoing` as the row or, without it, the object says.
        blob: with what the client stored behind it, None if it could not be decoded.
        dialog: chat of the row.
        dialog_id: the same as stored.
        message_id: column `mid`, which counts where the object says something else.
        send_state: column `send_state`, None if the table has none.
        traces: of the same database.
        is_waiting: the row is one of a table of scheduled messages.
    """
    if not facts.is_outgoing:
        return _NONE
    if dialog.kind == "secret":
        return _grade_secret(dialog, traces)
    # Ids of waiting messages are a number space of their own: a trace of one of them
    # says nothing of the sent message with the same number.
    is_ambiguous = not is_waiting and (dialog_id, message_id) in traces.scheduled
    basis = _proof_in_row(dialog_id, message_id, send_state, traces, is_ambiguous)
    # While a message is edited the client writes what it sends there, too: a trace of
    # the edit, not of the composition.
    own = blob if send_state != EDITING else None
    trailer = [] if own is None else _proof_in_trailer(own)
    if basis or trailer:
        # A new attachment leaves its path in the row of the edited message, wherever
        # that was composed.
        is_certain = basis or facts.edited is None
        confidence = CERTAIN if is_certain else STRONG
        return Origin(THIS_INSTALLATION, confidence, (*basis, *trailer))
    if _is_automatic(facts):
        return _AUTOMATIC
    # The client keeps no trace of actions, whoever did them.
    if facts.action is not None:
        return _NO_RECORD
    origin = _NO_TRACE
    if message_id > 0 and own is not None and _is_own_object(facts, own):
        origin = Origin(THIS_INSTALLATION, STRONG, ("media_empty_flag",))
    # Before database version 84 the column holds the channel as well.
    elif (dialog_id, message_id & 0xFFFFFFFF) in traces.sent_files:
        origin = Origin(THIS_INSTALLATION, SUPPORTING, ("sent_files",))
    return origin


def _proof_in_row(
    dialog_id: int,
    message_id: int,
    send_state: int | None,
    traces: SendTraces,
    is_ambiguous: bool,
) -> list[str]:
    basis = []
    if (
        message_id > 0
        and not is_ambiguous
        and traces.has_confirmed(dialog_id, message_id)
    ):
        basis.append(traces.table or "randoms_v2")
    if (
        message_id < 0
        and send_state in _STATES_OF_SENDING
        and dialog_id != SERVICE_ACCOUNT
    ):
        basis.append("unsent_row")
    return basis


def _proof_in_trailer(blob: MessageBlob) -> list[str]:
    basis = []
    if blob.attach_path:
        basis.append("attach_path")
    if blob.parameters.keys() - _PARAMETERS_WITHOUT_MEANING:
        basis.append("send_parameters")
    if blob.own_media_text is not None and blob.attach_path:
        basis.append("own_media_text")
    return basis


def _grade_secret(dialog: Dialog, traces: SendTraces) -> Origin:
    """Secret chats are bound to the device: what goes out was written here."""
    if dialog.number in traces.secret_chats:
        return Origin(THIS_INSTALLATION, CERTAIN, ("secret_chat_key",))
    return Origin(THIS_INSTALLATION, STRONG, ("secret_chat_message",))


def _is_automatic(facts: MessageFacts) -> bool:
    """Delivered by schedule, or sent by a bot or an automatic reply."""
    return (
        facts.is_scheduled
        or facts.via_business_bot is not None
        or facts.is_offline
        or facts.quick_reply is not None
    )


def _is_own_object(facts: MessageFacts, blob: MessageBlob) -> bool:
    """The client's own object (form S): an empty attachment with its flag set.

    That no server sends such an object is UNCONFIRMED.
    """
    return (
        facts.has_media_flag
        and _has_optional_media(blob.message.constructor)
        and "media" in blob.message
        and blob.message["media"].name == "messageMediaEmpty"
    )


@functools.cache
def _has_optional_media(constructor: TLConstructor) -> bool:
    """True for constructors (layer 34 and later) that can do without an attachment."""
    return any(
        item.name == "media" and item.bit == _MEDIA_FLAG_BIT
        for item in constructor.fields
    )
