"""Profiles of real browsers through plaso, compared with their ground truth."""

from __future__ import annotations

import datetime
import functools
from typing import Any

import pytest

from tests import browser_samples
from tests.browser_samples import WEB
from tests.parsers import support, web_support
from tests.parsers.web_support import (
    MARK,
    MARK_KEY,
    OLGA,
    OLGA_NEW,
    OLGA_NEW_DC1,
    OLGA_OLD,
    OLGA_OLD_DC4,
)

pytestmark = browser_samples.needs_samples

WEBOGRAM = "chromium113_leveldb_webogram_webz"
WEB_A = "chromium156_leveldb_weba"
WEB_A_PASSCODE = "chromium156_leveldb_weba_passcode"
WEB_K = "chromium156_leveldb_webk"
WEB_K_PASSCODE = "chromium156_leveldb_webk_passcode"
WEB_K_SQLITE = "chromium156_sqlite_webk"
FIREFOX_A = "firefox153_weba"
FIREFOX_K = "firefox153_webk"
ALL = (
    WEBOGRAM,
    WEB_A,
    WEB_A_PASSCODE,
    WEB_K,
    WEB_K_PASSCODE,
    WEB_K_SQLITE,
    FIREFOX_A,
    FIREFOX_K,
)
CODE = "2580"
LOGIN_OF_MARK = "2024-06-02T19:03:55+00:00"
LOGIN_OF_OLGA = "2024-02-11T08:14:27+00:00"


@functools.cache
def read(name: str, *codes: str) -> support.Extraction:
    """Processes a profile once."""
    return web_support.extract(WEB / name, list(codes) or None)


def true_sessions(value: Any) -> list[dict[int, str]]:
    """Keys of all logins in a ground truth, by data center."""
    found = []
    if isinstance(value, dict):
        if "sessions" in value and "main_dc" in value:
            found.append(
                {
                    int(name[2:]): f"{item['auth_key_id_uint64_le']:016x}"
                    for name, item in value["sessions"].items()
                }
            )
        for item in value.values():
            found += true_sessions(item)
    return found


def only(found: support.Extraction, key: str | None, **wanted: Any) -> Any:
    """The one session with a key, and other attributes."""
    (item,) = (
        item
        for item in found.sessions
        if item.session_identifier == key
        and all(getattr(item, name) == value for name, value in wanted.items())
    )
    return item


def moments(item: Any) -> list[str | None]:
    """Times of a session: created, first seen, ended, last active."""
    return [
        web_support.text(value)
        for value in (
            item.created_time,
            item.first_seen_time,
            item.ended_time,
            item.last_active_time,
        )
    ]


@pytest.mark.parametrize("name", ALL)
def test_nothing_is_made_up(name: str) -> None:
    """Every key, user and time is one of the ground truth, or of the writing."""
    truth = browser_samples.truth(name)
    found = read(name, "1", CODE)
    assert found.warnings == []
    assert found.event_data
    known = {key for keys in true_sessions(truth) for key in keys.values()}
    begin, end = (
        datetime.datetime.fromtimestamp(value, datetime.timezone.utc).isoformat()
        for value in truth["written_between_unix"]
    )
    for item in found.event_data:
        assert item.web_origin in ("https://web.telegram.org", None)
        assert item.account_identifier in (OLGA, MARK, None)
        assert item.session_identifier in {*known, None}
        assert item.browser_profile.startswith(str(WEB / name))
    for item in found.sessions:
        assert set(item.key_identifiers or ()) <= known
        for when in (item.first_seen_time, item.ended_time, item.changed_time):
            if when is not None:
                assert begin[:19] <= web_support.text(when)[:19] <= end[:19]


@pytest.mark.parametrize("name", (WEB_K, WEB_A, WEBOGRAM, WEB_K_PASSCODE))
def test_every_login_is_found(name: str) -> None:
    """With all of its keys."""
    found = [set(item.key_identifiers or ()) for item in read(name, CODE).sessions]
    for keys in true_sessions(browser_samples.truth(name)):
        assert set(keys.values()) in found


