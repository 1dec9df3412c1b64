"""Parsers for files beside TDLib's event log, and for a database without one."""

from dfdatetime import posix_time as dfdatetime_posix_time
from plaso.lib import errors

from telegram_forensics.formats import tdlib_paths
from telegram_forensics.formats import tdlib_side_files
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.sqlcipher_keys import is_plaintext
from telegram_forensics.parsers import client_trace_event_data
from telegram_forensics.parsers import event_data as telegram_event_data
from telegram_forensics.parsers import name_filter
from telegram_forensics.parsers import telegram_tdlib_directory as directory
from telegram_forensics.parsers import telegram_tdlib_events as events

_LOG_NAMES = frozenset(["tdlib_log.txt", "tdlib_log.txt.old", "tdlib_log.txt.old.old"])
_MAXIMUM_ACCOUNTS_FILE = 65536
_CHUNK = 1 << 20
_HEAD = 100
# Of version 3 of SQLCipher, as old versions of TDLib had it.
_SMALLEST_PAGE = 1024


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


class TdlibLoneDatabaseParser(name_filter.NamedFileParser):
    """Parser for a database without the event log that holds its key.

    Where the log is there, its parser opens the database.
    """

    NAME = "telegram_tdlib_lone_database"
    DATA_FORMAT = "TDLib encrypted database (db.sqlite) file without its event log"

    FILTERS = frozenset([name_filter.NameFilter(tdlib_paths.is_database_name)])

    def ParseFileObject(self, parser_mediator, file_object):
        """Parses a database.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_object (dfvfs.FileIO): file-like object.

        Raises:
          WrongParser: when the file cannot be parsed.
        """
        file_entry = parser_mediator.GetFileEntry()
        size = file_object.get_size()
        if not size or size % _SMALLEST_PAGE:
            raise errors.WrongParser("Not the size of an encrypted database.")
        file_object.seek(0)
        if is_plaintext(file_object.read(_HEAD)):
            raise errors.WrongParser("Not encrypted.")
        entries = directory.GetNeighbours(parser_mediator, file_entry)
        names = {name.lower() for name in entries}
        if names.intersection(tdlib_paths.binlog_names(file_entry.name)):
            raise errors.WrongParser("Its event log is there.")

        application = tdlib_paths.find_application(
            directory.GetPath(file_entry.path_spec)
        )
        is_known = application.name != tdlib_paths.UNKNOWN
        if not is_known and not names.intersection(tdlib_paths.MEDIA_FOLDERS):
            # The name says little: no account is told of, only what it may be.
            parser_mediator.ProduceWarning(
                f"{file_entry.name:s}: not SQLite; if it is the database of an "
                f"application with TDLib, its key was in td.binlog, which is missing"
            )
            return
        if directory.MountDatabase(parser_mediator, file_entry):
            return
        event_data = telegram_event_data.TelegramAccountEventData()
        context = events.TdlibContext(application, None, file_entry.modification_time)
        context.Apply(event_data, "tdlib_database")
        event_data.passcode_state = "locked"
        parser_mediator.ProduceEventData(event_data)


PARSERS = (TdlibLogParser, TdlibLoneDatabaseParser, TelegramXAccountsParser)
