"""SQLite plugins for the storage of Telegram's web clients in Safari.

Nothing of it is confirmed but the tables of IndexedDB.
"""

from telegram_forensics.formats import browser_sqlite_storage
from telegram_forensics.formats import browser_webkit_value
from telegram_forensics.formats import telegram_web_paths
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.parsers import telegram_web_neighbours as neighbours
from telegram_forensics.parsers import telegram_web_sqlite
from telegram_forensics.parsers import telegram_web_sqlite_indexed


class SafariLocalStoragePlugin(telegram_web_sqlite.LocalStoragePlugin):
    """SQLite plugin for localStorage of Safari. The layout is UNCONFIRMED."""

    NAME = "telegram_web_safari_local_storage"
    DATA_FORMAT = "Telegram Web: Safari localStorage (SQLite)"

    REQUIRED_STRUCTURE = {"ItemTable": frozenset(["key", "value"])}

    _MAIN_TABLE = "ItemTable"
    _MAXIMUM_ORIGIN = 4096

    def _GetOrigin(self, view, values):
        """Determines the origin of a row.

        Args:
          view (DatabaseView): database.
          values (dict[str, object]): values by column.

        Returns:
          str: origin or None.
        """
        name = view.file_entry.name.removesuffix(".localstorage")
        origin = telegram_web_paths.origin_of_folder(name)
        if origin is not None:
            return origin
        return neighbours.ReadSafariOrigin(view)

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
        if not isinstance(key, str):
            raise FormatError(0, "key is no text")
        if isinstance(value, str):
            return key, value
        if not isinstance(value, bytes):
            raise FormatError(0, "value is no blob")
        return key, browser_sqlite_storage.safari_item_text(value)


class SafariIndexedDbPlugin(telegram_web_sqlite_indexed.IndexedDbPlugin):
    """SQLite plugin for IndexedDB of Safari. Values and paths are UNCONFIRMED."""

    NAME = "telegram_web_safari_indexed_db"
    DATA_FORMAT = "Telegram Web: Safari IndexedDB (SQLite)"

    REQUIRED_STRUCTURE = {
        "IDBDatabaseInfo": frozenset(["key", "value"]),
        "ObjectStoreInfo": frozenset(["id", "name"]),
        "Records": frozenset(["objectStoreID", "key", "value"]),
    }

    _COLUMNS = ("objectStoreID", "key", "value")
    _KEY_COLUMNS = ("objectStoreID", "key")
    _MAIN_TABLE = "Records"
    _STORES_TABLE = "ObjectStoreInfo"

    def _GetOrigin(self, view):
        """Determines the origin of a database.

        Args:
          view (DatabaseView): database.

        Returns:
          str: origin or None.
        """
        return neighbours.ReadSafariOrigin(view)

    def _GetName(self, state):
        """Determines the name of a database.

        Args:
          state (DatabaseState): state of the database.

        Returns:
          str: name or None.
        """
        for row in state.Read("IDBDatabaseInfo", ["key", "value"], lambda _: None):
            if row.values[0] == "DatabaseName":
                return telegram_web_sqlite.GetText(row.values[1])
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
        if not isinstance(values["value"], bytes):
            raise FormatError(0, "value is no blob")
        decoded = browser_webkit_value.decode_value(values["value"])
        key = neighbours.GetSafariKey(values["key"])
        return key, decoded.value, decoded.is_complete


PLUGINS = (SafariIndexedDbPlugin, SafariLocalStoragePlugin)
