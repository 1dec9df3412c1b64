"""What events of stock plaso parsers say of Telegram: use of a client, login codes.

Runs of programs for remote control that write no log are told as well: nothing else
tells of their sessions.

Specification: formats/remote_access.md section 10, which names the data types and their
attributes. A run of a program says that it ran, not who sat there; a code in an SMS or
a notification says that it could be read on this device, not that somebody read it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final
from urllib.parse import urlsplit

from telegram_forensics.attribution.records import (
    NoticeRecord,
    Place,
    PresenceRecord,
)
from telegram_forensics.formats import remote_programs, service_notice

StockRecord = PresenceRecord | NoticeRecord
Values = dict[str, Any]

# Programs whose file name is that of a client, see formats/remote_access.md 10.1; for
# those of the Store Windows names package and application instead of the file.
_PROGRAM: Final = re.compile(
    r"(?:^|[\\/])(?:(?:telegram|ayugram|64gram|kotatogram|unigram|telegram-desktop)"
    r"(?:\.exe)?|TelegramMessengerLLP\.TelegramDesktop_\w+(?:![\w.]+)?"
    r"|Telegram\.TelegramDesktop(?:\.\w+)?)$",
    re.IGNORECASE,
)
_PACKAGES: Final = frozenset(
    {
        "com.tdesktop.telegram",
        "org.telegram.desktop",
        "org.telegram.messenger",
        "org.telegram.messenger.beta",
        "org.telegram.messenger.web",
        "org.telegram.plus",
        "org.thunderdog.challegram",
        "ph.telegra.telegraph",
        "ru.keepcoder.telegram",
    }
)
_WEB_HOSTS: Final = frozenset(
    {
        "web.telegram.org",
        "weba.telegram.org",
        "webk.telegram.org",
        "webz.telegram.org",
        "oauth.telegram.org",
        "my.telegram.org",
    }
)
# Tags and attributes of a toast, whose paths and numbers are no text.
_TAG: Final = re.compile(r"<[^>]*>")
_MAXIMUM_TEXT: Final = 10_000
# SRUM adds up one hour.
_SRUM_SECONDS: Final = 3600.0


def is_program(path: Any) -> bool:
    """True for the path or name of a Telegram client's program."""
    return isinstance(path, str) and bool(_PROGRAM.search(path[-1000:]))


def _kind_of(path: Any, words: str) -> tuple[str, str] | None:
    """Kind and words of the run of a program, None if it is not of interest."""
    if is_program(path):
        return "client_running", words
    tool = remote_programs.tool_without_log(path) if isinstance(path, str) else None
    return None if tool is None else ("remote_program_run", f"{tool}: {words}")


def is_package(name: Any) -> bool:
    """True for the package or bundle of a Telegram client."""
    return isinstance(name, str) and name.lower() in _PACKAGES


def has_login_code(text: Any) -> bool:
    """True for a text that gives a login code of Telegram, see `service_notice`."""
    return isinstance(text, str) and service_notice.has_login_code(text)


def read(place: Place, values: Values) -> Iterator[StockRecord]:
    """Records of one row of event data; none if it says nothing of Telegram."""
    reader = _READERS.get(str(values.get("data_type")))
    if reader is not None:
        yield from reader(place, values)


def _time(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value)


def _runs(
    name: str, *times: str, words: str
) -> Callable[[Place, Values], Iterator[StockRecord]]:
    """Reads data types that name a program and when it ran."""

    def reader(place: Place, values: Values) -> Iterator[StockRecord]:
        found = _kind_of(values.get(name), words)
        if found is None:
            return
        for attribute in times:
            value = values.get(attribute)
            for item in value if isinstance(value, list) else [value]:
                time = _time(item)
                # Registry values that were never set are 0.
                if time:
                    yield PresenceRecord(place, found[0], time, words=found[1])

    return reader


def _uses(
    name: str, start: str, end: str | None, words: str
) -> Callable[[Place, Values], Iterator[StockRecord]]:
    """Reads data types that name a package and when it was in use."""

    def reader(place: Place, values: Values) -> Iterator[StockRecord]:
        package = values.get(name)
        time = _time(values.get(start))
        if not isinstance(package, str) or not time:
            return
        until = _time(values.get(end)) if end else None
        is_computer = str(values["data_type"]).startswith("macos:")
        if is_package(package):
            kind, said = "client_running" if is_computer else "phone_activity", words
        else:
            tool = remote_programs.tool_of_package(package)
            if tool is None:
                return
            kind, said = "remote_program_run", f"{tool}: {words}"
        yield PresenceRecord(place, kind, time, until, f"{said}: {package}")

    return reader


