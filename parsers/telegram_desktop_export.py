"""Parsers of the exports that Telegram Desktop makes: result.json and HTML pages."""

import collections
import io
import re

from plaso.lib import errors
from plaso.parsers import interface

from telegram_forensics.formats import tdesktop_export_html as export_html
from telegram_forensics.formats import tdesktop_export_json as export_json
from telegram_forensics.formats import tdesktop_export_records as records
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.parsers import message_event_data
from telegram_forensics.parsers import name_filter
from telegram_forensics.parsers import telegram_desktop_export_events as events
from telegram_forensics.parsers import telegram_desktop_export_lists as lists
from telegram_forensics.vfs import folder as vfs_folder

_EXPORT_FOLDER = re.compile(
    r"(?:Data|Chat)Export_"
    r"(?:(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)"
    r"|(?P<day1>\d\d)_(?P<month1>\d\d)_(?P<year1>\d{4}))",
    re.ASCII,
)


def _IsJSONName(name):
    """Determines if a file is of interest by its name.

    Args:
      name (str): name of the file.

    Returns:
      bool: True if it is.
    """
    return name.lower().endswith(".json")


class BaseTelegramDesktopExportParser(interface.FileObjectParser):
    """Shared functionality of the parsers of exports."""

    def _CheckDataStream(self, file_entry):
        """Checks that the default data stream is parsed.

        Args:
          file_entry (dfvfs.FileEntry): file entry.

        Raises:
          WrongParser: for an alternate data stream, such as Zone.Identifier.
        """
        if file_entry is None or getattr(file_entry.path_spec, "data_stream", None):
            raise errors.WrongParser("Not the default data stream.")

    def _OpenFolder(self, parser_mediator, file_entry, levels):
        """Opens a folder that the file lies in.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_entry (dfvfs.FileEntry): file entry.
          levels (int): 1 for its folder, 2 for the folder above, and so on.

        Returns:
          DfvfsFolder: folder or None.
        """
        try:
            return vfs_folder.open_parent_folder(
                file_entry.path_spec, parser_mediator.resolver_context, levels=levels
            )
        except OSError:
            return None

    def _ProduceIssues(self, parser_mediator, file_entry, issues):
        """Produces warnings.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_entry (dfvfs.FileEntry): file entry.
          issues (list[Issue]): what is wrong with the file.
        """
        for issue in issues:
            place = "" if issue.offset is None else f"offset 0x{issue.offset:x}: "
            parser_mediator.ProduceWarning(
                f"{file_entry.name:s}: {place:s}{issue.reason:s}"
            )

    def _MakeExport(self, event_maker, file_entry, folder, export_format, summary):
        """Creates the event data of an export as such.

        Args:
          event_maker (ExportEventMaker): event maker of the export.
          file_entry (dfvfs.FileEntry): main file of the export.
          folder (DfvfsFolder): folder of the export or None.
          export_format (str): format of the export.
          summary (ExportSummary): what was found.

        Returns:
          TelegramExportEventData: event data.
        """
        event_data = message_event_data.TelegramExportEventData()
        event_maker.Apply(event_data, "export_result")
        event_data.export_format = export_format
        event_data.export_parts = ", ".join(summary.parts) or None
        event_data.export_type = summary.type
        event_data.is_complete = summary.is_complete
        event_data.started_time = file_entry.creation_time
        event_data.written_time = file_entry.modification_time
        event_data.utc_offsets = (
            " ".join(_GetOffset(minutes) for minutes in sorted(summary.offsets)) or None
        )
        if summary.offset_1970 is not None:
            event_data.zone_offset_1970 = _GetOffset(summary.offset_1970)
        if folder is not None:
            event_data.export_path = getattr(
                folder.file_entry.path_spec, "location", None
            )
            match = _EXPORT_FOLDER.match(folder.file_entry.name or "")
            if match:
                year, month, day = (
                    match[name] or match[f"{name}1"]
                    for name in ("year", "month", "day")
                )
                event_data.export_date = f"{year}-{month}-{day}"
        return event_data


