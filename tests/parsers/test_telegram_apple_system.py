"""What a session announced against the system that it was found on."""

from __future__ import annotations

import plistlib
import tarfile
from pathlib import Path
from typing import Any

import pytest
from dfvfs.path import factory
from dfvfs.resolver import context
from telegram_forensics.parsers import telegram_apple_system as apple_system

from telegram_forensics.formats.postbox_keychain import ApiInitialization
from tests.builders import apple_store
from tests.parsers import support

PLACE = "private/var/mobile/Containers/Shared/AppGroup/0A1B"
VERSION_FILE = "System/Library/CoreServices/SystemVersion.plist"
# What the builder's sessions announce.
ANNOUNCED = "17.2"


def archive(
    tmp_path: Path, content: bytes | None
) -> tuple[Path, apple_store.Installation]:
    """A telephone in an archive."""
    made = apple_store.make_ios(tmp_path / "group")
    target = tmp_path / "phone.tar"
    with tarfile.open(target, "w") as tar:
        tar.add(tmp_path / "group", PLACE)
        if content is not None:
            path = tmp_path / "version"
            path.write_bytes(content)
            tar.add(path, VERSION_FILE)
    return target, made


def database(tar: Path, made: apple_store.Installation) -> Any:
    """Path specification of the database in the archive."""
    root = made.root.parent
    location = f"/{PLACE}/{made.path.relative_to(root).as_posix()}"
    return factory.Factory.NewPathSpec(
        "TAR", location=location, parent=support.os_path_spec(tar)
    )


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (plistlib.dumps({"ProductVersion": ANNOUNCED}), None),
        (
            plistlib.dumps({"ProductVersion": "16.0"}, fmt=plistlib.FMT_BINARY),
            "system version '17.2' was announced, the device has '16.0'",
        ),
        (plistlib.dumps({"ProductVersion": 5}), None),
        (plistlib.dumps([1]), None),
        (b"<plist><dict>", None),
        (b"bplist00" + bytes(40), None),
        (b"", None),
        (None, None),
    ],
)
def test_system_version(
    tmp_path: Path, content: bytes | None, expected: str | None
) -> None:
    """The version of the same volume is compared; a damaged file is none."""
    tar, made = archive(tmp_path, content)
    found = support.Engine("sqlite/telegram_apple_database").run([database(tar, made)])
    assert found.warnings == []
    (session,) = [
        item for item in found.sessions if item.attribution_basis == "apple_keychain"
    ]
    assert session.system_version == ANNOUNCED
    assert session.session_details == expected


def test_computer_of_the_examiner(tmp_path: Path) -> None:
    """A folder has no system of its own."""
    spec = support.os_path_spec(tmp_path / "db_sqlite")
    assert apple_system.ReadSystemVersion(spec, context.Context()) is None


@pytest.mark.parametrize(
    ("model", "platform", "is_different"),
    [
        ("iPhone 13 Pro", "macOS", True),
        ("iPad", "iOS", False),
        ("MacBook Pro", "iOS", True),
        ("Mac mini", "macOS", False),
        ("iPhone", None, False),
        (None, "iOS", False),
    ],
)
def test_kind_of_device(
    model: str | None, platform: str | None, is_different: bool
) -> None:
    """A telephone's name in a Mac's folder, and the other way round."""
    announced = ApiInitialization(device_model=model)
    found = apple_system.FindDifferences(announced, platform, None)
    assert bool(found) is is_different
