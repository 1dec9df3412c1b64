"""What paths say: package, Android user, slot, roots."""

from __future__ import annotations

import pytest

from telegram_forensics.formats import android_paths
from telegram_forensics.formats.android_paths import PreferencesName

MESSENGER = "org.telegram.messenger"


@pytest.mark.parametrize(
    ("path", "package", "user", "slot", "device_root"),
    [
        (f"data/data/{MESSENGER}/files/tgnet.dat", MESSENGER, 0, 0, ()),
        (
            f"x/Dump/data/data/{MESSENGER}/files/account2/tgnet.dat",
            MESSENGER,
            0,
            2,
            ("x", "Dump"),
        ),
        (
            "data/user/10/tw.nekomimi.nekogram/shared_prefs/userconfig1.xml",
            "tw.nekomimi.nekogram",
            10,
            1,
            (),
        ),
        ("data/user_de/0/a.b/files/tgnet.dat", "a.b", 0, 0, ()),
        ("data/a.b/files/tgnet.dat", "a.b", 0, 0, None),
        ("any/data/a.b/files/tgnet.dat", "a.b", None, 0, None),
        (f"user/11/{MESSENGER}/files/tgnet.dat", MESSENGER, 11, 0, None),
        (f"apps/{MESSENGER}/sp/userconfing.xml", MESSENGER, None, 0, None),
        (f"apps/{MESSENGER}/f/account1/tgnet.dat", MESSENGER, None, 1, None),
        (f"{MESSENGER}.web/files/tgnet.dat", f"{MESSENGER}.web", None, 0, None),
        ("app7.7.0_slot/files/account1/tgnet.dat", None, None, 1, None),
        ("case.dump/files/tgnet.dat", None, None, 0, None),
        (
            f"data_mirror/data_ce/null/0/{MESSENGER}/files/tgnet.dat",
            MESSENGER,
            0,
            0,
            (),
        ),
        (f"mnt/expand/u-u/user/0/{MESSENGER}/files/tgnet.dat", MESSENGER, 0, 0, ()),
        (f"data/media/0/Android/data/{MESSENGER}/cache/x", MESSENGER, 0, None, ()),
        (f"media/10/Android/data/{MESSENGER}/cache/x", MESSENGER, 10, None, None),
        (
            f"storage/emulated/0/Android/data/{MESSENGER}/files/logs/x",
            MESSENGER,
            0,
            0,
            (),
        ),
        (f"sdcard/Android/data/{MESSENGER}/cache/x", MESSENGER, None, None, None),
    ],
)
def test_locate(
    path: str,
    package: str | None,
    user: int | None,
    slot: int | None,
    device_root: tuple[str, ...] | None,
) -> None:
    """Every layout that reaches an examiner."""
    location = android_paths.locate(path.split("/"))
    assert location is not None
    found = (location.package, location.android_user, location.slot)
    assert (*found, location.device_root) == (package, user, slot, device_root)


@pytest.mark.parametrize(
    "path", ["", "tgnet.dat", "x/tgnet.dat", "x/cache/y", "f/sp/x"]
)
def test_no_application(path: str) -> None:
    """Files that lie in no application's folder."""
    assert android_paths.locate(path.split("/")) is None


def test_folders_of_a_slot() -> None:
    """Where the neighbours lie, by the names that this copy uses."""
    location = android_paths.locate(["data", "data", "a.b", "shared_prefs", "x.xml"])
    assert location is not None
    assert location.slot_folder(0) == ("data", "data", "a.b", "files")
    assert location.slot_folder(3) == ("data", "data", "a.b", "files", "account3")
    backup = android_paths.locate(["apps", "a.b", "f", "tgnet.dat"])
    assert backup is not None
    assert backup.preferences_folder() == ("apps", "a.b", "sp")
    assert backup.slot_folder(1) == ("apps", "a.b", "f", "account1")


def test_a_path_of_thousands_of_folders() -> None:
    """A hostile path costs nothing."""
    assert android_paths.locate(["files"] * 100_000) is not None


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("userconfing.xml", PreferencesName("user_config", 0)),
        ("userconfig7.xml", PreferencesName("user_config", 7)),
        ("userconfig.xml", None),
        ("userconfig0.xml", None),
        ("userconfing1.xml", None),
        ("mainconfig.xml", PreferencesName("main_config", 0)),
        ("mainconfig2.xml", PreferencesName("main_config", 2)),
        ("Notifications1.xml.bak", PreferencesName("notifications", 1, True)),
        ("notifications.xml", None),
        ("emoji.xml", PreferencesName("emoji", 0)),
        ("drafts3.xml", PreferencesName("drafts", 3)),
        ("logininfo2.xml", PreferencesName("login_info", 0)),
        ("logininfo2_1.xml", PreferencesName("login_info", 1)),
        ("logininfo21.xml", None),
        ("saved_tokens.xml", PreferencesName("saved_tokens", None)),
        ("saved_tokens_login.xml", PreferencesName("saved_tokens_login", None)),
        ("saved_tokens1.xml", None),
        ("uploadinfo.xml", PreferencesName("upload_info", None)),
        ("dataconfig.xml", PreferencesName("data_config", 0)),
        ("themeconfig.xml", None),
    ],
)
def test_preferences_names(name: str, expected: PreferencesName | None) -> None:
    """Names of preferences files."""
    assert android_paths.preferences_name(name) == expected


def test_client_names() -> None:
    """Known packages, forks, and no package at all."""
    assert android_paths.client_name(MESSENGER) == "Telegram for Android"
    assert android_paths.client_name("it.octogram.android") == "OctoGram"
    assert android_paths.client_name("a.b") == "Telegram for Android (fork a.b)"
    assert android_paths.client_name(None) == "Telegram for Android"
