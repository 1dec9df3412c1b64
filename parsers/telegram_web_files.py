"""Parsers for other files of browser storage that belong to Telegram's origins."""

import re

from plaso.lib import errors

from telegram_forensics.formats import browser_cache_storage
from telegram_forensics.formats import browser_sqlite_storage
from telegram_forensics.formats import telegram_web_paths
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.telegram_web_history import WebTrace
from telegram_forensics.formats.telegram_web_values import Source
from telegram_forensics.parsers import name_filter
from telegram_forensics.parsers import telegram_web_events
from telegram_forensics.parsers import telegram_web_storage as storage

_MAXIMUM_FILE = 4 * 1024 * 1024
# Caches of a client: by their names (specification section 6.5).
_K_CACHES = re.compile(r"cached(?:Files|StreamChunks|Hls|Assets|Backgrounds)")
_A_CACHES = re.compile(r"tt-|GramJs")


def GetClient(cache_name):
    """Determines the client by the name of a cache.

    Args:
      cache_name (str): name or None.

    Returns:
      str: client or None.
    """
    if cache_name and _K_CACHES.match(cache_name):
        return "Telegram Web K"
    return "Telegram Web A" if cache_name and _A_CACHES.match(cache_name) else None


class BaseWebFileParser(name_filter.NamedFileParser):
    """Shared functionality of the parsers."""

    def _NewMaker(self, parser_mediator, origin):
        """Creates a maker of event data.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          origin (str): origin.

        Returns:
          WebEventMaker: maker.
        """
        file_entry = parser_mediator.GetFileEntry()
        return telegram_web_events.WebEventMaker(
            telegram_web_paths.find_profile(storage.GetPath(file_entry)),
            origin,
            file_entry.modification_time,
            lambda event_data, recovered: parser_mediator.ProduceEventData(
                event_data, recovered=recovered
            ),
        )

    def _ReadAll(self, parser_mediator, file_object):
        """Reads a small file.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_object (dfvfs.FileIO): file-like object.

        Returns:
          bytes: content.
        """
        file_object.seek(0)
        data = file_object.read(_MAXIMUM_FILE + 1)
        if len(data) > _MAXIMUM_FILE:
            file_entry = parser_mediator.GetFileEntry()
            parser_mediator.ProduceWarning(
                f"{file_entry.name:s}: offset 0x{_MAXIMUM_FILE:x}: larger than any "
                f"such file, the rest is not read"
            )
        return data[:_MAXIMUM_FILE]


class ChromiumCacheEntryParser(BaseWebFileParser):
    """Parser for CacheStorage of Chromium browsers: what a client has cached."""

    NAME = "telegram_web_cache_storage"
    DATA_FORMAT = "Telegram Web: Chromium CacheStorage entry file"

    FILTERS = frozenset(
        [name_filter.NameFilter(re.compile(r"[0-9a-f]{16}_0").fullmatch)]
    )

    def ParseFileObject(self, parser_mediator, file_object):
        """Parses an entry.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_object (dfvfs.FileIO): file-like object.

        Raises:
          WrongParser: when the file is no entry of a Telegram origin.
        """
        file_entry = parser_mediator.GetFileEntry()
        parts = storage.SplitPath(storage.GetPath(file_entry))
        if len(parts) < 4 or parts[-4] != "CacheStorage":
            raise errors.WrongParser("Not in CacheStorage.")

        name, origin = self._ReadIndex(parser_mediator, file_entry, parts[-2])
        if origin is None or not telegram_web_paths.is_telegram(origin):
            raise errors.WrongParser("Not a cache of Telegram.")

        issues = []
        try:
            entry = browser_cache_storage.read_entry(
                file_object, issues, file_entry.name
            )
        except FormatError as exception:
            parser_mediator.ProduceWarning(f"{file_entry.name:s}: {exception!s}")
            return
        for issue in issues:
            parser_mediator.ProduceWarning(str(issue))
        words = [entry.url]
        if name is not None:
            words.append(f"cache {name:s}")
        if entry.mime_type:
            words.append(entry.mime_type)
        words.append(f"{entry.body_size:d} bytes")
        time = entry.response_time
        if time is None:
            time = entry.entry_time
        trace = WebTrace("cached_resource", time, Source(), ", ".join(words))
        maker = self._NewMaker(parser_mediator, origin)
        maker.ProduceTrace(GetClient(name), trace, "web_cache_storage")

    def _ReadIndex(self, parser_mediator, file_entry, directory):
        """Reads the name of a cache from the index above it.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_entry (dfvfs.FileEntry): file entry of an entry.
          directory (str): folder of the cache.

        Returns:
          tuple[str, str]: name of the cache and its origin, None if not known.
        """
        folder = storage.OpenParent(parser_mediator, file_entry, levels=2)
        if folder is None:
            return None, None
        origin = None
        # The folder's name is a hash: what an index that is missing would tell.
        for candidate in telegram_web_paths.ORIGINS:
            if folder.file_entry.name == browser_cache_storage.origin_folder(candidate):
                origin = candidate
        try:
            opener = storage.MakeOpener(folder.file_entries()["index.txt"])
            index = browser_cache_storage.read_index(opener(), [], "index.txt")
        except (KeyError, OSError, FormatError):
            return None, origin
        names = [cache.name for cache in index.caches if cache.directory == directory]
        origin = (index.origin or index.storage_key or origin or "").rstrip("/")
        return (names[0] if names else None), origin or None


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
    ChromiumCacheEntryParser,
    FirefoxOriginMetadataParser,
    FirefoxServiceWorkersParser,
)
