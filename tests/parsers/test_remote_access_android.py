"""Lists of packages and accessibility services of Android."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from telegram_forensics.formats import android_packages, android_xml, remote_programs
from telegram_forensics.formats.errors import FormatError
from tests.builders import android_binary_xml
from tests.parsers import remote_access_support as remote
from tests.parsers import support

# 2024-03-02 20:11:05.101 and 2024-03-05 08:00:00.000 UTC.
INSTALLED, UPDATED = f"{1709410265101:x}", f"{1709625600000:x}"
PACKAGES = (
    '<packages><version sdkVersion="33"/>'
    '<package name="com.anydesk.adcontrol.ad1" codePath="/data/app/~~x/ad1-y" '
    f'ft="{UPDATED}" it="{INSTALLED}" ut="{UPDATED}" version="10700" '
    'installer="com.android.vending"><sigs count="1"/></package>'
    f'<package name="com.teamviewer.quicksupport.market" it="{INSTALLED}" '
    f'ut="{INSTALLED}"/>'
    f'<package name="org.telegram.messenger" ut="{UPDATED}" version="5"/>'
    '<package name="com.example.bank" it="1" ut="2"/>'
    "</packages>"
)
RESTRICTIONS = (
    "<package-restrictions>"
    f'<pkg name="com.carriez.flutter_hbb" nl="true" stopped="true" '
    f'first-install-time="{INSTALLED}"/>'
    '<pkg name="com.anydesk.anydeskandroid" inst="false"/>'
    f'<pkg name="org.telegram.messenger" first-install-time="{INSTALLED}"/>'
    "</package-restrictions>"
)
SERVICES = (
    "com.anydesk.adcontrol.ad1/com.anydesk.adcontrol.AccService:"
    "com.example.reader/.Reader"
)
SETTINGS = (
    '<settings version="1">'
    '<setting id="1" name="android_id" value="0123"/>'
    f'<setting id="2" name="enabled_accessibility_services" value="{SERVICES}" '
    'package="com.android.settings"/>'
    "</settings>"
)
FILES = {
    "data/system/packages.xml": PACKAGES,
    "data/system/users/10/package-restrictions.xml": RESTRICTIONS,
    "data/system/users/0/settings_secure.xml": SETTINGS,
}
both = pytest.mark.parametrize("is_binary", [False, True], ids=["text", "binary"])


def write(folder: Path, name: str, text: str, is_binary: bool) -> Path:
    """Writes one of the files."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    head = "<?xml version='1.0' encoding='utf-8' standalone='yes' ?>\n"
    data = android_binary_xml.to_binary(text) if is_binary else (head + text).encode()
    path.write_bytes(data)
    return path


def read(folder: Path, name: str, is_binary: bool = False) -> support.Extraction:
    """Processes one of the files."""
    return remote.parse(write(folder, name, FILES[name], is_binary))


def rows(items: list[Any]) -> list[tuple[Any, ...]]:
    """What events say."""
    return [
        (item.event_kind, item.tool, item.details, remote.utc(item.recorded_time))
        for item in items
    ]


@both
def test_packages(tmp_path: Path, is_binary: bool) -> None:
    """Programs for remote control with their times; others give nothing."""
    found = read(tmp_path, "data/system/packages.xml", is_binary)
    details = "package com.anydesk.adcontrol.ad1, installed by com.android.vending"
    first, second, third = remote.events(found)
    assert rows([first, second, third]) == [
        ("program_installed", "AnyDesk", details, "2024-03-02 20:11:05.101"),
        ("program_updated", "AnyDesk", details, "2024-03-05 08:00:00"),
        (
            "program_installed",
            "TeamViewer",
            "package com.teamviewer.quicksupport.market",
            "2024-03-02 20:11:05.101",
        ),
    ]
    assert first.program_path == "/data/app/~~x/ad1-y"
    assert (first.tool_version, first.time_zone_basis) == ("10700", "utc")
    (telegram, updated) = found.of_type("telegram:device_use")
    assert telegram.event_kind == "package_installed"
    # Android 13 and later have it elsewhere.
    assert telegram.recorded_time is None
    assert remote.utc(updated.recorded_time) == "2024-03-05 08:00:00"
    assert updated.client_package == "org.telegram.messenger"
    assert updated.attribution_basis == "android_package_list"
    assert updated.storage_format == ("abx" if is_binary else "xml")
    assert "bank" not in repr([vars(item) for item in found.event_data])
    assert found.warnings == []


@both
def test_restrictions(tmp_path: Path, is_binary: bool) -> None:
    """What each Android user has, also what is not installed any more."""
    name = "data/system/users/10/package-restrictions.xml"
    found = read(tmp_path, name, is_binary)
    first, second = remote.events(found)
    assert first.event_kind == "program_installed"
    assert first.local_account == "10"
    flags = "nl=true, stopped=true"
    assert first.details == f"package com.carriez.flutter_hbb, {flags}"
    assert remote.utc(first.recorded_time) == "2024-03-02 20:11:05.101"
    assert second.event_kind == "program_not_installed"
    assert second.recorded_time is None
    (telegram,) = found.of_type("telegram:device_use")
    assert telegram.android_user == 10
    assert telegram.event_kind == "package_installed"


@both
def test_accessibility(tmp_path: Path, is_binary: bool) -> None:
    """The service by which such a program makes input; no other is told."""
    found = read(tmp_path, "data/system/users/0/settings_secure.xml", is_binary)
    (event,) = remote.events(found)
    assert event.setting_name == "enabled_accessibility_services"
    assert event.setting_value == SERVICES.partition(":")[0]
    assert event.setting_meaning == "input_service_enabled"
    assert (event.tool, event.local_account) == ("AnyDesk", "0")


