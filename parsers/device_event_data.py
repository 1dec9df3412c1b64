"""Event data of the use of a telephone, out of files of Android and not of Telegram.

They show whether somebody used the telephone, and what stood on its screen. They carry
no account and no session: the system knows none.
"""

from telegram_forensics.parsers import event_data


class TelegramDeviceUseEventData(event_data.TelegramEventData):
    """Telegram device use event data: a record of Android's usage statistics.

    Attributes:
      class_name (str): activity or service, as stored.
      end_time (dfdatetime.DateTimeValues): end of what the file covers, on
          "covered_period".
      event_kind (str): what happened, see docs/event_data.md.
      event_number (int): kind as Android stores it.
      foreground_seconds (int): time in the foreground within the interval, on
          "package_usage".
      last_used_time (dfdatetime.DateTimeValues): last time in the foreground within
          the interval, on "package_usage".
      last_visible_time (dfdatetime.DateTimeValues): the same for visible.
      number_of_events (int): events and records of the file, on "covered_period".
      number_of_launches (int): launches within the interval, on "package_usage".
      number_of_other_events (int): events and records of the file that are of other
          programs and give no event, on "covered_period".
      open_seconds (int): seconds for which an activity stayed in the foreground, on
          "activity_resumed": until it paused or stopped or the screen went off by the
          same file; None if the file does not tell.
      package_name (str): package of the program, None if it is not known.
      package_token (int): number that Android stored for a package whose name is not
          known.
      record_state (str): "copy" in a file that Android keeps while it writes another,
          None elsewhere.
      recorded_time (dfdatetime.DateTimeValues): time of the event, device's clock.
      start_time (dfdatetime.DateTimeValues): begin of what the file covers, on
          "covered_period".
      storage_format (str): "protobuf_5" (Android 11 and later), "protobuf_4" (Android
          10), "xml" (Android 5 to 9), or "sqlite" and "protobuf" for notifications.
      usage_interval (str): "daily", "weekly", "monthly" or "yearly".
    """

    DATA_TYPE = "telegram:device_use"

    class_name = None
    end_time = None
    event_kind = None
    event_number = None
    foreground_seconds = None
    last_used_time = None
    last_visible_time = None
    number_of_events = None
    number_of_launches = None
    number_of_other_events = None
    open_seconds = None
    package_name = None
    package_token = None
    record_state = None
    recorded_time = None
    start_time = None
    storage_format = None
    usage_interval = None

    def __init__(self):
        """Initializes event data."""
        super().__init__(data_type=self.DATA_TYPE)


class TelegramNotificationEventData(event_data.TelegramEventData):
    """Telegram notification event data: a notification of Telegram or of an SMS.

    Attributes:
      channel_identifier (str): identifier of the channel within the program.
      channel_name (str): name of the channel as the user sees it.
      conversation_identifier (str): identifier of the conversation, as the program
          gave it.
      notification_key (str): key of the notification as Android stores it.
      notification_kind (str): "posted", "clicked", "removed" or "dismissed".
      package_name (str): package of the program.
      posted_time (dfdatetime.DateTimeValues): the notification was posted, device's
          clock.
      record_state (str): "overwritten" or "removed" for a row that the database has
          replaced or removed, "copy" in a file that Android keeps while it writes
          another; None for a record that counts.
      record_table (str): table of the database that holds the record.
      recorded_time (dfdatetime.DateTimeValues): time of the record of the log.
      row_identifier (str): number of the row in that table.
      text (str): text of the notification.
      title (str): title of the notification.
      user_identifier (str): number of the program's account on this device (uid).
      visible_seconds (int): time for which the notification was visible, as counted
          until the record.
    """

    DATA_TYPE = "telegram:notification"

    channel_identifier = None
    channel_name = None
    conversation_identifier = None
    notification_key = None
    notification_kind = None
    package_name = None
    posted_time = None
    record_state = None
    record_table = None
    recorded_time = None
    row_identifier = None
    text = None
    title = None
    user_identifier = None
    visible_seconds = None

    def __init__(self):
        """Initializes event data."""
        super().__init__(data_type=self.DATA_TYPE)


EVENT_DATA_CLASSES = (TelegramDeviceUseEventData, TelegramNotificationEventData)
