"""Makes messages of Telegram for iOS and macOS and says what each of them means."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from tests.builders import postbox as write
from tests.builders.postbox_cast import Cast, Chat, Version

TEXTS = (
    "See you at eight",
    "Привет, как дела?",
    "До зустрічі о восьмій",
    "مرحبا، كيف حالك؟",
    "明日の会議は十時です",
    "👩‍👩‍👧‍👦 🏳️‍🌈 ok 👍🏽",
    "line one\nline two\ttab",
    "x" * 4096,
    "'; DROP TABLE t7; --",
)
CERTAIN = ("this_installation", "certain")
STRONG = ("this_installation", "strong")
SUPPORTING = ("this_installation", "supporting")
NO_TRACE = ("no_local_trace", None)
AUTOMATIC = ("not_applicable", None)
UNKNOWN = ("not_determinable", None)
INCOMING = (None, None)


@dataclass
class Truth:
    """What a message means, as it was made.

    Attributes:
        chat: chat.
        namespace: kind of id.
        number: message id.
        time: seconds since 1970 UTC.
        text: text or None.
        is_outgoing: direction.
        sender: user or channel id.
        origin: value and confidence.
        intent: what the generator meant.
        media_type: of the attachment.
        action: name of the service action.
        edited: time of the edit.
        state: None for a row that counts, `overwritten` or `removed`.
        others: further facts by name.
    """

    chat: Chat
    namespace: int
    number: int
    time: int
    text: str | None
    is_outgoing: bool
    sender: int | None
    origin: tuple[str | None, str | None]
    intent: str
    media_type: str | None = None
    action: str | None = None
    edited: int | None = None
    state: str | None = None
    others: dict[str, Any] = field(default_factory=dict)


@dataclass
class Made:
    """A message with its truth and the rows that go with it.

    Attributes:
        truth: what it means.
        message: the value.
        random_id: of the row of t32, None for none.
        is_queued: it went through the queue of this installation.
        media_rows: rows of t6: media id and value.
        upload: media that a row of t25 names.
        live_location: row of t52.
    """

    truth: Truth
    message: write.Msg
    random_id: int | None = None
    is_queued: bool = False
    media_rows: list[tuple[tuple[int, int], bytes]] = field(default_factory=list)
    upload: write.Obj | None = None
    live_location: bool = False


class Maker:
    """Makes messages, the same for the same seed."""

    def __init__(self, cast: Cast, version: Version, source: random.Random) -> None:
        self.cast = cast
        self.version = version
        self.source = source
        self._stable = 0
        self._cloud = 1000
        self._channel: dict[int, int] = {}
        self._local: dict[tuple[int, int], int] = {}
        self._media = 5_000_000

    def local_id(self, chat: Chat, namespace: int) -> int:
        """Next id of the counter of t10."""
        key = (chat.value, namespace)
        self._local[key] = self._local.get(key, 0) + 1
        return self._local[key]

    @property
    def counters(self) -> dict[tuple[int, int], int]:
        """Next ids, as t10 has them."""
        return {key: value + 1 for key, value in self._local.items()}

    @property
    def next_stable_id(self) -> int:
        """Next stable id, as t10 has it."""
        return self._stable + 1

    def cloud_id(self, chat: Chat) -> int:
        """Next id of the server: of the account, in channels of the channel."""
        if chat.chat_type in ("channel", "supergroup"):
            self._channel[chat.value] = self._channel.get(chat.value, 0) + 1
            return self._channel[chat.value]
        self._cloud += 1
        return self._cloud

    def _sender(self, chat: Chat, is_outgoing: bool) -> tuple[int, int]:
        """Id and stored number."""
        if is_outgoing:
            return self.cast.owner, write.user(self.cast.owner)
        if chat.chat_type == "channel":
            return chat.number, chat.value
        number = chat.peer or self.source.choice(self.cast.people)
        return number, write.user(number)

    def _base(
        self,
        chat: Chat,
        time: int,
        intent: str,
        is_outgoing: bool,
        origin: tuple[str | None, str | None],
        namespace: int = 0,
    ) -> Made:
        number = (
            self.cloud_id(chat)
            if namespace in (0, 3, 5)
            else self.local_id(chat, namespace)
        )
        self._stable += 1
        sender, author = self._sender(chat, is_outgoing)
        text = self.source.choice(TEXTS)
        message = write.Msg(
            text,
            stable_id=self._stable,
            flags=64 if is_outgoing else 68,
            author=author,
            custom_tags=[] if self.version.has_custom_tags else None,
        )
        truth = Truth(
            chat, namespace, number, time, text, is_outgoing, sender, origin, intent
        )
        return Made(truth, message)

    def make(self, intent: str, chat: Chat, time: int) -> Made:
        """A message of an intent."""
        made: Made = getattr(self, f"_{intent}")(chat, time)
        return made

    def _incoming(self, chat: Chat, time: int) -> Made:
        return self._base(chat, time, "incoming", False, INCOMING)

    def _elsewhere(self, chat: Chat, time: int) -> Made:
        return self._base(chat, time, "elsewhere", True, NO_TRACE)

    def _queue(self, made: Made) -> None:
        """It stood in the local namespace before it had an id of the server."""
        self.local_id(made.truth.chat, 1)
        made.is_queued = True

    def _kept(self, chat: Chat, time: int) -> Made:
        """Case A: a short reply of the server leaves the row as it is."""
        made = self._base(chat, time, "kept", True, CERTAIN)
        self._queue(made)
        made.random_id = self.source.randrange(-(1 << 63), 1 << 63)
        made.message.unique_id = made.random_id
        made.message.flags = 0
        made.message.stable_version = 2
        made.message.attributes.append(write.outgoing_info(made.random_id))
        return made

    def _overwritten(self, chat: Chat, time: int) -> Made:
        """Case B: the server's full copy takes the traces away."""
        made = self._base(chat, time, "overwritten", True, NO_TRACE)
        self._queue(made)
        made.message.stable_version = 3
        return made

    def _unsent(self, chat: Chat, time: int) -> Made:
        made = self._base(chat, time, "unsent", True, CERTAIN, 1)
        made.random_id = self.source.randrange(1 << 62)
        made.message.unique_id = made.random_id
        made.message.flags = 1
        made.message.attributes.append(write.outgoing_info(made.random_id, False))
        return made

    def _failed(self, chat: Chat, time: int) -> Made:
        made = self._unsent(chat, time)
        made.truth.intent = "failed"
        made.message.flags = 2
        return made

    def _delivered_schedule(self, chat: Chat, time: int) -> Made:
        made = self._base(chat, time, "delivered_schedule", True, AUTOMATIC)
        made.message.flags = 64 | 128 | 256
        return made

    def _waiting_schedule(self, chat: Chat, time: int) -> Made:
        return self._base(chat, time, "waiting_schedule", True, NO_TRACE, 3)

    def _business(self, chat: Chat, time: int) -> Made:
        made = self._base(chat, time, "business", True, AUTOMATIC)
        made.message.attributes.append(
            write.Obj(
                "InlineBusinessBotMessageAttribute",
                {"i:q": write.user(self.cast.bot), "t:n": None},
            )
        )
        return made

    def _media_number(self) -> int:
        self._media += 1
        return self._media

    def _photo_object(self, number: int) -> write.Obj:
        cloud = write.Obj(
            "CloudPhotoSizeMediaResource",
            {"d:i": 2, "i:q": number, "h:q": 1, "s:s": "y", "n64:q": 90_000},
        )
        size = write.Obj(
            "TelegramMediaImageRepresentation",
            {"dx:i": 1280, "dy:i": 960, "r:o": cloud},
        )
        return write.Obj(
            "TelegramMediaImage", {"i:x": write.media_id(0, number), "r:O": [size]}
        )

    def _file_object(self, number: int, *attributes: dict[str, Any]) -> write.Obj:
        cloud = write.Obj(
            "CloudDocumentMediaResource",
            {"d:i": 4, "f:q": number, "a:q": 1, "n64:q": 700},
        )
        return write.Obj(
            "TelegramMediaFile",
            {
                "i:x": write.media_id(5, number),
                "r:o": cloud,
                "mt:s": "application/pdf",
                "s64:q": 700,
                "at:O": [
                    write.Obj("TelegramMediaFileAttribute", item) for item in attributes
                ],
            },
        )

    def _photo(self, chat: Chat, time: int) -> Made:
        """Stands in t6, as media of chats do that more than one message has."""
        made = self._base(chat, time, "photo", False, INCOMING)
        number = self._media_number()
        made.truth.media_type = "photo"
        made.truth.others["media"] = number
        made.message.references.append((0, number))
        made.message.tags = 1 | 1 << 8
        made.media_rows.append(
            ((0, number), write.direct_media(self._photo_object(number)))
        )
        return made

    def _uploaded_photo(self, chat: Chat, time: int) -> Made:
        made = self._base(chat, time, "uploaded_photo", True, SUPPORTING)
        self._queue(made)
        number = self._media_number()
        made.truth.media_type = "photo"
        made.truth.others["media"] = number
        picture = self._photo_object(number)
        made.message.media.append(picture)
        made.message.tags = 1 | 1 << 8
        made.upload = picture
        return made

    def _lost_photo(self, chat: Chat, time: int) -> Made:
        """Nothing is left of its attachment."""
        made = self._base(chat, time, "lost_photo", False, INCOMING)
        made.message.references.append((0, self._media_number()))
        return made

    def _document(self, chat: Chat, time: int) -> Made:
        made = self._base(chat, time, "document", False, INCOMING)
        made.truth.media_type = "document"
        made.truth.others["media_name"] = "report.pdf"
        number = self._media_number()
        name = {"t:i": 0, "fn:s": "report.pdf"}
        made.message.media.append(self._file_object(number, name))
        made.message.tags = 2
        return made

    def _voice(self, chat: Chat, time: int) -> Made:
        made = self._base(chat, time, "voice", False, INCOMING)
        made.truth.media_type = "voice"
        made.truth.text = None
        made.message.text = ""
        number = self._media_number()
        made.message.media.append(
            self._file_object(number, {"t:i": 5, "iv:i": 1, "du:i": 7})
        )
        made.message.attributes.append(
            write.Obj("ConsumableContentMessageAttribute", {"c:i": 1})
        )
        return made

    def _contact(self, chat: Chat, time: int) -> Made:
        made = self._base(chat, time, "contact", False, INCOMING)
        made.truth.media_type = "contact"
        made.truth.others["contact_phone"] = "15550100002"
        made.message.media.append(
            write.Obj(
                "TelegramMediaContact",
                {"n.f:s": "Anna", "n.l:s": "", "pn:s": "+1 555 0100002", "p:n": None},
            )
        )
        return made

    def _live_location(self, chat: Chat, time: int) -> Made:
        made = self._base(chat, time, "live_location", True, CERTAIN)
        made.truth.media_type = "live_location"
        made.truth.others["location"] = "50.450000, 30.520000"
        made.message.local_tags = 1
        made.live_location = True
        place = {"la:d": 50.45, "lo:d": 30.52, "bt:i": 900}
        made.message.media.append(write.Obj("TelegramMediaMap", place))
        return made

    def _forward(self, chat: Chat, time: int) -> Made:
        made = self._base(chat, time, "forward", True, NO_TRACE)
        source = self.cast.broadcast.value
        made.message.forward = write.Forward(
            source, time - 5000, source, (source, 0, 77), "Editor"
        )
        made.truth.others["forwarded_time"] = time - 5000
        made.truth.others["forwarded_channel"] = self.cast.channel
        return made

    def _reply(self, chat: Chat, time: int) -> Made:
        made = self._base(chat, time, "reply", False, INCOMING)
        target = max(made.truth.number - 1, 1)
        made.truth.others["reply_to"] = target
        made.message.attributes.append(
            write.Obj("ReplyMessageAttribute", {"i:q": target << 32, "p:q": chat.value})
        )
        return made

    def _edited(self, chat: Chat, time: int) -> Made:
        made = self._base(chat, time, "edited", False, INCOMING)
        made.truth.edited = time + 60
        made.message.stable_version = 1
        made.message.attributes.append(
            write.Obj("EditedMessageAttribute", {"d:i": time + 60, "h:i": 0})
        )
        return made

    def _reaction(self, chat: Chat, time: int) -> Made:
        made = self._base(chat, time, "reaction", False, INCOMING)
        made.truth.others["own_reaction"] = time + 30
        owner = write.user(self.cast.owner)
        peer = {"v:s": "👍", "l:i": 0, "u:i": 0, "my:i": 1, "p:q": owner}
        made.message.attributes.append(
            write.Obj(
                "ReactionsMessageAttribute",
                {
                    "r:O": [
                        write.Obj(
                            "MessageReaction", {"v:s": "👍", "c:i": 1, "cord:i": 0}
                        )
                    ],
                    "rp:O": [write.Obj("RecentPeer", {**peer, "ts:i": time + 30})],
                },
            )
        )
        return made

    def _cleared(self, chat: Chat, time: int) -> Made:
        made = self._base(chat, time, "cleared", True, UNKNOWN)
        made.truth.action = "messageActionHistoryClear"
        made.truth.text = None
        made.message.text = ""
        made.message.media.append(write.action(10))
        return made

    def _call(self, chat: Chat, time: int) -> Made:
        made = self._base(chat, time, "call", False, INCOMING)
        made.truth.action = "messageActionPhoneCall"
        made.truth.text = None
        made.truth.others["call"] = {"duration": 73, "reason": "hangup"}
        made.message.text = ""
        made.message.global_tags = 1
        made.message.media.append(
            write.action(14, {"i:q": 4242, "dr:i": 2, "d:i": 73, "vc:i": 0})
        )
        return made

    def _topic(self, chat: Chat, time: int) -> Made:
        made = self._base(chat, time, "topic", False, INCOMING)
        made.message.flags |= 1024
        made.message.thread_id = 42
        return made

    def notice(self, time: int, *, is_pushed: bool) -> Made:
        """A notice of a new login: of the server, or pushed and stored by the app."""
        chat = self.cast.service
        namespace = 1 if is_pushed else 0
        made = self._base(chat, time, "notice", False, INCOMING, namespace)
        text = (
            "New login. Dear Owner, we detected a login into your account from a new "
            "device on 01/01/2025 at 00:00:58 UTC.\n\nDevice: Desktop\n"
            "Location: Testville, Nowhere (IP = 203.0.113.77)\n\nIf not, ..."
        )
        made.message.text = made.truth.text = text
        if is_pushed:
            made.message.flags = 4
            hash_value = self.source.randrange(-(1 << 63), 1 << 63)
            made.truth.others["authorization_hash"] = hash_value
            made.truth.others["authorization_time"] = time - 2
            made.message.attributes.append(
                write.Obj(
                    "AuthSessionInfoAttribute", {"t:i": time - 2, "s:q": hash_value}
                )
            )
        return made

    def code(self, time: int) -> Made:
        """A login code."""
        made = self._base(self.cast.service, time, "code", False, INCOMING)
        text = "Login code: 40317. Do not give this code to anyone!"
        made.message.text = made.truth.text = text
        return made

    def secret(self, time: int, *, is_outgoing: bool) -> Made:
        """A message of a secret chat."""
        chat = self.cast.secret_chat
        origin = CERTAIN if is_outgoing else INCOMING
        made = self._base(
            chat, time, "secret", is_outgoing, origin, 1 if is_outgoing else 2
        )
        made.message.unique_id = self.source.randrange(-(1 << 63), 1 << 63)
        made.message.flags = 0 if is_outgoing else 4
        made.message.attributes.append(
            write.Obj("AutoremoveTimeoutMessageAttribute", {"t:i": 60, "c:i": time + 9})
        )
        made.truth.others["countdown_start"] = time + 9
        return made


INTENTS = (
    "incoming",
    "elsewhere",
    "kept",
    "overwritten",
    "unsent",
    "failed",
    "delivered_schedule",
    "waiting_schedule",
    "photo",
    "uploaded_photo",
    "lost_photo",
    "document",
    "voice",
    "contact",
    "live_location",
    "forward",
    "reply",
    "edited",
    "reaction",
    "cleared",
)
DIALOG_INTENTS = (*INTENTS, "call", "business")
