"""Makes databases of Telegram for iOS and native macOS and says what they hold.

The databases are not encrypted, as on iOS. Any number of messages, the same for the
same seed, in several generations (`postbox_cast.VERSIONS`). The truth is what the
generator meant, never what a reader made of it.
"""

from __future__ import annotations

import hashlib
import random
import shutil
import sqlite3
import struct
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.builders import nskeyedarchiver as ns
from tests.builders import postbox as write
from tests.builders import sqlite_files
from tests.builders.postbox_cast import TABLES, VERSIONS, Cast, Chat, Version
from tests.builders.postbox_messages import DIALOG_INTENTS, INTENTS, Made, Maker, Truth

FIRST_TIME = 1_735_689_600
SYNCHRONIZED = FIRST_TIME + 900_000
KEY_CREATED = FIRST_TIME - 90_000
CLOCK_DIFFERENCE = -2.25
INITIALIZATION = (
    "apiId=8&deviceModel=iPhone 13 Pro&systemVersion=17.2&appVersion=10.6"
    "&langCode=uk&layer=170&langPack=ios&langPackCode=uk-raw&proxy=&systemCode="
)


@dataclass
class Review:
    """A login that waits to be confirmed."""

    authorization_hash: int
    device: str
    location: str
    time: int


@dataclass
class DraftTruth:
    """A draft: which chat, what, when."""

    chat: Chat
    text: str
    time: int
    is_local: bool


@dataclass
class Database:
    """A made database and what it holds.

    Attributes:
        path: the file.
        version: generation.
        cast: people and chats.
        messages: all messages, also those that the log replaced or removed.
        queued: number of messages queued by chat (counter of t10 less one).
        deletions: number of deletions in the cloud by chat (t29).
        drafts: drafts.
        reviews: logins of other sessions that wait.
        downloads: resource and time of files that the user downloaded.
        contacts: user ids.
        phone_book: digits and names of the device's contacts.
        session: id of the key of the home data center.
    """

    path: Path
    version: Version
    cast: Cast
    messages: list[Truth] = field(default_factory=list)
    queued: dict[int, int] = field(default_factory=dict)
    deletions: dict[int, int] = field(default_factory=dict)
    drafts: list[DraftTruth] = field(default_factory=list)
    reviews: list[Review] = field(default_factory=list)
    downloads: list[tuple[str, int]] = field(default_factory=list)
    contacts: list[int] = field(default_factory=list)
    phone_book: dict[str, str] = field(default_factory=dict)
    session: str = ""

    @property
    def current(self) -> list[Truth]:
        """Messages of the state that counts."""
        return [item for item in self.messages if item.state is None]


def make_database(
    path: Path,
    version: str = "12.2",
    *,
    seed: int = 0,
    rounds: int = 1,
    has_log: bool = False,
    reserved: int = 0,
) -> Database:
    """Makes a database.

    Args:
        path: where it is written; with a log also `-wal` and `-shm`.
        version: key of `VERSIONS`.
        seed: of the random numbers.
        rounds: how often each intent comes in each chat.
        has_log: the last changes stand in the write-ahead log.
        reserved: bytes at the end of each page, which an encrypted one needs.
    """
    return _Generator(path, VERSIONS[version], seed).make(rounds, has_log, reserved)


