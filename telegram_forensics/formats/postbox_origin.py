"""Was an outgoing message composed by this installation? What Postbox keeps.

Specification: formats/apple_postbox.md section 10. Proof per row is 10.2: a row that
was queued here carries a random id, which copies from the server never do. Where the
server answers a message with its full copy, that copy replaces the row and the trace is
gone; so the absence of a trace proves nothing, and stays `no_local_trace`.

Limits (10.4). All this names the data of the installation, not a person: somebody at a
remote control program or with the unlocked device leaves the same traces, and a copied
data folder takes them along. The share sheet, quick share and Siri send without a row,
so that such messages look like those of another session. Scheduled messages and those
of business bots are sent without any device that acts at that time.

UNCONFIRMED: in which cases today's server lets the trace stay, and how often a real
database shows it; no real one could be examined. That rows without the flag 64 are own
ones rests on the code of 2019, 2020, 2024 and 2025, hence it is graded lower here; in
databases of before April 2019 (schema 22) it is not used.
"""

from __future__ import annotations

from typing import Final

from telegram_forensics.formats.android_origin import (
    CERTAIN,
    NO_LOCAL_TRACE,
    NOT_APPLICABLE,
    NOT_DETERMINABLE,
    STRONG,
    SUPPORTING,
    THIS_INSTALLATION,
    Origin,
)
from telegram_forensics.formats.postbox_facts import PostboxFacts
from telegram_forensics.formats.postbox_ids import (
    LOCAL_NAMESPACES,
    PEER_SECRET,
    unpack_peer,
)
from telegram_forensics.formats.postbox_keys import (
    NAMESPACE_FIRST_SCHEMA,
    MessageKey,
)
from telegram_forensics.formats.postbox_message import (
    FLAG_FROM_SERVER,
    LOCAL_TAG_LIVE_LOCATION,
    StoredMessage,
)
from telegram_forensics.formats.postbox_traces import SendTraces
from telegram_forensics.formats.tl_peers import SERVICE_ACCOUNT

OUTGOING_INFO: Final = "OutgoingMessageInfoAttribute"

UNSENT_ROW: Final = "postbox_unsent_row"
UNIQUE_ID: Final = "postbox_unique_id"
OUTGOING_ATTRIBUTE: Final = "postbox_outgoing_info"
RANDOM_ID_ROW: Final = "postbox_random_id_row"
LIVE_LOCATION: Final = "postbox_live_location"
LOCAL_FLAGS: Final = "postbox_local_flags"
LOCAL_MEDIA: Final = "postbox_local_media"
UPLOADED_MEDIA: Final = "postbox_uploaded_media"
SECRET_KEY: Final = "secret_chat_key"
SECRET_MESSAGE: Final = "secret_chat_message"

# What each code stands for, for the documentation and reports.
BASIS: Final = {
    UNSENT_ROW: "the message stands in the namespace of those not sent, with random id",
    UNIQUE_ID: "the row has the random id with which it was queued here",
    OUTGOING_ATTRIBUTE: "the row has the attribute of the client's own queue",
    RANDOM_ID_ROW: "the table of random ids (t32) names this message",
    LIVE_LOCATION: "a live location that was shared from here",
    LOCAL_FLAGS: "the row lacks the flag that every copy from the server has",
    LOCAL_MEDIA: "the attachment is the local one, not the server's copy",
    UPLOADED_MEDIA: "the attachment was uploaded from here (t25), for whatever message",
    SECRET_KEY: "a secret chat whose key this database holds",
    SECRET_MESSAGE: "a secret chat, which is bound to the device",
}


def grade(
    key: MessageKey, stored: StoredMessage, facts: PostboxFacts, traces: SendTraces
) -> Origin:
    """Grades an outgoing message.

    Args:
        key: place of the message.
        stored: the message.
        facts: what it says.
        traces: of the same database.
    """
    if not facts.message.is_outgoing:
        return Origin(None)
    if unpack_peer(key.peer).namespace == PEER_SECRET:
        return _grade_secret(key, traces)
    certain = _proof(key, stored, traces)
    weaker = _signs(key, stored, facts, traces)
    basis = (*certain, *weaker)
    if certain:
        return Origin(THIS_INSTALLATION, CERTAIN, basis)
    if LOCAL_FLAGS in weaker or LOCAL_MEDIA in weaker:
        return Origin(THIS_INSTALLATION, STRONG, basis)
    return _grade_without_proof(key, stored, facts, basis)


def _grade_secret(key: MessageKey, traces: SendTraces) -> Origin:
    """Secret chats are bound to the device: what goes out was composed here."""
    if key.peer in traces.secret_chats:
        return Origin(THIS_INSTALLATION, CERTAIN, (SECRET_KEY,))
    return Origin(THIS_INSTALLATION, STRONG, (SECRET_MESSAGE,))


def _grade_without_proof(
    key: MessageKey,
    stored: StoredMessage,
    facts: PostboxFacts,
    basis: tuple[str, ...],
) -> Origin:
    message = facts.message
    if message.is_scheduled or message.via_business_bot is not None:
        return Origin(NOT_APPLICABLE)
    # Actions are made by the server, whoever caused them.
    if message.action is not None:
        return Origin(NOT_DETERMINABLE)
    if basis:
        return Origin(THIS_INSTALLATION, SUPPORTING, basis)
    # A trace may have stood in what was lost; a row that was not sent should have one.
    if not stored.is_complete or key.namespace in LOCAL_NAMESPACES:
        return Origin(NOT_DETERMINABLE)
    return Origin(NO_LOCAL_TRACE)


def _proof(key: MessageKey, stored: StoredMessage, traces: SendTraces) -> list[str]:
    """What copies from the server never have."""
    found = []
    if stored.unique_id is not None:
        if key.namespace in LOCAL_NAMESPACES:
            found.append(UNSENT_ROW)
        found.append(UNIQUE_ID)
    if stored.attribute(OUTGOING_INFO) is not None:
        found.append(OUTGOING_ATTRIBUTE)
    if key.id in traces.random_ids:
        found.append(RANDOM_ID_ROW)
    is_tagged = (stored.local_tags or 0) & LOCAL_TAG_LIVE_LOCATION
    if is_tagged or key.id in traces.live_locations:
        found.append(LIVE_LOCATION)
    return found


def _signs(
    key: MessageKey, stored: StoredMessage, facts: PostboxFacts, traces: SendTraces
) -> list[str]:
    found = []
    is_at_server = key.namespace not in LOCAL_NAMESPACES
    is_notice = unpack_peer(key.peer).number == SERVICE_ACCOUNT
    is_recent = traces.schema is None or traces.schema >= NAMESPACE_FIRST_SCHEMA
    flags = stored.flags
    if (
        is_at_server
        and is_recent
        and not is_notice
        and facts.message.action is None
        and flags is not None
        and not flags & FLAG_FROM_SERVER
    ):
        found.append(LOCAL_FLAGS)
    if any(item.is_local for item in facts.media):
        found.append(LOCAL_MEDIA)
    if any(
        item.media_id is not None and item.media_id in traces.uploads
        for item in facts.media
    ):
        found.append(UPLOADED_MEDIA)
    return found
