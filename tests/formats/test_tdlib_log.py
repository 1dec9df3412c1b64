"""TDLib's event log: vectors, real logs, damage; and the state that it tells."""

from __future__ import annotations

import io
import random
import struct
import zlib
from pathlib import Path

import pytest

from telegram_forensics.formats import (
    tdlib_binlog,
    tdlib_paths,
    tdlib_pending,
    tdlib_side_files,
    tdlib_state,
    tdlib_values,
)
from telegram_forensics.formats.errors import FormatError
from tests import tdlib_samples
from tests.builders import tdlib as build

HEAD = bytes.fromhex(
    "800000000000000000000000fdffffff0000000000000000000000000000000020ada34d9eaec4fa"
    "8715b378b34bfe090fdee0da8b3b2111c12fc61a6e0de8230400000010921bca4d1855caf1852a37"
    "c06f08953800000020c005529edd51a81615de78e5f67cf7910a7a5d3b2ead736d383bcbf5633baf"
    "d4000000786d7ca1"
)
CIPHERTEXT = bytes.fromhex(
    "a7b01b02e24529d01664255af4959eac00db169e4ec874cb5f57630fe1a6a89a453028c828c2af8d"
    "00525c1ea5ddd00fd657b7c91cfc2b1bfe3fa9adbd940e8236b32465edc5c172b6536247b214c241"
)
RECORD = bytes.fromhex(
    "500000000100000000000000274300000000000000000000000000000a73716c6974655f6b657900"
    "203d6d3187f164c66b13ae4bdaf63ec501719ab8255a3f05aa97ba4293c6dc7e32000000f1025f10"
)
OWN_ID = f"{8365841295548828778:016x}"  # Specification 11.6, auth2.


def record(number: int, kind: int, payload: bytes, flags: int = 0) -> bytes:
    """A record of a log in clear."""
    payload += bytes(-len(payload) % 4)
    data = struct.pack("<IQiiQ", len(payload) + 32, number, kind, flags, 0) + payload
    return data + struct.pack("<I", zlib.crc32(data))


def entry(name: str, value: bytes) -> bytes:
    """Payload of an entry of the key-value store."""

    def text(data: bytes) -> bytes:
        found = bytes([len(data)]) + data
        return found + bytes(-len(found) % 4)

    return text(name.encode()) + text(value)


def read(data: bytes, *keys: bytes) -> tdlib_binlog.Binlog:
    """Reads a log."""
    return tdlib_binlog.read_binlog(io.BytesIO(data), keys or (b"",), "td.binlog")


def test_vector_without_key() -> None:
    """Specification 11.1."""
    encryption = tdlib_binlog.read_encryption(HEAD)
    assert encryption is not None
    assert encryption.iv.hex() == "921bca4d1855caf1852a37c06f089538"
    key = encryption.derive(b"")
    assert key is not None and key == encryption.derive(b"cucumber")
    assert key.hex() == (
        "ef4298da75969979bd1060092a640dd03dfa23dfc6e3da1f2670bc6063fc18db"
    )
    assert encryption.derive(b"other") is None
    log = read(HEAD + CIPHERTEXT)
    (found,) = log.records
    assert (found.identifier, found.kind, found.offset) == (1, 0x4327, 128)
    assert found.payload == RECORD[28:-4]
    state = tdlib_state.read_state(log)
    assert [key.hex() for key in state.database_keys] == [
        "3d6d3187f164c66b13ae4bdaf63ec501719ab8255a3f05aa97ba4293c6dc7e32"
    ]


def test_signature() -> None:
    """33 bytes that every encrypted log begins with (specification 2.2)."""
    assert HEAD[:33] == tdlib_binlog.SIGNATURE


def test_vector_with_key() -> None:
    """Specification 11.2."""
    encryption = tdlib_binlog.BinlogEncryption(
        bytes.fromhex(
            "10e4d073a64c589f77e7acf70045e0c00965137cf1b80fc8644e649e729f1b33"
        ),
        bytes.fromhex("c35539f031a883afa8f9594230d4e458"),
        bytes.fromhex(
            "2428d90c9301cfcc107b2db8972ce90b973980e03e629991a3627233daee6bfc"
        ),
        128,
    )
    key = encryption.derive(b"my secret key 32 bytes long 12345")
    assert key is not None and key.hex() == (
        "bd736623abb56c281296496a5c789e77754219e267980f59056504e0fcbfe9cf"
    )


def test_wrong_key_locks() -> None:
    """Nothing of a locked log is read, and it is no error."""
    data = bytearray(HEAD + CIPHERTEXT)
    log = read(bytes(data), b"wrong", b"worse")
    assert log.is_locked and not log.records and log.key_number is None


