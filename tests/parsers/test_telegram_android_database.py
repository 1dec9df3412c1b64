"""The database of Telegram for Android through plaso's extraction worker."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from tests import android_truth, helpers
from tests.builders import android_small as small
from tests.builders import android_tables as tables
from tests.builders import android_telephone as telephone
from tests.builders.android_cast import OWNER, SECOND
from tests.builders.android_database import Database, Generator, build
from tests.builders.android_intents import Forward, make_blob, make_truth
from tests.builders.android_telephone import NAME, PACKAGE
from tests.parsers import support
from tests.parsers.android_support import extract, write_row

SAMPLE = helpers.SHARED / "samples" / "android" / "iped_2021_app7.7.0_empty_slot"


def check(found: support.Extraction, made: Database) -> None:
    """Everything of the truth comes out once, and nothing else."""
    assert found.warnings == []
    android_truth.check_messages(found.event_data, made)
    android_truth.check_records(found.event_data, made)
    android_truth.check_balance(found.event_data, made)


@pytest.mark.parametrize("version", tables.VERSIONS)
def test_generations(version: int, tmp_path: Path) -> None:
    """Row by row, in every generation."""
    made = build(tmp_path / NAME, version, 5000)
    check(extract(tmp_path), made)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_other_content(seed: int, tmp_path: Path) -> None:
    """The newest version with other messages in another order."""
    made = build(tmp_path / NAME, 177, 600, seed)
    check(extract(tmp_path), made)


def test_truth_covers_what_there_is(tmp_path: Path) -> None:
    """The generator keeps its promises: without them the tests above say little."""
    made = build(tmp_path / NAME, 177, 5000)
    messages = [item for item in made.truth if item["data_type"] == "telegram:message"]

    def values(name: str) -> set[str]:
        return {item[name] for item in messages if item.get(name) is not None}

    assert len(values("media_type")) == 22
    assert values("chat_type") == {
        "bot", "channel", "group", "saved", "secret", "supergroup", "user"
    }  # fmt: skip
    assert {item["origin_basis"] for item in messages if item.get("origin_basis")} == {
        "attach_path",
        "media_empty_flag",
        "randoms_v2",
        "secret_chat_key",
        "secret_chat_message",
        "sent_files",
        "unsent_row",
        "unsent_row, send_parameters",
    }
    assert len(values("service_action")) == 9
    assert values("send_state") == {"editing", "failed", "sending"}
    assert values("record_table") == {
        "ephemeral_messages",
        "media_v4",
        "messages_topics",
        "quick_replies_messages",
        "scheduled_messages_v2",
        "unread_push_messages",
    }
    kinds = {item["data_type"] for item in made.truth}
    assert kinds == set(android_truth.MESSAGES)


@pytest.mark.parametrize("version", [37, 78, 177])
def test_log(version: int, tmp_path: Path) -> None:
    """Rows that only the log has, that it changed, that it deleted."""
    generator = telephone.changed_log(tmp_path / "client", version)
    source = telephone.copy_open(tmp_path / "client", tmp_path / "copy")
    generator.connection.close()
    states = {item.get("record_state") for item in generator.made.truth}
    assert states == {None, "overwritten", "removed"}
    check(extract(source), generator.finish())


def test_whole_database_in_the_log(tmp_path: Path) -> None:
    """The file itself is one page."""
    generator = telephone.open_generator(tmp_path / "client", 177)
    generator.run(400)
    source = telephone.copy_open(tmp_path / "client", tmp_path / "copy")
    generator.connection.close()
    assert (source / NAME).stat().st_size == 4096
    check(extract(source), generator.finish())


def test_log_without_frames(tmp_path: Path) -> None:
    """A log that is empty takes nothing away."""
    made = build(tmp_path / NAME, 177, 300)
    (tmp_path / f"{NAME}-wal").write_bytes(b"")
    found = extract(tmp_path)
    android_truth.check_messages(found.event_data, made)


def test_same_database_twice(tmp_path: Path) -> None:
    """Two slots with the same chats do not get in each other's way."""
    made = build(tmp_path / NAME, 177, 300)
    (tmp_path / "second").mkdir()
    shutil.copy(tmp_path / NAME, tmp_path / "second" / NAME)
    found = extract(tmp_path)
    made.truth += made.truth
    android_truth.check_messages(found.event_data, made)


