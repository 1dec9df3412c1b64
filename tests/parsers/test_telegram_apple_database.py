"""The database of Telegram for iOS and native macOS through plaso's worker."""

from __future__ import annotations

import collections
import random
import sqlite3
import struct
from pathlib import Path
from typing import Any

import pytest

from tests.builders import postbox as write
from tests.builders import postbox_database as builder
from tests.builders import sqlcipher, sqlite_files
from tests.builders.postbox_cast import VERSIONS
from tests.builders.postbox_messages import Truth
from tests.parsers import support

PARSERS = "sqlite/telegram_apple_database,sqlite/telegram_apple_storage"
RECORD = 123
ENGINE = support.Engine(PARSERS)
SENT = ("telegram:message", "telegram:call", "telegram:notice")


def place(folder: Path, *, is_mac: bool = False) -> Path:
    """Where the client would keep the database."""
    store = "telegram-data"
    if is_mac:
        store = "6N38VWS5BX.ru.keepcoder.Telegram/stable"
    return folder / store / f"account-{RECORD}" / "postbox" / "db" / "db_sqlite"


def extract(path: Path) -> support.Extraction:
    """Runs plaso's worker over a database."""
    return ENGINE.run([support.os_path_spec(path)])


def unbroken(found: support.Extraction) -> None:
    """Neither the worker nor a plugin gave up with an exception of its own."""
    for words in found.warnings:
        assert support.FAILURE not in words
        assert "unable to parse SQLite database" not in words
        assert "unable to parse file" not in words


def seconds(value: Any) -> int | None:
    """A time as seconds since 1970 UTC."""
    return None if value is None else int(value.timestamp)


def key_of(item: Any) -> tuple[Any, ...]:
    """What tells a message of the others."""
    kind = None
    details = getattr(item, "service_details", None) or ""
    for part in details.split("; "):
        if part.startswith("kind of identifier: "):
            kind = part.split(": ")[1]
    time = getattr(item, "sent_time", None) or getattr(item, "start_time", None)
    time = time or getattr(item, "scheduled_time", None)
    return (
        item.chat_identifier,
        item.chat_type,
        item.message_identifier,
        kind,
        seconds(time),
        item.record_state,
    )


NAMESPACES = {0: None, 1: "local", 2: "secret_incoming", 3: "scheduled_cloud"}


def identifier(truth: Truth) -> str:
    """Numbers that are not the server's have their namespace in front."""
    if truth.namespace:
        return f"{truth.namespace}:{truth.number}"
    return str(truth.number)


def truth_key(truth: Truth) -> tuple[Any, ...]:
    """The same of what was meant."""
    kind = NAMESPACES[truth.namespace]
    if truth.intent in ("notice", "code"):
        kind = None
    chat_type = None if truth.intent in ("notice", "code") else truth.chat.chat_type
    return (
        str(truth.chat.number),
        chat_type,
        identifier(truth),
        kind,
        truth.time,
        truth.state,
    )


def messages(found: support.Extraction) -> dict[tuple[Any, ...], Any]:
    """Messages, calls and notices that rows of t7 are."""
    items = [
        item
        for item in found.event_data
        if item.data_type in SENT
        and "only an index" not in (getattr(item, "service_details", None) or "")
    ]
    result = {}
    for item in items:
        if item.data_type == "telegram:notice":
            key = (
                item.chat_identifier,
                None,
                item.message_identifier,
                None,
                seconds(item.sent_time),
                item.record_state,
            )
        else:
            key = key_of(item)
        assert key not in result
        result[key] = item
    return result


