"""Event data of messages, calls, chats, contacts, notices and exports.

They serve every client and export; see `event_data` for the attribution that all
Telegram events carry.
"""

from telegram_forensics.parsers import event_data


class TelegramCallEventData(event_data.TelegramEventData):
    """Telegram call event data: a call.

    Attributes:
      call_type (str): "voice", "video", "conference" or None if not stored.
      chat_identifier (str): identifier of the chat: the peer's own, decimal, without
          sign or "-100"; of a secret chat the encrypted chat's.
      chat_title (str): title of the chat as stored.
      chat_type (str): "user", "bot", "group", "supergroup", "channel", "secret" or
          "saved".
      direction (str): "outgoing" or "incoming" as seen by the account.
      duration (int): duration in seconds.
      message_identifier (str): identifier of the message, decimal.
      peer_identifier (str): identifier of the other party, decimal.
      peer_name (str): name of the other party as stored.
      reason (str): how the call ended, such as "hangup", "missed", "busy" or
          "disconnect".
      record_state (str): "overwritten" or "removed" for a row that the database
          has replaced or removed; None for a row that counts.
      record_table (str): table of the database that holds the record, None for
          its main table of messages.
      recovery_method (str): how a record that is not in the database any more was
          found, how sure its content is, and in which file.
      row_identifier (str): number of the row in that table.
      sender_identifier (str): identifier of the sender, decimal.
      sender_name (str): name of the sender as stored.
      start_time (dfdatetime.DateTimeValues): date of the call's message.
      time_zone_basis (str): what the times rest on if not on stored UTC: "derived"
          (local time with the UTC offset of records around it) or "local" (local time
          of the machine that wrote the file, converted with the image's time zone).
      zone_label (str): zone printed beside a local time, such as "UTC+01:00"; the
          standard offset all year.
    """

    DATA_TYPE = "telegram:call"

    call_type = None
    chat_identifier = None
    chat_title = None
    chat_type = None
    direction = None
    duration = None
    message_identifier = None
    peer_identifier = None
    peer_name = None
    reason = None
    record_state = None
    record_table = None
    recovery_method = None
    row_identifier = None
    sender_identifier = None
    sender_name = None
    start_time = None
    time_zone_basis = None
    zone_label = None

    def __init__(self):
        """Initializes event data."""
        super().__init__(data_type=self.DATA_TYPE)


class TelegramChatEventData(event_data.TelegramEventData):
    """Telegram chat event data: a dialog, group, channel or secret chat.

    Attributes:
      chat_details (str): what else is stored of the chat, in words.
      chat_folder (str): folder of an export that holds the chat.
      chat_identifier (str): identifier of the chat: the peer's own, decimal, without
          sign or "-100"; of a secret chat the encrypted chat's.
      chat_kind (str): type of the chat as the client names it, such as
          "public_supergroup".
      chat_title (str): title of the chat as stored.
      chat_type (str): "user", "bot", "group", "supergroup", "channel", "secret" or
          "saved".
      chat_username (str): username of the chat, without "@".
      created_time (dfdatetime.DateTimeValues): creation of the chat.
      first_message_time (dfdatetime.DateTimeValues): first message of the chat that the
          source holds.
      is_left (bool): the account is no longer a member.
      joined_time (dfdatetime.DateTimeValues): the account joined.
      key_fingerprint (str): fingerprint of a secret chat's key, hexadecimal.
      last_message_time (dfdatetime.DateTimeValues): last message of the chat that the
          source holds.
      local_send_time (dfdatetime.DateTimeValues): last message sent from this
          device to that user, by the device's clock.
      members (list[str]): identifiers of the members, names where only these are
          stored.
      number_of_local_traces (int): local send traces of the chat: messages that
          this data set composed.
      number_of_lost_messages (int): local send traces whose message is not stored
          any more.
      number_of_messages (int): number of messages of the chat that the source holds.
      number_of_outgoing (int): stored messages that the account sent since the
          login of this data set, without service actions and automatic messages.
      only_own_messages (bool): the source holds the account's own messages only.
      peer_identifier (str): identifier of the other party of a secret chat,
          decimal.
      record_state (str): "overwritten" or "removed" for a row that the database
          has replaced or removed; None for a row that counts.
      record_table (str): table of the database that holds the record, None for
          its main table of messages.
      recovery_method (str): how a record that is not in the database any more was
          found, how sure its content is, and in which file.
      rekeyed_time (dfdatetime.DateTimeValues): last change of a secret chat's
          key.
      row_identifier (str): number of the row in that table.
      time_zone_basis (str): what the times rest on if not on stored UTC: "derived"
          (local time with the UTC offset of records around it) or "local" (local time
          of the machine that wrote the file, converted with the image's time zone).
      zone_label (str): zone printed beside a local time, such as "UTC+01:00"; the
          standard offset all year.
    """

    DATA_TYPE = "telegram:chat"

    chat_details = None
    chat_folder = None
    chat_identifier = None
    chat_kind = None
    chat_title = None
    chat_type = None
    chat_username = None
    created_time = None
    first_message_time = None
    is_left = None
    joined_time = None
    key_fingerprint = None
    last_message_time = None
    local_send_time = None
    members = None
    number_of_local_traces = None
    number_of_lost_messages = None
    number_of_messages = None
    number_of_outgoing = None
    only_own_messages = None
    peer_identifier = None
    record_state = None
    record_table = None
    recovery_method = None
    rekeyed_time = None
    row_identifier = None
    time_zone_basis = None
    zone_label = None

    def __init__(self):
        """Initializes event data."""
        super().__init__(data_type=self.DATA_TYPE)


