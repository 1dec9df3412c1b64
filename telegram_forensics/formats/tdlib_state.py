"""What TDLib's event log tells: account, sessions, requests, use of the client.

Specification: formats/tdlib.md sections 4 and 5. Values of the key-value store are text
or blobs; superseded ones stay in the log until it is compacted and make a log of the
client's activity. What cannot be decoded is reported, the rest counts.
"""

from __future__ import annotations

import contextlib
import hashlib
import math
import re
from dataclasses import dataclass, field
from typing import Final

from telegram_forensics.formats.errors import FormatError, Issue
from telegram_forensics.formats.tdlib_binlog import Binlog, BinlogRecord
from telegram_forensics.formats.tdlib_requests import REQUESTS, read_details
from telegram_forensics.formats.tdlib_values import Reader

KEY_VALUE: Final = 0x4327
OPTION: Final = 0x1F18
_AUTH: Final = re.compile(r"auth([1-9][0-9]{0,2})")
_KEY_SIZE: Final = 256
_AUTHORIZED, _HAS_CREATED, _HAS_EXPIRY = 1, 4, 8
# From 2013 to 2100.
_FIRST, _LAST = 1_356_998_400, 4_102_444_800
_MAXIMUM_ISSUES: Final = 100
_STATES: Final = {
    2: "premium",
    3: "code",
    4: "qr_code",
    5: "password",
    6: "registration",
    7: "email_address",
    8: "email_code",
}
# Seconds by which the expiry of a pending login lies behind the attempt.
_EXPIRY: Final = {"password": 86_400, "registration": 86_400, "premium": 86_400}
_SHORT_EXPIRY: Final = 300
# Options that say who and when, without those that are sections of their own.
OPTIONS: Final = frozenset(
    {
        *("my_phone_number", "since_last_open", "session_count", "use_pfs"),
        *("connection_parameters", "language_pack_id", "localization_target"),
        *("is_emulator", "test_mode", "authorization_autoconfirm_period"),
        *("otherwise_relogin_days", "enabled_proxy_id"),
    }
)
_SETTINGS: Final = re.compile(
    r"auth|auth_is_bot|main_dc_id|proxy_active_id|recently_opened_dialog_usernames"
    r"_and_ids|recently_found_dialog_usernames_and_ids"
)
# Keys whose value is a moment: kind of the trace.
_MOMENTS: Final = {
    "updates.date": "update_received",
    "my_was_online_local": "online_here",
    "my_was_online_remote": "online_by_server",
    "config_expire": "configuration_valid_until",
    "net_stats_since": "statistics_begun",
}
_PROXY_USED: Final = re.compile(r"proxy_used[0-9]+")


@dataclass(slots=True)
class AuthKey:
    """An authorization key in the log.

    Attributes:
        data_center: where it is valid.
        identifier: 16 hexadecimal digits.
        is_authorized: the account is logged in with it.
        created: when it was generated here, by the server's clock, seconds since 1970
            UTC: just before the login (home data center) or the first contact.
        record: that holds it.
    """

    data_center: int
    identifier: str
    is_authorized: bool
    created: float | None
    record: BinlogRecord


@dataclass(slots=True)
class OtherSession:
    """A login on another device that the owner has not confirmed yet.

    Attributes:
        hash: the server's hash of it.
        date: of the login, seconds since 1970 UTC.
        device, location: as the server recorded them.
    """

    hash: int
    date: int
    device: str
    location: str
    record: BinlogRecord


@dataclass(slots=True)
class Trace:
    """Something that happened at a time, by this log.

    Attributes:
        kind: what it was.
        time: seconds since 1970 UTC, None if the record has none.
        details: in words.
    """

    kind: str
    time: float | None
    details: str | None
    record: BinlogRecord


@dataclass(slots=True)
class Setting:
    """A value that is worth a look."""

    name: str
    value: str
    record: BinlogRecord


@dataclass(slots=True)
class TdlibState:
    """What a log tells.

    Attributes:
        user: user id of the account, None if nobody has logged in.
        phone: its number.
        state: `ok`, `logout`, `destroy`, or None: never logged in.
        home: home data center.
        login: when this session completed its login, seconds since 1970 UTC.
        is_bot, is_test: what is stored of the account.
        clock_difference: server's minus device's clock, seconds.
        keys: authorization keys, former ones as well.
        others: logins on other devices.
        database_keys: of db.sqlite, the current one first.
        other_users: further accounts in the same application.
        traces, settings: what else is known.
        messages: records of messages that were to be sent, see `tdlib_pending`.
        push: records of notifications.
        entities: records of users and chats that were not written yet.
        issues: what could not be read.
    """

    user: int | None = None
    phone: str | None = None
    state: str | None = None
    home: int = 1
    login: int | None = None
    is_bot: bool = False
    is_test: bool = False
    clock_difference: float | None = None
    keys: list[AuthKey] = field(default_factory=list)
    others: list[OtherSession] = field(default_factory=list)
    database_keys: list[bytes] = field(default_factory=list)
    other_users: list[int] = field(default_factory=list)
    traces: list[Trace] = field(default_factory=list)
    settings: list[Setting] = field(default_factory=list)
    messages: list[BinlogRecord] = field(default_factory=list)
    push: list[BinlogRecord] = field(default_factory=list)
    entities: list[BinlogRecord] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)

    def key_of_home(self, state: str = "current") -> AuthKey | None:
        """Key of the session: that of the home data center."""
        for key in self.keys:
            if key.data_center == self.home and key.record.state == state:
                return key
        return None


