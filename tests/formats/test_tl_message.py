"""Tests of messages as facts: every constructor of layers 8 to 229 (sections 4 and 6).

Objects of old layers come from `tl_writer`, of layer 229 from telethon, too; what they
must give is derived here from the values that were put in.
"""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import pytest

from telegram_forensics.formats.tl_describe import describe
from telegram_forensics.formats.tl_message import MessageFacts, read_message
from telegram_forensics.formats.tl_object import TLError, TLObject
from telegram_forensics.formats.tl_reader import read_object
from tests.builders import tl_writer
from tests.builders.tl_fields import EMPTY_MEDIA
from tests.builders.tl_writer import TLWriter

telethon_objects = pytest.importorskip("tests.builders.telethon_objects")

ROUNDS = 2
MESSAGES = [row for row in tl_writer.rows_of("Message") if row.type_name == "Message"]
PEERS = {"peerUser": "user", "peerChat": "group", "peerChannel": "channel"}
MODES = [("on", 0), ("off", 0), *(("random", number) for number in range(ROUNDS))]
HEADERS = ("MessageFwdHeader", "MessageReplyHeader", "MessageReactions")


def peer(value: Any) -> tuple[str, int] | None:
    """A peer that was put in: an object, or the id of a user; zero is nobody."""
    if isinstance(value, dict):
        (number,) = [item for name, item in value.items() if name != "_"]
        return PEERS[value["_"]], number
    return ("user", value) if value else None


def has_bit(fields: dict[str, Any], bit: int) -> bool:
    """A flag by its number."""
    return bool(fields.get("flags", 0) >> bit & 1)


def outgoing(fields: dict[str, Any]) -> bool | None:
    """Direction: a bit in all layers with flags, a Bool in those before."""
    if fields["_"] == "messageEmpty":
        return None
    return has_bit(fields, 1) if "flags" in fields else fields["out"]


def expected_facts(fields: dict[str, Any]) -> dict[str, Any]:
    """What the fields of a message mean, as far as they are plain values."""
    get = fields.get
    is_empty = fields["_"] == "messageEmpty"
    return {
        "constructor": fields["_"],
        "identifier": fields["id"],
        "date": get("date"),
        "is_outgoing": outgoing(fields),
        "chat": peer(get("peer_id", get("to_id"))),
        "sender": peer(get("from_id")),
        "edited": get("edit_date") or None,
        "via_bot": get("via_bot_id") or get("via_bot_name") or None,
        "grouped": get("grouped_id"),
        "author": get("post_author") or None,
        "views": get("views"),
        "forwards": get("forwards"),
        "ttl_period": get("ttl_period") or None,
        "is_scheduled": "from_scheduled" in fields,
        "is_silent": "silent" in fields,
        "is_pinned": "pinned" in fields,
        "is_post": "post" in fields,
        "is_mentioned": not is_empty and has_bit(fields, 4),
        "is_media_unread": not is_empty and has_bit(fields, 5),
        "has_media_flag": "Empty" not in fields["_"]
        and fields["_"] != "messageService"
        and has_bit(fields, 9),
        "via_business_bot": get("via_business_bot_id"),
        "quick_reply": get("quick_reply_shortcut_id"),
        "is_offline": "offline" in fields,
    }


def check_forward(fields: dict[str, Any], facts: MessageFacts) -> None:
    """Where a message was forwarded from."""
    header, forward = fields.get("fwd_from"), facts.forward
    if header is None and fields.get("fwd_from_id") is None:
        assert forward is None
        return
    assert forward is not None
    if header is None:
        assert forward.sender == peer(fields["fwd_from_id"])
        assert forward.date == fields["fwd_date"]
        assert forward.post == fields.get("fwd_post")
        return
    author = peer(header.get("from_id"))
    if header.get("channel_id"):
        assert forward.sender == ("channel", header["channel_id"])
        # The person behind a post is not lost.
        words = None if author is None else f"user {author[1]}"
        assert facts.other["forwarded post of"] == words
    else:
        assert forward.sender == author
    assert forward.name == (header.get("from_name") or None)
    assert forward.date == header["date"]
    assert forward.post == header.get("channel_post")
    assert forward.author == (header.get("post_author") or None)
    assert forward.saved_from == peer(header.get("saved_from_peer"))
    assert forward.saved_message == header.get("saved_from_msg_id")
    if saved := peer(header.get("saved_from_id")):
        assert facts.other["saved message of"] == f"{saved[0]} {saved[1]}"
    if "saved_date" in header:
        assert facts.other["saved message sent at"] == header["saved_date"]


