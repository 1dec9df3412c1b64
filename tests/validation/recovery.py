"""Measures what comes back of deleted rows, by the cause of their deletion.

Every database gets the same rows. A third of the first half is deleted one by one (the
space lies free inside of pages that are in use), and the whole second half (whole pages
become free). Then the files are taken as they lie on the disk, damaged if that is the
cause, and read through plaso's extraction worker.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.builders import sqlite_files
from tests.validation import sources
from tests.validation.recovery_browsers import BROWSERS
from tests.validation.recovery_stores import APPLICATIONS, Row, Store

STORES = (*APPLICATIONS, *BROWSERS)
_DAMAGED = "telegram_sqlite_damaged,telegram_sqlite_damaged_named"


def scattered(size: int) -> list[int]:
    """Rows that are deleted one by one, out of the first half."""
    return [number for number in range(1, size // 2 + 1) if number % 3 == 1]


def block(size: int) -> list[int]:
    """Rows that are deleted together, the second half."""
    return list(range(size // 2 + 1, size + 1))


def live(size: int) -> list[int]:
    """Rows that stay."""
    return [number for number in range(1, size // 2 + 1) if number % 3 != 1]


@dataclass(frozen=True, slots=True)
class Cause:
    """Why rows are not there.

    Attributes:
        name: as the tables call it.
        pragmas: settings of the database.
        is_log: the rows are in a write-ahead log.
        damage: what happens to the files afterwards.
        ends: statements after the deletion.
        is_readable: SQLite can read the files.
        is_opened: SQLite opens the file.
        checkpoints_first: the rows are in the file before they are deleted.
    """

    name: str
    pragmas: dict[str, Any] = field(default_factory=dict)
    damage: Callable[[bytes], bytes] | None = None
    ends: tuple[str, ...] = ()
    is_readable: bool = True
    is_opened: bool = True
    checkpoints_first: bool = True

    @property
    def is_log(self) -> bool:
        """True with a write-ahead log."""
        return self.pragmas.get("journal_mode") == "wal"

    @property
    def is_journal(self) -> bool:
        """True with a rollback journal that stays."""
        return self.pragmas.get("journal_mode") == "persist"


def _no_header(data: bytes) -> bytes:
    return bytes(100) + data[100:]


def _bad_header(data: bytes) -> bytes:
    """The signature stays, the numbers behind it are gone."""
    return data[:16] + bytes(84) + data[100:]


def _cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def _holes(data: bytes) -> bytes:
    """Every tenth page is lost, as with bad sectors."""
    size = 4096
    changed = bytearray(data)
    for start in range(9 * size, len(changed), 10 * size):
        changed[start : start + size] = bytes(min(size, len(changed) - start))
    return bytes(changed)


def _no_first_page(data: bytes) -> bytes:
    return bytes(4096) + data[4096:]


def _refused(name: str, damage: Callable[[bytes], bytes]) -> Cause:
    """A file that SQLite does not open."""
    return Cause(name, damage=damage, is_readable=False, is_opened=False)


CAUSES = (
    Cause("DELETE without secure_delete"),
    Cause("DELETE with secure_delete", {"secure_delete": 1}),
    Cause("DELETE, then VACUUM", ends=("VACUUM",)),
    Cause("DELETE with auto_vacuum", {"auto_vacuum": 1}),
    Cause(
        "write-ahead log, before the checkpoint",
        {"journal_mode": "wal", "secure_delete": 1},
    ),
    Cause(
        "write-ahead log, after the checkpoint",
        {"journal_mode": "wal", "secure_delete": 1},
        ends=("PRAGMA wal_checkpoint(FULL)", "last row"),
        checkpoints_first=False,
    ),
    Cause(
        "rollback journal that stayed (persist)",
        {"journal_mode": "persist", "secure_delete": 1},
    ),
    Cause("DELETE, then every tenth page zeroed", damage=_holes, is_readable=False),
    _refused("header of 100 bytes zeroed", _no_header),
    _refused("header zeroed behind its signature", _bad_header),
    _refused("first page of 4096 bytes zeroed", _no_first_page),
    _refused("file cut at half of its length", _cut),
)


@dataclass(slots=True)
class Measured:
    """What came back of a database.

    Attributes:
        store, cause: names.
        scattered, block: numbers of deleted rows, and of those recovered as they were.
        wrong: rows told that never were so, or with other content; `wrong_marked` of
            them are marked as recovered.
        live, live_found, live_misread: rows that were not deleted; those told as they
            are; those told as removed although SQL shows them.
        as_removed: recovered rows whose event says `removed`, which they were.
        unnamed: recovered rows whose event does not say where they were found.
        warnings: extraction warnings.
        examples: of wrong and misread rows.
        note: why nothing was measured.
    """

    store: str
    cause: str
    scattered: tuple[int, int] = (0, 0)
    block: tuple[int, int] = (0, 0)
    wrong: int = 0
    wrong_marked: int = 0
    live: int = 0
    live_found: int = 0
    live_misread: int = 0
    as_removed: int = 0
    unnamed: int = 0
    warnings: int = 0
    examples: list[str] = field(default_factory=list)
    note: str = ""

    @property
    def deleted(self) -> int:
        """Number of deleted rows."""
        return self.scattered[0] + self.block[0]

    @property
    def recovered(self) -> int:
        """Number of deleted rows that came back as they were."""
        return self.scattered[1] + self.block[1]

    def as_dict(self) -> dict[str, Any]:
        """For the JSON report."""
        return {**asdict(self), "deleted": self.deleted, "recovered": self.recovered}


def _open(path: Path, pragmas: dict[str, Any]) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    settings = {"secure_delete": 0, "journal_mode": "delete", **pragmas}
    if "auto_vacuum" in settings:
        connection.execute(f"PRAGMA auto_vacuum = {settings.pop('auto_vacuum')}")
        connection.execute("VACUUM")
    for name, value in settings.items():
        connection.execute(f"PRAGMA {name} = {value}").fetchall()
    connection.execute("PRAGMA wal_autocheckpoint = 0").fetchall()
    return connection


def make(store: Store, cause: Cause, folder: Path) -> sqlite_files.Files:
    """Writes rows, deletes some, and takes the files as they lie on the disk."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "database"
    store.begin(path)
    connection = _open(path, cause.pragmas)
    step = store.size // 12
    for first in range(1, store.size + 1, step):
        connection.execute("BEGIN")
        for number in range(first, first + step):
            store.insert(connection, number)
        connection.execute("COMMIT")
    if cause.is_log and cause.checkpoints_first:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    statement, arguments = store.delete
    for numbers in (scattered(store.size), block(store.size)):
        connection.execute("BEGIN")
        connection.executemany(statement, [arguments(number) for number in numbers])
        connection.execute("COMMIT")
    for end in cause.ends:
        if end == "last row":
            # A row that is written last, so that the log begins anew.
            store.insert(connection, store.size + 1)
        else:
            connection.execute(end).fetchall()
    files = sqlite_files.take(path)
    connection.close()
    return files


