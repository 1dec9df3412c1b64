"""Parsers of the settings of remote control programs: files and the Registry."""

import re

from dfwinreg import errors as dfwinreg_errors

from plaso.lib import errors
from plaso.parsers import interface as parsers_interface
from plaso.parsers.winreg_plugins import interface

from telegram_forensics.formats import remote_configuration as configuration
from telegram_forensics.formats import remote_records as records
from telegram_forensics.formats import remote_vnc_others as names
from telegram_forensics.parsers import remote_access_event_data as event_data_classes
from telegram_forensics.parsers import remote_access_reader as reader


class RemoteAccessConfigurationParser(reader.RemoteAccessLogParser):
    """Parser of conf, tvc, ini, toml and json files of settings."""

    NAME = "remote_access_configuration"
    DATA_FORMAT = "Settings of AnyDesk, TeamViewer, RustDesk, UltraVNC, Chrome Remote"
    FILTERS = frozenset([reader.NameFilter(r".*\.(?:conf|tvc|ini|toml|json)")])

    _IS_LOG = False

    _ANYDESK_NAMES = frozenset(["user.conf", "service.conf", "system.conf"])
    _CHROME_PLACES = re.compile(
        r".*/google/chrome remote desktop/host\.json"
        r"|.*/\.config/chrome-remote-desktop/host#[0-9a-f]+\.json"
        r"|.*/org\.chromium\.chromoting\.json"
    )
    _RUSTDESK_NAME = re.compile(r"rustdesk\w*\.toml")

    def _GetDecoder(self, name, location):
        """See RemoteAccessLogParser."""
        name = name.lower()
        pattern = r"[\w.-]+\s*="
        if name in self._ANYDESK_NAMES:
            pattern = r"ad\.[\w.]+\s*="
            decoder = configuration.SettingsDecoder(configuration.ANYDESK)
        elif name.endswith(".tvc"):
            pattern = r"targetID\s*="
            decoder = configuration.SettingsDecoder(configuration.TEAMVIEWER)
        elif name == "ultravnc.ini":
            decoder = configuration.SettingsDecoder(configuration.ULTRAVNC)
        elif self._RUSTDESK_NAME.fullmatch(name):
            decoder = configuration.SettingsDecoder(configuration.RUSTDESK)
        elif (
            name.endswith(".toml")
            and "/rustdesk/" in location
            and location.rpartition("/")[0].endswith("/peers")
        ):
            decoder = configuration.SettingsDecoder(
                configuration.RUSTDESK, remote_identifier=name[: -len(".toml")]
            )
        elif name.endswith(".json") and self._CHROME_PLACES.fullmatch(location):
            return None, configuration.JsonSettingsDecoder(configuration.CHROME)
        else:
            return None
        return lambda lines: configuration.is_settings(lines, pattern), decoder


class RemoteAssistanceLogParser(parsers_interface.FileObjectParser):
    """Parser of the logs of Windows Remote Assistance: their names tell the time."""

    NAME = "remote_access_remote_assistance"
    DATA_FORMAT = "Windows Remote Assistance session log"
    FILTERS = frozenset([reader.NameFilter(r"\d{14}\.xml")])

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
        stem, _, extension = file_entry.name.rpartition(".")
        if extension.lower() != "xml" or "/remote assistance logs/" not in (
            reader.GetLocation(file_entry)
        ):
            raise errors.WrongParser("Not the name of such a log.")
        moment = names.moment_of_name(stem)
        if moment is None:
            raise errors.WrongParser("Not the name of such a log.")
        record = records.Record(
            "Remote Assistance",
            event_kind="session_log",
            recorded=moment,
            details="the name of the file tells the time, its content is not decoded",
        )
        event_data = reader.MakeEventData(record)
        event_data.written_time = file_entry.modification_time
        parser_mediator.ProduceEventData(event_data)


