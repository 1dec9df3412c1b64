"""Reading of tables in the database of Telegram for Android, row by row."""

from telegram_forensics.formats import android_database


class TableReader:
    """Base of readers of tables."""

    def __init__(self, parser_mediator, view, peers, apply):
        """Initializes a reader.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          view (DatabaseView): database.
          peers (Peers): who is who.
          apply (function): sets what every event carries.
        """
        super().__init__()
        self._apply = apply
        self._mediator = parser_mediator
        self._peers = peers
        self._view = view

    def _ReadRows(self, table, columns, method):
        """Reads a table.

        Args:
          table (str): name of the table.
          columns (list[str]): names of the columns.
          method (function): makes of table and row what comes out.

        Yields:
          tuple[Row, str, object]: row, its state, and what the method made of it; rows
              that make no sense are reported and left out.
        """
        for row, state in self._view.Read(table, columns):
            if self._mediator.abort:
                return
            try:
                made = method(table, row)
            except (ArithmeticError, LookupError, TypeError, ValueError) as exception:
                self._Warn(
                    table,
                    row,
                    f"makes no sense: {type(exception).__name__}: {exception!s}",
                )
                continue
            yield row, state, made

    def _Warn(self, table, row, reason):
        """Produces a warning about a row.

        Args:
          table (str): name of the table.
          row (Row): row.
          reason (str): what is wrong.
        """
        self._view.Warn(f"table {table:s}, row id {row.rowid!s}: {reason:s}")

    def _Decode(self, table, row, data, result_type):
        """Decodes an object of a row.

        Args:
          table (str): name of the table.
          row (Row): row.
          data (object): value of the column.
          result_type (str): type of the object.

        Returns:
          TLObject: object as far as it could be decoded, or None.
        """
        value, problem = android_database.decode_object(data, result_type)
        if problem is not None:
            self._Warn(table, row, problem)
        return value
