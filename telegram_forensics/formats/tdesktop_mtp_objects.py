"""Messages and sessions in the objects of Telegram Desktop's debug logs (mtp_*.txt).

Specification: formats/telegram_desktop.md section 6.2. Requests that send messages,
messages in answers, and entries of the list of sessions, in the forms of all layers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from telegram_forensics.formats.tdesktop_mtp_dump import DumpObject, walk
from telegram_forensics.formats.tdesktop_mtp_records import (
    Connection,
    Peer,
    SeenMessage,
    SeenSession,
    SentMessage,
)

_MEDIA: Final = {
    "messageMediaContact": "contact",
    "messageMediaDice": "dice",
    "messageMediaDocument": "document",
    "messageMediaGame": "game",
    "messageMediaGeo": "geo",
    "messageMediaGeoLive": "live_location",
    "messageMediaGiveaway": "giveaway",
    "messageMediaGiveawayResults": "giveaway",
    "messageMediaInvoice": "invoice",
    "messageMediaPaidMedia": "paid_media",
    "messageMediaPhoto": "photo",
    "messageMediaPoll": "poll",
    "messageMediaStory": "story",
    "messageMediaToDo": "todo",
    "messageMediaUnsupported": "unsupported",
    "messageMediaVenue": "venue",
    "messageMediaWebPage": "webpage",
    "inputMediaContact": "contact",
    "inputMediaDice": "dice",
    "inputMediaDocument": "document",
    "inputMediaGeoLive": "live_location",
    "inputMediaGeoPoint": "geo",
    "inputMediaPhoto": "photo",
    "inputMediaPoll": "poll",
    "inputMediaUploadedDocument": "document",
    "inputMediaUploadedPhoto": "photo",
    "inputMediaVenue": "venue",
}
_PEERS: Final = {
    "peerUser": ("user", "user_id"),
    "peerChat": ("group", "chat_id"),
    "peerChannel": ("channel", "channel_id"),
    "inputPeerUser": ("user", "user_id"),
    "inputPeerUserFromMessage": ("user", "user_id"),
    "inputPeerChat": ("group", "chat_id"),
    "inputPeerChannel": ("channel", "channel_id"),
    "inputPeerChannelFromMessage": ("channel", "channel_id"),
}


def _peer(value: DumpObject | None) -> Peer | None:
    if value is None:
        return None
    if value.name in ("inputPeerSelf", "inputUserSelf"):
        return Peer("saved", None)
    kind, name = _PEERS.get(value.name, (None, ""))
    bare = value.number(name) if kind else None
    return Peer(kind, bare) if kind and bare is not None else None


def _reply_to(value: DumpObject) -> int | None:
    """The message that is replied to, in the forms of all layers."""
    reply = value.child("reply_to")
    if reply is not None:
        return reply.number("reply_to_msg_id")
    return value.number("reply_to_msg_id")


def sent_messages(
    offset: int, connection: Connection, request_id: int | None, item: DumpObject
) -> Iterator[SentMessage]:
    sent = request_id >> 32 if request_id is not None and request_id > 0 else None
    peer = _peer(item.child("to_peer") or item.child("peer"))
    schedule = item.number("schedule_date")

    def make(
        text: str | None, media: DumpObject | None, random_id: int | None
    ) -> SentMessage:
        message = SentMessage(offset, connection, item.name, sent, peer, text)
        message.random_id = random_id
        message.reply_to = _reply_to(item)
        message.scheduled = schedule
        if media is not None:
            message.media_type = _MEDIA.get(media.name, media.name)
            message.file_name = _file_name(media)
        return message

    if item.name == "messages_sendMultiMedia":
        vector = item.child("multi_media")
        for single in vector.items if vector else ():
            if isinstance(single, DumpObject):
                yield make(
                    single.text("message"),
                    single.child("media"),
                    single.number("random_id"),
                )
    elif item.name == "messages_forwardMessages":
        vectors = [item.child(name) for name in ("id", "random_id")]
        identifiers, randoms = (
            [value for value in vector.items if type(value) is int] if vector else []
            for vector in vectors
        )
        for number, forwarded_id in enumerate(identifiers):
            random_id = randoms[number] if number < len(randoms) else None
            message = make(None, None, random_id)
            message.forwarded_id = forwarded_id
            yield message
    else:
        yield make(item.text("message"), item.child("media"), item.number("random_id"))


def _file_name(value: DumpObject) -> str | None:
    for inner in walk(value):
        if inner.name == "documentAttributeFilename":
            return inner.text("file_name")
    return None


def _document_type(media: DumpObject) -> str:
    """Kind of a document by its attributes, as the client shows it."""
    found = {inner.name: inner for inner in walk(media)}
    audio = found.get("documentAttributeAudio")
    video = found.get("documentAttributeVideo")
    if "documentAttributeSticker" in found:
        return "sticker"
    if "documentAttributeAnimated" in found:
        return "animation"
    if video is not None:
        return "video_message" if video.is_set("round_message") else "video"
    if audio is not None:
        return "voice" if audio.is_set("voice") else "audio"
    return "document"


def seen_message(offset: int, connection: Connection, item: DumpObject) -> SeenMessage:
    message = SeenMessage(
        offset,
        connection,
        item.number("id"),
        _peer(item.child("peer_id") or item.child("to_id")),
        _peer(item.child("from_id")),
        item.is_set("out"),
        item.number("date"),
        item.text("message"),
        edited=item.number("edit_date"),
        reply_to=_reply_to(item),
        via_bot=item.number("via_bot_id"),
        grouped=item.number("grouped_id"),
    )
    media = item.child("media")
    if media is not None and media.name != "messageMediaEmpty":
        message.media_type = _MEDIA.get(media.name, media.name)
        if media.name == "messageMediaDocument":
            message.media_type = _document_type(media)
            message.file_name = _file_name(media)
            document = media.child("document")
            message.file_size = document.number("size") if document else None
    forward = item.child("fwd_from")
    if forward is not None:
        message.forwarded_from = _peer(forward.child("from_id"))
        message.forwarded_from_name = forward.text("from_name")
        message.forwarded_date = forward.number("date")
    action = item.child("action")
    if action is not None:
        message.action = action.name
        if action.name == "messageActionPhoneCall":
            message.call = action
    return message


def short_message(offset: int, connection: Connection, item: DumpObject) -> SeenMessage:
    is_outgoing = item.is_set("out")
    user = item.number("user_id") or item.number("from_id")
    chat = item.number("chat_id")
    peer = Peer("group", chat) if chat is not None else None
    if peer is None and user is not None:
        peer = Peer("user", user)
    sender = None
    if user is not None and (chat is not None or not is_outgoing):
        sender = Peer("user", user)
    return SeenMessage(
        offset,
        connection,
        item.number("id"),
        peer,
        sender,
        is_outgoing,
        item.number("date"),
        item.text("message"),
        reply_to=_reply_to(item),
        via_bot=item.number("via_bot_id"),
    )


def seen_session(offset: int, connection: Connection, item: DumpObject) -> SeenSession:
    return SeenSession(
        offset,
        connection,
        item.is_set("current"),
        item.number("hash"),
        item.text("device_model"),
        item.text("platform"),
        item.text("system_version"),
        item.text("app_name"),
        item.text("app_version"),
        item.number("date_created"),
        item.number("date_active"),
        item.text("ip"),
        item.text("country"),
        item.text("region"),
    )
