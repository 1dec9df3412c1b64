"""Parsers for the storage of Telegram's web clients in Chromium browsers (LevelDB).

A LevelDB folder is read as a whole, since what a record means depends on those in other
files. The first of its files stands for it: its events name the file of each record.
"""

import re

from plaso.lib import errors

from telegram_forensics.formats import browser_local_storage
from telegram_forensics.formats import telegram_web_history
from telegram_forensics.formats import telegram_web_indexed
from telegram_forensics.formats import telegram_web_k
from telegram_forensics.formats import telegram_web_paths
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.telegram_web_history import WebTrace
from telegram_forensics.formats.telegram_web_values import Source, StoredText
from telegram_forensics.parsers import name_filter
from telegram_forensics.parsers import telegram_passcodes
from telegram_forensics.parsers import telegram_web_cache_events
from telegram_forensics.parsers import telegram_web_events
from telegram_forensics.parsers import telegram_web_storage as storage

_INDEXED_DB = ".indexeddb.leveldb"
_SETTINGS_FOLDERS = ("Local Extension Settings", "Sync Extension Settings")
# What the packaged app of Webogram keeps, and no other extension.
_LOGIN_KEY = re.compile(r"(?:t_)?(?:user_auth|dc[1-5]_auth_key)")
_MAXIMUM_WARNINGS = 50


class BaseLevelDbParser(name_filter.NamedFileParser):
    """Shared functionality of the parsers of LevelDB folders."""

    FILTERS = frozenset([name_filter.NameFilter(storage.IsFileName)])

    def _IsFolder(self, parts):
        """Determines if a folder is one that the parser reads.

        Args:
          parts (list[str]): parts of the location of a file in it.

        Returns:
          bool: True if it is.
        """
        raise NotImplementedError

    def _ReadFolder(self, parser_mediator, file_entry, folder):
        """Reads a folder.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_entry (dfvfs.FileEntry): file entry of the first file in it.
          folder (DfvfsFolder): folder.

        Raises:
          FormatError: if it cannot be read.
          OSError: if it cannot be read.
        """
        raise NotImplementedError

    def ParseFileObject(self, parser_mediator, file_object):
        """Parses the folder of a file, if the file is its first one.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_object (dfvfs.FileIO): file-like object.

        Raises:
          WrongParser: when the file does not lie in such a folder.
        """
        file_entry = parser_mediator.GetFileEntry()
        if not self._IsFolder(storage.SplitPath(storage.GetPath(file_entry))):
            raise errors.WrongParser("Not in a folder of browser storage.")

        folder = storage.OpenParent(parser_mediator, file_entry)
        try:
            if folder is None:
                raise errors.WrongParser("Lies in no folder.")
            if storage.IsLeader(folder, file_entry.name):
                self._ReadFolder(parser_mediator, file_entry, folder)
        except FormatError as exception:
            parser_mediator.ProduceWarning(f"{file_entry.name:s}: {exception!s}")
        except OSError as exception:
            parser_mediator.ProduceWarning(
                f"{file_entry.name:s}: unable to read its folder with error: "
                f"{exception!s}"
            )

    def _Warn(self, parser_mediator, issues):
        """Produces warnings.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          issues (list[Issue|str]): what is wrong.
        """
        for issue in issues[:_MAXIMUM_WARNINGS]:
            parser_mediator.ProduceWarning(str(issue))
        if len(issues) > _MAXIMUM_WARNINGS:
            parser_mediator.ProduceWarning(
                f"{len(issues) - _MAXIMUM_WARNINGS:d} more problems in this folder"
            )

    def _ProduceStarts(self, maker, folder):
        """Produces the events of browser starts, which the log of LevelDB tells.

        Args:
          maker (WebEventMaker): maker.
          folder (LevelDbFolder): folder.
        """
        for line in folder.text_lines():
            if line.is_run_start and line.local_time:
                source = Source(line.file, line.offset)
                trace = WebTrace("browser_start", None, source, line.text)
                maker.ProduceTrace(
                    None, trace, "leveldb_log", local_time=line.local_time
                )


