"""Where Telegram for Android and its forks keep their files, and what a path says.

Specification: formats/android.md section 1. A file is known by its name, its place
below the application's folder and its content; package, Android user and account slot
come from the path. All layouts that reach an examiner count: whole images, an image of
the data partition alone, file system extractions with any folder in front, adb backups,
and an application's folder that was copied without what lies above it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

OFFICIAL_NAME: Final = "Telegram for Android"

# Package -> name of the client. Those of the second group are expected to use the same
# storage, no build file of theirs was seen.
CLIENT_NAMES: Final = {
    "org.telegram.messenger": OFFICIAL_NAME,
    "org.telegram.messenger.web": f"{OFFICIAL_NAME} (web)",
    "org.telegram.messenger.beta": f"{OFFICIAL_NAME} (beta)",
    "tw.nekomimi.nekogram": "Nekogram",
    "nekox.messenger": "NekoX",
    "it.octogram.android": "OctoGram",
    "it.foxgram.android": "FoxGram",
    "it.belloworld.mercurygram": "Mercurygram",
    "de.privalino.messenger": "Privalino",
    # Not confirmed.
    "org.telegram.plus": "Plus Messenger",
    "org.telegram.BifToGram": "BifToGram",
    "ir.ilmili.telegraph": "Graph Messenger",
    "com.exteragram.messenger": "exteraGram",
    "xyz.nextalone.nagram": "Nagram",
    "com.radolyn.ayugram": "AyuGram",
    "uz.unnarsx.cherrygram": "Cherrygram",
    "org.forkgram.messenger": "Forkgram",
}

# Folders of an application, by their names on the device and in an adb backup.
_FOLDERS: Final = {
    "files": "files",
    "shared_prefs": "shared_prefs",
    "cache": "cache",
    "databases": "databases",
    "no_backup": "no_backup",
}
_BACKUP_FOLDERS: Final = {"f": "files", "sp": "shared_prefs", "db": "databases"}
_PACKAGE: Final = re.compile(r"[A-Za-z]\w*(?:\.[A-Za-z]\w*)+", re.ASCII)
_SLOT_FOLDER: Final = re.compile(r"account([0-9]{1,3})")
_NUMBER: Final = re.compile(r"[0-9]{1,9}")
_MAXIMUM_SEGMENTS: Final = 256


@dataclass(frozen=True, slots=True)
class AppLocation:
    """Place of a file in the storage of an application.

    Attributes:
        package: application package, None where the path does not show it.
        android_user: number of the Android user (0 the first, 10 and more further ones
            and work profiles), None where the path does not show it.
        root: path segments of the application's folder.
        below: path segments from there to the file, with the folder names of the
            device (`files`, `shared_prefs`).
        folder_name: name of the first folder as found (`f`, `sp` in an adb backup).
        data_root: path segments of the data partition, None where the path does not
            show it.
        device_root: path segments of the device's root, under which `system` lies;
            None where the path does not show it.
    """

    package: str | None
    android_user: int | None
    root: tuple[str, ...]
    below: tuple[str, ...]
    folder_name: str
    data_root: tuple[str, ...] | None = None
    device_root: tuple[str, ...] | None = None

    @property
    def client_name(self) -> str:
        """Name of the client, see `client_name`."""
        return client_name(self.package)

    @property
    def slot(self) -> int | None:
        """Account slot by the place below `files` or the name in `shared_prefs`."""
        if self.below[0] == "shared_prefs":
            name = preferences_name(self.below[-1])
            return None if name is None else name.slot
        if self.below[0] != "files":
            return None
        match = _SLOT_FOLDER.fullmatch(self.below[1]) if len(self.below) > 2 else None
        return int(match[1]) if match else 0

    def slot_folder(self, slot: int) -> tuple[str, ...]:
        """Path segments of the folder that holds `tgnet.dat` and `cache4.db`."""
        files = (*self.root, self._on_disk("files"))
        return files if slot == 0 else (*files, f"account{slot}")

    def preferences_folder(self) -> tuple[str, ...]:
        """Path segments of the folder of the preferences."""
        return (*self.root, self._on_disk("shared_prefs"))

    def _on_disk(self, name: str) -> str:
        if self.folder_name not in _BACKUP_FOLDERS:
            return name
        return {value: key for key, value in _BACKUP_FOLDERS.items()}[name]


@dataclass(frozen=True, slots=True)
class PreferencesName:
    """What the name of a preferences file stands for.

    Attributes:
        kind: `user_config`, `main_config`, `notifications`, `emoji`, `drafts`,
            `login_info`, `saved_tokens_login`, `saved_tokens`, `upload_info` or
            `data_config`.
        slot: account slot, None for files of the whole application.
        is_backup: a `.bak`, which Android keeps while it writes the file.
    """

    kind: str
    slot: int | None
    is_backup: bool = False


# Name -> kind, and whether there is one file for each slot, one for slot 0 or one for
# the whole application.
_KINDS: Final = {
    "userconfing": ("user_config", "one"),
    "userconfig": ("user_config", "each"),
    "mainconfig": ("main_config", "each"),
    "Notifications": ("notifications", "each"),
    "emoji": ("emoji", "each"),
    "drafts": ("drafts", "each"),
    "logininfo2": ("login_info", "each"),
    "saved_tokens_login": ("saved_tokens_login", "global"),
    "saved_tokens": ("saved_tokens", "global"),
    "uploadinfo": ("upload_info", "global"),
    # Versions that wrote it knew one account.
    "dataconfig": ("data_config", "one"),
}
_PREFERENCES: Final = re.compile(
    rf"(?P<base>{'|'.join(sorted(_KINDS, reverse=True))})"
    r"(?P<number>(?<!logininfo2)[1-9][0-9]{0,2}|(?<=logininfo2)_[0-9]{1,3})?"
    r"\.xml(?P<backup>\.bak)?"
)


def preferences_name(file_name: str) -> PreferencesName | None:
    """What the name of a preferences file stands for, None if it is not of interest."""
    match = _PREFERENCES.fullmatch(file_name)
    if match is None:
        return None
    base, number, is_backup = match["base"], match["number"], bool(match["backup"])
    kind, form = _KINDS[base]
    has_number = number is not None
    # userconfing.xml is slot 0 itself; the others have no number there, or 0.
    if has_number and form in ("one", "global"):
        return None
    if base == "userconfig":
        return PreferencesName(kind, int(number), is_backup) if has_number else None
    slot = None if form == "global" else int((number or "0").lstrip("_") or 0)
    return PreferencesName(kind, slot, is_backup)


def user_config_name(slot: int) -> str:
    """Name of the preferences file that holds the account of a slot."""
    return "userconfing.xml" if slot == 0 else f"userconfig{slot}.xml"


def client_name(package: str | None) -> str:
    """Name of the client that a package is.

    Without a package it is the name of the storage's format: forks use the same.
    """
    if package is None:
        return OFFICIAL_NAME
    return CLIENT_NAMES.get(package) or f"{OFFICIAL_NAME} (fork {package})"


def locate(segments: Sequence[str]) -> AppLocation | None:
    """Finds the application's folder in a path.

    Args:
        segments: path segments of a file, from the root of its file system.

    Returns:
        The place, None if the file lies in no folder of an application.
    """
    fallback = None
    for index in _folder_indexes(segments):
        root = tuple(segments[:index])
        name = segments[index]
        package, user, data_root, device_root = _application(root)
        is_backup = root[-2:-1] == ("apps",) and name in _BACKUP_FOLDERS
        if name not in _FOLDERS and not is_backup:
            continue
        below = (
            _BACKUP_FOLDERS[name] if is_backup else _FOLDERS[name],
            *segments[index + 1 :],
        )
        found = AppLocation(package, user, root, below, name, data_root, device_root)
        if package is not None:
            return found
        # A copy without what lay above: only the two folders with files of ours.
        if fallback is None and name in ("files", "shared_prefs"):
            fallback = found
    return fallback


def _folder_indexes(segments: Sequence[str]) -> Iterator[int]:
    first = max(0, len(segments) - _MAXIMUM_SEGMENTS)
    for index in range(len(segments) - 2, first - 1, -1):
        if segments[index] in _FOLDERS or segments[index] in _BACKUP_FOLDERS:
            yield index


_Place = tuple[int | None, tuple[str, ...] | None, tuple[str, ...] | None]
_Application = tuple[
    str | None, int | None, tuple[str, ...] | None, tuple[str, ...] | None
]


def _application(root: tuple[str, ...]) -> _Application:
    """Package, Android user, data partition and device root of a folder."""
    package = root[-1] if root and _PACKAGE.fullmatch(root[-1]) else None
    if package is None:
        return None, None, None, None
    above = root[:-1]
    place = _place(above)
    if place is not None:
        return package, *place
    if package in CLIENT_NAMES or above[-1:] == ("apps",):
        return package, None, None, None
    # Any folder with a dot in its name: not evidence of a package.
    return None, None, None, None


def _place(above: tuple[str, ...]) -> _Place | None:
    """Android user, data partition and device root above a package folder."""
    if above[-2:] == ("Android", "data"):
        return _external_place(above[:-2])
    if above[-2:] == ("data", "data"):
        return 0, above[:-1], above[:-2]
    if above[-1:] == ("data",):
        # The data partition alone. With more in front it may be any user's folder.
        return (0 if len(above) == 1 else None), above[:-1], None
    if not above or not _NUMBER.fullmatch(above[-1]):
        return None
    user = int(above[-1])
    found: _Place | None = None
    if above[-2:-1] in (("user",), ("user_de",)):
        partition = above[:-2]
        found = user, partition, None
        if partition[-1:] == ("data",):
            found = user, partition, partition[:-1]
        elif partition[-3:-1] == ("mnt", "expand"):
            found = user, (*partition[:-3], "data"), partition[:-3]
    elif above[-3:-2] in (("data_ce",), ("data_de",)):
        mirror = above[:-3]
        device = mirror[:-1] if mirror[-1:] == ("data_mirror",) else mirror
        found = user, (*device, "data"), device
    return found


def _external_place(above: tuple[str, ...]) -> _Place:
    """The same for external storage: /storage/emulated/<n> or /data/media/<n>."""
    user = int(above[-1]) if above and _NUMBER.fullmatch(above[-1]) else None
    if above[-3:-1] == ("data", "media"):
        return user, above[:-2], above[:-3]
    if above[-2:-1] == ("media",):
        return user, above[:-2], None
    if above[-3:-1] == ("storage", "emulated"):
        return user, (*above[:-3], "data"), above[:-3]
    return user, None, None
