"""Event data of what Telegram's web clients leave in a browser beside messages."""

from telegram_forensics.parsers import event_data


class TelegramWebTraceEventData(event_data.TelegramEventData):
    """Telegram web trace event data: a web client was used, or its storage was.

    Attributes:
      account_slot (str): number of the account in the client.
      record_state (str): "current", or "overwritten" or "removed" for a record that
          the storage has replaced or removed.
      recorded_time (dfdatetime.DateTimeValues): when it was.
      trace_details (str): what else is known, in words.
      trace_type (str): what happened, see docs/event_data.md.
      written_time (dfdatetime.DateTimeValues): modification time of the file, for
          traces without a time of their own.
    """

    DATA_TYPE = "telegram:web_trace"

    def __init__(self):
        """Initializes event data."""
        super().__init__(data_type=self.DATA_TYPE)
        self.account_slot = None
        self.record_state = None
        self.recorded_time = None
        self.trace_details = None
        self.trace_type = None
        self.written_time = None


EVENT_DATA_CLASSES = (TelegramWebTraceEventData,)
