"""Parsers for TDLib's event log and the files beside it."""

from dfdatetime import posix_time as dfdatetime_posix_time
from dfvfs.lib import definitions as dfvfs_definitions
from plaso.containers import event_sources
from plaso.lib import errors

from telegram_forensics.formats import tdlib_binlog
from telegram_forensics.formats import tdlib_paths
from telegram_forensics.formats import tdlib_pending
from telegram_forensics.formats import tdlib_side_files
from telegram_forensics.formats import tdlib_state
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.parsers import client_trace_event_data
from telegram_forensics.parsers import event_data as telegram_event_data
from telegram_forensics.parsers import name_filter
from telegram_forensics.parsers import telegram_desktop_reader
from telegram_forensics.parsers import telegram_tdlib_directory as directory
from telegram_forensics.parsers import telegram_tdlib_entities as entities
from telegram_forensics.parsers import telegram_tdlib_events as events
from telegram_forensics.vfs import folder as vfs_folder
from telegram_forensics.vfs import sqlcipher_mount

_LOG_NAMES = frozenset(["tdlib_log.txt", "tdlib_log.txt.old", "tdlib_log.txt.old.old"])
_MAXIMUM_ACCOUNTS_FILE = 65536
_CHUNK = 1 << 20


class TdlibBinlogParser(name_filter.NamedFileParser):
    """Parser for td.binlog."""

    NAME = "telegram_tdlib_binlog"
    DATA_FORMAT = "TDLib event log (td.binlog) file"

    FILTERS = frozenset([name_filter.NameFilter(tdlib_paths.is_binlog_name)])

    def ParseFileObject(self, parser_mediator, file_object):
        """Parses an event log.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_object (dfvfs.FileIO): file-like object.

        Raises:
          WrongParser: when the file cannot be parsed.
        """
        file_entry = parser_mediator.GetFileEntry()
        passcodes = telegram_desktop_reader.GetPasscodes(parser_mediator)
        keys = passcodes.values if passcodes else (b"",)
        try:
            log = tdlib_binlog.read_binlog(file_object, keys, file_entry.name)
        except FormatError as exception:
            raise errors.WrongParser(str(exception)) from None
        if log.encryption is None and not log.records:
            raise errors.WrongParser("No record of an event log.")

        application = tdlib_paths.find_application(
            directory.GetPath(file_entry.path_spec)
        )
        if log.is_locked:
            self._ProduceLocked(
                parser_mediator, file_entry, application, len(tuple(keys))
            )
            return
        state = tdlib_state.read_state(log, file_entry.name)
        context = events.TdlibContext(application, state, file_entry.modification_time)
        for event_data in events.LogEventMaker(context).Make():
            self._Produce(parser_mediator, event_data)
        self._ProduceMessages(parser_mediator, context, state)
        for issue in (*log.issues, *state.issues):
            parser_mediator.ProduceWarning(str(issue))
        self._MountDatabase(parser_mediator, file_entry)

    def _Produce(self, parser_mediator, event_data):
        """Produces event data; what the log has erased is recovered.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          event_data (TelegramEventData): event data.
        """
        state = getattr(event_data, "record_state", None)
        parser_mediator.ProduceEventData(
            event_data, recovered=state in ("removed", "stray")
        )

    def _ProduceLocked(self, parser_mediator, file_entry, application, number):
        """Produces the event of a log that no key opens.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_entry (dfvfs.FileEntry): file entry.
          application (Application): application.
          number (int): number of keys that were tried.
        """
        event_data = telegram_event_data.TelegramAccountEventData()
        context = events.TdlibContext(application, None, file_entry.modification_time)
        context.Apply(event_data, events.LogEventMaker.BASIS)
        event_data.passcode_kdf = "PBKDF2-HMAC-SHA-256, 2 rounds"
        event_data.passcode_state = "locked"
        event_data.passcodes_tried = number
        parser_mediator.ProduceEventData(event_data)

    def _ProduceMessages(self, parser_mediator, context, state):
        """Produces the events of messages that were to be sent, and of notifications.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          context (TdlibContext): what all events have in common.
          state (TdlibState): what the log tells.
        """
        book = events.AddressBook(state.user)
        for record in state.entities:
            found = entities.ReadRecord(record)
            if found is not None:
                entities.AddTo(book, found)
        maker = events.MessageEventMaker(context, book)
        for record in state.messages:
            try:
                pending = tdlib_pending.read_pending(record)
            except FormatError as exception:
                parser_mediator.ProduceWarning(
                    f"offset 0x{record.offset:x}: message that was to be sent: "
                    f"{exception.reason:s}"
                )
                continue
            for message in pending:
                event_data = maker.Make(
                    message.message, message.dialog, "tdlib_send_request"
                )
                events.SetRecord(event_data, record)
                self._SetSending(event_data, message, record)
                self._Produce(parser_mediator, event_data)
        for record in state.push:
            if record.kind != 0x200:
                continue
            try:
                push = tdlib_pending.read_push(record)
            except FormatError as exception:
                parser_mediator.ProduceWarning(
                    f"offset 0x{record.offset:x}: notification: {exception.reason:s}"
                )
                continue
            self._Produce(parser_mediator, self._MakePush(context, book, push, record))
        for record in state.entities:
            if record.state == "current":
                found = entities.ReadRecord(record)
                if found is not None:
                    event_data = entities.MakeEvent(
                        context, book, found, "tdlib_binlog"
                    )
                    events.SetRecord(event_data, record)
                    event_data.record_state = None
                    self._Produce(parser_mediator, event_data)

    @staticmethod
    def _SetSending(event_data, message, record):
        """Sets what a request to send tells of a message.

        Args:
          event_data (TelegramEventData): event data.
          message (PendingMessage): request.
          record (BinlogRecord): record that holds it.
        """
        if not hasattr(event_data, "send_state"):
            return
        # Its own time is that of the tap on "send", by the clock of this device.
        date = message.message.send_date or message.message.facts.date
        if event_data.sent_time is None and event_data.scheduled_time is None:
            event_data.sent_time = events.MakeTime(date)
        if record.state != "current":
            # Erased: the server has it, or it was deleted before.
            event_data.send_state = None
        elif event_data.send_state is None:
            event_data.send_state = "sending"
        event_data.origin = "this_installation"
        event_data.origin_basis = "send_request"
        event_data.origin_confidence = "certain"
        event_data.is_outgoing = True

    @staticmethod
    def _MakePush(context, book, push, record):
        """Creates the event data of a notification of a message.

        Args:
          context (TdlibContext): what all events have in common.
          book (AddressBook): names of users and chats.
          push (PushMessage): notification.
          record (BinlogRecord): record that holds it.

        Returns:
          TelegramClientTraceEventData: event data.
        """
        event_data = client_trace_event_data.TelegramClientTraceEventData()
        context.Apply(event_data, "tdlib_binlog")
        events.SetRecord(event_data, record)
        words = [push.key, f"chat {book.GetChat(push.dialog).identifier:s}"]
        if push.message is not None:
            words.append(f"message {push.message:d}")
        if push.sender is not None or push.sender_name is not None:
            words.append(f"from {push.sender_name or push.sender!s}")
        if push.text:
            words.append(push.text)
        event_data.recorded_time = events.MakeTime(push.date)
        event_data.trace_details = ", ".join(words)
        event_data.trace_type = "notification_received"
        if event_data.recorded_time is not None:
            event_data.written_time = None
        return event_data

    def _MountDatabase(self, parser_mediator, file_entry):
        """Hands the decrypted database to plaso, like any other file.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_entry (dfvfs.FileEntry): file entry of the log.
        """
        name = tdlib_paths.database_name(file_entry.name)
        try:
            folder = vfs_folder.open_parent_folder(
                file_entry.path_spec, parser_mediator.resolver_context
            )
            entries = folder.file_entries() if folder is not None else {}
        except OSError as exception:
            parser_mediator.ProduceWarning(f"folder cannot be listed: {exception!s}")
            return
        database = entries.get(name) or entries.get(f"{name}-wal")
        is_second = file_entry.name.lower().endswith(".new") and any(
            other.lower() == file_entry.name.lower()[: -len(".new")]
            for other in entries
        )
        if database is None or is_second:
            return
        try:
            mount = sqlcipher_mount.Mount(
                database.path_spec, parser_mediator.resolver_context
            )
        except (FormatError, OSError) as exception:
            parser_mediator.ProduceWarning(f"{database.name:s}: {exception!s}")
            return
        if mount.is_locked:
            reasons = "; ".join(mount.reasons)
            parser_mediator.ProduceWarning(
                f"{database.name:s}: cannot be decrypted: {reasons:s}"
            )
            return
        for damage in mount.verify():
            parser_mediator.ProduceWarning(
                f"{database.name:s}: {damage.location:s}: offset "
                f"0x{damage.offset:x}: {damage.reason:s}"
            )
        for location in mount.locations:
            parser_mediator.ProduceEventSource(
                event_sources.EventSource(
                    file_entry_type=dfvfs_definitions.FILE_ENTRY_TYPE_FILE,
                    path_spec=mount.path_spec(location),
                )
            )


