"""Settings of remote control programs in real registry hives, as plaso reads them."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from plaso.parsers import winreg_parser

from telegram_forensics.formats import remote_registry
from tests.parsers import remote_access_support as remote
from tests.parsers import support

HIVES = support.ROOT / "test_data" / "remote_access"
STOCK = "windows:registry:key_value"


def read(name: str) -> support.Extraction:
    """What plaso's Registry parser says of a hive."""
    return remote.parse(HIVES / name, "winreg")


def settings(found: support.Extraction, tool: str) -> dict[str, Any]:
    """Settings of a program by name; the key's path in front if it stands twice."""
    result: dict[str, Any] = {}
    for item in remote.events(found, "configuration"):
        if item.tool == tool:
            name = item.setting_name
            result[name if name not in result else f"{item.details}|{name}"] = item
    return result


def test_no_secret_is_given_out() -> None:
    """Secrets of all hives begin alike; none is in an event of ours."""
    for path in sorted(HIVES.glob("*.hve")):
        found = read(path.name)
        assert found.warnings == []
        events = remote.events(found)
        assert events
        assert "c0ffee" not in repr([vars(item) for item in events]).lower()
        for item in events:
            text = remote.utc(item.written_time)
            assert text is not None
            assert text.startswith("2024-03-02 20:00:")


def test_teamviewer() -> None:
    """The key of the computer, that of 32-bit programs and that of a user."""
    found = read("SOFTWARE.hve")
    values = settings(found, "TeamViewer")
    assert values["ClientID"].local_identifier == "1660397296"
    assert values["Version"].tool_version == "15.50.5"
    assert values["OwningManagerAccountName"].setting_value == "Олена П."
    # It begins with an empty string, where plaso's own list ends.
    assert values["LastMACUsed"].setting_value == "01"
    secret = values["PermanentPassword"].setting_value
    assert secret == "set (16 bytes, not given out)"
    name = "AccessControl\\AC_Server_AccessControlType"
    assert values[name].setting_value == "0"
    other = "HKEY_LOCAL_MACHINE\\Software\\WOW6432Node\\TeamViewer|ClientID"
    assert values[other].local_identifier == "987654321"
    values = settings(read("NTUSER.DAT.hve"), "TeamViewer")
    assert values["BuddyLoginName"].setting_value == "olena@example.com"


def test_vnc() -> None:
    """A password is set; other values have no confirmed meaning."""
    found = read("SOFTWARE.hve")
    values = settings(found, "RealVNC")
    assert values["vncserver\\Password"].setting_meaning == "password_set"
    assert values["WinVNC4\\Password"].setting_meaning == "password_set"
    assert values["vncserver\\QueryConnect"].setting_value == "0"
    assert values["vncserver\\QueryConnect"].setting_meaning is None
    values = settings(found, "TightVNC")
    assert {
        name for name, item in values.items() if item.setting_meaning == "password_set"
    } == {"Server\\Password", "Server\\PasswordViewOnly", "Server\\ControlPassword"}
    assert values["Server\\RfbPort"].setting_value == "5900"
    assert values["Server\\AcceptRfbConnections"].setting_value == "1"
    values = settings(found, "VNC (WinVNC3)")
    assert values["WinVNC3\\Password"].setting_value == "set (8 bytes, not given out)"
    assert settings(found, "UltraVNC")


def test_recent_servers() -> None:
    """What a viewer remembers are partners; their order is none."""
    values = settings(read("NTUSER.DAT.hve"), "RealVNC")
    assert values["VNCViewer4\\MRU\\00"].remote_identifier == "203.0.113.9::5900"
    assert values["VNCViewer4\\MRU\\01"].direction == "outgoing"
    assert values["VNCViewer4\\MRU\\Order"].setting_meaning is None


def test_chrome_remote_desktop() -> None:
    """Paired clients need no PIN; policies, but not those of the browser."""
    values = settings(read("SOFTWARE.hve"), "Chrome Remote Desktop")
    client = "5f1c0c1e-7d9e-4a0b-9d56-0a3a3f6f7c11"
    paired = values[f"paired-clients\\clients\\{client}"]
    assert paired.setting_meaning == "paired_client"
    assert paired.remote_identifier == client
    assert paired.remote_name == "Windows - Марк"
    assert remote.utc(paired.recorded_time) == "2024-03-01 20:00:00.123"
    secret = values[f"paired-clients\\secrets\\{client}"]
    assert secret.setting_value.startswith("set (")
    meaning = values["RemoteAccessHostAllowClientPairing"].setting_meaning
    assert meaning == "pairing_allowed"
    domains = "RemoteAccessHostClientDomainList\\1"
    assert values[domains].setting_value == "example.com"
    assert not any("Homepage" in name or "Extension" in name for name in values)


