"""Caches of Web K and Web A: messages, users, chats, and whose they are."""

from __future__ import annotations

from typing import Any

import pytest

from telegram_forensics.formats import telegram_web_a as web_a
from telegram_forensics.formats import telegram_web_k as web_k
from telegram_forensics.formats import telegram_web_tl as web_tl
from telegram_forensics.formats.telegram_web_store import StoredValue, WebCache
from telegram_forensics.formats.telegram_web_values import Source
from telegram_forensics.formats.tl_peers import Peer
from tests.formats.web_items import LOGIN, SECOND, record

OLGA, MARK = 5211046831, 7301998420
DATABASE = "tweb-account-1"


def read_k(*values: StoredValue) -> WebCache:
    """Reads records of Web K."""
    reader = web_k.KCache()
    for value in values:
        reader.add(value)
    return reader.finish()


def read_a(state: Any, slot: int = 1, state_of: str = "current") -> WebCache:
    """Reads a state of Web A."""
    reader = web_a.ACache()
    reader.add(slot, state, Source(state=state_of))
    return reader.finish()


def owner(
    user: int, sequence: int, state: str = "current", replaced: int | None = None
) -> StoredValue:
    """The record of the account's own user."""
    value = {"_": "user", "pFlags": {"self": True}, "id": float(user)}
    return record(DATABASE, "users", str(user), value, sequence, state, replaced)


def dialog(
    text: str, sequence: int, state: str = "current", replaced: int | None = None
) -> StoredValue:
    """A dialog with its last message."""
    message = {
        "_": "message",
        "pFlags": {"out": True},
        "id": float(sequence),
        "mid": float(sequence),
        "peerId": 612345987,
        "date": float(LOGIN),
        "message": text,
        "peer_id": {"_": "peerUser", "user_id": 612345987},
    }
    value = {"_": "dialog", "pFlags": {}, "peerId": 612345987, "topMessage": message}
    return record(DATABASE, "dialogs", "612345987", value, sequence, state, replaced)


def accounts(found: WebCache) -> dict[str | None, str | None]:
    """Account by text of the message."""
    return {item.facts.text: item.account for item in found.messages}


def test_message_of_k() -> None:
    """What the last message of a dialog says."""
    (message,) = read_k(owner(OLGA, 1), dialog("Привет", 7)).messages
    facts = message.facts
    assert (facts.identifier, facts.date, facts.text) == (7, LOGIN, "Привет")
    assert (facts.is_outgoing, message.chat) == (True, Peer("user", 612345987))
    assert (message.account, message.slot) == (str(OLGA), 1)


def test_owner_after_a_log_out() -> None:
    """The data of the next account moves into the freed database."""
    found = read_k(
        owner(OLGA, 10, "removed", 30),
        dialog("hers", 11, "removed", 31),
        dialog("his before his own record", 35, "overwritten", 37),
        owner(MARK, 36),
        dialog("his", 37),
    )
    assert accounts(found) == {
        "hers": str(OLGA),
        "his before his own record": str(MARK),
        "his": str(MARK),
    }


def test_current_records_belong_to_the_current_user() -> None:
    """Whatever stood nearest before them."""
    found = read_k(
        owner(OLGA, 10, "overwritten", 30), dialog("his", 20), owner(MARK, 21)
    )
    assert accounts(found) == {"his": str(MARK)}


def test_records_before_their_user() -> None:
    """Removed before the next user was written: not that one's."""
    found = read_k(dialog("gone", 5, "removed", 8), owner(MARK, 36))
    assert accounts(found) == {"gone": None}
    found = read_k(dialog("there", 35, "removed", 90), owner(MARK, 36))
    assert accounts(found) == {"there": str(MARK)}


def test_two_users_as_near() -> None:
    """States of SQLite have no order inside: nobody is named."""
    values = [
        owner(OLGA, 0, "removed"),
        owner(MARK, 0, "removed"),
        dialog("whose", 0, "removed"),
    ]
    for value in values:
        value.source.sequence = None
    assert accounts(read_k(*values)) == {"whose": None}


def test_other_databases_are_apart() -> None:
    """Each has its own user."""
    second = dialog("second", 9)
    second.database = "tweb-account-2"
    found = read_k(owner(OLGA, 1), second)
    assert accounts(found) == {"second": None}
    assert found.messages[0].slot == 2


