"""Opens and scans AFF4 images through dfVFS, and writes disks in many forms."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyewf
from dfvfs.helpers import source_scanner, volume_scanner
from dfvfs.path import factory
from dfvfs.resolver import context as resolver_context
from dfvfs.resolver import resolver

from tests import helpers
from tests.builders import aff4

new_path_spec = factory.Factory.NewPathSpec
TEST_DATA = helpers.REPOSITORY / "test_data"
SAMPLES = TEST_DATA / "aff4"
MORE_SAMPLES = helpers.SHARED / "samples" / "aff4" / "made"
GROUND_TRUTH: dict[str, Any] = json.loads(
    (TEST_DATA / "ground_truth.json").read_text("utf-8")
)
# The committed disks by their file system.
DISKS = {"ext4": "linux_telegram.E01", "ntfs": "windows_telegram.E01"}
CHUNK = 32768
BEVY = 64
DATA = aff4.pattern(10_000, seed=1)


def os_file(path: Path) -> Any:
    """Path specification of a file of this computer."""
    return new_path_spec("OS", location=str(path))


def aff4_image(parent: Any, **properties: Any) -> Any:
    """Path specification of an image in a volume."""
    return new_path_spec("AFF4", parent=parent, **properties)


def open_file(path_spec: Any) -> Any:
    """Opens a file-like object in a fresh context."""
    return resolver.Resolver.OpenFileObject(
        path_spec, resolver_context=resolver_context.Context()
    )


def open_entry(path_spec: Any) -> Any:
    """Opens a file entry in a fresh context."""
    return resolver.Resolver.OpenFileEntry(
        path_spec, resolver_context=resolver_context.Context()
    )


def logical_volume() -> bytes:
    """A volume with one logical file."""
    volume = aff4.AFF4Volume(dialect="C")
    volume.add_file("./a.txt", f"{aff4.VOLUME}//a.txt", b"a")
    return volume.build(form="pyaff4")


def certificate_only() -> bytes:
    """An encrypted volume that no password opens."""
    volume = aff4.AFF4Volume(dialect="C")
    bag = f"{aff4.VOLUME}/keybag"
    volume.add_stream(
        aff4.STREAM,
        bytes(4096),
        "stored",
        types=("EncryptedStream",),
        pairs=[("keyBag", aff4.iri(bag))],
    )
    volume.add_object(
        bag,
        ["PublicKeyEncryptedKeyBag"],
        ("x509SubjectName", aff4.literal("CN=Evidence Officer 7")),
        ("keySizeInBytes", 32),
        ("wrappedKey", aff4.literal("00" * 256, "xsd:hexBinary")),
    )
    return volume.build()


def simple_volume(data: bytes = DATA, method: str = "zlib") -> bytes:
    """A volume with one image."""
    volume = aff4.AFF4Volume()
    volume.add_stream(aff4.STREAM, data, method)
    volume.add_image(aff4.IMAGE, aff4.STREAM)
    return volume.build()


def write(path: Path, data: bytes) -> Path:
    """Writes a file."""
    path.write_bytes(data)
    return path


def scan(path: Path) -> Any:
    """What dfVFS's source scanner finds."""
    context = source_scanner.SourceScannerContext()
    context.OpenSourcePath(str(path))
    source_scanner.SourceScanner().Scan(context)
    return context


def chain(node: Any) -> list[tuple[str, str | None]]:
    """Types and locations of a scan node and of everything below it."""
    found = [(node.type_indicator, getattr(node.path_spec, "location", None))]
    for sub_node in node.sub_nodes:
        found += chain(sub_node)
    return found


def base_path_specs(path: Path, **options: Any) -> list[Any]:
    """What dfVFS's volume scanner hands to a tool."""
    scanner_options = volume_scanner.VolumeScannerOptions()
    for name, value in {"partitions": ["all"], **options}.items():
        setattr(scanner_options, name, value)
    scanner = volume_scanner.VolumeScanner()
    return list(scanner.GetBasePathSpecs(str(path), scanner_options))


def new_logical() -> aff4.AFF4Volume:
    """An empty logical volume of dialect C."""
    return aff4.AFF4Volume(dialect="C")


def open_logical(path: Path) -> Any:
    """Opens the file system of a logical image in a fresh context."""
    path_spec = new_path_spec("AFF4L", location="/", parent=os_file(path))
    return resolver.Resolver.OpenFileSystem(
        path_spec, resolver_context=resolver_context.Context()
    )


def mount(folder: Path, volume: aff4.AFF4Volume) -> Any:
    """Writes a volume and opens its file system."""
    return open_logical(write(folder / "logical.aff4", volume.build(form="pyaff4")))


def entry_of(file_system: Any, location: str) -> Any:
    """The file entry of a location."""
    return file_system.GetFileEntryByPathSpec(file_system.NewPathSpec(location))


def read(file_system: Any, location: str) -> bytes:
    """The content of a file."""
    data: bytes = entry_of(file_system, location).GetFileObject().read()
    return data


def walk(file_system: Any) -> dict[str, Any]:
    """Every file entry below the root, by location."""
    found: dict[str, Any] = {}

    def add(entry: Any) -> None:
        for sub_entry in entry.sub_file_entries:
            location = sub_entry.path_spec.location
            assert location not in found
            assert sub_entry.name == location.rpartition("/")[2]
            found[location] = sub_entry
            add(sub_entry)

    add(file_system.GetRootFileEntry())
    return found