def test_switches_of_windows() -> None:
    """Remote Desktop and Remote Assistance, in each control set and as a policy."""
    found = read("SYSTEM.hve")
    values = settings(found, "RDP")
    assert values["fDenyTSConnections"].setting_meaning == "rdp_allowed"
    second = "HKEY_LOCAL_MACHINE\\System\\ControlSet002\\Control\\Terminal Server"
    assert values[f"{second}|fDenyTSConnections"].setting_meaning == "rdp_refused"
    meaning = values["UserAuthentication"].setting_meaning
    assert meaning == "no_network_level_authentication"
    assert values["PortNumber"].setting_value == "3389"
    assert "InitialProgram" not in values
    values = settings(found, "Remote Assistance")
    assert values["fAllowToGetHelp"].setting_meaning == "remote_assistance_allowed"
    values = settings(read("SOFTWARE.hve"), "RDP")
    assert values["Shadow"].setting_meaning == "shadow_control_without_consent"


def test_others() -> None:
    """Short binary values are shown, long ones may be hashes."""
    found = read("SOFTWARE.hve")
    values = settings(found, "Radmin")
    assert values["v3.0\\Server\\Parameters\\AskUser"].setting_value == "00000000"
    name = "v3.0\\Server\\Parameters\\Radmin Security\\1\\1"
    assert values[name].setting_value == "(16 bytes)"
    assert settings(found, "Remote Utilities")
    assert settings(found, "Remote Manipulator System")
    assert settings(found, "Ammyy Admin")
    values = settings(read("SYSTEM.hve"), "Radmin")
    assert values["v2.0\\Server\\Parameters\\Parameter"].setting_value == "(16 bytes)"


def test_stock_events_of_shared_keys() -> None:
    """Keys that hold more than our switches keep their stock event, once."""
    for name, path in (
        ("SYSTEM.hve", "System\\ControlSet001\\Control\\Terminal Server"),
        ("SYSTEM.hve", "System\\ControlSet001\\Control\\Remote Assistance"),
        ("SOFTWARE.hve", "Software\\Policies\\Google\\Chrome"),
    ):
        found = read(name).of_type(STOCK)
        paths = [item.key_path for item in found]
        assert paths.count(f"HKEY_LOCAL_MACHINE\\{path}") == 1


def test_no_stock_plugin_has_our_keys() -> None:
    """Two plugins with one key: plaso would keep the later one only."""
    parser = winreg_parser.WinRegistryParser()
    parser.EnablePlugins(parser.ALL_PLUGINS)
    for place in remote_registry.PLACES:
        plugin = parser._plugins_per_key_path[place.path.lower()]
        assert plugin.NAME == "remote_access_registry"
        assert remote_registry.place_of(place.path) == place


def test_paired_clients_that_are_damaged() -> None:
    """What is no JSON is given as it is."""
    place = remote_registry.place_of(
        "HKEY_LOCAL_MACHINE\\Software\\Google\\Chrome Remote Desktop"
    )
    assert place is not None
    name = "paired-clients\\clients\\x"
    for text in ("", "{", "[" * 5000, "1", '{"createdTime":1e400}', "{}"):
        found = remote_registry.read_text(place, name, text)
        assert found.value == text
        assert found.recorded is None
    found = remote_registry.read_text(place, name, '{"createdTime":true}')
    assert (found.remote_identifier, found.recorded) == ("x", None)


@pytest.mark.parametrize("name", ["SOFTWARE.hve", "SYSTEM.hve", "NTUSER.DAT.hve"])
def test_damaged_hives(tmp_path: Path, name: str) -> None:
    """Damage gives warnings or fewer events, never an exception of ours."""
    data = (HIVES / name).read_bytes()
    generator = random.Random(f"hive {name}")
    for _ in range(25):
        changed = bytearray(data)
        for _ in range(generator.choice((1, 4, 40))):
            changed[generator.randrange(4096, len(data))] = generator.randrange(256)
        path = tmp_path / name
        path.write_bytes(changed[: generator.choice((len(data), 9000))])
        found = remote.parse(path, "winreg")
        assert not [item for item in found.warnings if support.FAILURE in item]
