"""SQLite plugin for the database of Telegram for iOS and native macOS (Postbox)."""

from telegram_forensics.formats import postbox_coding
from telegram_forensics.formats import postbox_records
from telegram_forensics.parsers import event_data as telegram_event_data
from telegram_forensics.parsers import sqlite_plugin
from telegram_forensics.parsers import telegram_apple_context as apple_context
from telegram_forensics.parsers import telegram_apple_messages as apple_messages
from telegram_forensics.parsers import telegram_apple_peers as apple_peers
from telegram_forensics.parsers import telegram_apple_records as apple_records
from telegram_forensics.parsers import telegram_apple_storage as apple_storage

BASIS_CHALLENGE = "apple_access_challenge"


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
            self._ProcessMetadata(parser_mediator, view)
            return
        store = apple_context.AppleStore(view.file_entry.path_spec)
        reader = apple_context.PostboxReader(view, store)
        messages = apple_messages.MessageReader(parser_mediator, reader)
        messages.Read()
        messages.Recover()
        messages.ReadMissing()
        for reader_class in (apple_peers.PeerReader, apple_records.RecordReader):
            reader_class(parser_mediator, reader, messages.traces).Read()

    @staticmethod
    def _ProcessMetadata(parser_mediator, view):
        """Extracts the passcode of the database of account records.

        Until about 2020 it was there; the text itself is not handed on.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          view (DatabaseView): database.
        """
        for row, state in view.Read("t0", ["key", "value"]):
            key, value = row.values
            if key != 2 or not isinstance(value, bytes):
                continue
            problems = []
            passcode = postbox_records.read_old_challenge(value, problems)
            if passcode is None:
                continue
            for offset, reason in problems:
                view.Warn(f"table t0, key 2: offset 0x{offset:x}: {reason:s}")
            store = apple_context.AppleStore(view.file_entry.path_spec)
            event_data = telegram_event_data.TelegramAccountEventData()
            store.Apply(event_data, BASIS_CHALLENGE)
            stored = ", stored in clear" if passcode.text else ""
            event_data.passcode_kdf = f"{passcode.kind:s} passcode{stored:s}"
            if store.platform != apple_context.MACOS:
                event_data.passcode_state = "screen_lock"
            event_data.record_state = state
            event_data.written_time = view.file_entry.modification_time
            parser_mediator.ProduceEventData(event_data, recovered=state is not None)

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
