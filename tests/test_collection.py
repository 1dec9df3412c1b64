"""Artifact definitions and filter files: valid, and known to the stock tools."""

from __future__ import annotations

from pathlib import Path

import pytest
from artifacts import definitions as artifacts_definitions
from artifacts import reader, registry
from dfvfs.helpers import file_system_searcher
from dfvfs.path import factory
from dfvfs.resolver import context
from dfvfs.vfs import os_file_system
from plaso.engine import engine, path_filters, yaml_filter_file

from telegram_forensics import audit, definitions

CHROMIUM = (
    "Local Storage/leveldb/000003.log",
    "LocalStorage",
    "LocalStorage-wal",
    "IndexedDB/https_web.telegram.org_0.indexeddb.leveldb/000003.log",
    "IndexedDB/https_webk.telegram.org_0.indexeddb.blob/1/00/2",
    "IndexedDB/https_web.telegram.org_0/CJJ5UYSLJA3HXC",
    "Service Worker/CacheStorage/ba00/index.txt",
    "Service Worker/CacheStorage/ba00/uuid/0123456789abcdef_0",
    "WebStorage/QuotaManager",
    "Local Extension Settings/clhhggbf/000003.log",
)
FIREFOX = (
    "storage.sqlite",
    "serviceworker.txt",
    "storage/default/https+++web.telegram.org/.metadata-v2",
    "storage/default/https+++web.telegram.org^userContextId=2/ls/data.sqlite",
    "storage/default/https+++web.telegram.org/idb/1t1w.sqlite-wal",
    "storage/default/https+++web.telegram.org/idb/1t1w.files/5",
    "storage/default/https+++web.telegram.org/cache/caches.sqlite",
    "storage/default/https+++web.telegram.org/cache/morgue/5/{a}.final",
)
APPLE = (
    "accounts-metadata/atomic-state",
    "accounts-metadata/db/db_sqlite",
    "account-11936128518282651045/notificationsKey",
    "account-11936128518282651045/postbox/db/db_sqlite-wal",
    "account-11936128518282651045/postbox/media/storage/db/db_sqlite",
    "logs/critlog-2025-1-1_02-06-40.250.txt",
)
TDLIB = (
    "td.binlog",
    "td.binlog.new",
    "db.sqlite",
    "db.sqlite-wal",
    "tdlib_log.txt.old",
)
DESKTOP = (
    "log.txt",
    "DebugLogs/log_20_11.txt",
    "tdata/key_datas",
    "tdata/D877F783D5D3EF8C/maps",
    "tdata/user_data/cache/0/binlog",
    "tdata/user_data#2/media_cache/0/AB/0123456789AB",
)
EXPORTS = (
    "DataExport_2026-11-20/result.json",
    "ChatExport_2026-11-20/messages2.html",
    "DataExport_2026-11-20/chats/chat_01/messages.html",
    "DataExport_2026-11-20/lists/contacts.html",
)
WINDOWS_PHONE = ("__ApplicationSettings", "dialogs.dat", "init_connection.dat")
SAFARI = (
    "Users/olga/Library/Containers/com.apple.Safari/Data/Library/WebKit/WebsiteData/"
    "Default"
)
FILTERS = sorted(definitions.FILTERS_FOLDER.glob("*.yaml"))


def own_definitions() -> dict[str, object]:
    """Our artifact definitions by name, read by the artifacts library."""
    found = reader.YamlArtifactsReader().ReadFile(str(definitions.ARTIFACTS_FILE))
    return {definition.name: definition for definition in found}


def test_artifact_definitions_are_valid() -> None:
    """The library reads them; groups name what exists; all say where they apply."""
    found = own_definitions()
    assert {
        "RemoteAccessPrograms",
        "TelegramAndroid",
        "TelegramDesktop",
        "TelegramWeb",
    } <= found.keys()
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