def test_replay() -> None:
    """Rewritten, erased, partial and ignored records (specification 2.3)."""
    rewrite, partial = 1, 2
    data = b"".join(
        (
            record(1, 0x1F18, b"one"),
            record(2, 0x1F18, b"two"),
            record(3, 0x1F18, b"three"),
            record(2, 0x1F18, b"again", rewrite),
            record(3, -2, b"", rewrite),
            record(9, 0x1F18, b"ahead", rewrite),
            record(4, 0x1F18, b"of nothing", rewrite),
            record(10, 0x1F18, b"first half", partial),
            record(11, 0x1F18, b"second half"),
            record(12, 0x1F18, b"never", partial),
        )
    )
    states = [(item.identifier, item.state) for item in read(data).records]
    assert states == [
        (1, "current"),
        (2, "overwritten"),
        (3, "removed"),
        (2, "current"),
        (9, "current"),
        (4, "ignored"),
        (10, "current"),
        (11, "current"),
        (12, "ignored"),
    ]


def test_truncation() -> None:
    """Cut anywhere, all records before the cut come out and the rest is named."""
    data = b"".join(record(n, 0x1F18, entry(f"k{n}", b"Sx")) for n in range(1, 6))
    size = len(data) // 5
    for length in range(len(data)):
        if length < 32:
            with pytest.raises(FormatError):
                read(data[:length])
            continue
        log = read(data[:length])
        assert len(log.records) == length // size
        assert bool(log.issues) == bool(length % size)


def test_records_behind_damage() -> None:
    """TDLib ends at the damage; we go on, and say that the order is not known."""
    parts = [record(n, 0x1F18, entry(f"k{n}", b"Sx")) for n in range(1, 6)]
    data = bytearray(b"".join(parts))
    data[len(parts[0]) + 30] ^= 0xFF
    log = read(bytes(data))
    assert [(item.identifier, item.state) for item in log.records] == [
        (1, "current"),
        (3, "stray"),
        (4, "stray"),
        (5, "stray"),
    ]
    assert [issue.offset for issue in log.issues] == [len(parts[0])]


def test_mutations() -> None:
    """Whatever is in the file: no other error than the documented one, and soon."""
    source = random.Random(7)
    data = b"".join(
        record(
            n, source.choice((0x4327, 0x1F18, 0x100, 0x501)), entry("auth2", b"x" * n)
        )
        for n in range(1, 40)
    )
    for _ in range(400):
        changed = bytearray(data)
        for _ in range(source.randrange(1, 12)):
            changed[source.randrange(len(changed))] = source.randrange(256)
        try:
            log = read(bytes(changed))
        except FormatError:
            continue
        tdlib_state.read_state(log)


@pytest.mark.parametrize("name", [*tdlib_samples.UPDATES, *tdlib_samples.ARCHIVES])
def test_real_logs(name: str, tmp_path: Path) -> None:
    """Every log of the real library is read to its end, with its key only."""
    sample = tdlib_samples.load(name, tmp_path)
    data = (sample.folder / "td.binlog").read_bytes()
    if sample.key:
        assert read(data).is_locked
    log = read(data, b"", sample.key.encode())
    assert not log.is_locked and not log.issues and log.records
    state = tdlib_state.read_state(log)
    assert not state.issues
    if "unauthorized" in name:
        assert state.user is None and state.key_of_home() is None
        return
    assert state.state == "ok" and state.login
    key = state.key_of_home()
    assert key is not None and key.is_authorized and key.created
    assert key.created <= state.login + 60
    if name in tdlib_samples.UPDATES:
        assert (state.user, state.phone) == (111222333, "15550001122")
        assert key.identifier == OWN_ID
        devices = {other.device for other in state.others}
        expected = {
            update["session"]["device_model"]
            for update in sample.truth
            if update.get("@type") == "updateUnconfirmedSession"
            and update.get("session")
        }
        assert devices == expected or not expected
    else:
        assert state.user == sample.truth["me"]["id"]
        keys = sample.truth["auth_keys_by_dc"]
        for other in state.keys:
            if other.record.state == "current":
                expected = {
                    bytes.fromhex(item["auth_key_id_hex_le_bytes"])[::-1].hex()
                    for item in keys[str(other.data_center)]
                }
                assert other.identifier in expected


