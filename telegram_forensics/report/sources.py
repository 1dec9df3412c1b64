"""Status of the sources: there is never a mere "not found".

What a parser gave, whether it ran at all, and the time that its records cover. A source
whose parser was left out (`--parsers telegram` has not looked for RDP) is told apart
from one that is not there; neither is ever read as "no remote control".
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from telegram_forensics.attribution.records import (
    JournalRecord,
    SourceRecord,
    SourceState,
)
from telegram_forensics.report.storage import Row, StorageInfo

_JOURNAL: Final = "usnjrnl"
# Source -> parsers that read it, by the name in plaso's parser chain.
_SOURCES: Final = {
    "Telegram Desktop profile": ("telegram_desktop",),
    "Telegram Desktop logs": ("telegram_desktop_log",),
    "Telegram Desktop exports": (
        "telegram_desktop_export_json",
        "telegram_desktop_export_html",
    ),
    "Telegram for Android messages": ("sqlite/telegram_android_database",),
    "Telegram for Android sessions": (
        "telegram_android_tgnet",
        "telegram_android_preferences",
    ),
    "Telegram for iOS and macOS messages": (
        "sqlite/telegram_apple_database",
        "sqlite/telegram_ios_legacy",
    ),
    "Telegram for iOS and macOS sessions": (
        "telegram_apple_accounts",
        "telegram_apple_shared_data",
    ),
    "Telegram for iOS and macOS logs": (
        "telegram_apple_critlog",
        "telegram_apple_lock_state",
        "telegram_apple_log",
        "telegram_apple_run",
    ),
    "Clients with TDLib (Telegram X, Unigram)": (
        "telegram_tdlib_binlog",
        "telegram_tdlib_binlog_named",
        "telegram_tdlib_lone_database",
        "sqlite/telegram_tdlib_database",
    ),
    "Telegram for Windows Phone": ("telegram_windows_phone",),
    "Telegram Web sessions": (
        "telegram_web_local_storage",
        "telegram_web_extension",
        "sqlite/telegram_web_local_storage",
        "sqlite/telegram_web_firefox_local_storage",
        "sqlite/telegram_web_firefox_webappsstore",
        "sqlite/telegram_web_safari_local_storage",
    ),
    "Telegram Web caches": (
        "telegram_web_indexed_db",
        "sqlite/telegram_web_indexed_db",
        "sqlite/telegram_web_firefox_indexed_db",
        "sqlite/telegram_web_safari_indexed_db",
    ),
    "Android usage statistics": ("telegram_android_usage",),
    "Android notifications": (
        "telegram_android_notifications",
        "sqlite/telegram_android_notification_log",
    ),
    "iOS streams of use and notifications": ("telegram_ios_biome",),
    "SIMs of the telephone": ("sqlite/telegram_android_sim", "plist/ios_siminfo"),
    "Client library sessions": (
        "sqlite/telegram_telethon_session",
        "sqlite/telegram_pyrogram_session",
    ),
    "TeamViewer connections": (
        "remote_access_teamviewer_connections",
        "text/teamviewer_connections_incoming",
    ),
    "TeamViewer log": ("remote_access_teamviewer_log",),
    "AnyDesk": ("remote_access_anydesk",),
    "RustDesk": ("remote_access_rustdesk",),
    "Ammyy Admin": ("remote_access_ammyy",),
    "VNC": ("remote_access_vnc",),
    "RDP (Windows event logs)": ("winevtx",),
    "SSH, telnet and terminals (syslog, wtmp)": (
        "text/syslog_traditional",
        "text/syslog",
        "systemd_journal",
        "utmp",
        "utmpx",
    ),
    "NTFS change journal": (_JOURNAL,),
}
# Times of what happened, not of files and settings.
_TIMES: Final = ("sent_time", "start_time", "end_time", "recorded_time", "written_time")
_LOG_ONLY: Final = "written_time"
# Of logs: what they cover, also where nothing happened.
_COVERAGE: Final = ("log_first_entry", "log_last_entry")


class SourceTable:
    """Collects what the parsers of a storage file gave."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()
        self._spans: dict[tuple[str, str], tuple[float, float]] = {}
        self._locked: set[str] = set()
        self._opened: set[str] = set()
        self._runs: dict[str, set[str]] = defaultdict(set)
        self._warnings: dict[str, Counter[str]] = defaultdict(Counter)

    def add_row(self, row: Row) -> None:
        """Notes a row of event data."""
        image = row.location.image
        parser = str(row.values.get("_parser_chain") or "")
        key = (image, parser)
        self._counts[key] += 1
        if row.values.get("data_type") == "telegram:account":
            is_locked = row.values.get(
                "passcode_state"
            ) == "locked" and not row.values.get("session_identifier")
            (self._locked if is_locked else self._opened).add(image)
        if row.values.get("source_device") is not None:
            # Of another device, which this one says nothing else of.
            return
        for name in _TIMES:
            time: Any = row.values.get(name)
            if not isinstance(time, float | int) or isinstance(time, bool):
                continue
            # Of files their age says nothing about what they cover.
            if name == _LOG_ONLY and not parser.startswith("winevtx"):
                continue
            self._cover(key, float(time))
        for name in _COVERAGE:
            moment = _moment(row.values.get(name))
            if moment is not None:
                self._cover(key, moment)

    def add_journal(self, journal: JournalRecord) -> None:
        """Notes a change journal, most records of which are no rows for the report."""
        if journal.place.snapshot is None:
            key = (journal.place.image, _JOURNAL)
            self._counts[key] += journal.number
            self._cover(key, journal.first)
            self._cover(key, journal.last)

    def _cover(self, key: tuple[str, str], time: float) -> None:
        first, last = self._spans.get(key, (time, time))
        self._spans[key] = (min(first, time), max(last, time))

    def add_run(self, info: StorageInfo, images: Iterable[str]) -> None:
        """Notes which parsers ran over which images, and what they complained of."""
        for image in images:
            self._runs[image] |= info.parsers
            self._warnings[image].update(info.warnings)

    def records(self) -> list[SourceRecord]:
        """Status of every source in every image."""
        found = []
        for image in sorted(self._runs):
            for name, parsers in _SOURCES.items():
                found.append(self._record(image, name, parsers))
        return found

    def _record(self, image: str, name: str, parsers: tuple[str, ...]) -> SourceRecord:
        keys = [(image, parser) for parser in parsers]
        record = SourceRecord(name, image, SourceState.PARSER_NOT_RUN)
        if any(self._counts[key] for key in keys):
            record.state = SourceState.PARSED
            is_profile = parsers == _SOURCES["Telegram Desktop profile"]
            if is_profile and image in self._locked and image not in self._opened:
                record.state = SourceState.LOCKED
            spans = [self._spans[key] for key in keys if key in self._spans]
            if spans:
                record.first = min(first for first, _ in spans)
                record.last = max(last for _, last in spans)
        elif any(self._warnings[image][parser] for parser in parsers):
            record.state = SourceState.UNPARSABLE
        elif any(parser in self._runs[image] for parser in parsers):
            record.state = SourceState.ABSENT
        return record


def _moment(text: Any) -> float | None:
    """Seconds since 1970 UTC of a time in ISO 8601; None without an offset."""
    if not isinstance(text, str):
        return None
    try:
        time = datetime.fromisoformat(text.replace("Z", "+00:00"))
        return None if time.tzinfo is None else time.timestamp()
    except (OverflowError, ValueError):
        return None