def check_reply(fields: dict[str, Any], facts: MessageFacts) -> None:
    """What a message replies to."""
    header = fields.get("reply_to")
    if header is None:
        number = fields.get("reply_to_msg_id") or fields.get("reply_to_random_id")
        assert facts.reply_to == (number or None)
        assert facts.reply_top == fields.get("reply_to_top_id")
        return
    assert facts.reply_to == header.get("reply_to_msg_id")
    assert facts.reply_chat == peer(header.get("reply_to_peer_id"))
    assert facts.reply_top == header.get("reply_to_top_id")
    assert facts.reply_quote == (header.get("quote_text") or None)
    if "Story" in header["_"]:
        who = peer(header.get("peer", header.get("user_id")))
        words = f"{who[0]} {who[1]}" if who else "unknown"
        assert facts.other["reply to story"] == f"{header['story_id']} of {words}"
    if origin := header.get("reply_from", header.get("reply_header")):
        who = peer(origin.get("from_id"))
        words = f"{who[0]} {who[1]}" if who else origin.get("from_name") or "unknown"
        assert facts.other["reply to message of"] == words


def check_action(fields: dict[str, Any], facts: MessageFacts) -> None:
    """What a service message is about; calls are told apart."""
    action = fields.get("action")
    if action is None:
        assert facts.action is None
        return
    # An action of a secret chat is wrapped.
    action = action.get("encryptedAction", action)
    assert facts.action == action["_"]
    assert facts.action_details is not None
    hidden = {"_", "flags", "flags2", "credentials", "encrypted_key", "payload"}
    names = action.keys() - hidden - {"charge", "values"}
    assert facts.action_details.keys() == names
    for name in names:
        if isinstance(action[name], (int, float)):
            assert facts.action_details[name] == action[name]
    if action["_"] not in ("messageActionPhoneCall", "messageActionConferenceCall"):
        assert facts.call is None
        return
    assert facts.call is not None
    assert facts.call.identifier == action["call_id"]
    assert facts.call.duration == action.get("duration")
    assert facts.call.is_video == ("video" in action)
    assert facts.call.is_missed == ("missed" in action)
    assert facts.call.is_active == ("active" in action)
    assert facts.call.is_conference == ("Conference" in action["_"])
    reason = action.get("reason")
    if reason is None:
        assert facts.call.reason is None
    else:
        assert f"phonecalldiscardreason{facts.call.reason}" == reason["_"].lower()


def check(fields: dict[str, Any], facts: MessageFacts) -> None:
    """Everything that facts must say of the fields of a message."""
    found = {name: getattr(facts, name) for name in expected_facts(fields)}
    assert found == expected_facts(fields)
    text = fields.get("message")
    if text:
        assert facts.text == text
    elif facts.text is not None:
        assert "media" in fields or "action" in fields or "rich_message" in fields
    check_forward(fields, facts)
    check_reply(fields, facts)
    check_action(fields, facts)
    media = fields.get("media")
    is_empty = media is None or media["_"] == "messageMediaEmpty"
    assert (facts.media is None) == is_empty
    if media and media.get("ttl_seconds"):
        assert facts.self_destruct == media["ttl_seconds"]
    else:
        assert facts.self_destruct == (fields.get("ttl") or None)
    if facts.is_plain:
        # Whoever trusts it loses nothing.
        plain = MessageFacts(facts.constructor)
        names = [item.name for item in dataclasses.fields(MessageFacts)]
        for name in names[names.index("media") + 1 :]:
            if name != "has_media_flag":
                assert getattr(facts, name) == getattr(plain, name), name


def values_of(value: Any) -> list[Any]:
    """All values within facts."""
    if dataclasses.is_dataclass(value):
        value = [getattr(value, item.name) for item in dataclasses.fields(value)]
    if isinstance(value, dict):
        value = [*value, *value.values()]
    if isinstance(value, (list, tuple)):
        return [one for item in value for one in values_of(item)]
    return [value]


def check_values(facts: Any, secrets: list[str]) -> None:
    """Only plain values, and none of these bytes in any form."""
    for value in values_of(facts):
        assert value is None or isinstance(value, (bool, int, float, str)), value
    words = repr(values_of(facts))
    for secret in secrets:
        assert secret not in words
        raw = bytes.fromhex(secret)
        assert repr(raw)[2:-1] not in words
        assert raw.decode("latin-1") not in words


def secrets_of(fields: Any) -> list[str]:
    """Values of the type `bytes`, which the writer gives as hexadecimal text."""
    if isinstance(fields, dict):
        fields = list(fields.values())
    if isinstance(fields, list):
        return [one for item in fields for one in secrets_of(item)]
    is_secret = isinstance(fields, str) and re.fullmatch("([0-9a-f]{2}){16,}", fields)
    return [fields] if is_secret else []


@pytest.mark.parametrize(("mode", "number"), MODES)
def test_every_constructor(mode: str, number: int) -> None:
    """Every message constructor with all flags, none, and random ones."""
    assert len(MESSAGES) > 50
    secrets = 0
    for row in MESSAGES:
        data, fields = TLWriter(f"{row.number} {mode} {number}").object(row, mode)
        facts = read_message(read_object(data, result_type="Message"))
        check(fields, facts)
        found = secrets_of(fields)
        check_values(facts, found)
        secrets += len(found)
    assert secrets or mode == "off"


