"""Writes messages as Telegram for Android stores them, in the layers of 2013 to 2026.

Objects of the current layer are serialised by telethon. Those of old layers are packed
here, field by field, from layouts copied out of the published schemas, so that neither
our table nor our readers have a part in them.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

from telethon.tl import types

NEW = 229
# Layers that are packed here.
OLD_LAYERS = (8, 67, 98, 119, 128, 133)
VECTOR = bytes.fromhex("15c4b51c")
_BOOLS = {True: bytes.fromhex("b5757299"), False: bytes.fromhex("379779bc")}
EMPTY_MEDIA = bytes.fromhex("2063ed3d")

_HEAD = "flags:# id:int from_id:flags.8?"
_TAIL = (
    "date:int message:string media:flags.9?Object views:flags.10?int {forwards}"
    "edit_date:flags.15?int post_author:flags.16?string grouped_id:flags.17?long"
)
_BOXED = (
    f"{_HEAD}Object peer:Object fwd_from:flags.2?Object via_bot_id:flags.11?{{bot}} "
    f"reply_to:flags.3?Object {_TAIL.format(forwards='forwards:flags.10?int ')}"
)
_MESSAGES = {
    8: "22eb6aba id:int from_id:int peer:Object out:Bool unread:Bool date:int "
    "message:string media:Object",
    67: f"c09be45f {_HEAD}int peer:Object fwd_from:flags.2?Object "
    "via_bot_id:flags.11?int reply_to:flags.3?int date:int message:string "
    "media:flags.9?Object views:flags.10?int edit_date:flags.15?int",
    98: f"44f9b43d {_HEAD}int peer:Object fwd_from:flags.2?Object "
    f"via_bot_id:flags.11?int reply_to:flags.3?int {_TAIL.format(forwards='')}",
    119: f"58ae39c9 {_BOXED.format(bot='int')}",
    128: f"bce383d2 {_BOXED.format(bot='int')} ttl_period:flags.25?int",
    133: f"85d6cbe2 {_BOXED.format(bot='long')} ttl_period:flags.25?int",
}
_SERVICES = {
    8: "9f8d60bb id:int from_id:int peer:Object out:Bool unread:Bool date:int "
    "action:Object",
    67: f"9e19a1f6 {_HEAD}int peer:Object date:int action:Object",
    98: f"9e19a1f6 {_HEAD}int peer:Object date:int action:Object",
    119: f"286fa604 {_HEAD}Object peer:Object date:int action:Object",
    128: f"2b085862 {_HEAD}Object peer:Object date:int action:Object",
    133: f"2b085862 {_HEAD}Object peer:Object date:int action:Object",
}
_FORWARDED_8 = (
    "05f46804 id:int fwd_from_id:int fwd_date:int from_id:int peer:Object out:Bool "
    "unread:Bool date:int message:string media:Object"
)
_SECRETS = {
    "555555f8": "555555f8 flags:# id:int ttl:int from_id:int peer:Object date:int "
    "message:string media:Object",
    "555555f9": "555555f9 flags:# id:int ttl:int from_id:int peer:Object date:int "
    "message:string media:Object entities:Object via_bot_name:flags.11?string "
    "reply_to:flags.3?long",
    "555555fa": "555555fa flags:# id:int ttl:int from_id:int peer:Object date:int "
    "message:string media:Object entities:Object via_bot_name:flags.11?string "
    "reply_to:flags.3?long grouped_id:flags.17?long",
}


def string(data: bytes) -> bytes:
    """Bytes as TL stores them."""
    if len(data) > 253:
        head = b"\xfe" + len(data).to_bytes(3, "little")
    else:
        head = bytes([len(data)])
    return head + data + bytes(-(len(head) + len(data)) % 4)


def vector(items: list[bytes]) -> bytes:
    """A vector of boxed objects."""
    return VECTOR + struct.pack("<i", len(items)) + b"".join(items)


def encode(layout: str, flags: int = 0, **values: Any) -> bytes:
    """Packs an object.

    Args:
        layout: constructor and fields.
        flags: bits without a field of their own.
        values: fields; a boxed object as its bytes. None leaves an optional field out.
    """
    number, *fields = layout.split()
    parts = []
    for field in fields:
        name, _, kind = field.partition(":")
        condition, _, kind = kind.rpartition("?")
        if kind == "#":
            place = len(parts)
            parts.append(b"")
            continue
        value = values.get(name)
        if condition:
            if value is None:
                continue
            flags |= 1 << int(condition.partition(".")[2])
        if kind == "Object":
            parts.append(value)
        elif kind == "string":
            parts.append(string(value.encode() if isinstance(value, str) else value))
        elif kind == "Bool":
            parts.append(_BOOLS[bool(value)])
        elif kind == "double":
            parts.append(struct.pack("<d", value))
        else:
            bits = 64 if kind == "long" else 32
            parts.append((value % (1 << bits)).to_bytes(bits // 8, "little"))
    if "flags:#" in fields:
        parts[place] = struct.pack("<I", flags)
    return bytes.fromhex(number)[::-1] + b"".join(parts)


@dataclass
class Media:
    """An attachment, by what it is to be recognised by.

    Attributes:
        kind: as `media_type` of events.
        identifier: of the photo or document.
        date: when it was made.
        name, mime_type, size, duration: of a document.
        latitude, longitude: of a place.
        contact_name, contact_phone: of a contact.
        url: of a page.
        caption: text kept in the attachment (layers 8 to 68).
    """

    kind: str
    identifier: int = 0
    date: int = 0
    name: str | None = None
    mime_type: str | None = None
    size: int | None = None
    duration: int | None = None
    latitude: float | None = None
    longitude: float | None = None
    contact_name: str | None = None
    contact_phone: str | None = None
    url: str | None = None
    caption: str | None = None


Peer = tuple[str, int]


def old_peer(peer: Peer, layer: int) -> bytes:
    """A peer of an old layer: 32 bits up to 132."""
    kind, number = peer
    if layer >= 133:
        head = {"user": "59511722", "group": "36c6019a", "channel": "a2a5371e"}[kind]
        return encode(f"{head} id:long", id=number)
    head = {"user": "9db1bc6d", "group": "bad0e5bb", "channel": "bddde532"}[kind]
    return encode(f"{head} id:int", id=number)


def _old_photo(media: Media, layer: int) -> bytes:
    place = "volume_id:long local_id:int"
    if layer < 98:
        location = encode(
            f"53d69076 dc:int {place} secret:long", dc=2, volume_id=9, local_id=8,
            secret=7,
        )  # fmt: skip
    else:
        location = encode(f"bc7fc6cd {place}", volume_id=9, local_id=8)
    if layer < 128:
        size_layout = "77bfb61b type:string location:Object w:int h:int size:int"
    else:
        size_layout = "75c78e60 type:string w:int h:int size:int"
    sizes = [
        encode(size_layout, type=name, location=location, w=90, h=60, size=size)
        for name, size in (("s", 900), ("y", media.size))
    ]
    common = {
        "id": media.identifier,
        "hash": 5,
        "reference": b"ref",
        "date": media.date,
        "sizes": vector(sizes),
        "dc": 2,
    }
    if layer == 8:
        layout = (
            "22b56751 id:long hash:long user:int date:int caption:string geo:Object "
            "sizes:Object"
        )
        geo = encode("2049d70c long:double lat:double", long=1.0, lat=2.0)
        photo = encode(layout, user=1, caption="", geo=geo, **common)
        return encode("c8c45a2a photo:Object", photo=photo)
    if layer == 67:
        photo = encode(
            "9288dd29 flags:# id:long hash:long date:int sizes:Object", **common
        )
        return encode(
            "3d8ce53d photo:Object caption:string",
            photo=photo,
            caption=media.caption or "",
        )
    number = "d07504a5" if layer == 98 else "fb197a65"
    photo = encode(
        f"{number} flags:# id:long hash:long reference:string date:int sizes:Object "
        "dc:int",
        **common,
    )
    return encode("695150d7 flags:# photo:flags.0?Object", photo=photo)


def _old_document(media: Media, layer: int) -> bytes:
    name = encode("15590068 name:string", name=media.name)
    common = {
        "id": media.identifier,
        "hash": 5,
        "reference": b"ref",
        "date": media.date,
        "mime": media.mime_type,
        "size": media.size,
        "dc": 4,
        "version": 0,
        "attributes": vector([name]),
    }
    if layer == 67:
        document = encode(
            "87232bc7 id:long hash:long date:int mime:string size:int thumb:Object "
            "dc:int version:int attributes:Object",
            thumb=encode("0e17e23c type:string", type="s"),
            **common,
        )
        return encode(
            "f3e02ea8 document:Object caption:string",
            document=document,
            caption=media.caption or "",
        )
    number = "9ba29cc1" if layer == 98 else "1e87342b"
    document = encode(
        f"{number} flags:# id:long hash:long reference:string date:int mime:string "
        "size:int dc:int attributes:Object",
        **common,
    )
    return encode("9cb070d7 flags:# document:flags.0?Object", document=document)


def _old_video(media: Media, layer: int) -> bytes:
    assert layer == 8
    video = encode(
        "5a04a49f id:long hash:long user:int date:int caption:string duration:int "
        "size:int thumb:Object dc:int w:int h:int",
        id=media.identifier, hash=5, user=1, date=media.date, caption="",
        duration=media.duration, size=media.size, dc=2, w=320, h=240,
        thumb=encode("0e17e23c type:string", type="s"),
    )  # fmt: skip
    return encode("a2d24290 video:Object", video=video)


def _old_contact(media: Media, layer: int) -> bytes:
    first, _, last = (media.contact_name or "").partition(" ")
    card = "" if layer < 82 else "card:string "
    number, kind = "cbf24940", "int"
    if layer < 82:
        number = "5e7d2f39"
    elif layer >= 133:
        number, kind = "70322949", "long"
    return encode(
        f"{number} phone:string first:string last:string {card}user:{kind}",
        phone=media.contact_phone, first=first, last=last, card="", user=99,
    )  # fmt: skip


def _old_geo(media: Media, layer: int) -> bytes:
    place = {"long": media.longitude, "lat": media.latitude, "hash": 5}
    layout = "b2a2f663 flags:# long:double lat:double hash:long"
    if layer < 82:
        layout = "2049d70c long:double lat:double"
    elif layer < 119:
        layout = "0296f104 long:double lat:double hash:long"
    return encode("56e0d474 geo:Object", geo=encode(layout, **place))


OLD_MEDIA = {
    "photo": _old_photo,
    "document": _old_document,
    "video": _old_video,
    "contact": _old_contact,
    "geo": _old_geo,
}


def old_forward(
    layer: int, sender: Peer | None, name: str | None, date: int, post: int | None
) -> bytes:
    """A forward header of layer 67 and later."""
    if layer >= 119:
        return encode(
            "5f777dce flags:# sender:flags.0?Object name:flags.5?string date:int "
            "post:flags.2?int",
            sender=None if sender is None else old_peer(sender, layer),
            name=name, date=date, post=post,
        )  # fmt: skip
    user = channel = None
    if sender is not None:
        user, channel = (sender[1], None) if sender[0] == "user" else (None, sender[1])
    layout = "c786ddcb flags:# user:flags.0?int date:int channel:flags.1?int "
    if layer >= 98:
        layout = (
            "ec338270 flags:# user:flags.0?int name:flags.5?string date:int "
            "channel:flags.1?int "
        )
    return encode(
        f"{layout}post:flags.2?int",
        user=user, name=name, date=date, channel=channel, post=post,
    )  # fmt: skip


def old_reply(layer: int, number: int) -> Any:
    """What stands for the message replied to: a number, since layer 119 a header."""
    if layer < 119:
        return number
    return encode("a6d57763 flags:# number:int", number=number)


def old_message(layer: int, flags: int, **values: Any) -> bytes:
    """A message of an old layer; layer 8 always has an attachment."""
    if layer == 8:
        values["media"] = values.get("media") or EMPTY_MEDIA
        if "fwd_from_id" in values:
            return encode(_FORWARDED_8, out=flags & 2, unread=False, **values)
        return encode(_MESSAGES[8], out=flags & 2, unread=False, **values)
    # Client code packs the counter of forwards wherever there are views.
    if values.get("views") is not None and layer >= 119:
        values["forwards"] = 0
    return encode(_MESSAGES[layer], flags, **values)


def old_service(layer: int, flags: int, **values: Any) -> bytes:
    """A service message of an old layer."""
    if layer == 8:
        return encode(_SERVICES[8], out=flags & 2, unread=False, **values)
    return encode(_SERVICES[layer], flags, **values)


def secret_message(number: str, flags: int, **values: Any) -> bytes:
    """A message of a secret chat; `number` is its constructor."""
    values.setdefault("media", EMPTY_MEDIA)
    return encode(_SECRETS[number], flags, entities=vector([]), **values)


def new_peer(peer: Peer) -> Any:
    """A peer for telethon."""
    kind, number = peer
    if kind == "user":
        return types.PeerUser(number)
    return (types.PeerChat if kind == "group" else types.PeerChannel)(number)


def text_with_entities(text: str) -> Any:
    """A text as polls and lists have it."""
    return types.TextWithEntities(text, [])


def _attributes(media: Media) -> list[Any]:
    made: list[Any] = []
    seconds = media.duration or 0
    if media.kind in ("video", "video_message", "animation"):
        made.append(
            types.DocumentAttributeVideo(
                seconds, 640, 480, round_message=media.kind == "video_message"
            )
        )
    if media.kind == "animation":
        made.append(types.DocumentAttributeAnimated())
    if media.kind in ("voice", "audio"):
        made.append(types.DocumentAttributeAudio(seconds, voice=media.kind == "voice"))
    if media.kind == "sticker":
        made.append(types.DocumentAttributeSticker("🦊", types.InputStickerSetEmpty()))
    if media.name is not None:
        made.append(types.DocumentAttributeFilename(media.name))
    return made


DOCUMENTS = (
    "animation",
    "audio",
    "document",
    "sticker",
    "video",
    "video_message",
    "voice",
)


def new_media(media: Media) -> Any:
    """An attachment for telethon."""
    kind = media.kind
    if kind == "photo":
        sizes = [
            types.PhotoSize("m", 320, 200, 900),
            types.PhotoSize("y", 1280, 800, media.size),
        ]
        photo = types.Photo(media.identifier, 5, b"ref", media.date, sizes, 2)
        return types.MessageMediaPhoto(photo=photo)
    if kind in DOCUMENTS:
        document = types.Document(
            media.identifier, 5, b"ref", media.date, media.mime_type, media.size, 4,
            _attributes(media),
        )  # fmt: skip
        return types.MessageMediaDocument(document=document)
    place = None
    if media.latitude is not None:
        place = types.GeoPoint(media.longitude, media.latitude, 5)
    first, _, last = (media.contact_name or "").partition(" ")
    question = text_with_entities("Когда?")
    made = {
        "contact": lambda: types.MessageMediaContact(
            media.contact_phone, first, last, "", 99
        ),
        "dice": lambda: types.MessageMediaDice(6, "🎲"),
        "game": lambda: types.MessageMediaGame(
            types.Game(1, 2, "short", "Game", "", types.PhotoEmpty(3))
        ),
        "geo": lambda: types.MessageMediaGeo(place),
        "giveaway": lambda: types.MessageMediaGiveaway([1], 2, media.date),
        "invoice": lambda: types.MessageMediaInvoice("Bill", "", "EUR", 990, ""),
        "live_location": lambda: types.MessageMediaGeoLive(place, 900),
        "paid_media": lambda: types.MessageMediaPaidMedia(5, []),
        "poll": lambda: types.MessageMediaPoll(
            types.Poll(
                1, question, [types.PollAnswer(text_with_entities("да"), b"0")], 7
            ),
            types.PollResults(total_voters=3),
        ),
        "story": lambda: types.MessageMediaStory(types.PeerUser(99), 4),
        "todo": lambda: types.MessageMediaToDo(
            types.TodoList(question, [types.TodoItem(1, question)])
        ),
        "unsupported": types.MessageMediaUnsupported,
        "venue": lambda: types.MessageMediaVenue(place, "Bar", "Street 1", "", "", ""),
        "webpage": lambda: types.MessageMediaWebPage(
            types.WebPage(1, media.url, "x", 0)
        ),
    }
    return made[kind]()


NEW_KINDS = (
    *DOCUMENTS,
    "contact",
    "dice",
    "game",
    "geo",
    "giveaway",
    "invoice",
    "live_location",
    "paid_media",
    "photo",
    "poll",
    "story",
    "todo",
    "unsupported",
    "venue",
    "webpage",
)
