"""Logs, dumps and marks of Telegram Desktop."""

from __future__ import annotations

import datetime
import hashlib
import random
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telegram_forensics.formats import tdesktop_log_lines as log_lines
from telegram_forensics.formats import tdesktop_logs as logs
from telegram_forensics.formats import tdesktop_marks as marks
from telegram_forensics.formats import tdesktop_mtp_dump as mtp_dump
from telegram_forensics.formats import tdesktop_mtp_history as mtp_history
from telegram_forensics.formats import tdesktop_mtp_records as mtp_records
from telegram_forensics.formats import tdesktop_mtp_summary as mtp_summary
from telegram_forensics.formats.tdesktop_logs import LogKind
from tests.parsers import support

NORMAL = (
    "[2026.03.29 01:59:59] Launched version: 6001002, install beta: [FALSE]\n"
    "[2026.03.29 03:00:00] Choosing gl\n"
    ' ("xcb_glx", "xcb_egl")\n'
    "[2026.03.29 03:00:01] Working dir: /home/zoë/\n"
).encode()
SEND = """(dc:2_main) Send: { core_message
  msg_id: 7710764799920951912 [LONG],
  body: { messages_sendMessage
    flags: 128 [INT],
    silent: [ SKIPPED BY BIT 5 IN FIELD flags ],
    clear_draft: YES [ BY BIT 7 IN FIELD flags ],
    peer: { inputPeerUser
      user_id: 6477001122 [LONG],
    },
    reply_to: { inputReplyToMessage
      reply_to_msg_id: 12 [INT],
    },
    message: "a \\"b\\" \\\\ c\\nd }, [ vector<0x0> (1)" [STRING],
    random_id: 18079154173121880852 [LONG],
    entities: [ vector<0x1cb5c415> (0) ],
  },
} (dc:2,key:2786365641523671994)"""


def read(data: bytes, size: int = 1 << 20) -> list[logs.LogEntry]:
    """Entries of a log that comes in pieces."""
    chunks = [data[start : start + size] for start in range(0, len(data), size)]
    return list(logs.read_entries(chunks))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("log.txt", LogKind.NORMAL),
        ("LOG.TXT", LogKind.NORMAL),
        ("log_start0.txt", LogKind.START),
        ("log_23_45.txt", LogKind.DEBUG),
        ("tcp_00_00.txt", LogKind.CONNECTIONS),
        ("mtp_00_15.txt", LogKind.PROTOCOL),
        ("log_start10.txt", None),
        ("mylog.txt", None),
        ("last_openal_log.txt", None),
    ],
)
def test_names(name: str, kind: LogKind | None) -> None:
    """Logs are known by their names."""
    assert logs.log_kind(name) is kind


def test_normal_log() -> None:
    """Entries with local time, offset and the lines that continue them."""
    entries = read(NORMAL)
    assert [entry.moment for entry in entries] == [
        datetime.datetime.fromisoformat("2026-03-29T01:59:59"),
        datetime.datetime.fromisoformat("2026-03-29T03:00:00"),
        datetime.datetime.fromisoformat("2026-03-29T03:00:01"),
    ]
    assert [NORMAL[entry.offset :][:1] for entry in entries] == [b"["] * 3
    assert entries[1].text == 'Choosing gl\n ("xcb_glx", "xcb_egl")'
    assert entries[2].text == "Working dir: /home/zoë/"
    assert not any(entry.is_damaged or entry.is_cut for entry in entries)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64])
def test_pieces_do_not_matter(size: int) -> None:
    """However the file is read, the entries are the same."""
    data = b"\xef\xbb\xbf" + NORMAL.replace(b"\n", b"\r\n")
    assert read(data, size) == read(data)
    assert [entry.text for entry in read(data)] == [e.text for e in read(NORMAL)]


def test_debug_log() -> None:
    """The day stands in the first line, milliseconds in each."""
    data = b"20261121\n\n[23:04:48.016 00-0000001] one\n[23:04:48.017 1A-0000002] two\n"
    entries = read(data)
    assert [(entry.moment, entry.text) for entry in entries] == [
        (datetime.datetime.fromisoformat("2026-11-21T23:04:48.016"), "one"),
        (datetime.datetime.fromisoformat("2026-11-21T23:04:48.017"), "two"),
    ]