def check_message(item: Any, truth: Truth) -> None:
    """One event says what was meant."""
    if truth.intent in ("notice", "code"):
        assert item.data_type == "telegram:notice"
        assert item.text == truth.text
        meant = "new_login" if truth.intent == "notice" else "login_code"
        assert item.notice_type == meant
        expected = truth.others.get("authorization_hash")
        assert item.authorization_hash == (None if expected is None else str(expected))
        return
    if truth.intent == "call":
        assert item.data_type == "telegram:call"
        assert (item.duration, item.reason) == (73, "hangup")
        assert item.direction == ("outgoing" if truth.is_outgoing else "incoming")
        return
    assert item.data_type == "telegram:message"
    assert item.text == truth.text
    assert item.is_outgoing == truth.is_outgoing
    assert item.sender_identifier == str(truth.sender)
    assert (item.origin, item.origin_confidence) == truth.origin
    assert item.media_type == truth.media_type
    assert item.service_action == truth.action
    assert seconds(item.edited_time) == truth.edited
    states = {"unsent": "sending", "failed": "failed"}
    assert item.send_state == states.get(truth.intent)
    others = truth.others
    if "forwarded_time" in others:
        assert seconds(item.forwarded_time) == others["forwarded_time"]
    if "reply_to" in others:
        assert item.reply_to_identifier == str(others["reply_to"])
    if "contact_phone" in others:
        assert item.contact_phone == others["contact_phone"]
    if "location" in others:
        assert item.location == others["location"]
    if "media" in others:
        assert f"cloud file: {others['media']}" in item.service_details
        name = f"telegram-cloud-photo-size-2-{others['media']}-y"
        assert name in item.service_details
    if "countdown_start" in others:
        destroyed = others["countdown_start"] + 60
        assert seconds(item.self_destruct_time) == destroyed
    if "own_reaction" in others:
        assert any("(the account)" in words for words in item.reactions)


def check(found: support.Extraction, made: builder.Database) -> None:
    """Every message of the truth comes out once, and no other one."""
    assert found.warnings == []
    items = messages(found)
    truths = {truth_key(truth): truth for truth in made.messages}
    assert len(truths) == len(made.messages)
    assert items.keys() == truths.keys()
    for key, truth in truths.items():
        check_message(items[key], truth)
        assert items[key].account_identifier == str(made.cast.owner)
        assert items[key].session_identifier == made.session
        assert items[key].session_data_center == 2


@pytest.mark.parametrize("version", VERSIONS)
def test_generations(version: str, tmp_path: Path) -> None:
    """Message by message, in every generation."""
    made = builder.make_database(place(tmp_path), version, rounds=3)
    found = extract(made.path)
    check(found, made)
    check_records(found, made)


@pytest.mark.parametrize("seed", [1, 2])
def test_other_content(seed: int, tmp_path: Path) -> None:
    """Other people, other texts."""
    made = builder.make_database(place(tmp_path), seed=seed, rounds=2)
    check(extract(made.path), made)


