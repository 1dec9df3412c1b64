"""Every fact that TDLib itself told of the samples, against the events made of them."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from tests import tdlib_samples
from tests.parsers import support
from tests.parsers.test_telegram_tdlib import extract_all

DRAFT = "telegram:draft"
SERVICE = 777000
MEDIA = {
    "messageAudio": "audio",
    "messageAnimation": "animation",
    "messageContact": "contact",
    "messageDocument": "document",
    "messageLocation": "geo",
    "messagePhoto": "photo",
    "messageVideo": "video",
    "messageVoiceNote": "voice",
}
ACTIONS = {
    "messageBasicGroupChatCreate": "group_created",
    "messageSupergroupChatCreate": "channel_created",
}


def extract(name: str, tmp_path: Path) -> tuple[Any, support.Extraction]:
    """A sample and what came out of it; nothing of a sound sample is lost."""
    sample = tdlib_samples.load(name, tmp_path)
    found = extract_all(sample.folder, ["td.binlog"], sample.passcodes)
    assert found.warnings == []
    return sample, found


def rows_of(found: support.Extraction, *types: str) -> dict[str, Any]:
    """Events of rows that count, by the name of the row."""
    return {
        item.row_identifier: item
        for data_type in types
        for item in found.of_type(data_type)
        if item.record_state is None and getattr(item, "row_identifier", None)
    }


def details(item: Any) -> str:
    """The words of a message."""
    return item.service_details or ""


def check_message(item: Any, message: dict[str, Any]) -> None:
    """Compares an event with a message as TDLib's interface tells it."""
    content = message["content"]
    kind = content["@type"]
    text = content.get("text") or content.get("caption") or {}
    assert item.text == (text.get("text") or None if isinstance(text, dict) else text)
    assert item.sent_time.timestamp == message["date"]
    if item.data_type == "telegram:notice":
        assert item.chat_identifier == str(SERVICE)
        return
    if message["chat_id"] == SERVICE:
        return
    assert bool(item.is_outgoing) == message["is_outgoing"]
    sender = message.get("sender_id") or message["sender"]
    number = sender.get("user_id") or sender["chat_id"]
    assert int(item.sender_identifier) == (
        number if number > 0 else -1000000000000 - number
    )
    edited = message["edit_date"] or None
    assert (item.edited_time.timestamp if item.edited_time else None) == edited
    assert ("pinned" in details(item)) == message["is_pinned"]
    reply = message.get("reply_to") or {}
    replied = reply.get("message_id") or message.get("reply_to_message_id")
    expected = str(replied >> 20) if replied else None
    assert item.reply_to_identifier == expected
    bot = message.get("via_bot_user_id")
    assert (f"({bot})" in item.via_bot) if bot else item.via_bot is None
    check_forward(item, message.get("forward_info"))
    ttl = message.get("auto_delete_in") or message.get("ttl_expires_in")
    if ttl:
        assert item.self_destruct_time is not None
    views = (message.get("interaction_info") or {}).get("view_count")
    if views:
        assert f"views: {views}" in details(item)
    album = message["media_album_id"]
    assert item.grouped_identifier == (album if album != "0" else None)
    assert item.media_type == MEDIA.get(kind)
    assert item.service_action == ACTIONS.get(kind)
    check_links(item, text)
    check_media(item, kind, content)


def check_links(item: Any, text: Any) -> None:
    """Addresses behind a text that shows something else."""
    entities = text.get("entities", []) if isinstance(text, dict) else []
    links = [
        entity["type"]["url"]
        for entity in entities
        if entity["type"]["@type"] == "textEntityTypeTextUrl"
    ]
    assert (item.links or []) == links


def check_forward(item: Any, forward: dict[str, Any] | None) -> None:
    """Origin of a forwarded message."""
    if forward is None:
        assert item.forwarded_from is None
        return
    origin = forward["origin"]
    number = origin.get("sender_user_id") or origin.get("chat_id")
    assert number is None or str(abs(number)) in item.forwarded_from
    if "sender_name" in origin:
        assert origin["sender_name"] in item.forwarded_from
    assert item.forwarded_time.timestamp == forward["date"]


def check_media(item: Any, kind: str, content: dict[str, Any]) -> None:
    """Attachment, place, contact or service message."""
    if kind == "messageDocument":
        document = content["document"]
        assert item.media_name == document["file_name"]
        assert item.media_mime_type == document["mime_type"]
        assert item.media_size == document["document"]["size"]
    elif kind == "messagePhoto":
        largest = max(content["photo"]["sizes"], key=lambda size: size["width"])
        file = largest["photo"]
        assert item.media_size == (file["size"] or file["expected_size"])
        pixels = f"pixels: {largest['width']} x {largest['height']}"
        assert pixels in details(item)
    elif kind == "messageVoiceNote":
        voice = content["voice_note"]
        assert item.media_duration == voice["duration"]
        assert item.media_mime_type == voice["mime_type"]
        assert item.media_size == voice["voice"]["size"]
    elif kind == "messageContact":
        contact = content["contact"]
        assert item.contact_phone == contact["phone_number"]
        assert item.contact_name == f"{contact['first_name']} {contact['last_name']}"
    elif kind == "messageLocation":
        place = content["location"]
        latitude, longitude = (float(part) for part in item.location.split(", "))
        assert (latitude, longitude) == pytest.approx(
            (place["latitude"], place["longitude"]), abs=1e-5
        )
    elif kind in ACTIONS:
        assert content["title"] in details(item)
        for user in content.get("member_user_ids", []):
            assert str(user) in details(item)