def test_web_k() -> None:
    """Two accounts; the first logged out, the second moved into its place."""
    found = read(WEB_K)
    assert web_support.sessions(found) == [
        (MARK_KEY, MARK, 4, "current", "web_k_account"),
        (OLGA_OLD, OLGA, 2, "overwritten", "web_k_account"),
    ]
    olga, mark = only(found, OLGA_OLD), only(found, MARK_KEY)
    assert olga.key_identifiers == [OLGA_OLD, OLGA_OLD_DC4]
    assert moments(olga) == [
        LOGIN_OF_OLGA,
        "2026-11-21T22:52:15.830215+00:00",
        "2026-11-21T22:52:32.194839+00:00",
        "2024-02-11T08:13:47.417000+00:00",
    ]
    assert olga.created_basis == mark.created_basis == "stored"
    assert moments(mark)[:3] == [
        LOGIN_OF_MARK,
        "2026-11-21T22:52:23.864674+00:00",
        None,
    ]
    # user_auth.date is no login here.
    assert "last change of the account by the client: 2024-06-02T20:12:15" in (
        mark.session_details
    )
    assert "accounts 2, 1 of the client" in mark.session_details
    assert (olga.record_file, olga.record_offset, olga.record_sequence) == (
        "000003.log",
        30,
        2,
    )
    assert olga.client_name == "Telegram Web K"


def test_messages_of_web_k() -> None:
    """Last messages of dialogs, also former ones, with the account of their time."""
    truth = browser_samples.truth(WEB_K)
    former = next(
        value for name, value in truth.items() if name.startswith("former_messages")
    )
    expected = [
        (
            OLGA,
            str(item["peerId"]),
            str(item["id"]),
            datetime.datetime.fromtimestamp(
                item["date"], datetime.timezone.utc
            ).isoformat(),
            item["message"],
            bool(item["pFlags"].get("out")),
            state,
        )
        for item, state in zip(
            former, ("overwritten", "overwritten", "removed"), strict=True
        )
    ]
    expected.append(
        (
            MARK,
            "777000",
            "77",
            "2024-06-02T19:04:00+00:00",
            "Login code: 12345. Do not give this code to anyone",
            None,
            None,
        )
    )
    assert web_support.messages(read(WEB_K)) == expected
    by_text = {
        item.text: item.session_identifier
        for item in read(WEB_K).event_data
        if item.data_type in ("telegram:message", "telegram:notice")
    }
    assert by_text["Это был не я"] == OLGA_OLD
    assert set(by_text.values()) == {OLGA_OLD, MARK_KEY}
    outgoing = [
        item.origin
        for item in read(WEB_K).of_type("telegram:message")
        if item.is_outgoing
    ]
    assert outgoing == ["not_determinable"] * 2


def test_traces_of_web_k() -> None:
    """Every version of the heartbeat; one stands in the commit of the change."""
    truth = browser_samples.truth(WEB_K)
    found = [
        (web_support.text(item.recorded_time), item.account_identifier)
        for item in web_support.traces(read(WEB_K), "client_open")
    ]
    assert [time for time, _ in found] == [
        datetime.datetime.fromtimestamp(value / 1000, datetime.timezone.utc).isoformat(
            timespec="microseconds"
        )
        for value in truth["xt_instance_times_ms"]
    ]
    assert [account for _, account in found] == [OLGA, MARK, None]
    (report,) = web_support.traces(read(WEB_K), "login_reported")
    assert (report.account_identifier, report.trace_details) == (OLGA, "logged in")
    assert {
        item.trace_details for item in web_support.traces(read(WEB_K), "database")
    } == {"tweb-common", "tweb-account-1", "tweb-account-2"}
    resources = web_support.traces(read(WEB_K), "cached_resource")
    assert {item.trace_details.split(",")[1] for item in resources} == {
        " cache cachedAssets",
        " cache cachedFiles",
    }
    start = web_support.traces(read(WEB_K), "browser_start")[0]
    # The log of LevelDB has local time.
    assert start.recorded_time.is_local_time
    assert "/home/olga/.config/chromium/Default" in start.trace_details


