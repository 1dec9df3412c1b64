"""Messages of Telegram's schema, in every layer, as facts with one meaning each.

Specification: formats/android.md sections 4 and 6 (tables `tl_constructors.tsv`, layers
8 to 229, and what only the Android client writes, secret chats included). Shared by
every client that stores TL objects. An object that is incomplete gives the facts that
it holds (see `TLError.partial`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from telegram_forensics.formats.tl_describe import describe, moment, reaction_words
from telegram_forensics.formats.tl_media import MediaFacts, read_media, text_of
from telegram_forensics.formats.tl_object import TLObject
from telegram_forensics.formats.tl_peers import Peer, describe_peer, read_peer
from telegram_forensics.formats.tl_rich_text import links_of, plain_text

_FLAG_OUT: Final = 1 << 1
_FLAG_MENTIONED: Final = 1 << 4
_FLAG_MEDIA_UNREAD: Final = 1 << 5
_FLAG_MEDIA: Final = 1 << 9


@dataclass(slots=True)
class ForwardFacts:
    """Where a forwarded message comes from.

    Attributes:
        sender: original sender or channel, None if hidden.
        name: name of the original sender where only that is stored.
        date: original time, seconds since 1970 UTC.
        post: message id in the channel.
        author: signature of the post.
        saved_from: chat from which the account saved it.
        saved_message: message id there.
    """

    sender: Peer | None = None
    name: str | None = None
    date: int | None = None
    post: int | None = None
    author: str | None = None
    saved_from: Peer | None = None
    saved_message: int | None = None


@dataclass(slots=True)
class CallFacts:
    """A call.

    Attributes:
        identifier: call id.
        is_video, is_conference, is_missed, is_active: what is stored of it.
        duration: seconds, None if the call was not answered.
        reason: `hangup`, `missed`, `busy`, `disconnect` or the constructor's rest.
    """

    identifier: int | None
    is_video: bool = False
    is_conference: bool = False
    is_missed: bool = False
    is_active: bool = False
    duration: int | None = None
    reason: str | None = None


@dataclass(slots=True)
class MessageFacts:
    """A message.

    Attributes:
        constructor: name of its constructor.
        identifier: id as stored in the object.
        date: seconds since 1970 UTC by the server's clock.
        edited: last edit, the same.
        is_outgoing: sent by the account, from whatever session; None if not stored.
        chat: peer that the message was sent to (for an incoming private message of old
            layers that is the account itself).
        sender: sender as stored, None if absent.
        text: text, caption included, None if there is none.
        links: addresses behind a text that shows something else.
        media: attachment.
        has_media_flag: the object's flag for an attachment is set, be it empty.
        action: constructor of the service action, None for other messages.
        action_details: stored values of the action, for words.
        call: set for a service action that is a call.
        forward: where it was forwarded from.
        via_bot: user id or name of the inline bot.
        reply_to: message id replied to; of secret chats the random id.
        reply_chat: chat of that message, if another one.
        reply_top: first message of the thread.
        reply_quote: part of the message that was quoted.
        grouped: album id.
        reactions: in words.
        author: signature of a post.
        views, forwards: counters.
        ttl_period: the message is deleted so many seconds after it was sent.
        self_destruct: seconds from reading to deletion (secret chats, view-once media).
        is_scheduled: posted by schedule.
        is_silent, is_pinned, is_post, is_mentioned: flags.
        is_media_unread: the account has not opened the attachment.
        via_business_bot: bot that sent on behalf of the account.
        quick_reply: shortcut of an automatic or quick reply.
        is_offline: sent by the account's automatic reply while offline.
        other: further stored values by name, for words.
        is_plain: none of what stands behind `media` in this list is set.
    """

    constructor: str
    identifier: int | None = None
    date: int | None = None
    edited: int | None = None
    is_outgoing: bool | None = None
    chat: Peer | None = None
    sender: Peer | None = None
    text: str | None = None
    links: list[str] | None = None
    media: MediaFacts | None = None
    has_media_flag: bool = False
    action: str | None = None
    action_details: dict[str, Any] | None = None
    call: CallFacts | None = None
    forward: ForwardFacts | None = None
    via_bot: int | str | None = None
    reply_to: int | None = None
    reply_chat: Peer | None = None
    reply_top: int | None = None
    reply_quote: str | None = None
    grouped: int | None = None
    reactions: list[str] | None = None
    author: str | None = None
    views: int | None = None
    forwards: int | None = None
    ttl_period: int | None = None
    self_destruct: int | None = None
    is_scheduled: bool = False
    is_silent: bool = False
    is_pinned: bool = False
    is_post: bool = False
    is_mentioned: bool = False
    is_media_unread: bool = False
    via_business_bot: int | None = None
    quick_reply: int | None = None
    is_offline: bool = False
    is_plain: bool = True
    other: dict[str, Any] = field(default_factory=dict)


def read_message(value: TLObject) -> MessageFacts:
    """Reads a `Message` object."""
    fields = value.fields
    get = fields.get
    facts = MessageFacts(value.constructor.name)
    facts.identifier = get("id")
    facts.date = get("date")
    flags = get("flags")
    if facts.constructor == "messageEmpty":
        # Its flags only say whether a peer is there.
        facts.chat = read_peer(get("peer_id"))
        return facts
    if flags is not None:
        # Old layers declare the flags as a number and name none of them.
        facts.is_outgoing = bool(flags & _FLAG_OUT)
        # In service messages the bit means something else.
        facts.has_media_flag = bool(flags & _FLAG_MEDIA) and (
            facts.constructor != "messageService"
        )
        if flags & (_FLAG_MENTIONED | _FLAG_MEDIA_UNREAD):
            facts.is_plain = False
            facts.is_mentioned = bool(flags & _FLAG_MENTIONED)
            facts.is_media_unread = bool(flags & _FLAG_MEDIA_UNREAD)
    elif "out" in fields:
        facts.is_outgoing = fields["out"]
    peer = get("peer_id")
    facts.chat = read_peer(peer if peer is not None else get("to_id"))
    sender = get("from_id")
    if sender is not None:
        facts.sender = read_peer(sender)
    text = get("message")
    if text:
        facts.text = text
    media = get("media")
    if media is not None:
        facts.media = read_media(media)
        if facts.media is not None and facts.media.caption and not facts.text:
            facts.text = facts.media.caption
        if facts.media is not None and facts.media.self_destruct:
            facts.is_plain = False
            facts.self_destruct = facts.media.self_destruct
    if fields.keys() <= _PLAIN_FIELDS:
        return facts
    facts.is_plain = False
    _read_rest(fields, facts)
    return facts


# What a plain text message holds; with anything else there is more to read.
_PLAIN_FIELDS: Final = frozenset(
    (
        "flags",
        "flags2",
        "id",
        "date",
        "out",
        "unread",
        "peer_id",
        "to_id",
        "from_id",
        "message",
        "media",
    )
)


def _read_rest(fields: dict[str, Any], facts: MessageFacts) -> None:
    get = fields.get
    facts.edited = get("edit_date") or None
    facts.via_bot = get("via_bot_id") or get("via_bot_name") or None
    facts.grouped = get("grouped_id")
    facts.author = get("post_author") or None
    facts.views = get("views")
    facts.forwards = get("forwards")
    facts.ttl_period = get("ttl_period") or None
    facts.self_destruct = facts.self_destruct or get("ttl") or None
    facts.is_scheduled = bool(get("from_scheduled"))
    facts.is_silent = bool(get("silent"))
    facts.is_pinned = bool(get("pinned"))
    facts.is_post = bool(get("post"))
    facts.via_business_bot = get("via_business_bot_id")
    facts.quick_reply = get("quick_reply_shortcut_id")
    facts.is_offline = bool(get("offline"))
    entities = get("entities")
    if entities:
        facts.links = _links(entities)
    _read_forward(fields, facts)
    _read_reply(fields, facts)
    reactions = get("reactions")
    if reactions is not None:
        facts.reactions = list(reaction_words(reactions)) or None
    action = get("action")
    if action is not None:
        _read_action(action, facts)
    rich = get("rich_message")
    if rich is not None:
        _read_rich(rich, facts)
    for name in _OTHER_FIELDS & fields.keys():
        facts.other[name] = describe(fields[name])


_OTHER_FIELDS: Final = frozenset(
    (
        "effect",
        "factcheck",
        "from_boosts_applied",
        "from_rank",
        "guestchat_via_from",
        "paid_message_stars",
        "restriction_reason",
        "saved_peer_id",
        "schedule_repeat_period",
        "suggested_post",
        "summary_from_language",
    )
)


def _read_rich(value: Any, facts: MessageFacts) -> None:
    """Since layer 227 a text with pictures in it stands beside the plain text."""
    if not isinstance(value, TLObject):
        return
    fields = value.fields
    text = plain_text(fields.get("blocks"))
    if facts.text is None:
        facts.text = text
    elif text is not None and text != facts.text:
        facts.other["formatted text"] = text
    files = [*(fields.get("photos") or ()), *(fields.get("documents") or ())]
    if files:
        facts.other["files in the text"] = describe(files)
    links = [*(facts.links or ()), *links_of(fields.get("blocks"))]
    facts.links = links or None


def _links(entities: list[Any]) -> list[str] | None:
    links = []
    for item in entities:
        if not isinstance(item, TLObject):
            continue
        name = item.constructor.name
        if name == "messageEntityTextUrl":
            links.append(item.fields.get("url") or "")
        elif name in ("messageEntityMentionName", "inputMessageEntityMentionName"):
            user = item.fields.get("user_id")
            if isinstance(user, TLObject):
                user = user.fields.get("user_id")
            if user:
                links.append(f"tg://user?id={user}")
    return [link for link in links if link] or None


def _read_forward(fields: dict[str, Any], facts: MessageFacts) -> None:
    header = fields.get("fwd_from")
    if isinstance(header, TLObject):
        found = header.fields
        channel = found.get("channel_id")
        facts.forward = ForwardFacts(
            sender=Peer("channel", channel)
            if channel
            else read_peer(found.get("from_id")),
            name=found.get("from_name") or None,
            date=found.get("date"),
            post=found.get("channel_post"),
            author=found.get("post_author") or None,
            saved_from=read_peer(found.get("saved_from_peer")),
            saved_message=found.get("saved_from_msg_id"),
        )
        if channel:
            # Layers 48 to 118 name the channel and, of signed posts, the person.
            facts.other["forwarded post of"] = describe_peer(
                read_peer(found.get("from_id"))
            )
        for name, words in _FURTHER_FORWARD.items():
            if name in found:
                facts.other[words] = describe(found[name])
    elif fields.get("fwd_from_id") is not None:
        facts.forward = ForwardFacts(
            sender=read_peer(fields["fwd_from_id"]),
            date=fields.get("fwd_date"),
            post=fields.get("fwd_post"),
        )


_FURTHER_FORWARD: Final = {
    "imported": "imported from another messenger",
    "psa_type": "announcement",
    "saved_date": "saved message sent at",
    "saved_from_id": "saved message of",
    "saved_from_name": "saved message of the name",
    "saved_out": "saved message was outgoing",
}


def _read_reply(fields: dict[str, Any], facts: MessageFacts) -> None:
    header = fields.get("reply_to")
    if isinstance(header, TLObject):
        found = header.fields
        facts.reply_to = found.get("reply_to_msg_id")
        facts.reply_chat = read_peer(found.get("reply_to_peer_id"))
        facts.reply_top = found.get("reply_to_top_id")
        facts.reply_quote = found.get("quote_text") or None
        if header.constructor.name == "messageReplyStoryHeader":
            peer = read_peer(found.get("peer")) or read_peer(found.get("user_id"))
            facts.other["reply to story"] = (
                f"{found.get('story_id')} of {describe_peer(peer) or 'unknown'}"
            )
        else:
            _read_quoted(found, facts)
    else:
        facts.reply_to = (
            fields.get("reply_to_msg_id") or fields.get("reply_to_random_id") or None
        )
        facts.reply_top = fields.get("reply_to_top_id")


def _read_quoted(found: dict[str, Any], facts: MessageFacts) -> None:
    """A reply into another chat repeats whose message it answers, and its media."""
    header = found.get("reply_from")
    if header is None:
        header = found.get("reply_header")
    if isinstance(header, TLObject):
        origin = header.fields
        facts.other["reply to message of"] = (
            describe_peer(read_peer(origin.get("from_id")))
            or origin.get("from_name")
            or "unknown"
        )
        if origin.get("date"):
            facts.other["reply to message sent at"] = moment(origin["date"])
    media = found.get("reply_media")
    if isinstance(media, TLObject):
        read = read_media(media)
        facts.other["reply to media"] = None if read is None else read.kind
    facts.other["reply to a scheduled message"] = bool(found.get("reply_to_scheduled"))
    facts.other["reply to task"] = found.get("todo_item_id")


def _read_action(action: TLObject, facts: MessageFacts) -> None:
    name, fields = action.constructor.name, action.fields
    if name == "messageEncryptedAction":
        inner = fields.get("encryptedAction")
        if isinstance(inner, TLObject):
            name, fields = inner.constructor.name, inner.fields
    facts.action = name
    facts.action_details = {
        key: describe(item) for key, item in fields.items() if key not in _NO_DETAILS
    }
    if name in ("messageActionPhoneCall", "messageActionConferenceCall"):
        reason = fields.get("reason")
        facts.call = CallFacts(
            fields.get("call_id"),
            is_video=bool(fields.get("video")),
            is_conference=name == "messageActionConferenceCall",
            is_missed=bool(fields.get("missed")),
            is_active=bool(fields.get("active")),
            duration=fields.get("duration"),
            reason=reason.constructor.name.removeprefix(
                "phoneCallDiscardReason"
            ).lower()
            if isinstance(reason, TLObject)
            else None,
        )
    elif name in ("messageActionCustomAction", "messageActionWebViewDataSent"):
        facts.text = facts.text or text_of(fields.get("message") or fields.get("text"))


# Flags, and what is a credential or a blob.
_NO_DETAILS: Final = frozenset(
    ("flags", "flags2", "credentials", "encrypted_key", "payload", "charge", "values")
)
