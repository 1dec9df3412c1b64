"""What a message of Postbox says, in the shape that all clients share.

Specification: formats/apple_postbox.md sections 6, 8, 9 and 19 (app versions 5.0 to
12.2). Chats and senders are unpacked; media that stand in t6 are looked up by whoever
has the database. Attributes without a meaning of their own come out as words.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from telegram_forensics.formats import postbox_actions as actions
from telegram_forensics.formats.postbox_coding import PostboxObject
from telegram_forensics.formats.postbox_ids import (
    LOCAL_NAMESPACES,
    PEER_SECRET,
    SCHEDULED_NAMESPACES,
    MediaId,
    describe_peer,
    read_codable_peer,
    read_peer,
    unpack_namespaced,
    unpack_peer,
)
from telegram_forensics.formats.postbox_keys import MessageKey
from telegram_forensics.formats.postbox_media import (
    ACTION_CLASS,
    StoredMedia,
    read_media_object,
)
from telegram_forensics.formats.postbox_message import (
    FLAG_COPY_PROTECTED,
    FLAG_WAS_SCHEDULED,
    TAG_PINNED,
    TAG_UNSEEN_MENTION,
    StoredMessage,
)
from telegram_forensics.formats.tl_message import ForwardFacts, MessageFacts

CONSTRUCTOR: Final = "postboxMessage"

_MENTION_ENTITY: Final = 11
_TEXT_URL_ENTITY: Final = 10
_VIEW_ONCE: Final = 0x7FFFFFFF
_NOTIFICATION_MUTED: Final = 1
_MAXIMUM_JSON: Final = 1 << 20

Resolve = Callable[[MediaId], PostboxObject | None]


@dataclass(slots=True)
class OwnReaction:
    """A reaction of the account, given in whatever session.

    Attributes:
        time: seconds since 1970 UTC.
        reaction: emoji, or which custom emoji.
    """

    time: int
    reaction: str


@dataclass(slots=True)
class PostboxFacts:
    """A message with what only Postbox keeps.

    Attributes:
        message: what every client says.
        media: attachments in full, the one in `message.media` first.
        missing_media: attachments that stand nowhere.
        is_failed, is_sending: what has become of the attempt to send it.
        countdown_start: when a message that destroys itself was opened, seconds since
            1970 UTC.
        countdown: seconds from then to its removal.
        removal_clears_media: only the attachment goes.
        authorization_hash: server's number of the other session that a notice is about.
        authorization_time: time of that login.
        own_reactions: reactions of the account with their times.
        scheduled_time: the message waits to be sent at that time.
        was_played: voice or round video message: played.
    """

    message: MessageFacts
    media: list[StoredMedia] = field(default_factory=list)
    missing_media: list[MediaId] = field(default_factory=list)
    is_failed: bool = False
    is_sending: bool = False
    countdown_start: int | None = None
    countdown: int | None = None
    removal_clears_media: bool = False
    authorization_hash: int | None = None
    authorization_time: int | None = None
    own_reactions: list[OwnReaction] = field(default_factory=list)
    scheduled_time: int | None = None
    was_played: bool | None = None


def read_facts(
    key: MessageKey, stored: StoredMessage, resolve: Resolve | None = None
) -> PostboxFacts:
    """Reads what a message says.

    Args:
        key: place of the message.
        stored: the message.
        resolve: finds media that stand elsewhere; None leaves them out.
    """
    facts = MessageFacts(CONSTRUCTOR, key.number, key.timestamp)
    found = PostboxFacts(facts)
    facts.chat = read_peer(key.peer)
    facts.sender = read_peer(stored.author)
    facts.text = stored.text or None
    facts.is_outgoing = None if stored.is_incoming is None else not stored.is_incoming
    if key.namespace in SCHEDULED_NAMESPACES:
        found.scheduled_time = key.timestamp
    _read_flags(key, stored, found)
    _read_media(key, stored, found, resolve)
    _read_forward(stored, facts)
    for attribute in stored.attributes:
        reader = _ATTRIBUTES.get(attribute.name or "")
        if reader is not None:
            reader(attribute, found, key)
        elif attribute.name not in _SILENT:
            facts.other[_words(attribute.label)] = _attribute_words(attribute)
    facts.grouped = stored.grouping_key
    if stored.grouping_key is None and stored.group_id is not None:
        facts.other["album of this database"] = stored.group_id
    if stored.thread_id is not None and facts.reply_top is None:
        facts.other["topic or thread"] = stored.thread_id
    # Whoever wants to be quick looks at nothing else; there is little to save here.
    facts.is_plain = False
    return found


def _read_flags(key: MessageKey, stored: StoredMessage, found: PostboxFacts) -> None:
    flags, tags, facts = stored.flags or 0, stored.tags or 0, found.message
    facts.is_scheduled = bool(flags & FLAG_WAS_SCHEDULED)
    facts.is_pinned = bool(tags & TAG_PINNED)
    facts.is_mentioned = bool(tags & TAG_UNSEEN_MENTION)
    facts.other["copy protected"] = bool(flags & FLAG_COPY_PROTECTED)
    if key.namespace in LOCAL_NAMESPACES:
        found.is_failed = bool(flags & 2)
        found.is_sending = bool(flags & 33) and not found.is_failed


def _read_media(
    key: MessageKey,
    stored: StoredMessage,
    found: PostboxFacts,
    resolve: Resolve | None,
) -> None:
    facts = found.message
    values = list(stored.media)
    for reference in stored.references:
        value = resolve(reference) if resolve is not None else None
        if value is None:
            found.missing_media.append(reference)
        else:
            values.append(value)
    for value in values:
        if value.name == ACTION_CLASS:
            _read_action(key, value, facts)
        else:
            found.media.append(read_media_object(value))
    if found.media:
        facts.media = found.media[0].facts
        facts.other["further attachments"] = [
            item.facts.kind for item in found.media[1:]
        ]
    if found.missing_media:
        facts.other["attachments that are not stored"] = [
            f"{item.namespace}:{item.number}" for item in found.missing_media
        ]


def _read_action(key: MessageKey, value: PostboxObject, facts: MessageFacts) -> None:
    if facts.action is not None:
        facts.other["further action"] = actions.action_name(value, key.peer)
        return
    facts.action = actions.action_name(value, key.peer)
    facts.action_details = actions.action_details(value)
    facts.call = actions.read_call(value)
    facts.text = facts.text or actions.action_text(value)


def _read_forward(stored: StoredMessage, facts: MessageFacts) -> None:
    forward = stored.forward
    if forward is None:
        return
    author, source = read_peer(forward.author), read_peer(forward.source)
    facts.forward = ForwardFacts(sender=source or author, date=forward.date)
    if forward.message is not None:
        facts.forward.post = forward.message.number
    if facts.forward.sender is None:
        # Who does not want to be named is there by name only.
        facts.forward.name = forward.signature
    else:
        facts.forward.author = forward.signature
    if source is not None and author not in (None, source):
        facts.other["forwarded post of"] = describe_peer(forward.author or 0)
    facts.other["announcement"] = forward.announcement
    facts.other["imported from another messenger"] = forward.is_imported


def _edited(value: PostboxObject, found: PostboxFacts, _: MessageKey) -> None:
    found.message.edited = value.time("d")
    found.message.other["edit is hidden"] = bool(value.integer("h"))


def _reply(value: PostboxObject, found: PostboxFacts, key: MessageKey) -> None:
    facts, packed = found.message, value.integer("i")
    if packed is not None:
        _, facts.reply_to = unpack_namespaced(packed)
    peer = value.integer("p")
    if peer is not None and peer != key.peer:
        facts.reply_chat = read_peer(peer)
    top = value.integer("ti")
    if top is not None:
        _, facts.reply_top = unpack_namespaced(top)
    facts.reply_quote = _quote(value)
    facts.other["reply to task"] = value.integer("tid")


def _quoted_reply(value: PostboxObject, found: PostboxFacts, _: MessageKey) -> None:
    peer = value.integer("p")
    name = describe_peer(peer) if peer else value.text("a")
    found.message.other["reply to message of"] = name or "unknown"
    found.message.reply_quote = found.message.reply_quote or _quote(value)


def _quote(value: PostboxObject) -> str | None:
    """The quoted text, which stands as JSON in bytes."""
    data = value.data("qu")
    if not data or len(data) > _MAXIMUM_JSON:
        return None
    try:
        quote = json.loads(data)
    except (ValueError, RecursionError):
        return None
    text = None
    if isinstance(quote, dict):
        text = quote.get("text", quote.get("t"))
    return text if isinstance(text, str) and text else None


def _entities(value: PostboxObject, found: PostboxFacts, _: MessageKey) -> None:
    links = []
    for item in value.objects("entities"):
        kind = item.integer("_rawValue")
        if kind == _TEXT_URL_ENTITY:
            links.append(item.text("url"))
        elif kind == _MENTION_ENTITY:
            peer = read_peer(item.integer("peerId"))
            links.append(f"tg://user?id={peer.number}" if peer else None)
    found.message.links = [link for link in links if link] or None


def _inline_bot(value: PostboxObject, found: PostboxFacts, _: MessageKey) -> None:
    peer = read_peer(value.integer("i"))
    found.message.via_bot = peer.number if peer is not None else value.text("t")


def _business_bot(value: PostboxObject, found: PostboxFacts, _: MessageKey) -> None:
    """Sent by a bot in the name of the account."""
    peer = read_peer(value.integer("i"))
    found.message.via_business_bot = None if peer is None else peer.number
    found.message.other["sent by a business bot"] = value.text("t") or peer is None


def _source(value: PostboxObject, found: PostboxFacts, _: MessageKey) -> None:
    """Where a message of Saved Messages, or a post in a discussion, comes from."""
    packed, peer = value.integer("i"), value.integer("p")
    number = None if packed is None else unpack_namespaced(packed)[1]
    _set_saved(found.message, peer, number)


def _forward_source(value: PostboxObject, found: PostboxFacts, _: MessageKey) -> None:
    _set_saved(found.message, value.integer("p"), value.integer("i"))


def _set_saved(facts: MessageFacts, peer: int | None, number: int | None) -> None:
    source = read_peer(peer)
    if source is None:
        return
    if facts.forward is None:
        facts.other["comes from"] = f"{source.kind} {source.number}, message {number}"
        return
    facts.forward.saved_from = source
    facts.forward.saved_message = number


def _source_author(value: PostboxObject, found: PostboxFacts, _: MessageKey) -> None:
    other = found.message.other
    peer = value.integer("oa")
    other["saved message of"] = describe_peer(peer) if peer else None
    other["saved message of the name"] = value.text("oan")
    date = value.time("od")
    if date:
        other["saved message sent at"] = actions.time_in_words(date)
    other["saved message was outgoing"] = bool(value.integer("oout"))


def _session(value: PostboxObject, found: PostboxFacts, _: MessageKey) -> None:
    found.authorization_hash = value.integer("s")
    found.authorization_time = value.time("t")


def _autoremove(value: PostboxObject, found: PostboxFacts, key: MessageKey) -> None:
    seconds, start = value.time("t"), value.time("c")
    is_secret = unpack_peer(key.peer).namespace == PEER_SECRET
    if not is_secret and start == key.timestamp and seconds != _VIEW_ONCE:
        # The timer of a chat runs from the sending: nobody opened anything.
        found.message.ttl_period = seconds or None
        return
    _set_countdown(seconds, start, found)


def _autoclear(value: PostboxObject, found: PostboxFacts, _: MessageKey) -> None:
    found.removal_clears_media = True
    _set_countdown(value.time("t"), value.time("c"), found)


def _set_countdown(seconds: int | None, start: int | None, found: PostboxFacts) -> None:
    facts = found.message
    if seconds == _VIEW_ONCE:
        facts.other["can be viewed once"] = True
    else:
        facts.self_destruct = seconds or None
        found.countdown = seconds or None
    found.countdown_start = start
    if start is not None:
        facts.other["opened at"] = actions.time_in_words(start)


def _consumable(value: PostboxObject, found: PostboxFacts, _: MessageKey) -> None:
    found.was_played = bool(value.integer("c"))
    found.message.is_media_unread = not found.was_played


def _mention(value: PostboxObject, found: PostboxFacts, _: MessageKey) -> None:
    found.message.is_mentioned = True
    found.message.other["mention was seen"] = bool(value.integer("c"))


def _reactions(value: PostboxObject, found: PostboxFacts, _: MessageKey) -> None:
    words = []
    for item in value.objects("r"):
        text = f"{_reaction(item)} {item.integer('c') or 0}"
        if item.integer("cord") is not None or item.integer("s"):
            text += " (chosen by the account)"
        words.append(text)
    for item in value.objects("rp"):
        peer, time = item.integer("p"), item.time("ts")
        text = f"{_reaction(item)} by {describe_peer(peer) if peer else 'unknown'}"
        if time:
            text += f" at {actions.time_in_words(time)}"
        if item.integer("my"):
            text += " (the account)"
            if time:
                found.own_reactions.append(OwnReaction(time, _reaction(item)))
        words.append(text)
    for item in value.objects("tp"):
        peer = item.integer("p")
        who = describe_peer(peer) if peer else "anonymous"
        text = f"{item.integer('c') or 0} stars by {who}"
        if item.integer("m"):
            text += " (the account)"
        words.append(text)
    found.message.reactions = words or None


def _reaction(item: PostboxObject) -> str:
    emoji, custom = item.text("v"), item.integer("cfid")
    if emoji is not None:
        return emoji
    if custom is not None:
        return f"custom emoji {custom}"
    return "star" if item.integer("star") is not None else "reaction"


def _signature(value: PostboxObject, found: PostboxFacts, _: MessageKey) -> None:
    found.message.author = value.text("s")


def _views(value: PostboxObject, found: PostboxFacts, _: MessageKey) -> None:
    found.message.views = value.integer("c")


def _forwards(value: PostboxObject, found: PostboxFacts, _: MessageKey) -> None:
    found.message.forwards = value.integer("c")


def _notification(value: PostboxObject, found: PostboxFacts, _: MessageKey) -> None:
    flags = value.integer("f") or 0
    found.message.is_silent = bool(flags & _NOTIFICATION_MUTED)


def _story_reply(value: PostboxObject, found: PostboxFacts, _: MessageKey) -> None:
    story = value.object("i")
    if story is None:
        return
    peer, number = read_codable_peer(story.fields.get("p")), story.integer("i")
    who = describe_peer(peer) if peer else "unknown"
    found.message.other["reply to story"] = f"{number} of {who}"


def _shortcut(value: PostboxObject, found: PostboxFacts, _: MessageKey) -> None:
    found.message.other["quick reply"] = value.text("s")


def _schedule(value: PostboxObject, found: PostboxFacts, key: MessageKey) -> None:
    time = value.time("t")
    if time:
        found.scheduled_time = found.scheduled_time or time
        found.message.other["scheduled for"] = actions.time_in_words(time)


def _transcription(value: PostboxObject, found: PostboxFacts, _: MessageKey) -> None:
    """Made on request of the user of this installation."""
    found.message.other["transcribed here"] = value.text("text") or True


def _translation(value: PostboxObject, found: PostboxFacts, _: MessageKey) -> None:
    language = value.text("toLang") or "unknown language"
    found.message.other["translated here"] = f"{language}: {value.text('text') or ''}"


def _words(name: str) -> str:
    for end in ("MessageAttribute", "Attribute"):
        if name.endswith(end):
            name = name[: -len(end)]
    return "".join(
        f" {sign.lower()}" if sign.isupper() else sign for sign in name
    ).strip()


def _attribute_words(value: PostboxObject) -> Any:
    words = []
    for key, item in value.fields.items():
        said = actions.describe(item)
        if said not in (None, "", False):
            words.append(f"{key} {said}")
    return ", ".join(words) or True


# Of use to the client only, or read elsewhere.
_SILENT: Final = frozenset(
    (
        "ChannelMessageStateVersionAttribute",
        "DerivedDataMessageAttribute",
        "EmbeddedMediaStickersMessageAttribute",
        "InvertMediaMessageAttribute",
        "OutgoingMessageInfoAttribute",
        "PeerGroupMessageStateVersionAttribute",
        "ReplyMarkupMessageAttribute",
        "ReplyThreadMessageAttribute",
        "WebpagePreviewMessageAttribute",
    )
)
_ATTRIBUTES: Final[
    dict[str, Callable[[PostboxObject, PostboxFacts, MessageKey], None]]
] = {
    "AudioTranscriptionMessageAttribute": _transcription,
    "AuthSessionInfoAttribute": _session,
    "AuthorSignatureMessageAttribute": _signature,
    "AutoclearTimeoutMessageAttribute": _autoclear,
    "AutoremoveTimeoutMessageAttribute": _autoremove,
    "ConsumableContentMessageAttribute": _consumable,
    "ConsumablePersonalMentionMessageAttribute": _mention,
    "EditedMessageAttribute": _edited,
    "ForwardCountMessageAttribute": _forwards,
    "ForwardSourceInfoAttribute": _forward_source,
    "InlineBotMessageAttribute": _inline_bot,
    "InlineBusinessBotMessageAttribute": _business_bot,
    "NotificationInfoMessageAttribute": _notification,
    "OutgoingQuickReplyMessageAttribute": _shortcut,
    "OutgoingScheduleInfoMessageAttribute": _schedule,
    "QuotedReplyMessageAttribute": _quoted_reply,
    "ReactionsMessageAttribute": _reactions,
    "ReplyMessageAttribute": _reply,
    "ReplyStoryAttribute": _story_reply,
    "SourceAuthorInfoMessageAttribute": _source_author,
    "SourceReferenceMessageAttribute": _source,
    "TextEntitiesMessageAttribute": _entities,
    "TranslationMessageAttribute": _translation,
    "ViewCountMessageAttribute": _views,
}
