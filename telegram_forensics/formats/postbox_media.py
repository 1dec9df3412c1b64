"""Media objects of Postbox as facts.

Specification: formats/apple_postbox.md section 8.1 and the class table of section 19
(app versions to 12.2). Objects of unknown classes come out with their name or hash, so
that no attachment is lost. Businesses, stars and gifts are not broken down.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from telegram_forensics.formats.postbox_coding import PostboxObject
from telegram_forensics.formats.postbox_ids import (
    MediaId,
    describe_peer,
    read_media_id,
    read_peer,
)
from telegram_forensics.formats.postbox_resources import ResourceFacts, read_resource
from telegram_forensics.formats.tl_media import MediaFacts

ACTION_CLASS: Final = "TelegramMediaAction"

_FILE_NAME: Final = 0
_STICKER: Final = 1
_ANIMATED: Final = 3
_VIDEO: Final = 4
_AUDIO: Final = 5
_CUSTOM_EMOJI: Final = 10
_ROUND: Final = 1
_PENDING: Final = 0
_MAXIMUM_DURATION: Final = 2**53
_EXPIRED: Final = {0: "photo", 1: "document", 2: "voice", 3: "video_message"}


@dataclass(slots=True)
class StoredMedia:
    """A media object.

    Attributes:
        facts: what it says.
        media_id: namespace and id, None if it has none.
        resources: files that hold it, the main one first.
    """

    facts: MediaFacts
    media_id: MediaId | None = None
    resources: list[ResourceFacts] = field(default_factory=list)

    @property
    def is_local(self) -> bool:
        """True if it was attached here and the server's copy has not replaced it."""
        named = self.media_id is not None and self.media_id.is_local
        return named or any(item.is_local for item in self.resources)


def read_media_object(value: PostboxObject) -> StoredMedia:
    """Reads a media object of whatever class."""
    reader = _READERS.get(value.name or "")
    if reader is None:
        facts = MediaFacts("unsupported", details={"class": value.label})
        return StoredMedia(facts, read_media_id(value.data("i")))
    media = reader(value)
    for resource in media.resources:
        # Where a file comes from is a trace of its own.
        for name, words in (
            (resource.asset, "photo library asset"),
            (resource.path, "path on the device"),
            (resource.url, "address of the file"),
        ):
            if name is not None:
                media.facts.details.setdefault(words, name)
    if media.is_local:
        media.facts.details["attached on this device"] = True
    return media


def _set_identifier(media: StoredMedia) -> None:
    """Local media have random numbers that mean nothing elsewhere."""
    if media.media_id is not None and not media.media_id.is_local:
        media.facts.identifier = media.media_id.number


def _image(value: PostboxObject) -> StoredMedia:
    media = StoredMedia(MediaFacts("photo"), read_media_id(value.data("i")))
    _set_identifier(media)
    sizes = value.objects("r")
    # The largest picture is the one that was sent.
    sizes.sort(
        key=lambda item: (item.integer("dx") or 0) * (item.integer("dy") or 0),
        reverse=True,
    )
    for item in sizes:
        resource = item.object("r")
        if resource is not None:
            media.resources.append(read_resource(resource))
    facts = media.facts
    if media.resources:
        main = media.resources[0]
        facts.size, facts.data_center = main.size, main.data_center
        facts.key_kind = "encrypted" if main.has_key else None
    if sizes:
        width, height = sizes[0].integer("dx"), sizes[0].integer("dy")
        if width and height:
            facts.details["pixels"] = f"{width} x {height}"
    return media


def _file(value: PostboxObject) -> StoredMedia:
    facts = MediaFacts("document")
    media = StoredMedia(facts, read_media_id(value.data("i")))
    _set_identifier(media)
    facts.mime_type = value.text("mt")
    size = value.integer("s64")
    facts.size = size if size is not None else value.integer("s")
    resource = value.object("r")
    if resource is not None:
        main = read_resource(resource)
        media.resources.append(main)
        facts.data_center = main.data_center
        facts.size = facts.size or main.size
        facts.name = main.original_name
        facts.key_kind = "encrypted" if main.has_key else None
        if facts.identifier is None and main.identifier is not None:
            facts.identifier = main.identifier
    _read_attributes(value, facts)
    return media


