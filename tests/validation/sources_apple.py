"""Telegram for iOS and native macOS (Postbox), and for iOS before 5.0."""

from __future__ import annotations

import functools
import hashlib
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from tests.builders import postbox_database as builder
from tests.builders import sqlcipher, sqlite_files
from tests.builders.postbox_cast import VERSIONS
from tests.builders.postbox_messages import Truth
from tests.parsers import support
from tests.parsers import test_telegram_ios_legacy as legacy
from tests.parsers.test_telegram_apple_database import (
    NAMESPACES,
    SENT,
    identifier,
    key_of,
    place,
)
from tests.validation.compare import Record
from tests.validation.sources import (
    BUILT,
    Known,
    Source,
    extract,
    kind_of,
    plain,
    records,
    values,
)

PARSERS = "sqlite/telegram_apple_database,sqlite/telegram_apple_storage"
ENCRYPTED = f"{PARSERS},telegram_apple_encrypted"
ONLY_AN_INDEX = "only an index"
OWNER = ("account_identifier", "session_identifier", "session_data_center")
_NOTICES = {"notice": "new_login", "code": "login_code"}
_SEND_STATES = {"unsent": "sending", "failed": "failed"}


def _message_truth(truth: Truth, made: builder.Database) -> Record:
    owner = dict(zip(OWNER, (str(made.cast.owner), made.session, 2), strict=True))
    number, others = identifier(truth), truth.others
    chat = str(truth.chat.number)
    if truth.intent in _NOTICES:
        given = others.get("authorization_hash")
        told = {
            "text": truth.text,
            "notice_type": _NOTICES[truth.intent],
            "authorization_hash": None if given is None else str(given),
            "sent_time": truth.time,
            **owner,
        }
        return Record(kind_of("telegram:notice", truth.state), (chat, number), told)
    scheduled = truth.namespace == 3
    identity = (chat, truth.chat.chat_type, number, NAMESPACES[truth.namespace])
    told = {"record_state": truth.state, **owner}
    if truth.intent == "call":
        told |= {
            "duration": 73,
            "reason": "hangup",
            "direction": "outgoing" if truth.is_outgoing else "incoming",
            "start_time": truth.time,
        }
        return Record(kind_of("telegram:call", truth.state), identity, told)
    told |= {
        "text": truth.text,
        "sent_time": None if scheduled else truth.time,
        "scheduled_time": truth.time if scheduled else None,
        "is_outgoing": truth.is_outgoing,
        "sender_identifier": str(truth.sender),
        "origin": truth.origin[0],
        "origin_confidence": truth.origin[1],
        "media_type": truth.media_type,
        "service_action": truth.action,
        "edited_time": truth.edited,
        "send_state": _SEND_STATES.get(truth.intent),
        "forwarded_time": others.get("forwarded_time"),
        "reply_to_identifier": (
            str(others["reply_to"]) if "reply_to" in others else None
        ),
    }
    for name in ("contact_phone", "location"):
        if name in others:
            told[name] = others[name]
    return Record(kind_of("telegram:message", truth.state), identity, told)


def truth_of(made: builder.Database) -> Iterator[Record]:
    """Records of the truth of a made database."""
    for truth in made.messages:
        yield _message_truth(truth, made)
    for draft in made.drafts:
        section = "cloud" if made.version.has_draft_table else "local"
        told = {"text": draft.text, "saved_time": draft.time}
        yield Record("drafts", (str(draft.chat.number), section), told)
        if draft.is_local and section == "cloud":
            yield Record("drafts", (str(draft.chat.number), "local"), {})
    announced = made.version.has_initialization
    told = {
        "created_time": builder.KEY_CREATED,
        "last_server_time": builder.SYNCHRONIZED,
        "device_model": "iPhone 13 Pro" if announced else None,
        "system_version": "17.2" if announced else None,
        "session_data_center": 2,
    }
    yield Record("sessions", ("key", made.session), told)
    for item in made.reviews:
        told = {
            "login_device_model": item.device,
            "login_location": item.location,
            "created_time": item.time,
        }
        yield Record("sessions", ("hash", str(item.authorization_hash)), told)
    phone = {"account_phone": made.cast.owner_phone}
    yield Record("accounts", (str(made.cast.owner),), phone)
    yield from _chats(made)
    for number, name in made.cast.names.items():
        yield Record("contacts", ("users", str(number)), {"contact_name": name})
    for number in made.contacts:
        yield Record("contacts", ("contacts", str(number)), {})
    for digits, name in made.phone_book.items():
        yield Record("contacts", ("phone_book", digits), {"contact_name": name})
    for path, time in made.downloads:
        yield Record("files", (f"postbox/media/{path}",), {"download_time": time})


