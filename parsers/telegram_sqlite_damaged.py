"""Parsers for databases of Telegram's clients that SQLite cannot open.

One has SQLite's signature. Files that have lost theirs are offered by plaso to parsers
without one: the other knows them by their names.
"""

import re

from dfvfs.lib import errors as dfvfs_errors
from plaso.lib import errors
from plaso.lib import specification
from plaso.parsers import interface

from telegram_forensics.parsers import name_filter
from telegram_forensics.parsers import sqlite_damaged_reader as damaged_reader

# Names of the databases that our plugins read. Those of browsers are many.
_NAME = re.compile(
    r"cache4\.db|tgdata\.db|db_sqlite|notification_log\.db|telephony\.db"
    r"|LocalStorage|QuotaManager|[A-Z2-7]{52}"
    r"|.*\.(?:localstorage|session|sqlite|sqlite3)",
    re.DOTALL,
)


def _Parse(parser_mediator, file_object):
    """Reads a database if SQLite cannot.

    Args:
      parser_mediator (ParserMediator): parser mediator.
      file_object (dfvfs.FileIO): file-like object.

    Raises:
      WrongParser: when SQLite opens the file, or it is no database of ours.
    """
    try:
        damaged_reader.DamagedDatabaseReader(parser_mediator, file_object).Read()
    except (OSError, dfvfs_errors.Error) as exception:
        # Raised, it would keep other parsers from the file.
        file_entry = parser_mediator.GetFileEntry()
        parser_mediator.ProduceWarning(
            f"{file_entry.name:s}: cannot be read: {exception!s}"
        )


class DamagedDatabaseParser(interface.FileObjectParser):
    """Parser for databases that have their signature and cannot be opened."""

    NAME = "telegram_sqlite_damaged"
    DATA_FORMAT = "Telegram damaged SQLite database file"

    @classmethod
    def GetFormatSpecification(cls):
        """Retrieves the format specification.

        Returns:
          FormatSpecification: format specification.
        """
        format_specification = specification.FormatSpecification(cls.NAME)
        # Exactly that of the stock parser: a longer one would hide it.
        format_specification.AddNewSignature(damaged_reader.SIGNATURE, offset=0)
        return format_specification

    def ParseFileObject(self, parser_mediator, file_object):
        """Parses a database.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_object (dfvfs.FileIO): file-like object.

        Raises:
          WrongParser: when SQLite opens the file, or it is no database of ours.
        """
        _Parse(parser_mediator, file_object)


class DamagedNamedDatabaseParser(name_filter.NamedFileParser):
    """Parser for databases that have lost their signature."""

    NAME = "telegram_sqlite_damaged_named"
    DATA_FORMAT = "Telegram damaged SQLite database file without its signature"

    FILTERS = frozenset([name_filter.NameFilter(_NAME.fullmatch)])

    def ParseFileObject(self, parser_mediator, file_object):
        """Parses a database.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_object (dfvfs.FileIO): file-like object.

        Raises:
          WrongParser: when SQLite opens the file, or it is no database of ours.
        """
        file_object.seek(0)
        if file_object.read(len(damaged_reader.SIGNATURE)) == damaged_reader.SIGNATURE:
            raise errors.WrongParser("It has its signature.")
        _Parse(parser_mediator, file_object)


PARSERS = (DamagedDatabaseParser, DamagedNamedDatabaseParser)
