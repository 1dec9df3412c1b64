"""Parsers of the small files of Telegram for Android and its forks."""

from plaso.lib import errors

from telegram_forensics.formats import android_datacenter_files as datacenter_files
from telegram_forensics.formats import android_paths
from telegram_forensics.formats import android_preferences
from telegram_forensics.formats import android_tgnet
from telegram_forensics.formats import android_user_config
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.parsers import name_filter
from telegram_forensics.parsers import telegram_android_app as android_app
from telegram_forensics.parsers import telegram_android_events as android_events


def _IsStatisticsName(name):
    """Determines if a file is of interest by its name.

    Args:
      name (str): name of the file.

    Returns:
      bool: True if it is.
    """
    return (
        name == datacenter_files.STATISTICS_NAME
        or datacenter_files.address_file_number(name) is not None
    )


class BaseTelegramAndroidParser(name_filter.NamedFileParser):
    """Shared functionality: files are known by name first, which is cheap."""

    _MAXIMUM_SIZE = 4 * 1024 * 1024

    def ParseFileObject(self, parser_mediator, file_object):
        """Parses a file-like object.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_object (dfvfs.FileIO): file-like object.

        Raises:
          WrongParser: when the file cannot be parsed.
        """
        file_entry = parser_mediator.GetFileEntry()
        app = android_app.AndroidApp(parser_mediator, file_entry)
        size = file_object.get_size()
        data = b""
        if size:
            file_object.seek(0)
            data = file_object.read(min(size, self._MAXIMUM_SIZE))
        self._ParseData(parser_mediator, file_entry, app, data)
        if size > self._MAXIMUM_SIZE:
            app.Warn(self._MAXIMUM_SIZE, f"{size:d} bytes, the rest is not read")

    @staticmethod
    def _IsIntact(data, read):
        """Determines if the newer one of two copies is there and intact.

        Args:
          data (bytes): content or None.
          read (function): reads it.

        Returns:
          bool: True if it is.
        """
        if not data:
            return False
        try:
            return read(data).is_complete
        except FormatError:
            return False

    def _ParseData(self, parser_mediator, file_entry, app, data):
        """Parses the content of a file.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_entry (dfvfs.FileEntry): file entry.
          app (AndroidApp): installation.
          data (bytes): content.

        Raises:
          WrongParser: when the file cannot be parsed.
        """
        raise NotImplementedError


class TelegramAndroidNetworkParser(BaseTelegramAndroidParser):
    """Parser of the network state: sessions and keys."""

    NAME = "telegram_android_tgnet"
    DATA_FORMAT = "Telegram for Android network state (tgnet.dat) file"

    _BACKUP_NAME = f"{android_app.TGNET_NAME:s}.bak"
    _OLD_NAME = "config.dat"
    _NAMES = frozenset([android_app.TGNET_NAME, _BACKUP_NAME, _OLD_NAME])
    FILTERS = frozenset([name_filter.NameFilter(_NAMES.__contains__)])

    def _ParseData(self, parser_mediator, file_entry, app, data):
        """Parses the content of a file.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_entry (dfvfs.FileEntry): file entry.
          app (AndroidApp): installation.
          data (bytes): content.

        Raises:
          WrongParser: when the file cannot be parsed.
        """
        is_old = file_entry.name == self._OLD_NAME
        read = android_tgnet.read_config_dat if is_old else android_tgnet.read_tgnet
        try:
            network = read(data)
        except FormatError as exception:
            # Versions that wrote tgnet.dat did not write config.dat.
            is_other = is_old and app.ReadSibling(android_app.TGNET_NAME) is not None
            if is_other or not app.IsTelegram():
                raise errors.WrongParser(f"Not a network state: {exception!s}")
            reason = exception.reason if data else "empty file"
            app.Warn(exception.offset, reason)
            return

        slot = app.GetSlot(app.location.slot if app.location else None)
        # The client writes the copy before the file and removes it afterwards.
        is_current = True
        if file_entry.name == self._BACKUP_NAME:
            newer = app.ReadSibling(android_app.TGNET_NAME)
            is_current = not self._IsIntact(newer, android_tgnet.read_tgnet)
        event_data = android_events.MakeNetworkSession(app, slot, network, is_current)
        parser_mediator.ProduceEventData(event_data, corrupted=not network.is_complete)
        for offset, reason in network.problems:
            app.Warn(offset, reason)
        reason = android_events.CheckHome(network)
        if reason:
            app.Warn(None, reason)


