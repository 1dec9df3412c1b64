"""Recognition of telephones by plaso's own preprocessing."""

from __future__ import annotations

import plistlib
from pathlib import Path
from typing import Any

import artifacts
import pytest
from plaso.containers import artifacts as plaso_artifacts
from plaso.engine import engine
from plaso.parsers import presets
from plaso.preprocessors import manager
from plaso.storage.fake import writer as fake_writer

from telegram_forensics import preprocess
from tests.builders import android_small as build
from tests.parsers import support
from tests.test_definitions import PLASO_DATA

PROPERTIES = build.persistent_properties(
    {"persist.sys.timezone": "Europe/Berlin", "net.hostname": "android-4711"}
)


def collect(root: Path) -> Any:
    """System configuration of a folder, None if there is none."""
    storage_writer = fake_writer.FakeStorageWriter()
    storage_writer.Open()
    found = engine.BaseEngine()
    found.BuildArtifactsRegistry(str(Path(artifacts.__file__).parent / "data"), None)
    configurations = found.PreprocessSource(
        [support.os_path_spec(root)], storage_writer
    )
    storage_writer.Close()
    return configurations[0] if configurations else None


@pytest.mark.parametrize(
    ("place", "prefix"),
    [
        ("system/build.prop", ""),
        ("system/system/build.prop", ""),
        ("build.prop", ""),
        ("system/build.prop", "Dump/"),
        ("system/build.prop", "EXTRACTION_FFS/Dump/"),
    ],
)
def test_android(tmp_path: Path, place: str, prefix: str) -> None:
    """Whole systems and partitions, with folders in front."""
    build.write(
        tmp_path,
        {
            f"{prefix}{place}": build.BUILD_PROPERTIES,
            f"{prefix}data/property/persistent_properties": PROPERTIES,
        },
    )
    if not prefix:
        (tmp_path / "etc").mkdir()
    found = collect(tmp_path)
    assert found.operating_system == "Android"
    assert found.operating_system_product == "Android 11"
    assert found.operating_system_version == "11"
    assert found.time_zone == "Europe/Berlin"
    assert found.hostname.name == "android-4711"


def test_data_partition(tmp_path: Path) -> None:
    """The data partition alone, with the properties of old versions."""
    build.write(
        tmp_path,
        {
            "system/packages.xml": b"ABX\0",
            "property/persist.sys.timezone": b"Asia/Tokyo\n",
        },
    )
    found = collect(tmp_path)
    assert found.operating_system == "Android"
    assert found.operating_system_product is None
    assert found.time_zone == "Asia/Tokyo"


def test_ios(tmp_path: Path) -> None:
    """iOS is told from macOS by its own version file."""
    name = "System/Library/CoreServices/SystemVersion.plist"
    values = {"ProductName": "iPhone OS", "ProductVersion": "16.5"}
    build.write(tmp_path / "a", {name: plistlib.dumps(values)})
    found = collect(tmp_path / "a")
    assert (found.operating_system, found.operating_system_version) == ("iOS", "16.5")
    values["ProductName"] = "macOS"
    build.write(tmp_path / "b", {name: plistlib.dumps(values)})
    assert collect(tmp_path / "b").operating_system == "MacOS"
    build.write(tmp_path / "c", {name: b"bplist00\xff", "private/x": b""})
    assert collect(tmp_path / "c").operating_system == "MacOS"
    (tmp_path / "d" / "private" / "var" / "mobile" / "Containers").mkdir(parents=True)
    assert collect(tmp_path / "d").operating_system == "iOS"


def test_other_systems(tmp_path: Path) -> None:
    """Computers stay what they are, also with a telephone's copy in some folder."""
    copy = "home/x/phone/system/build.prop"
    build.write(tmp_path / "a", {"etc/x": b"", copy: build.BUILD_PROPERTIES})
    assert collect(tmp_path / "a").operating_system == "Linux"
    files = {"Windows/System32/x": b"", "Dump/system/build.prop": b"a=b"}
    build.write(tmp_path / "b", files)
    assert collect(tmp_path / "b").operating_system == "Windows NT"
    build.write(tmp_path / "c", {"notes/x": b""})
    assert collect(tmp_path / "c") is None


def test_hostile_values(tmp_path: Path) -> None:
    """Values that would upset plaso are left out."""
    build.write(
        tmp_path,
        {
            "system/build.prop": b"ro.build.version.release=windows\n",
            "data/property/persistent_properties": build.persistent_properties(
                {"persist.sys.timezone": "No/Where"}
            ),
        },
    )
    found = collect(tmp_path)
    assert found.operating_system == "Android"
    assert (found.operating_system_product, found.time_zone) == (None, None)
    (tmp_path / "data/property/persistent_properties").write_bytes(b"\xff" * 50)
    assert collect(tmp_path).operating_system == "Android"


def test_failures_stay_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever fails, plaso's preprocessing goes on."""

    def fail(*_: Any) -> None:
        raise RuntimeError("changed inside")

    monkeypatch.setattr(preprocess._Search, "run", fail)
    preprocess.TelephonePlugin().Collect(None, None, None, None)


def test_order_and_presets() -> None:
    """Ours is the first plugin, and the families lead to plaso's presets."""
    names = list(manager.PreprocessPluginsManager._file_system_plugins)
    assert names[0] == "telephoneplugin"
    assert names[1] == "determineoperatingsystemplugin"
    found = presets.ParserPresetsManager()
    found.ReadFromFile(f"{PLASO_DATA}/presets.yaml")
    for family, name in (("Android", "android"), ("iOS", "ios"), ("Linux", "linux")):
        system = plaso_artifacts.OperatingSystemArtifact(
            family=family, product=f"{family} 11", version="11"
        )
        chosen = [preset.name for preset in found.GetPresetsByOperatingSystem(system)]
        assert chosen == [name]
