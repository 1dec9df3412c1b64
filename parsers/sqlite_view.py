"""A SQLite database as plaso's two passes see it: file alone, and file with log."""

import sqlite3

from dfvfs.lib import errors as dfvfs_errors
from dfvfs.path import factory as dfvfs_factory
from plaso.parsers import sqlite

from telegram_forensics.formats import sqlite_rows
from telegram_forensics.parsers import sqlite_removed
from telegram_forensics.parsers import sqlite_state
from telegram_forensics.vfs import folder as vfs_folder

_WAL_SUFFIX = "-wal"
# A log without a frame has this size, or none.
_WAL_HEADER_SIZE = 32


def _OpenFile(file_entry, location):
    """Opens a file of the same file system.

    Args:
      file_entry (dfvfs.FileEntry): file entry of another file.
      location (str): location.

    Returns:
      dfvfs.FileEntry: file entry or None if there is no such file.
    """
    path_spec = file_entry.path_spec
    properties = {"location": location}
    if path_spec.HasParent():
        properties["parent"] = path_spec.parent
    try:
        return file_entry.GetFileSystem().GetFileEntryByPathSpec(
            dfvfs_factory.Factory.NewPathSpec(path_spec.type_indicator, **properties)
        )
    except (OSError, dfvfs_errors.Error):
        return None


def OpenSibling(file_entry, change):
    """Opens a file beside another one.

    Args:
      file_entry (dfvfs.FileEntry): file entry.
      change (str|int): what to append to the name, or how much to take off.

    Returns:
      dfvfs.FileEntry: file entry or None if there is no such file.
    """
    location = getattr(file_entry.path_spec, "location", None)
    if not location:
        return None
    location = location + change if isinstance(change, str) else location[:change]
    return _OpenFile(file_entry, location)


