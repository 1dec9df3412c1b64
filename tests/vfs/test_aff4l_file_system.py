"""Tests of the AFF4L back-end: tree, names and times of logical images."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path
from typing import Any

import pytest
from dfvfs.helpers import file_system_searcher

from tests import helpers
from tests.builders import aff4
from tests.vfs import aff4_support
from tests.vfs.aff4_support import (
    entry_of,
    mount,
    new_logical,
    open_logical,
    read,
    walk,
)

VOLUME = aff4.VOLUME
TIMES = {
    "birthTime": "2021-05-06T06:51:29.123456+03:00",
    "lastWritten": "2021-05-06T07:08:09.5-09:30",
    "lastAccessed": "2021-05-06T07:24:49Z",
    "recordChanged": "2021-05-06T08:00:00.000001+00:00",
}
# Locations of the samples' original names.
WINDOWS_LOCATIONS = {
    "C:\\Users\\Боб\\Desktop\\note 1.txt": "/C:/Users/Боб/Desktop/note 1.txt",
    "C:\\pagefile.sys": "/C:/pagefile.sys",
    "d:\\Data\\x{1}^2.bin": "/d:/Data/x{1}^2.bin",
    "\\\\server\\share$\\dir\\report.docx": "/server/share$/dir/report.docx",
    "information.turtle": "/information.turtle",
}


# Samples of other writers.


def expected_files(name: str) -> dict[str, tuple[int, str]]:
    """Size and SHA-1 of the files of a sample, by original name."""
    with open(aff4_support.SAMPLES / "EXPECTED_FILES.tsv", encoding="utf-8") as lines:
        return {
            row["path"]: (int(row["size"]), row["sha1"])
            for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
            if row["container"] == name
        }


@pytest.mark.parametrize(
    "name",
    [
        "py_logical_zip.aff4",
        "py_logical_dedup.aff4",
        "py_logical_windows.aff4",
        "c_logical.aff4",
    ],
)
def test_samples(name: str) -> None:
    """The files of the samples are all there, with size and content, and no others."""
    path = aff4_support.SAMPLES / name
    if not path.exists():
        path = aff4_support.MORE_SAMPLES / name
    if not path.exists():
        pytest.skip(helpers.NO_SAMPLES)
    expected = {
        WINDOWS_LOCATIONS.get(original) or "/" + original.removeprefix("./"): facts
        for original, facts in expected_files(name).items()
    }
    assert len(expected) >= 5
    found = {
        location: entry
        for location, entry in walk(open_logical(path)).items()
        if entry.IsFile()
    }
    assert sorted(found) == sorted(expected)
    for location, (size, sha1) in expected.items():
        entry = found[location]
        assert entry.size == entry.GetStatAttribute().size == size
        file_object = entry.GetFileObject()
        assert file_object.get_size() == size
        assert hashlib.sha1(file_object.read()).hexdigest() == sha1


def test_sample_with_folders() -> None:
    """The folders of pyaff4's volumes are there with their own times."""
    entries = walk(open_logical(aff4_support.SAMPLES / "py_logical_dedup.aff4"))
    folders = [entry for entry in entries.values() if entry.IsDirectory()]
    assert len(folders) == 19
    assert not any(entry.IsVirtual() for entry in folders)
    folder = entries["/Users/alice"]
    assert folder.modification_time.CopyToDateTimeString() == (
        "2020-09-13 12:29:43.000000"
    )
    assert folder.creation_time.CopyToDateTimeString() == "2026-11-21 23:38:02.029956"
    assert [entry.name for entry in entries["/emptydir"].sub_file_entries] == []


# Names.

NAMES = {
    "C:\\Users\\Боб\\a.txt": "/C:/Users/Боб/a.txt",
    "c:/Users/b.txt": "/c:/Users/b.txt",
    "\\\\server\\share$\\a b.docx": "/server/share$/a b.docx",
    "/home/zoë/a.txt": "/home/zoë/a.txt",
    "./docs/犬.txt": "/docs/犬.txt",
    "docs/ネコ.txt": "/docs/ネコ.txt",
    "a\\b.txt": "/a\\b.txt",
    "x/../../up.txt": "/up.txt",
    "//double//slash.txt": "/double/slash.txt",
    "docs/café (1) #2 100%.txt?": "/docs/café (1) #2 100%.txt?",
    "tab\there.txt": "/tab\there.txt",
    "information.turtle": "/information.turtle",
    "🦊.bin": "/🦊.bin",
    "b'docs/\\xd0\\x90.txt'": "/docs/А.txt",
    "b\"b'twice/\\\\xd0\\\\x91.txt'\"": "/twice/Б.txt",
}


