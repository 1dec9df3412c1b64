"""The small files of Telegram for Android through plaso's extraction worker."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest
from dfvfs.path import factory

from tests import helpers
from tests.builders import android_small as build
from tests.builders.android_small import Center
from tests.formats.test_android_tgnet import SAMPLE
from tests.parsers import support

PARSERS = (
    "telegram_android_preferences,telegram_android_statistics,telegram_android_tgnet"
)
PACKAGE = "org.telegram.messenger"
KEYS = [build.made_up_key(f"slot {number}") for number in range(3)]
TOKEN = b"hidden-login-token"
STATISTICS = bytes(540)


def center(key: bytes, authorized: int = 1) -> list[Center]:
    """A home data center and one without a key."""
    salts = [(1717241800, 1717243600)]
    home = Center(2, key=key, authorized=authorized, salts=salts)
    return [Center(1), home]


def user_config(identifier: int, login: int, **values: Any) -> bytes:
    """Preferences of a slot somebody is logged in to."""
    user = build.wrapped(build.user(identifier))
    return build.preferences(
        {
            "user": user,
            "loginTime": login,
            "lastSendMessageId": -210001,
            "registeredForPush": True,
            **values,
        }
    )


def app_files() -> dict[str, bytes]:
    """An installation: slot 0 and 1 logged in, 2 logged out, 3 never used."""
    salt = "AAECAwQFBgcICQoLDA0ODw=="
    digest = "67C6A388EC17E10C2FE3D8A6CC5766C296F34FED8761AA3616F54C26BD2519A5"
    return {
        "shared_prefs/userconfing.xml": user_config(
            640011223,
            1700000000,
            passcodeHash1=digest,
            passcodeSalt=salt,
            pushString2="hidden-push-token",
            pushAuthKey=build.wrapped(build.made_up_key("push")),
            selectedAccount=1,
        ),
        "shared_prefs/userconfig1.xml": user_config(715203344, 1710000000),
        "shared_prefs/userconfig2.xml": build.preferences(
            {"loginTime": 1705000000, "lastSendMessageId": -210000}
        ),
        "shared_prefs/userconfig3.xml": build.preferences(
            {"loginTime": 3, "lastSendMessageId": -210000}
        ),
        "shared_prefs/drafts1.xml": build.preferences(
            {"42": build.draft("not sent", 1717000000, 7).hex()}
        ),
        "shared_prefs/saved_tokens_login.xml": build.preferences(
            {
                "count": 1,
                "log_in_token_0": build.authorization(build.user(99), TOKEN).hex(),
            }
        ),
        "shared_prefs/mainconfig.xml": build.preferences({"proxy_enabled": False}),
        "files/tgnet.dat": build.tgnet(center(KEYS[0]), destroy=(5,)),
        "files/account1/tgnet.dat": build.tgnet(center(KEYS[1]), push=2),
        "files/account2/tgnet.dat": build.tgnet(center(KEYS[2], 0), push=3),
        "files/account3/tgnet.dat": build.tgnet(center(KEYS[2], 0), push=4),
        "files/stats2.dat": STATISTICS,
        "files/account1/dc2conf.dat": build.struct.pack("<10I", 36, 1, *range(8)),
        "files/unrelated.bin": b"x",
    }


def image_files(prefix: str = "") -> dict[str, bytes]:
    """A telephone with the installation."""
    files = {
        f"{prefix}data/data/{PACKAGE}/{name}": data
        for name, data in app_files().items()
    }
    files[f"{prefix}system/build.prop"] = build.BUILD_PROPERTIES
    return files


def extract(source: Any) -> support.Extraction:
    """Processes a folder, or what a path specification names."""
    return support.extract(source, parsers=PARSERS)


def set_values(event_data: Any) -> dict[str, Any]:
    """Attributes that say something."""
    return {
        name: value
        for name, value in event_data.GetAttributes()
        if value is not None and not name.startswith("_")
    }


def seconds(value: Any) -> int | None:
    """Unix time of a date and time."""
    return None if value is None else value.GetPlasoTimestamp() // 1_000_000


def sessions(found: support.Extraction, basis: str, slot: int) -> list[Any]:
    """Sessions of a slot that come out of one kind of file."""
    is_network = basis == "network"
    return [
        item
        for item in found.sessions
        if item.account_slot == str(slot)
        and (item.key_identifiers is not None) == is_network
    ]


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> support.Extraction:
    """What comes out of a telephone."""
    return extract(build.write(tmp_path_factory.mktemp("android"), image_files()))


def test_network_sessions(image: support.Extraction) -> None:
    """One session for each network state; only those logged in are named."""
    assert not image.warnings
    (session,) = sessions(image, "network", 0)
    assert session.session_identifier == build.key_identifier(KEYS[0])
    assert session.key_identifiers == [build.key_identifier(KEYS[0])]
    assert session.record_state == "current"
    assert session.account_identifier == "640011223"
    assert session.account_name == "Ann Lee"
    assert session.session_data_center == 2
    assert session.attribution_basis == "tgnet_perm_key"
    assert session.installation_identifier == "1122334455667788"
    assert seconds(session.connected_time) == 1717241800
    assert seconds(session.last_server_time) == 1717243200
    assert session.server_clock_difference == -1
    assert session.sessions_to_destroy == [f"{5:016x}"]
    assert (session.client_name, session.client_package) == (
        "Telegram for Android",
        PACKAGE,
    )
    assert session.android_user == 0
    assert session.device_model == "samsung SM-G991B"
    assert session.device_platform == "Android 11 (SDK 30)"
    assert session.client_version is None
    (session,) = sessions(image, "network", 1)
    assert session.session_identifier == build.key_identifier(KEYS[1])
    assert session.account_identifier == "715203344"
    for slot, state in ((2, "removed"), (3, "unused_slot")):
        (session,) = sessions(image, "network", slot)
        assert session.session_identifier is None
        assert session.account_identifier is None
        assert session.key_identifiers == [build.key_identifier(KEYS[2])]
        assert session.record_state == state


def test_logins(image: support.Extraction) -> None:
    """Login and log out by the device's clock, joined with the key."""
    (session,) = sessions(image, "preferences", 0)
    assert seconds(session.created_time) == 1700000000
    assert session.session_identifier == build.key_identifier(KEYS[0])
    assert session.attribution_basis == "tgnet_perm_key"
    assert session.record_state == "current"
    (session,) = sessions(image, "preferences", 2)
    assert seconds(session.ended_time) == 1705000000
    assert session.created_time is None
    assert session.session_identifier is None
    assert session.record_state == "removed"
    assert session.attribution_basis == "android_user_config"
    (session,) = sessions(image, "preferences", 3)
    assert (session.created_time, session.ended_time) == (None, None)
    assert session.record_state == "unused_slot"


