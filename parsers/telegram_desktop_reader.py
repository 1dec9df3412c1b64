"""Reads one file of a tdata folder in the light of its neighbours."""

import time

from dfvfs.lib import definitions as dfvfs_definitions
from dfvfs.path import factory as dfvfs_factory

from plaso.containers import event_sources

from telegram_forensics.formats import tdesktop_encrypted_file as encrypted_file
from telegram_forensics.formats import tdesktop_names as names
from telegram_forensics.formats import tdesktop_setting_facts as setting_facts
from telegram_forensics.formats import tdesktop_settings_blocks as settings_blocks
from telegram_forensics.formats import tdesktop_slots
from telegram_forensics.formats import tdf
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.tdesktop_authorization import read_authorization
from telegram_forensics.formats.tdesktop_crypto import settings_key
from telegram_forensics.formats.tdesktop_key_file import KeyFileKind, PasscodeState
from telegram_forensics.parsers import telegram_desktop_account_files as account_files
from telegram_forensics.parsers import telegram_desktop_cache as cache_producer
from telegram_forensics.parsers import telegram_desktop_events as events
from telegram_forensics.parsers import telegram_desktop_neighbours as neighbours
from telegram_forensics.parsers import telegram_passcodes
from telegram_forensics.vfs import folder as vfs_folder
from telegram_forensics.vfs import tdata_cache_tree
from telegram_forensics.vfs import tdata_tree
from telegram_forensics.vfs import tdata_versions
from telegram_forensics.vfs import type_indicators

# Record of a settings file, and its offset in an undamaged one.
_SETTINGS_PLACE = (1, tdf.HEADER_SIZE + 40)


