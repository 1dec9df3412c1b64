"""SQLite plugin for the database of Telegram for Android and its forks."""

import collections

from telegram_forensics.formats import android_database
from telegram_forensics.parsers import message_event_data
from telegram_forensics.parsers import sqlite_plugin
from telegram_forensics.parsers import telegram_android_app as android_app
from telegram_forensics.parsers import telegram_android_chats as android_chats
from telegram_forensics.parsers import telegram_android_messages as android_messages
from telegram_forensics.parsers import telegram_android_peers as android_peers
from telegram_forensics.parsers import telegram_android_records as android_records

BASIS = "android_database"


class TelegramAndroidPlugin(sqlite_plugin.TelegramSQLitePlugin):
    """SQLite plugin for cache4.db.

    The generation of each table is read from the database; there are 177 versions of
    it, and forks add columns. Account and session come from the files beside it.
    """

    NAME = "telegram_android_database"
    DATA_FORMAT = "Telegram for Android SQLite database (cache4.db) file"

    REQUIRED_STRUCTURE = {
        "chats": frozenset(["uid", "name", "data"]),
        "dialogs": frozenset(["did", "date"]),
        "enc_chats": frozenset(["uid", "user", "data"]),
        "users": frozenset(["uid", "name", "status", "data"]),
    }

    _NOT_ON_MESSAGES = frozenset(
        ["android_user", "client_package", "installation_identifier"]
    )

    def __init__(self):
        """Initializes a plugin."""
        super().__init__()
        # Counts of the first pass over a database that has a log.
        self._first_pass = (None, None, None)

    def ProcessView(self, parser_mediator, view):
        """Extracts event data from a database.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          view (DatabaseView): database.
        """
        app = android_app.AndroidApp(parser_mediator, view.file_entry)
        slot = app.GetSlot(app.location.slot if app.location else None)
        template = message_event_data.TelegramMessageEventData()
        before = set(vars(template))
        slot.Apply(template, BASIS)
        values = {
            name: value for name, value in vars(template).items() if name not in before
        }

        # What is the same for all messages and tells nothing that session, account and
        # path do not: plaso's cost of an event is by the attribute.
        own_values = {
            name: value
            for name, value in values.items()
            if name not in self._NOT_ON_MESSAGES
        }

        def ApplyToMessage(event_data):
            event_data.__dict__.update(own_values)

        def Apply(event_data):
            event_data.__dict__.update(values)
            if hasattr(event_data, "account_slot") and slot.slot is not None:
                event_data.account_slot = str(slot.slot)

        number = slot.person.identifier if slot.person else None
        peers = android_peers.Peers(view, number)
        if slot.person is not None:
            peers.AddAccount(slot.person.name)
        if number is None and peers.account_number is not None:
            # The object of the account in its own database, flagged as such.
            values["account_identifier"] = str(peers.account_number)
            own_values["account_identifier"] = str(peers.account_number)
        config = slot.config
        login_time = config.login_time if config and config.person else None
        reader = android_messages.MessageReader(
            parser_mediator, view, peers, ApplyToMessage, login_time
        )
        chats = android_chats.ChatReader(parser_mediator, view, peers, Apply)
        try:
            reader.Read()
            self._ProduceBalance(parser_mediator, view, peers, Apply, reader)
            chats.Read()
            self._Recover(parser_mediator, view, (reader, chats))
        finally:
            reader.Close()
        last_time = self._GetLastTime(view, slot)
        android_records.RecordReader(
            parser_mediator, view, peers, Apply, (login_time, last_time)
        ).Read()

    @staticmethod
    def _GetLastTime(view, slot):
        """Retrieves the last time at which the data set is known to have been in use.

        Args:
          view (DatabaseView): database.
          slot (AndroidSlot): account slot.

        Returns:
          int: seconds since 1970 UTC or None if not known.
        """
        times = [slot.network.last_server_time if slot.network else None]
        for row in view.ReadCurrent("params", ["date"]):
            times.append(android_database.time(row.values[0]))
        return max((time for time in times if time is not None), default=None)

    @staticmethod
    def _Recover(parser_mediator, view, readers):
        """Produces the events of rows that SQL does not show any more.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          view (DatabaseView): database.
          readers (tuple[object, ...]): readers of the tables.
        """
        columns, owners = {}, {}
        for reader in readers:
            recoverable = reader.GetRecoverable()
            columns.update(recoverable)
            owners.update(dict.fromkeys(recoverable, reader))
        for table, row, state, found in view.Recover(columns):
            if parser_mediator.abort:
                return
            owners[table].ReadRecovered(table, row, state, found)

    def _ProduceBalance(self, parser_mediator, view, peers, apply, reader):
        """Produces how many messages and traces of sending each chat has.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          view (DatabaseView): database.
          peers (Peers): who is who.
          apply (function): sets what every event carries.
          reader (MessageReader): messages that were read.
        """
        key = view.key
        counts, found = reader.counts, reader.found
        if not view.is_last_pass:
            self._first_pass = (key, counts, found)
            return
        first_key, first_counts, first_found = self._first_pass
        self._first_pass = (None, None, None)
        if view.is_log_pass and first_key == key:
            counts, found = counts + first_counts, found | first_found
        traces = reader.traces
        lost = collections.Counter(
            dialog_id
            for dialog_id, number in traces.confirmed
            if (dialog_id, number) not in found
        )
        dialogs = counts.keys() | traces.pending.keys() | lost.keys()
        for dialog_id in sorted(dialogs, key=lambda value: (value is None, value or 0)):
            if dialog_id is not None and peers.GetChat(dialog_id).kind == "secret":
                # Secret chats leave such traces in both directions.
                continue
            event_data = message_event_data.TelegramChatEventData()
            apply(event_data)
            event_data.record_table = traces.table
            if dialog_id is not None:
                chat = peers.GetChat(dialog_id)
                event_data.chat_identifier = chat.identifier
                event_data.chat_title = chat.title
                event_data.chat_type = chat.chat_type
            else:
                # Before version 84 a trace does not name its chat.
                event_data.chat_details = "traces of all chats"
            if reader.login_time is None:
                event_data.chat_details = "; ".join(
                    filter(
                        None,
                        [
                            event_data.chat_details,
                            "login not known: all stored messages are counted",
                        ],
                    )
                )
            event_data.number_of_outgoing = counts.get(dialog_id)
            if traces.table is not None:
                event_data.number_of_local_traces = traces.pending.get(dialog_id, 0)
                event_data.number_of_lost_messages = lost.get(dialog_id, 0)
                if view.has_gaps or (None in dialogs and dialog_id is not None):
                    event_data.number_of_local_traces = None
                    event_data.number_of_lost_messages = None
            parser_mediator.ProduceEventData(event_data)
