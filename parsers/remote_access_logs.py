"""Parsers of the logs of AnyDesk, RustDesk, Ammyy Admin and VNC servers."""

from telegram_forensics.formats import remote_ammyy as ammyy
from telegram_forensics.formats import remote_anydesk as anydesk
from telegram_forensics.formats import remote_anydesk_lists as anydesk_lists
from telegram_forensics.formats import remote_rustdesk as rustdesk
from telegram_forensics.formats import remote_vnc as vnc
from telegram_forensics.formats import remote_vnc_others as vnc_others
from telegram_forensics.parsers import remote_access_reader as reader


class AnyDeskParser(reader.RemoteAccessLogParser):
    """Parser of traces, connection_trace.txt and file_transfer_trace.txt."""

    NAME = "remote_access_anydesk"
    DATA_FORMAT = "AnyDesk trace or list of connections"
    FILTERS = frozenset([reader.NameFilter(r".*\.trace.*|.*_trace\.txt")])

    def _GetDecoder(self, name, location):
        """See RemoteAccessLogParser."""
        if anydesk.is_trace_name(name):
            return anydesk.is_trace, anydesk.AnyDeskTraceDecoder()
        if name.lower() == "connection_trace.txt":
            decoder = anydesk_lists.ConnectionTraceDecoder()
            return anydesk_lists.is_connection_list, decoder
        if name.lower() == "file_transfer_trace.txt":
            decoder = anydesk_lists.FileTransferTraceDecoder()
            return anydesk_lists.is_transfer_list, decoder
        return None


class RustDeskParser(reader.RemoteAccessLogParser):
    """Parser of RustDesk's logs, those of its Android and iOS programs included."""

    NAME = "remote_access_rustdesk"
    DATA_FORMAT = "RustDesk log file"
    FILTERS = frozenset([reader.NameFilter(r".*_r.*\.log")])

    _LINE_OF_THIS_PROGRAM = (
        "src/server/",
        "src\\server\\",
        "rendezvous_mediator",
        "hbb_common",
        "rustdesk",
    )

    def _GetDecoder(self, name, location):
        """See RemoteAccessLogParser."""
        if not rustdesk.is_log_name(name):
            return None
        # Other programs write logs of this form; builds of others have other names.
        is_sure = "/rustdesk/" in location

        def Check(lines):
            return rustdesk.is_log(lines) and (
                is_sure
                or any(
                    mark in line.text.lower()
                    for line in lines
                    for mark in self._LINE_OF_THIS_PROGRAM
                )
            )

        return Check, rustdesk.RustDeskLogDecoder()


class AmmyyParser(reader.RemoteAccessLogParser):
    """Parser of Ammyy Admin's access.log."""

    NAME = "remote_access_ammyy"
    DATA_FORMAT = "Ammyy Admin access.log"
    FILTERS = frozenset([reader.NameFilter(r"access\.log")])

    def _GetDecoder(self, name, location):
        """See RemoteAccessLogParser."""
        if name.lower() != "access.log":
            return None
        return ammyy.is_log, ammyy.AmmyyLogDecoder()


class VncParser(reader.RemoteAccessLogParser):
    """Parser of logs of VNC servers and RealVNC's viewer."""

    NAME = "remote_access_vnc"
    DATA_FORMAT = "UltraVNC, TightVNC, RealVNC or TigerVNC log file"
    FILTERS = frozenset([reader.NameFilter(r".*\.log(?:\.bak)?")])

    def _GetDecoder(self, name, location):
        """See RemoteAccessLogParser."""
        name = name.lower()
        if name == "mslogon.log":
            return vnc.is_mslogon_log, vnc.UltraVncLogonDecoder()
        if name == "winvnc.log":
            return None, vnc.WinVncDecoder()
        if name == "tvnserver.log":
            return None, vnc_others.TightVncDecoder()
        if name in ("vncserver.log", "vncviewer.log", "vncserver.log.bak"):
            direction = "outgoing" if "viewer" in name else "incoming"
            decoder = vnc_others.ConnectionsLogDecoder(vnc_others.REALVNC, direction)
            return vnc_others.is_connections_log, decoder
        if location.rpartition("/")[0].endswith("/.vnc") and name.endswith(".log"):
            decoder = vnc_others.ConnectionsLogDecoder(vnc_others.TIGERVNC, "incoming")
            return vnc_others.is_connections_log, decoder
        return None


PARSERS = (AnyDeskParser, RustDeskParser, AmmyyParser, VncParser)