def check_records(found: support.Extraction, made: builder.Database) -> None:
    """Everything else that the database has."""
    check_chats(found, made)
    check_contacts(found, made)
    drafts = {
        (item.chat_identifier, item.draft_section): item
        for item in found.of_type("telegram:draft")
    }
    for truth in made.drafts:
        section = "cloud" if made.version.has_draft_table else "local"
        draft = drafts[str(truth.chat.number), section]
        assert (draft.text, seconds(draft.saved_time)) == (truth.text, truth.time)
        is_local = (str(truth.chat.number), "local") in drafts
        assert is_local == truth.is_local
    current = [item for item in found.sessions if item.record_state == "current"]
    (session,) = current
    assert session.session_identifier == made.session
    assert session.attribution_basis == "apple_keychain"
    assert seconds(session.created_time) == builder.KEY_CREATED
    assert seconds(session.last_server_time) == builder.SYNCHRONIZED
    assert session.server_clock_difference == round(builder.CLOCK_DIFFERENCE)
    announced = made.version.has_initialization
    assert session.device_model == ("iPhone 13 Pro" if announced else None)
    assert session.system_version == ("17.2" if announced else None)
    assert made.session in session.key_identifiers
    others = [item for item in found.sessions if item.record_state is None]
    assert [
        (
            item.authorization_hash,
            item.login_device_model,
            item.login_location,
            seconds(item.created_time),
        )
        for item in others
    ] == [
        (str(item.authorization_hash), item.device, item.location, item.time)
        for item in made.reviews
    ]
    assert all(item.session_identifier is None for item in others)
    (account,) = found.accounts
    assert account.account_phone == made.cast.owner_phone
    assert account.account_slot == str(RECORD)
    assert (account.client_name, account.device_platform) == ("Telegram for iOS", "iOS")
    files = collections.Counter(
        item.file_role for item in found.of_type("telegram:file")
    )
    uploads = builder.count_intents(made)["uploaded_photo"]
    assert files == {
        "upload": uploads,
        **({"download": len(made.downloads)} if made.downloads else {}),
    }
    for item in found.of_type("telegram:file"):
        if item.file_role == "download":
            path = item.file_path.removeprefix("postbox/media/")
            assert (path, seconds(item.download_time)) in made.downloads
    traces = collections.defaultdict(list)
    for item in found.of_type("telegram:client_trace"):
        traces[item.trace_type].append(seconds(item.recorded_time))
    assert traces.pop("messages_deleted_everywhere") == [None]
    reactions = [
        item.others["own_reaction"]
        for item in made.current
        if "own_reaction" in item.others
    ]
    assert sorted(traces.pop("reaction_given")) == sorted(reactions)
    opened = [
        item.others["countdown_start"]
        for item in made.current
        if "countdown_start" in item.others and not item.is_outgoing
    ]
    assert sorted(traces.pop("message_opened")) == sorted(opened)
    assert not traces
    gone = [
        item
        for item in found.of_type("telegram:message")
        if "only an index" in (item.service_details or "")
    ]
    assert [
        (item.message_identifier, item.record_table, seconds(item.sent_time))
        for item in gone
    ] == [("900", "t39", builder.FIRST_TIME - 900)]


def check_chats(found: support.Extraction, made: builder.Database) -> None:
    """Groups, channels, secret chats, and the counters of each chat."""
    chats = found.of_type("telegram:chat")
    listed = {
        (item.chat_identifier, item.chat_type): item
        for item in chats
        if item.record_table == "t8"
    }
    for chat in made.cast.chats:
        item = listed[str(chat.number), chat.chat_type]
        queued = made.queued.get(chat.value, 0)
        words = f"messages queued by this installation: {queued}"
        assert words in item.chat_details.split("; ")
        deleted = made.deletions.get(chat.value)
        assert ("deletions issued by this installation" in item.chat_details) == (
            deleted is not None
        )
        times = [
            truth.time
            for truth in made.current
            if truth.chat is chat and truth.namespace in (0, 1)
        ]
        assert seconds(item.last_message_time) == max(times)
    peers = {item.chat_type: item for item in chats if item.record_table == "t2"}
    assert peers["group"].chat_title == "Basic group"
    assert seconds(peers["group"].created_time) == builder.FIRST_TIME - 500_000
    assert seconds(peers["channel"].joined_time) == builder.FIRST_TIME - 400_000
    assert seconds(peers["supergroup"].created_time) == builder.FIRST_TIME - 400_000
    secret = peers["secret"]
    assert secret.peer_identifier == str(made.cast.people[0])
    assert secret.key_fingerprint == "fffffffffffffffe"
    assert "this installation is the endpoint" in secret.chat_details


def check_contacts(found: support.Extraction, made: builder.Database) -> None:
    """Users, contacts, phone book, searched peers."""
    contacts = found.of_type("telegram:contact")

    def of_source(source: str) -> dict[str, Any]:
        return {
            item.contact_identifier or item.contact_phone: item
            for item in contacts
            if item.contact_source == source
        }

    users = of_source("users")
    assert users.keys() == {str(number) for number in made.cast.names}
    for number, name in made.cast.names.items():
        assert users[str(number)].contact_name == name
    first = made.cast.people[0]
    seen = seconds(users[str(first)].last_seen_time)
    assert seen == builder.FIRST_TIME + first % 1000
    assert of_source("contacts").keys() == {str(item) for item in made.contacts}
    book = {key: item.contact_name for key, item in of_source("phone_book").items()}
    assert book == made.phone_book
    assert of_source("searched_peers").keys() == {str(made.cast.dialogs[1].number)}
    assert of_source("profiles").keys() == {str(first)}