def read_e01(name: str) -> bytes:
    """All bytes of a committed E01 image."""
    handle = pyewf.handle()
    handle.open([str(TEST_DATA / name)])
    data: bytes = handle.read(handle.get_media_size())
    handle.close()
    return data


def one_stream(data: bytes, method: str) -> bytes:
    """Image and image stream, nothing else."""
    volume = aff4.AFF4Volume()
    volume.add_stream(
        aff4.STREAM, data, method, chunk_size=CHUNK, chunks_in_segment=BEVY
    )
    volume.add_image(aff4.IMAGE, aff4.STREAM, size=len(data))
    return volume.build(form="evimetry")


def used_blocks(data: bytes, size: int) -> Iterator[int]:
    """Offsets of the blocks that are not zero all over."""
    zeros = bytes(size)
    return (at for at in range(0, len(data), size) if data[at : at + size] != zeros)


def map_with_gaps(data: bytes, block: int) -> bytes:
    """A map of the blocks in use, not in order; all else are gaps."""
    offsets = list(used_blocks(data, block))
    entries = [
        (at, len(data[at : at + block]), number * block, 0)
        for number, at in enumerate(offsets)
    ]
    assert len(entries) * block < len(data)
    random.Random(4).shuffle(entries)
    together = b"".join(data[at : at + block] for at in offsets)
    volume = aff4.AFF4Volume()
    volume.add_stream(
        aff4.STREAM, together, "zlib", chunk_size=CHUNK, chunks_in_segment=BEVY
    )
    volume.add_map(aff4.MAP, entries, [aff4.STREAM], size=len(data))
    volume.add_image(aff4.IMAGE, aff4.MAP, size=len(data))
    return volume.build(form="pyaff4")


def stripes(data: bytes) -> Iterator[bytes]:
    """Two volumes whose image streams take turns."""
    parts = [
        b"".join(data[at : at + CHUNK] for at in range(first, len(data), 2 * CHUNK))
        for first in (0, CHUNK)
    ]
    entries = [
        (at, len(data[at : at + CHUNK]), at // (2 * CHUNK) * CHUNK, at // CHUNK % 2)
        for at in range(0, len(data), CHUNK)
    ]
    for own in (0, 1):
        volume = aff4.AFF4Volume(aff4.STRIPE_VOLUMES[own])
        volume.add_stream(
            aff4.STRIPE_STREAMS[own],
            parts[own],
            "snappy",
            chunk_size=CHUNK,
            chunks_in_segment=BEVY,
        )
        volume.add_object(
            aff4.STRIPE_STREAMS[1 - own],
            ["ImageStream"],
            ("stored", aff4.iri(aff4.STRIPE_VOLUMES[1 - own])),
            ("target", aff4.iri(aff4.STRIPE_MAPS[own])),
        )
        volume.add_map(
            aff4.STRIPE_MAPS[own], entries, aff4.STRIPE_STREAMS, size=len(data)
        )
        volume.add_image(aff4.IMAGE, aff4.STRIPE_MAPS[own], size=len(data))
        yield volume.build(form="evimetry")


def parts(data: bytes) -> Iterator[bytes]:
    """Three parts of one stream, as c-aff4 splits: only the last one has the size."""
    number_of_bevies = -(-len(data) // (CHUNK * BEVY))
    urns = [f"aff4://5b1f1d0e-0000-4000-8000-00000000000{part}" for part in range(3)]
    stream = f"{urns[0]}/evidence/disk.raw"
    for part, urn in enumerate(urns):
        volume = aff4.AFF4Volume(urn, dialect="B")
        bevies = [bevy for bevy in range(number_of_bevies) if bevy % 3 == part]
        assert bevies
        volume.add_stream(
            stream,
            data,
            "zlib",
            chunk_size=CHUNK,
            chunks_in_segment=BEVY,
            bevies=bevies,
            padded=False,
            described=False,
        )
        is_last = part == 2
        volume.add_object(
            stream,
            ["Image", "ImageStream"] if is_last else ["ImageStream"],
            ("chunkSize", CHUNK),
            ("chunksInSegment", BEVY),
            ("compressionMethod", aff4.iri(aff4.METHODS["zlib"]) if is_last else None),
            ("size", len(data) if is_last else 0),
            ("stored", aff4.iri(urns[0])),
        )
        yield volume.build()


def before_the_standard(data: bytes) -> bytes:
    """The layout of Evimetry 1."""
    volume = aff4.AFF4Volume(dialect="E")
    volume.add_stream(
        aff4.STREAM, data, "snappy", chunk_size=CHUNK, chunks_in_segment=BEVY
    )
    volume.add_map(
        aff4.IMAGE,
        [(0, len(data), 0, 0)],
        [aff4.STREAM],
        size=len(data),
        types=("Image", "map", "ContiguousMap"),
    )
    return volume.build()


def one_member(data: bytes) -> bytes:
    """The whole disk in one deflated member, as c-aff4 does without compression."""
    volume = aff4.AFF4Volume(dialect="B")
    urn = f"{aff4.VOLUME}/evidence/disk.raw"
    volume.add_member(urn, "", data, deflated=True)
    volume.add_object(urn, ["Image"], ("stored", aff4.iri(aff4.VOLUME)))
    return volume.build()
