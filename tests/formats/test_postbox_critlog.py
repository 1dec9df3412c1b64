"""Tests of critlogs and logs (section 12)."""

from __future__ import annotations

import random
import struct

import pytest

from telegram_forensics.formats import postbox_critlog as critlog
from telegram_forensics.formats.postbox_coding import Problem
from tests.builders.postbox import critlog_record

TIME = 1735689729.5
LINES = (
    "app is active",
    "[MTProto#0x1@0x2 preparing messages.sendMessage (7454730622058102784/21)]",
    "",
    "Привет",
    "[MTProto#0x1@0x2 preparing help.getConfig (5/-1)]",
)
DATA = b"".join(critlog_record(TIME + place, line) for place, line in enumerate(LINES))


def read(data: bytes) -> tuple[list[critlog.LogRecord], list[Problem]]:
    """All records, and what is wrong."""
    problems: list[Problem] = []
    return list(critlog.read_critlog(data, problems)), problems


def test_records() -> None:
    """Times, texts, calls."""
    found, problems = read(DATA)
    assert not problems
    assert [item.text for item in found] == list(LINES)
    assert [item.time for item in found] == [TIME + place for place in range(5)]
    calls = [item.call for item in found]
    assert calls[0] is None
    assert calls[1] is not None
    assert calls[1].is_sending
    assert calls[4] is not None
    assert (calls[4].server_time, calls[4].sequence) == (None, -1)
    assert not calls[4].is_sending
    assert read(b"") == ([], [])


def test_truncation_at_every_byte() -> None:
    """Whole records are kept, the rest is reported."""
    ends = []
    place = 0
    for line in LINES:
        place += 20 + len(line.encode())
        ends.append(place)
    for size in range(len(DATA)):
        found, problems = read(DATA[:size])
        whole = sum(end <= size for end in ends)
        assert [item.text for item in found] == list(LINES[:whole])
        assert bool(problems) == (size not in (0, *ends))


@pytest.mark.parametrize("size", [-1, 7, 1 << 30])
def test_wrong_size(size: int) -> None:
    """Behind a record that cannot be, the next one is found by its magic."""
    changed = bytearray(DATA)
    struct.pack_into("<i", changed, 8, size)
    found, problems = read(bytes(changed))
    assert [item.text for item in found] == list(LINES[1:])
    assert problems == [(0, f"record of {size} bytes does not fit")]


def test_record_that_runs_into_the_next_one() -> None:
    """It ends where the next one begins."""
    changed = bytearray(DATA)
    struct.pack_into("<i", changed, 8, 8 + len(LINES[0]) + 40)
    found, problems = read(bytes(changed))
    assert [item.text for item in found] == list(LINES)
    assert "runs into the next one" in problems[0][1]


def test_bytes_in_between() -> None:
    """They are reported, and nothing is lost."""
    record = critlog_record(TIME, "x")
    found, problems = read(b"garbage" + record + b"\0\0" + record)
    assert [item.offset for item in found] == [7, 7 + len(record) + 2]
    assert [place for place, _ in problems] == [0, 7 + len(record)]


@pytest.mark.parametrize("time", [float("nan"), float("inf"), -1.0, 1e300])
def test_what_is_no_time(time: float) -> None:
    """The text is kept."""
    found, _ = read(critlog_record(time, "x"))
    assert (found[0].time, found[0].text) == (None, "x")


def test_mutations() -> None:
    """Changed bytes never break the reader."""
    source = random.Random(12)
    for _ in range(2000):
        changed = bytearray(DATA)
        for _ in range(source.randint(1, 6)):
            changed[source.randrange(len(changed))] = source.randrange(256)
        found, problems = read(bytes(changed))
        assert all(0 <= item.offset < len(DATA) for item in found)
        assert all(0 <= place <= len(DATA) for place, _ in problems)


def test_log_names() -> None:
    """The name has the local time of the beginning."""
    found = critlog.read_log_name("critlog-2025-1-2_3-4-5.678.txt")
    assert found == critlog.LogName("critlog", (2025, 1, 2, 3, 4, 5, 678))
    found = critlog.read_log_name("log-2025-01-02_03-04-05.006.txt")
    assert found == critlog.LogName("log", (2025, 1, 2, 3, 4, 5, 6))
    for name in ("critlog.txt", "critlog-2025-1-2_3-4-5.678.txt.gz", "xlog-1.txt"):
        assert critlog.read_log_name(name) is None


def test_log_lines() -> None:
    """Lines of ordinary logs."""
    found = critlog.read_log_line("[Network] 2025-1-2 3:4:5.678 connected [ok]\n")
    assert found == critlog.LogLine(
        "Network", (2025, 1, 2, 3, 4, 5, 678), "connected [ok]"
    )
    for line in ("", "text", "[x] 2025-1-2 text", "x" * 10_000):
        assert critlog.read_log_line(line) is None
