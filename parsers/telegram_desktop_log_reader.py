"""Reads a log of Telegram Desktop in the light of the storage beside it."""

import re
import time

from dfvfs.lib import errors as dfvfs_errors

from telegram_forensics.formats import tdesktop_log_lines as log_lines
from telegram_forensics.formats import tdesktop_logs as logs
from telegram_forensics.formats import tdesktop_mtp_dump as mtp_dump
from telegram_forensics.formats import tdesktop_mtp_history as mtp_history
from telegram_forensics.formats import tdesktop_mtp_records as mtp_records
from telegram_forensics.formats import tdesktop_mtp_summary as mtp_summary
from telegram_forensics.formats import tdf
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.parsers import event_data as telegram_event_data
from telegram_forensics.parsers import storage_event_data
from telegram_forensics.parsers import telegram_desktop_account_files as account_files
from telegram_forensics.parsers import telegram_desktop_events as events
from telegram_forensics.parsers import telegram_desktop_log_keys as log_keys
from telegram_forensics.parsers import telegram_desktop_log_marks as log_marks
from telegram_forensics.parsers import telegram_desktop_log_messages as log_messages
from telegram_forensics.parsers import telegram_passcodes
from telegram_forensics.vfs import folder as vfs_folder
from telegram_forensics.vfs import tdata_versions

BASIS_LINE = "log_line"
BASIS_KEY = "debug_log_bound_key"
BASIS_NO_KEY = "debug_log"
_LAUNCHED = re.compile(r"Launched version: (\d{1,9}),")


