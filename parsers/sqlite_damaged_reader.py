"""Reads databases that SQLite cannot open with our SQLite plugins.

The header, and if need be the definitions of the tables, are rebuilt, and put over the
file while it is copied for SQLite. All events are marked as recovered.
"""

import sqlite3

from plaso.containers import events
from plaso.lib import errors
from plaso.parsers import sqlite

from telegram_forensics.formats import sqlite_known_tables
from telegram_forensics.formats import sqlite_opening
from telegram_forensics.formats import sqlite_rows
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.parsers import sqlcipher_reader
from telegram_forensics.parsers import sqlite_plugin
from telegram_forensics.parsers import sqlite_rebuilt
from telegram_forensics.parsers import sqlite_removed
from telegram_forensics.parsers import sqlite_view
from telegram_forensics.vfs import sqlcipher_mount
from telegram_forensics.vfs import type_indicators

# Of no other program.
_CERTAIN_NAMES = frozenset(["cache4.db", "db_sqlite", "tgdata.db"])
_HEADER_SIZE = 100
_POSTBOX_NAME = "db_sqlite"
# What the encryption takes at the end of each page.
_POSTBOX_RESERVED = b"\x50"
SIGNATURE = b"SQLite format 3"
_JOURNAL_SUFFIX = "-journal"
_WAL_SUFFIX = "-wal"


class _FirstPages(sqlite.SQLiteDatabase):
    """SQLite database of which just what SQLite looks at is copied to open it."""

    def __init__(self, filename, parts, size, temporary_directory=None):
        """Initializes a SQLite database.

        Args:
          filename (str): name of the file entry.
          parts (list[tuple[int, bytes]]): offsets and bytes.
          size (int): size of the database.
          temporary_directory (Optional[str]): path of the directory for temporary
              files.
        """
        super().__init__(filename, temporary_directory=temporary_directory)
        self._parts = parts
        self._size = size

    def _CopyFileObjectToTemporaryFile(self, file_object, temporary_file):
        """Copies the parts; the rest of the file is a hole.

        Args:
          file_object (dfvfs.FileIO): not used.
          temporary_file (file): temporary file.
        """
        for offset, data in self._parts:
            temporary_file.seek(offset)
            temporary_file.write(data)
        temporary_file.truncate(self._size)