def test_accounts(image: support.Extraction) -> None:
    """Accounts that are logged in, and one that was."""
    found = {item.account_identifier: item for item in image.accounts}
    assert set(found) == {"640011223", "715203344", "99"}
    for identifier in ("640011223", "715203344"):
        # The passcode of the application holds for all slots.
        assert found[identifier].passcode_state == "screen_lock"
        assert found[identifier].recovery_line.startswith("$telegram$0*67c6a388")
    saved = found["99"]
    assert saved.attribution_basis == "android_saved_login_token"
    assert (saved.session_identifier, saved.account_slot) == (None, None)


def test_settings_and_drafts(image: support.Extraction) -> None:
    """Settings of a slot and of the installation, and a draft."""
    assert image.settings("active_account") == ["1"]
    assert image.settings("local_passcode") == ["set, PIN"]
    assert image.settings("proxy_enabled") == ["no"]
    assert len(image.settings("traffic_wifi")) == 1
    (choice,) = image.settings("data_center_2_address_indexes")
    assert choice.startswith("ipv4 address 1 port 0, ipv6 address 3 port 2")
    settings = image.of_type("telegram:setting")
    (passcode,) = [item for item in settings if item.setting_name == "local_passcode"]
    assert (passcode.account_slot, passcode.account_identifier) == (None, None)
    (draft,) = image.of_type("telegram:draft")
    assert (draft.text, draft.chat_identifier) == ("not sent", "42")
    assert (draft.chat_type, draft.draft_section) == ("user", "cloud")
    assert draft.reply_to_identifier == "7"
    assert seconds(draft.saved_time) == 1717000000
    assert draft.account_identifier == "715203344"
    assert draft.session_identifier == build.key_identifier(KEYS[1])


