"""TDLib's files damaged, cut, incomplete: through plaso's own worker."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from tests import tdlib_samples
from tests.builders import tdlib as build
from tests.parsers import support
from tests.parsers.test_telegram_tdlib import PARSERS

TEXTS = ("first words", "second words", "third words")
ENGINE_NAMES = ("td.binlog", "db.sqlite")


@pytest.fixture(scope="module", name="engine")
def make_engine() -> support.Engine:
    """A worker for many runs."""
    return support.Engine(PARSERS)


def run(
    engine: support.Engine, folder: Path, passcodes: list[str] | None = None
) -> support.Extraction:
    """Processes every file of a folder."""
    with support.given_passcodes(passcodes):
        specs = [support.os_path_spec(path) for path in sorted(folder.iterdir())]
        found = engine.run(specs)
    assert not [text for text in found.warnings if support.FAILURE in text]
    return found


def texts(found: support.Extraction) -> set[str]:
    """Texts of the messages."""
    return {item.text for item in found.of_type("telegram:message") if item.text}


def make_files(folder: Path, key: bytes = b"cucumber") -> dict[str, bytes]:
    """A small directory: log and database."""
    messages = {
        (build.FRIEND, number << 20): build.message(
            build.text_content(words), number=number << 20, random_id=number
        )
        for number, words in enumerate(TEXTS, 1)
    }
    request = build.i32(build.VERSION) + build.i64(build.FRIEND)
    unsent = build.message(build.text_content("to be sent"), random_id=4, number=5)
    records = [
        *build.state_records(),
        build.record(7, build.SEND, request + unsent[4:]),
    ]
    return {
        "td.binlog": build.log(records, key),
        "db.sqlite": build.database(
            folder, messages, {f"us{build.FRIEND}": build.user("Bob", "Friend")}
        ),
    }


def write(folder: Path, files: dict[str, bytes]) -> Path:
    """Writes files into a folder."""
    folder.mkdir(exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


def test_whole(engine: support.Engine, tmp_path: Path) -> None:
    """What is compared with: nothing is missing."""
    found = run(engine, write(tmp_path / "a", make_files(tmp_path)))
    assert found.warnings == []
    assert texts(found) == {*TEXTS, "to be sent"}
    (session,) = found.sessions
    assert session.session_identifier == build.key_identifier()


def test_mutations(engine: support.Engine, tmp_path: Path) -> None:
    """Changed bytes in log and database: no failure; what is lost is said."""
    files = make_files(tmp_path)
    source = random.Random(4)
    lost = 0
    for number in range(60):
        changed = {name: bytearray(data) for name, data in files.items()}
        for _ in range(source.randrange(1, 6)):
            data = changed[source.choice(ENGINE_NAMES)]
            data[source.randrange(len(data))] ^= 1 << source.randrange(8)
        folder = write(
            tmp_path / str(number),
            {name: bytes(data) for name, data in changed.items()},
        )
        found = run(engine, folder)
        if not set(TEXTS) <= texts(found):
            assert found.warnings or found.accounts
            lost += 1
    assert lost


def test_truncated_log(engine: support.Engine, tmp_path: Path) -> None:
    """Cut at many places: every record before the cut counts, and the cut is named."""
    log = make_files(tmp_path)["td.binlog"]
    for number, size in enumerate(range(0, len(log), 20)):
        folder = write(tmp_path / str(number), {"td.binlog": log[:size]})
        found = run(engine, folder)
        if size < 128:
            assert not found.event_data
            assert "event log cannot be read" in found.warnings[0]
        else:
            assert found.accounts
            assert not texts(found)


@pytest.mark.parametrize("name", ["tdlib-1.8.50-live-wal", "tdlib-1.8.14-closed"])
def test_truncated_real_log(engine: support.Engine, tmp_path: Path, name: str) -> None:
    """A real log, cut at many places."""
    sample = tdlib_samples.load(name, tmp_path)
    log = (sample.folder / "td.binlog").read_bytes()
    before = 0
    for number, size in enumerate(range(128, len(log) + 1, 997)):
        folder = write(tmp_path / str(number), {"td.binlog": log[:size]})
        found = run(engine, folder)
        assert len(found.event_data) >= before // 2
        before = len(found.event_data)
    assert before > 10


def test_log_alone(engine: support.Engine, tmp_path: Path) -> None:
    """Without the database: session and requests, and no complaint."""
    log = make_files(tmp_path)["td.binlog"]
    found = run(engine, write(tmp_path / "a", {"td.binlog": log}))
    assert found.warnings == []
    assert texts(found) == {"to be sent"} and len(found.sessions) == 1


def test_database_alone(engine: support.Engine, tmp_path: Path) -> None:
    """Without the log the key is lost: named, and locked where the folder tells."""
    database = make_files(tmp_path)["db.sqlite"]
    found = run(engine, write(tmp_path / "a", {"db.sqlite": database}))
    assert not found.event_data
    (warning,) = found.warnings
    assert "td.binlog, which is missing" in warning
    folder = tmp_path / "data" / "data" / "org.thunderdog.challegram" / "files"
    folder.mkdir(parents=True)
    found = run(engine, write(folder / "tdlib1", {"db.sqlite": database}))
    (account,) = found.accounts
    assert (account.client_name, account.account_slot) == ("Telegram X", "1")
    assert account.passcode_state == "locked"
    assert any("cannot be decrypted" in warning for warning in found.warnings)


@pytest.mark.parametrize("data", [b"", b"x" * 1000])
def test_other_databases(engine: support.Engine, tmp_path: Path, data: bytes) -> None:
    """A file of that name that is none is left alone."""
    found = run(engine, write(tmp_path / "a", {"db.sqlite": data}))
    assert not found.event_data and found.warnings == []


def test_wrong_key(engine: support.Engine, tmp_path: Path) -> None:
    """Locked with the wrong key, open with the right one."""
    folder = write(tmp_path / "a", make_files(tmp_path, b"own key"))
    found = run(engine, folder, ["other"])
    (account,) = found.accounts
    assert (account.passcode_state, account.passcodes_tried) == ("locked", 2)
    assert not texts(found)
    assert any("cannot be decrypted" in warning for warning in found.warnings)
    found = run(engine, folder, ["other", "own key"])
    assert texts(found) == {*TEXTS, "to be sent"} and found.warnings == []


def test_key_of_another_database(engine: support.Engine, tmp_path: Path) -> None:
    """A log whose key does not fit the database beside it."""
    files = make_files(tmp_path)
    files["td.binlog"] = build.log(build.state_records(bytes(32)))
    found = run(engine, write(tmp_path / "a", files))
    assert len(found.sessions) == 1 and not texts(found)
    assert any("does not fit" in warning for warning in found.warnings)


def test_half_written_compaction(engine: support.Engine, tmp_path: Path) -> None:
    """td.binlog.new beside td.binlog, or instead of it."""
    files = make_files(tmp_path)
    half = files["td.binlog"][: len(files["td.binlog"]) * 2 // 3]
    found = run(engine, write(tmp_path / "a", {**files, "td.binlog.new": half}))
    assert texts(found) >= set(TEXTS)
    assert len(found.of_type("telegram:message")) >= 4
    databases = [spec for spec in found.sources if spec.type_indicator == "SQLCIPHER"]
    assert len(databases) == 1
    found = run(
        engine,
        write(
            tmp_path / "b",
            {"td.binlog.new": files["td.binlog"], "db.sqlite": files["db.sqlite"]},
        ),
    )
    assert texts(found) == {*TEXTS, "to be sent"}


def test_log_under_another_name(engine: support.Engine, tmp_path: Path) -> None:
    """Known by its signature; whose database it opened is not known."""
    log = make_files(tmp_path)["td.binlog"]
    found = run(engine, write(tmp_path / "a", {"f0001234.bin": log}))
    assert texts(found) == {"to be sent"}
    (session,) = found.sessions
    assert session.session_identifier == build.key_identifier()


def test_log_in_clear(engine: support.Engine, tmp_path: Path) -> None:
    """Without encryption it is known by its name only."""
    records = b"".join(build.state_records())
    found = run(engine, write(tmp_path / "a", {"td.binlog": records}))
    assert len(found.sessions) == 1 and found.warnings == []
    found = run(engine, write(tmp_path / "b", {"other": records}))
    assert not found.event_data


def test_message_with_an_unknown_content(
    engine: support.Engine, tmp_path: Path
) -> None:
    """The row stays, with what its head says; the warning names it."""
    files = make_files(tmp_path)
    rows = {
        (build.FRIEND, 1 << 20): build.message(
            build.i32(500), number=1 << 20, random_id=9
        ),
        (build.FRIEND, 2 << 20): build.message(
            build.i32(71) + bytes(8), number=2 << 20
        ),
        (build.FRIEND, 3 << 20): b"\xff" * 40,
    }
    files["db.sqlite"] = build.database(tmp_path, rows)
    found = run(engine, write(tmp_path / "a", files))
    items = {
        item.row_identifier: item
        for item in found.of_type("telegram:message")
        if getattr(item, "row_identifier", None)
    }
    assert len(items) == 3
    unknown = items[f"{build.FRIEND} {1 << 20}"]
    assert unknown.origin == "this_installation"
    assert unknown.sent_time.timestamp == build.DATE
    gift = items[f"{build.FRIEND} {2 << 20}"]
    assert gift.service_action == "gift_given"
    assert "details are not read" in gift.service_details
    assert items[f"{build.FRIEND} {3 << 20}"].message_identifier == "3"
    assert len(found.warnings) == 2
    assert any("content type 500" in warning for warning in found.warnings)


def test_large_log(engine: support.Engine, tmp_path: Path) -> None:
    """100 000 records in a matter of seconds."""
    records = build.state_records()
    records += [
        build.record(7, build.KEY_VALUE, build.entry("updates.date", str(number)), 1)
        for number in range(build.DATE, build.DATE + 100_000)
    ]
    folder = write(tmp_path / "a", {"td.binlog": build.log(records)})
    start = time.monotonic()
    found = run(engine, folder)
    assert time.monotonic() - start < 120
    assert len(found.sessions) == 1
    assert len(found.of_type("telegram:client_trace")) == 100_000


def test_log_of_garbage(engine: support.Engine, tmp_path: Path) -> None:
    """Megabytes that are no records behind a sound head, in bounded time."""
    source = random.Random(2)
    garbage = bytearray(source.randbytes(4 << 20))
    for place in range(0, len(garbage), 4):
        # Sizes that could be those of records.
        garbage[place : place + 4] = (1 << 16).to_bytes(4, "little")
    log = build.log([*build.state_records(), bytes(garbage)])
    start = time.monotonic()
    found = run(engine, write(tmp_path / "a", {"td.binlog": log}))
    assert time.monotonic() - start < 120
    assert len(found.sessions) == 1
    assert any("no record" in warning for warning in found.warnings)
