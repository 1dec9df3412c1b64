"""Cases made of plain records for the tests of reports."""

from __future__ import annotations

from telegram_forensics.attribution.case import parse_case
from telegram_forensics.attribution.engine import Attribution, attribute
from telegram_forensics.attribution.records import (
    AccountRecord,
    BalanceRecord,
    ClockRecord,
    Evidence,
    ExportRecord,
    Grade,
    MessageRecord,
    NoticeRecord,
    Place,
    PresenceRecord,
    RemoteSession,
    SecretChatRecord,
    SessionRecord,
    SourceRecord,
    SourceState,
)

OWNER = "6000000001"
OTHER = "777001"
PHONE = "phone.E01"
COMPUTER = "office.E01"
PHONE_STORE = "/data/data/org.telegram.messenger"
DATABASE = f"{PHONE_STORE}/files/cache4.db"
TDATA = "/Users/Ann/AppData/Roaming/Telegram Desktop/tdata"
PHONE_KEY = "aaaaaaaaaaaaaaaa"
DESKTOP_KEY = "bbbbbbbbbbbbbbbb"
LOGIN = 1_795_000_000.0
NOON = 1_795_190_400.0
HOUR = 3600.0

CASE = {
    "name": "17/2026",
    "time_zone": "Europe/Kyiv",
    "devices": {
        PHONE: {"role": "owner_phone", "owner": "Ann", "clock_offset": -3.5},
        COMPUTER: {"role": "computer", "controlled": True},
    },
    "disputed": {
        "start": "2026-11-20T18:00:00+02:00",
        "end": "2026-11-21T00:00:00Z",
        "messages": [
            {"account": OWNER, "chat": OTHER, "message": str(number)}
            for number in (22, 41, 999)
        ],
    },
}


def message(number: int, origin: str | None, sent: float, **changes: object) -> object:
    """A message of the telephone's database."""
    values: dict[str, object] = {
        "place": Place(PHONE, DATABASE, None, f"messages_v2 {number}"),
        "account": OWNER,
        "chat": OTHER,
        "chat_type": "user",
        "identifier": str(number),
        "sent": sent,
        "is_outgoing": True,
        "text": f"text {number}",
        "session": PHONE_KEY,
        "origin": origin,
        "confidence": "certain" if origin == "this_installation" else None,
        "basis": "random_id" if origin == "this_installation" else None,
        "client_name": "Telegram for Android",
        "store": PHONE_STORE,
    }
    values.update(changes)
    return MessageRecord(**values)  # type: ignore[arg-type]


def make_sessions() -> list[SessionRecord]:
    """Telephone, computer, a copy of the computer's, and one that is in no image."""
    return [
        SessionRecord(
            Place(PHONE, f"{PHONE_STORE}/files/tgnet.dat", None, "slot 0"),
            OWNER,
            key=PHONE_KEY,
            created=LOGIN,
            last_active=NOON + 12 * HOUR,
            client_name="Telegram for Android",
            client_version="11.4.2",
            device_model="Pixel 7",
            store=PHONE_STORE,
            basis="tgnet_perm_key",
        ),
        SessionRecord(
            Place(COMPUTER, f"{TDATA}/D877F783D5D3EF8Cs", None, "slot 0"),
            OWNER,
            key=DESKTOP_KEY,
            created=LOGIN + 20 * HOUR,
            last_active=NOON + 6 * HOUR,
            client_name="Telegram Desktop",
            store=TDATA,
            basis="tdata_authorization",
        ),
        SessionRecord(
            Place(COMPUTER, "/Users/Bob/tdata/D877F783D5D3EF8Cs", None, "slot 0"),
            OWNER,
            key=DESKTOP_KEY,
            created=LOGIN + 20 * HOUR,
            client_name="Telegram Desktop",
            store="/Users/Bob/tdata",
            basis="tdata_authorization",
        ),
        SessionRecord(
            Place(PHONE, DATABASE, None, "unconfirmed_auth 1"),
            OWNER,
            hash="3108399113074898463",
            created=NOON + HOUR,
            last_active=NOON + 7 * HOUR,
            grade=Grade.B,
            device_model="Redmi 9",
            client_name="Telegram Android",
            ip_address="203.0.113.77",
            country="Netherlands",
            basis="android_unconfirmed_auth",
            holds_key=False,
        ),
    ]


