"""What an export of Telegram Desktop holds, the same for JSON and HTML.

The readers (`tdesktop_export_json`, `tdesktop_export_html`) fill these records; an
attribute is None where the file does not say it. `position` is the byte offset of a
record in result.json, and the number of a record on its page (from 1) in HTML.

References:
    Telegram Desktop, Telegram/SourceFiles/export/output/export_output_json.cpp and
    export_output_html.cpp; formats/telegram_desktop.md, section 5
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

SERVICE_ACCOUNT: Final = 777000
"""User id of Telegram's own account, which sends login codes and notices."""

SERVICE_ACCOUNT_NAME: Final = "Telegram"


class PeerType(enum.Enum):
    """Kind of a peer, as far as the id tells."""

    USER = "user"
    GROUP = "group"
    CHANNEL = "channel"
    # The shifted ids before 2.7.2 do not tell groups and channels apart.
    GROUP_OR_CHANNEL = "group_or_channel"


@dataclass(slots=True, frozen=True)
class PeerId:
    """A peer.

    Attributes:
        type: what the stored form of the id says, None for a bare number.
        bare: id without the shift or prefix of its stored form.
    """

    type: PeerType | None
    bare: int


class TimeBasis(enum.Enum):
    """What a time rests on."""

    # A number of UTC seconds stands in the file.
    UTC = "utc"
    # Local time, and the offset of other records around it.
    DERIVED = "derived"
    # Local time of the exporting machine, nothing else.
    LOCAL = "local"


@dataclass(slots=True)
class ExportTime:
    """A date and time of an export.

    Attributes:
        basis: what the time rests on.
        unix: seconds since 1970-01-01 UTC, None if only local time is known.
        local: wall clock of the exporting machine, as seconds since 1970-01-01 00:00
            of that clock.
        label: zone that HTML prints behind the time. It is the zone's standard offset
            all year, so it must not be subtracted.
        is_date: only the day is known (service messages in HTML).
    """

    basis: TimeBasis
    unix: int | None = None
    local: int | None = None
    label: str | None = None
    is_date: bool = False


@dataclass(slots=True)
class Account:
    """`personal_information`: the exporting account."""

    position: int
    user_id: int | None = None
    first_name: str | None = None
    last_name: str | None = None
    phone_number: str | None = None
    username: str | None = None
    bio: str | None = None

    @property
    def name(self) -> str | None:
        """First and last name, None if both are missing."""
        return join_names(self.first_name, self.last_name)


@dataclass(slots=True)
class ProfilePicture:
    """An entry of `profile_pictures`."""

    position: int
    date: ExportTime | None = None
    path: str | None = None
    missing: str | None = None


@dataclass(slots=True)
class Story:
    """An entry of `stories` (4.8.5 and later)."""

    position: int
    date: ExportTime | None = None
    expires: ExportTime | None = None
    pinned: bool | None = None
    path: str | None = None
    missing: str | None = None
    text: str | None = None


@dataclass(slots=True)
class Contact:
    """An entry of `contacts`: a saved contact, with the time of its upload."""

    position: int
    user_id: int | None = None
    first_name: str | None = None
    last_name: str | None = None
    phone_number: str | None = None
    date: ExportTime | None = None

    @property
    def name(self) -> str | None:
        """First and last name, None if both are missing."""
        return join_names(self.first_name, self.last_name)


@dataclass(slots=True)
class FrequentContact:
    """An entry of `frequent_contacts`.

    Attributes:
        category: people, inline_bots or calls.
        type: user, private_group, ... (JSON only).
    """

    position: int
    peer: PeerId | None = None
    category: str | None = None
    type: str | None = None
    name: str | None = None
    rating: str | None = None


@dataclass(slots=True)
class Session:
    """An entry of `sessions`: an authorization alive at the time of the export.

    Attributes:
        application_name: in HTML with the version behind it, which cannot be cut off
            with certainty.
        platform: in HTML with the system version behind it, for the same reason.
        region: in HTML region and country.
        application_family: colour of the picture in HTML, which leaks the application.
    """

    position: int
    last_active: ExportTime | None = None
    created: ExportTime | None = None
    ip: str | None = None
    country: str | None = None
    region: str | None = None
    application_name: str | None = None
    application_version: str | None = None
    device_model: str | None = None
    platform: str | None = None
    system_version: str | None = None
    application_family: str | None = None


