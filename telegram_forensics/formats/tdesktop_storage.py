"""A Telegram Desktop `tdata` folder: key files, accounts, sessions, owners.

Specification: formats/telegram_desktop.md sections 0.5, 1.3, 1.4, 2 and 3. One folder
can hold several data sets (`-key NAME`), each data set several accounts, each file
several slots (suffix `s`, `0`, `1`, temporaries). Everything is read lazily and every
slot is read as evidence of its own; a damaged file costs at most what it holds.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Final

from telegram_forensics.formats import tdesktop_encrypted_file as encrypted_file
from telegram_forensics.formats import tdesktop_names as names
from telegram_forensics.formats.errors import FormatError, Issue
from telegram_forensics.formats.tdesktop_authorization import Authorization
from telegram_forensics.formats.tdesktop_encrypted_file import DecryptedFile
from telegram_forensics.formats.tdesktop_folder import Folder, FolderEntry
from telegram_forensics.formats.tdesktop_key_file import (
    KeyFile,
    PasscodeState,
    read_key_file,
    read_legacy_map,
)
from telegram_forensics.formats.tdesktop_map import AccountMap
from telegram_forensics.formats.tdesktop_other_keys import OtherKeyFile, borrow_key
from telegram_forensics.formats.tdesktop_passcodes import Passcodes
from telegram_forensics.formats.tdesktop_peer import SelfRecord
from telegram_forensics.formats.tdesktop_slots import (
    AuthorizationSlot,
    KeySlot,
    MapSlot,
    check_container,
    ordered_slots,
    read_authorization_slot,
    read_file,
    read_map_slot,
    valid_first,
)

_USER_TAG_SIZE: Final = 8
_MAXIMUM_KEY_FILE_SIZE: Final = 1024 * 1024


class Account:
    """One account slot of a tdata folder.

    Attributes:
        storage: the folder it belongs to.
        hash: name of its folder and of its authorization file.
        index: account index, None if no known data name has this hash.
        data_name: data set it belongs to, None if unknown.
    """

    def __init__(
        self,
        storage: TdataStorage,
        account_hash: str,
        index: int | None,
        data_name: str | None,
    ) -> None:
        self.storage = storage
        self.hash = account_hash
        self.index = index
        self.data_name = data_name

    @property
    def label(self) -> str:
        """Name of the slot: its index, or its hash where no index is known."""
        return self.hash if self.index is None else str(self.index)

    @property
    def is_listed(self) -> bool:
        """True if a key file of its data set lists this account."""
        return self.index is not None and any(
            self.index in self.storage.listed_indexes(slot)
            for slot in self.key_slots
            if slot.name in self.storage.entries
        )

    @property
    def user_data_name(self) -> str | None:
        """Name of the folder with the account's caches, None if it is not known."""
        if self.index is None:
            return None
        data_name = self.data_name or names.DEFAULT_DATA_NAME
        if self.hash == names.account_hash(f"{data_name}:/test/"):
            return f"user_{data_name}[test]"
        return f"user_{names.account_data_name(data_name, self.index)}"

    @functools.cached_property
    def folder(self) -> Folder | None:
        """The account's own folder, None if it is missing."""
        entry = self.storage.entries.get(self.hash)
        if entry is None or not entry.is_folder:
            return None
        return self.storage.folder.folder(self.hash)

    @functools.cached_property
    def folder_entries(self) -> dict[str, FolderEntry]:
        """Listing of the account's folder; empty if it is missing or unreadable."""
        if self.folder is None:
            return {}
        try:
            return self.folder.entries()
        except OSError as exception:
            self.storage.issues.append(
                Issue(self.hash, None, f"folder cannot be listed: {exception}")
            )
            return {}

    @functools.cached_property
    def _raw_maps(self) -> list[tuple[str, bytes | None, KeySlot | None, list[Issue]]]:
        """Map files with the key that a legacy one carries."""
        result: list[tuple[str, bytes | None, KeySlot | None, list[Issue]]] = []
        for name in ordered_slots(self.folder_entries, "map"):
            path = f"{self.hash}/{name}"
            issues: list[Issue] = []
            data = read_file(self.folder, name, path, issues)
            key = None
            if data is not None:
                key = self.storage.read_key_slot(name, path, data, read_legacy_map)
            result.append((name, data, key, issues))
        return result

    @functools.cached_property
    def key_slots(self) -> list[KeySlot]:
        """Key files that may open this account: its data set's, then its own."""
        slots = self.legacy_key_slots
        if self.data_name is not None:
            return self.storage.key_slots.get(self.data_name, []) + slots
        others = [slot for group in self.storage.key_slots.values() for slot in group]
        return others + slots

    @functools.cached_property
    def local_keys(self) -> list[bytes]:
        """Distinct local keys, in the order in which to try them."""
        keys = [slot.local_key for slot in self.key_slots]
        # The client re-wraps its local key and never replaces it: a map left over from
        # the single-account versions opens the accounts that were added later.
        keys += [
            slot.local_key
            for account in self.storage.accounts
            for slot in account.legacy_key_slots
        ]
        return list(dict.fromkeys(key.value for key in keys if key))

    @property
    def key_source(self) -> str | None:
        """Where the keys come from if not from key files of this folder, in words."""
        keys = [slot.local_key for slot in self.key_slots if slot.local_key]
        return keys[0].source if keys else None

    @property
    def legacy_key_slots(self) -> list[KeySlot]:
        """Keys that the maps in the account's own folder carry."""
        return [slot for _, _, slot, _ in self._raw_maps if slot is not None]

    @property
    def passcode_state(self) -> PasscodeState:
        """State of the key file that counts (the first of `key_slots`)."""
        if not self.key_slots:
            return PasscodeState.UNKNOWN
        return self.key_slots[0].state

    @property
    def is_locked(self) -> bool:
        """True if there is a key file and no candidate opens any."""
        return bool(self.key_slots) and not self.local_keys

    @functools.cached_property
    def authorization_slots(self) -> list[AuthorizationSlot]:
        """All `<HASH>` files, the one that counts first."""
        slots = []
        for name in ordered_slots(self.storage.entries, self.hash):
            entry = self.storage.entries[name]
            slot = AuthorizationSlot(name, entry.modified)
            data = read_file(self.storage.folder, name, name, slot.issues)
            if data is not None:
                check_container(slot, name, data)
                if not self.is_locked:
                    read_authorization_slot(slot, data, self.local_keys)
            slots.append(slot)
        slots = valid_first(slots, lambda slot: slot.authorization is not None)
        # What nothing vouches for does not count while an older slot is complete.
        return valid_first(slots, lambda slot: slot.is_complete)

    @functools.cached_property
    def map_slots(self) -> list[MapSlot]:
        """All maps, the one that counts first."""
        slots = []
        for name, data, key, issues in self._raw_maps:
            slot = MapSlot(name, key=key, issues=list(issues))
            if data is not None:
                path = f"{self.hash}/{name}"
                check_container(slot, path, data)
                if not self.is_locked:
                    read_map_slot(slot, path, data, self.local_keys)
            slots.append(slot)
        return valid_first(slots, lambda slot: slot.account_map is not None)

    @property
    def authorization(self) -> Authorization | None:
        """The authorization that counts."""
        return next((slot.authorization for slot in self.authorization_slots), None)

    @property
    def map(self) -> AccountMap | None:
        """The map that counts."""
        return next((slot.account_map for slot in self.map_slots), None)

    @property
    def owner(self) -> SelfRecord | None:
        """The owner's record of the map that counts."""
        return next((slot.owner for slot in self.map_slots), None)

    def decrypt(self, name: str) -> DecryptedFile:
        """Decrypts a data file of the account's folder.

        Raises:
            FormatError: if it cannot be decrypted.
            OSError: if it cannot be read.
        """
        if self.folder is None:
            raise FileNotFoundError(f"{self.hash}/{name}")
        return encrypted_file.decrypt_file(self.folder.read(name), self.local_keys)


