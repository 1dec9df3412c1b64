"""TF-0xx, TF-3xx, TF-4xx, TF-5xx: facts without a direction."""

from __future__ import annotations

from telegram_forensics.attribution.case import Case
from telegram_forensics.attribution.findings import Finding, refer
from telegram_forensics.attribution.ledger import Ledger
from telegram_forensics.attribution.records import (
    Evidence,
    Grade,
    NoticeRecord,
    Place,
    SimRecord,
)
from telegram_forensics.attribution.rules_messages import NO_LOCAL_TRACE, MessageIndex

_NAMES_OF_NOTICES = {
    "new_login": "A login from a new device was reported.",
    "incomplete_login": "A login attempt without success was reported.",
    "login_code": "A login code arrived and was readable here.",
    "login_code_sms": "A login code came by SMS and was readable here.",
    "login_code_notification": "A notification with a login code was shown here.",
    "session_terminated": "The end of a session was reported.",
    "two_step_changed": "A change of two-step verification was reported.",
    "phone_changed": "A change of the phone number was reported.",
}


def find_accounts(evidence: Evidence) -> list[Finding]:
    """TF-001: accounts that data sets know, with local passcode and two-step state."""
    findings: dict[tuple[str, ...], Finding] = {}
    bare = []
    for record in evidence.accounts:
        if record.identifier is None or record.place.snapshot is not None:
            continue
        client = record.client_name or "a client"
        words = f"Account {record.identifier}"
        if record.name:
            words += f" ({record.name})"
        words += f" is known to {client}"
        if record.passcode_state:
            words += f"; local passcode: {record.passcode_state}"
        if record.two_step_state:
            words += f"; two-step verification: {record.two_step_state}"
        key = (record.identifier, record.place.image, client, words)
        if not (record.name or record.passcode_state or record.two_step_state):
            bare.append((key, record.place))
            continue
        _add_account(findings, key, record.place)
    said = {key[:3]: key for key in sorted(findings)}
    for key, place in bare:
        # It says nothing that another record of the client does not say.
        _add_account(findings, said.get(key[:3], key), place)
    return [findings[key] for key in sorted(findings)]


def _add_account(
    findings: dict[tuple[str, ...], Finding], key: tuple[str, ...], place: Place
) -> None:
    if key not in findings:
        findings[key] = Finding("TF-001", f"{key[-1]}.", Grade.A, account=key[0])
    findings[key].evidence.append((place, "account record"))


def find_sessions(ledger: Ledger) -> list[Finding]:
    """TF-002: sessions, with the device and what they rest on."""
    findings = []
    for entry in ledger.entries:
        words = f"Session {entry.identifier}"
        if entry.client_name or entry.device_model:
            named = ", ".join(
                name for name in (entry.client_name, entry.device_model) if name
            )
            words += f" ({named})"
        if entry.match == "ambiguous":
            words += f" fits several keys: {', '.join(entry.candidates)}"
        elif entry.key is None:
            words += " belongs to no key in the images"
        findings.append(
            Finding(
                "TF-002",
                f"{words}.",
                entry.grade,
                account=entry.account,
                sessions=[entry.identifier],
                start=entry.created,
                end=entry.ended if entry.ended is not None else entry.last_active,
                evidence=[
                    (record.place, record.basis or "session record")
                    for record in entry.records
                ],
            )
        )
    return findings


def _silent(notice: NoticeRecord) -> str:
    """What stands beside a notice that names no device."""
    if notice.kind in ("login_code_sms", "login_code_notification"):
        return "for which account the code was, the text does not say"
    return notice.kind


def find_notices(evidence: Evidence) -> list[Finding]:
    """TF-010: logins, codes and changes that Telegram reported; TF-301: exports."""
    findings = []
    for notice in evidence.notices:
        rule = "TF-010"
        words = _NAMES_OF_NOTICES.get(notice.kind)
        if notice.kind == "data_export_requested":
            rule, words = "TF-301", "A data export was requested."
        if words is None:
            continue
        time = notice.reported if notice.reported is not None else notice.sent
        details = [
            f"{name}: {value}"
            for name, value in (
                ("device", notice.device),
                ("application", notice.client),
                ("location", notice.location),
                ("address", notice.ip_address),
            )
            if value
        ]
        findings.append(
            Finding(
                rule,
                words,
                Grade.B,
                account=notice.account,
                start=time,
                end=time,
                evidence=[(notice.place, "; ".join(details) or _silent(notice))],
            )
        )
    return findings