@pytest.mark.parametrize(
    ("package", "client", "slot"),
    [
        (PACKAGE, "Telegram for Android", 0),
        (PACKAGE, "Telegram for Android", 1),
        ("tw.nekomimi.nekogram", "Nekogram", 0),
        ("org.example.telegram", "Telegram for Android (fork org.example.telegram)", 2),
    ],
)
def test_account_and_session(
    package: str, client: str, slot: int, tmp_path: Path
) -> None:
    """Every event says whose storage it comes from."""
    files = telephone.account_files(slot=slot)
    # Another account of the same telephone must not get in.
    other = small.made_up_key("other")
    files.update(telephone.account_files(SECOND, 1 if slot == 0 else 0, other))
    root = tmp_path / "data" / "data" / package
    small.write(root, files)
    small.write(tmp_path, {"system/build.prop": small.BUILD_PROPERTIES})
    folder = root / ("files" if slot == 0 else f"files/account{slot}")
    made = build(folder / NAME, 177, 300)
    found = extract(tmp_path)
    check(found, made)
    assert len(found.event_data) > 300
    for item in found.event_data:
        assert item.account_identifier == str(OWNER)
        assert item.account_name == "Иван Петров"
        assert item.account_phone == "79001234567"
        assert item.client_name == client
        assert item.device_model == "samsung SM-G991B"
        if item.data_type != "telegram:session":
            session = small.key_identifier(telephone.KEY)
            assert item.session_identifier == session
            assert item.session_data_center == 2
        else:
            assert item.session_identifier is None


def test_account_of_the_database_alone(tmp_path: Path) -> None:
    """Without preferences the account is the user with the flag."""
    build(tmp_path / NAME, 177, 300)
    found = extract(tmp_path)
    assert {item.account_identifier for item in found.event_data} == {str(OWNER)}
    assert {item.session_identifier for item in found.event_data} == {None}