def test_state_of_k() -> None:
    """Times and facts of the session store."""
    found = read_k(
        owner(OLGA, 1),
        record(DATABASE, "session", "stateCreatedTime", (LOGIN - 45) * 1000.0, 2),
        record(DATABASE, "session", "updates", {"pts": 512, "date": float(LOGIN)}, 3),
        record(DATABASE, "session", "authState", {"_": "authStateSignedIn"}, 4),
        record(DATABASE, "session", "recentSearch", [5.0, "x", 6], 5),
    )
    assert [(trace.kind, trace.time) for _, trace in found.traces] == [
        ("state_created", (LOGIN - 45) * SECOND),
        ("update_received", LOGIN * SECOND),
    ]
    assert found.traces[1][1].details == "pts 512"
    assert [(fact.name, fact.value) for fact in found.facts] == [
        ("authState", "authStateSignedIn"),
        ("recentSearch", "5, 6"),
    ]


def test_versions_of_a_message() -> None:
    """The current one counts; an edited text is another one."""
    found = read_k(
        dialog("same", 7, "overwritten"),
        dialog("same", 7),
        dialog("other", 7, "overwritten"),
    )
    assert [(item.facts.text, item.source.state) for item in found.messages] == [
        ("same", "current"),
        ("other", "overwritten"),
    ]


def test_chats_of_k() -> None:
    """Groups and channels, and drafts."""
    found = read_k(
        owner(OLGA, 1),
        record(
            DATABASE,
            "chats",
            "-5",
            {
                "_": "channel",
                "pFlags": {"megagroup": True, "left": True},
                "id": 5.0,
                "title": "Двор",
                "date": float(LOGIN),
            },
            2,
        ),
        record(
            DATABASE,
            "dialogs",
            "612345987",
            {
                "peerId": 612345987,
                "draft": {
                    "_": "draftMessage",
                    "pFlags": {},
                    "message": "не отправлено",
                    "date": float(LOGIN),
                },
            },
            3,
        ),
    )
    (chat,) = found.chats
    assert (chat.facts.chat_type, chat.facts.title) == ("supergroup", "Двор")
    assert chat.facts.is_left
    (draft,) = found.drafts
    assert (draft.text, draft.date, draft.chat.number) == (
        "не отправлено",
        LOGIN,
        612345987,
    )


def test_what_does_not_fit_its_type_is_left_out() -> None:
    """A damaged object cannot give a text as a number, or a time of another age."""
    found = web_tl.to_object(
        {
            "_": "message",
            "pFlags": {"out": True, "message": True, "flags": True},
            "id": 7.5,
            "date": 1e18,
            "message": {"_": "message"},
            "media": {"_": "peerUser", "user_id": 5},
            "from_id": {"_": "peerUser", "user_id": "5211046831"},
            "mid": 3,
        }
    )
    assert found is not None
    assert found.fields.keys() == {"out", "from_id"}
    assert found.fields["from_id"].fields == {"user_id": OLGA}
    assert web_tl.to_object({"_": 5}) is None
    assert web_tl.to_object([]) is None


def test_object_of_a_later_layer() -> None:
    """Named by its constructor."""
    found = web_tl.to_object({"_": "userOfTomorrow", "id": 5.0, "first_name": 7})
    assert found is not None
    assert (found.name, found.fields) == ("userOfTomorrow", {"id": 5})


def test_depth_is_bounded() -> None:
    """An object inside itself a thousand times."""
    value: dict[str, Any] = {"_": "message"}
    for _ in range(1000):
        value = {"_": "message", "reply_to": value}
    assert web_tl.to_object(value) is not None