def main_username(value: dict[str, Any]) -> str | None:
    """Username of a user or supergroup in both forms of the interface."""
    names = (value.get("usernames") or {}).get("active_usernames")
    return names[0] if names else value.get("username") or None


def check_user(found: support.Extraction, user: dict[str, Any]) -> None:
    """Compares a contact, or the account, with a user."""
    contacts = rows_of(found, "telegram:contact")
    item = contacts.get(f"us{user['id']}")
    name = f"{user['first_name']} {user['last_name']}".strip()
    phone = user["phone_number"] or None
    if item is None:
        (item,) = [account for account in found.accounts if account.account_name]
        assert item.account_identifier == str(user["id"])
        assert (item.account_name, item.account_phone) == (name, phone)
        assert item.account_username == main_username(user)
    else:
        assert (item.contact_name, item.contact_phone) == (name, phone)
        assert item.contact_username == main_username(user)
        is_bot = user["type"]["@type"] == "userTypeBot"
        assert item.contact_type == ("bot" if is_bot else "user")
    status = user["status"]
    if status.get("was_online"):
        assert item.last_seen_time.timestamp >= status["was_online"]


def check_chat(found: support.Extraction, chat: dict[str, Any]) -> None:
    """Compares a dialog with a chat."""
    item = rows_of(found, "telegram:chat")[str(chat["id"])]
    if item.chat_type != "saved":
        assert item.chat_title == chat["title"]
    words = item.chat_details or ""
    unread = chat["unread_count"]
    assert (f"unread messages: {unread}" in words) == bool(unread)
    last = chat.get("last_message")
    # To oneself a message was sent after the library was asked for chats.
    if last and item.chat_type != "saved":
        assert item.last_message_time.timestamp == last["date"]
        assert f"last message: {last['id'] >> 20}" in words
    for side, mark in (
        ("account", chat["last_read_inbox_message_id"]),
        ("other party", chat["last_read_outbox_message_id"]),
    ):
        number = mark >> 20
        if 0 < number < 2**31 - 1:
            assert f"{side} has read up to message: {number}" in words


def check_drafts(truth: dict[str, Any], found: support.Extraction) -> None:
    """The library changed the draft of one chat last, after it was asked for chats."""
    (words,) = [
        event["what"] for event in truth["events"] if "saveDraft" in event["what"]
    ]
    _, _, rest = words.partition("peer ")
    peer, _, text = rest.partition(" text ")
    drafts = [(entry.chat_identifier, entry.text) for entry in found.of_type(DRAFT)]
    text = text.strip("'")
    assert drafts == ([(peer, text)] if text else [])


@pytest.mark.parametrize("name", tdlib_samples.UPDATES)
def test_updates(name: str, tmp_path: Path) -> None:
    """Users, chats, messages, read marks and other logins of the updates."""
    sample, found = extract(name, tmp_path)
    users: dict[int, dict[str, Any]] = {}
    chats: dict[int, dict[str, Any]] = {}
    messages: dict[tuple[int, int], dict[str, Any]] = {}
    groups: dict[str, dict[str, Any]] = {}
    for update in sample.truth:
        kind = update["@type"]
        if kind == "updateUser":
            users[update["user"]["id"]] = update["user"]
        elif kind == "updateNewChat":
            chats[update["chat"]["id"]] = update["chat"]
        elif kind == "updateChatTitle":
            chats[update["chat_id"]]["title"] = update["title"]
        elif kind == "updateChatReadInbox":
            chat = chats[update["chat_id"]]
            chat["unread_count"] = update["unread_count"]
            chat["last_read_inbox_message_id"] = update["last_read_inbox_message_id"]
        elif kind == "updateChatReadOutbox":
            chat = chats[update["chat_id"]]
            chat["last_read_outbox_message_id"] = update["last_read_outbox_message_id"]
        elif kind in ("updateSupergroup", "updateBasicGroup"):
            group = update.get("supergroup") or update["basic_group"]
            prefix = "ch" if kind == "updateSupergroup" else "gr"
            groups[f"{prefix}{group['id']}"] = group
        elif kind in ("updateNewMessage", "updateMessageSendSucceeded"):
            message = update["message"]
            if not message.get("sending_state"):
                messages[message["chat_id"], message["id"]] = message
    items = rows_of(found, "telegram:message", "telegram:notice")
    for (chat, number), message in messages.items():
        item = items.pop(f"{chat} {number}", None)
        if item is None:
            # A local message that TDLib kept in memory only.
            assert number & 3
        else:
            check_message(item, message)
    assert not items
    for user in users.values():
        check_user(found, user)
    for chat in chats.values():
        check_chat(found, {**chat, "last_message": None})
    rows = rows_of(found, "telegram:chat")
    assert groups
    for key, group in groups.items():
        item = rows[key]
        assert f"members: {group['member_count']}" in item.chat_details
        assert item.chat_username == main_username(group)
        if "date" in group:
            assert item.joined_time.timestamp == group["date"]
    pending = [
        update["session"]
        for update in sample.truth
        if update["@type"] == "updateUnconfirmedSession"
    ]
    others = {item.authorization_hash: item for item in found.sessions}
    for session in pending:
        # Its place was another one before the interface changed.
        number = (session.get("type") or {}).get("session_id") or session["id"]
        item = others[number]
        date = session.get("date") or session["log_in_date"]
        assert item.created_time.timestamp == date
        assert item.login_device_model == session["device_model"]
        assert item.login_location == session["location"]


