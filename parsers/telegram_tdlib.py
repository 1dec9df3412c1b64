"""Parsers for TDLib's event log.

One knows an encrypted log by its signature, under whatever name; the other one by its
name, which is all that tells a log in clear or one whose beginning is damaged.
"""

from plaso.lib import errors
from plaso.lib import specification
from plaso.parsers import interface

from telegram_forensics.formats import tdlib_binlog
from telegram_forensics.formats import tdlib_paths
from telegram_forensics.formats import tdlib_pending
from telegram_forensics.formats import tdlib_state
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.parsers import client_trace_event_data
from telegram_forensics.parsers import event_data as telegram_event_data
from telegram_forensics.parsers import name_filter
from telegram_forensics.parsers import telegram_passcodes
from telegram_forensics.parsers import telegram_tdlib_directory as directory
from telegram_forensics.parsers import telegram_tdlib_entities as entities
from telegram_forensics.parsers import telegram_tdlib_events as events


class BaseTdlibBinlogParser:
    """Shared functionality of the two parsers."""

    def _ParseLog(self, parser_mediator, file_object):
        """Parses an event log.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_object (dfvfs.FileIO): file-like object.

        Raises:
          FormatError: when the file is no event log.
        """
        file_entry = parser_mediator.GetFileEntry()
        passcodes = telegram_passcodes.GetPasscodes(parser_mediator)
        keys = passcodes.values if passcodes else (b"",)
        log = tdlib_binlog.read_binlog(file_object, keys, file_entry.name)
        if log.encryption is None and not log.records:
            raise FormatError(0, "no record of an event log")

        application = tdlib_paths.find_application(
            directory.GetPath(file_entry.path_spec)
        )
        if log.is_locked:
            self._ProduceLocked(
                parser_mediator, file_entry, application, len(tuple(keys))
            )
            self._MountDatabase(parser_mediator, file_entry)
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
                self._WarnOfRest(parser_mediator, message, record)
        for record in state.push:
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
    def _WarnOfRest(parser_mediator, message, record):
        """Warns of what could not be read of a request to send.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          message (PendingMessage): request.
          record (BinlogRecord): record that holds it.
        """
        words = []
        if message.message.problem is not None:
            words.append(message.message.problem.reason)
        if message.left:
            words.append(f"{message.left:d} messages behind it are not read")
        if words:
            reason = ", ".join(words)
            parser_mediator.ProduceWarning(
                f"offset 0x{record.offset:x}: message that was to be sent: {reason:s}"
            )

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
        event_data.trace_type = (
            "notification_of_edit" if push.is_edit else "notification_received"
        )
        if event_data.recorded_time is not None:
            event_data.written_time = None
        return event_data

    def _MountDatabase(self, parser_mediator, file_entry):
        """Hands the decrypted database to plaso, like any other file.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_entry (dfvfs.FileEntry): file entry of the log.
        """
        if not tdlib_paths.is_binlog_name(file_entry.name):
            # Which database it belongs to is not known.
            return
        entries = directory.GetNeighbours(parser_mediator, file_entry)
        name = tdlib_paths.database_name(file_entry.name)
        database = entries.get(name) or entries.get(f"{name}-wal")
        is_second = file_entry.name.lower().endswith(".new") and any(
            other.lower() == file_entry.name.lower()[: -len(".new")]
            for other in entries
        )
        if database is not None and not is_second:
            directory.MountDatabase(parser_mediator, database)


class TdlibBinlogParser(BaseTdlibBinlogParser, interface.FileObjectParser):
    """Parser for encrypted event logs, found by their signature."""

    NAME = "telegram_tdlib_binlog"
    DATA_FORMAT = "TDLib event log (td.binlog) file"

    @classmethod
    def GetFormatSpecification(cls):
        """Retrieves the format specification.

        Returns:
          FormatSpecification: format specification.
        """
        format_specification = specification.FormatSpecification(cls.NAME)
        format_specification.AddNewSignature(tdlib_binlog.SIGNATURE, offset=0)
        return format_specification

    def ParseFileObject(self, parser_mediator, file_object):
        """Parses an event log.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_object (dfvfs.FileIO): file-like object.

        Raises:
          WrongParser: when the file cannot be parsed.
        """
        file_entry = parser_mediator.GetFileEntry()
        if getattr(file_entry.path_spec, "data_stream", None):
            raise errors.WrongParser("Not the default data stream.")
        try:
            self._ParseLog(parser_mediator, file_object)
        except FormatError as exception:
            # The other parser says what is wrong with a file of that name.
            raise errors.WrongParser(str(exception)) from None


class TdlibNamedBinlogParser(BaseTdlibBinlogParser, name_filter.NamedFileParser):
    """Parser for event logs in clear and damaged ones, found by their names."""

    NAME = "telegram_tdlib_binlog_named"
    DATA_FORMAT = "TDLib event log (td.binlog) file without its signature"

    FILTERS = frozenset([name_filter.NameFilter(tdlib_paths.is_binlog_name)])

    def ParseFileObject(self, parser_mediator, file_object):
        """Parses an event log.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_object (dfvfs.FileIO): file-like object.
        """
        try:
            self._ParseLog(parser_mediator, file_object)
        except FormatError as exception:
            file_entry = parser_mediator.GetFileEntry()
            parser_mediator.ProduceWarning(
                f"{file_entry.name:s}: event log cannot be read: {exception!s}"
            )
            self._MountDatabase(parser_mediator, file_entry)


PARSERS = (TdlibBinlogParser, TdlibNamedBinlogParser)