def test_debug_log_without_day() -> None:
    """Without the day there is no date, and the line keeps its time in the text."""
    (entry,) = read(b"[23:04:48.016 00-0000001] one\n")
    assert (entry.moment, entry.text) == (None, "[23:04:48.016 00-0000001] one")


def test_impossible_times_are_kept_as_text() -> None:
    """A damaged time does not lose the line."""
    (entry,) = read(b"[2026.13.41 25:00:00] x\n")
    assert (entry.moment, entry.text) == (None, "[2026.13.41 25:00:00] x")
    (entry,) = read(b"20261341\n[23:04:48.016 00-0000001] one\n")
    assert entry.moment is None


def test_bytes_that_are_no_text() -> None:
    """Marked, and the rest of the entry is kept."""
    first, second = read(b"[2026.01.01 00:00:00] a\xff\xfeb\n[2026.01.01 00:00:01] c\n")
    assert (first.text, first.is_damaged) == ("a\ufffd\ufffdb", True)
    assert (second.text, second.is_damaged) == ("c", False)


def test_long_entries_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is too long is cut and marked; the next entry is there."""
    monkeypatch.setattr(logs, "MAXIMUM_ENTRY_SIZE", 1000)
    data = b"[2026.01.01 00:00:00] a\n" + b"x" * 5000 + b"\n" + b"y\n" * 2000 + NORMAL
    entries = read(data, 512)
    assert len(entries) == 4
    assert entries[0].is_cut
    assert len(entries[0].text) <= 1000
    assert entries[1:] == [
        logs.LogEntry(e.offset + len(data) - len(NORMAL), e.moment, e.text)
        for e in read(NORMAL)
    ]


def test_truncation_at_every_byte() -> None:
    """What is whole is the same, wherever the file ends."""
    whole = read(NORMAL)
    for size in range(len(NORMAL)):
        entries = read(NORMAL[:size])
        assert entries[:-1] == whole[: max(len(entries) - 1, 0)]


@given(st.binary(max_size=400), st.integers(1, 64))
def test_anything(data: bytes, size: int) -> None:
    """No input raises; no line is lost."""
    entries = read(data, size)
    assert entries == read(data)
    text = "".join(entry.text for entry in entries)
    assert len(text) <= len(data)


def test_recognition() -> None:
    """Files of other programs under these names are none."""
    assert logs.is_log(LogKind.NORMAL, NORMAL)
    assert not logs.is_log(LogKind.NORMAL, b"2026-01-01 00:00:00 x\n")
    assert logs.is_log(LogKind.CONNECTIONS, b"20261121\n\n")
    assert logs.is_log(LogKind.PROTOCOL, b"20261121\n[23:04:49.229 01-0000202] (dc:2")
    assert not logs.is_log(LogKind.PROTOCOL, b"20261121\nsomething else")


def test_codes_of_lines() -> None:
    """The meanings of the specification's table."""
    lines = {
        "Launched version: 6001002, install beta: [FALSE], alpha: 0": "program_started",
        "Executable path before check: /usr/bin/x": "executable_path",
        "App Info: bad decrypt key, data not decrypted - incorrect password?": (
            "wrong_key"
        ),
        "App Info: could not decrypt pass-protected key from info file, maybe": (
            "wrong_passcode"
        ),
        "App Info: reading encrypted info...": "storage_opened",
        "Export Info: Started export to '/x/'.": "export_started",
        "Export Info: API Error 'TAKEOUT_INIT_DELAY_86400'": "export_deferred",
        "Opened '/x/tdata/working' for reading, the previous Telegram Desktop launch": (
            "unclean_previous_end"
        ),
        "App Info: Detected another instance": "second_instance",
        "Explicitly closing main log and finishing crash handlers.": "restart",
        "Api::Updates prevents quit, sending offline status...": "quit",
        "something": None,
    }
    assert {text: log_lines.log_event(text) for text in lines} == lines


# Dumps.