def _chats(made: builder.Database) -> Iterator[Record]:
    """Every chat that has a message, with the time of the last one.

    What the builder adds in the log does not change its list of chats.
    """
    last: dict[tuple[str, str], int] = {}
    for truth in made.current:
        key = (str(truth.chat.number), truth.chat.chat_type)
        last.setdefault(key, 0)
        if truth.namespace != 3 and truth.time != builder.SYNCHRONIZED - 5:
            last[key] = max(last[key], truth.time)
    for key, time in last.items():
        yield Record("chats", key, {"last_message_time": time})


def _found_message(item: Any) -> Record:
    names = (
        *OWNER,
        *("text", "notice_type", "authorization_hash", "sent_time", "record_state"),
        *("duration", "reason", "direction", "start_time", "scheduled_time"),
        *("is_outgoing", "sender_identifier", "origin", "origin_confidence"),
        *("media_type", "service_action", "edited_time", "send_state"),
        *("forwarded_time", "reply_to_identifier", "contact_phone", "location"),
    )
    kind = kind_of(item.data_type, item.record_state)
    if item.data_type == "telegram:notice":
        identity = (item.chat_identifier, item.message_identifier)
        return Record(kind, identity, values(item, names))
    return Record(kind, key_of(item)[:4], values(item, names))


def found_in(found: support.Extraction) -> Iterator[Record]:
    """Records of a database; carved rows are measured by the recovery table."""
    for item in found.event_data:
        is_carved = getattr(item, "recovery_method", None) is not None
        details = getattr(item, "service_details", None) or ""
        if item.data_type in SENT and not is_carved and ONLY_AN_INDEX not in details:
            yield _found_message(item)
    names = ("text", "saved_time")
    drafts = found.of_type("telegram:draft")
    yield from records(drafts, ("chat_identifier", "draft_section"), names)
    for item in found.sessions:
        told = values(
            item,
            (
                *("created_time", "last_server_time", "device_model"),
                *("system_version", "session_data_center"),
                *("login_device_model", "login_location"),
            ),
        )
        is_key = item.record_state == "current"
        identity = (
            ("key", item.session_identifier)
            if is_key
            else ("hash", item.authorization_hash)
        )
        yield Record("sessions", identity, told)
    yield from records(found.accounts, ("account_identifier",), ("account_phone",))
    chats = [
        item for item in found.of_type("telegram:chat") if item.record_table == "t8"
    ]
    yield from records(chats, ("chat_identifier", "chat_type"), ("last_message_time",))
    for item in found.of_type("telegram:contact"):
        if item.contact_source in ("users", "contacts", "phone_book"):
            number = item.contact_identifier or item.contact_phone
            told = values(item, ("contact_name",))
            yield Record("contacts", (item.contact_source, number), told)
    for item in found.of_type("telegram:file"):
        if item.file_role == "download":
            told = {"download_time": plain(item.download_time)}
            yield Record("files", (item.file_path,), told)


def _database(version: str, has_log: bool, folder: Path) -> Known:
    made = builder.make_database(place(folder), version, rounds=2, has_log=has_log)
    found = extract(PARSERS, [made.path])
    return Known(
        list(truth_of(made)), list(found_in(found)), frozenset(), found.warnings
    )


def _encrypted(has_log: bool, folder: Path) -> Known:
    made = builder.make_database(
        folder / "plain" / "db_sqlite", has_log=has_log, reserved=80
    )
    log = made.path.with_name("db_sqlite-wal")
    plain_files = sqlite_files.Files(
        made.path.read_bytes(), log.read_bytes() if has_log else None, None
    )
    sealed = sqlcipher.encrypt_files(plain_files, sqlcipher.Parameters(clear_header=32))
    store = folder / "6N38VWS5BX.ru.keepcoder.Telegram" / "stable"
    found = extract(ENCRYPTED, [sqlcipher.mac_store(store, sealed)])
    # The stock parser tries the encrypted file, too.
    warnings = [text for text in found.warnings if "unable to open SQLite" not in text]
    return Known(list(truth_of(made)), list(found_in(found)), frozenset(), warnings)


# Before 5.0.