class DamagedDatabaseReader:
    """Reads one database."""

    def __init__(self, parser_mediator, file_object):
        """Initializes a reader.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_object (dfvfs.FileIO): file-like object.
        """
        super().__init__()
        self._file_entry = parser_mediator.GetFileEntry()
        self._file_object = file_object
        self._mediator = parser_mediator
        self._reason = None
        # What was rebuilt, until it was reported.
        self._repair = None
        self._size = file_object.get_size()

    def Read(self):
        """Reads the database if SQLite cannot.

        Raises:
          WrongParser: when SQLite opens the file, or it is no database of ours.
        """
        reason = self._FindReason()
        if reason is None:
            raise errors.WrongParser("SQLite opens it.")
        try:
            repairs = sqlite_opening.find_repairs(
                self._ReadAt,
                self._size,
                sqlite_removed.OpenReader(self._OpenSibling(_WAL_SUFFIX)),
                sqlite_removed.OpenReader(self._OpenSibling(_JOURNAL_SUFFIX)),
                sqlite_known_tables.CLIENTS,
            )
            for repair in repairs:
                database = self._OpenRepaired(repair)
                if database is None:
                    continue
                try:
                    plugins = list(self._FindPlugins(database))
                    if plugins:
                        self._repair, self._reason = repair, reason
                        if self._IsExpected():
                            self._Warn()
                        self._Process(plugins, database, repair)
                        return
                finally:
                    database.Close()
        except FormatError as exception:
            if self._IsEncrypted() or self._Decrypt():
                raise errors.WrongParser("Encrypted.") from None
            if self._file_entry.name in _CERTAIN_NAMES:
                self._mediator.ProduceWarning(
                    f"{self._file_entry.name:s}: SQLite cannot open it ({reason:s}), "
                    f"and nothing was recovered: {exception!s}"
                )
                return
            raise errors.WrongParser(str(exception)) from None
        if self._IsExpected():
            self._mediator.ProduceWarning(
                f"{self._file_entry.name:s}: SQLite cannot open it ({reason:s}), and "
                f"no tables of a client were found in it"
            )
            return
        raise errors.WrongParser("No database that is read here.")

    def _IsEncrypted(self):
        """Determines if a database is that of native macOS with a sound beginning.

        Returns:
          bool: True if it is: then a parser of its own reads it.
        """
        head = self._ReadAt(0, _HEADER_SIZE)
        return head.startswith(SIGNATURE) and head[20:21] == _POSTBOX_RESERVED

    def _Decrypt(self):
        """Decrypts a database of native macOS whose beginning is damaged.

        Its salt does not stand in it. What comes out is read as another file.

        Returns:
          bool: True if it could be decrypted.
        """
        if (
            self._file_entry.name.lower() != _POSTBOX_NAME
            or self._file_entry.type_indicator
            == type_indicators.TYPE_INDICATOR_SQLCIPHER
        ):
            return False
        try:
            mount = sqlcipher_mount.Mount(
                self._file_entry.path_spec, self._mediator.resolver_context
            )
        except (FormatError, OSError):
            return False
        if mount.is_locked:
            return False
        sqlcipher_reader.ProduceFiles(self._mediator, self._file_entry, mount)
        return True

    def _ReadAt(self, offset, size):
        """Reads the file.

        Args:
          offset (int): offset.
          size (int): number of bytes.

        Returns:
          bytes: data, fewer at the end of the file.
        """
        self._file_object.seek(offset)
        return self._file_object.read(size)

    def _FindReason(self):
        """Finds out why SQLite cannot open the database.

        The pages of the schema decide; only if SQLite does not like them the whole file
        is copied for it.

        Returns:
          str: reason or None if SQLite opens it.
        """
        parts = sqlite_opening.first_pages(self._ReadAt, self._size)
        if parts:
            database = _FirstPages(
                self._file_entry.name,
                parts,
                self._size,
                temporary_directory=self._mediator.temporary_directory,
            )
            if self._TryToOpen(database, self._file_object) is None:
                database.Close()
                return None
        elif not self._size:
            return None
        database = self._NewDatabase()
        reason = self._TryToOpen(database, self._file_object)
        if reason is None:
            database.Close()
        return reason

    def _NewDatabase(self):
        """Creates a database.

        Returns:
          SQLiteDatabase: database that is not open.
        """
        return sqlite.SQLiteDatabase(
            self._file_entry.name,
            temporary_directory=self._mediator.temporary_directory,
        )

    @staticmethod
    def _TryToOpen(database, file_object, log=None):
        """Opens a database.

        Args:
          database (SQLiteDatabase): database.
          file_object (dfvfs.FileIO): file-like object.
          log (Optional[dfvfs.FileIO]): write-ahead log.

        Returns:
          str: why it cannot be opened or None if it could.
        """
        try:
            database.Open(file_object, wal_file_object=log)
        except sqlite3.DatabaseError as exception:
            return str(exception)
        except UnicodeDecodeError:
            # Plaso does not expect names that are no text either.
            database.Close()
            return "a name of its schema is no text"
        except AttributeError:
            # A table without a statement, which plaso does not expect.
            database.Close()
            return "a table has no definition"
        return None

    def _OpenRepaired(self, repair, log=None):
        """Opens the database with what was rebuilt.

        Args:
          repair (Repair): what was rebuilt.
          log (Optional[dfvfs.FileIO]): write-ahead log.

        Returns:
          SQLiteDatabase: database or None if SQLite still cannot open it.
        """
        file_object = sqlite_rebuilt.RebuiltFile(
            repair.overlay(self._ReadAt), repair.size
        )
        database = self._NewDatabase()
        if self._TryToOpen(database, file_object, log) is not None:
            return None
        self._AddIndexes(database, repair)
        return database

    @staticmethod
    def _AddIndexes(database, repair):
        """Adds indexes to the temporary copy, for tables that were defined anew.

        Our plugins look rows up by their keys. Without an index that is slow, not
        wrong, so that damage that prevents one does not matter.

        Args:
          database (SQLiteDatabase): database.
          repair (Repair): what was rebuilt.
        """
        for number, (table, key) in enumerate(repair.keys):
            columns = ", ".join(sqlite_rows.quote(name) for name in key)
            try:
                connection = database.Query("SELECT 1").connection
                connection.execute("PRAGMA synchronous = OFF")
                connection.execute(
                    f"CREATE INDEX rebuilt_{number:d} ON {sqlite_rows.quote(table):s}"
                    f"({columns:s})"
                )
                connection.commit()
            except sqlite3.Error:
                connection.rollback()

    @staticmethod
    def _FindPlugins(database):
        """Finds the plugins of ours that read a database.

        Args:
          database (SQLiteDatabase): database.

        Yields:
          TelegramSQLitePlugin: plugin.
        """
        for _, plugin_class in sqlite.SQLiteParser.GetPlugins():
            if issubclass(plugin_class, sqlite_plugin.TelegramSQLitePlugin):
                plugin = plugin_class()
                if plugin.CheckRequiredTablesAndColumns(database):
                    yield plugin

    def _IsExpected(self):
        """Determines if a database is one of Telegram by its name or place.

        Returns:
          bool: True if it is; of others nothing is said unless something comes of
              them.
        """
        location = getattr(self._file_entry.path_spec, "location", None) or ""
        return self._file_entry.name in _CERTAIN_NAMES or "telegram" in location.lower()

    def _Warn(self):
        """Says once what was wrong and what was rebuilt."""
        if self._repair is None:
            return
        changes = "; ".join(
            f"offset 0x{offset:x}: {words:s}" for offset, words in self._repair.changes
        )
        self._repair = None
        self._mediator.ProduceWarning(
            f"{self._file_entry.name:s}: SQLite cannot open it ({self._reason:s}); it "
            f"is read with what was rebuilt, and its rows are marked as recovered: "
            f"{changes:s}"
        )

    def _Process(self, plugins, database, repair):
        """Runs plugins over the file, and over file and log.

        Args:
          plugins (list[TelegramSQLitePlugin]): plugins.
          database (SQLiteDatabase): the file alone.
          repair (Repair): what was rebuilt.
        """
        self._ProcessPass(plugins, database, repair)
        log = self._OpenSibling(_WAL_SUFFIX)
        if log is None:
            return
        database_with_log = self._OpenRepaired(repair, log.GetFileObject())
        if database_with_log is None:
            return
        self._SetFileEntry(log)
        try:
            plugins = [
                plugin
                for plugin in plugins
                if plugin.CheckRequiredTablesAndColumns(database_with_log)
            ]
            self._ProcessPass(plugins, database_with_log, repair)
        finally:
            database_with_log.Close()
            self._SetFileEntry(self._file_entry)

    def _SetFileEntry(self, file_entry):
        """Sets the file that events are of.

        Args:
          file_entry (dfvfs.FileEntry): file entry.
        """
        self._mediator.SetFileEntry(file_entry)
        event_data_stream = events.EventDataStream()
        event_data_stream.path_spec = file_entry.path_spec
        self._mediator.ProduceEventDataStream(event_data_stream)

    def _OpenSibling(self, suffix):
        """Opens a file beside the database.

        Args:
          suffix (str): what its name has more.

        Returns:
          dfvfs.FileEntry: file entry or None if there is none.
        """
        return sqlite_view.OpenSibling(self._file_entry, suffix)

    def _ProcessPass(self, plugins, database, repair):
        """Runs plugins over one state of the database.

        Args:
          plugins (list[TelegramSQLitePlugin]): plugins.
          database (SQLiteDatabase): database.
          repair (Repair): what was rebuilt.
        """
        mediator = sqlite_rebuilt.RebuiltMediator(self._mediator, repair, self._Warn)
        for plugin in plugins:
            mediator.AppendToParserChain(plugin.NAME)
            view = None
            try:
                view = sqlite_rebuilt.RebuiltView(
                    mediator, database, self._ReadAt, self._size, repair
                )
                plugin.ProcessView(mediator, view)
            # A plugin that fails must not take the others with it.
            except Exception as exception:  # noqa: BLE001 pylint: disable=broad-except
                mediator.ProduceWarning(
                    f"plugin: {plugin.NAME:s} unable to parse SQLite database with "
                    f"error: {exception!s}"
                )
            finally:
                if view is not None:
                    view.Close()
                mediator.PopFromParserChain()
