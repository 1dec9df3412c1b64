"""Attachments of messages in Telegram's schema, in every layer.

Specification: formats/android.md section 4 (tables `tl_constructors.tsv` and
`android_private_constructors.tsv`). Shared by every client that stores TL objects.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from telegram_forensics.formats.tl_object import TLObject
from telegram_forensics.formats.tl_peers import describe_peer, read_peer

_MAXIMUM_DURATION: Final = 2**53


@dataclass(slots=True)
class MediaFacts:
    """What is attached to a message.

    Attributes:
        kind: as `media_type` of the event model (photo, video, voice ...).
        identifier: id of the photo or document.
        data_center: where the file lies at Telegram.
        name: own name of a document.
        mime_type: MIME type of a document.
        size: bytes; of a photo those of its largest size.
        duration: seconds.
        date: when the photo or document was made at Telegram, seconds since 1970 UTC.
        caption: text under it, in the layers that keep it here.
        self_destruct: seconds after opening, None if it stays.
        is_unavailable: only an empty object is left.
        contact_name, contact_phone, contact_identifier: of a shared contact.
        latitude, longitude: of a place, degrees.
        url: of a web page.
        key_kind: `encrypted` if the file's key is stored with it (secret chats).
        details: further stored values by name, for words.
    """

    kind: str
    identifier: int | None = None
    data_center: int | None = None
    name: str | None = None
    mime_type: str | None = None
    size: int | None = None
    duration: int | None = None
    date: int | None = None
    caption: str | None = None
    self_destruct: int | None = None
    is_unavailable: bool = False
    contact_name: str | None = None
    contact_phone: str | None = None
    contact_identifier: int | None = None
    latitude: float | None = None
    longitude: float | None = None
    url: str | None = None
    key_kind: str | None = None
    details: dict[str, Any] = field(default_factory=dict)


def read_media(value: TLObject) -> MediaFacts | None:
    """Reads a `MessageMedia` object, None if nothing is attached."""
    name = value.constructor.name
    if name == "messageMediaEmpty":
        return None
    reader = _READERS.get(name)
    if reader is None:
        # Named, so that nothing is lost: a constructor of a later layer.
        media = MediaFacts("unsupported")
        media.details["constructor"] = name
        return media
    found: MediaFacts = reader(value.fields)
    caption = value.fields.get("caption")
    if caption:
        found.caption = caption
    ttl = value.fields.get("ttl_seconds")
    if ttl:
        found.self_destruct = ttl
    return found


def _photo(fields: dict[str, Any]) -> MediaFacts:
    media = MediaFacts("photo")
    photo = fields.get("photo")
    if not isinstance(photo, TLObject):
        media.is_unavailable = True
        return media
    read_photo(photo, media)
    return media


def read_photo(photo: TLObject, media: MediaFacts) -> None:
    """Sets what a `Photo` object says."""
    fields = photo.fields
    media.identifier = fields.get("id")
    media.data_center = fields.get("dc_id")
    media.date = fields.get("date")
    media.caption = fields.get("caption") or None
    media.is_unavailable = photo.constructor.name == "photoEmpty"
    size = 0
    for item in fields.get("sizes") or ():
        if not isinstance(item, TLObject):
            continue
        found = item.fields
        sizes = found.get("sizes") or ()
        bytes_here = len(found.get("bytes") or b"")
        size = max(size, found.get("size") or 0, bytes_here, *sizes)
        location = found.get("location")
        if media.data_center is None and isinstance(location, TLObject):
            media.data_center = location.fields.get("dc_id")
        if isinstance(location, TLObject) and location.fields.get("key"):
            media.key_kind = "encrypted"
    media.size = size or None


def _document(fields: dict[str, Any]) -> MediaFacts:
    document = fields.get("document")
    if not isinstance(document, TLObject):
        media = MediaFacts("document", is_unavailable=True)
        # The flags say what it was after it has destroyed itself.
        for flag, kind in (
            ("round", "video_message"),
            ("voice", "voice"),
            ("video", "video"),
        ):
            if fields.get(flag):
                media.kind = kind
                break
        return media
    media = MediaFacts("document")
    read_document(document, media)
    return media


def read_document(document: TLObject, media: MediaFacts) -> None:
    """Sets what a `Document` object says, its kind included."""
    fields = document.fields
    media.identifier = fields.get("id")
    media.data_center = fields.get("dc_id") or None
    media.date = fields.get("date")
    media.mime_type = fields.get("mime_type") or None
    media.size = fields.get("size")
    media.name = fields.get("file_name") or None
    media.is_unavailable = document.constructor.name == "documentEmpty"
    if fields.get("key"):
        media.key_kind = "encrypted"
    _read_attributes(fields, media)


def _read_attributes(fields: dict[str, Any], media: MediaFacts) -> None:
    attributes: dict[str, dict[str, Any]] = {
        item.constructor.name: item.fields
        for item in fields.get("attributes") or ()
        if isinstance(item, TLObject)
    }
    name = attributes.get("documentAttributeFilename")
    if name is not None:
        media.name = name.get("file_name") or media.name
    video = attributes.get("documentAttributeVideo")
    audio = attributes.get("documentAttributeAudio")
    # The first form of a sticker's attribute has no fields.
    sticker = attributes.get("documentAttributeSticker")
    if sticker is None:
        sticker = attributes.get("documentAttributeCustomEmoji")
    for shape in (video, audio):
        if shape is not None and shape.get("duration") is not None:
            _set_duration(shape["duration"], media)
    if sticker is not None:
        media.kind = "sticker"
        media.details["emoji"] = sticker.get("alt") or None
    elif "documentAttributeAnimated" in attributes:
        media.kind = "animation"
    elif video is not None:
        media.kind = "video_message" if video.get("round_message") else "video"
    elif audio is not None:
        media.kind = "voice" if audio.get("voice") else "audio"
        media.details["performer"] = audio.get("performer") or None
        media.details["title"] = audio.get("title") or None


def _set_duration(duration: int | float, media: MediaFacts) -> None:
    """Newer layers have a floating point number, which can be no number at all."""
    if isinstance(duration, int) or abs(duration) < _MAXIMUM_DURATION:
        media.duration = int(duration)
    else:
        media.details["duration as stored"] = str(duration)


def _old_file(kind: str, field_name: str) -> Any:
    """Reader of the videos and audios of layers 8 to 46."""

    def read(fields: dict[str, Any]) -> MediaFacts:
        media = MediaFacts(kind)
        value = fields.get(field_name)
        if not isinstance(value, TLObject):
            media.is_unavailable = True
            return media
        found = value.fields
        media.identifier = found.get("id")
        media.data_center = found.get("dc_id") or None
        media.date = found.get("date")
        media.duration = found.get("duration")
        media.mime_type = found.get("mime_type") or None
        media.size = found.get("size")
        media.caption = found.get("caption") or None
        media.is_unavailable = value.constructor.name.endswith("Empty")
        if found.get("key"):
            media.key_kind = "encrypted"
        return media

    return read


def _geo(kind: str) -> Any:
    def read(fields: dict[str, Any]) -> MediaFacts:
        media = MediaFacts(kind)
        point = fields.get("geo")
        if isinstance(point, TLObject):
            media.latitude = point.fields.get("lat")
            media.longitude = point.fields.get("long")
        media.details = {
            "title": fields.get("title") or None,
            "address": fields.get("address") or None,
            "live for seconds": fields.get("period"),
        }
        return media

    return read


def _contact(fields: dict[str, Any]) -> MediaFacts:
    media = MediaFacts("contact")
    names = (fields.get("first_name"), fields.get("last_name"))
    media.contact_name = " ".join(name for name in names if name) or None
    media.contact_phone = fields.get("phone_number") or None
    media.contact_identifier = fields.get("user_id") or None
    media.details["vcard"] = fields.get("vcard") or None
    return media


def _web_page(fields: dict[str, Any]) -> MediaFacts:
    media = MediaFacts("webpage")
    page = fields.get("webpage")
    if isinstance(page, TLObject):
        found = page.fields
        media.url = found.get("url") or None
        media.details = {
            "site": found.get("site_name") or None,
            "title": found.get("title") or None,
            "description": found.get("description") or None,
            "author": found.get("author") or None,
            "state": None if found.get("url") else page.constructor.name,
        }
    return media


def _game(fields: dict[str, Any]) -> MediaFacts:
    media = MediaFacts("game")
    game = fields.get("game")
    if isinstance(game, TLObject):
        media.details = {
            "title": game.fields.get("title"),
            "description": game.fields.get("description") or None,
        }
    return media


def _invoice(fields: dict[str, Any]) -> MediaFacts:
    return MediaFacts(
        "invoice",
        details={
            "title": fields.get("title"),
            "description": fields.get("description") or None,
            "currency": fields.get("currency"),
            "amount": fields.get("total_amount"),
            "receipt": fields.get("receipt_msg_id"),
        },
    )


def text_of(value: Any) -> str | None:
    """A text that newer layers wrap into `textWithEntities`."""
    if isinstance(value, TLObject):
        value = value.fields.get("text")
    return value if isinstance(value, str) and value else None


def _poll(fields: dict[str, Any]) -> MediaFacts:
    media = MediaFacts("poll")
    poll, results = fields.get("poll"), fields.get("results")
    if not isinstance(poll, TLObject):
        return media
    votes: dict[bytes, TLObject] = {}
    found = results.fields if isinstance(results, TLObject) else {}
    for item in found.get("results") or ():
        votes[item.fields.get("option", b"")] = item
    answers = []
    for answer in poll.fields.get("answers") or ():
        words = text_of(answer.fields.get("text")) or ""
        vote = votes.get(answer.fields.get("option", b""))
        if vote is not None:
            if vote.fields.get("voters") is not None:
                words += f" ({vote.fields['voters']} votes)"
            if vote.fields.get("correct"):
                words += " (correct)"
            if vote.fields.get("chosen"):
                words += " (chosen by the account)"
        answers.append(words)
    media.details = {
        "question": text_of(poll.fields.get("question")),
        "closed": True if poll.fields.get("closed") else None,
        "voters": found.get("total_voters"),
        "answers": answers,
    }
    return media


def _todo(fields: dict[str, Any]) -> MediaFacts:
    media = MediaFacts("todo")
    todo = fields.get("todo")
    if isinstance(todo, TLObject):
        done = {
            item.fields.get("id"): item
            for item in fields.get("completions") or ()
            if isinstance(item, TLObject)
        }
        tasks = []
        for item in todo.fields.get("list") or ():
            words = text_of(item.fields.get("title")) or ""
            completion = done.get(item.fields.get("id"))
            if completion is not None:
                who = completion.fields.get("completed_by")
                peer = read_peer(who)
                words += f" (done by {describe_peer(peer) or 'unknown'})"
            tasks.append(words)
        media.details = {"title": text_of(todo.fields.get("title")), "tasks": tasks}
    return media


def _story(fields: dict[str, Any]) -> MediaFacts:
    media = MediaFacts("story")
    peer = read_peer(fields.get("peer")) or read_peer(fields.get("user_id"))
    story = fields.get("story")
    media.details = {"of": describe_peer(peer), "story": fields.get("id")}
    if isinstance(story, TLObject):
        media.caption = story.fields.get("caption") or None
        inner = story.fields.get("media")
        if isinstance(inner, TLObject):
            found = read_media(inner)
            if found is not None:
                media.identifier = found.identifier
                media.details["attachment"] = found.kind
    return media


def _dice(fields: dict[str, Any]) -> MediaFacts:
    return MediaFacts(
        "dice",
        details={"emoji": fields.get("emoticon"), "value": fields.get("value")},
    )


def _giveaway(fields: dict[str, Any]) -> MediaFacts:
    names = ("quantity", "months", "stars", "until_date", "winners_count")
    details: dict[str, Any] = {name: fields.get(name) for name in names}
    details["prize"] = fields.get("prize_description")
    return MediaFacts("giveaway", details=details)


def _paid_media(fields: dict[str, Any]) -> MediaFacts:
    media = MediaFacts("paid_media")
    kinds = []
    for item in fields.get("extended_media") or ():
        inner = item.fields.get("media") if isinstance(item, TLObject) else None
        found = read_media(inner) if isinstance(inner, TLObject) else None
        kinds.append(found.kind if found else "not bought")
        if found is not None and media.identifier is None:
            media.identifier = found.identifier
    media.details = {"stars": fields.get("stars_amount"), "content": kinds}
    return media


def _unsupported(fields: dict[str, Any]) -> MediaFacts:
    media = MediaFacts("unsupported")
    media.size = len(fields["bytes"]) if fields.get("bytes") else None
    return media


_READERS: Final = {
    "messageMediaAudio": _old_file("voice", "audio"),
    "messageMediaContact": _contact,
    "messageMediaDice": _dice,
    "messageMediaDocument": _document,
    "messageMediaGame": _game,
    "messageMediaGeo": _geo("geo"),
    "messageMediaGeoLive": _geo("live_location"),
    "messageMediaGiveaway": _giveaway,
    "messageMediaGiveawayResults": _giveaway,
    "messageMediaInvoice": _invoice,
    "messageMediaPaidMedia": _paid_media,
    "messageMediaPhoto": _photo,
    "messageMediaPoll": _poll,
    "messageMediaStory": _story,
    "messageMediaStoryFull": _story,
    "messageMediaStoryFull_old": _story,
    "messageMediaToDo": _todo,
    "messageMediaUnsupported": _unsupported,
    "messageMediaVenue": _geo("venue"),
    "messageMediaVideo": _old_file("video", "video"),
    "messageMediaWebPage": _web_page,
}
