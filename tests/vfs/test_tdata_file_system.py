"""Tests of the TDATA file system: what it lists and gives out."""

from __future__ import annotations

import hashlib
import json
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from dfvfs.helpers import file_system_searcher
from dfvfs.lib import definitions as dfvfs_definitions
from dfvfs.lib import errors
from dfvfs.resolver import context as resolver_context
from dfvfs.resolver import resolver

from telegram_forensics.vfs import tdata_file_system
from tests.builders import tdata
from tests.parsers import support as runs
from tests.vfs import support

LOCAL_KEY = tdata.made_up_key("local")
HASH = runs.HASHES[0]
ZOE = "/Users/Zoë/AppData/Roaming/Telegram Desktop/tdata"
MARTA = "/home/marta/.local/share/TelegramDesktop/tdata"


def build(folder: Path, **options: Any) -> Path:
    """Writes a profile of three accounts, each file with a time of its own."""
    accounts = options.pop("accounts", None) or runs.three_accounts()
    tdata.build_tdata(
        folder, accounts, local_key=LOCAL_KEY, rng=random.Random(3), **options
    )
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    for number, path in enumerate(files):
        os.utime(path, (1_700_000_000 + number, 1_700_001_000 + number))
    return folder


def draft_name(folder: Path) -> str:
    """Name, without suffix, of the only draft of account 1."""
    (path,) = (folder / runs.HASHES[1]).glob("*[0-9A-F]s")
    return path.name[:-1]


@pytest.mark.parametrize("container", ["OS", "TAR"])
def test_lists_the_storage(tmp_path: Path, container: str) -> None:
    """In a folder and in a tar: names, contents, sizes, times of every file."""
    folder = build(tmp_path / "tdata")
    draft = draft_name(folder)
    if container == "OS":
        key_file = support.os_file(folder / "key_datas")
    else:
        key_file = support.tar_file(folder, "key_datas")
    accounts = runs.three_accounts()
    first, second, third = runs.HASHES[:3]
    sources = {
        "/settings": "settingss",
        "/accounts/0/mtp_authorization": f"{first}s",
        "/accounts/0/map": f"{first}/maps",
        "/accounts/1/mtp_authorization": f"{second}s",
        "/accounts/1/map": f"{second}/maps",
        f"/accounts/1/draft/{draft}": f"{second}/{draft}s",
        "/accounts/2/mtp_authorization": f"{third}s",
        "/accounts/2/map": f"{third}/maps",
    }
    contents = {
        "/settings": tdata.settings_blocks(),
        "/accounts/0/mtp_authorization": tdata.authorization(accounts[0]),
        f"/accounts/1/draft/{draft}": tdata.draft(777000, "not sent", 4006005),
    }

    file_system = support.mount(key_file)
    assert support.files(file_system) == sorted(sources)
    entries = support.all_entries(file_system)
    for location, name in sources.items():
        data = (folder / name).read_bytes()
        expected = contents.get(location)
        if expected is None:
            expected = support.decrypt_file(data, LOCAL_KEY)
        entry = entries[location]
        assert entry.size == len(expected), location
        assert entry.GetStatAttribute().size == len(expected)
        status = (folder / name).stat()
        assert entry.modification_time.GetPlasoTimestamp() == (
            status.st_mtime_ns // 1000
        )
        if container == "OS":
            # plaso rounds nanoseconds, to the nearest microsecond.
            changed = entry.change_time.GetPlasoTimestamp()
            assert changed == pytest.approx(status.st_ctime_ns / 1000, abs=1)
        if "mtp_authorization" not in location:
            assert support.read(file_system, location) == expected
    assert not file_system.IsLocked()


