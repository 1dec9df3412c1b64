"""What the AFF4 test modules share: samples, volumes in memory, readers."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from telegram_forensics.aff4.errors import Aff4Error
from telegram_forensics.aff4.logical import open_file
from telegram_forensics.aff4.map_stream import Stream
from telegram_forensics.aff4.source import ByteSource, FileSource
from telegram_forensics.aff4.verify import verify
from telegram_forensics.aff4.volume_set import Image, VolumeSet
from tests.helpers import NO_SAMPLES, REPOSITORY, SHARED

BUNDLED = REPOSITORY / "test_data" / "aff4"
SAMPLES = SHARED / "samples" / "aff4"
# Recorded in the README of the samples and in formats/aff4.md section 6.1.
REFERENCE_IMAGES: dict[str, tuple[int, str, str]] = {
    "AFF4Std/Base-Linear.aff4": (
        268435456,
        "7d3d27f667f95f7ec5b9d32121622c0f4b60b48d",
        "dd6dbda282e27fd0d196abd95f5c3e58",
    ),
    "AFF4Std/Base-Linear-ReadError.aff4": (
        268435456,
        "67e245a640e2784ead30c1ff1a3f8d237b58310f",
        "1f1ae18d3610d3b4ad2d705e3af42f19",
    ),
    "AFF4Std/Base-Allocated.aff4": (
        268435456,
        "e8650e89b262cf0b4b73c025312488d5a6317a26",
        "54a02991ff289c238570893e2e16df86",
    ),
    "AFF4PreStd/Base-Linear.af4": (
        268435456,
        "5d5f183ae7355b8dc8938b67aab77c0215c29ab4",
        "d87230b5905109efdf7b0776a37fa6b4",
    ),
    "AFF4PreStd/Base-Linear-ReadError.af4": (
        268435456,
        "5fc17ee079cbe55c5b6dc150250eebc478ca7191",
        "2c6f3709898df1913271f9ee0f531157",
    ),
    "memory/Micro7.001.aff4": (
        262144,
        "deaa3877443908ac4d01ca410ff1012c8ab0db35",
        "a06c68d8339f3badd67ad53d16a41ecc",
    ),
}


def expected(table: str) -> list[dict[str, str]]:
    """Rows of EXPECTED.tsv or EXPECTED_FILES.tsv."""
    with open(BUNDLED / table, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def sample(name: str) -> Path:
    """Path of a sample, bundled or shared; skips the test where it is absent."""
    for path in (BUNDLED / name, SAMPLES / "made" / name, SAMPLES / name):
        if path.is_file():
            return path
    pytest.skip(NO_SAMPLES)


class MemorySiblings:
    """Files in memory as `SiblingFinder`."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = files

    def names(self) -> list[str]:
        """See `SiblingFinder`."""
        return list(self.files)

    def open(self, name: str) -> ByteSource:
        """See `SiblingFinder`."""
        return source(self.files[name], name)


class SparseSource:
    """A file that is empty but for some places, of any size."""

    def __init__(self, size: int, pieces: dict[int, bytes]) -> None:
        self.size = size
        self.name = "sparse"
        self._pieces = pieces

    def read_at(self, offset: int, size: int) -> bytes:
        """See `ByteSource`."""
        if offset < 0 or size < 0 or offset + size > self.size:
            raise Aff4Error(self.name, offset, f"{size} bytes are not there")
        data = bytearray(size)
        for start, piece in self._pieces.items():
            low, high = max(start, offset), min(start + len(piece), offset + size)
            if low < high:
                data[low - offset : high - offset] = piece[low - start : high - start]
        return bytes(data)


def source(data: bytes, name: str = "image.aff4") -> FileSource:
    """Bytes as a source."""
    return FileSource(io.BytesIO(data), name)


def open_volume(
    data: bytes, *, others: Mapping[str, bytes] | None = None, **options: Any
) -> VolumeSet:
    """Opens a volume that lies in memory, with other files beside it."""
    files = {"image.aff4": data, **(others or {})}
    return VolumeSet(
        source(data), MemorySiblings(files), own_name="image.aff4", **options
    )


def only_image(volumes: VolumeSet) -> Image:
    """The one image of a volume set."""
    (image,) = volumes.images()
    return image


def read_all(stream: Stream, step: int = 1 << 20) -> bytes:
    """All bytes of a stream."""
    return b"".join(
        stream.read_at(offset, min(step, stream.size - offset))
        for offset in range(0, stream.size, step)
    )


def digests(stream: Stream) -> tuple[int, str, str]:
    """Size, SHA-1 and MD5 of a stream."""
    sha1, md5 = hashlib.sha1(), hashlib.md5()
    for offset in range(0, stream.size, 1 << 20):
        data = stream.read_at(offset, min(1 << 20, stream.size - offset))
        sha1.update(data)
        md5.update(data)
    return stream.size, sha1.hexdigest(), md5.hexdigest()


def use_everything(data: bytes, limit: int = 1 << 20) -> None:
    """Opens a volume and reads what it offers, at most `limit` bytes per stream.

    Raises:
        Aff4Error: if it cannot be opened. Errors of single streams are passed over.
    """
    volumes = open_volume(data)
    streams: list[Stream] = []
    for urn in volumes.image_urns():
        try:
            streams.append(volumes.open_image(urn).stream)
        except Aff4Error:
            continue
    for record in volumes.files():
        try:
            streams.append(open_file(volumes, record))
        except Aff4Error:
            continue
    for stream in streams:
        for offset in range(0, min(stream.size, limit), 4096):
            try:
                part = stream.read_at(offset, min(4096, stream.size - offset))
            except Aff4Error:
                continue
            assert len(part) == min(4096, stream.size - offset)
    if all(stream.size <= limit for stream in streams):
        assert all(check.outcome for check in verify(volumes))
