"""Logins in one state of localStorage: told by the shape of their records."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from telegram_forensics.formats import telegram_web_snapshot as snapshots
from telegram_forensics.formats.telegram_web_values import Source
from tests.formats.web_items import LOGIN, SECOND, identifier, key

USER = 5211046831


def find(items: dict[str, Any], *, multiple: bool = False) -> list[snapshots.WebLogin]:
    """Finds logins; values are written as JSON, texts of a tuple as they are."""
    texts = {
        name: (value[0] if isinstance(value, tuple) else json.dumps(value), Source())
        for name, value in items.items()
    }
    return snapshots.find_logins(texts, multiple)


def one(items: dict[str, Any], *, multiple: bool = False) -> snapshots.WebLogin:
    """The only login."""
    (login,) = find(items, multiple=multiple)
    return login


def test_webogram() -> None:
    """No date, number as id; the key of the home data center identifies it."""
    login = one(
        {
            "dc": 2,
            "user_auth": {"dcID": 2, "id": USER},
            "dc2_auth_key": key(2),
            "dc4_auth_key": key(4),
            "dc2_server_salt": "af3c3ee09489100a",
        }
    )
    assert (login.client, login.basis) == (
        "Telegram Web (Webogram)",
        "webogram_user_auth",
    )
    assert (login.user, login.data_center) == (str(USER), 2)
    assert login.key == identifier(2)
    assert login.keys == {2: identifier(2), 4: identifier(4)}
    assert login.created is None
    assert login.slot is None


def test_home_data_center_decides() -> None:
    """The lowest key is not the login's."""
    login = one(
        {
            "user_auth": {"dcID": 4, "id": USER},
            "dc2_auth_key": key(2),
            "dc4_auth_key": key(4),
        }
    )
    assert login.key == identifier(4)


def test_home_data_center_of_dc() -> None:
    """Where user_auth does not have it."""
    login = one({"dc": 4, "user_auth": {"id": USER}, "dc4_auth_key": key(4)})
    assert (login.data_center, login.key) == (4, identifier(4))


def test_k_with_one_account() -> None:
    """The date of user_auth is the login."""
    items = {
        "user_auth": {"dcID": 2, "date": LOGIN, "id": USER},
        "dc2_auth_key": key(2),
    }
    login = one(items)
    assert (login.client, login.created) == ("Telegram Web K", LOGIN * SECOND)
    # Not, if another record is of a build with several accounts.
    login = one(items, multiple=True)
    assert (login.created, login.user_auth_date) == (None, LOGIN * SECOND)


def test_k_first_builds() -> None:
    """The user id alone."""
    login = one({"dc": 2, "user_auth": 777123456, "dc2_auth_key": key(2)})
    assert (login.client, login.basis) == ("Telegram Web K", "web_k_user_auth")
    assert (login.user, login.key, login.created) == (
        "777123456",
        identifier(2),
        None,
    )


def test_k_with_several_accounts() -> None:
    """accountN has the login; user_auth is a copy with another date."""
    account = {
        "dcId": 2,
        "userId": USER,
        "date": LOGIN,
        "dc2_auth_key": key(2),
        "dc4_auth_key": key(4),
        "auth_key_fingerprint": key(2)[:8],
    }
    first, second = find(
        {
            "account1": account,
            "account2": {
                "dcId": 4,
                "userId": 7301998420,
                "date": LOGIN + 5,
                "dc4_auth_key": key("m"),
            },
            "user_auth": {"dcID": 2, "date": LOGIN + 9999, "id": USER},
            "dc": 2,
            "dc2_auth_key": key(2),
            "dc4_auth_key": key(4),
        },
        multiple=True,
    )
    assert first.basis == second.basis == "web_k_account"
    assert (first.slot, first.key, first.created) == (
        1,
        identifier(2),
        LOGIN * SECOND,
    )
    assert first.user_auth_date == (LOGIN + 9999) * SECOND
    assert first.fingerprint == key(2)[:8]
    assert (second.slot, second.key) == (2, identifier("m"))


def test_account_with_a_data_center_only() -> None:
    """A login that was begun."""
    assert find({"account2": {"dcId": 2}}) == []


def test_a_slots() -> None:
    """Up to six; the id is a text."""
    items = {
        f"account{slot}": {
            "dcId": 2,
            "isTest": False,
            "dc2_auth_key": key(slot),
            "userId": str(USER + slot),
            "firstName": "Ольга",
            "lastName": "Миронова",
            "phone": "79051112233",
        }
        for slot in range(1, 7)
    }
    logins = find(items)
    assert [login.slot for login in logins] == [1, 2, 3, 4, 5, 6]
    assert {login.basis for login in logins} == {"web_a_account"}
    assert [login.key for login in logins] == [identifier(n) for n in range(1, 7)]
    assert (logins[0].first_name, logins[0].phone) == ("Ольга", "79051112233")
    assert {login.created for login in logins} == {None}


