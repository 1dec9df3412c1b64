"""Settings of remote control programs: files and the Registry."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from dfdatetime import filetime
from dfwinreg import definitions as dfwinreg_definitions
from dfwinreg import fake as dfwinreg_fake
from plaso.containers import events as plaso_events
from plaso.parsers import mediator as parsers_mediator
from plaso.parsers import winreg_parser
from plaso.storage.fake import writer as fake_writer
from telegram_forensics.parsers import remote_access_registry

from tests.parsers import remote_access_support as remote


def settings(found: Any) -> dict[str, str | None]:
    """Names and values of settings."""
    return {
        item.setting_name: item.setting_value
        for item in remote.events(found, "configuration")
    }


# Files.


@pytest.mark.parametrize("name", ["service.conf", "system.conf", "user.conf"])
def test_anydesk(tmp_path: Path, name: str) -> None:
    """Own identifier; unattended access is set; no secret is given out."""
    text = [
        "ad.anynet.id=294433414",
        "ad.anynet.alias=büro@ad",
        "ad.anynet.pwd_hash=5344a7a23b2abb63",
        "ad.anynet.pwd_salt=81279b158b9f3e2e",
        "ad.anynet.cert=-----BEGIN CERTIFICATE-----\\nMIIC",
        "ad.security.interactive_access=2",
        "ad.roster.items=442226597,mark@ad,Mark",
        "",
        "nonsense",
    ]
    found = remote.parse_lines(tmp_path, name, text)
    os.utime(tmp_path / name, (1700000000, 1700000000))
    found = remote.parse(tmp_path / name)
    values = settings(found)
    assert values["ad.anynet.id"] == "294433414"
    assert values["ad.anynet.alias"] == "büro@ad"
    assert values["ad.security.interactive_access"] == "2"
    assert values["ad.anynet.pwd_hash"] == "set (16 characters, not given out)"
    assert "5344a7a2" not in repr([vars(item) for item in found.event_data])
    by_name = {item.setting_name: item for item in remote.events(found)}
    assert by_name["ad.anynet.id"].local_identifier == "294433414"
    assert by_name["ad.anynet.id"].setting_meaning == "own_identifier"
    assert by_name["ad.anynet.pwd_hash"].setting_meaning == "unattended_access_set"
    assert by_name["ad.security.interactive_access"].setting_meaning is None
    written = by_name["ad.anynet.id"].written_time
    assert remote.utc(written) == "2023-11-14 22:13:20"
    (warning,) = found.warnings
    assert "no setting" in warning
    assert not remote.events(found, "log_coverage")


def test_conf_of_other_programs(tmp_path: Path) -> None:
    """The names are common."""
    found = remote.parse_lines(tmp_path, "system.conf", ["a=b", "password=x"])
    assert not found.of_type(remote.EVENT)
    assert found.warnings == []


def test_teamviewer_tvc(tmp_path: Path) -> None:
    """A stored partner."""
    text = ["[TeamViewer Configuration]", "targetID=1660360496", "password=xyz"]
    for encoding in ("utf-8", "utf-16"):
        found = remote.parse_lines(tmp_path, "1660360496.tvc", text, encoding)
        partner = remote.events(found, "configuration")[0]
        assert partner.setting_meaning == "partner"
        assert partner.remote_identifier == "1660360496"
        assert partner.direction == "outgoing"
        name = "TeamViewer Configuration.password"
        assert settings(found)[name] == "set (3 characters, not given out)"


def test_rustdesk(tmp_path: Path) -> None:
    """Own settings and those of partners; no meaning is confirmed."""
    text = ["enc_id = 'secret'", "id = '123456789'", "[options]", "whitelist = '1.2'"]
    found = remote.parse_lines(tmp_path, "RustDesk/config/RustDesk2.toml", text)
    assert settings(found)["options.whitelist"] == "1.2"
    assert settings(found)["id"] == "123456789"
    assert settings(found)["enc_id"] == "set (6 characters, not given out)"
    text = ["password = [1,2]", "[info]", "username = 'olga'"]
    name = "RustDesk/config/peers/987654321.toml"
    found = remote.parse_lines(tmp_path, name, text)
    assert {item.remote_identifier for item in remote.events(found)} == {"987654321"}
    assert settings(found)["info.username"] == "olga"


def test_ultravnc_ini(tmp_path: Path) -> None:
    """Where its log lies, for one."""
    text = ["[ultravnc]", "passwd=0102030405", "[admin]", "path=C:\\vnc"]
    found = remote.parse_lines(tmp_path, "ultravnc.ini", text)
    assert settings(found)["admin.path"] == "C:\\vnc"
    assert settings(found)["ultravnc.passwd"].startswith("set (")


@pytest.mark.parametrize(
    "name",
    [
        "ProgramData/Google/Chrome Remote Desktop/host.json",
        "home/o/.config/chrome-remote-desktop/host#0123abcd.json",
        "Library/PrivilegedHelperTools/org.chromium.chromoting.json",
    ],
)
def test_chrome_remote_desktop(tmp_path: Path, name: str) -> None:
    """The owner of the host; no key."""
    text = [
        '{"host_id": "abc", "host_owner": "olga@example.com",',
        '"private_key":"x"}',
    ]
    found = remote.parse_lines(tmp_path, name, text)
    assert settings(found)["host_owner"] == "olga@example.com"
    assert settings(found)["private_key"].startswith("set (")
    found = remote.parse_lines(tmp_path, name, ["{"])
    assert len(found.warnings) == 1
    found = remote.parse_lines(tmp_path, "elsewhere/host.json", text)
    assert not found.of_type(remote.EVENT)


def test_remote_assistance(tmp_path: Path) -> None:
    """The name tells the time."""
    folder = "Documents/Remote Assistance Logs"
    found = remote.parse_lines(tmp_path, f"{folder}/20240302201105.xml", ["<a/>"])
    (event,) = remote.events(found)
    assert event.event_kind == "session_log"
    assert remote.utc(event.recorded_time) == "local 2024-03-02 20:11:05"
    for name in (
        f"{folder}/20249902201105.xml",
        f"{folder}/x.xml",
        "20240302201105.xml",
    ):
        found = remote.parse_lines(tmp_path, name, ["<a/>"])
        assert not found.of_type(remote.EVENT)


# Registry.

KEY = "HKEY_LOCAL_MACHINE\\Software\\TeamViewer"


def registry_key() -> Any:
    """TeamViewer's key with values of every kind and a key below."""
    moment = filetime.Filetime(timestamp=133485345600000000)

    def value(name: str, data: bytes, data_type: int) -> Any:
        return dfwinreg_fake.FakeWinRegistryValue(name, data=data, data_type=data_type)

    text = dfwinreg_definitions.REG_SZ
    key = dfwinreg_fake.FakeWinRegistryKey(
        "TeamViewer",
        key_path_prefix="HKEY_LOCAL_MACHINE",
        last_written_time=moment.timestamp,
        relative_key_path="Software\\TeamViewer",
    )
    for item in (
        value(
            "ClientID",
            (1660388656).to_bytes(4, "little"),
            dfwinreg_definitions.REG_DWORD,
        ),
        value("Version", "15.50.5\0".encode("utf-16-le"), text),
        value("OwningManagerAccountName", "Ольга\0".encode("utf-16-le"), text),
        value(
            "LastMACUsed",
            "aa\0bb\0\0".encode("utf-16-le"),
            dfwinreg_definitions.REG_MULTI_SZ,
        ),
        value("SecurityPasswordAES", b"c0ffee", dfwinreg_definitions.REG_BINARY),
        value("PermanentPassword", "c0ffee\0".encode("utf-16-le"), text),
        value("Always_Online", b"\x01", dfwinreg_definitions.REG_DWORD),
        value("Damaged", b"\x00\xd8", text),
    ):
        key.AddValue(item)
    below = dfwinreg_fake.FakeWinRegistryKey("AccessControl")
    below.AddValue(
        value("AC_Server", b"\x02\0\0\0", dfwinreg_definitions.REG_DWORD),
    )
    key.AddSubkey("AccessControl", below)
    return key


