"""Sessions of remote control in events of our parsers and of plaso's for TeamViewer."""

from __future__ import annotations

from typing import Final

from telegram_forensics.attribution import records
from telegram_forensics.attribution.records import Place
from telegram_forensics.report.logs import Later
from telegram_forensics.report.storage import Row

_INPUT_TYPES: Final = frozenset({"remotecontrol", "remotesupport", "remote_control"})
_VIEW_TYPES: Final = frozenset({"filetransfer", "presentation", "vpn", "chat"})
# Seconds by which a time of a source can be wrong.
_PRECISIONS: Final = {"us": 0.000001, "ms": 0.001, "s": 1.0, "min": 60.0}


class RemoteCollector:
    """Collects sessions, each once whatever parsers have read its file.

    Attributes:
        sessions: those collected so far.
    """

    def __init__(self) -> None:
        self.sessions: list[records.RemoteSession] = []
        self._known: set[tuple[str, str]] = set()

    def add_session(self, row: Row, place: Place, later: Later) -> None:
        """Adds the session of an event of ours."""
        get = row.values.get
        identifier = get("remote_session_identifier")
        if self._is_known(row, identifier):
            return
        kind = str(get("session_type") or "").replace(" ", "").lower()
        session = records.RemoteSession(
            place,
            str(get("tool") or "remote control"),
            str(get("direction") or "unknown"),
            get("start_time"),
            get("end_time"),
            identifier=identifier,
            remote_identifier=get("remote_identifier"),
            remote_name=get("remote_name"),
            remote_address=get("remote_address"),
            local_account=get("local_account"),
            session_type=get("session_type"),
            authentication=get("authentication"),
            success=get("success"),
            has_input=_has_input(kind),
            precision=_PRECISIONS.get(str(get("time_precision") or ""), 1.0),
        )
        later(session, "start", row, "Start Time")
        later(session, "end", row, "End Time")
        self.sessions.append(session)

    def add_stock_teamviewer(self, row: Row, place: Place) -> None:
        """The stock plugin's session, if ours has not read the file."""
        get = row.values.get
        identifier = get("connection_identifier")
        if self._is_known(row, identifier):
            return
        kind = str(get("activity_type") or "").replace(" ", "").lower()
        number = get("source_identifier")
        self.sessions.append(
            records.RemoteSession(
                place,
                "TeamViewer",
                "incoming",
                get("start_time"),
                get("end_time"),
                identifier=identifier,
                remote_identifier=None if number is None else str(number),
                remote_name=get("connection_display_name"),
                local_account=get("local_account"),
                session_type=get("activity_type"),
                success=True,
                has_input=_has_input(kind),
                precision=1.0,
            )
        )

    def _is_known(self, row: Row, identifier: str | None) -> bool:
        """True for a session that another parser has given already."""
        if not identifier:
            return False
        key = (row.location.image, identifier.lower())
        if key in self._known:
            return True
        self._known.add(key)
        return False


def _has_input(kind: str) -> bool | None:
    if kind in _INPUT_TYPES:
        return True
    return False if kind in _VIEW_TYPES else None
