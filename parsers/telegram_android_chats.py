"""Chats, members and contacts in the database of Telegram for Android.

Here is which tables are read and what makes the event data of chats; that of people is
made in `telegram_android_contacts`.
"""

from telegram_forensics.formats import android_database
from telegram_forensics.formats import tl_object
from telegram_forensics.formats import tl_peers
from telegram_forensics.parsers import message_event_data
from telegram_forensics.parsers import sqlite_removed
from telegram_forensics.parsers import telegram_android_contacts as android_contacts
from telegram_forensics.parsers import telegram_android_tables as android_tables
from telegram_forensics.parsers import tl_message_events

_HALF = 1 << 32
_SECRET_STATES = {
    "encryptedChat": "established",
    "encryptedChatDiscarded": "ended",
    "encryptedChatEmpty": "empty",
    "encryptedChatRequested": "requested by the other party",
    "encryptedChatWaiting": "waiting for the other party",
}


class ChatReader(android_tables.TableReader):
    """Reads chats, members and contacts of a database."""

    def __init__(self, parser_mediator, view, peers, apply):
        """Initializes a reader.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          view (DatabaseView): database.
          peers (Peers): who is who.
          apply (function): sets what every event carries.
        """
        super().__init__(parser_mediator, view, peers, apply)
        self._contacts = android_contacts.ContactMaker(peers, apply, self._Decode)
        self._is_recovering = False
        self._muted = {}
        for row in view.ReadCurrent("dialog_settings", ["did", "flags"]):
            self._muted[row.values[0]] = android_database.integer(row.values[1])

    def _GetTables(self):
        """Retrieves the tables.

        Returns:
          dict[str, tuple[list[str], function]]: names of the columns, and what makes
              event data of a row, by table.
        """
        return {
            "dialogs": (self._DIALOG_COLUMNS, self._ReadDialog),
            "chats": (["uid", "name", "data"], self._ReadChat),
            "enc_chats": (self._SECRET_COLUMNS, self._ReadSecretChat),
            "users": (["uid", "name", "status", "data"], self._contacts.ReadUser),
            "contacts": (["uid", "mutual"], self._contacts.ReadContact),
            "chat_settings": (["uid", "participants"], self._ReadMembers),
            "chat_settings_v2": (["uid", "info"], self._ReadMembers),
            "channel_users_v2": (["did", "uid", "data"], self._contacts.ReadMember),
            "channel_admins_v3": (["did", "uid", "data"], self._contacts.ReadMember),
            "user_settings": (["uid", "info"], self._contacts.ReadFullUser),
        }

    def Read(self):
        """Reads all tables and produces the events."""
        for table, (columns, method) in self._GetTables().items():
            self.ReadTable(table, columns, method)
        for table, columns, method in self._contacts.GetPhoneBooks(self._view):
            self.ReadTable(table, columns, method)

    # What tells of people and chats that are gone; other rows change all the time.
    _RECOVERABLE = ("chats", "contacts", "enc_chats", "users")

    def GetRecoverable(self):
        """Retrieves what of removed rows is worth to be looked for.

        Returns:
          dict[str, list[str]]: names of the columns by table.
        """
        tables = self._GetTables()
        return {name: list(tables[name][0]) for name in self._RECOVERABLE}

    def ReadRecovered(self, name, row, state, found):
        """Reads a row that was recovered and produces its event.

        Args:
          name (str): name of the table.
          row (Row): row.
          state (str): state of the row.
          found (RecoveredRow): how it was found.
        """
        # An older state of what is still there: it differs in counters, mostly.
        if state != "removed" or not isinstance(row.values[0], int):
            return
        _, method = self._GetTables()[name]
        self._is_recovering = True
        try:
            made = list(method(name, row))
        except (ArithmeticError, LookupError, TypeError, ValueError):
            # Free space holds anything: what makes no sense is no record.
            return
        finally:
            self._is_recovering = False
        for event_data in made:
            event_data.record_offset = found.offset
            event_data.record_state = state
            event_data.record_table = name
            event_data.recovery_method = sqlite_removed.Describe(found)
            self._mediator.ProduceEventData(event_data, recovered=True)

    def ReadTable(self, table, columns, method):
        """Reads a table.

        Args:
          table (str): name of the table.
          columns (list[str]): names of the columns.
          method (function): makes event data of the values of a row.
        """
        if not self._view.HasTable(table):
            return

        def MakeAll(table, row):
            return list(method(table, row))

        for row, state, found in self._ReadRows(table, columns, MakeAll):
            for event_data in found:
                event_data.record_state = state
                event_data.record_table = table
                if row.rowid is not None:
                    event_data.row_identifier = str(row.rowid)
                self._mediator.ProduceEventData(event_data, recovered=state is not None)

    def _Warn(self, table, row, reason):
        """Produces a warning about a row.

        Args:
          table (str): name of the table.
          row (Row): row.
          reason (str): what is wrong.
        """
        if not self._is_recovering:
            super()._Warn(table, row, reason)

    def _MakeChat(self, dialog_id):
        """Creates the event data of a chat.

        Args:
          dialog_id (int): dialog identifier as stored.

        Returns:
          TelegramChatEventData: event data.
        """
        event_data = message_event_data.TelegramChatEventData()
        self._apply(event_data)
        if isinstance(dialog_id, int):
            chat = self._peers.GetChat(dialog_id)
            event_data.chat_identifier = chat.identifier
            event_data.chat_title = chat.title
            event_data.chat_type = chat.chat_type
        return event_data

    _DIALOG_COLUMNS = (
        "did",
        "date",
        "unread_count",
        "last_mid",
        "inbox_max",
        "outbox_max",
        "pinned",
        "flags",
        "folder_id",
        "ttl_period",
    )

    def _ReadDialog(self, table, row):
        """Reads a row of the list of chats.

        Args:
          table (str): name of the table.
          row (Row): row.

        Yields:
          TelegramChatEventData: event data.
        """
        (did, date, unread, last, inbox, outbox, pinned, flags, folder, ttl) = (
            row.values
        )
        event_data = self._MakeChat(did)
        event_data.last_message_time = tl_message_events.MakeTime(
            android_database.time(date)
        )
        muted = self._muted.get(did) or 0
        until = muted // _HALF
        words = tl_message_events.GetWords(
            {
                "last message": last or None,
                "unread messages": unread or None,
                "account has read up to message": inbox or None,
                "other party has read up to message": outbox or None,
                "pinned": bool(pinned),
                "archived": folder == 1,
                "marked as unread": bool((android_database.integer(flags) or 0) & 1),
                "muted": bool(muted & 1) and until in (0, 0x7FFFFFFF),
                "muted until": self._FormatTime(until) if muted & 1 else None,
                "messages delete themselves after seconds": ttl or None,
            }
        )
        event_data.chat_details = "; ".join(words) or None
        yield event_data

    @staticmethod
    def _FormatTime(seconds):
        """Formats a time that is no event of its own.

        Args:
          seconds (int): seconds since 1970 UTC.

        Returns:
          str: date and time or None if it is none.
        """
        if not 0 < seconds < 0x7FFFFFFF:
            return None
        time = tl_message_events.MakeTime(seconds)
        return f"{time.CopyToDateTimeString():s} UTC"

    def _ReadChat(self, table, row):
        """Reads a group or channel.

        Args:
          table (str): name of the table.
          row (Row): row.

        Yields:
          TelegramChatEventData: event data.
        """
        uid, name, data = row.values
        value = self._Decode(table, row, data, "Chat")
        chat = tl_peers.read_chat(value) if value is not None else None
        event_data = self._MakeChat(-uid)
        if chat is None:
            event_data.chat_title = name or None
            yield event_data
            return
        event_data.chat_kind = chat.kind
        event_data.chat_title = chat.title or name or None
        event_data.chat_type = chat.chat_type
        event_data.chat_username = chat.username
        event_data.is_left = chat.is_left
        date = tl_message_events.MakeTime(chat.date)
        if chat.peer.kind == "channel" and not chat.is_creator:
            event_data.joined_time = date
        else:
            event_data.created_time = date
        words = tl_message_events.GetWords(
            {
                "members": chat.members,
                "created by the account": bool(chat.is_creator),
                "became the channel": chat.migrated_to,
            }
        )
        event_data.chat_details = "; ".join(words) or None
        yield event_data

    _SECRET_COLUMNS = (
        "uid",
        "user",
        "data",
        "authkey",
        "ttl",
        "layer",
        "seq_in",
        "seq_out",
        "key_date",
        "admin_id",
    )

    def _ReadSecretChat(self, table, row):
        """Reads a secret chat.

        Args:
          table (str): name of the table.
          row (Row): row.

        Yields:
          TelegramChatEventData: event data.
        """
        uid, user, data, key, ttl, layer, seq_in, seq_out, key_date, admin = row.values
        value = self._Decode(table, row, data, "EncryptedChat")
        fields = value.fields if value is not None else {}
        event_data = message_event_data.TelegramChatEventData()
        self._apply(event_data)
        event_data.chat_identifier = str(uid)
        event_data.chat_type = "secret"
        event_data.chat_title = self._peers.GetName(tl_peers.Peer("user", user))
        event_data.chat_kind = value.name if value is not None else None
        event_data.peer_identifier = None if user is None else str(user)
        event_data.created_time = tl_message_events.MakeTime(fields.get("date"))
        event_data.rekeyed_time = tl_message_events.MakeTime(
            android_database.time(key_date)
        )
        fingerprint = fields.get("key_fingerprint")
        if fingerprint is not None:
            event_data.key_fingerprint = f"{fingerprint % (1 << 64):016x}"
        has_key = isinstance(key, bytes) and len(key) == 256
        layer = android_database.integer(layer) or 0
        started = fields.get("admin_id") or admin or None
        words = tl_message_events.GetWords(
            {
                "state": _SECRET_STATES.get(event_data.chat_kind),
                "key is stored, this installation is the endpoint": has_key,
                "no key stored": not has_key,
                "started by": f"user {started}" if started else None,
                "messages destroy themselves after seconds": ttl or None,
                "own layer": layer & 0xFFFF or None,
                "layer of the other party": layer >> 16 or None,
                "messages in": seq_in,
                "messages out": seq_out,
            }
        )
        event_data.chat_details = "; ".join(words) or None
        yield event_data

    def _ReadMembers(self, table, row):
        """Reads what was loaded about a group or channel.

        Args:
          table (str): name of the table.
          row (Row): row.

        Yields:
          TelegramEventData: event data of the chat and of its members.
        """
        uid, data = row.values
        name = "ChatParticipants" if table == "chat_settings" else "ChatFull"
        value = self._Decode(table, row, data, name)
        if value is None:
            return
        event_data = self._MakeChat(-uid)
        event_data.chat_kind = value.name
        inner = value.fields.get("participants")
        members = value if table == "chat_settings" else inner
        found = []
        if isinstance(members, tl_object.TLObject):
            found = members.fields.get("participants") or []
        event_data.members = [str(item.fields.get("user_id")) for item in found] or None
        words = tl_message_events.GetWords(
            {
                "about": value.fields.get("about") or None,
                "members": value.fields.get("participants_count"),
                "linked chat": value.fields.get("linked_chat_id"),
            }
        )
        event_data.chat_details = "; ".join(words) or None
        yield event_data
        for item in found:
            yield self._contacts.MakeMember(-uid, item)
