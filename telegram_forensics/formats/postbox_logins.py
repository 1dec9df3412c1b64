"""Logins of other sessions that Postbox keeps (new-session reviews, notices).

Specification: formats/apple_postbox.md section 11.5 (since app 10.0.3/10.1, September
2023; the very first builds stored no time). The list of active sessions is never
stored. The server's hash of a session is another number than the id of its key: the two
are never to be joined.
"""

from __future__ import annotations

from dataclasses import dataclass

from telegram_forensics.formats.postbox_coding import PostboxObject

REVIEW_COLLECTION = 25


@dataclass(slots=True)
class SessionReview:
    """A login of another session that waits to be confirmed by the owner.

    Attributes:
        authorization_hash: server's number of that session.
        device: model and client, as the server names them.
        location: place, as the server names it.
        time: of the login, seconds since 1970 UTC.
        is_consistent: the number is the one that the row is found by.
    """

    authorization_hash: int | None
    device: str | None = None
    location: str | None = None
    time: int | None = None
    is_consistent: bool = True


def read_session_review(item: bytes, value: PostboxObject) -> SessionReview:
    """Reads an entry of the ordered list 25.

    Args:
        item: item id, from the key.
        value: content of the entry.
    """
    stated = None
    if len(item) == 8:
        stated = int.from_bytes(item, "little", signed=True)
    found = SessionReview(value.integer("id"))
    if found.authorization_hash is None:
        found.authorization_hash = stated
    found.is_consistent = stated is None or stated == found.authorization_hash
    found.device, found.location = value.text("device"), value.text("location")
    found.time = value.time("timestamp")
    return found