@pytest.mark.parametrize(
    ("name", "wanted", "others"),
    [
        (
            "remote_access_windows.yaml",
            [
                "Program Files/TeamViewer/Connections_incoming.txt",
                "Program Files (x86)/TeamViewer/TeamViewer15_Logfile.log",
                "Program Files/uvnc bvba/UltraVNC/mslogon.log",
                "ProgramData/AMMYY/access.log",
                "ProgramData/AnyDesk/ad_svc.trace",
                "ProgramData/AnyDesk/ad_1234/connection_trace.txt",
                "Users/Olga P/AppData/Roaming/AnyDesk/user.conf",
                "Users/Olga P/AppData/Roaming/AnyDesk/chat/442226597.txt",
                "Users/Olga P/Videos/AnyDesk/a.anydesk",
                "Users/olga/AppData/Local/Microsoft/Terminal Server Client/Cache/a.bin",
                "Users/olga/AppData/Roaming/RustDesk/log/server/RustDesk_rCURRENT.log",
                "Users/olga/AppData/Roaming/TeamViewer/connections.txt",
                "Users/olga/ntuser.dat",
                "Windows/System32/config/SOFTWARE",
            ],
            ["Users/olga/notes.txt", "Program Files/Other/log.txt"],
        ),
        (
            "remote_access_unix.yaml",
            [
                "data/media/0/RustDesk/logs/RustDesk_rCURRENT.log",
                "data/system/packages.xml",
                "data/system/users/10/package-restrictions.xml",
                "data/system/users/10/settings_secure.xml",
                "etc/anydesk/system.conf",
                "Library/Preferences/com.apple.RemoteManagement.plist",
                "private/var/db/com.apple.xpc.launchd/disabled.plist",
                "private/var/mobile/Containers/Data/Application/3F25/"
                ".com.apple.mobile_container_manager.metadata.plist",
                "Users/olga/Library/Preferences/com.philandro.anydesk.plist",
                "var/log/auth.log.1",
                "var/log/wtmp",
                "home/olga/.anydesk/connection_trace.txt",
                "home/olga/.local/share/logs/RustDesk/server/rustdesk_rCURRENT.log",
                "home/olga/.local/share/teamviewer15/connections.txt",
                "home/olga/.vnc/pc:1.log",
                "Users/olga/Library/Logs/TeamViewer/TeamViewer15_Logfile.log",
                "var/log/anydesk.trace",
                "var/log/teamviewer15/TeamViewer15_Logfile.log",
            ],
            ["var/log/dpkg.log", "home/olga/.config/other.conf"],
        ),
        (
            "telegram_desktop_windows.yaml",
            [
                f"Users/Olga P/AppData/{folder}/{path}"
                for folder in (
                    "Roaming/Telegram Desktop",
                    "Roaming/Telegram Desktop UWP",
                    "Local/Packages/TelegramMessengerLLP.TelegramDesktop_t4vj/"
                    "LocalCache/Roaming/Telegram Desktop UWP",
                )
                for path in DESKTOP
            ]
            + [f"Users/Olga P/Downloads/Telegram Desktop/{path}" for path in EXPORTS]
            + [
                f"Users/Olga P/{folder}/{path}"
                for folder in ("Desktop/Portable", "Downloads/tportable/Telegram")
                for path in DESKTOP
                if not path.startswith("Debug")
            ],
            [
                "Users/Olga P/Downloads/Telegram Desktop/film.mp4",
                "Users/Olga P/AppData/Roaming/Other/tdata/key_datas",
            ],
        ),
        (
            "telegram_desktop_unix.yaml",
            [
                f"{folder}/{path}"
                for folder in (
                    "home/olga/.local/share/TelegramDesktop",
                    "home/olga/.TelegramDesktop",
                    "home/olga/.var/app/org.telegram.desktop/data/TelegramDesktop",
                    "home/olga/snap/telegram-desktop/42/.local/share/TelegramDesktop",
                    "root/.local/share/TelegramDesktop",
                    "Users/olga/Library/Application Support/Telegram Desktop",
                    "Users/olga/Library/Containers/org.telegram.desktop/Data/Library/"
                    "Application Support/Telegram Desktop",
                )
                for path in DESKTOP
            ]
            + [
                f"{home}/Downloads/Telegram Desktop/{path}"
                for home in ("home/olga", "root", "Users/olga")
                for path in EXPORTS
            ],
            ["home/olga/.local/share/Other/tdata/key_datas"],
        ),
        (
            "telegram_android.yaml",
            [
                "data/data/com.android.providers.telephony/databases/telephony.db",
                "data/user_de/0/com.android.providers.telephony/databases/"
                "telephony.db-wal",
            ],
            [
                "data/user_de/0/com.android.providers.telephony/databases/mmssms.db",
                "data/user_de/0/com.example/databases/telephony.db",
            ],
        ),
        (
            "telegram_ios.yaml",
            [
                "private/var/mobile/Library/Biome/streams/public/Notification/local/7",
                "private/var/mobile/Library/Biome/streams/restricted/"
                "App.InFocus/local/798000000000000",
                "private/var/mobile/Library/Biome/streams/restricted/"
                "App.InFocus/remote/AB-CD/798000000000000",
                "private/var/mobile/Library/Biome/streams/restricted/"
                "Notification.Usage/local/8",
                "private/var/wireless/Library/Preferences/"
                "com.apple.commcenter.data.plist",
                "private/var/mobile/Containers/Data/Application/1A-2B/Documents/"
                "tgdata.db",
                "private/var/mobile/Containers/Shared/AppGroup/1A-2B/"
                ".com.apple.mobile_container_manager.metadata.plist",
                *(
                    f"{folder}/Containers/Data/Application/1A-2B/Library/WebKit/"
                    f"WebsiteData/Default/ab/cd/{path}"
                    for folder in ("private/var/mobile", "mobile")
                    for path in (
                        "origin",
                        "LocalStorage/localstorage.sqlite3-wal",
                        "IndexedDB/ef/IndexedDB.sqlite3",
                    )
                ),
                *(
                    f"{folder}/Containers/Shared/AppGroup/1A-2B/telegram-data/{path}"
                    for folder in ("private/var/mobile", "mobile")
                    for path in (*APPLE, ".tempkey", "lockState.json")
                ),
            ],
            [
                "private/var/mobile/Containers/Shared/AppGroup/1A-2B/telegram-data/"
                "account-5/postbox/media/telegram-cloud-document-2-5",
                "private/var/mobile/Library/Biome/streams/restricted/App.Intent/local/7",
                "private/var/mobile/Library/Biome/streams/restricted/"
                "App.InFocus/local/tombstone/7",
            ],
        ),
        (
            "telegram_macos.yaml",
            [
                f"Users/olga/Library/Group Containers/"
                f"6N38VWS5BX.ru.keepcoder.Telegram/{folder}{path}"
                for folder in ("", "appstore/", "stable/")
                for path in (
                    *APPLE,
                    ".tempkeyEncrypted",
                    "accounts-shared-data",
                    "crashhandler",
                )
            ],
            ["Users/olga/Library/Group Containers/other/logs/a.txt"],
        ),
        (
            "telegram_tdlib.yaml",
            [
                f"{folder}/{path}"
                for folder in (
                    "data/data/org.thunderdog.challegram/files/tdlib",
                    "data/data/org.example.fork/files/tdlib3",
                    "data/user/10/org.thunderdog.challegram/files/tdlib1",
                    "data/org.thunderdog.challegram/files/tdlib",
                    "user/10/org.thunderdog.challegram/files/tdlib",
                    "home/ana/.tdlib",
                    "home/ana/.local/share/some client/tdlib/main",
                    "root/bot/data",
                    "Users/olga/Library/Application Support/Client/a/tdlib",
                    "Users/olga/AppData/Local/Packages/"
                    "38833FF26BA1D.UnigramPreview_g9c9v27vpyspw/LocalState/0",
                    "Users/olga/AppData/Roaming/Client/tdata",
                    "var/lib/telegram-bot-api/123_token",
                )
                for path in TDLIB
            ]
            + [
                "data/data/org.thunderdog.challegram/files/tdlib_accounts.bin.bak.1",
                "data/data/org.thunderdog.challegram/files/logs/tdlib_log.txt",
            ]
            + [
                f"Users/DefApps/APPDATA/{folder}/{path}"
                for folder in ("{cee0f789}/Local", "Local/Packages/T_x/LocalState")
                for path in WINDOWS_PHONE
            ],
            [
                "data/data/org.thunderdog.challegram/files/pmc/db/000003.log",
                "home/ana/.tdlib/photos/1_120.jpg",
                "Users/olga/AppData/Local/Client/settings.dat",
            ],
        ),
        (
            "telegram_web_windows.yaml",
            [
                f"Users/Olga P/AppData/{folder}/{path}"
                for folder in (
                    "Local/Google/Chrome/User Data/Default",
                    "Local/Google/Chrome Beta/User Data/Profile 2",
                    "Local/BraveSoftware/Brave-Browser/User Data/Default",
                    "Local/Microsoft/Edge/User Data/Default",
                    "Local/Vivaldi/User Data/Default",
                    "Local/Yandex/YandexBrowser/User Data/Default",
                    "Roaming/Opera Software/Opera Stable",
                    "Roaming/Opera Software/Opera GX Stable/Default",
                    "Local/Some App/EBWebView/Default",
                )
                for path in CHROMIUM
            ]
            + [
                "Users/Olga P/AppData/Roaming/Mozilla/Firefox/Profiles/a1.default/"
                + path
                for path in FIREFOX
            ],
            [
                "Users/Olga P/AppData/Local/Google/Chrome/User Data/Default/History",
                "Users/Olga P/AppData/Local/Google/Chrome/User Data/Default/IndexedDB/"
                "https_example.com_0.indexeddb.leveldb/000003.log",
                "Users/Olga P/AppData/Roaming/Mozilla/Firefox/Profiles/a1.default/"
                "storage/default/https+++example.com/ls/data.sqlite",
            ],
        ),
        (
            "telegram_web_unix.yaml",
            [
                f"{folder}/{path}"
                for folder in (
                    "home/olga/.config/google-chrome/Default",
                    "home/olga/.config/BraveSoftware/Brave-Browser/Profile 1",
                    "home/olga/.config/opera",
                    "home/olga/snap/chromium/common/chromium/Default",
                    "home/olga/.var/app/com.google.Chrome/config/google-chrome/Default",
                    "home/olga/.var/app/com.brave.Browser/config/BraveSoftware/"
                    "Brave-Browser/Default",
                    "root/.config/chromium/Default",
                    "Users/olga/Library/Application Support/Google/Chrome/Default",
                    "Users/olga/Library/Application Support/Microsoft Edge/Profile 1",
                    "Users/olga/Library/Application Support/BraveSoftware/"
                    "Brave-Browser/Default",
                    "Users/olga/Library/Application Support/com.operasoftware.Opera",
                    "data/data/com.android.chrome/app_chrome/Default",
                    "data/user/10/com.example/app_webview/Default",
                )
                for path in CHROMIUM
            ]
            + [
                f"{folder}/{path}"
                for folder in (
                    "home/olga/.mozilla/firefox/a1.default",
                    "home/olga/snap/firefox/common/.mozilla/firefox/a1.default",
                    "Users/olga/Library/Application Support/Firefox/Profiles/a1",
                )
                for path in FIREFOX
            ]
            + [
                "Users/olga/Library/Safari/LocalStorage/"
                "https_web.telegram.org_0.localstorage",
                f"{SAFARI}/ab/ab/LocalStorage/localstorage.sqlite3-wal",
                f"{SAFARI}/ab/ab/IndexedDB/cd/IndexedDB.sqlite3",
                f"{SAFARI}/ab/ab/origin",
            ],
            [
                "home/olga/.config/google-chrome/Default/Preferences",
                "home/olga/.mozilla/firefox/a1.default/places.sqlite",
            ],
        ),
    ],
)
def test_filters(
    tmp_path: Path, name: str, wanted: list[str], others: list[str]
) -> None:
    """Plaso finds with them the files where the programs put them, and no others."""
    for path in (*wanted, *others):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(b"x")
    filters = yaml_filter_file.YAMLFilterFile()
    helper = path_filters.PathCollectionFiltersHelper()
    helper.BuildFindSpecs(filters.ReadFromFile(str(definitions.FILTERS_FOLDER / name)))
    file_system = os_file_system.OSFileSystem(
        context.Context(), factory.Factory.NewPathSpec("OS", location=str(tmp_path))
    )
    file_system.Open()
    searcher = file_system_searcher.FileSystemSearcher(
        file_system, factory.Factory.NewPathSpec("OS", location=str(tmp_path))
    )
    found = {
        str(Path(path_spec.location).relative_to(tmp_path))
        for path_spec in searcher.Find(helper.included_file_system_find_specs)
    }
    assert found == set(wanted)


