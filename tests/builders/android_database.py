"""Makes a `cache4.db` of Telegram for Android and says what it holds.

Any number of messages, the same for the same seed, in several versions of the database
(`android_tables.VERSIONS`), with objects of every layer up to that of the version. The
ground truth is what the generator meant, never what a reader made of it.
"""

from __future__ import annotations

import random
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from telethon.tl import types

from tests.builders import android_tables as tables
from tests.builders import android_tl as tl
from tests.builders.android_cast import OWNER, Cast, Chat, fill, make_cast
from tests.builders.android_intents import (
    Action,
    Intent,
    make_blob,
    make_truth,
)

FIRST_TIME = 1_600_000_000
FIRST_LOCAL = -210_000
TEXTS = (
    "See you at eight",
    "Привет, как дела?",
    "مرحبا، كيف حالك؟",
    "שלום, מה נשמע?",
    "明日の会議は十時です",
    "你好，今天见",
    "안녕하세요",
    "नमस्ते दुनिया",
    "Zażółć gęślą jaźń",
    "👩‍👩‍👧‍👦 🏳️‍🌈 ok 👍🏽",
    "line one\nline two\ttab",
    "\u202eright to left\u202c \u200b zero",
    "x" * 4096,
    "'; DROP TABLE messages_v2; --",
)
NOTICES = (
    ("login_code", "Login code: 40317. Do not give this code to anyone!"),
    ("login_code", "Anmeldecode: 40317. Gib diesen Code niemandem."),
    ("login_code", "Код для входа в Telegram: 40317. Не давайте код никому."),
    ("login_code", "登录验证码：40317。"),
    ("two_step_changed", "Two-Step Verification settings changed on 05/11/2022"),
    ("other", "Telegram has a new version."),
)
NEW_LOGIN = (
    "New login. Dear Ivan, we detected a login into your account from a new device on "
    "05/11/2022 at 09:06:30 UTC.\n\nDevice: Desktop\n"
    "Location: Rotterdam, Netherlands (IP = 203.0.113.77)\n\nIf this wasn't you, ..."
)
ACTIONS = (
    Action(
        "messageActionChatEditTitle",
        types.MessageActionChatEditTitle("Neu"),
        tl.encode("b5a1ce5a title:string", title="Neu"),
    ),
    Action("messageActionHistoryClear", types.MessageActionHistoryClear()),
    Action(
        "messageActionCustomAction",
        types.MessageActionCustomAction("custom words"),
        text="custom words",
    ),
    Action("messageActionPinMessage", types.MessageActionPinMessage()),
    Action("messageActionContactSignUp", types.MessageActionContactSignUp()),
    Action("messageActionSetMessagesTTL", types.MessageActionSetMessagesTTL(86400)),
    Action("messageActionTopicCreate", types.MessageActionTopicCreate("T", 5)),
)
SECRET_ACTIONS = (
    Action(
        "decryptedMessageActionSetMessageTTL",
        packed=tl.encode("a1733aec seconds:int", seconds=60),
    ),
    Action(
        "decryptedMessageActionScreenshotMessages",
        packed=bytes.fromhex("75f4c18a") + tl.vector([]),
    ),
)


@dataclass
class Database:
    """A made database.

    Attributes:
        version: version of the database.
        truth: what the events of messages, calls and notices must say, in the order of
            the rows; a key that is absent must be None.
        records: the same for all other rows.
        balance: by dialog: messages sent, traces of sending, lost messages.
        intents: the messages of the main table with their place in the truth.
    """

    version: int
    truth: list[dict[str, Any]] = field(default_factory=list)
    records: list[dict[str, Any]] = field(default_factory=list)
    balance: dict[Chat, list[int]] = field(default_factory=dict)
    intents: list[tuple[Intent, int]] = field(default_factory=list)


