"""Parsers of TeamViewer's lists of sessions and log files."""

from telegram_forensics.formats import remote_teamviewer_connections as connections
from telegram_forensics.formats import remote_teamviewer_lines as log_lines
from telegram_forensics.formats import remote_teamviewer_log as log
from telegram_forensics.parsers import remote_access_reader as reader


class TeamViewerConnectionsParser(reader.RemoteAccessLogParser):
    """Parser of Connections_incoming.txt and connections.txt."""

    NAME = "remote_access_teamviewer_connections"
    DATA_FORMAT = "TeamViewer list of sessions, incoming or outgoing"
    FILTERS = frozenset([reader.NameFilter(r"connections(?:_incoming)?\.txt")])

    def _GetDecoder(self, name, location):
        """See RemoteAccessLogParser."""
        direction = connections.direction(name)
        if direction is None:
            return None
        decoder = connections.ConnectionsDecoder(direction)
        # Other programs may have a connections.txt.
        is_sure = direction == connections.INCOMING or "teamviewer" in location
        return None if is_sure else connections.is_connections_file, decoder


class TeamViewerLogParser(reader.RemoteAccessLogParser):
    """Parser of TeamViewerNN_Logfile.log, its _OLD and TVNetwork.log."""

    NAME = "remote_access_teamviewer_log"
    DATA_FORMAT = "TeamViewer log file"
    FILTERS = frozenset([reader.NameFilter(r"(?:teamviewer|tvnetwork).*\.log")])

    def _GetDecoder(self, name, location):
        """See RemoteAccessLogParser."""
        if not log_lines.is_log_name(name):
            return None
        return None, log.TeamViewerLogDecoder()


PARSERS = (TeamViewerConnectionsParser, TeamViewerLogParser)
