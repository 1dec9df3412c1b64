"""Opens browser storage of the evidence for the pure readers of `formats`."""

import hashlib
import re
import time

from dfvfs.lib import errors as dfvfs_errors

from telegram_forensics.formats import browser_indexed_db
from telegram_forensics.formats import browser_leveldb_folder
from telegram_forensics.formats import browser_local_storage
from telegram_forensics.formats import browser_v8_value
from telegram_forensics.formats import telegram_web_history
from telegram_forensics.formats import telegram_web_passcode
from telegram_forensics.formats import telegram_web_paths
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.telegram_web_store import StoredValue
from telegram_forensics.formats.telegram_web_values import Source, StoredText
from telegram_forensics.vfs import folder as vfs_folder

# Values of IndexedDB: what the largest state of a client takes, and more.
MAXIMUM_VALUE = 48 * 1024 * 1024

_STATES = {
    browser_leveldb_folder.RecordState.CURRENT: "current",
    browser_leveldb_folder.RecordState.DELETED: "removed",
    browser_leveldb_folder.RecordState.OVERWRITTEN: "overwritten",
    browser_leveldb_folder.RecordState.UNKNOWN: "damaged",
}
_NAME = re.compile(r"[0-9]{1,12}\.(?:log|ldb|sst)")
_HANDED_KEY = f"-{telegram_web_passcode.HANDED_KEY:s}".encode("ascii")
_UNDO = "copy for the case that a transaction fails (undo task)"


def GetPath(file_entry):
    """Retrieves the location of a file.

    Args:
      file_entry (dfvfs.FileEntry): file entry.

    Returns:
      str: location or an empty string.
    """
    return getattr(file_entry.path_spec, "location", None) or ""


def SplitPath(path):
    """Splits a location, whatever separates its parts.

    Args:
      path (str): location.

    Returns:
      list[str]: parts.
    """
    return path.replace("\\", "/").split("/")


def OpenFolder(folder):
    """Opens a LevelDB folder.

    Args:
      folder (DfvfsFolder): folder.

    Returns:
      LevelDbFolder: LevelDB folder.

    Raises:
      OSError: if it cannot be read.
    """
    files = []
    for name, file_entry in sorted(folder.file_entries().items()):
        if file_entry.IsFile():
            files.append((name, MakeOpener(file_entry)))
    try:
        return browser_leveldb_folder.LevelDbFolder(files)
    except dfvfs_errors.Error as exception:
        raise OSError(str(exception)) from exception


def MakeOpener(file_entry):
    """Creates a function that opens a file.

    Args:
      file_entry (dfvfs.FileEntry): file entry.

    Returns:
      function: opens the file.
    """

    def Open():
        try:
            file_object = file_entry.GetFileObject()
        except dfvfs_errors.Error as exception:
            raise OSError(str(exception)) from exception
        if file_object is None:
            raise OSError(f"{file_entry.name:s} has no data")
        file_object.seek(0)
        return file_object

    return Open


def IsFileName(name):
    """Determines if a name is that of a log or table of LevelDB.

    Args:
      name (str): name of a file.

    Returns:
      bool: True if it is.
    """
    return _NAME.fullmatch(name) is not None


def IsLeader(folder, name):
    """Determines if a file is the one that stands for its LevelDB folder.

    Args:
      folder (DfvfsFolder): folder.
      name (str): name of the file.

    Returns:
      bool: True if it is.
    """
    names = [
        other
        for other, file_entry in folder.file_entries().items()
        if _NAME.fullmatch(other) and file_entry.IsFile()
    ]
    return bool(names) and name == min(names)


def MakeSource(record):
    """Creates what tells where a record of LevelDB stands.

    Args:
      record (FolderRecord): record.

    Returns:
      Source: where it stands.
    """
    return Source(
        record.file.name,
        record.record.offset,
        record.sequence,
        "damaged" if record.is_damaged else _STATES[record.state],
        replaced=record.successor,
    )