def add_rows(path: Path, rows: list[tuple[int, Any, bytes]]) -> None:
    """Adds rows to tables."""
    connection = sqlite3.connect(path)
    for table, key, value in rows:
        connection.execute(
            f"INSERT OR REPLACE INTO t{table} VALUES (?, ?)", (key, value)
        )
    connection.commit()
    connection.close()


def test_media_of_another_message(tmp_path: Path) -> None:
    """A row of t6 can name the message which holds the media."""
    made = builder.make_database(place(tmp_path))
    first, second = made.cast.dialogs[:2]
    time = builder.FIRST_TIME
    media = write.Obj("TelegramMediaImage", {"i:x": write.media_id(0, 99), "r:I": []})
    holder = write.Msg("holds", media=[media], author=first.value)
    pointer = write.Msg("points", references=[(0, 99)], author=first.value)
    lost = write.Msg("lost", references=[(0, 98)], author=first.value)
    add_rows(
        made.path,
        [
            (7, write.message_key(first.value, 0, time, 7001), holder.encode()),
            (7, write.message_key(second.value, 0, time, 7002), pointer.encode()),
            (7, write.message_key(second.value, 0, time, 7003), lost.encode()),
            (
                6,
                struct.pack(">iq", 0, 99),
                write.referenced_media(first.value, 0, 7001, time),
            ),
            (
                6,
                struct.pack(">iq", 0, 98),
                write.referenced_media(first.value, 0, 1, time),
            ),
        ],
    )
    found = extract(made.path)
    items = {item.text: item for item in found.of_type("telegram:message")}
    assert items["points"].media_type == "photo"
    assert "cloud file: 99" in items["points"].service_details
    assert items["lost"].media_type is None
    assert "attachments that are not stored: 0:98" in items["lost"].service_details


def test_drafts_of_every_kind(tmp_path: Path) -> None:
    """Replies, edits, topics."""
    made = builder.make_database(place(tmp_path))
    chat = made.cast.dialogs[2].value
    time = builder.SYNCHRONIZED

    def field(text: str) -> write.Obj:
        return write.Obj(1, {"at:o": write.Obj(2, {"text:s": text})})

    replied = write.Obj(3, {"p:q": chat, "n:i": 0, "i:i": 55})
    shared = {"t:s": "answer", "s:i": time, "rep:o": replied}
    edit = {"mp:q": chat, "mn:i": 1, "mi:i": 56, "is:o": field("edited")}
    opaque = {"ts:i": time + 1, "is:o": field("typed"), "em:o": write.Obj(4, edit)}
    state = write.body(
        {
            "synchronizeableInputState:o": write.Obj(
                "SynchronizeableChatInputState", shared
            ),
            "opaqueData:x": write.body(opaque),
        }
    )
    value = write.body({"data:x": state})
    forum = made.cast.forum
    add_rows(
        made.path,
        [(67, chat, value), (68, struct.pack(">qq", forum.value, 42), value)],
    )
    found = extract(made.path)
    assert found.warnings == []
    drafts = [
        (
            item.draft_section,
            item.text,
            item.is_editing,
            item.message_identifier,
            item.reply_to_identifier,
            item.topic_identifier,
        )
        for item in found.of_type("telegram:draft")
        if item.chat_identifier in (str(forum.number), str(made.cast.people[2]))
    ]
    assert sorted(drafts, key=str) == sorted(
        [
            ("cloud", "answer", None, None, "55", None),
            ("local", "typed", None, None, "55", None),
            ("local", "edited", True, "1:56", None, None),
            ("topic", "answer", None, None, "55", "42"),
            ("local", "typed", None, None, "55", "42"),
            ("local", "edited", True, "1:56", None, "42"),
        ],
        key=str,
    )


