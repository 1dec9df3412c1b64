"""Decoders of remote control logs under damage, and with lines made to slow them."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telegram_forensics.formats import (
    remote_ammyy,
    remote_anydesk,
    remote_anydesk_lists,
    remote_configuration,
    remote_records,
    remote_rustdesk,
    remote_teamviewer_connections,
    remote_teamviewer_log,
    remote_text,
    remote_vnc,
    remote_vnc_others,
)
from tests import helpers
from tests.builders import remote_access as samples

Decoder = Callable[[], remote_records.LogDecoder]

LOGS: dict[str, tuple[Decoder, list[str]]] = {
    "incoming": (
        lambda: remote_teamviewer_connections.ConnectionsDecoder("incoming"),
        [*samples.INCOMING_ROWS, samples.OUTGOING_ROW],
    ),
    "outgoing": (
        lambda: remote_teamviewer_connections.ConnectionsDecoder("outgoing"),
        [samples.OUTGOING_ROW] * 3,
    ),
    "teamviewer": (
        remote_teamviewer_log.TeamViewerLogDecoder,
        [*samples.teamviewer_header(), *samples.teamviewer_session()],
    ),
    "anydesk": (remote_anydesk.AnyDeskTraceDecoder, list(samples.ANYDESK_LINES)),
    "connections": (
        remote_anydesk_lists.ConnectionTraceDecoder,
        list(samples.CONNECTION_TRACE),
    ),
    "transfers": (
        remote_anydesk_lists.FileTransferTraceDecoder,
        [samples.TRANSFER_TRACE],
    ),
    "rustdesk": (remote_rustdesk.RustDeskLogDecoder, list(samples.RUSTDESK_LINES)),
    "ammyy": (remote_ammyy.AmmyyLogDecoder, list(samples.AMMYY_LINES)),
    "ultravnc": (remote_vnc.UltraVncLogonDecoder, list(samples.ULTRAVNC_LINES)),
    "winvnc": (
        remote_vnc.WinVncDecoder,
        ["2024-03-02 20:11:05", "x : client connected : a (1)", "2024-03-02 20:11:06"],
    ),
    "tightvnc": (
        remote_vnc_others.TightVncDecoder,
        ["[ 1/ 2] 2024-03-02 20:11:05 ! text"],
    ),
    "realvnc": (
        lambda: remote_vnc_others.ConnectionsLogDecoder("RealVNC", "incoming"),
        [
            "2024-03-02T20:11:05Z x: Connections: connected: 1.2.3.4::5 (TCP)",
            "Sat Mar  2 20:11:05 2024",
            " Connections: authenticated: 1.2.3.4::5, as olga (f permissions)",
        ],
    ),
    "conf": (
        lambda: remote_configuration.SettingsDecoder("AnyDesk"),
        ["ad.anynet.id=294433414", "[a]", "b = 'c'"],
    ),
    "json": (
        lambda: remote_configuration.JsonSettingsDecoder("Chrome Remote Desktop"),
        ['{"host_id": "x", "list": [{"password": "secret"}], "deep": {"a": 1}}'],
    ),
}
by_log = pytest.mark.parametrize("name", LOGS)


def decode(name: str, data: bytes) -> Iterator[remote_records.Record]:
    """Decodes a file, with what a parser would do with its records."""
    decoder = LOGS[name][0]()
    if decoder.needs_survey:
        decoder.survey(remote_text.read_lines([data], "cp1252"))
    for record in decoder.read(remote_text.read_lines([data], "cp1252")):
        for moment in record.moments:
            moment.iso()
        yield record
    coverage = decoder.coverage
    counts = [count for count, _ in coverage.reasons.values()]
    assert max(counts, default=0) <= coverage.number_of_damaged <= sum(counts)
    assert all(str(issue) for issue in coverage.issues(name))


@by_log
def test_sample(name: str) -> None:
    """The sample is understood: none of its lines is damaged."""
    decoder, lines = LOGS[name]
    made = decoder()
    text = [remote_text.TextLine(index, line) for index, line in enumerate(lines)]
    made.survey(text)
    assert list(made.read(text))
    assert made.coverage.reasons == {}


@by_log
def test_every_truncation(name: str) -> None:
    """A file that ends anywhere."""
    data = "\r\n".join(LOGS[name][1]).encode()[-1500:]
    for damaged in helpers.every_truncation(data):
        list(decode(name, damaged))


@by_log
def test_mutations(name: str) -> None:
    """Damaged files."""
    data = "\r\n".join(LOGS[name][1]).encode()
    for damaged in helpers.mutations(data, 150, name):
        list(decode(name, damaged))


@by_log
def test_shuffled_numbers(name: str) -> None:
    """Digits become others: days, offsets and numbers that do not exist."""
    text = "\r\n".join(LOGS[name][1])
    for digit in "039":
        for other in "0123456789":
            list(decode(name, text.replace(digit, other).encode()))


WORDS = sorted(
    {
        word
        for _, lines in LOGS.values()
        for line in lines
        for word in (*line.split(), f"{line}\n")
    }
)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from([*WORDS, "\t", "  ", " - ", "\n", "[", "\u2028"])))
def test_words_in_any_order(words: list[str]) -> None:
    """Lines of words that the decoders look for."""
    data = " ".join(words).encode()
    for name in LOGS:
        list(decode(name, data))


# Lines of a quarter of a megabyte that would take a backtracking expression for ever.
_TIME = "2024-03-02 20:11:05.101"
_TEAMVIEWER = "2024/02/16 06:16:32.444  2216       2492 S0   "
_HEADS = (
    "",
    "1660360496\t",
    "1660360496 16-02-2024 14:16:32 ",
    _TEAMVIEWER,
    f"{_TEAMVIEWER}UDPv4: ",
    f"{_TEAMVIEWER}Negotiating session encryption: ",
    f"   info {_TIME} back 1 2 3 app.session - ",
    f"   info {_TIME} ",
    "   info 2024-03-02 20:11:05 back 1 2 3 anynet.relay_conn - External address: ",
    "Incoming\t2024-03-02, 20:11\t",
    "[2024-03-02 23:11:05.123456 +03:00] DEBUG [src/a.rs:1] ",
    "[2024-03-02 23:11:05.123456 +03:00] DEBUG [src/a.rs:1] #1 Connection opened from ",
    "20240302-23:11:05.000002E8 - [0] PASSED authorization ",
    "02/03/2024 20:11:05\tAuthentication accepted from 1.2.3.4 ",
    "2024-03-02T20:11:05Z x: Connections: authenticated: 1.2.3.4::5, as ",
    "[ 1/ 2] 2024-03-02 20:11:05 ! ",
    "Start: ",
)
_FILLERS = (
    " ",
    "\t",
    "1",
    "a",
    "(",
    " (",
    "punch ",
    "direct ",
    " using ",
    "16-02-2024 14:16:32 ",
    "2024-03-02, 20:11 ",
    "1:1",
    "- ",
    "Connections: closed: ",
    "a=",
    "[] ",
    "12.34.",
)


@pytest.mark.parametrize("filler", _FILLERS)
def test_long_lines_are_no_trap(filler: str) -> None:
    """Every decoder takes a long line in a moment, whatever it begins with."""
    for head in _HEADS:
        size = remote_text.MAXIMUM_LINE_SIZE - len(head) - 10
        line = f"{head}{filler * (size // len(filler))}\n".encode()
        for name in LOGS:
            started = time.process_time()
            list(decode(name, line))
            assert time.process_time() - started < 1.0, (name, head)


def test_open_sessions_are_bounded() -> None:
    """Sessions that never end are given out, not kept."""
    hello = "Negotiating session encryption: client hello received from {}, RSA"
    for name, text in (
        ("teamviewer", f"{_TEAMVIEWER}{hello}"),
        (
            "anydesk",
            f"   info {_TIME} back 1 2 app.backend_session - Incoming session request: "
            "x ({})",
        ),
        (
            "rustdesk",
            "[2024-03-02 23:11:05.123456 +03:00] DEBUG [src/a.rs:1] "
            "#{} Connection opened from a.",
        ),
        ("ammyy", "20240302-23:11:05.0 - [{}] PASSED authorization remoteId=1;"),
        (
            "ultravnc",
            "02/03/2024 20:11:07\tPassword authentication accepted from 1.1.1.1 "
            "(ID:{})",
        ),
        ("realvnc", "2024-03-02T20:11:05Z x: Connections: connected: 1.2.3.4::{} (T)"),
    ):
        decoder = LOGS[name][0]()
        lines = (
            remote_text.TextLine(number, text.format(10000000 + number))
            for number in range(3000)
        )
        most = 0
        count = 0
        for record in decoder.read(lines):
            most = max(most, len(getattr(decoder, "_open", ())))
            count += record.is_session or record.event_kind == "connection_attempt"
        assert count == 3000, name
        assert most <= 256, name


# Secrets.


@pytest.mark.parametrize(
    "text",
    [
        "ad.anynet.pwd_hash=c0ffee",
        "ad.anynet.pwd_salt=c0ffee",
        "ad.anynet.cert=-----BEGIN c0ffee",
        "ad.anynet.pkey=c0ffee",
        "enc_id = 'c0ffee'",
        "password = 'c0ffee'",
        "key_pair = [c0ffee]",
        "passwd=c0ffee",
        "passwd2=c0ffee",
        "server_password=c0ffee",
        "damaged_nam=-----BEGIN PRIVATE c0ffee",
    ],
)
def test_secrets_of_settings(text: str) -> None:
    """That they are set is told, not what they are."""
    (record,) = decode("conf", text.encode())
    assert "c0ffee" not in repr(record)
    assert record.setting_value is not None
    assert record.setting_value.startswith("set (")


def test_secrets_of_json() -> None:
    """Wherever they stand."""
    data = b"""{"private_key": "c0ffee", "a": [{"refresh_token": "c0ffee"}],
    "b": {"c": {"d": {"e": {"f": {"g": {"password": "c0ffee"}}}}}},
    "host_id": "123", "n": null, "x": true}"""
    records = list(decode("json", data))
    assert "c0ffee" not in repr(records)
    values = {record.setting_name: record.setting_value for record in records}
    assert values["host_id"] == "123"
    assert (values["n"], values["x"]) == ("null", "true")


def test_json_that_is_none() -> None:
    """It is counted, and nothing of it is given out."""
    for data in (b"{", b"[" * 100000, b"\x00" * 500, b"x" * 2000000):
        decoder = LOGS["json"][0]()
        assert not list(decoder.read(remote_text.read_lines([data], "cp1252")))
        assert decoder.coverage.number_of_damaged


def test_memory_stays_flat() -> None:
    """A log of 4 MB takes little more than one of 1 MB."""
    block = "\r\n".join([*samples.teamviewer_header(), *samples.teamviewer_session()])
    data = f"{block}\r\n".encode()
    peaks = []
    for megabytes in (1, 4):
        count = megabytes * 2**20 // len(data)
        decoder = LOGS["teamviewer"][0]()
        tracemalloc.start()
        lines = remote_text.read_lines((data for _ in range(count)), "cp1252")
        sessions = sum(record.is_session for record in decoder.read(lines))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert sessions == count
    assert peaks[1] < peaks[0] + 200000
