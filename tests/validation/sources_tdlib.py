"""TDLib (Telegram X, Unigram): the real library's folders, and built ones."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests import tdlib_samples
from tests.builders import tdlib as build
from tests.builders import tdlib_devices as devices
from tests.parsers import support
from tests.parsers.test_telegram_tdlib import PARSERS, text_of
from tests.parsers.test_telegram_tdlib_truth import ACTIONS, MEDIA, main_username
from tests.validation.compare import Record
from tests.validation.sources import (
    BUILT,
    REAL,
    Known,
    Source,
    extract,
    kind_of,
    plain,
    records,
    values,
)

SERVICE = 777000
_MESSAGE = (
    *("text", "sent_time", "is_outgoing", "sender_identifier", "edited_time"),
    *("reply_to_identifier", "forwarded_time", "grouped_identifier", "media_type"),
    *("service_action", "media_name", "media_mime_type", "media_size"),
    *("media_duration", "contact_phone", "contact_name", "origin"),
)
_LOCAL_NOTE = (
    "Messages that the library made itself (local numbers) may be kept in memory only: "
    "they are compared where a row of them is there."
)
_USER = ("name", "phone", "username")


def _media(kind: str, content: dict[str, Any]) -> dict[str, Any]:
    """What the library says of an attachment."""
    if kind == "messageDocument":
        document = content["document"]
        return {
            "media_name": document["file_name"],
            "media_mime_type": document["mime_type"],
            "media_size": document["document"]["size"],
        }
    if kind == "messagePhoto":
        largest = max(content["photo"]["sizes"], key=lambda size: size["width"])
        file = largest["photo"]
        return {"media_size": file["size"] or file["expected_size"]}
    if kind == "messageVoiceNote":
        voice = content["voice_note"]
        return {
            "media_duration": voice["duration"],
            "media_mime_type": voice["mime_type"],
            "media_size": voice["voice"]["size"],
        }
    if kind == "messageContact":
        contact = content["contact"]
        return {
            "contact_phone": contact["phone_number"],
            "contact_name": f"{contact['first_name']} {contact['last_name']}",
        }
    return {}


def _message(message: dict[str, Any], composed: bool | None) -> Record:
    """A message as the interface of the library tells it."""
    content = message["content"]
    identity = (f"{message['chat_id']} {message['id']}",)
    told: dict[str, Any] = {"text": text_of(content), "sent_time": message["date"]}
    if message["chat_id"] == SERVICE:
        return Record("notices", identity, told)
    sender = message.get("sender_id") or message["sender"]
    number = sender.get("user_id") or sender["chat_id"]
    reply = message.get("reply_to") or {}
    replied = reply.get("message_id") or message.get("reply_to_message_id")
    album = message["media_album_id"]
    told |= {
        "is_outgoing": message["is_outgoing"],
        "sender_identifier": str(number if number > 0 else -1000000000000 - number),
        "edited_time": message["edit_date"] or None,
        "reply_to_identifier": str(replied >> 20) if replied else None,
        "forwarded_time": (message.get("forward_info") or {}).get("date"),
        "grouped_identifier": album if album != "0" else None,
        "media_type": MEDIA.get(content["@type"]),
        "service_action": ACTIONS.get(content["@type"]),
        **_media(content["@type"], content),
    }
    if composed is not None and message["is_outgoing"]:
        told["origin"] = "this_installation" if composed else "no_local_trace"
    return Record("messages", identity, told)


def _user(user: dict[str, Any]) -> Record:
    name = f"{user['first_name']} {user['last_name']}".strip()
    told = (name, user["phone_number"] or None, main_username(user))
    values_of = dict(zip(_USER, told, strict=True))
    return Record("contacts", (str(user["id"]),), values_of)


def _chat(chat: dict[str, Any]) -> Record:
    return Record("chats", (str(chat["id"]),), {"chat_title": chat["title"]})


def _found(found: support.Extraction, own: int) -> Iterator[Record]:
    """Rows of the database; earlier and recovered ones are measured elsewhere."""
    for item in found.event_data:
        row = getattr(item, "row_identifier", None)
        is_live = getattr(item, "record_state", None) is None
        if item.data_type in ("telegram:message", "telegram:notice"):
            if row is None or not is_live:
                continue
            told = values(item, _MESSAGE)
            told["is_outgoing"] = bool(told["is_outgoing"])
            yield Record(kind_of(item.data_type, None), (row,), told)
        elif item.data_type == "telegram:contact" and row and is_live:
            if row.startswith("us") and row[2:].isdigit():
                who = (item.contact_name, item.contact_phone, item.contact_username)
                user = dict(zip(_USER, who, strict=True))
                yield Record("contacts", (row[2:],), user)
        elif item.data_type == "telegram:chat" and row and is_live:
            if row.lstrip("-").isdigit() and item.chat_type != "saved":
                yield Record("chats", (row,), {"chat_title": item.chat_title})
        elif item.data_type == "telegram:account" and item.account_name:
            who = (item.account_name, item.account_phone, item.account_username)
            user = dict(zip(_USER, who, strict=True))
            yield Record("contacts", (str(own),), user)
            yield Record("accounts", (item.account_identifier,), user)
    for item in found.sessions:
        if item.record_state == "current":
            told = {"account": item.account_identifier}
            told["keys"] = sorted(item.key_identifiers or ())
            told["session_data_center"] = item.session_data_center
            yield Record("sessions", ("current",), told)
        elif item.authorization_hash:
            names = ("created_time", "login_device_model", "login_location")
            yield Record("sessions", (item.authorization_hash,), values(item, names))
    yield from records(found.of_type("telegram:draft"), ("chat_identifier",), ("text",))


def _updates_truth(updates: list[dict[str, Any]], own: int) -> Iterator[Record]:
    """What the library told while it ran."""
    users: dict[int, Any] = {}
    chats: dict[int, Any] = {}
    messages: dict[tuple[int, int], dict[str, Any]] = {}
    composed = set()
    for update in updates:
        kind = update["@type"]
        if kind == "updateUser":
            users[update["user"]["id"]] = update["user"]
        elif kind == "updateNewChat":
            chats[update["chat"]["id"]] = update["chat"]
        elif kind == "updateChatTitle":
            chats[update["chat_id"]]["title"] = update["title"]
        elif kind in ("updateNewMessage", "updateMessageSendSucceeded"):
            message = update["message"]
            key = (message["chat_id"], message["id"])
            if kind == "updateMessageSendSucceeded":
                composed.add(key)
            if not message.get("sending_state"):
                messages[key] = message
        elif kind == "updateUnconfirmedSession":
            session = update["session"]
            number = (session.get("type") or {}).get("session_id") or session["id"]
            told = {
                "created_time": session.get("date") or session["log_in_date"],
                "login_device_model": session["device_model"],
                "login_location": session["location"],
            }
            yield Record("sessions", (number,), told)
    for key, message in messages.items():
        record = _message(message, key in composed)
        # The library keeps some local messages in memory only.
        is_local = bool(message["id"] & 3)
        yield dataclasses.replace(record, is_optional=is_local)
    for user in users.values():
        yield _user(user)
    for number, chat in chats.items():
        if number != own:
            yield _chat(chat)
    told = {"account": str(own), "session_data_center": 2}
    yield Record("sessions", ("current",), told)


def _updates(name: str, folder: Path) -> Known:
    sample = tdlib_samples.load(name, folder)
    found = extract(PARSERS, [sample.folder / "td.binlog"], sample.passcodes)
    own = 111222333
    return Known(
        list(_updates_truth(sample.truth, own)),
        list(_found(found, own)),
        frozenset({"chats", "contacts", "drafts", "accounts"}),
        found.warnings,
    )


def _archive_truth(truth: dict[str, Any]) -> Iterator[Record]:
    own = truth["me"]["id"]
    for history in truth["history"].values():
        for message in history:
            yield _message(message, None)
    for chat in truth["chats"]:
        if chat["id"] != own:
            yield _chat(chat)
    yield _user(truth["me"])
    for user in truth["world"]["users"]:
        told = {"phone": user.get("phone"), "username": user.get("username")}
        yield Record("contacts", (str(user["id"]),), told)
    keys = {
        f"{entry['auth_key_id_int64'] % 2**64:016x}"
        for entries in truth["auth_keys_by_dc"].values()
        for entry in entries
    }
    told = {"account": str(own), "keys": sorted(keys)}
    yield Record("sessions", ("current",), told)
    me = truth["me"]
    name = f"{me['first_name']} {me['last_name']}".strip()
    told = dict(zip(_USER, (name, me["phone_number"], main_username(me)), strict=True))
    yield Record("accounts", (str(own),), told)
    (words,) = [
        event["what"] for event in truth["events"] if "saveDraft" in event["what"]
    ]
    _, _, rest = words.partition("peer ")
    peer, _, text = rest.partition(" text ")
    if text.strip("'"):
        yield Record("drafts", (peer,), {"text": text.strip("'")})


def _archive(name: str, folder: Path) -> Known:
    sample = tdlib_samples.load(name, folder)
    found = extract(PARSERS, [sample.folder / "td.binlog"], sample.passcodes)
    return Known(
        list(_archive_truth(sample.truth)),
        list(_found(found, sample.truth["me"]["id"])),
        # The history that was asked for need not be all that the library stored.
        frozenset({"messages", "notices", "contacts", "chats"}),
        found.warnings,
    )


def _unauthorized(name: str, folder: Path) -> Known:
    sample = tdlib_samples.load(name, folder)
    found = extract(PARSERS, [sample.folder / "td.binlog"], sample.passcodes)
    option = sample.truth["option"]
    told = {"setting_value": plain(option["value"])}
    truth = [Record("settings", (option["name"],), told)]
    got = list(_found(found, 0))
    settings = found.of_type("telegram:setting")
    got += records(settings, ("setting_name",), ("setting_value",))
    return Known(truth, got, frozenset({"settings"}), found.warnings)


def _store(store: devices.Store, folder: Path) -> Known:
    """A directory of the builder."""
    files = devices.make_store(store, folder)
    devices.write(files, folder / "case")
    names = [folder / "case" / store.path / "td.binlog"]
    found = extract(PARSERS, names, [store.key] if store.key else None)
    truth = []
    words = (store.composed, store.received, store.elsewhere)
    origins = ("this_installation", None, "no_local_trace")
    for number, (text, origin) in enumerate(zip(words, origins, strict=True), 201):
        sender = build.FRIEND if origin is None else store.user
        told = {
            "text": text,
            "sent_time": build.DATE,
            "is_outgoing": origin is not None,
            "sender_identifier": str(sender),
            "origin": origin,
        }
        row = f"{build.FRIEND} {number << 20}"
        truth.append(Record("messages", (row,), told))
    told = {"account": str(store.user), "keys": [store.session]}
    truth.append(Record("sessions", ("current",), told))
    own = {"name": store.name, "phone": "15550001122"}
    truth.append(Record("accounts", (str(store.user),), own))
    truth.append(Record("contacts", (str(store.user),), own))
    truth.append(Record("contacts", (str(build.FRIEND),), {"name": "Bob Friend"}))
    return Known(truth, list(_found(found, store.user)), frozenset(), found.warnings)


def sources() -> Iterator[Source]:
    """All sources of TDLib."""
    for name in tdlib_samples.UPDATES:
        yield Source(
            name,
            "TDLib",
            "TDLib",
            name.split("-")[1],
            REAL,
            functools.partial(_updates, name),
            note=_LOCAL_NOTE,
        )
    for name in tdlib_samples.ARCHIVES:
        is_empty = "unauthorized" in name
        yield Source(
            name,
            "TDLib",
            "TDLib",
            name.split("-")[1],
            REAL,
            functools.partial(_unauthorized if is_empty else _archive, name),
        )
    for store in (devices.SLOT_0, devices.FORKED, devices.UNIGRAM):
        yield Source(
            f"tdlib builder {store.client}",
            "TDLib",
            store.client,
            f"data version {build.VERSION}",
            BUILT,
            functools.partial(_store, store),
            is_quick=store is devices.SLOT_0,
        )