class TelegramXAccountsParser(name_filter.NamedFileParser):
    """Parser for tdlib_accounts.bin of Telegram X."""

    NAME = "telegram_x_accounts"
    DATA_FORMAT = "Telegram X list of accounts (tdlib_accounts.bin) file"

    FILTERS = frozenset(
        [
            name_filter.NameFilter(
                lambda name: name.lower().startswith("tdlib_accounts.bin")
            )
        ]
    )

    def ParseFileObject(self, parser_mediator, file_object):
        """Parses a list of accounts.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_object (dfvfs.FileIO): file-like object.

        Raises:
          WrongParser: when the file cannot be parsed.
        """
        file_entry = parser_mediator.GetFileEntry()
        file_object.seek(0)
        try:
            slots = tdlib_side_files.read_account_slots(
                file_object.read(_MAXIMUM_ACCOUNTS_FILE)
            )
        except FormatError as exception:
            raise errors.WrongParser(str(exception)) from None

        path = directory.GetPath(file_entry.path_spec)
        application = tdlib_paths.find_application(
            path[: len(path) - len(file_entry.name)] + "tdlib/"
        )
        is_copy = not file_entry.name.lower().endswith(".bin")
        for slot in slots:
            event_data = client_trace_event_data.TelegramClientTraceEventData()
            context = events.TdlibContext(
                application, None, file_entry.modification_time
            )
            context.Apply(event_data, "telegram_x_accounts")
            if slot.user is not None:
                event_data.account_identifier = str(slot.user)
            event_data.account_slot = str(slot.slot)
            event_data.record_offset = slot.offset
            event_data.record_state = "overwritten" if is_copy else "current"
            if slot.modified is not None:
                event_data.recorded_time = (
                    dfdatetime_posix_time.PosixTimeInMicroseconds(
                        timestamp=slot.modified
                    )
                )
                event_data.written_time = None
            words = list(slot.flags)
            if slot.is_preferred:
                words.append("selected last")
            event_data.trace_details = ", ".join(words) or None
            event_data.trace_type = "account_slot_changed"
            parser_mediator.ProduceEventData(event_data)


