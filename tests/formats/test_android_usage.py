"""Usage statistics and notification history: decoders, damage, places."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from telegram_forensics.formats import (
    android_device_paths,
    android_notifications,
    android_usage,
    android_usage_xml,
    protobuf_fields,
)
from telegram_forensics.formats.errors import FormatError
from tests.builders import android_device as device

MAPPINGS = dict(device.TOKENS)
Reader = Callable[[bytes], Any]


def read_tokens(data: bytes) -> android_usage.UsageFile:
    """The newest layout."""
    return android_usage.read_usage(data, device.BEGIN, MAPPINGS)


def read_pool(data: bytes) -> android_usage.UsageFile:
    """The layout of Android 10."""
    return android_usage.read_usage(data, device.BEGIN)


def read_xml(data: bytes) -> android_usage.UsageFile:
    """The layout of Android 5 to 9."""
    return android_usage_xml.read_usage_xml(data, device.BEGIN)


USAGE = [
    pytest.param(read_tokens, device.usage_with_tokens(), id="protobuf_5"),
    pytest.param(read_pool, device.usage_with_pool(), id="protobuf_4"),
    pytest.param(read_xml, device.usage_xml(), id="xml"),
]
ALL = [
    *USAGE,
    pytest.param(android_notifications.read_history, device.history(), id="history"),
    pytest.param(android_usage.read_mappings, device.mappings(), id="mappings"),
]


def records(found: Any) -> list[str]:
    """What a reader found, without what it complains of."""
    if isinstance(found, tuple):
        return [repr(item) for item in found[0].items()]
    if isinstance(found, android_usage.UsageFile):
        return [repr(item) for item in (*found.packages, *found.events)]
    return [repr(item) for item in found.notifications]


# Content.


@pytest.mark.parametrize(("read", "data"), USAGE)
def test_usage(read: Reader, data: bytes) -> None:
    """All generations say the same."""
    found = read(data)
    assert found.problems == []
    assert found.is_complete
    assert (found.begin, found.end) == (device.BEGIN, device.BEGIN + 86_400_000)
    assert [
        (event.time, event.number, event.package, event.class_name)
        for event in found.events
    ] == [
        (
            device.BEGIN + offset,
            kind,
            device.TOKENS[token][0],
            None if place is None else device.TOKENS[token][place],
        )
        for offset, kind, token, place in device.EVENTS
    ]
    assert found.events[4].kind == "activity_resumed"
    first, second = found.packages
    assert first.package == device.TELEGRAM
    assert first.last_used == device.BEGIN + 65_000
    assert first.last_visible is None
    assert (first.foreground, first.launches) == (60_000, 1)
    assert second.package == device.OTHER


def test_google_reads_and_writes_the_same() -> None:
    """Google's own library decodes what the builder made, and writes what we read."""
    descriptor_pb2 = pytest.importorskip("google.protobuf.descriptor_pb2")
    descriptor_pool = pytest.importorskip("google.protobuf.descriptor_pool")
    message_factory = pytest.importorskip("google.protobuf.message_factory")
    file = descriptor_pb2.FileDescriptorProto(name="u.proto", package="u")
    layouts = {
        "Event": {"package_token": 1, "class_token": 2, "time_ms": 3, "type": 5},
        "Stats": {"end_time_ms": 1, "major_version": 2, "minor_version": 3},
    }
    for name, fields in layouts.items():
        message = file.message_type.add(name=name)
        for field, number in fields.items():
            message.field.add(name=field, number=number, type=3, label=1)
    message.field.add(
        name="event_log", number=22, type=11, label=3, type_name=".u.Event"
    )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    stats_class = message_factory.GetMessageClass(pool.FindMessageTypeByName("u.Stats"))
    theirs = stats_class()
    theirs.ParseFromString(device.usage_with_tokens())
    ours = read_tokens(device.usage_with_tokens())
    assert [
        (item.time_ms + device.BEGIN, item.type, item.package_token)
        for item in theirs.event_log
    ] == [
        (event.time, event.number, token)
        for event, (_, _, token, _) in zip(ours.events, device.EVENTS, strict=True)
    ]
    made = stats_class(end_time_ms=5, major_version=2, minor_version=3)
    made.event_log.add(package_token=2, class_token=3, time_ms=-7, type=1)
    found = read_tokens(made.SerializeToString())
    assert found.problems == []
    (event,) = found.events
    assert event.time == device.BEGIN - 7
    assert event.package == device.TELEGRAM
    assert event.class_name == "org.telegram.ui.LaunchActivity"


