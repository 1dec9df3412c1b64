"""Biome streams through plaso's worker, and what the report makes of them."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from telegram_forensics.report import ingest
from telegram_forensics.report.ingest import Ingest
from telegram_forensics.report.selection import is_selected
from telegram_forensics.report.storage import Location, Row
from tests.builders import apple_biome as builder
from tests.parsers import support

STREAMS = "private/var/mobile/Library/Biome/streams"
FOCUS = f"{STREAMS}/restricted/App.InFocus/local/798000000000000"
REMOTE = f"{STREAMS}/restricted/App.InFocus/remote/AB-CD/798000000000000"
USAGE = f"{STREAMS}/restricted/Notification.Usage/local/1"
PUBLIC = f"{STREAMS}/public/Notification/local/1"
EPOCH = 978_307_200


def write(folder: Path, place: str, data: bytes) -> None:
    """Writes a file."""
    (folder / place).parent.mkdir(parents=True, exist_ok=True)
    (folder / place).write_bytes(data)


def extract(source: Path) -> support.Extraction:
    """Reads a folder; the worker must not fail at anything."""
    found = support.extract(source, parsers="telegram_ios_biome")
    assert not [text for text in found.warnings if support.FAILURE in text]
    return found


def test_app_in_focus(tmp_path: Path) -> None:
    """All applications; how long they stayed; events of another device marked."""
    records = [
        (builder.focus(builder.TELEGRAM, 10, True), 1),
        (builder.focus(builder.OTHER, 11, True), 1),
        (builder.focus(builder.TELEGRAM, 70.5, False), 1),
        (bytes(20), 3),
        (builder.focus(builder.TELEGRAM, 90, True), 3),
    ]
    write(tmp_path, FOCUS, builder.version_2(records))
    write(tmp_path, REMOTE, builder.version_2(records[:1]))
    write(tmp_path, FOCUS.replace("local/", "local/tombstone/"), b"SEGB" + bytes(60))
    write(tmp_path, f"{STREAMS}/restricted/App.Intent/local/1", b"SEGB" + bytes(60))
    found = extract(tmp_path)
    assert found.warnings == []
    events = found.of_type("ios:biome:app_in_focus")
    local = [item for item in events if item.source_device is None]
    (remote,) = [item for item in events if item.source_device is not None]
    assert remote.source_device == "AB-CD"
    first, other, left, deleted = local
    assert (first.bundle_identifier, first.is_starting) == (builder.TELEGRAM, True)
    assert first.recorded_time.CopyToPosixTimestamp() == EPOCH + builder.BEGIN + 10
    assert first.segment_time.CopyToPosixTimestamp() == EPOCH + builder.BEGIN
    assert (first.open_seconds, other.open_seconds) == (60, None)
    assert (first.client_name, first.client_package) == (
        "Telegram for iOS",
        builder.TELEGRAM,
    )
    assert (other.bundle_identifier, other.client_name) == (builder.OTHER, None)
    assert (left.is_starting, left.open_seconds) == (False, None)
    assert (deleted.record_state, first.record_state) == ("deleted", None)
    assert (first.storage_format, first.attribution_basis) == (
        "segb_2",
        "ios_biome_stream",
    )
    segment = next(
        item
        for item in found.of_type("ios:biome:segment")
        if item.source_device is None
    )
    assert (segment.number_of_records, segment.number_of_deleted) == (5, 2)
    assert (segment.number_of_others, segment.number_of_unread) == (0, 0)
    assert segment.stream_name == "App.InFocus"
    assert segment.start_time.CopyToPosixTimestamp() == EPOCH + builder.BEGIN + 10


@pytest.mark.parametrize(
    ("place", "make", "storage_format"),
    [(USAGE, builder.version_2, "segb_2"), (PUBLIC, builder.version_1, "segb_1")],
)
def test_notifications(
    tmp_path: Path, place: str, make: Any, storage_format: str
) -> None:
    """Of Telegram and Messages; of others their number only."""
    records = [
        (builder.notification(builder.TELEGRAM, 1, "Telegram", "Login code: 12345"), 1),
        (builder.notification(builder.OTHER, 2, "private title", "private"), 1),
        (builder.notification(builder.SMS, 3, "Bank"), 1),
    ]
    write(tmp_path, place, make(records))
    found = extract(tmp_path)
    assert found.warnings == []
    telegram, sms = found.of_type("ios:biome:notification")
    assert (telegram.title, telegram.subtitle) == ("Telegram", "sub")
    assert (telegram.text, telegram.body_length) == ("Login code: 12345", 33)
    assert telegram.client_name == "Telegram for iOS"
    assert telegram.thread_identifier == "777000"
    assert telegram.notification_identifier == "B-2"
    assert (telegram.usage_type, telegram.storage_format) == (1, storage_format)
    assert (sms.bundle_identifier, sms.text, sms.client_name) == (
        builder.SMS,
        None,
        None,
    )
    (segment,) = found.of_type("ios:biome:segment")
    assert (segment.number_of_records, segment.number_of_others) == (3, 1)
    for item in found.event_data:
        assert "private" not in str(vars(item))


def test_damage(tmp_path: Path) -> None:
    """A damaged record is told with file and offset; the others stay."""
    good = (builder.focus(builder.TELEGRAM, 1, True), 1)
    data = bytearray(builder.version_2([good, (b"\x00\x01", 1), good]))
    data[60] ^= 0xFF
    write(tmp_path, FOCUS, bytes(data))
    found = extract(tmp_path)
    events = found.of_type("ios:biome:app_in_focus")
    assert len(events) == 2
    name = FOCUS.rpartition("/")[2]
    assert all(text.startswith(f"{name}: offset 0x") for text in found.warnings)
    assert any("checksum" in text for text in found.warnings)
    assert any("field number 0" in text for text in found.warnings)
    (segment,) = found.of_type("ios:biome:segment")
    assert segment.number_of_unread == 1


def test_fuzz(tmp_path: Path) -> None:
    """Changed and cut files by the dozen: no failure."""
    rng = random.Random(11)
    records = [
        (builder.notification(builder.TELEGRAM, n, "t", "x"), 1) for n in range(9)
    ]
    contents = [builder.version_1(records), builder.version_2(records)]
    for index in range(60):
        content = bytearray(contents[index % 2])
        for _ in range(rng.randint(1, 8)):
            content[rng.randrange(60, len(content))] = rng.randrange(256)
        if index % 3 == 0:
            del content[rng.randint(60, len(content)) :]
        write(tmp_path, f"{STREAMS}/public/Notification/local/{index}", bytes(content))
    found = extract(tmp_path)
    assert found.of_type("ios:biome:notification")
    assert found.warnings
    assert all(len(text) < 400 for text in found.warnings)


def test_other_signatures(tmp_path: Path) -> None:
    """The four letters elsewhere mean nothing."""
    write(tmp_path, "notes/SEGB", b"SEGB" + bytes(100))
    write(tmp_path, "a/streams/public/Notification/local/1", b"SEGB")
    found = extract(tmp_path)
    assert found.event_data == []


def collect(data_type: str, **values: Any) -> Any:
    """Records of a row."""
    assert is_selected(data_type, b"{}")
    values["data_type"] = data_type
    found = Ingest()
    found.add_row(Row(1, values, Location("phone.tar", f"/{FOCUS}", None)))
    return found.finish()


def test_report_of_use() -> None:
    """Telegram in front is a sign of use; leaving, others and other devices are not."""
    values = {
        "client_package": builder.TELEGRAM,
        "is_starting": True,
        "recorded_time": 100.0,
        "record_offset": 40,
    }
    data_type = "ios:biome:app_in_focus"
    (found,) = collect(data_type, open_seconds=60, platform_number=2, **values).presence
    assert (found.kind, found.start, found.end) == ("phone_activity", 100.0, 160.0)
    assert found.words == f"in the foreground: {builder.TELEGRAM}"
    (mac,) = collect(data_type, platform_number=1, **values).presence
    assert (mac.kind, mac.end) == ("client_running", None)
    for change in (
        {"is_starting": False},
        {"is_starting": None},
        {"client_package": None},
        {"source_device": "AB"},
        {"record_state": "deleted"},
        {"recorded_time": None},
    ):
        assert not collect(data_type, **(values | change)).presence


def test_report_of_codes() -> None:
    """A login code in a notification could be read there."""
    data_type = "ios:biome:notification"
    values = {"title": "Telegram", "text": "Login code: 12345", "recorded_time": 9.0}
    (found,) = collect(data_type, client_package=builder.TELEGRAM, **values).notices
    assert (found.kind, found.sent) == ("login_code_notification", 9.0)
    assert not collect(data_type, text="See you at 12345", recorded_time=9.0).notices
    assert not collect(data_type, source_device="AB", **values).notices


def test_storage_file(tmp_path: Path) -> None:
    """Times and coverage out of a file that log2timeline wrote."""
    import subprocess
    import sys

    records = [
        (builder.focus(builder.TELEGRAM, 10, True), 1),
        (builder.focus(builder.TELEGRAM, 70.5, False), 1),
    ]
    write(tmp_path / "phone", FOCUS, builder.version_2(records))
    storage = tmp_path / "case.plaso"
    subprocess.run(
        [
            Path(sys.executable).parent / "log2timeline",
            "--quiet",
            "--unattended",
            "--single_process",
            "--status_view=none",
            "--parsers=telegram",
            f"--logfile={tmp_path / 'log.gz'}",
            f"--storage-file={storage}",
            tmp_path / "phone",
        ],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    evidence = ingest.collect([storage])
    (presence,) = evidence.presence
    start = EPOCH + builder.BEGIN + 10
    assert (presence.start, presence.end) == (start, start + 60)
    (source,) = [
        item for item in evidence.sources if item.name.startswith("iOS streams")
    ]
    assert (source.first, source.last) == (start, start + 60.5)
