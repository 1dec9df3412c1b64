"""Event data of what a client keeps on a computer beside messages."""

from telegram_forensics.parsers import event_data


class TelegramDraftEventData(event_data.TelegramEventData):
    """Telegram draft event data: text that was typed and not sent.

    Attributes:
      account_slot (str): where the client keeps the account, such as its index.
      chat_identifier (str): the peer's own identifier, decimal.
      chat_type (str): kind of chat: "user", "group", "channel" (which includes
          supergroups) or "secret"; None where the client stores a number only that does
          not tell groups from channels.
      draft_section (str): where in the chat: "local" (the chat itself), "cloud",
          "scheduled", "topic", "shortcut" or "sub_chat".
      is_editing (bool): True if it is an edit of a sent message.
      message_identifier (str): identifier of the message that is edited.
      record_state (str): "current", or "overwritten" or "removed" for a record that
          the storage has replaced or removed; None where storage has one state only.
      reply_to_identifier (str): identifier of the message that is replied to.
      reply_to_text (str): text of that message, where a copy is stored with the draft.
      saved_time (dfdatetime.DateTimeValues): last change of the draft: as stored with
          it, or the modification time of the draft's file.
      text (str): the text.
      topic_identifier (str): identifier of the topic, shortcut or sub-chat.
      written_time (dfdatetime.DateTimeValues): modification time of the file that
          holds the record, for drafts without saved_time.
    """

    DATA_TYPE = "telegram:draft"

    def __init__(self):
        """Initializes event data."""
        super().__init__(data_type=self.DATA_TYPE)
        self.account_slot = None
        self.chat_identifier = None
        self.chat_type = None
        self.draft_section = None
        self.is_editing = None
        self.message_identifier = None
        self.record_state = None
        self.reply_to_identifier = None
        self.reply_to_text = None
        self.saved_time = None
        self.text = None
        self.topic_identifier = None
        self.written_time = None


class TelegramFileEventData(event_data.TelegramEventData):
    """Telegram file event data: a file of this computer tied to Telegram.

    Attributes:
      account_slot (str): where the client keeps the account, such as its index.
      chat_identifier (str): the peer's own identifier, decimal.
      chat_type (str): kind of chat: "user", "group" or "channel" (which includes
          supergroups).
      document_identifier (str): identifier of the cloud file, decimal.
      download_time (dfdatetime.DateTimeValues): start of the download.
      file_path (str): path on this computer as the client stored it.
      file_role (str): "location" (saved, opened or sent from disk), "download",
          "picked" (picked to be sent), "web_file" or "bot_download".
      file_size (int): size in bytes.
      file_type (str): "document", "photo", "audio" or "video".
      file_written_time (dfdatetime.DateTimeValues): modification time of that file
          when the client recorded it.
      message_identifier (str): identifier of the message.
      record_state (str): "overwritten" or "removed" for a row that the database
          has replaced or removed, "recovered" for one of a database that SQLite
          cannot open; None for one that counts.
      recovery_method (str): how a record of a database that SQLite cannot open was
          found, and how sure its content is.
      url (str): source of a web file.
      written_time (dfdatetime.DateTimeValues): modification time of the file that
          holds the record.
    """

    DATA_TYPE = "telegram:file"

    def __init__(self):
        """Initializes event data."""
        super().__init__(data_type=self.DATA_TYPE)
        self.account_slot = None
        self.chat_identifier = None
        self.chat_type = None
        self.document_identifier = None
        self.download_time = None
        self.file_path = None
        self.file_role = None
        self.file_size = None
        self.file_type = None
        self.file_written_time = None
        self.message_identifier = None
        self.record_state = None
        self.recovery_method = None
        self.url = None
        self.written_time = None