def test_time_in_the_foreground() -> None:
    """Until the same activity is left; nothing where the log does not tell."""

    def seconds(*events: tuple[int, int, int]) -> dict[int, int]:
        return android_usage.open_seconds(
            [
                android_usage.UsageEvent(
                    0, number, 1000 * time, device.TELEGRAM, None, "a", instance
                )
                for time, number, instance in events
            ]
        )

    assert seconds((1, 1, 7), (61, 2, 7)) == {0: 60}
    # The first stops when the second is there already.
    assert seconds((1, 1, 7), (5, 2, 7), (5, 1, 8), (6, 23, 7), (9, 16, 0)) == {
        0: 4,
        2: 4,
    }
    assert seconds((1, 1, 7), (5, 26, 0)) == {0: 4}
    assert seconds((1, 1, 7), (5, 27, 0), (6, 2, 7)) == {}
    assert seconds((1, 1, 7)) == {}
    # Events need not stand in order.
    assert seconds((9, 2, 7), (1, 1, 7)) == {1: 8}
    nobody = android_usage.UsageEvent(0, 1, None)
    assert android_usage.open_seconds([nobody, nobody]) == {}


def test_tokens_without_names() -> None:
    """The number is kept, no name is made up."""
    found = android_usage.read_usage(device.usage_with_tokens(), device.BEGIN)
    assert found.is_complete
    assert {event.package for event in found.events} == {None}
    assert [event.package_token for event in found.events] == [
        token for _, _, token, _ in device.EVENTS
    ]
    assert {item.package_token for item in found.packages} == {2, 3}


def test_kind_that_is_not_known() -> None:
    """A later Android's event keeps its number."""
    data = device.number(2, 2) + device.block(
        22, device.number(1, 2) + device.number(5, 99)
    )
    (event,) = read_tokens(data).events
    assert event.kind == "type_99"
    # No offset: the begin, as Android reads it.
    assert event.time == device.BEGIN


def test_string_that_is_not_in_the_pool() -> None:
    """A number outside of the pool names nothing."""
    data = device.number(3, 3) + device.number(4, 4)
    data += device.block(22, device.number(2, 9) + device.number(7, 1))
    found = read_pool(data)
    assert found.events[0].package is None
    assert [reason for _, reason in found.problems] == ["string 9 of 0"]


def test_long_texts_are_cut() -> None:
    """Neither names nor texts grow without bounds."""
    data = device.number(2, 1) + device.block(
        3, device.block(1, "x" * 100_000) + device.block(11, "y" * 1_000_000)
    )
    (item,) = android_notifications.read_history(data).notifications
    assert item.package is not None
    assert item.text is not None
    assert len(item.package) < 1100
    assert len(item.text) < 17_000
    data = device.number(3, 3) + device.number(4, 4)
    data += device.block(22, device.block(1, "z" * 100_000)) * 50
    found = read_pool(data)
    assert all(len(event.package or "") < 1100 for event in found.events)


def test_history() -> None:
    """Pooled and inline strings, user, time, title and text."""
    found = android_notifications.read_history(device.history())
    assert found.problems == []
    assert found.version == 1
    first, second, _ = found.notifications
    assert (first.package, first.channel_name) == (device.TELEGRAM, "Messages")
    assert (first.channel, first.conversation) == ("msg_channel", "777000")
    assert (first.uid, first.user, first.posted) == (10_123, 0, device.BEGIN + 5_000)
    assert (first.title, first.text) == ("Telegram", "Login code: 12345")
    assert (second.package, second.user) == (device.SMS, 10)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0",
        b"\x0b",
        b"hello, world",
        device.number(1, 5),
        device.block(30, "x"),
        b"\xff" * 64,
    ],
)
def test_other_content(data: bytes) -> None:
    """What is something else is refused."""
    with pytest.raises(FormatError):
        read_tokens(data)
    with pytest.raises(FormatError):
        android_notifications.read_history(data)
    with pytest.raises(FormatError):
        read_xml(data)


@pytest.mark.parametrize(
    "data",
    [
        b'<!DOCTYPE a [<!ENTITY b "c">]><usagestats version="1"/>',
        b"<other/>",
        b'<?xml version="1.0" encoding="no-such"?><usagestats/>',
    ],
)
def test_other_xml(data: bytes) -> None:
    """A document type (and what it could blow up) is refused, another root, too."""
    with pytest.raises(FormatError):
        read_xml(data)


def test_deep_xml() -> None:
    """Nesting is bounded."""
    found = read_xml(b"<usagestats>" + b"<a>" * 200_000)
    assert found.events == []
    assert [reason for _, reason in found.problems] == ["nested too deep"]


def test_bounds() -> None:
    """Megabytes of tiny fields cost neither time nor memory without bounds."""
    tiny = b"\x08\x01" * 2_000_000
    found = read_tokens(device.number(2, 2) + device.block(22, tiny))
    assert found.problems[0][1] == "too many fields in a record"
    found = read_tokens(device.number(2, 2) + b"\xb2\x01\x00" * 300_000)
    assert found.problems[0][1] == "too many records"
    assert len(found.events) < 300_000
    pool = device.block(1, b"\x12\x00" * 600_000)
    history = android_notifications.read_history(device.number(2, 1) + pool)
    assert history.problems[0][1] == "too many strings"


# Damage.


