"""Tests of the AFF4 and AFF4L path specifications and of their way through storage."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import pytest
from dfvfs.lib import definitions as dfvfs_definitions
from dfvfs.path import factory
from dfvfs.serializer import json_serializer as dfvfs_json_serializer
from plaso.containers import event_sources
from plaso.engine import configurations
from plaso.serializer import json_serializer
from plaso.storage import factory as storage_factory
from plaso.storage import serializers

from telegram_forensics.vfs import aff4_path_spec

VOLUME = factory.Factory.NewPathSpec("OS", location="/evidence/Köln 1/disk.aff4")
IMAGE = aff4_path_spec.AFF4PathSpec(parent=VOLUME)
PATH_SPECS: dict[str, Any] = {
    "the image": IMAGE,
    "list of images": aff4_path_spec.AFF4PathSpec(location="/", parent=IMAGE),
    "second image": aff4_path_spec.AFF4PathSpec(location="/image2", parent=IMAGE),
    "file system in an image": factory.Factory.NewPathSpec(
        "NTFS",
        location="\\Users\\Zoë",
        parent=factory.Factory.NewPathSpec("GPT", location="/p1", parent=IMAGE),
    ),
    "root of a logical image": aff4_path_spec.AFF4LPathSpec(
        location="/", parent=VOLUME
    ),
    "logical file": aff4_path_spec.AFF4LPathSpec(
        location="/C:/Users/Боб/note 1.txt", parent=VOLUME
    ),
    "alternate data stream": aff4_path_spec.AFF4LPathSpec(
        location="/C:/Users/Боб/note 1.txt",
        data_stream="Zone.Identifier",
        parent=VOLUME,
    ),
    "logical file in an encrypted volume": aff4_path_spec.AFF4LPathSpec(
        location="/note.txt", parent=IMAGE
    ),
}
all_path_specs = pytest.mark.parametrize(
    "before", PATH_SPECS.values(), ids=PATH_SPECS.keys()
)


@all_path_specs
def test_json_round_trip(before: Any) -> None:
    """Plaso's attribute serializer keeps type, location and all parents."""
    serializer = serializers.JSONPathSpecAttributeSerializer()
    text = json.dumps(serializer.SerializeValue(before))
    after = serializer.DeserializeValue(json.loads(text))
    assert type(after) is type(before)
    assert after == before
    assert after.comparable == before.comparable
    for name in ("data_stream", "location"):
        assert getattr(after, name, None) == getattr(before, name, None)


@all_path_specs
def test_older_serializer_round_trip(before: Any) -> None:
    """The JSON serializer of output modules does it, too."""
    convert = json_serializer.JSONAttributeContainerSerializer
    after = convert._ConvertJSONToPathSpec(convert._ConvertPathSpecToJSON(before))
    assert type(after) is type(before)
    assert after.comparable == before.comparable


@all_path_specs
def test_dfvfs_serializer_round_trip(before: Any) -> None:
    """And so does dfVFS's own."""
    serializer = dfvfs_json_serializer.JsonPathSpecSerializer
    after = serializer.ReadSerialized(serializer.WriteSerialized(before))
    assert type(after) is type(before)
    assert after.comparable == before.comparable


@all_path_specs
def test_pickle_round_trip(before: Any) -> None:
    """Path specifications reach worker processes pickled."""
    after = pickle.loads(pickle.dumps(before))
    assert type(after) is type(before)
    assert after.comparable == before.comparable


def test_storage_file_round_trip(tmp_path: Path) -> None:
    """Event sources that are written to a .plaso file come back the same."""
    storage_path = str(tmp_path / "case.plaso")
    writer = storage_factory.StorageFactory.CreateStorageWriter("sqlite")
    writer.Open(path=storage_path)
    for path_spec in PATH_SPECS.values():
        writer.AddAttributeContainer(event_sources.EventSource(path_spec=path_spec))
    writer.Close()

    reader = storage_factory.StorageFactory.CreateStorageReaderForFile(storage_path)
    found = [
        source.path_spec for source in reader.GetAttributeContainers("event_source")
    ]
    reader.Close()
    assert [path_spec.comparable for path_spec in found] == [
        path_spec.comparable for path_spec in PATH_SPECS.values()
    ]


