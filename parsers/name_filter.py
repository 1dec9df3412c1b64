"""Tells by a file's name whether a parser needs to be asked at all."""

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