def ReadTexts(folder, storage):
    """Reads the items of localStorage that belong to Telegram.

    Args:
      folder (LevelDbFolder): folder.
      storage (LocalStorage): storage in it.

    Returns:
      dict[str, list[StoredText]]: items by storage key, in the order of changes.
    """
    found = {}
    for entry in storage.entries(telegram_web_paths.is_telegram):
        source = MakeSource(entry.source)
        source.earliest = entry.earliest
        source.latest = entry.latest
        source.time = entry.time
        source.time_basis = entry.time_basis.value
        commit = entry.time
        if commit is None and entry.source.record.batch is not None:
            commit = (entry.source.file.name, entry.source.record.batch)
        found.setdefault(entry.storage_key, []).append(
            StoredText(entry.key, entry.value, source, commit)
        )
    for items in found.values():
        items.sort(key=lambda item: item.source.sequence)
        complete = True
        reached = 0
        for item in items:
            sequence = item.source.sequence
            if complete and sequence > reached:
                complete = folder.is_complete(reached + 1, sequence)
                reached = sequence
            item.is_complete = complete and item.source.state != "damaged"
    return found


def ReadKnown(profile_folder, origin):
    """Reads what the storage of a profile tells of the sessions of an origin.

    Args:
      profile_folder (DfvfsFolder): folder of the profile or None.
      origin (str): origin.

    Returns:
      tuple[list[WebSession], list[bytes]]: sessions, and keys of Web K's encrypted
          stores; none if there is no such storage.
    """
    sessions, texts = [], []
    try:
        parent = profile_folder.folder("Local Storage") if profile_folder else None
        folder = parent.folder("leveldb") if parent else None
        if folder is not None:
            opened = OpenFolder(folder)
            storage = browser_local_storage.LocalStorage(opened)
            for storage_key, items in ReadTexts(opened, storage).items():
                if browser_local_storage.origin_of(storage_key) == origin:
                    sessions += telegram_web_history.read_history(items).sessions
                    texts += items
    except (OSError, FormatError):
        # Its own parser reports what is wrong with it.
        pass
    keys = ReadKeys(texts)
    try:
        folder = profile_folder.folder("Session Storage") if profile_folder else None
        if folder is not None:
            for record in OpenFolder(folder).records(_IsHandedKey):
                # UTF-16, as all of the values there.
                text = record.value.decode("utf-16-le", "replace")
                key = telegram_web_passcode.read_stored_key(text)
                if key is not None and key not in keys:
                    keys.append(key)
    except (OSError, FormatError):
        # Nothing else of it is read.
        pass
    return sessions, keys


def _IsHandedKey(key):
    """Determines if a record of sessionStorage is a key of Web K's stores.

    Args:
      key (bytes): key of the record, map-<number>-<name>.

    Returns:
      bool: True if it is.
    """
    return key.startswith(b"map-") and key.endswith(_HANDED_KEY)


def ReadKeys(texts):
    """Reads keys of Web K's encrypted stores that the client has put aside.

    Args:
      texts (list[StoredText]): items of localStorage, former ones included.

    Returns:
      list[bytes]: keys.
    """
    keys = []
    for item in texts:
        if item.key == telegram_web_passcode.STORED_KEY:
            key = telegram_web_passcode.read_stored_key(item.value)
            if key is not None and key not in keys:
                keys.append(key)
    return keys


