"""Account, login and passcode of one account slot of Telegram for Android.

Specification: formats/android.md sections 7.1 to 7.3: `userconfing.xml` (sic; slot 0
and the settings of the whole application) and `userconfig<N>.xml`. Times are Unix times
of the **device's** clock. Push token and keys are credentials: only fingerprints of
them leave this module.
"""

from __future__ import annotations

import datetime
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from telegram_forensics.formats.android_preferences import Preferences
from telegram_forensics.formats.tdesktop_crypto import auth_key_identifier
from telegram_forensics.formats.tl_reader import TLError, TLObject, read_object

# Smaller numbers in loginTime are slot numbers.
_SMALLEST_TIME: Final = 100
_YEAR_10000: Final = 253_402_300_800_000
_CONTACTS_OFFSET: Final = 82_800
_HINTS_OFFSET: Final = 90_000
_SHA256: Final = re.compile(r"[0-9A-Fa-f]{64}")
_MD5: Final = re.compile(r"[0-9A-Fa-f]{32}")
PASSCODE_TYPES: Final = {0: "PIN", 1: "password"}
_TELLTALES: Final = frozenset(
    {"registeredForPush", "lastSendMessageId", "contactsHash", "loginTime"}
)


class LoginState(Enum):
    """What a slot says of its use."""

    LOGGED_IN = "logged_in"
    LOGGED_OUT = "logged_out"
    NEVER_USED = "never_used"
    # Nobody is logged in, and this version kept no time (before 4.9).
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Person:
    """The owner of an account, as stored; None where not stored.

    Attributes:
        identifier: Telegram user id.
        name: first and last name.
        phone: digits.
        username: without "@".
    """

    identifier: int
    name: str | None = None
    phone: str | None = None
    username: str | None = None


