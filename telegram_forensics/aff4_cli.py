"""The commands `telegram-forensics aff4 info` and `aff4 verify`."""

from __future__ import annotations

import argparse
import collections
import os
import sys
import time
from typing import Any, TextIO

from telegram_forensics.aff4 import describe, local, second_opinion, verify
from telegram_forensics.aff4.errors import Aff4Error
from telegram_forensics.aff4.volume_set import VolumeSet

_EXAMPLES = """\
examples:
  telegram-forensics aff4 info evidence.aff4
  telegram-forensics aff4 verify evidence.aff4
      checks every hash that the volume records
  telegram-forensics aff4 verify evidence.aff4 --with pyaff4
      reads the image with pyaff4 as well and compares
"""


def add_commands(commands: Any) -> None:
    """Adds `aff4` to the sub commands of the main parser."""
    parser = commands.add_parser(
        "aff4",
        help="describe or verify an AFF4 image",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    info = actions.add_parser("info", help="volumes, images, streams, hashes")
    check = actions.add_parser(
        "verify",
        help="check every recorded hash",
        description=(
            "Checks every hash that the volume records: linear, block and map hashes. "
            "The exit status is 0 if all match, 1 if one does not or data is "
            "unreadable, 2 if no hash is recorded at all."
        ),
    )
    check.add_argument(
        "--with",
        dest="other",
        choices=["pyaff4"],
        help="read the image with this second reader, too, and compare",
    )
    for action in (info, check):
        action.add_argument("image", metavar="IMAGE", help="file of the AFF4 volume")
        action.add_argument("--password", help="password of an encrypted volume")


def run(options: argparse.Namespace) -> int:
    """Runs the command; returns the exit status."""
    try:
        volumes = local.open_path(options.image, password=options.password)
        if options.action == "info":
            for line in describe.describe(volumes):
                print(line)
            return 0
        return _verify(volumes, options)
    except second_opinion.NotInstalledError as exception:
        print(exception, file=sys.stderr)
        return 1
    except OSError as exception:
        print(f"telegram-forensics: {exception}", file=sys.stderr)
        return 1


def _verify(volumes: VolumeSet, options: argparse.Namespace) -> int:
    progress = _Progress(sys.stderr)
    counts: collections.Counter[verify.Outcome] = collections.Counter()
    for check in verify.verify(volumes, progress):
        counts[check.outcome] += 1
        progress.clear()
        note = f"  ({check.note})" if check.note else ""
        algorithm = f" {check.algorithm}" if check.algorithm else ""
        print(f"{check.outcome.value:11} {check.what}{algorithm}  {check.urn}{note}")
        if check.outcome is verify.Outcome.MISMATCH and check.computed:
            print(f"            recorded {check.recorded}")
            print(f"            computed {check.computed}")
    progress.clear()
    checked = counts[verify.Outcome.MATCH]
    bad = counts[verify.Outcome.MISMATCH] + counts[verify.Outcome.UNREADABLE]
    if not sum(counts.values()):
        print("No hash is recorded in this volume: nothing is verified.")
    else:
        print(
            f"{checked} match, {counts[verify.Outcome.MISMATCH]} differ, "
            f"{counts[verify.Outcome.UNREADABLE]} unreadable, "
            f"{counts[verify.Outcome.UNKNOWN]} not checked."
        )
    if options.other:
        bad += _compare(volumes, options.image, progress)
        checked += 1
    for problem in volumes.problems:
        print(f"Problem: {problem}")
    if bad:
        return 1
    return 0 if checked else 2


def _compare(volumes: VolumeSet, path: str, progress: _Progress) -> int:
    """Compares with pyaff4; returns the number of images that differ."""
    bad = 0
    for urn in volumes.image_urns():
        try:
            result = second_opinion.compare_image(
                volumes, os.path.abspath(path), urn, progress
            )
        except Aff4Error as exception:
            progress.clear()
            print(f"UNREADABLE  {urn}  ({exception})")
            bad += 1
            continue
        progress.clear()
        print(f"ours   {result.size} bytes, SHA-1 {result.sha1}")
        if result.note:
            print(f"pyaff4 could not read it: {result.note}")
            bad += 1
            continue
        print(f"pyaff4 {result.other_size} bytes, SHA-1 {result.other_sha1}")
        print("Both readers agree." if result.agrees else "THE READERS DIFFER.")
        bad += not result.agrees
    return bad


class _Progress:
    """Shows how much has been read, on a terminal only."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._shows = stream.isatty()
        self._bytes = 0
        self._start = time.monotonic()
        self._last = 0.0

    def __call__(self, size: int) -> None:
        self._bytes += size
        now = time.monotonic()
        if self._shows and now - self._last > 0.5:
            self._last = now
            rate = self._bytes / (now - self._start) / 1e6
            self._stream.write(f"\r{self._bytes / 1e6:.0f} MB read, {rate:.0f} MB/s ")
            self._stream.flush()

    def clear(self) -> None:
        """Removes the line, before something else is printed."""
        if self._shows:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
