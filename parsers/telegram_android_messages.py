"""Messages in the database of Telegram for Android, table by table."""

import collections

from telegram_forensics.formats import android_custom_params
from telegram_forensics.formats import android_database
from telegram_forensics.formats import android_origin
from telegram_forensics.formats import tl_message
from telegram_forensics.formats import tl_media
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.parsers import message_event_data
from telegram_forensics.parsers import sqlite_removed
from telegram_forensics.parsers import telegram_android_context as android_context
from telegram_forensics.parsers import telegram_android_copies as android_copies
from telegram_forensics.parsers import tl_message_events

# Every column that says something of a message. Tables have some of them.
_COLUMNS = (
    "send_state",
    "read_state",
    "out",
    "ttl",
    "custom_params",
    "topic_id",
)
# What waits to be sent.
_PENDING_KINDS = frozenset(["scheduled", "shortcut"])


class MessageReader:
    """Reads the messages of a database.

    Attributes:
      counts (dict[int, int]): messages that the account sent since the login, without
          service actions, calls and automatic messages, by dialog identifier.
      login_time (int): login of this data set, seconds since 1970 UTC, or None.
      found (set[tuple[int, int]]): dialog and message identifiers of messages that
          traces of sending name.
    """

    def __init__(self, parser_mediator, view, peers, apply, login_time=None):
        """Initializes a reader.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          view (DatabaseView): database.
          peers (Peers): who is who.
          apply (function): sets what every event carries.
          login_time (Optional[int]): login of this data set, seconds since 1970 UTC.
        """
        super().__init__()
        self.counts = collections.Counter()
        self.found = set()
        self._destroy_times = self._LoadDestroyTimes(view)
        self.login_time = login_time
        self._maker = tl_message_events.MessageMaker(
            peers.account_number, apply, peers.GetName
        )
        self._apply = apply
        self._copies = android_copies.MessageCopies(view, peers)
        self._mediator = parser_mediator
        self._recovered = set()
        self._paths = android_context.FilePaths(view, parser_mediator)
        self._peers = peers
        self._version = view.current.version
        self._view = view
        self.traces = android_context.LoadTraces(view)

    def Close(self):
        """Closes what was opened."""
        self._paths.Close()

    @staticmethod
    def _LoadDestroyTimes(view):
        """Loads when messages destroy themselves.

        Args:
          view (DatabaseView): database.

        Returns:
          dict[tuple[int, int], int]: seconds since 1970 UTC by dialog (None where the
              table does not name it) and message identifier.
        """
        times = {}
        for table in ("enc_tasks_v2", "enc_tasks_v3", "enc_tasks_v4"):
            for row in view.ReadCurrent(table, ["uid", "mid", "date"]):
                uid, mid, date = row.values
                date = android_database.time(date)
                if date is not None:
                    times[uid, mid] = date
        return times

    def Read(self):
        """Reads all tables and produces the events."""
        for table in android_database.MESSAGE_TABLES:
            if self._view.HasTable(table.name):
                self._ReadTable(table)

    def GetRecoverable(self):
        """Retrieves what of removed messages is worth to be looked for.

        Returns:
          dict[str, list[str]]: names of the columns by table.
        """
        return {
            table.name: self._GetColumns(table)
            for table in android_database.MESSAGE_TABLES
            if table.kind in ("main", "scheduled")
        }

    def ReadRecovered(self, name, row, state, found):
        """Reads a row that was recovered and produces its event.

        Older states of a message that says the same as today's are left out, and so are
        further copies of the same.

        Args:
          name (str): name of the table.
          row (Row): row.
          state (str): state of the row.
          found (RecoveredRow): how it was found.
        """
        table = next(
            item for item in android_database.MESSAGE_TABLES if item.name == name
        )
        mid, uid, _, data = row.values[:4]
        key = hash((name, mid, uid, data))
        if key in self._recovered:
            return
        self._recovered.add(key)
        if not isinstance(data, bytes):
            return
        decoded = android_database.decode_message(data)
        if found.confidence == "low":
            # In free space the columns of one row can stand beside the object of
            # another: the object vouches for itself alone.
            if decoded.is_damaged:
                return
            if not self._copies.Fits(decoded.facts, uid, mid):
                mid = uid = None
                row = row._replace(values=(None, None, None, *row.values[3:]))
        if self._copies.IsCopy(uid, mid, data, decoded):
            return
        try:
            self.ReadRow(table, row, state, found)
        except (ArithmeticError, LookupError, TypeError, ValueError):
            # Free space holds anything: what makes no sense is no message.
            return

    @staticmethod
    def _GetColumns(table):
        """Retrieves the columns of interest.

        Args:
          table (MessageTable): table.

        Returns:
          list[str]: names of the columns.
        """
        columns = [
            name or f"no {place:d}"
            for place, name in enumerate((table.identifier, table.dialog, table.date))
        ]
        return [*columns, table.data, *_COLUMNS]

    def _ReadTable(self, table):
        """Reads a table.

        Args:
          table (MessageTable): table.
        """
        if table.kind == "push":
            self._ReadPushes(table)
            return
        for row, state in self._view.Read(table.name, self._GetColumns(table)):
            if self._mediator.abort:
                return
            try:
                self.ReadRow(table, row, state)
            except (ArithmeticError, LookupError, TypeError, ValueError) as exception:
                # Evidence that decodes to what no client writes. The row stays.
                self._KeepRow(table, row, state, exception)

    def ReadRow(self, table, row, state, found=None):
        """Reads a row and produces its event.

        Args:
          table (MessageTable): table.
          row (Row): row.
          state (str): state of the row, None if it counts.
          found (Optional[RecoveredRow]): how it was found, if it was recovered.
        """
        integer = android_database.integer
        mid, uid, date, data, _, _, out = row.values[:7]
        decoded = android_database.decode_message(data)
        facts = decoded.facts
        if decoded.blob is not None and decoded.blob.own_media_text is not None:
            # The client's own mark, nothing that anybody wrote.
            facts.text = facts.media.caption if facts.media is not None else None
        uid = integer(uid)
        if uid is None:
            uid = self._copies.GetDialog(facts)
        mid = integer(mid)
        if mid is None:
            mid = facts.identifier
        if (
            table.kind == "copy"
            and state is None
            and (data is None or self._copies.IsCopy(uid, mid, data, decoded))
        ):
            return
        number = mid
        if mid is not None and uid is not None:
            number, _ = android_database.split_message_id(mid, uid, self._version)
        if integer(out) is not None:
            facts.is_outgoing = bool(out)
        timestamp = android_database.time(date) or android_database.time(facts.date)

        if uid is None:
            chat = tl_message_events.Chat("group", 0, None, None)
            chat.identifier = None
        else:
            chat = self._peers.GetChat(uid)
        event_data = self._maker.Make(
            facts, chat, number, None if table.kind in _PENDING_KINDS else timestamp
        )
        if isinstance(event_data, message_event_data.TelegramMessageEventData):
            self._SetMessage(event_data, table, row, decoded, uid, mid)
            if table.kind == "scheduled":
                event_data.scheduled_time = tl_message_events.MakeTime(timestamp)
        self._SetPlace(event_data, table, row, state, found)
        for reason in decoded.warnings if found is None else ():
            self._view.Warn(f"table {table.name:s}, row id {row.rowid!s}: {reason:s}")
        self._mediator.ProduceEventData(
            event_data, corrupted=decoded.is_damaged, recovered=state is not None
        )
        if state is None:
            if self.traces.has_confirmed(uid, mid):
                self.found.add((uid, mid))
                self.found.add((None, mid))
            if table.kind == "main":
                self._Count(event_data, facts, uid, mid, timestamp)

    def _SetMessage(self, event_data, table, row, decoded, uid, mid):
        """Sets what a message has and calls and notices do not.

        Args:
          event_data (TelegramMessageEventData): event data.
          table (MessageTable): table.
          row (Row): row.
          decoded (DecodedMessage): message.
          uid (int): dialog identifier or None.
          mid (int): message identifier or None.
        """
        date, _, send_state, read_state, _, _, params, topic = row.values[2:]
        send_state = android_database.integer(send_state)
        is_pending = table.kind in _PENDING_KINDS
        self._SetRow(event_data, decoded, uid, mid, send_state, is_pending)
        if read_state is not None:
            read_state = android_database.integer(read_state) or 0
            event_data.is_read = bool(read_state & 1)
        self._SetDetails(event_data, table, date, params, topic)
        if decoded.unknown is not None:
            self._maker.AddDetails(event_data, {"unknown constructor": decoded.unknown})
        elif decoded.is_damaged:
            # What came before the damage is kept, its last value can be wrong.
            self._maker.AddDetails(event_data, {"not decoded to its end": True})

    def _SetPlace(self, event_data, table, row, state, found):
        """Sets where in the database the record stands.

        Args:
          event_data (TelegramEventData): event data.
          table (MessageTable): table.
          row (Row): row.
          state (str): state of the row, None if it counts.
          found (RecoveredRow): how it was found or None.
        """
        if state is not None:
            event_data.record_state = state
        elif table.kind == "main" and table.name != "ephemeral_messages":
            return
        event_data.record_table = table.name
        if row.rowid is not None:
            event_data.row_identifier = str(row.rowid)
        if found is not None:
            event_data.recovery_method = sqlite_removed.Describe(found)
            event_data.record_offset = found.offset

    def _SetRow(self, event_data, decoded, uid, mid, send_state, is_pending):
        """Sets what the row says beside the object.

        Args:
          event_data (TelegramMessageEventData): event data.
          decoded (DecodedMessage): message.
          uid (int): dialog identifier or None.
          mid (int): message identifier or None.
          send_state (int): state of sending or None.
          is_pending (bool): the message waits to be sent.
        """
        if send_state:
            event_data.send_state = android_database.SEND_STATES.get(
                send_state, str(send_state)
            )
        facts, blob = decoded.facts, decoded.blob
        if facts.is_outgoing and uid is not None and mid is not None:
            dialog = android_database.read_dialog(uid, self._version)
            origin = android_origin.grade(
                facts,
                blob,
                dialog,
                uid,
                mid,
                send_state,
                self.traces,
                is_waiting=is_pending,
            )
            event_data.origin = origin.value
            if origin.confidence is not None:
                event_data.origin_basis = ", ".join(origin.basis)
                event_data.origin_confidence = origin.confidence
        media = facts.media
        if media is not None:
            path = blob.attach_path if blob is not None else None
            if not path and media.identifier is not None:
                path = self._paths.Find(media.identifier)
            if path:
                event_data.file_path = path
        if self._destroy_times:
            date = self._destroy_times.get((uid, mid)) or self._destroy_times.get(
                (None, mid)
            )
            if date is not None:
                event_data.self_destruct_time = tl_message_events.MakeTime(date)

    def _SetDetails(self, event_data, table, date, params, topic):
        """Sets what few rows have.

        Args:
          event_data (TelegramMessageEventData): event data.
          table (MessageTable): table.
          date (object): column with the time.
          params (object): column `custom_params`.
          topic (object): column `topic_id`.
        """
        details = {}
        if table.kind == "scheduled" and date == android_database.WHEN_ONLINE:
            details["due"] = "when the other party is online"
        if topic:
            name = "shortcut" if table.kind == "shortcut" else "topic"
            details[name] = topic
        if isinstance(params, bytes):
            try:
                found = android_custom_params.read_message_custom_params(params)
            except FormatError as exception:
                details["custom parameters"] = f"not readable: {exception!s}"
            else:
                details["transcription"] = found.voice_transcription
                details["original language"] = found.original_language
                details["translated to"] = found.translated_language
                if found.translated_text is not None:
                    details["translation"] = tl_media.text_of(found.translated_text)
        if details:
            self._maker.AddDetails(event_data, details)

    def _Count(self, event_data, facts, uid, mid, timestamp):
        """Counts a message for the comparison with the traces of sending.

        Args:
          event_data (TelegramEventData): event data.
          facts (MessageFacts): message.
          uid (int): dialog identifier or None.
          mid (int): message identifier or None.
          timestamp (int): when it was sent or None.
        """
        if (
            event_data.DATA_TYPE == "telegram:message"
            and facts.is_outgoing
            and facts.action is None
            and event_data.origin != android_origin.NOT_APPLICABLE
            and event_data.chat_type != "secret"
            and (mid or 0) > 0
            and (self.login_time is None or (timestamp or 0) >= self.login_time)
        ):
            self.counts[uid] += 1

    def _KeepRow(self, table, row, state, exception):
        """Produces the event of a row whose content makes no sense.

        Args:
          table (MessageTable): table.
          row (Row): row.
          state (str): state of the row or None.
          exception (Exception): what went wrong.
        """
        self._view.Warn(
            f"table {table.name:s}, row id {row.rowid!s}: message makes no sense: "
            f"{type(exception).__name__:s}: {exception!s}"
        )
        mid, uid, date = row.values[:3]
        facts = tl_message.MessageFacts("damaged")
        event_data = message_event_data.TelegramMessageEventData()
        self._apply(event_data)
        if isinstance(uid, int):
            chat = self._peers.GetChat(uid)
            event_data.chat_identifier = chat.identifier
            event_data.chat_type = chat.chat_type
        event_data.message_identifier = None if mid is None else str(mid)
        event_data.record_state = state
        event_data.record_table = table.name
        event_data.row_identifier = None if row.rowid is None else str(row.rowid)
        event_data.sent_time = tl_message_events.MakeTime(
            android_database.time(date) or facts.date
        )
        self._mediator.ProduceEventData(event_data, corrupted=True)

    def _ReadPushes(self, table):
        """Reads notifications of messages that the client had not loaded yet.

        Args:
          table (MessageTable): table.
        """
        columns = ["mid", "uid", "date", "data", "fm", "name", "uname", "is_reaction"]
        for row, state in self._view.Read(table.name, columns):
            mid, uid, date, data, text, name, user_name, reaction = row.values
            decoded = android_database.decode_message(data)
            facts = decoded.facts
            if facts.text is None and isinstance(text, str):
                facts.text = text or None
            facts.is_outgoing = False
            if not isinstance(uid, int):
                uid = self._copies.GetDialog(facts) or 0
            chat = self._peers.GetChat(uid)
            timestamp = android_database.time(date)
            event_data = self._maker.Make(facts, chat, mid, timestamp)
            event_data.record_state = state
            event_data.record_table = table.name
            event_data.row_identifier = str(row.rowid)
            if isinstance(event_data, message_event_data.TelegramMessageEventData):
                if event_data.sender_name is None:
                    event_data.sender_name = user_name or name or None
                details = {
                    "notification shown": text if text != facts.text else None,
                    "from": name,
                    "reaction": bool(reaction),
                }
                self._maker.AddDetails(event_data, details)
            for reason in decoded.warnings:
                self._view.Warn(
                    f"table {table.name:s}, row id {row.rowid!s}: {reason:s}"
                )
            self._mediator.ProduceEventData(event_data, corrupted=decoded.is_damaged)