class LogReader:
    """Reads one log and produces its events and warnings.

    Attributes:
      has_storage (bool): True if a tdata folder lies where the client has it.
    """

    def __init__(self, parser_mediator, file_entry, kind):
        """Initializes a reader.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_entry (dfvfs.FileEntry): file entry of the log.
          kind (LogKind): kind of the log.
        """
        super().__init__()
        self._file_entry = file_entry
        self._history = mtp_history.MtpHistory()
        self._keys = log_keys.ConnectionKeys(
            parser_mediator, file_entry, self._history, self._Warn
        )
        self._kind = kind
        self._mediator = parser_mediator
        self._moment = None
        self._storage = None
        self._version = None

        levels = 1 if kind in (logs.LogKind.NORMAL, logs.LogKind.START) else 2
        self._tdata = self._OpenTdata(levels)
        self.has_storage = self._tdata is not None

    def _OpenTdata(self, levels):
        """Opens the tdata folder of the log's working folder.

        Args:
          levels (int): 1 if the log lies in the working folder itself.

        Returns:
          DfvfsFolder: folder or None if there is none.
        """
        try:
            folder = vfs_folder.open_parent_folder(
                self._file_entry.path_spec,
                self._mediator.resolver_context,
                levels=levels,
            )
            return None if folder is None else folder.folder("tdata")
        except (OSError, dfvfs_errors.Error):
            return None

    def _Warn(self, offset, reason):
        """Produces a warning about the log.

        Args:
          offset (int): offset in the file, None if it is not about a place.
          reason (str): what is wrong.
        """
        place = "" if offset is None else f"offset 0x{offset:x}: "
        self._mediator.ProduceWarning(f"{self._file_entry.name:s}: {place:s}{reason:s}")

    def _SignalProgress(self):
        """Tells plaso that this worker is alive."""
        self._mediator.last_activity_timestamp = time.time()

    def _OpenStorage(self):
        """Opens the storage beside the log."""
        if self._tdata is None:
            return
        try:
            self._storage = tdata_versions.make_storage(
                self._tdata,
                self._mediator.resolver_context,
                telegram_passcodes.GetPasscodes(self._mediator),
                progress=self._SignalProgress,
            )
        except (FormatError, OSError) as exception:
            self._Warn(None, f"unable to read the tdata folder: {exception!s}")

    def Read(self, file_object):
        """Reads the log and produces its events and warnings.

        Args:
          file_object (dfvfs.FileIO): file-like object.
        """
        self._OpenStorage()
        try:
            self._ReadEntries(file_object)
        except (OSError, dfvfs_errors.Error) as exception:
            self._Warn(
                file_object.get_offset(),
                f"unable to read what follows with error: {exception!s}",
            )
        for record in self._history.end():
            self._ProduceRecord(record)

    def _ReadEntries(self, file_object):
        """Reads the entries of the log.

        Args:
          file_object (dfvfs.FileIO): file-like object.

        Raises:
          OSError: if the file cannot be read.
        """
        damaged = 0
        first_damaged = None
        for entry in logs.read_entries(log_keys.ReadChunks(file_object)):
            self._SignalProgress()
            if entry.is_damaged:
                damaged += 1
                if first_damaged is None:
                    first_damaged = entry.offset
            if entry.is_cut:
                self._Warn(
                    entry.offset,
                    f"entry is longer than {logs.MAXIMUM_ENTRY_SIZE:d} bytes, what "
                    f"follows of it is not read",
                )
            dump = None
            if self._kind is logs.LogKind.PROTOCOL:
                dump = mtp_dump.read_dump(entry.text)
            if dump is None:
                self._ProduceLine(entry)
            else:
                self._ProduceDump(entry, dump)
        if damaged:
            self._Warn(
                first_damaged,
                f"{damaged:d} entries from here on hold bytes that are not UTF-8",
            )

    def _NewLogEventData(self, entry):
        """Creates event data of a line.

        Args:
          entry (LogEntry): entry.

        Returns:
          TelegramLogEventData: event data.
        """
        event_data = storage_event_data.TelegramLogEventData()
        attribution = self._MakeAttribution(None)
        attribution.Apply(event_data, BASIS_LINE, self._version)
        if entry.moment is not None:
            event_data.recorded_time = self._GetRecordedTime(entry.moment)
            event_data.written_time = None
        return event_data

    def _GetRecordedTime(self, moment):
        """Creates a date and time of a line.

        Args:
          moment (datetime.datetime): local time of the computer, without zone.

        Returns:
          dfdatetime.TimeElements: date and time.
        """
        is_debug = self._kind not in (logs.LogKind.NORMAL, logs.LogKind.START)
        return log_marks.MakeLocalTime(moment, has_milliseconds=is_debug)

    def _MakeAttribution(self, connection):
        """Determines to whom a record belongs.

        Args:
          connection (Connection): connection of a dump, None for a plain line.

        Returns:
          Attribution: installation, and the account if the dump's key tells it.
        """
        attribution = events.Attribution(
            written_time=self._file_entry.modification_time
        )
        if self._storage is None:
            return attribution
        attribution.installation_identifier = self._storage.installation_identifier
        key_identifier = self._keys.GetPermanentKey(connection)
        for account in self._storage.accounts if key_identifier else ():
            authorization = account.authorization
            if authorization and key_identifier in authorization.key_identifiers:
                attribution.account = account
        return attribution

    def _ProduceLine(self, entry):
        """Produces the event of a line.

        Args:
          entry (LogEntry): entry.
        """
        launched = _LAUNCHED.match(entry.text)
        if launched:
            self._version = tdf.version_text(int(launched[1]))
        event_data = self._NewLogEventData(entry)
        event_data.log_event = log_lines.log_event(entry.text)
        event_data.text = entry.text
        self._mediator.ProduceEventData(event_data)

    def _ProduceDump(self, entry, dump):
        """Produces the events of a request or an answer.

        Args:
          entry (LogEntry): entry.
          dump (Dump): its content.
        """
        self._moment = entry.moment
        for record in self._history.add(entry.offset, dump):
            self._ProduceRecord(record)

        connection = mtp_records.Connection(dump.connection, dump.key_id)
        event_data = self._NewLogEventData(entry)
        self._Attribute(event_data, connection)
        summary = mtp_summary.summarize(dump)
        event_data.log_event = summary.log_event
        event_data.text = summary.text
        self._mediator.ProduceEventData(event_data)
        if not dump.is_complete:
            self._Warn(entry.offset, "request or answer is cut off")

    def _Attribute(self, event_data, connection):
        """Sets account and session of an event.

        Args:
          event_data (TelegramEventData): event data.
          connection (Connection): connection on which the record was seen.
        """
        key_identifier = self._keys.GetPermanentKey(connection)
        basis = BASIS_KEY if key_identifier else BASIS_NO_KEY
        self._MakeAttribution(connection).Apply(event_data, basis, self._version)
        # A key of the home data center names a login even if its storage is gone.
        if event_data.session_identifier is None and connection.is_main:
            event_data.session_identifier = key_identifier
            if key_identifier:
                event_data.session_data_center = connection.data_center

    def _ProduceRecord(self, record):
        """Produces the event of what a request or an answer says.

        Args:
          record (Record): record.
        """
        if isinstance(record, mtp_records.SeenSession):
            self._ProduceSession(record)
        elif isinstance(record, mtp_records.Announcement):
            self._ProduceAnnouncement(record)
        else:
            self._ProduceMessage(record)

    def _ProduceSession(self, record):
        """Produces the event of an entry of the account's list of sessions.

        Args:
          record (SeenSession): entry.
        """
        event_data = telegram_event_data.TelegramSessionEventData()
        self._Attribute(event_data, record.connection)
        event_data.client_version = None
        event_data.written_time = None
        event_data.country = record.country or None
        event_data.created_time = account_files.MakePosixTime(record.created)
        event_data.ip_address = record.ip or None
        event_data.last_active_time = account_files.MakePosixTime(record.active)
        event_data.device_platform = record.platform or None
        event_data.region = record.region or None
        event_data.system_version = record.system_version or None
        if record.is_current:
            event_data.client_version = record.client_version or None
            # Current when the log was written; what it is today the storage tells.
            event_data.device_model = record.device_model or None
        else:
            # The record is of another session than that of the connection.
            event_data.session_data_center = None
            event_data.session_identifier = None
            if record.hash is not None:
                # Unsigned, as everywhere: hashes of two sources must be equal.
                event_data.authorization_hash = str(record.hash % (1 << 64))
            event_data.login_client_name = self._Join(
                " ", record.client_name, record.client_version
            )
            event_data.login_device_model = record.device_model or None
            event_data.login_ip_address = record.ip or None
            event_data.login_location = self._Join(", ", record.region, record.country)
        self._mediator.ProduceEventData(event_data)

    def _ProduceMessage(self, record):
        """Produces the event of a message.

        Args:
          record (SeenMessage|SentMessage): message.
        """
        attribution = self._MakeAttribution(record.connection)
        own_identifier = None
        if attribution.account and attribution.account.authorization:
            own_identifier = attribution.account.authorization.user_id
        if own_identifier is None:
            own_identifier = self._history.names.self_id
        maker = log_messages.MessageMaker(self._history.names)
        if isinstance(record, mtp_records.SeenMessage):
            event_data = maker.MakeSeen(record, own_identifier)
        elif record.error is None:
            event_data = maker.MakeSent(record, own_identifier)
        else:
            # Not sent: the server refused it. The text stays evidence of the attempt.
            event_data = storage_event_data.TelegramLogEventData()
            event_data.log_event = "message_refused"
            event_data.recorded_time = account_files.MakePosixTime(record.sent)
            chat = f"{record.peer.kind} {record.peer.bare}" if record.peer else "?"
            event_data.text = (
                f"message to {chat:s} refused with {record.error:s}: "
                f"{record.text or ''!s}"
            )
        self._Attribute(event_data, record.connection)
        event_data.client_version = None
        if hasattr(event_data, "written_time"):
            event_data.written_time = None
        if event_data.account_identifier is None and own_identifier is not None:
            event_data.account_identifier = str(own_identifier)
        self._mediator.ProduceEventData(event_data)

    def _Join(self, separator, *values):
        """Joins values.

        Args:
          separator (str): separator.
          values (list[str]): values, those that are not set or empty are left out.

        Returns:
          str: text or None if there is nothing.
        """
        return separator.join(value for value in values if value) or None

    def _ProduceAnnouncement(self, record):
        """Produces the event of what the client said of itself.

        Args:
          record (Announcement): what it said.
        """
        event_data = storage_event_data.TelegramLogEventData()
        self._Attribute(event_data, record.connection)
        event_data.client_version = record.client_version or None
        event_data.device_model = record.device_model or None
        event_data.device_platform = record.system_version or None
        event_data.log_event = "connection_announced"
        if self._moment is not None:
            event_data.recorded_time = self._GetRecordedTime(self._moment)
        event_data.text = (
            f"{record.device_model or '?':s}, {record.system_version or '?':s}, "
            f"version {record.client_version or '?':s}"
        )
        self._mediator.ProduceEventData(event_data)