def check_against_image(image: str, folder: str, key: bytes, names: dict) -> None:
    """Compares the mounted storage of an image with the encrypted files in it."""
    truth = json.loads((runs.ROOT / "test_data" / "ground_truth.json").read_text())
    known_files = truth[f"{image}_telegram.E01"]["files"]
    file_system = support.mount(support.image_file(image, f"{folder}/key_datas"))
    # What the cache databases hold has a test module of its own.
    found = [name for name in support.files(file_system) if "cache/" not in name]
    assert found == sorted(names)
    entries = support.all_entries(file_system)
    for location, name in names.items():
        data = support.read_raw(support.image_file(image, f"{folder}/{name}"))
        known = known_files[f"{folder}/{name}"]
        assert hashlib.sha256(data).hexdigest() == known["sha256"]
        if location == "/settings":
            expected = support.decrypt_settings(data)
        else:
            expected = support.decrypt_file(data, key)
        entry = entries[location]
        assert entry.size == len(expected)
        for time, stored in (
            (entry.modification_time, known["modified"]),
            (entry.creation_time, known["created"]),
            (entry.access_time, known["modified"]),
            (entry.change_time, known["modified"]),
        ):
            assert time.GetPlasoTimestamp() == stored * 1_000_000, location
        if "mtp_authorization" not in location:
            assert support.read(file_system, location) == expected


def image_local_key(image: str, folder: str) -> bytes:
    """Local key of a storage without passcode, found without the library."""
    data = support.read_raw(support.image_file(image, f"{folder}/key_datas"))
    return support.decrypt(data[48:336], tdata.passcode_key("", data[12:44]))


def test_ext_image_of_the_real_client() -> None:
    """What the real client left on ext4 is listed under the names of its map."""
    sample = runs.truth("desktop-marta-one-account-no-passcode")
    key = bytes.fromhex(sample["local_key_hex"])
    assert image_local_key("linux", MARTA) == key
    account = sample["accounts"][0]
    names = {
        "/settings": "settingss",
        "/accounts/0/mtp_authorization": f"{HASH}s",
        "/accounts/0/map": f"{HASH}/maps",
        "/accounts/0/config": f"{HASH}/configs",
        "/accounts/0/locations": f"{HASH}/{account['map_files']['locations']}",
        "/accounts/0/recent_hashtags_and_bots": (
            f"{HASH}/{account['map_files']['recenthashtagsbots']}"
        ),
    }
    for draft in account["drafts"]:
        name = draft["file"]
        names[f"/accounts/0/draft/{name[:-1]}"] = f"{HASH}/{name}"
    for name in ("5E065F3F618790B8", "6FDE3552F1379BC2", "7F1C3CAC71DC3D09"):
        names[f"/accounts/0/draft_cursor/{name}"] = f"{HASH}/{name}s"
    check_against_image("linux", MARTA, key, names)


def test_ntfs_image() -> None:
    """Three accounts on NTFS, in a path that is not ASCII."""
    names = {"/settings": "settingss"}
    for index, drafts in enumerate(
        [["1B76CC3426D7FDC9", "E5082EC0329C29A4"], [], ["7445224486CEA206"]]
    ):
        account = runs.HASHES[index]
        names[f"/accounts/{index}/mtp_authorization"] = f"{account}s"
        names[f"/accounts/{index}/map"] = f"{account}/maps"
        for name in drafts:
            names[f"/accounts/{index}/draft/{name}"] = f"{account}/{name}s"
    check_against_image("windows", ZOE, image_local_key("windows", ZOE), names)


def test_exists_is_truthful(tmp_path: Path) -> None:
    """A file exists exactly if it is listed."""
    folder = build(tmp_path / "tdata")
    file_system = support.mount(support.os_file(folder / "key_datas"))
    listed = support.all_entries(file_system)
    guesses = ["/accounts/3", "/accounts/0/draft", "/settingss", "/accounts/0/map/"]
    guesses += ["settings", "/key_datas", f"/{HASH}s", "/accounts/0/map-wal"]
    for location in [*listed, "/"]:
        path_spec = file_system.NewPathSpec(location)
        assert file_system.FileEntryExistsByPathSpec(path_spec)
        found = file_system.GetFileEntryByPathSpec(path_spec)
        assert found.path_spec.location == location
    for location in guesses:
        path_spec = file_system.NewPathSpec(location)
        assert location not in listed
        assert not file_system.FileEntryExistsByPathSpec(path_spec)
        assert file_system.GetFileEntryByPathSpec(path_spec) is None


