"""Parser of property lists of remote control programs, macOS and iOS."""

from plaso.lib import errors
from plaso.lib import specification
from plaso.parsers import interface

from telegram_forensics.formats import remote_plist
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.parsers import remote_access_reader as reader


class BaseRemoteAccessPropertyListParser(interface.FileObjectParser):
    """Shared functionality: property lists that are known by their names.

    A plugin of plaso's own plist parser could be named in no preset without switching
    all other plugins off.
    """

    _IS_BINARY = False

    def ParseFileObject(self, parser_mediator, file_object):
        """Parses a file-like object.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_object (dfvfs.FileIO): file-like object.

        Raises:
          WrongParser: when the file cannot be parsed.
        """
        file_entry = parser_mediator.GetFileEntry()
        if file_entry is None or getattr(file_entry.path_spec, "data_stream", None):
            raise errors.WrongParser("Not the default data stream.")
        location = reader.GetLocation(file_entry)
        found = remote_plist.property_list_of(file_entry.name or "", location)
        if found is None:
            raise errors.WrongParser("Not the name of such a property list.")
        size = file_object.get_size()
        if size > remote_plist.MAXIMUM_SIZE:
            parser_mediator.ProduceWarning(
                f"{file_entry.name:s}: {size:d} bytes, larger than any such property "
                "list, not read"
            )
            return
        file_object.seek(0)
        data = file_object.read(size)
        if data.startswith(b"bplist") != self._IS_BINARY:
            raise errors.WrongParser("The other form of property lists.")
        try:
            content = remote_plist.load(data)
            for record in remote_plist.read(found, content, location):
                event_data = reader.MakeEventData(record)
                event_data.written_time = file_entry.modification_time
                parser_mediator.ProduceEventData(event_data)
        except FormatError as exception:
            parser_mediator.ProduceWarning(f"{file_entry.name:s}: {exception!s}")


class RemoteAccessPropertyListParser(BaseRemoteAccessPropertyListParser):
    """Parser of binary property lists.

    With their signature plaso asks it beside its own parser. There is no filter, since
    plaso takes a file that a filter keeps away for one that was read.
    """

    NAME = "remote_access_plist"
    DATA_FORMAT = "Binary property list with settings of a remote control program"

    _IS_BINARY = True

    @classmethod
    def GetFormatSpecification(cls):
        """Retrieves the format specification.

        Returns:
          FormatSpecification: format specification.
        """
        format_specification = specification.FormatSpecification(cls.NAME)
        format_specification.AddNewSignature(b"bplist", offset=0)
        return format_specification


class RemoteAccessXMLPropertyListParser(BaseRemoteAccessPropertyListParser):
    """Parser of property lists in XML, for which plaso knows no signature either."""

    NAME = "remote_access_plist_xml"
    DATA_FORMAT = "XML property list with settings of a remote control program"
    FILTERS = frozenset([reader.NameFilter(r".*\.plist")])


PARSERS = (RemoteAccessPropertyListParser, RemoteAccessXMLPropertyListParser)
