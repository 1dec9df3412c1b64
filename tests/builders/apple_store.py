"""Lays out whole installations of Telegram for iOS and native macOS."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from telegram_forensics.formats.postbox_account import folder_name
from tests.builders import postbox as write
from tests.builders import postbox_database, sqlcipher, sqlite_files

STARTED = 1_735_700_000
ALIVE = 1_735_707_770
BOOTED = 1_735_600_000
RECORD_REMOVED = -77
REMOVED_KEY = bytes(reversed(range(256)))
CALLS = (
    (1_735_690_000.25, "[MTProto#1@2 preparing messages.sendMessage (7459 /3)]"),
    (
        1_735_690_001.5,
        "[MTProto#1@2 preparing messages.sendMessage (7459000000000000000/3)]",
    ),
    (
        1_735_690_002.0,
        "[MTProto#1@2 preparing updates.getState (7459000000000000001/5)]",
    ),
    (1_735_690_009.0, "transport paused, \u043f\u0440\u0438\u0432\u0435\u0442"),
)


@dataclass
class Installation:
    """An installation and what it holds.

    Attributes:
        root: folder that holds everything.
        database: the account's database.
        plain: the database in clear, None for iOS.
    """

    root: Path
    database: postbox_database.Database
    plain: sqlite_files.Files | None = None

    @property
    def folder(self) -> Path:
        """Folder of the account."""
        return self.root / folder_name(self.database.cast.record)

    @property
    def path(self) -> Path:
        """The account's database."""
        return self.folder / "postbox" / "db" / "db_sqlite"


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _backup(database: postbox_database.Database, key: bytes, peer: int) -> str:
    cast = database.cast
    content = {
        "peerId": peer,
        "masterDatacenterId": 2,
        "masterDatacenterKey": _text(key),
        "masterDatacenterKeyId": cast.key_id(key),
        "additionalDatacenterKeys": [
            4,
            {
                "id": 4,
                "keyId": cast.key_id(cast.media_key),
                "key": _text(cast.media_key),
            },
        ],
    }
    return _text(json.dumps(content).encode())


def _metadata(root: Path, database: postbox_database.Database, challenge: Any) -> None:
    cast = database.cast
    folder = root / "accounts-metadata"
    folder.mkdir(parents=True)
    state = {
        "records": [
            {
                "id": str(cast.record),
                "attributes": [
                    {"environment": {"environment": 0}},
                    {
                        "backupData": {
                            "data": _backup(database, cast.key, write.user(cast.owner))
                        }
                    },
                ],
            },
            {
                "id": str(RECORD_REMOVED),
                "attributes": [
                    {"loggedOut": {}},
                    {"backupData": {"data": _backup(database, REMOVED_KEY, 4242)}},
                ],
            },
        ],
        "currentRecordId": str(cast.record),
        "accessChallengeData": challenge,
    }
    (folder / "atomic-state").write_text(json.dumps(state))
    (folder / "login-tokens").write_text(json.dumps([_text(b"one"), _text(b"two")]))


def _account_files(found: Installation) -> None:
    key = found.database.cast.media_key
    value = {"id": _text(key[:8]), "data": _text(key)}
    (found.folder / "notificationsKey").write_text(json.dumps(value))


def critlog() -> bytes:
    """A log of calls."""
    return b"".join(write.critlog_record(time, text) for time, text in CALLS)


def make_ios(
    folder: Path,
    version: str = "12.2",
    *,
    passcode: str | None = "2468",
    **options: Any,
) -> Installation:
    """Makes an iPhone's app group.

    Args:
        folder: gets `telegram-data`.
        version: key of `VERSIONS`.
        passcode: lock of the app or None.
        **options: of `make_database`.
    """
    root = folder / "telegram-data"
    work = folder / "making"
    database = postbox_database.make_database(work / "db_sqlite", version, **options)
    found = Installation(root, database)
    found.path.parent.mkdir(parents=True)
    for suffix in ("", "-wal"):
        path = Path(f"{database.path}{suffix}")
        if path.exists():
            path.rename(f"{found.path}{suffix}")
    work.rmdir()
    database.path = found.path
    _metadata(
        root, database, {"numericalPassword": passcode} if passcode else {"none": True}
    )
    _account_files(found)
    lock = {
        "isManuallyLocked": False,
        "autolockTimeout": 60,
        "unlockAttempts": {
            "count": 3,
            "timestamp": {"bootTimestamp": BOOTED, "uptime": 1234},
        },
        "applicationActivityTimestamp": {"bootTimestamp": BOOTED, "uptime": 99_000},
    }
    (root / "lockState.json").write_text(json.dumps(lock))
    logs = root / "logs" / "app-logs"
    logs.mkdir(parents=True)
    (logs / "critlog-2025-1-1_02-06-40.250.txt").write_bytes(critlog())
    (logs / "log-2025-1-1_02-06-40.250.txt").write_text(
        "[Network] 2025-1-1 02:06:40.250 connected\nsecond line\n"
        "[State] 2025-1-1 02:06:41.001 difference of updates\n"
    )
    return found


def make_macos(
    folder: Path,
    version: str = "12.2",
    *,
    passcode: str = "",
    build: str = "appstore",
    **options: Any,
) -> Installation:
    """Makes a Mac's group container, its database encrypted.

    Args:
        folder: gets the container.
        version: key of `VERSIONS`.
        passcode: what the key is locked with.
        build: folder of the build.
        **options: of `make_database`.
    """
    root = folder / "6N38VWS5BX.ru.keepcoder.Telegram" / build
    work = folder / "making"
    database = postbox_database.make_database(
        work / "db_sqlite", version, reserved=80, **options
    )
    wal = Path(f"{database.path}-wal")
    plain = sqlite_files.Files(
        database.path.read_bytes(), wal.read_bytes() if wal.exists() else None, None
    )
    for path in work.iterdir():
        path.unlink()
    work.rmdir()
    found = Installation(root, database, plain)
    found.path.parent.mkdir(parents=True)
    sqlcipher.encrypt_files(plain, sqlcipher.APPLE).write(found.path)
    database.path = found.path
    (root / ".tempkeyEncrypted").write_bytes(sqlcipher.tempkey(password=passcode))
    _metadata(root, database, {"numericalPassword": ""} if passcode else {"none": True})
    _account_files(found)
    cast = database.cast
    shared = {
        "accounts": [
            {
                "id": cast.record,
                "primaryId": 2,
                "isTestingEnvironment": False,
                "peerName": "Owner Sample",
                "datacenters": [
                    2,
                    {
                        "masterKey": {
                            "id": cast.key_id(cast.key),
                            "data": _text(cast.key),
                        },
                        "addressList": [],
                    },
                    4,
                    {
                        "masterKey": {
                            "id": cast.key_id(cast.media_key),
                            "data": _text(cast.media_key),
                        },
                        "addressList": [],
                    },
                ],
            }
        ]
    }
    (root / "accounts-shared-data").write_text(json.dumps(shared))
    (root / "crashhandler").write_text(f"{STARTED} {ALIVE}")
    (root / "logs").mkdir()
    (root / "logs" / "critlog-2025-1-1_02-06-40.250.txt").write_bytes(critlog())
    return found


PASSCODE = "olga's Mac"


def make_mac_with_two_builds(folder: Path) -> list[Installation]:
    """Makes what a Mac holds that has the builds of both sources.

    That of the App Store has a passcode and a log, the direct one neither.

    Args:
        folder: gets the group container.
    """
    first = make_macos(folder, "12.2", passcode=PASSCODE, has_log=True, seed=1)
    second = make_macos(folder, "8.1", build="stable", seed=2)
    return [first, second]
