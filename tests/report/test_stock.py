"""What events of stock parsers say of Telegram."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from telegram_forensics.attribution.case import Case
from telegram_forensics.attribution.engine import attribute
from telegram_forensics.attribution.records import (
    NoticeRecord,
    Place,
    PresenceRecord,
)
from telegram_forensics.report import stock
from telegram_forensics.report.ingest import Ingest
from telegram_forensics.report.lanes import make_chart
from telegram_forensics.report.selection import is_selected, is_wanted
from telegram_forensics.report.storage import Location, Row
from telegram_forensics.report.texts import Texts
from tests.report import cases

PLACE = Place("office.E01", "/x")
TELEGRAM = r"C:\Users\Ann\AppData\Roaming\Telegram Desktop\Telegram.exe"


def read(data_type: str, **values: Any) -> list[Any]:
    """Records of a row."""
    return list(stock.read(PLACE, {"data_type": data_type, **values}))


@pytest.mark.parametrize(
    ("data_type", "values", "times"),
    [
        (
            "windows:prefetch:execution",
            {
                "executable": "TELEGRAM.EXE",
                "last_run_time": 50.0,
                "previous_run_times": [40.0, 30.0, None, 0.0],
            },
            [50.0, 40.0, 30.0],
        ),
        (
            "windows:registry:userassist",
            {
                "value_name": r"{0139D44E-6AFE-49F2-8690-3DAFCAE6FFB8}\Telegram.exe",
                "last_execution_time": 5.0,
            },
            [5.0],
        ),
        (
            "windows:registry:userassist",
            {"value_name": "Telegram.TelegramDesktop", "last_execution_time": 5.0},
            [5.0],
        ),
        ("windows:registry:bam", {"path": TELEGRAM, "last_run_time": 7.0}, [7.0]),
        (
            "windows:pca_log:entry",
            {"executable": TELEGRAM, "last_execution_time": 8.0},
            [8.0],
        ),
        ("windows:registry:bam", {"path": "telegram.pdf", "last_run_time": 7.0}, []),
        (
            "windows:registry:bam",
            {"path": r"C:\\TelegramDesktop\\setup.exe", "last_run_time": 7.0},
            [],
        ),
        (
            "windows:registry:userassist",
            {
                "value_name": "TelegramMessengerLLP.TelegramDesktop_t4vj0pshhgkwm"
                "!Telegram.TelegramDesktop.Store",
                "last_execution_time": 6.0,
            },
            [6.0],
        ),
        ("windows:registry:bam", {"path": TELEGRAM, "last_run_time": 0.0}, []),
        ("windows:registry:bam", {"path": None, "last_run_time": 7.0}, []),
        (
            "chrome:history:page_visited",
            {
                "url": "https://web.telegram.org/k/#640011223",
                "last_visited_time": 9.0,
            },
            [9.0],
        ),
        (
            "firefox:places:page_visited",
            {"url": "https://example.org/?web.telegram.org", "last_visited_time": 9.0},
            [],
        ),
        (
            "safari:history:visit_sqlite",
            {"url": "https://[web.telegram.org", "last_visited_time": 9.0},
            [],
        ),
        (
            "android:sqlite:app_usage",
            {"package_name": "org.telegram.messenger", "start_time": 3.0},
            [3.0],
        ),
        (
            "ios:screentime:event",
            {"bundle_identifier": "ph.telegra.Telegraph", "start_time": 3.0},
            [3.0],
        ),
        ("ios:screentime:event", {"bundle_identifier": "a.b", "start_time": 3.0}, []),
    ],
)
def test_use(data_type: str, values: dict[str, Any], times: list[float]) -> None:
    """When a client ran, and what is not one."""
    found = read(data_type, **values)
    assert all(isinstance(item, PresenceRecord) for item in found)
    assert [item.start for item in found] == times


def test_spans() -> None:
    """The Mac names both ends; SRUM adds up the hour that ends."""
    mac = read(
        "macos:knowledgec:application",
        bundle_identifier="ru.keepcoder.Telegram",
        start_time=10.0,
        end_time=20.0,
    )
    assert [(item.kind, item.start, item.end) for item in mac] == [
        ("client_running", 10.0, 20.0)
    ]
    sent = read(
        "windows:srum:network_usage",
        application=TELEGRAM,
        bytes_sent=4096,
        recorded_time=7200.0,
    )
    assert [(item.start, item.end) for item in sent] == [(3600.0, 7200.0)]
    assert "4096 bytes" in sent[0].words
    assert not read(
        "windows:srum:application_usage",
        application=TELEGRAM,
        face_time=0,
        recorded_time=7200.0,
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Telegram code: 48213", True),
        ("Код для входа в Telegram: 48213", True),
        ("Код для входу в Telegram: 48213", True),
        ("Join our Telegram channel, win 50000 UAH", False),
        ("Web login code. Telegram: 48213", False),
        ("Telegram code: 48213, no, 48214", False),
        ("https://t.me/login/48213", True),
        ("Telegram: call +380501112233", False),
        ("Your code is 48213", False),
        (None, False),
        ("t" * 5_000_000, False),
    ],
)
def test_codes(text: str | None, expected: bool) -> None:
    """Codes are told by the program's name and the number, in any language."""
    began = time.monotonic()
    assert stock.has_login_code(text) is expected
    assert time.monotonic() - began < 1


