"""Rows of a SQLite database that SQL does not show any more, for plugins."""

import sqlite3

from dfvfs.lib import errors as dfvfs_errors

from telegram_forensics.formats import sqlite_pages
from telegram_forensics.formats import sqlite_recovery
from telegram_forensics.formats import sqlite_rows
from telegram_forensics.formats.errors import FormatError

_JOURNAL_SUFFIX = "-journal"
_KEY_COLUMNS = ("mid", "uid", "did", "id")


def _GetStoredValue(value):
    """Converts a recovered value to what SQL gives.

    Args:
      value (object): value.

    Returns:
      object: value, text as str.
    """
    if isinstance(value, sqlite_pages.Text):
        try:
            return value.raw.decode(value.encoding)
        except UnicodeDecodeError:
            return sqlite_rows.DamagedText(str(value))
    return value


def Describe(found):
    """Describes how a row was recovered.

    Args:
      found (RecoveredRow): row.

    Returns:
      str: method, confidence, file and what is doubtful.
    """
    words = f"{found.method:s}, confidence {found.confidence:s}, {found.source:s}"
    if found.problems:
        words += f" ({'; '.join(found.problems):s})"
    return words


def OpenEvidence(view, log):
    """Opens a database page by page.

    Args:
      view (DatabaseView): database.
      log (dfvfs.FileEntry): write-ahead log or None to leave it out.

    Returns:
      SqliteEvidence: pages or None if the database cannot be read.
    """
    journal = view.OpenNeighbour(view.file_entry.name + _JOURNAL_SUFFIX)
    try:
        database = view.OpenReader()
        if database is None:
            return None
        return sqlite_recovery.SqliteEvidence(
            *database, OpenReader(log), OpenReader(journal)
        )
    except (OSError, dfvfs_errors.Error, FormatError) as exception:
        view.Warn(f"pages of the database cannot be read: {exception!s}")
        return None


def FindRowids(evidence, table):
    """Finds the row ids of a table page by page.

    Args:
      evidence (SqliteEvidence): pages or None if there are none.
      table (str): name of the table.

    Returns:
      list[int]: row ids in ascending order.
    """
    if evidence is None:
        return []
    try:
        found = {
            rowid for _, rowid, _ in evidence.live_rows([table]) if rowid is not None
        }
    except (OSError, dfvfs_errors.Error, FormatError):
        return []
    return sorted(found)


def Recover(view, columns_per_table):
    """Recovers rows.

    Args:
      view (DatabaseView): database.
      columns_per_table (dict[str, list[str]]): names of the columns by table.

    Yields:
      tuple[str, Row, str, RecoveredRow]: table, row with the values of the columns
          (None where lost or newer than the row), state of the row, and how it was
          found.
    """
    evidence = view.GetEvidence()
    if evidence is None:
        return

    def IsLive(table, rowid, values):
        return any(
            _HasValues(state, table, rowid, values) for state in view.GetStates()
        )

    try:
        # Where SQLite did not get through, the pages in use are read as well.
        for found in evidence.recover(
            columns_per_table.keys(), IsLive, scan_live=view.has_gaps
        ):
            table = found.table or next(
                (name for name in found.candidates if name in columns_per_table),
                None,
            )
            if table is None:
                continue
            stored = {
                name: _GetStoredValue(value) for name, value in found.values.items()
            }
            values = tuple(stored.get(name) for name in columns_per_table[table])
            state = view.current.GetFate(table, found.rowid, stored)
            yield table, sqlite_rows.Row(found.rowid, values), state, found
    except (OSError, dfvfs_errors.Error, FormatError) as exception:
        view.Warn(f"recovery of removed rows ended with error: {exception!s}")


def OpenReader(file_entry):
    """Opens a file for reading at any offset.

    Args:
      file_entry (dfvfs.FileEntry): file entry or None.

    Returns:
      tuple[function, int]: function of offset and size, and the size of the file;
          None if there is no such file.
    """
    if file_entry is None or not file_entry.size:
        return None
    file_object = file_entry.GetFileObject()
    if file_object is None:
        return None

    def ReadAt(offset, size):
        file_object.seek(offset)
        return file_object.read(size)

    return ReadAt, file_entry.size


def _HasValues(database_state, table, rowid, values):
    """Determines if a state has a row.

    Args:
      database_state (DatabaseState): state.
      table (str): name of the table.
      rowid (int): row id or None if it is not known.
      values (dict[str, object]): values by column.

    Returns:
      bool: True if the table has a row with these values.
    """
    existing = database_state.columns.get(table) or ()
    stored = {
        name: _GetStoredValue(value)
        for name, value in values.items()
        if name in existing
    }
    if rowid is not None:
        keys, condition, parameters = ["rowid"], "rowid = ?", (rowid,)
    else:
        # Without its row id a row is looked up by what the tables are indexed by.
        keys = [name for name in _KEY_COLUMNS if isinstance(stored.get(name), int)]
        condition = " AND ".join(f"{sqlite_rows.quote(key)} = ?" for key in keys)
        parameters = tuple(stored[key] for key in keys)
    if not stored or not keys:
        return False
    columns = ", ".join(sqlite_rows.quote(name) for name in stored)
    wanted = tuple(stored.values())
    try:
        rows = database_state.connection.execute(
            f"SELECT {columns} FROM {sqlite_rows.quote(table)} "
            f"WHERE {condition} LIMIT 100",
            parameters,
        )
        return any(tuple(row) == wanted for row in rows)
    except sqlite3.DatabaseError:
        return False
