"""Turns the cache index of Telegram Desktop into plaso event data."""

from telegram_forensics.formats import tdesktop_cache as cache
from telegram_forensics.formats import tdesktop_tdef as tdef
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.parsers import storage_event_data
from telegram_forensics.parsers import telegram_desktop_account_files as account_files
from telegram_forensics.vfs import tdata_cache_tree
from telegram_forensics.vfs import tdata_joined_media

BASIS = "tdata_cache_index"

# What the creation of a generation stands for (specification section 4.1).
CREATION_NEVER_CLEARED = "first login or first start in this slot"
CREATION_AFTER_CLEARING = "login after a log out"
CREATION_WITH_CLEARING = "cleared by hand or key change"
_SAME_MOMENT_SECONDS = 60


class CacheProducer:
    """Produces the events of one generation of a cache database."""

    def __init__(self, attribution, database, generation, produce, warn):
        """Initializes a producer.

        Args:
          attribution (Attribution): what the events have in common.
          database (str): "cache" or "media_cache".
          generation (str): number of the generation.
          produce (function): produces event data.
          warn (function): produces a warning of an offset and a reason.
        """
        super().__init__()
        self._attribution = attribution
        self._database = database
        self._generation = generation
        self._meaning = tdata_cache_tree.KINDS[database]
        self._produce = produce
        self._warn = warn

    def _NewEventData(self, cache_event):
        """Creates event data.

        Args:
          cache_event (str): what happened.

        Returns:
          TelegramCacheEventData: event data.
        """
        event_data = storage_event_data.TelegramCacheEventData()
        self._attribution.Apply(event_data, BASIS, None)
        event_data.written_time = None
        event_data.cache_database = self._database
        event_data.cache_event = cache_event
        event_data.cache_generation = self._generation
        return event_data

    def _SetStore(self, event_data, store):
        """Sets the attributes of a stored value.

        Args:
          event_data (TelegramCacheEventData): event data.
          store (Store): record of the index.
        """
        meaning = self._meaning(store.key)
        event_data.cache_key = str(store.key)
        event_data.content_type = cache.TAGS.get(store.tag, str(store.tag))
        event_data.data_center = meaning.data_center
        if meaning.identifier is not None:
            event_data.document_identifier = str(meaning.identifier)
        event_data.file_path = store.path
        event_data.file_size = store.size
        event_data.key_meaning = meaning.kind
        if meaning.variant:
            event_data.key_meaning = f"{meaning.kind} {meaning.variant}"

    def Produce(self, data, keys, folder, version_time):
        """Produces the events of an index.

        Args:
          data (bytes): encrypted index.
          keys (list[bytes]): local keys.
          folder (DfvfsFolder): folder of the generation.
          version_time (int): modification time of the database's version file,
              seconds since 1970-01-01 UTC, None if there is none.
        """
        index = self._Decrypt(data, keys)
        if index is None:
            return

        self._ProduceCreation(index, version_time)
        values = self._ListValues(folder)
        self._ProduceStores(index, values)
        if self._database == "media_cache":
            self._ProduceJoined(index, keys, folder, values)
        self._ProduceHistory(index)
        for start, end in index.periods():
            event_data = self._NewEventData("usage_period")
            event_data.start_time = account_files.MakePosixTime(start)
            event_data.end_time = account_files.MakePosixTime(end)
            self._produce(event_data)
        for move in index.moves:
            event_data = self._NewEventData("uploaded")
            self._SetStore(event_data, move.final)
            event_data.local_identifier = str(self._meaning(move.local.key).identifier)
            if move.final.time is not None:
                event_data.stored_time = account_files.MakePosixTime(
                    move.final.time.system
                )
            file_entry = values.get(move.final.path)
            if file_entry is not None:
                event_data.written_time = file_entry.modification_time
            self._produce(event_data)
        named = {store.path for store in index.entries.values()}
        for path, file_entry in sorted(values.items()):
            if path not in named:
                event_data = self._NewEventData("unindexed")
                event_data.file_path = path
                event_data.value_state = "present"
                event_data.written_time = file_entry.modification_time
                self._produce(event_data)
        if index.problem:
            offset, reason = index.problem
            self._warn(
                tdef.DATA_OFFSET + offset,
                f"{reason:s}; {len(data) - tdef.DATA_OFFSET - offset:d} bytes behind "
                f"it are not read",
            )

    def _Decrypt(self, data, keys):
        """Decrypts and replays an index.

        Args:
          data (bytes): encrypted index.
          keys (list[bytes]): local keys.

        Returns:
          CacheIndex: index or None if no key fits.
        """
        for is_strict in (True, False):
            for key in keys:
                try:
                    result = tdef.decrypt_tdef(data, key)
                except FormatError as exception:
                    self._warn(exception.offset, exception.reason)
                    return None
                if result.is_verified or not is_strict:
                    index = cache.read_index(result.data)
                    if index is not None:
                        if not result.is_verified:
                            self._warn(tdef.HEADER_OFFSET, "header check does not fit")
                        return index
        self._warn(tdef.HEADER_OFFSET, "no key of this tdata folder decrypts it")
        return None

    def _ListValues(self, folder):
        """Lists the value files.

        Args:
          folder (DfvfsFolder): folder of the generation.

        Returns:
          dict[str, dfvfs.FileEntry]: file entries by path below the folder.
        """
        values = {}
        try:
            for name, entry in folder.file_entries().items():
                sub_folder = folder.folder(name) if entry.IsDirectory() else None
                if sub_folder is not None and len(name) == 2:
                    for child, file_entry in sub_folder.file_entries().items():
                        if file_entry.IsFile():
                            values[f"{name}/{child}"] = file_entry
        except OSError as exception:
            self._warn(None, f"value files cannot be listed: {exception!s}")
        return values

    def _ProduceCreation(self, index, version_time):
        """Produces the event of the creation: a login, more or less directly.

        Args:
          index (CacheIndex): index.
          version_time (int): modification time of the version file or None.
        """
        event_data = self._NewEventData("created")
        event_data.cache_created_time = account_files.MakePosixTime(index.created)
        if version_time is None:
            event_data.creation_meaning = CREATION_NEVER_CLEARED
        elif index.created - version_time > _SAME_MOMENT_SECONDS:
            event_data.creation_meaning = CREATION_AFTER_CLEARING
        elif abs(index.created - version_time) <= _SAME_MOMENT_SECONDS:
            event_data.creation_meaning = CREATION_WITH_CLEARING
        self._produce(event_data)

    def _ProduceStores(self, index, values):
        """Produces the events of stored values, removed ones included.

        Args:
          index (CacheIndex): index.
          values (dict[str, dfvfs.FileEntry]): value files.
        """
        live = {id(store) for store in index.entries.values()}
        for store in index.records:
            if not isinstance(store, cache.Store):
                continue
            event_data = self._NewEventData("stored")
            self._SetStore(event_data, store)
            # After a compaction the store time is lost: `relative` is the last use.
            if store.time is not None and not store.is_compacted:
                event_data.stored_time = account_files.MakePosixTime(store.time.system)
            if id(store) in live:
                event_data.last_used_time = account_files.MakePosixTime(
                    index.last_used.get(store.key)
                )
                file_entry = values.get(store.path)
                event_data.value_state = "present" if file_entry else "missing"
                if file_entry is not None:
                    event_data.written_time = file_entry.modification_time
            else:
                event_data.value_state = "removed"
                if store.is_compacted and store.time is not None:
                    event_data.last_used_time = account_files.MakePosixTime(
                        store.time.relative
                    )
            self._produce(event_data)
        for time in index.compactions():
            event_data = self._NewEventData("compacted")
            event_data.stored_time = account_files.MakePosixTime(time)
            self._produce(event_data)

    def _ProduceJoined(self, index, keys, folder, values):
        """Produces the events of files that are joined from slices.

        Args:
          index (CacheIndex): index.
          keys (list[bytes]): local keys.
          folder (DfvfsFolder): folder of the generation.
          values (dict[str, dfvfs.FileEntry]): value files.
        """
        joiner = tdata_joined_media.MediaJoiner(folder, keys, index)
        for joined in joiner.files():
            event_data = self._NewEventData("joined")
            event_data.cache_key = str(joined.base)
            event_data.cache_keys = [
                str(store.key) for _, store in sorted(joined.stores.items())
            ]
            event_data.key_meaning, _, event_data.document_identifier = (
                joined.label.partition("_")
            )
            if not joined.is_too_sparse:
                event_data.file_path = f"{tdata_joined_media.FOLDER_NAME}/{joined.name}"
            event_data.file_size = joined.size
            event_data.first_stored_time = joined.times.creation_time
            event_data.joined_state = joined.state
            event_data.last_used_time = joined.times.access_time
            event_data.missing_ranges = joined.layout.missing or None
            event_data.stored_size = joined.layout.stored_size
            event_data.stored_time = joined.times.modification_time
            event_data.written_time = _LatestTime(
                values[store.path].modification_time for store in joined.stores.values()
            )
            self._produce(event_data)
            try:
                for offset, size in joined.differences():
                    self._warn(
                        None,
                        f"{joined.label:s}: {size:d} bytes at offset 0x{offset:x} are "
                        f"stored twice and differ; those of the slice count",
                    )
            except (FormatError, OSError) as exception:
                self._warn(None, f"{joined.label:s}: {exception!s}")
        for problem in joiner.problems:
            self._warn(None, problem)

    def _ProduceHistory(self, index):
        """Produces the events of uses, removals and clock changes.

        Args:
          index (CacheIndex): index.
        """
        times = [
            record.time.system if getattr(record, "time", None) else None
            for record in index.records
        ]
        following = None
        next_times = [None] * len(times)
        for number in range(len(times) - 1, -1, -1):
            next_times[number] = following
            following = times[number] or following
        previous = index.created
        largest = 0
        for number, record in enumerate(index.records):
            if isinstance(record, cache.Access):
                event_data = self._NewEventData("used")
                event_data.access_time = account_files.MakePosixTime(record.time.system)
                event_data.cache_keys = [str(key) for key in record.keys] or None
                event_data.clock_set_back = record.time.set_back or None
                self._produce(event_data)
            elif isinstance(record, cache.Remove):
                event_data = self._NewEventData("removed")
                event_data.cache_keys = [str(key) for key in record.keys]
                event_data.removed_after_time = account_files.MakePosixTime(previous)
                event_data.removed_before_time = account_files.MakePosixTime(
                    next_times[number]
                )
                self._produce(event_data)
            time = getattr(record, "time", None)
            # After a compaction `relative` may lag behind, never run ahead.
            is_compacted = getattr(record, "is_compacted", False)
            if time is not None and not is_compacted and time.set_back > largest:
                event_data = self._NewEventData("clock_set_back")
                event_data.access_time = account_files.MakePosixTime(time.system)
                event_data.clock_set_back = time.set_back
                self._produce(event_data)
                largest = time.set_back
            previous = times[number] or previous