def test_dump() -> None:
    """Fields of all kinds, escapes, nested objects and vectors."""
    dump = mtp_dump.read_dump(SEND)
    assert dump is not None
    assert (dump.connection, dump.is_sent, dump.is_complete) == ("2_main", True, True)
    assert dump.key_id == 2786365641523671994
    message = dump.root.child("body")
    assert message is not None
    assert message.number("flags") == 128
    assert message.is_set("clear_draft")
    assert not message.is_set("silent")
    assert message.text("message") == 'a "b" \\ c\nd }, [ vector<0x0> (1)'
    assert message.number("random_id") == 18079154173121880852
    assert [item.name for item in mtp_dump.walk(dump.root)] == [
        "core_message",
        "messages_sendMessage",
        "inputPeerUser",
        "inputReplyToMessage",
        "vector",
    ]


def test_dump_that_is_cut_off() -> None:
    """Its beginning is read, wherever it ends."""
    for size in range(len(SEND)):
        dump = mtp_dump.read_dump(SEND[:size])
        if dump is not None:
            assert dump.root.name.startswith("core"[: len(dump.root.name)])
            assert not dump.is_complete or size > SEND.index("key:")


def test_dump_of_any_depth() -> None:
    """Depth is bounded, and what follows is still read."""
    depth = 5000
    lines = ["(dc:2_main) Recv: { core_message"]
    lines += ["a: { b"] * depth + ["}"] * depth
    lines += ["seq_no: 7 [INT],", "} (dc:2,key:5)"]
    dump = mtp_dump.read_dump("\n".join(lines))
    assert dump is not None
    assert (dump.root.number("seq_no"), dump.key_id) == (7, 5)
    assert sum(1 for _ in mtp_dump.walk(dump.root)) <= 64


def test_damaged_dumps() -> None:
    """Nothing raises on a damaged dump."""
    chance = random.Random(4)
    for _ in range(2000):
        text = list(SEND)
        for _ in range(chance.randint(1, 8)):
            text[chance.randrange(len(text))] = chance.choice('{}[]",: \n\\0a')
        dump = mtp_dump.read_dump("".join(text))
        if dump is not None:
            list(mtp_history.MtpHistory().add(0, dump))
            mtp_summary.summarize(dump)


def history(*dumps: str) -> list[mtp_records.Record]:
    """Records of dumps."""
    found: list[mtp_records.Record] = []
    collected = mtp_history.MtpHistory()
    for number, text in enumerate(dumps):
        dump = mtp_dump.read_dump(text)
        assert dump is not None
        found += collected.add(number, dump)
    return found + list(collected.end())


def answer(body: str) -> str:
    """Dump of an answer."""
    return (
        f"(dc:2_main) Recv: {{ core_message\n{body}\n}} (dc:2,key:2786365641523671994)"
    )


def test_sent_message_without_answer() -> None:
    """The request alone gives text, chat, reply and time."""
    (sent,) = history(SEND)
    assert isinstance(sent, mtp_records.SentMessage)
    assert sent.peer == mtp_records.Peer("user", 6477001122)
    assert (sent.sent, sent.date, sent.message_id) == (1795302331, None, None)
    assert (sent.reply_to, sent.error) == (12, None)


def test_sent_message_with_short_answer() -> None:
    """The answer tells id and server's time."""
    (sent,) = history(
        SEND,
        answer(
            "body: { rpc_result\nreq_msg_id: 7710764799920951912 [LONG],\n"
            "result: { updateShortSentMessage\nid: 77 [INT],\ndate: 1795302330 [INT],\n"
            "},\n},"
        ),
    )
    assert isinstance(sent, mtp_records.SentMessage)
    assert (sent.message_id, sent.date) == (77, 1795302330)


def test_refused_message() -> None:
    """A refusal is no sent message, and says why."""
    (sent,) = history(
        SEND,
        answer(
            "body: { rpc_result\nreq_msg_id: 7710764799920951912 [LONG],\n"
            'result: { rpc_error\nerror_code: 400 [INT],\nerror_message: "PEER_FLOOD" '
            "[STRING],\n},\n},"
        ),
    )
    assert isinstance(sent, mtp_records.SentMessage)
    assert sent.error == "PEER_FLOOD"


