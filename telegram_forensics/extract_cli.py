"""The command `telegram-forensics extract`."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from typing import Any

from telegram_forensics import extract
from telegram_forensics.vfs import passcodes

_EXAMPLES = """\
examples:
  telegram-forensics extract evidence.E01 -o decrypted
      decrypted files of all Telegram Desktop storages, with decrypted/manifest.csv
  telegram-forensics extract evidence.E01 -o decrypted --passcodes passcodes.txt
      storages with a local passcode, too
  telegram-forensics extract evidence.aff4 -o decrypted --snapshots
      in shadow copies as well
"""
_MAXIMUM_WARNINGS = 20


def add_command(commands: Any) -> None:
    """Adds `extract` to the sub commands of the main parser."""
    parser = commands.add_parser(
        "extract",
        help="write decrypted cached pictures, drafts and so on into a folder",
        description=(
            "Writes the decrypted files of Telegram Desktop storages in an image or "
            "folder, the same bytes that log2timeline hashes, and manifest.csv with "
            "type, SHA-256, times, account and meaning of each. The login itself is "
            "never written. The exit status is 1 if nothing was found."
        ),
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("source", metavar="SOURCE", help="image, device or folder")
    parser.add_argument(
        "-o",
        "--output",
        metavar="DIR",
        type=Path,
        required=True,
        help="folder for the files, new or empty",
    )
    parser.add_argument(
        "--passcodes", metavar="FILE", help="file with local passcodes, one per line"
    )
    parser.add_argument(
        "--credential",
        metavar="TYPE:DATA",
        action="append",
        default=[],
        help="for an encrypted volume, such as password:secret",
    )
    parser.add_argument(
        "--snapshots", action="store_true", help="search shadow copies, too"
    )


def run(options: argparse.Namespace) -> int:
    """Runs the command; returns the exit status."""
    if options.passcodes:
        os.environ[passcodes.PASSCODES_VARIABLE] = os.path.abspath(options.passcodes)
    progress = _Progress()
    try:
        passcodes.given_passcodes()
        credentials = [_credential(text) for text in options.credential]
        outcome = extract.extract(
            options.source,
            options.output,
            credentials,
            options.snapshots,
            progress.show,
        )
    except (extract.ExtractError, passcodes.FormatError, OSError) as exception:
        progress.clear()
        print(f"telegram-forensics: {exception}", file=sys.stderr)
        return 1
    progress.clear()
    for warning in outcome.warnings[:_MAXIMUM_WARNINGS]:
        print(f"warning: {_printable(warning)}", file=sys.stderr)
    hidden = len(outcome.warnings) - _MAXIMUM_WARNINGS
    if hidden > 0:
        print(f"... and {hidden} more warnings", file=sys.stderr)
    print(
        f"{outcome.written} files of {outcome.storages} Telegram Desktop storages "
        f"written to {options.output}, see {options.output / 'manifest.csv'}"
    )
    if not outcome.written:
        print("nothing found, or locked: try --passcodes and --snapshots")
    return 0 if outcome.written else 1


def _credential(text: str) -> tuple[str, str]:
    kind, separator, value = text.partition(":")
    if not separator or not kind:
        raise extract.ExtractError(f"--credential {text}: give it as TYPE:DATA")
    return kind, value


def _printable(text: str) -> str:
    """Text of the evidence without control characters."""
    return "".join(
        char if char.isprintable() else f"\\x{ord(char):02x}" for char in text
    )


class _Progress:
    """A line on the terminal, at most four times a second."""

    def __init__(self) -> None:
        self._is_shown = sys.stderr.isatty()
        self._next = 0.0

    def show(self, text: str) -> None:
        """Shows what is going on."""
        if self._is_shown and time.monotonic() >= self._next:
            self._next = time.monotonic() + 0.25
            print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        """Removes the line."""
        if self._is_shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
