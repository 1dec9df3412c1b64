"""Parsers for logs, lock and small files of Telegram for iOS and native macOS."""

import base64
import json

from dfdatetime import time_elements
from plaso.lib import errors

from telegram_forensics.formats import postbox_critlog
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.parsers import name_filter
from telegram_forensics.parsers import telegram_apple_store as apple_store


def IsCritlogName(name):
    """Determines if a name is that of a critlog.

    Args:
      name (str): name of a file.

    Returns:
      bool: True if it is.
    """
    found = postbox_critlog.read_log_name(name)
    return found is not None and found.kind == "critlog"


def IsLogName(name):
    """Determines if a name is that of an ordinary log.

    Args:
      name (str): name of a file.

    Returns:
      bool: True if it is.
    """
    found = postbox_critlog.read_log_name(name)
    return found is not None and found.kind == "log"


class AppleCritlogParser(name_filter.NamedFileParser):
    """Parser for critlog files: calls of the API with their times."""

    NAME = "telegram_apple_critlog"
    DATA_FORMAT = "Telegram for iOS and macOS critlog file"

    FILTERS = frozenset([name_filter.NameFilter(IsCritlogName)])

    _MAXIMUM_TEXT = 2000

    def ParseFileObject(self, parser_mediator, file_object):
        """Parses a log.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_object (dfvfs.FileIO): file-like object.

        Raises:
          WrongParser: when the file cannot be parsed.
        """
        file_entry = parser_mediator.GetFileEntry()
        problems = []
        events = apple_store.StoreEvents(file_entry)
        number = 0
        try:
            for record in postbox_critlog.read_critlog(
                self._ReadAll(parser_mediator, file_object), problems
            ):
                number += 1
                kind = "log_record"
                if record.call is not None:
                    kind = "api_send" if record.call.is_sending else "api_call"
                event_data = events.MakeTrace(
                    kind,
                    "apple_critlog",
                    record.time,
                    record.text[: self._MAXIMUM_TEXT],
                )
                event_data.record_offset = record.offset
                parser_mediator.ProduceEventData(event_data)
        except FormatError as exception:
            raise errors.WrongParser(str(exception)) from None
        if not number and problems:
            raise errors.WrongParser("No record of a critlog.")
        for offset, reason in problems[:20]:
            parser_mediator.ProduceWarning(
                f"{file_entry.name:s}: offset 0x{offset:x}: {reason:s}"
            )


class AppleLockStateParser(name_filter.NamedFileParser):
    """Parser for lockState.json of iOS: wrong passcodes, last use."""

    NAME = "telegram_apple_lock_state"
    DATA_FORMAT = "Telegram for iOS lockState.json file"

    FILTERS = frozenset(
        [name_filter.NameFilter(frozenset(["lockState.json"]).__contains__)]
    )

    def ParseFileObject(self, parser_mediator, file_object):
        """Parses the state of the lock.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_object (dfvfs.FileIO): file-like object.

        Raises:
          WrongParser: when the file cannot be parsed.
        """
        file_entry = parser_mediator.GetFileEntry()
        try:
            value = json.loads(self._ReadAll(parser_mediator, file_object))
        except (ValueError, RecursionError):
            raise errors.WrongParser("No JSON.") from None
        if not isinstance(value, dict) or "isManuallyLocked" not in value:
            raise errors.WrongParser("No state of a lock.")

        events = apple_store.StoreEvents(file_entry)
        attempts = value.get("unlockAttempts")
        if isinstance(attempts, dict) and isinstance(attempts.get("count"), int):
            parser_mediator.ProduceEventData(
                events.MakeTrace(
                    "wrong_passcodes",
                    "apple_lock_state",
                    self._GetTime(attempts.get("timestamp")),
                    f"{attempts['count']:d} since the last success",
                )
            )
        time = self._GetTime(value.get("applicationActivityTimestamp"))
        if time is not None:
            parser_mediator.ProduceEventData(
                events.MakeTrace("app_active", "apple_lock_state", time)
            )

    @staticmethod
    def _GetTime(value):
        """Converts a time since the start of the system.

        Args:
          value (object): bootTimestamp and uptime.

        Returns:
          float: seconds since 1970 UTC or None.
        """
        if not isinstance(value, dict):
            return None
        boot, uptime = value.get("bootTimestamp"), value.get("uptime")
        if isinstance(boot, bool) or isinstance(uptime, bool):
            return None
        if not isinstance(boot, int | float) or not isinstance(uptime, int | float):
            return None
        time = float(boot) + float(uptime)
        return time if 0 < time < 1 << 33 else None


class AppleCrashHandlerParser(name_filter.NamedFileParser):
    """Parser for crashhandler of macOS: when the client ran last."""

    NAME = "telegram_apple_run"
    DATA_FORMAT = "Telegram for macOS crashhandler file"

    FILTERS = frozenset(
        [name_filter.NameFilter(frozenset(["crashhandler"]).__contains__)]
    )

    def ParseFileObject(self, parser_mediator, file_object):
        """Parses the last run.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_object (dfvfs.FileIO): file-like object.

        Raises:
          WrongParser: when the file cannot be parsed.
        """
        file_entry = parser_mediator.GetFileEntry()
        parts = self._ReadAll(parser_mediator, file_object)[:256].split()
        times = []
        for part in parts:
            try:
                times.append(float(part))
            except ValueError:
                raise errors.WrongParser("No times of a run.") from None
        if len(times) != 2 or not all(1e9 < time < 1e10 for time in times):
            raise errors.WrongParser("No times of a run.")

        events = apple_store.StoreEvents(file_entry)
        for kind, time in zip(("client_started", "client_alive"), times, strict=True):
            parser_mediator.ProduceEventData(
                events.MakeTrace(kind, "apple_crashhandler", time)
            )


