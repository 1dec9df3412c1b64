"""Compares records of a truth with records that were found, one by one.

A record is found if all that the truth says of it is found; it is wrong if it is there
and says something else. What is missing, wrong or too much is listed, never only
counted.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Record:
    """A record of the truth, or one that was found.

    Attributes:
        kind: kind of record, see `KINDS`.
        identity: what tells it from the others of its kind.
        values: what else is said of it. Of a found record only those are compared that
            the truth names.
        is_optional: the client may have stored it or not; it counts only if found.
    """

    kind: str
    identity: tuple[Any, ...]
    values: Mapping[str, Any] = field(default_factory=dict)
    is_optional: bool = False


@dataclass(frozen=True, slots=True)
class Problem:
    """A record that is not as it must be.

    Attributes:
        result: `missing`, `wrong` or `extra`.
        identity: of the record.
        differences: attribute -> value of the truth, value found.
    """

    result: str
    identity: tuple[Any, ...]
    differences: Mapping[str, tuple[Any, Any]]


@dataclass(slots=True)
class Outcome:
    """What became of the records of a kind.

    Attributes:
        is_closed: the truth names all records of the kind, so that others are false.
        in_truth, found, wrong, missing, extra: numbers of records; extra is None where
            the truth is not closed.
        problems: each record that is missing, wrong or extra.
        attributes: attribute -> times that the truth has a value, times equal.
        closed_found, closed_wrong: found and wrong of closed truths, in a sum.
    """

    is_closed: bool = True
    in_truth: int = 0
    found: int = 0
    wrong: int = 0
    missing: int = 0
    extra: int | None = 0
    problems: list[Problem] = field(default_factory=list)
    attributes: dict[str, list[int]] = field(default_factory=dict)
    closed_found: int = 0
    closed_wrong: int = 0

    @property
    def recall(self) -> float | None:
        """Part of the truth that was found as it is."""
        return self.found / self.in_truth if self.in_truth else None

    @property
    def precision(self) -> float | None:
        """Part of what was found that is true; None where the truth is not closed."""
        if self.extra is None:
            return None
        told = self.closed_found + self.closed_wrong + self.extra
        return self.closed_found / told if told else None

    def count(self, truth: Record, found: Record | None) -> None:
        """Counts the attributes of a record of the truth."""
        for name, value in truth.values.items():
            if value is None or value == []:
                continue
            numbers = self.attributes.setdefault(name, [0, 0])
            numbers[0] += 1
            numbers[1] += found is not None and found.values.get(name) == value


def differences(truth: Record, found: Record) -> dict[str, tuple[Any, Any]]:
    """What a found record says otherwise than the truth."""
    return {
        name: (value, found.values.get(name))
        for name, value in truth.values.items()
        if found.values.get(name) != value
    }


def compare(
    truth: Iterable[Record],
    found: Iterable[Record],
    open_kinds: Collection[str] = (),
) -> dict[str, Outcome]:
    """Compares.

    Args:
        truth: all records that must be there.
        found: all records that are there.
        open_kinds: kinds of which the truth does not name all records: what is found
            beyond it is neither true nor false, and is not counted.

    Returns:
        outcomes by kind. A kind of which the truth has nothing is in it if something
        was found, unless it is open.
    """
    wanted: dict[str, dict[Any, list[Record]]] = defaultdict(lambda: defaultdict(list))
    given: dict[str, dict[Any, list[Record]]] = defaultdict(lambda: defaultdict(list))
    for record in truth:
        wanted[record.kind][record.identity].append(record)
    for record in found:
        given[record.kind][record.identity].append(record)
    kinds = [*wanted, *(kind for kind in given if kind not in wanted)]
    outcomes = {}
    for kind in kinds:
        is_closed = kind not in open_kinds
        if kind not in wanted and not is_closed:
            continue
        outcome = Outcome(is_closed, extra=0 if is_closed else None)
        outcomes[kind] = outcome
        identities = [*wanted[kind]]
        identities += [key for key in given[kind] if key not in wanted[kind]]
        for identity in identities:
            _match(outcome, wanted[kind][identity], list(given[kind][identity]))
        if is_closed:
            outcome.closed_found, outcome.closed_wrong = outcome.found, outcome.wrong
    return outcomes


def _match(outcome: Outcome, truth: list[Record], found: list[Record]) -> None:
    """Pairs records of one identity: equal ones first, then the most alike."""
    outcome.in_truth += len(truth)
    rest = []
    for record in truth:
        equal = next((one for one in found if not differences(record, one)), None)
        if equal is None:
            rest.append(record)
            continue
        found.remove(equal)
        outcome.found += 1
        outcome.count(record, equal)
    for record in rest:
        nearest = min(
            found, key=lambda one: len(differences(record, one)), default=None
        )
        if nearest is None and record.is_optional:
            outcome.in_truth -= 1
            continue
        outcome.count(record, nearest)
        if nearest is None:
            outcome.missing += 1
            told = {name: (value, None) for name, value in record.values.items()}
            outcome.problems.append(Problem("missing", record.identity, told))
            continue
        found.remove(nearest)
        outcome.wrong += 1
        outcome.problems.append(
            Problem("wrong", record.identity, differences(record, nearest))
        )
    if outcome.extra is None:
        return
    outcome.extra += len(found)
    for record in found:
        told = {name: (None, value) for name, value in record.values.items()}
        outcome.problems.append(Problem("extra", record.identity, told))


def add(total: Outcome, other: Outcome) -> None:
    """Adds an outcome to a sum; the problems stay with their sources."""
    for name in (
        *("in_truth", "found", "wrong", "missing"),
        *("closed_found", "closed_wrong"),
    ):
        setattr(total, name, getattr(total, name) + getattr(other, name))
    if other.extra is not None:
        total.extra = (total.extra or 0) + other.extra
    total.is_closed = total.is_closed and other.is_closed


def replaced(record: Record, **values: Any) -> Record:
    """A record that says something else."""
    return dataclasses.replace(record, values={**record.values, **values})