class ChromiumLocalStorageParser(BaseLevelDbParser):
    """Parser for localStorage of Chromium browsers, of Telegram's origins."""

    NAME = "telegram_web_local_storage"
    DATA_FORMAT = "Telegram Web: Chromium localStorage (LevelDB)"

    def _IsFolder(self, parts):
        """Determines if a folder is one that the parser reads.

        Args:
          parts (list[str]): parts of the location of a file in it.

        Returns:
          bool: True if it is.
        """
        return len(parts) > 1 and parts[-2].lower() == "leveldb"

    def _ReadFolder(self, parser_mediator, file_entry, folder):
        """Reads a folder.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_entry (dfvfs.FileEntry): file entry of the first file in it.
          folder (DfvfsFolder): folder.

        Raises:
          FormatError: if it cannot be read.
          OSError: if it cannot be read.
        """
        opened = storage.OpenFolder(folder)
        local_storage = browser_local_storage.LocalStorage(opened)
        found = storage.ReadTexts(opened, local_storage)
        metas = [
            meta
            for meta in local_storage.metas
            if telegram_web_paths.is_telegram(meta.storage_key)
        ]
        if not found and not metas:
            # Of other sites; damage in it is not our business.
            return

        for storage_key, items in found.items():
            maker = telegram_web_cache_events.NewMaker(
                parser_mediator, file_entry, storage_key
            )
            history = telegram_web_history.read_history(items)
            maker.ProduceHistory(history)
            self._ProduceStates(parser_mediator, maker, history)
        for meta in metas:
            kind = "origin_accessed" if meta.is_access else "origin_modified"
            if meta.time is not None:
                source = storage.MakeSource(meta.source)
                details = f"{meta.size:d} bytes" if meta.size is not None else None
                maker = telegram_web_cache_events.NewMaker(
                    parser_mediator, file_entry, meta.storage_key
                )
                maker.ProduceTrace(
                    None,
                    WebTrace(kind, meta.time, source, details),
                    "web_local_storage",
                )
        maker = telegram_web_cache_events.NewMaker(parser_mediator, file_entry, None)
        self._ProduceStarts(maker, opened)
        self._Warn(parser_mediator, [*opened.issues, *local_storage.issues])

    def _ProduceStates(self, parser_mediator, maker, history):
        """Produces the events of the state that old builds of Web Z keep as text.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          maker (WebEventMaker): maker.
          history (WebHistory): what localStorage holds.
        """
        caches, problems = telegram_web_indexed.read_states(history.states)
        problems += history.unread
        maker.known = telegram_web_events.Known(history.sessions)
        for cache in caches:
            maker.ProduceCache(cache)
            problems += cache.unread
        self._Warn(
            parser_mediator,
            [DescribeProblem(*problem) for problem in problems],
        )


class ChromiumIndexedDbParser(BaseLevelDbParser):
    """Parser for IndexedDB of Chromium browsers, of Telegram's origins."""

    NAME = "telegram_web_indexed_db"
    DATA_FORMAT = "Telegram Web: Chromium IndexedDB (LevelDB)"

    def _IsFolder(self, parts):
        """Determines if a folder is one that the parser reads.

        Args:
          parts (list[str]): parts of the location of a file in it.

        Returns:
          bool: True if it is.
        """
        if len(parts) < 2 or not parts[-2].endswith(_INDEXED_DB):
            return False
        origin = telegram_web_paths.origin_of_folder(parts[-2])
        return origin is not None and telegram_web_paths.is_telegram(origin)

    def _ReadFolder(self, parser_mediator, file_entry, folder):
        """Reads a folder.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_entry (dfvfs.FileEntry): file entry of the first file in it.
          folder (DfvfsFolder): folder.

        Raises:
          FormatError: if it cannot be read.
          OSError: if it cannot be read.
        """
        name = folder.file_entry.name
        origin = telegram_web_paths.origin_of_folder(name)
        maker = telegram_web_cache_events.NewMaker(parser_mediator, file_entry, origin)
        parent = storage.OpenParent(parser_mediator, file_entry, levels=2)
        blob_folder = None
        if parent is not None:
            blob_folder = parent.folder(name[: -len("leveldb")] + "blob")
        profile = storage.OpenParent(parser_mediator, file_entry, levels=3)
        sessions, keys = storage.ReadKnown(profile, origin)
        maker.known = telegram_web_events.Known(sessions)
        opened = storage.OpenFolder(folder)
        progress = storage.Progress(parser_mediator)
        values = storage.IndexedValues(opened, blob_folder, progress)
        passcodes = telegram_passcodes.GetPasscodes(parser_mediator)
        reader = telegram_web_indexed.IndexedReader(
            passcodes.values if passcodes else (b"",), progress, keys
        )
        for value in values.Read(_IsWanted):
            reader.add(value)
        ProduceIndexed(maker, reader.finish())
        self._ProduceDatabases(maker, values.database)
        self._ProduceStarts(maker, opened)
        self._Warn(
            parser_mediator,
            [
                *opened.issues,
                *values.database.issues,
                *(
                    DescribeProblem(*problem)
                    for problem in (*values.problems, *GetUnread(reader.result))
                ),
            ],
        )

    def _ProduceDatabases(self, maker, database):
        """Produces the events of databases: their names tell the client.

        Args:
          maker (WebEventMaker): maker.
          database (IndexedDb): IndexedDB.
        """
        for found in database.databases:
            source = storage.MakeSource(found.source)
            trace = WebTrace("database", None, source, found.name)
            maker.ProduceTrace(GetClient(found.name), trace, "web_database_name")


