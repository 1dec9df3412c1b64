"""Holds together: event data classes, timeliner, formatters and their documentation."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import plaso
import pytest
import yaml
from plaso.engine import timeliner
from plaso.filters import parser_filter
from plaso.formatters import manager as formatters_manager
from plaso.formatters import yaml_formatters_file
from plaso.output import mediator
from plaso.parsers import manager as parsers_manager
from plaso.parsers import presets
from telegram_forensics.formatters import helpers
from telegram_forensics.parsers import event_data, remote_access_event_data

from telegram_forensics import definitions
from tests import event_data_classes

ROOT = Path(__file__).resolve().parents[1]
PLASO_DATA = str(Path(plaso.__file__).parent / "data")
CLASSES = event_data_classes.EVENT_DATA_CLASSES
MODULES = event_data_classes.MODULES
BASES = {
    event_data.TelegramEventData: "Attributes of every event",
    remote_access_event_data.RemoteAccessEventData: (
        "Attributes of every remote access event"
    ),
}

by_class = pytest.mark.parametrize(
    "data_class", CLASSES, ids=lambda data_class: data_class.DATA_TYPE
)


def attributes(data_class: type) -> dict[str, Any]:
    """Attributes of a class in the order of their definition, plaso's own left out.

    They are defaults of the class or are set in __init__.
    """
    found: dict[str, Any] = {}
    for one_class in reversed(data_class.__mro__):
        if one_class.__module__.startswith("telegram_forensics."):
            found.update(
                (name, value)
                for name, value in vars(one_class).items()
                if re.fullmatch("[a-z][a-z0-9_]*", name)
            )
    found.update(vars(data_class()))
    return {
        name: value
        for name, value in found.items()
        if not name.startswith("_") and name != "data_type"
    }


def base_of(data_class: type) -> type:
    """The base that a class shares with others."""
    (base,) = [base for base in BASES if issubclass(data_class, base)]
    return base


def documented(data_class: type) -> dict[str, str]:
    """Attributes that the docstrings of a class and its base describe, with types."""
    found: dict[str, str] = {}
    for one_class in data_class.__mro__:
        if one_class.__module__.startswith("telegram_forensics."):
            matches = re.findall(
                r"^ {4,6}(\w+) \(([^)]+)\): \S", one_class.__doc__, re.M
            )
            assert len(matches) == len(dict(matches))
            found.update(matches)
    return found


def formatter_documents() -> list[dict[str, Any]]:
    """All formatter definitions."""
    return [
        document
        for path in definitions.formatter_files()
        for document in yaml.safe_load_all(path.read_text("utf-8"))
    ]


# Event data classes.


def test_data_types_are_unique() -> None:
    """Each class has a data type of its own, under our prefixes."""
    data_types = [data_class.DATA_TYPE for data_class in CLASSES]
    assert len(set(data_types)) == len(data_types)
    assert all(name.startswith(definitions.DATA_TYPE_PREFIXES) for name in data_types)


def test_every_class_is_listed() -> None:
    """No class is left out of EVENT_DATA_CLASSES."""
    found = [
        value
        for module in MODULES
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, tuple(BASES))
        and value not in BASES
    ]
    assert set(found) == set(CLASSES)


@by_class
def test_attributes(data_class: type) -> None:
    """Nothing is set before the evidence says so; attributes stand in order."""
    instance = data_class()
    assert instance.data_type == data_class.DATA_TYPE
    found = attributes(data_class)
    assert set(found.values()) == {None}
    names = list(found)
    base = list(attributes(base_of(data_class)))
    assert names[: len(base)] == base == sorted(base)
    own = names[len(base) :]
    assert own
    assert own == sorted(own)


@by_class
def test_docstrings(data_class: type) -> None:
    """Every attribute is described with its type, and nothing that does not exist."""
    described = documented(data_class)
    assert set(described) == set(attributes(data_class))
    allowed = {"str", "int", "bool", "list[str]", "dfdatetime.DateTimeValues"}
    assert set(described.values()) <= allowed
    for name, kind in described.items():
        assert (kind == "dfdatetime.DateTimeValues") == name.endswith("_time"), name
        # Timesketch's importer takes the first field with such a name that holds a date
        # or number for the date of the event; these hold codes.
        is_code = name in {"time_precision", "time_zone_basis"}
        assert "time" not in name or name.endswith("_time") or is_code, name
        # JavaScript would lose digits.
        assert kind == "str" or not name.endswith(("_identifier", "_hash")), name


# Timeliner definitions.


def test_timeliner_knows_every_data_type() -> None:
    """A data type without timeliner entry would give no event, silently."""
    found = [item.data_type for item in definitions.read_timeliner_definitions()]
    assert sorted(found) == sorted(data_class.DATA_TYPE for data_class in CLASSES)


@by_class
def test_timeliner_maps_every_time(data_class: type) -> None:
    """Every time becomes an event, and only times are mapped."""
    (definition,) = [
        item
        for item in definitions.read_timeliner_definitions()
        if item.data_type == data_class.DATA_TYPE
    ]
    times = [name for name in attributes(data_class) if name.endswith("_time")]
    assert sorted(definition.attribute_mappings) == sorted(times)
    assert all(definition.attribute_mappings.values())


def test_plasos_timeliner_has_our_definitions() -> None:
    """Plaso's own timeliner reads them behind the stock ones."""
    found = timeliner.EventDataTimeliner(data_location=PLASO_DATA)
    for data_class in CLASSES:
        mappings = found._attribute_mappings[data_class.DATA_TYPE]
        times = [name for name in attributes(data_class) if name.endswith("_time")]
        assert sorted(mappings) == sorted(times)
        assert data_class.DATA_TYPE in found._place_holder_event
    assert "fs:stat" in found._attribute_mappings


