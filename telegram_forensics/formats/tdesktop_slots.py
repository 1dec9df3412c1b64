"""The copies of a logical file in a Telegram Desktop `tdata` folder, read one by one.

Specification: formats/telegram_desktop.md sections 0.5, 1.3, 2 and 3. The client writes
a file in turns under several suffixes (`s`, `0`, `1`, temporaries); a copy is a slot.
Key files, `<HASH>` files and maps are read as evidence of their own, damage is noted
with the slot.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from telegram_forensics.formats import tdesktop_encrypted_file as encrypted_file
from telegram_forensics.formats import tdesktop_names as names
from telegram_forensics.formats import tdf
from telegram_forensics.formats.errors import FormatError, Issue
from telegram_forensics.formats.tdesktop_authorization import (
    Authorization,
    read_authorization,
    read_authorization_prefix,
)
from telegram_forensics.formats.tdesktop_folder import Folder, FolderEntry
from telegram_forensics.formats.tdesktop_key_file import (
    KeyFile,
    LocalKey,
    PasscodeState,
)
from telegram_forensics.formats.tdesktop_map import AccountMap, read_map
from telegram_forensics.formats.tdesktop_peer import SelfRecord, read_self_record

_Slot = TypeVar("_Slot")


@dataclass(slots=True)
class KeySlot:
    """A key file on disk: `key_data*`, or the key of a legacy `map*`.

    Attributes:
        name: file name.
        key_file: what was read, None if nothing could be.
        local_key: the key, None while locked or damaged.
        issues: what is wrong with the file.
    """

    name: str
    key_file: KeyFile | None = None
    local_key: LocalKey | None = None
    issues: list[Issue] = field(default_factory=list)

    @property
    def state(self) -> PasscodeState:
        """What this file says about the local passcode."""
        if self.key_file is None:
            return PasscodeState.UNKNOWN
        return self.key_file.state(self.local_key)


@dataclass(slots=True)
class AuthorizationSlot:
    """One `<HASH>` file on disk.

    Attributes:
        name: file name.
        modified: modification time, microseconds since 1970-01-01 UTC, or None.
        version: AppVersion of the writer as text.
        authorization: content, None if it could not be decrypted.
        is_damaged: the file is not byte for byte the one that was written.
        issues: what is wrong with it.
    """

    name: str
    modified: int | None
    version: str | None = None
    authorization: Authorization | None = None
    is_damaged: bool = False
    issues: list[Issue] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        """True if all of the authorization could be read."""
        return self.authorization is not None and self.authorization.is_complete


@dataclass(slots=True)
class MapSlot:
    """One `map` file on disk.

    Attributes:
        name: file name, without the folder.
        version: AppVersion of the writer as text.
        key: the key it carries, None for a modern map.
        account_map: content, None if it could not be decrypted.
        owner: the owner's own record, None if absent or damaged.
        is_damaged: the file is not byte for byte the one that was written.
        issues: what is wrong with it.
    """

    name: str
    version: str | None = None
    key: KeySlot | None = None
    account_map: AccountMap | None = None
    owner: SelfRecord | None = None
    is_damaged: bool = False
    issues: list[Issue] = field(default_factory=list)


def ordered_slots(entries: dict[str, FolderEntry], logical: str) -> list[str]:
    """File names of a logical file in the order in which they count.

    `s` first, then `0` and `1`, the newer one first, then temporary files.
    """
    found = []
    for name, entry in entries.items():
        slot_name = names.parse_name(name)
        if entry.is_folder or slot_name is None or slot_name.logical != logical:
            continue
        rank = 0 if slot_name.suffix == "s" else 2 if slot_name.is_temporary else 1
        found.append((rank, -(entry.modified or 0), name))
    return [name for _, _, name in sorted(found)]


def read_file(
    folder: Folder | None,
    name: str,
    path: str,
    issues: list[Issue],
    maximum: int | None = None,
) -> bytes | None:
    """Reads a file; None, with an issue, if that fails."""
    if folder is None:
        return None
    try:
        return folder.read(name) if maximum is None else folder.read(name, maximum)
    except FormatError as exception:
        issues.append(Issue(path, exception.offset, exception.reason))
    except OSError as exception:
        issues.append(Issue(path, None, f"cannot be read: {exception}"))
    return None


def valid_first(slots: list[_Slot], is_valid: Callable[[_Slot], bool]) -> list[_Slot]:
    """The slots, those that are valid first, else in the same order."""
    return sorted(slots, key=lambda slot: not is_valid(slot))


def check_container(slot: AuthorizationSlot | MapSlot, path: str, data: bytes) -> None:
    """Notes what can be seen without a key: version, and damage."""
    try:
        container = tdf.read_container(data)
    except FormatError as exception:
        slot.is_damaged = True
        slot.issues.append(Issue(path, exception.offset, exception.reason))
        return
    slot.version = container.version_text
    slot.is_damaged = not container.md5_valid
    slot.issues += [
        Issue(path, offset, reason) for offset, reason in container.problems
    ]


def _add_failure(
    slot: AuthorizationSlot | MapSlot, path: str, failure: FormatError
) -> None:
    """Notes why a file stays closed, without what the reason says again."""
    slot.issues = [issue for issue in slot.issues if issue.reason not in failure.reason]
    slot.issues.append(Issue(path, failure.offset, failure.reason))


def read_authorization_slot(
    slot: AuthorizationSlot, data: bytes, keys: list[bytes]
) -> None:
    """Reads the content of a `<HASH>` file into its slot."""
    try:
        decrypted = encrypted_file.decrypt_file(data, keys)
    except FormatError as exception:
        _add_failure(slot, slot.name, exception)
        _read_cut_off_authorization(slot, data, keys)
        return
    try:
        slot.authorization = read_authorization(decrypted.data)
    except FormatError as exception:
        slot.issues.append(
            Issue(slot.name, exception.offset, f"in decrypted data: {exception.reason}")
        )
        return
    slot.issues += [
        Issue(slot.name, offset, f"in decrypted data: {reason}")
        for offset, reason in slot.authorization.problems
    ]


def _read_cut_off_authorization(
    slot: AuthorizationSlot, data: bytes, keys: list[bytes]
) -> None:
    for key in keys:
        try:
            partial = encrypted_file.decrypt_cut_off_file(data, key)
        except FormatError:
            return
        if partial is None:
            continue
        slot.authorization = read_authorization_prefix(partial.data)
        if slot.authorization:
            slot.issues.append(
                Issue(
                    slot.name,
                    len(data),
                    "cut off here; account and keys were read from the intact "
                    "beginning, no checksum vouches for them",
                )
            )
            return


def read_map_slot(slot: MapSlot, path: str, data: bytes, keys: list[bytes]) -> None:
    """Reads the content of a map into its slot."""
    try:
        if slot.key and slot.key.key_file and slot.key.local_key:
            container = slot.key.key_file.container
            content = slot.key.key_file.content(slot.key.local_key)
            version = container.version
            known = set(slot.issues)
            slot.issues += [issue for issue in slot.key.issues if issue not in known]
        else:
            decrypted = encrypted_file.decrypt_file(
                data, keys, encrypted_file.MODERN_MAP
            )
            content, version = decrypted.data, decrypted.version
    except FormatError as exception:
        _add_failure(slot, path, exception)
        return
    slot.account_map = read_map(content)
    slot.issues += [
        Issue(path, offset, f"in decrypted map: {reason}")
        for offset, reason in slot.account_map.problems
    ]
    if slot.account_map.self_data:
        try:
            slot.owner = read_self_record(slot.account_map.self_data, version)
        except FormatError as exception:
            slot.issues.append(
                Issue(path, exception.offset, f"in owner record: {exception.reason}")
            )