class _Generator:
    def __init__(self, path: Path, version: Version, seed: int) -> None:
        self.source = random.Random(f"postbox {version.name} {seed}")
        self.version = version
        self.cast = Cast(version, seed)
        self.maker = Maker(self.cast, version, self.source)
        self.made: list[Made] = []
        self.database = Database(path, version, self.cast)
        self._connection = sqlite3.connect(":memory:")

    def make(self, rounds: int, has_log: bool, reserved: int = 0) -> Database:
        """Writes everything."""
        path = self.database.path
        path.parent.mkdir(parents=True, exist_ok=True)
        work = path.with_name(f"{path.name}.making")
        if reserved:
            sqlite_files.reserve(work, reserved, 4096)
        self._connection = sqlite3.connect(work)
        self._connection.execute("PRAGMA page_size=4096")
        self._connection.execute("PRAGMA user_version=4")
        self._connection.execute(
            "CREATE TABLE __meta_fulltext_tables (name TEXT PRIMARY KEY)"
        )
        for number, kind in TABLES.items():
            if self._exists(number):
                self._create(number, kind)
        self._messages(rounds)
        self._peers()
        self._account()
        self._lists()
        self._drafts()
        self._operations()
        self._chat_list()
        if not has_log:
            self._connection.commit()
            self._connection.close()
            work.replace(path)
            return self.database
        self._connection.commit()
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._change()
        self._connection.commit()
        for suffix in ("", "-wal"):
            copy = path.with_name(path.name + suffix)
            shutil.copyfile(f"{work}{suffix}", copy)
        self._connection.close()
        for suffix in ("", "-wal", "-shm"):
            Path(f"{work}{suffix}").unlink(missing_ok=True)
        return self.database

    def _exists(self, number: int) -> bool:
        if number in (67, 68):
            return self.version.has_draft_table
        if number == 23:
            return not self.version.has_draft_table
        return self.version.has_topics or number not in (62, 63, 71, 72, 73)

    def _create(self, number: int, kind: str) -> None:
        key = "INTEGER" if kind == "i" else "BLOB"
        end = " WITHOUT ROWID" if kind == "c" else ""
        self._connection.execute(
            f"CREATE TABLE t{number} (key {key} PRIMARY KEY, value BLOB){end}"
        )

    def put(self, number: int, key: int | bytes, value: bytes = b"") -> None:
        """Writes a row as the app does."""
        self._connection.execute(
            f"INSERT INTO t{number} (key, value) VALUES (?, ?) "
            "ON CONFLICT(key) DO UPDATE SET value = excluded.value",
            (key, value),
        )

    def remove(self, number: int, key: int | bytes) -> None:
        """Removes a row."""
        self._connection.execute(f"DELETE FROM t{number} WHERE key = ?", (key,))

    def key_of(self, truth: Truth) -> bytes:
        """Key of t7."""
        return write.message_key(
            truth.chat.value,
            truth.namespace,
            truth.time,
            truth.number,
            self.version.schema,
        )

    def _messages(self, rounds: int) -> None:
        time = FIRST_TIME
        for _ in range(rounds):
            for chat in self.cast.chats:
                is_dialog = chat.chat_type == "user"
                for intent in DIALOG_INTENTS if is_dialog else INTENTS:
                    time += self.source.randrange(20, 400)
                    self.store(self.maker.make(intent, chat, time))
            if self.version.has_topics:
                time += 60
                self.store(self.maker.make("topic", self.cast.forum, time))
            time += 60
            self.store(self.maker.code(time))
            for is_pushed in (False, True):
                time += 60
                self.store(self.maker.notice(time, is_pushed=is_pushed))
            for is_outgoing in (False, True):
                time += 60
                self.store(self.maker.secret(time, is_outgoing=is_outgoing))
        self._counters()

    def _counters(self) -> None:
        for (chat, namespace), following in self.maker.counters.items():
            key = struct.pack(">qBi", chat, 2, namespace)
            self.put(10, key, struct.pack("<i", following))
            if namespace == 1:
                self.database.queued[chat] = following - 1
        self.put(10, b"\3", struct.pack("<I", self.maker.next_stable_id))

    def store(self, made: Made) -> None:
        """Writes a message with its rows in the indexes."""
        truth, message = made.truth, made.message
        chat, namespace, number = truth.chat.value, truth.namespace, truth.number
        self.made.append(made)
        self.database.messages.append(truth)
        self.put(7, self.key_of(truth), message.encode())
        flags = 2 if message.flags & (4 | 256) else 0
        index = struct.pack(">qii", chat, namespace, number)
        self.put(4, index, struct.pack("<bi", flags, truth.time))
        if namespace == 0 and truth.chat.chat_type in ("user", "group"):
            self.put(3, number, struct.pack("<qi", chat, namespace))
        if made.random_id is not None:
            key = struct.pack(">qq", chat, made.random_id)
            self.put(32, key, struct.pack("<qii", chat, namespace, number))
        for bit in range(32):
            if message.tags >> bit & 1:
                self.put(12, self._tag_key(truth, 1 << bit))
        if message.global_tags:
            key = struct.pack(">Iiiiq", 1, truth.time, namespace, number, chat)
            self.put(39, key, b"\0")
        for (kind, media), value in made.media_rows:
            self.put(6, struct.pack(">iq", kind, media), value)
        if made.upload is not None:
            entry = write.Obj(
                "CachedMediaReferenceEntry", {"data:x": write.root(made.upload)}
            )
            key = b"\0\4\0" + self.source.randbytes(16)
            self.put(25, key, write.root(entry))
        if made.live_location:
            self.put(52, struct.pack(">Iiiq", 1, namespace, number, chat))
        if namespace == 1 and truth.intent == "unsent":
            self.put(11, struct.pack(">iiq", namespace, number, chat))
        if truth.intent == "failed":
            self.put(49, index)
        start = truth.others.get("countdown_start")
        if start is not None:
            due = struct.pack("<H", 0) + struct.pack(
                ">iqii", start + 60, chat, namespace, number
            )
            self.put(34, due)

    def _tag_key(self, truth: Truth, tag: int) -> bytes:
        chat, namespace, number = truth.chat.value, truth.namespace, truth.number
        if self.version.schema <= 22:
            return struct.pack(">qIiii", chat, tag, truth.time, namespace, number)
        return struct.pack(">qIiii", chat, tag, namespace, truth.time, number)

    def _user(self, number: int, phone: str | None = None) -> write.Obj:
        first, _, last = self.cast.names[number].partition(" ")
        is_bot = number == self.cast.bot
        return write.Obj(
            "TelegramUser",
            {
                "i:q": write.user(number),
                "ah:q": 7,
                "aht:i": 0,
                "fn:s": first,
                "ln:s": last or None,
                "un:s": f"user_{number}",
                "p:s": phone,
                "ph:O": [],
                "bi:o": write.Obj("BotUserInfo", {"f:i": 0}) if is_bot else None,
                "fl:i": 0,
            },
        )

    def _peers(self) -> None:
        cast = self.cast
        for number in cast.names:
            phone = cast.owner_phone if number == cast.owner else None
            if number in cast.people:
                phone = f"15550100{cast.people.index(number):03d}"
            self.put(2, write.user(number), write.root(self._user(number, phone)))
        for number in cast.people[:2]:
            self.database.contacts.append(number)
            self.put(16, struct.pack(">q", write.user(number)))
            seen = {"v:i": 1, "t:i": FIRST_TIME + number % 1000, "h:b": False}
            presence = write.Obj("TelegramUserPresence", seen)
            self.put(20, write.user(number), write.root(presence))
        cached = write.Obj("CachedUserData", {"a:s": "About Anna", "b:i": 0, "cg:i": 2})
        self.put(18, write.user(cast.people[0]), write.root(cached))
        self._chats()
        for phone, name in (("15550100000", "Anna"), ("15550109999", "Nobody")):
            self.database.phone_book[phone] = name
            data = {"f:s": name, "l:s": "", "dis:S": ["AB:1"]}
            value = write.Obj(
                "TelegramDeviceContactImportedData",
                {"_t:i": 0, "d:o": write.Obj("ImportableDeviceContactData", data)},
            )
            self.put(54, b"\0" + phone.encode(), write.root(value))

    def _chats(self) -> None:
        cast = self.cast
        group = {
            "i:q": cast.basic_group.value,
            "t:s": cast.basic_group.title,
            "pc:i": 3,
            "rv:o": write.Obj("TelegramGroupRole", {"_v:i": 0}),
            "m:i": 0,
            "f:i": 0,
            "d:i": FIRST_TIME - 500_000,
        }
        value = write.root(write.Obj("TelegramGroup", group))
        self.put(2, cast.basic_group.value, value)
        for chat, kind, flags in ((cast.broadcast, 0, 0), (cast.forum, 1, 2 | 2048)):
            channel = {
                "i:q": chat.value,
                "ah:q": 9,
                "aht:i": 0,
                "t:s": chat.title,
                "un:s": f"channel_{chat.number}",
                "d:i": FIRST_TIME - 400_000,
                "ps:i": 0,
                "i.t:i": kind,
                "fl:i": flags,
            }
            value = write.root(write.Obj("TelegramChannel", channel))
            self.put(2, chat.value, value)
        chat = cast.secret_chat
        secret = {
            "i:q": chat.value,
            "r:q": write.user(cast.people[0]),
            "h:q": 3,
            "d:i": FIRST_TIME - 300_000,
            "o:i": 0,
            "s:i": 2,
        }
        self.put(2, chat.value, write.root(write.Obj("TelegramSecretChat", secret)))
        key = {"f:q": -2, "k:x": cast.secret_key, "u:i": 4}
        keychain = write.Obj(
            "SecretChatKeychain", {"k:O": [write.Obj("SecretChatKey", key)]}
        )
        state = {
            "r:i": 0,
            "s:o": write.Obj("SecretChatEmbeddedState", {"r:i": 3}),
            "k:o": keychain,
        }
        self.put(13, chat.value, write.root(write.Obj("SecretChatState", state)))
        forum = write.Obj("ChannelState", {"pts:i": 120})
        self.put(13, cast.forum.value, write.root(forum))

    def _account(self) -> None:
        cast = self.cast
        state = {"pts:i": 5000, "qts:i": 12, "date:i": SYNCHRONIZED, "seq:i": 1}
        value = write.Obj(
            "AuthorizedAccountState",
            {
                "isTestingEnvironment:i": 0,
                "masterDatacenterId:i": 2,
                "peerId:q": write.user(cast.owner),
                "state:o": write.Obj("State", state),
                "invalidatedChannels:O": [],
            },
        )
        self.put(0, 1, struct.pack("<i", self.version.schema))
        self.put(0, 2, write.root(value))
        self.put(0, 4, struct.pack("<q", self.source.randrange(1 << 62)))
        has_text = self.version.has_initialization
        main = ns.auth_info(
            cast.key,
            cast.key_id(cast.key),
            salts=[(0, KEY_CREATED << 32, (KEY_CREATED + 1800) << 32)],
            initialization=INITIALIZATION if has_text else None,
        )
        other = ns.auth_info(cast.media_key, cast.key_id(cast.media_key))
        info = {2: main, 4: other, 1 << 32 | 2: other}
        self.put(1, b"persistent:datacenterAuthInfoById", ns.archive(info))
        self.put(1, b"temp:globalTimeDifference", ns.archive(CLOCK_DIFFERENCE))
        self.put(1, b"master-notification-secret", bytes(256))
        self.database.session = cast.session(cast.key)
        contacts = write.Obj("ContactsSettings", {"synchronizeContacts:i": 1})
        self.put(35, struct.pack(">i", 16), write.root(contacts))

    def _lists(self) -> None:
        photo = next(item for item in self.made if item.truth.intent == "photo")
        resource = f"telegram-cloud-photo-size-2-{photo.truth.others['media']}-y"
        message = write.Obj(
            "MessageId",
            {
                "peerId:o": write.Obj("PeerId", {"iv:q": photo.truth.chat.value}),
                "namespace:i": 0,
                "id:i": photo.truth.number,
            },
        )
        if self.version.has_draft_table:
            time = photo.truth.time + 40
            download = {
                "messageId:o": message,
                "resourceId:s": resource,
                "timestamp:i": time,
                "isSeen:b": True,
            }
            item = write.Obj("RecentDownloadItem", download)
            self.put(37, struct.pack(">i", 11) + b"item", write.root(item))
            self.database.downloads.append((resource, time))
        searched = struct.pack(">i", 2) + struct.pack("<q", self.cast.dialogs[1].value)
        self.put(37, searched, write.root(write.Obj(0, {})))
        if self.version.has_reviews:
            review = Review(
                -(1 << 62) - 1, "Desktop, PC 64bit", "Nowhere", SYNCHRONIZED
            )
            self.database.reviews.append(review)
            value = write.Obj(
                "NewSessionReview",
                {
                    "id:q": review.authorization_hash,
                    "device:s": review.device,
                    "location:s": review.location,
                    "timestamp:i": review.time,
                },
            )
            item_id = struct.pack("<q", review.authorization_hash)
            self.put(37, struct.pack(">i", 25) + item_id, write.root(value))
            self.put(38, struct.pack(">bii", 0, 25, 0), item_id)

    def _drafts(self) -> None:
        first, second = self.cast.dialogs[0], self.cast.dialogs[1]
        field_state: dict[str, Any] = {
            "ts:i": SYNCHRONIZED + 1,
            "is:o": write.Obj(
                1, {"at:o": write.Obj(2, {"text:s": "Not sent", "attributes:I": []})}
            ),
        }
        if not self.version.has_draft_table:
            value = write.root(write.Obj("ChatInterfaceState", field_state))
            self.put(23, first.value, value)
            self._add_draft(first, "Not sent", SYNCHRONIZED + 1, True)
            return
        for chat, text, is_local in ((first, "Not sent", True), (second, "Far", False)):
            shared = {"t:s": text, "e:I": [], "s:i": SYNCHRONIZED}
            state: dict[str, Any] = {
                "synchronizeableInputState:o": write.Obj(
                    "SynchronizeableChatInputState", shared
                )
            }
            if is_local:
                state["opaqueData:x"] = write.body(field_state)
            self.put(67, chat.value, write.body({"data:x": write.body(state)}))
            self._add_draft(chat, text, SYNCHRONIZED, is_local)

    def _add_draft(self, chat: Chat, text: str, time: int, is_local: bool) -> None:
        self.database.drafts.append(DraftTruth(chat, text, time, is_local))

    def _operations(self) -> None:
        chat = self.cast.dialogs[0]
        self.database.deletions[chat.value] = 3
        self.put(29, struct.pack(">BqB", 0, chat.value, 3), struct.pack("<i", 3))
        self.put(29, b"\1\3", struct.pack("<i", 3))
        operation = write.Obj(
            "CloudChatRemoveMessagesOperation",
            {"i:x": write.message_ids([(chat.value, 0, 1)]), "t:i": 1},
        )
        self.put(
            31, struct.pack(">qBi", chat.value, 3, 2), write.log_entry(operation, 2)
        )
        self.put(30, struct.pack(">Bi", 3, 2), struct.pack("<qi", chat.value, 2))
        # A call whose message is gone, and a range that was not downloaded.
        gone = struct.pack(">Iiiiq", 2, FIRST_TIME - 900, 0, 900, chat.value)
        self.put(39, gone, b"\0")
        hole = struct.pack(">qiIi", self.cast.broadcast.value, 0, 0, 1)
        self.put(56, hole, struct.pack("<i", 1))

    def _chat_list(self) -> None:
        top: dict[int, Truth] = {}
        for truth in self.database.messages:
            if truth.namespace in (0, 1, 2):
                top[truth.chat.value] = truth
        for value, truth in top.items():
            place = struct.pack("<iii", truth.namespace, truth.number, truth.time)
            self.put(8, value, b"\1" + place + b"\1" + struct.pack("<HBi", 0, 0, 0))
            key = struct.pack(
                ">iHibiqb", 0, 0, truth.time, truth.namespace, truth.number, value, 1
            )
            self.put(9, key, place)
            numbers = (truth.number, truth.number, truth.number, 0, 0)
            state = struct.pack("<iibiiiii", 1, truth.namespace, 0, *numbers)
            self.put(14, value, state)

    def _change(self) -> None:
        """What stands in the write-ahead log: one changed, one removed, one new."""
        chat = self.cast.dialogs[0]
        kept = self._find("kept", chat)
        # The server's copy arrives, as in case B.
        old = kept.truth
        new = self._copy(old, state=None, origin=("no_local_trace", None))
        old.state = "overwritten"
        message = kept.message
        random_id, message.unique_id = message.unique_id, None
        message.attributes, message.flags = [], 64
        message.stable_version += 1
        self.put(7, self.key_of(new), message.encode())
        assert random_id is not None
        self.remove(32, struct.pack(">qq", chat.value, random_id))
        self.database.messages.append(new)
        gone = self._find("incoming", chat).truth
        gone.state = "removed"
        self.remove(7, self.key_of(gone))
        self.remove(4, struct.pack(">qii", chat.value, gone.namespace, gone.number))
        self.remove(3, gone.number)
        self.store(self.maker.make("kept", chat, SYNCHRONIZED - 5))
        self._counters()

    def _find(self, intent: str, chat: Chat) -> Made:
        return next(
            item
            for item in self.made
            if item.truth.intent == intent and item.truth.chat is chat
        )

    @staticmethod
    def _copy(truth: Truth, **changes: Any) -> Truth:
        values = {name: getattr(truth, name) for name in truth.__dataclass_fields__}
        return Truth(**{**values, **changes})


def make_storage_box(
    path: Path, files: dict[str, tuple[int, list[tuple[int, int, int]]]]
) -> None:
    """Makes a StorageBox.

    Args:
        path: where it is written.
        files: size and messages (chat, namespace, id) by resource id.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE __meta_fulltext_tables (name TEXT PRIMARY KEY)")
    for number in (15, 16, 17):
        connection.execute(f"CREATE TABLE t{number} (key BLOB PRIMARY KEY, value BLOB)")
    for name, (size, messages) in files.items():
        raw = name.encode()
        digest = hashlib.md5(raw).digest()
        value = struct.pack("<BH", 0, len(raw)) + raw + struct.pack("<Bq", 2, size)
        connection.execute("INSERT INTO t15 VALUES (?, ?)", (digest, value))
        for chat, namespace, number in messages:
            key = digest + struct.pack(">qbi", chat, namespace, number)
            connection.execute("INSERT INTO t16 VALUES (?, ?)", (key, b""))
    connection.commit()
    connection.close()


def count_intents(database: Database) -> Counter[str]:
    """How many messages of each intent there are."""
    return Counter(item.intent for item in database.messages)
