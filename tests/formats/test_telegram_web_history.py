"""Histories of localStorage: logins, log-outs, and what cannot be said."""

from __future__ import annotations

from typing import Any

from telegram_forensics.formats import telegram_web_history as history
from telegram_forensics.formats.telegram_web_values import Source, StoredText
from tests.formats.web_items import (
    LOGIN,
    SECOND,
    commit,
    identifier,
    key,
    read,
)

USER, OTHER = 5211046831, 7301998420


def moment(number: int) -> int:
    """Time of a commit."""
    return (LOGIN + 100 * number) * SECOND


def a_account(name: Any, user: int = USER) -> dict[str, Any]:
    """Web A's record of a slot."""
    return {"dcId": 2, "isTest": False, "dc2_auth_key": key(name), "userId": str(user)}


def k_account(name: Any, user: int = USER, date: int = LOGIN) -> dict[str, Any]:
    """Web K's record of an account."""
    return {"dcId": 2, "userId": user, "date": date, "dc2_auth_key": key(name)}


def by_key(found: history.WebHistory) -> dict[str | None, history.WebSession]:
    """Sessions by their keys."""
    return {session.login.key: session for session in found.sessions}


def test_first_commit_is_the_login() -> None:
    """Only where nothing before it is missing."""
    (session,) = read(commit(1, {"account1": a_account(1)})).sessions
    assert (session.created, session.created_basis) == (moment(1), "first_commit")
    assert session.is_current
    found = read(commit(1, {"account1": a_account(1)}, is_complete=False))
    (session,) = found.sessions
    assert (session.created, session.created_basis) == (None, None)
    assert session.first_seen == moment(1)


def test_key_before_the_user() -> None:
    """A client makes the key when it starts; the login is when the user is there."""
    found = read(
        commit(1, {"user_auth": {"dcID": 2}, "dc2_auth_key": key(1)}),
        commit(2, {"user_auth": {"dcID": 2, "id": str(USER)}}),
    )
    (session,) = found.sessions
    assert (session.first_seen, session.created) == (moment(1), moment(2))
    assert session.login.client == "Telegram Web A"


def test_key_without_login_has_no_time_of_one() -> None:
    """A page that was opened, and nobody logged in."""
    (session,) = read(commit(1, {"dc2_auth_key": key(1)})).sessions
    assert not session.login.has_login
    assert (session.created, session.first_seen) == (None, moment(1))


def test_login_that_moves_to_another_data_center() -> None:
    """It begins with a key of the default one, which is no session of its own."""
    found = read(
        commit(1, {"account1": {"dcId": 2, "dc2_auth_key": key(2)}}),
        commit(
            2,
            {
                "account1": {
                    "dcId": 4,
                    "userId": USER,
                    "date": LOGIN,
                    "dc2_auth_key": key(2),
                    "dc4_auth_key": key(4),
                }
            },
        ),
    )
    (session,) = found.sessions
    assert session.login.key == identifier(4)
    assert session.is_current


def test_user_before_the_key() -> None:
    """user_auth is written before the key is: one session."""
    found = read(
        commit(1, {"user_auth": {"dcID": 2, "id": USER}}),
        commit(2, {"dc2_auth_key": key(2)}),
    )
    (session,) = found.sessions
    assert (session.login.key, session.is_current) == (identifier(2), True)


def test_log_out_and_second_login() -> None:
    """Two sessions of one user."""
    found = by_key(
        read(
            commit(1, {"account1": a_account(1)}),
            commit(2, {}, ("account1",)),
            commit(3, {"account1": a_account(2)}),
        )
    )
    first, second = found[identifier(1)], found[identifier(2)]
    assert (first.created, first.ended, first.is_current) == (
        moment(1),
        moment(2),
        False,
    )
    assert (second.created, second.ended, second.is_current) == (moment(3), None, True)


def test_slot_shift() -> None:
    """The second account moves down: still the same session."""
    found = by_key(
        read(
            commit(1, {"account1": k_account(1), "number_of_accounts": 1}),
            commit(
                2,
                {"account2": k_account(2, OTHER, LOGIN + 50), "number_of_accounts": 2},
            ),
            commit(
                3,
                {"account1": k_account(2, OTHER, LOGIN + 50), "number_of_accounts": 1},
                ("account2",),
            ),
        )
    )
    first, second = found[identifier(1)], found[identifier(2)]
    assert (first.slots, first.ended) == ([1], moment(3))
    assert (second.slots, second.ended, second.is_current) == ([2, 1], None, True)
    assert second.created == (LOGIN + 50) * SECOND


