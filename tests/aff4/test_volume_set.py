"""Tests of volumes that belong together and of the images in them (sections 3, 5.2)."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path

import pytest

from telegram_forensics.aff4 import classify, local
from telegram_forensics.aff4.errors import (
    Aff4Error,
    MissingStreamError,
    NotAff4Error,
)
from telegram_forensics.aff4.image_stream import ImageStream
from telegram_forensics.aff4.map_stream import MapStream
from telegram_forensics.aff4.volume import looks_like_aff4
from telegram_forensics.aff4.volume_set import VolumeSet
from tests.aff4 import support
from tests.builders import aff4
from tests.builders.aff4_zip import ZIP_FORMS, Member, write_zip

DATA = aff4.pattern(9000)
MADE = [row for row in support.expected("EXPECTED.tsv") if row["kind"] == "image"]
SPLIT = ["c_split.aff4", "c_split.aff4.A01", "c_split.aff4.A02"]
OTHER_IMAGE = "aff4://11111111-5589-4c7c-8358-2ca1572b87eb"
OTHER_STREAM = "aff4://22222222-5648-4209-a793-1f918c723610"


def sample_image(path: Path, **options: int) -> tuple[int, str, str]:
    """Size, SHA-1 and MD5 of the image of a file."""
    return support.digests(support.only_image(local.open_path(path, **options)).stream)


@pytest.mark.parametrize("row", MADE, ids=lambda row: row["file"])
def test_made_samples(row: dict[str, str]) -> None:
    """The images that were made deliver what EXPECTED.tsv says."""
    path = support.sample(row["file"])
    expected = (int(row["size"]), row["sha1"], row["md5"])
    assert sample_image(path) == expected
    assert classify.classify(support.source(path.read_bytes())) is classify.Kind.IMAGE


@pytest.mark.parametrize("name", support.REFERENCE_IMAGES)
def test_reference_images(name: str) -> None:
    """The canonical images deliver the recorded hashes."""
    assert sample_image(support.sample(name)) == support.REFERENCE_IMAGES[name]


@pytest.mark.parametrize("cache_size", [1, 40_000])
def test_small_cache(cache_size: int) -> None:
    """A cache of any size delivers the same bytes."""
    row = next(row for row in MADE if row["file"] == "py_map_symbolic.aff4")
    found = sample_image(support.sample(row["file"]), cache_size=cache_size)
    assert found == (int(row["size"]), row["sha1"], row["md5"])


@pytest.mark.parametrize(
    "name",
    [
        "py_zlib.aff4",
        "AFF4Std/Base-Linear.aff4",
        "AFF4Std/Base-Linear-ReadError.aff4",
        "AFF4Std/Base-Allocated.aff4",
    ],
)
def test_images_against_pyaff4(name: str) -> None:
    """pyaff4 reads the same bytes where it can read an image."""
    pytest.importorskip("pyaff4")
    from telegram_forensics.aff4 import second_opinion

    path = support.sample(name)
    volumes = local.open_path(path)
    (urn,) = volumes.image_urns()
    result = second_opinion.compare_image(volumes, str(path), urn, lambda size: None)
    assert result.note == ""
    assert result.agrees
    assert result.other_sha1 is not None


# Not the dedup sample: pyaff4 0.34 takes "[0x1:0x1a]" for an IPv6 address since
# Python 3.11.4 and fails.
@pytest.mark.parametrize("name", ["py_logical_zip.aff4", "py_logical_windows.aff4"])
def test_files_against_pyaff4(name: str) -> None:
    """pyaff4 reads the same content of logical files, but for those with "#"."""
    container = pytest.importorskip("pyaff4.container")
    rdfvalue = pytest.importorskip("pyaff4.rdfvalue")
    from telegram_forensics.aff4.logical import open_file

    path = support.sample(name)
    volumes = local.open_path(path)
    ours = {
        record.urn: support.read_all(open_file(volumes, record))
        for record in volumes.files()
        if not record.is_folder and "#" not in record.urn
    }
    theirs = {}
    with container.Container.openURNtoContainer(
        rdfvalue.URN.FromFileName(str(path))
    ) as volume:
        for image in volume.images():
            if "#" not in str(image.urn):
                with volume.resolver.AFF4FactoryOpen(image.urn) as stream:
                    theirs[str(image.urn)] = stream.Read(stream.Size())
    assert ours == theirs
    assert len(ours) >= 5


@pytest.mark.parametrize("name", SPLIT)
def test_split_from_any_part(name: str) -> None:
    """An image in three files opens from each of them."""
    row = next(row for row in MADE if row["file"] == "c_split.aff4")
    found = sample_image(support.sample(name))
    assert found == (int(row["size"]), row["sha1"], row["md5"])


@pytest.mark.parametrize(
    ("given", "missing"),
    list(itertools.permutations(SPLIT, 2)),
    ids=lambda name: name[-3:],
)
def test_split_with_a_missing_part(given: str, missing: str, tmp_path: Path) -> None:
    """Without one of its parts the image is an error that says so, never short."""
    for name in SPLIT:
        if name != missing:
            shutil.copy(support.sample(name), tmp_path / name)
    volumes = local.open_path(tmp_path / given)
    (urn,) = volumes.image_urns() or [""]
    with pytest.raises(Aff4Error) as caught:
        support.digests(volumes.open_image(urn).stream)
    assert ".A01" in str(caught.value) or "stored in volume" in str(caught.value)
    if missing != SPLIT[2]:
        # The size is known, so what lies in the other parts is read.
        stream = volumes.open_image(urn).stream
        assert stream.size == 76711600
        assert len(stream.read_at(stream.size - 100, 100)) == 100


@pytest.mark.parametrize("dialect", "ABCEF")
@pytest.mark.parametrize("form", ZIP_FORMS)
def test_built_images(dialect: str, form: str) -> None:
    """Every dialect in every form of ZIP file gives the same image."""
    volume = aff4.AFF4Volume(dialect=dialect)
    volume.add_stream(aff4.STREAM, DATA, "snappy")
    volume.add_map(aff4.MAP, [(0, 9000, 0, 0)], [aff4.STREAM], size=10000)
    volume.add_image(aff4.IMAGE, aff4.MAP)
    for prefix in (b"", b"in front of the volume"):
        data = volume.build(form=form, prefix=prefix)
        volumes = support.open_volume(data)
        assert looks_like_aff4(support.source(data)) is (not prefix)
        assert support.only_image(volumes).stream.read_at(0, 9000) == DATA
        assert volumes.problems == {}
        assert volumes.volumes[0].urn == aff4.VOLUME


@pytest.mark.parametrize("dialect", "EF")
def test_one_object(dialect: str) -> None:
    """Before the standard an image is its own map."""
    volume = aff4.AFF4Volume(dialect=dialect)
    volume.add_stream(aff4.STREAM, DATA, "zlib")
    types = ["Image", "QueryMap", "Map"]
    entries = [(1000, 500, 3000, 0)]
    volume.add_map(aff4.IMAGE, entries, [aff4.STREAM], size=2000, types=types)
    volumes = support.open_volume(volume.build())
    image = support.only_image(volumes)
    assert isinstance(image.stream, MapStream)
    expected = bytes(1000) + DATA[3000:3500] + bytes(500)
    assert support.read_all(image.stream) == expected
    assert volumes.volumes[0].version == {}


def test_image_that_is_a_stream() -> None:
    """In dialect B an image is its own image stream."""
    volume = aff4.AFF4Volume(dialect="B")
    volume.add_stream(f"{aff4.VOLUME}/x.raw", DATA, types=["Image", "ImageStream"])
    image = support.only_image(support.open_volume(volume.build()))
    assert isinstance(image.stream, ImageStream)
    assert support.read_all(image.stream) == DATA


@pytest.mark.parametrize("deflated", [True, False])
def test_image_that_is_a_member(deflated: bool) -> None:
    """In dialect B an image may be one member of the ZIP file."""
    volume = aff4.AFF4Volume(dialect="B")
    urn = f"{aff4.VOLUME}/x.raw"
    volume.add_member(urn, "", DATA, deflated=deflated)
    volume.add_object(urn, ["Image"])
    image = support.only_image(support.open_volume(volume.build()))
    assert support.read_all(image.stream, 777) == DATA


def test_bare_map_and_bare_stream() -> None:
    """Without an Image object every map is offered, else every stream with data."""
    volume = aff4.AFF4Volume()
    volume.add_stream(aff4.STREAM, DATA)
    volume.add_stream(OTHER_STREAM, DATA[:100])
    # pyaff4 leaves a stream without data behind in every logical volume.
    volume.add_object("aff4://left-behind", ["ImageStream"])
    volumes = support.open_volume(volume.build())
    assert volumes.image_urns() == [aff4.STREAM, OTHER_STREAM]
    assert [image.size for image in volumes.images()] == [9000, 100]
    volume.add_map(aff4.MAP, [(0, 5, 0, 0)], [aff4.STREAM])
    image = support.only_image(support.open_volume(volume.build()))
    assert support.read_all(image.stream) == DATA[:5]


def test_several_images() -> None:
    """All images of a volume are offered, in the order of the metadata."""
    volume = aff4.AFF4Volume()
    for number, urn in enumerate((OTHER_IMAGE, aff4.IMAGE)):
        stream = f"aff4://stream{number}"
        volume.add_stream(stream, DATA[number * 1000 :])
        volume.add_image(urn, stream)
    data = volume.build()
    volumes = support.open_volume(data)
    images = list(volumes.images())
    assert [image.urn for image in images] == [OTHER_IMAGE, aff4.IMAGE]
    assert [image.number for image in images] == [1, 2]
    assert [support.read_all(image.stream) for image in images] == [DATA, DATA[1000:]]
    assert classify.kind_of(volumes) is classify.Kind.SEVERAL_IMAGES
    assert classify.classify(support.source(data)) is classify.Kind.SEVERAL_IMAGES


def test_one_image_that_fails() -> None:
    """An image that cannot be opened is noted, the other one is read."""
    volume = aff4.AFF4Volume()
    volume.add_stream(aff4.STREAM, DATA)
    volume.add_image(OTHER_IMAGE, OTHER_STREAM)
    volume.add_image(aff4.IMAGE, aff4.STREAM)
    volumes = support.open_volume(volume.build())
    image = support.only_image(volumes)
    assert (image.urn, image.number) == (aff4.IMAGE, 2)
    assert OTHER_STREAM in next(iter(volumes.problems))
    with pytest.raises(Aff4Error, match="no image of this name"):
        volumes.open_image(aff4.STREAM)


def test_image_without_stream() -> None:
    """An Image object without any stream is passed over."""
    volume = aff4.AFF4Volume()
    volume.add_image(aff4.IMAGE, None, size=5)
    volumes = support.open_volume(volume.build())
    assert volumes.image_urns() == []
    assert list(volumes.images()) == []
    volume.add_image(OTHER_IMAGE, OTHER_STREAM)
    with pytest.raises(MissingStreamError):
        support.open_volume(volume.build()).images()


def test_map_is_preferred() -> None:
    """Of several data streams the map counts, else the first that opens."""
    volume = aff4.AFF4Volume()
    volume.add_stream(aff4.STREAM, DATA)
    volume.add_map(aff4.MAP, [(0, 5, 0, 0)], [aff4.STREAM])
    volume.add_image(aff4.IMAGE, [aff4.STREAM, aff4.MAP])
    assert support.only_image(support.open_volume(volume.build())).size == 5
    volume = aff4.AFF4Volume()
    volume.add_stream(aff4.STREAM, DATA)
    place = f"{aff4.STREAM}[0x10:0x20]"
    volume.add_image(aff4.IMAGE, [OTHER_STREAM, place])
    image = support.only_image(support.open_volume(volume.build()))
    assert support.read_all(image.stream) == DATA[0x10:0x30]


def test_sizes_that_differ() -> None:
    """An Image whose size is not that of its stream is noted, the stream counts."""
    volume = aff4.AFF4Volume()
    volume.add_stream(aff4.STREAM, DATA)
    volume.add_image(aff4.IMAGE, aff4.STREAM, size=9001)
    image = support.only_image(support.open_volume(volume.build()))
    assert image.size == 9000
    assert "9001" in next(iter(image.problems))


@pytest.mark.parametrize(
    ("types", "pairs", "is_memory"),
    [
        (["Image", "MemoryImage"], [], True),
        (["Image"], [("category", "aff4:memory\\/physical")], True),
        (["Image", "DiskImage"], [], False),
    ],
)
def test_memory(
    types: list[str], pairs: list[tuple[str, str]], is_memory: bool
) -> None:
    """Images of memory are told apart."""
    volume = aff4.AFF4Volume()
    volume.add_stream(aff4.STREAM, DATA)
    volume.add_image(aff4.IMAGE, aff4.STREAM, types=types, pairs=pairs)
    image = support.only_image(support.open_volume(volume.build()))
    assert image.is_memory is is_memory


STRIPES = aff4.striped_pair(DATA)


@pytest.mark.parametrize("first", [0, 1])
def test_striped(first: int) -> None:
    """A striped image opens from either volume, and other files do not disturb."""
    others = {
        "another name.aff4": STRIPES[1 - first],
        "unrelated.aff4": aff4.AFF4Volume("aff4://unrelated").build(),
        "damaged.aff4": STRIPES[1 - first][:-40],
        "notes.txt": b"text",
        "plain.af4": write_zip([Member("x", b"")]),
    }
    volumes = support.open_volume(STRIPES[first], others=others)
    image = support.only_image(volumes)
    assert support.read_all(image.stream) == DATA
    assert support.read_all(image.stream, 100) == DATA
    assert [volume.urn for volume in volumes.volumes] == [
        aff4.STRIPE_VOLUMES[first],
        aff4.STRIPE_VOLUMES[1 - first],
    ]


@pytest.mark.parametrize("first", [0, 1])
def test_one_stripe_alone(first: int) -> None:
    """Without the other volume its ranges are errors, never filler; the rest reads."""
    stream = support.only_image(support.open_volume(STRIPES[first])).stream
    assert stream.size == len(DATA)
    for number in range(9):
        start = number * 1024
        size = min(1024, len(DATA) - start)
        if number % 2 == first:
            assert stream.read_at(start, size) == DATA[start : start + size]
            continue
        for offset, length in [(start, size), (start, 1), (start + size - 1, 1)]:
            with pytest.raises(MissingStreamError) as caught:
                stream.read_at(offset, length)
            assert caught.value.segment == aff4.STRIPE_STREAMS[1 - first]
            assert aff4.STRIPE_VOLUMES[1 - first] in str(caught.value)
    with pytest.raises(MissingStreamError):
        stream.read_at(0, stream.size)


def test_damaged_sibling() -> None:
    """A stripe whose metadata is damaged is noted and does not spoil the other one."""
    damaged = STRIPES[1].replace(b"@prefix aff4", b"@prefix } ff")
    volumes = support.open_volume(STRIPES[0], others={"b.aff4": damaged})
    assert "b.aff4" in next(iter(volumes.problems))
    stream = support.only_image(volumes).stream
    assert stream.read_at(0, 1024) == DATA[:1024]
    with pytest.raises(MissingStreamError):
        stream.read_at(1024, 1)


def test_same_volume_twice() -> None:
    """A copy of a volume beside it is not taken for another part."""
    others = {"image.aff4.A01": STRIPES[0], "b.aff4": STRIPES[1]}
    volumes = support.open_volume(STRIPES[0], others=others)
    assert len(volumes.volumes) == 2


def split_parts() -> dict[str, bytes]:
    """A split image in the form of c-aff4: only the last part has the size."""
    urn = f"{aff4.VOLUME}/x.raw"
    parts = {}
    for number, name in enumerate(["x.aff4", "x.aff4.A01", "x.aff4.A02"]):
        volume = aff4.AFF4Volume(
            aff4.VOLUME if not number else f"aff4://part{number}", "B"
        )
        is_last = number == 2
        volume.add_stream(
            urn,
            DATA,
            "snappy",
            bevies=[number * 2, number * 2 + 1],
            size=len(DATA) if is_last else 0,
            types=["Image", "ImageStream"] if is_last else ["ImageStream"],
        )
        parts[name] = volume.build()
    return parts


def test_split_in_memory() -> None:
    """Parts of a split image are found by their names, whatever the case."""
    parts = split_parts()
    parts["x.aff4.a02"] = parts.pop("x.aff4.A02")
    for name, data in parts.items():
        volumes = VolumeSet(
            support.source(data), support.MemorySiblings(parts), own_name=name
        )
        assert support.read_all(support.only_image(volumes).stream) == DATA
    volumes = VolumeSet(support.source(parts["x.aff4"]), None, own_name="x.aff4")
    with pytest.raises(MissingStreamError, match="further parts"):
        volumes.images()


def test_middle_part_missing() -> None:
    """Ranges of a missing part are errors that name the bevy, others are read."""
    parts = split_parts()
    del parts["x.aff4.A01"]
    volumes = VolumeSet(
        support.source(parts["x.aff4"]),
        support.MemorySiblings(parts),
        own_name="x.aff4",
    )
    stream = support.only_image(volumes).stream
    assert stream.read_at(0, 4096) == DATA[:4096]
    assert stream.read_at(8192, 808) == DATA[8192:]
    with pytest.raises(Aff4Error, match="bevy is missing") as caught:
        stream.read_at(4096, 1)
    assert caught.value.segment == f"{aff4.VOLUME}/x.raw/00000002"


@pytest.mark.parametrize(
    ("members", "comment"),
    [
        ([], b""),
        ([Member("word/document.xml", b"<x/>")], b""),
        ([Member("information.turtle", b"")], b"some comment"),
        ([Member("container.description", b"aff4://x")], b"aff4://x"),
    ],
)
def test_other_zip_files(members: list[Member], comment: bytes) -> None:
    """ZIP files that are no AFF4 volume are told apart without an error."""
    data = write_zip(members, comment)
    with pytest.raises(NotAff4Error):
        support.open_volume(data)
    assert classify.classify(support.source(data)) is None


def test_foreign_turtle() -> None:
    """A volume whose metadata names no AFF4 name space is none."""
    turtle = Member("information.turtle", b"<a:b> <c:d> 1 .")
    data = write_zip([turtle], b"aff4://x")
    assert not looks_like_aff4(support.source(data))
    assert classify.classify(support.source(data)) is None


def test_volume_urn() -> None:
    """container.description counts before the comment; a difference is noted."""
    volume = aff4.AFF4Volume()
    members = volume.all_members()
    assert support.open_volume(write_zip(members)).volumes[0].urn == aff4.VOLUME
    found = support.open_volume(write_zip(members[1:], b"aff4://c\0")).volumes[0]
    assert found.urn == "aff4://c"
    found = support.open_volume(write_zip(members, b"aff4://other")).volumes[0]
    assert found.urn == aff4.VOLUME
    assert "differ" in next(iter(found.problems))
    members[0].crc = 1
    found = support.open_volume(write_zip(members, b"aff4://other")).volumes[0]
    assert found.urn == "aff4://other"
    with pytest.raises(Aff4Error, match="CRC-32"):
        support.open_volume(write_zip(members))


@pytest.mark.parametrize(
    ("text", "version"),
    [
        (b"major=1\nminor=0\n", {"major": "1", "minor": "0"}),
        (b"tool=a=b\r\nmajor = 2\r", {"tool": "a=b", "major": "2"}),
        (b"major=1\rminor=1", {"major": "1", "minor": "1"}),
        (b"nonsense", {}),
    ],
)
def test_version(text: bytes, version: dict[str, str]) -> None:
    """version.txt is read whatever its line ends."""
    members = aff4.AFF4Volume().all_members()
    members[1].data = text
    assert support.open_volume(write_zip(members)).volumes[0].version == version


def test_unknown_major_version() -> None:
    """A major version that nobody knows is refused."""
    members = aff4.AFF4Volume().all_members()
    members[1].data = b"major=3\nminor=0\n"
    with pytest.raises(Aff4Error, match="unsupported AFF4 version 3"):
        support.open_volume(write_zip(members))
    members[1].crc = 1
    assert support.open_volume(write_zip(members)).problems


@pytest.mark.parametrize("first", SPLIT)
def test_renamed_parts(first: str) -> None:
    """Parts that lost their names are found by what their metadata says."""
    (row,) = (
        row for row in support.expected("EXPECTED.tsv") if row["file"] == "c_split.aff4"
    )
    others = {
        f"evidence_{number}.aff4": support.sample(name).read_bytes()
        for number, name in enumerate(SPLIT)
        if name != first
    }
    # A sibling of another image, and one that is damaged, do not matter.
    others["py_map_symbolic.aff4"] = support.sample("py_map_symbolic.aff4").read_bytes()
    others["broken.aff4"] = support.sample(SPLIT[1]).read_bytes()[:5000]
    volumes = support.open_volume(support.sample(first).read_bytes(), others=others)
    size, sha1, _ = support.digests(support.only_image(volumes).stream)
    assert (str(size), sha1) == (row["size"], row["sha1"])
    assert len(volumes.volumes) == 3
