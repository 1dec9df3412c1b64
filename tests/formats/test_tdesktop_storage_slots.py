"""Tests of tdata folders: accounts, slots, data sets, older layouts."""

from __future__ import annotations

import dataclasses
import random
from pathlib import Path

import pytest

from telegram_forensics.formats import tdesktop_oldest as oldest
from telegram_forensics.formats.tdesktop_key_file import PasscodeState
from telegram_forensics.formats.tdesktop_storage import TdataStorage
from tests import helpers
from tests.builders import tdata

FIRST, SECOND, THIRD = (
    tdata.account_hash(tdata.account_data_name(index)) for index in range(3)
)
PASSCODE = "Pier 7 ключ"
PEOPLE = helpers.PEOPLE


def user_ids(storage: TdataStorage) -> list[int | None]:
    """User ids of all accounts in their order."""
    return [
        account.authorization.user_id if account.authorization else None
        for account in storage.accounts
    ]


@pytest.mark.parametrize("suffix", ["s", "0", "1"])
@pytest.mark.parametrize("passcode", ["", PASSCODE])
def test_three_accounts(tmp_path: Path, passcode: str, suffix: str) -> None:
    """Login, owner, map and drafts of three accounts, in each slot."""
    folder = helpers.built(
        tmp_path, PEOPLE, passcode=passcode, suffix=suffix, active=-1, usertag=0xABCDEF
    )
    storage = helpers.open_storage(folder, "x", PASSCODE)
    assert storage.installation_identifier == "0000000000abcdef"
    assert [account.hash for account in storage.accounts] == [FIRST, SECOND, THIRD]
    for account, true in zip(storage.accounts, PEOPLE, strict=True):
        helpers.check_account(account, true)
        assert account.is_listed
        assert account.owner is not None
        assert account.owner.user.first_name == true.first_name
        assert account.owner.user.peer.bare == true.user_id
        assert account.map is not None
        (draft,) = account.map.files
        assert draft.role == "draft"
        assert account.decrypt(draft.name + suffix).data == tdata.draft(
            42, "unsent", 4006005
        )
    ((slot,),) = storage.key_slots.values()
    assert slot.key_file is not None
    assert slot.local_key is not None
    accounts = slot.key_file.account_list(slot.local_key)
    assert (accounts.indexes, accounts.active) == ((0, 1, 2), -1)
    assert helpers.all_issues(storage) == []


def test_slot_s_wins(tmp_path: Path) -> None:
    """With a valid `s` the other slots do not count, but each is read as evidence."""
    folder = helpers.built(tmp_path / "new", [PEOPLE[0]])
    older = helpers.built(tmp_path / "old", [helpers.person(0, 111)], local_key=None)
    for slot in ("0", "1", ".AbC123"):
        for name in (FIRST, f"{FIRST}/map", "key_data"):
            folder.files[name + slot] = older.files[f"{name}s"]
            folder.modified[name + slot] = 9_000_000_000
    storage = helpers.open_storage(folder)
    (account,) = storage.accounts
    helpers.check_account(account, PEOPLE[0])
    assert [slot.name for slot in account.authorization_slots] == [
        FIRST + suffix for suffix in ("s", "0", "1", ".AbC123")
    ]
    assert [slot.name for slot in account.map_slots] == [
        "map" + suffix for suffix in ("s", "0", "1", ".AbC123")
    ]
    found = [
        slot.authorization.user_id if slot.authorization else None
        for slot in account.authorization_slots
    ]
    assert found == [PEOPLE[0].user_id, 111, 111, 111]
    owners = [
        slot.owner.user.peer.bare if slot.owner else None for slot in account.map_slots
    ]
    assert owners == [PEOPLE[0].user_id, 111, 111, 111]


@pytest.mark.parametrize(
    ("modified", "expected"),
    [({"0": 5, "1": 9}, 222), ({"0": 9, "1": 5}, 111), ({"0": 9, "1": 9}, 111)],
)
def test_newest_valid_slot(
    tmp_path: Path, modified: dict[str, int], expected: int
) -> None:
    """Where `s` is damaged the newest valid slot counts, and `s` is reported."""
    key = tdata.made_up_key("shared local key")
    folder = helpers.built(tmp_path / "s", [PEOPLE[0]], local_key=key)
    for suffix, user_id in (("0", 111), ("1", 222)):
        other = helpers.built(
            tmp_path / suffix, [helpers.person(0, user_id)], local_key=key
        )
        for name in (FIRST, f"{FIRST}/map"):
            folder.files[name + suffix] = other.files[f"{name}s"]
            folder.modified[name + suffix] = modified[suffix]
    for name in (f"{FIRST}s", f"{FIRST}/maps"):
        data = bytearray(folder.files[name])
        data[-30] ^= 1
        folder.files[name] = bytes(data)
    (account,) = helpers.open_storage(folder).accounts
    assert account.authorization is not None
    assert account.authorization.user_id == expected
    assert account.owner is not None
    assert account.owner.user.peer.bare == expected
    damaged = account.authorization_slots[-1]
    assert (damaged.name, damaged.authorization) == (f"{FIRST}s", None)
    assert damaged.is_damaged
    assert damaged.issues[0].offset is not None
    assert (account.map_slots[-1].name, account.map_slots[-1].owner) == ("maps", None)


