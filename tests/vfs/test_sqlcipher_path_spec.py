"""Tests of the SQLCIPHER path specification and of its way through plaso's storage."""

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

from telegram_forensics.vfs import sqlcipher_path_spec
from tests.vfs import support

DATABASE = support.new_path_spec("OS", location="/evidence/account-1/db_sqlite")


def path_spec(**properties: Any) -> sqlcipher_path_spec.SQLCIPHERPathSpec:
    """Makes a path specification of a file."""
    return sqlcipher_path_spec.SQLCIPHERPathSpec(
        location="/db_sqlite", parent=DATABASE, **properties
    )


@pytest.mark.parametrize("identifier", [None, "tempkey:0", "key_chain:3"])
def test_json_round_trip(identifier: str | None) -> None:
    """Plaso's serializers keep location, parent and identifier."""
    serializer = serializers.JSONPathSpecAttributeSerializer()
    before = path_spec(identifier=identifier)
    text = json.dumps(serializer.SerializeValue(before))
    after = serializer.DeserializeValue(json.loads(text))
    assert isinstance(after, sqlcipher_path_spec.SQLCIPHERPathSpec)
    assert after == before
    assert after.location == "/db_sqlite"
    assert after.parent == DATABASE
    assert getattr(after, "identifier", None) == identifier
    convert = json_serializer.JSONAttributeContainerSerializer
    again = convert._ConvertJSONToPathSpec(convert._ConvertPathSpecToJSON(before))
    assert again == before


def test_storage_file_round_trip(tmp_path: Path) -> None:
    """An event source that is written to a .plaso file comes back the same."""
    storage_path = str(tmp_path / "case.plaso")
    writer = storage_factory.StorageFactory.CreateStorageWriter("sqlite")
    writer.Open(path=storage_path)
    before = path_spec(identifier="tempkey:2")
    writer.AddAttributeContainer(event_sources.EventSource(path_spec=before))
    writer.Close()

    reader = storage_factory.StorageFactory.CreateStorageReaderForFile(storage_path)
    (source,) = reader.GetAttributeContainers("event_source")
    assert source.path_spec == before
    assert source.path_spec.identifier == "tempkey:2"
    reader.Close()


def test_pickle_round_trip() -> None:
    """Path specifications reach worker processes pickled."""
    before = path_spec(identifier="tempkey:1")
    assert pickle.loads(pickle.dumps(before)) == before


def test_carries_no_secret() -> None:
    """Neither a password nor a key can become part of a path specification."""
    for name in ("password", "key", "key_data"):
        with pytest.raises(ValueError, match=name):
            path_spec(**{name: "Pier7"})
    stored = serializers.JSONPathSpecAttributeSerializer().SerializeValue(
        path_spec(identifier="tempkey:0")
    )
    assert set(stored) == {
        "__type__",
        "identifier",
        "location",
        "parent",
        "type_indicator",
    }


def test_comparable() -> None:
    """Type, location, identifier and parent tell path specifications apart."""
    assert path_spec().comparable == (
        f"{DATABASE.comparable}type: SQLCIPHER, location: /db_sqlite\n"
    )
    assert path_spec(identifier="tempkey:0").comparable == (
        f"{DATABASE.comparable}type: SQLCIPHER, location: /db_sqlite, "
        "identifier: tempkey:0\n"
    )
    other = support.new_path_spec("OS", location="/other/db_sqlite")
    different = [
        path_spec(),
        path_spec(identifier="tempkey:0"),
        path_spec(identifier="tempkey:1"),
        support.new_path_spec("SQLCIPHER", location="/", parent=DATABASE),
        support.new_path_spec("SQLCIPHER", location="/db_sqlite", parent=other),
    ]
    assert len(set(different)) == len(different)


def test_needs_parent_and_location() -> None:
    """A database without a file, or no location, is refused."""
    with pytest.raises(ValueError, match="parent"):
        sqlcipher_path_spec.SQLCIPHERPathSpec(location="/")
    with pytest.raises(ValueError, match="location"):
        sqlcipher_path_spec.SQLCIPHERPathSpec(parent=DATABASE)


def test_is_registered_as_file_system() -> None:
    """The factory knows the type, and dfVFS takes it for a file system."""
    made = factory.Factory.NewPathSpec("SQLCIPHER", location="/", parent=DATABASE)
    assert isinstance(made, sqlcipher_path_spec.SQLCIPHERPathSpec)
    assert made.IsFileSystem()
    assert not made.IsSystemLevel()
    assert "SQLCIPHER" in dfvfs_definitions.FILE_SYSTEM_TYPE_INDICATORS