def _srum(place: Place, values: Values) -> Iterator[StockRecord]:
    time = _time(values.get("recorded_time"))
    if not time:
        return
    sent, face = values.get("bytes_sent"), values.get("face_time")
    if isinstance(sent, int) and sent:
        words = f"{sent} bytes sent within the hour (SRUM)"
    elif isinstance(face, int) and face:
        words = "in the foreground within the hour (SRUM)"
    else:
        return
    found = _kind_of(values.get("application"), words)
    if found is not None:
        yield PresenceRecord(place, found[0], time - _SRUM_SECONDS, time, found[1])


def _visit(place: Place, values: Values) -> Iterator[StockRecord]:
    url, time = values.get("url"), _time(values.get("last_visited_time"))
    if not isinstance(url, str) or not time:
        return
    try:
        host = urlsplit(url[:_MAXIMUM_TEXT]).hostname
    except ValueError:
        return
    if host in _WEB_HOSTS:
        yield PresenceRecord(place, "client_running", time, words=f"{host} visited")


def _short_message(place: Place, values: Values) -> Iterator[StockRecord]:
    # 1 is received; older plaso has words.
    if str(values.get("sms_type")).lower() not in ("1", "received"):
        return
    text = values.get("message_body")
    if has_login_code(text):
        yield NoticeRecord(
            place,
            None,
            "login_code_sms",
            _time(values.get("creation_time")),
            text=text,
        )


def _imessage(place: Place, values: Values) -> Iterator[StockRecord]:
    # 0 is received, see plaso's plugin.
    text = values.get("text")
    if values.get("message_type") in (0, None) and has_login_code(text):
        time = _time(values.get("creation_time"))
        yield NoticeRecord(place, None, "login_code_sms", time, text=text)


def _toast(place: Place, values: Values) -> Iterator[StockRecord]:
    text = values.get("payload")
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    if isinstance(text, str) and has_login_code(_TAG.sub("\n", text[:_MAXIMUM_TEXT])):
        time = _time(values.get("arrival_time"))
        yield NoticeRecord(place, None, "login_code_notification", time, text=text)


def _banner(place: Place, values: Values) -> Iterator[StockRecord]:
    text = f"{values.get('title') or ''}\n{values.get('message_body') or ''}"
    name = str(values.get("bundle_name") or "")
    if has_login_code(text) or (
        is_package(name) and has_login_code(f"Telegram {text}")
    ):
        time = _time(values.get("creation_time"))
        yield NoticeRecord(place, None, "login_code_notification", time, text=text)


_READERS: Final[dict[str, Callable[[Place, Values], Iterator[StockRecord]]]] = {
    "windows:prefetch:execution": _runs(
        "executable",
        "last_run_time",
        "previous_run_times",
        words="program started (Prefetch)",
    ),
    "windows:registry:userassist": _runs(
        "value_name", "last_execution_time", words="program started (UserAssist)"
    ),
    "windows:registry:bam": _runs(
        "path", "last_run_time", words="program ran (background activity moderator)"
    ),
    "windows:pca_log:entry": _runs(
        "executable", "last_execution_time", words="program ran (compatibility log)"
    ),
    "windows:srum:application_usage": _srum,
    "windows:srum:network_usage": _srum,
    "chrome:history:page_visited": _visit,
    "firefox:places:page_visited": _visit,
    "safari:history:visit": _visit,
    "safari:history:visit_sqlite": _visit,
    "macos:knowledgec:application": _uses(
        "bundle_identifier", "start_time", "end_time", "in the foreground"
    ),
    "android:app_usage": _uses("package", "last_resume_time", None, "in use"),
    "android:sqlite:app_usage": _uses("package_name", "start_time", None, "in use"),
    "ios:screentime:event": _uses(
        "bundle_identifier", "start_time", None, "in use (screen time)"
    ),
    "ios:powerlog:application_usage": _uses(
        "bundle_identifier", "start_time", None, "in use (power log)"
    ),
    "android:messaging:sms": _short_message,
    "imessage:event:chat": _imessage,
    "windows:push_notification:notification": _toast,
    "macos:notification_center:entry": _banner,
}
DATA_TYPES: Final = frozenset(_READERS)
