"""Messages in the database of Telegram for iOS and native macOS (t7)."""

import sqlite3

from dfvfs.lib import errors as dfvfs_errors

from telegram_forensics.formats import postbox_carving
from telegram_forensics.formats import postbox_facts
from telegram_forensics.formats import postbox_ids
from telegram_forensics.formats import postbox_keys
from telegram_forensics.formats import postbox_message
from telegram_forensics.formats import postbox_origin
from telegram_forensics.formats import sqlite_rows
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.parsers import client_trace_event_data
from telegram_forensics.parsers import message_event_data
from telegram_forensics.parsers import sqlite_removed
from telegram_forensics.parsers import telegram_apple_context as apple_context
from telegram_forensics.parsers import telegram_apple_missing as apple_missing
from telegram_forensics.parsers import telegram_apple_traces as apple_traces
from telegram_forensics.parsers import tl_message_events

TABLE = "t7"

_FRAME_HEADER_SIZE = 24
# Attributes that tell when the account did something with a message.
_TRACED = frozenset(
    [
        "AutoclearTimeoutMessageAttribute",
        "AutoremoveTimeoutMessageAttribute",
        "ReactionsMessageAttribute",
    ]
)
# What evidence can raise that no client wrote.
_SENSELESS = (ArithmeticError, LookupError, RecursionError, TypeError, ValueError)
_PAGES_AT_ONCE = 64
_PAGE_SIZES = frozenset(1 << power for power in range(9, 17))


