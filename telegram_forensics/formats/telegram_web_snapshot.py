"""Logins in one state of localStorage: Webogram, Web K, Web Z and Web A.

Specification: formats/telegram_web.md section 3. The clients share their keys, so each
record is judged by its shape:

| record | shape | client |
|---|---|---|
| `accountN` | `date`, numeric `userId` | Web K with several accounts |
| `accountN` | `firstName`, `isTest`, `userId` as text | Web A |
| `user_auth` | `id` as text, `test` | Web Z and A |
| `user_auth` | `date`, or a bare number | Web K |
| `user_auth` | number, no `date` | Webogram |
| `GramJs:sessionId` | `GramJs-session-<ms>` | first builds of Web Z |

`date` of `accountN` is the login. `date` of `user_auth` is the login only in builds of
Web K with one account; with several it is the last change of account 1. The data center
of the login is the one that the record names; keys of others belong to it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from telegram_forensics.formats.telegram_web_values import (
    DATA_CENTERS,
    MAXIMUM_SLOTS,
    WEB,
    WEB_A,
    WEB_K,
    WEB_Z,
    WEBOGRAM,
    Source,
    parse_json,
    read_data_center,
    read_identifier,
    read_key,
    read_key_hash,
    read_milliseconds,
    read_number,
    read_seconds,
    read_text,
)

TEST_PREFIX: Final = "t_"
USER_AUTH: Final = "user_auth"
GRAMJS: Final = "GramJs:sessionId"
_GRAMJS_NAME: Final = re.compile(r"GramJs-session-([0-9]{12,14})")
_PART: Final = re.compile(
    r'"(dcId|userId|date|dc[1-5]_auth_key|dc[1-5]_hash)": ?(?:(")([0-9a-f]{1,512})"'
    r"|([0-9]{1,19})(?=[,}]))"
)
ACCOUNT: Final = re.compile(r"account([1-9][0-9]?)")

Snapshot = Mapping[str, tuple[str, Source]]


@dataclass(slots=True)
class WebLogin:
    """A login of a web client, as one state of the storage shows it.

    Attributes:
        client: name of the client.
        basis: code of the record that tells of the login.
        source: of that record.
        slot: number of the account in the client, None where the record has none.
        user: user id.
        data_center: home data center.
        key: session identifier, None if the storage does not hold the key.
        keys: identifiers of all keys of the login by data center.
        created: login as stored, microseconds since 1970 UTC.
        user_auth_date: `date` of a `user_auth` of Web K, microseconds since 1970 UTC:
            the login or the last change, which depends on the build.
        fingerprint: first 8 hexadecimal digits of the key of data center 2.
        is_test: a login at Telegram's test servers.
        first_name, last_name, phone: of the user, as stored.
        has_login: False for a key that no record ties to a login.
    """

    client: str
    basis: str
    source: Source
    slot: int | None = None
    user: str | None = None
    data_center: int | None = None
    key: str | None = None
    keys: dict[int, str] = field(default_factory=dict)
    created: int | None = None
    user_auth_date: int | None = None
    fingerprint: str | None = None
    is_test: bool = False
    first_name: str | None = None
    last_name: str | None = None
    phone: str | None = None
    has_login: bool = True

    @property
    def identity(self) -> tuple[object, ...]:
        """What is the same in all states that show this login."""
        if self.key is not None:
            return (self.is_test, self.key)
        return (self.is_test, None, self.user, self.data_center, self.created)


def find_logins(snapshot: Snapshot, multiple: bool = False) -> list[WebLogin]:
    """Finds the logins in a state of the storage.

    Args:
        snapshot: text and source of each item.
        multiple: True if the storage ever held a record of a Web K with several
            accounts: `date` of `user_auth` is not the login then.
    """
    found = []
    for is_test in (False, True):
        items = _select(snapshot, is_test)
        logins = _find_accounts(items)
        _add(logins, _read_user_auth(items, multiple))
        if not is_test:
            _add(logins, _read_gramjs(items, bool(logins)))
        known = {key for login in logins for key in login.keys.values()}
        for login in _find_lone_keys(items, known):
            logins.append(login)
        for login in logins:
            login.is_test = login.is_test or is_test
        found += logins
    return found


def _select(snapshot: Snapshot, is_test: bool) -> Snapshot:
    if is_test:
        return {
            key[len(TEST_PREFIX) :]: value
            for key, value in snapshot.items()
            if key.startswith(TEST_PREFIX)
        }
    return snapshot


def _add(logins: list[WebLogin], login: WebLogin | None) -> None:
    """Adds a login that is not there yet; the record of a slot says more."""
    if login is None:
        return
    for other in logins:
        same_key = login.key is not None and other.key == login.key
        no_key = login.key is None or other.key is None
        same_user = no_key and login.user is not None and other.user == login.user
        if same_key or (same_user and other.data_center == login.data_center):
            other.keys = {**login.keys, **other.keys}
            other.key = other.key or login.key
            other.fingerprint = other.fingerprint or login.fingerprint
            other.user_auth_date = other.user_auth_date or login.user_auth_date
            return
    logins.append(login)


def _find_accounts(items: Snapshot) -> list[WebLogin]:
    logins = []
    for number in range(1, MAXIMUM_SLOTS + 1):
        item = items.get(f"account{number}")
        login = read_account(number, *item) if item is not None else None
        if login is not None:
            logins.append(login)
    return logins


def read_account(number: int, text: str, source: Source) -> WebLogin | None:
    """Reads an item `accountN`; None if nobody has logged in with it."""
    value = parse_json(text)
    if isinstance(value, str):
        value = _salvage(value)
    if not isinstance(value, dict):
        return None
    user = read_identifier(value.get("userId"))
    keys = _read_keys(value.get)
    if user is None and not keys:
        return None  # A login that was begun.
    created = read_seconds(value.get("date"))
    is_number = user is not None and not isinstance(value["userId"], str)
    is_k = created is not None or is_number
    is_a = isinstance(value.get("userId"), str) or any(
        name in value for name in ("firstName", "phone", "isTest", "avatarUri")
    )
    client, basis = WEB, "web_account"
    if is_k:
        client, basis = WEB_K, "web_k_account"
    elif is_a:
        client, basis = WEB_A, "web_a_account"
    data_center = read_data_center(value.get("dcId"))
    return WebLogin(
        client,
        basis,
        source,
        slot=number,
        user=user,
        data_center=data_center,
        key=keys.get(data_center) if data_center is not None else None,
        keys=keys,
        created=created,
        fingerprint=_read_fingerprint(value.get("auth_key_fingerprint")),
        is_test=value.get("isTest") is True,
        first_name=read_text(value.get("firstName")),
        last_name=read_text(value.get("lastName")),
        phone=read_text(value.get("phone")),
    )


def _salvage(text: str) -> dict[str, Any]:
    """What is still there of a record that is no JSON any more."""
    found: dict[str, Any] = {}
    for match in _PART.finditer(text):
        name, quote, text_value, number = match.groups()
        found[name] = text_value if quote else read_number(number)
    return found


def _read_keys(get: Any) -> dict[int, str]:
    """Identifiers of keys by data center, from the keys or else from their hashes."""
    keys = {}
    for number in DATA_CENTERS:
        key = read_key(get(f"dc{number}_auth_key"))
        if key is None:
            key = read_key_hash(get(f"dc{number}_hash"))
        if key is not None:
            keys[number] = key
    return keys


def _read_fingerprint(value: Any) -> str | None:
    text = read_text(value)
    return text if text is not None and re.fullmatch(r"[0-9a-f]{8}", text) else None


def _read_user_auth(items: Snapshot, multiple: bool) -> WebLogin | None:
    item = items.get(USER_AUTH)
    if item is None:
        return None
    text, source = item

    def get(name: str) -> Any:
        found = items.get(name)
        return parse_json(found[0]) if found is not None else None

    value = parse_json(text)
    # The first builds of Web K stored the user id alone.
    record = value if isinstance(value, dict) else {"id": value}
    user = read_identifier(record.get("id"))
    data_center = read_data_center(record.get("dcID"))
    if data_center is None:
        data_center = read_data_center(get("dc"))
    date = read_seconds(record.get("date"))
    keys = _read_keys(get)
    if user is None and date is None and not keys:
        return None
    client, basis = WEBOGRAM, "webogram_user_auth"
    if user is None and "test" not in record and date is None:
        # Web A leaves it out until it is known; others do not say who wrote it.
        client, basis = WEB, "web_user_auth"
    elif isinstance(record.get("id"), str) or "test" in record:
        client, basis = WEB_A, "web_a_user_auth"
    elif date is not None or not isinstance(value, dict):
        client, basis = WEB_K, "web_k_user_auth"
    return WebLogin(
        client,
        basis,
        source,
        user=user,
        data_center=data_center,
        key=keys.get(data_center) if data_center is not None else None,
        keys=keys,
        created=None if multiple else date,
        user_auth_date=date,
        fingerprint=_read_fingerprint(get("auth_key_fingerprint")),
        is_test=record.get("test") is True,
    )


def _read_gramjs(items: Snapshot, has_login: bool) -> WebLogin | None:
    """The first builds of Web Z: the key lies elsewhere, the name has the login."""
    item = items.get(GRAMJS)
    if item is None or has_login:
        return None
    created = read_gramjs_name(item[0])
    if created is None:
        return None
    login = WebLogin(WEB_Z, "web_z_session_name", item[1], created=created)
    state = items.get("tt-global-state")
    value = parse_json(state[0]) if state is not None else None
    if isinstance(value, dict):
        login.user = read_identifier(value.get("currentUserId"))
    return login


def read_gramjs_name(text: str) -> int | None:
    """Login in the name of a session of the first builds of Web Z, microseconds."""
    match = _GRAMJS_NAME.search(text)
    return read_milliseconds(int(match[1])) if match else None


def _find_lone_keys(items: Snapshot, known: set[str]) -> list[WebLogin]:
    """Keys that no login of this state accounts for: Webogram keeps them behind."""
    found: dict[str, WebLogin] = {}
    for number in DATA_CENTERS:
        for name, read, basis in (
            (f"dc{number}_auth_key", read_key, "web_key_alone"),
            (f"dc{number}_hash", read_key_hash, "web_key_hash_alone"),
        ):
            item = items.get(name)
            key = read(parse_json(item[0])) if item is not None else None
            if item is None or key is None or key in known or key in found:
                continue
            found[key] = WebLogin(
                WEB_A if read is read_key_hash else WEB,
                basis,
                item[1],
                data_center=number,
                key=key,
                keys={number: key},
                has_login=False,
            )
    return list(found.values())