def test_there_is_a_filter_file() -> None:
    """The test above cannot pass for want of files."""
    assert [path.name for path in FILTERS] == [
        "remote_access_unix.yaml",
        "remote_access_windows.yaml",
        "telegram_android.yaml",
        "telegram_desktop_unix.yaml",
        "telegram_desktop_windows.yaml",
        "telegram_ios.yaml",
        "telegram_macos.yaml",
        "telegram_tdlib.yaml",
        "telegram_web_unix.yaml",
        "telegram_web_windows.yaml",
    ]


def test_info_names_them() -> None:
    """`telegram-forensics info` says what is there."""
    text = audit.format_audit_record(audit.make_audit_record())
    assert "TelegramAndroidDatabases" in text
    assert str(FILTERS[0]) in text


@pytest.mark.parametrize(
    ("name", "root", "wanted"),
    [
        (
            "TelegramTDLibAndroid",
            "",
            [
                f"data/{folder}/files/tdlib{slot}/{path}"
                for folder in ("data/org.example.fork", "user/10/org.example.fork")
                for slot in ("", "1")
                for path in TDLIB
            ],
        ),
        (
            "TelegramTDLibLinux",
            "home/ana",
            [
                f"{folder}/{path}"
                for folder in (".tdlib", "a/b/c/d/e")
                for path in TDLIB
            ],
        ),
        (
            "TelegramTDLibDarwin",
            "Users/olga",
            [f"Library/Application Support/A/b/c/{path}" for path in TDLIB],
        ),
        (
            "TelegramTDLibWindows",
            "Users/olga",
            [
                f"AppData/{folder}/{path}"
                for folder in (
                    "Local/Packages/38833FF26BA1D.UnigramPreview_g9c9v27vpyspw/"
                    "LocalState/0",
                    "Roaming/Client/tdlib",
                )
                for path in TDLIB
            ],
        ),
        (
            "TelegramWindowsPhone",
            "",
            [f"Users/DefApps/APPDATA/{{a}}/Local/{path}" for path in WINDOWS_PHONE],
        ),
        (
            "TelegramWebLinux",
            "home/olga",
            [f".config/google-chrome/Profile 1/{path}" for path in CHROMIUM]
            + [f"snap/chromium/common/chromium/Default/{path}" for path in CHROMIUM]
            + [f".mozilla/firefox/a1.default/{path}" for path in FIREFOX],
        ),
        (
            "TelegramWebDarwin",
            "Users/olga",
            [
                f"Library/Application Support/{folder}/{path}"
                for folder in ("Google/Chrome/Default", "com.operasoftware.Opera")
                for path in CHROMIUM
            ],
        ),
        (
            "TelegramWebWindows",
            "Users/olga",
            [
                f"AppData/{folder}/{path}"
                for folder in (
                    "Local/Google/Chrome/User Data/Profile 1",
                    "Roaming/Opera Software/Opera Stable",
                )
                for path in CHROMIUM
            ]
            + [
                f"AppData/Roaming/Mozilla/Firefox/Profiles/a1/{path}"
                for path in FIREFOX
            ],
        ),
        (
            "TelegramWebAndroid",
            "",
            [
                f"data/data/com.android.chrome/app_chrome/Default/{path}"
                for path in CHROMIUM
            ],
        ),
    ],
)
def test_artifacts_of_browsers(
    tmp_path: Path, name: str, root: str, wanted: list[str]
) -> None:
    """The paths of a definition fit where the browsers put their files."""
    variables = {
        "%%users.homedir%%": "",
        "%%users.localappdata%%": "/AppData/Local",
        "%%users.appdata%%": "/AppData/Roaming",
    }
    definition = own_definitions()[name]
    found = set()
    for path in wanted:
        (tmp_path / root / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / root / path).write_bytes(b"x")
    for source in definition.sources:  # type: ignore[attr-defined]
        for path in source.paths:
            text = path.replace("\\", "/")
            for variable, value in variables.items():
                text = text.replace(variable, value)
            # Other characters that mean something in a glob do not occur.
            assert "[" not in text
            assert "?" not in text
            found |= {
                item.relative_to(tmp_path / root).as_posix()
                for item in (tmp_path / root).glob(text.lstrip("/"))
            }
    assert set(wanted) <= found
