"""What the templates of the page show, ready to be written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from telegram_forensics.attribution.engine import Attribution
from telegram_forensics.attribution.findings import Finding
from telegram_forensics.attribution.ledger import LedgerEntry
from telegram_forensics.attribution.records import SourceRecord, SourceState
from telegram_forensics.report.dossiers import Dossiers
from telegram_forensics.report.lanes import Chart
from telegram_forensics.report.picture import Range
from telegram_forensics.report.texts import Texts

# How many of a kind a page shows; the rest is counted, and stands in the JSON report.
MAXIMUM_FINDINGS: Final = 150
MAXIMUM_SESSIONS: Final = 400
MAXIMUM_ENTRIES: Final = 40
_MAXIMUM_RANGES: Final = 3
_SENT: Final = frozenset({"this_installation", "no_local_trace", "not_determinable"})
_BUDGET: Final = 5000
_BUDGET_OF_DETAIL: Final = 1500


@dataclass(slots=True)
class Numbered:
    """A finding with its number in the whole list, from 1."""

    number: int
    finding: Finding

    @property
    def anchor(self) -> str:
        """Its place in the page."""
        return f"finding-{self.number}"


@dataclass(slots=True)
class RuleGroup:
    """Findings of a rule.

    Attributes:
        statements: different statements with the findings that make them.
        hidden: number of findings beyond those that are shown.
    """

    rule: str
    findings: list[Numbered] = field(default_factory=list)
    hidden: int = 0

    @property
    def count(self) -> int:
        """Number of findings."""
        return len(self.findings) + self.hidden

    @property
    def statements(self) -> list[tuple[str, list[Numbered]]]:
        """Different statements, in the order of the findings."""
        found: dict[str, list[Numbered]] = defaultdict(list)
        for item in self.findings:
            found[item.finding.statement].append(item)
        return list(found.items())

    @property
    def grades(self) -> str:
        """Grades that occur."""
        return ", ".join(sorted({item.finding.grade.value for item in self.findings}))


@dataclass(slots=True)
class AccountView:
    """An account with its sessions, by their number in the ledger."""

    identifier: str | None
    names: list[str]
    sessions: list[tuple[int, LedgerEntry]]

    @property
    def keys(self) -> int:
        """Number of sessions with key material."""
        return sum(entry.key is not None for _, entry in self.sessions)


@dataclass(slots=True)
class View:
    """Everything but texts and pictures."""

    attribution: Attribution
    dossiers: Dossiers
    pointing: list[RuleGroup]
    neutral: list[RuleGroup]
    accounts: list[AccountView]
    sources: list[SourceRecord]

    @property
    def is_empty(self) -> bool:
        """True if there is nothing about Telegram or remote control at all."""
        evidence = self.attribution.evidence
        return not (
            evidence.messages
            or evidence.sessions
            or evidence.accounts
            or evidence.notices
            or evidence.remote
            or evidence.exports
        )

    @property
    def shown_numbers(self) -> set[int]:
        """Numbers of the findings that the page shows."""
        groups = [*self.pointing, *self.neutral]
        return {item.number for group in groups for item in group.findings}

    @property
    def number_of_pointing(self) -> int:
        """Number of findings that point beyond the owner."""
        return sum(group.count for group in self.pointing)

    @property
    def number_of_neutral(self) -> int:
        """Number of neutral facts."""
        return sum(group.count for group in self.neutral)

    @property
    def not_excluded(self) -> list[str]:
        """What the findings that point beyond the owner leave open, each once."""
        return _unique(self.pointing, "not_excluded")

    @property
    def would_decide(self) -> list[str]:
        """What would settle them, each once."""
        return _unique(self.pointing, "would_decide")

    @property
    def parsed(self) -> int:
        """Number of sources that were read."""
        return sum(source.state is SourceState.PARSED for source in self.sources)

    @property
    def has_question(self) -> bool:
        """True if the case says anything."""
        case = self.attribution.case
        return bool(
            case.name
            or case.devices
            or case.admitted_sessions
            or case.admitted_remote
            or self.has_disputed
        )

    @property
    def has_disputed(self) -> bool:
        """True if the case names something as disputed."""
        case = self.attribution.case
        return bool(case.disputed or case.disputed_chats or case.has_period)


def make_view(attribution: Attribution, dossiers: Dossiers) -> View:
    """Sorts an outcome for the page."""
    groups: dict[str, RuleGroup] = {}
    for number, finding in enumerate(attribution.findings, 1):
        group = groups.setdefault(finding.rule, RuleGroup(finding.rule))
        if len(group.findings) < MAXIMUM_FINDINGS:
            group.findings.append(Numbered(number, finding))
        else:
            group.hidden += 1
    pointing = [
        group for group in groups.values() if not group.findings[0].finding.is_neutral
    ]
    return View(
        attribution,
        dossiers,
        pointing,
        [group for group in groups.values() if group not in pointing],
        _accounts(attribution),
        sorted(
            attribution.evidence.sources,
            key=lambda item: (item.image, item.name, item.state.value),
        ),
    )


def _accounts(attribution: Attribution) -> list[AccountView]:
    names: dict[str | None, set[str]] = defaultdict(set)
    for record in attribution.evidence.accounts:
        for name in (record.name, record.phone, record.username):
            if name:
                names[record.identifier].add(name)
        names.setdefault(record.identifier, set())
    sessions: dict[str | None, list[tuple[int, LedgerEntry]]] = defaultdict(list)
    for number, entry in enumerate(attribution.ledger.entries, 1):
        sessions[entry.account].append((number, entry))
    found = {account for account in names if account is not None} | set(sessions)
    return [
        AccountView(account, sorted(names.get(account, ())), sessions.get(account, []))
        for account in sorted(found, key=lambda item: item or "")
    ]


def _unique(groups: Iterable[RuleGroup], name: str) -> list[str]:
    found: dict[str, None] = {}
    for group in groups:
        for item in group.findings:
            for words in getattr(item.finding, name):
                found.setdefault(words)
    return list(found)


def make_ranges(attribution: Attribution, chart: Chart, texts: Texts) -> list[Range]:
    """What the pictures cover: the whole time, and what the case is about."""
    if chart.is_empty:
        return []
    ranges = [Range("picture", texts("picture.whole"), chart.start, chart.end, _BUDGET)]
    whole = chart.end - chart.start
    wanted: list[tuple[str, float, float]] = []
    case = attribution.case
    if case.start is not None and case.end is not None:
        wanted.append((texts("picture.detail_period"), case.start, case.end))
    for finding in sorted(attribution.findings, key=lambda item: item.rule != "TF-102"):
        if finding.rule in {"TF-101", "TF-102"}:
            if finding.start is None or finding.end is None:
                continue
            title = texts("picture.detail_finding", rule=finding.rule)
            wanted.append((title, finding.start, finding.end))
    busy = _busy_range(chart)
    if not wanted and busy is not None and busy[1] - busy[0] < whole / 5:
        wanted.append((texts("picture.detail_busy"), *busy))
    covered: list[tuple[float, float]] = []
    for title, first, last in wanted:
        margin = max((last - first) * 0.25, 300.0)
        start, end = max(first - margin, chart.start), min(last + margin, chart.end)
        is_covered = any(one <= first and last <= other for one, other in covered)
        if end <= start or end - start > whole / 2 or is_covered:
            continue
        covered.append((start, end))
        name = f"picture-{len(ranges)}"
        ranges.append(Range(name, title, start, end, _BUDGET_OF_DETAIL))
        if len(ranges) > _MAXIMUM_RANGES:
            break
    return ranges


def _busy_range(chart: Chart) -> tuple[float, float] | None:
    """Where nine of ten messages that were sent lie."""
    times = sorted(
        mark.time
        for group in chart.groups
        for lane in group.lanes
        for kind, row in lane.rows.items()
        if kind in _SENT
        for mark in row.marks
        if chart.start <= mark.time <= chart.end
    )
    if not times:
        return None
    margin = len(times) // 20
    return times[margin], times[-1 - margin]