class TelegramCacheEventData(event_data.TelegramEventData):
    """Telegram cache event data: a record of the client's media cache index.

    Attributes:
      access_time (dfdatetime.DateTimeValues): use of a value; the true time is up to 15
          minutes earlier.
      account_slot (str): where the client keeps the account, such as its index.
      cache_created_time (dfdatetime.DateTimeValues): creation of this generation of
          the cache, by the computer's clock.
      cache_database (str): "cache" or "media_cache".
      cache_event (str): "created", "stored", "used", "removed", "usage_period",
          "uploaded", "joined", "clock_set_back", "compacted", "cleared" or
          "unindexed".
      cache_generation (str): number of the generation.
      cache_key (str): key of the value, two hexadecimal numbers.
      cache_keys (list[str]): keys of a record that has several.
      cleared_time (dfdatetime.DateTimeValues): the cache was cleared, by a log out
          or by hand.
      clock_set_back (int): seconds by which the computer's clock had been set back.
      content_type (str): what the client says that the value is.
      creation_meaning (str): what the creation stands for, see docs/event_data.md.
      data_center (int): data center of the value.
      document_identifier (str): identifier of document or photo, decimal.
      end_time (dfdatetime.DateTimeValues): end of a period of use.
      file_path (str): path of the value file below the generation's folder.
      file_size (int): size of the plain value in bytes; of a joined file with what is
          missing in it.
      first_stored_time (dfdatetime.DateTimeValues): the oldest slice of a joined file
          was stored; the true time is up to 15 minutes later.
      joined_state (str): "complete", "end_unknown", "partial" or "too_sparse".
      key_meaning (str): meaning of the key.
      last_used_time (dfdatetime.DateTimeValues): last use of the value.
      local_identifier (str): random local identifier under which an upload began.
      missing_ranges (list[str]): ranges that are missing in a joined file: first and
          last byte.
      removed_after_time (dfdatetime.DateTimeValues): time point before a removal.
      removed_before_time (dfdatetime.DateTimeValues): time point after a removal.
      start_time (dfdatetime.DateTimeValues): start of a period of use.
      stored_size (int): bytes of a joined file that are stored.
      stored_time (dfdatetime.DateTimeValues): value was stored, of a joined file its
          newest slice; the true time is up to 15 minutes later.
      value_state (str): "present", "missing" (no value file) or "removed".
      written_time (dfdatetime.DateTimeValues): modification time of the value file.
    """

    DATA_TYPE = "telegram:cache"

    def __init__(self):
        """Initializes event data."""
        super().__init__(data_type=self.DATA_TYPE)
        self.access_time = None
        self.account_slot = None
        self.cache_created_time = None
        self.cache_database = None
        self.cache_event = None
        self.cache_generation = None
        self.cache_key = None
        self.cache_keys = None
        self.cleared_time = None
        self.clock_set_back = None
        self.content_type = None
        self.creation_meaning = None
        self.data_center = None
        self.document_identifier = None
        self.end_time = None
        self.file_path = None
        self.file_size = None
        self.first_stored_time = None
        self.joined_state = None
        self.key_meaning = None
        self.last_used_time = None
        self.local_identifier = None
        self.missing_ranges = None
        self.removed_after_time = None
        self.removed_before_time = None
        self.start_time = None
        self.stored_size = None
        self.stored_time = None
        self.value_state = None
        self.written_time = None


class TelegramLogEventData(event_data.TelegramEventData):
    """Telegram log event data: a line of a client's log.

    Attributes:
      log_event (str): what the line says, see docs/event_data.md.
      recorded_time (dfdatetime.DateTimeValues): time of the line.
      text (str): the line, without its time.
      written_time (dfdatetime.DateTimeValues): not used for lines that have a time.
    """

    DATA_TYPE = "telegram:log"

    def __init__(self):
        """Initializes event data."""
        super().__init__(data_type=self.DATA_TYPE)
        self.log_event = None
        self.recorded_time = None
        self.text = None
        self.written_time = None


EVENT_DATA_CLASSES = (
    TelegramCacheEventData,
    TelegramDraftEventData,
    TelegramFileEventData,
    TelegramLogEventData,
)
