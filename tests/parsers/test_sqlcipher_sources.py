"""Decrypted databases on their way through plaso: a parser hands them over, and the
stock SQLite parser reads them like any other database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dfvfs.lib import definitions as dfvfs_definitions
from plaso.containers import event_sources
from plaso.lib import errors, specification
from plaso.parsers import interface, manager

from telegram_forensics.vfs import sqlcipher_mount
from tests.builders import sqlcipher, sqlite_files
from tests.formats import tdlib_samples
from tests.parsers import support

NAME = "test_sqlcipher"
STATEMENTS = (
    "CREATE TABLE actor(id INTEGER PRIMARY KEY)",
    "CREATE TABLE uri(id INTEGER PRIMARY KEY, value TEXT)",
    "CREATE TABLE event(id INTEGER, timestamp INTEGER, subj_id INTEGER)",
    "CREATE VIEW event_view AS SELECT event.id, timestamp, value AS subj_uri "
    "FROM event JOIN uri ON subj_id = uri.id",
)


class SqlcipherTestParser(interface.FileEntryParser):
    """Mounts what is called db_sqlite, as the parsers of the clients do."""

    NAME = NAME
    DATA_FORMAT = "encrypted database of a test"

    # pylint: disable=invalid-name
    def ParseFileEntry(self, parser_mediator: Any, file_entry: Any) -> None:  # noqa: D102
        if file_entry.name != "db_sqlite" or file_entry.type_indicator == "SQLCIPHER":
            raise errors.WrongParser("no database of this test")
        mounted = sqlcipher_mount.Mount(
            file_entry.path_spec, parser_mediator.resolver_context
        )
        for reason in mounted.reasons if mounted.is_locked else ():
            parser_mediator.ProduceWarning(reason)
        for damage in mounted.verify():
            parser_mediator.ProduceWarning(
                f"{damage.location}: offset 0x{damage.offset:x}: {damage.reason}"
            )
        for location in mounted.locations:
            parser_mediator.ProduceEventSource(
                event_sources.EventSource(
                    file_entry_type=dfvfs_definitions.FILE_ENTRY_TYPE_FILE,
                    path_spec=mounted.path_spec(location),
                )
            )


class SqlcipherSignatureTestParser(SqlcipherTestParser):
    """The same for databases with a clear header.

    They have the signature of SQLite, so plaso asks no parser without a signature.
    """

    NAME = f"{NAME}_signature"

    @classmethod
    def GetFormatSpecification(cls) -> Any:  # noqa: D102
        format_specification = specification.FormatSpecification(cls.NAME)
        # Exactly that of the stock parser: with a longer one, or one at another
        # offset, the scanner would not find the stock parser any more.
        format_specification.AddNewSignature(b"SQLite format 3", offset=0)
        return format_specification


@pytest.fixture(autouse=True)
def _parsers() -> Iterator[None]:
    for parser_class in PARSERS:
        manager.ParsersManager.RegisterParser(parser_class)
    yield
    for parser_class in PARSERS:
        manager.ParsersManager.DeregisterParser(parser_class)


PARSERS = (SqlcipherTestParser, SqlcipherSignatureTestParser)


def extract(source: Path, passcodes: list[str] | None = None) -> support.Extraction:
    """Processes a file."""
    return support.extract(
        source,
        passcodes,
        parsers=f"{NAME},{NAME}_signature,filestat,sqlite/zeitgeist",
    )


def events_of(extraction: support.Extraction) -> list[tuple[int, str]]:
    """Numbers and addresses of the records that the stock plugin found."""
    return [
        (int(item.offset), item.subject_uri)
        for item in extraction.of_type("zeitgeist:activity")
    ]


def build(folder: Path, parameters: sqlcipher.Parameters) -> sqlite_files.Files:
    """A database of a client that a stock plugin knows, and a log that adds to it."""
    path = folder / "plain.db"
    sqlite_files.reserve(path, parameters.reserved, parameters.page_size)
    connection = sqlite_files.connect(path, journal_mode="wal", wal_autocheckpoint=0)
    for statement in STATEMENTS:
        connection.execute(statement)

    def add(number: int) -> None:
        connection.execute(
            "INSERT INTO uri VALUES (?, ?)", (number, f"file:///{number}")
        )
        connection.execute(
            "INSERT INTO event VALUES (?, ?, ?)",
            (number, 1_700_000_000_000 + number, number),
        )

    for number in range(10):
        add(number)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    add(10)
    files = sqlite_files.take(path)
    connection.close()
    path.unlink()
    return sqlcipher.encrypt_files(files, parameters)


def test_stock_parser_reads_both(tmp_path: Path) -> None:
    """Records of the database, and of the log in the second pass; times and hashes."""
    files = build(tmp_path, sqlcipher.APPLE)
    path = sqlcipher.mac_store(tmp_path / "stable", files, password="1234")
    extraction = extract(path, ["1234"])
    # The stock parser's second pass repeats what the first one found.
    assert events_of(extraction) == [
        (number, f"file:///{number}") for number in (*range(10), *range(11))
    ]
    # The encrypted file looks like a database to the stock parser.
    (warning,) = extraction.warnings
    assert warning.startswith("unable to open SQLite database")
    nested = [spec for spec in extraction.sources if spec.type_indicator == "SQLCIPHER"]
    assert [(spec.location, spec.identifier) for spec in nested] == [
        ("/db_sqlite", "tempkey:1"),
        ("/db_sqlite-wal", "tempkey:1"),
    ]
    stat = extraction.of_type("fs:stat")
    assert [item.filename for item in stat if item.file_system_type == "SQLCIPHER"] == [
        "/db_sqlite",
        "/db_sqlite-wal",
    ]


def test_version_3_without_log(tmp_path: Path) -> None:
    """Without a log there is one pass, and one file."""
    files = build(tmp_path, sqlcipher.VERSION_3)._replace(wal=None)
    path = sqlcipher.mac_store(tmp_path / "stable", files)
    extraction = extract(path)
    assert [number for number, _ in events_of(extraction)] == list(range(10))
    assert extraction.warnings == []
    assert [spec.location for spec in extraction.sources] == ["/db_sqlite"]


def test_damage_is_told_and_the_rest_read(tmp_path: Path) -> None:
    """A damaged page costs its rows only."""
    files = build(tmp_path, sqlcipher.VERSION_3)
    assert files.wal is not None
    data = bytearray(files.database)
    # Page 2 is the root of the empty table.
    data[1024 + 11] ^= 1
    damaged = files._replace(database=bytes(data), wal=None)
    extraction = extract(sqlcipher.mac_store(tmp_path / "stable", damaged))
    assert [number for number, _ in events_of(extraction)] == list(range(10))
    assert extraction.warnings == [
        "/db_sqlite: offset 0x400: page 2 has a wrong HMAC: it reads as zeros"
    ]


def test_locked(tmp_path: Path) -> None:
    """Without the passcode nothing is handed over, and the reason is told."""
    files = build(tmp_path, sqlcipher.VERSION_3)
    path = sqlcipher.mac_store(tmp_path / "stable", files, password="1234")
    extraction = extract(path, ["0000"])
    assert extraction.sources == []
    assert any(
        "none of 1 that were given opens it" in text for text in extraction.warnings
    )
    assert not any("failure" in text for text in extraction.warnings)


@tdlib_samples.samples()
def test_databases_of_tdlib(sample_name: str, tmp_path: Path) -> None:
    """Plaso opens each of them, with its log."""
    sample = tdlib_samples.read(sample_name)
    path = tmp_path / "db_sqlite"
    sample.files.write(path)
    (tmp_path / ".tempkey").write_bytes(sample.key + sample.files.database[:16])
    extraction = extract(path)
    assert extraction.warnings == []
    expected = ["/db_sqlite"]
    if sample.files.wal is not None:
        expected.append("/db_sqlite-wal")
    assert [spec.location for spec in extraction.sources] == expected
    sizes = {
        item.filename: item.file_size
        for item in extraction.of_type("fs:stat")
        if item.file_system_type == "SQLCIPHER"
    }
    assert sizes["/db_sqlite"] == len(sample.files.database)
