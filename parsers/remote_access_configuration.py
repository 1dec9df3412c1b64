"""Parsers of files with settings of remote control programs."""

import re

from plaso.lib import errors
from plaso.parsers import interface as parsers_interface

from telegram_forensics.formats import remote_configuration as configuration
from telegram_forensics.formats import remote_records as records
from telegram_forensics.formats import remote_vnc_others as names
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


PARSERS = (RemoteAccessConfigurationParser, RemoteAssistanceLogParser)