def test_no_credentials(image: support.Extraction) -> None:
    """No key, salt or token is in any attribute."""
    text = repr([set_values(item) for item in image.event_data])
    for key in [*KEYS, build.made_up_key("push")]:
        assert key[:8].hex() not in text
        assert build.wrapped(key)[:12] not in text
    for secret in ("hidden", TOKEN.hex()):
        assert secret not in text


# Layouts.


def identities(found: support.Extraction) -> set[tuple[Any, ...]]:
    """Slot, account, session and state of all sessions."""
    return {
        (
            item.account_slot,
            item.account_identifier,
            item.session_identifier,
            item.record_state,
        )
        for item in found.sessions
    }


def test_archives(tmp_path: Path, image: support.Extraction) -> None:
    """The same from a tar and a zip extraction with folders in front."""
    files = image_files("EXTRACTION_FFS/Dump/")
    with tarfile.open(tmp_path / "a.tar", "w") as tar:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    folders = {parent for name in files for parent in Path(name).parents}
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for folder in sorted(folders - {Path()}):
            archive.writestr(f"{folder.as_posix()}/", b"")
        for name, data in files.items():
            archive.writestr(name, data)
    for kind in ("tar", "zip"):
        parent = support.os_path_spec(tmp_path / f"a.{kind}")
        root = factory.Factory.NewPathSpec(kind.upper(), location="/", parent=parent)
        found = extract(root)
        assert not found.warnings
        assert identities(found) == identities(image)
        assert {item.android_user for item in found.sessions} == {0}
        assert {item.device_model for item in found.sessions} == {"samsung SM-G991B"}


@pytest.mark.parametrize(
    ("folder", "user", "package"),
    [
        ("data/user/10/tw.nekomimi.nekogram", 10, "tw.nekomimi.nekogram"),
        (f"user/11/{PACKAGE}", 11, PACKAGE),
        ("x/data/data/com.unknown.fork", 0, "com.unknown.fork"),
        (PACKAGE, None, PACKAGE),
        ("just a folder", None, None),
    ],
)
def test_folders(
    tmp_path: Path,
    image: support.Extraction,
    folder: str,
    user: int | None,
    package: Any,
) -> None:
    """Other users, forks, copies without what lay above."""
    files = {f"{folder}/{name}": data for name, data in app_files().items()}
    found = extract(build.write(tmp_path, files))
    assert not found.warnings
    assert identities(found) == identities(image)
    assert {item.android_user for item in found.sessions} == {user}
    assert {item.client_package for item in found.sessions} == {package}
    assert {item.device_model for item in found.sessions} == {None}


def test_loose_copies(tmp_path: Path) -> None:
    """Files in one folder: each is read, nothing is joined."""
    files = app_files()
    names = ("shared_prefs/userconfing.xml", "files/tgnet.dat", "files/stats2.dat")
    found = extract(
        build.write(tmp_path, {name.split("/")[1]: files[name] for name in names})
    )
    assert not found.warnings
    (network,) = [item for item in found.sessions if item.key_identifiers]
    assert network.session_identifier == build.key_identifier(KEYS[0])
    assert (network.account_slot, network.account_identifier) == (None, None)
    (login,) = [item for item in found.sessions if not item.key_identifiers]
    assert (login.account_slot, login.session_identifier) == ("0", None)
    assert len(found.settings("traffic_wifi")) == 1


def test_backups(tmp_path: Path) -> None:
    """A copy beside an intact file is overwritten; beside a damaged one it counts."""
    files = {f"{PACKAGE}/{name}": data for name, data in app_files().items()}
    network, config = (
        f"{PACKAGE}/files/tgnet.dat",
        f"{PACKAGE}/shared_prefs/userconfing.xml",
    )
    files[f"{network}.bak"] = build.tgnet(center(build.made_up_key("old")))
    files[f"{config}.bak"] = user_config(640011223, 1690000000)
    found = extract(build.write(tmp_path / "a", files))
    old = [item for item in found.sessions if item.record_state == "overwritten"]
    assert {item.session_identifier for item in old} == {
        build.key_identifier(build.made_up_key("old")),
        build.key_identifier(KEYS[0]),
    }
    files[network] = files[network][:100]
    files[config] = files[config][:100]
    found = extract(build.write(tmp_path / "b", files))
    assert not [item for item in found.sessions if item.record_state == "overwritten"]
    assert {text.split(":")[0] for text in found.warnings} == {
        "tgnet.dat",
        "userconfing.xml",
    }


