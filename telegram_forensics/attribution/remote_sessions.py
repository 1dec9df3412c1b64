"""One remote control session that several files tell of counts once.

TeamViewer notes a session in its list of connections when it has ended, and line by
line in its log; the two share no identifier (formats/remote_access.md 1.2 and 1.3). The
list's start is the arrival of the connection, the log's the moment of the password. The
same partner on the same computer, from two files, with starts and ends that are close,
is one session: the earlier record stays and takes over what only the other one knows.
Its span is what both say, so that nothing counts as remote control that came before the
password. A file tells of a session once: two records of one file are never joined.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Final

from telegram_forensics.attribution.records import RemoteSession

# Seconds from the arrival of a connection until the partner has typed the password.
_START_TOLERANCE: Final = 180.0
_END_TOLERANCE: Final = 30.0
_LOOK_BACK: Final = 50
# What identifies a record, and what is settled before others are filled in.
_KEPT: Final = frozenset({"place", "tool", "direction", "start", "end", "precision"})


def merge(sessions: Iterable[RemoteSession]) -> list[RemoteSession]:
    """Joins records of one session, as copies; their order does not matter."""
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
    kept: list[tuple[RemoteSession, set[str]]] = []
    for session in ordered:
        path = session.place.path
        for other, paths in reversed(kept[-_LOOK_BACK:]):
            if path not in paths and _is_same(other, session):
                _join(other, session)
                paths.add(path)
                break
        else:
            kept.append((dataclasses.replace(session), {path}))
    return [session for session, _ in kept]


def _is_same(first: RemoteSession, second: RemoteSession) -> bool:
    if (
        first.place.image != second.place.image
        or first.place.snapshot != second.place.snapshot
        or first.tool != second.tool
        or first.remote_identifier is None
        or first.remote_identifier != second.remote_identifier
        or first.start is None
        or second.start is None
        or abs(first.start - second.start) > _START_TOLERANCE
        # What began after the end of another is another one.
        or (first.end is not None and second.start > first.end)
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
    """Fills in what only the other record knows; the span is what both say."""
    if first.direction == "unknown":
        first.direction = second.direction
    first.start = max(first.start or 0.0, second.start or 0.0)
    ends = [item.end for item in (first, second) if item.end is not None]
    first.end = min(ends, default=None)
    first.precision = max(first.precision, second.precision)
    for item in dataclasses.fields(RemoteSession):
        if item.name not in _KEPT and getattr(first, item.name) is None:
            setattr(first, item.name, getattr(second, item.name))
