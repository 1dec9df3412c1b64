"""Dossiers of disputed messages: every copy in every source, and what else was then."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Final

from telegram_forensics.attribution.case import Case, DisputedMessage
from telegram_forensics.attribution.engine import Attribution
from telegram_forensics.attribution.findings import Finding
from telegram_forensics.attribution.ledger import LedgerEntry
from telegram_forensics.attribution.records import (
    MessageRecord,
    PresenceRecord,
    RemoteSession,
)

Key = tuple[str | None, str | None, str | None, str | None]

MAXIMUM_DOSSIERS: Final = 200
_PRESENCE_SECONDS: Final = 300.0


@dataclass(slots=True)
class SessionThen:
    """A session of the account at the time of a message.

    Attributes:
        number: of the entry in the ledger, from 1.
        verdict: `possible`, `excluded_before` or `excluded_after`.
    """

    number: int
    entry: LedgerEntry
    verdict: str


@dataclass(slots=True)
class Dossier:
    """A disputed message.

    Attributes:
        sent: earliest time of sending that a copy has.
        texts: different texts among the copies.
        findings: numbers of findings that name the message.
    """

    number: int
    key: Key
    copies: list[MessageRecord]
    sent: float | None
    texts: list[str]
    sessions: list[SessionThen] = field(default_factory=list)
    windows: list[RemoteSession] = field(default_factory=list)
    presence: list[PresenceRecord] = field(default_factory=list)
    findings: list[int] = field(default_factory=list)

    @property
    def anchor(self) -> str:
        """Its place in the page."""
        return f"message-{self.number}"


@dataclass(slots=True)
class Dossiers:
    """All of a case.

    Attributes:
        hidden: number of disputed messages beyond those that are shown.
        missing: messages that the case names and no source holds.
    """

    shown: list[Dossier]
    hidden: int
    missing: list[DisputedMessage]

    @property
    def targets(self) -> dict[tuple[str | None, ...], str]:
        """Anchors by what copies of a message share."""
        return {item.key: item.anchor for item in self.shown}


def make_dossiers(attribution: Attribution) -> Dossiers:
    """Collects the dossiers of a case, in the order of their times."""
    case = attribution.case
    wanted = _keys_of_findings(attribution.findings)
    named = {item for item in case.disputed if item.message is not None}
    found: set[DisputedMessage] = set()
    copies: dict[Key, list[MessageRecord]] = defaultdict(list)
    for message in attribution.evidence.messages:
        matches = [item for item in named if _matches(item, message)] if named else []
        found.update(matches)
        if matches or message.key in wanted:
            copies[message.key].append(message)
    order = sorted(copies, key=lambda key: (_sent(copies[key]) or 0.0, str(key)))
    shown = [
        _make(number, key, copies[key], attribution)
        for number, key in enumerate(order[:MAXIMUM_DOSSIERS], 1)
    ]
    missing = [item for item in case.disputed if item in named and item not in found]
    _note_findings(shown, attribution.findings)
    return Dossiers(shown, len(order) - len(shown), missing)


def _keys_of_findings(findings: list[Finding]) -> set[Key]:
    """Messages that TF-020 calls disputed."""
    return {
        (
            reference.account or None,
            reference.chat or None,
            reference.chat_type or None,
            reference.message or None,
        )
        for finding in findings
        if finding.rule == "TF-020"
        for reference in finding.messages
    }


def _matches(item: DisputedMessage, message: MessageRecord) -> bool:
    return (
        item.message == message.identifier
        and item.account in (None, message.account)
        and item.chat in (None, message.chat)
    )


def _sent(copies: list[MessageRecord]) -> float | None:
    return min((item.sent for item in copies if item.sent is not None), default=None)


def _make(
    number: int, key: Key, copies: list[MessageRecord], attribution: Attribution
) -> Dossier:
    copies = sorted(
        copies, key=lambda item: (item.place.snapshot or "", str(item.place))
    )
    sent = _sent(copies)
    texts: list[str] = []
    for copy in copies:
        if copy.text and copy.text not in texts:
            texts.append(copy.text)
    dossier = Dossier(number, key, copies, sent, texts)
    for position, entry in enumerate(attribution.ledger.entries, 1):
        if entry.account == key[0]:
            dossier.sessions.append(SessionThen(position, entry, _judge(entry, sent)))
    if sent is not None:
        evidence = attribution.evidence
        dossier.windows = [
            window
            for window in sorted(evidence.remote, key=_order_of_window)
            if _covers(window, sent, attribution.case)
        ]
        dossier.presence = [
            presence
            for presence in sorted(evidence.presence, key=lambda item: str(item.place))
            if _is_near(presence, sent)
        ]
    return dossier


def _judge(entry: LedgerEntry, sent: float | None) -> str:
    """A session is excluded only when it was made later or had ended before."""
    if sent is None or entry.existed_at(sent):
        return "possible"
    if entry.created is not None and entry.created > sent:
        return "excluded_before"
    return "excluded_after"


def _order_of_window(window: RemoteSession) -> tuple[float, str]:
    return window.start or 0.0, str(window.place)


def _covers(window: RemoteSession, time: float, case: Case) -> bool:
    """True if a connection covers a time; an end that is not recorded stays open."""
    if window.start is None and window.end is None:
        return False
    error = window.precision + case.clock_error(window.place.image)
    return (window.start is None or window.start - error <= time) and (
        window.end is None or time <= window.end + error
    )


def _is_near(presence: PresenceRecord, time: float) -> bool:
    end = presence.end if presence.end is not None else presence.start
    return presence.start - _PRESENCE_SECONDS <= time <= end + _PRESENCE_SECONDS


def _note_findings(dossiers: list[Dossier], findings: list[Finding]) -> None:
    by_key = {item.key: item for item in dossiers}
    for number, finding in enumerate(findings, 1):
        for reference in finding.messages:
            key = (
                reference.account or None,
                reference.chat or None,
                reference.chat_type or None,
                reference.message or None,
            )
            dossier = by_key.get(key)
            if dossier is not None and number not in dossier.findings:
                dossier.findings.append(number)
