"""Parser of what remote control programs leave beside their logs."""

from plaso.lib import errors
from plaso.parsers import interface

from telegram_forensics.formats import remote_files
from telegram_forensics.parsers import remote_access_reader as reader


class PlaceFilter(interface.BaseFileEntryFilter):
    """File entry filter by path: the names alone are those of any picture or text."""

    def Match(self, file_entry):
        """Determines if a file entry matches the filter.

        Args:
          file_entry (dfvfs.FileEntry): a file entry.

        Returns:
          bool: True if the file entry matches the filter.
        """
        if not file_entry:
            return False
        location = reader.GetLocation(file_entry)
        return ("anydesk" in location or "terminal server client" in location) and (
            remote_files.is_chat(location) or remote_files.is_presence(location)
        )


class RemoteAccessFilesParser(reader.RemoteAccessLogParser):
    """Parser of AnyDesk's chats, pictures and recordings, and RDP's bitmap cache."""

    NAME = "remote_access_files"
    DATA_FORMAT = "Chat, picture or recording of AnyDesk, or RDP bitmap cache"
    FILTERS = frozenset([PlaceFilter()])

    _HEAD_SIZE = 64
    _IS_LOG = False

    def _GetDecoder(self, name, location):
        """See RemoteAccessLogParser."""
        if not remote_files.is_chat(location):
            return None
        return None, remote_files.ChatDecoder(name.rpartition(".")[0])

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
        location = reader.GetLocation(file_entry)
        if not remote_files.is_presence(location):
            super().ParseFileObject(parser_mediator, file_object)
            return
        file_object.seek(0)
        record = remote_files.read_presence(location, file_object.read(self._HEAD_SIZE))
        if record is None:
            raise errors.WrongParser("Not the content of such a file.")
        event_data = reader.MakeEventData(record)
        event_data.written_time = file_entry.modification_time
        parser_mediator.ProduceEventData(event_data)


PARSERS = (RemoteAccessFilesParser,)
