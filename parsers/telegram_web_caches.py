"""Parsers for CacheStorage of Telegram's web clients in Chromium and Firefox.

Most of it is what a client has downloaded. Early builds of Web Z kept the session
there, early builds of Web A what a passcode protects: such caches are read as a whole.
"""

import datetime
import email.utils
import re

from plaso.lib import errors

from telegram_forensics.formats import browser_cache_storage
from telegram_forensics.formats import browser_compression
from telegram_forensics.formats import telegram_web_indexed
from telegram_forensics.formats import telegram_web_paths
from telegram_forensics.formats.browser_bytes import Findings
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.telegram_web_history import WebTrace
from telegram_forensics.formats.telegram_web_values import Source
from telegram_forensics.parsers import name_filter
from telegram_forensics.parsers import telegram_passcodes
from telegram_forensics.parsers import telegram_web
from telegram_forensics.parsers import telegram_web_cache_events
from telegram_forensics.parsers import telegram_web_files
from telegram_forensics.parsers import telegram_web_sqlite
from telegram_forensics.parsers import telegram_web_storage as storage

_NAME = re.compile(r"[0-9a-f]{16}_0")
# Caches of a client: by their names (specification section 6.5).
_K_CACHES = re.compile(r"cached(?:Files|StreamChunks|Hls|Assets|Backgrounds)")
_A_CACHES = re.compile(r"tt-|GramJs")
_MAXIMUM_BODY = 64 * 1024 * 1024
_STORES = frozenset(
    [telegram_web_indexed.A_PASSCODE, telegram_web_indexed.CACHED_SESSIONS]
)
_UUID = re.compile(r"\{[0-9a-f-]{36}\}")
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def GetClient(cache_name):
    """Determines the client by the name of a cache.

    Args:
      cache_name (str): name or None.

    Returns:
      str: client or None.
    """
    if cache_name and _K_CACHES.match(cache_name):
        return "Telegram Web K"
    if cache_name == telegram_web_indexed.CACHED_SESSIONS:
        return "Telegram Web Z"
    return "Telegram Web A" if cache_name and _A_CACHES.match(cache_name) else None


def NewReader(parser_mediator):
    """Creates a reader of sessions and of what a passcode protects.

    Args:
      parser_mediator (ParserMediator): parser mediator.

    Returns:
      IndexedReader: reader.
    """
    passcodes = telegram_passcodes.GetPasscodes(parser_mediator)
    return telegram_web_indexed.IndexedReader(
        passcodes.values if passcodes else (b"",), storage.Progress(parser_mediator)
    )


