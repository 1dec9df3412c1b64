"""What the messages of Telegram for Android are read with: traces and file paths."""

import sqlite3

from dfvfs.lib import errors as dfvfs_errors
from plaso.parsers import sqlite

from telegram_forensics.formats import android_database
from telegram_forensics.formats import android_origin


def LoadTraces(view):
    """Loads the traces of sending.

    Args:
      view (DatabaseView): database.

    Returns:
      SendTraces: traces.
    """
    integer = android_database.integer
    traces = android_origin.SendTraces()
    for table in ("randoms", "randoms_v2"):
        columns = ["random_id", "mid", "uid"]
        rows = [
            tuple(integer(value) for value in row.values)
            for row in view.ReadCurrent(table, columns)
        ]
        if rows or table in view.current.columns:
            traces.add_randoms(table, [row for row in rows if None not in row[:2]])
    for row in view.ReadCurrent("sent_files_v2", ["parent"]):
        parent = row.values[0]
        traces.add_sent_file(parent if isinstance(parent, str) else None)
    for table in ("scheduled_messages", "scheduled_messages_v2"):
        for row in view.ReadCurrent(table, ["uid", "mid"]):
            traces.scheduled.add(row.values)
    for row in view.ReadCurrent("enc_chats", ["uid", "authkey"]):
        number, key = row.values
        if isinstance(key, bytes) and len(key) == 256:
            traces.secret_chats.add(number)
    return traces


class FilePaths:
    """Paths of files that the client keeps beside the database (file_to_path.db)."""

    _NAMES = ("file_to_path.db", "file_to_path_backup.db")
    _MAXIMUM_SIZE = 256 * 1024 * 1024

    def __init__(self, view, parser_mediator):
        """Initializes paths; nothing is opened before the first question.

        Args:
          view (DatabaseView): database.
          parser_mediator (ParserMediator): parser mediator.
        """
        super().__init__()
        self._connections = None
        self._databases = []
        self._mediator = parser_mediator
        self._view = view

    def Close(self):
        """Closes the databases."""
        for database in self._databases:
            database.Close()
        self._databases = []

    def _Open(self):
        """Opens the databases that are there."""
        self._connections = []
        for name in self._NAMES:
            file_entry = self._view.OpenNeighbour(name)
            if file_entry is None or (file_entry.size or 0) > self._MAXIMUM_SIZE:
                continue
            database = sqlite.SQLiteDatabase(
                name, temporary_directory=self._mediator.temporary_directory
            )
            log = self._view.OpenNeighbour(f"{name:s}-wal")
            try:
                database.Open(
                    file_entry.GetFileObject(),
                    wal_file_object=log.GetFileObject() if log else None,
                )
                if "paths" in database.tables:
                    self._connections.append(database.Query("SELECT 1").connection)
            except (OSError, ValueError, sqlite3.DatabaseError, dfvfs_errors.Error):
                # Plaso reports a database that cannot be opened where it is parsed.
                continue
            self._databases.append(database)

    def Find(self, number):
        """Finds the file of a photo or document.

        Args:
          number (int): identifier of the photo or document.

        Returns:
          str: path as stored or None if there is none.
        """
        if self._connections is None:
            self._Open()
        # Since layer 128 photos stand there with the negative identifier.
        for connection in self._connections:
            try:
                row = connection.execute(
                    "SELECT path FROM paths WHERE document_id IN (?, ?) "
                    "ORDER BY document_id DESC LIMIT 1",
                    (number, -number),
                ).fetchone()
            except (sqlite3.DatabaseError, OverflowError):
                continue
            if row is not None and isinstance(row[0], str):
                return row[0]
        return None