class ExtensionSettingsParser(BaseLevelDbParser):
    """Parser for the packaged app of Webogram: it keeps its items as an extension."""

    NAME = "telegram_web_extension"
    DATA_FORMAT = "Telegram Web: extension settings of Chromium (LevelDB)"

    def _IsFolder(self, parts):
        """Determines if a folder is one that the parser reads.

        Args:
          parts (list[str]): parts of the location of a file in it.

        Returns:
          bool: True if it is.
        """
        return len(parts) > 2 and parts[-3] in _SETTINGS_FOLDERS

    def _ReadFolder(self, parser_mediator, file_entry, folder):
        """Reads a folder.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_entry (dfvfs.FileEntry): file entry of the first file in it.
          folder (DfvfsFolder): folder.

        Raises:
          FormatError: if it cannot be read.
          OSError: if it cannot be read.
        """
        opened = storage.OpenFolder(folder)
        items = []
        is_ours = False
        for entry in browser_local_storage.read_extension_settings(opened):
            source = storage.MakeSource(entry.source)
            commit = None
            if entry.source.record.batch is not None:
                commit = (entry.source.file.name, entry.source.record.batch)
            items.append(StoredText(entry.key, entry.text, source, commit))
            is_ours = is_ours or bool(_LOGIN_KEY.fullmatch(entry.key))
        if not is_ours:
            return

        items.sort(key=lambda item: item.source.sequence)
        origin = f"chrome-extension://{folder.file_entry.name:s}"
        maker = telegram_web_cache_events.NewMaker(parser_mediator, file_entry, origin)
        history = telegram_web_history.read_history(items)
        maker.ProduceHistory(history)
        self._ProduceStarts(maker, opened)
        problems = [DescribeProblem(*problem) for problem in history.unread]
        self._Warn(parser_mediator, [*opened.issues, *problems])


def _IsWanted(database_name, store_name):
    """Determines if records of a store are read.

    Args:
      database_name (str): name of the database or None.
      store_name (str): name of the store or None.

    Returns:
      bool: True if they are.
    """
    # Sets of stickers say nothing of the account and are large.
    return not (store_name or "").startswith("stickerSets")


def GetClient(database_name):
    """Determines the client by the name of a database.

    Args:
      database_name (str): name or None.

    Returns:
      str: client or None.
    """
    if telegram_web_k.is_database(database_name):
        return "Telegram Web K"
    if database_name in ("tt-data", "tt-passcode"):
        return "Telegram Web A"
    return "Telegram Web Z" if database_name == "keyval-store" else None


def ProduceIndexed(maker, result):
    """Produces the events of what IndexedDB holds.

    Args:
      maker (WebEventMaker): maker.
      result (IndexedResult): what it holds.
    """
    for lock in result.locks:
        maker.ProduceLock(lock)
    for session in result.sessions:
        _SetUser(session, maker.known.sessions)
    maker.ProduceSessions(result.sessions)
    known = {session.login.key for session in maker.known.sessions}
    current = {session.login.key for session in result.sessions if session.is_current}
    # What moved into the store of a passcode is current, in clear it is a former one.
    for session in maker.known.sessions:
        if session.login.key in current:
            session.is_current = True
    maker.known.sessions += [
        session for session in result.sessions if session.login.key not in known
    ]
    for cache in result.caches:
        maker.ProduceCache(cache)


def _SetUser(session, known_sessions):
    """Sets the user of a session that the first builds of Web Z store elsewhere.

    Args:
      session (WebSession): session of IndexedDB.
      known_sessions (list[WebSession]): sessions of localStorage.
    """
    login = session.login
    if login.user is None and login.created is not None:
        for other in known_sessions:
            if other.login.created == login.created:
                login.user = other.login.user


def DescribeProblem(source, reason):
    """Puts what could not be read into words.

    Args:
      source (Source): where it stands.
      reason (str): why it could not be read.

    Returns:
      str: words.
    """
    return f"{source.file or '':s}: offset 0x{source.offset or 0:x}: {reason:s}"


def GetUnread(result):
    """Lists what could not be read of IndexedDB.

    Args:
      result (IndexedResult): what it holds.

    Returns:
      list[tuple[Source, str]]: record and reason.
    """
    found = list(result.unread)
    for cache in result.caches:
        found += cache.unread
    return found


PARSERS = (
    ChromiumLocalStorageParser,
    ChromiumIndexedDbParser,
    ExtensionSettingsParser,
)
