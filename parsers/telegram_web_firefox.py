"""SQLite plugins for the storage of Telegram's web clients in Firefox."""

from telegram_forensics.formats import browser_firefox_clone
from telegram_forensics.formats import browser_sortable_key
from telegram_forensics.formats import browser_sqlite_storage
from telegram_forensics.formats import telegram_web_paths
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.parsers import telegram_web_neighbours as neighbours
from telegram_forensics.parsers import telegram_web_sqlite
from telegram_forensics.parsers import telegram_web_sqlite_indexed
from telegram_forensics.parsers import telegram_web_storage as storage


def _GetOrigin(view):
    """Determines the origin of a database of localStorage or IndexedDB.

    Args:
      view (DatabaseView): database.

    Returns:
      str: origin or None.
    """
    # The folder has the container and partition as well.
    parts = storage.SplitPath(storage.GetPath(view.file_entry))
    origin = None
    if len(parts) > 2:
        origin = telegram_web_paths.origin_of_folder(parts[-3])
    if origin is None:
        for row in view.current.Read("database", ["origin"], view.Warn):
            origin = telegram_web_sqlite.GetText(row.values[0])
    return origin


class FirefoxLocalStoragePlugin(telegram_web_sqlite.LocalStoragePlugin):
    """SQLite plugin for localStorage of Firefox (ls/data.sqlite)."""

    NAME = "telegram_web_firefox_local_storage"
    DATA_FORMAT = "Telegram Web: Firefox localStorage (SQLite)"

    REQUIRED_STRUCTURE = {
        "data": frozenset(["key", "utf16_length", "compression_type", "value"]),
        "database": frozenset(["origin"]),
    }

    _COLUMNS = ("key", "utf16_length", "conversion_type", "compression_type", "value")
    _MAIN_TABLE = "data"

    def _GetOrigin(self, view, values):
        """Determines the origin of a row.

        Args:
          view (DatabaseView): database.
          values (dict[str, object]): values by column.

        Returns:
          str: origin or None.
        """
        return _GetOrigin(view)

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
        if not isinstance(key, str) or not isinstance(value, bytes):
            raise FormatError(0, "key is no text or value no blob")
        return key, browser_sqlite_storage.firefox_item_text(
            value,
            values["utf16_length"],
            values["conversion_type"] or 0,
            values["compression_type"] or 0,
        )


class FirefoxOldLocalStoragePlugin(telegram_web_sqlite.LocalStoragePlugin):
    """SQLite plugin for localStorage of Firefox before 68 (webappsstore.sqlite).

    The layout is UNCONFIRMED.
    """

    NAME = "telegram_web_firefox_webappsstore"
    DATA_FORMAT = "Telegram Web: Firefox localStorage before 68 (SQLite)"

    REQUIRED_STRUCTURE = {
        "webappsstore2": frozenset(["originKey", "key", "value"]),
    }

    _COLUMNS = ("originKey", "key", "value")
    _KEY_COLUMNS = ("originKey", "key")
    _MAIN_TABLE = "webappsstore2"

    def _GetOrigin(self, view, values):
        """Determines the origin of a row.

        Args:
          view (DatabaseView): database.
          values (dict[str, object]): values by column.

        Returns:
          str: origin or None.
        """
        # gro.margelet.bew.:https:443
        parts = str(values["originKey"] or "").split(":")
        if len(parts) < 2:
            return None
        host = parts[0].rstrip(".")[::-1].lstrip(".")
        return f"{parts[1]}://{host}"

    def _GetItem(self, values):
        """Decodes a row.

        Args:
          values (dict[str, object]): values by column.

        Returns:
          tuple[str, str]: name and text of the item.

        Raises:
          FormatError: if it cannot be decoded.
        """
        key, value = (
            telegram_web_sqlite.GetText(values["key"]),
            telegram_web_sqlite.GetText(values["value"]),
        )
        if key is None or value is None:
            raise FormatError(0, "key or value is no text")
        return key, value


class FirefoxIndexedDbPlugin(telegram_web_sqlite_indexed.IndexedDbPlugin):
    """SQLite plugin for IndexedDB of Firefox (idb/*.sqlite)."""

    NAME = "telegram_web_firefox_indexed_db"
    DATA_FORMAT = "Telegram Web: Firefox IndexedDB (SQLite)"

    REQUIRED_STRUCTURE = {
        "database": frozenset(["name", "origin", "version"]),
        "object_data": frozenset(["object_store_id", "key", "file_ids", "data"]),
        "object_store": frozenset(["id", "name"]),
    }

    _COLUMNS = ("object_store_id", "key", "file_ids", "data")
    _KEY_COLUMNS = ("object_store_id", "key")
    _MAIN_TABLE = "object_data"
    _STORES_TABLE = "object_store"

    def _GetOrigin(self, view):
        """Determines the origin of a database.

        Args:
          view (DatabaseView): database.

        Returns:
          str: origin or None.
        """
        return _GetOrigin(view)

    def _GetName(self, state):
        """Determines the name of a database.

        Args:
          state (DatabaseState): state of the database.

        Returns:
          str: name or None.
        """
        for row in state.Read("database", ["name"], lambda _: None):
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
        if not isinstance(values["key"], bytes):
            raise FormatError(0, "key is no blob")
        key = browser_sortable_key.read_sortable_key(values["key"], False)
        data = values["data"]
        if isinstance(data, bytes):
            decoded = browser_firefox_clone.decode_record(data)
        else:
            # A large value lies in a file of its own: the number has flags above it.
            number = self._GetFileNumber(data, values["file_ids"])
            decoded = browser_firefox_clone.decode_file(
                neighbours.ReadFirefoxFile(view, number)
            )
        return str(key), decoded.value, decoded.is_complete

    @staticmethod
    def _GetFileNumber(data, file_identifiers):
        """Determines the number of the file that holds a large value.

        Args:
          data (object): what stands in place of the value.
          file_identifiers (object): numbers of the files of a record, as text.

        Returns:
          int: number.

        Raises:
          FormatError: if it is not known.
        """
        numbers = str(file_identifiers or "").split()
        index = data & 0xFFFFFFFF if isinstance(data, int) else 0
        if index >= len(numbers):
            raise FormatError(0, "large value without a file")
        try:
            # The sign and dots tell what kind of file it is.
            return int(numbers[index].lstrip("-.*/\\|"))
        except ValueError:
            raise FormatError(0, f"file {numbers[index]!s} is no number") from None

    def _GetCommonName(self):
        """Determines the file name of the database with Web K's passcode.

        Returns:
          str: name or None if it is not known.
        """
        return browser_sqlite_storage.firefox_database_file_name("tweb-common")

    def _ReadKnown(self, view, origin):
        """Reads what localStorage beside the database tells of the sessions.

        Args:
          view (DatabaseView): database.
          origin (str): origin.

        Returns:
          tuple[list[WebSession], list[bytes]]: sessions, and keys of Web K's encrypted
              stores.
        """
        return neighbours.ReadFirefox(view)


PLUGINS = (
    FirefoxIndexedDbPlugin,
    FirefoxLocalStoragePlugin,
    FirefoxOldLocalStoragePlugin,
)
