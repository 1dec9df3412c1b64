"""The passcode file that the examiner names on the command line.

Its path travels in the environment, so that worker processes of any start method (fork,
spawn, forkserver) find it. The passcodes themselves never leave the file: path
specifications carry only the number of the candidate that fits.
"""

from __future__ import annotations

import functools
import os
from typing import Final

from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.tdesktop_passcodes import (
    MAXIMUM_FILE_SIZE,
    Passcodes,
    parse_passcodes,
)

PASSCODES_VARIABLE: Final = "TELEGRAM_FORENSICS_PASSCODES"


def read_passcode_file(path: str) -> Passcodes:
    """Reads a passcode file.

    Raises:
        FormatError: if it is too large or not UTF-8.
        OSError: if it cannot be read.
    """
    with open(path, "rb") as file_object:
        return parse_passcodes(file_object.read(MAXIMUM_FILE_SIZE + 1))


def given_passcodes() -> Passcodes:
    """The candidates of this run; only the empty passcode if none were given.

    Raises:
        OSError: if the file that was named cannot be read any more.
        FormatError: if it is not a passcode file any more.
    """
    path = os.environ.get(PASSCODES_VARIABLE)
    if not path:
        return Passcodes()
    status = os.stat(path)
    return _read_cached(path, status.st_mtime_ns, status.st_size)


@functools.lru_cache(maxsize=4)
def _read_cached(path: str, modified: int, size: int) -> Passcodes:
    del modified, size  # They are the key: a changed file is read again.
    return read_passcode_file(path)


__all__ = [
    "PASSCODES_VARIABLE",
    "FormatError",
    "given_passcodes",
    "read_passcode_file",
]
