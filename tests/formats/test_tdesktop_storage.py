"""Tests of whole tdata folders: real samples against their truth."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from telegram_forensics.formats.tdesktop_folder import LocalFolder
from telegram_forensics.formats.tdesktop_key_file import PasscodeState
from telegram_forensics.formats.tdesktop_storage import Account, TdataStorage
from tests import helpers
from tests.builders import tdata

# Names of the truth -> record type and role of the map.
MAP_ENTRIES = {
    "self": 0x15,
    "draft": 0x01,
    "draftpos": 0x02,
    "locations": 0x04,
    "usersettings": 0x09,
    "recenthashtagsbots": 0x0A,
}
ROLES = {
    "locations": "locations",
    "usersettings": "user_settings",
    "recenthashtagsbots": "recent_hashtags_and_bots",
}
ORIGINAL = "desktop-marta-one-account-no-passcode"
COPY = "desktop-marta-copied-tdata"
# As the truth has it: the bytes of the file. The number is little endian.
USER_TAG = "59e3c35b24db912d"


def identifier(key: str | dict[str, Any]) -> str:
    """Identifier of a key of the truth, which names it in one of three ways."""
    if isinstance(key, str):
        return tdata.session_identifier(bytes.fromhex(key))
    found = bytes.fromhex(key["auth_key_id_hex_le_bytes"])[::-1].hex()
    assert found == tdata.session_identifier(bytes.fromhex(key["key_hex"]))
    return found


def keys(account: dict[str, Any], name: str) -> list[tuple[int, str]]:
    """Data center and identifier of the keys of an account of the truth."""
    return [
        (int(center), identifier(key)) for center, key in account.get(name, {}).items()
    ]


def check_login(account: Account, truth: dict[str, Any]) -> None:
    """Compares an account's authorization with the truth."""
    authorization = account.authorization
    assert authorization is not None
    assert authorization.user_id == truth["user_id"]
    assert authorization.main_data_center == truth["main_dc"]
    found = [(key.data_center, key.identifier) for key in authorization.keys]
    assert sorted(found) == sorted(keys(truth, "auth_keys"))
    found = [(key.data_center, key.identifier) for key in authorization.keys_to_destroy]
    assert sorted(found) == sorted(keys(truth, "keys_to_destroy"))
    main = dict(keys(truth, "auth_keys"))[truth["main_dc"]]
    assert authorization.session_identifier == main
    assert authorization.is_complete
    assert authorization.problems == []


def check_map(account: Account, truth: dict[str, Any], is_written: bool) -> None:
    """Compares an account's map with the truth; `is_written`: by the client."""
    account_map = account.map
    assert account_map is not None
    assert account_map.problems == []
    if not is_written:
        assert (account_map.types, account_map.files) == ([], [])
        return
    expected = {MAP_ENTRIES[name] for name in truth["map_entries"]}
    assert set(account_map.types) == expected
    names = {
        item.role: f"{item.name}s" for item in account_map.files if item.peer is None
    }
    assert names == {ROLES[role]: name for role, name in truth["map_files"].items()}
    drafts = {
        (f"{item.name}s", item.peer)
        for item in account_map.files
        if item.role == "draft"
    }
    assert drafts == {
        (draft["file"], draft["peer_serialized"]) for draft in truth["drafts"]
    }
    for item in account_map.files:
        name = f"{item.name}s"
        assert name in account.folder_entries
        assert account.decrypt(name).problems == []


def check_owner(account: Account, people: dict[int, dict[str, Any]]) -> None:
    """Compares the owner's record with the world of the sample."""
    user_id = account.authorization.user_id if account.authorization else None
    owner = account.owner
    if user_id not in people:
        assert owner is None
        return
    true = people[user_id]
    assert owner is not None
    user = owner.user
    assert (user.peer.kind, user.peer.bare) == ("user", user_id)
    assert (user.first_name, user.last_name) == (true["first"], true["last"])
    assert (user.phone, user.username) == (true["phone"], true["username"] or "")
    assert (owner.about, user.photo_id) == (true["about"], true.get("photo", 0))


def people_of(sample: helpers.TdataSample, tmp_path: Path) -> dict[int, dict[str, Any]]:
    """The owners of a sample by user id; the copy has those of its original."""
    truth = sample.truth
    if sample.name == COPY:
        truth = helpers.extract_sample(ORIGINAL, tmp_path / "original").truth
    world = truth.get("world", {})
    people = [world[name] for name in ("self",) if name in world]
    people += world.get("selves", [])
    return {person["id"]: person for person in people}


def check_sample(
    storage: TdataStorage,
    sample: helpers.TdataSample,
    is_written: bool,
    people: dict[int, dict[str, Any]],
) -> None:
    """Compares an opened folder with the truth of its sample."""
    accounts = sample.truth["accounts"]
    assert [account.index for account in storage.accounts] == [
        truth["index"] for truth in accounts
    ]
    for account, truth in zip(storage.accounts, accounts, strict=True):
        data_name = tdata.account_data_name(truth["index"])
        assert account.hash == tdata.account_hash(data_name)
        assert account.hash == truth.get("folder", account.hash)
        assert (account.label, account.data_name) == (str(truth["index"]), "data")
        assert account.is_listed
        assert not account.is_locked
        check_login(account, truth)
        check_map(account, truth, is_written)
        check_owner(account, people)
        (slot,) = account.authorization_slots
        assert slot.name == f"{account.hash}s"
        assert (slot.is_damaged, slot.is_complete) == (False, True)
    assert helpers.all_issues(storage) == []


