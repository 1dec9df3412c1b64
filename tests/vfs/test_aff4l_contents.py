"""Tests of the AFF4L back-end: contents and data streams of files, damaged ones too."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from dfvfs.lib import errors

from tests.builders import aff4, aff4_zip
from tests.vfs import aff4_support
from tests.vfs.aff4_support import (
    entry_of,
    mount,
    new_logical,
    new_path_spec,
    open_logical,
    os_file,
    read,
    walk,
    write,
)

VOLUME = aff4.VOLUME
YEAR_2022 = "http://aff4.org/Schema/2022/#"


def stored_in_all_ways() -> tuple[aff4.AFF4Volume, dict[str, bytes]]:
    """A volume with a file for each way of storing one."""
    volume = new_logical()
    contents = {
        "/member.bin": aff4.pattern(3000, seed=1),
        "/deflated.bin": aff4.pattern(70_000, seed=2),
        "/stream.bin": aff4.pattern(9_999, seed=3),
        "/pieces 1.bin": aff4.pattern(5_000, seed=4),
        "/pieces 2.bin": aff4.pattern(5_000, seed=4)[:4_096] + b"end",
        "/empty.bin": b"",
        "/embedded.bin": b"in the metadata",
    }
    urns = {
        location: f"{VOLUME}/{location.replace(' ', '%20')}" for location in contents
    }
    for location, is_deflated in (("/member.bin", False), ("/deflated.bin", True)):
        volume.add_file(
            location, urns[location], contents[location], deflated=is_deflated
        )
    stream = "/stream.bin"
    volume.add_file(
        stream, urns[stream], contents[stream], types=("FileImage", "ImageStream")
    )
    volume.add_stream(urns[stream], contents[stream], "snappy", types=())
    volume.add_deduplicated(
        [
            (location, urns[location], contents[location])
            for location in ("/pieces 1.bin", "/pieces 2.bin")
        ],
        aff4.STREAM,
        1024,
    )
    volume.add_file("/empty.bin", urns["/empty.bin"], None)
    embedded = "/embedded.bin"
    volume.add_file(embedded, urns[embedded], None, size=15, hashes=())
    text = base64.b64encode(contents[embedded]).decode()
    volume.add_object(
        urns[embedded], (), ("dataStream", aff4.literal(text, "xsd:base64Binary"))
    )
    return volume, contents


def test_contents(tmp_path: Path) -> None:
    """Members, deflated ones, streams, pieces of a common stream, nothing at all."""
    volume, contents = stored_in_all_ways()
    file_system = mount(tmp_path, volume)
    entries = walk(file_system)
    assert sorted(entries) == sorted(contents)
    for location, data in contents.items():
        entry = entries[location]
        assert entry.size == len(data)
        file_object = entry.GetFileObject()
        assert file_object.get_size() == len(data)
        assert file_object.read() == data
        for offset in (0, 1, 511, 1023, 1025, 4000, len(data), len(data) + 10):
            file_object.seek(offset)
            assert file_object.read(1500) == data[offset : offset + 1500]


def test_two_files_at_once(tmp_path: Path) -> None:
    """Files of one image are read in turns without mixing up."""
    volume, contents = stored_in_all_ways()
    file_system = mount(tmp_path, volume)
    names = ("/stream.bin", "/pieces 1.bin", "/deflated.bin")
    opened = {name: entry_of(file_system, name).GetFileObject() for name in names}
    for start in range(0, 5000, 700):
        for name, file_object in opened.items():
            assert file_object.get_offset() == start
            size = min(700, 5000 - start)
            assert file_object.read(size) == contents[name][start : start + size]


def test_unknown_size_is_that_of_the_content(tmp_path: Path) -> None:
    """A collection of c-aff4 records no sizes."""
    volume = aff4.AFF4Volume(dialect="B")
    for number, data in enumerate((b"first", b"second file")):
        urn = f"{VOLUME}/evidence/{number}.txt"
        volume.add_member(urn, "", data, deflated=True)
        volume.add_object(
            urn, ["Image"], ("original_filename", aff4.literal(f"docs/{number}.txt"))
        )
    file_system = mount(tmp_path, volume)
    assert entry_of(file_system, "/docs/1.txt").size == 11
    assert read(file_system, "/docs/1.txt") == b"second file"
    assert entry_of(file_system, "/docs/1.txt").modification_time is None


# Data streams (dialect G).


def with_sub_streams() -> aff4.AFF4Volume:
    """A file with alternate data streams and an extended attribute."""
    volume = new_logical()
    owner = "aff4://00000000-0000-4000-8000-000000000001"
    volume.add_file("C:\\a.exe", owner, b"the file itself")
    streams = {
        "Zone.Identifier": ("alternateDataStream", b"[ZoneTransfer]\r\nZoneId=3\r\n"),
        "поток": ("alternateDataStream", aff4.pattern(3000)),
        "user.note": ("extendedAttribute", b"small"),
    }
    for number, (name, (predicate, data)) in enumerate(streams.items(), 2):
        urn = f"aff4://00000000-0000-4000-8000-{number:012d}"
        volume.objects[owner].append((f"<{YEAR_2022}{predicate}>", aff4.iri(urn)))
        volume.add_object(urn, ["FileSubStream"], ("name", aff4.literal(name)))
        if number == 4:
            text = base64.b64encode(data).decode()
            term = aff4.literal(text, "xsd:base64Binary")
            volume.add_object(urn, (), ("dataStream", term))
        else:
            volume.add_member(urn, "", data, deflated=number == 3)
    return volume


def test_data_streams(tmp_path: Path) -> None:
    """Each stream has its own bytes, whatever was opened before in the context."""
    file_system = mount(tmp_path, with_sub_streams())
    assert sorted(walk(file_system)) == ["/C:", "/C:/a.exe"]
    entry = entry_of(file_system, "/C:/a.exe")
    expected = {
        "": b"the file itself",
        "Zone.Identifier": b"[ZoneTransfer]\r\nZoneId=3\r\n",
        "поток": aff4.pattern(3000),
        "user.note": b"small",
    }
    assert [stream.name for stream in entry.data_streams] == list(expected)
    assert entry.number_of_data_streams == 4
    assert entry.HasDataStream("Zone.Identifier")
    assert entry.GetFileObject(data_stream_name="none") is None
    opened = {
        name: entry.GetFileObject(data_stream_name=name) for name in reversed(expected)
    }
    assert {name: item.read() for name, item in opened.items()} == dict(
        reversed(expected.items())
    )
    path_spec = new_path_spec(
        "AFF4L",
        location="/C:/a.exe",
        data_stream="Zone.Identifier",
        parent=os_file(tmp_path / "logical.aff4"),
    )
    assert aff4_support.open_file(path_spec).read() == expected["Zone.Identifier"]
    path_spec.data_stream = "none"
    with pytest.raises(errors.PathSpecError, match="No such file"):
        aff4_support.open_file(path_spec)
    assert not entry_of(file_system, "/C:").HasDataStream("")


# Damage.


def test_one_damaged_file(tmp_path: Path) -> None:
    """A file whose content is gone fails for itself; all others are read."""
    volume, contents = stored_in_all_ways()
    del volume.members[volume.member_name(f"{VOLUME}//member.bin")]
    deflated = volume.members[volume.member_name(f"{VOLUME}//deflated.bin")]
    data = volume.build(form="pyaff4")
    packed = aff4_zip.deflate(deflated.data)
    assert data.count(packed) == 1
    middle = data.index(packed) + len(packed) // 2
    data = data[:middle] + b"\xff" * 2000 + data[middle + 2000 :]
    file_system = open_logical(write(tmp_path / "damaged.aff4", data))
    entries = walk(file_system)
    assert sorted(entries) == sorted(contents)
    entry = entries["/member.bin"]
    assert entry.size == 3000
    with pytest.raises(errors.BackEndError, match="Unable to open /member.bin"):
        entry.GetFileObject()
    with pytest.raises((OSError, errors.BackEndError), match="deflated.bin"):
        entries["/deflated.bin"].GetFileObject().read()
    for location in set(contents) - {"/member.bin", "/deflated.bin"}:
        assert read(file_system, location) == contents[location]


def test_damaged_file_of_unknown_size(tmp_path: Path) -> None:
    """Listing a folder does not fail for a file whose size only its content tells."""
    volume = aff4.AFF4Volume(dialect="B")
    for name in ("gone.txt", "there.txt"):
        urn = f"{VOLUME}/{name}"
        volume.add_object(urn, ["Image"], ("original_filename", aff4.literal(name)))
        volume.add_member(urn, "", name.encode())
    del volume.members["gone.txt"]
    file_system = mount(tmp_path, volume)
    entries = walk(file_system)
    assert sorted(entries) == ["/gone.txt", "/there.txt"]
    assert entries["/gone.txt"].size is None
    assert entries["/gone.txt"].GetStatAttribute().size is None
    with pytest.raises(errors.BackEndError, match="gone.txt"):
        entries["/gone.txt"].GetFileObject()
    assert read(file_system, "/there.txt") == b"there.txt"


def test_damaged_metadata(tmp_path: Path) -> None:
    """Broken metadata is an error that names its place, no empty file system."""
    volume = new_logical()
    volume.add_file("/a.txt", f"{VOLUME}//a.txt", b"a")
    volume.objects[f"{VOLUME}//a.txt"].append(("aff4:size", '"5'))
    with pytest.raises(errors.BackEndError, match="information.turtle"):
        mount(tmp_path, volume)


def test_physical_image_is_no_file_system(tmp_path: Path) -> None:
    """A physical image, or no volume at all, is refused."""
    path = write(tmp_path / "a.aff4", aff4_support.simple_volume())
    with pytest.raises(errors.BackEndError, match="Not a logical"):
        open_logical(path)
    path = write(tmp_path / "b.aff4", b"PK\x03\x04 no volume")
    with pytest.raises(errors.BackEndError, match="b.aff4"):
        open_logical(path)
