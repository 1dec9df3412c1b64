"""Tests of the AFF4 back-end: images as dfVFS opens, scans and unlocks them."""

from __future__ import annotations

import logging
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dfvfs.lib import definitions, errors
from dfvfs.resolver import context as resolver_context
from dfvfs.resolver import resolver
from dfvfs.volume import factory as volume_factory

from tests.builders import aff4
from tests.vfs import aff4_support
from tests.vfs.aff4_support import (
    DATA,
    aff4_image,
    base_path_specs,
    chain,
    new_path_spec,
    open_entry,
    open_file,
    os_file,
    scan,
    simple_volume,
    write,
)

SECOND_IMAGE = "aff4://0a9b2f3c-1111-4222-8333-444455556666"
SECOND_STREAM = "aff4://0a9b2f3c-1111-4222-8333-444455557777"
ENCRYPTED = aff4_support.SAMPLES / "py_encrypted.aff4"


@pytest.fixture(autouse=True)
def _no_credentials() -> Iterator[None]:
    """dfVFS's key chain is one for the whole process."""
    yield
    resolver.Resolver.key_chain.Empty()


# File input/output.


def test_read_and_seek(tmp_path: Path) -> None:
    """Reading follows the offset, ends at the size and never beyond."""
    file_object = open_file(
        aff4_image(os_file(write(tmp_path / "a.aff4", simple_volume())))
    )
    assert file_object.get_size() == len(DATA)
    assert file_object.read() == DATA
    assert file_object.get_offset() == len(DATA)
    assert file_object.read(1) == b""
    file_object.seek(-100, os.SEEK_END)
    assert file_object.read(1000) == DATA[-100:]
    file_object.seek(500)
    file_object.seek(20, os.SEEK_CUR)
    assert file_object.get_offset() == 520
    assert file_object.read(600) == DATA[520:1120]
    assert file_object.tell() == 1120
    assert file_object.read(0) == b""
    assert file_object.read(-1) == DATA[1120:]
    file_object.seek(len(DATA) + 5000)
    assert file_object.get_offset() == len(DATA) + 5000
    assert file_object.read(10) == b""
    file_object.seek(3)
    with pytest.raises(OSError, match="less than zero"):
        file_object.seek(-1)
    with pytest.raises(OSError, match="whence"):
        file_object.seek(0, 9)
    assert file_object.get_offset() == 3, "a refused seek moves nothing"


def test_random_reads(tmp_path: Path) -> None:
    """Pieces of all sizes, across chunks and bevies."""
    file_object = open_file(
        aff4_image(os_file(write(tmp_path / "a.aff4", simple_volume(method="snappy"))))
    )
    generator = random.Random(3)
    for _ in range(500):
        offset = generator.randrange(len(DATA) + 100)
        size = generator.choice((1, 511, 512, 513, 2048, 5000))
        file_object.seek(offset)
        assert file_object.read(size) == DATA[offset : offset + size]


def test_file_objects_are_independent(tmp_path: Path) -> None:
    """Those of different resolver contexts have an offset each."""
    path_spec = aff4_image(os_file(write(tmp_path / "a.aff4", simple_volume())))
    first, second = open_file(path_spec), open_file(path_spec)
    first.seek(1000)
    second.seek(9000)
    assert first.read(100) == DATA[1000:1100]
    assert second.read(100) == DATA[9000:9100]
    assert first.read(100) == DATA[1100:1200]


def test_images_of_one_volume_share_their_parent(tmp_path: Path) -> None:
    """Reading in turns from images over one file object mixes nothing up."""
    other = aff4.pattern(9000, seed=2)
    path = write(tmp_path / "two.aff4", two_images(DATA, other).build())
    context = resolver_context.Context()
    first, second = (
        resolver.Resolver.OpenFileObject(
            aff4_image(os_file(path), location=f"/image{number}"),
            resolver_context=context,
        )
        for number in (1, 2)
    )
    for start in range(0, 9000, 500):
        assert first.read(500) == DATA[start : start + 500]
        assert second.read(500) == other[start : start + 500]


def test_closed_object_refuses() -> None:
    """Before it is opened there is nothing to read."""
    from telegram_forensics.vfs import aff4_file_io

    file_object = aff4_file_io.AFF4File(
        resolver_context.Context(), aff4_image(new_path_spec("OS", location="/x"))
    )
    for call in (
        file_object.read,
        file_object.get_size,
        file_object.get_offset,
        lambda: file_object.seek(0),
    ):
        with pytest.raises(OSError, match="Not opened"):
            call()