@dataclass(frozen=True, slots=True)
class Passcode:
    """Local passcode. It locks the screen, nothing is encrypted with it.

    Attributes:
        derivation: how the stored hash is made.
        recovery_line: line for a password recovery tool: hashcat mode 22301, or mode 0
            for the unsalted MD5 of versions before 2.9.1; None if the form is unknown.
        kind: `PIN` or `password`, None if another number is stored.
    """

    derivation: str | None
    recovery_line: str | None
    kind: str | None


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting that matters to an examiner.

    Attributes:
        name: see docs/event_data.md.
        value: in words.
        time: milliseconds since 1970 (UTC) where the value is a time, else None.
    """

    name: str
    value: str
    time: int | None = None


@dataclass(slots=True)
class UserConfig:
    """What the preferences of a slot say.

    Attributes:
        slot: account slot.
        state: of the slot.
        person: who is logged in, None if nobody is or the record is damaged.
        login_time: Unix time (seconds, device's clock) of the login.
        logout_time: the same of the last log out of this slot.
        first_start_time: the same of the first start of the application; only slots
            that were never used keep it.
        passcode: None if none is set; only slot 0 has it.
        settings: everything else.
        problems: (byte offset in the file, reason).
    """

    slot: int
    state: LoginState
    person: Person | None = None
    login_time: int | None = None
    logout_time: int | None = None
    first_start_time: int | None = None
    passcode: Passcode | None = None
    settings: list[Setting] = field(default_factory=list)
    problems: list[tuple[int, str]] = field(default_factory=list)


def is_user_config(preferences: Preferences) -> bool:
    """True if the preferences have names that only this file has."""
    return not _TELLTALES.isdisjoint(preferences.entries)


def read_user_config(preferences: Preferences, slot: int) -> UserConfig:
    """Reads the preferences of a slot. Never raises; see `problems`."""
    config = UserConfig(slot, LoginState.NOBODY)
    login_time = preferences.number("loginTime")
    has_time = login_time is not None and login_time > _SMALLEST_TIME
    if preferences.text("user"):
        config.state = LoginState.LOGGED_IN
        config.login_time = login_time if has_time else None
        config.person = _read_owner(preferences, config.problems)
    elif has_time:
        config.state = LoginState.LOGGED_OUT
        config.logout_time = login_time
    elif login_time is not None:
        config.state = LoginState.NEVER_USED
        config.first_start_time = _first_start(preferences)
    config.passcode = _read_passcode(preferences, config.problems)
    config.settings = list(_settings(preferences, config))
    config.problems += preferences.problems
    return config


def read_person(user: TLObject) -> Person | None:
    """Takes what names a person out of a TL `User`, None for an empty one."""
    identifier = user.get("id")
    if not isinstance(identifier, int) or user.name == "userEmpty":
        return None
    names = (user.get("first_name"), user.get("last_name"))
    username = user.get("username") or None
    for item in user.get("usernames", ()):
        # Several usernames (layer 148 and later): the first active one is shown.
        if username is None and item.get("active"):
            username = item.get("username") or None
    return Person(
        identifier,
        " ".join(name for name in names if name) or None,
        user.get("phone") or None,
        username,
    )


def _read_owner(
    preferences: Preferences, problems: list[tuple[int, str]]
) -> Person | None:
    offset = preferences.entries["user"].offset
    data = preferences.base64("user")
    if data is None:
        return None
    try:
        user = read_object(data, result_type="User")
    except TLError as error:
        problems.append((offset, f"value of user: {error}"))
        if not isinstance(error.partial, TLObject):
            return None
        user = error.partial
    else:
        if user.end != len(data):
            left = len(data) - user.end
            problems.append((offset, f"value of user: {left} bytes behind the object"))
    return read_person(user)


def _first_start(preferences: Preferences) -> int | None:
    """Time at which the slot was prepared, which two values tell independently."""
    contacts = preferences.number("lastContactsSyncTime")
    hints = preferences.number("lastHintsSyncTime")
    if not contacts or not hints or min(contacts, hints) <= _SMALLEST_TIME:
        return None
    first, second = contacts + _CONTACTS_OFFSET, hints + _HINTS_OFFSET
    return min(first, second) if abs(first - second) <= 1 else None


def _read_passcode(
    preferences: Preferences, problems: list[tuple[int, str]]
) -> Passcode | None:
    stored = preferences.text("passcodeHash1")
    if not stored:
        return None
    kind = PASSCODE_TYPES.get(preferences.number("passcodeType") or 0)
    salt = preferences.base64("passcodeSalt")
    if salt and _SHA256.fullmatch(stored):
        line = f"$telegram$0*{stored.lower()}*{salt.hex()}"
        return Passcode("SHA-256 of salt, passcode, salt", line, kind)
    if not salt and _MD5.fullmatch(stored):
        return Passcode("MD5 without salt", stored.lower(), kind)
    offset = preferences.entries["passcodeHash1"].offset
    problems.append((offset, "value of passcodeHash1: unknown form"))
    return Passcode(None, None, kind)


def yes_no(value: bool) -> str:
    """A truth value in words."""
    return "yes" if value else "no"


# Name in the file -> name of the setting.
_TRUTHS: Final = {
    "registeredForPush": "registered_for_push",
    "syncContacts": "sync_contacts",
    "suggestContacts": "suggest_contacts",
    "appLocked": "app_locked",
    "useFingerprint": "unlock_with_fingerprint",
    "allowScreenCapture": "allow_screen_capture",
}
_NUMBERS: Final = {
    "lastSendMessageId": "last_local_message_identifier",
    "contactsSavedCount": "contacts_saved",
    "selectedAccount": "active_account",
    "badPasscodeTries": "bad_passcode_tries",
    "passcodeRetryInMs": "passcode_retry_milliseconds",
    "lastPauseTime": "last_pause_uptime_seconds",
    "autoLockIn": "auto_lock_seconds",
    "pushType": "push_type",
    "lastLocalId": "last_local_file_identifier",
}
# Said only where they are not zero.
_QUIET: Final = frozenset(
    {"badPasscodeTries", "passcodeRetryInMs", "lastPauseTime", "contactsSavedCount"}
)
_TIMES: Final = {
    "lastContactsSyncTime": ("last_contacts_sync", 1000),
    "lastHintsSyncTime": ("last_hints_sync", 1000),
    "ratingLoadTime": ("rating_loaded", 1000),
    "botRatingLoadTime": ("bot_rating_loaded", 1000),
    "sharingMyLocationUntil": ("sharing_location_until", 1000),
    "lastMyLocationShareTime": ("last_location_share", 1000),
    "appUpdateCheckTime": ("last_update_check", 1),
}
# In a slot that nobody uses these are made up by the client, see `_first_start`.
_OF_A_LOGIN: Final = frozenset({"lastContactsSyncTime", "lastHintsSyncTime"})


def time_setting(name: str, milliseconds: int, words: str = "") -> Setting:
    """A setting whose value is a time.

    Args:
        name: of the setting.
        milliseconds: since 1970, UTC.
        words: what else there is to say, in front of the time.
    """
    if not 0 < milliseconds < _YEAR_10000:
        value = f"{words} {milliseconds} ms, no possible time"
        return Setting(name, value.strip())
    moment = datetime.datetime.fromtimestamp(
        milliseconds // 1000, datetime.timezone.utc
    )
    return Setting(name, f"{words} {moment.isoformat()}".strip(), milliseconds)


def _settings(preferences: Preferences, config: UserConfig) -> Iterator[Setting]:
    for key, name in _TRUTHS.items():
        truth = preferences.truth(key)
        if truth is not None:
            yield Setting(name, yes_no(truth))
    for key, name in _NUMBERS.items():
        number = preferences.number(key)
        if number is not None and (number or key not in _QUIET):
            yield Setting(name, str(number))
    for key, (name, factor) in _TIMES.items():
        number = preferences.number(key)
        if not number or number < _SMALLEST_TIME:
            continue
        if key in _OF_A_LOGIN and config.state is not LoginState.LOGGED_IN:
            continue
        yield time_setting(name, number * factor)
    if config.first_start_time is not None:
        yield time_setting("first_start", config.first_start_time * 1000)
    if "passcodeHash1" in preferences.entries:
        passcode = config.passcode
        value = "none" if passcode is None else f"set, {passcode.kind or 'other'}"
        yield Setting("local_passcode", value)
    version = preferences.text("lastUpdateVersion2")
    if version:
        yield Setting("last_update_version", version)
    yield from _fingerprints(preferences, config)


def _fingerprints(preferences: Preferences, config: UserConfig) -> Iterator[Setting]:
    """Credentials, of which only an identifier is given out."""
    token = preferences.text("pushString2")
    if token:
        digest = hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
        yield Setting("push_token_fingerprint", f"SHA-256 {digest}")
    key = preferences.base64("pushAuthKey")
    if key is not None:
        yield Setting("push_auth_key_identifier", auth_key_identifier(key))
    data = preferences.base64("tmpPassword")
    if data is not None:
        offset = preferences.entries["tmpPassword"].offset
        until = _valid_until(data, offset, config.problems)
        if until is None:
            yield Setting("temporary_password", "present")
        else:
            words = "present, valid until"
            yield time_setting("temporary_password", until * 1000, words)


def _valid_until(
    data: bytes, offset: int, problems: list[tuple[int, str]]
) -> int | None:
    try:
        until = read_object(data, result_type="account.TmpPassword").get("valid_until")
    except TLError as error:
        problems.append((offset, f"value of tmpPassword: {error}"))
        return None
    return until if isinstance(until, int) else None
