"""Artifact definitions and filter files: valid, and known to the stock tools."""

from __future__ import annotations

from pathlib import Path

import pytest
from artifacts import definitions as artifacts_definitions
from artifacts import reader, registry
from plaso.engine import engine, yaml_filter_file

from telegram_forensics import audit, definitions

FILTERS = sorted(definitions.FILTERS_FOLDER.glob("*.yaml"))


def own_definitions() -> dict[str, object]:
    """Our artifact definitions by name, read by the artifacts library."""
    found = reader.YamlArtifactsReader().ReadFile(str(definitions.ARTIFACTS_FILE))
    return {definition.name: definition for definition in found}


def test_artifact_definitions_are_valid() -> None:
    """The library reads them; groups name what exists; all say where they apply."""
    found = own_definitions()
    assert {"TelegramAndroid", "TelegramDesktop"} <= found.keys()
    for definition in found.values():
        assert definition.supported_os  # type: ignore[attr-defined]
        for source in definition.sources:  # type: ignore[attr-defined]
            if source.type_indicator == artifacts_definitions.TYPE_INDICATOR_FILE:
                assert source.paths
            else:
                assert set(source.names) <= found.keys()


def test_plasos_registry_knows_them() -> None:
    """They are there without an option, and an examiner's own come first."""
    stock = engine.BaseEngine()
    stock.BuildArtifactsRegistry(str(definitions.ARTIFACTS_FILE), None)
    assert stock._artifacts_registry.GetDefinitionByName("TelegramDesktop")


def test_own_definition_of_the_examiner_comes_first(tmp_path: Path) -> None:
    """A definition of the same name in a custom file is not replaced."""
    custom = tmp_path / "custom.yaml"
    custom.write_text(
        "name: TelegramDesktop\ndoc: mine\nsources:\n- type: FILE\n  attributes:\n"
        "    paths: ['/mine']\nsupported_os: [Linux]\n",
        encoding="utf-8",
    )
    stock = engine.BaseEngine()
    stock.BuildArtifactsRegistry(str(custom), None)
    known: registry.ArtifactDefinitionsRegistry = stock._artifacts_registry
    assert known.GetDefinitionByName("TelegramDesktop").description == "mine"
    assert known.GetDefinitionByName("TelegramAndroidDatabases") is not None


@pytest.mark.parametrize("path", FILTERS, ids=lambda path: path.name)
def test_filter_files(path: Path) -> None:
    """Plaso reads every filter file."""
    filters = yaml_filter_file.YAMLFilterFile().ReadFromFile(str(path))
    assert filters
    assert all(item.paths for item in filters)


def test_there_is_a_filter_file() -> None:
    """The test above cannot pass for want of files."""
    assert [path.name for path in FILTERS] == ["telegram_android.yaml"]


def test_info_names_them() -> None:
    """`telegram-forensics info` says what is there."""
    text = audit.format_audit_record(audit.make_audit_record())
    assert "TelegramAndroidDatabases" in text
    assert str(FILTERS[0]) in text
