"""Parser of remote control programs outside the folders of their installers."""

from plaso.lib import errors
from plaso.lib import specification
from plaso.parsers import interface

from telegram_forensics.formats import remote_programs
from telegram_forensics.parsers import remote_access_event_data as event_data_classes
from telegram_forensics.vfs import folder as vfs_folder


class RemoteAccessProgramParser(interface.FileObjectParser):
    """Parser of TeamViewer, AnyDesk and RustDesk programs in unusual places.

    It has the signature of programs, since plaso asks parsers without one only about
    files that no other parser has taken; and no filter, since that would keep them from
    being asked about any program.
    """

    NAME = "remote_access_program"
    DATA_FORMAT = "TeamViewer, AnyDesk or RustDesk program outside its install folder"

    @classmethod
    def GetFormatSpecification(cls):
        """Retrieves the format specification.

        Returns:
          FormatSpecification: format specification.
        """
        format_specification = specification.FormatSpecification(cls.NAME)
        format_specification.AddNewSignature(b"MZ", offset=0)
        return format_specification

    def ParseFileObject(self, parser_mediator, file_object):
        """Parses a file-like object.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_object (dfvfs.FileIO): file-like object.

        Raises:
          WrongParser: when the file cannot be parsed.
        """
        file_entry = parser_mediator.GetFileEntry()
        tool = remote_programs.tool_of(file_entry.name or "") if file_entry else None
        if tool is None:
            raise errors.WrongParser("Not the name of such a program.")
        location = getattr(file_entry.path_spec, "location", None) or file_entry.name
        if remote_programs.is_installed(location.replace("\\", "/")):
            raise errors.WrongParser("In the folder of its installer.")

        event_data = event_data_classes.RemoteAccessEventEventData()
        event_data.details = self._GetLibraries(parser_mediator, file_entry)
        event_data.event_kind = "program_outside_install_folder"
        event_data.program_path = location
        event_data.tool = tool
        event_data.written_time = file_entry.modification_time
        parser_mediator.ProduceEventData(event_data)

    def _GetLibraries(self, parser_mediator, file_entry):
        """Determines which libraries lie beside a program.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_entry (dfvfs.FileEntry): file entry of the program.

        Returns:
          str: libraries in words.
        """
        try:
            folder = vfs_folder.open_parent_folder(
                file_entry.path_spec, parser_mediator.resolver_context
            )
            names = list(folder.file_entries()) if folder else []
        except OSError as exception:
            parser_mediator.ProduceWarning(
                f"{file_entry.name:s}: the folder cannot be listed: {exception!s}"
            )
            return "the folder cannot be listed"
        return remote_programs.describe_libraries(names)


PARSERS = (RemoteAccessProgramParser,)