def test_web_a() -> None:
    """Two sessions of one user; the login is the first commit, which is there."""
    found = read(WEB_A)
    assert web_support.sessions(found) == [
        (OLGA_NEW, OLGA, 2, "current", "web_a_account"),
        (OLGA_OLD, OLGA, 2, "removed", "web_a_account"),
    ]
    old, new = only(found, OLGA_OLD), only(found, OLGA_NEW)
    assert moments(old) == [
        "2026-11-21T22:52:41.802390+00:00",
        None,
        "2026-11-21T22:52:49.248148+00:00",
        None,
    ]
    assert moments(new) == ["2026-11-21T22:52:56.969573+00:00", None, None, None]
    assert (old.created_basis, new.created_basis) == ("first_commit", "first_commit")
    assert old.record_file == "000003.ldb"
    assert new.key_identifiers == [OLGA_NEW_DC1, OLGA_NEW]
    account = next(
        item for item in found.accounts if item.session_identifier == OLGA_OLD
    )
    assert (account.account_name, account.account_phone) == (
        "Ольга Миронова",
        "79051112233",
    )


@pytest.mark.parametrize("name", (WEB_A, FIREFOX_A))
def test_messages_of_web_a(name: str) -> None:
    """The texts of the ground truth, and 1600 fillers with their directions."""
    truth = browser_samples.truth(name)
    messages = web_support.messages(read(name))
    expected = [
        (
            OLGA,
            item["chatId"],
            str(item["id"]),
            datetime.datetime.fromtimestamp(
                item["date"], datetime.timezone.utc
            ).isoformat(),
            item["content"]["text"]["text"],
            item["isOutgoing"],
            None,
        )
        for item in truth["messages_final_state"]
    ]
    fillers = [item for item in messages if (item[4] or "").startswith("filler ")]
    assert [item for item in messages if item not in fillers] == expected
    assert len(fillers) == 700 + 900
    lorem = {item[2] for item in fillers if "lorem ipsum" in item[4]}
    assert lorem == {str(number) for number in range(2000, 2700)}
    others = {item[2] for item in fillers if "lorem ipsum" not in item[4]}
    assert others == {str(number) for number in range(2000, 2900)}
    assert all(item[5] is (int(item[2]) % 2 == 0) for item in fillers)
    slots = {
        item.account_slot
        for item in read(name).accounts
        if item.attribution_basis == "web_a_cache"
    }
    assert slots <= {"1", "2"}


def test_webogram_and_web_z() -> None:
    """Webogram's session ended, its keys stayed; then Web Z with its own store."""
    found = read(WEBOGRAM)
    assert web_support.sessions(found) == [
        ("", OLGA, None, "current", "web_z_session_name"),
        (OLGA_NEW, OLGA, 2, "current", "web_z_session"),
        (OLGA_OLD, OLGA, 2, "removed", "webogram_user_auth"),
    ]
    old, new = only(found, OLGA_OLD), only(found, OLGA_NEW)
    assert moments(old)[:3] == [
        "2026-11-21T22:53:42.427634+00:00",
        None,
        "2026-11-21T22:53:49.249967+00:00",
    ]
    assert old.session_details == "its key stayed behind when its record was removed"
    assert old.client_name == "Telegram Web (Webogram)"
    assert moments(new)[0] == "2024-05-30T21:47:09.123000+00:00"
    assert new.key_identifiers == [OLGA_NEW_DC1, OLGA_NEW]
    (draft,) = found.of_type("telegram:draft")
    assert (draft.text, draft.account_identifier, draft.record_state) == (
        browser_samples.truth(WEBOGRAM)["draft_text"],
        OLGA,
        "removed",
    )


@pytest.mark.parametrize(
    ("name", "text", "derivation", "tried"),
    [
        (WEB_A_PASSCODE, "заблокировано", "SHA-256, no work factor", 3),
        (WEB_K_PASSCODE, "Это был не я", "PBKDF2-HMAC-SHA-256, 100000 rounds", 3),
    ],
)
def test_passcode(name: str, text: str, derivation: str, tried: int) -> None:
    """Given: what it protects is read. The session in clear is no log-out."""
    found = read(name, "1", CODE)
    (lock,) = (item for item in found.accounts if item.passcode_state)
    assert (lock.passcode_state, lock.passcode_kdf, lock.passcodes_tried) == (
        "set",
        derivation,
        tried,
    )
    assert text in [item[4] for item in web_support.messages(found)]
    clear = only(found, OLGA_OLD, record_state="removed")
    sealed = only(found, OLGA_OLD, record_state="current")
    assert sealed.attribution_basis.endswith("+passcode")
    assert clear.ended_time is None
    assert clear.session_details.startswith(
        "its record was moved into the store of a passcode"
    )
    assert sealed.key_identifiers == clear.key_identifiers == [OLGA_OLD, OLGA_OLD_DC4]


