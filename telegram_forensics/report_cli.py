"""The command `telegram-forensics report`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from telegram_forensics.attribution.case import Case, CaseError, read_case
from telegram_forensics.attribution.engine import Attribution, attribute
from telegram_forensics.report import document, ingest
from telegram_forensics.report.storage import StorageError

_EXAMPLES = """\
examples:
  telegram-forensics report case.plaso --json report.json
      sessions and findings of one or several images in one storage file
  telegram-forensics report phone.plaso office.plaso --case case.yaml --json report.json
      the same over two files, with what the examiner knows

The files are read only. Findings TF-1xx and TF-2xx point beyond the owner; each says
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
        "--json", metavar="FILE", type=Path, help="write the report as JSON"
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
    result = attribute(evidence, case)
    if options.json is not None:
        text = document.to_json(document.make_document(result))
        try:
            options.json.write_text(text, encoding="utf-8")
        except OSError as exception:
            print(f"telegram-forensics report: {exception}", file=sys.stderr)
            return 2
    if not options.quiet:
        print(_summarize(result))
        if options.json is not None:
            print(f"Report: {options.json}")
    return 0


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
        f"{len(evidence.images)} images, {len(result.ledger.entries)} sessions, "
        f"{len(evidence.messages)} messages"
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
