"""Reads the index of a cache database of Telegram Desktop beside its tdata folder."""

import time

from telegram_forensics.formats import tdesktop_cache
from telegram_forensics.parsers import telegram_desktop_cache as cache_producer
from telegram_forensics.parsers import telegram_desktop_events as events
from telegram_forensics.parsers import telegram_passcodes
from telegram_forensics.vfs import folder as vfs_folder
from telegram_forensics.vfs import tdata_cache_tree
from telegram_forensics.vfs import tdata_versions


class CacheReader:
    """Reads the index of a cache database: user_data/cache/0/binlog."""

    # Levels from the index up to tdata.
    _LEVELS = 4

    def __init__(self, parser_mediator, file_entry):
        """Initializes a reader.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_entry (dfvfs.FileEntry): file entry of the index.
        """
        super().__init__()
        self._file_entry = file_entry
        self._mediator = parser_mediator

    def _Warn(self, offset, reason):
        """Produces a warning about the index.

        Args:
          offset (int): offset in the file, None if it is not about a place.
          reason (str): what is wrong.
        """
        place = "" if offset is None else f"offset 0x{offset:x}: "
        self._mediator.ProduceWarning(f"{self._file_entry.name:s}: {place:s}{reason:s}")

    def _SignalProgress(self):
        """Tells plaso that this worker is alive: passcode trials take their time."""
        self._mediator.last_activity_timestamp = time.time()

    def _OpenFolder(self, levels):
        """Opens a folder above the index.

        Args:
          levels (int): 1 for the folder of the generation.

        Returns:
          DfvfsFolder: folder or None if there is none.
        """
        return vfs_folder.open_parent_folder(
            self._file_entry.path_spec, self._mediator.resolver_context, levels=levels
        )

    def Read(self):
        """Reads the index and produces its events and warnings.

        Raises:
          FormatError: if it is too large.
          OSError: if it or its neighbours cannot be read.
        """
        folders = [self._OpenFolder(level) for level in range(1, self._LEVELS + 1)]
        if any(folder is None for folder in folders):
            self._Warn(None, "lies outside of a tdata folder, not decrypted")
            return
        generation, database, user_data, tdata = folders
        names_above = [folder.file_entry.name for folder in folders[:3]]
        if names_above[1] not in tdata_cache_tree.KINDS:
            self._Warn(None, "lies outside of a tdata folder, not decrypted")
            return

        storage = tdata_versions.make_storage(
            tdata,
            self._mediator.resolver_context,
            telegram_passcodes.GetPasscodes(self._mediator),
            progress=self._SignalProgress,
        )
        attribution = events.Attribution(
            installation_identifier=storage.installation_identifier
        )
        keys = []
        for account in storage.accounts:
            if account.user_data_name == names_above[2]:
                attribution.account = account
                if account.is_locked:
                    return  # Reported with the account.
                keys = account.local_keys
        if not keys:
            # A cache whose account has gone: any key of the folder may open it.
            for slots in storage.key_slots.values():
                keys += [slot.local_key.value for slot in slots if slot.local_key]
        if not keys:
            self._Warn(None, "no key of its tdata folder is known, not decrypted")
            return

        version_entry = database.file_entries().get("version")
        version_time = None
        if version_entry is not None:
            version_time = vfs_folder.modification_time(version_entry)
        producer = cache_producer.CacheProducer(
            attribution,
            names_above[1],
            names_above[0],
            self._mediator.ProduceEventData,
            self._Warn,
        )
        producer.Produce(
            generation.read(self._file_entry.name, tdesktop_cache.MAXIMUM_SIZE),
            keys,
            generation,
            None if version_time is None else version_time // 1_000_000,
        )