def test_date_of_user_auth_with_several_accounts() -> None:
    """It is the last change of account 1, also if accountN is gone."""
    found = read(
        commit(
            1,
            {
                "account1": k_account(1, date=LOGIN),
                "user_auth": {"dcID": 2, "date": LOGIN + 70_000, "id": USER},
                "dc2_auth_key": key(1),
            },
        )
    )
    (session,) = found.sessions
    assert session.created == LOGIN * SECOND
    found = read(
        commit(
            1,
            {
                "number_of_accounts": 1,
                "user_auth": {"dcID": 2, "date": LOGIN + 70_000, "id": USER},
                "dc2_auth_key": key(1),
            },
            is_complete=False,
        )
    )
    (session,) = found.sessions
    assert session.created is None
    # With one account only it is the login.
    found = read(
        commit(
            1,
            {
                "user_auth": {"dcID": 2, "date": LOGIN, "id": USER},
                "dc2_auth_key": key(1),
            },
            is_complete=False,
        )
    )
    (session,) = found.sessions
    assert (session.created, session.created_basis) == (LOGIN * SECOND, "stored")


def test_webogram_keeps_its_keys() -> None:
    """Its log-out writes the keys back: that ends the session none the less."""
    found = read(
        commit(
            1,
            {
                "dc": 2,
                "user_auth": {"dcID": 2, "id": USER},
                "dc2_auth_key": key(2),
                "dc4_auth_key": key(4),
            },
        ),
        commit(
            2, {"dc2_auth_key": key(2), "dc4_auth_key": key(4)}, ("dc", "user_auth")
        ),
    )
    (session,) = found.sessions
    assert (session.ended, session.key_remains, session.is_current) == (
        moment(2),
        True,
        False,
    )
    assert session.login.user == str(USER)


def test_k_passcode_is_no_log_out() -> None:
    """The number of accounts and the build stay as they are."""
    found = read(
        commit(1, {"account1": k_account(1), "number_of_accounts": 1, "k_build": 580}),
        commit(2, {}, ("account1",)),
    )
    (session,) = found.sessions
    assert (session.is_locked, session.ended, session.is_current) == (True, None, False)


def test_k_log_out_of_the_only_account() -> None:
    """It leaves the number of accounts behind, but not the build."""
    begin = commit(
        1, {"account1": k_account(1), "number_of_accounts": 1, "k_build": 580}
    )
    (session,) = read(begin, commit(2, {}, ("account1", "k_build"))).sessions
    assert (session.is_locked, session.ended) == (False, moment(2))
    # The page that follows writes it anew in the same commit.
    (session,) = read(begin, commit(2, {"k_build": 580}, ("account1",))).sessions
    assert (session.is_locked, session.ended) == (False, moment(2))


def test_k_log_out_or_passcode() -> None:
    """Where the build was never there it may be either: neither is said."""
    found = read(
        commit(1, {"account1": k_account(1), "number_of_accounts": 1}),
        commit(2, {}, ("account1",)),
    )
    (session,) = found.sessions
    assert (session.is_locked, session.ended) == (None, None)


def test_a_screen_lock() -> None:
    """Web A says it."""
    found = read(
        commit(1, {"account1": a_account(1)}),
        commit(2, {"tt-is-screen-locked": ("true",)}, ("account1",)),
        commit(3, {"account1": a_account(1)}, ("tt-is-screen-locked",)),
        commit(4, {}, ("account1",)),
    )
    (session,) = found.sessions
    assert (session.is_locked, session.ended) == (False, moment(4))
    found = read(
        commit(1, {"account1": a_account(1)}),
        commit(2, {"tt-is-screen-locked": ("true",)}, ("account1",)),
    )
    (session,) = found.sessions
    assert (session.is_locked, session.ended) == (True, None)


