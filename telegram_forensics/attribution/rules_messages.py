"""TF-101 and TF-102: who composed messages, and was the computer under control then?

Absence of a trace is never read as another session. TF-101 counts; TF-102 needs that
the message was composed on the controlled computer, or is one of those that the count
of TF-101 leaves without an author in evidence, and that a remote session with input
rights covers its time. A remote identifier is a machine, not an author.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from telegram_forensics.attribution.case import Case
from telegram_forensics.attribution.findings import Finding, MessageReference, refer
from telegram_forensics.attribution.ledger import Ledger
from telegram_forensics.attribution.records import (
    BalanceRecord,
    Evidence,
    Grade,
    MessageRecord,
    PresenceRecord,
    RemoteSession,
)

THIS_INSTALLATION: Final = "this_installation"
NO_LOCAL_TRACE: Final = "no_local_trace"
# The owner's hands at a device within this time of a message count against control.
_PRESENCE_SECONDS: Final = 300.0
_CANDIDATE = "a candidate of TF-101: without a trace of its own"
_SOME_CANDIDATES = (
    "some of the candidates were composed by the data set that holds them and left a "
    "trace of the chat only"
)

_Key = tuple[str | None, str | None, str | None, str | None]
_DataSet = tuple[str | None, str | None]
_Chat = tuple[str | None, str | None, str | None, str | None]


class MessageIndex:
    """Messages of a case, for the questions that the rules ask.

    Attributes:
        copies: by what copies of one message share; snapshots left out.
    """

    def __init__(self, evidence: Evidence) -> None:
        self.copies: dict[_Key, list[MessageRecord]] = defaultdict(list)
        self._untraced: dict[_Chat, list[MessageRecord]] = defaultdict(list)
        self._first_traces: dict[_DataSet, float] = {}
        self._has_traces: set[_DataSet] = set()
        for balance in evidence.balances:
            if balance.place.snapshot is None and balance.traces:
                self._has_traces.add((balance.store, balance.account))
        for message in evidence.messages:
            if message.place.snapshot is not None:
                continue
            self.copies[message.key].append(message)
            if (
                message.is_outgoing
                and message.origin == THIS_INSTALLATION
                and message.sent is not None
                # Secret chats outlive the clearing of the others.
                and message.chat_type != "secret"
            ):
                data_set = (message.store, message.account)
                first = self._first_traces.get(data_set, message.sent)
                self._first_traces[data_set] = min(first, message.sent)
            if (
                message.is_outgoing
                and message.origin == NO_LOCAL_TRACE
                and message.state is None
                and not message.is_recovered
                and message.service_action is None
                and message.sent is not None
            ):
                self._untraced[_chat_of(message)].append(message)

    def composers(self, key: _Key) -> set[str]:
        """Data sets with a trace that they composed a message."""
        return {
            message.store or message.place.path
            for message in self.copies.get(key, ())
            if message.origin == THIS_INSTALLATION
        }

    def has_traces(self, balance: BalanceRecord) -> bool:
        """True if the data set of a balance has traces of sending, in any chat.

        One without any may have been made anew, by a reinstallation or by clearing the
        cache: its history then came from the server, whoever wrote it.
        """
        data_set = (balance.store, balance.account)
        return data_set in self._has_traces or data_set in self._first_traces

    def is_covered(self, balance: BalanceRecord, message: MessageRecord) -> bool:
        """True if a message is not older than the first one with a trace.

        Before it the data set proves nothing: the traces may not reach so far.
        """
        first = self._first_traces.get((balance.store, balance.account))
        return first is None or (message.sent or 0.0) >= first

    def untraced(self, balance: BalanceRecord) -> list[MessageRecord]:
        """Outgoing messages of a balance that its data set has no trace of."""
        return [
            message
            for message in self._untraced.get(_chat_of(balance), ())
            if balance.since is not None and (message.sent or 0.0) >= balance.since
        ]


def _chat_of(record: MessageRecord | BalanceRecord) -> _Chat:
    return record.store, record.account, record.chat, record.chat_type


def find_surplus(
    evidence: Evidence, ledger: Ledger, case: Case, index: MessageIndex
) -> tuple[list[Finding], list[MessageRecord]]:
    """TF-101.

    Returns:
        Findings, and the candidates that they name.
    """
    findings = []
    candidates: list[MessageRecord] = []
    for balance in evidence.balances:
        if (
            balance.place.snapshot is not None
            or balance.traces is None
            or balance.since is None
        ):
            continue
        if not index.has_traces(balance):
            continue
        untraced = index.untraced(balance)
        unexplained = [item for item in untraced if not index.composers(item.key)]
        explained = len(untraced) - len(unexplained)
        found = [item for item in unexplained if index.is_covered(balance, item)]
        older = len(unexplained) - len(found)
        surplus = balance.outgoing - balance.traces - explained - older
        if surplus <= 0 or not found:
            continue
        if _has_admitted_session(balance, ledger, case, found):
            continue
        findings.append(_make_surplus(balance, found, surplus, explained, older))
        candidates += found
    return findings, candidates


def _has_admitted_session(
    balance: BalanceRecord,
    ledger: Ledger,
    case: Case,
    candidates: Iterable[MessageRecord],
) -> bool:
    """True if a session that the owner admits, and that is not this one, can be it."""
    others = [
        entry
        for entry in ledger.of_account(balance.account)
        if entry.identifier in case.admitted_sessions and entry.key != balance.session
    ]
    return bool(others) and all(
        any(entry.existed_at(message.sent or 0.0) for entry in others)
        for message in candidates
    )


def _make_surplus(
    balance: BalanceRecord,
    found: list[MessageRecord],
    surplus: int,
    explained: int,
    older: int,
) -> Finding:
    references = sorted({refer(message) for message in found})
    times = [message.sent for message in found if message.sent is not None]
    words = (
        f"In chat {balance.chat} ({balance.chat_type or 'unknown'}) this data set "
        f"holds {balance.outgoing} outgoing messages since its login and "
        f"{balance.traces} traces of sending. {surplus} of them were not composed by "
        "this data set"
    )
    if explained:
        words += f", {explained} more were composed by another data set in evidence"
    if older:
        words += f", {older} more were sent before its first trace and prove nothing"
    words += (
        f". {len(references)} messages have no trace and are candidates; which of them "
        "these are, the count does not tell."
    )
    return Finding(
        "TF-101",
        words,
        Grade.A,
        account=balance.account,
        sessions=[balance.session] if balance.session else [],
        messages=references,
        start=min(times),
        end=max(times),
        evidence=[
            (
                balance.place,
                f"{balance.outgoing} outgoing messages, {balance.traces} traces",
            )
        ],
        supports=["stored messages outnumber the traces of sending in the same chat"],
        not_excluded=[
            "sent by the owner from another session: another telephone, a computer, "
            "a browser",
            "sent through this telephone's share sheet or quick reply in a version "
            "that keeps no trace of it",
            "part of the traces was lost when the database was made anew",
            "a bot or automatic reply that the client does not mark as such",
        ],
        would_decide=[
            "the provider's records of sessions and their activity",
            "the other devices of the account",
        ],
    )


def find_controlled(
    evidence: Evidence,
    ledger: Ledger,
    case: Case,
    index: MessageIndex,
    candidates: list[MessageRecord],
) -> list[Finding]:
    """TF-102."""
    findings = []
    for window in sorted(evidence.remote, key=lambda item: str(item.place)):
        if not _counts(window, case):
            continue
        by_account: dict[str | None, list[tuple[MessageRecord, str]]] = defaultdict(
            list
        )
        for message, reason in _in_question(evidence, window, index, candidates):
            if _covers(window, message.sent, case) and _is_client_there(
                ledger, message, window.place.image
            ):
                by_account[message.account].append((message, reason))
        for account, found in sorted(by_account.items(), key=str):
            findings.append(_make_controlled(window, account, found, evidence, case))
    return findings


def _counts(window: RemoteSession, case: Case) -> bool:
    """Incoming, successful, with input rights, by a partner that is not admitted."""
    return (
        window.place.snapshot is None
        and window.direction == "incoming"
        and window.success is True
        and window.has_input is True
        and window.start is not None
        and window.end is not None
        and window.remote_identifier not in case.admitted_remote
    )


def _in_question(
    evidence: Evidence,
    window: RemoteSession,
    index: MessageIndex,
    candidates: list[MessageRecord],
) -> Iterable[tuple[MessageRecord, str]]:
    seen: set[_Key] = set()
    for message in evidence.messages:
        if (
            message.is_outgoing
            and message.origin == THIS_INSTALLATION
            and message.place.image == window.place.image
            and message.place.snapshot is None
            and message.key not in seen
        ):
            seen.add(message.key)
            yield message, "composed by a client on the controlled computer"
    for message in candidates:
        if message.key not in seen:
            seen.add(message.key)
            yield message, _CANDIDATE


def _covers(window: RemoteSession, time: float | None, case: Case) -> bool:
    if time is None or window.start is None or window.end is None:
        return False
    error = window.precision + case.clock_error(window.place.image)
    return window.start - error <= time <= window.end + error


def _is_client_there(ledger: Ledger, message: MessageRecord, image: str) -> bool:
    """True if a data set on the computer can have composed a message.

    One without a trace was not composed by the data set that holds it, so it takes
    another session there.
    """
    return any(
        place == image
        and (message.origin == THIS_INSTALLATION or entry.key != message.session)
        for entry in ledger.of_account(message.account)
        for place, _ in entry.stores
    )


def _make_controlled(
    window: RemoteSession,
    account: str | None,
    found: list[tuple[MessageRecord, str]],
    evidence: Evidence,
    case: Case,
) -> Finding:
    references: list[MessageReference] = sorted({refer(item) for item, _ in found})
    partner = window.remote_identifier or window.remote_address or "not recorded"
    reasons = sorted({reason for _, reason in found})
    weak = any(message.confidence not in (None, "certain") for message, _ in found)
    finding = Finding(
        "TF-102",
        f"{len(references)} outgoing messages were sent while {window.place.image} was "
        f"under remote control ({window.tool}, partner {partner}).",
        Grade.B if weak else Grade.A,
        account=account,
        messages=references,
        start=window.start,
        end=window.end,
        evidence=[(window.place, f"{window.tool} session, partner {partner}")]
        + [(message.place, reason) for message, reason in found],
        supports=[f"messages: {reason}" for reason in reasons]
        + [
            "the remote session was incoming, successful and had input rights",
            "a client of the account is present on that computer",
        ],
        not_excluded=[
            "the owner typed the messages while the partner was connected",
            "a session of which the evidence holds no trace",
            "the message was edited later by somebody else",
            *([_SOME_CANDIDATES] if _CANDIDATE in reasons else []),
        ],
        would_decide=[
            "the provider's records of sessions and their activity",
            f"the reports of {window.tool}'s own management console",
            "the partner's device",
        ],
    )
    for presence in evidence.presence:
        words = _contradicts(presence, window, found, case)
        if words:
            finding.contradicts.append(words)
            finding.evidence.append((presence.place, words))
    return finding


def _contradicts(
    presence: PresenceRecord,
    window: RemoteSession,
    found: list[tuple[MessageRecord, str]],
    case: Case,
) -> str | None:
    """A sign of the owner's presence near one of the messages."""
    if presence.kind == "client_running":
        return None
    end = presence.end if presence.end is not None else presence.start
    near = any(
        message.sent is not None
        and presence.start - _PRESENCE_SECONDS
        <= message.sent
        <= end + _PRESENCE_SECONDS
        for message, _ in found
    )
    if not near:
        return None
    device = case.devices.get(presence.place.image)
    where = device.role if device and device.role else presence.place.image
    if presence.kind == "consent":
        return f"the connection was allowed at the console of {where}"
    if presence.kind == "unlock" and presence.place.image == window.place.image:
        return f"{where} was unlocked at the console near the time"
    if presence.kind == "phone_activity":
        return f"{where} was in use near the time: {presence.words or 'activity'}"
    return None
