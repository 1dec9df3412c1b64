"""Runs the validation and holds its results."""

from __future__ import annotations

import hashlib
import platform
import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import pytest

import telegram_forensics
from tests import helpers
from tests.validation import (
    attribution,
    compare,
    recovery,
    sources_android,
    sources_apple,
    sources_desktop,
    sources_others,
    sources_tdlib,
    sources_web,
)
from tests.validation.compare import Outcome
from tests.validation.recovery import STORES
from tests.validation.recovery_stores import Store
from tests.validation.sources import BUILT, KINDS, REAL, THIRD, Absent, Source

SCHEMA_VERSION: Final = 1
ORIGINS: Final = (REAL, THIRD, BUILT)
Progress = Callable[[str], None]


@dataclass(slots=True)
class Result:
    """A source with what was found of it.

    Attributes:
        source: the source.
        outcomes: by kind of record.
        warnings: extraction warnings.
        skipped: why it was not read, empty if it was.
    """

    source: Source
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    skipped: str = ""


@dataclass(slots=True)
class Integrity:
    """Files of evidence that were hashed before and after.

    Attributes:
        files: number of files.
        changed: names of those that are not what they were.
    """

    files: int = 0
    changed: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Validation:
    """All results.

    Attributes:
        results: of all sources.
        claims: claims of composition by origin of the source.
        counter_cases: attribution on plain records.
        model_case: attribution of the model case, None if it was not run.
        recovery: recovery of deleted rows.
        integrity: evidence before and after.
        made: when, as text; empty for none.
    """

    results: list[Result] = field(default_factory=list)
    claims: dict[str, attribution.Claims] = field(default_factory=dict)
    counter_cases: list[attribution.CaseResult] = field(default_factory=list)
    model_case: attribution.ModelCase | None = None
    recovery: list[recovery.Measured] = field(default_factory=list)
    integrity: Integrity = field(default_factory=Integrity)
    made: str = ""

    @property
    def read(self) -> list[Result]:
        """Sources that were read."""
        return [item for item in self.results if not item.skipped]

    @property
    def skipped(self) -> list[Result]:
        """Sources that were not there."""
        return [item for item in self.results if item.skipped]

    def total(self, kind: str, origin: str) -> Outcome | None:
        """Sum of a kind of record over the sources of an origin."""
        total = None
        for result in self.read:
            if result.source.origin == origin and kind in result.outcomes:
                if total is None:
                    total = Outcome(extra=None)
                compare.add(total, result.outcomes[kind])
        return total

    def attributes(self, origin: str) -> dict[str, list[int]]:
        """Attributes of messages: times compared, times equal."""
        numbers: dict[str, list[int]] = {}
        for result in self.read:
            if result.source.origin != origin:
                continue
            for kind in ("messages", "deleted messages"):
                if kind not in result.outcomes:
                    continue
                for name, (seen, same) in result.outcomes[kind].attributes.items():
                    pair = numbers.setdefault(name, [0, 0])
                    pair[0] += seen
                    pair[1] += same
        return dict(sorted(numbers.items()))

    def failures(self) -> list[str]:
        """What must never be: wrong or extra records, missing ones that the storage
        holds, false claims, findings that are not justified, rows misread as removed,
        false rows without a mark, changed evidence.
        """
        found = []
        for result in self.read:
            for kind, outcome in result.outcomes.items():
                may_miss = kind in ("deleted messages", "earlier sessions", "uses")
                missing = 0 if may_miss else outcome.missing
                if missing or outcome.wrong or outcome.extra:
                    found.append(
                        f"{result.source.name}, {kind}: {missing} missing, "
                        f"{outcome.wrong} wrong, {outcome.extra or 0} too much"
                    )
            if result.warnings:
                found.append(f"{result.source.name}: {result.warnings[0]}")
        for origin, claims in self.claims.items():
            for grade, confusion in claims.by_grade.items():
                if confusion.false:
                    found.append(f"{confusion.false} false claims, {grade}, {origin}")
        found += (
            f"counter-case {item.name}: {item.found}"
            for item in self.counter_cases
            if not item.is_right
        )
        if self.model_case is not None and not self.model_case.is_right:
            found.append("model case: see its table")
        found += (
            f"{item.store}, {item.cause}: {item.examples[:1]}"
            for item in self.recovery
            if item.live_misread or item.wrong > item.wrong_marked
        )
        found += (f"changed: {name}" for name in self.integrity.changed)
        return found


def all_sources() -> Iterator[Source]:
    """Every source, platform by platform."""
    for module in (
        sources_android,
        sources_apple,
        sources_desktop,
        sources_tdlib,
        sources_web,
        sources_others,
    ):
        yield from module.sources()