def test_code_messages() -> None:
    """Received ones only: who sends such a text reads no code."""
    body = "Telegram code: 48213"
    (notice,) = read(
        "android:messaging:sms", sms_type=1, message_body=body, creation_time=5.0
    )
    assert isinstance(notice, NoticeRecord)
    assert (notice.kind, notice.sent, notice.text) == ("login_code_sms", 5.0, body)
    assert notice.account is None
    assert not read("android:messaging:sms", sms_type=2, message_body=body)
    assert read("imessage:event:chat", message_type=0, text=body)
    assert not read("imessage:event:chat", message_type=1, text=body)
    (toast,) = read(
        "windows:push_notification:notification",
        payload=f"<toast><text>{body}</text></toast>".encode(),
        arrival_time=6.0,
    )
    # Numbers and names of a message, or in the attributes, are no code.
    assert not read(
        "windows:push_notification:notification",
        payload='<toast launch="Telegram code 48213"><text>about 15000</text></toast>',
    )
    assert (toast.kind, toast.sent) == ("login_code_notification", 6.0)
    assert read(
        "macos:notification_center:entry",
        bundle_name="ru.keepcoder.Telegram",
        title="Login code",
        message_body="48213",
        creation_time=6.0,
    )


def test_unknown_data_type() -> None:
    """Other rows say nothing."""
    assert not read("fs:stat", filename=TELEGRAM)


def test_lines_of_logs() -> None:
    """Lines of syslog and of event logs become sessions at the end."""
    ingest = Ingest()
    rows: list[dict[str, Any]] = [
        {
            "data_type": "systemd:journal",
            "reporter": "sshd",
            "pid": 5,
            "message_body": "Accepted password for bob from 192.0.2.7 port 4 ssh2",
            "written_time": 10.0,
        },
        {
            "data_type": "systemd:journal",
            "reporter": "sshd",
            "pid": 5,
            "message_body": "pam_unix(sshd:session): session closed for user bob",
            "written_time": 20.0,
        },
        {
            "data_type": "syslog:ssh:login",
            "authentication_method": "password",
            "username": "ann",
            "ip_address": "192.0.2.8",
            "port": 7,
            "last_written_time": 30.0,
        },
        {
            "data_type": "windows:evtx:record",
            "source_name": "chromoting",
            "event_identifier": 1,
            "strings": ["mark@example.com/chromoting_ftl_1"],
            "written_time": 40.0,
            "record_number": 3,
        },
        {
            "data_type": "windows:evtx:record",
            "source_name": "chromoting",
            "event_identifier": 0x40000002,
            "strings": ["mark@example.com/chromoting_ftl_1"],
            "written_time": 50.0,
            "record_number": 4,
        },
        {
            "data_type": "windows:evtx:record",
            "source_name": "chromoting",
            "event_identifier": 4,
            "strings": [],
            "written_time": 60.0,
        },
    ]
    for number, values in enumerate(rows):
        assert is_wanted(values["data_type"])
        ingest.add_row(Row(number, values, Location("a.E01", "/log", None)))
    evidence = ingest.finish()
    assert sorted(
        (item.tool, item.start, item.end, item.local_account)
        for item in evidence.remote
    ) == [
        ("Chrome Remote Desktop", 40.0, 50.0, None),
        ("SSH", 10.0, 20.0, "bob"),
        ("SSH", 30.0, None, "ann"),
    ]


