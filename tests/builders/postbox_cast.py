"""Who takes part in the made databases of Telegram for iOS and macOS, and versions."""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass

from tests.builders import postbox as write


@dataclass(frozen=True)
class Version:
    """A generation of the database.

    Attributes:
        name: of the version.
        schema: schema version in t0.
        has_wide_ids: since July 2021 user ids may have more than 32 bits.
        has_draft_table: since August 2021 drafts stand in t67.
        has_topics: since November 2022.
        has_reviews: since September 2023.
        has_custom_tags: since January 2024.
        has_initialization: since September 2020.
    """

    name: str
    schema: int = 25
    has_wide_ids: bool = False
    has_draft_table: bool = False
    has_topics: bool = False
    has_reviews: bool = False
    has_custom_tags: bool = False
    has_initialization: bool = False


VERSIONS = {
    item.name: item
    for item in (
        Version("5.0", schema=22),
        Version("5.6"),
        Version("7.4", has_initialization=True),
        Version(
            "8.1", has_wide_ids=True, has_draft_table=True, has_initialization=True
        ),
        Version(
            "12.2",
            has_wide_ids=True,
            has_draft_table=True,
            has_topics=True,
            has_reviews=True,
            has_custom_tags=True,
            has_initialization=True,
        ),
    )
}

# Kind of each table: i (integer key), b (blob key), c (blob key, no row id).
TABLES = {
    **dict.fromkeys(
        (0, 2, 3, 8, 13, 14, 15, 18, 19, 20, 23, 24, 27, 40, 48, 58, 60, 67), "i"
    ),
    **dict.fromkeys((1, 6, 7, 21, 22, 25, 31, 35, 37, 38, 42, 64, 68), "b"),
    **dict.fromkeys(
        (4, 9, 10, 11, 12, 16, 17, 26, 28, 29, 30, 32, 33, 34, 36, 39, 43, 44, 45, 46),
        "c",
    ),
    **dict.fromkeys((47, 49, 52, 54, 55, 56, 59, 61, 62, 63, 71, 72, 73), "c"),
}


@dataclass(frozen=True)
class Chat:
    """A chat.

    Attributes:
        value: stored number.
        number: its own id.
        chat_type: as in the event model.
        title: name or title.
        peer: other party of a dialog or secret chat.
    """

    value: int
    number: int
    chat_type: str
    title: str | None
    peer: int | None = None


class Cast:
    """People, chats and keys, the same for the same seed."""

    def __init__(self, version: Version, seed: int) -> None:
        source = random.Random(f"cast {seed}")
        base = 5_000_000_000 if version.has_wide_ids else 500_000_000
        self.owner = base + source.randrange(1_000_000)
        self.owner_phone = f"1555{source.randrange(10**7):07d}"
        self.people = [base + 2_000_000 + number * 977 for number in range(4)]
        self.bot = base + 9_000_000
        self.group = 100_000 + source.randrange(900_000)
        self.channel = 1_100_000_000 + source.randrange(1_000_000)
        wide = 2_500_000_000 if version.has_wide_ids else 1_500_000_000
        self.supergroup = wide + source.randrange(1_000_000)
        self.secret = -source.randrange(1, 1 << 30)
        self.key = source.randbytes(256)
        self.media_key = source.randbytes(256)
        self.secret_key = source.randbytes(256)
        self.record = source.randrange(-(1 << 63), 1 << 63)
        names = ("Анна Зразок", "Boris Sample", "田中 太郎", "Zoë O'Hara")
        self.names = dict(zip(self.people, names, strict=True))
        self.names[self.bot] = "Business bot"
        self.names[self.owner] = "Owner Sample"
        self.names[777000] = "Telegram"
        self.dialogs = [
            Chat(write.user(number), number, "user", self.names[number], number)
            for number in self.people[:3]
        ]
        self.service = Chat(write.user(777000), 777000, "user", "Telegram", 777000)
        self.basic_group = Chat(
            write.group(self.group), self.group, "group", "Basic group"
        )
        self.broadcast = Chat(
            write.channel(self.channel), self.channel, "channel", "News"
        )
        self.forum = Chat(
            write.channel(self.supergroup), self.supergroup, "supergroup", "Forum"
        )
        self.secret_chat = Chat(
            write.secret(self.secret), self.secret, "secret", None, self.people[0]
        )

    @property
    def chats(self) -> list[Chat]:
        """Chats with ordinary messages."""
        return [*self.dialogs, self.basic_group, self.broadcast, self.forum]

    @staticmethod
    def key_id(key: bytes) -> int:
        """Id of an authorization key, signed."""
        digest = hashlib.sha1(key).digest()
        return int.from_bytes(digest[-8:], "little", signed=True)

    def session(self, key: bytes) -> str:
        """Id of an authorization key in hex digits."""
        return hashlib.sha1(key).digest()[-8:][::-1].hex()
