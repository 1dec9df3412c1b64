"""Tests of AFF4 images of several files: in folders and in other containers."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import NamedTuple

import pytest
from dfvfs.lib import errors

from tests.builders import aff4
from tests.vfs import aff4_support
from tests.vfs.aff4_support import (
    DATA,
    aff4_image,
    logical_volume,
    new_path_spec,
    open_file,
    os_file,
    write,
)

STRIPE = 1024
MKE2FS = shutil.which("mke2fs") or shutil.which("mke2fs", path="/usr/sbin:/sbin")


class Split(NamedTuple):
    """An image in three parts.

    Attributes:
        data: its bytes.
        parts: the volumes by file name.
    """

    data: bytes
    parts: dict[str, bytes]


@pytest.fixture(scope="module", name="split")
def _split() -> Split:
    """Parts of one image of 6 MiB."""
    data = aff4.pattern(3 * 64 * 32768 + 777, seed=5)
    suffixes = ("", ".A01", ".A02")
    contents = zip(suffixes, aff4_support.parts(data), strict=True)
    return Split(data, {f"disk.aff4{suffix}": item for suffix, item in contents})


@pytest.mark.parametrize("part", ["disk.aff4", "disk.aff4.A01", "disk.aff4.A02"])
def test_split_parts_in_a_tar(part: str, tmp_path: Path, split: Split) -> None:
    """The other parts are found through dfVFS, inside the archive."""
    archive = tmp_path / "evidence.tar"
    with tarfile.open(archive, "w") as tar:
        for name, content in split.parts.items():
            member = tarfile.TarInfo(f"case 7/Beweise/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    parent = new_path_spec(
        "TAR", location=f"/case 7/Beweise/{part}", parent=os_file(archive)
    )
    assert open_file(aff4_image(parent)).read() == split.data


@pytest.mark.skipif(not MKE2FS, reason="mke2fs is not here")
@pytest.mark.parametrize("kind", ["raw", "AFF4"])
def test_parts_in_an_ext4_image(kind: str, tmp_path: Path, split: Split) -> None:
    """And in a file system, of a raw image and of an AFF4 image."""
    folder = tmp_path / "content" / "Улики"
    folder.mkdir(parents=True)
    for name, content in split.parts.items():
        write(folder / name, content)
    for number, content in enumerate(aff4.striped_pair(DATA, stripe=STRIPE)):
        write(folder / f"stripe {number}.aff4", content)
    disk = tmp_path / "disk.raw"
    command = [MKE2FS, "-q", "-t", "ext4", "-d", folder.parent, disk, "16M"]
    subprocess.run(command, check=True)
    image = os_file(disk)
    if kind == "AFF4":
        volume = aff4_support.one_stream(disk.read_bytes(), "zlib")
        image = aff4_image(os_file(write(tmp_path / "outer.aff4", volume)))
    for name in ("disk.aff4", "disk.aff4.A02"):
        parent = new_path_spec("EXT", location=f"/Улики/{name}", parent=image)
        assert open_file(aff4_image(parent)).read() == split.data
    parent = new_path_spec("EXT", location="/Улики/stripe 1.aff4", parent=image)
    assert open_file(aff4_image(parent)).read() == DATA


def test_split_parts_in_a_logical_image(tmp_path: Path, split: Split) -> None:
    """So they are inside another AFF4 volume."""
    volume = aff4.AFF4Volume("aff4://99999999-0000-4000-8000-000000000009", "C")
    for name, content in split.parts.items():
        volume.add_file(f"./case/{name}", f"{volume.urn}//case/{name}", content)
    outer = write(tmp_path / "outer.aff4", volume.build(form="pyaff4"))
    parent = new_path_spec(
        "AFF4L", location="/case/disk.aff4.A01", parent=os_file(outer)
    )
    assert open_file(aff4_image(parent)).read() == split.data


def test_missing_part_is_an_error(tmp_path: Path, split: Split) -> None:
    """Without the last part nothing is opened: the first alone looks empty."""
    for name in ("disk.aff4", "disk.aff4.A01"):
        write(tmp_path / name, split.parts[name])
    with pytest.raises(errors.BackEndError, match=r"disk\.raw.*parts"):
        open_file(aff4_image(os_file(tmp_path / "disk.aff4")))


def test_missing_middle_part(tmp_path: Path, split: Split) -> None:
    """Ranges of the part that is not there raise, all others are read."""
    for name in ("disk.aff4", "disk.aff4.A02"):
        write(tmp_path / name, split.parts[name])
    file_object = open_file(aff4_image(os_file(tmp_path / "disk.aff4")))
    bevy = 64 * 32768
    data = split.data
    assert file_object.read(bevy) == data[:bevy]
    with pytest.raises(OSError, match="00000001"):
        file_object.read(1)
    file_object.seek(2 * bevy)
    assert file_object.read() == data[2 * bevy :]


@pytest.mark.parametrize("number", [1, 2])
def test_striped_volumes(number: int, tmp_path: Path) -> None:
    """Either file opens the image; stripes are found whatever their names are."""
    first, second = aff4.striped_pair(DATA, stripe=STRIPE)
    names = ("Säule 1.aff4", "ganz anders.AFF4")
    for name, content in zip(names, (first, second), strict=True):
        write(tmp_path / name, content)
    write(tmp_path / "unrelated.aff4", logical_volume())
    write(tmp_path / "broken.aff4", first[:300])
    path = tmp_path / names[number - 1]
    assert open_file(aff4_image(os_file(path))).read() == DATA


def test_sibling_of_a_volume_with_several_images(tmp_path: Path) -> None:
    """Also below the list of images the files beside the volume are found."""
    first, second = (aff4.AFF4Volume(urn) for urn in aff4.STRIPE_VOLUMES)
    here, there = aff4.STRIPE_STREAMS
    first.add_object(
        there, ["ImageStream"], ("stored", aff4.iri(aff4.STRIPE_VOLUMES[1]))
    )
    first.add_image(aff4.IMAGE, there)
    first.add_stream(here, DATA[:3000])
    first.add_image("aff4://0a9b2f3c-1111-4222-8333-444455556666", here)
    second.add_stream(there, DATA)
    path = write(tmp_path / "first.aff4", first.build())
    write(tmp_path / "second.aff4", second.build())
    volume = aff4_image(os_file(path))
    assert open_file(aff4_image(volume, location="/image1")).read() == DATA
    assert open_file(aff4_image(volume, location="/image2")).read() == DATA[:3000]


@pytest.mark.parametrize("number", [0, 1])
def test_one_stripe_alone(number: int, tmp_path: Path) -> None:
    """Ranges of the missing stripe raise and name it; never is filler returned."""
    path = write(
        tmp_path / "alone.aff4", aff4.striped_pair(DATA, stripe=STRIPE)[number]
    )
    file_object = open_file(aff4_image(os_file(path)))
    assert file_object.get_size() == len(DATA)
    other = 1 - number
    for index, start in enumerate(range(0, len(DATA), STRIPE)):
        file_object.seek(start)
        if index % 2 == number:
            expected = DATA[start : start + STRIPE]
            assert file_object.read(STRIPE) == expected
            continue
        for offset, size in ((start, 1), (start + 100, 300), (start, STRIPE)):
            if offset >= len(DATA):
                continue
            file_object.seek(offset)
            with pytest.raises(OSError, match=aff4.STRIPE_STREAMS[other]) as caught:
                file_object.read(size)
            assert aff4.STRIPE_VOLUMES[other] in str(caught.value)
            assert file_object.get_offset() == offset, "nothing was read"
    file_object.seek(0)
    with pytest.raises(OSError, match="put all parts"):
        file_object.read()


@pytest.mark.parametrize("folder", ["plain", "with spaces", "Улики № 7/Zoë's #1 %41"])
@pytest.mark.parametrize("is_relative", [False, True])
def test_paths(
    folder: str, is_relative: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Striped images open by relative and absolute path, in folders of any name."""
    target = tmp_path / folder
    target.mkdir(parents=True)
    contents = aff4.striped_pair(DATA, stripe=STRIPE)
    for number, content in enumerate(contents, 1):
        write(target / f"Диск {number}.aff4", content)
    monkeypatch.chdir(tmp_path)
    base = Path(folder) if is_relative else target
    path_spec = aff4_image(new_path_spec("OS", location=str(base / "Диск 2.aff4")))
    assert open_file(path_spec).read() == DATA
    monkeypatch.chdir(target)
    path_spec = aff4_image(new_path_spec("OS", location="Диск 1.aff4"))
    assert open_file(path_spec).read() == DATA
