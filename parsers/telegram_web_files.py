"""Parsers for other files of browser storage that belong to Telegram's origins."""

from plaso.lib import errors

from telegram_forensics.formats import browser_sqlite_storage
from telegram_forensics.formats import telegram_web_paths
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.telegram_web_history import WebTrace
from telegram_forensics.formats.telegram_web_values import Source
from telegram_forensics.parsers import name_filter
from telegram_forensics.parsers import telegram_web_cache_events
from telegram_forensics.parsers import telegram_web_storage as storage


class BaseWebFileParser(name_filter.NamedFileParser):
    """Shared functionality of the parsers."""

    _MAXIMUM_FILE_SIZE = 4 * 1024 * 1024

    def _NewMaker(self, parser_mediator, origin):
        """Creates a maker of event data.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          origin (str): origin.

        Returns:
          WebEventMaker: maker.
        """
        return telegram_web_cache_events.NewMaker(
            parser_mediator, parser_mediator.GetFileEntry(), origin
        )


class FirefoxOriginMetadataParser(BaseWebFileParser):
    """Parser for .metadata-v2 of Firefox: last use of an origin's storage."""

    NAME = "telegram_web_firefox_metadata"
    DATA_FORMAT = "Telegram Web: Firefox .metadata-v2 file"

    FILTERS = frozenset(
        [name_filter.NameFilter(frozenset([".metadata-v2"]).__contains__)]
    )

    def ParseFileObject(self, parser_mediator, file_object):
        """Parses a file.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_object (dfvfs.FileIO): file-like object.

        Raises:
          WrongParser: when the file is not of a Telegram origin.
        """
        file_entry = parser_mediator.GetFileEntry()
        parts = storage.SplitPath(storage.GetPath(file_entry))
        origin = None
        if len(parts) > 1:
            origin = telegram_web_paths.origin_of_folder(parts[-2])
        if origin is None or not telegram_web_paths.is_telegram(origin):
            raise errors.WrongParser("Not of Telegram.")

        try:
            metadata = browser_sqlite_storage.read_origin_metadata(
                self._ReadAll(parser_mediator, file_object)
            )
        except FormatError as exception:
            parser_mediator.ProduceWarning(f"{file_entry.name:s}: {exception!s}")
            return
        if metadata.last_access:
            trace = WebTrace("storage_accessed", metadata.last_access, Source())
            maker = self._NewMaker(parser_mediator, origin)
            maker.ProduceTrace(None, trace, "firefox_metadata")


class FirefoxServiceWorkersParser(BaseWebFileParser):
    """Parser for serviceworker.txt of Firefox.

    The order of the three times is UNCONFIRMED.
    """

    NAME = "telegram_web_firefox_service_workers"
    DATA_FORMAT = "Telegram Web: Firefox serviceworker.txt file"

    FILTERS = frozenset(
        [name_filter.NameFilter(frozenset(["serviceworker.txt"]).__contains__)]
    )

    def ParseFileObject(self, parser_mediator, file_object):
        """Parses a file.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_object (dfvfs.FileIO): file-like object.

        Raises:
          WrongParser: when the file cannot be parsed.
        """
        try:
            workers = browser_sqlite_storage.read_service_workers(
                self._ReadAll(parser_mediator, file_object)
            )
        except FormatError as exception:
            raise errors.WrongParser(str(exception)) from None

        for worker in workers:
            origin = telegram_web_paths.origin_of_url(worker.scope)
            if origin is None or not telegram_web_paths.is_telegram(origin):
                continue
            if worker.suffix:
                origin = f"{origin:s}{worker.suffix:s}"
            maker = self._NewMaker(parser_mediator, origin)
            client = None
            if "/k/" in worker.scope:
                client = "Telegram Web K"
            elif "/a/" in worker.scope:
                client = "Telegram Web A"
            for kind, time in (
                ("service_worker_installed", worker.installed),
                ("service_worker_activated", worker.activated),
                ("service_worker_updated", worker.updated),
            ):
                if time:
                    details = f"{worker.scope:s}, {worker.script:s}"
                    trace = WebTrace(kind, time, Source(), details)
                    maker.ProduceTrace(client, trace, "firefox_service_workers")


PARSERS = (
    FirefoxOriginMetadataParser,
    FirefoxServiceWorkersParser,
)
