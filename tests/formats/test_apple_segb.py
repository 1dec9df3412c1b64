"""SEGB segments and the records of Biome streams."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable

import pytest

from telegram_forensics.formats import apple_biome, apple_segb
from telegram_forensics.formats.errors import FormatError
from tests.builders import android_device as protobuf
from tests.builders import apple_biome as builder

VERSIONS = pytest.mark.parametrize("write", [builder.version_1, builder.version_2])
Write = Callable[[list[tuple[bytes, int]]], bytes]
RECORDS = [(b"one", 1), (b"", 4), (b"seven b", 1), (b"gone", 3), (b"12345678", 1)]


@VERSIONS
def test_records(write: Write) -> None:
    """Contents, states and times, whatever the padding between them."""
    segment = apple_segb.read_segment(write(RECORDS))
    assert [(item.content, item.state) for item in segment.records] == RECORDS
    assert all(item.is_intact for item in segment.records)
    assert [item.written for item in segment.records] == [
        builder.BEGIN + index for index in range(len(RECORDS))
    ]
    assert segment.problems == []
    data = write(RECORDS)
    for item in segment.records:
        assert data[item.offset : item.offset + len(item.content)] == item.content


def test_bytes_of_version_2() -> None:
    """A segment written out by hand."""
    data = bytes.fromhex(
        "53454742"
        "01000000"
        "000000000000f03f"
        + "00"
        * 16
        # CRC-32 of "123456789", the published check value.
        + "2639f4cb"
        "00000000"
        "313233343536373839"
        "000000" + "11000000"
        "01000000"
        "0000000000000040"
    )
    segment = apple_segb.read_segment(data)
    (record,) = segment.records
    assert (segment.version, segment.created) == (2, 1.0)
    assert (record.content, record.offset, record.state) == (b"123456789", 40, 1)
    assert (record.written, record.is_intact) == (2.0, True)


def test_bytes_of_version_1() -> None:
    """The same for version 1."""
    data = bytes.fromhex(
        "61000000" + "00" * 48 + "53454742"
        "09000000"
        "01000000"
        "000000000000f03f"
        "0000000000000040"
        "2639f4cb"
        "00000000"
        "313233343536373839"
    )
    segment = apple_segb.read_segment(data)
    (record,) = segment.records
    assert (segment.version, segment.created) == (1, None)
    assert (record.content, record.offset, record.state) == (b"123456789", 88, 1)
    assert (record.written, record.is_intact) == (1.0, True)
    assert segment.problems == []


def test_unused_places_of_version_2() -> None:
    """The list may have places that no record took yet."""
    data = bytearray(builder.version_2([(b"a", 1), (b"b", 1)]))
    data[-16:] = bytes(16)
    segment = apple_segb.read_segment(bytes(data))
    assert [item.content for item in segment.records] == [b"a"]
    assert segment.problems == []


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no SEGB segment"),
        (b"SEGB", "header is cut off"),
        (b"SEGB" + struct.pack("<id16x", -1, 1.0), "-1 records announced"),
        (b"SEGB" + struct.pack("<id16x", 1 << 30, 1.0), "0 are possible"),
        (
            b"SEGB" + struct.pack("<id16x", 1, 1.0) + struct.pack("<iid", 9999, 1, 1.0),
            "a record ends at 10031",
        ),
        (struct.pack("<I48x4s", 5000, b"SEGB"), "data of 5000 bytes announced"),
        (
            struct.pack("<I48x4s", 88, b"SEGB")
            + struct.pack("<iiddII", -5, 1, 1, 1, 0, 0),
            "a record of -5 bytes",
        ),
        (struct.pack("<I48x4s", 60, b"SEGB") + bytes(4), "header is cut off"),
    ],
)
def test_hostile(data: bytes, reason: str) -> None:
    """A reason, and no record."""
    try:
        segment = apple_segb.read_segment(data)
    except FormatError as exception:
        assert reason in exception.reason
        return
    assert reason in segment.problems[0][1]
    assert segment.records == []


@VERSIONS
def test_truncated_everywhere(write: Write) -> None:
    """No failure wherever a file ends; intact records are those that were written."""
    data = write(RECORDS)
    contents = {content for content, _ in RECORDS}
    for size in range(len(data)):
        try:
            segment = apple_segb.read_segment(data[:size])
        except FormatError:
            continue
        assert {item.content for item in segment.records if item.is_intact} <= contents


@VERSIONS
def test_changed_bytes(write: Write) -> None:
    """No failure, and what is damaged is told."""
    rng = random.Random(3)
    data = write([(builder.focus(builder.TELEGRAM, 1, True), 1)] * 6)
    for _ in range(400):
        changed = bytearray(data)
        for _ in range(rng.randint(1, 5)):
            changed[rng.randrange(len(changed))] = rng.randrange(256)
        try:
            segment = apple_segb.read_segment(bytes(changed))
        except FormatError:
            continue
        assert len(segment.problems) <= 20
        for record in segment.records:
            try:
                apple_biome.read_app_in_focus(record.content)
                apple_biome.read_notification(record.content)
            except FormatError:
                continue


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0, 0.0, 1e300])
def test_times(value: float) -> None:
    """A number that is no time is none."""
    assert apple_segb.as_time(value) is None
    content = builder.double(4, value) + protobuf.block(6, "a.b")
    assert apple_biome.read_app_in_focus(content).time is None


def test_app_in_focus() -> None:
    """All fields."""
    event = apple_biome.read_app_in_focus(builder.focus(builder.TELEGRAM, 2.5, True))
    assert (event.bundle, event.starting) == (builder.TELEGRAM, True)
    assert event.time == builder.BEGIN + 2.5
    assert (event.short_version, event.exact_version) == ("11.2", "31234")
    assert (event.kind, event.platform, event.display_kind) == (1, 2, 0)
    assert event.launch_reason is not None
    assert event.launch_reason.endswith("homescreen")
    with pytest.raises(FormatError, match="no event"):
        apple_biome.read_app_in_focus(b"")
    with pytest.raises(FormatError, match="wire type"):
        apple_biome.read_app_in_focus(protobuf.number(6, 5))


def test_notification() -> None:
    """All fields."""
    event = apple_biome.read_notification(
        builder.notification(builder.TELEGRAM, 3, "Telegram", "Login code: 12345")
    )
    assert (event.bundle, event.section) == (builder.TELEGRAM, builder.TELEGRAM)
    assert (event.title, event.subtitle) == ("Telegram", "sub")
    assert (event.body, event.body_length) == ("Login code: 12345", 33)
    assert (event.unique, event.identifier, event.thread) == ("A-1", "B-2", "777000")
    assert (event.usage, event.time) == (1, builder.BEGIN + 3)
    with pytest.raises(FormatError, match="no notification"):
        apple_biome.read_notification(protobuf.block(8, "title"))


def test_open_seconds() -> None:
    """Until the same application says that it left; never across a second start."""
    events = [
        apple_biome.AppInFocus(bundle, starting=starting, time=time)
        for bundle, starting, time in (
            ("a", True, 1.0),
            ("b", True, 2.0),
            ("a", False, 5.0),
            ("a", False, 6.0),
            ("c", True, 7.0),
            ("c", True, 8.0),
            ("c", False, 7.5),
            ("b", None, 9.0),
            ("b", False, 9.5),
        )
    ]
    assert apple_biome.open_seconds(events) == {0: 4.0}


@pytest.mark.parametrize(
    ("path", "stream", "device"),
    [
        ("mobile/Biome/streams/restricted/App.InFocus/local/7", "App.InFocus", None),
        ("x/streams/restricted/App.InFocus/remote/AB-1/7", "App.InFocus", "AB-1"),
        ("x/streams/public/Notification/local/7", "Notification", None),
        ("x/streams/restricted/Notification.Usage/local/7", "Notification.Usage", None),
        ("x/streams/restricted/App.InFocus/local/tombstone/7", None, None),
        ("x/streams/restricted/App.Intent/local/7", None, None),
        ("x/streams/other/App.InFocus/local/7", None, None),
        ("local/7", None, None),
        ("", None, None),
    ],
)  # fmt: skip
def test_places(path: str, stream: str | None, device: str | None) -> None:
    """The folders tell stream and device."""
    found = apple_biome.locate(path.split("/"))
    if stream is None:
        assert found is None
    else:
        assert found == apple_biome.StreamFile(stream, device)


@pytest.mark.parametrize(
    ("bundle", "name"),
    [
        ("ph.telegra.Telegraph", "Telegram for iOS"),
        ("ph.telegra.Telegraph.NotificationService", "Telegram for iOS"),
        ("ph.telegra.Telegraphic", None),
        (None, None),
    ],
)
def test_client_names(bundle: str | None, name: str | None) -> None:
    """A client or its extension."""
    assert apple_biome.client_name(bundle) == name
