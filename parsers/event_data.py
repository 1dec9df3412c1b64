"""Event data of Telegram evidence, the same for every client.

`docs/event_data.md` has the table for examiners; tests hold the two, the timeliner
definitions and the formatters together.
"""

from plaso.containers import events


class TelegramEventData(events.EventData):
    """Telegram event data: the attribution that every Telegram event carries.

    An attribute is None where the evidence does not say it. Numbers that identify
    something are strings, since JavaScript and OpenSearch lose digits past 2^53.

    Attributes:
      account_identifier (str): Telegram user identifier of the owner, decimal.
      account_name (str): name of the owner as stored.
      account_phone (str): phone number of the owner as stored, digits.
      account_username (str): username of the owner as stored, without "@".
      android_user (int): number of the Android user (0 the first, others further users
          and work profiles) whose copy of the client it is, by the path.
      attribution_basis (str): code of the stored fact behind the attribution, see
          docs/event_data.md.
      authorization_hash (str): server's hash of another session that the record
          describes, decimal; never equal to a session identifier.
      browser_name (str): browser that holds the record, by the path.
      browser_profile (str): folder of the browser's profile.
      client_name (str): name of the client, such as "Telegram Desktop".
      client_package (str): package of an Android client, by the path.
      client_version (str): version of the client that wrote the record.
      device_model (str): device model as the client stored it or the server
          recorded it.
      device_platform (str): platform as the client stored it or the server recorded
          it.
      installation_identifier (str): identifier that this installation of the client
          gave itself, such as the user tag of Telegram Desktop.
      login_client_name (str): client of another session that the record describes.
      login_device_model (str): device of another session that the record describes.
      login_ip_address (str): IP address of another session that the record describes.
      login_location (str): location of another session that the record describes.
      record_bounds (str): between which commits the browser wrote the record, where
          the commit itself is not known.
      record_file (str): file that holds the record, where it is another one than the
          event's: a browser's storage is a folder of files.
      record_offset (int): byte offset of the record in the file, where nothing else
          tells which record it is.
      record_sequence (int): number of the change in the browser's storage.
      session_data_center (int): home data center of the session.
      session_identifier (str): identifier of the authorization key in whose storage
          the record was found, 16 lower-case hexadecimal digits. It never names the
          sender of a message.
      web_origin (str): origin of the page that stored the record, with the partition
          of the storage.
    """

    # Defaults of the class: an instance holds just what was set, so that plaso does
    # not step over dozens of empty attributes for every message.
    account_identifier = None
    account_name = None
    account_phone = None
    account_username = None
    android_user = None
    attribution_basis = None
    authorization_hash = None
    browser_name = None
    browser_profile = None
    client_name = None
    client_package = None
    client_version = None
    device_model = None
    device_platform = None
    installation_identifier = None
    login_client_name = None
    login_device_model = None
    login_ip_address = None
    login_location = None
    record_bounds = None
    record_file = None
    record_offset = None
    record_sequence = None
    session_data_center = None
    session_identifier = None
    web_origin = None

    def __init__(self, data_type=None):
        """Initializes event data.

        Args:
          data_type (Optional[str]): event data type indicator.
        """
        super().__init__(data_type=data_type)


class TelegramAccountEventData(TelegramEventData):
    """Telegram account event data: an account known to the storage of a client.

    Attributes:
      account_about (str): biography of the owner as stored.
      account_slot (str): where the client keeps the account, such as its index.
      changed_time (dfdatetime.DateTimeValues): last change of the record, where the
          client stores it.
      last_seen_time (dfdatetime.DateTimeValues): last known online time of the
          account as the client stored it.
      passcode_kdf (str): key derivation of the local passcode, with its cost.
      passcode_state (str): local passcode of the client: "none", "set" (and known),
          "locked" (not known), "screen_lock" (set, but nothing is encrypted with it) or
          "unknown" (the key file is damaged).
      passcodes_tried (int): number of candidates for the local passcode that were
          tried, with the empty one; where it is known ("set"), the last one fits.
      record_state (str): "current", or "overwritten" or "removed" for a record that
          the storage has replaced or removed; None where storage has one state only.
      recovery_line (str): line for a password recovery tool, for a passcode that is
          not known.
      two_step_state (str): state of two-step verification, where stored.
      written_time (dfdatetime.DateTimeValues): modification time of the file that
          holds the record.
    """

    DATA_TYPE = "telegram:account"

    def __init__(self):
        """Initializes event data."""
        super().__init__(data_type=self.DATA_TYPE)
        self.account_about = None
        self.account_slot = None
        self.changed_time = None
        self.last_seen_time = None
        self.passcode_kdf = None
        self.passcode_state = None
        self.passcodes_tried = None
        self.record_state = None
        self.recovery_line = None
        self.two_step_state = None
        self.written_time = None