def test_members_and_invitations(tmp_path: Path) -> None:
    """Who is in a basic group since when, and who invited the account."""
    made = builder.make_database(place(tmp_path))
    cast, time = made.cast, builder.FIRST_TIME
    inviter = write.user(cast.people[0])
    member = {"v:i": 2, "i:q": write.user(cast.people[1]), "b:q": inviter, "t:i": time}
    members = [
        write.Obj("GroupParticipant", {"v:i": 1, "i:q": inviter}),
        write.Obj("GroupParticipant", member),
    ]
    group = write.Obj(
        "CachedGroupData",
        {"p:o": write.Obj("CachedGroupParticipants", {"p:O": members, "v:i": 1})},
    )
    channel = write.Obj("CachedChannelData", {"invBy:q": inviter, "invOn:i": time})
    add_rows(
        made.path,
        [
            (18, cast.basic_group.value, write.root(group)),
            (18, cast.forum.value, write.root(channel)),
        ],
    )
    found = extract(made.path)
    chats = {
        item.chat_identifier: item
        for item in found.of_type("telegram:chat")
        if item.record_table == "t18"
    }
    listed = chats[str(cast.group)]
    assert listed.members == [str(number) for number in cast.people[:2]]
    invited = chats[str(cast.supergroup)]
    assert seconds(invited.joined_time) == time
    assert f"invited by: user {cast.people[0]}" in invited.chat_details
    (joined,) = [
        item
        for item in found.of_type("telegram:contact")
        if item.contact_source == "members"
    ]
    assert joined.contact_identifier == str(cast.people[1])
    assert seconds(joined.joined_time) == time
    assert joined.contact_details == (
        f"administrator of group {cast.group}, invited by user {cast.people[0]}"
    )


def test_write_ahead_log(tmp_path: Path) -> None:
    """What the log changed, removed and added."""
    made = builder.make_database(place(tmp_path), has_log=True)
    found = extract(made.path)
    check(found, made)
    states = collections.Counter(
        item.record_state for item in messages(found).values() if item.record_state
    )
    assert states == {"overwritten": 1, "removed": 1}


def test_mac(tmp_path: Path) -> None:
    """The path tells the client."""
    made = builder.make_database(place(tmp_path, is_mac=True))
    (account,) = extract(made.path).accounts
    assert (account.client_name, account.device_platform) == (
        "Telegram for macOS",
        "macOS",
    )
    other = builder.make_database(tmp_path / "copy" / "db_sqlite")
    (account,) = extract(other.path).accounts
    assert account.client_name == "Telegram for iOS or macOS"
    assert (account.device_platform, account.account_slot) == (None, None)


@pytest.mark.parametrize("has_log", [False, True])
def test_encrypted(has_log: bool, tmp_path: Path) -> None:
    """A database of macOS, with and without a log, decrypted on the way."""
    parameters = sqlcipher.Parameters(clear_header=32)
    made = builder.make_database(
        tmp_path / "plain" / "db_sqlite", has_log=has_log, reserved=80
    )
    log = made.path.with_name("db_sqlite-wal")
    plain = sqlite_files.Files(
        made.path.read_bytes(), log.read_bytes() if has_log else None, None
    )
    folder = tmp_path / "6N38VWS5BX.ru.keepcoder.Telegram" / "stable"
    path = sqlcipher.mac_store(folder, sqlcipher.encrypt_files(plain, parameters))
    engine = support.Engine(f"{PARSERS},telegram_apple_encrypted")
    found = engine.run([support.os_path_spec(path)])
    # The stock parser tries the encrypted file, too.
    ours = [words for words in found.warnings if "unable to open SQLite" not in words]
    check(found._replace(warnings=ours), made)
    (account,) = found.accounts
    assert account.client_name == "Telegram for macOS"
    assert account.account_slot == "-6510615555426900571"
    states = {item.record_state for item in messages(found).values()}
    expected = {None, "overwritten", "removed"} if has_log else {None}
    assert states == expected


