"""Parsers of Telegram Desktop's logs, crash reports and locks."""

from plaso.lib import errors
from plaso.parsers import interface

from telegram_forensics.formats import tdesktop_logs as logs
from telegram_forensics.formats import tdesktop_marks as marks
from telegram_forensics.parsers import name_filter
from telegram_forensics.parsers import telegram_desktop_log_marks as log_marks
from telegram_forensics.parsers import telegram_desktop_log_reader as log_reader


class TelegramDesktopLogParser(interface.FileObjectParser):
    """Parser of Telegram Desktop log files, found by their name and first line."""

    NAME = "telegram_desktop_log"
    DATA_FORMAT = "Telegram Desktop log file"
    FILTERS = frozenset([name_filter.NameFilter(logs.log_kind)])

    _HEAD_SIZE = 65536

    def ParseFileObject(self, parser_mediator, file_object):
        """Parses a file-like object.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_object (dfvfs.FileIO): file-like object.

        Raises:
          WrongParser: when the file cannot be parsed.
        """
        file_entry = parser_mediator.GetFileEntry()
        if getattr(file_entry.path_spec, "data_stream", None):
            raise errors.WrongParser("Not the default data stream.")
        kind = logs.log_kind(file_entry.name)
        if kind is None:
            raise errors.WrongParser("Not the name of a Telegram Desktop log.")

        head = file_object.read(self._HEAD_SIZE)
        is_log = logs.is_log(kind, head)
        reader = log_reader.LogReader(parser_mediator, file_entry, kind)
        if not is_log and not reader.has_storage:
            raise errors.WrongParser("Not a Telegram Desktop log.")

        if not is_log:
            # Beside a storage it is one whose beginning is damaged.
            parser_mediator.ProduceWarning(
                f"{file_entry.name:s}: offset 0x0: does not begin like a log"
            )
            if not logs.has_entries(kind, head):
                return

        # The format of log.txt alone would fit other programs.
        if kind in (logs.LogKind.NORMAL, logs.LogKind.START) and not (
            b"Launched version: " in head or reader.has_storage
        ):
            raise errors.WrongParser("Not a Telegram Desktop log.")

        file_object.seek(0)
        reader.Read(file_object)


class TelegramDesktopMarkParser(interface.FileObjectParser):
    """Parser of crash reports, locks and update logs, found by their name."""

    NAME = "telegram_desktop_mark"
    DATA_FORMAT = "Telegram Desktop crash report, lock or update log file"
    FILTERS = frozenset([name_filter.NameFilter(marks.mark_kind)])

    def ParseFileObject(self, parser_mediator, file_object):
        """Parses a file-like object.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_object (dfvfs.FileIO): file-like object.

        Raises:
          WrongParser: when the file cannot be parsed.
        """
        file_entry = parser_mediator.GetFileEntry()
        if getattr(file_entry.path_spec, "data_stream", None):
            raise errors.WrongParser("Not the default data stream.")
        kind = marks.mark_kind(file_entry.name)
        if kind is None:
            raise errors.WrongParser("Not the name of a Telegram Desktop mark.")

        data = file_object.read(marks.MAXIMUM_SIZE)
        if kind is marks.MarkKind.CRASH:
            mark = marks.read_crash_report(data)
        elif kind is marks.MarkKind.LOCK:
            mark = marks.read_lock_file(data)
        else:
            mark = marks.read_update_log(file_entry.name, data)
        if mark is None:
            raise errors.WrongParser("Not a Telegram Desktop mark.")

        parser_mediator.ProduceEventData(
            log_marks.MakeMark(file_entry, kind.value, mark)
        )


PARSERS = (TelegramDesktopLogParser, TelegramDesktopMarkParser)
