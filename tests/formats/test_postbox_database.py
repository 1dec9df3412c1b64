"""Whole databases, read with the decoders alone and held against what was meant."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from telegram_forensics.formats import postbox_account as account
from telegram_forensics.formats import postbox_drafts as drafts
from telegram_forensics.formats import postbox_keychain as keychain
from telegram_forensics.formats import postbox_keys as keys
from telegram_forensics.formats import postbox_lists as lists
from telegram_forensics.formats import postbox_logins as logins
from telegram_forensics.formats import postbox_origin as origin
from telegram_forensics.formats import postbox_peers as peers
from telegram_forensics.formats import postbox_tables as tables
from telegram_forensics.formats import postbox_traces as traces
from telegram_forensics.formats.postbox_coding import (
    PostboxObject,
    Problem,
    read_root,
)
from telegram_forensics.formats.postbox_facts import PostboxFacts, read_facts
from telegram_forensics.formats.postbox_ids import MediaId, MessageId, unpack_peer
from telegram_forensics.formats.postbox_message import StoredMessage, read_message
from telegram_forensics.formats.postbox_secret import read_secret_state
from tests.builders import postbox_database as builder
from tests.builders.postbox_cast import VERSIONS
from tests.builders.postbox_messages import DIALOG_INTENTS, Truth


class Reader:
    """Reads a database with SQL and the decoders."""

    def __init__(self, path: Path) -> None:
        self.problems: list[Problem] = []
        self._connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        (schema,) = self.rows(0, "WHERE key = 1")
        self.schema = tables.read_int32(schema[1])
        self.traces = self._traces()

    def close(self) -> None:
        """Closes the database."""
        self._connection.close()

    def rows(self, number: int, condition: str = "", *values: Any) -> list[Any]:
        """Rows of a table; an absent one is empty."""
        try:
            return self._connection.execute(
                f"SELECT key, value FROM t{number} {condition}", values
            ).fetchall()
        except sqlite3.OperationalError:
            return []

    def root(self, data: bytes) -> PostboxObject:
        """A stored object."""
        return read_root(data, self.problems)

    def _traces(self) -> traces.SendTraces:
        found = traces.SendTraces(schema=self.schema)
        for key, value in self.rows(32):
            found.add_random_id(key, value)
        for key, value in self.rows(10):
            found.add_counter(key, value)
        for key, value in self.rows(29):
            found.add_log_counter(key, value)
        for key, value in self.rows(25):
            found.add_upload(key, value, self.problems)
        for key, _ in self.rows(52):
            found.add_local_tag(key)
        for key, _ in self.rows(11):
            found.add_unsent(key)
        for key, _ in self.rows(49):
            found.add_failed(key)
        for key, value in self.rows(13):
            state = read_secret_state(self.root(value))
            if state is not None and state.has_key:
                found.secret_chats.add(key)
        return found

    def resolve(self, item: MediaId) -> PostboxObject | None:
        """Media of t6."""
        for _, value in self.rows(6, "WHERE key = ?", keys.media_key(*item)):
            return tables.read_media_entry(value, self.problems).media
        return None

    def messages(self) -> Iterator[tuple[keys.MessageKey, StoredMessage, PostboxFacts]]:
        """All messages."""
        for key, value in self.rows(7):
            place = keys.read_message_key(key, self.schema)
            stored = read_message(value, self.problems)
            yield place, stored, read_facts(place, stored, self.resolve)


@pytest.fixture(params=list(VERSIONS))
def made(request: pytest.FixtureRequest, tmp_path: Path) -> builder.Database:
    """A database of every generation."""
    return builder.make_database(tmp_path / "db_sqlite", request.param, rounds=2)


@pytest.fixture
def reader(made: builder.Database) -> Iterator[Reader]:
    """Its reader."""
    found = Reader(made.path)
    yield found
    assert found.problems == []
    found.close()


def check(truth: Truth, facts: PostboxFacts, grade: origin.Origin) -> None:
    """A message is what was meant."""
    message = facts.message
    assert message.text == truth.text
    assert message.date == truth.time
    assert message.is_outgoing == truth.is_outgoing
    assert message.sender is not None
    assert message.sender.number == truth.sender
    assert grade[:2] == truth.origin
    assert message.action == truth.action
    assert message.edited == truth.edited
    kind = None if message.media is None else message.media.kind
    assert kind == truth.media_type
    others = truth.others
    if "media" in others:
        assert message.media is not None
        assert message.media.identifier == others["media"]
    if "reply_to" in others:
        assert message.reply_to == others["reply_to"]
    if "own_reaction" in others:
        assert [item.time for item in facts.own_reactions] == [others["own_reaction"]]
    if "forwarded_time" in others:
        assert message.forward is not None
        assert message.forward.date == others["forwarded_time"]
        assert message.forward.sender == ("channel", others["forwarded_channel"])
    if "call" in others:
        assert message.call is not None
        assert message.call.duration == others["call"]["duration"]
        assert message.call.reason == others["call"]["reason"]
    assert facts.authorization_hash == others.get("authorization_hash")
    assert facts.countdown_start == others.get("countdown_start")
    assert facts.is_failed == (truth.intent == "failed")
    assert facts.is_sending == (truth.intent == "unsent")
    assert bool(facts.missing_media) == (truth.intent == "lost_photo")
    scheduled = truth.time if truth.intent == "waiting_schedule" else None
    assert facts.scheduled_time == scheduled


def test_messages(made: builder.Database, reader: Reader) -> None:
    """Every message of every intent."""
    truths = {
        (item.chat.value, item.namespace, item.number): item for item in made.messages
    }
    seen = set()
    for key, stored, facts in reader.messages():
        truth = truths[key.id]
        check(truth, facts, origin.grade(key, stored, facts, reader.traces))
        seen.add(key.id)
    assert seen == set(truths)
    counted = builder.count_intents(made)
    assert all(counted[intent] >= 6 for intent in DIALOG_INTENTS)


def test_traces(made: builder.Database, reader: Reader) -> None:
    """Counters, queues, deletions, calls."""
    for chat, queued in made.queued.items():
        assert reader.traces.queued(chat) == queued
    for chat, number in made.deletions.items():
        assert reader.traces.deletions(chat) == number
    dialog = made.cast.dialogs[0]
    outgoing = sum(
        item.is_outgoing and item.chat is dialog and item.namespace in (0, 1)
        for item in made.current
    )
    balance = traces.balance(dialog.value, outgoing, reader.traces)
    assert balance is not None
    assert balance.surplus == outgoing - made.queued[dialog.value] > 0
    assert len(reader.traces.unsent) == 2 * len(made.cast.chats)
    assert len(reader.traces.failed) == 2 * len(made.cast.chats)
    present = {key.id for key, _, _ in reader.messages()}
    named = {keys.read_index_key(key) for key, _ in reader.rows(4)}
    named |= {
        keys.read_tag_key(key, reader.schema).message.id for key, _ in reader.rows(12)
    }
    called = {keys.read_global_tag_key(key).message.id for key, _ in reader.rows(39)}
    assert named - present == set()
    assert called - present == {MessageId(dialog.value, 0, 900)}
    (row,) = reader.rows(31)
    deletion = traces.read_pending_deletion(*row, reader.problems)
    assert deletion is not None
    assert deletion.messages == [MessageId(dialog.value, 0, 1)]


def test_peers(made: builder.Database, reader: Reader) -> None:
    """Users, chats, contacts, presence, phone book."""
    found = {
        key: peers.read_stored_peer(key, reader.root(value))
        for key, value in reader.rows(2)
    }
    for chat in made.cast.chats:
        assert found[chat.value].name == chat.title
        assert found[chat.value].chat_type == chat.chat_type
    owner = [item.user for item in found.values() if item.user is not None]
    phones = {user.identifier: user.phone for user in owner}
    assert phones[made.cast.owner] == made.cast.owner_phone
    secret = found[made.cast.secret_chat.value].secret
    assert secret is not None
    assert secret.user == made.cast.people[0]
    contacts = [
        unpack_peer(keys.read_peer_key(key)).number for key, _ in reader.rows(16)
    ]
    assert sorted(contacts) == sorted(made.contacts)
    for key, value in reader.rows(20):
        presence = peers.read_presence(reader.root(value))
        number = unpack_peer(key).number
        assert presence.last_seen == builder.FIRST_TIME + number % 1000
    book = {}
    for key, value in reader.rows(54):
        phone = keys.read_device_contact_key(key)
        book[phone] = peers.read_device_contact(phone, reader.root(value)).name
    assert book == made.phone_book


def test_account(made: builder.Database, reader: Reader) -> None:
    """Who it is, which session, which device."""
    ((_, value),) = reader.rows(0, "WHERE key = 2")
    state = account.read_account_state(reader.root(value))
    assert state is not None
    assert state.peer is not None
    assert unpack_peer(state.peer).number == made.cast.owner
    assert state.synchronized == builder.SYNCHRONIZED
    found = keychain.read_keychain(reader.rows(1))
    assert found.problems == []
    session = found.session(state.data_center)
    assert session is not None
    assert session.identifier == made.session
    assert session.created == builder.KEY_CREATED
    assert found.clock_difference == builder.CLOCK_DIFFERENCE
    announced = session.initialization
    assert (announced is not None) == made.version.has_initialization
    if announced is not None:
        assert announced.device_model == "iPhone 13 Pro"


def test_lists_and_drafts(made: builder.Database, reader: Reader) -> None:
    """Downloads, reviews, drafts of both generations."""
    downloads, reviews = [], []
    for key, value in reader.rows(37):
        collection, item = keys.read_item_key(key)
        if collection == lists.DOWNLOADS:
            download = lists.read_download(reader.root(value))
            downloads.append((download.resource, download.time))
        elif collection == logins.REVIEW_COLLECTION:
            review = logins.read_session_review(item, reader.root(value))
            assert review.is_consistent
            reviews.append(
                (review.authorization_hash, review.device, review.location, review.time)
            )
        elif collection == lists.SEARCHED_PEERS:
            assert lists.read_peer_item(item) == made.cast.dialogs[1].value
    assert downloads == made.downloads
    assert reviews == [
        (item.authorization_hash, item.device, item.location, item.time)
        for item in made.reviews
    ]
    found = {key: drafts.read_draft(value) for key, value in reader.rows(67)}
    found |= {key: drafts.read_old_draft(value) for key, value in reader.rows(23)}
    assert len(found) == len(made.drafts)
    for truth in made.drafts:
        draft = found[truth.chat.value]
        assert not draft.problems
        assert truth.text in (draft.text, draft.local_text)
        assert truth.time in (draft.time, draft.local_time)
        assert draft.has_local_state == truth.is_local


def test_write_ahead_log(tmp_path: Path) -> None:
    """Both states of a database whose last changes stand in the log."""
    made = builder.make_database(tmp_path / "db_sqlite", has_log=True)
    states = [item.state for item in made.messages]
    assert sorted(filter(None, states)) == ["overwritten", "removed"]
    with_log = Reader(made.path)
    found = {key.id: (key, stored, facts) for key, stored, facts in with_log.messages()}
    with_log.close()
    assert found.keys() == {
        (item.chat.value, item.namespace, item.number) for item in made.current
    }
    for truth in made.current:
        key, stored, facts = found[
            MessageId(truth.chat.value, truth.namespace, truth.number)
        ]
        check(truth, facts, origin.grade(key, stored, facts, with_log.traces))
    alone = tmp_path / "alone"
    alone.write_bytes(made.path.read_bytes())
    before = Reader(alone)
    old = {key.id: (key, stored, facts) for key, stored, facts in before.messages()}
    before.close()
    for truth in made.messages:
        if truth.state is not None:
            key, stored, facts = old[
                MessageId(truth.chat.value, truth.namespace, truth.number)
            ]
            check(truth, facts, origin.grade(key, stored, facts, before.traces))


def test_same_seed_same_bytes(tmp_path: Path) -> None:
    """The generator is deterministic."""
    first = builder.make_database(tmp_path / "a", seed=3)
    second = builder.make_database(tmp_path / "b", seed=3)
    other = builder.make_database(tmp_path / "c", seed=4)
    assert first.path.read_bytes() == second.path.read_bytes()
    assert first.path.read_bytes() != other.path.read_bytes()
