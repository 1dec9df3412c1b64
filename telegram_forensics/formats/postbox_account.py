"""The account that a Postbox database belongs to, and the name of its folder.

Specification: formats/apple_postbox.md sections 11.1 (t0, key 2) and 11.2 (record ids
are signed in the files and unsigned in the names of the folders).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from telegram_forensics.formats.postbox_coding import PostboxObject

_FOLDER: Final = re.compile(r"account-(\d{1,20})")
_MASK_64: Final = 0xFFFFFFFFFFFFFFFF
_LOGIN_STATES: Final = {
    0: "empty",
    1: "phone_entered",
    2: "code",
    3: "password",
    5: "sign_up",
    6: "recovery",
    7: "reset_wait",
    8: "payment",
}
_CODE_TYPES: Final = {
    0: "other_session",
    1: "sms",
    2: "call",
    5: "email",
    7: "fragment",
}


@dataclass(slots=True)
class AccountState:
    """The state of the account that a database belongs to.

    Attributes:
        is_authorized: somebody is logged in.
        data_center: home data center.
        peer: stored number of the account's own user.
        is_test: an account of Telegram's test servers.
        synchronized: server's time of the last update, seconds since 1970 UTC.
        pts, seq: counters of updates.
        login_state: how far a login went that was not finished.
        phone: number that was entered for it, digits.
        code_type: how the login code was sent.
    """

    is_authorized: bool
    data_center: int | None = None
    peer: int | None = None
    is_test: bool = False
    synchronized: int | None = None
    pts: int | None = None
    seq: int | None = None
    login_state: str | None = None
    phone: str | None = None
    code_type: str | None = None


def read_account_state(value: PostboxObject) -> AccountState | None:
    """Value of t0, key 2; None if it is an object of another class."""
    if value.name == "AuthorizedAccountState":
        found = AccountState(
            True,
            value.integer("masterDatacenterId"),
            value.integer("peerId"),
            bool(value.integer("isTestingEnvironment")),
        )
        state = value.object("state")
        if state is not None:
            found.synchronized = state.time("date")
            found.pts, found.seq = state.integer("pts"), state.integer("seq")
        return found
    if value.name == "UnauthorizedAccountState":
        found = AccountState(False, value.integer("dc"))
        found.is_test = bool(value.integer("isTestingEnvironment"))
        contents = value.object("c")
        if contents is not None:
            _read_login(contents, found)
        return found
    return None


def _read_login(value: PostboxObject, found: AccountState) -> None:
    kind = value.integer("v")
    if kind is not None:
        found.login_state = _LOGIN_STATES.get(kind, f"state {kind}")
    for key in ("n", "num", "number"):
        phone = value.text(key)
        if phone is not None:
            found.phone = "".join(filter(str.isdigit, phone)) or None
            break
    code = value.object("t")
    if code is not None:
        kind = code.integer("v")
        if kind is not None:
            found.code_type = _CODE_TYPES.get(kind, f"type {kind}")


def folder_name(record: int) -> str:
    """Folder of an account record."""
    return f"account-{record & _MASK_64}"


def record_of_folder(name: str) -> int | None:
    """Record id of a folder, None if it is none of an account."""
    match = _FOLDER.fullmatch(name)
    if match is None or int(match[1]) > _MASK_64:
        return None
    return _signed(int(match[1]))


def _signed(number: int) -> int:
    return number - (1 << 64) if number >> 63 else number