class TelegramDesktopJSONExportParser(BaseTelegramDesktopExportParser):
    """Parser of result.json.

    The name decides whether the file is looked at (`.json`, whatever stands in front:
    exports are renamed), its first bytes whether it is parsed.
    """

    NAME = "telegram_desktop_export_json"
    DATA_FORMAT = "Telegram Desktop export (result.json) file"
    FILTERS = frozenset([name_filter.NameFilter(_IsJSONName)])

    def ParseFileObject(self, parser_mediator, file_object):
        """Parses a file-like object.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_object (dfvfs.FileIO): file-like object.

        Raises:
          WrongParser: when the file cannot be parsed.
        """
        file_entry = parser_mediator.GetFileEntry()
        name = (file_entry.name or "").lower() if file_entry else ""
        if not name.endswith(".json"):
            raise errors.WrongParser("Not the name of an export.")
        self._CheckDataStream(file_entry)

        head = file_object.read(export_json.HEAD_SIZE)
        match = export_json.check_head(head)
        if match is export_json.HeadMatch.NO or (
            match is export_json.HeadMatch.SHORT and name != "result.json"
        ):
            raise errors.WrongParser("Not an export of Telegram Desktop.")

        reader = export_json.JsonExport(file_object)
        event_maker = events.ExportEventMaker()
        first_time, last_time = None, None
        for record in reader.records():
            if parser_mediator.abort:
                break
            if event_maker.account_identifier is None:
                event_maker.SetAccount(reader.account, reader.account_id)
            if isinstance(record, records.Message):
                parser_mediator.ProduceEventData(
                    event_maker.MakeMessage(record), corrupted=record.is_doubtful
                )
                continue
            if isinstance(record, records.Chat):
                first_time = _GetEarlier(first_time, record.first_date)
                last_time = _GetLater(last_time, record.last_date)
            parser_mediator.ProduceEventData(event_maker.Make(record))

        summary = reader.summary
        folder = self._OpenFolder(parser_mediator, file_entry, 1)
        event_data = self._MakeExport(event_maker, file_entry, folder, "json", summary)
        event_data.first_message_time = lists.MakeTime(first_time)
        event_data.last_message_time = lists.MakeTime(last_time)
        lists.SetTimeBasis(event_data, last_time)
        event_data.number_of_chats = summary.counts.get("Chat", 0)
        event_data.number_of_messages = summary.counts.get("Message", 0)
        parser_mediator.ProduceEventData(event_data)
        self._ProduceIssues(parser_mediator, file_entry, reader.issues)


class _HTMLExport:
    """What the pages of one HTML export have in common.

    Attributes:
      account (Account): personal information of the index or None.
      chats (dict[str, Chat]): chats of the list of chats, by their folder.
      folder (DfvfsFolder): folder of the export.
    """

    def __init__(self, folder, account, chats):
        """Initializes an export.

        Args:
          folder (DfvfsFolder): folder of the export.
          account (Account): personal information of the index or None.
          chats (dict[str, Chat]): chats of the list of chats, by their folder.
        """
        super().__init__()
        self.account = account
        self.chats = chats
        self.folder = folder