def read_source(source: Source) -> tuple[Result, attribution.Claims]:
    """Reads a source in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            known = source.read(Path(folder))
        except (Absent, pytest.skip.Exception) as reason:
            return Result(source, skipped=str(reason)), attribution.Claims()
    outcomes = compare.compare(known.truth, known.found, known.open_kinds)
    ordered = {str(kind): outcomes[kind] for kind in KINDS if kind in outcomes}
    assert len(ordered) == len(outcomes), set(outcomes) - set(KINDS)
    claims = attribution.count_claims(known.truth, known.found)
    return Result(source, ordered, known.warnings), claims


def evidence_files() -> dict[str, str]:
    """SHA-256 of the evidence that is read, by name."""
    paths = [
        *(helpers.REPOSITORY / "test_data").glob("*.E01"),
        *(helpers.REPOSITORY / "test_data" / "case").iterdir(),
        *(helpers.REPOSITORY / "test_data" / "samples").rglob("*"),
    ]
    for name in ("android", "export", "tdata", "tdlib", "web"):
        paths += (helpers.SHARED / "samples" / name).rglob("*")
    found = {}
    for path in sorted(path for path in paths if path.is_file()):
        is_ours = path.is_relative_to(helpers.REPOSITORY)
        root = helpers.REPOSITORY if is_ours else helpers.SHARED
        name = path.relative_to(root).as_posix()
        found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def validate(
    sources: Iterable[Source],
    *,
    stores: Iterable[Store] = STORES,
    causes: Iterable[recovery.Cause] = recovery.CAUSES,
    is_model_case: bool = True,
    progress: Progress = lambda words: None,
) -> Validation:
    """Runs everything.

    Args:
        sources: known evidence.
        stores, causes: databases and causes of the recovery table.
        is_model_case: also run stock log2timeline over the model case.
        progress: is told what comes next.
    """
    validation = Validation()
    before = evidence_files()
    for source in sources:
        progress(source.name)
        result, claims = read_source(source)
        validation.results.append(result)
        total = validation.claims.setdefault(source.origin, attribution.Claims())
        attribution.add(total, claims)
    progress("counter-cases of attribution")
    validation.counter_cases = list(attribution.check_cases())
    if is_model_case:
        progress("model case")
        with tempfile.TemporaryDirectory() as folder:
            validation.model_case = attribution.run_model_case(Path(folder))
    causes = tuple(causes)
    with tempfile.TemporaryDirectory() as folder:
        for number, store in enumerate(stores):
            progress(f"recovery: {store.name}")
            part = Path(folder) / str(number)
            part.mkdir()
            validation.recovery += recovery.measure_all(part, [store], causes)
    after = evidence_files()
    changed = sorted(
        name
        for name in before.keys() | after.keys()
        if before.get(name) != after.get(name)
    )
    validation.integrity = Integrity(len(before), changed)
    return validation


def versions() -> dict[str, str]:
    """What the figures were measured with."""
    return {
        "telegram_forensics": telegram_forensics.__version__,
        "plaso": metadata.version("plaso"),
        "dfvfs": metadata.version("dfvfs"),
        "Python": platform.python_version(),
        "SQLite": sqlite3.sqlite_version,
        "system": f"{platform.system()} {platform.machine()}",
    }


def _plain(value: Any) -> Any:
    """A value for JSON."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return repr(value)


def outcome_dict(outcome: Outcome) -> dict[str, Any]:
    """An outcome for JSON, with every item."""
    return {
        "truth_is_complete": outcome.is_closed,
        "in_truth": outcome.in_truth,
        "found": outcome.found,
        "missing": outcome.missing,
        "wrong": outcome.wrong,
        "extra": outcome.extra,
        "recall": outcome.recall,
        "precision": outcome.precision,
        "attributes": {
            name: {"in_truth": seen, "equal": same}
            for name, (seen, same) in sorted(outcome.attributes.items())
        },
        "items": [
            {
                "result": item.result,
                "identity": _plain(item.identity),
                "differences": {
                    name: {"truth": _plain(truth), "found": _plain(found)}
                    for name, (truth, found) in item.differences.items()
                },
            }
            for item in outcome.problems
        ],
    }


def to_dict(validation: Validation) -> dict[str, Any]:
    """The JSON report."""
    from tests.validation import assertions

    model = validation.model_case
    return {
        "schema_version": SCHEMA_VERSION,
        "made": validation.made,
        "versions": versions(),
        "sources": [
            {
                "name": item.source.name,
                "platform": item.source.platform,
                "client": item.source.client,
                "version": item.source.version,
                "origin": item.source.origin,
                "note": item.source.note,
                "skipped": item.skipped,
                "warnings": item.warnings,
                "kinds": {
                    kind: outcome_dict(outcome)
                    for kind, outcome in item.outcomes.items()
                },
            }
            for item in validation.results
        ],
        "assertions": [asdict(item) for item in assertions.judge(validation)],
        "attribution": {
            "claims": {
                origin: asdict(claims) for origin, claims in validation.claims.items()
            },
            "counter_cases": [
                {**asdict(item), "is_right": item.is_right}
                for item in validation.counter_cases
            ],
            "by_grade": attribution.by_grade(validation.counter_cases),
            "model_case": None
            if model is None
            else {**asdict(model), "is_right": model.is_right},
        },
        "recovery": [item.as_dict() for item in validation.recovery],
        "integrity": asdict(validation.integrity),
    }
