"""First pages of SQLite databases, rebuilt with the definitions of the tables.

Specification: https://www.sqlite.org/fileformat2.html#storage_of_the_sql_database_schema
(SQLite 3.0.0 and later).

The definitions come from what is left of the schema table: its other pages, free
pages, older versions in the log or the journal. For tables that nothing is left of,
those that a client is known to create are taken, and the tree whose rows look like
them. Indexes are left out: SQLite does without, and would trust what they say.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final

from telegram_forensics.formats import sqlite_pages as pages
from telegram_forensics.formats.sqlite_pages import ReadAt, Text
from telegram_forensics.formats.sqlite_recovery import SqliteEvidence
from telegram_forensics.formats.sqlite_repair import (
    REBUILT_SCHEMA,
    Repair,
    open_overlay,
)
from telegram_forensics.formats.sqlite_schema import Affinity, Column, Table
from telegram_forensics.formats.sqlite_survey import Row, Survey

_MAXIMUM_TABLES: Final = 1000
_MAXIMUM_TREES: Final = 4000
_MAXIMUM_SQL: Final = 1 << 16
_AFFINITIES: Final = {
    Affinity.BLOB: "BLOB",
    Affinity.TEXT: "TEXT",
    Affinity.NUMERIC: "NUMERIC",
    Affinity.INTEGER: "INTEGER",
    Affinity.REAL: "REAL",
}
_INTERIOR_HEADER: Final = 12
_INTERIOR_CELL: Final = 8
"""Bytes of a cell of an interior page with its pointer, for row ids up to 16383."""
_LEAF_HEADER: Final = 8

Other = tuple[ReadAt, int] | None
"""Log or journal beside the database, and its size."""


@dataclass(frozen=True, slots=True)
class Known:
    """A table that a client creates.

    Attributes:
        table: its definition.
        is_tree: whether rows of a tree can be of it, by their content.
        is_sign: its tree is proof of the client.
        is_needed: it is there, empty if no tree is found, since readers ask for it.
    """

    table: Table
    is_tree: Callable[[Sequence[Row]], bool]
    is_sign: bool = False
    is_needed: bool = False


def rebuild_schema(
    read: ReadAt,
    repair: Repair,
    wal: Other = None,
    journal: Other = None,
    clients: Sequence[Sequence[Known]] = (),
) -> Repair | None:
    """Rebuilds the first page.

    Args:
        read: reads the file.
        repair: what is known of its header.
        wal: the write-ahead log.
        journal: the rollback journal.
        clients: tables that each client creates.

    Returns:
        The repair, None if no table was found.
    """
    repair = replace(repair, size=repair.used)
    view = open_overlay(repair, read)
    survey = Survey(view)
    evidence = SqliteEvidence(view.database.read, repair.size, wal, journal)
    changes = list(repair.changes)
    found = _remains(evidence.schema(), survey)
    left = len(found)
    if found:
        changes.append((0, f"definitions of {left} tables, from what is left of them"))
    guessed = _assign(found, survey, clients)
    for table in guessed:
        where = f"the tree at page {table.root_page}" if table.root_page else "no tree"
        changes.append((0, f"table {table.name} is not defined: {where} is taken"))
    if not any(table.root_page for table in found.values()):
        return None
    writer = _Writer(view.database.read, repair)
    return replace(
        repair,
        method=REBUILT_SCHEMA,
        patches=writer.write(list(found.values())[:_MAXIMUM_TABLES]),
        size=writer.size,
        changes=tuple(changes),
        has_schema=True,
        is_guessed=bool(guessed),
        keys=tuple((table.name, table.key) for table in found.values() if table.key),
    )


def _remains(tables: Sequence[Table], survey: Survey) -> dict[str, Table]:
    """Tables whose definition is left, one of each name.

    Of several versions the one counts whose tree is there; then the newest, which has
    the most columns.
    """
    found: dict[str, Table] = {}
    ranks: dict[str, tuple[bool, bool, int]] = {}
    for table in tables:
        if table.name.lower().startswith("sqlite_") or len(table.sql) > _MAXIMUM_SQL:
            continue
        is_there = survey.is_root(table.root_page, is_table=not table.without_rowid)
        rank = (is_there, not table.is_dropped, len(table.columns))
        if rank > ranks.get(table.name, (False, False, -1)):
            ranks[table.name] = rank
            found[table.name] = replace(
                table, root_page=table.root_page if is_there else 0
            )
    return _without_shared_roots(found)


def _without_shared_roots(found: dict[str, Table]) -> dict[str, Table]:
    """A page is the root of one table only; the newer definition has it."""
    owners: dict[int, Table] = {}
    for table in found.values():
        other = owners.get(table.root_page)
        if other is None or (other.is_dropped and not table.is_dropped):
            owners[table.root_page] = table
    return {
        name: table if owners[table.root_page] is table else replace(table, root_page=0)
        for name, table in found.items()
    }


def _assign(
    found: dict[str, Table], survey: Survey, clients: Sequence[Sequence[Known]]
) -> list[Table]:
    """Gives trees to tables of a client of which no definition is left.

    Returns:
        The tables that were added to `found`.
    """
    missing = [
        [item for item in known if item.table.name not in found] for known in clients
    ]
    taken = {table.root_page for table in found.values()}
    guessed: list[Table] = []
    largest = 0
    for known, items, best in zip(
        clients, missing, _find_trees(missing, survey, taken), strict=True
    ):
        signs = {item.table.name for item in known if item.is_sign}
        is_client = any(name in best or name in found for name in signs)
        size = sum(size for size, _ in best.values())
        if is_client and size > largest:
            largest = size
            guessed = [
                replace(item.table, root_page=best.get(item.table.name, (0, 0))[1])
                for item in items
                if item.table.name in best or item.is_needed
            ]
    found.update((table.name, table) for table in guessed)
    return guessed


def _find_trees(
    clients: Sequence[Sequence[Known]], survey: Survey, taken: Collection[int]
) -> list[dict[str, tuple[int, int]]]:
    """The largest tree for each table of each client: pages of it, and its root."""
    best: list[dict[str, tuple[int, int]]] = [{} for _ in clients]
    if not any(clients):
        return best
    for root, is_table in survey.candidates(_MAXIMUM_TREES):
        rows = [] if root in taken else list(survey.rows(root))
        for known, trees in zip(clients, best, strict=True):
            name = next(
                (
                    item.table.name
                    for item in known
                    if rows
                    and item.table.without_rowid is not is_table
                    and _fits(item, rows)
                ),
                None,
            )
            if name is not None:
                size = survey.size(root)
                if size > trees.get(name, (0, 0))[0]:
                    trees[name] = (size, root)
    return best


def _fits(known: Known, rows: Sequence[Row]) -> bool:
    fits = all(known.table.fit(row.types) >= 0 for row in rows)
    return fits and known.is_tree(rows)


def statement(table: Table) -> str:
    """A definition by which SQLite reads a table, without what needs an index."""
    if table.without_rowid:
        return table.sql
    columns = ", ".join(_column(column, table) for column in table.stored)
    return f"CREATE TABLE {_quoted(table.name)}({columns})"


def _column(column: Column, table: Table) -> str:
    if column.name == table.rowid_alias:
        return f"{_quoted(column.name)} INTEGER PRIMARY KEY"
    words = f"{_quoted(column.name)} {_AFFINITIES[column.affinity]}"
    default = column.default
    if isinstance(default, Text):
        text = str(default).replace("'", "''")
        words += f" DEFAULT '{text}'" if "\0" not in text else ""
    elif isinstance(default, bytes):
        words += f" DEFAULT x'{default.hex()}'"
    elif isinstance(default, int) or (
        isinstance(default, float) and default - default == 0
    ):
        words += f" DEFAULT {default!r}"
    return words


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


class _Writer:
    """Writes the pages of a schema table, and empty trees.

    Attributes:
        size: bytes of the database with the pages that were put behind its end.
    """

    def __init__(self, read: ReadAt, repair: Repair) -> None:
        self._page_size = repair.page_size
        header = pages.read_header(read(0, pages.HEADER_SIZE))
        self._usable = header.usable
        self._encoding = header.encoding
        self._head = bytearray(read(0, pages.HEADER_SIZE))
        self._count = repair.size // repair.page_size
        self._added: list[tuple[int, bytes]] = []
        self.size = repair.size

    def write(self, tables: Sequence[Table]) -> tuple[tuple[int, bytes], ...]:
        """The first page, and pages behind the end of the file."""
        cells = []
        for number, table in enumerate(tables, 1):
            kind = pages.INDEX_LEAF if table.without_rowid else pages.TABLE_LEAF
            root = table.root_page or self._add(self._page(kind, []))
            cells.append(self._cell(number, table, root))
        groups = self._grouped(cells)
        if len(groups) == 1 and self._fits(groups[0], pages.HEADER_SIZE):
            first = self._page(pages.TABLE_LEAF, groups[0], pages.HEADER_SIZE)
        else:
            first = self._interior(groups)
        self.size += len(self._added) * self._page_size
        head = self._head
        # Rows of another time and free pages are no matter of this header.
        head[18:20] = b"\1\1"
        head[24:28] = head[92:96]
        struct.pack_into(">III", head, 28, self.size // self._page_size, 0, 0)
        struct.pack_into(">I", head, 44, 4)
        head[52:56] = head[64:68] = bytes(4)
        return ((0, bytes(head) + first[pages.HEADER_SIZE :]), *self._added)

    def _add(self, page: bytes) -> int:
        """Puts a page behind the end of the file; returns its number."""
        number = self._count + len(self._added) + 1
        if number == pages.lock_byte_page(self._page_size):
            self._added.append(((number - 1) * self._page_size, bytes(self._page_size)))
            number += 1
        self._added.append(((number - 1) * self._page_size, page))
        return number

    def _cell(self, rowid: int, table: Table, root: int) -> bytes:
        values = [
            text.encode(self._encoding, "replace")
            for text in ("table", table.name, table.name, statement(table))
        ]
        types = [pages.write_varint(13 + 2 * len(value)) for value in values]
        types.insert(3, b"\4")
        values.insert(3, struct.pack(">I", root))
        header = b"".join(types)
        payload = bytes((len(header) + 1,)) + header + b"".join(values)
        cell = pages.write_varint(len(payload)) + pages.write_varint(rowid)
        local = pages.local_size(len(payload), self._usable, is_table=True)
        cell += payload[:local]
        return cell + self._overflow(payload[local:])

    def _overflow(self, left: bytes) -> bytes:
        """Puts the rest of a record on pages of its own; returns their number."""
        room = self._usable - 4
        parts = [left[start : start + room] for start in range(0, len(left), room)]
        following = 0
        for part in reversed(parts):
            page = struct.pack(">I", following) + part
            following = self._add(page.ljust(self._page_size, b"\0"))
        return struct.pack(">I", following) if parts else b""

    def _fits(self, cells: Sequence[bytes], start: int = 0) -> bool:
        room = self._usable - start - _LEAF_HEADER
        return sum(max(len(cell), 4) + 2 for cell in cells) <= room

    def _grouped(self, cells: Sequence[bytes]) -> list[list[bytes]]:
        groups: list[list[bytes]] = [[]]
        for cell in cells:
            if groups[-1] and not self._fits([*groups[-1], cell]):
                groups.append([])
            groups[-1].append(cell)
        return groups

    def _interior(self, groups: Sequence[Sequence[bytes]]) -> bytes:
        """Puts leaves behind the end of the file; returns the first page."""
        children = []
        last = 0
        for group in groups:
            last += len(group)
            children.append((self._add(self._page(pages.TABLE_LEAF, group)), last))
        # The last child of a page takes no cell.
        room = (self._usable - _INTERIOR_HEADER) // _INTERIOR_CELL
        room_of_first = room - pages.HEADER_SIZE // _INTERIOR_CELL - 1
        while len(children) > room_of_first:
            parts = [children[at : at + room] for at in range(0, len(children), room)]
            children = [(self._add(self._parent(part)), part[-1][1]) for part in parts]
        return self._parent(children, pages.HEADER_SIZE)

    def _parent(self, children: Sequence[tuple[int, int]], start: int = 0) -> bytes:
        """A page that leads to others: their numbers, and the last row id of each."""
        cells = [
            struct.pack(">I", child) + pages.write_varint(rowid)
            for child, rowid in children[:-1]
        ]
        return self._page(pages.TABLE_INTERIOR, cells, start, children[-1][0])

    def _page(
        self, kind: int, cells: Sequence[bytes], start: int = 0, right: int = 0
    ) -> bytes:
        data = bytearray(self._page_size)
        position = self._usable
        array = start + (_INTERIOR_HEADER if right else _LEAF_HEADER)
        for index, cell in enumerate(cells):
            position -= max(len(cell), 4)
            data[position : position + len(cell)] = cell
            struct.pack_into(">H", data, array + 2 * index, position)
        struct.pack_into(
            ">BHHHB", data, start, kind, 0, len(cells), position & 0xFFFF, 0
        )
        if right:
            struct.pack_into(">I", data, start + 8, right)
        return bytes(data)
