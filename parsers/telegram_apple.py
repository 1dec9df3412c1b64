"""Parsers for accounts and databases of Telegram for iOS and native macOS."""

from plaso.lib import errors
from plaso.lib import specification
from plaso.parsers import interface

from telegram_forensics.formats import postbox_ids
from telegram_forensics.formats import postbox_records
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.parsers import sqlcipher_reader
from telegram_forensics.parsers import event_data as telegram_event_data
from telegram_forensics.parsers import name_filter
from telegram_forensics.parsers import telegram_apple_context as apple_context
from telegram_forensics.parsers import telegram_apple_store as apple_store
from telegram_forensics.vfs import passcodes
from telegram_forensics.vfs import type_indicators

_RESERVED_OFFSET, _RESERVED = 20, 80


_DATABASE = "db_sqlite"


class AppleDatabaseParser(interface.FileObjectParser):
    """Parser that opens the encrypted databases of native macOS.

    The beginning of the file is in clear and that of SQLite, so that only parsers with
    a signature are asked.
    """

    NAME = "telegram_apple_encrypted"
    DATA_FORMAT = "Telegram for macOS encrypted database (db_sqlite) file"

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
        """Mounts an encrypted database.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_object (dfvfs.FileIO): file-like object.

        Raises:
          WrongParser: when the file is no such database.
        """
        file_entry = parser_mediator.GetFileEntry()
        if file_entry is None or file_entry.name.lower() != _DATABASE:
            raise errors.WrongParser("Not the name of a Postbox database.")
        if (
            file_entry.path_spec.type_indicator
            == type_indicators.TYPE_INDICATOR_SQLCIPHER
        ):
            raise errors.WrongParser("Already decrypted.")
        file_object.seek(_RESERVED_OFFSET)
        if file_object.read(1) != bytes([_RESERVED]):
            raise errors.WrongParser("Not encrypted.")

        mount = sqlcipher_reader.Mount(parser_mediator, file_entry)
        if mount is None:
            return
        if mount.is_locked:
            self._ProduceLocked(parser_mediator, file_entry)
            sqlcipher_reader.WarnOfLock(parser_mediator, file_entry, mount, "tempkey:")
            return
        sqlcipher_reader.ProduceFiles(parser_mediator, file_entry, mount)

    @staticmethod
    def _ProduceLocked(parser_mediator, file_entry):
        """Produces the event of a database that no passcode opens.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_entry (dfvfs.FileEntry): file entry.
        """
        event_data = telegram_event_data.TelegramAccountEventData()
        apple_store.StoreEvents(file_entry).Apply(event_data, "apple_tempkey")
        event_data.passcode_kdf = "SHA-512, no work factor"
        event_data.passcode_state = "locked"
        try:
            event_data.passcodes_tried = len(passcodes.given_passcodes())
        except (OSError, FormatError):
            event_data.passcodes_tried = None
        parser_mediator.ProduceEventData(event_data)


class AppleAccountsParser(name_filter.NamedFileParser):
    """Parser for atomic-state: records of accounts, passcode, keys of backups."""

    NAME = "telegram_apple_accounts"
    DATA_FORMAT = "Telegram for iOS and macOS atomic-state file"

    FILTERS = frozenset(
        [name_filter.NameFilter(frozenset(["atomic-state"]).__contains__)]
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
        try:
            state = postbox_records.read_atomic_state(
                self._ReadAll(parser_mediator, file_object)
            )
        except FormatError as exception:
            raise errors.WrongParser(str(exception)) from None

        for reason in state.problems:
            parser_mediator.ProduceWarning(f"{file_entry.name:s}: {reason:s}")
        for record in state.records:
            for event_data in self._MakeRecord(file_entry, state, record):
                parser_mediator.ProduceEventData(event_data)

    def _MakeRecord(self, file_entry, state, record):
        """Creates the event data of a record.

        Args:
          file_entry (dfvfs.FileEntry): file entry.
          state (AtomicState): content of the file.
          record (AccountRecord): record.

        Yields:
          TelegramEventData: event data.
        """
        events = apple_store.StoreEvents(file_entry, record.identifier)
        event_data = telegram_event_data.TelegramAccountEventData()
        events.Apply(event_data, "apple_account_record")
        backup = record.backup
        if backup is not None and backup.peer is not None:
            number = postbox_ids.unpack_peer(backup.peer).number
            event_data.account_identifier = str(number)
        event_data.record_state = "removed" if record.is_logged_out else "current"
        if state.passcode is not None:
            is_mac = events.store.platform == apple_context.MACOS
            event_data.passcode_state = None if is_mac else "screen_lock"
            event_data.passcode_kdf = (
                f"{state.passcode.kind:s} passcode"
                f"{', stored in clear' if state.passcode.text else ''}"
            )
        yield event_data
        if backup is None or backup.main is None or backup.main.identifier is None:
            return
        event_data = telegram_event_data.TelegramSessionEventData()
        events.Apply(event_data, "apple_account_record")
        if backup.peer is not None:
            number = postbox_ids.unpack_peer(backup.peer).number
            event_data.account_identifier = str(number)
        event_data.key_identifiers = [
            key.identifier
            for key in (backup.main, *backup.others)
            if key.identifier is not None
        ]
        event_data.record_state = "removed" if record.is_logged_out else "current"
        event_data.session_data_center = backup.main.data_center
        event_data.session_identifier = backup.main.identifier
        if not backup.main.is_consistent:
            event_data.session_details = "the stored identifier is not that of the key"
        yield event_data


class AppleSharedDataParser(name_filter.NamedFileParser):
    """Parser for accounts-shared-data of macOS: keys of all accounts, in clear."""

    NAME = "telegram_apple_shared_data"
    DATA_FORMAT = "Telegram for macOS accounts-shared-data file"

    FILTERS = frozenset(
        [name_filter.NameFilter(frozenset(["accounts-shared-data"]).__contains__)]
    )

    def ParseFileObject(self, parser_mediator, file_object):
        """Parses a list of accounts with their keys.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_object (dfvfs.FileIO): file-like object.

        Raises:
          WrongParser: when the file cannot be parsed.
        """
        file_entry = parser_mediator.GetFileEntry()
        try:
            shared = postbox_records.read_shared_data(
                self._ReadAll(parser_mediator, file_object)
            )
        except FormatError as exception:
            raise errors.WrongParser(str(exception)) from None

        for reason in shared.problems:
            parser_mediator.ProduceWarning(f"{file_entry.name:s}: {reason:s}")
        for account in shared.accounts:
            event_data = telegram_event_data.TelegramSessionEventData()
            apple_store.StoreEvents(file_entry, account.record).Apply(
                event_data, "apple_shared_data"
            )
            event_data.account_name = account.name
            event_data.key_identifiers = [
                key.identifier for key in account.keys if key.identifier is not None
            ] or None
            event_data.record_state = "current"
            event_data.session_data_center = account.data_center
            session = account.session
            if session is not None:
                event_data.session_identifier = session.identifier
            if account.is_test:
                event_data.session_details = "at Telegram's test servers"
            parser_mediator.ProduceEventData(event_data)


PARSERS = (
    AppleAccountsParser,
    AppleDatabaseParser,
    AppleSharedDataParser,
)