@helpers.tdata_samples()
def test_right_passcode(sample_name: str, tmp_path: Path) -> None:
    """With the right passcode everything agrees with the truth, before and after."""
    sample = helpers.extract_sample(sample_name, tmp_path)
    people = people_of(sample, tmp_path)
    stock = sample_name.startswith("stock-")
    assert set(sample.folders) == ({"before", "after"} if stock else {"tdata"})
    for label, folder in sample.folders.items():
        storage = helpers.open_storage(LocalFolder(folder), "wrong", sample.passcode)
        ((data_name, (slot,)),) = storage.key_slots.items()
        assert (data_name, slot.name, slot.issues) == ("data", "key_datas", [])
        assert slot.key_file is not None
        assert slot.local_key is not None
        assert slot.local_key.value.hex() == sample.truth["local_key_hex"]
        expected = PasscodeState.SET if sample.passcode else PasscodeState.NONE
        assert slot.state is expected
        accounts = slot.key_file.account_list(slot.local_key)
        indexes = [account["index"] for account in sample.truth["accounts"]]
        assert list(accounts.indexes) == indexes
        assert accounts.active == sample.truth.get("active_index", 0)
        is_written = label != "before" and not sample_name.startswith("made-")
        check_sample(storage, sample, is_written, people)


@pytest.mark.parametrize("passcodes", [(), ("wrong", "pier7", "1234 ", "harbor*9")])
@helpers.tdata_samples()
def test_wrong_or_no_passcode(
    sample_name: str, passcodes: tuple[str, ...], tmp_path: Path
) -> None:
    """Without the passcode nothing protected comes out; where none is set, all does."""
    sample = helpers.extract_sample(sample_name, tmp_path)
    for folder in sample.folders.values():
        storage = helpers.open_storage(LocalFolder(folder), *passcodes)
        ((slot,),) = storage.key_slots.values()
        if not sample.passcode:
            assert slot.state is PasscodeState.NONE
            assert all(account.authorization for account in storage.accounts)
            continue
        assert slot.state is PasscodeState.LOCKED
        assert slot.local_key is None
        assert len(storage.accounts) == len(sample.truth["accounts"])
        for account in storage.accounts:
            assert account.is_locked
            assert account.passcode_state is PasscodeState.LOCKED
            assert (account.authorization, account.map) == (None, None)
            assert account.owner is None
            # What needs no key is still told: who wrote the files, and no damage.
            (authorization_slot,) = account.authorization_slots
            version = sample.truth.get("version", 4006005)
            expected = "7.3.1" if version == 7003001 else "4.6.5"
            assert authorization_slot.version == expected
            assert not authorization_slot.is_damaged
        assert helpers.all_issues(storage) == []


def test_recovery_lines_of_real_samples(tmp_path: Path) -> None:
    """A locked file has its line; a wrap that no cracking mode takes has none."""
    for name, has_line in (("stock-passcode-ascii", True), ("made-7.3-argon2", False)):
        sample = helpers.extract_sample(name, tmp_path / name)
        storage = helpers.open_storage(LocalFolder([*sample.folders.values()][0]))
        ((slot,),) = storage.key_slots.values()
        assert slot.key_file is not None
        line = slot.key_file.recovery_line
        assert (line is not None) == has_line
        if line:
            assert line.startswith("$telegram$2*100000*")
            assert len(line.split("*")[-1]) == 576


def test_copy_is_the_same_session(tmp_path: Path) -> None:
    """The stolen copy has the session, keys and installation of its original."""
    found = []
    for name in (ORIGINAL, COPY, "desktop-marta-two-accounts-passcode"):
        sample = helpers.extract_sample(name, tmp_path / name)
        folder = LocalFolder(sample.folders["tdata"])
        storage = helpers.open_storage(folder, sample.passcode)
        authorization = storage.accounts[0].authorization
        assert authorization is not None
        key = storage.key_slots["data"][0].local_key
        assert key is not None
        found.append(
            (
                authorization.session_identifier,
                authorization.key_identifiers,
                storage.installation_identifier,
                key.value,
            )
        )
    assert found[0] == found[1] == found[2]
    assert found[0][0] == "ba17aaf2eb518876"
    assert found[0][2] == bytes.fromhex(USER_TAG)[::-1].hex()


def test_another_person_is_another_session(tmp_path: Path) -> None:
    """Sessions of different samples are told apart."""
    found = set()
    for name in (ORIGINAL, "desktop-ana-one-account-no-passcode", "stock-nopass"):
        sample = helpers.extract_sample(name, tmp_path / name)
        folder = LocalFolder([*sample.folders.values()][-1])
        authorization = helpers.open_storage(folder).accounts[0].authorization
        assert authorization is not None
        found.add(authorization.session_identifier)
    assert len(found) == 3
