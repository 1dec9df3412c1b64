"""Parsers for databases of Telegram's clients that SQLite cannot open.

What our SQLite plugins read is read here by the same plugins: the header, and if need
be the definitions of the tables, are rebuilt, and put over the file while it is copied
for SQLite. All events are marked as recovered.
"""

import re
import sqlite3

from dfvfs.lib import errors as dfvfs_errors
from dfvfs.path import factory as dfvfs_factory
from plaso.containers import events
from plaso.lib import errors
from plaso.lib import specification
from plaso.parsers import interface
from plaso.parsers import sqlite

from telegram_forensics.formats import sqlite_opening
from telegram_forensics.formats import sqlite_repair
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.parsers import name_filter
from telegram_forensics.parsers import sqlite_plugin
from telegram_forensics.parsers import sqlite_rebuilt

# Names of the databases that our plugins read. Those of browsers are many.
_NAME = re.compile(
    r"cache4\.db|tgdata\.db|db_sqlite|notification_log\.db|telephony\.db"
    r"|LocalStorage|QuotaManager|[A-Z2-7]{52}"
    r"|.*\.(?:localstorage|session|sqlite|sqlite3)",
    re.DOTALL,
)
# Never encrypted, and of no other program.
_CERTAIN_NAMES = frozenset(["cache4.db", "tgdata.db"])
_SIGNATURE = b"SQLite format 3"
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


class _Reader:
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
            repairs = sqlite_opening.find_repairs(self._ReadAt, self._size)
            for repair in repairs:
                database = self._OpenRepaired(repair)
                if database is None:
                    continue
                try:
                    plugins = list(self._FindPlugins(database))
                    if plugins:
                        self._Warn(reason, repair)
                        self._Process(plugins, database, repair)
                        return
                finally:
                    database.Close()
        except FormatError as exception:
            if self._file_entry.name in _CERTAIN_NAMES:
                self._mediator.ProduceWarning(
                    f"{self._file_entry.name:s}: SQLite cannot open it ({reason:s}), "
                    f"and nothing was recovered: {exception!s}"
                )
                return
            raise errors.WrongParser(str(exception)) from None
        if self._file_entry.name in _CERTAIN_NAMES:
            self._mediator.ProduceWarning(
                f"{self._file_entry.name:s}: SQLite cannot open it ({reason:s}), and "
                f"no tables of a client were found in it"
            )
            return
        raise errors.WrongParser("No database that is read here.")

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
        return database

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

    def _Warn(self, reason, repair):
        """Says what was wrong and what was rebuilt.

        Args:
          reason (str): why SQLite cannot open the file.
          repair (Repair): what was rebuilt.
        """
        changes = "; ".join(
            f"offset 0x{offset:x}: {words:s}" for offset, words in repair.changes
        )
        self._mediator.ProduceWarning(
            f"{self._file_entry.name:s}: SQLite cannot open it ({reason:s}); it is "
            f"read with what was rebuilt, and its rows are marked as recovered: "
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
        log = self._OpenLog()
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

    def _OpenLog(self):
        """Opens the write-ahead log beside the database.

        Returns:
          dfvfs.FileEntry: file entry or None if there is none.
        """
        path_spec = self._file_entry.path_spec
        location = getattr(path_spec, "location", None)
        if not location:
            return None
        properties = {"location": f"{location:s}{_WAL_SUFFIX:s}"}
        if path_spec.HasParent():
            properties["parent"] = path_spec.parent
        try:
            return self._file_entry.GetFileSystem().GetFileEntryByPathSpec(
                dfvfs_factory.Factory.NewPathSpec(
                    path_spec.type_indicator, **properties
                )
            )
        except (OSError, dfvfs_errors.Error):
            return None

    def _ProcessPass(self, plugins, database, repair):
        """Runs plugins over one state of the database.

        Args:
          plugins (list[TelegramSQLitePlugin]): plugins.
          database (SQLiteDatabase): database.
          repair (Repair): what was rebuilt.
        """
        mediator = sqlite_rebuilt.RebuiltMediator(self._mediator, repair)
        for plugin in plugins:
            mediator.AppendToParserChain(plugin.NAME)
            view = None
            try:
                view = sqlite_rebuilt.RebuiltView(
                    mediator, database, self._ReadAt, repair
                )
                plugin.ProcessView(mediator, view)
            # A plugin that fails must not take the others with it.
            except Exception as exception:  # noqa: BLE001 pylint: disable=broad-except
                self._mediator.ProduceWarning(
                    f"plugin: {plugin.NAME:s} unable to parse SQLite database with "
                    f"error: {exception!s}"
                )
            finally:
                if view is not None:
                    view.Close()
                mediator.PopFromParserChain()


def _Parse(parser_mediator, file_object):
    """Reads a database if SQLite cannot.

    Args:
      parser_mediator (ParserMediator): parser mediator.
      file_object (dfvfs.FileIO): file-like object.

    Raises:
      WrongParser: when SQLite opens the file, or it is no database of ours.
    """
    try:
        _Reader(parser_mediator, file_object).Read()
    except (OSError, dfvfs_errors.Error) as exception:
        # Raised, it would keep other parsers from the file.
        file_entry = parser_mediator.GetFileEntry()
        parser_mediator.ProduceWarning(
            f"{file_entry.name:s}: cannot be read: {exception!s}"
        )


class DamagedDatabaseParser(interface.FileObjectParser):
    """Parser for databases that have their signature and cannot be opened."""

    NAME = "telegram_sqlite_damaged"
    DATA_FORMAT = "Telegram damaged SQLite database file"

    @classmethod
    def GetFormatSpecification(cls):
        """Retrieves the format specification.

        Returns:
          FormatSpecification: format specification.
        """
        format_specification = specification.FormatSpecification(cls.NAME)
        # Exactly that of the stock parser: a longer one would hide it.
        format_specification.AddNewSignature(_SIGNATURE, offset=0)
        return format_specification

    def ParseFileObject(self, parser_mediator, file_object):
        """Parses a database.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_object (dfvfs.FileIO): file-like object.

        Raises:
          WrongParser: when SQLite opens the file, or it is no database of ours.
        """
        _Parse(parser_mediator, file_object)


class DamagedNamedDatabaseParser(name_filter.NamedFileParser):
    """Parser for databases that have lost their signature."""

    NAME = "telegram_sqlite_damaged_named"
    DATA_FORMAT = "Telegram damaged SQLite database file without its signature"

    FILTERS = frozenset([name_filter.NameFilter(_NAME.fullmatch)])

    def ParseFileObject(self, parser_mediator, file_object):
        """Parses a database.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_object (dfvfs.FileIO): file-like object.

        Raises:
          WrongParser: when SQLite opens the file, or it is no database of ours.
        """
        file_object.seek(0)
        if file_object.read(len(_SIGNATURE)) == _SIGNATURE:
            raise errors.WrongParser("It has its signature.")
        _Parse(parser_mediator, file_object)


PARSERS = (DamagedDatabaseParser, DamagedNamedDatabaseParser)
