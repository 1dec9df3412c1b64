"""Service actions of Postbox (`TelegramMediaAction`) and objects in words.

Specification: formats/apple_postbox.md section 9 (12.2). Actions get the names that
Telegram's schema has for them. Numbers 51 and above are kept as numbers: which is which
is UNCONFIRMED, as is everything after 12.2. That 38 is an own notice of having joined a
channel is UNCONFIRMED, too (public sources name it).
"""

from __future__ import annotations

from typing import Any, Final

from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.postbox_coding import PostboxObject
from telegram_forensics.formats.postbox_ids import (
    PEER_CHANNEL,
    describe_peer,
    read_peer_ids,
    unpack_peer,
)
from telegram_forensics.formats.tl_describe import moment
from telegram_forensics.formats.tl_message import CallFacts

CREATED: Final = 1
MEMBERS_ADDED: Final = 2
MEMBERS_REMOVED: Final = 3
PHOTO_CHANGED: Final = 4
HISTORY_CLEARED: Final = 10
SCREENSHOT: Final = 11
PHONE_CALL: Final = 14
CUSTOM_TEXT: Final = 16
GROUP_CALL: Final = 22
WEB_VIEW_DATA: Final = 26
CONFERENCE_CALL: Final = 48

_NAMES: Final = {
    0: "messageActionEmpty",
    CREATED: "messageActionChatCreate",
    MEMBERS_ADDED: "messageActionChatAddUser",
    MEMBERS_REMOVED: "messageActionChatDeleteUser",
    PHOTO_CHANGED: "messageActionChatEditPhoto",
    5: "messageActionChatEditTitle",
    6: "messageActionPinMessage",
    7: "messageActionChatJoinedByLink",
    8: "messageActionChannelMigrateFrom",
    9: "messageActionChatMigrateTo",
    HISTORY_CLEARED: "messageActionHistoryClear",
    SCREENSHOT: "messageActionScreenshotTaken",
    12: "messageActionSetMessagesTTL",
    13: "messageActionGameScore",
    PHONE_CALL: "messageActionPhoneCall",
    15: "messageActionPaymentSent",
    CUSTOM_TEXT: "messageActionCustomAction",
    17: "messageActionBotAllowed",
    18: "messageActionSecureValuesSent",
    19: "messageActionContactSignUp",
    20: "messageActionPhoneNumberRequest",
    21: "messageActionGeoProximityReached",
    GROUP_CALL: "messageActionGroupCall",
    23: "messageActionInviteToGroupCall",
    24: "messageActionSetChatTheme",
    25: "messageActionChatJoinedByRequest",
    WEB_VIEW_DATA: "messageActionWebViewDataSent",
    27: "messageActionGiftPremium",
    28: "messageActionTopicCreate",
    29: "messageActionTopicEdit",
    30: "messageActionSuggestProfilePhoto",
    31: "messageActionAttachMenuBotAllowed",
    32: "messageActionRequestedPeer",
    33: "messageActionSetChatWallPaper",
    34: "messageActionSetSameChatWallPaper",
    35: "messageActionBotAllowed",
    36: "messageActionGiftCode",
    37: "messageActionGiveawayLaunch",
    38: "postboxChannelJoined",
    39: "messageActionGiveawayResults",
    40: "messageActionBoostApply",
    41: "messageActionPaymentRefunded",
    42: "messageActionGiftStars",
    43: "messageActionPrizeStars",
    44: "messageActionStarGift",
    45: "messageActionStarGiftUnique",
    46: "messageActionPaidMessagesRefunded",
    47: "messageActionPaidMessagesPrice",
    CONFERENCE_CALL: "messageActionConferenceCall",
    49: "messageActionTodoCompletions",
    50: "messageActionTodoAppendTasks",
}
_KEY_WORDS: Final = {
    "app": "application",
    "atp": "application type",
    "b": "button",
    "cid": "call",
    "callId": "call",
    "d": "duration",
    "do": "domain",
    "dst": "distance",
    "dur": "duration",
    "i": "identifier",
    "pis": "peers",
    "part": "participants",
    "s": "score",
    "src": "set by",
    "ta": "amount",
    "ty": "types",
    "fromId": "from",
    "toId": "to",
    "groupId": "group",
    "channelId": "channel",
    "peerIds": "users",
    "peerId": "peer",
    "pi": "peer",
    "senderId": "sender",
    "scheduleDate": "scheduled for",
}
_PEERS: Final = frozenset(
    (
        "inviter",
        "groupId",
        "channelId",
        "src",
        "fromId",
        "toId",
        "peerId",
        "peerIds",
        "pi",
        "pis",
        "part",
        "senderId",
    )
)
_TIMES: Final = frozenset(
    ("scheduleDate", "canExportDate", "canTransferDate", "canResaleDate")
)
# Hashes, links to files and the like.
_NO_DETAILS: Final = frozenset(
    ("_rawValue", "accessHash", "ent", "entities", "payload", "wallpaper")
)
_REASONS: Final = {0: "missed", 1: "disconnect", 2: "hangup", 3: "busy"}
_CONFERENCE_VIDEO: Final = 1
_CONFERENCE_ACTIVE: Final = 2
_CONFERENCE_MISSED: Final = 4

