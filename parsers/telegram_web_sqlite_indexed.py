"""SQLite plugins for IndexedDB of Telegram's web clients.

Each database of an origin is a file of its own; what opens the encrypted stores of Web
K lies in the file of `tweb-common`, and what tells the sessions in localStorage.
"""

import sqlite3

from telegram_forensics.formats import browser_indexed_db
from telegram_forensics.formats import browser_sortable_key
from telegram_forensics.formats import browser_sqlite_storage
from telegram_forensics.formats import browser_v8_value
from telegram_forensics.formats import telegram_web_indexed
from telegram_forensics.formats import telegram_web_paths
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.telegram_web_history import WebTrace
from telegram_forensics.formats.telegram_web_store import StoredValue
from telegram_forensics.formats.telegram_web_values import Source
from telegram_forensics.parsers import telegram_passcodes
from telegram_forensics.parsers import telegram_web
from telegram_forensics.parsers import telegram_web_cache_events
from telegram_forensics.parsers import telegram_web_events
from telegram_forensics.parsers import telegram_web_neighbours as neighbours
from telegram_forensics.parsers import telegram_web_sqlite
from telegram_forensics.parsers import telegram_web_storage as storage

STATE_CURRENT = telegram_web_sqlite.STATE_CURRENT


class IndexedDbPlugin(telegram_web_sqlite.WebStoragePlugin):
    """Shared functionality of the plugins for IndexedDB."""

    _COLUMNS = None
    _KEY_COLUMNS = None
    _STORES_TABLE = None

    def _GetOrigin(self, view):
        """Determines the origin of a database.

        Args:
          view (DatabaseView): database.

        Returns:
          str: origin or None.
        """
        raise NotImplementedError

    def _GetName(self, state):
        """Determines the name of a database.

        Args:
          state (DatabaseState): state of the database.

        Returns:
          str: name or None.
        """
        raise NotImplementedError

    def _GetStores(self, state):
        """Determines the names of the stores.

        Args:
          state (DatabaseState): state of the database.

        Returns:
          dict[int, str]: names by number.
        """
        return {
            row.values[0]: telegram_web_sqlite.GetText(row.values[1])
            for row in state.Read(self._STORES_TABLE, ["id", "name"], lambda _: None)
        }

    def _Decode(self, view, values):
        """Decodes a row.

        Args:
          view (DatabaseView): database.
          values (dict[str, object]): values by column.

        Returns:
          tuple[str, object, bool]: key, value, and whether all of it was decoded.

        Raises:
          FormatError: if it cannot be decoded.
        """
        raise NotImplementedError

    def _GetCommonName(self):
        """Determines the file name of the database with Web K's passcode.

        Returns:
          str: name or None if it is not known.
        """
        return None

    def _ProcessStates(self, parser_mediator, view):
        """Extracts event data from all states of a database.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          view (DatabaseView): database.
        """
        origin = self._GetOrigin(view)
        if origin is None or not telegram_web_paths.is_telegram(origin):
            return

        maker = telegram_web_cache_events.NewMaker(
            parser_mediator, view.file_entry, origin
        )
        sessions, keys = self._ReadKnown(view, origin)
        maker.known = telegram_web_events.Known(sessions)
        name = self._GetName(view.current)
        stores = self._GetStores(view.current)
        progress = storage.Progress(parser_mediator)
        passcodes = telegram_passcodes.GetPasscodes(parser_mediator)
        reader = telegram_web_indexed.IndexedReader(
            passcodes.values if passcodes else (b"",), progress, keys
        )
        for values, source, order in self._GetRows(view):
            progress()
            try:
                key, value, is_complete = self._Decode(view, values)
            except FormatError as exception:
                if source.state == STATE_CURRENT:
                    view.Warn(f"a record cannot be decoded: {exception.reason:s}")
                continue
            if not is_complete:
                if source.recovery is not None:
                    # Remains of a row that another one has overwritten.
                    continue
                source.state = "damaged"
                view.Warn(f"value {key!s} is decoded in part")
            store = stores.get(values[self._KEY_COLUMNS[0]])
            reader.add(StoredValue(name, store, key, value, source, order))
        for value in self._ReadContext(view, name):
            reader.add_context(value)
        telegram_web.ProduceIndexed(maker, reader.finish())
        trace = WebTrace("database", self._GetCreated(view), Source(), name)
        maker.ProduceTrace(telegram_web.GetClient(name), trace, "web_database_name")
        for _, reason in telegram_web.GetUnread(reader.result):
            view.Warn(reason)

    def _GetCreated(self, view):
        """Determines when a database was made.

        Args:
          view (DatabaseView): database.

        Returns:
          int: microseconds since 1970 UTC or None if it is not stored.
        """
        return None

    def _GetRows(self, view):
        """Reads the records of all states.

        Args:
          view (DatabaseView): database.

        Yields:
          tuple[dict[str, object], Source, int]: values by column, where they stand, and
              the order of the state.
        """
        before, after, recovered = self._ReadStates(
            view, self._MAIN_TABLE, list(self._COLUMNS), list(self._KEY_COLUMNS)
        )
        live = {self._GetKey(row, self._KEY_COLUMNS): row for row in after}
        for values, state, recovery in recovered:
            yield values, Source(state=state, recovery=recovery), 0
        for values in before:
            row = live.get(self._GetKey(values, self._KEY_COLUMNS))
            if row is None:
                yield values, Source(state="removed"), 1
            elif row != values:
                yield values, Source(state="overwritten"), 1
        for values in after:
            yield values, Source(), 2

    def _ReadKnown(self, view, origin):
        """Reads what localStorage beside the database tells of the sessions.

        Args:
          view (DatabaseView): database.
          origin (str): origin.

        Returns:
          tuple[list[WebSession], list[bytes]]: sessions, and keys of Web K's encrypted
              stores.
        """
        return [], []

    def _ReadContext(self, view, name):
        """Reads what a neighbouring database holds of Web K's passcode.

        Args:
          view (DatabaseView): database.
          name (str): name of the database.

        Returns:
          list[StoredValue]: records.
        """
        file_name = self._GetCommonName()
        if file_name is None or file_name == view.file_entry.name:
            return []
        if telegram_web.GetClient(name) != "Telegram Web K":
            return []
        return neighbours.ReadNeighbour(view, file_name, self._ReadPasscode)

    def _ReadPasscode(self, view, state):
        """Reads Web K's passcode from a state of a database.

        Args:
          view (DatabaseView): database whose neighbour it is.
          state (DatabaseState): state of the neighbour.

        Returns:
          list[StoredValue]: records.
        """
        stores = self._GetStores(state)
        found = []
        columns = list(self._COLUMNS)
        for row in state.Read(self._MAIN_TABLE, columns, lambda _: None):
            values = dict(zip(columns, row.values, strict=True))
            store = stores.get(values[self._KEY_COLUMNS[0]])
            if store != "session":
                continue
            try:
                key, value, _ = self._Decode(view, values)
            except FormatError:
                continue
            found.append(StoredValue(None, store, key, value, Source()))
        return found


