"""Shared functionality of the parsers of the files of Telegram for iOS and macOS."""

from telegram_forensics.parsers import client_trace_event_data
from telegram_forensics.parsers import telegram_apple_context as apple_context


class StoreEvents:
    """Creates the events of a file of the client's storage."""

    def __init__(self, file_entry, record=None):
        """Initializes a creator.

        Args:
          file_entry (dfvfs.FileEntry): file entry.
          record (Optional[int]): record identifier of the account.
        """
        super().__init__()
        self._written_time = file_entry.modification_time
        self.store = apple_context.AppleStore(file_entry.path_spec)
        if record is not None:
            self.store.record = record

    def Apply(self, event_data, basis):
        """Sets what every event carries.

        Args:
          event_data (TelegramEventData): event data.
          basis (str): code of the stored fact behind the attribution.
        """
        self.store.Apply(event_data, basis)
        event_data.written_time = self._written_time

    def MakeTrace(self, kind, basis, seconds=None, details=None):
        """Creates the event data of a trace.

        Args:
          kind (str): what happened.
          basis (str): code of the stored fact behind it.
          seconds (Optional[float]): seconds since 1970 UTC.
          details (Optional[str]): what else is known, in words.

        Returns:
          TelegramClientTraceEventData: event data.
        """
        event_data = client_trace_event_data.TelegramClientTraceEventData()
        self.Apply(event_data, basis)
        event_data.recorded_time = apple_context.MakeTime(seconds)
        event_data.trace_details = details
        event_data.trace_type = kind
        if event_data.recorded_time is not None:
            event_data.written_time = None
        return event_data