def _read_attributes(value: PostboxObject, facts: MediaFacts) -> None:
    attributes: dict[int, PostboxObject] = {}
    for item in value.objects("at"):
        kind = item.integer("t")
        if kind is not None:
            attributes.setdefault(kind, item)
    name = attributes.get(_FILE_NAME)
    if name is not None:
        facts.name = name.text("fn") or facts.name
    video, audio = attributes.get(_VIDEO), attributes.get(_AUDIO)
    for shape in (video, audio):
        if shape is not None:
            _set_duration(shape, facts)
    sticker = attributes.get(_STICKER) or attributes.get(_CUSTOM_EMOJI)
    if sticker is not None:
        facts.kind = "sticker"
        facts.details["emoji"] = sticker.text("dt")
    elif _ANIMATED in attributes:
        facts.kind = "animation"
    elif video is not None:
        is_round = (video.integer("f") or 0) & _ROUND
        facts.kind = "video_message" if is_round else "video"
    elif audio is not None:
        facts.kind = "voice" if audio.integer("iv") else "audio"
        facts.details["performer"] = audio.text("pe")
        facts.details["title"] = audio.text("ti")


def _set_duration(shape: PostboxObject, facts: MediaFacts) -> None:
    """Newer versions have a floating point number, which can be no number at all."""
    duration = shape.number("dur")
    if duration is None:
        duration = shape.number("du")
    if duration is None:
        return
    if isinstance(duration, int) or abs(duration) < _MAXIMUM_DURATION:
        facts.duration = int(duration)
    else:
        facts.details["duration as stored"] = str(duration)


def _contact(value: PostboxObject) -> StoredMedia:
    facts = MediaFacts("contact")
    names = (value.text("n.f"), value.text("n.l"))
    facts.contact_name = " ".join(name for name in names if name) or None
    facts.contact_phone = value.text("pn")
    peer = read_peer(value.integer("p"))
    if peer is not None and peer.kind == "user":
        facts.contact_identifier = peer.number
    facts.details["vcard"] = value.text("vc")
    return StoredMedia(facts)


def _map(value: PostboxObject) -> StoredMedia:
    venue, period = value.object("ve"), value.integer("bt")
    kind = "geo"
    if venue is not None:
        kind = "venue"
    elif period is not None:
        kind = "live_location"
    facts = MediaFacts(kind)
    facts.latitude, facts.longitude = value.number("la"), value.number("lo")
    facts.details = {
        "accuracy in metres": value.number("acc"),
        "heading": value.integer("hdg"),
        "live for seconds": period,
    }
    if venue is not None:
        facts.details["title"] = venue.text("ti")
        facts.details["address"] = venue.text("ad")
    address = value.object("adr")
    if address is not None:
        keys = ("gp_str", "gp_ci", "gp_sta", "gp_co")
        words = [text for key in keys if (text := address.text(key))]
        facts.details["address of the place"] = ", ".join(words) or None
    return StoredMedia(facts)


def _webpage(value: PostboxObject) -> StoredMedia:
    facts = MediaFacts("webpage")
    facts.url = value.text("u") or value.text("pendingUrl")
    facts.details = {
        "site": value.text("ws"),
        "title": value.text("ti"),
        "description": value.text("tx"),
        "author": value.text("au"),
        "state": "not loaded" if value.integer("ct") == _PENDING else None,
    }
    media = StoredMedia(facts, read_media_id(value.data("i")))
    for key in ("im", "fi"):
        inner = value.object(key)
        if inner is not None:
            media.resources += read_media_object(inner).resources
    return media