def test_several_roots() -> None:
    """A binary file of settings may have another root behind the first."""
    data = android_binary_xml.to_binary(SETTINGS, "<namespaceHashes/>")
    found = android_packages.read(data, android_packages.SETTINGS)
    assert [service.package for service in found.services] == [
        "com.anydesk.adcontrol.ad1",
        "com.example.reader",
    ]
    assert found.issues == []


@both
def test_copies(tmp_path: Path, is_binary: bool) -> None:
    """Files that Android keeps beside these say that they are copies."""
    path = write(tmp_path, "system/packages.xml.reservecopy", PACKAGES, is_binary)
    found = remote.parse(path)
    assert {item.record_state for item in found.of_type("telegram:device_use")} == {
        "copy"
    }
    assert all("in a copy" in item.details for item in remote.events(found))


def test_other_files_with_such_names(tmp_path: Path) -> None:
    """Visual Studio has a packages.xml, too."""
    for text in (
        "<root/>",
        "no xml",
        '<packages-list><package id="a"/></packages-list>',
    ):
        path = tmp_path / "packages.xml"
        path.write_text(text)
        found = remote.parse(path)
        assert (found.event_data, found.warnings) == ([], [])


def test_values_that_are_wrong() -> None:
    """A time that is none, a package without a name: the rest is kept."""
    text = (
        '<packages><package name="com.anydesk.x" it="zz" ut="0"/><package it="1"/>'
        "</packages>"
    )
    found = android_packages.read(text.encode(), android_packages.PACKAGES)
    assert [record.installed for record in found.packages] == [None]
    assert [issue.reason for issue in found.issues] == [
        "attribute it is no hexadecimal number",
        "<package> without a name",
    ]
    text = (
        '<settings><setting name="enabled_accessibility_services" value="x:a/.b"/>'
        "</settings>"
    )
    found = android_packages.read(text.encode(), android_packages.SETTINGS)
    assert [service.component for service in found.services] == ["a/.b"]
    assert len(found.issues) == 1


def test_text_beyond_16_bits() -> None:
    """Strings are modified UTF-8."""
    seen: list[dict[str, str]] = []
    text = '<a b="Їжак 😀"/>'
    data = android_binary_xml.to_binary(text)
    android_xml.read_elements(data, lambda *item: seen.append(item[2]))
    assert seen == [{"b": "Їжак 😀"}]
    broken = data.replace("Ї".encode(), b"\xff\xed")
    android_xml.read_elements(broken, lambda *item: seen.append(item[2]))
    assert seen[1]["b"].endswith("жак \ufffd\ufffd\ufffd\ufffd\ufffd\ufffd")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"ABX\0\x10\x32\0\1", "no name with the number 1"),
        (b"ABX\0\x10\x33\xff\xff\0\1a", "has not begun"),
        (b"ABX\0\x10\x32\xff\xff\0\1a\xef\0\0", "unknown type"),
        (b"ABX\0\x10\x2f\xff\xff\0\1a\0\0", "outside an element"),
        (b"ABX\0\x10\x32\xff\xff\0\1a", "within an element"),
        (b"ABX\0\x10\x1a", "document type"),
        (b"ABX\0\x10" + b"\x32\xff\xff\0\1a" * 80, "too deep"),
        (b"<a>" * 80, "too deep"),
        (b"<!DOCTYPE a [<!ENTITY b 'c'>]><a/>", "document type"),
    ],
)
def test_damage(data: bytes, reason: str) -> None:
    """What cannot be read is told with its reason."""
    with pytest.raises(FormatError, match=reason):
        android_xml.read_elements(data, lambda *_: None)


@both
@pytest.mark.parametrize("name", sorted(FILES))
def test_every_length(tmp_path: Path, name: str, is_binary: bool) -> None:
    """A file that ends anywhere: what was in front stays, and there is a warning."""
    kind = {"p": "packages", "r": "package-restrictions", "s": "settings"}
    kind_name = kind["r" if "restr" in name else name.rpartition("/")[2][0]]
    data = write(tmp_path, name, FILES[name], is_binary).read_bytes()
    whole = android_packages.read(data, kind_name)
    last = 0
    for size in range(len(data)):
        try:
            found = android_packages.read(data[:size], kind_name)
        except FormatError:
            assert last == 0
            continue
        assert found.issues
        number = len(found.packages) + len(found.services)
        assert number >= last
        last = number
    assert last == len(whole.packages) + len(whole.services)


@both
def test_changed_bytes(tmp_path: Path, is_binary: bool) -> None:
    """Damage through the worker: never an exception, never a hang."""
    generator = random.Random("packages")
    for name, text in FILES.items():
        path = write(tmp_path, name, text, is_binary)
        data = path.read_bytes()
        for _ in range(60):
            changed = bytearray(data)
            for _ in range(generator.choice((1, 3, 20))):
                changed[generator.randrange(4, len(data))] = generator.randrange(256)
            path.write_bytes(changed)
            found = remote.parse(path)
            assert not [item for item in found.warnings if support.FAILURE in item]
    path.write_bytes(b"")
    assert remote.parse(path).event_data == []


@pytest.mark.parametrize(
    ("package", "tool"),
    [
        ("com.teamviewer.host.market", "TeamViewer"),
        ("com.anydesk.adcontrol.ugoos1", "AnyDesk"),
        ("com.carriez.flutter_hbb", "RustDesk"),
        ("com.sand.airdroid", "AirDroid"),
        ("com.sand.airdroidx", None),
        ("com.teamviewerx", None),
        ("org.telegram.messenger", None),
    ],
)
def test_programs(package: str, tool: str | None) -> None:
    """Programs are known by the beginning of their package."""
    assert remote_programs.tool_of_package(package) == tool