def test_old_layouts(tmp_path: Path) -> None:
    """dataconfig.xml and config.dat of versions before 3.2.2."""
    old = [Center(1, 4), Center(2, 4, key=KEYS[0], authorized=1)]
    found = extract(
        build.write(
            tmp_path,
            {
                f"{PACKAGE}/shared_prefs/userconfing.xml": build.preferences(
                    {"user": build.wrapped(build.user(7)), "lastSendMessageId": 0}
                ),
                f"{PACKAGE}/shared_prefs/dataconfig.xml": build.preferences(
                    build.data_config(old)
                ),
                f"{PACKAGE}/files/config.dat": build.config_dat(old),
            },
        )
    )
    assert not found.warnings
    assert len(found.sessions) == 3
    assert found.session_ids == {("7", build.key_identifier(KEYS[0]))}


def test_real_files(tmp_path: Path) -> None:
    """Files of a telephone."""
    if not SAMPLE.is_dir():
        pytest.skip(helpers.NO_SAMPLES)
    files = {}
    for path in SAMPLE.rglob("*"):
        if path.suffix in (".xml", ".dat"):
            name = path.relative_to(SAMPLE).as_posix().replace(".redacted", "")
            files[f"data/data/{PACKAGE}.web/{name}"] = path.read_bytes()
    found = extract(build.write(tmp_path, files))
    assert not found.warnings
    (network,) = [item for item in found.sessions if item.key_identifiers]
    assert network.record_state == "unused_slot"
    assert network.session_identifier is None
    assert network.client_name == "Telegram for Android (web)"
    (account,) = found.accounts
    assert account.passcode_state == "none"
    assert "total: 0 items and 925 bytes sent" in "".join(
        found.settings("traffic_wifi")
    )


# Damage, and files that are something else.


def test_every_file_damaged(tmp_path: Path) -> None:
    """Emptied, zeroed, cut off: a warning names each file, nothing else happens."""
    names = [name for name in app_files() if name != "files/unrelated.bin"]
    for number, change in enumerate(
        (lambda data: b"", lambda data: bytes(len(data) + 1), lambda data: data[:-7])
    ):
        files = {
            f"{PACKAGE}/{name}": change(data) for name, data in app_files().items()
        }
        found = extract(build.write(tmp_path / str(number), files))
        assert support.FAILURE not in " ".join(found.warnings)
        for name in names:
            base = name.split("/")[-1]
            assert any(text.startswith(f"{base}: ") for text in found.warnings), name


def test_mutated_files(tmp_path: Path) -> None:
    """Damaged copies of everything: findings, no tracebacks."""
    originals = app_files()
    files = {}
    for name, data in originals.items():
        for number, mutated in enumerate(helpers.mutations(data, 8, name)):
            files[f"{number}/{PACKAGE}/{name}"] = mutated
    found = extract(build.write(tmp_path, files))
    assert support.FAILURE not in " ".join(found.warnings)
    assert "Traceback" not in " ".join(found.warnings)


def test_other_files(tmp_path: Path) -> None:
    """Files of other programs under the same names are left alone, silently."""
    xml = build.preferences({"count": 1, "user": "x"})
    found = extract(
        build.write(
            tmp_path,
            {
                "x/tgnet.dat": b"something else entirely, longer than that",
                "config.dat": bytes(200),
                "stats2.dat": STATISTICS,
                "dc1conf.dat": b"",
                "drafts.xml": xml,
                "userconfig1.xml": xml,
                "mainconfig.xml": b"<config/>",
                "emoji.xml": b"<!DOCTYPE x><emoji/>",
                "saved_tokens.xml": xml,
                "a.b/files/config.dat": bytes(200),
                f"{PACKAGE}/files/config.dat": bytes(200),
                f"{PACKAGE}/files/tgnet.dat": build.tgnet([]),
                "a.b/shared_prefs/Notifications.xml": xml,
                "a.b/shared_prefs/uploadinfo.xml": b"",
            },
        )
    )
    assert len(found.sessions) == len(found.event_data) == 1
    assert found.warnings == []
