"""What the systems' own records say of people: use of a telephone, codes on its screen.

Derivation (docs/android.md, "Who used the telephone"): a screen that is switched on, a
lock that is gone, Telegram in the foreground, and a notification that was clicked or
dismissed are signs of somebody at that telephone, never of who it was. All of them are
`phone_activity`: the rules count an `unlock` for the console of a computer only. What
Android does by itself (services, stand-by, notifications that were seen) is no sign.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from telegram_forensics.attribution.records import (
    NoticeRecord,
    Place,
    PresenceRecord,
)
from telegram_forensics.report import stock

_USE: Final = "telegram:device_use"
_NOTIFICATION: Final = "telegram:notification"
_FOCUS: Final = "ios:biome:app_in_focus"
_STREAM_NOTIFICATION: Final = "ios:biome:notification"
_WEB: Final = "telegram:web_trace"
_CLIENT: Final = "telegram:client_trace"
DATA_TYPES: Final = frozenset(
    {_USE, _NOTIFICATION, _FOCUS, _STREAM_NOTIFICATION, _WEB, _CLIENT}
)
_MAC: Final = 1

_DEVICE_WORDS: Final = {
    "screen_interactive": (
        "screen switched on (by a person, a call, a charger or a notification)"
    ),
    "keyguard_hidden": "screen lock gone (unlocked, or none is set)",
    "user_unlocked": "storage opened with the unlock after a start",
}
_CLIENT_WORDS: Final = {
    "activity_resumed": "in the foreground",
    "user_interaction": "used",
    "shortcut_invocation": "opened by a shortcut",
}
# What a tab of a web client does while it is open.
_WEB_WORDS: Final = {
    "client_open": "Telegram Web open in a tab",
    "login_reported": "Telegram Web started",
    "state_created": "Telegram Web made its state anew",
    "update_received": "Telegram Web received its last update",
}
# What the files of a client say of its runs; all others are no sign of one.
_RUN_WORDS: Final = {
    "api_send": "sent by the API",
    "client_alive": "still running",
    "client_started": "started",
    "message_opened": "message that destroys itself opened",
    "online_here": "went on- or offline",
    "server_contact": "in contact with the server",
    "session_started": "connected",
    "update_received": "its last update is of this time",
}
# What somebody did at the screen of a telephone.
_SCREEN_WORDS: Final = {
    "app_active": "last use of the application",
    "wrong_passcodes": "wrong passcodes typed",
}
_NOTIFICATION_WORDS: Final = {
    "clicked": "notification clicked",
    "dismissed": "notification dismissed",
}


def read(
    place: Place, values: dict[str, Any]
) -> Iterator[PresenceRecord | NoticeRecord]:
    """Records of one row of event data."""
    if values.get("data_type") == _WEB:
        # Each version of such a record is a use of its own.
        yield from _read_web(place, values)
    elif values.get("data_type") == _CLIENT:
        yield from _read_client(place, values)
    elif values.get("record_state") is not None:
        # Said again, or not any more, by the file or row that counts.
        return
    elif values.get("data_type") == _USE:
        yield from _read_use(place, values)
    elif values.get("data_type") == _NOTIFICATION:
        yield from _read_notification(place, values)
    elif values.get("source_device") is not None:
        # Of another device of the same Apple account: nobody was at this one.
        return
    elif values.get("data_type") == _FOCUS:
        yield from _read_focus(place, values)
    elif values.get("data_type") == _STREAM_NOTIFICATION:
        yield from _read_stream_notification(place, values)


def _read_use(place: Place, values: dict[str, Any]) -> Iterator[PresenceRecord]:
    time, kind = _time(values.get("recorded_time")), str(values.get("event_kind"))
    if time is None:
        return
    words = _DEVICE_WORDS.get(kind)
    end = None
    if words is None:
        # Only of clients: other programs are not our business.
        if kind not in _CLIENT_WORDS or not values.get("client_package"):
            return
        words = f"{_CLIENT_WORDS[kind]}: {values['client_package']}"
        seconds = values.get("open_seconds")
        if isinstance(seconds, int) and seconds >= 0:
            end = time + seconds
    yield PresenceRecord(place, "phone_activity", time, end, words)


def _read_web(place: Place, values: dict[str, Any]) -> Iterator[PresenceRecord]:
    time = _time(values.get("recorded_time"))
    words = _WEB_WORDS.get(str(values.get("trace_type")))
    if time is None or words is None:
        return
    details = [words]
    if values.get("trace_details"):
        details.append(str(values["trace_details"]))
    account = values.get("account_identifier")
    if account:
        details.append(f"account {account}")
    yield PresenceRecord(
        place, "client_running", time, words=", ".join(details), account=account
    )


def _read_client(place: Place, values: dict[str, Any]) -> Iterator[PresenceRecord]:
    time, kind = _time(values.get("recorded_time")), str(values.get("trace_type"))
    words = _RUN_WORDS.get(kind) or _SCREEN_WORDS.get(kind)
    if time is None or words is None:
        return
    said = f"{values.get('client_name') or 'Telegram'}: {words}"
    if values.get("trace_details"):
        said += f", {values['trace_details']}"
    account = values.get("account_identifier")
    yield PresenceRecord(
        place,
        "phone_activity" if kind in _SCREEN_WORDS else "client_running",
        time,
        words=said,
        account=account,
    )


def _read_notification(
    place: Place, values: dict[str, Any]
) -> Iterator[PresenceRecord | NoticeRecord]:
    package = str(values.get("package_name") or "")
    words = _NOTIFICATION_WORDS.get(str(values.get("notification_kind")))
    time = _time(values.get("recorded_time"))
    if words is not None and time is not None:
        yield PresenceRecord(place, "phone_activity", time, words=f"{words}: {package}")
    text = f"{values.get('title') or ''}\n{values.get('text') or ''}"
    # Telegram's own notification need not name Telegram.
    searched = f"Telegram {text}" if values.get("client_package") else text
    if stock.has_login_code(searched):
        time = _time(values.get("posted_time"))
        yield NoticeRecord(place, None, "login_code_notification", time, text=text)


def _read_focus(place: Place, values: dict[str, Any]) -> Iterator[PresenceRecord]:
    time = _time(values.get("recorded_time"))
    if time is None or not values.get("client_package"):
        return
    if values.get("is_starting") is not True:
        return
    seconds = values.get("open_seconds")
    end = time + seconds if isinstance(seconds, int) and seconds >= 0 else None
    is_mac = values.get("platform_number") == _MAC
    kind = "client_running" if is_mac else "phone_activity"
    words = f"in the foreground: {values['client_package']}"
    yield PresenceRecord(place, kind, time, end, words)


def _read_stream_notification(
    place: Place, values: dict[str, Any]
) -> Iterator[NoticeRecord]:
    # What the number of its use means is not known: no sign of a person.
    text = "\n".join(
        str(values[name]) for name in ("title", "subtitle", "text") if values.get(name)
    )
    # Telegram's own notification need not name Telegram.
    searched = f"Telegram {text}" if values.get("client_package") else text
    if stock.has_login_code(searched):
        time = _time(values.get("recorded_time"))
        yield NoticeRecord(place, None, "login_code_notification", time, text=text)


def _time(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value)