class TelegramDesktopHTMLExportParser(BaseTelegramDesktopExportParser):
    """Parser of the pages of an HTML export.

    Each page reports what it holds. Whose export it is and what kind of chat a page
    belongs to stands in the index and the list of chats, which are read along.
    """

    NAME = "telegram_desktop_export_html"
    DATA_FORMAT = "Telegram Desktop export (HTML) file"
    FILTERS = frozenset([name_filter.NameFilter(export_html.parse_page_name)])

    _MAXIMUM_INDEX_SIZE = 64 * 1024 * 1024
    _MAXIMUM_CACHED_EXPORTS = 4

    def __init__(self):
        """Initializes a parser."""
        super().__init__()
        self._exports = collections.OrderedDict()

    def ParseFileObject(self, parser_mediator, file_object):
        """Parses a file-like object.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_object (dfvfs.FileIO): file-like object.

        Raises:
          WrongParser: when the file cannot be parsed.
        """
        file_entry = parser_mediator.GetFileEntry()
        name = file_entry.name if file_entry else None
        page_name = export_html.parse_page_name(name) if name else None
        if page_name is None:
            raise errors.WrongParser("Not the name of a page of an export.")
        self._CheckDataStream(file_entry)
        if not export_html.check_head(file_object.read(export_html.HEAD_SIZE)):
            raise errors.WrongParser("Not a page of an export of Telegram Desktop.")

        page, number = page_name
        levels = {export_html.Page.INDEX: 1, export_html.Page.MESSAGES: 3}.get(page, 2)
        export = self._GetExport(parser_mediator, file_entry, levels)
        event_maker = events.ExportEventMaker(
            account=export.account if export else None, has_offsets=False
        )
        reader = export_html.HtmlPage(file_object, page)
        chat = records.Chat(0)
        if page is export_html.Page.MESSAGES:
            chat = self._GetChat(parser_mediator, file_entry, export)
        for record in reader.records(chat):
            if parser_mediator.abort:
                break
            if isinstance(record, records.Account):
                event_maker.SetAccount(record, None)
            elif isinstance(record, records.Chat):
                self._SetOwn(record, export)
            elif chat.is_own and export.account and chat.name != export.account.name:
                # Another person's name is "Saved messages".
                chat.is_own = False
            is_doubtful = isinstance(record, records.Message) and record.is_doubtful
            parser_mediator.ProduceEventData(
                event_maker.Make(record), corrupted=is_doubtful
            )

        if page is export_html.Page.INDEX:
            self._ProduceExport(
                parser_mediator, file_entry, event_maker, export, reader
            )
        elif reader.is_single_chat and number == 1:
            self._ProduceChat(parser_mediator, file_entry, event_maker, chat, reader)
        self._ProduceIssues(parser_mediator, file_entry, reader.issues)

    def _GetExport(self, parser_mediator, file_entry, levels):
        """Retrieves the export that a page belongs to.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_entry (dfvfs.FileEntry): file entry of the page.
          levels (int): how far above the page the folder of the export lies.

        Returns:
          _HTMLExport: export or None if there is no index.
        """
        folder = self._OpenFolder(parser_mediator, file_entry, levels)
        if folder is None:
            return None
        key = folder.file_entry.path_spec.comparable
        if key in self._exports:
            self._exports.move_to_end(key)
            return self._exports[key]

        export = None
        index = self._ReadPage(folder, export_html.Page.INDEX)
        if index is not None:
            account = next(
                (item for item in index if isinstance(item, records.Account)), None
            )
            list_folder = folder.folder("lists")
            chats = None
            if list_folder is not None:
                chats = self._ReadPage(list_folder, export_html.Page.CHATS)
            export = _HTMLExport(
                folder, account, {item.folder: item for item in chats or ()}
            )
            for chat in export.chats.values():
                self._SetOwn(chat, export)
        self._exports[key] = export
        if len(self._exports) > self._MAXIMUM_CACHED_EXPORTS:
            self._exports.popitem(last=False)
        return export

    def _ReadPage(self, folder, page):
        """Reads another page of the export; its own parse reports its problems.

        Args:
          folder (DfvfsFolder): folder of the page.
          page (Page): kind of the page.

        Returns:
          list[Record]: records or None if there is no such page.
        """
        try:
            data = folder.read(f"{page.value:s}.html", self._MAXIMUM_INDEX_SIZE)
        except (FormatError, OSError):
            return None
        if not export_html.check_head(data[: export_html.HEAD_SIZE]):
            return None
        return list(export_html.HtmlPage(io.BytesIO(data), page).records())

    def _SetOwn(self, chat, export):
        """Marks the chat with oneself.

        Args:
          chat (Chat): chat of the list of chats.
          export (_HTMLExport): export or None.
        """
        chat.is_own = (
            export is not None
            and chat.name == "Saved messages"
            and chat.kind == "private"
        )

    def _GetChat(self, parser_mediator, file_entry, export):
        """Retrieves the chat that a page of messages belongs to.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_entry (dfvfs.FileEntry): file entry of the page.
          export (_HTMLExport): export or None.

        Returns:
          Chat: chat, of which little is known without a list of chats.
        """
        chat = records.Chat(0)
        if export is None:
            return chat
        folder = self._OpenFolder(parser_mediator, file_entry, 1)
        chat.folder = f"chats/{folder.file_entry.name:s}" if folder else None
        listed = export.chats.get(chat.folder)
        if listed is not None:
            chat.kind = listed.kind
            chat.is_left = listed.is_left
            chat.is_own = listed.is_own
            chat.only_own = listed.only_own
        return chat

    def _ProduceExport(self, parser_mediator, file_entry, event_maker, export, reader):
        """Produces the event data of an export of a whole account.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_entry (dfvfs.FileEntry): file entry of the index.
          event_maker (ExportEventMaker): event maker of the export.
          export (_HTMLExport): export or None.
          reader (HtmlPage): index.
        """
        reader.summary.type = "whole_account"
        folder = self._OpenFolder(parser_mediator, file_entry, 1)
        event_data = self._MakeExport(
            event_maker, file_entry, folder, "html", reader.summary
        )
        event_data.number_of_chats = reader.sections.get("chats")
        if export is not None and export.chats:
            event_data.number_of_messages = sum(
                chat.message_count for chat in export.chats.values()
            )
        parser_mediator.ProduceEventData(event_data)

    def _ProduceChat(self, parser_mediator, file_entry, event_maker, chat, reader):
        """Produces the event data of an export of a single chat and of its chat.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_entry (dfvfs.FileEntry): file entry of the first page.
          event_maker (ExportEventMaker): event maker of the export.
          chat (Chat): chat.
          reader (HtmlPage): first page.
        """
        reader.summary.type = "single_chat"
        folder = self._OpenFolder(parser_mediator, file_entry, 1)
        event_data = self._MakeExport(
            event_maker, file_entry, folder, "html", reader.summary
        )
        event_data.number_of_chats = 1
        event_data.first_message_time = lists.MakeTime(chat.first_date)
        lists.SetTimeBasis(event_data, chat.first_date)
        chat_event_data = event_maker.Make(chat)
        if reader.has_next:
            # Each page is parsed on its own: the rest is not known here.
            chat_event_data.last_message_time = None
            chat_event_data.number_of_messages = None
        else:
            event_data.last_message_time = lists.MakeTime(chat.last_date)
            event_data.number_of_messages = chat.message_count
        parser_mediator.ProduceEventData(chat_event_data)
        parser_mediator.ProduceEventData(event_data)