@pytest.mark.parametrize(("read", "data"), ALL)
def test_truncation(read: Reader, data: bytes) -> None:
    """Cut anywhere: what stands in front of the cut, or an error; nothing else."""
    whole = records(read(data))
    best = 0
    for size in range(len(data)):
        try:
            found = read(data[:size])
        except FormatError as exception:
            assert 0 <= exception.offset <= size
            assert best == 0
            continue
        names = records(found)
        if isinstance(found, android_usage.UsageFile) and found.storage_format != "xml":
            # A pool that is cut names less.
            assert len(names) <= len(whole)
        else:
            assert names == whole[: len(names)]
        assert len(names) >= best
        best = len(names)
    assert best >= len(whole) - 1


@pytest.mark.parametrize(("read", "data"), ALL)
def test_mutations(read: Reader, data: bytes) -> None:
    """Bytes changed, removed, doubled: FormatError or records with sound values."""
    rng = random.Random(20)
    for _ in range(1500):
        changed = bytearray(data)
        for _ in range(rng.randint(1, 6)):
            place = rng.randrange(len(changed))
            kind = rng.randrange(3)
            if kind == 0:
                changed[place] = rng.randrange(256)
            elif kind == 1:
                del changed[place : place + rng.randint(1, 9)]
            else:
                changed[place:place] = changed[place : place + rng.randint(1, 40)]
            if not changed:
                break
        try:
            found = read(bytes(changed))
        except FormatError as exception:
            assert 0 <= exception.offset <= len(changed)
            continue
        if isinstance(found, android_usage.UsageFile):
            assert all(
                event.time is None or 0 < event.time < 1 << 42 for event in found.events
            )
            assert len(found.problems) <= 20


def test_damage_in_one_record_spares_the_next() -> None:
    """An inner message that is damaged is one record less."""
    bad = device.block(22, b"\x0a\x7f")
    data = device.number(2, 2) + bad * 30
    data += device.block(22, device.number(1, 2) + device.number(5, 1))
    found = read_tokens(data)
    assert len(found.events) == 1
    assert not found.is_complete
    assert (len(found.problems), found.number_of_problems) == (20, 30)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\x80", "ends inside a number"),
        (b"\xff" * 11, "number is too long"),
        (b"\x00\x00", "field number 0 is not possible"),
        (b"\x0b", "wire type 3 of field 1"),
        (b"\x09\x01", "8 bytes announced, 1 are left"),
        (b"\x0a\xff\xff\xff\xff\x0f", "4294967295 bytes announced, 0 are left"),
    ],
)
def test_wire_format(data: bytes, reason: str) -> None:
    """Each kind of damage is told, with its offset."""
    with pytest.raises(FormatError) as caught:
        list(protobuf_fields.read_fields(data))
    assert reason in caught.value.reason


def test_all_wire_types() -> None:
    """Numbers of all widths, and what they mean with a sign."""
    data = b"\x09" + bytes(range(8)) + b"\x15\x01\0\0\0" + device.number(3, -2)
    found = list(protobuf_fields.read_fields(data))
    assert [item.value for item in found[:2]] == [0x0706050403020100, 1]
    assert found[2].signed == -2


# Places.


@pytest.mark.parametrize(
    ("path", "user", "root"),
    [
        ("data/system_ce/0/usagestats/daily/1717200000000", 0, ()),
        ("dump/data/system_ce/10/usagestats/yearly/17-c", 10, ("dump",)),
        ("data/system/usagestats/11/weekly/1717200000000.bak", 11, ()),
        ("data/system/usagestats/0/backups/99/daily/1717200000000", 0, ()),
        ("x/usagestats/monthly/1717200000000", None, None),
        ("7/usagestats/monthly/1717200000000", None, None),
    ],
)
def test_places(path: str, user: int | None, root: tuple[str, ...] | None) -> None:
    """User and root of all layouts that are met."""
    found = android_device_paths.locate_usage(path.split("/"))
    assert found is not None
    assert (found.android_user, found.device_root) == (user, root)
    assert found.interval == path.split("/")[-2]
    assert found.is_copy == path.endswith(".bak")


@pytest.mark.parametrize(
    "path",
    [
        "",
        "1717200000000",
        "daily/1717200000000",
        "data/system_ce/0/usagestats/hourly/1717200000000",
        "data/system_ce/0/usagestats/daily/version",
        "data/system_ce/0/other/daily/1717200000000",
        "data/system_ce/0/usagestats/daily/17172000000000000000",
    ],
)
def test_other_places(path: str) -> None:
    """Numbers are common names of files."""
    assert android_device_paths.locate_usage(path.split("/")) is None
    assert android_device_paths.locate_notifications(path.split("/")) is None


def test_programs() -> None:
    """Telegram, what is made of it, and SMS programs; nothing that looks like them."""
    assert android_device_paths.client_name("org.thunderdog.challegram") == "Telegram X"
    assert android_device_paths.is_telegram("org.telegram.messenger.web")
    assert android_device_paths.is_of_interest(device.SMS)
    assert not android_device_paths.is_telegram(device.SMS)
    assert not android_device_paths.is_of_interest("org.telegramx.fake")
    assert not android_device_paths.is_of_interest(None)
    assert android_device_paths.client_name(device.SMS) is None