def test_older_states_in_the_log(tmp_path: Path) -> None:
    """A row that the log changed twice: the state in between is found, too."""
    path = place(tmp_path)
    made = builder.make_database(path, has_log=True)
    truth = next(item for item in made.messages if item.state == "overwritten")
    key = write.message_key(truth.chat.value, truth.namespace, truth.time, truth.number)
    source = tmp_path / "work"
    source.mkdir()
    for suffix in ("", "-wal"):
        name = f"db_sqlite{suffix}"
        (source / name).write_bytes((path.parent / name).read_bytes())
    connection = sqlite3.connect(source / "db_sqlite")
    connection.execute("PRAGMA wal_autocheckpoint=0")
    for text in ("between", "at the end"):
        value = write.Msg(text, author=write.user(made.cast.owner)).encode()
        connection.execute("UPDATE t7 SET value = ? WHERE key = ?", (value, key))
        connection.commit()
    for suffix in ("", "-wal"):
        name = f"db_sqlite{suffix}"
        (path.parent / name).write_bytes((source / name).read_bytes())
    connection.close()
    found = extract(path)
    texts = {
        item.text: item.record_state
        for item in found.of_type("telegram:message")
        if item.message_identifier == str(truth.number)
        and item.chat_identifier == str(truth.chat.number)
    }
    assert texts["at the end"] is None
    assert texts["between"] == "overwritten"
    assert texts[truth.text] == "overwritten"


def test_removed_rows_are_recovered(tmp_path: Path) -> None:
    """A deleted row of t7 that the app did not overwrite comes back, marked."""
    made = builder.make_database(place(tmp_path), rounds=2)
    truth = next(
        item
        for item in made.messages
        if item.intent == "incoming" and len(item.text or "") < 100
    )
    connection = sqlite3.connect(made.path)
    connection.execute("PRAGMA secure_delete=0")
    key = write.message_key(truth.chat.value, truth.namespace, truth.time, truth.number)
    connection.execute("DELETE FROM t7 WHERE key = ?", (key,))
    connection.commit()
    connection.close()
    found = extract(made.path)
    recovered = [
        item
        for item in found.of_type("telegram:message")
        if item.recovery_method is not None
    ]
    assert [
        (item.message_identifier, item.text, item.record_state) for item in recovered
    ] == [(str(truth.number), truth.text, "removed")]
    # The index names it, too.
    named = [
        item.message_identifier
        for item in found.of_type("telegram:message")
        if item.record_table == "t4"
    ]
    assert named == [str(truth.number)]


def test_damaged_values(tmp_path: Path) -> None:
    """Each damaged row costs itself only, and says where the damage is."""
    made = builder.make_database(place(tmp_path))
    count = len(made.messages)
    connection = sqlite3.connect(made.path)
    rows = connection.execute("SELECT rowid, key, value FROM t7 LIMIT 4").fetchall()
    connection.execute(
        "UPDATE t7 SET value = ? WHERE rowid = ?", (rows[0][2][:40], rows[0][0])
    )
    connection.execute("UPDATE t7 SET value = ? WHERE rowid = ?", (b"\7", rows[1][0]))
    connection.execute("UPDATE t7 SET key = ? WHERE rowid = ?", (b"short", rows[2][0]))
    connection.execute("UPDATE t7 SET value = 5 WHERE rowid = ?", (rows[3][0],))
    for table in (2, 8, 13, 14, 18, 20, 37, 54, 67):
        connection.execute(f"UPDATE t{table} SET value = x'ff0102'")
    for table, key in ((10, b"\1\2"), (29, b"x"), (32, b"y"), (52, b"z"), (39, b"")):
        connection.execute(f"INSERT INTO t{table} VALUES (?, ?)", (key, b"\1"))
    connection.execute("UPDATE t1 SET value = x'00'")
    connection.commit()
    connection.close()
    found = extract(made.path)
    rows_found = [
        item
        for item in found.event_data
        if item.data_type in SENT and item.record_table is None
    ]
    assert len(rows_found) == count
    reasons = "\n".join(found.warnings)
    for words in (
        "table t7, key 73686f7274: offset 0x0 of the value: key of t7 has 5 bytes",
        "message of type 7",
        "key or value is no blob",
        "table t1, persistent:datacenterAuthInfoById",
        "table t2, key",
        "table t10, key 0102",
        "table t29, key 78",
        "table t32, key 79",
        "table t52, key 7a",
    ):
        assert words in reasons
    assert len(found.warnings) == len(set(found.warnings))


