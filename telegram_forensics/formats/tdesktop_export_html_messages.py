"""Messages of Telegram Desktop's HTML export: from blocks of a page to records."""

from __future__ import annotations

import calendar
import re
from datetime import datetime, timezone
from typing import Final

from telegram_forensics.formats.tdesktop_export_markup import Node
from telegram_forensics.formats.tdesktop_export_messages import document_name
from telegram_forensics.formats.tdesktop_export_records import (
    Answer,
    Call,
    Chat,
    Contact,
    ExportTime,
    Media,
    Message,
    Poll,
    Reaction,
    Service,
    TextEntity,
    TimeBasis,
    missing_reason,
)

_MESSAGE_ID: Final = re.compile(r"message(-?\d{1,19})", re.ASCII)
_GO_TO: Final = re.compile(r"#go_to_message(\d{1,19})", re.ASCII)
_VIA: Final = re.compile(r"(.*) via (@\w+)", re.DOTALL)
_STAMP: Final = re.compile(
    r"(\d\d)\.(\d\d)\.(\d{4}) (\d\d):(\d\d):(\d\d)(?: (UTC[+-]\d\d:\d\d))?", re.ASCII
)
_DAY: Final = re.compile(r"(\d{1,2}) ([A-Z][a-z]+) (\d{4})", re.ASCII)
_MONTHS: Final = {name: number for number, name in enumerate(calendar.month_name)}
_SECONDS: Final = re.compile(r"\((\d+) seconds\)", re.ASCII)
_DURATION: Final = re.compile(r"(?:(\d{1,9}):)?(\d\d?):(\d\d)(?:,|$)", re.ASCII)
_VOTES: Final = re.compile(r"(\d+) votes?")
_UNSUPPORTED: Final = "This message is not supported by this version"

# Sentences of service messages -> action. "{}" stands for a name, an optional first
# group is the actor.
_ACTOR: Final = r"(?P<actor>.+?) "
_SENTENCES: Final = tuple(
    (re.compile(pattern, re.DOTALL), name)
    for pattern, name in (
        (_ACTOR + "created group «.*", "messageActionChatCreate"),
        ("Channel title changed to «.*", "messageActionChatEditTitle"),
        (_ACTOR + "changed group title to «.*", "messageActionChatEditTitle"),
        ("Channel photo changed", "messageActionChatEditPhoto"),
        (_ACTOR + "changed group photo", "messageActionChatEditPhoto"),
        ("Channel photo removed", "messageActionChatDeletePhoto"),
        (_ACTOR + "removed group photo", "messageActionChatDeletePhoto"),
        (_ACTOR + "invited .* to the voice chat", "messageActionInviteToGroupCall"),
        (_ACTOR + "joined group by link from .*", "messageActionChatJoinedByLink"),
        (_ACTOR + "joined group by request", "messageActionChatJoinedByRequest"),
        ("Channel «.*» created", "messageActionChannelCreate"),
        (
            _ACTOR + "converted this group to a supergroup",
            "messageActionChatMigrateTo",
        ),
        (
            _ACTOR + "converted a basic group to this supergroup .*",
            "messageActionChannelMigrateFrom",
        ),
        (_ACTOR + "pinned this message", "messageActionPinMessage"),
        ("History cleared", "messageActionHistoryClear"),
        (_ACTOR + r"scored -?\d+ in this game", "messageActionGameScore"),
        ("You have successfully transferred .*", "messageActionPaymentSent"),
        ("You were charged .* via recurring payment", "messageActionPaymentSent"),
        (_ACTOR + "took a screenshot", "messageActionScreenshotTaken"),
        ("You allowed this bot to message you .*", "messageActionBotAllowed"),
        (
            "You have sent the following documents: .*",
            "messageActionSecureValuesSent",
        ),
        (_ACTOR + "joined Telegram", "messageActionContactSignUp"),
        (".* now within .* from .*", "messageActionGeoProximityReached"),
        ("Voice chat scheduled for .*", "messageActionGroupCallScheduled"),
        (_ACTOR + "scheduled a voice chat for .*", "messageActionGroupCallScheduled"),
        (r"Voice chat(?: \(\d+ seconds\))?", "messageActionGroupCall"),
        (_ACTOR + "started voice chat.*", "messageActionGroupCall"),
        ("New messages will (?:not )?auto-delete.*", "messageActionSetMessagesTTL"),
        (
            _ACTOR + "has set messages (?:not )?to auto-delete.*",
            "messageActionSetMessagesTTL",
        ),
        ("Channel theme was .*", "messageActionSetChatTheme"),
        (_ACTOR + "(?:disabled|changed) chat theme.*", "messageActionSetChatTheme"),
        (
            "You have just successfully transferred data from .*",
            "messageActionWebViewDataSent",
        ),
        (_ACTOR + "sent you a gift.*", "messageActionGiftPremium"),
        (_ACTOR + "created topic «.*", "messageActionTopicCreate"),
        (_ACTOR + "changed topic .*", "messageActionTopicEdit"),
        (
            _ACTOR + "suggests to use this photo.*",
            "messageActionSuggestProfilePhoto",
        ),
        ("requested: .*", "messageActionRequestedPeer"),
        (
            _ACTOR + "set a new background for this chat",
            "messageActionSetChatWallPaper",
        ),
        (
            _ACTOR + "set the same background for this chat",
            "messageActionSetSameChatWallPaper",
        ),
        (_ACTOR + "invited .*", "messageActionChatAddUser"),
        (_ACTOR + "removed .*", "messageActionChatDeleteUser"),
    )
)