class ChromiumCacheEntryParser(telegram_web_files.BaseWebFileParser):
    """Parser for CacheStorage of Chromium browsers: what a client has cached."""

    NAME = "telegram_web_cache_storage"
    DATA_FORMAT = "Telegram Web: Chromium CacheStorage entry file"

    FILTERS = frozenset([name_filter.NameFilter(_NAME.fullmatch)])

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
        if entry.body_size is not None:
            words.append(f"{entry.body_size:d} bytes")
        time = entry.response_time
        if time is None:
            time = entry.entry_time
        trace = WebTrace("cached_resource", time, Source(), ", ".join(words))
        maker = self._NewMaker(parser_mediator, origin)
        maker.ProduceTrace(GetClient(name), trace, "web_cache_storage")
        if name in _STORES:
            self._ReadStores(parser_mediator, file_entry, name, maker)

    def _ReadStores(self, parser_mediator, file_entry, name, maker):
        """Reads a cache that holds a session, when its first entry is at hand.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_entry (dfvfs.FileEntry): file entry of an entry.
          name (str): name of the cache.
          maker (WebEventMaker): maker.
        """
        folder = storage.OpenParent(parser_mediator, file_entry)
        try:
            entries = folder.file_entries() if folder is not None else {}
        except OSError as exception:
            parser_mediator.ProduceWarning(
                f"{file_entry.name:s}: unable to read its folder with error: "
                f"{exception!s}"
            )
            return
        names = sorted(filter(_NAME.fullmatch, entries))
        if names[:1] != [file_entry.name]:
            return
        reader = NewReader(parser_mediator)
        for entry_name in names:
            try:
                found = self._ReadBody(entries[entry_name])
            except (FormatError, OSError) as exception:
                parser_mediator.ProduceWarning(f"{entry_name:s}: {exception!s}")
                continue
            if found is not None:
                url, body, offset = found
                value = telegram_web_indexed.cached_value(
                    name, url, body, Source(entry_name, offset)
                )
                if value is not None:
                    reader.add(value)
        telegram_web.ProduceIndexed(maker, reader.finish())
        for problem in telegram_web.GetUnread(reader.result):
            parser_mediator.ProduceWarning(telegram_web.DescribeProblem(*problem))

    @staticmethod
    def _ReadBody(file_entry):
        """Reads the body of an entry.

        Args:
          file_entry (dfvfs.FileEntry): file entry of the entry.

        Returns:
          tuple[str, bytes, int]: address, content and its offset; None if it is not
              complete, which is reported where the entry itself is read.

        Raises:
          FormatError: if it is too large.
          OSError: if it cannot be read.
        """
        file_object = storage.MakeOpener(file_entry)()
        try:
            entry = browser_cache_storage.read_entry(file_object, [], file_entry.name)
        except FormatError:
            return None
        if entry.body_size is None:
            return None
        if entry.body_size > _MAXIMUM_BODY:
            raise FormatError(entry.body_offset, f"body of {entry.body_size:d} bytes")
        file_object.seek(entry.body_offset)
        return entry.url, file_object.read(entry.body_size), entry.body_offset

    @staticmethod
    def _ReadIndex(parser_mediator, file_entry, directory):
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


