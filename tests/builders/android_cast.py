"""People and chats of a made-up account of Telegram for Android, and their rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from telethon.tl import types

from tests.builders import android_tl as tl

OWNER = 640011223
SECOND = 715_000_001
SERVICE = 777000
CREATED = 1_580_000_000
LAST_SEEN = 1_717_240_000
_NO_PHOTO = bytes.fromhex("1c01c137")
_LAYER_8_END = bytes.fromhex("e1ba114f") + bytes.fromhex("4950d009")


@dataclass(frozen=True)
class Person:
    """A user.

    Attributes:
        number: user id.
        first, last, username, phone: as stored, "" for none.
        kind: `self`, `contact`, `bot` or "".
        status: column `status`.
        is_stored: there is a row in `users`.
    """

    number: int
    first: str
    last: str = ""
    username: str = ""
    phone: str = ""
    kind: str = ""
    status: int = 0
    is_stored: bool = True

    @property
    def name(self) -> str | None:
        """Name as events must have it."""
        return f"{self.first} {self.last}".strip() if self.is_stored else None


OWNERS = {
    OWNER: Person(OWNER, "Иван", "Петров", "ivanp", "79001234567", "self"),
    SECOND: Person(SECOND, "Anna", "Schmidt", "annas", "4915112345678", "self"),
}


@dataclass(frozen=True)
class Chat:
    """A chat.

    Attributes:
        peer: kind and number; the kind is `secret` for a secret chat.
        chat_type: as events must have it, None if the database does not tell.
        title: the same.
        other: user id of the other party of a dialog.
        has_key: the key of a secret chat is stored.
    """

    peer: tl.Peer
    chat_type: str | None
    title: str | None
    other: int | None = None
    has_key: bool = False

    @property
    def kind(self) -> str:
        """Kind of the peer."""
        return self.peer[0]

    @property
    def number(self) -> int:
        """Number of the peer."""
        return self.peer[1]

    def dialog(self, version: int) -> int:
        """Dialog id as a version of the database stores it."""
        if self.kind == "secret":
            if version < 84:
                return self.number << 32
            return (1 << 62) | (self.number & 0xFFFFFFFF)
        return self.number if self.kind == "user" else -self.number


@dataclass
class Cast:
    """Everybody that an account of some layer knows.

    Attributes:
        people: users.
        dialogs, bots, groups, posts, secrets: chats by their sort.
        saved, service: the account's own chat and that of Telegram.
        unknown: channel that has no row.
        owner: user id of the account.
    """

    people: list[Person]
    dialogs: list[Chat]
    bots: list[Chat]
    groups: list[Chat]
    posts: list[Chat]
    secrets: list[Chat]
    saved: Chat
    service: Chat
    unknown: Chat
    owner: int = OWNER

    def person(self, number: int) -> Person:
        """A user by number."""
        return next(one for one in self.people if one.number == number)

    def name(self, peer: tl.Peer) -> str | None:
        """Name of a peer as the database has it."""
        if peer[0] == "user":
            found = [one for one in self.people if one.number == peer[1]]
            return found[0].name if found else None
        chats = [*self.groups, *self.posts]
        return next((chat.title for chat in chats if chat.peer == peer), None)


def make_cast(version: int, layer: int, owner: int = OWNER) -> Cast:
    """The people and chats of a version: newer ones have 64-bit ids and channels."""
    wide = layer >= 133
    bob = 5_123_456_789 if wide else 512_345_678
    people = [
        OWNERS[owner],
        Person(bob, "Bob", "Baum", "", "491709876543", "contact", LAST_SEEN),
        Person(440_000_001, "Zoë", "Łukasik-Ünal", "zoe", "", "", -101),
        Person(715_203_344, "مريم", "", "maryam", "", "contact", -100),
        Person(6_999_999_999 if wide else 99_999_999, "Nobody", is_stored=False),
        Person(SERVICE, "Telegram"),
    ]
    bot = Person(987_654_321, "HelperBot", "", "helper_bot", "", "bot")
    if layer > 8:
        people.append(bot)

    def dialog(person: Person, chat_type: str = "user") -> Chat:
        peer = ("user", person.number)
        return Chat(peer, chat_type, person.name, person.number)

    groups = [Chat(("group", 4_200_001), "group", "Family 👪")]
    posts = []
    if version >= 23:
        groups.append(Chat(("channel", 1_500_000_001), "supergroup", "東京チーム"))
        number = 3_234_567_890 if wide else 1_234_567_890
        posts.append(Chat(("channel", number), "channel", "Новости ежедневно"))
    secrets = [
        Chat(("secret", 305_419_896), "secret", "Bob Baum", bob, has_key=True),
        Chat(("secret", -1_234_567), "secret", "Zoë Łukasik-Ünal", 440_000_001),
    ]
    return Cast(
        people,
        [dialog(person) for person in people[1:5]],
        [dialog(bot, "bot")] if layer > 8 else [],
        groups,
        posts,
        secrets,
        dialog(people[0], "saved"),
        dialog(people[5]),
        Chat(("channel", 1_999_999_999), None, None),
        owner,
    )


def user_object(person: Person, layer: int) -> bytes:
    """A user as stored."""
    texts = {
        "first": person.first or None,
        "last": person.last or None,
        "username": person.username or None,
        "phone": person.phone or None,
    }
    if layer == 8:
        texts = {name: text or "" for name, text in texts.items()}
        layouts = {
            "self": "720535ec id:int first:string last:string phone:string",
            "contact": "f2fb8319 id:int first:string last:string hash:long "
            "phone:string",
            "": "5214c89d id:int first:string last:string hash:long",
        }
        data = tl.encode(layouts[person.kind], id=person.number, hash=5, **texts)
        end = bytes.fromhex("379779bc") if person.kind == "self" else b""
        return data + _LAYER_8_END + end
    if layer == tl.NEW:
        return bytes(
            types.User(
                person.number,
                is_self=person.kind == "self",
                contact=person.kind == "contact",
                bot=person.kind == "bot",
                bot_info_version=1 if person.kind == "bot" else None,
                access_hash=5,
                first_name=texts["first"],
                last_name=texts["last"],
                username=texts["username"],
                phone=texts["phone"],
            )
        )
    number, kind = {67: ("d10d979a", "int"), 133: ("3ff6ecb0", "long")}.get(
        layer, ("938458c1", "int")
    )
    bit = {"self": 1 << 10, "contact": 1 << 11, "bot": 1 << 14, "": 0}[person.kind]
    return tl.encode(
        f"{number} flags:# id:{kind} hash:flags.0?long first:flags.1?string "
        "last:flags.2?string username:flags.3?string phone:flags.4?string "
        "version:flags.14?int",
        bit,
        id=person.number,
        hash=5,
        version=1 if person.kind == "bot" else None,
        **texts,
    )


def chat_object(chat: Chat, layer: int) -> bytes:
    """A group or channel as stored."""
    values = {
        "id": chat.number,
        "hash": 5,
        "title": chat.title,
        "photo": _NO_PHOTO,
        "members": 3,
        "date": CREATED,
        "left": False,
        "version": 1,
    }
    if chat.kind == "group":
        layout = "title:string photo:Object members:int date:int"
        if layer == 8:
            layout = f"6e9c9bc7 id:int {layout} left:Bool version:int"
        elif layer < 133:
            number = "d91cdd54" if layer == 67 else "3bda1bde"
            layout = f"{number} flags:# id:int {layout} version:int"
        else:
            layout = f"41cbf256 flags:# id:long {layout} version:int"
        return tl.encode(layout, **values)
    is_group = chat.chat_type == "supergroup"
    if layer == tl.NEW:
        photo = types.ChatPhotoEmpty()
        made: Any = types.Channel(
            chat.number, chat.title, photo, CREATED, megagroup=is_group,
            broadcast=not is_group, access_hash=5,
        )  # fmt: skip
        return bytes(made)
    number = {67: "a14dca52", 98: "4df30834", 128: "d31a961e", 133: "8261ac61"}[layer]
    kind = "long" if layer >= 133 else "int"
    version = "" if layer >= 133 else "version:int"
    return tl.encode(
        f"{number} flags:# id:{kind} hash:flags.13?long title:string photo:Object "
        f"date:int {version}",
        1 << 8 if is_group else 1 << 5,
        **values,
    )


def secret_object(chat: Chat, layer: int, owner: int) -> bytes:
    """A secret chat as stored."""
    if not chat.has_key:
        return tl.encode("13d6dd27 id:int", id=chat.number)
    values = {
        "id": chat.number,
        "hash": 5,
        "date": CREATED,
        "admin": owner,
        "participant": chat.other,
        "g": b"g" * 256,
        "nonce": b"",
        "print": 0x0123456789ABCDEF,
    }
    if layer == 8:
        layout = "6601d14f {} g:string nonce:string print:long"
    else:
        layout = (
            f"{'61f0d4c7' if layer >= 133 else 'fa56ce36'} {{}} g:string print:long"
        )
    kind = "long" if layer >= 133 else "int"
    people = f"id:int hash:long date:int admin:{kind} participant:{kind}"
    return tl.encode(layout.format(people), **values)


def fill(connection: Any, cast: Cast, version: int, layer: int) -> list[dict[str, Any]]:
    """Writes users, chats and secret chats.

    Returns:
        What the events of these rows must say.
    """
    truth: list[dict[str, Any]] = []
    for person in cast.people:
        if not person.is_stored:
            continue
        name = f"{person.first} {person.last};;;{person.username}".lower()
        row = (person.number, name, person.status, user_object(person, layer))
        connection.execute("INSERT INTO users VALUES (?, ?, ?, ?)", row)
        # Before layer 18 users have no username in these objects.
        username = person.username if layer > 8 else ""
        phone = person.phone if layer > 8 or person.kind in ("self", "contact") else ""
        truth.append(
            {
                "data_type": "telegram:contact",
                "contact_identifier": str(person.number),
                "contact_name": person.name,
                "contact_phone": phone or None,
                "contact_source": "users",
                "contact_type": "bot" if person.kind == "bot" else "user",
                "contact_username": username or None,
                "last_seen_time": person.status if person.status > 0 else None,
                "record_table": "users",
            }
        )
        if person.kind == "contact":
            connection.execute("INSERT INTO contacts VALUES (?, 1)", (person.number,))
            truth.append(
                {
                    "data_type": "telegram:contact",
                    "contact_identifier": str(person.number),
                    "contact_name": person.name,
                    "contact_source": "contacts",
                    "contact_type": "user",
                    "record_table": "contacts",
                }
            )
    for chat in (*cast.groups, *cast.posts):
        row = (chat.number, (chat.title or "").lower(), chat_object(chat, layer))
        connection.execute("INSERT INTO chats VALUES (?, ?, ?)", row)
        time = "joined_time" if chat.kind == "channel" else "created_time"
        truth.append({**_chat_truth(chat), time: CREATED, "record_table": "chats"})
    for chat in cast.secrets:
        key = bytes(range(256)) if chat.has_key else b"\0"
        connection.execute(
            "INSERT INTO enc_chats(uid, user, name, data, authkey, ttl) "
            "VALUES (?, ?, ?, ?, ?, 0)",
            (chat.number, chat.other, "x", secret_object(chat, layer, cast.owner), key),
        )
        stored = {"created_time": CREATED, "key_fingerprint": "0123456789abcdef"}
        truth.append(
            {
                **_chat_truth(chat),
                **(stored if chat.has_key else {}),
                "peer_identifier": str(chat.other),
                "record_table": "enc_chats",
            }
        )
    chats = [*cast.dialogs, *cast.groups, *cast.posts, *cast.secrets, cast.service]
    for chat in chats:
        row = (chat.dialog(version), LAST_SEEN + 5, 0, 4)
        connection.execute(
            "INSERT INTO dialogs(did, date, unread_count, last_mid) "
            "VALUES (?, ?, ?, ?)",
            row,
        )
        truth.append(
            {
                **_chat_truth(chat),
                "last_message_time": LAST_SEEN + 5,
                "record_table": "dialogs",
            }
        )
    return truth


def _chat_truth(chat: Chat) -> dict[str, Any]:
    return {
        "data_type": "telegram:chat",
        "chat_identifier": str(chat.number),
        "chat_title": chat.title,
        "chat_type": chat.chat_type,
    }
