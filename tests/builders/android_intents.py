"""What a made-up message is meant to be, as a stored blob and as an event must show it.

The two are made from the same intent by separate code; nothing is read back.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from telethon.tl import types

from tests.builders import android_tl as tl
from tests.builders.android_cast import OWNER, Cast, Chat

OUT, POST, SCHEDULED = 1 << 1, 1 << 14, 1 << 18


@dataclass
class Forward:
    """Where a message was forwarded from.

    Attributes:
        sender: user or channel, None if hidden.
        name: name of a hidden sender.
        date: original time.
        post: number in the channel.
    """

    sender: tl.Peer | None
    name: str | None
    date: int
    post: int | None = None


@dataclass
class Action:
    """What a service message says.

    Attributes:
        name: constructor.
        value: the action for telethon.
        packed: the action as bytes for old layers.
        text: text that the event must have.
    """

    name: str
    value: Any = None
    packed: bytes = b""
    text: str | None = None


@dataclass
class Call:
    """A call.

    Attributes:
        is_video: with pictures.
        duration: seconds, None if nobody answered.
        reason: as events must have it.
    """

    is_video: bool = False
    duration: int | None = None
    reason: str | None = None


_REASONS = {
    "busy": types.PhoneCallDiscardReasonBusy,
    "hangup": types.PhoneCallDiscardReasonHangup,
    "missed": types.PhoneCallDiscardReasonMissed,
}


@dataclass
class Intent:
    """A message.

    Attributes:
        chat: where it stands.
        number: its number, negative if this device gave it.
        date: time.
        is_outgoing: sent by the account.
        sender: who sent it.
        layer: layer of the object.
        text: text, caption included.
        media, action, call, forward: what it holds beside the text.
        is_local_object: attachment flag set for an empty attachment.
        secret: constructor of a message of a secret chat.
        trailer: string behind the object, None for no trailer at all.
        forwarded_number: number behind the trailer of an unsent forward.
        path: file that the trailer names.
        other attributes: as the event has them.
    """

    chat: Chat
    number: int
    date: int
    is_outgoing: bool
    sender: tl.Peer
    layer: int
    text: str = ""
    media: tl.Media | None = None
    action: Action | None = None
    call: Call | None = None
    forward: Forward | None = None
    is_local_object: bool = False
    has_own_text: bool = False
    secret: str = ""
    trailer: str | None = ""
    forwarded_number: int | None = None
    path: str | None = None
    omits_sender: bool = False
    is_post: bool = False
    is_scheduled: bool = False
    business_bot: int | None = None
    quick_reply: int | None = None
    edited: int | None = None
    reply_to: int | None = None
    grouped: int | None = None
    via_bot: int | None = None
    author: str | None = None
    reactions: list[tuple[str, int, bool]] = field(default_factory=list)
    period: int | None = None
    link: str | None = None
    send_state: int = 0
    is_read: bool = True
    topic: int = 0
    origin: tuple[str | None, str | None, str | None] = (None, None, None)
    owner: int = OWNER

    @property
    def flags(self) -> int:
        """Bits that have no field."""
        flags = OUT if self.is_outgoing else 0
        flags |= POST if self.is_post else 0
        return flags | (SCHEDULED if self.is_scheduled else 0)


def make_blob(intent: Intent) -> bytes:
    """The object of a message with what the client puts behind it."""
    if intent.secret:
        data = _make_secret(intent)
    elif intent.layer == tl.NEW:
        data = bytes(_make_new(intent))
    else:
        data = _make_old(intent)
    is_service = intent.action is not None or intent.call is not None
    if intent.trailer is None or (is_service and not intent.secret):
        return data
    if is_service:
        return data
    end = b""
    if intent.forwarded_number is not None:
        end = intent.forwarded_number.to_bytes(4, "little")
    trailer = tl.string(intent.trailer.encode())
    # Classes of 2013 had it the other way round.
    if intent.layer == 8:
        return data + end + trailer
    return data + trailer + end


def _make_secret(intent: Intent) -> bytes:
    sender = intent.owner if intent.is_outgoing else intent.chat.other or 0
    receiver = intent.chat.other if intent.is_outgoing else intent.owner
    peer = tl.old_peer(("user", (receiver or 0) & 0x7FFFFFFF), 119)
    common = {
        "id": intent.number,
        "from_id": sender,
        "peer": peer,
        "date": intent.date,
    }
    if intent.action is not None:
        layout = "9e19a1f6 flags:# id:int from_id:flags.8?int peer:Object date:int "
        action = bytes.fromhex("f7555555") + intent.action.packed
        return tl.encode(
            layout + "action:Object", intent.flags, action=action, **common
        )
    if intent.media is not None:
        common["media"] = tl.OLD_MEDIA[intent.media.kind](intent.media, 119)
    if intent.secret != "555555f8":
        common["reply_to"] = intent.reply_to
    return tl.secret_message(
        intent.secret, intent.flags, ttl=intent.period or 0, message=intent.text,
        **common,
    )  # fmt: skip


def _make_old(intent: Intent) -> bytes:
    layer = intent.layer
    sender: Any = intent.sender[1]
    if layer >= 119:
        sender = tl.old_peer(intent.sender, layer)
    # Up to layer 118 the receiver of an incoming private message is the account.
    peer = intent.chat.peer
    if layer < 119 and intent.chat.kind == "user" and not intent.is_outgoing:
        peer = ("user", intent.owner)
    values: dict[str, Any] = {
        "id": intent.number,
        "from_id": None if intent.omits_sender or intent.is_post else sender,
        "peer": tl.old_peer(peer, layer),
        "date": intent.date,
    }
    if intent.call is not None:
        reason = bytes.fromhex("90c6ad57") if intent.call.reason else None
        packed = tl.encode(
            "80e11a7f flags:# number:long reason:flags.0?Object duration:flags.1?int",
            4 if intent.call.is_video else 0,
            number=77, reason=reason, duration=intent.call.duration,
        )  # fmt: skip
        return tl.old_service(layer, intent.flags, action=packed, **values)
    if intent.action is not None:
        return tl.old_service(
            layer, intent.flags, action=intent.action.packed, **values
        )
    values["message"] = "-1" if intent.has_own_text else intent.text
    if intent.media is not None:
        values["media"] = tl.OLD_MEDIA[intent.media.kind](intent.media, layer)
    elif intent.is_local_object:
        values["media"] = tl.EMPTY_MEDIA
    forward = intent.forward
    if forward is not None and layer == 8:
        values["fwd_from_id"] = forward.sender[1] if forward.sender else 0
        values["fwd_date"] = forward.date
    elif forward is not None:
        values["fwd_from"] = tl.old_forward(
            layer, forward.sender, forward.name, forward.date, forward.post
        )
    if layer > 8:
        if intent.reply_to is not None:
            values["reply_to"] = tl.old_reply(layer, intent.reply_to)
        values["via_bot_id"] = intent.via_bot
        values["edit_date"] = intent.edited
    if layer > 67:
        values["post_author"] = intent.author
        values["grouped_id"] = intent.grouped
    if layer >= 128:
        values["ttl_period"] = intent.period
    return tl.old_message(layer, intent.flags, **values)


def _make_new(intent: Intent) -> Any:
    sender = None
    if not intent.omits_sender and not intent.is_post:
        sender = tl.new_peer(intent.sender)
    peer = tl.new_peer(intent.chat.peer)
    if intent.call is not None or intent.action is not None:
        action = intent.action.value if intent.action else None
        if intent.call is not None:
            reason = _REASONS[intent.call.reason]() if intent.call.reason else None
            action = types.MessageActionPhoneCall(
                77, intent.call.is_video, reason, intent.call.duration
            )
        return types.MessageService(
            id=intent.number, peer_id=peer, from_id=sender, date=intent.date,
            action=action, out=intent.is_outgoing, post=intent.is_post,
        )  # fmt: skip
    media = tl.new_media(intent.media) if intent.media is not None else None
    header = None
    if intent.forward is not None:
        found = intent.forward
        header = types.MessageFwdHeader(
            date=found.date,
            from_id=None if found.sender is None else tl.new_peer(found.sender),
            from_name=found.name,
            channel_post=found.post,
        )
    reactions = None
    if intent.reactions:
        results = [
            types.ReactionCount(
                types.ReactionEmoji(emoji), count, 0 if is_chosen else None
            )
            for emoji, count, is_chosen in intent.reactions
        ]
        reactions = types.MessageReactions(results)
    reply = None
    if intent.reply_to is not None:
        reply = types.MessageReplyHeader(reply_to_msg_id=intent.reply_to)
    entities = None
    if intent.link is not None:
        entities = [types.MessageEntityTextUrl(0, 1, intent.link)]
    made = types.Message(
        id=intent.number, peer_id=peer, from_id=sender, date=intent.date,
        message=intent.text, out=intent.is_outgoing, post=intent.is_post,
        from_scheduled=intent.is_scheduled, media=media, fwd_from=header,
        reactions=reactions, reply_to=reply, entities=entities,
        edit_date=intent.edited, grouped_id=intent.grouped,
        via_bot_id=intent.via_bot, post_author=intent.author,
        ttl_period=intent.period, via_business_bot_id=intent.business_bot,
        quick_reply_shortcut_id=intent.quick_reply,
        views=5 if intent.is_post else None, forwards=1 if intent.is_post else None,
    )  # fmt: skip
    if intent.is_local_object:
        # The constructor drops it.
        made.media = types.MessageMediaEmpty()
    return made


def make_truth(
    intent: Intent, cast: Cast, *, table: str | None = None, is_due: bool = False
) -> dict[str, Any]:
    """What the event of a message must say; what is not in it must be None.

    Args:
        intent: the message.
        cast: who is who.
        table: table of the row, None for the main one.
        is_due: the message is not sent yet and its time is when it will be; False.
    """
    chat = intent.chat
    truth: dict[str, Any] = {
        "chat_identifier": str(chat.number),
        "chat_title": chat.title,
        "message_identifier": str(intent.number),
        "record_table": table,
        "sender_identifier": str(intent.sender[1]),
    }
    if intent.call is not None:
        call = intent.call
        return {
            **truth,
            "data_type": "telegram:call",
            "call_type": "video" if call.is_video else "voice",
            "chat_type": chat.chat_type,
            "direction": "outgoing" if intent.is_outgoing else "incoming",
            "duration": call.duration,
            "peer_identifier": str(chat.other),
            "reason": call.reason,
            "start_time": intent.date,
        }
    reactions = [
        f"{emoji} {count}" + (" (chosen by the account)" if is_chosen else "")
        for emoji, count, is_chosen in intent.reactions
    ]
    origin, confidence, basis = intent.origin
    truth.update(
        {
            "data_type": "telegram:message",
            "author_signature": intent.author,
            "chat_type": chat.chat_type,
            "edited_time": intent.edited,
            "file_path": intent.path,
            "grouped_identifier": None if not intent.grouped else str(intent.grouped),
            "is_outgoing": intent.is_outgoing,
            "is_read": intent.is_read,
            "links": [intent.link] if intent.link else None,
            "origin": origin,
            "origin_basis": basis,
            "origin_confidence": confidence,
            "reactions": reactions or None,
            "reply_to_identifier": str(intent.reply_to) if intent.reply_to else None,
            "scheduled_time": intent.date if is_due else None,
            "send_state": {1: "sending", 2: "failed", 3: "editing"}.get(
                intent.send_state
            ),
            "sender_name": cast.name(intent.sender),
            "sender_type": None if intent.sender[0] == "user" else intent.sender[0],
            "sent_time": None if is_due else intent.date,
            "text": intent.text or None,
        }
    )
    if intent.action is not None:
        truth["service_action"] = intent.action.name
        truth["text"] = intent.action.text
    if intent.period and not intent.secret:
        truth["self_destruct_time"] = intent.date + intent.period
    if intent.via_bot:
        name = cast.name(("user", intent.via_bot))
        truth["via_bot"] = f"{name} ({intent.via_bot})" if name else str(intent.via_bot)
    if intent.forward is not None:
        truth.update(_forward_truth(intent.forward, cast))
    if intent.media is not None:
        truth.update(_media_truth(intent.media, truth))
    return truth


def _forward_truth(forward: Forward, cast: Cast) -> dict[str, Any]:
    name = forward.name
    if forward.sender is not None:
        who = f"{forward.sender[0]} {forward.sender[1]}"
        known = cast.name(forward.sender)
        name = f"{known} ({who})" if known else who
    return {"forwarded_from": name, "forwarded_time": forward.date}


def _media_truth(media: tl.Media, truth: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "contact_name": media.contact_name,
        "contact_phone": media.contact_phone,
        "media_duration": media.duration,
        "media_mime_type": media.mime_type,
        "media_name": media.name,
        "media_size": media.size,
        "media_type": media.kind,
    }
    if media.latitude is not None:
        found["location"] = f"{media.latitude:.6f}, {media.longitude:.6f}"
    if media.url:
        found["links"] = [media.url, *(truth["links"] or [])]
    if media.caption:
        found["text"] = media.caption
    return found
