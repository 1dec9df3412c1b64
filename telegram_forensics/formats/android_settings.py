"""Other preferences of Telegram for Android: settings, drafts, saved tokens, uploads.

Specification: formats/android.md sections 1 and 7.4 to 7.5. Tokens, passwords and keys
are credentials: it is said that they are there, never what they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from telegram_forensics.formats.android_dialog import Dialog, parse_dialog_id
from telegram_forensics.formats.android_message_blob import read_message_blob
from telegram_forensics.formats.android_preferences import Preferences
from telegram_forensics.formats.android_user_config import (
    Person,
    Setting,
    read_person,
    time_setting,
    yes_no,
)
from telegram_forensics.formats.tl_reader import TLError, TLObject, read_object

_SMALLEST_TIME: Final = 100
Problems = list[tuple[int, str]]

# Name in the file -> name of the setting.
_MAIN_TEXTS: Final = {
    "proxy_ip": "proxy_address",
    "proxy_user": "proxy_user",
    "language": "language",
}
_MAIN_NUMBERS: Final = {"proxy_port": "proxy_port"}
_MAIN_TRUTHS: Final = {
    "proxy_enabled": "proxy_enabled",
    "proxy_enabled_calls": "proxy_enabled_for_calls",
}
_MAIN_SECRETS: Final = {
    "proxy_pass": "proxy_password",
    "proxy_secret": "proxy_secret",
    "proxy_list": "proxy_list",
    "autologinToken": "autologin_token",
}
_MAIN_TIMES: Final = {
    "lastReloadStatusTime": ("last_status_reload", 1),
    "lastKeepMediaCheckTime": ("last_media_clean_up", 1000),
    "nextPromoInfoCheckTime": ("next_promotion_check", 1000),
    "invitelinktime": ("invite_link_loaded", 1000),
}
# Meaning read in the client's source: text of messages in notifications.
_PREVIEWS: Final = {
    "EnablePreviewAll": "notification_preview_private_chats",
    "EnablePreviewGroup": "notification_preview_groups",
    "EnablePreviewChannel": "notification_preview_channels",
}
_CHAT_NOTIFICATION: Final = re.compile(r"notify2_(-?[0-9]{1,19})")
_STICKER_TIME: Final = re.compile(r"lastStickersLoadTime\w*")
_NOTIFY_STATES: Final = {0: "on", 2: "muted for ever", 3: "muted"}

_DRAFT: Final = re.compile(r"(?:t_)?(-?[0-9]{1,19})(?:_(-?[0-9]{1,19}))?")
_REPLY: Final = re.compile(r"rt?_(-?[0-9]{1,19})(?:_(-?[0-9]{1,19}))?")
_LOG_IN: Final = re.compile(r"log_in_token_([0-9]{1,6})")
_LOG_OUT: Final = re.compile(r"log_out_token_([0-9]{1,6})")
_LOGIN_SEPARATOR: Final = "_|_"
_PHONE_KEYS: Final = frozenset({"phone", "ephone", "phoneview_phone"})
_COUNTRY_KEY: Final = "phoneview_code"
_UPLOAD: Final = re.compile(r"([0-9A-Fa-f]{32})_(time|size|uploaded|id)")


@dataclass(frozen=True, slots=True)
class Draft:
    """Text that waits in a chat.

    Attributes:
        dialog: the chat.
        thread: identifier of topic or thread, None for the chat itself.
        text: the text, None of an emptied draft.
        date: Unix time (seconds, UTC), None if not stored. Of a draft typed here it is
            the device's clock, of one that came from the server the server's.
        reply_to: identifier of the message replied to, None if none.
        reply_text: text of that message, where a copy is stored.
        offset: byte offset of the entry.
    """

    dialog: Dialog
    thread: int | None
    text: str | None
    date: int | None
    reply_to: int | None
    reply_text: str | None
    offset: int


@dataclass(frozen=True, slots=True)
class SavedLogin:
    """An account that was logged in on this device at some time.

    Attributes:
        index: number of the entry, 0 the latest.
        person: the account.
        has_token: a token for a login without code is stored with it.
        offset: byte offset of the entry.
    """

    index: int
    person: Person
    has_token: bool
    offset: int


@dataclass(slots=True)
class SettingsFile:
    """What a preferences file says.

    Attributes:
        settings: in the order of the file's specification.
        drafts: of `drafts.xml`, in stored order.
        logins: of the saved tokens, the latest first.
        problems: (byte offset, reason).
    """

    settings: list[Setting] = field(default_factory=list)
    drafts: list[Draft] = field(default_factory=list)
    logins: list[SavedLogin] = field(default_factory=list)
    problems: Problems = field(default_factory=list)


def read_settings(kind: str, preferences: Preferences) -> SettingsFile:
    """Reads a preferences file. Never raises; see `problems`.

    Args:
        kind: as in `android_paths.PreferencesName`.
        preferences: content of the file.
    """
    found = SettingsFile()
    if kind == "drafts":
        found.drafts = list(_drafts(preferences, found.problems))
    elif kind in ("saved_tokens_login", "saved_tokens"):
        found.logins = list(_logins(preferences, found.problems))
        found.settings = list(_saved_log_outs(preferences))
    else:
        reader = {
            "main_config": _main_config,
            "notifications": _notifications,
            "emoji": _emoji,
            "login_info": _login_info,
            "upload_info": _uploads,
        }[kind]
        found.settings = list(reader(preferences))
    found.problems += preferences.problems
    return found


def _main_config(preferences: Preferences) -> Iterator[Setting]:
    for key, name in _MAIN_TRUTHS.items():
        truth = preferences.truth(key)
        if truth is not None:
            yield Setting(name, yes_no(truth))
    for key, name in _MAIN_TEXTS.items():
        text = preferences.text(key)
        if text:
            yield Setting(name, text)
    if preferences.text("proxy_ip"):
        for key, name in _MAIN_NUMBERS.items():
            number = preferences.number(key)
            if number is not None:
                yield Setting(name, str(number))
    for key, name in _MAIN_SECRETS.items():
        if preferences.text(key):
            yield Setting(name, "present")
    yield from _times(preferences, _MAIN_TIMES)


def _times(
    preferences: Preferences, table: dict[str, tuple[str, int]]
) -> Iterator[Setting]:
    for key, (name, factor) in table.items():
        number = preferences.number(key)
        if number is not None and number >= _SMALLEST_TIME:
            yield time_setting(name, number * factor)


def _notifications(preferences: Preferences) -> Iterator[Setting]:
    for key, name in _PREVIEWS.items():
        truth = preferences.truth(key)
        if truth is not None:
            yield Setting(name, yes_no(truth))
    for key in preferences.entries:
        match = _CHAT_NOTIFICATION.fullmatch(key)
        if match is None:
            continue
        state = preferences.number(key)
        dialog = parse_dialog_id(int(match[1]))
        words = _NOTIFY_STATES.get(state if state is not None else -1, f"state {state}")
        until = preferences.number(f"notifyuntil_{match[1]}")
        is_silent = preferences.truth(f"silent_{match[1]}")
        value = f"{dialog.kind} {dialog.number}: {words}"
        if is_silent:
            value += ", silent"
        if state == 3 and until:
            words = f"{value} until"
            yield time_setting("chat_notifications", until * 1000, words)
        else:
            yield Setting("chat_notifications", value)
    yield from _times(preferences, {"nextTosCheckTime": ("next_terms_check", 1000)})


def _emoji(preferences: Preferences) -> Iterator[Setting]:
    table = {
        key: (f"stickers_loaded {key}", 1)
        for key in preferences.entries
        if _STICKER_TIME.fullmatch(key)
    }
    yield from _times(preferences, table)


def _login_info(preferences: Preferences) -> Iterator[Setting]:
    """A login that was begun and not finished.

    Names of the fields are those of the client's source; values of others, codes and
    hashes among them, are not given out.
    """
    others = []
    for key in preferences.entries:
        name = key.rpartition(_LOGIN_SEPARATOR)[2]
        text = preferences.text(key)
        if name in _PHONE_KEYS and text:
            yield Setting("login_phone", text)
        elif name == _COUNTRY_KEY and text:
            yield Setting("login_country_code", text)
        elif name == "currentViewNum":
            yield Setting("login_screen", str(preferences.number(key)))
        else:
            others.append(key)
    if others:
        yield Setting("login_in_progress", f"{len(others)} more values are stored")


def _uploads(preferences: Preferences) -> Iterator[Setting]:
    """Uploads that were begun: files that somebody sent from this device."""
    uploads: dict[str, dict[str, int]] = {}
    for key in preferences.entries:
        match = _UPLOAD.fullmatch(key)
        number = preferences.number(key) if match else None
        if match and number is not None:
            uploads.setdefault(match[1].lower(), {})[match[2]] = number
    for digest, values in uploads.items():
        parts = [f"MD5 of the path {digest}"]
        if "size" in values:
            parts.append(f"{values['size']} bytes")
        if "uploaded" in values:
            parts.append(f"{values['uploaded']} of them sent")
        if "id" in values:
            parts.append(f"id {values['id']}")
        started = values.get("time")
        words = ", ".join(parts)
        if started and started >= _SMALLEST_TIME:
            words += ", begun"
            yield time_setting("upload_in_progress", started * 1000, words)
        else:
            yield Setting("upload_in_progress", words)


def _drafts(preferences: Preferences, problems: Problems) -> Iterator[Draft]:
    replies: dict[tuple[int, int | None], TLObject] = {}
    for key, entry in preferences.entries.items():
        match = _REPLY.fullmatch(key)
        data = preferences.hexadecimal(key) if match else None
        if match and data is not None:
            message = _message(data, key, entry.offset, problems)
            if message is not None:
                replies[_place(match)] = message
    for key, entry in preferences.entries.items():
        match = _DRAFT.fullmatch(key)
        if match is None:
            continue
        place = _place(match)
        reply = replies.pop(place, None)
        draft = _draft(preferences, key, problems)
        if draft is not None or reply is not None:
            yield _make_draft(place, draft, reply, entry.offset)
    for place, reply in replies.items():
        # A copy of a message without its draft still names the chat.
        key = f"r_{place[0]}" if place[1] is None else f"rt_{place[0]}_{place[1]}"
        offset = preferences.entries[key].offset if key in preferences.entries else 0
        yield _make_draft(place, None, reply, offset)


def _place(match: re.Match[str]) -> tuple[int, int | None]:
    return int(match[1]), None if match[2] is None else int(match[2])


def _draft(preferences: Preferences, key: str, problems: Problems) -> TLObject | None:
    data = preferences.hexadecimal(key)
    if data is None:
        return None
    try:
        return read_object(data, result_type="DraftMessage")
    except TLError as error:
        offset = preferences.entries[key].offset
        problems.append((offset, f"value of {key}: {error}"))
        return error.partial if isinstance(error.partial, TLObject) else None


def _message(data: bytes, key: str, offset: int, problems: Problems) -> TLObject | None:
    try:
        blob = read_message_blob(data)
    except TLError as error:
        problems.append((offset, f"value of {key}: {error}"))
        return error.partial if isinstance(error.partial, TLObject) else None
    problems += [(offset, f"value of {key}: {reason}") for reason in blob.warnings]
    return blob.message


def _make_draft(
    place: tuple[int, int | None],
    draft: TLObject | None,
    reply: TLObject | None,
    offset: int,
) -> Draft:
    text = date = reply_to = None
    if draft is not None:
        text, date = draft.get("message"), draft.get("date")
        reply_to = draft.get("reply_to_msg_id")
        header = draft.get("reply_to")
        if reply_to is None and isinstance(header, TLObject):
            reply_to = header.get("reply_to_msg_id")
    if reply_to is None and reply is not None:
        reply_to = reply.get("id")
    return Draft(
        parse_dialog_id(place[0]),
        place[1],
        text,
        date or None,
        reply_to or None,
        reply.get("message") if reply is not None else None,
        offset,
    )


def _logins(preferences: Preferences, problems: Problems) -> Iterator[SavedLogin]:
    found = []
    for key, entry in preferences.entries.items():
        match = _LOG_IN.fullmatch(key)
        data = preferences.hexadecimal(key) if match else None
        if match is None or data is None:
            continue
        try:
            value = read_object(data, result_type="auth.Authorization")
        except TLError as error:
            problems.append((entry.offset, f"value of {key}: {error}"))
            if not isinstance(error.partial, TLObject):
                continue
            value = error.partial
        user = value.get("user")
        person = read_person(user) if isinstance(user, TLObject) else None
        if person is None:
            problems.append((entry.offset, f"value of {key}: no account in it"))
            continue
        has_token = "future_auth_token" in value
        found.append(SavedLogin(int(match[1]), person, has_token, entry.offset))
    yield from sorted(found, key=lambda login: login.index)


def _saved_log_outs(preferences: Preferences) -> Iterator[Setting]:
    """Tokens of accounts that were logged out; they do not name the account."""
    count = sum(1 for key in preferences.entries if _LOG_OUT.fullmatch(key))
    if count:
        yield Setting("saved_logout_tokens", str(count))
