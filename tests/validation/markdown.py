"""The results as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from telegram_forensics.report.visible import show_plain
from tests.validation import assertions, attribution
from tests.validation.compare import Outcome
from tests.validation.document import ORIGINS, Validation, versions
from tests.validation.recovery import STORES, Measured
from tests.validation.sources import KINDS

BEGIN: Final = "<!-- measured: begin -->"
END: Final = "<!-- measured: end -->"
WARNING: Final = (
    "What a builder of the project made proves little by itself: builder and reader "
    "share one understanding of the format. Read the rows of real clients first."
)


def cell(value: object) -> str:
    """Text for a cell of a table: no mark-up, no line breaks, nothing hidden."""
    text = show_plain(str(value))
    for character in "\\|`*_<>[]":
        text = text.replace(character, f"\\{character}")
    return " ".join(text.split())


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """A table; cells are texts that are ours or were passed through `cell`."""
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(str(item) for item in row)} |"


def percent(value: float | None) -> str:
    """A part of a whole; rounded down, so that 100 % is all of it."""
    if value is None:
        return "-"
    return f"{int(value * 1000) / 10:g} %"


def _numbers(outcome: Outcome) -> list[object]:
    return [
        outcome.in_truth,
        outcome.found,
        outcome.missing,
        outcome.wrong,
        "-" if outcome.extra is None else outcome.extra,
        percent(outcome.recall),
        percent(outcome.precision),
    ]


_NUMBERS: Final = (
    *("in truth", "found", "missing", "wrong", "extra", "recall", "precision"),
)


def totals(validation: Validation) -> Iterator[str]:
    """Sums by origin and kind of record."""
    rows = []
    for origin in ORIGINS:
        for kind in KINDS:
            total = validation.total(kind, origin)
            if total is not None:
                rows.append([origin, kind, *_numbers(total)])
    yield from table(("source", "kind of record", *_NUMBERS), rows)


def by_source(validation: Validation) -> Iterator[str]:
    """Each source and kind of record."""
    rows = []
    for result in validation.read:
        source = result.source
        for kind, outcome in result.outcomes.items():
            rows.append(
                [
                    cell(source.platform),
                    cell(source.client),
                    cell(source.version),
                    source.origin,
                    kind,
                    *_numbers(outcome),
                ]
            )
    head = ("platform", "client", "version", "source", "kind of record", *_NUMBERS)
    yield from table(head, rows)


def items(validation: Validation) -> Iterator[str]:
    """Every record that is missing, wrong or too much."""
    count = 0
    for result in validation.read:
        for kind, outcome in result.outcomes.items():
            for problem in outcome.problems:
                count += 1
                told = "; ".join(
                    f"{name}: {truth!r}, found {found!r}"
                    for name, (truth, found) in problem.differences.items()
                )
                identity = ", ".join(str(part) for part in problem.identity)
                yield (
                    f"- {cell(result.source.name)}, {kind}: **{problem.result}** "
                    f"{cell(identity)}: {cell(told)}"
                )
    if not count:
        yield "None."


def recovery_rows(measured: Iterable[Measured]) -> Iterator[list[object]]:
    """Rows of the table of a database."""
    for item in measured:
        if item.note:
            yield [item.cause, item.note, *[""] * 6]
            continue
        wrong = str(item.wrong)
        if item.wrong:
            wrong += f" ({item.wrong_marked} marked)"
        yield [
            item.cause,
            item.deleted,
            f"{item.recovered} ({percent(item.recovered / item.deleted)})",
            f"{item.scattered[1]} of {item.scattered[0]}",
            f"{item.block[1]} of {item.block[0]}",
            wrong,
            f"{item.live_found} of {item.live}",
            item.live_misread,
        ]


NOTES: Final = {store.name: store.note for store in STORES if store.note}
RECOVERY_HEAD: Final = (
    "cause",
    "deleted rows",
    "recovered",
    "of those deleted singly",
    "of those deleted together",
    "wrong rows",
    "live rows told",
    "live rows told as removed",
)


def _ours(text: str) -> str:
    """A text as it is if it has no mark-up; names of ours keep their underscores."""
    is_plain = show_plain(text) == text and not set(text) & set("|<>[]*`\\")
    return text if is_plain else cell(text)


def recovery(measured: Sequence[Measured], level: str = "##") -> Iterator[str]:
    """A table for each database."""
    for name in dict.fromkeys(item.store for item in measured):
        yield f"{level} {_ours(name)}"
        yield ""
        if name in NOTES:
            yield f"The client: {NOTES[name]}."
            yield ""
        mine = [item for item in measured if item.store == name]
        rows = ([_ours(str(item)) for item in row] for row in recovery_rows(mine))
        yield from table(RECOVERY_HEAD, rows)
        yield ""


def _claims(validation: Validation) -> Iterator[str]:
    rows = []
    for origin, claims in validation.claims.items():
        for grade, confusion in claims.by_grade.items():
            rows.append([origin, grade, confusion.right, confusion.false])
        words = f"{claims.not_claimed} of {claims.composed} composed, "
        words += f"{claims.others} of others"
        rows.append([origin, "no claim", words, ""])
    yield from table(
        ("source", "claim: composed with this data set", "true", "false"), rows
    )


def _counter_cases(validation: Validation) -> Iterator[str]:
    yield from table(
        ("case", "what is true", "justified", "the report says", "result"),
        (
            [
                cell(item.name),
                cell(item.what_is_true),
                _rules(item.expected),
                _rules(item.found),
                "right" if item.is_right else "**false**",
            ]
            for item in validation.counter_cases
        ),
    )
    yield ""
    yield from table(
        ("grade", "justified", "not justified", "missing"),
        (
            [grade, *numbers.values()]
            for grade, numbers in attribution.by_grade(validation.counter_cases).items()
        ),
    )


def _rules(found: Iterable[tuple[str, str]]) -> str:
    return ", ".join(f"{rule} (grade {grade})" for rule, grade in found) or "nothing"


def _model_case(model: attribution.ModelCase) -> Iterator[str]:
    yield from table(
        ("session", "device", "the report says", "grade"),
        (
            [session, true, ", ".join(images), grade]
            for session, true, images, grade in model.sessions
        ),
    )
    yield ""
    yield from table(
        (
            *("message", "composed on", "by session", "origin that is told"),
            *("confidence", "findings that name it", "result"),
        ),
        (
            [
                item.identifier,
                item.composed_on or "not in evidence",
                item.session or "-",
                (item.origin or "-").replace("_", "\\_"),
                item.confidence or "-",
                _rules(item.rules),
                item.verdict,
            ]
            for item in model.messages
        ),
    )


def render(validation: Validation) -> str:
    """The whole report."""
    lines = ["# Validation report", ""]
    told = ", ".join(f"{name} {value}" for name, value in versions().items())
    lines += [f"Measured with {told}.", ""]
    if validation.made:
        lines += [f"Made: {cell(validation.made)}.", ""]
    lines += [WARNING, "", "## Records by source", ""]
    lines += [*totals(validation), "", "## Skipped", ""]
    lines += [
        f"- {cell(item.source.name)}: {cell(item.skipped)}"
        for item in validation.skipped
    ] or ["Nothing."]
    lines += ["", "## Assertions of NIST's CFTT", ""]
    lines += table(
        ("specification", "assertion", "meaning", "result", "basis"),
        (
            [
                item.specification,
                item.identifier or "(identifier not verified)",
                item.meaning,
                item.result,
                cell(item.basis),
            ]
            for item in assertions.judge(validation)
        ),
    )
    lines += ["", "## Attribution", "", "### Claims of composition", ""]
    lines += [*_claims(validation), "", "### Counter-cases", ""]
    lines += [*_counter_cases(validation), ""]
    if validation.model_case is not None:
        lines += ["### Model case", "", *_model_case(validation.model_case), ""]
    lines += ["## Recovery of deleted rows", "", *recovery(validation.recovery, "###")]
    lines += ["## Every platform, client, version and kind", ""]
    lines += [*by_source(validation), ""]
    notes = {item.source.note for item in validation.read if item.source.note}
    lines += [f"- {cell(note)}" for note in sorted(notes)]
    lines += ["", "## Records that are missing, wrong or too much", ""]
    lines += [*items(validation), "", "## Extraction warnings", ""]
    lines += [
        f"- {cell(item.source.name)}: {cell(text)}"
        for item in validation.read
        for text in item.warnings
    ] or ["None."]
    integrity = validation.integrity
    changed = ", ".join(map(cell, integrity.changed)) or "none"
    lines += ["", "## Evidence", ""]
    lines += [
        f"{integrity.files} files were hashed before and after; changed: {changed}."
    ]
    return "\n".join(lines) + "\n"


def replace_tables(path: Path, lines: Iterable[str]) -> None:
    """Puts tables between the marks of a document.

    Raises:
        ValueError: if it has no marks.
    """
    text = path.read_text("utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{path.name} has no marks for the tables")
    body = "\n".join(lines)
    path.write_text(f"{before}{BEGIN}\n\n{body}\n{END}{after}", encoding="utf-8")