def test_comparable() -> None:
    """Type, location and parent tell path specifications apart."""
    assert IMAGE.comparable == f"{VOLUME.comparable}type: AFF4\n"
    assert PATH_SPECS["second image"].comparable == (
        f"{IMAGE.comparable}type: AFF4, location: /image2\n"
    )
    assert PATH_SPECS["logical file"].comparable == (
        f"{VOLUME.comparable}type: AFF4L, location: /C:/Users/Боб/note 1.txt\n"
    )
    assert PATH_SPECS["alternate data stream"].comparable == (
        f"{VOLUME.comparable}type: AFF4L, location: /C:/Users/Боб/note 1.txt, "
        f"data stream: Zone.Identifier\n"
    )
    other = factory.Factory.NewPathSpec("OS", location="/evidence/other.aff4")
    different = [
        *PATH_SPECS.values(),
        aff4_path_spec.AFF4PathSpec(parent=other),
        aff4_path_spec.AFF4PathSpec(location="/image2", parent=other),
        aff4_path_spec.AFF4PathSpec(location="/image1", parent=IMAGE),
        aff4_path_spec.AFF4LPathSpec(location="/note.txt", parent=other),
    ]
    assert len({path_spec.comparable for path_spec in different}) == len(different)
    assert len(set(different)) == len(different)
    assert aff4_path_spec.AFF4PathSpec(parent=VOLUME) == IMAGE


@pytest.mark.parametrize(
    "path_spec_class", [aff4_path_spec.AFF4PathSpec, aff4_path_spec.AFF4LPathSpec]
)
@pytest.mark.parametrize("name", ["password", "key"])
def test_carries_no_secret(path_spec_class: Any, name: str) -> None:
    """Neither a password nor a key can become part of a path specification."""
    with pytest.raises(ValueError, match=name):
        path_spec_class(location="/", parent=VOLUME, **{name: "s3cret"})


def test_stored_properties() -> None:
    """What is stored is location and parent, and a location only if there is one."""
    serializer = serializers.JSONPathSpecAttributeSerializer()
    assert set(serializer.SerializeValue(IMAGE)) == {
        "__type__",
        "parent",
        "type_indicator",
    }
    assert set(IMAGE.CopyToDict()) == {"parent"}
    for name in ("second image", "logical file"):
        assert set(serializer.SerializeValue(PATH_SPECS[name])) == {
            "__type__",
            "location",
            "parent",
            "type_indicator",
        }


def test_credential_configuration_names_the_volume() -> None:
    """Workers get a password beside the path specification that it is for."""
    configuration = configurations.CredentialConfiguration(
        credential_data="s3cret", credential_type="password", path_spec=IMAGE
    )
    copy = pickle.loads(pickle.dumps(configuration))
    assert copy.path_spec == IMAGE
    assert copy.credential_data == "s3cret"
    assert "s3cret" not in copy.path_spec.comparable


def test_needs_a_parent() -> None:
    """A volume lies in a file; a logical file has a location as well."""
    with pytest.raises(ValueError, match="parent"):
        aff4_path_spec.AFF4PathSpec(location="/image1")
    with pytest.raises(ValueError, match="parent"):
        aff4_path_spec.AFF4LPathSpec(location="/")
    with pytest.raises(ValueError, match="location"):
        aff4_path_spec.AFF4LPathSpec(parent=VOLUME)


def test_is_registered() -> None:
    """dfVFS takes AFF4 for image, volume system and lock, AFF4L for a file system."""
    image = factory.Factory.NewPathSpec("AFF4", parent=VOLUME)
    assert isinstance(image, aff4_path_spec.AFF4PathSpec)
    assert not image.IsFileSystem()
    assert not image.IsSystemLevel()
    assert not image.IsVolumeSystemRoot()
    assert image.IsVolumeSystem()
    images = factory.Factory.NewPathSpec("AFF4", location="/", parent=image)
    assert images.IsVolumeSystemRoot()
    second = factory.Factory.NewPathSpec("AFF4", location="/image2", parent=image)
    assert not second.IsVolumeSystemRoot()
    logical = factory.Factory.NewPathSpec("AFF4L", location="/", parent=VOLUME)
    assert isinstance(logical, aff4_path_spec.AFF4LPathSpec)
    assert logical.IsFileSystem()
    assert not logical.IsVolumeSystem()
    for name in (
        "STORAGE_MEDIA_IMAGE_TYPE_INDICATORS",
        "VOLUME_SYSTEM_TYPE_INDICATORS",
        "TYPE_INDICATORS_WITH_ENCRYPTION_SUPPORT",
    ):
        assert "AFF4" in getattr(dfvfs_definitions, name)
        assert "AFF4L" not in getattr(dfvfs_definitions, name)
