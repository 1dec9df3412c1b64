"""Hostile values in every place: never an error, and what is whole is still read."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

import pytest

from telegram_forensics.formats import telegram_web_a as web_a
from telegram_forensics.formats import telegram_web_history as history
from telegram_forensics.formats import telegram_web_indexed as indexed
from telegram_forensics.formats import telegram_web_k as web_k
from telegram_forensics.formats.browser_values import (
    HOLE,
    UNDEFINED,
    JsDate,
    JsMap,
    JsReference,
    JsSet,
    JsTypedArray,
)
from telegram_forensics.formats.telegram_web_store import WebCache
from telegram_forensics.formats.telegram_web_values import Source, StoredText
from tests.formats.test_telegram_web_cache import DATABASE, STATE, dialog, owner
from tests.formats.web_items import LOGIN, commit, key, record

DEEP: Any = []
for _ in range(90):
    DEEP = [DEEP]
SCALARS = (
    None,
    True,
    False,
    0,
    -1,
    7,
    2**31,
    2**63,
    -(2**63),
    10**400,
    1.5,
    1e300,
    float("inf"),
    float("nan"),
    "",
    "x",
    "\ud83d",
    "9" * 4400,
    "{}",
    str(LOGIN),
)
JSON_VALUES = (*SCALARS, [], {}, [{}], {"_": "message"}, {"id": []}, DEEP)
JS_VALUES = (
    *JSON_VALUES,
    b"",
    b"\xff" * 300,
    UNDEFINED,
    HOLE,
    JsDate(float("nan")),
    JsMap([("byId", {})]),
    JsSet([1]),
    JsReference(0),
    JsTypedArray("Uint8Array", b"abc", 0, 3, 0),
    {"_": "peerUser"},
    {"_": "messageMediaPhoto"},
    {"_": "messageActionPhoneCall"},
    {"_": "messageEntityTextUrl", "url": 5},
)


def paths(value: Any, prefix: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place inside a value."""
    found = [prefix]
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for name, item in items:
        found += paths(item, (*prefix, name))
    return found


def put(value: Any, path: tuple[Any, ...], item: Any) -> Any:
    """A copy with another item in a place."""
    if not path:
        return item
    changed = copy.deepcopy(value)
    place = changed
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = item
    return changed


MESSAGE = {
    "_": "message",
    "pFlags": {"out": True, "media_unread": True},
    "id": 5,
    "date": LOGIN,
    "edit_date": LOGIN,
    "message": "text",
    "peer_id": {"_": "peerChannel", "channel_id": 5},
    "from_id": {"_": "peerUser", "user_id": 6},
    "fwd_from": {"_": "messageFwdHeader", "date": LOGIN, "from_name": "x"},
    "reply_to": {"_": "messageReplyHeader", "reply_to_msg_id": 4, "quote_text": "q"},
    "media": {
        "_": "messageMediaDocument",
        "document": {
            "_": "document",
            "id": "5",
            "mime_type": "image/png",
            "size": 5,
            "attributes": [{"_": "documentAttributeFilename", "file_name": "a"}],
        },
    },
    "entities": [{"_": "messageEntityTextUrl", "offset": 0, "length": 1, "url": "u"}],
    "reactions": {
        "_": "messageReactions",
        "results": [
            {
                "_": "reactionCount",
                "count": 1,
                "reaction": {"_": "reactionEmoji", "emoticon": "x"},
            }
        ],
    },
    "rich_message": {"_": "richMessage", "blocks": []},
}
SERVICE = {
    "_": "messageService",
    "id": 6,
    "date": LOGIN,
    "peer_id": {"_": "peerUser", "user_id": 5},
    "action": {
        "_": "messageActionPhoneCall",
        "call_id": "5",
        "duration": 3,
        "reason": {"_": "phoneCallDiscardReasonMissed"},
    },
}
USER = {
    "_": "user",
    "pFlags": {"bot": True},
    "id": 5,
    "first_name": "x",
    "usernames": [{"_": "username", "username": "u", "pFlags": {"active": True}}],
    "status": {"_": "userStatusOffline", "was_online": LOGIN},
}
CHAT = {
    "_": "channel",
    "pFlags": {"creator": True},
    "id": 5,
    "title": "t",
    "date": LOGIN,
    "migrated_to": {"_": "inputChannel", "channel_id": 5},
}
DIALOG = {
    "_": "dialog",
    "pFlags": {},
    "peerId": 5,
    "topMessage": MESSAGE,
    "draft": {"_": "draftMessage", "message": "d", "date": LOGIN},
}


