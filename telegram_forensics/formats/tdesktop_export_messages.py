"""Messages of Telegram Desktop's JSON export: from decoded objects to records."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from telegram_forensics.formats.tdesktop_export_records import (
    Answer,
    Call,
    Chat,
    Contact,
    Media,
    Message,
    Poll,
    Reaction,
    Service,
    TextEntity,
    missing_reason,
)
from telegram_forensics.formats.tdesktop_export_values import (
    IdRules,
    OffsetTable,
    boolean,
    integer,
    local_seconds,
    number_text,
    text,
)

ACTIONS: Final = {
    "allow_sending_messages": "messageActionBotAllowed",
    "attach_menu_bot_allowed": "messageActionBotAllowed",
    "boost_apply": "messageActionBoostApply",
    "clear_history": "messageActionHistoryClear",
    "conference_call": "messageActionConferenceCall",
    "create_channel": "messageActionChannelCreate",
    "create_group": "messageActionChatCreate",
    "delete_group_photo": "messageActionChatDeletePhoto",
    "edit_chat_theme": "messageActionSetChatTheme",
    "edit_group_photo": "messageActionChatEditPhoto",
    "edit_group_title": "messageActionChatEditTitle",
    "gift_code_prize": "messageActionGiftCode",
    "giveaway_launch": "messageActionGiveawayLaunch",
    "giveaway_results": "messageActionGiveawayResults",
    "group_call": "messageActionGroupCall",
    "group_call_scheduled": "messageActionGroupCallScheduled",
    "invite_members": "messageActionChatAddUser",
    "invite_to_group_call": "messageActionInviteToGroupCall",
    "join_group_by_link": "messageActionChatJoinedByLink",
    "join_group_by_request": "messageActionChatJoinedByRequest",
    "joined_telegram": "messageActionContactSignUp",
    "migrate_from_group": "messageActionChannelMigrateFrom",
    "migrate_to_supergroup": "messageActionChatMigrateTo",
    "paid_messages_price_change": "messageActionPaidMessagesPrice",
    "paid_messages_refund": "messageActionPaidMessagesRefunded",
    "phone_call": "messageActionPhoneCall",
    "pin_message": "messageActionPinMessage",
    "process_suggested_post": "messageActionSuggestedPostApproval",
    "proximity_reached": "messageActionGeoProximityReached",
    "refunded_payment": "messageActionPaymentRefunded",
    "remove_members": "messageActionChatDeleteUser",
    "requested_peer": "messageActionRequestedPeer",
    # The exporter's only trace of the request for a phone number; no constructor of
    # the schema is left for it.
    "requested_phone_number": None,
    "score_in_game": "messageActionGameScore",
    "send_passport_values": "messageActionSecureValuesSent",
    "send_payment": "messageActionPaymentSent",
    "send_premium_gift": "messageActionGiftPremium",
    "send_star_gift": "messageActionStarGift",
    "send_stars_gift": "messageActionGiftStars",
    "send_ton_gift": "messageActionGiftTon",
    "send_webview_data": "messageActionWebViewDataSent",
    "set_chat_wallpaper": "messageActionSetChatWallPaper",
    "set_messages_ttl": "messageActionSetMessagesTTL",
    "set_same_chat_wallpaper": "messageActionSetSameChatWallPaper",
    "stars_prize": "messageActionPrizeStars",
    "suggest_profile_photo": "messageActionSuggestProfilePhoto",
    "suggested_post_refund": "messageActionSuggestedPostRefund",
    "suggested_post_success": "messageActionSuggestedPostSuccess",
    "take_screenshot": "messageActionScreenshotTaken",
    "todo_append_tasks": "messageActionTodoAppendTasks",
    "todo_completions": "messageActionTodoCompletions",
    "topic_created": "messageActionTopicCreate",
    "topic_edit": "messageActionTopicEdit",
    "web_app_bot_allowed": "messageActionBotAllowed",
}
"""The exporter's names of service actions -> names of Telegram's schema."""

DOCUMENT_KINDS: Final = {
    "sticker": "sticker",
    "video_message": "video_message",
    "voice_message": "voice",
    "animation": "animation",
    "video_file": "video",
    "audio_file": "audio",
}

_MISSING: Final = re.compile(r"\((?:File|Photo|Story|Video) [^)]*\)?$")
# Names that the exporter makes up: photo_12@31-12-2022_23-59-58.jpg
_MADE_UP_NAME: Final = re.compile(r"[a-z_]+_\d+@\d\d-\d\d-\d{4}_\d\d-\d\d-\d\d")

_COMMON_KEYS: Final = frozenset(
    (
        "id",
        "type",
        "date",
        "date_unixtime",
        "edited",
        "edited_unixtime",
        "from",
        "from_id",
        "actor",
        "actor_id",
        "author",
        "forwarded_from",
        "forwarded_from_id",
        "saved_from",
        "reply_to_message_id",
        "reply_to_peer_id",
        "via_bot",
        "text",
        "text_entities",
        "reactions",
        "inline_bot_buttons",
        "action",
    )
)
_MEDIA_KEYS: Final = frozenset(
    (
        "photo",
        "photo_file_size",
        "width",
        "height",
        "media_spoiler",
        "self_destruct_period_seconds",
        "file",
        "file_name",
        "file_size",
        "thumbnail",
        "thumbnail_file_size",
        "media_type",
        "sticker_emoji",
        "performer",
        "title",
        "mime_type",
        "duration_seconds",
        "contact_information",
        "contact_vcard",
        "contact_vcard_file_size",
        "location_information",
        "live_location_period_seconds",
        "place_name",
        "address",
        "game_title",
        "game_description",
        "game_link",
        "invoice_information",
        "poll",
        "todo_list",
        "giveaway_information",
        "giveaway_results",
        "paid_stars_amount",
    )
)
_PLAIN_KEYS: Final = frozenset(
    (
        "id",
        "type",
        "date",
        "date_unixtime",
        "edited",
        "edited_unixtime",
        "from",
        "from_id",
        "text",
        "text_entities",
    )
)
# With any of these there is more to a message than text.
_MEDIA_MARKS: Final = _MEDIA_KEYS - {"title", "width", "height", "duration_seconds"}


class MessageReader:
    """Turns decoded messages of one document into records.

    Attributes:
        ids: how its ids are to be read.
        offsets: UTC offsets found so far.
    """

    def __init__(self, ids: IdRules, offsets: OffsetTable) -> None:
        self.ids = ids
        self.offsets = offsets

    def read(self, record: dict[str, Any], chat: Chat, position: int) -> Message:
        """Reads a message.

        Args:
            record: decoded object.
            chat: its chat.
            position: byte offset of the object.
        """
        get = record.get
        kind = get("type")
        message = Message(chat, position, kind if isinstance(kind, str) else "message")
        message.id = integer(get("id"))
        message.date = self.offsets.read(record, "date")
        if "edited" in record or "edited_unixtime" in record:
            message.edited = self.offsets.read_edited(record)
        who = "from" if "from" in record or "from_id" in record else "actor"
        message.sender_name = text(get(who))
        message.sender = self.ids.sender(get(f"{who}_id"))
        if kind == "service":
            message.sender_name = text(get("actor")) or message.sender_name
            message.sender = self.ids.sender(get("actor_id")) or message.sender
            self._read_service(record, message)
        value, entities = get("text"), get("text_entities")
        if isinstance(value, str) and (not entities or entities == _plain(value)):
            message.text = value
        else:
            if not isinstance(entities, list):
                entities = value
            message.text, message.entities = read_text(value, entities)
        if kind != "message" or not record.keys() <= _PLAIN_KEYS:
            self._read_rest(record, message)
        return message

    def _read_rest(self, record: dict[str, Any], message: Message) -> None:
        """Everything that a plain text message lacks."""
        get = record.get
        message.author = text(get("author"))
        message.forwarded_from = text(get("forwarded_from"))
        message.saved_from = text(get("saved_from"))
        message.reply_to = integer(get("reply_to_message_id"))
        message.reply_to_peer = self.ids.sender(get("reply_to_peer_id"))
        message.is_reply_elsewhere = message.reply_to_peer is not None
        message.via_bot = text(get("via_bot"))
        if message.service is None:
            if not _MEDIA_MARKS.isdisjoint(record):
                message.media = read_media(record)
            elif message.kind == "unsupported":
                message.media = Media("unsupported")
            unknown = record.keys() - _COMMON_KEYS - _MEDIA_KEYS
            if unknown:
                message.other = {key: record[key] for key in sorted(unknown)}
        if "reactions" in record:
            message.reactions = self._read_reactions(get("reactions"))
        if "inline_bot_buttons" in record:
            message.buttons = _read_buttons(get("inline_bot_buttons"))

    def _read_service(self, record: dict[str, Any], message: Message) -> None:
        action = text(record.get("action"))
        service = Service(action, ACTIONS.get(action) if action else None)
        service.text = text(record.get("information_text"))
        if action is None and service.text is not None:
            service.tl_name = "messageActionCustomAction"
        service.details = {
            key: value
            for key, value in record.items()
            if key not in _COMMON_KEYS and key != "information_text"
        }
        message.service = service
        if action in ("phone_call", "conference_call"):
            message.call = Call(
                is_conference=action == "conference_call",
                duration=integer(record.get("duration_seconds")),
                reason=text(record.get("discard_reason"))
                or ("missed" if record.get("is_missed") is True else None),
                is_active=boolean(record.get("is_active")),
            )

    def _read_reactions(self, value: Any) -> list[Reaction]:
        reactions = []
        for item in _objects(value):
            reaction = Reaction(
                text(item.get("type")),
                text(item.get("emoji")) or text(item.get("document_id")),
                integer(item.get("count")),
            )
            for recent in _objects(item.get("recent")):
                date = self.offsets.read_local(local_seconds(recent.get("date")))
                peer = self.ids.sender(recent.get("from_id"))
                reaction.recent.append((text(recent.get("from")), peer, date))
            reactions.append(reaction)
        return reactions


def read_text(value: Any, entities: Any) -> tuple[str, list[TextEntity]]:
    """Reads `text` and `text_entities`.

    Returns:
        The whole text, and those of its pieces that are more than plain text.
    """
    found: list[TextEntity] = []
    for item in entities if isinstance(entities, list) else ():
        if not isinstance(item, dict):
            continue
        kind = item.get("type")
        if kind == "plain":
            continue
        extra = next(
            (
                number_text(item[key])
                for key in ("href", "user_id", "document_id", "language")
                if key in item
            ),
            None,
        )
        found.append(
            TextEntity(
                kind if isinstance(kind, str) else "unknown",
                text(item.get("text")) or "",
                extra,
                boolean(item.get("collapsed")),
            )
        )
    if isinstance(value, str):
        return value, found
    pieces = value if isinstance(value, list) else entities
    if not isinstance(pieces, list):
        return "", found
    return (
        "".join(
            piece if isinstance(piece, str) else text(piece.get("text")) or ""
            for piece in pieces
            if isinstance(piece, str | dict)
        ),
        found,
    )


def _plain(value: str) -> list[dict[str, str]]:
    """The entities of a text that is nothing but text."""
    return [{"type": "plain", "text": value}]


def read_path(value: Any) -> tuple[str | None, str | None]:
    """Reads a path, or why there is none.

    Returns:
        Path and reason; one of them is None.
    """
    path = text(value)
    if path is None:
        return None, None
    match = _MISSING.search(path)
    reason = missing_reason(match.group()) if match else None
    return (path, None) if reason is None else (None, reason)


def document_name(path: str | None) -> str | None:
    """Own name of a document, from its path; None if the exporter made it up."""
    name = path.rpartition("/")[2] if path else ""
    return None if not name or _MADE_UP_NAME.match(name) else name


def read_media(record: dict[str, Any]) -> Media:
    """Reads what is attached to a message."""
    get = record.get
    media = Media(_media_kind(record))
    media.path, media.missing = read_path(get("photo") or get("file"))
    media.size = integer(get("photo_file_size" if "photo" in record else "file_size"))
    if "file" in record:
        media.name = text(get("file_name"))
        if media.name is None and media.kind != "sticker":
            media.name = document_name(media.path)
    media.thumbnail, _ = read_path(get("thumbnail"))
    media.thumbnail_size = integer(get("thumbnail_file_size"))
    media.mime_type = text(get("mime_type"))
    media.duration = integer(get("duration_seconds"))
    media.width = integer(get("width"))
    media.height = integer(get("height"))
    media.spoiler = boolean(get("media_spoiler"))
    media.sticker_emoji = text(get("sticker_emoji"))
    media.performer = text(get("performer"))
    media.title = text(get("title"))
    media.self_destruct_seconds = integer(get("self_destruct_period_seconds"))
    media.live_period = integer(get("live_location_period_seconds"))
    media.place_name = text(get("place_name"))
    media.address = text(get("address"))
    contact = get("contact_information")
    if isinstance(contact, dict):
        media.contact = Contact(
            0,
            first_name=text(contact.get("first_name")),
            last_name=text(contact.get("last_name")),
            phone_number=text(contact.get("phone_number")),
        )
    media.vcard_path, _ = read_path(get("contact_vcard"))
    media.vcard_size = integer(get("contact_vcard_file_size"))
    location = get("location_information")
    if isinstance(location, dict):
        media.latitude = _number(location.get("latitude"))
        media.longitude = _number(location.get("longitude"))
    if media.kind in ("poll", "todo"):
        media.poll = _read_poll(get("poll") or get("todo_list"))
    media.details = _read_details(record)
    return media


def _media_kind(record: dict[str, Any]) -> str:
    """Kind of an attachment; paid media come with the photo or file itself."""
    for key, kind in (
        ("paid_stars_amount", "paid_media"),
        ("photo", "photo"),
        ("contact_information", "contact"),
        ("live_location_period_seconds", "live_location"),
        ("place_name", "venue"),
        ("location_information", "geo"),
        ("game_title", "game"),
        ("invoice_information", "invoice"),
        ("poll", "poll"),
        ("todo_list", "todo"),
        ("giveaway_information", "giveaway"),
        ("giveaway_results", "giveaway"),
    ):
        if key in record:
            return kind
    if "file" not in record and "media_type" not in record:
        return "unsupported"
    return DOCUMENT_KINDS.get(str(record.get("media_type")), "document")


def _read_details(record: dict[str, Any]) -> dict[str, Any] | None:
    """Fields without an attribute of their own."""
    details: dict[str, Any] = {
        key: record[key]
        for key in (
            "game_title",
            "game_description",
            "game_link",
            "giveaway_information",
            "giveaway_results",
            "paid_stars_amount",
        )
        if key in record
    }
    invoice = record.get("invoice_information")
    if isinstance(invoice, str):
        # A text that holds an object.
        try:
            invoice = json.loads(invoice)
        except (ValueError, RecursionError):
            details["invoice_information"] = invoice
    if isinstance(invoice, dict):
        details.update({f"invoice_{key}": value for key, value in invoice.items()})
    return details or None


def _read_poll(value: Any) -> Poll | None:
    if not isinstance(value, dict):
        return None
    poll = Poll(
        text(value.get("question")) or text(value.get("title")),
        closed=boolean(value.get("closed")),
        total_voters=integer(value.get("total_voters")),
        others_can_append=boolean(value.get("others_can_append")),
        others_can_complete=boolean(value.get("others_can_complete")),
    )
    for answer in _objects(value.get("answers")):
        poll.answers.append(
            Answer(
                read_text(answer.get("text"), None)[0],
                integer(answer.get("voters")),
                boolean(answer.get("chosen")),
                integer(answer.get("id")),
            )
        )
    return poll


def _read_buttons(value: Any) -> list[str]:
    """Texts and links of the buttons below a message."""
    buttons = []
    for row in value if isinstance(value, list) else ():
        for button in _objects(row):
            label = text(button.get("text")) or text(button.get("type")) or ""
            data = text(button.get("data"))
            buttons.append(f"{label} ({data})" if data else label)
    return buttons


def _objects(value: Any) -> list[dict[str, Any]]:
    """Objects of an array, nothing if it is none."""
    if not isinstance(value, list):
        return []
    return [item for item in value if isinstance(item, dict)]


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) <= 360 else None