class AppleTokensParser(name_filter.NamedFileParser):
    """Parser for login-tokens: proofs of earlier logins that spare the next code."""

    NAME = "telegram_apple_login_tokens"
    DATA_FORMAT = "Telegram for iOS and macOS login-tokens file"

    FILTERS = frozenset(
        [name_filter.NameFilter(frozenset(["login-tokens"]).__contains__)]
    )

    def ParseFileObject(self, parser_mediator, file_object):
        """Parses a list of tokens. The tokens themselves do not come out.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_object (dfvfs.FileIO): file-like object.

        Raises:
          WrongParser: when the file cannot be parsed.
        """
        try:
            value = json.loads(self._ReadAll(parser_mediator, file_object))
        except (ValueError, RecursionError):
            raise errors.WrongParser("No JSON.") from None
        if not isinstance(value, list):
            raise errors.WrongParser("No list of tokens.")
        events = apple_store.StoreEvents(parser_mediator.GetFileEntry())
        parser_mediator.ProduceEventData(
            events.MakeTrace(
                "login_tokens",
                "apple_login_tokens",
                details=f"{len(value):d} tokens of earlier logins",
            )
        )


class AppleNotificationKeyParser(name_filter.NamedFileParser):
    """Parser for notificationsKey: the key that opens what the server pushes."""

    NAME = "telegram_apple_notification_key"
    DATA_FORMAT = "Telegram for iOS and macOS notificationsKey file"

    FILTERS = frozenset(
        [name_filter.NameFilter(frozenset(["notificationsKey"]).__contains__)]
    )

    def ParseFileObject(self, parser_mediator, file_object):
        """Parses a key. The key itself does not come out.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_object (dfvfs.FileIO): file-like object.

        Raises:
          WrongParser: when the file cannot be parsed.
        """
        try:
            value = json.loads(self._ReadAll(parser_mediator, file_object))
            identifier = base64.b64decode(value["id"], validate=True)
            key = base64.b64decode(value["data"], validate=True)
        except (KeyError, RecursionError, TypeError, ValueError):
            raise errors.WrongParser("No key of notifications.") from None
        if len(identifier) != 8:
            raise errors.WrongParser("No key of notifications.")
        events = apple_store.StoreEvents(parser_mediator.GetFileEntry())
        parser_mediator.ProduceEventData(
            events.MakeTrace(
                "notification_key",
                "apple_notification_key",
                details=f"key {identifier.hex():s} of {len(key):d} bytes",
            )
        )


class AppleLogParser(name_filter.NamedFileParser):
    """Parser for the ordinary logs, which a debug setting turns on."""

    NAME = "telegram_apple_log"
    DATA_FORMAT = "Telegram for iOS and macOS log file"

    FILTERS = frozenset([name_filter.NameFilter(IsLogName)])

    _MAXIMUM_TEXT = 2000

    def ParseFileObject(self, parser_mediator, file_object):
        """Parses a log.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_object (dfvfs.FileIO): file-like object.

        Raises:
          WrongParser: when the file cannot be parsed.
        """
        events = apple_store.StoreEvents(parser_mediator.GetFileEntry())
        data = self._ReadAll(parser_mediator, file_object)
        if b"\x00" in data[:512]:
            raise errors.WrongParser("No text.")
        event_data = None
        offset = 0
        for raw in data.split(b"\n"):
            line = raw.decode("utf-8", "backslashreplace").rstrip("\r")
            found = postbox_critlog.read_log_line(line)
            if found is not None:
                if event_data is not None:
                    parser_mediator.ProduceEventData(event_data)
                event_data = events.MakeTrace(
                    "log_record",
                    "apple_log",
                    details=f"[{found.tag:s}] {found.text:s}"[: self._MAXIMUM_TEXT],
                )
                try:
                    event_data.recorded_time = time_elements.TimeElementsInMilliseconds(
                        time_elements_tuple=found.local_time
                    )
                    event_data.recorded_time.is_local_time = True
                except ValueError:
                    event_data.recorded_time = None
                event_data.record_offset = offset
                event_data.written_time = None
            elif line and event_data is None:
                raise errors.WrongParser("No line of a log.")
            elif line and len(event_data.trace_details) < self._MAXIMUM_TEXT:
                # A text of several lines.
                event_data.trace_details += f"\n{line:s}"
            offset += len(raw) + 1
        if event_data is None:
            raise errors.WrongParser("No line of a log.")
        parser_mediator.ProduceEventData(event_data)


PARSERS = (
    AppleCrashHandlerParser,
    AppleCritlogParser,
    AppleLockStateParser,
    AppleLogParser,
    AppleNotificationKeyParser,
    AppleTokensParser,
)
