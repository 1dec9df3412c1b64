"""Applications whose TDLib directory a file lies in, by its path.

Specification: formats/tdlib.md section 1. TDLib itself knows a directory only; what the
path does not tell stays open.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_ANDROID: Final = re.compile(
    r"[\\/](?:data[\\/]data|data[\\/]user[\\/](?P<user>[0-9]+)"
    r"|user[\\/](?P<other>[0-9]+)|(?<=^.)data)[\\/](?P<package>[A-Za-z][\w.]+)[\\/]files[\\/]"
    r"tdlib(?P<slot>[0-9]*)[\\/]",
    re.IGNORECASE,
)
_UNIGRAM: Final = re.compile(
    r"[\\/]Packages[\\/]38833FF26BA1D\.Unigram(?P<kind>\w+?)_[^\\/]+[\\/]LocalState[\\/]"
    r"(?:(?P<slot>[0-9]+)[\\/])?",
    re.IGNORECASE,
)
_TELEGRAM_X: Final = "org.thunderdog.challegram"
_BINLOG: Final = re.compile(r"td(?:_test)?\.binlog(?:\.new)?", re.IGNORECASE)
_DATABASE: Final = re.compile(r"db(?:_test)?\.sqlite", re.IGNORECASE)
UNKNOWN: Final = "TDLib application"
# Folders that TDLib makes beside its database.
MEDIA_FOLDERS: Final = frozenset(
    {
        *("profile_photos", "video_notes", "secret_thumbnails", "passport"),
        *("notification_sounds", "wallpapers"),
    }
)


@dataclass(frozen=True, slots=True)
class Application:
    """An application.

    Attributes:
        name: of the application; `TDLib application` where the path does not tell.
        package: of an Android application.
        android_user: number of the Android user.
        slot: number of the account.
    """

    name: str = UNKNOWN
    package: str | None = None
    android_user: int | None = None
    slot: int | None = None


def find_application(path: str) -> Application:
    """Finds the application of a file in a TDLib directory."""
    match = _ANDROID.search(path)
    if match:
        package = match["package"]
        user = match["user"] or match["other"]
        # Forks keep the layout under their own package name.
        is_known = package.lower() == _TELEGRAM_X
        return Application(
            "Telegram X" if is_known else "TDLib application for Android",
            package,
            int(user) if user is not None else 0,
            int(match["slot"] or 0),
        )
    match = _UNIGRAM.search(path)
    if match:
        slot = match["slot"]
        return Application("Unigram", slot=int(slot) if slot is not None else None)
    return Application()


def is_binlog_name(name: str) -> bool:
    """Tells if a file name is that of an event log."""
    return _BINLOG.fullmatch(name) is not None


def is_database_name(name: str) -> bool:
    """Tells if a file name is that of a database."""
    return _DATABASE.fullmatch(name) is not None


def database_name(binlog: str) -> str:
    """Name of the database beside an event log."""
    return "db_test.sqlite" if binlog.lower().startswith("td_test") else "db.sqlite"


def binlog_names(database: str) -> tuple[str, ...]:
    """Names of the event logs beside a database, the one that counts first."""
    stem = "td_test" if database.lower().startswith("db_test") else "td"
    return (f"{stem}.binlog", f"{stem}.binlog.new")