@dataclass(slots=True)
class WebSession:
    """An entry of `web_sessions`: a site logged in to with "Login with Telegram".

    Attributes:
        platform: platform; browser: its browser.
    """

    position: int
    last_active: ExportTime | None = None
    created: ExportTime | None = None
    ip: str | None = None
    region: str | None = None
    bot_username: str | None = None
    domain_name: str | None = None
    browser: str | None = None
    platform: str | None = None


@dataclass(slots=True)
class Chat:
    """A chat of the export. JSON gives it behind its messages.

    Attributes:
        kind: the exporter's name of its type (`personal_chat` ...); HTML only knows
            `private`, `bot`, `group` and `channel`.
        peer: its id.
        is_own: the chat with oneself ("Saved Messages").
        is_left: from `left_chats`.
        only_own: HTML says that only the account's own messages were exported.
        folder: folder of the chat below the export's (HTML).
        message_count: number of its messages (of all kinds).
        is_complete: False if the document ends or is damaged inside.
        is_doubtful: damage may have swallowed the border to the next chat.
    """

    position: int
    kind: str | None = None
    peer: PeerId | None = None
    name: str | None = None
    is_own: bool = False
    is_left: bool = False
    only_own: bool = False
    folder: str | None = None
    message_count: int = 0
    first_date: ExportTime | None = None
    last_date: ExportTime | None = None
    is_complete: bool = True
    is_doubtful: bool = False


@dataclass(slots=True)
class TextEntity:
    """A piece of a text with a meaning of its own.

    Attributes:
        type: bold, link, text_link, mention_name, custom_emoji ...
        text: what is shown.
        extra: href, user id, document or language.
        collapsed: of a quotation, folded.
    """

    type: str
    text: str
    extra: str | None = None
    collapsed: bool | None = None


@dataclass(slots=True)
class Answer:
    """An answer of a poll or an item of a to-do list."""

    text: str
    votes: int | None = None
    chosen: bool | None = None
    id: int | None = None


@dataclass(slots=True)
class Poll:
    """A poll or a to-do list.

    Attributes:
        others_can_append: to-do list only; others_can_complete: likewise.
    """

    question: str | None
    answers: list[Answer] = field(default_factory=list)
    closed: bool | None = None
    total_voters: int | None = None
    others_can_append: bool | None = None
    others_can_complete: bool | None = None


@dataclass(slots=True)
class Media:
    """What is attached to a message.

    Attributes:
        kind: `media_type` of docs/event_data.md.
        path: of the file, below the folder of the export.
        missing: why the file is not in the export: `unavailable`,
            `exceeds_maximum_size` or `not_included`.
        name: own name of a document.
        details: what has no attribute of its own here, as the file has it (game,
            invoice, giveaway ...).
        status: line that HTML prints (rounded size, duration).
    """

    kind: str
    path: str | None = None
    missing: str | None = None
    name: str | None = None
    size: int | None = None
    thumbnail: str | None = None
    thumbnail_size: int | None = None
    mime_type: str | None = None
    duration: int | None = None
    width: int | None = None
    height: int | None = None
    spoiler: bool | None = None
    sticker_emoji: str | None = None
    performer: str | None = None
    title: str | None = None
    self_destruct_seconds: int | None = None
    contact: Contact | None = None
    vcard_path: str | None = None
    vcard_size: int | None = None
    latitude: float | None = None
    longitude: float | None = None
    live_period: int | None = None
    place_name: str | None = None
    address: str | None = None
    poll: Poll | None = None
    status: str | None = None
    details: dict[str, Any] | None = None