class IndexedValues:
    """Records of IndexedDB in LevelDB, with their values decoded.

    Attributes:
      database (IndexedDb): IndexedDB.
      problems (list[tuple[Source, str]]): records that could not be read, and why.
    """

    def __init__(self, folder, blob_folder, progress):
        """Initializes a reader.

        Args:
          folder (LevelDbFolder): folder.
          blob_folder (DfvfsFolder): folder of the large values or None.
          progress (function): called now and then.
        """
        super().__init__()
        self._blob_folder = blob_folder
        self._live = set()
        self._progress = progress
        self._seen = set()
        self.database = browser_indexed_db.IndexedDb(folder)
        self.problems = []

    def Read(self, is_wanted):
        """Reads the records.

        Args:
          is_wanted (function): tells for names of database and store whether their
              records are given.

        Yields:
          StoredValue: record.
        """
        for record in self.database.records(is_wanted):
            self._progress()
            if record.source.is_key_live:
                self._live.add(self._GetPlace(record))
            if record.is_delete or not record.value:
                continue
            self._seen.add(self._GetDigest(record))
            yield self._MakeValue(record, MakeSource(record.source))
        for record in self.database.undo_values(is_wanted):
            self._progress()
            digest = self._GetDigest(record)
            if not record.value or digest in self._seen:
                continue
            self._seen.add(digest)
            source = MakeSource(record.source)
            is_live = self._GetPlace(record) in self._live
            source.recovery = _UNDO
            source.replaced = source.sequence
            if not record.source.is_damaged:
                source.state = "overwritten" if is_live else "removed"
            yield self._MakeValue(record, source)

    @staticmethod
    def _GetPlace(record):
        """Retrieves what tells a record from those of other keys.

        Args:
          record (IndexedDbRecord): record.

        Returns:
          tuple[int, int, bytes]: numbers of database and store, and key.
        """
        return record.database_id, record.store_id, record.key_bytes

    def _GetDigest(self, record):
        """Computes what is the same for equal values of one key.

        Args:
          record (IndexedDbRecord): record.

        Returns:
          bytes: digest.
        """
        place = repr(self._GetPlace(record)).encode("utf-8")
        return hashlib.blake2b(place + record.value, digest_size=16).digest()

    def _MakeValue(self, record, source):
        """Decodes a record.

        Args:
          record (IndexedDbRecord): record.
          source (Source): where it stands.

        Returns:
          StoredValue: record.
        """
        try:
            value, is_complete = self._Decode(record, source)
        except FormatError as exception:
            value, is_complete = None, False
            if source.recovery is None:
                reason = f"value {record.key!s} cannot be read: {exception.reason:s}"
                self.problems.append((source, reason))
        if not is_complete and source.state == "current":
            source.state = "damaged"
        return StoredValue(
            record.database_name,
            record.store_name,
            str(record.key),
            value,
            source,
        )

    def _Decode(self, record, source):
        """Decodes a value.

        Args:
          record (IndexedDbRecord): record.
          source (Source): where it stands.

        Returns:
          tuple[object, bool]: value, None if it cannot be decoded, and whether all of
              it could be.
        """
        unwrapped = browser_indexed_db.unwrap(record.value)
        data = unwrapped.data
        if data is None:
            data = self._ReadBlob(record, unwrapped, source)
        if data is None:
            return None, False
        decoded = browser_v8_value.decode_value(data)
        if not decoded.is_complete:
            reason = decoded.issues[0].reason if decoded.issues else "cut off"
            self.problems.append(
                (source, f"value {record.key!s} is decoded in part: {reason:s}")
            )
        return decoded.value, decoded.is_complete

    def _ReadBlob(self, record, unwrapped, source):
        """Reads a value that lies in a file of its own.

        Args:
          record (IndexedDbRecord): record.
          unwrapped (Unwrapped): what stands in its place.
          source (Source): where it stands.

        Returns:
          bytes: value or None if it is not there.
        """
        objects = record.external_objects
        index = unwrapped.blob_index
        if index is None or index >= len(objects):
            self.problems.append((source, f"value {record.key!s} cannot be read"))
            return None
        path = browser_indexed_db.blob_path(
            record.database_id, objects[index].blob_number
        )
        folder = self._blob_folder
        parts = path.split("/")
        try:
            for part in parts[:-1]:
                folder = folder.folder(part) if folder is not None else None
            if folder is None:
                raise FileNotFoundError(path)
            data = folder.read(parts[-1], MAXIMUM_VALUE)
        except (OSError, FormatError) as exception:
            # Of former values the browser removes the file.
            if source.state == "current":
                self.problems.append(
                    (
                        source,
                        f"value {record.key!s} lies in the file {path:s}, which cannot "
                        f"be read: {exception!s}",
                    )
                )
            return None
        return browser_indexed_db.unwrap(data).data


class Progress:
    """Tells plaso that this worker is alive."""

    def __init__(self, parser_mediator):
        """Initializes it.

        Args:
          parser_mediator (ParserMediator): parser mediator.
        """
        super().__init__()
        self._mediator = parser_mediator

    def __call__(self):
        """Tells it."""
        self._mediator.last_activity_timestamp = time.time()


def OpenParent(parser_mediator, file_entry, levels=1):
    """Opens a folder above a file.

    Args:
      parser_mediator (ParserMediator): parser mediator.
      file_entry (dfvfs.FileEntry): file entry.
      levels (Optional[int]): 1 for the folder of the file.

    Returns:
      DfvfsFolder: folder or None if there is none.
    """
    try:
        return vfs_folder.open_parent_folder(
            file_entry.path_spec, parser_mediator.resolver_context, levels=levels
        )
    except OSError:
        return None