class TdlibLogParser(name_filter.NamedFileParser):
    """Parser for tdlib_log.txt: lines that tell of keys and sessions."""

    NAME = "telegram_tdlib_log"
    DATA_FORMAT = "TDLib log (tdlib_log.txt) file"

    FILTERS = frozenset(
        [name_filter.NameFilter(lambda name: name.lower() in _LOG_NAMES)]
    )

    _MAXIMUM_UNREADABLE = 100

    def ParseFileObject(self, parser_mediator, file_object):
        """Parses a log.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_object (dfvfs.FileIO): file-like object.

        Raises:
          WrongParser: when the file cannot be parsed.
        """
        file_entry = parser_mediator.GetFileEntry()
        application = tdlib_paths.find_application(
            directory.GetPath(file_entry.path_spec)
        )
        context = events.TdlibContext(application, None, file_entry.modification_time)
        is_ours = False
        unreadable = 0
        for offset, line in tdlib_side_files.split_lines(self._Read(file_object)):
            if not tdlib_side_files.is_log_line(line):
                unreadable += 1
                if not is_ours and unreadable > self._MAXIMUM_UNREADABLE:
                    raise errors.WrongParser("No line of a TDLib log.")
                continue
            is_ours = True
            found = tdlib_side_files.read_log_line(line, offset)
            if found is None:
                continue
            event_data = client_trace_event_data.TelegramClientTraceEventData()
            context.Apply(event_data, "tdlib_log")
            event_data.recorded_time = dfdatetime_posix_time.PosixTimeInMicroseconds(
                timestamp=found.time
            )
            event_data.record_offset = found.offset
            event_data.session_data_center = found.data_center
            event_data.session_identifier = found.key
            event_data.trace_details = found.text
            event_data.trace_type = found.kind
            event_data.written_time = None
            parser_mediator.ProduceEventData(event_data)
        if not is_ours:
            raise errors.WrongParser("No line of a TDLib log.")

    @staticmethod
    def _Read(file_object):
        """Reads a file piece by piece.

        Args:
          file_object (dfvfs.FileIO): file-like object.

        Yields:
          bytes: piece.
        """
        file_object.seek(0)
        while chunk := file_object.read(_CHUNK):
            yield chunk


PARSERS = (TdlibBinlogParser, TdlibLogParser, TelegramXAccountsParser)