# Formatters.


def test_formatters_know_every_data_type() -> None:
    """One formatter for each data type, none for others."""
    found = [document["data_type"] for document in formatter_documents()]
    assert sorted(found) == sorted(data_class.DATA_TYPE for data_class in CLASSES)


@by_class
def test_formatters_use_what_exists(data_class: type) -> None:
    """Every attribute in a message or helper is one of the class."""
    (document,) = [
        item
        for item in formatter_documents()
        if item["data_type"] == data_class.DATA_TYPE
    ]
    names = set()
    for piece in document["message"] + document["short_message"]:
        names.update(re.findall(r"{(\w+)}", piece))
    for kind in ("custom", "enumeration", "boolean", "flags"):
        for helper in document.get(f"{kind}_helpers", []):
            names.add(helper["output_attribute"])
            names.add(helper.get("input_attribute", helper["output_attribute"]))
    assert names <= set(attributes(data_class))
    own = set(attributes(data_class))
    if issubclass(data_class, event_data.TelegramEventData):
        # The identity is in each message.
        assert {"account_identifier", "session_identifier", "client_name"} <= names
        own -= set(attributes(event_data.TelegramEventData))
    shown = {name for name in own if not name.endswith("_time")}
    assert shown <= names


def test_psort_reads_the_formatters() -> None:
    """Psort's own reader accepts each file, helpers included."""
    assert helpers.TelegramKeyIdentifiersFormatterHelper
    found = []
    for path in definitions.formatter_files():
        reader = yaml_formatters_file.YAMLFormattersFile()
        for formatter in reader.ReadFromFile(str(path)):
            found.append(formatter.data_type)
            # psort gives up on a piece with two attributes only here.
            formatter.GetFormatStringAttributeNames()
            formatter._CreateFormatStringMaps()
    assert sorted(found) == sorted(data_class.DATA_TYPE for data_class in CLASSES)
    assert sorted(found) == sorted(
        data_type
        for path in definitions.formatter_files()
        for data_type in definitions.check_formatter_definitions(path)
    )


