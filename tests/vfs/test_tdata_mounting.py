"""Tests of the TDATA file system: key files, passcodes and layouts."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path

import pytest
from dfvfs.lib import errors
from dfvfs.resolver import context as resolver_context
from dfvfs.resolver import resolver

from tests.builders import tdata
from tests.parsers import support as runs
from tests.vfs import support

PASSCODE = "Пароль 7"
KEY_SALT_CALLS = "sha512"


def build(folder: Path, **options: object) -> Path:
    """Writes a profile of three accounts."""
    accounts = options.pop("accounts", None) or runs.three_accounts()
    seed = options.pop("seed", 5)
    tdata.build_tdata(folder, accounts, rng=random.Random(seed), **options)
    return folder


def single_account() -> tdata.BuiltAccount:
    """An account that every layout can hold."""
    return tdata.BuiltAccount(
        0,
        640011223,
        2,
        {2: tdata.made_up_key(12)},
        first_name="Bob",
        drafts=[(777000, "not sent")],
    )


@pytest.fixture(autouse=True)
def _clean_slate(monkeypatch: pytest.MonkeyPatch) -> None:
    """No passcode of an earlier test, no key that was derived already."""
    monkeypatch.setattr(
        resolver.Resolver, "key_chain", type(resolver.Resolver.key_chain)()
    )
    support.forget_derived_keys()


def test_opening_derives_no_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Plaso's foreman opens each path specification: that must cost nothing."""
    folder = build(tmp_path / "tdata", passcode=PASSCODE)
    counter = support.DerivationCounter()
    monkeypatch.setattr(hashlib, "pbkdf2_hmac", counter)
    with runs.given_passcodes([PASSCODE]):
        file_system = support.mount(support.os_file(folder / "key_datas"))
        assert counter.calls == []
        assert file_system.NewPathSpec("/settings").location == "/settings"
        assert counter.calls == []
        # The same patch does see the derivations of the first look inside.
        assert not file_system.IsLocked()
        assert counter.calls.count(KEY_SALT_CALLS) == 2


@pytest.mark.parametrize(("identifier", "derivations"), [(3, 1), (None, 4), (9, 4)])
def test_known_candidate_spares_the_trials(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    identifier: int | None,
    derivations: int,
) -> None:
    """With its number in the path specification only the winner is derived."""
    folder = build(tmp_path / "tdata", passcode="right")
    counter = support.DerivationCounter()
    monkeypatch.setattr(hashlib, "pbkdf2_hmac", counter)
    key_file = support.os_file(folder / "key_datas")
    with runs.given_passcodes(["wrong", "nearly", "right", "never"]):
        file_system = support.mount(key_file, identifier=identifier)
        assert len(support.files(file_system)) == 8
        assert counter.calls.count(KEY_SALT_CALLS) == derivations
        # The process remembers: another mount costs nothing.
        again = support.mount(key_file, identifier=identifier)
        assert support.read(again, "/accounts/0/map")
        assert counter.calls.count(KEY_SALT_CALLS) == derivations


def test_locked_lists_only_settings(tmp_path: Path) -> None:
    """Without the passcode only the settings file opens, and it says so."""
    folder = build(tmp_path / "tdata", passcode=PASSCODE)
    with runs.given_passcodes(["wrong"]):
        file_system = support.mount(support.os_file(folder / "key_datas"))
        assert sorted(support.all_entries(file_system)) == ["/accounts", "/settings"]
        assert support.read(file_system, "/settings") == tdata.settings_blocks()
        assert file_system.IsLocked()
        assert file_system.GetRootFileEntry().IsLocked()
        assert not file_system.FileEntryExistsByPathSpec(
            file_system.NewPathSpec("/accounts/0/map")
        )
        assert not file_system.Unlock()


