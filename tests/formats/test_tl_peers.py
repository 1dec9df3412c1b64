"""Tests of peers, users and chats of layers 8 to 229."""

from __future__ import annotations

from typing import Any

import pytest

from telegram_forensics.formats.tl_object import TLError, TLObject
from telegram_forensics.formats.tl_peers import (
    ChatFacts,
    Peer,
    UserFacts,
    describe_peer,
    read_chat,
    read_peer,
    read_user,
)
from telegram_forensics.formats.tl_reader import read_object
from tests.builders import tl_writer
from tests.builders.tl_fields import channel, group, make, user
from tests.builders.tl_writer import TLWriter
from tests.formats.test_tl_message import check_values, secrets_of

MODES = [("on", 0), ("off", 0), *(("random", number) for number in range(6))]
NO_PHOTO = make("37c1011c")


def rows_of(type_name: str) -> list[tl_writer.Row]:
    """The constructors of a type."""
    return [row for row in tl_writer.table() if row.type_name == type_name]


def usernames(fields: dict[str, Any]) -> tuple[str | None, list[str]]:
    """Main username and further ones: the first active one is the main one."""
    items = [item for item in fields.get("usernames", ()) if item["username"]]
    main = fields.get("username") or None
    others = [item["username"] for item in items]
    if main is None:
        for place, item in enumerate(items):
            if "active" in item:
                main = others.pop(place)
                break
    return main, [name for name in others if name != main]


def check_user(fields: dict[str, Any], facts: UserFacts | None) -> None:
    """Everything that facts must say of a user."""
    assert facts is not None
    assert facts.identifier == fields["id"]
    names = [fields.get("first_name"), fields.get("last_name")]
    assert facts.name == (" ".join(filter(None, names)) or None)
    assert (facts.username, facts.other_usernames) == usernames(fields)
    assert facts.phone == (fields.get("phone") or None)
    if fields["_"] == "user":
        assert facts.is_self == ("self" in fields)
        assert facts.is_deleted == ("deleted" in fields)
        assert facts.is_contact == ("contact" in fields)
        assert facts.is_mutual == ("mutual_contact" in fields)
        assert facts.is_bot == ("bot" in fields)
    else:
        assert facts.is_self == (fields["_"] == "userSelf")
        assert facts.is_deleted == (fields["_"] == "userDeleted")
        assert facts.is_contact == (fields["_"] == "userContact")
        assert (facts.is_mutual, facts.is_bot) == (None, None)
    status = fields.get("status")
    assert facts.status == (status["_"] if status else None)
    seen = status.get("was_online", status.get("expires", 0)) if status else 0
    assert facts.last_seen == (seen if seen > 0 else None)


def check_chat(fields: dict[str, Any], facts: ChatFacts | None) -> None:
    """Everything that facts must say of a group or channel."""
    assert facts is not None
    kind = fields["_"]
    assert facts.kind == kind
    is_group = not kind.startswith(("channel", "community"))
    assert facts.peer == ("group" if is_group else "channel", fields["id"])
    if is_group:
        assert facts.chat_type == "group"
    elif "megagroup" in fields or "gigagroup" in fields:
        assert facts.chat_type == "supergroup"
    elif kind.startswith("community") or "flags" not in fields:
        assert facts.chat_type is None
    else:
        assert facts.chat_type == "channel"
    assert facts.title == (fields.get("title") or None)
    assert facts.username == usernames(fields)[0]
    date = fields.get("date", 0)
    assert facts.date == (date if date > 0 else None)
    assert facts.members == fields.get("participants_count")
    if "creator" in facts_names(kind, fields):
        assert facts.is_creator == ("creator" in fields)
        assert facts.is_left == ("left" in fields or "kicked" in fields)
    else:
        assert facts.is_creator is None
        assert facts.is_left == fields.get("left")
    migrated = fields.get("migrated_to", {})
    assert facts.migrated_to == migrated.get("channel_id")


def facts_names(kind: str, fields: dict[str, Any]) -> set[str]:
    """Names of all fields that the constructor at hand has, stored or not."""
    (row,) = [row for row in rows_of("Chat") if row.number == fields["number"]]
    assert row.name == kind
    return {name for name, _, _ in row.fields}


@pytest.mark.parametrize(("mode", "number"), MODES)
def test_every_user(mode: str, number: int) -> None:
    """Every constructor of a user."""
    assert len(rows_of("User")) > 30
    for row in rows_of("User"):
        data, fields = TLWriter(f"{row.number} {mode} {number}").object(row, mode)
        facts = read_user(read_object(data, result_type="User"))
        check_user(fields, facts)
        check_values(facts, secrets_of(fields))


@pytest.mark.parametrize(("mode", "number"), MODES)
def test_every_chat(mode: str, number: int) -> None:
    """Every constructor of a group or channel."""
    assert len(rows_of("Chat")) > 30
    for row in rows_of("Chat"):
        data, fields = TLWriter(f"{row.number} {mode} {number}").object(row, mode)
        facts = read_chat(read_object(data, result_type="Chat"))
        check_chat({**fields, "number": row.number}, facts)
        check_values(facts, secrets_of(fields))


