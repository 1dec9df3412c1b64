"""Reading of tables in the database of Telegram for iOS and native macOS."""

from telegram_forensics.formats.errors import FormatError
from telegram_forensics.parsers import message_event_data

# What evidence can raise that no client wrote.
_SENSELESS = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)


class TableReader:
    """Base of readers of tables."""

    def __init__(self, parser_mediator, reader, traces):
        """Initializes a reader.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          reader (PostboxReader): database.
          traces (SendTraces): traces of sending.
        """
        super().__init__()
        self._mediator = parser_mediator
        self._reader = reader
        self._traces = traces
        self._view = reader.view

    def GetTables(self):
        """Retrieves the tables.

        Returns:
          dict[str, function]: what makes event data of key and value of a row, by
              table.
        """
        raise NotImplementedError

    def MakeSummary(self):
        """Creates the event data of what the whole database says.

        Yields:
          TelegramEventData: event data.
        """
        raise NotImplementedError

    def Read(self):
        """Reads all tables and produces the events."""
        for table, method in self.GetTables().items():
            self._ReadTable(table, method)
        if self._view.is_last_pass:
            for event_data in self.MakeSummary():
                self._mediator.ProduceEventData(event_data)

    def _ReadTable(self, table, method):
        """Reads a table.

        Args:
          table (str): name of the table.
          method (function): makes event data of key and value of a row.
        """
        if not self._view.HasTable(table):
            return
        for row, state in self._view.Read(table, ["key", "value"]):
            if self._mediator.abort:
                return
            key, value = row.values
            try:
                made = list(method(key, value))
            except FormatError as exception:
                self._reader.Warn(table, key, [(exception.offset, exception.reason)])
                continue
            except _SENSELESS as exception:
                reason = f"makes no sense: {type(exception).__name__}: {exception!s}"
                self._reader.Warn(table, key, [(0, reason)])
                continue
            for event_data in made:
                event_data.record_state = state
                if hasattr(event_data, "record_table"):
                    event_data.record_table = table
                    if row.rowid is not None:
                        event_data.row_identifier = str(row.rowid)
                self._mediator.ProduceEventData(event_data, recovered=state is not None)

    def _MakeContactData(self, source, number=None):
        """Creates the event data of a contact.

        Args:
          source (str): which list it stands in.
          number (Optional[int]): user identifier.

        Returns:
          TelegramContactEventData: event data.
        """
        event_data = message_event_data.TelegramContactEventData()
        self._reader.Apply(event_data)
        event_data.contact_source = source
        if number is not None:
            peer = ("user", number)
            event_data.contact_identifier = str(number)
            event_data.contact_name = self._reader.GetName(peer)
            event_data.contact_type = "user"
        return event_data

    def _MakeChatData(self, value):
        """Creates the event data of a chat.

        Args:
          value (int): stored number of the chat.

        Returns:
          TelegramChatEventData: event data.
        """
        event_data = message_event_data.TelegramChatEventData()
        self._reader.Apply(event_data)
        chat = self._reader.GetChat(value)
        event_data.chat_identifier = chat.identifier
        event_data.chat_title = chat.title
        event_data.chat_type = chat.chat_type
        return event_data