def _GetEarlier(first, second):
    """Retrieves the earlier of two dates.

    Args:
      first (ExportTime): date or None.
      second (ExportTime): date or None.

    Returns:
      ExportTime: earlier date or None if both are missing.
    """
    if first is None or second is None:
        return first or second
    return min(first, second, key=_GetOrder)


def _GetLater(first, second):
    """Retrieves the later of two dates.

    Args:
      first (ExportTime): date or None.
      second (ExportTime): date or None.

    Returns:
      ExportTime: later date or None if both are missing.
    """
    if first is None or second is None:
        return first or second
    return max(first, second, key=_GetOrder)


def _GetOrder(date):
    """Retrieves a number to order dates of one export by.

    Args:
      date (ExportTime): date.

    Returns:
      int: seconds.
    """
    return date.unix if date.unix is not None else date.local or 0


def _GetOffset(minutes):
    """Retrieves a UTC offset in words.

    Args:
      minutes (int): offset in minutes.

    Returns:
      str: offset such as "+01:00".
    """
    sign = "-" if minutes < 0 else "+"
    hours, minutes = divmod(abs(minutes), 60)
    return f"{sign:s}{hours:02d}:{minutes:02d}"


PARSERS = (TelegramDesktopHTMLExportParser, TelegramDesktopJSONExportParser)
