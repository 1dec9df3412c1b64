"""SQLite plugins for localStorage of Telegram's web clients.

Newer Chromium browsers (behind features), Firefox and Safari keep localStorage and
IndexedDB in SQLite. What the file alone shows and what it shows with its write-ahead
log are two states in order; rows that neither shows are recovered from free pages and
older frames of the log, where there are any. All of it comes out in one pass.
"""

from telegram_forensics.formats import browser_sqlite_storage
from telegram_forensics.formats import telegram_web_history
from telegram_forensics.formats import telegram_web_indexed
from telegram_forensics.formats import telegram_web_paths
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.telegram_web_history import WebTrace
from telegram_forensics.formats.telegram_web_values import Source, StoredText
from telegram_forensics.parsers import sqlite_plugin
from telegram_forensics.parsers import sqlite_removed
from telegram_forensics.parsers import telegram_web_cache_events
from telegram_forensics.parsers import telegram_web_events

STATE_CURRENT = "current"

# Microseconds from 1601-01-01 to 1970-01-01.
_WEBKIT_EPOCH = 11644473600000000


def GetWebKitTime(value):
    """Converts a time of Chromium.

    Args:
      value (object): microseconds since 1601 UTC.

    Returns:
      int: microseconds since 1970 UTC or None if it is none.
    """
    if not isinstance(value, int) or value <= _WEBKIT_EPOCH:
        return None
    return value - _WEBKIT_EPOCH


def GetText(value):
    """Converts a name of a database or store.

    Args:
      value (str|bytes): text, or UTF-16 little endian.

    Returns:
      str: text or None.
    """
    if isinstance(value, bytes):
        return value.decode("utf-16-le", "replace")
    return value if isinstance(value, str) else None


class WebStoragePlugin(sqlite_plugin.TelegramSQLitePlugin):
    """Shared functionality of the plugins."""

    _MAIN_TABLE = None

    def ProcessView(self, parser_mediator, view):
        """Extracts event data from a database.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          view (DatabaseView): database.
        """
        # The log alone may have the tables: then there was no other pass.
        if view.is_log_pass and view.HasBefore(self._MAIN_TABLE):
            return
        self._ProcessStates(parser_mediator, view)

    def _ProcessStates(self, parser_mediator, view):
        """Extracts event data from all states of a database.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          view (DatabaseView): database.
        """
        raise NotImplementedError

    def _ReadStates(self, view, table, columns, key_columns):
        """Reads a table in both states, and what neither shows.

        Args:
          view (DatabaseView): database.
          table (str): name of the table.
          columns (list[str]): names of the columns.
          key_columns (list[str]): those that name an entry.

        Returns:
          tuple[list[dict], list[dict], list[tuple[dict, str, str]]]: rows that the file
              alone shows (none if there is no log), rows that count, and others with
              their state and how they were found.
        """
        before = self._MakeRows(columns, view.ReadBefore(table, columns))
        after = self._MakeRows(columns, view.current.Read(table, columns, view.Warn))
        live = {self._GetKey(row, key_columns) for row in after}
        recovered = []
        for name, row, _, found in sqlite_removed.Recover(view, {table: columns}):
            values = dict(zip(columns, row.values, strict=True))
            if name != table or any(values[key] is None for key in key_columns):
                continue
            is_live = self._GetKey(values, key_columns) in live
            recovered.append(
                (
                    values,
                    "overwritten" if is_live else "removed",
                    sqlite_removed.Describe(found),
                )
            )
        return before, after, recovered

    @staticmethod
    def _MakeRows(columns, rows):
        """Creates dictionaries of rows.

        Args:
          columns (list[str]): names of the columns.
          rows (iterable[Row]): rows.

        Returns:
          list[dict[str, object]]: values by column.
        """
        return [dict(zip(columns, row.values, strict=True)) for row in rows]

    @staticmethod
    def _GetKey(values, key_columns):
        """Retrieves what names an entry.

        Args:
          values (dict[str, object]): values by column.
          key_columns (list[str]): names of the columns.

        Returns:
          tuple[object]: what names it.
        """
        return tuple(values[name] for name in key_columns)


