"""Compares events with the ground truth of a made database, attribute by attribute."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

from tests.builders.android_cast import Chat
from tests.builders.android_database import Database

_ROW = ("record_state", "record_table")
# What is compared. An attribute that the truth does not name must be None.
KEYS = {
    "telegram:message": (
        "author_signature",
        "chat_identifier",
        "chat_title",
        "chat_type",
        "contact_name",
        "contact_phone",
        "edited_time",
        "file_path",
        "forwarded_from",
        "forwarded_time",
        "grouped_identifier",
        "is_deleted",
        "is_outgoing",
        "is_read",
        "links",
        "location",
        "media_duration",
        "media_mime_type",
        "media_name",
        "media_size",
        "media_state",
        "media_type",
        "message_identifier",
        "origin",
        "origin_basis",
        "origin_confidence",
        "reactions",
        "reply_to_identifier",
        "scheduled_time",
        "self_destruct_time",
        "send_state",
        "sender_identifier",
        "sender_name",
        "sender_type",
        "sent_time",
        "service_action",
        "text",
        "via_bot",
        *_ROW,
    ),
    "telegram:call": (
        "call_type",
        "chat_identifier",
        "chat_title",
        "chat_type",
        "direction",
        "duration",
        "message_identifier",
        "peer_identifier",
        "reason",
        "sender_identifier",
        "start_time",
        *_ROW,
    ),
    "telegram:notice": (
        "chat_identifier",
        "login_device_model",
        "login_ip_address",
        "login_location",
        "message_identifier",
        "notice_type",
        "reported_time",
        "sender_identifier",
        "sent_time",
        "text",
        *_ROW,
    ),
    "telegram:chat": (
        "chat_identifier",
        "chat_title",
        "chat_type",
        "created_time",
        "joined_time",
        "key_fingerprint",
        "last_message_time",
        "peer_identifier",
        *_ROW,
    ),
    "telegram:contact": (
        "contact_identifier",
        "contact_name",
        "contact_phone",
        "contact_source",
        "contact_type",
        "contact_username",
        "last_seen_time",
        *_ROW,
    ),
    "telegram:session": (
        "authorization_hash",
        "created_time",
        "login_device_model",
        "login_location",
    ),
    "telegram:file": (
        "document_identifier",
        "download_time",
        "file_path",
        "file_role",
        "file_size",
        "file_type",
        "message_identifier",
    ),
}
MESSAGES = ("telegram:message", "telegram:call", "telegram:notice")
TRACE_TABLES = ("randoms", "randoms_v2")


def _plain(value: Any) -> Any:
    """A value as the truth has it: seconds for a time."""
    if hasattr(value, "GetPlasoTimestamp"):
        return value.GetPlasoTimestamp() // 1_000_000
    return list(value) if isinstance(value, (list, tuple)) else value


def record_of(event_data: Any) -> str:
    """Event data in one line, for comparison."""
    kind = event_data.data_type
    found = {key: _plain(getattr(event_data, key)) for key in KEYS[kind]}
    return line_of({"data_type": kind, **found})


def line_of(values: dict[str, Any]) -> str:
    """Truth in one line, for comparison."""
    kept = {key: value for key, value in values.items() if value is not None}
    return json.dumps(kept, sort_keys=True, ensure_ascii=False)


def truth_of(values: dict[str, Any]) -> str:
    """A record of the truth in one line; it names nothing that is not compared."""
    kind = values["data_type"]
    compared = {key: value for key, value in values.items() if key in KEYS[kind]}
    return line_of({"data_type": kind, **compared})


def differences(found: Iterable[str], truth: Iterable[str]) -> list[str]:
    """Lines that one side has and the other has not, or not as often."""
    have, want = Counter(found), Counter(truth)
    words = [f"not found ({count}): {line}" for line, count in (want - have).items()]
    words += [f"not true ({count}): {line}" for line, count in (have - want).items()]
    return sorted(words, key=lambda line: line.partition(": ")[2])


def is_carved(item: Any) -> bool:
    """True for a row of free space or old frames, which SQL does not show."""
    return getattr(item, "recovery_method", None) is not None


def check_messages(event_data: Iterable[Any], made: Database) -> None:
    """Every message of the truth comes out once, and nothing else but carved rows."""
    found = [
        record_of(item)
        for item in event_data
        if item.data_type in MESSAGES and not is_carved(item)
    ]
    _check(found, [truth_of(item) for item in made.truth])


def check_records(event_data: Iterable[Any], made: Database) -> None:
    """The same for chats, contacts, logins and files."""
    kinds = ("telegram:chat", "telegram:contact", "telegram:session", "telegram:file")
    found = [
        record_of(item)
        for item in event_data
        if item.data_type in kinds and not _is_balance(item) and not is_carved(item)
    ]
    _check(found, [truth_of(item) for item in made.records])


def _is_balance(item: Any) -> bool:
    return item.data_type == "telegram:chat" and item.record_table in TRACE_TABLES


def check_balance(event_data: Iterable[Any], made: Database) -> None:
    """Messages sent, traces and lost messages of each chat."""
    found: dict[str, list[int]] = {}
    for item in event_data:
        if _is_balance(item):
            assert item.chat_identifier not in found, item.chat_identifier
            found[item.chat_identifier] = [
                item.number_of_outgoing or 0,
                item.number_of_local_traces,
                item.number_of_lost_messages,
            ]
    if made.version >= 84:
        assert found == _by_number(made.balance)
        return
    # Without a chat in the traces, they are counted together.
    traces = found.pop(None)  # type: ignore[call-overload]
    lost = sum(values[2] for values in made.balance.values())
    assert traces[1:] == [sum(values[1] for values in made.balance.values()), lost]
    sent = {chat: values[0] for chat, values in _by_number(made.balance).items()}
    assert {chat: values[0] for chat, values in found.items()} == {
        chat: number for chat, number in sent.items() if number
    }


def _by_number(balance: dict[Chat, list[int]]) -> dict[str, list[int]]:
    return {
        str(chat.number): values
        for chat, values in balance.items()
        if chat.kind != "secret"
    }


def _check(found: list[str], truth: list[str]) -> None:
    wrong = differences(found, truth)
    assert not wrong, f"{len(wrong)} differences:\n" + "\n".join(wrong[:20])


# Descriptions of the times of an event -> attribute.
_TIMES = {
    "telegram:message": {
        "Edited Time": "edited_time",
        "Original Message Time": "forwarded_time",
        "Scheduled Time": "scheduled_time",
        "Self-Destruct Time": "self_destruct_time",
        "Sent Time": "sent_time",
    },
    "telegram:call": {"Start Time": "start_time"},
    "telegram:notice": {"Reported Time": "reported_time", "Sent Time": "sent_time"},
}
_OF_THE_EVENT = ("date_time", "message", "timestamp", "timestamp_desc")
_NO_TIME = "Not a time"


def join_events(events: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Records of messages, calls and notices out of a timeline, times included.

    A record has one event for each of its times. One that is there more than once gives
    as many records.
    """
    joined: dict[str, tuple[dict[str, Any], dict[str, list[int]]]] = {}
    for event in events:
        kind = event["data_type"]
        if kind not in MESSAGES:
            continue
        record = {
            key: value for key, value in event.items() if key not in _OF_THE_EVENT
        }
        _, times = joined.setdefault(line_of(record), (record, {}))
        times.setdefault(event["timestamp_desc"], []).append(event["timestamp"])
    records = []
    for record, times in joined.values():
        names = _TIMES[record["data_type"]]
        for number in range(max(len(values) for values in times.values())):
            whole = dict(record)
            for description, values in times.items():
                if description == _NO_TIME or number >= len(values):
                    continue
                seconds, rest = divmod(values[number], 1_000_000)
                assert rest == 0, record
                whole[names[description]] = seconds
            records.append(whole)
    return records


def check_account(records: Iterable[dict[str, Any]], account: dict[str, Any]) -> int:
    """The database of an account in a timeline: messages, times and attribution.

    Args:
        records: of `join_events`.
        account: truth of the account, see `android_telephone.Telephone`.

    Returns:
        number of records.
    """
    found = []
    for record in records:
        if record.get("recovery_method") is not None:
            continue
        if record["pathspec"]["location"].removesuffix("-wal") == account["path"]:
            kept = {key: record.get(key) for key in KEYS[record["data_type"]]}
            found.append(line_of({"data_type": record["data_type"], **kept}))
            attribution = {key: record.get(key) for key in account["attribution"]}
            assert attribution == account["attribution"], record
    _check(found, [truth_of(item) for item in account["messages"]])
    return len(found)
