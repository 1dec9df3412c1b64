"""The model case: an account holder denies having written three messages.

Evidence: the owner's telephone and an office computer. The telephone composed nine of
twelve messages to one chat. The other three came by synchronisation, while TeamViewer
controlled the computer, whose Telegram Desktop held a session of the same account.
Everything is invented; `TRUTH` says what a report must find.
"""

from __future__ import annotations

import random
import sqlite3
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Final

from tests.builders import android_small as small
from tests.builders import evtx, tdata

OWNER: Final = 5123456789
BOB: Final = 640011223
PACKAGE: Final = "org.telegram.messenger"
PHONE_KEY: Final = small.made_up_key("case telephone")
DESKTOP_KEY: Final = tdata.made_up_key("case desktop")
PARTNER: Final = "1660360496"
ADMITTED_PARTNER: Final = "987654321"


def utc(text: str) -> int:
    """Seconds since 1970 of a time such as 2026-11-20 18:29:40."""
    time = datetime.fromisoformat(text).replace(tzinfo=timezone.utc)
    return int(time.timestamp())


LOGIN: Final = utc("2026-11-01 08:00:00")
WINDOW: Final = (utc("2026-11-20 18:29:40"), utc("2026-11-20 18:36:12"))
# Nobody sent anything meanwhile.
RDP: Final = (utc("2026-11-20 15:05:00"), utc("2026-11-20 15:21:30"))
RDP_ADDRESS: Final = "203.0.113.50"
# Message id -> time; those of the telephone, and those that are denied.
COMPOSED: Final = {
    100 + number: utc("2026-11-20 12:00:00") + 900 * number for number in range(9)
}
DENIED: Final = {
    150: utc("2026-11-20 18:30:05"),
    151: utc("2026-11-20 18:31:10"),
    152: utc("2026-11-20 18:33:00"),
}
# Reloaded from the server: sent long before the telephone was logged in.
EARLIER: Final = {
    number: utc("2026-09-01 10:00:00") + number for number in range(1, 20)
}

TRUTH: Final = {
    "phone_session": small.key_identifier(PHONE_KEY),
    "desktop_session": tdata.session_identifier(DESKTOP_KEY),
    "rules": ["TF-101", "TF-102"],
    "denied": sorted(map(str, DENIED)),
    "window": WINDOW,
    "partner": PARTNER,
    "rdp": {"start": RDP[0], "end": RDP[1], "address": RDP_ADDRESS},
    "code_by_sms": utc("2026-11-01 07:59:20"),
    "web_visit": utc("2026-11-15 10:20:00"),
}

CASE: Final = f"""\
name: model case
time_zone: Europe/Kyiv
devices:
  telephone.aff4: {{role: owner_phone, owner: the account holder}}
  office.E01: {{role: computer, controlled: true}}
admitted:
  remote_identifiers: ["{ADMITTED_PARTNER}"]
disputed:
  start: 2026-11-20T18:00:00Z
  end: 2026-11-20T19:00:00Z
  chats: ["{BOB}"]
"""

_SCHEMA = """
PRAGMA user_version = 134;
CREATE TABLE users(uid INTEGER PRIMARY KEY, name TEXT, status INTEGER, data BLOB);
CREATE TABLE chats(uid INTEGER PRIMARY KEY, name TEXT, data BLOB);
CREATE TABLE dialogs(did INTEGER PRIMARY KEY, date INTEGER, unread_count INTEGER,
    last_mid INTEGER);
CREATE TABLE enc_chats(uid INTEGER PRIMARY KEY, user INTEGER, data BLOB);
CREATE TABLE params(id INTEGER PRIMARY KEY, seq INTEGER, pts INTEGER, date INTEGER,
    qts INTEGER, lsv INTEGER, sg INTEGER, pbytes BLOB);
CREATE TABLE messages_v2(mid INTEGER, uid INTEGER, read_state INTEGER,
    send_state INTEGER, date INTEGER, data BLOB, out INTEGER, ttl INTEGER,
    PRIMARY KEY(mid, uid));
CREATE TABLE randoms_v2(random_id INTEGER, mid INTEGER, uid INTEGER,
    PRIMARY KEY (random_id, mid, uid));
"""


def _message(number: int, time: int, text: str, **more: Any) -> bytes:
    from telethon.tl import types

    return (
        bytes(
            types.Message(
                id=number,
                peer_id=types.PeerUser(BOB),
                from_id=types.PeerUser(OWNER),
                date=datetime.fromtimestamp(time, timezone.utc),
                message=text,
                out=True,
                **more,
            )
        )
        + b"\x01 \x00\x00"
    )


def _notice(number: int, time: int, text: str) -> bytes:
    from telethon.tl import types

    return (
        bytes(
            types.Message(
                id=number,
                peer_id=types.PeerUser(777000),
                date=datetime.fromtimestamp(time, timezone.utc),
                message=text,
                out=False,
            )
        )
        + b"\x01 \x00\x00"
    )