def test_values_of_the_specification() -> None:
    """Specification 11.6: new_authorizations, server_time_difference."""
    others = bytes.fromhex(
        "3d00000001000000000000008877665544332211731f026b2054656c656772616d204465736b746f"
        "7020352e302c2057696e646f77732031300000000f4265726c696e2c204765726d616e79"
    )
    difference = bytes.fromhex("00000000a02491bf6eba2cec87c0da41")
    log = read(
        record(1, 0x4327, entry("new_authorizations", others))
        + record(2, 0x4327, entry("server_time_difference", difference))
    )
    state = tdlib_state.read_state(log)
    (other,) = state.others
    assert (other.hash, other.date) == (0x1122334455667788, 1795301235)
    assert other.device == "Telegram Desktop 5.0, Windows 10"
    assert other.location == "Berlin, Germany"
    assert state.clock_difference == pytest.approx(-0.016741275787)
    (contact,) = state.traces
    assert contact.kind == "server_contact"
    assert contact.time == pytest.approx(1795301296.698879)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (444555666, ("user", 444555666)),
        (-555, ("group", 555)),
        (-999_999_999_999, ("group", 999_999_999_999)),
        (-1_001_234_567_890, ("channel", 1_234_567_890)),
        (-2_000_000_000_000 + 77, ("secret", 77)),
        (-2_000_000_000_000 - 77, ("secret", -77)),
        (-2_002_147_483_649, ("channel", 1_002_147_483_649)),
        (-1_997_852_516_352, ("channel", 997_852_516_352)),
        (0, ("unknown", 0)),
    ],
)
def test_dialog_ids(value: int, expected: tuple[str, int]) -> None:
    """Specification 7.1: the secret range is tested before the channels'."""
    assert tdlib_values.read_dialog_id(value) == expected


def test_message_ids() -> None:
    """Server, unsent, local and scheduled messages."""
    assert tdlib_values.read_message_id(201 << 20).server == 201
    unsent = tdlib_values.read_message_id(62914561)
    assert (unsent.kind, unsent.server) == ("unsent", None)
    assert tdlib_values.read_message_id((5 << 20) + 2).kind == "local"
    date = 1795301288
    scheduled = tdlib_values.read_message_id((date - (1 << 30)) << 21 | 9 << 3 | 4)
    assert (scheduled.scheduled, scheduled.server) == (date, 9)


@pytest.mark.parametrize(
    ("layout", "size"), [(">Biqi", 17), (">Bqqi", 21), (">iqqi", 24)]
)
def test_accounts_of_telegram_x(layout: str, size: int) -> None:
    """Three layouts, told apart by the size of an entry alone."""
    assert struct.calcsize(layout) == size
    data = struct.pack(">ii", 2, 1)
    data += struct.pack(layout, 0, 111222333, 1795301288123, 0)
    data += struct.pack(layout, 1, 0, 1795301299456, 1)
    first, second = tdlib_side_files.read_account_slots(data)
    assert (first.user, first.modified) == (111222333, 1795301288123000)
    assert (second.user, second.flags) == (None, ["unauthorized"])
    assert second.is_preferred and not first.is_preferred
    assert second.offset == 8 + size
    for length in range(len(data)):
        if length not in (8 + 2 * 17, 8 + 2 * 21, 8 + 2 * 24):
            with pytest.raises(FormatError):
                tdlib_side_files.read_account_slots(data[:length])


def test_log_lines() -> None:
    """Lines of specification 9; others tell nothing of keys."""
    key = 8365841295548828778
    line = (
        f"[ 2][t 4][1795301296.698879123][AuthDataShared.cpp:108][#1][!Td][&x]\t"
        f"DcId{{2}} [auth_key_id:{key}][state:OK][created_at:1795301185.0]"
        f"[last_used:1795304785.0]"
    )
    found = tdlib_side_files.read_log_line(line, 7)
    assert found is not None
    assert (found.kind, found.data_center, found.offset) == ("auth_key", 2, 7)
    assert found.key == "741970558c7b4c6a"
    assert found.time == 1795301296698879
    line = (
        f"[ 2][t 4][1795301297.5][Session.cpp:300]\tGenerate new session_id 99 for "
        f"auth key {key} for main DC2"
    )
    found = tdlib_side_files.read_log_line(line, 0)
    assert found is not None and found.kind == "session_started"
    assert found.key == "741970558c7b4c6a" and found.time == 1795301297500000
    assert (
        tdlib_side_files.read_log_line("[ 2][t 4][1795301297.5][x]\tother", 0) is None
    )
    assert tdlib_side_files.read_log_line("no line", 0) is None


def test_lines_of_a_log_are_cut() -> None:
    """A line without end takes no memory."""
    chunks = iter([b"a\nb", b"b\n", b"x" * 5000, b"\n", b"end"])
    found = list(tdlib_side_files.split_lines(chunks, 100))
    assert [offset for offset, _ in found][:2] == [0, 2]
    assert found[0][1] == "a" and found[1][1] == "bb" and found[-1][1] == "end"
    assert max(len(line) for _, line in found) <= 100


def _state(*records: bytes) -> tdlib_state.TdlibState:
    return tdlib_state.read_state(read(b"".join(records)), "td.binlog")


