"""Event data of Biome streams of Apple's systems.

They show whether somebody used the telephone, and what stood on its screen. They carry
no account of Telegram and no session: the system knows none.
"""

from telegram_forensics.parsers import event_data


class IOSBiomeAppInFocusEventData(event_data.TelegramEventData):
    """iOS Biome application in focus event data.

    Attributes:
      bundle_identifier (str): bundle of the application.
      display_type (int): number of the kind of display.
      exact_version (str): version of the application, as it counts them.
      extension_host (str): bundle of the application that shows the extension.
      is_starting (bool): True if the application came to the front, False if it left.
      launch_reason (str): why it came to the front, as stored.
      open_seconds (int): seconds until the application left the front again by the
          same file; None if the file does not tell.
      parent_bundle (str): bundle of the application that an extension belongs to.
      platform_number (int): platform that the application was made for, 1 macOS, 2
          iOS.
      record_offset (int): byte offset of the record in the file.
      record_state (str): "deleted" for a record that the system marked so, None for
          one that counts.
      recorded_time (dfdatetime.DateTimeValues): time of the event, device's clock.
      segment_time (dfdatetime.DateTimeValues): the record was written to the file.
      short_version (str): version of the application, as users see it.
      source_device (str): identifier of another device of the same Apple account that
          the event is of; None for this one.
      storage_format (str): "segb_1" or "segb_2".
      transition_type (int): number of the kind of the event.
    """

    DATA_TYPE = "ios:biome:app_in_focus"

    bundle_identifier = None
    display_type = None
    exact_version = None
    extension_host = None
    is_starting = None
    launch_reason = None
    open_seconds = None
    parent_bundle = None
    platform_number = None
    record_offset = None
    record_state = None
    recorded_time = None
    segment_time = None
    short_version = None
    source_device = None
    storage_format = None
    transition_type = None

    def __init__(self):
        """Initializes event data."""
        super().__init__(data_type=self.DATA_TYPE)


class IOSBiomeNotificationEventData(event_data.TelegramEventData):
    """iOS Biome notification event data: of Telegram, or of Messages (SMS).

    Attributes:
      body_length (int): characters of the text, where they are stored.
      bundle_identifier (str): bundle of the application.
      category_name (str): category, as the application named it.
      is_group_message (bool): True for a message of a group.
      notification_identifier (str): identifier of the notification.
      parent_bundle (str): bundle of the application that an extension belongs to.
      record_offset (int): byte offset of the record in the file.
      record_state (str): "deleted" for a record that the system marked so, None for
          one that counts.
      recorded_time (dfdatetime.DateTimeValues): time of the event, device's clock.
      segment_time (dfdatetime.DateTimeValues): the record was written to the file.
      source_device (str): identifier of another device of the same Apple account that
          the event is of; None for this one.
      storage_format (str): "segb_1" or "segb_2".
      subtitle (str): subtitle of the notification.
      text (str): text of the notification; the system mostly keeps none.
      thread_identifier (str): conversation, as the application named it.
      title (str): title of the notification.
      usage_type (int): what happened to it, as a number; the meanings are not known.
    """

    DATA_TYPE = "ios:biome:notification"

    body_length = None
    bundle_identifier = None
    category_name = None
    is_group_message = None
    notification_identifier = None
    parent_bundle = None
    record_offset = None
    record_state = None
    recorded_time = None
    segment_time = None
    source_device = None
    storage_format = None
    subtitle = None
    text = None
    thread_identifier = None
    title = None
    usage_type = None

    def __init__(self):
        """Initializes event data."""
        super().__init__(data_type=self.DATA_TYPE)


class IOSBiomeSegmentEventData(event_data.TelegramEventData):
    """iOS Biome segment event data: what a file of a stream covers.

    Attributes:
      end_time (dfdatetime.DateTimeValues): last event.
      number_of_deleted (int): records that are marked as deleted.
      number_of_others (int): records of other applications that give no event.
      number_of_records (int): all records.
      number_of_unread (int): records whose content cannot be read.
      source_device (str): identifier of another device of the same Apple account that
          the events are of; None for this one.
      start_time (dfdatetime.DateTimeValues): first event.
      storage_format (str): "segb_1" or "segb_2".
      stream_name (str): name of the stream.
    """

    DATA_TYPE = "ios:biome:segment"

    end_time = None
    number_of_deleted = None
    number_of_others = None
    number_of_records = None
    number_of_unread = None
    source_device = None
    start_time = None
    storage_format = None
    stream_name = None

    def __init__(self):
        """Initializes event data."""
        super().__init__(data_type=self.DATA_TYPE)


EVENT_DATA_CLASSES = (
    IOSBiomeAppInFocusEventData,
    IOSBiomeNotificationEventData,
    IOSBiomeSegmentEventData,
)
