"""Event data of the use of a client that its own files tell of."""

from telegram_forensics.parsers import event_data


class TelegramClientTraceEventData(event_data.TelegramEventData):
    """Telegram client trace event data: the client was used, or was in contact.

    Attributes:
      account_slot (str): number of the account in the client.
      record_state (str): "current", or "overwritten" or "removed" for a record that
          the file has replaced or erased; "stray" behind damage, "ignored" if it never
          took effect.
      recorded_time (dfdatetime.DateTimeValues): when it was.
      trace_details (str): what else is known, in words.
      trace_type (str): what happened, see docs/event_data.md.
      written_time (dfdatetime.DateTimeValues): modification time of the file, for
          traces without a time of their own.
    """

    DATA_TYPE = "telegram:client_trace"

    def __init__(self):
        """Initializes event data."""
        super().__init__(data_type=self.DATA_TYPE)
        self.account_slot = None
        self.record_state = None
        self.recorded_time = None
        self.trace_details = None
        self.trace_type = None
        self.written_time = None


EVENT_DATA_CLASSES = (TelegramClientTraceEventData,)
