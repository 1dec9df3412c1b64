"""Reads our timeliner, formatter and preset definitions, and checks them first.

A wrong mapping in a timeliner definition can hang plaso's multi-process extraction, and
a wrong formatter aborts psort. So everything is validated when it is loaded; what is
wrong raises `DefinitionError`, which the hook turns into one logged warning.
"""

from __future__ import annotations

import pathlib
import string
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import yaml

DATA_TYPE_PREFIXES: Final = (
    "android:sim:",
    "ios:biome:",
    "remote_access:",
    "telegram:",
)

_PACKAGE = pathlib.Path(__file__).resolve().parent
TIMELINER_FILE: Final = _PACKAGE / "data" / "timeliner.yaml"
ARTIFACTS_FILE: Final = _PACKAGE / "data" / "artifacts" / "telegram.yaml"
FILTERS_FOLDER: Final = _PACKAGE / "data" / "filters"
PRESETS_FILE: Final = _PACKAGE / "data" / "presets.yaml"

_TIMELINER_KEYS = {"data_type", "attribute_mappings", "place_holder_event"}
_FORMATTER_KEYS = {
    "type",
    "data_type",
    "boolean_helpers",
    "custom_helpers",
    "enumeration_helpers",
    "flags_helpers",
    "message",
    "separator",
    "short_message",
    "short_source",
    "source",
}


class DefinitionError(ValueError):
    """One of our own definition files is wrong."""


@dataclass(frozen=True, slots=True)
class TimelinerDefinition:
    """How a data type becomes events.

    Attributes:
        data_type: e.g. `telegram:session`.
        attribute_mappings: name of a date and time attribute -> description.
    """

    data_type: str
    attribute_mappings: dict[str, str]


def formatter_files() -> list[pathlib.Path]:
    """The formatter definition files, sorted."""
    from telegram_forensics import formatters

    folder = pathlib.Path(formatters.__file__).resolve().parent
    return sorted(folder.glob("*.yaml"))


def read_timeliner_definitions(
    path: pathlib.Path = TIMELINER_FILE,
) -> list[TimelinerDefinition]:
    """Reads and checks the timeliner definitions.

    Raises:
        DefinitionError: if one of them is wrong.
    """
    definitions: dict[str, TimelinerDefinition] = {}
    for number, document in enumerate(_documents(path)):
        place = f"{path.name}, document {number}"
        data_type = _data_type(document, _TIMELINER_KEYS, place)
        # A record without times must not vanish from the timeline.
        if document.get("place_holder_event") is not True:
            raise DefinitionError(f"{place}: place_holder_event is not true")
        mappings = document.get("attribute_mappings")
        # An empty list says that there is no time; a missing one would be an oversight.
        if not isinstance(mappings, list):
            raise DefinitionError(f"{place}: attribute_mappings is no list")
        result = {}
        for mapping in mappings:
            if not isinstance(mapping, dict) or set(mapping) != {"name", "description"}:
                raise DefinitionError(f"{place}: mapping {mapping!r} is malformed")
            name, description = mapping["name"], mapping["description"]
            if not isinstance(name, str) or not isinstance(description, str):
                raise DefinitionError(f"{place}: mapping {mapping!r} is no text")
            if name in result:
                raise DefinitionError(f"{place}: {name} is mapped twice")
            result[name] = description
        if data_type in definitions:
            raise DefinitionError(f"{place}: {data_type} is defined twice")
        definitions[data_type] = TimelinerDefinition(data_type, result)
    return list(definitions.values())


def check_formatter_definitions(path: pathlib.Path) -> list[str]:
    """Checks a formatter file.

    Returns:
        The data types that it defines.

    Raises:
        DefinitionError: if a definition is wrong.
    """
    data_types: list[str] = []
    for number, document in enumerate(_documents(path)):
        place = f"{path.name}, document {number}"
        data_type = _data_type(document, _FORMATTER_KEYS, place)
        if document.get("type") != "conditional":
            raise DefinitionError(f"{place}: type is not conditional")
        for key in ("message", "short_message"):
            pieces = document.get(key)
            if not isinstance(pieces, list) or not all(
                isinstance(piece, str) for piece in pieces
            ):
                raise DefinitionError(f"{place}: {key} is no list of text")
            for piece in pieces:
                _check_piece(piece, place)
        for key in ("short_source", "source"):
            if not isinstance(document.get(key), str):
                raise DefinitionError(f"{place}: {key} is no text")
        if data_type in data_types:
            raise DefinitionError(f"{place}: {data_type} is defined twice")
        data_types.append(data_type)
    return data_types


def read_presets(path: pathlib.Path = PRESETS_FILE) -> dict[str, list[str]]:
    """Reads which stock presets get which of ours.

    Returns:
        Name of our preset -> names of the stock presets that it is appended to.

    Raises:
        DefinitionError: if the file is malformed.
    """
    return {name: targets for name, (targets, _) in _read_presets(path).items()}


def select_parsers(
    preset: str, parsers: Iterable[str], path: pathlib.Path = PRESETS_FILE
) -> list[str]:
    """Chooses the parsers of a preset of ours.

    Args:
        preset: its name.
        parsers: names of all our parsers, plugins with their parser.

    Raises:
        DefinitionError: if the file is malformed.
    """
    _, names = _read_presets(path)[preset]
    return sorted(
        parser
        for parser in parsers
        if names is None or parser.rpartition("/")[2].startswith(names)
    )


def _read_presets(path: pathlib.Path) -> dict[str, tuple[list[str], str | None]]:
    presets = {}
    for number, document in enumerate(_documents(path)):
        place = f"{path.name}, document {number}"
        name, targets = document.get("name"), document.get("appended_to")
        names = document.get("names")
        if (
            not isinstance(name, str)
            or not isinstance(targets, list)
            or not all(isinstance(target, str) for target in targets)
            or not isinstance(names, str | None)
        ):
            raise DefinitionError(f"{place}: name, names or appended_to is malformed")
        presets[name] = (targets, names)
    return presets


def _check_piece(piece: str, place: str) -> None:
    """psort gives up on a piece with two attributes, after it has read the file."""
    try:
        fields = [name for _, name, _, _ in string.Formatter().parse(piece) if name]
    except ValueError as exception:
        raise DefinitionError(f"{place}: piece {piece!r}: {exception}") from exception
    if len(fields) > 1 or not all(name.isidentifier() for name in fields):
        raise DefinitionError(f"{place}: piece {piece!r} is not for one attribute")


def _documents(path: pathlib.Path) -> list[dict[str, Any]]:
    try:
        documents = list(yaml.safe_load_all(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as exception:
        raise DefinitionError(f"{path.name}: {exception}") from exception
    for number, document in enumerate(documents):
        if not isinstance(document, dict):
            raise DefinitionError(f"{path.name}, document {number}: no mapping")
    return documents


def _data_type(document: dict[str, Any], allowed: set[str], place: str) -> str:
    unknown = set(document) - allowed
    if unknown:
        raise DefinitionError(f"{place}: unknown keys {sorted(unknown)}")
    data_type = document.get("data_type")
    if not isinstance(data_type, str) or not data_type.startswith(DATA_TYPE_PREFIXES):
        raise DefinitionError(f"{place}: data_type {data_type!r} is not ours")
    return data_type