class DatabaseView:
    """A database in the pass at hand, with what plaso's other pass sees.

    Attributes:
      current (DatabaseState): state that counts: with the log, if there is one.
      file_entry (dfvfs.FileEntry): file entry of the database, never of the log.
      has_gaps (bool): rows of a table could not be reached.
      is_log_pass (bool): True in the second pass, whose file is the log.
      wal_file_entry (dfvfs.FileEntry): file entry of the log or None if there is none.
    """

    def __init__(self, parser_mediator, database):
        """Initializes a view.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          database (SQLiteDatabase): database of this pass.
        """
        super().__init__()
        self._mediator = parser_mediator
        self._other = None
        self._others = []
        self._warned = set()
        file_entry = parser_mediator.GetFileEntry()
        self.has_gaps = False
        self.is_log_pass = False
        self.file_entry = file_entry
        self.wal_file_entry = None
        if file_entry.name.endswith(_WAL_SUFFIX):
            main = OpenSibling(file_entry, -len(_WAL_SUFFIX))
            if main is not None:
                self.is_log_pass = True
                self.file_entry = main
                self.wal_file_entry = file_entry
        else:
            log = OpenSibling(file_entry, _WAL_SUFFIX)
            if log is not None and (log.size or 0) > _WAL_HEADER_SIZE:
                self.wal_file_entry = log

        this = sqlite_state.DatabaseState(database)
        self._before, self.current = this, this
        if self.wal_file_entry is not None:
            other = self._OpenOther()
            if self.is_log_pass:
                self._before = other
            elif other is not None:
                self.current = other
            else:
                # Plaso reports why the log cannot be used, and has no second pass.
                self.wal_file_entry = None

        self._before_evidence = None
        self._evidence = None
        self.current.find_rowids = self._FindRowids
        if self._before is not None and self._before is not self.current:
            self._before.find_rowids = self._FindRowidsBefore

    def GetDatabaseFileObject(self):
        """Retrieves the database as SQLite gets it.

        Returns:
          dfvfs.FileIO: file-like object.
        """
        return self.file_entry.GetFileObject()

    def OpenReader(self):
        """Opens the database for reading at any offset.

        Returns:
          tuple[function, int]: function of offset and size, and the size of the file;
              None if there is no such file.
        """
        return sqlite_removed.OpenReader(self.file_entry)

    def GetEvidence(self):
        """Retrieves the pages of the database, its log and its journal.

        Returns:
          SqliteEvidence: pages or None if the database cannot be read.
        """
        if self._evidence is None:
            self._evidence = sqlite_removed.OpenEvidence(self, self.wal_file_entry)
        return self._evidence

    def _FindRowids(self, table):
        """Finds the row ids of a table page by page.

        Args:
          table (str): name of the table.

        Returns:
          list[int]: row ids in ascending order.
        """
        return sqlite_removed.FindRowids(self.GetEvidence(), table)

    def _FindRowidsBefore(self, table):
        """Finds the row ids of a table in the file alone.

        Args:
          table (str): name of the table.

        Returns:
          list[int]: row ids in ascending order.
        """
        if self._before_evidence is None:
            self._before_evidence = sqlite_removed.OpenEvidence(self, None)
        return sqlite_removed.FindRowids(self._before_evidence, table)

    def Close(self):
        """Closes what plaso did not open."""
        if self._other is not None:
            self._other.Close()
            self._other = None
        for database in self._others:
            database.Close()
        self._others = []

    @property
    def key(self):
        """tuple[str, str]: what both passes over one database share.

        The comparable of its own path specification is not: that of the second pass has
        the location only, the other one the inode as well.
        """
        path_spec = self.file_entry.path_spec
        parent = path_spec.parent.comparable if path_spec.HasParent() else ""
        return path_spec.location, parent

    @property
    def resolver_context(self):
        """dfvfs.Context: resolver context of the run."""
        return self._mediator.resolver_context

    @property
    def is_last_pass(self):
        """bool: True in the pass after which there is no other one."""
        return self.is_log_pass or self.wal_file_entry is None

    def HasBefore(self, table):
        """Determines if the file alone has a table.

        Args:
          table (str): name of the table.

        Returns:
          bool: True if it has.
        """
        return self._before is not None and table in self._before.columns

    def OpenDatabase(self, file_entry):
        """Opens another database, with its log, until this one is closed.

        Args:
          file_entry (dfvfs.FileEntry): file entry.

        Returns:
          DatabaseState: state or None if it cannot be opened.
        """
        log = OpenSibling(file_entry, _WAL_SUFFIX)
        if log is not None and (log.size or 0) <= _WAL_HEADER_SIZE:
            log = None
        # A log that cannot be used is reported where its database is read itself.
        for wal in (log, None) if log is not None else (None,):
            database = sqlite.SQLiteDatabase(
                file_entry.name, temporary_directory=self._mediator.temporary_directory
            )
            try:
                database.Open(
                    file_entry.GetFileObject(),
                    wal_file_object=wal.GetFileObject() if wal is not None else None,
                )
                state = sqlite_state.DatabaseState(database)
            except (OSError, ValueError, sqlite3.DatabaseError, dfvfs_errors.Error):
                continue
            self._others.append(database)
            return state
        return None

    def OpenFolder(self, levels):
        """Opens a folder above the database.

        Args:
          levels (int): 1 for the folder of the database.

        Returns:
          DfvfsFolder: folder or None if there is none.
        """
        try:
            return vfs_folder.open_parent_folder(
                self.file_entry.path_spec,
                self._mediator.resolver_context,
                levels=levels,
            )
        except OSError:
            return None

    def _OpenOther(self):
        """Opens the state that plaso's other pass sees.

        Returns:
          DatabaseState: state or None if it cannot be opened.
        """
        database = sqlite.SQLiteDatabase(
            self.file_entry.name,
            temporary_directory=self._mediator.temporary_directory,
        )
        log = None if self.is_log_pass else self.wal_file_entry.GetFileObject()
        try:
            database.Open(self.GetDatabaseFileObject(), wal_file_object=log)
            state = sqlite_state.DatabaseState(database)
        except (OSError, ValueError, sqlite3.DatabaseError, dfvfs_errors.Error):
            return None
        self._other = database
        return state

    def OpenNeighbour(self, name):
        """Opens a file in the folder of the database.

        Args:
          name (str): name of the file.

        Returns:
          dfvfs.FileEntry: file entry or None if there is no such file.
        """
        own_name = self.file_entry.name
        location = getattr(self.file_entry.path_spec, "location", None) or ""
        if not location.endswith(own_name):
            return None
        return _OpenFile(
            self.file_entry, location[: len(location) - len(own_name)] + name
        )

    def HasTable(self, table):
        """Determines if a state has a table.

        Args:
          table (str): name of the table.

        Returns:
          bool: True if it has.
        """
        before = self._before.columns if self._before else {}
        return table in self.current.columns or table in before

    def Warn(self, reason):
        """Produces a warning, once for both states.

        Args:
          reason (str): what is wrong.
        """
        self.has_gaps = self.has_gaps or "cannot be reached" in reason
        if reason not in self._warned:
            self._warned.add(reason)
            self._mediator.ProduceWarning(f"{self.file_entry.name:s}: {reason:s}")

    def ReadCurrent(self, table, columns):
        """Reads a table as it counts.

        Args:
          table (str): name of the table.
          columns (list[str]): names of the columns.

        Yields:
          Row: rows.
        """
        warn = self.Warn if self.is_last_pass else self._Ignore
        yield from self.current.Read(table, columns, warn)

    def ReadBefore(self, table, columns):
        """Reads a table as the file alone shows it, if there is a log.

        Args:
          table (str): name of the table.
          columns (list[str]): names of the columns.

        Yields:
          Row: rows; nothing if there is no log.
        """
        if self._before is not None and self._before is not self.current:
            yield from self._before.Read(table, columns, self._Ignore)

    def Read(self, table, columns):
        """Reads the rows of a table that come out in this pass.

        Args:
          table (str): name of the table.
          columns (list[str]): names of the columns.

        Yields:
          tuple[Row, str]: row and its state: None for a row that counts,
              "overwritten" or "removed" for one that the log replaced or removed.
        """
        if self.wal_file_entry is None:
            for row in self.current.Read(table, columns, self.Warn):
                yield row, None
            return
        warn = self._Ignore if self.is_log_pass else self.Warn
        before = iter(())
        if self._before is not None:
            before = self._before.Read(table, columns, warn)
        warn = self.Warn if self.is_log_pass else self._Ignore
        after = self.current.Read(table, columns, warn)
        for old, new in sqlite_rows.merge_states(before, after):
            if self.is_log_pass:
                if new is not None and (old is None or old.values != new.values):
                    yield new, None
            elif new is None:
                state = None
                if self.current.IsGone(table, old.rowid):
                    values = dict(zip(columns, old.values, strict=True))
                    if self.current.IsRenumbered(table, values):
                        # The log has the same values under another row id.
                        continue
                    state = self.current.GetFate(table, None, values)
                yield old, state
            elif old is not None:
                yield (
                    old,
                    None
                    if old.values == new.values
                    else sqlite_state.STATE_OVERWRITTEN,
                )

    def GetStates(self):
        """Retrieves the states that SQL shows, in either pass.

        Returns:
          list[DatabaseState]: states.
        """
        states = [self.current]
        if self._before is not None and self._before is not self.current:
            states.append(self._before)
        return states

    def _Ignore(self, reason):
        """Leaves a warning to the other pass.

        Args:
          reason (str): what is wrong.
        """

    def Recover(self, columns_per_table):
        """Recovers rows that SQL does not show any more, in the last pass only.

        Args:
          columns_per_table (dict[str, list[str]]): names of the columns by table.

        Yields:
          tuple[str, Row, str, RecoveredRow]: table, row with the values of the columns
              (None where lost or newer than the row), state of the row, and how it was
              found.
        """
        if self.is_last_pass:
            yield from sqlite_removed.Recover(self, columns_per_table)