def test_exabyte_image(tmp_path: Path) -> None:
    """The size 2^63-512 survives; both ends and the middle are readable."""
    size = 2**63 - 512
    middle = 0x3FFFFFFFFFFFFF00
    block = DATA[:8192]
    volume = aff4.AFF4Volume()
    volume.add_stream(aff4.STREAM, block, "lz4")
    volume.add_map(
        aff4.MAP,
        [
            (size - 8192, 8192, 0, 0),
            (0, 8192, 0, 0),
            (middle, 8192, 0, 0),
            (8192, 2**40, 0, 1),
        ],
        [aff4.STREAM, volume.symbolic("SymbolicStreamA7")],
        size=size,
    )
    volume.add_image(aff4.IMAGE, aff4.MAP)
    path = write(tmp_path / "huge.aff4", volume.build())
    file_object = open_file(aff4_image(os_file(path)))
    assert file_object.get_size() == size
    file_object.seek(-8192 - 10, os.SEEK_END)
    assert file_object.get_offset() == size - 8202
    assert file_object.read() == bytes(10) + block
    for offset in (0, middle):
        file_object.seek(offset)
        assert file_object.read(8192) == block
    file_object.seek(2**40 + 8000)
    assert file_object.read(400) == b"\xa7" * 192 + bytes(208)
    assert open_entry(aff4_image(os_file(path))).size == size


# The file system of images.


def test_root_entry_of_one_image(tmp_path: Path) -> None:
    """A volume with one image is that image: a root entry that is a file."""
    path_spec = aff4_image(os_file(write(tmp_path / "a.aff4", simple_volume())))
    entry = open_entry(path_spec)
    assert entry.IsRoot()
    assert entry.IsVirtual()
    assert entry.IsFile()
    assert not entry.IsLocked()
    assert entry.Unlock()
    assert entry.size == entry.GetStatAttribute().size == len(DATA)
    assert [stream.name for stream in entry.data_streams] == [""]
    assert list(entry.sub_file_entries) == []
    assert entry.GetFileObject().read() == DATA


def two_images(first: bytes, second: bytes) -> aff4.AFF4Volume:
    """A volume with two images."""
    volume = aff4.AFF4Volume()
    chunks = {"chunk_size": 32768, "chunks_in_segment": 64}
    volume.add_stream(aff4.STREAM, first, "zlib", **chunks)
    volume.add_stream(SECOND_STREAM, second, "snappy", **chunks)
    volume.add_image(aff4.IMAGE, aff4.STREAM)
    volume.add_image(SECOND_IMAGE, SECOND_STREAM)
    return volume


def test_list_of_images(tmp_path: Path) -> None:
    """Several images are entries of a folder, and volumes of a volume system."""
    other = aff4.pattern(5000, seed=2)
    path = write(tmp_path / "two.aff4", two_images(DATA, other).build())
    root_spec = aff4_image(os_file(path), location="/")
    root = open_entry(root_spec)
    assert root.IsRoot()
    assert root.IsDirectory()
    assert root.size is None
    entries = list(root.sub_file_entries)
    assert [entry.name for entry in entries] == ["image1", "image2"]
    assert [entry.size for entry in entries] == [len(DATA), len(other)]
    assert entries[1].GetFileObject().read() == other
    assert not entries[1].IsRoot()
    image = aff4_image(os_file(path), location="/image1")
    assert open_file(image).read() == DATA

    volume_system = volume_factory.Factory.NewVolumeSystem("AFF4")
    volume_system.Open(root_spec)
    assert volume_system.volume_identifiers == ["image1", "image2"]
    volume = volume_system.GetVolumeByIdentifier("image2")
    assert [(item.offset, item.size) for item in volume.extents] == [(0, len(other))]


@pytest.mark.parametrize(
    "location", ["/image3", "/image0", "/image01", "image1", "/image1/", "/Image1", ""]
)
def test_no_such_image(location: str, tmp_path: Path) -> None:
    """Other locations do not exist, and opening one says so."""
    path = write(tmp_path / "two.aff4", two_images(DATA, DATA[:99]).build())
    path_spec = aff4_image(os_file(path), location=location)
    file_system = resolver.Resolver.OpenFileSystem(
        aff4_image(os_file(path), location="/"),
        resolver_context=resolver_context.Context(),
    )
    assert not file_system.FileEntryExistsByPathSpec(path_spec)
    assert file_system.GetFileEntryByPathSpec(path_spec) is None
    with pytest.raises(errors.PathSpecError, match="No image"):
        open_file(path_spec)