@pytest.mark.parametrize("form", ["text", "bytes"])
def test_key_chain_unlocks(tmp_path: Path, form: str) -> None:
    """A password that is put into dfVFS's key chain later opens the storage."""
    folder = build(tmp_path / "tdata", passcode=PASSCODE)
    key_file = support.os_file(folder / "key_datas")
    file_system = support.mount(key_file)
    root = file_system.GetRootFileEntry()
    assert root.IsLocked()
    assert not root.Unlock()
    password = PASSCODE if form == "text" else PASSCODE.encode()
    resolver.Resolver.key_chain.SetCredential(
        support.tdata_path_spec(key_file), "password", password
    )
    assert root.Unlock()
    assert not root.IsLocked()
    accounts = {location.split("/")[2] for location in support.files(file_system)[:-1]}
    assert accounts == {"0", "1", "2"}
    # A path specification with a candidate's number finds the credential, too.
    other = support.mount(key_file, identifier=1)
    assert support.files(other) == support.files(file_system)


def test_wrong_password_in_the_key_chain(tmp_path: Path) -> None:
    """A wrong credential leaves the storage locked, an unknown kind is refused."""
    folder = build(tmp_path / "tdata", passcode=PASSCODE)
    key_file = support.os_file(folder / "key_datas")
    path_spec = support.tdata_path_spec(key_file)
    resolver.Resolver.key_chain.SetCredential(path_spec, "password", "wrong")
    file_system = support.mount(key_file)
    assert file_system.IsLocked()
    assert not file_system.Unlock()
    with pytest.raises(KeyError):
        resolver.Resolver.key_chain.SetCredential(path_spec, "startup_key", "x")


def test_locked_without_accounts(tmp_path: Path) -> None:
    """A lone key file with a passcode is locked, even if no account lies beside it."""
    folder = tmp_path / "tdata"
    folder.mkdir()
    key = tdata.made_up_key(1)
    (folder / "key_datas").write_bytes(
        tdata.key_data(key, [], version=4006005, salt=bytes(32), passcode=PASSCODE)
    )
    file_system = support.mount(support.os_file(folder / "key_datas"))
    assert file_system.IsLocked()
    with runs.given_passcodes([PASSCODE]):
        assert file_system.Unlock()
        assert support.files(file_system) == []


def test_two_data_sets_in_one_folder(tmp_path: Path) -> None:
    """Each key file shows its own accounts, and only its own lock counts."""
    folder = build(tmp_path / "tdata")
    work = tdata.BuiltAccount(0, 999888777, 3, {3: tdata.made_up_key(33)})
    build(folder, accounts=[work], data_name="work", passcode=PASSCODE, seed=6)
    home_file = support.os_file(folder / "key_datas")
    work_file = support.os_file(folder / "key_works")

    assert support.mount(work_file).IsLocked()
    assert not support.mount(home_file).IsLocked()
    with runs.given_passcodes([PASSCODE]):
        work_system = support.mount(work_file)
        assert not work_system.IsLocked()
        assert support.files(work_system) == [
            "/accounts/0/map",
            "/accounts/0/mtp_authorization",
            "/settings",
        ]
        entry = support.all_entries(work_system)["/accounts/0/mtp_authorization"]
        assert entry.size == len(tdata.authorization(work))
        home = support.files(support.mount(home_file))
        assert [name for name in home if name.endswith("map")] == [
            f"/accounts/{index}/map" for index in range(3)
        ]


def test_custom_data_name(tmp_path: Path) -> None:
    """A data set of its own name is mounted on its own key file."""
    folder = build(tmp_path / "tdata", data_name="work")
    assert not (folder / "key_datas").exists()
    file_system = support.mount(support.os_file(folder / "key_works"))
    assert len(support.files(file_system)) == 8
    assert support.read(file_system, "/settings") == tdata.settings_blocks()