class ChromiumIndexedDbPlugin(IndexedDbPlugin):
    """SQLite plugin for IndexedDB of newer Chromium browsers."""

    NAME = "telegram_web_indexed_db"
    DATA_FORMAT = "Telegram Web: Chromium IndexedDB (SQLite)"

    REQUIRED_STRUCTURE = {
        "indexed_db_metadata": frozenset(["name", "version"]),
        "object_stores": frozenset(["id", "name"]),
        "records": frozenset(["object_store_id", "compression_type", "key", "value"]),
    }

    _COLUMNS = ("object_store_id", "key", "compression_type", "value", "row_id")
    _KEY_COLUMNS = ("object_store_id", "key")
    _MAIN_TABLE = "records"
    _STORES_TABLE = "object_stores"

    def _GetOrigin(self, view):
        """Determines the origin of a database.

        Args:
          view (DatabaseView): database.

        Returns:
          str: origin or None.
        """
        parts = storage.SplitPath(storage.GetPath(view.file_entry))
        if len(parts) < 2:
            return None
        return telegram_web_paths.origin_of_folder(parts[-2])

    def _GetName(self, state):
        """Determines the name of a database.

        Args:
          state (DatabaseState): state of the database.

        Returns:
          str: name or None.
        """
        for row in state.Read("indexed_db_metadata", ["name"], lambda _: None):
            return telegram_web_sqlite.GetText(row.values[0])
        return None

    def _Decode(self, view, values):
        """Decodes a row.

        Args:
          view (DatabaseView): database.
          values (dict[str, object]): values by column.

        Returns:
          tuple[str, object, bool]: key, value, and whether all of it was decoded.

        Raises:
          FormatError: if it cannot be decoded.
        """
        if not isinstance(values["key"], bytes) or not isinstance(
            values["value"], bytes
        ):
            raise FormatError(0, "key or value is no blob")
        key = browser_sortable_key.read_sortable_key(values["key"], True)
        data = browser_sqlite_storage.indexed_db_value(
            values["value"], values["compression_type"] or 0
        )
        unwrapped = browser_indexed_db.unwrap(data)
        if unwrapped.data is None:
            data = self._ReadBlob(view, values["row_id"], unwrapped.blob_index or 0)
            unwrapped = browser_indexed_db.unwrap(data)
        decoded = browser_v8_value.decode_value(unwrapped.data or b"")
        return str(key), decoded.value, decoded.is_complete

    @staticmethod
    def _ReadBlob(view, row_identifier, index):
        """Reads a large value. That the tables are used so is UNCONFIRMED.

        Args:
          view (DatabaseView): database.
          row_identifier (int): row id of the record.
          index (int): number of the blob among those of the record.

        Returns:
          bytes: value.

        Raises:
          FormatError: if it is not there.
        """
        try:
            connection = view.current.connection
            blobs = connection.execute(
                "SELECT blob_row_id FROM blob_references WHERE record_row_id = ? "
                "ORDER BY row_id",
                (row_identifier,),
            ).fetchall()
            if index >= len(blobs):
                raise FormatError(0, "large value without a blob")
            size = connection.execute(
                "SELECT coalesce(sum(length(bytes)), 0) FROM (SELECT bytes FROM blobs "
                "WHERE row_id = ?1 UNION ALL SELECT bytes FROM overflow_blob_chunks "
                "WHERE blob_row_id = ?1)",
                blobs[index],
            ).fetchone()[0]
            if size > storage.MAXIMUM_VALUE:
                raise FormatError(0, f"large value of {size} bytes is not read")
            rows = connection.execute(
                "SELECT bytes FROM blobs WHERE row_id = ?", blobs[index]
            ).fetchall()
            rows += connection.execute(
                "SELECT bytes FROM overflow_blob_chunks WHERE blob_row_id = ? "
                "ORDER BY chunk_index",
                blobs[index],
            ).fetchall()
        except sqlite3.DatabaseError as exception:
            raise FormatError(0, f"large value: {exception!s}") from exception
        parts = [row[0] for row in rows if isinstance(row[0], bytes)]
        if not parts:
            raise FormatError(0, "large value is missing")
        return b"".join(parts)

    def _GetCommonName(self):
        """Determines the file name of the database with Web K's passcode.

        Returns:
          str: name or None if it is not known.
        """
        return browser_sqlite_storage.chromium_database_file_name("tweb-common")

    def _GetCreated(self, view):
        """Determines when a database was made.

        Args:
          view (DatabaseView): database.

        Returns:
          int: microseconds since 1970 UTC or None if it is not stored.
        """
        for row in view.current.Read("meta", ["key", "value"], lambda _: None):
            if row.values[0] == "created_time":
                try:
                    return telegram_web_sqlite.GetWebKitTime(int(row.values[1]))
                except (TypeError, ValueError):
                    return None
        return None

    def _ReadKnown(self, view, origin):
        """Reads what localStorage beside the database tells of the sessions.

        Args:
          view (DatabaseView): database.
          origin (str): origin.

        Returns:
          tuple[list[WebSession], list[bytes]]: sessions, and keys of Web K's encrypted
              stores.
        """
        return neighbours.ReadProfile(view, origin)


PLUGINS = (ChromiumIndexedDbPlugin,)
