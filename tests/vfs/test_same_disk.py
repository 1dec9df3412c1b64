"""The same disks as raw image, E01 and in every form of AFF4.

dfVFS must find the same file entries, contents and times whatever the disk is stored
in. The disks are those of the committed E01 images, read with libewf; the AFF4 volumes
are written by the independent builder.
"""

from __future__ import annotations

import dataclasses
import hashlib
import random
from pathlib import Path
from typing import Any

import pytest
from dfvfs.resolver import context as resolver_context
from dfvfs.resolver import resolver

from tests.vfs import aff4_support
from tests.vfs.aff4_support import CHUNK, DISKS, GROUND_TRUTH, TEST_DATA

FORMS = (
    "E01",
    "zlib",
    "deflate",
    "snappy",
    "lz4",
    "lz4-length",
    "stored",
    "map with gaps",
    "small map entries",
    "stripe 1",
    "stripe 2",
    "part 1",
    "part 3",
    "before the standard",
    "one deflated member",
)
TIMES = ("creation_time", "modification_time", "access_time", "change_time")


@dataclasses.dataclass
class Disk:
    """A disk in all forms.

    Attributes:
        name: ext4 or ntfs.
        data: its bytes.
        paths: form -> file.
        raw: what dfVFS finds on the raw image.
    """

    name: str
    data: bytes
    paths: dict[str, Path]
    raw: dict[str, Any]


def write_forms(data: bytes, folder: Path) -> dict[str, Path]:
    """Writes the disk in every form."""
    contents: dict[str, bytes] = {"raw/disk.raw": data}
    paths = {"raw": folder / "raw" / "disk.raw"}

    def add(form: str, name: str, content: bytes) -> None:
        contents[name] = content
        paths[form] = folder / name

    for method in ("zlib", "deflate", "snappy", "lz4", "lz4-length", "stored"):
        add(method, f"{method}/disk.aff4", aff4_support.one_stream(data, method))
    add("map with gaps", "gaps/disk.aff4", aff4_support.map_with_gaps(data, CHUNK))
    add("small map entries", "small/disk.aff4", aff4_support.map_with_gaps(data, 512))
    for number, content in enumerate(aff4_support.stripes(data), 1):
        add(f"stripe {number}", f"striped/disk_{number}.aff4", content)
    for number, content in enumerate(aff4_support.parts(data)):
        suffix = f".A{number:02d}" if number else ""
        add(f"part {number + 1}", f"split/disk.aff4{suffix}", content)
    add("before the standard", "old/disk.af4", aff4_support.before_the_standard(data))
    add("one deflated member", "member/disk.aff4", aff4_support.one_member(data))
    for name, content in contents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return paths


def describe(path: Path) -> dict[str, Any]:
    """Everything that dfVFS finds in an image: location -> type, size, times, data."""
    found: dict[str, Any] = {}

    def walk(entry: Any) -> None:
        location = entry.path_spec.location
        assert location not in found
        times = [getattr(entry, name) for name in TIMES]
        found[location] = (
            entry.entry_type,
            entry.size,
            entry.IsAllocated(),
            [time and (time.CopyToDateTimeString(), time.precision) for time in times],
            {
                stream.name: hashlib.sha256(
                    entry.GetFileObject(data_stream_name=stream.name).read()
                ).hexdigest()
                for stream in entry.data_streams
            }
            if entry.IsFile()
            else {},
        )
        for sub_entry in entry.sub_file_entries:
            walk(sub_entry)

    (base,) = aff4_support.base_path_specs(path)
    file_system = resolver.Resolver.OpenFileSystem(
        base, resolver_context=resolver_context.Context()
    )
    walk(file_system.GetRootFileEntry())
    return found


def open_stream(path: Path) -> Any:
    """The bytes of the disk, through dfVFS."""
    path_spec = aff4_support.os_file(path)
    if path.suffix != ".raw":
        kind = "EWF" if path.suffix == ".E01" else "AFF4"
        path_spec = aff4_support.new_path_spec(kind, parent=path_spec)
    return aff4_support.open_file(path_spec)


@pytest.fixture(scope="session", params=DISKS)
def disk(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Disk:
    """One of the disks."""
    name: str = request.param
    data = aff4_support.read_e01(DISKS[name])
    paths = write_forms(data, tmp_path_factory.mktemp(name))
    paths["E01"] = TEST_DATA / DISKS[name]
    return Disk(name, data, paths, describe(paths["raw"]))


def test_raw_image_is_the_true_disk(disk: Disk) -> None:
    """What all forms are compared with is the documented evidence."""
    truth = GROUND_TRUTH[DISKS[disk.name]]
    assert hashlib.md5(disk.data).hexdigest() == truth["media_md5"]
    separator = "\\" if disk.name == "ntfs" else "/"
    assert len(truth["files"]) > 50
    for path, expected in truth["files"].items():
        _, size, is_allocated, times, streams = disk.raw[path.replace("/", separator)]
        assert size == expected["size"]
        assert is_allocated
        assert streams[""] == expected["sha256"]
        assert all(times)


@pytest.mark.parametrize("form", FORMS)
def test_same_file_entries(disk: Disk, form: str) -> None:
    """Entries, types, sizes, times and contents are those of the raw image."""
    assert describe(disk.paths[form]) == disk.raw


@pytest.mark.parametrize("form", FORMS)
def test_same_bytes(disk: Disk, form: str) -> None:
    """Whole, in large pieces and in small ones at random places."""
    file_object = open_stream(disk.paths[form])
    size = len(disk.data)
    assert file_object.get_size() == size
    file_object.seek(0)
    assert hashlib.sha256(file_object.read(size)).digest() == (
        hashlib.sha256(disk.data).digest()
    )
    generator = random.Random(form)
    for _ in range(200):
        offset = generator.randrange(size)
        length = generator.choice((1, 512, 4096, CHUNK + 1, 3 * CHUNK))
        file_object.seek(offset)
        assert file_object.read(length) == disk.data[offset : offset + length]