class TdataStorage:
    """A tdata folder.

    Attributes:
        folder: where it lies.
        passcodes: candidates for the local passcode.
        issues: what is wrong with the folder as such.
    """

    def __init__(
        self,
        folder: Folder,
        passcodes: Passcodes | None = None,
        *,
        first_passcode: int | None = None,
        progress: Callable[[], None] | None = None,
        other_key_files: Callable[[str], Iterator[OtherKeyFile]] | None = None,
    ) -> None:
        """Prepares reading; nothing is read yet.

        Args:
            folder: the tdata folder.
            passcodes: candidates, only the empty one by default.
            first_passcode: number of the candidate to try first.
            progress: called before every trial of a candidate.
            other_key_files: finds key files of a data set in earlier versions or
                copies of the folder; asked only where no candidate opens one here.
        """
        self.folder = folder
        self.passcodes = passcodes or Passcodes()
        self.issues: list[Issue] = []
        self._first_passcode = first_passcode
        self._progress = progress
        self._other_key_files = other_key_files

    @functools.cached_property
    def entries(self) -> dict[str, FolderEntry]:
        """Listing of the folder.

        Raises:
            OSError: if the folder cannot be listed.
        """
        return self.folder.entries()

    @functools.cached_property
    def key_slots(self) -> dict[str, list[KeySlot]]:
        """Key files by data name, the one that counts first."""
        logical_names = {
            slot_name.logical
            for name in self.entries
            if (slot_name := names.parse_name(name))
            and slot_name.kind is names.FileKind.KEY
        }
        result = {}
        for logical in sorted(logical_names):
            slots = []
            for name in ordered_slots(self.entries, logical):
                issues: list[Issue] = []
                data = read_file(
                    self.folder, name, name, issues, _MAXIMUM_KEY_FILE_SIZE
                )
                slot = None
                if data is not None:
                    slot = self.read_key_slot(name, name, data, read_key_file)
                slots.append(slot or KeySlot(name, issues=issues))
            if self._other_key_files and not any(slot.local_key for slot in slots):
                others = self._other_key_files(logical)
                borrow_key(slots, others, self.passcodes, self._progress)
            result[logical[len("key_") :]] = valid_first(
                slots, lambda slot: slot.local_key is not None
            )
        return result

    def read_key_slot(
        self,
        name: str,
        path: str,
        data: bytes,
        reader: Callable[[bytes], KeyFile | None],
    ) -> KeySlot | None:
        """Reads and opens a key file; None if `reader` says that it is none."""
        slot = KeySlot(name)
        try:
            slot.key_file = reader(data)
        except FormatError as exception:
            slot.issues.append(Issue(path, exception.offset, exception.reason))
            return slot
        if slot.key_file is None:
            return None
        slot.local_key = slot.key_file.open(
            self.passcodes, first=self._first_passcode, progress=self._progress
        )
        slot.issues += [
            Issue(path, offset, reason) for offset, reason in slot.key_file.problems
        ]
        return slot

    def listed_indexes(self, slot: KeySlot) -> tuple[int, ...]:
        """Account indexes that a key file lists; empty if the list is unreadable."""
        if slot.key_file is None or slot.local_key is None:
            return ()
        try:
            return slot.key_file.account_list(slot.local_key).indexes
        except FormatError:
            # Reported where the slot itself is evaluated.
            return ()

    @functools.cached_property
    def accounts(self) -> list[Account]:
        """Every account slot: those that a key file lists, and every one on disk."""
        known: dict[str, tuple[int, str]] = {}
        for name in self.key_slots or {names.DEFAULT_DATA_NAME: []}:
            for account_hash, number in names.account_hashes(name).items():
                known.setdefault(account_hash, (number, name))
        accounts = {}
        for account_hash in self._account_hashes(known):
            index: int | None = None
            data_name: str | None = None
            if account_hash in known:
                index, data_name = known[account_hash]
            if data_name not in self.key_slots:
                data_name = None
            accounts[account_hash] = Account(self, account_hash, index, data_name)
        return sorted(
            accounts.values(),
            key=lambda account: (
                account.index is None,
                account.index or 0,
                account.hash,
            ),
        )

    def _account_hashes(self, known: dict[str, tuple[int, str]]) -> Iterator[str]:
        for name, entry in self.entries.items():
            if entry.is_folder:
                if names.is_account_folder_name(name):
                    yield name
                continue
            slot_name = names.parse_name(name)
            if (
                slot_name
                and slot_name.kind is names.FileKind.HASHED
                and slot_name.logical in known
            ):
                yield slot_name.logical
        for data_name, slots in self.key_slots.items():
            for slot in slots:
                for index in self.listed_indexes(slot):
                    yield names.account_hash(names.account_data_name(data_name, index))

    def account(self, account_hash: str) -> Account | None:
        """The account slot with this hash."""
        for account in self.accounts:
            if account.hash == account_hash:
                return account
        return None

    @functools.cached_property
    def installation_identifier(self) -> str | None:
        """`usertag`: made at the first start of this tdata; 16 lower-case hex digits.

        None if the file is missing or, with an issue, does not hold 8 bytes.
        """
        if "usertag" not in self.entries:
            return None
        data = read_file(self.folder, "usertag", "usertag", self.issues, 64)
        if data is None:
            return None
        if len(data) != _USER_TAG_SIZE:
            self.issues.append(
                Issue("usertag", 0, f"{len(data)} bytes instead of {_USER_TAG_SIZE}")
            )
            return None
        return data[::-1].hex()
