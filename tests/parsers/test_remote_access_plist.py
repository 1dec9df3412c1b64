"""Property lists of remote control programs on macOS and iOS."""

from __future__ import annotations

import datetime
import plistlib
import random
from pathlib import Path
from typing import Any

import pytest

from telegram_forensics.formats import remote_plist
from telegram_forensics.formats.errors import FormatError
from tests.parsers import remote_access_support as remote
from tests.parsers import support

BOTH = f"{remote.PARSERS},plist"
CONTAINER = "private/var/mobile/Containers/{}/3F2504E0-4F89-11D3-9A0C-0305E82C3301"
TEAMVIEWER = {
    "ClientID": 1660360496,
    "OwningManagerAccountName": "Олена П.",
    "PermanentPassword": b"c0ffee" * 3,
    "Security": {"PasswordHash": "c0ffee", "AccessList": [1660360497, 987654321]},
    "Always_Online": True,
    "LastStart": datetime.datetime(2024, 3, 2, 20, 11, 5),  # noqa: DTZ001
    "Blob": b"12345",
}
forms = pytest.mark.parametrize(
    "form", [plistlib.FMT_XML, plistlib.FMT_BINARY], ids=["xml", "binary"]
)


def parse(
    folder: Path, name: str, content: Any, form: Any = plistlib.FMT_BINARY
) -> support.Extraction:
    """Writes a property list and processes it, with plaso's own parser beside."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(plistlib.dumps(content, fmt=form))
    return remote.parse(path, BOTH)


def values(found: support.Extraction) -> dict[str, tuple[str, str | None]]:
    """Values and meanings of settings by name."""
    return {
        item.setting_name: (item.setting_value, item.setting_meaning)
        for item in remote.events(found, "configuration")
    }


@forms
@pytest.mark.parametrize(
    "name",
    [
        "Library/Preferences/com.teamviewer.teamviewer.preferences.plist",
        "Users/o/Library/Preferences/com.teamviewer.teamviewer.preferences.Machine.plist",
    ],
)
def test_teamviewer(tmp_path: Path, name: str, form: Any) -> None:
    """Own identifier and account; lists in order; no secret."""
    found = parse(tmp_path, name, TEAMVIEWER, form)
    assert values(found) == {
        "ClientID": ("1660360496", "own_identifier"),
        "OwningManagerAccountName": ("Олена П.", None),
        "PermanentPassword": ("set (18 bytes, not given out)", None),
        "Security.PasswordHash": ("set (6 characters, not given out)", None),
        "Security.AccessList.0": ("1660360497", None),
        "Security.AccessList.1": ("987654321", None),
        "Always_Online": ("true", None),
        "LastStart": ("2024-03-02T20:11:05Z", None),
        "Blob": ("(5 bytes)", None),
    }
    # plaso's own plugin tells the date as before.
    assert [item.key for item in found.of_type("plist:key")] == ["LastStart"]
    (own,) = [item for item in remote.events(found) if item.setting_meaning]
    assert own.local_identifier == "1660360496"
    assert own.tool == "TeamViewer"
    assert own.written_time is not None
    assert "c0ffee" not in repr([vars(item) for item in remote.events(found)])
    assert found.warnings == []


def test_remote_management(tmp_path: Path) -> None:
    """Apple's switches; a mask of rights has no meaning here."""
    name = "Library/Preferences/com.apple.RemoteManagement.plist"
    content = {
        "ARD_AllLocalUsers": True,
        "ARD_AllLocalUsersPrivs": 1073742079,
        "VNCLegacyConnectionsEnabled": 1,
        "ScreenSharingReqPermEnabled": False,
    }
    assert values(parse(tmp_path, name, content)) == {
        "ARD_AllLocalUsers": ("true", "all_local_users_allowed"),
        "ARD_AllLocalUsersPrivs": ("1073742079", None),
        "VNCLegacyConnectionsEnabled": ("1", "vnc_password_allowed"),
        "ScreenSharingReqPermEnabled": ("false", "guests_may_not_ask"),
    }


def test_services(tmp_path: Path) -> None:
    """launchd's list: what is not disabled is started."""
    name = "private/var/db/com.apple.xpc.launchd/disabled.plist"
    content = {
        "com.apple.screensharing": False,
        "com.teamviewer.teamviewer_service": True,
        "com.apple.ftpd": True,
        "com.anydesk.x": "odd",
    }
    found = parse(tmp_path, name, content)
    assert values(found) == {
        "disabled.com.apple.screensharing": ("false", "service_enabled"),
        "disabled.com.teamviewer.teamviewer_service": ("true", "service_disabled"),
    }
    assert not remote.events(parse(tmp_path, "x/disabled.plist", content))