def find_sims(evidence: Evidence) -> list[Finding]:
    """TF-011: SIMs that a telephone knows, for "who could receive a code by SMS"."""
    findings: dict[tuple[str, str], Finding] = {}
    for sim in evidence.sims:
        image = sim.place.image
        words = f"A SIM is known to {image}"
        details = [
            f"{name} {value}"
            for name, value in (
                ("ICCID", sim.icc_id),
                ("number", sim.number),
                ("carrier", sim.carrier),
            )
            if value
        ]
        words += f": {', '.join(details)}." if details else "."
        finding = findings.setdefault(
            (image, words),
            Finding(
                "TF-011",
                words,
                # The number is what the card or the user gave, in an editable file.
                Grade.C,
                not_excluded=[
                    "the number is what the card or the user gave to the telephone",
                    "the SIM was in another telephone at the time",
                ],
                would_decide=[
                    "the operator's records of the SIM, its number and its devices"
                ],
            ),
        )
        finding.evidence.append((sim.place, _say_sim(sim)))
        if sim.last_used is not None:
            times = [finding.start, finding.end, sim.last_used]
            known = [time for time in times if time is not None]
            finding.start, finding.end = min(known), max(known)
    return [findings[key] for key in sorted(findings)]


def _say_sim(sim: SimRecord) -> str:
    """What a source says of the state of a SIM."""
    words = "SIM record"
    if sim.state:
        words = f"SIM record ({sim.state})"
    elif sim.slot is not None:
        words += ", not inserted" if sim.slot < 0 else f", slot {sim.slot}"
    if sim.last_used is not None:
        words += ", with the time of its last use"
    return words


def find_untraced(evidence: Evidence, case: Case, index: MessageIndex) -> list[Finding]:
    """TF-020: disputed messages and the traces that each data set has of them."""
    findings = []
    for copies in index.copies.values():
        first = copies[0]
        if not first.is_outgoing or not _is_disputed(case, first):
            continue
        lines = [
            (
                message.place,
                f"origin {message.origin or 'not stored'}"
                + (f", {message.confidence}" if message.confidence else "")
                + (f" ({message.basis})" if message.basis else ""),
            )
            for message in copies
        ]
        composers = index.composers(first.key)
        words = "A disputed message has no trace of composition in any data set."
        if composers:
            words = (
                "A disputed message has a trace of composition in "
                f"{'; '.join(sorted(composers))}."
            )
        elif not any(message.origin == NO_LOCAL_TRACE for message in copies):
            words = (
                "A disputed message is known from sources only that keep no traces of "
                "composition."
            )
        findings.append(
            Finding(
                "TF-020",
                words,
                Grade.A,
                account=first.account,
                messages=[refer(first)],
                start=first.sent,
                end=first.sent,
                evidence=lines,
            )
        )
    return findings


def _is_disputed(case: Case, message: object) -> bool:
    chat = getattr(message, "chat", None)
    if case.disputed_chats and chat in case.disputed_chats:
        return not case.has_period or case.in_period(getattr(message, "sent", None))
    for item in case.disputed:
        if (
            item.account in (None, getattr(message, "account", None))
            and item.chat in (None, chat)
            and item.message in (None, getattr(message, "identifier", None))
        ):
            return True
    return False


def find_exports(evidence: Evidence) -> list[Finding]:
    """TF-302: data exports that were found."""
    return [
        Finding(
            "TF-302",
            "A data export made by Telegram Desktop was found.",
            Grade.C,
            account=record.account,
            start=record.made,
            end=record.made,
            evidence=[(record.place, record.path or "export")],
            not_excluded=["the folder was copied here from another computer"],
        )
        for record in evidence.exports
    ]


def find_clocks(evidence: Evidence) -> list[Finding]:
    """TF-401: clocks that were set back."""
    return [
        Finding(
            "TF-401",
            record.words or "A clock was set back, or times are out of order.",
            Grade.A,
            start=record.time,
            end=record.time,
            evidence=[(record.place, record.words or "clock")],
            not_excluded=["the time zone or the clock was set right"],
        )
        for record in evidence.clocks
    ]


def find_secret_chats(evidence: Evidence) -> list[Finding]:
    """TF-501: secret chats; their key exists on the two devices only."""
    findings = []
    for record in evidence.secret_chats:
        if record.place.snapshot is not None:
            continue
        words = "A secret chat whose key lies in this data set: it is an endpoint."
        if not record.has_key:
            words = "A secret chat without its key: it has ended or lies elsewhere."
        findings.append(
            Finding(
                "TF-501",
                words,
                Grade.A,
                account=record.account,
                start=record.created,
                end=record.created,
                evidence=[(record.place, f"secret chat {record.chat}")],
            )
        )
    return findings
