"""Drafts, files, caches and logs of real profiles, through plaso's worker."""

from __future__ import annotations

import datetime
import hashlib
import io
from pathlib import Path
from typing import Any

import pytest
from dfvfs.resolver import resolver

from tests.parsers import support

SAMPLES = {
    "desktop-ana-one-account-no-passcode": None,
    "desktop-marta-one-account-no-passcode": None,
    "desktop-marta-two-accounts-passcode": ["Pier7"],
}
PARSERS = "telegram_desktop,telegram_desktop_damaged,telegram_desktop_log"
by_sample = pytest.mark.parametrize(("name", "passcodes"), SAMPLES.items(), ids=SAMPLES)


def run(
    name: str, passcodes: list[str] | None, folder: Path, *, nested: bool = False
) -> support.Extraction:
    """Processes the home folder of a sample."""
    support.unpack_sample(name, folder)
    with support.given_passcodes(passcodes):
        sources = [
            support.os_path_spec(path)
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        ]
        return support.Engine(PARSERS).run(sources, nested=nested)


def seconds(date_time: Any) -> float:
    """A dfDateTime value as seconds since 1970 UTC."""
    return date_time.GetPlasoTimestamp() / 1_000_000


def utc(text: str) -> float:
    """Seconds since 1970 of a time of the ground truth."""
    return datetime.datetime.fromisoformat(text).timestamp()


@by_sample
def test_drafts(name: str, passcodes: list[str] | None, tmp_path: Path) -> None:
    """Every draft with chat, text, account and the time of its file."""
    found = run(name, passcodes, tmp_path)
    truth = support.truth(name)
    expected = [
        (
            str(account["user_id"]),
            draft["peer_type"],
            str(draft["peer_id"]),
            draft["text"],
        )
        for account in truth["accounts"]
        for draft in account["drafts"]
    ]
    drafts = found.of_type("telegram:draft")
    assert sorted(
        (item.account_identifier, item.chat_type, item.chat_identifier, item.text)
        for item in drafts
    ) == sorted(expected)
    written = {path.stat().st_mtime for path in tmp_path.rglob("*s") if path.is_file()}
    for item in drafts:
        assert seconds(item.saved_time) in written
        assert item.attribution_basis == "tdata_draft"
        assert item.session_identifier
    assert found.warnings == []


@by_sample
def test_files(name: str, passcodes: list[str] | None, tmp_path: Path) -> None:
    """Downloads and locations name files that are there, with their size."""
    found = run(name, passcodes, tmp_path)
    downloads = {
        path.name: path
        for path in tmp_path.rglob("Downloads/Telegram Desktop/*")
        if path.is_file()
    }
    files = found.of_type("telegram:file")
    assert files
    roles = {item.file_role for item in files}
    assert roles <= {"download", "location"}
    for item in files:
        path = downloads.get(item.file_path.rpartition("/")[2])
        if path is not None:
            assert path.stat().st_size == item.file_size
            if item.file_written_time is not None:
                assert item.file_written_time.is_local_time
    with_chat = [item for item in files if item.chat_identifier]
    known = {
        (message["id"], chat[1:])
        for chat, messages in support.truth(name)["world"]["messages"].items()
        for message in messages
    }
    for item in with_chat:
        assert (int(item.message_identifier), item.chat_identifier) in known


@by_sample
def test_hashtags(name: str, passcodes: list[str] | None, tmp_path: Path) -> None:
    """The hashtag of the message that was typed into this client."""
    found = run(name, passcodes, tmp_path)
    ((_, sent),) = support.truth(name)["sent"]
    hashtag = next(word for word in sent["text"].split() if word.startswith("#"))
    values = found.settings("written_hashtag")
    assert any(value.startswith(f"{hashtag},") for value in values)


@by_sample
def test_cache_history(name: str, passcodes: list[str] | None, tmp_path: Path) -> None:
    """The creation is the sign-in, and each value is present with its true size."""
    found = run(name, passcodes, tmp_path)
    truth = support.truth(name)
    events = found.of_type("telegram:cache")
    created = [item for item in events if item.cache_event == "created"]
    sign_ins = [
        utc(event["utc"]) for event in truth["events"] if "auth.signIn" in event["what"]
    ]
    start = min(utc(event["utc"]) for event in truth["events"])
    assert len(created) == 2 * len(truth["accounts"])
    for item in created:
        time = seconds(item.cache_created_time)
        # The first slot's database is made at the first start, not at the sign-in.
        assert min(abs(time - other) for other in [*sign_ins, start]) <= 60
        assert item.creation_meaning == "first login or first start in this slot"
    stored = [item for item in events if item.cache_event == "stored"]
    sizes = {value["size"] for value in truth["world"]["files"].values()}
    sizes |= {value.get("size_m") for value in truth["world"]["files"].values()}
    assert stored
    for item in stored:
        assert item.value_state == "present"
        assert item.file_size in sizes
        assert seconds(item.stored_time) >= start
    accounts = {item.account_identifier for item in stored}
    assert accounts <= {str(item["user_id"]) for item in truth["accounts"]}


