"""Tests of folders of the evidence."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from dfvfs.lib import errors as dfvfs_errors
from dfvfs.resolver import context as resolver_context
from dfvfs.resolver import resolver

from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.tdesktop_folder import LocalFolder
from telegram_forensics.vfs import folder as vfs_folder
from tests.vfs import support

HOME = "/home/marta/.local/share/TelegramDesktop"


def open_folder(path_spec: object) -> vfs_folder.DfvfsFolder:
    """Opens a folder by its own path specification."""
    return vfs_folder.DfvfsFolder(
        resolver.Resolver.OpenFileEntry(
            path_spec, resolver_context=resolver_context.Context()
        )
    )


@pytest.fixture(name="local")
def _local(tmp_path: Path) -> Path:
    folder = tmp_path / "tdata"
    (folder / "D877F783D5D3EF8C").mkdir(parents=True)
    (folder / "key_datas").write_bytes(b"key file")
    (folder / "empty").write_bytes(b"")
    (folder / "D877F783D5D3EF8C" / "maps").write_bytes(b"map")
    for number, name in enumerate(("key_datas", "empty")):
        os.utime(folder / name, (0, 1_700_000_000 + number))
    return folder


def test_entries_equal_those_of_a_local_folder(local: Path) -> None:
    """The dfVFS folder says the same as Python's own directory listing."""
    entries = open_folder(support.os_file(local)).entries()
    expected = LocalFolder(local).entries()
    assert sorted(entries) == ["D877F783D5D3EF8C", "empty", "key_datas"]
    assert entries["D877F783D5D3EF8C"].is_folder
    for name in ("empty", "key_datas"):
        assert entries[name] == expected[name]


def test_reads_files(local: Path) -> None:
    """Content comes whole, whatever another reader has done to the same file."""
    folder = open_folder(support.os_file(local))
    file_object = folder.file_entries()["key_datas"].GetFileObject()
    file_object.seek(5)
    assert folder.read("key_datas") == b"key file"
    assert folder.read("empty") == b""
    with pytest.raises(FileNotFoundError):
        folder.read("missing")


def test_refuses_large_files(local: Path) -> None:
    """A file above the limit is not read, and the reason says so."""
    folder = open_folder(support.os_file(local))
    assert folder.read("key_datas", 8) == b"key file"
    with pytest.raises(FormatError, match="larger than 7 bytes"):
        folder.read("key_datas", 7)


def test_sub_folders(local: Path) -> None:
    """Folders open, files and missing names do not."""
    folder = open_folder(support.os_file(local))
    assert folder.folder("D877F783D5D3EF8C").read("maps") == b"map"
    assert folder.folder("key_datas") is None
    assert folder.folder("missing") is None


def test_parent_folder(local: Path) -> None:
    """The folder of a file, and the one above it."""
    context = resolver_context.Context()
    map_file = support.os_file(local / "D877F783D5D3EF8C" / "maps")
    account = vfs_folder.open_parent_folder(map_file, context)
    assert account.file_entry.name == "D877F783D5D3EF8C"
    above = vfs_folder.open_parent_folder(map_file, context, levels=2)
    assert "key_datas" in above.entries()


@pytest.mark.parametrize("image", ["linux", "windows"])
def test_parent_folder_in_images(image: str) -> None:
    """Both separators are understood, the root included."""
    folders = {
        "linux": (f"{HOME}/tdata/key_datas", "tdata", "home"),
        "windows": ("/Users/Zoë/AppData/Roaming/x", "Roaming", "Users"),
    }
    location, name, top = folders[image]
    context = resolver_context.Context()
    path_spec = support.image_file(image, location)
    parent = vfs_folder.open_parent_folder(path_spec, context)
    assert parent.file_entry.name == name
    assert all(entry.modified is not None for entry in parent.entries().values())
    levels = location.count("/")
    root = vfs_folder.open_parent_folder(path_spec, context, levels=levels)
    assert root.file_entry.IsRoot()
    assert top in root.entries()
    assert vfs_folder.open_parent_folder(path_spec, context, levels=levels + 1) is None


def test_parent_folder_in_a_tar(local: Path) -> None:
    """A tar without entries for its folders has folders nevertheless."""
    path_spec = support.tar_file(local, "D877F783D5D3EF8C/maps")
    context = resolver_context.Context()
    parent = vfs_folder.open_parent_folder(path_spec, context)
    assert parent.read("maps") == b"map"
    above = vfs_folder.open_parent_folder(path_spec, context, levels=2)
    assert above.read("key_datas") == b"key file"


def test_lone_stream_has_no_folder(local: Path) -> None:
    """A stream without a location lies in no folder."""
    path_spec = support.new_path_spec(
        "RAW", parent=support.os_file(local / "key_datas")
    )
    assert vfs_folder.open_parent_folder(path_spec, resolver_context.Context()) is None


def test_missing_parent_folder(local: Path) -> None:
    """A folder that is not there is None or an OSError, never something else."""
    context = resolver_context.Context()
    path_spec = support.os_file(local / "nowhere" / "key_datas")
    assert vfs_folder.open_parent_folder(path_spec, context) is None


@pytest.mark.parametrize(
    "exception", [dfvfs_errors.BackEndError("sector"), OSError("sector")]
)
def test_unreadable_folder(
    local: Path, monkeypatch: pytest.MonkeyPatch, exception: Exception
) -> None:
    """Whatever dfVFS raises becomes an OSError."""
    folder = open_folder(support.os_file(local))

    def fail() -> None:
        raise exception

    monkeypatch.setattr(folder.file_entry, "_GetSubFileEntries", fail)
    with pytest.raises(OSError, match="sector"):
        folder.entries()


def test_unreadable_file(local: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same for the content of a file."""
    folder = open_folder(support.os_file(local))
    entry = folder.file_entries()["key_datas"]

    def fail() -> None:
        raise dfvfs_errors.BackEndError("sector")

    monkeypatch.setattr(entry, "GetFileObject", fail)
    with pytest.raises(OSError, match="sector"):
        folder.read("key_datas")
    monkeypatch.setattr(entry, "GetFileObject", lambda: None)
    with pytest.raises(OSError, match="has no data"):
        folder.read("key_datas")


def test_endless_folder(local: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A directory that repeats itself for ever is given up on."""
    monkeypatch.setattr(vfs_folder, "MAXIMUM_ENTRIES", 2)
    folder = open_folder(support.os_file(local))
    with pytest.raises(OSError, match="more than 2 entries"):
        folder.entries()


def test_deleted_entries_are_left_out(
    local: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A deleted file must not stand in for the one that is there."""
    folder = open_folder(support.os_file(local))
    entries = list(folder.file_entry.sub_file_entries)
    for entry in entries:
        if entry.name == "empty":
            monkeypatch.setattr(entry, "IsAllocated", lambda: False)
    monkeypatch.setattr(folder.file_entry, "_GetSubFileEntries", lambda: entries)
    assert sorted(folder.entries()) == ["D877F783D5D3EF8C", "key_datas"]