def test_messages() -> None:
    """Messages as psort makes them, with and without values."""
    output_mediator = mediator.OutputMediator(None, data_location=PLASO_DATA)
    output_mediator.ReadMessageFormattersFromDirectory(f"{PLASO_DATA}/formatters")
    values = {
        "account_identifier": "640011223",
        "key_identifiers": ["0dc577ea4cfe2c5e", "destroy:65cfbf70435c2689"],
        "record_state": "current",
        "session_identifier": "0dc577ea4cfe2c5e",
    }
    formatter = output_mediator.GetMessageFormatter("telegram:session")
    formatter.FormatEventValues(output_mediator, values)
    assert formatter.GetMessage(values) == (
        "Session 0dc577ea4cfe2c5e, account: 640011223, state: current, "
        "keys: 0dc577ea4cfe2c5e destroy:65cfbf70435c2689"
    )
    assert formatter.GetMessageShort(values) == (
        "Session 0dc577ea4cfe2c5e, account: 640011223, current"
    )
    values = {"passcode_state": "locked", "account_slot": "1"}
    formatter = output_mediator.GetMessageFormatter("telegram:account")
    formatter.FormatEventValues(output_mediator, values)
    message = formatter.GetMessage(values)
    assert "slot: 1" in message
    assert "LOCKED, none of the given passcodes fits" in message
    formatter = output_mediator.GetMessageFormatter("remote_access:session")
    for success, expected in (
        (True, "AnyDesk session, let in"),
        (False, "AnyDesk session, not let in"),
        # Not known is not refused.
        (None, "AnyDesk session"),
    ):
        values = {"tool": "AnyDesk", "success": success}
        formatter.FormatEventValues(output_mediator, values)
        assert formatter.GetMessage(values) == expected


# Documentation.


def sections() -> dict[str, str]:
    """Sections of docs/event_data.md by heading."""
    text = (ROOT / "docs" / "event_data.md").read_text("utf-8")
    parts = re.split(r"^## (.+)$", text, flags=re.M)
    headings = parts[1::2]
    assert len(set(headings)) == len(headings)
    return dict(zip(headings, parts[2::2], strict=True))


def rows(section: str) -> list[str]:
    """Names in the first column of the tables of a section."""
    return re.findall(r"^\| `([\w:]+)` \|", section, re.M)


@by_class
def test_documentation(data_class: type) -> None:
    """A section for each data type with a row for it and for each of its attributes."""
    section = rows(sections()[data_class.DATA_TYPE].split("\n\n| ", 2)[1])
    base = attributes(base_of(data_class))
    own = [name for name in attributes(data_class) if name not in base]
    assert section[0] == data_class.DATA_TYPE
    assert sorted(section[1:]) == sorted(own)


@pytest.mark.parametrize("base", BASES, ids=lambda base: base.__name__)
def test_documentation_of_the_base(base: type) -> None:
    """The attributes of every event have a row each, and no other has."""
    section = sections()[BASES[base]].split("### ")[0]
    assert sorted(rows(section)) == sorted(
        name for name in attributes(base) if name != "data_type"
    )


def test_documentation_has_no_other_data_types() -> None:
    """A data type that is gone is gone from the documentation, too."""
    headings = [
        name for name in sections() if name.startswith(definitions.DATA_TYPE_PREFIXES)
    ]
    assert sorted(headings) == sorted(data_class.DATA_TYPE for data_class in CLASSES)


# Presets and helpers.