@pytest.mark.parametrize("passcode", ["", PASSCODE])
@pytest.mark.parametrize("layout", ["legacy_map", "mtp_old_blocks"])
def test_legacy_map(tmp_path: Path, layout: str, passcode: str) -> None:
    """Before 2.1.14 the storage is mounted on the map, which carries the key."""
    folder = tmp_path / "tdata"
    key = tdata.made_up_key("legacy")
    account = single_account()
    tdata.build_tdata(
        folder, [account], layout=layout, passcode=passcode, local_key=key
    )
    (map_path,) = (folder / runs.HASHES[0]).glob("map*")
    (draft,) = (folder / runs.HASHES[0]).glob("[0-9A-F]*")
    key_file = support.os_file(map_path)
    with runs.given_passcodes(["wrong", PASSCODE]):
        file_system = support.mount(key_file)
        assert support.files(file_system) == [
            f"/accounts/0/draft/{draft.name[:-1]}",
            "/accounts/0/map",
            "/accounts/0/mtp_authorization",
            "/settings",
        ]
        login = (
            tdata.authorization_old_blocks(account)
            if layout == "mtp_old_blocks"
            else tdata.authorization(account, wide=False)
        )
        entries = support.all_entries(file_system)
        assert entries["/accounts/0/mtp_authorization"].size == len(login)
        assert support.read(file_system, "/accounts/0/map") == support.decrypt_file(
            map_path.read_bytes(), key
        )
        assert support.read(
            file_system, f"/accounts/0/draft/{draft.name[:-1]}"
        ) == support.decrypt_file(draft.read_bytes(), key)
        assert not file_system.IsLocked()
    if passcode:
        locked = support.mount(key_file)
        assert support.files(locked) == ["/settings"]
        assert locked.IsLocked()


def test_older_key_file_stands_in(tmp_path: Path) -> None:
    """If the newest slot is damaged, a valid older one opens the storage."""
    folder = build(tmp_path / "tdata")
    data = (folder / "key_datas").read_bytes()
    (folder / "key_data0").write_bytes(data)
    (folder / "key_datas").write_bytes(data[:100] + bytes(100) + data[200:])
    file_system = support.mount(support.os_file(folder / "key_datas"))
    assert len(support.files(file_system)) == 8
    assert not file_system.IsLocked()


def test_damaged_key_file_opens_nothing(tmp_path: Path) -> None:
    """A ruined key file gives the settings, no exception, and counts as locked."""
    folder = build(tmp_path / "tdata")
    (folder / "key_datas").write_bytes(b"")
    file_system = support.mount(support.os_file(folder / "key_datas"))
    assert support.files(file_system) == ["/settings"]
    assert file_system.IsLocked()


def test_missing_passcode_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A passcode file that has gone is an error that names it, not silence."""
    folder = build(tmp_path / "tdata", passcode=PASSCODE)
    gone = tmp_path / "gone.txt"
    monkeypatch.setenv("TELEGRAM_FORENSICS_PASSCODES", str(gone))
    file_system = support.mount(support.os_file(folder / "key_datas"))
    with pytest.raises(errors.BackEndError, match=r"passcodes .*gone\.txt"):
        file_system.IsLocked()


def test_missing_folder(tmp_path: Path) -> None:
    """A storage whose folder is not there is a back-end error."""
    key_file = support.os_file(tmp_path / "nowhere" / "key_datas")
    file_system = resolver.Resolver.OpenFileSystem(
        support.tdata_path_spec(key_file), resolver_context=resolver_context.Context()
    )
    with pytest.raises(errors.BackEndError):
        file_system.GetRootFileEntry()


def test_passcode_number_stays_valid(tmp_path: Path) -> None:
    """A credential of the key chain comes behind the candidates of the file."""
    folder = build(tmp_path / "tdata", passcode="right")
    key_file = support.os_file(folder / "key_datas")
    resolver.Resolver.key_chain.SetCredential(
        support.tdata_path_spec(key_file), "password", "other"
    )
    with runs.given_passcodes(["wrong", "right"]):
        candidates = support.mount(key_file)._GetPasscodes()
    assert candidates.values == (b"", b"wrong", b"right", b"other")
    assert "right" not in repr(candidates)
