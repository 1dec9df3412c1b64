"""Permanent keys behind the connections in debug logs of Telegram Desktop."""

import time

from dfvfs.lib import errors as dfvfs_errors

from telegram_forensics.formats import tdesktop_logs as logs
from telegram_forensics.formats import tdesktop_mtp_dump as mtp_dump
from telegram_forensics.formats import tdesktop_mtp_history as mtp_history
from telegram_forensics.vfs import folder as vfs_folder

_CHUNK_SIZE = 256 * 1024


def ReadChunks(file_object):
    """Reads a file in pieces.

    Args:
      file_object (dfvfs.FileIO): file-like object.

    Yields:
      bytes: piece of the file.
    """
    while True:
        data = file_object.read(_CHUNK_SIZE)
        if not data:
            return
        yield data


class ConnectionKeys:
    """Finds the permanent keys of connections, in neighbouring logs if need be."""

    # Of neighbouring logs that are searched for bindings of keys.
    _MAXIMUM_SEARCHED_SIZE = 512 * 1024 * 1024

    def __init__(self, parser_mediator, file_entry, history, warn):
        """Initializes the search.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_entry (dfvfs.FileEntry): file entry of the log.
          history (MtpHistory): what the log has said so far.
          warn (function): called with an offset or None and a text.
        """
        super().__init__()
        self._file_entry = file_entry
        self._has_neighbours_searched = False
        self._history = history
        self._mediator = parser_mediator
        self._Warn = warn

    def GetPermanentKey(self, connection):
        """Determines the permanent key behind a connection.

        The client binds a temporary key once a day: the line may stand in the log of
        another quarter of an hour.

        Args:
          connection (Connection): connection of a dump, None for a plain line.

        Returns:
          str: identifier of the key or None if not known.
        """
        if connection is None or connection.key_id is None:
            return None
        key_id = self._history.permanent_key_id(connection)
        if key_id is None and not self._has_neighbours_searched:
            self._has_neighbours_searched = True
            self._SearchNeighbours()
            key_id = self._history.permanent_key_id(connection)
        return None if key_id is None else f"{key_id:016x}"

    def _SearchNeighbours(self):
        """Searches the other logs of the folder for bindings of keys."""
        searched = 0
        try:
            folder = vfs_folder.open_parent_folder(
                self._file_entry.path_spec, self._mediator.resolver_context
            )
            entries = folder.file_entries() if folder else {}
            for name, file_entry in sorted(entries.items()):
                if (
                    logs.log_kind(name) is not logs.LogKind.PROTOCOL
                    or name == self._file_entry.name
                ):
                    continue
                searched += file_entry.size or 0
                if searched > self._MAXIMUM_SEARCHED_SIZE:
                    self._Warn(
                        None,
                        f"not all logs beside it were searched for the keys behind its "
                        f"connections, the first left out is {name:s}",
                    )
                    return
                self._ReadBindings(file_entry)
        except (OSError, dfvfs_errors.Error) as exception:
            self._Warn(None, f"unable to read the logs beside it: {exception!s}")

    def _ReadBindings(self, file_entry):
        """Reads which permanent keys stand behind the temporary ones of a log.

        Args:
          file_entry (dfvfs.FileEntry): file entry of another log.
        """
        file_object = file_entry.GetFileObject()
        other = mtp_history.MtpHistory()
        for entry in logs.read_entries(ReadChunks(file_object)):
            self._mediator.last_activity_timestamp = time.time()
            if "auth_bindTempAuthKey" in entry.text:
                dump = mtp_dump.read_dump(entry.text)
                if dump is not None and dump.is_sent:
                    for _ in other.add(entry.offset, dump):
                        pass
        for key_id, permanent in other.bindings.items():
            self._history.bindings.setdefault(key_id, permanent)
