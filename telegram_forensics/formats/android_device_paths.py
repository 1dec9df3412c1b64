"""Where Android keeps usage statistics and notification history, and for whom.

Specification: formats/remote_access.md section 10.3 and formats/android.md section 10
name the folders. File and folder names below them (`daily` ... `yearly`, `mappings`,
`-c` behind a name) are those of Android's own source. Files have numbers for names, so
the folders above must be right; what lies above those may be anything, since
extractions put folders in front.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from telegram_forensics.formats import android_paths

INTERVALS: Final = ("daily", "weekly", "monthly", "yearly")
MAPPINGS_NAME: Final = "mappings"

# Milliseconds since 1970: 2001 to 2100 and what a wrong clock makes of it.
_NAME: Final = re.compile(r"(?P<time>[0-9]{1,14})(?:-c)?(?P<copy>\.bak|\.new)?")
_USER: Final = re.compile(r"[0-9]{1,9}")
_USAGE: Final = "usagestats"
_HISTORY: Final = ("notification_history", "history")
_SYSTEM: Final = frozenset({"system_ce", "system_de"})

# Programs that get login codes by SMS. There are more of them; those that came with
# telephones of the large makers and Android's own.
MESSAGING_PACKAGES: Final = frozenset(
    {
        "com.android.messaging",
        "com.android.mms",
        "com.google.android.apps.messaging",
        "com.huawei.message",
        "com.oneplus.mms",
        "com.samsung.android.messaging",
        "com.sonyericsson.conversations",
    }
)
# Not in `android_paths.CLIENT_NAMES`: its storage is TDLib's, not this client's.
_TELEGRAM_X: Final = "org.thunderdog.challegram"
_TELEGRAM_PREFIX: Final = "org.telegram."


@dataclass(frozen=True, slots=True)
class DeviceFile:
    """What the path of a file says.

    Attributes:
        android_user: number of the Android user, None where the path does not show it.
        base_time: the file's name: milliseconds since 1970 by the device's clock.
        is_copy: a `.bak` or `.new`, which Android keeps while it writes the file.
        interval: `daily`, `weekly`, `monthly` or `yearly`; None for notifications.
        folder: path segments of the folder of the user's statistics.
        device_root: path segments of the device's root, under which `system` lies;
            None where the path does not show it.
    """

    android_user: int | None
    base_time: int
    is_copy: bool
    interval: str | None
    folder: tuple[str, ...]
    device_root: tuple[str, ...] | None


def is_name(name: str) -> bool:
    """True for a name that such a file may have: cheap, for most files it is not."""
    return _NAME.fullmatch(name) is not None


def locate_usage(segments: Sequence[str]) -> DeviceFile | None:
    """Tells if a path is that of usage statistics.

    Args:
        segments: path segments from the root of the file system.
    """
    match = _NAME.fullmatch(segments[-1]) if segments else None
    if match is None or len(segments) < 3 or segments[-2] not in INTERVALS:
        return None
    folder = tuple(segments[:-2])
    if folder[-2:-1] == ("backups",) and _USER.fullmatch(folder[-1][:9]):
        # Statistics as they were before an update of Android that did not end.
        folder = folder[:-2]
    return _make(match, folder, _USAGE, segments[-2], tuple(segments[:-2]))


def locate_notifications(segments: Sequence[str]) -> DeviceFile | None:
    """Tells if a path is that of notification history.

    Args:
        segments: path segments from the root of the file system.
    """
    match = _NAME.fullmatch(segments[-1]) if segments else None
    if match is None or tuple(segments[-3:-1]) != _HISTORY:
        return None
    folder = tuple(segments[:-2])
    return _make(match, folder, _HISTORY[0], None, folder)


def is_telegram(package: str | None) -> bool:
    """True for Telegram and the clients made of it."""
    return package is not None and (
        package in android_paths.CLIENT_NAMES
        or package == _TELEGRAM_X
        or package.startswith(_TELEGRAM_PREFIX)
    )


def is_of_interest(package: str | None) -> bool:
    """True for Telegram and for programs that get login codes by SMS."""
    return is_telegram(package) or package in MESSAGING_PACKAGES


def client_name(package: str | None) -> str | None:
    """Name of a client by its package, None for other programs."""
    if package == _TELEGRAM_X:
        return "Telegram X"
    return android_paths.client_name(package) if is_telegram(package) else None


def _make(
    match: re.Match[str],
    folder: tuple[str, ...],
    name: str,
    interval: str | None,
    data_folder: tuple[str, ...],
) -> DeviceFile | None:
    """Puts user and root together; None if the folder has another name."""
    user = None
    above = folder
    if above and _USER.fullmatch(above[-1]) and above[-2:-1] == (name,):
        # /data/system/usagestats/<user>
        user, above = int(above[-1]), above[:-2]
    elif above[-1:] == (name,):
        above = above[:-1]
        if len(above) > 1 and _USER.fullmatch(above[-1]) and above[-2] in _SYSTEM:
            # /data/system_ce/<user>/usagestats
            user, above = int(above[-1]), above[:-1]
    else:
        return None
    root = None
    if above[-2:-1] == ("data",) and above[-1] in (*_SYSTEM, "system"):
        root = above[:-2]
    return DeviceFile(
        user, int(match["time"]), bool(match["copy"]), interval, data_folder, root
    )