def test_names(tmp_path: Path) -> None:
    """Windows, UNC, POSIX and Unicode names, each with the content of its own."""
    volume = new_logical()
    for number, name in enumerate(NAMES):
        urn = f"aff4://00000000-0000-4000-8000-{number:012d}"
        volume.add_file(name, urn, f"content {number}".encode())
    file_system = mount(tmp_path, volume)
    found = {
        location: entry
        for location, entry in walk(file_system).items()
        if entry.IsFile()
    }
    assert sorted(found) == sorted(NAMES.values())
    for number, location in enumerate(NAMES.values()):
        assert read(file_system, location) == f"content {number}".encode()


def test_case_matters(tmp_path: Path) -> None:
    """Names that differ in case only are two files."""
    volume = new_logical()
    volume.add_file("/A.txt", f"{VOLUME}//A.txt", b"upper")
    volume.add_file("/a.txt", f"{VOLUME}//a.txt", b"lower")
    file_system = mount(tmp_path, volume)
    assert read(file_system, "/A.txt") == b"upper"
    assert read(file_system, "/a.txt") == b"lower"


def test_duplicates(tmp_path: Path) -> None:
    """Objects of the same name are all kept, under names that tell them apart."""
    volume = new_logical()
    for number in range(3):
        urn = f"aff4://00000000-0000-4000-8000-{number:012d}"
        volume.add_file("/log/a.txt", urn, f"version {number}".encode())
    volume.add_file("/log/a.txt/below.txt", f"{VOLUME}//x", b"below a file")
    file_system = mount(tmp_path, volume)
    contents = {
        location: read(file_system, location)
        for location, entry in walk(file_system).items()
        if entry.IsFile()
    }
    assert contents.pop("/log/a.txt") == b"version 0"
    assert sorted(contents.values()) == [b"below a file", b"version 1", b"version 2"]
    assert len(set(contents)) == 3


def test_implied_and_described_folders(tmp_path: Path) -> None:
    """Folders that nothing describes are made; described ones have their times."""
    volume = new_logical()
    volume.add_file("/home/zoë/docs/a.txt", f"{VOLUME}//a", b"a")
    volume.add_file(
        "/home/zoë", f"{VOLUME}//zoë", None, types=("Folder", "Image"), times=TIMES
    )
    volume.add_file("/empty", f"{VOLUME}//e", None, types=("FolderImage",), hashes=())
    entries = walk(mount(tmp_path, volume))
    assert sorted(entries) == [
        "/empty",
        "/home",
        "/home/zoë",
        "/home/zoë/docs",
        "/home/zoë/docs/a.txt",
    ]
    for location in ("/home", "/home/zoë", "/home/zoë/docs", "/empty"):
        assert entries[location].IsDirectory()
        assert entries[location].size is None
        assert entries[location].GetFileObject() is None
        assert list(entries[location].data_streams) == []
    virtual = {location for location, entry in entries.items() if entry.IsVirtual()}
    assert virtual == {"/home", "/home/zoë/docs"}
    assert entries["/home"].modification_time is None
    time = entries["/home/zoë"].creation_time
    assert time.CopyToDateTimeString() == "2021-05-06 06:51:29.123456"
    assert [entry.name for entry in entries["/home"].sub_file_entries] == ["zoë"]
    assert list(entries["/empty"].sub_file_entries) == []


def test_entries_know_their_place(tmp_path: Path) -> None:
    """Root, parents and existence are what a walk finds."""
    volume = new_logical()
    volume.add_file("/a/b.txt", f"{VOLUME}//a/b.txt", b"b")
    file_system = mount(tmp_path, volume)
    root = file_system.GetRootFileEntry()
    assert root.IsRoot()
    assert root.IsDirectory()
    assert root.GetParentFileEntry() is None
    entry = entry_of(file_system, "/a/b.txt")
    assert not entry.IsRoot()
    assert entry.IsAllocated()
    assert entry.GetParentFileEntry().path_spec.location == "/a"
    assert entry.GetParentFileEntry().GetParentFileEntry().IsRoot()
    for location in ("/", "/a", "/a/b.txt"):
        path_spec = file_system.NewPathSpec(location)
        assert file_system.FileEntryExistsByPathSpec(path_spec)
    for location in ("/a/b", "/a/", "a", "", "/A", "/a/b.txt/c", "//"):
        path_spec = file_system.NewPathSpec("/")
        path_spec.location = location
        assert not file_system.FileEntryExistsByPathSpec(path_spec)
        assert file_system.GetFileEntryByPathSpec(path_spec) is None