def _poll(value: PostboxObject) -> StoredMedia:
    results = value.object("rs")
    votes: dict[bytes, PostboxObject] = {}
    for item in results.objects("v") if results is not None else ():
        votes[item.data("i") or b""] = item
    answers = []
    for option in value.objects("os"):
        words = option.text("t") or ""
        vote = votes.get(option.data("i") or b"")
        if vote is not None:
            count = vote.integer("c")
            if count is not None:
                words += f" ({count} votes)"
            if vote.integer("cr"):
                words += " (correct)"
            if vote.integer("s"):
                words += " (chosen by the account)"
        answers.append(words)
    facts = MediaFacts("poll")
    facts.details = {
        "question": value.text("t"),
        "closed": True if value.integer("ic") else None,
        "voters": None if results is None else results.integer("t"),
        "answers": answers,
    }
    return StoredMedia(facts, read_media_id(value.data("i")))


def _todo(value: PostboxObject) -> StoredMedia:
    done = {item.integer("i"): item for item in value.objects("cs")}
    tasks = []
    for item in value.objects("is"):
        words = item.text("t") or ""
        completion = done.get(item.integer("i"))
        if completion is not None:
            peer = completion.integer("p")
            words += f" (done by {describe_peer(peer) if peer else 'unknown'})"
        tasks.append(words)
    facts = MediaFacts("todo", details={"title": value.text("t"), "tasks": tasks})
    return StoredMedia(facts)


def _story(value: PostboxObject) -> StoredMedia:
    peer = value.integer("pid")
    facts = MediaFacts("story")
    facts.details = {
        "of": describe_peer(peer) if peer else None,
        "story": value.integer("sid"),
    }
    return StoredMedia(facts)


def _expired(value: PostboxObject) -> StoredMedia:
    kind = value.integer("d")
    name = "unsupported" if kind is None else _EXPIRED.get(kind, "unsupported")
    facts = MediaFacts(name, is_unavailable=True)
    facts.details["has destroyed itself"] = True
    return StoredMedia(facts)


def _paid(value: PostboxObject) -> StoredMedia:
    media = StoredMedia(MediaFacts("paid_media"))
    kinds = []
    for item in value.objects("m"):
        inner = item.object("media")
        if inner is None:
            kinds.append("not bought")
            continue
        found = read_media_object(inner)
        kinds.append(found.facts.kind)
        media.resources += found.resources
        if media.facts.identifier is None:
            media.facts.identifier = found.facts.identifier
    media.facts.details = {"stars": value.integer("a"), "content": kinds}
    return media


def _plain(kind: str, **keys: str) -> Callable[[PostboxObject], StoredMedia]:
    """Reader of a class with a few fields in words."""

    def read(value: PostboxObject) -> StoredMedia:
        details: dict[str, Any] = {}
        for words, key in keys.items():
            item = value.fields.get(key)
            if isinstance(item, int | str) and item != "":
                details[words.replace("_", " ")] = item
        return StoredMedia(MediaFacts(kind, details=details))

    return read


_GIVEAWAY: Final = {
    "quantity": "qty",
    "months": "mts",
    "stars": "str",
    "until": "unt",
    "winners": "wnc",
    "prize": "des",
}
_READERS: Final[dict[str, Callable[[PostboxObject], StoredMedia]]] = {
    "TelegramMediaContact": _contact,
    "TelegramMediaDice": _plain("dice", emoji="e", value="v"),
    "TelegramMediaExpiredContent": _expired,
    "TelegramMediaFile": _file,
    "TelegramMediaGame": _plain("game", title="t", description="d"),
    "TelegramMediaGiveaway": _plain("giveaway", **_GIVEAWAY),
    "TelegramMediaGiveawayResults": _plain("giveaway", **_GIVEAWAY),
    "TelegramMediaImage": _image,
    "TelegramMediaInvoice": _plain(
        "invoice", title="t", description="d", currency="c", amount="ta"
    ),
    "TelegramMediaMap": _map,
    "TelegramMediaPaidContent": _paid,
    "TelegramMediaPoll": _poll,
    "TelegramMediaStory": _story,
    "TelegramMediaTodo": _todo,
    "TelegramMediaWebpage": _webpage,
}