class Generator:
    """Makes messages; the same seed gives the same ones."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        version: int,
        seed: int,
        owner: int = OWNER,
    ) -> None:
        self.random = random.Random(f"{version} {seed}")
        self.version = version
        self.top = tables.VERSIONS[version]
        self.layers = [layer for layer in tl.OLD_LAYERS if layer <= self.top]
        if self.top == tl.NEW:
            self.layers += [tl.NEW] * 6
        self.connection = connection
        connection.execute("BEGIN")
        for statement in tables.statements(version):
            connection.execute(statement)
        self.cast: Cast = make_cast(version, self.top, owner)
        self.made = Database(version)
        self.made.records = fill(connection, self.cast, version, self.top)
        connection.execute("COMMIT")
        self.table = tables.message_table(version)
        self.tables = tables.tables(version)
        self._local = FIRST_LOCAL
        self._numbers: Counter[Chat | None] = Counter()
        self._date = FIRST_TIME
        self._random_ids: set[int] = set()
        self._counts: Counter[Chat] = Counter()
        self._traces: dict[Chat, set[int]] = {}
        self._lost: Counter[Chat] = Counter()

    # What messages are made of.

    def chat(self) -> Chat:
        """Any chat but those of secret chats and of Telegram."""
        cast = self.cast
        found = cast.dialogs * 4 + cast.bots + cast.groups * 2 + cast.posts
        found.append(cast.saved)
        return self.random.choice([*found, cast.unknown] if cast.posts else found)

    def person(self) -> Chat:
        """Any dialog."""
        return self.random.choice(self.cast.dialogs)

    def local(self) -> int:
        """A message number of this device."""
        self._local -= 1
        return self._local

    def text(self) -> str:
        """A text; one in ten stands more than once."""
        text = self.random.choice(TEXTS)
        if self.random.random() < 0.1:
            return text
        return f"{text} {self.random.getrandbits(40)}"

    def layer(self, first: int = 8, last: int = tl.NEW) -> int:
        """A layer of the version."""
        found = [layer for layer in self.layers if first <= layer <= last]
        return self.random.choice(found or self.layers[-1:])

    def intent(self, chat: Chat, is_outgoing: bool, **values: Any) -> Intent:
        """A message with a number and a time of its own."""
        layer = values.pop("layer", None) or self.layer()
        if chat.kind == "channel":
            layer = max(layer, 67)
        sender: tl.Peer = ("user", self.cast.owner)
        is_post = False
        if chat.kind == "channel" and chat.chat_type != "supergroup":
            sender, is_post, is_outgoing = chat.peer, True, False
        elif not is_outgoing:
            sender = ("user", chat.other or self.person().number)
        if layer < 133 and sender[1] > 2**31:
            layer = self.top
        if layer < 133 and chat.number > 2**31:
            layer = self.top
        # Numbers of dialogs and groups have one row, each channel has its own.
        counter = chat if chat.kind == "channel" else None
        if "number" not in values:
            self._numbers[counter] += 1
            values["number"] = self._numbers[counter]
        self._date += self.random.randrange(0, 120)
        made = Intent(
            chat, values.pop("number"), self._date, is_outgoing, sender, layer
        )
        made.is_post = is_post
        made.is_read = self.random.random() < 0.7
        made.trailer = self.random.choice(("", " ", None)) if layer < 128 else " "
        if layer >= 119 and chat.kind == "user":
            made.omits_sender = self.random.random() < 0.4
        if is_outgoing:
            made.origin = ("no_local_trace", None, None)
        made.owner = self.cast.owner
        for name, value in values.items():
            setattr(made, name, value)
        return made

    def media(self, kind: str) -> tl.Media:
        """An attachment of a kind."""
        made = tl.Media(kind, self.random.getrandbits(60) + 1, self._date)
        if kind in tl.DOCUMENTS or kind == "video":
            made.size = self.random.randrange(1, 2**31)
            made.mime_type = "application/x-test"
            if kind == "document":
                made.name = f"файл {self.random.getrandbits(16)}.bin"
            elif kind not in ("sticker",):
                made.duration = self.random.randrange(1, 600)
        elif kind == "photo":
            made.size = self.random.randrange(1000, 2**20)
        elif kind == "contact":
            made.contact_name, made.contact_phone = "Eva Ey", "4915112345"
        elif kind in ("geo", "live_location", "venue"):
            made.latitude, made.longitude = 52.520008, -13.404954
        elif kind == "webpage":
            made.url = f"https://example.org/{self.random.getrandbits(16)}"
        return made

    def old_media(self, layer: int) -> tl.Media:
        """An attachment that can be packed in a layer."""
        kinds = ["photo", "contact", "geo", "video" if layer == 8 else "document"]
        made = self.media(self.random.choice(kinds))
        if layer == 8 and made.kind == "video":
            made.mime_type = None
        return made

    # Rows.

    def mid(self, intent: Intent) -> int:
        """Column `mid`: before version 84 that of a channel holds the channel, too."""
        if self.version < 84 and intent.chat.kind == "channel" and intent.number > 0:
            return intent.chat.number << 32 | intent.number
        return intent.number

    def insert(self, table: str, **values: Any) -> None:
        """Adds a row."""
        names = ", ".join(values)
        marks = ", ".join("?" * len(values))
        self.connection.execute(
            f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(values.values())
        )

    def put(self, intent: Intent, **changes: Any) -> bytes:
        """Adds a message with its row and its truth."""
        blob = make_blob(intent)
        self.insert(
            self.table,
            mid=self.mid(intent),
            uid=intent.chat.dialog(self.version),
            read_state=self.random.choice((1, 3))
            if intent.is_read
            else self.random.choice((0, 2)),
            send_state=intent.send_state,
            date=intent.date,
            data=blob,
            out=int(intent.is_outgoing),
            ttl=0,
        )
        truth = {**make_truth(intent, self.cast), **changes}
        self.made.intents.append((intent, len(self.made.truth)))
        self.made.truth.append(truth)
        if (
            truth["data_type"] == "telegram:message"
            and intent.is_outgoing
            and intent.action is None
            and intent.number > 0
            and intent.origin[0] != "not_applicable"
        ):
            self._counts[intent.chat] += 1
        return blob

    def trace(self, intent: Intent, *numbers: int) -> None:
        """Adds traces of sending: one random number, with some message numbers."""
        random_id = self.random.getrandbits(63)
        for number in numbers:
            row = {"random_id": random_id, "mid": number}
            if self.version >= 84:
                row["uid"] = intent.chat.dialog(self.version)
            self.insert("randoms_v2" if self.version >= 84 else "randoms", **row)
            if number < 0:
                self._traces.setdefault(intent.chat, set()).add(random_id)

    @property
    def trace_basis(self) -> str:
        """Code of a trace of sending."""
        return "randoms_v2" if self.version >= 84 else "randoms"

    def lose(self, intent: Intent) -> None:
        """Adds the traces of a message that is not there."""
        self.trace(intent, self.local(), self.mid(intent))
        self._lost[intent.chat] += 1

    def run(self, count: int) -> None:
        """Lets things happen until there are so many messages."""
        from tests.builders.android_scenarios import SCENARIOS

        self.connection.execute("BEGIN")
        for scenario in _choose(self, SCENARIOS):
            if len(self.made.truth) >= count:
                break
            scenario(self)
        self.connection.execute("COMMIT")

    def finish(self) -> Database:
        """The database with its balance."""
        chats = self._counts.keys() | self._traces.keys() | self._lost.keys()
        for chat in chats:
            traces = len(self._traces.get(chat, ()))
            self.made.balance[chat] = [self._counts[chat], traces, self._lost[chat]]
        return self.made


Scenario = Callable[[Generator], None]


def connect(path: Path | str, *, is_log: bool = False) -> sqlite3.Connection:
    """Makes a new file for a database, in the mode with a log or without one."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA page_size = 4096")
    if is_log:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA wal_autocheckpoint = 0")
    return connection


def build(path: Path | str, version: int, count: int, seed: int = 0) -> Database:
    """Makes a database.

    Args:
        path: file.
        version: version of the database.
        count: number of messages.
        seed: of the random choices.
    """
    connection = connect(path)
    generator = Generator(connection, version, seed)
    generator.run(count)
    connection.close()
    return generator.finish()


def _choose(
    generator: Generator, scenarios: list[tuple[int, int, Scenario]]
) -> Iterator[Scenario]:
    """Every scenario of the version some times, then by weight."""
    known = [one for one in scenarios if one[0] <= generator.version]
    for _ in range(3):
        for _, _, scenario in known:
            yield scenario
    weights = [weight for _, weight, _ in known]
    functions = [scenario for _, _, scenario in known]
    while True:
        yield from generator.random.choices(functions, weights, k=100)
