"""Damage of each file of a three-account profile, at random and by truncation.

What must hold whatever happens to one file: nothing raises, the intact accounts come
out as they are, the damaged file is an issue with offset and reason, and no user id,
session, key, owner or file is reported that was never there.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.tdesktop_key_file import PasscodeState, read_key_file
from telegram_forensics.formats.tdesktop_storage import Account, TdataStorage
from tests import helpers
from tests.builders import tdata

PEOPLE = helpers.PEOPLE
FIRST, SECOND, THIRD = (
    tdata.account_hash(tdata.account_data_name(index)) for index in range(3)
)
PASSCODE = "Pier7"
LOCAL_KEY = tdata.made_up_key("local key of the profile")

# Layout options; the wrap of 7.3 is a cheap one, so that many trials can be made.
PROFILES: dict[str, dict[str, Any]] = {
    "open": {},
    "seven_three": {
        "layout": "seven_three",
        "passcode": PASSCODE,
        "kdf_cost": (8, 1, 1),
    },
}


class Profile:
    """A built profile and what is true of it."""

    def __init__(self, path: Path, options: dict[str, Any]) -> None:
        self.passcodes = ("wrong", PASSCODE) if "passcode" in options else ()
        self.folder = helpers.built(
            path, PEOPLE, local_key=LOCAL_KEY, usertag=0x1234, **options
        )
        storage = self.open(self.folder)
        self.authorizations = [account.authorization for account in storage.accounts]
        self.owners = [account.owner for account in storage.accounts]
        self.files = [
            account.map.files if account.map else [] for account in storage.accounts
        ]
        assert all(self.authorizations)
        assert all(self.owners)
        assert all(self.files)

    def open(self, folder: helpers.MemoryFolder) -> TdataStorage:
        """Opens a folder with the passcode of the profile, if it has one."""
        return helpers.open_storage(folder, *self.passcodes)

    def damaged(self, name: str, data: bytes) -> TdataStorage:
        """The profile with another content of one file."""
        return self.open(self.folder.changed({name: data}))


@pytest.fixture(name="profile", params=sorted(PROFILES))
def fixture_profile(request: pytest.FixtureRequest, tmp_path: Path) -> Profile:
    """Each profile in turn."""
    return Profile(tmp_path, PROFILES[request.param])


@pytest.fixture(name="open_profile")
def fixture_open_profile(tmp_path: Path) -> Profile:
    """The profile without passcode, where the key file plays no part."""
    return Profile(tmp_path, PROFILES["open"])


def check_login_is_true(account: Account, profile: Profile, index: int) -> bool:
    """Checks that nothing of a login is made up; True if it is all there."""
    true = profile.authorizations[index]
    assert true is not None
    for slot in account.authorization_slots:
        found = slot.authorization
        if found is None:
            continue
        assert found.user_id == true.user_id
        assert found.main_data_center == true.main_data_center
        assert found.keys == true.keys[: len(found.keys)]
        assert found.keys_to_destroy in ([], true.keys_to_destroy)
        assert found.session_identifier in (None, true.session_identifier)
        if found != true:
            assert not found.is_complete
    return account.authorization == true


def check_map_is_true(account: Account, profile: Profile, index: int) -> bool:
    """Checks that nothing of a map is made up; True if it is all there."""
    assert account.owner in (None, profile.owners[index])
    files = account.map.files if account.map else []
    assert files in ([], profile.files[index])
    return files == profile.files[index] and account.owner is not None


def check_is_true(storage: TdataStorage, profile: Profile) -> list[bool]:
    """Checks all accounts; for each of them, whether it is complete."""
    assert [account.hash for account in storage.accounts] == [FIRST, SECOND, THIRD]
    complete = []
    for index, account in enumerate(storage.accounts):
        login = check_login_is_true(account, profile, index)
        complete.append(check_map_is_true(account, profile, index) and login)
    return complete


def check_is_reported(storage: TdataStorage, name: str, size: int) -> None:
    """Checks that the damaged file, and no other one, is an issue with a place."""
    issues = helpers.all_issues(storage)
    assert [issue for issue in issues if issue.file == name]
    for issue in issues:
        assert issue.file == name, issue
        assert issue.offset is not None
        assert 0 <= issue.offset <= size
        assert issue.reason


def damages(
    data: bytes, count: int, seed: str, is_first: bool = True
) -> Iterator[bytes]:
    """Random damage, then, for the first of files of one kind, every truncation."""
    yield from helpers.mutations(data, count, seed)
    if is_first:
        yield from helpers.every_truncation(data)


def is_too_expensive(data: bytes) -> bool:
    """True if damage raised the cost of a trial beyond what a test can pay."""
    try:
        trailer = read_key_file(data).trailer
    except FormatError:
        return False
    wraps = trailer.wraps if trailer else []
    return any(wrap.memory * wrap.time * wrap.parallel > 2**17 for wrap in wraps)


@pytest.mark.parametrize("index", range(3))
def test_damaged_login(open_profile: Profile, index: int) -> None:
    """Damage of one account's login costs at most that login."""
    profile = open_profile
    name = f"{tdata.account_hash(tdata.account_data_name(index))}s"
    data = profile.folder.files[name]
    partial = 0
    for damaged in damages(data, 320, f"login {index}", index == 0):
        storage = profile.damaged(name, damaged)
        complete = check_is_true(storage, profile)
        others = complete[:index] + complete[index + 1 :]
        assert others == [True, True]
        check_is_reported(storage, name, len(damaged))
        account = storage.accounts[index]
        assert account.authorization_slots[0].is_damaged
        assert account.map is not None
        assert account.map.files == profile.files[index]
        partial += account.authorization is not None and not complete[index]
    # Account and first key stand long before the end of a cut-off file.
    assert partial > (300 if index == 0 else 10)