def extract(key: Any) -> tuple[list[Any], list[str]]:
    """Runs the plugin as plaso does.

    Returns:
        Event data, and the texts of warnings.
    """
    writer = fake_writer.FakeStorageWriter()
    writer.Open()
    mediator = parsers_mediator.ParserMediator()
    mediator.SetStorageWriter(writer)
    mediator.ProduceEventDataStream(plaso_events.EventDataStream())
    plugin = remote_access_registry.TeamViewerRegistryPlugin()
    assert any(key_filter.Match(key) for key_filter in plugin.FILTERS)
    plugin.UpdateChainAndProcess(mediator, key)
    warnings = [
        item.message for item in writer.GetAttributeContainers("extraction_warning")
    ]
    return list(writer.GetAttributeContainers("event_data")), warnings


def test_registry() -> None:
    """All values as stored, but no secret."""
    found, warnings = extract(registry_key())
    by_name = {item.setting_name: item for item in found}
    assert by_name["ClientID"].setting_value == "1660388656"
    assert by_name["ClientID"].local_identifier == "1660388656"
    assert by_name["ClientID"].setting_meaning == "own_identifier"
    assert by_name["Version"].tool_version == "15.50.5"
    assert by_name["OwningManagerAccountName"].setting_value == "Ольга"
    assert by_name["LastMACUsed"].setting_value == "aa, bb"
    assert "c0ffee" not in repr([vars(item) for item in found])
    assert by_name["PermanentPassword"].setting_value.startswith("set (")
    assert by_name["SecurityPasswordAES"].setting_value.startswith("set (")
    assert by_name["AccessControl\\AC_Server"].setting_value == "2"
    written = by_name["ClientID"].written_time
    assert remote.utc(written) == "2023-12-31 22:16:00"
    assert all(item.details.startswith(KEY) for item in found)
    # What cannot be read is there all the same.
    assert by_name["Damaged"].setting_value is None
    assert any("Damaged" in warning for warning in warnings)


def test_registry_of_many_keys() -> None:
    """A key with more below it than any TeamViewer has."""
    key = registry_key()
    for number in range(600):
        key.AddSubkey(f"a{number}", dfwinreg_fake.FakeWinRegistryKey(f"a{number}"))
    found, warnings = extract(key)
    assert len(found) == 9
    assert any("not read" in warning for warning in warnings)


def test_registry_filters() -> None:
    """32-bit programs have their keys elsewhere, and no stock plugin takes these."""
    plugins = winreg_parser.WinRegistryParser._plugin_classes
    assert "remote_access_teamviewer" in plugins
    parser = winreg_parser.WinRegistryParser()
    parser.EnablePlugins(parser.ALL_PLUGINS)
    for path in (
        KEY,
        "HKEY_LOCAL_MACHINE\\Software\\Wow6432Node\\TeamViewer",
        "HKEY_CURRENT_USER\\Software\\TeamViewer",
    ):
        plugin = parser._plugins_per_key_path[path.lower()]
        assert plugin.NAME == "remote_access_teamviewer"