@dataclass(slots=True)
class Call:
    """A call.

    Attributes:
        is_conference: `conference_call` (5.14.0 and later).
        duration: seconds.
        reason: how it ended: busy, disconnect, hangup, missed ...
        is_outgoing: where the file says so (HTML).
    """

    is_conference: bool = False
    duration: int | None = None
    reason: str | None = None
    is_active: bool | None = None
    is_outgoing: bool | None = None


@dataclass(slots=True)
class Service:
    """Action of a service message.

    Attributes:
        action: the exporter's name, None in HTML and for texts of the server.
        tl_name: name of the action in Telegram's schema, None if not known.
        details: further fields of the message, as the file has them.
        text: `information_text`, or the sentence that HTML prints.
    """

    action: str | None = None
    tl_name: str | None = None
    details: dict[str, Any] = field(default_factory=dict)
    text: str | None = None


@dataclass(slots=True)
class Reaction:
    """A reaction to a message.

    Attributes:
        type: emoji, custom_emoji, paid or empty.
        value: emoji, document or path.
        recent: name, id and local time of those who gave it last.
    """

    type: str | None
    value: str | None = None
    count: int | None = None
    recent: list[tuple[str | None, PeerId | None, ExportTime | None]] = field(
        default_factory=list
    )


@dataclass(slots=True)
class Message:
    """A message.

    Attributes:
        chat: its chat, with what was known of it at that place.
        kind: `message`, `service` or `unsupported`.
        id: message id.
        sender: id of the sender or actor.
        sender_name: name of the sender or actor.
        author: signature of a channel post or title of an anonymous admin.
        is_joined: HTML shows no sender; name (and bot) are those of the message before.
        userpic: number of the sender's colour in HTML, a weak check of an id.
        buttons: texts of the buttons below a bot's message.
        is_doubtful: follows damage, its chat is not certain.
        other: fields that no known version writes.
    """

    chat: Chat
    position: int
    kind: str = "message"
    id: int | None = None
    date: ExportTime | None = None
    edited: ExportTime | None = None
    sender: PeerId | None = None
    sender_name: str | None = None
    author: str | None = None
    forwarded_from: str | None = None
    forwarded_date: ExportTime | None = None
    saved_from: str | None = None
    reply_to: int | None = None
    reply_to_peer: PeerId | None = None
    is_reply_elsewhere: bool = False
    via_bot: str | None = None
    text: str = ""
    entities: Sequence[TextEntity] = ()
    media: Media | None = None
    service: Service | None = None
    call: Call | None = None
    reactions: Sequence[Reaction] = ()
    buttons: Sequence[str] = ()
    is_joined: bool = False
    userpic: int | None = None
    is_doubtful: bool = False
    other: dict[str, Any] | None = None


@dataclass(slots=True)
class ExportSummary:
    """What a document is and what was found in it.

    Attributes:
        type: `whole_account` or `single_chat`, None if nothing was found.
        parts: keys of the root object, or sections of the HTML index, in order.
        counts: number of records by their class name.
        offsets: UTC offsets of the exporting machine in minutes, from pairs of local
            time and UTC.
        offset_1970: UTC offset that the zone of the exporting machine had in 1970, in
            minutes (versions before 2.1.9). It hints at the zone and converts nothing.
        repaired_escapes: number of records with escapes that are not JSON.
        is_complete: the document ends where it should.
    """

    type: str | None = None
    parts: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    offsets: set[int] = field(default_factory=set)
    offset_1970: int | None = None
    repaired_escapes: int = 0
    is_complete: bool = False


Record = (
    Account
    | ProfilePicture
    | Story
    | Contact
    | FrequentContact
    | Session
    | WebSession
    | Chat
    | Message
)


def join_names(first: str | None, last: str | None) -> str | None:
    """First and last name in one, None if both are missing."""
    return " ".join(name for name in (first, last) if name) or None


MISSING_REASONS: Final = (
    ("unavailable", "unavailable"),
    ("exceeds maximum size", "exceeds_maximum_size"),
    ("not included", "not_included"),
)


def missing_reason(text: str) -> str | None:
    """Why a file is missing, from the text that stands in place of its path."""
    lowered = text.lower()
    for words, reason in MISSING_REASONS:
        if words in lowered:
            return reason
    return None
