"""One remote control session that several files tell of counts once.

TeamViewer notes a session in its list of connections when it has ended, and line by
line in its log; the two share no identifier (formats/remote_access.md 1.2 and 1.3). The
list's start is the arrival of the connection, the log's the moment of the password. The
same partner on the same computer, from two files, with starts and ends that are close,
is one session: the earlier record stays and takes over what only the other one knows.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Final

from telegram_forensics.attribution.records import RemoteSession

# Seconds from the arrival of a connection until the partner has typed the password.
_START_TOLERANCE: Final = 180.0
_END_TOLERANCE: Final = 30.0
# What identifies a record, and what is settled before others are filled in.
_KEPT: Final = frozenset({"place", "tool", "direction", "start", "end", "precision"})


def merge(sessions: Iterable[RemoteSession]) -> list[RemoteSession]:
    """Joins records of one session; the order of the records does not matter."""
    ordered = sorted(
        sessions,
        key=lambda item: (
            item.place.image,
            item.place.snapshot or "",
            item.tool,
            item.start is None,
            item.start or 0.0,
            str(item.place),
        ),
    )
    kept: list[RemoteSession] = []
    for session in ordered:
        for other in reversed(kept[-50:]):
            if _is_same(other, session):
                _join(other, session)
                break
        else:
            kept.append(session)
    return kept


def _is_same(first: RemoteSession, second: RemoteSession) -> bool:
    if (
        first.place.image != second.place.image
        or first.place.snapshot != second.place.snapshot
        or first.tool != second.tool
        or first.place.path == second.place.path
        or first.remote_identifier is None
        or first.remote_identifier != second.remote_identifier
        or first.start is None
        or second.start is None
        or abs(first.start - second.start) > _START_TOLERANCE
    ):
        return False
    if "unknown" not in (first.direction, second.direction) and (
        first.direction != second.direction
    ):
        return False
    return (
        first.end is None
        or second.end is None
        or abs(first.end - second.end) <= _END_TOLERANCE
    )


def _join(first: RemoteSession, second: RemoteSession) -> None:
    """Fills in what only the other record knows; the span covers both."""
    if first.direction == "unknown":
        first.direction = second.direction
    ends = [item.end for item in (first, second) if item.end is not None]
    first.end = max(ends, default=None)
    first.precision = max(first.precision, second.precision)
    for item in dataclasses.fields(RemoteSession):
        if item.name not in _KEPT and getattr(first, item.name) is None:
            setattr(first, item.name, getattr(second, item.name))