def make_messages() -> list[MessageRecord]:
    """Messages of every kind."""
    messages = [
        message(number, "this_installation", LOGIN + number * 2 * HOUR)
        for number in range(1, 21)
    ]
    messages += [
        message(number, "no_local_trace", NOON + number * 600.0)
        for number in range(21, 27)
    ]
    messages += [
        message(30, "not_applicable", NOON + HOUR),
        message(31, None, NOON + 2 * HOUR),
        message(32, None, NOON + 2 * HOUR, is_outgoing=None),
        message(33, "no_local_trace", NOON + 3 * HOUR, state="removed"),
        message(
            34, "no_local_trace", NOON + 3 * HOUR, state="removed", is_recovered=True
        ),
    ]
    messages += [
        message(100 + number, None, LOGIN + number * 5000.0, is_outgoing=False)
        for number in range(40)
    ]
    # The disputed message 41 was written on the computer and reached the telephone.
    messages += [
        message(41, "no_local_trace", NOON + 4 * HOUR),
        message(
            41,
            "this_installation",
            NOON + 4 * HOUR,
            place=Place(COMPUTER, f"{TDATA}/log_start3.txt", None, "line 9"),
            session=DESKTOP_KEY,
            client_name="Telegram Desktop",
            store=TDATA,
        ),
        message(
            41,
            "not_determinable",
            NOON + 4 * HOUR,
            place=Place(COMPUTER, "/Users/Ann/result.json", None, "message 41"),
            session=None,
            edited=NOON + 5 * HOUR,
            text="another text 41",
            client_name=None,
            store="/Users/Ann/result.json",
        ),
        message(
            41,
            "no_local_trace",
            NOON + 4 * HOUR,
            place=Place(PHONE, DATABASE, "backup1", "messages_v2 41"),
        ),
    ]
    return messages  # type: ignore[return-value]


def make_evidence() -> Evidence:
    """A telephone and a computer, with something of everything."""
    log = "/Program Files/TeamViewer/Connections_incoming.txt"
    return Evidence(
        images={
            PHONE: {
                "operating_system_product": "Android 14",
                "time_zone": "Europe/Kyiv",
            },
            COMPUTER: {"hostname": "OFFICE-3", "operating_system": "Windows NT"},
        },
        inputs=[("office.plaso", "ab" * 32), ("phone.plaso", "cd" * 32)],
        accounts=[
            AccountRecord(
                Place(PHONE, f"{PHONE_STORE}/shared_prefs/userconfing.xml"),
                OWNER,
                "Ann Example",
                "380501234567",
                passcode_state="none",
                client_name="Telegram for Android",
            )
        ],
        sessions=make_sessions(),
        messages=make_messages(),
        balances=[
            BalanceRecord(
                Place(PHONE, DATABASE, None, "randoms_v2"),
                OWNER,
                PHONE_KEY,
                OTHER,
                "user",
                27,
                20,
                since=LOGIN,
                store=PHONE_STORE,
            )
        ],
        notices=[
            NoticeRecord(
                Place(PHONE, DATABASE, None, f"message {kind}"),
                OWNER,
                kind,
                time,
                device="Redmi 9",
                location="Rotterdam",
                ip_address="203.0.113.77",
            )
            for kind, time in (
                ("login_code", NOON + HOUR - 100),
                ("new_login", NOON + HOUR),
                ("data_export_requested", NOON + 5 * HOUR),
                ("two_step_changed", NOON + 5.5 * HOUR),
            )
        ],
        remote=[
            RemoteSession(
                Place(COMPUTER, log, None, "line 1"),
                "TeamViewer",
                "incoming",
                NOON + 3.5 * HOUR,
                NOON + 4.5 * HOUR,
                remote_identifier="1660360496",
                remote_name="DESKTOP-X",
                session_type="RemoteControl",
                success=True,
                has_input=True,
                precision=1.0,
            ),
            RemoteSession(
                Place(COMPUTER, log, None, "line 2"),
                "AnyDesk",
                "outgoing",
                NOON - 20 * HOUR,
                NOON - 18 * HOUR,
                remote_identifier="555",
            ),
        ],
        presence=[
            PresenceRecord(
                Place(COMPUTER, "/Windows/Security.evtx"), "unlock", NOON + 4 * HOUR
            ),
            PresenceRecord(
                Place(COMPUTER, f"{TDATA}/log.txt"), "client_running", NOON + 3 * HOUR
            ),
        ],
        exports=[
            ExportRecord(
                Place(COMPUTER, "/Users/Ann/result.json"), OWNER, NOON + 6 * HOUR
            )
        ],
        secret_chats=[
            SecretChatRecord(Place(PHONE, DATABASE), OWNER, "12", "777002", True, LOGIN)
        ],
        clocks=[ClockRecord(Place(COMPUTER, f"{TDATA}/cache"), NOON - 5 * HOUR)],
        sources=[
            SourceRecord(
                "telegram_android", PHONE, SourceState.PARSED, LOGIN, NOON + 12 * HOUR
            ),
            SourceRecord(
                "teamviewer",
                COMPUTER,
                SourceState.PARSED,
                NOON - 40 * HOUR,
                NOON + 6 * HOUR,
                [(NOON - 30 * HOUR, NOON - 25 * HOUR)],
            ),
            SourceRecord("rdp", COMPUTER, SourceState.PARSER_NOT_RUN),
        ],
    )


def make_case() -> Attribution:
    """The outcome of the whole case."""
    return attribute(make_evidence(), parse_case(CASE))
