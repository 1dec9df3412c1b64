"""Candidate passcodes for Telegram Desktop's local passcode.

The candidates come from a file with one passcode per line (UTF-8). The empty passcode
is always the first one tried: it stands for "no passcode set".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from telegram_forensics.formats.errors import FormatError

MAXIMUM_CANDIDATES: Final = 10_000
MAXIMUM_FILE_SIZE: Final = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Passcodes:
    """Candidates in the order in which they are tried.

    Attributes:
        values: passcodes as UTF-8; the first one is empty. Kept out of `repr`, so that
            no log shows them.
    """

    values: tuple[bytes, ...] = field(default=(b"",), repr=False)

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, number: int) -> bytes:
        return self.values[number]


def make_passcodes(candidates: list[str] | tuple[str, ...] = ()) -> Passcodes:
    """Candidates from strings, duplicates dropped, the empty one first."""
    encoded = (text.encode("utf-8", "surrogateescape") for text in candidates)
    return Passcodes(tuple(dict.fromkeys((b"", *encoded))))


def parse_passcodes(data: bytes) -> Passcodes:
    """Reads a passcode file.

    A byte order mark is skipped; only the line end is cut off, since a passcode may
    begin or end with a space. Empty lines are ignored.

    Raises:
        FormatError: if the file is too large, has too many lines or is not UTF-8.
    """
    if len(data) > MAXIMUM_FILE_SIZE:
        raise FormatError(
            MAXIMUM_FILE_SIZE, f"larger than {MAXIMUM_FILE_SIZE // 2**20} MiB"
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as exception:
        raise FormatError(exception.start, "not UTF-8 text") from exception
    lines = [line.rstrip("\r") for line in text.split("\n")]
    passcodes = make_passcodes([line for line in lines if line])
    if len(passcodes) > MAXIMUM_CANDIDATES + 1:
        raise FormatError(
            0,
            f"more than {MAXIMUM_CANDIDATES} candidates: one trial takes 0.1 s and "
            f"more; try long lists with hashcat on the password recovery line that "
            f"the locked account's event carries",
        )
    return passcodes