def test_telethon() -> None:
    """Users and chats of the current layer as telethon writes them."""
    telethon_objects = pytest.importorskip("tests.builders.telethon_objects")
    maker = telethon_objects.Maker("peers")
    classes = {one.__name__: one for one in telethon_objects.classes()}
    for _ in range(30):
        made, fields = maker.object(classes["User"])
        found = read_user(read_object(bytes(made)))
        assert found is not None
        assert found.identifier == fields["id"]
        assert found.phone == (fields.get("phone") or None)
        assert found.is_self == ("is_self" in fields)
        assert found.is_bot == ("bot" in fields)
        made, fields = maker.object(classes["Channel"])
        chat = read_chat(read_object(bytes(made)))
        assert chat is not None
        assert chat.peer == ("channel", fields["id"])
        is_group = "megagroup" in fields or "gigagroup" in fields
        assert chat.chat_type == ("supergroup" if is_group else "channel")
        assert chat.title == (fields["title"] or None)
        made, fields = maker.object(classes["Chat"])
        chat = read_chat(read_object(bytes(made)))
        assert chat is not None
        assert (chat.peer, chat.chat_type) == (("group", fields["id"]), "group")
        assert chat.members == fields["participants_count"]


def test_peers() -> None:
    """Peers of both sizes, and bare numbers of old layers, which are users."""
    for data, kind in (
        (user(2**40), "user"),
        (group(2**40), "group"),
        (channel(2**40), "channel"),
    ):
        assert read_peer(read_object(data)) == Peer(kind, 2**40)
    for constructor, name, kind in (
        ("9db1bc6d", "user_id", "user"),
        ("bad0e5bb", "chat_id", "group"),
        ("bddde532", "channel_id", "channel"),
        ("dde8a54c", "user_id", "user"),
        ("35a95cb9", "chat_id", "group"),
        ("27bcbbfc", "channel_id", "channel"),
    ):
        assert read_peer(read_object(make(constructor, **{name: 77}))) == (kind, 77)
    assert read_peer(77) == ("user", 77)
    assert describe_peer(Peer("channel", 77)) == "channel 77"


@pytest.mark.parametrize("value", [None, 0, True, False, "77", 7.5, b"7", [7], {}])
def test_no_peers(value: Any) -> None:
    """Nothing else is a peer."""
    assert read_peer(value) is None
    assert describe_peer(None) is None


def test_other_objects_are_no_peers() -> None:
    """An object that names no peer."""
    assert read_peer(read_object(make("3ded6320"))) is None


@pytest.mark.parametrize(
    ("constructor", "fields", "chat_type"),
    [
        ("fe4478bd", {"broadcast": True}, "channel"),
        ("fe4478bd", {"megagroup": True}, "supergroup"),
        ("fe4478bd", {"megagroup": True, "gigagroup": True}, "supergroup"),
        ("17d493d5", {"broadcast": True}, "channel"),
        ("17d493d5", {"megagroup": True}, "supergroup"),
        ("8537784f", {"megagroup": True}, "supergroup"),
        ("2d85832c", {}, None),  # layers 38 to 52: the object does not tell
        ("8dbb1461", {"flags": 1}, "channel"),  # layer 38: there were no others
        ("41cbf256", {}, "group"),
        ("6592a1a7", {}, "group"),
        ("29562865", {}, "group"),
        ("75eaea5a", {}, "group"),
        ("65efe954", {}, None),
    ],
)
def test_types_of_chats(
    constructor: str, fields: dict[str, Any], chat_type: str | None
) -> None:
    """Channel or supergroup: the flags tell."""
    row = next(row for row in rows_of("Chat") if row.number == int(constructor, 16))
    names = {name for name, _, _ in row.fields}
    if "photo" in names:
        fields = {**fields, "photo": NO_PHOTO}
    if "geo" in names:
        fields = {**fields, "geo": make("1117dd5f")}
    chat = read_chat(read_object(make(constructor, id=9, **fields), result_type="Chat"))
    assert chat is not None
    assert chat.chat_type == chat_type


def test_flags_that_are_not_stored() -> None:
    """Nobody is said not to be the creator where that is not stored."""
    for constructor in ("17d493d5", "6592a1a7", "29562865", "fd3cdab8", "1bcc63f2"):
        fields = {"photo": NO_PHOTO} if constructor == "1bcc63f2" else {}
        chat = read_chat(read_object(make(constructor, id=9, **fields)))
        assert chat is not None
        assert (chat.is_creator, chat.is_left) == (None, None)


def test_usernames() -> None:
    """Since layer 147 several, of which the first active one is the main one."""
    names = [
        make("b4073647", username=name, active=active)
        for name, active in (("old", False), ("main", True), ("more", True))
    ]
    facts = read_user(read_object(make("83314fca", id=9, usernames=names)))
    assert facts is not None
    assert facts.username == "main"
    assert facts.other_usernames == ["old", "more"]
    data = make("83314fca", id=9, username="own", usernames=names)
    facts = read_user(read_object(data))
    assert facts is not None
    assert (facts.username, len(facts.other_usernames)) == ("own", 3)


@pytest.mark.parametrize("type_name", ["User", "Chat"])
def test_truncated(type_name: str) -> None:
    """Cut off anywhere: no exception, and nothing that was not there."""
    for row in rows_of(type_name):
        data, fields = TLWriter(f"cut {row.number}").object(row, "on")
        for size in range(0, min(len(data), 1200), 4):
            try:
                value: Any = read_object(data[:size], result_type=type_name)
            except TLError as error:
                value = error.partial
            if not isinstance(value, TLObject):
                assert size < 4
                continue
            facts: Any = (read_user if type_name == "User" else read_chat)(value)
            check_values(facts, [])
            assert (facts is None) == ("id" not in value)
