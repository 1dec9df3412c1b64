"""The command `telegram-forensics`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

import telegram_forensics
from telegram_forensics import (
    aff4_cli,
    audit,
    extract_cli,
    report_cli,
    table,
    timesketch_cli,
)

_EXAMPLES = """\
examples:
  telegram-forensics info
      what is registered in plaso and dfVFS, and what failed
  telegram-forensics info --json > audit.json
      the same for the case file
  telegram-forensics extract evidence.E01 -o decrypted
      decrypted cached pictures, drafts and so on, with a manifest
  telegram-forensics report case.plaso --case case.yaml -o report.html
      sessions and findings of processed evidence, as a page to read
  telegram-forensics timesketch -o timesketch
      formatters and tagger rules for a Timesketch server

Reading evidence needs no command of ours; the stock tools know Telegram:
  log2timeline --storage-file case.plaso evidence.E01
  psort -o dynamic -w timeline.csv case.plaso "data_type contains 'telegram'"
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="telegram-forensics",
        description="Telegram evidence for plaso/log2timeline.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--version",
        action="version",
        version=f"telegram_forensics {telegram_forensics.__version__}",
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    info = commands.add_parser(
        "info",
        help="print the audit record: versions, hooks, parsers, path specifications",
        description=(
            "Prints what telegram_forensics has registered in plaso and dfVFS. The "
            "exit status is 1 if a hook failed or the plugin is switched off."
        ),
    )
    info.add_argument("--json", action="store_true", help="print JSON")
    show = commands.add_parser(
        "show",
        help="print a CSV file of psort as an aligned table",
        description=(
            "Prints a CSV file as a table for reading on a terminal. Control "
            "characters from the evidence are shown as escapes."
        ),
    )
    show.add_argument("file", metavar="FILE", help="CSV file that psort wrote")
    extract_cli.add_command(commands)
    report_cli.add_command(commands)
    aff4_cli.add_commands(commands)
    timesketch_cli.add_command(commands)
    options = parser.parse_args(arguments)
    if options.command == "aff4":
        return aff4_cli.run(options)
    if options.command == "extract":
        return extract_cli.run(options)
    if options.command == "report":
        return report_cli.run(options)
    if options.command == "timesketch":
        return timesketch_cli.run(options)
    if options.command == "show":
        return _show(options.file)
    return _info(options.json)


def _info(as_json: bool) -> int:
    record = audit.make_audit_record()
    if as_json:
        print(json.dumps(record, indent=2, sort_keys=True))
    else:
        print(audit.format_audit_record(record))
    return 0 if record["works"] else 1


def _show(path: str) -> int:
    try:
        for line in table.format_csv_file(path):
            print(line)
    except (OSError, ValueError) as exception:
        print(f"telegram-forensics: cannot show {path}: {exception}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