@by_sample
def test_cached_files(name: str, passcodes: list[str] | None, tmp_path: Path) -> None:
    """Cached files decrypt to exactly the bytes that the service gave out."""
    image = pytest.importorskip("PIL.Image")
    found = run(name, passcodes, tmp_path)
    known = {}
    for value in support.truth(name)["world"]["files"].values():
        known[value["sha256"]] = value
        if "sha256_half_size_m" in value:
            known[value["sha256_half_size_m"]] = value
    pictures = 0
    with support.given_passcodes(passcodes):
        for path_spec in found.sources:
            if "/cache/" not in path_spec.location or "binlog" in path_spec.location:
                continue
            entry = resolver.Resolver.OpenFileEntry(path_spec)
            data = entry.GetFileObject().read()
            assert entry.size == len(data)
            assert hashlib.sha256(data).hexdigest() in known, path_spec.location
            if path_spec.location.endswith((".jpg", ".png", ".webp")):
                image.open(io.BytesIO(data)).load()
                pictures += 1
    assert pictures


@pytest.mark.parametrize("name", [key for key in SAMPLES if "one-account" in key])
def test_debug_log(name: str, tmp_path: Path) -> None:
    """The sent message is tied to the session, the others are not claimed."""
    found = run(name, None, tmp_path)
    truth = support.truth(name)
    (account,) = truth["accounts"]
    (current,) = [
        item
        for item in found.sessions
        if item.attribution_basis == "tdata_authorization"
    ]
    messages = found.of_type("telegram:message")
    sent = [item for item in messages if item.origin == "this_installation"]
    ((_, expected),) = truth["sent"]
    assert [(item.text, item.message_identifier) for item in sent] == [
        (expected["text"], str(expected["id"]))
    ]
    for item in sent:
        assert seconds(item.sent_time) == expected["date"]
        assert (item.origin_basis, item.origin_confidence) == (
            "debug_log_request",
            "certain",
        )
    for item in messages:
        assert item.session_identifier == current.session_identifier
        assert item.account_identifier == str(account["user_id"])
        assert item.attribution_basis == "debug_log_bound_key"
        assert not hasattr(item, "written_time")
    ids = {
        str(message["id"])
        for chat, chat_messages in truth["world"]["messages"].items()
        for message in chat_messages
        if chat != "u777000"
    }
    assert {item.message_identifier for item in messages} == ids | {str(expected["id"])}
    notices = found.of_type("telegram:notice")
    assert {item.notice_type for item in notices} == {"login_code", "new_login"}
    listed = [
        item
        for item in found.sessions
        if item.attribution_basis == "debug_log_bound_key"
    ]
    authorizations = truth["world"]["authorizations"]
    assert [item.ip_address for item in listed] == [
        item["ip"] for item in authorizations
    ]
    own, *others = listed
    # One login, one "current": a list in a log is history.
    assert [item.record_state for item in found.sessions if item.record_state] == [
        "current"
    ]
    assert own.session_identifier == current.session_identifier
    for item, expected_one in zip(others, authorizations[1:], strict=True):
        assert item.session_identifier is None
        assert item.authorization_hash == str(expected_one["hash"])
        assert seconds(item.created_time) == expected_one["created"]
        assert seconds(item.last_active_time) == expected_one["active"]
        assert item.login_device_model == expected_one["device"]
    starts = [
        item
        for item in found.of_type("telegram:log")
        if item.log_event == "program_started"
    ]
    assert {item.client_version for item in starts} == {"4.6.5"}
    assert all(item.recorded_time.is_local_time for item in starts)


def test_key_binding_in_another_log(tmp_path: Path) -> None:
    """A key that was bound a quarter of an hour earlier is found beside the log."""
    name = "desktop-marta-one-account-no-passcode"
    support.unpack_sample(name, tmp_path)
    (log,) = tmp_path.rglob("mtp_*.txt")
    data = log.read_bytes()
    # Behind the two bindings, before the message that is sent.
    cut = data.rindex(b"\n[", 0, data.index(b"messages_sendMessage")) + 1
    assert data.rindex(b"auth_bindTempAuthKey") < cut
    log.write_bytes(data[:cut])
    later = log.with_name("mtp_23_15.txt")
    later.write_bytes(b"20261121\n" + data[cut:])
    found = support.Engine("telegram_desktop_log").run([support.os_path_spec(later)])
    (sent,) = [
        item
        for item in found.of_type("telegram:message")
        if item.origin == "this_installation"
    ]
    assert sent.session_identifier == "ba17aaf2eb518876"
    assert sent.account_name == "Marta Okonjo"
    log.unlink()
    found = support.Engine("telegram_desktop_log").run([support.os_path_spec(later)])
    messages = found.of_type("telegram:message")
    assert {item.session_identifier for item in messages} == {None}
    assert {item.attribution_basis for item in messages} == {"debug_log"}