def test_file_entries_know_their_relatives(tmp_path: Path) -> None:
    """Parents, sub entries, types and names agree with each other."""
    folder = build(tmp_path / "tdata")
    file_system = support.mount(support.os_file(folder / "key_datas"))
    root = file_system.GetRootFileEntry()
    assert root.IsRoot()
    assert root.IsDirectory()
    assert root.GetParentFileEntry() is None
    assert [entry.name for entry in root.sub_file_entries] == ["accounts", "settings"]
    for location, entry in support.all_entries(file_system).items():
        parent = entry.GetParentFileEntry()
        assert parent.path_spec.location == (location.rpartition("/")[0] or "/")
        assert entry.name == location.rpartition("/")[2]
        siblings = [sibling.name for sibling in parent.sub_file_entries]
        assert entry.name in siblings
        assert parent.number_of_sub_file_entries == len(siblings)
        assert entry.IsDirectory() == entry.IsVirtual()
        assert entry.IsDirectory() != entry.IsFile()
        assert not entry.IsRoot()
        assert entry.type_indicator == "TDATA"
        if entry.IsDirectory():
            assert entry.size is None
            assert entry.modification_time is None
            assert entry.number_of_data_streams == 0
        else:
            assert list(entry.sub_file_entries) == []


def test_searcher_finds_files(tmp_path: Path) -> None:
    """dfVFS's own searcher works in the storage."""
    folder = build(tmp_path / "tdata")
    key_file = support.os_file(folder / "key_datas")
    file_system = support.mount(key_file)
    searcher = file_system_searcher.FileSystemSearcher(
        file_system, support.tdata_path_spec(key_file)
    )
    by_glob = file_system_searcher.FindSpec(
        location_glob="/accounts/*/draft/*", location_separator="/"
    )
    found = [spec.location for spec in searcher.Find(find_specs=[by_glob])]
    assert found == [f"/accounts/1/draft/{draft_name(folder)}"]
    by_type = file_system_searcher.FindSpec(
        file_entry_types=[dfvfs_definitions.FILE_ENTRY_TYPE_FILE]
    )
    found = [spec.location for spec in searcher.Find(find_specs=[by_type])]
    assert sorted(found) == support.files(file_system)


def test_file_object(tmp_path: Path) -> None:
    """Reading, seeking and sizes as dfVFS promises them; OSError when closed."""
    folder = build(tmp_path / "tdata")
    file_system = support.mount(support.os_file(folder / "key_datas"))
    path_spec = file_system.NewPathSpec("/settings")
    entry = file_system.GetFileEntryByPathSpec(path_spec)
    assert [stream.name for stream in entry.data_streams] == [""]
    assert entry.GetFileObject(data_stream_name="other") is None
    file_object = entry.GetFileObject()
    content = tdata.settings_blocks()
    assert file_object.get_size() == len(content)
    assert file_object.read(4) == content[:4]
    assert file_object.get_offset() == 4
    file_object.seek(-3, os.SEEK_END)
    assert file_object.read() == content[-3:]
    assert file_object.read(5) == b""
    with pytest.raises(OSError, match="negative seek"):
        file_object.seek(-1)
    file_object._Close()
    for call in (file_object.read, file_object.get_size, file_object.get_offset):
        with pytest.raises(OSError, match="Not opened"):
            call()
    with pytest.raises(OSError, match="Not opened"):
        file_object.seek(0)


@pytest.mark.parametrize("location", ["/accounts", "/nothing"])
def test_opens_only_files(tmp_path: Path, location: str) -> None:
    """A folder and a missing file cannot be opened for reading."""
    folder = build(tmp_path / "tdata")
    path_spec = support.tdata_path_spec(support.os_file(folder / "key_datas"), location)
    with pytest.raises(errors.PathSpecError, match="No such file"):
        resolver.Resolver.OpenFileObject(
            path_spec, resolver_context=resolver_context.Context()
        )


