"""Telegram for Windows Phone, and logs of programs for remote control."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from tests.builders import remote_access as lines
from tests.builders import windows_phone as build
from tests.parsers import remote_access_support as remote
from tests.parsers import support
from tests.parsers import test_telegram_windows_phone as phone
from tests.validation.compare import Record
from tests.validation.sources import (
    BUILT,
    Known,
    Source,
    extract,
    plain,
    records,
    values,
)


def _phone_truth() -> Iterator[Record]:
    key = build.key_identifier(b"two")
    told: dict[str, Any] = {
        "session_data_center": 2,
        "key_identifiers": [key, build.key_identifier(b"four")],
        "device_model": "Lumia 950",
        "system_version": "8.10.15148",
        "client_version": "3.1.6.0",
    }
    yield Record("sessions", (str(build.OWN), key), told)
    told = {"account_name": "Ana Owner", "account_phone": "46701234567"}
    yield Record("accounts", (str(build.OWN), "Ana Owner"), told)
    yield Record("accounts", (str(build.OWN), None), {})
    composed = ("this_installation", "strong")
    elsewhere = ("no_local_trace", None)
    friend = str(build.FRIEND)
    for number, text, sender, is_outgoing, origin, send_state, chat in (
        ("30", "composed here", build.OWN, True, composed, None, friend),
        ("29", "from elsewhere", build.OWN, True, elsewhere, None, friend),
        ("28", "answer", build.FRIEND, False, (None, None), None, friend),
        (None, "not sent yet", build.OWN, True, composed, "sending", str(build.GROUP)),
    ):
        told = {
            "chat_identifier": chat,
            "sent_time": build.DATE,
            "sender_identifier": str(sender),
            "is_outgoing": is_outgoing,
            "origin": origin[0],
            "origin_confidence": origin[1],
            "send_state": send_state,
        }
        if number == "28":
            told["reply_to_identifier"] = "27"
        if number is not None:
            told["message_identifier"] = number
        yield Record("messages", (text,), told)
    for title, kind in (
        ("Bob Friend", "user"),
        ("Family", "group"),
        ("News", "channel"),
        (None, "secret"),
    ):
        yield Record("chats", (kind,), {"chat_title": title})
    yield Record("contacts", (friend,), {"contact_name": "Bob Friend"})


def _phone(folder: Path) -> Known:
    for name, data in phone.FILES.items():
        (folder / name).write_bytes(data)
    found = extract(phone.PARSERS, [folder / name for name in phone.FILES])
    got: list[Record] = []
    names = (
        *("session_data_center", "key_identifiers", "device_model"),
        *("system_version", "client_version"),
    )
    identity = ("account_identifier", "session_identifier")
    got += records(found.sessions, identity, names)
    for item in found.accounts:
        told = values(item, ("account_name", "account_phone"))
        key = (item.account_identifier, item.account_name)
        got.append(Record("accounts", key, told))
    message = (
        *("message_identifier", "chat_identifier", "sent_time", "is_outgoing"),
        *("sender_identifier", "origin", "origin_confidence", "send_state"),
        "reply_to_identifier",
    )
    got += records(found.of_type("telegram:message"), ("text",), message)
    chats = {item.chat_type: item for item in found.of_type("telegram:chat")}
    got += records(chats.values(), ("chat_type",), ("chat_title",))
    contacts = {
        item.contact_identifier: item for item in found.of_type("telegram:contact")
    }
    got += records(contacts.values(), ("contact_identifier",), ("contact_name",))
    return Known(list(_phone_truth()), got, frozenset(), found.warnings)


# Remote control.

_NAMES = (
    *("direction", "remote_identifier", "remote_name", "remote_address"),
    *("start_time", "end_time", "local_account", "session_type", "success"),
    *("authentication", "remote_session_identifier"),
)
_Row = dict[str, Any]
_GUIDS = (
    "{b3a4df33-d027-44d5-b50f-4e61115494d4}",
    "{0f4e9a52-53c1-4d0e-8a4b-6a0e0b6f2d11}",
)


def _at(text: str) -> int:
    """Seconds since 1970 of a time; local times count as UTC, as the events have it."""
    moment = datetime.fromisoformat(text).replace(tzinfo=timezone.utc)
    return int(moment.timestamp())


def _span(start: str, end: str | None, **told: Any) -> _Row:
    return {"start_time": _at(start), "end_time": end and _at(end), **told}


# File, lines, truth: sessions in the order of their start.
_REALVNC = tuple(
    f"2024-03-02T20:{minute}.000Z pc vncserver[1]: Connections: {text}"
    for minute, text in (
        ("11:05", "connected: 203.0.113.9::52345 (TCP)"),
        ("11:09", "authenticated: 203.0.113.9::52345 (TCP), as olga (f permissions)"),
        ("31:44", "disconnected: 203.0.113.9::52345 (TCP) ([Connected] closed)"),
    )
)
_LOGS: tuple[tuple[str, str, tuple[str, ...], tuple[_Row, ...]], ...] = (
    (
        "TeamViewer, list",
        "Connections_incoming.txt",
        lines.INCOMING_ROWS,
        (
            _span(
                "2024-02-16 14:16:32",
                "2024-02-16 14:18:36",
                direction="incoming",
                remote_identifier="1660360496",
                remote_name="DESKTOP-AB12",
                local_account="olga",
                session_type="RemoteControl",
                success=True,
                remote_session_identifier=_GUIDS[0],
            ),
            _span(
                "2024-02-18 20:05:01",
                "2024-02-18 21:40:12",
                direction="incoming",
                remote_identifier="987654321",
                remote_name="Мария П. (дом)",
                local_account="OFFICE\\Мария",
                session_type="RemoteControl",
                success=True,
                remote_session_identifier=_GUIDS[1],
            ),
        ),
    ),
    (
        "AnyDesk, trace",
        "ad_svc.trace",
        ("* * * *", *lines.ANYDESK_LINES),
        (
            _span(
                "2024-03-02 20:11:09",
                "2024-03-02 20:31:44",
                direction="incoming",
                remote_identifier="442226597",
                remote_name="SUPPORT",
                remote_address="203.0.113.9:59562",
                success=None,
            ),
        ),
    ),
    (
        "RustDesk",
        "RustDesk/logs/rustdesk_rCURRENT.log",
        lines.RUSTDESK_LINES,
        (
            _span(
                "2024-03-02 20:11:05",
                "2024-03-02 20:40:11",
                direction="incoming",
                remote_address="203.0.113.9:50111",
                success=None,
            ),
        ),
    ),
    (
        "Ammyy Admin",
        "AMMYY/access.log",
        lines.AMMYY_LINES,
        (
            _span(
                "2024-03-02 23:11:05",
                "2024-03-02 23:40:12",
                direction="incoming",
                remote_identifier="22222222",
                remote_address=None,
                success=True,
            ),
        ),
    ),
    (
        "UltraVNC",
        "mslogon.log",
        lines.ULTRAVNC_LINES,
        (
            _span(
                "2024-03-02 20:11:07",
                "2024-03-02 20:15:05",
                direction="incoming",
                remote_address="203.0.113.9",
                authentication="password",
            ),
            _span(
                "2024-03-02 21:05:00",
                "2024-03-02 21:09:00",
                direction="incoming",
                remote_address="203.0.113.9",
                local_account="OFFICE\\olga",
            ),
        ),
    ),
    (
        "RealVNC",
        "RealVNC-Service/vncserver.log",
        _REALVNC,
        (
            _span(
                "2024-03-02 20:11:09",
                "2024-03-02 20:31:44",
                direction="incoming",
                local_account="olga",
                success=True,
            ),
        ),
    ),
)


def _log(
    name: str, text: tuple[str, ...], rows: tuple[_Row, ...], folder: Path
) -> Known:
    found: support.Extraction = remote.parse_lines(folder, name, text)
    truth = [Record("remote sessions", (row["start_time"],), row) for row in rows]
    got = [
        Record("remote sessions", (plain(item.start_time),), values(item, _NAMES))
        for item in remote.sessions(found)
    ]
    return Known(truth, got, frozenset(), found.warnings)


def sources() -> Iterator[Source]:
    """Windows Phone, then each log."""
    yield Source(
        "windows phone",
        "Windows Phone",
        "Telegram for Windows Phone",
        "3.1.6",
        BUILT,
        _phone,
        is_quick=True,
    )
    for tool, name, text, rows in _LOGS:
        yield Source(
            f"remote {tool}",
            "remote control",
            tool,
            "log of the specification",
            BUILT,
            functools.partial(_log, name, text, rows),
            is_quick=tool.startswith("Team"),
        )
