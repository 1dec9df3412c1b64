"""Reads a log of Telegram Desktop in the light of the storage beside it."""

import re
import time

from dfdatetime import time_elements as dfdatetime_time_elements

from dfvfs.lib import errors as dfvfs_errors

from telegram_forensics.formats import tdesktop_log_lines as log_lines
from telegram_forensics.formats import tdesktop_logs as logs
from telegram_forensics.formats import tdesktop_mtp_dump as mtp_dump
from telegram_forensics.formats import tdesktop_mtp_history as mtp_history
from telegram_forensics.formats import tdesktop_mtp_summary as mtp_summary
from telegram_forensics.formats import tdf
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.parsers import event_data as telegram_event_data
from telegram_forensics.parsers import storage_event_data
from telegram_forensics.parsers import telegram_desktop_account_files as account_files
from telegram_forensics.parsers import telegram_desktop_events as events
from telegram_forensics.parsers import telegram_desktop_log_messages as log_messages
from telegram_forensics.parsers import telegram_desktop_reader as reader
from telegram_forensics.vfs import folder as vfs_folder
from telegram_forensics.vfs import tdata_versions

BASIS_LINE = "log_line"
BASIS_KEY = "debug_log_bound_key"
BASIS_NO_KEY = "debug_log"

_CHUNK_SIZE = 256 * 1024
_LAUNCHED = re.compile(r"Launched version: (\d{1,9}),")


def ReadChunks(file_object):
    """Reads a file in pieces.

    Args:
      file_object (dfvfs.FileIO): file-like object.

    Yields:
      bytes: piece of the file.
    """
    while True:
        data = file_object.read(_CHUNK_SIZE)
        if not data:
            return
        yield data


def MakeLocalTime(moment, has_milliseconds=False):
    """Creates a date and time of the computer's clock.

    Args:
      moment (datetime.datetime): local time of the computer, without zone.
      has_milliseconds (Optional[bool]): True if milliseconds are stored.

    Returns:
      dfdatetime.TimeElements: date and time; plaso converts it with the time zone of
          the image.
    """
    elements = (
        moment.year,
        moment.month,
        moment.day,
        moment.hour,
        moment.minute,
        moment.second,
    )
    if has_milliseconds:
        date_time = dfdatetime_time_elements.TimeElementsInMilliseconds(
            time_elements_tuple=(*elements, moment.microsecond // 1000)
        )
    else:
        date_time = dfdatetime_time_elements.TimeElements(time_elements_tuple=elements)
    date_time.is_local_time = True
    return date_time


def MakeMark(file_entry, log_event, mark):
    """Creates the event data of a crash report, lock or update log.

    Args:
      file_entry (dfvfs.FileEntry): file entry.
      log_event (str): what it is.
      mark (Mark): its content.

    Returns:
      TelegramLogEventData: event data.
    """
    event_data = storage_event_data.TelegramLogEventData()
    version = mark.version
    if version and version.isascii() and version.isdigit() and len(version) < 10:
        version = tdf.version_text(int(version)) or version
    attribution = events.Attribution(
        written_time=file_entry.modification_time,
        installation_identifier=mark.user_tag,
    )
    attribution.Apply(event_data, log_event, version)
    event_data.account_username = mark.username
    event_data.log_event = log_event
    event_data.text = mark.text
    if mark.moment is not None:
        event_data.recorded_time = MakeLocalTime(mark.moment)
    return event_data


class LogReader:
    """Reads one log and produces its events and warnings.

    Attributes:
      has_storage (bool): True if a tdata folder lies where the client has it.
    """

    # Of neighbouring logs that are searched for bindings of keys.
    _MAXIMUM_SEARCHED_SIZE = 512 * 1024 * 1024

    def __init__(self, parser_mediator, file_entry, kind):
        """Initializes a reader.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_entry (dfvfs.FileEntry): file entry of the log.
          kind (LogKind): kind of the log.
        """
        super().__init__()
        self._file_entry = file_entry
        self._has_neighbours_searched = False
        self._history = mtp_history.MtpHistory()
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
                reader.GetPasscodes(self._mediator),
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
        for entry in logs.read_entries(ReadChunks(file_object)):
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
        return MakeLocalTime(moment, has_milliseconds=is_debug)

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
        key_identifier = self._GetPermanentKey(connection)
        for account in self._storage.accounts if key_identifier else ():
            authorization = account.authorization
            if authorization and key_identifier in authorization.key_identifiers:
                attribution.account = account
        return attribution

    def _GetPermanentKey(self, connection):
        """Determines the permanent key behind a connection.

        The client binds a temporary key once a day: the line may stand in the log of
        another quarter of an hour.

        Args:
          connection (Connection): connection of a dump, None for a plain line.

        Returns:
          str: identifier of the key or None if not known.
        """
        if connection is None or connection.key_id is None:
            return None
        key_id = self._history.permanent_key_id(connection)
        if key_id is None and not self._has_neighbours_searched:
            self._has_neighbours_searched = True
            self._SearchNeighbours()
            key_id = self._history.permanent_key_id(connection)
        return None if key_id is None else f"{key_id:016x}"

    def _SearchNeighbours(self):
        """Searches the other logs of the folder for bindings of keys."""
        searched = 0
        try:
            folder = vfs_folder.open_parent_folder(
                self._file_entry.path_spec, self._mediator.resolver_context
            )
            entries = folder.file_entries() if folder else {}
            for name, file_entry in sorted(entries.items()):
                if (
                    logs.log_kind(name) is not logs.LogKind.PROTOCOL
                    or name == self._file_entry.name
                ):
                    continue
                searched += file_entry.size or 0
                if searched > self._MAXIMUM_SEARCHED_SIZE:
                    self._Warn(
                        None,
                        f"not all logs beside it were searched for the keys behind its "
                        f"connections, the first left out is {name:s}",
                    )
                    return
                self._ReadBindings(file_entry)
        except (OSError, dfvfs_errors.Error) as exception:
            self._Warn(None, f"unable to read the logs beside it: {exception!s}")

    def _ReadBindings(self, file_entry):
        """Reads which permanent keys stand behind the temporary ones of a log.

        Args:
          file_entry (dfvfs.FileEntry): file entry of another log.
        """
        file_object = file_entry.GetFileObject()
        other = mtp_history.MtpHistory()
        for entry in logs.read_entries(ReadChunks(file_object)):
            self._SignalProgress()
            if "auth_bindTempAuthKey" in entry.text:
                dump = mtp_dump.read_dump(entry.text)
                if dump is not None and dump.is_sent:
                    for _ in other.add(entry.offset, dump):
                        pass
        for key_id, permanent in other.bindings.items():
            self._history.bindings.setdefault(key_id, permanent)

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

        connection = mtp_history.Connection(dump.connection, dump.key_id)
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
        key_identifier = self._GetPermanentKey(connection)
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
        if isinstance(record, mtp_history.SeenSession):
            self._ProduceSession(record)
        elif isinstance(record, mtp_history.Announcement):
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
        if isinstance(record, mtp_history.SeenMessage):
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