# Times.


def test_four_times(tmp_path: Path) -> None:
    """Each time is in its own place, to the microsecond, with its zone offset."""
    volume = new_logical()
    volume.add_file("/a.txt", f"{VOLUME}//a.txt", b"a", times=TIMES)
    entry = entry_of(mount(tmp_path, volume), "/a.txt")
    for time, text, offset, timestamp in (
        (entry.creation_time, "2021-05-06 06:51:29.123456", 180, 1620273089123456),
        (entry.modification_time, "2021-05-06 07:08:09.500000", -570, 1620319089500000),
        (entry.access_time, "2021-05-06 07:24:49.000000", 0, 1620285889000000),
        (entry.change_time, "2021-05-06 08:00:00.000001", 0, 1620288000000001),
    ):
        assert time.CopyToDateTimeString() == text
        assert time.time_zone_offset == offset
        assert not time.is_local_time
        assert time.GetPlasoTimestamp() == timestamp
        assert time.precision == "1us"


TIME_TEXTS: dict[str, tuple[str, int | None] | None] = {
    "2021-05-06T07:08:09": ("2021-05-06 07:08:09.000000", None),
    "2021-05-06T07:08:09.25": ("2021-05-06 07:08:09.250000", None),
    "2021-05-06T07:08:09.123456789Z": ("2021-05-06 07:08:09.123456", 0),
    "1601-01-01T00:00:00Z": ("1601-01-01 00:00:00.000000", 0),
    "2021-05-06T07:08:09+0530": ("2021-05-06 07:08:09.000000", 330),
    "2021-05-06T07:08:09-00:30": ("2021-05-06 07:08:09.000000", -30),
    " 2021-05-06T07:08:09Z ": ("2021-05-06 07:08:09.000000", 0),
    "2021-02-31T07:08:09Z": None,
    "2021-05-06T25:08:09Z": None,
    "2021-05-06T07:08:09+99:99": None,
    "2021-05-06T07:08:09+01:60": None,
    "2021-05-06": None,
    "0000-00-00T00:00:00Z": None,
    "yesterday": None,
    "": None,
}


@pytest.mark.parametrize("text", TIME_TEXTS)
def test_time_texts(text: str, tmp_path: Path) -> None:
    """A missing zone is a local time, never UTC; a malformed time is none."""
    volume = new_logical()
    times = {"lastWritten": text, "birthTime": TIMES["birthTime"]}
    volume.add_file("/a.txt", f"{VOLUME}//a.txt", b"a", times=times)
    entry = entry_of(mount(tmp_path, volume), "/a.txt")
    assert entry.creation_time is not None
    assert entry.access_time is None
    expected = TIME_TEXTS[text]
    time = entry.modification_time
    if expected is None:
        assert time is None
        return
    assert time.CopyToDateTimeString() == expected[0]
    assert time.time_zone_offset == expected[1]
    assert time.is_local_time == (expected[1] is None)
    if expected[1] is None:
        iso = time.CopyToDateTimeStringISO8601()
        assert iso == expected[0].replace(" ", "T"), "no zone is claimed"


# dfVFS's searcher.


def test_searcher(tmp_path: Path) -> None:
    """dfVFS's searcher, which plaso's filters use, finds files by glob and by regex."""
    volume = new_logical()
    names = ("C:\\Users\\Zoë\\NTUSER.DAT", "C:\\Users\\Marta\\ntuser.dat", "C:\\x.txt")
    for name in names:
        volume.add_file(name, f"{VOLUME}//{name.replace(chr(92), '/')}", b"x")
    file_system = mount(tmp_path, volume)
    searcher = file_system_searcher.FileSystemSearcher(
        file_system, file_system.NewPathSpec("/")
    )

    def find(**properties: Any) -> list[str]:
        spec = file_system_searcher.FindSpec(**properties)
        return sorted(item.location for item in searcher.Find(find_specs=[spec]))

    assert find(location_glob="/C:/Users/*/NTUSER.DAT", case_sensitive=False) == [
        "/C:/Users/Marta/ntuser.dat",
        "/C:/Users/Zoë/NTUSER.DAT",
    ]
    assert find(location="/C:/Users/Zoë/NTUSER.DAT") == ["/C:/Users/Zoë/NTUSER.DAT"]
    assert find(location_regex=r"/C:/.*\.txt") == ["/C:/x.txt"]
    assert find(location_glob="/D:/*") == []
    assert len(find(file_entry_types=["file"])) == 3