_LEGACY_PLACES = {
    legacy.ANNA: ("user", str(legacy.ANNA)),
    legacy.GROUP: (None, str(legacy.GROUP)),
    legacy.SECRET: ("secret", "4242"),
    legacy.CHANNEL: ("channel", str(legacy.CHANNEL)),
}
_LEGACY_ORIGINS = {
    11: "this_installation",
    800000001: "this_installation",
    12: "not_determinable",
    14: "not_determinable",
}


def _legacy_truth() -> Iterator[Record]:
    for number, chat, text, sender, outgoing, _, date in legacy.MESSAGES:
        chat_type, chat_number = _LEGACY_PLACES[chat]
        told = {
            "chat_identifier": chat_number,
            "chat_type": chat_type,
            "text": text,
            "sender_identifier": str(sender),
            "is_outgoing": bool(outgoing),
            "sent_time": date,
            "account_identifier": str(legacy.OWN),
            "origin": _LEGACY_ORIGINS.get(number),
        }
        yield Record("messages", (str(number),), told)
    yield Record("accounts", (str(legacy.OWN),), {"account_name": "Owner"})
    told = {"contact_phone": "15550100001", "contact_username": "anna"}
    yield Record(
        "contacts", (str(legacy.ANNA),), {**told, "last_seen_time": legacy.TIME}
    )


def _legacy_found(found: support.Extraction) -> Iterator[Record]:
    names = (
        *("chat_identifier", "chat_type", "text", "sender_identifier"),
        *("is_outgoing", "sent_time", "account_identifier", "origin"),
    )
    messages = found.of_type("telegram:message")
    yield from records(messages, ("message_identifier",), names)
    yield from records(found.accounts, ("account_identifier",), ("account_name",))
    contacts = found.of_type("telegram:contact")
    told = ("contact_phone", "contact_username", "last_seen_time")
    yield from records(contacts, ("contact_identifier",), told)


def _legacy(folder: Path) -> Known:
    path = legacy.make(folder / "Documents" / "tgdata.db")
    found = extract(legacy.PARSERS, [path])
    return Known(
        list(_legacy_truth()), list(_legacy_found(found)), frozenset(), found.warnings
    )


def _legacy_encrypted(hash_name: str, folder: Path) -> Known:
    parameters = {"sha1": sqlcipher.VERSION_3, "sha512": sqlcipher.VERSION_4}[hash_name]
    iterations = {"sha1": 64_000, "sha512": 256_000}[hash_name]
    digits = b"2468".hex().encode()
    key = hashlib.pbkdf2_hmac(hash_name, digits, parameters.salt, iterations, 32)
    parameters = parameters._replace(key=key)
    work = folder / "work.db"
    sqlite_files.reserve(work, parameters.reserved, parameters.page_size)
    connection = sqlite3.connect(work)
    legacy.fill(connection)
    connection.close()
    made = sqlite_files.Files(work.read_bytes(), None, None)
    work.unlink()
    path = sqlcipher.encrypt_files(made, parameters).write(folder / "tgdata.db.y")
    found = extract(legacy.PARSERS, [path], ["0000", "2468"])
    got = list(_legacy_found(found))
    return Known(list(_legacy_truth()), got, frozenset(), found.warnings)


def _places(names: Iterable[str]) -> Iterator[tuple[str, bool]]:
    for name in names:
        yield name, False
    yield "12.2", True


def sources() -> Iterator[Source]:
    """All sources of Telegram for iOS and macOS."""
    for version, has_log in _places(VERSIONS):
        log = ", write-ahead log" if has_log else ""
        yield Source(
            f"postbox {version}{' log' if has_log else ''}",
            "iOS",
            "Telegram for iOS",
            f"{version}{log}",
            BUILT,
            functools.partial(_database, version, has_log),
            is_quick=version == "12.2" and not has_log,
        )
    for has_log in (False, True):
        log = ", write-ahead log" if has_log else ""
        yield Source(
            f"postbox macOS{' log' if has_log else ''}",
            "macOS",
            "Telegram for macOS",
            f"12.2, encrypted{log}",
            BUILT,
            functools.partial(_encrypted, has_log),
        )
    client = "Telegram for iOS"
    yield Source(
        "ios legacy", "iOS", client, "before 5.0", BUILT, _legacy, is_quick=True
    )
    for hash_name, generation in (("sha1", 3), ("sha512", 4)):
        yield Source(
            f"ios legacy sqlcipher {generation}",
            "iOS",
            client,
            f"before 5.0, SQLCipher {generation}",
            BUILT,
            functools.partial(_legacy_encrypted, hash_name),
        )
