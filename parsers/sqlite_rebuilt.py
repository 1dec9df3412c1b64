"""A SQLite database that SQLite cannot open, with what was rebuilt put over it."""

import os

from telegram_forensics.parsers import sqlite_removed
from telegram_forensics.parsers import sqlite_state
from telegram_forensics.parsers import sqlite_view

STATE_RECOVERED = "recovered"


class RebuiltFile:
    """File-like object of a database with what was rebuilt; for reading only."""

    def __init__(self, read, size):
        """Initializes a file-like object.

        Args:
          read (function): reads the database, of offset and size.
          size (int): size of the database.
        """
        super().__init__()
        self._offset = 0
        self._read = read
        self._size = size

    def get_size(self):
        """Retrieves the size.

        Returns:
          int: size.
        """
        return self._size

    def read(self, size=None):
        """Reads from the current offset.

        Args:
          size (Optional[int]): number of bytes, None for all.

        Returns:
          bytes: data.
        """
        left = max(self._size - self._offset, 0)
        data = self._read(self._offset, left if size is None else min(size, left))
        self._offset += len(data)
        return data

    def seek(self, offset, whence=os.SEEK_SET):
        """Sets the current offset.

        Args:
          offset (int): offset.
          whence (Optional[int]): what the offset is relative to.
        """
        bases = {os.SEEK_SET: 0, os.SEEK_CUR: self._offset, os.SEEK_END: self._size}
        self._offset = max(bases[whence] + offset, 0)


class RebuiltMediator:
    """A parser mediator whose events are those of recovered rows."""

    def __init__(self, parser_mediator, repair, warn):
        """Initializes a mediator.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          repair (Repair): what was rebuilt.
          warn (function): says so; called in front of everything that comes of it.
        """
        super().__init__()
        self._warn = warn
        self._is_incomplete = repair.is_incomplete
        self._mediator = parser_mediator
        self._method = repair.method
        self._words = f"{repair.method:s}, confidence {repair.confidence:s}, database"

    def __getattr__(self, name):
        """Retrieves what is not of this class from the parser mediator.

        Args:
          name (str): name of the attribute.

        Returns:
          object: attribute of the parser mediator.
        """
        return getattr(self._mediator, name)

    # pylint: disable=unused-argument
    def ProduceEventData(self, event_data, corrupted=False, recovered=False):
        """Produces event data, marked as recovered.

        Args:
          event_data (EventData): event data.
          corrupted (Optional[bool]): True if the item was corrupted.
          recovered (Optional[bool]): True if the item was recovered; not looked at.
        """
        self._warn()
        method = getattr(event_data, "recovery_method", None)
        if hasattr(event_data, "recovery_method"):
            event_data.recovery_method = (
                f"{method:s}; {self._method:s}" if method else self._words
            )
        if hasattr(event_data, "record_state"):
            state = event_data.record_state
            # Of a row that is nowhere else, the page that it was in may be lost.
            if state in (None, "current") or (
                state == sqlite_state.STATE_REMOVED and self._is_incomplete
            ):
                event_data.record_state = STATE_RECOVERED
        self._mediator.ProduceEventData(event_data, corrupted=corrupted, recovered=True)

    def ProduceWarning(self, message):
        """Produces a warning.

        Args:
          message (str): what is wrong.
        """
        self._warn()
        self._mediator.ProduceWarning(message)


class RebuiltView(sqlite_view.DatabaseView):
    """A database with what was rebuilt, in the pass at hand."""

    def __init__(self, parser_mediator, database, read, size, repair):
        """Initializes a view.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          database (SQLiteDatabase): database of this pass.
          read (function): reads the file as it is, of offset and size.
          size (int): size of the file.
          repair (Repair): what was rebuilt.
        """
        # Nothing may stand behind the end of the file for its last bytes to be there.
        rest = size - repair.used if repair.size == repair.used else 0
        self._overlay = repair.overlay(read)
        self._overlay_size = repair.size
        self._reader = repair.overlay(read, rest), repair.size + rest
        super().__init__(parser_mediator, database)
        # Rows whose way is lost are looked for page by page.
        self.has_gaps = repair.is_incomplete
        if not repair.has_version:
            for state in self.GetStates():
                state.version = state.version or None
        # SQLite may refuse a log whose database it cannot open alone.
        self._log = self.wal_file_entry or sqlite_view.OpenSibling(
            self.file_entry, "-wal"
        )

    def GetDatabaseFileObject(self):
        """Retrieves the database as SQLite gets it.

        Returns:
          RebuiltFile: file-like object.
        """
        return RebuiltFile(self._overlay, self._overlay_size)

    def GetEvidence(self):
        """Retrieves the pages of the database, its log and its journal.

        Returns:
          SqliteEvidence: pages or None if the database cannot be read.
        """
        if self._evidence is None:
            self._evidence = sqlite_removed.OpenEvidence(self, self._log)
        return self._evidence

    def OpenReader(self):
        """Opens the database for reading at any offset.

        Returns:
          tuple[function, int]: function of offset and size, and the size of the file.
        """
        return self._reader