def test_merged_object_of_k_and_a() -> None:
    """A user who went from one client to the other: the date counts."""
    login = one(
        {
            "account1": {
                "dcId": 2,
                "userId": str(USER),
                "date": LOGIN,
                "firstName": "Ольга",
                "phone": "79051112233",
                "dc2_auth_key": key(2),
            }
        }
    )
    assert (login.basis, login.created) == ("web_k_account", LOGIN * SECOND)
    assert login.first_name == "Ольга"


def test_a_before_slots() -> None:
    """user_auth with a text as id; dc as it is."""
    login = one(
        {
            "user_auth": {"dcID": 2, "id": str(USER)},
            "dc": ("2",),
            "dc2_auth_key": key(2),
            "dc2_hash": hashlib.sha1(bytes.fromhex(key(2))).hexdigest(),
        }
    )
    assert (login.client, login.basis) == ("Telegram Web A", "web_a_user_auth")
    assert login.key == identifier(2)


def test_hash_of_another_key() -> None:
    """Web K does not know the hashes of Web A: one may be of a former session."""
    login, former = find(
        {
            "user_auth": {"dcID": 2, "date": LOGIN, "id": USER},
            "dc2_auth_key": key(2),
            "dc2_hash": hashlib.sha1(bytes.fromhex(key("old"))).hexdigest(),
        }
    )
    assert (login.key, login.has_login) == (identifier(2), True)
    assert (former.key, former.has_login) == (identifier("old"), False)


def test_a_user_not_known_yet() -> None:
    """Nobody says then which client it is."""
    login = one({"user_auth": {"dcID": 2}, "dc2_auth_key": key(2)})
    assert (login.user, login.key, login.client) == (
        None,
        identifier(2),
        "Telegram Web",
    )


def test_hash_only() -> None:
    """The SHA-1 of a key names the session when the key is gone."""
    digest = "4916d6bdb7f78e6803698cab32d1586ea457dfc8"
    login = one({"user_auth": {"dcID": 2, "id": str(USER)}, "dc2_hash": digest})
    assert login.key == "c8df57a46e58d132"
    alone = one({"dc2_hash": digest})
    assert (alone.key, alone.has_login) == ("c8df57a46e58d132", False)
    assert alone.basis == "web_key_hash_alone"


def test_keys_alone() -> None:
    """Webogram leaves its keys behind: they are no login."""
    logins = find({"dc2_auth_key": key(2), "dc4_auth_key": key(4)})
    assert [(item.key, item.has_login, item.user) for item in logins] == [
        (identifier(2), False, None),
        (identifier(4), False, None),
    ]


@pytest.mark.parametrize(
    "items",
    [
        {"t_user_auth": {"dcID": 2, "id": USER}, "t_dc2_auth_key": key(2)},
        {
            "user_auth": {"dcID": 2, "id": str(USER), "test": True},
            "dc2_auth_key": key(2),
        },
        {
            "account1": {
                "dcId": 2,
                "isTest": True,
                "userId": str(USER),
                "dc2_auth_key": key(2),
            }
        },
    ],
)
def test_test_servers(items: dict[str, Any]) -> None:
    """Told by the prefix of the keys, or inside the value."""
    login = one(items)
    assert (login.is_test, login.key) == (True, identifier(2))


def test_test_server_beside_the_other() -> None:
    """Two logins of the same key names."""
    logins = find(
        {
            "user_auth": {"dcID": 2, "id": USER},
            "dc2_auth_key": key(2),
            "t_user_auth": {"dcID": 2, "id": USER},
            "t_dc2_auth_key": key("t"),
        }
    )
    assert [(item.is_test, item.key) for item in logins] == [
        (False, identifier(2)),
        (True, identifier("t")),
    ]


def test_gramjs() -> None:
    """The name has the login in milliseconds."""
    login = one(
        {
            "GramJs:sessionId": ("GramJs-session-1717105629123",),
            "tt-global-state": {"currentUserId": USER},
        }
    )
    assert (login.client, login.created) == ("Telegram Web Z", 1717105629123000)
    assert (login.user, login.key) == (str(USER), None)
    # A later build has moved it.
    logins = find(
        {
            "GramJs:sessionId": ("GramJs-session-1717105629123",),
            "user_auth": {"dcID": 2, "id": str(USER)},
            "dc2_auth_key": key(2),
        }
    )
    assert [item.basis for item in logins] == ["web_a_user_auth"]


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        1,
        [],
        {},
        "x",
        {"userId": []},
        {"userId": True},
        {"dcId": 99},
        {"userId": -1},
        {"userId": "x", "dcId": 2},
        {"userId": 1e300},
    ],
)
def test_other_shapes(value: Any) -> None:
    """No login of what is none."""
    assert find({"account1": value}) == []


def test_account_with_a_strange_user() -> None:
    """The key counts, a user is not made up."""
    login = one({"account1": {"userId": True, "dcId": 2, "dc2_auth_key": key(2)}})
    assert (login.user, login.key, login.client) == (
        None,
        identifier(2),
        "Telegram Web",
    )
