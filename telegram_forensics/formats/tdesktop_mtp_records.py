"""What the debug logs of Telegram Desktop (mtp_*.txt) say: messages, sessions, names.

Specification: formats/telegram_desktop.md section 6.2. The records are found by
`tdesktop_mtp_history`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from telegram_forensics.formats.tdesktop_mtp_dump import DumpObject


@dataclass(frozen=True, slots=True)
class Peer:
    """A chat or user.

    Attributes:
        kind: "user", "group", "channel" (supergroups included), or "saved" for the
            account itself.
        bare: its own id, None for the account itself.
    """

    kind: str
    bare: int | None


@dataclass(slots=True)
class Connection:
    """Where a dump was seen.

    Attributes:
        name: data center and purpose, such as "2_main".
        key_id: id of the key that encrypted it.
        permanent_key_id: id of the permanent key behind it, if a binding was seen.
    """

    name: str
    key_id: int | None
    permanent_key_id: int | None = None

    @property
    def is_main(self) -> bool:
        """Whether it is the connection to the account's home data center."""
        return self.name.endswith("_main")

    @property
    def data_center(self) -> int | None:
        """Number of the data center."""
        number = self.name.partition("_")[0]
        return int(number) if number.isdecimal() and len(number) < 10 else None


@dataclass(slots=True)
class SentMessage:
    """A message that this installation asked the server to send.

    Attributes:
        offset: of the log entry in the file.
        connection: connection of the request.
        method: method of the request.
        sent: server-corrected UTC time of the request, seconds since 1970-01-01.
        message_id: id that the server gave it, None if no answer is in this file.
        date: server's time of the message, seconds since 1970-01-01 UTC, None if no
            answer in this file tells it.
        error: the server refused it.
        scheduled: it was to be sent at this time (seconds since 1970-01-01 UTC).
    """

    offset: int
    connection: Connection
    method: str
    sent: int | None
    peer: Peer | None
    text: str | None
    media_type: str | None = None
    reply_to: int | None = None
    random_id: int | None = None
    message_id: int | None = None
    date: int | None = None
    forwarded_id: int | None = None
    error: str | None = None
    scheduled: int | None = None
    file_name: str | None = None


@dataclass(slots=True)
class SeenMessage:
    """A message that the server delivered.

    Attributes:
        date: seconds since 1970-01-01 UTC, server clock.
        action: constructor of a service message.
        call: of a call, its object.
    """

    offset: int
    connection: Connection
    message_id: int | None
    peer: Peer | None
    sender: Peer | None
    is_outgoing: bool
    date: int | None
    text: str | None
    edited: int | None = None
    media_type: str | None = None
    reply_to: int | None = None
    forwarded_from: Peer | None = None
    forwarded_from_name: str | None = None
    forwarded_date: int | None = None
    via_bot: int | None = None
    grouped: int | None = None
    action: str | None = None
    call: DumpObject | None = None
    file_name: str | None = None
    file_size: int | None = None


@dataclass(frozen=True, slots=True)
class SeenSession:
    """An entry of the account's list of sessions. Times: seconds since 1970 UTC."""

    offset: int
    connection: Connection
    is_current: bool
    hash: int | None
    device_model: str | None
    platform: str | None
    system_version: str | None
    client_name: str | None
    client_version: str | None
    created: int | None
    active: int | None
    ip: str | None
    country: str | None
    region: str | None


@dataclass(frozen=True, slots=True)
class Announcement:
    """What the client said of itself when it connected (initConnection)."""

    offset: int
    connection: Connection
    device_model: str | None
    system_version: str | None
    client_version: str | None


Record = SentMessage | SeenMessage | SeenSession | Announcement


@dataclass(slots=True)
class PeerNames:
    """Names that the answers give, by id.

    Attributes:
        users: names of users; bots: those that are bots.
        chats: titles by kind and id; supergroups: channels that are supergroups.
    """

    users: dict[int, str] = field(default_factory=dict)
    bots: set[int] = field(default_factory=set)
    chats: dict[tuple[str, int], str] = field(default_factory=dict)
    supergroups: set[int] = field(default_factory=set)
    self_ids: set[int] = field(default_factory=set)

    @property
    def self_id(self) -> int | None:
        """User id of the account, None if the log shows none or several."""
        return next(iter(self.self_ids)) if len(self.self_ids) == 1 else None