class TeamViewerRegistryPlugin(interface.WindowsRegistryPlugin):
    """Windows Registry plugin of TeamViewer's settings, with all keys below."""

    NAME = "remote_access_teamviewer"
    DATA_FORMAT = "TeamViewer settings in the Registry"

    _MAXIMUM_DEPTH = 4
    _MAXIMUM_KEYS = 512

    FILTERS = frozenset(
        [
            interface.WindowsRegistryKeyPathFilter(
                "HKEY_LOCAL_MACHINE\\Software\\TeamViewer"
            ),
            interface.WindowsRegistryKeyPathFilter(
                "HKEY_CURRENT_USER\\Software\\TeamViewer"
            ),
        ]
    )

    def ExtractEvents(self, parser_mediator, registry_key, **kwargs):
        """Extracts events from a Windows Registry key.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          registry_key (dfwinreg.WinRegistryKey): Windows Registry key.
        """
        waiting = [(registry_key, "", 0)]
        number_of_keys = 0
        while waiting:
            key, prefix, depth = waiting.pop(0)
            number_of_keys += 1
            if number_of_keys > self._MAXIMUM_KEYS or depth > self._MAXIMUM_DEPTH:
                parser_mediator.ProduceWarning(
                    f"{key.path:s}: more or deeper keys than TeamViewer has, not read"
                )
                return
            try:
                self._ExtractKey(parser_mediator, key, prefix)
                for subkey in key.GetSubkeys():
                    name = f"{prefix:s}{subkey.name or '':s}\\"
                    waiting.append((subkey, name, depth + 1))
            except (OSError, dfwinreg_errors.WinRegistryValueError) as exception:
                parser_mediator.ProduceWarning(
                    f"{key.path:s}: unable to read with error: {exception!s}"
                )

    def _ExtractKey(self, parser_mediator, registry_key, prefix):
        """Extracts the values of a key.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          registry_key (dfwinreg.WinRegistryKey): Windows Registry key.
          prefix (str): path of the key below TeamViewer's, with a backslash behind it.
        """
        for value in registry_key.GetValues():
            name = value.name or "(default)"
            try:
                text, number = self._GetText(value)
            except (
                OSError,
                ValueError,
                dfwinreg_errors.WinRegistryValueError,
            ) as exception:
                parser_mediator.ProduceWarning(
                    f"{registry_key.path:s}: value {name:s}: {exception!s}"
                )
                text, number = None, None
            event_data = event_data_classes.RemoteAccessEventEventData()
            event_data.tool = configuration.TEAMVIEWER
            event_data.event_kind = "configuration"
            event_data.setting_name = f"{prefix:s}{name:s}"
            event_data.setting_meaning = configuration.setting_meaning(
                configuration.TEAMVIEWER, name
            )
            if text is not None:
                event_data.setting_value = configuration.public_value(name, text)
            event_data.details = registry_key.path
            event_data.written_time = registry_key.last_written_time
            if event_data.setting_meaning == "own_identifier" and number:
                event_data.local_identifier = str(number)
            if name.lower() == "version" and value.DataIsString():
                event_data.tool_version = text or None
            parser_mediator.ProduceEventData(event_data)

    def _GetText(self, value):
        """Retrieves a value as text.

        Args:
          value (dfwinreg.WinRegistryValue): value.

        Returns:
          tuple[str, int]: text, and the number if it is one.
        """
        if value.data is None:
            return None, None
        if value.DataIsInteger():
            number = value.GetDataAsObject()
            return str(number), number
        if value.DataIsString():
            return (value.GetDataAsObject() or "").rstrip("\0"), None
        if value.DataIsMultiString():
            return ", ".join(value.GetDataAsObject() or []), None
        return f"({len(value.data):d} bytes)", None


PARSERS = (RemoteAccessConfigurationParser, RemoteAssistanceLogParser)
WINREG_PLUGINS = (TeamViewerRegistryPlugin,)
