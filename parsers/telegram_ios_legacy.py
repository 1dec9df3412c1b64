"""SQLite plugin and parsers for Telegram for iOS before 5.0 (October 2018).

The tables end in `_v29`. What the specification does not confirm (ids of groups and
channels, layout of media and flags) comes out as stored.
"""

import collections

from plaso.lib import errors
from plaso.lib import specification
from plaso.parsers import interface

from telegram_forensics.formats.errors import FormatError
from telegram_forensics.parsers import sqlcipher_reader
from telegram_forensics.parsers import event_data as telegram_event_data
from telegram_forensics.parsers import message_event_data
from telegram_forensics.parsers import name_filter
from telegram_forensics.parsers import sqlite_plugin
from telegram_forensics.parsers import sqlite_removed
from telegram_forensics.parsers import tl_message_events
from telegram_forensics.vfs import passcodes
from telegram_forensics.vfs import sqlcipher_mount
from telegram_forensics.vfs import type_indicators

CLIENT = "Telegram for iOS"
BASIS = "ios_legacy_database"

_FIRST_LOCAL = 800000000
_MESSAGES = "messages_v29"
# SQLite takes it as it was written.
_CHATS = "convesations_v29"
_USERS = "users_v29"
_MESSAGE_COLUMNS = [
    "mid",
    "cid",
    "message",
    "from_id",
    "outgoing",
    "unread",
    "dstate",
    "date",
    "flags",
    "media",
]
_USER_COLUMNS = [
    "uid",
    "first_name",
    "last_name",
    "phone_number",
    "username",
    "last_seen",
]
_MAXIMUM_TIME = 1 << 33