def test_cut_off_slot_counts_less_than_a_complete_one(tmp_path: Path) -> None:
    """A cut-off `s` is evidence, but a complete older slot is what counts."""
    key = tdata.made_up_key("shared local key")
    folder = helpers.built(tmp_path / "s", [PEOPLE[0]], local_key=key)
    other = helpers.built(tmp_path / "0", [helpers.person(0, 111)], local_key=key)
    folder.files[f"{FIRST}s"] = folder.files[f"{FIRST}s"][:400]
    (account,) = helpers.open_storage(folder).accounts
    assert account.authorization is not None
    assert account.authorization.user_id == PEOPLE[0].user_id
    assert not account.authorization.is_complete
    folder.files[f"{FIRST}0"] = other.files[f"{FIRST}s"]
    (account,) = helpers.open_storage(folder).accounts
    found = [
        slot.authorization.user_id if slot.authorization else None
        for slot in account.authorization_slots
    ]
    assert found == [111, PEOPLE[0].user_id]


def test_locked_key_file_beside_an_older_open_one(tmp_path: Path) -> None:
    """A copy of the key file from before the passcode opens today's files."""
    key = tdata.made_up_key("shared local key")
    folder = helpers.built(tmp_path / "new", PEOPLE, local_key=key, passcode=PASSCODE)
    older = helpers.built(tmp_path / "old", [PEOPLE[0]], local_key=key)
    assert all(account.is_locked for account in helpers.open_storage(folder).accounts)
    folder.files["key_data0"] = older.files["key_datas"]
    storage = helpers.open_storage(folder)
    assert user_ids(storage) == [true.user_id for true in PEOPLE]
    slots = storage.key_slots["data"]
    assert [(slot.name, slot.state) for slot in slots] == [
        ("key_data0", PasscodeState.NONE),
        ("key_datas", PasscodeState.LOCKED),
    ]
    assert [account.is_listed for account in storage.accounts] == [True, False, False]


def test_unlisted_accounts(tmp_path: Path) -> None:
    """Accounts that no key file lists any more are found by their files."""
    folder = helpers.built(tmp_path, PEOPLE)
    # The same arguments give the same local key.
    other = helpers.built(tmp_path / "other", PEOPLE[:1])
    folder.files["key_datas"] = other.files["key_datas"]
    storage = helpers.open_storage(folder)
    listed = [(account.index, account.is_listed) for account in storage.accounts]
    assert listed == [(0, True), (1, False), (2, False)]
    assert user_ids(storage) == [true.user_id for true in PEOPLE]


def test_account_without_folder_and_folder_without_account(tmp_path: Path) -> None:
    """A login without folder, a folder without login and a listed nothing are slots."""
    folder = helpers.built(tmp_path, PEOPLE)
    for path in list(folder.files):
        if path.startswith(f"{FIRST}/") or path == f"{SECOND}s" or THIRD in path:
            del folder.files[path]
    storage = helpers.open_storage(folder)
    assert [account.hash for account in storage.accounts] == [FIRST, SECOND, THIRD]
    helpers.check_account(storage.accounts[0], PEOPLE[0])
    assert (storage.accounts[0].folder, storage.accounts[0].map_slots) == (None, [])
    with pytest.raises(FileNotFoundError):
        storage.accounts[0].decrypt("x")
    assert storage.accounts[1].authorization_slots == []
    assert storage.accounts[1].owner is not None
    assert storage.accounts[2].authorization_slots == []
    assert storage.accounts[2].is_listed


def test_account_of_a_higher_index_than_the_client_allows(tmp_path: Path) -> None:
    """Forks keep more accounts than the client: index 30 is known by its hash."""
    many = dataclasses.replace(PEOPLE[0], index=30)
    storage = helpers.open_storage(helpers.built(tmp_path, [many]))
    (account,) = storage.accounts
    assert (account.index, account.is_listed) == (30, True)
    helpers.check_account(account, many)


def test_folder_of_an_unknown_hash(tmp_path: Path) -> None:
    """A folder whose data name is unknown is opened with every key at hand."""
    folder = helpers.built(tmp_path, PEOPLE[:1])
    moved = {
        path.replace(FIRST, "0123456789ABCDEF"): data
        for path, data in folder.files.items()
    }
    storage = helpers.open_storage(helpers.MemoryFolder(moved))
    listed, unknown = storage.accounts
    assert (listed.hash, listed.is_listed, listed.map_slots) == (FIRST, True, [])
    assert (unknown.index, unknown.data_name) == (None, None)
    assert (unknown.label, unknown.is_listed) == ("0123456789ABCDEF", False)
    helpers.check_account(unknown, PEOPLE[0])
    assert unknown.owner is not None
    assert storage.account("0123456789ABCDEF") is unknown
    assert storage.account("FEDCBA9876543210") is None