_MAXIMUM_WORDS: Final = 2000
_MAXIMUM_ITEMS: Final = 100
_MAXIMUM_DEPTH: Final = 3
_MAXIMUM_TIME: Final = 1 << 33


def action_number(value: PostboxObject) -> int:
    """Which action it is; an object without a number is an unknown one."""
    return value.integer("_rawValue") or 0


def action_name(value: PostboxObject, chat: int) -> str:
    """Name of an action.

    Args:
        value: the action.
        chat: stored number of the chat that it stands in.
    """
    number = action_number(value)
    if number == CREATED and unpack_peer(chat).namespace == PEER_CHANNEL:
        return "messageActionChannelCreate"
    if number == PHOTO_CHANGED and value.object("image") is None:
        return "messageActionChatDeletePhoto"
    if number == GROUP_CALL and value.integer("scheduleDate") is not None:
        return "messageActionGroupCallScheduled"
    return _NAMES.get(number, f"postboxAction{number}")


def action_details(value: PostboxObject) -> dict[str, Any]:
    """Stored values of an action by name, for words."""
    number = action_number(value)
    found: dict[str, Any] = {}
    for key, item in value.fields.items():
        if key in _NO_DETAILS or item is None or item in ([], ""):
            continue
        words = _KEY_WORDS.get(key, key)
        if key == "t":
            words = "seconds" if number == 12 else "text"
        if key == "d" and number != PHONE_CALL:
            words = key
        said = _say(key, item)
        if said is not None:
            found.setdefault(words, said)
    return found


def _say(key: str, item: Any) -> Any:
    if key in _PEERS:
        return _peers(item)
    if key in _TIMES and isinstance(item, int):
        return time_in_words(item)
    return describe(item)


def read_call(value: PostboxObject) -> CallFacts | None:
    """The call that an action is, None for other actions."""
    number = action_number(value)
    if number == PHONE_CALL:
        reason = value.integer("dr")
        words = None if reason is None else _REASONS.get(reason, str(reason))
        return CallFacts(
            value.integer("i"),
            is_video=bool(value.integer("vc")),
            duration=value.integer("d"),
            reason=words,
        )
    if number == CONFERENCE_CALL:
        flags = value.integer("flags") or 0
        return CallFacts(
            value.integer("cid"),
            is_video=bool(flags & _CONFERENCE_VIDEO),
            is_conference=True,
            is_missed=bool(flags & _CONFERENCE_MISSED),
            is_active=bool(flags & _CONFERENCE_ACTIVE),
            duration=value.integer("dur"),
        )
    return None


def action_text(value: PostboxObject) -> str | None:
    """The text of an action that consists of one."""
    number = action_number(value)
    if number == CUSTOM_TEXT:
        return value.text("text")
    return value.text("t") if number == WEB_VIEW_DATA else None


def _peers(item: Any) -> str | None:
    if isinstance(item, bytes):
        try:
            item = read_peer_ids(item)
        except FormatError:
            return f"{len(item)} bytes"
    if isinstance(item, bool) or not isinstance(item, int | list):
        return None
    numbers = item if isinstance(item, list) else [item]
    words = [describe_peer(number) for number in numbers if isinstance(number, int)]
    text = ", ".join(words[:_MAXIMUM_ITEMS])
    if len(words) > _MAXIMUM_ITEMS:
        text += f" and {len(words) - _MAXIMUM_ITEMS} more"
    return text or None


def time_in_words(seconds: int) -> str:
    """A time that is not one of an event."""
    if not -_MAXIMUM_TIME < seconds < _MAXIMUM_TIME:
        return str(seconds)
    return moment(seconds)


def describe(value: Any, depth: int = 0) -> Any:
    """A stored value in words; what is in bytes, as keys are, never comes out.

    Returns:
        str, int, float or bool, None where there is nothing to say.
    """
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    if isinstance(value, list):
        parts = [
            str(words)
            for item in value[:_MAXIMUM_ITEMS]
            if (words := describe(item, depth + 1)) is not None
        ]
        if len(value) > _MAXIMUM_ITEMS:
            parts.append(f"{len(value) - _MAXIMUM_ITEMS} more")
        return _shorten(", ".join(parts)) or None
    if isinstance(value, tuple):
        return describe(list(value), depth)
    if not isinstance(value, PostboxObject):
        return value
    if depth >= _MAXIMUM_DEPTH:
        return value.label
    words = []
    for key, item in value.fields.items():
        if item is None or isinstance(item, bytes) or item in ([], "", False):
            continue
        words.append(f"{key} {describe(item, depth + 1)}")
    return _shorten(f"{value.label} ({', '.join(words)})" if words else value.label)


def _shorten(words: str) -> str:
    if len(words) <= _MAXIMUM_WORDS:
        return words
    return f"{words[:_MAXIMUM_WORDS]} (shortened)"