@pytest.mark.parametrize("name", (WEB_A_PASSCODE, WEB_K_PASSCODE))
@pytest.mark.parametrize("codes", [(), ("1", "2581")])
def test_locked(name: str, codes: tuple[str, ...]) -> None:
    """Not given: the key in clear is still there, nothing else is."""
    found = read(name, *codes)
    (lock,) = (item for item in found.accounts if item.passcode_state)
    assert (lock.passcode_state, lock.passcodes_tried) == ("locked", 1 + len(codes))
    (session,) = found.sessions
    assert (session.session_identifier, session.record_state) == (OLGA_OLD, "removed")
    assert "заблокировано" not in [item[4] for item in web_support.messages(found)]
    assert found.warnings == []


@pytest.mark.parametrize("name", (WEB_K_SQLITE, FIREFOX_K))
def test_web_k_in_sqlite(name: str) -> None:
    """What was removed is gone, and is not made up."""
    found = read(name)
    assert web_support.sessions(found) == [
        (MARK_KEY, MARK, 4, "current", "web_k_account")
    ]
    session = only(found, MARK_KEY)
    # Its first commit is not known, and neither is who the heartbeat was of.
    assert moments(session) == [LOGIN_OF_MARK, None, None, None]
    assert {item.account_identifier for item in found.event_data} == {MARK, None}
    assert MARK in [item[0] for item in web_support.messages(found)]
    texts = {item[4] for item in web_support.messages(found)}
    texts.remove("Login code: 12345. Do not give this code to anyone")
    # In the free space of a page of Firefox's; whose it was is not told.
    assert texts == ({"Это был не я"} if name == FIREFOX_K else set())
    assert [
        (item.account_identifier, item.record_state, item._recovered)
        for item in found.of_type("telegram:message")
    ] == [(None, "removed", True)] * len(texts)
    for item in found.of_type("telegram:web_trace"):
        if item.trace_type in ("client_open", "login_reported"):
            assert item.account_identifier is None


def test_web_a_in_firefox() -> None:
    """The first session is gone; the login of the second is not known."""
    found = read(FIREFOX_A)
    (session,) = found.sessions
    assert (session.session_identifier, session.record_state) == (OLGA_NEW, "current")
    assert moments(session) == [None] * 4
    assert session.created_basis is None
    assert session.browser_name == "Firefox"


def test_use_of_the_storage() -> None:
    """QuotaManager, maps, metadata, service workers, caches of both browsers."""
    kinds = {
        name: {item.trace_type for item in read(name).of_type("telegram:web_trace")}
        for name in (WEB_K_SQLITE, FIREFOX_K)
    }
    assert kinds[WEB_K_SQLITE] == {
        *("cached_resource", "client_open", "database", "login_reported"),
        *("origin_accessed", "origin_modified", "storage_accessed"),
        "storage_modified",
    }
    assert kinds[FIREFOX_K] == {
        *("cached_resource", "client_open", "database", "login_reported"),
        *("service_worker_activated", "service_worker_installed"),
        *("service_worker_updated", "storage_accessed"),
    }
    created = {
        item.trace_details: web_support.text(item.recorded_time)
        for item in web_support.traces(read(WEB_K_SQLITE), "database")
    }
    assert created["tweb-common"] == "2026-11-21T22:54:30.010225+00:00"
    resources = {
        item.trace_details: web_support.text(item.recorded_time)
        for item in web_support.traces(read(FIREFOX_A), "cached_resource")
    }
    assert resources == {
        "https://web.telegram.org/a/sw.js, cache of the service worker, "
        "application/javascript": "2026-11-21T22:55:36+00:00",
        "https://web.telegram.org/avatar5211046831, cache tt-media-avatars, "
        "image/jpeg": None,
        "https://web.telegram.org/a/main.js, cache tt-assets, "
        "application/javascript": None,
    }