@pytest.mark.parametrize(
    ("data_type", "text", "expected"),
    [
        ("windows:prefetch:execution", b'{"executable": "TELEGRAM.EXE"}', True),
        ("windows:prefetch:execution", b'{"executable": "EXCEL.EXE"}', False),
        ("windows:registry:bam", b'{"path": "C:\\\\x\\\\AyuGram.exe"}', True),
        (
            "ios:screentime:event",
            b'{"bundle_identifier": "ph.telegra.Telegraph"}',
            True,
        ),
        ("windows:evtx:record", b'{"source_name": "chromoting"}', True),
        ("windows:evtx:record", b'{"event_identifier": 4624, "x": 1}', True),
        ("windows:evtx:record", b'{"event_identifier": 46240, "x": 1}', False),
        ("syslog:line", b'{"reporter": "sshd-session"}', True),
        ("syslog:line", b'{"reporter": "cron"}', False),
        ("syslog:ssh:login", b"{}", True),
        ("android:messaging:sms", b'{"message_body": "https://t.me/login/4"}', True),
        ("telegram:message", b"{}", True),
        ("remote_access:event", b"{}", True),
        ("fs:stat", b'{"filename": "Telegram.exe"}', False),
    ],
)
def test_selection(data_type: str, text: bytes, expected: bool) -> None:
    """No record that says something is passed over before it is decoded."""
    assert is_selected(data_type, text) is expected
    assert is_wanted(data_type) or not expected


@pytest.mark.parametrize(
    ("data_type", "values", "words"),
    [
        (
            "windows:prefetch:execution",
            {"executable": "QUICKASSIST.EXE", "last_run_time": 5.0},
            "Quick Assist: program started (Prefetch)",
        ),
        (
            # Prefetch cuts names off.
            "windows:prefetch:execution",
            {"executable": "SCREENCONNECT.CLIENTSERVICE.E", "last_run_time": 5.0},
            "ScreenConnect: program started (Prefetch)",
        ),
        (
            "windows:registry:userassist",
            {
                "value_name": "MicrosoftCorporationII.QuickAssist_8wekyb3d8bbwe!App",
                "last_execution_time": 5.0,
            },
            "Quick Assist: program started (UserAssist)",
        ),
        (
            "windows:registry:bam",
            {"path": r"\Device\HarddiskVolume3\x\rutserv.exe", "last_run_time": 5.0},
            "Remote Utilities: program ran (background activity moderator)",
        ),
        (
            "windows:pca_log:entry",
            {"executable": r"C:\Down\Supremo.exe", "last_execution_time": 5.0},
            "Supremo: program ran (compatibility log)",
        ),
        (
            "android:sqlite:app_usage",
            {"package_name": "com.anydesk.anydeskandroid", "start_time": 5.0},
            "AnyDesk: in use: com.anydesk.anydeskandroid",
        ),
        (
            "windows:prefetch:execution",
            {"executable": "SUPREMO.TXT", "last_run_time": 5.0},
            None,
        ),
        (
            # It has logs of its own.
            "windows:prefetch:execution",
            {"executable": "TEAMVIEWER.EXE", "last_run_time": 5.0},
            None,
        ),
    ],
)
def test_remote_programs_without_log(
    data_type: str, values: dict[str, Any], words: str | None
) -> None:
    """A neutral fact: the program ran. It is no sign of the owner."""
    found = read(data_type, **values)
    assert [(item.kind, item.words, item.start) for item in found] == (
        [] if words is None else [("remote_program_run", words, 5.0)]
    )
    if words is not None:
        text = json.dumps({"data_type": data_type, **values}).encode()
        assert is_selected(data_type, text)


def test_bytes_sent_by_a_remote_program() -> None:
    """SRUM tells the hour in which a session was."""
    (sent,) = read(
        "windows:srum:network_usage",
        application=r"\Device\HarddiskVolume3\Windows\System32\quickassist.exe",
        bytes_sent=50_000_000,
        recorded_time=7200.0,
    )
    assert (sent.kind, sent.start, sent.end) == ("remote_program_run", 3600.0, 7200.0)
    assert sent.words.startswith("Quick Assist: 50000000 bytes sent")


def test_row_of_the_picture() -> None:
    """Runs of such programs have a row of their own: they are no use by the owner."""
    evidence = cases.make_evidence()
    place = Place(cases.COMPUTER, r"C:\Windows\Prefetch\QUICKASSIST.EXE-1.pf")
    words = "Quick Assist: program started (Prefetch)"
    evidence.presence = [
        PresenceRecord(place, "remote_program_run", cases.NOON, words=words)
    ]
    for language in ("en", "uk"):
        texts = Texts(language)
        group = make_chart(attribute(evidence, Case()), texts, {}).groups[0]
        assert "presence" not in group.events.rows
        (mark,) = group.events.rows["programs"].marks
        said = texts.choice("presence", "remote_program_run")
        assert mark.source == f"{said}; {words}"
    for finding in attribute(evidence, Case()).findings:
        assert not any("Quick Assist" in item for item in finding.contradicts)