def test_messages_before_the_login(tmp_path: Path) -> None:
    """What the server sent at the login says nothing of this device: not counted."""
    root = tmp_path / PACKAGE
    (root / "files").mkdir(parents=True)
    made = build(root / "files" / NAME, 177, 1500)
    login = sorted(item["sent_time"] for item in made.truth if item.get("sent_time"))
    middle = login[len(login) // 2]
    small.write(root, telephone.account_files(login=middle))
    found = extract(tmp_path)
    counted = {
        item.chat_identifier: item.number_of_outgoing
        for item in found.event_data
        if item.data_type == "telegram:chat" and item.record_table == "randoms_v2"
    }
    expected = dict.fromkeys(counted, None)
    for item in made.truth:
        if (
            item["data_type"] == "telegram:message"
            and item["is_outgoing"]
            and item.get("record_table") is None
            and item.get("service_action") is None
            and item["chat_type"] != "secret"
            and item["origin"] != "not_applicable"
            and int(item["message_identifier"]) > 0
            and item["sent_time"] >= middle
        ):
            chat = item["chat_identifier"]
            expected[chat] = (expected[chat] or 0) + 1
    assert counted == expected
    assert sum(value or 0 for value in counted.values()) > 50


def test_columns_of_a_fork(tmp_path: Path) -> None:
    """Columns and tables that no version of ours has, in another order."""
    made = build(tmp_path / NAME, 177, 200)
    connection = sqlite3.connect(tmp_path / NAME)
    connection.execute("ALTER TABLE messages_v2 ADD COLUMN fork_flags INTEGER")
    connection.execute("UPDATE messages_v2 SET fork_flags = 3")
    columns = [row[1] for row in connection.execute("PRAGMA table_info(messages_v2)")]
    names = ", ".join(reversed(columns))
    connection.execute(f"CREATE TABLE other AS SELECT {names} FROM messages_v2")
    connection.execute("DROP TABLE messages_v2")
    connection.execute("ALTER TABLE other RENAME TO messages_v2")
    connection.execute("CREATE TABLE fork_messages(mid, uid, data)")
    connection.commit()
    connection.close()
    check(extract(tmp_path), made)


def test_scheduled_when_online(tmp_path: Path) -> None:
    """The time that stands for "when the other party is online" is none."""
    generator = telephone.open_generator(tmp_path / "a", 177, is_log=False)
    intent = generator.intent(generator.person(), True, text="later", number=-3)
    intent.date = 0x7FFFFFFE
    write_row(
        generator.connection,
        "scheduled_messages_v2",
        mid=-3,
        uid=intent.chat.dialog(177),
        send_state=1,
        date=intent.date,
        data=make_blob(intent),
    )
    generator.connection.close()
    (item,) = extract(tmp_path).of_type("telegram:message")
    assert item.scheduled_time is None
    assert item.sent_time is None
    assert "online" in item.service_details


def test_second_copy_of_a_deleted_message(tmp_path: Path) -> None:
    """Once the log deletes a message, its copy elsewhere is the only one."""
    generator: Generator = telephone.open_generator(tmp_path / "client", 177)
    intent = generator.intent(generator.person(), False, text="once", layer=229)
    blob = generator.put(intent)
    mid, uid = telephone.row_of(generator, intent)
    write_row(
        generator.connection, "media_v4",
        mid=mid, uid=uid, date=intent.date, type=3, data=blob,
    )  # fmt: skip
    generator.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    generator.connection.execute("DELETE FROM messages_v2")
    source = telephone.copy_open(tmp_path / "client", tmp_path / "copy")
    generator.connection.close()
    truth = generator.made.truth.pop()
    state = {"record_state": "removed", "record_table": "messages_v2"}
    generator.made.truth.append({**truth, **state})
    copy = make_truth(intent, generator.cast, table="media_v4")
    generator.made.truth.append({**copy, "is_read": None})
    found = extract(source)
    android_truth.check_messages(found.event_data, generator.made)


def test_real_sample(tmp_path: Path) -> None:
    """A slot that nobody ever used; its database lies in the log altogether."""
    if not SAMPLE.is_dir():
        pytest.skip(helpers.NO_SAMPLES)
    shutil.copytree(SAMPLE, tmp_path / PACKAGE)
    found = extract(tmp_path)
    assert found.warnings == []
    kinds = {item.data_type for item in found.event_data}
    assert kinds == {"telegram:setting"}
    (state,) = found.settings("last_processed_state")
    assert state.startswith("pts 0, qts 0, seq 0")
    assert {item.account_identifier for item in found.event_data} == {None}


def test_number_of_a_scheduled_message(tmp_path: Path) -> None:
    """Scheduled messages have numbers of their own: their trace is no other's."""
    generator = telephone.open_generator(tmp_path / "a", 177, is_log=False)
    intent = generator.intent(generator.person(), True, text="from another session")
    generator.put(intent)
    row = {"mid": intent.number, "uid": intent.chat.number}
    waiting = generator.intent(intent.chat, True, text="later", number=intent.number)
    write_row(
        generator.connection, "scheduled_messages_v2",
        **row, send_state=0, date=waiting.date + 10**7, data=make_blob(waiting),
    )  # fmt: skip
    write_row(generator.connection, "randoms_v2", random_id=1, **row)
    generator.connection.close()
    found = {
        item.text: (item.record_table, item.origin, item.origin_confidence)
        for item in extract(tmp_path).of_type("telegram:message")
    }
    assert found == {
        "from another session": (None, "no_local_trace", None),
        "later": ("scheduled_messages_v2", "this_installation", "certain"),
    }


@pytest.mark.parametrize("change", ["sender", "forward", "reply_to"])
def test_second_copy_with_another_sender(change: str, tmp_path: Path) -> None:
    """A copy that names somebody else as sender or source is told."""
    generator = telephone.open_generator(tmp_path / "a", 177, is_log=False)
    chat = generator.cast.groups[0]
    intent = generator.intent(chat, False, text="who wrote this", layer=229)
    intent.sender = ("user", 440_000_001)
    generator.put(intent)
    value = {
        "sender": ("user", 715_203_344),
        "forward": Forward(("user", 99), None, 1_500_000_000),
        "reply_to": 77,
    }[change]
    setattr(intent, change, value)
    write_row(
        generator.connection, "media_v4",
        mid=intent.number, uid=chat.dialog(177), date=intent.date, type=3,
        data=make_blob(intent),
    )  # fmt: skip
    generator.connection.close()
    copy = make_truth(intent, generator.cast, table="media_v4")
    generator.made.truth.append({**copy, "is_read": None})
    android_truth.check_messages(extract(tmp_path).event_data, generator.made)


def test_message_that_cannot_be_decoded(tmp_path: Path) -> None:
    """Columns stay; nobody is named as sender, and no kind of notice is claimed."""
    made = build(tmp_path / NAME, 177, 5000)
    connection = sqlite3.connect(tmp_path / NAME)
    rows = {
        item["chat_type"]: item
        for item in made.truth
        if item["data_type"] == "telegram:message"
        and item.get("chat_type") in ("supergroup", "channel", "group")
    }
    dialogs = [
        uid
        for (uid,) in connection.execute("SELECT DISTINCT uid FROM messages_v2")
        if str(-uid) in {item["chat_identifier"] for item in rows.values()}
    ]
    assert dialogs
    blob = bytes.fromhex("78563412") + bytes(60)
    for number, uid in enumerate([*dialogs, 777000], 900_001):
        write_row(
            connection, "messages_v2",
            mid=number, uid=uid, read_state=3, send_state=0, date=1_600_000_000,
            data=blob, out=0, ttl=0,
        )  # fmt: skip
    connection.commit()
    connection.close()
    found = extract(tmp_path)
    last = 900_000 + len(dialogs)
    unknown = {
        int(item.message_identifier): item
        for item in found.event_data
        if (getattr(item, "message_identifier", None) or "").startswith("90000")
    }
    assert sorted(unknown) == list(range(900_001, last + 2))
    for number in range(900_001, last + 1):
        item = unknown[number]
        assert item.data_type == "telegram:message"
        assert item.sender_identifier is None
        assert item.is_outgoing is False
        assert "12345678" in item.service_details
    notice = unknown[last + 1]
    assert notice.data_type == "telegram:notice"
    assert notice.notice_type is None
    assert any("12345678" in text for text in found.warnings)