class LocalStoragePlugin(WebStoragePlugin):
    """Shared functionality of the plugins for localStorage."""

    _COLUMNS = ("key", "value")
    _KEY_COLUMNS = ("key",)

    def _GetOrigin(self, view, values):
        """Determines the origin of a row.

        Args:
          view (DatabaseView): database.
          values (dict[str, object]): values by column.

        Returns:
          str: origin or None.
        """
        raise NotImplementedError

    def _GetItem(self, values):
        """Decodes a row.

        Args:
          values (dict[str, object]): values by column.

        Returns:
          tuple[str, str]: name and text of the item.

        Raises:
          FormatError: if it cannot be decoded.
        """
        raise NotImplementedError

    def _ProcessStates(self, parser_mediator, view):
        """Extracts event data from all states of a database.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          view (DatabaseView): database.
        """
        found = self._ReadStates(
            view, self._MAIN_TABLE, list(self._COLUMNS), list(self._KEY_COLUMNS)
        )
        for origin, texts in sorted(self._GetTexts(view, *found).items()):
            maker = telegram_web_cache_events.NewMaker(
                parser_mediator, view.file_entry, origin
            )
            history = telegram_web_history.read_history(texts)
            maker.ProduceHistory(history)
            caches, problems = telegram_web_indexed.read_states(history.states)
            maker.known = telegram_web_events.Known(history.sessions)
            for cache in caches:
                maker.ProduceCache(cache)
                problems += cache.unread
            problems += [
                (source, reason)
                for source, reason in history.unread
                if source.recovery is None
            ]
            for _, reason in problems:
                view.Warn(reason)

    def _GetTexts(self, view, before, after, recovered):
        """Puts the items of all states in order.

        Args:
          view (DatabaseView): database.
          before (list[dict[str, object]]): rows of the file alone.
          after (list[dict[str, object]]): rows that count.
          recovered (list[tuple[dict[str, object], str, str]]): other rows.

        Returns:
          dict[str, list[StoredText]]: items by origin.
        """
        found = {}

        def Add(values, state, commit, recovery=None, is_removal=False):
            origin = self._GetOrigin(view, values)
            if origin is None or not telegram_web_paths.is_telegram(origin):
                return
            try:
                key, text = self._GetItem(values)
            except FormatError as exception:
                if recovery is None:
                    view.Warn(f"item cannot be decoded: {exception.reason:s}")
                return
            source = Source(state=state, recovery=recovery)
            found.setdefault(origin, []).append(
                StoredText(key, None if is_removal else text, source, commit)
            )

        live = {self._GetKey(row, self._KEY_COLUMNS): row for row in after}
        for number, (values, state, recovery) in enumerate(recovered):
            # Of what time it is nothing is known: each for itself, before the others.
            Add(values, state, ("recovered", number), recovery)
            Add(values, state, ("recovered", number, "end"), recovery, is_removal=True)
        for values in before:
            row = live.get(self._GetKey(values, self._KEY_COLUMNS))
            state = STATE_CURRENT
            if row is None:
                state = "removed"
            elif row != values:
                state = "overwritten"
            Add(values, state, "before")
        for values in before:
            if self._GetKey(values, self._KEY_COLUMNS) not in live:
                Add(values, "removed", "after", is_removal=True)
        known = {self._GetKey(row, self._KEY_COLUMNS): row for row in before}
        for values in after:
            if known.get(self._GetKey(values, self._KEY_COLUMNS)) != values:
                Add(values, STATE_CURRENT, "after")
        return found


class ChromiumLocalStoragePlugin(LocalStoragePlugin):
    """SQLite plugin for localStorage of newer Chromium browsers."""

    NAME = "telegram_web_local_storage"
    DATA_FORMAT = "Telegram Web: Chromium localStorage (SQLite)"

    REQUIRED_STRUCTURE = {
        "map_entries": frozenset(["map_id", "value_compression_type", "key", "value"]),
        "maps": frozenset(["row_id", "storage_key", "last_accessed", "last_modified"]),
    }

    _COLUMNS = ("map_id", "value_compression_type", "key", "value")
    _KEY_COLUMNS = ("map_id", "key")
    _MAIN_TABLE = "map_entries"

    def __init__(self):
        """Initializes a plugin."""
        super().__init__()
        self._storage_keys = {}

    def _ProcessStates(self, parser_mediator, view):
        """Extracts event data from all states of a database.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          view (DatabaseView): database.
        """
        columns = ["row_id", "storage_key", "last_accessed", "last_modified"]
        self._storage_keys = {}
        for rows in (
            view.ReadBefore("maps", columns),
            view.current.Read("maps", columns, view.Warn),
        ):
            for row in self._MakeRows(columns, rows):
                storage_key = row["storage_key"]
                if isinstance(storage_key, bytes):
                    storage_key = storage_key.decode("utf-8", "replace")
                if isinstance(storage_key, str):
                    self._storage_keys[row["row_id"]] = (storage_key, row)
        super()._ProcessStates(parser_mediator, view)
        for storage_key, row in self._storage_keys.values():
            if not telegram_web_paths.is_telegram(storage_key):
                continue
            maker = telegram_web_cache_events.NewMaker(
                parser_mediator, view.file_entry, storage_key.rstrip("/")
            )
            for kind, name in (
                ("origin_accessed", "last_accessed"),
                ("origin_modified", "last_modified"),
            ):
                time = GetWebKitTime(row[name])
                if time is not None:
                    trace = WebTrace(kind, time, Source())
                    maker.ProduceTrace(None, trace, "web_local_storage")

    def _GetOrigin(self, view, values):
        """Determines the origin of a row.

        Args:
          view (DatabaseView): database.
          values (dict[str, object]): values by column.

        Returns:
          str: origin or None.
        """
        found = self._storage_keys.get(values["map_id"])
        return found[0].rstrip("/") if found else None

    def _GetItem(self, values):
        """Decodes a row.

        Args:
          values (dict[str, object]): values by column.

        Returns:
          tuple[str, str]: name and text of the item.

        Raises:
          FormatError: if it cannot be decoded.
        """
        key, value = values["key"], values["value"]
        if not isinstance(key, bytes) or not isinstance(value, bytes):
            raise FormatError(0, "key or value is no blob")
        compression = values["value_compression_type"] or 0
        return (
            browser_sqlite_storage.map_entry_text(key),
            browser_sqlite_storage.map_entry_text(value, compression),
        )


PLUGINS = (ChromiumLocalStoragePlugin,)