def test_equal_ids_in_other_chats_are_other_messages() -> None:
    """Ids count per channel: a message with the same id elsewhere is not lost."""
    update = (
        "body: { updates\nupdates: [ vector<0x0> (2)\n{ updateMessageID\nid: 5 [INT],\n"
        "random_id: 18079154173121880852 [LONG],\n},\n"
        "{ message\nid: 5 [INT],\nout: YES [ BY BIT 1 IN FIELD flags ],\n"
        "peer_id: { peerUser\nuser_id: 6477001122 [LONG],\n},\ndate: 9 [INT],\n},\n"
        "{ message\nid: 5 [INT],\npeer_id: { peerChannel\nchannel_id: 3 [LONG],\n},\n"
        "date: 9 [INT],\n},\n],\n},"
    )
    found = history(SEND, answer(update))
    assert [type(record).__name__ for record in found] == ["SeenMessage", "SentMessage"]
    (seen, sent) = found
    assert isinstance(seen, mtp_records.SeenMessage)
    assert isinstance(sent, mtp_records.SentMessage)
    assert seen.peer == mtp_records.Peer("channel", 3)
    assert (sent.message_id, sent.date) == (5, 9)


def test_album_and_forwards() -> None:
    """Each message of an album and each forwarded one has a record."""
    album = """(dc:2_main) Send: { core_message
msg_id: 4294967296 [LONG],
body: { messages_sendMultiMedia
peer: { inputPeerSelf },
multi_media: [ vector<0x1cb5c415> (2)
{ inputSingleMedia
media: { inputMediaPhoto },
random_id: 1 [LONG],
message: "one" [STRING],
},
{ inputSingleMedia
media: { inputMediaUploadedDocument
attributes: [ vector<0x1cb5c415> (1)
{ documentAttributeFilename
file_name: "x.pdf" [STRING],
},
],
},
random_id: 2 [LONG],
message: "" [STRING],
},
],
},
} (dc:2,key:1)"""
    found = history(album)
    assert [
        (item.text, item.media_type, item.file_name, item.peer)
        for item in found
        if isinstance(item, mtp_records.SentMessage)
    ] == [
        ("one", "photo", None, mtp_records.Peer("saved", None)),
        ("", "document", "x.pdf", mtp_records.Peer("saved", None)),
    ]
    forwards = """(dc:2_main) Send: { core_message
msg_id: 4294967296 [LONG],
body: { messages_forwardMessages
from_peer: { inputPeerChat
chat_id: 8 [LONG],
},
id: [ vector<0x1cb5c415> (2)
10 [INT],
11 [INT],
],
random_id: [ vector<0x1cb5c415> (2)
20 [LONG],
21 [LONG],
],
to_peer: { inputPeerChannel
channel_id: 9 [LONG],
},
},
} (dc:2,key:1)"""
    found = history(forwards)
    assert [
        (item.forwarded_id, item.random_id, item.peer)
        for item in found
        if isinstance(item, mtp_records.SentMessage)
    ] == [
        (10, 20, mtp_records.Peer("channel", 9)),
        (11, 21, mtp_records.Peer("channel", 9)),
    ]


def test_summary_tells_no_content() -> None:
    """Methods and errors are named, values are not."""
    dump = mtp_dump.read_dump(SEND)
    assert dump is not None
    summary = mtp_summary.summarize(dump)
    assert summary == mtp_summary.Summary(
        "message_request",
        "request on 2_main, key 26ab28c9c55f33ba: messages_sendMessage",
    )


