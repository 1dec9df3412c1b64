"""Base class of our SQLite plugins.

Stock plugins drop identical rows, end a query at the first row that raises or holds a
text that is not UTF-8, and run a second time over the state with the write-ahead log.
Here every row has its row id and is guarded, text may be anything, and the two passes
share the work: a row that both states have comes out once, in the first pass; a row
that the log has replaced or removed comes out there, too, marked; a row that only the
log has comes out in the second pass, whose file is the log.
"""

from plaso.parsers.sqlite_plugins import interface

from telegram_forensics.parsers import sqlite_view


class TelegramSQLitePlugin(interface.SQLitePlugin):
    """Base class of our SQLite plugins."""

    # pylint: disable=arguments-differ
    def Process(self, parser_mediator, cache=None, database=None, **kwargs):
        """Extracts event data from a database.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          cache (Optional[SQLiteCache]): not used.
          database (Optional[SQLiteDatabase]): database.

        Raises:
          ValueError: If the database is missing.
        """
        if database is None:
            raise ValueError("Missing database value.")

        view = sqlite_view.DatabaseView(parser_mediator, database)
        try:
            self.ProcessView(parser_mediator, view)
        finally:
            view.Close()

    def ProcessView(self, parser_mediator, view):
        """Extracts event data from a database.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          view (DatabaseView): database.
        """
        raise NotImplementedError
