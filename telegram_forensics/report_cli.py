"""The command `telegram-forensics report`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from telegram_forensics.attribution.case import Case, CaseError, read_case
from telegram_forensics.attribution.engine import Attribution, attribute
from telegram_forensics.report import document, html, ingest, tables
from telegram_forensics.report.storage import StorageError
from telegram_forensics.report.texts import LANGUAGES

_EXAMPLES = """\
examples:
  telegram-forensics report case.plaso
      a summary on the terminal: sessions and findings of the images in one storage file
  telegram-forensics report case.plaso -o report.html --json report.json
      a page to read and print, and the same for programs
  telegram-forensics report phone.plaso office.plaso --case case.yaml -o report.html
      over two files, with what the examiner knows
  telegram-forensics report case.plaso -o zvit.html --language uk --xlsx findings.xlsx
      in Ukrainian, with the findings as a table for spreadsheets

The page is one file and loads nothing from a network. The storage files are read
only. Findings TF-1xx and TF-2xx point beyond the owner; each says
what else could be the case and what would decide.
"""


def add_command(commands: Any) -> None:
    """Adds `report` to the sub commands of the main parser."""
    parser = commands.add_parser(
        "report",
        help="sessions and findings of processed evidence: who, from which device",
        description=(
            "Reads the storage files that log2timeline wrote, merges what all sources "
            "say of each session, and states which findings the evidence carries, how "
            "sure they are and what they leave open."
        ),
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "files", metavar="CASE.plaso", nargs="+", help="storage files of log2timeline"
    )
    parser.add_argument(
        "--case", metavar="FILE", help="case.yaml: what the examiner knows"
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        type=Path,
        help="write the report as one HTML page",
    )
    parser.add_argument(
        "--language",
        choices=sorted(LANGUAGES),
        default="en",
        help="language of page and tables (default: %(default)s)",
    )
    parser.add_argument(
        "--json", metavar="FILE", type=Path, help="write the report as JSON"
    )
    parser.add_argument(
        "--csv", metavar="FILE", type=Path, help="write the findings as CSV"
    )
    parser.add_argument(
        "--xlsx", metavar="FILE", type=Path, help="write the findings as XLSX"
    )
    parser.add_argument(
        "--quiet", action="store_true", help="no progress and no summary"
    )


def run(options: argparse.Namespace) -> int:
    """Runs the command; returns the exit status."""
    try:
        case = read_case(options.case) if options.case else Case()
        evidence = ingest.collect(
            options.files, None if options.quiet else _show_progress
        )
    except (CaseError, StorageError, OSError) as exception:
        print(f"telegram-forensics report: {exception}", file=sys.stderr)
        return 2
    evidence.problems += case.find_problems(evidence.images)
    result = attribute(evidence, case)
    try:
        written = _write(options, result)
    except OSError as exception:
        print(f"telegram-forensics report: {exception}", file=sys.stderr)
        return 2
    if not options.quiet:
        print(_summarize(result))
        for path in written:
            print(f"Report: {path}")
    return 0


def _write(options: argparse.Namespace, result: Attribution) -> list[Path]:
    """Writes what was asked for; without any of it there is the summary only.

    Returns:
        Paths of the files.

    Raises:
        OSError: if one cannot be written.
    """
    written: list[Path] = []
    if options.json is not None:
        text = document.to_json(document.make_document(result))
        options.json.write_text(text, encoding="utf-8")
        written.append(options.json)
    if options.csv is not None:
        options.csv.write_bytes(tables.to_csv(result, options.language))
        written.append(options.csv)
    if options.xlsx is not None:
        tables.write_xlsx(result, options.xlsx, options.language)
        written.append(options.xlsx)
    if options.output is not None:
        page = html.render(result, options.language)
        # The same bytes on every system.
        options.output.write_bytes(page.encode("utf-8"))
        written.append(options.output)
    return written


def _show_progress(name: str, done: int, total: int) -> None:
    if not sys.stderr.isatty():
        return
    share = 100 * done // total if total else 100
    end = "\n" if done == total else ""
    print(f"\r{name}: {share:3d} % of {total} records", end=end, file=sys.stderr)


def _summarize(result: Attribution) -> str:
    """What the report says, in lines for a terminal."""
    evidence = result.evidence
    lines = [
        f"images: {len(evidence.images)}, sessions: {len(result.ledger.entries)}, "
        f"records of messages: {len(evidence.messages)}"
    ]
    lines += [f"WARNING: {_printable(words)}" for words in evidence.problems]
    pointing = [item for item in result.findings if not item.is_neutral]
    neutral = len(result.findings) - len(pointing)
    for finding in pointing:
        account = f", account {finding.account}" if finding.account else ""
        lines.append(f"{finding.rule} (grade {finding.grade.value}{account})")
        lines.append(f"  {_printable(finding.statement)}")
    if not pointing:
        lines.append("No finding points beyond the owner. That excludes nothing.")
    lines.append(f"{neutral} neutral facts are in the report.")
    return "\n".join(lines)


def _printable(text: str) -> str:
    """Text from evidence without control characters."""
    return "".join(
        character if character.isprintable() else f"\\x{ord(character):02x}"
        for character in text
    )