def test_foreign_logs_are_left_alone(tmp_path: Path) -> None:
    """Logs of other programs under the same name give no Telegram event."""
    path = tmp_path / "log.txt"
    path.write_bytes(b"[2026.01.01 00:00:00] some other program\n")
    found = support.Engine("telegram_desktop_log").run([support.os_path_spec(path)])
    assert (found.event_data, found.warnings) == (
        [item for item in found.event_data if item.data_type == "fs:stat"],
        [],
    )


def test_damaged_logs(tmp_path: Path) -> None:
    """A log whose beginning is zeroed keeps its rest; a zeroed one is reported."""
    support.unpack_sample("desktop-marta-one-account-no-passcode", tmp_path)
    engine = support.Engine("telegram_desktop_log")
    (log,) = tmp_path.rglob("mtp_*.txt")
    data = log.read_bytes()
    normal = log.parent.parent / "log.txt"
    for path, hole in ((log, 5000), (normal, 300)):
        content = path.read_bytes()
        path.write_bytes(bytes(hole) + content[hole:])
        found = engine.run([support.os_path_spec(path)])
        assert found.event_data
        assert any("does not begin like a log" in text for text in found.warnings)
    for path in (log, normal):
        path.write_bytes(bytes(4000))
        found = engine.run([support.os_path_spec(path)])
        assert not found.of_type("telegram:log")
        assert any("does not begin like a log" in text for text in found.warnings)
    # Cut inside the answer to the message: sent, its answer unknown.
    log.write_bytes(data[: data.index(b"{ updateMessageID")])
    found = engine.run([support.os_path_spec(log)])
    (sent,) = [
        item
        for item in found.of_type("telegram:message")
        if item.origin == "this_installation"
    ]
    assert (sent.message_identifier, sent.text) == (None, "ok sent #invoice2023")
    assert "not in this log" in sent.service_details
    assert any("cut off" in text for text in found.warnings)


def test_marks(tmp_path: Path) -> None:
    """A crash report, a lock and an update log give an event each."""
    tdata_folder = support.unpack_sample(
        "desktop-ana-one-account-no-passcode", tmp_path
    )
    crash = tdata_folder / "working"
    crash.write_bytes(
        b"Binary: telegram-desktop\nApiId: 2040\nVersion: 4006005\n"
        b"Launched: 21.11.2026 23:19:08\nUsername: anasod\nUserTag: 1f\n"
    )
    lock = tmp_path / (
        "b97834b87106af0c79facd13ad83d050-{87A94AB0-E370-4cde-98D3-ACC110C5967D}"
    )
    lock.write_bytes(b"77\nTelegram\nPC-ANA\n")
    update = tmp_path / "20261121_231500_upd.txt"
    update.write_bytes(b"Updating\n")
    found = support.Engine("telegram_desktop_mark").run(
        [support.os_path_spec(path) for path in (crash, lock, update)]
    )
    first, second, third = found.of_type("telegram:log")
    assert (first.log_event, first.client_version, first.account_username) == (
        "crash_report",
        "4.6.5",
        "anasod",
    )
    assert (first.installation_identifier, first.recorded_time.is_local_time) == (
        "1f",
        True,
    )
    assert (second.log_event, second.recorded_time) == ("single_instance_lock", None)
    assert "host name: PC-ANA" in second.text
    assert (third.log_event, third.text) == ("update_applied", "Updating")


def test_damaged_caches(tmp_path: Path) -> None:
    """Damage in an index keeps what came before it and says where it is."""
    name = "desktop-marta-one-account-no-passcode"
    tdata_folder = support.unpack_sample(name, tmp_path)
    binlog = tdata_folder / "user_data" / "cache" / "0" / "binlog"
    whole = binlog.read_bytes()
    engine = support.Engine("telegram_desktop")
    complete = engine.run([support.os_path_spec(binlog)])
    count = len(complete.of_type("telegram:cache"))
    for size in range(0, len(whole), 97):
        binlog.write_bytes(whole[:size])
        found = engine.run([support.os_path_spec(binlog)])
        assert not [text for text in found.warnings if support.FAILURE in text]
        stored = [
            item
            for item in found.of_type("telegram:cache")
            if item.cache_event == "stored"
        ]
        assert len(stored) <= count
    for position in range(0, len(whole), 61):
        data = bytearray(whole)
        data[position] ^= 0x41
        binlog.write_bytes(bytes(data))
        found = engine.run([support.os_path_spec(binlog)])
        assert not [text for text in found.warnings if support.FAILURE in text]
    # Values without an index are reported, too.
    binlog.write_bytes(whole[: 100 + 32])
    found = engine.run([support.os_path_spec(binlog)])
    states = {item.cache_event for item in found.of_type("telegram:cache")}
    assert "unindexed" in states