# The scanners.


@pytest.fixture(scope="module", name="disks")
def _disks() -> dict[str, bytes]:
    """The two committed disks."""
    return {
        name: aff4_support.read_e01(image) for name, image in aff4_support.DISKS.items()
    }


def test_scan_of_one_image(tmp_path: Path, disks: dict[str, bytes]) -> None:
    """The scanners pass through the volume to the file system."""
    path = write(tmp_path / "a.aff4", aff4_support.one_stream(disks["ext4"], "lz4"))
    context = scan(path)
    assert context.source_type == definitions.SOURCE_TYPE_STORAGE_MEDIA_IMAGE
    assert chain(context.GetRootScanNode()) == [
        ("OS", str(path)),
        ("AFF4", None),
        ("EXT", "/"),
    ]
    (base,) = base_path_specs(path)
    assert base == new_path_spec("EXT", location="/", parent=aff4_image(os_file(path)))


def test_scan_of_several_images(tmp_path: Path, disks: dict[str, bytes]) -> None:
    """The file system of each image is offered, as those of partitions are."""
    volume = two_images(disks["ext4"], disks["ntfs"])
    path = write(tmp_path / "two.aff4", volume.build())
    assert chain(scan(path).GetRootScanNode()) == [
        ("OS", str(path)),
        ("AFF4", None),
        ("AFF4", "/"),
        ("AFF4", "/image1"),
        ("EXT", "/"),
        ("AFF4", "/image2"),
        ("GPT", "/"),
        ("GPT", "/p1"),
        ("NTFS", "\\"),
    ]
    for wanted in (None, [], ["all"], [1, 2], ["1", "2"]):
        assert [
            path_spec.type_indicator
            for path_spec in base_path_specs(path, volumes=wanted)
        ] == ["EXT", "NTFS"]
    for wanted, expected in ((["1"], "EXT"), ([2], "NTFS"), (["2"], "NTFS")):
        (base,) = base_path_specs(path, volumes=wanted)
        assert base.type_indicator == expected
    assert base_path_specs(path, volumes=["3"]) == []
    (base,) = base_path_specs(path, volumes=["2"])
    entry = open_entry(
        new_path_spec("NTFS", location="\\Users\\Marta", parent=base.parent)
    )
    assert entry.IsDirectory()


def test_one_damaged_image_of_several(
    tmp_path: Path, disks: dict[str, bytes], caplog: pytest.LogCaptureFixture
) -> None:
    """The other image is offered all the same, and the log says what is wrong."""
    volume = two_images(disks["ext4"], disks["ntfs"])
    del volume.members[volume.member_name(aff4.STREAM, "/00000000")]
    path = write(tmp_path / "two.aff4", volume.build())
    with caplog.at_level(logging.WARNING, "telegram_forensics"):
        (base,) = base_path_specs(path)
    assert base.type_indicator == "NTFS"
    assert "/image1" in caplog.text
    assert "00000000" in caplog.text


def test_one_image_without_its_streams(
    tmp_path: Path, disks: dict[str, bytes], caplog: pytest.LogCaptureFixture
) -> None:
    """So it is when an image cannot even be opened; its size is unknown then."""
    volume = two_images(disks["ext4"], disks["ntfs"])
    name = f"{volume.member_name(aff4.STREAM)}/"
    volume.members = {
        key: member for key, member in volume.members.items() if name not in key
    }
    volume.objects[aff4.STREAM] = [("a", "aff4:Unheard")]
    path = write(tmp_path / "two.aff4", volume.build())
    with caplog.at_level(logging.WARNING, "telegram_forensics"):
        (base,) = base_path_specs(path)
    assert base.type_indicator == "NTFS"
    assert aff4.STREAM in caplog.text
    root = open_entry(aff4_image(os_file(path), location="/"))
    assert [entry.size for entry in root.sub_file_entries] == [
        None,
        len(disks["ntfs"]),
    ]


def test_memory_image(tmp_path: Path) -> None:
    """An image without any file system is no error, there is just nothing in it."""
    path = write(tmp_path / "memory.aff4", simple_volume())
    context = scan(path)
    assert chain(context.GetRootScanNode()) == [("OS", str(path)), ("AFF4", None)]
    assert base_path_specs(path) == []


