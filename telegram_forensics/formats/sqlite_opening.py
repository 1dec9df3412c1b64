"""What SQLite looks at to open a database, and what it can be told if it refuses.

Specification: https://www.sqlite.org/fileformat2.html (SQLite 3.0.0 and later).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from telegram_forensics.formats import sqlite_pages as pages
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.sqlite_pages import Problems, ReadAt
from telegram_forensics.formats.sqlite_repair import (
    Repair,
    find_page_sizes,
    repair_header,
)
from telegram_forensics.formats.sqlite_repair_schema import (
    Known,
    Other,
    rebuild_schema,
)
from telegram_forensics.formats.sqlite_views import Database, View, read_schema

_MAXIMUM_SIZES: Final = 2
"""Page sizes that are tried."""


def first_pages(read: ReadAt, size: int) -> list[tuple[int, bytes]]:
    """The pages that SQLite reads to open a database: those of its schema.

    A copy of them alone, in a file of the same size, opens if the whole does.

    Returns:
        (offset, bytes); nothing if no header is there or the schema is damaged.
    """
    parts: dict[int, bytes] = {}

    def recorded(offset: int, length: int) -> bytes:
        data = read(offset, length)
        if len(data) > len(parts.get(offset, b"")):
            parts[offset] = data
        return data

    try:
        header = pages.read_header(recorded(0, pages.HEADER_SIZE))
    except FormatError:
        return []
    if not header.is_sound:
        return []
    problems = Problems()
    database = Database(
        recorded, size, header.page_size, header.usable, header.encoding
    )
    read_schema(View(database), problems)
    return [] if problems else sorted(parts.items())


def find_repairs(
    read: ReadAt,
    size: int,
    wal: Other = None,
    journal: Other = None,
    clients: Sequence[Sequence[Known]] = (),
) -> Iterator[Repair]:
    """What a database can be opened with, the best first.

    Args:
        read: reads the file.
        size: bytes of it.
        wal: the write-ahead log.
        journal: the rollback journal.
        clients: tables that each client creates.

    Raises:
        FormatError: if no page of a database is found.
    """
    sizes = find_page_sizes(read, size)[:_MAXIMUM_SIZES]
    if not sizes:
        raise FormatError(0, "no page of a SQLite database is left")
    repairs = [repair_header(read, size, page_size) for page_size in sizes]
    for repair in repairs:
        if repair.has_schema and repair.patches:
            yield repair
    for repair in repairs:
        rebuilt = rebuild_schema(read, repair, wal, journal, clients)
        if rebuilt is not None:
            yield rebuilt