@pytest.mark.parametrize(
    ("name", "tool"),
    [
        ("com.philandro.anydesk.plist", "AnyDesk"),
        ("com.carriez.RustDesk.plist", "RustDesk"),
        ("com.realvnc.vncserver.plist", "RealVNC"),
        ("org.chromium.chromoting.plist", "Chrome Remote Desktop"),
        ("com.apple.RemoteDesktop.plist", "Apple Remote Desktop"),
    ],
)
def test_others(tmp_path: Path, name: str, tool: str) -> None:
    """Without confirmed meanings."""
    found = parse(tmp_path, f"Library/Preferences/{name}", {"Key": "c0ffee", "n": 1})
    assert values(found) == {
        "Key": ("set (6 characters, not given out)", None),
        "n": ("1", None),
    }
    assert {item.tool for item in remote.events(found)} == {tool}


def test_policies_of_chrome(tmp_path: Path) -> None:
    """Only those of Chrome Remote Desktop."""
    name = "Library/Managed Preferences/com.google.Chrome.plist"
    content = {"HomepageLocation": "x", "RemoteAccessHostRequireCurtain": True}
    found = parse(tmp_path, name, content)
    assert list(values(found)) == ["RemoteAccessHostRequireCurtain"]


@forms
def test_other_lists(tmp_path: Path, form: Any) -> None:
    """How launchd starts a program is plaso's; other lists are left alone."""
    content = {"Label": "x", "ProgramArguments": ["y"], "when": TEAMVIEWER["LastStart"]}
    for name in (
        "Library/LaunchDaemons/com.teamviewer.teamviewer_service.plist",
        "Library/Preferences/com.example.plist",
    ):
        found = parse(tmp_path, name, content, form)
        assert not remote.events(found)
        assert found.event_data


@pytest.mark.parametrize(
    ("folder", "words"),
    [
        ("Bundle/Application", "folder of the program"),
        ("Data/Application", "folder of its data"),
        ("Shared/AppGroup", "folder shared by its parts"),
    ],
)
def test_containers(tmp_path: Path, folder: str, words: str) -> None:
    """Folders of iOS by the bundle that they are of."""
    name = f"{CONTAINER.format(folder)}/{remote_plist.CONTAINER_NAME}"
    bundle = "com.teamviewer.quicksupport"
    found = parse(tmp_path, name, {"MCMMetadataIdentifier": bundle})
    (event,) = remote.events(found)
    assert (event.event_kind, event.tool) == ("program_installed", "TeamViewer")
    assert event.details == f"bundle {bundle}, {words}"
    for content in ({"MCMMetadataIdentifier": "com.example.bank"}, {}, {"x": 1}):
        assert not remote.events(parse(tmp_path, name, content))


def test_bounds() -> None:
    """Lists that name one thing many times, and deep ones, end."""
    wide: Any = ["x"] * 500
    for _ in range(5):
        wide = [wide] * 500
    found = remote_plist.property_list_of("com.realvnc.x.plist", "/com.realvnc.x.plist")
    assert found is not None
    with pytest.raises(FormatError, match="more settings"):
        list(remote_plist.read(found, {"a": wide}, ""))
    deep: Any = 1
    for _ in range(50):
        deep = {"a": deep}
    with pytest.raises(FormatError, match="deeper"):
        list(remote_plist.read(found, {"a": deep}, ""))
    with pytest.raises(FormatError, match="more or deeper"):
        list(remote_plist.read(found, {"a": [[]] * 30_000}, ""))


@forms
def test_damage(tmp_path: Path, form: Any) -> None:
    """Damaged lists give a warning of ours, never an exception."""
    name = "com.teamviewer.TeamViewer.plist"
    data = plistlib.dumps(TEAMVIEWER, fmt=form)
    path = tmp_path / name
    generator = random.Random("plist")
    for number in range(120):
        changed = bytearray(data)
        for _ in range(generator.choice((1, 3, 20))):
            changed[generator.randrange(6, len(data))] = generator.randrange(256)
        path.write_bytes(changed[: len(data) if number % 2 else -1 - number])
        found = remote.parse(path)
        assert not [item for item in found.warnings if support.FAILURE in item]
        assert found.event_data or found.warnings
    for size in range(8, len(data)):
        try:
            remote_plist.load(data[:size])
        except FormatError as exception:
            assert "damaged" in exception.reason