class TelegramSessionEventData(TelegramEventData):
    """Telegram session event data: an authorization.

    Attributes:
      account_slot (str): where the client keeps the account, such as its index.
      changed_time (dfdatetime.DateTimeValues): last change of the record, where the
          storage keeps it.
      connected_time (dfdatetime.DateTimeValues): begin of the oldest period for which a
          salt of the server is kept: the client was connected about then.
      country (str): country as the server recorded it.
      created_basis (str): what the login rests on: "stored" or "first_commit" (the
          first commit of a complete storage that has the key); None if the client's
          format leaves no choice.
      created_time (dfdatetime.DateTimeValues): login.
      ended_time (dfdatetime.DateTimeValues): log out or termination.
      first_seen_time (dfdatetime.DateTimeValues): first commit of the storage that has
          the session: the login was not later.
      ip_address (str): IP address as the server recorded it.
      key_identifiers (list[str]): identifiers of all authorization keys of this
          login, those waiting to be destroyed as "destroy:<identifier>".
      last_active_time (dfdatetime.DateTimeValues): last activity.
      last_server_time (dfdatetime.DateTimeValues): last time that the client got from
          the server.
      record_state (str): "current", "removed", "overwritten" (an older or temporary
          slot of the same record) or "unused_slot" (nobody is logged in).
      region (str): region as the server recorded it.
      server_clock_difference (int): seconds, server's clock minus device's clock.
      session_details (str): what else the record tells, in words.
      sessions_to_destroy (list[str]): identifiers of transport sessions (connections
          of a key, neither keys nor logins) that the server shall forget.
      system_version (str): system version as the server recorded it.
      temporary_key_identifiers (list[str]): identifiers of the temporary keys of this
          login.
      written_time (dfdatetime.DateTimeValues): modification time of the file that
          holds the record: for Telegram Desktop the latest possible time of the login.
    """

    DATA_TYPE = "telegram:session"

    def __init__(self):
        """Initializes event data."""
        super().__init__(data_type=self.DATA_TYPE)
        self.account_slot = None
        self.changed_time = None
        self.connected_time = None
        self.country = None
        self.created_basis = None
        self.created_time = None
        self.ended_time = None
        self.first_seen_time = None
        self.ip_address = None
        self.key_identifiers = None
        self.last_active_time = None
        self.last_server_time = None
        self.record_state = None
        self.region = None
        self.server_clock_difference = None
        self.session_details = None
        self.sessions_to_destroy = None
        self.system_version = None
        self.temporary_key_identifiers = None
        self.written_time = None


class TelegramSettingEventData(TelegramEventData):
    """Telegram setting event data: a setting that matters to an examiner.

    Attributes:
      account_slot (str): where the client keeps the account, None for settings of the
          whole installation.
      changed_time (dfdatetime.DateTimeValues): last change of the setting, where the
          client stores it.
      record_state (str): "current" or "overwritten" (an older or temporary slot of the
          same file).
      setting_name (str): name of the setting, see docs/event_data.md.
      setting_value (str): value in words.
      value_time (dfdatetime.DateTimeValues): value of a setting that is a time, such
          as the last update check.
      written_time (dfdatetime.DateTimeValues): modification time of the file that
          holds the setting.
    """

    DATA_TYPE = "telegram:setting"

    def __init__(self):
        """Initializes event data."""
        super().__init__(data_type=self.DATA_TYPE)
        self.account_slot = None
        self.changed_time = None
        self.record_state = None
        self.setting_name = None
        self.setting_value = None
        self.value_time = None
        self.written_time = None


EVENT_DATA_CLASSES = (
    TelegramAccountEventData,
    TelegramSessionEventData,
    TelegramSettingEventData,
)