class MessageReader:
    """Reads the messages of a database.

    Attributes:
      traces (SendTraces): traces of sending.
    """

    def __init__(self, parser_mediator, reader):
        """Initializes a reader.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          reader (PostboxReader): database.
        """
        super().__init__()
        self.traces = apple_traces.LoadTraces(reader)
        self._due = apple_traces.LoadDue(reader)
        self._maker = tl_message_events.MessageMaker(
            reader.account_number, reader.Apply, reader.GetName
        )
        self._mediator = parser_mediator
        self._reader = reader
        self._read_states = apple_traces.LoadReadStates(reader)
        self._view = reader.view

    def Read(self):
        """Reads all messages and produces their events."""
        for row, state in self._view.Read(TABLE, ["key", "value"]):
            if self._mediator.abort:
                return
            self._ReadRow(row, state)

    def _ReadRow(self, row, state, found=None):
        """Reads a row and produces its event.

        Args:
          row (Row): row.
          state (str): state of the row, None if it counts.
          found (Optional[RecoveredRow]): how it was found, if it was recovered.
        """
        data_key, data = row.values
        problems = []
        key = stored = None
        try:
            if not isinstance(data_key, bytes) or not isinstance(data, bytes):
                raise FormatError(0, "key or value is no blob")
            key = postbox_keys.read_message_key(data_key, self._reader.schema)
            stored = postbox_message.read_message(data, problems)
        except FormatError as exception:
            problems.append((exception.offset, exception.reason))
        if found is not None and (problems or not self._IsPlausible(key)):
            # Free space holds anything: what does not fit to its end is no message.
            return
        try:
            event_data = self._MakeEventData(key, stored)
        except _SENSELESS as exception:
            if found is not None:
                return
            # Evidence that decodes to what no client writes. The row stays.
            name = type(exception).__name__
            problems.append((0, f"message makes no sense: {name:s}: {exception!s}"))
            stored = None
            event_data = self._MakeEventData(key, stored)
        self._reader.Warn(TABLE, data_key, problems)
        self._SetPlace(event_data, row, state, found)
        self._mediator.ProduceEventData(
            event_data,
            corrupted=stored is None or not stored.is_complete,
            recovered=state is not None,
        )
        if state is None and stored is not None:
            for trace in self._MakeTraces(key, stored):
                self._mediator.ProduceEventData(trace)

    def _MakeTraces(self, key, stored):
        """Creates the event data of what was done with a message.

        Args:
          key (MessageKey): place of the message.
          stored (StoredMessage): message.

        Yields:
          TelegramClientTraceEventData: event data.
        """
        # Most messages have neither: they need not be read a second time.
        if not any(item.name in _TRACED for item in stored.attributes):
            return
        facts = postbox_facts.read_facts(key, stored)
        chat = self._reader.GetChat(key.peer)
        number = apple_context.GetMessageIdentifier(key.id)
        place = f"{chat.kind:s} {chat.identifier:s}, message {number:s}"
        found = [
            ("reaction_given", item.time, f"{item.reaction:s}; {place:s}")
            for item in facts.own_reactions
        ]
        if facts.countdown_start is not None and not facts.message.is_outgoing:
            found.append(("message_opened", facts.countdown_start, place))
        for kind, time, details in found:
            event_data = client_trace_event_data.TelegramClientTraceEventData()
            self._reader.Apply(event_data)
            event_data.recorded_time = apple_context.MakeTime(time)
            event_data.trace_details = details
            event_data.trace_type = kind
            yield event_data

    @staticmethod
    def _IsPlausible(key):
        """Determines if a key is one of a message.

        Args:
          key (MessageKey): key.

        Returns:
          bool: True if namespace and time are those that messages have.
        """
        return (
            key is not None
            and key.namespace in postbox_ids.MESSAGE_NAMESPACES
            and key.timestamp >= 0
            and postbox_ids.read_peer(key.peer) is not None
        )

    def _MakeEventData(self, key, stored):
        """Creates the event data of a message.

        Args:
          key (MessageKey): place of the message or None if it cannot be read.
          stored (StoredMessage): message or None if it cannot be read.

        Returns:
          TelegramEventData: event data.
        """
        if key is None or stored is None:
            event_data = message_event_data.TelegramMessageEventData()
            self._reader.Apply(event_data)
            if key is not None:
                chat = self._reader.GetChat(key.peer)
                event_data.chat_identifier = chat.identifier
                event_data.chat_title = chat.title
                event_data.chat_type = chat.chat_type
                event_data.message_identifier = apple_context.GetMessageIdentifier(
                    key.id
                )
                event_data.sent_time = tl_message_events.MakeTime(key.timestamp)
            return event_data

        facts = postbox_facts.read_facts(key, stored, self._reader.FindMedia)
        chat = self._reader.GetChat(key.peer)
        is_waiting = key.namespace in postbox_ids.SCHEDULED_NAMESPACES
        event_data = self._maker.Make(
            facts.message, chat, key.number, None if is_waiting else key.timestamp
        )
        event_data.message_identifier = apple_context.GetMessageIdentifier(key.id)
        if facts.authorization_hash is not None:
            event_data.authorization_hash = str(facts.authorization_hash)
            if hasattr(event_data, "reported_time") and not event_data.reported_time:
                event_data.reported_time = tl_message_events.MakeTime(
                    facts.authorization_time
                )
        if isinstance(event_data, message_event_data.TelegramMessageEventData):
            self._SetMessage(event_data, key, stored, facts)
        return event_data

    def _SetMessage(self, event_data, key, stored, facts):
        """Sets what only messages have.

        Args:
          event_data (TelegramMessageEventData): event data.
          key (MessageKey): place of the message.
          stored (StoredMessage): message.
          facts (PostboxFacts): what it says.
        """
        origin = postbox_origin.grade(key, stored, facts, self.traces)
        if origin.value is not None:
            event_data.origin = origin.value
            if origin.confidence is not None:
                event_data.origin_basis = ", ".join(origin.basis)
                event_data.origin_confidence = origin.confidence
        if facts.is_failed:
            event_data.send_state = "failed"
        elif facts.is_sending:
            event_data.send_state = "sending"
        event_data.scheduled_time = tl_message_events.MakeTime(
            facts.scheduled_time
            if key.namespace in postbox_ids.SCHEDULED_NAMESPACES
            else None
        )
        if facts.countdown_start and facts.countdown:
            event_data.self_destruct_time = tl_message_events.MakeTime(
                facts.countdown_start + facts.countdown
            )
        elif self._due:
            event_data.self_destruct_time = apple_context.MakeTime(
                self._due.get(key.id)
            )
        read = self._read_states.get((key.peer, key.namespace))
        if read is not None and read.known is not None:
            last = read.outgoing if facts.message.is_outgoing else read.incoming
            event_data.is_read = key.number <= last
        details = {}
        if key.namespace != postbox_ids.CLOUD:
            details["kind of identifier"] = postbox_ids.MESSAGE_NAMESPACES.get(
                key.namespace, str(key.namespace)
            )
        if facts.was_played:
            details["attachment was played"] = True
        files = [
            resource.file_name
            for media in facts.media
            for resource in media.resources[:1]
            if resource.file_name and not resource.is_prefix
        ]
        if files:
            details["file in postbox/media"] = files
        if not stored.is_complete:
            details["not decoded to its end"] = True
        self._maker.AddDetails(event_data, details)

    @staticmethod
    def _SetPlace(event_data, row, state, found):
        """Sets where in the database the record stands.

        Args:
          event_data (TelegramEventData): event data.
          row (Row): row.
          state (str): state of the row, None if it counts.
          found (RecoveredRow): how it was found or None.
        """
        if state is None:
            return
        event_data.record_state = state
        event_data.record_table = TABLE
        if row.rowid is not None:
            event_data.row_identifier = str(row.rowid)
        if found is not None:
            event_data.recovery_method = sqlite_removed.Describe(found)
            event_data.record_offset = found.offset

    def Recover(self):
        """Produces the events of messages that SQL does not show any more.

        All tables look the same, so that content alone tells a message: its key, and a
        value that fits to its last byte.
        """
        seen = set()
        for _, row, state, found in self._view.Recover({TABLE: ["key", "value"]}):
            if self._mediator.abort:
                return
            if self._IsNew(row.values, seen):
                self._ReadRow(row, state, found)
        if not self._view.is_last_pass:
            return
        for name, offset, carved in self._Carve():
            if self._mediator.abort:
                return
            values = (carved.raw_key, carved.raw_value)
            if not self._IsNew(values, seen):
                continue
            state = self._view.current.GetFate(TABLE, None, {"key": carved.raw_key})
            try:
                event_data = self._MakeEventData(carved.key, carved.message)
            except _SENSELESS:
                continue
            event_data.record_offset = offset
            event_data.record_state = state
            event_data.record_table = TABLE
            event_data.recovery_method = (
                f"content of a page, confidence low, {name:s} (sizes are lost)"
            )
            self._mediator.ProduceEventData(event_data, recovered=True)

    def _IsNew(self, values, seen):
        """Determines if a recovered row is none that is there or was found before.

        Args:
          values (tuple[object, object]): key and value.
          seen (set[tuple[bytes, bytes]]): rows found before.

        Returns:
          bool: True if it is new.
        """
        key, value = values
        if not isinstance(key, bytes) or not isinstance(value, bytes):
            return False
        if values in seen or self._IsThere(key, value):
            return False
        seen.add(values)
        return True

    def _Carve(self):
        """Looks for messages by their content.

        Yields:
          tuple[str, int, CarvedMessage]: kind of the file, offset in it, and message.
        """
        log = self._view.wal_file_entry
        for name, file_object in (
            ("database", self._view.GetDatabaseFileObject()),
            ("write-ahead log", log.GetFileObject() if log is not None else None),
        ):
            if file_object is None:
                continue
            try:
                for offset, page in self._ReadPages(file_object, name):
                    for carved in postbox_carving.find_messages(
                        page, self._reader.schema, self._reader.chats
                    ):
                        yield name, offset + carved.offset, carved
            except (OSError, dfvfs_errors.Error) as exception:
                self._view.Warn(f"{name:s} cannot be read: {exception!s}")

    def _ReadPages(self, file_object, name):
        """Reads the pages of a database or of its log.

        Args:
          file_object (dfvfs.FileIO): file-like object.
          name (str): kind of the file.

        Yields:
          tuple[int, bytes]: offset in the file and content.
        """
        size = file_object.get_size()
        file_object.seek(0)
        header = file_object.read(32)
        offset, frame = 0, 0
        if name == "database":
            page_size = int.from_bytes(header[16:18], "big")
            page_size = 65536 if page_size == 1 else page_size
        else:
            page_size = int.from_bytes(header[8:12], "big")
            offset, frame = len(header), _FRAME_HEADER_SIZE
        if page_size not in _PAGE_SIZES:
            return
        while offset + frame < size and not self._mediator.abort:
            file_object.seek(offset)
            data = file_object.read((page_size + frame) * _PAGES_AT_ONCE)
            if not data:
                return
            for start in range(0, len(data), page_size + frame):
                page = data[start + frame : start + frame + page_size]
                yield offset + start + frame, page
            offset += len(data)

    def _IsThere(self, key, value):
        """Determines if a state has a message.

        Args:
          key (bytes): key.
          value (bytes): value; what was found by its content may end too early or late.

        Returns:
          bool: True if it has.
        """
        for state in self._view.GetStates():
            if TABLE not in state.columns:
                continue
            try:
                row = state.connection.execute(
                    f"SELECT value FROM {TABLE} WHERE key = ? "
                    f"AND length(value) <= {sqlite_rows.MAXIMUM_VALUE}",
                    (key,),
                ).fetchone()
            except sqlite3.Error:
                continue
            if row is None or not isinstance(row[0], bytes):
                continue
            if value.startswith(row[0]) or row[0].startswith(value):
                return True
        return False

    def ReadMissing(self):
        """Produces the events of messages that only indexes know, in the last pass."""
        if self._view.is_last_pass:
            missing = apple_missing.FindMissing(self._reader, self._view)
            for message, (timestamp, tables) in sorted(missing.items()):
                self._ProduceMissing(message, timestamp, sorted(tables))

    def _ProduceMissing(self, message, timestamp, tables):
        """Produces the event of a message that only indexes know.

        Args:
          message (MessageId): message.
          timestamp (int): its time, seconds since 1970 UTC.
          tables (list[str]): tables that name it.
        """
        chat = self._reader.GetChat(message.peer)
        event_data = message_event_data.TelegramMessageEventData()
        self._reader.Apply(event_data)
        event_data.chat_identifier = chat.identifier
        event_data.chat_title = chat.title
        event_data.chat_type = chat.chat_type
        event_data.message_identifier = apple_context.GetMessageIdentifier(message)
        event_data.record_state = "removed"
        event_data.record_table = ", ".join(tables)
        event_data.sent_time = apple_context.MakeTime(timestamp)
        details = {
            "only an index names the message": True,
            "call": "t39" in tables,
        }
        self._maker.AddDetails(event_data, details)
        self._mediator.ProduceEventData(event_data, recovered=True)