def test_login_is_withheld(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The login is listed with its size; its content needs an explicit permission."""
    folder = build(tmp_path / "tdata")
    location = "/accounts/1/mtp_authorization"
    expected = tdata.authorization(runs.three_accounts()[1])
    monkeypatch.delenv(tdata_file_system.ALLOW_KEYS_VARIABLE, raising=False)
    for value in (None, "", "0", "yes"):
        if value is not None:
            monkeypatch.setenv(tdata_file_system.ALLOW_KEYS_VARIABLE, value)
        file_system = support.mount(support.os_file(folder / "key_datas"))
        path_spec = file_system.NewPathSpec(location)
        entry = file_system.GetFileEntryByPathSpec(path_spec)
        assert entry.size == len(expected)
        assert entry.IsFile()
        assert list(entry.data_streams) == []
        with pytest.raises(errors.AccessError, match="live login"):
            entry.GetFileObject()
        with pytest.raises(errors.AccessError, match="live login"):
            entry.ReadContent()
        # A file that was read before must not open the way to the login.
        assert support.read(file_system, "/accounts/1/map")
        with pytest.raises(errors.AccessError, match="live login"):
            entry.ReadContent()

    monkeypatch.setenv(tdata_file_system.ALLOW_KEYS_VARIABLE, "1")
    file_system = support.mount(support.os_file(folder / "key_datas"))
    entry = file_system.GetFileEntryByPathSpec(file_system.NewPathSpec(location))
    assert [stream.name for stream in entry.data_streams] == [""]
    assert entry.GetFileObject().read() == expected
    # The permission is asked for each time.
    monkeypatch.delenv(tdata_file_system.ALLOW_KEYS_VARIABLE)
    with pytest.raises(errors.AccessError, match="live login"):
        entry.ReadContent()


def _cut(data: bytes) -> bytes:
    return data[:-40]


def _flip(data: bytes) -> bytes:
    return data[:60] + bytes([data[60] ^ 1]) + data[61:]


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (_flip, r"offset 0xc: damaged, cannot be decrypted: MD5 of the container"),
        (_cut, r"offset 0xc: damaged, cannot be decrypted: .*bytes announced"),
        (lambda data: b"", r"offset 0x0: file of 0 bytes ends inside the TDF\$ head"),
    ],
)
def test_damaged_file(
    tmp_path: Path, damage: Callable[[bytes], bytes], reason: str
) -> None:
    """A damaged file is listed without size; opening it says what is wrong."""
    folder = build(tmp_path / "tdata")
    draft = draft_name(folder)
    path = folder / runs.HASHES[1] / f"{draft}s"
    path.write_bytes(damage(path.read_bytes()))
    file_system = support.mount(support.os_file(folder / "key_datas"))
    location = f"/accounts/1/draft/{draft}"
    entry = file_system.GetFileEntryByPathSpec(file_system.NewPathSpec(location))
    assert entry.size is None
    assert list(entry.data_streams) == []
    with pytest.raises(errors.BackEndError, match=f"{location} .*{reason}"):
        entry.GetFileObject()
    # Its neighbours are not affected.
    assert support.read(file_system, "/accounts/1/map")


def test_wrong_md5_alone_does_not_hide_a_file(tmp_path: Path) -> None:
    """The inner SHA-1 vouches for the content, whatever the container's MD5 says."""
    folder = build(tmp_path / "tdata")
    draft = draft_name(folder)
    path = folder / runs.HASHES[1] / f"{draft}s"
    path.write_bytes(runs.change_salt_of_md5(path.read_bytes()))
    file_system = support.mount(support.os_file(folder / "key_datas"))
    assert support.read(file_system, f"/accounts/1/draft/{draft}") == tdata.draft(
        777000, "not sent", 4006005
    )


def test_slots_and_unreferenced_files(tmp_path: Path) -> None:
    """Older slots tell their suffix; what no map names is listed as such."""
    folder = build(tmp_path / "tdata")
    draft = draft_name(folder)
    account = folder / runs.HASHES[1]
    older = runs.three_accounts()[1]
    older.user_id, older.auth_keys = 777, {2: tdata.made_up_key("older")}
    version = 4006005

    def encrypted(plain: bytes) -> bytes:
        return tdata.tdf([tdata.encrypt_local(plain, LOCAL_KEY)], version)

    (folder / f"{runs.HASHES[1]}0").write_bytes(encrypted(tdata.authorization(older)))
    (folder / "settings1").write_bytes(
        tdata.settings_file(tdata.settings_blocks(auto_start=1), version, bytes(32))
    )
    (account / "map0").write_bytes(tdata.map_file(b"", LOCAL_KEY, version))
    (account / f"{draft}0").write_bytes(encrypted(b"older draft"))
    (account / f"{draft}s.Ab3dEf").write_bytes(encrypted(b"being written"))
    (account / "0123456789ABCDEFs").write_bytes(encrypted(b"left over"))
    (account / "notes.txt").write_bytes(b"not Telegram's")

    file_system = support.mount(support.os_file(folder / "key_datas"))
    base = "/accounts/1"
    assert [
        location
        for location in support.files(file_system)
        if location.startswith((base, "/settings"))
    ] == sorted(
        [
            f"{base}/draft/{draft}",
            f"{base}/draft/{draft}.slot_0",
            f"{base}/draft/{draft}.slot_Ab3dEf",
            f"{base}/map",
            f"{base}/map.slot_0",
            f"{base}/mtp_authorization",
            f"{base}/mtp_authorization.slot_0",
            f"{base}/unreferenced/0123456789ABCDEF",
            "/settings",
            "/settings.slot_1",
        ]
    )
    assert support.read(file_system, f"{base}/draft/{draft}.slot_0") == b"older draft"
    assert support.read(file_system, f"{base}/draft/{draft}.slot_Ab3dEf") == (
        b"being written"
    )
    assert support.read(file_system, f"{base}/map.slot_0") == b""
    assert support.read(file_system, f"{base}/unreferenced/0123456789ABCDEF") == (
        b"left over"
    )
    assert support.read(file_system, "/settings.slot_1") == (
        tdata.settings_blocks(auto_start=1)
    )
    entry = file_system.GetFileEntryByPathSpec(
        file_system.NewPathSpec(f"{base}/mtp_authorization.slot_0")
    )
    with pytest.raises(errors.AccessError):
        entry.GetFileObject()


def test_half_a_login_is_withheld(tmp_path: Path) -> None:
    """What the authorization file holds is a login, even where it is damaged."""
    folder = build(tmp_path / "tdata")
    plain = tdata.authorization_old_blocks(runs.three_accounts()[1]) + b"\xff" * 40
    (folder / f"{HASH}s").write_bytes(
        tdata.tdf([tdata.encrypt_local(plain, LOCAL_KEY)], 4006005)
    )
    file_system = support.mount(support.os_file(folder / "key_datas"))
    entry = support.all_entries(file_system)["/accounts/0/mtp_authorization"]
    assert entry.size == len(plain)
    with pytest.raises(errors.AccessError, match="live login"):
        entry.GetFileObject()


def test_copied_login_is_withheld(tmp_path: Path) -> None:
    """A login that was copied into an account's folder is not given out either."""
    folder = build(tmp_path / "tdata")
    login = (folder / f"{runs.HASHES[1]}s").read_bytes()
    (folder / runs.HASHES[1] / "0123456789ABCDEFs").write_bytes(login)
    file_system = support.mount(support.os_file(folder / "key_datas"))
    location = "/accounts/1/unreferenced/0123456789ABCDEF"
    entry = file_system.GetFileEntryByPathSpec(file_system.NewPathSpec(location))
    with pytest.raises(errors.AccessError, match="live login"):
        entry.GetFileObject()