def _database(path: Path) -> bytes:
    from telethon.tl import types

    connection = sqlite3.connect(path)
    connection.executescript(_SCHEMA)

    def put(number: int, uid: int, time: int, data: bytes, out: int) -> None:
        connection.execute(
            "INSERT INTO messages_v2 VALUES (?, ?, 3, 0, ?, ?, ?, 0)",
            (number, uid, time, data, out),
        )

    for number, first, last in (
        (OWNER, "Ann", "Lee"),
        (BOB, "Bob", "Baum"),
        (777000, "Telegram", None),
    ):
        user = types.User(
            id=number,
            first_name=first,
            last_name=last,
            access_hash=1,
            is_self=number == OWNER,
        )
        connection.execute(
            "INSERT INTO users VALUES (?, ?, 0, ?)",
            (number, first.lower(), bytes(user)),
        )
    connection.execute(
        "INSERT INTO dialogs VALUES (?, ?, 0, 152)", (BOB, max(DENIED.values()))
    )
    for number, time in EARLIER.items():
        put(number, BOB, time, _message(number, time, f"earlier {number}"), 1)
    for place, (number, time) in enumerate(COMPOSED.items()):
        # Texts keep a trace of their own, media only one of the chat.
        put(number, BOB, time, _message(number, time, f"by hand {number}"), 1)
        local = -210_000 - place
        connection.execute(
            "INSERT INTO randoms_v2 VALUES (?, ?, ?)", (7000 + place, local, BOB)
        )
        if place % 2 == 0:
            connection.execute(
                "INSERT INTO randoms_v2 VALUES (?, ?, ?)", (7000 + place, number, BOB)
            )
    for number, time in DENIED.items():
        put(number, BOB, time, _message(number, time, f"denied {number}"), 1)
    # What leaves no trace by its nature: a scheduled message and a call.
    time = utc("2026-11-20 18:34:00")
    put(160, BOB, time, _message(160, time, "good evening", from_scheduled=True), 1)
    login = utc("2026-11-10 09:00:00")
    put(900, 777000, login - 40, _notice(900, login - 40, "Login code: 48213."), 0)
    text = (
        "New login. Dear Ann, we detected a login into your account from a new device "
        "on 10/11/2026 at 09:00:00 UTC.\n\nDevice: Telegram Desktop, 4.6.5, PC 64bit\n"
        "Location: Kyiv, Ukraine (IP = 203.0.113.7)"
    )
    put(901, 777000, login, _notice(901, login, text), 0)
    connection.execute(
        "INSERT INTO params VALUES (1, 1, 1, ?, 1, 1, 0, NULL)",
        (utc("2026-11-21 07:00:00"),),
    )
    connection.commit()
    connection.close()
    return path.read_bytes()


_SMS = (
    ("Telegram", "2026-11-01 07:59:20", "Telegram code: 48213", 1),
    ("+380501112233", "2026-11-20 17:10:00", "Call me back", 1),
    ("+380501112233", "2026-11-20 17:12:00", "In an hour", 2),
)
_VISITS = (
    ("https://www.teamviewer.com/en/download/", "TeamViewer", "2026-11-09 15:01:00"),
    ("https://web.telegram.org/k/#640011223", "Telegram Web", "2026-11-15 10:20:00"),
)
# Chromium counts microseconds from 1601.
_WEBKIT_EPOCH = 11_644_473_600


def _short_messages(path: Path) -> bytes:
    """The telephone's SMS, one of them with a login code."""
    connection = sqlite3.connect(path)
    connection.execute(
        "CREATE TABLE sms (_id INTEGER PRIMARY KEY, thread_id INTEGER, address TEXT, "
        "date INTEGER, read INTEGER DEFAULT 0, type INTEGER, body TEXT)"
    )
    connection.executemany(
        "INSERT INTO sms(address, date, read, type, body) VALUES (?, ?, 1, ?, ?)",
        [(who, utc(time) * 1000, way, body) for who, time, body, way in _SMS],
    )
    connection.commit()
    connection.close()
    return path.read_bytes()


def _history(path: Path) -> bytes:
    """The computer's browser history."""
    connection = sqlite3.connect(path)
    connection.executescript(
        """
        CREATE TABLE urls(id INTEGER PRIMARY KEY, url LONGVARCHAR, title LONGVARCHAR,
            visit_count INTEGER, typed_count INTEGER, last_visit_time INTEGER,
            hidden INTEGER);
        CREATE TABLE visits(id INTEGER PRIMARY KEY, url INTEGER, visit_time INTEGER,
            from_visit INTEGER, transition INTEGER);
        CREATE TABLE visit_source(id INTEGER PRIMARY KEY, source INTEGER);
        CREATE TABLE downloads(id INTEGER PRIMARY KEY, target_path LONGVARCHAR,
            start_time INTEGER, received_bytes INTEGER, total_bytes INTEGER,
            state INTEGER, danger_type INTEGER, interrupt_reason INTEGER,
            end_time INTEGER, opened INTEGER);
        CREATE TABLE downloads_url_chains(id INTEGER, chain_index INTEGER,
            url LONGVARCHAR);
        """
    )
    for number, (url, title, time) in enumerate(_VISITS, 1):
        stamp = (utc(time) + _WEBKIT_EPOCH) * 1_000_000
        connection.execute(
            "INSERT INTO urls VALUES (?, ?, ?, 1, 1, ?, 0)", (number, url, title, stamp)
        )
        connection.execute(
            "INSERT INTO visits VALUES (?, ?, ?, 0, 0)", (number, number, stamp)
        )
    connection.commit()
    connection.close()
    return path.read_bytes()


