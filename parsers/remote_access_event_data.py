"""Event data of remote control of the computer, whatever the program.

These are no events of Telegram: they carry no account. `docs/remote_access.md` tells
what each program stores; `docs/event_data.md` has the table for examiners.
"""

from plaso.containers import events


class RemoteAccessEventData(events.EventData):
    """Remote access event data: what sessions and other records have in common.

    An attribute is None where the evidence does not say it. Numbers that identify
    something are strings, as in all our event data.

    Attributes:
      access_mode (str): what the partner may do, as the log names it, such as
          "Interactive" or "ViewOnly".
      access_rights (str): rights of the partner as the log lists them.
      authentication (str): how the partner was let in: "consent" (somebody at the
          computer), "password" or "token"; another method as the log names it; None if
          not known.
      authentication_method (str): method as the log names it, such as "dynamic
          password".
      connection_number (str): number of the connection, which the program counts from
          its start; not unique.
      date_order (str): how a date such as 02/03/2024 was read: "day_first",
          "month_first" (a line of the file proves it) or "day_first_assumed".
      details (str): what else the record says, and what is wrong with it.
      direction (str): "incoming" (this computer was controlled), "outgoing" or
          "unknown".
      local_account (str): account of the operating system on this computer, as the
          record names it.
      local_address (str): address of this computer.
      local_identifier (str): identifier of this computer with the program.
      local_name (str): name under which this computer shows itself to the partner.
      log_first_entry (str): time of the first entry of the log, ISO 8601, with "Z" or
          an offset where it is known, else local time.
      log_last_entry (str): time of the last entry of the log, in the same form; None
          on the first records of a very long log.
      number_of_attempts (int): attempts to log in as the program counts them.
      program_path (str): path of the program.
      record_offset (int): byte offset of the record in the file.
      relay_address (str): server in between, which is not the partner.
      remote_address (str): network address of the partner.
      remote_fingerprint (str): fingerprint of the partner's certificate or key.
      remote_identifier (str): identifier of the partner's computer with the program.
      remote_name (str): name of the partner as it shows itself.
      remote_session_identifier (str): identifier of the session, as the program
          stores it.
      remote_version (str): version of the partner's program.
      session_type (str): kind of the session, as the program names it.
      success (bool): True if the partner was let in, False if not, None if the record
          does not tell.
      text (str): the line that the record was made of.
      text_encoding (str): encoding that the line was read with; a code page is that
          of the extraction settings.
      time_precision (str): "min", "s", "ms" or "us".
      time_zone_basis (str): what the zone of the times rests on, see
          docs/event_data.md.
      tool (str): name of the program.
      tool_version (str): version of the program on this computer.
      zone_source (str): line that the offset of the times was taken from.
    """

    access_mode = None
    access_rights = None
    authentication = None
    authentication_method = None
    connection_number = None
    date_order = None
    details = None
    direction = None
    local_account = None
    local_address = None
    local_identifier = None
    local_name = None
    log_first_entry = None
    log_last_entry = None
    number_of_attempts = None
    program_path = None
    record_offset = None
    relay_address = None
    remote_address = None
    remote_fingerprint = None
    remote_identifier = None
    remote_name = None
    remote_session_identifier = None
    remote_version = None
    session_type = None
    success = None
    text = None
    text_encoding = None
    time_precision = None
    time_zone_basis = None
    tool = None
    tool_version = None
    zone_source = None

    def __init__(self, data_type=None):
        """Initializes event data.

        Args:
          data_type (Optional[str]): event data type indicator.
        """
        super().__init__(data_type=data_type)


class RemoteAccessSessionEventData(RemoteAccessEventData):
    """Remote access session event data: a session of remote control.

    Attributes:
      end_basis (str): what the end rests on, see docs/event_data.md.
      end_record_offset (int): byte offset of the line that the end was taken from.
      end_time (dfdatetime.DateTimeValues): end of the session, None if not known.
      requested_time (dfdatetime.DateTimeValues): the partner asked to be let in, where
          that is told apart from the start.
      start_basis (str): what the start rests on, see docs/event_data.md.
      start_time (dfdatetime.DateTimeValues): start of the session.
    """

    DATA_TYPE = "remote_access:session"

    end_basis = None
    end_record_offset = None
    end_time = None
    requested_time = None
    start_basis = None
    start_time = None

    def __init__(self):
        """Initializes event data."""
        super().__init__(data_type=self.DATA_TYPE)


class RemoteAccessEventEventData(RemoteAccessEventData):
    """Remote access event event data: anything that is no session.

    Attributes:
      event_kind (str): what happened, see docs/event_data.md.
      number_of_damaged_lines (int): lines of the log that could not be decoded, on
          "log_coverage".
      number_of_entries (int): entries of the log, on "log_coverage".
      number_of_other_entries (int): entries of the log without a meaning of their own,
          on "log_coverage".
      recorded_time (dfdatetime.DateTimeValues): time of the record.
      setting_meaning (str): meaning of a setting, where it is known, see
          docs/event_data.md.
      setting_name (str): name of a setting as stored.
      setting_value (str): value of a setting as stored; of a secret only its size.
      written_time (dfdatetime.DateTimeValues): modification time of the file, or of
          the Registry key, that holds a setting.
    """

    DATA_TYPE = "remote_access:event"

    event_kind = None
    number_of_damaged_lines = None
    number_of_entries = None
    number_of_other_entries = None
    recorded_time = None
    setting_meaning = None
    setting_name = None
    setting_value = None
    written_time = None

    def __init__(self):
        """Initializes event data."""
        super().__init__(data_type=self.DATA_TYPE)


EVENT_DATA_CLASSES = (RemoteAccessSessionEventData, RemoteAccessEventEventData)
