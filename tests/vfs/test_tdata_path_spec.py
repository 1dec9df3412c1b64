"""Tests of the TDATA path specification and of its way through plaso's storage."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import pytest
from dfvfs.lib import definitions as dfvfs_definitions
from dfvfs.path import factory
from plaso.containers import event_sources
from plaso.serializer import json_serializer
from plaso.storage import factory as storage_factory
from plaso.storage import serializers

from telegram_forensics.vfs import tdata_path_spec
from tests.vfs import support

KEY_FILE = support.new_path_spec("OS", location="/evidence/tdata/key_datas")


def path_spec(**properties: Any) -> tdata_path_spec.TDATAPathSpec:
    """Makes a path specification of a file."""
    return tdata_path_spec.TDATAPathSpec(
        location="/accounts/0/map", parent=KEY_FILE, **properties
    )


@pytest.mark.parametrize("identifier", [None, 0, 3])
def test_json_round_trip(identifier: int | None) -> None:
    """Plaso's attribute serializer keeps location, parent and identifier."""
    serializer = serializers.JSONPathSpecAttributeSerializer()
    before = path_spec(identifier=identifier)
    text = json.dumps(serializer.SerializeValue(before))
    after = serializer.DeserializeValue(json.loads(text))
    assert isinstance(after, tdata_path_spec.TDATAPathSpec)
    assert after == before
    assert after.location == "/accounts/0/map"
    assert after.parent == KEY_FILE
    assert getattr(after, "identifier", None) == identifier


def test_older_serializer_round_trip() -> None:
    """The JSON serializer of output modules does it, too."""
    before = path_spec(identifier=2)
    convert = json_serializer.JSONAttributeContainerSerializer
    after = convert._ConvertJSONToPathSpec(convert._ConvertPathSpecToJSON(before))
    assert after == before
    assert after.identifier == 2


def test_storage_file_round_trip(tmp_path: Path) -> None:
    """An event source that is written to a .plaso file comes back the same."""
    storage_path = str(tmp_path / "case.plaso")
    writer = storage_factory.StorageFactory.CreateStorageWriter("sqlite")
    writer.Open(path=storage_path)
    before = path_spec(identifier=1)
    writer.AddAttributeContainer(event_sources.EventSource(path_spec=before))
    writer.Close()

    reader = storage_factory.StorageFactory.CreateStorageReaderForFile(storage_path)
    (source,) = reader.GetAttributeContainers("event_source")
    assert source.path_spec == before
    assert source.path_spec.identifier == 1
    reader.Close()


def test_pickle_round_trip() -> None:
    """Path specifications reach worker processes pickled."""
    before = path_spec(identifier=1)
    assert pickle.loads(pickle.dumps(before)) == before


def test_carries_no_secret() -> None:
    """Neither a password nor a key can become part of a path specification."""
    for name in ("password", "key"):
        with pytest.raises(ValueError, match=name):
            path_spec(**{name: "Pier7"})
    stored = serializers.JSONPathSpecAttributeSerializer().SerializeValue(
        path_spec(identifier=1)
    )
    assert set(stored) == {
        "__type__",
        "identifier",
        "location",
        "parent",
        "type_indicator",
    }
    assert set(path_spec(identifier=1).CopyToDict()) == {
        "identifier",
        "location",
        "parent",
    }


def test_comparable() -> None:
    """Type, location, identifier and parent tell path specifications apart."""
    plain = path_spec()
    assert plain.comparable == (
        f"{KEY_FILE.comparable}type: TDATA, location: /accounts/0/map\n"
    )
    assert path_spec(identifier=0).comparable == (
        f"{KEY_FILE.comparable}type: TDATA, location: /accounts/0/map, identifier: 0\n"
    )
    other_parent = support.new_path_spec("OS", location="/other/tdata/key_datas")
    different = [
        plain,
        path_spec(identifier=0),
        path_spec(identifier=1),
        support.tdata_path_spec(KEY_FILE, "/settings"),
        support.tdata_path_spec(other_parent, "/accounts/0/map"),
    ]
    assert len(set(different)) == len(different)
    assert path_spec(identifier=1) == path_spec(identifier=1)


def test_needs_parent_and_location() -> None:
    """A storage without a key file, or no location, is refused."""
    with pytest.raises(ValueError, match="parent"):
        tdata_path_spec.TDATAPathSpec(location="/")
    with pytest.raises(ValueError, match="location"):
        tdata_path_spec.TDATAPathSpec(parent=KEY_FILE)


def test_is_registered_as_file_system() -> None:
    """The factory knows the type, and dfVFS takes it for a file system."""
    made = factory.Factory.NewPathSpec("TDATA", location="/", parent=KEY_FILE)
    assert isinstance(made, tdata_path_spec.TDATAPathSpec)
    assert made.IsFileSystem()
    assert not made.IsSystemLevel()
    assert "TDATA" in dfvfs_definitions.FILE_SYSTEM_TYPE_INDICATORS