class TelegramContactEventData(event_data.TelegramEventData):
    """Telegram contact event data: a contact or another peer with a phone number.

    Attributes:
      contact_category (str): "people", "inline_bots" or "calls" for frequent contacts;
          for "peers" the list: "frequent", "recent_search" or "saved".
      contact_details (str): what else is stored of the peer, in words.
      contact_identifier (str): identifier of the peer, decimal.
      contact_name (str): name as stored.
      contact_phone (str): phone number, digits.
      contact_rating (str): how frequent a frequent contact is, as the server rates it.
      contact_source (str): which list: "saved_contacts" (uploaded or added),
          "frequent_contacts", "peers", "users", "contacts", "profiles", "members" or
          "phone_book".
      contact_type (str): kind of the peer: as chat_type.
      contact_username (str): username, without "@".
      imported_time (dfdatetime.DateTimeValues): the contact was uploaded or added.
      joined_time (dfdatetime.DateTimeValues): the peer joined the group or
          channel that contact_details names.
      last_seen_time (dfdatetime.DateTimeValues): last known online time.
      record_state (str): "overwritten" or "removed" for a row that the database
          has replaced or removed; None for a row that counts.
      record_table (str): table of the database that holds the record, None for
          its main table of messages.
      recovery_method (str): how a record that is not in the database any more was
          found, how sure its content is, and in which file.
      row_identifier (str): number of the row in that table.
      time_zone_basis (str): what the times rest on if not on stored UTC: "derived"
          (local time with the UTC offset of records around it) or "local" (local time
          of the machine that wrote the file, converted with the image's time zone).
      zone_label (str): zone printed beside a local time, such as "UTC+01:00"; the
          standard offset all year.
    """

    DATA_TYPE = "telegram:contact"

    contact_category = None
    contact_details = None
    contact_identifier = None
    contact_name = None
    contact_phone = None
    contact_rating = None
    contact_source = None
    contact_type = None
    contact_username = None
    imported_time = None
    joined_time = None
    last_seen_time = None
    record_state = None
    record_table = None
    recovery_method = None
    row_identifier = None
    time_zone_basis = None
    zone_label = None

    def __init__(self):
        """Initializes event data."""
        super().__init__(data_type=self.DATA_TYPE)