@pytest.mark.parametrize(
    "name", ["tdlib-1.8.46-key", "tdlib-1.8.65-key", "tdlib-1.8.65-no-key"]
)
def test_archives(name: str, tmp_path: Path) -> None:
    """Chats, messages, people, files and keys of the made-up world."""
    sample, found = extract(name, tmp_path)
    truth = sample.truth
    items = rows_of(found, "telegram:message", "telegram:notice")
    for history in truth["history"].values():
        for message in history:
            check_message(items[f"{message['chat_id']} {message['id']}"], message)
    for chat in truth["chats"]:
        check_chat(found, chat)
    check_user(found, truth["me"])
    world = truth["world"]
    contacts = rows_of(found, "telegram:contact")
    for user in world["users"]:
        item = contacts[f"us{user['id']}"]
        assert item.contact_phone == user.get("phone")
        assert item.contact_username == user.get("username")
        assert (item.contact_source == "contacts") == bool(user.get("contact"))
        if user.get("about"):
            about = contacts[f"usf{user['id']}"].contact_details
            assert f"about: {user['about']}" in about
    check_drafts(truth, found)
    check_groups(found, world)
    check_files(sample, found)
    keys = {
        f"{entry['auth_key_id_int64'] % 2**64:016x}"
        for entries in truth["auth_keys_by_dc"].values()
        for entry in entries
    }
    (session,) = [item for item in found.sessions if item.record_state == "current"]
    assert set(session.key_identifiers) == keys
    (signed_in,) = [
        event["utc"] for event in truth["events"] if "signed in" in event["what"]
    ]
    login = session.created_time.CopyToDateTimeStringISO8601()
    assert login.startswith(signed_in[:-2])
    (composed,) = truth["sent"]
    (item,) = [
        entry
        for entry in items.values()
        if getattr(entry, "origin", None) == "this_installation"
    ]
    assert (item.message_identifier, item.text) == (
        str(composed[1]["id"]),
        composed[1]["text"],
    )


def check_groups(found: support.Extraction, world: dict[str, Any]) -> None:
    """Groups with their members, channels."""
    rows = rows_of(found, "telegram:chat")
    for group in world["chats"]:
        item = rows[f"gr{group['id']}"]
        assert item.created_time.timestamp == group["date"]
        assert "the account created it" in item.chat_details
        members = rows[f"grf{group['id']}"].members
        assert sorted(map(int, members)) == sorted(group["members"])
        joined = [
            item
            for item in found.of_type("telegram:contact")
            if item.contact_source == "members"
        ]
        assert {int(item.contact_identifier) for item in joined} == set(
            group["members"]
        )
        assert {item.joined_time.timestamp for item in joined} == {group["date"]}
    for channel in world["channels"]:
        item = rows[f"ch{channel['id']}"]
        assert item.chat_title == channel["title"]
        assert item.joined_time.timestamp == channel["date"]
        assert item.chat_username == channel.get("username")
        expected = "supergroup" if channel.get("mega") else "channel"
        assert item.chat_type == expected
        if channel.get("about"):
            words = rows[f"chf{channel['id']}"].chat_details
            assert f"about: {channel['about']}" in words


def check_files(sample: Any, found: support.Extraction) -> None:
    """Files on the device are those that lie in the folder, with their times."""
    hashes = {
        value[key]
        for value in sample.truth["world"]["files"].values()
        for key in value
        if key.startswith("sha256")
    }
    files = found.of_type("telegram:file")
    assert len(files) >= 3
    for item in files:
        path = sample.folder / item.file_path
        data = path.read_bytes()
        assert item.file_size == len(data)
        assert hashlib.sha256(data).hexdigest() in hashes


@pytest.mark.parametrize(
    "name", ["tdlib-1.8.69-unauthorized-key", "tdlib-1.8.69-unauthorized-no-key"]
)
def test_unauthorized(name: str, tmp_path: Path) -> None:
    """Nobody is logged in; the application's own option is told."""
    sample, found = extract(name, tmp_path)
    option = sample.truth["option"]
    assert found.settings(option["name"]) == [option["value"]]
    assert not found.sessions and not found.of_type("telegram:message")
    assert [item.account_identifier for item in found.accounts] == [None]