def test_traces_belong_to_the_login_of_their_time() -> None:
    """The heartbeat and the report name the account that was in then."""
    heartbeat = {
        "id": 5,
        "idle": False,
        "time": (LOGIN + 60) * 1000,
        "accountNumber": 1,
    }
    found = read(
        commit(
            1,
            {
                "account1": k_account(1),
                "xt_instance": heartbeat,
                "tgme_sync": {"canRedirect": True, "ts": LOGIN + 61},
            },
        ),
        commit(2, {"account1": k_account(2, OTHER)}),
        commit(3, {"xt_instance": {**heartbeat, "time": (LOGIN + 300) * 1000}}),
    )
    first, report, second = found.traces
    assert (first.kind, first.user, first.key) == (
        "client_open",
        str(USER),
        identifier(1),
    )
    assert first.time == (LOGIN + 60) * SECOND
    assert (report.kind, report.details, report.user) == (
        "login_reported",
        "logged in",
        str(USER),
    )
    assert (second.user, second.key) == (str(OTHER), identifier(2))
    assert by_key(found)[identifier(2)].last_open == (LOGIN + 300) * SECOND


def test_heartbeat_in_the_commit_of_a_change() -> None:
    """On which side of the change it stands is not known: nobody is named."""
    found = read(
        commit(1, {"account1": k_account(1)}),
        commit(
            2,
            {
                "account1": k_account(2, OTHER),
                "xt_instance": {"id": 1, "time": LOGIN * 1000, "accountNumber": 1},
            },
        ),
    )
    (trace,) = found.traces
    assert (trace.user, trace.key) == (None, None)


def test_traces_without_times() -> None:
    """A state alone may hold a trace of a login before: nobody is named."""
    items = commit(
        1,
        {
            "account1": k_account(2, OTHER, LOGIN + 1000),
            "user_auth": {"dcID": 2, "date": LOGIN + 2000, "id": OTHER},
            "dc2_auth_key": key(2),
            "tgme_sync": {"canRedirect": True, "ts": LOGIN},
            "xt_instance": {"id": 1, "time": (LOGIN + 1500) * 1000, "accountNumber": 1},
        },
        time=0,
    )
    found = read(items)
    assert [trace.user for trace in found.traces] == [None, None]
    items = commit(
        1,
        {
            "account1": k_account(2, OTHER, LOGIN + 1000),
            "user_auth": {"dcID": 2, "date": LOGIN + 2000, "id": OTHER},
            "dc2_auth_key": key(2),
            "xt_instance": {"id": 1, "time": (LOGIN + 2500) * 1000, "accountNumber": 1},
        },
        time=0,
    )
    (trace,) = read(items).traces
    assert trace.user == str(OTHER)


def test_removal_of_what_is_not_stored() -> None:
    """A delete whose record is gone tells that there was a login."""
    found = read(commit(5, {}, ("account1", "user_auth", "dc"), is_complete=False))
    assert [(trace.kind, trace.slot, trace.time) for trace in found.traces] == [
        ("login_removed", 1, moment(5)),
        ("login_removed", None, moment(5)),
    ]
    # With a complete history there was nothing.
    assert read(commit(5, {}, ("account1",))).traces == []


def test_damaged_and_dateless_records() -> None:
    """Records without a time give no times."""
    source = Source("000003.log", 0, 1, "damaged")
    found = history.read_history(
        [
            StoredText("user_auth", '{"dcID":2,"id":5}', source),
            StoredText("dc2_auth_key", f'"{key(1)}"', source),
        ]
    )
    session = by_key(found)[identifier(1)]
    assert (session.created, session.first_seen, session.ended) == (None, None, None)


def test_drafts() -> None:
    """Of Webogram; the plain text of older builds as well."""
    found = read(
        commit(
            1,
            {
                "user_auth": {"dcID": 2, "id": USER},
                "dc2_auth_key": key(2),
                "draft612345987": {"text": "черновик", "replyToMsgID": 5},
                "draft-42": "plain",
                "draft1": {"text": ""},
            },
        )
    )
    assert [(d.peer, d.text, d.reply_to, d.user) for d in found.drafts] == [
        (612345987, "черновик", "5", str(USER)),
        (-42, "plain", None, str(USER)),
    ]


def test_settings_and_states() -> None:
    """What else is worth a look, as it is stored."""
    found = read(
        commit(
            1,
            {
                "k_build": 560,
                "kz_version": "K",
                "tt-multitab_2": ("1",),
                "tt-global-state": {"currentUserId": "5"},
                "theme": "dark",
            },
        )
    )
    assert [(item.name, item.value) for item in found.settings] == [
        ("k_build", "560"),
        ("kz_version", "K"),
        ("tt-multitab_2", "1"),
    ]
    assert [item[0] for item in found.states] == ["tt-global-state"]
