"""Runs all rules over the evidence of a case."""

from __future__ import annotations

from dataclasses import dataclass

from telegram_forensics.attribution import (
    rules_files,
    rules_messages,
    rules_neutral,
    rules_sessions,
)
from telegram_forensics.attribution.case import Case
from telegram_forensics.attribution.findings import Finding
from telegram_forensics.attribution.ledger import Ledger
from telegram_forensics.attribution.records import Evidence


@dataclass(slots=True)
class Attribution:
    """Outcome of a case.

    Attributes:
        evidence: what it rests on.
        case: what the examiner knows.
        ledger: sessions.
        findings: in the order of rules, accounts and times.
    """

    evidence: Evidence
    case: Case
    ledger: Ledger
    findings: list[Finding]


def attribute(evidence: Evidence, case: Case | None = None) -> Attribution:
    """Builds the ledger and applies all rules. The same input gives the same result."""
    case = case or Case()
    ledger = Ledger(evidence)
    index = rules_messages.MessageIndex(evidence)
    surplus, candidates = rules_messages.find_surplus(evidence, ledger, case, index)
    findings = [
        *rules_neutral.find_accounts(evidence),
        *rules_neutral.find_sessions(ledger),
        *rules_neutral.find_notices(evidence),
        *rules_neutral.find_untraced(evidence, case, index),
        *rules_files.find_copies(evidence),
        *rules_files.find_names(evidence),
        *rules_files.find_journals(evidence),
        *rules_neutral.find_sims(evidence),
        *surplus,
        *rules_messages.find_controlled(evidence, ledger, case, index, candidates),
        *rules_sessions.find_copied(ledger),
        *rules_sessions.find_unmatched(ledger, case),
        *rules_sessions.find_logins(evidence, ledger, case),
        *rules_neutral.find_exports(evidence),
        *rules_neutral.find_clocks(evidence),
        *rules_neutral.find_secret_chats(evidence),
    ]
    findings.sort(key=lambda finding: finding.sort_key)
    return Attribution(evidence, case, ledger, findings)