class TdataReader:
    """Reads one TDF$ file and produces its events and warnings."""

    def __init__(self, parser_mediator, file_entry, slot_name):
        """Initializes a reader.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_entry (dfvfs.FileEntry): file entry.
          slot_name (SlotName): what the file name stands for.

        Raises:
          OSError: if the tdata folder cannot be listed.
        """
        super().__init__()
        self._file_entry = file_entry
        self._mediator = parser_mediator
        self._slot_name = slot_name

        context = parser_mediator.resolver_context
        self._levels = neighbours.GetLevels(file_entry.path_spec, slot_name, context)
        self._folder = vfs_folder.open_parent_folder(
            file_entry.path_spec, context, levels=self._levels
        )
        if self._folder is None:
            raise OSError("the file lies in no folder")
        self._storage = tdata_versions.make_storage(
            self._folder,
            context,
            telegram_passcodes.GetPasscodes(parser_mediator),
            progress=self._SignalProgress,
        )
        self._attribution = events.Attribution(
            written_time=file_entry.modification_time,
            installation_identifier=self._storage.installation_identifier,
            number_of_passcodes=len(self._storage.passcodes),
        )

    @property
    def storage(self):
        """TdataStorage: the storage that the file belongs to."""
        return self._storage

    def _SignalProgress(self):
        """Tells plaso that this worker is alive: passcode trials take their time."""
        self._mediator.last_activity_timestamp = time.time()

    def _Warn(self, offset, reason):
        """Produces a warning about the file at hand.

        Args:
          offset (int): offset in the file, None if it is not about a place.
          reason (str): what is wrong.
        """
        place = "" if offset is None else f"offset 0x{offset:x}: "
        self._mediator.ProduceWarning(f"{self._file_entry.name:s}: {place:s}{reason:s}")

    def _WarnOfIssues(self, issues):
        """Produces warnings.

        Args:
          issues (list[Issue]): issues.
        """
        for issue in dict.fromkeys(issues):
            self._mediator.ProduceWarning(str(issue))

    def Read(self):
        """Reads the file and produces its events and warnings.

        Raises:
          FormatError: if the file is damaged.
          OSError: if the file or its neighbours cannot be read.
        """
        kind = self._slot_name.kind
        if kind is names.FileKind.KEY:
            self._ReadKeyFile()
        elif kind is names.FileKind.SETTINGS:
            self._ReadSettings()
        elif self._levels == 2:
            self._ReadAccountFile()
        elif kind is names.FileKind.HASHED:
            self._ReadRootFile()
        else:
            self._Warn(None, "lies outside of an account's folder, not read")

    def _ReadKeyFile(self):
        """Reads a key file."""
        slots = self._storage.key_slots[self._slot_name.data_name]
        is_current = slots[0].name == self._file_entry.name
        slot = next(slot for slot in slots if slot.name == self._file_entry.name)
        self._ProduceKeyFileEvents(slot, is_current)
        if not is_current:
            return

        accounts = [
            account
            for account in self._storage.accounts
            if account.data_name in (None, self._slot_name.data_name)
        ]
        # An older slot may list an account that has been removed since.
        listed = self._storage.listed_indexes(slot)
        for account in accounts:
            if account.authorization_slots:
                continue
            missing = f"authorization file ({account.hash:s}) is"
            if not account.map_slots:
                missing = f"files ({account.hash:s}) are"
                self._attribution.account = account
                self._ProduceLockedAccount(account, "tdata_key_file", None)
            if account.index in listed:
                self._Warn(
                    None,
                    f"account {account.label:s} is listed, its {missing:s} missing",
                )
        self._attribution.account = None
        if not accounts and slot.local_key is None:
            self._ProduceLockedSlots(slots)
        self._WarnOfIssues(self._storage.issues)
        self._ProduceEventSources(
            slot,
            lambda account: account.data_name in (None, self._slot_name.data_name),
        )

    def _ProduceKeyFileEvents(self, slot, is_current):
        """Produces the events of a key file.

        Args:
          slot (KeySlot): key file.
          is_current (bool): True if this file counts.
        """
        self._WarnOfIssues(slot.issues)
        account_list = None
        if slot.local_key is not None and slot.key_file.kind is KeyFileKind.KEY_DATA:
            try:
                account_list = slot.key_file.account_list(slot.local_key)
            except FormatError as exception:
                self._Warn(exception.offset, f"account list: {exception.reason:s}")
        is_damaged = slot.key_file is None or slot.key_file.is_damaged
        for event_data in events.MakeKeyFileSettings(
            self._attribution, slot, account_list, is_current
        ):
            self._mediator.ProduceEventData(event_data, corrupted=is_damaged)

    def _ProduceLockedSlots(self, slots):
        """Produces an account event for a key file without any account beside it.

        Args:
          slots (list[KeySlot]): key files.
        """
        version = None
        if slots[0].key_file is not None:
            version = slots[0].key_file.container.version_text
        event_data = events.MakeAccount(self._attribution, "tdata_key_file", version)
        events.SetPasscode(event_data, slots, self._attribution.number_of_passcodes)
        self._mediator.ProduceEventData(event_data)

    def _ProduceLockedAccount(self, account, basis, version):
        """Produces an account event if the account stays locked.

        Args:
          account (Account): account slot.
          basis (str): code of the stored fact behind the event.
          version (str): version of the client that wrote the file.

        Returns:
          bool: True if the account is locked.
        """
        if not account.is_locked:
            return False
        event_data = events.MakeAccount(self._attribution, basis, version)
        self._mediator.ProduceEventData(event_data)
        return True

    def _ProduceEventSources(self, slot, includes):
        """Hands the decrypted files to plaso, like any other files.

        Args:
          slot (KeySlot): key file on which they are mounted.
          includes (function): tells whether an account belongs to it.
        """
        tree = tdata_tree.build_tree(self._storage, self._folder, includes)
        identifier = slot.local_key.passcode_number if slot.local_key else None
        for node in tree.files():
            self._SignalProgress()
            path_spec = dfvfs_factory.Factory.NewPathSpec(
                type_indicators.TYPE_INDICATOR_TDATA,
                identifier=identifier,
                location=node.location,
                parent=self._file_entry.path_spec,
            )
            event_source = event_sources.EventSource(
                file_entry_type=dfvfs_definitions.FILE_ENTRY_TYPE_FILE,
                path_spec=path_spec,
            )
            self._mediator.ProduceEventSource(event_source)

    def _ReadSettings(self):
        """Reads a settings file."""
        slots = tdesktop_slots.ordered_slots(
            self._storage.entries, self._slot_name.logical
        )
        data = self._folder.read(self._file_entry.name)
        container = tdf.read_container(data)
        keys = [settings_key(container.record_data(0))]
        decrypted = encrypted_file.decrypt_file(data, keys, _SETTINGS_PLACE)
        for offset, reason in decrypted.problems:
            self._Warn(offset, reason)
        stream = settings_blocks.read_blocks(decrypted.data)
        self._attribution.device_model = setting_facts.custom_device_model(
            stream.blocks
        )
        self._ProduceSettings(
            stream,
            "tdata_settings",
            decrypted.version_text,
            is_current=slots[0] == self._file_entry.name,
            is_damaged=decrypted.is_damaged,
        )

    def _ProduceSettings(self, stream, basis, version, is_current, is_damaged):
        """Produces the events of a settings stream.

        Args:
          stream (BlockStream): settings.
          basis (str): code of the stored fact behind the events.
          version (str): version of the client that wrote the file.
          is_current (bool): True if the file counts.
          is_damaged (bool): True if the file is damaged.
        """
        for block in stream.blocks:
            facts = setting_facts.block_facts(block)
            for event_data in events.MakeSettings(
                self._attribution, basis, version, facts, is_current
            ):
                self._mediator.ProduceEventData(event_data, corrupted=is_damaged)
            if block.damage:
                offset, reason = block.damage
                self._Warn(offset, f"in decrypted settings: {reason:s}")
        if stream.issue:
            offset, reason = stream.issue
            self._Warn(
                offset, f"in decrypted settings: {reason:s}; what follows is not read"
            )

    def _ReadRootFile(self):
        """Reads an authorization file, or a global file such as the theme."""
        account = self._storage.account(self._slot_name.logical)
        if account is None:
            self._ReadUnknownRootFile()
            return

        self._attribution.account = account
        slot = next(
            slot
            for slot in account.authorization_slots
            if slot.name == self._file_entry.name
        )
        is_current = account.authorization_slots[0] is slot
        self._WarnOfIssues(slot.issues)
        if is_current and self._ProduceLockedAccount(
            account, "tdata_key_file", slot.version
        ):
            return
        if not account.key_slots:
            self._Warn(None, "no key file (key_data*) lies beside it")
        if slot.authorization is None:
            return
        self._SetDeviceModel()
        event_data = events.MakeSession(self._attribution, slot, is_current)
        self._mediator.ProduceEventData(event_data, corrupted=slot.is_damaged)
        if is_current:
            self._ProduceClearedCaches(account)
        if is_current and not events.IsOwner(account):
            event_data = events.MakeAccount(
                self._attribution, "tdata_authorization", slot.version
            )
            self._mediator.ProduceEventData(event_data, corrupted=slot.is_damaged)

    def _ProduceClearedCaches(self, account):
        """Produces the events of caches that were cleared: by a log out, or by hand.

        The file that tells it stands outside of the generations, and after a log out
        without a new login it is all that there is.

        Args:
          account (Account): account slot.
        """
        user_data = None
        if account.user_data_name is not None:
            user_data = self._folder.folder(account.user_data_name)
        for database in tdata_cache_tree.KINDS if user_data else ():
            folder = user_data.folder(database)
            file_entry = folder.file_entries().get("version") if folder else None
            if file_entry is None:
                continue
            version = cache_producer.ReadVersion(folder)
            if version is None:
                self._mediator.ProduceWarning(
                    f"{account.user_data_name:s}/{database:s}/version: offset 0x0: not "
                    f"a version file of a cache"
                )
                continue
            event_data = cache_producer.MakeCleared(
                self._attribution, database, version, file_entry.modification_time
            )
            self._mediator.ProduceEventData(event_data)

    def _SetDeviceModel(self):
        """Sets the device name that the settings file says the client announces."""
        slots = tdesktop_slots.ordered_slots(self._storage.entries, "settings")
        if not slots:
            return
        try:
            content = tdata_tree.read_settings_file(self._folder, slots[0])
        except (FormatError, OSError):
            # The settings file reports its own damage.
            return
        blocks = settings_blocks.read_blocks(content).blocks
        self._attribution.device_model = setting_facts.custom_device_model(blocks)

    def _ReadUnknownRootFile(self):
        """Reads a file of tdata that no known account name accounts for."""
        data = self._folder.read(self._file_entry.name)
        keys = []
        for name in tdesktop_slots.ordered_slots(self._storage.entries, "settings"):
            try:
                container = tdf.read_container(self._folder.read(name))
            except (FormatError, OSError):
                # The settings file reports its own damage.
                continue
            keys.append(settings_key(container.record_data(0)))
        number_of_global_keys = len(keys)
        for slots in self._storage.key_slots.values():
            keys += [slot.local_key.value for slot in slots if slot.local_key]
        decrypted = encrypted_file.decrypt_file(data, keys)
        for offset, reason in decrypted.problems:
            self._Warn(offset, reason)
        if decrypted.key_number < number_of_global_keys:
            return  # Theme, background or language: nothing that is an event.
        slot = tdesktop_slots.AuthorizationSlot(
            self._file_entry.name,
            None,
            decrypted.version_text,
            read_authorization(decrypted.data),
            decrypted.is_damaged,
        )
        event_data = events.MakeSession(self._attribution, slot, True)
        event_data.account_slot = self._slot_name.logical
        self._mediator.ProduceEventData(event_data, corrupted=slot.is_damaged)

    def _ReadAccountFile(self):
        """Reads a file of an account's folder."""
        folder = vfs_folder.open_parent_folder(
            self._file_entry.path_spec, self._mediator.resolver_context
        )
        account = self._storage.account(folder.file_entry.name)
        if account is None:
            self._Warn(None, "lies in a folder that is no account's, not read")
            return
        self._attribution.account = account
        if self._slot_name.kind is names.FileKind.MAP:
            self._ReadMap(account)
        elif account.is_locked:
            self._CheckContainer(folder)
        else:
            self._ReadDataFile(account)

    def _CheckContainer(self, folder):
        """Reports what can be seen of a file's damage without a key.

        Args:
          folder (DfvfsFolder): folder of the file.
        """
        container = tdf.read_container(folder.read(self._file_entry.name))
        for offset, reason in container.problems:
            self._Warn(offset, reason)

    def _ReadMap(self, account):
        """Reads a map.

        Args:
          account (Account): account slot.
        """
        slot = next(
            slot for slot in account.map_slots if slot.name == self._file_entry.name
        )
        is_current = account.map_slots[0] is slot
        issues = list(slot.issues)
        if slot.key is not None:
            # Beside a key file this is a leftover of 2.1.13 or before that may open
            # with another passcode; or a modern map, damaged so that it looks like one.
            is_key_file = slot.key.state is not PasscodeState.UNKNOWN
            if is_key_file or not self._storage.key_slots:
                self._attribution.account = None
                self._ProduceKeyFileEvents(slot.key, is_current)
                self._attribution.account = account
                issues = [issue for issue in issues if issue not in slot.key.issues]
            else:
                issues += slot.key.issues
        self._WarnOfIssues(issues)
        if account.is_locked:
            if is_current and not account.authorization_slots:
                self._ProduceLockedAccount(account, "tdata_key_file", slot.version)
            return
        if slot.owner is not None and is_current:
            self._SetDeviceModel()
            event_data = events.MakeOwner(self._attribution, slot)
            self._mediator.ProduceEventData(event_data, corrupted=slot.is_damaged)
            user_id = account.authorization.user_id if account.authorization else None
            if user_id is not None and user_id != slot.owner.user.peer.bare:
                self._Warn(
                    None,
                    f"owner's record is of account {slot.owner.user.peer.bare:d}, the "
                    f"authorization file of account {user_id:d}",
                )
        # In the single-account versions the map is the key file.
        if slot.key is not None and is_current and not self._storage.key_slots:
            self._ProduceEventSources(
                slot.key, lambda other: other.hash == account.hash
            )

    def _ReadDataFile(self, account):
        """Reads a data file of an account.

        Args:
          account (Account): account slot.
        """
        decrypted = account.decrypt(self._file_entry.name)
        for offset, reason in decrypted.problems:
            self._Warn(offset, reason)
        files = account.map.files if account.map else ()
        item = next((i for i in files if i.name == self._slot_name.logical), None)
        if self._slot_name.kind is names.FileKind.CONFIG:
            # Every account has it under this name, no map names it.
            role, peer = "config", None
        elif item is not None:
            role, peer = item.role, item.peer
        else:
            return
        slots = tdesktop_slots.ordered_slots(
            account.folder_entries, self._slot_name.logical
        )
        is_current = slots[0] == self._file_entry.name
        producer = account_files.AccountFileProducer(
            self._attribution,
            decrypted,
            lambda event_data: self._mediator.ProduceEventData(
                event_data, corrupted=decrypted.is_damaged
            ),
            self._Warn,
        )
        if role != "user_settings":
            producer.Produce(role, is_current, peer)
            return
        stream = settings_blocks.read_blocks(decrypted.data)
        self._ProduceSettings(
            stream,
            "tdata_user_settings",
            decrypted.version_text,
            is_current=is_current,
            is_damaged=decrypted.is_damaged,
        )
        producer.ProduceSessionSettings(stream, is_current)