class FirefoxCachesPlugin(telegram_web_sqlite.WebStoragePlugin):
    """SQLite plugin for CacheStorage of Firefox (cache/caches.sqlite).

    It has no times; a response may have one of the server.
    """

    NAME = "telegram_web_firefox_caches"
    DATA_FORMAT = "Telegram Web: Firefox CacheStorage (SQLite)"

    REQUIRED_STRUCTURE = {
        "entries": frozenset(
            [
                "request_url_no_query",
                "request_url_query",
                "response_body_id",
                "cache_id",
            ]
        ),
        "storage": frozenset(["namespace", "key", "cache_id"]),
    }

    _COLUMNS = (
        "id",
        "request_url_no_query",
        "request_url_query",
        "response_status",
        "response_body_id",
        "cache_id",
    )
    _MAIN_TABLE = "entries"

    def _ProcessStates(self, parser_mediator, view):
        """Extracts event data from all states of a database.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          view (DatabaseView): database.
        """
        # The folder has the container and partition as well.
        parts = storage.SplitPath(storage.GetPath(view.file_entry))
        origin = None
        if len(parts) > 2:
            origin = telegram_web_paths.origin_of_folder(parts[-3])
        if origin is None or not telegram_web_paths.is_telegram(origin):
            return
        names, headers = self._ReadNames(view), self._ReadHeaders(view)
        maker = telegram_web_cache_events.NewMaker(
            parser_mediator, view.file_entry, origin
        )
        reader = NewReader(parser_mediator)
        found = self._ReadStates(view, "entries", list(self._COLUMNS), ["id"])
        for values, source in self._GetRows(*found):
            url = f"{values['request_url_no_query'] or ''!s}"
            url += str(values["request_url_query"] or "")
            name = names.get(values["cache_id"])
            content_type, time = headers.get(values["id"], (None, None))
            words = [url]
            if name is not None:
                words.append(f"cache {name:s}")
            if content_type is not None:
                words.append(content_type)
            trace = WebTrace("cached_resource", time, source, ", ".join(words))
            maker.ProduceTrace(GetClient(name), trace, "web_cache_storage")
            if name in _STORES:
                body = self._ReadBody(view, values["response_body_id"], source)
                value = None
                if body is not None:
                    value = telegram_web_indexed.cached_value(name, url, body, source)
                if value is not None:
                    reader.add(value)
        telegram_web.ProduceIndexed(maker, reader.finish())
        for _, reason in telegram_web.GetUnread(reader.result):
            view.Warn(reason)

    @staticmethod
    def _GetRows(before, after, recovered):
        """Puts the rows of all states together.

        Args:
          before (list[dict[str, object]]): rows of the file alone.
          after (list[dict[str, object]]): rows that count.
          recovered (list[tuple[dict[str, object], str, str]]): other rows.

        Yields:
          tuple[dict[str, object], Source]: values by column, and where they stand.
        """
        live = {row["id"]: row for row in after}
        for values in after:
            yield values, Source()
        for values in before:
            row = live.get(values["id"])
            if row != values:
                state = "removed" if row is None else "overwritten"
                yield values, Source(state=state)
        for values, state, recovery in recovered:
            yield values, Source(state=state, recovery=recovery)

    def _ReadNames(self, view):
        """Reads the names of the caches.

        Args:
          view (DatabaseView): database.

        Returns:
          dict[int, str]: names by number.
        """
        names = {}
        columns = ["namespace", "key", "cache_id"]
        before, after, _ = self._ReadStates(view, "storage", columns, ["cache_id"])
        for row in (*before, *after):
            name = telegram_web_sqlite.GetText(row["key"])
            # Of the others, 1, the name is a random number: scripts of the worker.
            if name is not None:
                names[row["cache_id"]] = (
                    name if row["namespace"] == 0 else "of the service worker"
                )
        return names

    def _ReadHeaders(self, view):
        """Reads what the headers of the responses tell.

        Args:
          view (DatabaseView): database.

        Returns:
          dict[int, tuple[str, int]]: type of the content and time of the server in
              microseconds since 1970 UTC by number of the entry, None if not stored.
        """
        found = {}
        columns = ["name", "value", "entry_id"]
        for row in view.current.Read("response_headers", columns, view.Warn):
            name, value, number = row.values
            content_type, time = found.get(number, (None, None))
            if str(name).lower() == "content-type":
                content_type = str(value)
            elif str(name).lower() == "date":
                time = self._GetDate(str(value))
            found[number] = (content_type, time)
        return found

    @staticmethod
    def _GetDate(text):
        """Converts the date of a response.

        Args:
          text (str): date as HTTP has it.

        Returns:
          int: microseconds since 1970 UTC or None if it is none.
        """
        try:
            date = email.utils.parsedate_to_datetime(text)
            if date.tzinfo is None:
                date = date.replace(tzinfo=datetime.timezone.utc)
            return (date - _EPOCH) // datetime.timedelta(microseconds=1)
        except (IndexError, OverflowError, TypeError, ValueError):
            return None

    @staticmethod
    def _ReadBody(view, identifier, source):
        """Reads the body of a response, morgue/<number>/{uuid}.final.

        Args:
          view (DatabaseView): database.
          identifier (object): uuid with braces.
          source (Source): where the entry stands.

        Returns:
          bytes: content or None if it is not there.
        """
        if not isinstance(identifier, str) or not _UUID.fullmatch(identifier):
            return None
        folder = view.OpenFolder(1)
        try:
            # The last byte of the uuid.
            for part in ("morgue", str(int(identifier[-3:-1], 16))):
                folder = folder.folder(part) if folder is not None else None
            if folder is None:
                raise FileNotFoundError(identifier)
            data = folder.read(f"{identifier:s}.final", _MAXIMUM_BODY)
        except (FormatError, OSError, ValueError) as exception:
            if source.state == telegram_web_sqlite.STATE_CURRENT:
                view.Warn(f"body {identifier:s} cannot be read: {exception!s}")
            return None
        issues = []
        findings = Findings(issues)
        body = browser_compression.decompress_snappy_framed(data, findings)
        findings.close()
        for issue in issues:
            view.Warn(f"body {identifier:s}: {issue.reason:s}")
        return body


PARSERS = (ChromiumCacheEntryParser,)
PLUGINS = (FirefoxCachesPlugin,)
