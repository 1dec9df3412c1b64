"""Account records and shared keys of Telegram for iOS and native macOS.

Specification: formats/apple_postbox.md sections 11.2 (`atomic-state`, the metadata
database before about 2020) and 11.3 (`accounts-shared-data`, macOS since March 2019).

Keys are not handed on: what identifies a session is the id of the key. A passcode is
given as stored; on iOS that is the passcode itself, on macOS nothing but its presence.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass, field
from typing import Any, Final

from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.postbox_account import folder_name
from telegram_forensics.formats.postbox_coding import (
    Problem,
    is_root,
    read_body,
    read_root,
)
from telegram_forensics.formats.tdesktop_crypto import auth_key_identifier

KEY_SIZE: Final = 256
MAXIMUM_SIZE: Final = 16 * 1024 * 1024


_MASK_64: Final = 0xFFFFFFFFFFFFFFFF
_NUMERIC: Final = 1
_TEXT: Final = 2


@dataclass(slots=True)
class DatacenterKey:
    """An authorization key of a data center, without the key.

    Attributes:
        data_center: its number.
        identifier: computed from the key, 16 hex digits; None if there is no key.
        stated: the id that is stored with it, in the same form.
    """

    data_center: int | None
    identifier: str | None = None
    stated: str | None = None

    @property
    def is_consistent(self) -> bool:
        """False if the stored id is not that of the key."""
        return None in (self.identifier, self.stated) or self.identifier == self.stated


@dataclass(slots=True)
class BackupData:
    """Keys of an account that its record keeps.

    Attributes:
        peer: stored number of the account's own user.
        main: key of the home data center: the session.
        others: keys of other data centers.
    """

    peer: int | None = None
    main: DatacenterKey | None = None
    others: list[DatacenterKey] = field(default_factory=list)


@dataclass(slots=True)
class AccountRecord:
    """A record of `atomic-state`.

    Attributes:
        identifier: record id, signed; None if damaged.
        environment: 0 production, 1 test; None if not stored.
        order: place in the list of accounts.
        is_logged_out: it waits to be removed.
        is_temporary: a login in progress.
        is_support: an account of Telegram's support.
        backup: keys.
    """

    identifier: int | None
    environment: int | None = None
    order: int | None = None
    is_logged_out: bool = False
    is_temporary: bool = False
    is_support: bool = False
    backup: BackupData | None = None

    @property
    def folder(self) -> str | None:
        """Name of its folder."""
        return None if self.identifier is None else folder_name(self.identifier)


@dataclass(slots=True)
class Passcode:
    """The lock of the app.

    Attributes:
        kind: `numeric` or `text`.
        text: the passcode; None where only its presence is stored (macOS).
    """

    kind: str
    text: str | None


@dataclass(slots=True)
class AtomicState:
    """The file `accounts-metadata/atomic-state`.

    Attributes:
        records: accounts.
        current: record id of the account that was last in use.
        login: record id of a login in progress.
        passcode: None if none is set.
        problems: places in the structure that could not be read.
    """

    records: list[AccountRecord] = field(default_factory=list)
    current: int | None = None
    login: int | None = None
    passcode: Passcode | None = None
    problems: list[str] = field(default_factory=list)


def _load(data: bytes, name: str) -> dict[str, Any]:
    if len(data) > MAXIMUM_SIZE:
        raise FormatError(MAXIMUM_SIZE, f"{name} has {len(data)} bytes")
    try:
        found = json.loads(data)
    except json.JSONDecodeError as exception:
        raise FormatError(exception.pos, f"{name}: {exception.msg}") from exception
    except (ValueError, RecursionError) as exception:
        raise FormatError(0, f"{name} is no JSON: {exception}") from exception
    if not isinstance(found, dict):
        raise FormatError(0, f"{name} has no object")
    return found


def read_atomic_state(data: bytes) -> AtomicState:
    """Reads `atomic-state`.

    Raises:
        FormatError: if it is no JSON object.
    """
    content = _load(data, "atomic-state")
    found = AtomicState()
    for place, item in enumerate(_records(content.get("records"))):
        try:
            found.records.append(_read_record(item, found.problems))
        except (TypeError, ValueError) as exception:
            found.problems.append(f"record {place}: {exception}")
    found.current = _number(content.get("currentRecordId"))
    login = content.get("currentAuthRecord")
    if isinstance(login, dict):
        found.login = _number(login.get("id"))
    found.passcode = _read_challenge(content.get("accessChallengeData"))
    return found


def _records(value: Any) -> list[dict[str, Any]]:
    """Records; in older files ids and records stand one behind the other."""
    if not isinstance(value, list):
        return []
    found: list[dict[str, Any]] = []
    identifier: Any = None
    for item in value:
        if isinstance(item, dict):
            found.append({"id": identifier, **item})
            identifier = None
        else:
            identifier = item
    return found


def _number(value: Any) -> int | None:
    """A number, which may stand in a text or in an object of its own."""
    if isinstance(value, dict):
        value = value.get("rawValue", value.get("id"))
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    if isinstance(value, str) and not re.fullmatch(r"-?\d{1,20}", value):
        return None
    number = int(value)
    return number if -(1 << 63) <= number < 1 << 63 else None


def _read_record(item: dict[str, Any], problems: list[str]) -> AccountRecord:
    record = AccountRecord(_number(item.get("id")))
    if record.identifier is None:
        problems.append("a record has no id")
    record.is_temporary = item.get("temporarySessionId") is not None
    attributes = item.get("attributes")
    for attribute in attributes if isinstance(attributes, list) else ():
        if isinstance(attribute, str):
            _read_old_attribute(attribute, record, problems)
        elif isinstance(attribute, dict):
            _read_attribute(attribute, record, problems)
    return record


def _read_attribute(
    attribute: dict[str, Any], record: AccountRecord, problems: list[str]
) -> None:
    for name, value in attribute.items():
        inner = value if isinstance(value, dict) else {}
        if name == "environment":
            record.environment = _number(inner.get("environment"))
        elif name == "sortOrder":
            record.order = _number(inner.get("order"))
        elif name == "loggedOut":
            record.is_logged_out = True
        elif name == "supportUserInfo":
            record.is_support = True
        elif name == "backupData":
            data = inner.get("data")
            if isinstance(data, str):
                record.backup = _read_backup(_base64(data), problems)
            elif isinstance(data, dict):
                record.backup = _backup_of(data)


def _read_old_attribute(text: str, record: AccountRecord, problems: list[str]) -> None:
    data = _base64(text)
    if data is None or not is_root(data):
        problems.append("an attribute is no stored object")
        return
    found: list[Problem] = []
    value = read_root(data, found)
    problems.extend(f"attribute, byte {place}: {reason}" for place, reason in found)
    if value.name == "LoggedOutAccountAttribute":
        record.is_logged_out = True
    elif value.name == "AccountEnvironmentAttribute":
        record.environment = value.integer("environment")
    elif value.name == "AccountSortOrderAttribute":
        record.order = value.integer("order")
    elif value.name == "AccountBackupDataAttribute":
        record.backup = _read_backup(value.data("data"), problems)


def _base64(text: Any) -> bytes | None:
    if not isinstance(text, str):
        return None
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def _read_backup(data: bytes | None, problems: list[str]) -> BackupData | None:
    if not data:
        return None
    try:
        return _backup_of(_load(data, "backup data"))
    except FormatError as exception:
        problems.append(str(exception))
        return None


def _backup_of(content: dict[str, Any]) -> BackupData:
    found = BackupData(_number(content.get("peerId")))
    found.main = _key_of(
        content.get("masterDatacenterId"),
        content.get("masterDatacenterKey"),
        content.get("masterDatacenterKeyId"),
    )
    for number, item in _pairs(content.get("additionalDatacenterKeys")):
        if isinstance(item, dict):
            key = _key_of(item.get("id", number), item.get("key"), item.get("keyId"))
            if key is not None:
                found.others.append(key)
    return found


def _pairs(value: Any) -> list[tuple[Any, Any]]:
    """Keys and values, which Swift writes as an array where keys are no texts."""
    if isinstance(value, dict):
        return list(value.items())
    if isinstance(value, list):
        return list(zip(value[::2], value[1::2], strict=False))
    return []


def _key_of(number: Any, key: Any, stated: Any) -> DatacenterKey | None:
    data, identifier = _base64(key), _number(stated)
    found = DatacenterKey(_number(number))
    if data is not None and len(data) == KEY_SIZE:
        found.identifier = auth_key_identifier(data)
    if identifier is not None:
        found.stated = hexadecimal(identifier)
    return found if found.identifier or found.stated else None


def hexadecimal(identifier: int) -> str:
    """The id of a key as 16 hex digits, which all clients share."""
    return f"{identifier & _MASK_64:016x}"


def _read_challenge(value: Any) -> Passcode | None:
    if not isinstance(value, dict):
        return None
    for key, kind in (("numericalPassword", "numeric"), ("plaintextPassword", "text")):
        inner = value.get(key)
        if isinstance(inner, dict):
            # Swift's own form of a case with a value.
            inner = inner.get("value", inner.get("_0"))
        if isinstance(inner, str):
            return Passcode(kind, inner or None)
    return None


def read_old_challenge(data: bytes, problems: list[Problem]) -> Passcode | None:
    """Passcode of the metadata database before about 2020 (t0, key 2)."""
    value = read_body(data, problems)
    kind, text = value.integer("r"), value.text("t")
    if kind == _NUMERIC:
        return Passcode("numeric", text)
    return Passcode("text", text) if kind == _TEXT else None


@dataclass(slots=True)
class SharedAccount:
    """An account of `accounts-shared-data`.

    Attributes:
        record: record id, signed.
        data_center: home data center.
        name: name of the account's own user.
        is_test: an account of Telegram's test servers.
        keys: authorization keys by data center.
        has_notification_key: the key of notifications is there, too.
    """

    record: int | None
    data_center: int | None = None
    name: str | None = None
    is_test: bool = False
    keys: list[DatacenterKey] = field(default_factory=list)
    has_notification_key: bool = False

    @property
    def session(self) -> DatacenterKey | None:
        """Key of the home data center."""
        for key in self.keys:
            if key.data_center == self.data_center:
                return key
        return None


@dataclass(slots=True)
class SharedData:
    """The file `accounts-shared-data`.

    Attributes:
        accounts: accounts with their keys.
        has_proxy: a proxy is set.
        problems: places in the structure that could not be read.
    """

    accounts: list[SharedAccount] = field(default_factory=list)
    has_proxy: bool = False
    problems: list[str] = field(default_factory=list)


def read_shared_data(data: bytes) -> SharedData:
    """Reads `accounts-shared-data`.

    Raises:
        FormatError: if it is no JSON object.
    """
    content = _load(data, "accounts-shared-data")
    found = SharedData(has_proxy=bool(content.get("proxy")))
    accounts = content.get("accounts")
    for place, item in enumerate(accounts if isinstance(accounts, list) else ()):
        if not isinstance(item, dict):
            found.problems.append(f"account {place} is no object")
            continue
        account = SharedAccount(_number(item.get("id")))
        account.data_center = _number(item.get("primaryId"))
        name = item.get("peerName")
        account.name = name if isinstance(name, str) and name else None
        account.is_test = item.get("isTestingEnvironment") is True
        account.has_notification_key = bool(item.get("notificationKey"))
        for number, center in _pairs(item.get("datacenters")):
            key = center.get("masterKey") if isinstance(center, dict) else None
            if isinstance(key, dict):
                made = _key_of(number, key.get("data"), key.get("id"))
                if made is not None:
                    account.keys.append(made)
        found.accounts.append(account)
    return found