def test_two_data_sets(tmp_path: Path) -> None:
    """Two data sets of one folder (-key NAME) each have their own key."""
    tdata.build_tdata(tmp_path / "tdata", PEOPLE[:2], rng=random.Random(1))
    others = [helpers.person(0, 111), helpers.person(1, 222)]
    tdata.build_tdata(
        tmp_path / "tdata",
        others,
        data_name="work",
        passcode=PASSCODE,
        rng=random.Random(2),
    )
    folder = helpers.MemoryFolder.load(tmp_path / "tdata")
    storage = helpers.open_storage(folder, PASSCODE)
    assert list(storage.key_slots) == ["data", "work"]
    for data_name, people in (("data", PEOPLE[:2]), ("work", others)):
        for true in people:
            name = tdata.account_data_name(true.index, data_name)
            account = storage.account(tdata.account_hash(name))
            helpers.check_account(account, true)
            assert account is not None
            assert (account.data_name, account.index) == (data_name, true.index)
            assert account.is_listed
    assert helpers.all_issues(storage) == []
    locked = helpers.open_storage(folder)
    states = {account.data_name: account.is_locked for account in locked.accounts}
    assert states == {"data": False, "work": True}


@pytest.mark.parametrize(
    ("layout", "version", "passcode"),
    [
        ("legacy_map", 2001013, PASSCODE),
        ("legacy_map", 2001013, ""),
        ("legacy_map", 1008008, PASSCODE),
        ("legacy_map", 1000015, ""),
        ("mtp_old_blocks", 1000014, PASSCODE),
        ("mtp_old_blocks", 7019, ""),
    ],
)
def test_single_account_layouts(
    tmp_path: Path, layout: str, version: int, passcode: str
) -> None:
    """Before 2.1.14 the map carries the key of the one account."""
    true = dataclasses.replace(PEOPLE[0])
    folder = helpers.built(
        tmp_path, [true], layout=layout, version=version, passcode=passcode
    )
    storage = helpers.open_storage(folder, PASSCODE)
    assert storage.key_slots == {}
    (account,) = storage.accounts
    assert (account.index, account.data_name) == (0, None)
    helpers.check_account(account, true)
    (key_slot,) = account.key_slots
    assert key_slot.state is (PasscodeState.SET if passcode else PasscodeState.NONE)
    assert (account.owner is not None) == (version >= 1003017)
    assert account.map is not None
    assert [item.role for item in account.map.files] == ["draft"]
    assert helpers.all_issues(storage) == []
    if passcode:
        (account,) = helpers.open_storage(folder).accounts
        assert account.is_locked
        assert (account.authorization, account.map) == (None, None)


def test_legacy_map_opens_todays_files(tmp_path: Path) -> None:
    """An old map with a known passcode opens what a new key file locks."""
    key = tdata.made_up_key("shared local key")
    folder = helpers.built(
        tmp_path / "new", PEOPLE[:1], local_key=key, passcode="unknown"
    )
    older = helpers.built(
        tmp_path / "old", PEOPLE[:1], local_key=key, passcode="old", layout="legacy_map"
    )
    folder.files[f"{FIRST}/map0"] = older.files[f"{FIRST}/maps"]
    (account,) = helpers.open_storage(folder, "old").accounts
    helpers.check_account(account, PEOPLE[0])
    states = [slot.state for slot in account.key_slots]
    assert states == [PasscodeState.LOCKED, PasscodeState.SET]
    assert [slot.name for slot in account.map_slots] == ["maps", "map0"]
    assert all(slot.owner for slot in account.map_slots)


def test_oldest_layout(tmp_path: Path) -> None:
    """Up to 0.7.18 the folder holds the map, the login lies in the files beside."""
    true = dataclasses.replace(PEOPLE[0])
    folder = helpers.built(tmp_path, [true], layout="oldest", version=7018)
    storage = helpers.open_storage(folder)
    (account,) = storage.accounts
    assert (account.authorization, account.is_locked) == (None, False)
    assert account.map is not None
    assert [item.role for item in account.map.files] == ["draft"]
    config = oldest.read_user_config((tmp_path / "data_config").read_bytes())
    _, authorization = oldest.read_keys((tmp_path / "data").read_bytes(), config.salt)
    assert authorization.user_id == true.user_id
    assert authorization.session_identifier == tdata.session_identifier(
        true.auth_keys[2]
    )


def test_old_map_opens_later_accounts(tmp_path: Path) -> None:
    """A left-over map of 2.1.13 opens all accounts of a key file that stays locked."""
    key = tdata.made_up_key("shared local key")
    folder = helpers.built(tmp_path / "new", PEOPLE, local_key=key, passcode="unknown")
    older = helpers.built(
        tmp_path / "old", PEOPLE[:1], local_key=key, layout="legacy_map"
    )
    folder.files[f"{FIRST}/map0"] = older.files[f"{FIRST}/maps"]
    storage = helpers.open_storage(folder)
    assert user_ids(storage) == [person.user_id for person in PEOPLE]
    assert storage.accounts[2].passcode_state is PasscodeState.LOCKED