def test_presets_name_what_exists() -> None:
    """Our preset holds registered parsers; each stock preset that it joins exists."""
    found = presets.ParserPresetsManager()
    found.ReadFromFile(f"{PLASO_DATA}/presets.yaml")
    assert found._definitions["telegram"].parsers == [
        "remote_access_ammyy",
        "remote_access_android",
        "remote_access_anydesk",
        "remote_access_configuration",
        "remote_access_files",
        "remote_access_plist",
        "remote_access_plist_xml",
        "remote_access_program",
        "remote_access_remote_assistance",
        "remote_access_rustdesk",
        "remote_access_teamviewer_connections",
        "remote_access_teamviewer_log",
        "remote_access_vnc",
        "sqlite/telegram_android_database",
        "sqlite/telegram_android_notification_log",
        "sqlite/telegram_android_sim",
        "sqlite/telegram_apple_database",
        "sqlite/telegram_apple_storage",
        "sqlite/telegram_ios_legacy",
        "sqlite/telegram_pyrogram_session",
        "sqlite/telegram_tdlib_database",
        "sqlite/telegram_telethon_session",
        "sqlite/telegram_web_firefox_caches",
        "sqlite/telegram_web_firefox_indexed_db",
        "sqlite/telegram_web_firefox_local_storage",
        "sqlite/telegram_web_firefox_storage",
        "sqlite/telegram_web_firefox_webappsstore",
        "sqlite/telegram_web_indexed_db",
        "sqlite/telegram_web_local_storage",
        "sqlite/telegram_web_quota",
        "sqlite/telegram_web_safari_indexed_db",
        "sqlite/telegram_web_safari_local_storage",
        "telegram_android_notifications",
        "telegram_android_preferences",
        "telegram_android_statistics",
        "telegram_android_tgnet",
        "telegram_android_usage",
        "telegram_apple_accounts",
        "telegram_apple_critlog",
        "telegram_apple_encrypted",
        "telegram_apple_lock_state",
        "telegram_apple_log",
        "telegram_apple_login_tokens",
        "telegram_apple_notification_key",
        "telegram_apple_run",
        "telegram_apple_shared_data",
        "telegram_desktop",
        "telegram_desktop_damaged",
        "telegram_desktop_export_html",
        "telegram_desktop_export_json",
        "telegram_desktop_log",
        "telegram_desktop_mark",
        "telegram_ios_biome",
        "telegram_ios_legacy_encrypted",
        "telegram_macos_legacy",
        "telegram_sqlite_damaged",
        "telegram_sqlite_damaged_named",
        "telegram_tdlib_binlog",
        "telegram_tdlib_binlog_named",
        "telegram_tdlib_log",
        "telegram_tdlib_lone_database",
        "telegram_web_cache_storage",
        "telegram_web_extension",
        "telegram_web_firefox_metadata",
        "telegram_web_firefox_service_workers",
        "telegram_web_indexed_db",
        "telegram_web_local_storage",
        "telegram_windows_phone",
        "telegram_x_accounts",
    ]
    for target in definitions.read_presets()["telegram"]:
        assert found._definitions[target].parsers.count("telegram") == 1
    web = found._definitions["telegram_web"].parsers
    assert web == [
        name
        for name in found._definitions["telegram"].parsers
        if name.rpartition("/")[2].startswith("telegram_web_")
    ]
    assert len(web) >= 15
    assert found._definitions["webhist"].parsers.count("telegram_web") == 1


def test_our_preset_takes_no_plugin_away() -> None:
    """A stock preset runs the same stock parsers and plugins as without ours."""
    stock = presets.ParserPresetsManager()
    stock.ReadFromFile(f"{PLASO_DATA}/presets.yaml")
    helper = parser_filter.ParserFilterExpressionHelper()
    ours = [name.split("/") for name in stock._definitions["telegram"].parsers]
    for preset in ("win_gen", "win7", "linux", "macos", "android", "ios"):
        _, includes = helper.SplitExpression(helper.ExpandPresets(stock, preset))
        for parser, *plugin in ours:
            # Beside a plugin that is named, "*" means nothing to plaso.
            assert not plugin or "*" not in includes[parser], (preset, parser)
    expression = helper.ExpandPresets(stock, "win7")
    parsers = parsers_manager.ParsersManager.GetParserObjects(expression)
    plugins = parsers["winreg"]._plugins_per_name
    assert len(plugins) > 20
    assert "remote_access_teamviewer" in plugins
    assert "remote_access_registry" in plugins


@pytest.mark.parametrize(
    "module",
    ["parsers.telegram_desktop", "parsers.event_data", "vfs.tdata_file_system"],
)
def test_our_modules_can_be_imported_first(module: str) -> None:
    """Whatever a script imports first, plaso knows our parsers and nothing warns."""
    script = (
        f"import telegram_forensics.{module}, plaso.parsers\n"
        "from plaso.parsers import manager\n"
        "from telegram_forensics import autoload\n"
        "assert autoload.STATUS['register_parsers'] == 'done', autoload.STATUS\n"
        "assert 'telegram_desktop' in manager.ParsersManager._parser_classes\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_helper_is_registered() -> None:
    """The custom helper that the formatters name is known to plaso."""
    identifier = helpers.TelegramKeyIdentifiersFormatterHelper.IDENTIFIER
    helper = formatters_manager.FormattersManager.GetEventFormatterHelper(identifier)
    assert isinstance(helper, helpers.TelegramKeyIdentifiersFormatterHelper)
    named = {
        custom["identifier"]
        for document in formatter_documents()
        for custom in document.get("custom_helpers", [])
    }
    assert named == {identifier}
    values = {"key_identifiers": None}
    helper.FormatEventValues(None, values)
    assert values == {"key_identifiers": None}