class TelegramExportEventData(event_data.TelegramEventData):
    """Telegram export event data: an export of data made by a client.

    Attributes:
      export_date (str): date in the name of the folder, local date of the start.
      export_format (str): "json" or "html".
      export_parts (str): what was exported, as the export names it.
      export_path (str): folder of the export.
      export_type (str): "whole_account" or "single_chat".
      first_message_time (dfdatetime.DateTimeValues): first message in the export.
      is_complete (bool): False if the export ends in the middle.
      last_message_time (dfdatetime.DateTimeValues): last message in the export.
      number_of_chats (int): number of chats.
      number_of_messages (int): number of messages of all kinds.
      started_time (dfdatetime.DateTimeValues): creation time of the file, where the
          file system keeps one.
      time_zone_basis (str): what the times rest on if not on stored UTC: "derived"
          (local time with the UTC offset of records around it) or "local" (local time
          of the machine that wrote the file, converted with the image's time zone).
      utc_offsets (str): UTC offsets of the exporting machine, from records that have
          local time and UTC.
      written_time (dfdatetime.DateTimeValues): modification time of the file.
      zone_label (str): zone printed beside a local time, such as "UTC+01:00"; the
          standard offset all year.
      zone_offset_1970 (str): UTC offset that the zone of the exporting machine had in
          1970; a hint at the zone, it converts nothing.
    """

    DATA_TYPE = "telegram:export"

    export_date = None
    export_format = None
    export_parts = None
    export_path = None
    export_type = None
    first_message_time = None
    is_complete = None
    last_message_time = None
    number_of_chats = None
    number_of_messages = None
    started_time = None
    time_zone_basis = None
    utc_offsets = None
    written_time = None
    zone_label = None
    zone_offset_1970 = None

    def __init__(self):
        """Initializes event data."""
        super().__init__(data_type=self.DATA_TYPE)


class TelegramMessageEventData(event_data.TelegramEventData):
    """Telegram message event data: a message, also of a group, channel or secret chat.

    Attributes:
      author_signature (str): signature of a channel post or title of an anonymous
          admin.
      chat_identifier (str): identifier of the chat: the peer's own, decimal, without
          sign or "-100"; of a secret chat the encrypted chat's.
      chat_title (str): title of the chat as stored.
      chat_type (str): "user", "bot", "group", "supergroup", "channel", "secret" or
          "saved".
      contact_name (str): name of a shared contact.
      contact_phone (str): phone number of a shared contact, digits.
      edited_time (dfdatetime.DateTimeValues): last edit.
      file_path (str): file of the attachment as stored.
      forwarded_from (str): name (and identifier) of the original sender as stored.
      forwarded_time (dfdatetime.DateTimeValues): original time of a forwarded message.
      grouped_identifier (str): identifier of the album, decimal.
      is_deleted (bool): the message was deleted and is still stored.
      is_outgoing (bool): sent by the account, from whatever session.
      is_read (bool): the message was read: an incoming one by the account, on
          whatever device, an outgoing one by the other party.
      links (list[str]): addresses behind a text that shows something else.
      location (str): latitude and longitude of a place.
      media_duration (int): duration of the attachment in seconds.
      media_mime_type (str): MIME type of the attachment.
      media_name (str): own name of the attachment.
      media_size (int): size of the attachment in bytes.
      media_state (str): why the attachment is not there: "unavailable",
          "exceeds_maximum_size" or "not_included".
      media_type (str): photo, video, video_message, voice, audio, animation, document,
          sticker, contact, geo, live_location, venue, webpage, poll, game, invoice,
          story, dice, giveaway, todo, paid_media, rich_text or unsupported.
      message_identifier (str): identifier of the message, decimal.
      origin (str): outgoing messages only: "this_installation", "no_local_trace",
          "not_applicable" or "not_determinable".
      origin_basis (str): codes of the stored traces behind the origin.
      origin_confidence (str): "certain", "strong" or "supporting", only with
          "this_installation".
      reactions (list[str]): reactions with their number and those who gave them last.
      read_time (dfdatetime.DateTimeValues): the message was read.
      record_state (str): "overwritten" or "removed" for a row that the database
          has replaced or removed; None for a row that counts.
      record_table (str): table of the database that holds the record, None for
          its main table of messages.
      recovery_method (str): how a record that is not in the database any more was
          found, how sure its content is, and in which file.
      reply_to_chat_identifier (str): chat of the message replied to, if another one.
      reply_to_identifier (str): message replied to, decimal.
      row_identifier (str): number of the row in that table.
      saved_from (str): where a saved message comes from.
      scheduled_time (dfdatetime.DateTimeValues): the message is due to be sent;
          it was not when the record was written.
      self_destruct_time (dfdatetime.DateTimeValues): the message deletes itself.
      send_state (str): "sending", "failed" or "editing", where the client has not
          finished.
      sender_identifier (str): identifier of the sender, decimal.
      sender_name (str): name of the sender as stored.
      sender_type (str): "user", "group" or "channel": a post may be made in the name of
          a chat.
      sent_time (dfdatetime.DateTimeValues): the message was sent.
      service_action (str): name of the action in Telegram's schema, for service
          messages.
      service_details (str): what else is stored of an action or attachment.
      text (str): text of the message.
      time_zone_basis (str): what the times rest on if not on stored UTC: "derived"
          (local time with the UTC offset of records around it) or "local" (local time
          of the machine that wrote the file, converted with the image's time zone).
      via_bot (str): inline bot that made the message.
      zone_label (str): zone printed beside a local time, such as "UTC+01:00"; the
          standard offset all year.
    """

    DATA_TYPE = "telegram:message"

    author_signature = None
    chat_identifier = None
    chat_title = None
    chat_type = None
    contact_name = None
    contact_phone = None
    edited_time = None
    file_path = None
    forwarded_from = None
    forwarded_time = None
    grouped_identifier = None
    is_deleted = None
    is_outgoing = None
    is_read = None
    links = None
    location = None
    media_duration = None
    media_mime_type = None
    media_name = None
    media_size = None
    media_state = None
    media_type = None
    message_identifier = None
    origin = None
    origin_basis = None
    origin_confidence = None
    reactions = None
    read_time = None
    record_state = None
    record_table = None
    recovery_method = None
    reply_to_chat_identifier = None
    reply_to_identifier = None
    row_identifier = None
    saved_from = None
    scheduled_time = None
    self_destruct_time = None
    send_state = None
    sender_identifier = None
    sender_name = None
    sender_type = None
    sent_time = None
    service_action = None
    service_details = None
    text = None
    time_zone_basis = None
    via_bot = None
    zone_label = None

    def __init__(self):
        """Initializes event data."""
        super().__init__(data_type=self.DATA_TYPE)


