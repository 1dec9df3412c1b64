"""Tests of the analyzer helpers: AFF4 is told from everything else."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from dfvfs.analyzer import analyzer
from dfvfs.lib import errors
from dfvfs.resolver import context as resolver_context

from tests.builders import aff4
from tests.vfs import aff4_support
from tests.vfs.aff4_support import (
    aff4_image,
    base_path_specs,
    logical_volume,
    open_file,
    os_file,
    simple_volume,
    write,
)


def plain_zip(*names: str) -> bytes:
    """An ordinary ZIP file."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, f"content of {name}")
    return target.getvalue()


def udif() -> bytes:
    """The trailer of an Apple disk image behind a ZIP file: it is still no AFF4."""
    return bytes(4096) + b"koly" + (4).to_bytes(4, "big") + bytes(504)


def bad_turtle() -> bytes:
    """A volume whose metadata is broken behind the name space."""
    volume = aff4.AFF4Volume()
    members = [
        aff4.Member("container.description", volume.urn.encode()),
        aff4.Member(
            "information.turtle", f"@prefix aff4: <{aff4.SCHEMA}> . <".encode()
        ),
    ]
    return aff4.write_zip(members, volume.urn.encode())


RECOGNITION: dict[str, tuple[Callable[[], bytes], list[str], list[str]]] = {
    "image": (simple_volume, ["AFF4"], []),
    "logical image": (logical_volume, [], ["AFF4L"]),
    "truncated": (lambda: simple_volume()[:6000], ["AFF4"], []),
    "broken metadata": (bad_turtle, ["AFF4"], []),
    "plain ZIP": (lambda: plain_zip("a.txt", "b/c.txt"), [], []),
    "office document": (
        lambda: plain_zip("[Content_Types].xml", "word/document.xml"),
        [],
        [],
    ),
    "ZIP with an information.turtle": (lambda: plain_zip("information.turtle"), [], []),
    "truncated ZIP": (lambda: plain_zip("a.txt", "b/c.txt")[:60], [], []),
    "empty": (lambda: b"", [], []),
    "three bytes": (lambda: b"PK\x03", [], []),
    "signature only": (lambda: b"PK\x03\x04", [], []),
    "zeros": (lambda: bytes(70000), [], []),
    "UDIF": (udif, ["MODI"], []),
}


@pytest.mark.parametrize("name", RECOGNITION)
def test_recognition(name: str, tmp_path: Path) -> None:
    """AFF4 is told from everything else, and nothing else is disturbed."""
    make, images, file_systems = RECOGNITION[name]
    path_spec = os_file(write(tmp_path / "evidence.bin", make()))
    context = resolver_context.Context()
    found = analyzer.Analyzer.GetStorageMediaImageTypeIndicators(
        path_spec, resolver_context=context
    )
    assert found == images
    found = analyzer.Analyzer.GetFileSystemTypeIndicators(
        path_spec, resolver_context=context
    )
    assert found == file_systems
    found = analyzer.Analyzer.GetVolumeSystemTypeIndicators(
        path_spec, resolver_context=context
    )
    assert found == [item for item in images if item == "AFF4"]


@pytest.mark.parametrize("image", sorted(aff4_support.DISKS.values()))
def test_e01_is_still_an_e01(image: str) -> None:
    """The committed E01 images are EWF and nothing else."""
    path_spec = os_file(aff4_support.TEST_DATA / image)
    assert analyzer.Analyzer.GetStorageMediaImageTypeIndicators(
        path_spec, resolver_context=resolver_context.Context()
    ) == ["EWF"]


def test_truncated_volume_says_so(tmp_path: Path) -> None:
    """A cut file has lost its directory: no silence, no other guess."""
    path = write(tmp_path / "cut.aff4", simple_volume()[:6000])
    with pytest.raises(errors.ScannerError, match="cut.aff4.*truncated"):
        base_path_specs(path)
    with pytest.raises(errors.BackEndError, match="offset 6000: .*truncated"):
        open_file(aff4_image(os_file(path)))