def newest(type_name: str) -> tl_writer.Row:
    """Constructor of messages in the current layer."""
    (row,) = [row for row in MESSAGES if row.number == int(type_name, 16)]
    return row


@pytest.mark.parametrize("type_name", [*HEADERS, "MessageAction", "MessageMedia"])
def test_every_part(type_name: str) -> None:
    """Every constructor of what messages hold, within a message."""
    row = newest("7a800e0a" if type_name == "MessageAction" else "7600b9d3")
    (field,) = [name for name, _, kind in row.fields if kind == type_name]
    for part in tl_writer.rows_of(type_name):
        if part.type_name != type_name:
            continue
        for mode, number in MODES:
            writer = PartWriter(f"{part.number} {mode} {number}", type_name, part)
            data, fields = writer.object(row, "on")
            assert fields[field]["_"] == part.name
            facts = read_message(read_object(data, result_type="Message"))
            check(fields, facts)
            check_values(facts, secrets_of(fields))


class PartWriter(TLWriter):
    """Writes objects that hold a given constructor wherever its type is asked for."""

    def __init__(self, seed: str, type_name: str, part: tl_writer.Row) -> None:
        super().__init__(seed)
        self._part = part
        self._type_name = type_name
        self._mode = seed.split()[1]

    def _nested(
        self, type_name: str, mode: str, depth: int
    ) -> tuple[bytes, dict[str, Any]]:
        if type_name != self._type_name or depth > 1:
            return super()._nested(type_name, mode, depth)
        data, values = self._fields(self._part, self._mode, depth)
        return self._part.number.to_bytes(4, "little") + data, values


@pytest.mark.parametrize("chance", [1.0, 0.0, 0.5, 0.3, 0.7])
def test_telethon(chance: float) -> None:
    """Messages of the current layer as telethon writes them."""
    maker = telethon_objects.Maker(f"messages {chance}")
    names = ("Message", "MessageService", "MessageEmpty")
    classes = {one.__name__: one for one in telethon_objects.classes()}
    ids = {one.CONSTRUCTOR_ID: one.__name__ for one in telethon_objects.classes()}

    def named(value: Any) -> Any:
        if isinstance(value, list):
            return [named(item) for item in value]
        if not isinstance(value, dict):
            return value
        number = value["_"]
        name = ids[number][0].lower() + ids[number][1:]
        return {**{key: named(item) for key, item in value.items()}, "_": name}

    for name in names:
        for _ in range(15):
            made, plain = maker.object(classes[name], chance)
            found = read_object(bytes(made))
            fields = named(plain)
            # Numbers of flags are not telethon's to tell.
            flags = found.fields["flags"]
            assert bool(flags & 2) == ("out" in fields)
            fields["flags"] = flags
            facts = read_message(found)
            check(fields, facts)
            check_values(facts, secrets_of(fields))


def partial(data: bytes) -> Any:
    """What is left of an object that is cut off."""
    try:
        return read_object(data)
    except TLError as error:
        return error.partial


@pytest.mark.parametrize("mode", tl_writer.MODES)
def test_truncated(mode: str) -> None:
    """Cut off anywhere, a message says what it says so far and nothing else."""
    rows = [*MESSAGES[::9], newest("7a800e0a"), newest("7600b9d3")]
    for row in rows:
        data, fields = TLWriter(f"cut {row.number} {mode}").object(row, mode)
        step = 4 if len(data) < 4000 else 4 * (len(data) // 2000)
        counts = [0, 0]
        for size in range(0, len(data), step):
            value = partial(data[:size])
            if not isinstance(value, TLObject):
                assert size < 4
                continue
            facts = read_message(value)
            check_values(facts, [])
            assert facts.identifier in (None, fields["id"])
            assert facts.date in (None, fields.get("date"))
            counts[facts.identifier is not None] += 1
        assert all(counts) or len(data) < 16


def test_describe_takes_everything() -> None:
    """Each constructor in words: a short text of it, no bytes in it."""
    count = 0
    for row in tl_writer.table():
        data, fields = TLWriter(f"words {row.number}").object(row, "on")
        words = describe(read_object(data, result_type=row.type_name))
        assert isinstance(words, str) and (words or row.name == "textWithEntities")
        check_values(words, secrets_of(fields))
        count += 1
    assert count > 2400


def test_media_flag_of_an_empty_attachment() -> None:
    """Form S: the flag is there, an attachment is not."""
    row = newest("7600b9d3")
    data, _ = TLWriter("flag").object(row, "off")
    bare = read_message(read_object(data))
    assert (bare.media, bare.has_media_flag) == (None, False)
    flags = data[:4] + (1 << 9).to_bytes(4, "little") + data[8:]
    facts = read_message(read_object(flags + EMPTY_MEDIA))
    assert (facts.media, facts.has_media_flag) == (None, True)
