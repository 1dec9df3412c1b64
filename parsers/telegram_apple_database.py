"""SQLite plugin for the database of Telegram for iOS and native macOS (Postbox)."""

from telegram_forensics.formats import postbox_coding
from telegram_forensics.parsers import sqlite_plugin
from telegram_forensics.parsers import telegram_apple_context as apple_context
from telegram_forensics.parsers import telegram_apple_messages as apple_messages
from telegram_forensics.parsers import telegram_apple_records as apple_records
from telegram_forensics.parsers import telegram_apple_storage as apple_storage


class TelegramApplePlugin(sqlite_plugin.TelegramSQLitePlugin):
    """SQLite plugin for db_sqlite, of iOS or decrypted of macOS.

    All tables have the columns `key` and `value`, and those that are empty do not
    exist: the account state (t0, key 2) tells the database of an account from others
    of the same storage.
    """

    NAME = "telegram_apple_database"
    DATA_FORMAT = "Telegram for iOS and macOS SQLite database (db_sqlite) file"

    REQUIRED_STRUCTURE = {
        "__meta_fulltext_tables": frozenset([]),
        "t0": frozenset(["key", "value"]),
    }

    def ProcessView(self, parser_mediator, view):
        """Extracts event data from a database.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          view (DatabaseView): database.
        """
        if not self._IsAccountDatabase(view):
            return
        store = apple_context.AppleStore(view.file_entry.path_spec)
        reader = apple_context.PostboxReader(view, store)
        messages = apple_messages.MessageReader(parser_mediator, reader)
        messages.Read()
        messages.Recover()
        messages.ReadMissing()
        apple_records.RecordReader(parser_mediator, reader, messages.traces).Read()

    @staticmethod
    def _IsAccountDatabase(view):
        """Determines if a database is that of an account.

        Args:
          view (DatabaseView): database.

        Returns:
          bool: True if it has messages, or a state of an account.
        """
        if view.HasTable("t7"):
            return True
        return any(
            row.values[0] == 2
            and isinstance(row.values[1], bytes)
            and postbox_coding.is_root(row.values[1])
            for row in view.ReadCurrent("t0", ["key", "value"])
        )


PLUGINS = (TelegramApplePlugin, apple_storage.TelegramAppleStoragePlugin)
