"""The command `telegram-forensics timesketch`: files for a Timesketch server."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import yaml

from telegram_forensics import definitions

_PACKAGE: Final = Path(__file__).resolve().parent
_TAGS: Final = _PACKAGE / "data" / "timesketch_tags.yaml"
FORMATTERS_NAME: Final = "telegram_formatters.yaml"
TAGS_NAME: Final = "telegram_tags.yaml"

_EXAMPLES = """\
examples:
  telegram-forensics timesketch -o timesketch
      writes telegram_formatters.yaml and telegram_tags.yaml into that folder
  cat timesketch/telegram_formatters.yaml >> /etc/timesketch/plaso_formatters.yaml
  cat timesketch/telegram_tags.yaml >> /etc/timesketch/tags.yaml
      on the server, whose plaso need not have telegram_forensics

docs/timesketch.md tells the two ways to bring a timeline in.
"""


def add_command(commands: Any) -> None:
    """Adds `timesketch` to the sub commands of the main parser."""
    parser = commands.add_parser(
        "timesketch",
        help="write formatters and tagger rules for a Timesketch server",
        description=(
            "Writes the formatter definitions of all our events, as Timesketch's "
            "plaso_formatters.yaml wants them, and rules for its tagger."
        ),
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="DIR",
        type=Path,
        required=True,
        help="folder to write to; it is made if it does not exist",
    )


def run(options: argparse.Namespace) -> int:
    """Runs the command; returns the exit status."""
    files = {
        FORMATTERS_NAME: join_formatters(definitions.formatter_files()),
        TAGS_NAME: _TAGS.read_text("utf-8"),
    }
    try:
        options.output.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (options.output / name).write_text(text, encoding="utf-8")
            print(options.output / name)
    except OSError as exception:
        print(f"telegram-forensics timesketch: {exception}", file=sys.stderr)
        return 2
    return 0


def join_formatters(paths: Iterable[Path]) -> str:
    """All definitions in one text that can be appended to another such file."""
    parts = []
    for path in sorted(paths, key=lambda item: item.name):
        for definition in yaml.safe_load_all(path.read_text("utf-8")):
            text = yaml.safe_dump(definition, sort_keys=False, allow_unicode=True)
            parts.append(f"---\n{text}")
    return "".join(parts)
