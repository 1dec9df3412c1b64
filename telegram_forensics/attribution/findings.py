"""Findings: what a rule states, on what evidence, and what else could be the case."""

from __future__ import annotations

from dataclasses import dataclass, field

from telegram_forensics.attribution.records import Grade, MessageRecord, Place


@dataclass(frozen=True, slots=True, order=True)
class MessageReference:
    """What names a message in every source: join on all four identifiers."""

    account: str
    chat: str
    chat_type: str
    message: str
    sent: float | None = None


def refer(message: MessageRecord) -> MessageReference:
    """Reference to a message."""
    return MessageReference(
        message.account or "",
        message.chat or "",
        message.chat_type or "",
        message.identifier or "",
        message.sent,
    )


@dataclass(slots=True)
class Finding:
    """A finding.

    Attributes:
        rule: id, such as `TF-101`.
        statement: in neutral words.
        grade: of the weakest link that it needs.
        evidence: where it stands, with what it says.
        supports, contradicts: facts that speak for it and against it.
        not_excluded: innocent explanations that the evidence leaves open.
        would_decide: what would settle it.
        start, end: the time that it is about.
    """

    rule: str
    statement: str
    grade: Grade
    account: str | None = None
    sessions: list[str] = field(default_factory=list)
    messages: list[MessageReference] = field(default_factory=list)
    start: float | None = None
    end: float | None = None
    evidence: list[tuple[Place, str]] = field(default_factory=list)
    supports: list[str] = field(default_factory=list)
    contradicts: list[str] = field(default_factory=list)
    not_excluded: list[str] = field(default_factory=list)
    would_decide: list[str] = field(default_factory=list)

    @property
    def is_neutral(self) -> bool:
        """True for facts; only TF-1xx and TF-2xx point beyond the owner."""
        return self.rule[3] not in "12"

    @property
    def sort_key(self) -> tuple[str, str, float, str]:
        """The same input gives the same order."""
        return (self.rule, self.account or "", self.start or 0.0, self.statement)
