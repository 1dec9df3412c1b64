"""SQLite plugin for the StorageBox of Telegram for iOS and native macOS.

The client keeps in it which file of `postbox/media` belongs to which message. It is not
encrypted on macOS either, so that it can be read although the messages cannot.
"""

from telegram_forensics.formats import postbox_ids
from telegram_forensics.formats import postbox_keys
from telegram_forensics.formats import postbox_resources
from telegram_forensics.formats import postbox_tables
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.parsers import sqlite_plugin
from telegram_forensics.parsers import storage_event_data
from telegram_forensics.parsers import telegram_apple_context as apple_context

BASIS_STORAGE = "apple_storage_box"

_RESOURCES = "t15"
_REFERENCES = "t16"
_DIGEST_SIZE = 16


class TelegramAppleStoragePlugin(sqlite_plugin.TelegramSQLitePlugin):
    """SQLite plugin for the StorageBox (postbox/media/storage/db/db_sqlite).

    The database of an account has tables of the same numbers with other keys.
    """

    NAME = "telegram_apple_storage"
    DATA_FORMAT = "Telegram for iOS and macOS SQLite StorageBox (db_sqlite) file"

    REQUIRED_STRUCTURE = {
        "__meta_fulltext_tables": frozenset([]),
        _RESOURCES: frozenset(["key", "value"]),
    }

    def ProcessView(self, parser_mediator, view):
        """Extracts event data from a database.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          view (DatabaseView): database.
        """
        if view.HasTable("t7") or not self._IsStorageBox(view):
            return
        store = apple_context.AppleStore(view.file_entry.path_spec)
        references = {}
        for row in view.ReadCurrent(_REFERENCES, ["key"]):
            key = row.values[0]
            try:
                found = postbox_keys.read_storage_reference_key(key)
            except (FormatError, TypeError) as exception:
                view.Warn(f"table {_REFERENCES:s}, key {key!r}: {exception!s}")
                continue
            references.setdefault(found.resource, []).append(found.message)
        for row, state in view.Read(_RESOURCES, ["key", "value"]):
            if parser_mediator.abort:
                return
            key, value = row.values
            try:
                resource = postbox_tables.read_stored_resource(value)
            except (FormatError, TypeError) as exception:
                view.Warn(f"table {_RESOURCES:s}, key {key!r}: {exception!s}")
                continue
            for message in references.get(key) or (None,):
                event_data = self._MakeFile(store, resource, message)
                event_data.record_state = state
                parser_mediator.ProduceEventData(
                    event_data, recovered=state is not None
                )
        if view.is_last_pass:
            known = {row.values[0] for row in view.ReadCurrent(_RESOURCES, ["key"])}
            for key in references.keys() - known:
                for message in references[key]:
                    parser_mediator.ProduceEventData(
                        self._MakeFile(store, None, message)
                    )

    @staticmethod
    def _IsStorageBox(view):
        """Determines if a database is a StorageBox.

        Args:
          view (DatabaseView): database.

        Returns:
          bool: True if its keys are MD5 digests.
        """
        for row in view.ReadCurrent(_RESOURCES, ["key"]):
            key = row.values[0]
            return isinstance(key, bytes) and len(key) == _DIGEST_SIZE
        return False

    @staticmethod
    def _MakeFile(store, resource, message):
        """Creates the event data of a file that this installation held.

        Args:
          store (AppleStore): storage that the database belongs to.
          resource (StoredResource): file or None if its name is not stored.
          message (MessageId): message that holds it or None.

        Returns:
          TelegramFileEventData: event data.
        """
        event_data = storage_event_data.TelegramFileEventData()
        store.Apply(event_data, BASIS_STORAGE)
        event_data.file_role = "held"
        if resource is not None:
            event_data.file_path = f"postbox/media/{resource.identifier:s}"
            event_data.file_size = resource.size
            number = postbox_resources.read_file_name(resource.identifier).identifier
            if number is not None:
                event_data.document_identifier = str(number)
        if message is not None:
            found = postbox_ids.unpack_peer(message.peer)
            event_data.chat_identifier = str(found.number)
            if found.peer is not None:
                event_data.chat_type = found.peer.kind
            event_data.message_identifier = apple_context.GetMessageIdentifier(message)
        return event_data