def test_login_notices() -> None:
    """Messages of the service account about logins, with their dates."""
    value = build.entry("auth_notification_ids", "12,1795301281,13,1795301299")
    state = _state(build.record(1, build.KEY_VALUE, value))
    assert [(trace.kind, trace.time, trace.details) for trace in state.traces] == [
        ("login_notice", 1795301281, "notice 12"),
        ("login_notice", 1795301299, "notice 13"),
    ]
    state = _state(
        build.record(1, build.KEY_VALUE, build.entry("auth_notification_ids", "12,x"))
    )
    assert not state.traces and "notice of a login" in state.issues[0].reason


def test_notifications() -> None:
    """A notification of a message, and one of its edit."""
    head = build.i32(61) + build.flags(0, 2, 4, 5, 6) + build.i64(build.FRIEND)
    body = build.i64(7 << 20) + build.i64(build.FRIEND) + build.text("Bob")
    body += build.i32(build.DATE) + build.text("MESSAGE_TEXT") + build.text("words")
    edit = build.i32(61) + build.flags(0, 1) + build.i64(build.FRIEND, 7 << 20)
    edit += build.i32(build.DATE + 5) + build.text("MESSAGE_TEXT") + build.text("new")
    state = _state(build.record(1, 0x200, head + body), build.record(2, 0x201, edit))
    first, second = (tdlib_pending.read_push(record) for record in state.push)
    assert (first.dialog, first.message, first.sender) == (
        build.FRIEND,
        7,
        build.FRIEND,
    )
    assert (first.sender_name, first.text, first.is_edit) == ("Bob", "words", False)
    assert (second.message, second.text, second.date) == (7, "new", build.DATE + 5)
    assert second.is_edit


def test_forward_of_several() -> None:
    """Each message of a request, until one whose end is not known."""
    texts = ("one", "two", "three")
    parts = [
        build.message(build.text_content(words), random_id=number)[4:]
        for number, words in enumerate(texts, 1)
    ]
    head = build.i32(61) + build.flags(0) + build.i64(build.FRIEND, build.OWN)
    head += build.vector(build.i64(1 << 20))
    (record_found,) = _state(
        build.record(1, build.FORWARD, head + build.vector(*parts))
    ).messages
    found = tdlib_pending.read_pending(record_found)
    assert [(item.message.facts.text, item.left) for item in found] == [
        (words, 0) for words in texts
    ]
    parts[1] = build.message(build.i32(71) + bytes(8), random_id=2)[4:]
    (record_found,) = _state(
        build.record(1, build.FORWARD, head + build.vector(*parts))
    ).messages
    found = tdlib_pending.read_pending(record_found)
    assert [(item.message.random_id, item.left) for item in found] == [(1, 0), (2, 1)]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/data/data/org.x.y/files/tdlib/td.binlog", ("org.x.y", 0, 0)),
        ("/data/data/org.x.y/files/tdlib12/td.binlog", ("org.x.y", 0, 12)),
        ("/data/user/10/org.x.y/files/tdlib/td.binlog", ("org.x.y", 10, 0)),
        (
            "/mnt/expand/ab-cd/user/10/org.x.y/files/tdlib1/db.sqlite",
            ("org.x.y", 10, 1),
        ),
        # The data partition alone.
        ("/data/org.x.y/files/tdlib/td.binlog", ("org.x.y", 0, 0)),
        ("/user/10/org.x.y/files/tdlib/td.binlog", ("org.x.y", 10, 0)),
        ("/Dump/data/data/org.x.y/files/tdlib/td.binlog", ("org.x.y", 0, 0)),
        ("/home/ana/data/org.x.y/files/tdlib/td.binlog", (None, None, None)),
        ("/home/ana/.tdlib/td.binlog", (None, None, None)),
        (
            "\\Users\\a\\AppData\\Local\\Packages\\38833FF26BA1D.UnigramPreview_g9"
            "\\LocalState\\3\\td.binlog",
            (None, None, 3),
        ),
    ],
)
def test_applications(path: str, expected: tuple[object, ...]) -> None:
    """Package, Android user and slot of a path."""
    found = tdlib_paths.find_application(path)
    assert (found.package, found.android_user, found.slot) == expected


def test_numbers_of_any_length_in_the_text_log() -> None:
    """Digits without end are no numbers, and end nothing."""
    start = "[ 3][t 1][1735690000.123456][x.cpp:1]\t"
    digits = "7" * 5000
    for rest in (
        f"DcId{{{digits}}} x [auth_key_id:5][state:OK]",
        f"DcId{{2}} x [auth_key_id:{digits}][state:OK]",
        "DcId{2} x [auth_key_id:5][state:OK][created_at:1.2.3]",
        f"Generate new session_id {digits} for auth key 5 for DC{digits}",
    ):
        tdlib_side_files.read_log_line(start + rest, 0)