def _LatestTime(date_times):
    """Determines the latest of some dates and times.

    Args:
      date_times (iterable[dfdatetime.DateTimeValues]): dates and times, None if not
          available.

    Returns:
      dfdatetime.DateTimeValues: the latest or None if there is none.
    """
    latest = None
    for date_time in date_times:
        if date_time is not None and (latest is None or latest < date_time):
            latest = date_time
    return latest


def ReadVersion(folder):
    """Reads the version file of a cache database.

    Args:
      folder (DfvfsFolder): folder of the database.

    Returns:
      int: number of the current generation or None if the file is damaged.
    """
    try:
        data = folder.read("version", 64)
    except (FormatError, OSError):
        return None

    return int.from_bytes(data, "little", signed=True) if len(data) == 4 else None


def MakeCleared(attribution, database, version, cleared_time):
    """Creates the event data of a cleared cache.

    Args:
      attribution (Attribution): what the events have in common.
      database (str): "cache" or "media_cache".
      version (int): number of the current generation.
      cleared_time (dfdatetime.DateTimeValues): modification time of the version file.

    Returns:
      TelegramCacheEventData: event data.
    """
    event_data = storage_event_data.TelegramCacheEventData()
    attribution.Apply(event_data, "tdata_cache_version", None)
    event_data.written_time = None
    event_data.cache_database = database
    event_data.cache_event = "cleared"
    event_data.cache_generation = str(version)
    event_data.cleared_time = cleared_time
    return event_data