class TelegramAndroidStatisticsParser(BaseTelegramAndroidParser):
    """Parser of traffic counters and of the addresses that worked last."""

    NAME = "telegram_android_statistics"
    DATA_FORMAT = "Telegram for Android statistics (stats2.dat) or address file"
    FILTERS = frozenset([name_filter.NameFilter(_IsStatisticsName)])

    def _ParseData(self, parser_mediator, file_entry, app, data):
        """Parses the content of a file.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_entry (dfvfs.FileEntry): file entry.
          app (AndroidApp): installation.
          data (bytes): content.

        Raises:
          WrongParser: when the file cannot be parsed.
        """
        # Neither has a signature: the neighbours must be there.
        if not app.IsTelegram():
            raise errors.WrongParser("Not in the storage of Telegram for Android.")
        slot = app.GetSlot(app.location.slot if app.location else None)
        number = datacenter_files.address_file_number(file_entry.name)
        try:
            if number is None:
                basis = android_app.BASIS_STATISTICS
                networks = datacenter_files.read_statistics(data)
                settings = list(android_events.MakeTraffic(networks))
            else:
                basis = android_app.BASIS_ADDRESS
                choice = datacenter_files.read_address_file(data)
                settings = [android_events.MakeAddressChoice(number, choice)]
        except FormatError as exception:
            app.Warn(exception.offset, exception.reason)
            return
        is_current = not file_entry.name.endswith(".bak")
        for event_data in android_events.MakeSettings(
            slot, settings, basis, is_current
        ):
            parser_mediator.ProduceEventData(event_data)


class TelegramAndroidPreferencesParser(BaseTelegramAndroidParser):
    """Parser of preferences: accounts, logins, settings, drafts, earlier accounts."""

    NAME = "telegram_android_preferences"
    DATA_FORMAT = "Telegram for Android preferences (XML) file"
    FILTERS = frozenset([name_filter.NameFilter(android_paths.preferences_name)])

    _MAXIMUM_SIZE = android_preferences.MAXIMUM_SIZE

    def _ParseData(self, parser_mediator, file_entry, app, data):
        """Parses the content of a file.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_entry (dfvfs.FileEntry): file entry.
          app (AndroidApp): installation.
          data (bytes): content.

        Raises:
          WrongParser: when the file cannot be parsed.
        """
        name = android_paths.preferences_name(file_entry.name)
        head = data[: android_preferences.HEAD_SIZE]
        if not android_preferences.is_preferences(head) and not app.IsTelegram():
            raise errors.WrongParser("Not a preferences file.")
        try:
            preferences = android_preferences.read_preferences(data)
        except FormatError as exception:
            if not app.IsTelegram():
                raise errors.WrongParser(f"Not a preferences file: {exception!s}")
            app.Warn(exception.offset, exception.reason)
            return

        if not self._HasContent(name, preferences) and not app.IsTelegram():
            raise errors.WrongParser("Not a preferences file of Telegram.")
        if not preferences.entries:
            # The parser of an undamaged file has nothing to say about an empty map.
            for offset, reason in preferences.problems:
                app.Warn(offset, reason)
            return

        is_current = not name.is_backup or not self._IsIntact(
            app.ReadSibling(file_entry.name.removesuffix(".bak")),
            android_preferences.read_preferences,
        )
        reader = android_events.PreferencesReader(app, name, preferences, is_current)
        for event_data in reader.Read():
            parser_mediator.ProduceEventData(
                event_data, corrupted=not preferences.is_complete
            )
        for offset, reason in reader.problems:
            app.Warn(offset, reason)

    def _HasContent(self, name, preferences):
        """Determines if the values are those of a file that no other program writes.

        Args:
          name (PreferencesName): what the file name stands for.
          preferences (Preferences): content.

        Returns:
          bool: True if they are.
        """
        entries = preferences.entries
        if name.kind == "user_config":
            return android_user_config.is_user_config(preferences)
        if name.kind == "data_config":
            return "currentDatacenterId" in entries
        if name.kind.startswith("saved_tokens"):
            return any(key.startswith(("log_in_token_", "log_out_")) for key in entries)
        return False


PARSERS = (
    TelegramAndroidNetworkParser,
    TelegramAndroidPreferencesParser,
    TelegramAndroidStatisticsParser,
)