class TelegramNoticeEventData(event_data.TelegramEventData):
    """Telegram notice event data: a message of Telegram's own account (777000).

    Attributes:
      chat_identifier (str): identifier of the chat: the peer's own, decimal, without
          sign or "-100"; of a secret chat the encrypted chat's.
      is_deleted (bool): the message was deleted and is still stored.
      message_identifier (str): identifier of the message, decimal.
      notice_basis (str): what the type rests on: "wording", "structure" (language
          independent: date, device, address or a code) or None.
      notice_sender_basis (str): what the sender rests on: "identifier" or "name" (the
          source holds no identifiers).
      notice_type (str): "login_code", "new_login", "incomplete_login",
          "data_export_requested", "session_terminated", "two_step_changed",
          "phone_changed" or "other"; None if the message could not be read.
      record_state (str): "overwritten" or "removed" for a row that the database
          has replaced or removed; None for a row that counts.
      record_table (str): table of the database that holds the record, None for
          its main table of messages.
      recovery_method (str): how a record that is not in the database any more was
          found, how sure its content is, and in which file.
      reported_time (dfdatetime.DateTimeValues): time that the text names.
      row_identifier (str): number of the row in that table.
      sender_identifier (str): identifier of the sender, decimal.
      sent_time (dfdatetime.DateTimeValues): the message was sent.
      text (str): text of the message.
      time_zone_basis (str): what the times rest on if not on stored UTC: "derived"
          (local time with the UTC offset of records around it) or "local" (local time
          of the machine that wrote the file, converted with the image's time zone).
      zone_label (str): zone printed beside a local time, such as "UTC+01:00"; the
          standard offset all year.
    """

    DATA_TYPE = "telegram:notice"

    chat_identifier = None
    is_deleted = None
    message_identifier = None
    notice_basis = None
    notice_sender_basis = None
    notice_type = None
    record_state = None
    record_table = None
    recovery_method = None
    reported_time = None
    row_identifier = None
    sender_identifier = None
    sent_time = None
    text = None
    time_zone_basis = None
    zone_label = None

    def __init__(self):
        """Initializes event data."""
        super().__init__(data_type=self.DATA_TYPE)


EVENT_DATA_CLASSES = (
    TelegramCallEventData,
    TelegramChatEventData,
    TelegramContactEventData,
    TelegramExportEventData,
    TelegramMessageEventData,
    TelegramNoticeEventData,
)