@pytest.mark.parametrize("value", [None, 5, 1.5, "text", b"", b"\1_\5"])
def test_keys_and_values_of_another_kind(value: Any, tmp_path: Path) -> None:
    """Whatever stands where a key or a value should be costs that row only."""
    made = builder.make_database(place(tmp_path))
    connection = sqlite3.connect(made.path)
    for number in range(100):
        for key in ("text", 1.5, b"", b"\0" * 20, 7, None):
            try:
                connection.execute(f"INSERT INTO t{number} VALUES (?, ?)", (key, value))
            except sqlite3.Error:
                continue
    connection.commit()
    connection.close()
    found = extract(made.path)
    unbroken(found)
    items = [item for item in found.event_data if item.data_type in SENT]
    assert len(items) >= len(made.messages)
    truths = {truth.text for truth in made.messages}
    assert truths <= {getattr(item, "text", None) for item in items} | {None}
    (account,) = found.accounts
    assert account.account_identifier == str(made.cast.owner)


def test_tables_of_another_kind(tmp_path: Path) -> None:
    """All keys are texts: nothing can be told, and nothing breaks."""
    path = place(tmp_path)
    path.parent.mkdir(parents=True)
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE __meta_fulltext_tables (name TEXT)")
    for number in range(100):
        connection.execute(f"CREATE TABLE t{number} (key, value)")
        for key in ("a", b"b", 3, None, 2.5):
            for value in ("v", b"\0\1", 9, None):
                connection.execute(f"INSERT INTO t{number} VALUES (?, ?)", (key, value))
    connection.commit()
    connection.close()
    found = extract(path)
    unbroken(found)
    assert len(found.of_type("telegram:message")) == 20


@pytest.mark.parametrize("seed", range(6))
def test_mutated_files(seed: int, tmp_path: Path) -> None:
    """Changed bytes anywhere end in warnings at most."""
    made = builder.make_database(place(tmp_path), "8.1")
    source = random.Random(seed)
    data = bytearray(made.path.read_bytes())
    for _ in range(60):
        # The header stays: without it no plugin is asked.
        data[source.randrange(4096, len(data))] = source.randrange(256)
    made.path.write_bytes(data)
    found = extract(made.path)
    unbroken(found)