def check(cache: WebCache) -> None:
    """What comes out has the types that events need."""
    for message in cache.messages:
        facts = message.facts
        assert facts.text is None or isinstance(facts.text, str)
        assert facts.date is None or abs(facts.date) < 2**33
        assert facts.edited is None or abs(facts.edited) < 2**33
        assert facts.identifier is None or isinstance(facts.identifier, int)
        assert message.account is None or message.account.isdigit()
    for user in cache.users:
        assert isinstance(user.facts.identifier, int)
        assert user.facts.name is None or isinstance(user.facts.name, str)
    for draft in cache.drafts:
        assert draft.date is None or isinstance(draft.date, int)


@pytest.mark.parametrize(
    ("store", "value"),
    [
        ("messages", MESSAGE),
        ("messages", SERVICE),
        ("users", USER),
        ("chats", CHAT),
        ("dialogs", DIALOG),
        ("session", {"pts": 1, "date": LOGIN}),
    ],
)
def test_values_of_k(store: str, value: Any) -> None:
    """Each strange value in each place; the dialog beside it is read."""
    name = "updates" if store == "session" else "5"
    for path in paths(value):
        for item in JS_VALUES:
            reader = web_k.KCache()
            reader.add(owner(5211046831, 1))
            reader.add(record(DATABASE, store, name, put(value, path, item), 2))
            reader.add(dialog("whole", 3))
            cache = reader.finish()
            check(cache)
            assert "whole" in [message.facts.text for message in cache.messages]


def test_state_of_k() -> None:
    """Each strange value of the state."""
    for name in (
        "stateCreatedTime",
        "updates",
        "authState",
        "recentSearch",
        "contactsListCachedTime",
        "version",
        "passcode",
    ):
        for item in JS_VALUES:
            reader = indexed.IndexedReader()
            reader.add(record("tweb-common", "session", name, item))
            reader.finish()


def test_states_of_a() -> None:
    """Each strange value in each place of a tree."""
    generator = random.Random(7)
    for path in paths(STATE):
        for item in generator.sample(JS_VALUES, 14):
            reader = web_a.ACache()
            reader.add(1, put(STATE, path, item), Source())
            check(reader.finish())


def test_contents_of_a() -> None:
    """Each strange value as each attachment and action."""
    parts = (
        *("photo", "video", "voice", "audio", "document", "sticker", "contact"),
        *("location", "webPage", "poll", "pollId", "game", "invoice", "storyData"),
        *("dice", "giveaway", "paidMedia", "todo", "text", "action", "ttlSeconds"),
        *("isExpiredVoice", "unknownThing"),
    )
    inner = (
        "geo",
        "summary",
        "phoneCall",
        "type",
        "id",
        "duration",
        "date",
        "lat",
        "size",
        "firstName",
        "phoneNumber",
        "userId",
        "entities",
    )
    for part in parts:
        for item in (
            *JS_VALUES,
            *({name: value} for name in inner for value in JS_VALUES),
        ):
            state = {
                "messages": {
                    "byChatId": {
                        "5": {"byId": {"1": {"id": 1, "content": {part: item}}}}
                    }
                }
            }
            reader = web_a.ACache()
            reader.add(1, state, Source())
            cache = reader.finish()
            check(cache)
            assert len(cache.messages) == 1


