"""Which data set a file belongs to, so that its many files count as one."""

from __future__ import annotations

import re
from typing import Final

from telegram_forensics.formats import postbox_account
from telegram_forensics.report.storage import Location

_TDATA: Final = re.compile(r"^(.*?[/\\]tdata)(?:[/\\]|$)", re.IGNORECASE)
_FOLDER: Final = re.compile(
    r"(.*)[\\/](?:td(?:_test)?\.binlog(?:\.new)?|db(?:_test)?\.sqlite(?:-wal)?)$"
    r"|(?=.*[\\/]account-[0-9]+[\\/])(.*[\\/]account-[0-9]+)[\\/].*",
    re.IGNORECASE | re.DOTALL,
)
_APPLE_SHARED: Final = re.compile(
    r"(.*)[\\/](?:accounts-shared-data|accounts-metadata[\\/].*)$", re.DOTALL
)
_ANDROID: Final = re.compile(
    r"^(?P<root>.*?)/(?:files(?:/account(?P<slot>\d+))?|shared_prefs)/[^/]+$"
)


def store_of(location: Location, slot: str | None) -> str:
    """Data set that a file belongs to.

    For tdata that is the folder, for Android the application's folder with the slot,
    for TDLib the folder, for iOS and native macOS that of the account, also for files
    that all accounts share.

    Args:
        location: where the file lies.
        slot: account of the client that the record belongs to, None if not known.
    """
    path = location.path
    match = _TDATA.match(path)
    if match:
        return match[1]
    match = _ANDROID.match(path)
    if match:
        number = match["slot"] or slot or "0"
        return match["root"] if number == "0" else f"{match['root']} (slot {number})"
    match = _APPLE_SHARED.match(path)
    if match:
        try:
            return f"{match[1]}/{postbox_account.folder_name(int(slot or ''))}"
        except ValueError:
            return match[1]
    match = _FOLDER.match(path)
    return (match[1] or match[2]) if match else path