@pytest.mark.parametrize("part", range(1, 8))
def test_truncated_files(part: int, tmp_path: Path) -> None:
    """A file that is cut off ends in warnings at most."""
    made = builder.make_database(place(tmp_path), "8.1")
    data = made.path.read_bytes()
    made.path.write_bytes(data[: len(data) * part // 8])
    found = extract(made.path)
    unbroken(found)


def test_other_databases(tmp_path: Path) -> None:
    """The metadata database of the same storage, and strangers, give nothing."""
    path = tmp_path / "telegram-data" / "accounts-metadata" / "db" / "db_sqlite"
    path.parent.mkdir(parents=True)
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE __meta_fulltext_tables (name TEXT)")
    connection.execute("CREATE TABLE t0 (key INTEGER PRIMARY KEY, value BLOB)")
    connection.execute("INSERT INTO t0 VALUES (0, x'0102030405060708')")
    connection.commit()
    connection.close()
    found = extract(path)
    assert (found.event_data, found.warnings) == ([], [])


@pytest.mark.parametrize(
    ("kind", "text", "is_mac", "expected"),
    [
        (1, "1234", False, ("screen_lock", "numeric passcode, stored in clear")),
        (2, "word", False, ("screen_lock", "text passcode, stored in clear")),
        (2, "", True, (None, "text passcode")),
        (0, "", False, None),
    ],
)
def test_passcode_of_old_versions(
    kind: int, text: str, is_mac: bool, expected: Any, tmp_path: Path
) -> None:
    """The metadata database kept it; it is not handed on."""
    folder = place(tmp_path, is_mac=is_mac).parents[3]
    path = folder / "accounts-metadata" / "db" / "db_sqlite"
    path.parent.mkdir(parents=True)
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE __meta_fulltext_tables (name TEXT)")
    connection.execute("CREATE TABLE t0 (key INTEGER PRIMARY KEY, value BLOB)")
    connection.execute("INSERT INTO t0 VALUES (0, x'0102030405060708')")
    value = write.body({"r:i": kind, "t:s": text})
    connection.execute("INSERT INTO t0 VALUES (2, ?)", (value,))
    connection.commit()
    connection.close()
    found = extract(path)
    assert found.warnings == []
    states = [(item.passcode_state, item.passcode_kdf) for item in found.accounts]
    assert states == ([] if expected is None else [expected])
    for item in found.accounts:
        assert item.attribution_basis == "apple_access_challenge"
        assert not text or text not in str(vars(item))


def test_login_that_was_not_finished(tmp_path: Path) -> None:
    """The number that was entered, in a database without any message."""
    path = place(tmp_path)
    path.parent.mkdir(parents=True)
    contents = write.Obj(
        "UnauthorizedAccountStateContents", {"v:i": 2, "num:s": "+15550100002"}
    )
    state = write.Obj("UnauthorizedAccountState", {"dc:i": 4, "c:o": contents})
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE __meta_fulltext_tables (name TEXT)")
    connection.execute("CREATE TABLE t0 (key INTEGER PRIMARY KEY, value BLOB)")
    connection.execute("INSERT INTO t0 VALUES (1, ?)", (struct.pack("<i", 25),))
    connection.execute("INSERT INTO t0 VALUES (2, ?)", (write.root(state),))
    connection.commit()
    connection.close()
    found = extract(path)
    assert found.warnings == []
    assert found.settings("unfinished_login") == [
        "state: code; phone number entered: 15550100002; data center: 4"
    ]
    assert found.sessions == found.accounts == []


def test_storage_box(tmp_path: Path) -> None:
    """Which files belonged to which messages, without any key."""
    path = place(tmp_path).parents[1] / "media" / "storage" / "db" / "db_sqlite"
    chat = write.channel(2500000000)
    name = "telegram-cloud-document-4-77"
    files = {
        name: (999, [(chat, 0, 5), (write.user(7), 0, 6)]),
        "ph-AB": (5, []),
    }
    builder.make_storage_box(path, files)
    connection = sqlite3.connect(path)
    lost = bytes(16) + struct.pack(">qbi", chat, 0, 9)
    connection.execute("INSERT INTO t16 VALUES (?, x'')", (lost,))
    connection.execute("INSERT INTO t16 VALUES (?, x'')", (b"short",))
    connection.execute("INSERT INTO t15 VALUES (?, ?)", (b"\xff" * 16, b"\1\0\0"))
    connection.commit()
    connection.close()
    found = extract(path)
    items = found.of_type("telegram:file")
    assert sorted(
        (
            item.file_path or "",
            item.chat_identifier or "",
            item.message_identifier or "",
            item.document_identifier,
            item.file_size,
        )
        for item in items
    ) == [
        ("", "2500000000", "9", None, None),
        ("postbox/media/ph-AB", "", "", None, 5),
        (f"postbox/media/{name}", "2500000000", "5", "77", 999),
        (f"postbox/media/{name}", "7", "6", "77", 999),
    ]
    assert {item.file_role for item in items} == {"held"}
    assert {item.account_slot for item in items} == {str(RECORD)}
    assert len(found.warnings) == 2
