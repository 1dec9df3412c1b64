"""A SQLite database in one state: as its file, or file and write-ahead log, show it."""

import sqlite3

from telegram_forensics.formats import sqlite_rows

STATE_OVERWRITTEN = "overwritten"
STATE_REMOVED = "removed"


class DatabaseState:
    """A database as one file, or as file and log, show it.

    Attributes:
      columns (dict[str, list[str]]): names of the columns by table.
      connection (sqlite3.Connection): connection.
      find_rowids (function): finds the row ids of a table page by page, None if not
          known how.
      version (int): user version or None if it cannot be read.
    """

    def __init__(self, database):
        """Initializes a state.

        Args:
          database (SQLiteDatabase): database that plaso opened.
        """
        super().__init__()
        self._keys = {}
        self.columns = dict(database.columns_per_table)
        self.find_rowids = None
        self.connection = database.Query("SELECT 1").connection
        self.connection.text_factory = sqlite_rows.read_text
        try:
            (self.version,) = self.connection.execute("PRAGMA user_version").fetchone()
        except (sqlite3.DatabaseError, TypeError):
            self.version = None

    def Read(self, table, columns, warn):
        """Reads a table.

        Args:
          table (str): name of the table.
          columns (list[str]): names of the columns.
          warn (function): called with a text for each gap.

        Yields:
          Row: rows; nothing if there is no such table. A column that the table does not
              have is None.
        """
        existing = self.columns.get(table)
        if not existing:
            return
        known = [name for name in columns if name in existing]
        if not known:
            return
        rows = sqlite_rows.read_rows(
            self.connection, table, known, warn, self.find_rowids
        )
        if len(known) == len(columns):
            yield from rows
            return
        places = [known.index(name) if name in existing else None for name in columns]
        for rowid, values in rows:
            yield sqlite_rows.Row(
                rowid,
                tuple(None if place is None else values[place] for place in places),
            )

    def IsGone(self, table, rowid):
        """Determines if a row is gone, not only behind damage in the log.

        Args:
          table (str): name of the table.
          rowid (int): row id or None if the table has none.

        Returns:
          bool: True if the table does not have the row or nothing can be said.
        """
        if rowid is None or table not in self.columns:
            return True
        try:
            self.connection.execute(
                f"SELECT 1 FROM {sqlite_rows.quote(table)} WHERE rowid = ?", (rowid,)
            ).fetchone()
        except sqlite3.DatabaseError:
            return False
        return True

    def GetFate(self, table, rowid, values):
        """Determines if a row that is gone has been replaced.

        A row that is replaced (REPLACE INTO) gets a new row id: the primary key tells.

        Args:
          table (str): name of the table.
          rowid (int): row id or None if it is not known or not in use any more.
          values (dict[str, object]): values of the row by column, those known.

        Returns:
          str: "overwritten" if the table has a row of this row id or primary key, or
              "removed".
        """
        if rowid is not None and self._Has(table, {"rowid": rowid}):
            return STATE_OVERWRITTEN
        key = self._GetKey(table, values)
        if key and self._Has(table, key):
            return STATE_OVERWRITTEN
        return STATE_REMOVED

    def IsRenumbered(self, table, values):
        """Determines if a row is there with the same values under another row id.

        Args:
          table (str): name of the table.
          values (dict[str, object]): values of the row by column.

        Returns:
          bool: True if it is.
        """
        if not self._GetKey(table, values):
            return False
        existing = self.columns.get(table, ())
        return self._Has(
            table, {name: value for name, value in values.items() if name in existing}
        )

    def _GetKey(self, table, values):
        """Retrieves the primary key of a row.

        Args:
          table (str): name of the table.
          values (dict[str, object]): values of the row by column.

        Returns:
          dict[str, object]: values of the primary key, empty if not all are known.
        """
        names = self._keys.get(table)
        if names is None:
            names = self._keys[table] = self._ReadKey(table)
        if not all(name in values for name in names):
            return {}
        return {name: values[name] for name in names}

    def _Has(self, table, values):
        """Determines if a table has a row with certain values.

        Args:
          table (str): name of the table.
          values (dict[str, object]): values by column.

        Returns:
          bool: True if it has.
        """
        condition = " AND ".join(
            f"{name if name == 'rowid' else sqlite_rows.quote(name)} IS ?"
            for name in values
        )
        try:
            row = self.connection.execute(
                f"SELECT 1 FROM {sqlite_rows.quote(table)} WHERE {condition} LIMIT 1",
                tuple(values.values()),
            ).fetchone()
        except (sqlite3.Error, OverflowError):
            return False
        return row is not None

    def _ReadKey(self, table):
        """Reads which columns are the primary key of a table.

        Args:
          table (str): name of the table.

        Returns:
          list[str]: names of the columns.
        """
        try:
            return [
                row[1]
                for row in self.connection.execute(
                    f"PRAGMA table_info({sqlite_rows.quote(table)})"
                )
                if row[5]
            ]
        except sqlite3.DatabaseError:
            return []