@pytest.mark.parametrize(
    "name",
    ["desktop-ana-one-account-no-passcode", "desktop-marta-one-account-no-passcode"],
)
def test_real_debug_log(name: str, tmp_path: Path) -> None:
    """All messages of the made-up world, the sent one, sessions and key binding."""
    support.unpack_sample(name, tmp_path)
    (path,) = tmp_path.rglob("mtp_*.txt")
    truth = support.truth(name)
    found = mtp_history.MtpHistory()
    records: list[mtp_records.Record] = []
    data = path.read_bytes()
    for entry in logs.read_entries([data]):
        assert data[entry.offset : entry.offset + 1] == b"["
        dump = mtp_dump.read_dump(entry.text)
        if dump is not None:
            assert dump.is_complete
            records += found.add(entry.offset, dump)
        else:
            assert re.match(r"\(dc:\w+\) \[r\d+\] msg_id", entry.text), entry.text
    records += found.end()
    seen = {
        (item.message_id, item.date, item.is_outgoing, item.text or "")
        for item in records
        if isinstance(item, mtp_records.SeenMessage)
    }
    expected = {
        (item["id"], item["date"], item["out"], item.get("text") or "")
        for chat in truth["world"]["messages"].values()
        for item in chat
    }
    assert seen == expected
    ((peer, message),) = truth["sent"]
    (sent,) = (item for item in records if isinstance(item, mtp_records.SentMessage))
    assert sent.peer == mtp_records.Peer("user", peer[1])
    assert (sent.text, sent.message_id, sent.date) == (
        message["text"],
        message["id"],
        message["date"],
    )
    (account,) = truth["accounts"]
    keys = support.auth_keys(account).values()
    assert set(found.bindings.values()) == {
        int.from_bytes(hashlib.sha1(key).digest()[-8:], "little") for key in keys
    }
    assert found.names.self_id == message["from"]
    sessions = [item for item in records if isinstance(item, mtp_records.SeenSession)]
    assert [item.is_current for item in sessions] == [True, False, False]
    listed = truth["world"]["authorizations"]
    assert [item.ip for item in sessions] == [item["ip"] for item in listed]


# Marks.


def test_crash_report() -> None:
    """The header, with the local time of the start."""
    data = (
        b"Binary: Telegram.exe\r\nApiId: 2040\r\nVersion: 6001002\r\n"
        b"Launched: 03.11.2025 07:08:09\r\nPlatform: Windows64Bit\r\n"
        b"UserTag: 2d91db245bc3e359\r\nUsername: marta_okonjo\r\n\r\nCaught signal 11\n"
    )
    mark = marks.read_crash_report(data)
    assert mark is not None
    assert mark.moment == datetime.datetime.fromisoformat("2025-11-03T07:08:09")
    assert (mark.version, mark.user_tag) == ("6001002", "2d91db245bc3e359")
    assert mark.username == "marta_okonjo"
    assert mark.text.startswith("Binary: Telegram.exe; ApiId: 2040; ")
    for size in range(len(data)):
        marks.read_crash_report(data[:size])
    assert marks.read_crash_report(b"some other file called working") is None


def test_lock_file() -> None:
    """The lines of the lock, with or without the newer ones."""
    mark = marks.read_lock_file(b"4242\nTelegram\nPC-7\nabc-def\nboot\n")
    assert mark is not None
    assert mark.host_name == "PC-7"
    assert mark.text == (
        "process id: 4242; process name: Telegram; host name: PC-7; "
        "machine id: abc-def; boot id: boot"
    )
    assert marks.read_lock_file(b"4242\nTelegram\nPC-7\n") is not None
    assert marks.read_lock_file(b"") is None
    assert marks.read_lock_file(b"x\ny\nz\n") is None


def test_update_log() -> None:
    """The time is in the name."""
    mark = marks.read_update_log("20251103_070809_upd.txt", b"Updating..\r\nDone\r\n")
    assert mark is not None
    assert mark.moment == datetime.datetime.fromisoformat("2025-11-03T07:08:09")
    assert mark.text == "Updating..\r\nDone"
    assert marks.read_update_log("20251399_070809_upd.txt", b"") is None


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("working", marks.MarkKind.CRASH),
        (
            "b97834b87106af0c79facd13ad83d050-{87A94AB0-E370-4cde-98D3-ACC110C5967D}",
            marks.MarkKind.LOCK,
        ),
        ("20251103_070809_upd.txt", marks.MarkKind.UPDATE),
        ("working2", None),
    ],
)
def test_names_of_marks(name: str, kind: marks.MarkKind | None) -> None:
    """Marks are known by their names."""
    assert marks.mark_kind(name) is kind
