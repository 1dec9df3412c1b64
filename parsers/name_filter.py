"""Tells by a file's name whether a parser needs to be asked at all."""

from plaso.lib import errors
from plaso.parsers import interface


class NameFilter(interface.BaseFileEntryFilter):
    """File entry filter by name.

    A parser without a signature is asked about every file, and what that costs (the
    parser chain, the exception of a parser that does not want the file) is more than
    looking at the name.
    """

    def __init__(self, is_name):
        """Initializes a filter.

        Args:
          is_name (function): tells whether a name (str) is one that the parser reads.
        """
        super().__init__()
        self._is_name = is_name

    def Match(self, file_entry):
        """Determines if a file entry matches the filter.

        Args:
          file_entry (dfvfs.FileEntry): a file entry.

        Returns:
          bool: True if the file entry matches the filter.
        """
        name = file_entry.name if file_entry else None
        return bool(name) and bool(self._is_name(name))


class NamedFileParser(interface.FileObjectParser):
    """Base of parsers whose files are known by name, empty ones included.

    A class sets `FILTERS` to its `NameFilter`.
    """

    # Of what `_ReadAll` reads.
    _MAXIMUM_FILE_SIZE = 16 * 1024 * 1024

    def Parse(self, parser_mediator, file_object):
        """Parses a single file-like object, unlike the stock method also an empty one.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_object (dfvfs.FileIO): file-like object.

        Raises:
          WrongParser: when the file cannot be parsed.
        """
        file_entry = parser_mediator.GetFileEntry()
        # Plaso asks the filters itself; a caller of the parser alone does not.
        if file_entry is None or not any(
            item.Match(file_entry) for item in self.FILTERS
        ):
            raise errors.WrongParser("Not the name of such a file.")
        if getattr(file_entry.path_spec, "data_stream", None):
            raise errors.WrongParser("Not the default data stream.")

        parser_mediator.AppendToParserChain(self.NAME)
        try:
            self.ParseFileObject(parser_mediator, file_object)
        finally:
            parser_mediator.PopFromParserChain()

    def _ReadAll(self, parser_mediator, file_object):
        """Reads a small file.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_object (dfvfs.FileIO): file-like object.

        Returns:
          bytes: content.
        """
        maximum = self._MAXIMUM_FILE_SIZE
        file_object.seek(0)
        data = file_object.read(maximum + 1)
        if len(data) > maximum:
            file_entry = parser_mediator.GetFileEntry()
            parser_mediator.ProduceWarning(
                f"{file_entry.name:s}: offset 0x{maximum:x}: larger than any such "
                f"file, the rest is not read"
            )
        return data[:maximum]
