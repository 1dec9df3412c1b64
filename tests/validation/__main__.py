"""`python -m tests.validation`: writes the validation report."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from datetime import datetime, timezone
from pathlib import Path

from tests.validation import document, markdown, page, recovery
from tests.validation.recovery import STORES


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.validation",
        description="Measures what is found of evidence whose content is known.",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        default=Path("out/validation"),
        help="folder for validation.html, validation.json and validation.md",
    )
    parser.add_argument(
        "--recovery",
        type=Path,
        nargs="?",
        const=Path("-"),
        metavar="FILE",
        help="only the tables of recovery, as Markdown: printed, or put between the "
        "marks of a file",
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help="a small subset, without the model case and the recovery",
    )
    parser.add_argument("--only", help="only sources whose name has this in it")
    return parser.parse_args()


def _tell(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def _write_recovery(target: Path) -> int:
    with tempfile.TemporaryDirectory() as folder:
        measured = []
        for item in recovery.measure_all(Path(folder)):
            _tell(f"{item.store}: {item.cause}")
            measured.append(item)
    lines = list(markdown.recovery(measured))
    if str(target) == "-":
        print("\n".join(lines))
    else:
        markdown.replace_tables(target, lines)
    return 0


def main() -> int:
    """Runs the validation.

    Returns:
        0 if nothing of what is promised failed, see `Validation.failures`. Records that
        a storage does not hold any more count as missing, and are listed, but fail
        nothing.
    """
    options = _parse()
    if options.recovery is not None:
        return _write_recovery(options.recovery)
    sources = [
        item
        for item in document.all_sources()
        if (item.is_quick or not options.quick)
        and (not options.only or options.only in item.name)
    ]
    is_part = bool(options.quick or options.only)
    validation = document.validate(
        sources,
        stores=() if is_part else STORES,
        is_model_case=not is_part,
        progress=_tell,
    )
    now = datetime.now(timezone.utc)
    validation.made = now.strftime("%Y-%m-%d %H:%M:%S UTC")
    options.output.mkdir(parents=True, exist_ok=True)
    content = json.dumps(document.to_dict(validation), ensure_ascii=False, indent=1)
    for name, text in (
        ("validation.html", page.render(validation)),
        ("validation.json", content + "\n"),
        ("validation.md", markdown.render(validation)),
    ):
        (options.output / name).write_text(text, encoding="utf-8")
        print(options.output / name)
    for item in validation.skipped:
        print(f"skipped: {item.source.name}: {item.skipped}")
    count = sum(
        len(outcome.problems)
        for result in validation.read
        for outcome in result.outcomes.values()
    )
    print(f"{count} records missing, wrong or too much")
    failures = validation.failures()
    for words in failures:
        print(f"FAILURE: {words}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