def _GetNumber(value):
    """Retrieves a number.

    Args:
      value (object): stored value.

    Returns:
      int: number or None if it is none.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return None


def _GetText(value):
    """Retrieves a text.

    Args:
      value (object): stored value.

    Returns:
      str: text or None if there is none.
    """
    if isinstance(value, bytes):
        value = value.decode("utf-8", "backslashreplace")
    return str(value) if value not in (None, "") else None


def _GetTime(value):
    """Retrieves a time.

    Args:
      value (object): stored value, seconds since 1970 UTC.

    Returns:
      dfdatetime.PosixTime: date and time or None.
    """
    number = _GetNumber(value)
    if number is None or number > _MAXIMUM_TIME:
        return None
    return tl_message_events.MakeTime(number)


class IOSLegacyPlugin(sqlite_plugin.TelegramSQLitePlugin):
    """SQLite plugin for tgdata.db."""

    NAME = "telegram_ios_legacy"
    DATA_FORMAT = "Telegram for iOS before 5.0 SQLite database (tgdata.db) file"

    REQUIRED_STRUCTURE = {
        _MESSAGES: frozenset(["mid", "cid", "message", "from_id", "outgoing", "date"])
    }

    def ProcessView(self, parser_mediator, view):
        """Extracts event data from a database.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          view (DatabaseView): database.
        """
        _Reader(parser_mediator, view).Read()


class _Reader:
    """Reads one database."""

    def __init__(self, parser_mediator, view):
        """Initializes a reader.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          view (DatabaseView): database.
        """
        super().__init__()
        self._mediator = parser_mediator
        self._view = view
        self._account = None
        self._channels = set()
        self._composed = set()
        self._live = None
        self._names = {}
        self._secret = {}
        self._titles = {}

    def Read(self):
        """Reads everything."""
        self._Load()
        if self._view.is_last_pass and self._account is not None:
            event_data = telegram_event_data.TelegramAccountEventData()
            self._Apply(event_data, "ios_legacy_senders")
            event_data.account_name = self._names.get(self._account)
            event_data.written_time = self._view.file_entry.modification_time
            self._mediator.ProduceEventData(event_data)
        for row, state in self._view.Read(_USERS, _USER_COLUMNS):
            self._ProduceUser(row, state)
        for row, state in self._view.Read(_CHATS, ["cid", "chat_title", "date"]):
            self._ProduceChat(row, state)
        for row, state in self._view.Read(_MESSAGES, _MESSAGE_COLUMNS):
            self._ProduceMessage(row, state)
        columns = {_MESSAGES: _MESSAGE_COLUMNS}
        for _, row, state, found in self._view.Recover(columns):
            # The number of a row is the first that a deletion overwrites.
            if _GetNumber(row.values[1]) is None or not _GetTime(row.values[7]):
                continue
            if row.rowid is None and self._IsLive(row):
                continue
            self._ProduceMessage(row, state, sqlite_removed.Describe(found))

    def _IsLive(self, row):
        """Determines if a message without a number is one that is there.

        SQLite moves rows within and between pages, and the copy that stays behind loses
        its number first: it says nothing of a deletion.

        Args:
          row (Row): recovered row.

        Returns:
          bool: True if a row of today says the same.
        """
        if self._live is None:
            self._live = {
                hash(message.values[1:8])
                for message in self._view.ReadCurrent(_MESSAGES, _MESSAGE_COLUMNS)
            }
        return hash(row.values[1:8]) in self._live

    def _Load(self):
        """Loads names, chats, traces of sending, and whose database it is."""
        current = self._view.ReadCurrent
        for row in current(_USERS, _USER_COLUMNS):
            names = [_GetText(name) for name in row.values[1:3]]
            self._names[row.values[0]] = " ".join(filter(None, names)) or None
        for row in current(_CHATS, ["cid", "chat_title"]):
            self._titles[row.values[0]] = _GetText(row.values[1])
        for row in current("encrypted_cids_v29", ["encrypted_id", "cid"]):
            self._secret[row.values[1]] = row.values[0]
        for row in current("channel_conversations_v29", ["cid"]):
            self._channels.add(row.values[0])
        for row in current("random_ids_v29", ["mid"]):
            self._composed.add(row.values[0])
        senders = collections.Counter()
        for row in current(_MESSAGES, ["from_id", "outgoing", "cid"]):
            sender, is_outgoing, chat = row.values
            if is_outgoing == 1 and chat not in self._channels and sender:
                senders[sender] += 1
        if len(senders) == 1:
            (self._account,) = senders

    def _Apply(self, event_data, basis=BASIS):
        """Sets what every event carries.

        Args:
          event_data (TelegramEventData): event data.
          basis (Optional[str]): code of the stored fact behind the attribution.
        """
        event_data.attribution_basis = basis
        event_data.client_name = CLIENT
        if self._account is not None:
            event_data.account_identifier = str(self._account)

    def _SetChat(self, event_data, number):
        """Sets the chat.

        Args:
          event_data (TelegramEventData): event data.
          number (int): stored number of the chat.
        """
        if number is None:
            return
        # Negative ones that no table explains are left as they are stored.
        event_data.chat_identifier = str(number)
        event_data.chat_title = self._titles.get(number) or self._names.get(number)
        if number in self._secret:
            event_data.chat_identifier = str(self._secret[number])
            event_data.chat_type = "secret"
        elif number in self._channels:
            event_data.chat_type = "channel"
        elif number in self._names:
            event_data.chat_type = "user"

    def _ProduceUser(self, row, state):
        """Produces the event of a user.

        Args:
          row (Row): row.
          state (str): state of a row that does not count, or None.
        """
        number, _, _, phone, username, last_seen = row.values
        number = _GetNumber(number)
        if number is None or number == self._account:
            return
        event_data = message_event_data.TelegramContactEventData()
        self._Apply(event_data)
        event_data.contact_identifier = str(number)
        names = [_GetText(name) for name in row.values[1:3]]
        event_data.contact_name = " ".join(filter(None, names)) or None
        event_data.contact_phone = tl_message_events.GetDigits(_GetText(phone))
        event_data.contact_source = "users"
        event_data.contact_type = "user"
        event_data.contact_username = _GetText(username)
        event_data.last_seen_time = _GetTime(last_seen)
        event_data.record_state = state
        event_data.record_table = _USERS
        event_data.row_identifier = str(row.rowid)
        self._mediator.ProduceEventData(event_data, recovered=state is not None)

    def _ProduceChat(self, row, state):
        """Produces the event of a chat.

        Args:
          row (Row): row.
          state (str): state of a row that does not count, or None.
        """
        number, title, date = row.values
        if _GetNumber(number) is None:
            return
        event_data = message_event_data.TelegramChatEventData()
        self._Apply(event_data)
        self._SetChat(event_data, number)
        event_data.chat_title = _GetText(title) or event_data.chat_title
        event_data.last_message_time = _GetTime(date)
        event_data.record_state = state
        event_data.record_table = _CHATS
        event_data.row_identifier = str(row.rowid)
        self._mediator.ProduceEventData(event_data, recovered=state is not None)

    def _ProduceMessage(self, row, state, recovery_method=None):
        """Produces the event of a message.

        Args:
          row (Row): row.
          state (str): state of a row that does not count, or None.
          recovery_method (Optional[str]): how a row was found that SQL does not show.
        """
        number, chat, text, sender, outgoing, unread, dstate, date, flags, media = (
            row.values
        )
        event_data = message_event_data.TelegramMessageEventData()
        self._Apply(event_data)
        self._SetChat(event_data, _GetNumber(chat))
        event_data.is_outgoing = {0: False, 1: True}.get(outgoing)
        if event_data.is_outgoing is False and unread in (0, 1):
            event_data.is_read = unread == 0
        if _GetNumber(number) is not None:
            event_data.message_identifier = str(number)
        if event_data.is_outgoing:
            is_composed = number in self._composed
            event_data.origin = (
                "this_installation" if is_composed else "not_determinable"
            )
            if is_composed:
                event_data.origin_basis = "ios_legacy_random_id"
                event_data.origin_confidence = "strong"
        event_data.record_state = state
        event_data.record_table = _MESSAGES
        event_data.recovery_method = recovery_method
        event_data.row_identifier = None if row.rowid is None else str(row.rowid)
        if _GetNumber(sender):
            event_data.sender_identifier = str(sender)
            event_data.sender_name = self._names.get(sender)
        event_data.sent_time = _GetTime(date)
        event_data.text = _GetText(text)
        words = tl_message_events.GetWords(
            {
                "delivery state as stored": dstate or None,
                "flags as stored": flags or None,
                "bytes of attachment data that are not read": (
                    len(media) if isinstance(media, bytes | str) and media else None
                ),
                "number of this device": (_GetNumber(number) or 0) >= _FIRST_LOCAL,
            }
        )
        event_data.service_details = "; ".join(words) or None
        self._mediator.ProduceEventData(
            event_data, recovered=state is not None or recovery_method is not None
        )


class IOSLegacyEncryptedParser(name_filter.NamedFileParser):
    """Parser that opens tgdata.db.y, which the passcode of the app encrypts."""

    NAME = "telegram_ios_legacy_encrypted"
    DATA_FORMAT = "Telegram for iOS before 5.0 encrypted database (tgdata.db.y) file"

    FILTERS = frozenset(
        [name_filter.NameFilter(frozenset(["tgdata.db.y"]).__contains__)]
    )

    def ParseFileObject(self, parser_mediator, file_object):
        """Mounts an encrypted database.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_object (dfvfs.FileIO): file-like object.

        Raises:
          WrongParser: when the file is no such database.
        """
        file_entry = parser_mediator.GetFileEntry()
        try:
            mount = sqlcipher_mount.Mount(
                file_entry.path_spec, parser_mediator.resolver_context
            )
        except (FormatError, OSError) as exception:
            raise errors.WrongParser(str(exception)) from None
        if mount.is_locked:
            event_data = telegram_event_data.TelegramAccountEventData()
            event_data.attribution_basis = "ios_legacy_locked"
            event_data.client_name = CLIENT
            event_data.passcode_state = "locked"
            try:
                event_data.passcodes_tried = len(passcodes.given_passcodes())
            except (OSError, FormatError):
                event_data.passcodes_tried = None
            event_data.written_time = file_entry.modification_time
            parser_mediator.ProduceEventData(event_data)
            parser_mediator.ProduceWarning(
                f"{file_entry.name:s}: cannot be decrypted: none of the given "
                f"passcodes opens it, or its layout is not the known one"
            )
            return
        sqlcipher_reader.ProduceFiles(parser_mediator, file_entry, mount)


class MacOSLegacyParser(interface.FileObjectParser):
    """Parser that names the database of macOS before Postbox, which is not read."""

    NAME = "telegram_macos_legacy"
    DATA_FORMAT = "Telegram for macOS before Postbox database (t143.sqlite) file"

    @classmethod
    def GetFormatSpecification(cls):
        """Retrieves the format specification.

        Returns:
          FormatSpecification: format specification.
        """
        format_specification = specification.FormatSpecification(cls.NAME)
        # Exactly that of the stock parser: a longer one would hide it.
        format_specification.AddNewSignature(b"SQLite format 3", offset=0)
        return format_specification

    def ParseFileObject(self, parser_mediator, file_object):
        """Says that there is a database that is not read.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_object (dfvfs.FileIO): file-like object.

        Raises:
          WrongParser: when the file is no such database.
        """
        del file_object
        file_entry = parser_mediator.GetFileEntry()
        if (
            file_entry is None
            or file_entry.name.lower() != "t143.sqlite"
            or file_entry.type_indicator == type_indicators.TYPE_INDICATOR_SQLCIPHER
        ):
            raise errors.WrongParser("Not the name of that database.")
        event_data = telegram_event_data.TelegramAccountEventData()
        event_data.attribution_basis = "macos_legacy_name"
        event_data.client_name = "Telegram for macOS"
        event_data.written_time = file_entry.modification_time
        parser_mediator.ProduceEventData(event_data)
        parser_mediator.ProduceWarning(
            f"{file_entry.name:s}: by its name the database of Telegram for macOS "
            f"before Postbox; its tables are not known and were not read"
        )


PARSERS = (IOSLegacyEncryptedParser, MacOSLegacyParser)
PLUGINS = (IOSLegacyPlugin,)
