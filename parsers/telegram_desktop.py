"""Parser of Telegram Desktop's storage, the tdata folder.

Every file reports what it holds: sessions come from the authorization files, names from
the maps, and so on, so that each event points to the file that proves it. What a file
needs from its neighbours (the key file first of all) is read through dfVFS.
"""

from plaso.lib import errors
from plaso.lib import specification
from plaso.parsers import interface

from telegram_forensics.formats import tdesktop_oldest
from telegram_forensics.formats import tdesktop_names as names
from telegram_forensics.formats import tdesktop_tdef
from telegram_forensics.formats import tdf
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.parsers import name_filter
from telegram_forensics.parsers import telegram_desktop_cache_reader as cache_reader
from telegram_forensics.parsers import telegram_desktop_neighbours as neighbours
from telegram_forensics.parsers import telegram_desktop_oldest_reader as oldest_reader
from telegram_forensics.parsers import telegram_desktop_reader as reader
from telegram_forensics.vfs import type_indicators


class BaseTelegramDesktopParser(interface.FileObjectParser):
    """Shared functionality of the two parsers."""

    def _CheckDataStream(self, file_object):
        """Checks that the default data stream is parsed.

        Args:
          file_object (dfvfs.FileIO): file-like object.

        Raises:
          WrongParser: for an alternate data stream, such as Zone.Identifier.
        """
        path_spec = getattr(file_object, "_path_spec", None)
        if getattr(path_spec, "data_stream", None):
            raise errors.WrongParser("Not the default data stream.")

    def _ParseNamedFile(self, parser_mediator, file_entry, slot_name):
        """Parses a file of a tdata folder.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_entry (dfvfs.FileEntry): file entry.
          slot_name (SlotName): what the file name stands for.
        """
        try:
            tdata_reader = reader.TdataReader(parser_mediator, file_entry, slot_name)
        except OSError as exception:
            parser_mediator.ProduceWarning(
                f"{file_entry.name:s}: unable to read the tdata folder with error: "
                f"{exception!s}"
            )
            return

        self._ParseGuarded(parser_mediator, file_entry, tdata_reader)

    def _ParseGuarded(self, parser_mediator, file_entry, file_reader):
        """Parses a file, turning what it raises into warnings.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_entry (dfvfs.FileEntry): file entry.
          file_reader (object): reader with a Read method.
        """
        try:
            file_reader.Read()
        except FormatError as exception:
            parser_mediator.ProduceWarning(f"{file_entry.name:s}: {exception!s}")
        except OSError as exception:
            parser_mediator.ProduceWarning(
                f"{file_entry.name:s}: unable to read the tdata folder with error: "
                f"{exception!s}"
            )


class TelegramDesktopParser(BaseTelegramDesktopParser):
    """Parser of Telegram Desktop storage files, found by their signature."""

    NAME = "telegram_desktop"
    DATA_FORMAT = "Telegram Desktop storage (tdata) file"

    # The two longer names exist during a compaction only.
    _INDEX_NAMES = frozenset(["binlog", "binlog-ready", "binlog-temp"])

    @classmethod
    def GetFormatSpecification(cls):
        """Retrieves the format specification.

        Returns:
          FormatSpecification: format specification.
        """
        format_specification = specification.FormatSpecification(cls.NAME)
        format_specification.AddNewSignature(tdf.MAGIC, offset=0)
        format_specification.AddNewSignature(tdesktop_oldest.SIGNATURE, offset=0)
        format_specification.AddNewSignature(tdesktop_tdef.MAGIC, offset=0)
        return format_specification

    def ParseFileObject(self, parser_mediator, file_object):
        """Parses a file-like object.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_object (dfvfs.FileIO): file-like object.

        Raises:
          WrongParser: when the file cannot be parsed.
        """
        self._CheckDataStream(file_object)
        file_entry = parser_mediator.GetFileEntry()
        magic = file_object.read(len(tdf.MAGIC))
        if magic == tdesktop_tdef.MAGIC:
            # The values themselves are reported through the index, and as decrypted
            # files of the TDATA file system.
            if file_entry.name in self._INDEX_NAMES:
                self._ParseGuarded(
                    parser_mediator,
                    file_entry,
                    cache_reader.CacheReader(parser_mediator, file_entry),
                )
            return

        if magic != tdf.MAGIC:
            block_reader = oldest_reader.OldestReader(parser_mediator, file_entry)
            if not block_reader.Read():
                raise errors.WrongParser("Not a Telegram Desktop block stream.")
            return

        slot_name = names.parse_name(file_entry.name)
        if slot_name is not None:
            self._ParseNamedFile(parser_mediator, file_entry, slot_name)
            return

        version = tdf.version_text(int.from_bytes(file_object.read(4), "little"))
        parser_mediator.ProduceWarning(
            f"{file_entry.name:s}: offset 0x0: Telegram Desktop container (version "
            f"{version or 'unknown'!s}) under a name that no version uses, its content "
            f"cannot be attributed; put it back under its original name to decrypt it"
        )


class TelegramDesktopDamagedParser(
    name_filter.NamedFileParser, BaseTelegramDesktopParser
):
    """Parser of Telegram Desktop storage files that have lost their signature.

    plaso finds parsers by signature. A storage file that is empty, zeroed or damaged at
    its beginning would be passed over in silence: here it is known by its name and its
    neighbours, and reported.
    """

    NAME = "telegram_desktop_damaged"
    DATA_FORMAT = "Telegram Desktop storage (tdata) file without its signature"
    FILTERS = frozenset([name_filter.NameFilter(names.parse_name)])

    def ParseFileObject(self, parser_mediator, file_object):
        """Parses a file-like object.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_object (dfvfs.FileIO): file-like object.

        Raises:
          WrongParser: when the file cannot be parsed.
        """
        self._CheckDataStream(file_object)
        file_entry = parser_mediator.GetFileEntry()
        if file_entry.type_indicator == type_indicators.TYPE_INDICATOR_TDATA:
            raise errors.WrongParser("Already decrypted.")

        if file_object.get_size():
            file_object.seek(0)
            if file_object.read(len(tdf.MAGIC)) == tdf.MAGIC:
                raise errors.WrongParser("The signature is there.")

        slot_name = names.parse_name(file_entry.name)
        if not neighbours.HasTdataNeighbours(parser_mediator, file_entry, slot_name):
            raise errors.WrongParser("Not in a tdata folder.")

        self._ParseNamedFile(parser_mediator, file_entry, slot_name)


PARSERS = (TelegramDesktopParser, TelegramDesktopDamagedParser)