@pytest.mark.parametrize("index", range(3))
def test_damaged_map(open_profile: Profile, index: int) -> None:
    """Damage of one account's map costs at most that map."""
    profile = open_profile
    name = f"{tdata.account_hash(tdata.account_data_name(index))}/maps"
    data = profile.folder.files[name]
    for damaged in damages(data, 320, f"map {index}", index == 0):
        storage = profile.damaged(name, damaged)
        check_is_true(storage, profile)
        for number, account in enumerate(storage.accounts):
            assert account.authorization == profile.authorizations[number]
            if number != index:
                assert account.owner == profile.owners[number]
        check_is_reported(storage, name, len(damaged))
        assert storage.accounts[index].map_slots[0].is_damaged


def test_damaged_key_file(profile: Profile) -> None:
    """Damage of the key file costs all or nothing; the accounts are still listed."""
    data = profile.folder.files["key_datas"]
    opened = 0
    for damaged in damages(data, 400, "key file"):
        if is_too_expensive(damaged):
            continue
        storage = profile.damaged("key_datas", damaged)
        complete = check_is_true(storage, profile)
        assert complete in ([True] * 3, [False] * 3)
        check_is_reported(storage, "key_datas", len(damaged))
        ((slot,),) = storage.key_slots.values()
        opened += complete[0]
        if complete[0]:
            assert slot.local_key is not None
            assert slot.local_key.value == LOCAL_KEY
            assert slot.state in (PasscodeState.NONE, PasscodeState.SET)
        else:
            assert slot.state is PasscodeState.UNKNOWN
            assert all(account.is_locked for account in storage.accounts)
    assert opened > 30


def test_damaged_usertag(profile: Profile) -> None:
    """Of a damaged usertag, which has no checksum, only the size can be told."""
    for damaged in helpers.every_truncation(profile.folder.files["usertag"]):
        storage = profile.damaged("usertag", damaged)
        assert storage.installation_identifier is None
        assert check_is_true(storage, profile) == [True] * 3
        check_is_reported(storage, "usertag", len(damaged))


def test_foreign_files_in_the_place_of_a_login(profile: Profile) -> None:
    """Valid files in the wrong place are no logins, and are reported."""
    name = f"{SECOND}s"
    for other in ("key_datas", f"{FIRST}/maps", "settingss"):
        storage = profile.damaged(name, profile.folder.files[other])
        complete = check_is_true(storage, profile)
        assert complete == [True, False, True]
        assert storage.accounts[1].authorization is None
        check_is_reported(storage, name, len(profile.folder.files[other]))


def test_damage_in_a_locked_profile(tmp_path: Path) -> None:
    """Damage is seen without the key, and gives nothing away."""
    folder = helpers.built(tmp_path, PEOPLE, passcode="unknown")
    name = f"{SECOND}s"
    for damaged in helpers.mutations(folder.files[name], 100, "locked"):
        storage = helpers.open_storage(folder.changed({name: damaged}))
        assert all(account.is_locked for account in storage.accounts)
        assert all(account.authorization is None for account in storage.accounts)
        check_is_reported(storage, name, len(damaged))
        assert storage.accounts[1].authorization_slots[0].is_damaged
        assert not storage.accounts[0].authorization_slots[0].is_damaged


@pytest.mark.parametrize("layout", ["legacy_map", "mtp_old_blocks"])
def test_damage_of_the_single_account_layouts(tmp_path: Path, layout: str) -> None:
    """The layouts before 2.1.14 give nothing untrue either."""
    folder = helpers.built(tmp_path, PEOPLE[:1], layout=layout)
    true = helpers.open_storage(folder).accounts[0]
    assert true.authorization is not None
    names = (f"{FIRST}s", f"{FIRST}/maps")
    if f"{FIRST}s" not in folder.files:
        names = (f"{FIRST}0", f"{FIRST}/map0")
    for name in names:
        for damaged in damages(folder.files[name], 320, f"{layout} {name}"):
            storage = helpers.open_storage(folder.changed({name: damaged}))
            (account,) = storage.accounts
            found = account.authorization
            if found is not None:
                assert found.user_id == true.authorization.user_id
                assert found.keys == true.authorization.keys[: len(found.keys)]
            assert account.owner in (None, true.owner)
            files = account.map.files if account.map else []
            assert true.map is not None
            assert files in ([], true.map.files)
            issues = helpers.all_issues(storage)
            reported = [issue for issue in issues if issue.file == name]
            assert reported
            assert all(
                issue.offset is not None and 0 <= issue.offset <= len(damaged)
                for issue in reported
            )


@helpers.tdata_samples()
def test_damage_of_real_samples(sample_name: str, tmp_path: Path) -> None:
    """Damage of real files never gives an id or an owner that is not theirs."""
    sample = helpers.extract_sample(sample_name, tmp_path)
    folder = helpers.MemoryFolder.load([*sample.folders.values()][-1])
    true = helpers.open_storage(folder, sample.passcode).accounts
    names = [f"{FIRST}s", f"{FIRST}/maps"]
    if not sample.passcode:
        # Each trial of a passcode on a damaged key file would take 0.1 s and more.
        names.append("key_datas")
    for name in names:
        for damaged in helpers.mutations(folder.files[name], 60, sample_name):
            changed = folder.changed({name: damaged})
            storage = helpers.open_storage(changed, sample.passcode)
            for account, expected in zip(storage.accounts, true, strict=True):
                found = account.authorization
                if found is not None:
                    assert expected.authorization is not None
                    assert found.user_id == expected.authorization.user_id
                    keys = expected.authorization.keys
                    assert found.keys == keys[: len(found.keys)]
                assert account.owner in (None, expected.owner)
            check_is_reported(storage, name, len(damaged))
