"""Event data of all kinds becomes records, each once, with what it is worth."""

from __future__ import annotations

import itertools
from typing import Any

from telegram_forensics.attribution.records import Evidence, Grade
from telegram_forensics.report.ingest import Ingest
from telegram_forensics.report.selection import is_wanted
from telegram_forensics.report.storage import Location, Row

IMAGE = "office.E01"
TDATA = r"\Users\Ann\AppData\Roaming\Telegram Desktop\tdata"
KEY = "bbbbbbbbbbbbbbbb"
numbers = itertools.count(1)


def row(data_type: str, path: str = f"{TDATA}\\x", **values: Any) -> Row:
    """A row of event data."""
    assert is_wanted(data_type)
    values["data_type"] = data_type
    return Row(next(numbers), values, Location(IMAGE, path, None))


def collect(*rows: Row) -> Evidence:
    """Records of rows."""
    ingest = Ingest()
    for item in rows:
        ingest.add_row(item)
    return ingest.finish()


def session(**values: Any) -> Row:
    """A session of Telegram Desktop."""
    return row(
        "telegram:session",
        account_identifier="1",
        session_identifier=KEY,
        attribution_basis="tdata_authorization",
        record_state="current",
        **values,
    )


def cache(database: str, created: float) -> Row:
    """The creation of a cache."""
    return row(
        "telegram:cache",
        f"{TDATA}\\user_data\\{database}\\0\\binlog",
        cache_event="created",
        cache_database=database,
        cache_created_time=created,
        session_identifier=KEY,
    )


def test_login_time_of_both_caches() -> None:
    """Both caches of one login are made at once: that is the login."""
    evidence = collect(session(), cache("cache", 100.0), cache("media_cache", 101.0))
    assert [item.created for item in evidence.sessions] == [100.0]
    # One of them was cleared later: nothing is known.
    evidence = collect(session(), cache("cache", 100.0), cache("media_cache", 9000.0))
    assert [item.created for item in evidence.sessions] == [None]
    evidence = collect(session(), cache("cache", 100.0))
    assert [item.created for item in evidence.sessions] == [None]


def test_grades_and_keys() -> None:
    """What a record is worth; only key material makes a store."""
    evidence = collect(
        session(),
        row(
            "telegram:session",
            account_identifier="1",
            attribution_basis="export_sessions_list",
            authorization_hash="5",
            login_device_model="iPhone",
            created_time=7.0,
        ),
        row(
            "telegram:session",
            account_identifier="1",
            attribution_basis="android_unconfirmed_auth",
            authorization_hash="6",
        ),
        row(
            "telegram:session",
            account_identifier="1",
            session_identifier=KEY,
            attribution_basis="debug_log_bound_key",
        ),
    )
    assert [(item.grade, item.holds_key, item.key) for item in evidence.sessions] == [
        (Grade.A, True, KEY),
        (Grade.C, False, None),
        (Grade.B, False, None),
        (Grade.B, False, KEY),
    ]


def test_unused_slot_is_no_session() -> None:
    """A key that nobody logged in with."""
    unused = row(
        "telegram:session",
        attribution_basis="tgnet_perm_key",
        record_state="unused_slot",
        key_identifiers=["aa"],
    )
    assert collect(unused).sessions == []


def test_balance_gets_the_login_of_its_slot() -> None:
    """The login stands in the preferences, the traces in the database."""
    base = "/data/data/org.telegram.messenger"
    balance = row(
        "telegram:chat",
        f"{base}/files/account1/cache4.db",
        record_table="randoms_v2",
        chat_identifier="9",
        number_of_outgoing=3,
        number_of_local_traces=2,
    )
    login = row(
        "telegram:session",
        f"{base}/shared_prefs/userconfig1.xml",
        account_slot="1",
        attribution_basis="tgnet_perm_key",
        session_identifier="aa",
        created_time=50.0,
    )
    other = row(
        "telegram:session",
        f"{base}/shared_prefs/userconfing.xml",
        account_slot="0",
        attribution_basis="tgnet_perm_key",
        session_identifier="bb",
        created_time=99.0,
    )
    (found,) = collect(balance, login, other).balances
    assert (found.outgoing, found.traces, found.since) == (3, 2, 50.0)
    (found,) = collect(balance, other).balances
    assert found.since is None


def test_remote_session_counts_once() -> None:
    """Ours and the stock plugin's event of one TeamViewer session."""
    path = r"\Program Files\TeamViewer\Connections_incoming.txt"
    ours = row(
        "remote_access:session",
        path,
        tool="TeamViewer",
        direction="incoming",
        start_time=1.0,
        end_time=2.0,
        remote_session_identifier="{B3A4DF33}",
        session_type="RemoteControl",
        success=True,
        time_precision="s",
    )
    stock = row(
        "teamviewer:connections_incoming:entry",
        path,
        start_time=1.0,
        end_time=2.0,
        connection_identifier="{b3a4df33}",
        activity_type="RemoteControl",
        source_identifier=42,
    )
    for rows in ((ours, stock), (stock, ours)):
        (found,) = collect(*rows).remote
        assert (found.start, found.end, found.has_input) == (1.0, 2.0, True)
    kinds = {"FileTransfer": False, "Presentation": False, "Something": None}
    for kind, has_input in kinds.items():
        (found,) = collect(row("remote_access:session", session_type=kind)).remote
        assert found.has_input is has_input


def test_event_log() -> None:
    """RDP sessions come out of the stock event log records."""
    records = [
        row(
            "windows:evtx:record",
            r"\Windows\System32\winevt\Logs\lsm.evtx",
            source_name="Microsoft-Windows-TerminalServices-LocalSessionManager",
            event_identifier=event,
            strings=["OFFICE\\ann", "2", "203.0.113.9"],
            written_time=time,
            record_number=number,
        )
        for number, (event, time) in enumerate(((21, 10.0), (24, 20.0), (999, 30.0)))
    ]
    (found,) = collect(*records).remote
    assert (found.tool, found.start, found.end) == ("RDP", 10.0, 20.0)
    assert found.place.record == "record 0"


def test_local_times() -> None:
    """Local times come from plaso's events, which have converted them."""
    ingest = Ingest()
    message = row("telegram:message", chat_identifier="9", message_identifier="1")
    ingest.add_row(message)
    ingest.set_local_times({(message.number, "Sent Time"): 77.0})
    (found,) = ingest.finish().messages
    assert found.sent == 77.0


def test_scheduled_messages_are_not_sent() -> None:
    """What is due later has not been sent when the record was written."""
    waiting = row("telegram:message", is_outgoing=True, scheduled_time=5.0)
    assert collect(waiting).messages == []


def test_other_events_are_left_alone() -> None:
    """Data types of ours without a meaning here, and removed notices."""
    evidence = collect(
        row("telegram:setting", setting_name="x"),
        row("telegram:notice", notice_type="new_login", record_state="removed"),
    )
    assert evidence.notices == []
    assert list(evidence.images) == [IMAGE]
