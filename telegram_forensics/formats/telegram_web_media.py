"""Content of a message as Web A stores it: text, attachments, service actions.

Specification: formats/telegram_web.md section 6.2 (`content`). The names of attachments
and their fields are those of the published client, telegram-tt; of builds before 2024
some differ and are read as well. Not confirmed by samples but for texts. What is not
known is named, so that nothing is lost.
"""

from __future__ import annotations

import math
from typing import Any, Final

from telegram_forensics.formats.telegram_web_values import read_number, read_text
from telegram_forensics.formats.tl_media import MediaFacts
from telegram_forensics.formats.tl_message import CallFacts, MessageFacts

_MAXIMUM_WORDS: Final = 1000
# Part of the content: kind of attachment.
_FILES: Final = {
    "photo": "photo",
    "video": "video",
    "voice": "voice",
    "audio": "audio",
    "document": "document",
    "sticker": "sticker",
    "contact": "contact",
    "location": "geo",
    "webPage": "webpage",
    "poll": "poll",
    "pollId": "poll",
    "game": "game",
    "invoice": "invoice",
    "storyData": "story",
    "dice": "dice",
    "giveaway": "giveaway",
    "giveawayResults": "giveaway",
    "paidMedia": "paid_media",
    "todo": "todo",
}
_NOT_MEDIA: Final = frozenset(
    {"text", "action", "isExpiredVoice", "isExpiredRoundVideo", "ttlSeconds"}
)
_LOCATIONS: Final = {"geoLive": "live_location", "venue": "venue"}


def read_content(content: Any, facts: MessageFacts) -> None:
    """Sets text, attachment and action of a message."""
    if not isinstance(content, dict):
        return
    text = content.get("text")
    if isinstance(text, dict):
        facts.text = read_text(text.get("text"))
        _read_entities(text.get("entities"), facts)
    else:
        facts.text = read_text(text)
    for name, value in content.items():
        if name in _NOT_MEDIA or value is None or value is False:
            continue
        kind = _FILES.get(name)
        if facts.media is not None:
            facts.other[f"with {name}"] = True
        elif kind is None:
            facts.media = MediaFacts("unsupported")
            facts.media.details["name"] = name
        else:
            facts.media = _read_file(kind, value)
    for name, kind in (
        ("isExpiredVoice", "voice"),
        ("isExpiredRoundVideo", "video_message"),
    ):
        if content.get(name) is True and facts.media is None:
            facts.media = MediaFacts(kind, is_unavailable=True)
    seconds = read_number(content.get("ttlSeconds"))
    if seconds:
        facts.self_destruct = seconds
    action = content.get("action")
    if isinstance(action, dict):
        _read_action(action, facts)


def _read_entities(entities: Any, facts: MessageFacts) -> None:
    links = []
    for item in entities if isinstance(entities, list) else ():
        if not isinstance(item, dict):
            continue
        url = read_text(item.get("url"))
        user = read_text(item.get("userId"))
        if url is not None:
            links.append(url)
        elif user is not None and item.get("type") == "MessageEntityMentionName":
            links.append(f"tg://user?id={user}")
    facts.links = links or None


def _read_file(kind: str, value: Any) -> MediaFacts:
    media = MediaFacts(kind)
    if not isinstance(value, dict):
        return media
    media.identifier = read_number(value.get("id"))
    media.name = read_text(value.get("fileName"))
    media.mime_type = read_text(value.get("mimeType"))
    media.size = read_number(value.get("size"))
    duration = value.get("duration")
    if isinstance(duration, float) and math.isfinite(duration):
        duration = int(duration)
    media.duration = read_number(duration)
    media.date = read_number(value.get("date") or value.get("timestamp"))
    reader = _READERS.get(kind)
    if reader is not None:
        reader(value, media)
    return media


def _read_video(value: dict[str, Any], media: MediaFacts) -> None:
    if value.get("isRound") is True:
        media.kind = "video_message"
    elif value.get("isGif") is True:
        media.kind = "animation"


def _read_audio(value: dict[str, Any], media: MediaFacts) -> None:
    media.details["performer"] = read_text(value.get("performer"))
    media.details["title"] = read_text(value.get("title"))


def _read_sticker(value: dict[str, Any], media: MediaFacts) -> None:
    media.details["emoji"] = read_text(value.get("emoji"))


def _read_contact(value: dict[str, Any], media: MediaFacts) -> None:
    names = (read_text(value.get("firstName")), read_text(value.get("lastName")))
    media.contact_name = " ".join(name for name in names if name) or None
    media.contact_phone = read_text(value.get("phoneNumber"))
    media.contact_identifier = read_number(value.get("userId"))


def _read_location(value: dict[str, Any], media: MediaFacts) -> None:
    media.kind = _LOCATIONS.get(str(value.get("mediaType")), media.kind)
    place = value.get("geo")
    place = place if isinstance(place, dict) else value
    for name, target in (("lat", "latitude"), ("long", "longitude")):
        number = place.get(name)
        if isinstance(number, bool) or not isinstance(number, int | float):
            continue
        if -360 <= number <= 360:
            setattr(media, target, float(number))
    media.details["title"] = read_text(value.get("title"))
    media.details["address"] = read_text(value.get("address"))


def _read_page(value: dict[str, Any], media: MediaFacts) -> None:
    media.url = read_text(value.get("url"))
    media.details["title"] = read_text(value.get("title"))


def _read_poll(value: dict[str, Any], media: MediaFacts) -> None:
    summary = value.get("summary")
    summary = summary if isinstance(summary, dict) else value
    question = summary.get("question")
    if isinstance(question, dict):
        question = question.get("text")
    media.details["question"] = read_text(question)


def _read_title(value: dict[str, Any], media: MediaFacts) -> None:
    media.details["title"] = read_text(value.get("title"))


_READERS: Final = {
    "video": _read_video,
    "audio": _read_audio,
    "sticker": _read_sticker,
    "contact": _read_contact,
    "geo": _read_location,
    "webpage": _read_page,
    "poll": _read_poll,
    "game": _read_title,
    "invoice": _read_title,
}


def _read_action(action: dict[str, Any], facts: MessageFacts) -> None:
    facts.action = read_text(action.get("type")) or "action"
    if facts.action == "phoneCall" or isinstance(action.get("phoneCall"), dict):
        call = action.get("phoneCall")
        call = call if isinstance(call, dict) else action
        reason = call.get("reason")
        facts.call = CallFacts(
            read_number(call.get("callId")),
            is_video=call.get("isVideo") is True,
            is_missed=reason == "missed",
            duration=read_number(call.get("duration")),
            reason=read_text(reason),
        )
        return
    details: dict[str, Any] = {}
    for name, value in action.items():
        if name in ("type", "mediaType"):
            continue
        if isinstance(value, str | int) and not isinstance(value, bool):
            details[name] = str(value)[:_MAXIMUM_WORDS]
        elif value is True:
            details[name] = True
    facts.action_details = details or None
