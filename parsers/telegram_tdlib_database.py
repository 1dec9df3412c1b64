"""SQLite plugin for TDLib's database, decrypted by the SQLCIPHER back-end."""

from telegram_forensics.formats import tdlib_dialogs
from telegram_forensics.formats import tdlib_message
from telegram_forensics.formats import tdlib_paths
from telegram_forensics.formats import tdlib_stored_files
from telegram_forensics.formats import tdlib_values
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.tl_message import MessageFacts
from telegram_forensics.formats.tl_peers import Peer
from telegram_forensics.parsers import sqlite_plugin
from telegram_forensics.parsers import sqlite_removed
from telegram_forensics.parsers import telegram_tdlib_chats as chats
from telegram_forensics.parsers import telegram_tdlib_directory as directory
from telegram_forensics.parsers import telegram_tdlib_entities as entities
from telegram_forensics.parsers import telegram_tdlib_events as events

BASIS = "tdlib_database"


class TdlibDatabasePlugin(sqlite_plugin.TelegramSQLitePlugin):
    """SQLite plugin for db.sqlite of TDLib."""

    NAME = "telegram_tdlib_database"
    DATA_FORMAT = "TDLib SQLite database (db.sqlite) file"

    REQUIRED_STRUCTURE = {
        "common": frozenset(["k", "v"]),
        "dialogs": frozenset(["dialog_id", "data"]),
        "messages": frozenset(["dialog_id", "message_id", "data"]),
    }

    _MESSAGE_COLUMNS = (
        "dialog_id",
        "message_id",
        "sender_user_id",
        "random_id",
        "data",
        "ttl_expires_at",
    )
    _SCHEDULED_COLUMNS = ("dialog_id", "message_id", "data")
    _MAXIMUM_WARNINGS = 20

    def ProcessView(self, parser_mediator, view):
        """Extracts event data from a database.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          view (DatabaseView): database.
        """
        path_spec = view.file_entry.path_spec
        if path_spec.HasParent() and path_spec.type_indicator == "SQLCIPHER":
            path_spec = path_spec.parent
        state = directory.ReadState(parser_mediator, path_spec)
        context = events.TdlibContext(
            tdlib_paths.find_application(directory.GetPath(path_spec)),
            state,
            view.file_entry.modification_time,
        )
        book = events.AddressBook(context.account_number)
        self._ReadEntities(view, book)
        self._ProduceEntities(parser_mediator, view, context, book)
        self._ProduceDialogs(parser_mediator, view, context, book)
        if view.HasTable("files"):
            self._ProduceFiles(parser_mediator, view, context, book)
        maker = events.MessageEventMaker(context, book)
        self._ProduceMessages(
            parser_mediator, view, maker, "messages", self._MESSAGE_COLUMNS
        )
        if view.HasTable("scheduled_messages"):
            self._ProduceMessages(
                parser_mediator,
                view,
                maker,
                "scheduled_messages",
                self._SCHEDULED_COLUMNS,
            )
        self._Recover(parser_mediator, view, maker)

    @staticmethod
    def _GetKey(value):
        """Converts a key of the table common.

        Args:
          value (str|bytes): key.

        Returns:
          str: key.
        """
        if isinstance(value, bytes):
            return value.decode("utf-8", "replace")
        return str(value)

    def _ReadEntities(self, view, book):
        """Reads the names of users and chats.

        Args:
          view (DatabaseView): database.
          book (AddressBook): address book.
        """
        for row in view.ReadCurrent("common", ["k", "v"]):
            key, data = self._GetKey(row.values[0]), row.values[1]
            if isinstance(data, bytes):
                try:
                    found = entities.ReadValue(key, data)
                    poll = entities.ReadPoll(key, data)
                except FormatError:
                    continue
                if found is not None:
                    entities.AddTo(book, found)
                elif poll is not None:
                    book.AddPoll(*poll)
        for row in view.ReadCurrent("dialogs", ["data"]):
            if isinstance(row.values[0], bytes):
                try:
                    book.AddDialog(tdlib_dialogs.read_dialog(row.values[0]))
                except FormatError:
                    continue

    def _ProduceEntities(self, parser_mediator, view, context, book):
        """Produces the events of users and chats.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          view (DatabaseView): database.
          context (TdlibContext): what all events have in common.
          book (AddressBook): address book.
        """
        for row, state in view.Read("common", ["k", "v"]):
            key, data = self._GetKey(row.values[0]), row.values[1]
            if not isinstance(data, bytes):
                continue
            problems = []
            try:
                found = entities.ReadValue(key, data, problems)
                full = entities.ReadFull(key, data)
                entities.ReadPoll(key, data)
            except FormatError as exception:
                view.Warn(f"table common, key {key:s}: {exception.reason:s}")
                continue
            for problem in problems:
                view.Warn(
                    f"table common, key {key:s}: not read to its end: "
                    f"{problem.reason:s}"
                )
            made = []
            if found is not None:
                made.append(entities.MakeEvent(context, book, found, BASIS))
            if full is not None:
                maker = chats.ChatEventMaker(context, book)
                made.extend(maker.MakeFull(full, BASIS))
            for event_data in made:
                event_data.record_state = state
                if hasattr(event_data, "record_table"):
                    event_data.record_table = "common"
                    event_data.row_identifier = key
                parser_mediator.ProduceEventData(
                    event_data, recovered=state is not None
                )

    def _ProduceDialogs(self, parser_mediator, view, context, book):
        """Produces the events of dialogs: drafts and traces of deletion.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          view (DatabaseView): database.
          context (TdlibContext): what all events have in common.
          book (AddressBook): address book.
        """
        maker = chats.ChatEventMaker(context, book)
        for row, state in view.Read("dialogs", ["dialog_id", "data"]):
            number, data = row.values
            if not isinstance(data, bytes):
                continue
            try:
                found = tdlib_dialogs.read_dialog(data)
            except FormatError as exception:
                view.Warn(f"table dialogs, chat {number!s}: {exception.reason:s}")
                continue
            if found.problem is not None:
                view.Warn(f"table dialogs, chat {number!s}: {found.problem.reason:s}")
            for event_data in maker.MakeDialog(found, BASIS):
                event_data.record_state = state
                if state is None and not hasattr(event_data, "record_table"):
                    event_data.record_state = "current"
                parser_mediator.ProduceEventData(
                    event_data, recovered=state is not None
                )

    def _ProduceFiles(self, parser_mediator, view, context, book):
        """Produces the events of files on this device.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          view (DatabaseView): database.
          context (TdlibContext): what all events have in common.
          book (AddressBook): address book.
        """
        maker = chats.ChatEventMaker(context, book)
        for row, state in view.Read("files", ["k", "v"]):
            key, data = self._GetKey(row.values[0]), row.values[1]
            if not key.startswith("file") or not key[4:].isdecimal():
                continue
            if not isinstance(data, bytes) or data.startswith(b"@@"):
                continue
            try:
                found = tdlib_stored_files.read_stored_file(data)
            except FormatError as exception:
                view.Warn(f"table files, key {key:s}: {exception.reason:s}")
                continue
            for event_data in maker.MakeFile(found, BASIS):
                event_data.record_state = state
                parser_mediator.ProduceEventData(
                    event_data, recovered=state is not None
                )

    def _ProduceMessages(self, parser_mediator, view, maker, table, columns):
        """Produces the events of messages.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          view (DatabaseView): database.
          maker (MessageEventMaker): maker.
          table (str): name of the table.
          columns (tuple[str]): names of the columns.
        """
        for row, state in view.Read(table, list(columns)):
            values = dict(zip(columns, row.values, strict=True))
            event_data = self._MakeMessage(view, maker, table, values)
            event_data.record_state = state
            parser_mediator.ProduceEventData(event_data, recovered=state is not None)

    def _MakeMessage(self, view, maker, table, values):
        """Creates the event data of a row.

        Args:
          view (DatabaseView): database.
          maker (MessageEventMaker): maker.
          table (str): name of the table.
          values (dict[str, object]): values by column.

        Returns:
          TelegramEventData: event data.
        """
        dialog, number = values["dialog_id"], values["message_id"]
        data = values["data"]
        try:
            if not isinstance(data, bytes):
                raise FormatError(0, "no blob")
            message = tdlib_message.read_message(data)
        except FormatError as exception:
            message = self._MakeFromColumns(values, exception)
        if message.problem is not None:
            view.Warn(
                f"table {table:s}, chat {dialog!s}, message {number!s}: "
                f"{message.problem.reason:s}"
            )
        event_data = maker.Make(
            message, dialog if isinstance(dialog, int) else 0, BASIS
        )
        if table != "messages":
            event_data.record_table = table
        event_data.row_identifier = f"{dialog!s} {number!s}"
        expires = values.get("ttl_expires_at")
        if isinstance(expires, int) and hasattr(event_data, "self_destruct_time"):
            event_data.self_destruct_time = events.MakeTime(expires)
        return event_data

    @staticmethod
    def _MakeFromColumns(values, problem):
        """Creates a message of the columns of a row whose blob cannot be read.

        Args:
          values (dict[str, object]): values by column.
          problem (FormatError): why it cannot be read.

        Returns:
          TdlibMessage: message.
        """
        number = values["message_id"]
        identifier = tdlib_values.read_message_id(
            number if isinstance(number, int) else 0
        )
        facts = MessageFacts("message")
        facts.identifier = identifier.server
        facts.is_plain = False
        sender = values.get("sender_user_id")
        if isinstance(sender, int) and sender:
            kind, peer = tdlib_values.read_dialog_id(sender)
            facts.sender = Peer(kind, peer)
        return tdlib_message.TdlibMessage(facts, identifier, 0, problem=problem)

    def _Recover(self, parser_mediator, view, maker):
        """Produces the events of messages that no state of the database shows.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          view (DatabaseView): database.
          maker (MessageEventMaker): maker.
        """
        columns = {
            "messages": list(self._MESSAGE_COLUMNS),
            "scheduled_messages": list(self._SCHEDULED_COLUMNS),
        }
        for table, row, state, found in view.Recover(columns):
            values = dict(zip(columns[table], row.values, strict=True))
            data = values["data"]
            if not isinstance(data, bytes) or not isinstance(values["dialog_id"], int):
                continue
            try:
                message = tdlib_message.read_message(data)
            except FormatError:
                continue
            if message.problem is not None and message.facts.text is None:
                continue
            event_data = maker.Make(message, values["dialog_id"], BASIS)
            event_data.record_state = state
            event_data.recovery_method = sqlite_removed.Describe(found)
            if table != "messages":
                event_data.record_table = table
            parser_mediator.ProduceEventData(event_data, recovered=True)


PLUGINS = (TdlibDatabasePlugin,)
