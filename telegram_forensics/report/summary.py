"""A case in lines of text: for a terminal, and for the report in a .plaso file."""

from __future__ import annotations

from telegram_forensics.attribution.engine import Attribution
from telegram_forensics.report.document import format_time


def summarize(result: Attribution) -> str:
    """What the evidence carries, in lines."""
    evidence = result.evidence
    lines = [
        f"{len(evidence.images)} images, {len(result.ledger.entries)} sessions, "
        f"{len(evidence.messages)} messages"
    ]
    lines += [f"WARNING: {printable(words)}" for words in evidence.problems]
    lines.append("")
    for entry in result.ledger.entries:
        named = ", ".join(
            printable(name) for name in (entry.client_name, entry.device_model) if name
        )
        lines.append(
            f"account {entry.account or 'not known'}: session {entry.identifier}"
            + (f" ({named})" if named else "")
            + f", grade {entry.grade.value}, {entry.match}"
            + (f", login {format_time(entry.created)}" if entry.created else "")
        )
    lines.append("")
    pointing = [item for item in result.findings if not item.is_neutral]
    for finding in pointing:
        account = f", account {finding.account}" if finding.account else ""
        lines.append(f"{finding.rule} (grade {finding.grade.value}{account})")
        lines.append(f"  {printable(finding.statement)}")
        for title, words in (
            ("supports", finding.supports),
            ("contradicts", finding.contradicts),
            ("not excluded", finding.not_excluded),
            ("would decide", finding.would_decide),
        ):
            lines += [f"  {title}: {printable(text)}" for text in words]
    if not pointing:
        lines.append("No finding points beyond the owner. That excludes nothing.")
    neutral = len(result.findings) - len(pointing)
    lines.append(f"{neutral} neutral facts are in the report.")
    return "\n".join(lines)


def printable(text: str) -> str:
    """Text from evidence without control characters."""
    return "".join(
        character if character.isprintable() else f"\\x{ord(character):02x}"
        for character in text
    )