def measure(store: Store, cause: Cause, folder: Path) -> Measured:
    """Makes a database, reads it and counts."""
    measured = Measured(store.name, cause.name)
    if cause.is_journal and not store.has_journal:
        measured.note = "not measured: no journal of an encrypted database was made"
        return measured
    files = make(store, cause, folder / "work")
    if cause.damage is not None and store.has_journal:
        files = files._replace(database=cause.damage(files.database))
    case = folder / "case"
    case.mkdir()
    target = store.place(files, case)
    if cause.damage is not None and not store.has_journal:
        # The damage is that of the encrypted file.
        (path,) = (
            item for item in case.rglob("*") if item.name in ("db.sqlite", "db_sqlite")
        )
        path.write_bytes(cause.damage(path.read_bytes()))
    found = sources.extract(f"{store.parsers},{_DAMAGED}", [target])
    measured.warnings = len(found.warnings)
    numbers = live(store.size)
    if "last row" in cause.ends:
        numbers.append(store.size + 1)
    count(measured, store, cause, list(store.rows(found)), numbers)
    return measured


def count(
    measured: Measured,
    store: Store,
    cause: Cause,
    rows: list[Row],
    numbers: Iterable[int],
) -> None:
    """Compares the rows that were told with those that were written."""
    live_truth = dict(store.truth(number) for number in numbers)
    gone_truth = {
        number: store.truth(number)
        for number in (*scattered(store.size), *block(store.size))
    }
    told = {(row.key, row.values) for row in rows}
    parts = []
    for places in (scattered(store.size), block(store.size)):
        back = sum(gone_truth[number] in told for number in places)
        parts.append((len(places), back))
    measured.scattered, measured.block = parts
    everything = {**live_truth, **dict(gone_truth.values())}
    gone = dict(gone_truth.values())
    shown = set()
    for row in rows:
        if everything.get(row.key) != row.values:
            measured.wrong += 1
            measured.wrong_marked += row.is_marked
            measured.examples.append(f"wrong: {row.key} {row.values!r}"[:300])
        elif row.key in gone and not row.is_marked and cause.is_readable:
            # A deleted row that is told as if it were there.
            measured.wrong += 1
            measured.examples.append(f"told as live: {row.key}")
        elif not row.is_marked and not cause.is_opened:
            # What SQLite does not open tells nothing that counts.
            measured.wrong += 1
            measured.examples.append(f"not marked: {row.key}")
        elif row.key in live_truth and row.is_marked and cause.is_readable:
            measured.live_misread += 1
            measured.examples.append(f"live row told as removed: {row.key}")
        elif row.key in live_truth:
            shown.add(row.key)
        else:
            measured.as_removed += row.state == "removed"
            measured.unnamed += not row.names_source
    measured.live, measured.live_found = len(live_truth), len(shown)


def measure_all(
    folder: Path,
    stores: Iterable[Store] = STORES,
    causes: Iterable[Cause] = CAUSES,
) -> Iterator[Measured]:
    """Measures every cause for every database."""
    causes = tuple(causes)
    for place, store in enumerate(stores):
        for number, cause in enumerate(causes):
            yield measure(store, cause, folder / f"{place} {number}")