def _event_logs() -> dict[str, bytes]:
    """The log of the terminal services, and that of logins with an unlock."""
    manager = "Microsoft-Windows-TerminalServices-LocalSessionManager"

    def session(event: int, time: float, address: str | None) -> evtx.Event:
        strings = [("User", "OFFICE-PC\\Ann"), ("SessionID", "2")]
        if address is not None:
            strings.append(("Address", address))
        return evtx.Event(
            manager,
            event,
            time,
            strings,
            channel=f"{manager}/Operational",
            in_user_data=True,
        )

    local = utc("2026-11-20 07:30:00")
    unlock = evtx.Event(
        "Microsoft-Windows-Security-Auditing",
        4801,
        utc("2026-11-20 18:45:10"),
        [
            ("TargetUserSid", "S-1-5-21-1-2-3-1001"),
            ("TargetUserName", "Ann"),
            ("TargetDomainName", "OFFICE-PC"),
            ("TargetLogonId", "0x3e7a1"),
            ("SessionId", "2"),
        ],
    )
    folder = "Windows/System32/winevt/Logs"
    sessions = [
        session(21, local, "LOCAL"),
        session(25, RDP[0], RDP_ADDRESS),
        session(24, RDP[1], RDP_ADDRESS),
        session(25, RDP[1] + 1800, "LOCAL"),
    ]
    name = f"{manager}%4Operational.evtx"
    return {
        f"{folder}/{name}": evtx.build(sessions),
        f"{folder}/Security.evtx": evtx.build([unlock]),
    }


def telephone(work: Path) -> dict[str, bytes]:
    """Files of the telephone by path."""
    root = f"data/data/{PACKAGE}"
    preferences = small.preferences(
        {
            "user": small.wrapped(small.new_user(OWNER, name="Ann")),
            "loginTime": LOGIN,
            "lastSendMessageId": -210_000 - len(COMPOSED),
        }
    )
    center = small.Center(2, key=PHONE_KEY, authorized=1)
    return {
        "system/build.prop": small.BUILD_PROPERTIES,
        f"{root}/shared_prefs/userconfing.xml": preferences,
        f"{root}/files/tgnet.dat": small.tgnet(
            [small.Center(1), center], server_time=utc("2026-11-21 07:00:00")
        ),
        f"{root}/files/cache4.db": _database(work / "cache4.db"),
        "data/data/com.android.providers.telephony/databases/mmssms.db": (
            _short_messages(work / "mmssms.db")
        ),
    }


def computer(work: Path) -> dict[str, bytes]:
    """Files of the computer by path."""
    account = tdata.BuiltAccount(
        index=0,
        user_id=OWNER,
        main_dc=2,
        auth_keys={2: DESKTOP_KEY},
        first_name="Ann",
        last_name="Lee",
        phone="491701234567",
    )
    folder = work / "tdata"
    tdata.build_tdata(folder, [account], rng=random.Random("case"))
    base = "Users/Ann/AppData/Roaming/Telegram Desktop/tdata"
    files = {
        f"{base}/{path.relative_to(folder).as_posix()}": path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    rows = [
        # A file transfer gives no input, and the admitted partner is the owner's own.
        (
            PARTNER,
            "DESKTOP-AB12",
            "20-11-2026 14:00:00",
            "20-11-2026 14:02:00",
            "Ann",
            "FileTransfer",
            "{b3a4df33-d027-44d5-b50f-4e61115494d1}",
        ),
        (
            ADMITTED_PARTNER,
            "Ann's laptop",
            "20-11-2026 12:00:00",
            "20-11-2026 13:00:00",
            "Ann",
            "RemoteControl",
            "{b3a4df33-d027-44d5-b50f-4e61115494d2}",
        ),
        (
            PARTNER,
            "DESKTOP-AB12",
            "20-11-2026 18:29:40",
            "20-11-2026 18:36:12",
            "Ann",
            "RemoteControl",
            "{b3a4df33-d027-44d5-b50f-4e61115494d3}",
        ),
    ]
    text = "\r\n".join("\t".join(row) + "\t" for row in rows) + "\r\n"
    files["Program Files/TeamViewer/Connections_incoming.txt"] = text.encode()
    files.update(_event_logs())
    browser = "Users/Ann/AppData/Local/Google/Chrome/User Data/Default/History"
    files[browser] = _history(work / "History")
    return files