STATE = {
    "currentUserId": str(OLGA),
    "cacheVersion": 3,
    "users": {
        "byId": {
            str(OLGA): {
                "id": str(OLGA),
                "isSelf": True,
                "firstName": "Ольга",
                "lastName": "Миронова",
                "phoneNumber": "+79051112233",
                "usernames": [{"username": "olga_mir"}, {"username": "olga2"}],
            },
            "612345987": {"id": "612345987", "firstName": "Иван", "isContact": True},
        },
        "statusesById": {
            "612345987": {"type": "userStatusOffline", "wasOnline": LOGIN}
        },
    },
    "chats": {
        "byId": {
            "-1001500": {
                "id": "-1001500",
                "type": "chatTypeBasicGroup",
                "title": "Дом",
            },
            "-1000000001500": {
                "id": "-1000000001500",
                "type": "chatTypeChannel",
                "title": "Новости",
                "isNotJoined": True,
            },
            "612345987": {"id": "612345987", "type": "chatTypePrivate"},
        }
    },
    "messages": {
        "byChatId": {
            "612345987": {
                "byId": {
                    "51": {
                        "id": 51,
                        "chatId": "612345987",
                        "date": LOGIN,
                        "isOutgoing": True,
                        "senderId": str(OLGA),
                        "editDate": LOGIN + 5,
                        "content": {
                            "text": {
                                "text": "Буду дома в 7",
                                "entities": [
                                    {
                                        "type": "MessageEntityTextUrl",
                                        "url": "https://example.com",
                                    }
                                ],
                            }
                        },
                        "replyInfo": {"type": "message", "replyToMsgId": 50},
                    },
                    "52.0001": {
                        "id": 52.0001,
                        "date": LOGIN,
                        "isOutgoing": True,
                        "content": {"text": {"text": "unsent"}},
                    },
                },
                "threadsById": {
                    "-1": {
                        "localState": {
                            "draft": {"text": {"text": "черновик"}, "date": LOGIN}
                        }
                    },
                    "9": {"localState": {"draft": {"text": {"text": "в теме"}}}},
                },
            },
            "-1000000001500": {
                "byId": {
                    "1": {
                        "id": 1,
                        "date": LOGIN,
                        "isOutgoing": False,
                        "content": {
                            "photo": {"id": "77", "date": LOGIN},
                        },
                        "forwardInfo": {"fromId": "612345987", "date": LOGIN - 9},
                    }
                }
            },
        }
    },
    "passcode": {"hasPasscode": True},
}


def test_state_of_a() -> None:
    """The whole tree."""
    found = read_a(STATE, slot=2)
    assert found.unread == []
    first, unsent, photo = found.messages
    assert (first.account, first.slot, first.chat) == (
        str(OLGA),
        2,
        Peer("user", 612345987),
    )
    facts = first.facts
    assert (facts.identifier, facts.date, facts.is_outgoing) == (51, LOGIN, True)
    assert (facts.text, facts.edited, facts.reply_to) == (
        "Буду дома в 7",
        LOGIN + 5,
        50,
    )
    assert facts.links == ["https://example.com"]
    assert unsent.facts.identifier is None
    assert unsent.facts.other["local identifier"] == "52.0001"
    assert (photo.chat, photo.chat_type) == (Peer("channel", 1500), "channel")
    assert photo.facts.media is not None
    assert photo.facts.media.kind == "photo"
    assert photo.facts.forward is not None
    assert photo.facts.forward.sender == Peer("user", 612345987)
    assert [(u.facts.name, u.facts.phone, u.facts.is_self) for u in found.users] == [
        ("Ольга Миронова", "79051112233", True),
        ("Иван", None, False),
    ]
    assert found.users[0].facts.other_usernames == ["olga2"]
    assert found.users[1].facts.last_seen == LOGIN
    assert [(c.facts.peer, c.facts.title, c.facts.is_left) for c in found.chats] == [
        (Peer("group", 1001500), "Дом", None),
        (Peer("channel", 1500), "Новости", True),
    ]
    assert [(d.text, d.topic, d.date) for d in found.drafts] == [
        ("черновик", None, LOGIN),
        ("в теме", "9", None),
    ]
    assert [(f.name, f.value) for f in found.facts] == [
        ("passcode", "set"),
        ("cacheVersion", "3"),
    ]


@pytest.mark.parametrize(
    ("name", "slot"),
    [
        ("tt-global-state", 1),
        ("tt-global-state_2", 2),
        ("tt-global-state_12", 12),
        ("tt-global-state_0", None),
        ("tt-shared-state", None),
    ],
)
def test_slots_of_a(name: str, slot: int | None) -> None:
    """The key of a state names the slot."""
    assert web_a.slot_of(name) == slot


def test_state_that_is_none() -> None:
    """It is said."""
    assert read_a([]).unread[0][1] == "state of the client is no object"
    found = read_a({"messages": {"byChatId": {"x": {}, "5": {"byId": {"1": 7}}}}})
    assert [reason for _, reason in found.unread] == [
        "messages of chat x cannot be read",
        "message 1 cannot be read",
    ]