def read_state(log: Binlog, name: str = "") -> TdlibState:
    """Reads what a log tells.

    Args:
        log: the log.
        name: of its file, for issues.
    """
    return _Reader(log, name).read()


class _Reader:
    def __init__(self, log: Binlog, name: str) -> None:
        self._log = log
        self._name = name
        self._state = TdlibState()
        self._seen: set[tuple[str, float | None, str | None]] = set()

    def read(self) -> TdlibState:
        state = self._state
        for record in self._log.records:
            try:
                self._read(record)
            except FormatError as exception:
                self._report(record, exception.reason)
        current = [key for key in state.database_keys if key]
        state.database_keys = list(dict.fromkeys(reversed(current)))
        return state

    def _report(self, record: BinlogRecord, reason: str) -> None:
        if len(self._state.issues) < _MAXIMUM_ISSUES:
            text = f"record of type 0x{record.kind:x}: {reason}"
            self._state.issues.append(Issue(self._name, record.offset, text))

    def _read(self, record: BinlogRecord) -> None:
        if record.kind in (KEY_VALUE, OPTION):
            reader = Reader(record.payload)
            key = reader.text()
            value = reader.bytes()
            if record.kind == OPTION:
                self._read_option(key, value, record)
            else:
                self._read_value(key, value, record)
        elif 0x100 <= record.kind <= 0x128 and record.kind in _MESSAGE_KINDS:
            self._state.messages.append(record)
        elif record.kind in REQUESTS:
            self._read_request(record)
        elif record.kind in (0x200, 0x201):
            self._state.push.append(record)
        elif 2 <= record.kind <= 6:
            self._state.entities.append(record)

    # Options.

    def _read_option(self, name: str, value: bytes, record: BinlogRecord) -> None:
        text = value.decode("utf-8", "backslashreplace")
        content = text[1:]
        is_current = record.state == "current"
        if name == "my_id" and is_current:
            self._state.user = _number(content)
        elif name == "authorization_date":
            date = _number(content)
            if is_current:
                self._state.login = date
            elif date:
                self._trace("former_login", float(date), None, record)
        elif name == "my_phone_number" and is_current:
            self._state.phone = content or None
        elif name == "test_mode" and is_current:
            self._state.is_test = content == "true"
        # What begins so the application itself has set.
        if name in OPTIONS or name.startswith("x_"):
            self._state.settings.append(Setting(name, content, record))

    # Key-value entries.

    def _read_value(self, key: str, value: bytes, record: BinlogRecord) -> None:
        is_current = record.state == "current"
        match = _AUTH.fullmatch(key)
        if match:
            self._read_key(int(match[1]), value, record)
        elif key == "sqlite_key":
            self._state.database_keys.append(value)
        elif key == "server_time_difference":
            self._read_difference(value, record)
        elif key == "new_authorizations":
            self._read_others(value, record)
        elif key == "auth_state":
            self._read_pending(value, record)
        elif key.startswith("device_token"):
            self._read_token(key, value, record)
        elif key.startswith("proxy") and re.fullmatch(r"proxy[0-9]*", key):
            self._read_proxy(key, value, record)
        elif key in _MOMENTS or _PROXY_USED.fullmatch(key):
            time = _moment(value)
            if time is not None:
                kind = _MOMENTS.get(key, "proxy_used")
                self._trace(kind, time, key if kind == "proxy_used" else None, record)
        elif key == "auth_notification_ids":
            self._read_login_notices(value, record)
        elif _SETTINGS.fullmatch(key):
            text = value.decode("utf-8", "backslashreplace")
            self._state.settings.append(Setting(key, text, record))
            if is_current:
                self._set(key, text)

    def _set(self, key: str, text: str) -> None:
        if key == "auth":
            self._state.state = text
        elif key == "auth_is_bot":
            self._state.is_bot = text == "true"
        elif key == "main_dc_id":
            number = _number(text)
            if number is not None and 0 < number < 1000:
                self._state.home = number

    def _read_key(self, data_center: int, value: bytes, record: BinlogRecord) -> None:
        reader = Reader(value)
        identifier = reader.u64()
        flags = reader.i32()
        key = reader.bytes()
        created = reader.double() if flags & _HAS_CREATED else None
        if len(key) != _KEY_SIZE:
            if key:
                raise FormatError(12, f"authorization key of {len(key)} bytes")
            return
        digest = hashlib.sha1(key, usedforsecurity=False).digest()
        if identifier != int.from_bytes(digest[-8:], "little"):
            self._report(record, "identifier does not fit the authorization key")
            identifier = int.from_bytes(digest[-8:], "little")
        self._state.keys.append(
            AuthKey(
                data_center,
                f"{identifier:016x}",
                bool(flags & _AUTHORIZED),
                created if _is_time(created) else None,
                record,
            )
        )

    def _read_difference(self, value: bytes, record: BinlogRecord) -> None:
        reader = Reader(value)
        difference = reader.double()
        if record.state == "current" and math.isfinite(difference):
            self._state.clock_difference = difference
        if reader.left >= 8:
            saved = reader.double()
            if _is_time(saved) and math.isfinite(difference):
                words = f"server's clock minus device's: {difference:.3f} s"
                self._trace("server_contact", saved, words, record)

    def _read_others(self, value: bytes, record: BinlogRecord) -> None:
        reader = Reader.versioned(value)
        for _ in range(reader.count(24)):
            flags = reader.u32()
            number = reader.i64()
            date = reader.i32()
            device, location = reader.text(), reader.text()
            if flags & 2:
                reader.identifier()
            self._state.others.append(
                OtherSession(number, date, device, location, record)
            )

    def _read_pending(self, value: bytes, record: BinlogRecord) -> None:
        """A login that was begun; erased when it succeeds."""
        reader = Reader.versioned(value)
        flags = reader.u32() if reader.version >= 15 else 0
        number = reader.i32()
        state = _STATES.get(number if flags & 0x400 else number + 1)
        reader.i32()
        reader.text()
        expiry = None
        if flags & 0x100:
            expiry = reader.stored_time()
        else:
            reader.double()
        words = [f"waits for {state or number}"]
        if not flags & 1 and state not in ("qr_code", None):
            with contextlib.suppress(FormatError):
                words.append(f"phone {reader.text()}")
        time = None
        if expiry is not None and state is not None:
            time = expiry - _EXPIRY.get(state, _SHORT_EXPIRY)
        self._trace(
            "login_begun", time if _is_time(time) else None, ", ".join(words), record
        )

    def _read_login_notices(self, value: bytes, record: BinlogRecord) -> None:
        """Ids and dates of the service account's messages about logins."""
        numbers = value.decode("ascii", "replace").split(",")
        for identifier, date in zip(numbers[::2], numbers[1::2], strict=False):
            time = _moment(date.encode())
            if time is None:
                raise FormatError(0, f"date {date!r} of a notice of a login")
            self._trace("login_notice", time, f"notice {identifier}", record)

    def _read_token(self, key: str, value: bytes, record: BinlogRecord) -> None:
        reader = Reader.versioned(value)
        flags = reader.u32()
        reader.text()
        users: list[int] = []
        if flags & 1:
            users = [reader.i32() for _ in range(reader.count(4))]
        if flags & 0x40:
            users += [reader.i64() for _ in range(reader.count(8))]
        if users:
            words = ", ".join(str(user) for user in users)
            self._state.settings.append(
                Setting(f"{key}: other accounts", words, record)
            )
            for user in users:
                if user not in self._state.other_users:
                    self._state.other_users.append(user)

    def _read_proxy(self, key: str, value: bytes, record: BinlogRecord) -> None:
        reader = Reader.versioned(value)
        kinds = ("none", "SOCKS5", "MTProto", "HTTP", "HTTP")
        number = reader.i32()
        if number == 0:
            return
        kind = kinds[number] if 0 <= number < len(kinds) else str(number)
        # User, password and secret are nobody's business.
        words = f"{kind} {reader.text()}:{reader.i32()}"
        self._state.settings.append(Setting(key, words, record))

    # Requests.

    def _read_request(self, record: BinlogRecord) -> None:
        reader = Reader.versioned(record.payload)
        try:
            details = read_details(record.kind, reader)
        except FormatError:
            details = None
        self._trace(REQUESTS[record.kind], None, details, record)

    def _trace(
        self, kind: str, time: float | None, details: str | None, record: BinlogRecord
    ) -> None:
        same = (kind, time, details)
        if time is not None and same in self._seen:
            return
        self._seen.add(same)
        self._state.traces.append(Trace(kind, time, details, record))


_MESSAGE_KINDS: Final = frozenset({0x100, 0x104, 0x106, 0x107, 0x108, 0x128})


def _number(text: str) -> int | None:
    return int(text) if re.fullmatch(r"-?[0-9]{1,19}", text) else None


def _moment(value: bytes) -> float | None:
    number = _number(value.decode("ascii", "replace"))
    return float(number) if number is not None and _is_time(number) else None


def _is_time(value: float | None) -> bool:
    return value is not None and math.isfinite(value) and _FIRST <= value <= _LAST
