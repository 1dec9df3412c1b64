"""CSV files of psort as aligned text tables, safe for a terminal."""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Iterator

_MAXIMUM_WIDTH = 60


def format_csv_file(path: str) -> Iterator[str]:
    """Formats a CSV file.

    Yields:
        One line per row, columns aligned; columns without any value are left out.

    Raises:
        OSError: if the file cannot be read.
        ValueError: if it is no CSV text.
    """
    with open(path, encoding="utf-8", newline="") as file_object:
        try:
            rows = [[_cell(value) for value in row] for row in csv.reader(file_object)]
        except csv.Error as exception:
            raise ValueError(str(exception)) from exception
    if not rows:
        return
    width = len(rows[0])
    rows = [row[:width] + ["-"] * (width - len(row)) for row in rows]
    columns = [
        column
        for column in range(width)
        if len(rows) == 1 or any(row[column] not in ("", "-") for row in rows[1:])
    ]
    sizes = {column: max(_size(row[column]) for row in rows) for column in columns}
    for row in rows:
        cells = (
            row[column] + " " * (sizes[column] - _size(row[column]))
            for column in columns
        )
        yield "  ".join(cells).rstrip()


def _cell(value: str) -> str:
    """Text without anything that a terminal would act on."""
    text = "".join(
        character
        if unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Zl", "Zp")
        else f"\\u{ord(character):04x}"
        for character in value
    )
    return text if len(text) <= _MAXIMUM_WIDTH else f"{text[: _MAXIMUM_WIDTH - 1]}…"


def _size(text: str) -> int:
    """Columns that a text takes on a terminal."""
    return sum(
        0
        if unicodedata.combining(character)
        else 2
        if unicodedata.east_asian_width(character) in "WF"
        else 1
        for character in text
    )