LOCAL: dict[str, Any] = {
    "account1": {
        "dcId": 2,
        "userId": 5,
        "date": LOGIN,
        "dc2_auth_key": key(2),
        "firstName": "x",
        "isTest": False,
    },
    "user_auth": {"dcID": 2, "id": 5, "date": LOGIN},
    "dc": 2,
    "dc2_auth_key": key(2),
    "dc4_hash": "00" * 20,
    "xt_instance": {"id": 5, "idle": False, "time": LOGIN * 1000, "accountNumber": 1},
    "tgme_sync": {"canRedirect": True, "ts": LOGIN},
    "number_of_accounts": 1,
    "k_build": 5,
    "tt-is-screen-locked": True,
    "GramJs:sessionId": "GramJs-session-1717105629123",
    "tt-global-state": STATE,
    "draft5": {"text": "x", "replyToMsgID": 5},
    "auth_key_fingerprint": "00010203",
}


def texts(values: dict[str, Any]) -> list[StoredText]:
    """Items; not a number and infinity are written as Python does."""
    found = commit(1, values)
    return found + commit(2, {}, tuple(values))


def test_items() -> None:
    """Each strange value in each place of each item."""
    for path in paths(LOCAL)[1:]:
        if len(path) > 3:
            continue
        for item in JSON_VALUES:
            if isinstance(item, int) and abs(item) > 10**300:
                continue
            found = history.read_history(texts(put(LOCAL, path, item)))
            for session in found.sessions:
                login = session.login
                assert login.user is None or login.user.isdigit()
                assert login.key is None or len(login.key) == 16
            indexed.read_states(found.states)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[" * 100_000, '{"a":' * 100_000, "1" * 5000, "NaN", "\ud83d", '"'],
)
def test_texts(text: str) -> None:
    """No JSON, and such that exhausts a parser."""
    for name in LOCAL:
        items = [StoredText(name, text, Source(time=1), 1, True)]
        found = history.read_history(items)
        indexed.read_states(found.states)


def test_random_commits() -> None:
    """Items in any order, put and removed: no error, no session that never was."""
    generator = random.Random(11)
    names = list(LOCAL)
    known = {identifier for identifier in (None,)}
    for number in range(300):
        commits = []
        for step in range(generator.randrange(1, 12)):
            chosen = generator.sample(names, generator.randrange(1, 6))
            half = len(chosen) // 2
            puts = {name: LOCAL[name] for name in chosen[half:]}
            commits += commit(
                step,
                puts,
                tuple(chosen[:half]),
                is_complete=generator.random() < 0.5,
                time=generator.choice((None, 0)),
            )
        found = history.read_history(commits)
        for session in found.sessions:
            known.add(session.login.key)
            assert session.created is None or session.created > 0
            if session.is_current:
                assert session.ended is None
        assert len(found.sessions) <= 4, number
    # The key, the one that the hash names, and none.
    assert len(known) == 3


def test_encrypted_stores() -> None:
    """Each strange value in each store."""
    for database, store, name in (
        ("tt-passcode", "store", "sessionEncrypted"),
        ("tt-passcode", "store", "globalEncrypted"),
        ("tt-passcode", "store", "meta"),
        ("tt-passcode", "store", "sessionsVault_1"),
        ("tweb-common", "localStorage__encrypted", "data"),
        ("tweb-account-1", "users__encrypted", "data"),
        ("keyval-store", "keyval", "GramJs:GramJs-session-1717105629123"),
        ("tt-data", "store", "tt-global-state"),
        ("tweb", "dialogs", "5"),
    ):
        for item in (
            *JS_VALUES,
            *(json.dumps(value) for value in JSON_VALUES if value != 10**400),
            *(
                {"mainDcId": value, "keys": value, "hashes": {"2": value}}
                for value in JS_VALUES
            ),
        ):
            reader = indexed.IndexedReader((b"", b"1"))
            reader.add(record(database, store, name, item))
            found = reader.finish()
            for session in found.sessions:
                assert session.login.key is None
