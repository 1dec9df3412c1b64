"""Tests of tdata folders: what is missing, unreadable or foreign, and trials."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.tdesktop_folder import FolderEntry, LocalFolder
from telegram_forensics.formats.tdesktop_key_file import PasscodeState
from telegram_forensics.formats.tdesktop_storage import TdataStorage
from tests import helpers
from tests.builders import tdata

FIRST, SECOND = tdata.account_hash("data"), tdata.account_hash("data#2")
PASSCODE = "Pier 7 ключ"
PEOPLE = helpers.PEOPLE


def test_no_key_file(tmp_path: Path) -> None:
    """Without a key file nothing opens; undamaged files do not count as damaged."""
    folder = helpers.built(tmp_path, PEOPLE)
    del folder.files["key_datas"]
    storage = helpers.open_storage(folder)
    assert len(storage.accounts) == 3
    for account in storage.accounts:
        assert not account.is_locked
        assert account.passcode_state is PasscodeState.UNKNOWN
        (slot,) = account.authorization_slots
        assert (slot.authorization, slot.is_damaged) == (None, False)
        assert "no key" in slot.issues[0].reason
        assert not account.map_slots[0].is_damaged


def test_key_file_of_another_installation(tmp_path: Path) -> None:
    """With a foreign key nothing opens; it says so and does not claim damage."""
    folder = helpers.built(tmp_path / "a", PEOPLE[:1])
    other = helpers.built(tmp_path / "b", PEOPLE[:1], rng=random.Random("other"))
    folder.files["key_datas"] = other.files["key_datas"]
    (account,) = helpers.open_storage(folder).accounts
    (slot,) = account.authorization_slots
    assert (slot.authorization, slot.is_damaged) == (None, False)
    assert slot.version == "4.6.5"
    assert [issue.reason for issue in slot.issues] == [
        "none of the keys of this folder decrypts it"
    ]
    assert (account.map, account.map_slots[0].is_damaged) == (None, False)


@pytest.mark.parametrize("size", [0, 7, 9, 65])
def test_usertag_of_another_size(tmp_path: Path, size: int) -> None:
    """A usertag that is not 8 bytes is not taken, and reported."""
    folder = helpers.built(tmp_path, PEOPLE[:1])
    folder.files["usertag"] = bytes(size)
    storage = helpers.open_storage(folder)
    assert storage.installation_identifier is None
    assert [issue.file for issue in storage.issues] == ["usertag"]


def test_empty_and_missing_folder(tmp_path: Path) -> None:
    """An empty folder has no accounts, a missing one cannot be listed."""
    storage = TdataStorage(LocalFolder(tmp_path))
    assert (storage.accounts, storage.key_slots) == ([], {})
    assert storage.installation_identifier is None
    with pytest.raises(OSError):
        _ = TdataStorage(LocalFolder(tmp_path / "none")).accounts


class FailingFolder(helpers.MemoryFolder):
    """A folder in which some files, and the listing of sub folders, fail."""

    failing: frozenset[str] = frozenset()

    def read(self, name: str, maximum: int = 2**26) -> bytes:
        """See `Folder`."""
        if name in self.failing:
            raise OSError("input/output error")
        return super().read(name, maximum)

    def folder(self, name: str) -> helpers.MemoryFolder | None:
        """See `Folder`."""
        sub_folder = super().folder(name)
        if name in self.failing and sub_folder is not None:

            def entries() -> dict[str, FolderEntry]:
                raise OSError("input/output error")

            sub_folder.entries = entries  # type: ignore[method-assign]
        return sub_folder


@pytest.mark.parametrize("failing", ["key_datas", f"{SECOND}s", SECOND, "usertag"])
def test_unreadable_file(tmp_path: Path, failing: str) -> None:
    """A file or folder that cannot be read is an issue and costs only its content."""
    loaded = helpers.built(tmp_path, PEOPLE, usertag=1)
    folder = FailingFolder(loaded.files)
    folder.failing = frozenset([failing])
    storage = helpers.open_storage(folder)
    assert len(storage.accounts) == 3
    _ = storage.installation_identifier
    issues = helpers.all_issues(storage)
    assert any(
        issue.file == failing and "input/output" in issue.reason for issue in issues
    )
    if failing != "key_datas":
        helpers.check_account(storage.accounts[0], PEOPLE[0])
        helpers.check_account(storage.accounts[2], PEOPLE[2])


def test_oversized_key_file(tmp_path: Path) -> None:
    """A key file of absurd size is not read, and does not stop the rest."""
    folder = helpers.built(tmp_path, PEOPLE)
    folder.files["key_data0"] = bytes(1024 * 1024 + 1)
    storage = helpers.open_storage(folder)
    for account, true in zip(storage.accounts, PEOPLE, strict=True):
        helpers.check_account(account, true)
    issues = helpers.all_issues(storage)
    assert [(issue.file, issue.offset) for issue in issues] == [("key_data0", 2**20)]


def test_progress_is_called_before_each_trial(tmp_path: Path) -> None:
    """The caller hears of each trial, and a known candidate is tried first."""
    folder = helpers.built(tmp_path, PEOPLE[:1], passcode=PASSCODE)
    calls: list[int] = []
    report: Callable[[], None] = lambda: calls.append(1)  # noqa: E731
    passcodes = helpers.open_storage(folder, "a", "b", PASSCODE).passcodes
    _ = TdataStorage(folder, passcodes, progress=report).key_slots
    assert len(calls) == 4
    calls.clear()
    _ = TdataStorage(folder, passcodes, first_passcode=3, progress=report).key_slots
    assert len(calls) == 1


def test_decrypt_reports_damage(tmp_path: Path) -> None:
    """A data file that cannot be decrypted is refused with offset and reason."""
    folder = helpers.built(tmp_path, PEOPLE[:1])
    (account,) = helpers.open_storage(folder).accounts
    assert account.map is not None
    name = f"{account.map.files[0].name}s"
    path = f"{FIRST}/{name}"
    damaged = bytearray(folder.files[path])
    damaged[20] ^= 1
    (account,) = helpers.open_storage(folder.changed({path: bytes(damaged)})).accounts
    with pytest.raises(FormatError, match="damaged, cannot be decrypted") as caught:
        account.decrypt(name)
    assert caught.value.offset == 12


def test_version_of_a_file_is_little_endian(tmp_path: Path) -> None:
    """The version of each slot is that of the file's own header."""
    folder = helpers.built(tmp_path, PEOPLE[:1], version=6001002)
    assert folder.files[f"{FIRST}s"][4:8] == struct.pack("<i", 6001002)
    (account,) = helpers.open_storage(folder).accounts
    assert account.authorization_slots[0].version == "6.1.2"
    assert account.map_slots[0].version == "6.1.2"