_ENTITIES: Final = {
    "strong": "bold",
    "em": "italic",
    "code": "code",
    "pre": "pre",
    "u": "underline",
    "s": "strikethrough",
    "blockquote": "blockquote",
}

# Titles of generic attachments that say more than their class.
_TITLES: Final = {
    "Photo": "photo",
    "Self-destructing photo": "photo",
    "Sticker": "sticker",
    "Video message": "video_message",
    "Animation": "animation",
    "Video file": "video",
    "Self-destructing video": "video",
}
_CLASSES: Final = {
    "media_photo": "photo",
    "media_video": "video",
    "media_voice_message": "voice",
    "media_audio_file": "audio",
    "media_file": "document",
    "media_contact": "contact",
    "media_location": "geo",
    "media_live_location": "live_location",
    "media_venue": "venue",
    "media_game": "game",
    "media_invoice": "invoice",
    "photo_wrap": "photo",
    "video_file_wrap": "video",
    "animated_wrap": "animation",
    "sticker_wrap": "sticker",
    "media_poll": "poll",
    "media_todo": "todo",
    "media_giveaway": "giveaway",
}


class PageMessages:
    """Turns the messages of one page into records, one after the other."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat
        self._day: ExportTime | None = None
        # The message that the next one may continue.
        self._previous: Message | None = None

    def read(self, node: Node, position: int) -> Message | None:
        """Reads a message.

        Args:
            node: its block.
            position: its number on the page.

        Returns:
            The message, None for a line with a date and for what has no id.
        """
        match = _MESSAGE_ID.fullmatch(node.attributes.get("id", ""))
        if not match:
            return None
        number = int(match[1])
        if "service" in node.classes:
            self._previous = None
            if number <= 0:
                self._read_day(node)
                return None
            return self._read_service(node, Message(self._chat, position, id=number))
        message = Message(self._chat, position, id=number)
        self._read_default(node, message)
        self._previous = message
        return message

    def _read_day(self, node: Node) -> None:
        match = _DAY.fullmatch(node.text or "")
        month = _MONTHS.get(match[2]) if match else None
        if not match or not month:
            return
        self._day = local_time(int(match[3]), month, int(match[1]))
        if self._day is not None:
            self._day.is_date = True

    def _read_service(self, node: Node, message: Message) -> Message:
        message.kind = "service"
        message.date = self._day
        body = node.first("body", "details") or node
        sentence = body.text or ""
        if sentence.startswith(_UNSUPPORTED):
            message.kind = "unsupported"
            message.media = Media("unsupported")
            return message
        service = Service(text=sentence or None)
        for pattern, name in _SENTENCES if len(sentence) < 2048 else ():
            match = pattern.fullmatch(sentence)
            if match:
                service.tl_name = name
                message.sender_name = match.groupdict().get("actor")
                break
        message.reply_to = _linked_message(body)
        message.service = service
        return message

    def _read_default(self, node: Node, message: Message) -> None:
        body = node.first("body") or node
        date = body.first("date")
        message.date = read_stamp(date.attributes.get("title")) if date else None
        message.is_joined = "joined" in node.classes
        picture = node.first("userpic_wrap")
        message.userpic = _colour(picture) if picture is not None else None
        name = body.first("from_name")
        previous = self._previous
        if name is not None:
            message.sender_name, message.via_bot = _split_name(name.own_text)
        elif message.is_joined and previous is not None:
            message.sender_name = previous.sender_name
            message.via_bot = previous.via_bot
        content = next(
            (item for item in body.elements("body") if "forwarded" in item.classes),
            None,
        )
        if content is not None:
            origin = content.first("from_name")
            if origin is not None:
                message.forwarded_from, via = _split_name(origin.own_text)
                message.via_bot = message.via_bot or via
                date = origin.first("date")
                if date is not None:
                    message.forwarded_date = read_stamp(date.attributes.get("title"))
            elif previous is not None:
                message.forwarded_from = previous.forwarded_from
        content = content or body
        reply = content.first("reply_to") or body.first("reply_to")
        if reply is not None:
            message.reply_to = _linked_message(reply)
            message.is_reply_elsewhere = message.reply_to is None
        text = content.first("text")
        if text is not None:
            message.text = text.raw
            message.entities = list(read_entities(text))
        signature = content.first("signature") or body.first("signature")
        message.author = signature.text if signature is not None else None
        media = content.first("media_wrap") or body.first("media_wrap")
        if media is not None:
            self._read_media(media, message)
        reactions = content.first("reactions") or body.first("reactions")
        if reactions is not None:
            message.reactions = list(_read_reactions(reactions))
        message.buttons = [
            item.text or "" for item in node.walk() if "bot_button" in item.classes
        ]

    def _read_media(self, wrap: Node, message: Message) -> None:
        call = wrap.find("media_call")
        if call is not None:
            status = call.find("status")
            message.call = read_call((status.text if status else None) or "")
            message.service = Service("phone_call", "messageActionPhoneCall")
            message.kind = "service"
            return
        for node in wrap.walk():
            for name in node.classes:
                if name in _CLASSES:
                    message.media = read_media(node, _CLASSES[name])
                    return
        message.media = Media("unsupported")


def read_call(status: str) -> Call:
    """Reads the line below a call: direction, how it ended, duration."""
    word = status.partition(" (")[0]
    duration = _SECONDS.search(status)
    return Call(
        duration=int(duration[1][:9]) if duration else None,
        reason={
            "Cancelled": "missed",
            "Missed": "missed",
            "Declined": "busy",
        }.get(word),
        is_outgoing={
            "Outgoing": True,
            "Cancelled": True,
            "Incoming": False,
            "Missed": False,
            "Declined": False,
        }.get(word),
    )


def read_media(node: Node, kind: str) -> Media:
    """Reads an attachment.

    Args:
        node: element with the class that names the kind.
        kind: what the class says.
    """
    link = node.attributes.get("href")
    path = local_path(link)
    title, description, status = (
        found.text if found is not None else None
        for found in (node.find("title"), node.find("description"), node.find("status"))
    )
    if title in _TITLES and kind in ("photo", "video"):
        kind = _TITLES[title]
    media = Media(kind, path, status=status)
    if kind == "poll":
        media.poll = _read_poll(node)
        return media
    if path is None and description and kind not in ("venue", "game", "invoice"):
        media.missing = missing_reason(description)
    if kind == "document":
        media.name = title if title and title != "File" else document_name(path)
    elif kind == "audio":
        performer, dash, song = (title or "").partition(" – ")
        if dash:
            media.performer, media.title = performer, song
        media.name = document_name(path)
    elif kind in ("video", "animation"):
        media.name = document_name(path)
    elif kind == "contact":
        phone, dash, _ = (status or "").partition(" - vCard")
        media.contact = Contact(0, first_name=title, phone_number=phone or None)
        media.vcard_path, media.path = (path, None) if dash else (None, None)
    elif kind == "venue":
        media.place_name, media.address = title, description
    elif kind in ("game", "invoice", "giveaway", "todo"):
        media.details = {
            key: value
            for key, value in (
                (f"{kind}_title", title),
                (f"{kind}_description", description),
                (f"{kind}_link", link),
            )
            if value
        }
    if kind in ("geo", "live_location", "venue"):
        _read_place(media, link or "")
    duration = _DURATION.match(status or "")
    if duration and kind in ("video", "video_message", "voice", "audio"):
        hours, minutes, seconds = (int(part or 0) for part in duration.groups())
        media.duration = hours * 3600 + minutes * 60 + seconds
    return media


def local_path(link: str | None) -> str | None:
    """Path of a file below the folder of the export, from a link of a page."""
    if not link or "://" in link or link.startswith("#"):
        return None
    path = link.removesuffix("#allow_back")
    while path.startswith("../"):
        path = path[3:]
    return path or None


def _read_place(media: Media, link: str) -> None:
    match = re.search(r"[?&]q=(-?\d+\.\d+),(-?\d+\.\d+)", link, re.ASCII)
    if match:
        media.latitude, media.longitude = float(match[1]), float(match[2])


def _read_poll(node: Node) -> Poll:
    question, details, total = (
        node.first(name) for name in ("question", "details", "total")
    )
    poll = Poll(question.text if question is not None else None)
    poll.closed = details is not None and details.text == "Final results"
    votes = _VOTES.search((total.text if total is not None else None) or "")
    poll.total_voters = int(votes[1][:9]) if votes else 0
    for item in node.elements("answer"):
        votes_node = item.first("details")
        line = (votes_node.text if votes_node is not None else None) or ""
        votes = _VOTES.search(line)
        poll.answers.append(
            Answer(
                (item.own_text or "").removeprefix("- "),
                int(votes[1][:9]) if votes else 0,
                "chosen" in line,
            )
        )
    return poll


def _read_reactions(node: Node) -> list[Reaction]:
    found = []
    for item in node.elements("reaction"):
        emoji, count = item.first("emoji"), item.first("count")
        number = (count.text if count is not None else None) or ""
        reaction = Reaction(
            "paid" if "paid" in item.classes else "emoji",
            emoji.text if emoji is not None else item.own_text,
            int(number[:9]) if number.isdecimal() else None,
        )
        for person in item.walk():
            if "title" in person.attributes:
                reaction.recent.append((person.attributes["title"], None, None))
        found.append(reaction)
    return found


def read_entities(node: Node) -> list[TextEntity]:
    """Pieces of a text with a meaning of their own, as far as tags tell them."""
    found = []
    for item in node.walk():
        text = "".join(item.pieces())
        if item.tag in _ENTITIES:
            found.append(TextEntity(_ENTITIES[item.tag], text))
        elif "spoiler" in item.classes:
            found.append(TextEntity("spoiler", text))
        elif item.tag == "a" and item.attributes.get("href"):
            link = item.attributes["href"]
            kind = "link" if link == text else "text_link"
            found.append(TextEntity(kind, text, link))
    return found


def read_stamp(text: str | None) -> ExportTime | None:
    """Reads `DD.MM.YYYY HH:MM:SS UTC+hh:mm`: local time, with the zone as a label."""
    match = _STAMP.fullmatch(text or "")
    if not match:
        return None
    day, month, year, hour, minute, second = (int(match[i]) for i in range(1, 7))
    found = local_time(year, month, day, hour, minute, second)
    if found is not None:
        found.label = match[7]
    return found


def local_time(
    year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0
) -> ExportTime | None:
    """A local time, None if no calendar has it."""
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=timezone.utc)
    except ValueError:
        return None
    return ExportTime(TimeBasis.LOCAL, local=calendar.timegm(moment.timetuple()))


def _split_name(text: str | None) -> tuple[str | None, str | None]:
    """Name and bot of a line with a sender."""
    match = _VIA.fullmatch(text or "")
    name, bot = (match[1], match[2]) if match else (text, None)
    return (None if name == "Deleted Account" else name), bot


def _linked_message(node: Node) -> int | None:
    for item in node.walk():
        match = _GO_TO.search(item.attributes.get("href", ""))
        if match:
            return int(match[1])
    return None


def _colour(node: Node) -> int | None:
    for item in node.walk():
        for name in item.classes:
            number = name.removeprefix("userpic")
            if name.startswith("userpic") and number.isdecimal():
                return int(number[:2])
    return None