# Encrypted volumes.


def test_certificate_only(tmp_path: Path) -> None:
    """Without any password bag the scan ends with what is needed, by name."""
    path = write(tmp_path / "sealed.aff4", aff4_support.certificate_only())
    with pytest.raises(errors.BackEndError, match="CN=Evidence Officer 7"):
        scan(path)
    with pytest.raises(errors.ScannerError, match="certificate.*CN=Evidence Officer 7"):
        base_path_specs(path, credentials=[("password", "guess")])
    file_object = open_file(aff4_image(os_file(path)))
    assert file_object.is_locked
    with pytest.raises(OSError, match="CN=Evidence Officer 7"):
        file_object.read(10)


def test_locked_volume(caplog: pytest.LogCaptureFixture) -> None:
    """Without a password it is locked, and the log says what is needed."""
    path_spec = aff4_image(os_file(ENCRYPTED))
    with caplog.at_level(logging.WARNING, "telegram_forensics"):
        context = scan(ENCRYPTED)
    assert chain(context.GetRootScanNode())[1:] == [("AFF4", None)]
    assert context.IsLockedScanNode(path_spec)
    assert "a password is needed" in caplog.text
    entry = open_entry(path_spec)
    assert entry.IsLocked()
    assert not entry.Unlock()
    assert entry.size is None
    file_object = open_file(path_spec)
    assert file_object.is_locked
    with pytest.raises(OSError, match="a password is needed"):
        file_object.read(1)
    with pytest.raises(errors.ScannerError, match="Encrypted volume"):
        base_path_specs(ENCRYPTED)


def test_unlocked_volume() -> None:
    """With the password in the key chain the logical image inside is found."""
    path_spec = aff4_image(os_file(ENCRYPTED))
    resolver.Resolver.key_chain.SetCredential(path_spec, "password", "password")
    entry = open_entry(path_spec)
    assert not entry.IsLocked()
    assert entry.Unlock()
    file_object = open_file(path_spec)
    assert not file_object.is_locked
    assert file_object.read(4) == b"PK\x03\x04"
    assert chain(scan(ENCRYPTED).GetRootScanNode())[1:] == [
        ("AFF4", None),
        ("AFF4L", "/"),
    ]
    note = new_path_spec("AFF4L", location="/note.txt", parent=path_spec)
    assert open_file(note).read() == b"secret of the sample\n"


def test_unlock_through_the_scanner() -> None:
    """dfVFS's scanner unlocks it with the credentials that a tool was given."""
    (base,) = base_path_specs(
        ENCRYPTED, credentials=[("password", "wrong"), ("password", "password")]
    )
    assert base.type_indicator == "AFF4L"
    assert base.parent == aff4_image(os_file(ENCRYPTED))
    note = new_path_spec("AFF4L", location="/note.txt", parent=base.parent)
    assert open_file(note).read() == b"secret of the sample\n"


@pytest.mark.parametrize("password", ["Password", "", "пароль", b"\xff\xfe"])
def test_wrong_password(password: Any, caplog: pytest.LogCaptureFixture) -> None:
    """A wrong password leaves it locked; the log says that it is wrong."""
    path_spec = aff4_image(os_file(ENCRYPTED))
    resolver.Resolver.key_chain.SetCredential(path_spec, "password", password)
    with caplog.at_level(logging.WARNING, "telegram_forensics"):
        file_object = open_file(path_spec)
    assert file_object.is_locked
    assert "the password is wrong" in caplog.text
    with pytest.raises(OSError, match="the password is wrong"):
        file_object.read(1)
    assert open_entry(path_spec).IsLocked()


def test_second_password_of_the_same_object() -> None:
    """dfVFS caches file objects and file systems: both take the next password."""
    path_spec = aff4_image(os_file(ENCRYPTED))
    key_chain = resolver.Resolver.key_chain
    key_chain.SetCredential(path_spec, "password", "wrong")
    file_object, entry = open_file(path_spec), open_entry(path_spec)
    assert file_object.is_locked
    assert not entry.Unlock()
    with pytest.raises(OSError, match="the password is wrong"):
        file_object.seek(0)
    key_chain.SetCredential(path_spec, "password", "password")
    assert not file_object.is_locked
    assert file_object.read(4) == b"PK\x03\x04"
    assert entry.Unlock()
    assert not entry.IsLocked()
